//! Payment: when, how much, how regularly, and measured against what fell due.

use super::view::{View, ratio, sum_known};
use crate::base::dates::Day;
use crate::data::history::range;

/// Before any record.
const EVER: Day = Day(i32::MIN + 1);

/// Population mean and standard deviation; `None` of fewer than two values.
fn spread(values: &[f64]) -> Option<(f64, f64)> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    (values.len() >= 2).then(|| (mean, variance.sqrt()))
}

pub fn days_since_payment(v: &View<'_>, _: i32) -> f64 {
    let last = match v.ledger {
        Some(_) => v.standing_payments(EVER).next().map(|(k, _)| v.book.payments.paid_on[k]),
        None => {
            let s = &v.book.statements;
            v.statements().find(|k| s.amount_paid[*k].known().is_some_and(|a| a > 0)).map(|k| s.statement_on[k])
        }
    };
    last.map_or(f64::NAN, |day| f64::from(v.as_of.since(day)))
}

pub fn payments(v: &View<'_>, days: i32) -> f64 {
    if v.ledger.is_some() {
        return v.standing_payments(v.before(days)).count() as f64;
    }
    let paid = |k: usize| v.book.statements.amount_paid[k].known();
    let mut cycles = v.cycles(days).peekable();
    match cycles.peek() {
        Some((k, _)) if paid(*k).is_some() => cycles.filter(|(k, _)| paid(*k).is_some_and(|a| a > 0)).count() as f64,
        _ => f64::NAN,
    }
}

/// What was paid in a window, in minor units.
fn paid_minor(v: &View<'_>, days: i32) -> Option<i64> {
    match v.ledger {
        Some(_) => Some(v.standing_rows(v.before(days)).fold(0i64, |sum, (_, amount)| sum.saturating_add(amount))),
        None => sum_known(v.cycles(days).map(|(k, _)| v.book.statements.amount_paid[k].known())),
    }
}

pub fn paid(v: &View<'_>, days: i32) -> f64 {
    v.major(paid_minor(v, days))
}

pub fn paid_to_due(v: &View<'_>, days: i32) -> f64 {
    if v.ledger.is_none() {
        // What a statement asks for falls due in the next cycle.
        let (paid, due) = asked_and_paid(v, days).fold((0i64, 0i64), |(p, d), (paid, asked)| (p.saturating_add(paid), d.saturating_add(asked)));
        return ratio(Some(paid), Some(due));
    }
    let due = v.dues(v.before(days)).fold(0i64, |sum, k| sum.saturating_add(v.book.instalments.amount[k]));
    ratio(paid_minor(v, days), Some(due))
}

/// Cycles of a window in which something had been asked for: what was paid, what was asked.
fn asked_and_paid<'a>(v: &'a View<'_>, days: i32) -> impl Iterator<Item = (i64, i64)> + 'a {
    let s = &v.book.statements;
    v.cycles(days).filter_map(|(k, previous)| {
        let asked = s.amount_due[previous?].known().filter(|asked| *asked > 0)?;
        Some((s.amount_paid[k].known()?, asked))
    })
}

pub fn on_time_rate(v: &View<'_>, days: i32) -> f64 {
    let (mut count, mut on_time) = (0u32, 0u32);
    let Some(ledger) = v.ledger else {
        for (paid, asked) in asked_and_paid(v, days) {
            count += 1;
            on_time += u32::from(paid >= asked);
        }
        return if count == 0 { f64::NAN } else { f64::from(on_time) / f64::from(count) };
    };
    let (i, p, after) = (&v.book.instalments, &v.book.payments, v.before(days));
    for (place, schedule) in ledger.schedules.list().iter().enumerate() {
        let payments = range(&p.offsets, v.account);
        let mut payments = payments.filter(|k| p.known_on[*k] <= v.as_of && p.paid_on[*k] >= schedule.paid_from).peekable();
        let (mut due, mut paid) = (0i64, 0i64);
        let fell_due = |k: &usize| i.known_on[*k] <= v.as_of && ledger.schedules.of(*k) == place && !ledger.schedules.void(v.book, *k, v.as_of);
        for k in range(&i.offsets, v.account).take_while(|k| i.due_on[*k] <= v.as_of).filter(fell_due) {
            due = due.saturating_add(i.amount[k]);
            while let Some(j) = payments.next_if(|j| p.paid_on[*j] <= i.due_on[k]) {
                paid = paid.saturating_add(p.amount[j]);
            }
            if i.due_on[k] > after {
                count += 1;
                on_time += u32::from(paid >= due);
            }
        }
    }
    if count == 0 { f64::NAN } else { f64::from(on_time) / f64::from(count) }
}

