//! `recoup prove`: sound books pass, planted leaks are found with feature, case and record, inputs that look like the outcome are named.

use super::cli::{recoup, text};
use super::real::project as real_book;
use super::world::{Book, PROJECT};
use recoup::base::config::Project;
use recoup::data::catalogue::{CATALOGUE, Feature, View};
use recoup::data::check::check;
use recoup::data::history::range;
use recoup::data::tables;
use recoup::data::write::Format;
use recoup::pipeline;
use recoup::report::summary::ProveSummary;
use recoup::report::terminal_prove;
use recoup::study::prove::{Ask, Leak, Proof, Trial, prove};
use recoup::study::simulate::{Shape, World};
use std::fmt::Write;
use std::path::Path;

const ASK: Ask = Ask { cases: 200, seed: 1 };

fn proved(project: &Path) -> ProveSummary {
    pipeline::prove(project, ASK, &|_| {}).unwrap().0
}

#[test]
fn a_sound_book_of_every_shape_passes() {
    for shape in [Shape::Ledger, Shape::Statements, Shape::Both] {
        let folder = tempfile::tempdir().unwrap();
        let world = World { accounts: 600, months: 20, seed: 11, shape, reversals: true };
        pipeline::simulate(&world, folder.path(), Format::Csv, &|_| {}).unwrap();
        let ask = Ask { cases: 100_000, seed: 4 };
        let summary = pipeline::prove(&folder.path().join("recoup.toml"), ask, &|_| {}).unwrap().0;
        assert!(summary.passed, "{shape:?}: {}", terminal_prove::prove(&summary));
        assert!(summary.proof.cases > 300 && summary.proof.trials.iter().all(|t| t.trial == Trial::Alone || t.records > 300), "{:?}", summary.proof);
    }
}

/// Account A is in arrears on 31 March; what its records say later lies beside.
const LATER: [(&str, &str); 4] = [
    ("accounts.csv", "account_id,borrower_id,opened_on,closed_on\nA,b1,2020-01-01,2020-11-30\nB,b1,2020-01-01,\n"),
    (
        "instalments.csv",
        "account_id,due_on,amount,known_on\nA,2020-02-10,100.00,2020-01-01\nA,2020-03-10,100.00,2020-01-01\nA,2020-03-20,7.00,2020-04-09\nB,2020-02-10,50.00,2020-01-01\n",
    ),
    (
        "payments.csv",
        "account_id,paid_on,amount,known_on\nA,2020-02-20,100.00,2020-02-21\nB,2020-02-10,50.00,2020-02-10\nA,2020-03-30,10.00,2020-04-02\nA,2020-06-01,33.00,2020-06-01\n",
    ),
    ("events.csv", "account_id,kind,from,known_on\nA,dispute,2020-03-20,2020-04-05\n"),
];

fn later() -> Book {
    let project = PROJECT.replace("observe = \"month_end\"", "observe = \"dates\"\ndates = [\"2020-03-31\"]");
    let project = project.replace("[cases]", "[tables.events]\npath = \"events.csv\"\n[cases]");
    let mut files = LATER.to_vec();
    files.push(("recoup.toml", &project));
    Book::with(&files)
}

