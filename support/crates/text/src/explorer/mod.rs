//! How two classes of texts differ, to explore: each term a point by its frequency in both, and its texts on a click.
//!
//! After Scattertext (J. Kessler, ACL 2017, arXiv:1703.00565): dense ranks as axes, colours by scaled F-score. In the
//! notebook an interactive chart of the most telling terms; `save("x.html")` writes the explorer with all terms and
//! texts as one file that needs no network. What is near an edge differs in frequency; why is for the reader to find.

mod data;
mod inline;
mod inline_vega;
mod labels;
mod page;

use crate::Contrast;
use figures::display::{Figure, one_line};
use figures::plot::axes::thousands;
use ground::Labels;
use ground::values::same_length;
use ground::{Result, bail};
use sources::data::Dataset;

const NAME: &str = "plot::explorer";
/// So many points are in the chart of the notebook, which is stored with it.
const INLINE: usize = 2_000;

/// The explorer with options. [`draw`](Self::draw) makes the figure.
#[derive(Clone, Debug)]
pub struct Explorer {
    dataset: Dataset,
    contrast: Contrast,
    title: Option<String>,
    terms: usize,
    documents: usize,
    about: Option<Result<Vec<String>>>,
}

/// What is checked, computed and chosen; shared by the chart and the page.
struct Shown {
    title: String,
    /// What is not shown; empty when all is.
    note: String,
    contrast: Contrast,
    /// Dense ranks, scaled F-scores and z-scores of all terms.
    ranks_a: Vec<f64>,
    ranks_b: Vec<f64>,
    scaled_f: Vec<f64>,
    z: Vec<f64>,
    /// The terms of the page, places in the contrast's lists in rising order.
    terms: Vec<usize>,
    /// For every term of the contrast the rows that hold it.
    rows: Vec<Vec<u32>>,
    texts: Vec<String>,
    in_a: Vec<bool>,
    /// The rows of the page, in rising order.
    documents: Vec<usize>,
    /// A line about each row.
    about: Option<Vec<String>>,
}

/// The terms of two classes to explore, with the texts of `dataset` behind them. Options: [`Explorer`].
///
/// The notebook shows an interactive chart; `.save("explorer.html")` writes the whole explorer.
///
/// # Errors
/// See [`Explorer::draw`].
pub fn explorer(dataset: &Dataset, contrast: &Contrast) -> Result<Figure> {
    Explorer::new(dataset, contrast).draw()
}

impl Explorer {
    /// The terms of `contrast`, and the texts of `dataset`, from which it was made.
    pub fn new(dataset: &Dataset, contrast: &Contrast) -> Self {
        Explorer {
            dataset: dataset.clone(),
            contrast: contrast.clone(),
            title: None,
            terms: 20_000,
            documents: 50_000,
            about: None,
        }
    }

    /// The title; unless set, it names the classes.
    pub fn title(mut self, title: &str) -> Self {
        self.title = Some(one_line(title));
        self
    }

    /// At most this many terms on the page, the most telling and the most frequent; 20,000 unless set.
    pub fn most_terms(mut self, terms: usize) -> Self {
        self.terms = terms;
        self
    }

    /// At most this many texts on the page, spread evenly over the rows; 50,000 unless set. Counts and scores are
    /// those of all texts.
    pub fn most_texts(mut self, texts: usize) -> Self {
        self.documents = texts;
        self
    }

    /// A line about each text that stands above it on the page: an id, a date, a source.
    pub fn about(mut self, lines: &dyn Labels) -> Self {
        self.about = Some(lines.labels());
        self
    }

    /// The figure: an interactive chart with a picture and a text line, and the explorer as its page.
    ///
    /// Errors: a data set that lacks the class, or whose texts are not those that the contrast counted; not as many
    /// lines about texts as texts; a limit of 0.
    pub fn draw(&self) -> Result<Figure> {
        let shown = self.shown()?;
        let page = page::page(&shown.title, &data::json_block(&shown)?);
        Ok(inline::figure(&shown)?.with_page(page))
    }

