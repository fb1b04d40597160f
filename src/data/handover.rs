//! The hand-over file: what was done of a run's work, when and with what result. Read and checked cell by cell, like any table.
//!
//! A work list with its last columns filled in is one; its other columns are known and not read. Words of results and directions may be the bank's
//! own, as the project maps them for its contact log. Deliberately absent: anything that needs the run, which is `study::reconcile`.

use super::cells::{Cells, NO_WORD};
use super::check::is_hour;
use super::tables::{FilePart, FileSpan, PlannedColumn, ReadContext};
use super::{read_csv, read_parquet};
use crate::base::config::{Project, TableSpec};
use crate::base::dates::Day;
use crate::base::files::fingerprint;
use crate::base::problem::{Problem, Problems, Severity, nearest};
use crate::base::schema::{ColumnSpec, ColumnType, DIRECTIONS, RESULTS, TableKind};
use crate::base::units::Money;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const fn may(name: &'static str, of: ColumnType) -> ColumnSpec {
    ColumnSpec { name, of, required: false }
}

/// The columns that are read. Whose work it is stands in one of the first three after the run.
const COLUMNS: &[ColumnSpec] = &[
    ColumnSpec { name: "run", of: ColumnType::Id, required: true },
    may("account_id", ColumnType::Id),
    may("account_ids", ColumnType::Id),
    may("borrower_id", ColumnType::Id),
    may("strategy", ColumnType::Id),
    may("done", ColumnType::Id),
    may("done_on", ColumnType::Day),
    may("hour", ColumnType::Number),
    may("direction", ColumnType::Code),
    may("result", ColumnType::Code),
    may("number", ColumnType::Id),
    may("team", ColumnType::Code),
    may("agent", ColumnType::Code),
    may("why_not", ColumnType::Id),
    may("promise_amount", ColumnType::Amount),
    may("promise_due_on", ColumnType::Day),
];

/// What a work list tells its workers: known here and not read.
const TOLD: [&str; 35] = [
    "order",
    "language",
    "as_of",
    "arrears",
    "dpd",
    "expected_gain",
    "reason_1",
    "holds",
    "signed_by",
    "next_allowed_from",
    "next_allowed_until",
    "time_zone",
    "best_hour",
    "last_reached_on",
    "open_promise_due_on",
    "open_promise_amount",
    "consecutive_no_answer",
    "oldest_due_on",
    "last_payment_on",
    "last_payment",
    "unpaid_instalments",
    "how_to_object",
    "claim",
    "legal_stage",
    "limitation_last_day",
    "evidence",
    "evidence_missing",
    "plan_instalments",
    "plan_instalment",
    "plan_last_instalment",
    "plan_first_due_on",
    "plan_last_due_on",
    "plan_total",
    "plan_present_value",
    "plan_schedule",
];

/// One line of a hand-over file.
#[derive(Clone, Debug, PartialEq)]
pub struct HandoverLine {
    /// Its file.
    pub file: Arc<str>,
    /// Its row, as a spreadsheet shows it.
    pub row: u64,
    /// The run whose work it was.
    pub run: String,
    /// The account, or several apart by spaces; empty where only the borrower is named.
    pub accounts: String,
    /// The borrower; empty where only accounts are named.
    pub borrower: String,
    /// What was recommended, as the line has it; may be empty.
    pub strategy: String,
    /// What was done, a treatment or a channel, or `nothing`; empty where nobody said.
    pub done: String,
    /// When; [`Day::NULL`] where nobody said.
    pub done_on: Day,
    /// The hour where the borrower lives.
    pub hour: Option<u8>,
    /// Whether the borrower made the contact.
    pub inbound: bool,
    /// With what result: a place in [`RESULTS`].
    pub result: Option<u8>,
    /// Which number was used.
    pub number: String,
    /// Whose work it was; may be empty.
    pub team: String,
    /// Who did it; may be empty.
    pub agent: String,
    /// Why it was not done as recommended.
    pub why_not: String,
    /// What was promised or offered; [`Money::NULL`] where nobody said.
    pub promise_amount: Money,
    /// When that falls due; [`Day::NULL`] where nobody said.
    pub promise_due_on: Day,
}

/// A hand-over file that was read.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct HandoverFile {
    /// The file.
    pub path: String,
    /// Its rows.
    pub rows: usize,
    /// Rows of it that reading set aside.
    pub rows_set_aside: usize,
    /// blake3 of its bytes.
    pub fingerprint: String,
}

