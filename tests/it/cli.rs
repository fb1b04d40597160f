//! The real binary: exit statuses, messages, broken pipes, full disks.

use super::world::{Book, PAYMENTS};
use std::process::{Command, Output, Stdio};

/// The binary, in the book's folder.
pub fn recoup(book: &Book, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_recoup")).args(args).current_dir(book.folder.path()).output().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn exit_statuses_say_what_happened() {
    let sound = recoup(&Book::with(&[]), &["check", "--project", "recoup.toml"]);
    assert_eq!(sound.status.code(), Some(0), "{}", text(&sound.stderr));
    let findings = Book::with(&[("payments.csv", &format!("{PAYMENTS}999,2020-02-01,1\n"))]);
    let warned = recoup(&findings, &["check", "--project", "recoup.toml"]);
    assert_eq!(warned.status.code(), Some(1));
    assert!(text(&warned.stderr).contains("where: payments.csv, row 6, column account_id"), "{}", text(&warned.stderr));
    let listed = std::fs::read_to_string(findings.folder.path().join("problems.csv")).unwrap();
    assert!(listed.lines().nth(1).unwrap().starts_with("warning,data.orphan,there is no such account,payments.csv,6,account_id,999,"), "{listed}");
    let absent = recoup(&Book::with(&[]), &["check", "--project", "nowhere.toml"]);
    assert_eq!(absent.status.code(), Some(2));
    assert!(text(&absent.stderr).contains("cannot read the project file"));
    let wrong = recoup(&Book::with(&[]), &["cheque"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn json_is_one_object_on_standard_output() {
    let out = recoup(&Book::with(&[]), &["cases", "--project", "recoup.toml", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(json["cases"], 11);
    assert_eq!(json["mature_cases"], 10);
    assert_eq!(json["repaid_share"], 0.1);
    assert_eq!(json["by_bucket"][0]["bucket"], "M1");
    assert!(text(&recoup(&Book::with(&[]), &["cases", "--project", "recoup.toml", "--quiet"]).stdout).is_empty());
}

#[test]
fn threads_change_no_byte() {
    let outputs: Vec<Vec<u8>> = ["1", "2", "3"]
        .iter()
        .map(|n| {
            let book = Book::with(&[]);
            let done = recoup(&book, &["cases", "--project", "recoup.toml", "--out", "cases.parquet", "--threads", n]);
            assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
            std::fs::read(book.folder.path().join("cases.parquet")).unwrap()
        })
        .collect();
    assert!(outputs.windows(2).all(|w| w[0] == w[1]));
}

#[test]
fn a_reader_that_goes_away_is_no_failure_and_a_full_disk_is() {
    let book = Book::with(&[]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_recoup"))
        .args(["cases", "--project", "recoup.toml"])
        .current_dir(book.folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), text(&done.stderr)), (Some(0), String::new()));
    if std::path::Path::new("/dev/full").exists() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_recoup"))
            .args(["cases", "--project", "recoup.toml"])
            .current_dir(book.folder.path())
            .stdout(full)
            .output()
            .unwrap();
        assert_eq!(done.status.code(), Some(2));
        assert!(text(&done.stderr).contains("cannot write to standard output"), "{}", text(&done.stderr));
    }
    let done = recoup(&book, &["cases", "--project", "recoup.toml", "--out", "accounts.csv/below/cases.csv"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("file.io"), "{}", text(&done.stderr));
    let done = recoup(&book, &["cases", "--project", "recoup.toml", "--out", "cases.xlsx"]);
    assert!(text(&done.stderr).contains("file.format"));
}

#[test]
fn an_observation_date_after_the_data_is_refused() {
    let project = super::world::PROJECT.replace("observe = \"month_end\"", "observe = \"dates\"\ndates = [\"2020-06-30\", \"2021-06-30\"]");
    let done = recoup(&Book::with(&[("recoup.toml", &project)]), &["cases", "--project", "recoup.toml"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("cases.date_outside") && text(&done.stderr).contains("2021-06-30"), "{}", text(&done.stderr));
}

#[test]
fn a_file_of_somebody_else_is_not_taken_for_old_problems() {
    let book = Book::with(&[("problems.csv", "my own list\n")]);
    assert_eq!(recoup(&book, &["check", "--project", "recoup.toml"]).status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(book.folder.path().join("problems.csv")).unwrap(), "my own list\n");
}

#[test]
fn an_empty_population_says_who_was_left_out() {
    let project = super::world::PROJECT.replace("[cases]", "[population]\nmin_dpd = 4000\n[cases]");
    let done = recoup(&Book::with(&[("recoup.toml", &project)]), &["cases", "--project", "recoup.toml"]);
    assert_eq!(done.status.code(), Some(2));
    let said = text(&done.stderr);
    assert!(said.contains("cases.none") && said.contains("below_min_dpd 11"), "{said}");
}
