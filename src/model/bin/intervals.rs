//! Every bin that could be: all runs of pre-bins that keep the limits, with what each is worth and which may follow which.
//!
//! A bin is a run `start..end` of pre-bins. Worth is whole (2⁻⁵² of the objective's unit), so sums are exact in any order and equal
//! means equal. Rates are compared exactly, as cross products of whole units.

use super::Objective;
use super::tally::{Book, Tally};
use super::weigh::Odds;
use std::cmp::Ordering;

/// What bins must keep to, in the units of a book.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    /// Bins at most.
    pub most: usize,
    /// Cases in a bin at least.
    pub least_cases: u64,
    /// Units repaid, and not repaid, in a bin at least.
    pub least_events: i64,
    /// What to have most of.
    pub objective: Objective,
}

/// Units of worth in 1 of the objective.
pub(super) const WORTH: f64 = (1u64 << 52) as f64;

/// All feasible bins. Those with the same start stand together, by rate.
pub(super) struct Intervals {
    /// Pre-bins.
    pub prebins: usize,
    /// Where the bins that start at a pre-bin begin: one a pre-bin, then twice the end.
    pub row: Vec<usize>,
    /// The pre-bin behind the last.
    pub end: Vec<usize>,
    /// What it adds to the objective.
    pub worth: Vec<i64>,
    /// Of the bins that start where this one ends, in a table with one slot more a row: the first with a rate not below.
    pub not_below: Vec<u32>,
    /// The same: the first with a rate above.
    pub above: Vec<u32>,
}

impl Intervals {
    /// All bins that keep the rule and leave room for others that do.
    ///
    /// With `ordered` false all rates count as equal, so that any bin may follow any.
    pub fn new(prebins: &[Tally], rule: &Rule, book: &Book, ordered: bool) -> Intervals {
        let n = prebins.len();
        let mut sums = vec![Tally::default(); n + 1];
        for (k, prebin) in prebins.iter().enumerate() {
            sums[k + 1] = sums[k];
            sums[k + 1] += *prebin;
        }
        let of = |start: usize, end: usize| Tally {
            n: sums[end].n - sums[start].n,
            weight: sums[end].weight - sums[start].weight,
            repaid: sums[end].repaid - sums[start].repaid,
        };
        let fits = |t: &Tally| t.n >= rule.least_cases && t.weight > 0 && t.repaid.min(t.weight - t.repaid) >= rule.least_events;
        let may_start: Vec<bool> = (0..=n).map(|k| k == 0 || fits(&of(0, k))).collect();
        let may_end: Vec<bool> = (0..=n).map(|k| k == n || fits(&of(k, n))).collect();

        let mut found: Vec<(f64, usize, usize, Tally)> = Vec::new();
        for start in (0..n).filter(|k| may_start[*k]) {
            for end in (start + 1..=n).filter(|k| may_end[*k]) {
                let sum = of(start, end);
                if fits(&sum) {
                    found.push((if ordered { sum.repaid as f64 / sum.weight as f64 } else { 0.0 }, start, end, sum));
                }
            }
        }
        // Division keeps the order of exact fractions or makes them equal, as long as the parts are exact.
        let exact_parts = book.all.weight < 1 << 53;
        let by_rate = |a: &(f64, usize, usize, Tally), b: &(f64, usize, usize, Tally)| {
            let exactly = || (i128::from(a.3.repaid) * i128::from(b.3.weight)).cmp(&(i128::from(b.3.repaid) * i128::from(a.3.weight)));
            match (ordered, exact_parts) {
                (false, _) => Ordering::Equal,
                (true, true) => a.0.total_cmp(&b.0).then_with(exactly),
                (true, false) => exactly(),
            }
        };
        found.sort_unstable_by(|a, b| by_rate(a, b).then((a.1, a.2).cmp(&(b.1, b.2))));

        let mut row = vec![0usize; n + 2];
        found.iter().for_each(|bin| row[bin.1 + 1] += 1);
        for k in 0..=n {
            row[k + 1] += row[k];
        }
        let all = found.len();
        let mut this = Intervals { prebins: n, row, end: vec![0; all], worth: vec![0; all], not_below: vec![0; all], above: vec![0; all] };
        let odds = Odds::new(book.amount(book.all.weight), book.amount(book.all.repaid));
        let mut next = this.row.clone();
        let mut slots = Vec::new();
        let mut from = 0;
        while from < all {
            let same = found[from..].iter().take_while(|bin| by_rate(&found[from], bin) == Ordering::Equal).count();
            let group = &found[from..from + same];
            // What stands in a row before the bins of one rate are placed is below them; what stands there after is not above them.
            slots.clear();
            slots.extend(group.iter().map(|(_, _, end, _)| (0, (next[*end] + end) as u32)));
            for ((slot, _), (_, start, end, sum)) in slots.iter_mut().zip(group) {
                *slot = next[*start];
                next[*start] += 1;
                this.end[*slot] = *end;
                this.worth[*slot] = worth(sum, rule.objective, book, &odds);
            }
            for ((slot, not_below), (_, _, end, _)) in slots.iter().zip(group) {
                this.not_below[*slot] = *not_below;
                this.above[*slot] = (next[*end] + end) as u32;
            }
            from += same;
        }
        this
    }

    /// Slots of the bins that start there.
    pub fn starting(&self, start: usize) -> std::ops::Range<usize> {
        self.row[start]..self.row[start + 1]
    }

    /// Where bins that start there begin in a table with one slot more a row.
    pub fn table_row(&self, start: usize) -> usize {
        self.row[start] + start
    }

    /// Size of such a table.
    pub fn table_len(&self) -> usize {
        self.end.len() + self.prebins + 1
    }
}

/// What a bin adds to the objective, in whole units.
pub(super) fn worth(sum: &Tally, objective: Objective, book: &Book, odds: &Odds) -> i64 {
    let (weight, repaid) = (book.amount(sum.weight), book.amount(sum.repaid));
    let value = match objective {
        Objective::InformationValue => odds.excess(weight, repaid) * odds.woe(weight, repaid),
        // A share of the book's weight: the sum stays within −ln 2 to 0, whatever the weights.
        Objective::Likelihood => log_likelihood(weight, repaid) / book.amount(book.all.weight),
    };
    (value * WORTH).round() as i64
}

/// `g ln(g/(g+b)) + b ln(b/(g+b))`; a part without weight adds nothing.
pub(super) fn log_likelihood(weight: f64, repaid: f64) -> f64 {
    let part = |x: f64| if x > 0.0 { x * (x / weight).ln() } else { 0.0 };
    part(repaid) + part(weight - repaid)
}
