//! Account, borrower and calendar: what was agreed, what else the borrower owes, and the day.

use super::view::{View, ratio, sum_known};
use crate::base::dates::Day;
use crate::base::units::Money;
use crate::data::history::range;

pub fn balance(v: &View<'_>, _: i32) -> f64 {
    v.major(v.balance())
}

/// An amount of the accounts table; `None` where it is not known.
fn of_account(column: &[Money], account: usize) -> Option<i64> {
    column.get(account).and_then(|amount| amount.known())
}

pub fn utilisation(v: &View<'_>, _: i32) -> f64 {
    ratio(v.balance(), of_account(&v.book.limit, v.account))
}

pub fn months_on_book(v: &View<'_>, _: i32) -> f64 {
    // Where the opening is not known, the first statement known stands for it.
    let opened = v.book.opened_on[v.account].known().or_else(|| v.statements().last().map(|k| v.book.statements.statement_on[k]));
    opened.map_or(f64::NAN, |opened| f64::from(v.as_of.months_since(opened)))
}

/// Instalments of the schedule in force, known by `as_of`.
fn scheduled<'a>(v: &'a View<'_>) -> Option<impl Iterator<Item = usize> + 'a> {
    let schedules = &v.ledger?.schedules;
    let in_force = schedules.in_force(v.as_of);
    let known_on = &v.book.instalments.known_on;
    Some(range(&v.book.instalments.offsets, v.account).filter(move |k| known_on[*k] <= v.as_of && schedules.of(*k) == in_force))
}

pub fn remaining_term(v: &View<'_>, _: i32) -> f64 {
    let last = scheduled(v).and_then(|all| all.map(|k| v.book.instalments.due_on[k]).max());
    last.map_or(f64::NAN, |last| f64::from(last.max(v.as_of).months_since(v.as_of)))
}

pub fn secured(v: &View<'_>, _: i32) -> f64 {
    v.book.secured.get(v.account).copied().unwrap_or(f64::NAN)
}

pub fn instalment_to_income(v: &View<'_>, _: i32) -> f64 {
    let income = of_account(&v.book.income, v.account);
    let Some(all) = scheduled(v) else {
        return ratio(v.statement().and_then(|k| v.book.statements.amount_due[k].known()), income);
    };
    let i = &v.book.instalments;
    // The next one to fall due, else the latest that did; of several on that day the largest.
    let mut next: Option<(Day, i64)> = None;
    let mut latest: Option<(Day, i64)> = None;
    for k in all {
        let (day, amount) = (i.due_on[k], i.amount[k]);
        if day > v.as_of {
            next = next.filter(|n| n.0 < day || (n.0 == day && n.1 >= amount)).or(Some((day, amount)));
        } else {
            latest = latest.filter(|l| l.0 > day || (l.0 == day && l.1 >= amount)).or(Some((day, amount)));
        }
    }
    ratio(next.or(latest).map(|(_, amount)| amount), income)
}

/// The borrower's accounts whose history had begun.
fn begun<'a>(v: &'a View<'_>) -> impl Iterator<Item = usize> + 'a {
    v.family.accounts.clone().filter(|account| v.book.begun(*account, v.as_of))
}

pub fn accounts_of_borrower(v: &View<'_>, _: i32) -> f64 {
    begun(v).filter(|account| !v.book.closed(*account, v.as_of)).count() as f64
}

pub fn earlier_accounts(v: &View<'_>, _: i32) -> f64 {
    begun(v).filter(|account| v.book.closed(*account, v.as_of)).count() as f64
}

pub fn total_exposure(v: &View<'_>, _: i32) -> f64 {
    let open = begun(v).filter(|account| !v.book.closed(*account, v.as_of));
    v.major(sum_known(open.map(|account| v.family.view(account, v.as_of).balance().map(|balance| balance.max(0)))))
}

pub fn other_delinquent_accounts(v: &View<'_>, _: i32) -> f64 {
    let itself = !v.book.closed(v.account, v.as_of) && v.dpd() >= 1;
    f64::from(v.delinquent) - f64::from(u8::from(itself))
}

pub fn borrower_past_cures(v: &View<'_>, _: i32) -> f64 {
    f64::from(v.family.accounts.clone().map(|account| v.family.view(account, v.as_of).cures()).sum::<u32>())
}

pub fn borrower_max_dpd(v: &View<'_>, days: i32) -> f64 {
    let highest = v.family.accounts.clone().filter_map(|account| v.family.view(account, v.as_of).highest_dpd(days)).max();
    highest.map_or(f64::NAN, f64::from)
}

pub fn day_of_month(v: &View<'_>, _: i32) -> f64 {
    f64::from(v.as_of.day_of_month())
}

pub fn month(v: &View<'_>, _: i32) -> f64 {
    f64::from(v.as_of.month_index().rem_euclid(12) + 1)
}

pub fn days_to_payday(v: &View<'_>, _: i32) -> f64 {
    let Some(payday) = v.book.payday.get(v.account).copied().filter(|day| !day.is_nan()) else { return f64::NAN };
    // A payday of 31 is the last day of a shorter month.
    let within = |month_end: Day| month_end.plus(payday.min(f64::from(month_end.day_of_month())) as i32 - month_end.day_of_month() as i32);
    let this_month = within(v.as_of.month_end());
    let next = if this_month >= v.as_of { this_month } else { within(v.as_of.month_end().plus(1).month_end()) };
    f64::from(next.since(v.as_of))
}
