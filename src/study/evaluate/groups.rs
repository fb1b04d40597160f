//! Cases of like score, slice by slice: what the figures and the draws count.

use super::{APART, Dimension};
use crate::base::units::logit;

/// Cells of a slice at most, where draws count: equal scores stay together, and figures move by less than 1e-5.
pub(super) const OVERALL_CELLS: usize = 1_024;
/// The same for a slice that is not the whole.
pub(super) const SLICE_CELLS: usize = 256;
/// Bins of the expected calibration error.
pub(super) const CALIBRATION_BINS: usize = 10;

/// What the cases of a cell have on average.
#[derive(Clone, Copy, Default)]
pub(super) struct Means {
    /// Probability.
    pub(super) p: f64,
    /// Its square.
    pub(super) square: f64,
    /// `−ln p`.
    pub(super) loss_repaid: f64,
    /// `−ln (1 − p)`.
    pub(super) loss_not: f64,
    /// Log-odds.
    pub(super) log_odds: f64,
}

/// The cells of one ranking in one dimension.
pub(super) struct Groups {
    /// The cell of each case, [`APART`] where it is in no slice.
    pub(super) cell: Vec<u32>,
    /// First cell of each slice, then the number of cells.
    pub(super) start: Vec<usize>,
    /// Cases of each cell.
    pub(super) n: Vec<u32>,
    /// Means of each cell; empty without probabilities.
    pub(super) means: Vec<Means>,
    /// The calibration bin of each cell, within its slice; empty without probabilities.
    pub(super) bin: Vec<u8>,
}

/// Cases by ascending score.
pub(super) fn ascending(score: &[f64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..score.len() as u32).collect();
    order.sort_by(|a, b| score[*a as usize].total_cmp(&score[*b as usize]));
    order
}

impl Groups {
    /// Groups the cases; `order` is that of [`ascending`]. With `most` cells a slice at most, or a cell for each score.
    pub(super) fn new(order: &[u32], score: &[f64], probability: &[f64], dimension: &Dimension, most: Option<usize>) -> Groups {
        let slices = dimension.values.len();
        let mut of_slice: Vec<Vec<u32>> = vec![Vec::new(); slices];
        for case in order {
            if let Some(members) = of_slice.get_mut(dimension.codes[*case as usize] as usize) {
                members.push(*case);
            }
        }
        let mut groups = Groups { cell: vec![APART; score.len()], start: vec![0], n: Vec::new(), means: Vec::new(), bin: Vec::new() };
        for members in &of_slice {
            groups.add_slice(members, score, most);
        }
        if !probability.is_empty() {
            groups.average(probability);
        }
        groups
    }

    fn add_slice(&mut self, members: &[u32], score: &[f64], most: Option<usize>) {
        let (first, mut filled) = (self.n.len(), 0usize);
        for run in members.chunk_by(|a, b| score[*a as usize] == score[*b as usize]) {
            // A cell is closed once the cells so far hold their part of the slice.
            let cells = self.n.len() - first;
            if cells == 0 || most.is_none_or(|most| filled * most >= cells * members.len()) {
                self.n.push(0);
            }
            let cell = self.n.len() - 1;
            run.iter().for_each(|case| self.cell[*case as usize] = cell as u32);
            self.n[cell] += run.len() as u32;
            filled += run.len();
        }
        self.start.push(self.n.len());
    }

    fn average(&mut self, probability: &[f64]) {
        self.means = vec![Means::default(); self.n.len()];
        for (cell, p) in self.cell.iter().zip(probability) {
            let Some(sum) = self.means.get_mut(*cell as usize) else { continue };
            let p = p.clamp(1e-9, 1.0 - 1e-9);
            sum.p += p;
            sum.square += p * p;
            sum.loss_repaid -= p.ln();
            sum.loss_not -= (-p).ln_1p();
            sum.log_odds += logit(p);
        }
        for (sum, n) in self.means.iter_mut().zip(&self.n) {
            let n = f64::from(*n);
            *sum = Means {
                p: sum.p / n,
                square: sum.square / n,
                loss_repaid: sum.loss_repaid / n,
                loss_not: sum.loss_not / n,
                log_odds: sum.log_odds / n,
            };
        }
        self.bin = vec![0; self.n.len()];
        for slice in 0..self.start.len() - 1 {
            let cells = self.start[slice]..self.start[slice + 1];
            let all: u64 = cells.clone().map(|c| u64::from(self.n[c])).sum();
            let mut by_probability: Vec<usize> = cells.collect();
            by_probability.sort_by(|a, b| self.means[*a].p.total_cmp(&self.means[*b].p));
            let mut below = 0u64;
            for run in by_probability.chunk_by(|a, b| self.means[*a].p == self.means[*b].p) {
                let here: u64 = run.iter().map(|c| u64::from(self.n[*c])).sum();
                // Equal probabilities fall whole into the bin of their middle.
                let bin = (2 * below + here) * CALIBRATION_BINS as u64 / (2 * all);
                run.iter().for_each(|c| self.bin[*c] = bin.min(CALIBRATION_BINS as u64 - 1) as u8);
                below += here;
            }
        }
    }
}
