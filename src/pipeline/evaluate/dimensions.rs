//! Ways to take the cases of a book apart: bucket, product, month.

use crate::base::dates::Day;
use crate::data::cases::Cases;
use crate::data::features::Values;
use crate::data::observe::Observed;
use crate::study::evaluate::{APART, Dimension};
use std::collections::BTreeSet;

pub(super) fn buckets(cases: &Cases) -> Dimension {
    let values = crate::base::units::Bucket::NAMES.iter().map(|n| n.to_string()).collect();
    Dimension { by: "bucket".into(), codes: cases.bucket.iter().map(|b| u32::from(b.0)).collect(), values }
}

pub(super) fn products(observed: &Observed) -> Option<Dimension> {
    match &observed.features.get("product")?.values {
        Values::Category { codes, levels } => {
            let missing = levels.len() as u32;
            Some(Dimension {
                by: "product".into(),
                codes: codes.iter().map(|c| (*c).min(missing)).collect(),
                values: levels.iter().map(|l| l.to_string()).chain(["missing".to_string()]).collect(),
            })
        }
        Values::Number(_) => None,
    }
}

/// The month of each case, all months in order.
pub(super) fn months(cases: &Cases) -> Dimension {
    let indices: BTreeSet<i32> = cases.as_of.iter().map(|d| d.month_index()).collect();
    let places: Vec<i32> = indices.into_iter().collect();
    let code = |day: &Day| places.binary_search(&day.month_index()).map_or(APART, |p| p as u32);
    let name = |index: &i32| {
        let day = cases.as_of.iter().find(|d| d.month_index() == *index);
        day.map_or(String::new(), |d| d.to_string().chars().take(7).collect())
    };
    Dimension { by: "month".into(), codes: cases.as_of.iter().map(code).collect(), values: places.iter().map(name).collect() }
}
