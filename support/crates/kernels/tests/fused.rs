//! The fast operations against the readable formulas of `ops`: forward and gradients, for sizes that do and do not
//! fill a vector, on one row and on many.

#[path = "../../../tests/again/mod.rs"]
mod again;

use candle_core::{DType, Device, Tensor, Var};
use ground::Result;
use kernels::{fused, loops, ops};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn random(seed: u64, shape: &[usize]) -> Tensor {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let count: usize = shape.iter().product();
    let numbers: Vec<f32> = (0..count).map(|_| random.random_range(-2.0..2.0)).collect();
    Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap()
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

#[track_caller]
fn close(a: &Tensor, b: &Tensor, tolerance: f32, what: &str) {
    assert_eq!(a.dims(), b.dims(), "{what}");
    let largest = numbers(b).iter().fold(1.0f32, |largest, x| largest.max(x.abs()));
    for (a, b) in numbers(a).into_iter().zip(numbers(b)) {
        assert!((a - b).abs() <= tolerance * largest, "{what}: {a} and {b}, of at most {largest}");
    }
}

type Op<'a> = &'a dyn Fn(&[Tensor]) -> Result<Tensor>;

/// The value of `op` and the gradients of a weighted sum of its numbers with respect to all inputs.
fn value_and_gradients(op: Op, inputs: &[Tensor]) -> Vec<Tensor> {
    let vars: Vec<Var> = inputs.iter().map(|input| Var::from_tensor(input).unwrap()).collect();
    let tensors: Vec<Tensor> = vars.iter().map(|var| var.as_tensor().clone()).collect();
    let value = op(&tensors).unwrap();
    let weights = random(99, value.dims());
    let slopes = (&value * weights).unwrap().sum_all().unwrap().backward().unwrap();
    let mut found = vec![value.detach()];
    found.extend(vars.iter().map(|var| slopes.get(var).expect("a gradient for each input").clone()));
    found
}

#[track_caller]
fn same(what: &str, fast: Op, readable: Op, inputs: &[Tensor]) {
    let (fast, readable) = (value_and_gradients(fast, inputs), value_and_gradients(readable, inputs));
    for (at, (fast, readable)) in fast.iter().zip(&readable).enumerate() {
        close(fast, readable, 2e-5, &format!("{what}, result {at} of value and gradients"));
    }
}

const SHAPES: [[usize; 3]; 5] = [[1, 1, 5], [2, 3, 16], [2, 7, 40], [5, 24, 384], [1, 300, 33]];

#[test]
fn softmax() {
    for shape in SHAPES {
        same("softmax", &|x| fused::softmax(&x[0]), &|x| ops::softmax(&x[0]), &[random(1, &shape)]);
    }
    let masked = Tensor::new(&[[0f32, f32::MIN, 1.0], [f32::MIN, 5.0, f32::MIN]], &Device::Cpu).unwrap();
    let found: Vec<Vec<f32>> = fused::softmax(&masked).unwrap().to_vec2().unwrap();
    assert!(found[0][1] == 0.0 && found[1] == [0.0, 1.0, 0.0], "{found:?}");
}

#[test]
fn norms() {
    for shape in SHAPES {
        let (weight, bias) = (random(2, &shape[2..]), random(3, &shape[2..]));
        let inputs = [random(1, &shape), weight, bias];
        let (fast, readable): (Op, Op) =
            (&|x| fused::layer_norm(&x[0], &x[1], &x[2], 1e-5), &|x| ops::layer_norm(&x[0], &x[1], &x[2], 1e-5));
        same("layer norm", fast, readable, &inputs);
        let (fast, readable): (Op, Op) =
            (&|x| fused::rms_norm(&x[0], &x[1], 1e-6), &|x| ops::rms_norm(&x[0], &x[1], 1e-6));
        same("root-mean-square norm", fast, readable, &inputs[..2]);
    }
}

#[test]
fn activations() {
    for shape in SHAPES {
        let x = [(random(1, &shape) * 4.0).unwrap()];
        same("gelu", &|x| fused::gelu(&x[0]), &|x| ops::gelu(&x[0]), &x);
        same("gelu_new", &|x| fused::gelu_new(&x[0]), &|x| ops::gelu_new(&x[0]), &x);
        same("silu", &|x| fused::silu(&x[0]), &|x| ops::silu(&x[0]), &x);
    }
    // Far out they are the identity and 0.
    let far = Tensor::new(&[-1e4f32, -90.0, -20.0, 0.0, 20.0, 90.0, 1e4], &Device::Cpu).unwrap();
    for f in [fused::gelu, fused::gelu_new, fused::silu] {
        close(&f(&far).unwrap(), &far.relu().unwrap(), 1e-8, "far out");
    }
}

#[test]
fn linear_layers() {
    for ([batch, tokens, inputs], outputs) in SHAPES.into_iter().zip([3, 16, 64, 1536, 2]) {
        let (weight, bias) = (random(2, &[outputs, inputs]), random(3, &[outputs]));
        let x = random(1, &[batch, tokens, inputs]);
        let readable: Op = &|x| ops::linear(&x[0], &x[1], Some(&x[2]));
        same(
            "linear",
            &|x| fused::linear(&x[0], &x[1], Some(&x[2])),
            readable,
            &[x.clone(), weight.clone(), bias.clone()],
        );
        same(
            "linear without bias",
            &|x| fused::linear(&x[0], &x[1], None),
            &|x| ops::linear(&x[0], &x[1], None),
            &[x.clone(), weight.clone()],
        );
        let frozen = std::sync::Arc::new(fused::Frozen::new(&weight, Some(&bias)).unwrap());
        let readable: Op = &|x| ops::linear(&x[0], &weight, Some(&bias));
        same("frozen linear", &|x| frozen.forward(&x[0]), readable, &[x]);
    }
}

#[test]
fn rotary_positions() {
    let (x, angles) = (random(1, &[2, 5, 3, 8]), random(2, &[5, 4]));
    let (cos, sin) = (angles.cos().unwrap(), angles.sin().unwrap());
    same("rotary", &|x| fused::rotary(&x[0], &cos, &sin), &|x| ops::rotary(&x[0], &cos, &sin), &[x]);
}

#[test]
fn attention() {
    // batch, tokens, heads, key heads, head width
    for [batch, tokens, heads, key_heads, width] in
        [[1, 1, 1, 1, 4], [2, 7, 4, 2, 8], [3, 24, 12, 12, 32], [2, 65, 6, 1, 20]]
    {
        let key_shape = [batch, tokens, key_heads, width];
        let inputs = [random(1, &[batch, tokens, heads, width]), random(2, &key_shape), random(3, &key_shape)];
        let causal: Vec<f32> =
            (0..tokens * tokens).map(|at| if at % tokens > at / tokens { ops::MASKED } else { 0.0 }).collect();
        let causal = Tensor::from_vec(causal, (1, 1, tokens, tokens), &Device::Cpu).unwrap();
        let mut padding = vec![0f32; batch * tokens];
        padding.iter_mut().skip(tokens - tokens / 3).take(tokens / 3).for_each(|x| *x = ops::MASKED);
        let padding = Tensor::from_vec(padding, (batch, 1, 1, tokens), &Device::Cpu).unwrap();
        for mask in [None, Some(&causal), Some(&padding)] {
            let what = format!("attention of {tokens} tokens, mask {:?}", mask.map(Tensor::dims));
            let fast: Op = &|x| fused::attention(&x[0], &x[1], &x[2], mask, 0.3);
            same(&what, fast, &|x| ops::attention(&x[0], &x[1], &x[2], mask, 0.3), &inputs);
        }
        // One query for all keys.
        let first = inputs[0].narrow(1, 0, 1).unwrap();
        let alone = fused::attention(&first, &inputs[1], &inputs[2], Some(&padding), 0.3).unwrap();
        let all = fused::attention(&inputs[0], &inputs[1], &inputs[2], Some(&padding), 0.3).unwrap();
        assert_eq!(numbers(&alone), numbers(&all.narrow(1, 0, 1).unwrap()));
    }
}

#[test]
fn what_is_not_followed_gets_no_gradient() {
    let (weight, bias) = (random(2, &[8, 16]), random(3, &[8]));
    let x = Var::from_tensor(&random(1, &[4, 16])).unwrap();
    let slopes = fused::linear(&x, &weight, Some(&bias)).unwrap().sum_all().unwrap().backward().unwrap();
    assert!(slopes.get(&x).is_some() && slopes.get(&weight).is_none() && slopes.get(&bias).is_none());
}

#[test]
fn shapes_that_do_not_fit() {
    let x = random(1, &[2, 3, 8]);
    assert!(fused::linear(&x, &random(2, &[4, 9]), None).is_err());
    assert!(fused::Frozen::new(&random(2, &[4, 9]), Some(&random(3, &[5]))).is_err());
    assert!(fused::layer_norm(&x, &random(2, &[7]), &random(2, &[7]), 1e-5).is_err());
    let (q, k) = (random(1, &[1, 3, 4, 8]), random(1, &[1, 3, 3, 8]));
    assert!(fused::attention(&q, &k, &k, None, 1.0).is_err());
    assert!(fused::softmax(&x.to_dtype(DType::F64).unwrap()).is_err());
}

/// AVX-512 and AVX2 give the same bits, plain code nearly the same numbers. The choice is global: the test runs again as
/// a process of its own, so that the other tests never see it change.
#[test]
fn every_processor() {
    if std::env::var_os("FUSED_ALONE").is_none() {
        again::printed("every_processor", &[("FUSED_ALONE", "1")]);
        return;
    }
    let [x, weight, bias] = [random(1, &[3, 37, 96]), random(2, &[200, 96]), random(3, &[200])];
    let norm = [random(4, &[200]), random(5, &[200])];
    let chain: Op = &|x| {
        let y = fused::linear(&x[0], &x[1], Some(&x[2]))?;
        let y = fused::gelu(&fused::layer_norm(&y, &norm[0], &norm[1], 1e-5)?)?.reshape((3, 37, 4, 50))?;
        fused::softmax(&fused::attention(&y, &y, &y, None, 0.1)?)
    };
    let results = ["avx512", "avx2", "portable"].map(|instructions| {
        loops::use_instructions(instructions).unwrap();
        value_and_gradients(chain, &[x.clone(), weight.clone(), bias.clone()])
    });
    loops::use_instructions("best").unwrap();
    for (wide, narrow) in results[0].iter().zip(&results[1]) {
        let bits = |tensor: &Tensor| numbers(tensor).iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(wide), bits(narrow));
    }
    for (wide, plain) in results[0].iter().zip(&results[2]) {
        close(plain, wide, 1e-4, "plain code");
    }
}
