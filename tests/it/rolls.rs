//! Roll rates, cures and relapses of small books worked by hand, and of a simulated one by plain loops in another language.

use super::cli::{recoup, text};
use super::real::project as real_project;
use super::world::{Book, PROJECT};
use recoup::pipeline;
use recoup::report::summary::RollsSummary;
use recoup::report::terminal_rolls;
use recoup::study::rolls::{Ask, BucketFlows, Estimate};
use std::path::Path;
use std::process::Command;

const ACCOUNTS: &str = "account_id,borrower_id,opened_on,closed_on,product\n\
    A,b1,2020-01-01,,card\nB,b1,2020-01-01,,card\nC,b2,2020-01-01,2020-04-10,loan\nD,b3,2020-01-01,,\n\
    E,b4,2020-01-01,,loan\nF,b5,2020-02-15,2020-04-20,loan\nG,b6,2020-01-01,,card\n";
const INSTALMENTS: &str = "account_id,due_on,amount,known_on\nA,2020-01-20,100,\nA,2020-03-20,100,\nB,2020-01-10,300,\n\
    C,2020-01-01,50,\nC,2020-02-01,50,\nC,2020-03-01,50,\nD,2020-01-05,40,\nD,2020-02-05,40,\nD,2020-03-05,40,\n\
    E,2020-01-30,10,\nF,2020-04-30,60,\nG,2020-01-15,20,\nG,2020-02-28,20,2020-02-20\n";
const PAYMENTS: &str = "account_id,paid_on,amount\nA,2020-02-10,100\nC,2020-03-05,50\nC,2020-04-02,100\nD,2020-03-10,80\n\
    F,2020-04-20,60\nG,2020-02-25,20\n";
const EVENTS: &str = "account_id,kind,from\nB,write_off,2020-03-15\nG,re_age,2020-02-20\n";

/// Seven accounts, cycles of February, March and April:
/// A: M1 (200) cured Feb 10; M0 to M1 (100); M1 to M2. B: M1 (300) to M2; written off. C: M1 (150) to M2; stays (100 left); cured and closed.
/// D: M1 (120) to M2; back to M1 (40 left); to M2. E: M1 (10) stays, 30 days past due; M3 after 31 days; M4. F: from March, M0 (60); paid and closed.
/// G: M1 (20), re-aged to Feb 28, paid before; M0 with nothing owed.
fn ledger(project: &str) -> Book {
    let project = format!("{project}[tables.events]\npath = \"events.csv\"\n").replace("2020-12-31", "2020-07-31");
    let files = [
        ("recoup.toml", project.as_str()),
        ("accounts.csv", ACCOUNTS),
        ("instalments.csv", INSTALMENTS),
        ("payments.csv", PAYMENTS),
        ("events.csv", EVENTS),
    ];
    Book::with(&files)
}

fn ask(by_product: bool, from: &str, until: &str) -> Ask {
    Ask { by_product, from: from.parse().ok(), until: until.parse().ok() }
}

fn rolls(book: &Book, ask: &Ask) -> RollsSummary {
    pipeline::rolls(&book.project(), ask, None, &|_| {}).unwrap().0
}

fn spring() -> RollsSummary {
    rolls(&ledger(PROJECT), &ask(true, "2020-01-31", "2020-04-30"))
}

/// Bucket, accounts, borrowers, balance, and of each flow that happened its name, accounts and balance.
fn shown(flows: &[BucketFlows], month: &str, product: &str) -> Vec<String> {
    let here = flows.iter().filter(|f| f.month == month && f.product == product);
    here.map(|b| {
        let flows: Vec<String> = b
            .flows
            .iter()
            .filter(|f| f.accounts > 0)
            .map(|f| format!("{} {} {}", f.flow, f.accounts, f.balance.money.text(2).trim_end_matches(".00")))
            .collect();
        format!("{}: {} of {}, {}: {}", b.bucket, b.n, b.borrowers, b.balance.money.text(2).trim_end_matches(".00"), flows.join(", "))
    })
    .collect()
}

fn near(found: Option<Estimate>, expected: [f64; 3]) {
    let found = found.unwrap();
    let bounds = [found.share, found.low.unwrap(), found.high.unwrap()];
    assert!(bounds.iter().zip(expected).all(|(a, b)| (a - b).abs() < 5e-7), "{bounds:?} is not {expected:?}");
}

