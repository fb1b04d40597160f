//! Statement books worked by hand, code maps, both shapes in one book, and what a bank declares.

use super::cli::{recoup, text};
use super::world::Book;
use recoup::base::config::{Observe, Project};
use recoup::base::units::Bucket;
use recoup::data::cases::Maturity;
use recoup::data::features::Values;
use recoup::data::observe::{Observed, observe};
use recoup::pipeline::read_book;

const PROJECT: &str = r#"
name = "cards"
[currency]
code = "EUR"
minor_digits = 2
[tables.accounts]
path = "accounts.csv"
[tables.statements]
path = "statements.csv"
columns = { account_id = "card", statement_on = "month", status = "code" }
[tables.statements.status]
ok = { bucket = "M0", current = true }
few = { bucket = "M1", current = true }
late = { bucket = "M2", current = false }
later = { bucket = "M3", current = false }
[cases]
observe = "month_end"
[population]
min_bucket = "M2"
[outcome]
rule = "cure_by_status"
horizon_cycles = 2
"#;

const ACCOUNTS: &str = "account_id,borrower_id\nA,b\nB,b\n";

/// A: ok, late, later, few, late, ok, ok. B: late in March and then gone.
const STATEMENTS: &str = "card,month,code,balance,amount_due,amount_paid\n\
    A,2020-01-31,ok,500,50,50\nA,2020-02-29,late,500,50,0\nA,2020-03-31,later,550,100,0\nA,2020-04-30,few,400,20,150\n\
    A,2020-05-31,late,450,70,0\nA,2020-06-30,ok,380,0,70\nA,2020-07-31,ok,380,0,0\nB,2020-03-31,late,90,9,0\n";

fn book(project: &str, files: &[(&str, &str)]) -> Book {
    let mut all = vec![("recoup.toml", project), ("accounts.csv", ACCOUNTS), ("statements.csv", STATEMENTS)];
    all.extend_from_slice(files);
    Book::with(&all)
}

fn seen(book: &Book, rule: Option<Observe>) -> Observed {
    let book = read_book(Project::load(&book.project()).unwrap(), &|_| {}).unwrap();
    let rule = rule.unwrap_or(book.project.observe.clone());
    observe(&book.project, &book.portfolio, &rule)
}

fn feature(observed: &Observed, name: &str) -> Vec<f64> {
    match &observed.features.get(name).unwrap().values {
        Values::Number(v) => v.clone(),
        Values::Category { .. } => panic!("{name}"),
    }
}

#[test]
fn statements_give_cases_outcomes_and_features() {
    let found = seen(&book(PROJECT, &[]), None);
    let cases = &found.cases;
    let rows: Vec<(String, String, u8, Maturity, bool)> = (0..cases.len())
        .map(|k| (cases.account_id(k).into(), cases.as_of[k].to_string(), cases.bucket[k].0, cases.maturity[k], cases.repaid[k]))
        .collect();
    let row = |a: &str, d: &str, bucket, maturity, repaid| (a.to_string(), d.to_string(), bucket, maturity, repaid);
    assert_eq!(
        rows,
        [
            row("A", "2020-02-29", 2, Maturity::Mature, true),       // April: few, which counts as current
            row("A", "2020-03-31", 3, Maturity::Mature, false),      // May: late
            row("A", "2020-05-31", 2, Maturity::Mature, true),       // July: ok
            row("B", "2020-03-31", 2, Maturity::LeftTheBook, false), // no statement in May, though the data reach July
        ]
    );
    assert_eq!(found.excluded["left_the_book"], 1);
    // Observations: seven statements of A, one of B; each statement is looked at once.
    assert_eq!((found.observations, found.excluded["not_in_arrears"], found.excluded["below_min_dpd"]), (8, 3, 1));
    // A bucket's days past due are its lower bound.
    assert_eq!(feature(&found, "dpd"), [31.0, 61.0, 31.0, 31.0]);
    assert_eq!(feature(&found, "bucket_change_1c")[..3], [2.0, 1.0, 1.0]);
    assert!(feature(&found, "bucket_change_1c")[3].is_nan());
    assert_eq!(feature(&found, "days_in_episode"), [1.0, 32.0, 93.0, 1.0]); // few is 1 day past due, so A's episode goes on
    assert_eq!(feature(&found, "max_dpd_365"), [31.0, 61.0, 61.0, 31.0]);
    assert_eq!(feature(&found, "months_since_30dpd"), [0.0; 4]);
    assert_eq!(feature(&found, "balance"), [500.0, 550.0, 450.0, 90.0]);
    assert_eq!(feature(&found, "days_since_payment")[..3], [29.0, 60.0, 31.0]);
    // Paid in a cycle of what the statement before asked: Feb 0 of 50; Mar 0 of 50 more; 90 days before May 31 is March 2, so Mar 0 of 50,
    // Apr 150 of 100, May 0 of 20.
    assert_eq!(feature(&found, "paid_to_due_90")[..3], [0.0, 0.0, 150.0 / 170.0]);
    assert_eq!(feature(&found, "other_delinquent_accounts"), [0.0, 1.0, 1.0, 1.0]); // B's last statement still says late in May
    assert!(feature(&found, "arrears").iter().all(|x| x.is_nan()));
}

