//! One straight-line function a command; reads like a table of contents.
//!
//! Takes paths and arguments; gives serialisable summaries. Deliberately absent: printing, exiting, the clock.

mod flat;
mod models;

pub use flat::{FitTableAsk, TextFormat, fit_table, score_table};
pub use models::{model_diff, model_show};

use crate::base::config::{Horizon, ModelSettings, Observe, Project, Step};
use crate::base::dates::Day;
use crate::base::files::{FolderKind, RunFolder, fingerprint, refuse_foreign, refuse_input, write_whole};
use crate::base::problem::{Failure, Problem, Problems, Result, Severity, suggestion};
use crate::data::cases::{Cases, Maturity};
use crate::data::catalogue::{CATALOGUE, Feature};
use crate::data::check::{Checked, TableCount, check as check_tables};
use crate::data::episodes::episodes;
use crate::data::features::FeatureTable;
use crate::data::history::Portfolio;
use crate::data::observe::{Observed, Selection, observe, observe_selected};
use crate::data::tables;
use crate::data::write::Format;
use crate::decide::choose::{Decisions, decide};
use crate::decide::policy::Policy;
use crate::decide::ranked;
use crate::decide::score::{Scored, score as score_cases};
use crate::model::bin::Dropped;
use crate::model::file::{InputFile, Model, Provenance, TrainedOn};
use crate::model::train::{ArrearsColumns, TrainingInput, train as train_model};
use crate::report::dictionary::FeaturesSummary;
use crate::report::manifest::{InputRecord, Manifest};
use crate::report::summary::{
    CasesSummary, CheckSummary, CompareSummary, DemoSummary, ProveSummary, RollsSummary, ScoreSummary, TopCase, TrainSummary,
};
use crate::report::tables::{card_table, cases_table, episodes_table, features_table, rolls_table, write_problems};
use crate::study::compare::{Comparison, compare as compare_policies};
use crate::study::prove::{Ask as ProofAsk, prove as prove_features};
use crate::study::rolls::{Ask, rolls as roll_rates};
use crate::study::sample;
use crate::study::simulate::{World, WorldSummary, simulate as simulate_world};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Exclusions that say something of outcomes, not of who is a case: scoring has none of them.
const OUTCOME_EXCLUSIONS: [&str; 3] = ["immature", "left_the_book", "no_outcome_for_this_history"];

/// The feature that tells the season.
const MONTH: &str = "month";

/// What `score` leaves in its folder.
const RUN: FolderKind = FolderKind { name: "run", key: "observations", entries: &["ranked", "problems", "manifest"] };
/// What `demo` leaves in its folder.
const DEMO: FolderKind = FolderKind { name: "demo", key: "compare", entries: &["book", "policies", "model", "run", "manifest"] };

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
    let checked = check_tables(&project, tables, problems);
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

impl Book {
    /// Every file that was read: the project file and those of its tables.
    fn inputs(&self) -> Vec<PathBuf> {
        let tables = self.counts.iter().flat_map(|table| &table.files).map(|file| self.project.root.join(&*file.path));
        std::iter::once(self.project.file.clone()).chain(tables).collect()
    }
}

/// Reads and checks the book of a project.
///
/// # Errors
/// Every problem of the project file or its tables, if one of them is an error.
pub fn read_book(project: Project, steps: Steps<'_>) -> Result<Book> {
    steps("reading the tables");
    let (tables, problems) = tables::read(&project);
    steps("checking");
    let checked = check_tables(&project, tables, problems);
    checked_book(project, checked)
}

/// The book of checked tables.
fn checked_book(project: Project, checked: Checked) -> Result<Book> {
    match checked.portfolio {
        Some(portfolio) => Ok(Book { project, portfolio, counts: checked.counts, problems: checked.problems }),
        None => Err(checked.problems.stop_on_error().err().unwrap_or_else(|| Failure { problems: Vec::new(), kept_in: None })),
    }
}

