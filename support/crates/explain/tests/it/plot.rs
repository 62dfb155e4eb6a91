//! Figures: what they state, that they refuse bad input, that no text of a data set becomes markup.
//!
//! Colours are checked against what they must mean; pictures are checked for being there, their look is for the eye:
//! `cargo run -p support --example gallery`.

use crate::names::Result;
use crate::names::attribution::Surrogate;
use crate::names::plot::colors;
use crate::names::*;

/// Text that would be dangerous or break a file if it were not treated as text.
const NASTY: [&str; 7] =
    ["<script>alert(1)</script>", "a & b", "\"double\" and 'single'", "back\\slash", "line\nbreak", "日本語 😀", ""];

fn attribution(tokens: &[&str], scores: &[f64]) -> Attribution {
    Attribution {
        method: "<b>method</b>".to_owned(),
        tokens: tokens.iter().map(|token| (*token).to_owned()).collect(),
        scores: scores.to_vec(),
        target: 0,
        target_name: "<i>class</i>".to_owned(),
        output: "probability".to_owned(),
        f_x: 0.75,
        f_baseline: 0.5,
        surrogate: Some(Surrogate { intercept: 0.52, local_prediction: 0.77, r2: 0.9, samples: 100 }),
        ..Attribution::default()
    }
}

/// Every kind of figure, all made of `NASTY` texts.
fn nasty_figures() -> Result<Vec<Figure>> {
    let values = [0.1, -0.2, 0.3, 0.0, 0.5, -0.6, 0.7];
    let title = "<script>title</script> & \"q\"";
    let shown = attribution(&NASTY, &values);
    let points: Vec<(f64, f64)> = vec![(1.0, 2.0), (2.0, 3.0)];
    let classes: Vec<String> = NASTY.map(str::to_owned).to_vec();
    let text = NASTY.join(" ");
    Ok(vec![
        plot::bars(title, &NASTY, &values, title)?,
        plot::Bars::new(title, &NASTY, &values).intervals(&[-1.0; 7], &[1.0; 7]).note(title).draw()?,
        plot::lines(title, title, title, &[(NASTY[0], points.clone()), (NASTY[2], points)])?,
        plot::scatter(title, &values, &values, &NASTY, title, title)?,
        plot::Scatter::new(title, &values, &values).labels(&NASTY).groups(&NASTY).diagonal().draw()?,
        plot::histogram(title, &values, 5, title, title)?,
        shown.bars()?,
        shown.heat_strip()?,
        plot::lime_panel(&classes, &[0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], &text, &shown)?,
        table(&df!("<script>name</script>" => NASTY.to_vec(), "score" => values.to_vec())?),
    ])
}

/// The tags of an HTML text, without attributes: `["div", "/div", …]`.
fn tags(html: &str) -> Vec<String> {
    html.split('<')
        .skip(1)
        .map(|tag| tag.chars().take_while(|c| c.is_alphanumeric() || *c == '/' || *c == '!').collect())
        .collect()
}

#[test]
fn text_from_data_is_never_markup() -> Result<()> {
    let ours = ["div", "span", "table", "thead", "tbody", "tr", "th", "td", "br"];
    let page = ["!doctype", "html", "head", "meta", "title", "body", "img"];
    for figure in nasty_figures()? {
        for tag in figure.html().map(tags).unwrap_or_default() {
            assert!(ours.contains(&tag.trim_start_matches('/')), "<{tag}> in {}", figure.description());
        }
        for tag in tags(&figure.page()) {
            let tag = tag.trim_start_matches('/');
            assert!(ours.contains(&tag) || page.contains(&tag), "<{tag}> in the page of {}", figure.description());
        }
        for (mime, content) in figure.bundle() {
            assert!(mime != "text/html" || !content.contains("<script"), "{content}");
            assert!(
                !mime.contains("json")
                    || crate::names::serde_json::from_str::<crate::names::serde_json::Value>(&content).is_ok()
            );
        }
    }
    Ok(())
}

