//! Figures of token scores: what they state, that they refuse bad input, that no text of a data set becomes markup.

use crate::names::Result;
use crate::names::plot::{colors, compare_attributions};
use crate::names::*;

fn attribution(tokens: &[&str], scores: &[f64]) -> Attribution {
    Attribution {
        target_name: "negative".into(),
        settings: "50 steps, Gauss–Legendre, baseline padding".into(),
        ..Attribution::new("integrated gradients", &tokens.to_vec(), scores, "logit", 1.5, -0.25)
    }
}

fn html(figure: &Figure) -> String {
    figure.html().unwrap_or_default().to_owned()
}

/// How often a background has this colour.
fn count(html: &str, color: colors::Rgb) -> usize {
    html.matches(&format!("background-color:{}", color.hex())).count()
}

#[test]
fn an_unknown_word_is_shown_beside_the_token_that_the_model_read() -> Result<()> {
    let mut shown = attribution(&["the", "<oov>", "remake", "<oov>"], &[0.0, 1.0, -0.5, 1.0]);
    shown.unknown = vec![None, Some("J & <b>".into()), None, Some("sweepstakes".into())];
    let strip = shown.heat_strip()?;
    assert!(html(&strip).contains("&lt;oov&gt; (sweepstakes)"));
    assert!(html(&strip).contains("&lt;oov&gt; (J &amp; &lt;b&gt;)"));
    assert_eq!(html(&strip).matches("1px dashed").count(), 2);
    assert!(html(&strip).contains("dashed: the token that the model reads for every word it does not know"));
    assert!(strip.description().contains("<oov> (sweepstakes) (+1.00)"));
    assert!(shown.bars()?.vega().is_some_and(|chart| chart.to_string().contains("<oov> (sweepstakes)")));
    let known = attribution(&["the", "<oov>"], &[0.0, 1.0]).heat_strip()?;
    assert!(!html(&known).contains("dashed"));
    Ok(())
}

#[test]
fn repeated_words_stay_apart() -> Result<()> {
    let shown = attribution(&["not", "good", "not", "not"], &[0.5, -1.0, 0.25, -0.125]);
    let strip = shown.heat_strip()?;
    for text in ["not (+0.50)", "not (+0.25)", "not (-0.12)"] {
        assert!(strip.description().contains(text), "{}", strip.description());
    }
    let bars = shown.bars()?.vega().map(ToString::to_string).unwrap_or_default();
    for value in ["0.5", "-1.0", "0.25", "-0.125"] {
        assert!(bars.contains(&format!("\"value\":{value}")), "{value} in {bars}");
    }
    let rows = html(&compare_attributions(&[shown])?);
    assert_eq!(rows.matches(">not</span></td>").count(), 3);
    Ok(())
}

#[test]
fn unsigned_scores_have_another_scale_and_say_so() -> Result<()> {
    let signed = attribution(&["a", "b"], &[1.0, 0.5]);
    let unsigned = Attribution { unsigned: true, ..signed.clone() };
    let (red, green) = (colors::POSITIVE, colors::CERTAIN);
    let legend = |figure: &Figure| html(figure).contains("not in which direction");
    let (signed, unsigned_strip) = (signed.heat_strip()?, unsigned.heat_strip()?);
    assert!(!legend(&signed) && legend(&unsigned_strip));
    assert_eq!((count(&html(&signed), red), count(&html(&signed), green)), (2, 0)); // a chip and the legend's end
    assert_eq!((count(&html(&unsigned_strip), red), count(&html(&unsigned_strip), green)), (0, 2));
    assert!(unsigned_strip.description().contains("a (1.00)") && signed.description().contains("a (+1.00)"));
    assert!(unsigned.bars()?.description().starts_with("Bar chart"));
    Ok(())
}

