//! The Bi-LSTM against PyTorch, against its own readable form, against finite differences; checkpoints and bad input.

use std::path::PathBuf;

use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};
use candle_nn::loss::cross_entropy;
use networks::train::{AdamW, Example, Trainable};
use networks::{BiLstm, BiLstmConfig};
use serde_json::{self, Value};
use text::WordTokenizer;
use text::model::{DifferentiableClassifier, TextClassifier};

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/bilstm.json")).unwrap()
}

fn floats(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap() as f32).collect()
}

fn size(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

fn texts(value: &Value) -> Vec<Vec<u32>> {
    let ids = |text: &Value| text.as_array().unwrap().iter().map(|id| size(id) as u32).collect();
    value.as_array().unwrap().iter().map(ids).collect()
}

/// A network whose vocabulary is `<pad>`, `<oov>`, w2, w3, …
fn network(vocabulary: usize, embedding: usize, hidden: usize, layers: usize, classes: usize) -> BiLstm {
    let words: Vec<String> = (2..vocabulary).map(|i| format!("w{i}")).collect();
    let tokenizer = WordTokenizer::train(&[words.join(" ")], vocabulary, 1).unwrap();
    let classes: Vec<String> = (0..classes).map(|i| format!("class {i}")).collect();
    let config = BiLstmConfig { embedding, hidden, layers, ..BiLstmConfig::new(vocabulary, &classes) };
    BiLstm::new(&config, &tokenizer, 5).unwrap()
}

/// The network of one part of the fixture, with its weights.
fn of_fixture(part: &Value) -> BiLstm {
    let sizes = ["vocabulary", "embedding", "hidden", "layers", "classes"].map(|name| size(&part[name]));
    let model = network(sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]);
    let scale = part["scale"].as_f64().unwrap();
    for (p, (name, var)) in model.variables().iter().enumerate() {
        assert_eq!(part["shapes"][p][0], name.as_str(), "the parameters have PyTorch's names and order");
        let value = |i: usize| (scale * (12.9898 * (i + 1) as f64 + 78.233 * (p + 1) as f64).sin()) as f32;
        let mut values: Vec<f32> = (0..var.elem_count()).map(value).collect();
        if p == 0 {
            values[..sizes[1]].fill(0.0);
        }
        model.set_parameter(name, &Tensor::from_vec(values, var.shape(), &Device::Cpu).unwrap()).unwrap();
    }
    model
}

fn examples(texts: &[Vec<u32>], targets: &[u32]) -> Vec<Example> {
    texts.iter().zip(targets).map(|(ids, &target)| Example { ids: ids.clone(), targets: vec![target] }).collect()
}

fn logits(model: &BiLstm, examples: &[Example], dropout: Option<u64>) -> Tensor {
    model.logits(&examples.iter().collect::<Vec<_>>(), dropout).unwrap()
}

fn loss(logits: &Tensor, examples: &[Example]) -> Tensor {
    let targets: Vec<u32> = examples.iter().map(|example| example.targets[0]).collect();
    cross_entropy(logits, &Tensor::new(targets, &Device::Cpu).unwrap()).unwrap()
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn of(gradients: &GradStore, var: &Var) -> Vec<f32> {
    flat(gradients.get(var).expect("every parameter gets a gradient"))
}

#[track_caller]
fn close(found: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance * e.abs().max(1.0), "{what}, place {i}: found {f}, expected {e}");
    }
}

/// A padded batch of the texts' word vectors, (batch, tokens, width), and the lengths.
fn embedded(model: &BiLstm, texts: &[Vec<u32>]) -> (Tensor, Vec<usize>) {
    let longest = texts.iter().map(Vec::len).max().unwrap();
    let ids: Vec<u32> = texts.iter().flat_map(|ids| (0..longest).map(|t| ids.get(t).copied().unwrap_or(0))).collect();
    let (_, embedding) = &model.variables()[0];
    let x = embedding.index_select(&Tensor::new(ids, &Device::Cpu).unwrap(), 0).unwrap();
    (x.reshape((texts.len(), longest, ())).unwrap(), texts.iter().map(Vec::len).collect())
}

