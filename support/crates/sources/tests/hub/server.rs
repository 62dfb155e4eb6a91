//! A small hub on this machine that misbehaves on demand: std only, one request per connection.
//!
//! It answers the three kinds of addresses that the real one has: `/REPO/resolve/REVISION/FILE`,
//! `/api/…/revision/REVISION` and, for large files, a redirect to storage on another port.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub const COMMIT: &str = "1111111111111111111111111111111111111111";
pub const CONVERTED: &str = "2222222222222222222222222222222222222222";

/// What the server does wrong with one request.
#[derive(Clone)]
pub enum Trouble {
    /// Announces everything, sends so many bytes, closes.
    Cut(usize),
    /// Sends so many bytes and is silent. Without a number it does not even send a header.
    Stall(Option<usize>),
    /// Another status, with headers.
    Status(u16, Vec<(&'static str, String)>),
    /// Other bytes, correctly announced.
    Bytes(Vec<u8>),
    /// All bytes, whatever the range.
    IgnoreRange,
    /// No Content-Length: so many bytes until the connection ends.
    NoLength(usize),
    /// In chunks, of which so many bytes arrive; the last, empty chunk only if that is all.
    Chunked(usize),
    /// These bytes with `Content-Encoding: gzip`.
    Gzip(Vec<u8>),
    /// A header replaced, or left out.
    Header(&'static str, Option<String>),
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Clone)]
struct Stored {
    /// As in the address: `owner/name`, `datasets/owner/name`.
    repository: String,
    commit: String,
    name: String,
    bytes: Vec<u8>,
    etag: String,
}

#[derive(Default)]
struct State {
    files: Mutex<Vec<Stored>>,
    trouble: Mutex<VecDeque<(&'static str, Trouble)>>,
    seen: Mutex<Vec<Seen>>,
    main: Mutex<Option<String>>,
    storage: Mutex<Option<String>>,
    stopped: AtomicBool,
}

pub struct Hub {
    pub url: String,
    state: Arc<State>,
}

impl Hub {
    pub fn start() -> Hub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.stopped.load(Ordering::Relaxed) {
                    return;
                }
                let shared = shared.clone();
                std::thread::spawn(move || drop(stream.map(|stream| serve(stream, &shared))));
            }
        });
        Hub { url, state }
    }

    /// Holds the file; `etag` is its hash: SHA-256 for a large one, git's for a small one.
    pub fn file(&self, repository: &str, name: &str, bytes: &[u8], etag: &str) -> &Hub {
        self.file_at(repository, COMMIT, name, bytes, etag)
    }

    pub fn file_at(&self, repository: &str, commit: &str, name: &str, bytes: &[u8], etag: &str) -> &Hub {
        let [repository, commit, name, etag] = [repository, commit, name, etag].map(str::to_owned);
        self.state.files.lock().unwrap().push(Stored { repository, commit, name, bytes: bytes.to_vec(), etag });
        self
    }

    /// From now on `main` is another commit.
    pub fn main_is(&self, commit: &str) {
        *self.state.main.lock().unwrap() = Some(commit.to_owned());
    }

    /// Large files are redirected to this other server.
    pub fn storage(&self, other: &Hub) -> &Hub {
        *self.state.storage.lock().unwrap() = Some(other.url.clone());
        self
    }

    /// The next request of this method (`GET`, `HEAD`; `*`: any) that has no trouble yet gets this one.
    pub fn trouble(&self, method: &'static str, trouble: Trouble) -> &Hub {
        self.state.trouble.lock().unwrap().push_back((method, trouble));
        self
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().unwrap().clone()
    }

    /// The methods of the requests so far, and forgets them: `HEAD GET`.
    pub fn methods(&self) -> String {
        let seen: Vec<Seen> = self.state.seen.lock().unwrap().drain(..).collect();
        seen.into_iter().map(|seen| seen.method).collect::<Vec<_>>().join(" ")
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

fn serve(mut stream: TcpStream, state: &State) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(());
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let (method, path) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
    let headers =
        lines.filter_map(|line| line.split_once(": ")).map(|(a, b)| (a.to_lowercase(), b.to_owned())).collect();
    let seen = Seen { method, path, headers };
    let trouble = {
        let mut all = state.trouble.lock().unwrap();
        let at = all.iter().position(|(method, _)| *method == "*" || *method == seen.method);
        at.and_then(|at| all.remove(at)).map(|(_, trouble)| trouble)
    };
    state.seen.lock().unwrap().push(seen.clone());
    let (status, mut headers, bytes) = answer(&seen, state);
    let header = |headers: &mut Vec<(&'static str, String)>, name: &'static str, value: Option<String>| {
        headers.retain(|(found, _)| *found != name);
        headers.extend(value.map(|value| (name, value)));
    };
    let from = |range: &str| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok();
    let range = seen.header("range").and_then(from);
    let (status, bytes) = match (range, status) {
        (Some(from), 200)
            if from < bytes.len() && !matches!(trouble, Some(Trouble::IgnoreRange | Trouble::Gzip(_))) =>
        {
            let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
            header(&mut headers, "Content-Range", Some(range));
            header(&mut headers, "Content-Length", Some((bytes.len() - from).to_string()));
            (206, bytes[from..].to_vec())
        }
        _ => (status, bytes),
    };
    let is_head = seen.method == "HEAD";
    let (mut status, mut bytes, mut stall) = (status, if is_head { Vec::new() } else { bytes }, false);
    match trouble {
        None | Some(Trouble::IgnoreRange) => {}
        Some(Trouble::Cut(count)) => bytes.truncate(count),
        Some(Trouble::Stall(None)) => return wait(state),
        Some(Trouble::Stall(Some(count))) => {
            bytes.truncate(count);
            stall = true;
        }
        Some(Trouble::Status(code, more)) => {
            (status, bytes) = (code, b"<html>not what you want</html>".to_vec());
            headers = vec![("Content-Length", bytes.len().to_string())];
            headers.extend(more);
        }
        Some(Trouble::Bytes(other)) => {
            header(&mut headers, "Content-Length", Some(other.len().to_string()));
            bytes = other;
        }
        Some(Trouble::NoLength(count)) => {
            header(&mut headers, "Content-Length", None);
            bytes.truncate(count);
        }
        Some(Trouble::Chunked(count)) => {
            header(&mut headers, "Content-Length", None);
            headers.push(("Transfer-Encoding", "chunked".to_owned()));
            let end = if count >= bytes.len() { "0\r\n\r\n" } else { "" };
            bytes.truncate(count);
            let middle = bytes.len() / 2;
            let chunk = |part: &[u8]| [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat();
            bytes = [&chunk(&bytes[..middle]), &chunk(&bytes[middle..]), end.as_bytes()].concat();
        }
        Some(Trouble::Gzip(packed)) => {
            headers.push(("Content-Encoding", "gzip".to_owned()));
            header(&mut headers, "Content-Length", Some(packed.len().to_string()));
            bytes = if is_head { Vec::new() } else { packed };
        }
        Some(Trouble::Header(name, value)) => header(&mut headers, name, value),
    }
    if is_head {
        bytes.clear();
    }
    let mut text = format!("HTTP/1.1 {status} Status\r\nConnection: close\r\n");
    headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
    stream.write_all(format!("{text}\r\n").as_bytes())?;
    stream.write_all(&bytes)?;
    if stall { wait(state) } else { Ok(()) }
}

/// Silence, until the test is over.
fn wait(state: &State) -> std::io::Result<()> {
    let started = Instant::now();
    while !state.stopped.load(Ordering::Relaxed) && started.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

type Plain = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// The right answer.
fn answer(seen: &Seen, state: &State) -> Plain {
    let files = state.files.lock().unwrap();
    let path = seen.path.replace("%2F", "/").replace("%20", " ");
    let main = state.main.lock().unwrap().clone().unwrap_or_else(|| COMMIT.to_owned());
    let commit = |revision: &str| match revision {
        "main" => main.clone(),
        "refs/convert/parquet" => CONVERTED.to_owned(),
        commit => commit.to_owned(),
    };
    let error = |code: &str, at: &str| {
        let headers = vec![
            ("X-Error-Code", code.to_owned()),
            ("X-Repo-Commit", at.to_owned()),
            ("Content-Length", "0".to_owned()),
        ];
        (404, headers, Vec::new())
    };
    if let Some(etag) = path.strip_prefix("/storage/") {
        let Some(file) = files.iter().find(|file| file.etag == etag) else { return error("", "") };
        let headers =
            vec![("Content-Length", file.bytes.len().to_string()), ("ETag", "\"of-the-storage-9\"".to_owned())];
        return (200, headers, file.bytes.clone());
    }
    if let Some((repository, revision)) = path.strip_prefix("/api/").and_then(|path| path.split_once("/revision/")) {
        let repository = repository.strip_prefix("models/").unwrap_or(repository);
        let at = commit(revision);
        let inside: Vec<&Stored> =
            files.iter().filter(|file| file.repository == repository && file.commit == at).collect();
        if inside.is_empty() {
            let known = files.iter().any(|file| file.repository == repository);
            return error(if known { "RevisionNotFound" } else { "RepoNotFound" }, "");
        }
        let names: Vec<Value> = inside.iter().map(|file| json!({"rfilename": file.name})).collect();
        let body = json!({"id": repository, "sha": at, "siblings": names}).to_string().into_bytes();
        return (200, vec![("Content-Length", body.len().to_string())], body);
    }
    let Some((repository, rest)) = path[1..].split_once("/resolve/") else { return error("", "") };
    let in_repository: Vec<&Stored> = files.iter().filter(|file| file.repository == repository).collect();
    if in_repository.is_empty() {
        return error("RepoNotFound", "");
    }
    let found = in_repository.iter().find_map(|file| {
        let revision = rest.strip_suffix(&file.name)?.strip_suffix('/')?;
        (commit(revision) == file.commit).then_some((revision, *file))
    });
    let Some((_, file)) = found else {
        let revision = rest.split('/').next().unwrap_or_default();
        let at = commit(revision);
        let known = in_repository.iter().any(|file| file.commit == at);
        return error(if known { "EntryNotFound" } else { "RevisionNotFound" }, &at);
    };
    let mut headers = vec![("X-Repo-Commit", file.commit.clone()), ("Accept-Ranges", "bytes".to_owned())];
    let storage = state.storage.lock().unwrap().clone();
    if let (Some(storage), 64) = (storage, file.etag.len()) {
        headers.push(("Location", format!("{storage}/storage/{}", file.etag)));
        headers.push(("X-Linked-Etag", format!("\"{}\"", file.etag)));
        headers.push(("X-Linked-Size", file.bytes.len().to_string()));
        headers.push(("ETag", "\"1234\"".to_owned()));
        headers.push(("Content-Length", "0".to_owned()));
        return (302, headers, Vec::new());
    }
    headers.push(("ETag", format!("\"{}\"", file.etag)));
    headers.push(("Content-Length", file.bytes.len().to_string()));
    (200, headers, file.bytes.clone())
}
