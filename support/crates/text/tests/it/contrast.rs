//! How two classes of texts differ: against scikit-learn, scattertext, scipy, statsmodels and numpy
//! (fixtures/contrast.json), by identities, and with input that is wrong.

use ground::Result;
use polars::prelude::DataFrame;
use serde_json::{self, Value};
use sources::data::{self, Dataset, Source, Span};
use text::{self, ContrastOptions, contrast};

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/contrast.json")).unwrap()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn strings(value: &Value) -> Vec<String> {
    items(value).iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// `null` stands for −∞.
fn numbers(value: &Value) -> Vec<f64> {
    items(value).iter().map(|number| number.as_f64().unwrap_or(f64::NEG_INFINITY)).collect()
}

fn counts(value: &Value) -> Vec<u32> {
    items(value).iter().map(|count| count.as_u64().unwrap() as u32).collect()
}

fn all_close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let near = found == expected || (found - expected).abs() <= tolerance;
        assert!(near, "number {i}: found {found}, expected {expected}");
    }
}

/// Texts with their label and rationale.
fn dataset(classes: &[&str], rows: &[(&str, u32, &str)]) -> Dataset {
    let column = |pick: fn(&(&str, u32, &str)) -> String| rows.iter().map(pick).collect::<Vec<String>>();
    let frame = polars::df!(
        "id" => (0..rows.len()).map(|i| format!("t{i}")).collect::<Vec<String>>(),
        "text" => column(|row| row.0.to_owned()),
        "label" => rows.iter().map(|row| row.1).collect::<Vec<u32>>(),
        "split" => vec!["train"; rows.len()],
        "source" => vec!["file"; rows.len()],
        "rationale" => column(|row| row.2.to_owned()),
    );
    let classes = classes.iter().map(|class| class.to_string()).collect();
    Dataset { name: "made".to_owned(), classes, frame: frame.unwrap() }
}

/// The texts of the fixture.
fn gardens_and_kitchens() -> Dataset {
    let made = fixture();
    let (garden, kitchen) = (strings(&made["garden"]), strings(&made["kitchen"]));
    let rows: Vec<(&str, u32, &str)> = garden
        .iter()
        .map(|text| (text.as_str(), 0, ""))
        .chain(kitchen.iter().map(|text| (text.as_str(), 1, "")))
        .collect();
    dataset(&["garden", "kitchen"], &rows)
}

fn all_words() -> ContrastOptions {
    ContrastOptions::new().ngrams(1, 3).min_texts(1)
}

fn text_column(frame: &DataFrame, name: &str) -> Vec<String> {
    frame.column(name).unwrap().str().unwrap().iter().map(|text| text.unwrap().to_owned()).collect()
}

fn number_column(frame: &DataFrame, name: &str) -> Vec<f64> {
    use ground::Numbers;
    frame.column(name).unwrap().numbers().unwrap()
}

