//! Integrated gradients: closed forms (Captum's test-suite, tests/attr/test_integrated_gradients_basic.py) and identities.
//! Captum's own numbers are in captum.rs.

use crate::names::attribution::{path_integral, relu};
use crate::names::candle_core::Tensor;
use crate::names::*;
use crate::toy::{Toy, close_all, fixture, numbers};

fn tensor(values: &[f64]) -> Tensor {
    Tensor::new(values, &Device::Cpu).unwrap()
}

fn list(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

fn column(x: &Tensor, at: usize) -> crate::names::Result<Tensor> {
    Ok(x.narrow(1, at, 1)?.squeeze(1)?)
}

/// ReLU(ReLU(a) − 1 − ReLU(b)) and ReLU(ReLU(a − 1) − ReLU(b)) are one function written twice.
#[test]
fn two_ways_to_write_a_function_get_the_same_scores() {
    let first = |x: &Tensor| relu(&((relu(&column(x, 0)?)? - 1.0)? - relu(&column(x, 1)?)?)?);
    let second = |x: &Tensor| relu(&(relu(&(column(x, 0)? - 1.0)?)? - relu(&column(x, 1)?)?)?);
    for rule in Rule::ALL {
        for f in [&first as &dyn Fn(&Tensor) -> crate::names::Result<Tensor>, &second] {
            let scores = path_integral(f, &tensor(&[3.0, 1.0]), &tensor(&[0.0, 0.0]), rule, 3_000).unwrap();
            close_all(&list(&scores), &[1.5, -0.5], 1e-3);
        }
    }
}

#[test]
fn a_linear_function_gets_its_own_coefficients() {
    let weights = [0.5, -2.0, 0.0, 3.25];
    let f = |x: &Tensor| Ok((x.broadcast_mul(&tensor(&weights))?.sum(1)? + 7.0)?);
    let (x, x0) = ([1.0, 2.0, 3.0, -4.0], [0.5, 0.0, 1.0, 1.0]);
    let expected: Vec<f64> = (0..4).map(|at| weights[at] * (x[at] - x0[at])).collect();
    for rule in Rule::ALL {
        let scores = path_integral(&f, &tensor(&x), &tensor(&x0), rule, 2).unwrap();
        close_all(&list(&scores), &expected, 1e-12);
    }
}

/// x²y from 0: the path gives 2/3 and 1/3 of the value. Gauss–Legendre with 2 points is exact for degree 3.
#[test]
fn a_product_is_shared_by_degree() {
    let f = |x: &Tensor| Ok((column(x, 0)?.sqr()? * column(x, 1)?)?);
    let scores =
        |rule, steps| list(&path_integral(&f, &tensor(&[3.0, 4.0]), &tensor(&[0.0, 0.0]), rule, steps).unwrap());
    close_all(&scores(Rule::GaussLegendre, 2), &[24.0, 12.0], 1e-12);
    // Degree 2 integrand: the trapezoid's error is 1/(6 (n−1)²) of 3α², the middle rule's 1/(12 n²) of it, each times 3.
    close_all(&scores(Rule::Trapezoid, 11), &[24.0 * (1.0 + 0.005), 12.0 * (1.0 + 0.005)], 1e-9);
    close_all(&scores(Rule::Middle, 10), &[24.0 * (1.0 - 0.0025), 12.0 * (1.0 - 0.0025)], 1e-9);
}

#[test]
fn points_and_weights() {
    let points = |rule: Rule, n: usize| -> (Vec<f64>, Vec<f64>) { rule.alphas_and_weights(n).into_iter().unzip() };
    assert_eq!(points(Rule::Left, 2), (vec![0.0, 0.5], vec![0.5, 0.5]));
    assert_eq!(points(Rule::Right, 2), (vec![0.5, 1.0], vec![0.5, 0.5]));
    assert_eq!(points(Rule::Middle, 2), (vec![0.25, 0.75], vec![0.5, 0.5]));
    let third = 1.0 / 3.0;
    assert_eq!(
        points(Rule::Trapezoid, 4),
        (vec![0.0, third, 2.0 / 3.0, 1.0], vec![third / 2.0, third, third, third / 2.0])
    );
    for (n, expected) in fixture()["gauss_legendre"].as_object().unwrap() {
        let (alphas, weights) = points(Rule::GaussLegendre, n.parse().unwrap());
        for (found, expected) in [(alphas, &expected["alphas"]), (weights, &expected["weights"])] {
            for (found, expected) in found.iter().zip(numbers(expected)) {
                assert!((found - expected).abs() < 1e-14, "{n} points: {found} {expected}");
            }
        }
    }
    for rule in Rule::ALL {
        for n in 2..200 {
            let (alphas, weights) = points(rule, n);
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-13, "{} {n}", rule.name());
            assert!(alphas.windows(2).all(|pair| pair[0] < pair[1]) && alphas[0] >= 0.0 && alphas[n - 1] <= 1.0);
        }
        assert_eq!(rule.alphas_and_weights(0), []);
    }
    assert_eq!(Rule::Trapezoid.alphas_and_weights(1), []);
    assert_eq!(Rule::GaussLegendre.alphas_and_weights(1), [(0.5, 1.0)]);
}

