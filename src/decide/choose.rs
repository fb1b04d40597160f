//! The best of what was not vetoed: for each borrower, one treatment that covers all cases, or one for an account alone, whichever is worth most.
//!
//! Exactly optimal for a borrower: with the covering treatment fixed, each account switches to a treatment of its own where that is worth more
//! than its part; the best covering treatment is taken. Holds, care and routes lead before value is asked. Who is in hardship or vulnerable is
//! decided twice, first as if they were not, and never gets anything firmer than that. Deliberately absent: capacity.

use super::facts::{Situation, softening};
use super::guardrail::{Fired, Guard};
use super::policy::{Policy, Scope};
use super::rulebook::{Check, Mask};
use super::value::{ExpectedShare, cost, shares};
use crate::base::problem::Result;
use crate::data::cases::{Cases, Holds};
use crate::data::expressions::Columns;
use rayon::prelude::*;
use std::ops::Range;

/// Why a treatment was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// It is worth most of those eligible.
    WorthMost,
    /// A hold leads to it: the place of its rule in the policy.
    Hold(u8),
    /// Hardship or vulnerability leads to it.
    Care,
    /// The borrower can be reached only by a channel that a person must find.
    Access,
    /// Ability and willingness lead to it: the place of the route in the policy.
    Route(u8),
    /// Nothing else may be recommended.
    NothingElse,
}

/// Decisions on all cases under one policy.
pub struct Decisions<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Its rules, as they were looked at.
    pub guard: Guard<'a>,
    /// The rules that fire, one a case.
    pub fired: Vec<Fired>,
    /// Treatments that cover the borrower and are vetoed on another account, as bits, one a case.
    pub elsewhere: Vec<u32>,
    /// Place of the recommended treatment of each case.
    pub chosen: Vec<u8>,
    /// Why.
    pub because: Vec<Because>,
    /// Expected gain over waiting, after costs, in minor units. A cost that covers several cases stands at the first of them.
    pub gain: Vec<f64>,
    /// Cost, in minor units.
    pub cost: Vec<f64>,
    /// Share repaid under the recommended treatment.
    pub share: Vec<f64>,
    /// The next best eligible treatment and its gain for this case alone.
    pub runner_up: Vec<Option<(u8, f64)>>,
}

impl Decisions<'_> {
    /// The rules that veto a treatment for a case.
    pub fn vetoes(&self, case: usize, treatment: usize) -> Mask {
        self.fired[case].rules & self.guard.rules.vetoes[treatment]
    }

    /// The rules that warn of a treatment for a case.
    pub fn warnings(&self, case: usize, treatment: usize) -> Mask {
        self.fired[case].rules & self.guard.rules.warns[treatment]
    }

    /// Whether a treatment covers the borrower and is vetoed on another account alone.
    pub fn vetoed_elsewhere(&self, case: usize, treatment: usize) -> bool {
        self.vetoes(case, treatment) == 0 && self.elsewhere[case] & (1 << treatment) != 0
    }

    /// Whether a treatment may be recommended for a case.
    pub fn free(&self, case: usize, treatment: usize) -> bool {
        self.vetoes(case, treatment) == 0 && self.elsewhere[case] & (1 << treatment) == 0
    }
}

/// What is decided of one case.
#[derive(Clone, Copy)]
struct Decided {
    fired: Fired,
    elsewhere: u32,
    chosen: u8,
    because: Because,
    gain: f64,
    cost: f64,
    share: f64,
    runner_up: Option<(u8, f64)>,
}

