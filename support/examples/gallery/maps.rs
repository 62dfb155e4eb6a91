//! Maps of points, from four to 10,000. The coordinates are drawn around made-up centres.

use support::Result;
use support::prelude::*;

/// Normal numbers, the same ones every time: the sum of twelve uniform ones.
struct Draw(u64);

impl Draw {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / (1u64 << 31) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// Points in three dimensions around centres, with their class and a made-up word.
struct Cloud {
    at: [Vec<f64>; 3],
    classes: Vec<String>,
    labels: Vec<String>,
    texts: Vec<String>,
}

fn cloud(count: usize, names: &[&str]) -> Cloud {
    const SYLLABLES: [&str; 16] =
        ["ma", "ri", "to", "ka", "sel", "von", "pre", "ding", "ber", "lo", "nas", "tic", "ful", "ou", "gra", "men"];
    let mut draw = Draw(5);
    let centres: Vec<[f64; 3]> = names.iter().map(|_| [0, 1, 2].map(|_| 14.0 * draw.normal())).collect();
    let mut out = Cloud { at: Default::default(), classes: Vec::new(), labels: Vec::new(), texts: Vec::new() };
    for k in 0..count {
        let class = k * names.len() / count;
        for (axis, numbers) in out.at.iter_mut().enumerate() {
            numbers.push(centres[class][axis] + 7.0 * draw.normal());
        }
        out.classes.push(names[class].to_owned());
        let word: String = (0..2 + k % 3).map(|_| SYLLABLES[(draw.uniform() * 16.0) as usize]).collect();
        out.texts.push(format!(
            "{word} opens a made-up article, number {k}, which says \"nothing\", at some length, about {}.",
            names[class]
        ));
        out.labels.push(word);
    }
    out
}

pub fn maps() -> Result<Vec<(&'static str, Figure)>> {
    let topics = ["World", "Sports", "Business", "Science and technology"];
    let news = cloud(260, &topics);
    let documents = plot::PointMap::new("t-SNE of 260 made-up articles", &news.at[0], &news.at[1], &news.labels)
        .classes(&news.classes)
        .texts(&news.texts)
        .x("t-SNE 1 (no unit)")
        .y("t-SNE 2 (no unit)")
        .draw()?;
    let ten: Vec<String> = (0..10).map(|k| format!("class {k}")).collect();
    let many = cloud(10_000, &ten.iter().map(String::as_str).collect::<Vec<_>>());
    let words = plot::PointMap::new("10,000 made-up words in ten classes", &many.at[0], &many.at[1], &many.labels)
        .classes(&many.classes)
        .draw()?;
    let plain = plot::map("10,000 made-up words", &many.at[0], &many.at[1], &many.labels)?;
    let signed: Vec<f64> = news.at[2].iter().map(|z| z / 9.0).collect();
    let show = [news.labels[3].as_str(), news.labels[70].as_str(), news.labels[200].as_str()];
    let signed = plot::PointMap::new("Coloured by a signed number", &news.at[0], &news.at[1], &news.labels)
        .values(&signed, "third component (standard deviations)")
        .show(&show)
        .draw()?;
    let odd = ["<script>alert(1)</script>", "日本語 .*+?^${}()|[]\\", "a \"quoted\", label", "C++", "null", ""];
    let odd = plot::PointMap::new("Awkward labels", &[0, 1, 2, 3, 4, 5], &[0.0, 0.3, 0.1, 0.4, 0.2, 0.5], &odd)
        .classes(&["a", "b <i>", "\"c\"", "a", "d \\ e", "日本"])
        .draw()?;
    let few = plot::map("Four words", &[0.0, 0.1, 4.0, 4.2], &[1.0, 1.2, 3.0, 3.1], &["cat", "dog", "tea", "milk"])?;
    let [x, y, z] = &news.at;
    let space = plot::PointMap3::new("The 260 articles in three dimensions", x, y, z, &news.labels)
        .classes(&news.classes)
        .texts(&news.texts)
        .draw()?;
    let [x, y, z] = &many.at;
    let crowd = plot::PointMap3::new("10,000 made-up words in three dimensions", x, y, z, &many.labels)
        .classes(&many.classes)
        .show(&[many.labels[0].as_str(), many.labels[5000].as_str()])
        .axes("component 1", "component 2", "component 3")
        .draw()?;
    let [x, y, z] = &cloud(24, &["one"]).at;
    let names: Vec<String> = (0..24).map(|k| format!("p{k}")).collect();
    let coloured = plot::PointMap3::new("Coloured by a number", x, y, z, &names).values(z, "third (unit)").draw()?;
    Ok(vec![
        ("map3-documents", space),
        ("map3-words", crowd),
        ("map3-values", coloured),
        ("map-documents", documents),
        ("map-words", words),
        ("map-plain", plain),
        ("map-values", signed),
        ("map-odd", odd),
        ("map-few", few),
    ])
}

/// Similarities of words that are sorted by class, with and without names, and neighbours in two tables.
pub fn similarities() -> Result<Vec<(&'static str, Figure)>> {
    let topics = ["Countries", "Animals", "Sports", "Colours & shapes"];
    let matrix = |cloud: &Cloud| -> Vec<Vec<f64>> {
        let point = |k: usize| [0, 1, 2].map(|axis| cloud.at[axis][k]);
        let dot = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let cosine =
            |a: usize, b: usize| dot(point(a), point(b)) / (dot(point(a), point(a)) * dot(point(b), point(b))).sqrt();
        (0..cloud.labels.len()).map(|a| (0..cloud.labels.len()).map(|b| cosine(a, b)).collect()).collect()
    };
    let (words, texts) = (cloud(52, &topics), cloud(400, &topics));
    let words = plot::Heatmap::new("Cosine similarity of 52 words", &words.labels, &words.labels, &matrix(&words))
        .groups(&words.classes)
        .unit("cosine similarity")
        .range(-1.0, 1.0)
        .draw()?;
    let all = plot::Heatmap::new("Cosine similarity of 400 texts", &texts.labels, &texts.labels, &matrix(&texts))
        .groups(&texts.classes)
        .unnamed()
        .unit("cosine similarity")
        .draw()?;
    let some = cloud(30, &topics);
    let small = plot::Heatmap::new("30 texts without names", &some.labels, &some.labels, &matrix(&some))
        .groups(&some.classes)
        .unnamed()
        .x("text")
        .y("text")
        .unit("cosine similarity")
        .draw()?;
    let table = |seed: usize| -> Result<support::polars::prelude::DataFrame> {
        let words: Vec<String> = (0..8).map(|k| some.labels[(k * seed) % 30].clone()).collect();
        let cosines: Vec<f64> = (0..8).map(|k| 0.912_345 / (k as f64 * seed as f64 * 0.1 + 1.0)).collect();
        Ok(df!("word <b>" => words, "cosine" => cosines)?)
    };
    let titles = ["<i>CBOW</i> & co", "skip-gram", "after 1 epoch", "after 20 epochs"];
    let tables = support::display::side_by_side(&titles, &[table(3)?, table(7)?, table(11)?, table(13)?]);
    Ok(vec![("heatmap-groups", words), ("heatmap-400", all), ("heatmap-unnamed", small), ("side-by-side", tables)])
}
