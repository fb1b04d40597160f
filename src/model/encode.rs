//! Features to one-byte bin codes: the only form in which fitting and scoring see a case.

use super::bin::{Cut, FeatureBins, Rows, pair_codes};
use crate::base::problem::{Problem, Problems, Result, suggestion};
use crate::data::features::{FeatureColumn, Values};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Bin codes of cases: one column a feature, each with one byte a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Design {
    /// Cases.
    pub n: usize,
    /// One a feature, in the order of the bins.
    pub columns: Vec<Vec<u8>>,
}

/// Codes of the cases `rows` of every feature of a model.
///
/// # Errors
/// `score.missing_feature`, `score.wrong_type`: every feature that the table lacks or has as another type, at once.
pub fn encode(table: &[&FeatureColumn], features: &[&FeatureBins], rows: Rows<'_>) -> Result<Design> {
    let mut problems = Problems::default();
    let mut told = BTreeSet::new();
    for (name, cut) in features.iter().flat_map(|bins| bins.cut.inputs(&bins.name)) {
        let problem = match table.iter().find(|column| *column.name == *name) {
            None => Problem::error("score.missing_feature", format!("the model needs the feature `{name}`, which is not here"))
                .column(name)
                .help(suggestion(name, table.iter().map(|c| &*c.name))),
            Some(column) if matches!(column.values, Values::Number(_)) != matches!(cut, Cut::Number { .. }) => {
                let (is, was) = if matches!(column.values, Values::Number(_)) { ("numeric", "a category") } else { ("a category", "numeric") };
                Problem::error("score.wrong_type", format!("the feature `{name}` is {is} here and was {was} in training"))
                    .column(name)
                    .help("give it the same kind as when the model was trained")
            }
            Some(_) => continue,
        };
        if told.insert(name) {
            problems.push(problem);
        }
    }
    problems.stop_on_error()?;
    let codes = |name: &str, cut: &Cut| match table.iter().find(|column| *column.name == *name) {
        Some(column) => cut.codes(column, rows),
        None => vec![cut.missing(); rows.len()],
    };
    let of = |bins: &&FeatureBins| match bins.cut.inputs(&bins.name).as_slice() {
        [(first, of_first), (second, of_second)] => pair_codes(&codes(first, of_first), &codes(second, of_second), of_second.bins()),
        inputs => inputs.first().map_or(Vec::new(), |(name, cut)| codes(name, cut)),
    };
    Ok(Design { n: rows.len(), columns: features.par_iter().map(of).collect() })
}
