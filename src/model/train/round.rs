//! From a fit and its calibration to whole numbers: contributions, points, terms.

use crate::base::config::ModelSettings;
use crate::base::units::{Bucket, MICRO, MicroLogOdds};
use crate::model::bin::Binned;
use crate::model::calibrate::Calibrator;
use crate::model::encode::Design;
use crate::model::file::{Estimate, Term, sums};
use crate::model::fit::{Coded, LogisticFit};
use crate::model::interaction::Pair;
use crate::model::select::Candidate;

/// The scale of points.
pub(super) struct Scale {
    pub(super) base_points: f64,
    pub(super) log_base_odds: f64,
    pub(super) factor: f64,
}

impl Scale {
    pub(super) fn of(settings: &ModelSettings) -> Scale {
        Scale { base_points: settings.base_points, log_base_odds: settings.base_odds.ln(), factor: settings.pdo / std::f64::consts::LN_2 }
    }

    /// Points to a tenth.
    pub(super) fn tenths(&self, points: f64) -> f64 {
        (points * 10.0).round_ties_even() / 10.0
    }
}

/// What every part adds to the score, in micro-log-odds.
#[derive(Clone)]
pub(super) struct Contributions {
    pub(super) base: i64,
    pub(super) tables: Vec<Vec<i64>>,
    pub(super) groups: Vec<i64>,
}

impl Contributions {
    /// Calibrate, then round: `round_half_even(1e6 × slope × coefficient × weight of evidence)`.
    pub(super) fn exact(fit: &LogisticFit, data: &Coded<'_>, calibration: &Calibrator) -> Contributions {
        let of = |(table, beta): (&Vec<f64>, &f64)| table.iter().map(|woe| MicroLogOdds::from_log_odds(calibration.slope * beta * woe).0).collect();
        Contributions {
            base: MicroLogOdds::from_log_odds(calibration.slope * fit.intercept + calibration.intercept).0,
            tables: data.tables.iter().zip(&fit.coefficients).map(of).collect(),
            groups: calibration.offsets.iter().map(|offset| MicroLogOdds::from_log_odds(*offset).0).collect(),
        }
    }

    /// With two-way tables behind the features, on the same scale.
    pub(super) fn with_pairs(mut self, pairs: &[Pair], calibration: &Calibrator) -> Contributions {
        let cell = |pair: &Pair, t: &f64| MicroLogOdds::from_log_odds(calibration.slope * pair.slope.value * t).0;
        self.tables.extend(pairs.iter().map(|pair| pair.table.iter().map(|t| cell(pair, t)).collect()));
        self
    }

    /// Every part at the nearest whole point. The base is rounded in points too, so that points add up from it.
    pub(super) fn whole(&self, scale: &Scale) -> Contributions {
        let snap = |micro: i64| MicroLogOdds::from_log_odds((scale.factor * micro as f64 / MICRO).round_ties_even() / scale.factor).0;
        let base = (scale.base_points + scale.factor * (self.base as f64 / MICRO - scale.log_base_odds)).round_ties_even();
        Contributions {
            base: MicroLogOdds::from_log_odds((base - scale.base_points) / scale.factor + scale.log_base_odds).0,
            tables: self.tables.iter().map(|t| t.iter().map(|c| snap(*c)).collect()).collect(),
            groups: self.groups.iter().map(|c| snap(*c)).collect(),
        }
    }

    pub(super) fn scores(&self, design: &Design, bucket: Option<&[Bucket]>) -> Vec<MicroLogOdds> {
        sums(self.base, &self.tables.iter().map(Vec::as_slice).collect::<Vec<_>>(), &self.groups, design, bucket)
    }
}

/// The terms of the model, and the codes of the training cases.
pub(super) fn terms(
    candidates: Vec<Candidate>,
    kept: &[usize],
    estimates: Vec<Estimate>,
    used: &Contributions,
    scale: &Scale,
) -> (Vec<Term>, Design) {
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
