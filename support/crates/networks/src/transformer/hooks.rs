//! What a forward pass is asked to do with its activations: keep them, change them, differentiate with respect to them,
//! stop after one.
//!
//! Names are those of [`HOOK_POINTS`](super::HOOK_POINTS).

use candle_core::Tensor;

use super::hook_points::{RESID_PRE, canonical};
use ground::{Error, Result, bail};

/// Changes an activation; gives one of the same shape.
pub type Edit = Box<dyn Fn(&Tensor) -> Result<Tensor>>;

/// What to do at which activation. A name may hold `*`, which stands for anything: `"blocks.*.hook_resid_post"`.
///
/// ```no_run
/// # use networks::{Batch, Hooks, Transformer};
/// # let model = Transformer::load("folder")?;
/// # let batch = Batch::of(&[model.encode("a text")?]);
/// let hooks = Hooks::new().record(&["blocks.*.attn.hook_pattern"]).leaf("hook_embed");
/// let run = model.run(&batch, &hooks)?;
/// let pattern = run.get("blocks.0.attn.hook_pattern")?; // (batch, heads, query, key)
/// let slope = run.gradient(&run.logits()?, "hook_embed")?; // (batch, tokens, width)
/// # ground::Result::Ok(())
/// ```
#[derive(Default)]
pub struct Hooks {
    record: Vec<String>,
    change: Vec<(String, Change)>,
    leaf: Vec<String>,
    stop: Option<String>,
}

/// A change of an activation.
enum Change {
    Replace(Tensor),
    Edit(Edit),
}

impl Hooks {
    /// Nothing is kept or changed.
    pub fn new() -> Hooks {
        Hooks::default()
    }

    /// Keeps these activations, after they were changed. Only what is named costs memory.
    pub fn record(mut self, names: &[&str]) -> Hooks {
        self.record.extend(names.iter().map(|name| canonical(name)));
        self
    }

    /// Puts a tensor in the place of an activation: its shape, or with 1 text for a batch of several.
    pub fn replace(mut self, name: &str, tensor: &Tensor) -> Hooks {
        self.change.push((canonical(name), Change::Replace(tensor.clone())));
        self
    }

    /// Changes an activation by a function that keeps its shape. Several are applied in the order they were given in.
    pub fn edit(mut self, name: &str, change: Edit) -> Hooks {
        self.change.push((canonical(name), Change::Edit(change)));
        self
    }

    /// Makes it possible to ask for gradients with respect to an activation; keeps it too.
    ///
    /// A gradient takes all paths from there to the output, those through later leaves included.
    pub fn leaf(mut self, name: &str) -> Hooks {
        self.leaf.push(canonical(name));
        self
    }

    /// Ends the pass once this activation is computed: there are no logits then.
    pub fn stop_after(mut self, name: &str) -> Hooks {
        self.stop = Some(canonical(name));
        self
    }

    /// Whether nothing is to be done.
    pub(super) fn is_empty(&self) -> bool {
        self.record.is_empty() && self.change.is_empty() && self.leaf.is_empty() && self.stop.is_none()
    }

    /// Whether something is to be done with this activation.
    pub(super) fn wants(&self, name: &str) -> bool {
        self.keeps(name) || self.changes(name) || self.stops_after(name)
    }

    /// The activation `name` as the hooks change it.
    pub(super) fn changed(&self, name: &str, mut x: Tensor) -> Result<Tensor> {
        for (_, change) in self.change.iter().filter(|(pattern, _)| matches(pattern, name)) {
            let changed = match change {
                Change::Replace(tensor) => tensor.clone(),
                Change::Edit(edit) => edit(&x).map_err(|error| error.context(format!("the edit of `{name}`")))?,
            };
            x = same_shape(changed, x.dims(), name)?;
        }
        Ok(x)
    }

    /// Whether the pass ends after `name`.
    pub(super) fn stops_after(&self, name: &str) -> bool {
        self.stop.as_deref() == Some(name)
    }

    /// Whether `name` is kept in the [`Run`](super::Run).
    pub(super) fn keeps(&self, name: &str) -> bool {
        self.record.iter().any(|pattern| matches(pattern, name)) || self.is_leaf(name)
    }

    /// Whether gradients with respect to `name` will be asked for.
    pub(super) fn is_leaf(&self, name: &str) -> bool {
        self.leaf.iter().any(|pattern| matches(pattern, name))
    }

    fn changes(&self, name: &str) -> bool {
        self.change.iter().any(|(pattern, _)| matches(pattern, name))
    }

    /// Whether the pass goes on with something else than it computed.
    pub(super) fn intervenes(&self, name: &str) -> bool {
        self.changes(name) || self.is_leaf(name)
    }

    /// The tensor that is put in the place of `name`, and nothing else done to it.
    pub(super) fn replacement(&self, name: &str) -> Option<&Tensor> {
        let mut changes = self.change.iter().filter(|(pattern, _)| matches(pattern, name));
        match (changes.next(), changes.next()) {
            (Some((_, Change::Replace(tensor))), None) => Some(tensor),
            _ => None,
        }
    }

    /// That each name is one of the model's.
    pub(super) fn check(&self, names: &[String]) -> Result<()> {
        let changed = self.change.iter().map(|(pattern, _)| pattern);
        for pattern in self.record.iter().chain(changed).chain(&self.leaf) {
            if !names.iter().any(|name| matches(pattern, name)) {
                return Err(unknown(pattern, names));
            }
        }
        match &self.stop {
            Some(stop) if !names.contains(stop) => Err(unknown(stop, names)),
            _ => Ok(()),
        }
    }
}

/// The names that fit a pattern.
///
/// # Errors
/// None does.
pub(super) fn matching(pattern: &str, names: &[String]) -> Result<Vec<String>> {
    let fitting: Vec<String> = names.iter().filter(|name| matches(pattern, name)).cloned().collect();
    if fitting.is_empty() { Err(unknown(pattern, names)) } else { Ok(fitting) }
}

fn unknown(pattern: &str, names: &[String]) -> Error {
    let shown: Vec<&str> = names.iter().map(String::as_str).filter(|name| !name.starts_with("blocks.")).collect();
    let block: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix("blocks.0.")).collect();
    let layers = names.iter().filter(|name| name.ends_with(RESID_PRE)).count();
    Error::new(format!(
        "the model has no activation `{pattern}`. It has {}; and in each of the blocks 0 to {}, as in \
         blocks.0.{RESID_PRE}: {}",
        shown.join(", "),
        layers.max(1) - 1,
        block.join(", ")
    ))
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(name) = name.strip_prefix(first) else {
        return false;
    };
    (0..=name.len()).any(|at| name.is_char_boundary(at) && matches(rest, &name[at..]))
}

/// A tensor in the shape of the activation, one text repeated over the batch.
pub(super) fn same_shape(tensor: Tensor, shape: &[usize], name: &str) -> Result<Tensor> {
    if tensor.dims() == shape {
        return Ok(tensor);
    }
    let fits = tensor.rank() == shape.len() && tensor.dims().first() == Some(&1) && tensor.dims()[1..] == shape[1..];
    if !fits {
        bail!("`{name}` has the shape {shape:?}, what is put in its place {:?}", tensor.dims());
    }
    Ok(tensor.broadcast_as(shape)?.contiguous()?)
}
