//! The model looked at as it will score: sub-scores, figures beside days past due alone, the share repaid, the cost of whole points.

use super::bins::limits;
use super::notes::slope_note;
use super::round::Contributions;
use super::{Sample, TrainingInput};
use crate::base::config::{Direction, SubScore};
use crate::base::problem::Result;
use crate::base::units::MicroLogOdds;
use crate::data::features::{FeatureColumn, Values};
use crate::model::bin::{Ask, Cut, Rows, Trend, fit_bins};
use crate::model::encode::{Design, encode};
use crate::model::evaluate::{ArrearsScores, SampleEvaluation, Scores, evaluate, figures};
use crate::model::file::{Model, RoundingCost};
use crate::model::share::evaluate_share;
use crate::model::sub_score::SubScoreScale;
use std::collections::HashSet;

/// The scales of ability and willingness on the training cases.
pub(super) fn sub_scores(model: &Model, design: &Design, min_known: usize) -> Vec<SubScoreScale> {
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
pub(super) fn assess(
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

/// Days past due alone: the share repaid of the training cases in each bin of days past due.
struct DpdAlone {
    bins: Option<(Vec<f64>, Cut)>,
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