/// What is the same for all borrowers.
struct Chooser<'g, 'a> {
    guard: &'g Guard<'a>,
    cases: &'a Cases,
    share: ExpectedShare<'a>,
    /// Hardship, vulnerability, both; each with the columns as they are without.
    without: [(Holds, Columns<'g>); 3],
    /// Places from the gentlest: of two that are worth the same the lower rung is taken, then the first in the file.
    order: Vec<usize>,
    costs: Vec<f64>,
    wait: usize,
    review: Option<usize>,
    access: Mask,
    care_first: Mask,
    /// Of each route its rule.
    routes: Vec<Mask>,
    /// Of each treatment the rule that forbids anything firmer.
    softer: Vec<Mask>,
}

/// One borrower's cases, valued.
struct Group {
    /// Gain before cost: entry `(case − first) × treatments + treatment`.
    gross: Vec<f64>,
    shares: Vec<f64>,
}

/// Borrowers decided together: fixed, so that no output depends on threads.
const CHUNK: usize = 1_024;

/// Decides every case.
///
/// # Errors
/// `policy.expression`: conditions that the columns do not bear.
pub fn decide<'a>(policy: &'a Policy, situation: Situation<'a>, share: ExpectedShare<'a>, minor_digits: u8) -> Result<Decisions<'a>> {
    let guard = Guard::of(policy, situation, minor_digits)?;
    let cases = situation.cases;
    let groups = groups(policy, cases);
    let decided: Vec<Decided> = {
        let chooser = Chooser::of(&guard, cases, share);
        let fired = guard.fire_all();
        groups.par_chunks(CHUNK).flat_map_iter(|groups| groups.iter().flat_map(|range| chooser.group(range.clone(), &fired[range.clone()]))).collect()
    };
    Ok(Decisions {
        policy,
        guard,
        fired: decided.iter().map(|d| d.fired).collect(),
        elsewhere: decided.iter().map(|d| d.elsewhere).collect(),
        chosen: decided.iter().map(|d| d.chosen).collect(),
        because: decided.iter().map(|d| d.because).collect(),
        gain: decided.iter().map(|d| d.gain).collect(),
        cost: decided.iter().map(|d| d.cost).collect(),
        share: decided.iter().map(|d| d.share).collect(),
        runner_up: decided.iter().map(|d| d.runner_up).collect(),
    })
}

/// The cases that are decided together: a borrower's of one day, or each alone.
fn groups(policy: &Policy, cases: &Cases) -> Vec<Range<usize>> {
    let (mut groups, mut start) = (Vec::new(), 0);
    while start < cases.len() {
        let same = |k: usize| policy.unit == Scope::Borrower && cases.borrower[k] == cases.borrower[start] && cases.as_of[k] == cases.as_of[start];
        let end = (start + 1..cases.len()).find(|k| !same(*k)).unwrap_or(cases.len());
        groups.push(start..end);
        start = end;
    }
    groups
}

impl<'g, 'a> Chooser<'g, 'a> {
    fn of(guard: &'g Guard<'a>, cases: &'a Cases, share: ExpectedShare<'a>) -> Chooser<'g, 'a> {
        let policy = guard.policy;
        let [hardship, vulnerable] = softening();
        let mut chooser = Chooser {
            guard,
            cases,
            share,
            without: [
                (hardship, guard.columns().with_false(&["hardship"])),
                (vulnerable, guard.columns().with_false(&["vulnerable"])),
                (hardship.and(vulnerable), guard.columns().with_false(&["hardship", "vulnerable"])),
            ],
            order: Vec::new(),
            costs: policy.treatments.iter().map(cost).collect(),
            wait: policy.place("wait").unwrap_or(0),
            review: policy.place("human_review"),
            access: guard.rules.mask_of(|check| matches!(check, Check::Accessible(_))),
            care_first: guard.rules.mask_of(|check| *check == Check::CareFirst),
            routes: (0..policy.routes.len()).map(|k| guard.rules.mask_of(|check| *check == Check::Route(k))).collect(),
            softer: policy.treatments.iter().map(|t| guard.rules.mask_of(|check| *check == Check::Softer(t.rung))).collect(),
        };
        let mut order: Vec<usize> = (0..policy.treatments.len()).filter(|p| chooser.by_value(*p) || chooser.scope(*p) == Scope::Account).collect();
        order.sort_by_key(|p| (policy.treatments[*p].rung, *p));
        chooser.order = order;
        chooser
    }

