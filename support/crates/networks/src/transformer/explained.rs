//! The explained function of a transformer: any activations in, a number of its answer out.
//!
//! Points take the place of the activations in a pass with hooks. What lies before the first of them is computed once per
//! text, and of a language model's logits those that are asked for.

use candle_core::Tensor;
use rayon::prelude::*;

use super::Transformer;
use super::batch::Batch;
use super::config::Head;
use super::hook_points::full_name;
use super::hooks::{self, Hooks};
use super::run::{Pass, Wanted};
use ground::{Result, bail};
use text::model::{Choice, Description, Explainable, Explained, Input, Place, Site, What, class_name, numbers_of};

const EMBED: &str = "hook_embed";
const LOGITS: &str = "hook_logits";

impl Transformer {
    fn described_choice(&self, input: &Input, choice: &Choice) -> Result<String> {
        let needs = |head: Head, name: &str, instead: &str| -> Result<()> {
            if self.head != head {
                bail!("the checkpoint has no {name}: it was read as {:?}. Explain {instead}", self.head);
            }
            Ok(())
        };
        let instead = match self.head {
            Head::Classifier => "What::class(…)",
            Head::Span => "What::span_start(…) or What::span_end(…)",
            Head::LanguageModel => "What::token(…)",
            Head::Bare => "a checkpoint with a head",
        };
        let at = |position: usize| match input.tokens.get(position) {
            Some(token) => Ok(format!("`{}` at position {position}", spoken(token))),
            None => bail!(
                "there is no position {position}: the text has {} tokens, 0 to {}",
                input.len(),
                input.len().max(1) - 1
            ),
        };
        match *choice {
            Choice::Class(class) => {
                needs(Head::Classifier, "classification head", instead)?;
                class_name(&self.classes, class)
            }
            Choice::SpanStart(position) => {
                needs(Head::Span, "head for answer spans", instead)?;
                Ok(format!("a start with {}", at(position)?))
            }
            Choice::SpanEnd(position) => {
                needs(Head::Span, "head for answer spans", instead)?;
                Ok(format!("an end with {}", at(position)?))
            }
            Choice::Token { position, id } => {
                needs(Head::LanguageModel, "language-model head", instead)?;
                at(position)?;
                if id as usize >= self.config.vocabulary {
                    bail!(
                        "there is no token {id}: the model's vocabulary has the ids 0 to {}",
                        self.config.vocabulary - 1
                    );
                }
                let name = self.tokenizer.as_ref().and_then(|tokenizer| tokenizer.name(id));
                let name = name.map_or_else(|| format!("[id {id}]"), |name| spoken(&name));
                Ok(format!("`{name}` at position {position}"))
            }
        }
    }

    /// The name under which an activation is given: where a block reads just what the one before it gave, that of the
    /// later, because nothing before it has to be computed.
    fn alias(&self, name: &str) -> String {
        let next = |layer: usize| full_name(Some(layer), "hook_resid_pre");
        let last = if self.config.post_norm { "hook_normalized_resid_post" } else { "hook_resid_post" };
        match block_of(name) {
            Some((layer, what)) if what == last && layer + 1 < self.config.layers => next(layer + 1),
            None if name == "hook_full_embed" => next(0),
            _ => name.to_owned(),
        }
    }

    /// One pass that keeps the activations `names`, and nothing after the last of them.
    fn kept(&self, input: &Input, names: &[String]) -> Result<Vec<Tensor>> {
        let all = self.activation_names();
        let last = names.iter().max_by_key(|name| all.iter().position(|known| known == *name));
        let Some(last) = last else { return Ok(Vec::new()) };
        let record: Vec<&str> = names.iter().map(String::as_str).collect();
        let run = self.run(&Batch::of(std::slice::from_ref(input)), &Hooks::new().record(&record).stop_after(last))?;
        names.iter().map(|name| Ok(run.get(name)?.squeeze(0)?.detach())).collect()
    }
}