    fn shown(&self) -> Result<Shown> {
        let (dataset, contrast) = (&self.dataset, &self.contrast);
        if self.terms == 0 || self.documents == 0 {
            bail!("{NAME}: a limit of 0 leaves nothing to show; give at least 1");
        }
        if contrast.is_empty() {
            bail!("{NAME}: the contrast has no terms; make it with a lower `min_texts`");
        }
        let Some(class) = dataset.classes.iter().position(|class| *class == contrast.a) else {
            bail!(
                "{NAME}: the contrast is about the class “{}”, but `{}` has the classes {}; make the contrast from the \
                 same data set",
                contrast.a,
                dataset.name,
                dataset.classes.join(", ")
            );
        };
        let labels = dataset.labels()?;
        let in_a: Vec<bool> = labels.iter().map(|&label| label == class).collect();
        let texts_a = in_a.iter().filter(|&&yes| yes).count();
        if (texts_a, in_a.len() - texts_a) != (contrast.texts_a, contrast.texts_b) {
            bail!(
                "{NAME}: the contrast was made from {} and {} texts, `{}` has {texts_a} and {}; make the contrast from \
                 the same data set",
                contrast.texts_a,
                contrast.texts_b,
                dataset.name,
                in_a.len() - texts_a
            );
        }
        let texts = dataset.texts()?;
        let about = self.about_lines(&labels)?;
        let rows = data::rows_of_terms(contrast, &texts, &in_a)?;
        let mut shown = Shown {
            title: self
                .title
                .clone()
                .unwrap_or_else(|| one_line(&format!("Terms: {} against {}", contrast.a, contrast.b))),
            note: String::new(),
            ranks_a: contrast.dense_ranks_a(),
            ranks_b: contrast.dense_ranks_b(),
            scaled_f: contrast.scaled_f_scores(),
            z: contrast.z_scores(),
            terms: Vec::new(),
            documents: spread(texts.len(), self.documents),
            contrast: contrast.clone(),
            rows,
            texts,
            in_a,
            about,
        };
        shown.terms = shown.telling(self.terms);
        shown.note = shown.left_out();
        Ok(shown)
    }

    /// The class of each text where there are more than two, and what [`about`](Self::about) was given.
    fn about_lines(&self, labels: &[usize]) -> Result<Option<Vec<String>>> {
        let given = self.about.clone().transpose()?;
        if let Some(lines) = &given {
            same_length(NAME, ("texts", labels.len()), ("lines about them", lines.len()))?;
        }
        let classes = &self.dataset.classes;
        if classes.len() <= 2 {
            return Ok(given);
        }
        let line = |(row, &label): (usize, &usize)| match &given {
            Some(lines) => format!("{} · {}", classes[label], lines[row]),
            None => classes[label].clone(),
        };
        Ok(Some(labels.iter().enumerate().map(line).collect()))
    }
}

impl Shown {
    /// At most `most` terms: in turn the most typical of `a`, the most typical of `b`, the most frequent.
    fn telling(&self, most: usize) -> Vec<usize> {
        let mut chosen = self.in_turn();
        chosen.truncate(most);
        chosen.sort_unstable();
        chosen
    }

    /// All terms in the order in which they deserve a place.
    fn in_turn(&self) -> Vec<usize> {
        let counts = self.contrast.counts();
        let sorted = |sign: f64| {
            let mut order: Vec<usize> = (0..counts.len()).collect();
            let score = |term: usize| sign * self.scaled_f[term];
            order.sort_by(|&i, &j| score(j).total_cmp(&score(i)).then(counts[j].cmp(&counts[i])).then(i.cmp(&j)));
            order
        };
        let (of_a, of_b, frequent) = (sorted(1.0), sorted(-1.0), sorted(0.0));
        let mut taken = vec![false; counts.len()];
        let mut order = Vec::with_capacity(counts.len());
        for at in 0..counts.len() {
            for term in [of_a[at], of_b[at], frequent[at]] {
                if !taken[term] {
                    taken[term] = true;
                    order.push(term);
                }
            }
        }
        order
    }

    /// Says what the page leaves out.
    fn left_out(&self) -> String {
        let mut parts = Vec::new();
        if self.terms.len() < self.contrast.len() {
            parts.push(format!("{} of {} terms", thousands(self.terms.len()), thousands(self.contrast.len())));
        }
        if self.documents.len() < self.texts.len() {
            parts.push(format!("{} of {} texts", thousands(self.documents.len()), thousands(self.texts.len())));
        }
        if parts.is_empty() { String::new() } else { format!("This page holds {}.", parts.join(" and ")) }
    }
}

/// `most` of the numbers below `count`, spread evenly.
fn spread(count: usize, most: usize) -> Vec<usize> {
    let kept = count.min(most);
    (0..kept).map(|at| at * count / kept).collect()
}