#[test]
fn equal_to_pytorch() {
    for name in ["small", "deep", "lesson"] {
        let part = &fixture()[name];
        let model = of_fixture(part);
        let texts = texts(&part["texts"]);
        let targets: Vec<u32> = part["targets"].as_array().unwrap().iter().map(|t| size(t) as u32).collect();
        let examples = examples(&texts, &targets);
        let expected = floats(&part["logits"]);

        let fast = logits(&model, &examples, None);
        close(&flat(&fast), &expected, 1e-5, &format!("{name}: logits"));
        let (x, lengths) = embedded(&model, &texts);
        let slow = model.reference_logits(&x, &lengths).unwrap();
        close(&flat(&slow), &expected, 1e-5, &format!("{name}: logits of the reference"));

        for (way, logits) in [("fast", fast), ("reference", slow)] {
            let loss = loss(&logits, &examples);
            close(&[loss.to_scalar().unwrap()], &[part["loss"].as_f64().unwrap() as f32], 1e-5, "loss");
            let gradients = loss.backward().unwrap();
            for (parameter, var) in model.variables() {
                let what = format!("{name}, {way}: gradient of {parameter}");
                let mut gradient = of(&gradients, &var);
                if parameter == "embedding.weight" {
                    // PyTorch has none for `padding_idx`; the reference reads padding, with no effect.
                    assert!(gradient[..size(&part["embedding"])].iter().all(|&g| g == 0.0), "{what}: <pad>");
                }
                let expected = floats(&part["gradients"][&parameter]);
                if name == "lesson" {
                    let sum = |f: &dyn Fn(usize, f64) -> f64| -> f64 {
                        gradient.iter().enumerate().map(|(i, &g)| f(i, f64::from(g))).sum()
                    };
                    let norm = sum(&|_, g| g * g).sqrt();
                    let weighted = sum(&|i, g| g * (0.7 * (i + 1) as f64).sin());
                    gradient = vec![norm as f32, weighted as f32];
                }
                close(&gradient, &expected, 1e-5, &what);
            }
        }

        // The gradient of a logit with respect to the vectors of one text, parameters frozen.
        let longest = texts.iter().rev().max_by_key(|ids| ids.len()).unwrap();
        let x = embedded(&model, std::slice::from_ref(longest)).0.squeeze(0).unwrap();
        let x = Var::from_tensor(&x.detach()).unwrap();
        let logit = model.logits_of(&x).unwrap().get(1).unwrap();
        let gradients = logit.backward().unwrap();
        let gradient = gradients.get(&x).unwrap();
        let gradient = match name {
            "lesson" => gradient.sqr().unwrap().sum(1).unwrap().sqrt().unwrap(),
            _ => gradient.clone(),
        };
        close(&flat(&gradient), &floats(&part["input_gradient"]), 1e-5, &format!("{name}: gradient of the input"));
        for (parameter, var) in model.variables() {
            assert!(gradients.get(&var).is_none(), "{parameter} is frozen in logits_of");
        }
    }
}

#[test]
fn fast_is_reference() {
    // Widths and units that are and are not multiples of 16, one layer and three.
    for (embedding, hidden, layers) in [(16, 16, 1), (33, 20, 2), (128, 64, 2), (5, 70, 1), (80, 3, 3)] {
        let model = network(40, embedding, hidden, layers, 3);
        let texts: Vec<Vec<u32>> = [9, 1, 30, 9, 2, 13, 30, 5]
            .iter()
            .enumerate()
            .map(|(n, &length)| (0..length).map(|t| 1 + (n * 31 + t * 17 + t * t) as u32 % 39).collect())
            .collect();
        let examples = examples(&texts, &[0, 1, 2, 0, 1, 2, 0, 1]);
        let fast = logits(&model, &examples, None);
        let (x, lengths) = embedded(&model, &texts);
        let slow = model.reference_logits(&x, &lengths).unwrap();
        close(&flat(&fast), &flat(&slow), 1e-5, "logits");
        let fast = loss(&fast, &examples).backward().unwrap();
        let slow = loss(&slow, &examples).backward().unwrap();
        for (name, var) in model.variables() {
            let what = format!("{embedding}-{hidden}-{layers}: {name}");
            assert!(of(&slow, &var).iter().any(|&g| g != 0.0), "{what}: the gradient is not all zero");
            close(&of(&fast, &var), &of(&slow, &var), 1e-5, &what);
        }
    }
}

