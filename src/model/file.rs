//! The model file: readable, versioned JSON that holds all that scoring needs and all that an auditor asks, checked on load.
//!
//! Only [`Model::load`] and training make a model, and a model that loads will score.

use super::bin::{Cut, Dropped, FeatureBins, MOST_BINS};
use super::calibrate::{BUCKET_GROUPS, Calibrator};
use super::evaluate::SampleEvaluation;
use crate::base::config::ModelSettings;
use crate::base::files::{io_failure, write_whole};
use crate::base::problem::{Failure, Problem, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Version of the file's form. A change that an older engine would misread raises it.
pub const FORMAT_VERSION: u32 = 1;

const BLANK: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// An input file of the training, by its fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// Table.
    pub table: String,
    /// Path below the project's root.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// blake3 of its bytes.
    pub fingerprint: String,
}

/// Where a model comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Project name.
    pub project: String,
    /// Outcome rule, as the project file writes it.
    pub outcome: String,
    /// The same in words.
    pub outcome_meaning: String,
    /// Its window in days; none for statements.
    pub horizon_days: Option<i32>,
    /// Its window in cycles; none for a ledger.
    pub horizon_cycles: Option<i32>,
    /// Arrears at or below this amount, in minor units, count as none …
    pub tolerance_amount: i64,
    /// … or at or below this share of the balance.
    pub tolerance_share: f64,
    /// Who became a case, in words.
    pub population: String,
    /// When, in words.
    pub observed: String,
    /// Currency code.
    pub currency: String,
    /// First and last observation date of the training cases.
    pub train_window: [String; 2],
    /// The same of the test cases, if there are any.
    pub test_window: Option<[String; 2]>,
    /// Training cases.
    pub train_cases: u64,
    /// Borrowers of the training cases.
    pub train_borrowers: u64,
    /// Fewest and most days past due of the training cases: beyond them a score is an extrapolation.
    pub train_dpd: [i32; 2],
    /// Share of the training cases repaid.
    pub train_repaid_share: f64,
    /// Test cases.
    pub test_cases: u64,
    /// Observations that became no mature case, by reason.
    pub excluded: BTreeMap<String, u64>,
    /// What the project declares.
    pub assumed: Vec<String>,
    /// Input files.
    pub inputs: Vec<InputFile>,
}

/// A feature of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// Its bins.
    #[serde(flatten)]
    pub bins: FeatureBins,
    /// Coefficient of its weight of evidence, before calibration.
    pub coefficient: f64,
    /// Standard error of that.
    pub standard_error: f64,
    /// What each bin adds to the score, in micro-log-odds.
    pub contributions: Vec<i64>,
    /// Mean of that over the training cases, rounded.
    pub mean_contribution: i64,
}

/// Points = base_points + pdo / ln 2 × (log-odds − ln base_odds).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointsScale {
    /// Points at the base odds.
    pub base_points: f64,
    /// Odds of *repaid* at the base points.
    pub base_odds: f64,
    /// Points that double the odds.
    pub pdo: f64,
}

/// A trained model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub(super) format_version: u32,
    pub(super) engine_version: String,
    pub(super) digest: String,
    pub(super) event: String,
    pub(super) provenance: Provenance,
    pub(super) settings: Settings,
    pub(super) base: i64,
    pub(super) points: PointsScale,
    pub(super) intercept: f64,
    pub(super) intercept_standard_error: f64,
    pub(super) terms: Vec<Term>,
    pub(super) bucket_groups: Vec<BucketGroup>,
    pub(super) calibration: Calibrator,
    pub(super) fit: FitRecord,
    pub(super) dropped: Vec<Dropped>,
    pub(super) notes: Vec<String>,
    pub(super) evaluation: Vec<SampleEvaluation>,
}

/// What a bucket group adds to the score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketGroup {
    /// Its name.
    pub name: String,
    /// In micro-log-odds.
    pub contribution: i64,
}

/// The settings that made the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct Settings {
    pub max_bins: usize,
    pub min_bin_share: f64,
    pub penalty_per_case: f64,
    pub folds: usize,
    pub seed: u64,
}

impl From<&ModelSettings> for Settings {
    fn from(s: &ModelSettings) -> Self {
        Settings { max_bins: s.max_bins, min_bin_share: s.min_bin_share, penalty_per_case: s.penalty_per_case, folds: s.folds, seed: s.seed }
    }
}

/// How the fit went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitRecord {
    /// Where it started.
    pub start: String,
    /// Newton steps.
    pub steps: usize,
    /// Largest gradient a case at the end.
    pub gradient_per_case: f64,
}

impl Model {
    /// Writes the model, whole or not at all.
    ///
    /// # Errors
    /// `file.io`.
    pub fn save(&self, path: &Path) -> Result<()> {
        let text = self.text().map_err(|e| Problem::error("model.unwritable", format!("the model cannot be written as JSON: {e}")))?;
        write_whole(path, |out| out.write_all(text.as_bytes()))
    }

