//! Each rule, written again from what it says.

use super::told::{Contact, Told};
use crate::base::dates::Day;
use crate::base::schema::{EVENT_KINDS, RESULTS};
use crate::base::zone::Zone;
use crate::data::history::range;
use crate::decide::policy::{ClaimOf, Count, Interruptions, LimitFrom, Policy, Since};
use std::collections::BTreeMap;

/// What a rule says of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    No,
    Yes,
    /// A fact is missing, so it speaks.
    Unknown,
}

impl From<bool> for Says {
    fn from(yes: bool) -> Says {
        if yes { Says::Yes } else { Says::No }
    }
}

/// Whether a word is one of a set; a word that the log does not say may be any.
fn among(set: u64, place: Option<u8>) -> bool {
    place.is_none_or(|place| set & (1 << place) != 0)
}

fn counts(contact: &Contact, channels: u64, results: u64) -> bool {
    among(channels, contact.channel) && among(results, contact.result)
}

/// At most so many contacts of the lender in the days that end on the day of outreach: one more is too many once they are reached.
pub(super) fn contact_count(told: &Told<'_>, rule: &Count) -> Says {
    if !told.contacts_are_known() {
        return Says::Unknown;
    }
    let first = Day(told.day.0 - rule.days + 1);
    let counted: Vec<&Contact> = told.contacts.iter().filter(|c| c.by_lender && c.on >= first && counts(c, rule.channels, rule.results)).collect();
    let most = if rule.per_number {
        let mut by_number: BTreeMap<u32, u32> = BTreeMap::new();
        let unnumbered = counted.iter().filter(|c| c.number.is_none()).count() as u32;
        counted.iter().filter_map(|c| c.number).for_each(|n| *by_number.entry(n).or_default() += 1);
        by_number.values().max().copied().unwrap_or(0) + unnumbered
    } else {
        counted.len() as u32
    };
    (most >= rule.most).into()
}

/// So many days must have passed since the latest such contact.
pub(super) fn days_since_contact(told: &Told<'_>, rule: &Since) -> Says {
    if !told.contacts_are_known() {
        return Says::Unknown;
    }
    let such = told.contacts.iter().filter(|c| (c.by_lender || !rule.outbound) && counts(c, rule.channels, rule.results));
    such.map(|c| c.on).max().is_some_and(|last| told.day.0 - last.0 < rule.days).into()
}

/// So many days must have passed since the latest such event began.
pub(super) fn days_since_event(told: &Told<'_>, kinds: u64, days: i32) -> Says {
    if !told.events_are_known() {
        return Says::Unknown;
    }
    let such = told.events.iter().filter(|e| EVENT_KINDS.iter().position(|k| *k == Told::kind(e)).is_some_and(|k| kinds & (1 << k) != 0));
    such.map(|e| e.from).max().is_some_and(|last| told.day.0 - last.0 < days).into()
}

/// The claim must not be larger than the line, in minor units.
pub(super) fn claim_limit(told: &Told<'_>, of: ClaimOf, most: i64, minor_units: f64) -> Says {
    let claim = match of {
        ClaimOf::Arrears => told.on.cases.arrears[told.case].known(),
        ClaimOf::Balance => told.feature("balance").map(|b| (b * minor_units).round() as i64),
    };
    claim.map_or(Says::Unknown, |claim| (claim > most).into())
}

/// Everything on the list must be on file.
pub(super) fn evidence(told: &Told<'_>, items: &[String]) -> Says {
    match told.on.book.evidence.of(told.account) {
        Some(file) => {
            let on_file: Vec<&str> = file.split_whitespace().collect();
            items.iter().any(|item| !on_file.contains(&item.as_str())).into()
        }
        None if told.on.declared.evidence.is_some() => Says::No,
        None => Says::Unknown,
    }
}