/// Which cases and features to write.
#[derive(Clone, Debug, Default)]
pub struct CasesAsk {
    /// One day instead of the project's dates.
    pub as_of: Option<Day>,
    /// Every account whose history has begun, in arrears or not.
    pub all_accounts: bool,
    /// Only these features, in this order.
    pub features: Option<Vec<String>>,
    /// File for every arrears episode and how it ended.
    pub episodes: Option<PathBuf>,
}

/// `recoup cases`: the cases of the project's observation dates, with outcomes and features, written to `out` if given.
///
/// # Errors
/// As [`read_book`]; `cases.none` if no account is a case; `cases.unknown_feature`; `file.io` if `out` cannot be written.
pub fn cases(project_file: &Path, ask: &CasesAsk, out: Option<&Path>, steps: Steps<'_>) -> Result<(CasesSummary, Problems)> {
    let format = out.map(table_format).transpose()?;
    let episodes_format = ask.episodes.as_deref().map(table_format).transpose()?;
    let book = read_book(Project::load(project_file)?, steps)?;
    out.into_iter().chain(ask.episodes.as_deref()).try_for_each(|out| refuse_input(out, &book.inputs()))?;
    let names: Option<Vec<String>> = ask.features.as_ref().map(|names| names.iter().map(|name| name.trim().to_string()).collect());
    let wanted = names.as_deref();
    let catalogue = wanted.map(|names| only(&book.project, names));
    let catalogue = catalogue.as_deref().unwrap_or(&CATALOGUE);
    let rule = ask.as_of.map_or_else(|| book.project.observe.clone(), |day| Observe::Dates(vec![day]));
    steps("observing the accounts");
    let mut observed = observe_by_rule(&book, &rule, Selection { catalogue, everyone: ask.all_accounts })?;
    if let Some(names) = wanted {
        observed.features = observed.features.only(names).map_err(|name| unknown_feature(&name, &observed.features))?;
    }
    let mut summary = CasesSummary::of(&book.project, &observed);
    if let (Some(path), Some(format)) = (&ask.episodes, episodes_format) {
        steps("writing the episodes");
        let found = episodes(&book.project, &book.portfolio);
        let mut by_end = BTreeMap::new();
        found.iter().for_each(|e| *by_end.entry(e.episode.how.name()).or_default() += 1);
        summary.episodes_by_end = Some(by_end);
        episodes_table(&book.portfolio, &found).write(path, format)?;
    }
    if let (Some(path), Some(format)) = (out, format) {
        steps("writing the cases");
        let table = if wanted.is_some() { features_table(observed) } else { cases_table(&book.project, observed) };
        table.write(path, format)?;
    }
    Ok((summary, book.problems))
}

/// The features of the catalogue to compute for some names: those named, or all where an expression, which may use any, is among them.
fn only(project: &Project, names: &[String]) -> Vec<Feature> {
    let all = names.iter().any(|name| project.expressions.contains_key(name));
    CATALOGUE.iter().filter(|feature| all || names.iter().any(|name| **name == *feature.name)).cloned().collect()
}

fn unknown_feature(name: &str, features: &FeatureTable) -> Failure {
    let catalogue = CATALOGUE.iter().map(|feature| &*feature.name);
    let known: Vec<&str> = catalogue.chain(features.names()).collect();
    Problem::error("cases.unknown_feature", format!("there is no feature `{name}`"))
        .column("--features")
        .value(name)
        .help(suggestion(name, known.iter().copied()))
        .fail()
}

/// Observes the book on the days of a rule.
fn observe_by_rule(book: &Book, rule: &Observe, selection: Selection<'_>) -> Result<Observed> {
    dates_within_data(book, rule)?;
    let observed = observe_selected(&book.project, &book.portfolio, rule, selection);
    if observed.cases.is_empty() { Err(no_cases(&book.project, &observed)) } else { Ok(observed) }
}

