//! Why a case was decided as it was: one plain value, and its layout on a terminal.

use super::terminal::{assumed, percent, table};
use crate::base::units::{Bucket, MicroLogOdds};
use serde::Serialize;
use std::fmt::Write;

/// A case laid open.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// The account.
    pub account: String,
    /// Its borrower.
    pub borrower: String,
    /// The day.
    pub as_of: String,
    /// The run.
    pub run: String,
    /// Inputs that are no longer what they were at the run.
    pub changed: Vec<String>,
    /// Bucket.
    pub bucket: Bucket,
    /// Days past due.
    pub dpd: i32,
    /// Arrears.
    pub arrears: String,
    /// What is at stake: the arrears, or the declared exposure.
    pub stake: String,
    /// Currency.
    pub currency: String,
    /// What was in force.
    pub holds: Vec<&'static str>,
    /// The score, in micro-log-odds: the sum of `parts`.
    pub score: i64,
    /// Its probability.
    pub probability_repaid: f64,
    /// Its points.
    pub points: f64,
    /// Share of the arrears that is expected.
    pub share_repaid: f64,
    /// What the score is the sum of.
    pub parts: Vec<ScorePart>,
    /// Ability, 0 to 100.
    pub ability: Option<f64>,
    /// Willingness, 0 to 100.
    pub willingness: Option<f64>,
    /// Where the two put the case.
    pub quadrant: &'static str,
    /// The recommended strategy.
    pub strategy: String,
    /// Why.
    pub because: String,
    /// Who signs.
    pub signed_by: Option<String>,
    /// Expected gain over waiting, after costs.
    pub expected_gain: String,
    /// Every treatment.
    pub treatments: Vec<TreatmentChoice>,
    /// What nobody measured.
    pub assumed: Vec<String>,
}

/// A part of a score.
#[derive(Debug, Serialize)]
pub struct ScorePart {
    /// The feature, or `base`, or `bucket group`.
    pub what: String,
    /// The case's value and bin, in words.
    pub value: String,
    /// What it adds, in micro-log-odds.
    pub contribution: i64,
    /// What it adds to a training case on average; none where there is no average.
    pub mean_contribution: Option<i64>,
}

/// What became of a treatment in deciding.
#[derive(Debug, Serialize)]
pub struct TreatmentChoice {
    /// Its name.
    pub name: String,
    /// Why it must not be; none if it may.
    pub veto: Option<String>,
    /// Share repaid under it.
    pub share_repaid: f64,
    /// Expected gain over waiting for this case, if it bears the whole cost.
    pub gain: String,
    /// That cost.
    pub cost: String,
    /// Whether it is the one recommended.
    pub chosen: bool,
}

/// The explanation for an analyst.
pub fn explanation(e: &Explanation) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} of borrower {} on {} ({})", e.account, e.borrower, e.as_of, e.run);
    for changed in &e.changed {
        let _ = writeln!(out, "note: {changed}");
    }
    let holds = if e.holds.is_empty() { "nothing in force".to_string() } else { format!("in force: {}", e.holds.join(", ")) };
    let _ = writeln!(out, "{}, {} days past due, arrears {} {}; {holds}", e.bucket.name(), e.dpd, e.arrears, e.currency);
    let level = |x: Option<f64>| x.map_or("unknown".to_string(), |x| format!("{x:.0}"));
    let _ = writeln!(
        out,
        "probability of repaid {}, {} points, expected share {}; ability {}, willingness {}: {}\n",
        percent(Some(e.probability_repaid)),
        e.points,
        percent(Some(e.share_repaid)),
        level(e.ability),
        level(e.willingness),
        e.quadrant.replace('_', " ")
    );
    let log_odds = |micro: i64| format!("{:+.6}", MicroLogOdds(micro).log_odds());
    let rows = e.parts.iter().map(|p| {
        let beside = p.mean_contribution.map_or(String::new(), |mean| log_odds(p.contribution - mean));
        vec![p.what.clone(), p.value.clone(), log_odds(p.contribution), beside]
    });
    let total = vec!["score".to_string(), String::new(), log_odds(e.score), String::new()];
    let _ = writeln!(out, "{}", table(&["the score is the sum of", "", "log-odds", "beside the average"], rows.chain([total])));
    let signed = e.signed_by.as_ref().map_or(String::new(), |who| format!("; to be signed by {who}"));
    let _ = writeln!(out, "recommended: {} ({}){signed}", e.strategy, e.because);
    let rows = e.treatments.iter().map(|t| {
        let verdict = match (&t.veto, t.chosen) {
            (Some(why), _) => format!("vetoed: {why}"),
            (None, true) => "recommended".to_string(),
            (None, false) => "may be".to_string(),
        };
        vec![t.name.clone(), percent(Some(t.share_repaid)), t.cost.clone(), t.gain.clone(), verdict]
    });
    let _ = writeln!(out, "{}", table(&["treatment", "share repaid", "cost", "gain", ""], rows));
    assumed(&mut out, &e.assumed);
    out
}
