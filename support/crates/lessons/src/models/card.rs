//! What lies beside a bundled model's weights: the hashes of its files.

use std::path::Path;

use ring::digest::{SHA256, digest};

use ground::{Error, Result, bail};
use sources::hub::hex;

/// The list of hashes, in the format that `sha256sum --check` reads.
const MANIFEST: &str = "SHA256SUMS";

/// Writes the hashes of all files of `folder`.
pub(super) fn write_hashes(folder: &str) -> Result<()> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name != MANIFEST && name != "README.md" {
            names.push(name);
        }
    }
    names.sort_unstable();
    let mut lines = String::new();
    for name in names {
        lines.push_str(&format!("{}  {name}\n", hash(&Path::new(folder).join(&name))?));
    }
    std::fs::write(Path::new(folder).join(MANIFEST), lines)?;
    Ok(())
}

/// Compares the files of `folder` with their hashes.
pub(super) fn check(folder: &str) -> Result<()> {
    let manifest = Path::new(folder).join(MANIFEST);
    let lines = std::fs::read_to_string(&manifest)
        .map_err(|error| Error::from(error).context(format!("reading {}", manifest.display())))?;
    for (number, line) in lines.lines().enumerate() {
        let Some((expected, name)) = line.split_once("  ") else {
            bail!("line {} of {MANIFEST} is not `HASH  NAME`", number + 1);
        };
        let found = hash(&Path::new(folder).join(name)).map_err(|error| error.context(format!("reading {name}")))?;
        if found != expected {
            bail!("the file {name} has the SHA-256 {found}, expected {expected}: it is damaged or was changed");
        }
    }
    if lines.is_empty() {
        bail!("{MANIFEST} is empty");
    }
    Ok(())
}

fn hash(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path)?;
    Ok(hex(digest(&SHA256, &bytes).as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_or_missing_file_is_noticed() {
        let folder = std::env::temp_dir().join(format!("course-card-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let place = folder.to_string_lossy().into_owned();
        std::fs::write(folder.join("config.json"), "{}").unwrap();
        std::fs::write(folder.join("model.safetensors"), "abc").unwrap();
        write_hashes(&place).unwrap();
        // The hash of "abc" from FIPS 180-2, appendix B.1.
        let lines = std::fs::read_to_string(folder.join(MANIFEST)).unwrap();
        assert!(lines.contains("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  model.safetensors"));
        check(&place).unwrap();
        std::fs::write(folder.join("model.safetensors"), "abd").unwrap();
        assert!(check(&place).unwrap_err().to_string().contains("model.safetensors"));
        std::fs::remove_file(folder.join("model.safetensors")).unwrap();
        assert!(check(&place).unwrap_err().to_string().contains("reading model.safetensors"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