/// Refuses observation dates that lie after the data's end.
fn dates_within_data(book: &Book, rule: &Observe) -> Result<()> {
    let (from, until) = (book.portfolio.data_from, book.portfolio.data_until);
    let named: Vec<Day> = match rule {
        Observe::Dates(days) => days.clone(),
        Observe::Step { until, .. } => until.iter().copied().collect(),
        Observe::Entry => Vec::new(),
    };
    if let Some(day) = named.into_iter().find(|day| *day > until) {
        return Err(Problem::error("cases.date_outside", "an observation date lies after the data's end")
            .file(book.project.file.display().to_string())
            .column("cases")
            .value(day.to_string())
            .rule(format!("{from} to {until}"))
            .help("observe earlier, or say that the tables cover that day: [clock] data_until")
            .fail());
    }
    Ok(())
}

/// All cases of the project's own dates, with every feature.
fn observe_all(book: &Book) -> Result<Observed> {
    observe_by_rule(book, &book.project.observe, Selection { catalogue: &CATALOGUE, everyone: false })
}

/// `recoup train`: a model of the project's cases, evaluated out of time, written to `out`.
///
/// # Errors
/// As [`cases`]; those of training; `file.io` if `out` cannot be written.
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

/// A book scored and decided on one day, with everything that writing and comparing need.
struct ScoredDay<'a> {
    observed: &'a Observed,
    scored: &'a Scored<'a>,
}

/// Observes the book at `as_of` alone.
fn observe_at(book: &Book, as_of: Day) -> Result<Observed> {
    let portfolio = &book.portfolio;
    if as_of < portfolio.data_from || as_of > portfolio.data_until {
        return Err(Problem::error("score.as_of_outside", "as_of lies outside the data")
            .value(as_of.to_string())
            .rule(format!("{} to {}", portfolio.data_from, portfolio.data_until))
            .help(if as_of > portfolio.data_until {
                "if the tables cover that day although nothing happened on it, say so in the project: [clock] data_until"
            } else {
                "give a day that the tables cover"
            })
            .fail());
    }
    let observed = observe(&book.project, portfolio, &Observe::Dates(vec![as_of]));
    if observed.cases.is_empty() {
        return Err(no_cases(&book.project, &observed));
    }
    let without_stake = observed.cases.stake.iter().filter(|s| s.known().is_none()).count();
    if without_stake > 0 {
        return Err(Problem::error("score.no_stake", "cases have no amount overdue, so no treatment can be valued")
            .file(book.project.file.display().to_string())
            .value(format!("{without_stake} of {} cases", observed.cases.len()))
            .rule("an arrears column, or a declared exposure")
            .help("for a book without money: [declared] nominal_exposure = { value = \"1000.00\", by = \"…\" }")
            .fail());
    }
    Ok(observed)
}