    /// The file's text: pretty JSON with the digest of itself, computed with the digest blank.
    fn text(&self) -> serde_json::Result<String> {
        let blank = Model { digest: BLANK.into(), ..self.clone() };
        let text = serde_json::to_string_pretty(&blank)? + "\n";
        let digest = blake3::hash(text.as_bytes()).to_hex().to_string();
        Ok(text.replacen(BLANK, &digest, 1))
    }

    /// Reads a model and checks that it is whole, of this version, unchanged and sound.
    ///
    /// # Errors
    /// `model.unreadable`, `model.version`, `model.digest`, `model.unsound`.
    pub fn load(path: &Path) -> Result<Model> {
        let bytes = std::fs::read(path).map_err(|e| io_failure(path, "read the model file", &e))?;
        let named = |code: &'static str, message: String| Problem::error(code, message).file(path.display().to_string());
        let not_json = |e: String| -> Failure {
            named("model.unreadable", format!("this is no model file: {e}")).help("give the file that `recoup train` wrote").fail()
        };
        let text = String::from_utf8(bytes).map_err(|_| not_json("it is not UTF-8".into()))?;
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|e| not_json(e.to_string()))?;
        let version = value.get("format_version").and_then(serde_json::Value::as_u64);
        let engine = value.get("engine_version").and_then(serde_json::Value::as_str).unwrap_or("unknown");
        match version {
            Some(v) if v == u64::from(FORMAT_VERSION) => {}
            Some(v) => {
                return Err(named("model.version", format!("the model file has format version {v}; this engine reads version {FORMAT_VERSION}"))
                    .value(format!("written by recoup {engine}"))
                    .help(format!("train the model again with this engine, or score with recoup {engine}"))
                    .fail());
            }
            None => return Err(not_json("it has no format_version".into())),
        }
        let digest = value.get("digest").and_then(serde_json::Value::as_str).unwrap_or_default().to_string();
        let found =
            if digest.len() == BLANK.len() { blake3::hash(text.replacen(&digest, BLANK, 1).as_bytes()).to_hex().to_string() } else { String::new() };
        if found != digest {
            return Err(named("model.digest", "the model file was changed after training: its digest does not match".into())
                .value(digest)
                .rule(format!("digest {found}"))
                .help("restore the file that `recoup train` wrote; a model is changed by training it again")
                .fail());
        }
        let model: Model =
            serde_json::from_str(&text).map_err(|e| named("model.unsound", format!("the model file lacks what scoring needs: {e}")).fail())?;
        if let Err(why) = model.sound() {
            return Err(named("model.unsound", why).help("train the model again").fail());
        }
        Ok(model)
    }

    /// Whether every table has the right length, so that scoring cannot fail on it.
    fn sound(&self) -> std::result::Result<(), String> {
        for term in &self.terms {
            let bins = match &term.bins.cut {
                Cut::Number { edges } => {
                    if !edges.is_sorted_by(|a, b| a.0 < b.0) {
                        return Err(format!("the edges of `{}` are not ascending", term.bins.name));
                    }
                    edges.len() + 2
                }
                Cut::Category { words } => {
                    if !words.is_sorted_by(|a, b| a < b) {
                        return Err(format!("the words of `{}` are not sorted", term.bins.name));
                    }
                    words.len() + 2
                }
            };
            if bins > MOST_BINS + 1 || term.bins.bins.len() != bins || term.contributions.len() != bins {
                return Err(format!(
                    "`{}` has {} bins and {} contributions where its cut makes {bins}",
                    term.bins.name,
                    term.bins.bins.len(),
                    term.contributions.len()
                ));
            }
        }
        if self.bucket_groups.len() != BUCKET_GROUPS.len() {
            return Err(format!("it has {} bucket groups instead of {}", self.bucket_groups.len(), BUCKET_GROUPS.len()));
        }
        // The largest score must stay far from overflow, and within the range of a whole number in a double.
        let most = self
            .terms
            .iter()
            .flat_map(|t| t.contributions.iter().map(|c| c.unsigned_abs()).max())
            .fold(self.base.unsigned_abs(), u64::saturating_add);
        if most > 1 << 50 { Err("its contributions are beyond any log-odds".into()) } else { Ok(()) }
    }

    /// Its features, in catalogue order.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Score of a case before any contribution, in micro-log-odds.
    pub fn base(&self) -> i64 {
        self.base
    }

    /// The points scale.
    pub fn points(&self) -> PointsScale {
        self.points
    }

    /// What each bucket group adds.
    pub fn bucket_groups(&self) -> &[BucketGroup] {
        &self.bucket_groups
    }

    /// Where it comes from.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// How good it is, a sample each.
    pub fn evaluation(&self) -> &[SampleEvaluation] {
        &self.evaluation
    }

    /// Features that were not used, and why.
    pub fn dropped(&self) -> &[Dropped] {
        &self.dropped
    }

    /// What a reader should know.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// How the fit went.
    pub fn fit(&self) -> &FitRecord {
        &self.fit
    }

    /// The calibration.
    pub fn calibration(&self) -> &Calibrator {
        &self.calibration
    }

    /// Version of the engine that made it.
    pub fn engine_version(&self) -> &str {
        &self.engine_version
    }
}
