//! all-MiniLM-L6-v2 with its real weights against transformers (fixtures/transformer/minilm.json).

use support::hub;
use support::nn::{Batch, Hooks, Transformer};
use support::serde_json::{self, Value};

use super::{assert_error, folder};

#[test]
fn sentence_embeddings_are_transformers() {
    // A package of Python that `cargo course setup` installs: 91 MB, not part of the checkout.
    let Some(files) = hub::installed_minilm() else {
        println!("skipped: all-MiniLM-L6-v2 is not installed (`cargo course setup` does it)");
        return;
    };
    let model = Transformer::from_files(&files).unwrap();
    let json: Value = serde_json::from_str(&std::fs::read_to_string(folder("minilm.json")).unwrap()).unwrap();
    let rows = json["sentences"].as_array().unwrap();
    let texts: Vec<String> = rows.iter().map(|row| row["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(texts.len(), 10);
    let vectors: Vec<Vec<f32>> = model.sentence_embeddings(&texts).unwrap().to_vec2().unwrap();
    let mut most = 0.0f64;
    for (row, vector) in rows.iter().zip(&vectors) {
        let wanted: Vec<f64> = row["vector"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
        assert_eq!((wanted.len(), vector.len()), (384, 384));
        most = wanted.iter().zip(vector).map(|(a, b)| (a - f64::from(*b)).abs()).fold(most, f64::max);
    }
    assert!(most <= 1e-5, "the largest difference is {most}");
    println!("the largest difference is {most:.1e}");
    // One text that is longer than the model reads is cut, not refused.
    let long = model.sentence_embeddings(&["word ".repeat(600)]).unwrap();
    assert_eq!(long.dims(), [1, 384]);
    assert_error(model.sentence_embeddings(&[]), &["no text"]);
    assert_error(model.encode(&"word ".repeat(600)), &["602 tokens", "at most 512"]);
    let run = model.run(&Batch::of(&[model.encode(&texts[0]).unwrap()]), &Hooks::new()).unwrap();
    assert_error(run.logits(), &["no head"]);
}
