//! Columns of a Parquet file that recoup wrote, read back row group by row group: what verifying a run's log needs.
//!
//! Words come as codes into the distinct words of a column, so that a log of ten million rows is held in a few bytes a row.

use crate::base::dates::Day;
use crate::base::problem::{Problem, Result};
use polars::prelude::*;
use std::collections::HashMap;
use std::path::Path;

/// A column of words: one code a row, [`u32::MAX`] for null, and the distinct words.
#[derive(Clone, Debug, Default)]
pub struct WordColumn {
    /// One a row.
    pub codes: Vec<u32>,
    /// In the order in which they first came.
    pub words: Vec<Box<str>>,
}

/// So many words are looked through one by one.
const FEW: usize = 16;

/// Columns of a file.
#[derive(Clone, Debug, Default)]
pub struct ReadBack {
    /// Columns of words, in the order asked.
    pub words: Vec<WordColumn>,
    /// Columns of numbers; `NaN` for null.
    pub numbers: Vec<Vec<f64>>,
    /// Columns of days.
    pub days: Vec<Vec<Day>>,
    /// Rows.
    pub rows: usize,
}

impl ReadBack {
    /// The word of a row of a column of words; the empty text for null.
    pub fn word(&self, column: usize, row: usize) -> &str {
        let column = &self.words[column];
        column.words.get(column.codes[row] as usize).map_or("", |w| w)
    }
}

/// Reads the named columns of a CSV file that recoup wrote, as words.
///
/// # Errors
/// `file.io`, `run.log`: a file that cannot be read, or lacks a column.
pub fn read_back_csv(path: &Path, words: &[&str]) -> Result<ReadBack> {
    let bad = |why: String| Problem::error("run.log", format!("the list cannot be read: {why}")).file(path.display().to_string()).fail();
    let mut reader = csv::Reader::from_path(path).map_err(|e| bad(e.to_string()))?;
    let header = reader.headers().map_err(|e| bad(e.to_string()))?.clone();
    let place = |name: &&str| header.iter().position(|h| h == *name).ok_or_else(|| bad(format!("it has no column {name}")));
    let places = words.iter().map(place).collect::<Result<Vec<usize>>>()?;
    let mut out = ReadBack { words: words.iter().map(|_| WordColumn::default()).collect(), ..Default::default() };
    let mut known: Vec<HashMap<String, u32>> = words.iter().map(|_| HashMap::new()).collect();
    for record in reader.records() {
        let record = record.map_err(|e| bad(e.to_string()))?;
        for ((column, known), place) in out.words.iter_mut().zip(&mut known).zip(&places) {
            let text = record.get(*place).unwrap_or_default();
            let code = *known.entry(text.to_string()).or_insert_with(|| {
                column.words.push(text.into());
                column.words.len() as u32 - 1
            });
            column.codes.push(code);
        }
        out.rows += 1;
    }
    Ok(out)
}

/// Reads the named columns of words, numbers and days.
///
/// # Errors
/// `file.io`, `run.log`: a file that is no Parquet, or lacks a column or has one of another type.
pub fn read_back(path: &Path, words: &[&str], numbers: &[&str], days: &[&str]) -> Result<ReadBack> {
    let bad = |why: String| {
        Problem::error("run.log", format!("the log cannot be read: {why}"))
            .file(path.display().to_string())
            .help("make the run again: it was cut short or changed")
            .fail()
    };
    let file = std::fs::File::open(path).map_err(|e| crate::base::files::io_failure(path, "read the log", &e))?;
    let names: Vec<String> = words.iter().chain(numbers).chain(days).map(|n| n.to_string()).collect();
    let frame = crate::base::guard::guarded(|| ParquetReader::new(file).with_columns(Some(names)).finish())
        .map_err(|_| bad("it is damaged".into()))?
        .map_err(|e| bad(e.to_string()))?;
    let column = |name: &&str| frame.column(name).map_err(|e| bad(e.to_string()));
    let mut out = ReadBack { rows: frame.height(), ..Default::default() };
    for name in words {
        let texts = column(name)?.str().map_err(|e| bad(e.to_string()))?;
        let mut column = WordColumn { codes: Vec::with_capacity(out.rows), words: Vec::new() };
        let mut known: HashMap<&str, u32> = HashMap::new();
        // Rows of one case stand together: mostly the word is the one before.
        let (mut last, mut last_code) = (None, u32::MAX);
        for text in texts.iter() {
            if text != last {
                last = text;
                last_code = text.map_or(u32::MAX, |text| {
                    // A handful of words is looked through faster than hashed.
                    if column.words.len() <= FEW
                        && let Some(place) = column.words.iter().position(|word| **word == *text)
                    {
                        return place as u32;
                    }
                    *known.entry(text).or_insert_with(|| {
                        column.words.push(text.into());
                        column.words.len() as u32 - 1
                    })
                });
            }
            column.codes.push(last_code);
        }
        out.words.push(column);
    }
    for name in numbers {
        let numbers = column(name)?.cast(&DataType::Float64).map_err(|e| bad(e.to_string()))?;
        out.numbers.push(numbers.f64().map_err(|e| bad(e.to_string()))?.iter().map(|x| x.unwrap_or(f64::NAN)).collect());
    }
    for name in days {
        let days = column(name)?.date().map_err(|e| bad(e.to_string()))?.physical().clone();
        out.days.push(days.iter().map(|d| d.map_or(Day::NULL, Day)).collect());
    }
    Ok(out)
}
