//! One file of a repository: from the hub into the cache, resumed where it was cut, checked before it is visible.
//!
//! The hub's protocol is that of Python's huggingface_hub: HEAD tells commit, ETag and size, GET the bytes. Files in
//! Xet storage come over the same plain addresses. hf-hub 0.5 does this without time-outs, hash check or redirects
//! that keep the token at home; that is why only its layout and addresses are used.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::cache::{Folder, remove};
use super::fault::{Fault, Kind, server};
use super::http::{Answer, Client};
use super::settings::Settings;
use super::{names, verify};

/// What the hub says about a file before it sends it.
struct Promise {
    commit: String,
    etag: String,
    size: Option<u64>,
}

/// Where the file is asked for.
pub(super) struct Request<'a> {
    pub settings: &'a Settings,
    pub folder: &'a Folder,
    /// The name of the file in the repository.
    pub file: &'a str,
    /// Its address.
    pub url: &'a str,
    /// The repository, for the lines about progress.
    pub repository: &'a str,
    /// What to say about a status that is not a success.
    pub refused: &'a dyn Fn(&Answer) -> Fault,
}

/// Brings the file into the cache and returns where it is.
pub(super) fn fetch(request: &Request) -> Result<PathBuf, Fault> {
    let client = Client::new(request.settings)?;
    let promise = client.retry(|| promise(&client, request))?;
    let folder = request.folder;
    let (blob, etag) = (folder.blob(&promise.etag), &promise.etag);
    let disk = |error: std::io::Error| Fault::disk(&error, &blob);
    fs::create_dir_all(blob.parent().unwrap_or(&blob)).map_err(disk)?;
    let lock = folder.lock(etag, request.settings.quiet).map_err(disk)?;
    let whole = fs::metadata(&blob).is_ok_and(|found| promise.size.is_none_or(|size| found.len() == size));
    if !whole {
        transfer(&client, request, &promise, &blob)?;
    }
    let path = folder.link(etag, &promise.commit, request.file).map_err(disk)?;
    folder.remember_commit(&promise.commit).map_err(disk)?;
    drop(lock);
    Ok(path)
}

/// Asks for the header.
fn promise(client: &Client, request: &Request) -> Result<Promise, Fault> {
    let answer = client.head(request.url)?;
    if answer.status != 200 && !answer.is_elsewhere() {
        let commit = answer.header("x-repo-commit").filter(|commit| names::is_commit(commit));
        if let (Some(commit), Some("EntryNotFound")) = (commit, answer.header("x-error-code")) {
            // Where this cannot be written, it is asked again next time.
            let _ = request.folder.remember_commit(commit);
            let _ = request.folder.remember_missing(commit, request.file);
        }
        return Err((request.refused)(&answer));
    }
    let odd = |what: &str| Err(Fault::answer(&answer.url, what));
    let Some(commit) = answer.header("x-repo-commit").map(str::to_lowercase).filter(|commit| names::is_commit(commit))
    else {
        return odd("without a commit (header X-Repo-Commit)");
    };
    if request.folder.commit().is_some_and(|known| known != commit) {
        return odd(&format!("with the commit {commit}, another one than was asked for"));
    }
    let Some(etag) = answer.header("x-linked-etag").or_else(|| answer.header("etag")) else {
        return odd("without an ETag, so the file could not be checked");
    };
    let Some(etag) = verify::normalize(etag) else {
        return odd("with an ETag that is not a hash, so the file could not be checked");
    };
    let number = |name: &str| answer.header(name)?.parse().ok();
    // The length of a redirect, or of a compressed answer, is not the file's.
    let plain = !answer.is_elsewhere() && answer.header("content-encoding").is_none_or(|how| how == "identity");
    let size = number("x-linked-size").or_else(|| if plain { number("content-length") } else { None });
    Ok(Promise { commit, etag, size })
}

