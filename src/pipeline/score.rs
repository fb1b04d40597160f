//! `recoup score` and `recoup compare`: one day of a book, scored and decided.

use super::day::{ScoredDay, on_day};
use super::{Book, Steps, read_book, work, write_json};
use crate::base::config::Project;
use crate::base::dates::Day;
use crate::base::files::{FolderKind, RunFolder, fingerprint, write_whole};
use crate::base::problem::{Problem, Problems, Result};
use crate::data::cases::Cases;
use crate::data::observe::Observed;
use crate::data::write::Format;
use crate::decide::choose::Decisions;
use crate::decide::deadlines::Deadline;
use crate::decide::guardrail::Fired;
use crate::decide::places::{self, CapacitySummary};
use crate::decide::policy::Policy;
use crate::decide::rulebook::{Mask, Stage};
use crate::decide::{deadlines, log, ranked, unknown};
use crate::model::file::{Model, TrainedOn};
use crate::report::manifest::{InputRecord, Manifest, PackRecord, run_id};
use crate::report::page::{DeadlineCount, DueLine, Lang, Line, RunPage, VetoCount, run_page};
use crate::report::summary::{CompareSummary, ScoreSummary, TopCase};
use crate::report::tables::write_problems;
use crate::study::compare::{Comparison, compare as compare_policies};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Exclusions that say something of outcomes, not of who is a case: scoring has none of them.
const OUTCOME_EXCLUSIONS: [&str; 3] = ["immature", "left_the_book", "no_outcome_for_this_history"];

/// What `score` leaves in its folder.
const RUN: FolderKind = FolderKind {
    name: "run",
    key: "observations",
    entries: &["ranked", "capacity", "decisions", "deadlines", "problems", "report", "work", "manifest", "certificate"],
};

/// What was handed out, where the policy limits anything.
pub(super) const CAPACITY: &str = "capacity.json";

/// Files that `score` writes before its manifest, whatever it decides; work lists come beside them.
pub(super) const WRITTEN: [&str; 8] =
    ["ranked.csv", "ranked.parquet", "decisions.parquet", "deadlines.csv", "problems.csv", "report.json", "report.html", "report.zh.html"];

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
    same_outcome(&policy, &model)?;
    let mut book = read_book(project, steps)?;
    let mut problems = std::mem::take(&mut book.problems);
    problems.append(model_notes(&book.project, &model, model_file));
    let summary = on_day(&book, &model, as_of, steps, |day| {
        let ScoredDay { observed, scored, .. } = day;
        let cases = &observed.cases;
        if let Some(note) = beyond_training(cases, &model, model_file) {
            problems.push(note);
        }
        steps("deciding");
        let decisions = day.decide(&policy)?;
        let order = ranked::ranking(&decisions, cases);
        steps("writing");
        let table = ranked::table(&order, &decisions, cases, &observed.features, scored, day.situation.columns, digits);
        let placed = |failure| folder.in_place(failure);
        let packs: Vec<PackRecord> = policy
            .packs
            .iter()
            .map(|p| PackRecord { name: p.name.clone(), version: p.version.clone(), fingerprint: p.fingerprint.clone() })
            .collect();
        let inputs = [
            InputRecord::of(project_file, &book.project.name, true)?,
            InputRecord::of(model_file, &model.provenance().project, false)?,
            InputRecord::of(policy_file, &format!("{} {}", policy.name, policy.version), true)?,
        ];
        let run = run_id(inputs.each_ref(), &packs, &book.counts, as_of);
        let lists = day.work_lists(&decisions, &order, &table, &book.project, &run);
        let work = work::write(lists, &folder).map_err(placed)?;
        table.clone().write(&folder.path("ranked.csv"), Format::Csv).map_err(placed)?;
        table.write(&folder.path("ranked.parquet"), Format::Parquet).map_err(placed)?;
        log::write(&decisions, scored.expected_share(), digits, &folder.path("decisions.parquet")).map_err(placed)?;
        let capacity = decisions.placed.as_ref().map(|placed| CapacitySummary::of(&policy, placed, digits));
        if let Some(capacity) = &capacity {
            write_json(capacity, &folder.path(CAPACITY)).map_err(placed)?;
        }
        let due = deadlines::deadlines(&decisions.guard, as_of);
        deadlines::table(&due, as_of).write(&folder.path("deadlines.csv"), Format::Csv).map_err(placed)?;
        problems.append(unknown::notes(&decisions));
        if let Some(placed) = &decisions.placed {
            problems.append(places::notes(&policy, placed));
        }
        write_problems(problems.iter(), &folder.path("problems.csv")).map_err(placed)?;
        let comparison = compare_policies(std::slice::from_ref(&decisions), cases, scored.expected_share(), digits);
        let mut assumed = book.project.declared.sentences(digits);
        assumed.extend(policy.assumptions(model.share().is_some()));
        let page = report(&day, &book, &problems, &decisions, &order, as_of, &assumed, &due, capacity.clone());
        write_json(&page, &folder.path("report.json")).map_err(placed)?;
        for (name, lang) in [("report.html", Lang::English), ("report.zh.html", Lang::Chinese)] {
            let html = run_page(&page, lang)?;
            write_whole(&folder.path(name), |out| out.write_all(html.as_bytes())).map_err(placed)?;
        }
        let [project, model_input, policy_input] = inputs;
        let written = WRITTEN
            .iter()
            .copied()
            .chain(capacity.as_ref().map(|_| CAPACITY))
            .map(|name| name.to_string())
            .chain(work.iter().flat_map(|list| work::files(&list.name)));
        let manifest = Manifest {
            run: run.clone(),
            engine_version: env!("CARGO_PKG_VERSION"),
            command: "score",
            as_of,
            project,
            model: model_input,
            policy: policy_input,
            packs,
            tables: book.counts.clone(),
            observations: observed.observations,
            excluded: not_cases(observed),
            cases: cases.len(),
            strategies: comparison.policies[0].strategies.clone(),
            expected_recovery: comparison.policies[0].expected_recovery.clone(),
            expected_gain: comparison.policies[0].expected_gain.clone(),
            cost: comparison.policies[0].cost.clone(),
            currency: book.project.currency.code.clone(),
            assumed: assumed.clone(),
            outputs: written.map(|name| Ok((name.clone(), fingerprint(&folder.path(&name))?))).collect::<Result<BTreeMap<_, _>>>()?,
        };
        write_json(&manifest, &folder.path("manifest.json")).map_err(placed)?;
        folder.finish()?;
        let mut summary = score_summary(&day, &book, &decisions, &order, comparison, as_of, out, assumed, &due, capacity);
        (summary.run, summary.work) = (run, work);
        Ok(summary)
    })?;
    Ok((summary, problems))
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

