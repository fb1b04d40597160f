//! The whole road by the real binary: from tables to a ranked list, on the sample, on real books, and on bad input.

use super::cli::text;
use super::real;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn home(file: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file).display().to_string()
}

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_recoup")).args(args).current_dir(folder).output().unwrap()
}

fn good(folder: &Path, args: &[&str]) -> String {
    let done = run(folder, args);
    assert_eq!(done.status.code(), Some(0), "{args:?}: {}", text(&done.stderr));
    text(&done.stdout)
}

fn score_args<'a>(project: &'a str, model: &'a str, policy: &'a str, day: &'a str, out: &'a str) -> Vec<&'a str> {
    vec!["score", "--project", project, "--model", model, "--policy", policy, "--as-of", day, "--out", out]
}

/// Header and rows of a CSV file.
fn csv(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().iter().map(String::from).collect();
    (header, reader.records().map(|r| r.unwrap().iter().map(String::from).collect()).collect())
}

fn sample_project() -> String {
    home("data/sample/recoup.toml")
}

#[test]
fn the_demo_needs_nothing_and_says_what_was_found() {
    let folder = tempfile::tempdir().unwrap();
    let said = good(folder.path(), &["demo"]);
    for part in [
        "The sample book: 2,000 accounts",
        "days past due alone",
        "cases on 2025-12-31",
        "from current (rows) to challenger (columns)",
        "recoup-demo/run/ranked.csv",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(folder.path().join("recoup-demo/run/ranked.parquet").is_file());
    // Again on top of itself, but never on top of somebody's papers.
    good(folder.path(), &["demo", "--quiet"]);
    std::fs::create_dir(folder.path().join("papers")).unwrap();
    std::fs::write(folder.path().join("papers/thesis.doc"), "mine").unwrap();
    let done = run(folder.path(), &["demo", "--out", "papers"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("file.in_the_way"));
    assert_eq!(std::fs::read_dir(folder.path().join("papers")).unwrap().count(), 1);
}

#[test]
fn the_sample_is_what_simulate_writes_and_its_model_what_train_writes() {
    let folder = tempfile::tempdir().unwrap();
    good(folder.path(), &["simulate", "--accounts", "2000", "--months", "24", "--seed", "7", "--out", "sample", "--format", "csv.gz"]);
    for entry in std::fs::read_dir(home("data/sample")).unwrap().flatten() {
        let name = entry.file_name();
        assert_eq!(std::fs::read(entry.path()).unwrap(), std::fs::read(folder.path().join("sample").join(&name)).unwrap(), "{name:?}");
    }
    good(folder.path(), &["train", "--project", &sample_project(), "--out", "m.json", "--quiet"]);
    assert_eq!(
        std::fs::read(folder.path().join("m.json")).unwrap(),
        std::fs::read(home("models/sample.json")).unwrap(),
        "models/sample.json is stale: train it again"
    );
}

#[test]
fn a_simulated_book_of_every_shape_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    for shape in ["ledger", "statements", "both"] {
        let args = ["simulate", "--accounts", "400", "--months", "14", "--shape", shape, "--no-reversals", "--out", shape, "--format", "csv"];
        good(folder.path(), &args);
        let at = |table: &str| folder.path().join(shape).join(format!("{table}.csv"));
        assert_eq!((at("payments").exists(), at("statements").exists()), (shape != "statements", shape != "ledger"));
        // No finding at all: exit status 0.
        good(folder.path(), &["check", "--project", &format!("{shape}/recoup.toml"), "--quiet"]);
        if shape != "statements" {
            let (header, rows) = csv(&at("payments"));
            let amount = header.iter().position(|h| h == "amount").unwrap();
            assert!(rows.iter().all(|r| !r[amount].starts_with('-')));
        }
    }
}

#[test]
fn the_ranked_list_is_whole_ordered_and_the_same_whatever_the_threads() {
    let folder = tempfile::tempdir().unwrap();
    let (project, model, policy) = (sample_project(), home("models/sample.json"), home("data/policies/current.toml"));
    let mut files: Vec<Vec<Vec<u8>>> = Vec::new();
    for threads in ["1", "3"] {
        let mut args = score_args(&project, &model, &policy, "2025-12-31", "run");
        args.extend(["--threads", threads, "--json"]);
        let json: serde_json::Value = serde_json::from_str(&good(folder.path(), &args)).unwrap();
        assert_eq!(json["cases"], 117);
        files.push(
            ["ranked.csv", "ranked.parquet", "manifest.json"].iter().map(|f| std::fs::read(folder.path().join("run").join(f)).unwrap()).collect(),
        );
    }
    assert!(files[0] == files[1]);
    let (header, rows) = csv(&folder.path().join("run/ranked.csv"));
    let column = |name: &str| header.iter().position(|h| h == name).unwrap_or_else(|| panic!("no column {name}"));
    let numbers = |name: &str| rows.iter().map(|r| r[column(name)].parse::<f64>().unwrap()).collect::<Vec<_>>();
    assert_eq!(numbers("rank"), (1..=117).map(f64::from).collect::<Vec<_>>());
    assert!(numbers("expected_gain").is_sorted_by(|a, b| a >= b));
    assert!(numbers("probability_repaid").iter().all(|p| *p > 0.0 && *p < 1.0));
    for row in &rows {
        let (strategy, holds) = (row[column("strategy")].as_str(), row[column("holds")].as_str());
        for hold in ["dispute_open", "complaint_open", "moratorium", "deceased", "cease_contact"] {
            assert!(!holds.contains(hold) || ["wait", "human_review"].contains(&strategy), "{row:?}");
        }
        assert!(!holds.contains("plan_active") || ["wait", "plan", "human_review"].contains(&strategy), "{row:?}");
        assert_eq!(["visit", "mediation", "legal"].contains(&strategy), !row[column("needs_signature_of")].is_empty());
        assert!(!row[column("vetoes")].split("; ").any(|v| v.starts_with(&format!("{strategy}:"))), "{row:?}");
        assert!(!row[column("assumed")].is_empty());
    }
    let manifest: serde_json::Value = serde_json::from_slice(&files[0][2]).unwrap();
    assert_eq!(manifest["cases"], 117);
    assert_eq!(manifest["tables"][1]["rows_read"], 48_257);
    assert_eq!(manifest["outputs"]["ranked.csv"], blake3::hash(&files[0][0]).to_hex().to_string());
}

#[test]
fn a_case_scores_alone_as_in_the_whole_book() {
    // One borrower's rows cut out of the sample give the same line, but for its rank.
    let folder = tempfile::tempdir().unwrap();
    good(folder.path(), &["simulate", "--accounts", "600", "--months", "18", "--seed", "3", "--out", "book", "--format", "csv"]);
    let book = folder.path().join("book");
    good(folder.path(), &["train", "--project", "book/recoup.toml", "--out", "m.json", "--quiet"]);
    let policy = home("data/policies/current.toml");
    good(folder.path(), &score_args("book/recoup.toml", "m.json", &policy, "2025-06-30", "all"));
    let (header, rows) = csv(&folder.path().join("all/ranked.csv"));
    let (account, borrower) = (header.iter().position(|h| h == "account_id").unwrap(), header.iter().position(|h| h == "borrower_id").unwrap());
    let chosen = rows[rows.len() / 2].clone();
    for table in ["accounts", "instalments", "payments", "contacts", "events"] {
        let path = book.join(format!("{table}.csv"));
        let (head, lines) = csv(&path);
        let mine: Vec<String> = csv(&book.join("accounts.csv")).1.iter().filter(|l| l[1] == chosen[borrower]).map(|l| l[0].clone()).collect();
        let key = head.iter().position(|h| h == if table == "events" { "borrower_id" } else { "account_id" }).unwrap();
        let keep: Vec<&Vec<String>> =
            lines.iter().filter(|l| if table == "events" { l[key] == chosen[borrower] } else { mine.contains(&l[key]) }).collect();
        let mut writer = csv::Writer::from_path(&path).unwrap();
        writer.write_record(&head).unwrap();
        keep.iter().for_each(|l| writer.write_record(*l).unwrap());
        writer.flush().unwrap();
    }
    let done = run(folder.path(), &score_args("book/recoup.toml", "m.json", &policy, "2025-06-30", "alone"));
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let (_, alone) = csv(&folder.path().join("alone/ranked.csv"));
    let line = alone.iter().find(|r| r[account] == chosen[account]).unwrap();
    assert_eq!(line[1..], chosen[1..]);
}

#[test]
fn two_policies_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let (project, model) = (sample_project(), home("models/sample.json"));
    let (a, b) = (home("data/policies/current.toml"), home("data/policies/challenger.toml"));
    let args = ["compare", "--project", &project, "--model", &model, "--policy", &a, "--policy", &b, "--as-of", "2025-12-31", "--json"];
    let json: serde_json::Value = serde_json::from_str(&good(folder.path(), &args)).unwrap();
    let movement = &json["movements"][0];
    let cells: u64 = movement["matrix"].as_array().unwrap().iter().map(|c| c["cases"].as_u64().unwrap()).sum();
    assert_eq!(cells, 117);
    let off_diagonal: u64 =
        movement["matrix"].as_array().unwrap().iter().filter(|c| c["from"] != c["to"]).map(|c| c["cases"].as_u64().unwrap()).sum();
    assert_eq!(movement["moved"], off_diagonal);
    let amount = |v: &serde_json::Value| v.as_str().unwrap().parse::<f64>().unwrap();
    let (first, second) = (&json["policies"][0], &json["policies"][1]);
    for p in [first, second] {
        assert!((amount(&p["expected_recovery"]) - amount(&p["cost"]) - amount(&p["net"])).abs() < 0.011);
        assert!((amount(&p["net"]) - amount(&p["expected_recovery_waiting"]) - amount(&p["expected_gain"])).abs() < 0.011);
        assert!(!p["assumed"].as_array().unwrap().is_empty());
    }
    assert!((amount(&second["net"]) - amount(&first["net"]) - amount(&movement["net_difference"])).abs() < 0.011);
    for mover in movement["movers"].as_array().unwrap() {
        let because = mover["from_because"].as_str().unwrap();
        let told = ["over waiting", "nothing else may be recommended", "the policy leads such cases to"];
        assert!(told.iter().any(|part| because.contains(part)), "{because}");
    }
    // Against itself nothing moves.
    let args = ["compare", "--project", &project, "--model", &model, "--policy", &a, "--policy", &a, "--as-of", "2025-12-31", "--json"];
    let json: serde_json::Value = serde_json::from_str(&good(folder.path(), &args)).unwrap();
    assert_eq!((json["movements"][0]["moved"].as_u64(), json["movements"][0]["net_difference"].as_str()), (Some(0), Some("0.00")));
    let alone = run(folder.path(), &["compare", "--project", &project, "--model", &model, "--policy", &a, "--as-of", "2025-12-31"]);
    assert!(text(&alone.stderr).contains("compare.one_policy"));
}

