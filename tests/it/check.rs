//! `check` on every kind of bad table: what it says, where, and that no row is lost without being counted.

use super::world::{ACCOUNTS, Book, INSTALMENTS, PAYMENTS, PROJECT};
use std::io::Write;

fn found(book: &Book) -> Vec<String> {
    book.problems().into_iter().map(|(code, file, row, column, value)| format!("{code} {file}:{row} {column} {value}")).collect()
}

#[test]
fn a_sound_book_has_no_problems() {
    let summary = Book::with(&[]).check().unwrap();
    assert!(summary.problems.is_empty());
    assert_eq!((summary.accounts, summary.borrowers), (3, 2));
    assert_eq!(summary.tables.iter().map(|t| t.rows_used).collect::<Vec<_>>(), [3, 4, 4]);
}

#[test]
fn bad_cells_are_named_by_row_column_and_value_all_at_once() {
    let payments = "account_id,paid_on,amount\n001,2020-02-20,12O.50\n001,20/02/2020,1.00\n,2020-02-20,1.00\n001,2020-02-20,1.005\n001,2020-02-30,\n";
    let problems = found(&Book::with(&[("payments.csv", payments)]));
    assert_eq!(
        problems,
        [
            "data.bad_value payments.csv:2 amount 12O.50",
            "data.bad_value payments.csv:3 paid_on 20/02/2020",
            "data.missing_value payments.csv:4 account_id ",
            "data.bad_value payments.csv:5 amount 1.005",
            "data.bad_value payments.csv:6 paid_on 2020-02-30",
            "data.missing_value payments.csv:6 amount ",
        ]
    );
}

#[test]
fn rows_are_numbered_as_a_spreadsheet_shows_them() {
    // A blank line counts, a line break inside quotes does not.
    let accounts = "account_id,borrower_id,opened_on\n001,\"b\n1\",2020-01-01\n\n\n002,b1,bad\n003,b2,2020-02-01\nx,b9,worse";
    let problems = found(&Book::with(&[("accounts.csv", accounts)]));
    assert!(problems.contains(&"data.bad_value accounts.csv:5 opened_on bad".to_string()), "{problems:?}");
    assert!(problems.contains(&"data.bad_value accounts.csv:7 opened_on worse".to_string()), "{problems:?}");
    assert!(problems.iter().any(|p| p.starts_with("data.blank_lines")), "{problems:?}");
    // The same with Windows line ends.
    let problems = found(&Book::with(&[("accounts.csv", &accounts.replace('\n', "\r\n"))]));
    assert!(problems.contains(&"data.bad_value accounts.csv:5 opened_on bad".to_string()), "{problems:?}");
}

#[test]
fn errors_become_warnings_where_the_project_sets_such_rows_aside() {
    let project = format!("{PROJECT}\n[check]\nset_aside = [\"data.bad_value\"]\n");
    let payments = format!("{PAYMENTS}003,2020-05-02,x\n");
    let summary = Book::with(&[("recoup.toml", &project), ("payments.csv", &payments)]).check().unwrap();
    assert_eq!((summary.errors, summary.warnings), (0, 1));
    let payments = &summary.tables[2];
    assert_eq!((payments.rows_read, payments.rows_used, payments.rows_set_aside), (5, 4, 1));
}

#[test]
fn what_needs_two_tables_is_found() {
    let accounts = format!("{ACCOUNTS}004,b3,2020-01-01\n001,b1,2020-01-01\n");
    let payments = format!("{PAYMENTS}009,2020-03-01,1.00\n003,2020-01-15,1.00\n001,2021-01-01,1.00\n004,2020-03-01,5.00\n");
    let mut problems = found(&Book::with(&[("accounts.csv", &accounts), ("payments.csv", &payments)]));
    problems.sort();
    assert_eq!(
        problems,
        [
            "data.after_data_end payments.csv:8 paid_on 2021-01-01",
            "data.before_opening payments.csv:7 paid_on 2020-01-15",
            "data.duplicate_key accounts.csv:6 account_id 001",
            "data.no_history accounts.csv:5 account_id 004",
            "data.orphan payments.csv:6 account_id 009",
        ]
    );
    // The account without a history is said, and kept: its payment is no orphan.
    let accounts = &Book::with(&[("accounts.csv", &accounts), ("payments.csv", &payments)]).check().unwrap().tables[0];
    assert_eq!((accounts.rows_read, accounts.rows_used), (5, 4));
}

