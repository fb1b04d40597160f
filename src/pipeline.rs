//! One straight-line function a command; reads like a table of contents.
//!
//! Takes paths and arguments; gives serialisable summaries. Deliberately absent: printing, exiting, the clock.

use crate::base::config::{Observe, Project, Step};
use crate::base::dates::Day;
use crate::base::files::write_whole;
use crate::base::problem::{Failure, Problem, Problems, Result, Severity};
use crate::base::units::Bucket;
use crate::data::cases::{Cases, Maturity};
use crate::data::check::{TableCount, check as check_tables};
use crate::data::features::Values;
use crate::data::history::Portfolio;
use crate::data::observe::{Observed, observe};
use crate::data::tables;
use crate::data::write::{Format, OutColumn, OutTable};
use crate::model::file::{InputFile, Provenance};
use crate::model::train::{TrainingInput, train as train_model};
use crate::report::summary::{BucketCount, CasesSummary, CheckSummary, TrainSummary};
use std::collections::BTreeMap;
use std::path::Path;

/// Told the name of each step as it begins.
pub type Steps<'a> = &'a dyn Fn(&str);

/// A checked book.
pub struct Book {
    /// The project.
    pub project: Project,
    /// Its rows.
    pub portfolio: Portfolio,
    /// Its tables, counted.
    pub counts: Vec<TableCount>,
    /// Warnings and notes.
    pub problems: Problems,
}

/// `recoup check`: everything that is wrong with the tables, at once.
///
/// # Errors
/// Problems of the project file itself; those of the tables are in the summary.
pub fn check(project_file: &Path, steps: Steps<'_>) -> Result<CheckSummary> {
    let project = Project::load(project_file)?;
    steps("reading the tables");
    let (tables, problems) = tables::read(&project);
    steps("checking");
    let checked = check_tables(&project, &tables, problems);
    let mut by_code = BTreeMap::new();
    checked.problems.counts().for_each(|(_, code, n)| *by_code.entry(code).or_default() += n);
    let book = checked.portfolio.as_ref();
    Ok(CheckSummary {
        data_from: book.map(|b| b.data_from),
        data_until: book.map(|b| b.data_until),
        data_until_inferred: book.is_some_and(|b| b.data_until_inferred),
        accounts: book.map_or(0, Portfolio::accounts),
        borrowers: book.map_or(0, Portfolio::borrowers),
        errors: checked.problems.count(Severity::Error),
        warnings: checked.problems.count(Severity::Warning),
        notes: checked.problems.count(Severity::Note),
        by_code,
        assumed: project.declared.sentences(project.currency.minor_digits),
        tables: checked.counts,
        problems: checked.problems,
        project: project.name,
    })
}

/// Reads and checks the book of a project.
///
/// # Errors
/// Every problem of the project file or its tables, if one of them is an error.
pub fn read_book(project_file: &Path, steps: Steps<'_>) -> Result<Book> {
    let project = Project::load(project_file)?;
    steps("reading the tables");
    let (tables, problems) = tables::read(&project);
    steps("checking");
    let checked = check_tables(&project, &tables, problems);
    match checked.portfolio {
        Some(portfolio) => Ok(Book { project, portfolio, counts: checked.counts, problems: checked.problems }),
        None => Err(checked.problems.stop_on_error().err().unwrap_or_else(|| Failure { problems: Vec::new(), kept_in: None })),
    }
}

/// `recoup cases`: the cases of the project's observation dates, with outcomes and features, written to `out` if given.
///
/// # Errors
/// As [`read_book`]; `cases.none` if no account is a case; `file.io` if `out` cannot be written.
pub fn cases(project_file: &Path, out: Option<&Path>, steps: Steps<'_>) -> Result<(CasesSummary, Problems)> {
    let format = out.map(table_format).transpose()?;
    let book = read_book(project_file, steps)?;
    steps("observing the accounts");
    let observed = observe(&book.project, &book.portfolio, &book.project.observe);
    if observed.cases.is_empty() {
        return Err(no_cases(&book.project, &observed));
    }
    let summary = summarise_cases(&book.project, &observed);
    if let (Some(path), Some(format)) = (out, format) {
        steps("writing the cases");
        cases_table(&book.project, &observed).write(path, format)?;
    }
    Ok((summary, book.problems))
}

