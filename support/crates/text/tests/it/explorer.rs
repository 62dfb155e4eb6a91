//! The explorer: what the page holds, that no text becomes markup or leaves its place, the chart, bad input.
//!
//! How the page behaves in a browser is tested with a browser. That labels stay apart is tested beside their placement.

use std::collections::BTreeSet;

use ground::Error;
use ground::Result;
use polars::prelude::df;
use serde_json::{Value, from_str};
use sources::data::Dataset;
use text::Explorer;
use text::{Contrast, ContrastOptions, words};

/// Texts that would break a page which did not treat them as text.
const NASTY: [&str; 8] = [
    "the tram <img src=x onerror=\"document.title='pwned'\"> is late",
    "</script><script>document.title='pwned'</script> the idea",
    "<!-- <script> the comment -->",
    "{{style}} {{data}} the mark",
    "line one\nline two\r\n\u{2028}the end\u{2029}",
    "😀 the family 👩‍👩‍👧 &amp; \"quotes\" 'n' \\u003c back\\slash",
    "שלום עולם the מרחב",
    "日本語 the हिन्दी में मत",
];

fn dataset(classes: &[&str], rows: &[(String, u32)]) -> Result<Dataset> {
    let count = rows.len();
    let (texts, labels): (Vec<&str>, Vec<u32>) = rows.iter().map(|(text, label)| (text.as_str(), *label)).unzip();
    let ids: Vec<String> = (0..count).map(|row| format!("row-{row}")).collect();
    let frame = df!(
        "id" => ids, "text" => texts, "label" => labels, "split" => vec!["train"; count],
        "source" => vec!["file"; count], "rationale" => vec![""; count]
    )?;
    Ok(Dataset { name: "made up".to_owned(), classes: classes.iter().map(|&class| class.to_owned()).collect(), frame })
}

/// 400 texts of two classes that prefer different words, and the nasty ones in both.
fn two_classes() -> Result<(Dataset, Contrast)> {
    let vocabulary: Vec<String> = (0..120).map(|k| format!("word{k}")).collect();
    let mut state = 7u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut rows: Vec<(String, u32)> = Vec::new();
    for row in 0..400u32 {
        let label = row % 2;
        let text: Vec<&str> = (0..12)
            .map(|_| {
                let at = draw(120) * draw(120) / 120;
                vocabulary[if label == 1 { at } else { 119 - at }].as_str()
            })
            .collect();
        rows.push((text.join(" "), label));
    }
    for k in 0..4 * NASTY.len() {
        rows.push((NASTY[k % NASTY.len()].to_owned(), (k / NASTY.len() % 2) as u32));
    }
    let dataset = dataset(&["constructive", "hostile"], &rows)?;
    let contrast = ContrastOptions::new().min_texts(2).fit(&dataset, "hostile")?;
    Ok((dataset, contrast))
}

/// The page without its data, and the data.
fn parts(page: &str) -> Result<(String, Value)> {
    let (before, rest) = page.split_once("id=\"data\">").ok_or_else(|| Error::new("no data in the page"))?;
    let (json, after) = rest.split_once("</script>").ok_or_else(|| Error::new("the data does not end"))?;
    Ok((format!("{before}id=\"data\"></script>{after}"), from_str(json)?))
}

/// The rows of a term as the page reads them: differences of five bits to a character.
fn rows(packed: &str) -> Vec<u64> {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut out, mut value, mut shift, mut last) = (Vec::new(), 0, 0, 0);
    for digit in packed.chars() {
        let digit = digits.find(digit).unwrap_or(0) as u64;
        value |= (digit % 32) << shift;
        shift += 5;
        if digit < 32 {
            last += value;
            out.push(last);
            (value, shift) = (0, 0);
        }
    }
    out
}

fn numbers(value: &Value) -> Vec<i64> {
    value.as_array().into_iter().flatten().filter_map(Value::as_i64).collect()
}

#[test]
fn the_page_loads_nothing_and_inserts_only_text() -> Result<()> {
    let (dataset, contrast) = two_classes()?;
    let page = text::explorer(&dataset, &contrast)?.page();
    let (markup, _) = parts(&page)?;
    for bad in [
        "http:",
        "https:",
        "src=",
        "href",
        "@import",
        "url(",
        "fetch(",
        "XMLHttpRequest",
        "import(",
        "WebSocket",
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "{{",
        "}}",
    ] {
        assert!(!markup.contains(bad), "“{bad}” in the page");
    }
    assert!(markup.starts_with("<!doctype html>") && markup.contains("default-src 'none'"));
    assert_eq!(page.matches("</script>").count(), 2, "one block of data, one of code");
    for hook in ["plot", "search", "suggestions", "documents", "score", "list-a", "list-b", "list-frequent", "status"] {
        assert_eq!(markup.matches(&format!(" id=\"{hook}\"")).count(), 1, "#{hook}");
    }
    Ok(())
}

