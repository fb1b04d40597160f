//! The penalty of the fit: the project's, or the one that held-out borrowers choose.

use super::Sample;
use crate::base::config::{ModelSettings, Penalty};
use crate::base::problem::{Failure, Result};
use crate::model::bin::Target;
use crate::model::calibrate::some_borrowers;
use crate::model::evaluate::pick;
use crate::model::file::PenaltyTried;
use crate::model::fit::{Coded, LogisticFit, Newton, Subset, choose_penalty, fit};
use crate::model::select::{Candidate, coded};

/// Borrowers of about this many cases are enough to choose a penalty on.
const PENALTY_CASES: usize = 20_000;
/// Penalties that cross-validation tries, as the precision of a prior on each coefficient: a coefficient of a weight of evidence lies
/// between 0 and 1, so that 4 is the precision of that range and 100 all but forbids it.
const PRECISIONS: [f64; 7] = [0.01, 0.1, 1.0, 3.0, 10.0, 30.0, 100.0];

/// The penalty a case: the project's, or the precision of [`PRECISIONS`] of the least held-out log-loss, divided by the weight of all cases.
///
/// A large book chooses on some of its borrowers. A prior's precision does not depend on how many cases there are, so what they choose is
/// spread over all.
pub(super) fn penalty(data: &Coded<'_>, sample: &Sample, fold: &[u8], settings: &ModelSettings) -> Result<(f64, Vec<PenaltyTried>)> {
    if let Penalty::Fixed(penalty) = settings.penalty_per_case {
        return Ok((penalty, Vec::new()));
    }
    let n = data.n;
    // A seed of its own, so that the borrowers drawn are spread over the folds.
    let rows = some_borrowers(0..n as u32, PENALTY_CASES, settings.seed ^ 0x9E37, |k| sample.borrower.as_ref().map_or(k, |b| b[k as usize]));
    let drawn = Subset::of(data, &sample.target(), &rows);
    let (some, target) = (drawn.data(data), drawn.target());
    let total = |target: &Target<'_>| (0..target.outcome.len()).map(|k| target.weight_of(k)).sum::<f64>();
    let (of_some, of_all) = (total(&target), total(&sample.target()));
    let grid: Vec<f64> = PRECISIONS.iter().map(|precision| precision / of_some).collect();
    let found = choose_penalty(&some, &target, &pick(fold, &rows), settings.folds, &grid).map_err(Failure::from)?;
    let to_all = of_some / of_all;
    let finite = |x: f64| x.is_finite().then_some(x);
    let tried = found.tried.iter().map(|tried| PenaltyTried {
        penalty_per_case: tried.penalty_per_case * to_all,
        held_out_log_loss: finite(tried.loss),
        standard_error: finite(tried.standard_error),
    });
    Ok((found.chosen * to_all, tried.collect()))
}

pub(super) struct Settled {
    pub(super) fit: LogisticFit,
    pub(super) newton: Newton,
}

/// The penalty chosen again for the features that stayed, and their fit under it.
pub(super) fn settle(
    candidates: &[Candidate],
    kept: &[usize],
    before: &LogisticFit,
    sample: &Sample,
    fold: &[u8],
    settings: &ModelSettings,
    newton: Newton,
) -> Result<(Settled, Vec<PenaltyTried>)> {
    let (again, tried) = penalty(&coded(candidates, kept), sample, fold, settings)?;
    if again == newton.penalty_per_case {
        return Ok((Settled { fit: before.clone(), newton }, tried));
    }
    let start: Vec<f64> = std::iter::once(before.intercept).chain(before.coefficients.iter().copied()).collect();
    let newton = Newton { penalty_per_case: again, ..newton };
    let mut settled = fit(coded(candidates, kept), sample.target(), &Newton { start: Some(start), ..newton.clone() })?;
    settled.start.clone_from(&before.start);
    settled.steps += before.steps;
    Ok((Settled { fit: settled, newton }, tried))
}
