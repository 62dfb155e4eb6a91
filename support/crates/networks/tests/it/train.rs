//! The training loop on a model that is a table of words: AdamW, clipping and schedules against torch and transformers
//! (fixtures/train.json), and what happens when training goes on too long, comes apart, or is killed.

use std::cell::Cell;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Tensor, Var, safetensors};
use ground::Error;
use ground::Result;
use networks::train::{self, AdamW, Backward, Example, History, Schedule, Settings, Trainable};
use polars::df;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{self, Value};
use sources::data::Dataset;

const WORDS: usize = 40;

/// Logits are the sum of the words' rows, plus a bias.
struct Bag {
    table: Var,
    bias: Var,
    /// How often `save` may still be called before it fails halfway.
    saves: Cell<usize>,
    /// Milliseconds that a step takes.
    pause: u64,
}

impl Bag {
    fn new() -> Bag {
        let zeros = |shape: &[usize]| Var::zeros(shape, DType::F32, &Device::Cpu).unwrap();
        Bag { table: zeros(&[WORDS, 2]), bias: zeros(&[2]), saves: Cell::new(usize::MAX), pause: 0 }
    }

    fn load(folder: &Path) -> Bag {
        let bag = Bag::new();
        let weights = safetensors::load(folder.join("model.safetensors"), &Device::Cpu).unwrap();
        bag.table.set(&weights["table"]).unwrap();
        bag.bias.set(&weights["bias"]).unwrap();
        bag
    }

    fn weights(&self) -> (Vec<Vec<f32>>, Vec<f32>) {
        (self.table.to_vec2().unwrap(), self.bias.to_vec1().unwrap())
    }
}

impl Trainable for Bag {
    fn variables(&self) -> Vec<(String, Var)> {
        vec![("table.weight".into(), self.table.clone()), ("bias".into(), self.bias.clone())]
    }

    fn examples(&self, dataset: &Dataset) -> Result<Vec<Example>> {
        let one = |(text, label): (&String, usize)| {
            let id = |word: &str| word.parse::<u32>().map_err(|_| Error::new(format!("`{word}` is no word")));
            let ids = text.split_whitespace().map(id).collect::<Result<_>>()?;
            Ok(Example { ids, targets: vec![label as u32] })
        };
        dataset.texts()?.iter().zip(dataset.labels()?).map(one).collect()
    }

    fn logits(&self, batch: &[&Example], dropout: Option<u64>) -> Result<Tensor> {
        Ok(self.counts(batch, dropout)?.matmul(&self.table)?.broadcast_add(&self.bias)?) // (batch, 2)
    }

    fn save(&self, folder: &str) -> Result<()> {
        std::fs::write(format!("{folder}/config.json"), "{\"kind\": \"bag\"}")?;
        let weights = [("table", self.table.as_tensor().clone()), ("bias", self.bias.as_tensor().clone())];
        let path = format!("{folder}/model.safetensors");
        if self.saves.get() == 0 {
            std::fs::write(path, "half a fi")?;
            return Err(Error::new("the disk is full"));
        }
        self.saves.set(self.saves.get() - 1);
        Ok(safetensors::save(&weights.into_iter().collect::<std::collections::HashMap<_, _>>(), path)?)
    }
}

impl Bag {
    /// How often each word stands in each text, (batch, words), some words dropped.
    fn counts(&self, batch: &[&Example], dropout: Option<u64>) -> Result<Tensor> {
        std::thread::sleep(std::time::Duration::from_millis(self.pause));
        let mut random = dropout.map(ChaCha8Rng::seed_from_u64);
        let mut counts = vec![0f32; batch.len() * WORDS];
        for (row, example) in batch.iter().enumerate() {
            for &id in &example.ids {
                let kept = random.as_mut().is_none_or(|random| random.random_bool(0.9));
                counts[row * WORDS + id as usize] += f32::from(u8::from(kept));
            }
        }
        Ok(Tensor::from_vec(counts, (batch.len(), WORDS), &Device::Cpu)?)
    }
}

/// The same model with gradients worked out by hand.
struct ByHand(Bag);

