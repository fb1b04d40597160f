//! The portfolio: every account's history in flat columns, grouped by account and sorted by date.
//!
//! Only `data::check` makes one, so whoever holds it need not look again. Accounts stand grouped by borrower; records of account `a` of
//! a table stand at `offsets[a]..offsets[a + 1]`. The order follows identifiers and dates, never the order of rows in a file.

use super::features::Values;
use crate::base::dates::Day;
use crate::base::units::{Bucket, Money};
use std::collections::HashMap;
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
    /// Day from which it is taken back; [`Day::NEVER`] if it stands; empty in a book without reversals. A reversal and the payment that it
    /// takes back are both taken back from the day on which the reversal is known.
    pub taken_back_on: Vec<Day>,
}

impl Payments {
    /// Whether a record stands on a day: it is not taken back by what was known by then.
    pub fn stands(&self, record: usize, day: Day) -> bool {
        self.taken_back_on.get(record).is_none_or(|taken_back| *taken_back > day)
    }
}

/// Debits that bounced: they moved no money.
#[derive(Clone, Debug, Default)]
pub struct FailedDebits {
    /// Records of each account.
    pub offsets: Vec<usize>,
    /// Day of the debit, ascending within an account.
    pub failed_on: Vec<Day>,
    /// Day from which it was known.
    pub known_on: Vec<Day>,
}

/// Promises to pay.
#[derive(Clone, Debug, Default)]
pub struct Promises {
    /// Whether the project has a table of events at all.
    pub logged: bool,
    /// Records of each account.
    pub offsets: Vec<usize>,
    /// Day on which it was made, ascending within an account.
    pub made_on: Vec<Day>,
    /// Day on which it falls due.
    pub due_on: Vec<Day>,
    /// Day from which it was known.
    pub known_on: Vec<Day>,
    /// What was promised; [`Money::NULL`] where the source does not say.
    pub amount: Vec<Money>,
}

/// Re-ages: agreements that replace a schedule.
#[derive(Clone, Debug, Default)]
pub struct ReAges {
    /// Records of each account.
    pub offsets: Vec<usize>,
    /// First day of the new schedule.
    pub from: Vec<Day>,
    /// Day from which it was known, ascending within an account.
    pub known_on: Vec<Day>,
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

/// What a contact was, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContactKind(pub u8);

impl ContactKind {
    /// The lender made it. A contact of unknown direction counts, so that limits are never stretched.
    pub const OUTBOUND: ContactKind = ContactKind(1);
    /// The borrower made it.
    pub const INBOUND: ContactKind = ContactKind(2);
    /// An outbound try to speak to the borrower: a call or a visit, or of unknown channel.
    pub const ATTEMPT: ContactKind = ContactKind(4);
    /// The borrower was reached.
    pub const RIGHT_PARTY: ContactKind = ContactKind(8);
    /// The borrower refused.
    pub const REFUSED: ContactKind = ContactKind(16);
    /// The number or address was not the borrower's.
    pub const WRONG_NUMBER: ContactKind = ContactKind(32);
    /// Something was delivered, which is no conversation.
    pub const DELIVERED: ContactKind = ContactKind(64);

    /// Whether it is all of those.
    pub fn is(self, wanted: ContactKind) -> bool {
        self.0 & wanted.0 == wanted.0
    }

    /// This without that.
    pub fn without(self, other: ContactKind) -> ContactKind {
        ContactKind(self.0 & !other.0)
    }