/// `recoup train`: a model of the project's cases, evaluated out of time, written to `out`.
///
/// # Errors
/// As [`cases`]; those of training; `file.io` if `out` cannot be written.
pub fn train(project_file: &Path, out: &Path, steps: Steps<'_>) -> Result<(TrainSummary, Problems)> {
    let book = read_book(project_file, steps)?;
    steps("observing the accounts");
    let observed = observe(&book.project, &book.portfolio, &book.project.observe);
    if observed.cases.is_empty() {
        return Err(no_cases(&book.project, &observed));
    }
    let (train, test) = split(&book.project, &observed.cases);
    steps("training");
    let provenance = provenance(&book, &observed, &train, &test);
    let cases = &observed.cases;
    let model = train_model(&TrainingInput {
        features: &observed.features,
        repaid: &cases.repaid,
        borrower: &cases.borrower,
        bucket: &cases.bucket,
        dpd: &cases.dpd,
        train: &train,
        test: &test,
        settings: &book.project.model,
        provenance,
    })
    .map_err(|failure| in_file(failure, project_file))?;
    model.save(out)?;
    Ok((TrainSummary::of(&model, out), book.problems))
}

/// Names the project file in problems that name no file.
fn in_file(mut failure: Failure, file: &Path) -> Failure {
    for problem in failure.problems.iter_mut().filter(|p| p.file.is_none()) {
        problem.file = Some(file.display().to_string().into());
    }
    failure
}

/// Places of the mature cases that train and that test.
fn split(project: &Project, cases: &Cases) -> (Vec<u32>, Vec<u32>) {
    let mature = (0..cases.len() as u32).filter(|k| cases.maturity[*k as usize] == Maturity::Mature);
    let Some(split) = project.split else {
        return (mature.collect(), Vec::new());
    };
    let until = split.test_until.unwrap_or(Day::NEVER);
    let (train, later): (Vec<u32>, Vec<u32>) = mature.partition(|k| cases.as_of[*k as usize] <= split.train_until);
    (train, later.into_iter().filter(|k| (split.test_from..=until).contains(&cases.as_of[*k as usize])).collect())
}

fn provenance(book: &Book, observed: &Observed, train: &[u32], test: &[u32]) -> Provenance {
    let (project, cases) = (&book.project, &observed.cases);
    let window = |rows: &[u32]| -> Option<[String; 2]> {
        let days = || rows.iter().map(|r| cases.as_of[*r as usize]);
        Some([days().min()?.to_string(), days().max()?.to_string()])
    };
    let mut borrowers: Vec<u32> = train.iter().map(|r| cases.borrower[*r as usize]).collect();
    borrowers.sort_unstable();
    borrowers.dedup();
    let digits = project.currency.minor_digits;
    Provenance {
        project: project.name.clone(),
        outcome: project.outcome.name().to_string(),
        outcome_meaning: project.outcome.meaning(),
        population: format!("days past due >= {}, arrears >= {}, open, not deceased, not written off", project.population.min_dpd, project.population.min_arrears.text(digits)),
        observed: match &project.observe {
            Observe::Entry => "on the first day of each arrears episode".into(),
            Observe::Dates(days) => format!("on {} dates", days.len()),
            Observe::Step { step: Step::MonthEnd, .. } => "at each month end".into(),
            Observe::Step { step: Step::Week, .. } => "each week".into(),
        },
        currency: project.currency.code.clone(),
        train_window: window(train).unwrap_or_default(),
        test_window: window(test),
        train_cases: train.len() as u64,
        train_borrowers: borrowers.len() as u64,
        train_repaid_share: train.iter().filter(|r| cases.repaid[**r as usize]).count() as f64 / train.len().max(1) as f64,
        test_cases: test.len() as u64,
        excluded: observed.excluded.iter().map(|(reason, n)| (reason.to_string(), *n)).collect(),
        assumed: project.declared.sentences(digits),
        inputs: inputs(book),
    }
}

fn inputs(book: &Book) -> Vec<InputFile> {
    let of = |table: &TableCount| {
        let name = table.table;
        table.files.iter().map(move |f| InputFile { table: name.into(), path: f.path.to_string(), rows: f.rows as u64, fingerprint: f.fingerprint.clone() }).collect::<Vec<_>>()
    };
    book.counts.iter().flat_map(of).collect()
}

/// The format that a file's name asks for.
fn table_format(path: &Path) -> Result<Format> {
    Format::of(path).ok_or_else(|| {
        Problem::error("file.format", "the file's name says no format")
            .file(path.display().to_string())
            .rule("a name that ends in .csv, .csv.gz or .parquet")
            .fail()
    })
}

