//! Lets cells use `?` from the first one on.
//!
//! evcxr prepares its cells for `?` once rustc has refused one for want of it (E0277). Were that a cell whose last
//! expression shows a figure, evcxr would also take the refusal for a value that cannot show itself, and print the
//! value's Debug form. So a cell with statements that is not prepared is refused before rustc sees it, with that error on
//! the line that brings `support` in. evcxr then writes the cell again, prepared; so are all later ones.

use super::direct::{CELL, wants_messages};
use std::process::ExitCode;

/// The line of the lessons' first cell that every later cell repeats.
const LOADS_SUPPORT: &str = "use support::prelude::*;";
/// In every cell that has statements.
const STATEMENTS: &str = "evcxr_variable_store";
/// In every cell that is prepared.
const PREPARED: &str = "EvcxrUserCodeError";

/// The answer to `cargo build`, if this cell has to be prepared first.
pub fn refuse(args: &[String]) -> Option<ExitCode> {
    if !wants_messages(args) {
        return None;
    }
    println!("{}", refusal(&std::fs::read_to_string(CELL).ok()?)?);
    Some(ExitCode::FAILURE)
}

/// What cargo would print.
fn refusal(cell: &str) -> Option<serde_json::Value> {
    if cell.contains(PREPARED) || !cell.contains(STATEMENTS) {
        return None;
    }
    let line = cell.lines().position(|line| line.trim() == LOADS_SUPPORT)? + 1;
    let message = "`?` is used in a function that returns nothing";
    Some(serde_json::json!({"reason": "compiler-message", "message": {
        "message": message, "level": "error", "code": {"code": "E0277"}, "children": [],
        "spans": [{"file_name": CELL, "line_start": line, "line_end": line, "is_primary": true}],
    }}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_not_prepared() {
        let uses = "use std::fmt;\nuse support::prelude::*;\n";
        let cell = format!("{uses}pub extern \"C\" fn run_user_code_1(\nevcxr_variable_store: *mut u8) -> *mut u8 {{");
        let answer = refusal(&cell).unwrap();
        assert_eq!(answer["message"]["code"]["code"], "E0277");
        assert_eq!(answer["message"]["spans"][0]["line_start"], 2);
        assert!(refusal(&format!("struct EvcxrUserCodeError {{}}\n{cell}")).is_none());
        assert!(refusal(&cell.replace(LOADS_SUPPORT, "")).is_none());
        assert!(refusal(uses).is_none());
    }
}