#[test]
fn bad_input_is_said_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (project, model, policy) = (sample_project(), home("models/sample.json"), home("data/policies/current.toml"));
    let said = |args: &[&str]| {
        let done = run(here, args);
        assert_eq!(done.status.code(), Some(2), "{args:?}");
        assert!(!here.join("run").exists(), "{args:?} left a folder");
        let hidden = std::fs::read_dir(here).unwrap().flatten().filter(|e| e.file_name().to_string_lossy().starts_with(".recoup")).count();
        assert_eq!(hidden, 0, "{args:?} left something half-written");
        text(&done.stderr)
    };
    for day in ["2030-01-01", "2020-01-01"] {
        let said = said(&score_args(&project, &model, &policy, day, "run"));
        assert!(said.contains("score.as_of_outside") && said.contains("2024-01-01 to 2025-12-31"), "{said}");
    }
    assert!(said(&score_args(&project, &model, &policy, "31.12.2025", "run")).contains("expected YYYY-MM-DD"));
    let changed = std::fs::read_to_string(&model).unwrap().replacen("\"base\": -", "\"base\": -1", 1);
    std::fs::write(here.join("changed.json"), changed).unwrap();
    assert!(said(&score_args(&project, "changed.json", &policy, "2025-12-31", "run")).contains("model.digest"));
    let text = std::fs::read_to_string(&policy).unwrap().replace("arrears > 3000", "arears > 3000");
    std::fs::write(here.join("policy.toml"), &text).unwrap();
    let message = said(&score_args(&project, &model, "policy.toml", "2025-12-31", "run"));
    let line = text[..text.find("arears").unwrap()].matches('\n').count() + 1;
    assert!(
        message.contains("policy.expression") && message.contains(&format!("line {line}")) && message.contains("did you mean `arrears`?"),
        "{message}"
    );
    std::fs::write(here.join("file"), "").unwrap();
    assert!(said(&score_args(&project, &model, &policy, "2025-12-31", "file/run")).contains("file.io"));
    assert!(said(&score_args(&project, "nowhere.json", &policy, "2025-12-31", "run")).contains("cannot read the model file"));
    // A book without a contact log: the facts are missing, so treatments that limit contacts are vetoed, never freed.
    let bare = std::fs::read_to_string(&project)
        .unwrap()
        .replace("[tables.contacts]\npath = \"contacts.csv.gz\"\n", "")
        .replace("path = \"", &format!("path = \"{}/", home("data/sample")));
    std::fs::write(here.join("bare.toml"), bare).unwrap();
    good(here, &score_args("bare.toml", &model, &policy, "2025-12-31", "bare"));
    let (header, rows) = csv(&here.join("bare/ranked.csv"));
    let column = |name: &str| header.iter().position(|h| h == name).unwrap();
    assert!(rows.iter().all(|r| !["sms", "call"].contains(&r[column("strategy")].as_str())));
    assert!(rows.iter().any(|r| r[column("vetoes")].contains("sms: condition unknown (outbound_7 not known)")));
}