#[test]
fn every_flow_of_a_small_ledger() {
    let found = spring();
    assert_eq!((found.from.to_string().as_str(), found.until.to_string().as_str(), found.cycles), ("2020-01-31", "2020-04-30", 3));
    assert_eq!((found.accounts, found.borrowers, found.has_balance), (7, 6, true));
    assert_eq!(
        shown(&found.by_bucket, "all", "all"),
        [
            "M0: 5 of 3, 220: roll_forward 1 100, stay 3 60, left 1 60",
            "M1: 9 of 5, 950: roll_forward 5 710, jump 1 10, stay 1 10, cure 1 200, re_age 1 0",
            "M2: 4 of 3, 670: stay 1 100, roll_back 1 40, cure 1 100, left 1 300",
            "M3: 1 of 1, 10: roll_forward 1 10",
            "M1+: 14 of 5, 1630: roll_forward 6 720, jump 1 10, stay 2 110, roll_back 1 40, cure 2 300, re_age 1 0, left 1 300",
        ]
    );
    assert_eq!(
        shown(&found.by_month, "2020-03", "all"),
        [
            "M0: 3 of 3, 160: roll_forward 1 100, stay 2 60",
            "M1: 1 of 1, 10: jump 1 10",
            "M2: 3 of 3, 570: stay 1 100, roll_back 1 40, left 1 300",
            "M1+: 4 of 4, 580: jump 1 10, stay 1 100, roll_back 1 40, left 1 300",
        ]
    );
    assert_eq!(
        shown(&found.by_product, "all", "card"),
        [
            "M0: 3 of 2, 100: roll_forward 1 100, stay 2 0",
            "M1: 4 of 2, 620: roll_forward 2 400, cure 1 200, re_age 1 0",
            "M2: 1 of 1, 300: left 1 300",
            "M1+: 5 of 2, 920: roll_forward 2 400, cure 1 200, re_age 1 0, left 1 300",
        ]
    );
    assert_eq!(
        shown(&found.by_product, "all", "(none)"),
        ["M1: 2 of 1, 160: roll_forward 2 160", "M2: 1 of 1, 120: roll_back 1 40", "M1+: 3 of 1, 280: roll_forward 2 160, roll_back 1 40"]
    );
    assert_eq!(shown(&found.by_product_and_month, "2020-04", "loan")[0], "M0: 1 of 1, 60: left 1 60");
    assert_eq!(found.notes.len(), 1, "{:?}", found.notes);
    assert!(found.notes[0].starts_with("M0 with nothing owed"), "{:?}", found.notes);
}

#[test]
fn the_intervals_of_a_small_ledger() {
    let found = spring();
    // M1 to M2 by count, borrowers b1 (2 of 3), b2 (1 of 1), b3 (2 of 2), b4 (0 of 2), b6 (0 of 1): r = 5/9, squared deviations 2.641975,
    // var = 5/4 × 2.641975 / 81 = 0.040771, n = 6.056075.
    let roll = &found.roll_rate[1];
    assert_eq!((roll.from, roll.to, roll.n, roll.borrowers), ("M1", "M2", 9, 5));
    near(roll.by_count, [5.0 / 9.0, 0.223_674_4, 0.844_311_9]);
    // By balance: (400, 600), (150, 150), (160, 160), (0, 20), (0, 20): r = 710/950.
    near(roll.by_balance, [710.0 / 950.0, 0.544_986_9, 0.879_617_9]);
    assert_eq!(found.roll_rate.iter().map(|r| r.from).collect::<Vec<_>>(), ["M0", "M1", "M2", "M3"]);
    // All of it moved: one borrower, n = 1.
    near(found.roll_rate[3].by_count, [1.0, 0.206_549_3, 1.0]);
}

#[test]
fn cures_and_relapses_of_a_small_ledger() {
    let found = spring();
    let cures: Vec<String> = found
        .cure
        .iter()
        .zip(&found.relapse)
        .map(|(c, r)| format!("{} {}: {} of {}; {} of {}, {}", c.month, c.product, c.accounts, c.n, r.accounts, r.n, r.not_known))
        .collect();
    // A is cured on Feb 10, and 30 days past due on Apr 19: a relapse. C is cured on Apr 2 and closed; its 90 days end on Jul 1.
    assert_eq!(
        cures[..4],
        ["all all: 2 of 14; 1 of 2, 0", "2020-02 all: 1 of 6; 1 of 1, 0", "2020-03 all: 0 of 4; 0 of 0, 0", "2020-04 all: 1 of 4; 0 of 1, 0"]
    );
    assert!(
        cures.contains(&"all card: 1 of 5; 1 of 1, 0".to_string()) && cures.contains(&"2020-04 loan: 1 of 2; 0 of 1, 0".to_string()),
        "{cures:?}"
    );
    near(found.relapse[0].relapse, [0.5, 0.054_620_8, 0.945_379_2]);
    assert_eq!((found.relapse[2].relapse, found.cure[2].cure.map(|e| e.share)), (None, Some(0.0)));
    // Outcomes trusted until Jun 30 only: C's sequel is not known.
    let project = PROJECT.replace("[clock]", "[clock]\noutcomes_until = \"2020-06-30\"");
    let found = rolls(&ledger(&project), &ask(false, "2020-01-31", "2020-04-30"));
    assert_eq!((found.relapse[0].n, found.relapse[0].accounts, found.relapse[0].not_known), (1, 1, 1));
    // And no cycle ends after that day.
    assert_eq!(rolls(&ledger(&project), &Ask::default()).until.to_string(), "2020-06-30");
}

