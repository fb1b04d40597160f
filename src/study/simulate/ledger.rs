//! The simulated records, column by column, and the draft of the borrower whose life is being lived.
//!
//! Takes records in the order in which they are drawn; gives columns in which an account's rows stand together, by date. Events stand by
//! borrower and date. What lies beyond the data's end is not written.

use crate::base::dates::Day;
use crate::base::schema::{DIRECTIONS, EVENT_KINDS, RESULTS};
use crate::base::units::Money;

/// Channels of the past policy and of those who called of their own accord.
pub const CHANNELS: &[&str] = &["sms", "call", "ai_call", "email", "app", "letter", "visit", "other"];
/// A code that stands for no word.
pub const NO_WORD: u8 = u8::MAX;
/// Days after a promise falls due in which it may still be kept, and the share of it that keeps it: the defaults of a project.
const GRACE_DAYS: i32 = 3;
const KEPT_SHARE: f64 = 0.95;

/// Everything that happened to some borrowers.
#[derive(Default)]
pub struct Ledger {
    pub accounts: Accounts,
    pub instalments: Amounts,
    pub payments: Amounts,
    pub statements: Statements,
    pub contacts: Contacts,
    pub events: Events,
    pub truth: Truth,
    pub counts: Counts,
    draft: Draft,
}

#[derive(Default)]
pub struct Accounts {
    pub id: Vec<i64>,
    pub borrower: Vec<i64>,
    pub opened_on: Vec<Day>,
    pub closed_on: Vec<Day>,
    pub product: Vec<u8>,
    pub limit: Vec<i64>,
    pub secured: Vec<u8>,
    pub income: Vec<i64>,
    pub payday: Vec<f64>,
    pub income_band: Vec<u8>,
    pub region: Vec<u8>,
    pub age_band: Vec<u8>,
}

/// Instalments or payments. `failed` is 1 for a payment that bounced and moved no money.
#[derive(Default)]
pub struct Amounts {
    pub account: Vec<i64>,
    pub day: Vec<Day>,
    pub known_on: Vec<Day>,
    pub amount: Vec<i64>,
    pub failed: Vec<u8>,
}

#[derive(Default)]
pub struct Statements {
    pub account: Vec<i64>,
    pub day: Vec<Day>,
    pub known_on: Vec<Day>,
    pub days_past_due: Vec<i64>,
    pub balance: Vec<i64>,
    pub arrears: Vec<i64>,
    pub amount_due: Vec<i64>,
    pub amount_paid: Vec<i64>,
}

#[derive(Default)]
pub struct Contacts {
    pub account: Vec<i64>,
    pub day: Vec<Day>,
    pub channel: Vec<u8>,
    pub direction: Vec<u8>,
    pub result: Vec<u8>,
}

#[derive(Default)]
pub struct Events {
    pub account: Vec<Option<i64>>,
    pub borrower: Vec<i64>,
    pub kind: Vec<u8>,
    pub from: Vec<Day>,
    pub to: Vec<Day>,
    pub known_on: Vec<Day>,
    pub amount: Vec<i64>,
}

#[derive(Default)]
pub struct Truth {
    pub account: Vec<i64>,
    pub day: Vec<Day>,
    pub probability: Vec<f64>,
    pub ability: Vec<f64>,
    pub willingness: Vec<f64>,
    pub hardship: Vec<i64>,
}

/// Sums for the summary and for the rates of the project file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accounts open and not written off at the month ends of the second half, and those of them in arrears.
    pub open: u64,
    pub late: u64,
    /// Promises kept; kept or broken.
    pub kept: u64,
    pub decided: u64,
    /// Attempts to speak to the borrower that reached them; all attempts.
    pub right_party: u64,
    pub attempts: u64,
}

/// One event, before it is written.
#[derive(Clone, Copy)]
pub struct Event {
    pub account: Option<i64>,
    pub kind: u8,
    pub from: Day,
    pub to: Day,
    pub known_on: Day,
    pub amount: i64,
}

