//! A policy by itself: checked against a project's columns, and explained.

use super::cli::text;
use super::real;
use std::path::Path;
use std::process::{Command, Output};

fn look(what: &str, policy: &Path, project: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_recoup")).args(["policy", what]).arg(policy).arg("--project").arg(project).args(more).output().unwrap()
}

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn the_policies_that_come_with_it_are_sound() {
    let project = root("data/sample/recoup.toml");
    for name in ["current", "challenger"] {
        let done = look("check", &root(&format!("data/policies/{name}.toml")), &project, &[]);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        assert_eq!(text(&done.stdout), format!("{name} 2026-11: sound; 9 treatments, 7 holds\n"));
    }
    if let Some(project) = real::project("cc_credit_record") {
        let done = look("check", &root("data/policies/statuses.toml"), &project, &[]);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    }
}

#[test]
fn a_policy_is_explained_with_conditions_holds_and_sources() {
    let (policy, project) = (root("data/policies/current.toml"), root("data/sample/recoup.toml"));
    let said = text(&look("show", &policy, &project, &[]).stdout);
    for words in [
        "current 2026-11: decides per borrower",
        "what the model expects is what came under `history` (+0.25 log-odds against waiting, assumed by sample policy author)",
        "sms: only where outbound_7 < 5",
        "wait: for every case that no hold forbids it to",
        "assumed by sample policy author: effect of legal = +1.1 log-odds against wait",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let json: serde_json::Value = serde_json::from_slice(&look("show", &policy, &project, &["--json"]).stdout).unwrap();
    assert_eq!(json["treatments"][7]["name"], "legal");
    assert_eq!((&json["treatments"][7]["cost"], &json["treatments"][7]["covers"]), (&"900.00".into(), &"account".into()));
    let dispute = json["holds"].as_array().unwrap().iter().find(|h| h["hold"] == "dispute_open").unwrap();
    assert_eq!((&dispute["leaves"], &dispute["leads_to"]), (&serde_json::json!(["wait", "human_review"]), &"human_review".into()));
}

#[test]
fn conditions_that_name_what_no_case_has_are_refused_with_their_lines() {
    let folder = tempfile::tempdir().unwrap();
    let text_of = std::fs::read_to_string(root("data/policies/current.toml")).unwrap();
    let bad = text_of.replace("outbound_7 < 5", "outbund_7 < 5").replace("dpd > 180 AND", "age_band = '65+' AND");
    let policy = folder.path().join("bad.toml");
    std::fs::write(&policy, bad).unwrap();
    let done = look("check", &policy, &root("data/sample/recoup.toml"), &[]);
    assert_eq!(done.status.code(), Some(2));
    let said = text(&done.stderr);
    // Both at once; a protected attribute is no column of a condition.
    assert!(said.contains("there is no column `outbund_7`") && said.contains("did you mean `outbound_7`?"), "{said}");
    assert!(said.contains("there is no column `age_band`"), "{said}");
}
