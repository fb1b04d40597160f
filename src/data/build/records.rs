//! The tables of records: each grouped by account or borrower and sorted by date.

use super::order::order;
use super::{NOWHERE, Sifted};
use crate::base::config::Project;
use crate::base::dates::Day;
use crate::base::schema::{CHANNELS, DIRECTIONS, EVENT_KINDS, PAYMENT_RESULTS, RESULTS, TableKind};
use crate::base::units::{Bucket, Money};
use crate::data::cells::{Cells, Codes, NO_WORD};
use crate::data::check::Aside;
use crate::data::history::{
    ContactKind, Contacts, Event, Events, FailedDebits, Instalments, NO_CODE, NO_HOUR, NO_NUMBER, Payments, Portfolio, Promises, ReAges, Statements,
    match_reversals,
};
use std::cmp::Ordering;

/// Kinds of events that are of a person, whichever account they were written down for: who has died, is ill, wants no contact or is protected by a
/// court is so on every account.
const PERSONAL: [&str; 8] = ["hardship", "vulnerable", "complaint", "moratorium", "cease_contact", "deceased", "opt_out", "debt_advice"];

/// What builds the records of a book whose accounts are laid out.
pub(super) struct Records<'a> {
    pub project: &'a Project,
    /// Place of each account code.
    pub places: &'a [u32],
    pub book: &'a Portfolio,
}

/// What the table of events gives.
#[derive(Default)]
pub(super) struct EventTables {
    pub of_accounts: Events,
    pub of_borrowers: Events,
    pub promises: Promises,
    pub re_ages: ReAges,
    pub written_off_on: Vec<Day>,
}

fn minor(amounts: Vec<Money>) -> Vec<i64> {
    amounts.into_iter().map(|amount| amount.0).collect()
}

/// Day on which each record became known: as the source says, else `lag` days after it happened; never before it happened.
fn known(known: Option<Vec<Day>>, happened: &[Day], lag: i32) -> Vec<Day> {
    match known {
        Some(known) => known.into_iter().zip(happened).map(|(known, day)| known.known().unwrap_or(day.plus(lag)).max(*day)).collect(),
        None => happened.iter().map(|day| day.plus(lag)).collect(),
    }
}

