//! Quantile bins and weights of evidence: each feature as a short table of plain, printable values.
//!
//! Takes the values of the training cases; gives [`FeatureBins`], or why a feature was dropped. The bins depend on the values alone,
//! never on the order of rows. Deliberately absent: optimal and monotone binning.

use crate::base::config::ModelSettings;
use crate::data::features::{FeatureColumn, NO_LEVEL, Values};
use serde::{Deserialize, Serialize};

/// Bins of a feature at most: a code is one byte.
pub const MOST_BINS: usize = 255;

/// One bin with what training saw in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// What falls into it, for people.
    pub label: String,
    /// Training cases.
    pub n: u64,
    /// Those repaid.
    pub repaid: u64,
    /// Weight of evidence: `ln((repaid + ½) / (not repaid + ½)) − ln(R / N)` with R, N the book's repaid and not repaid. Zero without cases.
    pub woe: f64,
}

impl Bin {
    /// Share repaid; `None` without cases.
    pub fn rate(&self) -> Option<f64> {
        (self.n > 0).then(|| self.repaid as f64 / self.n as f64)
    }
}

/// How values fall into bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cut {
    /// Bin k holds `edges[k−1] < x <= edges[k]`; the last is open above. The bin after the intervals holds missing values.
    Number {
        /// Upper edges, ascending, as shortest texts that read back to the same bits.
        edges: Vec<Edge>,
    },
    /// A word's bin by its place in `words`; after them `other` for rare and unseen words, then missing.
    Category {
        /// Words with a bin of their own, sorted.
        words: Vec<String>,
    },
}

/// An edge, kept in files as text, because JSON has no infinities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge(pub f64);

impl Serialize for Edge {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Edge {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map(Edge).map_err(|_| serde::de::Error::custom(format!("{text:?} is not a number")))
    }
}

/// A feature's bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureBins {
    /// Its name.
    pub name: String,
    /// What it means, in one line.
    pub meaning: String,
    /// How values fall into bins.
    pub cut: Cut,
    /// The bins: intervals or words (and `other`), then missing.
    pub bins: Vec<Bin>,
    /// Information value: `Σ (share of repaid − share of not repaid) × woe` over bins with cases.
    pub information_value: f64,
}

/// A feature that is not used, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Its name.
    pub feature: String,
    /// Why.
    pub reason: String,
}

impl Cut {
    /// The code of missing values: the last bin.
    pub fn missing(&self) -> u8 {
        match self {
            Cut::Number { edges } => edges.len() as u8 + 1,
            Cut::Category { words } => words.len() as u8 + 1,
        }
    }

    /// Codes of a column of numbers: the count of edges below the value.
    pub fn number_code(edges: &[Edge], value: f64) -> u8 {
        if value.is_nan() { edges.len() as u8 + 1 } else { edges.partition_point(|e| e.0 < value) as u8 }
    }
}

/// Makes bins for each feature of the training cases.
///
/// `rows` are places of training cases in the columns, `repaid` their outcomes (one an entry of `rows`).
pub fn fit_bins(columns: &[&FeatureColumn], rows: &[u32], repaid: &[bool], settings: &ModelSettings) -> (Vec<FeatureBins>, Vec<Dropped>) {
    use rayon::prelude::*;
    let made: Vec<Result<FeatureBins, Dropped>> = columns.par_iter().map(|column| fit_one(column, rows, repaid, settings)).collect();
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    for result in made {
        match result {
            Ok(bins) => kept.push(bins),
            Err(why) => dropped.push(why),
        }
    }
    (kept, dropped)
}