#[test]
fn absurd_and_negative_values_are_found_and_reversals_are_not() {
    let instalments = format!("{INSTALMENTS}003,8130-01-01,10.00\n003,2020-06-01,-10.00\n");
    let payments = format!("{PAYMENTS}003,2020-05-02,-30.00\n001,2020-06-01,99999999999999999999\n");
    let problems = found(&Book::with(&[("instalments.csv", &instalments), ("payments.csv", &payments)]));
    assert_eq!(
        problems,
        [
            "data.bad_value instalments.csv:7 amount -10.00",
            "data.bad_value payments.csv:7 amount 99999999999999999999",
            "data.absurd_date instalments.csv:6 due_on 8130-01-01",
        ]
    );
}

#[test]
fn files_that_cannot_be_read_as_they_are_say_why() {
    let message = |book: Book| book.check().unwrap().problems.iter().map(|p| p.to_string()).collect::<Vec<_>>().join("\n");
    let semicolons = PAYMENTS.replace(',', ";");
    let text = message(Book::with(&[("payments.csv", &semicolons)]));
    assert!(text.contains("data.wrong_separator") && text.contains("[tables.payments] separator = \";\""), "{text}");
    let text = message(Book::with(&[("payments.csv", &PAYMENTS.replace("paid_on", "payed_on"))]));
    assert!(text.contains("data.missing_column") && text.contains("did you mean `payed_on`?"), "{text}");
    let text = message(Book::with(&[("recoup.toml", &PROJECT.replace("payments.csv", "paymnets.csv"))]));
    assert!(text.contains("data.missing_file") && text.contains("did you mean `payments.csv`?"), "{text}");
    let text = message(Book::with(&[("payments.csv", "account_id,paid_on,amount\n")]));
    assert!(text.contains("data.empty_table"), "{text}");
    let text = message(Book::with(&[("payments.csv", "")]));
    assert!(text.contains("data.empty_table"), "{text}");
    let text = message(Book::with(&[("payments.csv", "account_id,paid_on,amount\n001,2020-02-20\n")]));
    assert!(text.contains("data.ragged_row") && text.contains("row 2"), "{text}");
    let text = message(Book::of_bytes(&[("payments.csv", b"account_id,paid_on,amount\n00\xff,2020-02-20,1\n")]));
    assert!(text.contains("data.not_utf8") && text.contains("row 2"), "{text}");
    let text = message(Book::of_bytes(&[("payments.csv", b"\xff\xfea\0c\0")]));
    assert!(text.contains("UTF-16"), "{text}");
}

#[test]
fn a_byte_order_mark_is_noted_and_harmless() {
    let with_mark = [b"\xef\xbb\xbf", PAYMENTS.as_bytes()].concat();
    let summary = Book::of_bytes(&[("payments.csv", &with_mark)]).check().unwrap();
    assert_eq!((summary.errors, summary.warnings, summary.notes), (0, 0, 1));
}

#[test]
fn gzipped_files_globs_and_damaged_streams() {
    let gz = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let (first, second) = (PAYMENTS.to_string(), "account_id,paid_on,amount\n003,2020-06-01,40.00\n001,x,1\n");
    let project = PROJECT.replace("payments.csv", "pay-*.csv.gz");
    let files: [(&str, &[u8]); 3] = [("recoup.toml", project.as_bytes()), ("pay-1.csv.gz", &gz(&first)), ("pay-2.csv.gz", &gz(second))];
    let problems = found(&Book::of_bytes(&files));
    assert_eq!(problems, ["data.bad_value pay-2.csv.gz:3 paid_on x"]);
    let mut broken = gz(&first);
    let middle = broken.len() / 2;
    broken[middle] ^= 0x55;
    let files: [(&str, &[u8]); 2] = [("recoup.toml", project.as_bytes()), ("pay-1.csv.gz", &broken)];
    assert!(Book::of_bytes(&files).check().unwrap().errors > 0);
}

