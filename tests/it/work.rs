//! Work lists of a small book worked by hand: who is on which, when they may be approached, the best hour, promises, letters, evidence; the order,
//! the bytes, and what `verify` says of a list that was touched.

use super::cli::{root, text};
use super::real;
use super::replay::{folder_with_run, recoup};
use std::collections::BTreeMap;
use std::path::Path;

const PROJECT: &str = r#"
name = "work"
[currency]
code = "CNY"
minor_digits = 2
[clock]
data_until = "2025-06-30"
[tables.accounts]
path = "accounts.csv"
[tables.accounts.features]
branch = "category"
todo = "category"
[tables.instalments]
path = "instalments.csv"
[tables.payments]
path = "payments.csv"
[tables.contacts]
path = "contacts.csv"
[tables.events]
path = "events.csv"
[rates]
promise_kept = 0.5
right_party = 0.5
[cases]
observe = "month_end"
[outcome]
rule = "cure"
horizon_days = 30
"#;

/// Two accounts of one borrower, somebody in London, a letter, a suit without evidence, a mediation, and nothing to do.
const ACCOUNTS: &str = "account_id,borrower_id,opened_on,time_zone,language,evidence,branch,todo
a1,b1,2024-01-01,Asia/Shanghai,,,north,call
a2,b1,2024-01-01,,zh,,north,call
a3,b2,2024-01-01,Europe/London,en,,south,call
a4,b3,2024-01-01,Asia/Shanghai,zh,,north,letter
a5,b4,2024-01-01,Asia/Shanghai,,contract,south,legal
a6,b5,2024-01-01,Asia/Shanghai,,contract,south,mediation
a7,b6,2024-01-01,Asia/Shanghai,,contract,south,none
";
const INSTALMENTS: &str = "account_id,due_on,amount
a1,2025-05-01,1000.00
a1,2025-06-01,1000.00
a2,2025-06-10,500.00
a3,2025-05-31,3000.00
a4,2025-04-01,800.00
a4,2025-05-01,800.00
a5,2024-12-01,9000.00
a6,2025-01-01,7000.00
a7,2025-06-20,50.00
";
const PAYMENTS: &str = "account_id,paid_on,amount\na4,2025-04-20,300.00\n";
/// Of seven calls with an hour three reached somebody: at 18 both, at 9 one of two, at 10 and 11 none of three.
const CONTACTS: &str = "account_id,contacted_on,channel,direction,result,hour
a1,2025-06-20,call,outbound,no_answer,10
a1,2025-06-21,call,outbound,reached,18
a1,2025-06-25,call,outbound,no_answer,10
a1,2025-06-26,call,outbound,no_answer,11
a3,2025-06-22,call,outbound,reached,9
a3,2025-06-23,call,outbound,no_answer,9
a6,2025-05-15,call,outbound,reached,18
a4,2025-05-10,sms,outbound,delivered,
a5,2025-06-15,letter,outbound,delivered,
";
const EVENTS: &str = "account_id,borrower_id,kind,from,to,amount\na1,,promise,2025-06-21,2025-07-05,700.00\n,b2,opt_out,2025-01-01,,\n";

