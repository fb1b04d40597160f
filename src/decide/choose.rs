//! The best of what was not vetoed: for each borrower, one treatment that covers all cases, or one for an account alone, whichever is worth most.
//!
//! Exactly optimal for a borrower: with the covering treatment fixed, each account switches to a treatment of its own where that is worth more
//! than its part; the best covering treatment is taken. Holds, care and routes lead before value is asked. Who is in hardship or vulnerable is
//! decided twice, first as if they were not, and never gets anything firmer than that. Where the policy has resources, a control group or an
//! exploration, `places` then hands out what there is, with the same choice at prices.

use super::facts::{Situation, softening};
use super::guardrail::{Fired, Guard};
use super::places::{Placed, Ways, hand_out};
use super::policy::{Family, Policy, Scope, Treatment};
use super::rulebook::{Check, Mask, is_firm};
use super::value::{ExpectedShare, cost, discount, gross, shares};
use crate::base::dates::Day;
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
    /// There was no place for what would have been chosen: the next best that has one.
    Place,
    /// It is kept so for comparison.
    Control,
    /// It is tried by lot.
    Exploration,
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
    /// What would be recommended if nothing were short, and why; the same as chosen where nothing is.
    pub unlimited: Vec<(u8, Because)>,
    /// What was handed out, and what that is worth; none where the policy limits nothing and draws no lots.
    pub placed: Option<Placed>,
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

    /// The chance that the policy gave a treatment for a case, the prices of the day given.
    pub fn assignment_probability(&self, case: usize, treatment: usize) -> f64 {
        match self.placed.as_ref().and_then(|placed| placed.lots.get(case)) {
            Some(lot) => lot.chance(treatment),
            None => f64::from(u8::from(usize::from(self.chosen[case]) == treatment)),
        }
    }

    /// Whether a treatment may be recommended for a case.
    pub fn free(&self, case: usize, treatment: usize) -> bool {
        self.vetoes(case, treatment) == 0 && self.elsewhere[case] & (1 << treatment) == 0
    }
}

/// What is decided of one case.
#[derive(Clone, Copy)]
pub(super) struct Decided {
    pub(super) fired: Fired,
    pub(super) elsewhere: u32,
    pub(super) chosen: u8,
    pub(super) because: Because,
    gain: f64,
    cost: f64,
    share: f64,
    runner_up: Option<(u8, f64)>,
}

impl Decided {
    pub(super) fn gain(&self) -> f64 {
        self.gain
    }
}

/// What places cost besides: of a case and a treatment, in minor units.
pub(super) type Prices<'p> = &'p (dyn Fn(usize, usize) -> f64 + Sync);

/// What is the same for all borrowers.
pub(super) struct Chooser<'g, 'a> {
    pub(super) guard: &'g Guard<'a>,
    pub(super) cases: &'a Cases,
    share: ExpectedShare<'a>,
    pub(super) ways: Ways,
    /// What a unit of money that each treatment brings is worth today.
    discounts: Vec<f64>,
    /// Hardship, vulnerability, both; each with the columns as they are without.
    without: [(Holds, Columns<'g>); 3],
    access: Mask,
    /// Of each treatment the rule that forbids law while a softer step was not tried, and the one while something softer is worth as much.
    law: Vec<[Mask; 2]>,
    care_first: Mask,
    /// Of each route its rule.
    routes: Vec<Mask>,
    /// Of each treatment the rule that forbids anything firmer.
    softer: Vec<Mask>,
}

/// One borrower's cases, valued: entries `(case − first) × treatments + treatment`.
pub(super) struct Group {
    /// Gain before cost.
    pub(super) gross: Vec<f64>,
    shares: Vec<f64>,
    costs: Vec<f64>,
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
    let (decided, unlimited, placed) = {
        let chooser = Chooser::of(&guard, cases, share);
        let fired = guard.fire_all();
        let decide = |range: &Range<usize>| chooser.group(range.clone(), &fired[range.clone()]);
        let mut decided: Vec<Decided> = groups.par_chunks(CHUNK).flat_map_iter(|groups| groups.iter().flat_map(decide)).collect();
        let unlimited: Vec<(u8, Because)> = decided.iter().map(|d| (d.chosen, d.because)).collect();
        let shared = policy.capacity.binds() || policy.control.is_some() || policy.exploration.is_some();
        let placed = if shared { Some(hand_out(&chooser, &groups, &fired, &mut decided, minor_digits)?) } else { None };
        (decided, unlimited, placed)
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
        unlimited,
        placed,
    })
}

/// The cases that are decided together: a borrower's of one day, or each alone.
fn groups(policy: &Policy, cases: &Cases) -> Vec<Range<usize>> {
    groups_of(cases.len(), |a, b| policy.unit == Scope::Borrower && cases.borrower[a] == cases.borrower[b] && cases.as_of[a] == cases.as_of[b])
}

/// Cases cut into groups: each goes with the first of the group before it, or begins one.
pub fn groups_of(cases: usize, together: impl Fn(usize, usize) -> bool) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for case in 0..cases {
        match groups.last_mut() {
            Some(last) if together(last.start, case) => last.end = case + 1,
            _ => groups.push(case..case + 1),
        }
    }
    groups
}