    /// With the account as decision unit every treatment covers one case.
    fn scope(&self, place: usize) -> Scope {
        let policy = self.guard.policy;
        if policy.unit == Scope::Account { Scope::Borrower } else { policy.treatments[place].scope }
    }

    /// Human review is where something leads, never what pays best.
    fn by_value(&self, place: usize) -> bool {
        Some(place) != self.review
    }

    /// Decides a borrower; where somebody is in hardship or vulnerable, first as if nobody were, and then nothing firmer than that. Of both
    /// together, nothing firmer than of either.
    fn group(&self, range: Range<usize>, fired: &[Fired]) -> Vec<Decided> {
        let group = self.valued(range.clone());
        let [hardship, vulnerable] = softening();
        let present = fired.iter().fold(Holds::default(), |all, fired| all.and(fired.holds));
        if !present.has(hardship) && !present.has(vulnerable) {
            return self.choose(range, fired, &group, Holds::default());
        }
        let as_if = |(ignoring, columns): &(Holds, Columns<'_>), cap: &[u8]| {
            let fired: Vec<Fired> = range.clone().map(|case| self.guard.fire(case, columns, *ignoring)).collect();
            self.choose(range.clone(), &self.no_firmer(&fired, cap), &group, *ignoring)
        };
        let rungs = |decided: Vec<Decided>| decided.into_iter().map(|d| d.chosen).collect::<Vec<u8>>();
        let [without_hardship, without_vulnerable, without_both] = &self.without;
        let mut cap = rungs(as_if(without_both, &[]));
        if present.has(hardship) && present.has(vulnerable) {
            let [a, b] = [without_hardship, without_vulnerable].map(|without| rungs(as_if(without, &cap)));
            let rung = |place: u8| self.guard.policy.treatments[usize::from(place)].rung;
            cap = a.into_iter().zip(b).map(|(a, b)| if rung(b) < rung(a) { b } else { a }).collect();
        }
        self.choose(range.clone(), &self.no_firmer(fired, &cap), &group, Holds::default())
    }

    /// What fires, and that nothing is firmer than these treatments; no limit where there are none.
    fn no_firmer(&self, fired: &[Fired], cap: &[u8]) -> Vec<Fired> {
        let softer = |k: usize| cap.get(k).map_or(0, |place| self.softer[usize::from(*place)]);
        fired.iter().enumerate().map(|(k, fired)| Fired { rules: fired.rules | softer(k), ..*fired }).collect()
    }

    fn valued(&self, range: Range<usize>) -> Group {
        let mut group = Group { gross: Vec::new(), shares: Vec::new() };
        for case in range {
            let first = group.shares.len();
            shares(self.guard.policy, self.share.of[case], &mut group.shares);
            let stake = self.cases.stake[case].known().unwrap_or(0) as f64;
            let waiting = group.shares[first + self.wait];
            group.gross.extend(group.shares[first..].iter().map(|s| stake * (s - waiting)));
        }
        group
    }

    /// Where a case is led before value is asked: a hold first, then care, then ability and willingness.
    fn led(&self, case: usize, fired: Fired, ignoring: Holds, free: &dyn Fn(usize) -> bool) -> Option<(usize, Because)> {
        let policy = self.guard.policy;
        let hold = policy.holds.iter().enumerate().find(|(_, r)| fired.holds.has(r.hold) && r.recommend.is_some_and(free));
        if let Some((rule, hold)) = hold {
            return hold.recommend.map(|place| (place, Because::Hold(rule as u8)));
        }
        let rules = &self.guard.rules;
        if fired.rules & self.care_first != 0
            && self.guard.facts_without(case, ignoring).care_offered().is_none()
            && let Some(place) = policy.care.offer.iter().copied().find(|p| free(*p))
        {
            return Some((place, Because::Care));
        }
        // Whoever would be spoken to, were it not for the channel, and by no other: a person finds a way.
        if fired.rules & self.access != 0 {
            let contact = |t: usize| policy.treatments[t].channel.is_contact();
            let only_channel = |t: usize| {
                let vetoes = fired.rules & rules.vetoes[t];
                contact(t) && vetoes != 0 && vetoes & !self.access == 0
            };
            let all = 0..policy.treatments.len();
            if all.clone().any(only_channel) && !all.clone().any(|t| contact(t) && free(t)) {
                return self.review.filter(|p| free(*p)).map(|place| (place, Because::Access));
            }
        }
        let route = self.routes.iter().position(|rule| fired.rules & rule != 0)?;
        let leads = &policy.routes[route];
        let place = leads.prefer.iter().chain(&leads.recommend).copied().find(|p| free(*p))?;
        Some((place, Because::Route(route as u8)))
    }

