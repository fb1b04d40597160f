//! The schedules of a ledger account: the original one and those that re-ages put in its place.
//!
//! An instalment belongs to the latest re-age that was known when the instalment was: an agreement makes its schedule known with itself. A
//! schedule is in force from the day on which its first instalment is known; payments made from the re-age's own day on pay it. A re-age
//! that brought no instalments replaces nothing.

use super::history::{Portfolio, range};
use crate::base::config::Tolerance;
use crate::base::dates::Day;
use std::ops::Range;

/// A schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// First day on which it is in force.
    pub in_force_from: Day,
    /// Payments made from this day on pay it.
    pub paid_from: Day,
    /// The re-age that brought it; `None` for the original one.
    pub re_age: Option<usize>,
}

const ORIGINAL: Schedule = Schedule { in_force_from: Day(i32::MIN), paid_from: Day(i32::MIN), re_age: None };

/// The schedules of one account, in the order in which they came into force. Reused from account to account.
#[derive(Clone, Debug)]
pub struct Schedules {
    list: Vec<Schedule>,
    /// The schedule of each instalment; empty where there is but one.
    of_instalment: Vec<u32>,
    records: Range<usize>,
}

/// Where an account stands at the end of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Overdue amount, zero within the tolerance.
    pub arrears: i64,
    /// Everything scheduled and known − payments known.
    pub balance: i64,
    /// Days past due.
    pub dpd: i32,
    /// Instalments due and not fully paid.
    pub unpaid: u32,
}

impl Default for Schedules {
    fn default() -> Self {
        Schedules { list: vec![ORIGINAL], of_instalment: Vec::new(), records: 0..0 }
    }
}

impl Schedules {
    /// Finds the schedules of an account.
    pub fn read(&mut self, book: &Portfolio, account: usize) {
        self.list.truncate(1);
        self.of_instalment.clear();
        self.records = range(&book.instalments.offsets, account);
        let re_ages = range(&book.re_ages.offsets, account);
        if re_ages.is_empty() {
            return;
        }
        let known_on = &book.instalments.known_on[self.records.clone()];
        let (first, re_aged_on) = (re_ages.start, &book.re_ages.known_on[re_ages]);
        let version = |day: &Day| re_aged_on.partition_point(|known| known <= day);
        let mut place_of = vec![0u32; re_aged_on.len() + 1];
        for v in 0..re_aged_on.len() {
            if let Some(in_force_from) = known_on.iter().filter(|day| version(day) == v + 1).min() {
                let (in_force_from, paid_from) = (*in_force_from, book.re_ages.from[first + v]);
                self.list.push(Schedule { in_force_from, paid_from, re_age: Some(first + v) });
                place_of[v + 1] = self.list.len() as u32 - 1;
            }
        }
        if self.list.len() > 1 {
            self.of_instalment.extend(known_on.iter().map(|day| place_of[version(day)]));
        }
    }

    /// All of them, the original first.
    pub fn list(&self) -> &[Schedule] {
        &self.list
    }

    /// The place of the schedule in force on a day.
    pub fn in_force(&self, day: Day) -> usize {
        if self.list.len() == 1 { 0 } else { self.list.partition_point(|s| s.in_force_from <= day) - 1 }
    }

    /// The place of an instalment's schedule.
    pub fn of(&self, instalment: usize) -> usize {
        self.of_instalment.get(instalment - self.records.start).map_or(0, |v| *v as usize)
    }

    /// Whether a later schedule, in force by `day`, had replaced an instalment before it fell due.
    pub fn void(&self, book: &Portfolio, instalment: usize, day: Day) -> bool {
        let next = self.list.get(self.of(instalment) + 1);
        next.is_some_and(|next| next.in_force_from <= day && book.instalments.due_on[instalment] >= next.in_force_from)
    }

    /// Where the account stands under a schedule at the end of `day`, counting payments known by `known_by`.
    ///
    /// FIFO: with `P` the payments, the oldest unpaid instalment is the first whose cumulated amount exceeds `P`.
    pub fn standing(&self, book: &Portfolio, account: usize, schedule: usize, day: Day, known_by: Day, tolerance: Tolerance) -> Standing {
        let (i, p) = (&book.instalments, &book.payments);
        let paid_from = self.list[schedule].paid_from;
        let paid = range(&p.offsets, account)
            .take_while(|k| p.paid_on[*k] <= day)
            .filter(|k| p.known_on[*k] <= known_by && p.paid_on[*k] >= paid_from)
            .fold(0i64, |sum, k| sum.saturating_add(p.amount[k]));
        let mut standing = Standing::default();
        let (mut due, mut scheduled, mut oldest) = (0i64, 0i64, None);
        for k in self.records.clone().filter(|k| i.known_on[*k] <= day && self.of(*k) == schedule) {
            scheduled = scheduled.saturating_add(i.amount[k]);
            if i.due_on[k] <= day {
                due = due.saturating_add(i.amount[k]);
                if due > paid {
                    oldest = oldest.or(Some(i.due_on[k]));
                    standing.unpaid += u32::from(i.amount[k] > 0);
                }
            }
        }
        standing.balance = scheduled.saturating_sub(paid);
        let overdue = due.saturating_sub(paid).max(0);
        match oldest {
            Some(oldest) if overdue > tolerance.at(standing.balance) => {
                standing.arrears = overdue;
                standing.dpd = day.since(oldest).max(0);
            }
            _ => standing.unpaid = 0,
        }
        standing
    }
}