impl Trainable for ByHand {
    fn variables(&self) -> Vec<(String, Var)> {
        self.0.variables()
    }
    fn examples(&self, dataset: &Dataset) -> Result<Vec<Example>> {
        self.0.examples(dataset)
    }
    fn logits(&self, batch: &[&Example], dropout: Option<u64>) -> Result<Tensor> {
        Ok(self.0.logits(batch, dropout)?.detach())
    }
    fn logits_and_backward(&self, batch: &[&Example], dropout: Option<u64>) -> Result<Option<(Tensor, Backward<'_>)>> {
        let counts = self.0.counts(batch, dropout)?; // (batch, words)
        let backward = move |d_logits: &Tensor| -> Result<GradStore> {
            let mut gradients = GradStore::default();
            gradients.insert(&self.0.table, counts.t()?.matmul(d_logits)?);
            gradients.insert(&self.0.bias, d_logits.sum(0)?);
            Ok(gradients)
        };
        Ok(Some((self.logits(batch, dropout)?, Box::new(backward))))
    }
    fn save(&self, folder: &str) -> Result<()> {
        self.0.save(folder)
    }
}

/// Texts of number words, some with odd words: label 1 where most words are in the upper half. `noise` is the share of
/// labels that mean nothing.
fn texts(rows: usize, noise: f64, seed: u64) -> Dataset {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut text, mut label) = (Vec::new(), Vec::new());
    for _ in 0..rows {
        let words: Vec<usize> = (0..random.random_range(1..12)).map(|_| random.random_range(0..WORDS)).collect();
        let upper = words.iter().filter(|&&word| word >= WORDS / 2).count();
        let true_label = u32::from(2 * upper > words.len());
        label.push(if random.random_bool(noise) { random.random_range(0..2) } else { true_label });
        text.push(words.iter().map(usize::to_string).collect::<Vec<_>>().join(" "));
    }
    let frame = df!("text" => text, "label" => label).unwrap();
    Dataset { name: "numbers".into(), classes: vec!["low".into(), "high".into()], frame }
}

fn quick() -> Settings {
    Settings::new().epochs(6).batch(16).learning_rate(0.05).quiet()
}

fn same(a: &History, b: &History) -> bool {
    let numbers = |history: &History| -> Vec<(u64, u64, u64)> {
        let bits = |epoch: &train::Epoch| {
            (epoch.train_loss.to_bits(), epoch.validation_loss.to_bits(), epoch.accuracy.to_bits())
        };
        history.epochs.iter().map(bits).collect()
    };
    numbers(a) == numbers(b) && a.best_epoch == b.best_epoch
}