impl Records<'_> {
    /// Day on which each payment, contact or event became known: where the source is silent, after the project's posting lag.
    fn posted(&self, known_on: Option<Vec<Day>>, happened: &[Day]) -> Vec<Day> {
        known(known_on, happened, self.project.clock.posting_lag_days)
    }

    /// The account place of every row of a table; [`NOWHERE`] where its account is not used.
    fn places(&self, sifted: &mut Sifted) -> Codes {
        let codes = sifted.codes("account_id").unwrap_or_default();
        codes.map(|code| self.places.get(code as usize).copied().unwrap_or(NOWHERE))
    }

    pub(super) fn instalments(&self, sifted: Option<Sifted>) -> Instalments {
        let Some(mut sifted) = sifted else { return Instalments::default() };
        let place = self.places(&mut sifted);
        let (Some(due_on), Some(amount)) = (sifted.days("due_on"), sifted.money("amount")) else { return Instalments::default() };
        // A schedule is known from the agreement on, which is mostly the account's opening.
        let mut known_on = sifted.days("known_on").unwrap_or_else(|| vec![Day::NULL; due_on.len()]);
        for (account, rows) in place.runs() {
            let opened = self.book.opened_on.get(account as usize).copied().unwrap_or(Day::NULL);
            for (known, due) in known_on[rows.clone()].iter_mut().zip(&due_on[rows]) {
                if *known == Day::NULL {
                    *known = if opened == Day::NULL { *due } else { opened };
                }
            }
        }
        let tie = |a: u32, b: u32| {
            let (a, b) = (a as usize, b as usize);
            amount[a].cmp(&amount[b]).then_with(|| known_on[a].cmp(&known_on[b]))
        };
        let (offsets, order) = order(self.book.accounts(), &place, &sifted.aside, &due_on, tie);
        Instalments { due_on: order.arrange(due_on), known_on: order.arrange(known_on), amount: minor(order.arrange(amount)), offsets }
    }

    pub(super) fn payments(&self, sifted: Option<Sifted>) -> (Payments, FailedDebits) {
        let Some(mut sifted) = sifted else { return Default::default() };
        let place = self.places(&mut sifted);
        let (Some(paid_on), Some(amount)) = (sifted.days("paid_on"), sifted.money("amount")) else { return Default::default() };
        let known_on = self.posted(sifted.days("known_on"), &paid_on);
        let accounts = self.book.accounts();
        let failed = PAYMENT_RESULTS.iter().position(|word| *word == "failed").map_or(NO_WORD, |place| place as u32);
        let result = sifted.meaning("result").unwrap_or_default();
        let failed: Vec<usize> = result.runs().filter(|(result, _)| *result == failed).flat_map(|(_, rows)| rows).collect();
        let failed_debits = self.failed_debits(&failed, &place, &sifted, &paid_on, &known_on);
        // They moved no money.
        failed.iter().for_each(|row| sifted.aside.set(*row));
        // Payments before reversals of the same day, then larger first: any fixed rule will do, so long as it is no row order.
        let tie = |a: u32, b: u32| {
            let (a, b) = (a as usize, b as usize);
            known_on[a].cmp(&known_on[b]).then_with(|| amount[b].cmp(&amount[a]))
        };
        let (offsets, order) = order(accounts, &place, &sifted.aside, &paid_on, tie);
        let mut payments = Payments {
            paid_on: order.arrange(paid_on),
            known_on: order.arrange(known_on),
            amount: minor(order.arrange(amount)),
            taken_back_on: Vec::new(),
            offsets,
        };
        match_reversals(&mut payments);
        (payments, failed_debits)
    }

    fn failed_debits(&self, failed: &[usize], place: &Codes, sifted: &Sifted, paid_on: &[Day], known_on: &[Day]) -> FailedDebits {
        if failed.is_empty() {
            return FailedDebits::default();
        }
        let used = || failed.iter().copied().filter(|row| !sifted.aside.is(*row));
        let places: Codes = used().map(|row| place.get(row)).collect();
        let (failed_on, known_on): (Vec<Day>, Vec<Day>) = used().map(|row| (paid_on[row], known_on[row])).unzip();
        let (offsets, order) = order(self.book.accounts(), &places, &Aside::default(), &failed_on, |_, _| Ordering::Equal);
        FailedDebits { failed_on: order.arrange(failed_on), known_on: order.arrange(known_on), offsets }
    }

    pub(super) fn statements(&self, sifted: Option<Sifted>) -> Statements {
        let Some(mut sifted) = sifted else { return Statements::default() };
        let place = self.places(&mut sifted);
        let Some(days) = sifted.days("statement_on") else { return Statements::default() };
        // A statement is known on its day unless the source says otherwise: the posting lag is one of payments.
        let known_on = known(sifted.days("known_on"), &days, 0);
        let rows = days.len();
        let (offsets, order) = order(self.book.accounts(), &place, &sifted.aside, &days, |_, _| Ordering::Equal);
        let meanings: Vec<_> = self.project.table(TableKind::Statements).map(|s| s.status.values().copied().collect()).unwrap_or_default();
        let mut dense = |name: &str| sifted.meaning(name).map(|codes| codes.iter().collect::<Vec<u32>>());
        let (status, bucket) = (dense("status"), dense("bucket"));
        let dpd = sifted.numbers("days_past_due");
        let mut statements = Statements { statement_on: order.arrange(days), known_on: order.arrange(known_on), offsets, ..Default::default() };
        let (mut dpds, mut buckets, mut currents) = (Vec::with_capacity(rows), Vec::with_capacity(rows), Vec::with_capacity(rows));
        for row in 0..rows {
            let status = status.as_ref().and_then(|places| meanings.get(places[row] as usize).copied());
            let bucket = bucket.as_ref().map(|places| places[row]).filter(|place| *place != NO_WORD).map(|place| Bucket(place as u8));
            let dpd = dpd.as_ref().map(|v| v[row]).filter(|d| !d.is_nan()).map(|d| d as i32);
            let bucket = dpd.map(Bucket::of_dpd).or(bucket).or(status.map(|s| s.bucket)).unwrap_or_default();
            dpds.push(dpd.unwrap_or(bucket.lower_dpd()));
            buckets.push(bucket);
            currents.push(status.map_or(bucket == Bucket(0), |s| s.current));
        }
        let mut money = |name: &str| order.arrange(sifted.money(name).unwrap_or_else(|| vec![Money::NULL; rows]));
        statements.balance = money("balance");
        statements.amount_due = money("amount_due");
        statements.amount_paid = money("amount_paid");
        statements.arrears = money("arrears");
        (statements.dpd, statements.bucket, statements.current) = (order.arrange(dpds), order.arrange(buckets), order.arrange(currents));
        statements
    }

    pub(super) fn contacts(&self, sifted: Option<Sifted>) -> Contacts {
        let Some(mut sifted) = sifted else { return Contacts::default() };
        let accounts = self.places(&mut sifted);
        let Some(days) = sifted.days("contacted_on") else { return Contacts::default() };
        let known_on = self.posted(sifted.days("known_on"), &days);
        let borrower_of = self.borrower_of();
        let place = accounts.map(|account| borrower_of.get(account as usize).copied().unwrap_or(NOWHERE));
        let mut kinds = vec![ContactKind::default(); days.len()];
        // A column that is not there says what a cell without a word says.
        let mut column = |name: &str| sifted.meaning(name).unwrap_or_else(|| std::iter::repeat_n(NO_WORD, days.len()).collect());
        let (channel, direction, result) = (column("channel"), column("direction"), column("result"));
        let number = sifted.codes("number");
        let hour = sifted.numbers("hour").filter(|hours| hours.iter().any(|hour| !hour.is_nan())).unwrap_or_default();
        // What each word of a column says of a contact.
        let mut say = |column: &Codes, words: &[&str], says: &dyn Fn(Option<&str>) -> ContactKind| {
            for (word, rows) in column.runs() {
                let said = says(words.get(word as usize).copied());
                kinds[rows].iter_mut().for_each(|kind| *kind = kind.and(said));
            }
        };
        let spoken = ContactKind::ATTEMPT;
        say(&channel, CHANNELS, &|word| if matches!(word, Some("call" | "ai_call" | "visit") | None) { spoken } else { ContactKind::default() });
        say(&direction, DIRECTIONS, &|word| if word == Some("inbound") { ContactKind::INBOUND } else { ContactKind::OUTBOUND });
        say(&result, RESULTS, &|word| match word {
            Some("reached" | "promise") => ContactKind::RIGHT_PARTY,
            Some("refused") => ContactKind::RIGHT_PARTY.and(ContactKind::REFUSED),
            Some("wrong_number") => ContactKind::WRONG_NUMBER,
            Some("delivered") => ContactKind::DELIVERED,
            _ => ContactKind::default(),
        });
        // To try to speak to somebody is to call or visit them oneself, and not to have something delivered.
        for kind in kinds.iter_mut().filter(|kind| !kind.is(ContactKind::OUTBOUND) || kind.is(ContactKind::DELIVERED)) {
            *kind = kind.without(ContactKind::ATTEMPT);
        }
        let (offsets, order) = order(self.book.borrowers(), &place, &sifted.aside, &days, |_, _| Ordering::Equal);
        // Words of the contract are fewer than 255; a place beyond is no word.
        let dense = |codes: &Codes| -> Vec<u8> { codes.iter().map(|code| u8::try_from(code).unwrap_or(NO_CODE)).collect() };
        let rows = days.len();
        Contacts {
            logged: true,
            contacted_on: order.arrange(days),
            known_on: order.arrange(known_on),
            kind: order.arrange(kinds),
            channel: order.arrange(dense(&channel)),
            result: order.arrange(dense(&result)),
            number: order.arrange(number.map_or_else(|| vec![NO_NUMBER; rows], |codes| codes.iter().collect())),
            account: order.arrange(accounts.iter().collect()),
            // A log without hours holds none; the check left whole hours of a day alone.
            hour: if hour.is_empty() {
                Vec::new()
            } else {
                order.arrange(hour.iter().map(|h| if h.is_nan() { NO_HOUR } else { *h as u8 }).collect())
            },
            offsets,
        }
    }

    /// The borrower of each account.
    fn borrower_of(&self) -> Vec<u32> {
        let accounts_of = &self.book.accounts_of;
        (0..self.book.borrowers()).flat_map(|b| std::iter::repeat_n(b as u32, accounts_of[b + 1] - accounts_of[b])).collect()
    }

    /// The borrower of each code of a column of borrowers.
    fn borrowers_of_codes(&self, cells: Option<&Cells>) -> Vec<u32> {
        let Some(Cells::Words { own, .. }) = cells else { return Vec::new() };
        let mut places = vec![NOWHERE; own.len()];
        if !own.is_empty() {
            for (borrower, id) in self.book.borrower_ids.iter().enumerate() {
                if let Some(place) = own.place(id) {
                    places[place as usize] = borrower as u32;
                }
            }
        }
        places
    }

    pub(super) fn events(&self, sifted: Option<Sifted>) -> EventTables {
        let (accounts, borrowers) = (self.book.accounts(), self.book.borrowers());
        let mut tables = EventTables { written_off_on: vec![Day::NEVER; accounts], ..Default::default() };
        let Some(mut sifted) = sifted else { return tables };
        tables.promises.logged = true;
        // An event that names no account is of the borrower as a whole.
        let of_account: Option<Vec<u32>> = sifted.codes("account_id").map(|codes| codes.iter().collect());
        let borrower_cells = sifted.take("borrower_id");
        let (Some(from), Some(kind)) = (sifted.days("from"), sifted.meaning("kind")) else { return tables };
        let kind: Vec<u32> = kind.iter().collect();
        let said = sifted.days("known_on");
        let lag = self.project.clock.posting_lag_days;
        // What is in force may be known before it begins.
        let announced: Vec<Day> = match &said {
            Some(said) => said.iter().zip(&from).map(|(said, from)| said.known().unwrap_or(from.plus(lag))).collect(),
            None => from.iter().map(|from| from.plus(lag)).collect(),
        };
        let known_on = self.posted(said, &from);
        let rows = from.len();
        let mut to = sifted.days("to").unwrap_or_else(|| vec![Day::NULL; rows]);
        // An end before the beginning is none: what cannot be read frees nobody.
        to.iter_mut().zip(&from).filter(|(to, from)| **to < **from).for_each(|(to, _)| *to = Day::NULL);
        let answer_by = sifted.days("answer_by");
        let amount = sifted.money("amount").unwrap_or_else(|| vec![Money::NULL; rows]);
        let borrower_of_code = self.borrowers_of_codes(borrower_cells.as_ref());
        let borrower_code: Vec<u32> = match &borrower_cells {
            Some(Cells::Words { codes, .. }) => codes.iter().collect(),
            _ => vec![NO_WORD; rows],
        };
        let mut account_place = vec![NOWHERE; rows];
        let mut borrower_of_row = vec![NOWHERE; rows];
        let borrower_of = self.borrower_of();
        let personal: Vec<bool> = EVENT_KINDS.iter().map(|kind| PERSONAL.iter().any(|p| kind.starts_with(p))).collect();
        for row in (0..rows).filter(|row| !sifted.aside.is(*row)) {
            match of_account.as_ref().map(|codes| codes[row]).filter(|code| *code != NO_WORD) {
                Some(code) if personal.get(kind[row] as usize) == Some(&true) => {
                    let account = self.places.get(code as usize).copied().unwrap_or(NOWHERE);
                    borrower_of_row[row] = borrower_of.get(account as usize).copied().unwrap_or(NOWHERE);
                }
                Some(code) => account_place[row] = self.places.get(code as usize).copied().unwrap_or(NOWHERE),
                None => borrower_of_row[row] = borrower_of_code.get(borrower_code[row] as usize).copied().unwrap_or(NOWHERE),
            }
        }
        let is = |row: usize, word: &str| EVENT_KINDS.get(kind[row] as usize) == Some(&word);
        let event = |row: usize| Event {
            from: from[row],
            known_on: announced[row],
            kind: kind[row] as u8,
            to: to[row].known().unwrap_or(Day::NEVER),
            answer_by: answer_by.as_ref().map_or(Day::NULL, |days| days[row]),
        };
        let events: Vec<Event> = (0..rows).map(event).collect();
        let tie = |a: u32, b: u32| events[a as usize].cmp(&events[b as usize]).then_with(|| amount[a as usize].cmp(&amount[b as usize]));
        let nobody = Aside::default();
        let grouped = |places: usize, place: &[u32]| {
            let (offsets, order) = order(places, &place.iter().copied().collect(), &nobody, &from, tie);
            Events { list: order.arrange(events.clone()), offsets }
        };
        tables.of_accounts = grouped(accounts, &account_place);
        tables.of_borrowers = grouped(borrowers, &borrower_of_row);
        let only = |word: &str| -> Codes { (0..rows).map(|row| if is(row, word) { account_place[row] } else { NOWHERE }).collect() };
        let (offsets, by_day) = order(accounts, &only("promise"), &nobody, &from, tie);
        tables.promises = Promises {
            logged: true,
            made_on: by_day.arrange(from.clone()),
            due_on: by_day.arrange(to.iter().zip(&from).map(|(to, from)| to.known().unwrap_or(*from)).collect()),
            known_on: by_day.arrange(known_on.clone()),
            amount: by_day.arrange(amount.clone()),
            offsets,
        };
        // Re-ages count from the day on which they are known.
        let (offsets, by_known) = order(accounts, &only("re_age"), &nobody, &known_on, tie);
        tables.re_ages = ReAges { from: by_known.arrange(from.clone()), known_on: by_known.arrange(known_on.clone()), offsets };
        let mut borrower_written_off = vec![Day::NEVER; borrowers];
        for row in (0..rows).filter(|row| is(*row, "write_off")) {
            let counts_from = from[row].max(known_on[row]);
            let days = [(&mut tables.written_off_on, account_place[row]), (&mut borrower_written_off, borrower_of_row[row])];
            for day in days.into_iter().filter_map(|(list, place)| list.get_mut(place as usize)) {
                *day = counts_from.min(*day);
            }
        }
        for (borrower, written_off) in borrower_written_off.into_iter().enumerate().filter(|(_, day)| *day != Day::NEVER) {
            let all = self.book.accounts_of[borrower]..self.book.accounts_of[borrower + 1];
            tables.written_off_on[all].iter_mut().for_each(|day| *day = written_off.min(*day));
        }
        tables
    }
}
