//! Borrowers drawn with replacement, as many as there are, again and again; every figure counted anew in each draw.
//!
//! Eight draws at a time: a case adds its borrower's eight counts to its cell at once. Counts are whole numbers, so that no order of threads
//! reaches a figure. All contenders see the same draws, so that differences are paired.

use super::Cases;
use super::figures::{FIGURES, MONEY, Values, figures, top_share};
use super::groups::Groups;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;
use std::collections::HashMap;

/// Draws that are counted at once.
const LANES: usize = 8;

/// A contender's cells in a dimension: by score, and by the order in which money is captured.
pub(super) struct Grouped {
    pub(super) by_score: Groups,
    pub(super) by_money: Option<Groups>,
}

/// How often each borrower is drawn, in eight draws.
type Lanes = [u8; LANES];

/// Borrowers as places from 0, in the order in which they come.
pub(super) fn places(borrower: &[u32]) -> (Vec<u32>, usize) {
    let mut place_of: HashMap<u32, u32> = HashMap::new();
    let of = |b: &u32| {
        let next = place_of.len() as u32;
        *place_of.entry(*b).or_insert(next)
    };
    let places: Vec<u32> = borrower.iter().map(of).collect();
    let n = place_of.len();
    (places, n)
}

fn drawn(borrowers: usize, seed: u64, batch: usize) -> Vec<Lanes> {
    let mut counts = vec![[0u8; LANES]; borrowers];
    #[allow(clippy::needless_range_loop, reason = "each lane is one draw over all borrowers")]
    for lane in 0..LANES {
        let draw = (batch * LANES + lane) as u64;
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ draw);
        let mut left = borrowers;
        while left > 0 {
            let bits = random.next_u64();
            for half in [bits >> 32, bits & 0xFFFF_FFFF].into_iter().take(left) {
                let count = &mut counts[((half * borrowers as u64) >> 32) as usize][lane];
                *count = count.saturating_add(1);
            }
            left -= left.min(2);
        }
    }
    counts
}

/// For each dimension, contender and slice: each figure in each draw.
pub(super) type Drawn = Vec<Vec<Vec<Vec<Values>>>>;

/// Draws borrowers and counts every figure; `grouped` has an entry a dimension and contender.
pub(super) fn draw(cases: &Cases<'_>, grouped: &[Vec<Grouped>]) -> Drawn {
    let (place, borrowers) = places(cases.borrower);
    let batches = cases.draws.div_ceil(LANES);
    let per_batch: Vec<Vec<Vec<Vec<[Values; LANES]>>>> = (0..batches)
        .into_par_iter()
        .map(|batch| {
            let counts = drawn(borrowers, cases.seed, batch);
            grouped.iter().map(|of| of.iter().map(|g| count(cases, g, &place, &counts)).collect()).collect()
        })
        .collect();
    let shape: Vec<Vec<usize>> = grouped.iter().map(|of| of.iter().map(|g| g.by_score.start.len() - 1).collect()).collect();
    let lane = |d: usize, c: usize, s: usize| {
        let all = per_batch.iter().flat_map(move |batch| batch[d][c][s].iter().copied());
        all.take(cases.draws).collect::<Vec<Values>>()
    };
    shape.iter().enumerate().map(|(d, of)| of.iter().enumerate().map(|(c, slices)| (0..*slices).map(|s| lane(d, c, s)).collect()).collect()).collect()
}

/// The figures of each slice in eight draws.
fn count(cases: &Cases<'_>, grouped: &Grouped, place: &[u32], counts: &[Lanes]) -> Vec<[Values; LANES]> {
    let groups = &grouped.by_score;
    // Not repaid and repaid of each cell, in each draw.
    let mut sums = vec![[0u32; LANES]; groups.n.len() * 2];
    for ((cell, repaid), place) in groups.cell.iter().zip(cases.repaid).zip(place) {
        if let Some(sum) = sums.get_mut(*cell as usize * 2 + usize::from(*repaid)) {
            let times = &counts[*place as usize];
            for lane in 0..LANES {
                sum[lane] = sum[lane].wrapping_add(u32::from(times[lane]));
            }
        }
    }
    let captured = grouped.by_money.as_ref().map(|groups| money(cases, groups, place, counts));
    (0..groups.start.len() - 1)
        .map(|slice| {
            let cells = groups.start[slice]..groups.start[slice + 1];
            let mut found = [[f64::NAN; FIGURES]; LANES];
            let mut of_lane = Vec::with_capacity(cells.len());
            for (lane, found) in found.iter_mut().enumerate() {
                of_lane.clear();
                of_lane.extend(cells.clone().map(|c| [f64::from(sums[2 * c][lane]), f64::from(sums[2 * c + 1][lane])]));
                *found = figures(groups, slice, &of_lane, cases.capacity);
                if let Some(captured) = &captured {
                    found[MONEY] = captured[slice][lane];
                }
            }
            found
        })
        .collect()
}

/// The share of the money repaid that the first `capacity` of the cases hold, in each slice and draw.
fn money(cases: &Cases<'_>, groups: &Groups, place: &[u32], counts: &[Lanes]) -> Vec<[f64; LANES]> {
    let mut n = vec![[0u32; LANES]; groups.n.len()];
    let mut paid = vec![[0.0f64; LANES]; groups.n.len()];
    for ((cell, amount), place) in groups.cell.iter().zip(cases.paid).zip(place) {
        let cell = *cell as usize;
        if let (Some(n), Some(paid)) = (n.get_mut(cell), paid.get_mut(cell)) {
            let times = counts[*place as usize].map(u32::from);
            n.iter_mut().zip(times).for_each(|(n, times)| *n = n.wrapping_add(times));
            // Whole minor units times whole counts: exact in any order below 2^53. Most cases repaid nothing.
            if *amount > 0.0 {
                paid.iter_mut().zip(times).for_each(|(paid, times)| *paid += f64::from(times) * amount);
            }
        }
    }
    (0..groups.start.len() - 1)
        .map(|slice| {
            let cells = groups.start[slice]..groups.start[slice + 1];
            std::array::from_fn(|lane| {
                let (all, total) = cells.clone().fold((0.0, 0.0), |(n_sum, sum), c| (n_sum + f64::from(n[c][lane]), sum + paid[c][lane]));
                let best_first = cells.clone().rev().map(|c| (f64::from(n[c][lane]), paid[c][lane]));
                if total > 0.0 { top_share(best_first, cases.capacity * all) / total } else { f64::NAN }
            })
        })
        .collect()
}

/// The money figure of each slice, of the cases as they are.
pub(super) fn captured_once(cases: &Cases<'_>, groups: &Groups) -> Vec<f64> {
    let mut paid = vec![0.0; groups.n.len()];
    for (cell, amount) in groups.cell.iter().zip(cases.paid) {
        if let Some(paid) = paid.get_mut(*cell as usize) {
            *paid += amount;
        }
    }
    let of = |slice: usize| {
        let cells = groups.start[slice]..groups.start[slice + 1];
        let (all, total) = cells.clone().fold((0.0, 0.0), |(n, sum), c| (n + f64::from(groups.n[c]), sum + paid[c]));
        let best_first = cells.rev().map(|c| (f64::from(groups.n[c]), paid[c]));
        if total > 0.0 { top_share(best_first, cases.capacity * all) / total } else { f64::NAN }
    };
    (0..groups.start.len() - 1).map(of).collect()
}
