//! Leaves out of a cell the variables that it does not name.
//!
//! evcxr compiles every variable of the notebook into every cell: it checks the type, takes the value out of its
//! store and puts it back, also if the panic that the cell may raise is caught. With 150 variables that is three
//! quarters of a cell's compile time. What a cell does not name it cannot use, so such a variable may as well stay
//! in the store.

use std::collections::HashSet;

const STORE: &str = "evcxr_variable_store.";
/// Around the learner's statements.
const BEGIN: &str = "match std::panic::catch_unwind(";
const END: &str = "println!(\"EVCXR_PANIC_NOTIFICATION\");";

/// The cell as evcxr wrote it, with empty lines in place of what was left out, so that errors keep their line; none
/// if nothing can be left out.
pub fn left_out(code: &str) -> Option<String> {
    let begin = code.find(BEGIN)?;
    let end = code.rfind(END).filter(|&end| end > begin)?;
    let named = words(&code[begin..end]);
    let mut some = false;
    let lines: Vec<&str> = code
        .split('\n')
        .map(|line| {
            let keep = variable(line).is_none_or(|name| named.contains(name));
            some |= !keep;
            if keep { line } else { "" }
        })
        .collect();
    some.then(|| lines.join("\n"))
}

/// All that could be a name, also inside of text: `{name}` in a format string is one.
fn words(code: &str) -> HashSet<&str> {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect()
}

/// The variable that evcxr checks, takes or puts back in this line, if it does.
fn variable(line: &str) -> Option<&str> {
    let statement = line.strip_prefix("vars_ok &= ").or_else(|| Some(line.strip_prefix("let ")?.split_once(" = ")?.1));
    let call = statement.unwrap_or(line).strip_prefix(STORE)?;
    let known = ["check_variable::<", "take_variable::<", "put_variable::<"];
    known.iter().find(|known| call.starts_with(**known))?;
    let (_, name) = call.rsplit_once(">(stringify!(")?;
    let name = name.split_once(')')?.0;
    Some(name.strip_prefix("r#").unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As evcxr 0.22 writes it.
    fn cell(statements: &str) -> String {
        let mut lines = vec!["fn helper(mean: f64) -> f64 { mean }", "{let mut vars_ok = true;"];
        lines.extend(VARIABLES.map(|[check, ..]| check));
        lines.push("if !vars_ok {return evcxr_variable_store;}}");
        lines.extend(VARIABLES.map(|[_, take, _]| take));
        lines.extend(["match std::panic::catch_unwind(", "  std::panic::AssertUnwindSafe(||{"]);
        lines.extend(statements.lines());
        lines.extend(["})) { ", "  Ok(_) => {}", "  Err(_) => {", "    println!(\"EVCXR_PANIC_NOTIFICATION\");", "}}"]);
        lines.extend(VARIABLES.map(|[.., put]| put));
        lines.extend(["evcxr_variable_store", "}"]);
        lines.join("\n")
    }

    const VARIABLES: [[&str; 3]; 3] = [
        [
            "vars_ok &= evcxr_variable_store.check_variable::<f64>(stringify!(mean));",
            "let mut mean = evcxr_variable_store.take_variable::<f64>(stringify!(mean));",
            "evcxr_variable_store.put_variable::<f64>(stringify!(mean), mean);",
        ],
        [
            "vars_ok &= evcxr_variable_store.check_variable::<Vec<Option<&str>>>(stringify!(texts));",
            "let texts = evcxr_variable_store.take_variable::<Vec<Option<&str>>>(stringify!(texts));",
            "evcxr_variable_store.put_variable::<Vec<Option<&str>>>(stringify!(texts), texts);",
        ],
        [
            "vars_ok &= evcxr_variable_store.check_variable::<i32>(stringify!(r#type));",
            "let r#type = evcxr_variable_store.take_variable::<i32>(stringify!(r#type));",
            "evcxr_variable_store.put_variable::<i32>(stringify!(r#type), r#type);",
        ],
    ];

    /// Which of the variables are still there, each with all of its three lines or with none; the rest is as it was.
    fn kept(statements: &str) -> [bool; 3] {
        let before = cell(statements);
        let after = left_out(&before).unwrap_or_else(|| before.clone());
        assert_eq!(before.lines().count(), after.lines().count());
        for (old, new) in before.lines().zip(after.lines()) {
            assert!(
                old == new || (new.is_empty() && VARIABLES.as_flattened().contains(&old)),
                "{old:?} became {new:?}"
            );
        }
        VARIABLES.map(|lines| {
            let there = lines.map(|line| after.lines().any(|other| other == line));
            assert!(there == [true; 3] || there == [false; 3], "{lines:?}: {there:?}");
            there[0]
        })
    }

    #[test]
    fn a_variable_stays_if_the_cell_names_it() {
        assert_eq!(kept("let x = 1;"), [false; 3]);
        assert_eq!(kept("mean += 1.0;"), [true, false, false]);
        assert_eq!(kept("println!(\"{mean:.2}\");"), [true, false, false]);
        assert_eq!(kept("// texts\nlet y = r#type;"), [false, true, true]);
        assert_eq!(kept("let meaning = my_texts(the_type);"), [false; 3]);
    }

    #[test]
    fn a_variable_that_was_moved_or_made_in_the_cell_is_named_there() {
        assert_eq!(kept("evcxr_variable_store.put_variable::<f64>(stringify!(mean), mean);"), [true, false, false]);
    }

    #[test]
    fn code_of_another_form_is_left_alone() {
        let all_named = cell("(mean, texts, r#type)");
        assert_eq!(left_out(&all_named), None);
        assert_eq!(left_out("fn only(x: i32) -> i32 { x }"), None);
        assert_eq!(left_out(&cell("").replace("PANIC", "OTHER")), None);
        assert_eq!(left_out(""), None);
    }
}
