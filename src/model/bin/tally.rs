//! Exact sums of outcomes and weights: whole units, so that the order of cases cannot reach a result.

use super::Target;
use crate::base::problem::{Problem, Result};

/// Whole units of a weight of 1: each case is rounded once, sums are exact.
const UNITS: f64 = 1e6;

/// What a bin holds: cases, and the units of their weight and of the weight repaid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub n: u64,
    pub weight: i64,
    pub repaid: i64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.n += other.n;
        self.weight += other.weight;
        self.repaid += other.repaid;
    }
}

/// Outcomes of the training cases in whole units.
pub(super) struct Book {
    cases: Cases,
    /// Sums over all cases.
    pub all: Tally,
}

enum Cases {
    /// Outcomes 0 or 1, each case counted once.
    Counted(Vec<u8>),
    /// Units of weight, and of weight repaid.
    Weighted(Vec<(i64, i64)>),
}

impl Book {
    /// Reads outcomes and weights.
    ///
    /// # Errors
    /// `model.bad_outcome`, `model.bad_weight`: how many are out of range, and the first; lengths that differ.
    pub fn new(target: &Target) -> Result<Book> {
        let n = target.outcome.len();
        if let Some((k, y)) = target.outcome.iter().enumerate().find(|(_, y)| !(0.0..=1.0).contains(*y)) {
            let rule = "an outcome lies in 0 to 1";
            return Err(Problem::error("model.bad_outcome", format!("the outcome of training case {k} is {y}")).rule(rule).fail());
        }
        if target.weight.is_none() && target.outcome.iter().all(|y| *y == 0.0 || *y == 1.0) {
            let repaid: Vec<u8> = target.outcome.iter().map(|y| *y as u8).collect();
            let sum = repaid.iter().map(|y| i64::from(*y)).sum();
            return Ok(Book { cases: Cases::Counted(repaid), all: Tally { n: n as u64, weight: n as i64, repaid: sum } });
        }
        let bad = |text: String| Problem::error("model.bad_weight", text).rule("one weight a case, not negative, at most 1e9, 1e12 together").fail();
        let ones = [];
        let weight = target.weight.unwrap_or(&ones);
        if target.weight.is_some() && weight.len() != n {
            return Err(bad(format!("{} weights for {n} training cases", weight.len())));
        }
        let mut cases = Vec::with_capacity(n);
        let mut all = Tally { n: n as u64, ..Tally::default() };
        for (k, y) in target.outcome.iter().enumerate() {
            let w = weight.get(k).copied().unwrap_or(1.0);
            if !(0.0..=1e9).contains(&w) || all.weight > (1e12 * UNITS) as i64 {
                return Err(bad(format!("the weight of training case {k} is {w}")));
            }
            let units = ((w * UNITS).round() as i64, (w * y * UNITS).round() as i64);
            all.weight += units.0;
            all.repaid += units.1;
            cases.push(units);
        }
        Ok(Book { cases: Cases::Weighted(cases), all })
    }

    /// A sum of units as a weight.
    pub fn amount(&self, units: i64) -> f64 {
        match self.cases {
            Cases::Counted(_) => units as f64,
            Cases::Weighted(_) => units as f64 / UNITS,
        }
    }

    /// The least units that are at least this weight.
    pub fn units(&self, amount: f64) -> i64 {
        match self.cases {
            Cases::Counted(_) => (amount - 1e-9).ceil() as i64,
            Cases::Weighted(_) => (amount * UNITS).round() as i64,
        }
    }

    /// One case.
    pub fn case(&self, k: usize) -> Tally {
        match &self.cases {
            Cases::Counted(repaid) => Tally { n: 1, weight: 1, repaid: i64::from(repaid[k]) },
            Cases::Weighted(cases) => Tally { n: 1, weight: cases[k].0, repaid: cases[k].1 },
        }
    }
}

/// Sums by code, filled block by block.
pub(super) struct Counter<'a> {
    book: &'a Book,
    counted: Vec<[u32; 2]>,
    weighted: Vec<Tally>,
}

impl<'a> Counter<'a> {
    /// For codes below `codes`.
    pub fn new(book: &'a Book, codes: usize) -> Self {
        match book.cases {
            Cases::Counted(_) => Counter { book, counted: vec![[0; 2]; codes], weighted: Vec::new() },
            Cases::Weighted(_) => Counter { book, counted: Vec::new(), weighted: vec![Tally::default(); codes] },
        }
    }

    /// Adds the cases from `first` on; a code beyond the last counts as the last.
    pub fn add<C: Copy + Into<u32>>(&mut self, codes: impl IntoIterator<Item = C>, first: usize) {
        match &self.book.cases {
            Cases::Counted(repaid) => {
                let last = self.counted.len() - 1;
                for (code, y) in codes.into_iter().zip(&repaid[first..]) {
                    let cell = &mut self.counted[(code.into() as usize).min(last)][usize::from(*y & 1)];
                    *cell = cell.wrapping_add(1);
                }
            }
            Cases::Weighted(cases) => {
                let last = self.weighted.len() - 1;
                for (code, (weight, repaid)) in codes.into_iter().zip(&cases[first..]) {
                    self.weighted[(code.into() as usize).min(last)] += Tally { n: 1, weight: *weight, repaid: *repaid };
                }
            }
        }
    }

    /// The sums.
    pub fn sums(self) -> Vec<Tally> {
        match self.book.cases {
            Cases::Counted(_) => self
                .counted
                .iter()
                .map(|[not, yes]| Tally { n: u64::from(*not) + u64::from(*yes), weight: i64::from(*not) + i64::from(*yes), repaid: i64::from(*yes) })
                .collect(),
            Cases::Weighted(_) => self.weighted,
        }
    }
}
