//! Limits that no choice can keep: which of them, and no more than are needed for the conflict.

use super::dual::Dual;
use super::problem::Problem;
use super::repair::State;
use super::search::search;

/// How far below nothing the dual must fall to be a proof and no rounding, in the largest amount of a row.
const PROOF: f64 = 1e-7;

/// Rows that no choice can keep together and of which each is needed for that; none where nothing is proved.
///
/// The dual without worth is `Σ_units max_o (−λ·amounts_o) + λ·limits`: at any λ ≥ 0 where it is below zero, `λ·amounts > λ·limits` for every choice,
/// so no choice keeps the rows of positive λ. What takes more of a row than there is is no option in it: such rows are part of the proof, without a
/// price. Of all these, each is left out in turn where the proof does without it.
pub(super) fn conflict(problem: &Problem) -> Option<Vec<usize>> {
    let closes: Vec<bool> = problem.next_places().iter().map(Option::is_some).collect();
    let proved = |rows: &[bool]| -> Option<Vec<bool>> {
        let priced = Dual::of_feasibility(problem, rows).solve(None);
        let part = |(row, price): (usize, &f64)| rows[row] && (*price > 0.0 || closes[row]);
        (priced.bound < -PROOF).then(|| priced.prices.iter().enumerate().map(part).collect())
    };
    let mut rows = proved(&vec![true; problem.limits.len()])?;
    for row in 0..rows.len() {
        if rows[row] {
            let mut without = rows.clone();
            without[row] = false;
            if let Some(fewer) = proved(&without) {
                rows = fewer;
            }
        }
    }
    Some((0..rows.len()).filter(|row| rows[*row]).collect())
}

/// Rows that were not kept together, where nothing is proved: those without any one of which a choice is found.
pub(super) fn not_found(problem: &Problem) -> Vec<usize> {
    let mut of = problem.clone();
    let prices = vec![0.0; of.limits.len()];
    for row in 0..of.limits.len() {
        let limit = std::mem::replace(&mut of.limits[row], f64::INFINITY);
        let mut state = State::best(&of, &prices);
        let bound = of.worth.iter().filter(|w| w.is_finite()).fold(0.0, |sum, w| sum + w.abs());
        if !state.mend(1.0) {
            search(&mut state, bound);
        }
        if state.worst().is_none() {
            of.limits[row] = limit;
        }
    }
    (0..of.limits.len()).filter(|row| of.limits[*row].is_finite()).collect()
}