/// The number of the block that an activation lies in, and its name there.
fn block_of(name: &str) -> Option<(usize, &str)> {
    let (layer, what) = name.strip_prefix("blocks.")?.split_once('.')?;
    Some((layer.parse().ok()?, what))
}

/// A token with the space that byte-level and sentence-piece vocabularies write as a letter.
fn spoken(token: &str) -> String {
    token.replace(['Ġ', '▁'], " ")
}

impl Explainable for Transformer {
    fn sites(&self, place: &Place) -> Result<Vec<Site>> {
        let all = self.activation_names();
        let names = match place.names() {
            None => vec![EMBED.to_owned()],
            Some([]) => bail!("the place is empty: name at least one activation"),
            Some(patterns) => {
                let mut names = Vec::new();
                for pattern in patterns {
                    names.extend(hooks::matching(pattern, &all)?);
                }
                names
            }
        };
        for (at, name) in names.iter().enumerate() {
            if let Some(other) = names[..at].iter().find(|other| self.alias(other) == self.alias(name)) {
                bail!("`{other}` and `{name}` are one activation: name it once");
            }
        }
        let per_token = |name: &str| match name {
            "pooler.hook_pooler_out" => false,
            LOGITS => self.head != Head::Classifier,
            _ => !["attn.hook_attn_scores", "attn.hook_pattern"].iter().any(|square| name.ends_with(square)),
        };
        Ok(names.into_iter().map(|name| Site { per_token: per_token(&name), name }).collect())
    }

    fn describe(&self, input: &Input, what: &What) -> Result<Description> {
        what.described(&|choice| self.described_choice(input, choice))
    }

    fn activations(&self, input: &Input, place: &Place) -> Result<Vec<Tensor>> {
        let names: Vec<String> = self.sites(place)?.into_iter().map(|site| site.name).collect();
        match names.as_slice() {
            [name] if name == EMBED => Ok(vec![self.embed_ids(&input.ids)?]), // (tokens, width)
            names => self.kept(input, names),
        }
    }

    fn explained<'a>(
        &'a self,
        inputs: &[&'a Input],
        place: &Place,
        whats: &[&'a What],
    ) -> Result<Box<dyn Explained + 'a>> {
        let all = self.activation_names();
        let sites: Vec<String> = self.sites(place)?.iter().map(|site| self.alias(&site.name)).collect();
        let first = sites.iter().min_by_key(|name| all.iter().position(|known| known == *name));
        // The pass starts with the block in which the first activation lies, the last block if it lies above.
        let before = all.iter().take_while(|name| Some(*name) != first);
        let start = before.filter(|name| name.ends_with("hook_resid_pre")).last().cloned();
        let start = start.filter(|_| first.is_some_and(|first| !first.ends_with("hook_resid_pre")));
        let given = match &start {
            Some(name) => {
                let of = |input: &&Input| Ok(self.kept(input, std::slice::from_ref(name))?.remove(0).unsqueeze(0)?);
                inputs.par_iter().map(of).collect::<Result<_>>()? // (1, tokens, width) each
            }
            None => Vec::new(),
        };
        let last_block = full_name(self.config.layers.checked_sub(1), "");
        let inside = |name: &String| name.starts_with(&last_block) && !name.ends_with("hook_resid_pre");
        Ok(Box::new(Function {
            model: self,
            batches: inputs.iter().map(|&input| Batch::of(std::slice::from_ref(input))).collect(),
            whats: whats.to_vec(),
            logits_only: !sites.iter().any(inside),
            whole_logits: sites.iter().any(|name| name == LOGITS),
            all,
            sites,
            start,
            given,
        }))
    }

    fn vocabulary_vectors(&self, place: &Place) -> Result<Option<Tensor>> {
        let sites = self.sites(place)?;
        Ok((sites.len() == 1 && sites[0].name == EMBED).then(|| self.layers.word.clone()))
    }
}

