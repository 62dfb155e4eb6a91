//! Whether a file holds the bytes that its ETag promises.
//!
//! The hub's ETag is the SHA-256 of the bytes for large files (LFS, Xet), and for the others git's blob hash:
//! the SHA-1 of `blob LENGTH\0` and the bytes. See git's documentation on git objects.

use std::fs::File;
use std::io::{Read, Result};
use std::path::Path;

use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};

use super::names::is_hex;

/// The ETag of a header, without its quotes and the mark for a weak one; `None` where it is not a hash.
pub(super) fn normalize(etag: &str) -> Option<String> {
    let etag = etag.trim();
    let etag = etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"').to_owned();
    (is_hex(&etag, 40) || is_hex(&etag, 64)).then_some(etag)
}

/// The hash of the file, of the kind that `etag` has: hexadecimal.
pub(super) fn hash(path: &Path, etag: &str) -> Result<String> {
    let mut file = File::open(path)?;
    let mut context = if etag.len() == 64 {
        Context::new(&SHA256)
    } else {
        let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        context.update(format!("blob {}\0", file.metadata()?.len()).as_bytes());
        context
    };
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => context.update(&buffer[..count]),
        }
    }
    Ok(hex(context.finish().as_ref()))
}

/// The bytes of a hash, hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