#[test]
fn titles_and_class_names_are_text() -> Result<()> {
    let nasty = "</title><script>alert(1)</script> & \"q\" {{data}}";
    let texts: Vec<(String, u32)> = (0..20).map(|k| ("the idea".to_owned(), k % 2)).collect();
    let dataset = dataset(&[nasty, "<b>b</b>"], &texts)?;
    let contrast = text::contrast(&dataset, nasty)?;
    let figure = Explorer::new(&dataset, &contrast).title(nasty).draw()?;
    let (markup, data) = parts(&figure.page())?;
    assert!(!markup.contains("<script>alert") && markup.contains("&lt;/title&gt;&lt;script&gt;"), "{markup}");
    assert!(data["a"] == nasty && data["b"] == "<b>b</b>" && data["title"] == nasty);
    Ok(())
}

#[test]
fn the_page_holds_every_term_with_its_texts() -> Result<()> {
    let (dataset, contrast) = two_classes()?;
    let figure = text::explorer(&dataset, &contrast)?;
    let (_, data) = parts(&figure.page())?;
    let texts: Vec<String> =
        data["texts"].as_array().into_iter().flatten().map(|t| t.as_str().unwrap_or("").into()).collect();
    assert_eq!(texts, dataset.texts()?, "texts arrive as they are");
    let hostile: Vec<bool> = dataset.labels()?.iter().map(|&label| label == 1).collect();
    let sides: Vec<bool> = data["sides"].as_str().unwrap_or_default().chars().map(|side| side == 'a').collect();
    assert_eq!(sides, hostile);
    let terms: Vec<&str> = data["terms"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert_eq!(terms, contrast.terms);
    assert!(terms.len() > 800, "{} terms", terms.len());

    // Each text as its words in small letters, so that a term can be looked for without the code under test.
    let spaced = |text: &String| {
        let words: Vec<String> = words(text).into_iter().map(|word| word.text.to_lowercase()).collect();
        format!(" {} ", words.join(" "))
    };
    let spaced: Vec<String> = texts.iter().map(spaced).collect();
    for (at, term) in terms.iter().enumerate() {
        let wanted: Vec<u64> =
            (0..texts.len()).filter(|&row| spaced[row].contains(&format!(" {term} "))).map(|row| row as u64).collect();
        assert_eq!(rows(data["rows"][at].as_str().unwrap_or_default()), wanted, "{term}");
    }
    assert_eq!(numbers(&data["countsA"]), contrast.counts_a.iter().map(|&n| i64::from(n)).collect::<Vec<_>>());
    assert_eq!(numbers(&data["textsB"]), contrast.documents_b.iter().map(|&n| i64::from(n)).collect::<Vec<_>>());
    // x is the frequency in the other class, y that in the class that was asked for.
    for (axis, ranks) in [("x", contrast.dense_ranks_b()), ("y", contrast.dense_ranks_a())] {
        let expected: Vec<i64> = ranks.iter().map(|rank| (rank * 1e4).round() as i64).collect();
        assert_eq!(numbers(&data[axis]), expected, "{axis}");
    }
    let scores: Vec<i64> = contrast.scaled_f_scores().iter().map(|score| (score * 1e4).round() as i64).collect();
    assert_eq!(numbers(&data["f"]), scores);
    Ok(())
}

#[test]
fn the_chart_is_small_and_agrees_with_the_contrast() -> Result<()> {
    let (dataset, contrast) = two_classes()?;
    let figure = text::explorer(&dataset, &contrast)?;
    let mimes: Vec<&str> = figure.bundle().iter().map(|part| part.0).collect();
    assert_eq!(mimes, ["application/vnd.vegalite.v5+json", "image/png", "text/plain"]);
    let vega = figure.vega().cloned().unwrap_or_default();
    let size = vega.to_string().len();
    assert!(size < 300_000, "{size} bytes");
    let points = vega["datasets"]["points"].as_array().cloned().unwrap_or_default();
    let counts = |point: &Value| (point["a"].as_u64().unwrap_or(0) as u32, point["b"].as_u64().unwrap_or(0) as u32);
    let distinct: BTreeSet<(u32, u32)> =
        contrast.counts_a.iter().copied().zip(contrast.counts_b.iter().copied()).collect();
    assert_eq!(points.iter().map(counts).collect::<BTreeSet<_>>(), distinct, "a point per pair of counts");
    assert_eq!(points.len(), distinct.len());
    // More often in the class: higher, that is, fewer pixels from the top. More often in the other: further right.
    for point in &points {
        for other in &points {
            let place = |point: &Value, axis: &str| point[axis].as_f64().unwrap_or(f64::NAN);
            assert!(counts(point).0 <= counts(other).0 || place(point, "y") < place(other, "y"));
            assert!(counts(point).1 <= counts(other).1 || place(point, "x") > place(other, "x"));
        }
    }
    let scores = contrast.scaled_f_scores();
    let largest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let line = figure.description();
    let named = line.split("F-score, hostile: ").nth(1).and_then(|rest| rest.split(" +").next()).unwrap_or_default();
    let score = contrast.position(named).map(|at| scores[at]);
    assert!(line.lines().count() == 1 && score == Some(largest), "“{named}” {score:?} of {largest} in {line}");
    assert!(figure.png().is_some_and(|png| png.len() < 150_000));
    assert_eq!(vega["params"][0]["bind"]["input"], "text");
    Ok(())
}

#[test]
fn the_same_texts_give_the_same_bytes() -> Result<()> {
    let (dataset, contrast) = two_classes()?;
    let (first, second) = (text::explorer(&dataset, &contrast)?, text::explorer(&dataset, &contrast)?);
    assert!(first.page() == second.page() && first.bundle() == second.bundle());
    Ok(())
}

#[test]
fn limits_are_kept_and_said() -> Result<()> {
    let (dataset, contrast) = two_classes()?;
    let figure = Explorer::new(&dataset, &contrast).most_terms(90).most_texts(50).draw()?;
    let (_, data) = parts(&figure.page())?;
    let length = |key: &str| data[key].as_array().map(Vec::len);
    assert_eq!((length("terms"), length("rows"), length("texts")), (Some(90), Some(90), Some(50)));
    assert!(rows(data["rows"][0].as_str().unwrap_or_default()).iter().all(|&row| row < 50));
    let note = data["note"].as_str().unwrap_or_default();
    assert!(
        note.contains("This page holds 90 of ") && note.contains(&format!("50 of {} texts", dataset.len())),
        "{note}"
    );
    // Counts are still those of all texts.
    assert_eq!(data["totalTexts"], serde_json::json!([contrast.texts_a, contrast.texts_b]));
    Ok(())
}

#[test]
fn more_than_two_classes_are_named_above_the_texts() -> Result<()> {
    let rows: Vec<(String, u32)> = (0..30).map(|k| ("the same words".to_owned(), k % 3)).collect();
    let dataset = dataset(&["x", "y", "z"], &rows)?;
    let contrast = text::contrast(&dataset, "y")?;
    let (_, data) = parts(&text::explorer(&dataset, &contrast)?.page())?;
    assert_eq!(
        (data["about"][0].as_str(), data["about"][1].as_str(), data["b"].as_str()),
        (Some("x"), Some("y"), Some("not y"))
    );
    let ids: Vec<String> = (0..30).map(|k| format!("<i>{k}")).collect();
    let (_, data) = parts(&Explorer::new(&dataset, &contrast).about(&ids).draw()?.page())?;
    assert_eq!(data["about"][4], "y · <i>4");
    Ok(())
}

#[test]
fn bad_input_is_an_error_that_says_what_to_do() -> Result<()> {
    let (made, contrast) = two_classes()?;
    let same =
        |text: &str, count: u32| -> Vec<(String, u32)> { (0..count).map(|k| (text.to_owned(), k % 2)).collect() };
    let other = dataset(&["negative", "positive"], &same("good flight", 20))?;
    let fewer = dataset(&["constructive", "hostile"], &same("the tram", 20))?;
    let (half_a, half_b) = (contrast.texts_a as u32, contrast.texts_b as u32);
    assert_eq!(half_a, half_b);
    let changed = dataset(&["constructive", "hostile"], &same("other words", half_a + half_b))?;
    let mut empty = contrast.clone();
    empty.terms.clear();
    let none = dataset(&["constructive", "hostile"], &[])?;
    let cases = [
        (
            text::explorer(&other, &contrast),
            "has the classes negative, positive; make the contrast from the same data set",
        ),
        (text::explorer(&fewer, &contrast), "has 10 and 10; make the contrast from the same data set"),
        (text::explorer(&none, &contrast), "has 0 and 0"),
        (text::explorer(&changed, &contrast), "the data set holds 0 and 0"),
        (text::explorer(&made, &empty), "has no terms"),
        (Explorer::new(&made, &contrast).most_terms(0).draw(), "a limit of 0"),
        (Explorer::new(&made, &contrast).most_texts(0).draw(), "a limit of 0"),
        (Explorer::new(&made, &contrast).about(&["one"]).draw(), "432 texts but 1 lines about them"),
    ];
    for (figure, expected) in cases {
        let found = figure.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(found.contains(expected), "expected “{expected}”, found “{found}”");
    }
    Ok(())
}

#[test]
fn a_saved_page_is_the_page() -> Result<()> {
    let (dataset, contrast) = two_classes()?;
    let figure = text::explorer(&dataset, &contrast)?;
    let path = std::env::temp_dir().join(format!("explorer-{}.html", std::process::id()));
    figure.save(&path.to_string_lossy())?;
    let saved = std::fs::read_to_string(&path)?;
    std::fs::remove_file(&path)?;
    assert!(saved == figure.page() && saved.contains("word119"));
    Ok(())
}
