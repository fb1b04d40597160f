//! What is wrong with the tables, all at once, and the only way to a [`Portfolio`].
//!
//! Takes what was read; gives every problem, the count of rows read, used and set aside of each table, and the portfolio of the rows that
//! may be used. Errors stop the run; warnings set their row aside. Rows read = rows used + rows set aside, always.

mod links;
mod names;

use super::build::{self, Sifted};
use super::cells::{Cells, Codes, NO_WORD};
use super::history::Portfolio;
use super::tables::{Purpose, Table, Tables};
use crate::base::config::{Project, TableSpec};
use crate::base::dates::Day;
use crate::base::problem::{Problem, Problems, Severity, nearest};
use crate::base::schema::{EVENT_KINDS, TableKind};
use crate::base::units::Bucket;
use serde::Serialize;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// Earlier dates are taken for mistakes: no living borrower's account is older.
const EARLIEST: Day = Day(-25_567); // 1900-01-01
/// Later dates are taken for mistakes.
const LATEST: Day = Day(47_846); // 2100-12-31

/// More days past due are taken for mistakes: a hundred years.
const MOST_DAYS: f64 = 36_525.0;

/// A table's rows, counted.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct TableCount {
    /// Its name.
    pub table: &'static str,
    /// Its files with rows and fingerprint.
    pub files: Vec<FileCount>,
    /// Rows read.
    pub rows_read: usize,
    /// Rows used.
    pub rows_used: usize,
    /// Rows set aside.
    pub rows_set_aside: usize,
    /// Columns of the source that nobody mentions.
    pub unused_columns: Vec<String>,
}

/// A file that was read.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct FileCount {
    /// Path below the project's root.
    pub path: Arc<str>,
    /// Rows it gave.
    pub rows: usize,
    /// blake3 of its bytes.
    pub fingerprint: String,
}

/// What checking found.
#[derive(Debug)]
pub struct Checked {
    /// The rows that may be used; `None` if an error stands in the way.
    pub portfolio: Option<Portfolio>,
    /// Counts, a table each.
    pub counts: Vec<TableCount>,
    /// Every problem, those of reading first.
    pub problems: Problems,
}

/// What a source's codes mean, one entry a code of the column.
#[derive(Debug, Default)]
pub(super) struct Meanings {
    /// For each code, the place of its word in the contract's list; [`NO_WORD`] if it has none.
    pub places: Vec<u32>,
}

/// The rows of a table that are set aside. Costs nothing while there are none.
#[derive(Clone, Debug, Default)]
pub(super) struct Aside {
    rows: usize,
    marks: Vec<bool>,
    count: usize,
}

impl Aside {
    /// Those rows, of that many.
    pub(super) fn of(rows: usize, aside: &[u32]) -> Aside {
        let mut marked = Aside { rows, ..Default::default() };
        aside.iter().for_each(|row| marked.set(*row as usize));
        marked
    }

    /// Whether a row is set aside.
    pub(super) fn is(&self, row: usize) -> bool {
        self.marks.get(row).copied().unwrap_or(false)
    }

    /// Whether one of those rows is set aside.
    pub(super) fn any_of(&self, rows: Range<usize>) -> bool {
        self.marks.get(rows).is_some_and(|marks| marks.contains(&true))
    }

    /// How many are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Sets a row aside.
    pub(super) fn set(&mut self, row: usize) {
        if self.marks.is_empty() {
            self.marks = vec![false; self.rows];
        }
        self.count += usize::from(!std::mem::replace(&mut self.marks[row], true));
    }

    /// The rows not set aside.
    pub(super) fn used(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.rows).filter(|row| !self.is(*row))
    }
}

/// A table with the rows that are set aside and the meaning of its codes.
pub(super) struct Sieve<'a> {
    pub table: &'a Table,
    pub aside: Aside,
    pub meanings: BTreeMap<&'static str, Meanings>,
    /// Earliest and latest known day of each column of dates: one look at a column settles most checks of nearly every file.
    spans: Vec<(&'a str, (Day, Day))>,
}

