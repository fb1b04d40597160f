//! `recoup evaluate`: models on cases whose outcome is known, beside baselines and each other.

mod audit;
mod contenders;
mod dimensions;
mod notes;
mod runs;

use super::score::book_model;
use super::train::split;
use super::{Book, Steps, observe_by_rule, only, read_book, write_json};
use crate::base::config::Project;
use crate::base::dates::Day;
use crate::base::files::{refuse_input, write_whole};
use crate::base::problem::{Problem, Problems, Result};
use crate::data::cases::{Cases, Maturity};
use crate::data::features::FeatureColumn;
use crate::data::observe::{Observed, Selection};
use crate::decide::policy::Policy;
use crate::decide::score::{Scored, score as score_cases};
use crate::model::calibrate::some_borrowers;
use crate::model::evaluate::pick;
use crate::model::file::Model;
use crate::report::evaluation::{Baseline, EvaluatedModel, EvaluationSummary};
use crate::report::page::{Lang, model_page};
use crate::study::evaluate::{
    Cases as Evaluate, Contender, Dimension, Permutation, Retrain, Shuffle, Slice, curves, evaluate as evaluate_cases, feature_stability,
    money_by_month, permutation, redefault, rolls_beside_score, score_stability,
};
use audit::{audit, audited, extract_audit};
use contenders::{baselines, paid_amounts};
use dimensions::{buckets, months, products};
use notes::{alarms, names, notes, within_training};
use std::path::{Path, PathBuf};

/// Cases that models are trained anew on in the permutation check, at most, and as many to test them on.
const PERMUTED_CASES: usize = 20_000;
/// Shuffles beside the model's scores, and models trained anew.
const SHUFFLES: usize = 200;
const RETRAINED: usize = 20;

/// Which cases are evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sample {
    /// The project's test cases; all mature cases where it has no split.
    #[default]
    Test,
    /// Its training cases.
    Train,
    /// All mature cases.
    All,
}

/// How to evaluate.
#[derive(Clone, Debug)]
pub struct EvaluateAsk {
    /// The models: the champion, then its challengers.
    pub models: Vec<PathBuf>,
    /// Which cases.
    pub sample: Sample,
    /// Draws of borrowers.
    pub draws: usize,
    /// Seed of every random choice.
    pub seed: u64,
    /// Share of the cases that can be worked.
    pub capacity: f64,
    /// Groups of an audited attribute below so many cases are withheld.
    pub min_group: usize,
    /// The policy whose strategies are audited.
    pub policy: Option<PathBuf>,
    /// A folder of past runs.
    pub runs: Option<PathBuf>,
}

impl EvaluateAsk {
    /// These models, and the defaults: 200 draws, a fifth of the cases, groups of 50.
    pub fn of(models: Vec<PathBuf>) -> EvaluateAsk {
        EvaluateAsk { models, sample: Sample::Test, draws: 200, seed: 1, capacity: 0.2, min_group: 50, policy: None, runs: None }
    }
}

/// What `evaluate` found, with the champion for the page.
pub struct Evaluation {
    /// The figures.
    pub summary: EvaluationSummary,
    /// The champion.
    pub champion: Model,
}

