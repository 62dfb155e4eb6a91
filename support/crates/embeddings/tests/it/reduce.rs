//! PCA, k-means, neighbours and the measures of a map against scikit-learn (fixtures/reduce.json), and identities.

use candle_core::{DType, Device, Tensor};
use embeddings::reduce;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{self, Value};

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/reduce.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(parts) => parts.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

fn counts(value: &Value) -> Vec<usize> {
    numbers(value).iter().map(|&x| x as usize).collect()
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

fn close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= tolerance, "number {at}: found {found}, expected {expected} ± {tolerance}");
    }
}

fn random(rows: usize, width: usize, seed: u64) -> Tensor {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let numbers: Vec<f64> = (0..rows * width).map(|_| random.random_range(-1.0..1.0)).collect();
    Tensor::from_vec(numbers, (rows, width), &Device::Cpu).unwrap()
}

fn says<T>(result: ground::Result<T>, parts: &[&str]) {
    let message = result.err().expect("an error").to_string();
    assert!(parts.iter().all(|part| message.contains(part)), "{message:?} lacks one of {parts:?}");
}

#[test]
fn pca_gives_the_axes_and_variances_of_scikit_learn() {
    for case in fixture()["pca"].as_array().unwrap() {
        let components = case["components"].as_u64().unwrap() as usize;
        let found = reduce::pca(&tensor(&case["points"]), components).unwrap();
        close(&found.variances, &numbers(&case["variances"]), 1e-8);
        close(&found.shares, &numbers(&case["shares"]), 1e-8);
        close(&flat(&found.axes), &numbers(&case["axes"]), 1e-7);
        close(&flat(&found.points), &numbers(&case["projected"]), 1e-6);
        close(&flat(&found.mean), &numbers(&case["mean"]), 1e-8);
        close(&flat(&found.transform(&tensor(&case["others"])).unwrap()), &numbers(&case["transformed"]), 1e-6);
        close(&[found.shares.iter().sum()], &[1.0], 1e-12);
    }
}

#[test]
fn pca_takes_f32_and_points_that_span_few_directions() {
    // 5 points on a line in 9 dimensions (Gram matrix), 20 on one in 3 (covariance).
    for (rows, width) in [(5, 9), (20, 3)] {
        let line = random(rows, 1, 1).matmul(&random(1, width, 2)).unwrap();
        let found = reduce::pca(&line.to_dtype(DType::F32).unwrap(), 3).unwrap();
        assert_eq!(found.axes.dtype(), DType::F32);
        close(&found.shares[..2], &[1.0, 0.0], 1e-6);
        assert_eq!(found.axes_for(0.99), 1);
        let axes = found.axes.to_dtype(DType::F64).unwrap();
        close(&flat(&axes.matmul(&axes.t().unwrap()).unwrap()), &[1., 0., 0., 0., 1., 0., 0., 0., 1.], 1e-6);
    }
}

#[test]
fn all_components_together_give_the_points_back() {
    let points = random(30, 8, 3);
    let found = reduce::pca(&points, 8).unwrap();
    let back = found.points.matmul(&found.axes).unwrap().broadcast_add(&found.mean).unwrap();
    close(&flat(&back), &flat(&points), 1e-12);
}

#[test]
fn kmeans_finds_the_best_clusters_of_scikit_learn() {
    let fixture = fixture();
    let case = &fixture["kmeans"];
    let points = tensor(&case["points"]);
    for fit in case["fits"].as_array().unwrap() {
        let clusters = fit["clusters"].as_u64().unwrap() as usize;
        for seed in 0..3 {
            let found = reduce::kmeans(&points, clusters, seed).unwrap();
            close(&[found.inertia], &[fit["inertia"].as_f64().unwrap()], 1e-6);
            assert_eq!(reduce::purity(&found.labels, &counts(&fit["labels"])).unwrap(), 1.0);
            let sizes: Vec<usize> = (0..clusters).map(|cluster| found.members(cluster).len()).collect();
            assert!(sizes.is_sorted_by(|a, b| a >= b), "{sizes:?}");
            // Each centre is the mean of its points.
            for cluster in 0..clusters {
                let members: Vec<u32> = found.members(cluster).iter().map(|&at| at as u32).collect();
                let members = Tensor::new(members, &Device::Cpu).unwrap();
                let mean = points.index_select(&members, 0).unwrap().mean(0).unwrap();
                close(&flat(&found.centres.get(cluster).unwrap()), &flat(&mean), 1e-12);
            }
        }
    }
    let (one, two) = (reduce::kmeans(&points, 9, 5).unwrap(), reduce::kmeans(&points, 9, 5).unwrap());
    assert_eq!((one.labels, one.inertia), (two.labels, two.inertia));
}

