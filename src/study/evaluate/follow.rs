//! What became of the cases beside their score: relapses of the cured, moves between buckets, money expected and money paid.

use super::by_borrower::{ratio, share};
use super::{APART, Dimension, Measured};
use crate::base::units::Bucket;
use crate::model::evaluate::pick;
use serde::Serialize;

/// Bands of the score.
const BANDS: usize = 5;
/// The last bucket.
const WORST: Bucket = Bucket(7);

/// Cures of one band of the score, and how many of them fell back.
#[derive(Clone, Debug, Serialize)]
pub struct Redefault {
    /// The band, 1 the worst fifth of the scores, or none for all.
    pub band: Option<usize>,
    /// Cures whose following 90 days are known.
    pub cures: u64,
    /// Of them, those 30 or more days past due within these 90 days.
    pub relapses: u64,
    /// Their share.
    pub share: Measured,
}

/// A bucket and a band of the score.
#[derive(Clone, Debug, Serialize)]
pub struct RollCell {
    /// The bucket.
    pub bucket: Bucket,
    /// The band within the bucket, 1 the worst third, or none for all.
    pub band: Option<usize>,
    /// Cases whose move is known.
    pub n: u64,
    /// Share repaid.
    pub repaid_share: Measured,
    /// Share that got into a worse bucket within the outcome window.
    pub rolled_forward: Measured,
}

/// Money expected and paid of the cases of one month.
#[derive(Clone, Debug, Serialize)]
pub struct MoneyMonth {
    /// The month of the cases; `all` for all.
    pub month: String,
    /// Cases.
    pub n: u64,
    /// Expected, in minor units.
    pub expected: f64,
    /// Paid towards the arrears, in minor units.
    pub actual: f64,
    /// `actual ÷ expected`.
    pub ratio: Measured,
}

/// The band of each of `rows` by score, 0 the worst; equal scores share the band of their middle.
fn bands(score: &[f64], rows: &[u32], bands: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let of = |k: &usize| score[rows[*k] as usize];
    order.sort_by(|a, b| of(a).total_cmp(&of(b)));
    let (mut found, mut below) = (vec![0; rows.len()], 0);
    for run in order.chunk_by(|a, b| of(a) == of(b)) {
        let band = (2 * below + run.len()) * bands / (2 * rows.len());
        run.iter().for_each(|k| found[*k] = band.min(bands - 1));
        below += run.len();
    }
    found
}

/// Relapses of the cured by fifths of their score; `relapse` is known of cures alone.
pub fn redefault(score: &[f64], relapse: &[Option<bool>], borrower: &[u32]) -> Vec<Redefault> {
    let cures: Vec<u32> = (0..score.len() as u32).filter(|k| relapse[*k as usize].is_some()).collect();
    if cures.is_empty() {
        return Vec::new();
    }
    let of_band = bands(score, &cures, BANDS);
    let of = |band: Option<usize>| {
        let rows: Vec<u32> = cures.iter().zip(&of_band).filter(|(_, b)| band.is_none_or(|band| **b == band)).map(|(k, _)| *k).collect();
        let fell = |k: u32| relapse[k as usize] == Some(true);
        Redefault {
            band: band.map(|b| b + 1),
            cures: rows.len() as u64,
            relapses: rows.iter().filter(|k| fell(**k)).count() as u64,
            share: share(&rows, borrower, fell),
        }
    };
    std::iter::once(None).chain((0..BANDS).map(Some)).map(of).filter(|r| r.cures > 0).collect()
}

/// Repaid and rolled forward, by bucket and by thirds of the score within it.
pub fn rolls_beside_score(score: &[f64], bucket: &[Bucket], repaid: &[bool], not_rolled: &[Option<bool>], borrower: &[u32]) -> Vec<RollCell> {
    const THIRDS: usize = 3;
    let mut found = Vec::new();
    for bucket_now in (0..8).map(Bucket) {
        let members: Vec<u32> = (0..score.len() as u32).filter(|k| bucket[*k as usize] == bucket_now && not_rolled[*k as usize].is_some()).collect();
        if members.is_empty() {
            continue;
        }
        let of_band = bands(score, &members, THIRDS);
        for band in std::iter::once(None).chain((0..THIRDS).map(Some)) {
            let rows: Vec<u32> = members.iter().zip(&of_band).filter(|(_, b)| band.is_none_or(|band| **b == band)).map(|(k, _)| *k).collect();
            if !rows.is_empty() {
                found.push(RollCell {
                    bucket: bucket_now,
                    band: band.map(|b| b + 1),
                    n: rows.len() as u64,
                    repaid_share: share(&rows, borrower, |k| repaid[k as usize]),
                    // Beyond the last bucket there is none.
                    rolled_forward: if bucket_now == WORST {
                        Measured::default()
                    } else {
                        share(&rows, borrower, |k| not_rolled[k as usize] == Some(false))
                    },
                });
            }
        }
    }
    found
}

/// Expected and paid by month, then of all; a case whose amounts are not known has `NaN` in one of them and is left out.
pub fn money_by_month(expected: &[f64], paid: &[f64], borrower: &[u32], month: &Dimension) -> Vec<MoneyMonth> {
    let known = |k: &u32| expected[*k as usize].is_finite() && paid[*k as usize].is_finite() && month.codes[*k as usize] != APART;
    let all: Vec<u32> = (0..expected.len() as u32).filter(known).collect();
    let of = |name: &str, rows: &[u32]| {
        let (expected, paid) = (pick(expected, rows), pick(paid, rows));
        let found = ratio(&paid, &expected, &pick(borrower, rows));
        MoneyMonth {
            month: name.to_string(),
            n: rows.len() as u64,
            expected: expected.iter().sum::<f64>().round(),
            actual: paid.iter().sum::<f64>().round(),
            ratio: Measured { interval: found.interval.map(|[low, high]| [low.max(0.0), high]), ..found },
        }
    };
    let mut found: Vec<MoneyMonth> = Vec::new();
    for (code, name) in month.values.iter().enumerate() {
        let rows: Vec<u32> = all.iter().copied().filter(|k| month.codes[*k as usize] as usize == code).collect();
        if !rows.is_empty() {
            found.push(of(name, &rows));
        }
    }
    if found.len() > 1 {
        found.push(of("all", &all));
    }
    found
}