impl<'g, 'a> Chooser<'g, 'a> {
    fn of(guard: &'g Guard<'a>, cases: &'a Cases, share: ExpectedShare<'a>) -> Chooser<'g, 'a> {
        let policy = guard.policy;
        let [hardship, vulnerable] = softening();
        Chooser {
            guard,
            cases,
            share,
            ways: Ways::of(policy),
            discounts: policy.treatments.iter().map(|t| discount(policy, t)).collect(),
            without: [
                (hardship, guard.columns().with_false(&["hardship"])),
                (vulnerable, guard.columns().with_false(&["vulnerable"])),
                (hardship.and(vulnerable), guard.columns().with_false(&["hardship", "vulnerable"])),
            ],
            access: guard.rules.mask_of(|check| matches!(check, Check::Accessible(_))),
            law: (0..policy.treatments.len())
                .map(|t| [Check::LawUntried(t), Check::LawWorth(t)].map(|law| guard.rules.mask_of(|check| *check == law)))
                .collect(),
            care_first: guard.rules.mask_of(|check| *check == Check::CareFirst),
            routes: (0..policy.routes.len()).map(|k| guard.rules.mask_of(|check| *check == Check::Route(k))).collect(),
            softer: policy.treatments.iter().map(|t| guard.rules.mask_of(|check| *check == Check::Softer(t.rung))).collect(),
        }
    }

    /// Decides a borrower; where somebody is in hardship or vulnerable, first as if nobody were, and then nothing firmer than that. Of both
    /// together, nothing firmer than of either.
    fn group(&self, range: Range<usize>, fired: &[Fired]) -> Vec<Decided> {
        let group = self.valued(range.clone());
        match self.cap(range.clone(), fired, &group, &|_, _| 0.0) {
            None => self.choose(range, fired, &group, Holds::default(), &|_, _| 0.0),
            Some(cap) => self.choose(range, &self.no_firmer(fired, &cap), &group, Holds::default(), &|_, _| 0.0),
        }
    }

    /// Of each case the treatment than which nothing may be firmer, at prices; none where nobody is in hardship or vulnerable.
    pub(super) fn cap(&self, range: Range<usize>, fired: &[Fired], group: &Group, prices: Prices<'_>) -> Option<Vec<u8>> {
        let [hardship, vulnerable] = softening();
        let present = fired.iter().fold(Holds::default(), |all, fired| all.and(fired.holds));
        if !present.has(hardship) && !present.has(vulnerable) {
            return None;
        }
        let as_if = |(ignoring, columns): &(Holds, Columns<'_>), cap: &[u8]| {
            let fired: Vec<Fired> = range.clone().map(|case| self.guard.fire(case, columns, *ignoring)).collect();
            self.choose(range.clone(), &self.no_firmer(&fired, cap), group, *ignoring, prices)
        };
        let rungs = |decided: Vec<Decided>| decided.into_iter().map(|d| d.chosen).collect::<Vec<u8>>();
        let [without_hardship, without_vulnerable, without_both] = &self.without;
        let mut cap = rungs(as_if(without_both, &[]));
        if present.has(hardship) && present.has(vulnerable) {
            let [a, b] = [without_hardship, without_vulnerable].map(|without| rungs(as_if(without, &cap)));
            let rung = |place: u8| self.guard.policy.treatments[usize::from(place)].rung;
            cap = a.into_iter().zip(b).map(|(a, b)| if rung(b) < rung(a) { b } else { a }).collect();
        }
        Some(cap)
    }

