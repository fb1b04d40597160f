//! Cases to a model, in order: bin, screen, fit, eliminate, calibrate, round, evaluate.

mod assess;
mod bins;
mod notes;
mod penalty;
mod round;

use super::bin::{Binned, Dropped, OrderKept, Target};
use super::calibrate::{BUCKET_GROUPS, CalibrationInput, calibrate, fold_of};
use super::evaluate::pick;
use super::file::{BucketGroup, Estimate, FORMAT_VERSION, FitRecord, Model, PointsScale, Provenance};
use super::fit::{Coded, LogisticFit, Newton, clustered_covariance, out_of_fold, wald};
use super::interaction::{Pair, Search, find};
use super::select::{Candidate, Eliminated, coded, eliminate, none_left, screen, untangle};
use super::share::{ShareInput, ShareModel, fit_share};
use crate::base::config::{Direction, ModelSettings, SubScore};
use crate::base::problem::{Failure, Problem, Problems, Result, suggestion};
use crate::base::units::{Bucket, MICRO};
use crate::data::features::{FeatureColumn, FeatureTable};
use assess::{assess, sub_scores};
use bins::{bin, fine};
use notes::{contrary_note, term_notes};
use penalty::{penalty, settle};
use round::{Contributions, Scale, terms};

/// Fewer training cases than this say nothing worth a model.
const FEWEST_CASES: usize = 50;
/// Fewer of either outcome neither.
const FEWEST_OF_AN_OUTCOME: f64 = 10.0;

/// What training needs, one entry a case.
pub struct TrainingInput<'a> {
    /// Features of all cases.
    pub features: &'a FeatureTable,
    /// Outcomes, 0 to 1.
    pub outcome: &'a [f64],
    /// Weights; 1 each where absent.
    pub weight: Option<&'a [f64]>,
    /// Borrowers; each case its own where absent.
    pub borrower: Option<&'a [u32]>,
    /// A number for the month of each case, rising with time.
    pub month: Option<&'a [u32]>,
    /// What a book of histories adds.
    pub arrears: Option<ArrearsColumns<'a>>,
    /// Places of the training cases.
    pub train: &'a [u32],
    /// Places of the out-of-time cases; may be empty.
    pub test: &'a [u32],
    /// Settings.
    pub settings: &'a ModelSettings,
    /// Features that the cases have and the model must not, and why.
    pub withheld: Vec<Dropped>,
    /// Where the cases come from.
    pub provenance: Provenance,
}

/// What a book of histories adds to its cases.
#[derive(Clone, Copy)]
pub struct ArrearsColumns<'a> {
    /// Buckets.
    pub bucket: &'a [Bucket],
    /// Days past due.
    pub dpd: &'a [i32],
    /// Share of the arrears repaid; `NaN` where it is not known.
    pub share: &'a [f64],
    /// Arrears, in minor units; `NaN` in a book without money.
    pub amount: &'a [f64],
}

/// The cases of one sample, side by side.
struct Sample {
    outcome: Vec<f64>,
    weight: Option<Vec<f64>>,
    borrower: Option<Vec<u32>>,
    bucket: Option<Vec<Bucket>>,
    dpd: Vec<i32>,
    share: Vec<f64>,
    amount: Vec<f64>,
}

impl Sample {
    fn of(input: &TrainingInput<'_>, rows: &[u32]) -> Sample {
        let arrears = input.arrears;
        Sample {
            outcome: pick(input.outcome, rows),
            weight: input.weight.map(|w| pick(w, rows)),
            borrower: input.borrower.map(|b| pick(b, rows)),
            bucket: arrears.map(|a| pick(a.bucket, rows)),
            dpd: arrears.map_or(Vec::new(), |a| pick(a.dpd, rows)),
            share: arrears.map_or(Vec::new(), |a| pick(a.share, rows)),
            amount: arrears.map_or(Vec::new(), |a| pick(a.amount, rows)),
        }
    }

    fn target(&self) -> Target<'_> {
        Target { outcome: &self.outcome, weight: self.weight.as_deref() }
    }
}

