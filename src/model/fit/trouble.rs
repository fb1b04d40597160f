//! What a fit that fails means, told by the feature that is to blame.

use super::{Coded, Target};
use crate::base::problem::{Failure, Problem, Result};

/// Log-odds that no sound coefficient moves a case by: beyond it a feature separates the outcomes.
const SEPARATION: f64 = 15.0;

/// Refuses targets that no fit can serve.
///
/// # Errors
/// `model.bad_outcome`, `model.bad_weight`, `model.no_weight`, `model.one_class`.
pub(super) fn check(data: &Coded<'_>, target: &Target<'_>) -> Result<()> {
    let lengths = target.outcome.len() == data.n && target.weight.is_none_or(|w| w.len() == data.n);
    if !lengths || target.outcome.iter().any(|y| !(0.0..=1.0).contains(y)) {
        return Err(Problem::error("model.bad_outcome", "an outcome is missing or not a share").rule("one a case, 0 to 1").fail());
    }
    if target.weight.is_some_and(|w| w.iter().any(|w| !(*w >= 0.0 && w.is_finite()))) {
        return Err(Problem::error("model.bad_weight", "a weight is negative or no number").rule("at least 0").fail());
    }
    let counted = || (0..data.n).filter(|k| target.weight_of(*k) > 0.0);
    if counted().next().is_none() {
        return Err(Problem::error("model.no_weight", format!("no case of {} has a weight above 0", data.n)).rule("weights above 0").fail());
    }
    let all = |value: f64| counted().all(|k| target.outcome[k] == value);
    if let Some(which) = [(0.0, "none is repaid"), (1.0, "all are repaid")].into_iter().find(|(value, _)| all(*value)).map(|(_, which)| which) {
        return Err(Problem::error("model.one_class", format!("the training cases have one outcome only: of {} cases {which}", data.n))
            .rule("cases of both outcomes")
            .help("check the outcome rule, its horizon and the training dates")
            .fail());
    }
    Ok(())
}

/// A Hessian that is not positive definite at a column: weights that vanished everywhere, so a feature that separates the outcomes, or a feature
/// that others make up.
pub(super) fn singular(data: &Coded<'_>, target: &Target<'_>, column: usize, parameters: &[f64]) -> Failure {
    let widest = most_moving(data, parameters).filter(|(_, moved)| *moved > SEPARATION / 2.0);
    let pure = (0..data.columns.len()).find(|j| separates(data, target, *j));
    match (column.checked_sub(1), widest, pure) {
        (_, _, Some(feature)) => separated(data, target, feature),
        (None, Some((feature, _)), _) | (Some(_), Some((feature, _)), None) => separated(data, target, feature),
        (Some(feature), None, None) => {
            let name = data.names[feature];
            let twin = (0..feature).find(|other| same(data, feature, *other)).map(|other| data.names[other]);
            let message = match twin {
                Some(twin) => format!("the feature `{name}` says the same as `{twin}`"),
                None => format!("the feature `{name}` says nothing that the others do not say"),
            };
            Problem::error("model.singular", message).column(name).help("leave one of them out, or set [model] penalty_per_case above 0").fail()
        }
        (None, None, None) => Problem::error("model.singular", "the features say nothing of the outcome").help("use other features").fail(),
    }
}

/// Refuses a solution that only a separation can have.
///
/// # Errors
/// `model.separation`.
pub(super) fn check_separation(data: &Coded<'_>, target: &Target<'_>, parameters: &[f64]) -> Result<()> {
    match most_moving(data, parameters) {
        Some((feature, moved)) if moved > SEPARATION => Err(separated(data, target, feature)),
        _ => Ok(()),
    }
}

/// The error of a fit that did not come to its maximum.
pub(super) fn not_converged(data: &Coded<'_>, target: &Target<'_>, parameters: &[f64], gradient: &[f64], steps: usize) -> Failure {
    if let Err(failure) = check_separation(data, target, parameters) {
        return failure;
    }
    let worst = (1..gradient.len()).max_by(|a, b| gradient[*a].abs().total_cmp(&gradient[*b].abs()));
    let name = worst.map_or("intercept", |j| data.names[j - 1]);
    Problem::error("model.not_converged", format!("the fit did not converge in {steps} steps; the gradient of `{name}` is the largest"))
        .column(name)
        .help("raise [model] penalty_per_case, or leave the feature out")
        .fail()
}

fn separated(data: &Coded<'_>, target: &Target<'_>, feature: usize) -> Failure {
    let name = data.names[feature];
    let whole = separates(data, target, feature);
    let message = if whole {
        format!("the feature `{name}` alone tells repaid from not repaid")
    } else {
        format!("the feature `{name}` all but tells repaid from not repaid")
    };
    let (one, of) = pure_cases(data, target, feature);
    Problem::error("model.separation", message)
        .column(name)
        .value(format!("{one} of {of} cases lie in bins of one outcome only"))
        .help("look whether it was written after the fact; else raise [model] penalty_per_case or leave it out")
        .fail()
}

/// Weighted sums of a feature's codes: all, and repaid.
fn by_code(data: &Coded<'_>, target: &Target<'_>, feature: usize) -> Vec<(u64, f64, f64)> {
    let mut sums = vec![(0u64, 0.0, 0.0); 256];
    for (k, code) in data.columns[feature].iter().enumerate() {
        let (n, all, repaid) = &mut sums[usize::from(*code)];
        *n += 1;
        *all += target.weight_of(k);
        *repaid += target.weight_of(k) * target.outcome[k];
    }
    sums
}

/// Whether every code of a feature holds one outcome only.
fn separates(data: &Coded<'_>, target: &Target<'_>, feature: usize) -> bool {
    let (one, of) = pure_cases(data, target, feature);
    one == of
}

/// Cases in codes of one outcome only, and all cases.
fn pure_cases(data: &Coded<'_>, target: &Target<'_>, feature: usize) -> (u64, u64) {
    let pure = by_code(data, target, feature).into_iter().filter(|(_, all, repaid)| *repaid <= 0.0 || repaid >= all).map(|(n, _, _)| n).sum();
    (pure, data.n as u64)
}

/// Whether two features have values in proportion, case by case.
fn same(data: &Coded<'_>, a: usize, b: usize) -> bool {
    let value = |feature: usize, k: usize| data.tables[feature][usize::from(data.columns[feature][k])];
    let origin = (value(a, 0), value(b, 0));
    let apart = (0..data.n).map(|k| (value(a, k) - origin.0, value(b, k) - origin.1));
    let mut ratio: Option<f64> = None;
    for (x, y) in apart {
        match ratio {
            _ if x == 0.0 && y == 0.0 => {}
            _ if x == 0.0 || y == 0.0 => return false,
            None => ratio = Some(y / x),
            Some(r) if (y - r * x).abs() > 1e-9 * y.abs() => return false,
            Some(_) => {}
        }
    }
    ratio.is_some()
}

/// The feature whose codes move a case furthest, and by how much, in log-odds.
fn most_moving(data: &Coded<'_>, parameters: &[f64]) -> Option<(usize, f64)> {
    let moved = |j: usize| (j, (parameters[j + 1] * data.range(j)).abs());
    (0..data.columns.len()).map(moved).max_by(|a, b| a.1.total_cmp(&b.1))
}