fn message<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => panic!("this must be an error"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn counts_equal_scikit_learn() {
    let data = gardens_and_kitchens();
    for case in items(&fixture()["counts"]) {
        let ngrams = counts(&case["ngrams"]);
        let options = ContrastOptions::new()
            .ngrams(ngrams[0] as usize, ngrams[1] as usize)
            .min_texts(case["min_df"].as_u64().unwrap() as usize);
        let found = options.fit(&data, "garden").unwrap();
        assert_eq!((found.a.as_str(), found.b.as_str()), ("garden", "kitchen"));
        assert_eq!((found.texts_a, found.texts_b), (12, 10));
        assert_eq!(found.terms, strings(&case["terms"]));
        assert_eq!(found.counts_a, counts(&case["counts_a"]));
        assert_eq!(found.counts_b, counts(&case["counts_b"]));
        assert_eq!(found.documents_a, counts(&case["documents_a"]));
        assert_eq!(found.documents_b, counts(&case["documents_b"]));
        if ngrams == [1, 1] {
            assert_eq!(found.words_a as u32, found.counts_a.iter().sum::<u32>());
            assert_eq!(found.words_b as u32, found.counts_b.iter().sum::<u32>());
        }
        // What finds terms in a text agrees with what counted them.
        let mut places = vec![0; found.len()];
        for text in data.texts().unwrap() {
            let words: Vec<char> = text.to_lowercase().chars().collect();
            for (term, span) in found.find(&text) {
                places[term] += 1;
                let written: String = words[span.start..span.end].iter().collect();
                assert_eq!(
                    text::words(&written).into_iter().map(|word| word.text).collect::<Vec<_>>().join(" "),
                    found.terms[term]
                );
            }
        }
        assert_eq!(places, found.counts());
    }
}

#[test]
fn scores_equal_scattertext() {
    let made = fixture();
    for case in items(&made["scaled_f"]) {
        let (a, b, beta) = (counts(&case["a"]), counts(&case["b"]), case["beta"].as_f64().unwrap());
        let one_sided = text::one_sided_scaled_f_scores(&a, &b, beta).unwrap();
        all_close(&one_sided, &numbers(&case["one_sided"]), 1e-12);
        all_close(&text::scaled_f_scores(&a, &b, beta).unwrap(), &numbers(&case["balanced"]), 1e-12);
        all_close(&text::dense_ranks(&a), &numbers(&case["ranks_a"]), 1e-15);
    }
    let whole = &made["scattertext"];
    let (a, b) = (counts(&whole["a"]), counts(&whole["b"]));
    all_close(&text::scaled_f_scores(&a, &b, text::BETA).unwrap(), &numbers(&whole["scaled_f"]), 1e-12);
    all_close(&text::dense_ranks(&a), &numbers(&whole["ranks_a"]), 1e-15);
    all_close(&text::dense_ranks(&b), &numbers(&whole["ranks_b"]), 1e-15);
}

#[test]
fn dense_ranks_by_hand() {
    all_close(&text::dense_ranks(&[7, 1, 1, 500]), &[0.5, 0.0, 0.0, 1.0], 0.0);
    all_close(&text::dense_ranks(&[4, 4]), &[0.5, 0.5], 0.0);
    assert!(text::dense_ranks(&[]).is_empty());
    let counts: Vec<u32> = (0..500).map(|i| i * 7919 % 101).collect();
    let ranks = text::dense_ranks(&counts);
    for i in 1..counts.len() {
        assert_eq!(counts[i - 1].cmp(&counts[i]), ranks[i - 1].total_cmp(&ranks[i]));
    }
}

#[test]
fn log_odds_equal_the_formulas() {
    for case in items(&fixture()["log_odds"]) {
        let (a, b) = (counts(&case["a"]), counts(&case["b"]));
        let found = text::log_odds(&a, &b, &numbers(&case["prior"])).unwrap();
        all_close(&found.delta, &numbers(&case["delta"]), 1e-12);
        all_close(&found.z, &numbers(&case["z"]), 1e-12);
    }
}

#[test]
fn log_odds_identities() {
    let (a, b) = ([40, 3, 0, 17, 90], [20, 3, 8, 1, 45]);
    let prior = text::pooled_prior(&a, &b, 30.0).unwrap();
    assert!((prior.iter().sum::<f64>() - 30.0).abs() < 1e-12);
    let one = text::log_odds(&a, &b, &prior).unwrap();
    let other = text::log_odds(&b, &a, &prior).unwrap();
    for i in 0..a.len() {
        assert_eq!(one.delta[i], -other.delta[i]);
        assert_eq!(one.z[i], -other.z[i]);
    }
    // The same rates in both classes: no difference, whatever the prior's size.
    let a = [40, 3, 6, 17, 90];
    let twice: Vec<u32> = a.iter().map(|count| count * 2).collect();
    for alpha0 in [0.5, 10.0, 1e6] {
        let equal = text::log_odds(&a, &twice, &text::pooled_prior(&a, &twice, alpha0).unwrap()).unwrap();
        all_close(&equal.delta, &[0.0; 5], 1e-12);
    }
    let a = [40, 3, 0, 17, 90];
    // A prior that outweighs the counts leaves nothing of them.
    let strong = text::log_odds(&a, &b, &text::pooled_prior(&a, &b, 1e12).unwrap()).unwrap();
    all_close(&strong.delta, &[0.0; 5], 1e-8);
    all_close(&strong.z, &[0.0; 5], 1e-3);
    // A prior of nearly nothing leaves the plain log-odds-ratio.
    let weak = text::log_odds(&a, &b, &text::pooled_prior(&a, &b, 1e-9).unwrap()).unwrap();
    let plain = (40.0f64 / 110.0).ln() - (20.0f64 / 57.0).ln();
    assert!((weak.delta[0] - plain).abs() < 1e-9);
}

#[test]
fn p_values_and_discoveries_equal_scipy_and_statsmodels() {
    let made = fixture();
    let z = numbers(&made["normal"]["z"]);
    for (found, expected) in text::p_values(&z).iter().zip(numbers(&made["normal"]["p"])) {
        assert!((found - expected).abs() <= 1e-12 * expected, "found {found}, expected {expected}");
    }
    for pair in items(&made["thresholds"]) {
        let [p, z] = numbers(pair)[..] else { panic!("a pair") };
        assert!((text::z_threshold(p).unwrap() - z).abs() < 1e-9);
    }
    for case in items(&made["discoveries"]) {
        let expected: Vec<bool> = items(&case["rejected"]).iter().map(|yes| yes.as_bool().unwrap()).collect();
        assert!(expected.contains(&true) && expected.contains(&false));
        assert_eq!(text::significant(&z, case["rate"].as_f64().unwrap()).unwrap(), expected);
    }
    assert_eq!(text::significant(&[], 0.1).unwrap(), Vec::<bool>::new());
    // The second of three is compared with two thirds of the rate; if it passes, it takes the first with it.
    assert_eq!(text::benjamini_hochberg(&[0.9, 0.074, 0.075], 0.1).unwrap(), [false, false, false]);
    assert_eq!(text::benjamini_hochberg(&[0.9, 0.06, 0.066], 0.1).unwrap(), [false, true, true]);
}

#[test]
fn mutual_information_equals_numpy() {
    for case in items(&fixture()["pmi"]) {
        let (a, b, texts) = (counts(&case["a"]), counts(&case["b"]), counts(&case["texts"]));
        let (texts_a, texts_b, k) = (texts[0] as usize, texts[1] as usize, case["smoothing"].as_f64().unwrap());
        all_close(&text::pmi(&a, &b, texts_a, texts_b, k).unwrap(), &numbers(&case["pmi"]), 1e-12);
        all_close(&text::normalised_pmi(&a, &b, texts_a, texts_b, k).unwrap(), &numbers(&case["normalised"]), 1e-12);
    }
    // In a quarter of the texts, always in class a, which has a quarter of the texts: two bits, and never apart.
    assert_eq!(text::pmi(&[5], &[0], 5, 15, 0.0).unwrap(), [2.0]);
    assert_eq!(text::normalised_pmi(&[5], &[0], 5, 15, 0.0).unwrap(), [1.0]);
    assert_eq!(text::pmi(&[1], &[3], 5, 15, 0.0).unwrap(), [0.0]);
}

#[test]
fn zipf_fits_equal_scipy() {
    for case in items(&fixture()["zipf"]) {
        let fit = text::zipf_fit(&counts(&case["counts"])).unwrap();
        assert!((fit.exponent - case["exponent"].as_f64().unwrap()).abs() < 1e-12);
        assert!((fit.intercept - case["intercept"].as_f64().unwrap()).abs() < 1e-12);
        assert!((fit.r_squared - case["r_squared"].as_f64().unwrap()).abs() < 1e-12);
        assert!((fit.maximum_likelihood - case["maximum_likelihood"].as_f64().unwrap()).abs() < 1e-6);
        assert_eq!(fit.ranks, numbers(&case["ranks"]));
    }
    // An exact power law is found exactly.
    let exact: Vec<f64> = (1..=200).map(|rank| 5000.0 * f64::from(rank).powf(-0.8)).collect();
    let fit = text::zipf_fit(&exact).unwrap();
    assert!((fit.exponent - 0.8).abs() < 1e-12 && (fit.maximum_likelihood - 0.8).abs() < 1e-9);
    assert!((fit.r_squared - 1.0).abs() < 1e-12);
    all_close(&fit.fitted(), &exact, 1e-8);
}

#[test]
fn swapping_the_classes_turns_the_signs() {
    let data = gardens_and_kitchens();
    let options = all_words();
    let (one, other) = (options.fit(&data, "garden").unwrap(), options.fit(&data, "kitchen").unwrap());
    assert_eq!((&one.terms, &one.counts_a, &one.documents_b), (&other.terms, &other.counts_b, &other.documents_a));
    let minus = |values: Vec<f64>| values.into_iter().map(|x| -x).collect::<Vec<f64>>();
    all_close(&one.scaled_f_scores(), &minus(other.scaled_f_scores()), 0.0);
    all_close(&one.log_odds(), &minus(other.log_odds()), 0.0);
    all_close(&one.z_scores(), &minus(other.z_scores()), 0.0);
    assert_eq!(one.dense_ranks_a(), other.dense_ranks_b());
    assert_eq!(one.rates_a(), other.rates_b());
    // The default prior has a tenth of the smaller class's terms; any other is the free function's.
    let smaller = one.counts_b.iter().sum::<u32>().min(one.counts_a.iter().sum());
    assert!((one.alpha0() - 0.1 * f64::from(smaller)).abs() < 1e-9);
    assert_eq!(one.log_odds_with(one.alpha0()).unwrap().z, one.z_scores());
}

#[test]
fn stop_words_go_at_the_ends_of_terms() {
    let rows = [
        ("A waste of time, the waste of the day", 0, ""),
        ("a waste of time and the day", 0, ""),
        ("Of course it is time", 1, ""),
    ];
    let data = dataset(&["no", "yes"], &rows);
    let stop: Vec<String> = ["of", "the", "it", "is", "and"].map(String::from).to_vec();
    let found = all_words().stop_words(&stop).fit(&data, "no").unwrap();
    assert_eq!(found.terms, ["course", "day", "time", "time the waste", "waste", "waste of time"]);
    assert_eq!(found.counts_a, [0, 2, 2, 1, 3, 2]);
    assert_eq!((found.words_a, found.words_b), (14, 5));
    let after = all_words().fit(&data, "no").unwrap().without(&stop).unwrap();
    assert_eq!(
        (&after.terms, &after.counts_a, &after.documents_b),
        (&found.terms, &found.counts_a, &found.documents_b)
    );
    assert_eq!(after.position("waste of time"), Some(5));
    assert_eq!(after.position("the"), None);
    assert_eq!(after.z_scores(), found.z_scores());
    assert_eq!(after.options, found.options);
}

#[test]
fn words_of_one_letter_can_count() {
    let data = dataset(&["a", "b"], &[("Não é bom, don't", 0, ""), ("é bom", 1, "")]);
    let found = all_words().ngrams(1, 2).shortest_word(1).fit(&data, "a").unwrap();
    let terms = ["bom", "bom don", "don", "don t", "não", "não é", "t", "é", "é bom"];
    assert_eq!(found.terms, terms);
    assert_eq!((found.counts_b, found.words_a, found.words_b), (vec![1, 0, 0, 0, 0, 0, 0, 1, 1], 5, 2));
    let skipped = all_words().ngrams(2, 2).fit(&data, "a").unwrap();
    assert_eq!(skipped.terms, ["bom don", "não bom"]);
    assert_eq!(skipped.find("não é bom")[0].1, Span { start: 0, end: 9 });
}

#[test]
fn capital_letters_can_count() {
    let data = dataset(&["a", "b"], &[("Good good", 0, ""), ("GOOD", 1, "")]);
    let lower = all_words().fit(&data, "a").unwrap();
    assert_eq!((&lower.terms[0], lower.counts_a[0], lower.counts_b[0]), (&"good".to_owned(), 2, 1));
    let as_written = all_words().ngrams(1, 1).lowercase(false).fit(&data, "a").unwrap();
    assert_eq!(as_written.terms, ["GOOD", "Good", "good"]);
    assert_eq!(as_written.find("GOOD? good"), [(0, Span { start: 0, end: 4 }), (2, Span { start: 6, end: 10 })]);
}

#[test]
fn more_than_two_classes_are_one_against_the_rest() {
    let rows = [("red red wine", 0, ""), ("white wine", 1, ""), ("white bread", 2, ""), ("wine", 2, "")];
    let found = all_words().ngrams(1, 1).fit(&dataset(&["red", "white", "none"], &rows), "white").unwrap();
    assert_eq!(found.b, "not white");
    assert_eq!((found.texts_a, found.texts_b), (1, 3));
    assert_eq!(found.terms, ["bread", "red", "white", "wine"]);
    assert_eq!((found.counts_a, found.counts_b), (vec![0, 0, 1, 1], vec![1, 2, 1, 2]));
    assert_eq!(found.documents_b, [1, 1, 1, 2]);
}

/// Labels dealt out at random: the test must name (nearly) nothing. With the true labels it names hundreds.
#[test]
fn chance_alone_is_not_significant() {
    let tweets = data::tweets(Source::Bundled).unwrap();
    let named = |data: &Dataset| {
        let found = contrast(data, "negative").unwrap();
        found.significant(0.05).unwrap().iter().filter(|&&yes| yes).count()
    };
    assert!(named(&tweets) > 300);
    for seed in 0..5 {
        let shuffled = named(&data::shuffle_labels(&tweets, seed).unwrap());
        assert!(shuffled <= 5, "{shuffled} terms by chance");
    }
}

/// A word in every hostile text and in no rationale, beside a word that is the reason.
#[test]
fn artefacts_lean_to_a_class_outside_the_rationales() {
    let mut rows = Vec::new();
    for _ in 0..20 {
        rows.push(("honestly you are an oaf", 1, "20:23"));
        rows.push(("what an oaf, honestly", 1, "5:11"));
        rows.push(("what a lovely idea", 0, "7:18"));
        rows.push(("you could add a chart", 0, ""));
    }
    let data = dataset(&["constructive", "hostile"], &rows);
    let found = all_words().ngrams(1, 2).fit(&data, "hostile").unwrap();
    let shares = found.rationale_shares.clone().unwrap();
    let (z, named) = (found.z_scores(), found.significant(0.01).unwrap());
    let at = |term: &str| found.position(term).unwrap();
    assert_eq!((shares[at("honestly")], shares[at("oaf")], shares[at("lovely idea")]), (0.0, 1.0, 1.0));
    // Half of its occurrences touch a span: "an" is inside one and outside the other.
    assert_eq!(shares[at("an")], 0.5);
    assert!(z[at("honestly")] > 3.0 && named[at("honestly")] && named[at("oaf")]);
    assert!(z[at("what")].abs() < 1.0 && !named[at("what")]);
    assert_eq!(text::rationale_shares(&data, &found).unwrap(), shares);
    let other = dataset(&["constructive", "hostile"], &[("honestly fine", 0, "0:8")]);
    let elsewhere = text::rationale_shares(&other, &found).unwrap();
    assert!(elsewhere[at("honestly")] == 1.0 && elsewhere[at("oaf")].is_nan());
    assert_eq!(found.without(&["an".to_owned()]).unwrap().rationale_shares.unwrap().len(), found.len() - 4);
    let none = dataset(&["a", "b"], &[("some text", 0, ""), ("other text", 1, " ")]);
    let plain = all_words().fit(&none, "a").unwrap();
    assert_eq!(plain.rationale_shares, None);
    assert!(message(text::rationale_shares(&none, &plain)).contains("no row of `made` has a rationale"));
}

#[test]
fn frames_sort_and_name_the_classes() {
    let data = gardens_and_kitchens();
    let found = ContrastOptions::new().min_texts(2).fit(&data, "kitchen").unwrap();
    let frame = found.frame().unwrap();
    let names: Vec<String> = frame.get_column_names().iter().map(|name| name.to_string()).collect();
    assert_eq!(
        names,
        [
            "term",
            "n",
            "count kitchen",
            "count garden",
            "texts kitchen",
            "texts garden",
            "per 1000 kitchen",
            "per 1000 garden",
            "scaled_f",
            "log_odds",
            "z",
            "pmi"
        ]
    );
    assert_eq!(text_column(&frame, "term"), found.terms);
    all_close(&number_column(&frame, "z"), &found.z_scores(), 0.0);
    let butter = found.position("butter").unwrap();
    let rate = 1000.0 * f64::from(found.counts_a[butter]) / found.words_a as f64;
    assert_eq!(number_column(&frame, "per 1000 kitchen")[butter], rate);
    for score in ["scaled_f", "log_odds", "z", "pmi", "count garden"] {
        let (top, bottom) = (found.top(score, 9).unwrap(), found.bottom(score, 9).unwrap());
        let mut sorted = number_column(&frame, score);
        sorted.sort_by(f64::total_cmp);
        assert_eq!(number_column(&bottom, score), sorted[..9]);
        sorted.reverse();
        assert_eq!(number_column(&top, score), sorted[..9]);
    }
    assert_eq!(text_column(&found.top("z", 1).unwrap(), "term"), ["bread"]);
    assert_eq!(text_column(&found.bottom("z", 1).unwrap(), "term"), ["roses"]);
    let counted = found.top_counts("garden", 1, 5).unwrap();
    // Equal counts go by the alphabet.
    assert_eq!(text_column(&counted, "term"), ["the", "roses", "and", "bees", "in"]);
    assert_eq!(number_column(&counted, "count")[1..], [5.0, 4.0, 4.0, 4.0]);
    let pairs = found.top_counts("kitchen", 2, 100).unwrap();
    assert!(text_column(&pairs, "term").iter().all(|term| term.split(' ').count() == 2));
    assert!(number_column(&pairs, "count").iter().all(|&count| count > 0.0));
    assert!(message(found.top("score", 3)).contains("`scaled_f`"));
    assert!(message(found.top("term", 3)).contains("no score `term`"));
    assert!(message(found.top_counts("cellar", 1, 3)).contains("kitchen, garden"));
    assert!(message(found.top_counts("garden", 3, 3)).contains("1 to 2 words"));
}

#[test]
fn contexts_show_the_term_as_it_is_written() {
    let rows = [
        ("🙂 Às vezes, NÃO SEI… não sei mesmo", 0, ""),
        ("sei que não", 1, ""),
        ("linha um\nnão, sei lá", 1, ""),
        ("what a day; a day", 1, ""),
    ];
    let data = dataset(&["x", "y"], &rows);
    let found = text::contexts(&data, "não sei", 7, 10).unwrap();
    assert_eq!(text_column(&found, "id"), ["t0", "t0", "t2"]);
    assert_eq!(text_column(&found, "class"), ["x", "x", "y"]);
    assert_eq!(text_column(&found, "term"), ["NÃO SEI", "não sei", "não, sei"]);
    assert_eq!(text_column(&found, "before"), ["…vezes, ", "…O SEI… ", "…nha um "]);
    assert_eq!(text_column(&found, "after"), ["… não s…", " mesmo", " lá"]);
    for (i, row) in [0, 0, 2].into_iter().enumerate() {
        let (start, end) = (number_column(&found, "start")[i] as usize, number_column(&found, "end")[i] as usize);
        assert_eq!(Span { start, end }.of(rows[row].0), text_column(&found, "term")[i]);
    }
    assert_eq!(text::contexts(&data, "não sei", 7, 2).unwrap().height(), 2);
    let huge = text::contexts(&data, "Sei", usize::MAX, 1).unwrap();
    assert_eq!(format!("{}SEI{}", text_column(&huge, "before")[0], text_column(&huge, "after")[0]), rows[0].0);
    // As counted: over a word of one letter.
    assert_eq!(text_column(&text::contexts(&data, "what day", 3, 5).unwrap(), "term"), ["what a day"]);
    assert!(message(text::contexts(&data, "ontem", 5, 5)).contains("`ontem` is in no text of `made`"));
    assert_eq!(text_column(&text::contexts(&data, "a DAY", 3, 5).unwrap(), "before"), ["…at ", "…y; "]);
    let found = all_words().shortest_word(1).fit(&data, "x").unwrap();
    assert!(message(found.contexts(&data, "what day", 3, 5)).contains("in no text"));
    assert_eq!(found.contexts(&data, "what a day", 3, 5).unwrap().height(), 1);
    assert!(message(text::contexts(&data, "… !", 5, 5)).contains("holds no word"));
}

#[test]
fn words_of_the_web() {
    let text = "@user Não dá, #ForaTemer! https://t.co/x1 pra você's 🙂 d'água guarda-chuva kkkk";
    let data = dataset(&["a", "b"], &[(text, 0, ""), ("outro texto", 1, "")]);
    let found = all_words().ngrams(1, 1).fit(&data, "a").unwrap();
    let expected = ["chuva", "co", "dá", "foratemer", "guarda", "https", "kkkk", "não", "outro", "pra", "texto"];
    assert_eq!(found.terms[..11], expected.map(String::from));
    assert_eq!(found.terms[11..], ["user", "você", "x1", "água"].map(String::from));
}

#[test]
fn data_that_cannot_be_compared() {
    let two = [("good text", 0, ""), ("bad text", 1, "")];
    let data = dataset(&["good", "bad"], &two);
    let empty = dataset(&["good", "bad"], &[]);
    assert!(message(contrast(&empty, "good")).contains("has no rows"));
    let unknown = message(contrast(&data, "Good"));
    assert!(unknown.contains("no class `Good`") && unknown.contains("good, bad"), "{unknown}");
    assert!(message(contrast(&dataset(&["good", "bad"], &two[..1]), "good")).contains("all rows"));
    assert!(
        message(contrast(&dataset(&["good", "bad"], &two[..1]), "bad")).contains("no row of `made` is of class `bad`")
    );
    let rare = message(contrast(&data, "good"));
    assert!(rare.contains("occurs in 5 of the 2 texts") && rare.contains("min_texts"), "{rare}");
    let stop: Vec<String> = ["good", "bad", "text"].map(String::from).to_vec();
    assert!(message(all_words().stop_words(&stop).fit(&data, "good")).contains("stop word"));
    let all = all_words().fit(&data, "good").unwrap();
    assert!(message(all.without(&stop)).contains("all 5 terms"));
    let signs = dataset(&["good", "bad"], &[("!!", 0, ""), ("a", 1, "")]);
    assert!(message(all_words().fit(&signs, "good")).contains("no word of 2 characters"));
    let bad_label = dataset(&["good", "bad"], &[("good text", 0, ""), ("text", 7, "")]);
    assert!(message(contrast(&bad_label, "good")).contains("row 1 has label 7"));
    let bad_span = dataset(&["good", "bad"], &[("good text", 0, "0:99"), ("text", 1, "")]);
    assert!(message(all_words().fit(&bad_span, "good")).contains("0:99"));
    for (from, to) in [(0, 1), (2, 1), (1, 21)] {
        let options = all_words().ngrams(from, to);
        assert!(message(options.fit(&data, "good")).contains(&format!("ngrams({from}, {to})")));
    }
    assert!(message(all_words().shortest_word(0).fit(&data, "good")).contains("shortest_word(0)"));
    assert!(message(all_words().min_texts(0).fit(&data, "good")).contains("min_texts(0)"));
    // A single term has no odds; it gets 0.
    let one = dataset(&["good", "bad"], &[("text", 0, ""), ("text", 1, "")]);
    assert_eq!(all_words().fit(&one, "good").unwrap().z_scores(), [0.0]);
    // A class whose texts share no term with the others, or have none, still gets finite scores.
    let apart = dataset(&["good", "bad"], &[("good", 0, ""), ("bad sad", 1, ""), ("!", 0, "")]);
    let apart = all_words().ngrams(1, 1).fit(&apart, "good").unwrap();
    let no_terms = dataset(&["good", "bad"], &[("!", 0, ""), ("bad sad", 1, "")]);
    let no_terms = all_words().fit(&no_terms, "good").unwrap();
    for found in [apart, no_terms, all] {
        let scores = [found.scaled_f_scores(), found.z_scores(), found.log_odds(), found.pmi()];
        for values in scores {
            assert!(values.len() == found.len() && values.iter().all(|x| x.is_finite()), "{values:?}");
        }
        assert_eq!(found.frame().unwrap().height(), found.len());
    }
}

#[test]
fn numbers_that_make_no_sense() {
    let (a, b) = ([3, 0, 4], [1, 2, 0]);
    assert!(message(text::scaled_f_scores(&a, &b[..2], 2.0)).contains("3 counts of one class and 2"));
    assert!(message(text::scaled_f_scores(&a, &b, 0.0)).contains("beta is 0"));
    assert!(message(text::scaled_f_scores(&a, &b, f64::NAN)).contains("beta is NaN"));
    assert!(message(text::scaled_f_scores(&[1, 0], &[1, 0], 2.0)).contains("term 1 occurs in neither"));
    assert!(message(text::scaled_f_scores(&a, &[0; 3], 2.0)).contains("no term occurs in the second class"));
    assert!(message(text::one_sided_scaled_f_scores(&[], &[], 2.0)).contains("no counts"));
    assert!(message(text::log_odds(&a, &b, &[1.0, 1.0])).contains("the prior has 2 numbers, but there are 3 terms"));
    assert!(message(text::log_odds(&a, &b, &[1.0, 0.0, 1.0])).contains("the prior of term 1 is 0"));
    assert!(message(text::log_odds(&a, &b, &[1.0, f64::NAN, 1.0])).contains("the prior of term 1 is NaN"));
    assert!(message(text::log_odds(&[1], &[2], &[1.0])).contains("a single term"));
    assert!(message(text::log_odds(&[0, 0], &[2, 1], &[1.0, 1.0])).contains("first class"));
    assert!(message(text::pooled_prior(&a, &b, 0.0)).contains("alpha0 is 0"));
    assert!(message(text::pooled_prior(&a, &b, f64::INFINITY)).contains("alpha0 is inf"));
    assert!(message(text::pooled_prior(&[1, 0], &[1, 0], 1.0)).contains("term 1 occurs in neither"));
    for rate in [0.0, 1.0, -0.1, f64::NAN] {
        assert!(message(text::significant(&[1.0], rate)).contains("rate is"));
        assert!(message(text::z_threshold(rate)).contains("p is"));
    }
    assert!(message(text::significant(&[1.0, f64::NAN], 0.1)).contains("term 1"));
    assert!(message(text::benjamini_hochberg(&[1.5], 0.1)).contains("between 0 and 1"));
    assert!(message(text::pmi(&[9], &[1], 5, 5, 0.0)).contains("term 0 is in 9 and 1 texts"));
    assert!(message(text::pmi(&[1], &[1], 0, 5, 0.0)).contains("0 and 5 texts"));
    assert!(message(text::pmi(&[0], &[0], 5, 5, 0.0)).contains("in no text"));
    assert!(message(text::pmi(&[1], &[0], 5, 5, -1.0)).contains("smoothing is -1"));
    assert!(message(text::normalised_pmi(&[1], &[0, 1], 5, 5, 0.0)).contains("1 counts of one class and 2"));
    assert!(message(text::zipf_fit(&[5, 5, 1])).contains("found 2"));
    assert!(message(text::zipf_fit(&[5, 0, 1, 2])).contains("count 1 is 0"));
}
