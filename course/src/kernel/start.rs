//! Where a kernel is in its start: what stands in its folder while evcxr compiles cells that no learner wrote.
//!
//! What these cells are for is told in warm.rs.

use crate::env::{Toolchain, io, output};
use std::fs;
use std::path::Path;
use std::process::Command;

/// In the folder of a kernel: how many cells are still to be compiled before a learner's. Gone when it has started.
pub const STARTING: &str = ".starting";
pub const BEFORE_SUPPORT: &str = "2";
pub const LAST: &str = "1";

/// In the folder of a kernel: where evcxr looks for its start files.
pub const CONFIG: &str = "evcxr-config";
pub const INIT: &str = "init.evcxr";
pub const CLEAR: &str = "prelude.rs";

/// The functions that evcxr calls in the libraries of its first two cells.
const NOTHING: &str = r#"
#[unsafe(no_mangle)]
pub extern "C" fn run_user_code_0(variables: *mut u8) -> *mut u8 { variables }
#[unsafe(no_mangle)]
pub extern "C" fn run_user_code_1(variables: *mut u8) -> *mut u8 { variables }
"#;

/// The name that evcxr expects of a cell's library.
pub fn library() -> String {
    format!("{}ctx{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX)
}

/// Compiles, beside the template, the library that does nothing. With the standard library in it, not linked to it:
/// kernels have it at other paths.
pub fn make_library(toolchain: &Toolchain, template: &Path) -> Result<(), String> {
    let source = template.join("nothing.rs");
    fs::write(&source, NOTHING).map_err(io("writing", &source))?;
    let mut rustc = Command::new(&toolchain.rustc);
    rustc.args(["--edition=2024", "--crate-name=ctx", "--crate-type=cdylib", "-Copt-level=2", "-Cstrip=symbols"]);
    output(rustc.arg("-o").arg(template.join(library())).arg(&source)).map(|_| ())
}

/// Whether a cell of the start is still to come.
pub fn is_starting(kernel: &Path) -> bool {
    kernel.join(STARTING).exists()
}

/// Whether rust-analyzer need not read the standard library yet, because it will be asked about `support` next.
pub fn reads_later(kernel: &Path) -> bool {
    fs::read_to_string(kernel.join(STARTING)).is_ok_and(|left| left == BEFORE_SUPPORT)
}

/// A learner's `:load_config` must clear nothing. evcxr reads this file last of all, so it is removed when the first cell
/// after it compiles.
pub fn forget_start_files(kernel: &Path) {
    if !is_starting(kernel) {
        let _ = fs::remove_file(kernel.join(CONFIG).join(CLEAR));
    }
}
