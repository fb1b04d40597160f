//! The ledger as tables to write. Each is laid out only when its turn comes, and gone once it is written: a large world is held once.

use super::ledger::{CHANNELS, Ledger};
use super::{Shape, World, account, person};
use crate::base::schema::{DIRECTIONS, EVENT_KINDS, PAYMENT_RESULTS, RESULTS, YES_NO};
use crate::base::units::Money;
use crate::data::write::{OutColumn, OutTable};
use std::sync::Arc;

/// Currency decimals of the simulated world.
pub const DIGITS: u8 = 2;

/// A table that is laid out when asked for.
pub type Later = Box<dyn FnOnce() -> OutTable>;

/// A word of a fixed list, for each row; a code beyond the list is no word.
fn chosen(codes: Vec<u8>, words: &[&str]) -> OutColumn {
    OutColumn::Words { codes: codes.into_iter().map(u32::from).collect(), words: Arc::new(words.iter().map(|w| (*w).into()).collect()) }
}

fn money(amounts: Vec<i64>) -> OutColumn {
    OutColumn::Money(amounts.into_iter().map(Money).collect(), DIGITS)
}

/// The tables that a world of this shape has, and the truth.
pub fn tables(world: &World, all: Ledger) -> Vec<(&'static str, Later)> {
    let Ledger { accounts, instalments, payments, statements, contacts, events, truth, .. } = all;
    let mut list: Vec<(&'static str, Later)> = vec![(
        "accounts",
        Box::new(move || {
            OutTable::default()
                .with("account_id", OutColumn::Integer(accounts.id))
                .with("borrower_id", OutColumn::Integer(accounts.borrower))
                .with("opened_on", OutColumn::Day(accounts.opened_on))
                .with("closed_on", OutColumn::Day(accounts.closed_on))
                .with("product", chosen(accounts.product, account::PRODUCTS))
                .with("limit", money(accounts.limit))
                .with("secured", chosen(accounts.secured, YES_NO))
                .with("income", money(accounts.income))
                .with("payday", OutColumn::Number(accounts.payday))
                .with("income_band", chosen(accounts.income_band, person::INCOME_BANDS))
                .with("region", chosen(accounts.region, person::REGIONS))
                .with("age_band", chosen(accounts.age_band, person::AGE_BANDS))
        }),
    )];
    if world.shape != Shape::Statements {
        list.push((
            "instalments",
            Box::new(move || {
                OutTable::default()
                    .with("account_id", OutColumn::Integer(instalments.account))
                    .with("due_on", OutColumn::Day(instalments.day))
                    .with("known_on", OutColumn::Day(instalments.known_on))
                    .with("amount", money(instalments.amount))
            }),
        ));
        list.push((
            "payments",
            Box::new(move || {
                OutTable::default()
                    .with("account_id", OutColumn::Integer(payments.account))
                    .with("paid_on", OutColumn::Day(payments.day))
                    .with("known_on", OutColumn::Day(payments.known_on))
                    .with("amount", money(payments.amount))
                    .with("result", chosen(payments.failed, PAYMENT_RESULTS))
            }),
        ));
    }
    if world.shape != Shape::Ledger {
        list.push((
            "statements",
            Box::new(move || {
                OutTable::default()
                    .with("account_id", OutColumn::Integer(statements.account))
                    .with("statement_on", OutColumn::Day(statements.day))
                    .with("known_on", OutColumn::Day(statements.known_on))
                    .with("days_past_due", OutColumn::Integer(statements.days_past_due))
                    .with("balance", money(statements.balance))
                    .with("arrears", money(statements.arrears))
                    .with("amount_due", money(statements.amount_due))
                    .with("amount_paid", money(statements.amount_paid))
            }),
        ));
    }
    list.push((
        "contacts",
        Box::new(move || {
            OutTable::default()
                .with("account_id", OutColumn::Integer(contacts.account))
                .with("contacted_on", OutColumn::Day(contacts.day))
                .with("channel", chosen(contacts.channel, CHANNELS))
                .with("direction", chosen(contacts.direction, DIRECTIONS))
                .with("result", chosen(contacts.result, RESULTS))
        }),
    ));
    list.push((
        "events",
        Box::new(move || {
            let account = events.account.iter().map(|account| account.unwrap_or(i64::MIN)).collect();
            OutTable::default()
                .with("account_id", OutColumn::Integer(account))
                .with("borrower_id", OutColumn::Integer(events.borrower))
                .with("kind", chosen(events.kind, EVENT_KINDS))
                .with("from", OutColumn::Day(events.from))
                .with("to", OutColumn::Day(events.to))
                .with("known_on", OutColumn::Day(events.known_on))
                .with("amount", money(events.amount))
        }),
    ));
    list.push((
        "truth",
        Box::new(move || {
            OutTable::default()
                .with("account_id", OutColumn::Integer(truth.account))
                .with("as_of", OutColumn::Day(truth.day))
                .with("probability_repaid", OutColumn::Number(truth.probability))
                .with("ability", OutColumn::Number(truth.ability))
                .with("willingness", OutColumn::Number(truth.willingness))
                .with("hardship", OutColumn::Integer(truth.hardship))
        }),
    ));
    list
}
