//! What a treatment is worth: `gain = stake × (share repaid under it − share repaid under wait) × discount − cost − complaint cost`.
//!
//! `share_t = σ(logit share_ref + effect_t − effect_ref)`, with `share_ref` the expected share repaid clipped to \[1e-6, 1 − 1e-6\]; before a court only
//! the part `collects` of what is won over waiting is collected. `discount = (1 + rate)^(−takes_days / 365)`: what comes late is worth less today,
//! what is spent is spent today. The part before costs is rounded to whole minor units (half to even), as costs are: so sums of gains are exact in any
//! order, and every sum can be made again from a log.

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
    // Waiting has no effect by definition.
    let waiting = sigmoid(reference);
    to.extend(policy.treatments.iter().map(|t| {
        let won = sigmoid(reference + t.effect);
        t.court.as_ref().map_or(won, |court| waiting + court.collects * (won - waiting))
    }));
}

/// Share repaid under each treatment of the policy.
pub fn shares_of(policy: &Policy, share: f64) -> Vec<f64> {
    let mut all = Vec::with_capacity(policy.treatments.len());
    shares(policy, share, &mut all);
    all
}

/// What a unit of money that a treatment brings is worth today.
pub fn discount(policy: &Policy, treatment: &Treatment) -> f64 {
    (1.0 + policy.discount.rate).powf(-f64::from(treatment.takes_days) / 365.0)
}

/// Gain over waiting before costs, in whole minor units, from the shares repaid and the discount.
pub fn gross(stake: f64, under: f64, waiting: f64, discount: f64) -> f64 {
    (stake * (under - waiting) * discount).round_ties_even()
}

/// What one costs, complaints left out, for a case with this much at stake; minor units.
pub fn outlay(treatment: &Treatment, stake: f64) -> f64 {
    let (fixed, share) = treatment.court.as_ref().map_or((0, 0.0), |c| (c.court_cost.0 + c.lawyer_cost.0, c.court_cost_share + c.lawyer_share));
    (treatment.cost.0 + fixed) as f64 + ((treatment.cost_share + share) * stake).round_ties_even()
}

/// Cost of one, complaints included, for a case with this much at stake; minor units.
pub fn cost(treatment: &Treatment, stake: f64) -> f64 {
    outlay(treatment, stake) + treatment.complaint_cost.0 as f64
}
