//! Writes every kind of figure into a folder, as PNG and as HTML, to be looked at after a change to `plot`.
//!
//! `cargo run -p support --example gallery -- /tmp/gallery`. The data is made up and chosen to be awkward: long and
//! repeated labels, HTML, other alphabets, equal numbers; the explorers show the bundled comments. It checks nothing.

mod maps;

use support::Result;
use support::exercise;
use support::prelude::*;

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).ok_or_else(|| Error::new("give the folder to write to"))?;
    std::fs::create_dir_all(&folder)?;
    let mut figures: Vec<(&str, Figure)> = Vec::new();
    figures.extend(bars()?);
    figures.extend(charts()?);
    figures.extend(tokens()?);
    figures.extend(panels()?);
    figures.extend(tables()?);
    figures.extend(clouds()?);
    figures.extend(explorers()?);
    figures.extend(training()?);
    figures.extend(maps::maps()?);
    figures.extend(maps::similarities()?);
    let mut all = String::new();
    for (name, figure) in &figures {
        println!("{name}: {} bytes PNG\n  {}", figure.png().map_or(0, <[u8]>::len), figure.description());
        figure.save(&format!("{folder}/{name}.html"))?;
        if figure.png().is_some() {
            figure.save(&format!("{folder}/{name}.png"))?;
        }
        if let Some(vega) = figure.vega() {
            std::fs::write(format!("{folder}/{name}.json"), vega.to_string())?;
        }
        if let Some(html) = figure.html() {
            all.push_str(&format!("<p>{name}</p>{html}\n"));
        }
    }
    for verdict in [
        exercise::check("2.1", &|| Ok("the weight falls as texts get less alike".into())),
        exercise::check("2.2", &|| Err(Error::new("your weights sum to 0.97: did you leave out <b>?"))),
    ] {
        all.push_str(&verdict.html());
        println!("{verdict:?}");
    }
    for (name, ground, ink) in [("light", "#ffffff", "#000000"), ("dark", "#111111", "#e0e0e0")] {
        let page = format!("<meta charset=utf-8><body style=\"background:{ground};color:{ink};width:900px\">{all}");
        std::fs::write(format!("{folder}/all-{name}.html"), page)?;
    }
    Ok(())
}

fn bars() -> Result<Vec<(&'static str, Figure)>> {
    let models = ["majority class", "logistic regression", "naive Bayes"];
    let accuracy = [0.62, 0.842, 0.79];
    let few = plot::Bars::new("Accuracy on the 500 hand-written test tweets", &models, &accuracy)
        .x("accuracy (share of tweets)")
        .intervals(&[0.58, 0.81, 0.75], &[0.66, 0.87, 0.83])
        .draw()?;
    let words = [
        "delayed",
        "not",
        "not",
        "thanks",
        "the",
        "a very long label that has to break because it does not fit",
        "<script>alert(1)</script> & \"q\"",
        "日本語 😀 ünï",
    ];
    let signed =
        plot::bars("Signed", &words, &[0.31, -0.12, 0.07, -0.42, 0.0, 0.11, -0.2, 0.05], "score (probability)")?;
    let counts = plot::bars("", &["only one"], &[1234], "tweets")?;
    let negative = plot::bars("All below zero", &["a", "b"], &[-3.0, -1.5], "logit")?;
    let many: Vec<String> = (0..40).map(|k| format!("word {k}")).collect();
    let values: Vec<f64> = (0..40).map(|k| 1000.0 / (k as f64 + 1.0)).collect();
    let many = plot::bars("Forty bars", &many, &values, "occurrences per million")?;
    Ok(vec![
        ("bars-few", few),
        ("bars-signed", signed),
        ("bars-one", counts),
        ("bars-negative", negative),
        ("bars-many", many),
    ])
}