#[test]
fn purity_counts_the_commonest_class() {
    // The example of Manning, Raghavan and Schütze (2008, figure 16.1): (5 + 4 + 3) / 17.
    let clusters: Vec<usize> = [[0; 6].as_slice(), &[1; 6], &[2; 5]].concat();
    let classes = [0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 1, 2, 0, 0, 2, 2, 2];
    close(&[reduce::purity(&clusters, &classes).unwrap()], &[12.0 / 17.0], 1e-15);
    // One cluster: chance is the share of the commonest class. A cluster for each point: 1.
    close(&[reduce::purity_by_chance(&[0; 17], &classes, 10, 1).unwrap()], &[8.0 / 17.0], 1e-12);
    let alone: Vec<usize> = (0..17).collect();
    close(&[reduce::purity_by_chance(&alone, &classes, 10, 1).unwrap()], &[1.0], 1e-12);
    // Two points of two classes in two clusters of two: (1 + 1) / 4 in 4 of 6 orders, 1 in 2 of 6.
    close(&[reduce::purity_by_chance(&[0, 0, 1, 1], &[0, 0, 1, 1], 4000, 1).unwrap()], &[2.0 / 3.0], 0.02);
}

#[test]
fn neighbours_are_those_of_a_plain_search() {
    for (rows, width, k) in [(2, 1, 1), (50, 3, 49), (300, 7, 5), (700, 2, 20)] {
        let points = random(rows, width, rows as u64);
        let flat = flat(&points);
        let found = reduce::neighbours(&points, k, false).unwrap();
        for (at, found) in found.iter().enumerate() {
            let distance = |other: usize| -> f64 {
                (0..width).map(|c| (flat[at * width + c] - flat[other * width + c]).powi(2)).sum()
            };
            let mut order: Vec<usize> = (0..rows).filter(|&other| other != at).collect();
            order.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)));
            assert_eq!(found, &order[..k]);
        }
    }
    // Of equal distances the earlier point is the nearer one.
    let line = Tensor::new(&[[0.0], [1.0], [2.0], [1.0], [0.0]], &Device::Cpu).unwrap();
    let expected = [[4, 1, 3], [3, 0, 2], [1, 3, 0], [1, 0, 2], [0, 1, 3]].map(|row| row.to_vec());
    assert_eq!(reduce::neighbours(&line, 3, false).unwrap(), expected);
}

#[test]
fn cosine_neighbours_are_those_of_scipy() {
    let fixture = fixture();
    let found = reduce::neighbours(&tensor(&fixture["map"]["original"]), 6, true).unwrap();
    assert_eq!(found.concat(), counts(&fixture["map"]["cosine"]));
}

#[test]
fn trustworthiness_and_rank_correlation_are_those_of_scikit_learn_and_scipy() {
    let fixture = fixture();
    let case = &fixture["map"];
    let (original, map) = (tensor(&case["original"]), tensor(&case["map"]));
    for pair in case["trustworthiness"].as_array().unwrap() {
        let k = pair[0].as_u64().unwrap() as usize;
        close(&[reduce::trustworthiness(&original, &map, k).unwrap()], &[pair[1].as_f64().unwrap()], 1e-12);
        close(&[reduce::trustworthiness(&original, &original, k).unwrap()], &[1.0], 0.0);
    }
    let found = reduce::distance_distortion(&original, &map).unwrap();
    close(&[found.spearman], &[case["spearman"].as_f64().unwrap()], 1e-12);
    assert_eq!(found.pairs, 90 * 89 / 2);
}

