//! A kernel does while it starts what its first cells would wait for.
//!
//! evcxr starts by compiling and running `42`, then its start files (`init.evcxr`, `prelude.rs`). Through them it meets
//! `support` and a first variable before a learner does, and `:clear` then takes both away again. What stays is what
//! rust-analyzer has read and inferred: the notebook's own `:dep` line gives the same manifest, so nothing is read again.
//!
//! - No cell of the start is compiled: its result is never seen, so each is answered with a library that does nothing.
//! - Before the start files, rust-analyzer is told of an empty standard library. It reads the real one once, with `support`.
//! - rustc's call for cells that use `support` is known from the template (see direct.rs): cargo is not asked.
//!
//! Kernels elsewhere, and those of notebooks that do not name `support`, start as evcxr starts them.

use super::start::{BEFORE_SUPPORT, CLEAR, CONFIG, INIT, LAST, STARTING, is_starting, library};
use super::{direct, template};
use crate::env::{Env, Toolchain, which};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The first cell of the lessons, then statements like theirs. They are analysed, but not run. The variable has a type,
/// because the kernel would not start if rust-analyzer found none.
const FIRST_CELLS: &str = r#":dep support = { path = "../support" }
use support::prelude::*;
let evcxr_first: () = {
    let texts = vec!["one".to_string(), "two words".to_string()];
    let lengths: Vec<usize> = texts.iter().map(|text| text.split(' ').count()).collect();
    let tensor = Tensor::new(&[1f32, 2.0], &Device::Cpu)?;
    let sum = tensor.sqr()?.sum_all()?.to_scalar::<f32>()?;
    let set = data::tweets(Source::Bundled)?;
    let rows = set.frame.height();
    println!("{lengths:?} {sum:.2} {rows}");
};
"#;

/// Prepares the start of the kernel in `folder`, whose notebook lies in the current folder. Returns where evcxr is to
/// look for its start files, if there are any. Nothing is prepared where a template is missing or old: the first cell
/// builds it, and says so.
pub fn prepare(env: &Env, toolchain: &Toolchain, folder: &Path) -> Option<PathBuf> {
    let template = env.home.join("template");
    let built = template::is_fresh(env, &toolchain.version) && template::has_copy(env, folder);
    // evcxr tries by `42` whether lld works.
    if !built || !template.join(library()).exists() || which("lld").is_some() {
        return None;
    }
    if !uses_support(env) || Path::new("evcxr.toml").exists() {
        return None; // that file comes before our start files
    }
    direct::lend_record(&template, folder)?;
    fs::write(folder.join(template::CHECKED), template::AT_START).ok()?;
    let config = folder.join(CONFIG);
    fs::create_dir(&config).ok()?;
    fs::write(config.join(INIT), FIRST_CELLS).ok()?;
    fs::write(config.join(CLEAR), ":clear\n").ok()?;
    fs::write(folder.join(STARTING), BEFORE_SUPPORT).ok()?;
    Some(config)
}

/// Whether the first cell will probably load `support`: the notebook says so, where Jupyter names it; else it lies in a
/// folder beside `support`.
fn uses_support(env: &Env) -> bool {
    let beside = Path::new("../support").canonicalize();
    let names_it = std::env::var_os("JPY_SESSION_NAME")
        .and_then(|path| fs::read_to_string(path).ok())
        .and_then(|text| serde_json::from_str(&text).ok())
        .is_none_or(|notebook: Value| may_use_support(&notebook));
    names_it && beside.is_ok_and(|path| path == env.root.join("support"))
}

/// False for a notebook that has code, and none that loads `support`.
fn may_use_support(notebook: &Value) -> bool {
    let cells = notebook["cells"].as_array().map(Vec::as_slice).unwrap_or_default();
    let source = |cell: &Value| match &cell["source"] {
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        text => text.as_str().unwrap_or_default().to_owned(),
    };
    let code: Vec<String> = cells.iter().filter(|cell| cell["cell_type"] == "code").map(source).collect();
    code.iter().all(|code| code.trim().is_empty()) || code.iter().any(|code| code.contains(":dep support"))
}

/// The answer to `cargo build`, if this cell is one of the start.
pub fn build(args: &[String]) -> Option<ExitCode> {
    let left = fs::read_to_string(STARTING).ok().filter(|_| direct::wants_messages(args))?;
    let library = library();
    let env = Env::discover().ok()?;
    fs::copy(env.home.join("template").join(&library), &library).ok()?;
    if left == BEFORE_SUPPORT {
        fs::write(STARTING, LAST).ok()?;
    } else {
        let _ = fs::remove_file(Path::new(CONFIG).join(INIT));
        fs::remove_file(STARTING).ok()?;
    }
    let path = std::env::current_dir().ok()?.join(&library);
    println!("{}", json!({"reason": "compiler-artifact", "target": {"name": "ctx"}, "filenames": [path]}));
    Some(ExitCode::SUCCESS)
}

/// The answer to `cargo metadata`, if evcxr asks whether the crate of the start's `:dep` line is there: were it not, the
/// kernel would not start. The learner's own line is looked at as always.
pub fn metadata() -> Option<ExitCode> {
    let asks = is_starting(Path::new("."))
        && fs::read_to_string("Cargo.toml").is_ok_and(|text| text.contains("evcxr_dummy_validate_dep"));
    asks.then_some(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::may_use_support;
    use serde_json::json;

    #[test]
    fn a_notebook_with_code_of_another_kind_is_not_for_support() {
        let notebook = |cells: &[(&str, &str)]| {
            let cells: Vec<_> = cells.iter().map(|(kind, text)| json!({"cell_type": kind, "source": [text]})).collect();
            may_use_support(&json!({"cells": cells}))
        };
        let load = "// all\n:dep support = { path = \"../support\" }\n";
        assert!(notebook(&[]));
        assert!(notebook(&[("markdown", "# Mine"), ("code", "\n")]));
        assert!(notebook(&[("markdown", "# Mine"), ("code", load)]));
        assert!(!notebook(&[("markdown", load), ("code", ":dep mine = { path = \"mine\" }")]));
        assert!(!notebook(&[("code", "40 + 2")]));
    }
}
