//! Features to one-byte bin codes: the only form in which fitting and scoring see a case.

use super::bin::{Cut, FeatureBins, Rows};
use crate::base::problem::{Problem, Problems, Result, suggestion};
use crate::data::features::{FeatureColumn, Values};
use rayon::prelude::*;

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
    let mut columns = Vec::new();
    for bins in features {
        match table.iter().find(|column| *column.name == *bins.name) {
            None => problems.push(
                Problem::error("score.missing_feature", format!("the model needs the feature `{}`, which is not here", bins.name))
                    .column(bins.name.as_str())
                    .help(suggestion(&bins.name, table.iter().map(|c| &*c.name))),
            ),
            Some(column) if matches!(column.values, Values::Number(_)) != matches!(bins.cut, Cut::Number { .. }) => {
                let (is, was) = if matches!(column.values, Values::Number(_)) { ("numeric", "a category") } else { ("a category", "numeric") };
                problems.push(
                    Problem::error("score.wrong_type", format!("the feature `{}` is {is} here and was {was} in training", bins.name))
                        .column(bins.name.as_str())
                        .help("give it the same kind as when the model was trained"),
                );
            }
            Some(column) => columns.push((column, *bins)),
        }
    }
    problems.stop_on_error()?;
    Ok(Design { n: rows.len(), columns: columns.par_iter().map(|(column, bins)| bins.cut.codes(column, rows)).collect() })
}
