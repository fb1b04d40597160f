//! Figures from counts of repaid and not repaid by cell, cells by ascending score.

use super::groups::{CALIBRATION_BINS, Groups};
use crate::model::calibrate::line_at_maximum;

/// Places of the figures.
pub(super) const AUC: usize = 0;
pub(super) const KS: usize = 1;
pub(super) const LOG_LOSS: usize = 2;
pub(super) const BRIER: usize = 3;
pub(super) const SLOPE: usize = 4;
pub(super) const INTERCEPT: usize = 5;
pub(super) const ECE: usize = 6;
pub(super) const MEAN_PROBABILITY: usize = 7;
pub(super) const GAP: usize = 8;
pub(super) const GAIN: usize = 9;
pub(super) const MONEY: usize = 10;
pub(super) const REPAID_SHARE: usize = 11;
/// How many.
pub(super) const FIGURES: usize = 12;

/// One value a figure, `NaN` where there is nothing to measure.
pub(super) type Values = [f64; FIGURES];

/// The figures of one slice: `counts` gives not repaid and repaid of each of its cells.
///
/// AUC: `Σ repaid × (not repaid below + half of those beside) ÷ pairs`. KS: the largest distance of the two distributions. Log-loss and Brier: means
/// over cases. Slope and intercept: of the outcomes on the log-odds. Expected calibration error: `Σ n |mean p − rate| ÷ n` over ten bins of equal mass.
/// Gap: mean p − rate. Gain: the share of repaid among the best `capacity` of the cases.
pub(super) fn figures(groups: &Groups, slice: usize, counts: &[[f64; 2]], capacity: f64) -> Values {
    let mut found = [f64::NAN; FIGURES];
    let (bad, good) = counts.iter().fold((0.0, 0.0), |(b, g), [not, yes]| (b + not, g + yes));
    let n = bad + good;
    if n <= 0.0 {
        return found;
    }
    found[REPAID_SHARE] = good / n;
    if good > 0.0 && bad > 0.0 {
        let (mut below, mut good_below, mut pairs, mut largest) = (0.0, 0.0, 0.0, 0.0f64);
        for [not, yes] in counts {
            pairs += yes * (below + not / 2.0);
            below += not;
            good_below += yes;
            largest = largest.max((below / bad - good_below / good).abs());
        }
        found[AUC] = pairs / (good * bad);
        found[KS] = largest;
    }
    if good > 0.0 {
        found[GAIN] = top_share(counts.iter().rev().map(|[not, yes]| (not + yes, *yes)), capacity * n) / good;
    }
    if groups.means.is_empty() {
        return found;
    }
    let cells = groups.start[slice]..groups.start[slice + 1];
    let (means, bins) = (&groups.means[cells.clone()], &groups.bin[cells]);
    let (mut loss, mut brier, mut p) = (0.0, 0.0, 0.0);
    let mut by_bin = [[0.0; 3]; CALIBRATION_BINS];
    for (([not, yes], m), bin) in counts.iter().zip(means).zip(bins) {
        let here = not + yes;
        loss += yes * m.loss_repaid + not * m.loss_not;
        brier += here * m.square + yes * (1.0 - 2.0 * m.p);
        p += here * m.p;
        let sums = &mut by_bin[usize::from(*bin)];
        *sums = [sums[0] + here, sums[1] + here * m.p, sums[2] + yes];
    }
    found[LOG_LOSS] = loss / n;
    found[BRIER] = brier / n;
    found[MEAN_PROBABILITY] = p / n;
    found[GAP] = (p - good) / n;
    found[ECE] = by_bin.iter().map(|[_, p, yes]| (p - yes).abs()).sum::<f64>() / n;
    let cells = counts.iter().zip(means).filter(|([not, yes], _)| not + yes > 0.0);
    if let Some((intercept, slope, _)) = line_at_maximum(cells.map(|([not, yes], m)| [m.log_odds, yes / (not + yes), not + yes])) {
        (found[INTERCEPT], found[SLOPE]) = (intercept, slope);
    }
    found
}

/// What the first `room` cases of a ranking hold, where `(cases, held)` come best first; a cell that the end divides gives its part.
pub(super) fn top_share(cells: impl Iterator<Item = (f64, f64)>, room: f64) -> f64 {
    let (mut left, mut held) = (room, 0.0);
    for (n, of) in cells {
        if n <= 0.0 {
            continue;
        }
        if n >= left {
            return held + of * left / n;
        }
        left -= n;
        held += of;
    }
    held
}
