//! Files to typed tables: finds the files, plans the columns, reads CSV and Parquet, keeps the place of every row.
//!
//! Takes a [`Project`]; gives [`Tables`] and the problems of reading. Deliberately absent: any judgement that needs two rows or two
//! tables; that is `data::check`.

use super::cells::{Cells, Codes, Words};
use super::{read_csv, read_parquet};
use crate::base::config::{FeatureKind, Project, TableSpec};
use crate::base::dates::Day;
use crate::base::files::fingerprint;
use crate::base::problem::{Problem, Problems, Severity, suggestion};
use crate::base::schema::{ColumnSpec, ColumnType, TableKind};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a planned column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A column of the data contract.
    Contract,
    /// A feature of the project's own.
    Feature,
    /// Part of the key for duplicates.
    Key,
    /// A protected attribute, read for the audit alone.
    Protected,
}

/// A column to read.
#[derive(Clone, Debug)]
pub struct PlannedColumn {
    /// Our name.
    pub name: String,
    /// The source's name.
    pub source: Arc<str>,
    /// Its type.
    pub of: ColumnType,
    /// Whether each row must have a value.
    pub required: bool,
    /// What it is for.
    pub purpose: Purpose,
}

/// One file of a table and the rows it gave.
#[derive(Clone, Debug)]
pub struct FileSpan {
    /// The file, as messages show it.
    pub name: Arc<str>,
    /// The file.
    pub path: PathBuf,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Its first row in the table.
    pub start: usize,
    /// How many rows it gave.
    pub rows: usize,
    /// Row number of its first row.
    pub first_number: u64,
    /// Places (rows of this file) from which row numbers jump, and by how many in all: blank lines before them.
    pub jumps: Vec<(usize, u64)>,
}

/// A table as read.
#[derive(Clone, Debug)]
pub struct Table {
    /// Which table.
    pub kind: TableKind,
    /// Its files in order.
    pub files: Vec<FileSpan>,
    /// What was planned, in the order of `cells`.
    pub columns: Vec<PlannedColumn>,
    /// The values, one entry a planned column.
    pub cells: Vec<Cells>,
    /// How many rows were read.
    pub rows: usize,
    /// Rows that reading set aside, ascending.
    pub aside: Vec<u32>,
    /// Columns of the source that nobody mentions.
    pub unused: Vec<String>,
}

/// All tables of a project.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Those that could be read, in [`TableKind::ALL`] order.
    pub list: Vec<Table>,
}

impl Tables {
    /// The table of that kind, if the project has one.
    pub fn get(&self, kind: TableKind) -> Option<&Table> {
        self.list.iter().find(|t| t.kind == kind)
    }
}

impl Table {
    /// The place of one of our columns, if the source has it.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name && c.purpose == Purpose::Contract)
    }

    /// The cells of one of our columns, if the source has it.
    pub fn cells(&self, name: &str) -> Option<&Cells> {
        self.column(name).map(|place| &self.cells[place])
    }

    /// One of our columns of dates, if the source has it.
    pub fn days(&self, name: &str) -> Option<&[Day]> {
        match self.cells(name) {
            Some(Cells::Day(days)) => Some(days),
            _ => None,
        }
    }

    /// The codes of one of our columns of words, if the source has it.
    pub fn codes(&self, name: &str) -> Option<&Codes> {
        match self.cells(name) {
            Some(Cells::Words { codes, .. }) => Some(codes),
            _ => None,
        }
    }

    /// The source's name of one of our columns, for messages.
    pub fn source(&self, name: &str) -> Arc<str> {
        self.columns.iter().find(|c| c.name == name).map_or_else(|| name.into(), |c| c.source.clone())
    }

    /// Adds the file and the row number of a row to a problem about it.
    pub fn place(&self, row: usize, problem: Problem) -> Problem {
        match self.files.iter().rev().find(|f| f.start <= row) {
            Some(file) => problem.file(file.name.clone()).row(file.number(row - file.start)),
            None => problem,
        }
    }
}

