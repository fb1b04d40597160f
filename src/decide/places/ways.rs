//! The treatments of a policy as ways that a decision can go: which cover a borrower, which are chosen by value, the gentlest first.

use crate::decide::policy::{Policy, Scope};
use std::ops::Range;

/// What is the same for every borrower under a policy.
#[derive(Clone, Debug)]
pub struct Ways {
    /// Whether each treatment covers the whole decision unit. With the account as decision unit every treatment does: it is one case.
    pub covers: Vec<bool>,
    /// Places from the gentlest: of two that are worth the same the lower rung is taken, then the first in the file. Those that are chosen by value,
    /// and those of an account alone.
    pub order: Vec<usize>,
    /// Place of waiting.
    pub wait: usize,
    /// Place of human review: where something leads, never what pays best.
    pub review: Option<usize>,
}

impl Ways {
    /// The ways of a policy.
    pub fn of(policy: &Policy) -> Ways {
        let covers: Vec<bool> = policy.treatments.iter().map(|t| policy.unit == Scope::Account || t.scope == Scope::Borrower).collect();
        let review = policy.place("human_review");
        let mut order: Vec<usize> = (0..covers.len()).filter(|p| Some(*p) != review || !covers[*p]).collect();
        order.sort_by_key(|p| (policy.treatments[*p].rung, *p));
        Ways { covers, order, wait: policy.place("wait").unwrap_or(0), review }
    }

    /// The case at which a treatment takes its place: what covers a unit, at its first.
    pub fn at(&self, range: &Range<usize>, case: usize, place: usize) -> usize {
        if self.covers[place] { range.start } else { case }
    }

    /// Whether a treatment is chosen by what it is worth.
    pub fn by_value(&self, place: usize) -> bool {
        Some(place) != self.review
    }
}
