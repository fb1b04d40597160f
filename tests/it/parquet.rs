//! Parquet in and out: the same book as CSV gives the same cases, and what is not Parquet is said.

use super::world::{Book, PROJECT};
use recoup::base::config::Project;
use recoup::base::dates::Day;
use recoup::base::units::Money;
use recoup::data::observe::observe;
use recoup::data::write::{Format, OutColumn, OutTable};
use recoup::pipeline::read_book;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// The payments of the sound book.
fn payments() -> OutTable {
    let (ids, paid, amounts): (Vec<i64>, Vec<Day>, Vec<Money>) = (
        vec![1, 1, 2, 3],
        ["2020-02-20", "2020-04-02", "2020-02-10", "2020-05-01"].map(day).to_vec(),
        [10_000, 10_000, 5_000, 3_000].map(Money).to_vec(),
    );
    OutTable::default().with("account_id", OutColumn::Integer(ids)).with("paid_on", OutColumn::Day(paid)).with("amount", OutColumn::Money(amounts, 2))
}

fn book_of(write: impl Fn(&std::path::Path)) -> Book {
    // Integers in Parquet are the texts 1, 2, 3.
    let plain = |text: &str| text.replace("\n00", "\n");
    let book = Book::with(&[
        ("recoup.toml", &PROJECT.replace("payments.csv", "payments")),
        ("accounts.csv", &plain(super::world::ACCOUNTS)),
        ("instalments.csv", &plain(super::world::INSTALMENTS)),
        ("payments.csv", &plain(super::world::PAYMENTS)),
    ]);
    std::fs::create_dir(book.folder.path().join("payments")).unwrap();
    write(&book.folder.path().join("payments"));
    book
}

#[test]
fn the_same_book_in_any_format_gives_the_same_cases() {
    let formats = [Format::Csv, Format::CsvGz, Format::Parquet];
    let seen: Vec<String> = formats
        .iter()
        .map(|format| {
            let book = book_of(|folder| payments().write(&folder.join(format!("part-0.{}", format.extension())), *format).unwrap());
            // What Spark leaves beside its data is no data.
            std::fs::write(book.folder.path().join("payments/_SUCCESS"), "").unwrap();
            let book = read_book(Project::load(&book.project()).unwrap(), &|_| {}).unwrap();
            let seen = observe(&book.project, &book.portfolio, &book.project.observe);
            format!("{:?} {:?}", seen.cases, seen.features)
        })
        .collect();
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
}

#[test]
fn the_same_table_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Csv, Format::CsvGz, Format::Parquet] {
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        payments().write(&a, format).unwrap();
        payments().write(&b, format).unwrap();
        assert_eq!(std::fs::read(&a).unwrap(), std::fs::read(&b).unwrap(), "{format:?}");
    }
}

#[test]
fn damaged_parquet_and_bad_values_are_said() {
    let book = book_of(|folder| std::fs::write(folder.join("x.parquet"), "this is no parquet file").unwrap());
    let text = book.check().unwrap().problems.iter().map(|p| p.to_string()).collect::<String>();
    assert!(text.contains("data.unreadable") && text.contains("x.parquet"), "{text}");
    let whole = {
        let file = tempfile::NamedTempFile::new().unwrap();
        payments().write(file.path(), Format::Parquet).unwrap();
        std::fs::read(file.path()).unwrap()
    };
    let book = book_of(|folder| std::fs::write(folder.join("x.parquet"), &whole[..whole.len() / 2]).unwrap());
    assert!(book.check().unwrap().errors > 0);
    // Bytes changed anywhere end in a message or in sound rows, never in a crash.
    for place in (4..whole.len()).step_by(7) {
        let mut changed = whole.clone();
        changed[place] ^= 0x3d;
        let book = book_of(|folder| std::fs::write(folder.join("x.parquet"), &changed).unwrap());
        let summary = book.check().unwrap();
        assert!(summary.tables.iter().all(|t| t.rows_read == t.rows_used + t.rows_set_aside));
    }
    // Amounts as doubles that are no whole minor units, and one that is missing.
    let table = OutTable::default()
        .with("account_id", OutColumn::Integer(vec![1, 2, 3]))
        .with("paid_on", OutColumn::Day(vec![day("2020-03-01"); 3]))
        .with("amount", OutColumn::Number(vec![1.005, 2.0, f64::NAN]));
    let book = book_of(|folder| table.clone().write(&folder.join("x.parquet"), Format::Parquet).unwrap());
    let found: Vec<(String, u64)> = book.problems().into_iter().map(|p| (p.0, p.2)).collect();
    assert_eq!(found, [("data.bad_value".to_string(), 1), ("data.missing_value".to_string(), 3)]);
}