/// Proves a copy of the catalogue that holds one more feature.
fn planted(compute: fn(&View<'_>, i32) -> f64) -> Proof {
    let book = later();
    let project = Project::load(&book.project()).unwrap();
    let mut catalogue = CATALOGUE.to_vec();
    catalogue.push(Feature { name: "planted".into(), compute, ..catalogue[0].clone() });
    let (tables, problems) = tables::read(&project);
    let portfolio = check(&project, tables.clone(), problems).portfolio.unwrap();
    prove(&project, tables, &portfolio, &catalogue, ASK)
}

/// The one leak, which must be the planted one.
fn only(proof: &Proof) -> &Leak {
    assert_eq!(proof.leaks.iter().map(|leak| leak.feature.as_str()).collect::<Vec<_>>(), ["planted"]);
    assert_eq!(proof.leaks[0].case, "A@2020-03-31");
    &proof.leaks[0]
}

/// File, row, happened, known of the record that leaked; the value seen and that of the past alone.
fn told(leak: &Leak) -> (String, u64, String, String, String, String) {
    let record = leak.record.as_ref().unwrap_or_else(|| panic!("{leak:?}"));
    let day = |day: Option<recoup::base::dates::Day>| day.unwrap().to_string();
    let file = record.file.clone().unwrap();
    (file, record.row.unwrap(), day(record.happened_on), day(record.known_on), leak.seen.to_string(), leak.past_alone.to_string())
}

fn is(leak: &Leak, file: &str, row: u64, happened: &str, known: &str, seen: &str, past: &str) {
    assert_eq!(told(leak), (file.into(), row, happened.into(), known.into(), seen.into(), past.into()), "{leak:?}");
}

#[test]
fn the_book_of_the_plants_is_sound_without_them() {
    let summary = proved(&later().project());
    assert!(summary.passed && summary.proof.cases == 1, "{}", terminal_prove::prove(&summary));
    assert!(terminal_prove::prove(&summary).contains("PASS"));
}

#[test]
fn a_payment_counted_before_it_was_known_is_found() {
    let proof = planted(|v, _| {
        let p = &v.book.payments;
        range(&p.offsets, v.account).filter(|k| p.paid_on[*k] <= v.as_of).count() as f64
    });
    is(only(&proof), "payments.csv", 4, "2020-03-30", "2020-04-02", "2", "1");
    assert_eq!(only(&proof).trial, Trial::Cut);
}

#[test]
fn the_last_payment_of_the_whole_history_is_found() {
    let proof = planted(|v, _| range(&v.book.payments.offsets, v.account).last().map_or(f64::NAN, |k| v.book.payments.amount[k] as f64));
    is(only(&proof), "payments.csv", 5, "2020-06-01", "2020-06-01", "3300", "10000");
}

#[test]
fn an_event_seen_before_it_was_known_is_found() {
    let proof = planted(|v, _| v.book.account_events.of(v.account).iter().filter(|e| e.from <= v.as_of).count() as f64);
    is(only(&proof), "events.csv", 2, "2020-03-20", "2020-04-05", "1", "0");
}

#[test]
fn an_instalment_agreed_later_is_found() {
    let proof = planted(|v, _| {
        let i = &v.book.instalments;
        range(&i.offsets, v.account).filter(|k| i.due_on[*k] <= v.as_of).map(|k| i.amount[k]).sum::<i64>() as f64
    });
    is(only(&proof), "instalments.csv", 4, "2020-03-20", "2020-04-09", "20700", "20000");
}

#[test]
fn a_closing_date_that_nobody_knew_is_found() {
    let proof = planted(|v, _| f64::from(u8::from(v.book.closed_on[v.account] < recoup::base::dates::Day::NEVER)));
    is(only(&proof), "accounts.csv", 2, "2020-11-30", "2020-11-30", "1", "0");
    assert_eq!(only(&proof).record.as_ref().unwrap().what, "this date in it");
}

#[test]
fn a_leak_that_no_single_record_explains_is_said_to_be_one() {
    // Two later payments; any one of them will do.
    let proof = planted(|v, _| {
        let p = &v.book.payments;
        f64::from(u8::from(range(&p.offsets, v.account).any(|k| p.known_on[k] > v.as_of)))
    });
    let leak = only(&proof);
    assert!(leak.note.as_ref().is_some_and(|note| note.contains("no record alone changes it")), "{leak:?}");
    assert_eq!(leak.record.as_ref().unwrap().row, Some(5));
}

#[test]
fn a_feature_that_only_invented_records_change_is_found() {
    // Nobody has written anything off yet: only a made-up write-off shows that the feature would look ahead.
    let proof = planted(|v, _| f64::from(u8::from(v.book.written_off_on[v.account] < recoup::base::dates::Day::NEVER)));
    let leak = only(&proof);
    assert_eq!((leak.trial, leak.seen.to_string(), leak.found.to_string()), (Trial::Invented, "0".into(), "1".into()));
    assert!(
        leak.record.as_ref().is_some_and(|r| r.table == "events" && r.what.contains("made up") && r.known_on > Some("2020-03-31".parse().unwrap()))
    );
}

/// 160 accounts of which every second pays its arrears after as_of, with columns of the accounts table, and instalments of an amount.
fn shaped_book(columns: &str, kinds: &str, values: impl Fn(usize, bool) -> String, amount: impl Fn(usize, bool) -> i64) -> Book {
    let (mut accounts, mut instalments, mut payments) =
        (format!("account_id,opened_on,{columns}\n"), "account_id,due_on,amount\n".to_string(), "account_id,paid_on,amount\n".to_string());
    for k in 0..160usize {
        let repaid = k % 2 == 0;
        let _ = writeln!(accounts, "{k},2020-01-01,{}", values(k, repaid));
        let _ = writeln!(instalments, "{k},2020-02-10,{}", amount(k, repaid));
        if repaid {
            let _ = writeln!(payments, "{k},2020-03-05,{}", amount(k, repaid));
        }
    }
    let project = PROJECT.replace("observe = \"month_end\"", "observe = \"dates\"\ndates = [\"2020-02-29\"]");
    let project = project.replace("path = \"accounts.csv\"", &format!("path = \"accounts.csv\"\nfeatures = {{ {kinds} }}"));
    Book::with(&[("recoup.toml", &project), ("accounts.csv", &accounts), ("instalments.csv", &instalments), ("payments.csv", &payments)])
}

fn named(summary: &ProveSummary) -> Vec<&str> {
    summary.proof.shapes.found.iter().map(|shaped| shaped.column.as_str()).collect()
}

#[test]
fn a_column_that_is_the_outcome_is_named_and_noise_is_not() {
    let values = |k: usize, repaid: bool| {
        let (stage, settled) = (if repaid { "closed" } else { "legal" }, if repaid { "2020-03-05" } else { "" });
        format!("{},{},{stage},{}", u8::from(repaid), (k * 7919 + 13) % 101, settled.len())
    };
    let book =
        shaped_book("flag,noise,stage,age", "flag = \"numeric\", noise = \"numeric\", stage = \"category\"", values, |k, _| 100 + (k % 7) as i64);
    let summary = proved(&book.project());
    assert_eq!(named(&summary), ["flag", "stage"], "{}", terminal_prove::prove(&summary));
    let flag = &summary.proof.shapes.found[0];
    assert_eq!((flag.of, flag.auc, flag.n, flag.repaid), ("account column", 1.0, 160, 80));
    assert!(summary.proof.leaks.is_empty() && !summary.passed);
    let done = recoup(&book, &["prove", "--project", "recoup.toml", "--hindsight"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stdout).contains("account column `flag`: AUC 1.0000 over 160 mature cases, 80 of them repaid"), "{}", text(&done.stdout));
}

#[test]
fn a_column_written_for_the_repaid_alone_is_named_as_missing() {
    let values = |k: usize, repaid: bool| if repaid { ((k * 7919) % 31).to_string() } else { String::new() };
    let summary = proved(&shaped_book("fee", "fee = \"numeric\"", values, |k, _| 100 + (k % 7) as i64).project());
    assert_eq!(named(&summary), ["fee is missing"]);
}

#[test]
fn a_due_amount_that_is_the_outcome_is_named() {
    let summary = proved(&shaped_book("noise", "noise = \"numeric\"", |k, _| k.to_string(), |_, repaid| if repaid { 110 } else { 100 }).project());
    assert!(named(&summary).contains(&"latest amount due") && named(&summary).contains(&"arrears"), "{:?}", named(&summary));
    assert!(!named(&summary).contains(&"noise"));
}

#[test]
fn without_mature_cases_features_are_proved_and_shapes_are_said_not_to_be() {
    let book = later();
    let project = std::fs::read_to_string(book.project()).unwrap().replace("data_until = \"2020-12-31\"", "data_until = \"2020-04-15\"");
    std::fs::write(book.project(), project).unwrap();
    let summary = proved(&book.project());
    assert!(summary.passed && summary.proof.comparisons > 100 && summary.proof.shapes.mature_cases == 0);
    assert!(terminal_prove::prove(&summary).contains("not looked at: inputs that look like the outcome; the book has 0 mature cases"));
}

#[test]
fn a_seed_gives_the_same_bytes_whatever_the_threads() {
    let folder = tempfile::tempdir().unwrap();
    let world = World { accounts: 300, months: 14, seed: 2, shape: Shape::Both, reversals: true };
    pipeline::simulate(&world, folder.path(), Format::Csv, &|_| {}).unwrap();
    let book = Book { folder };
    let run = |threads: &str, seed: &str| {
        let args = ["prove", "--project", "recoup.toml", "--hindsight", "--json", "--cases", "40", "--threads", threads, "--seed", seed];
        let done = recoup(&book, &args);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stdout));
        done.stdout
    };
    assert_eq!(run("1", "7"), run("2", "7"));
    assert_ne!(run("2", "7"), run("2", "8"));
    let json: serde_json::Value = serde_json::from_slice(&run("2", "7")).unwrap();
    assert_eq!((&json["passed"], &json["cases"], &json["trials"][1]["trial"]), (&true.into(), &40.into(), &"cut".into()));
}