fn message<T>(result: Result<T>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_else(|| "no error".to_owned())
}

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("course-train-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn files(folder: &Path) -> Vec<String> {
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().to_string_lossy().into_owned();
    let mut names: Vec<String> = std::fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

/// This test program again, as a process of its own that runs only the test `name`.
fn child(name: &str, variables: &[(&str, &str)]) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let name = format!("train::{name}");
    command.args(["--exact", &name, "--nocapture", "--test-threads=1"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.envs(variables.iter().copied());
    command.spawn().unwrap()
}

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/train.json")).unwrap()
}

fn flat(value: &Value) -> Vec<f32> {
    match value {
        Value::Array(list) => list.iter().flat_map(flat).collect(),
        number => vec![number.as_f64().unwrap() as f32],
    }
}

#[test]
fn adamw_and_clipping_are_those_of_torch() -> Result<()> {
    let expected = fixture();
    let of = |value: &Value, shape: &[usize]| Tensor::from_vec(flat(value), shape, &Device::Cpu);
    let weight = Var::from_tensor(&of(&expected["start"]["weight"], &[5, 3])?)?;
    let bias = Var::from_tensor(&of(&expected["start"]["bias"], &[4])?)?;
    let (clip, rate) = (expected["clip"].as_f64().unwrap(), expected["learning_rate"].as_f64().unwrap());
    let decay = expected["weight_decay"].as_f64().unwrap();
    let mut optimiser = AdamW::new(vec![("w".into(), weight.clone(), decay), ("b".into(), bias.clone(), 0.0)])?;
    for step in expected["steps"].as_array().unwrap() {
        // A loss whose gradient is the given one.
        let a = (weight.as_tensor() * of(&step["gradients"]["weight"], &[5, 3])?)?.sum_all()?;
        let b = (bias.as_tensor() * of(&step["gradients"]["bias"], &[4])?)?.sum_all()?;
        let norm = optimiser.step(&(a + b)?.backward()?, rate, clip)?;
        let torch = step["norm"].as_f64().unwrap();
        assert!((norm - torch).abs() < 1e-5 * torch, "norm {norm}, torch {torch}");
        for (found, name) in [(weight.flatten_all()?, "weight"), (bias.as_tensor().clone(), "bias")] {
            for (ours, torch) in found.to_vec1::<f32>()?.iter().zip(flat(&step[name])) {
                assert!((ours - torch).abs() < 1e-6, "{name}: {ours}, torch {torch}");
            }
        }
    }
    Ok(())
}

/// Large parameters go through rayon in pieces: the same numbers as small ones.
#[test]
fn a_large_parameter_moves_like_its_parts() -> Result<()> {
    let size = 200_003;
    let numbers: Vec<f32> = (0..size).map(|i| ((i * 37) % 1000) as f32 / 500.0 - 1.0).collect();
    let step = |numbers: &[f32]| -> Result<Vec<f32>> {
        let var = Var::from_slice(numbers, numbers.len(), &Device::Cpu)?;
        let mut optimiser = AdamW::new(vec![("w".into(), var.clone(), 0.01)])?;
        for _ in 0..3 {
            optimiser.step(&var.powf(3.0)?.sum_all()?.backward()?, 0.01, f64::INFINITY)?;
        }
        Ok(var.to_vec1()?)
    };
    let whole = step(&numbers)?;
    let parts: Vec<f32> = numbers.chunks(10_000).map(step).collect::<Result<Vec<_>>>()?.concat();
    assert_eq!(whole, parts);
    Ok(())
}

#[test]
fn schedules_are_those_of_transformers() {
    let expected = fixture();
    let settings = Settings::new().learning_rate(expected["learning_rate"].as_f64().unwrap()).warm_up(5.0 / 40.0);
    for (schedule, name) in [(Schedule::Linear, "linear"), (Schedule::Cosine, "cosine")] {
        let settings = settings.clone().schedule(schedule);
        let theirs: Vec<f64> = expected[name].as_array().unwrap().iter().map(|rate| rate.as_f64().unwrap()).collect();
        for step in 0..40 {
            // The first rate of transformers is 0: our warm-up is one step ahead.
            let theirs = theirs[if step < 5 { step + 1 } else { step }];
            let ours = settings.rate_at(step, 40);
            assert!((ours - theirs).abs() < 1e-12, "{name}, step {step}: {ours}, transformers {theirs}");
        }
        assert!(settings.rate_at(39, 40) > 0.0 && settings.rate_at(40, 40).abs() < 1e-12);
    }
    let constant = Settings::new().learning_rate(0.5);
    assert!((0..40).all(|step| constant.rate_at(step, 40) == 0.5));
}

#[test]
fn it_learns_and_stops_with_the_best_weights() -> Result<()> {
    // Few texts, half of the labels noise, a high rate: the validation loss soon rises.
    let (training, validation) = (texts(60, 0.5, 1), texts(300, 0.0, 2));
    let model = Bag::new();
    let settings = quick().epochs(50).learning_rate(0.3).patience(4);
    let history = train::fit(&model, &training, &validation, &settings)?;
    assert!(history.stopped_early && history.epochs.len() == history.best_epoch + 4, "{history:?}");
    let lowest = history.epochs.iter().map(|epoch| epoch.validation_loss).fold(f64::INFINITY, f64::min);
    assert_eq!(history.best().validation_loss, lowest);
    assert!(history.epochs[history.epochs.len() - 1].validation_loss > lowest);
    // The loss by hand, from the weights that the model has now.
    let mut loss = 0.0;
    let mut right = 0;
    for example in model.examples(&validation)? {
        let logits = model.logits(&[&example], None)?.to_vec2::<f32>()?.remove(0);
        let gap = f64::from(logits[1 - example.targets[0] as usize] - logits[example.targets[0] as usize]);
        loss += gap.exp().ln_1p() / 300.0;
        right += usize::from(gap < 0.0);
    }
    assert!((loss - lowest).abs() < 1e-6 * lowest, "{loss} after training, {lowest} at the best epoch");
    assert_eq!(history.best().accuracy, right as f64 / 300.0);

    let clean = Bag::new();
    let settings = quick().epochs(12).patience(12);
    let history = train::fit(&clean, &texts(600, 0.0, 3), &validation, &settings)?;
    assert!(history.best().accuracy > 0.93, "{history:?}");
    assert!(!history.stopped_early && history.epochs.len() == 12);
    let frame = history.frame()?;
    assert_eq!(frame.height(), 12);
    assert_eq!(frame.column("validation_loss")?.f64()?.get(3), Some(history.epochs[3].validation_loss));
    Ok(())
}

#[test]
fn the_same_seed_gives_the_same_history() -> Result<()> {
    let (training, validation) = (texts(200, 0.2, 1), texts(100, 0.0, 2));
    let run = |settings: &Settings| -> Result<(History, Bag)> {
        let model = Bag::new();
        Ok((train::fit(&model, &training, &validation, settings)?, model))
    };
    let settings = quick().schedule(Schedule::Cosine).warm_up(0.1);
    let ((first, a), (second, b)) = (run(&settings.clone().seed(7))?, run(&settings.clone().seed(7))?);
    assert!(same(&first, &second) && a.weights() == b.weights());
    assert!(!same(&first, &run(&settings.seed(8))?.0), "another seed shuffles and drops otherwise");
    Ok(())
}

#[test]
fn a_model_with_its_own_backward_pass_learns_the_same() -> Result<()> {
    let (training, validation) = (texts(200, 0.2, 1), texts(100, 0.0, 2));
    let (tape, hand) = (Bag::new(), ByHand(Bag::new()));
    let first = train::fit(&tape, &training, &validation, &quick())?;
    let second = train::fit(&hand, &training, &validation, &quick())?;
    for (a, b) in first.epochs.iter().zip(&second.epochs) {
        assert!((a.train_loss - b.train_loss).abs() < 1e-5, "{a:?} {b:?}");
        assert!((a.validation_loss - b.validation_loss).abs() < 1e-5, "{a:?} {b:?}");
    }
    assert_ne!(tape.weights(), Bag::new().weights());
    Ok(())
}

#[test]
fn checkpoints_hold_the_best_weights_and_leave_nothing_else() -> Result<()> {
    let place = folder("checkpoint");
    let kept = place.join("model");
    std::fs::create_dir_all(&kept)?;
    std::fs::write(kept.join("notes.txt"), "mine")?;
    let model = Bag::new();
    let settings = quick().epochs(30).learning_rate(0.3).checkpoints(&kept.to_string_lossy());
    train::fit(&model, &texts(60, 0.5, 1), &texts(300, 0.0, 2), &settings)?;
    assert_eq!(Bag::load(&kept).weights(), model.weights());
    assert_eq!(files(&kept), ["config.json", "model.safetensors", "notes.txt"]);
    assert_eq!(files(&place), ["model"], "no temporary folder stays");

    // Saving fails halfway through the second file: what was there can still be loaded.
    let failing = Bag::load(&kept);
    failing.saves.set(0);
    let again = train::fit(&failing, &texts(60, 0.0, 4), &texts(300, 0.0, 2), &settings);
    let text = message(again);
    assert!(text.contains("saving to") && text.contains("the disk is full"), "{text}");
    assert_eq!(Bag::load(&kept).weights(), model.weights());
    assert_eq!(files(&place), ["model"]);

    std::fs::write(place.join("file"), "")?;
    let settings = quick().checkpoints(&place.join("file").to_string_lossy());
    assert!(message(train::fit(&failing, &texts(9, 0.0, 4), &texts(9, 0.0, 2), &settings)).contains("is a file"));
    std::fs::remove_dir_all(&place)?;
    Ok(())
}

/// The process is killed in the middle of an epoch, as an interrupted cell is; the best weights so far are on disk, and
/// training goes on from them.
#[test]
fn a_killed_training_can_be_gone_on_with() -> Result<()> {
    const FOLDER: &str = "COURSE_TEST_TRAIN_FOLDER";
    let (training, validation) = (texts(200, 0.0, 1), texts(100, 0.0, 2));
    if let Ok(folder) = std::env::var(FOLDER) {
        let model = Bag { pause: 8, ..Bag::new() };
        let settings = Settings::new().epochs(500).batch(16).learning_rate(0.01).checkpoints(&folder);
        train::fit(&model, &training, &validation, &settings)?;
        return Ok(());
    }
    let place = folder("killed");
    let kept = place.join("model");
    let path = kept.to_string_lossy().into_owned();
    let mut process = child("a_killed_training_can_be_gone_on_with", &[(FOLDER, &path)]);
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(std::io::Result::ok);
    let saved: Vec<String> = lines.filter(|line| line.contains("epoch ")).take(3).collect();
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(saved.len(), 3, "{saved:?}");
    assert!(
        saved[2].contains("epoch 3 of 500: training loss 0.") && saved[2].contains("best so far, saved"),
        "{saved:?}"
    );
    let model = Bag::load(&kept);
    assert_ne!(model.weights(), Bag::new().weights());
    let before = number_after(&saved[2], "validation loss ");
    let history = train::fit(&model, &training, &validation, &quick().learning_rate(0.01).epochs(1))?;
    assert!(history.best().validation_loss < before, "{history:?} after {before}");
    std::fs::remove_dir_all(&place)?;
    Ok(())
}

fn number_after(line: &str, words: &str) -> f64 {
    let rest = &line[line.find(words).unwrap() + words.len()..];
    rest.split([',', ' ']).next().unwrap().parse().unwrap()
}

#[test]
fn training_that_comes_apart_stops_at_once_with_the_best_weights() -> Result<()> {
    let (training, validation) = (texts(200, 0.0, 1), texts(100, 0.0, 2));
    let model = Bag::new();
    train::fit(&model, &training, &validation, &quick().epochs(2))?;
    let before = model.weights();
    for (rate, written) in [(1e3, "1.00e3"), (1e30, "1.00e30")] {
        let text = message(train::fit(&model, &training, &validation, &quick().learning_rate(rate)));
        assert!(text.contains("epoch 1, step "), "{text}");
        assert!(text.contains(&format!(" of 13, learning rate {written}: the loss is ")), "{text}");
        assert!(text.contains("Lower the learning rate"), "{text}");
        assert!(text.contains("weights from before training again"), "{text}");
        assert_eq!(model.weights(), before, "the weights from before the run");
    }
    // A parameter that is not a number from the start.
    model.bias.set(&Tensor::new(&[f32::NAN, 0.0], &Device::Cpu)?)?;
    let text = message(train::fit(&model, &training, &validation, &quick()));
    assert!(text.contains("epoch 1, step 1 of 13") && text.contains("the loss is NaN"), "{text}");
    Ok(())
}

/// A model whose logits are what the test says.
struct Odd(fn(&Bag, &[&Example]) -> Result<Tensor>, Bag);

impl Trainable for Odd {
    fn variables(&self) -> Vec<(String, Var)> {
        self.1.variables()
    }
    fn examples(&self, dataset: &Dataset) -> Result<Vec<Example>> {
        self.1.examples(dataset)
    }
    fn logits(&self, batch: &[&Example], _: Option<u64>) -> Result<Tensor> {
        self.0(&self.1, batch)
    }
    fn save(&self, folder: &str) -> Result<()> {
        self.1.save(folder)
    }
}

#[test]
fn mistakes_are_said_in_words() -> Result<()> {
    let (training, validation) = (texts(30, 0.0, 1), texts(20, 0.0, 2));
    let with = |settings: Settings| message(train::fit(&Bag::new(), &training, &validation, &settings));
    let cases = [
        (with(quick().epochs(0)), "epochs is 0"),
        (with(quick().batch(0)), "batch is 0"),
        (with(quick().patience(0)), "patience is 0"),
        (with(quick().learning_rate(0.0)), "the learning rate is 0"),
        (with(quick().learning_rate(f64::NAN)), "the learning rate is NaN"),
        (with(quick().weight_decay(-0.1)), "the weight decay is -0.1"),
        (with(quick().clip(0.0)), "clipped to norm 0"),
        (with(quick().warm_up(1.0)), "warm_up is 1"),
        (with(quick().checkpoints("/")), "is no name for a folder"),
    ];
    for (found, expected) in cases {
        assert!(found.contains(expected), "expected “{expected}”, found “{found}”");
    }
    let fit = |model: &dyn Trainable, training: &Dataset| message(train::fit(model, training, &validation, &quick()));
    let changed = |text: &str, label: u32| {
        let frame = df!("text" => ["1 2", text], "label" => [0, label]).unwrap();
        Dataset { frame, ..training.clone() }
    };
    let three = Dataset { classes: vec!["a".into(), "b".into(), "c".into()], ..training.clone() };
    let empty = Dataset { frame: training.frame.head(Some(0)), ..training.clone() };
    let bag = Bag::new();
    let cases = [
        (fit(&bag, &empty), "there are no training texts"),
        (fit(&bag, &three), "the training texts have the classes"),
        (fit(&bag, &changed("3", 5)), "row 1 has label 5"),
        (fit(&bag, &changed("what", 1)), "reading the training texts: `what` is no word"),
        (fit(&bag, &changed("", 1)), "row 1 of the training texts has no tokens"),
        (
            message(train::fit_examples(&bag, &[Example { ids: vec![1], targets: vec![2] }], &[], &quick())),
            "there are no validation texts",
        ),
    ];
    for (found, expected) in cases {
        assert!(found.contains(expected), "expected “{expected}”, found “{found}”");
    }
    let third = Dataset { classes: three.classes.clone(), frame: changed("3", 2).frame, name: "x".into() };
    let found = message(train::fit(&bag, &third, &third, &quick()));
    assert!(found.contains("the label 2, but the model has 2 classes"), "{found}");

    let odd = |logits| fit(&Odd(logits, Bag::new()), &training);
    let lost = odd(|bag, batch| Ok(bag.logits(batch, None)?.broadcast_add(&bag.bias.detach())?.detach()));
    assert!(lost.contains("got no gradient"), "{lost}");
    let unused =
        odd(|bag, batch| Ok(Tensor::zeros((batch.len(), 2), DType::F32, &Device::Cpu)?.broadcast_add(&bag.bias)?));
    assert!(unused.contains("the parameter table.weight got no gradient"), "{unused}");
    let short = odd(|bag, batch| Ok(bag.logits(batch, None)?.narrow(0, 0, 3)?));
    assert!(short.contains(" targets, but the model gave 3 rows of logits"), "{short}");
    let flat = odd(|bag, batch| Ok(bag.logits(batch, None)?.sum(1)?));
    assert!(flat.contains("expected (targets, classes)"), "{flat}");
    Ok(())
}

/// Environment variables belong to a whole process, so this test runs in one of its own.
#[test]
fn trained_models_are_kept_by_recipe() -> Result<()> {
    const INSIDE: &str = "COURSE_TEST_TRAIN_CACHE";
    if std::env::var(INSIDE).is_err() {
        let place = folder("cache");
        let variables = [(INSIDE, "1"), ("COURSE_MODELS", &place.to_string_lossy())];
        let output = child("trained_models_are_kept_by_recipe", &variables).wait_with_output()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(files(&place), ["bag"]);
        let file = place.join("bag").join("a-file-in-the-way");
        std::fs::write(&file, "")?;
        // XDG_CACHE_HOME counts where COURSE_MODELS is not set; a folder cannot be made below a file.
        let variables = [(INSIDE, "2"), ("COURSE_MODELS", ""), ("XDG_CACHE_HOME", &file.to_string_lossy())];
        let output = child("trained_models_are_kept_by_recipe", &variables).wait_with_output()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::remove_dir_all(&place)?;
        return Ok(());
    }
    if std::env::var(INSIDE).is_ok_and(|part| part == "2") {
        let text = message(train::cache_folder("bag"));
        assert!(text.contains("rust-course") && text.contains("COURSE_MODELS can name another place"), "{text}");
        return Ok(());
    }
    let made = Cell::new(0);
    let make = |folder: &str| {
        made.set(made.get() + 1);
        Bag::new().save(folder)
    };
    let first = train::cached("bag", "seed 1", &make)?;
    assert_eq!(files(Path::new(&first)), ["config.json", "model.safetensors", "recipe.txt"]);
    Bag::load(Path::new(&first));
    assert_eq!(train::cached("bag", "seed 1", &make)?, first);
    assert_eq!(made.get(), 1, "the second call finds the model of the first");
    assert_ne!(train::cached("bag", "seed 2", &make)?, first);
    assert_eq!(made.get(), 2);
    assert!(message(train::cached("bag", "seed 3", &|_| Err(Error::new("stopped")))).contains("stopped"));
    assert_eq!(files(Path::new(&train::cache_folder("bag")?)).len(), 2, "a failed training leaves nothing");
    for name in ["", "..", "a/b", ".hidden", "two words"] {
        assert!(message(train::cache_folder(name)).contains("is no name for a trained model"), "{name}");
    }
    Ok(())
}
