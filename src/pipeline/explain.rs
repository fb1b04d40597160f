//! `recoup explain`: one case of a run, decided again and laid open: the score as a sum, every treatment with its veto or its value.

use super::run_record::{MovedFiles, RunRecord};
use super::score::{book_model, observe_at};
use super::{Steps, read_book};
use crate::base::config::Project;
use crate::base::dates::Day;
use crate::base::problem::{Problem, Problems, Result};
use crate::decide::choose::decide;
use crate::decide::facts::Situation;
use crate::decide::policy::Policy;
use crate::decide::reasons::words;
use crate::decide::score::{Quadrant, score as score_cases};
use crate::decide::{ranked, value};
use crate::report::explanation::{Explanation, ScorePart, TreatmentChoice};
use std::path::Path;

/// Explains a case, `account` or `account@as_of`, of the run in a folder.
///
/// # Errors
/// Those of reading the run's record; `explain.no_case` where the run has no such case; those of [`super::score`].
pub fn explain(case: &str, run: &Path, moved: &MovedFiles, steps: Steps<'_>) -> Result<(Explanation, Problems)> {
    let record = RunRecord::read(run, moved)?;
    let as_of = record.as_of;
    let account = match case.rsplit_once('@') {
        None => case,
        Some((account, day)) if Day::parse_iso(day) == Some(as_of) => account,
        Some((_, day)) => {
            return Err(Problem::error("explain.other_day", "the run is of another day")
                .value(day)
                .rule(as_of.to_string())
                .help("give the run of that day with --run")
                .fail());
        }
    };
    let [project, model, policy] = &record.inputs;
    let model = book_model(&model.path)?;
    let project = Project::load(&project.path)?;
    let digits = project.currency.minor_digits;
    let policy = Policy::load(&policy.path, digits)?;
    let book = read_book(project, steps)?;
    steps("deciding again");
    let observed = observe_at(&book, as_of)?;
    let cases = &observed.cases;
    let Some(k) = (0..cases.len()).find(|k| cases.account_id(*k) == account) else {
        return Err(Problem::error("explain.no_case", format!("`{account}` is no case of {as_of}"))
            .value(case)
            .help("the account may be not in arrears that day, or closed; give it to the letter as ranked.csv has it")
            .fail());
    };
    let scored = score_cases(&model, &observed.features, &cases.bucket)?;
    let columns = ranked::columns(cases, &observed.features, &scored, digits);
    let quadrants = scored.quadrants();
    let situation = Situation {
        declared: &book.project.declared,
        book: &book.portfolio,
        cases,
        features: &observed.features,
        columns: &columns,
        quadrants: &quadrants,
    };
    let decisions = decide(&policy, situation, scored.expected_share(), digits)?;
    let mut changed: Vec<String> = record
        .inputs
        .iter()
        .filter(|i| i.recorded.as_deref() != Some(i.now.as_str()))
        .map(|i| format!("the {} file was changed after the run: what follows is by the file as it is now", i.role))
        .collect();
    let now: Vec<(String, String)> = book.counts.iter().flat_map(|t| &t.files).map(|f| (f.path.to_string(), f.fingerprint.clone())).collect();
    let tables = record.tables();
    changed.extend(now.iter().filter(|file| !tables.contains(file)).map(|(path, _)| format!("{path} was changed after the run")));
    let mut parts = vec![ScorePart { what: "base".into(), value: String::new(), contribution: model.base(), mean_contribution: None }];
    for (t, term) in model.terms().iter().enumerate() {
        parts.push(ScorePart {
            what: term.bins.name.clone(),
            value: words(&scored, &observed.features, t, k),
            contribution: scored.contribution(t, k),
            mean_contribution: Some(term.mean_contribution),
        });
    }
    parts.push(ScorePart {
        what: "bucket group".into(),
        value: cases.bucket[k].name().to_string(),
        contribution: scored.bucket_contribution(k),
        mean_contribution: None,
    });
    let shares = value::shares_of(&policy, scored.expected_share().of[k]);
    let wait = policy.place("wait").unwrap_or(0);
    let stake = cases.stake[k].known().unwrap_or(0) as f64;
    let treatments = policy.treatments.iter().enumerate().map(|(place, t)| {
        let cost = value::cost(t);
        TreatmentChoice {
            name: t.name.clone(),
            veto: ranked::veto(&decisions, k, place),
            share_repaid: shares[place],
            gain: ranked::amount(stake * (shares[place] - shares[wait]) - cost).text(digits),
            cost: ranked::amount(cost).text(digits),
            chosen: usize::from(decisions.chosen[k]) == place,
        }
    });
    let known = |x: f64| x.is_finite().then_some(x);
    let explanation = Explanation {
        account: cases.account_id(k).to_string(),
        borrower: cases.borrower_id(k).to_string(),
        as_of: as_of.to_string(),
        run: run.display().to_string(),
        changed,
        bucket: cases.bucket[k],
        dpd: cases.dpd[k],
        arrears: cases.arrears[k].text(digits),
        stake: cases.stake[k].text(digits),
        currency: book.project.currency.code.clone(),
        holds: cases.holds[k].names().collect(),
        score: scored.score[k].0,
        probability_repaid: scored.probability[k],
        points: scored.points[k],
        share_repaid: scored.expected_share().of[k],
        parts,
        ability: known(scored.ability[k]),
        willingness: known(scored.willingness[k]),
        quadrant: Quadrant::NAMES[scored.quadrant(k) as usize],
        strategy: policy.treatments[usize::from(decisions.chosen[k])].name.clone(),
        because: ranked::because(&decisions, k, digits),
        signed_by: policy.treatments[usize::from(decisions.chosen[k])].signed_by.clone(),
        expected_gain: ranked::amount(decisions.gain[k]).text(digits),
        treatments: treatments.collect(),
        assumed: policy.assumptions(model.share().is_some()),
    };
    Ok((explanation, book.problems))
}