#[test]
fn shares_of_a_bucket_add_up_to_one() {
    let folder = tempfile::tempdir().unwrap();
    simulate(folder.path(), "400");
    let (found, _) = pipeline::rolls(&folder.path().join("book/recoup.toml"), &Ask { by_product: true, ..Ask::default() }, None, &|_| {}).unwrap();
    let all: Vec<&BucketFlows> = [&found.by_bucket, &found.by_month, &found.by_product, &found.by_product_and_month].into_iter().flatten().collect();
    assert!(all.len() > 200, "{}", all.len());
    for b in &all {
        assert_eq!(b.flows.iter().map(|f| f.accounts).sum::<u64>(), b.n, "{b:?}");
        assert!((b.flows.iter().filter_map(|f| f.by_count).map(|e| e.share).sum::<f64>() - 1.0).abs() < 1e-12, "{b:?}");
        for e in b.flows.iter().flat_map(|f| [f.by_count, f.by_balance]).flatten() {
            assert!(e.low.is_none_or(|low| low <= e.share + 1e-12) && e.high.is_none_or(|high| high >= e.share - 1e-12), "{b:?}");
        }
    }
    // Months and products are parts of the whole.
    for bucket in &found.by_bucket {
        let sum = |parts: &[BucketFlows]| parts.iter().filter(|b| b.bucket == bucket.bucket).map(|b| b.n).sum::<u64>();
        assert_eq!([sum(&found.by_month), sum(&found.by_product), sum(&found.by_product_and_month)], [bucket.n; 3], "{}", bucket.bucket);
    }
}

const STATEMENT_PROJECT: &str = r#"
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
[outcome]
rule = "cure_by_status"
horizon_cycles = 2
"#;

/// A: M0, M2 (jump), M3, back to M1, M2, cured in June, and M0. B: late in March and then gone. C: skips February and ends in March.
/// D: cured in February, late again in April.
const STATEMENTS: &str = "card,month,code,balance\n\
    A,2020-01-31,ok,500\nA,2020-02-29,late,500\nA,2020-03-31,later,550\nA,2020-04-30,few,400\nA,2020-05-31,late,450\nA,2020-06-30,ok,380\n\
    A,2020-07-31,ok,\nB,2020-03-31,late,90\nC,2020-01-31,ok,-5\nC,2020-03-31,ok,10\n\
    D,2020-01-31,few,100\nD,2020-02-29,ok,80\nD,2020-03-31,few,80\nD,2020-04-30,late,90\nD,2020-05-31,ok,70\nD,2020-06-30,ok,60\nD,2020-07-31,ok,50\n";

fn cards(statements: &str) -> Book {
    let accounts = "account_id,borrower_id\nA,b1\nB,b1\nC,b2\nD,b3\n";
    Book::with(&[("recoup.toml", STATEMENT_PROJECT), ("accounts.csv", accounts), ("statements.csv", statements)])
}

