//! Downloads from the hub, against a server of our own: what is cached where, and what is asked how often.
//!
//! The faults are in hub/faults.rs and hub/answers.rs, parquet and data sets in hub/data_sets.rs.

#[path = "hub/answers.rs"]
mod answers;
#[path = "hub/content.rs"]
mod content;
#[path = "hub/data_sets.rs"]
mod data_sets;
#[path = "hub/faults.rs"]
mod faults;
#[path = "hub/server.rs"]
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use content::{hash, large, small};
use server::{COMMIT, Hub, Trouble};
use sources::hub::{self, Repository, Settings};

/// A cache folder that is removed with the test.
pub struct Cache(PathBuf);

impl Cache {
    pub fn empty() -> Cache {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("support-hub-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Cache(folder)
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.0.join(below)
    }

    /// All files and links below, sorted; lock files left out.
    pub fn files(&self) -> Vec<String> {
        fn walk(folder: &Path, above: &str, found: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                let name = format!("{above}{}", entry.file_name().to_string_lossy());
                if entry.file_type().unwrap().is_dir() {
                    walk(&entry.path(), &format!("{name}/"), found)
                } else {
                    found.push(name)
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.0, "", &mut found);
        found.retain(|name| !name.starts_with(".locks/"));
        found.sort();
        found
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Short time-outs, so that the tests are quick.
pub fn settings(hub: &Hub, cache: &Cache) -> Settings {
    Settings {
        pause: Duration::from_millis(5),
        connect_timeout: Duration::from_secs(2),
        answer_timeout: Duration::from_millis(400),
        stall_timeout: Duration::from_millis(400),
        quiet: true,
        ..Settings::new(&hub.url, &cache.0.to_string_lossy())
    }
}

pub fn model(hub: &Hub, cache: &Cache) -> Repository {
    hub::model("org/name").with(settings(hub, cache))
}

/// A hub with a small and a large file of the model `org/name`.
pub fn two_files() -> Hub {
    let hub = Hub::start();
    hub.file("org/name", "config.json", &small(), &hash("small", "git"));
    hub.file("org/name", "onnx/large file.bin", &large(), &hash("large", "sha256"));
    hub
}

/// This test program again, running only `test`, with other environment variables.
pub fn again(test: &str, shell: &str) -> Command {
    let mut command = Command::new("sh");
    let program = std::env::current_exe().unwrap();
    command.args(["-c", &format!("{shell} exec \"$0\" --exact {test} --nocapture --test-threads 1")]).arg(program);
    for name in [
        "HF_ENDPOINT",
        "HF_HOME",
        "HF_HUB_CACHE",
        "HUGGINGFACE_HUB_CACHE",
        "HF_TOKEN",
        "HF_HUB_OFFLINE",
        "XDG_CACHE_HOME",
    ] {
        command.env_remove(name);
    }
    command
}

#[test]
fn a_file_is_cached_in_the_standard_layout_and_asked_for_once() {
    let (hub, cache) = (two_files(), Cache::empty());
    let model = model(&hub, &cache);
    assert!(!model.is_cached("config.json"));
    let path = model.file("config.json").unwrap();
    assert_eq!(hub.methods(), "HEAD GET");
    assert_eq!(fs::read(&path).unwrap(), small());
    let git = hash("small", "git");
    assert_eq!(path, cache.path(&format!("models--org--name/snapshots/{COMMIT}/config.json")));
    assert_eq!(fs::read_link(&path).unwrap(), Path::new(&format!("../../blobs/{git}")));
    let nested = model.file("onnx/large file.bin").unwrap();
    assert_eq!(fs::read(&nested).unwrap(), large());
    let sha256 = hash("large", "sha256");
    assert_eq!(fs::read_link(&nested).unwrap(), Path::new(&format!("../../../blobs/{sha256}")));
    let mut expected = [
        format!("models--org--name/blobs/{git}"),
        format!("models--org--name/blobs/{sha256}"),
        "models--org--name/refs/main".to_owned(),
        format!("models--org--name/snapshots/{COMMIT}/config.json"),
        format!("models--org--name/snapshots/{COMMIT}/onnx/large file.bin"),
    ];
    expected.sort();
    assert_eq!(cache.files(), expected);
    assert_eq!(fs::read_to_string(cache.path("models--org--name/refs/main")).unwrap(), COMMIT);
    assert_eq!(model.commit().unwrap().as_deref(), Some(COMMIT));

    hub.methods();
    assert!(model.is_cached("config.json"));
    for _ in 0..3 {
        assert_eq!(model.file("config.json").unwrap(), path);
        assert_eq!(model.file("onnx/large file.bin").unwrap(), nested);
    }
    assert_eq!(hub.methods(), "", "a cached file needs no request");
    let offline = Settings { offline: true, ..settings(&hub, &cache) };
    assert_eq!(hub::model("org/name").with(offline).file("config.json").unwrap(), path);
}

#[test]
fn a_repository_stays_at_the_commit_of_its_first_file() {
    let (hub, cache) = (two_files(), Cache::empty());
    let later = "3333333333333333333333333333333333333333";
    hub.file_at("org/name", later, "config.json", &large(), &hash("large", "git"));
    model(&hub, &cache).file("config.json").unwrap();
    hub.main_is(later);
    model(&hub, &cache).file("onnx/large file.bin").unwrap();
    let asked = hub.seen().last().unwrap().path.clone();
    assert_eq!(asked, format!("/org/name/resolve/{COMMIT}/onnx/large%20file.bin"));
    // A pin does not touch what `main` stands for.
    let pinned = model(&hub, &cache).revision(later).file("config.json").unwrap();
    assert_eq!(fs::read(pinned).unwrap(), large());
    assert_eq!(fs::read_to_string(cache.path("models--org--name/refs/main")).unwrap(), COMMIT);
    assert_eq!(fs::read(model(&hub, &cache).file("config.json").unwrap()).unwrap(), small());
    // Removing the reference moves on, as the documentation says.
    fs::remove_file(cache.path("models--org--name/refs/main")).unwrap();
    assert_eq!(fs::read(model(&hub, &cache).file("config.json").unwrap()).unwrap(), large());
}

#[test]
fn large_files_come_from_the_storage_that_never_sees_the_token() {
    let (hub, storage, cache) = (two_files(), Hub::start(), Cache::empty());
    storage.file("", "", &large(), &hash("large", "sha256"));
    hub.storage(&storage);
    let with_token = Settings { token: Some("hf_secret".to_owned()), ..settings(&hub, &cache) };
    assert!(!format!("{with_token:?}").contains("secret"));
    let path = hub::model("org/name").with(with_token).file("onnx/large file.bin").unwrap();
    assert_eq!(fs::read(path).unwrap(), large());
    let (asked, stored) = (hub.seen(), storage.seen());
    assert_eq!((asked.len(), stored.len()), (2, 1));
    assert!(asked.iter().all(|seen| seen.header("authorization") == Some("Bearer hf_secret")));
    assert!(stored.iter().all(|seen| seen.header("authorization").is_none()));
}

#[test]
fn redirects_are_followed_when_a_repository_was_renamed_or_a_mirror_hands_on() {
    let (hub, cache) = (two_files(), Cache::empty());
    let renamed = || Trouble::Status(307, vec![("Location", "/org/name/resolve/main/config.json".to_owned())]);
    hub.trouble("HEAD", renamed()).trouble("GET", renamed());
    let old = hub::model("old/name").with(settings(&hub, &cache));
    assert_eq!(fs::read(old.file("config.json").unwrap()).unwrap(), small());
    // A mirror that redirects to the real hub without saying anything about the file.
    let mirror = Hub::start();
    let to = format!("{}/org/name/resolve/main/config.json", hub.url);
    let hand_on = || Trouble::Status(308, vec![("Location", to.clone())]);
    mirror.trouble("HEAD", hand_on()).trouble("GET", hand_on());
    let cache = Cache::empty();
    assert_eq!(fs::read(model(&mirror, &cache).file("config.json").unwrap()).unwrap(), small());
}

#[test]
fn what_python_cached_is_used() {
    let (hub, cache) = (Hub::start(), Cache::empty());
    let (git, root) = (hash("small", "git"), cache.path("models--org--name"));
    for folder in ["blobs", "refs", &format!("snapshots/{COMMIT}")] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    fs::write(root.join("refs/main"), COMMIT).unwrap();
    fs::write(root.join("blobs").join(&git), small()).unwrap();
    std::os::unix::fs::symlink(format!("../../blobs/{git}"), root.join(format!("snapshots/{COMMIT}/config.json")))
        .unwrap();
    assert_eq!(fs::read(model(&hub, &cache).file("config.json").unwrap()).unwrap(), small());
    // A blob that is here under another name is linked, not downloaded again.
    hub.file("org/name", "copy.json", &small(), &git);
    assert_eq!(fs::read(model(&hub, &cache).file("copy.json").unwrap()).unwrap(), small());
    assert_eq!(hub.methods(), "HEAD");
    // A link whose blob was removed to save space is mended.
    fs::remove_file(root.join("blobs").join(&git)).unwrap();
    assert!(!model(&hub, &cache).is_cached("copy.json"));
    assert_eq!(fs::read(model(&hub, &cache).file("copy.json").unwrap()).unwrap(), small());
}

#[test]
fn two_at_once_download_once() {
    let (hub, cache) = (two_files(), Cache::empty());
    let paths: Vec<PathBuf> = std::thread::scope(|scope| {
        let get = || model(&hub, &cache).file("onnx/large file.bin").unwrap();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(get)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(paths.iter().all(|path| fs::read(path).unwrap() == large()));
    assert_eq!(hub.methods().matches("GET").count(), 1);
}

#[test]
fn a_killed_download_leaves_no_lock_and_is_resumed() {
    let (hub, cache) = (two_files(), Cache::empty());
    hub.trouble("GET", Trouble::Stall(Some(100_000)));
    let mut child = again("child_downloads_large_file", "")
        .env("HF_ENDPOINT", &hub.url)
        .env("HF_HUB_CACHE", &cache.0)
        .spawn()
        .unwrap();
    let part = cache.path(&format!("models--org--name/blobs/{}.incomplete", hash("large", "sha256")));
    let arrived = || fs::metadata(&part).map_or(0, |part| part.len());
    for _ in 0..500 {
        if arrived() == 100_000 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(arrived(), 100_000);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!model(&hub, &cache).is_cached("onnx/large file.bin"));
    assert_eq!(fs::read(model(&hub, &cache).file("onnx/large file.bin").unwrap()).unwrap(), large());
    assert_eq!(hub.seen().last().unwrap().header("range"), Some("bytes=100000-"));
}

/// Runs only in a process of its own, with the settings of its environment.
#[test]
fn child_downloads_large_file() {
    if !std::env::var("HF_ENDPOINT").is_ok_and(|endpoint| endpoint.starts_with("http://127.")) {
        return;
    }
    match hub::model("org/name").file("onnx/large file.bin") {
        Ok(path) => println!("done: {}", path.display()),
        Err(error) => println!("error: {error}"),
    }
}

#[test]
fn the_environment_names_server_cache_and_token() {
    let (hub, home) = (two_files(), Cache::empty());
    fs::write(home.path("token"), "hf_from_file\n").unwrap();
    let run = |shell: &str| {
        let mut child = again("child_downloads_large_file", shell);
        let output = child.env("HF_ENDPOINT", format!("{}/", hub.url)).env("HF_HOME", &home.0).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let offline = run("HF_HUB_OFFLINE=yes");
    assert!(offline.contains("is not in the cache at") && offline.contains("Unset HF_HUB_OFFLINE"), "{offline}");
    assert_eq!(hub.methods(), "");
    let file = format!("hub/models--org--name/snapshots/{COMMIT}/onnx/large file.bin");
    let text = run("");
    assert!(text.contains(&format!("done: {}", home.path(&file).display())), "{text}");
    assert!(hub.seen().iter().all(|seen| seen.header("authorization") == Some("Bearer hf_from_file")));
    hub.methods();
    assert!(run("HF_HUB_OFFLINE=ON").contains("done: "));
    assert!(run("HF_TOKEN=hf_other").contains("done: "));
    assert_eq!(hub.methods(), "");
    let bad = run("HF_HUB_DOWNLOAD_TIMEOUT=soon");
    assert!(bad.contains("HF_HUB_DOWNLOAD_TIMEOUT is `soon`: give a number of seconds"), "{bad}");
}