/// Integrated gradients at the embedding are those of the embedded input: the logit as a function of token vectors.
#[test]
fn a_text_is_a_path_integral_over_its_vectors() {
    let model = Toy::new(DType::F64);
    let input = model.encode("one of the weakest entries in the remake").unwrap();
    let (x, x0) = (model.embed(&input).unwrap(), model.embed(&input.padded_out()).unwrap());
    for rule in Rule::ALL {
        let whole = path_integral(&|x| column(&model.logits_of(x)?, 0), &x, &x0, rule, 70).unwrap(); // (tokens, width)
        let found = IntegratedGradients::new().rule(rule).steps(70).attribute(&model, &input, 0).unwrap();
        assert!(found.close_to(&whole.sum(1).unwrap(), 1e-12).unwrap());
    }
}

#[test]
fn scores_are_complete() {
    let model = Toy::new(DType::F64);
    let input = model.encode("one of the weakest entries in the remake <pad> not bad at all").unwrap();
    let own = Tensor::new(vec![vec![0.3f64; 6]; input.len()], &Device::Cpu).unwrap();
    let baselines = [
        Baseline::Pad,
        Baseline::Zero,
        Baseline::Mean,
        Baseline::Unknown,
        Baseline::Uniform(4),
        Baseline::Vectors(own),
    ];
    for baseline in baselines {
        for output in [Output::Logit, Output::Probability, Output::LogProbability] {
            for target in [0, 1] {
                let ig = IntegratedGradients::new().steps(60).baseline(baseline.clone()).output(output);
                let found = ig.attribute(&model, &input, target).unwrap();
                assert!(found.delta().abs() < 1e-9, "{}: {}", found.settings, found.delta());
                assert!(found.difference().abs() > 1e-3);
                assert!(found.settings.contains(&baseline.name()));
                let x0 = baseline.vectors(&model, &input).unwrap();
                let logits = list(&model.logits_of(&x0).unwrap());
                let expected = match output {
                    Output::Logit => logits[target],
                    Output::Probability => logits[target].exp() / (logits[0].exp() + logits[1].exp()),
                    Output::LogProbability => logits[target] - (logits[0].exp() + logits[1].exp()).ln(),
                };
                close_all(&[found.f_baseline], &[expected], 1e-12);
            }
        }
    }
}

#[test]
fn what_the_baselines_are() {
    let model = Toy::new(DType::F64);
    let input = model.input(&[2, 9, 10, 3], &[0, 3]); // the first and the last token are special
    let x = list(&model.embed(&input).unwrap());
    let matrix: Vec<Vec<f64>> = model.embedding.to_vec2().unwrap();
    let mean: Vec<f64> = (0..6).map(|k| matrix.iter().map(|row| row[k]).sum::<f64>() / 13.0).collect();
    let rows = [
        (Baseline::Pad, matrix[0].clone()),
        (Baseline::Unknown, matrix[1].clone()),
        (Baseline::Zero, vec![0.0; 6]),
        (Baseline::Mean, mean),
    ];
    for (baseline, row) in rows {
        let found = list(&baseline.vectors(&model, &input).unwrap());
        close_all(&found, &[&x[..6], &row, &row, &x[18..]].concat(), 1e-12);
        let scores = IntegratedGradients::new().baseline(baseline).attribute(&model, &input, 1).unwrap().scores;
        assert_eq!((scores[0], scores[3]), (0.0, 0.0));
        assert!(scores[1] != 0.0 && scores[2] != 0.0);
    }
    let drawn = |seed| list(&Baseline::Uniform(seed).vectors(&model, &input).unwrap());
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
    assert_ne!(drawn(1)[6..12], drawn(1)[12..18]);
    assert_eq!((&drawn(1)[..6], &drawn(1)[18..]), (&x[..6], &x[18..]));
    for seed in 0..50 {
        for (at, value) in drawn(seed)[6..18].iter().enumerate() {
            let inside = |better: fn(f64, f64) -> f64| matrix.iter().map(|row| row[at % 6]).reduce(better).unwrap();
            assert!((inside(f64::min)..=inside(f64::max)).contains(value));
        }
    }
}

