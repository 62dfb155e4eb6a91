//! Checkpoints with a classification head as classifiers.

use networks::{Batch, Hooks};
use text::model::{DifferentiableClassifier, TextClassifier};

use super::{CLASSIFIERS, TEXTS, assert_close, assert_error, batch, difference, load, numbers};

#[test]
fn probabilities_are_the_softmax_of_the_logits_in_the_order_of_the_texts() {
    for name in CLASSIFIERS {
        let model = load(name);
        assert_eq!(model.classes(), ["bad", "middling", "good"]);
        // More texts than go through at once, of mixed length, one without a word.
        let mut texts: Vec<String> = (0..40).map(|at| "the cat ".repeat(1 + at % 3) + TEXTS[at % 2]).collect();
        texts.push(String::new());
        let rows = model.probabilities(&texts).unwrap();
        assert_eq!(rows.len(), 41);
        for (text, row) in texts.iter().zip(&rows).take(40) {
            let logits = numbers(&model.run(&batch(&model, &[text]), &Hooks::new()).unwrap().logits().unwrap());
            let sum: f64 = logits.iter().map(|&logit| f64::from(logit).exp()).sum();
            for (logit, p) in logits.iter().zip(row) {
                assert!((f64::from(*logit).exp() / sum - p).abs() < 1e-5, "{name} {text}");
            }
        }
        assert!((rows[40].iter().sum::<f64>() - 1.0).abs() < 1e-6);
        let best = (0..3).max_by(|&a, &b| rows[0][a].total_cmp(&rows[0][b])).unwrap();
        assert_eq!(model.predict(&texts[0]).unwrap().0, best, "{name}");
        assert_error(model.probabilities(&["cat ".repeat(99)]), &["text 0", "at most"]);
    }
}

#[test]
fn logits_of_vectors_are_logits_of_the_text() {
    for name in CLASSIFIERS {
        let model = load(name);
        let input = model.encode(TEXTS[0]).unwrap();
        let wanted = model.run(&Batch::of(std::slice::from_ref(&input)), &Hooks::new()).unwrap().logits().unwrap();
        let vectors = model.embed(&input).unwrap();
        assert_eq!(vectors.dims(), [input.len(), 16]);
        let matrix = model.embedding_matrix().unwrap();
        assert_close(&matrix.get(input.ids[2] as usize).unwrap(), &vectors.get(2).unwrap(), 0.0, name);
        let alone = model.logits_of(&vectors).unwrap();
        assert_close(&alone, &wanted.squeeze(0).unwrap(), 1e-6, name);
        let two = candle_core::Tensor::stack(&[&vectors, &vectors], 0).unwrap();
        let rows = model.logits_of(&two).unwrap();
        assert_close(&rows.get(1).unwrap(), &alone, 1e-5, name);
        // Padding in the text is no token that the model overlooks.
        let padded = model.logits_of(&model.embed(&input.padded_out()).unwrap()).unwrap();
        let ids = Batch::of_ids(&[input.padded_out().ids]);
        let read = model.run(&ids, &Hooks::new()).unwrap().logits().unwrap().squeeze(0).unwrap();
        assert_close(&padded, &read, 1e-6, name);
        assert!(difference(&padded, &alone) > 1e-2);
        assert_error(model.logits_of(&vectors.get(0).unwrap()), &["(tokens, 16)"]);
    }
}

#[test]
fn classes_by_name_or_number() {
    let model = load("bert_classifier");
    assert_eq!(model.class_index("good").unwrap(), 2);
    assert_eq!(model.class_index("Good").unwrap(), 2);
    assert_eq!(model.class_index("1").unwrap(), 1);
    assert_error(model.class_index("great"), &["no class `great`", "0 bad, 1 middling, 2 good"]);
    assert_error(model.class_index("3"), &["no class `3`"]);
    assert_error(load("bert").class_index("good"), &["no classification head"]);
}

#[test]
fn other_heads_are_no_classifiers() {
    let model = load("gpt2_lm");
    assert!(model.classes().is_empty());
    assert_error(model.probabilities(&["a".into()]), &["no classification head", "LanguageModel"]);
    let vectors = model.embed_ids(&[5, 6]).unwrap();
    assert_error(model.logits_of(&vectors), &["no classification head"]);
}
