//! A flat Parquet file to columns: each column group of rows by group of rows, in parallel over columns.

use super::parquet_columns::Building;
use super::plan::{Nulls, Wanted, plan};
use super::{FlatAsk, FlatColumn, Part};
use crate::base::files::io_failure;
use crate::base::guard::guarded;
use crate::base::problem::{Failure, Problem, Problems, Severity};
use crate::data::parquet_guard::Footer;
use polars::io::parquet::read::FileMetadata;
use polars::prelude::{ArrowDataType, ParallelStrategy, ParquetReader, PolarsError, SerReader};
use rayon::prelude::*;
use std::fmt::Display;
use std::fs::File;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

/// Columns decoded at once: one, but more of a wide table, because every call reads the file's whole schema.
const MOST_AT_ONCE: usize = 16;
const NARROW: usize = 64;

fn damaged(name: &Arc<str>, error: &dyn Display) -> Problem {
    Problem::error("data.unreadable", format!("the Parquet file cannot be read: {error}"))
        .file(name.clone())
        .help("the file is damaged, was cut off, or is no Parquet file: export or copy it again")
}

/// Reads a Parquet file. A row's number is its place in the file, from 1.
///
/// # Errors
/// Every problem of the file.
pub(super) fn read(bytes: &[u8], path: &Path, ask: &FlatAsk<'_>, name: &Arc<str>) -> Result<Part, Failure> {
    let mut file = File::open(path).map_err(|e| io_failure(path, "read the file", &e))?;
    let footer = Footer::read(&mut file).map_err(|what| damaged(name, &what).fail())?;
    // polars panics on some damaged files; a damaged file is an error like any other.
    let opened = guarded(|| {
        let mut reader = ParquetReader::new(Cursor::new(bytes));
        let metadata = reader.get_metadata()?.clone();
        Ok((reader.schema()?, metadata))
    });
    let (schema, metadata) = opened.map_err(|panic| damaged(name, &panic).fail())?.map_err(|e: PolarsError| match e {
        PolarsError::Duplicate(what) => Problem::error("data.duplicate_column", format!("a column stands twice: {what}"))
            .file(name.clone())
            .help("rename one of them, so that it is clear which is meant")
            .fail(),
        other => damaged(name, &other).fail(),
    })?;
    let header: Vec<String> = schema.iter_names().map(|column| column.to_string()).collect();
    let mut problems = Problems::default();
    let mut wanted = plan(&header, ask, name, &mut problems);
    wanted.retain(|column| {
        let of = schema.get(&column.name).map(|field| &field.dtype);
        let good = of.is_some_and(readable);
        if !good {
            problems.push(wrong_type(name, &column.name, of.map_or("unknown".into(), plain_name)));
        }
        good
    });
    if problems.count(Severity::Error) > 0 {
        return Err(Failure { problems: problems.iter().cloned().collect(), kept_in: None });
    }
    if metadata.num_rows == 0 {
        return Ok(Part { rows: 0, columns: Vec::new(), notes: problems });
    }
    let source = Source { bytes, path, footer, groups: groups_alone(&metadata), rows: metadata.num_rows, name };
    let nulls = Nulls::new(ask.null_words);
    let at_once = (wanted.len() / NARROW).clamp(1, MOST_AT_ONCE);
    let read: Vec<_> = wanted.par_chunks(at_once).map(|some| source.columns(some, &nulls, ask.date_format).map(finish)).collect();
    let mut columns = Vec::with_capacity(wanted.len());
    for some in read {
        match some {
            Err(problem) => problems.push(*problem),
            Ok(finished) => {
                for (column, found) in finished {
                    columns.push(column);
                    problems.append(found);
                }
            }
        }
    }
    Ok(Part { rows: source.rows, columns, notes: problems.stop_on_error()? })
}

/// The groups of rows, each as a file of its own: what is decoded at a time is small, and its memory is used again. (A slice of a file decodes
/// every group before it.)
fn groups_alone(metadata: &FileMetadata) -> Vec<Arc<FileMetadata>> {
    let mut alone = metadata.clone();
    std::mem::take(&mut alone.row_groups)
        .into_iter()
        .map(|group| {
            let mut alone = alone.clone();
            alone.num_rows = group.num_rows();
            alone.row_groups = vec![group];
            Arc::new(alone)
        })
        .collect()
}

