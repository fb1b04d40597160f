//! Who is kept for comparison and on whom another treatment is tried: by lot, from the borrower's identifier, so that anybody can draw again.
//!
//! A draw is the first 53 bits of blake3 over salt and borrower (and day, for exploration), as a number from 0 to below 1. Nobody takes part who is in
//! hardship or vulnerable, or whom a hold or care leads somewhere: help is not withheld for an experiment. What the policy then gives with which
//! chance is known of every decision, the prices of the day given.

use crate::base::dates::Day;
use crate::decide::policy::Policy;

/// How a decision came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    /// By the policy.
    Policy,
    /// Kept for comparison.
    Control,
    /// Tried by lot.
    Exploration,
}

impl Drawn {
    /// All, in the order of their codes in a log.
    pub const NAMES: [&'static str; 3] = ["policy", "control", "exploration"];
}

/// The lot of one case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lot {
    /// What was drawn.
    pub drawn: Drawn,
    /// Chance of being kept for comparison.
    pub control: f64,
    /// Chance of exploration, where not kept.
    pub explore: f64,
    /// What it gets where kept.
    pub keep: u8,
    /// Treatments that exploration may give, as bits.
    pub among: u32,
    /// What the policy gives at the prices of the day.
    pub by_policy: u8,
}

impl Lot {
    /// The chance that a treatment is given: `c [t = keep] + (1 − c) (e q_t + (1 − e) [t = by policy])`, q the same for each that may be tried.
    pub fn chance(&self, treatment: usize) -> f64 {
        let is = |place: u8| f64::from(u8::from(usize::from(place) == treatment));
        let tried = if self.among & (1 << treatment) != 0 { 1.0 / f64::from(self.among.count_ones()) } else { 0.0 };
        self.control * is(self.keep) + (1.0 - self.control) * (self.explore * tried + (1.0 - self.explore) * is(self.by_policy))
    }
}

/// A number from 0 to below 1 that only its inputs decide.
fn draw(parts: &[&str]) -> f64 {
    let mut hash = blake3::Hasher::new();
    for part in parts {
        // No two lists of parts make one text.
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let bytes = hash.finalize();
    let first = bytes.as_bytes().iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    (first >> 11) as f64 / (1u64 << 53) as f64
}

/// Whether a borrower is kept for comparison: the same every day, as long as the salt is.
pub fn is_control(policy: &Policy, borrower: &str) -> bool {
    policy.control.as_ref().is_some_and(|c| draw(&["control", &c.salt, borrower]) < c.share)
}

/// The treatment that is tried on a borrower today, if the lot falls on them: `chance` is theirs, `among` may be tried.
pub fn explored(policy: &Policy, borrower: &str, day: Day, chance: f64, among: u32) -> Option<usize> {
    let exploration = policy.exploration.as_ref()?;
    let day = day.to_string();
    if draw(&["explore", &exploration.salt, borrower, &day]) >= chance {
        return None;
    }
    let open: Vec<usize> = exploration.among.iter().copied().filter(|t| among & (1 << t) != 0).collect();
    let which = (draw(&["which", &exploration.salt, borrower, &day]) * open.len() as f64) as usize;
    open.get(which.min(open.len().saturating_sub(1))).copied()
}

#[cfg(test)]
mod tests {
    use super::{Drawn, Lot, draw};

    #[test]
    fn draws_are_even_and_hang_on_every_part() {
        let n = 20_000;
        let low = (0..n).filter(|k| draw(&["control", "salt", &k.to_string()]) < 0.1).count() as f64;
        // Five standard deviations of a binomial: 5 · √(n · 0.1 · 0.9) = 212.
        assert!((low - 2_000.0).abs() < 212.0, "{low}");
        assert_ne!(draw(&["a", "bc"]), draw(&["ab", "c"]));
        assert_eq!(draw(&["a", "bc"]), draw(&["a", "bc"]));
    }

    #[test]
    fn chances_add_up_to_one() {
        let lot = Lot { drawn: Drawn::Policy, control: 0.1, explore: 0.2, keep: 0, among: 0b0110, by_policy: 2 };
        let all: Vec<f64> = (0..4).map(|t| lot.chance(t)).collect();
        // Kept 0.1; tried 0.9 · 0.2 / 2 = 0.09 each; by policy 0.9 · 0.8 = 0.72 more.
        for (is, should) in all.iter().zip([0.1, 0.09, 0.81, 0.0]) {
            assert!((is - should).abs() < 1e-12, "{all:?}");
        }
    }
}
