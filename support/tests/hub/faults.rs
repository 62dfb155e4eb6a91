//! Every fault: a clear error in time, nothing half-written that could be taken for a file, and a second try succeeds.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use support::hub::{self, Settings};

use super::server::{COMMIT, Hub, Trouble, fixture, hash, large, small};
use super::{Cache, again, model, settings, two_files};

const LARGE: &str = "onnx/large file.bin";

fn has(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "`{word}` is not in: {message}");
    }
}

/// The download fails with these words, no file can be seen, and the next call works.
fn fails_then_works(hub: &Hub, cache: &Cache, file: &str, words: &[&str]) -> String {
    let started = Instant::now();
    let message = model(hub, cache).file(file).unwrap_err().to_string();
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

fn three(hub: &Hub, method: &'static str, trouble: Trouble) {
    for _ in 0..3 {
        hub.trouble(method, trouble.clone());
    }
}

fn location(to: &str) -> Trouble {
    Trouble::Status(302, vec![("Location", to.to_owned())])
}

#[test]
fn cut_in_the_middle() {
    let (hub, cache) = (two_files(), Cache::new());
    hub.trouble("GET", Trouble::Cut(100_000)).trouble("GET", Trouble::Cut(50_000));
    assert_eq!(fs::read(model(&hub, &cache).file(LARGE).unwrap()).unwrap(), large());
    let ranges: Vec<_> = hub.seen().iter().filter_map(|seen| seen.header("range").map(str::to_owned)).collect();
    assert_eq!(ranges, ["bytes=100000-", "bytes=150000-"]);

    // With a single attempt the error shows, and the next call goes on.
    let (hub, cache) = (two_files(), Cache::new());
    hub.trouble("GET", Trouble::Cut(100_000));
    let once = Settings { attempts: 1, ..settings(&hub, &cache) };
    let message = hub::model("org/name").with(once).file(LARGE).unwrap_err().to_string();
    has(&message, &[LARGE, "was cut", "goes on where it stopped"]);
    assert_eq!(fs::read(model(&hub, &cache).file(LARGE).unwrap()).unwrap(), large());
    assert_eq!(hub.seen().last().unwrap().header("range"), Some("bytes=100000-"));

    // A connection that never gets further ends.
    let (hub, cache) = (two_files(), Cache::new());
    three(&hub, "GET", Trouble::Cut(0));
    fails_then_works(&hub, &cache, LARGE, &["was cut", "3 tries"]);
    // So does one to a server that cannot go on in the middle.
    let (hub, cache) = (two_files(), Cache::new());
    hub.trouble("GET", Trouble::Cut(100_000)).trouble("GET", Trouble::IgnoreRange);
    assert_eq!(fs::read(model(&hub, &cache).file(LARGE).unwrap()).unwrap(), large());
    let (hub, cache) = (two_files(), Cache::new());
    hub.trouble("GET", Trouble::Cut(100_000)).trouble("GET", Trouble::Status(416, vec![]));
    assert_eq!(fs::read(model(&hub, &cache).file(LARGE).unwrap()).unwrap(), large());
}

#[test]
fn not_found() {
    let (hub, cache) = (two_files(), Cache::new());
    let message = model(&hub, &cache).file("cofnig.json").unwrap_err().to_string();
    has(&message, &["cofnig.json", "has no file", "main"]);
    // Python would know it too, and it is not asked again.
    assert!(cache.path(&format!("models--org--name/.no_exist/{COMMIT}/cofnig.json")).is_file());
    hub.methods();
    has(&model(&hub, &cache).file("cofnig.json").unwrap_err().to_string(), &["has no file"]);
    assert_eq!(hub.methods(), "");
    let other = hub::model("org/other").with(settings(&hub, &cache));
    has(&other.file("config.json").unwrap_err().to_string(), &["404", "no such repository", "HF_TOKEN", &hub.url]);
    let old = model(&hub, &cache).revision("v0.9");
    has(&old.file("config.json").unwrap_err().to_string(), &["404", "no revision `v0.9`"]);
    // A 404 that passes does not stay.
    let (hub, cache) = (two_files(), Cache::new());
    hub.trouble("HEAD", Trouble::Status(404, vec![]));
    fails_then_works(&hub, &cache, "config.json", &["404"]);
}

#[test]
fn not_allowed() {
    let (hub, cache) = (two_files(), Cache::new());
    hub.trouble("HEAD", Trouble::Status(401, vec![("X-Error-Code", "RepoNotFound".to_owned())]));
    fails_then_works(&hub, &cache, "config.json", &["401", "private or gated", "set HF_TOKEN"]);
    let cache = Cache::new();
    hub.trouble("HEAD", Trouble::Status(401, vec![("X-Error-Code", "GatedRepo".to_owned())]));
    fails_then_works(&hub, &cache, "config.json", &["401", "accept the conditions", &format!("{}/org/name", hub.url)]);
    // Between HEAD and GET the right may be gone.
    let cache = Cache::new();
    hub.trouble("GET", Trouble::Status(403, vec![]));
    fails_then_works(&hub, &cache, "config.json", &["403", "HF_TOKEN"]);
    let cache = Cache::new();
    let with_token = Settings { token: Some("hf_wrong".to_owned()), ..settings(&hub, &cache) };
    hub.trouble("HEAD", Trouble::Status(401, vec![]));
    let message = hub::model("org/name").with(with_token).file("config.json").unwrap_err().to_string();
    has(&message, &["401", "token is not valid"]);
    assert!(!message.contains("hf_wrong"));
}

#[test]
fn a_server_in_trouble() {
    let (hub, cache) = (two_files(), Cache::new());
    hub.trouble("HEAD", Trouble::Status(500, vec![])).trouble("GET", Trouble::Status(503, vec![]));
    assert_eq!(fs::read(model(&hub, &cache).file("config.json").unwrap()).unwrap(), small());
    assert_eq!(hub.methods(), "HEAD HEAD GET GET");
    for method in ["HEAD", "GET"] {
        let cache = Cache::new();
        three(&hub, method, Trouble::Status(500, vec![]));
        fails_then_works(&hub, &cache, "config.json", &["500", "3 tries", "Source::Bundled"]);
    }
    let cache = Cache::new();
    hub.trouble("HEAD", Trouble::Status(429, vec![("Retry-After", "1".to_owned())]));
    let started = Instant::now();
    model(&hub, &cache).file("config.json").unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    let cache = Cache::new();
    hub.trouble("HEAD", Trouble::Status(418, vec![]));
    fails_then_works(&hub, &cache, "config.json", &["answered 418", "HF_ENDPOINT"]);
}

#[test]
fn wrong_bytes() {
    let (hub, cache) = (two_files(), Cache::new());
    let mut wrong = large();
    wrong[77_777] ^= 1;
    hub.trouble("GET", Trouble::Bytes(wrong.clone()));
    let words = ["not the file that was promised", "removed", &hash("large", "sha256")[..12]];
    fails_then_works(&hub, &cache, LARGE, &words);
    let cache = Cache::new();
    hub.trouble("GET", Trouble::Bytes(b"<html>please log in to this network</html>".to_vec()));
    fails_then_works(&hub, &cache, "config.json", &["not the file that was promised", &hash("small", "git")[..12]]);
    // Too many bytes end as well, and a wrong old part does not spoil a good download.
    let cache = Cache::new();
    hub.trouble("GET", Trouble::Bytes([large(), large()].concat()));
    fails_then_works(&hub, &cache, LARGE, &["not the file that was promised"]);
    for old in [wrong[..100_000].to_vec(), wrong.clone(), [large(), large()].concat()] {
        let cache = Cache::new();
        let blobs = cache.path("models--org--name/blobs");
        fs::create_dir_all(&blobs).unwrap();
        fs::write(blobs.join(format!("{}.incomplete", hash("large", "sha256"))), old).unwrap();
        assert_eq!(fs::read(model(&hub, &cache).file(LARGE).unwrap()).unwrap(), large());
    }
}

#[test]
fn silence() {
    for (method, at) in [("HEAD", None), ("GET", None), ("GET", Some(100_000))] {
        let (hub, cache) = (two_files(), Cache::new());
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
fn redirects_that_lead_nowhere() {
    let here = "/org/name/resolve/main/config.json";
    let (hub, cache) = (two_files(), Cache::new());
    hub.trouble("HEAD", location(here));
    fails_then_works(&hub, &cache, "config.json", &["redirects in a circle", &hub.url, "HF_ENDPOINT"]);
    for to in ["file:///etc/passwd", "ftp://files.test/x", ""] {
        let cache = Cache::new();
        hub.trouble("GET", location(to));
        fails_then_works(&hub, &cache, "config.json", &["redirect to nowhere"]);
    }
    let cache = Cache::new();
    for i in 0..11 {
        hub.trouble("GET", location(&format!("/again/{i}")));
    }
    let message = model(&hub, &cache).file("config.json").unwrap_err().to_string();
    has(&message, &["config.json", "more than 10 times"]);
    // Two servers that send each other the question.
    let (one, two, cache) = (two_files(), two_files(), Cache::new());
    for _ in 0..3 {
        one.trouble("HEAD", location(&format!("{}{here}", two.url)));
        two.trouble("HEAD", location(&format!("{}{here}", one.url)));
    }
    let message = model(&one, &cache).file("config.json").unwrap_err().to_string();
    has(&message, &["in a circle", &one.url, &two.url]);
}

#[test]
fn no_server() {
    let cache = Cache::new();
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
    let (hub, cache) = (two_files(), Cache::new());
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
    let (hub, cache) = (two_files(), Cache::new());
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
    let (hub, cache) = (two_files(), Cache::new());
    let blobs = cache.path("models--org--name/blobs");
    fs::create_dir_all(&blobs).unwrap();
    let part = blobs.join(format!("{}.incomplete", hash("small", "git")));
    std::os::unix::fs::symlink("/dev/full", part).unwrap();
    fails_then_works(&hub, &cache, "config.json", &["disk is full", "No space left"]);
}

#[test]
fn a_cache_that_cannot_be_written() {
    let (hub, cache) = (two_files(), Cache::new());
    fs::write(cache.path("models--org--name"), "a file where a folder belongs").unwrap();
    let message = model(&hub, &cache).file("config.json").unwrap_err().to_string();
    has(&message, &["config.json", "cache cannot be used", "HF_HOME"]);
    fs::remove_file(cache.path("models--org--name")).unwrap();
    assert_eq!(fs::read(model(&hub, &cache).file("config.json").unwrap()).unwrap(), small());
}

#[test]
fn headers_of_another_kind_of_server() {
    for (header, value, words) in [
        ("ETag", None, "without an ETag"),
        ("ETag", Some("\"5f3a-1234\""), "an ETag that is not a hash"),
        ("ETag", Some("\"../../../x\""), "an ETag that is not a hash"),
        ("X-Repo-Commit", None, "without a commit"),
        ("X-Repo-Commit", Some("../../../../outside"), "without a commit"),
        ("X-Repo-Commit", Some("main"), "without a commit"),
    ] {
        let (hub, cache) = (two_files(), Cache::new());
        hub.trouble("HEAD", Trouble::Header(header, value.map(str::to_owned)));
        fails_then_works(&hub, &cache, "config.json", &[words, "HF_ENDPOINT"]);
    }
    let (hub, cache) = (two_files(), Cache::new());
    let other = "9".repeat(40);
    hub.trouble("HEAD", Trouble::Header("X-Repo-Commit", Some(other.clone())));
    let message = model(&hub, &cache).revision(COMMIT).file("config.json").unwrap_err().to_string();
    has(&message, &[&other, "another one than was asked for"]);
    // A weak ETag is still the hash.
    let weak = Trouble::Header("ETag", Some(format!("W/\"{}\"", hash("small", "git"))));
    hub.trouble("HEAD", weak);
    assert_eq!(fs::read(model(&hub, &cache).file("config.json").unwrap()).unwrap(), small());
}

#[test]
fn lengths_and_encodings() {
    // Compressed although nobody asked for it; the length is that of the compressed bytes.
    let (hub, cache) = (two_files(), Cache::new());
    let packed = fixture("small.json.gz");
    hub.trouble("HEAD", Trouble::Gzip(packed.clone())).trouble("GET", Trouble::Gzip(packed));
    assert_eq!(fs::read(model(&hub, &cache).file("config.json").unwrap()).unwrap(), small());
    // No length; in HEAD neither.
    for trouble in [Trouble::NoLength(usize::MAX), Trouble::Chunked(usize::MAX)] {
        let (hub, cache) = (two_files(), Cache::new());
        hub.trouble("HEAD", Trouble::Header("Content-Length", None)).trouble("GET", trouble);
        assert_eq!(fs::read(model(&hub, &cache).file(LARGE).unwrap()).unwrap(), large());
    }
    // The same, cut: by the length that HEAD told, by the missing last chunk, or by the hash.
    let (hub, cache) = (two_files(), Cache::new());
    hub.trouble("GET", Trouble::NoLength(1000)).trouble("GET", Trouble::Chunked(2000));
    assert_eq!(fs::read(model(&hub, &cache).file(LARGE).unwrap()).unwrap(), large());
    let (hub, cache) = (two_files(), Cache::new());
    hub.trouble("HEAD", Trouble::Header("Content-Length", None)).trouble("GET", Trouble::NoLength(1000));
    fails_then_works(&hub, &cache, LARGE, &["not the file that was promised"]);
    // A file of no bytes.
    let (hub, cache) = (two_files(), Cache::new());
    hub.file("org/name", "empty.txt", b"", &hash("empty", "git"));
    assert_eq!(fs::read(model(&hub, &cache).file("empty.txt").unwrap()).unwrap(), b"");
}

#[test]
fn names_that_cannot_be() {
    let (hub, cache) = (two_files(), Cache::new());
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
