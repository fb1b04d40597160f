//! The catalogue: every feature that recoup computes, one entry and one small function each.
//!
//! A function sees a [`View`]: one account at the end of one day, and of its history only what was known by then. `NaN` is null.

use super::features::{Direction, SubScore};
use super::history::{Portfolio, range};
use super::path::{Path, bucket_number, one_cycle_before};
use crate::base::dates::Day;

/// One account at the end of one day.
pub struct View<'a> {
    /// The portfolio.
    pub book: &'a Portfolio,
    /// Account place.
    pub account: usize,
    /// Observation date.
    pub as_of: Day,
    /// The account's history.
    pub history: History<'a>,
    /// The borrower's accounts together.
    pub borrower: BorrowerTotals,
    /// Decimals of the currency.
    pub minor_digits: u8,
}

/// An account's history in either shape.
#[derive(Clone, Copy)]
pub enum History<'a> {
    /// A ledger's path.
    Ledger(&'a Path),
    /// Statements.
    Statements,
}

/// Sums over all accounts of a borrower on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BorrowerTotals {
    /// Accounts with days past due ≥ 1, this one included.
    pub delinquent: u32,
    /// Episodes that ended in a cure.
    pub cures: u32,
    /// Highest days past due in 365 days.
    pub max_dpd_365: i32,
}

/// One feature of the catalogue.
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// Its group in DEFINITIONS.
    pub group: &'static str,
    /// Its sub-score.
    pub sub_score: SubScore,
    /// Unit of its values.
    pub unit: &'static str,
    /// Days that it looks back; 0 if it looks at the day alone, −1 at the whole history.
    pub lookback_days: i32,
    /// Expected direction towards *repaid*.
    pub expected: Direction,
    /// What it means, in one line.
    pub meaning: &'static str,
    /// How it is computed.
    pub compute: fn(&View<'_>) -> f64,
}

use Direction::{Down, Free, Up};
use SubScore::{Ability, Neither, Willingness};

macro_rules! catalogue {
    ($(($name:literal, $group:literal, $sub:ident, $unit:literal, $back:literal, $dir:ident, $meaning:literal, $compute:expr)),* $(,)?) => {
        &[$(Feature { name: $name, group: $group, sub_score: $sub, unit: $unit, lookback_days: $back, expected: $dir, meaning: $meaning, compute: $compute }),*]
    };
}

/// Every feature, in the order in which files and reasons list them.
pub const CATALOGUE: &[Feature] = catalogue![
    ("dpd", "delinquency", Neither, "days", 0, Down, "days past due", |v| f64::from(v.dpd(v.as_of))),
    ("bucket", "delinquency", Neither, "bucket 0-7", 0, Down, "arrears bucket", |v| bucket_number(v.dpd(v.as_of))),
    ("arrears", "delinquency", Ability, "money", 0, Down, "amount overdue", |v| v.major(v.arrears())),
    ("arrears_to_balance", "delinquency", Ability, "share", 0, Down, "share of the balance that is overdue", |v| ratio(v.arrears(), v.balance())),
    ("unpaid_instalments", "delinquency", Ability, "count", 0, Down, "instalments due and not fully paid", |v| v.unpaid_instalments()),
    ("days_in_episode", "delinquency", Neither, "days", -1, Down, "days since this arrears episode began, counting its first", |v| v
        .days_in_episode()),
    ("max_dpd_365", "delinquency", Neither, "days", 365, Down, "most days past due in a year", |v| f64::from(v.max_dpd(365))),
    ("episodes_365", "delinquency", Neither, "count", 365, Free, "arrears episodes begun in a year", |v| v.episodes_365()),
    ("months_since_30dpd", "delinquency", Neither, "months", -1, Up, "months since last 30 or more days past due", |v| v.months_since_30dpd()),
    ("bucket_change_1c", "delinquency", Neither, "buckets", 31, Down, "buckets moved since the month before", |v| v.bucket_change_1c()),
    ("past_cures", "delinquency", Willingness, "count", -1, Free, "earlier episodes that ended in payment", |v| f64::from(v.cures())),
    ("past_cure_rate", "delinquency", Willingness, "share", -1, Up, "share of earlier episodes that ended in payment", |v| v.past_cure_rate()),
    ("days_since_payment", "payment", Willingness, "days", -1, Down, "days since the last payment", |v| v.days_since_payment()),
    ("payments_90", "payment", Neither, "count", 90, Up, "payments in 90 days", |v| v.payments(90)),
    ("paid_to_due_90", "payment", Neither, "share", 90, Up, "paid in 90 days as a share of what fell due", |v| v.paid_to_due(90)),
    ("paid_to_due_365", "payment", Neither, "share", 365, Up, "paid in a year as a share of what fell due", |v| v.paid_to_due(365)),
    ("on_time_rate_365", "payment", Willingness, "share", 365, Up, "share of the year's instalments paid by their due date", |v| v
        .on_time_rate_365()),
    ("partial_payments_365", "payment", Willingness, "count", 365, Free, "payments in a year that left arrears unpaid", |v| v.partial_payments_365()),
    ("months_on_book", "account", Neither, "months", -1, Up, "months since the account was opened", |v| v.months_on_book()),
    ("balance", "account", Ability, "money", 0, Free, "balance outstanding", |v| v.major(v.balance())),
    ("day_of_month", "calendar", Neither, "day", 0, Free, "day of the month", |v| f64::from(v.as_of.day_of_month())),
    ("other_delinquent_accounts", "borrower", Ability, "count", 0, Down, "other accounts of the borrower in arrears", |v| v
        .other_delinquent_accounts()),
    (
        "borrower_past_cures",
        "borrower",
        Willingness,
        "count",
        -1,
        Free,
        "earlier episodes of all the borrower's accounts that ended in payment",
        |v| f64::from(v.borrower.cures)
    ),
    ("borrower_max_dpd_365", "borrower", Neither, "days", 365, Down, "most days past due of any of the borrower's accounts in a year", |v| {
        f64::from(v.borrower.max_dpd_365)
    }),
];