fn policy() -> String {
    let mut text = String::from(
        "name = \"work\"\nversion = \"1\"\n[outreach]\nday = \"next\"\nhours = \"09:00-20:00\"\ntime_zone = \"Asia/Shanghai\"\nteam = \"branch\"\n\
         [reference]\ntreatment = \"wait\"\n",
    );
    for (name, family, rung, more) in [
        ("wait", "soft", 0, ""),
        ("sms", "soft", 1, "eligible = \"todo = 'sms'\""),
        ("call", "soft", 1, "eligible = \"todo = 'call'\""),
        ("letter", "formal", 2, "eligible = \"todo = 'letter'\"\nafter_days = 0"),
        ("mediation", "formal", 2, "eligible = \"todo = 'mediation'\"\nsigned_by = \"head of legal\"\nafter_days = 0"),
        ("legal", "legal", 3, LEGAL),
        ("human_review", "assist", 0, ""),
    ] {
        let effect = if rung == 0 { "effect = 0.0" } else { "effect = 2.0\nsource = { assumed_by = \"test\" }" };
        text += &format!(
            "[[treatment]]\nname = \"{name}\"\nfamily = \"{family}\"\nrung = {rung}\ncost = \"0\"\ncomplaint_cost = \"0\"\n{effect}\n{more}\n"
        );
    }
    for hold in ["dispute_open", "complaint_open", "moratorium", "deceased", "cease_contact"] {
        text += &format!("[holds.{hold}]\nallow = [\"wait\", \"human_review\"]\nrecommend = \"human_review\"\n");
    }
    text += "[holds.plan_active]\nallow = [\"wait\", \"human_review\"]\n[care]\noffer = [\"human_review\"]\ngentle_rung = 1\nwait_days = 30\n";
    for quadrant in ["able_willing", "willing_not_able", "able_not_willing", "unknown"] {
        text += &format!("[routing.{quadrant}]\nallow = [\"wait\", \"sms\", \"call\", \"letter\", \"mediation\", \"legal\", \"human_review\"]\n");
    }
    text += "[routing.neither]\nallow = [\"wait\"]\n";
    text += "[rights]\nobject = { en = \"write to us\", zh = \"请致函\" }\nperson = { en = \"call us\", zh = \"请致电\" }\n";
    text += "[answer_within]\ndispute = 30\ncomplaint = 15\n";
    let mut guardrail = |id: &str, severity: &str, blocks: &str, rule: &str| {
        text += &format!(
            "[[guardrail]]\nid = \"{id}\"\ntext = {{ en = \"{id}\", zh = \"{id}\" }}\nauthority = \"test\"\nverified = \"primary\"\n\
             severity = \"{severity}\"\nblocks = {{ {blocks} }}\nrule = {{ {rule} }}\n"
        );
    };
    guardrail("QUIET", "veto", "channels = [\"sms\", \"call\"]", "built_in = \"quiet_hours\", quiet = \"21:00-08:00\"");
    guardrail("EVIDENCE", "veto", "families = [\"legal\"]", "built_in = \"evidence\", items = [\"contract\", \"statement\"]");
    let limitation = "built_in = \"limitation\", years = 3, from = \"oldest_unpaid\", interrupted_by = [\"payment\"]";
    guardrail("LIMITATION", "warning", "families = [\"legal\"]", limitation);
    text
}

/// The legal treatment's own lines: before a court that costs nothing and from which all is collected.
const LEGAL: &str = "eligible = \"todo = 'legal'\"\nsigned_by = \"head of legal\"\nafter_days = 0\n[treatment.court]\ncourt_cost = \"0\"\n\
    court_cost_share = 0.0\nlawyer_cost = \"0\"\nlawyer_share = 0.0\ncollects = 1.0\nsource = { assumed_by = \"test\" }";

pub const SCORE: [&str; 11] =
    ["score", "--project", "recoup.toml", "--model", "model.json", "--policy", "policy.toml", "--as-of", "2025-06-30", "--out", "run"];

/// The book of this file in a folder, with a run.
pub fn book_with_run() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(root("tests/stories/model.json"), folder.path().join("model.json")).unwrap();
    let policy = policy();
    for (name, text) in [
        ("recoup.toml", PROJECT),
        ("accounts.csv", ACCOUNTS),
        ("instalments.csv", INSTALMENTS),
        ("payments.csv", PAYMENTS),
        ("contacts.csv", CONTACTS),
        ("events.csv", EVENTS),
        ("policy.toml", &policy),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let done = recoup(folder.path(), &SCORE);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    folder
}

/// The rows of a CSV file by column.
pub fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let header = reader.headers().unwrap().clone();
    reader.records().map(|row| header.iter().map(String::from).zip(row.unwrap().iter().map(String::from)).collect()).collect()
}

/// Some columns of a row.
fn of<'a>(row: &'a BTreeMap<String, String>, columns: &[&str]) -> Vec<&'a str> {
    columns.iter().map(|column| row.get(*column).map_or("(no such column)", String::as_str)).collect()
}

