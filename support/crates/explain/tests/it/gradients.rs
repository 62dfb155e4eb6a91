//! Gradients and the methods that look at them in one place: closed forms and identities. Captum's own numbers are in
//! captum.rs.

use crate::names::attribution::{gradient, relu};
use crate::names::candle_core::Tensor;
use crate::names::candle_nn::ops::softmax_last_dim;
use crate::names::*;
use crate::toy::{Toy, close_all};

fn list(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// Captum, tests/attr/test_saliency.py: 1 − ReLU(1 − x) pins ReLU′(0) = 0.
#[test]
fn saliency_of_a_relu_at_its_corner() {
    let x = Tensor::new(&[1.0f64, 2.0, 3.0, 0.0, -1.0, 7.0], &Device::Cpu).unwrap();
    let f = |x: &Tensor| Ok((1.0 - relu(&(1.0 - x)?)?)?);
    let (values, slope) = gradient(&f, &x).unwrap();
    assert_eq!(list(&slope), [0.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
    assert_eq!(list(&values), [1.0, 1.0, 1.0, 0.0, -1.0, 1.0]);
    // candle's own relu answers 1 at x = 1, where its argument is 0.
    let candle = |x: &Tensor| Ok((1.0 - (1.0 - x)?.relu()?)?);
    assert_eq!(list(&gradient(&candle, &x).unwrap().1)[0], 1.0);
}

#[test]
fn the_gradient_of_a_polynomial() {
    // x² y at (3, 4) and (−1, 2): (2xy, x²).
    let x = Tensor::new(&[[3.0f64, 4.0], [-1.0, 2.0]], &Device::Cpu).unwrap();
    let f = |x: &Tensor| Ok((x.narrow(1, 0, 1)?.sqr()? * x.narrow(1, 1, 1)?)?.squeeze(1)?);
    let (values, slope) = gradient(&f, &x).unwrap();
    assert_eq!(list(&values), [36.0, 2.0]);
    assert_eq!(list(&slope), [24.0, 9.0, -4.0, 1.0]);
}

#[test]
fn gradients_that_do_not_arrive_are_errors() {
    let x = Tensor::new(&[[1.0f32, 2.0]], &Device::Cpu).unwrap();
    let dropped = |x: &Tensor| Ok(softmax_last_dim(x)?.sum(1)?);
    let constant = |x: &Tensor| Ok(Tensor::ones(x.dim(0)?, DType::F32, &Device::Cpu)?);
    let shape = |x: &Tensor| Ok((x * 2.0)?);
    let fails = |_: &Tensor| Err(Error::new("the model is not there"));
    type Function<'a> = &'a dyn Fn(&Tensor) -> crate::names::Result<Tensor>;
    let cases: [(Function, &str); 4] = [
        (&dropped, "no gradient reaches the input"),
        (&constant, "no gradient reaches the input"),
        (&shape, "one per point"),
        (&fails, "not there"),
    ];
    for (f, message) in cases {
        let error = gradient(f, &x).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

/// On a model that is linear, the mean of gradients is the gradient: SmoothGrad changes nothing, whatever the noise.
/// On the toy it does, and with little noise it comes back to the gradient.
#[test]
fn smooth_grad() {
    let model = Toy::new(DType::F64);
    let input = model.encode("one of the weakest entries").unwrap();
    let plain = Saliency::new().attribute(&model, &input, 0).unwrap();
    let smooth = |noise: f64, seed: u64| {
        SmoothGrad::new().samples(200).noise(noise).seed(seed).attribute(&model, &input, 0).unwrap()
    };
    assert_eq!(smooth(0.3, 1), smooth(0.3, 1));
    assert_ne!(smooth(0.3, 1).scores, smooth(0.3, 2).scores);
    let far = |a: &Attribution, b: &Attribution| {
        a.scores.iter().zip(&b.scores).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    assert!(far(&smooth(0.5, 1), &plain) > 10.0 * far(&smooth(0.01, 1), &plain));
    close_all(&smooth(0.0, 1).scores, &plain.scores, 1e-12);
    let product = InputXGradient::new().attribute(&model, &input, 0).unwrap();
    let signed = SmoothGrad::new().noise(0.0).times_input(true).attribute(&model, &input, 0).unwrap();
    close_all(&signed.scores, &product.scores, 1e-12);
    assert!(!signed.unsigned && smooth(0.3, 1).unsigned);
}

/// The noise has the spread that is asked for, seen by a model whose gradient is not linear.
/// Its logit is Σ x³/3 over all coordinates: the gradient x², whose mean under noise s is x² + s².
#[test]
fn the_noise_has_the_spread_that_is_asked_for() {
    struct Cubic(Toy);
    impl TextClassifier for Cubic {
        fn classes(&self) -> &[String] {
            self.0.classes()
        }
        fn probabilities(&self, texts: &[String]) -> crate::names::Result<Vec<Vec<f64>>> {
            self.0.probabilities(texts)
        }
    }
    impl DifferentiableClassifier for Cubic {
        fn encode(&self, text: &str) -> crate::names::Result<Input> {
            self.0.encode(text)
        }
        fn embed(&self, input: &Input) -> crate::names::Result<Tensor> {
            self.0.embed(input)
        }
        fn logits_of(&self, embedded: &Tensor) -> crate::names::Result<Tensor> {
            let cubes = (embedded.powf(3.0)? / 3.0)?.sum_keepdim((1, 2))?.squeeze(2)?; // (batch, 1)
            Ok(Tensor::cat(&[&cubes, &cubes.neg()?], 1)?)
        }
        fn embedding_matrix(&self) -> crate::names::Result<Tensor> {
            self.0.embedding_matrix()
        }
    }
    let model = Cubic(Toy::new(DType::F64));
    let matrix = list(&model.embedding_matrix().unwrap());
    let mean = matrix.iter().sum::<f64>() / matrix.len() as f64;
    let spread = (matrix.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / matrix.len() as f64).sqrt();
    let input = model.encode("weakest").unwrap();
    let found = SmoothGrad::new().samples(20_000).noise(1.0).attribute(&model, &input, 0).unwrap();
    let x = list(&model.embed(&input).unwrap());
    let expected = x.iter().map(|x| (x * x + spread.powi(2)).powi(2)).sum::<f64>().sqrt();
    close_all(&found.scores, &[expected], 0.02);
    let without = x.iter().map(|x| x.powi(4)).sum::<f64>().sqrt();
    assert!((expected - without) / without > 0.3, "the test must see the noise: {expected} {without}");
}

#[test]
fn many_texts_at_once_get_the_scores_of_each_alone() {
    let model = Toy::new(DType::F32);
    let texts =
        ["one of the weakest", "not bad at all", "bad", "not bad", "the weakest entries in the remake", "bad bad"];
    let inputs: Vec<Input> = (0..60).map(|k| model.encode(texts[k % 6]).unwrap()).collect();
    let targets: Vec<usize> = (0..60).map(|k| k / 6 % 2).collect();
    let methods: [&dyn Method; 4] = [
        &Saliency::new(),
        &InputXGradient::new(),
        &SmoothGrad::new().samples(7),
        &IntegratedGradients::new().steps(9).rule(Rule::Trapezoid),
    ];
    for method in methods {
        let all = method.attribute_all(&model, &inputs, &targets).unwrap();
        assert_eq!(all.len(), inputs.len());
        for (at, found) in all.iter().enumerate() {
            let alone = method.attribute(&model, &inputs[at], targets[at]).unwrap();
            assert!(found.close_to(&alone.scores, 1e-5).unwrap(), "{} text {at}", method.name());
            close_all(&[found.f_x, found.f_baseline], &[alone.f_x, alone.f_baseline], 1e-5);
            assert_eq!((&found.tokens, found.target), (&alone.tokens, targets[at]));
        }
    }
}

#[test]
fn what_an_attribution_tells() {
    let model = Toy::new(DType::F64);
    let input = model.input(&[2, 1, 9, 1], &[0]); // "one" is special; two unknown words
    let found = InputXGradient::new().attribute(&model, &input, 1).unwrap();
    assert_eq!(found.labels(), ["one", "<oov> (strange)", "not", "<oov> (strange)"]);
    assert_eq!(found.spans[0], []);
    assert_eq!(found.spans[2], [data::Span { start: 12, end: 15 }]);
    let frame = found.frame().unwrap();
    assert_eq!(frame.get_column_names(), ["position", "token", "score"]);
    assert_eq!(frame.height(), 4);
    let scores = Tensor::new(found.scores.as_slice(), &Device::Cpu).unwrap().to_dtype(DType::F32).unwrap();
    assert!(found.close_to(&scores, 1e-6).unwrap());
    assert!(found.close_to(&found.scores, 0.0).unwrap());
    let mut other = found.scores.clone();
    other[2] += 1.1e-3 * other.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    assert!(!found.close_to(&other, 1e-3).unwrap() && found.close_to(&other, 2e-3).unwrap());
    assert!(!found.close_to(&[f64::NAN; 4], 1.0).unwrap());
    assert!(found.close_to(&[0.0; 3], 1.0).unwrap_err().to_string().contains("3 scores"));
    assert!(found.close_to(&scores.unsqueeze(0).unwrap(), 1.0).unwrap_err().to_string().contains("[1, 4]"));
    close_all(&[found.delta()], &[found.scores.iter().sum::<f64>() - (found.f_x - found.f_baseline)], 1e-12);
}

#[test]
fn bad_input_is_told() {
    let model = Toy::new(DType::F32);
    let input = model.encode("not bad at all").unwrap();
    let fails = |method: &dyn Method, model: &Toy, input: &Input, target: usize, message: &str| {
        let error = method.attribute(model, input, target).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    };
    let saliency = Saliency::new();
    fails(&saliency, &model, &input, 2, "there is no class 2");
    fails(&saliency, &model, &model.input(&[], &[]), 0, "no tokens");
    fails(&saliency.clone().batch(0), &model, &input, 0, "batch(0)");
    fails(&SmoothGrad::new().samples(0), &model, &input, 0, "samples(0)");
    fails(&SmoothGrad::new().noise(-1.0), &model, &input, 0, "noise(-1)");
    fails(&saliency, &Toy { broken: true, ..Toy::new(DType::F32) }, &input, 0, "not a finite number");
    fails(&saliency, &Toy { cut: true, ..Toy::new(DType::F32) }, &input, 0, "no gradient reaches");
    let error = saliency.attribute_all(&model, std::slice::from_ref(&input), &[0, 1]).unwrap_err().to_string();
    assert!(error.contains("1 texts but 2 classes"), "{error}");
    let error = saliency.attribute_all(&model, &[input.clone(), input], &[0, 7]).unwrap_err().to_string();
    assert!(error.starts_with("text 1: there is no class 7"), "{error}");
}