/// With dropout too: the same seed drops the same numbers, so the loss has a slope, and this is it.
#[test]
fn a_training_step_is_the_slope_of_the_loss() {
    let model = network(40, 24, 20, 2, 3);
    let texts: Vec<Vec<u32>> =
        [9, 4, 12, 9].iter().map(|&n| (0..n).map(|t| 1 + (n * 31 + t * 17 + t * t) % 39).collect()).collect();
    let examples = examples(&texts, &[0, 1, 2, 0]);
    let batch: Vec<&Example> = examples.iter().collect();
    for dropout in [None, Some(4)] {
        let value = || -> f32 {
            let logits = model.logits(&batch, dropout).unwrap();
            loss(&logits, &examples).to_scalar().unwrap()
        };
        let (found, backward) = model.logits_and_backward(&batch, dropout).unwrap().unwrap();
        let found = Var::from_tensor(&found).unwrap();
        let d_logits = loss(&found, &examples).backward().unwrap();
        let gradients = backward(d_logits.get(&found).unwrap()).unwrap();
        for (name, var) in model.variables() {
            let (before, gradient) = (var.as_tensor().copy().unwrap(), of(&gradients, &var));
            // The way of the steepest rise, one unit long: the slope along it is the gradient's length.
            let length = gradient.iter().map(|g| g * g).sum::<f32>().sqrt();
            assert!(length > 1e-4, "{name}, {dropout:?}: {length}");
            let way: Vec<f32> = gradient.iter().map(|g| g / length).collect();
            let way = Tensor::from_vec(way, before.dims(), &Device::Cpu).unwrap();
            let step = 2e-2;
            let at = |distance: f64| {
                var.set(&(&before + (&way * distance).unwrap()).unwrap()).unwrap();
                value()
            };
            let slope = (at(step) - at(-step)) / (2.0 * step as f32);
            var.set(&before).unwrap();
            assert!((slope - length).abs() < 0.02 * length + 2e-5, "{name}, {dropout:?}: {slope} and {length}");
        }
    }
}

#[test]
fn the_two_halves_of_a_step_are_the_whole() {
    for (embedding, hidden, layers) in [(33, 20, 2), (128, 64, 2), (5, 16, 1)] {
        let model = network(40, embedding, hidden, layers, 3);
        let texts: Vec<Vec<u32>> =
            [9, 1, 30, 9].iter().map(|&n| (0..n).map(|t| 1 + (n * 31 + t * 17 + t * t) % 39).collect()).collect();
        let examples = examples(&texts, &[0, 1, 2, 0]);
        for dropout in [None, Some(4)] {
            let batch: Vec<&Example> = examples.iter().collect();
            let expected = model.logits(&batch, dropout).unwrap();
            let (found, backward) = model.logits_and_backward(&batch, dropout).unwrap().unwrap();
            assert_eq!(flat(&found), flat(&expected));
            let found = Var::from_tensor(&found).unwrap();
            let d_logits = loss(&found, &examples).backward().unwrap();
            let found = backward(d_logits.get(&found).unwrap()).unwrap();
            let expected = loss(&expected, &examples).backward().unwrap();
            for (name, var) in model.variables() {
                let what = format!("{embedding}-{hidden}-{layers}, {dropout:?}: {name}");
                close(&of(&found, &var), &of(&expected, &var), 1e-6, &what);
            }
        }
    }
}