#[test]
fn project_files_are_checked_as_a_whole() {
    let message = |project: &str| Book::with(&[("recoup.toml", project)]).check().unwrap_err().to_string();
    let text = message(&PROJECT.replace("minor_digits", "minor_digit"));
    assert!(text.contains("config.unknown_key") && text.contains("line 5") && text.contains("did you mean `minor_digits`?"), "{text}");
    let text = message(&PROJECT.replace("horizon_days = 30\n", ""));
    assert!(text.contains("config.missing_key") && text.contains("there is no default"), "{text}");
    let text = message(&format!("{PROJECT}\n[split]\ntrain_until = \"2020-06-30\"\ntest_from = \"2020-07-10\"\n[model]\nfolds = 1\n"));
    assert!(text.contains("split.test_from") && text.contains("2020-07-30") && text.contains("model.folds"), "{text}");
    let text = message(&PROJECT.replace("path = \"payments.csv\"", "path = \"payments.csv\"\ncolumns = { payed_on = \"d\" }"));
    assert!(text.contains("config.unknown_column") && text.contains("did you mean `paid_on`?"), "{text}");
    let text = message(&PROJECT.replace("[cases]", "[arrears]\ntolerance_share = 2.0\ntolerance_amount = \"-1\"\n[cases]"));
    assert!(text.contains("arrears.tolerance_share") && text.contains("the amount is negative"), "{text}");
    let product = PROJECT.replace("path = \"accounts.csv\"", "path = \"accounts.csv\"\nprotected = [\"sex\"]\ncolumns = { product = \"sex\" }");
    assert!(message(&product).contains("config.protected_feature"));
    let protected = PROJECT.replace("path = \"accounts.csv\"", "path = \"accounts.csv\"\nprotected = [\"sex\"]\nfeatures = { sex = \"category\" }");
    assert!(message(&protected).contains("config.protected_feature"));
    let wanted =
        PROJECT.replace("path = \"accounts.csv\"", "path = \"accounts.csv\"\nprotected = [\"sex\"]") + "[model]\nfeatures = [\"dpd\", \"sex\"]\n";
    assert!(message(&wanted).contains("`sex` is protected and cannot be a feature"));
    let text = message(&PROJECT.replace("path = \"accounts.csv\"", "path = \"accounts.csv\"\nfeatures = { x = \"number\" }"));
    assert!(text.contains("expected \"numeric\", \"category\"") && text.contains("line 10"), "{text}");
}

#[test]
fn names_that_could_be_mistaken_are_refused() {
    let message = |book: Book| book.check().unwrap().problems.iter().map(|p| p.to_string()).collect::<Vec<_>>().join("\n");
    let accounts = ACCOUNTS.replace("opened_on", "opened_on,balance").replace("-01\n", "-01,5\n");
    let project = PROJECT.replace("path = \"accounts.csv\"", "path = \"accounts.csv\"\nfeatures = { balance = \"numeric\" }");
    let text = message(Book::with(&[("recoup.toml", &project), ("accounts.csv", &accounts)]));
    assert!(text.contains("config.taken_name") && text.contains("my_balance"), "{text}");
    let text = message(Book::with(&[("payments.csv", &PAYMENTS.replace("account_id,paid_on,amount", "amount,paid_on,amount"))]));
    assert!(text.contains("data.duplicate_column") && text.contains("`amount` twice"), "{text}");
    // A protected column of one of our own names is not picked up as a feature.
    let accounts = ACCOUNTS.replace("opened_on", "opened_on,product").replace("-01\n", "-01,card\n");
    let project = PROJECT.replace("path = \"accounts.csv\"", "path = \"accounts.csv\"\nprotected = [\"product\"]");
    let book = Book::with(&[("recoup.toml", &project), ("accounts.csv", &accounts)]);
    let project = recoup::base::config::Project::load(&book.project()).unwrap();
    let read = recoup::pipeline::read_book(project, &|_| {}).unwrap();
    assert!(read.portfolio.account_columns.is_empty());
}