#[test]
fn every_flow_of_a_small_statement_book() {
    let found = rolls(&cards(STATEMENTS), &Ask { by_product: true, ..Ask::default() });
    assert_eq!(
        shown(&found.by_bucket, "all", "all"),
        [
            // A (Jan: jump; Jun: stays, its balance of July unknown), C (Mar: gone), D (Feb: forward; May, Jun: stays).
            "M0: 6 of 3, 720: roll_forward 1 80, jump 1 500, stay 3 110, left 1 10",
            // A (Apr: forward), D (Jan: cured; Mar: forward).
            "M1: 3 of 2, 580: roll_forward 2 540, cure 1 100",
            // A (Feb: forward; May: cured), B (Mar: gone), D (Apr: cured).
            "M2: 4 of 2, 1130: roll_forward 1 550, cure 2 540, left 1 90",
            "M3: 1 of 1, 550: roll_back 1 400",
            "M1+: 8 of 2, 2260: roll_forward 3 1090, roll_back 1 400, cure 3 640, left 1 90",
        ]
    );
    // D: cured on Feb 29, 31 days past due on Apr 30. D again on May 31 and A on Jun 30: their 90 days end after July.
    let relapse = &found.relapse[0];
    assert_eq!((relapse.n, relapse.accounts, relapse.not_known), (1, 1, 2));
    assert_eq!(
        found.notes,
        [
            "by balance: the 13 of 14 account months whose balance is known at both ends",
            "left out, no statement at the cycle's end though later ones exist: 1 account months",
            "the accounts table has no column `product`: there is only `all`",
        ]
    );
}

#[test]
fn a_re_age_is_no_cure_of_a_statement() {
    let project = format!("{STATEMENT_PROJECT}[tables.events]\npath = \"events.csv\"\n");
    let files = [
        ("recoup.toml", project.as_str()),
        ("accounts.csv", "account_id,borrower_id\nA,b1\nB,b1\nC,b2\nD,b3\n"),
        ("statements.csv", STATEMENTS),
        ("events.csv", "account_id,kind,from\nA,re_age,2020-04-15\nD,re_age,2020-05-02\n"),
    ];
    let found = rolls(&Book::with(&files), &Ask::default());
    // A falls from M3 to M1 in the month of its re-age, and its late run, which the re-age touched, ends in June; D's ends in May.
    assert_eq!(shown(&found.by_bucket, "all", "all").last().unwrap(), "M1+: 8 of 2, 2260: roll_forward 3 1090, cure 1 100, re_age 3 850, left 1 90");
}

