//! CSV files, plain or gzipped, to typed columns, with the row of every bad cell as a spreadsheet shows it.

use super::cells::Builder;
use super::tables::{FilePart, PlannedColumn, ReadContext};
use crate::base::files::io_failure;
use crate::base::problem::{Problem, Problems, Severity};
use csv::ByteRecord;
use std::cell::Cell;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

const BUFFER: usize = 1 << 18;

/// Remembers the last byte that was read: whether a file ends with a line break is not for the CSV reader to tell.
struct LastByte<R> {
    inner: R,
    last: Rc<Cell<u8>>,
}

impl<R: Read> Read for LastByte<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(into)?;
        if let Some(last) = into[..n].last() {
            self.last.set(*last);
        }
        Ok(n)
    }
}

/// Reads a CSV file.
///
/// # Errors
/// The problems that keep it from being read at all: no such file, a bad gzip stream, a missing column, a wrong separator. Problems of
/// single rows come with the part.
pub fn read(path: &Path, context: &ReadContext<'_>) -> Result<(Vec<PlannedColumn>, FilePart), Problems> {
    let fail = |e: &std::io::Error| Problems::from(io_failure(path, "read the file", e).problems);
    let mut file = BufReader::with_capacity(BUFFER, std::fs::File::open(path).map_err(|e| fail(&e))?);
    let gzipped = file.fill_buf().map_err(|e| fail(&e))?.starts_with(&[0x1f, 0x8b]);
    let mut text: Box<dyn BufRead> =
        if gzipped { Box::new(BufReader::with_capacity(BUFFER, flate2::bufread::MultiGzDecoder::new(file))) } else { Box::new(file) };

    let mut problems = Problems::default();
    let start = text.fill_buf().map_err(|e| Problems::from(vec![unreadable(context, 1, &e)]))?;
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
        return Err(Problems::from(vec![
            Problem::error("data.not_utf8", "the file is UTF-16").file(context.name.clone()).rule("UTF-8").help("save it again as CSV UTF-8"),
        ]));
    }
    if start.starts_with(&[0xef, 0xbb, 0xbf]) {
        problems.push(Problem::note("data.byte_order_mark", "the file starts with a byte order mark, which is skipped").file(context.name.clone()));
        text.consume(3);
    }
    let last = Rc::new(Cell::new(b'\n'));
    let text = LastByte { inner: text, last: last.clone() };
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(context.spec.separator).buffer_capacity(BUFFER).from_reader(text);

    let mut record = ByteRecord::new();
    let any = reader.read_byte_record(&mut record).map_err(|e| Problems::from(vec![csv_problem(context, 1, e)]))?;
    if !any {
        return Err(Problems::from(vec![
            Problem::error("data.empty_table", format!("{} is an empty file", context.table)).file(context.name.clone()).help("check the export"),
        ]));
    }
    let header: Vec<String> = match record.iter().map(|f| std::str::from_utf8(f).map(|t| t.trim().to_string())).collect() {
        Ok(header) => header,
        Err(_) => {
            return Err(Problems::from(vec![
                Problem::error("data.not_utf8", "the header is not UTF-8").file(context.name.clone()).row(1).help("save the file as CSV UTF-8"),
            ]));
        }
    };
    if let Some(problem) = wrong_separator(context, &header) {
        problems.push(problem);
        return Err(problems);
    }
    let (columns, unused) = context.plan(&header, &mut problems);
    if problems.count(Severity::Error) > 0 {
        return Err(problems);
    }
    let (mut part, last_row) = read_rows(&mut reader, &header, &columns, context);
    if !matches!(last.get(), b'\n' | b'\r') && part.problems.count(Severity::Error) == 0 {
        part.problems.push(
            Problem::warning("data.no_final_line_break", "the last row does not end with a line break")
                .file(context.name.clone())
                .row(last_row)
                .help("if the export broke off there, its last cell is not whole: compare the number of rows with the source"),
        );
    }
    problems.append(part.problems);
    part.problems = problems;
    part.unused = unused;
    Ok((columns, part))
}