/// `recoup evaluate`: how good models are, how sure that is, better than what, how stable, and for whom.
///
/// # Errors
/// As [`super::cases`]; those of models and policy; `evaluate.none_mature` where no outcome is known; `score.missing_feature`.
pub fn evaluate(project_file: &Path, ask: &EvaluateAsk, steps: Steps<'_>) -> Result<(Evaluation, Problems)> {
    if ask.models.is_empty() {
        return Err(Problem::error("evaluate.no_model", "evaluating needs a model").rule("recoup evaluate MODEL… --project FILE").fail());
    }
    let mut models: Vec<Model> = ask.models.iter().map(|file| book_model(file)).collect::<Result<_>>()?;
    let project = Project { audit: true, ..Project::load(project_file)? };
    let digits = project.currency.minor_digits;
    let policy = ask.policy.as_deref().map(|file| Policy::load(file, digits)).transpose()?;
    let mut book = read_book(project, steps)?;
    steps("observing the accounts");
    let named = models.iter().flat_map(|model| model.inputs().into_keys().map(String::from).collect::<Vec<_>>());
    let wanted: Vec<String> = named.chain(contenders::FACTS.iter().map(|fact| fact.feature.to_string())).collect();
    let catalogue = only(&book.project, &wanted);
    let observed = observe_by_rule(&book, &book.project.observe, Selection { catalogue: &catalogue, everyone: false })?;
    let cases = &observed.cases;
    let (rows, sample) = sample(&book, cases, ask.sample)?;
    let names = names(&ask.models);
    steps("scoring");
    let mut scored: Vec<Scored<'_>> = Vec::new();
    for (model, file) in models.iter().zip(&ask.models) {
        let of = score_cases(model, &observed.features, &cases.bucket).map_err(|failure| super::train::in_file(failure, file))?;
        scored.push(of);
    }
    let mut notes = notes(&book, &models, &names, cases, &rows);
    let (train, _) = split(&book.project, cases);
    let reference: Vec<u32> = if book.project.split.is_some() { train } else { Vec::new() };
    let paid = paid_amounts(cases, &rows);
    if paid.is_empty() {
        notes.push("the amounts repaid are not known of every case, so no figure is in money".into());
    }
    let mut contenders: Vec<Contender> = scored.iter().zip(&names).map(|(of, name)| contenders::of_model(name, of, cases, &rows)).collect();
    let (of_baselines, baseline_notes) = baselines(&observed, &rows, &reference)?;
    notes.extend(baseline_notes);
    let described: Vec<Baseline> = of_baselines.iter().map(|(b, _)| Baseline { name: b.name, meaning: b.meaning }).collect();
    contenders.extend(of_baselines.into_iter().map(|(_, contender)| contender));
    let month = months(cases);
    let of_rows = |d: &Dimension| Dimension { by: d.by.clone(), codes: pick(&d.codes, &rows), values: d.values.clone() };
    let mut dimensions = vec![of_rows(&buckets(cases))];
    dimensions.extend(products(&observed).map(|d| of_rows(&d)));
    let month_of_rows = of_rows(&month);
    dimensions.push(month_of_rows.clone());
    let (audited, withheld) = audited(&book, cases, &rows, ask.min_group);
    dimensions.extend(audited.iter().cloned());
    let (repaid, borrower) = (pick(&cases.repaid, &rows), pick(&cases.borrower, &rows));
    steps("evaluating");
    let input = Evaluate {
        repaid: &repaid,
        borrower: &borrower,
        paid: &paid,
        dimensions: &dimensions,
        contenders: &contenders,
        draws: ask.draws,
        seed: ask.seed,
        capacity: ask.capacity,
    };
    let mut evaluated = evaluate_cases(&input);
    let curves = contenders.iter().map(|c| curves(&input, c)).collect();
    let groups: Vec<Slice> = extract_audit(&mut evaluated.slices);
    notes.extend(alarms(&evaluated.overall, &names));
    steps("following months and permutations");
    let stability_rows = if reference.is_empty() { first_month(&month) } else { reference.clone() };
    let stability_reference = if reference.is_empty() {
        format!("the cases of the first month, {}", month.values.first().map_or("", String::as_str))
    } else {
        "the project's training cases".to_string()
    };
    let drawn = |rows: &[u32]| some_borrowers(rows.iter().copied(), PERMUTED_CASES, ask.seed ^ 0xD1CE, |r| cases.borrower[r as usize]);
    let (retrain_rows, test_rows) = (drawn(&reference), drawn(&rows));
    let disjoint = ask.sample == Sample::Test && !retrain_rows.is_empty();
    let known = mature(cases);
    let mut of_models = Vec::new();
    for (m, (model, of)) in models.iter().zip(&scored).enumerate() {
        let score: Vec<f64> = of.score.iter().map(|s| s.log_odds()).collect();
        let shuffles = if m == 0 { Some((disjoint, retrain_rows.as_slice(), test_rows.as_slice())) } else { None };
        let permutation = shuffles.map(|of| permuted(model, &observed, &score, &month, &rows, of, ask.seed)).transpose()?;
        if let Some(Permutation { passed: Some(false), .. }) = permutation {
            notes.push(format!(
                "ALARM: models trained on shuffled outcomes rank shuffled later outcomes otherwise than chance: something leaks into {}",
                names[m]
            ));
        }
        let expected: Vec<f64> = rows.iter().map(|r| contenders::expected_recovery(of, cases, *r)).collect();
        let money = if paid.is_empty() { Vec::new() } else { money_by_month(&expected, &paid, &borrower, &month_of_rows) };
        of_models.push(EvaluatedModel {
            name: names[m].clone(),
            file: ask.models[m].display().to_string(),
            digest: model.digest().to_string(),
            project: model.provenance().project.clone(),
            train_window: model.provenance().train_window.clone(),
            cases_within_training: within_training(model, cases, &rows),
            terms: model.terms().len(),
            score_stability: score_stability(&score, &stability_rows, &month),
            feature_stability: feature_stability(model, &of.design, &month, &cases.repaid, &known),
            permutation,
            money,
        });
    }
    let champion_score = &contenders[0].score;
    let outcomes = pick(&cases.outcomes, &rows);
    let relapse: Vec<Option<bool>> = outcomes.iter().map(|o| o.relapse).collect();
    let redefault_unknown = repaid.iter().zip(&relapse).filter(|(repaid, relapse)| **repaid && relapse.is_none()).count();
    let not_rolled: Vec<Option<bool>> = outcomes.iter().map(|o| o.not_rolled).collect();
    let bucket = pick(&cases.bucket, &rows);
    let (redefault, rolls) =
        (redefault(champion_score, &relapse, &borrower), rolls_beside_score(champion_score, &bucket, &repaid, &not_rolled, &borrower));
    let audit = audit(&book, &models[0], ask, policy.as_ref(), &evaluated.overall, groups, withheld, &audited, &scored[0], cases, &rows)?;
    let (runs, runs_by_month) = ask.runs.as_deref().map_or(Ok((Vec::new(), Vec::new())), |folder| runs::runs(&book, folder, steps))?;
    let days = || rows.iter().map(|r| cases.as_of[*r as usize]);
    let window = [days().min().unwrap_or(Day::NEVER), days().max().unwrap_or(Day::NEVER)];
    let immature =
        (0..cases.len()).filter(|k| cases.maturity[*k] == Maturity::Immature && (window[0]..=window[1]).contains(&cases.as_of[*k])).count();
    let summary = EvaluationSummary {
        project: book.project.name.clone(),
        outcome: book.project.outcome.meaning(),
        sample,
        window,
        cases: rows.len(),
        borrowers: evaluated.overall.borrowers,
        immature,
        excluded: observed.excluded.clone(),
        capacity: ask.capacity,
        draws: ask.draws,
        seed: ask.seed,
        currency: book.project.currency.code.clone(),
        minor_digits: digits,
        models: of_models,
        baselines: described,
        evaluated,
        curves,
        stability_reference,
        months: month.values.clone(),
        redefault,
        redefault_unknown,
        rolls,
        runs,
        runs_by_month,
        audit,
        notes,
        assumed: book.project.declared.sentences(digits),
    };
    let problems = std::mem::take(&mut book.problems);
    drop(scored);
    Ok((Evaluation { summary, champion: models.swap_remove(0) }, problems))
}

