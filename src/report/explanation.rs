//! Why a case was decided as it was: one plain value, in one language. Its layout on a terminal is in `terminal_explain`.

use super::history::HistoryLine;
use crate::base::bilingual::Lang;
use crate::base::dates::Day;
use crate::base::units::Bucket;
use serde::Serialize;

/// A case laid open.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// The language of its sentences.
    pub lang: Lang,
    /// The account.
    pub account: String,
    /// Its borrower.
    pub borrower: String,
    /// The day.
    pub as_of: String,
    /// The run.
    pub run: String,
    /// The policy and its version.
    pub policy: String,
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
    /// The same in words.
    pub holds_in_words: Vec<String>,
    /// What was known, in at most ten lines.
    pub history: Vec<HistoryLine>,
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
    /// What lowers the score most, beside the average.
    pub reasons: Vec<String>,
    /// Ability, 0 to 100.
    pub ability: Option<f64>,
    /// Willingness, 0 to 100.
    pub willingness: Option<f64>,
    /// Where the two put the case.
    pub quadrant: &'static str,
    /// The same in words.
    pub quadrant_in_words: String,
    /// The recommended strategy.
    pub strategy: String,
    /// What people call it.
    pub strategy_label: String,
    /// Why.
    pub because: String,
    /// Who signs.
    pub signed_by: Option<String>,
    /// Expected gain over waiting, after costs.
    pub expected_gain: String,
    /// The plan in one line, where the strategy is one and the policy says what it may be.
    pub plan: Option<String>,
    /// Every treatment.
    pub treatments: Vec<TreatmentChoice>,
    /// The next best that is free, and by how much it is behind.
    pub runner_up: Option<RunnerUp>,
    /// What would change the decision.
    pub would_change: WouldChange,
    /// How the borrower objects, and asks for a person.
    pub rights: [String; 2],
    /// What nobody measured.
    pub assumed: Vec<String>,
}

/// A part of a score.
#[derive(Debug, Serialize)]
pub struct ScorePart {
    /// The feature, or `base`, or `bucket group`.
    pub what: String,
    /// What people call it.
    pub label: String,
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
    /// What people call it.
    pub label: String,
    /// Why it must not be, in one line; none if it may.
    pub veto: Option<String>,
    /// Every rule that vetoes it, in the order in which they speak.
    pub vetoes: Vec<RuleLine>,
    /// Every rule that warns of it.
    pub warnings: Vec<RuleLine>,
    /// Share repaid under it.
    pub share_repaid: f64,
    /// Expected gain over waiting for this case, if it bears the whole cost: `gross - cost - complaint_cost`.
    pub gain: String,
    /// `stake × (share repaid under it − share repaid under wait)`.
    pub gross: String,
    /// What one costs.
    pub cost: String,
    /// What complaints of it are expected to cost.
    pub complaint_cost: String,
    /// Both together.
    pub cost_in_all: String,
    /// Who signs.
    pub signed_by: Option<String>,
    /// When it may be done, where it is a contact.
    pub hours: Option<AllowedHours>,
    /// Whether it is the one recommended.
    pub chosen: bool,
}

/// A rule that speaks of a treatment.
#[derive(Clone, Debug, Serialize)]
pub struct RuleLine {
    /// Its identifier.
    pub id: String,
    /// What it says.
    pub text: String,
    /// By what authority; none for the policy's own.
    pub authority: Option<String>,
    /// `verified`, or `unverified` where nobody saw the primary text.
    pub verified: &'static str,
    /// Whether it speaks because something is not known.
    pub unknown: bool,
}

/// When a contact may be made on the day of outreach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AllowedHours {
    /// The day.
    pub on: Day,
    /// By the borrower's clock.
    pub borrower: Vec<String>,
    /// The borrower's zone.
    pub borrower_zone: String,
    /// By the floor's clock.
    pub floor: Vec<String>,
    /// The floor's zone.
    pub floor_zone: String,
}

/// The next best of what is free.
#[derive(Clone, Debug, Serialize)]
pub struct RunnerUp {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// Its gain for this case alone.
    pub gain: String,
    /// How much the chosen one's gain for this case alone is above that; below 0 where something else than value decided.
    pub behind: String,
}

/// What would change a decision.
#[derive(Clone, Debug, Serialize)]
pub struct WouldChange {
    /// Whether value decided; else a hold, care or a route led.
    pub by_value: bool,
    /// Treatments worth more than the chosen one, and what stands in the way.
    pub vetoed: Vec<Blocked>,
    /// The expected share from which on the runner-up wins, if nothing else changes.
    pub share_repaid: Option<f64>,
    /// The amount at stake from which on it wins.
    pub stake: Option<String>,
    /// The same in sentences.
    pub sentences: Vec<String>,
}

/// A treatment worth more than the chosen one, which may not be.
#[derive(Clone, Debug, Serialize)]
pub struct Blocked {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// Its gain for this case alone.
    pub gain: String,
    /// What stands in the way.
    pub rules: Vec<BlockedBy>,
    /// The first day of outreach on which nothing does, if every rule's end is plain.
    pub free_on: Option<Day>,
}

/// A rule in the way.
#[derive(Clone, Debug, Serialize)]
pub struct BlockedBy {
    /// Its identifier.
    pub id: String,
    /// What it says.
    pub text: String,
    /// The first day of outreach on which it no longer is, where that is plain.
    pub until: Option<Day>,
}
