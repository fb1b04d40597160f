//! Random numbers of the simulated world: one stream a borrower, whole-number arithmetic below, so that the stream is the same everywhere.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

/// A stream of random numbers.
pub struct Random(Xoshiro256PlusPlus);

impl Random {
    /// The stream of a borrower for a purpose.
    pub fn of(seed: u64, borrower: u64, purpose: u64) -> Random {
        let mixed =
            seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ borrower.wrapping_mul(0xD134_2543_DE82_EF95) ^ purpose.wrapping_mul(0xA24B_AED4_963E_E407);
        Random(Xoshiro256PlusPlus::seed_from_u64(mixed))
    }

    /// Uniform in `[0, 1)`, 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// A whole number from `low` to `high`, both included.
    pub fn between(&mut self, low: i32, high: i32) -> i32 {
        let width = (i64::from(high) - i64::from(low) + 1).max(1) as u64;
        low + (self.0.next_u64() % width) as i32
    }

    /// A share of an amount, from `low` to `high` percent of it.
    pub fn share(&mut self, amount: i64, low: i32, high: i32) -> i64 {
        amount * i64::from(self.between(low, high)) / 100
    }

    /// Nearly standard normal: the sum of twelve uniforms less six, which needs no logarithm.
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    /// Mean 0, variance 1 and never beyond 3, for what is drawn every month: three uniforms instead of twelve.
    pub fn swing(&mut self) -> f64 {
        2.0 * ((0..3).map(|_| self.unit()).sum::<f64>() - 1.5)
    }

    /// A place in a list of weights.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (place, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return place;
            }
        }
        weights.len() - 1
    }
}