/// The bytes: into `ETAG.incomplete`, checked, renamed. At the next call a cut transfer goes on where it stopped.
fn transfer(client: &Client, request: &Request, promise: &Promise, blob: &Path) -> Result<(), Fault> {
    let part = blob.with_file_name(format!("{}.incomplete", promise.etag));
    let disk = |error: std::io::Error| Fault::disk(&error, &part);
    let mut progress = Progress::new(request, promise.size);
    let length = || fs::metadata(&part).map_or(0, |found| found.len());
    let (mut tries, mut furthest, mut again) = (0, length(), false);
    loop {
        let old = length();
        tries += 1;
        match receive(client, request, promise, &part, &mut progress) {
            Ok(()) => {}
            Err(fault) if fault.kind == Kind::Passing => {
                // As long as each try gets further, it goes on.
                if length() > furthest {
                    (furthest, tries) = (length(), 1);
                }
                if tries >= request.settings.attempts {
                    return Err(fault.after(tries));
                }
                client.rest(tries, fault.wait);
                continue;
            }
            Err(fault) => return Err(fault.after(tries)),
        }
        let found = verify::hash(&part, &promise.etag).map_err(disk)?;
        if found == promise.etag {
            progress.done();
            return fs::rename(&part, blob).map_err(disk);
        }
        remove(&part).map_err(disk)?;
        if old == 0 || again {
            let what = format!(
                "the bytes received are not the file that was promised (hash {}…, expected {}…)",
                &found[..12],
                &promise.etag[..12]
            );
            let advice =
                "They have been removed. Call again; if it happens again, a proxy or mirror between changes the file";
            return Err(Fault::new(Kind::Lasting, what, advice));
        }
        // The old part may have been the wrong one: once more from the beginning.
        (furthest, again) = (0, true);
    }
}

/// One answer, written behind what is there.
fn receive(
    client: &Client,
    request: &Request,
    promise: &Promise,
    part: &Path,
    progress: &mut Progress,
) -> Result<(), Fault> {
    let disk = |error: std::io::Error| {
        let _ = remove(part);
        Fault::disk(&error, part)
    };
    let mut file = File::options().create(true).append(true).open(part).map_err(disk)?;
    let mut at = file.metadata().map_err(disk)?.len();
    if promise.size.is_some_and(|size| at > size) {
        file.set_len(0).map_err(disk)?;
        at = 0;
    }
    if at > 0 && promise.size == Some(at) {
        return Ok(());
    }
    let answer = client.get(request.url, at)?;
    let goes_on = answer.status == 206
        && answer.header("content-range").is_some_and(|range| range.starts_with(&format!("bytes {at}-")))
        && answer.header("content-encoding").is_none_or(|how| how == "identity");
    match answer.status {
        200 | 206 if goes_on || (answer.status == 200 && at == 0) => {}
        200 | 206 | 416 => {
            // The server does not go on where we stopped.
            file.set_len(0).map_err(disk)?;
            at = 0;
            if answer.status != 200 {
                return Err(Fault::cut(&server(&answer.url), "it cannot go on in the middle of the file"));
            }
        }
        _ => return Err((request.refused)(&answer)),
    }
    let url = answer.url.clone();
    let mut body = answer.into_body().into_reader();
    let mut buffer = vec![0; 1 << 17];
    loop {
        let count = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return Err(Fault::cut(&server(&url), &error.to_string()));
            }
            Err(error) => return Err(client.failed(&ureq::Error::from(error), &url)),
        };
        at += count as u64;
        if promise.size.is_some_and(|size| at > size) {
            break;
        }
        file.write_all(&buffer[..count]).map_err(disk)?;
        progress.at(at);
    }
    if let Some(size) = promise.size.filter(|&size| at < size) {
        return Err(Fault::cut(&server(&url), &format!("after {at} of {size} bytes")));
    }
    file.sync_data().map_err(disk)
}

/// A line every few seconds while a large file comes.
struct Progress {
    quiet: bool,
    file: String,
    repository: String,
    size: Option<u64>,
    started: Instant,
    next: Duration,
    said: bool,
}

impl Progress {
    const FIRST: Duration = Duration::from_secs(2);
    const STEP: Duration = Duration::from_secs(5);

    fn new(request: &Request, size: Option<u64>) -> Progress {
        Progress {
            quiet: request.settings.quiet,
            file: request.file.to_owned(),
            repository: request.repository.to_owned(),
            size,
            started: Instant::now(),
            next: Progress::FIRST,
            said: false,
        }
    }

    fn at(&mut self, bytes: u64) {
        let time = self.started.elapsed();
        if self.quiet || time < self.next {
            return;
        }
        let megabytes = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
        let of = self.size.map_or(String::new(), |size| format!(" of {}", megabytes(size)));
        let Progress { file, repository, .. } = self;
        println!("downloading {file} of {repository}: {}{of} after {:.0} s", megabytes(bytes), time.as_secs_f64());
        (self.next, self.said) = (time + Progress::STEP, true);
    }

    fn done(&self) {
        if self.said {
            println!(
                "downloaded {} of {} in {:.0} s",
                self.file,
                self.repository,
                self.started.elapsed().as_secs_f64()
            );
        }
    }
}
