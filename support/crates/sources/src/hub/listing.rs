//! Which files a repository has, and which of them are the parquet files of a data set's split.
//!
//! The list comes from the hub's API once per commit and is kept in the cache. The hub converts public data sets to
//! parquet under the revision `refs/convert/parquet`, as `config/split/0000.parquet`; many data sets hold such files
//! themselves, as `data/train-00000-of-00001.parquet`. Both are understood. A hub conversion of more than 5 GB is
//! partial and its splits are called `partial-…`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::cache::Folder;
use super::fault::{Fault, Kind};
use super::http::{Answer, Client};
use super::names;
use super::settings::Settings;

const MOST_BYTES: u64 = 64 << 20;

/// A part of a data set and its parquet files, in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Split {
    pub config: String,
    pub split: String,
    pub files: Vec<String>,
}

/// The names of the files, from the cache or from `url`.
pub(super) fn files(
    settings: &Settings,
    folder: &Folder,
    url: &str,
    refused: &dyn Fn(&Answer) -> Fault,
) -> Result<Vec<String>, Fault> {
    let known = folder.commit();
    if let Some(files) = known.as_deref().and_then(|commit| folder.files(commit)) {
        return Ok(files.into_iter().filter(|file| names::check_file(file).is_ok()).collect());
    }
    if settings.offline {
        // The list is not here, but Python may have left files.
        return Ok(known.map(|commit| folder.present(&commit)).unwrap_or_default());
    }
    let client = Client::new(settings)?;
    let (commit, files) = client.retry(|| ask(&client, url, refused))?;
    let disk = |error: std::io::Error| Fault::disk(&error, &folder.root());
    if known.is_some_and(|known| known != commit) {
        return Err(Fault::answer(url, &format!("with the commit {commit}, another one than was asked for")));
    }
    folder.remember_files(&commit, &files).map_err(disk)?;
    folder.remember_commit(&commit).map_err(disk)?;
    Ok(files)
}

fn ask(client: &Client, url: &str, refused: &dyn Fn(&Answer) -> Fault) -> Result<(String, Vec<String>), Fault> {
    let answer = client.get(url, 0)?;
    if answer.status != 200 {
        return Err(refused(&answer));
    }
    let text = answer.into_body().into_with_config().limit(MOST_BYTES).read_to_string();
    let text = text.map_err(|error| match error {
        ureq::Error::BodyExceedsLimit(_) => Fault::answer(url, "with a list of files of more than 64 MB"),
        error => client.failed(&error, url),
    })?;
    parse(&text).ok_or_else(|| {
        Fault::answer(url, "with something that is not a list of files (JSON with `sha` and `siblings`)")
    })
}

/// The commit and the file names in the hub's description of a repository. Names that no file here may have are
/// left out.
fn parse(text: &str) -> Option<(String, Vec<String>)> {
    let json: Value = serde_json::from_str(text).ok()?;
    let commit = json.get("sha")?.as_str()?.to_owned();
    let siblings = json.get("siblings")?.as_array()?;
    let name = |sibling: &Value| Some(sibling.get("rfilename")?.as_str()?.to_owned());
    let files: Vec<String> = siblings.iter().map(name).collect::<Option<_>>()?;
    let files = files.into_iter().filter(|file| names::check_file(file).is_ok()).collect();
    names::is_commit(&commit).then_some((commit, files))
}

/// The splits among the files of a repository.
pub(super) fn splits(files: &[String]) -> Vec<Split> {
    let mut found: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for file in files {
        let Some(name) = file.strip_suffix(".parquet") else { continue };
        let (above, name) = name.rsplit_once('/').unwrap_or(("", name));
        let (config, split) = match (above.split_once('/'), part_of(name)) {
            (_, Some(split)) => (above, split),
            (Some((config, split)), None) if !split.contains('/') && is_number(name) => (config, split),
            // `train.parquet`
            (_, None) => (above, name),
        };
        let config = if config.is_empty() || config == "data" { "default" } else { config };
        found.entry((config.to_owned(), split.to_owned())).or_default().push(file.clone());
    }
    let split = |((config, split), mut files): ((String, String), Vec<String>)| {
        files.sort_unstable();
        Split { config, split, files }
    };
    found.into_iter().map(split).collect()
}

