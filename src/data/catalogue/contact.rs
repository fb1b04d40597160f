//! Contact: whether the borrower can be reached, and what they say. Of all the borrower's accounts together: it is the person who answers.
//!
//! Deliberately absent: counts of outbound attempts. Hard cases get more calls, so a count would teach a model that calls hurt.

use super::view::View;
use crate::base::dates::Day;
use crate::data::history::{ContactKind, range};

/// Contacts known, in the order of their days; `None` where the project has no log.
fn contacts<'a>(v: &'a View<'_>) -> Option<impl Iterator<Item = (Day, ContactKind)> + 'a> {
    let c = &v.book.contacts;
    c.logged.then(|| {
        range(&c.offsets, v.family.borrower)
            .take_while(|k| c.contacted_on[*k] <= v.as_of)
            .filter(|k| c.known_on[*k] <= v.as_of)
            .map(|k| (c.contacted_on[k], c.kind[k]))
    })
}

/// The latest day on which the borrower was reached; before every day if there was none.
fn last_reached(v: &View<'_>) -> Day {
    contacts(v).into_iter().flatten().filter(|(_, kind)| kind.is(ContactKind::RIGHT_PARTY)).map(|(day, _)| day).max().unwrap_or(Day::NULL)
}

fn count(v: &View<'_>, after: Day, wanted: ContactKind) -> f64 {
    contacts(v).map_or(f64::NAN, |all| all.filter(|(day, kind)| *day > after && kind.is(wanted)).count() as f64)
}

pub fn right_party_rate(v: &View<'_>, days: i32) -> f64 {
    let (mut reached, mut attempts) = (0, 0);
    let attempted = |(day, kind): &(Day, ContactKind)| *day > v.before(days) && kind.is(ContactKind::ATTEMPT);
    for (_, kind) in contacts(v).into_iter().flatten().filter(attempted) {
        attempts += 1;
        reached += u32::from(kind.is(ContactKind::RIGHT_PARTY));
    }
    let rates = v.settings().rates;
    if attempts == 0 { f64::NAN } else { rates.shrink(reached, attempts, rates.right_party) }
}

pub fn days_since_right_party(v: &View<'_>, _: i32) -> f64 {
    last_reached(v).known().map_or(f64::NAN, |day| f64::from(v.as_of.since(day)))
}

pub fn consecutive_no_answer(v: &View<'_>, _: i32) -> f64 {
    count(v, last_reached(v), ContactKind::ATTEMPT)
}

pub fn inbound(v: &View<'_>, days: i32) -> f64 {
    count(v, v.before(days), ContactKind::INBOUND)
}

pub fn refusals(v: &View<'_>, days: i32) -> f64 {
    count(v, v.before(days), ContactKind::REFUSED)
}

pub fn lost_contact(v: &View<'_>, _: i32) -> f64 {
    let reached = last_reached(v);
    contacts(v).map_or(f64::NAN, |mut all| f64::from(u8::from(all.any(|(day, kind)| day > reached && kind.is(ContactKind::WRONG_NUMBER)))))
}
