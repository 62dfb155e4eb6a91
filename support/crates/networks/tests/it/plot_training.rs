//! The figures of training and evaluation: heat maps, confusion matrix, curves, reliability. What they say must be what
//! they were given.

use candle_core::{Device, Tensor};
use figures::display::Figure;
use figures::plot;
use figures::plot::{Heatmap, colors};
use ground::Error;
use ground::Result;
use networks::train::{Epoch, History};
use serde_json::Value;

fn history(losses: &[f64], best_epoch: usize) -> History {
    let epoch = |(at, &loss): (usize, &f64)| Epoch {
        epoch: at + 1,
        train_loss: loss / 2.0,
        validation_loss: loss,
        accuracy: 1.0 - loss / 4.0,
        seconds: 1.5,
    };
    History { epochs: losses.iter().enumerate().map(epoch).collect(), best_epoch, stopped_early: false }
}

fn names(count: usize, prefix: &str) -> Vec<String> {
    (0..count).map(|at| format!("{prefix}{at}")).collect()
}

fn vega(figure: &Figure) -> Result<&Value> {
    figure.vega().ok_or_else(|| Error::new("no interactive chart"))
}

fn message(figure: Result<Figure>) -> String {
    figure.err().map(|error| error.to_string()).unwrap_or_else(|| "no error".to_owned())
}

/// Figures with awkward content: markup, line breaks, long and foreign names, one cell, many cells.
fn figures() -> Result<Vec<Figure>> {
    let odd =
        ["<b>bold</b>", "line\nbreak", "日本 😀", "a name that is so long that it cannot stand beside anything else"];
    let square: Vec<Vec<f64>> = (0..4).map(|i| (0..4).map(|j| f64::from(i - j) / 3.0).collect()).collect();
    let large: Vec<Vec<f64>> = (0..90).map(|i| (0..90).map(|j| f64::from(i * j % 17)).collect()).collect();
    let texts: Vec<Vec<String>> = (0..4).map(|_| odd.map(str::to_owned).to_vec()).collect();
    let classes = odd.map(str::to_owned);
    let rows = vec![vec![0.75, 0.25], vec![0.1, 0.9], vec![0.5, 0.5]];
    Ok(vec![
        plot::heatmap("odd <names>", &odd, &odd, &square, "score")?,
        Heatmap::new("texts", &odd, &odd, &square).x("key").y("query").unit("w").texts(&texts).draw()?,
        plot::heatmap("", &["r"], &["c"], &[[0.0]], "x")?,
        plot::heatmap("many", &names(90, "row"), &names(90, "column"), &large, "rest")?,
        plot::confusion("odd classes", &[0, 1, 2, 3, 3], &[0, 1, 2, 2, 3], &classes)?,
        history(&[0.7, 0.5, 0.6], 2).curves()?,
        history(&[0.7], 1).curves()?,
        plot::reliability("sure?", &[0, 1, 1], &rows)?,
    ])
}

#[test]
fn bundles_follow_the_contract() -> Result<()> {
    for (figure, again) in figures()?.iter().zip(figures()?) {
        let png = figure.png().ok_or_else(|| Error::new("no picture"))?;
        assert_eq!(u32::from_be_bytes([png[16], png[17], png[18], png[19]]), 1600);
        assert!(png.len() < 100_000, "{} bytes: {}", png.len(), figure.description());
        assert!(!figure.description().is_empty() && !figure.description().contains('\n'));
        assert!(figure.bundle() == again.bundle() && figure.png() == again.png(), "{}", figure.description());
        let kinds: Vec<&str> = figure.bundle().iter().map(|part| part.0).collect();
        assert!(kinds.contains(&"image/png") && kinds.last() == Some(&"text/plain") && !kinds.contains(&"text/html"));
    }
    Ok(())
}

#[test]
fn a_heat_map_shows_every_cell_in_its_colour() -> Result<()> {
    let values = [[0.5, -1.0, 0.0], [0.25, 1.0, -0.5]];
    let figure = plot::heatmap("Scores", &["a", "b"], &["x", "y", "z"], &values, "score")?;
    assert_eq!(
        figure.description(),
        "Heat map: Scores; score, 2 rows, 3 columns; highest 1 at (b, y), lowest -1 at (a, y)."
    );
    let chart = vega(&figure)?;
    let cells = chart["data"]["values"].as_array().cloned().unwrap_or_default();
    assert_eq!(cells.len(), 6);
    for cell in &cells {
        let (row, column) = (cell["row"].as_u64().unwrap_or(9) as usize, cell["column"].as_u64().unwrap_or(9) as usize);
        assert_eq!(cell["value"].as_f64(), Some(values[row][column]));
        let text = format!("{:.2}", values[row][column]).replace('-', "−");
        assert_eq!(cell["text"].as_str(), Some(text.as_str()));
        assert_eq!(cell["ink"], colors::diverging(values[row][column], 1.0).text().hex());
    }
    let scale = &chart["layer"][0]["encoding"]["color"]["scale"];
    assert_eq!(scale["domain"], serde_json::json!([-1.0, -0.5, 0.0, 0.5, 1.0]));
    assert_eq!(scale["range"][0], colors::NEGATIVE.hex());
    assert_eq!(scale["range"][2], colors::WHITE.hex());
    assert_eq!(scale["range"][4], colors::POSITIVE.hex());
    Ok(())
}