struct Checker<'a> {
    project: &'a Project,
    problems: Problems,
}

/// Checks the tables and builds the portfolio.
pub fn check(project: &Project, tables: Tables, problems: Problems) -> Checked {
    let mut checker = Checker { project, problems };
    let mut sieves: Vec<Sieve<'_>> = tables.list.iter().map(|table| checker.sieve(table)).collect();
    for sieve in &mut sieves {
        checker.dates(sieve);
        checker.days_past_due(sieve);
        checker.hours(sieve);
        checker.codes(sieve);
        checker.duplicates(sieve);
    }
    checker.feature_names(tables.get(TableKind::Accounts));
    let promise = EVENT_KINDS.iter().position(|kind| *kind == "promise").map(|place| place as u32);
    let promises = sieves.iter().filter(|s| s.table.kind == TableKind::Events).any(|s| s.says("kind", promise));
    let contacts = sieves.iter().any(|s| s.table.kind == TableKind::Contacts && s.table.cells("result").is_some());
    checker.rates(promises, contacts);
    let data_until = checker.data_until(&sieves);
    for sieve in &mut sieves {
        checker.after_data_end(sieve, data_until.0);
    }
    checker.accounts(&mut sieves);
    checker.routing_words(&sieves);
    for sieve in &mut sieves {
        checker.accountless(sieve);
    }
    checker.histories(&sieves);
    for sieve in &mut sieves {
        // Which rows of a statement table repeat an account's statement shows only now, among the rows that are left.
        checker.repeated_statements(sieve);
    }
    let counts = sieves.iter().map(count).collect();
    for sieve in &sieves {
        let left = sieve.table.rows - sieve.aside.count();
        if left == 0 && sieve.table.rows > 0 && checker.problems.count(Severity::Error) == 0 {
            checker.problems.push(
                Problem::error("data.nothing_left", format!("every row of {} was set aside", sieve.table.kind.name()))
                    .help("the problems above say why: most likely a column is mapped to the wrong one"),
            );
        }
    }
    let complete = checker.problems.count(Severity::Error) == 0 && tables.get(TableKind::Accounts).is_some();
    let judged: Vec<_> = sieves.into_iter().map(|s| (s.aside, s.meanings)).collect();
    let problems = checker.problems;
    let portfolio = complete.then(|| {
        let sifted = tables.list.into_iter().zip(judged).map(|(table, (aside, meanings))| Sifted { table, aside, meanings });
        build::portfolio(project, sifted.collect(), data_until)
    });
    Checked { portfolio, counts, problems }
}

fn count(sieve: &Sieve<'_>) -> TableCount {
    let set_aside = sieve.aside.count();
    TableCount {
        table: sieve.table.kind.name(),
        files: sieve.table.files.iter().map(|f| FileCount { path: f.name.clone(), rows: f.rows, fingerprint: f.fingerprint.clone() }).collect(),
        rows_read: sieve.table.rows,
        rows_used: sieve.table.rows - set_aside,
        rows_set_aside: set_aside,
        unused_columns: sieve.table.unused.clone(),
    }
}

impl Sieve<'_> {
    pub(super) fn days(&self, name: &str) -> Option<&[Day]> {
        self.table.days(name)
    }

    pub(super) fn codes(&self, name: &str) -> Option<&Codes> {
        self.table.codes(name)
    }

    /// Earliest and latest known day of a column of dates.
    fn span(&self, name: &str) -> Option<(Day, Day)> {
        self.spans.iter().find(|(column, _)| *column == name).map(|(_, span)| *span)
    }

    /// Whether some code of a column means that word.
    fn says(&self, name: &str, wanted: Option<u32>) -> bool {
        self.meanings.get(name).is_some_and(|meanings| meanings.places.iter().any(|place| Some(*place) == wanted))
    }

    /// For each row, the place of its word in the contract's list.
    pub(super) fn meaning(&self, name: &str, row: usize) -> Option<u32> {
        let code = self.codes(name)?.get(row);
        self.meanings.get(name)?.places.get(code as usize).copied().filter(|p| *p != NO_WORD)
    }
}