#[test]
fn scoring_uses_the_latest_statement_of_one_cycle_at_most() {
    let on = |day: &str| seen(&book(PROJECT, &[]), Some(Observe::Dates(vec![day.parse().unwrap()])));
    let found = on("2020-06-15");
    assert_eq!((found.cases.len(), found.cases.bucket[0], found.cases.as_of[0]), (1, Bucket(2), "2020-06-15".parse().unwrap()));
    assert_eq!(found.excluded["stale_statement"], 1);
    // A statement that became known later is not seen.
    let late = STATEMENTS.replace("card,month,code", "card,month,code,known_on").replace("late,450", "late,2020-06-20,450");
    let late: String = late
        .lines()
        .map(|l| if l.matches(',').count() == 5 { l.replacen(",late,", ",late,,", 1).replacen(",ok,", ",ok,,", 1).replacen(",later,", ",later,,", 1).replacen(",few,", ",few,,", 1) } else { l.to_string() } + "\n")
        .collect();
    let found = seen(&book(PROJECT, &[("statements.csv", &late)]), Some(Observe::Dates(vec!["2020-06-15".parse().unwrap()])));
    assert_eq!((found.cases.len(), found.excluded["stale_statement"]), (0, 2));
}

#[test]
fn unmapped_codes_doubled_statements_and_odd_days_are_found() {
    let statements = format!("{STATEMENTS}A,2020-08-31,gone,1,1,1\nB,2020-03-31,ok,90,9,0\n");
    let problems = book(PROJECT, &[("statements.csv", &statements)]).problems();
    let short: Vec<(String, u64)> = problems.into_iter().map(|p| (p.0, p.2)).collect();
    assert_eq!(short, [("data.bad_code".to_string(), 10), ("data.duplicate_key".to_string(), 11)]);
    let project = PROJECT.split("[tables.statements.status]").next().unwrap().replace("status = \"code\"", "days_past_due = \"days\"").to_string()
        + "[cases]\nobserve = \"month_end\"\n[outcome]\nrule = \"cure_by_status\"\nhorizon_cycles = 2\n";
    let days = "card,month,days\nA,2020-01-31,0\nA,2020-02-29,-3\nA,2020-03-31,40000\nB,2020-01-31,12\n";
    let found: Vec<(String, u64)> = book(&project, &[("statements.csv", days)]).problems().into_iter().map(|p| (p.0, p.2)).collect();
    assert_eq!(found, [("data.absurd_value".to_string(), 3), ("data.absurd_value".to_string(), 4)]);
}

#[test]
fn a_book_may_hold_both_shapes_and_its_own_words() {
    let project = PROJECT.replace(
        "[cases]",
        "[tables.instalments]\npath = \"instalments.csv\"\n[tables.payments]\npath = \"payments.csv\"\nnull_words = [\"none\"]\n\
         [tables.events]\npath = \"events.csv\"\n[tables.events.codes.kind]\nSTREIT = \"dispute\"\n[cases]",
    );
    let accounts = format!("{ACCOUNTS}L,b\n");
    let files = [
        ("accounts.csv", accounts.as_str()),
        ("instalments.csv", "account_id,due_on,amount\nL,2020-03-01,70\n"),
        ("payments.csv", "account_id,paid_on,known_on,amount\nL,2020-05-02,none,70\n"),
        ("events.csv", "account_id,kind,from\nL,STREIT,2020-04-02\n"),
    ];
    let found = seen(&book(&project, &files), None);
    let ledger: Vec<(String, i32, String)> = (0..found.cases.len())
        .filter(|k| found.cases.account_id(*k) == "L")
        .map(|k| (found.cases.as_of[k].to_string(), found.cases.dpd[k], found.cases.holds[k].names().collect()))
        .collect();
    // In arrears from March 2, in the population from day 31 on; its dispute is open from April 2 on.
    assert_eq!(ledger, [("2020-04-30".to_string(), 60, "dispute_open".to_string())]);
    assert_eq!(found.cases.len(), 5);
    // The status rule says nothing of a ledger account: it has no outcome, rather than a wrong one.
    assert_eq!(found.excluded["no_outcome_for_this_history"], 1);
    let bad = book(&project.replace("STREIT", "Streit"), &files).problems();
    assert_eq!((bad[0].0.as_str(), bad[0].4.as_str()), ("data.bad_code", "STREIT"));
}

#[test]
fn a_book_without_money_needs_a_declared_exposure_which_is_shown_as_assumed() {
    let model = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/sample.json").display().to_string();
    let policy = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/policies/current.toml").display().to_string();
    let args = ["score", "--project", "recoup.toml", "--model", &model, "--policy", &policy, "--as-of", "2020-03-31", "--out", "run"];
    let done = recoup(&book(PROJECT, &[]), &args);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("score.no_stake") && text(&done.stderr).contains("nominal_exposure"), "{}", text(&done.stderr));
    let declared = format!(
        "{PROJECT}[declared]\nnominal_exposure = {{ value = \"1000\", by = \"Ms Q\" }}\ntime_zone = {{ value = \"Europe/Berlin\", by = \"\" }}\n"
    );
    let text = book(&declared, &[]).check().unwrap_err().to_string();
    assert!(text.contains("a declaration needs the name of who says so"), "{text}");
    let summary = book(&declared.replace("by = \"\"", "by = \"Mr P\""), &[]).check().unwrap();
    assert_eq!(summary.assumed, ["assumed by Mr P: time zone = Europe/Berlin", "assumed by Ms Q: nominal exposure = 1000.00 a case"]);
}
