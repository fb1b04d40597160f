//! Tables of a whole book to those of a few borrowers, with small dictionaries and the day from which each record was known.

use super::{Part, Slice, Wanted, dates};
use crate::base::config::Project;
use crate::base::dates::Day;
use crate::base::schema::{ColumnType, TableKind};
use crate::data::cells::{Builder, Cells, Codes, NO_WORD, Words};
use crate::data::tables::{Purpose, Table, Tables};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

impl Slice {
    /// The records of some borrowers, of tables as read.
    pub fn of(project: &Project, mut tables: Tables, wanted: &Wanted<'_>) -> Slice {
        let all: Vec<&Table> = tables.list.iter().collect();
        let rows = rows_of(&all, wanted);
        let parts = narrowed(project, &all, rows);
        tables.list.iter_mut().for_each(|table| table.cells.clear());
        Slice { parts, files: Arc::new(tables.list) }
    }

    /// The records of fewer borrowers.
    pub fn narrow(&self, project: &Project, wanted: &Wanted<'_>) -> Slice {
        let all: Vec<&Table> = self.parts.iter().map(|part| &part.table).collect();
        let mut parts = narrowed(project, &all, rows_of(&all, wanted));
        for (part, whole) in parts.iter_mut().zip(&self.parts) {
            part.origin.iter_mut().for_each(|row| *row = whole.origin[*row as usize]);
        }
        Slice { parts, files: self.files.clone() }
    }
}

/// Which of a column's own words are among some.
fn marked(cells: Option<&Cells>, wanted: &BTreeSet<&str>) -> Vec<bool> {
    let Some(Cells::Words { own, .. }) = cells else { return Vec::new() };
    let mut marks = vec![false; own.len()];
    for place in wanted.iter().filter_map(|word| own.place(word)) {
        marks[place as usize] = true;
    }
    marks
}

/// The rows of each table that are of those wanted, and rows that share a key with one of them: which of two is a duplicate must come out as
/// it does in the whole.
fn rows_of(tables: &[&Table], wanted: &Wanted<'_>) -> Vec<Vec<u32>> {
    let accounts = tables.iter().find(|table| table.kind == TableKind::Accounts);
    // Other tables' account codes are places among the accounts' words as far as those reach.
    let account = marked(accounts.and_then(|table| table.cells("account_id")), &wanted.accounts);
    let is = |marks: &[bool], code: u32| marks.get(code as usize).copied().unwrap_or(false);
    let of = |table: &&Table| {
        let by_account = table.codes("account_id").map(Codes::to_vec);
        let by_borrower = if table.kind == TableKind::Events { table.codes("borrower_id").map(Codes::to_vec) } else { None };
        let borrower = by_borrower.as_ref().map(|_| marked(table.cells("borrower_id"), &wanted.borrowers)).unwrap_or_default();
        let mine = |row: &u32| {
            let row = *row as usize;
            match by_account.as_ref().map(|codes| codes[row]).filter(|code| *code != NO_WORD) {
                Some(code) => is(&account, code),
                None => by_borrower.as_ref().is_some_and(|codes| is(&borrower, codes[row])),
            }
        };
        let rows: Vec<u32> = (0..table.rows as u32).filter(mine).collect();
        with_twins(table, rows)
    };
    tables.iter().map(of).collect()
}

/// Rows and those that share their key, where the project names one.
fn with_twins(table: &Table, rows: Vec<u32>) -> Vec<u32> {
    let keys = table.columns.iter().zip(&table.cells).filter(|(column, _)| column.purpose == Purpose::Key);
    let keys: Vec<Vec<u32>> =
        keys.filter_map(|(_, cells)| if let Cells::Words { codes, .. } = cells { Some(codes.to_vec()) } else { None }).collect();
    if keys.is_empty() {
        return rows;
    }
    let key = |row: u32| keys.iter().map(|codes| codes[row as usize]).collect::<Vec<u32>>();
    let wanted: HashSet<Vec<u32>> = rows.into_iter().map(key).collect();
    (0..table.rows as u32).filter(|row| wanted.contains(&key(*row))).collect()
}

