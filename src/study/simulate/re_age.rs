//! The schedule of an account, and its re-age: what is left is spread anew from the next month on.

use super::account::Account;
use super::ledger::Ledger;
use super::on;
use super::random::Random;
use crate::base::dates::Day;

/// A schedule: equal instalments, the last of which takes what does not divide.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    first_month: u32,
    pub term: u32,
    pub instalment: i64,
    pub total: i64,
}

impl Schedule {
    /// `total` over `term` months, the first after `first_month`.
    pub fn even(first_month: u32, term: u32, total: i64) -> Schedule {
        Schedule { first_month, term, instalment: total / i64::from(term), total }
    }

    /// What has fallen due by the end of a month.
    pub fn due_by(&self, month: u32) -> i64 {
        let passed = month.saturating_sub(self.first_month);
        if passed >= self.term { self.total } else { i64::from(passed) * self.instalment }
    }

    /// The month in which the oldest instalment falls due that `paid` leaves uncovered.
    pub fn oldest_unpaid(&self, paid: i64) -> u32 {
        self.first_month + 1 + ((paid.max(0) / self.instalment.max(1)) as u32).min(self.term - 1)
    }

    /// Writes its instalments, known from `known_on`.
    pub fn write(&self, due_day: i32, known_on: Day, version: u8, ledger: &mut Ledger) {
        for k in 1..=self.term {
            let month = self.first_month + k;
            ledger.instalment(on(month, due_day), known_on, self.due_by(month) - self.due_by(month - 1), version);
        }
    }
}

/// Chance that an account in arrears is re-aged within the month, which is then no cure: two instalments or more behind, in hardship
/// sooner, and whom it did not help once may try again.
pub fn chance(account: &Account, behind: i64, hardship: bool) -> f64 {
    if behind < 2 || account.re_ages >= 3 || account.track.begun() {
        return 0.0;
    }
    (if hardship { 0.10 } else { 0.035 }) * (1.0 + 0.5 * f64::from(account.re_ages))
}

/// Re-ages in the middle of the month. Whatever is paid this month must be paid before its 10th.
pub fn re_age(account: &mut Account, month: u32, ledger: &mut Ledger, random: &mut Random) {
    let from = on(month, random.between(12, 20));
    let known = from.plus(if random.chance(0.2) { random.between(1, 3) } else { 0 });
    ledger.event(Some(account.id), "re_age", from, Day::NULL, known);
    let left = account.schedule.total - account.paid;
    let remaining = account.schedule.term.max(6) as i32;
    let term = random.between(remaining / 2, remaining).clamp(6, 24) as u32;
    account.schedule = Schedule::even(month, term, left);
    account.paid = 0;
    account.re_ages += 1;
    account.re_aged_in = Some(month);
    account.promise = None;
    account.returnable = None;
    account.schedule.write(account.due_day, known, account.re_ages, ledger);
}