    /// What fires, and that nothing is firmer than these treatments; no limit where there are none.
    pub(super) fn no_firmer(&self, fired: &[Fired], cap: &[u8]) -> Vec<Fired> {
        let softer = |k: usize| cap.get(k).map_or(0, |place| self.softer[usize::from(*place)]);
        fired.iter().enumerate().map(|(k, fired)| Fired { rules: fired.rules | softer(k), ..*fired }).collect()
    }

    pub(super) fn valued(&self, range: Range<usize>) -> Group {
        let policy = self.guard.policy;
        let mut group = Group { gross: Vec::new(), shares: Vec::new(), costs: Vec::new() };
        for case in range {
            let first = group.shares.len();
            shares(policy, self.share.of[case], &mut group.shares);
            let stake = self.cases.stake[case].known().unwrap_or(0) as f64;
            let waiting = group.shares[first + self.ways.wait];
            group.gross.extend(group.shares[first..].iter().zip(&self.discounts).map(|(s, discount)| gross(stake, *s, waiting, *discount)));
            group.costs.extend(policy.treatments.iter().map(|t| cost(t, stake)));
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
                return self.ways.review.filter(|p| free(*p)).map(|place| (place, Because::Access));
            }
        }
        let route = self.routes.iter().position(|rule| fired.rules & rule != 0)?;
        let leads = &policy.routes[route];
        let place = leads.prefer.iter().chain(&leads.recommend).copied().find(|p| free(*p))?;
        Some((place, Because::Route(route as u8)))
    }

    /// Law is the last resort: while a softer step that is open was not tried, or anything softer that is open is worth as much, it is vetoed.
    fn last_resort(&self, case: usize, fired: Fired, nowhere: u32, net: &dyn Fn(usize) -> f64) -> Mask {
        let (policy, rules) = (self.guard.policy, &self.guard.rules);
        let free = |place: usize| fired.rules & rules.vetoes[place] == 0 && nowhere & (1 << place) == 0;
        let is_law = |place: usize| policy.treatments[place].family == Family::Legal;
        let mut law = 0;
        for place in self.ways.order.iter().copied().filter(|p| is_law(*p) && free(*p)) {
            let softer = || self.ways.order.iter().copied().filter(|p| !is_law(*p) && self.ways.by_value(*p) && free(*p));
            if softer().any(|other| net(other) >= net(place)) {
                law |= self.law[place][1];
            }
            let tries = self.guard.facts(case).tries();
            // A step is a rung: one try of anything on it is enough. What leaves no record can never be seen to have been tried.
            let first = |t: &Treatment| tries.get(usize::from(t.channel.0)).copied();
            let untried = |other: usize| {
                let t = &policy.treatments[other];
                let on_it = policy.treatments.iter().filter(|o| is_firm(o) && o.rung == t.rung);
                is_firm(t) && first(t).is_some() && on_it.filter_map(first).all(|day| day == Day::NEVER)
            };
            if softer().any(untried) {
                law |= self.law[place][0];
            }
        }
        law
    }

    pub(super) fn choose(&self, range: Range<usize>, fired: &[Fired], group: &Group, ignoring: Holds, prices: Prices<'_>) -> Vec<Decided> {
        let (policy, rules, ways) = (self.guard.policy, &self.guard.rules, &self.ways);
        let (n, cases) = (policy.treatments.len(), range.len());
        // One treatment covers all the borrower's cases: vetoed on one, vetoed on all.
        let mut nowhere = 0u32;
        for place in (0..n).filter(|p| ways.covers[*p]) {
            if fired.iter().any(|fired| fired.rules & rules.vetoes[place] != 0) {
                nowhere |= 1 << place;
            }
        }
        // What law is worth is not a matter of the day's prices.
        let worth = |k: usize, place: usize| group.gross[k * n + place] - group.costs[k * n + place];
        let last = |(k, fired): (usize, &Fired)| {
            let law = self.last_resort(range.start + k, *fired, nowhere, &|place| worth(k, place));
            Fired { rules: fired.rules | law, ..*fired }
        };
        let fired: Vec<Fired> = fired.iter().enumerate().map(last).collect();
        let free = |k: usize, place: usize| fired[k].rules & rules.vetoes[place] == 0 && nowhere & (1 << place) == 0;
        // A treatment that covers the borrower takes its place once, where the first account stands.
        let priced = |k: usize, place: usize| prices(ways.at(&range, range.start + k, place), place);
        let net = |k: usize, place: usize| worth(k, place) - priced(k, place);
        let led: Vec<Option<(usize, Because)>> =
            range.clone().enumerate().map(|(k, case)| self.led(case, fired[k], ignoring, &|place| free(k, place))).collect();
        let paid = led.iter().flatten().filter(|(place, _)| ways.covers[*place]).fold(0u32, |paid, (place, _)| paid | 1 << place);
        // For each covering treatment, what the borrower is worth if each account takes the better of its part and a treatment of its own.
        let mut best: Option<(f64, usize, Vec<usize>)> = None;
        for cover in ways.order.iter().copied().filter(|p| ways.covers[*p] && (0..cases).all(|k| free(k, *p))) {
            let mut picks = Vec::with_capacity(cases);
            let (mut total, mut covered) = (0.0, false);
            for (k, led) in led.iter().enumerate() {
                if let Some((place, _)) = led {
                    picks.push(*place);
                    continue;
                }
                let mut pick = cover;
                let mut worth = group.gross[k * n + cover];
                for own in ways.order.iter().copied().filter(|p| !ways.covers[*p] && ways.by_value(*p) && free(k, *p)) {
                    if net(k, own) > worth {
                        (pick, worth) = (own, net(k, own));
                    }
                }
                covered |= pick == cover;
                total += worth;
                picks.push(pick);
            }
            if covered && paid & (1 << cover) == 0 {
                total -= group.costs[cover] + priced(0, cover);
            }
            if best.as_ref().is_none_or(|(most, ..)| total > *most) {
                best = Some((total, cover, picks));
            }
        }
        let picks = best.map_or_else(|| led.iter().map(|led| led.map_or(ways.wait, |(place, _)| place)).collect(), |(_, _, picks)| picks);
        let mut decided: Vec<Decided> = Vec::with_capacity(cases);
        for k in 0..cases {
            let because = match led[k] {
                Some((_, because)) => because,
                None => Because::WorthMost,
            };
            let start = Decided { fired: fired[k], elsewhere: nowhere, chosen: 0, because, gain: 0.0, cost: 0.0, share: 0.0, runner_up: None };
            decided.push(start);
        }
        self.settle(&mut decided, group, &picks.iter().map(|pick| *pick as u8).collect::<Vec<u8>>());
        decided
    }

    /// Puts down what a borrower's cases get: the cost of a treatment that covers several stands at the first of them.
    pub(super) fn settle(&self, decided: &mut [Decided], group: &Group, picks: &[u8]) {
        let (n, ways, rules) = (self.guard.policy.treatments.len(), &self.ways, &self.guard.rules);
        let mut paid = 0u32;
        for (k, (decided, pick)) in decided.iter_mut().zip(picks).enumerate() {
            let pick = usize::from(*pick);
            let pays = !ways.covers[pick] || paid & (1 << pick) == 0;
            paid |= if ways.covers[pick] { 1 << pick } else { 0 };
            let (fired, elsewhere) = (decided.fired.rules, decided.elsewhere);
            let free = |place: usize| fired & rules.vetoes[place] == 0 && elsewhere & (1 << place) == 0;
            let net = |place: usize| group.gross[k * n + place] - group.costs[k * n + place];
            let others = ways.order.iter().copied().filter(|p| *p != pick && ways.by_value(*p) && free(*p));
            decided.runner_up = others.map(|p| (p as u8, net(p))).reduce(|a, b| if b.1 > a.1 { b } else { a });
            if decided.runner_up.is_none() && decided.because == Because::WorthMost {
                decided.because = Because::NothingElse;
            }
            decided.chosen = pick as u8;
            decided.cost = if pays { group.costs[k * n + pick] } else { 0.0 };
            decided.gain = group.gross[k * n + pick] - decided.cost;
            decided.share = group.shares[k * n + pick];
        }
    }
}
