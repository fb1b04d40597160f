//! The rows of a flat table, scored and ranked: the best chance first, with points and the three lowest terms.
//!
//! What `score` is to a book of histories, without days past due, holds and policies: a flat table knows none of them.

use crate::base::problem::Result;
use crate::base::units::MicroLogOdds;
use crate::data::features::FeatureColumn;
use crate::data::write::{OutColumn, OutTable};
use crate::model::bin::Rows;
use crate::model::encode::{Design, encode};
use crate::model::file::Model;
use rayon::prelude::*;
use std::sync::Arc;

/// Rows that one thread takes at a time.
const CHUNK: usize = 4_096;
/// No reason: fewer than three terms lie below their mean.
const NO_REASON: u32 = u32::MAX;

/// Scores of the rows of a table, and their order.
pub struct ScoredTable {
    /// Scores.
    pub score: Vec<MicroLogOdds>,
    /// Calibrated probability of *repaid*.
    pub probability: Vec<f64>,
    /// Points.
    pub points: Vec<f64>,
    /// For each row its three lowest terms, as places in `reason_words`.
    reasons: [Vec<u32>; 3],
    reason_words: Arc<Vec<Box<str>>>,
    /// Rows from the best chance to the worst, ties in the order of the table.
    pub order: Vec<u32>,
}

/// Scores and ranks every row.
///
/// # Errors
/// `score.missing_feature`, `score.wrong_type`.
pub fn score_table(model: &Model, columns: &[&FeatureColumn], rows: usize) -> Result<ScoredTable> {
    let bins: Vec<_> = model.terms().iter().map(|t| &t.bins).collect();
    let design = encode(columns, &bins, Rows::All(rows))?;
    let score = model.scores(&design, None);
    let probability = score.par_iter().with_min_len(CHUNK).map(|s| model.probability(*s)).collect();
    let points = score.par_iter().with_min_len(CHUNK).map(|s| model.points().points(*s)).collect();
    let (reasons, reason_words) = reasons(model, &design);
    Ok(ScoredTable { order: order(&score), score, probability, points, reasons, reason_words: Arc::new(reason_words) })
}

/// Rows by descending score, then by place.
fn order(score: &[MicroLogOdds]) -> Vec<u32> {
    let narrow: Option<Vec<u64>> =
        score.iter().enumerate().map(|(row, s)| i32::try_from(s.0).ok().map(|s| u64::from(!(s as u32 ^ 0x8000_0000)) << 32 | row as u64)).collect();
    match narrow {
        // A score of any sound model fits 32 bits: score and place in one word sort fastest.
        Some(mut keys) => {
            keys.par_sort_unstable();
            keys.into_iter().map(|key| key as u32).collect()
        }
        None => {
            let mut order: Vec<u32> = (0..score.len() as u32).collect();
            order.sort_by_key(|row| std::cmp::Reverse(score[*row as usize]));
            order
        }
    }
}

/// The three terms furthest below their mean in training, ties in the order of the terms; each a feature and a bin in words.
fn reasons(model: &Model, design: &Design) -> ([Vec<u32>; 3], Vec<Box<str>>) {
    let terms = model.terms();
    let mut words: Vec<Box<str>> = Vec::new();
    // For each code of each term: how far below the mean, then which word. A term at or above its mean is no reason.
    let keys: Vec<[i64; 256]> = terms
        .iter()
        .map(|term| {
            let mut key = [i64::MAX; 256];
            for (code, (contribution, bin)) in term.contributions.iter().zip(&term.bins.bins).enumerate() {
                let below = contribution - term.mean_contribution;
                if below < 0 {
                    key[code] = below << 16 | words.len() as i64;
                    words.push(format!("{}: {}", term.bins.meaning, bin.label).into());
                }
            }
            key
        })
        .collect();
    let mut found: [Vec<u32>; 3] = [(); 3].map(|()| vec![NO_REASON; design.n]);
    let [first, second, third] = &mut found;
    first.par_chunks_mut(CHUNK).zip(second.par_chunks_mut(CHUNK)).zip(third.par_chunks_mut(CHUNK)).enumerate().for_each(
        |(chunk, ((first, second), third))| {
            let n = first.len();
            let rows = chunk * CHUNK..chunk * CHUNK + n;
            let mut least = vec![[i64::MAX; 3]; n];
            for (key, codes) in keys.iter().zip(&design.columns) {
                for (least, code) in least.iter_mut().zip(&codes[rows.clone()]) {
                    let x = key[usize::from(*code)];
                    let [a, b, c] = *least;
                    let (a, x) = (a.min(x), a.max(x));
                    let (b, x) = (b.min(x), b.max(x));
                    *least = [a, b, c.min(x)];
                }
            }
            let word = |key: i64| if key == i64::MAX { NO_REASON } else { (key & 0xFFFF) as u32 };
            for (k, [a, b, c]) in least.into_iter().enumerate() {
                (first[k], second[k], third[k]) = (word(a), word(b), word(c));
            }
        },
    );
    (found, words)
}

impl ScoredTable {
    /// The ranked list; `ids` are columns of the table that stand before the scores, in the table's order.
    pub fn ranked(self, ids: Vec<(String, OutColumn)>) -> OutTable {
        let order = &self.order;
        let at = |of: &[f64]| OutColumn::Number(order.iter().map(|k| of[*k as usize]).collect());
        let mut table = OutTable::default()
            .with("rank", OutColumn::Integer((1..=order.len() as i64).collect()))
            .with("row", OutColumn::Integer(order.iter().map(|k| i64::from(*k) + 1).collect()));
        for (name, column) in ids {
            table = table.with(&name, column.picked(order));
        }
        table = table
            .with("score_micro_log_odds", OutColumn::Integer(order.iter().map(|k| self.score[*k as usize].0).collect()))
            .with("probability_repaid", at(&self.probability))
            .with("points", at(&self.points));
        for (place, reasons) in self.reasons.iter().enumerate() {
            let codes = order.iter().map(|k| reasons[*k as usize]).collect();
            table = table.with(&format!("reason_{}", place + 1), OutColumn::Words { codes, words: self.reason_words.clone() });
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_by_score_then_by_place_for_any_scores() {
        let order_of = |scores: &[i64]| order(&scores.iter().map(|s| MicroLogOdds(*s)).collect::<Vec<_>>());
        assert_eq!(order_of(&[5, -3, 5, 0, -7]), [0, 2, 3, 1, 4]);
        assert_eq!(order_of(&[5, -3_000_000_000, 5_000_000_000, 0]), [2, 0, 3, 1]);
    }
}
