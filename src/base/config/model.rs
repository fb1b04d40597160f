//! How a model is made: the settings of `[model]`, with their defaults and the reason of each.
//!
//! The same settings serve a book of histories (`train`) and a flat table (`fit-table --settings`). They are kept in the model file as they were.

use super::Direction;
use super::typed::bad_value;
use crate::base::problem::{Problem, Problems};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which way the share repaid runs over the bins of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrendRule {
    /// As the catalogue or the project expects; where it expects nothing, the best of up, down, one peak and one valley.
    Expected,
    /// Rises with the value.
    Up,
    /// Falls with the value.
    Down,
    /// Rises, then falls.
    Peak,
    /// Falls, then rises.
    Valley,
    /// The best of the four.
    Best,
    /// No constraint.
    Free,
}

/// What the bins maximise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BinObjective {
    /// `Σ (share of repaid − share of not repaid) × weight of evidence`.
    InformationValue,
    /// `Σ repaid × ln rate + not repaid × ln (1 − rate)`.
    Likelihood,
}

/// Bins fixed by hand: upper edges of a number, or groups of words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected upper edges such as [30, 60, 90], or groups of words such as [[\"card\", \"loan\"], [\"car\"]]")]
pub enum HandBins {
    /// Upper edges, ascending; the last bin is open above.
    Edges(Vec<f64>),
    /// Groups of words; words of no group go to `other`.
    Groups(Vec<Vec<String>>),
}

/// A value of a special code: a number or a word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number or a word")]
pub enum SpecialValue {
    /// In a numeric feature.
    Number(f64),
    /// In a category.
    Word(String),
}

/// A bound that can be turned off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number, or \"none\"")]
pub enum Limit {
    /// This one.
    At(f64),
    /// No bound.
    Off(NoLimit),
}

/// The word that turns a bound off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoLimit {
    /// No bound.
    None,
}

impl Limit {
    /// The bound; infinite where there is none.
    pub fn at(self) -> f64 {
        match self {
            Limit::At(bound) => bound,
            Limit::Off(NoLimit::None) => f64::INFINITY,
        }
    }
}

/// Which features stay in the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Selection {
    /// Features below this information value are dropped. 0.001: next to nothing. The customary 0.02 throws away what many weak features say
    /// together; those that say nothing fall to the two rules below.
    pub min_information_value: f64,
    /// Whether features are dropped whose information value bins without meaning would have once in twenty: in a small book that is far more.
    pub beyond_chance: bool,
    /// Above this variance inflation factor a feature is told by the others, and the least informative of those is dropped. 10: by custom.
    pub max_vif: Limit,
    /// Above this characteristic stability index between the first and the last training month a feature is dropped. None: that cases move
    /// between bins is told, above 0.25, but a book that ages is no reason to give up what tells its cases apart.
    pub max_csi: Limit,
    /// Whether features are eliminated, the least telling first, while the criterion gains.
    pub stepwise: Stepwise,
    /// What a feature must add to stay.
    pub criterion: Criterion,
    /// With `criterion = "p_value"`: the largest p that stays.
    pub max_p_value: f64,
    /// Whether a feature whose coefficient turns against its own bins is dropped.
    pub sign: bool,
}

impl Default for Selection {
    fn default() -> Self {
        Selection {
            min_information_value: 0.001,
            beyond_chance: true,
            max_vif: Limit::At(10.0),
            max_csi: Limit::Off(NoLimit::None),
            stepwise: Stepwise::Backward,
            criterion: Criterion::Aic,
            max_p_value: 0.05,
            sign: true,
        }
    }
}

impl Selection {
    /// Every feature that has bins stays.
    pub fn none() -> Selection {
        Selection {
            min_information_value: 0.0,
            beyond_chance: false,
            max_vif: Limit::Off(NoLimit::None),
            max_csi: Limit::Off(NoLimit::None),
            stepwise: Stepwise::None,
            sign: false,
            ..Selection::default()
        }
    }
}

/// Two-way tables beside the features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Interactions {
    /// So many at most; 0 for none. 10: more than anyone reads.
    pub most: usize,
    /// Standard errors by which a table must raise the likelihood of borrowers that it did not see. 2: what chance does once in forty.
    pub min_errors: f64,
    /// Information that a cell's prior counts for, the prior being that the features by themselves say all. 8: 32 cases at even odds.
    pub prior: f64,
}

