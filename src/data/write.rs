//! Tables to files: CSV, gzipped CSV and Parquet, whole or not at all, the same bytes for the same values.
//!
//! Amounts are exact decimals in CSV and doubles in major units in Parquet (the reader rounds them back to whole minor units).

use crate::base::dates::Day;
use crate::base::files::{io_failure, write_whole};
use crate::base::problem::{Problem, Result};
use crate::base::units::Money;
use polars::prelude::*;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// One column to write.
#[derive(Clone, Debug)]
pub enum OutColumn {
    /// Texts; the empty text is written as it is in CSV and as null in Parquet.
    Text(Vec<Box<str>>),
    /// Places in a list of words; `u32::MAX` is null.
    Words {
        /// One a row.
        codes: Vec<u32>,
        /// The words.
        words: Arc<Vec<Box<str>>>,
    },
    /// Dates; [`Day::NULL`] is null.
    Day(Vec<Day>),
    /// Amounts and the currency's decimals; [`Money::NULL`] is null.
    Money(Vec<Money>, u8),
    /// Numbers, written shortest; `NaN` is null.
    Number(Vec<f64>),
    /// Whole numbers; `i64::MIN` is null.
    Integer(Vec<i64>),
}

impl OutColumn {
    fn len(&self) -> usize {
        match self {
            OutColumn::Text(v) => v.len(),
            OutColumn::Words { codes, .. } => codes.len(),
            OutColumn::Day(v) => v.len(),
            OutColumn::Money(v, _) => v.len(),
            OutColumn::Number(v) => v.len(),
            OutColumn::Integer(v) => v.len(),
        }
    }

    /// The values of some rows, in their order.
    pub fn picked(&self, rows: &[u32]) -> OutColumn {
        let at = |row: &u32| *row as usize;
        match self {
            OutColumn::Text(v) => OutColumn::Text(rows.iter().map(|r| v[at(r)].clone()).collect()),
            OutColumn::Words { codes, words } => OutColumn::Words { codes: rows.iter().map(|r| codes[at(r)]).collect(), words: words.clone() },
            OutColumn::Day(v) => OutColumn::Day(rows.iter().map(|r| v[at(r)]).collect()),
            OutColumn::Money(v, digits) => OutColumn::Money(rows.iter().map(|r| v[at(r)]).collect(), *digits),
            OutColumn::Number(v) => OutColumn::Number(rows.iter().map(|r| v[at(r)]).collect()),
            OutColumn::Integer(v) => OutColumn::Integer(rows.iter().map(|r| v[at(r)]).collect()),
        }
    }

    fn write_cell(&self, row: usize, cell: &mut String) {
        use std::fmt::Write;
        cell.clear();
        // Writing to a String cannot fail.
        let _ = match self {
            OutColumn::Text(v) => cell.write_str(&v[row]),
            OutColumn::Words { codes, words } => words.get(codes[row] as usize).map_or(Ok(()), |w| cell.write_str(w)),
            OutColumn::Day(v) => write!(cell, "{}", v[row]),
            OutColumn::Money(v, digits) => cell.write_str(&v[row].text(*digits)),
            OutColumn::Number(v) if v[row].is_nan() => Ok(()),
            OutColumn::Number(v) => write!(cell, "{}", v[row]),
            OutColumn::Integer(v) if v[row] == i64::MIN => Ok(()),
            OutColumn::Integer(v) => write!(cell, "{}", v[row]),
        };
    }

    fn into_polars(self, name: &str) -> Column {
        let name = PlSmallStr::from(name);
        match self {
            OutColumn::Text(v) => {
                StringChunked::from_iter_options(name, v.iter().map(|t| (!t.is_empty()).then_some(&**t))).into_series().into_column()
            }
            OutColumn::Words { codes, words } => {
                StringChunked::from_iter_options(name, codes.iter().map(|c| words.get(*c as usize).map(|w| &**w))).into_series().into_column()
            }
            OutColumn::Day(v) => {
                let days = Int32Chunked::from_iter_options(name, v.iter().map(|d| d.known().map(|d| d.0)));
                days.into_date().into_series().into_column()
            }
            OutColumn::Money(v, digits) => {
                let unit = 10f64.powi(i32::from(digits));
                Float64Chunked::from_iter_options(name, v.iter().map(|m| m.known().map(|m| m as f64 / unit))).into_series().into_column()
            }
            OutColumn::Number(v) if !v.iter().any(|x| x.is_nan()) => Float64Chunked::from_vec(name, v).into_series().into_column(),
            OutColumn::Number(v) => {
                Float64Chunked::from_iter_options(name, v.iter().map(|x| (!x.is_nan()).then_some(*x))).into_series().into_column()
            }
            OutColumn::Integer(v) if v.contains(&i64::MIN) => {
                Int64Chunked::from_iter_options(name, v.iter().map(|n| (*n != i64::MIN).then_some(*n))).into_series().into_column()
            }
            OutColumn::Integer(v) => Int64Chunked::from_vec(name, v).into_series().into_column(),
        }
    }
}