#[test]
fn the_text_is_still_there() -> Result<()> {
    let strip = attribution(&NASTY, &[0.1; 7]).heat_strip()?;
    let html = strip.html().unwrap_or_default();
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
    assert!(html.contains("a &amp; b") && html.contains("日本語 😀"), "{html}");
    assert!(strip.description().contains("<script>alert(1)</script> (+0.100)"), "{}", strip.description());
    assert!(strip.description().contains("line⏎break"), "a token stays on one line: {}", strip.description());
    Ok(())
}

#[test]
fn bundles_follow_the_contract() -> Result<()> {
    for figure in nasty_figures()? {
        let mimes: Vec<&str> = figure.bundle().iter().map(|part| part.0).collect();
        assert_eq!(mimes.last(), Some(&"text/plain"));
        assert!(!figure.description().is_empty());
        // JupyterLab would show the HTML and never the chart.
        assert!(!(mimes.contains(&"text/html") && mimes.iter().any(|mime| mime.contains("vega"))), "{mimes:?}");
        if mimes.iter().any(|mime| mime.contains("vega")) {
            assert!(mimes.contains(&"image/png"), "an interactive figure needs its picture: {mimes:?}");
            let vega = figure.vega().cloned().unwrap_or_default();
            assert_eq!(vega["$schema"], "https://vega.github.io/schema/vega-lite/v5.json");
            assert_eq!(vega["background"], "#ffffff");
        }
    }
    Ok(())
}

#[test]
fn pictures_are_pngs_of_one_width_and_small() -> Result<()> {
    for figure in nasty_figures()? {
        let Some(png) = figure.png() else { continue };
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(u32::from_be_bytes([png[16], png[17], png[18], png[19]]), 1600);
        assert!(png.len() < 100_000, "{} bytes: {}", png.len(), figure.description());
    }
    Ok(())
}

#[test]
fn the_same_figure_gives_the_same_bytes() -> Result<()> {
    for (first, second) in nasty_figures()?.iter().zip(nasty_figures()?) {
        assert!(first.bundle() == second.bundle() && first.png() == second.png(), "{}", first.description());
    }
    Ok(())
}

#[test]
fn a_character_without_a_glyph_leaves_a_mark() -> Result<()> {
    let png = |label: &str| -> Result<Vec<u8>> {
        Ok(plot::bars("", &[label], &[1.0], "x")?.png().map(<[u8]>::to_vec).unwrap_or_default())
    };
    assert!(png("日")? != png(" ")?, "a missing character must not vanish");
    assert!(png("日")? == png("本")?, "every missing character is the same box");
    assert!(png("é")? != png("日")?, "a character of the font is not a box");
    Ok(())
}

#[test]
fn descriptions_state_the_content() -> Result<()> {
    let bars = plot::bars("Test accuracy", &["majority", "logistic"], &[0.62, 0.84], "accuracy (share)")?;
    assert_eq!(
        bars.description(),
        "Bar chart: Test accuracy; accuracy (share), 2 bars; highest logistic 0.840, lowest majority 0.620."
    );
    let lines = plot::lines("Loss", "epoch", "nats", &[("training", vec![(2.0, 0.5), (1.0, 1.0)])])?;
    assert_eq!(lines.description(), "Line chart: Loss; nats against epoch; training: 1 at 1 to 0.5 at 2.");
    let histogram = plot::histogram("", &[1, 2, 2, 3], 10, "words", "tweets")?;
    assert_eq!(histogram.description(), "Histogram: words of 4 tweets in 3 intervals; median 2, from 1 to 3.");
    let scatter = plot::Scatter::new("", &[1.0, 2.0], &[1.0, 2.0]).groups(&["a", "a"]).diagonal().draw()?;
    assert_eq!(scatter.description(), "Scatter plot: y against x; 2 points (a 2), with the line y = x.");
    Ok(())
}

