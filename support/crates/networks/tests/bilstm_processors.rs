//! The same numbers on any number of threads and with any instructions: each case runs in a process of its own.

#[path = "../../../tests/again/mod.rs"]
mod again;

use candle_core::{DType, Device, Tensor, Var};
use networks::train::{Example, Trainable};
use networks::{BiLstm, BiLstmConfig};
use text::WordTokenizer;
use text::model::DifferentiableClassifier;

/// Logits and gradients of a network as numbers in one line. Runs only as a child of the test below.
#[test]
fn child() {
    let Ok(instructions) = std::env::var("BILSTM_INSTRUCTIONS") else { return };
    kernels::loops::use_instructions(&instructions).unwrap();
    let words: Vec<String> = (2..50).map(|i| format!("w{i}")).collect();
    let tokenizer = WordTokenizer::train(&[words.join(" ")], 50, 1).unwrap();
    let config = BiLstmConfig { embedding: 72, hidden: 40, ..BiLstmConfig::new(50, &["a", "b"].map(String::from)) };
    let model = BiLstm::new(&config, &tokenizer, 5).unwrap();
    let examples: Vec<Example> = (1..30u32)
        .map(|n| Example { ids: (0..n).map(|t| 1 + (n * 7 + t * 3) % 49).collect(), targets: vec![n % 2] })
        .collect();
    let logits = model.logits(&examples.iter().collect::<Vec<_>>(), Some(3)).unwrap();
    let gradients = logits.sqr().unwrap().sum_all().unwrap().backward().unwrap();
    let mut numbers: Vec<f32> = logits.flatten_all().unwrap().to_vec1().unwrap();
    for (_, var) in model.variables() {
        numbers.extend(gradients.get(&var).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap());
    }
    let x = Var::from_tensor(&(Tensor::ones((7, 9, 72), DType::F32, &Device::Cpu).unwrap() * 0.3).unwrap()).unwrap();
    let gradients = model.logits_of(&x).unwrap().sum_all().unwrap().backward().unwrap();
    numbers.extend(gradients.get(&x).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap());
    let line: Vec<String> = numbers.iter().map(|x| x.to_bits().to_string()).collect();
    println!("numbers: {}", line.join(" "));
}

fn numbers(instructions: &str, threads: &str) -> Vec<f32> {
    let text = again::printed("child", &[("BILSTM_INSTRUCTIONS", instructions), ("RAYON_NUM_THREADS", threads)]);
    let Some((_, line)) = text.split_once("numbers: ") else { panic!("{instructions}, {threads} threads: {text}") };
    let line = line.lines().next().unwrap();
    line.split(' ').map(|bits| f32::from_bits(bits.parse().unwrap())).collect()
}

#[test]
fn the_same_numbers_everywhere() {
    let expected = numbers("best", "2");
    assert!(expected.len() > 70_000 && expected.iter().all(|x| x.is_finite()));
    let same = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits());
    for threads in ["1", "3", "8"] {
        assert!(same(&expected, &numbers("best", threads)), "{threads} threads");
    }
    // `avx2` is what there is at best: on a processor without it, this compares `portable` with itself.
    assert!(same(&expected, &numbers("avx2", "2")) || cfg!(not(target_arch = "x86_64")), "avx2");
    // Without fused multiply-add the last digits differ.
    for (i, (found, expected)) in numbers("portable", "2").iter().zip(&expected).enumerate() {
        assert!((found - expected).abs() <= 1e-5 * expected.abs().max(1.0), "portable, {i}: {found}, {expected}");
    }
}

#[test]
fn unknown_instructions_are_named() {
    let message = kernels::loops::use_instructions("sse").unwrap_err().to_string();
    assert!(message.contains("`sse`") && message.contains("avx2"), "{message}");
}
