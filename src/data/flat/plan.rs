//! Which columns of a file are read, and as what: what the caller says held against what the file has.

use super::FlatAsk;
use crate::base::dates::Day;
use crate::base::problem::{Problem, Problems, Severity, suggestion};
use std::sync::Arc;

/// What a column is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// What the file says: its type, or in CSV whether all its cells are numbers.
    AsIs,
    /// Words, whatever they look like.
    Words,
    /// Texts as they are written.
    Text,
    /// Days.
    Day,
}

/// A column to read.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Its place in the file.
    pub(super) place: usize,
    /// Its name.
    pub(super) name: Box<str>,
    /// What it is read as.
    pub(super) reading: Reading,
}

/// Cells that are null.
pub(super) struct Nulls {
    words: Vec<Box<[u8]>>,
    /// Those of them that are numbers.
    numbers: Vec<f64>,
    integers: Vec<i64>,
}

impl Nulls {
    pub(super) fn new(words: &[String]) -> Nulls {
        let numbers = words.iter().filter_map(|word| word.trim().parse().ok()).collect();
        let integers = words.iter().filter_map(|word| word.parse().ok()).collect();
        Nulls { words: words.iter().map(|word| word.as_bytes().into()).collect(), numbers, integers }
    }

    /// Whether a cell is null: empty, or one of the words.
    pub(super) fn has(&self, cell: &[u8]) -> bool {
        cell.is_empty() || self.words.iter().any(|word| **word == *cell)
    }

    /// Whether some numbers are null.
    pub(super) fn any_number(&self) -> bool {
        !self.numbers.is_empty()
    }

    /// Whether a whole number stands for null.
    pub(super) fn has_integer(&self, number: i64) -> bool {
        self.integers.contains(&number)
    }

    /// The number, or `NaN` if it stands for null.
    pub(super) fn or_nan(&self, number: f64) -> f64 {
        if self.numbers.contains(&number) { f64::NAN } else { number }
    }
}

/// Reads a cell as a day.
pub(super) fn day_of(cell: &str, format: Option<&str>) -> Option<Day> {
    match format {
        None => Day::parse_iso(cell.trim()),
        Some(format) => Day::parse_with(cell.trim(), format),
    }
}

/// The problem of a cell that is no date.
pub(super) fn bad_date(name: &Arc<str>, row: u64, column: &str, cell: &str, format: Option<&str>) -> Problem {
    Problem::error("data.bad_value", "not a date")
        .file(name.clone())
        .row(row)
        .column(column)
        .value(cell)
        .rule(format!("a date as {}", format.unwrap_or("YYYY-MM-DD")))
        .help("give the format in which the dates are written, or name what stands for a missing date among the null words")
}

/// The columns to read, in the order of the file.
pub(super) fn plan(header: &[String], ask: &FlatAsk<'_>, name: &Arc<str>, problems: &mut Problems) -> Vec<Wanted> {
    let has = |list: &[String], column: &str| list.iter().any(|named| named == column);
    for (what, list) in
        [("to read", ask.only.unwrap_or_default()), ("as text", ask.text), ("as a date", ask.dates), ("as a category", ask.categories)]
    {
        for (place, column) in list.iter().enumerate() {
            if !header.contains(column) && !list[..place].contains(column) {
                problems.push(
                    Problem::error("data.missing_column", format!("there is no column {column}, which was asked for {what}"))
                        .file(name.clone())
                        .column(column.as_str())
                        .help(suggestion(column, header.iter().map(String::as_str))),
                );
            }
        }
    }
    let mut wanted = Vec::new();
    for (place, column) in header.iter().enumerate() {
        let readings: Vec<(Reading, &str)> =
            [(ask.text, Reading::Text, "text"), (ask.dates, Reading::Day, "a date"), (ask.categories, Reading::Words, "a category")]
                .into_iter()
                .filter(|(list, ..)| has(list, column))
                .map(|(_, reading, word)| (reading, word))
                .collect();
        let named = has(ask.only.unwrap_or_default(), column) || has(ask.text, column) || has(ask.dates, column);
        if !named && (ask.only.is_some() || has(ask.ignore, column)) {
            continue;
        }
        if let [(_, first), (_, second), ..] = readings[..] {
            problems.push(
                Problem::error("data.two_readings", format!("the column is asked for as {first} and as {second}"))
                    .file(name.clone())
                    .column(column.as_str())
                    .help("name it in one of the two"),
            );
        }
        if let Some(before) = header[..place].iter().position(|other| other == column) {
            problems.push(
                Problem::error("data.duplicate_column", format!("the header names `{column}` twice"))
                    .file(name.clone())
                    .column(column.as_str())
                    .value(format!("columns {} and {}", before + 1, place + 1))
                    .help("rename one of them, so that it is clear which is meant"),
            );
        } else if column.is_empty() {
            problems.push(
                Problem::error("data.unnamed_column", format!("column {} has no name", place + 1))
                    .file(name.clone())
                    .help("name it, or leave it out when exporting: it may be a row number, or a separator too many at the end of each row"),
            );
        } else {
            let reading = readings.first().map_or(Reading::AsIs, |(reading, _)| *reading);
            wanted.push(Wanted { place, name: column.as_str().into(), reading });
        }
    }
    for column in ask.ignore.iter().filter(|column| ask.only.is_none() && !header.contains(column)) {
        problems.push(
            Problem::note("data.missing_column", format!("there is no column {column} to ignore"))
                .file(name.clone())
                .column(column.as_str())
                .help(suggestion(column, header.iter().map(String::as_str))),
        );
    }
    if wanted.is_empty() && problems.count(Severity::Error) == 0 {
        problems.push(
            Problem::error("data.empty_table", "no column is left to read")
                .file(name.clone())
                .help(format!("the file has: {}", header.iter().take(40).map(String::as_str).collect::<Vec<_>>().join(", "))),
        );
    }
    wanted
}