#[derive(Clone, Copy)]
struct Payment {
    day: Day,
    known_on: Day,
    amount: i64,
    failed: bool,
}

/// A due date, the day from which it was known ([`Day::NULL`]: the opening), an amount, the number of re-ages before it.
#[derive(Clone, Copy)]
struct Instalment {
    due_on: Day,
    known_on: Day,
    amount: i64,
    version: u8,
}

#[derive(Clone, Copy)]
struct Contact {
    day: Day,
    channel: u8,
    direction: u8,
    result: u8,
}

/// What is drawn for the account and the borrower at hand.
#[derive(Default)]
struct Draft {
    instalments: Vec<Instalment>,
    payments: Vec<Payment>,
    contacts: Vec<Contact>,
    events: Vec<Event>,
}

/// Place of a word in its list.
fn place(list: &[&str], word: &str) -> u8 {
    list.iter().position(|w| *w == word).map_or(NO_WORD, |k| k as u8)
}

macro_rules! append_fields {
    ($into:expr, $from:expr, $($field:ident),*) => { $($into.$field.append(&mut $from.$field);)* };
}

macro_rules! reserve_fields {
    ($into:expr, $rows:expr, $($field:ident),*) => { $($into.$field.reserve_exact($rows);)* };
}

impl Ledger {
    /// One ledger of all chunks, in their order.
    pub fn of_chunks(chunks: Vec<Ledger>) -> Ledger {
        let mut all = Ledger::default();
        let rows = |of: fn(&Ledger) -> usize| chunks.iter().map(of).sum::<usize>();
        reserve_fields!(all.instalments, rows(|l| l.instalments.day.len()), account, day, known_on, amount);
        reserve_fields!(all.payments, rows(|l| l.payments.day.len()), account, day, known_on, amount, failed);
        chunks.into_iter().for_each(|mut chunk| all.append(&mut chunk));
        all
    }

    fn append(&mut self, other: &mut Ledger) {
        append_fields!(
            self.accounts,
            other.accounts,
            id,
            borrower,
            opened_on,
            closed_on,
            product,
            limit,
            secured,
            income,
            payday,
            income_band,
            region,
            age_band
        );
        append_fields!(self.instalments, other.instalments, account, day, known_on, amount);
        append_fields!(self.payments, other.payments, account, day, known_on, amount, failed);
        append_fields!(self.statements, other.statements, account, day, known_on, days_past_due, balance, arrears, amount_due, amount_paid);
        append_fields!(self.contacts, other.contacts, account, day, channel, direction, result);
        append_fields!(self.events, other.events, account, borrower, kind, from, to, known_on, amount);
        append_fields!(self.truth, other.truth, account, day, probability, ability, willingness, hardship);
        let (mine, more) = (&mut self.counts, &other.counts);
        mine.open += more.open;
        mine.late += more.late;
        mine.kept += more.kept;
        mine.decided += more.decided;
        mine.right_party += more.right_party;
        mine.attempts += more.attempts;
    }

    /// An event without an amount. A kind outside the data contract is a bug that the unit tests would find as an absent kind.
    pub fn event(&mut self, account: Option<i64>, kind: &str, from: Day, to: Day, known_on: Day) {
        self.draft.events.push(Event { account, kind: place(EVENT_KINDS, kind), from, to, known_on, amount: Money::NULL.0 });
    }

    /// A promise made on `from`, known at once, to pay `amount` by `to`.
    pub fn promise(&mut self, account: i64, from: Day, to: Day, amount: i64) {
        self.draft.events.push(Event { account: Some(account), kind: place(EVENT_KINDS, "promise"), from, to, known_on: from, amount });
    }

    /// An instalment, known from `known_on` ([`Day::NULL`]: from the opening), of the schedule after `version` re-ages.
    pub fn instalment(&mut self, due_on: Day, known_on: Day, amount: i64, version: u8) {
        self.draft.instalments.push(Instalment { due_on, known_on, amount, version });
    }

