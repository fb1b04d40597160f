//! Cases to a model, in order: bin, screen, fit, eliminate, calibrate, round, evaluate.

use super::bin::{Ask, Binned, ByHand, Dropped, Limits, Objective, OrderKept, Rows, Special, Target, Trend, fit_bins};
use super::calibrate::{BUCKET_GROUPS, CalibrationInput, Calibrator, calibrate, fold_of};
use super::encode::{Design, encode};
use super::evaluate::{ArrearsScores, SampleEvaluation, Scores, evaluate, figures, pick};
use super::file::{
    BucketGroup, CALIBRATION_NOTE, Estimate, FORMAT_VERSION, FitRecord, Model, PenaltyTried, PointsScale, Provenance, RoundingCost, Term, TrainedOn,
    sums,
};
use super::fit::{Coded, LogisticFit, Newton, choose_penalty, clustered_covariance, out_of_fold, wald};
use super::select::{Candidate, Eliminated, coded, eliminate, none_left, screen, untangle};
use super::share::{ShareInput, ShareModel, evaluate_share, fit_share};
use super::sub_score::SubScoreScale;
use crate::base::config::{BinObjective, Direction, HandBins, ModelSettings, Penalty, SpecialValue, SubScore, TrendRule};
use crate::base::problem::{Problem, Problems, Result, suggestion};
use crate::base::units::{Bucket, MICRO, MicroLogOdds};
use crate::data::features::{FeatureColumn, FeatureTable, Values};
use std::collections::HashSet;

/// Fewer training cases than this say nothing worth a model.
const FEWEST_CASES: usize = 50;
/// Fewer of either outcome neither.
const FEWEST_OF_AN_OUTCOME: f64 = 10.0;
/// Borrowers of about this many cases are enough to choose a penalty on.
const PENALTY_CASES: usize = 20_000;
/// A stability index above this is a shift, by custom; it is told.
const SHIFT: f64 = 0.25;
/// Penalties that cross-validation tries, as the precision of a prior on each coefficient: a coefficient of a weight of evidence lies
/// between 0 and 1, so that 4 is the precision of that range and 100 all but forbids it.
const PRECISIONS: [f64; 7] = [0.01, 0.1, 1.0, 3.0, 10.0, 30.0, 100.0];

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
    let unseen =
        out_of_fold(&data, &target, &fold, folds, &fitted.fit, fitted.newton.penalty_per_case).map_err(crate::base::problem::Failure::from)?;
    let calibration = calibrate(&CalibrationInput { log_odds: &unseen, target, bucket: sample.bucket.as_deref(), folds }, settings.calibration)?;
    drop(unseen);
    let share = match input.arrears {
        Some(_) if sample.share.iter().any(|s| s.is_finite()) => share_model(&data, &sample, &fold, &fitted.newton, settings, &mut notes),
        _ => None,
    };
    let fit = fitted.fit;
    let mut all = estimates(&fit, clustered.as_deref()).into_iter();
    let intercept = all.next().unwrap_or_default();
    let exact = Contributions::exact(&fit, &data, &calibration);
    let scale = Scale::of(settings);
    let used = if settings.integer_points { exact.whole(&scale) } else { exact.clone() };
    drop(data);
    let (terms, design) = terms(candidates, &kept, all.collect(), &used, &scale);
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
        settings: settings.clone(),
    };
    model.sub_scores = sub_scores(&model, &design, settings.min_known);
    assess(&mut model, input, &columns, sample, design, &exact)?;
    Ok(model)
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
    let events: f64 = target.outcome.iter().enumerate().filter(|(k, _)| target.weight_of(*k) > 0.0).map(|(_, y)| y).sum();
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
            .help("train on more observation dates, or move split.train_until")
            .fail());
    }
    Ok(())
}

fn limits(settings: &ModelSettings) -> Limits {
    Limits {
        max_bins: settings.max_bins,
        min_share: settings.min_bin_share,
        min_events: settings.min_bin_events,
        prebins: settings.prebins,
        objective: match settings.objective {
            BinObjective::InformationValue => Objective::InformationValue,
            BinObjective::Likelihood => Objective::Likelihood,
        },
    }
}

fn trend(rule: TrendRule) -> Trend {
    match rule {
        TrendRule::Up => Trend::Up,
        TrendRule::Down => Trend::Down,
        TrendRule::Peak => Trend::Peak,
        TrendRule::Valley => Trend::Valley,
        TrendRule::Expected | TrendRule::Best => Trend::Best,
        TrendRule::Free => Trend::Free,
    }
}

