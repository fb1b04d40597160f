//! The ranked list: one row a case, with the recommended strategy, its reasons, and what vetoed the others.

use super::choose::Decisions;
use super::policy::Source;
use super::reasons::{lowest, words as reason_words};
use super::score::{Quadrant, Scored};
use super::words;
use crate::base::units::Money;
use crate::data::cases::{Cases, Holds, LEGAL_STAGES};
use crate::data::expressions::{ColumnValues, Columns};
use crate::data::features::FeatureTable;
use crate::data::write::{OutColumn, OutTable};
use crate::model::file::Model;
use std::borrow::Cow;
use std::sync::Arc;

/// Columns of conditions that are numbers and no features, by name.
pub const NUMBERS: [&str; 9] = ["dpd", "arrears", "stake", "outbound_7", "probability", "points", "share_repaid", "ability", "willingness"];
/// Those that are words.
pub const WORDS: [&str; 3] = ["bucket", "quadrant", "legal_stage"];

/// The columns that conditions may name: the case's own, its scores and holds, then every feature.
pub fn columns<'a>(cases: &'a Cases, features: &'a FeatureTable, scored: &'a Scored<'_>, minor_digits: u8) -> Columns<'a> {
    let mut columns = Columns::default();
    let number = |values: Vec<f64>| ColumnValues::Number(Cow::Owned(values));
    columns.add("dpd", number(cases.dpd.iter().map(|d| f64::from(*d)).collect()));
    let buckets: Vec<Box<str>> = crate::base::units::Bucket::NAMES.iter().map(|n| (*n).into()).collect();
    columns.add("bucket", ColumnValues::Words { codes: cases.bucket.iter().map(|b| u32::from(b.0)).collect(), words: Cow::Owned(buckets) });
    columns.add("arrears", number(cases.arrears.iter().map(|a| a.major(minor_digits)).collect()));
    columns.add("stake", number(cases.stake.iter().map(|a| a.major(minor_digits)).collect()));
    columns.add("outbound_7", number(cases.outbound_7.iter().map(|n| if *n < 0 { f64::NAN } else { f64::from(*n) }).collect()));
    columns.add("probability", ColumnValues::Number(Cow::Borrowed(&scored.probability)));
    columns.add("points", ColumnValues::Number(Cow::Borrowed(&scored.points)));
    columns.add("share_repaid", ColumnValues::Number(Cow::Borrowed(scored.expected_share().of)));
    columns.add("ability", ColumnValues::Number(Cow::Borrowed(&scored.ability)));
    columns.add("willingness", ColumnValues::Number(Cow::Borrowed(&scored.willingness)));
    let quadrants: Vec<Box<str>> = Quadrant::NAMES.iter().map(|n| (*n).into()).collect();
    let codes = (0..cases.len()).map(|k| scored.quadrant(k) as u32).collect();
    columns.add("quadrant", ColumnValues::Words { codes, words: Cow::Owned(quadrants) });
    let stages: Vec<Box<str>> = LEGAL_STAGES.iter().map(|n| (*n).into()).collect();
    let codes = cases.legal_stage.iter().map(|stage| u32::from(*stage)).collect();
    columns.add("legal_stage", ColumnValues::Words { codes, words: Cow::Owned(stages) });
    for (hold, name) in Holds::ALL {
        columns.add(name, ColumnValues::Truth(cases.holds.iter().map(|h| h.has(hold)).collect()));
    }
    columns.add_features(features);
    columns
}

/// Cases from the most worth to the least: expected gain of the recommended treatment, then arrears, then account.
pub fn ranking(decisions: &Decisions<'_>, cases: &Cases) -> Vec<u32> {
    let mut order: Vec<u32> = (0..cases.len() as u32).collect();
    let stake = |k: usize| cases.stake[k].known().unwrap_or(0);
    order.sort_by(|a, b| {
        let (a, b) = (*a as usize, *b as usize);
        decisions.gain[b]
            .total_cmp(&decisions.gain[a])
            .then_with(|| stake(b).cmp(&stake(a)))
            .then_with(|| cases.account_id(a).cmp(cases.account_id(b)))
    });
    order
}

/// An expectation in minor units as an amount.
pub fn amount(expected: f64) -> Money {
    Money(expected.round_ties_even() as i64)
}

/// Why the strategy was chosen, in one line.
pub fn because(decisions: &Decisions<'_>, case: usize, minor_digits: u8) -> String {
    words::because(decisions, case, minor_digits).en
}

/// What vetoed a treatment, in words: the first rule in the order in which they speak, and how many more. None where nothing did.
pub fn veto(decisions: &Decisions<'_>, case: usize, place: usize) -> Option<String> {
    let all = words::vetoes(decisions, case, place);
    let first = all.first()?;
    let named = if first.authority.is_some() { format!(" [{}]", first.id) } else { String::new() };
    let more = if all.len() > 1 { format!(" (and {} more)", all.len() - 1) } else { String::new() };
    Some(format!("{}{named}{more}", first.text.en))
}

/// What vetoed the other treatments, in words.
pub fn vetoes(decisions: &Decisions<'_>, case: usize) -> String {
    let treatments = decisions.policy.treatments.iter().enumerate();
    let parts: Vec<String> = treatments.filter_map(|(place, t)| veto(decisions, case, place).map(|why| format!("{}: {why}", t.name))).collect();
    parts.join("; ")
}

/// The top three reasons of a case, in words; empty where there are fewer.
pub fn reasons(scored: &Scored<'_>, features: &FeatureTable, case: usize) -> [String; 3] {
    let mut out: [String; 3] = Default::default();
    for (slot, term) in out.iter_mut().zip(lowest(scored, case, 3)) {
        *slot = reason_words(scored, features, term, case);
    }
    out
}