fn no_cases(project: &Project, observed: &Observed) -> Failure {
    let reasons: Vec<String> = observed.excluded.iter().map(|(reason, n)| format!("{reason} {n}")).collect();
    Problem::error("cases.none", "no account is a case under this project's rules")
        .file(project.file.display().to_string())
        .value(if reasons.is_empty() { "no account was observed".to_string() } else { format!("{} observations: {}", observed.observations, reasons.join(", ")) })
        .rule(format!("days past due >= {}, arrears >= {}", project.population.min_dpd, project.population.min_arrears.text(project.currency.minor_digits)))
        .help("check the observation dates against the data, and the population rule")
        .fail()
}

fn summarise_cases(project: &Project, observed: &Observed) -> CasesSummary {
    let cases = &observed.cases;
    let count = |wanted: &dyn Fn(usize) -> bool| {
        let chosen: Vec<usize> = (0..cases.len()).filter(|k| wanted(*k)).collect();
        let mature: Vec<usize> = chosen.iter().copied().filter(|k| cases.maturity[*k] == Maturity::Mature).collect();
        let repaid = mature.iter().filter(|k| cases.repaid[**k]).count();
        (chosen.len(), mature.len(), (!mature.is_empty()).then(|| repaid as f64 / mature.len() as f64))
    };
    let (all, mature_cases, repaid_share) = count(&|_| true);
    let mut borrowers = cases.borrower.clone();
    borrowers.dedup();
    CasesSummary {
        project: project.name.clone(),
        outcome: project.outcome.meaning(),
        observations: observed.observations,
        cases: all,
        borrowers: borrowers.len(),
        mature_cases,
        repaid_share,
        excluded: observed.excluded.clone(),
        by_bucket: (0..8)
            .map(Bucket)
            .map(|bucket| {
                let (cases, mature_cases, repaid_share) = count(&|k| cases.bucket[k] == bucket);
                BucketCount { bucket, cases, mature_cases, repaid_share }
            })
            .filter(|b| b.cases > 0)
            .collect(),
        assumed: project.declared.sentences(project.currency.minor_digits),
    }
}

/// One row a case: who, when, what was known, what followed.
fn cases_table(project: &Project, observed: &Observed) -> OutTable {
    let cases = &observed.cases;
    let digits = project.currency.minor_digits;
    let text = |f: &dyn Fn(usize) -> String| OutColumn::Text((0..cases.len()).map(|k| f(k).into()).collect());
    let mut table = OutTable::default()
        .with("account_id", OutColumn::Words { codes: cases.account.clone(), words: cases.account_ids.to_vec() })
        .with("borrower_id", OutColumn::Words { codes: cases.borrower.clone(), words: cases.borrower_ids.to_vec() })
        .with("as_of", OutColumn::Day(cases.as_of.clone()))
        .with("bucket_name", text(&|k| cases.bucket[k].to_string()))
        .with("overdue", OutColumn::Money(cases.arrears.clone(), digits))
        .with("holds", text(&|k| cases.holds[k].names().collect::<Vec<_>>().join(" ")))
        .with(
            "maturity",
            text(&|k| {
                match cases.maturity[k] {
                    Maturity::Mature => "mature",
                    Maturity::Immature => "immature",
                    Maturity::LeftTheBook => "left_the_book",
                }
                .to_string()
            }),
        )
        .with(
            "repaid",
            OutColumn::Number((0..cases.len()).map(|k| if cases.maturity[k] == Maturity::Mature { f64::from(u8::from(cases.repaid[k])) } else { f64::NAN }).collect()),
        )
        .with("paid_ratio", OutColumn::Number(cases.paid_ratio.clone()));
    for column in &observed.features.columns {
        let values = match &column.values {
            Values::Number(v) => OutColumn::Number(v.clone()),
            Values::Category { codes, levels } => OutColumn::Words { codes: codes.clone(), words: levels.clone() },
        };
        table = table.with(&column.name, values);
    }
    table
}

/// Writes every problem to a CSV file: one row each.
///
/// # Errors
/// `file.io` if it cannot be written.
pub fn write_problems<'a>(problems: impl Iterator<Item = &'a Problem>, path: &Path) -> Result<()> {
    write_whole(path, |out| {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(["severity", "code", "message", "file", "row", "column", "value", "rule", "help"])?;
        for p in problems {
            let row = p.row.map(|r| r.to_string()).unwrap_or_default();
            writer.write_record([
                p.severity.name(),
                p.code,
                &p.message,
                p.file.as_deref().unwrap_or(""),
                &row,
                p.column.as_deref().unwrap_or(""),
                p.value.as_deref().unwrap_or(""),
                p.rule.as_deref().unwrap_or(""),
                p.help.as_deref().unwrap_or(""),
            ])?;
        }
        writer.flush()
    })
}