#[test]
fn what_to_prove_must_be_said() {
    let book = Book::with(&[]);
    let done = recoup(&book, &["prove", "--project", "recoup.toml"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("--hindsight"), "{}", text(&done.stderr));
    assert_eq!(recoup(&book, &["prove", "--project", "recoup.toml", "--hindsight"]).status.code(), Some(0));
}

#[test]
fn an_account_without_records_yet_counts_as_it_does_on_its_day() {
    // B is opened on 20 March, called on the 25th, and has its first statement at the end of April: in the export of 31 March it has no history.
    let project = PROJECT
        .replace(
            "[tables.instalments]\npath = \"instalments.csv\"\n[tables.payments]\npath = \"payments.csv\"\n",
            "[tables.statements]\npath = \"statements.csv\"\n[tables.contacts]\npath = \"contacts.csv\"\n",
        )
        .replace("rule = \"cure\"\nhorizon_days = 30", "rule = \"cure_by_status\"\nhorizon_cycles = 1");
    let book = Book::with(&[
        ("recoup.toml", &project),
        ("accounts.csv", "account_id,borrower_id,opened_on\nA,b1,2020-01-01\nB,b1,2020-03-20\n"),
        (
            "statements.csv",
            "account_id,statement_on,days_past_due,balance\nA,2020-02-29,0,100\nA,2020-03-31,20,100\nA,2020-04-30,50,100\nB,2020-04-30,0,30\nB,2020-05-31,0,30\n",
        ),
        (
            "contacts.csv",
            "account_id,contacted_on,channel,direction,result\nB,2020-03-25,call,outbound,reached\nA,2020-03-26,call,outbound,no_answer\n",
        ),
    ]);
    let summary = proved(&book.project());
    assert!(summary.passed && summary.proof.cases == 2, "{}", terminal_prove::prove(&summary));
}

#[test]
fn statements_that_come_later_do_not_hide_a_ledger() {
    // B is agreed on 1 March and first due on 1 May; from June on the bank keeps statements of it as well.
    let project = PROJECT.replace("[cases]", "[tables.statements]\npath = \"statements.csv\"\n[cases]");
    let book = Book::with(&[
        ("recoup.toml", &project),
        ("accounts.csv", "account_id,borrower_id,opened_on\nA,b1,2020-01-01\nB,b1,2020-03-01\n"),
        ("instalments.csv", "account_id,due_on,amount\nA,2020-02-10,100\nA,2020-03-10,100\nB,2020-05-01,50\n"),
        ("payments.csv", "account_id,paid_on,amount\nA,2020-02-10,100\n"),
        ("statements.csv", "account_id,statement_on,days_past_due,balance\nB,2020-06-30,0,50\n"),
    ]);
    let summary = proved(&book.project());
    assert!(summary.passed, "{}", terminal_prove::prove(&summary));
}

#[test]
fn a_schedule_agreed_later_makes_no_ledger() {
    // B is opened in January and its schedule agreed in June only; A's statements name no balance.
    let project = PROJECT.replace("[cases]", "[tables.statements]\npath = \"statements.csv\"\n[cases]");
    let project = project.replace("rule = \"cure\"\nhorizon_days = 30", "rule = \"cure_by_status\"\nhorizon_cycles = 1");
    let book = Book::with(&[
        ("recoup.toml", &project),
        ("accounts.csv", "account_id,borrower_id,opened_on\nA,b1,2020-01-01\nB,b1,2020-01-01\n"),
        ("instalments.csv", "account_id,due_on,amount,known_on\nB,2020-07-01,50,2020-06-01\n"),
        ("payments.csv", "account_id,paid_on,amount\nB,2020-07-01,50\n"),
        ("statements.csv", "account_id,statement_on,days_past_due\nA,2020-03-31,20\nA,2020-04-30,50\n"),
    ]);
    let summary = proved(&book.project());
    assert!(summary.passed && summary.proof.cases == 2, "{}", terminal_prove::prove(&summary));
}

#[test]
fn a_statement_that_comes_late_makes_no_entry() {
    // The March statement, in order, comes in June: by the end of April the account has been in arrears since February.
    let project = PROJECT.replace("[cases]", "[tables.statements]\npath = \"statements.csv\"\n[cases]").replace("month_end", "entry");
    let project = project.replace("rule = \"cure\"\nhorizon_days = 30", "rule = \"cure_by_status\"\nhorizon_cycles = 1");
    let project = project.replace("[tables.instalments]\npath = \"instalments.csv\"\n[tables.payments]\npath = \"payments.csv\"\n", "");
    let statements = "A,2020-02-29,2020-02-29,20\nA,2020-03-31,2020-06-10,0\nA,2020-04-30,2020-04-30,50\n";
    let book = Book::with(&[
        ("recoup.toml", &project),
        ("accounts.csv", "account_id,borrower_id,opened_on\nA,b1,2020-01-01\n"),
        ("statements.csv", &format!("account_id,statement_on,known_on,days_past_due\n{statements}")),
    ]);
    let summary = proved(&book.project());
    assert!(summary.passed && summary.proof.cases == 1, "{}", terminal_prove::prove(&summary));
}

#[test]
fn a_payment_read_twice_is_set_aside_as_in_the_whole() {
    // Two borrowers share a payment's key; the second row is the duplicate, also where the first one's borrower is not in the sample.
    let project = PROJECT.replace("path = \"payments.csv\"", "path = \"payments.csv\"\nkey = [\"id\"]");
    let payments = "id,account_id,paid_on,amount\np1,001,2020-02-20,100.00\np1,003,2020-05-01,30.00\np2,001,2020-04-02,100.00\n";
    let book = Book::with(&[("recoup.toml", &project), ("payments.csv", payments)]);
    let summary = proved(&book.project());
    assert!(summary.passed && summary.rows_set_aside == 1, "{}", terminal_prove::prove(&summary));
}

#[test]
fn the_real_books_pass() {
    for name in ["cc_credit_record", "superlender", "xente_credit"] {
        let Some(file) = real_book(name) else { continue };
        let summary = proved(&file);
        assert!(summary.passed && summary.proof.cases == 200, "{name}: {}", terminal_prove::prove(&summary));
    }
}