/// A table to write: named columns of equal length.
#[derive(Clone, Debug, Default)]
pub struct OutTable {
    columns: Vec<(String, OutColumn)>,
}

/// A file format for tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated text.
    Csv,
    /// The same, gzipped.
    CsvGz,
    /// Parquet, zstd.
    Parquet,
}

impl Format {
    /// Its file extension, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::CsvGz => "csv.gz",
            Format::Parquet => "parquet",
        }
    }

    /// The format that a file's name says, if any.
    pub fn of(path: &Path) -> Option<Format> {
        let name = path.file_name()?.to_str()?.to_lowercase();
        [Format::Csv, Format::CsvGz, Format::Parquet].into_iter().find(|f| name.ends_with(&format!(".{}", f.extension())))
    }
}

impl OutTable {
    /// Adds a column. All columns of a table must have the same length.
    pub fn with(mut self, name: &str, column: OutColumn) -> Self {
        debug_assert!(self.columns.first().is_none_or(|(_, first)| first.len() == column.len()), "column {name} has another length");
        self.columns.push((name.to_string(), column));
        self
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, c)| c.len())
    }

    /// A column of texts; none where it is no such column.
    pub fn texts(&self, name: &str) -> Option<&[Box<str>]> {
        match self.columns.iter().find(|(n, _)| n == name) {
            Some((_, OutColumn::Text(texts))) => Some(texts),
            _ => None,
        }
    }

    /// Writes it to `path` in that format.
    ///
    /// # Errors
    /// `file.io`, as [`write_whole`].
    pub fn write(self, path: &Path, format: Format) -> Result<()> {
        match format {
            Format::Csv => write_whole(path, |w| self.csv(w)),
            Format::CsvGz => write_whole(path, |w| {
                // The header of a gzip stream may hold a time; this one holds none, so the bytes depend on the values alone.
                let mut gz = flate2::GzBuilder::new().mtime(0).write(w, flate2::Compression::default());
                self.csv(&mut gz)?;
                gz.finish().map(|_| ())
            }),
            Format::Parquet => self.parquet(path),
        }
    }

    /// Writes a table that comes in parts of the same columns as one Parquet file, a row group a part: no more than a part is ever laid out.
    ///
    /// # Errors
    /// `file.io`, as [`write_whole`]; `file.parquet` where there is no part, or one has other columns.
    pub fn write_parts(path: &Path, parts: impl Iterator<Item = OutTable>) -> Result<()> {
        let mut parts = parts.map(OutTable::frame);
        let refused =
            |e: PolarsError| Problem::error("file.parquet", format!("cannot lay out the table: {e}")).file(path.display().to_string()).fail();
        let first = parts.next().ok_or_else(|| refused(PolarsError::NoData("no part".into())))?.map_err(refused)?;
        let mut failed = None;
        let done = write_whole(path, |out| {
            let all = || -> PolarsResult<()> {
                let mut writer = ParquetWriter::new(out).with_compression(ParquetCompression::Zstd(None)).batched(first.schema())?;
                writer.write_batch(&first)?;
                parts.try_for_each(|part| writer.write_batch(&part?))?;
                writer.finish().map(|_| ())
            };
            all().map_err(|e| {
                let io = if let PolarsError::IO { error, .. } = &e { Some(error.kind()) } else { None };
                failed = io.is_none().then(|| e.to_string());
                std::io::Error::new(io.unwrap_or(std::io::ErrorKind::Other), e.to_string())
            })
        });
        match failed {
            Some(why) => Err(io_failure(path, "write the table as Parquet", &std::io::Error::other(why))),
            None => done,
        }
    }

    fn frame(self) -> PolarsResult<DataFrame> {
        let height = self.rows();
        DataFrame::new(height, self.columns.into_iter().map(|(name, column)| column.into_polars(&name)).collect())
    }

    fn csv(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let mut writer = csv::WriterBuilder::new().from_writer(out);
        writer.write_record(self.columns.iter().map(|(name, _)| name))?;
        let mut cell = String::new();
        for row in 0..self.rows() {
            for (_, column) in &self.columns {
                column.write_cell(row, &mut cell);
                writer.write_field(&cell)?;
            }
            writer.write_record(None::<&[u8]>)?;
        }
        writer.flush()
    }

    fn parquet(self, path: &Path) -> Result<()> {
        let mut frame = self
            .frame()
            .map_err(|e| Problem::error("file.parquet", format!("cannot lay out the table: {e}")).file(path.display().to_string()).fail())?;
        let mut refused = None;
        write_whole(path, |w| {
            let result = ParquetWriter::new(w).with_compression(ParquetCompression::Zstd(None)).with_row_group_size(Some(1 << 19)).finish(&mut frame);
            match result {
                Ok(_) => Ok(()),
                Err(PolarsError::IO { error, .. }) => Err(std::io::Error::new(error.kind(), error.to_string())),
                Err(other) => {
                    refused = Some(other.to_string());
                    Err(std::io::Error::other("the table cannot be written as Parquet"))
                }
            }
        })
        .map_err(|failure| match refused {
            Some(why) => io_failure(path, "write the table as Parquet", &std::io::Error::other(why)),
            None => failure,
        })
    }
}
