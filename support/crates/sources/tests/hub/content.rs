//! What the test server sends, and what Python says about it: hashes, and rows of parquet files (make_hub.py).

use std::path::Path;

use serde_json::{Value, from_str};

/// 300,000 bytes, the same as in make_hub.py.
pub fn large() -> Vec<u8> {
    (0..300_000u64).map(|i| (((i * i + 7 * i) >> 3) & 0xFF) as u8).collect()
}

pub fn small() -> Vec<u8> {
    b"{\"model_type\": \"test\", \"layers\": 2}\n".to_vec()
}

pub fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/hub").join(name)).unwrap()
}

fn reference() -> Value {
    from_str(&String::from_utf8(fixture("hub.json")).unwrap()).unwrap()
}

/// The hash of one of the files, computed by Python: kind `git` or `sha256`.
pub fn hash(name: &str, kind: &str) -> String {
    reference()["hashes"][name][kind].as_str().unwrap().to_owned()
}

/// The rows of a parquet file as pyarrow reads them.
pub fn rows(name: &str) -> Value {
    reference()["rows"][name].clone()
}
