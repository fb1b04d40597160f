//! Awkward and broken input: the right result or a clear error, never a panic, a number that is silently wrong, or half a file.

use super::cli::{recoup, text};
use super::reference::script;
use super::world::{ACCOUNTS, Book, INSTALMENTS, PAYMENTS, PROJECT};
use recoup::data::write::{Format, OutColumn, OutTable};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

fn said(book: &Book) -> String {
    book.check().unwrap().problems.iter().map(|p| p.to_string() + "\n").collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// Values of a column of what `cases --out` wrote, `account@as_of` before each.
fn column(book: &Book, name: &str) -> Vec<String> {
    let done = recoup(book, &["cases", "--project", "recoup.toml", "--out", "cases.csv", "--quiet"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let mut reader = csv::Reader::from_path(book.folder.path().join("cases.csv")).unwrap();
    let place = reader.headers().unwrap().iter().position(|h| h == name).unwrap();
    reader.records().map(|r| r.unwrap()).map(|r| format!("{}@{} {}", &r[0], &r[2], &r[place])).collect()
}

/// A thousand records on one day, sixty years, schedules changed twice (once twice on one day), instalments of nothing, due dates far away.
fn awkward() -> Book {
    let mut instalments = "account_id,due_on,amount,known_on\n".to_string();
    let mut payments = "account_id,paid_on,amount,known_on\n".to_string();
    let mut events = "account_id,borrower_id,kind,from,to,known_on,amount\n".to_string();
    let mut accounts = "account_id,borrower_id,opened_on\n".to_string();
    for (account, opened) in
        [("crowd", "2019-12-01"), ("old", "1955-01-01"), ("twice", "2020-01-01"), ("same_day", "2020-01-01"), ("nothing", "2020-01-01")]
    {
        let _ = writeln!(accounts, "{account},{account},{opened}");
    }
    for k in 0..1_000 {
        let _ = writeln!(instalments, "crowd,2020-02-10,0.{:02},", k % 7 + 1);
        let _ = writeln!(payments, "crowd,2020-02-2{},0.{:02},", k % 2, k % 5 + 1);
        if k % 4 == 0 {
            let _ = writeln!(payments, "crowd,2020-02-21,-0.{:02},2020-03-0{}", k % 5 + 1, k % 9 + 1);
        }
        let _ = writeln!(events, "crowd,,promise,2020-02-12,2020-02-20,,0.{:02}", k % 50 + 1);
    }
    for year in 1955..2021 {
        for month in 1..13 {
            let _ = writeln!(instalments, "old,{year}-{month:02}-28,10.00,");
            if (year, month) < (2019, 6) && !(1968..1971).contains(&year) {
                let _ = writeln!(payments, "old,{year}-{month:02}-28,10.00,");
            }
        }
    }
    let _ = writeln!(payments, "old,1971-06-15,360.00,");
    for account in ["twice", "same_day"] {
        for month in 2..12 {
            let _ = writeln!(instalments, "{account},2020-{month:02}-10,100.00,");
        }
        let (first, second) = if account == "twice" { ("2020-04-20", "2020-08-05") } else { ("2020-04-20", "2020-04-20") };
        for (known, amount) in [(first, "40.00"), (second, "70.00")] {
            let _ = writeln!(events, "{account},,re_age,{known},,{known},");
            for month in 5..12 {
                let _ = writeln!(instalments, "{account},2020-{month:02}-25,{amount},{known}");
            }
        }
        let _ = writeln!(payments, "{account},2020-05-26,40.00,\n{account},2020-09-01,35.00,");
    }
    instalments +=
        "nothing,2020-02-10,0.00,\nnothing,2020-03-10,100.00,\nnothing,2020-03-10,0.00,\nnothing,2020-04-10,0,\nnothing,2100-12-31,5.00,\n";
    payments += "nothing,2020-03-20,0.00,\nnothing,2020-06-20,30.00,\n";
    let project =
        PROJECT.replace("[cases]\n", "[rates]\npromise_kept = 0.5\n[tables.events]\npath = \"events.csv\"\n[cases]\nfrom = \"2019-12-31\"\n");
    let files = [
        ("accounts.csv", &accounts),
        ("instalments.csv", &instalments),
        ("payments.csv", &payments),
        ("events.csv", &events),
        ("recoup.toml", &project),
    ];
    Book::with(&files.map(|(name, text)| (name, text.as_str())))
}

#[test]
fn an_awkward_book_is_what_plain_loops_give() {
    let book = awkward();
    assert_eq!(said(&book), "");
    let dpd = column(&book, "dpd");
    assert_eq!(dpd.iter().filter(|row| row.starts_with("nothing@")).take(2).collect::<Vec<_>>(), ["nothing@2020-03-31 21", "nothing@2020-04-30 51"]);
    assert!(dpd.contains(&"old@2019-12-31 186".into()), "{dpd:?}");
    let Some(script) = script("features.py") else { return };
    let done = Command::new("python3").arg(script).args([".", "cases.csv"]).current_dir(book.folder.path()).output().unwrap();
    let compared = text(&done.stdout);
    assert!(compared.contains(" 0 differences"), "{compared}{}", text(&done.stderr));
}

#[test]
fn days_beyond_1900_and_2100_are_set_aside_by_name_and_all_between_are_days() {
    let instalments = format!("{INSTALMENTS}003,2100-12-31,10.00\n003,2101-01-01,10.00\n003,9999-12-31,10.00\n");
    let accounts = format!("{ACCOUNTS}004,b4,1900-01-01\n005,b5,1899-12-31\n");
    let instalments = format!("{instalments}004,1900-01-01,5.00\n005,1950-01-01,5.00\n");
    let project = PROJECT.replace("[cases]", "[cases]\nfrom = \"2020-01-31\"");
    let book = Book::with(&[("accounts.csv", &accounts), ("instalments.csv", &instalments), ("recoup.toml", &project)]);
    let problems = book.problems();
    let found: Vec<String> = problems.iter().map(|(code, file, row, _, value)| format!("{code} {file}:{row} {value}")).collect();
    assert_eq!(
        found,
        [
            "data.absurd_date accounts.csv:6 1899-12-31",
            "data.absurd_date instalments.csv:7 2101-01-01",
            "data.absurd_date instalments.csv:8 9999-12-31",
            "data.orphan instalments.csv:10 005",
        ]
    );
    // 120 years and a month: 43,859 days.
    assert!(column(&book, "dpd").contains(&"004@2020-01-31 43859".into()));
    // A Parquet day beyond every calendar is said, not wrapped.
    let book = with_payments_as(|days| OutColumn::Day(vec![recoup::base::dates::Day(i32::MAX - 1); days]), |rows| OutColumn::Integer(vec![1; rows]));
    assert!(said(&book).contains("data.absurd_date"), "{}", said(&book));
}

/// The sound book with four payments in Parquet, the day and the amount given.
fn with_payments_as(day: impl Fn(usize) -> OutColumn, amount: impl Fn(usize) -> OutColumn) -> Book {
    let plain = |text: &str| text.replace("\n00", "\n");
    let (accounts, instalments) = (plain(ACCOUNTS), plain(INSTALMENTS));
    let project = PROJECT.replace("payments.csv", "payments.parquet");
    let book = Book::with(&[("recoup.toml", &project), ("accounts.csv", &accounts), ("instalments.csv", &instalments)]);
    let table = OutTable::default().with("account_id", OutColumn::Integer(vec![1, 1, 2, 3])).with("paid_on", day(4)).with("amount", amount(4));
    table.write(&book.folder.path().join("payments.parquet"), Format::Parquet).unwrap();
    book
}

#[test]
fn amounts_beyond_whole_minor_units_are_refused_in_every_format() {
    for amount in ["92233720368547758.07", "-92233720368547758.08", "9223372036854775807", "1e17", "92233720368.55"] {
        let book = Book::with(&[("payments.csv", &format!("{PAYMENTS}003,2020-05-02,{amount}\n"))]);
        let said = said(&book);
        assert!(said.contains("amount is too large") && said.contains("payments.csv, row 6, column amount") && said.contains(amount), "{said}");
    }
    let day = |rows| OutColumn::Day(vec![recoup::base::dates::Day(18_400); rows]);
    for amounts in
        [OutColumn::Integer(vec![i64::MAX, i64::MIN, i64::MAX / 100, 5]), OutColumn::Number(vec![f64::INFINITY, -1e300, 92_233_720_369.0, 5.0])]
    {
        let book = with_payments_as(day, |_| amounts.clone());
        assert_eq!(book.check().unwrap().errors, 3, "{}", said(&book));
    }
    // The largest that is taken, thrice over: sums hold.
    let largest = "92233720368.54";
    let instalments = format!(
        "account_id,due_on,amount\n001,2020-02-10,{largest}\n001,2020-02-11,{largest}\n001,2020-02-12,{largest}\n002,2020-02-10,1\n003,2020-03-01,1\n"
    );
    let payments = format!("account_id,paid_on,amount\n001,2020-02-20,{largest}\n");
    let book = Book::with(&[("instalments.csv", &instalments), ("payments.csv", &payments)]);
    assert!(column(&book, "overdue").contains(&"001@2020-02-29 184467440737.08".into()));
}

#[test]
fn a_negative_instalment_and_a_history_without_instalments_are_said() {
    let said_of = |files: &[(&str, &str)]| said(&Book::with(files));
    let text = said_of(&[("instalments.csv", &format!("{INSTALMENTS}003,2020-06-01,-0.01\n"))]);
    assert!(text.contains("instalments.csv, row 6, column amount") && text.contains("\"-0.01\"") && text.contains("rule:"), "{text}");
    let (accounts, payments) = (format!("{ACCOUNTS}004,b3,2020-01-01\n"), format!("{PAYMENTS}004,2020-03-01,5.00\n"));
    let text = said_of(&[("accounts.csv", &accounts), ("payments.csv", &payments)]);
    // The account is kept, and so is its payment: it is only never a case.
    assert!(text.contains("data.no_history") && !text.contains("data.orphan"), "{text}");
}

#[test]
fn an_empty_table_of_contacts_is_a_log_without_contacts() {
    let project = PROJECT.replace("[cases]", "[tables.contacts]\npath = \"contacts.csv\"\n[cases]");
    let book = Book::with(&[("recoup.toml", &project), ("contacts.csv", "account_id,contacted_on,channel,direction,result\n")]);
    assert!(said(&book).contains("warning[data.empty_table]: contacts has no rows"), "{}", said(&book));
    assert!(column(&book, "inbound_30").iter().all(|row| row.ends_with(" 0")));
    assert!(column(&Book::with(&[]), "inbound_30").iter().all(|row| row.ends_with(' ')));
}

#[test]
fn a_csv_that_breaks_off_is_noticed() {
    let said_of = |payments: &str| said(&Book::with(&[("payments.csv", payments)]));
    // In a cell before the last, and in quotes.
    for cut in ["003,2020-05", "003,2020-05-01,\"30", "003"] {
        let text = said_of(&format!("account_id,paid_on,amount\n001,2020-02-20,100.00\n{cut}"));
        assert!(text.contains("payments.csv, row 3") && text.contains("broke"), "{cut}: {text}");
    }
    // In the last cell nothing is wrong with the row itself: 30.00 may have become 3.
    let text = said_of(&PAYMENTS[..PAYMENTS.len() - 5]);
    assert!(text.contains("warning[data.no_final_line_break]") && text.contains("payments.csv, row 5"), "{text}");
    assert_eq!(said_of(PAYMENTS), "");
    assert_eq!(said_of(&PAYMENTS.replace('\n', "\r\n")), "");
    let broken = gzip(&PAYMENTS[..PAYMENTS.len() - 5]);
    let project = PROJECT.replace("payments.csv", "payments.csv.gz");
    let text = said(&Book::of_bytes(&[("recoup.toml", project.as_bytes()), ("payments.csv.gz", &broken)]));
    assert!(text.contains("data.no_final_line_break"), "{text}");
}

#[test]
fn a_gzip_that_breaks_off_or_has_another_checksum_is_refused() {
    let project = PROJECT.replace("payments.csv", "payments.csv.gz");
    let sound = gzip(PAYMENTS);
    let mut checksum = sound.clone();
    let place = checksum.len() - 6;
    checksum[place] ^= 1;
    let mut length = sound.clone();
    *length.last_mut().unwrap() ^= 1;
    let after = [sound.as_slice(), b"more"].concat();
    for (what, bytes) in [
        ("checksum", checksum),
        ("length", length),
        ("cut", sound[..sound.len() - 3].to_vec()),
        ("cut", sound[..sound.len() / 2].to_vec()),
        ("after", after),
    ] {
        let text = said(&Book::of_bytes(&[("recoup.toml", project.as_bytes()), ("payments.csv.gz", &bytes)]));
        assert!(text.contains("error[data.unreadable]") && text.contains("payments.csv.gz") && text.contains("help:"), "{what}: {text}");
    }
    assert_eq!(said(&Book::of_bytes(&[("recoup.toml", project.as_bytes()), ("payments.csv.gz", &sound)])), "");
}

#[test]
fn files_of_one_table_may_order_their_columns_as_they_like_but_must_have_the_same() {
    let project = PROJECT.replace("payments.csv", "pay-*");
    let parts = |second: &str| Book::with(&[("recoup.toml", &project), ("pay-1.csv", PAYMENTS), ("pay-2.csv", second)]);
    let book = parts("amount,account_id,paid_on\n40.00,003,2020-06-01\n");
    assert_eq!(said(&book), "");
    assert!(!column(&book, "dpd").iter().any(|row| row.starts_with("003@2020-06-30")));
    let text = said(&parts("account_id,paid_on,amount,known_on\n003,2020-06-01,40.00,2020-06-03\n"));
    assert!(text.contains("error[data.different_columns]") && text.contains("pay-2.csv") && text.contains("as in pay-1.csv"), "{text}");
    let text = said(&parts("account_id,amount\n003,40.00\n"));
    assert!(text.contains("error[data.missing_column]") && text.contains("pay-2.csv"), "{text}");
    // Numbers in Parquet and texts in CSV are the same identifiers.
    let book = with_payments_as(|rows| OutColumn::Day(vec![recoup::base::dates::Day(18_400); rows]), |rows| OutColumn::Integer(vec![1; rows]));
    std::fs::write(book.project(), PROJECT.replace("payments.csv", "pay*")).unwrap();
    std::fs::write(book.folder.path().join("pay-2.csv"), "amount,account_id,paid_on\n40.00,3,2020-06-01\n").unwrap();
    std::fs::remove_file(book.folder.path().join("payments.csv")).unwrap();
    assert_eq!(said(&book), "");
    assert_eq!(book.check().unwrap().tables[2].rows_used, 5);
}

#[test]
fn what_fails_leaves_nothing_half_written() {
    let broken = format!("{PAYMENTS}003,2020-05-02,x\n");
    let book = Book::with(&[("payments.csv", &broken), ("cases.csv", "what was there\n")]);
    for args in [["cases", "--out", "cases.csv"], ["train", "--out", "model.json"], ["rolls", "--out", "rolls.parquet"]] {
        let done = recoup(&book, &[args.as_slice(), &["--project", "recoup.toml"]].concat());
        assert_eq!(done.status.code(), Some(2));
        assert!(text(&done.stderr).contains("payments.csv, row 6, column amount"), "{}", text(&done.stderr));
    }
    let mut left: Vec<String> = std::fs::read_dir(book.folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["accounts.csv", "cases.csv", "instalments.csv", "payments.csv", "recoup.toml"]);
    assert_eq!(std::fs::read_to_string(book.folder.path().join("cases.csv")).unwrap(), "what was there\n");
}

/// A borrower of very many accounts, with contacts, promises and events of their own; the time that its cases and its rolls take.
fn whale(accounts: usize) -> Duration {
    let mut files: Vec<(&str, String)> = vec![
        ("accounts.csv", "account_id,borrower_id,opened_on\n".into()),
        ("instalments.csv", "account_id,due_on,amount\n".into()),
        ("payments.csv", "account_id,paid_on,amount\n".into()),
        ("contacts.csv", "account_id,contacted_on,channel,direction,result\n".into()),
        ("events.csv", "account_id,borrower_id,kind,from,to\n".into()),
    ];
    for k in 0..accounts {
        let _ = writeln!(files[0].1, "{k},whale,2020-01-01");
        let _ = writeln!(files[1].1, "{k},2020-02-10,100.00\n{k},2020-04-10,100.00");
        let _ = writeln!(files[2].1, "{k},2020-02-1{},100.00", k % 9);
        let _ = writeln!(files[3].1, "{k},2020-05-2{},call,outbound,no_answer", k % 9);
        let kind = ["dispute", "plan_active", "write_off"][k % 3];
        let _ = writeln!(
            files[4].1,
            "{k},,promise,2020-05-01,2020-05-09\n,whale,{kind},2020-{:02}-01,",
            if kind == "write_off" { 12 } else { k % 5 + 1 }
        );
    }
    let project = PROJECT.replace("[cases]", "[tables.contacts]\npath = \"contacts.csv\"\n[tables.events]\npath = \"events.csv\"\n[cases]");
    files.push(("recoup.toml", project.replace("month_end\"", "dates\"\ndates = [\"2020-05-31\"]")));
    let book = Book::with(&files.iter().map(|(name, text)| (*name, text.as_str())).collect::<Vec<_>>());
    let start = Instant::now();
    let (cases, _) = recoup::pipeline::cases(&book.project(), &recoup::pipeline::CasesAsk::default(), None, &|_| {}).unwrap();
    assert_eq!(cases.cases, accounts);
    recoup::pipeline::rolls(&book.project(), &recoup::study::rolls::Ask::default(), None, &|_| {}).unwrap();
    start.elapsed()
}

#[test]
fn one_borrower_of_very_many_accounts_takes_time_by_their_number_not_its_square() {
    let (few, many) = (whale(4_000), whale(32_000));
    // Eight times the accounts: about eight times the time, where a square would take sixty-four times.
    assert!(many < few * 28 + Duration::from_millis(500), "4,000 accounts {few:?}, 32,000 {many:?}");
}
