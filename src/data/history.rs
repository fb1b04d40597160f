//! The portfolio: every account's history in flat columns, grouped by account and sorted by date.
//!
//! Only `data::check` makes one, so whoever holds it need not look again. Accounts stand grouped by borrower; records of account `a` of
//! a table stand at `offsets[a]..offsets[a + 1]`. The order follows identifiers and dates, never the order of rows in a file.

use super::features::Values;
use crate::base::dates::Day;
use crate::base::units::{Bucket, Money};
use std::ops::Range;
use std::sync::Arc;

/// Scheduled instalments.
#[derive(Clone, Debug, Default)]
pub struct Instalments {
    /// Records of each account.
    pub offsets: Vec<usize>,
    /// Due date, ascending within an account.
    pub due_on: Vec<Day>,
    /// Day from which the schedule was known.
    pub known_on: Vec<Day>,
    /// Amount due.
    pub amount: Vec<i64>,
}

/// Payments; a negative amount is a reversal.
#[derive(Clone, Debug, Default)]
pub struct Payments {
    /// Records of each account.
    pub offsets: Vec<usize>,
    /// Day of the payment, ascending within an account.
    pub paid_on: Vec<Day>,
    /// Day from which it was known, not before `paid_on`.
    pub known_on: Vec<Day>,
    /// Amount.
    pub amount: Vec<i64>,
    /// Day from which its reversal was known; [`Day::NEVER`] if it stands.
    pub reversed_on: Vec<Day>,
}

/// Statements, one a cycle.
#[derive(Clone, Debug, Default)]
pub struct Statements {
    /// Records of each account.
    pub offsets: Vec<usize>,
    /// Statement date, ascending within an account.
    pub statement_on: Vec<Day>,
    /// Day from which it was known, not before `statement_on`.
    pub known_on: Vec<Day>,
    /// Days past due; a bucket's lower bound where the source gives a bucket or a status.
    pub dpd: Vec<i32>,
    /// Bucket.
    pub bucket: Vec<Bucket>,
    /// Whether the status counts as repaid.
    pub current: Vec<bool>,
    /// Money columns, [`Money::NULL`] where absent.
    pub balance: Vec<Money>,
    /// Asked for on that date.
    pub amount_due: Vec<Money>,
    /// Received in the cycle that ends on that date.
    pub amount_paid: Vec<Money>,
    /// Overdue amount.
    pub arrears: Vec<Money>,
}

/// Contacts of the log.
#[derive(Clone, Debug, Default)]
pub struct Contacts {
    /// Whether the project has a contact log at all.
    pub logged: bool,
    /// Records of each account.
    pub offsets: Vec<usize>,
    /// Day of the contact.
    pub contacted_on: Vec<Day>,
    /// Day from which it was known.
    pub known_on: Vec<Day>,
    /// Whether the lender made it. A contact of unknown direction counts, so that limits are never stretched.
    pub outbound: Vec<bool>,
}

/// Something that was in force for an account or a borrower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Account place; `None` for all of the borrower's accounts.
    pub account: Option<u32>,
    /// Place in [`crate::base::schema::EVENT_KINDS`].
    pub kind: u8,
    /// First day in force.
    pub from: Day,
    /// Last day in force; [`Day::NEVER`] while open.
    pub to: Day,
    /// Day from which it was known.
    pub known_on: Day,
}

/// A further column of the accounts table.
#[derive(Clone, Debug)]
pub struct AccountColumn {
    /// Its name as a feature.
    pub name: Box<str>,
    /// Its values, one an account.
    pub values: Values,
}

/// Everything known of every account.
#[derive(Clone, Debug, Default)]
pub struct Portfolio {
    /// Account identifiers.
    pub account_ids: Arc<Vec<Box<str>>>,
    /// Borrower identifiers.
    pub borrower_ids: Arc<Vec<Box<str>>>,
    /// Accounts of each borrower: places `accounts_of[b]..accounts_of[b + 1]`.
    pub accounts_of: Vec<usize>,
    /// Opening date, [`Day::NULL`] where absent.
    pub opened_on: Vec<Day>,
    /// Closing date, [`Day::NEVER`] while open or unknown.
    pub closed_on: Vec<Day>,
    /// Product, limit and the project's own columns.
    pub account_columns: Vec<AccountColumn>,
    /// Schedules.
    pub instalments: Instalments,
    /// Payments.
    pub payments: Payments,
    /// Statements.
    pub statements: Statements,
    /// Contacts.
    pub contacts: Contacts,
    /// Events of each borrower: `event_offsets[b]..event_offsets[b + 1]`.
    pub event_offsets: Vec<usize>,
    /// Events.
    pub events: Vec<Event>,
    /// First day of any history.
    pub data_from: Day,
    /// Last day that the tables cover.
    pub data_until: Day,
    /// Whether `data_until` was inferred from the records.
    pub data_until_inferred: bool,
    /// Last day whose outcomes are trusted.
    pub outcomes_until: Day,
}

