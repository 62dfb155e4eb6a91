//! The whole path on a small grammar, and on the committed data set.

use super::*;

fn small() -> Grammar {
    let text = "%class 0 bad 20 bad\n%class 1 good 10 good\n%seed 3\n%max_shared_words 2\n%noise typo 0.5\n\
                bad:\n  {x} {x} {x} [[awful]]\ngood:\n  [[lovely]] {x} {x}\nx:\n  one\n  two\n  three\n  four\n";
    Grammar::parse(&[("t.txt".into(), text.into())]).unwrap()
}

#[test]
fn rows_are_different_balanced_and_reproducible() {
    let grammar = small();
    let test = handwritten::read("h.txt", "0 two three four [[dull]]\n1 [[nice]]\n", 2, "test").unwrap();
    let rows = draw_all(&grammar, &test, &[]).unwrap();
    assert_eq!((0..2).map(|l| rows.iter().filter(|r| r.label == l).count()).collect::<Vec<_>>(), [20, 10]);
    assert!(rows.iter().all(|r| !r.text.text().contains("two three four")), "a shared run of three words");
    let first = write(&grammar, &rows, &[], &test);
    assert_eq!(first, write(&grammar, &draw_all(&grammar, &test, &[]).unwrap(), &[], &test));
    assert!(first.ends_with('\n') && !first.contains('\r'));
    assert!(first.starts_with("id,text,label,split,source,rationale\ng0001,"));
}

/// With kinds there is one more column; validation rows come before test rows.
#[test]
fn parts_and_kinds_of_hand_written_rows_are_written() {
    let file = "1 [[nice]]\n%split validation\n%kind irony\n0 [[how nice]]\n";
    let test = handwritten::read("h.txt", file, 2, "test").unwrap();
    let grammar = small();
    let csv = write(&grammar, &draw_all(&grammar, &test, &[]).unwrap(), &[], &test);
    assert!(csv.starts_with("id,text,label,split,source,rationale,kind\ng0001,"));
    assert!(csv.lines().skip(1).take(30).all(|line| line.contains(",train,generated,") && line.ends_with(',')));
    assert!(csv.ends_with("h0002,how nice,0,validation,handwritten,0:8,irony\nh0001,nice,1,test,handwritten,0:4,\n"));
}

#[test]
fn asking_for_more_than_the_grammar_has_is_an_error() {
    let mut grammar = small();
    grammar.classes[1].rows = 17;
    let error = draw_all(&grammar, &[], &[]).err().unwrap();
    assert!(error.contains("only 16 different texts for class `good`"), "{error}");
}

#[test]
fn the_same_hand_written_text_twice_is_an_error() {
    let test = handwritten::read("h.txt", "0 Late again\n1 late again!\n", 2, "test").unwrap();
    assert!(draw_all(&small(), &test, &[]).err().unwrap().contains("same words"));
}

#[test]
fn differences_name_the_line() {
    assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    assert_eq!(first_difference("a\nb\n", "a\nc\n").unwrap().0, 2);
    assert_eq!(first_difference("a\r\n", "a\n").unwrap().0, 1);
    assert_eq!(first_difference("a\nb", "a\nb\n").unwrap().0, 3);
}

#[test]
fn wrong_arguments_say_what_is_known() {
    for args in [&["twets"][..], &[], &["tweets", "--chekc"]] {
        let args: Vec<String> = args.iter().map(|a| (*a).to_owned()).collect();
        assert!(
            run(&args)
                .unwrap_err()
                .contains("cargo course data tweets|comments_en|comments_pt|reviews|headlines|news [--check]")
        );
    }
}

/// The committed csv files are what the templates give, and their two parts are kept apart.
#[test]
fn committed_data_sets_are_fresh() {
    for (name, rows) in DATA_SETS.into_iter().zip([(3_600, 520), (1_600, 320), (1_600, 320), (6_000, 500)]) {
        run(&[name.to_owned(), "--check".to_owned()]).unwrap();
        let (fresh, _) = generate(&root().join("data").join(name)).unwrap();
        let part = |split: &str| fresh.lines().filter(|l| l.contains(&format!(",{split},"))).count();
        assert!(part("train") >= rows.0 && part("test") >= rows.1, "{} train, {} test", part("train"), part("test"));
    }
}

#[test]
fn hand_written_rows_join_the_training_part_and_keep_away_from_held_out_ones() {
    let grammar = small();
    let held_out = handwritten::read("h.txt", "0 late, but never by [[that much]]\n", 2, "test").unwrap();
    let more = |text: &str| handwritten::read("t.txt", text, 2, "train").unwrap();
    let rows = more("%kind negation\n1 [[not bad]] at all\n");
    let generated = draw_all(&grammar, &held_out, &rows).unwrap();
    let csv = write(&grammar, &generated, &rows, &held_out);
    assert!(csv.contains("\nw0001,not bad at all,1,train,handwritten,0:7,negation\nh0001,"), "{csv}");
    let near = draw_all(&grammar, &held_out, &more("1 it was late, but never by that much"));
    assert!(near.is_err(), "{:?}", near.map(|rows| rows.len()));
    let twice = draw_all(&grammar, &held_out, &more("0 LATE but never by that much"));
    assert!(twice.err().unwrap().contains("same words"));
}

/// The sets of word2vec: sizes, and files that are what the sources give.
#[test]
fn committed_headlines_and_news_are_fresh() {
    for name in ["headlines", "news"] {
        run(&[name.to_owned(), "--check".to_owned()]).unwrap();
    }
    let made = output("headlines", &root().join("data/headlines")).unwrap();
    let lines: Vec<usize> = made.files.iter().map(|(_, text)| text.lines().count()).collect();
    assert!(lines[0] > 40_000 && lines[1] > 400 && lines[2] > 150, "{lines:?}");
    assert!(made.files[0].1.lines().filter(|line| line.contains(",train,handwritten,")).count() >= 1_600);
    let news = output("news", &root().join("data/news")).unwrap().files.remove(0).1;
    assert_eq!(news.lines().filter(|line| line.contains(",test,handwritten,")).count(), 208);
}
