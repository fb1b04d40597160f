//! Vetoes: which treatments must not be recommended for a case, and by which rule.
//!
//! A veto is a veto, never a price. A condition that is unknown vetoes like one that is false: missing facts never free.

use super::policy::Policy;
use crate::data::cases::Cases;
use crate::data::expressions::{Columns, Expression};

/// What a guardrail says of one treatment for one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be recommended.
    Free,
    /// The policy's condition is false.
    NotEligible,
    /// The policy's condition is unknown, because a fact is missing.
    Unknown,
    /// A hold forbids it: the place of its rule in the policy.
    Held(u8),
    /// It covers all the borrower's cases and is vetoed on another of them.
    OnAnotherAccount,
}

/// The verdict on every treatment for every case: entry `case × treatments + treatment`.
pub fn verdicts(policy: &Policy, conditions: &[Option<Expression>], cases: &Cases, columns: &Columns<'_>) -> Vec<Verdict> {
    let mut verdicts = Vec::with_capacity(cases.len() * policy.treatments.len());
    for case in 0..cases.len() {
        for (place, condition) in conditions.iter().enumerate() {
            let held = policy.holds.iter().position(|rule| cases.holds[case].has(rule.hold) && !rule.allow.contains(&place));
            verdicts.push(match (held, condition.as_ref().map(|c| c.holds(columns, case))) {
                (Some(rule), _) => Verdict::Held(rule as u8),
                (None, None | Some(Some(true))) => Verdict::Free,
                (None, Some(Some(false))) => Verdict::NotEligible,
                (None, Some(None)) => Verdict::Unknown,
            });
        }
    }
    verdicts
}