/// Whether a case has fewer or more days past due than every training case of the model.
pub fn beyond_training(model: &Model, cases: &Cases, case: usize) -> bool {
    model.provenance().train_dpd.is_some_and(|[least, most]| !(least..=most).contains(&cases.dpd[case]))
}

/// What the money of a case's line rests on that nobody measured: the share repaid, the reference, the treatment's effect, the exposure.
fn assumed(decisions: &Decisions<'_>, model: &Model, cases: &Cases, columns: &Columns<'_>, case: usize) -> String {
    let policy = decisions.policy;
    let chosen = &policy.treatments[usize::from(decisions.chosen[case])];
    // The declared absence of a contact log matters where a condition counts contacts.
    let log = cases.contact_log_declared && decisions.guard.bound.eligible.iter().flatten().any(|c| c.names(columns, "outbound_7"));
    let by = |source: &Option<Source>| matches!(source, Some(Source::Assumed { .. }));
    let parts = [
        (model.share().is_none(), "share repaid (the probability stands in)".to_string()),
        (by(&policy.reference.source), format!("what the probability stands for ({})", policy.reference.name)),
        (by(&chosen.source), format!("effect of {}", chosen.name)),
        (cases.arrears[case].known().is_none(), "exposure (nominal)".to_string()),
        (log, "no contacts (declared)".to_string()),
        (beyond_training(model, cases, case), "score (days past due beyond training)".to_string()),
    ];
    parts.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect::<Vec<_>>().join("; ")
}

/// The ranked list as a table.
pub fn table(
    order: &[u32],
    decisions: &Decisions<'_>,
    cases: &Cases,
    features: &FeatureTable,
    scored: &Scored<'_>,
    columns: &Columns<'_>,
    minor_digits: u8,
) -> OutTable {
    use rayon::prelude::*;
    let policy = decisions.policy;
    let texts = |f: &(dyn Fn(usize) -> String + Sync)| OutColumn::Text(order.par_iter().map(|k| f(*k as usize).into()).collect());
    let pick = |f: &dyn Fn(usize) -> f64| OutColumn::Number(order.iter().map(|k| f(*k as usize)).collect());
    let ids = |codes: &[u32], ids: &[Box<str>]| OutColumn::Text(order.iter().map(|k| ids[codes[*k as usize] as usize].clone()).collect());
    let amounts = |f: &dyn Fn(usize) -> Money| OutColumn::Money(order.iter().map(|k| f(*k as usize)).collect(), minor_digits);
    let reasons: Vec<[String; 3]> = order.par_iter().map(|k| reasons(scored, features, *k as usize)).collect();
    let reason = |place: usize| OutColumn::Text(reasons.iter().map(|r| r[place].as_str().into()).collect());
    let names: Vec<Box<str>> = policy.treatments.iter().map(|t| t.name.as_str().into()).collect();
    let buckets: Vec<Box<str>> = crate::base::units::Bucket::NAMES.iter().map(|n| (*n).into()).collect();
    let quadrants: Vec<Box<str>> = Quadrant::NAMES.iter().map(|n| (*n).into()).collect();
    let table = OutTable::default()
        .with("rank", OutColumn::Integer((1..=order.len() as i64).collect()))
        .with("account_id", ids(&cases.account, &cases.account_ids))
        .with("borrower_id", ids(&cases.borrower, &cases.borrower_ids))
        .with("as_of", OutColumn::Day(order.iter().map(|k| cases.as_of[*k as usize]).collect()))
        .with("bucket", OutColumn::Words { codes: order.iter().map(|k| u32::from(cases.bucket[*k as usize].0)).collect(), words: Arc::new(buckets) })
        .with("dpd", OutColumn::Integer(order.iter().map(|k| i64::from(cases.dpd[*k as usize])).collect()))
        .with("arrears", amounts(&|k| cases.arrears[k]))
        .with("probability_repaid", pick(&|k| scored.probability[k]))
        .with("points", pick(&|k| scored.points[k]))
        .with("share_repaid", pick(&|k| scored.expected_share().of[k]))
        .with("ability", pick(&|k| scored.ability[k]))
        .with("willingness", pick(&|k| scored.willingness[k]))
        .with("quadrant", OutColumn::Words { codes: order.iter().map(|k| scored.quadrant(*k as usize) as u32).collect(), words: Arc::new(quadrants) })
        .with("reason_1", reason(0))
        .with("reason_2", reason(1))
        .with("reason_3", reason(2))
        .with(
            "strategy",
            OutColumn::Words { codes: order.iter().map(|k| u32::from(decisions.chosen[*k as usize])).collect(), words: Arc::new(names) },
        )
        .with("strategy_reason", texts(&|k| because(decisions, k, minor_digits)))
        .with("needs_signature_of", texts(&|k| policy.treatments[usize::from(decisions.chosen[k])].signed_by.clone().unwrap_or_default()))
        .with("vetoes", texts(&|k| vetoes(decisions, k)))
        .with("expected_gain", amounts(&|k| amount(decisions.gain[k])))
        .with("expected_recovery", amounts(&|k| amount(cases.stake[k].known().unwrap_or(0) as f64 * decisions.share[k])))
        .with("assumed", texts(&|k| assumed(decisions, scored.model, cases, columns, k)))
        .with("holds", texts(&|k| cases.holds[k].names().collect::<Vec<_>>().join(" ")));
    match policy.outreach.team.as_ref().and_then(|(name, _)| columns.words(name)) {
        Some((codes, words)) => {
            table.with("team", OutColumn::Words { codes: order.iter().map(|k| codes[*k as usize]).collect(), words: Arc::new(words.to_vec()) })
        }
        None => table,
    }
}
