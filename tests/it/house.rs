//! The house rules, read from the source: a room uses only rooms above it, and files stay of one job.

use std::path::{Path, PathBuf};

const ROOMS: [&str; 7] = ["base", "data", "model", "decide", "study", "report", "pipeline"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The room of a file below `src`, by its place in [`ROOMS`]; `None` for lib.rs and main.rs.
fn room(path: &Path) -> Option<usize> {
    let below = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = below.components().next()?.as_os_str().to_str()?.trim_end_matches(".rs").to_string();
    ROOMS.iter().position(|r| *r == first)
}

/// Every later room that a text of room `own` names.
fn upward(text: &str, own: usize) -> Vec<&'static str> {
    ROOMS[own + 1..].iter().copied().filter(|later| text.contains(&format!("crate::{later}"))).collect()
}

#[test]
fn no_file_imports_from_a_later_room() {
    let mut offenders = Vec::new();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        if let Some(own) = room(&path) {
            let text = std::fs::read_to_string(&path).unwrap();
            offenders.extend(upward(&text, own).into_iter().map(|later| format!("{} uses {later}", path.display())));
        }
    }
    assert!(offenders.is_empty(), "{}", offenders.join("\n"));
}

#[test]
fn the_rooms_are_declared_in_order() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let declared: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("pub mod ")).map(|l| l.trim_end_matches(';')).collect();
    assert_eq!(declared, ROOMS);
}

#[test]
fn the_rule_sees_an_upward_import() {
    assert_eq!(upward("use crate::decide::score;", 1), ["decide"]);
    assert_eq!(upward("use crate::base::units;", 1), [""; 0]);
}

#[test]
fn each_library_is_known_to_its_own_rooms_alone() {
    let rules: [(&str, &[&str]); 3] = [("linfa", &["src/model/"]), ("polars::", &["src/data/", "src/model/encode.rs"]), ("clap::", &["src/main.rs"])];
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let shown = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_str().unwrap().replace('\\', "/");
        let text = std::fs::read_to_string(&path).unwrap();
        for (library, allowed) in rules {
            let used = text.lines().any(|l| l.trim_start().starts_with("use ") && l.contains(library));
            assert!(!used || allowed.iter().any(|a| shown.trim_start_matches('/').starts_with(a)), "{shown} uses {library}");
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//!"), "{} has no head that states its job", path.display());
    }
}