#[test]
fn attributions_show_their_sums() -> Result<()> {
    let shown = attribution(&["not", "good", "not"], &[0.5, -0.25, 0.125]);
    // Sum 0.375, difference 0.25, delta 0.125.
    for figure in [shown.heat_strip()?, shown.bars()?, plot::lime_panel(&["x".to_owned()], &[1.0], "not good", &shown)?]
    {
        let text = figure.description();
        for fact in ["F(x) (probability) 0.7500", "F(baseline) 0.5000", "sum of scores +0.3750", "delta +0.1250"] {
            assert!(text.contains(fact), "{fact} is missing in {text}");
        }
        assert!(text.contains("local prediction 0.7700") && text.contains("R² 0.9000"), "{text}");
    }
    Ok(())
}

#[test]
fn equal_labels_stay_separate_bars() -> Result<()> {
    let figure = attribution(&["not", "good", "not"], &[0.5, -0.25, 0.125]).bars()?;
    let vega = figure.vega().cloned().unwrap_or_default();
    let rows = &vega["layer"][0]["data"]["values"];
    assert_eq!(rows.as_array().map(Vec::len), Some(3));
    assert_eq!((&rows[0]["label"], &rows[0]["row"]), (&"not".into(), &0.into()));
    assert_eq!((&rows[2]["label"], &rows[2]["row"]), (&"not".into(), &2.into()));
    assert_eq!(rows[0]["color"], colors::POSITIVE.hex());
    assert_eq!(rows[1]["color"], colors::NEGATIVE.hex());
    Ok(())
}

/// The text of the spans that carry a background, with the background: the highlighted words.
fn highlighted(html: &str) -> Vec<(String, String)> {
    html.split("<span title=")
        .skip(1)
        .map(|span| {
            let color = span.split("background-color:").nth(1).unwrap_or_default()[..7].to_owned();
            (span.split('>').nth(1).unwrap_or_default().trim_end_matches("</span").to_owned(), color)
        })
        .collect()
}

#[test]
fn the_lime_panel_highlights_whole_words_and_every_occurrence() -> Result<()> {
    let shown = attribution(&["late", "ok"], &[0.4, -0.2]);
    let classes = ["negative".to_owned(), "positive".to_owned()];
    let panel = plot::lime_panel(&classes, &[0.75, 0.25], "late, later LATE late_ #late ok", &shown)?;
    let (red, light_blue) = (colors::diverging(0.4, 0.4).hex(), colors::diverging(-0.2, 0.4).hex());
    let expected = [("late", &red), ("late", &red), ("ok", &light_blue)];
    let expected: Vec<(String, String)> =
        expected.iter().map(|(word, color)| ((*word).to_owned(), (*color).clone())).collect();
    assert_eq!(highlighted(panel.html().unwrap_or_default()), expected);
    Ok(())
}

#[test]
fn the_lime_panel_knows_phrases_and_repeated_words() -> Result<()> {
    let classes = ["negative".to_owned()];
    let phrase = attribution(&["not good", "is"], &[0.4, 0.1]);
    let panel = plot::lime_panel(&classes, &[1.0], "is NOT good, good is", &phrase)?;
    let words: Vec<String> = highlighted(panel.html().unwrap_or_default()).into_iter().map(|word| word.0).collect();
    assert_eq!(words, ["is", "NOT good", "is"]);

    let repeated = attribution(&["good", "not", "good"], &[0.4, 0.1, -0.4]);
    let panel = plot::lime_panel(&classes, &[1.0], "good not good", &repeated)?;
    let found: Vec<String> = highlighted(panel.html().unwrap_or_default()).into_iter().map(|word| word.1).collect();
    let expected = [0.4, 0.1, -0.4].map(|score| colors::diverging(score, 0.4).hex());
    assert_eq!(found, expected);
    Ok(())
}

