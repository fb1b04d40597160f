//! What a treatment is worth: `gain = stake × (share repaid under it − share repaid under wait) − cost − complaint cost`.
//!
//! `share_t = σ(logit share_ref + effect_t − effect_ref)`, with `share_ref` the expected share repaid clipped to \[1e-6, 1 − 1e-6\]. Amounts in minor
//! units, as doubles: they are expectations.

use super::policy::{Policy, Treatment};
use crate::base::units::{logit, sigmoid};

/// Share of the arrears that each case is expected to repay under the policy's reference.
#[derive(Clone, Copy)]
pub struct ExpectedShare<'a> {
    /// One a case, 0 to 1.
    pub of: &'a [f64],
    /// Whether it comes from a model of the share; else the probability stands in for it, which is an assumption.
    pub modelled: bool,
}

/// Appends the share repaid under each treatment of the policy.
pub fn shares(policy: &Policy, share: f64, to: &mut Vec<f64>) {
    let reference = logit(share.clamp(1e-6, 1.0 - 1e-6)) - policy.reference.effect;
    to.extend(policy.treatments.iter().map(|t| sigmoid(reference + t.effect)));
}

/// Share repaid under each treatment of the policy.
pub fn shares_of(policy: &Policy, share: f64) -> Vec<f64> {
    let mut all = Vec::with_capacity(policy.treatments.len());
    shares(policy, share, &mut all);
    all
}

/// Cost of one, complaints included, in minor units.
pub fn cost(treatment: &Treatment) -> f64 {
    treatment.cost.0 as f64 + treatment.complaint_cost.0 as f64
}
