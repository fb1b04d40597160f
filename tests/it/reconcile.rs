//! A day of work handed back: lists filled in, read, laid beside the run; what comes out is read as the contact log of tomorrow; every mistake named.

use super::cli::text;
use super::replay::recoup;
use super::work::{book_with_run, rows};
use std::io::Write;
use std::path::Path;

/// Fills in columns of the rows of a work list, by borrower, and writes it as another file.
fn filled(folder: &Path, list: &str, filled: &[(&str, &[(&str, &str)])]) {
    let path = folder.join(format!("run/work/{list}.csv"));
    let mut reader = csv::Reader::from_path(&path).unwrap();
    let header = reader.headers().unwrap().clone();
    let mut writer = csv::Writer::from_path(folder.join(format!("{list}.csv"))).unwrap();
    writer.write_record(&header).unwrap();
    for row in rows(&path) {
        let of_row = filled.iter().find(|(borrower, _)| row["borrower_id"] == *borrower).map_or(&[][..], |(_, cells)| cells);
        let cell = |column: &str| of_row.iter().find(|(c, _)| *c == column).map_or(row[column].clone(), |(_, value)| value.to_string());
        writer.write_record(header.iter().map(cell)).unwrap();
    }
    writer.flush().unwrap();
}

fn run_id(folder: &Path) -> String {
    let manifest: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(folder.join("run/manifest.json")).unwrap()).unwrap();
    manifest["run"].as_str().unwrap().to_string()
}

/// The day that the tests hand back: the calls of b1 as recommended, a message to b2 who wants none, the letter a day later, no mediation, and a call to
/// a7, whom nobody should have called.
fn day(folder: &Path) {
    let call: &[(&str, &str)] = &[("done", "call"), ("done_on", "2025-07-01"), ("hour", "18"), ("result", "reached")];
    let sms: &[(&str, &str)] = &[("done", "sms"), ("done_on", "2025-07-01"), ("why_not", "no answer before")];
    filled(folder, "call", &[("b1", call), ("b2", sms)]);
    filled(folder, "letter", &[("b3", &[("done", "letter"), ("done_on", "2025-07-02"), ("result", "delivered")])]);
    filled(folder, "mediation", &[("b5", &[("done", "nothing"), ("why_not", "the mediator is ill")])]);
    let other = format!(
        "run,account_id,done,done_on,result,number,agent,promise_due_on,promise_amount\n{},a7,call,2025-07-01,promise,n1,kim,2025-07-10,50.00\n",
        run_id(folder)
    );
    std::fs::write(folder.join("other.csv"), other).unwrap();
}

const RECONCILE: [&str; 10] = ["reconcile", "run", "--done", "call.csv", "--done", "letter.csv", "--done", "mediation.csv", "--done", "other.csv"];

#[test]
fn a_day_is_laid_beside_its_run_and_becomes_tomorrows_contact_log() {
    let folder = book_with_run();
    day(folder.path());
    let done = recoup(folder.path(), &[&RECONCILE[..], &["--out", "back", "--json"]].concat());
    // Something was done against a veto.
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
    let found: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&found["lines"], &found["lines_set_aside"], &found["cases"], &found["against_veto"]), (&5.into(), &0.into(), &7.into(), &2.into()));
    let against = &found["against"][0];
    assert_eq!(
        (against["account"].as_str(), against["done"].as_str(), against["rules"].as_str(), against["team"].as_str()),
        (Some("a3"), Some("sms"), Some("hold:opt_out eligible"), Some("south"))
    );
    let said = text(&done.stderr);
    assert!(said.contains("reconcile.against_veto") && said.contains("sms was done on account a3") && said.contains("call.csv, row"), "{said}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join("back").join(name)).unwrap();
    // One call about two accounts is one contact.
    let contacts = read("contacts.csv");
    let mut lines: Vec<&str> = contacts.lines().collect();
    lines[1..3].sort_unstable();
    assert_eq!(
        lines,
        [
            "account_id,contacted_on,known_on,channel,direction,result,hour,number",
            "a1,2025-07-01,2025-07-01,call,outbound,reached,18,",
            "a3,2025-07-01,2025-07-01,sms,outbound,,,",
            "a4,2025-07-02,2025-07-02,letter,outbound,delivered,,",
            "a7,2025-07-01,2025-07-01,call,outbound,promise,,n1",
        ]
    );
    assert_eq!(read("events.csv"), "account_id,borrower_id,kind,from,to,known_on,amount\na7,b6,promise,2025-07-01,2025-07-10,2025-07-01,50.00\n");
    let mut differences: Vec<String> = rows(&folder.path().join("back/differences.csv"))
        .iter()
        .map(|row| ["account_id", "team", "recommended", "done", "result", "how", "vetoed_by", "agent", "why_not"].map(|c| row[c].as_str()).join(","))
        .collect();
    differences.sort();
    assert_eq!(
        differences,
        [
            "a1,north,call,call,reached,as_recommended,,,",
            "a2,north,call,call,reached,as_recommended,,,",
            "a3,south,call,sms,,against_veto,hold:opt_out eligible,,no answer before",
            "a4,north,letter,letter,delivered,as_recommended,,,",
            "a5,south,wait,,,as_recommended,,,",
            "a6,south,mediation,,,not_done,,,the mediator is ill",
            "a7,south,wait,call,promise,against_veto,eligible,kim,",
        ]
    );
}

