//! Any flat table, a row a case, to columns: an extract of a data mart as Parquet, CSV or gzipped CSV.
//!
//! Takes a file and what its reader says of the columns; gives numbers, words, days and identifiers, in the order of the file, the same for
//! any number of threads. A CSV file says no types: a column is of numbers if *every* cell that is not null is one, however late the first
//! other cell stands. Deliberately absent: what the columns mean, and tables of several files.

mod csv_columns;
mod csv_rows;
mod levels;
mod parquet;
mod parquet_columns;
mod parquet_values;
mod plan;
mod texts;

pub use texts::Texts;

use crate::base::dates::Day;
use crate::base::files::io_failure;
use crate::base::problem::{Problem, Problems, Result};
use crate::data::features::NO_LEVEL;
use crate::data::write::OutColumn;
use levels::Levels;
use polars::io::mmap::ReaderBytes;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the caller says of the columns. A name in `only`, `text` or `dates` is read even if `ignore` has it.
#[derive(Clone, Copy, Debug)]
pub struct FlatAsk<'a> {
    /// Columns to take as words although they look like numbers: `007` is then not 7.
    pub categories: &'a [String],
    /// Columns not to read.
    pub ignore: &'a [String],
    /// The only columns to read, with those of `text` and `dates`; `None` reads all that are not ignored.
    pub only: Option<&'a [String]>,
    /// Columns wanted as they are written, such as identifiers: [`FlatValues::Integer`] or [`FlatValues::Text`].
    pub text: &'a [String],
    /// Columns of dates. Parquet's own dates and times are days without being named.
    pub dates: &'a [String],
    /// Cells that are null beside the empty one. One that is a number, such as `-999`, also stands for that number in a column of numbers.
    pub null_words: &'a [String],
    /// The separator of a CSV file.
    pub separator: u8,
    /// How dates are written, in `chrono`'s letters; `None` is `YYYY-MM-DD`, a time of day after it ignored.
    pub date_format: Option<&'a str>,
}

impl Default for FlatAsk<'_> {
    /// Every column, as the file has it, commas between the cells of a CSV file.
    fn default() -> Self {
        FlatAsk { categories: &[], ignore: &[], only: None, text: &[], dates: &[], null_words: &[], separator: b',', date_format: None }
    }
}

/// The values of a column, one a row.
#[derive(Clone, Debug)]
pub enum FlatValues {
    /// Numbers; `NaN` is null. Truth values are 0 and 1.
    Number(Vec<f64>),
    /// Places in `levels`; [`NO_LEVEL`] is null.
    Words {
        /// One a row.
        codes: Vec<u32>,
        /// The words, sorted and distinct.
        levels: Vec<Box<str>>,
    },
    /// Days; [`Day::NULL`] is null.
    Day(Vec<Day>),
    /// Identifiers that a Parquet file holds as whole numbers; [`i64::MIN`] is null.
    Integer(Vec<i64>),
    /// Identifiers as they are written.
    Text(Texts),
}

impl FlatValues {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        match self {
            FlatValues::Number(v) => v.len(),
            FlatValues::Words { codes, .. } => codes.len(),
            FlatValues::Day(v) => v.len(),
            FlatValues::Integer(v) => v.len(),
            FlatValues::Text(v) => v.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a row as it would be written; `None` where it is null or there is no such row.
    pub fn text(&self, row: usize) -> Option<String> {
        match self {
            FlatValues::Number(v) => v.get(row).filter(|x| !x.is_nan()).map(f64::to_string),
            FlatValues::Words { codes, levels } => levels.get(*codes.get(row)? as usize).map(|word| word.to_string()),
            FlatValues::Day(v) => v.get(row).and_then(|day| day.known()).map(|day| day.to_string()),
            FlatValues::Integer(v) => v.get(row).filter(|n| **n != i64::MIN).map(i64::to_string),
            FlatValues::Text(v) => v.get(row).map(str::to_string),
        }
    }

