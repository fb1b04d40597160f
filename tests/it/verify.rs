//! A run verified by the real binary: zero violations, or which.

use super::cli::{root, text};
use super::real;
use super::replay::recoup;
use std::process::Output;

fn json(done: &Output) -> serde_json::Value {
    serde_json::from_slice(&done.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", text(&done.stdout), text(&done.stderr)))
}

/// A folder with a run of the stories' book.
fn stories() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("stories")).unwrap();
    for entry in std::fs::read_dir(root("tests/stories")).unwrap().flatten() {
        std::fs::copy(entry.path(), folder.path().join("stories").join(entry.file_name())).unwrap();
    }
    let done = recoup(folder.path(), &SCORE);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    folder
}

const SCORE: [&str; 11] = [
    "score",
    "--project",
    "stories/recoup.toml",
    "--model",
    "stories/model.json",
    "--policy",
    "stories/policy.toml",
    "--as-of",
    "2026-11-20",
    "--out",
    "run",
];

#[test]
fn a_run_has_its_certificate_with_one_thread_and_with_two() {
    let folder = stories();
    let mut certificates = Vec::new();
    for threads in ["1", "2"] {
        let done = recoup(folder.path(), &["verify", "run", "--json", "--threads", threads]);
        assert_eq!(done.status.code(), Some(0), "{}{}", text(&done.stdout), text(&done.stderr));
        let found = json(&done);
        assert_eq!((&found["holds"], &found["violations"], &found["cases"]), (&true.into(), &0.into(), &51.into()));
        certificates.push(std::fs::read(folder.path().join("run/certificate.json")).unwrap());
    }
    assert_eq!(certificates[0], certificates[1]);
    // Three rules worked by hand from the stories: vetoes are counted by treatment.
    let found: serde_json::Value = serde_json::from_slice(&certificates[0]).unwrap();
    let rule = |id: &str| found["by_rule"].as_array().unwrap().iter().find(|r| r["rule"] == id).cloned().unwrap();
    // s12 alone: the call and the machine's.
    assert_eq!(rule("CN-CALL-EFFECTIVE")["vetoes"], 2);
    // São Paulo and the zone that nobody knows: sms, call, ai_call, visit of each.
    assert_eq!((&rule("CN-HOURS")["vetoes"], &rule("CN-HOURS")["not_known"]), (&8.into(), &4.into()));
    let deadlines = std::fs::read_to_string(folder.path().join("run/deadlines.csv")).unwrap();
    assert_eq!(
        deadlines,
        "by,days_left,kind,borrower_id,account_id,since,says\n2026-11-25,5,complaint,b04,,2026-11-10,policy\n\
         2026-11-28,8,limitation,b10,s10,2023-11-28,CN-LIMITATION\n2026-12-02,12,dispute,b03,s03,2026-11-02,event\n"
    );
    // The run may be made again on top of itself and its certificate.
    assert_eq!(recoup(folder.path(), &SCORE).status.code(), Some(0));
}

