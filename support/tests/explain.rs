//! `cargo course explain` and `classify`: the program that they hand over to is run on tiny checkpoints and compared with
//! Captum (fixtures/make_explain.py) and with the library; what is wrong is told in one line.

mod explain {
    mod classify;
    mod errors;
    mod files;
    mod options;
    mod parity;

    use std::fs;
    use std::path::PathBuf;
    use std::process::Command;

    use support::serde_json::{self, Value};

    /// The tiny checkpoint of this name.
    pub fn folder(name: &str) -> String {
        format!("{}/tests/fixtures/transformer/{name}", env!("CARGO_MANIFEST_DIR"))
    }

    /// What Captum says.
    pub fn fixture() -> Value {
        serde_json::from_str(include_str!("fixtures/explain.json")).unwrap()
    }

    /// What the program did.
    pub struct Done {
        pub success: bool,
        pub out: String,
        pub err: String,
    }

    /// Runs the program in a folder.
    pub fn run_in(place: &str, args: &[&str]) -> Done {
        let done = Command::new(env!("CARGO_BIN_EXE_course-models")).args(args).current_dir(place).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Done { success: done.status.success(), out: text(done.stdout), err: text(done.stderr) }
    }

    pub fn run(args: &[&str]) -> Done {
        run_in(".", args)
    }

    /// The JSON lines of a run that succeeds and says nothing else.
    #[track_caller]
    pub fn lines(args: &[&str]) -> Vec<Value> {
        let done = run(args);
        assert!(done.success && done.err.is_empty(), "{args:?}: {}", done.err);
        done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// `explain` for one text on a tiny checkpoint, with more options.
    #[track_caller]
    pub fn explained(model: &str, text: &str, more: &[&str]) -> Value {
        let mut made = lines(&[&["explain", "--model", &folder(model), "--text", text, "--json"], more].concat());
        assert_eq!(made.len(), 1);
        made.remove(0)
    }

    /// A run fails with one line on stderr that has all these words, and nothing on stdout.
    #[track_caller]
    pub fn fails(args: &[&str], words: &[&str]) {
        let done = run(args);
        assert!(!done.success && done.out.is_empty(), "{args:?} printed {}", done.out);
        assert_eq!(done.err.trim_end().lines().count(), 1, "{args:?}: {}", done.err);
        assert!(words.iter().all(|word| done.err.contains(word)), "{args:?}: {words:?} are not all in: {}", done.err);
    }

    pub fn number(value: &Value) -> f64 {
        value.as_f64().unwrap()
    }

    pub fn numbers(value: &Value) -> Vec<f64> {
        value.as_array().unwrap().iter().map(number).collect()
    }

    #[track_caller]
    pub fn close(found: &[f64], expected: &[f64], tolerance: f64) {
        let near = |(a, b): (&f64, &f64)| (a - b).abs() <= tolerance;
        assert!(
            found.len() == expected.len() && found.iter().zip(expected).all(near),
            "found {found:?}, expected {expected:?}"
        );
    }

    /// A folder of the test's own, removed at the end.
    pub struct Folder(pub PathBuf);

    impl Folder {
        pub fn new(what: &str) -> Folder {
            let to = std::env::temp_dir().join(format!("support-explain-{}-{what}", std::process::id()));
            let _ = fs::remove_dir_all(&to);
            fs::create_dir_all(&to).unwrap();
            Folder(to)
        }

        /// With a checkpoint in it, which may be damaged then.
        pub fn with(model: &str, what: &str) -> Folder {
            let made = Folder::new(what);
            for file in fs::read_dir(folder(model)).unwrap().map(Result::unwrap) {
                fs::copy(file.path(), made.0.join(file.file_name())).unwrap();
            }
            made
        }

        pub fn path(&self, file: &str) -> String {
            self.0.join(file).to_str().unwrap().to_owned()
        }

        /// Writes a file and gives its path.
        pub fn write(&self, file: &str, content: &str) -> String {
            fs::write(self.0.join(file), content).unwrap();
            self.path(file)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