#[test]
fn calls_name_the_hours_allowed_and_the_best_of_them() {
    let folder = book_with_run();
    let list = rows(&folder.path().join("run/work/call.csv"));
    assert_eq!(list.len(), 2, "one row a borrower");
    let row = |borrower: &str| list.iter().find(|row| row["borrower_id"] == borrower).unwrap();
    let said = ["account_ids", "team", "language", "as_of", "strategy", "arrears", "dpd", "holds", "signed_by"];
    // 2,000 and 500 overdue; the older since 1 May. The first account names no language, the second does.
    assert_eq!(of(row("b1"), &said), ["a1 a2", "north", "zh", "2025-06-30", "call", "2500.00", "60", "", ""]);
    assert_eq!(of(row("b2"), &said), ["a3", "south", "en", "2025-06-30", "call", "3000.00", "30", "opt_out", ""]);
    let hours = ["next_allowed_from", "next_allowed_until", "time_zone"];
    assert_eq!(of(row("b1"), &hours), ["2025-07-01 09:00", "2025-07-01 20:00", "Asia/Shanghai"]);
    // 09:00 to 20:00 in Shanghai is 02:00 to 13:00 in London, seven hours behind in July; before 08:00 it is quiet there.
    assert_eq!(of(row("b2"), &hours), ["2025-07-01 08:00", "2025-07-01 13:00", "Europe/London"]);
    // The book, w = 2, of all hours 3 ÷ 7: at 18 (2 + 6/7) ÷ 4 = 0.714, at 9 (1 + 6/7) ÷ 4 = 0.464, at 10 (6/7) ÷ 4 = 0.214, where nobody called 0.429.
    // b1 at 18: (1 + 2 × 0.714) ÷ 3 = 0.810. b2 at 9: (1 + 2 × 0.464) ÷ 4 = 0.482 against 0.429 at 8 and 12; 18 is not allowed.
    let spoken = ["best_hour", "last_reached_on", "open_promise_due_on", "open_promise_amount", "consecutive_no_answer"];
    assert_eq!(of(row("b1"), &spoken), ["18", "2025-06-21", "2025-07-05", "700.00", "2"]);
    assert_eq!(of(row("b2"), &spoken), ["9", "2025-06-22", "", "", "1"]);
    // What comes back is empty and stands last.
    let header = std::fs::read_to_string(folder.path().join("run/work/call.csv")).unwrap().lines().next().unwrap().to_string();
    assert!(header.ends_with(",done,done_on,hour,result,promise_due_on,promise_amount,why_not"), "{header}");
}

#[test]
fn a_letter_has_its_facts_and_a_claim_what_is_on_file() {
    let folder = book_with_run();
    let at = |name: &str| rows(&folder.path().join(format!("run/work/{name}.csv")));
    let letter = at("letter");
    // 300 of the 800 of April were paid: April is the oldest that is open, and 1,300 are overdue on two instalments.
    let facts = ["account_ids", "arrears", "oldest_due_on", "last_payment_on", "last_payment", "unpaid_instalments", "how_to_object"];
    assert_eq!(of(&letter[0], &facts), ["a4", "1300.00", "2025-04-01", "2025-04-20", "300.00", "2", "请致函"]);
    assert_eq!(of(&letter[0], &["next_allowed_from", "best_hour"]), ["2025-07-01 09:00", "(no such column)"]);
    let claim = ["account_ids", "signed_by", "claim", "legal_stage", "limitation_last_day", "evidence", "evidence_missing"];
    // Three years from the oldest instalment that is open, for nothing was paid since.
    assert_eq!(of(&at("mediation")[0], &claim), ["a6", "head of legal", "7000.00", "none", "2028-01-01", "contract", "statement"]);
    assert_eq!(of(&at("mediation")[0], &["next_allowed_from", "time_zone"]), ["", ""]);
    // Only the statement keeps the suit from a5; a7 has no suit to be kept from.
    let evidence = at("evidence");
    assert_eq!(evidence.len(), 1);
    let gather = ["account_ids", "team", "strategy", "kept_from", "claim", "limitation_last_day", "evidence", "evidence_missing"];
    assert_eq!(of(&evidence[0], &gather), ["a5", "south", "wait", "legal", "9000.00", "2027-12-01", "contract", "statement"]);
    let mut names: Vec<String> =
        std::fs::read_dir(folder.path().join("run/work")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let lists = ["call", "evidence", "letter", "mediation"];
    assert_eq!(names, lists.iter().flat_map(|l| [format!("{l}.csv"), format!("{l}.parquet")]).collect::<Vec<_>>());
}

#[test]
fn lists_follow_the_ranked_list_and_name_every_case_once() {
    let folder = folder_with_run();
    let run = folder.path().join("run");
    let ranked = rows(&run.join("ranked.csv"));
    let rank: BTreeMap<&str, usize> = ranked.iter().enumerate().map(|(k, row)| (row["account_id"].as_str(), k)).collect();
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(run.join("manifest.json")).unwrap()).unwrap();
    let mut listed = 0;
    for strategy in json["strategies"].as_array().unwrap().iter().filter(|s| s["cases"] != 0 && s["strategy"] != "wait") {
        let name = strategy["strategy"].as_str().unwrap();
        let list = rows(&run.join(format!("work/{name}.csv")));
        let mut cases = 0;
        let mut last = 0;
        for (k, row) in list.iter().enumerate() {
            assert_eq!((row["order"].as_str(), row["run"].as_str()), ((k + 1).to_string().as_str(), json["run"].as_str().unwrap()));
            let ranks: Vec<usize> = row["account_ids"].split(' ').map(|account| rank[account]).collect();
            assert!(ranks.iter().all(|r| ranked[*r]["strategy"] == name && ranked[*r]["borrower_id"] == row["borrower_id"]));
            let lead = *ranks.iter().min().unwrap();
            assert!(k == 0 || lead > last, "{name} row {k}");
            assert_eq!(row["reason_1"], ranked[lead]["reason_1"]);
            let gain = |text: &str| (text.parse::<f64>().unwrap() * 100.0).round() as i64;
            assert_eq!(gain(&row["expected_gain"]), ranks.iter().map(|r| gain(&ranked[*r]["expected_gain"])).sum::<i64>());
            (last, cases) = (lead, cases + ranks.len());
        }
        assert_eq!(cases as u64, strategy["cases"].as_u64().unwrap(), "{name}");
        listed += 1;
    }
    assert!(listed >= 4);
}

