//! Looking at model files: one, or two side by side.

use super::table_format;
use crate::base::problem::Result;
use crate::model::diff::diff;
use crate::model::file::Model;
use crate::report::summary::ModelDiffSummary;
use crate::report::tables::card_table;
use std::path::Path;

/// `recoup model show`: a model, checked; its scorecard as a flat table is written to `scorecard` if given.
///
/// # Errors
/// Those of loading a model; `file.io`.
pub fn model_show(file: &Path, scorecard: Option<&Path>) -> Result<Model> {
    let format = scorecard.map(table_format).transpose()?;
    let model = Model::load(file)?;
    if let (Some(path), Some(format)) = (scorecard, format) {
        card_table(&model).write(path, format)?;
    }
    Ok(model)
}

/// `recoup model diff`: what changed from one model to another.
///
/// # Errors
/// Those of loading a model.
pub fn model_diff(before: &Path, after: &Path) -> Result<ModelDiffSummary> {
    let (a, b) = (Model::load(before)?, Model::load(after)?);
    Ok(ModelDiffSummary { before: before.display().to_string(), after: after.display().to_string(), differences: diff(&a, &b) })
}
