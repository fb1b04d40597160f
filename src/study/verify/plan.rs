//! Whether a plan can be paid, written again from what the policy says of plans: from the raw records, and by paying it month by month.

use super::rules::Says;
use super::told::Told;
use crate::base::dates::Day;
use crate::data::history::{Portfolio, range};
use crate::decide::policy::{ClaimOf, PlanTerms};

/// A twelfth of a year's interest, in millionths, is one of so many.
const TWELFTHS: i128 = 12_000_000;

/// The rule speaks where no plan within the terms can be paid.
pub(super) fn none_payable(told: &Told<'_>, terms: &PlanTerms, minor_units: f64) -> Says {
    let owed = match terms.covers {
        ClaimOf::Arrears => told.on.cases.arrears[told.case].known(),
        ClaimOf::Balance => told.feature("balance").map(|b| (b * minor_units).round() as i64),
    };
    let Some(owed) = owed else { return Says::Unknown };
    if owed <= 0 {
        return Says::Yes;
    }
    let book = told.on.book;
    let income = book.income.get(told.account).and_then(|income| income.known());
    let paid = if book.ledger_at(told.account, told.as_of) { paid(told, terms.shown_days) } else { stated(told, terms.shown_days) };
    let mut able: Vec<i128> = Vec::new();
    match income {
        Some(none) if none <= 0 => return Says::Yes,
        Some(income) => able.push(i128::from(income) * i128::from(terms.income_share.0) / 1_000_000),
        None => {}
    }
    if let Some(paid) = paid.filter(|paid| *paid > 0) {
        // A month is 365.25 days / 12: 487 / 16 of a day.
        let month = i128::from(paid) * i128::from(terms.shown_share.0) * 487;
        able.push(month / (16_000_000 * i128::from(terms.shown_days)));
    }
    let Some(mut able) = able.into_iter().min() else {
        return if paid.is_none() { Says::Unknown } else { Says::Yes };
    };
    if terms.covers == ClaimOf::Arrears {
        match regular(told) {
            Some(regular) => able -= i128::from(regular),
            None => return Says::Unknown,
        }
    }
    if able <= 0 || able < i128::from(terms.min_instalment.0) {
        return Says::Yes;
    }
    let mut left = i128::from(owed);
    for _ in 0..terms.max_months {
        left += interest(left, i128::from(terms.annual_rate.0)) - able;
        if left <= 0 {
            return Says::No;
        }
    }
    Says::Yes
}

/// A month's interest: halves up, and down again where that was a half that made it odd.
fn interest(left: i128, rate: i128) -> i128 {
    let doubled = 2 * left * rate + TWELFTHS;
    let up = doubled / (2 * TWELFTHS);
    if doubled % (2 * TWELFTHS) == 0 && up % 2 != 0 { up - 1 } else { up }
}

fn within(on: Day, known: Day, told: &Told<'_>, days: i32) -> bool {
    told.as_of.0 - days < on.0 && on <= told.as_of && known <= told.as_of
}

/// Payments of the days as they stood at the end of the day of the case; none in a book without a table of them.
fn paid(told: &Told<'_>, days: i32) -> Option<i64> {
    let p = &told.on.book.payments;
    let mut sum = 0i64;
    for k in range(&p.offsets, told.account) {
        let taken_back = p.taken_back_on.get(k).is_some_and(|day| *day <= told.as_of);
        if within(p.paid_on[k], p.known_on[k], told, days) && !taken_back {
            sum = sum.saturating_add(p.amount[k]);
        }
    }
    (!p.offsets.is_empty()).then_some(sum)
}

fn stated(told: &Told<'_>, days: i32) -> Option<i64> {
    let s = &told.on.book.statements;
    let mut sum = None;
    for k in range(&s.offsets, told.account) {
        if let Some(paid) = s.amount_paid[k].known().filter(|_| within(s.statement_on[k], s.known_on[k], told, days)) {
            sum = Some(sum.unwrap_or(0i64).saturating_add(paid));
        }
    }
    sum
}

/// The instalments of the month after the day of the case: of a ledger those of the latest agreement that had made any known, of statements what
/// the latest asks for.
fn regular(told: &Told<'_>) -> Option<i64> {
    let (book, account, as_of) = (told.on.book, told.account, told.as_of);
    if !book.ledger_at(account, as_of) {
        let s = &book.statements;
        let latest = range(&s.offsets, account).filter(|k| s.statement_on[*k] <= as_of && s.known_on[*k] <= as_of).max();
        return latest.and_then(|k| s.amount_due[k].known());
    }
    let i = &book.instalments;
    let known: Vec<usize> = range(&i.offsets, account).filter(|k| i.known_on[*k] <= as_of).collect();
    let agreement = |k: usize| agreements_by(book, account, i.known_on[k]);
    let latest = known.iter().map(|k| agreement(*k)).max()?;
    let next = Day(as_of.0 + 1);
    // Months that end together are a month apart.
    let until = if next.day_of_month() == 1 { Day(next.plus_months(1).0 - 1) } else { as_of.plus_months(1) };
    let due = known.into_iter().filter(|k| next <= i.due_on[*k] && i.due_on[*k] <= until && agreement(*k) == latest);
    Some(due.fold(0i64, |sum, k| sum.saturating_add(i.amount[k])))
}

/// How many agreements that replace a schedule were known by a day.
fn agreements_by(book: &Portfolio, account: usize, day: Day) -> usize {
    range(&book.re_ages.offsets, account).filter(|k| book.re_ages.known_on[*k] <= day).count()
}