impl FileSpan {
    /// The row number, as a spreadsheet shows it, of a row of this file.
    pub fn number(&self, row: usize) -> u64 {
        let before = self.jumps.partition_point(|(place, _)| *place <= row);
        self.first_number + row as u64 + before.checked_sub(1).map_or(0, |k| self.jumps[k].1)
    }
}

/// What reading one file gave.
pub struct FilePart {
    /// One entry a planned column.
    pub cells: Vec<Cells>,
    /// Its rows.
    pub rows: usize,
    /// Row number of the first.
    pub first_number: u64,
    /// As [`FileSpan::jumps`].
    pub jumps: Vec<(usize, u64)>,
    /// Rows set aside.
    pub aside: Vec<u32>,
    /// Problems.
    pub problems: Problems,
    /// Columns that nobody mentions.
    pub unused: Vec<String>,
}

/// What a reader needs to know besides the file.
pub struct ReadContext<'a> {
    /// The table as the project describes it.
    pub spec: &'a TableSpec,
    /// What the table is called.
    pub table: &'static str,
    /// The columns that recoup knows in it.
    pub known: &'static [ColumnSpec],
    /// Currency decimals.
    pub minor_digits: u8,
    /// Whether protected attributes are read.
    pub audit: bool,
    /// Codes whose rows are set aside instead of stopping the run.
    pub set_aside: &'a [String],
    /// The accounts' identifiers, once they are known.
    pub account_ids: Option<Arc<Words>>,
    /// The file's name for messages.
    pub name: Arc<str>,
}

impl ReadContext<'_> {
    /// The severity of a row's problem: an error, unless the project says to set such rows aside.
    pub fn row_severity(&self, code: &str) -> Severity {
        if self.set_aside.iter().any(|c| c == code) { Severity::Warning } else { Severity::Error }
    }

    /// Plans the columns against what a file has.
    pub fn plan(&self, header: &[String], problems: &mut Problems) -> (Vec<PlannedColumn>, Vec<String>) {
        let spec = self.spec;
        let mut columns = Vec::new();
        for (place, source) in header.iter().enumerate().filter(|(place, h)| header[..*place].contains(h)) {
            problems.push(
                Problem::error("data.duplicate_column", format!("the header names `{source}` twice"))
                    .file(self.name.clone())
                    .column(source.as_str())
                    .value(format!("column {}", place + 1))
                    .help("rename one of them, so that it is clear which is meant"),
            );
        }
        let mut withheld_columns: Vec<&str> = Vec::new();
        let mut missing = |what: &str, source: &str| {
            problems.push(
                Problem::error("data.missing_column", format!("{} has no column `{source}` ({what})", self.table))
                    .file(self.name.clone())
                    .column(source)
                    .help(suggestion(source, header.iter().map(String::as_str))),
            );
        };
        for known in self.known {
            let mapped = spec.columns.get(known.name);
            let source = mapped.map_or(known.name, String::as_str);
            let withheld = spec.protected.iter().chain(&spec.ignored).any(|s| s == source);
            if mapped.is_none() && !known.required && withheld {
                if header.iter().any(|h| h == source) {
                    withheld_columns.push(known.name);
                }
                continue;
            }
            if header.iter().any(|h| h == source) {
                columns.push(PlannedColumn {
                    name: known.name.into(),
                    source: source.into(),
                    of: known.of,
                    required: known.required,
                    purpose: Purpose::Contract,
                });
            } else if mapped.is_some() || known.required {
                missing(&format!("our {}", known.name), source);
            }
        }
        for (name, feature) in &spec.features {
            if header.contains(&feature.column) {
                let of = match feature.kind {
                    FeatureKind::Numeric => ColumnType::Number,
                    FeatureKind::Category => ColumnType::Code,
                };
                columns.push(PlannedColumn {
                    name: name.clone(),
                    source: feature.column.as_str().into(),
                    of,
                    required: false,
                    purpose: Purpose::Feature,
                });
            } else {
                missing("a feature", &feature.column);
            }
        }
        for source in &spec.key {
            if header.contains(source) {
                columns.push(PlannedColumn {
                    name: source.clone(),
                    source: source.as_str().into(),
                    of: ColumnType::Id,
                    required: true,
                    purpose: Purpose::Key,
                });
            } else {
                missing("the table's key", source);
            }
        }
        for source in &spec.protected {
            if !header.contains(source) {
                missing("protected", source);
            } else if self.audit && spec.kind == TableKind::Accounts {
                columns.push(PlannedColumn {
                    name: source.clone(),
                    source: source.as_str().into(),
                    of: ColumnType::Code,
                    required: false,
                    purpose: Purpose::Protected,
                });
            }
        }
        for column in withheld_columns {
            problems.push(
                Problem::note(
                    "data.withheld_column",
                    format!("{} has a column `{column}`, and the project withholds it from recoup", spec.kind.name()),
                )
                .file(self.name.clone())
                .column(column)
                .rule("a column of the data contract: without it cases, folds and exclusions may be others")
                .help("if that is not meant, take it out of `protected` and `ignored`"),
            );
        }
        let unused = header
            .iter()
            .filter(|h| !columns.iter().any(|c| *c.source == ***h) && !spec.protected.contains(*h) && !spec.ignored.contains(*h))
            .cloned()
            .collect();
        (columns, unused)
    }
}

