//! How results reach a notebook and a file: bundles, tables, saving.

use figures::display::Figure;
use figures::display::table;
use figures::display::{escape_html, table_rows};
use figures::plot;
use ground::Result;
use polars::prelude::DataFrame;
use polars::prelude::df;

fn figure() -> Result<Figure> {
    plot::bars("A & B", &["a", "b"], &[1.0, 2.0], "count")
}

fn folder() -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("support-display-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary folder can be written");
    folder
}

#[test]
fn html_is_escaped_in_text_and_attributes() {
    assert_eq!(escape_html("<a href=\"x\" id='y'>&amp;"), "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;");
}

#[test]
fn figures_save_as_png_and_as_a_page() -> Result<()> {
    let (figure, folder) = (figure()?, folder());
    let path = |name: &str| folder.join(name).display().to_string();
    figure.save(&path("figure.png"))?;
    assert_eq!(std::fs::read(path("figure.png"))?, figure.png().unwrap_or_default());
    figure.save(&path("figure.HTML"))?;
    let page = std::fs::read_to_string(path("figure.HTML"))?;
    assert!(page.starts_with("<!doctype html>") && page.contains("<title>A &amp; B</title>"));
    assert!(!page.contains("http"), "the page needs no network");
    Ok(())
}

#[test]
fn saving_says_what_is_wrong() -> Result<()> {
    let message = |result: Result<()>| result.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(message(figure()?.save("figure.svg")).contains("saved as .png or .html"));
    assert!(message(figure()?.save("/no/such/folder/figure.png")).contains("writing /no/such/folder/figure.png"));
    let table = table(&df!("x" => [1])?);
    assert!(message(table.save("table.png")).contains("save it as .html"));
    Ok(())
}

#[test]
fn tables_show_types_rows_and_what_is_missing() -> Result<()> {
    let frame = df!(
        "word" => [Some("late"), None, Some("a\tb")],
        "count" => [12, 3, 100],
        "score" => [0.5, -1.25, f64::NAN],
    )?;
    let shown = table(&frame);
    let expected =
        "word  count    score\n────  ─────  ───────\nlate     12   0.5000\n–         3  -1.2500\na⇥b     100      NaN";
    assert_eq!(shown.description(), expected);
    let html = shown.html().unwrap_or_default();
    assert_eq!(html.matches("text-align:right").count(), 8, "two numeric columns with their heads: {html}");
    assert_eq!(html.matches("<tr>").count(), 4);
    Ok(())
}

#[test]
fn long_tables_are_cut_and_say_so() -> Result<()> {
    let frame = df!("n" => (0..25).collect::<Vec<i32>>())?;
    assert!(table(&frame).description().ends_with("… 5 more rows"));
    assert!(table(&frame).html().unwrap_or_default().ends_with("… 5 more rows</span>"));
    assert!(table_rows(&frame, 24).description().ends_with("… 1 more row"));
    assert!(table_rows(&frame, 25).description().ends_with("\n24"));
    Ok(())
}

#[test]
fn an_empty_table_has_its_head() -> Result<()> {
    let frame = df!("word" => Vec::<String>::new(), "n" => Vec::<i32>::new())?;
    assert!(table(&frame).description().starts_with("word  n\n"));
    table(&DataFrame::empty());
    Ok(())
}