/// `train` of `train-00000-of-00002` and of `train-00000-of-00002-0123456789abcdef`.
fn part_of(name: &str) -> Option<&str> {
    let (before, after) = name.rsplit_once("-of-")?;
    let (split, number) = before.rsplit_once('-')?;
    let count = after.split('-').next()?;
    (is_number(number) && is_number(count) && !split.is_empty()).then_some(split)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The files of one split. Without `config`: of the only one, or of the one called `default`.
pub(super) fn choose(splits: &[Split], config: Option<&str>, split: &str) -> Result<Vec<String>, Fault> {
    let wanted = |found: &&Split| found.split == split && config.is_none_or(|config| found.config == config);
    let fitting: Vec<&Split> = splits.iter().filter(wanted).collect();
    let chosen = match fitting.as_slice() {
        [only] => Some(*only),
        several => several.iter().find(|found| found.config == "default").copied(),
    };
    if let Some(chosen) = chosen {
        return Ok(chosen.files.clone());
    }
    let all: Vec<String> = splits.iter().map(|found| format!("`{}` of `{}`", found.split, found.config)).collect();
    let of = config.map_or(String::new(), |config| format!(" of the configuration `{config}`"));
    let (what, advice) = if splits.is_empty() {
        ("it has no parquet files".to_owned(), "Take one of its own files with .file(\"…\")".to_owned())
    } else if fitting.is_empty() {
        (format!("it has no split `{split}`{of}"), format!("There are: {}", all.join(", ")))
    } else {
        let advice = format!("Choose one with .config(\"…\"). There are: {}", all.join(", "));
        (format!("several configurations have a split `{split}`"), advice)
    };
    Err(Fault::new(Kind::Lasting, what, advice))
}

#[cfg(test)]
mod tests {
    use super::{parse, splits};

    fn found(files: &[&str]) -> Vec<(String, String, usize)> {
        let files: Vec<String> = files.iter().map(|file| file.to_string()).collect();
        splits(&files).into_iter().map(|found| (found.config, found.split, found.files.len())).collect()
    }

    fn split(config: &str, split: &str, files: usize) -> (String, String, usize) {
        (config.to_owned(), split.to_owned(), files)
    }

    #[test]
    fn layouts() {
        let converted =
            ["README.md", "default/train/0001.parquet", "default/train/0000.parquet", "en/test/0000.parquet"];
        assert_eq!(found(&converted), [split("default", "train", 2), split("en", "test", 1)]);
        let own = [
            "data/non-toxic-00000-of-00002-0a1b.parquet",
            "data/non-toxic-00001-of-00002-0a1b.parquet",
            "en/train-00000-of-00001.parquet",
            "test.parquet",
        ];
        assert_eq!(
            found(&own),
            [split("default", "non-toxic", 2), split("default", "test", 1), split("en", "train", 1)]
        );
        assert_eq!(found(&["data.csv", ".gitattributes"]), []);
    }

    #[test]
    fn answers() {
        let sha = "0".repeat(40);
        let json = |sha: &str, name: &str| format!(r#"{{"sha": "{sha}", "siblings": [{{"rfilename": "{name}"}}]}}"#);
        assert_eq!(parse(&json(&sha, "a/b.parquet")), Some((sha.clone(), vec!["a/b.parquet".to_owned()])));
        for unsafe_name in ["../a", "/etc/passwd", "a/../../b", "a//b", "C:\\\\x"] {
            assert_eq!(parse(&json(&sha, unsafe_name)), Some((sha.clone(), vec![])), "{unsafe_name}");
        }
        for bad in
            [json("../../x", "a"), json("main", "a"), "[]".to_owned(), "<html>".to_owned(), "{\"sha\": 1}".to_owned()]
        {
            assert_eq!(parse(&bad), None, "{bad}");
        }
    }
}
