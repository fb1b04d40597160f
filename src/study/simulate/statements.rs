//! The end of a month: the statement, where the bank keeps statements, and what the summary counts.

use super::account::{Account, Records};
use super::ledger::Ledger;
use super::random::Random;
use super::{World, on};
use crate::base::dates::Day;
use serde::Serialize;

/// What the bank keeps of each account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// Instalments and payments.
    #[default]
    Ledger,
    /// A statement each month end.
    Statements,
    /// Some accounts the one, some the other, and some a ledger that begins where their statements end.
    Both,
}

/// Closes a month: writes the statement if there is one to write, and moves the account to the ledger when its time has come.
pub fn close_month(world: &World, account: &mut Account, month: u32, ledger: &mut Ledger, random: &mut Random) {
    let arrears = account.arrears(month).max(0);
    if month * 2 >= world.months && account.closed_on == Day::NULL && !account.written_off {
        ledger.counts.open += 1;
        ledger.counts.late += u64::from(arrears > 0);
    }
    if account.by_statement() {
        if !account.track.off_statements() {
            state(world, account, month, arrears, ledger, random);
        }
        if let Records::MovesFrom(from) = account.records
            && month >= from
            && month > account.first_month
            && arrears == 0
            && account.closed_on == Day::NULL
            && !account.written_off
        {
            account.records = Records::Ledger;
            account.returnable = None;
            ledger.begin_ledger(on(month + 1, 1).plus(-1), account.re_ages);
        }
        account.track.note_written_off(account.written_off);
    }
    account.received = 0;
}

/// One statement: where the account stands, what came in during the month, and what is asked for next.
fn state(world: &World, account: &Account, month: u32, arrears: i64, ledger: &mut Ledger, random: &mut Random) {
    let day = on(month + 1, 1).plus(-1);
    let late_by = if random.chance(0.03) { random.between(2, 5) } else { 0 };
    let schedule = &account.schedule;
    let oldest = on(schedule.oldest_unpaid(account.paid), account.due_day);
    let statements = &mut ledger.statements;
    statements.account.push(account.id);
    statements.day.push(day);
    statements.known_on.push(day.plus(late_by).min(world.until()));
    statements.days_past_due.push(if arrears > 0 { i64::from(day.since(oldest)) } else { 0 });
    statements.balance.push(schedule.total - account.paid);
    statements.arrears.push(arrears);
    statements.amount_due.push(schedule.due_by(month + 1) - schedule.due_by(month));
    statements.amount_paid.push(account.received);
}
