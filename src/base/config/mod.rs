//! The project file: which tables, which cases, which outcome, which split. Parsed as typed, then checked into what is meant,
//! with every problem at once.
//!
//! Relative paths are relative to the file that names them; `root` may begin with an environment variable. Every default stands
//! in this file with its reason; what matters to a borrower (outcome, horizon, observation dates) has none.

mod features;
mod model;
mod table;
mod typed;

use super::dates::Day;
use super::files::io_failure;
use super::problem::{Problem, Problems, Result};
use super::schema::TableKind;
use super::units::{Bucket, Money};
pub use model::{
    BinObjective, CalibrationMethod, Chosen, Criterion, HandBins, Interactions, Limit, ModelSettings, NoLimit, Penalty, Selection, SpecialValue,
    Stepwise, TrendRule,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use typed::Typed;
pub use typed::toml_problem;

/// A project, checked.
#[derive(Clone, Debug)]
pub struct Project {
    /// The project file.
    pub file: PathBuf,
    /// Its name.
    pub name: String,
    /// Where the tables' paths start.
    pub root: PathBuf,
    /// Currency and its decimals.
    pub currency: Currency,
    /// Dates that hold for the whole book.
    pub clock: Clock,
    /// The tables it names, in [`TableKind::ALL`] order.
    pub tables: Vec<TableSpec>,
    /// When an amount counts as arrears.
    pub tolerance: Tolerance,
    /// Which accounts become cases.
    pub population: Population,
    /// When accounts are observed for training.
    pub observe: Observe,
    /// What *repaid* means.
    pub outcome: Outcome,
    /// Which cases train and which test.
    pub split: Option<Split>,
    /// How the model is made.
    pub model: ModelSettings,
    /// What the bank lacks and somebody stands for.
    pub declared: Declared,
    /// Problem codes whose severity the project changes: a share of rows that may be set aside, or errors taken as warnings.
    pub check: CheckSettings,
    /// When a promise counts as kept.
    pub promises: PromiseRule,
    /// The book's rates, towards which rates of few records are shrunk.
    pub rates: Rates,
    /// Named periods in which other rules held, by name.
    pub regimes: BTreeMap<String, Period>,
    /// Features of the project's own as SQL, by name.
    pub expressions: BTreeMap<String, NamedExpression>,
    /// Whether protected attributes are read: only where an audit asks for them.
    pub audit: bool,
}

/// When a promise counts as kept: net payments from its day to `grace_days` after it falls due reach `kept_share` of its amount.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct PromiseRule {
    /// 3: a bank transfer over a weekend.
    pub grace_days: i32,
    /// 0.95: a rounded amount is still the promise.
    pub kept_share: f64,
}

impl Default for PromiseRule {
    fn default() -> Self {
        PromiseRule { grace_days: 3, kept_share: 0.95 }
    }
}

/// Rates of the whole book. A rate of few records is shrunk towards them: `(k + weight × rate) ÷ (n + weight)`. They are stated, not computed
/// from the book at hand, so that an account scored alone gets what it gets in the batch.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// Share of decided promises that are kept; one half where absent, which says nothing either way.
    pub promise_kept: Option<f64>,
    /// Share of attempts that reach the borrower; one half where absent.
    pub right_party: Option<f64>,
    /// How many records the book's rate is worth. 2: a first record moves a rate halfway, a tenth hardly.
    pub weight: f64,
}

impl Default for Rates {
    fn default() -> Self {
        Rates { promise_kept: None, right_party: None, weight: 2.0 }
    }
}

impl Rates {
    /// `(k + weight × rate) ÷ (n + weight)`.
    pub fn shrink(self, k: u32, n: u32, rate: Option<f64>) -> f64 {
        (f64::from(k) + self.weight * rate.unwrap_or(0.5)) / (f64::from(n) + self.weight)
    }
}

/// Days from the first to the last, both included.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// First day.
    pub from: Day,
    /// Last day.
    pub until: Day,
}

/// A feature of the project's own.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedExpression {
    /// SQL over the catalogue and the account's columns.
    pub sql: String,
    /// What it means, in one line.
    pub meaning: Option<String>,
    /// Expected direction towards *repaid*.
    pub expected: Direction,
    /// Its sub-score.
    pub sub_score: SubScore,
}

/// Which way a feature is expected to move the chance that the case is repaid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More is better.
    Up,
    /// More is worse.
    Down,
    /// No expectation.
    #[default]
    Free,
}

impl Direction {
    /// As the catalogue prints it.
    pub fn sign(self) -> &'static str {
        match self {
            Direction::Up => "+",
            Direction::Down => "-",
            Direction::Free => "free",
        }
    }
}

/// Which sub-score a feature belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubScore {
    /// Can pay.
    Ability,
    /// Wants to pay.
    Willingness,
    /// Neither.
    #[default]
    Neither,
}

impl SubScore {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            SubScore::Ability => "ability",
            SubScore::Willingness => "willingness",
            SubScore::Neither => "neither",
        }
    }
}

