//! Every record that the files hold of one borrower, as they hold it: rows that were set aside too, each with its place.

use crate::base::config::Project;
use crate::base::problem::Problem;
use crate::base::schema::TableKind;
use crate::data::cells::Cells;
use crate::data::history::Portfolio;
use crate::data::tables::{Table, read};
use crate::model::bin::short;
use crate::report::person::HeldTable;
use std::ops::Range;

/// The records of a borrower, table by table; those without a record are left out. The files are read again, as they are now.
pub(super) fn held(project: &Project, book: &Portfolio, borrower: usize, accounts: Range<usize>) -> Vec<HeldTable> {
    // Protected columns are held too.
    let project = Project { audit: true, ..project.clone() };
    let (tables, _) = read(&project);
    let whose = Whose { person: &book.borrower_ids[borrower], accounts: accounts.map(|a| &*book.account_ids[a]).collect() };
    let all = TableKind::ALL.iter().filter_map(|kind| tables.get(*kind));
    all.map(|table| records(table, &whose, project.currency.minor_digits)).filter(|table| !table.rows.is_empty()).collect()
}

struct Whose<'a> {
    person: &'a str,
    accounts: Vec<&'a str>,
}

fn records(table: &Table, whose: &Whose<'_>, digits: u8) -> HeldTable {
    let mine = |column: &str, is: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let Some(cells @ Cells::Words { codes, .. }) = table.cells(column) else { return Vec::new() };
        codes.runs().filter(|(code, _)| cells.word(*code).is_some_and(is)).flat_map(|(_, rows)| rows).collect()
    };
    let mut rows = mine("account_id", &|id| whose.accounts.contains(&id));
    rows.extend(mine("borrower_id", &|id| id == whose.person));
    rows.sort_unstable();
    rows.dedup();
    let columns = ["file", "row"].into_iter().map(String::from).chain(table.columns.iter().map(|c| c.name.clone())).collect();
    let mut records: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let place = table.place(*row, Problem::note("held", ""));
            vec![place.file.as_deref().unwrap_or_default().to_string(), place.row.map_or(String::new(), |row| row.to_string())]
        })
        .collect();
    for cells in &table.cells {
        records.iter_mut().zip(column(cells, &rows, digits)).for_each(|(record, value)| record.push(value));
    }
    HeldTable { table: table.kind.name(), columns, rows: records }
}

/// The values of some rows, ascending, of a column.
fn column(cells: &Cells, rows: &[usize], digits: u8) -> Vec<String> {
    match cells {
        Cells::Day(days) => rows.iter().map(|row| days[*row].known().map_or(String::new(), |day| day.to_string())).collect(),
        Cells::Money(amounts) => rows.iter().map(|row| amounts[*row].text(digits)).collect(),
        Cells::Number(numbers) => rows.iter().map(|row| if numbers[*row].is_nan() { String::new() } else { short(numbers[*row]) }).collect(),
        Cells::Words { codes, .. } => {
            let mut values = Vec::with_capacity(rows.len());
            for (code, run) in codes.runs() {
                while rows.get(values.len()).is_some_and(|row| run.contains(row)) {
                    values.push(cells.word(code).unwrap_or_default().to_string());
                }
            }
            values
        }
    }
}
