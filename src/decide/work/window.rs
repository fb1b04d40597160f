//! When a borrower may be approached on the day of outreach, by the clock where they live: the hours of the floor less every quiet hour.
//!
//! Of several spells the first is told. Where nobody knows the borrower's zone, and no rule asks for it, the times are by the floor's own clock, whose
//! zone is named beside them.

use super::{Unit, speaks};
use crate::base::dates::Day;
use crate::base::zone::{DAY_MINUTES, Hours, Zone, clock};
use crate::data::write::{OutColumn, OutTable};
use crate::decide::facts::{allowed_minutes, zones_of};
use crate::decide::guardrail::Guard;
use crate::decide::policy::{Outreach, Rule};
use std::collections::HashMap;
use std::sync::Arc;

/// What is allowed in a set of zones under a set of quiet hours.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Window {
    from: String,
    until: String,
    zone: String,
    /// Hours of the local day all of whose minutes are allowed, as bits.
    whole_hours: u32,
}

/// The windows of a list's units.
pub(super) struct Windows {
    list: Vec<Window>,
    of: Vec<u32>,
}

impl Windows {
    pub(super) fn of(guard: &Guard<'_>, place: usize, units: &[Unit]) -> Windows {
        let mut windows = Windows { list: Vec::new(), of: Vec::with_capacity(units.len()) };
        let policy = guard.policy;
        if !policy.treatments[place].channel.is_contact() {
            windows.list.push(Window::default());
            windows.of.resize(units.len(), 0);
            return windows;
        }
        let quiet: Vec<usize> = (0..policy.guardrails.len())
            .filter(|k| {
                let g = &policy.guardrails[*k];
                g.vetoes && g.blocks.contains(&place) && matches!(g.rule, Rule::QuietHours(_))
            })
            .collect();
        let zones = &guard.situation().book.time_zone;
        let mut known: HashMap<(Vec<u32>, u32, u64, Day), u32> = HashMap::new();
        for unit in units {
            let facts = guard.facts(unit.lead());
            let in_force = |k: &usize| unit.cases().any(|case| speaks(guard, &policy.guardrails[*k], case, &facts));
            let set = quiet.iter().copied().filter(in_force).fold(0u64, |set, k| set | 1 << k);
            // By the clock of the first of these accounts that names one.
            let code = |case: usize| zones.codes.get(guard.situation().cases.account[case] as usize).copied().unwrap_or(u32::MAX);
            let own = unit.cases().map(code).find(|code| zones.words.get(*code as usize).is_some_and(|w| Zone::parse(w).is_some()));
            let key = (facts.zone_codes(), own.unwrap_or(u32::MAX), set, facts.day);
            let place = *known.entry(key).or_insert_with_key(|(codes, own, set, day)| {
                windows.list.push(window(guard, codes, *own, *set, *day));
                windows.list.len() as u32 - 1
            });
            windows.of.push(place);
        }
        windows
    }

    /// Hours of the local day that are allowed whole, as bits.
    pub(super) fn whole_hours(&self, row: usize) -> u32 {
        self.list[self.of[row] as usize].whole_hours
    }

    pub(super) fn columns(&self, table: OutTable) -> OutTable {
        let column = |of: &dyn Fn(&Window) -> &str| {
            let said = |code: &u32| if of(&self.list[*code as usize]).is_empty() { u32::MAX } else { *code };
            OutColumn::Words { codes: self.of.iter().map(said).collect(), words: Arc::new(self.list.iter().map(|w| of(w).into()).collect()) }
        };
        table
            .with("next_allowed_from", column(&|w| &w.from))
            .with("next_allowed_until", column(&|w| &w.until))
            .with("time_zone", column(&|w| &w.zone))
    }
}

/// What a person's zones leave under some of the policy's guardrails of quiet hours, by the clock of their own zone.
fn window(guard: &Guard<'_>, codes: &[u32], own: u32, set: u64, day: Day) -> Window {
    let (situation, policy) = (guard.situation(), guard.policy);
    let quiet: Vec<Hours> = policy
        .guardrails
        .iter()
        .enumerate()
        .filter(|(k, _)| set & (1 << k) != 0)
        .filter_map(|(_, g)| if let Rule::QuietHours(hours) = g.rule { Some(hours) } else { None })
        .collect();
    let word = |code: u32| situation.book.time_zone.words.get(code as usize).map(|w| &**w);
    let declared = situation.declared.time_zone.as_ref().map(|a| a.value.as_str());
    let (mut zones, name) = match zones_of(situation, codes) {
        Some(zones) => (zones, word(own).or(codes.first().and_then(|code| word(*code))).or(declared).unwrap_or_default()),
        None => (vec![policy.outreach.zone], policy.outreach.zone_name.as_str()),
    };
    if let Some(own) = word(own).and_then(Zone::parse).filter(|own| zones.contains(own)) {
        zones.retain(|zone| *zone != own);
        zones.insert(0, own);
    }
    told(&policy.outreach, &zones, name, day, &quiet)
}

