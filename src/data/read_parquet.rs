//! Parquet files to typed columns: one column at a time through polars, in parallel over columns, so that no whole table of
//! raw values is ever held.

use super::cells::{BadCell, Builder, Cells, NO_WORD};
use super::parquet_guard::Footer;
use super::read_csv::{at, missing_value};
use super::tables::{FilePart, PlannedColumn, ReadContext};
use crate::base::dates::Day;
use crate::base::files::io_failure;
use crate::base::guard::guarded;
use crate::base::problem::{Problem, Problems, Severity};
use crate::base::schema::ColumnType;
use polars::prelude::{DataType, ParallelStrategy, ParquetReader, PolarsError, SerReader, Series, TimeUnit};
use rayon::prelude::*;
use std::path::Path;
use std::sync::Arc;

const MICROSECONDS_A_DAY: i64 = 86_400_000_000;

/// Whether a file is Parquet, by its first bytes or, where they are damaged, its name.
pub fn is_parquet(path: &Path) -> bool {
    let named = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet") || e.eq_ignore_ascii_case("pq"));
    let mut magic = [0u8; 4];
    let begins = std::fs::File::open(path).and_then(|mut f| std::io::Read::read_exact(&mut f, &mut magic)).is_ok() && &magic == b"PAR1";
    named || begins
}

/// A cell that is refused: its row, why, and the value as text.
type Refused = (u32, BadCell, String);

/// A column read, or why the file cannot be.
type ReadColumn = Result<(Cells, Vec<Refused>), Problems>;

fn damaged(context: &ReadContext<'_>, error: &dyn std::fmt::Display) -> Problems {
    Problems::from(vec![
        Problem::error("data.unreadable", format!("the Parquet file cannot be read: {error}"))
            .file(context.name.clone())
            .help("the file is damaged, was cut off, or is no Parquet file: export or copy it again"),
    ])
}

/// Reads the planned columns of a Parquet file. A row's number is its place in the file, from 1.
///
/// # Errors
/// The problems that keep the file from being read at all; problems of single rows come with the part.
pub fn read(path: &Path, context: &ReadContext<'_>) -> Result<(Vec<PlannedColumn>, FilePart), Problems> {
    let open = || std::fs::File::open(path).map_err(|e| Problems::from(io_failure(path, "read the file", &e).problems));
    let mut file = open()?;
    let footer = Footer::read(&mut file).map_err(|what| damaged(context, &what))?;
    // polars panics on some damaged files; a damaged file is an error like any other.
    let opened = guarded(|| {
        let mut reader = ParquetReader::new(file);
        Ok((reader.schema()?, reader.get_metadata()?.clone()))
    });
    let (schema, metadata) = opened.map_err(|panic| damaged(context, &panic))?.map_err(|e: PolarsError| damaged(context, &e))?;
    let header: Vec<String> = schema.iter_names().map(|n| n.to_string()).collect();
    let mut problems = Problems::default();
    let (columns, unused) = context.plan(&header, &mut problems);
    if problems.count(Severity::Error) > 0 {
        return Err(problems);
    }
    let rows = metadata.num_rows;
    // One group of rows at a time: what is decoded is small, and its memory is used again. Each stands as a file of its own, because a slice
    // of a file decodes every group before it.
    let mut alone = (*metadata).clone();
    let groups: Vec<_> = std::mem::take(&mut alone.row_groups)
        .into_iter()
        .map(|group| {
            let mut alone = alone.clone();
            alone.num_rows = group.num_rows();
            alone.row_groups = vec![group];
            Arc::new(alone)
        })
        .collect();
    let read: Vec<ReadColumn> = columns
        .par_iter()
        .map(|column| {
            let mut file = open()?;
            footer.check_pages(&mut file, &column.source).map_err(|what| damaged(context, &what))?;
            let mut building = Building::new(column, context, rows);
            for group in &groups {
                let file = open()?;
                let decoded = guarded(|| {
                    let mut reader =
                        ParquetReader::new(file).read_parallel(ParallelStrategy::None).with_columns(Some(vec![column.source.to_string()]));
                    reader.set_metadata(group.clone());
                    reader.finish()
                });
                let frame = decoded.map_err(|panic| damaged(context, &panic))?.map_err(|e| damaged(context, &e))?;
                let values = frame.columns().first().filter(|values| values.len() == group.num_rows);
                let values = values.ok_or_else(|| damaged(context, &format!("the column {} does not have its {rows} rows", column.source)))?;
                building.take(values.as_materialized_series())?;
            }
            Ok((building.builder.cells, building.bad))
        })
        .collect();
    let mut part = FilePart { cells: Vec::new(), rows, first_number: 1, jumps: Vec::new(), aside: Vec::new(), problems, unused };
    for (column, result) in columns.iter().zip(read) {
        let (cells, bad) = match result {
            Ok(read) => read,
            Err(found) => {
                for problem in found.iter().cloned() {
                    part.problems.push(problem.column(column.source.clone()));
                }
                continue;
            }
        };
        for (row, bad_cell, value) in bad {
            part.aside.push(row);
            part.problems.push(
                at(context, bad_cell.code, u64::from(row) + 1, bad_cell.message.to_string())
                    .column(column.source.clone())
                    .value(value)
                    .rule(bad_cell.rule),
            );
        }
        if column.required {
            for row in nulls(&cells).filter(|row| part.aside.binary_search(row).is_err()).collect::<Vec<_>>() {
                part.aside.push(row);
                part.problems.push(missing_value(context, column, u64::from(row) + 1));
            }
        }
        part.aside.sort_unstable();
        part.aside.dedup();
        part.cells.push(cells);
    }
    if part.cells.len() < columns.len() { Err(part.problems) } else { Ok((columns, part)) }
}

