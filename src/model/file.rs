//! The model file: readable, versioned JSON with a digest that is checked on load.
//!
//! It holds everything for scoring and everything an auditor asks: population, exclusions, outcome, windows, features dropped and why, bins,
//! coefficients with intervals, calibration, evaluation, fingerprints of the inputs, settings and seed. Only [`Model::load`] makes a loaded
//! model, and a model that loads will score.

use super::bin::{Cut, Dropped, FeatureBins, OrderKept};
use super::calibrate::{BUCKET_GROUPS, Calibrator, bucket_group};
use super::encode::Design;
use super::evaluate::SampleEvaluation;
use super::interaction::Interaction;
use super::select::Round;
use super::share::ShareModel;
use super::sub_score::SubScoreScale;
use crate::base::config::{Direction, ModelSettings, SubScore};
use crate::base::files::{io_failure, write_whole};
use crate::base::problem::{Failure, Problem, Result};
use crate::base::units::{Bucket, MicroLogOdds};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Version of the file's form. A change that an older engine would misread raises it.
pub const FORMAT_VERSION: u32 = 2;

/// How the note on a calibration that does not hold out of time begins.
pub(super) const CALIBRATION_NOTE: &str = "out of time the calibration slope";

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

/// What a model was trained on, and so what it can score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainedOn {
    /// Cases of a book of histories: `recoup score`.
    #[default]
    Book,
    /// Rows of a flat table: `recoup score-table`.
    Table,
}

impl TrainedOn {
    /// The command that scores with such a model.
    pub fn command(self) -> &'static str {
        match self {
            TrainedOn::Book => "recoup score",
            TrainedOn::Table => "recoup score-table",
        }
    }
}

/// Where a model comes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// A book or a flat table.
    pub trained_on: TrainedOn,
    /// Project name, or the table's file name.
    pub project: String,
    /// Outcome rule, as the project file writes it, or the outcome column.
    pub outcome: String,
    /// The same in words.
    pub outcome_meaning: String,
    /// Its window in days; none for statements and flat tables.
    pub horizon_days: Option<i32>,
    /// Its window in cycles; none for a ledger and flat tables.
    pub horizon_cycles: Option<i32>,
    /// Arrears at or below this amount, in minor units, count as none …
    pub tolerance_amount: i64,
    /// … or at or below this share of the balance.
    pub tolerance_share: f64,
    /// Who became a case, in words.
    pub population: String,
    /// When, in words.
    pub observed: String,
    /// Currency code; empty for a flat table.
    pub currency: String,
    /// First and last observation date of the training cases; none where the table names no time.
    pub train_window: Option<[String; 2]>,
    /// The same of the test cases, if there are any.
    pub test_window: Option<[String; 2]>,
    /// Training cases.
    pub train_cases: u64,
    /// Borrowers of the training cases; none where the table names no borrower.
    pub train_borrowers: Option<u64>,
    /// Fewest and most days past due of the training cases: beyond them a score is an extrapolation. None for a flat table.
    pub train_dpd: Option<[i32; 2]>,
    /// Share of the training cases repaid, weighted.
    pub train_repaid_share: f64,
    /// Test cases.
    pub test_cases: u64,
    /// Column of weights, where there is one.
    pub weight: Option<String>,
    /// Columns kept from the model for the audit alone.
    pub protected: Vec<String>,
    /// Observations that became no mature case, by reason.
    pub excluded: BTreeMap<String, u64>,
    /// What the project declares.
    pub assumed: Vec<String>,
    /// Input files.
    pub inputs: Vec<InputFile>,
}

/// A coefficient with its errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// At the maximum, before calibration.
    pub value: f64,
    /// From the Hessian at the maximum.
    pub standard_error: f64,
    /// Clustered by borrower; none where borrowers are not known.
    pub clustered_error: Option<f64>,
    /// `value ÷ error`, by the clustered error where there is one.
    pub z: f64,
    /// Two-sided, of the normal distribution (Wald).
    pub p: f64,
    /// 95 % interval, by the same error.
    pub interval: [f64; 2],
}

/// A feature of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// Its bins.
    #[serde(flatten)]
    pub bins: FeatureBins,
    /// Expected direction.
    pub expected: Direction,
    /// Which sub-score it belongs to.
    pub sub_score: SubScore,
    /// Coefficient of its weight of evidence, before calibration.
    pub coefficient: Estimate,
    /// Variance inflation among the candidates that entered the fit.
    pub vif: f64,
    /// Stability index of its bins between the first and the last training month; none with one month.
    pub csi: Option<f64>,
    /// Training months that keep the order of its bins.
    pub order_kept: OrderKept,
    /// What each bin adds to the score, in micro-log-odds.
    pub contributions: Vec<i64>,
    /// The same in points; whole where the project asks for whole points.
    pub points: Vec<f64>,
    /// Mean contribution over the training cases, rounded.
    pub mean_contribution: i64,
}