/// A file to decode.
struct Source<'a> {
    bytes: &'a [u8],
    path: &'a Path,
    footer: Footer,
    groups: Vec<Arc<FileMetadata>>,
    rows: usize,
    name: &'a Arc<str>,
}

impl Source<'_> {
    /// Reads some columns.
    fn columns<'b>(&'b self, some: &'b [Wanted], nulls: &'b Nulls, date_format: Option<&'b str>) -> Result<Vec<Building<'b>>, Box<Problem>> {
        let damaged = |error: &dyn Display| damaged(self.name, error);
        let mut file = File::open(self.path).map_err(|e| damaged(&e))?;
        for column in some {
            self.footer.check_pages(&mut file, &column.name).map_err(|what| Box::new(damaged(&what).column(&*column.name)))?;
        }
        let at_fault = |problem: Problem| Box::new(if let [one] = some { problem.column(&*one.name) } else { problem });
        let mut building: Vec<Building<'_>> = some.iter().map(|column| Building::new(column, nulls, date_format, self.name, self.rows)).collect();
        for group in &self.groups {
            let decoded = guarded(|| {
                let names = some.iter().map(|column| column.name.to_string()).collect();
                let mut reader = ParquetReader::new(Cursor::new(self.bytes)).read_parallel(ParallelStrategy::None).with_columns(Some(names));
                reader.set_metadata(group.clone());
                reader.finish()
            });
            let frame = decoded.map_err(|panic| at_fault(damaged(&panic)))?.map_err(|e| at_fault(damaged(&e)))?;
            let mut decoded = frame.into_columns();
            for column in &mut building {
                let name = &*column.wanted.name;
                let place = decoded.iter().position(|values| values.name().as_str() == name && values.len() == group.num_rows);
                let place = place.ok_or_else(|| Box::new(damaged(&format!("it does not have its {} rows", self.rows)).column(name)))?;
                column.take(decoded.swap_remove(place).take_materialized_series()).map_err(|e| Box::new(damaged(&e).column(name)))?;
            }
        }
        Ok(building)
    }
}

fn finish(building: Vec<Building<'_>>) -> Vec<(FlatColumn, Problems)> {
    let finished = building.into_iter().map(|column| {
        let name = column.wanted.name.clone();
        let (values, problems) = column.finish();
        (FlatColumn { name, values }, problems)
    });
    finished.collect()
}

/// The problem of a column whose type holds no single value a row, or none that a feature could be.
fn wrong_type(name: &Arc<str>, column: &str, of: String) -> Problem {
    Problem::error("data.wrong_type", format!("the column has type {of}, which cannot be read as numbers, words or days"))
        .file(name.clone())
        .column(column)
        .rule("whole numbers, doubles, decimals, texts, categories, dates, times or truth values, one a row")
        .help("cast or unnest the column when exporting it, or name it among the columns to ignore")
}

/// Whether a type is one that becomes a column.
fn readable(of: &ArrowDataType) -> bool {
    use ArrowDataType as A;
    match of {
        A::Null | A::Boolean | A::Int8 | A::Int16 | A::Int32 | A::Int64 | A::UInt8 | A::UInt16 | A::UInt32 | A::UInt64 => true,
        A::Float32 | A::Float64 | A::Timestamp(..) | A::Date32 | A::Date64 | A::Decimal(..) => true,
        A::Binary | A::LargeBinary | A::BinaryView | A::Utf8 | A::LargeUtf8 | A::Utf8View => true,
        A::Dictionary(_, of, _) => readable(of),
        _ => false,
    }
}

/// A type in words.
fn plain_name(of: &ArrowDataType) -> String {
    use ArrowDataType as A;
    match of {
        A::List(_) | A::LargeList(_) | A::FixedSizeList(..) => "list".into(),
        A::Struct(_) => "structure".into(),
        A::Map(..) => "map".into(),
        A::Time32(_) | A::Time64(_) => "time of day".into(),
        A::Duration(_) | A::Interval(_) => "duration".into(),
        A::FixedSizeBinary(_) => "bytes".into(),
        A::Decimal256(..) => "decimal of more than 38 digits".into(),
        A::Float16 => "16-bit number".into(),
        other => format!("{other:?}"),
    }
}
