//! One straight-line function a command; reads like a table of contents.
//!
//! Takes paths and arguments; gives serialisable summaries. Deliberately absent: printing, exiting, the clock.

mod day;
mod evaluate;
mod explain;
mod flat;
mod models;
mod plan;
mod policy;
mod reconcile;
mod replay;
mod run_record;
mod score;
mod train;
mod verify;
mod what_if;
mod work;

pub use evaluate::{EvaluateAsk, EvaluatePages, Evaluation, Sample, evaluate, evaluate_to};
pub use explain::{explain, explain_person, explain_to_borrower};
pub use flat::{FitTableAsk, TextFormat, fit_table, score_table};
pub use models::{model_diff, model_show};
pub use plan::{PlanAsk, plan};
pub use policy::policy_show;
pub use reconcile::reconcile;
pub use replay::replay;
pub use run_record::MovedFiles;
pub use score::{compare, score};
pub use train::train;
pub use verify::verify;
pub use what_if::what_if;

use crate::base::config::{Observe, Project};
use crate::base::dates::Day;
use crate::base::files::{FolderKind, refuse_foreign, refuse_input, write_whole};
use crate::base::problem::{Failure, Problem, Problems, Result, Severity, suggestion};
use crate::data::catalogue::{CATALOGUE, Feature};
use crate::data::check::{Checked, TableCount, check as check_tables};
use crate::data::episodes::episodes;
use crate::data::features::FeatureTable;
use crate::data::history::Portfolio;
use crate::data::observe::{Observed, Selection, observe, observe_selected};
use crate::data::tables;
use crate::data::write::Format;
use crate::report::dictionary::FeaturesSummary;
use crate::report::summary::{CasesSummary, CheckSummary, DemoSummary, ProveSummary, RollsSummary};
use crate::report::tables::{cases_table, episodes_table, features_table, rolls_table};
use crate::study::prove::{Ask as ProofAsk, prove as prove_features};
use crate::study::rolls::{Ask, rolls as roll_rates};
use crate::study::sample;
use crate::study::simulate::{World, WorldSummary, simulate as simulate_world};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

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

/// The features of the catalogue to compute for some names: those named, and those whose names are words of the expressions among them.
fn only(project: &Project, names: &[String]) -> Vec<Feature> {
    let sql = names.iter().filter_map(|name| project.expressions.get(name)).map(|spec| spec.sql.as_str());
    let words: BTreeSet<String> = sql.flat_map(|sql| sql.split(|c: char| !c.is_alphanumeric() && c != '_')).map(str::to_lowercase).collect();
    CATALOGUE.iter().filter(|feature| words.contains(&*feature.name) || names.iter().any(|name| **name == *feature.name)).cloned().collect()
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

/// `recoup demo`: the sample book checked, a model trained on it and judged on a page, its last day scored, two policies compared; everything below one folder.
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
    let pages = EvaluatePages { page: Some(out.join("model.html")), ..EvaluatePages::default() };
    evaluate_to(&project, &EvaluateAsk { policy: Some(policies[0].clone()), ..EvaluateAsk::of(vec![model.clone()]) }, &pages, steps)?;
    let (score, _) = score(&project, &model, &policies[0], as_of, &run, steps)?;
    let (verify, _) = verify(&run, &MovedFiles::default(), steps)?;
    let (compare, _) = compare(&project, &model, &policies, as_of, steps)?;
    let summary = DemoSummary { folder: out.display().to_string(), check, train, score, verify, compare };
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