/// Finds the files of a pattern: a file, a glob, or a folder of CSV or Parquet files. Sorted by name.
fn files_of(root: &Path, pattern: &str, table: &str) -> Result<Vec<PathBuf>, Box<Problem>> {
    let path = root.join(pattern);
    let none = |why: &str, help: String| {
        let problem =
            Problem::error("data.missing_file", format!("{table}: {why}")).file(path.display().to_string()).column(format!("tables.{table}.path"));
        Err(Box::new(problem.help(help)))
    };
    let is_table = |p: &Path| {
        // A folder that Spark wrote holds `_SUCCESS` and `.crc` files beside the data.
        let name = p.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
        !name.starts_with(['.', '_']) && [".csv", ".csv.gz", ".tsv", ".txt", ".parquet", ".pq"].iter().any(|e| name.ends_with(e))
    };
    if path.is_file() {
        return Ok(vec![path]);
    }
    let mut found: Vec<PathBuf> = if path.is_dir() {
        std::fs::read_dir(&path)
            .map(|entries| entries.flatten().map(|e| e.path()).filter(|p| p.is_file() && is_table(p)).collect())
            .unwrap_or_default()
    } else if pattern.contains(['*', '?', '[']) {
        // An absolute pattern replaces the root; the root may be empty, where the project file is named without a folder.
        let whole = Path::new(&glob::Pattern::escape(&root.to_string_lossy())).join(pattern);
        match glob::glob(&whole.to_string_lossy()) {
            Ok(paths) => paths.flatten().filter(|p| p.is_file() && is_table(p)).collect(),
            Err(e) => return none(&format!("the pattern cannot be read: {e}"), "a pattern such as payments-*.csv".into()),
        }
    } else {
        let folder = path.parent().unwrap_or(root);
        let there: Vec<String> = std::fs::read_dir(folder)
            .map(|entries| entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect())
            .unwrap_or_default();
        let wanted = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let help =
            if there.is_empty() { format!("there is no folder {}", folder.display()) } else { suggestion(&wanted, there.iter().map(String::as_str)) };
        return none("the file does not exist", help);
    };
    found.sort();
    if found.is_empty() { none("no CSV or Parquet file is there", "check the path in the project file".into()) } else { Ok(found) }
}

/// Reads every table of a project.
///
/// The accounts are read first, so that the other tables' account identifiers become places among them as they are read.
pub fn read(project: &Project) -> (Tables, Problems) {
    let mut problems = Problems::default();
    let mut tables = Tables::default();
    let mut account_ids = None;
    if let Some(spec) = project.table(TableKind::Accounts) {
        let (table, found) = read_table(project, spec, None);
        problems.append(found);
        if let Some(table) = table {
            if let Some(Cells::Words { own, .. }) = table.cells("account_id") {
                account_ids = Some(Arc::new(own.clone()));
            }
            tables.list.push(table);
        }
    }
    let others: Vec<&TableSpec> = project.tables.iter().filter(|t| t.kind != TableKind::Accounts).collect();
    let read: Vec<(Option<Table>, Problems)> = others.par_iter().map(|spec| read_table(project, spec, account_ids.clone())).collect();
    for (table, found) in read {
        problems.append(found);
        tables.list.extend(table);
    }
    (tables, problems)
}