    /// One code a row ([`NO_LEVEL`] is null) and the sorted, distinct words: for a column of identifiers that groups rows.
    pub fn into_words(self) -> (Vec<u32>, Vec<Box<str>>) {
        match self {
            FlatValues::Words { codes, levels } => (codes, levels),
            FlatValues::Text(texts) => texts.into_words(),
            other => {
                let mut levels = Levels::default();
                let mut codes: Vec<u32> = (0..other.len()).map(|row| other.text(row).map_or(NO_LEVEL, |text| levels.code(&text))).collect();
                let levels = levels.sorted(&mut codes);
                (codes, levels)
            }
        }
    }
}

impl From<FlatValues> for OutColumn {
    fn from(values: FlatValues) -> OutColumn {
        match values {
            FlatValues::Number(v) => OutColumn::Number(v),
            FlatValues::Words { codes, levels } => OutColumn::Words { codes, words: Arc::new(levels) },
            FlatValues::Day(v) => OutColumn::Day(v),
            FlatValues::Integer(v) => OutColumn::Integer(v),
            FlatValues::Text(v) => OutColumn::Text(v.iter().map(|text| text.unwrap_or_default().into()).collect()),
        }
    }
}

/// One column of a table.
#[derive(Clone, Debug)]
pub struct FlatColumn {
    /// Its name in the file.
    pub name: Box<str>,
    /// Its values.
    pub values: FlatValues,
}

/// A table read: columns of equal length, in the order of the file.
#[derive(Clone, Debug)]
pub struct FlatTable {
    /// How many rows it has; at least one.
    pub rows: usize,
    /// The columns that were asked for.
    pub columns: Vec<FlatColumn>,
    /// The blake3 digest of the file, as [`crate::base::files::fingerprint`] gives it.
    pub fingerprint: String,
    /// The file.
    pub path: PathBuf,
    /// Notes and warnings: what was skipped or looks odd, though nothing is lost.
    pub notes: Problems,
}

impl FlatTable {
    /// The column of that name.
    pub fn get(&self, name: &str) -> Option<&FlatValues> {
        self.columns.iter().find(|column| &*column.name == name).map(|column| &column.values)
    }

    /// The column of that name, taken out of the table.
    pub fn take(&mut self, name: &str) -> Option<FlatValues> {
        let place = self.columns.iter().position(|column| &*column.name == name)?;
        Some(self.columns.remove(place).values)
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.columns.iter().map(|column| &*column.name)
    }
}

/// What a reader of one format gives.
struct Part {
    rows: usize,
    columns: Vec<FlatColumn>,
    notes: Problems,
}

/// Reads a flat table.
///
/// # Errors
/// Every problem of the file at once: `file.io`, `data.unreadable`, `data.empty_table`, `data.duplicate_column`, `data.missing_column`,
/// `data.wrong_separator`, `data.wrong_type`, `data.ragged_row`, `data.not_utf8`, `data.bad_value`, each with its place.
pub fn read_flat(path: &Path, ask: &FlatAsk<'_>) -> Result<FlatTable> {
    let name: Arc<str> = path.to_string_lossy().into();
    let mut file = File::open(path).map_err(|e| io_failure(path, "read the file", &e))?;
    let bytes = bytes_of(path, &mut file)?;
    let named = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet") || e.eq_ignore_ascii_case("pq"));
    let read = || {
        if named || bytes.starts_with(b"PAR1") { parquet::read(&bytes, path, ask, &name) } else { csv_rows::read(&bytes, ask, &name) }
    };
    let (read, fingerprint) = rayon::join(read, || blake3::hash(&bytes).to_hex().to_string());
    let Part { rows, columns, notes } = read?;
    if rows == 0 {
        return Err(empty_table(&name, "the table has no rows"));
    }
    Ok(FlatTable { rows, columns, fingerprint, path: path.to_path_buf(), notes })
}

fn empty_table(name: &Arc<str>, message: &str) -> crate::base::problem::Failure {
    Problem::error("data.empty_table", message).file(name.clone()).rule("a header and at least one row").help("check the export").fail()
}

/// A file's bytes: mapped into memory where it is a regular file, read where it is a pipe.
fn bytes_of(path: &Path, file: &mut File) -> Result<ReaderBytes<'static>> {
    let failed = |e: std::io::Error| io_failure(path, "read the file", &e);
    let meta = file.metadata().map_err(failed)?;
    if meta.is_dir() {
        return Err(failed(std::io::Error::new(ErrorKind::IsADirectory, "it is a folder, and a flat table is one file")));
    }
    if meta.is_file() && meta.len() > 0 {
        let mut mapped = file.try_clone().map_err(failed)?;
        // polars panics where a file cannot be mapped; such a file is read instead.
        let bytes = crate::base::guard::guarded(|| match ReaderBytes::from(&mut mapped) {
            ReaderBytes::Owned(bytes) => Some(ReaderBytes::Owned(bytes)),
            ReaderBytes::Borrowed(_) => None,
        });
        if let Ok(Some(bytes)) = bytes {
            return Ok(bytes);
        }
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(failed)?;
    Ok(ReaderBytes::Owned(bytes.into()))
}
