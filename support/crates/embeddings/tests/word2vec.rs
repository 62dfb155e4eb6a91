//! Training word vectors: the step against finite differences, the draws against gensim, the result on any number of threads.

#[path = "../../../tests/again/mod.rs"]
mod again;

use embeddings::word2vec::{keep_probabilities, noise_probabilities, pair_step};
use embeddings::{SkipGram, Word2Vec};
use serde_json::{Value, from_str};

fn fixture() -> Value {
    from_str(include_str!("../../../tests/fixtures/word2vec.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// Numbers between −0.5 and 0.5 that look random.
fn vector(seed: u64, dimensions: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9).wrapping_add(12345);
    (0..dimensions)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / (1u64 << 24) as f64 - 0.5
        })
        .collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// The loss as the paper writes it.
fn loss(target: &[f64], context: &[f64], negatives: &[Vec<f64>]) -> f64 {
    let log_sigmoid = |x: f64| -(1.0 + (-x).exp()).ln();
    -log_sigmoid(dot(context, target)) - negatives.iter().map(|n| log_sigmoid(-dot(n, target))).sum::<f64>()
}

#[test]
fn a_step_goes_down_the_gradient_that_finite_differences_give() {
    let rate = 0.25;
    // Sizes that fill vectors of 16 and that do not; as many negatives as the smallest and the largest loop take.
    for (dimensions, count) in [(1, 1), (7, 3), (16, 5), (100, 15), (33, 31)] {
        let target = vector(1, dimensions);
        let context = vector(2, dimensions);
        let negatives: Vec<Vec<f64>> = (0..count).map(|i| vector(3 + i, dimensions)).collect();
        let step = pair_step(&target, &context, &negatives, rate).unwrap();
        assert!((step.loss - loss(&target, &context, &negatives)).abs() < 1e-5 * step.loss.max(1.0));
        let h = 1e-5;
        let slope = |change: &dyn Fn(f64) -> f64| (change(h) - change(-h)) / (2.0 * h);
        let moved = |row: &[f64], i: usize, by: f64| {
            let mut row = row.to_vec();
            row[i] += by;
            row
        };
        for i in 0..dimensions {
            let gradient = slope(&|by| loss(&moved(&target, i, by), &context, &negatives));
            assert!((step.target[i] - (target[i] - rate * gradient)).abs() < 1e-5, "target {i} of {dimensions}");
            let gradient = slope(&|by| loss(&target, &moved(&context, i, by), &negatives));
            assert!((step.context[i] - (context[i] - rate * gradient)).abs() < 1e-5, "context {i} of {dimensions}");
            for (k, negative) in negatives.iter().enumerate() {
                let with = |by: f64| {
                    let mut all = negatives.clone();
                    all[k] = moved(negative, i, by);
                    loss(&target, &context, &all)
                };
                let expected = negative[i] - rate * slope(&with);
                assert!((step.negatives[k][i] - expected).abs() < 1e-5, "negative {k}, {i} of {dimensions}");
            }
        }
    }
}

#[test]
fn a_step_between_vectors_that_agree_completely_stays_finite() {
    let long = vec![40.0; 20];
    let step =
        pair_step(&long, &long.iter().map(|x| -x).collect::<Vec<_>>(), std::slice::from_ref(&long), 0.025).unwrap();
    assert!(step.loss.is_finite() && step.target.iter().all(|x| x.is_finite()));
}

#[test]
fn words_are_kept_and_drawn_with_gensims_probabilities() {
    let counts = &fixture()["counts"];
    let words: Vec<u64> = numbers(&counts["counts"]).iter().map(|&count| count as u64).collect();
    let keep = keep_probabilities(&words, counts["sample"].as_f64().unwrap());
    for (found, expected) in keep.iter().zip(numbers(&counts["keep"])) {
        assert!((found - expected).abs() < 1e-8, "{keep:?}");
    }
    assert_eq!(keep_probabilities(&words, 0.0), [1.0; 7]);
    let noise = noise_probabilities(&words);
    for (found, expected) in noise.iter().zip(numbers(&counts["noise"])) {
        assert!((found - expected).abs() < 1e-8, "{noise:?}");
    }
}

/// Sentences about one of three things, in words of which no other thing has any, and a few that all have.
fn corpus(sentences: usize) -> Vec<Vec<String>> {
    let things = [
        ["bread", "oven", "flour", "baker", "dough", "crust"],
        ["goal", "match", "keeper", "referee", "pitch", "team"],
        ["star", "orbit", "comet", "planet", "lens", "moon"],
    ];
    let shared = ["the", "of", "and", "a"];
    (0..sentences)
        .map(|i| {
            let draws = vector(i as u64, 9);
            let pick = |draw: f64, of: &[&str]| of[((draw + 0.5) * of.len() as f64) as usize].to_owned();
            let (common, own) = draws.split_at(3);
            let own = own.iter().map(|&draw| pick(draw, &things[i % 3]));
            own.chain(common.iter().map(|&draw| pick(draw, &shared))).collect()
        })
        .collect()
}

fn small() -> SkipGram {
    SkipGram::new().dimensions(20).window(4).epochs(12).learning_rate(0.05)
}

#[test]
fn words_of_one_thing_come_together_and_the_loss_falls() {
    for lanes in [1, 2, 4] {
        let model = small().lanes(lanes).train(&corpus(1500)).unwrap();
        assert_eq!(model.len(), 22);
        assert!(model.losses.len() == 12 && model.losses[11] < 0.95 * model.losses[0], "{:?}", model.losses);
        for word in ["bread", "goal", "star"] {
            let near = model.target.neighbours(word, 5).unwrap();
            let near: Vec<&str> = near.column("word").unwrap().str().unwrap().iter().flatten().collect();
            let of = |word: &str| corpus(300).iter().position(|s| s.contains(&word.to_owned())).unwrap() % 3;
            assert!(near.iter().all(|other| of(other) == of(word)), "{lanes} lanes: {word}: {near:?}");
        }
    }
}

#[test]
fn many_lanes_that_make_the_same_move_do_not_swing() {
    // 22 words and 5,000 words a lane: each lane brings every row to its goal, at a rate eight times the usual.
    for lanes in [1, 2, 3, 4, 8, 16] {
        let losses = small().lanes(lanes).epochs(4).learning_rate(0.2).train(&corpus(40_000)).unwrap().losses;
        assert!(
            losses.iter().all(|loss| *loss < 1.05 * losses[0]) && losses[3] < 0.95 * losses[0],
            "{lanes} lanes: {losses:?}"
        );
    }
}

fn bits(model: &Word2Vec) -> Vec<u32> {
    let both = [model.target.matrix(), model.context.matrix()];
    both.iter().flat_map(|m| m.flatten_all().unwrap().to_vec1::<f32>().unwrap()).map(f32::to_bits).collect()
}

/// The bits of trained vectors in one line. Runs only as a child of the test below.
#[test]
fn child() {
    let Ok(instructions) = std::env::var("WORD2VEC_INSTRUCTIONS") else { return };
    kernels::loops::use_instructions(&instructions).unwrap();
    let lanes = std::env::var("WORD2VEC_LANES").unwrap().parse().unwrap();
    // 90,000 words: several rounds of two or three lanes, the last one not full.
    let model = small().epochs(2).lanes(lanes).train(&corpus(10_000)).unwrap();
    println!("bits: {}", bits(&model).iter().map(u32::to_string).collect::<Vec<_>>().join(" "));
}

#[test]
fn the_same_vectors_on_any_number_of_threads() {
    let run = |instructions: &str, lanes: &str, threads: &str| {
        let variables =
            [("WORD2VEC_INSTRUCTIONS", instructions), ("WORD2VEC_LANES", lanes), ("RAYON_NUM_THREADS", threads)];
        let text = again::printed("child", &variables);
        let (_, line) = text.split_once("bits: ").unwrap_or_else(|| panic!("{text}"));
        line.lines().next().unwrap().to_owned()
    };
    let one = run("best", "1", "2");
    assert_eq!(one, run("best", "1", "1"), "one lane");
    let three = run("best", "3", "2");
    assert_ne!(one, three, "the number of lanes is part of the recipe");
    for threads in ["1", "3"] {
        assert_eq!(three, run("best", "3", threads), "{threads} threads");
    }
    assert!(three == run("avx2", "3", "2") || cfg!(not(target_arch = "x86_64")), "other instructions");
}

#[test]
fn seeds_differ_and_repeat() {
    let train = |seed: u64| bits(&small().epochs(1).seed(seed).train(&corpus(300)).unwrap());
    assert_eq!(train(1), train(1));
    assert_ne!(train(1), train(2));
}

#[test]
fn corpora_that_cannot_be_trained_on() {
    let words = |text: &str| vec![text.split(' ').map(str::to_owned).collect::<Vec<String>>()];
    let message = |trained: ground::Result<Word2Vec>| trained.err().unwrap().to_string();
    assert!(message(SkipGram::new().train(&[])).contains("corpus is empty"));
    assert!(message(SkipGram::new().train(&[vec![], vec![]])).contains("corpus is empty"));
    let one = message(SkipGram::new().min_count(1).train(&words("sea sea sea sea")));
    assert!(one.contains("1 of the 1 different words") && one.contains("training needs 3"), "{one}");
    let rare = message(SkipGram::new().train(&words("a b c d e f g")));
    assert!(rare.contains("0 of the 7") && rare.contains("5 times or more") && rare.contains("min_count"), "{rare}");
    // Three words are enough, and a sentence of one word gives no pair.
    assert_eq!(SkipGram::new().min_count(1).train(&words("a b c")).unwrap().len(), 3);
    let lonely: Vec<Vec<String>> = ["a", "b", "c"].iter().map(|word| vec![word.to_string(); 1]).collect();
    assert!(SkipGram::new().min_count(1).train(&lonely).unwrap().losses.iter().all(|&loss| loss == 0.0));
}

#[test]
fn settings_that_make_no_sense() {
    let corpus = corpus(50);
    for (settings, expected) in [
        (SkipGram::new().dimensions(0), "`dimensions` is 0"),
        (SkipGram::new().window(0), "`window` is 0"),
        (SkipGram::new().epochs(0), "`epochs` is 0"),
        (SkipGram::new().negatives(0), "`negatives` is 0"),
        (SkipGram::new().negatives(32), "32 negatives"),
        (SkipGram::new().lanes(0), "`lanes` is 0"),
        (SkipGram::new().lanes(1000), "1000 lanes"),
        (SkipGram::new().learning_rate(0.0), "the learning rate is 0"),
        (SkipGram::new().learning_rate(f64::NAN), "the learning rate is NaN"),
        (SkipGram::new().sample(-1.0), "`sample` is -1"),
    ] {
        let message = settings.train(&corpus).err().unwrap().to_string();
        assert!(message.contains(expected), "{message}");
    }
    let rows = [vec![0.1, 0.2]];
    assert!(pair_step(&[0.1], &[0.1], &rows, 0.1).unwrap_err().to_string().contains("another vector 2"));
    assert!(pair_step(&[], &[], &rows, 0.1).unwrap_err().to_string().contains("empty"));
    assert!(pair_step(&[0.1], &[0.1], &[], 0.1).unwrap_err().to_string().contains("0 negatives"));
}