/// Points = base_points + pdo / ln 2 × (log-odds − ln base_odds).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointsScale {
    /// Points at the base odds.
    pub base_points: f64,
    /// Odds of *repaid* at the base points.
    pub base_odds: f64,
    /// Points that double the odds.
    pub pdo: f64,
    /// Points of a case before any bin.
    pub start: f64,
    /// What whole points cost; none where points are not rounded.
    pub rounding: Option<RoundingCost>,
}

/// What it costs to round every bin to whole points, on the latest sample there is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundingCost {
    /// Which sample.
    pub sample: String,
    /// AUC with exact contributions, then with whole points.
    pub auc: [Option<f64>; 2],
    /// Log-loss with exact contributions, then with whole points.
    pub log_loss: [Option<f64>; 2],
}

impl PointsScale {
    /// Points that one log-odds unit is worth: `pdo / ln 2`.
    pub fn factor(&self) -> f64 {
        self.pdo / std::f64::consts::LN_2
    }

    /// Points of a score, to a tenth.
    pub fn points(&self, score: MicroLogOdds) -> f64 {
        let points = self.base_points + self.factor() * (score.log_odds() - self.base_odds.ln());
        // Whole points are whole again after the way through micro-log-odds.
        if self.rounding.is_some() { points.round_ties_even() } else { (points * 10.0).round_ties_even() / 10.0 }
    }
}

/// A trained model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub(super) format_version: u32,
    pub(super) engine_version: String,
    pub(super) digest: String,
    pub(super) event: String,
    pub(super) provenance: Provenance,
    pub(super) notes: Vec<String>,
    pub(super) evaluation: Vec<SampleEvaluation>,
    pub(super) base: i64,
    pub(super) points: PointsScale,
    pub(super) intercept: Estimate,
    pub(super) terms: Vec<Term>,
    pub(super) bucket_groups: Vec<BucketGroup>,
    pub(super) calibration: Calibrator,
    pub(super) share: Option<ShareModel>,
    pub(super) sub_scores: Vec<SubScoreScale>,
    pub(super) fit: FitRecord,
    pub(super) selection: Vec<Round>,
    pub(super) dropped: Vec<Dropped>,
    #[serde(default)]
    pub(super) interactions: Vec<Interaction>,
    pub(super) settings: ModelSettings,
}

/// What a bucket group adds to the score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BucketGroup {
    /// Its name.
    pub name: String,
    /// In micro-log-odds.
    pub contribution: i64,
    /// In points.
    pub points: f64,
}

/// How the fit went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitRecord {
    /// Where it started, and what brought it to the maximum.
    pub start: String,
    /// Newton steps.
    pub steps: usize,
    /// Largest gradient a case at the end.
    pub gradient_per_case: f64,
    /// Weighted log-likelihood, without the penalty.
    pub log_likelihood: f64,
    /// L2 penalty a case.
    pub penalty_per_case: f64,
    /// Every penalty tried, with its held-out log-loss a case; empty where the project fixes one.
    pub penalties_tried: Vec<PenaltyTried>,
}

/// A penalty that cross-validation tried.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PenaltyTried {
    /// L2 penalty a case.
    pub penalty_per_case: f64,
    /// Mean log-loss of cases from fits that did not see their borrower; none where a fold could not be fitted.
    pub held_out_log_loss: Option<f64>,
    /// Standard error of that over folds.
    pub standard_error: Option<f64>,
}

impl FitRecord {
    /// The record in one line.
    pub fn sentence(&self) -> String {
        let how = if self.penalties_tried.is_empty() { "as set" } else { "chosen on held-out borrowers" };
        format!(
            "start: {}; Newton steps: {}; gradient {:.1e} a case; penalty {:.3e} a case, {how}",
            self.start, self.steps, self.gradient_per_case, self.penalty_per_case
        )
    }
}