/// `a / b`; null where either is unknown or `b` is not positive.
fn ratio(a: Option<i64>, b: Option<i64>) -> f64 {
    match (a, b) {
        (Some(a), Some(b)) if b > 0 => a as f64 / b as f64,
        _ => f64::NAN,
    }
}

impl View<'_> {
    fn major(&self, minor: Option<i64>) -> f64 {
        minor.map_or(f64::NAN, |m| m as f64 / 10f64.powi(i32::from(self.minor_digits)))
    }

    /// Places of the statements known by a day, latest first.
    fn statements_until(&self, day: Day) -> impl Iterator<Item = usize> + '_ {
        let s = &self.book.statements;
        let all = range(&s.offsets, self.account);
        let last = all.start + s.statement_on[all.clone()].partition_point(|d| *d <= day);
        (all.start..last).rev().filter(move |k| s.known_on[*k] <= self.as_of)
    }

    /// The latest statement known.
    pub fn statement(&self) -> Option<usize> {
        self.statements_until(self.as_of).next()
    }

    /// Days past due at the end of a day not after `as_of`.
    pub fn dpd(&self, day: Day) -> i32 {
        match self.history {
            History::Ledger(path) => path.dpd(day),
            History::Statements => self.statements_until(day).next().map_or(0, |k| self.book.statements.dpd[k]),
        }
    }

    /// Overdue amount in minor units.
    pub fn arrears(&self) -> Option<i64> {
        match self.history {
            History::Ledger(path) => Some(path.at(self.as_of).map_or(0, |s| s.arrears)),
            History::Statements => self.statement().and_then(|k| self.book.statements.arrears[k].known()),
        }
    }

    /// Outstanding amount in minor units.
    pub fn balance(&self) -> Option<i64> {
        match self.history {
            History::Ledger(path) => Some(path.at(self.as_of).map_or(0, |s| s.balance)),
            History::Statements => self.statement().and_then(|k| self.book.statements.balance[k].known()),
        }
    }

    fn unpaid_instalments(&self) -> f64 {
        match self.history {
            History::Ledger(path) => f64::from(path.at(self.as_of).map_or(0, |s| s.unpaid)),
            History::Statements => f64::NAN,
        }
    }

    /// First day (or statement) of the episode that holds `as_of`.
    fn episode_began(&self) -> Option<Day> {
        match self.history {
            History::Ledger(path) => path.episodes.iter().rev().find(|e| e.entry <= self.as_of).filter(|e| e.end > self.as_of).map(|e| e.entry),
            History::Statements => {
                let s = &self.book.statements;
                self.statements_until(self.as_of).take_while(|k| s.dpd[*k] >= 1).last().map(|k| s.statement_on[k])
            }
        }
    }

    fn days_in_episode(&self) -> f64 {
        self.episode_began().map_or(0.0, |began| f64::from(self.as_of.since(began) + 1))
    }

    /// Highest days past due in `(as_of − days, as_of]`.
    pub fn max_dpd(&self, days: i32) -> i32 {
        let after = self.as_of.plus(-days);
        match self.history {
            History::Ledger(path) => path.peaks(after, self.as_of).map(|(_, dpd)| dpd).max().unwrap_or(0),
            History::Statements => {
                let s = &self.book.statements;
                self.statements_until(self.as_of).take_while(|k| s.statement_on[*k] > after).map(|k| s.dpd[k]).max().unwrap_or(0)
            }
        }
    }

    /// Entry and, if it ended by `as_of`, end of each episode, latest first.
    fn episodes(&self) -> Vec<(Day, bool)> {
        match self.history {
            History::Ledger(path) => path.episodes.iter().rev().filter(|e| e.entry <= self.as_of).map(|e| (e.entry, e.end <= self.as_of)).collect(),
            History::Statements => {
                let s = &self.book.statements;
                let mut found: Vec<(Day, bool)> = Vec::new();
                let mut later_late = false;
                for (place, k) in self.statements_until(self.as_of).enumerate() {
                    let late = s.dpd[k] >= 1;
                    match found.last_mut() {
                        Some(last) if late && later_late => last.0 = s.statement_on[k],
                        _ if late => found.push((s.statement_on[k], place > 0)),
                        _ => {}
                    }
                    later_late = late;
                }
                found
            }
        }
    }

    fn episodes_365(&self) -> f64 {
        let after = self.as_of.plus(-365);
        self.episodes().iter().filter(|(entry, _)| *entry > after).count() as f64
    }

    /// Episodes that ended in payment by `as_of`.
    pub fn cures(&self) -> u32 {
        match self.history {
            History::Ledger(path) => path.episodes.iter().filter(|e| e.end <= self.as_of && !e.re_aged).count() as u32,
            History::Statements => self.episodes().iter().filter(|(_, ended)| *ended).count() as u32,
        }
    }

    /// Cured episodes ÷ ended episodes; null before the first ended. An episode that a re-age ended is no cure.
    fn past_cure_rate(&self) -> f64 {
        let ended = match self.history {
            History::Ledger(path) => path.episodes.iter().filter(|e| e.end <= self.as_of).count() as u32,
            History::Statements => self.cures(),
        };
        if ended == 0 { f64::NAN } else { f64::from(self.cures()) / f64::from(ended) }
    }

    fn months_since_30dpd(&self) -> f64 {
        let last = match self.history {
            History::Ledger(path) => path.peaks(Day(i32::MIN + 1), self.as_of).find(|(_, dpd)| *dpd >= 30).map(|(day, _)| day),
            History::Statements => {
                let s = &self.book.statements;
                self.statements_until(self.as_of).find(|k| s.dpd[*k] >= 30).map(|k| s.statement_on[k])
            }
        };
        last.map_or(f64::NAN, |day| f64::from(self.as_of.months_since(day)))
    }

    fn bucket_change_1c(&self) -> f64 {
        match self.history {
            History::Ledger(path) => {
                let before = one_cycle_before(self.as_of);
                if path.segments.first().is_none_or(|s| s.from > before) {
                    f64::NAN
                } else {
                    bucket_number(path.dpd(self.as_of)) - bucket_number(path.dpd(before))
                }
            }
            History::Statements => {
                let s = &self.book.statements;
                let mut known = self.statements_until(self.as_of);
                match (known.next(), known.next()) {
                    (Some(now), Some(before)) if s.statement_on[now].month_index() - s.statement_on[before].month_index() == 1 => {
                        f64::from(s.bucket[now].0) - f64::from(s.bucket[before].0)
                    }
                    _ => f64::NAN,
                }
            }
        }
    }

    /// Payments known, standing and made in `(as_of − days, as_of]`, latest first: place and amount.
    fn standing_payments(&self, days: i32) -> impl Iterator<Item = (usize, i64)> + '_ {
        let p = &self.book.payments;
        let all = range(&p.offsets, self.account);
        let last = all.start + p.paid_on[all.clone()].partition_point(|d| *d <= self.as_of);
        let after = self.as_of.plus(-days);
        (all.start..last)
            .rev()
            .take_while(move |k| p.paid_on[*k] > after)
            .filter(move |k| p.known_on[*k] <= self.as_of && p.amount[*k] > 0 && p.reversed_on[*k] > self.as_of)
            .map(|k| (k, p.amount[k]))
    }

    fn days_since_payment(&self) -> f64 {
        let last = match self.history {
            History::Ledger(_) => self.standing_payments(i32::MAX).next().map(|(k, _)| self.book.payments.paid_on[k]),
            History::Statements => {
                let s = &self.book.statements;
                self.statements_until(self.as_of).find(|k| s.amount_paid[*k].known().is_some_and(|a| a > 0)).map(|k| s.statement_on[k])
            }
        };
        last.map_or(f64::NAN, |day| f64::from(self.as_of.since(day)))
    }

    fn payments(&self, days: i32) -> f64 {
        match self.history {
            History::Ledger(_) => self.standing_payments(days).count() as f64,
            History::Statements => {
                let s = &self.book.statements;
                let mut cycles = self.statements_until(self.as_of).take_while(|k| s.statement_on[*k] > self.as_of.plus(-days)).peekable();
                if cycles.peek().is_none_or(|k| s.amount_paid[*k].known().is_none()) {
                    f64::NAN
                } else {
                    cycles.filter(|k| s.amount_paid[*k].known().is_some_and(|a| a > 0)).count() as f64
                }
            }
        }
    }

    /// Net payments made in the window ÷ instalments that fell due in it; null if none did.
    fn paid_to_due(&self, days: i32) -> f64 {
        let after = self.as_of.plus(-days);
        match self.history {
            History::Ledger(_) => {
                let i = &self.book.instalments;
                let due: i64 = range(&i.offsets, self.account)
                    .filter(|k| i.due_on[*k] > after && i.due_on[*k] <= self.as_of && i.known_on[*k] <= self.as_of)
                    .fold(0, |sum, k| sum.saturating_add(i.amount[k]));
                let paid = self.standing_payments(days).fold(0i64, |sum, (_, amount)| sum.saturating_add(amount));
                ratio(Some(paid), Some(due))
            }
            History::Statements => {
                let s = &self.book.statements;
                let cycles = self.statements_until(self.as_of).take_while(|k| s.statement_on[*k] > after);
                let (mut paid, mut due) = (None, None);
                for k in cycles {
                    paid = s.amount_paid[k].known().map_or(paid, |a| Some(paid.unwrap_or(0i64).saturating_add(a)));
                    due = s.amount_due[k].known().map_or(due, |a| Some(due.unwrap_or(0i64).saturating_add(a)));
                }
                ratio(paid, due)
            }
        }
    }

    /// Of the instalments that fell due in a year, the share covered by payments made by their due date, oldest first.
    fn on_time_rate_365(&self) -> f64 {
        let History::Ledger(_) = self.history else { return f64::NAN };
        let (i, p) = (&self.book.instalments, &self.book.payments);
        let after = self.as_of.plus(-365);
        let mut payments = range(&p.offsets, self.account).filter(|k| p.known_on[*k] <= self.as_of).peekable();
        let (mut due, mut paid, mut count, mut on_time) = (0i64, 0i64, 0u32, 0u32);
        for k in range(&i.offsets, self.account).filter(|k| i.due_on[*k] <= self.as_of && i.known_on[*k] <= self.as_of) {
            due = due.saturating_add(i.amount[k]);
            while let Some(j) = payments.next_if(|j| p.paid_on[*j] <= i.due_on[k]) {
                paid = paid.saturating_add(p.amount[j]);
            }
            if i.due_on[k] > after {
                count += 1;
                on_time += u32::from(paid >= due);
            }
        }
        if count == 0 { f64::NAN } else { f64::from(on_time) / f64::from(count) }
    }

    fn partial_payments_365(&self) -> f64 {
        let History::Ledger(path) = self.history else { return f64::NAN };
        let first = range(&self.book.payments.offsets, self.account).start;
        self.standing_payments(365).filter(|(k, _)| path.partial[*k - first]).count() as f64
    }

    fn months_on_book(&self) -> f64 {
        // Where the opening is not known, the first statement stands for it.
        let first_statement = || {
            let s = &self.book.statements;
            range(&s.offsets, self.account).next().map(|k| s.statement_on[k])
        };
        self.book.opened_on[self.account].known().or_else(first_statement).map_or(f64::NAN, |opened| f64::from(self.as_of.months_since(opened)))
    }

    fn other_delinquent_accounts(&self) -> f64 {
        f64::from(self.borrower.delinquent) - f64::from(u8::from(self.dpd(self.as_of) >= 1))
    }
}
