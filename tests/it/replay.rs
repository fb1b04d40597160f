//! A run made again from its record: the same to the byte, or what differs.

use super::cli::text;
use std::path::Path;
use std::process::{Command, Output};

const POLICY: &str = "policy.toml";

/// The sample book's files in a folder, and a run of one day below it.
pub fn folder_with_run() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::create_dir(folder.path().join("book")).unwrap();
    for entry in std::fs::read_dir(root.join("data/sample")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join("book").join(path.file_name().unwrap())).unwrap();
    }
    std::fs::copy(root.join("models/sample.json"), folder.path().join("model.json")).unwrap();
    std::fs::copy(root.join("data/policies/current.toml"), folder.path().join(POLICY)).unwrap();
    let score = ["score", "--project", "book/recoup.toml", "--model", "model.json", "--policy", POLICY, "--as-of", "2025-11-30", "--out", "run"];
    let done = recoup(folder.path(), &score);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    folder
}

pub fn recoup(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_recoup")).current_dir(folder).args(args).output().unwrap()
}

/// What differs, by the JSON of a replay that must find something.
fn differences(folder: &Path, more: &[&str]) -> Vec<String> {
    let done = recoup(folder, &[&["replay", "run", "--json"][..], more].concat());
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
    let json: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(json["identical"], false);
    json["differences"].as_array().unwrap().iter().map(|d| d["what"].as_str().unwrap().to_string()).collect()
}

#[test]
fn a_run_is_the_same_to_the_byte_with_any_threads() {
    let folder = folder_with_run();
    for threads in ["1", "2"] {
        let done = recoup(folder.path(), &["replay", "run", "--threads", threads]);
        assert_eq!(done.status.code(), Some(0), "{}{}", text(&done.stdout), text(&done.stderr));
        assert!(text(&done.stdout).contains("the same to the byte"), "{}", text(&done.stdout));
    }
}

#[test]
fn what_was_changed_since_is_named() {
    let folder = folder_with_run();
    // A line of the ranked list, after the run: the run made again is as recorded.
    let ranked = folder.path().join("run/ranked.csv");
    let before = std::fs::read(&ranked).unwrap();
    std::fs::write(&ranked, text(&before).replacen("M1", "M2", 1)).unwrap();
    assert_eq!(differences(folder.path(), &[]), ["ranked.csv as it stands in the folder"]);
    std::fs::write(&ranked, before).unwrap();
    // The policy: its fingerprint, and what follows from it.
    let policy = folder.path().join(POLICY);
    let was = std::fs::read_to_string(&policy).unwrap();
    std::fs::write(&policy, was.replacen("cost = \"0.08\"", "cost = \"80.00\"", 1)).unwrap();
    let found = differences(folder.path(), &[]);
    assert_eq!(found[0], format!("policy file {POLICY}"));
    assert!(found.iter().any(|d| d == "ranked.csv made again"), "{found:?}");
    std::fs::write(&policy, was).unwrap();
    // A table.
    let table = folder.path().join("book/contacts.csv.gz");
    std::fs::copy(folder.path().join("book/events.csv.gz"), folder.path().join("book/x")).unwrap();
    let moved = folder.path().join("elsewhere.toml");
    std::fs::rename(&policy, &moved).unwrap();
    let gone = recoup(folder.path(), &["replay", "run"]);
    assert_eq!(gone.status.code(), Some(2));
    assert!(text(&gone.stderr).contains("the policy file of the run is not there"), "{}", text(&gone.stderr));
    let done = recoup(folder.path(), &["replay", "run", "--policy", "elsewhere.toml"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stdout));
    let rows = std::fs::read(&table).unwrap();
    std::fs::write(&table, rows.iter().copied().chain(gzip_of_nothing()).collect::<Vec<u8>>()).unwrap();
    let found = differences(folder.path(), &["--policy", "elsewhere.toml"]);
    assert!(found.contains(&"input contacts.csv.gz".to_string()), "{found:?}");
    assert!(!found.iter().any(|d| d == "ranked.csv made again"), "the same rows give the same list: {found:?}");
    // No run at all.
    let none = recoup(folder.path(), &["replay", "book"]);
    assert_eq!(none.status.code(), Some(2));
}

#[test]
fn a_case_is_explained_as_the_run_decided_it() {
    let folder = folder_with_run();
    let mut reader = csv::Reader::from_path(folder.path().join("run/ranked.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let ranked: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let of = |row: &csv::StringRecord, name: &str| row[header.iter().position(|h| h == name).unwrap()].to_string();
    // The first case, and the first that a hold leads elsewhere.
    let held = ranked.iter().find(|row| !of(row, "holds").is_empty()).unwrap();
    for row in [&ranked[0], held] {
        let account = of(row, "account_id");
        let done = recoup(folder.path(), &["explain", &format!("{account}@2025-11-30"), "--run", "run", "--json"]);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        let json: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        let sum: i64 = json["parts"].as_array().unwrap().iter().map(|p| p["contribution"].as_i64().unwrap()).sum();
        assert_eq!(json["score"], sum);
        let p = (1.0 / (1.0 + (-(sum as f64) * 1e-6).exp()) * 1e9).round_ties_even() / 1e9;
        assert_eq!(json["probability_repaid"].as_f64(), Some(p));
        assert_eq!(json["probability_repaid"].as_f64(), of(row, "probability_repaid").parse().ok());
        for (ours, theirs) in [("strategy", "strategy"), ("because", "strategy_reason"), ("expected_gain", "expected_gain")] {
            assert_eq!(json[ours], of(row, theirs), "{ours} of {account}");
        }
        let treatments = json["treatments"].as_array().unwrap();
        let vetoes = treatments.iter().filter_map(|t| Some(format!("{}: {}", t["name"].as_str()?, t["veto"].as_str()?)));
        assert_eq!(vetoes.collect::<Vec<_>>().join("; "), of(row, "vetoes"));
        let chosen: Vec<&str> = treatments.iter().filter(|t| t["chosen"] == true).map(|t| t["name"].as_str().unwrap()).collect();
        assert_eq!(chosen, [of(row, "strategy")]);
        assert_eq!(json["changed"], serde_json::json!([]));
    }
    let said = text(&recoup(folder.path(), &["explain", &of(&ranked[0], "account_id"), "--run", "run"]).stdout);
    assert!(said.contains("the score is the sum of") && said.contains("vetoed: condition not met"), "{said}");
    // What was changed since is said; another day and another account are no case of this run.
    let policy = std::fs::read_to_string(folder.path().join(POLICY)).unwrap();
    std::fs::write(folder.path().join(POLICY), policy + "\n# a remark\n").unwrap();
    let said = text(&recoup(folder.path(), &["explain", &of(&ranked[0], "account_id"), "--run", "run"]).stdout);
    assert!(said.contains("the policy file was changed after the run"), "{said}");
    for (case, why) in [("1@2025-10-31", "the run is of another day"), ("nobody", "`nobody` is no case of 2025-11-30")] {
        let done = recoup(folder.path(), &["explain", case, "--run", "run"]);
        assert_eq!(done.status.code(), Some(2));
        assert!(text(&done.stderr).contains(why), "{}", text(&done.stderr));
    }
}

/// A second member of a gzip file that holds nothing: other bytes, the same rows.
fn gzip_of_nothing() -> Vec<u8> {
    vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]
}