/// The day that many years later; the 28th of February where there is no 29th.
fn years_later(day: Day, years: i32) -> Day {
    use chrono::Datelike;
    let date = day.date();
    Day::from_ymd(date.year() + years, date.month(), date.day()).or_else(|| Day::from_ymd(date.year() + years, 2, 28)).unwrap_or(Day::NEVER)
}

/// The period is over once the day of outreach lies beyond it: it runs from its beginning, and anew from everything that interrupted it while it ran.
pub(super) fn limitation(told: &Told<'_>, years: i32, from: LimitFrom, by: &Interruptions) -> Says {
    if ["judgment", "enforcement"].contains(&told.legal_stage()) {
        return Says::No;
    }
    let (book, account) = (told.on.book, told.account);
    if !book.ledger_at(account, told.as_of) {
        return Says::Unknown;
    }
    let mut begin = Day(told.as_of.0 - told.on.cases.dpd[told.case]);
    if from == LimitFrom::LastInstalment {
        let mut last = None;
        for k in range(&book.instalments.offsets, account) {
            if book.instalments.known_on[k] <= told.as_of {
                last = last.max(Some(book.instalments.due_on[k]));
            }
        }
        match last {
            Some(due) => begin = due,
            None => return Says::Unknown,
        }
    }
    let mut interruptions: Vec<Day> = Vec::new();
    let p = &book.payments;
    for k in range(&p.offsets, account).filter(|_| by.payment) {
        let taken_back = p.taken_back_on.get(k).is_some_and(|day| *day <= told.as_of);
        if p.amount[k] > 0 && p.paid_on[k] <= told.as_of && p.known_on[k] <= told.as_of && !taken_back {
            interruptions.push(p.paid_on[k]);
        }
    }
    let promises = &book.promises;
    for k in range(&promises.offsets, account).filter(|_| by.promise) {
        if promises.made_on[k] <= told.as_of && promises.known_on[k] <= told.as_of {
            interruptions.push(promises.made_on[k]);
        }
    }
    for event in &told.events {
        if (by.plan && Told::kind(event) == "plan_active") || (by.filing && Told::kind(event) == "legal_filed") {
            interruptions.push(event.from);
        }
    }
    for contact in told.contacts.iter().filter(|c| by.demand && c.by_lender) {
        let result = contact.result.map_or("", |place| RESULTS[usize::from(place)]);
        if ["reached", "promise", "refused", "delivered"].contains(&result) {
            interruptions.push(contact.on);
        }
    }
    let mut runs_from = begin;
    // Where the last of them came within the first period, all did, and it is the last that counts.
    if let Some(last) = interruptions.iter().max().copied().filter(|last| last.0 - begin.0 <= 365 * years) {
        runs_from = begin.max(last);
        interruptions.clear();
    }
    interruptions.sort();
    for day in interruptions {
        // 365 days a year lie within the period, whatever the calendar.
        let within = day.0 - runs_from.0 <= 365 * years || day <= years_later(runs_from, years);
        if within && day > runs_from {
            runs_from = day;
        }
    }
    (told.day > years_later(runs_from, years)).into()
}

/// The minutes of the floor's day, by its own clock, at which no quiet hours run wherever the borrower may live.
pub(super) fn open_minutes(policy: &Policy, zones: &[Zone], day: Day, quiet: &[(u32, u32)]) -> usize {
    let ahead: Vec<i32> = zones.iter().map(|zone| zone.minutes_ahead(day) - policy.outreach.zone.minutes_ahead(day)).collect();
    let is_quiet = |local: i32| {
        quiet.iter().any(|(from, to)| {
            let (from, to) = (*from as i32, *to as i32);
            // Over midnight the hours are those outside.
            if from < to { from <= local && local < to } else { !(to <= local && local < from) }
        })
    };
    (policy.outreach.hours.from..policy.outreach.hours.to)
        .filter(|minute| ahead.iter().all(|ahead| !is_quiet((*minute as i32 + ahead + 2 * 1440) % 1440)))
        .count()
}