    /// A payment, or a reversal if negative.
    pub fn pay(&mut self, day: Day, known_on: Day, amount: i64) {
        if amount != 0 {
            self.draft.payments.push(Payment { day, known_on, amount, failed: false });
        }
    }

    /// A direct debit that bounced.
    pub fn fail(&mut self, day: Day, amount: i64) {
        self.draft.payments.push(Payment { day, known_on: day, amount, failed: true });
    }

    pub fn contact(&mut self, day: Day, channel: &str, result: &str, inbound: bool) {
        let contact = Contact { day, channel: place(CHANNELS, channel), direction: u8::from(inbound), result: place(RESULTS, result) };
        self.draft.contacts.push(contact);
    }

    /// The account moves to this ledger at the end of `last_day`, in order: what is due later stays, known from the day after.
    pub fn begin_ledger(&mut self, last_day: Day, version: u8) {
        self.draft.payments.clear();
        self.draft.instalments.retain(|i| i.version == version && i.due_on > last_day);
        self.draft.instalments.iter_mut().for_each(|i| i.known_on = last_day.plus(1));
    }

    /// Writes the account's rows, by date. Without a ledger only its contacts are written.
    pub fn end_account(&mut self, account: i64, has_ledger: bool, until: Day) {
        let draft = &mut self.draft;
        if has_ledger {
            // A re-aged schedule overlaps the one that it replaces. Sorting is stable and by the whole key, so the bytes are the same.
            draft.instalments.sort_by_key(|i| (i.due_on, i.version));
            draft.payments.sort_by_key(|p| (p.day, p.known_on));
            for i in &draft.instalments {
                self.instalments.account.push(account);
                self.instalments.day.push(i.due_on);
                self.instalments.known_on.push(i.known_on);
                self.instalments.amount.push(i.amount);
            }
            for p in &draft.payments {
                self.payments.account.push(account);
                self.payments.day.push(p.day);
                self.payments.known_on.push(p.known_on);
                self.payments.amount.push(p.amount);
                self.payments.failed.push(u8::from(p.failed));
            }
            let promise = place(EVENT_KINDS, "promise");
            for e in draft.events.iter().filter(|e| e.kind == promise && e.account == Some(account) && e.to.plus(GRACE_DAYS) <= until) {
                let window = e.from..=e.to.plus(GRACE_DAYS);
                let paid: i64 = draft.payments.iter().filter(|p| !p.failed && window.contains(&p.day)).map(|p| p.amount).sum();
                self.counts.decided += 1;
                self.counts.kept += u64::from(paid as f64 >= KEPT_SHARE * e.amount as f64);
            }
        }
        draft.instalments.clear();
        draft.payments.clear();
        draft.contacts.sort_by_key(|c| c.day);
        let outbound = place(DIRECTIONS, "outbound");
        for c in draft.contacts.drain(..) {
            let spoke = ["reached", "promise", "refused"].contains(&RESULTS[usize::from(c.result)]);
            if c.direction == outbound && ["call", "ai_call", "visit"].contains(&CHANNELS[usize::from(c.channel)]) {
                self.counts.attempts += 1;
                self.counts.right_party += u64::from(spoke);
            }
            self.contacts.account.push(account);
            self.contacts.day.push(c.day);
            self.contacts.channel.push(c.channel);
            self.contacts.direction.push(c.direction);
            self.contacts.result.push(c.result);
        }
    }

    /// Writes the borrower's events, by date: those that were known by the data's end.
    pub fn end_borrower(&mut self, borrower: i64, until: Day) {
        self.draft.events.sort_by_key(|e| (e.from, e.known_on));
        for e in self.draft.events.drain(..).filter(|e| e.from <= until && e.known_on <= until) {
            self.events.account.push(e.account);
            self.events.borrower.push(borrower);
            self.events.kind.push(e.kind);
            self.events.from.push(e.from);
            self.events.to.push(e.to);
            self.events.known_on.push(e.known_on);
            self.events.amount.push(e.amount);
        }
    }
}
