//! What more or less of each resource would be worth: the most that the book's decisions could bring at other capacities.
//!
//! By the bound of the allocation, which is concave in every capacity; of a large book from every so many-th unit. Who is led somewhere or drawn by lot
//! keeps their place, minimums stay as they are, and teams share in what is more or less in the proportion of what they have.

use super::rows::{Of, Row, Rows};
use crate::decide::allocate::{Allocation, Problem, least_bound};
use crate::decide::policy::Policy;
use rayon::prelude::*;
use std::borrow::Cow;

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

/// The units that other capacities are tried on.
pub(super) struct Trial<'a> {
    problem: Cow<'a, Problem>,
    prices: &'a [f64],
    /// How many units one of it stands for.
    scale: f64,
    /// What it can be worth at most at the stated limits.
    stated: f64,
}

impl<'a> Trial<'a> {
    /// Of a problem and what was handed out; of a large one a sample.
    pub(super) fn of(problem: &'a Problem, allocation: &'a Allocation) -> Trial<'a> {
        let step = (problem.units() / UNITS).max(1);
        let of = if step > 1 { Cow::Owned(sampled(problem, step)) } else { Cow::Borrowed(problem) };
        let prices = &allocation.prices[..];
        Trial { scale: problem.units() as f64 / of.units().max(1) as f64, stated: least_bound(&of, &of.limits, prices), problem: of, prices }
    }

    /// What it can be worth more at other limits, at most.
    fn more(&self, limits: &[f64]) -> f64 {
        least_bound(&self.problem, limits, self.prices) - self.stated
    }

    /// The frontier of every limited resource.
    pub(super) fn frontier(&self, policy: &Policy, rows: &Rows) -> Vec<Frontier> {
        let is_of = |row: &Row, resource: usize| row.resource == resource && !matches!(row.of, Of::Minimum(_));
        // A price that grows without end stands for limits that cannot be kept: such a capacity has no point.
        let floor = of_nothing(&self.problem) - self.stated;
        let point = |resource: usize, share: f64| {
            let mut limits = self.problem.limits.clone();
            for (row, limit) in rows.rows.iter().zip(&mut limits).filter(|(row, _)| is_of(row, resource)) {
                // Who is led somewhere keeps their place.
                *limit = (*limit + (share - 1.0) * row.amount / self.scale).max(0.0);
            }
            let more = self.more(&limits);
            (more >= floor).then_some(Point { share, more: more * self.scale })
        };
        let limited = (0..policy.capacity.resources.len()).filter(|resource| rows.rows.iter().any(|row| is_of(row, *resource)));
        let resources: Vec<usize> = limited.collect();
        let points = |resource: usize| {
            let mut points: Vec<Point> = SHARES.par_iter().filter_map(|share| point(resource, *share)).collect();
            points.push(Point { share: 1.0, more: 0.0 });
            points.sort_by(|a, b| a.share.total_cmp(&b.share));
            points
        };
        resources.par_iter().map(|resource| Frontier { resource: *resource, points: points(*resource) }).collect()
    }

    /// Worth of one unit more of each row, in minor units a millionth: its price, or where the next place needs more than is left, what that brings,
    /// spread over what it takes.
    pub(super) fn worth_of_more(&self, whole: &Problem) -> Vec<f64> {
        let next = whole.next_places();
        let steps = next.into_iter().enumerate().filter_map(|(row, next)| next.map(|next| (row, next - whole.limits[row])));
        let steps: Vec<(usize, f64)> = steps.take(MOST_STEPS).collect();
        let more = |(row, by): &(usize, f64)| {
            let mut limits = self.problem.limits.clone();
            // One place more, of a sample as of the whole.
            limits[*row] += by;
            self.more(&limits).max(0.0) / by
        };
        let more: Vec<f64> = steps.par_iter().map(more).collect();
        let mut worth = self.prices.to_vec();
        steps.iter().zip(more).for_each(|((row, _), more)| worth[*row] = worth[*row].max(more));
        worth
    }
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