/// The rows, and the number of the last one.
fn read_rows<R: Read>(reader: &mut csv::Reader<R>, header: &[String], columns: &[PlannedColumn], context: &ReadContext<'_>) -> (FilePart, u64) {
    let spec = context.spec;
    let places: Vec<usize> = columns.iter().map(|c| header.iter().position(|h| **h == *c.source).unwrap_or(0)).collect();
    let mut builders: Vec<Builder> = columns
        .iter()
        .map(|c| {
            let base = if c.name == "account_id" { context.account_ids.clone() } else { None };
            Builder::new(c.of, base, context.minor_digits, &spec.null_words, spec.date_format.as_deref())
        })
        .collect();
    let mut part = FilePart {
        cells: Vec::new(),
        rows: 0,
        first_number: 2,
        jumps: Vec::new(),
        aside: Vec::new(),
        problems: Problems::default(),
        unused: Vec::new(),
    };
    let mut record = ByteRecord::new();
    let (first_line, mut inner_lines, mut blank_lines, mut last_number) = (reader.position().line(), 0u64, 0u64, 1u64);
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(e) => {
                part.problems.push(csv_problem(context, last_number + 1, e));
                break;
            }
        }
        // The reader skips blank lines without a word; a spreadsheet counts them. Line breaks inside quotes are no rows.
        inner_lines += record.as_slice().iter().filter(|b| **b == b'\n').count() as u64;
        let number = (1 + reader.position().line() - first_line).saturating_sub(inner_lines).max(last_number + 1);
        if number > last_number + 1 {
            blank_lines += number - last_number - 1;
            part.jumps.push((part.rows, blank_lines));
        }
        last_number = number;
        let mut bad = false;
        if record.len() != header.len() {
            let code = "data.ragged_row";
            part.problems.push(
                at(context, code, number, format!("the row has {} cells, the header {}", record.len(), header.len()))
                    .help("a separator inside a text must stand in quotes; a row cut off at the end of a file means that the export broke off"),
            );
            builders.iter_mut().for_each(Builder::push_null);
            bad = true;
        } else {
            for ((builder, place), column) in builders.iter_mut().zip(&places).zip(columns) {
                let cell = &record[*place];
                let found = builder.push_text(cell);
                let empty = column.required && found.is_ok() && is_null(cell, &spec.null_words);
                if let Err(bad_cell) = found {
                    part.problems.push(
                        at(context, bad_cell.code, number, bad_cell.message.to_string())
                            .column(column.source.clone())
                            .value(String::from_utf8_lossy(cell))
                            .rule(bad_cell.rule),
                    );
                    bad = true;
                } else if empty {
                    part.problems.push(missing_value(context, column, number));
                    bad = true;
                }
            }
        }
        if bad {
            part.aside.push(part.rows as u32);
        }
        part.rows += 1;
    }
    if blank_lines > 0 {
        part.problems
            .push(Problem::note("data.blank_lines", format!("{blank_lines} blank lines between rows are skipped")).file(context.name.clone()));
    }
    part.cells = builders.into_iter().map(|b| b.cells).collect();
    (part, last_number)
}

fn is_null(cell: &[u8], null_words: &[String]) -> bool {
    cell.is_empty() || null_words.iter().any(|w| w.as_bytes() == cell)
}

/// A problem of one row: an error, unless the project says to set such rows aside.
pub fn at(context: &ReadContext<'_>, code: &'static str, row: u64, message: String) -> Problem {
    let problem = match context.row_severity(code) {
        Severity::Error => Problem::error(code, message).help(format!("mend the file, or set such rows aside: [check] set_aside = [\"{code}\"]")),
        _ => Problem::warning(code, message),
    };
    problem.file(context.name.clone()).row(row)
}

/// The problem of a required cell that is empty.
pub fn missing_value(context: &ReadContext<'_>, column: &PlannedColumn, row: u64) -> Problem {
    at(context, "data.missing_value", row, format!("{} has no value", column.name)).column(column.source.clone()).rule("a value in every row")
}

fn csv_problem(context: &ReadContext<'_>, row: u64, error: csv::Error) -> Problem {
    match error.into_kind() {
        csv::ErrorKind::Io(e) => unreadable(context, row, &e),
        other => Problem::error("data.unreadable", format!("the row cannot be read: {other:?}")).file(context.name.clone()).row(row),
    }
}

fn unreadable(context: &ReadContext<'_>, row: u64, error: &std::io::Error) -> Problem {
    Problem::error("data.unreadable", format!("the file cannot be read further: {error}"))
        .file(context.name.clone())
        .row(row)
        .help("the file is damaged or was cut off: export or copy it again")
}

/// A header of one cell that holds another separator, where several columns are expected.
fn wrong_separator(context: &ReadContext<'_>, header: &[String]) -> Option<Problem> {
    let [only] = header else {
        return None;
    };
    let required = context.known.iter().filter(|c| c.required).count();
    let (found, _) = [(',', "\",\""), (';', "\";\""), ('\t', "\"tab\""), ('|', "\"|\"")].into_iter().find(|(c, _)| only.contains(*c))?;
    if required < 2 && context.spec.columns.values().any(|c| c == only) {
        return None;
    }
    let shown = if found == '\t' { "tab".to_string() } else { found.to_string() };
    Some(
        Problem::error("data.wrong_separator", format!("the header is one cell, and it holds {shown:?}"))
            .file(context.name.clone())
            .row(1)
            .value(only.as_str())
            .rule(format!("columns separated by {:?}", char::from(context.spec.separator)))
            .help(if context.table == context.spec.kind.name() {
                format!("say it in the project file: [tables.{}] separator = {shown:?}", context.table)
            } else {
                format!("save the file with {:?} between columns, as it came", char::from(context.spec.separator))
            }),
    )
}
