//! The definitions a second time, in another language: `tests/reference/features.py` recomputes every case, outcome and feature of simulated
//! books with plain loops. Needs python3.

use super::cli::text;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn script(name: &str) -> Option<PathBuf> {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("\n*** NOT TESTED against tests/reference/{name}: there is no python3 ***\n");
        return None;
    }
    Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(name))
}

/// Simulates a book, edits its project file, and gives what the reference says of the cases that recoup found; it must agree.
fn agreed(accounts: u32, shape: &str, edits: &[(&str, &str)], at_least: usize) -> String {
    let Some(script) = script("features.py") else { return String::new() };
    let folder = tempfile::tempdir().unwrap();
    let recoup = |args: &[&str]| {
        let done = Command::new(env!("CARGO_BIN_EXE_recoup")).args(args).current_dir(folder.path()).output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    };
    let accounts = accounts.to_string();
    recoup(&["simulate", "--accounts", &accounts, "--months", "24", "--seed", "21", "--out", "book", "--format", "csv", "--shape", shape]);
    let file = folder.path().join("book/recoup.toml");
    let mut project = std::fs::read_to_string(&file).unwrap();
    for (old, new) in edits {
        assert!(project.contains(old), "{old} is not in\n{project}");
        project = project.replace(old, new);
    }
    if project.contains("posting_lag_days") {
        // The lag is for payments that do not say when they were known.
        let payments = folder.path().join("book/payments.csv");
        let rows = std::fs::read_to_string(&payments).unwrap();
        let without = |(place, row): (usize, &str)| {
            let mut cells: Vec<&str> = row.split(',').collect();
            cells[2] = if place == 0 || place % 3 == 0 { cells[2] } else { "" };
            cells.join(",") + "\n"
        };
        std::fs::write(&payments, rows.lines().enumerate().map(without).collect::<String>()).unwrap();
    }
    std::fs::write(&file, project).unwrap();
    recoup(&["cases", "--project", "book/recoup.toml", "--out", "cases.csv", "--quiet"]);
    let done = Command::new("python3").arg(script).args(["book", "cases.csv", "--coverage"]).current_dir(folder.path()).output().unwrap();
    let said = text(&done.stdout);
    assert!(done.status.success() && said.contains(" 0 differences"), "{said}{}", text(&done.stderr));
    assert!(!said.contains("note: no column"), "{said}");
    let cases: usize = said.split(' ').next().unwrap().parse().unwrap();
    assert!(cases >= at_least, "{said}");
    said
}

/// A posting lag for records that do not say when they were known, and another outcome rule.
fn with_rule(rule: &str) -> [(&'static str, String); 2] {
    [("[clock]\n", "[clock]\nposting_lag_days = 2\n".into()), ("rule = \"cure\"", rule.into())]
}

#[test]
fn a_ledger_of_2600_accounts_is_what_plain_loops_give_and_tries_every_feature() {
    let said = agreed(2_600, "ledger", &[], 4_000);
    assert!(!said.contains("TRIVIAL"), "a feature that is always the same tests nothing:\n{said}");
}

#[test]
fn statements_and_a_book_of_both_shapes_are_what_plain_loops_give() {
    agreed(600, "both", &[], 900);
    agreed(600, "statements", &[], 750);
    agreed(600, "statements", &[("cure_by_status", "not_rolled"), ("horizon_cycles = 1", "horizon_cycles = 2"), ("2025-06-30", "2025-07-31")], 750);
}

#[test]
fn every_outcome_rule_is_what_plain_loops_give_and_so_is_a_posting_lag() {
    for (rule, shape) in
        [("rule = \"paid_at_least\"\nshare = 0.5", "ledger"), ("rule = \"cured_at_horizon\"", "ledger"), ("rule = \"not_rolled\"", "both")]
    {
        let edits = with_rule(rule);
        agreed(400, shape, &edits.each_ref().map(|(old, new)| (*old, new.as_str())), 500);
    }
}

#[test]
fn the_reference_gives_what_was_worked_by_hand() {
    let Some(script) = script("selftest.py") else { return };
    let done = Command::new("python3").arg(script).output().unwrap();
    assert!(done.status.success(), "{}{}", text(&done.stdout), text(&done.stderr));
}
