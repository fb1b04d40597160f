//! The definitions a second time, in another language: `tests/reference/features.py` recomputes every case, outcome and feature of a simulated
//! book with plain loops. Needs python3.

use super::cli::text;
use std::path::Path;
use std::process::Command;

#[test]
fn every_case_outcome_and_feature_is_what_plain_loops_give() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("\n*** NOT TESTED against tests/reference/features.py: there is no python3 ***\n");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let recoup = |args: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_recoup")).args(args).current_dir(folder.path()).output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    };
    recoup(&["simulate", "--accounts", "600", "--months", "24", "--seed", "21", "--out", "book", "--format", "csv"]);
    recoup(&["cases", "--project", "book/recoup.toml", "--out", "cases.csv", "--quiet"]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/features.py");
    let done = Command::new("python3").arg(script).args(["book", "cases.csv"]).current_dir(folder.path()).output().unwrap();
    let said = text(&done.stdout);
    assert!(done.status.success() && said.contains(" 0 differences"), "{said}{}", text(&done.stderr));
    let cases: usize = said.split(' ').next().unwrap().parse().unwrap();
    assert!(cases > 500, "{said}");
}