    /// Both.
    pub fn and(self, other: ContactKind) -> ContactKind {
        ContactKind(self.0 | other.0)
    }
}

/// Contacts of the log. A person is reached or not, whichever account it is about: they stand by borrower.
#[derive(Clone, Debug, Default)]
pub struct Contacts {
    /// Whether the project has a contact log at all.
    pub logged: bool,
    /// Records of each borrower.
    pub offsets: Vec<usize>,
    /// Day of the contact, ascending within a borrower.
    pub contacted_on: Vec<Day>,
    /// Day from which it was known.
    pub known_on: Vec<Day>,
    /// What it was.
    pub kind: Vec<ContactKind>,
    /// By what channel: a place in [`crate::base::schema::CHANNELS`], or [`NO_CODE`].
    pub channel: Vec<u8>,
    /// With what result: a place in [`crate::base::schema::RESULTS`], or [`NO_CODE`].
    pub result: Vec<u8>,
    /// Which number was used, as a code; [`NO_NUMBER`] where the log does not say.
    pub number: Vec<u32>,
    /// The account that it was about, by its place.
    pub account: Vec<u32>,
    /// The hour of the day where the borrower lives; [`NO_HOUR`] where the log does not say, empty where it says no hour at all.
    pub hour: Vec<u8>,
}

/// A contact whose channel or result the log does not say.
pub const NO_CODE: u8 = u8::MAX;
/// A contact whose number the log does not say.
pub const NO_NUMBER: u32 = u32::MAX;
/// A contact whose hour the log does not say.
pub const NO_HOUR: u8 = u8::MAX;

/// Something that was in force for an account or a borrower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    /// First day in force.
    pub from: Day,
    /// Day from which it was known.
    pub known_on: Day,
    /// Place in [`crate::base::schema::EVENT_KINDS`].
    pub kind: u8,
    /// Last day in force; [`Day::NEVER`] while open.
    pub to: Day,
    /// Day by which it must be answered, where the source says so; else [`Day::NULL`].
    pub answer_by: Day,
}

/// Events grouped by account or by borrower, in order within each.
#[derive(Clone, Debug, Default)]
pub struct Events {
    /// Records of each.
    pub offsets: Vec<usize>,
    /// The events.
    pub list: Vec<Event>,
}

impl Events {
    /// Those of a place; none in a book without a table of events.
    pub fn of(&self, place: usize) -> &[Event] {
        &self.list[range(&self.offsets, place)]
    }
}

/// A further column of the accounts table.
#[derive(Clone, Debug)]
pub struct AccountColumn {
    /// Its name as a feature.
    pub name: Box<str>,
    /// Its values, one an account.
    pub values: Values,
}

/// Words of a column that routes and never enters the score, one an account.
#[derive(Clone, Debug, Default)]
pub struct AccountWords {
    /// Place of each account's word; out of range where there is none. Empty if the table has no such column.
    pub codes: Vec<u32>,
    /// The words.
    pub words: Vec<Box<str>>,
}

impl AccountWords {
    /// The word of an account.
    pub fn of(&self, account: usize) -> Option<&str> {
        self.words.get(*self.codes.get(account)? as usize).map(|w| &**w)
    }
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
    /// Product, limit and the project's own columns: features by themselves.
    pub account_columns: Vec<AccountColumn>,
    /// Protected attributes, for the audit alone; empty unless the project is read for one.
    pub protected: Vec<AccountColumn>,
    /// Whether it is secured: 1, 0 or `NaN`; empty if the table has no such column.
    pub secured: Vec<f64>,
    /// Monthly income; empty if the table has no such column.
    pub income: Vec<Money>,
    /// Day of the month on which income comes, 1 to 31, `NaN` where not known; empty if the table has no such column.
    pub payday: Vec<f64>,
    /// Where the borrower lives, by its clock: an IANA name or an offset.
    pub time_zone: AccountWords,
    /// What is on file to prove the claim, words apart by spaces.
    pub evidence: AccountWords,
    /// The channels by which a vulnerable borrower can be spoken to, words apart by spaces.
    pub accessible_channels: AccountWords,
    /// The language in which the borrower is spoken to.
    pub language: AccountWords,
    /// Credit limit; empty if the table has no such column.
    pub limit: Vec<Money>,
    /// Day from which a write-off was known to be in force; [`Day::NEVER`] if there is none.
    pub written_off_on: Vec<Day>,
    /// Schedules.
    pub instalments: Instalments,
    /// Payments.
    pub payments: Payments,
    /// Debits that bounced.
    pub failed_debits: FailedDebits,
    /// Promises to pay.
    pub promises: Promises,
    /// Schedules replaced.
    pub re_ages: ReAges,
    /// Statements.
    pub statements: Statements,
    /// Contacts.
    pub contacts: Contacts,
    /// Events of single accounts, by account.
    pub account_events: Events,
    /// Events of a borrower as a whole, by borrower.
    pub borrower_events: Events,
    /// First day of any history.
    pub data_from: Day,
    /// Last day that the tables cover.
    pub data_until: Day,
    /// Whether `data_until` was inferred from the records.
    pub data_until_inferred: bool,
    /// Last day whose outcomes are trusted.
    pub outcomes_until: Day,
}