/// Reads hand-over files: lines in the order of files and rows, those that cannot be used set aside with their problems.
pub fn read(paths: &[PathBuf], project: &Project) -> (Vec<HandoverLine>, Vec<HandoverFile>, Problems) {
    let (mut lines, mut files, mut problems) = (Vec::new(), Vec::new(), Problems::default());
    for path in paths {
        match file(path, project, &mut lines) {
            Ok((read, found)) => {
                files.push(read);
                problems.append(found);
            }
            Err(found) => problems.append(found),
        }
    }
    (lines, files, problems)
}

fn file(path: &Path, project: &Project, lines: &mut Vec<HandoverLine>) -> Result<(HandoverFile, Problems), Problems> {
    let contacts = project.table(TableKind::Contacts);
    // Columns, separators and dates are those of the work lists that recoup wrote; words may be the bank's.
    let spec = TableSpec {
        kind: TableKind::Contacts,
        paths: Vec::new(),
        separator: b',',
        null_words: Vec::new(),
        date_format: None,
        columns: Default::default(),
        features: Default::default(),
        protected: Vec::new(),
        ignored: Vec::new(),
        key: Vec::new(),
        codes: contacts.map(|spec| spec.codes.clone()).unwrap_or_default(),
        status: Default::default(),
    };
    let name: Arc<str> = path.display().to_string().into();
    let context = ReadContext {
        spec: &spec,
        table: "the hand-over file",
        known: COLUMNS,
        minor_digits: project.currency.minor_digits,
        audit: false,
        set_aside: &project.check.set_aside,
        account_ids: None,
        name: name.clone(),
    };
    let print = fingerprint(path).map_err(|f| Problems::from(f.problems))?;
    let (columns, part) = if read_parquet::is_parquet(path) { read_parquet::read(path, &context)? } else { read_csv::read(path, &context)? };
    let mut reading = Reading::of(&context, columns, part, path);
    reading.columns_there();
    let rows_before = lines.len();
    // Without a column that must be there every line would tell the same.
    let readable = reading.problems.iter().all(|p| p.code != "data.missing_column");
    (0..reading.part.rows).filter(|_| readable).for_each(|row| lines.extend(reading.line(row)));
    let rows = reading.part.rows;
    let read = HandoverFile { path: name.to_string(), rows, rows_set_aside: rows - (lines.len() - rows_before), fingerprint: print };
    Ok((read, reading.problems))
}

/// A file being read.
struct Reading<'a> {
    context: &'a ReadContext<'a>,
    columns: Vec<PlannedColumn>,
    part: FilePart,
    span: FileSpan,
    problems: Problems,
    /// The meaning of each word of a column of words, once asked for.
    meanings: HashMap<(&'static str, u32), Option<u8>>,
}