impl Default for Interactions {
    fn default() -> Self {
        Interactions { most: 10, min_errors: 2.0, prior: 8.0 }
    }
}

/// Whether features are eliminated by likelihood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stepwise {
    /// From all features down.
    Backward,
    /// Not at all.
    None,
}

/// What a feature must add to the log-likelihood to stay: the likelihood ratio `2 Δ` is compared with a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// Akaike: 2.
    Aic,
    /// Bayes: ln of the cases.
    Bic,
    /// The χ² quantile (one degree of freedom) of `max_p_value`.
    PValue,
}

impl Criterion {
    /// As the settings write it.
    pub fn name(self) -> &'static str {
        match self {
            Criterion::Aic => "aic",
            Criterion::Bic => "bic",
            Criterion::PValue => "p_value",
        }
    }
}

/// The L2 penalty a case.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number at least 0, or \"cross_validated\"")]
pub enum Penalty {
    /// This one.
    Fixed(f64),
    /// The one of a grid with the least held-out log-loss, by borrower.
    Chosen(Chosen),
}

/// The word that asks for cross-validation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chosen {
    /// By folds of borrowers.
    CrossValidated,
}

/// How log-odds become a probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalibrationMethod {
    /// A slope and an intercept.
    Platt,
    /// Platt's log-odds, then a monotone step function of them.
    Isotonic,
}

/// How the model is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelSettings {
    /// The features to use; all where absent.
    pub features: Option<Vec<String>>,
    /// Bins of a feature at most, special and missing values apart. 8: enough for a bend, few enough to read.
    pub max_bins: usize,
    /// Share of cases that a bin needs at least. 0.02: below it a rate is mostly noise.
    pub min_bin_share: f64,
    /// Repaid and not repaid cases that a bin needs at least, of each. 10: fewer give a weight of evidence that is mostly noise.
    pub min_bin_events: f64,
    /// Fine bins before the program. 100: a cut is off by a hundredth of the cases at most.
    pub prebins: usize,
    /// What the bins maximise.
    pub objective: BinObjective,
    /// The trend of features that `trends` does not name.
    pub trend: TrendRule,
    /// The trend of single features.
    pub trends: BTreeMap<String, TrendRule>,
    /// Named special codes: feature → name → values.
    pub special: BTreeMap<String, BTreeMap<String, Vec<SpecialValue>>>,
    /// Bins fixed by hand.
    pub bins: BTreeMap<String, HandBins>,
    /// Which features stay.
    pub selection: Selection,
    /// Two-way tables beside the features.
    pub interactions: Interactions,
    /// L2 penalty a case on coefficients (not the intercept).
    pub penalty_per_case: Penalty,
    /// How log-odds become a probability.
    pub calibration: CalibrationMethod,
    /// Where the out-of-time calibration slope should lie. 0.8 to 1.25: a fifth too steep or too flat.
    pub slope_range: [f64; 2],
    /// Cross-validation folds by borrower, for the penalty and the calibration.
    pub folds: usize,
    /// Seed of every random choice.
    pub seed: u64,
    /// Points at `base_odds`.
    pub base_points: f64,
    /// Odds of *repaid* at `base_points`.
    pub base_odds: f64,
    /// Points that double the odds.
    pub pdo: f64,
    /// Whether every bin gives whole points, so that the score can be added up on paper.
    pub integer_points: bool,
    /// A sub-score is unknown where fewer of its features than this are known. 2: one value is no picture.
    pub min_known: usize,
}

impl Default for ModelSettings {
    fn default() -> Self {
        ModelSettings {
            features: None,
            max_bins: 8,
            min_bin_share: 0.02,
            min_bin_events: 10.0,
            prebins: 100,
            objective: BinObjective::InformationValue,
            trend: TrendRule::Expected,
            trends: BTreeMap::new(),
            special: BTreeMap::new(),
            bins: BTreeMap::new(),
            selection: Selection::default(),
            interactions: Interactions::default(),
            penalty_per_case: Penalty::Chosen(Chosen::CrossValidated),
            calibration: CalibrationMethod::Platt,
            slope_range: [0.8, 1.25],
            folds: 5,
            seed: 1,
            base_points: 600.0,
            base_odds: 1.0,
            pdo: 50.0,
            integer_points: false,
            min_known: 2,
        }
    }
}