#[test]
fn the_batch_does_not_matter() {
    for (dtype, tolerance) in [(DType::F64, 1e-13), (DType::F32, 1e-5)] {
        let model = Toy::new(dtype);
        let input = model.encode("one of the weakest entries in the remake").unwrap();
        let whole = IntegratedGradients::new().attribute(&model, &input, 0).unwrap();
        for rows in [1, 2, 7, 50, 1000] {
            let found = IntegratedGradients::new().batch(rows).attribute(&model, &input, 0).unwrap();
            assert!(found.close_to(&whole.scores, tolerance).unwrap());
            close_all(&[found.f_x, found.f_baseline], &[whole.f_x, whole.f_baseline], tolerance);
        }
        assert_eq!(whole, IntegratedGradients::new().attribute(&model, &input, 0).unwrap());
    }
}

/// Errors of the rules fall as theory says: left and right as 1/n, trapezoid and middle as 1/n².
#[test]
fn convergence() {
    let model = Toy::new(DType::F64);
    let input = model.encode("not bad at all").unwrap();
    let frame = IntegratedGradients::new().convergence(&model, &input, 1, &[1, 40, 80]).unwrap();
    assert_eq!(frame.get_column_names(), ["rule", "steps", "delta"]);
    assert_eq!(frame.height(), 14);
    let rules: Vec<&str> = frame.column("rule").unwrap().str().unwrap().iter().flatten().collect();
    let steps: Vec<u32> = frame.column("steps").unwrap().u32().unwrap().iter().flatten().collect();
    let deltas: Vec<f64> = frame.column("delta").unwrap().f64().unwrap().iter().flatten().collect();
    let delta = |rule: Rule, n: u32| {
        let at = (0..rules.len()).find(|&at| rules[at] == rule.name() && steps[at] == n).unwrap();
        let alone = IntegratedGradients::new().rule(rule).steps(n as usize).attribute(&model, &input, 1).unwrap();
        assert!((alone.delta() - deltas[at]).abs() < 1e-12);
        deltas[at]
    };
    for (rule, factor) in [(Rule::Left, 2.0), (Rule::Right, 2.0), (Rule::Middle, 4.0), (Rule::Trapezoid, 4.0)] {
        let ratio = delta(rule, 40) / delta(rule, 80);
        assert!((ratio / factor - 1.0).abs() < 0.15, "{}: {ratio}", rule.name());
    }
    assert!(delta(Rule::GaussLegendre, 40).abs() < 1e-9);
    assert!(delta(Rule::Left, 40).abs() > 1e-2);
}

#[test]
fn bad_input_is_told() {
    let model = Toy::new(DType::F32);
    let input = model.encode("not bad at all").unwrap();
    let fails = |ig: IntegratedGradients, message: &str| {
        let error = ig.attribute(&model, &input, 0).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    };
    let ig = IntegratedGradients::new;
    fails(ig().steps(0), "0 steps: the Gauss–Legendre rule needs at least 1 step;");
    fails(ig().steps(1).rule(Rule::Trapezoid), "at least 2 steps");
    let other = Tensor::zeros((3, 6), DType::F32, &Device::Cpu).unwrap();
    fails(ig().baseline(Baseline::Vectors(other)), "[3, 6], the text [4, 6]");
    let error = ig().convergence(&model, &input, 0, &[]).unwrap_err().to_string();
    assert!(error.contains("no numbers of steps"), "{error}");
    let pieces = Input { unk: None, ..input };
    let error = ig().baseline(Baseline::Unknown).attribute(&model, &pieces, 0).unwrap_err().to_string();
    assert!(error.contains("no unknown token"), "{error}");
    let f = |x: &Tensor| Ok(x.sum(1)?);
    let error = path_integral(&f, &tensor(&[1.0, 2.0]), &tensor(&[0.0]), Rule::Left, 5).unwrap_err().to_string();
    assert!(error.contains("[2]") && error.contains("[1]"), "{error}");
}