/// `recoup score`: every case of one day, ranked, with a strategy and its reasons, written as a folder.
///
/// # Errors
/// As [`read_book`]; `score.as_of_outside`, `score.no_stake`, `cases.none`; those of the model and the policy file; `file.io`.
pub fn score(
    project_file: &Path,
    model_file: &Path,
    policy_file: &Path,
    as_of: Day,
    out: &Path,
    steps: Steps<'_>,
) -> Result<(ScoreSummary, Problems)> {
    let folder = RunFolder::begin(out, RUN)?;
    let model = book_model(model_file)?;
    let project = Project::load(project_file)?;
    let digits = project.currency.minor_digits;
    let policy = Policy::load(policy_file, digits)?;
    let mut book = read_book(project, steps)?;
    book.problems.append(model_notes(&book.project, &model, model_file));
    steps("observing the accounts");
    let observed = observe_at(&book, as_of)?;
    steps("scoring");
    let cases = &observed.cases;
    let scored = score_cases(&model, &observed.features, &cases.bucket)?;
    if let Some(note) = beyond_training(cases, &model, model_file) {
        book.problems.push(note);
    }
    let columns = ranked::columns(cases, &observed.features, &scored, digits);
    steps("deciding");
    let decisions = decide(&policy, cases, scored.expected_share(), &columns)?;
    let order = ranked::ranking(&decisions, cases);
    steps("writing");
    let table = ranked::table(&order, &decisions, cases, &observed.features, &scored, &columns, digits);
    let placed = |failure| folder.in_place(failure);
    table.clone().write(&folder.path("ranked.csv"), Format::Csv).map_err(placed)?;
    table.write(&folder.path("ranked.parquet"), Format::Parquet).map_err(placed)?;
    write_problems(book.problems.iter(), &folder.path("problems.csv")).map_err(placed)?;
    let comparison = compare_policies(std::slice::from_ref(&decisions), cases, &columns, scored.expected_share(), digits);
    let mut assumed = book.project.declared.sentences(digits);
    assumed.extend(policy.assumptions(model.share().is_some()));
    let manifest = Manifest {
        engine_version: env!("CARGO_PKG_VERSION"),
        command: "score",
        as_of,
        project: InputRecord::of(project_file, &book.project.name, true)?,
        model: InputRecord::of(model_file, &model.provenance().project, false)?,
        policy: InputRecord::of(policy_file, &format!("{} {}", policy.name, policy.version), true)?,
        tables: book.counts.clone(),
        observations: observed.observations,
        excluded: observed.excluded.iter().filter(|(reason, _)| !OUTCOME_EXCLUSIONS.contains(reason)).map(|(r, n)| (r.to_string(), *n)).collect(),
        cases: cases.len(),
        strategies: comparison.policies[0].strategies.clone(),
        expected_recovery: comparison.policies[0].expected_recovery.clone(),
        expected_gain: comparison.policies[0].expected_gain.clone(),
        cost: comparison.policies[0].cost.clone(),
        currency: book.project.currency.code.clone(),
        assumed: assumed.clone(),
        outputs: ["ranked.csv", "ranked.parquet", "problems.csv"]
            .iter()
            .map(|name| Ok((name.to_string(), fingerprint(&folder.path(name))?)))
            .collect::<Result<BTreeMap<_, _>>>()?,
    };
    write_json(&manifest, &folder.path("manifest.json")).map_err(placed)?;
    folder.finish()?;
    let day = ScoredDay { observed: &observed, scored: &scored };
    let summary = score_summary(&day, &book, &decisions, &order, comparison, as_of, out, assumed);
    Ok((summary, book.problems))
}

/// A model that learned from the first days of arrears says little of old ones: how many cases lie beyond what it saw.
fn beyond_training(cases: &Cases, model: &Model, file: &Path) -> Option<Problem> {
    let beyond = (0..cases.len()).filter(|k| ranked::beyond_training(model, cases, *k)).count();
    let [least, most] = model.provenance().train_dpd?;
    (beyond > 0).then(|| {
        Problem::note("score.beyond_training", format!("{beyond} of {} cases have days past due that no training case had", cases.len()))
            .file(file.display().to_string())
            .rule(format!("trained {}: {least} to {most} days past due", model.provenance().observed))
            .help("their scores are extrapolations, marked in the column `assumed`; to learn from such cases, train with observe = \"month_end\"")
    })
}

/// What should be known of a model before its scores are used: that its probability is of another outcome than the project's, and what its
/// file says of its calibration.
fn model_notes(project: &Project, model: &Model, file: &Path) -> Problems {
    let mut notes = Problems::default();
    let (is, was) = (project.outcome.meaning(), &model.provenance().outcome_meaning);
    if is != *was {
        notes.push(
            Problem::note("score.other_outcome", "the model's probability is of another outcome than the project's")
                .file(file.display().to_string())
                .value(was.as_str())
                .rule(is)
                .help("train a model with this project"),
        );
    }
    if let Some(said) = model.calibration_note() {
        let help = "rank by its scores, and do not take its probabilities at their word; train on later cases, or set [model] slope_range";
        notes.push(Problem::note("score.calibration", said).file(file.display().to_string()).help(help));
    }
    notes
}

/// Loads a model of a book of histories.
fn book_model(file: &Path) -> Result<Model> {
    let model = Model::load(file)?;
    let trained_on = model.provenance().trained_on;
    if trained_on == TrainedOn::Book {
        return Ok(model);
    }
    Err(Problem::error("score.other_model", "this model scores rows of a flat table, not cases of a book of histories")
        .file(file.display().to_string())
        .help(format!("score with `{}`, or train with `recoup train`", trained_on.command()))
        .fail())
}

