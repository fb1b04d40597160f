//! A policy by itself: checked against a project's columns, and explained.

use super::cli::{root, text};
use super::real;
use std::path::Path;
use std::process::{Command, Output};

fn look(what: &str, policy: &Path, project: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_recoup")).args(["policy", what]).arg(policy).arg("--project").arg(project).args(more).output().unwrap()
}

#[test]
fn the_policies_that_come_with_it_are_sound() {
    let project = root("data/sample/recoup.toml");
    for (name, treatments) in [("current", 10), ("challenger", 9)] {
        let done = look("check", &root(&format!("data/policies/{name}.toml")), &project, &[]);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        assert_eq!(text(&done.stdout), format!("{name} 2026-11: sound; {treatments} treatments, 7 holds, 5 guardrails\n"));
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
        "wait: for every case that nothing above forbids it to",
        "assumed by sample policy author: effect of legal = +1.1 log-odds against wait",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let json: serde_json::Value = serde_json::from_slice(&look("show", &policy, &project, &["--json"]).stdout).unwrap();
    assert_eq!(json["treatments"][8]["name"], "legal");
    assert_eq!((&json["treatments"][8]["cost"], &json["treatments"][8]["covers"]), (&"150.00".into(), &"account".into()));
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

/// The stories' policy with one part of its text put otherwise, as `policy check` sees it.
fn changed(from: &str, to: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let text_of = std::fs::read_to_string(root("tests/stories/policy.toml")).unwrap();
    assert!(text_of.contains(from), "{from}");
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, text_of.replacen(from, to, 1)).unwrap();
    look("check", &policy, &root("tests/stories/recoup.toml"), &[])
}

#[test]
fn what_is_wrong_with_a_policy_is_said_with_what_to_do() {
    let guardrail = |id: &str, more: &str, rule: &str| {
        format!(
            "[[guardrail]]\nid = \"{id}\"\ntext = {{ en = \"x\", zh = \"甲\" }}\nauthority = \"the bank\"\nverified = \"primary\"\nseverity = \"veto\"\n\
             blocks = {{ channels = [\"call\"] }}\n{more}rule = {{ {rule} }}\n\n[care]\n"
        )
    };
    let dated = |from: &str, until: &str| format!("in_force = {{ from = \"{from}\", until = \"{until}\" }}\n");
    let twice = |a: &str, b: &str| guardrail("TWICE", a, "sql = \"dpd < 3\"").replace("[care]\n", "") + &guardrail("TWICE", b, "sql = \"dpd < 5\"");
    let (year, next) = (dated("2026-01-01", "2026-12-31"), dated("2027-01-01", "2027-12-31"));
    let (overlapping, without_dates) = (twice(&year, &dated("2026-06-01", "2027-06-01")), twice("", ""));
    let unknown_column = guardrail("COLUMN", "", "sql = \"dpdd < 3\"");
    let odd_key = guardrail("ODD", "", "built_in = \"contact_count\", channels = [\"call\"], days = 1, most = 3, per = \"person\", years = 3");
    for (from, to, code, words) in [
        ("name = \"call\"\n", "name = \"call\"\nafter = [\"letter\"]\n", "policy.circular_ladder", "the ladder runs in a circle"),
        ("effect = 0.55\nsource = { assumed_by = \"authors of the stories\" }", "effect = 0.55", "policy.no_source", "say by whom"),
        ("[care]\n", unknown_column.as_str(), "policy.expression", "did you mean `dpd`?"),
        ("[care]\n", without_dates.as_str(), "policy.duplicate", "there are two guardrails `TWICE`"),
        ("[care]\n", overlapping.as_str(), "policy.overlapping_dates", "in force at once"),
        ("[care]\n", odd_key.as_str(), "policy.rule", "has no years"),
        ("cost = \"9.00\"", "cost = \"-9.00\"", "policy.bad_value", "is negative"),
        ("eligible = \"dpd > 60\"", "eligible = \"1 > 2\"", "policy.unreachable", "its condition is never true"),
        ("value = \"54323.00\"\nby = \"head of legal of the stories: Zhejiang 2022\"", "", "config.unreadable", "missing field"),
        ("\"cn-bank\"", "\"cn-bnak\"", "policy.unknown_pack", "did you mean `cn-bank`?"),
        ("rung = 7", "rung = 2", "policy.law_not_last", "law comes last"),
        ("gentle_rung = 1", "gentle_rung = 3", "policy.care_too_loose", "lets `letter` pass before help was offered"),
        ("id = \"BANK-MINOR\"", "id = \"hold:mine\"", "policy.bad_id", "the engine's own"),
        ("id = \"BANK-MINOR\"", "id = \"two words\"", "policy.bad_id", "without spaces"),
        ("items = [\"contract\", \"statement\"]", "items = []", "policy.rule", "would never speak"),
        ("[parameters.CN-SMALL-CLAIMS]\nvalue = \"54323.00\"", "[parameters.CN-SMALL-CLAIMS]\nvalue = 54323", "policy.bad_value", "is no amount"),
        ("[routing.neither]\nallow = [", "[routing.neither]\nallow = [\"letter\", ", "policy.route_too_firm", "a person looks first"),
    ] {
        let done = changed(from, to);
        let said = text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{code}: {}", text(&done.stdout));
        assert!(said.contains(code) && said.contains(words), "{code}, {words}: {said}");
    }
    // The same rule in another form, one after the other, is sound.
    let done = changed("[care]\n", &twice(&year, &next));
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    // A value that the pack leaves open, and one that it does not: never looser.
    let looser = "[parameters.CN-CALL-EFFECTIVE]\nvalue = 5\nby = \"somebody\"\n\n[parameters.CN-SMALL-CLAIMS]";
    assert!(text(&changed("[parameters.CN-SMALL-CLAIMS]", looser).stderr).contains("policy.looser"));
    let stricter = looser.replace("value = 5", "value = 2");
    assert_eq!(changed("[parameters.CN-SMALL-CLAIMS]", &stricter).status.code(), Some(0));
    // A value that cannot be read is told once, where it stands.
    let odd = text(&changed("value = \"54323.00\"", "value = 54323").stderr);
    assert!(!odd.contains("policy.unknown_guardrail") && odd.contains("policy.toml"), "{odd}");
    // Two keys that nobody knows, and a negative cost.
    let typos = changed("cost = \"9.00\"", "colour = \"red\"\ncost = \"-9.00\"\nweight = 3");
    let said = text(&typos.stderr);
    assert!(said.contains("`colour`") && said.contains("`weight`") && said.contains("is negative"), "{said}");
    // A missing key, a value of another type and one more typo, each in a part of its own.
    let folder = tempfile::tempdir().unwrap();
    let broken = std::fs::read_to_string(root("tests/stories/policy.toml")).unwrap();
    let broken =
        broken.replacen("cost = \"9.00\"\n", "", 1).replacen("rung = 4", "rung = \"four\"", 1).replacen("cost = \"6.50\"", "cots = \"6.50\"", 1);
    std::fs::write(folder.path().join("policy.toml"), broken).unwrap();
    let all = look("check", &folder.path().join("policy.toml"), &root("tests/stories/recoup.toml"), &[]);
    let said = text(&all.stderr);
    assert_eq!(all.status.code(), Some(2));
    assert!(said.contains("missing field `cost`") && said.contains("invalid type") && said.contains("`cots`"), "{said}");
    // Everything at once: a negative cost and an unknown column.
    let both = changed("cost = \"9.00\"", "cost = \"-9.00\"\neligible = \"dpdd > 1\"\nlabel = { en = \"x\", zh = \"甲\" }\n#");
    assert!(text(&both.stderr).contains("is negative") | text(&both.stderr).contains("duplicate key"), "{}", text(&both.stderr));
}

#[test]
fn packs_are_shown_with_authority_and_as_what_they_are_not() {
    let (policy, project) = (root("tests/stories/policy.toml"), root("tests/stories/recoup.toml"));
    let said = text(&look("show", &policy, &project, &[]).stdout);
    for words in [
        "CN-HOURS vetoes",
        "GB/T 45251-2025",
        "not legal advice",
        "CN-SMALL-CLAIMS vetoes small_claims",
        "given by head of legal of the stories",
        "CN-PLAN-70-STOP",
        "UNVERIFIED",
        "cn-card only where product = 'card', or where that is not known",
        "CN-PIPL-24",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let json: serde_json::Value = serde_json::from_slice(&look("show", &policy, &project, &["--json"]).stdout).unwrap();
    let hours = json["guardrails"].as_array().unwrap().iter().find(|g| g["id"] == "CN-HOURS").unwrap();
    assert_eq!((&hours["value"], &hours["from"], &hours["verified"]), (&"22:00-08:00".into(), &"2025-02-28".into(), &"primary".into()));
}