pub fn last_payment_to_due(v: &View<'_>, _: i32) -> f64 {
    if v.ledger.is_none() {
        let s = &v.book.statements;
        let last = v.cycles(i32::MAX).find(|(k, _)| s.amount_paid[*k].known().is_some_and(|a| a > 0));
        return last.map_or(f64::NAN, |(k, previous)| ratio(s.amount_paid[k].known(), previous.and_then(|p| s.amount_due[p].known())));
    }
    let (i, p) = (&v.book.instalments, &v.book.payments);
    let mut payments = v.standing_payments(EVER);
    let paid = payments
        .next()
        .map(|(last, amount)| payments.take_while(|(k, _)| p.paid_on[*k] == p.paid_on[last]).fold(amount, |least, (_, amount)| least.min(amount)));
    let mut dues = v.dues(EVER);
    let due = dues.next().map(|last| dues.take_while(|k| i.due_on[*k] == i.due_on[last]).fold(i.amount[last], |most, k| most.max(i.amount[k])));
    ratio(paid, due)
}

pub fn partial_payments(v: &View<'_>, days: i32) -> f64 {
    let Some(path) = v.path() else {
        let mut pairs = asked_and_paid(v, days).peekable();
        return if pairs.peek().is_none() { f64::NAN } else { pairs.filter(|(paid, asked)| *paid > 0 && paid < asked).count() as f64 };
    };
    let first = range(&v.book.payments.offsets, v.account).start;
    v.standing_payments(v.before(days)).filter(|(k, _)| path.partial[*k - first]).count() as f64
}

pub fn payment_variation(v: &View<'_>, days: i32) -> f64 {
    let amounts: Vec<f64> = match v.ledger {
        Some(_) => v.standing_payments(v.before(days)).map(|(_, amount)| amount as f64).collect(),
        None => {
            let paid = |k: usize| v.book.statements.amount_paid[k].known().filter(|a| *a > 0);
            v.cycles(days).filter_map(|(k, _)| paid(k)).map(|a| a as f64).collect()
        }
    };
    spread(&amounts).map_or(f64::NAN, |(mean, deviation)| deviation / mean)
}

pub fn payment_day_spread(v: &View<'_>, days: i32) -> f64 {
    let Some(_) = v.ledger else { return f64::NAN };
    let p = &v.book.payments;
    let days: Vec<f64> = v.standing_payments(v.before(days)).map(|(k, _)| f64::from(p.paid_on[k].day_of_month())).collect();
    spread(&days).map_or(f64::NAN, |(_, deviation)| deviation)
}

pub fn failed_debits(v: &View<'_>, days: i32) -> f64 {
    let Some(_) = v.ledger else { return f64::NAN };
    let (p, f, after) = (&v.book.payments, &v.book.failed_debits, v.before(days));
    let within = |on: Day, known: Day| on > after && on <= v.as_of && known <= v.as_of;
    let reversed = range(&p.offsets, v.account).filter(|k| p.amount[*k] < 0 && within(p.paid_on[*k], p.known_on[*k])).count();
    (reversed + range(&f.offsets, v.account).filter(|k| within(f.failed_on[*k], f.known_on[*k])).count()) as f64
}

pub fn paid_in_episode_to_arrears(v: &View<'_>, _: i32) -> f64 {
    let Some(began) = v.episode_began() else { return f64::NAN };
    let paid = match v.ledger {
        Some(_) => Some(v.standing_rows(began.plus(-1)).fold(0i64, |sum, (_, amount)| sum.saturating_add(amount))),
        None => {
            let s = &v.book.statements;
            // What the entry statement says was paid before the episode, but it does say that payments are known.
            let paid = |k: usize| s.amount_paid[k].known().map(|amount| if s.statement_on[k] > began { amount } else { 0 });
            sum_known(v.statements().take_while(|k| s.statement_on[*k] >= began).map(paid))
        }
    };
    ratio(paid, v.arrears())
}