#[test]
fn tomorrows_book_reads_the_contacts_and_a_second_day_replaces_the_first() {
    let folder = book_with_run();
    day(folder.path());
    for _ in 0..2 {
        assert_eq!(recoup(folder.path(), &[&RECONCILE[..], &["--out", "back"]].concat()).status.code(), Some(1));
    }
    // Somebody's own folder is not written over, nor the run's.
    std::fs::create_dir(folder.path().join("mine")).unwrap();
    std::fs::write(folder.path().join("mine/thesis.doc"), "mine").unwrap();
    for place in ["mine", "run"] {
        let done = recoup(folder.path(), &[&RECONCILE[..], &["--out", place]].concat());
        assert_eq!(done.status.code(), Some(2));
        assert!(text(&done.stderr).contains("file.in_the_way"), "{}", text(&done.stderr));
    }
    let project = std::fs::read_to_string(folder.path().join("recoup.toml")).unwrap();
    for contacts in ["back/contacts.csv", "back/contacts.parquet"] {
        let tomorrow = project.replace("\"contacts.csv\"", &format!("\"{contacts}\"")).replace("2025-06-30", "2025-07-05");
        std::fs::write(folder.path().join("tomorrow.toml"), tomorrow.replace("\"events.csv\"", "\"back/events.csv\"")).unwrap();
        let done = recoup(folder.path(), &["check", "--project", "tomorrow.toml", "--json"]);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        let found: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        let table = |name: &str| found["tables"].as_array().unwrap().iter().find(|t| t["table"] == name).unwrap().clone();
        assert_eq!((&table("contacts")["rows_used"], &table("events")["rows_used"]), (&4.into(), &1.into()));
        assert_eq!(table("contacts")["unused_columns"], serde_json::json!([]));
    }
}

#[test]
fn figures_are_by_team_and_strategy_with_their_intervals() {
    let folder = book_with_run();
    day(folder.path());
    let done = recoup(folder.path(), &[&RECONCILE[..], &["--json", "--quiet"]].concat());
    let found: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let keys = ["recommended", "as_recommended", "otherwise", "not_done", "without_recommendation", "against_veto"];
    let lines: Vec<String> = found["by_team"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            let counts: Vec<String> = keys.iter().map(|key| f[key].to_string()).collect();
            let rate = |key: &str| format!("{}/{}", f[key]["count"], f[key]["n"]);
            format!(
                "{} {}: {}; {} {}",
                f["team"].as_str().unwrap(),
                f["strategy"].as_str().unwrap(),
                counts.join(" "),
                rate("reached"),
                rate("promised")
            )
        })
        .collect();
    // The message to b2 says no result: it counts in no rate.
    assert_eq!(
        lines,
        [
            "north call: 2 2 0 0 0 0; 1/1 0/1",
            "north letter: 1 1 0 0 0 0; 0/1 0/1",
            "south wait: 2 1 0 0 0 1; 1/1 1/1",
            "south call: 1 0 0 0 0 1; 0/0 0/0",
            "south mediation: 1 0 0 1 0 0; 0/0 0/0",
        ]
    );
    // Wilson's interval of 1 of 1: 1 ÷ (1 + 3.8415) = 0.2065 to 1.
    let low = found["by_team"][0]["reached"]["low"].as_f64().unwrap();
    assert!((low - 0.206_5).abs() < 1e-4, "{low}");
    let shown = text(&recoup(folder.path(), &RECONCILE).stdout);
    for words in ["against a veto", "1 of 1, 100.0 % (20.7 % to 100.0 %)", "DONE AGAINST A VETO", "hold:opt_out"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}