/// The named special codes of a feature.
fn specials(settings: &ModelSettings, feature: &str) -> Vec<Special> {
    let named = settings.special.get(feature).into_iter().flatten();
    named
        .map(|(name, values)| Special {
            name: name.clone(),
            values: values.iter().filter_map(|v| if let SpecialValue::Number(x) = v { Some(*x) } else { None }).collect(),
            words: values.iter().filter_map(|v| if let SpecialValue::Word(w) = v { Some(w.clone()) } else { None }).collect(),
        })
        .collect()
}

fn bin(columns: &[&FeatureColumn], input: &TrainingInput<'_>, target: &Target<'_>) -> Result<(Vec<Candidate>, Vec<Dropped>)> {
    let settings = input.settings;
    let special: Vec<Vec<Special>> = columns.iter().map(|c| specials(settings, &c.name)).collect();
    let hand: Vec<Option<ByHand>> = columns
        .iter()
        .map(|c| {
            settings.bins.get(&*c.name).map(|bins| match bins {
                HandBins::Edges(edges) => ByHand::Edges(edges.clone()),
                HandBins::Groups(groups) => ByHand::Groups(groups.clone()),
            })
        })
        .collect();
    let asks: Vec<Ask<'_>> = columns
        .iter()
        .zip(special.iter().zip(&hand))
        .map(|(column, (specials, by_hand))| Ask {
            column,
            trend: trend(settings.trend_of(&column.name, column.expected)),
            specials,
            by_hand: by_hand.as_ref(),
        })
        .collect();
    let (binned, dropped) = fit_bins(&asks, Rows::of(input.train, input.outcome.len()), target, &limits(settings))?;
    let candidate = |binned: Binned| {
        let column = columns.iter().find(|c| *c.name == *binned.bins.name);
        Candidate {
            expected: column.map_or(Direction::Free, |c| c.expected),
            sub_score: column.map_or(SubScore::Neither, |c| c.sub_score),
            vif: 1.0,
            csi: None,
            order_kept: OrderKept::default(),
            binned,
        }
    };
    Ok((binned.into_iter().map(candidate).collect(), dropped))
}

/// The penalty a case: the project's, or the precision of [`PRECISIONS`] of the least held-out log-loss, divided by the weight of all cases.
///
/// A large book chooses on some of its borrowers. A prior's precision does not depend on how many cases there are, so what they choose is
/// spread over all.
fn penalty(data: &Coded<'_>, sample: &Sample, fold: &[u8], settings: &ModelSettings) -> Result<(f64, Vec<PenaltyTried>)> {
    if let Penalty::Fixed(penalty) = settings.penalty_per_case {
        return Ok((penalty, Vec::new()));
    }
    let n = data.n;
    let share = n.div_ceil(PENALTY_CASES);
    // A seed of its own, so that the borrowers drawn are spread over the folds.
    let drawn = |k: u32| share <= 1 || fold_of(sample.borrower.as_ref().map_or(k, |b| b[k as usize]), settings.seed ^ 0x9E37, share.min(255)) == 0;
    let rows: Vec<u32> = (0..n as u32).filter(|k| drawn(*k)).collect();
    let columns: Vec<Vec<u8>> = data.columns.iter().map(|c| pick(c, &rows)).collect();
    let some = Coded { n: rows.len(), columns: columns.iter().map(Vec::as_slice).collect(), tables: data.tables.clone(), names: data.names.clone() };
    let (outcome, weight) = (pick(&sample.outcome, &rows), sample.weight.as_ref().map(|w| pick(w, &rows)));
    let target = Target { outcome: &outcome, weight: weight.as_deref() };
    let total = |target: &Target<'_>| (0..target.outcome.len()).map(|k| target.weight_of(k)).sum::<f64>();
    let (of_some, of_all) = (total(&target), total(&sample.target()));
    let grid: Vec<f64> = PRECISIONS.iter().map(|precision| precision / of_some).collect();
    let found = choose_penalty(&some, &target, &pick(fold, &rows), settings.folds, &grid).map_err(crate::base::problem::Failure::from)?;
    let to_all = of_some / of_all;
    let finite = |x: f64| x.is_finite().then_some(x);
    let tried = found.tried.iter().map(|tried| PenaltyTried {
        penalty_per_case: tried.penalty_per_case * to_all,
        held_out_log_loss: finite(tried.loss),
        standard_error: finite(tried.standard_error),
    });
    Ok((found.chosen * to_all, tried.collect()))
}

struct Settled {
    fit: LogisticFit,
    newton: Newton,
}

