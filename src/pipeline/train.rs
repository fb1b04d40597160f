//! `recoup train`: a model of the project's cases, with where it comes from.

use super::{Book, Steps, observe_all, read_book, table_format};
use crate::base::config::{Horizon, ModelSettings, Observe, Project, Step};
use crate::base::dates::Day;
use crate::base::files::refuse_input;
use crate::base::problem::{Failure, Problems, Result};
use crate::data::cases::{Cases, Maturity};
use crate::data::check::TableCount;
use crate::data::observe::Observed;
use crate::model::bin::Dropped;
use crate::model::file::{InputFile, Provenance, TrainedOn};
use crate::model::train::{ArrearsColumns, TrainingInput, train as train_model};
use crate::report::summary::TrainSummary;
use crate::report::tables::card_table;
use std::path::Path;

/// The feature that tells the season.
const MONTH: &str = "month";

/// `recoup train`: a model of the project's cases, evaluated out of time, written to `out`.
///
/// # Errors
/// As [`super::cases`]; those of training; `file.io` if `out` cannot be written.
pub fn train(project_file: &Path, out: &Path, scorecard: Option<&Path>, steps: Steps<'_>) -> Result<(TrainSummary, Problems)> {
    let book = read_book(Project::load(project_file)?, steps)?;
    scorecard.map(table_format).transpose()?;
    std::iter::once(out).chain(scorecard).try_for_each(|out| refuse_input(out, &book.inputs()))?;
    steps("observing the accounts");
    let observed = observe_all(&book)?;
    let (train, test) = split(&book.project, &observed.cases);
    steps("training");
    let mut observed = observed;
    let withheld = withhold(&mut observed, &train, &book.project.model);
    let provenance = provenance(&book, &observed, &train, &test);
    let cases = &observed.cases;
    let outcome: Vec<f64> = cases.repaid.iter().map(|r| f64::from(u8::from(*r))).collect();
    let month: Vec<u32> = cases.as_of.iter().map(|day| day.month_index().unsigned_abs()).collect();
    let amount: Vec<f64> = cases.arrears.iter().map(|a| a.known().map_or(f64::NAN, |a| a as f64)).collect();
    let model = train_model(&TrainingInput {
        features: &observed.features,
        outcome: &outcome,
        weight: None,
        borrower: Some(&cases.borrower),
        month: Some(&month),
        arrears: Some(ArrearsColumns { bucket: &cases.bucket, dpd: &cases.dpd, share: &cases.paid_ratio, amount: &amount }),
        train: &train,
        test: &test,
        settings: &book.project.model,
        withheld,
        provenance,
    })
    .map_err(|failure| in_file(failure, project_file))?;
    let model = model.save(out)?;
    if let Some(path) = scorecard {
        card_table(&model).write(path, table_format(path)?)?;
    }
    Ok((TrainSummary::of(&model, out), book.problems))
}

/// Takes the calendar month from the features where the training cases do not span two years, unless the project names it: a month seen once is a
/// date, not a season.
fn withhold(observed: &mut Observed, train: &[u32], settings: &ModelSettings) -> Vec<Dropped> {
    let months = || train.iter().map(|r| observed.cases.as_of[*r as usize].month_index());
    let span = months().max().zip(months().min()).map_or(0, |(last, first)| last - first + 1);
    let named = settings.features.iter().flatten().any(|name| name == MONTH);
    if span >= 24 || named || observed.features.get(MONTH).is_none() {
        return Vec::new();
    }
    observed.features.columns.retain(|column| *column.name != *MONTH);
    vec![Dropped { feature: MONTH.into(), reason: format!("the training cases span {span} months, and a month seen once is a date, not a season") }]
}

/// Names the project file in problems that name no file.
pub(super) fn in_file(mut failure: Failure, file: &Path) -> Failure {
    for problem in failure.problems.iter_mut().filter(|p| p.file.is_none()) {
        problem.file = Some(file.display().to_string().into());
    }
    failure
}

/// Places of the mature cases that train and that test.
pub(super) fn split(project: &Project, cases: &Cases) -> (Vec<u32>, Vec<u32>) {
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
    let train_dpd = || train.iter().map(|r| cases.dpd[*r as usize]);
    let mut borrowers: Vec<u32> = train.iter().map(|r| cases.borrower[*r as usize]).collect();
    borrowers.sort_unstable();
    borrowers.dedup();
    let digits = project.currency.minor_digits;
    let (horizon_days, horizon_cycles) = match project.outcome.rule.horizon() {
        Horizon::Days(days) => (Some(days), None),
        Horizon::Cycles(cycles) => (None, Some(cycles)),
    };
    Provenance {
        trained_on: TrainedOn::Book,
        project: project.name.clone(),
        outcome: project.outcome.name().to_string(),
        outcome_meaning: project.outcome.meaning(),
        horizon_days,
        horizon_cycles,
        tolerance_amount: project.tolerance.amount.0,
        tolerance_share: project.tolerance.share,
        population: format!(
            "days past due >= {}, arrears >= {}, open, not deceased, not written off",
            project.population.min_dpd,
            project.population.min_arrears.text(digits)
        ),
        observed: match &project.observe {
            Observe::Entry => "on the first day of each arrears episode".into(),
            Observe::Dates(days) => format!("on {} dates", days.len()),
            Observe::Step { step: Step::MonthEnd, .. } => "at each month end".into(),
            Observe::Step { step: Step::Week, .. } => "each week".into(),
        },
        currency: project.currency.code.clone(),
        train_window: window(train),
        test_window: window(test),
        train_cases: train.len() as u64,
        train_borrowers: Some(borrowers.len() as u64),
        train_dpd: train_dpd().min().zip(train_dpd().max()).map(|(least, most)| [least, most]),
        train_repaid_share: train.iter().filter(|r| cases.repaid[**r as usize]).count() as f64 / train.len().max(1) as f64,
        test_cases: test.len() as u64,
        weight: None,
        protected: project.tables.iter().flat_map(|t| t.protected.iter().cloned()).collect(),
        excluded: observed.excluded.iter().map(|(reason, n)| (reason.to_string(), *n)).collect(),
        assumed: project.declared.sentences(digits),
        inputs: inputs(book),
    }
}

fn inputs(book: &Book) -> Vec<InputFile> {
    let of = |table: &TableCount| {
        let name = table.table;
        table
            .files
            .iter()
            .map(move |f| InputFile { table: name.into(), path: f.path.to_string(), rows: f.rows as u64, fingerprint: f.fingerprint.clone() })
            .collect::<Vec<_>>()
    };
    book.counts.iter().flat_map(of).collect()
}
