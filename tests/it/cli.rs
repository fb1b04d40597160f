//! The real binary: exit statuses, messages, broken pipes, full disks.

use super::world::{Book, PAYMENTS};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The binary, in the book's folder.
pub fn recoup(book: &Book, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_recoup")).args(args).current_dir(book.folder.path()).output().unwrap()
}

/// A file of the repository.
pub fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
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
    if Path::new("/dev/full").exists() {
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

#[test]
fn what_is_read_and_what_is_somebody_elses_is_never_written_over() {
    let book = Book::with(&[("payments.csv", &format!("{PAYMENTS}999,2020-02-01,1\n"))]);
    let kept = |name: &str| std::fs::read_to_string(book.folder.path().join(name)).unwrap();
    let (payments, accounts, project) = (kept("payments.csv"), kept("accounts.csv"), kept("recoup.toml"));
    for args in [
        ["cases", "--project", "recoup.toml", "--out", "payments.csv"],
        ["cases", "--project", "recoup.toml", "--episodes", "./payments.csv"],
        ["rolls", "--project", "recoup.toml", "--out", "payments.csv"],
        ["train", "--project", "recoup.toml", "--out", "recoup.toml"],
        ["check", "--project", "recoup.toml", "--problems", "accounts.csv"],
        ["check", "--project", "recoup.toml", "--problems", "recoup.toml"],
    ] {
        let done = recoup(&book, &args);
        assert_eq!(done.status.code(), Some(2), "{args:?}");
        assert!(text(&done.stderr).contains("file.in_the_way"), "{args:?}: {}", text(&done.stderr));
    }
    assert_eq!((kept("payments.csv"), kept("accounts.csv"), kept("recoup.toml")), (payments, accounts, project));
}

#[test]
fn expressions_are_features_like_any_other_and_are_checked_before() {
    let project = |lines: &str| format!("{}[expressions]\n{lines}\n", super::world::PROJECT);
    let run = |lines: &str, args: &[&str]| {
        let book = Book::with(&[("recoup.toml", &project(lines))]);
        let all = [&["cases", "--project", "recoup.toml", "--out", "cases.csv"], args].concat();
        let done = recoup(&book, &all);
        (done.status.code(), text(&done.stderr), std::fs::read_to_string(book.folder.path().join("cases.csv")).unwrap_or_default())
    };
    // Arrears of 100.00 at 21 days past due; what no double can hold is empty, and so is a division by zero.
    let lines = "per_day = \"arrears / dpd\"\nlate = \"dpd > 30\"\nhuge = \"arrears / 1e-320\"\nnone = \"arrears / (dpd - dpd)\"";
    let (code, _, cases) = run(lines, &["--as-of", "2020-03-31", "--features", "per_day, late,huge,none,dpd,dpd"]);
    assert_eq!(
        (code, cases.lines().next(), cases.lines().nth(1)),
        (Some(0), Some("account_id,borrower_id,as_of,per_day,late,huge,none,dpd"), Some("001,b1,2020-03-31,4.761904761904762,0,,,21"),)
    );
    for (lines, said) in [
        ("x = \"nosuch + 1\"", "there is no column `nosuch`"),
        ("x = \"dpd +\"", "config.bad_expression"),
        ("dpd = \"arrears\"", "config.taken_name"),
        ("repaid = \"arrears\"", "config.taken_name"),
        ("account_id = \"arrears\"", "config.taken_name"),
        ("\"9x\" = \"arrears\"", "no name for a feature"),
        ("x = { sql = \"arrears\", meanig = \"m\" }", "expected SQL, or"),
        ("x = { sql = \"arrears\", expected = \"sideways\" }", "expected SQL, or"),
    ] {
        let (code, stderr, _) = run(lines, &[]);
        assert!(code == Some(2) && stderr.contains(said), "{lines}: {stderr}");
    }
    let (code, stderr, _) = run("x = \"dpd\"", &["--features", "dpdd"]);
    assert!(code == Some(2) && stderr.contains("there is no feature `dpdd`") && stderr.contains("did you mean `dpd`"), "{stderr}");
    // A protected column cannot be part of a feature, nor lend it its name.
    let protected = super::world::PROJECT.replace("path = \"accounts.csv\"", "path = \"accounts.csv\"\nprotected = [\"opened_on\"]");
    let book = Book::with(&[("recoup.toml", &format!("{protected}[expressions]\nx = \"coalesce(opened_on, 1)\"\n"))]);
    let done = recoup(&book, &["cases", "--project", "recoup.toml"]);
    assert!(done.status.code() == Some(2) && text(&done.stderr).contains("config.protected_feature"), "{}", text(&done.stderr));
}
