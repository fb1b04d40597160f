//! The last of the gap: a search over the units whose choice is in doubt.
//!
//! An option whose penalty at the prices is larger than the gap is part of nothing better than what was found; most units are left with one option
//! alone. Over the others a depth-first search with the bound `D − Σ penalties − Σ price × what can no longer be used`, the cheapest options
//! first; it stops after a fixed number of steps, and says whether it came to its end: then the choice is the best there is.

use super::problem::Problem;
use super::repair::State;
use rayon::prelude::*;

/// Units looked at together.
const CHUNK: usize = 8_192;
/// Units searched over at most.
const CORE: usize = 48;
/// Steps of the search at most.
const STEPS: u64 = 2_000_000;

struct Unit {
    unit: usize,
    /// Penalty and place, the least penalty first.
    options: Vec<(f64, usize)>,
}

struct Search<'a> {
    problem: &'a Problem,
    prices: &'a [f64],
    core: Vec<Unit>,
    /// Least and most that the units from a place on take of each row.
    least: Vec<Vec<f64>>,
    most: Vec<Vec<f64>>,
    bound: f64,
    /// The best worth so far, and its options of the core.
    best: f64,
    found: Option<Vec<usize>>,
    steps: u64,
    stopped: bool,
}

/// Betters a choice, or finds one that keeps all limits where this one does not; whether what is then chosen is proved to be the best.
pub(super) fn search(state: &mut State<'_>, bound: f64) -> bool {
    let problem = state.problem;
    let worth = if state.worst().is_none() { state.worth() } else { f64::NEG_INFINITY };
    // Worths are whole: only a whole minor unit more is better.
    let gap = bound - worth - 1.0 + 1e-6 * (1.0 + 1e-6 * bound.abs());
    if gap < 0.0 {
        return true;
    }
    let score = |k: usize| state.score(k);
    let best_of = |unit: usize| problem.options(unit).map(score).fold(f64::NEG_INFINITY, f64::max);
    let chosen = |unit: usize| state.chosen(unit);
    let options = |unit: usize| {
        let best = best_of(unit);
        let near =
            problem.options(unit).map(|k| (best - score(k), k)).filter(|(penalty, k)| (*penalty <= gap && penalty.is_finite()) || *k == chosen(unit));
        let mut near: Vec<(f64, usize)> = near.collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        near
    };
    // The penalty of each unit's second option: the less, the more in doubt.
    let doubt = |unit: usize| {
        let (mut best, mut second) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for k in problem.options(unit) {
            let score = score(k);
            if score > best {
                (second, best) = (best, score);
            } else if score > second {
                second = score;
            }
        }
        let doubt = if second > f64::NEG_INFINITY { best - second } else { f64::INFINITY };
        (doubt <= gap && doubt.is_finite() || best - score(chosen(unit)) > 0.0).then_some((doubt, unit))
    };
    let mut doubts: Vec<(f64, usize)> = (0..problem.units()).into_par_iter().with_min_len(CHUNK).filter_map(doubt).collect();
    let by_doubt = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    let whole = doubts.len() <= CORE;
    if !whole {
        doubts.select_nth_unstable_by(CORE, by_doubt);
        doubts.truncate(CORE);
    }
    // What is least in doubt first: the search then goes over the cheap changes again and again.
    doubts.sort_by(|a, b| by_doubt(b, a));
    let core: Vec<Unit> = doubts.iter().map(|(_, unit)| Unit { unit: *unit, options: options(*unit) }).collect();
    let rows = problem.limits.len();
    // What the units outside the core take stands.
    let mut used = state.used.clone();
    let mut fixed_penalty = 0.0;
    for unit in &core {
        problem.takes.of(problem.kind[state.chosen(unit.unit)]).for_each(|(row, amount)| used[row] -= amount);
    }
    if !whole {
        let penalty = |unit: usize| best_of(unit) - score(chosen(unit));
        let inside: f64 = core.iter().map(|u| penalty(u.unit)).sum();
        fixed_penalty = (0..problem.units()).map(penalty).sum::<f64>() - inside;
    }
    let (mut least, mut most) = (vec![vec![0.0; rows]; core.len() + 1], vec![vec![0.0; rows]; core.len() + 1]);
    for (k, unit) in core.iter().enumerate().rev() {
        for row in 0..rows {
            let amounts = || unit.options.iter().map(|(_, place)| problem.takes.of_row(problem.kind[*place], row));
            least[k][row] = least[k + 1][row] + amounts().fold(f64::INFINITY, f64::min);
            most[k][row] = most[k + 1][row] + amounts().fold(f64::NEG_INFINITY, f64::max);
        }
    }
    let mut searching = Search { problem, prices: state.prices, least, most, bound, best: worth, found: None, steps: 0, stopped: false, core };
    let mut picks = Vec::with_capacity(searching.core.len());
    searching.go(&mut used, fixed_penalty, &mut picks);
    let (found, stopped) = (searching.found.take(), searching.stopped);
    if let Some(found) = found {
        for (unit, place) in searching.core.iter().zip(found) {
            state.choice[unit.unit] = (place - problem.offsets[unit.unit] as usize) as u16;
        }
        state.used = problem.used(&state.choice);
    }
    whole && !stopped
}

impl Search<'_> {
    fn go(&mut self, used: &mut Vec<f64>, penalty: f64, picks: &mut Vec<usize>) {
        if self.stopped {
            return;
        }
        self.steps += 1;
        if self.steps > STEPS {
            self.stopped = true;
            return;
        }
        let depth = picks.len();
        let limits = &self.problem.limits;
        let mut wasted = 0.0;
        for (row, limit) in limits.iter().enumerate() {
            if used[row] + self.least[depth][row] > *limit {
                return;
            }
            wasted += self.prices[row] * (limit - used[row] - self.most[depth][row]).max(0.0);
        }
        // Worths are whole, and what rounding may add is given to the bound.
        let reach = self.bound - penalty - wasted;
        if (reach + 1e-6 * (1.0 + 1e-6 * reach.abs())).floor() <= self.best {
            return;
        }
        if depth == self.core.len() {
            // At a leaf the bound is the worth itself.
            self.best = (reach + 0.5).floor();
            self.found = Some(picks.clone());
            return;
        }
        for k in 0..self.core[depth].options.len() {
            let (more, place) = self.core[depth].options[k];
            let kind = self.problem.kind[place];
            self.problem.takes.of(kind).for_each(|(row, amount)| used[row] += amount);
            picks.push(place);
            self.go(used, penalty + more, picks);
            picks.pop();
            self.problem.takes.of(kind).for_each(|(row, amount)| used[row] -= amount);
        }
    }
}