fn charts() -> Result<Vec<(&'static str, Figure)>> {
    let train: Vec<(f64, f64)> = (1..=12).map(|k| (k as f64, 1.1 * (-0.3 * k as f64).exp() + 0.05)).collect();
    let test: Vec<(f64, f64)> = (1..=12).map(|k| (k as f64, 1.1 * (-0.25 * k as f64).exp() + 0.15)).collect();
    let lines = plot::lines(
        "Loss by epoch",
        "epoch",
        "cross-entropy (nats)",
        &[("training", train), ("validation & <b>", test)],
    )?;
    let steps: Vec<f64> = (1..=10).map(|k| 2f64.powi(k)).collect();
    let mut log = plot::Lines::new("Error of five quadrature rules against the number of steps")
        .x("steps")
        .y("|delta| (logit)")
        .log_x()
        .log_y();
    for (name, order) in [("left", 1), ("right", 1), ("middle", 2), ("trapezoid", 2), ("Gauss–Legendre", 4)] {
        let error: Vec<f64> = steps.iter().map(|n| (name.len() as f64) / n.powi(order)).collect();
        log = log.series(name, &steps, &error);
    }
    let n: Vec<f64> = (0..200).map(f64::from).collect();
    let y: Vec<f64> = n.iter().map(|n| 100.0 * (n / 20.0).sin()).collect();
    let (low, high) = (y.iter().map(|y| y - 30.0).collect::<Vec<_>>(), y.iter().map(|y| y + 30.0).collect::<Vec<_>>());
    let band = plot::Lines::new("A band, negative values, one line")
        .x("token")
        .y("score")
        .series("s", &n, &y)
        .band(&low, &high)
        .draw()?;

    let x: Vec<f64> = (0..30).map(|k| ((k * 37 % 30) as f64 - 15.0) / 40.0).collect();
    let noisy: Vec<f64> = x.iter().enumerate().map(|(k, x)| x * 0.9 + ((k * 7 % 5) as f64 - 2.0) * 0.012).collect();
    let words: Vec<String> =
        (0..30).map(|k| ["delayed", "thanks", "<b>bold</b>", "flight", "crew"][k % 5].to_owned()).collect();
    let lime = plot::Scatter::new("LIME against the model's true contributions", &x, &noisy)
        .x("true contribution (logit)")
        .y("LIME score (probability)")
        .labels(&words)
        .diagonal()
        .draw()?;
    let groups: Vec<&str> = (0..30).map(|k| ["negative", "neutral", "positive"][k % 3]).collect();
    let grouped = plot::Scatter::new("Three groups", &x, &noisy)
        .x("first component")
        .y("second component")
        .groups(&groups)
        .draw()?;
    let many: Vec<f64> = (0..2000).map(|k| ((k as f64 * 0.7548776) % 1.0) * 100.0).collect();
    let other: Vec<f64> = (0..2000).map(|k| ((k as f64 * 0.5698402) % 1.0).powi(2)).collect();
    let dense = plot::Scatter::new("2,000 points", &many, &other).x("rank (%)").y("share").draw()?;
    let lengths: Vec<f64> = (0..3000).map(|k| (5 + (k * k) % 23 + (k * 7) % 9) as f64).collect();
    let lengths = plot::histogram("Length of the tweets", &lengths, 40, "words per tweet", "tweets")?;
    let share = plot::histogram("Equal-width intervals", &other, 25, "probability", "texts")?;
    Ok(vec![
        ("lines", lines),
        ("lines-log", log.draw()?),
        ("lines-band", band),
        ("scatter-labels", lime),
        ("scatter-groups", grouped),
        ("scatter-dense", dense),
        ("histogram-whole", lengths),
        ("histogram", share),
    ])
}

fn attribution(words: &[(&str, f64)], surrogate: bool) -> Attribution {
    let sum: f64 = words.iter().map(|word| word.1).sum();
    Attribution {
        method: if surrogate { "LIME" } else { "integrated gradients" }.to_owned(),
        tokens: words.iter().map(|word| word.0.to_owned()).collect(),
        scores: words.iter().map(|word| word.1).collect(),
        target: 0,
        target_name: "negative".to_owned(),
        output: "probability".to_owned(),
        f_x: 0.8421,
        f_baseline: 0.31,
        surrogate: surrogate.then_some(attribution::Surrogate {
            intercept: 0.33,
            local_prediction: 0.33 + sum,
            r2: 0.871,
            samples: 5000,
        }),
        ..Attribution::default()
    }
}

