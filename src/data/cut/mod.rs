//! The raw tables of a few borrowers, and what becomes of them when records that were not yet known on a day are taken away, moved or invented.
//!
//! Takes tables as read; gives smaller tables that are checked and built as any others are, and remembers the row that each record had in its
//! file. What was known when follows the rules of `data::build`, read here from the raw columns. Deliberately absent: any feature.

mod apply;
mod disturb;
mod narrow;

use super::cells::Cells;
use super::tables::Table;
use crate::base::config::Project;
use crate::base::dates::Day;
use crate::base::problem::Problem;
use crate::base::schema::TableKind;
use crate::base::units::Money;
pub use apply::rebuild;
pub use disturb::{Draw, Target};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Whose records to keep.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'a> {
    /// Identifiers of accounts.
    pub accounts: BTreeSet<&'a str>,
    /// Identifiers of borrowers: for events that name no account.
    pub borrowers: BTreeSet<&'a str>,
}

/// A table of a slice.
#[derive(Clone, Debug)]
struct Part {
    table: Table,
    /// Each row's place in the table as read.
    origin: Vec<u32>,
    /// Day on which each happened; a due date for instalments, the opening for accounts.
    happened_on: Vec<Day>,
    /// Day from which each was known; [`Day::NULL`] where it always was.
    known_on: Vec<Day>,
}

/// The raw records of a few borrowers.
#[derive(Clone, Debug)]
pub struct Slice {
    parts: Vec<Part>,
    /// The tables as read without their cells: they know the file and the row number of every row.
    files: Arc<Vec<Table>>,
}

/// What is done to one record. Tables and rows are places in a [`Slice`].
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It is taken away.
    Gone {
        /// Its table.
        table: usize,
        /// Its row.
        row: usize,
    },
    /// One of its cells is emptied.
    Blank {
        /// Its table.
        table: usize,
        /// Its row.
        row: usize,
        /// The column.
        column: &'static str,
    },
    /// All its dates move by that many days.
    Moved {
        /// Its table.
        table: usize,
        /// Its row.
        row: usize,
        /// Days.
        days: i32,
    },
    /// A record that never was.
    Invented {
        /// Its table.
        table: usize,
        /// The row of which it is a copy, if of any.
        like: Option<usize>,
        /// The cells in which it differs: place of the column and value.
        cells: Vec<(usize, Datum)>,
    },
}

/// The value of a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    /// A date.
    Day(Day),
    /// An amount.
    Money(Money),
    /// A number.
    Number(f64),
    /// A word.
    Word(Box<str>),
}

/// A record as messages name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordName {
    /// Its table.
    pub table: &'static str,
    /// Its file; `None` for one that was made from nothing.
    pub file: Option<Arc<str>>,
    /// Its row as a spreadsheet shows it.
    pub row: Option<u64>,
    /// The column that dates it.
    pub dated: &'static str,
    /// Day on which it happened.
    pub happened_on: Option<Day>,
    /// Day from which it was known.
    pub known_on: Option<Day>,
}

/// The columns of dates of a table, the one on which a record happened first.
fn dates(kind: TableKind) -> &'static [&'static str] {
    match kind {
        TableKind::Accounts => &["opened_on", "closed_on"],
        TableKind::Instalments => &["due_on", "known_on"],
        TableKind::Payments => &["paid_on", "known_on"],
        TableKind::Statements => &["statement_on", "known_on"],
        TableKind::Contacts => &["contacted_on", "known_on"],
        TableKind::Events => &["from", "known_on", "to"],
    }
}

/// What the source calls one of our words.
fn source_word(project: &Project, kind: TableKind, column: &str, ours: &str) -> Box<str> {
    let map = project.table(kind).and_then(|spec| spec.codes.get(column));
    map.and_then(|map| map.iter().find(|(_, word)| *word == ours)).map_or(ours, |(source, _)| source).into()
}

impl Slice {
    /// How many records there are.
    pub fn records(&self) -> usize {
        self.parts.iter().map(|part| part.table.rows).sum()
    }

    /// Whether a record was known at the end of a day: it had happened, and it had become known. A schedule is known ahead of its due dates.
    fn was_known(&self, table: usize, row: usize, as_of: Day) -> bool {
        let part = &self.parts[table];
        let ahead = part.table.kind == TableKind::Instalments;
        part.known_on[row] <= as_of && (ahead || part.happened_on[row] <= as_of)
    }

    /// What leaves nothing but what was known at the end of a day: records not known are gone, and so are ends that nobody knew yet. A
    /// promise's due date is part of the promise.
    pub fn cut(&self, project: &Project, as_of: Day) -> Vec<Change> {
        let mut changes = Vec::new();
        let promise = source_word(project, TableKind::Events, "kind", "promise");
        for (table, part) in self.parts.iter().enumerate() {
            let end = match part.table.kind {
                TableKind::Accounts => Some("closed_on"),
                TableKind::Events => Some("to"),
                _ => None,
            };
            let kinds = part.table.cells("kind");
            let is_promise = |row: usize| match kinds {
                Some(cells @ Cells::Words { codes, .. }) => cells.word(codes.get(row)) == Some(&*promise),
                _ => false,
            };
            for row in 0..part.table.rows {
                if !self.was_known(table, row, as_of) {
                    changes.push(Change::Gone { table, row });
                } else if let Some(column) = end
                    && part.table.days(column).is_some_and(|days| days[row] > as_of)
                    && !is_promise(row)
                {
                    changes.push(Change::Blank { table, row, column });
                }
            }
        }
        // In the order in which they became known: a search for what leaked then names the first.
        changes.sort_by_key(|change| (self.name(change).known_on, order(change)));
        changes
    }

    /// The record that a change is about, as messages name it.
    pub fn name(&self, change: &Change) -> RecordName {
        let (table, row) = match change {
            Change::Gone { table, row } | Change::Blank { table, row, .. } | Change::Moved { table, row, .. } => (*table, Some(*row)),
            Change::Invented { table, like, .. } => (*table, *like),
        };
        let part = &self.parts[table];
        let kind = part.table.kind;
        let place = row.zip(self.files.iter().find(|t| t.kind == kind)).map(|(row, files)| {
            let place = files.place(part.origin[row] as usize, Problem::note("", ""));
            (place.file, place.row)
        });
        let (file, number) = place.unwrap_or((None, None));
        let mut happened = row.and_then(|row| part.happened_on[row].known());
        let mut known = row.and_then(|row| part.known_on[row].known());
        let mut dated = dates(kind)[0];
        match change {
            Change::Blank { row, column, .. } => {
                (dated, happened) = (column, part.table.days(column).and_then(|days| days[*row].known()));
                known = happened;
            }
            Change::Invented { cells, .. } => {
                let day = |name: &str| {
                    let place = part.table.column(name)?;
                    cells.iter().find(|(column, _)| *column == place).and_then(|(_, datum)| match datum {
                        Datum::Day(day) => day.known(),
                        _ => None,
                    })
                };
                happened = day(dated);
                known = day("known_on").or(happened);
            }
            _ => {}
        }
        RecordName { table: kind.name(), file, row: number, dated, happened_on: happened, known_on: known }
    }
}

/// A fixed order of changes of the same day.
fn order(change: &Change) -> (usize, usize) {
    match change {
        Change::Gone { table, row } | Change::Blank { table, row, .. } | Change::Moved { table, row, .. } => (*table, *row),
        Change::Invented { table, .. } => (*table, usize::MAX),
    }
}