/// Borrowers of a chunk: small enough to share out, large enough to be worth it. Fixed, so that no output depends on threads.
const CHUNK: usize = 512;

impl Portfolio {
    /// How many accounts there are.
    pub fn accounts(&self) -> usize {
        self.account_ids.len()
    }

    /// How many borrowers there are.
    pub fn borrowers(&self) -> usize {
        self.borrower_ids.len()
    }

    /// The borrowers in chunks, in order, to be shared out among threads.
    pub fn chunks(&self) -> Vec<Range<usize>> {
        (0..self.borrowers()).step_by(CHUNK).map(|start| start..(start + CHUNK).min(self.borrowers())).collect()
    }

    /// Whether an account has a ledger.
    pub fn is_ledger(&self, account: usize) -> bool {
        !range(&self.instalments.offsets, account).is_empty()
    }

    /// Whether an account has statements.
    pub fn has_statements(&self, account: usize) -> bool {
        !range(&self.statements.offsets, account).is_empty()
    }

    /// The first day that an account's ledger reaches: on which a due date or a payment had passed and was known. Before it, the statements
    /// of an account that has both say more.
    pub(super) fn ledger_from(&self, account: usize) -> Day {
        let (i, p) = (&self.instalments, &self.payments);
        let due = range(&i.offsets, account).map(|k| i.due_on[k].max(i.known_on[k]));
        due.chain(range(&p.offsets, account).map(|k| p.paid_on[k].max(p.known_on[k]))).min().unwrap_or(Day::NEVER)
    }

    /// Whether an account's history on a day is its ledger: an instalment was known, and no statement says more. What only came later makes no
    /// ledger and hides none.
    pub fn ledger_at(&self, account: usize, day: Day) -> bool {
        let i = &self.instalments;
        range(&i.offsets, account).any(|k| i.known_on[k] <= day)
            && (!self.has_statements(account) || self.ledger_from(account) <= day || !self.stated(account, day))
    }

    /// Whether a statement of an account was known by a day.
    fn stated(&self, account: usize, day: Day) -> bool {
        let s = &self.statements;
        range(&s.offsets, account).take_while(|k| s.statement_on[*k] <= day).any(|k| s.known_on[k] <= day)
    }

    /// Whether an account was closed by a day.
    pub fn closed(&self, account: usize, day: Day) -> bool {
        self.closed_on[account] <= day
    }

    /// Whether an account's history had begun by a day: it was opened, or where that is not known, something of it was on record.
    pub fn begun(&self, account: usize, day: Day) -> bool {
        if let Some(opened) = self.opened_on[account].known() {
            return opened <= day;
        }
        let (i, s) = (&self.instalments, &self.statements);
        range(&i.offsets, account).any(|k| i.known_on[k] <= day) || range(&s.offsets, account).any(|k| s.known_on[k] <= day)
    }
}

/// The records of a place in a grouped table; none in a table that the project does not have.
pub fn range(offsets: &[usize], place: usize) -> Range<usize> {
    match (offsets.get(place), offsets.get(place + 1)) {
        (Some(from), Some(to)) => *from..*to,
        _ => 0..0,
    }
}

