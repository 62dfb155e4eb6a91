//! Word clouds: boxes apart and inside, sizes that follow the weights, nothing left out in silence.
//!
//! The look is for the eye: `cargo run -p support --example gallery`. That ink stays within its box is tested beside
//! the layout, which can read pixels.

use figures::display::Figure;
use figures::plot;
use figures::plot::{PlacedWord, WordCloud, colors};
use ground::Result;

/// The width of the words' area in page pixels.
const WIDTH: f64 = 780.0;

fn words(count: usize) -> Vec<String> {
    let stems = ["comment", "ox", "jpgqy", "über", "a", "disagreement", "ação", "it's", "Straße", "IIIIIIII"];
    (0..count).map(|k| format!("{}{k}", stems[k % stems.len()])).collect()
}

/// Weights that fall with the rank to this power; 0 makes all equal.
fn weights(count: usize, power: f64) -> Vec<f64> {
    (0..count).map(|k| 1000.0 / (1.0 + k as f64).powf(power)).collect()
}

fn assert_apart(placed: &[PlacedWord], height: f64) {
    for (at, word) in placed.iter().enumerate() {
        assert!(word.width > 0.0 && word.height > 0.0, "{word:?}");
        let inside = word.x >= 0.0
            && word.y >= 0.0
            && word.x + word.width <= WIDTH + 1e-9
            && word.y + word.height <= height + 1e-9;
        assert!(inside, "{word:?} leaves the picture");
        for other in &placed[at + 1..] {
            let apart = word.x + word.width <= other.x
                || other.x + other.width <= word.x
                || word.y + word.height <= other.y
                || other.y + other.height <= word.y;
            assert!(apart, "{word:?} and {other:?} overlap");
        }
    }
}

#[test]
fn no_two_words_overlap_and_all_are_inside() -> Result<()> {
    for (count, power) in [(1, 1.0), (2, 0.0), (30, 2.0), (100, 0.0), (150, 0.5), (150, 1.0)] {
        for vertical in [false, true] {
            let mut cloud = WordCloud::new("", &words(count), &weights(count, power));
            if vertical {
                cloud = cloud.vertical();
            }
            let placed = cloud.layout()?;
            assert_eq!(placed.len(), count, "power {power}");
            assert_eq!(placed.iter().filter(|word| word.vertical).count(), if vertical { count / 3 } else { 0 });
            assert_apart(&placed, 380.0);
        }
    }
    Ok(())
}

#[test]
fn the_area_of_letters_is_proportional_to_the_weight() -> Result<()> {
    let weights = [100.0f64, 50.0, 25.0, 81.0, 9.0, 100.0];
    let placed = WordCloud::new("", &words(6), &weights).layout()?;
    assert_eq!(placed.len(), 6);
    for word in &placed {
        let expected = placed[0].size * (weights[word.index] / 100.0).sqrt();
        assert!((word.size - expected).abs() <= 0.5, "{word:?}: expected {expected}, sizes come in halves of a pixel");
    }
    // The heaviest come first.
    let falling: Vec<f64> = placed.iter().map(|word| weights[word.index]).collect();
    assert!(falling.is_sorted_by(|a, b| a >= b), "{falling:?}");
    Ok(())
}

#[test]
fn the_same_words_give_the_same_picture() -> Result<()> {
    let make = || WordCloud::new("t", &words(80), &weights(80, 0.8)).vertical().draw();
    let (first, second) = (make()?, make()?);
    assert!(first.png() == second.png() && first.bundle() == second.bundle());
    // The order of the input does not matter: equal weights are sorted by word.
    let (mut turned, mut falling) = (words(80), weights(80, 0.8));
    turned.reverse();
    falling.reverse();
    assert!(WordCloud::new("t", &turned, &falling).vertical().draw()?.png() == first.png());
    Ok(())
}

#[test]
fn what_is_left_out_is_said() -> Result<()> {
    let figure = WordCloud::new("", &words(30), &weights(30, 0.5)).most(20).draw()?;
    assert!(figure.description().contains("the 20 heaviest, 10 words left out"), "{}", figure.description());
    let figure = plot::word_cloud("", &["a", "b", "c"], &[1, 0, 2])?;
    assert!(figure.description().contains("1 word of weight 0 left out"), "{}", figure.description());

    // More than fit at the smallest size: those placed and those counted are all words.
    let cloud = WordCloud::new("", &words(1500), &vec![1.0; 1500]).most(1500).height(200.0);
    let placed = cloud.layout()?;
    assert_apart(&placed, 200.0);
    assert!(placed.len() < 1500 && placed.iter().all(|word| word.size == 8.0));
    let said = format!("{} words found no room", 1_500 - placed.len());
    let description = cloud.draw()?.description().replace(',', "");
    assert!(description.contains(&said), "{said}: {description}");

    // Letters that would be too small are drawn at 8 pixels, and the note counts them.
    let cloud = WordCloud::new("", &words(4), &[1e6, 1e6, 1.0, 1e-300]);
    assert_eq!(cloud.layout()?.iter().filter(|word| word.size == 8.0).count(), 2);
    assert!(cloud.draw()?.description().contains("2 words would be too small"), "{}", cloud.draw()?.description());
    Ok(())
}

