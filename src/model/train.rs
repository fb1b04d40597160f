//! Cases to a model, in order: bin, encode, fit, calibrate, round, evaluate.

use super::bin::{Dropped, FeatureBins, fit_bins};
use super::calibrate::{BUCKET_GROUPS, Calibrator, bucket_group, out_of_fold, platt};
use super::encode::{Design, encode, encode_column};
use super::evaluate::{SampleEvaluation, Scores, evaluate};
use super::file::{BucketGroup, FORMAT_VERSION, FitRecord, Model, PointsScale, Provenance, Term};
use super::fit::Problemset;
use crate::base::config::ModelSettings;
use crate::base::problem::{Problem, Problems, Result, suggestion};
use crate::base::units::{Bucket, MICRO, MicroLogOdds};
use crate::data::features::{Direction, FeatureColumn, FeatureTable, SubScore, Values};
use std::collections::HashSet;

/// Fewer training cases than this say nothing worth a model.
const FEWEST_CASES: usize = 50;
/// Fewer of either outcome neither.
const FEWEST_OF_AN_OUTCOME: usize = 10;

/// What training needs, one entry a case.
pub struct TrainingInput<'a> {
    /// Features of all cases.
    pub features: &'a FeatureTable,
    /// Outcomes.
    pub repaid: &'a [bool],
    /// Borrowers.
    pub borrower: &'a [u32],
    /// Buckets.
    pub bucket: &'a [Bucket],
    /// Days past due.
    pub dpd: &'a [i32],
    /// Places of the training cases.
    pub train: &'a [u32],
    /// Places of the out-of-time cases; may be empty.
    pub test: &'a [u32],
    /// Settings.
    pub settings: &'a ModelSettings,
    /// Where the cases come from.
    pub provenance: Provenance,
}

/// Trains a model.
///
/// # Errors
/// `model.no_cases`, `model.one_class`, `model.unknown_feature`, `model.no_feature`, and those of the fit and the calibration.
pub fn train(input: &TrainingInput<'_>) -> Result<Model> {
    let settings = input.settings;
    let columns = chosen(input)?;
    let repaid: Vec<bool> = input.train.iter().map(|r| input.repaid[*r as usize]).collect();
    enough(&repaid)?;
    let (bins, dropped) = fit_bins(&columns, input.train, &repaid, settings);
    if bins.is_empty() {
        let reasons: Vec<String> = dropped.iter().map(|d| format!("{}: {}", d.feature, d.reason)).collect();
        return Err(Problem::error("model.no_feature", "no feature is left to train on")
            .value(reasons.join("; "))
            .help("check the tables and the features of the project file")
            .fail());
    }
    let design = encode(input.features, &bins.iter().collect::<Vec<_>>(), input.train)?;
    let outcome: Vec<f64> = repaid.iter().map(|r| f64::from(u8::from(*r))).collect();
    let problem = Problemset { design: &design, features: &bins, outcome: &outcome, penalty_per_case: settings.penalty_per_case };
    let fit = problem.fit(settings.seed)?;
    let borrower: Vec<u32> = input.train.iter().map(|r| input.borrower[*r as usize]).collect();
    let bucket: Vec<Bucket> = input.train.iter().map(|r| input.bucket[*r as usize]).collect();
    let unseen = out_of_fold(&problem, &fit, &borrower, settings.seed, settings.folds)?;
    let calibration = platt(&unseen, &outcome, &bucket, settings.folds)?;
    let notes = notes(&bins, &fit.coefficients, &columns);
    let terms = terms(bins, &fit.coefficients, &fit.standard_errors[1..], &calibration, &design);
    let mut model = Model {
        format_version: FORMAT_VERSION,
        engine_version: env!("CARGO_PKG_VERSION").into(),
        digest: String::new(),
        event: "repaid".into(),
        provenance: input.provenance.clone(),
        settings: settings.into(),
        base: (MICRO * (calibration.slope * fit.intercept + calibration.intercept)).round_ties_even() as i64,
        points: PointsScale { base_points: settings.base_points, base_odds: settings.base_odds, pdo: settings.pdo },
        intercept: fit.intercept,
        intercept_standard_error: fit.standard_errors[0],
        terms,
        bucket_groups: BUCKET_GROUPS
            .iter()
            .zip(calibration.offsets)
            .map(|(name, offset)| BucketGroup { name: name.to_string(), contribution: MicroLogOdds::from_log_odds(offset).0 })
            .collect(),
        calibration,
        fit: FitRecord { start: fit.start, steps: fit.steps, gradient_per_case: fit.gradient },
        dropped,
        notes,
        evaluation: Vec::new(),
    };
    model.evaluation = evaluation(&model, input)?;
    Ok(model)
}

fn chosen<'a>(input: &'a TrainingInput<'_>) -> Result<Vec<&'a FeatureColumn>> {
    let Some(names) = &input.settings.features else {
        return Ok(input.features.columns.iter().collect());
    };
    let mut problems = Problems::default();
    for name in names.iter().filter(|n| input.features.get(n).is_none()) {
        problems.push(
            Problem::error("model.unknown_feature", format!("there is no feature `{name}`"))
                .column("model.features")
                .value(name.as_str())
                .help(suggestion(name, input.features.names())),
        );
    }
    problems.stop_on_error()?;
    // Catalogue order, whatever the order of the list: reasons break ties by it.
    Ok(input.features.columns.iter().filter(|c| names.iter().any(|n| **n == *c.name)).collect())
}