fn told(outreach: &Outreach, zones: &[Zone], name: &str, day: Day, quiet: &[Hours]) -> Window {
    let minutes = allowed_minutes(outreach, zones, day, quiet);
    let (Some(first_zone), Some(first)) = (zones.first(), minutes.first()) else { return Window::default() };
    let ahead = first_zone.minutes_ahead(day) - outreach.zone.minutes_ahead(day);
    // By the floor's clock minutes lie within one day; by the borrower's they may lie on the day before or after.
    let on_floor = |local: u32| (local as i32 - ahead).rem_euclid(DAY_MINUTES as i32);
    let begins = on_floor(*first);
    let ends = minutes.iter().zip(begins..).take_while(|(local, floor)| on_floor(**local) == *floor).map(|(_, floor)| floor + 1).last();
    let wall = |floor: i32| {
        let local = floor + ahead;
        format!("{} {}", day.plus(local.div_euclid(DAY_MINUTES as i32)), clock(local.rem_euclid(DAY_MINUTES as i32) as u32))
    };
    let mut of_hour = [0u32; 24];
    minutes.iter().for_each(|minute| of_hour[(minute / 60 % 24) as usize] += 1);
    let whole_hours = of_hour.iter().enumerate().filter(|(_, n)| **n == 60).fold(0, |set, (hour, _)| set | 1 << hour);
    Window { from: wall(begins), until: wall(ends.unwrap_or(begins)), zone: name.to_string(), whole_hours }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outreach(hours: &str) -> Outreach {
        let zone_name = "Asia/Shanghai";
        Outreach {
            days_after: 1,
            hours: Hours::parse(hours).unwrap(),
            zone: Zone::parse(zone_name).unwrap(),
            zone_name: zone_name.into(),
            team: None,
        }
    }

    fn said(hours: &str, zones: &[&str], quiet: &[&str]) -> (String, String, u32) {
        let zones: Vec<Zone> = zones.iter().map(|z| Zone::parse(z).unwrap()).collect();
        let quiet: Vec<Hours> = quiet.iter().map(|q| Hours::parse(q).unwrap()).collect();
        let w = told(&outreach(hours), &zones, "", "2025-07-01".parse().unwrap(), &quiet);
        (w.from, w.until, w.whole_hours)
    }

    fn hours(all: std::ops::Range<u32>) -> u32 {
        all.fold(0, |set, hour| set | 1 << hour)
    }

    #[test]
    fn the_first_spell_is_told_by_the_clock_where_the_borrower_lives() {
        // 09:00 to 20:00 in Shanghai, nothing before 10:30: from half past ten, and the first whole hour is 11.
        assert_eq!(said("09:00-20:00", &["+08:00"], &["20:00-10:30"]), ("2025-07-01 10:30".into(), "2025-07-01 20:00".into(), hours(11..20)));
        // London is seven hours behind in July: 02:00 to 13:00 there, and nothing before 08:00 leaves five hours.
        assert_eq!(said("09:00-20:00", &["Europe/London"], &["21:00-08:00"]), ("2025-07-01 08:00".into(), "2025-07-01 13:00".into(), hours(8..13)));
        // Twelve hours behind it is the evening before: 21:00 on 30 June is 09:00 in Shanghai.
        assert_eq!(said("09:00-20:00", &["-04:00"], &["22:00-08:00"]), ("2025-06-30 21:00".into(), "2025-06-30 22:00".into(), hours(21..22)));
        // The evening before is quiet, and so is the night: the first hour allowed is 08:00 of the day itself.
        assert_eq!(said("09:00-22:00", &["-04:00"], &["20:00-08:00"]), ("2025-07-01 08:00".into(), "2025-07-01 10:00".into(), hours(8..10)));
        // A rest at noon: the first of the two spells.
        assert_eq!(
            said("09:00-18:00", &["+08:00"], &["12:00-14:00"]),
            ("2025-07-01 09:00".into(), "2025-07-01 12:00".into(), hours(9..12) | hours(14..18))
        );
    }

    #[test]
    fn what_is_told_is_allowed_in_every_zone_of_the_person() {
        // Shanghai 09:00-20:00 is London 02:00-13:00: nothing before 08:00 in either is from 15:00 to 20:00 in Shanghai.
        let both = said("09:00-20:00", &["Asia/Shanghai", "Europe/London"], &["22:00-08:00"]);
        assert_eq!(both, ("2025-07-01 15:00".into(), "2025-07-01 20:00".into(), hours(15..20)));
    }
}
