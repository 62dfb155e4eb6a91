//! Faults of network, bytes and disk: a clear error in time, nothing half-written that could be taken for a file, and a
//! second try succeeds. What servers answer instead of a file is in answers.rs.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use ground::Kind;
use sources::hub::{self, Settings};

use super::content::{hash, large, small};
use super::server::{Hub, Trouble};
use super::{Cache, again, model, settings, two_files};

pub const LARGE: &str = "onnx/large file.bin";

pub fn has(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "`{word}` is not in: {message}");
    }
}

/// The download fails with these words, no file can be seen, and the next call works.
pub fn fails_then_works(hub: &Hub, cache: &Cache, file: &str, words: &[&str]) -> String {
    let started = Instant::now();
    let error = model(hub, cache).file(file).unwrap_err();
    let kind = if words.contains(&"404") { Kind::Input } else { Kind::Environment };
    assert_eq!(error.kind(), kind, "{error}");
    let message = error.to_string();
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    has(&message, &[file, "org/name"]);
    has(&message, words);
    let seen =
        |name: &String| name.contains("snapshots/") || (name.contains("blobs/") && !name.ends_with(".incomplete"));
    assert!(!cache.files().iter().any(seen), "{:?}", cache.files());
    let expected = if file == LARGE { large() } else { small() };
    assert_eq!(fs::read(model(hub, cache).file(file).unwrap()).unwrap(), expected);
    assert!(
        !cache.files().iter().any(|name| name.ends_with(".incomplete") || name.ends_with(".tmp")),
        "{:?}",
        cache.files()
    );
    message
}

pub fn three(hub: &Hub, method: &'static str, trouble: Trouble) {
    for _ in 0..3 {
        hub.trouble(method, trouble.clone());
    }
}

#[test]
fn cut_in_the_middle() {
    let (hub, cache) = (two_files(), Cache::empty());
    hub.trouble("GET", Trouble::Cut(100_000)).trouble("GET", Trouble::Cut(50_000));
    assert_eq!(fs::read(model(&hub, &cache).file(LARGE).unwrap()).unwrap(), large());
    let ranges: Vec<_> = hub.seen().iter().filter_map(|seen| seen.header("range").map(str::to_owned)).collect();
    assert_eq!(ranges, ["bytes=100000-", "bytes=150000-"]);

    // With a single attempt the error shows, and the next call goes on.
    let (hub, cache) = (two_files(), Cache::empty());
    hub.trouble("GET", Trouble::Cut(100_000));
    let once = Settings { attempts: 1, ..settings(&hub, &cache) };
    let message = hub::model("org/name").with(once).file(LARGE).unwrap_err().to_string();
    has(&message, &[LARGE, "was cut", "goes on where it stopped"]);
    assert_eq!(fs::read(model(&hub, &cache).file(LARGE).unwrap()).unwrap(), large());
    assert_eq!(hub.seen().last().unwrap().header("range"), Some("bytes=100000-"));

    // A connection that never gets further ends.
    let (hub, cache) = (two_files(), Cache::empty());
    three(&hub, "GET", Trouble::Cut(0));
    fails_then_works(&hub, &cache, LARGE, &["was cut", "3 tries"]);
    // So does one to a server that cannot go on in the middle.
    let (hub, cache) = (two_files(), Cache::empty());
    hub.trouble("GET", Trouble::Cut(100_000)).trouble("GET", Trouble::IgnoreRange);
    assert_eq!(fs::read(model(&hub, &cache).file(LARGE).unwrap()).unwrap(), large());
    let (hub, cache) = (two_files(), Cache::empty());
    hub.trouble("GET", Trouble::Cut(100_000)).trouble("GET", Trouble::Status(416, vec![]));
    assert_eq!(fs::read(model(&hub, &cache).file(LARGE).unwrap()).unwrap(), large());
}

#[test]
fn wrong_bytes() {
    let (hub, cache) = (two_files(), Cache::empty());
    let mut wrong = large();
    wrong[77_777] ^= 1;
    hub.trouble("GET", Trouble::Bytes(wrong.clone()));
    let words = ["not the file that was promised", "removed", &hash("large", "sha256")[..12]];
    fails_then_works(&hub, &cache, LARGE, &words);
    let cache = Cache::empty();
    hub.trouble("GET", Trouble::Bytes(b"<html>please log in to this network</html>".to_vec()));
    fails_then_works(&hub, &cache, "config.json", &["not the file that was promised", &hash("small", "git")[..12]]);
    // One restart, not endless ones, when the rest is wrong each time.
    let cache = Cache::empty();
    let wrong_rest: Vec<u8> = large()[100_000..].iter().map(|byte| byte ^ 1).collect();
    for _ in 0..2 {
        hub.trouble("GET", Trouble::Cut(100_000)).trouble("GET", Trouble::Bytes(wrong_rest.clone()));
    }
    fails_then_works(&hub, &cache, LARGE, &["not the file that was promised"]);
    // Too many bytes end as well, and a wrong old part does not spoil a good download.
    let cache = Cache::empty();
    hub.trouble("GET", Trouble::Bytes([large(), large()].concat()));
    fails_then_works(&hub, &cache, LARGE, &["not the file that was promised"]);
    for old in [wrong[..100_000].to_vec(), wrong.clone(), [large(), large()].concat()] {
        let cache = Cache::empty();
        let blobs = cache.path("models--org--name/blobs");
        fs::create_dir_all(&blobs).unwrap();
        fs::write(blobs.join(format!("{}.incomplete", hash("large", "sha256"))), old).unwrap();
        assert_eq!(fs::read(model(&hub, &cache).file(LARGE).unwrap()).unwrap(), large());
    }
}

