//! Conditions of a policy over all cases, by the second evaluator.

use crate::data::expressions::{Columns, Reread};
use crate::decide::policy::{Policy, Rule};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// Conditions of a policy, evaluated for every case: entry by entry as the policy has them.
pub(super) struct Conditions {
    pub(super) eligible: Vec<Option<Arc<Truths>>>,
    pub(super) guardrails: Vec<Option<Arc<Truths>>>,
    pub(super) packs: Vec<Option<Arc<Truths>>>,
}

/// Whether a condition holds, one a case.
pub(super) type Truths = Vec<Option<bool>>;

impl Conditions {
    /// The conditions over some columns. What names none of `flags` is as it was in the conditions given.
    pub(super) fn of(policy: &Policy, columns: &Columns<'_>, n: usize, flags: &[&str], given: Option<&Conditions>) -> Conditions {
        let all = |sql: Option<&str>, given: Option<&Arc<Truths>>| {
            let sql = sql?;
            let lower = sql.to_lowercase();
            if let Some(same) = given.filter(|_| !flags.iter().any(|flag| lower.contains(flag))) {
                return Some(same.clone());
            }
            Some(Arc::new(match Reread::parse(sql) {
                Some(condition) => {
                    let parts: Vec<Range<usize>> = (0..n).step_by(1 << 16).map(|from| from..(from + (1 << 16)).min(n)).collect();
                    parts.into_par_iter().flat_map_iter(|rows| condition.holds(columns, rows)).collect()
                }
                None => vec![None; n],
            }))
        };
        let rule = |rule: &'_ Rule| if let Rule::Sql(sql) = rule { Some(sql.clone()) } else { None };
        let eligible = policy.treatments.iter().map(|t| t.eligible.as_ref().map(|(sql, _)| sql.as_str()));
        let packs = policy.packs.iter().map(|p| p.when.as_ref().map(|(sql, _)| sql.as_str()));
        Conditions {
            eligible: eligible.enumerate().map(|(k, sql)| all(sql, given.and_then(|g| g.eligible[k].as_ref()))).collect(),
            guardrails: policy
                .guardrails
                .iter()
                .enumerate()
                .map(|(k, g)| all(rule(&g.rule).as_deref(), given.and_then(|given| given.guardrails[k].as_ref())))
                .collect(),
            packs: packs.enumerate().map(|(k, sql)| all(sql, given.and_then(|g| g.packs[k].as_ref()))).collect(),
        }
    }
}
