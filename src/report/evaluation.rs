//! What `evaluate` found, as one plain value: `--json` prints it, the terminal lays it out, the model page shows it.

use crate::base::dates::Day;
use crate::study::evaluate::{
    AuditShare, Curves, Evaluated, FeatureStability, Measured, MoneyMonth, MonthStability, Permutation, Redefault, RollCell, Slice,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// What `evaluate` found.
#[derive(Debug, Serialize)]
pub struct EvaluationSummary {
    /// Project name.
    pub project: String,
    /// What *repaid* means here.
    pub outcome: String,
    /// Which cases, in words.
    pub sample: String,
    /// Their first and last observation date.
    pub window: [Day; 2],
    /// Cases whose outcome is known and that were evaluated.
    pub cases: usize,
    /// Their borrowers.
    pub borrowers: u64,
    /// Observed cases of the same dates whose outcome is not known yet.
    pub immature: usize,
    /// Observations that became no mature case, by reason.
    pub excluded: BTreeMap<&'static str, u64>,
    /// Share of the cases that can be worked.
    pub capacity: f64,
    /// Draws of borrowers.
    pub draws: usize,
    /// Seed of every random choice.
    pub seed: u64,
    /// Currency code.
    pub currency: String,
    /// Decimals of its amounts.
    pub minor_digits: u8,
    /// The models: the champion, then its challengers.
    pub models: Vec<EvaluatedModel>,
    /// The baselines.
    pub baselines: Vec<Baseline>,
    /// Overall, then by bucket, product and month.
    #[serde(flatten)]
    pub evaluated: Evaluated,
    /// What a page draws, a contender each.
    pub curves: Vec<Curves>,
    /// What scores of later months are compared with, in words.
    pub stability_reference: String,
    /// Months of the stability tables.
    pub months: Vec<String>,
    /// Redefault of the cured by fifths of the champion's score.
    pub redefault: Vec<Redefault>,
    /// Repaid cases of which it is not known yet, or never will be, whether they fell back.
    pub redefault_unknown: usize,
    /// Repaid and rolled forward by bucket and thirds of the champion's score.
    pub rolls: Vec<RollCell>,
    /// Past runs beside what came.
    pub runs: Vec<RunMoney>,
    /// The same by month of the runs: expected recovery and what came, of cases whose outcome is known.
    pub runs_by_month: Vec<MoneyMonth>,
    /// Protected attributes.
    pub audit: Audit,
    /// What a reader should know, in words.
    pub notes: Vec<String>,
    /// What the project declares.
    pub assumed: Vec<String>,
}

/// A model that was evaluated.
#[derive(Debug, Serialize)]
pub struct EvaluatedModel {
    /// Its name here: its file's name without folder and ending.
    pub name: String,
    /// Its file.
    pub file: String,
    /// Its digest.
    pub digest: String,
    /// Project that it was trained with.
    pub project: String,
    /// First and last observation date of its training.
    pub train_window: Option<[String; 2]>,
    /// Evaluated cases that lie within those dates: on them it is judged by what it has seen.
    pub cases_within_training: usize,
    /// Features, two-way tables included.
    pub terms: usize,
    /// Its score by month beside the reference.
    pub score_stability: Vec<MonthStability>,
    /// Its features by month beside training.
    pub feature_stability: Vec<FeatureStability>,
    /// What it and models like it reach on shuffled outcomes.
    pub permutation: Option<Permutation>,
    /// Money expected and paid, by month of the cases.
    pub money: Vec<MoneyMonth>,
}

/// A ranking by one fact.
#[derive(Debug, Serialize)]
pub struct Baseline {
    /// Its name.
    pub name: &'static str,
    /// What it ranks by.
    pub meaning: &'static str,
}

/// A past run beside what came.
#[derive(Debug, Serialize)]
pub struct RunMoney {
    /// Its folder.
    pub folder: String,
    /// Its day.
    pub as_of: String,
    /// Cases that it ranked.
    pub cases: usize,
    /// Of them, those whose outcome is known now.
    pub matured: usize,
    /// Of them, those whose outcome window has not passed.
    pub immature: usize,
    /// Of them, those that are no case of that day by today's tables, or have no amount.
    pub not_matched: usize,
    /// Expected and paid of those; none before any has matured.
    pub money: Option<MoneyMonth>,
    /// Why there is none, where there is none.
    pub note: Option<String>,
}

/// The audit by protected attribute.
#[derive(Debug, Default, Serialize)]
pub struct Audit {
    /// The attributes that the project protects and the tables have.
    pub attributes: Vec<String>,
    /// Why there is no audit, where there is none.
    pub note: Option<String>,
    /// Groups of fewer cases are withheld.
    pub min_group: usize,
    /// Each group: share repaid, mean probability, calibration, AUC.
    pub groups: Vec<Slice>,
    /// Mean points of the champion, group by group.
    pub points: Vec<GroupPoints>,
    /// What was withheld, attribute by attribute.
    pub withheld: Vec<Withheld>,
    /// Groups whose calibration gap of the champion is shown to differ from that of all cases.
    pub gaps_found: Vec<String>,
    /// The day of the strategies, and the policy; none without one.
    pub strategies_of: Option<String>,
    /// Groups too small among the cases of the strategies.
    pub strategies_withheld: Vec<Withheld>,
    /// The share of each group that each strategy is recommended to.
    pub strategies: Vec<AuditShare>,
}

/// Mean points of a group.
#[derive(Debug, Serialize)]
pub struct GroupPoints {
    /// The attribute.
    pub attribute: String,
    /// The group.
    pub value: String,
    /// Mean points of its cases, with an interval by borrower.
    pub mean_points: Measured,
}

/// Groups too small to speak of.
#[derive(Debug, Serialize)]
pub struct Withheld {
    /// The attribute.
    pub attribute: String,
    /// Groups withheld.
    pub groups: u64,
    /// Their cases.
    pub cases: u64,
}