#[test]
fn the_numbers_under_the_strip() -> Result<()> {
    let text = attribution(&["a", "b"], &[2.0, -0.5]).heat_strip()?.description().to_owned();
    for fact in [
        "class negative",
        "method integrated gradients (50 steps, Gauss–Legendre, baseline padding)",
        "F(x) (logit) 1.5000",
        "F(baseline) -0.2500",
        "sum of scores +1.5000",
        "delta -0.2500",
    ] {
        assert!(text.contains(fact), "{fact} in {text}");
    }
    let bare = Attribution::new("mine", &["a"], &[1.0], "logit", 1.0, 0.0).heat_strip()?;
    assert!(bare.description().contains("method mine;") && !bare.description().contains("class"));
    assert!(!html(&bare).contains('“'));
    Ok(())
}

#[test]
fn a_very_long_text_is_cut_and_the_title_says_so() -> Result<()> {
    let tokens: Vec<String> = (0..5_000).map(|at| format!("token{at}")).collect();
    let long = Attribution::new("mine", &tokens, &vec![0.5; 5_000], "logit", 1.0, 0.0);
    let strip = long.heat_strip()?;
    assert!(html(&strip).contains("the first 500 of 5000 tokens"));
    assert!(html(&strip).contains("token499") && !html(&strip).contains("token500"));
    assert!(strip.description().contains("and 4500 more tokens"));
    assert!(strip.png().is_some_and(|png| png.len() < 1_000_000));
    let error = compare_attributions(&[long]).unwrap_err().to_string();
    assert!(error.contains("5000 tokens"), "{error}");
    Ok(())
}

#[test]
fn rows_are_divided_by_their_largest_score() -> Result<()> {
    let tokens = ["not", "good", "<i>"];
    let ig = attribution(&tokens, &[4.0, -2.0, 0.0]);
    let zero = Attribution { settings: "50 steps, Gauss–Legendre, baseline zero vector".into(), ..ig.clone() };
    let saliency =
        Attribution { method: "saliency <b>".into(), unsigned: true, scores: vec![0.1, 0.2, 0.0], ..ig.clone() };
    let nothing = Attribution { method: "nothing".into(), scores: vec![0.0; 3], ..ig.clone() };
    let figure = compare_attributions(&[ig.clone(), zero, saliency, nothing])?;
    let text = figure.description();
    assert!(
        text.contains("integrated gradients, 1 = 4.00 · baseline padding: not +1.00; good -0.50; <i> 0.00"),
        "{text}"
    );
    assert!(text.contains("1 = 4.00 · baseline zero vector:"), "{text}");
    assert!(text.contains("saliency <b>, 1 = 0.200: not 0.50; good 1.00; <i> 0.00"), "{text}");
    assert!(text.contains("nothing, all scores are 0: not 0.00;"), "{text}");
    let html = html(&figure);
    assert!(html.contains("saliency &lt;b&gt;") && html.contains("&lt;i&gt;") && !html.contains("<i>"));
    // Twice the largest score of a signed row and the end of its legend; once for the unsigned row, and its legend.
    assert_eq!((count(&html, colors::POSITIVE), count(&html, colors::CERTAIN)), (3, 2));
    // One figure for two classes says which row is whose.
    let other = Attribution { target_name: "positive".into(), ..ig.clone() };
    let text = compare_attributions(&[ig, other])?.description().to_owned();
    assert!(text.contains("for “negative”") && text.contains("for “positive”"), "{text}");
    Ok(())
}

#[test]
fn what_cannot_be_compared_is_told() {
    let one = attribution(&["a", "b"], &[1.0, 2.0]);
    let fails = |attributions: &[Attribution], message: &str| {
        let error = compare_attributions(attributions).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    };
    fails(&[], "no attribution");
    fails(&[one.clone(), attribution(&["a", "c"], &[1.0, 2.0])], "attribution 1 has other tokens");
    fails(&vec![one.clone(); 13], "13 rows");
    fails(&[Attribution { scores: vec![1.0, f64::NAN], ..one.clone() }], "NaN");
    fails(&[Attribution { scores: vec![1.0], ..one }], "2 tokens but 1 scores");
}
