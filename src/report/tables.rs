//! What commands write as tables: the cases with their features, and the problems.

use crate::base::config::Project;
use crate::base::files::write_whole;
use crate::base::problem::{Problem, Result};
use crate::data::cases::{Maturity, Outcomes};
use crate::data::features::Values;
use crate::data::observe::Observed;
use crate::data::write::{OutColumn, OutTable};
use std::path::Path;

/// One row a case: who, when, what was known, what followed.
pub fn cases_table(project: &Project, observed: &Observed) -> OutTable {
    let cases = &observed.cases;
    let digits = project.currency.minor_digits;
    let text = |f: &dyn Fn(usize) -> String| OutColumn::Text((0..cases.len()).map(|k| f(k).into()).collect());
    let mut table = OutTable::default()
        .with("account_id", OutColumn::Words { codes: cases.account.clone(), words: cases.account_ids.to_vec() })
        .with("borrower_id", OutColumn::Words { codes: cases.borrower.clone(), words: cases.borrower_ids.to_vec() })
        .with("as_of", OutColumn::Day(cases.as_of.clone()))
        .with("bucket_name", text(&|k| cases.bucket[k].to_string()))
        .with("overdue", OutColumn::Money(cases.arrears.clone(), digits))
        .with("holds", text(&|k| cases.holds[k].names().collect::<Vec<_>>().join(" ")))
        .with(
            "maturity",
            text(&|k| {
                match cases.maturity[k] {
                    Maturity::Mature => "mature",
                    Maturity::Immature => "immature",
                    Maturity::LeftTheBook => "left_the_book",
                    Maturity::NoOutcome => "no_outcome_for_this_history",
                }
                .to_string()
            }),
        )
        .with(
            "repaid",
            OutColumn::Number(
                (0..cases.len())
                    .map(|k| if cases.maturity[k] == Maturity::Mature { f64::from(u8::from(cases.repaid[k])) } else { f64::NAN })
                    .collect(),
            ),
        )
        .with("paid_ratio", OutColumn::Number(cases.paid_ratio.clone()));
    for (place, (name, _)) in Outcomes::UNKNOWN.named().into_iter().enumerate() {
        let known = |outcomes: &Outcomes| outcomes.named()[place].1.map_or(f64::NAN, |yes| f64::from(u8::from(yes)));
        table = table.with(name, OutColumn::Number(cases.outcomes.iter().map(known).collect()));
    }
    for column in &observed.features.columns {
        let values = match &column.values {
            Values::Number(v) => OutColumn::Number(v.clone()),
            Values::Category { codes, levels } => OutColumn::Words { codes: codes.clone(), words: levels.clone() },
        };
        table = table.with(&column.name, values);
    }
    table
}

const PROBLEM_COLUMNS: [&str; 9] = ["severity", "code", "message", "file", "row", "column", "value", "rule", "help"];

/// Whether a file is one that [`write_problems`] wrote, so that it may be emptied when its problems are gone.
pub fn is_problems_file(path: &Path) -> bool {
    let header = PROBLEM_COLUMNS.join(",");
    std::fs::read_to_string(path).is_ok_and(|text| text.lines().next() == Some(&header))
}

/// Writes every problem to a CSV file: one row each.
///
/// # Errors
/// `file.io` if it cannot be written.
pub fn write_problems<'a>(problems: impl Iterator<Item = &'a Problem>, path: &Path) -> Result<()> {
    write_whole(path, |out| {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(PROBLEM_COLUMNS)?;
        for p in problems {
            let row = p.row.map(|r| r.to_string()).unwrap_or_default();
            writer.write_record([
                p.severity.name(),
                p.code,
                &p.message,
                p.file.as_deref().unwrap_or(""),
                &row,
                p.column.as_deref().unwrap_or(""),
                p.value.as_deref().unwrap_or(""),
                p.rule.as_deref().unwrap_or(""),
                p.help.as_deref().unwrap_or(""),
            ])?;
        }
        writer.flush()
    })
}
