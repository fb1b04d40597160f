//! Feature values of cases, column by column. `NaN` and [`NO_LEVEL`] mean *not computable*, and keep a bin of their own.

/// The level of a category that is missing.
pub const NO_LEVEL: u32 = u32::MAX;

pub use crate::base::config::{Direction, SubScore};

/// The values of one feature, one a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Numbers; `NaN` is null.
    Number(Vec<f64>),
    /// Places in `levels`; [`NO_LEVEL`] is null.
    Category {
        /// One a case.
        codes: Vec<u32>,
        /// The words, sorted and distinct.
        levels: Vec<Box<str>>,
    },
}

/// One feature over all cases.
#[derive(Clone, Debug)]
pub struct FeatureColumn {
    /// Its name in the catalogue or the project file.
    pub name: Box<str>,
    /// One line of meaning, as reasons show it.
    pub meaning: Box<str>,
    /// Expected direction towards *repaid*.
    pub expected: Direction,
    /// Its sub-score.
    pub sub_score: SubScore,
    /// Its values.
    pub values: Values,
}

/// The features of a run, in catalogue order, then the project's own.
#[derive(Clone, Debug, Default)]
pub struct FeatureTable {
    /// One a feature, all of the same length.
    pub columns: Vec<FeatureColumn>,
}

impl FeatureTable {
    /// The feature of that name.
    pub fn get(&self, name: &str) -> Option<&FeatureColumn> {
        self.columns.iter().find(|c| &*c.name == name)
    }

    /// The features of those names, in that order.
    ///
    /// # Errors
    /// A name that there is none of.
    pub fn only(&self, names: &[String]) -> Result<FeatureTable, String> {
        let mut columns: Vec<FeatureColumn> = Vec::new();
        for name in names {
            // A name given twice is one column.
            if !columns.iter().any(|column| *column.name == **name) {
                columns.push(self.get(name).cloned().ok_or_else(|| name.clone())?);
            }
        }
        Ok(FeatureTable { columns })
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.columns.iter().map(|c| &*c.name)
    }
}