impl<'a> Reading<'a> {
    fn of(context: &'a ReadContext<'a>, columns: Vec<PlannedColumn>, mut part: FilePart, path: &Path) -> Reading<'a> {
        let span = FileSpan {
            name: context.name.clone(),
            path: path.to_path_buf(),
            fingerprint: String::new(),
            start: 0,
            rows: part.rows,
            first_number: part.first_number,
            jumps: std::mem::take(&mut part.jumps),
        };
        let problems = std::mem::take(&mut part.problems);
        Reading { context, columns, part, span, problems, meanings: HashMap::new() }
    }

    /// What must be there beside the run, and columns that nobody knows.
    fn columns_there(&mut self) {
        let has = |name: &str| self.columns.iter().any(|c| c.name == name);
        let mut missing = |column: &'static str, rule: &'static str| {
            let problem = Problem::error("data.missing_column", format!("the hand-over file has no column `{column}`"));
            self.problems
                .push(problem.file(self.context.name.clone()).column(column).rule(rule).help("fill in the columns at the end of a work list"));
        };
        if !has("done") {
            missing("done", "the treatment or the channel that was used, or `nothing`");
        }
        if !["account_id", "account_ids", "borrower_id"].into_iter().any(has) {
            missing("account_id", "account_id, account_ids or borrower_id");
        }
        for unused in self.part.unused.iter().filter(|column| !TOLD.contains(&column.as_str())) {
            let near = nearest(unused, COLUMNS.iter().map(|c| c.name));
            // A name that is nearly one of ours would lose what it holds without a word.
            let problem = match near {
                Some(near) => Problem::error("handover.unknown_column", format!("the hand-over file has no use for a column `{unused}`"))
                    .help(format!("did you mean `{near}`? If not, take the column out or give it another name")),
                None => Problem::note("handover.unused_column", format!("the column `{unused}` is not read")),
            };
            let known: Vec<&str> = COLUMNS.iter().map(|c| c.name).collect();
            self.problems.push(problem.file(self.context.name.clone()).column(unused.as_str()).rule(known.join(", ")));
        }
    }

    fn cells(&self, name: &str) -> Option<&Cells> {
        self.columns.iter().position(|c| c.name == name).map(|place| &self.part.cells[place])
    }

    fn text(&self, name: &str, row: usize) -> String {
        match self.cells(name) {
            Some(cells @ Cells::Words { codes, .. }) => cells.word(codes.get(row)).unwrap_or_default().trim().to_string(),
            _ => String::new(),
        }
    }

    fn day(&self, name: &str, row: usize) -> Day {
        match self.cells(name) {
            Some(Cells::Day(days)) => days[row],
            _ => Day::NULL,
        }
    }

    fn row_problem(&mut self, row: usize, code: &'static str, message: String, column: &'static str, value: &str, rule: String) {
        let problem = read_csv::at(self.context, code, self.span.number(row), message).column(column).value(value).rule(rule);
        self.problems.push(problem);
    }

    /// The place of a cell's word among those of the contract; none where the cell is empty, and a problem where the word is none of them.
    fn meaning(&mut self, name: &'static str, words: &[&str], row: usize, bad: &mut bool) -> Option<u8> {
        let Some(cells @ Cells::Words { codes, .. }) = self.cells(name) else { return None };
        let code = codes.get(row);
        if code == NO_WORD {
            return None;
        }
        let word = cells.word(code).unwrap_or_default().trim().to_string();
        let map = self.context.spec.codes.get(name);
        let found = *self.meanings.entry((name, code)).or_insert_with(|| {
            let ours = map.and_then(|map| map.get(&word)).unwrap_or(&word);
            words.iter().position(|w| w == ours).map(|place| place as u8)
        });
        if found.is_none() {
            *bad = true;
            let near = nearest(&word, words.iter().copied()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            self.row_problem(row, "handover.bad_word", format!("`{word}` is no {name} of a contact{near}"), name, &word, words.join(", "));
        }
        found
    }

    /// One row; none where it is set aside.
    fn line(&mut self, row: usize) -> Option<HandoverLine> {
        if self.part.aside.binary_search(&(row as u32)).is_ok() {
            return None;
        }
        let mut bad = false;
        let hour = match self.cells("hour") {
            Some(Cells::Number(hours)) if !hours[row].is_nan() => Some(hours[row]),
            _ => None,
        };
        if let Some(hour) = hour.filter(|hour| !is_hour(*hour)) {
            bad = true;
            let message = "the hour is no whole hour of a day".to_string();
            self.row_problem(row, "handover.bad_hour", message, "hour", &hour.to_string(), "0 to 23, where the borrower lives".into());
        }
        let result = self.meaning("result", RESULTS, row, &mut bad);
        let direction = self.meaning("direction", DIRECTIONS, row, &mut bad);
        let account = self.text("account_id", row);
        let line = HandoverLine {
            file: self.context.name.clone(),
            row: self.span.number(row),
            run: self.text("run", row),
            accounts: if account.is_empty() { self.text("account_ids", row) } else { account },
            borrower: self.text("borrower_id", row),
            strategy: self.text("strategy", row),
            done: self.text("done", row),
            done_on: self.day("done_on", row),
            hour: hour.map(|hour| hour as u8),
            // As in the contact log: what does not say that the borrower made it counts as ours.
            inbound: direction.is_some_and(|place| DIRECTIONS.get(usize::from(place)) == Some(&"inbound")),
            result,
            number: self.text("number", row),
            team: self.text("team", row),
            agent: self.text("agent", row),
            why_not: self.text("why_not", row),
            promise_amount: match self.cells("promise_amount") {
                Some(Cells::Money(amounts)) => amounts[row],
                _ => Money::NULL,
            },
            promise_due_on: self.day("promise_due_on", row),
        };
        (!bad).then_some(line)
    }
}

/// A problem of a line: an error, unless the project sets such rows aside.
pub fn at_line(line: &HandoverLine, set_aside: &[String], code: &'static str, message: String) -> Problem {
    let severity = if set_aside.iter().any(|c| c == code) { Severity::Warning } else { Severity::Error };
    let problem = match severity {
        Severity::Error => Problem::error(code, message),
        _ => Problem::warning(code, message),
    };
    problem.file(line.file.clone()).row(line.row)
}