#[test]
fn a_list_or_a_log_that_was_changed_is_a_violation_and_another_policy_is_refused() {
    let folder = stories();
    let at = |name: &str| folder.path().join(name);
    // Another run's log in the place of this one's.
    let was = std::fs::read(at("run/decisions.parquet")).unwrap();
    let policy = std::fs::read_to_string(at("stories/policy.toml")).unwrap();
    std::fs::write(at("stories/loose.toml"), policy.replace("wait_days = 30", "wait_days = 1")).unwrap();
    let mut loose = SCORE;
    (loose[6], loose[10]) = ("stories/loose.toml", "loose");
    assert_eq!(recoup(folder.path(), &loose).status.code(), Some(0));
    std::fs::copy(at("loose/decisions.parquet"), at("run/decisions.parquet")).unwrap();
    let done = recoup(folder.path(), &["verify", "run", "--json"]);
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
    let found = json(&done);
    let care = found["by_rule"].as_array().unwrap().iter().find(|r| r["rule"] == "care:first").unwrap().clone();
    assert!(care["disagree"].as_u64().unwrap() > 0, "{care}");
    assert!(found["first"].as_array().unwrap().iter().any(|v| v["what"] == "decisions.parquet: it is not what the run wrote"), "{found}");
    std::fs::write(at("run/decisions.parquet"), &was).unwrap();
    assert_eq!(recoup(folder.path(), &["verify", "run", "--quiet"]).status.code(), Some(0));
    // A damaged log, no log.
    std::fs::write(at("run/decisions.parquet"), &was[..was.len() / 2]).unwrap();
    let done = recoup(folder.path(), &["verify", "run"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("run.log"), "{}", text(&done.stderr));
    std::fs::write(at("run/decisions.parquet"), &was).unwrap();
    // A policy that was edited since.
    std::fs::write(at("stories/policy.toml"), policy + "\n# a remark\n").unwrap();
    let done = recoup(folder.path(), &["verify", "run"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("verify.changed") && text(&done.stderr).contains("the policy file"), "{}", text(&done.stderr));
}

#[test]
fn facts_that_nobody_keeps_veto_until_they_are_declared() {
    let folder = stories();
    let project = std::fs::read_to_string(folder.path().join("stories/recoup.toml")).unwrap();
    let bare = project.replace("[tables.contacts]\npath = \"contacts.csv\"\n", "").replace("[tables.events]\npath = \"events.csv\"\n", "");
    assert_ne!(bare, project);
    let score = |declared: &str| {
        let declared_zone = "[declared]\n";
        std::fs::write(folder.path().join("stories/recoup.toml"), bare.replace(declared_zone, &format!("{declared_zone}{declared}"))).unwrap();
        let done = recoup(folder.path(), &[&SCORE[..], &["--json"]].concat());
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        assert_eq!(recoup(folder.path(), &["verify", "run", "--quiet"]).status.code(), Some(0));
        let strategies = json(&done)["result"]["strategies"].as_array().unwrap().clone();
        let of = |name: &str| strategies.iter().find(|s| s["strategy"] == name).unwrap()["cases"].as_u64().unwrap();
        let other: u64 = strategies.iter().map(|s| s["cases"].as_u64().unwrap()).sum::<u64>() - of("wait") - of("human_review");
        (other, text(&done.stderr))
    };
    // No events, no contacts, nothing declared: nobody is approached, and it is said why.
    let (others, said) = score("");
    assert_eq!(others, 0);
    assert!(said.contains("decide.not_known") && said.contains("events:unknown: not known for"), "{said}");
    let (others, _) = score("events = { value = \"none\", by = \"test\" }\n");
    assert!(others > 20, "{others}");
    let (others, said) = score("events = { value = \"none\", by = \"test\" }\ncontact_log = { value = \"none\", by = \"test\" }\n");
    assert!(others > 20 && !said.contains("ladder:rung: not known"), "{said}");
}

#[test]
fn the_real_books_are_decided_with_declared_assumptions_and_the_certificate_holds() {
    for (name, day, policy) in
        [("superlender", "2017-03-31", "current"), ("xente_credit", "2019-04-15", "current"), ("cc_credit_record", "2020-01-31", "statuses")]
    {
        let Some(project) = real::project(name) else { continue };
        let folder = tempfile::tempdir().unwrap();
        let (project, policy) = (project.display().to_string(), root(&format!("data/policies/{policy}.toml")).display().to_string());
        for args in [
            vec!["train", "--project", &project, "--out", "model.json", "--quiet"],
            vec!["score", "--project", &project, "--model", "model.json", "--policy", &policy, "--as-of", day, "--out", "run", "--quiet"],
        ] {
            let done = recoup(folder.path(), &args);
            assert_eq!(done.status.code(), Some(0), "{name}: {}", text(&done.stderr));
        }
        let done = recoup(folder.path(), &["verify", "run", "--json"]);
        assert_eq!(done.status.code(), Some(0), "{name}: {}", text(&done.stdout));
        let found = json(&done);
        assert!(found["cases"].as_u64().unwrap() > 50 && found["assumed"].as_array().unwrap().len() >= 4, "{found}");
    }
}

#[test]
fn a_condition_that_is_null_blocks_and_is_counted_and_a_policy_for_another_outcome_is_refused() {
    let folder = stories();
    let file = folder.path().join("stories/policy.toml");
    let policy = std::fs::read_to_string(&file).unwrap();
    // Days since a payment are null for whoever never paid.
    let never_paid = "[[guardrail]]\nid = \"NULL\"\ntext = { en = \"paid lately\", zh = \"近期已还款\" }\nauthority = \"the bank\"\nverified = \"primary\"\n\
        severity = \"veto\"\nblocks = { channels = [\"letter\"] }\nrule = { sql = \"days_since_payment < 5\" }\n\n[care]\n";
    std::fs::write(&file, policy.replacen("[care]\n", never_paid, 1)).unwrap();
    let done = recoup(folder.path(), &SCORE);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let found = json(&recoup(folder.path(), &["verify", "run", "--json"]));
    assert_eq!(found["violations"], 0, "{found}");
    let rule = found["by_rule"].as_array().unwrap().iter().find(|r| r["rule"] == "NULL").unwrap().clone();
    let unknown = rule["not_known"].as_u64().unwrap();
    assert!(unknown > 5 && rule["vetoes"].as_u64().unwrap() > unknown, "{rule}");
    let said = text(&done.stderr);
    assert!(said.contains(&format!("NULL: not known for {unknown} of 51 cases")) && said.contains("days_since_payment not known"), "{said}");
    // A policy that says for which outcome it was written, and a model of another.
    std::fs::write(&file, policy.replacen("[reference]\n", "[reference]\noutcome = \"no worse bucket within 30 days\"\n", 1)).unwrap();
    let done = recoup(folder.path(), &SCORE);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("policy.other_outcome") && text(&done.stderr).contains("payments within 30 days cover the arrears"));
    std::fs::write(&file, policy.replacen("[reference]\n", "[reference]\noutcome = \"payments within 30 days cover the arrears\"\n", 1)).unwrap();
    assert_eq!(recoup(folder.path(), &SCORE).status.code(), Some(0));
}

#[test]
fn a_record_that_was_forged_is_found() {
    let folder = stories();
    let at = |name: &str| folder.path().join(name);
    let (manifest, ranked) = (std::fs::read_to_string(at("run/manifest.json")).unwrap(), std::fs::read_to_string(at("run/ranked.csv")).unwrap());
    let changed = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut json: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        change(&mut json);
        std::fs::write(at("run/manifest.json"), serde_json::to_string_pretty(&json).unwrap()).unwrap();
    };
    let status = |command: &str| recoup(folder.path(), &[command, "run", "--quiet"]).status.code();
    assert_eq!((status("verify"), status("replay")), (Some(0), Some(0)));
    // Without the list of outputs nothing is vouched for.
    changed(&|json| {
        json.as_object_mut().unwrap().remove("outputs");
    });
    assert_eq!((status("verify"), status("replay")), (Some(1), Some(1)));
    // Figures, assumptions, the policy's text.
    changed(&|json| json["assumed"] = serde_json::json!([]));
    assert_eq!(status("replay"), Some(1));
    changed(&|json| json["cases"] = 50.into());
    assert_eq!((status("verify"), status("replay")), (Some(1), Some(1)));
    changed(&|json| json["policy"]["text"] = "name = \"other\"".into());
    assert_eq!((status("verify"), status("replay")), (Some(1), Some(1)));
    // A list that names another strategy, with a record made to fit it.
    let forged = ranked.replacen(",call,", ",legal,", 1);
    assert_ne!(forged, ranked);
    std::fs::write(at("run/ranked.csv"), &forged).unwrap();
    let fits = blake3::hash(forged.as_bytes()).to_hex().to_string();
    changed(&|json| json["outputs"]["ranked.csv"] = fits.clone().into());
    assert_eq!((status("verify"), status("replay")), (Some(1), Some(1)));
    std::fs::write(at("run/ranked.csv"), &ranked).unwrap();
    std::fs::write(at("run/manifest.json"), &manifest).unwrap();
    assert_eq!((status("verify"), status("replay")), (Some(0), Some(0)));
    // A certificate does not outlive a run that can no longer be verified.
    assert!(at("run/certificate.json").is_file());
    std::fs::write(at("stories/payments.csv"), "account_id,paid_on,amount\n").unwrap();
    assert_eq!(status("verify"), Some(2));
    assert!(!at("run/certificate.json").exists());
}