fn narrowed(project: &Project, tables: &[&Table], rows: Vec<Vec<u32>>) -> Vec<Part> {
    let mut rows: Vec<(&&Table, Vec<u32>)> = tables.iter().zip(rows).collect();
    // The accounts stand first, as `data::tables` lists them: the others' identifiers are places among theirs.
    rows.sort_by_key(|(table, _)| table.kind != TableKind::Accounts);
    let mut ids: Option<Arc<Words>> = None;
    let mut opened: Vec<Day> = Vec::new();
    let mut parts = Vec::new();
    for (table, rows) in rows {
        let small = gathered(table, &rows, ids.clone());
        if let (TableKind::Accounts, Some(Cells::Words { own, codes, .. })) = (small.kind, small.cells("account_id")) {
            opened = vec![Day::NULL; own.len()];
            if let Some(days) = small.days("opened_on") {
                // Of two rows of an account the first is kept.
                for (row, code) in codes.to_vec().into_iter().enumerate().rev() {
                    if let Some(day) = opened.get_mut(code as usize) {
                        *day = days[row];
                    }
                }
            }
            ids = Some(Arc::new(own.clone()));
        }
        let (happened_on, known_on) = clocks(project, &small, &opened);
        parts.push(Part { table: small, origin: rows, happened_on, known_on });
    }
    parts
}

/// Some rows of a table, with only the words that they use.
fn gathered(table: &Table, rows: &[u32], ids: Option<Arc<Words>>) -> Table {
    fn pick<T: Copy>(column: &[T], rows: &[u32]) -> Vec<T> {
        rows.iter().map(|row| column[*row as usize]).collect()
    }
    let cells = table.columns.iter().zip(&table.cells).map(|(column, cells)| match cells {
        Cells::Words { codes, base, .. } => words(cells, &pick(&codes.to_vec(), rows), column.of, base.as_ref().and(ids.clone())),
        Cells::Day(days) => Cells::Day(pick(days, rows)),
        Cells::Money(amounts) => Cells::Money(pick(amounts, rows)),
        Cells::Number(numbers) => Cells::Number(pick(numbers, rows)),
    });
    Table {
        kind: table.kind,
        files: table.files.iter().take(1).cloned().collect(),
        columns: table.columns.clone(),
        cells: cells.collect(),
        rows: rows.len(),
        aside: rows.iter().enumerate().filter(|(_, row)| table.aside.binary_search(row).is_ok()).map(|(place, _)| place as u32).collect(),
        unused: Vec::new(),
    }
}

fn words(cells: &Cells, codes: &[u32], of: ColumnType, base: Option<Arc<Words>>) -> Cells {
    let mut builder = Builder::new(of, base, 0, &[], None);
    let mut moved: HashMap<u32, u32> = HashMap::new();
    for code in codes {
        let code = match cells.word(*code) {
            Some(word) => *moved.entry(*code).or_insert_with(|| builder.code_of(word)),
            None => NO_WORD,
        };
        builder.push_code(code);
    }
    builder.cells
}

/// When each record happened and when it became known, by the rules of `data::build`.
fn clocks(project: &Project, table: &Table, opened: &[Day]) -> (Vec<Day>, Vec<Day>) {
    let happened = table.days(dates(table.kind)[0]).map_or_else(|| vec![Day::NULL; table.rows], <[Day]>::to_vec);
    let given = if table.kind == TableKind::Accounts { None } else { table.days("known_on") };
    let accounts = table.codes("account_id").map(Codes::to_vec);
    let lag = project.clock.posting_lag_days;
    let known = |row: usize| {
        let day = happened[row];
        let given = given.and_then(|days| days[row].known());
        match table.kind {
            TableKind::Accounts => day,
            TableKind::Instalments => {
                let agreed = || accounts.as_ref().and_then(|codes| opened.get(codes[row] as usize)).and_then(|day| day.known());
                given.or_else(agreed).unwrap_or(day)
            }
            TableKind::Statements => given.unwrap_or(day).max(day),
            // A date that the source does not give stays unknown: such a row is set aside.
            _ if day == Day::NULL => day,
            _ => given.unwrap_or(day.plus(lag)).max(day),
        }
    };
    let known = (0..table.rows).map(known).collect();
    (happened, known)
}