/// Trains a model.
///
/// # Errors
/// `model.no_cases`, `model.one_class`, `model.unknown_feature`, `model.bins_by_hand`, `model.no_feature`, and those of the fit and the
/// calibration.
pub fn train(input: &TrainingInput<'_>) -> Result<Model> {
    let settings = input.settings;
    let columns = chosen(input)?;
    let sample = Sample::of(input, input.train);
    let target = sample.target();
    enough(&target)?;
    let mut dropped = input.withheld.clone();
    let (binned, without_bins) = bin(&columns, input, &target)?;
    dropped.extend(without_bins);
    let month = input.month.map(|month| pick(month, input.train));
    let mut notes: Vec<String> = binned.iter().filter_map(|candidate| contrary_note(candidate, settings)).collect();
    let (candidates, screened) = screen(binned, &target, month.as_deref(), &settings.selection);
    dropped.extend(screened);
    let (candidates, told) = untangle(candidates, &target, settings.selection.max_vif.at());
    dropped.extend(told);
    if candidates.is_empty() {
        return Err(none_left(&dropped));
    }
    let folds = settings.folds;
    let fold: Vec<u8> =
        (0..target.outcome.len()).map(|k| fold_of(sample.borrower.as_ref().map_or(k as u32, |b| b[k]), settings.seed, folds)).collect();
    let everything: Vec<usize> = (0..candidates.len()).collect();
    let (penalty, _) = penalty(&coded(&candidates, &everything), &sample, &fold, settings)?;
    let newton = Newton { penalty_per_case: penalty, seed: settings.seed, start: None };
    let eliminated = eliminate(&candidates, &target, &newton, &settings.selection)?;
    let (fitted, tried) = settle(&candidates, eliminated.kept.as_slice(), &eliminated.fit, &sample, &fold, settings, newton)?;
    let Eliminated { kept, dropped: by_fit, rounds, .. } = eliminated;
    dropped.extend(by_fit);
    let data = coded(&candidates, &kept);
    let clustered = sample.borrower.as_ref().map(|b| clustered_covariance(&data, &target, &fitted.fit, b));
    let mut unseen = out_of_fold(&data, &target, &fold, folds, &fitted.fit, fitted.newton.penalty_per_case).map_err(Failure::from)?;
    let pairs = pairs(&columns, &candidates, input, &sample, &fold, &mut unseen)?;
    let calibration = calibrate(&CalibrationInput { log_odds: &unseen, target, bucket: sample.bucket.as_deref(), folds }, settings.calibration)?;
    drop(unseen);
    let share = match input.arrears {
        Some(_) if sample.share.iter().any(|s| s.is_finite()) => share_model(&data, &sample, &fold, &fitted.newton, settings, &mut notes),
        _ => None,
    };
    let fit = fitted.fit;
    let mut all = estimates(&fit, clustered.as_deref()).into_iter();
    let intercept = all.next().unwrap_or_default();
    for dropped in &mut dropped {
        if let Some(pair) = pairs.iter().find(|pair| pair.found.features.contains(&dropped.feature)) {
            dropped.reason.push_str(&format!("; not by itself, but in the two-way table {}", pair.binned.bins.name));
        }
    }
    let exact = Contributions::exact(&fit, &data, &calibration).with_pairs(&pairs, &calibration);
    let scale = Scale::of(settings);
    let used = if settings.integer_points { exact.whole(&scale) } else { exact.clone() };
    drop(data);
    let mut share = share;
    if let Some(share) = &mut share {
        // The share has no two-way tables: theirs are of the chance to repay.
        share.contributions.extend(pairs.iter().map(|pair| vec![0; pair.table.len()]));
    }
    let mut estimates: Vec<Estimate> = all.collect();
    let (mut candidates, mut kept, mut interactions) = (candidates, kept, Vec::new());
    for pair in pairs {
        kept.push(candidates.len());
        estimates.push(pair.slope);
        interactions.push(pair.found);
        candidates.push(pair_candidate(pair.binned, &candidates));
    }
    let (terms, design) = terms(candidates, &kept, estimates, &used, &scale);
    notes.extend(terms.iter().flat_map(|term| term_notes(term, input.month.is_some())));
    let mut model = Model {
        format_version: FORMAT_VERSION,
        engine_version: env!("CARGO_PKG_VERSION").into(),
        digest: String::new(),
        event: "repaid".into(),
        provenance: input.provenance.clone(),
        notes,
        evaluation: Vec::new(),
        base: used.base,
        points: PointsScale {
            base_points: settings.base_points,
            base_odds: settings.base_odds,
            pdo: settings.pdo,
            start: scale.tenths(settings.base_points + scale.factor * (used.base as f64 / MICRO - settings.base_odds.ln())),
            rounding: None,
        },
        intercept,
        terms,
        bucket_groups: BUCKET_GROUPS
            .iter()
            .zip(&used.groups)
            .map(|(name, contribution)| BucketGroup {
                name: name.to_string(),
                contribution: *contribution,
                points: scale.tenths(scale.factor * *contribution as f64 / MICRO),
            })
            .collect(),
        calibration,
        share,
        sub_scores: Vec::new(),
        fit: FitRecord {
            start: fit.start,
            steps: fit.steps,
            gradient_per_case: fit.gradient,
            log_likelihood: fit.log_likelihood,
            penalty_per_case: fitted.newton.penalty_per_case,
            penalties_tried: tried,
        },
        selection: rounds,
        dropped,
        interactions,
        settings: settings.clone(),
    };
    model.sub_scores = sub_scores(&model, &design, settings.min_known);
    assess(&mut model, input, &columns, sample, design, &exact)?;
    Ok(model)
}