impl Model {
    /// Writes the model, whole or not at all, and gives it with its digest.
    ///
    /// # Errors
    /// `file.io`.
    pub fn save(self, path: &Path) -> Result<Model> {
        let unwritable = |e: serde_json::Error| Problem::error("model.unwritable", format!("the model cannot be written as JSON: {e}"));
        let blank = Model { digest: BLANK.into(), ..self };
        let text = serde_json::to_string_pretty(&blank).map_err(unwritable)? + "\n";
        let digest = blake3::hash(text.as_bytes()).to_hex().to_string();
        write_whole(path, |out| out.write_all(text.replacen(BLANK, &digest, 1).as_bytes()))?;
        Ok(Model { digest, ..blank })
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
            let name = &term.bins.name;
            term.bins.cut.sound().map_err(|why| format!("`{name}`: {why}"))?;
            let bins = term.bins.cut.bins();
            if term.bins.bins.len() != bins || term.contributions.len() != bins || term.points.len() != bins {
                return Err(format!(
                    "`{name}` has {} bins and {} contributions where its cut makes {bins}",
                    term.bins.bins.len(),
                    term.contributions.len()
                ));
            }
        }
        let groups = if self.provenance.trained_on == TrainedOn::Book { BUCKET_GROUPS.len() } else { 0 };
        let of_share = self.share.as_ref().map_or(groups, |share| share.bucket_groups.len());
        if self.bucket_groups.len() != groups || of_share != groups {
            return Err(format!("it has {} bucket groups instead of {groups}", self.bucket_groups.len()));
        }
        if let Some(share) = &self.share {
            let fits = |(k, term): (usize, &Term)| share.contributions.get(k).is_some_and(|c| c.len() == term.contributions.len());
            if share.contributions.len() != self.terms.len() || !self.terms.iter().enumerate().all(fits) {
                return Err("its model of the share repaid does not have the features of the model".into());
            }
        }
        if !self.calibration.steps.is_sorted_by(|a, b| a.from < b.from && a.probability <= b.probability) {
            return Err("the steps of its calibration do not rise".into());
        }
        // The largest score must stay far from overflow, and within the range of a whole number in a double.
        let most = |base: i64, tables: &mut dyn Iterator<Item = &Vec<i64>>| {
            tables.flat_map(|t| t.iter().map(|c| c.unsigned_abs()).max()).fold(base.unsigned_abs(), u64::saturating_add)
        };
        let own = most(self.base, &mut self.terms.iter().map(|t| &t.contributions));
        let of_share = self.share.as_ref().map_or(0, |s| most(s.base, &mut s.contributions.iter()));
        if own.max(of_share) > 1 << 50 { Err("its contributions are beyond any log-odds".into()) } else { Ok(()) }
    }

    /// The scores of cases from their codes: base + Σ contributions + the bucket group's, in micro-log-odds.
    pub fn scores(&self, design: &Design, bucket: Option<&[Bucket]>) -> Vec<MicroLogOdds> {
        let tables: Vec<&[i64]> = self.terms.iter().map(|t| t.contributions.as_slice()).collect();
        let groups: Vec<i64> = self.bucket_groups.iter().map(|g| g.contribution).collect();
        sums(self.base, &tables, &groups, design, bucket)
    }

    /// Calibrated probability of *repaid* at a score.
    pub fn probability(&self, score: MicroLogOdds) -> f64 {
        self.calibration.probability(score)
    }

    /// Its features, in catalogue order.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Every feature whose values it reads, with how they fall into bins: once, even where a two-way table reads it too.
    pub fn inputs(&self) -> BTreeMap<&str, &Cut> {
        self.terms.iter().rev().flat_map(|term| term.bins.cut.inputs(&term.bins.name)).collect()
    }

    /// Two-way tables, in the order in which they were found.
    pub fn interactions(&self) -> &[Interaction] {
        &self.interactions
    }

    /// Score of a case before any contribution, in micro-log-odds.
    pub fn base(&self) -> i64 {
        self.base
    }

    /// The points scale.
    pub fn points(&self) -> &PointsScale {
        &self.points
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

    /// What the file says of a calibration that does not hold out of time, if it says so.
    pub fn calibration_note(&self) -> Option<&str> {
        self.notes.iter().map(String::as_str).find(|note| note.starts_with(CALIBRATION_NOTE))
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

    /// The intercept, before calibration.
    pub fn intercept(&self) -> &Estimate {
        &self.intercept
    }

    /// The model of the share of arrears repaid, if the training cases knew it.
    pub fn share(&self) -> Option<&ShareModel> {
        self.share.as_ref()
    }

    /// The scales of ability and willingness.
    pub fn sub_scores(&self) -> &[SubScoreScale] {
        &self.sub_scores
    }

    /// Rounds of elimination.
    pub fn selection(&self) -> &[Round] {
        &self.selection
    }

    /// The settings that made it.
    pub fn settings(&self) -> &ModelSettings {
        &self.settings
    }

    /// Its digest, as the file has it; of a model not yet saved, empty.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// `base + Σ tables[j][code] + the bucket group's`, case by case. Whole numbers: any order gives the same.
pub(super) fn sums(base: i64, tables: &[&[i64]], groups: &[i64], design: &Design, bucket: Option<&[Bucket]>) -> Vec<MicroLogOdds> {
    use rayon::prelude::*;
    const CHUNK: usize = 4_096;
    let mut scores = vec![MicroLogOdds(base); design.n];
    scores.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, scores)| {
        let rows = chunk * CHUNK..chunk * CHUNK + scores.len();
        for (table, codes) in tables.iter().zip(&design.columns) {
            // A code is a byte: a table of 256 needs no check of its end.
            let mut wide = [0i64; 256];
            wide[..table.len()].copy_from_slice(table);
            for (score, code) in scores.iter_mut().zip(&codes[rows.clone()]) {
                score.0 += wide[usize::from(*code)];
            }
        }
        if let Some(bucket) = bucket.filter(|_| !groups.is_empty()) {
            for (score, bucket) in scores.iter_mut().zip(&bucket[rows]) {
                score.0 += groups[bucket_group(*bucket)];
            }
        }
    });
    scores
}