impl Checker<'_> {
    fn sieve<'t>(&self, table: &'t Table) -> Sieve<'t> {
        let spans = table.columns.iter().zip(&table.cells).filter_map(|(column, cells)| match cells {
            Cells::Day(days) => Some((column.name.as_str(), span(days))),
            _ => None,
        });
        Sieve { table, aside: Aside::of(table.rows, &table.aside), meanings: BTreeMap::new(), spans: spans.collect() }
    }

    fn spec(&self, kind: TableKind) -> Option<&TableSpec> {
        self.project.table(kind)
    }

    /// Sets a row aside for a problem that is a warning by nature.
    fn set_aside(&mut self, sieve: &mut Sieve<'_>, row: usize, problem: Problem) {
        self.problems.push(sieve.table.place(row, problem));
        sieve.aside.set(row);
    }

    /// Reports a row's error; a warning where the project sets such rows aside.
    fn row_error(&mut self, sieve: &mut Sieve<'_>, row: usize, mut problem: Problem) {
        if self.project.check.set_aside.iter().any(|c| c == problem.code) {
            problem.severity = Severity::Warning;
        } else if problem.help.is_none() {
            problem = problem.clone().help(format!("mend the file, or set such rows aside: [check] set_aside = [\"{}\"]", problem.code));
        }
        self.set_aside(sieve, row, problem);
    }

    fn dates(&mut self, sieve: &mut Sieve<'_>) {
        let table = sieve.table;
        for (column, cells) in table.columns.iter().zip(&table.cells) {
            let Cells::Day(days) = cells else { continue };
            // An end far in the future, such as 9999-12-31, is how many systems write *open*: it stays, and means that.
            let latest = if ["to", "closed_on"].contains(&column.name.as_str()) { Day(i32::MAX - 1) } else { LATEST };
            let span = sieve.span(&column.name).unwrap_or((Day::NEVER, Day::NULL));
            if span.1 == Day::NULL || (EARLIEST <= span.0 && span.1 <= latest) {
                continue;
            }
            for (row, day) in days.iter().enumerate() {
                if day.known().is_some_and(|d| !(EARLIEST..=latest).contains(&d)) && !sieve.aside.is(row) {
                    let problem = Problem::warning("data.absurd_date", "the date is no date of an account")
                        .column(column.source.clone())
                        .value(day.to_string())
                        .rule(format!("{EARLIEST} to {LATEST}"))
                        .help("mend the date; if it means 'none', name it in null_words");
                    self.set_aside(sieve, row, problem);
                }
            }
        }
        let pairs: &[(&str, &str)] = match table.kind {
            TableKind::Accounts => &[("opened_on", "closed_on")],
            TableKind::Events => &[("from", "to")],
            _ => &[],
        };
        for (first, second) in pairs {
            let (Some(from), Some(to)) = (table.days(first), table.days(second)) else { continue };
            for row in 0..table.rows {
                if let (Some(a), Some(b)) = (from[row].known(), to[row].known())
                    && b < a
                    && !sieve.aside.is(row)
                {
                    let problem = Problem::warning("data.bad_order", format!("{second} lies before {first}"))
                        .column(table.source(second))
                        .value(b.to_string())
                        .rule(format!("not before {a}"))
                        .help("mend one of the two dates");
                    if table.kind == TableKind::Events {
                        // A broken date frees nobody: what it is about stays in force.
                        self.problems.push(table.place(row, problem.help("mend one of the two dates; until then it counts as open")));
                    } else {
                        self.set_aside(sieve, row, problem);
                    }
                }
            }
        }
    }

    /// Days past due are whole days, and no account is a hundred years late.
    fn days_past_due(&mut self, sieve: &mut Sieve<'_>) {
        let table = sieve.table;
        let (TableKind::Statements, Some(Cells::Number(days))) = (table.kind, table.cells("days_past_due")) else { return };
        for (row, value) in days.iter().enumerate() {
            if !value.is_nan() && (*value < 0.0 || *value > MOST_DAYS || value.fract() != 0.0) && !sieve.aside.is(row) {
                let problem = Problem::error("data.absurd_value", "days past due are no whole number of days")
                    .column(table.source("days_past_due"))
                    .value(value.to_string())
                    .rule(format!("0 to {MOST_DAYS}"));
                self.row_error(sieve, row, problem);
            }
        }
    }

    /// The hour of a contact is a whole hour of a day.
    fn hours(&mut self, sieve: &mut Sieve<'_>) {
        let table = sieve.table;
        let (TableKind::Contacts, Some(Cells::Number(hours))) = (table.kind, table.cells("hour")) else { return };
        for (row, hour) in hours.iter().enumerate() {
            if !hour.is_nan() && !is_hour(*hour) && !sieve.aside.is(row) {
                let problem = Problem::error("data.absurd_value", "the hour is no whole hour of a day")
                    .column(table.source("hour"))
                    .value(hour.to_string())
                    .rule("0 to 23, where the borrower lives");
                self.row_error(sieve, row, problem);
            }
        }
    }

    fn codes(&mut self, sieve: &mut Sieve<'_>) {
        let table = sieve.table;
        let spec = self.spec(table.kind).cloned();
        for (column, cells) in table.columns.iter().zip(&table.cells) {
            let Cells::Words { codes, own, .. } = cells else { continue };
            let is_status = table.kind == TableKind::Statements && column.name == "status";
            let words = table.kind.words(&column.name);
            let Some(spec) = &spec else { continue };
            if words.is_none() && !is_status {
                continue;
            }
            let map = spec.codes.get(&column.name);
            let place = |word: &str| -> u32 {
                if is_status {
                    return spec.status.keys().position(|k| k == word).map_or(NO_WORD, |p| p as u32);
                }
                if column.name == "bucket" {
                    return Bucket::parse(word).map_or(NO_WORD, |b| u32::from(b.0));
                }
                let ours = map.and_then(|m| m.get(word)).map_or(word, String::as_str);
                words.and_then(|w| w.iter().position(|k| *k == ours)).map_or(NO_WORD, |p| p as u32)
            };
            let places: Vec<u32> = own.list().iter().map(|w| place(w)).collect();
            if places.contains(&NO_WORD) {
                let known: Vec<&str> = if is_status { spec.status.keys().map(String::as_str).collect() } else { words.unwrap_or(&[]).to_vec() };
                let key = if is_status { "status".to_string() } else { format!("codes.{}", column.name) };
                for (row, code) in codes.iter().enumerate() {
                    if code == NO_WORD || places[code as usize] != NO_WORD || sieve.aside.is(row) {
                        continue;
                    }
                    let word = &own.list()[code as usize];
                    let mut help = format!("map it in the project file: [tables.{}.{key}]", table.kind.name());
                    if let Some(near) = nearest(word, known.iter().copied()) {
                        help = format!("{help}; nearest is `{near}`");
                    }
                    let problem = Problem::error("data.bad_code", format!("`{word}` is not a {} that recoup knows", column.name))
                        .column(column.source.clone())
                        .value(word.clone())
                        .rule(known.join(", "))
                        .help(help);
                    self.row_error(sieve, row, problem);
                }
            }
            let name = table.kind.columns().iter().find(|c| c.name == column.name).map_or("", |c| c.name);
            sieve.meanings.insert(name, Meanings { places });
        }
        if table.kind == TableKind::Statements && !["status", "bucket", "days_past_due"].iter().any(|c| table.cells(c).is_some()) {
            self.problems.push(
                Problem::error("data.missing_column", "statements say nothing about arrears")
                    .file(table.files[0].name.clone())
                    .rule("a column days_past_due, bucket or status")
                    .help("map one of them in the project file: [tables.statements] columns = { status = \"…\" }"),
            );
        }
    }

    fn duplicates(&mut self, sieve: &mut Sieve<'_>) {
        let table = sieve.table;
        let mut keys: Vec<(&Codes, &str)> = Vec::new();
        let named = self.spec(table.kind).map(|s| s.key.clone()).unwrap_or_default();
        if named.is_empty() {
            // One row an account is what an accounts table is. Other tables have no key unless the project names one.
            match (table.kind, sieve.codes("account_id")) {
                (TableKind::Accounts, Some(codes)) => keys.push((codes, "account_id")),
                _ => return,
            }
        } else {
            for (column, cells) in table.columns.iter().zip(&table.cells) {
                if let (Cells::Words { codes, .. }, Purpose::Key) = (cells, column.purpose) {
                    keys.push((codes, &column.source));
                }
            }
        }
        let shown: Vec<&str> = keys.iter().map(|k| k.1).collect();
        let known = first_known(self.project, table);
        let mut repeats = Vec::new();
        // Of two rows of a key the one that was known first is kept: what is written later takes nothing away from what was known.
        let mut judge = |kept: &mut usize, row: usize| {
            let later = if known(row) < known(*kept) { std::mem::replace(kept, row) } else { row };
            repeats.push(later);
        };
        if let [(codes, _)] = keys[..] {
            // Codes are places among the words, so one column needs no map.
            let most = codes.runs().map(|(code, _)| code).filter(|code| *code != NO_WORD).max();
            let mut kept = vec![usize::MAX; most.map_or(0, |most| most as usize + 1)];
            for (row, code) in codes.iter().enumerate().filter(|(row, _)| !sieve.aside.is(*row)) {
                match kept.get_mut(code as usize) {
                    Some(kept) if *kept == usize::MAX => *kept = row,
                    Some(kept) => judge(kept, row),
                    None => {}
                }
            }
        } else {
            let mut kept: HashMap<Vec<u32>, usize> = HashMap::with_capacity(table.rows);
            for row in sieve.aside.used() {
                match kept.entry(keys.iter().map(|k| k.0.get(row)).collect()) {
                    Entry::Vacant(new) => drop(new.insert(row)),
                    Entry::Occupied(mut seen) => judge(seen.get_mut(), row),
                }
            }
        }
        repeats.sort_unstable();
        let values: Vec<&Cells> =
            table.columns.iter().zip(&table.cells).filter(|(c, _)| shown.contains(&&*c.source) || c.name == shown[0]).map(|(_, v)| v).collect();
        for row in repeats {
            let value: Vec<&str> = values.iter().filter_map(|v| v.word(word_at(v, row))).collect();
            let problem =
                Problem::warning("data.duplicate_key", format!("another row of {} has this key; the one known first is kept", table.kind.name()))
                    .column(shown.join(", "))
                    .value(value.first().copied().unwrap_or_default())
                    .rule("one row a key")
                    .help("if the rows are two records, name a key that tells them apart: key = [ … ]");
            self.set_aside(sieve, row, problem);
        }
    }

    /// The last day of the data: as the project says, else the latest record that is not a due date.
    fn data_until(&self, sieves: &[Sieve<'_>]) -> (Day, bool) {
        if let Some(day) = self.project.clock.data_until {
            return (day, false);
        }
        let columns: &[(TableKind, &str)] = &[
            (TableKind::Payments, "paid_on"),
            (TableKind::Payments, "known_on"),
            (TableKind::Statements, "statement_on"),
            (TableKind::Contacts, "contacted_on"),
            (TableKind::Events, "from"),
        ];
        let mut latest = Day::NULL;
        for (kind, name) in columns {
            for sieve in sieves.iter().filter(|s| s.table.kind == *kind) {
                let days = sieve.days(name).unwrap_or(&[]);
                if sieve.aside.count() == 0 {
                    latest = sieve.span(name).map_or(latest, |(_, last)| last.max(latest));
                    continue;
                }
                latest = days.iter().enumerate().filter(|(row, _)| !sieve.aside.is(*row)).map(|(_, day)| *day).max().unwrap_or(latest).max(latest);
            }
        }
        (latest, true)
    }

    fn after_data_end(&mut self, sieve: &mut Sieve<'_>, until: Day) {
        // Future due dates are normal, and so is the planned end of an event.
        let names: &[&str] = match sieve.table.kind {
            TableKind::Accounts => &["opened_on"],
            TableKind::Instalments => &[],
            TableKind::Payments => &["paid_on", "known_on"],
            TableKind::Statements => &["statement_on", "known_on"],
            TableKind::Contacts => &["contacted_on", "known_on"],
            TableKind::Events => &["from", "known_on"],
        };
        for name in names {
            let Some(days) = sieve.table.days(name) else { continue };
            if sieve.span(name).is_none_or(|(_, last)| last <= until) {
                continue;
            }
            // What is known already may begin later: a moratorium from tomorrow on.
            let announced = if sieve.table.kind == TableKind::Events { sieve.table.days("known_on") } else { None };
            let known = |row: usize| announced.is_some_and(|known| known[row].known().is_some_and(|d| d <= until));
            for (row, day) in days.iter().enumerate() {
                if day.known().is_some_and(|d| d > until) && !sieve.aside.is(row) && !known(row) {
                    let problem = Problem::warning("data.after_data_end", format!("{name} lies after the data's end"))
                        .column(sieve.table.source(name))
                        .value(day.to_string())
                        .rule(format!("not after {until}"))
                        .help("mend the date, or say how far the tables reach: [clock] data_until");
                    self.set_aside(sieve, row, problem);
                }
            }
        }
    }
}

