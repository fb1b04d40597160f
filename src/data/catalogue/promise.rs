//! Promises to pay: made, kept, broken, open.

use super::view::View;
use crate::base::dates::Day;
use crate::base::units::Money;
use crate::data::history::range;

/// What became of a promise, as known on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Kept,
    Broken,
    Open,
    /// Nothing was promised that could be kept or broken.
    Undecided,
}

/// A promise that was made and known by `as_of`.
struct Promise {
    made_on: Day,
    /// Last day on which a payment keeps it.
    until: Day,
    outcome: Outcome,
}

/// The promises known, in the order of their days; `None` where the project has no table of events.
fn promises<'a>(v: &'a View<'_>) -> Option<impl Iterator<Item = Promise> + 'a> {
    let promises = &v.book.promises;
    let known = |k: &usize| promises.made_on[*k] <= v.as_of && promises.known_on[*k] <= v.as_of;
    let judged = |k: usize| {
        let until = promises.due_on[k].plus(v.settings().promises.grace_days);
        Promise { made_on: promises.made_on[k], until, outcome: outcome(v, k, until) }
    };
    promises.logged.then(|| range(&promises.offsets, v.account).filter(known).map(judged))
}

fn outcome(v: &View<'_>, k: usize, until: Day) -> Outcome {
    let (promises, p) = (&v.book.promises, &v.book.payments);
    let made_on = promises.made_on[k];
    let Some(path) = v.path() else { return Outcome::Undecided };
    // Where the source does not say how much, the promise is to clear what was overdue.
    let amount = promises.amount[k].known().unwrap_or_else(|| path.standing(made_on).arrears);
    if amount <= 0 {
        return Outcome::Undecided;
    }
    let paid = range(&p.offsets, v.account)
        .filter(|j| p.paid_on[*j] >= made_on && p.paid_on[*j] <= until.min(v.as_of) && p.known_on[*j] <= v.as_of)
        .fold(0i64, |sum, j| sum.saturating_add(p.amount[j]));
    if paid as f64 >= v.settings().promises.kept_share * amount as f64 {
        Outcome::Kept
    } else if v.as_of >= until {
        Outcome::Broken
    } else {
        Outcome::Open
    }
}

/// Promises of a ledger, whose payments say what became of them.
fn judged<'a>(v: &'a View<'_>) -> Option<impl Iterator<Item = Promise> + 'a> {
    promises(v).filter(|_| v.ledger.is_some())
}

/// Promises of an account, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PromiseCounts {
    /// Made and known.
    pub made: u32,
    /// Kept.
    pub kept: u32,
    /// Broken.
    pub broken: u32,
    /// Neither kept nor overdue.
    pub open: u32,
    /// Day of the latest.
    pub last_on: Option<Day>,
}

/// The promises known, counted; `None` where the project has no table of events.
pub fn counted(v: &View<'_>) -> Option<PromiseCounts> {
    let mut counts = PromiseCounts::default();
    for promise in promises(v)? {
        counts.made += 1;
        counts.kept += u32::from(promise.outcome == Outcome::Kept);
        counts.broken += u32::from(promise.outcome == Outcome::Broken);
        counts.open += u32::from(promise.outcome == Outcome::Open);
        counts.last_on = counts.last_on.max(Some(promise.made_on));
    }
    Some(counts)
}

/// The open promises of a ledger: the day on which each falls due, and its amount, [`Money::NULL`] where the source does not say.
pub fn still_open(v: &View<'_>) -> Vec<(Day, Money)> {
    let promises = &v.book.promises;
    let known = range(&promises.offsets, v.account).filter(|k| promises.made_on[*k] <= v.as_of && promises.known_on[*k] <= v.as_of);
    let open = known.filter(|k| v.ledger.is_some() && outcome(v, *k, promises.due_on[*k].plus(v.settings().promises.grace_days)) == Outcome::Open);
    open.map(|k| (promises.due_on[k], promises.amount[k])).collect()
}

pub fn made(v: &View<'_>, days: i32) -> f64 {
    promises(v).map_or(f64::NAN, |all| all.filter(|p| p.made_on > v.before(days)).count() as f64)
}

pub fn kept_rate(v: &View<'_>, days: i32) -> f64 {
    let (mut kept, mut decided) = (0, 0);
    for promise in judged(v).into_iter().flatten().filter(|p| p.made_on > v.before(days)) {
        kept += u32::from(promise.outcome == Outcome::Kept);
        decided += u32::from(matches!(promise.outcome, Outcome::Kept | Outcome::Broken));
    }
    let rates = v.settings().rates;
    if decided == 0 { f64::NAN } else { rates.shrink(kept, decided, rates.promise_kept) }
}

pub fn broken(v: &View<'_>, days: i32) -> f64 {
    judged(v).map_or(f64::NAN, |all| all.filter(|p| p.outcome == Outcome::Broken && p.until > v.before(days)).count() as f64)
}

pub fn days_since_broken(v: &View<'_>, _: i32) -> f64 {
    let last = judged(v).into_iter().flatten().filter(|p| p.outcome == Outcome::Broken).map(|p| p.until).max();
    last.map_or(f64::NAN, |day| f64::from(v.as_of.since(day)))
}

pub fn open(v: &View<'_>, _: i32) -> f64 {
    judged(v).map_or(f64::NAN, |mut all| f64::from(u8::from(all.any(|p| p.outcome == Outcome::Open))))
}