#[test]
fn scales_are_as_asked() -> Result<()> {
    let domain = |map: Heatmap| -> Result<(f64, f64)> {
        let figure = map.draw()?;
        let domain = vega(&figure)?["layer"][0]["encoding"]["color"]["scale"]["domain"].clone();
        Ok((domain[0].as_f64().unwrap_or(f64::NAN), domain[4].as_f64().unwrap_or(f64::NAN)))
    };
    let of = |values: [[f64; 2]; 1]| Heatmap::new("", &["r"], &["c", "d"], &values);
    assert_eq!(domain(of([[0.2, 0.8]]))?, (0.0, 0.8)); // near zero, so it begins there
    assert_eq!(domain(of([[0.7, 0.8]]))?, (0.7, 0.8));
    assert_eq!(domain(of([[0.7, 0.8]]).signed())?, (-0.8, 0.8));
    assert_eq!(domain(of([[-0.2, 0.8]]))?, (-0.8, 0.8)); // zero in the middle
    assert_eq!(domain(of([[0.2, 0.8]]).range(0.0, 1.0))?, (0.0, 1.0));
    assert_eq!(domain(of([[-0.2, 0.8]]).range(-3.0, 2.0))?, (-3.0, 3.0));
    assert_eq!(domain(of([[2.0, 2.0]]))?, (2.0, 3.0));
    assert_eq!(domain(of([[0.0, 0.0]]).signed())?, (-1.0, 1.0));
    Ok(())
}

#[test]
fn matrices_come_in_several_forms() -> Result<()> {
    let tensor = Tensor::new(&[[1f32, 2.0], [3.0, 4.0]], &Device::Cpu)?;
    let (a, b) = (["a", "b"], ["c", "d"]);
    let shown: Vec<String> = [
        plot::heatmap("", &a, &b, &tensor, "x")?,
        plot::heatmap("", &a, &b, &vec![vec![1f32, 2.0], vec![3.0, 4.0]], "x")?,
        plot::heatmap("", &a, &b, &vec![vec![1u32, 2], vec![3, 4]], "x")?,
        plot::heatmap("", &a, &b, &[[1.0, 2.0], [3.0, 4.0]], "x")?,
    ]
    .iter()
    .map(|figure| Ok(vega(figure)?.to_string()))
    .collect::<Result<_>>()?;
    assert!(shown.iter().all(|chart| *chart == shown[0]));
    Ok(())
}

/// Names reach the chart as data or as quoted strings only, never as something that is evaluated.
#[test]
fn names_cannot_become_code() -> Result<()> {
    let name = "\"]; alert(1); [\"";
    let chart = vega(&plot::heatmap("", &[name], &[name], &[[1.0]], "x")?)?.clone();
    let labels = chart["layer"][0]["encoding"]["x"]["axis"]["labelExpr"].as_str().unwrap_or_default().to_owned();
    let list = labels.strip_suffix("[datum.value]").unwrap_or_default();
    assert!(serde_json::from_str::<Vec<Vec<String>>>(list).is_ok(), "{labels}");
    Ok(())
}

#[test]
fn the_confusion_matrix_counts_and_shares() -> Result<()> {
    let classes = ["negative", "positive"].map(String::from);
    let (mut labels, mut predicted) = (vec![0; 40], vec![0; 30]);
    predicted.extend([1; 10]); // 10 of 40 negative taken for positive
    labels.extend([1; 10]);
    predicted.extend([1; 8]);
    predicted.extend([0; 2]); // 2 of 10 positive taken for negative
    let figure = plot::confusion("Test", &labels, &predicted, &classes)?;
    assert_eq!(
        figure.description(),
        "Confusion matrix: Test; 38 of 50 right; negative taken for positive 10, positive taken for negative 2."
    );
    let cells = vega(&figure)?["data"]["values"].as_array().cloned().unwrap_or_default();
    let of = |label: &str, guess: &str| -> (String, f64) {
        let found = cells.iter().find(|cell| cell["of"] == label && cell["by"] == guess);
        let cell = found.cloned().unwrap_or_default();
        (cell["text"].as_str().unwrap_or_default().to_owned(), cell["value"].as_f64().unwrap_or(f64::NAN))
    };
    assert_eq!(of("negative", "negative"), ("30\n75 %".to_owned(), 0.75));
    assert_eq!(of("negative", "positive"), ("10\n25 %".to_owned(), 0.25));
    assert_eq!(of("positive", "negative"), ("2\n20 %".to_owned(), 0.2));
    assert_eq!(of("positive", "positive"), ("8\n80 %".to_owned(), 0.8));

    let perfect = plot::confusion("", &[0, 0], &[0, 0], &classes)?;
    assert_eq!(perfect.description(), "Confusion matrix: 2 of 2 right; no mistakes.");
    Ok(())
}