/// Marks payments and their reversals: a negative amount takes back the latest earlier payment of exactly its size that still stands. A
/// reversal without such a payment stands, and lowers what was paid.
///
/// Rows are matched in the order in which they became known: so a match never changes by what becomes known later. A reversal that was posted
/// before the payment that it takes back waits for it; both are taken back from the day on which the later of the two is known.
pub fn match_reversals(payments: &mut Payments) {
    if payments.amount.iter().all(|a| *a >= 0) {
        payments.taken_back_on = Vec::new();
        return;
    }
    payments.taken_back_on = vec![Day::NEVER; payments.amount.len()];
    // By size: payments that stand and reversals that wait.
    let (mut standing, mut waiting): (HashMap<i64, Vec<usize>>, HashMap<i64, Vec<usize>>) = Default::default();
    let mut rows: Vec<usize> = Vec::new();
    for account in 0..payments.offsets.len().saturating_sub(1) {
        let records = payments.offsets[account]..payments.offsets[account + 1];
        if payments.amount[records.clone()].iter().all(|a| *a >= 0) {
            continue;
        }
        rows.clear();
        rows.extend(records);
        rows.sort_by_key(|k| (payments.known_on[*k], payments.amount[*k] < 0, *k));
        standing.clear();
        waiting.clear();
        for k in rows.iter().copied() {
            let amount = payments.amount[k];
            let other = if amount < 0 {
                standing.get_mut(&-amount).and_then(|same| same.partition_point(|p| *p < k).checked_sub(1).map(|place| same.remove(place)))
            } else {
                waiting.get_mut(&amount).and_then(|same| same.iter().position(|r| *r > k).map(|place| same.remove(place)))
            };
            match other {
                Some(other) => {
                    payments.taken_back_on[k] = payments.known_on[k];
                    payments.taken_back_on[other] = payments.known_on[k];
                }
                None if amount < 0 => waiting.entry(-amount).or_default().push(k),
                None => {
                    let same = standing.entry(amount).or_default();
                    same.insert(same.partition_point(|p| *p < k), k);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reversal_that_is_posted_first_waits_for_its_payment() {
        // 100 paid on day 3 and posted on day 5, taken back on day 4; 100 paid on day 6 is another.
        let mut payments = Payments {
            offsets: vec![0, 3],
            paid_on: vec![Day(3), Day(4), Day(6)],
            known_on: vec![Day(5), Day(4), Day(6)],
            amount: vec![100, -100, 100],
            taken_back_on: Vec::new(),
        };
        match_reversals(&mut payments);
        assert_eq!(payments.taken_back_on, [Day(5), Day(5), Day::NEVER]);
    }

    #[test]
    fn a_match_does_not_change_by_what_becomes_known_later() {
        // 100 paid on day 0, 100 paid on day 5 but posted on day 20, and 100 taken back on day 10: by what was known, the first.
        let mut payments = Payments {
            offsets: vec![0, 3],
            paid_on: vec![Day(0), Day(5), Day(10)],
            known_on: vec![Day(0), Day(20), Day(10)],
            amount: vec![100, 100, -100],
            taken_back_on: Vec::new(),
        };
        match_reversals(&mut payments);
        assert_eq!(payments.taken_back_on, [Day(10), Day::NEVER, Day(10)]);
    }

    #[test]
    fn a_reversal_takes_back_the_latest_payment_of_its_size() {
        let mut payments = Payments {
            offsets: vec![0, 5],
            paid_on: (0..5).map(Day).collect(),
            known_on: (10..15).map(Day).collect(),
            amount: vec![100, 100, 70, -100, -30],
            taken_back_on: Vec::new(),
        };
        match_reversals(&mut payments);
        assert_eq!(payments.taken_back_on, [Day::NEVER, Day(13), Day::NEVER, Day(13), Day::NEVER]);
    }
}