impl ModelSettings {
    /// The trend asked of a feature, with what is expected of it; never [`TrendRule::Expected`].
    pub fn trend_of(&self, feature: &str, expected: Direction) -> TrendRule {
        match (self.trends.get(feature).copied().unwrap_or(self.trend), expected) {
            (TrendRule::Expected, Direction::Up) => TrendRule::Up,
            (TrendRule::Expected, Direction::Down) => TrendRule::Down,
            (TrendRule::Expected, Direction::Free) => TrendRule::Best,
            (rule, _) => rule,
        }
    }

    /// Every feature that the settings name, with the key that names it.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &String)> {
        let features = self.features.iter().flatten().map(|name| ("model.features", name));
        let trends = self.trends.keys().map(|name| ("model.trends", name));
        let special = self.special.keys().map(|name| ("model.special", name));
        features.chain(trends).chain(special).chain(self.bins.keys().map(|name| ("model.bins", name)))
    }

    /// Every setting that is out of range, and every protected column that is named.
    pub fn check(&self, protected: &[String], problems: &mut Problems) {
        let mut need = |ok: bool, key: &str, value: String, rule: &str| {
            if !ok {
                problems.push(bad_value(key, &value, "setting out of range", rule));
            }
        };
        need((2..=64).contains(&self.max_bins), "model.max_bins", self.max_bins.to_string(), "2 to 64");
        need((0.0..0.5).contains(&self.min_bin_share), "model.min_bin_share", self.min_bin_share.to_string(), "0 to 0.5");
        need(self.min_bin_events >= 0.0 && self.min_bin_events.is_finite(), "model.min_bin_events", self.min_bin_events.to_string(), "at least 0");
        need((self.max_bins..=250).contains(&self.prebins), "model.prebins", self.prebins.to_string(), "from max_bins to 250");
        if let Penalty::Fixed(penalty) = self.penalty_per_case {
            need(penalty >= 0.0 && penalty.is_finite(), "model.penalty_per_case", penalty.to_string(), "at least 0");
        }
        need((2..=20).contains(&self.folds), "model.folds", self.folds.to_string(), "2 to 20");
        need(self.pdo > 0.0 && self.pdo.is_finite(), "model.pdo", self.pdo.to_string(), "above 0");
        need(self.base_odds > 0.0 && self.base_odds.is_finite(), "model.base_odds", self.base_odds.to_string(), "above 0");
        need(self.base_points.is_finite(), "model.base_points", self.base_points.to_string(), "a number");
        let [low, high] = self.slope_range;
        need(low > 0.0 && low < 1.0 && high > 1.0 && high.is_finite(), "model.slope_range", format!("[{low}, {high}]"), "two numbers around 1");
        let s = &self.selection;
        need(s.min_information_value >= 0.0, "model.selection.min_information_value", s.min_information_value.to_string(), "at least 0");
        need(s.max_vif.at() > 1.0, "model.selection.max_vif", s.max_vif.at().to_string(), "above 1, or \"none\"");
        need(s.max_csi.at() > 0.0, "model.selection.max_csi", s.max_csi.at().to_string(), "above 0, or \"none\"");
        need(s.max_p_value > 0.0 && s.max_p_value < 1.0, "model.selection.max_p_value", s.max_p_value.to_string(), "between 0 and 1");
        let i = &self.interactions;
        need(i.most <= 64, "model.interactions.most", i.most.to_string(), "0 to 64");
        need(i.min_errors >= 0.0 && i.min_errors.is_finite(), "model.interactions.min_errors", i.min_errors.to_string(), "at least 0");
        need(i.prior > 0.0 && i.prior.is_finite(), "model.interactions.prior", i.prior.to_string(), "above 0");
        for (key, name) in self.named().filter(|(_, name)| protected.contains(name)) {
            problems.push(
                Problem::error("config.protected_feature", format!("`{name}` is protected and cannot be a feature"))
                    .column(key)
                    .value(name.as_str())
                    .rule("a protected attribute is for the audit alone")
                    .help("remove it from [model]"),
            );
        }
    }
}
