//! The definitions read once more from the written columns alone, for the tests of this room: arrears under the schedule in force, the net of
//! payments in a window, re-ages as a competing outcome, episodes. Shares no line with what draws the world.

use super::ledger::Ledger;
use crate::base::dates::Day;
use crate::base::schema::EVENT_KINDS;

/// An account's records, as a bank would hold them.
#[derive(Clone, Default)]
pub struct Records {
    pub opened_on: Day,
    pub closed_on: Day,
    /// Due date, known from, amount, version.
    pub instalments: Vec<(Day, Day, i64, usize)>,
    /// Made, known, amount; only those that moved money.
    pub payments: Vec<(Day, Day, i64)>,
    /// Known from, in force from.
    pub re_ages: Vec<(Day, Day)>,
    pub written_off: Option<Day>,
}

/// The records of every account, by id from 1 on.
pub fn records(all: &Ledger) -> Vec<Records> {
    let mut books = vec![Records::default(); all.accounts.id.len() + 1];
    for (k, id) in all.accounts.id.iter().enumerate() {
        books[*id as usize].opened_on = all.accounts.opened_on[k];
        books[*id as usize].closed_on = all.accounts.closed_on[k];
    }
    for k in 0..all.events.kind.len() {
        let Some(account) = all.events.account[k] else { continue };
        let (book, from, known) = (&mut books[account as usize], all.events.from[k], all.events.known_on[k]);
        match EVENT_KINDS[usize::from(all.events.kind[k])] {
            "re_age" => book.re_ages.push((known, from)),
            "write_off" => book.written_off = Some(from.max(known)),
            _ => {}
        }
    }
    books.iter_mut().for_each(|b| b.re_ages.sort());
    for k in 0..all.instalments.day.len() {
        let book = &mut books[all.instalments.account[k] as usize];
        let known = all.instalments.known_on[k].known().unwrap_or(book.opened_on);
        let version = book.re_ages.iter().filter(|r| r.0 <= known).count();
        book.instalments.push((all.instalments.day[k], known, all.instalments.amount[k], version));
    }
    for k in (0..all.payments.day.len()).filter(|k| all.payments.failed[*k] == 0) {
        let book = &mut books[all.payments.account[k] as usize];
        book.payments.push((all.payments.day[k], all.payments.known_on[k], all.payments.amount[k]));
    }
    books
}

impl Records {
    /// First day on which a version of the schedule is known.
    fn known_from(&self, version: usize) -> Option<Day> {
        self.instalments.iter().filter(|i| i.3 == version).map(|i| i.1).min()
    }

    /// The version in force on a day, and the first day whose payments count towards it.
    pub fn in_force(&self, day: Day) -> (usize, Day) {
        let version = (1..=self.re_ages.len()).rev().find(|v| self.known_from(*v).is_some_and(|s| s <= day)).unwrap_or(0);
        (version, if version == 0 { Day(i32::MIN) } else { self.re_ages[version - 1].1 })
    }

    fn paid(&self, day: Day, from: Day) -> i64 {
        self.payments.iter().filter(|p| p.0 >= from && p.0 <= day && p.1 <= day).map(|p| p.2).sum()
    }

    /// Due by a day less paid by then; negative if paid in advance.
    pub fn owed(&self, day: Day) -> i64 {
        let (version, from) = self.in_force(day);
        let due: i64 = self.instalments.iter().filter(|i| i.3 == version && i.0 <= day && i.1 <= day).map(|i| i.2).sum();
        due - self.paid(day, from)
    }

    /// Days past due.
    pub fn dpd(&self, day: Day) -> i32 {
        let (version, from) = self.in_force(day);
        let mut dues: Vec<(Day, i64)> = self.instalments.iter().filter(|i| i.3 == version && i.0 <= day && i.1 <= day).map(|i| (i.0, i.2)).collect();
        dues.sort();
        let mut left = self.paid(day, from);
        for (due, amount) in dues {
            left -= amount;
            if left < 0 {
                return day.since(due);
            }
        }
        0
    }

    /// Everything scheduled in the version in force, less what was paid towards it.
    pub fn balance(&self, day: Day) -> i64 {
        let (version, from) = self.in_force(day);
        self.instalments.iter().filter(|i| i.3 == version && i.1 <= day).map(|i| i.2).sum::<i64>() - self.paid(day, from)
    }

    /// `Σ payments known after as_of` within so many days.
    pub fn received(&self, as_of: Day, days: i32) -> i64 {
        let end = as_of.plus(days);
        self.payments.iter().filter(|p| p.1 > as_of && p.0 <= end && p.1 <= end).map(|p| p.2).sum()
    }

    /// Whether a re-age, and no payment, ended the arrears of `as_of` within so many days.
    pub fn re_aged(&self, as_of: Day, days: i32) -> bool {
        (1..=self.re_ages.len()).filter_map(|v| self.known_from(v)).any(|s| {
            let before: i64 = self.payments.iter().filter(|p| p.1 > as_of && p.0 < s && p.1 < s).map(|p| p.2).sum();
            s > as_of && s <= as_of.plus(days) && self.dpd(s.plus(-1)) >= 1 && before < self.owed(as_of)
        })
    }

    /// Covered within 30 days, and not re-aged.
    pub fn cured(&self, as_of: Day) -> bool {
        self.received(as_of, 30) >= self.owed(as_of) && !self.re_aged(as_of, 30)
    }
}
