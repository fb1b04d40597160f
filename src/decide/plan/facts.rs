//! What a plan rests on: what is owed, the income, what was paid lately, the regular instalments, the payday. Only what was known at the end of
//! `as_of`; the accounts table has no dates, so income and payday are as it has them.

use crate::base::dates::Day;
use crate::base::units::Money;
use crate::data::history::range;
use crate::data::schedule::Schedules;
use crate::decide::facts::Situation;
use crate::decide::policy::PlanTerms;

/// The facts of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanFacts {
    /// The day.
    pub as_of: Day,
    /// What the plan would pay off; none where it is not known.
    pub amount: Option<Money>,
    /// Monthly income; none where it is not known.
    pub income: Option<Money>,
    /// Net payments of the days that show ability: those taken back left out, reversals of others taken off; none where payments are not known.
    pub paid: Option<Money>,
    /// Regular instalments of the next month by what was agreed before: a plan for the arrears is paid beside them, one for the balance in their
    /// place; none where they are not known.
    pub regular: Option<Money>,
    /// Day of the month on which income comes, 1 to 31; none where it is not known.
    pub payday: Option<u32>,
}

impl PlanFacts {
    /// The facts of a case, `amount` being what is owed of what the terms cover.
    pub fn of(on: &Situation<'_>, case: usize, amount: Option<Money>, terms: &PlanTerms) -> PlanFacts {
        let (account, as_of) = (on.cases.account[case] as usize, on.cases.as_of[case]);
        let ledger = on.book.ledger_at(account, as_of);
        let payday = on.book.payday.get(account).copied().filter(|day| (1.0..=31.0).contains(day));
        PlanFacts {
            as_of,
            amount,
            income: on.book.income.get(account).copied().filter(|income| income.known().is_some()),
            paid: if ledger { paid(on, account, as_of, terms.shown_days) } else { stated(on, account, as_of, terms.shown_days) },
            regular: if ledger { Some(scheduled(on, account, as_of)) } else { asked(on, account, as_of) },
            payday: payday.map(|day| day as u32),
        }
    }
}

fn paid(on: &Situation<'_>, account: usize, as_of: Day, days: i32) -> Option<Money> {
    let p = &on.book.payments;
    if p.offsets.is_empty() {
        return None;
    }
    let after = as_of.plus(-days);
    let counts = |k: &usize| p.paid_on[*k] > after && p.paid_on[*k] <= as_of && p.known_on[*k] <= as_of && p.stands(*k, as_of);
    Some(Money(range(&p.offsets, account).filter(counts).fold(0i64, |sum, k| sum.saturating_add(p.amount[k]))))
}

/// What the statements of the days say was paid in their cycles.
fn stated(on: &Situation<'_>, account: usize, as_of: Day, days: i32) -> Option<Money> {
    let (s, after) = (&on.book.statements, as_of.plus(-days));
    let of_days = range(&s.offsets, account).filter(|k| s.statement_on[*k] > after && s.statement_on[*k] <= as_of && s.known_on[*k] <= as_of);
    of_days.filter_map(|k| s.amount_paid[k].known()).fold(None, |sum, paid| Some(Money(sum.unwrap_or(Money(0)).0.saturating_add(paid))))
}

/// The instalments that fall due within a month by the schedule in force.
fn scheduled(on: &Situation<'_>, account: usize, as_of: Day) -> Money {
    let (i, until) = (&on.book.instalments, a_month_later(as_of));
    let mut schedules = Schedules::default();
    schedules.read(on.book, account);
    let in_force = schedules.in_force(as_of);
    let falls_due = |k: &usize| i.due_on[*k] > as_of && i.due_on[*k] <= until && i.known_on[*k] <= as_of && schedules.of(*k) == in_force;
    Money(range(&i.offsets, account).filter(falls_due).fold(0i64, |sum, k| sum.saturating_add(i.amount[k])))
}

/// What the latest statement asks for.
fn asked(on: &Situation<'_>, account: usize, as_of: Day) -> Option<Money> {
    let s = &on.book.statements;
    let latest = range(&s.offsets, account).rev().find(|k| s.statement_on[*k] <= as_of && s.known_on[*k] <= as_of)?;
    s.amount_due[latest].known().map(Money)
}

/// The same day of the next month, month ends being one: no monthly instalment is missed between the two, and none counted twice but at the end of
/// a short month.
fn a_month_later(day: Day) -> Day {
    if day == day.month_end() { day.plus(1).month_end() } else { day.plus_months(1) }
}