#[test]
fn what_is_done_otherwise_or_unasked_is_told_apart_from_what_is_forbidden() {
    let folder = book_with_run();
    let run = run_id(folder.path());
    // An email, which no treatment uses, is as free as some contact is; the borrower's own call is no deed of ours; a review is always free.
    let lines = format!(
        "run,account_id,borrower_id,strategy,done,done_on,direction,result\n{run},a3,b2,call,email,2025-07-01,,\n{run},a7,,,call,2025-07-01,inbound,reached\n\
         {run},a5,,,human_review,2025-07-01,,\n{run},,b1,call,visit,2025-07-01,,\n{run},a1,b1,,call,2025-07-02,,no_answer\n"
    );
    std::fs::write(folder.path().join("back.csv"), lines).unwrap();
    let done = recoup(folder.path(), &["reconcile", "run", "--done", "back.csv", "--out", "back"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let differences = rows(&folder.path().join("back/differences.csv"));
    let how = |account: &str| {
        let row = differences.iter().find(|row| row["account_id"] == account).unwrap();
        (row["done"].as_str(), row["how"].as_str())
    };
    assert_eq!(how("a3"), ("email", "otherwise"));
    assert_eq!(how("a7"), ("call (inbound)", "as_recommended"));
    assert_eq!(how("a5"), ("human_review", "without_recommendation"));
    // Both accounts of b1 were visited; a1 was called as well.
    assert_eq!((how("a1"), how("a2")), (("visit call", "as_recommended"), ("visit", "otherwise")));
    let contacts = rows(&folder.path().join("back/contacts.csv"));
    assert_eq!(contacts.iter().filter(|row| row["direction"] == "inbound").count(), 1);
    assert_eq!(contacts.len(), 4, "a review is no contact");
}

/// Code, row and column of every problem of a hand-over file that is refused.
fn refused(folder: &Path, hand_over: &str) -> Vec<(String, String, String)> {
    std::fs::write(folder.join("bad.csv"), hand_over).unwrap();
    let _ = std::fs::remove_file(folder.join("problems.csv"));
    let done = recoup(folder, &["reconcile", "run", "--done", "bad.csv", "--out", "never"]);
    assert_eq!(done.status.code(), Some(2), "{}{}", text(&done.stdout), text(&done.stderr));
    assert!(!folder.join("never").exists());
    // Few problems stand on the screen alone.
    let said = text(&done.stderr);
    let mut found = Vec::new();
    for block in said.split("error[").skip(1) {
        let code = block.split(']').next().unwrap().to_string();
        let place = block.lines().find(|l| l.trim().starts_with("where:")).unwrap_or_default().to_string();
        let after = |word: &str| place.split(word).nth(1).map_or(String::new(), |rest| rest.split(',').next().unwrap().trim().to_string());
        found.push((code, after(" row "), after(" column ")));
    }
    found
}

#[test]
fn every_mistake_is_named_at_once_with_its_place() {
    let folder = book_with_run();
    let run = run_id(folder.path());
    let header = "run,account_id,account_ids,borrower_id,strategy,done,done_on,hour,direction,result,promise_due_on,promise_amount\n";
    let lines = [
        "a9,,,,call,2025-07-01,,,,,",                     // 2: no such account
        "a1,,,,cal,2025-07-01,,,,,",                      // 3: no such word
        "a1,,,,call,,,,,,",                               // 4: no day
        "a1,,,,call,2025-06-30,,,,,",                     // 5: before the work began
        "a1,,,,call,2025-07-01,24,,,,",                   // 6: no hour
        "a1,,,,call,2025-07-01,,,answered,,",             // 7: no result
        "a1,,,,call,2025-07-01,,,promise,,5.00",          // 8: a promise without its day
        ",a1 a2,,,call,2025-07-01,,,promise,2025-07-09,", // 9: a promise of two accounts
        "a1,,,,,2025-07-01,,,,,",                         // 10: when, and not what
        "a1,,,letter,call,2025-07-01,,,,,",               // 11: not what was recommended
        "a1,,b2,,call,2025-07-01,,,,,",                   // 12: another's account
        "a3,,,,call,2025-07-01,9,,no_answer,,",           // 13
        "a3,,,,call,2025-07-01,9,,no_answer,,",           // 14: the same to the letter
        ",,nobody,,call,2025-07-01,,,,,",                 // 15: no such borrower
        "a1,,,,call,2025-07-01,,,refused,2025-07-09,",    // 16: a promise that is none
        "a1,,,,call,1 July,,,,,",                         // 17: no date
        "a1,,,,call,2025-07-03,,,promise,2025-07-02,",    // 18: due before it was made
    ];
    let text: String = lines.iter().map(|line| format!("{run},{line}\n")).collect();
    let mut found = refused(folder.path(), &format!("{header}{text}"));
    found.sort_by_key(|(_, row, _)| row.parse::<u32>().unwrap_or(0));
    let expected = [
        ("handover.no_case", "2", "account_id"),
        ("handover.bad_word", "3", "done"),
        ("handover.no_day", "4", "done_on"),
        ("handover.too_early", "5", "done_on"),
        ("handover.bad_hour", "6", "hour"),
        ("handover.bad_word", "7", "result"),
        ("handover.no_promise_day", "8", "promise_due_on"),
        ("handover.promise_of_many", "9", "account_ids"),
        ("handover.nothing_done", "10", "done"),
        ("handover.other_strategy", "11", "strategy"),
        ("handover.other_borrower", "12", "borrower_id"),
        ("handover.duplicate", "14", ""),
        ("handover.no_case", "15", "borrower_id"),
        ("handover.no_promise", "16", "result"),
        ("data.bad_value", "17", "done_on"),
        ("handover.promise_too_early", "18", "promise_due_on"),
    ];
    assert_eq!(found, expected.map(|(code, row, column)| (code.to_string(), row.to_string(), column.to_string())));
    // The same, where the project sets such rows aside: what is left is used.
    let codes: Vec<String> = expected.iter().map(|(code, ..)| format!("\"{code}\"")).collect();
    let project = std::fs::read_to_string(folder.path().join("recoup.toml")).unwrap();
    std::fs::write(folder.path().join("recoup.toml"), format!("{project}[check]\nset_aside = [{}]\n", codes.join(", "))).unwrap();
    let score = recoup(folder.path(), &super::work::SCORE);
    assert_eq!(score.status.code(), Some(0));
    let again: String = lines.iter().map(|line| format!("{},{line}\n", run_id(folder.path()))).collect();
    std::fs::write(folder.path().join("bad.csv"), format!("{header}{again}")).unwrap();
    let done = recoup(folder.path(), &["reconcile", "run", "--done", "bad.csv", "--json"]);
    assert_eq!(done.status.code(), Some(0), "{}", super::cli::text(&done.stderr));
    let json: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&json["lines"], &json["lines_set_aside"]), (&1.into(), &16.into()));
}

