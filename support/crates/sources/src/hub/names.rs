//! Which names are allowed: of repositories, revisions, files and commits.
//!
//! The rules for repositories are the hub's own. Every name becomes a path on this machine, also the names that a
//! server answers with, so nothing that could leave the cache folder passes.

use ground::{Result, bail};

/// `name` or `org/name`.
pub(super) fn check_repository(id: &str) -> Result<()> {
    let parts: Vec<&str> = id.split('/').collect();
    let allowed = |part: &&str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
            && !part.starts_with(['-', '.'])
            && !part.ends_with(['-', '.'])
    };
    if parts.len() > 2 || !parts.iter().all(allowed) || id.contains("--") || id.contains("..") || id.len() > 96 {
        bail!(
            "`{id}` is not the name of a repository. It is `owner/name`, as in its web address, \
             with letters, digits and - _ . inside, such as `openai-community/gpt2`"
        );
    }
    Ok(())
}

/// A branch, a tag, a commit, or `refs/…`.
pub(super) fn check_revision(revision: &str) -> Result<()> {
    let allowed = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.+".contains(c))
    };
    if !revision.split('/').all(allowed) || revision.contains("..") || revision.len() > 200 {
        bail!(
            "`{revision}` is not a revision. Give a commit of 40 characters (0-9, a-f), a branch such as `main`, or a tag"
        );
    }
    Ok(())
}

/// A file of a repository, with `/` between folders.
pub(super) fn check_file(name: &str) -> Result<()> {
    let allowed = |part: &str| {
        !part.is_empty()
            && part.len() <= 255
            && part != "."
            && part != ".."
            && !part.chars().any(|c| c.is_control() || "\\:*?\"<>|".contains(c))
    };
    if !name.split('/').all(allowed) || name.len() > 1000 {
        bail!("`{name}` is not the name of a file in a repository. Write it as on its page, such as `config.json`");
    }
    Ok(())
}

/// Whether this is a full commit hash, which never changes its content.
pub(super) fn is_commit(text: &str) -> bool {
    is_hex(text, 40)
}

/// Whether `text` has exactly `length` characters, each 0-9 or a-f.
pub(super) fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// `name` as a part of a web address, `/` kept.
pub(super) fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for &byte in name.as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            escaped.push(byte as char);
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}