    fn choose(&self, range: Range<usize>, fired: &[Fired], group: &Group, ignoring: Holds) -> Vec<Decided> {
        let (policy, rules) = (self.guard.policy, &self.guard.rules);
        let (n, cases) = (policy.treatments.len(), range.len());
        let vetoed_here = |k: usize, place: usize| fired[k].rules & rules.vetoes[place] != 0;
        // One treatment covers all the borrower's cases: vetoed on one, vetoed on all.
        let mut nowhere = 0u32;
        for place in (0..n).filter(|p| self.scope(*p) == Scope::Borrower) {
            if (0..cases).any(|k| vetoed_here(k, place)) {
                nowhere |= 1 << place;
            }
        }
        let free = |k: usize, place: usize| !vetoed_here(k, place) && nowhere & (1 << place) == 0;
        let net = |k: usize, place: usize| group.gross[k * n + place] - self.costs[place];
        let led: Vec<Option<(usize, Because)>> =
            range.clone().enumerate().map(|(k, case)| self.led(case, fired[k], ignoring, &|place| free(k, place))).collect();
        // For each covering treatment, what the borrower is worth if each account takes the better of its part and a treatment of its own.
        let mut best: Option<(f64, usize, Vec<usize>)> = None;
        for cover in self.order.iter().copied().filter(|p| self.scope(*p) == Scope::Borrower && (0..cases).all(|k| free(k, *p))) {
            let mut picks = Vec::with_capacity(cases);
            let (mut total, mut covered) = (0.0, false);
            for (k, led) in led.iter().enumerate() {
                let mut pick = cover;
                let mut worth = group.gross[k * n + cover];
                if let Some((place, _)) = led {
                    pick = *place;
                    worth = net(k, *place);
                } else {
                    for own in self.order.iter().copied().filter(|p| self.scope(*p) == Scope::Account && self.by_value(*p) && free(k, *p)) {
                        if net(k, own) > worth {
                            (pick, worth) = (own, net(k, own));
                        }
                    }
                }
                covered |= pick == cover;
                total += worth;
                picks.push(pick);
            }
            if covered {
                total -= self.costs[cover];
            }
            if best.as_ref().is_none_or(|(most, ..)| total > *most) {
                best = Some((total, cover, picks));
            }
        }
        let (cover, picks) = best.map_or((self.wait, vec![self.wait; cases]), |(_, cover, picks)| (cover, picks));
        let mut cost_paid = false;
        let decided = (0..cases).map(|k| {
            let pick = picks[k];
            let pays = pick != cover || !std::mem::replace(&mut cost_paid, true);
            let others = self.order.iter().copied().filter(|p| *p != pick && self.by_value(*p) && free(k, *p));
            let runner_up = others.map(|p| (p as u8, net(k, p))).reduce(|a, b| if b.1 > a.1 { b } else { a });
            let because = match (led[k], runner_up) {
                (Some((_, because)), _) => because,
                (None, None) => Because::NothingElse,
                (None, Some(_)) => Because::WorthMost,
            };
            let cost = if pays { self.costs[pick] } else { 0.0 };
            Decided {
                fired: fired[k],
                elsewhere: nowhere,
                chosen: pick as u8,
                because,
                gain: group.gross[k * n + pick] - cost,
                cost,
                share: group.shares[k * n + pick],
                runner_up,
            }
        });
        decided.collect()
    }
}