/// Files to write besides.
#[derive(Clone, Debug, Default)]
pub struct EvaluatePages {
    /// The model page.
    pub page: Option<PathBuf>,
    /// Its language.
    pub lang: Lang,
    /// The figures as JSON.
    pub out: Option<PathBuf>,
}

/// [`evaluate`], with its page and its figures written where asked.
///
/// # Errors
/// As [`evaluate`]; `file.io`.
pub fn evaluate_to(project_file: &Path, ask: &EvaluateAsk, pages: &EvaluatePages, steps: Steps<'_>) -> Result<(EvaluationSummary, Problems)> {
    let inputs: Vec<PathBuf> = ask.models.iter().cloned().chain([project_file.to_path_buf()]).collect();
    pages.page.iter().chain(&pages.out).try_for_each(|out| refuse_input(out, &inputs))?;
    if let (Some(page), Some(out)) = (&pages.page, &pages.out)
        && page == out
    {
        return Err(Problem::error("evaluate.one_file", "the page and the figures would be written to the same file")
            .file(page.display().to_string())
            .rule("--page FILE.html --out FILE.json")
            .fail());
    }
    let (Evaluation { summary, champion }, problems) = evaluate(project_file, ask, steps)?;
    if let Some(path) = &pages.out {
        write_json(&summary, path)?;
    }
    if let Some(path) = &pages.page {
        steps("writing the page");
        let page = model_page(&summary, &champion, pages.lang)?;
        write_whole(path, |out| out.write_all(page.as_bytes()))?;
    }
    Ok((summary, problems))
}