/// A policy that says for which outcome it was written is not used with a model of another.
pub(super) fn same_outcome(policy: &Policy, model: &Model) -> Result<()> {
    let is = &model.provenance().outcome_meaning;
    match &policy.reference.outcome {
        Some(wanted) if wanted != is => Err(Problem::error("policy.other_outcome", "the policy was written for another outcome than the model's")
            .file(policy.file.display().to_string())
            .value(is.as_str())
            .rule(format!("[reference] outcome = \"{wanted}\""))
            .help("its effects may mean something else here: train a model of that outcome, or look at the effects again and mend the policy")
            .fail()),
        _ => Ok(()),
    }
}

/// Loads a model of a book of histories.
pub(super) fn book_model(file: &Path) -> Result<Model> {
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

/// Cases that summaries and the page show.
const TOP: usize = 10;

fn top_cases(day: &ScoredDay<'_>, decisions: &Decisions<'_>, order: &[u32], digits: u8) -> Vec<TopCase> {
    let cases = &day.observed.cases;
    order
        .iter()
        .take(TOP)
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
        .collect()
}

/// Observations that are no case, by reason.
fn not_cases(observed: &Observed) -> BTreeMap<String, u64> {
    observed.excluded.iter().filter(|(reason, _)| !OUTCOME_EXCLUSIONS.contains(reason)).map(|(r, n)| (r.to_string(), *n)).collect()
}

/// The report of the day.
#[allow(clippy::too_many_arguments)]
fn report(
    day: &ScoredDay<'_>,
    book: &Book,
    found: &Problems,
    decisions: &Decisions<'_>,
    order: &[u32],
    as_of: Day,
    assumed: &[String],
    due: &[Deadline],
    capacity: Option<CapacitySummary>,
) -> RunPage {
    let (cases, scored, digits) = (&day.observed.cases, day.scored, day.digits);
    let mut problems: BTreeMap<String, u64> = BTreeMap::new();
    found.counts().for_each(|(_, code, n)| *problems.entry(code.to_string()).or_default() += n);
    let policy = decisions.policy;
    let mut page = RunPage {
        project: book.project.name.clone(),
        as_of: as_of.to_string(),
        engine_version: env!("CARGO_PKG_VERSION"),
        model: scored.model.digest().to_string(),
        policy: format!("{} {}", policy.name, policy.version),
        currency: book.project.currency.code.clone(),
        observations: day.observed.observations,
        cases: cases.len() as u64,
        excluded: not_cases(day.observed),
        stake: 0.0,
        expected_recovery: 0.0,
        expected_gain: 0.0,
        cost: 0.0,
        by_bucket: Vec::new(),
        by_strategy: Vec::new(),
        strategies: policy.treatments.iter().map(|t| t.name.clone()).collect(),
        matrix: Vec::new(),
        top: top_cases(day, decisions, order, digits),
        vetoes: vetoes(decisions),
        deadlines: deadline_count(due, as_of),
        due: due
            .iter()
            .take(TOP)
            .map(|d| DueLine {
                by: d.by.to_string(),
                days_left: d.by.since(as_of),
                kind: d.kind,
                borrower: d.borrower.clone(),
                account: d.account.clone(),
            })
            .collect(),
        tables: book.counts.clone(),
        problems,
        assumed: assumed.to_vec(),
        capacity,
    };
    let scale = 10f64.powi(i32::from(digits));
    page.add_up((0..cases.len()).map(|k| {
        let stake = cases.stake[k].major(digits);
        Line {
            bucket: cases.bucket[k],
            strategy: usize::from(decisions.chosen[k]),
            probability: scored.probability[k],
            stake,
            expected_recovery: stake * decisions.share[k],
            expected_gain: decisions.gain[k] / scale,
            cost: decisions.cost[k] / scale,
        }
    }));
    page
}

/// Rules that vetoed something, with the cases; rules of one identifier and text are one, and one that touches a single treatment names it.
fn vetoes(decisions: &Decisions<'_>) -> Vec<VetoCount> {
    let rules = &decisions.guard.rules.entries;
    let mut masks: Vec<(usize, Mask)> = Vec::new();
    for (bit, entry) in rules.iter().enumerate().filter(|(_, e)| e.vetoes) {
        match masks.iter_mut().find(|(first, _)| rules[*first].id == entry.id && rules[*first].text == entry.text) {
            Some((_, mask)) => *mask |= 1 << bit,
            None => masks.push((bit, 1 << bit)),
        }
    }
    let count = |(first, mask): (usize, Mask)| {
        let entry = &rules[first];
        let one = (entry.touches.count_ones() == 1 && entry.stage >= Stage::Ladder)
            .then(|| &decisions.policy.treatments[entry.touches.trailing_zeros() as usize]);
        let cases = |of: &dyn Fn(&Fired) -> Mask| decisions.fired.iter().filter(|fired| of(fired) & mask != 0).count() as u64;
        VetoCount {
            rule: one.map_or(entry.id.clone(), |t| format!("{} {}", entry.id, t.name)),
            text: entry.text.clone(),
            authority: entry.authority.as_ref().map(|(authority, _)| authority.clone()),
            unverified: entry.authority.as_ref().is_some_and(|(_, verified)| !verified.is_verified()),
            cases: cases(&|fired| fired.rules),
            not_known: cases(&|fired| fired.unknown),
        }
    };
    masks.into_iter().map(count).filter(|v| v.cases > 0).collect()
}

fn deadline_count(due: &[Deadline], as_of: Day) -> DeadlineCount {
    DeadlineCount { open: due.len() as u64, late: due.iter().filter(|d| d.by < as_of).count() as u64 }
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
    due: &[Deadline],
    capacity: Option<CapacitySummary>,
) -> ScoreSummary {
    let cases = &day.observed.cases;
    let top = top_cases(day, decisions, order, book.project.currency.minor_digits);
    ScoreSummary {
        run: String::new(),
        work: Vec::new(),
        project: book.project.name.clone(),
        as_of,
        folder: out.display().to_string(),
        currency: book.project.currency.code.clone(),
        observations: day.observed.observations,
        cases: cases.len(),
        excluded: not_cases(day.observed),
        deadlines: deadline_count(due, as_of),
        rows_set_aside: book.counts.iter().map(|t| t.rows_set_aside).sum(),
        result: comparison.policies.into_iter().next(),
        top,
        capacity,
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
            Ok(policy) => {
                if let Err(failure) = same_outcome(&policy, &model) {
                    failure.problems.into_iter().for_each(|p| problems.push(p));
                }
                policies.push(policy);
            }
            Err(failure) => failure.problems.into_iter().for_each(|p| problems.push(p)),
        }
    }
    problems.stop_on_error()?;
    let book = read_book(project, steps)?;
    let comparison = on_day(&book, &model, as_of, steps, |day| {
        steps("comparing");
        let decisions = policies.iter().map(|policy| day.decide(policy)).collect::<Result<Vec<_>>>()?;
        Ok(compare_policies(&decisions, &day.observed.cases, day.scored.expected_share(), digits))
    })?;
    let summary = CompareSummary {
        project: book.project.name.clone(),
        as_of,
        currency: book.project.currency.code.clone(),
        declared: book.project.declared.sentences(digits),
        comparison,
    };
    Ok((summary, book.problems))
}