fn fit_one(column: &FeatureColumn, rows: &[u32], repaid: &[bool], settings: &ModelSettings) -> Result<FeatureBins, Dropped> {
    let drop = |reason: &str| Dropped { feature: column.name.to_string(), reason: reason.to_string() };
    let smallest = ((settings.min_bin_share * rows.len() as f64).ceil() as usize).max(1);
    let (cut, labels) = match &column.values {
        Values::Number(values) => {
            let mut known: Vec<f64> = rows.iter().map(|r| values[*r as usize]).filter(|x| !x.is_nan()).collect();
            known.sort_unstable_by(f64::total_cmp);
            if known.is_empty() {
                return Err(drop("it has no value in any training case"));
            }
            let missing = rows.len() - known.len();
            if known[0] == known[known.len() - 1] && missing == 0 {
                return Err(drop("it has the same value in every training case"));
            }
            let edges = quantile_edges(&known, settings.max_bins.min(MOST_BINS - 1), smallest);
            let labels = interval_labels(&edges);
            (Cut::Number { edges: edges.into_iter().map(Edge).collect() }, labels)
        }
        Values::Category { codes, levels } => {
            let mut counts = vec![0usize; levels.len()];
            for code in rows.iter().map(|r| codes[*r as usize]).filter(|c| *c != NO_LEVEL) {
                counts[code as usize] += 1;
            }
            if counts.iter().all(|n| *n == 0) {
                return Err(drop("it has no value in any training case"));
            }
            let mut common: Vec<usize> = (0..levels.len()).filter(|k| counts[*k] >= smallest).collect();
            // More words than codes: the most frequent keep bins of their own.
            common.sort_by_key(|k| (std::cmp::Reverse(counts[*k]), *k));
            common.truncate(MOST_BINS - 2);
            let mut words: Vec<String> = common.into_iter().map(|k| levels[k].to_string()).collect();
            words.sort();
            let mut labels = words.clone();
            labels.push("other".into());
            (Cut::Category { words }, labels)
        }
    };
    let labels: Vec<String> = labels.into_iter().chain(["missing".to_string()]).collect();
    let codes = super::encode::encode_column(column, &cut, rows);
    let mut bins: Vec<Bin> = labels.into_iter().map(|label| Bin { label, n: 0, repaid: 0, woe: 0.0 }).collect();
    for (code, repaid) in codes.iter().zip(repaid) {
        bins[*code as usize].n += 1;
        bins[*code as usize].repaid += u64::from(*repaid);
    }
    if bins.iter().filter(|b| b.n > 0).count() < 2 {
        return Err(drop("all training cases fall into one bin"));
    }
    let information_value = weigh(&mut bins);
    Ok(FeatureBins { name: column.name.to_string(), meaning: column.meaning.to_string(), cut, bins, information_value })
}

/// Sets the weight of evidence of each bin and gives the information value.
pub fn weigh(bins: &mut [Bin]) -> f64 {
    let n: u64 = bins.iter().map(|b| b.n).sum();
    let repaid: u64 = bins.iter().map(|b| b.repaid).sum();
    let (all_repaid, all_not) = (repaid as f64, (n - repaid) as f64);
    let mut information_value = 0.0;
    for bin in bins.iter_mut().filter(|b| b.n > 0) {
        let (good, bad) = (bin.repaid as f64, (bin.n - bin.repaid) as f64);
        bin.woe = ((good + 0.5) / (bad + 0.5)).ln() - (all_repaid / all_not).ln();
        information_value += (good / all_repaid - bad / all_not) * bin.woe;
    }
    information_value
}

/// Upper edges of quantile bins of sorted values: at most `most` bins, each of at least `smallest` values, never between equal values.
fn quantile_edges(sorted: &[f64], most: usize, smallest: usize) -> Vec<f64> {
    let n = sorted.len();
    let mut edges: Vec<f64> = Vec::new();
    let mut begun = 0usize;
    for k in 1..most {
        let target = (n * k).div_ceil(most);
        // The bin ends behind the last value equal to the one at the quantile.
        let edge = sorted[target.clamp(1, n) - 1];
        let end = sorted.partition_point(|x| *x <= edge);
        if end < n && end - begun >= smallest && n - end >= smallest && edges.last().is_none_or(|last| *last < edge) {
            edges.push(edge);
            begun = end;
        }
    }
    if edges.is_empty() && n > 0 && sorted[0] < sorted[n - 1] {
        // One value may hold nearly all cases: cut beside it, if the rest is enough for a bin.
        let first = sorted.partition_point(|x| *x <= sorted[0]);
        let last = sorted.partition_point(|x| *x < sorted[n - 1]);
        if first >= smallest && n - first >= smallest {
            edges.push(sorted[0]);
        } else if last >= smallest && n - last >= smallest {
            edges.push(sorted[last - 1]);
        }
    }
    edges
}

/// `up to 10`, `above 10 to 25`, `above 25`.
fn interval_labels(edges: &[f64]) -> Vec<String> {
    let shown = |x: f64| short(x);
    match edges {
        [] => vec!["any value".to_string()],
        [first, ..] => {
            let mut labels = vec![format!("up to {}", shown(*first))];
            labels.extend(edges.windows(2).map(|w| format!("above {} to {}", shown(w[0]), shown(w[1]))));
            labels.push(format!("above {}", shown(edges[edges.len() - 1])));
            labels
        }
    }
}