#[allow(clippy::too_many_arguments)]
fn score_summary(
    day: &ScoredDay<'_>,
    book: &Book,
    decisions: &Decisions<'_>,
    order: &[u32],
    comparison: Comparison,
    as_of: Day,
    out: &Path,
    assumed: Vec<String>,
) -> ScoreSummary {
    let (cases, digits) = (&day.observed.cases, book.project.currency.minor_digits);
    let top = order
        .iter()
        .take(10)
        .map(|k| {
            let k = *k as usize;
            TopCase {
                account: cases.account_id(k).to_string(),
                bucket: cases.bucket[k],
                dpd: cases.dpd[k],
                stake: cases.stake[k].text(digits),
                probability_repaid: day.scored.probability[k],
                points: day.scored.points[k],
                strategy: decisions.policy.treatments[usize::from(decisions.chosen[k])].name.clone(),
                expected_gain: ranked::amount(decisions.gain[k]).text(digits),
                reasons: ranked::reasons(day.scored, &day.observed.features, k).into_iter().filter(|r| !r.is_empty()).collect(),
            }
        })
        .collect();
    let not_cases: BTreeMap<String, u64> =
        day.observed.excluded.iter().filter(|(reason, _)| !OUTCOME_EXCLUSIONS.contains(reason)).map(|(r, n)| (r.to_string(), *n)).collect();
    ScoreSummary {
        project: book.project.name.clone(),
        as_of,
        folder: out.display().to_string(),
        currency: book.project.currency.code.clone(),
        observations: day.observed.observations,
        cases: cases.len(),
        excluded: not_cases,
        rows_set_aside: book.counts.iter().map(|t| t.rows_set_aside).sum(),
        result: comparison.policies.into_iter().next(),
        top,
        assumed,
    }
}

/// `recoup compare`: two or more policies on the same book, day and model.
///
/// # Errors
/// As [`score`]; `compare.one_policy` for fewer than two.
pub fn compare(project_file: &Path, model_file: &Path, policy_files: &[PathBuf], as_of: Day, steps: Steps<'_>) -> Result<(CompareSummary, Problems)> {
    if policy_files.len() < 2 {
        return Err(Problem::error("compare.one_policy", "comparing needs two policies").rule("--policy A --policy B").fail());
    }
    let model = book_model(model_file)?;
    let project = Project::load(project_file)?;
    let digits = project.currency.minor_digits;
    let (mut policies, mut problems) = (Vec::new(), Problems::default());
    for file in policy_files {
        match Policy::load(file, digits) {
            Ok(policy) => policies.push(policy),
            Err(failure) => failure.problems.into_iter().for_each(|p| problems.push(p)),
        }
    }
    problems.stop_on_error()?;
    let book = read_book(project, steps)?;
    steps("observing the accounts");
    let observed = observe_at(&book, as_of)?;
    steps("scoring");
    let cases = &observed.cases;
    let scored = score_cases(&model, &observed.features, &cases.bucket)?;
    let columns = ranked::columns(cases, &observed.features, &scored, digits);
    steps("comparing");
    let decisions = policies.iter().map(|policy| decide(policy, cases, scored.expected_share(), &columns)).collect::<Result<Vec<_>>>()?;
    let comparison = compare_policies(&decisions, cases, &columns, scored.expected_share(), digits);
    let summary = CompareSummary {
        project: book.project.name.clone(),
        as_of,
        currency: book.project.currency.code.clone(),
        declared: book.project.declared.sentences(digits),
        comparison,
    };
    Ok((summary, book.problems))
}

/// `recoup rolls`: flows between buckets, cures and relapses, month by month; the long table is written to `out` if given.
///
/// # Errors
/// As [`read_book`]; `rolls.no_cycle` and `rolls.no_account` if there is nothing to look at; `file.io` if `out` cannot be written.
pub fn rolls(project_file: &Path, ask: &Ask, out: Option<&Path>, steps: Steps<'_>) -> Result<(RollsSummary, Problems)> {
    let format = out.map(table_format).transpose()?;
    let book = read_book(Project::load(project_file)?, steps)?;
    out.into_iter().try_for_each(|out| refuse_input(out, &book.inputs()))?;
    steps("following the accounts");
    let rolls = roll_rates(&book.project, &book.portfolio, ask)?;
    if let (Some(path), Some(format)) = (out, format) {
        steps("writing the flows");
        rolls_table(&rolls, book.project.currency.minor_digits).write(path, format)?;
    }
    Ok((RollsSummary::of(&book.project, rolls, out), book.problems))
}

