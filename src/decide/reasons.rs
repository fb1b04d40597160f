//! Why a score is low: the terms furthest below their mean in training, in words.

use super::score::Scored;
use crate::data::features::{FeatureTable, NO_LEVEL, Values};
use crate::model::bin::{Cut, short};

/// The features with the most negative `contribution − mean contribution in training`, at most `most`, most negative first, ties in catalogue
/// order. Only those below their mean.
pub fn lowest(scored: &Scored<'_>, case: usize, most: usize) -> Vec<usize> {
    let terms = scored.model.terms();
    let mut below: Vec<(i64, usize)> =
        (0..terms.len()).map(|t| (scored.contribution(t, case) - terms[t].mean_contribution, t)).filter(|(difference, _)| *difference < 0).collect();
    below.sort_unstable();
    below.into_iter().take(most).map(|(_, t)| t).collect()
}

/// A reason in words: what it is, the case's value, and the bin it falls into.
pub fn words(scored: &Scored<'_>, features: &FeatureTable, term: usize, case: usize) -> String {
    let bins = &scored.model.terms()[term].bins;
    let bin = &bins.bins[usize::from(scored.design.columns[term][case])].label;
    if matches!(bins.cut, Cut::Pair { .. }) {
        return format!("{}: {bin}", bins.meaning);
    }
    let value = match features.get(&bins.name).map(|c| &c.values) {
        Some(Values::Number(v)) if !v[case].is_nan() => short(v[case]),
        Some(Values::Category { codes, levels }) if codes[case] != NO_LEVEL => levels[codes[case] as usize].to_string(),
        _ => return format!("{}: not known", bins.meaning),
    };
    if *bin == value { format!("{}: {value}", bins.meaning) } else { format!("{}: {value} ({bin})", bins.meaning) }
}