#[test]
fn silence() {
    for (method, at) in [("HEAD", None), ("GET", None), ("GET", Some(100_000))] {
        let (hub, cache) = (two_files(), Cache::empty());
        hub.trouble(method, Trouble::Stall(at));
        // Where something came, the first silence is not counted.
        three(&hub, method, Trouble::Stall(at.map(|_| 0)));
        let words = ["silent for 0.4 s", "time-out", "3 tries", "HF_HUB_DOWNLOAD_TIMEOUT"];
        let started = Instant::now();
        let message = model(&hub, &cache).file(LARGE).unwrap_err().to_string();
        assert!(started.elapsed() < Duration::from_secs(4), "{:?}: {message}", started.elapsed());
        has(&message, &words);
        let hub = two_files();
        assert_eq!(fs::read(model(&hub, &cache).file(LARGE).unwrap()).unwrap(), large());
        if at.is_some() {
            assert!(hub.seen().last().unwrap().header("range").is_some());
        }
    }
}

#[test]
fn no_server() {
    let cache = Cache::empty();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings =
        Settings { quiet: true, ..Settings::new(&format!("http://127.0.0.1:{port}"), &cache.0.to_string_lossy()) };
    let started = Instant::now();
    let message = hub::model("org/name").with(settings).file("config.json").unwrap_err().to_string();
    assert!(started.elapsed() < Duration::from_secs(2));
    has(&message, &["config.json", "no connection to http://127.0.0.1:", "network", "Source::Bundled"]);
    assert_eq!(cache.files(), Vec::<String>::new());
    let nowhere = Settings {
        connect_timeout: Duration::from_secs(2),
        ..Settings::new("http://no-such-server.invalid", &cache.0.to_string_lossy())
    };
    let message = hub::model("org/name").with(nowhere).file("config.json").unwrap_err().to_string();
    has(&message, &["config.json", "no-such-server.invalid", "Source::Bundled"]);
    let hub = two_files();
    assert_eq!(fs::read(model(&hub, &cache).file("config.json").unwrap()).unwrap(), small());
}

#[test]
fn offline_and_not_cached() {
    let (hub, cache) = (two_files(), Cache::empty());
    let offline = Settings { offline: true, ..settings(&hub, &cache) };
    for error in [
        hub::model("org/name").with(offline.clone()).file("config.json").unwrap_err(),
        hub::model("org/name").with(offline.clone()).model_files().unwrap_err(),
        hub::dataset("org/name").with(offline).parquet("train").unwrap_err(),
    ] {
        let folder = cache.0.to_string_lossy().into_owned();
        has(
            &error.to_string(),
            &["org/name", "not in the cache at", &folder, "Unset HF_HUB_OFFLINE", "Source::Bundled"],
        );
    }
    assert_eq!(hub.methods(), "");
}

#[test]
fn a_full_disk() {
    let (hub, cache) = (two_files(), Cache::empty());
    // No file may grow beyond 64 blocks; without the signal, writing fails as on a full disk (EFBIG).
    let run = |shell: &str| {
        let mut child = again("child_downloads_large_file", shell);
        let output = child.env("HF_ENDPOINT", &hub.url).env("HF_HUB_CACHE", &cache.0).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let message = run("trap '' XFSZ; ulimit -f 64;");
    has(&message, &["error: ", LARGE, "disk is full", "Free some space", "has been removed"]);
    assert_eq!(cache.files(), Vec::<String>::new());
    has(&run(""), &["done: "]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_disk_that_is_full_at_once() {
    // The part leads to a device that answers every write with "no space left" (ENOSPC).
    let (hub, cache) = (two_files(), Cache::empty());
    let blobs = cache.path("models--org--name/blobs");
    fs::create_dir_all(&blobs).unwrap();
    let part = blobs.join(format!("{}.incomplete", hash("small", "git")));
    std::os::unix::fs::symlink("/dev/full", part).unwrap();
    fails_then_works(&hub, &cache, "config.json", &["disk is full", "No space left"]);
}

#[test]
fn a_cache_that_cannot_be_written() {
    let (hub, cache) = (two_files(), Cache::empty());
    fs::write(cache.path("models--org--name"), "a file where a folder belongs").unwrap();
    let message = model(&hub, &cache).file("config.json").unwrap_err().to_string();
    has(&message, &["config.json", "cache cannot be used", "HF_HOME"]);
    fs::remove_file(cache.path("models--org--name")).unwrap();
    assert_eq!(fs::read(model(&hub, &cache).file("config.json").unwrap()).unwrap(), small());
}

#[test]
fn names_that_cannot_be() {
    let (hub, cache) = (two_files(), Cache::empty());
    for id in [
        "../x",
        "",
        "/",
        "a/b/c",
        "a//b",
        ".hidden/x",
        "a/..",
        "org/na me",
        "org/name?x",
        "https://host/x",
        "a--b/c",
        "ünicode/x",
    ] {
        let error = hub::model(id).with(settings(&hub, &cache)).file("config.json").unwrap_err();
        has(&error.to_string(), &[&format!("`{id}` is not the name of a repository")]);
    }
    for file in ["", "/etc/passwd", "../config.json", "a/../../b", "a\\..\\b", "./a", "a/", "C:/x", "a\0b"] {
        has(&model(&hub, &cache).file(file).unwrap_err().to_string(), &["is not the name of a file"]);
        assert!(!model(&hub, &cache).is_cached(file));
    }
    for revision in ["", "..", "../main", "/main", "a/../b", "main/", "a b", "refs//x"] {
        let error = model(&hub, &cache).revision(revision).file("config.json").unwrap_err();
        has(&error.to_string(), &[&format!("`{revision}` is not a revision")]);
    }
    assert_eq!(hub.methods(), "");
    assert!(!Path::new(&cache.0).join("x").exists());
    assert_eq!(cache.files(), Vec::<String>::new());
}