#[test]
fn the_most_misrepresented_pairs_are_found() {
    // A horseshoe laid flat: its ends are near in truth and far in the map. Point 9, at the top, is laid beside point 0.
    let angle = |at: usize| 0.1 + at as f64 * 6.0 / 19.0;
    let shoe: Vec<f64> = (0..20).flat_map(|at| [angle(at).cos(), angle(at).sin()]).collect();
    let shoe = Tensor::from_vec(shoe, (20, 2), &Device::Cpu).unwrap();
    let mut flat: Vec<f64> = (0..20).map(|at| at as f64).collect();
    let found = |flat: &[f64]| {
        reduce::distance_distortion(&shoe, &Tensor::from_slice(flat, (20, 1), &Device::Cpu).unwrap()).unwrap()
    };
    let pair = found(&flat).false_far;
    assert_eq!((pair.first, pair.second), (0, 19));
    assert!((pair.map - 19.0).abs() < 1e-12 && pair.map_rank == 1.0 && pair.original_rank < 0.2, "{pair:?}");
    flat[9] = 0.4;
    let pair = found(&flat).false_near;
    assert_eq!((pair.first, pair.second), (0, 9));
    assert_eq!((pair.map, pair.map_rank), (0.4, 0.0));
}

#[test]
fn neighbour_accuracy_counts_the_majority_and_lets_the_nearer_break_a_tie() {
    let line = Tensor::new(&[[0.0], [1.0], [3.0], [7.0]], &Device::Cpu).unwrap();
    // Nearest: 1, 0, 1, 2. By 1: points 0 and 1 agree with each other, 2 (label 1) and 3 (label 1): 2 → 1 (label 0), 3 → 2.
    assert_eq!(reduce::neighbour_accuracy(&line, &[0, 0, 1, 1], 1).unwrap(), 0.75);
    // By 2 a tie goes to the nearer: 0 → {1, 2}: 0; 1 → {0, 2}: 0; 2 → {1, 0}: 0, wrong; 3 → {2, 1}: 1.
    assert_eq!(reduce::neighbour_accuracy(&line, &[0, 0, 1, 1], 2).unwrap(), 0.75);
    // By 3 everyone sees all others: 0 → {0, 1, 1}, 2 → {0, 0, 1}: all wrong.
    assert_eq!(reduce::neighbour_accuracy(&line, &[0, 0, 1, 1], 3).unwrap(), 0.0);
}

#[test]
fn what_cannot_be_done_is_said_in_words() {
    let points = random(10, 4, 1);
    let three = points.reshape((2, 5, 4)).unwrap();
    let equal = Tensor::ones((6, 3), DType::F32, &Device::Cpu).unwrap();
    let nan = (&points / 0.0).unwrap();
    says(reduce::pca(&three, 2), &["PCA", "(points, width)", "[2, 5, 4]"]);
    says(reduce::pca(&points, 5), &["5 components", "1 to 4"]);
    says(reduce::pca(&points, 0), &["0 components"]);
    says(reduce::pca(&points.narrow(0, 0, 1).unwrap(), 1), &["at least 2 points", "1 point"]);
    says(reduce::pca(&equal, 2), &["all 6 points are equal"]);
    says(reduce::pca(&(&points * 1e300).unwrap(), 2), &["overflows"]);
    says(reduce::pca(&nan, 2), &["point 0", "column 0", "inf"]);
    says(reduce::pca(&points, 2).unwrap().transform(&random(3, 5, 1)), &["5 columns", "4"]);
    says(reduce::kmeans(&points, 11, 1), &["11 clusters of 10 points", "1 to 10"]);
    says(reduce::kmeans(&points, 0, 1), &["0 clusters"]);
    says(reduce::kmeans(&equal, 2, 1), &["2 clusters", "only 1 different"]);
    says(reduce::purity(&[1, 2], &[1]), &["2 clusters and 1 classes"]);
    says(reduce::neighbours(&points, 10, false), &["10 neighbours", "1 to 9"]);
    says(reduce::neighbours(&Tensor::zeros((3, 2), DType::F32, &Device::Cpu).unwrap(), 1, true), &["point 0", "zeros"]);
    says(reduce::neighbour_accuracy(&points, &[0; 9], 2), &["9 labels for 10 points"]);
    says(reduce::trustworthiness(&points, &points, 5), &["5 neighbours of 10 points", "1 to 4"]);
    says(reduce::trustworthiness(&points, &random(9, 2, 1), 2), &["10 points", "9 in the map"]);
    says(reduce::distance_distortion(&points, &points.zeros_like().unwrap()), &["all points are equal"]);
}
