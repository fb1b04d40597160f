//! Some of the cases of a fit, as columns of their own: a sample, a fold, the cases whose share is known.

use super::{Coded, Target};
use crate::model::evaluate::pick;
use rayon::prelude::*;

/// Some of the cases.
pub struct Subset {
    columns: Vec<Vec<u8>>,
    outcome: Vec<f64>,
    weight: Option<Vec<f64>>,
}

impl Subset {
    /// The cases `rows`, in that order.
    pub fn of(data: &Coded<'_>, target: &Target<'_>, rows: &[u32]) -> Subset {
        Subset {
            columns: data.columns.par_iter().map(|codes| pick(codes, rows)).collect(),
            outcome: pick(target.outcome, rows),
            weight: target.weight.map(|w| pick(w, rows)),
        }
    }

    /// Their codes, beside the tables and names of the whole.
    pub fn data<'a>(&'a self, whole: &Coded<'a>) -> Coded<'a> {
        Coded {
            n: self.outcome.len(),
            columns: self.columns.iter().map(Vec::as_slice).collect(),
            tables: whole.tables.clone(),
            names: whole.names.clone(),
        }
    }

    /// Their outcomes and weights.
    pub fn target(&self) -> Target<'_> {
        Target { outcome: &self.outcome, weight: self.weight.as_deref() }
    }
}