/// Two-way tables of the features that passed the screening, whether or not they stayed by themselves; `unseen` gets what they add.
fn pairs(
    columns: &[&FeatureColumn],
    candidates: &[Candidate],
    input: &TrainingInput<'_>,
    sample: &Sample,
    fold: &[u8],
    unseen: &mut [f64],
) -> Result<Vec<Pair>> {
    let settings = input.settings;
    if settings.interactions.most == 0 {
        return Ok(Vec::new());
    }
    let value_of = |name: &str| candidates.iter().find(|c| c.name() == name).map_or(0.0, |c| c.binned.bins.information_value);
    let screened: Vec<&FeatureColumn> = columns.iter().copied().filter(|c| candidates.iter().any(|k| *k.name() == *c.name)).collect();
    let axes = fine(&screened, input, &sample.target(), value_of)?;
    let (borrower, rules) = (sample.borrower.as_deref(), &settings.interactions);
    find(&axes, &Search { target: sample.target(), borrower, fold, folds: settings.folds, seed: settings.seed, rules }, unseen)
}

/// A two-way table as a feature: it has no expected direction, and belongs to a sub-score that both of its features belong to.
fn pair_candidate(binned: Binned, candidates: &[Candidate]) -> Candidate {
    let of = |name: &str| candidates.iter().find(|c| c.name() == name).map_or(SubScore::Neither, |c| c.sub_score);
    let sub_scores: Vec<SubScore> = binned.bins.cut.inputs(&binned.bins.name).iter().map(|(name, _)| of(name)).collect();
    let sub_score = if sub_scores.windows(2).all(|w| w[0] == w[1]) { sub_scores[0] } else { SubScore::Neither };
    Candidate { binned, expected: Direction::Free, sub_score, vif: 1.0, csi: None, order_kept: OrderKept::default() }
}

/// The features to train on, in catalogue order, whatever the order of the list: reasons break ties by it.
fn chosen<'a>(input: &'a TrainingInput<'_>) -> Result<Vec<&'a FeatureColumn>> {
    let settings = input.settings;
    let mut problems = Problems::default();
    for (key, name) in settings.named().filter(|(_, name)| input.features.get(name).is_none()) {
        problems.push(
            Problem::error("model.unknown_feature", format!("there is no feature `{name}`"))
                .column(key)
                .value(name.as_str())
                .help(suggestion(name, input.features.names())),
        );
    }
    problems.stop_on_error()?;
    let wanted = |column: &&FeatureColumn| settings.features.as_ref().is_none_or(|names| names.iter().any(|n| **n == *column.name));
    Ok(input.features.columns.iter().filter(wanted).collect())
}

fn enough(target: &Target<'_>) -> Result<()> {
    let n = target.outcome.len();
    let counted = (0..n).filter(|k| target.weight_of(*k) > 0.0).count();
    let events: f64 = target.outcome.iter().enumerate().filter(|(k, _)| target.weight_of(*k) > 0.0).map(|(_, y)| y).fold(0.0, |sum, y| sum + y);
    let found = format!("{n} training cases, {events} repaid");
    if n > 0 && counted == 0 {
        return Err(Problem::error("model.no_weight", "the weights of all training cases are 0").value(found).rule("weights above 0").fail());
    }
    if n > 0 && (events <= 0.0 || events >= counted as f64) {
        return Err(Problem::error("model.one_class", "the training cases have one outcome only")
            .value(found)
            .rule("cases of both outcomes")
            .help("check the outcome rule, its horizon and the training dates")
            .fail());
    }
    if counted < FEWEST_CASES || events.min(counted as f64 - events) < FEWEST_OF_AN_OUTCOME {
        return Err(Problem::error("model.no_cases", "there are too few mature training cases")
            .value(found)
            .rule(format!("at least {FEWEST_CASES} cases and {FEWEST_OF_AN_OUTCOME} of either outcome"))
            .help("train on more cases: more observation dates, or a later split.train_until (--test-from for a table)")
            .fail());
    }
    Ok(())
}

/// Intercept and coefficients with their errors.
fn estimates(fit: &LogisticFit, clustered: Option<&[f64]>) -> Vec<Estimate> {
    let p = fit.coefficients.len() + 1;
    let values = std::iter::once(fit.intercept).chain(fit.coefficients.iter().copied());
    values
        .enumerate()
        .map(|(j, value)| {
            let standard_error = fit.covariance[j * p + j].sqrt();
            let clustered_error = clustered.map(|c| c[j * p + j].max(0.0).sqrt());
            let found = wald(value, clustered_error.unwrap_or(standard_error));
            Estimate { value, standard_error, clustered_error, z: found.z, p: found.p, interval: [found.low, found.high] }
        })
        .collect()
}

fn share_model(
    data: &Coded<'_>,
    sample: &Sample,
    fold: &[u8],
    newton: &Newton,
    settings: &ModelSettings,
    notes: &mut Vec<String>,
) -> Option<ShareModel> {
    let input = ShareInput {
        data,
        share: &sample.share,
        weight: sample.weight.as_deref(),
        borrower: sample.borrower.as_deref(),
        bucket: sample.bucket.as_deref(),
        fold,
        folds: settings.folds,
        newton,
    };
    match fit_share(&input, estimates) {
        Ok(share) => Some(share),
        Err(failure) => {
            let why = failure.problems.first().map_or(String::new(), |p| p.message.to_string());
            notes.push(format!("no model of the share repaid, the probability stands in for it: {why}"));
            None
        }
    }
}
