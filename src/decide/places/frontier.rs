//! What more or less of each resource would be worth: the most that the book's decisions could bring at other capacities.
//!
//! By the bound of the allocation, which is concave in every capacity; of a large book from every so many-th unit. Who is led somewhere or drawn by lot
//! keeps their place, minimums stay as they are, and teams share in what is more or less in the proportion of what they have.

use super::rows::{Of, Rows};
use crate::decide::allocate::{Allocation, Problem, least_bound};
use crate::decide::policy::Policy;
use rayon::prelude::*;

/// Capacities looked at, as shares of the stated one.
const SHARES: [f64; 7] = [0.0, 0.25, 0.5, 0.75, 1.25, 1.5, 2.0];
/// Rows whose next place is looked at, at most.
const MOST_STEPS: usize = 48;
/// Units that it is made from, about.
const UNITS: usize = 20_000;

/// What a resource is worth at capacities.
#[derive(Clone, Debug, PartialEq)]
pub struct Frontier {
    /// The resource's place.
    pub resource: usize,
    /// By capacity, ascending.
    pub points: Vec<Point>,
}

/// One capacity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Of what is stated.
    pub share: f64,
    /// What all decisions can be worth at most, less what they can be worth at the stated capacity; minor units.
    pub more: f64,
}

/// The frontier of every limited resource.
pub fn frontier(policy: &Policy, rows: &Rows, problem: &Problem, allocation: &Allocation) -> Vec<Frontier> {
    let step = (problem.units() / UNITS).max(1);
    let sample = if step > 1 { Some(sampled(problem, step)) } else { None };
    let of = sample.as_ref().unwrap_or(problem);
    let scale = problem.units() as f64 / of.units().max(1) as f64;
    let stated = least_bound(of, &of.limits, &allocation.prices);
    let limited = |resource: &usize| rows.rows.iter().any(|row| row.resource == *resource && !matches!(row.of, Of::Minimum(_)));
    let resources: Vec<usize> = (0..policy.capacity.resources.len()).filter(limited).collect();
    let asked: Vec<(usize, f64)> = resources.iter().flat_map(|r| SHARES.map(|share| (*r, share))).collect();
    let more: Vec<f64> = asked
        .par_iter()
        .map(|(resource, share)| {
            let mut limits = of.limits.clone();
            for (row, limit) in rows.rows.iter().zip(&mut limits).filter(|(row, _)| row.resource == *resource && !matches!(row.of, Of::Minimum(_))) {
                // Who is led somewhere keeps their place.
                *limit = (*limit + (share - 1.0) * row.amount / scale).max(0.0);
            }
            (least_bound(of, &limits, &allocation.prices) - stated) * scale
        })
        .collect();
    let mut frontier: Vec<Frontier> =
        resources.into_iter().map(|resource| Frontier { resource, points: vec![Point { share: 1.0, more: 0.0 }] }).collect();
    let floor = of_nothing(of) * scale;
    // A price that grows without end stands for limits that cannot be kept: such a capacity has no point.
    for ((resource, share), more) in asked.into_iter().zip(more).filter(|(_, more)| *more + stated * scale >= floor) {
        let points = frontier.iter_mut().find(|f| f.resource == resource).map(|f| &mut f.points);
        points.into_iter().for_each(|points| points.push(Point { share, more }));
    }
    frontier.iter_mut().for_each(|f| f.points.sort_by(|a, b| a.share.total_cmp(&b.share)));
    frontier
}

/// Worth of one unit more of each row, in minor units a millionth: its price, or where the next place needs more than is left, what that brings, spread
/// over what it takes.
pub fn worth_of_more(problem: &Problem, prices: &[f64]) -> Vec<f64> {
    let steps: Vec<Option<f64>> =
        problem.next_places().into_iter().enumerate().map(|(row, next)| next.map(|next| next - problem.limits[row])).collect();
    let step = (problem.units() / UNITS).max(1);
    let sample = if step > 1 { Some(sampled(problem, step)) } else { None };
    let of = sample.as_ref().unwrap_or(problem);
    let scale = problem.units() as f64 / of.units().max(1) as f64;
    let rows: Vec<usize> = (0..steps.len()).filter(|row| steps[*row].is_some()).take(MOST_STEPS).collect();
    let stated = if rows.is_empty() { 0.0 } else { least_bound(of, &of.limits, prices) };
    let more: Vec<f64> = rows
        .par_iter()
        .map(|row| {
            let by = steps[*row].unwrap_or(1.0);
            let mut limits = of.limits.clone();
            // One place more, of a sample as of the whole.
            limits[*row] += by.max(by / scale);
            (least_bound(of, &limits, prices) - stated).max(0.0) / by
        })
        .collect();
    let mut worth = prices.to_vec();
    rows.iter().zip(more).for_each(|(row, more)| worth[*row] = worth[*row].max(more));
    worth
}

/// What the worst option of every unit would come to: no choice is worth less.
fn of_nothing(problem: &Problem) -> f64 {
    let least = |unit: usize| problem.worth[problem.options(unit)].iter().copied().filter(|w| w.is_finite()).fold(f64::INFINITY, f64::min);
    (0..problem.units()).map(least).filter(|w| w.is_finite()).sum()
}

/// Every so many-th unit, with its part of the limits.
fn sampled(problem: &Problem, step: usize) -> Problem {
    let mut of = Problem { takes: problem.takes.clone(), ..Problem::default() };
    for unit in (0..problem.units()).step_by(step) {
        of.worth.extend_from_slice(&problem.worth[problem.options(unit)]);
        of.kind.extend_from_slice(&problem.kind[problem.options(unit)]);
        of.offsets.push(of.worth.len() as u32);
    }
    let share = of.units() as f64 / problem.units().max(1) as f64;
    of.limits = problem.limits.iter().map(|limit| limit * share).collect();
    of
}