#[test]
fn a_book_without_money_is_by_count_only_and_says_so() {
    let statements: String = STATEMENTS.lines().map(|l| l.rsplit_once(',').unwrap().0.to_string() + "\n").collect();
    let book = cards(&statements);
    let done = recoup(&book, &["rolls", "--project", "recoup.toml", "--out", "rolls.csv"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let said = text(&done.stdout);
    assert!(said.contains("the book has no balances: roll rates are by count only") && !said.contains("by balance"), "{said}");
    let csv = std::fs::read_to_string(book.folder.path().join("rolls.csv")).unwrap();
    assert!(csv.lines().skip(1).all(|l| l.split(',').skip(10).take(5).all(str::is_empty)), "{csv}");
    let json = text(&recoup(&book, &["rolls", "--project", "recoup.toml", "--json"]).stdout);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let forward = &json["by_bucket"][1]["flows"][0];
    assert_eq!((forward["flow"].as_str(), forward["balance"].is_null(), forward["by_balance"].is_null()), (Some("roll_forward"), true, true));
    assert_eq!((json["has_balance"].as_bool(), json["roll_rate"][1]["n"].as_u64()), (Some(false), Some(3)));
}

#[test]
fn the_table_is_long_and_knows_no_nan() {
    let book = ledger(PROJECT);
    let args = ["rolls", "--project", "recoup.toml", "--by", "product", "--out", "rolls.csv", "--json"];
    let done = recoup(&book, &args);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert!(!text(&done.stdout).contains("NaN") && text(&done.stdout).contains("\"relapse\":null"));
    let csv = std::fs::read_to_string(book.folder.path().join("rolls.csv")).unwrap();
    assert_eq!(
        csv.lines().next().unwrap(),
        "month,product,from_bucket,flow,n,borrowers,accounts,share_by_count,low_by_count,high_by_count,\
         balance_then,balance,share_by_balance,low_by_balance,high_by_balance,not_known"
    );
    assert!(!csv.contains("NaN") && !csv.contains("inf"), "{csv}");
    assert!(csv.contains("\n2020-03,loan,cured,relapse,0,0,0,,,,,,,,,0\n"), "{csv}");
    // What cannot be has no share.
    assert!(csv.contains("\n2020-04,all,M0,cure,2,2,0,,,,60.00,0.00,,,,\n"), "{csv}");
    assert!(csv.lines().any(|l| l.starts_with("2020-02,(none),M1,roll_forward,1,1,1,1,0.2065")), "{csv}");
    // Whatever the number of threads.
    let outputs: Vec<Vec<u8>> = ["1", "3"]
        .iter()
        .map(|n| {
            recoup(&book, &["rolls", "--project", "recoup.toml", "--out", "rolls.parquet", "--threads", n]);
            std::fs::read(book.folder.path().join("rolls.parquet")).unwrap()
        })
        .collect();
    assert_eq!(outputs[0], outputs[1]);
}

#[test]
fn a_terminal_shows_the_whole_picture() {
    let said = terminal_rolls::rolls(&spring());
    for part in [
        "7 accounts of 6 borrowers over 3 month-end cycles, 2020-01-31 to 2020-04-30",
        "42.9 % (",
        "cures by product",
        "roll rates by month",
        "0.0 % (0.0 to 49.0)",
        "note: M0 with nothing owed",
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
}

#[test]
fn a_book_of_one_month_has_no_cycle() {
    let book = ledger(PROJECT);
    for (args, code) in [
        (["--from", "2020-03-01", "--until", "2020-04-29"].as_slice(), "rolls.no_cycle"),
        (&["--from", "2021-01-01"], "rolls.no_cycle"),
        (&["--from", "2020-05-01", "--until", "2020-02-01"], "rolls.no_cycle"),
    ] {
        let done = recoup(&book, &[&["rolls", "--project", "recoup.toml"], args].concat());
        assert_eq!(done.status.code(), Some(2), "{args:?}");
        assert!(text(&done.stderr).contains(code) && text(&done.stderr).contains("recoup.toml"), "{}", text(&done.stderr));
    }
    // One account that lives for ten days: of a book of one month, and of one that reaches further.
    for (opened, due, closed, code) in
        [("2020-12-10", "2020-12-15", "2020-12-20", "rolls.no_cycle"), ("2020-01-10", "2020-01-15", "2020-01-20", "rolls.no_account")]
    {
        let book = Book::with(&[
            ("accounts.csv", &format!("account_id,borrower_id,opened_on,closed_on\n1,b,{opened},{closed}\n")),
            ("instalments.csv", &format!("account_id,due_on,amount\n1,{due},5\n")),
            ("payments.csv", &format!("account_id,paid_on,amount\n1,{due},5\n")),
        ]);
        let done = recoup(&book, &["rolls", "--project", "recoup.toml"]);
        assert!(done.status.code() == Some(2) && text(&done.stderr).contains(code), "{}", text(&done.stderr));
    }
    let done = recoup(&book, &["rolls", "--project", "recoup.toml", "--out", "rolls.xlsx"]);
    assert!(done.status.code() == Some(2) && text(&done.stderr).contains("file.format"));
}

fn simulate(folder: &Path, accounts: &str) {
    let args = ["simulate", "--accounts", accounts, "--months", "24", "--seed", "21", "--out", "book", "--format", "csv"];
    let done = Command::new(env!("CARGO_BIN_EXE_recoup")).args(args).current_dir(folder).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
}

#[test]
fn every_row_is_what_plain_loops_give() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("\n*** NOT TESTED against tests/reference/rolls.py: there is no python3 ***\n");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    simulate(folder.path(), "400");
    let args = ["rolls", "--project", "book/recoup.toml", "--by", "product", "--out", "rolls.csv", "--quiet"];
    let done = Command::new(env!("CARGO_BIN_EXE_recoup")).args(args).current_dir(folder.path()).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/rolls.py");
    let done = Command::new("python3").arg(script).args(["book", "rolls.csv", "2025-12-31"]).current_dir(folder.path()).output().unwrap();
    let said = text(&done.stdout);
    assert!(done.status.success() && said.contains(" 0 differences"), "{said}{}", text(&done.stderr));
    assert!(said.split(' ').next().unwrap().parse::<usize>().unwrap() > 2_000, "{said}");
}

#[test]
fn roll_rates_of_the_card_record() {
    let Some(file) = real_project("cc_credit_record") else { return };
    let (found, _) = pipeline::rolls(&file, &Ask::default(), None, &|_| {}).unwrap();
    let counts: Vec<(&str, u64, u64)> = found.by_bucket.iter().map(|b| (b.bucket, b.n, b.flows[0].accounts)).collect();
    // Counted from the raw files by a script of ten lines: statements whose account has one the month after or none at all later.
    let expected = [
        ("M0", 626_723, 31_553),
        ("M1", 374_206, 7_057),
        ("M2", 10_781, 559),
        ("M3", 849, 257),
        ("M4", 314, 185),
        ("M5", 218, 145),
        ("M6", 1_628, 0),
        ("M1+", 387_996, 8_203),
    ];
    assert_eq!(counts, expected);
}