#[test]
fn bad_input_is_an_error_that_says_what_to_do() {
    let message = |figure: Result<Figure>| figure.err().map(|error| error.to_string()).unwrap_or_default();
    let none: [f64; 0] = [];
    let no_label: [&str; 0] = [];
    let nan = attribution(&["a"], &[f64::NAN]);
    let empty = attribution(&[], &[]);
    let odd = attribution(&["a", "b"], &[1.0]);
    let fine = attribution(&["a"], &[1.0]);
    let one = ["c".to_owned()];
    let many: Vec<f64> = vec![1.0; 101];
    let names: Vec<String> = vec!["x".to_owned(); 101];
    let cases = [
        (plot::bars("", &["a", "b"], &[1.0], "x"), "2 labels but 1 values"),
        (plot::bars("", &["a"], &[f64::NAN], "x"), "number 0 of values is NaN"),
        (plot::bars("", &["a"], &[f64::INFINITY], "x"), "is inf"),
        (plot::bars("", &no_label, &none, "x"), "values is empty"),
        (plot::bars("", &names, &many, "x"), "keep the first 100"),
        (plot::Bars::new("", &["a"], &[1.0]).intervals(&[2.0], &[1.0]).draw(), "before it begins"),
        (plot::lines("", "x", "y", &[]), "0 lines"),
        (plot::lines("", "x", "y", &[("a", vec![])]), "x of “a” is empty"),
        (plot::Lines::new("").series("a", &[1.0, 2.0], &[1.0]).draw(), "2 x of “a” but 1 y"),
        (plot::Lines::new("").band(&[1.0], &[1.0]).draw(), "add a series"),
        (plot::Lines::new("").series("a", &[0.0, 2.0], &[1.0, 1.0]).log_x().draw(), "needs numbers above 0, found 0"),
        (plot::Scatter::new("", &[1.0], &[1.0, 2.0]).draw(), "1 x but 2 y"),
        (plot::Scatter::new("", &[1.0], &[1.0]).groups(&["a", "b"]).draw(), "1 points but 2 groups"),
        (plot::Scatter::new("", &[1.0], &[1.0]).sides(&[1, 2], "a", "b", "c").draw(), "1 points but 2 signs"),
        (plot::histogram("", &none, 10, "x", "texts"), "values is empty"),
        (plot::histogram("", &[1.0], 0, "x", "texts"), "between 1 and 200"),
        (nan.heat_strip(), "NaN"),
        (nan.bars(), "NaN"),
        (empty.heat_strip(), "is empty"),
        (odd.heat_strip(), "2 tokens but 1 scores"),
        (plot::lime_panel(&one, &[0.5, 0.5], "a", &fine), "1 classes but 2 probabilities"),
        (plot::lime_panel(&one, &[1.5], "a", &fine), "1.5 is not a probability"),
        (plot::lime_panel(&[], &[], "a", &fine), "the probabilities is empty"),
        (plot::lime_panel(&one, &[1.0], "a", &Attribution { target: 1, ..fine.clone() }), "explains class 1"),
    ];
    for (figure, expected) in cases {
        let found = message(figure);
        assert!(found.contains(expected), "expected “{expected}”, found “{found}”");
    }
}

#[test]
fn extreme_numbers_can_be_drawn() -> Result<()> {
    for values in [[0.0, 0.0], [1e-12, 2e-12], [1e12, -1e12], [5.0, 5.0], [-1e-300, 1e-300]] {
        plot::bars("", &["a", "b"], &values, "x")?;
        plot::Lines::new("").series("a", &[1.0, 2.0], &values).draw()?;
        plot::Scatter::new("", &values, &values).diagonal().labels(&["a", "b"]).draw()?;
        plot::histogram("", &values, 10, "x", "texts")?;
        attribution(&["a", "b"], &values).heat_strip()?;
        attribution(&["a", "b"], &values).bars()?;
    }
    plot::Lines::new("").series("a", &[1.0], &[1.0]).log_x().log_y().draw()?;
    Ok(())
}