/// The currency of every amount.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Currency {
    /// ISO 4217 code.
    pub code: String,
    /// Decimals: 2 for most, 0 for yen or Ugandan shillings as banks keep them.
    pub minor_digits: u8,
}

/// Dates that hold for the whole book.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clock {
    /// Days from `happened_on` to `known_on` where a record does not say. 0: the bank's tables show a record on its day.
    pub posting_lag_days: i32,
    /// The last day that the tables cover; where absent, the latest payment, statement, contact or event.
    pub data_until: Option<Day>,
    /// The last day whose outcomes are trusted; where absent, `data_until`.
    pub outcomes_until: Option<Day>,
}

/// A table's files and how to read them.
#[derive(Clone, Debug)]
pub struct TableSpec {
    /// Which table.
    pub kind: TableKind,
    /// Files, globs or folders, relative to the root.
    pub paths: Vec<String>,
    /// Column separator of its CSV files.
    pub separator: u8,
    /// Words that mean *no value*, besides the empty text.
    pub null_words: Vec<String>,
    /// Format of its dates, as `chrono` writes them; ISO where absent.
    pub date_format: Option<String>,
    /// Our column → the source's column.
    pub columns: BTreeMap<String, String>,
    /// Source columns that become features (accounts only).
    pub features: BTreeMap<String, ExtraFeature>,
    /// Source columns kept for the audit alone.
    pub protected: Vec<String>,
    /// Source columns not read.
    pub ignored: Vec<String>,
    /// Source columns that together identify a row; a second row of the same key is a duplicate.
    pub key: Vec<String>,
    /// For each code column, source word → our word.
    pub codes: BTreeMap<String, BTreeMap<String, String>>,
    /// Statements only: source status → bucket and whether it counts as current.
    pub status: BTreeMap<String, StatusMeaning>,
}

/// What a status code of the source means.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct StatusMeaning {
    /// Its bucket.
    pub bucket: Bucket,
    /// Whether an account of this status counts as repaid.
    pub current: bool,
}

/// Kind of a column that becomes a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeatureKind {
    /// A number.
    Numeric,
    /// A word.
    Category,
}

/// A column of the accounts table that becomes a feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtraFeature {
    /// Source column.
    pub column: String,
    /// Its kind.
    pub kind: FeatureKind,
}

/// Arrears at or below `max(amount, share × balance)` count as none.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tolerance {
    /// In minor units.
    pub amount: Money,
    /// Share of the balance.
    pub share: f64,
}

impl Tolerance {
    /// The tolerance at a balance, in minor units: `max(amount, ⌊share × balance⌋)`.
    pub fn at(self, balance: i64) -> i64 {
        self.amount.0.max((self.share * balance.max(0) as f64).floor() as i64)
    }
}

/// Which accounts become cases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Population {
    /// At least this many days past due.
    pub min_dpd: i32,
    /// At least this overdue amount.
    pub min_arrears: Money,
}

/// A step of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The last day of each month.
    MonthEnd,
    /// Every seventh day, from the first.
    Week,
}

/// When accounts are observed for training.
#[derive(Clone, Debug, PartialEq)]
pub enum Observe {
    /// On these days, ascending.
    Dates(Vec<Day>),
    /// At every step of the calendar, within the data or the days given.
    Step {
        /// The step.
        step: Step,
        /// Not before.
        from: Option<Day>,
        /// Not after.
        until: Option<Day>,
    },
    /// On the first day of each arrears episode that meets the population rule.
    Entry,
}

/// How the outcome is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OutcomeRule {
    /// Payments in the window cover the arrears, within the tolerance.
    Cure {
        /// Length of the window.
        horizon_days: i32,
    },
    /// Payments in the window reach this share of the arrears.
    PaidAtLeast {
        /// Length of the window.
        horizon_days: i32,
        /// The share.
        share: f64,
    },
    /// Days past due are 0 at the window's end, by payment.
    CuredAtHorizon {
        /// Length of the window.
        horizon_days: i32,
    },
    /// No bucket of the window is worse than that of the observation date.
    NotRolled {
        /// The window.
        horizon: Horizon,
    },
    /// The statement that many cycles later has a status of the current set.
    CureByStatus {
        /// Monthly cycles.
        horizon_cycles: i32,
    },
}

/// Length of an outcome window, in the unit of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Horizon {
    /// Days, for ledgers.
    Days(i32),
    /// Monthly cycles, for statements.
    Cycles(i32),
}

impl OutcomeRule {
    /// The length of its window.
    pub fn horizon(self) -> Horizon {
        match self {
            OutcomeRule::Cure { horizon_days } | OutcomeRule::PaidAtLeast { horizon_days, .. } | OutcomeRule::CuredAtHorizon { horizon_days } => {
                Horizon::Days(horizon_days)
            }
            OutcomeRule::NotRolled { horizon } => horizon,
            OutcomeRule::CureByStatus { horizon_cycles } => Horizon::Cycles(horizon_cycles),
        }
    }
}

