//! A flat CSV file, plain or gzipped, to columns: rows are cut by one thread while others turn the cells of the rows before into values,
//! column by column.

use super::csv_columns::{Building, Cells};
use super::plan::{Nulls, plan};
use super::{FlatAsk, FlatColumn, Part, empty_table};
use crate::base::problem::{Failure, Problem, Problems, Result, Severity};
use csv::ByteRecord;
use rayon::prelude::*;
use std::io::Read;
use std::sync::Arc;

/// Rows cut before their cells are looked at: enough to be worth two threads, few enough to stay near the processor.
const BLOCK: usize = 1024;
const BUFFER: usize = 1 << 18;

/// Remembers the last byte that was read: whether a file ends with a line break is not for the CSV reader to tell.
struct LastByte<R> {
    inner: R,
    last: u8,
}

impl<R: Read> Read for LastByte<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(into)?;
        self.last = into[..n].last().copied().unwrap_or(self.last);
        Ok(n)
    }
}

type Text<'a> = LastByte<Box<dyn Read + Send + 'a>>;

/// The file as text, after its byte order mark, if it has one.
fn text_of<'a>(bytes: &'a [u8], name: &Arc<str>, problems: &mut Problems) -> Result<Text<'a>> {
    let mut inner: Box<dyn Read + Send + 'a> = match bytes {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(bytes)),
        plain => Box::new(plain),
    };
    let mut start = Vec::new();
    inner.by_ref().take(3).read_to_end(&mut start).map_err(|e| unreadable(name, 1, &e).fail())?;
    match start[..] {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
            return Err(Problem::error("data.not_utf8", "the file is UTF-16")
                .file(name.clone())
                .rule("UTF-8")
                .help("save it again as CSV UTF-8")
                .fail());
        }
        [0xef, 0xbb, 0xbf] => {
            problems.push(Problem::note("data.byte_order_mark", "the file starts with a byte order mark, which is skipped").file(name.clone()));
            start.clear();
        }
        _ => {}
    }
    let last = start.last().copied().unwrap_or(b'\n');
    Ok(LastByte { inner: Box::new(std::io::Cursor::new(start).chain(inner)), last })
}

/// Cuts rows from a file, and counts them as a spreadsheet does.
struct Rows<'a> {
    reader: csv::Reader<Text<'a>>,
    header: Vec<String>,
    name: Arc<str>,
    first_line: u64,
    /// Line breaks inside quotes, which are no rows.
    inner_lines: u64,
    blank_lines: u64,
    /// The number of the last row.
    last: u64,
    ended: bool,
    problems: Problems,
}

/// Rows that were cut, and their numbers.
#[derive(Default)]
struct Block {
    records: Vec<ByteRecord>,
    numbers: Vec<u64>,
}

impl<'a> Rows<'a> {
    fn begin(bytes: &'a [u8], ask: &FlatAsk<'_>, name: &Arc<str>) -> Result<Rows<'a>> {
        let mut problems = Problems::default();
        let text = text_of(bytes, name, &mut problems)?;
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(ask.separator).buffer_capacity(BUFFER).from_reader(text);
        let mut record = ByteRecord::new();
        if !reader.read_byte_record(&mut record).map_err(|e| csv_problem(name, 1, e).fail())? {
            return Err(empty_table(name, "the file is empty"));
        }
        let header = record.iter().map(|cell| std::str::from_utf8(cell).map(|text| text.trim().to_string()));
        let header: Vec<String> = header.collect::<std::result::Result<_, _>>().map_err(|_| {
            Problem::error("data.not_utf8", "the header is not UTF-8").file(name.clone()).row(1).help("save the file as CSV UTF-8").fail()
        })?;
        wrong_separator(&header, ask, name)?;
        let first_line = reader.position().line();
        Ok(Rows { reader, header, name: name.clone(), first_line, inner_lines: 0, blank_lines: 0, last: 1, ended: false, problems })
    }

    /// Cuts the next rows into a block.
    fn fill(&mut self, block: &mut Block) {
        block.numbers.clear();
        while block.numbers.len() < BLOCK && !self.ended {
            let used = block.numbers.len();
            if block.records.len() == used {
                block.records.push(ByteRecord::new());
            }
            let record = &mut block.records[used];
            match self.reader.read_byte_record(record) {
                Ok(true) => {}
                Ok(false) => {
                    self.ended = true;
                    break;
                }
                Err(e) => {
                    self.problems.push(csv_problem(&self.name, self.last + 1, e));
                    self.ended = true;
                    break;
                }
            }
            // The reader skips blank lines without a word; a spreadsheet counts them.
            self.inner_lines += record.as_slice().iter().filter(|b| **b == b'\n').count() as u64;
            let number = (1 + self.reader.position().line() - self.first_line).saturating_sub(self.inner_lines).max(self.last + 1);
            self.blank_lines += number - self.last - 1;
            self.last = number;
            if record.len() == self.header.len() {
                block.numbers.push(number);
            } else {
                let message = format!("the row has {} cells, the header {}", record.len(), self.header.len());
                self.problems.push(
                    Problem::error("data.ragged_row", message)
                        .file(self.name.clone())
                        .row(number)
                        .help("a separator inside a text must stand in quotes; a row cut off at the end of a file means that the export broke off"),
                );
            }
        }
    }

    /// Feeds all rows to the columns; gives how many there were.
    fn feed(&mut self, columns: &mut [Building], cells: &Cells<'_>) -> usize {
        let (mut block, mut next, mut rows) = (Block::default(), Block::default(), 0);
        self.fill(&mut block);
        while !block.numbers.is_empty() {
            rows += block.numbers.len();
            let take = || {
                columns.par_iter_mut().for_each(|column| {
                    for (record, number) in block.records.iter().zip(&block.numbers) {
                        column.push(&record[column.wanted.place], *number, cells);
                    }
                });
            };
            rayon::join(|| self.fill(&mut next), take);
            std::mem::swap(&mut block, &mut next);
        }
        rows
    }

    /// What is to be said of the file as a whole.
    fn end(mut self) -> Problems {
        let sound = self.problems.count(Severity::Error) == 0;
        if !matches!(self.reader.get_ref().last, b'\n' | b'\r') && sound {
            self.problems.push(
                Problem::warning("data.no_final_line_break", "the last row does not end with a line break")
                    .file(self.name.clone())
                    .row(self.last)
                    .help("if the export broke off there, its last cell is not whole: compare the number of rows with the source"),
            );
        }
        if self.blank_lines > 0 {
            let message = format!("{} blank lines between rows are skipped", self.blank_lines);
            self.problems.push(Problem::note("data.blank_lines", message).file(self.name));
        }
        self.problems
    }
}