fn tokens() -> Result<Vec<(&'static str, Figure)>> {
    let short = attribution(
        &[
            ("[CLS]", 0.01),
            ("not", 0.42),
            ("a", 0.0),
            ("good", -0.18),
            ("flight", 0.05),
            ("##s", -0.03),
            ("<b>", 0.2),
            ("\n", 0.02),
            (" ", 0.0),
            ("not", -0.09),
            ("日本", 0.1),
            ("[SEP]", -0.004),
        ],
        false,
    );
    let long: Vec<(String, f64)> =
        (0..120).map(|k| (format!("token{k}"), ((k * 31 % 41) as f64 - 20.0) / 200.0)).collect();
    let long: Vec<(&str, f64)> = long.iter().map(|(word, score)| (word.as_str(), *score)).collect();
    let long = attribution(&long, false);
    let zero = attribution(&[("nothing", 0.0), ("matters", 0.0)], false);
    let unknown = Attribution {
        settings: "50 steps, Gauss–Legendre, baseline padding".into(),
        unknown: (0..12).map(|at| [3, 6, 7].contains(&at).then(|| format!("strange{at}"))).collect(),
        output: "logit".into(),
        ..short.clone()
    };
    let unsigned = Attribution {
        method: "saliency".into(),
        settings: "gradient norm".into(),
        scores: short.scores.iter().map(|score| score.abs() * 7.0).collect(),
        unsigned: true,
        ..unknown.clone()
    };
    let other = Attribution {
        settings: "50 steps, Gauss–Legendre, baseline mean vector".into(),
        scores: short.scores.iter().rev().map(|score| score * 31.0).collect(),
        ..unknown.clone()
    };
    let compared = plot::compare_attributions(&[unknown.clone(), other, unsigned.clone(), zero_of(&unknown)])?;
    let many = plot::compare_attributions(&[
        long.clone(),
        Attribution { target: 1, target_name: "positive".into(), ..long.clone() },
    ])?;
    Ok(vec![
        ("strip", short.heat_strip()?),
        ("strip-long", long.heat_strip()?),
        ("strip-zero", zero.heat_strip()?),
        ("strip-unknown", unknown.heat_strip()?),
        ("strip-unsigned", unsigned.heat_strip()?),
        ("compare", compared),
        ("compare-long", many),
        ("attribution-unknown", unknown.bars()?),
        ("attribution-unsigned", unsigned.bars()?),
        ("attribution", short.bars()?),
        ("attribution-long", long.bars()?),
    ])
}

/// The same tokens with nothing to say.
fn zero_of(attribution: &Attribution) -> Attribution {
    let scores = vec![0.0; attribution.scores.len()];
    Attribution { method: "a long name for a method that finds nothing".into(), scores, ..attribution.clone() }
}

fn panels() -> Result<Vec<(&'static str, Figure)>> {
    let classes: Vec<String> = ["negative", "neutral", "positive"].map(str::to_owned).to_vec();
    let text = "@airline my flight was delayed AGAIN, not good. Thanks for nothing & <script>alert('x')</script>\n\
                Delayed means delayed; your crew was lovely, I will say that much in your favour. 😀 日本語";
    let words = attribution(
        &[
            ("delayed", 0.31),
            ("not", 0.12),
            ("good", -0.08),
            ("Thanks", -0.15),
            ("nothing", 0.09),
            ("lovely", -0.11),
            ("script", 0.01),
            ("crew", -0.02),
            ("AGAIN", 0.06),
            ("your", 0.004),
            ("was", 0.002),
            ("my", 0.01),
            ("flight", 0.03),
            ("favour", -0.005),
        ],
        true,
    );
    let panel = plot::lime_panel(&classes, &[0.842, 0.118, 0.04], text, &words)?;
    let one = attribution(&[("ok", 0.5)], true);
    let small = plot::lime_panel(&classes, &[1.0, 0.0, 0.0], "ok", &one)?;
    Ok(vec![("lime", panel), ("lime-small", small)])
}

