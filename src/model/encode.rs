//! Features to one-byte bin codes: the only form in which fitting and scoring see a case.

use super::bin::{Cut, FeatureBins};
use crate::base::problem::{Problem, Problems, Result, suggestion};
use crate::data::features::{FeatureColumn, FeatureTable, NO_LEVEL, Values};
use rayon::prelude::*;

/// Bin codes of cases: one column a feature, each with one byte a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Design {
    /// Cases.
    pub n: usize,
    /// One a feature, in the order of the bins.
    pub columns: Vec<Vec<u8>>,
}

/// Codes of the cases `rows` of one feature.
pub fn encode_column(column: &FeatureColumn, cut: &Cut, rows: &[u32]) -> Vec<u8> {
    match (&column.values, cut) {
        (Values::Number(values), Cut::Number { edges }) => rows.iter().map(|r| Cut::number_code(edges, values[*r as usize])).collect(),
        (Values::Category { codes, levels }, Cut::Category { words }) => {
            let bin_of: Vec<u8> = levels.iter().map(|l| words.binary_search_by(|w| w.as_str().cmp(l)).unwrap_or(words.len()) as u8).collect();
            let missing = cut.missing();
            rows.iter().map(|r| bin_of.get(codes[*r as usize] as usize).copied().unwrap_or(missing)).collect()
        }
        // A feature of another type is refused before this point.
        _ => vec![cut.missing(); rows.len()],
    }
}

/// Codes of the cases `rows` of every feature of a model.
///
/// # Errors
/// `score.missing_feature`, `score.wrong_type`: every feature that the book lacks or has as another type, at once.
pub fn encode(table: &FeatureTable, features: &[&FeatureBins], rows: &[u32]) -> Result<Design> {
    let mut problems = Problems::default();
    let mut columns = Vec::new();
    for bins in features {
        match table.get(&bins.name) {
            None => problems.push(
                Problem::error("score.missing_feature", format!("the model needs the feature `{}`, which this book does not have", bins.name))
                    .column(bins.name.as_str())
                    .help(suggestion(&bins.name, table.names())),
            ),
            Some(column) if matches!(column.values, Values::Number(_)) != matches!(bins.cut, Cut::Number { .. }) => {
                let (is, was) = if matches!(column.values, Values::Number(_)) { ("numeric", "a category") } else { ("a category", "numeric") };
                problems.push(
                    Problem::error("score.wrong_type", format!("the feature `{}` is {is} here and was {was} in training", bins.name))
                        .column(bins.name.as_str())
                        .help("give it the same kind in the project file as when the model was trained"),
                );
            }
            Some(column) => columns.push((column, *bins)),
        }
    }
    problems.stop_on_error()?;
    Ok(Design { n: rows.len(), columns: columns.par_iter().map(|(column, bins)| encode_column(column, &bins.cut, rows)).collect() })
}

/// Whether a level is missing.
pub fn is_missing(column: &FeatureColumn, row: usize) -> bool {
    match &column.values {
        Values::Number(v) => v[row].is_nan(),
        Values::Category { codes, .. } => codes[row] == NO_LEVEL,
    }
}
