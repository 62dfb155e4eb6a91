//! The queries to `news`, word by word.

use std::collections::BTreeSet;

use sources::data::{self, Source};

/// The queries can only be answered by meaning: what they ask for exists, and its headline has none of their words.
#[test]
fn news_queries_share_no_content_word_with_their_headline() {
    let queries = data::news_queries().unwrap();
    assert_eq!(queries.height(), 10);
    let column = |frame: &polars::prelude::DataFrame, name: &str| -> Vec<String> {
        let column = frame.column(name).unwrap().str().unwrap().clone();
        column.iter().map(|text| text.unwrap().to_owned()).collect()
    };
    let headlines: BTreeSet<String> =
        column(&data::news(Source::Bundled).unwrap().frame, "headline").into_iter().collect();
    let stop: BTreeSet<String> = text::stop_words("en").unwrap().into_iter().collect();
    let content = |text: &str| -> BTreeSet<String> {
        let words = text.to_lowercase();
        let words =
            words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty() && !stop.contains(*word));
        words.map(str::to_owned).collect()
    };
    // walk, walks, walked and walker count as one word.
    let alike = |a: &str, b: &str| {
        let common = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
        let (short, long) = (a.chars().count().min(b.chars().count()), a.chars().count().max(b.chars().count()));
        common >= 5 || common == short && short >= 3 && long - short <= 2
    };
    assert!(alike("walk", "walked") && alike("landslide", "landslip") && !alike("the", "theatre"));
    for (query, headline) in column(&queries, "query").iter().zip(column(&queries, "headline")) {
        assert!(headlines.contains(&headline), "no article has the headline `{headline}`");
        let (asked, given) = (content(query), content(&headline));
        assert!(asked.len() > 2 && given.len() > 2);
        let shared: Vec<&String> = asked.iter().filter(|a| given.iter().any(|b| alike(a, b))).collect();
        assert!(shared.is_empty(), "`{query}` and `{headline}` share {shared:?}");
    }
}