#[test]
fn gradient_is_the_slope() {
    let model = network(30, 24, 20, 2, 2);
    let x: Vec<f32> = (0..3 * 6 * 24).map(|i| (0.37 * i as f32).sin()).collect();
    let x = Var::from_vec(x, (3, 6, 24), &Device::Cpu).unwrap();
    let way: Vec<f32> = (0..3 * 6 * 24).map(|i| (1.7 * i as f32).cos()).collect();
    let way = Tensor::from_vec(way, (3, 6, 24), &Device::Cpu).unwrap();
    let f = |x: &Tensor| model.logits_of(x).unwrap().get_on_dim(1, 1).unwrap().sum_all().unwrap();
    let gradients = f(&x).backward().unwrap();
    let slope: f32 = (gradients.get(&x).unwrap() * &way).unwrap().sum_all().unwrap().to_scalar().unwrap();
    let step = 1e-2;
    let at = |distance: f64| -> f32 { f(&(x.as_tensor() + (&way * distance).unwrap()).unwrap()).to_scalar().unwrap() };
    let expected = (at(step) - at(-step)) / (2.0 * step as f32);
    assert!(slope.abs() > 0.01, "the direction matters: {slope}");
    assert!((slope - expected).abs() < 0.005 * expected.abs(), "gradient {slope}, slope {expected}");
    // The same graph can be asked for another gradient.
    let again = f(&x).backward().unwrap();
    assert_eq!(flat(again.get(&x).unwrap()), flat(gradients.get(&x).unwrap()));
}

#[test]
fn a_text_does_not_depend_on_its_batch() {
    let model = network(50, 128, 64, 2, 2);
    let texts: Vec<Vec<u32>> = (1..40).map(|n| (0..n).map(|t| 1 + (n * 7 + t * 3) % 49).collect()).collect();
    let batch = examples(&texts, &[0; 39]);
    let together = logits(&model, &batch, None).to_vec2::<f32>().unwrap();
    for (example, expected) in batch.iter().zip(&together) {
        let alone = logits(&model, std::slice::from_ref(example), None).to_vec2::<f32>().unwrap();
        assert_eq!(&alone[0], expected, "{} tokens", example.ids.len());
    }
    // From the vectors, (batch, tokens, width) and (tokens, width), the same again.
    let same: Vec<Vec<u32>> = vec![texts[20].clone(), texts[20].iter().rev().copied().collect()];
    let x = embedded(&model, &same).0.detach();
    let found = model.logits_of(&x).unwrap().to_vec2::<f32>().unwrap();
    assert_eq!(found[0], together[20]);
    assert_eq!(model.logits_of(&x.get(0).unwrap()).unwrap().to_vec1::<f32>().unwrap(), together[20]);
    assert_ne!(found[1], together[20], "the order of the words counts");
}

#[test]
fn dropout_is_seeded_and_for_training_only() {
    let model = network(50, 32, 16, 2, 2);
    let batch = examples(&[vec![3, 4, 5, 6, 7], vec![8, 9, 10]], &[0, 1]);
    let seeded = |seed| flat(&logits(&model, &batch, seed));
    assert_eq!(seeded(Some(1)), seeded(Some(1)));
    assert_ne!(seeded(Some(1)), seeded(Some(2)));
    assert_ne!(seeded(Some(1)), seeded(None));
    assert_eq!(seeded(None), seeded(None));
    let config = BiLstmConfig { dropout: 0.0, word_dropout: 0.0, ..model.config() };
    let without = BiLstm::new(&config, &model.tokenizer(), 5).unwrap();
    assert_eq!(flat(&logits(&without, &batch, Some(1))), seeded(None));
    // Words alone: with nearly all dropped, most texts read as <oov>.
    let config = BiLstmConfig { dropout: 0.0, word_dropout: 0.99, ..model.config() };
    let words = BiLstm::new(&config, &model.tokenizer(), 5).unwrap();
    let unknown = flat(&logits(&without, &examples(&[vec![1; 5]], &[0]), None));
    let one = examples(&[vec![3, 4, 5, 6, 7]], &[0]);
    let equal = (0..100).filter(|&seed| flat(&logits(&words, &one, Some(seed))) == unknown).count();
    assert!((85..100).contains(&equal), "{equal} of 100, expected 0.99⁵ of them: 95");
}

