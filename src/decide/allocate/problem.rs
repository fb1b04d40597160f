//! The problem that capacity poses: units, each of which takes one of its options, and rows that limit what all of them take together.
//!
//! Numbers alone: no treatments, no borrowers, no policy. Amounts are whole millionths of a resource's unit and worths are whole minor units, both held
//! in doubles, so that their sums are exact in any order as long as they stay below 2^53 (nine thousand million units of a resource).

use std::ops::Range;

/// Millionths in a unit of a resource.
pub const MILLIONTHS: f64 = 1e6;

/// What kinds of options take of each row: few of many options differ.
#[derive(Clone, Debug)]
pub struct Takes {
    offsets: Vec<u32>,
    rows: Vec<u16>,
    amounts: Vec<f64>,
    /// Of what an amount is added up, the largest part.
    parts: Vec<f64>,
}

impl Default for Takes {
    fn default() -> Self {
        Takes { offsets: vec![0], rows: Vec::new(), amounts: Vec::new(), parts: Vec::new() }
    }
}

impl Takes {
    /// Adds a kind and gives its place: pairs of a row, ascending, and whole millionths, which are negative in a row that stands for a minimum.
    pub fn add(&mut self, of: &[(u16, f64)]) -> u32 {
        let parts: Vec<(u16, f64, f64)> = of.iter().map(|(row, amount)| (*row, *amount, *amount)).collect();
        self.add_of_parts(&parts)
    }

    /// The same of amounts that are added up of several places, each with its largest part: no part of a place can be had.
    pub fn add_of_parts(&mut self, of: &[(u16, f64, f64)]) -> u32 {
        for (row, amount, part) in of.iter().filter(|(_, amount, _)| *amount != 0.0) {
            self.rows.push(*row);
            self.amounts.push(*amount);
            self.parts.push(*part);
        }
        self.offsets.push(self.rows.len() as u32);
        self.len() as u32 - 1
    }

    /// Kinds of which a part alone takes more than a row has: no choice that keeps the limits contains one. What is asked for at least closes nothing.
    pub(super) fn closed(&self, limits: &[f64]) -> Vec<bool> {
        let too_much = |kind: usize| {
            let range = self.offsets[kind] as usize..self.offsets[kind + 1] as usize;
            range.into_iter().any(|k| self.parts[k] > 0.0 && self.parts[k] > limits[usize::from(self.rows[k])])
        };
        (0..self.len()).map(too_much).collect()
    }

    /// How many kinds there are.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a kind takes: row and amount.
    pub fn of(&self, kind: u32) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.offsets[kind as usize] as usize..self.offsets[kind as usize + 1] as usize;
        self.rows[range.clone()].iter().map(|row| usize::from(*row)).zip(self.amounts[range].iter().copied())
    }

    /// What a kind takes of one row.
    pub fn of_row(&self, kind: u32, row: usize) -> f64 {
        self.of(kind).find(|(r, _)| *r == row).map_or(0.0, |(_, amount)| amount)
    }

    /// What taking one kind instead of another changes, by row.
    pub(super) fn change(&self, from: u32, to: u32, by: &mut Vec<(usize, f64)>) {
        by.clear();
        by.extend(self.of(to));
        for (row, amount) in self.of(from) {
            match by.iter_mut().find(|(r, _)| *r == row) {
                Some((_, change)) => *change -= amount,
                None => by.push((row, -amount)),
            }
        }
    }

    /// The same with each row's amounts divided by a scale.
    pub(super) fn scaled(&self, scale: &[f64]) -> Takes {
        let amounts = self.amounts.iter().zip(&self.rows).map(|(amount, row)| amount / scale[usize::from(*row)]).collect();
        Takes { offsets: self.offsets.clone(), rows: self.rows.clone(), amounts, parts: self.parts.clone() }
    }

    /// What each kind costs at prices, one a row; what is closed costs more than anything.
    pub(super) fn priced(&self, prices: &[f64], closed: &[bool]) -> Vec<f64> {
        let of = |kind: u32| match closed[kind as usize] {
            true => f64::INFINITY,
            false => self.of(kind).map(|(row, amount)| prices[row] * amount).sum(),
        };
        (0..self.len() as u32).map(of).collect()
    }
}