/// A number as people write it: whole if it is whole, else at most four significant decimals.
pub fn short(x: f64) -> String {
    if x == x.trunc() && x.abs() < 1e15 {
        return format!("{x:.0}");
    }
    let decimals = if x.abs() >= 100.0 {
        1
    } else if x.abs() >= 1.0 {
        2
    } else {
        4
    };
    let text = format!("{x:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::features::{Direction, SubScore};

    fn column(values: Values) -> FeatureColumn {
        FeatureColumn { name: "x".into(), meaning: "x".into(), expected: Direction::Free, sub_score: SubScore::Neither, values }
    }

    fn settings(max_bins: usize, min_bin_share: f64) -> ModelSettings {
        ModelSettings { max_bins, min_bin_share, ..Default::default() }
    }

    #[test]
    fn weights_of_evidence_by_hand() {
        // 10 cases, 6 repaid. Bin 0: 4 cases, 3 repaid; bin 1: 5 cases, 2 repaid; missing: 1 case, 1 repaid.
        let x = column(Values::Number(vec![1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, f64::NAN]));
        let repaid = [true, true, true, false, true, true, false, false, false, true];
        let rows: Vec<u32> = (0..10).collect();
        let (kept, dropped) = fit_bins(&[&x], &rows, &repaid, &settings(2, 0.0));
        assert!(dropped.is_empty());
        let bins = &kept[0].bins;
        assert_eq!(
            bins.iter().map(|b| (b.label.as_str(), b.n, b.repaid)).collect::<Vec<_>>(),
            [("up to 1", 4, 3), ("above 1", 5, 2), ("missing", 1, 1)]
        );
        let book = (6.0f64 / 4.0).ln();
        for (bin, odds) in bins.iter().zip([3.5 / 1.5, 2.5 / 3.5, 1.5 / 0.5]) {
            assert!((bin.woe - (f64::ln(odds) - book)).abs() < 1e-15);
        }
        let by_hand = (3.0 / 6.0 - 1.0 / 4.0) * bins[0].woe + (2.0 / 6.0 - 3.0 / 4.0) * bins[1].woe + (1.0 / 6.0) * bins[2].woe;
        assert!((kept[0].information_value - by_hand).abs() < 1e-15);
    }

    #[test]
    fn the_order_of_rows_makes_no_difference() {
        let values: Vec<f64> = (0..1000).map(|k| f64::from((k * 7919) % 311)).collect();
        let repaid: Vec<bool> = (0..1000).map(|k| (k * 31) % 7 < 3).collect();
        let rows: Vec<u32> = (0..1000).collect();
        let back: Vec<u32> = (0..1000).rev().collect();
        let x = column(Values::Number(values));
        let (a, _) = fit_bins(&[&x], &rows, &repaid, &settings(8, 0.02));
        let (b, _) = fit_bins(&[&x], &back, &repaid.iter().rev().copied().collect::<Vec<_>>(), &settings(8, 0.02));
        assert_eq!(a, b);
        assert_eq!(a[0].bins.len(), 9);
        assert!(a[0].bins[..8].iter().all(|b| b.n >= 100), "{:?}", a[0].bins);
    }

    #[test]
    fn useless_features_are_dropped_with_their_reason() {
        let rows: Vec<u32> = (0..4).collect();
        let repaid = [true, false, true, false];
        let nulls = column(Values::Number(vec![f64::NAN; 4]));
        let same = column(Values::Number(vec![3.0; 4]));
        let (kept, dropped) = fit_bins(&[&nulls, &same], &rows, &repaid, &settings(4, 0.0));
        assert!(kept.is_empty());
        assert_eq!(
            dropped.iter().map(|d| d.reason.as_str()).collect::<Vec<_>>(),
            ["it has no value in any training case", "it has the same value in every training case"]
        );
    }

    #[test]
    fn rare_words_share_a_bin_and_infinities_have_a_place() {
        let words = column(Values::Category { codes: vec![0, 0, 0, 1, 1, 2, NO_LEVEL, 0], levels: vec!["a".into(), "b".into(), "c".into()] });
        let rows: Vec<u32> = (0..8).collect();
        let repaid = [true, false, true, false, true, true, false, false];
        let (kept, _) = fit_bins(&[&words], &rows, &repaid, &settings(4, 0.25));
        assert_eq!(kept[0].bins.iter().map(|b| (b.label.as_str(), b.n)).collect::<Vec<_>>(), [("a", 4), ("b", 2), ("other", 1), ("missing", 1)]);
        let wild = column(Values::Number(vec![f64::NEG_INFINITY, 0.0, 1.0, f64::INFINITY, 0.0, 1.0, 0.0, 1.0]));
        let (kept, _) = fit_bins(&[&wild], &rows, &repaid, &settings(2, 0.0));
        assert_eq!(kept[0].bins.iter().map(|b| b.n).collect::<Vec<_>>(), [4, 4, 0]);
    }

    #[test]
    fn edges_read_back_to_the_same_bits() {
        for x in [0.1 + 0.2, 1.0 / 3.0, 5e-324, f64::MAX, f64::INFINITY, -0.0] {
            let text = serde_json::to_string(&Edge(x)).unwrap();
            let back: Edge = serde_json::from_str(&text).unwrap();
            assert_eq!(back.0.to_bits(), x.to_bits(), "{text}");
        }
    }
}