impl Portfolio {
    /// How many accounts there are.
    pub fn accounts(&self) -> usize {
        self.account_ids.len()
    }

    /// How many borrowers there are.
    pub fn borrowers(&self) -> usize {
        self.borrower_ids.len()
    }

    /// Whether an account's history is a ledger; else it is one of statements.
    pub fn is_ledger(&self, account: usize) -> bool {
        !range(&self.instalments.offsets, account).is_empty()
    }
}

/// The records of a place in a grouped table; none in a table that the project does not have.
pub fn range(offsets: &[usize], place: usize) -> Range<usize> {
    match (offsets.get(place), offsets.get(place + 1)) {
        (Some(from), Some(to)) => *from..*to,
        _ => 0..0,
    }
}

/// Groups rows by place, ordered by date and then by `tie` within a place: the offsets of the places and the rows in order.
///
/// `place[row]` is `u32::MAX` for a row that is left out. Rows that already stand in order cost one pass.
pub fn group(places: usize, place: &[u32], date: &[Day], tie: impl Fn(u32, u32) -> std::cmp::Ordering) -> (Vec<usize>, Vec<u32>) {
    let mut offsets = vec![0usize; places + 1];
    for p in place.iter().filter(|p| **p != u32::MAX) {
        offsets[*p as usize + 1] += 1;
    }
    for k in 0..places {
        offsets[k + 1] += offsets[k];
    }
    let mut next = offsets.clone();
    let mut rows = vec![0u32; offsets[places]];
    for (row, p) in place.iter().enumerate().filter(|(_, p)| **p != u32::MAX) {
        rows[next[*p as usize]] = row as u32;
        next[*p as usize] += 1;
    }
    for k in 0..places {
        let records = &mut rows[offsets[k]..offsets[k + 1]];
        let order = |a: &u32, b: &u32| date[*a as usize].cmp(&date[*b as usize]).then_with(|| tie(*a, *b));
        if !records.is_sorted_by(|a, b| order(a, b).is_le()) {
            records.sort_by(order);
        }
    }
    (offsets, rows)
}

/// The values of the rows in that order.
pub fn gather<T: Copy>(values: &[T], rows: &[u32]) -> Vec<T> {
    rows.iter().map(|row| values[*row as usize]).collect()
}

/// For each payment, the day from which its reversal was known: a negative amount takes back the latest earlier payment of the same size
/// that still stands. A reversal without such a payment only lowers what was paid.
pub fn match_reversals(payments: &mut Payments) {
    payments.reversed_on = vec![Day::NEVER; payments.amount.len()];
    for account in 0..payments.offsets.len().saturating_sub(1) {
        let records = payments.offsets[account]..payments.offsets[account + 1];
        for later in records.clone().filter(|k| payments.amount[*k] < 0) {
            let taken_back =
                (records.start..later).rev().find(|k| payments.amount[*k] == -payments.amount[later] && payments.reversed_on[*k] == Day::NEVER);
            if let Some(earlier) = taken_back {
                payments.reversed_on[earlier] = payments.known_on[later];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_grouped_by_place_and_sorted_by_date() {
        let place = [1, 0, u32::MAX, 1, 0];
        let date = [Day(5), Day(9), Day(0), Day(4), Day(9)];
        let (offsets, rows) = group(3, &place, &date, |a, b| b.cmp(&a));
        assert_eq!(offsets, [0, 2, 4, 4]);
        assert_eq!(rows, [4, 1, 3, 0]);
    }

    #[test]
    fn a_reversal_takes_back_the_latest_payment_of_its_size() {
        let mut payments = Payments {
            offsets: vec![0, 5],
            paid_on: (0..5).map(Day).collect(),
            known_on: (10..15).map(Day).collect(),
            amount: vec![100, 100, 70, -100, -30],
            reversed_on: Vec::new(),
        };
        match_reversals(&mut payments);
        assert_eq!(payments.reversed_on, [Day::NEVER, Day(13), Day::NEVER, Day::NEVER, Day::NEVER]);
    }
}
