//! From prices to a choice that keeps every limit: the best option of each unit at the prices, then the moves that cost least until nothing is
//! exceeded, then those that gain most while there is room.
//!
//! At the prices each option falls short of its unit's best by a penalty ≥ 0, and `bound − worth = Σ penalties + Σ price × what is left`: both
//! steps spend as little of that as they can. Moves are taken in the order of what they cost, then of the units: nothing depends on threads.

use super::problem::Problem;
use rayon::prelude::*;
use std::ops::Range;

/// Units looked at together.
const CHUNK: usize = 8_192;
/// A share of the bound that is not worth another round.
const NOTHING: f64 = 1e-6;
/// Moves gathered at a time, about.
const MOVES: usize = 200_000;

/// A choice and what it takes.
pub(super) struct State<'a> {
    pub problem: &'a Problem,
    pub prices: &'a [f64],
    /// What each kind costs at the prices.
    pub priced: Vec<f64>,
    /// Option of each unit, counted from its first.
    pub choice: Vec<u16>,
    pub used: Vec<f64>,
}

/// One unit from its present option to another.
#[derive(Clone, Copy)]
struct Move {
    /// What is lost at the prices, for each unit of what is sought.
    key: f64,
    unit: u32,
    from: u16,
    to: u16,
}

impl<'a> State<'a> {
    /// The best option of each unit at prices.
    pub(super) fn best(problem: &'a Problem, prices: &'a [f64]) -> State<'a> {
        let priced = problem.priced(prices);
        let best = |unit: usize| {
            let options = problem.options(unit);
            let score = |k: usize| problem.worth[k] - priced[problem.kind[k] as usize];
            let first = options.start;
            options.fold((f64::NEG_INFINITY, 0), |(most, at), k| if score(k) > most { (score(k), k - first) } else { (most, at) }).1 as u16
        };
        let choice: Vec<u16> = (0..problem.units()).into_par_iter().with_min_len(CHUNK).map(best).collect();
        let used = problem.used(&choice);
        State { problem, prices, priced, choice, used }
    }

    fn place(&self, unit: usize, option: u16) -> usize {
        self.problem.offsets[unit] as usize + usize::from(option)
    }

    /// The place of the option that a unit has.
    pub(super) fn chosen(&self, unit: usize) -> usize {
        self.place(unit, self.choice[unit])
    }

    /// What an option is worth after the prices of what it takes.
    pub(super) fn score(&self, place: usize) -> f64 {
        self.problem.worth[place] - self.priced[self.problem.kind[place] as usize]
    }

    /// By how much a row is exceeded.
    fn excess(&self, row: usize) -> f64 {
        (self.used[row] - self.problem.limits[row]).max(0.0)
    }

    /// The row that is exceeded most, as a share of the larger of its limit and what one kind takes.
    pub(super) fn worst(&self) -> Option<usize> {
        let share = |row: usize| self.excess(row) / self.problem.limits[row].abs().max(1.0);
        (0..self.used.len()).filter(|row| self.excess(*row) > 0.0).max_by(|a, b| share(*a).total_cmp(&share(*b)).then(b.cmp(a)))
    }

    pub(super) fn worth(&self) -> f64 {
        self.problem.worth_of(&self.choice)
    }

    /// What a move changes, by row.
    fn change(&self, of: &Move, by: &mut Vec<(usize, f64)>) {
        let kind = |option| self.problem.kind[self.place(of.unit as usize, option)];
        self.problem.takes.change(kind(of.from), kind(of.to), by);
    }

    fn apply(&mut self, of: &Move, change: &[(usize, f64)]) {
        self.choice[of.unit as usize] = of.to;
        change.iter().for_each(|(row, amount)| self.used[*row] += amount);
    }

    /// Moves that are sought, of those that lose at most `most` at the prices: `most` grows until there are enough of them, or to its end.
    fn gather(
        &self,
        (mut most, end): (f64, f64),
        enough: impl Fn(&[Move]) -> bool,
        sought: impl Fn(usize, usize, usize) -> Option<f64> + Sync,
    ) -> Vec<Move> {
        loop {
            let units = self.problem.units();
            let found: Vec<Vec<Move>> = (0..units.div_ceil(CHUNK))
                .into_par_iter()
                .map(|chunk| {
                    let mut moves = Vec::new();
                    for unit in chunk * CHUNK..((chunk + 1) * CHUNK).min(units) {
                        let from = self.chosen(unit);
                        let options: Range<usize> = self.problem.options(unit);
                        for to in options.clone().filter(|to| *to != from) {
                            let lost = self.score(from) - self.score(to);
                            if lost <= most
                                && lost.is_finite()
                                && let Some(by) = sought(unit, from, to)
                            {
                                let option = |place: usize| (place - options.start) as u16;
                                moves.push(Move { key: lost / by, unit: unit as u32, from: option(from), to: option(to) });
                            }
                        }
                    }
                    moves
                })
                .collect();
            let mut moves = found.concat();
            if most >= end || moves.len() >= MOVES || enough(&moves) {
                moves.par_sort_by(|a, b| a.key.total_cmp(&b.key).then(a.unit.cmp(&b.unit)).then(a.to.cmp(&b.to)));
                return moves;
            }
            most = if most > 1e15 { end } else { (most * 8.0).clamp(1e-6, end) };
        }
    }

    /// Moves units until no limit is exceeded; whether that is so.
    pub(super) fn mend(&mut self, mut fine: f64) -> bool {
        let mut change = Vec::new();
        // Each round mends one row as far as it goes without harm to another, the next rounds what that left.
        for _ in 0..4 * self.used.len() + 80 {
            let Some(row) = self.worst() else { return true };
            let excess = self.excess(row);
            let less = |place: usize| self.problem.takes.of_row(self.problem.kind[place], row);
            let enough = |moves: &[Move]| {
                let freed = |m: &Move| less(self.place(m.unit as usize, m.from)) - less(self.place(m.unit as usize, m.to));
                moves.iter().map(freed).sum::<f64>() > 3.0 * excess
            };
            let moves = self.gather((fine, f64::INFINITY), enough, |_, from, to| {
                let freed = less(from) - less(to);
                (freed > 0.0).then_some(freed.min(excess))
            });
            let before = self.used.clone();
            for harmless in [true, false] {
                for of in &moves {
                    if self.excess(row) == 0.0 {
                        break;
                    }
                    if self.choice[of.unit as usize] != of.from {
                        continue;
                    }
                    self.change(of, &mut change);
                    // Never is more exceeded in all than before; at first nothing else is exceeded by more.
                    let over = |row: usize, by: f64| (self.used[row] + by - self.problem.limits[row]).max(0.0);
                    let grows = |(r, by): &(usize, f64)| (over(*r, *by) - over(*r, 0.0)) / self.problem.limits[*r].abs().max(1.0);
                    let fits = if harmless { change.iter().all(|c| grows(c) <= 0.0) } else { change.iter().map(grows).sum::<f64>() < 0.0 };
                    if fits {
                        self.apply(of, &change);
                    }
                }
            }
            // None of those that lose little would do.
            if self.used == before {
                if fine == f64::INFINITY {
                    break;
                }
                fine = if fine > 1e15 { f64::INFINITY } else { fine * 64.0 };
            }
        }
        self.worst().is_none()
    }

    /// Moves units to what is worth more while there is room.
    pub(super) fn fill(&mut self, bound: f64) {
        let mut change = Vec::new();
        for _ in 0..6 {
            // What loses more at the prices than is left between worth and bound cannot be part of anything better.
            let gap = bound - self.worth();
            if gap <= NOTHING * bound.abs() {
                return;
            }
            let worth = &self.problem.worth;
            let room = |place: usize, from: usize| {
                self.problem.takes.of(self.problem.kind[place]).all(|(row, amount)| {
                    self.used[row] - self.problem.takes.of_row(self.problem.kind[from], row) + amount <= self.problem.limits[row]
                })
            };
            let moves = self.gather((gap, gap), |_| true, |_, from, to| (worth[to] > worth[from] && room(to, from)).then_some(1.0));
            let mut moved = false;
            for of in &moves {
                if self.choice[of.unit as usize] != of.from {
                    continue;
                }
                self.change(of, &mut change);
                if change.iter().all(|(row, by)| *by <= 0.0 && self.problem.limits[*row] >= 0.0 || self.used[*row] + by <= self.problem.limits[*row])
                {
                    self.apply(of, &change);
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
    }
}
