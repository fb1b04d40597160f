//! What verifying finds: counts by rule, and what is not as it should be.

use super::capacity::{CapacityCertificate, Sums};
use super::names::{Set, bits};
use serde::Serialize;

/// Violations shown in a certificate, at most.
pub const SHOWN: usize = 100;

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// `account@as_of`.
    pub case: String,
    /// The treatment.
    pub treatment: String,
    /// The rule, or what else was checked: `choice`, `value`.
    pub rule: String,
    /// What is wrong.
    pub what: String,
}

/// How often a rule was asked and spoke.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleCount {
    /// The rule.
    pub rule: String,
    /// Cases and treatments that it vetoes.
    pub vetoes: u64,
    /// Of those, for want of a fact.
    pub not_known: u64,
    /// Cases and treatments on which this and the log do not agree.
    pub disagree: u64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// Cases.
    pub cases: u64,
    /// Treatments of the policy.
    pub treatments: usize,
    /// Decisions checked: cases × treatments.
    pub decisions: u64,
    /// Rules asked of each.
    pub rules: usize,
    /// Recommended treatments that a rule vetoes.
    pub recommended_and_vetoed: u64,
    /// Everything that is not as it should be.
    pub violations: u64,
    /// Each rule.
    pub by_rule: Vec<RuleCount>,
    /// Capacities, minimums and how near the optimum; none where the run limits nothing.
    pub capacity: Option<CapacityCertificate>,
    /// The first violations.
    pub first: Vec<Violation>,
}

/// Counts and violations of a part of the book.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) vetoes: Vec<u64>,
    pub(super) unknown: Vec<u64>,
    pub(super) disagree: Vec<u64>,
    pub(super) chosen_vetoed: u64,
    pub(super) violations: u64,
    pub(super) first: Vec<Violation>,
    pub(super) places: Sums,
}

impl Tally {
    pub(super) fn count(&mut self, vetoes: Set, unknown: Set) {
        bits(vetoes).for_each(|rule| self.vetoes[rule] += 1);
        bits(unknown).for_each(|rule| self.unknown[rule] += 1);
    }

    pub(super) fn violation(&mut self, case: String, treatment: &str, rule: &str, what: String) {
        self.violations += 1;
        if self.first.len() < SHOWN {
            self.first.push(Violation { case, treatment: treatment.to_string(), rule: rule.to_string(), what });
        }
    }

    pub(super) fn add(&mut self, other: Tally) {
        let sum = |a: &mut Vec<u64>, b: &[u64]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        sum(&mut self.vetoes, &other.vetoes);
        sum(&mut self.unknown, &other.unknown);
        sum(&mut self.disagree, &other.disagree);
        self.chosen_vetoed += other.chosen_vetoed;
        self.violations += other.violations;
        self.places.add(other.places);
        self.first.extend(other.first);
        self.first.truncate(SHOWN);
    }
}