/// Some texts, the places of their activations, and what is asked of each.
struct Function<'a> {
    model: &'a Transformer,
    /// One per text.
    batches: Vec<Batch>,
    whats: Vec<&'a What>,
    /// The names of all activations.
    all: Vec<String>,
    sites: Vec<String>,
    /// The activation before the first site with which the pass starts, and what it is in each text.
    start: Option<String>,
    given: Vec<Tensor>,
    /// No site lies in the last block, so that it may leave out what the logits do not depend on.
    logits_only: bool,
    /// A site is the logits themselves.
    whole_logits: bool,
}

impl Explained for Function<'_> {
    fn values(&self, texts: &[usize], points: &[Tensor]) -> Result<Tensor> {
        if points.len() != self.sites.len() {
            bail!("{} tensors were given for the activations {:?}: give one for each", points.len(), self.sites);
        }
        let batches: Vec<&Batch> = texts.iter().map(|&text| &self.batches[text]).collect();
        let mut batch = Batch::joined(&batches);
        let mut hooks = Hooks::new();
        for (name, points) in self.sites.iter().zip(points) {
            if points.dims().first() != Some(&texts.len()) {
                bail!("points of shape {:?} for {} rows: `{name}` takes one per row", points.dims(), texts.len());
            }
            match name.as_str() {
                EMBED => batch = batch.with_embeddings(points)?,
                name => hooks = hooks.replace(name, points),
            }
        }
        if let Some(name) = &self.start {
            let rows: Vec<&Tensor> = texts.iter().map(|&text| &self.given[text]).collect();
            hooks = hooks.replace(name, &Tensor::cat(&rows, 0)?); // (rows, tokens, width)
        }
        let whats: Vec<&What> = texts.iter().map(|&text| self.whats[text]).collect();
        let (head, tokens) = (self.model.head, batch.tokens());
        let asked = if head == Head::LanguageModel && !self.whole_logits { positions(&whats) } else { Vec::new() };
        let read = asked.iter().map(|&(row, position)| (row * tokens + position) as u32).collect();
        batch.check(&self.model.config)?;
        let read = Some(read).filter(|read: &Vec<u32>| !read.is_empty());
        let wanted = if self.logits_only { Wanted::Logits } else { Wanted::All };
        let mut pass = Pass { wanted, read, ..Pass::new(&hooks) };
        self.model.finish(&batch, &self.all, &mut pass)?;
        let logits = pass.run.logits()?;
        match head {
            Head::Classifier | Head::Bare => numbers_of(&logits, &whats, &|row, choice| (row, index(choice))),
            Head::Span => {
                // (rows, tokens, 2) → (rows · 2, tokens)
                let logits = logits.transpose(1, 2)?.contiguous()?.flatten_to(1)?;
                let side = |choice: &Choice| usize::from(matches!(choice, Choice::SpanEnd(_)));
                numbers_of(&logits, &whats, &|row, choice| (2 * row + side(choice), index(choice)))
            }
            Head::LanguageModel => {
                let logits = logits.flatten_to(1)?; // (positions that are asked for or rows · tokens, vocabulary)
                numbers_of(&logits, &whats, &|row, choice| {
                    let Choice::Token { position, id } = *choice else { return (row, 0) };
                    let at = asked.iter().position(|&asked| asked == (row, position));
                    (at.unwrap_or(row * tokens + position), id as usize)
                })
            }
        }
    }
}

/// The positions that are asked for, as (row, position), each once.
fn positions(whats: &[&What]) -> Vec<(usize, usize)> {
    let mut positions = Vec::new();
    for (row, what) in whats.iter().enumerate() {
        for term in what.terms() {
            if let Choice::Token { position, .. } = term.choice
                && !positions.contains(&(row, position))
            {
                positions.push((row, position));
            }
        }
    }
    positions
}

/// Where a class or a position stands among its like.
fn index(choice: &Choice) -> usize {
    match *choice {
        Choice::Class(index) | Choice::SpanStart(index) | Choice::SpanEnd(index) => index,
        Choice::Token { id, .. } => id as usize,
    }
}