#[test]
fn awkward_words_are_drawn_and_mentioned() -> Result<()> {
    let long = "ä".repeat(60);
    let longer = "w".repeat(500);
    let odd = ["日本語", "🦀", "<script>", "line\nbreak", long.as_str(), longer.as_str(), "שלום"];
    let cloud = WordCloud::new("<b>", &odd, &[7, 6, 5, 4, 3, 2, 1]);
    let placed = cloud.layout()?;
    assert_apart(&placed, 380.0);
    assert_eq!(placed.len(), odd.len());
    let figure = cloud.draw()?;
    assert!(figure.description().contains("2 words with characters that the picture's font lacks"));
    let shown = |at: usize| placed.iter().find(|word| word.index == at).map(|word| word.word.chars().count());
    assert_eq!((shown(4), shown(5)), (Some(60), Some(60)), "60 letters are shown whole, 500 are cut");
    // Hovering shows the whole word.
    let vega = figure.vega().cloned().unwrap_or_default();
    let rows = vega["layer"][0]["data"]["values"].as_array().cloned().unwrap_or_default();
    assert!(rows.iter().any(|row| row["word"] == longer.as_str()) && rows.len() == odd.len());
    assert!(figure.page().contains("&lt;script&gt;") && !figure.page().contains("<script>"));
    Ok(())
}

#[test]
fn colours_follow_the_sign_and_the_group() -> Result<()> {
    let (names, sizes) = (["up", "down", "none"], [3, 2, 1]);
    let colour = |figure: &Figure, at: usize| {
        let vega = figure.vega().cloned().unwrap_or_default();
        vega["layer"][0]["data"]["values"][at]["color"].as_str().unwrap_or_default().to_owned()
    };
    let signed = WordCloud::new("", &names, &sizes).signed("z", &[4.0, -4.0, 0.0]).draw()?;
    assert_eq!(colour(&signed, 0), colors::POSITIVE.hex());
    assert_eq!(colour(&signed, 1), colors::NEGATIVE.hex());
    assert_eq!(colour(&signed, 2), colors::GREY.hex());
    let grouped = WordCloud::new("", &names, &sizes).groups(&["a", "b", "a"]).draw()?;
    assert!(colour(&grouped, 0) == colour(&grouped, 2) && colour(&grouped, 0) != colour(&grouped, 1));
    Ok(())
}

#[test]
fn bad_input_is_an_error_that_says_what_to_do() {
    let message = |figure: Result<Figure>| figure.err().map(|error| error.to_string()).unwrap_or_default();
    let none: [f64; 0] = [];
    let no_word: [&str; 0] = [];
    let one = |weight: f64| WordCloud::new("", &["a"], &[weight]);
    let nine: Vec<String> = words(9);
    let cases = [
        (plot::word_cloud("", &no_word, &none), "the weights is empty"),
        (plot::word_cloud("", &["a"], &[1, 2]), "1 words but 2 weights"),
        (one(f64::NAN).draw(), "NaN"),
        (one(f64::INFINITY).draw(), "inf"),
        (one(-1.0).draw(), "cannot be below 0"),
        (one(0.0).draw(), "all weights are 0"),
        (plot::word_cloud("", &["a", " "], &[2, 1]), "word 1 (“ ”) is blank"),
        (one(1.0).most(0).draw(), "at least 1"),
        (one(1.0).height(5.0).draw(), "100 to 2,000"),
        (one(1.0).height(f64::NAN).draw(), "100 to 2,000"),
        (one(1.0).signed("z", &[1.0, 2.0]).draw(), "1 words but 2 signed values"),
        (one(1.0).signed("z", &[f64::NAN]).draw(), "NaN"),
        (one(1.0).groups(&["a", "b"]).draw(), "1 words but 2 groups"),
        (WordCloud::new("", &nine, &vec![1; 9]).groups(&nine).draw(), "9 groups"),
    ];
    for (figure, expected) in cases {
        let found = message(figure);
        assert!(found.contains(expected), "expected “{expected}”, found “{found}”");
    }
}