/// A file read, or why it cannot be.
type ReadFile = Result<(FileSpan, FilePart, Vec<PlannedColumn>), Problems>;

fn read_table(project: &Project, spec: &TableSpec, account_ids: Option<Arc<Words>>) -> (Option<Table>, Problems) {
    let mut problems = Problems::default();
    let mut paths = Vec::new();
    for pattern in &spec.paths {
        match files_of(&project.root, pattern, spec.kind.name()) {
            Ok(found) => paths.extend(found),
            Err(problem) => problems.push(*problem),
        }
    }
    let parts: Vec<ReadFile> = paths
        .into_par_iter()
        .map(|path| {
            let name: Arc<str> = path.strip_prefix(&project.root).unwrap_or(&path).to_string_lossy().into();
            let context = ReadContext {
                spec,
                table: spec.kind.name(),
                known: spec.kind.columns(),
                minor_digits: project.currency.minor_digits,
                set_aside: &project.check.set_aside,
                audit: project.audit,
                account_ids: account_ids.clone(),
                name: name.clone(),
            };
            let print = fingerprint(&path).map_err(|f| Problems::from(f.problems))?;
            let (columns, part) =
                if read_parquet::is_parquet(&path) { read_parquet::read(&path, &context)? } else { read_csv::read(&path, &context)? };
            let span =
                FileSpan { name, path, fingerprint: print, start: 0, rows: part.rows, first_number: part.first_number, jumps: part.jumps.clone() };
            Ok((span, part, columns))
        })
        .collect();
    let mut table: Option<Table> = None;
    for part in parts {
        match part {
            Err(found) => problems.append(found),
            Ok((mut span, part, columns)) => {
                problems.append(part.problems);
                match &mut table {
                    None => {
                        table = Some(Table {
                            kind: spec.kind,
                            files: vec![span],
                            columns,
                            cells: part.cells,
                            rows: part.rows,
                            aside: part.aside,
                            unused: part.unused,
                        })
                    }
                    Some(table) => {
                        let names = |columns: &[PlannedColumn]| columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
                        if names(&table.columns) != names(&columns) {
                            problems.push(
                                Problem::error("data.different_columns", "the files of one table have different columns")
                                    .file(span.name.clone())
                                    .value(names(&columns).join(", "))
                                    .rule(format!("as in {}: {}", table.files[0].name, names(&table.columns).join(", ")))
                                    .help("give the files the same columns, or name only those that belong together"),
                            );
                            continue;
                        }
                        span.start = table.rows;
                        table.aside.extend(part.aside.iter().map(|row| row + table.rows as u32));
                        table.rows += part.rows;
                        table.files.push(span);
                        for (cells, more) in table.cells.iter_mut().zip(part.cells) {
                            cells.append(more);
                        }
                    }
                }
            }
        }
    }
    if let Some(table) = &table
        && table.rows == 0
        && problems.count(Severity::Error) == 0
    {
        let message = format!("{} has no rows", spec.kind.name());
        // A night without a contact or an event may be, and a new book without a payment; a book without accounts or a history may not.
        let problem = match spec.kind {
            TableKind::Payments | TableKind::Contacts | TableKind::Events => Problem::warning("data.empty_table", message),
            _ => Problem::error("data.empty_table", message),
        };
        problems.push(problem.file(table.files[0].name.clone()).rule("at least one row").help(match spec.kind {
            TableKind::Payments => "check the export; a ledger nobody has paid into yet is as it should be",
            _ => "check the export; if the bank keeps no such table, leave it out of the project file",
        }));
    }
    (table, problems)
}