fn from_check_to_ranked_list(name: &str, day: &str, policy: &str, least: u64) {
    let Some(project) = real::project(name) else { return };
    let (project, policy): (PathBuf, String) = (project, home(&format!("data/policies/{policy}")));
    let folder = tempfile::tempdir().unwrap();
    let project = project.display().to_string();
    let checked = run(folder.path(), &["check", "--project", &project, "--json"]);
    assert!(checked.status.code() <= Some(1), "{}", text(&checked.stderr));
    good(folder.path(), &["train", "--project", &project, "--out", "model.json"]);
    let mut args = score_args(&project, "model.json", &policy, day, "run");
    args.push("--json");
    let json: serde_json::Value = serde_json::from_str(&good(folder.path(), &args)).unwrap();
    let cases = json["cases"].as_u64().unwrap();
    assert!(cases >= least, "{cases}");
    let (header, rows) = csv(&folder.path().join("run/ranked.csv"));
    assert_eq!(rows.len() as u64, cases);
    // A model of first days of arrears says so where it is asked about old ones.
    let (dpd, assumed) = (header.iter().position(|h| h == "dpd").unwrap(), header.iter().position(|h| h == "assumed").unwrap());
    if name != "cc_credit_record" {
        assert!(rows.iter().all(|r| (r[dpd] == "1") != r[assumed].contains("days past due beyond training")));
        assert!(std::fs::read_to_string(folder.path().join("run/problems.csv")).unwrap().contains("score.beyond_training"));
    }
}

#[test]
fn the_card_record_goes_from_check_to_a_ranked_list() {
    from_check_to_ranked_list("cc_credit_record", "2020-01-31", "statuses.toml", 200);
}

#[test]
fn superlender_goes_from_check_to_a_ranked_list() {
    from_check_to_ranked_list("superlender", "2017-03-31", "current.toml", 30);
}

#[test]
fn xente_goes_from_check_to_a_ranked_list() {
    from_check_to_ranked_list("xente_credit", "2019-04-15", "current.toml", 30);
}