fn tables() -> Result<Vec<(&'static str, Figure)>> {
    let texts: Vec<String> = (0..25)
        .map(|k| {
            format!("tweet {k} <script>alert(1)</script> & \"more\"\nsecond line, and so on and so on until it is long")
        })
        .collect();
    let numbers: Vec<f64> = (0..25).map(|k| (k as f64 - 5.0) * 1.23456).collect();
    let labels: Vec<u32> = (0..25).map(|k| k % 3).collect();
    Ok(vec![("table", table(&df!("text" => texts, "score" => numbers, "label" => labels)?))])
}

fn clouds() -> Result<Vec<(&'static str, Figure)>> {
    let text = "comment thread answer reason question source argument example evidence reader thanks point detail \
                opinion agree disagree topic article number claim support doubt quote summary idea proposal change \
                improve explain because however therefore although yesterday everyone nothing something discussion \
                moderator rule reply page link paragraph sentence word letter typing joking jpgqy über Straße ação";
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let words: Vec<String> = (0..140)
        .map(|k| {
            let suffix = if k < words.len() { String::new() } else { (k / words.len()).to_string() };
            format!("{}{suffix}", words[k % words.len()])
        })
        .collect();
    let weights: Vec<f64> = (0..140).map(|k| (1000.0 / (k as f64 + 1.5).powf(0.8)).round()).collect();
    let scores: Vec<f64> = (0..140).map(|k| ((k * 37 % 41) as f64 - 20.0) / 4.0).collect();
    let groups: Vec<&str> = (0..140).map(|k| ["noun", "verb", "other & <b>"][k * 7 % 3]).collect();
    let plain = plot::WordCloud::new("The most frequent words", &words, &weights).weight("occurrences").draw()?;
    let signed = plot::WordCloud::new("Words of hostile (red) and constructive (blue) comments", &words, &weights)
        .weight("occurrences")
        .signed("z-score of the log-odds", &scores)
        .vertical()
        .most(100)
        .draw()?;
    let grouped = plot::WordCloud::new("By group", &words, &weights).groups(&groups).most(60).height(260.0).draw()?;
    let equal = plot::word_cloud("All alike", &words, &vec![1.0; 140])?;
    let long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";
    let odd = ["<script>alert(1)</script>", "日本語", "😀😀", "مرحبا", "שלום", long, "ok", "a & \"b\"", "line\nbreak"];
    let odd = plot::word_cloud("Awkward words", &odd, &[9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 0.0])?;
    let one = plot::word_cloud("", &["alone"], &[3])?;
    let many: Vec<String> = (0..2000).map(|k| format!("{}{k}", words[k % words.len()])).collect();
    let many = plot::WordCloud::new("More than fit", &many, &vec![1.0; 2000]).most(2000).draw()?;
    Ok(vec![
        ("cloud", plain),
        ("cloud-signed", signed),
        ("cloud-groups", grouped),
        ("cloud-equal", equal),
        ("cloud-odd", odd),
        ("cloud-one", one),
        ("cloud-many", many),
    ])
}

fn explorers() -> Result<Vec<(&'static str, Figure)>> {
    let comments = |language: &str| -> Result<Figure> {
        let comments = data::comments(language, Source::Bundled)?;
        plot::explorer(&comments, &text::contrast(&comments, "hostile")?)
    };
    Ok(vec![("explorer-en", comments("en")?), ("explorer-pt", comments("pt")?)])
}