#[test]
fn lists_are_the_same_bytes_with_one_thread_and_with_two_and_verify_knows_them() {
    let folder = book_with_run();
    let at = |name: &str| folder.path().join("run").join(name);
    let files = ["work/call.csv", "work/call.parquet", "work/evidence.csv", "work/evidence.parquet", "manifest.json"];
    let bytes = || files.map(|name| std::fs::read(at(name)).unwrap());
    let was = bytes();
    for threads in ["1", "2"] {
        assert_eq!(recoup(folder.path(), &[&SCORE[..], &["--threads", threads]].concat()).status.code(), Some(0));
        assert!(bytes() == was, "{threads} threads");
    }
    let verify = || {
        let done = recoup(folder.path(), &["verify", "run", "--json"]);
        let json: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap_or_else(|e| panic!("{e}: {}", text(&done.stderr)));
        json["first"].as_array().unwrap().iter().map(|v| v["what"].as_str().unwrap().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(verify(), [""; 0]);
    assert_eq!(recoup(folder.path(), &["replay", "run", "--quiet"]).status.code(), Some(0));
    // Gone; changed; one that the run did not write.
    std::fs::remove_file(at("work/evidence.csv")).unwrap();
    assert_eq!(verify(), ["work/evidence.csv: it is gone"]);
    assert_eq!(recoup(folder.path(), &SCORE).status.code(), Some(0));
    std::fs::write(at("work/sms.csv"), "run\n").unwrap();
    assert_eq!(verify(), ["work/sms.csv: a work list that the run did not write"]);
    // What somebody laid there or filled in is not replaced.
    assert_eq!(recoup(folder.path(), &SCORE).status.code(), Some(2));
    std::fs::remove_file(at("work/sms.csv")).unwrap();
    assert_eq!(recoup(folder.path(), &SCORE).status.code(), Some(0));
    let call = std::fs::read_to_string(at("work/call.csv")).unwrap();
    std::fs::write(at("work/call.csv"), call.replace("a1 a2", "a1")).unwrap();
    assert_eq!(verify(), ["work/call.csv: it is not what the run wrote", "work/call.csv lacks this case"]);
    // A record that was made to fit does not hide it; nor one that forgets a list.
    let manifest = std::fs::read_to_string(at("manifest.json")).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    json["outputs"]["work/call.csv"] = blake3::hash(call.replace("a1 a2", "a1").as_bytes()).to_hex().to_string().into();
    std::fs::write(at("manifest.json"), json.to_string()).unwrap();
    assert_eq!(verify(), ["work/call.csv lacks this case"]);
    std::fs::write(at("work/call.csv"), &call).unwrap();
    let mut json: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    json["outputs"].as_object_mut().unwrap().remove("work/letter.parquet");
    std::fs::write(at("manifest.json"), json.to_string()).unwrap();
    assert_eq!(verify(), ["work/letter.parquet: the run's record does not name it"]);
}

#[test]
fn a_team_or_an_hour_that_cannot_be_is_named_with_its_place() {
    let folder = book_with_run();
    let with = |name: &str, from: &str, to: &str| {
        let path = folder.path().join(name);
        let was = std::fs::read_to_string(&path).unwrap();
        assert!(was.contains(from), "{from}");
        std::fs::write(&path, was.replacen(from, to, 1)).unwrap();
        let done = recoup(folder.path(), &SCORE);
        std::fs::write(&path, was).unwrap();
        assert_eq!(done.status.code(), Some(2), "{to}");
        text(&done.stderr)
    };
    let said = with("policy.toml", "team = \"branch\"", "team = \"brnch\"");
    for words in ["policy.team", "the column of the team `brnch` is no column of a case", "policy.toml, line 7", "did you mean `branch`?"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(with("policy.toml", "team = \"branch\"", "team = \"dpd\"").contains("`dpd` is not one of words"));
    for hour in ["24", "9.5", "-1"] {
        let said = with("contacts.csv", "reached,18", &format!("reached,{hour}"));
        for words in ["data.absurd_value", "the hour is no whole hour of a day", "contacts.csv, row 3, column hour", "0 to 23"] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
    let said = with("policy.toml", "name = \"sms\"", "name = \"evidence\"\nlabel = { en = \"e\", zh = \"e\" }\nchannel = \"sms\"");
    assert!(said.contains("policy.bad_name"), "{said}");
    let said = with("policy.toml", "name = \"sms\"", "name = \"../sms\"\nlabel = { en = \"e\", zh = \"e\" }\nchannel = \"sms\"");
    assert!(said.contains("policy.bad_name"), "{said}");
}

#[test]
fn the_real_books_have_work_lists_that_verify() {
    for (name, day) in [("superlender", "2017-03-31"), ("xente_credit", "2019-04-15")] {
        let Some(project) = real::project(name) else { continue };
        let folder = tempfile::tempdir().unwrap();
        let (project, policy) = (project.display().to_string(), root("data/policies/current.toml").display().to_string());
        for args in [
            vec!["train", "--project", &project, "--out", "model.json", "--quiet"],
            vec!["score", "--project", &project, "--model", "model.json", "--policy", &policy, "--as-of", day, "--out", "run", "--quiet"],
            vec!["verify", "run", "--quiet"],
        ] {
            let done = recoup(folder.path(), &args);
            assert_eq!(done.status.code(), Some(0), "{name}: {}", text(&done.stderr));
        }
        let lists = std::fs::read_dir(folder.path().join("run/work")).unwrap().count();
        assert!(lists >= 2, "{name}: {lists}");
        let run = std::fs::read_to_string(folder.path().join("run/manifest.json")).unwrap();
        let run: serde_json::Value = serde_json::from_str(&run).unwrap();
        // Every list goes back as it is, with nothing done: no problem, and every case that had work is not done.
        let mut args = vec!["reconcile".to_string(), "run".to_string(), "--json".to_string()];
        for strategy in run["strategies"].as_array().unwrap().iter().filter(|s| s["cases"] != 0 && s["strategy"] != "wait") {
            args.extend(["--done".to_string(), format!("run/work/{}.csv", strategy["strategy"].as_str().unwrap())]);
        }
        let done = recoup(folder.path(), &args.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(done.status.code(), Some(0), "{name}: {}", text(&done.stderr));
        let found: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        for figures in found["by_team"].as_array().unwrap() {
            let key = if figures["strategy"] == "wait" { "as_recommended" } else { "not_done" };
            assert_eq!(figures[key], figures["recommended"], "{name}: {figures}");
        }
    }
}