#[test]
fn training_learns_and_leaves_padding_at_zero() {
    let model = network(20, 16, 16, 2, 2);
    // Class 1: w3 is somewhere in the text.
    let texts: Vec<Vec<u32>> = (0..64u32)
        .map(|n| (0..5 + n % 4).map(|t| if n % 2 == 1 && t == n % 5 { 3 } else { 4 + (n * 5 + t * 7) % 15 }).collect())
        .collect();
    let targets: Vec<u32> = (0..64).map(|n| n % 2).collect();
    let examples = examples(&texts, &targets);
    let mut optimiser =
        AdamW::new(model.variables().into_iter().map(|(name, var)| (name, var, 0.01)).collect()).unwrap();
    let first = loss(&logits(&model, &examples, None), &examples).to_scalar::<f32>().unwrap();
    for step in 0..60 {
        let gradients = loss(&logits(&model, &examples, Some(step)), &examples).backward().unwrap();
        optimiser.step(&gradients, 1e-2, 1.0).unwrap();
    }
    let last = loss(&logits(&model, &examples, None), &examples).to_scalar::<f32>().unwrap();
    assert!(first > 0.5 && last < 0.1, "the loss went from {first} to {last}");
    let pad = model.embedding_matrix().unwrap().get(0).unwrap().to_vec1::<f32>().unwrap();
    assert_eq!(pad, vec![0.0; 16]);
}

#[test]
fn starts_as_described() {
    let model = network(2000, 128, 64, 2, 2);
    let table = model.parameters().unwrap();
    let counts: Vec<u64> = table.column("parameters").unwrap().u64().unwrap().into_no_null_iter().collect();
    // 2000·128 + 2 layers · 2 directions · (256·128 + 256·64 + 2·256) + 2·128 + 2, as PyTorch counts.
    assert_eq!(*counts.last().unwrap(), 2000 * 128 + 4 * (256 * 128 + 256 * 64 + 512) + 258);
    assert_eq!(counts.len(), 20);
    assert_eq!(counts.iter().sum::<u64>(), 2 * counts.last().unwrap());
    let numbers = |name: &str| flat(&model.parameter(name).unwrap());
    let spread = |x: &[f32]| (x.iter().map(|x| x * x).sum::<f32>() / x.len() as f32).sqrt();
    assert!((spread(&numbers("embedding.weight")) - 0.1).abs() < 0.002);
    assert_eq!(numbers("lstm.bias_ih_l1_reverse"), [vec![0.0; 64], vec![1.0; 64], vec![0.0; 128]].concat());
    assert_eq!(numbers("lstm.bias_hh_l0"), vec![0.0; 256]);
    let bound = (6.0f32 / 192.0).sqrt();
    let input = numbers("lstm.weight_ih_l0");
    assert!(input.iter().all(|w| w.abs() < bound) && (spread(&input) - bound / 3f32.sqrt()).abs() < 0.002);
    assert!(numbers("lstm.weight_hh_l0").iter().all(|w| w.abs() < 0.125));
    assert_ne!(numbers("lstm.weight_hh_l0"), numbers("lstm.weight_hh_l0_reverse"));
    // The seed decides.
    let again = BiLstm::new(&model.config(), &model.tokenizer(), 5).unwrap();
    let other = BiLstm::new(&model.config(), &model.tokenizer(), 6).unwrap();
    assert_eq!(flat(&again.embedding_matrix().unwrap()), numbers("embedding.weight"));
    assert_ne!(flat(&other.embedding_matrix().unwrap()), numbers("embedding.weight"));
}

/// A folder for one test, empty at first.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("bilstm-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn sentences() -> Vec<String> {
    ["The film is good, not bad.", "A bad, bad film!", "Didn't we like the film? We did."].map(String::from).to_vec()
}

fn film_model() -> BiLstm {
    let tokenizer = WordTokenizer::train(&sentences(), 100, 1).unwrap().max_tokens(40);
    let config = BiLstmConfig::new(tokenizer.size(), &["negative", "positive"].map(String::from));
    BiLstm::new(&config, &tokenizer, 3).unwrap()
}