/// The penalty chosen again for the features that stayed, and their fit under it.
fn settle(
    candidates: &[Candidate],
    kept: &[usize],
    fit: &LogisticFit,
    sample: &Sample,
    fold: &[u8],
    settings: &ModelSettings,
    newton: Newton,
) -> Result<(Settled, Vec<PenaltyTried>)> {
    let (again, tried) = penalty(&coded(candidates, kept), sample, fold, settings)?;
    if again == newton.penalty_per_case {
        return Ok((Settled { fit: fit.clone(), newton }, tried));
    }
    let start: Vec<f64> = std::iter::once(fit.intercept).chain(fit.coefficients.iter().copied()).collect();
    let newton = Newton { penalty_per_case: again, ..newton };
    let mut settled = super::fit::fit(coded(candidates, kept), sample.target(), &Newton { start: Some(start), ..newton.clone() })?;
    settled.start.clone_from(&fit.start);
    settled.steps += fit.steps;
    Ok((Settled { fit: settled, newton }, tried))
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

/// The scale of points.
struct Scale {
    base_points: f64,
    log_base_odds: f64,
    factor: f64,
}

impl Scale {
    fn of(settings: &ModelSettings) -> Scale {
        Scale { base_points: settings.base_points, log_base_odds: settings.base_odds.ln(), factor: settings.pdo / std::f64::consts::LN_2 }
    }

    /// Points to a tenth.
    fn tenths(&self, points: f64) -> f64 {
        (points * 10.0).round_ties_even() / 10.0
    }
}

/// What every part adds to the score, in micro-log-odds.
#[derive(Clone)]
struct Contributions {
    base: i64,
    tables: Vec<Vec<i64>>,
    groups: Vec<i64>,
}

impl Contributions {
    /// Calibrate, then round: `round_half_even(1e6 × slope × coefficient × weight of evidence)`.
    fn exact(fit: &LogisticFit, data: &Coded<'_>, calibration: &Calibrator) -> Contributions {
        let of = |(table, beta): (&Vec<f64>, &f64)| table.iter().map(|woe| MicroLogOdds::from_log_odds(calibration.slope * beta * woe).0).collect();
        Contributions {
            base: MicroLogOdds::from_log_odds(calibration.slope * fit.intercept + calibration.intercept).0,
            tables: data.tables.iter().zip(&fit.coefficients).map(of).collect(),
            groups: calibration.offsets.iter().map(|offset| MicroLogOdds::from_log_odds(*offset).0).collect(),
        }
    }

    /// Every part at the nearest whole point. The base is rounded in points too, so that points add up from it.
    fn whole(&self, scale: &Scale) -> Contributions {
        let snap = |micro: i64| MicroLogOdds::from_log_odds((scale.factor * micro as f64 / MICRO).round_ties_even() / scale.factor).0;
        let base = (scale.base_points + scale.factor * (self.base as f64 / MICRO - scale.log_base_odds)).round_ties_even();
        Contributions {
            base: MicroLogOdds::from_log_odds((base - scale.base_points) / scale.factor + scale.log_base_odds).0,
            tables: self.tables.iter().map(|t| t.iter().map(|c| snap(*c)).collect()).collect(),
            groups: self.groups.iter().map(|c| snap(*c)).collect(),
        }
    }

    fn scores(&self, design: &Design, bucket: Option<&[Bucket]>) -> Vec<MicroLogOdds> {
        sums(self.base, &self.tables.iter().map(Vec::as_slice).collect::<Vec<_>>(), &self.groups, design, bucket)
    }
}

/// The terms of the model, and the codes of the training cases.
fn terms(candidates: Vec<Candidate>, kept: &[usize], estimates: Vec<Estimate>, used: &Contributions, scale: &Scale) -> (Vec<Term>, Design) {
    let stay = candidates.into_iter().enumerate().filter(|(k, _)| kept.binary_search(k).is_ok()).map(|(_, c)| c);
    let mut design = Design::default();
    let mut terms = Vec::new();
    for (candidate, (coefficient, contributions)) in stay.zip(estimates.into_iter().zip(&used.tables)) {
        let Binned { bins, codes } = candidate.binned;
        let mut counts = vec![0i64; contributions.len()];
        codes.iter().for_each(|code| counts[usize::from(*code)] += 1);
        let sum: i128 = counts.iter().zip(contributions).map(|(n, c)| i128::from(*n) * i128::from(*c)).sum();
        terms.push(Term {
            bins,
            expected: candidate.expected,
            sub_score: candidate.sub_score,
            coefficient,
            vif: candidate.vif,
            csi: candidate.csi,
            order_kept: candidate.order_kept,
            points: contributions.iter().map(|c| scale.tenths(scale.factor * *c as f64 / MICRO)).collect(),
            contributions: contributions.clone(),
            mean_contribution: (sum as f64 / codes.len().max(1) as f64).round_ties_even() as i64,
        });
        design.n = codes.len();
        design.columns.push(codes);
    }
    (terms, design)
}

/// That a feature says more against its expected direction than with it.
fn contrary_note(candidate: &Candidate, settings: &ModelSettings) -> Option<String> {
    let bins = &candidate.binned.bins;
    let against = bins.against.filter(|against| *against > bins.information_value && *against >= settings.selection.min_information_value)?;
    let way = if settings.trend_of(&bins.name, candidate.expected) == TrendRule::Up { ["rising", "falling"] } else { ["falling", "rising"] };
    Some(format!(
        "{}: contradicts its expected direction: information value {:.3} {}, as expected, {against:.3} {}; if that makes sense, set its trend in [model.trends]",
        bins.name, bins.information_value, way[0], way[1]
    ))
}

/// What a reader should know of a feature.
fn term_notes(term: &Term, months_known: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let name = &term.bins.name;
    if term.coefficient.value < 0.0 {
        notes.push(format!("{name}: its coefficient is negative, so beside the others it works against its own bins' rates"));
    }
    let found = term.bins.trend;
    let contradicts = matches!((term.expected, found), (Direction::Up, Trend::Down) | (Direction::Down, Trend::Up));
    if contradicts {
        notes.push(format!("{name}: its rate of repaid runs against the expected direction"));
    }
    let OrderKept { kept, months } = term.order_kept;
    if let Some(csi) = term.csi.filter(|csi| *csi > SHIFT) {
        notes.push(format!("{name}: cases moved between its bins from the first to the last training month, stability index {csi:.2}"));
    }
    if months_known && months >= 2 && 2 * kept <= months {
        notes.push(format!("{name}: its bins keep their order in {kept} of {months} training months only"));
    }
    notes
}

/// The scales of ability and willingness on the training cases.
fn sub_scores(model: &Model, design: &Design, min_known: usize) -> Vec<SubScoreScale> {
    [SubScore::Ability, SubScore::Willingness]
        .into_iter()
        .filter_map(|name| {
            let members: Vec<usize> = (0..model.terms.len()).filter(|t| model.terms[*t].sub_score == name).collect();
            if members.is_empty() {
                return None;
            }
            let part = Design { n: design.n, columns: Vec::new() };
            let mut totals = vec![0i64; part.n];
            for t in &members {
                let table = &model.terms[*t].contributions;
                totals.iter_mut().zip(&design.columns[*t]).for_each(|(sum, code)| *sum += table[usize::from(*code)]);
            }
            let features = members.iter().map(|t| model.terms[*t].bins.name.clone()).collect();
            Some(SubScoreScale::of(name, features, min_known, totals))
        })
        .collect()
}

/// Evaluates the model as it will score, on whole numbers, beside days past due alone; then the share, the cost of whole points, and whether
/// the calibration holds out of time.
fn assess(
    model: &mut Model,
    input: &TrainingInput<'_>,
    columns: &[&FeatureColumn],
    sample: Sample,
    design: Design,
    exact: &Contributions,
) -> Result<()> {
    let baseline = DpdAlone::of(input, &sample)?;
    let mut shares = Vec::new();
    let mut evaluation: Vec<SampleEvaluation> = Vec::new();
    let later = (!input.test.is_empty()).then(|| Sample::of(input, input.test));
    let mut look = |name: &str, sample: &Sample, design: &Design, known: Option<&HashSet<u32>>| {
        let scores = model.scores(design, sample.bucket.as_deref());
        let probability: Vec<f64> = scores.iter().map(|s| model.probability(*s)).collect();
        let log_odds: Vec<f64> = scores.iter().map(|s| s.log_odds()).collect();
        let dpd_probability: Vec<f64> = sample.dpd.iter().map(|dpd| baseline.rate(*dpd)).collect();
        let arrears = sample.bucket.as_deref().map(|bucket| ArrearsScores { bucket, dpd: &sample.dpd, dpd_probability: &dpd_probability });
        let of = Scores {
            log_odds: &log_odds,
            probability: &probability,
            outcome: &sample.outcome,
            weight: sample.weight.as_deref(),
            borrower: sample.borrower.as_deref(),
            arrears,
        };
        let all: Vec<u32> = (0..design.n as u32).collect();
        evaluation.push(evaluate(name, &of, &all));
        if let (Some(known), Some(borrower)) = (known, &sample.borrower) {
            let new: Vec<u32> = all.into_iter().filter(|k| !known.contains(&borrower[*k as usize])).collect();
            if !new.is_empty() {
                evaluation.push(evaluate(&format!("{name}_new_borrowers"), &of, &new));
            }
        }
        if let Some(share) = &model.share {
            let expected = share.shares(design, sample.bucket.as_deref());
            let amount = sample.amount.iter().all(|a| a.is_finite()).then_some(sample.amount.as_slice());
            shares.extend(evaluate_share(name, &expected, &probability, &sample.share, amount, sample.weight.as_deref()));
        }
        let loss = |scores: &[MicroLogOdds]| {
            let log_odds: Vec<f64> = scores.iter().map(|s| s.log_odds()).collect();
            let probability: Vec<f64> = scores.iter().map(|s| s.probability()).collect();
            figures(&log_odds, &probability, &sample.target(), None)
        };
        // Both through the logistic function, whatever the calibration: the same yardstick for both.
        model.settings.integer_points.then(|| {
            let (before, after) = (loss(&exact.scores(design, sample.bucket.as_deref())), loss(&scores));
            RoundingCost { sample: name.to_string(), auc: [before.auc, after.auc], log_loss: [before.log_loss, after.log_loss] }
        })
    };
    let mut rounding = look("train", &sample, &design, None);
    drop(design);
    if let Some(later) = &later {
        let bins: Vec<_> = model.terms.iter().map(|t| &t.bins).collect();
        let table: Vec<&FeatureColumn> = columns.to_vec();
        let design = encode(&table, &bins, Rows::Some(input.test))?;
        let known: HashSet<u32> = sample.borrower.iter().flatten().copied().collect();
        rounding = look("out_of_time", later, &design, Some(&known));
    }
    let _ = look;
    model.points.rounding = rounding;
    if let Some(share) = &mut model.share {
        share.evaluation = shares;
    }
    model.notes.extend(slope_note(&evaluation, model.settings.slope_range));
    model.evaluation = evaluation;
    Ok(())
}

/// Whether the calibration slope out of time lies where it should.
fn slope_note(evaluation: &[SampleEvaluation], range: [f64; 2]) -> Option<String> {
    let found = evaluation.iter().find(|s| s.sample == "out_of_time")?.calibration.as_ref()?;
    let ([low, high], [least, most]) = (found.interval, range);
    if low >= least && high <= most {
        return None;
    }
    let verdict = if high < least || low > most { "lies outside" } else { "is not shown to lie within" };
    Some(format!("{CALIBRATION_NOTE} {:.2} (95 % interval {low:.2} to {high:.2}) {verdict} {least} to {most}", found.slope))
}

/// Days past due alone: the share repaid of the training cases in each bin of days past due.
struct DpdAlone {
    bins: Option<(Vec<f64>, super::bin::Cut)>,
    book: f64,
}

impl DpdAlone {
    fn of(input: &TrainingInput<'_>, sample: &Sample) -> Result<DpdAlone> {
        let target = sample.target();
        let total: f64 = (0..target.outcome.len()).map(|k| target.weight_of(k)).sum();
        let book = (0..target.outcome.len()).map(|k| target.weight_of(k) * target.outcome[k]).sum::<f64>() / total;
        let Some(arrears) = input.arrears else {
            return Ok(DpdAlone { bins: None, book });
        };
        let column = FeatureColumn {
            name: "dpd".into(),
            meaning: "days past due".into(),
            expected: Direction::Down,
            sub_score: SubScore::Neither,
            values: Values::Number(arrears.dpd.iter().map(|d| f64::from(*d)).collect()),
        };
        let ask = Ask { column: &column, trend: Trend::Free, specials: &[], by_hand: None };
        let (binned, _) = fit_bins(&[ask], Rows::of(input.train, input.outcome.len()), &target, &limits(input.settings))?;
        let bins = binned.into_iter().next().map(|binned| {
            let rates = binned.bins.bins.iter().map(|b| if b.weight > 0.0 { b.repaid / b.weight } else { book }).collect();
            (rates, binned.bins.cut)
        });
        Ok(DpdAlone { bins, book })
    }

    fn rate(&self, dpd: i32) -> f64 {
        self.bins.as_ref().map_or(self.book, |(rates, cut)| rates[usize::from(cut.number_code(f64::from(dpd)))])
    }
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