/// Matrices, and what training and evaluating a classifier shows.
fn training() -> Result<Vec<(&'static str, Figure)>> {
    let tokens = ["[CLS]", "the", "film", "was", "not", "bad", "at", "all", "<b>", "unbelievable", "日本", "[SEP]"];
    let wave = |row: usize, column: usize| ((row * 7 + column * 3) as f64 * 0.61).sin();
    let cells = |n: usize, of: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
        (0..n).map(|row| (0..n).map(|column| of(row, column)).collect()).collect()
    };
    let attention = cells(12, &|row, column| if column > row { 0.0 } else { wave(row, column).abs() });
    let similar = cells(4, &|row, column| if row == column { 1.0 } else { wave(row, column) * 0.9 });
    let topics = ["World", "Sports", "Business", "Science and technology"];
    let similarity = plot::heatmap("Cosine similarity of the topics", &topics, &topics, &similar, "cosine similarity")?;
    let head = plot::Heatmap::new("Attention of head 3 in layer 2", &tokens, &tokens, &attention)
        .x("key token")
        .y("query token")
        .unit("attention weight")
        .range(0.0, 1.0);
    let words: Vec<Vec<String>> =
        (0..6).map(|layer| (0..8).map(|at| tokens[(layer * 5 + at * 3) % 12].to_owned()).collect()).collect();
    let lens: Vec<Vec<f64>> = (0..6).map(|layer| (0..8).map(|at| wave(layer, at).powi(2)).collect()).collect();
    let layers = ["embedding", "layer 1", "layer 2", "layer 3", "layer 4", "layer 5"];
    let lens = plot::Heatmap::new(
        "Logit lens: the most probable next token after each layer",
        &layers,
        &tokens[..8].to_vec(),
        &lens,
    )
    .x("token")
    .unit("probability of the top token")
    .texts(&words)
    .draw()?;
    let names: Vec<String> = (0..120).map(|n| format!("t{n}")).collect();
    let large = plot::heatmap("120 × 120", &names, &names, &cells(120, &wave), "score")?;
    let one = plot::heatmap("", &["row"], &["column"], &[[0.25]], "value")?;

    let label: Vec<usize> = (0..600).map(|n| usize::from(n % 5 < 2)).collect();
    let sure: Vec<f64> = (0..600).map(|n| 0.5 + 0.499 * ((n * 37 % 600) as f64 / 600.0)).collect();
    let guess: Vec<usize> = (0..600)
        .map(|n| if (n * 59 % 100) as f64 / 100.0 < sure[n] - 0.07 { label[n] } else { 1 - label[n] })
        .collect();
    let rows: Vec<Vec<f64>> = (0..600)
        .map(|n| if guess[n] == 0 { vec![sure[n], 1.0 - sure[n]] } else { vec![1.0 - sure[n], sure[n]] })
        .collect();
    let classes = ["negative", "positive"].map(String::from);
    let intents: Vec<String> = (0..18).map(|n| format!("reminder/set_reminder_{n}")).collect();
    let (many, other): (Vec<usize>, Vec<usize>) =
        (0..900).map(|n| (n % 18, if n % 7 < 5 { n % 18 } else { n * n % 18 })).unzip();
    let history = |n: usize| -> train::History {
        let epoch = |at: usize| train::Epoch {
            epoch: at + 1,
            train_loss: 0.7 * (-0.35 * at as f64).exp() + 0.02,
            validation_loss: 0.68 * (-0.3 * at as f64).exp() + 0.03 * at as f64 + 0.1,
            accuracy: 0.9 - 0.38 * (-0.6 * at as f64).exp(),
            seconds: 9.0,
        };
        train::History { epochs: (0..n).map(epoch).collect(), best_epoch: n.min(6), stopped_early: n > 8 }
    };
    Ok(vec![
        ("heatmap-signed", similarity),
        ("heatmap-attention", head.clone().draw()?),
        ("heatmap-bare", head.bare().draw()?),
        ("heatmap-lens", lens),
        ("heatmap-large", large),
        ("heatmap-one", one),
        ("confusion", plot::confusion("Bi-LSTM on the 600 hand-written test reviews", &label, &guess, &classes)?),
        ("confusion-many", plot::confusion("18 intents", &many, &other, &intents)?),
        ("reliability", plot::reliability("Bi-LSTM on the 600 hand-written test reviews", &label, &rows)?),
        ("curves", history(9).curves()?),
        ("curves-two", history(2).curves()?),
        ("curves-one", history(1).curves()?),
        ("curves-hundred", history(100).curves()?),
    ])
}
