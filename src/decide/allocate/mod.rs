//! Places handed out: of each unit one option, worth as much as can be in all, within limits; with prices, and a bound that nothing can exceed.
//!
//! Prices by Newton's method on the softened dual (`dual`), a choice that keeps the limits from them (`repair`), the last of the gap by exchanges
//! (`exchange`) and by search (`search`), limits that cannot be kept named (`conflict`). Exact where it says so; else within a gap that is always
//! true.
//!
//! # Source
//! Lagrangian relaxation of the multiple-choice knapsack problem with several constraints: Kellerer, Pferschy, Pisinger, *Knapsack Problems* (2004),
//! chapters 9 and 11; smoothing: Nesterov, *Mathematical Programming* 103 (2005).

mod conflict;
mod dual;
mod exchange;
mod problem;
mod repair;
mod search;

pub use problem::{MILLIONTHS, Problem, Takes, common_divisor};

use dual::Dual;
use repair::State;

/// Shares of the limits that are left in turn where a choice keeps them only just.
const LEFT: [f64; 4] = [0.001, 0.004, 0.016, 0.064];

/// What was handed out.
#[derive(Clone, Debug, PartialEq)]
pub struct Allocation {
    /// The option of each unit, counted from its first.
    pub choice: Vec<u16>,
    /// Price of each row: minor units for a millionth of a unit more.
    pub prices: Vec<f64>,
    /// What no choice can be worth more than by the prices, in minor units: [`Problem::bound`], rounding allowed for.
    pub bound: f64,
    /// What the choice is worth, in whole minor units.
    pub worth: f64,
    /// What it takes of each row, in whole millionths.
    pub used: Vec<f64>,
    /// Whether a search has shown that nothing is worth more, whatever the bound says.
    pub best: bool,
}

impl Allocation {
    /// What the best choice can be worth more than this one, at most, in minor units.
    pub fn gap(&self) -> f64 {
        if self.best { 0.0 } else { self.bound - self.worth }
    }
}

/// Why nothing could be handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoChoice {
    /// No choice keeps these rows together, and each of them is needed for that.
    Conflict(Vec<usize>),
    /// No choice was found that keeps these rows together, and it is not proved that there is none.
    NotFound(Vec<usize>),
}

/// Hands out options within the limits; `near` are prices of a problem that differs little.
///
/// # Errors
/// [`NoChoice`] where minimums and limits leave nothing.
pub fn allocate(problem: &Problem, near: Option<&[f64]>) -> Result<Allocation, NoChoice> {
    let free = vec![0.0; problem.limits.len()];
    // Where nothing is short, nothing has a price.
    let unlimited = State::best(problem, &free);
    if unlimited.worst().is_none() {
        let worth = unlimited.worth();
        return Ok(Allocation { bound: worth, worth, used: unlimited.used, choice: unlimited.choice, prices: free, best: true });
    }
    let prices = Dual::of(problem).solve(near).prices;
    within(problem, prices)
}

/// The choice within the limits that given prices lead to.
///
/// # Errors
/// As [`allocate`].
pub fn within(problem: &Problem, prices: Vec<f64>) -> Result<Allocation, NoChoice> {
    let dual = problem.bound(&prices);
    // Sums of doubles are true to some billionths of a billionth of what they add.
    let bound = dual + 1e-12 * dual.abs() + 1e-6;
    let fine = (dual.abs() / problem.units().max(1) as f64 * 1e-4).max(1e-6);
    let mut state = State::best(problem, &prices);
    if state.mend(fine) {
        state.fill(dual);
        exchange::exchange(&mut state, dual);
    }
    let mut best = search::search(&mut state, dual);
    if state.worst().is_some() {
        if let Some(rows) = conflict::conflict(problem) {
            return Err(NoChoice::Conflict(rows));
        }
        if !mend_from_within(&mut state, fine) {
            return Err(NoChoice::NotFound(conflict::not_found(problem)));
        }
        state.fill(dual);
        exchange::exchange(&mut state, dual);
        best = search::search(&mut state, dual);
    }
    let worth = state.worth();
    Ok(Allocation { choice: state.choice, used: state.used, bound: bound.max(worth), worth, best, prices })
}

/// Mends a choice that single moves could not mend, from prices at which a little is left of every row; whether that is so.
///
/// Where limits and minimums are all met to the last unit, each move that mends one row harms another; from a little within there is room for it.
fn mend_from_within(state: &mut State<'_>, fine: f64) -> bool {
    let problem = state.problem;
    for share in LEFT {
        let limits = problem.limits.iter().map(|limit| limit - share * limit.abs()).collect();
        let prices = Dual::within(problem, limits).solve(Some(state.prices)).prices;
        let mut other = State::best(problem, &prices);
        if other.mend(fine) {
            (state.choice, state.used) = (other.choice, other.used);
            return true;
        }
    }
    false
}

/// The least bound at other limits, from prices that are near: what a choice within them can be worth at most.
pub fn least_bound(problem: &Problem, limits: &[f64], near: &[f64]) -> f64 {
    Dual::within(problem, problem.tightened(limits)).solve(Some(near)).bound
}