#[test]
fn a_re_age_without_a_schedule_and_an_open_end_far_away_are_understood() {
    let project = PROJECT.replace("[cases]", "[tables.events]\npath = \"events.csv\"\n[cases]");
    // 001 is re-aged with a schedule, 003 without. The dispute of 003 is open until the end of time, as many systems write it.
    let events = "account_id,kind,from,to\n001,re_age,2020-04-20,\n003,re_age,2020-04-25,\n003,dispute,2020-04-10,9999-12-31\n";
    let instalments =
        "account_id,due_on,amount,known_on\n001,2020-02-10,100.00,\n001,2020-05-10,20.00,2020-04-20\n002,2020-02-10,50.00,\n003,2020-03-01,70.00,\n";
    let book = Book::with(&[("recoup.toml", &project), ("events.csv", events), ("instalments.csv", instalments)]);
    let found: Vec<String> = book.problems().into_iter().map(|p| format!("{} {}:{} {}", p.0, p.1, p.2, p.4)).collect();
    assert_eq!(found, ["data.re_age_without_schedule events.csv:3 2020-04-25"]);
    let book = recoup::pipeline::read_book(recoup::base::config::Project::load(&book.project()).unwrap(), &|_| {}).unwrap();
    let seen = recoup::data::observe::observe(&book.project, &book.portfolio, &book.project.observe);
    let of_003 = |k: &usize| seen.cases.account_id(*k) == "003" && seen.cases.as_of[*k] >= "2020-04-30".parse().unwrap();
    let holds: Vec<String> = (0..seen.cases.len()).filter(of_003).map(|k| seen.cases.holds[k].names().collect()).collect();
    assert!(holds.len() == 9 && holds.iter().all(|h| h == "dispute_open"), "{holds:?}");
}

#[test]
fn of_two_rows_of_a_key_the_one_known_first_is_kept() {
    let project = PROJECT.replace("path = \"payments.csv\"", "path = \"payments.csv\"\nkey = [\"id\"]");
    let payments =
        "account_id,paid_on,amount,id\n003,2020-05-01,30.00,p1\n001,2020-02-20,100.00,p1\n001,2020-04-02,100.00,p2\n001,2020-04-02,100.00,p2\n";
    let found: Vec<String> = Book::with(&[("recoup.toml", &project), ("payments.csv", payments)])
        .problems()
        .into_iter()
        .map(|p| format!("{}:{} {}", p.0, p.2, p.4))
        .collect();
    assert_eq!(found, ["data.duplicate_key:2 p1", "data.duplicate_key:5 p2"]);
}

#[test]
fn a_posting_lag_counts_in_what_was_known_first() {
    // p1: paid on the 20th and posted five days later, or paid on the 22nd and, as the source says, known on the 23rd.
    let project =
        PROJECT.replace("path = \"payments.csv\"", "path = \"payments.csv\"\nkey = [\"id\"]").replace("[clock]", "[clock]\nposting_lag_days = 5");
    assert!(project.contains("posting_lag_days"), "{project}");
    let payments = "account_id,paid_on,amount,id,known_on\n001,2020-02-20,100.00,p1,\n001,2020-02-22,100.00,p1,2020-02-23\n";
    let found: Vec<String> = Book::with(&[("recoup.toml", &project), ("payments.csv", payments)])
        .problems()
        .into_iter()
        .map(|p| format!("{}:{} {}", p.0, p.2, p.4))
        .collect();
    assert_eq!(found, ["data.duplicate_key:2 p1"]);
}

#[test]
fn a_setting_that_says_nothing_here_is_refused() {
    let said = |cases: &str| {
        let project = PROJECT.replace("observe = \"month_end\"", cases);
        let book = Book::with(&[("recoup.toml", &project)]);
        recoup::base::config::Project::load(&book.project()).map(|_| ()).map_err(|e| e.to_string())
    };
    let text = said("observe = \"month_end\"\ndates = [\"2020-03-31\"]").unwrap_err();
    assert!(text.contains("config.contradiction") && text.contains("`cases.dates`") && text.contains("only with observe = \"dates\""), "{text}");
    let text = said("observe = \"entry\"\nfrom = \"2020-03-31\"").unwrap_err();
    assert!(text.contains("`cases.from`"), "{text}");
    assert_eq!(said("observe = \"week\"\nfrom = \"2020-03-31\"\nuntil = \"2020-06-30\""), Ok(()));
}
