//! What servers answer instead of a file: statuses, redirects, odd headers, lengths and encodings.

use std::fs;
use std::time::{Duration, Instant};

use sources::hub::{self, Settings};

use super::content::{fixture, hash, large, small};
use super::faults::{LARGE, fails_then_works, has, three};
use super::server::{COMMIT, Trouble};
use super::{Cache, model, settings, two_files};

fn location(to: &str) -> Trouble {
    Trouble::Status(302, vec![("Location", to.to_owned())])
}

#[test]
fn not_found() {
    let (hub, cache) = (two_files(), Cache::empty());
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
    // The commit of the first use is gone, because the history was rewritten.
    let (hub, cache) = (two_files(), Cache::empty());
    let refs = cache.path("models--org--name/refs");
    fs::create_dir_all(&refs).unwrap();
    fs::write(refs.join("main"), "4".repeat(40)).unwrap();
    let message = model(&hub, &cache).file("config.json").unwrap_err().to_string();
    let reference = refs.join("main").to_string_lossy().into_owned();
    has(&message, &["404", "has lost the commit 4444", &format!("Remove {reference}")]);
    fs::remove_file(reference).unwrap();
    assert_eq!(fs::read(model(&hub, &cache).file("config.json").unwrap()).unwrap(), small());
    // A 404 that passes does not stay.
    let (hub, cache) = (two_files(), Cache::empty());
    hub.trouble("HEAD", Trouble::Status(404, vec![]));
    fails_then_works(&hub, &cache, "config.json", &["404"]);
}

#[test]
fn not_allowed() {
    let (hub, cache) = (two_files(), Cache::empty());
    hub.trouble("HEAD", Trouble::Status(401, vec![("X-Error-Code", "RepoNotFound".to_owned())]));
    fails_then_works(&hub, &cache, "config.json", &["401", "private or gated", "set HF_TOKEN"]);
    let cache = Cache::empty();
    hub.trouble("HEAD", Trouble::Status(401, vec![("X-Error-Code", "GatedRepo".to_owned())]));
    fails_then_works(&hub, &cache, "config.json", &["401", "accept the conditions", &format!("{}/org/name", hub.url)]);
    // Between HEAD and GET the right may be gone.
    let cache = Cache::empty();
    hub.trouble("GET", Trouble::Status(403, vec![]));
    fails_then_works(&hub, &cache, "config.json", &["403", "HF_TOKEN"]);
    let cache = Cache::empty();
    let with_token = Settings { token: Some("hf_wrong".to_owned()), ..settings(&hub, &cache) };
    hub.trouble("HEAD", Trouble::Status(401, vec![]));
    let message = hub::model("org/name").with(with_token).file("config.json").unwrap_err().to_string();
    has(&message, &["401", "token is not valid"]);
    assert!(!message.contains("hf_wrong"));
}

#[test]
fn a_server_in_trouble() {
    let (hub, cache) = (two_files(), Cache::empty());
    hub.trouble("HEAD", Trouble::Status(500, vec![])).trouble("GET", Trouble::Status(503, vec![]));
    assert_eq!(fs::read(model(&hub, &cache).file("config.json").unwrap()).unwrap(), small());
    assert_eq!(hub.methods(), "HEAD HEAD GET GET");
    for method in ["HEAD", "GET"] {
        let cache = Cache::empty();
        three(&hub, method, Trouble::Status(500, vec![]));
        fails_then_works(&hub, &cache, "config.json", &["500", "3 tries", "Source::Bundled"]);
    }
    let cache = Cache::empty();
    hub.trouble("HEAD", Trouble::Status(429, vec![("Retry-After", "1".to_owned())]));
    let started = Instant::now();
    model(&hub, &cache).file("config.json").unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    let cache = Cache::empty();
    hub.trouble("HEAD", Trouble::Status(418, vec![]));
    fails_then_works(&hub, &cache, "config.json", &["answered 418", "HF_ENDPOINT"]);
}

#[test]
fn redirects_that_lead_nowhere() {
    let here = "/org/name/resolve/main/config.json";
    let (hub, cache) = (two_files(), Cache::empty());
    hub.trouble("HEAD", location(here));
    fails_then_works(&hub, &cache, "config.json", &["redirects in a circle", &hub.url, "HF_ENDPOINT"]);
    for to in ["file:///etc/passwd", "ftp://files.test/x", ""] {
        let cache = Cache::empty();
        hub.trouble("GET", location(to));
        fails_then_works(&hub, &cache, "config.json", &["redirect to nowhere"]);
    }
    let cache = Cache::empty();
    for i in 0..11 {
        hub.trouble("GET", location(&format!("/again/{i}")));
    }
    let message = model(&hub, &cache).file("config.json").unwrap_err().to_string();
    has(&message, &["config.json", "more than 10 times"]);
    // Two servers that send each other the question.
    let (one, two, cache) = (two_files(), two_files(), Cache::empty());
    for _ in 0..3 {
        one.trouble("HEAD", location(&format!("{}{here}", two.url)));
        two.trouble("HEAD", location(&format!("{}{here}", one.url)));
    }
    let message = model(&one, &cache).file("config.json").unwrap_err().to_string();
    has(&message, &["in a circle", &one.url, &two.url]);
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
        let (hub, cache) = (two_files(), Cache::empty());
        hub.trouble("HEAD", Trouble::Header(header, value.map(str::to_owned)));
        fails_then_works(&hub, &cache, "config.json", &[words, "HF_ENDPOINT"]);
    }
    let (hub, cache) = (two_files(), Cache::empty());
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
    let (hub, cache) = (two_files(), Cache::empty());
    let packed = fixture("small.json.gz");
    hub.trouble("HEAD", Trouble::Gzip(packed.clone())).trouble("GET", Trouble::Gzip(packed));
    assert_eq!(fs::read(model(&hub, &cache).file("config.json").unwrap()).unwrap(), small());
    // No length; in HEAD neither.
    for trouble in [Trouble::NoLength(usize::MAX), Trouble::Chunked(usize::MAX)] {
        let (hub, cache) = (two_files(), Cache::empty());
        hub.trouble("HEAD", Trouble::Header("Content-Length", None)).trouble("GET", trouble);
        assert_eq!(fs::read(model(&hub, &cache).file(LARGE).unwrap()).unwrap(), large());
    }
    // The same, cut: by the length that HEAD told, by the missing last chunk, or by the hash.
    let (hub, cache) = (two_files(), Cache::empty());
    hub.trouble("GET", Trouble::NoLength(1000)).trouble("GET", Trouble::Chunked(2000));
    assert_eq!(fs::read(model(&hub, &cache).file(LARGE).unwrap()).unwrap(), large());
    let (hub, cache) = (two_files(), Cache::empty());
    hub.trouble("HEAD", Trouble::Header("Content-Length", None)).trouble("GET", Trouble::NoLength(1000));
    fails_then_works(&hub, &cache, LARGE, &["not the file that was promised"]);
    // A file of no bytes.
    let (hub, cache) = (two_files(), Cache::empty());
    hub.file("org/name", "empty.txt", b"", &hash("empty", "git"));
    assert_eq!(fs::read(model(&hub, &cache).file("empty.txt").unwrap()).unwrap(), b"");
}