#[test]
fn curves_mark_the_kept_epoch() -> Result<()> {
    let figure = history(&[0.8, 0.4, 0.6], 2).curves()?;
    assert_eq!(
        figure.description(),
        "Training curves: Training; 3 epochs; training loss 0.400 to 0.300, validation loss 0.800 to 0.600; \
         kept: epoch 2 with validation loss 0.400 and accuracy 0.900."
    );
    let chart = vega(&figure)?;
    let charts = chart["vconcat"].as_array().cloned().unwrap_or_default();
    assert_eq!(charts.len(), 2);
    assert_eq!(charts[0]["layer"][1]["data"]["values"].as_array().map(Vec::len), Some(6), "two lines of three points");
    assert_eq!(charts[1]["layer"][1]["data"]["values"].as_array().map(Vec::len), Some(3));
    for chart in &charts {
        assert_eq!(chart["layer"][0]["data"]["values"][0]["x"].as_f64(), Some(2.0));
        // There is no epoch 1.5.
        let ticks = chart["layer"][1]["encoding"]["x"]["axis"]["values"].clone();
        assert_eq!(ticks, serde_json::json!([1.0, 2.0, 3.0]));
    }
    let lines = plot::lines("", "epoch", "loss", &[("a", vec![(1.0, 0.5), (2.0, 0.4), (4.0, 0.1)])])?;
    let ticks = vega(&lines)?["layer"][0]["encoding"]["x"]["axis"]["values"].clone();
    assert_eq!(ticks, serde_json::json!([1.0, 2.0, 3.0, 4.0]));
    Ok(())
}

#[test]
fn the_reliability_diagram_shows_its_bins() -> Result<()> {
    let rows: Vec<Vec<f64>> = [0.95, 0.95, 0.95, 0.65].iter().map(|&p| vec![p, 1.0 - p]).collect();
    let figure = plot::reliability("", &[0, 0, 1, 1], &rows)?;
    // Three texts, 0.95 sure and 2/3 right; one 0.65 sure and wrong: (3 · 0.2833 + 0.65) / 4.
    assert_eq!(
        figure.description(),
        "Reliability diagram: expected calibration error 0.375; 0.65 sure, 0.00 right (1); 0.95 sure, 0.67 right (3)."
    );
    let bins = vega(&figure)?["vconcat"][1]["layer"][0]["data"]["values"].clone();
    assert_eq!(bins.as_array().map(Vec::len), Some(2), "empty bins are left out");
    assert_eq!((bins[1]["from"].as_f64(), bins[1]["texts"].as_f64()), (Some(0.9), Some(3.0)));
    Ok(())
}

#[test]
fn mistakes_are_said_in_words() -> Result<()> {
    let (a, ab) = (["a"], ["a", "b"]);
    let empty: Vec<Vec<f64>> = vec![];
    let none: [&str; 0] = [];
    let vector = Tensor::new(&[1f32, 2.0], &Device::Cpu)?;
    let many = names(201, "n");
    let tall: Vec<Vec<f64>> = vec![vec![0.0]; 201];
    let classes = names(21, "c");
    let two = names(2, "c");
    let cases = [
        (plot::heatmap("", &ab, &a, &[[1.0]], "x"), "2 names of rows but 1 rows of numbers"),
        (plot::heatmap("", &a, &ab, &[[1.0]], "x"), "row 0 has 1 numbers, but there are 2 columns"),
        (plot::heatmap("", &a, &a, &[[f64::NAN]], "x"), "number 0 of the cells is NaN"),
        (plot::heatmap("", &none, &none, &empty, "x"), "the cells is empty"),
        (plot::heatmap("", &a, &a, &vector, "x"), "give one of two dimensions"),
        (plot::heatmap("", &many, &a, &tall, "x"), "201 rows and 1 columns cannot be read"),
        (Heatmap::new("", &a, &a, &[[1.0]]).range(1.0, 1.0).draw(), "the range 1 to 1 is empty"),
        (Heatmap::new("", &a, &a, &[[1.0]]).texts(&[]).draw(), "give a text for each"),
        (plot::confusion("", &[0], &[0, 1], &two), "1 labels but 2 predictions"),
        (plot::confusion("", &[0], &[2], &two), "there is no class 2"),
        (plot::confusion("", &[], &[], &two), "no labels"),
        (plot::confusion("", &[0], &[0], &classes), "21 classes cannot be read"),
        (plot::reliability("", &[0], &[vec![2.0, -1.0]]), "apply softmax"),
        (history(&[], 0).curves(), "0 epochs"),
        (history(&[0.5], 2).curves(), "epoch 2 as the best"),
        (history(&[f64::NAN], 1).curves(), "epoch 1 has a loss or an accuracy that is not finite"),
    ];
    for (figure, expected) in cases {
        let found = message(figure);
        assert!(found.contains(expected), "expected “{expected}”, found “{found}”");
    }
    Ok(())
}
