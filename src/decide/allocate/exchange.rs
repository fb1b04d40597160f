//! Exchanges: up to three units change places at once where that is worth more.
//!
//! Between bound and worth stand penalties and what is left of rows that have a price: often a remnant too small for any one unit. Moves are sorted
//! by what they take away and what they need (the kinds between which they lead); of each such pair the best few moves are enough, so that all
//! combinations of three pairs can be tried.

use super::problem::Problem;
use super::repair::State;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Units looked at together.
const CHUNK: usize = 8_192;
/// Moves kept of each pair of kinds.
const KEPT: usize = 12;
/// Pairs of kinds tried together, those first whose best move loses least.
const PAIRS: usize = 80;
/// Times that moves are gathered.
const ROUNDS: usize = 8;
/// A share of the bound that is not worth another round.
const NOTHING: f64 = 1e-6;

/// What is lost at the prices, the unit and the option's place.
type Move = (f64, usize, usize);

/// Moves between two kinds, the best first, and what they change.
struct Pair {
    moves: Vec<Move>,
    change: Vec<(usize, f64)>,
    /// Price of what they need more, less that of what they free.
    priced: f64,
}

/// Betters a choice that keeps all limits.
pub(super) fn exchange(state: &mut State<'_>, bound: f64) {
    for _ in 0..ROUNDS {
        let gap = bound - state.worth();
        if gap <= NOTHING * bound.abs() {
            return;
        }
        let mut pairs = pairs(state, gap);
        let mut moved = false;
        while let Some(best) = best(state, &pairs) {
            moved = true;
            let units: Vec<usize> = best.iter().map(|(p, k)| pairs[*p].moves[*k].1).collect();
            for (pair, k) in best {
                let (_, unit, to) = pairs[pair].moves[k];
                state.choice[unit] = (to - state.problem.offsets[unit] as usize) as u16;
                pairs[pair].change.iter().for_each(|(row, by)| state.used[*row] += by);
            }
            pairs.iter_mut().for_each(|pair| pair.moves.retain(|(_, unit, _)| !units.contains(unit)));
            pairs.retain(|pair| !pair.moves.is_empty());
        }
        if !moved {
            return;
        }
    }
}

/// The moves that lose no more than the gap, by what they lead from and to.
fn pairs(state: &State<'_>, gap: f64) -> Vec<Pair> {
    let problem: &Problem = state.problem;
    let keep = |moves: &mut Vec<Move>| {
        moves.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        moves.truncate(KEPT);
    };
    let units = problem.units();
    let parts: Vec<BTreeMap<(u32, u32), Vec<Move>>> = (0..units.div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let mut of: BTreeMap<(u32, u32), Vec<Move>> = BTreeMap::new();
            for unit in chunk * CHUNK..((chunk + 1) * CHUNK).min(units) {
                let from = state.chosen(unit);
                for to in problem.options(unit).filter(|to| *to != from) {
                    let lost = state.score(from) - state.score(to);
                    if lost <= gap {
                        let moves = of.entry((problem.kind[from], problem.kind[to])).or_default();
                        moves.push((lost, unit, to));
                        if moves.len() >= 8 * KEPT {
                            keep(moves);
                        }
                    }
                }
            }
            of.values_mut().for_each(keep);
            of
        })
        .collect();
    let mut all: BTreeMap<(u32, u32), Vec<Move>> = BTreeMap::new();
    parts.into_iter().flatten().for_each(|(pair, moves)| all.entry(pair).or_default().extend(moves));
    let mut pairs: Vec<Pair> = all
        .into_iter()
        .map(|((from, to), mut moves)| {
            keep(&mut moves);
            let mut change = Vec::new();
            problem.takes.change(from, to, &mut change);
            let priced = change.iter().map(|(row, by)| state.prices[*row] * by).sum();
            Pair { moves, change, priced }
        })
        .collect();
    pairs.sort_by(|a, b| a.moves[0].0.total_cmp(&b.moves[0].0).then(a.moves[0].1.cmp(&b.moves[0].1)).then(a.moves[0].2.cmp(&b.moves[0].2)));
    pairs.truncate(PAIRS);
    pairs
}

/// The one, two or three moves that gain most and fit; none where none gains anything. Each is a pair's place and a move's.
fn best(state: &State<'_>, pairs: &[Pair]) -> Option<Vec<(usize, usize)>> {
    let limits = &state.problem.limits;
    // No exchange can gain more than what is left costs.
    let wasted: f64 = limits.iter().zip(&state.used).zip(state.prices).map(|((limit, used), price)| price * (limit - used)).sum();
    let mut found: Option<(f64, Vec<(usize, usize)>)> = None;
    let mut left: Vec<f64> = limits.iter().zip(&state.used).map(|(limit, used)| limit - used).collect();
    let mut picked: Vec<(usize, usize)> = Vec::new();
    go(pairs, 0, 0.0, 0.0, wasted, &mut left, &mut picked, &mut found);
    found.map(|(_, picked)| picked)
}

#[allow(clippy::too_many_arguments)]
fn go(
    pairs: &[Pair],
    first: usize,
    lost: f64,
    gained: f64,
    wasted: f64,
    left: &mut Vec<f64>,
    picked: &mut Vec<(usize, usize)>,
    found: &mut Option<(f64, Vec<(usize, usize)>)>,
) {
    for (k, pair) in pairs.iter().enumerate().skip(first) {
        // Sorted by what their best moves lose: from here on nothing can be better.
        let most = found.as_ref().map_or(0.5, |(gain, _)| *gain);
        if lost + pair.moves[0].0 + most >= wasted && pair.moves[0].0 >= 0.0 {
            return;
        }
        let free = |(_, unit, _): &Move| picked.iter().all(|(p, m)| pairs[*p].moves[*m].1 != *unit);
        let Some(at) = pair.moves.iter().position(free) else { continue };
        let (lost, gained) = (lost + pair.moves[at].0, gained + pair.priced - pair.moves[at].0);
        pair.change.iter().for_each(|(row, by)| left[*row] -= by);
        picked.push((k, at));
        if gained > most && picked.iter().flat_map(|(p, _)| &pairs[*p].change).all(|(row, _)| left[*row] >= 0.0) {
            *found = Some((gained, picked.clone()));
        }
        if picked.len() < 3 {
            go(pairs, k, lost, gained, wasted, left, picked, found);
        }
        picked.pop();
        pair.change.iter().for_each(|(row, by)| left[*row] += by);
    }
}