#[test]
fn histograms_count_every_value_once() -> Result<()> {
    for (values, bins) in [(vec![1.0, 2.0, 2.0, 9.0], 4), (vec![0.1, 0.25, 0.5, 1.0], 3), (vec![7.0; 5], 10)] {
        let figure = plot::histogram("", &values, bins, "x", "texts")?;
        let vega = figure.vega().cloned().unwrap_or_default();
        let rows = vega["layer"][0]["data"]["values"].as_array().cloned().unwrap_or_default();
        let total: f64 = rows.iter().filter_map(|row| row["count"].as_f64()).sum();
        assert_eq!(total, values.len() as f64);
        for row in &rows {
            let (from, to) = (row["from"].as_f64().unwrap_or(f64::NAN), row["to"].as_f64().unwrap_or(f64::NAN));
            let last = row == &rows[rows.len() - 1];
            let inside = values.iter().filter(|x| **x >= from && (**x < to || last && **x <= to + 1e-9)).count();
            assert_eq!(row["count"].as_f64(), Some(inside as f64), "[{from}, {to}) of {values:?}");
        }
    }
    Ok(())
}

#[test]
fn frames_can_be_plotted() -> Result<()> {
    let frame = df!("word" => ["late", "thanks"], "score" => [3i64, -1], "text" => ["a", "b"])?;
    let figure = plot::bars("", frame.column("word")?, frame.column("score")?, "score")?;
    assert!(figure.description().contains("highest late +3, lowest thanks -1"), "{}", figure.description());
    let error = plot::bars("", frame.column("word")?, frame.column("text")?, "score").err();
    assert!(error.is_some_and(|error| error.to_string().contains("column `text` holds str")));
    Ok(())
}

#[test]
fn the_diverging_scale_means_what_it_says() {
    assert_eq!(colors::diverging(0.0, 1.0), colors::WHITE);
    assert_eq!(colors::diverging(0.0, 0.0), colors::WHITE);
    assert_eq!(colors::diverging(1.0, 1.0), colors::POSITIVE);
    assert_eq!(colors::diverging(-1.0, 1.0), colors::NEGATIVE);
    assert_eq!(colors::diverging(5.0, 1.0), colors::POSITIVE);
    let (red, blue) = (colors::POSITIVE, colors::NEGATIVE);
    assert!(red.0 > red.2 && blue.2 > blue.0, "positive is red, negative blue");
    for step in -20..=20i32 {
        let color = colors::diverging(f64::from(step) / 20.0, 1.0);
        assert!(color.contrast(color.text()) >= 4.5, "text on step {step} cannot be read");
        if step != 0 {
            // Darker the further from zero, so that the scale also works in grey.
            let toward_zero = colors::diverging(f64::from(step - step.signum()) / 20.0, 1.0);
            assert!(color.contrast(colors::WHITE) > toward_zero.contrast(colors::WHITE));
        }
    }
    let sure = colors::sequential(1.0);
    assert!(sure.contrast(colors::WHITE) > 4.5 && colors::sequential(0.0).contrast(colors::WHITE) < 1.2);
}

/// The sides of a scatter plot have the colours of signed scores, whichever side comes first, and every point that stands
/// alone gets its label, also the last of thousands.
#[test]
fn scatter_sides_and_labels_of_many_points() -> Result<()> {
    let n = 3_000;
    let y: Vec<f64> = (0..n).map(|i| if i == n - 1 { 50.0 } else { -((i % 60) as f64) }).collect();
    let x: Vec<f64> = (0..n).map(|i| (i / 60) as f64).collect();
    let labels: Vec<String> = (0..n).map(|i| format!("p{i}")).collect();
    let figure = plot::Scatter::new("", &x, &y).labels(&labels).sides(&y, "up", "down", "level").draw()?;
    assert!(figure.description().contains("(up 1, down 2949, level 50)"), "{}", figure.description());
    let vega = figure.vega().unwrap().to_string();
    assert!(vega.contains("\"text\":\"p2999\""), "the point that stands alone has no label");
    let range = vega.find("\"range\":[").map(|at| vega[at..at + 40].to_owned()).unwrap();
    assert!(range.starts_with("\"range\":[\"#b2182b\",\"#2166ac\""), "{range}");
    Ok(())
}
