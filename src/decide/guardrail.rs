//! Which rules fire for which cases. A veto is a veto, never a price; a rule whose facts are unknown fires like one that is true.

use super::facts::{Facts, Situation, Tries, allowed_minutes, zones_of};
use super::plan::{PlanFacts, outline_of};
use super::policy::{Bound, PlanTerms, Policy, Rule};
use super::rulebook::{Check, Mask, RuleBook, is_firm};
use crate::base::dates::Day;
use crate::base::problem::Result;
use crate::base::zone::Hours;
use crate::data::cases::Holds;
use crate::data::expressions::{Columns, Expression};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Cases looked at together: fixed, so that no output depends on threads.
const CHUNK: usize = 4_096;

/// How many days ahead the end of a waiting time is looked for.
const AHEAD: i32 = 400;

/// The rules that fire for a case, and those of them that fire because something is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fired {
    /// All that fire.
    pub rules: Mask,
    /// Of those, the ones whose facts are unknown.
    pub unknown: Mask,
    /// What is in force for it, on the day of outreach too.
    pub holds: Holds,
}

/// The policy's rules, ready to be looked at.
pub struct Guard<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Its rules.
    pub rules: RuleBook,
    /// Its conditions.
    pub bound: Bound,
    situation: Situation<'a>,
    /// What quiet hours leave, one a set of zones and day.
    quiet: Vec<Quiet>,
    /// The place in `quiet` of each case; empty where no rule asks for hours.
    quiet_of: Vec<u32>,
    minor_units: f64,
    /// Decimals of the currency.
    pub minor_digits: u8,
}

/// What quiet hours leave in a zone on a day.
#[derive(Clone, Copy, Debug, Default)]
struct Quiet {
    known: bool,
    /// Guardrails that alone leave no hour, as bits of their places.
    alone: u64,
    /// Sets of several that together leave none, as bits of the rulebook.
    together: Mask,
}