#[test]
fn a_reloaded_model_gives_identical_logits() {
    let folder = folder("reload");
    let name = folder.to_str().unwrap();
    let model = film_model();
    model.save(name).unwrap();
    let again = BiLstm::load(name).unwrap();
    assert_eq!(again.config(), model.config());
    assert_eq!(again.tokenizer().words(), model.tokenizer().words());
    assert_eq!(again.tokenizer().limit(), 40);
    let input = model.encode("The film didn't work!").unwrap();
    assert_eq!(again.encode("The film didn't work!").unwrap(), input);
    let logits = |model: &BiLstm| flat(&model.logits_of(&model.embed(&input).unwrap()).unwrap());
    assert_eq!(logits(&again), logits(&model));
    assert_eq!(again.probabilities(&sentences()).unwrap(), model.probabilities(&sentences()).unwrap());
    // Saved over: no stray files.
    again.save(name).unwrap();
    let mut files: Vec<String> =
        std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    assert_eq!(files, ["config.json", "model.safetensors", "tokenizer.json"]);
    std::fs::remove_dir_all(folder).unwrap();
}

#[track_caller]
fn fails<T>(result: ground::Result<T>, parts: &[&str]) {
    let message = result.err().expect("an error").to_string();
    for part in parts {
        assert!(message.contains(part), "`{part}` is missing in: {message}");
    }
}

#[test]
fn damaged_checkpoints_are_named() {
    let folder = folder("damaged");
    let name = folder.to_str().unwrap();
    fails(BiLstm::load(name), &["no saved model", name, "config.json, tokenizer.json, model.safetensors are missing"]);
    let model = film_model();
    model.save(name).unwrap();
    let file = |name: &str| folder.join(name);

    let weights = std::fs::read(file("model.safetensors")).unwrap();
    std::fs::write(file("model.safetensors"), &weights[..weights.len() / 2]).unwrap();
    fails(BiLstm::load(name), &[name, "model.safetensors is damaged", "save the model again"]);
    let mut header = weights.clone();
    header[10] = 0xff;
    std::fs::write(file("model.safetensors"), header).unwrap();
    fails(BiLstm::load(name), &["model.safetensors is damaged"]);
    std::fs::write(file("model.safetensors"), b"").unwrap();
    fails(BiLstm::load(name), &["model.safetensors is damaged"]);
    std::fs::remove_file(file("model.safetensors")).unwrap();
    fails(BiLstm::load(name), &["no saved model", "model.safetensors is missing"]);
    std::fs::write(file("model.safetensors"), &weights).unwrap();

    let config = std::fs::read_to_string(file("config.json")).unwrap();
    for (from, to, parts) in [
        ("\"hidden\": 64", "\"hidden\": 32", vec!["lstm.weight_ih_l0", "[128, 128]", "[256, 128]"]),
        ("\"layers\": 2", "\"layers\": 1", vec!["does not know: lstm.bias_hh_l1"]),
        ("\"layers\": 2", "\"layers\": 3", vec!["no tensor lstm.weight_ih_l2", "[256, 128]"]),
        ("\"vocabulary\": ", "\"vocabulary\": 1", vec!["embedding.weight"]),
        ("\"hidden\": 64", "\"hidden\": \"many\"", vec!["config.json", "`hidden`", "whole number"]),
        ("\"bilstm\"", "\"bert\"", vec!["config.json", "bert", "bilstm"]),
        ("{", "", vec!["config.json"]),
    ] {
        std::fs::write(file("config.json"), config.replacen(from, to, 1)).unwrap();
        fails(BiLstm::load(name), &parts);
    }
    std::fs::write(file("config.json"), config).unwrap();

    let tokenizer = std::fs::read_to_string(file("tokenizer.json")).unwrap();
    for (from, to, part) in [
        ("WordLevel", "WordPiece", "another kind of tokenizer"),
        ("\"<oov>\": 1", "\"<oov>\": 2", "taken"),
        ("\"vocab\"", "\"words\"", "no word list"),
    ] {
        std::fs::write(file("tokenizer.json"), tokenizer.replacen(from, to, 1)).unwrap();
        fails(BiLstm::load(name), &["tokenizer.json", part]);
    }
    std::fs::write(file("tokenizer.json"), &tokenizer).unwrap();
    BiLstm::load(name).unwrap();

    // A folder that cannot be made.
    fails(model.save(&format!("{name}/config.json/model")), &["saving the model to", "config.json/model"]);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn texts_that_cannot_be_read() {
    let model = film_model();
    for text in ["", "  \n"] {
        fails(model.encode(text), &["the text is empty"]);
        fails(model.predict(text), &["the text is empty"]);
    }
    fails(model.encode("… — 🎬"), &["no word"]);
    let long = "good film ".repeat(2500);
    fails(model.encode(&long), &["5000 tokens", "at most 40", "encode_cut"]);
    fails(model.predict(&long), &["5000 tokens"]);
    fails(model.probabilities(&["good".to_owned(), long.clone()]), &["text 1", "5000 tokens"]);
    assert_eq!(model.tokenizer().encode_cut(&long).unwrap().len(), 40);
    fails(model.encode("Quel navet"), &["knows no word", "Quel, navet", "train on texts"]);
    fails(model.predict("Quel navet"), &["Quel, navet"]);
    fails(model.encode(&"quel navet ".repeat(10)), &["quel, navet, quel, navet, quel, navet, quel, navet and 12 more"]);

    // One known word is enough.
    let input = model.encode("Quel bad film").unwrap();
    assert_eq!(input.tokens, ["<oov>", "bad", "film"]);
    assert_eq!(input.unknown, [true, false, false]);

    // What methods that remove words ask for.
    let rows = model.probabilities(&["", "Quel navet", "good"].map(String::from)).unwrap();
    let pad = model.logits_of(&Tensor::zeros((1, 128), candle_core::DType::F32, &Device::Cpu).unwrap());
    let pad = flat(&pad.unwrap());
    let expected = 1.0 / (1.0 + f64::from(pad[0] - pad[1]).exp());
    assert!((rows[0][1] - expected).abs() < 1e-6, "no word: that of one <pad>");
    assert!(rows.iter().all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-12));

    let zeros = |shape: &[usize]| Tensor::zeros(shape, candle_core::DType::F32, &Device::Cpu).unwrap();
    fails(model.logits_of(&zeros(&[3, 64])), &["[3, 64]", "(tokens, 128)", "(batch, tokens, 128)"]);
    fails(model.logits_of(&zeros(&[0, 128])), &["no token"]);
    fails(model.logits_of(&zeros(&[0, 4, 128])), &["at least one text"]);
    fails(model.logits(&[&Example { ids: vec![5000], targets: vec![0] }], None), &["5000", "vocabulary of"]);
    fails(model.logits(&[&Example { ids: vec![], targets: vec![0] }], None), &["no token"]);
}

