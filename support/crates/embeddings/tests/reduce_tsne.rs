//! t-SNE against scikit-learn 1.9 (fixtures/reduce.json), against finite differences and identities.

#[path = "../../../tests/again/mod.rs"]
mod again;

use candle_core::{DType, Device, Tensor};
use embeddings::reduce::tsne::{affinities, barnes_hut_gradient, gradient};
use embeddings::reduce::{self, Tsne};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{self, Value};

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../../tests/fixtures/reduce.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(parts) => parts.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

fn tensor(value: &Value) -> Tensor {
    let rows = value.as_array().unwrap().len();
    let flat = numbers(value);
    let width = flat.len() / rows;
    Tensor::from_vec(flat, (rows, width), &Device::Cpu).unwrap()
}

fn flat(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// Every number within `tolerance` times the largest one.
fn close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        let allowed = tolerance * largest;
        assert!((found - expected).abs() <= allowed, "number {at}: found {found}, expected {expected} ± {allowed}");
    }
}

fn length(numbers: &[f64]) -> f64 {
    numbers.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// Roughly normal numbers.
fn random(rows: usize, width: usize, scale: f64, seed: u64) -> Tensor {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = || (0..12).map(|_| random.random_range(-0.5..0.5)).sum::<f64>() * scale;
    Tensor::from_vec((0..rows * width).map(|_| normal()).collect::<Vec<_>>(), (rows, width), &Device::Cpu).unwrap()
}

/// Groups of points around centres of their own, and the group of each.
fn blobs(rows: usize, groups: usize, width: usize, spread: f64) -> (Tensor, Vec<usize>) {
    let classes: Vec<usize> = (0..rows).map(|row| row % groups).collect();
    let index = Tensor::new(classes.iter().map(|&class| class as u32).collect::<Vec<_>>(), &Device::Cpu).unwrap();
    let centres = random(groups, width, spread, 1).index_select(&index, 0).unwrap();
    ((centres + random(rows, width, 1.0, 2)).unwrap(), classes)
}

fn says<T>(result: ground::Result<T>, parts: &[&str]) {
    let message = result.err().expect("an error").to_string();
    assert!(parts.iter().all(|part| message.contains(part)), "{message:?} lacks one of {parts:?}");
}

#[test]
fn probabilities_divergence_and_gradient_are_those_of_scikit_learn() {
    for case in fixture()["tsne"].as_array().unwrap() {
        let (points, map) = (tensor(&case["points"]), tensor(&case["positions"]));
        // scikit-learn stops its search when the entropy is within 1e-5 and computes distances in f32.
        let found = affinities(&points, case["perplexity"].as_f64().unwrap()).unwrap();
        close(&flat(&found), &numbers(&case["affinities"]), 1e-5);
        let exact = gradient(&tensor(&case["affinities"]), &map).unwrap();
        let kl = case["kl"].as_f64().unwrap();
        assert!((exact.kl - kl).abs() < 1e-10 * kl, "found {}, expected {kl}", exact.kl);
        close(&flat(&exact.gradient), &numbers(&case["gradient"]), 1e-10);
        close(&flat(&gradient(&found, &map).unwrap().gradient), &numbers(&case["gradient"]), 1e-4);
    }
}

#[test]
fn four_points_at_perplexity_a_tenth() {
    // The input of scikit-learn's `test_answer_gradient_four_points`. The numbers there are compared to 4 decimals, which
    // are all 0; these are what scikit-learn's exact gradient is.
    let fixture = fixture();
    let case = &fixture["four"];
    let p = affinities(&tensor(&case["points"]), 0.1).unwrap();
    close(&flat(&p), &numbers(&case["affinities"]), 1e-14);
    let found = gradient(&p, &tensor(&case["positions"])).unwrap();
    close(&flat(&found.gradient), &numbers(&case["gradient"]), 1e-10);
    assert!((found.kl - case["kl"].as_f64().unwrap()).abs() < 1e-12);
}

#[test]
fn probabilities_are_symmetric_sum_to_one_and_know_only_distances() {
    let points = random(40, 3, 2.0, 3);
    let p = affinities(&points, 8.0).unwrap();
    let all = flat(&p);
    assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert_eq!(all, flat(&p.t().unwrap().contiguous().unwrap()));
    assert!((0..40).all(|at| all[at * 40 + at] == 0.0) && all.iter().all(|p| *p >= 0.0));
    let (sine, cosine) = 0.7f64.sin_cos();
    let turn = Tensor::new(&[[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, -1.0]], &Device::Cpu).unwrap();
    let moved = (points.matmul(&turn).unwrap() + 5.0).unwrap();
    close(&flat(&affinities(&moved, 8.0).unwrap()), &all, 1e-9);
    // Nor does the unit of length matter.
    close(&flat(&affinities(&(&points * 1e-6).unwrap(), 8.0).unwrap()), &all, 1e-9);
}

#[test]
fn the_perplexity_is_the_one_asked_for() {
    // Points on a regular polygon all have the same neighbourhood, so making P symmetric changes nothing.
    let corner = |at: usize| {
        [(at as f64 * std::f64::consts::TAU / 24.0).cos(), (at as f64 * std::f64::consts::TAU / 24.0).sin()]
    };
    let polygon = Tensor::from_vec((0..24).flat_map(corner).collect::<Vec<_>>(), (24, 2), &Device::Cpu).unwrap();
    for perplexity in [2.5, 5.0, 7.6] {
        let p = flat(&affinities(&polygon, perplexity).unwrap());
        let entropy: f64 = p[..24].iter().map(|p| p * 24.0).filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum();
        assert!((entropy.exp() - perplexity).abs() < 1e-6, "{}", entropy.exp());
    }
}

#[test]
fn the_gradient_is_the_slope_of_the_divergence() {
    let p = affinities(&random(12, 4, 1.0, 5), 3.0).unwrap();
    for dimensions in [2, 3] {
        let map = random(12, dimensions, 1.0, 6);
        let slopes = flat(&gradient(&p, &map).unwrap().gradient);
        let places = flat(&map);
        let kl_with = |at: usize, step: f64| {
            let mut places = places.clone();
            places[at] += step;
            gradient(&p, &Tensor::from_vec(places, (12, dimensions), &Device::Cpu).unwrap()).unwrap().kl
        };
        let differences: Vec<f64> =
            (0..places.len()).map(|at| (kl_with(at, 1e-5) - kl_with(at, -1e-5)) / 2e-5).collect();
        close(&slopes, &differences, 1e-7);
    }
}

#[test]
fn barnes_hut_with_angle_0_is_exact_and_with_angle_a_half_nearly() {
    for (rows, dimensions) in [(3, 2), (17, 3), (400, 2), (400, 3)] {
        let p = affinities(&random(rows, 6, 1.0, 7), if rows == 3 { 0.5 } else { 5.0 }).unwrap();
        for scale in [1e-4, 1.0, 30.0] {
            let map = random(rows, dimensions, scale, 8);
            let exact = gradient(&p, &map).unwrap();
            let found = barnes_hut_gradient(&p, &map, 0.0).unwrap();
            close(&flat(&found.gradient), &flat(&exact.gradient), 3e-5);
            // Z is a sum in f32 from which the 1 of each point with itself is taken, which costs digits in sparse maps.
            assert!((found.kl - exact.kl).abs() < 1e-4 * exact.kl, "{} {}", found.kl, exact.kl);
            let rough = barnes_hut_gradient(&p, &map, 0.5).unwrap();
            let expected = flat(&exact.gradient);
            let apart: Vec<f64> = flat(&rough.gradient).iter().zip(&expected).map(|(a, b)| a - b).collect();
            assert!(length(&apart) < 0.02 * length(&expected), "{} of {}", length(&apart), length(&expected));
        }
    }
    // Points on one spot push each other nowhere, in whatever cell they are.
    let spot = Tensor::zeros((40, 2), DType::F64, &Device::Cpu).unwrap();
    let p = affinities(&random(40, 6, 1.0, 7), 5.0).unwrap();
    assert_eq!(length(&flat(&barnes_hut_gradient(&p, &spot, 0.5).unwrap().gradient)), 0.0);
}

#[test]
fn the_exact_map_is_as_good_as_that_of_scikit_learn() {
    for case in fixture()["maps"].as_array().unwrap() {
        let points = tensor(&case["points"]);
        let map = Tsne::new(2).fit(&points).unwrap();
        // Where a descent ends is partly chance, there as here, so this compares the means of six starts.
        let others = (1..6).map(|seed| Tsne::new(2).random_start().seed(seed).fit(&points).unwrap().kl);
        let (mean, expected) = ((map.kl + others.sum::<f64>()) / 6.0, case["kl"].as_f64().unwrap());
        assert!((mean - expected).abs() < 0.04 * expected, "KL {mean}, scikit-learn {expected}");
        let trusted = reduce::trustworthiness(&points, &map.points, 10).unwrap();
        let expected = case["trustworthiness"].as_f64().unwrap();
        assert!((trusted - expected).abs() < 0.01, "trustworthiness {trusted}, scikit-learn {expected}");
        // What it says of itself is what the readable gradient says of its points.
        let true_kl = gradient(&affinities(&points, 30.0).unwrap(), &map.points).unwrap().kl;
        assert!((map.kl - true_kl).abs() < 1e-4 * true_kl, "{} {true_kl}", map.kl);
        assert_eq!(map.history.len(), 20);
        assert_eq!((map.history[19].0, map.iterations), (1000, 1000));
        assert!((map.history[19].1 - map.kl).abs() < 0.01 * map.kl);
    }
}

#[test]
fn the_exact_descent_ends_where_the_true_gradient_is_nearly_0() {
    let points = random(60, 5, 1.0, 9);
    let p = affinities(&points, 10.0).unwrap();
    for dimensions in [2, 3] {
        let map = Tsne::new(dimensions).perplexity(10.0).iterations(3000).fit(&points).unwrap();
        let found = length(&flat(&gradient(&p, &map.points).unwrap().gradient));
        let elsewhere = length(&flat(&gradient(&p, &(&map.points * 1.2).unwrap()).unwrap().gradient));
        assert!(found < 0.2 * elsewhere, "{found} at the end, {elsewhere} when it is a fifth larger");
    }
}

#[test]
fn groups_stay_together_in_every_kind_of_map() {
    let (points, classes) = blobs(2000, 8, 10, 3.0);
    let share = reduce::neighbour_accuracy(&points, &classes, 10).unwrap();
    assert!(share > 0.99, "the groups themselves are apart: {share}");
    let fast = Tsne::new(2).iterations(500);
    let exact = fast.clone().exact().fit(&points).unwrap();
    for (map, name) in [
        (&fast.fit(&points).unwrap(), "Barnes–Hut"),
        (&exact, "exact"),
        (&fast.clone().random_start().seed(3).fit(&points).unwrap(), "random start"),
        (&Tsne::new(3).iterations(500).fit(&points).unwrap(), "three dimensions"),
    ] {
        let found = reduce::neighbour_accuracy(&map.points, &classes, 10).unwrap();
        assert!(found > 0.97, "{name}: {found}");
        let trusted = reduce::trustworthiness(&points, &map.points, 10).unwrap();
        assert!(trusted > 0.9, "{name}: trustworthiness {trusted}");
        // Barnes–Hut keeps only the 3·perplexity nearest neighbours, which changes P a little.
        let dimensions = map.points.dims()[1];
        assert!(dimensions == 3 || (map.kl - exact.kl).abs() < 0.1 * exact.kl, "{name}: {} {}", map.kl, exact.kl);
        assert_eq!((map.x().len(), map.y().len(), map.z().len()), (2000, 2000, if dimensions == 3 { 2000 } else { 0 }));
        assert_eq!(map.y()[7], flat(&map.points)[7 * dimensions + 1]);
    }
}

/// What a map's bits add up to.
fn bits(map: &reduce::Map) -> u64 {
    flat(&map.points).iter().fold(0, |sum: u64, x| sum.wrapping_mul(31).wrapping_add(x.to_bits()))
}

#[test]
fn the_same_map_on_any_number_of_threads() {
    let (points, _) = blobs(1700, 5, 6, 2.0);
    let few = points.narrow(0, 0, 300).unwrap();
    let fit = |settings: Tsne, points: &Tensor| bits(&settings.iterations(120).fit(points).unwrap());
    let maps = [
        fit(Tsne::new(2), &points),
        fit(Tsne::new(3), &points),
        fit(Tsne::new(2), &few),
        fit(Tsne::new(2).random_start().seed(2), &few),
    ];
    if std::env::var("MAPS_OF_THIS_PROCESS").is_ok() {
        println!("maps {maps:?}");
        return;
    }
    assert_ne!(fit(Tsne::new(2).random_start().seed(3), &few), maps[3]);
    for threads in ["1", "2", "5"] {
        let variables = [("MAPS_OF_THIS_PROCESS", "1"), ("RAYON_NUM_THREADS", threads)];
        let text = again::printed("the_same_map_on_any_number_of_threads", &variables);
        assert!(text.contains(&format!("maps {maps:?}")), "{threads} threads: {text}, here {maps:?}");
    }
}

#[test]
fn points_that_coincide_or_lie_on_a_line_have_maps_too() {
    let (points, _) = blobs(60, 3, 4, 3.0);
    let twice = Tensor::cat(&[&points, &points], 0).unwrap();
    let line = random(80, 1, 1.0, 4);
    for points in [twice, line.matmul(&random(1, 5, 1.0, 5)).unwrap(), line] {
        let map = Tsne::new(3).perplexity(10.0).iterations(300).fit(&points.to_dtype(DType::F32).unwrap()).unwrap();
        assert_eq!(map.points.dtype(), DType::F32);
        assert!(flat(&map.points).iter().all(|x| x.is_finite()) && map.kl.is_finite());
        // No axis stays flat.
        assert!([map.x(), map.y(), map.z()].iter().all(|axis| length(axis) > 0.1));
    }
}

#[test]
fn what_cannot_be_done_is_said_in_words() {
    let points = random(40, 4, 1.0, 1);
    let tsne = || Tsne::new(2).perplexity(5.0);
    says(Tsne::new(4).fit(&points), &["4 dimensions", "2 or 3"]);
    says(Tsne::new(2).fit(&points), &["perplexity of 30", "40 points", "13.00"]);
    says(Tsne::new(2).perplexity(f64::NAN).fit(&points), &["perplexity of NaN"]);
    says(tsne().fit(&points.narrow(0, 0, 1).unwrap()), &["at least 2 points", "1 point"]);
    says(tsne().fit(&points.ones_like().unwrap()), &["all 40 points are equal"]);
    says(tsne().fit(&(&points / 0.0).unwrap()), &["point 0"]);
    says(tsne().fit(&points.flatten_all().unwrap()), &["(points, width)", "[160]"]);
    says(tsne().iterations(0).fit(&points), &["0 iterations"]);
    says(tsne().angle(1.5).fit(&points), &["angle of 1.5"]);
    says(tsne().learning_rate(-1.0).fit(&points), &["learning rate of -1"]);
    says(tsne().learning_rate(1e30).fit(&points), &["flown apart", "lower the learning rate"]);
    says(tsne().exaggeration(0.0, 250).fit(&points), &["exaggeration of 0"]);
    says(affinities(&points, 20.0), &["perplexity of 20"]);
    let p = affinities(&points, 5.0).unwrap();
    says(gradient(&p, &random(39, 2, 1.0, 1)), &["39 points", "[39, 39]", "[40, 40]"]);
    says(barnes_hut_gradient(&p, &random(40, 4, 1.0, 1), 0.5), &["4 dimensions"]);
    says(barnes_hut_gradient(&p, &random(40, 2, 1.0, 1), -0.5), &["angle of -0.5"]);
    says(gradient(&p.neg().unwrap(), &random(40, 2, 1.0, 1)), &["no probability"]);
}