#[test]
fn a_hand_over_of_another_run_or_with_other_columns_is_refused() {
    let folder = book_with_run();
    let run = run_id(folder.path());
    std::fs::write(folder.path().join("bad.csv"), "run,account_id,done\n0000000000000000,a1,call\n0000000000000000,a3,call\n").unwrap();
    let done = recoup(folder.path(), &["reconcile", "run", "--done", "bad.csv"]);
    assert_eq!(done.status.code(), Some(2));
    let said = text(&done.stderr);
    for words in ["handover.other_run", "so are 2 of its lines", "bad.csv, row 2, column run", "\"0000000000000000\"", &run, "the run of 2025-06-30"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(said.matches("error[").count(), 1, "{said}");
    let codes =
        |hand_over: &str| refused(folder.path(), hand_over).into_iter().map(|(code, _, column)| format!("{code} {column}")).collect::<Vec<_>>();
    assert_eq!(codes("account_id,done\na1,call\n"), ["data.missing_column run"]);
    assert_eq!(codes(&format!("run,zzz\n{run},5\n")), ["data.missing_column done", "data.missing_column account_id"]);
    assert_eq!(codes(&format!("run,account_id,done,resutl\n{run},a1,,reached\n")), ["handover.unknown_column resutl"]);
    assert_eq!(codes(&format!("run;account_id;done\n{run};a1;call\n")), ["data.wrong_separator "]);
    assert_eq!(codes(""), ["data.empty_table "]);
    // A column that is nobody's is told and not read.
    std::fs::write(folder.path().join("good.csv"), format!("run,account_id,done,zzz\n{run},a1,nothing,5\n")).unwrap();
    let done = recoup(folder.path(), &["reconcile", "run", "--done", "good.csv"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert!(text(&done.stderr).contains("the column `zzz` is not read"));
    // No file at all, and a run that was touched or whose policy was.
    let gone = recoup(folder.path(), &["reconcile", "run", "--done", "nowhere.csv"]);
    assert_eq!(gone.status.code(), Some(2));
    let policy = std::fs::read_to_string(folder.path().join("policy.toml")).unwrap();
    std::fs::write(folder.path().join("policy.toml"), format!("{policy}\n# a remark\n")).unwrap();
    let done = recoup(folder.path(), &["reconcile", "run", "--done", "good.csv"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("reconcile.changed") && text(&done.stderr).contains("the policy file"), "{}", text(&done.stderr));
    std::fs::write(folder.path().join("policy.toml"), policy).unwrap();
    std::fs::copy(folder.path().join("run/work/call.parquet"), folder.path().join("run/ranked.parquet")).unwrap();
    let done = recoup(folder.path(), &["reconcile", "run", "--done", "good.csv"]);
    assert!(text(&done.stderr).contains("reconcile.changed") && text(&done.stderr).contains("ranked.parquet"), "{}", text(&done.stderr));
}

#[test]
fn gzipped_and_parquet_lists_and_the_banks_own_words_are_read() {
    let folder = book_with_run();
    day(folder.path());
    let plain = std::fs::read(folder.path().join("call.csv")).unwrap();
    let mut gz = flate2::write::GzEncoder::new(std::fs::File::create(folder.path().join("call.csv.gz")).unwrap(), flate2::Compression::default());
    gz.write_all(&plain).unwrap();
    gz.finish().unwrap();
    // A Parquet list as the run wrote it: nobody has filled it in, and that is what it says.
    let done = recoup(folder.path(), &["reconcile", "run", "--done", "call.csv.gz", "--done", "run/work/letter.parquet", "--json"]);
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
    let found: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(found["lines"], 3);
    let letter = found["by_team"].as_array().unwrap().iter().find(|f| f["strategy"] == "letter").unwrap().clone();
    assert_eq!((&letter["not_done"], &letter["as_recommended"]), (&1.into(), &0.into()));
    // The project maps the bank's words of results for its contact log.
    let project = std::fs::read_to_string(folder.path().join("recoup.toml")).unwrap();
    let mapped = project.replace("path = \"contacts.csv\"\n", "path = \"contacts.csv\"\n[tables.contacts.codes.result]\nRPC = \"reached\"\n");
    std::fs::write(folder.path().join("recoup.toml"), mapped).unwrap();
    assert_eq!(recoup(folder.path(), &super::work::SCORE).status.code(), Some(0));
    let line = format!("run,account_id,done,done_on,result\n{},a1,call,2025-07-01,RPC\n", run_id(folder.path()));
    std::fs::write(folder.path().join("words.csv"), line).unwrap();
    let done = recoup(folder.path(), &["reconcile", "run", "--done", "words.csv", "--out", "back"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert_eq!(rows(&folder.path().join("back/contacts.csv"))[0]["result"], "reached");
}