/// Reads a CSV file.
///
/// # Errors
/// Every problem of the file.
pub(super) fn read(bytes: &[u8], ask: &FlatAsk<'_>, name: &Arc<str>) -> Result<Part> {
    let mut rows = Rows::begin(bytes, ask, name)?;
    let mut columns: Vec<Building> = plan(&rows.header, ask, name, &mut rows.problems).into_iter().map(Building::new).collect();
    if rows.problems.count(Severity::Error) > 0 {
        return Err(failed(rows.problems));
    }
    let cells = Cells { nulls: Nulls::new(ask.null_words), date_format: ask.date_format, name: name.clone() };
    let count = rows.feed(&mut columns, &cells);
    let mut problems = rows.end();
    // A column whose first word came late is read again, its numbers as the texts that they are.
    let mut again: Vec<Building> = columns.extract_if(.., |column| column.again()).collect();
    if !again.is_empty() {
        again.iter_mut().for_each(Building::begin_again);
        Rows::begin(bytes, ask, name)?.feed(&mut again, &cells);
    }
    columns.append(&mut again);
    columns.sort_by_key(|column| column.wanted.place);
    columns.iter_mut().for_each(|column| problems.append(std::mem::take(&mut column.problems)));
    if problems.count(Severity::Error) > 0 {
        return Err(failed(problems));
    }
    let finished: Vec<(FlatColumn, Problems)> = columns
        .into_par_iter()
        .map(|column| {
            let (name, mut notes) = (column.wanted.name.clone(), Problems::default());
            (FlatColumn { name, values: column.finish(&cells, &mut notes) }, notes)
        })
        .collect();
    let mut columns = Vec::with_capacity(finished.len());
    for (column, notes) in finished {
        columns.push(column);
        problems.append(notes);
    }
    Ok(Part { rows: count, columns, notes: problems })
}

/// The problems, from the first row to the last.
fn failed(problems: Problems) -> Failure {
    let mut problems: Vec<Problem> = problems.iter().cloned().collect();
    problems.sort_by_key(|problem| problem.row);
    Failure { problems, kept_in: None }
}

fn csv_problem(name: &Arc<str>, row: u64, error: csv::Error) -> Problem {
    match error.into_kind() {
        csv::ErrorKind::Io(e) => unreadable(name, row, &e),
        other => Problem::error("data.unreadable", format!("the row cannot be read: {other:?}")).file(name.clone()).row(row),
    }
}

fn unreadable(name: &Arc<str>, row: u64, error: &std::io::Error) -> Problem {
    Problem::error("data.unreadable", format!("the file cannot be read further: {error}"))
        .file(name.clone())
        .row(row)
        .help("the file is damaged or was cut off: export or copy it again")
}

/// A header of one cell that holds another separator.
fn wrong_separator(header: &[String], ask: &FlatAsk<'_>, name: &Arc<str>) -> Result<()> {
    let [only] = header else { return Ok(()) };
    let named = [ask.only.unwrap_or_default(), ask.text, ask.dates, ask.categories].iter().any(|list| list.contains(only));
    let found = [(',', ","), (';', ";"), ('\t', "tab"), ('|', "|")].into_iter().find(|(c, _)| only.contains(*c));
    let Some((_, shown)) = found.filter(|_| !named) else { return Ok(()) };
    Err(Problem::error("data.wrong_separator", format!("the header is one cell, and it holds {shown:?}"))
        .file(name.clone())
        .row(1)
        .value(only.as_str())
        .rule(format!("columns separated by {:?}", char::from(ask.separator)))
        .help(format!("give the separator {shown:?}"))
        .fail())
}