/// Units with their options, and limits.
///
/// Maximise `Σ worth` of one option a unit, where for each row `Σ amounts ≤ limit`. A minimum is a row of negative amounts with a negative limit.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Where each unit's options begin; one entry more than there are units.
    pub offsets: Vec<u32>,
    /// Worth of each option in whole minor units; of two that are worth the same, the one that stands first is taken.
    pub worth: Vec<f64>,
    /// What each option takes: a place in `takes`.
    pub kind: Vec<u32>,
    /// What kinds of options take.
    pub takes: Takes,
    /// Limit of each row, whole millionths.
    pub limits: Vec<f64>,
}

impl Default for Problem {
    fn default() -> Self {
        Problem { offsets: vec![0], worth: Vec::new(), kind: Vec::new(), takes: Takes::default(), limits: Vec::new() }
    }
}

impl Problem {
    /// How many units there are.
    pub fn units(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The places of a unit's options.
    pub fn options(&self, unit: usize) -> Range<usize> {
        self.offsets[unit] as usize..self.offsets[unit + 1] as usize
    }

    /// Limits lowered to the largest sum of their amounts' greatest common divisor. No choice that keeps them is lost, and the bound comes nearer to
    /// the best of them.
    pub fn tightened(&self, limits: &[f64]) -> Vec<f64> {
        let mut divisors = vec![0.0f64; limits.len()];
        for kind in 0..self.takes.len() as u32 {
            self.takes.of(kind).for_each(|(row, amount)| divisors[row] = common_divisor(divisors[row], amount.abs()));
        }
        limits.iter().zip(divisors).map(|(limit, divisor)| if divisor > 0.0 { (limit / divisor).floor() * divisor } else { *limit }).collect()
    }

    /// Of each row from which something is closed, the least amount that would open it.
    pub fn next_places(&self) -> Vec<Option<f64>> {
        let mut next: Vec<Option<f64>> = vec![None; self.limits.len()];
        let parts = self.takes.rows.iter().zip(&self.takes.parts).map(|(row, part)| (usize::from(*row), *part));
        for (row, part) in parts.filter(|(row, part)| *part > 0.0 && *part > self.limits[*row]) {
            next[row] = Some(next[row].map_or(part, |least| least.min(part)));
        }
        next
    }

    /// Tightens the problem's own limits.
    pub fn tighten(&mut self) {
        self.limits = self.tightened(&self.limits);
    }

    /// What each kind costs at prices, under the problem's limits.
    pub(super) fn priced(&self, prices: &[f64]) -> Vec<f64> {
        self.takes.priced(prices, &self.takes.closed(&self.limits))
    }

    /// What a choice of one option a unit, counted from the unit's first, takes of each row.
    pub fn used(&self, choice: &[u16]) -> Vec<f64> {
        let mut used = vec![0.0; self.limits.len()];
        for (unit, option) in choice.iter().enumerate() {
            let place = self.offsets[unit] as usize + usize::from(*option);
            self.takes.of(self.kind[place]).for_each(|(row, amount)| used[row] += amount);
        }
        used
    }

    /// What a choice is worth.
    pub fn worth_of(&self, choice: &[u16]) -> f64 {
        choice.iter().enumerate().map(|(unit, option)| self.worth[self.offsets[unit] as usize + usize::from(*option)]).sum()
    }

    /// What no choice can be worth more than, at prices (one a row, at least zero): `Σ max (worth − prices · amounts) + prices · limits`.
    pub fn bound(&self, prices: &[f64]) -> f64 {
        let priced = self.priced(prices);
        let best = |unit: usize| self.options(unit).map(|k| self.worth[k] - priced[self.kind[k] as usize]).fold(f64::NEG_INFINITY, f64::max);
        let units: f64 = (0..self.units()).map(best).sum();
        units + prices.iter().zip(&self.limits).map(|(price, limit)| price * limit).sum::<f64>()
    }
}

/// The greatest common divisor of whole numbers in doubles; of 0 and a number, the number.
pub fn common_divisor(mut a: f64, mut b: f64) -> f64 {
    while b > 0.0 {
        (a, b) = (b, a % b);
    }
    a
}
