//! Maps of points: what they state and hold, that they refuse bad input, that no text leaves its place, their size.
//!
//! That labels stay apart is tested beside their placement. How search, legend and zoom behave is for a browser.

use figures::display::Figure;
use figures::plot;
use ground::Result;
use polars::prelude::df;
use serde_json::{Value, from_str};

const NASTY: [&str; 8] = [
    "<script>alert(1)</script>",
    "a, \"quoted\", label",
    "back\\slash \\u0041 \\n",
    ".*+?^${}()|[]",
    "line\nbreak\r\n\u{2028}end",
    "日本語 😀",
    "null",
    "",
];

/// The rows of comma-separated values, read as RFC 4180 says.
fn rows(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut inside) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = csv.chars().chain(['\n']).peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if inside && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => inside = !inside,
            ',' if !inside => row.push(std::mem::take(&mut field)),
            '\n' if !inside => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
    }
    rows
}

/// The values of a column of a figure's data.
fn column(figure: &Figure, name: &str) -> Vec<String> {
    let rows = rows(figure.vega().unwrap()["data"]["values"].as_str().unwrap());
    let at = rows[0].iter().position(|found| found == name).unwrap_or_else(|| panic!("no column {name}"));
    rows[1..].iter().map(|row| row[at].clone()).collect()
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

fn message(figure: Result<Figure>) -> String {
    figure.err().map_or_else(|| "no error".to_owned(), |error| error.to_string())
}

fn spread(count: usize) -> (Vec<f64>, Vec<f64>, Vec<String>) {
    let x = (0..count).map(|k| (k as f64 * 0.754_877_666) % 1.0 * 80.0 - 31.0).collect();
    let y = (0..count).map(|k| (k as f64 * 0.569_840_29) % 1.0 * 60.0 - 30.0).collect();
    (x, y, (0..count).map(|k| format!("word{k}")).collect())
}

#[test]
fn every_point_keeps_its_place_label_and_class() -> Result<()> {
    let (x, y, labels) = spread(500);
    let classes: Vec<&str> = (0..500).map(|k| ["b", "a", "c"][k % 3]).collect();
    let figure = plot::PointMap::new("T", &x, &y, &labels).classes(&classes).texts(&labels).draw()?;
    let (found, at) = (column(&figure, "l"), [column(&figure, "x"), column(&figure, "y"), column(&figure, "c")]);
    assert_eq!(found.len(), 500);
    assert_eq!(column(&figure, "t"), found);
    for (row, label) in found.iter().enumerate() {
        let k: usize = label["word".len()..].parse().unwrap();
        let number = |axis: usize| at[axis][row].parse::<f64>().unwrap();
        assert!((number(0) - x[k]).abs() < 0.008 && (number(1) - y[k]).abs() < 0.006, "{label}");
        // In the order in which the classes first appear, from 1.
        assert_eq!(number(2), (k % 3 + 1) as f64, "{label}");
    }
    assert!(figure.description().starts_with("Map of points: T; 500 points (b 167, a 167, c 166);"));
    let mimes: Vec<&str> = figure.bundle().iter().map(|part| part.0).collect();
    assert_eq!(mimes, ["application/vnd.vegalite.v5+json", "image/png", "text/plain"]);
    Ok(())
}

#[test]
fn neighbours_of_one_class_are_counted() -> Result<()> {
    let share = |classes: &[&str]| -> Result<String> {
        let figure = plot::PointMap::new("", &[0.0, 0.1, 5.0, 5.1], &[0.0; 4], &["a", "b", "c", "d"]);
        Ok(figure.classes(&classes.to_vec()).draw()?.description().to_owned())
    };
    assert!(share(&["u", "u", "v", "v"])?.contains("for 100% of the points"));
    assert!(share(&["u", "v", "u", "v"])?.contains("for 0% of the points"));
    assert!(share(&["u", "u", "v", "u"])?.contains("for 50% of the points"));
    Ok(())
}

#[test]
fn a_unit_is_as_long_on_both_axes() -> Result<()> {
    for (wide, high) in [(80.0, 60.0), (1.0, 50.0), (300.0, 2.0), (1e-8, 3e-8)] {
        let figure = plot::map("", &[0.0, wide], &[0.0, high], &["a", "b"])?;
        let vega = figure.vega().unwrap();
        let unit = |axis: &str, size: &str| {
            let domain = &vega["layer"][0]["encoding"][axis]["scale"]["domain"];
            let (low, high) = (domain[0].as_f64().unwrap(), domain[1].as_f64().unwrap());
            (low, high, (high - low) / vega[size].as_f64().unwrap())
        };
        let (x, y) = (unit("x", "width"), unit("y", "height"));
        assert!((x.2 / y.2 - 1.0).abs() < 0.01, "{wide} × {high}: {} {}", x.2, y.2);
        assert!(x.0 < 0.0 && x.1 > wide && y.0 < 0.0 && y.1 > high);
    }
    Ok(())
}

#[test]
fn ten_thousand_points_stay_small() -> Result<()> {
    let (x, y, labels) = spread(10_000);
    let classes: Vec<String> = (0..10_000).map(|k| format!("class {}", k % 10)).collect();
    let figure = plot::PointMap::new("Many", &x, &y, &labels).classes(&classes).draw()?;
    let chart = &figure.bundle()[0].1;
    assert!(chart.len() < 400_000, "{} bytes", chart.len());
    assert!(figure.png().unwrap().len() < 600_000);
    assert_eq!(sorted(column(&figure, "l")), sorted(labels.clone()));
    // Labels are once in the chart, and few are written at first.
    assert_eq!(chart.matches("word777,").count() + chart.matches("word777\\n").count(), 1);
    let written = column(&figure, "z").iter().filter(|level| *level == "0").count();
    assert!((20..=150).contains(&written), "{written}");
    Ok(())
}

#[test]
fn texts_stay_texts() -> Result<()> {
    let x: Vec<f64> = (0..8).map(f64::from).collect();
    let figure = plot::PointMap::new(NASTY[0], &x, &x, &NASTY).classes(&NASTY).texts(&NASTY).x(NASTY[1]).draw()?;
    let vega: Value = from_str(&figure.bundle()[0].1)?;
    let expected = sorted(NASTY.iter().map(|text| figures::display::one_line(text)).collect());
    assert_eq!(sorted(column(&figure, "l")), expected);
    assert_eq!(sorted(column(&figure, "t")), expected);
    // Expressions hold no text of the data but the names of classes, as strings.
    let mut shown = vega.clone();
    shown["data"] = Value::Null;
    shown["description"] = Value::Null;
    shown["title"] = Value::Null;
    let expressions = shown["layer"].to_string() + &shown["params"].to_string();
    assert_eq!(expressions.matches("<script>").count(), expressions.matches("datum.value - 1").count());
    assert!(!figure.page().contains("<script>alert"));
    Ok(())
}

/// The search compares texts: nothing that is typed becomes an expression or a pattern.
#[test]
fn the_search_is_no_pattern() -> Result<()> {
    let figure = plot::map("", &[0.0, 1.0], &[0.0, 1.0], &["a", "b"])?;
    let vega = figure.vega().unwrap();
    let test = vega["layer"][0]["encoding"]["opacity"]["condition"]["test"].as_str().unwrap();
    assert!(test.starts_with("indexof(datum.h, words[0]) >= 0") && !test.contains("regexp") && !test.contains("test("));
    assert!(vega["transform"][0]["calculate"].as_str().unwrap().starts_with("lower(datum.l"));
    Ok(())
}

#[test]
fn a_search_does_not_care_for_missing_texts() -> Result<()> {
    let figure =
        plot::PointMap::new("", &[0, 1], &[0, 1], &["a", "b"]).texts(&["", "long ".repeat(300).as_str()]).draw()?;
    let texts = sorted(column(&figure, "t"));
    assert_eq!(texts[0], "");
    assert!(texts[1].chars().count() == 600 && texts[1].ends_with('…'));
    Ok(())
}

#[test]
fn what_is_asked_for_is_shown() -> Result<()> {
    let (x, y, labels) = spread(2_000);
    let figure = plot::PointMap::new("", &x, &y, &labels).show(&["word3", "word1999"]).draw()?;
    let (labels, levels) = (column(&figure, "l"), column(&figure, "z"));
    let written: Vec<&String> =
        labels.iter().zip(&levels).filter(|(_, z)| !z.is_empty()).map(|(label, _)| label).collect();
    assert!(written.len() == 2 && written.iter().all(|label| *label == "word3" || *label == "word1999"), "{written:?}");
    let none =
        plot::PointMap::new("", &x, &y, &(0..2000).map(|k| format!("w{k}")).collect::<Vec<_>>()).show(&[]).draw()?;
    assert!(!none.vega().unwrap()["data"]["values"].as_str().unwrap().starts_with("x,y,z"));
    Ok(())
}

#[test]
fn values_choose_their_scale() -> Result<()> {
    let range = |values: &[f64]| -> Result<Value> {
        let map = plot::PointMap::new("", &[0, 1, 2], &[0, 1, 2], &["a", "b", "c"]).values(&values, "score (unit)");
        Ok(map.draw()?.vega().unwrap()["layer"][0]["encoding"]["color"]["scale"].clone())
    };
    let signed = range(&[-1.0, 0.5, 2.0])?;
    assert_eq!(signed["range"][0], "#2166ac");
    assert_eq!(signed["range"][2], "#ffffff");
    assert_eq!(signed["range"][4], "#b2182b");
    assert_eq!(signed["domain"][0].as_f64(), Some(-2.0));
    assert_eq!(range(&[0.0, 0.5, 1.0])?["range"][4], "#00574b");
    Ok(())
}

#[test]
fn extreme_coordinates_can_be_drawn() -> Result<()> {
    for x in [[0.0, 0.0], [1e12, -1e12], [1e-300, -1e-300], [5e9, 5e9], [1e300, -1e300]] {
        let figure = plot::map("", &x, &x, &["a", "b"])?;
        for (found, expected) in column(&figure, "x").iter().zip(x) {
            let found: f64 = found.parse().unwrap();
            assert!((found - expected).abs() <= 1e-3 * expected.abs().max(1e-290), "{found} {expected}");
        }
    }
    plot::map("", &[1.0], &[1.0], &["alone"])?;
    Ok(())
}

#[test]
fn bad_input_is_named() {
    let (a, ab, none): (_, _, [&str; 0]) = (["a"], ["a", "b"], []);
    let empty: [f64; 0] = [];
    let eleven: Vec<String> = (0..11).map(|k| k.to_string()).collect();
    let eleven_x: Vec<f64> = (0..11).map(f64::from).collect();
    let map = |x: &[f64]| plot::PointMap::new("", &x, &x, &ab);
    let (two, far) = ([0.0, 1.0], vec![0.0; 50_001]);
    let names = vec!["x"; 50_001];
    let cases = [
        (plot::map("", &[1.0, 2.0], &[1.0], &ab), "2 x but 1 y"),
        (plot::map("", &[1.0], &[1.0], &ab), "1 points but 2 labels"),
        (plot::map("", &[f64::NAN], &[1.0], &a), "number 0 of x is NaN"),
        (plot::map("", &[1.0], &[f64::INFINITY], &a), "number 0 of y is inf"),
        (plot::map("", &empty, &empty, &none), "x is empty"),
        (plot::map("", &far, &far, &names), "50001 points are too many"),
        (map(&two).classes(&a).draw(), "2 points but 1 classes"),
        (map(&two).texts(&a).draw(), "2 points but 1 texts"),
        (map(&two).values(&[1.0], "v").draw(), "2 points but 1 values"),
        (map(&two).values(&[1.0, f64::NAN], "v").draw(), "number 1 of the values is NaN"),
        (map(&two).values(&two, "v").classes(&ab).draw(), "classes or values, not both"),
        (map(&two).show(&["c"]).draw(), "no point has the label “c”"),
        (plot::PointMap::new("", &eleven_x, &eleven_x, &eleven).classes(&eleven).draw(), "more than 10 classes"),
    ];
    for (figure, expected) in cases {
        let found = message(figure);
        assert!(found.contains(expected), "expected “{expected}”, found “{found}”");
    }
}

/// The point farthest to the right on the page, turned by an angle that its coordinates give.
#[test]
fn a_map_in_three_dimensions_turns() -> Result<()> {
    let at = [0.0, 0.0, 0.0, 10.0, -10.0];
    let (y, z) = ([0.0, 8.0, -8.0, 0.0, 0.0], [6.0, 0.0, 0.0, 0.0, -6.0]);
    let labels = ["a", "b", "c", "d", "e"];
    let figure = plot::map3("T", &at, &y, &z, &labels)?;
    let vega = figure.vega().unwrap();
    assert_eq!(figure.description(), "Map of points in three dimensions: T; 5 points.");
    // The expressions are those of a turn about the third axis, then of a tilt: orthonormal, so that no distance grows.
    let read = |name: &str| -> String {
        let all = vega["transform"].as_array().unwrap();
        all.iter().find(|one| one["as"] == name).unwrap()["calculate"].as_str().unwrap().to_owned()
    };
    assert_eq!(read("p"), "datum.x * cos(az) - datum.y * sin(az)");
    assert_eq!(read("r"), "datum.q * cos(el) + datum.w * sin(el)");
    assert_eq!(read("d"), "datum.q * sin(el) - datum.w * cos(el)");
    let x: Vec<f64> = column(&figure, "x").iter().map(|x| x.parse().unwrap()).collect();
    assert!(x.contains(&10.0) && x.contains(&-10.0), "{x:?}");
    let high = vega["layer"][2]["encoding"]["x"]["scale"]["domain"][1].as_f64().unwrap();
    assert!(high > (10.0f64.powi(2) + 6.0f64.powi(2)).sqrt(), "no point leaves the chart however it is turned");
    assert!(vega["params"].as_array().unwrap().iter().filter(|param| param["bind"]["input"] == "range").count() == 2);
    assert!(message(plot::map3("", &at, &y, &[1.0], &labels)).contains("5 x but 1 z"));
    assert!(
        message(plot::map3("", &at, &y, &[0.0, 0.0, 0.0, 0.0, f64::NAN], &labels)).contains("number 4 of z is NaN")
    );
    plot::map3("", &[1.0], &[1.0], &[1.0], &["alone"])?;
    Ok(())
}

#[test]
fn groups_of_a_heat_map_are_named_and_measured() -> Result<()> {
    let values = [[1.0, 0.8, 0.1], [0.8, 1.0, -0.3], [0.1, -0.3, 1.0]];
    let names = ["a", "b", "c"];
    let map = || plot::Heatmap::new("", &names, &names, &values);
    let figure = map().groups(&["<b>g</b>", "<b>g</b>", "h"]).bare().draw()?;
    let text = figure.description();
    // One pair has its group in common: 0.8; the others are 0.1 and −0.3.
    assert!(text.contains("2 groups, mean within them 0.8, between them -0.1, without the diagonal"), "{text}");
    let cells = rows(figure.vega().unwrap()["data"]["values"].as_str().unwrap());
    assert_eq!(cells.len(), 10);
    for cell in &cells[1..] {
        let [row, column] = [0, 1].map(|at| cell[at].parse::<usize>().unwrap());
        assert_eq!(cell[2].parse::<f64>().unwrap(), values[row][column]);
    }
    for (figure, expected) in [
        (map().groups(&["g", "h", "g"]).draw(), "“g” begins a second time at row 2"),
        (map().groups(&["g", "h"]).draw(), "3 rows but 2 groups"),
    ] {
        let found = message(figure);
        assert!(found.contains(expected), "{found}");
    }
    let large: Vec<Vec<f64>> =
        (0..400).map(|row| (0..400).map(|column| f64::from(row * column % 7)).collect()).collect();
    let many: Vec<String> = (0..400).map(|k| format!("text {k}")).collect();
    let large = plot::Heatmap::new("", &many, &many, &large);
    assert!(message(large.clone().draw()).contains(".unnamed()"));
    let figure = large.unnamed().draw()?;
    assert!(figure.vega().is_none() && figure.png().unwrap().len() < 400_000);
    Ok(())
}

#[test]
fn tables_stand_side_by_side() -> Result<()> {
    let frame = |word: &str| df!("word" => [word, "<b>"], "cosine" => [0.123456, 0.5]);
    let figure = figures::display::side_by_side(&["<i>one</i>"], &[frame("x")?, frame("y")?]);
    let html = figure.html().unwrap();
    assert_eq!(html.matches("<table").count(), 2);
    assert_eq!(html.matches("0.123<").count(), 2);
    assert!(html.contains("&lt;i&gt;one&lt;/i&gt;") && !html.contains("<i>") && !html.contains("<b>"));
    assert_eq!(html.matches("<div").count(), html.matches("</div>").count());
    let text = figure.description();
    assert!(text.starts_with("<i>one</i>\nword  cosine\n") && text.contains("\n\nword  cosine\n"), "{text}");
    assert_eq!(figures::display::side_by_side(&[], &[]).description(), "no tables");
    Ok(())
}
