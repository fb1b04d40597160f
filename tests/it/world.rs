//! Small books written to a folder, for tests that need files.

use recoup::base::problem::Failure;
use recoup::pipeline;
use recoup::report::summary::CheckSummary;
use std::path::PathBuf;

/// A folder with a project file and its tables.
pub struct Book {
    pub folder: tempfile::TempDir,
}

/// A sound ledger project: its tables may be replaced one by one.
pub const PROJECT: &str = r#"
name = "test"
[currency]
code = "EUR"
minor_digits = 2
[clock]
data_until = "2020-12-31"
[tables.accounts]
path = "accounts.csv"
[tables.instalments]
path = "instalments.csv"
[tables.payments]
path = "payments.csv"
[cases]
observe = "month_end"
[outcome]
rule = "cure"
horizon_days = 30
"#;

pub const ACCOUNTS: &str = "account_id,borrower_id,opened_on\n001,b1,2020-01-01\n002,b1,2020-01-01\n003,b2,2020-02-01\n";
pub const INSTALMENTS: &str = "account_id,due_on,amount\n001,2020-02-10,100.00\n001,2020-03-10,100.00\n002,2020-02-10,50.00\n003,2020-03-01,70.00\n";
pub const PAYMENTS: &str = "account_id,paid_on,amount\n001,2020-02-20,100.00\n001,2020-04-02,100.00\n002,2020-02-10,50.00\n003,2020-05-01,30.00\n";

impl Book {
    /// The sound book, with files replaced or added.
    pub fn with(files: &[(&str, &str)]) -> Book {
        Book::of_bytes(&files.iter().map(|(n, t)| (*n, t.as_bytes())).collect::<Vec<_>>())
    }

    /// As [`Book::with`], from bytes.
    pub fn of_bytes(files: &[(&str, &[u8])]) -> Book {
        let folder = tempfile::tempdir().unwrap();
        let sound = [("recoup.toml", PROJECT), ("accounts.csv", ACCOUNTS), ("instalments.csv", INSTALMENTS), ("payments.csv", PAYMENTS)];
        for (name, text) in sound {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        Book { folder }
    }

    pub fn project(&self) -> PathBuf {
        self.folder.path().join("recoup.toml")
    }

    pub fn check(&self) -> Result<CheckSummary, Failure> {
        pipeline::check(&self.project(), &|_| {})
    }

    /// Code, file, row, column and value of every problem.
    pub fn problems(&self) -> Vec<(String, String, u64, String, String)> {
        let summary = self.check().unwrap();
        for t in &summary.tables {
            assert_eq!(t.rows_read, t.rows_used + t.rows_set_aside, "{}", t.table);
        }
        summary
            .problems
            .iter()
            .map(|p| {
                let text = |t: &Option<std::sync::Arc<str>>| t.as_deref().unwrap_or("").to_string();
                (p.code.to_string(), text(&p.file), p.row.unwrap_or(0), text(&p.column), p.value.as_deref().unwrap_or("").to_string())
            })
            .collect()
    }
}