/// `recoup features`: the catalogue and, with a project, its named periods, account columns and expressions. No table is read.
///
/// # Errors
/// Problems of the project file.
pub fn features(project_file: Option<&Path>) -> Result<FeaturesSummary> {
    let project = project_file.map(Project::load).transpose()?;
    Ok(FeaturesSummary::of(project.as_ref()))
}

/// `recoup prove`: no feature of a sample of cases knows what was known only later, and no input looks like the outcome.
///
/// # Errors
/// As [`read_book`]; `cases.date_outside`; `cases.none` if no account is a case.
pub fn prove(project_file: &Path, ask: ProofAsk, steps: Steps<'_>) -> Result<(ProveSummary, Problems)> {
    let project = Project::load(project_file)?;
    steps("reading the tables");
    let (tables, problems) = tables::read(&project);
    steps("checking");
    let book = checked_book(project.clone(), check_tables(&project, tables.clone(), problems))?;
    dates_within_data(&book, &book.project.observe)?;
    steps("cutting, disturbing and comparing");
    let proof = prove_features(&book.project, tables, &book.portfolio, &CATALOGUE, ask);
    if proof.cases == 0 {
        return Err(no_cases(&book.project, &observe(&book.project, &book.portfolio, &book.project.observe)));
    }
    let summary = ProveSummary {
        passed: proof.passed(),
        proof,
        rows_set_aside: book.counts.iter().map(|t| t.rows_set_aside).sum(),
        assumed: book.project.declared.sentences(book.project.currency.minor_digits),
        project: book.project.name,
    };
    Ok((summary, book.problems))
}

/// `recoup simulate`: a world whose truth is known.
///
/// # Errors
/// As the simulation.
pub fn simulate(world: &World, out: &Path, format: Format, steps: Steps<'_>) -> Result<WorldSummary> {
    steps("simulating");
    simulate_world(world, out, format)
}

/// `recoup demo`: the sample book checked, a model trained on it, its last day scored, two policies compared; everything below one folder.
///
/// # Errors
/// `file.in_the_way`, `file.io` if the folder cannot be written.
pub fn demo(out: &Path, steps: Steps<'_>) -> Result<DemoSummary> {
    refuse_foreign(out, DEMO)?;
    steps("laying out the sample book");
    sample::lay_out(out)?;
    let (project, model, run) = (out.join("book/recoup.toml"), out.join("model.json"), out.join("run"));
    let policies = [out.join("policies/current.toml"), out.join("policies/challenger.toml")];
    let as_of: Day = sample::SAMPLE_DAY.parse().map_err(|e: String| Problem::error("demo.day", e))?;
    let check = check(&project, steps)?;
    let (train, _) = train(&project, &model, None, steps)?;
    let (score, _) = score(&project, &model, &policies[0], as_of, &run, steps)?;
    let (compare, _) = compare(&project, &model, &policies, as_of, steps)?;
    let summary = DemoSummary { folder: out.display().to_string(), check, train, score, compare };
    write_json(&summary, &out.join("manifest.json"))?;
    Ok(summary)
}

fn write_json(value: &impl Serialize, path: &Path) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Problem::error("file.json", e.to_string()))? + "\n";
    write_whole(path, |out| out.write_all(text.as_bytes()))
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
        .value(if reasons.is_empty() {
            "no account was observed".to_string()
        } else {
            format!("{} observations: {}", observed.observations, reasons.join(", "))
        })
        .rule(format!(
            "days past due >= {}, arrears >= {}",
            project.population.min_dpd,
            project.population.min_arrears.text(project.currency.minor_digits)
        ))
        .help("check the observation dates against the data, and the population rule")
        .fail()
}