impl<'a> Guard<'a> {
    /// Reads the policy's conditions against the columns of the cases.
    ///
    /// # Errors
    /// `policy.expression`: conditions that the columns do not bear.
    pub fn of(policy: &'a Policy, situation: Situation<'a>, minor_digits: u8) -> Result<Guard<'a>> {
        let bound = policy.bind(situation.columns)?;
        let minor_units = 10f64.powi(i32::from(minor_digits));
        let mut guard =
            Guard { policy, rules: RuleBook::of(policy), bound, situation, quiet: Vec::new(), quiet_of: Vec::new(), minor_units, minor_digits };
        if policy.guardrails.iter().any(|g| matches!(g.rule, Rule::QuietHours(_))) {
            guard.quiet_hours();
        }
        Ok(guard)
    }

    /// What every zone leaves on every day of outreach: few zones, few days.
    fn quiet_hours(&mut self) {
        let cases = self.situation.cases;
        let mut asked: BTreeMap<(Vec<u32>, Day), u32> = BTreeMap::new();
        let mut quiet_of: Vec<u32> = Vec::with_capacity(cases.len());
        for case in 0..cases.len() {
            // A borrower's cases of one day stand together.
            let same = case > 0 && cases.borrower[case] == cases.borrower[case - 1] && cases.as_of[case] == cases.as_of[case - 1];
            if let Some(last) = quiet_of.last().copied().filter(|_| same) {
                quiet_of.push(last);
                continue;
            }
            let facts = self.facts(case);
            let next = asked.len() as u32;
            quiet_of.push(*asked.entry((facts.zone_codes(), facts.day)).or_insert(next));
        }
        let mut quiet = vec![Quiet::default(); asked.len()];
        for ((codes, day), place) in asked {
            let Some(zones) = zones_of(&self.situation, &codes) else { continue };
            let hours_of = |set: u64| -> Vec<Hours> {
                let in_set = self.policy.guardrails.iter().enumerate().filter(|(k, g)| set & (1 << k) != 0 && (g.from..=g.until).contains(&day));
                in_set.filter_map(|(_, g)| if let Rule::QuietHours(hours) = g.rule { Some(hours) } else { None }).collect()
            };
            let none_left = |set: u64| {
                let hours = hours_of(set);
                !hours.is_empty() && allowed_minutes(&self.policy.outreach, &zones, day, &hours).is_empty()
            };
            let alone = (0..self.policy.guardrails.len()).filter(|k| none_left(1 << k)).fold(0, |set, k| set | 1 << k);
            let together = self.rules.mask_of(|check| matches!(check, Check::HoursTogether(set) if none_left(*set)));
            quiet[place as usize] = Quiet { known: true, alone, together };
        }
        (self.quiet, self.quiet_of) = (quiet, quiet_of);
    }

    /// The facts of a case.
    pub fn facts(&self, case: usize) -> Facts<'_> {
        self.facts_without(case, Holds::default())
    }

    /// The facts of a case as they would be without some hardship or vulnerability.
    pub fn facts_without(&self, case: usize, ignoring: Holds) -> Facts<'_> {
        Facts::of(&self.situation, case, &self.policy.outreach, ignoring)
    }

    /// The columns of conditions.
    pub fn columns(&self) -> &'a Columns<'a> {
        self.situation.columns
    }

    /// Everything that deciding looks at.
    pub fn situation(&self) -> &Situation<'a> {
        &self.situation
    }

    /// What fires for every case.
    pub fn fire_all(&self) -> Vec<Fired> {
        let n = self.situation.cases.len();
        let mut fired = vec![Fired::default(); n];
        fired.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, fired)| {
            for (k, fired) in fired.iter_mut().enumerate() {
                *fired = self.fire(chunk * CHUNK + k, self.situation.columns, Holds::default());
            }
        });
        fired
    }

    /// What fires for a case, as it would without some hardship or vulnerability, which `columns` then leave out too.
    pub fn fire(&self, case: usize, columns: &Columns<'_>, ignoring: Holds) -> Fired {
        let facts = self.facts_without(case, ignoring);
        let holds = facts.holds();
        let needs_care = facts.needs_care();
        // Only a plan's offer and the day tell what care leaves: looked up once.
        let offered = if needs_care { facts.care_offered() } else { None };
        let mut tries: Option<Tries> = None;
        let quiet = self.quiet_of.get(case).map_or_else(Quiet::default, |place| self.quiet[*place as usize]);
        let mut fired = Fired { holds, ..Fired::default() };
        for (bit, entry) in self.rules.entries.iter().enumerate() {
            if entry.touches == 0 {
                continue;
            }
            let says = match entry.check {
                Check::EventsUnknown => {
                    if facts.events_known() {
                        Some(false)
                    } else {
                        None
                    }
                }
                Check::Hold(k) => Some(holds.has(self.policy.holds[k].hold)),
                Check::OptOut => Some(Holds::named("opt_out").is_some_and(|hold| holds.has(hold))),
                Check::Guardrail(k) => self.guardrail(k, case, &facts, quiet, columns),
                // The zone is known or not for each of them alone.
                Check::HoursTogether(_) => Some(quiet.together & (1 << bit) != 0),
                Check::CareFirst => Some(needs_care && offered.is_none_or(|day| facts.day.since(day) < self.policy.care.wait_days)),
                Check::CareNever => Some(needs_care),
                Check::Accessible(channel) => Some(facts.not_accessible(channel)),
                // Only deciding without the flag tells; of law, only what everything else is worth and whether it is open.
                Check::Softer(_) | Check::LawUntried(_) | Check::LawWorth(_) => Some(false),
                Check::Route(k) => Some(facts.quadrant().name() == self.policy.routes[k].quadrant),
                Check::Court => Some(matches!(facts.legal_stage(), "referred" | "filed" | "judgment" | "enforcement")),
                Check::Rung(t) => self.rung(t, &facts, &mut tries),
                Check::After(t) => self.after(t, &facts, &mut tries),
                Check::PlanPayable(_) => self.no_plan(case),
                Check::Eligible(t) => holds_for(&self.bound.eligible[t], columns, case).map(|holds| !holds),
            };
            if says != Some(false) {
                fired.rules |= 1 << bit;
                fired.unknown |= if says.is_none() { 1 << bit } else { 0 };
            }
        }
        fired
    }

    /// The policy's terms of a plan, and what a plan of a case rests on; none where the policy has none.
    pub fn plan(&self, case: usize) -> Option<(&'a PlanTerms, PlanFacts)> {
        let terms = self.policy.plan.as_ref()?;
        let amount = self.facts(case).claim(terms.covers, self.minor_units);
        Some((terms, PlanFacts::of(&self.situation, case, amount, terms)))
    }

    /// Whether no plan can be paid; none where nobody knows.
    fn no_plan(&self, case: usize) -> Option<bool> {
        let Some((terms, facts)) = self.plan(case) else { return Some(false) };
        match outline_of(terms, &facts) {
            Ok(_) => Some(false),
            Err(refused) => (!refused.is_unknown()).then_some(true),
        }
    }

    fn guardrail(&self, k: usize, case: usize, facts: &Facts<'_>, quiet: Quiet, columns: &Columns<'_>) -> Option<bool> {
        let guardrail = &self.policy.guardrails[k];
        if !(guardrail.from..=guardrail.until).contains(&facts.day) {
            return Some(false);
        }
        // A pack for some accounts also holds where nobody knows whether it does.
        if let Some(pack) = guardrail.pack
            && holds_for(&self.bound.packs[pack], columns, case) == Some(false)
        {
            return Some(false);
        }
        match &guardrail.rule {
            Rule::Sql(_) => holds_for(&self.bound.guardrails[k], columns, case),
            Rule::QuietHours(_) => quiet.known.then_some(quiet.alone & (1 << k) != 0),
            Rule::ContactCount(count) => facts.too_many(count),
            Rule::DaysSinceContact(since) => facts.too_soon(since),
            Rule::DaysSinceEvent { kinds, days } => facts.too_soon_after(*kinds, *days),
            Rule::Hold(hold) => facts.events_known().then(|| facts.holds().has(*hold)),
            Rule::ClaimLimit { of, most } => facts.claim(*of, self.minor_units).map(|claim| claim > *most),
            Rule::Limitation { years, from, interrupted_by } => facts.limitation(*years, *from, interrupted_by).map(|(_, last)| facts.day > last),
            Rule::Evidence(items) => facts.missing_evidence(items).map(|missing| !missing.is_empty()),
        }
    }

    /// The first day of outreach, within [`AHEAD`] days, on which a rule that fires for a case no longer would, if nothing but time passes; none
    /// where time alone does not tell.
    pub fn frees_on(&self, case: usize, bit: usize) -> Option<Day> {
        let (facts, columns) = (self.facts(case), self.situation.columns);
        let offered = facts.care_offered();
        let says = |day: Day| {
            let mut later = facts;
            later.day = day;
            match self.rules.entries[bit].check {
                Check::Guardrail(k) => self.guardrail(k, case, &later, Quiet::default(), columns),
                Check::Rung(t) => self.rung(t, &later, &mut None),
                Check::After(t) => self.after(t, &later, &mut None),
                Check::CareFirst => offered.map(|offer| day.since(offer) < self.policy.care.wait_days),
                _ => None,
            }
        };
        (1..=AHEAD).map(|days| facts.day.plus(days)).find(|day| says(*day) == Some(false))
    }

    /// Whether the rung below a treatment, or its own or a higher one, was not tried in this episode, or not long enough ago.
    fn rung(&self, t: usize, facts: &Facts<'_>, tries: &mut Option<Tries>) -> Option<bool> {
        let Some(below) = self.rules.below[t] else { return Some(false) };
        if !facts.contacts_known() {
            return None;
        }
        let tries = tries.get_or_insert_with(|| facts.tries());
        let climbed = self.policy.treatments.iter().filter(|o| is_firm(o) && o.rung >= below);
        let first = climbed.filter_map(|o| tries.get(usize::from(o.channel.0))).min().copied().unwrap_or(Day::NEVER);
        Some(first == Day::NEVER || facts.day.since(first) < self.policy.treatments[t].after_days)
    }

    fn after(&self, t: usize, facts: &Facts<'_>, tries: &mut Option<Tries>) -> Option<bool> {
        if !facts.contacts_known() {
            return None;
        }
        let tries = tries.get_or_insert_with(|| facts.tries());
        let treatment = &self.policy.treatments[t];
        Some(treatment.after.iter().any(|o| {
            let first = tries.get(usize::from(self.policy.treatments[*o].channel.0)).copied().unwrap_or(Day::NEVER);
            first == Day::NEVER || facts.day.since(first) < treatment.after_days
        }))
    }
}

/// Whether a condition holds; one that is not there does.
fn holds_for(condition: &Option<Expression>, columns: &Columns<'_>, case: usize) -> Option<bool> {
    match condition {
        Some(condition) => condition.holds(columns, case),
        None => Some(true),
    }
}