#[test]
fn settings_that_make_no_sense() {
    let tokenizer = WordTokenizer::train(&sentences(), 100, 1).unwrap();
    let config = BiLstmConfig::new(tokenizer.size(), &["negative", "positive"].map(String::from));
    let made = |config: &BiLstmConfig| BiLstm::new(config, &tokenizer, 0);
    fails(made(&BiLstmConfig { hidden: 0, ..config.clone() }), &["hidden is 0"]);
    fails(made(&BiLstmConfig { dropout: 1.0, ..config.clone() }), &["dropout is 1"]);
    fails(made(&BiLstmConfig { classes: vec!["one".into()], ..config.clone() }), &["1 classes"]);
    fails(made(&BiLstmConfig { vocabulary: 9, ..config.clone() }), &["vocabulary of 9", "tokenizer.size()"]);
    let model = made(&config).unwrap();
    fails(model.parameter("lstm.weight"), &["lstm.weight", "parameters()"]);
    fails(model.set_parameter("dense.bias", &Tensor::new(&[1f32], &Device::Cpu).unwrap()), &["[2]", "[1]"]);
}

#[test]
fn not_a_number_shows() {
    let model = film_model();
    let weight = model.parameter("lstm.weight_hh_l1").unwrap();
    model.set_parameter("lstm.weight_hh_l1", &(weight * f64::NAN).unwrap()).unwrap();
    let batch = examples(&[vec![3, 4, 5]], &[0]);
    assert!(flat(&logits(&model, &batch, None)).iter().all(|logit| logit.is_nan()));
    // Large numbers are no reason for it.
    let model = film_model();
    for (name, var) in model.variables() {
        model.set_parameter(&name, &(var.as_tensor() * 1e6).unwrap()).unwrap();
    }
    assert!(flat(&logits(&model, &batch, None)).iter().all(|logit| logit.is_finite()));
}