fn mature(cases: &Cases) -> Vec<u32> {
    (0..cases.len() as u32).filter(|k| cases.maturity[*k as usize] == Maturity::Mature).collect()
}

/// The cases to evaluate and what they are, in words.
fn sample(book: &Book, cases: &Cases, which: Sample) -> Result<(Vec<u32>, String)> {
    let (train, test) = split(&book.project, cases);
    let has_split = book.project.split.is_some();
    let (rows, words) = match which {
        Sample::Test if has_split => (test, "the project's test cases, later than every training case"),
        Sample::Train if has_split => (train, "the project's training cases: a model trained on them has seen their outcomes"),
        Sample::Test | Sample::Train => (mature(cases), "all cases whose outcome is known: the project names no split"),
        Sample::All => (mature(cases), "all cases whose outcome is known, training cases included"),
    };
    if rows.is_empty() {
        let immature = cases.maturity.iter().filter(|m| **m == Maturity::Immature).count();
        return Err(Problem::error("evaluate.none_mature", "no case of the sample has an outcome yet")
            .file(book.project.file.display().to_string())
            .value(format!("{} cases observed, {immature} of them before the end of their outcome window", cases.len()))
            .rule("as_of + horizon + posting lag at or before the day until which outcomes are known")
            .help("evaluate later, or earlier cases: split.test_from, --sample all")
            .fail());
    }
    Ok((rows, words.to_string()))
}

fn first_month(month: &Dimension) -> Vec<u32> {
    (0..month.codes.len() as u32).filter(|k| month.codes[*k as usize] == 0).collect()
}

fn permuted(
    model: &Model,
    observed: &Observed,
    score: &[f64],
    month: &Dimension,
    rows: &[u32],
    (disjoint, train, test): (bool, &[u32], &[u32]),
    seed: u64,
) -> Result<Permutation> {
    let cases = &observed.cases;
    let inputs = model.inputs();
    let columns: Vec<&FeatureColumn> = observed.features.columns.iter().filter(|c| inputs.contains_key(&*c.name)).collect();
    let retrain = disjoint.then_some(Retrain { columns: &columns, repaid: &cases.repaid, month: &month.codes, train, test });
    permutation(&Shuffle {
        score: &pick(score, rows),
        repaid: &pick(&cases.repaid, rows),
        month: &pick(&month.codes, rows),
        retrain,
        shuffles: SHUFFLES,
        retrained: RETRAINED,
        seed,
    })
}