fn nulls(cells: &Cells) -> Box<dyn Iterator<Item = u32> + '_> {
    fn places<'a, T>(v: &'a [T], null: impl Fn(&T) -> bool + 'a) -> Box<dyn Iterator<Item = u32> + 'a> {
        Box::new(v.iter().enumerate().filter(move |(_, x)| null(x)).map(|(row, _)| row as u32))
    }
    match cells {
        Cells::Words { codes, .. } => Box::new(codes.runs().filter(|(code, _)| *code == NO_WORD).flat_map(|(_, rows)| rows.map(|row| row as u32))),
        Cells::Day(v) => places(v, |d| d.known().is_none()),
        Cells::Money(v) => places(v, |m| m.known().is_none()),
        Cells::Number(v) => places(v, |x| x.is_nan()),
    }
}

/// A column as it is built, group by group.
struct Building<'a> {
    column: &'a PlannedColumn,
    context: &'a ReadContext<'a>,
    builder: Builder,
    bad: Vec<Refused>,
    rows: usize,
}

impl<'a> Building<'a> {
    fn new(column: &'a PlannedColumn, context: &'a ReadContext<'_>, rows: usize) -> Building<'a> {
        let base = if column.name == "account_id" { context.account_ids.clone() } else { None };
        let spec = context.spec;
        let mut builder = Builder::new(column.of, base, context.minor_digits, &spec.null_words, spec.date_format.as_deref());
        builder.reserve(rows);
        Building { column, context, builder, bad: Vec::new(), rows: 0 }
    }

    fn take(&mut self, values: &Series) -> Result<(), Problems> {
        let Building { column, context, builder, bad, rows } = self;
        let before = *rows;
        *rows += values.len();
        let spec = context.spec;
        let mut text = String::new();
        let broken = |e: PolarsError| damaged(context, &e);
        let mut keep = |row: usize, found: Result<(), BadCell>, value: &dyn Fn() -> String| {
            if let Err(cell) = found {
                bad.push(((before + row) as u32, cell, value()));
            }
        };
        match values.dtype() {
            DataType::String if matches!(builder.cells, Cells::Words { .. }) => {
                let (mut first, full) = (0, values.null_count() == 0);
                for chunk in values.str().map_err(broken)?.downcast_iter() {
                    let views = chunk.views();
                    let mut place = 0;
                    while place < views.len() {
                        let Some(text) = chunk.get(place) else {
                            builder.push_null();
                            place += 1;
                            continue;
                        };
                        // The bits of a text of at most twelve bytes hold all of it, and a column of codes holds the same one many times in a row.
                        let bits = views[place].is_inline().then(|| views[place].as_u128());
                        let same = |next: &usize| views[*next].as_u128() == bits.unwrap_or(0) && (full || chunk.get(*next).is_some());
                        let until = bits.map_or(place + 1, |_| (place + 1..views.len()).find(|next| !same(next)).unwrap_or(views.len()));
                        if !bits.is_some_and(|bits| builder.push_remembered(bits, until - place)) {
                            keep(first + place, builder.push_text(text.as_bytes()), &|| text.to_string());
                            if let Some(bits) = bits {
                                builder.remember(bits);
                                builder.push_remembered(bits, until - place - 1);
                            }
                        }
                        place = until;
                    }
                    first += views.len();
                }
            }
            DataType::String => {
                for (row, cell) in values.str().map_err(broken)?.iter().enumerate() {
                    keep(row, builder.push_text(cell.unwrap_or("").as_bytes()), &|| cell.unwrap_or("").to_string());
                }
            }
            DataType::Categorical(..) | DataType::Enum(..) => {
                let strings = values.cast(&DataType::String).map_err(broken)?;
                for (row, cell) in strings.str().map_err(broken)?.iter().enumerate() {
                    keep(row, builder.push_text(cell.unwrap_or("").as_bytes()), &|| cell.unwrap_or("").to_string());
                }
            }
            DataType::Date if matches!(builder.cells, Cells::Day(_)) => {
                let days = values.to_physical_repr();
                for chunk in days.i32().map_err(broken)?.downcast_iter() {
                    match chunk.validity().filter(|valid| valid.unset_bits() > 0) {
                        None => builder.push_days(chunk.values()),
                        Some(valid) => {
                            builder.push_days_but(chunk.values(), valid.iter().enumerate().filter(|(_, valid)| !valid).map(|(place, _)| place))
                        }
                    }
                }
            }
            DataType::Date => {
                let days = values.to_physical_repr();
                for (row, cell) in days.i32().map_err(broken)?.iter().enumerate() {
                    keep(row, builder.push_day(cell.map_or(Day::NULL, Day)), &|| cell.map_or(String::new(), |d| Day(d).to_string()));
                }
            }
            DataType::Datetime(..) => {
                let micros = values.cast(&DataType::Datetime(TimeUnit::Microseconds, None)).map_err(broken)?;
                let micros = micros.to_physical_repr();
                for (row, cell) in micros.i64().map_err(broken)?.iter().enumerate() {
                    let day = cell.map(|t| Day(t.div_euclid(MICROSECONDS_A_DAY) as i32));
                    keep(row, builder.push_day(day.unwrap_or(Day::NULL)), &|| day.map_or(String::new(), |d| d.to_string()));
                }
            }
            DataType::Decimal(_, scale) => {
                let unit = 10i128.pow(*scale as u32);
                let scale = *scale;
                for (row, cell) in values.decimal().map_err(broken)?.physical().iter().enumerate() {
                    let shown = cell.map(|v| format!("{}{}.{:0scale$}", if v < 0 { "-" } else { "" }, (v / unit).abs(), (v % unit).abs()));
                    keep(row, builder.push_text(shown.as_deref().unwrap_or("").as_bytes()), &|| shown.clone().unwrap_or_default());
                }
            }
            DataType::Boolean => {
                for (row, cell) in values.bool().map_err(broken)?.iter().enumerate() {
                    let found = match (cell, column.of) {
                        (None, _) => builder.push_text(b""),
                        (Some(b), ColumnType::Number) => builder.push_float(f64::from(u8::from(b)), &mut text),
                        (Some(b), _) => builder.push_text(if b { b"true" } else { b"false" }),
                    };
                    keep(row, found, &|| format!("{cell:?}"));
                }
            }
            t if t.is_integer() => {
                let whole = values.cast(&DataType::Int64).map_err(broken)?;
                let whole = whole.i64().map_err(broken)?;
                // A number may be a null word of the project; only then is each looked at as a text.
                if matches!(builder.cells, Cells::Words { .. }) && spec.null_words.is_empty() {
                    if whole.null_count() == 0 {
                        whole.data_views().for_each(|view| builder.push_identifiers(view));
                    } else {
                        builder.push_identifiers_or_null(whole.iter());
                    }
                    return Ok(());
                }
                for (row, cell) in whole.iter().enumerate() {
                    match cell {
                        None => builder.push_null(),
                        Some(value) => {
                            let found = builder.push_integer(value, &mut text);
                            keep(row, found, &|| value.to_string());
                        }
                    }
                }
            }
            DataType::Float32 | DataType::Float64 => {
                let numbers = values.cast(&DataType::Float64).map_err(broken)?;
                let numbers = numbers.f64().map_err(broken)?;
                // If one of them is no amount, none is taken, and it is found row by row.
                if matches!(builder.cells, Cells::Money(_)) && numbers.null_count() == 0 && numbers.chunks().len() == 1 {
                    let Some(view) = numbers.data_views().next() else { return Ok(()) };
                    if builder.push_amounts(view) {
                        return Ok(());
                    }
                }
                for (row, cell) in numbers.iter().enumerate() {
                    let found = match cell {
                        None => {
                            builder.push_null();
                            Ok(())
                        }
                        Some(value) => builder.push_float(value, &mut text),
                    };
                    keep(row, found, &|| cell.map_or(String::new(), |v| v.to_string()));
                }
            }
            DataType::Null => (0..values.len()).for_each(|_| builder.push_null()),
            other => {
                return Err(Problems::from(vec![
                    Problem::error("data.wrong_type", format!("the column has type {other}, which cannot be read as {:?}", column.of))
                        .file(context.name.clone())
                        .column(column.source.clone())
                        .rule("text, number, date or decimal")
                        .help("cast the column when exporting it"),
                ]));
            }
        }
        Ok(())
    }
}
