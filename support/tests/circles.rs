//! No module imports one that imports it, directly or by way of others: what is below never looks up.
//!
//! Cargo sees to that between crates. Between the modules of a crate, and of the command line `course`, this test does: it
//! reads `crate::`, `super::` and `self::` in the sources, tests left out. A module may use what its parent defines, and a
//! parent uses its children.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module's path: `["plot", "axes"]`.
type Module = Vec<String>;

#[test]
fn modules_do_not_import_each_other_in_circles() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("../course/src")];
    folders.extend(fs::read_dir(root.join("crates")).unwrap().map(|entry| entry.unwrap().path().join("src")));
    let circles: Vec<String> = folders.iter().flat_map(|folder| circles(&modules(folder), folder)).collect();
    assert!(circles.is_empty(), "circles of imports:\n{}", circles.join("\n"));
}

#[test]
fn a_circle_is_found() {
    let module =
        |path: &[&str], code: &str| (path.iter().map(|part| (*part).to_owned()).collect::<Module>(), code.to_owned());
    let modules = BTreeMap::from([
        module(&[], "mod a; mod b; mod c; mod d;"),
        module(&["a"], "use crate::b::{self, inner::Thing};"),
        module(&["b"], "use super::c::Other;"),
        module(&["b", "inner"], "use super::super::d::One;"),
        module(&["c"], "// use crate::a; is a comment"),
        module(&["d"], "fn f() { crate::a::g() }"),
    ]);
    assert_eq!(circles(&modules, Path::new("x")), ["x: a, b, d"]);
}

/// The modules of a crate with their code, without comments and tests.
fn modules(folder: &Path) -> BTreeMap<Module, String> {
    let mut found = BTreeMap::new();
    let mut waiting: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let inside = path.strip_prefix(folder).unwrap().with_extension("");
            let mut module: Module = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            if module.last().is_some_and(|last| ["lib", "main", "mod"].contains(&last.as_str())) {
                module.pop();
            }
            let code = fs::read_to_string(&path).unwrap();
            let code = code.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            found.insert(module, code);
        }
    }
    found
}

/// The groups of sibling modules that reach each other, one line each.
fn circles(modules: &BTreeMap<Module, String>, folder: &Path) -> Vec<String> {
    // Of each parent, which child imports which.
    let mut imports: BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (module, code) in modules {
        for target in targets(module, code, modules) {
            let shared = module.iter().zip(&target).take_while(|(a, b)| a == b).count();
            if let (Some(from), Some(to)) = (module.get(shared), target.get(shared)) {
                let siblings = imports.entry(module[..shared].to_vec()).or_default();
                siblings.entry(from.clone()).or_default().insert(to.clone());
            }
        }
    }
    let mut found = Vec::new();
    for (parent, siblings) in &imports {
        let reached: BTreeMap<&String, BTreeSet<&String>> =
            siblings.keys().map(|name| (name, reach(name, siblings))).collect();
        let mut told = BTreeSet::new();
        for name in siblings.keys().filter(|name| reached[name].contains(name)) {
            let circle: Vec<&str> = siblings
                .keys()
                .filter(|other| reached[name].contains(other) && reached[*other].contains(name))
                .map(String::as_str)
                .collect();
            if told.insert(circle.join(", ")) {
                let parent: String = parent.iter().map(|part| format!("{part}::")).collect();
                found.push(format!("{}: {parent}{}", folder.display(), circle.join(", ")));
            }
        }
    }
    found
}

/// What can be reached from a module by its siblings' imports.
fn reach<'a>(from: &str, imports: &'a BTreeMap<String, BTreeSet<String>>) -> BTreeSet<&'a String> {
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<&String> = imports.get(from).into_iter().flatten().collect();
    while let Some(next) = waiting.pop() {
        if seen.insert(next) {
            waiting.extend(imports.get(next).into_iter().flatten());
        }
    }
    seen
}

/// The modules that the code of one names.
fn targets(module: &Module, code: &str, modules: &BTreeMap<Module, String>) -> Vec<Module> {
    let code: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for head in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(head) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || "_:$".contains(c)) {
                continue; // another path, of which this is the middle
            }
            let mut base = if head == "crate::" { Module::new() } else { module.clone() };
            let mut rest = &code[at..];
            while let Some(after) = rest.strip_prefix("super::") {
                base.pop();
                rest = after;
            }
            let rest = rest.strip_prefix("crate::").or(rest.strip_prefix("self::")).unwrap_or(rest);
            paths(rest).into_iter().for_each(|path| found.push(deepest(&base, &path, modules)));
        }
    }
    found
}

/// `a::{b, c::d}` as the paths it stands for, `a::b` and `a::c::d`; what comes after names does not matter.
fn paths(text: &str) -> Vec<Vec<String>> {
    let name = |text: &str| text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    if let Some(inner) = text.strip_prefix('{') {
        let (mut depth, mut start, mut found) = (0, 0, Vec::new());
        for (at, c) in inner.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    found.extend(paths(inner[start..at].trim_start()));
                    break;
                }
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    found.extend(paths(inner[start..at].trim_start()));
                    start = at + 1;
                }
                _ => {}
            }
        }
        return found;
    }
    let (first, rest) = text.split_at(name(text));
    match rest.strip_prefix("::") {
        Some(rest) if !first.is_empty() => {
            paths(rest).into_iter().map(|path| [vec![first.to_owned()], path].concat()).collect()
        }
        _ => vec![vec![first.to_owned()]],
    }
}

/// The module in which a path ends: as many of its names as are modules.
fn deepest(base: &Module, path: &[String], modules: &BTreeMap<Module, String>) -> Module {
    let mut module = base.clone();
    for name in path {
        module.push(name.clone());
        if !modules.contains_key(&module) {
            module.pop();
            break;
        }
    }
    module
}
