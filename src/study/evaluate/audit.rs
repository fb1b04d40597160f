//! Protected attributes: groups large enough to speak of, and the strategies recommended to each.

use super::by_borrower::share;
use super::{APART, Dimension, Measured};
use crate::base::dates::Day;
use crate::data::features::{NO_LEVEL, Values};
use serde::Serialize;
use std::collections::BTreeMap;

/// More numbers than this are put into bands.
const MOST_VALUES: usize = 12;
/// Bands of equal mass.
const BANDS: usize = 5;

/// How many of a group a strategy is recommended to.
#[derive(Clone, Debug, Serialize)]
pub struct AuditShare {
    /// The attribute.
    pub attribute: String,
    /// The group.
    pub value: String,
    /// The strategy.
    pub strategy: String,
    /// Cases of the group.
    pub n: u64,
    /// Share of them that the strategy is recommended to.
    pub share: Measured,
}

/// The groups of an attribute, one code a case; those of fewer than `least` cases are withheld, and so counted: how many groups, how many cases.
///
/// `rows` are the places of the cases among the attribute's values. More than twelve different numbers become fifths of equal mass.
pub fn bands(attribute: &str, values: &Values, rows: &[u32], least: usize) -> (Dimension, [u64; 2]) {
    let (codes, names) = match values {
        Values::Number(v) => numbers(&rows.iter().map(|r| v[*r as usize]).collect::<Vec<f64>>()),
        Values::Category { codes, levels } => {
            let parsed: Option<Vec<f64>> = levels.iter().map(|l| l.parse::<f64>().ok().filter(|x| x.is_finite())).collect();
            let of = |r: &u32| codes[*r as usize];
            match parsed {
                Some(parsed) if levels.len() > MOST_VALUES => {
                    numbers(&rows.iter().map(|r| parsed.get(of(r) as usize).copied().unwrap_or(f64::NAN)).collect::<Vec<f64>>())
                }
                _ => match dates(levels) {
                    Some(days) => {
                        let (codes, names) =
                            numbers(&rows.iter().map(|r| days.get(of(r) as usize).copied().unwrap_or(f64::NAN)).collect::<Vec<f64>>());
                        (codes, names.into_iter().map(|name| dated(&name)).collect())
                    }
                    None => {
                        // A word `missing` is a missing value.
                        let missing = levels.iter().position(|l| &**l == "missing").unwrap_or(levels.len()) as u32;
                        let codes = rows.iter().map(|r| if of(r) == NO_LEVEL { missing } else { of(r) }).collect();
                        (codes, levels.iter().map(|l| l.to_string()).chain(["missing".to_string()]).collect())
                    }
                },
            }
        }
    };
    let mut n = vec![0u64; names.len()];
    codes.iter().for_each(|c| n[*c as usize] += 1);
    let kept: Vec<u32> = (0..names.len() as u32).filter(|c| n[*c as usize] >= least as u64 && n[*c as usize] > 0).collect();
    let withheld = n.iter().filter(|n| **n > 0 && **n < least as u64).fold([0, 0], |[groups, cases], n| [groups + 1, cases + n]);
    let place = |c: &u32| kept.binary_search(c).map_or(APART, |p| p as u32);
    let values = kept.iter().map(|c| names[*c as usize].clone()).collect();
    (Dimension { by: attribute.to_string(), codes: codes.iter().map(place).collect(), values }, withheld)
}

/// Days of more than twelve different dates, as numbers; none if a word is no date.
fn dates(levels: &[Box<str>]) -> Option<Vec<f64>> {
    if levels.len() <= MOST_VALUES {
        return None;
    }
    levels.iter().map(|l| Day::parse_iso(l.get(..10).unwrap_or(l)).map(|day| f64::from(day.0))).collect()
}

/// The name of a band of days, in dates.
fn dated(name: &str) -> String {
    let date = |text: &str| text.parse::<i32>().map_or_else(|_| text.to_string(), |days| Day(days).to_string());
    name.split(" to ").map(date).collect::<Vec<_>>().join(" to ")
}

/// Codes and names of numbers: each its own group where they are few, else bands of equal mass.
fn numbers(values: &[f64]) -> (Vec<u32>, Vec<String>) {
    let mut known: Vec<f64> = values.iter().copied().filter(|x| !x.is_nan()).collect();
    known.sort_by(f64::total_cmp);
    let n = known.len();
    let mut distinct = known.clone();
    distinct.dedup();
    let ends: Vec<f64> = if distinct.len() <= MOST_VALUES {
        distinct
    } else {
        let mut ends: Vec<f64> = (1..=BANDS).map(|k| known[n * k / BANDS - 1]).collect();
        ends.dedup();
        ends
    };
    let mut least: Vec<f64> = vec![f64::INFINITY; ends.len()];
    known.iter().for_each(|x| {
        let band = ends.partition_point(|e| e < x);
        least[band] = least[band].min(*x);
    });
    let short = crate::model::bin::short;
    let name = |(low, high): (&f64, &f64)| if low == high { short(*high) } else { format!("{} to {}", short(*low), short(*high)) };
    let names = least.iter().zip(&ends).map(name).chain(["missing".to_string()]).collect();
    (values.iter().map(|x| if x.is_nan() { ends.len() as u32 } else { ends.partition_point(|e| e < x) as u32 }).collect(), names)
}

/// The share of each group that each strategy is recommended to; `chosen` has the strategy's place of each case.
pub fn strategy_shares(groups: &Dimension, chosen: &[u8], strategies: &[String], borrower: &[u32]) -> Vec<AuditShare> {
    let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    groups.codes.iter().enumerate().filter(|(_, c)| **c != APART).for_each(|(k, c)| members.entry(*c).or_default().push(k as u32));
    let mut found = Vec::new();
    for (code, rows) in members {
        for (place, strategy) in strategies.iter().enumerate() {
            found.push(AuditShare {
                attribute: groups.by.clone(),
                value: groups.values[code as usize].clone(),
                strategy: strategy.clone(),
                n: rows.len() as u64,
                share: share(&rows, borrower, |k| usize::from(chosen[k as usize]) == place),
            });
        }
    }
    found
}