/// What *repaid* means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// The rule.
    pub rule: OutcomeRule,
}

impl Outcome {
    /// Its name as DEFINITIONS and the model file write it.
    pub fn name(self) -> &'static str {
        match self.rule {
            OutcomeRule::Cure { .. } => "cure",
            OutcomeRule::PaidAtLeast { .. } => "paid_at_least",
            OutcomeRule::CuredAtHorizon { .. } => "cured_at_horizon",
            OutcomeRule::NotRolled { .. } => "not_rolled",
            OutcomeRule::CureByStatus { .. } => "cure_by_status",
        }
    }

    /// The rule in one line, for people.
    pub fn meaning(self) -> String {
        match self.rule {
            OutcomeRule::Cure { horizon_days } => format!("payments within {horizon_days} days cover the arrears"),
            OutcomeRule::PaidAtLeast { horizon_days, share } => {
                format!("payments within {horizon_days} days reach {:.0} % of the arrears", share * 100.0)
            }
            OutcomeRule::CuredAtHorizon { horizon_days } => format!("no days past due {horizon_days} days later, by payment"),
            OutcomeRule::NotRolled { horizon: Horizon::Days(n) } => format!("no worse bucket within {n} days"),
            OutcomeRule::NotRolled { horizon: Horizon::Cycles(n) } => format!("no worse bucket within {n} cycles"),
            OutcomeRule::CureByStatus { horizon_cycles } => format!("the statement {horizon_cycles} cycles later has a current status"),
        }
    }
}

/// Training and testing, apart in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Cases train whose `as_of` is not later.
    pub train_until: Day,
    /// Cases test whose `as_of` is not earlier.
    pub test_from: Day,
    /// … and not later than this, where given.
    pub test_until: Option<Day>,
}

/// A fact that the data do not hold and that somebody stands for. Shown as *assumed* wherever it is used.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Assumed<T> {
    /// What is assumed.
    pub value: T,
    /// Who says so.
    pub by: String,
}

/// Everything declared.
#[derive(Clone, Debug, Default)]
pub struct Declared {
    /// `none`: nobody was contacted outside what the tables show.
    pub contact_log: Option<Assumed<String>>,
    /// The borrowers' time zone.
    pub time_zone: Option<Assumed<String>>,
    /// `none`: nothing was in force outside what the tables show: no dispute, no hardship, no plan.
    pub events: Option<Assumed<String>>,
    /// `complete`: what proves a claim is on file for every account.
    pub evidence: Option<Assumed<String>>,
    /// The amount at stake a case in a book without money.
    pub nominal_exposure: Option<Assumed<Money>>,
}

impl Declared {
    /// Each declaration as a sentence.
    pub fn sentences(&self, minor_digits: u8) -> Vec<String> {
        let mut out = Vec::new();
        for (what, declared) in
            [("contact log", &self.contact_log), ("time zone", &self.time_zone), ("events", &self.events), ("evidence", &self.evidence)]
        {
            if let Some(a) = declared {
                out.push(format!("assumed by {}: {what} = {}", a.by, a.value));
            }
        }
        if let Some(a) = &self.nominal_exposure {
            out.push(format!("assumed by {}: nominal exposure = {} a case", a.by, a.value.text(minor_digits)));
        }
        out
    }
}

/// What the project says about problems.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CheckSettings {
    /// Codes of row errors that set the row aside instead of stopping the run.
    pub set_aside: Vec<String>,
}

/// The `[model]` section of a file, alone: what `fit-table` takes. Other sections, as a project file has them, are passed over.
///
/// # Errors
/// `file.io`; unknown keys and values that cannot be read, with their line.
pub fn model_settings(file: &Path) -> Result<ModelSettings> {
    #[derive(Deserialize)]
    struct Sections {
        #[serde(default)]
        model: ModelSettings,
    }
    let text = std::fs::read_to_string(file).map_err(|e| io_failure(file, "read the settings", &e))?;
    let sections: Sections = toml::from_str(&text).map_err(|e| toml_problem(file, &text, &e).fail())?;
    Ok(sections.model)
}

impl Project {
    /// Reads and checks a project file.
    ///
    /// # Errors
    /// Every problem of the file at once: unknown keys (nearest named), bad values, contradictions.
    pub fn load(file: &Path) -> Result<Project> {
        let text = std::fs::read_to_string(file).map_err(|e| io_failure(file, "read the project file", &e))?;
        let typed: Typed = toml::from_str(&text).map_err(|e| toml_problem(file, &text, &e).fail())?;
        let mut problems = Problems::default();
        let project = typed.check(file, &mut problems);
        let named: Vec<Problem> = problems.iter().cloned().map(|p| p.file(file.display().to_string())).collect();
        Problems::from(named).stop_on_error()?;
        Ok(project)
    }

    /// The table of that kind, if the project names it.
    pub fn table(&self, kind: TableKind) -> Option<&TableSpec> {
        self.tables.iter().find(|t| t.kind == kind)
    }
}
