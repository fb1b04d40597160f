//! What quiet hours leave of the floor's day in every zone, on every day of outreach.

use super::{Verifying, rules};
use crate::base::dates::Day;
use crate::base::zone::Zone;
use crate::decide::policy::Rule;
use std::collections::{BTreeSet, HashMap};

/// What quiet hours leave in a zone on a day of outreach.
#[derive(Default)]
pub(super) struct ZoneDay {
    pub(super) known: bool,
    /// Guardrails that leave no minute of the floor's day, as bits of their places.
    pub(super) closed: u64,
    /// Treatments to which several leave none together, as bits.
    pub(super) together: u32,
}

/// The zones that a person's accounts name, in order.
fn zones_of_person<'a>(of: &Verifying<'a>, borrower: usize) -> Vec<&'a str> {
    let book = of.situation.book;
    let accounts = book.accounts_of.get(borrower).copied().unwrap_or(0)..book.accounts_of.get(borrower + 1).copied().unwrap_or(0);
    let named: BTreeSet<&str> = accounts.filter_map(|account| book.time_zone.of(account)).collect();
    named.into_iter().collect()
}

/// What the zones of each person leave on every day of outreach, and of each case which of these: all zones that their accounts name, or where none
/// does the declared one.
///
/// Several quiet hours may leave no minute together. A pack for some accounts alone takes part all the same: the stricter reading.
pub(super) fn zones(of: &Verifying<'_>) -> (Vec<ZoneDay>, Vec<u32>) {
    let (policy, situation) = (of.policy, of.situation);
    let declared = situation.declared.time_zone.as_ref().map(|a| a.value.as_str());
    let (mut found, mut of_case): (Vec<ZoneDay>, Vec<u32>) = Default::default();
    let mut known: HashMap<(Vec<&str>, Day), u32> = HashMap::new();
    for case in 0..situation.cases.len() {
        let words = zones_of_person(of, situation.cases.borrower[case] as usize);
        let day = Day(situation.cases.as_of[case].0 + policy.outreach.days_after);
        let named: Vec<&str> = if words.is_empty() { declared.into_iter().collect() } else { words };
        let place = *known.entry((named.clone(), day)).or_insert_with(|| {
            found.push(left(of, &named, day));
            found.len() as u32 - 1
        });
        of_case.push(place);
    }
    (found, of_case)
}

/// What is left in all of these zones on a day.
fn left(of: &Verifying<'_>, named: &[&str], day: Day) -> ZoneDay {
    let policy = of.policy;
    let read: Option<Vec<Zone>> = named.iter().map(|word| Zone::parse(word)).collect();
    let Some(zones) = read.filter(|zones| !zones.is_empty()) else { return ZoneDay::default() };
    let mut left = ZoneDay { known: true, ..ZoneDay::default() };
    let hours = |k: usize| match policy.guardrails[k].rule {
        Rule::QuietHours(hours) if policy.guardrails[k].vetoes => Some((hours.from, hours.to)),
        _ => None,
    };
    let in_force = |k: &usize| policy.guardrails[*k].from <= day && day <= policy.guardrails[*k].until;
    let all: Vec<usize> = (0..policy.guardrails.len()).filter(|k| hours(*k).is_some()).collect();
    for k in all.iter().copied() {
        if hours(k).is_some_and(|hours| rules::open_minutes(policy, &zones, day, &[hours]) == 0) {
            left.closed |= 1 << k;
        }
    }
    for t in 0..policy.treatments.len() {
        let of: Vec<usize> = all.iter().copied().filter(|k| policy.guardrails[*k].blocks.contains(&t)).collect();
        let today: Vec<(u32, u32)> = of.iter().filter(|k| in_force(k)).filter_map(|k| hours(*k)).collect();
        if of.len() > 1 && !today.is_empty() && rules::open_minutes(policy, &zones, day, &today) == 0 {
            left.together |= 1 << t;
        }
    }
    left
}