fn enough(repaid: &[bool]) -> Result<()> {
    let events = repaid.iter().filter(|r| **r).count();
    let found = format!("{} training cases, {events} repaid", repaid.len());
    if !repaid.is_empty() && (events == 0 || events == repaid.len()) {
        return Err(Problem::error("model.one_class", "the training cases have one outcome only")
            .value(found)
            .rule("cases of both outcomes")
            .help("check the outcome rule, its horizon and the training dates")
            .fail());
    }
    if repaid.len() < FEWEST_CASES || events.min(repaid.len() - events) < FEWEST_OF_AN_OUTCOME {
        return Err(Problem::error("model.no_cases", "there are too few mature training cases")
            .value(found)
            .rule(format!("at least {FEWEST_CASES} cases and {FEWEST_OF_AN_OUTCOME} of either outcome"))
            .help("train on more observation dates, or move split.train_until")
            .fail());
    }
    Ok(())
}

fn notes(bins: &[FeatureBins], coefficients: &[f64], columns: &[&FeatureColumn]) -> Vec<String> {
    let mut notes = Vec::new();
    for (feature, coefficient) in bins.iter().zip(coefficients) {
        if *coefficient < 0.0 {
            notes.push(format!("{}: its coefficient is negative, so beside the others it works against its own bins' rates", feature.name));
        }
        let expected = columns.iter().find(|c| *c.name == feature.name).map_or(Direction::Free, |c| c.expected);
        let intervals = feature.bins.len() - 1;
        if let (Some(first), Some(last)) = (feature.bins[0].rate(), feature.bins[intervals - 1].rate()) {
            let contradicts = match expected {
                Direction::Up => last < first,
                Direction::Down => last > first,
                Direction::Free => false,
            };
            if contradicts {
                notes.push(format!(
                    "{}: its rate of repaid runs against the expected direction, {:.1} % in the lowest bin and {:.1} % in the highest",
                    feature.name,
                    first * 100.0,
                    last * 100.0
                ));
            }
        }
    }
    notes
}

fn terms(bins: Vec<FeatureBins>, coefficients: &[f64], errors: &[f64], calibration: &Calibrator, design: &Design) -> Vec<Term> {
    bins.into_iter()
        .zip(coefficients)
        .zip(errors)
        .zip(&design.columns)
        .map(|(((bins, coefficient), standard_error), codes)| {
            let contributions: Vec<i64> = bins.bins.iter().map(|b| MicroLogOdds::from_log_odds(calibration.slope * coefficient * b.woe).0).collect();
            let sum: i128 = codes.iter().map(|c| i128::from(contributions[usize::from(*c)])).sum();
            let mean_contribution = (sum as f64 / codes.len().max(1) as f64).round_ties_even() as i64;
            Term { bins, coefficient: *coefficient, standard_error: *standard_error, contributions, mean_contribution }
        })
        .collect()
}

/// Evaluates the model as it will score: on whole numbers, beside days past due alone.
fn evaluation(model: &Model, input: &TrainingInput<'_>) -> Result<Vec<SampleEvaluation>> {
    let all: Vec<u32> = (0..input.repaid.len() as u32).collect();
    let design = encode(input.features, &model.terms.iter().map(|t| &t.bins).collect::<Vec<_>>(), &all)?;
    let probability: Vec<f64> = (0..all.len()).map(|k| MicroLogOdds(model.sum(&design, k, input.bucket[k])).probability()).collect();
    let dpd_probability = dpd_alone(input, &all);
    let scores = Scores {
        probability: &probability,
        dpd: input.dpd,
        dpd_probability: &dpd_probability,
        repaid: input.repaid,
        borrower: input.borrower,
        bucket: input.bucket,
    };
    let seed = input.settings.seed;
    let mut samples = vec![evaluate("train", &scores, input.train, seed)];
    if !input.test.is_empty() {
        samples.push(evaluate("out_of_time", &scores, input.test, seed));
        let known: HashSet<u32> = input.train.iter().map(|r| input.borrower[*r as usize]).collect();
        let new: Vec<u32> = input.test.iter().copied().filter(|r| !known.contains(&input.borrower[*r as usize])).collect();
        if !new.is_empty() {
            samples.push(evaluate("out_of_time_new_borrowers", &scores, &new, seed));
        }
    }
    Ok(samples)
}

/// The share repaid of the training cases in each case's quantile bin of days past due; the book's share where there is but one bin.
fn dpd_alone(input: &TrainingInput<'_>, all: &[u32]) -> Vec<f64> {
    let column = FeatureColumn {
        name: "dpd".into(),
        meaning: "days past due".into(),
        expected: Direction::Down,
        sub_score: SubScore::Neither,
        values: Values::Number(input.dpd.iter().map(|d| f64::from(*d)).collect()),
    };
    let repaid: Vec<bool> = input.train.iter().map(|r| input.repaid[*r as usize]).collect();
    let book = repaid.iter().filter(|r| **r).count() as f64 / repaid.len().max(1) as f64;
    let (bins, _): (Vec<FeatureBins>, Vec<Dropped>) = fit_bins(&[&column], input.train, &repaid, input.settings);
    match bins.first() {
        None => vec![book; all.len()],
        Some(bins) => encode_column(&column, &bins.cut, all).iter().map(|c| bins.bins[usize::from(*c)].rate().unwrap_or(book)).collect(),
    }
}

impl Model {
    /// The score of a case from its codes: base + Σ contributions + the bucket group's, in micro-log-odds.
    pub fn sum(&self, design: &Design, case: usize, bucket: Bucket) -> i64 {
        let terms = self.terms.iter().zip(&design.columns).map(|(term, codes)| term.contributions[usize::from(codes[case])]);
        self.base + terms.sum::<i64>() + self.bucket_groups[bucket_group(bucket)].contribution
    }
}