/// Whether a number is a whole hour of a day.
pub(super) fn is_hour(hour: f64) -> bool {
    (0.0..=23.0).contains(&hour) && hour.fract() == 0.0
}

/// Earliest and latest known day; the earliest is later than every day, and the latest earlier, where none is known.
fn span(days: &[Day]) -> (Day, Day) {
    let (low, high) = days.iter().fold((i32::MAX, i32::MIN), |(low, high), day| {
        let known = if *day == Day::NULL { i32::MAX } else { day.0 };
        (low.min(known), high.max(day.0))
    });
    (Day(low), Day(high))
}

/// The day on which each row was first known, as the builder has it: as it says, else the day on which it happened, after the posting lag where
/// the table is of records that are posted; never before it happened.
fn first_known<'t>(project: &Project, table: &'t Table) -> impl Fn(usize) -> Day + use<'t> {
    let happened = ["paid_on", "due_on", "statement_on", "contacted_on", "from"].into_iter().find_map(|name| table.days(name));
    let known = if table.kind == TableKind::Accounts { None } else { table.days("known_on") };
    let posted = matches!(table.kind, TableKind::Payments | TableKind::Contacts | TableKind::Events);
    let lag = if posted { project.clock.posting_lag_days } else { 0 };
    move |row| {
        let happened = happened.and_then(|days| days[row].known());
        let said = known.and_then(|days| days[row].known());
        match (said, happened) {
            (Some(said), Some(happened)) => said.max(happened),
            (Some(said), None) => said,
            (None, Some(happened)) => happened.plus(lag),
            (None, None) => Day::NULL,
        }
    }
}

fn word_at(cells: &Cells, row: usize) -> u32 {
    match cells {
        Cells::Words { codes, .. } => codes.get(row),
        _ => NO_WORD,
    }
}
