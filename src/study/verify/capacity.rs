//! Capacities and minimums of a run, and how near the optimum its choice is, reckoned again from the log and the policy's text.
//!
//! What is taken from `capacity.json` is what cannot be reckoned: the prices, and what was left for them. Whether that is so is checked; with the
//! prices the bound is made again, case by case, and with it the gap.

use super::certificate::Tally;
use super::choice::Menu;
use crate::data::cases::Cases;
use crate::data::expressions::{ColumnValues, Columns, Reread};
use crate::decide::places::{CapacitySummary, LimitSummary};
use crate::decide::policy::{Needed, Policy};
use serde::Serialize;
use std::ops::Range;

/// What was found of capacities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CapacityCertificate {
    /// Limits and minimums that were checked.
    pub limits: usize,
    /// Of those, the ones that are not kept.
    pub not_kept: u64,
    /// What the decisions gain over waiting, added up again, in minor units.
    pub worth: i64,
    /// What no choice can gain more than, by the run's prices, reckoned again; minor units, upwards.
    pub bound: i64,
    /// Whether the run says that a search has shown that nothing is worth more, which is not searched again.
    pub proved_best_by_the_run: bool,
}

/// One limit, with whom it is for.
struct Line {
    resource: usize,
    /// None for the run; the column of words and the team's; the minimum.
    of: Whom,
    /// At most, or at least, in millionths.
    amount: i64,
    /// Minor units a millionth.
    price: f64,
    /// What was left for who is neither led nor drawn, as the run says.
    left: i64,
    told: LimitSummary,
}

enum Whom {
    Run,
    Team(Vec<bool>),
    Minimum(Vec<bool>),
}

/// What cases take, line by line.
pub(super) struct Ledger {
    lines: Vec<Line>,
    /// Of each treatment and resource, millionths; money apart.
    takes: Vec<Vec<i64>>,
    money: Option<usize>,
    per_minor: f64,
    /// What is wrong with the lines themselves.
    wrong: Vec<String>,
}

/// What is added up over borrowers.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    used: Vec<i64>,
    settled: Vec<i64>,
    worth: i64,
    settled_worth: i64,
    best: f64,
}

impl Sums {
    pub(super) fn add(&mut self, other: Sums) {
        let grow = |to: &mut Vec<i64>, from: Vec<i64>| {
            to.resize(to.len().max(from.len()), 0);
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        };
        grow(&mut self.used, other.used);
        grow(&mut self.settled, other.settled);
        self.worth += other.worth;
        self.settled_worth += other.settled_worth;
        self.best += other.best;
    }
}

fn millionths(amount: f64) -> i64 {
    (amount * 1e6).round() as i64
}

impl Ledger {
    pub(super) fn of(policy: &Policy, columns: &Columns<'_>, cases: &Cases, told: &CapacitySummary, minor_digits: u8) -> Ledger {
        let resources = &policy.capacity.resources;
        let mut ledger = Ledger {
            lines: Vec::new(),
            takes: policy
                .treatments
                .iter()
                .map(|t| resources.iter().map(|r| millionths(t.resources.get(&r.name).copied().unwrap_or(0.0))).collect())
                .collect(),
            money: resources.iter().position(|r| r.name == "money"),
            per_minor: 1e6 / 10f64.powi(i32::from(minor_digits)),
            wrong: Vec::new(),
        };
        let mut rest: Vec<&LimitSummary> = told.limits.iter().collect();
        let mut add = |resource: usize, kind: &str, name: &str, of: Whom, amount: f64| {
            let is = |l: &&LimitSummary| l.resource == resources[resource].name && l.of == kind && l.name == name;
            let what = format!("{} of {kind} {name}", resources[resource].name);
            let Some(at) = rest.iter().position(is) else {
                ledger.wrong.push(format!("capacity.json does not name {what}"));
                return;
            };
            let told = rest.remove(at).clone();
            let amount = amount as i64;
            if millionths(told.amount) != amount {
                ledger.wrong.push(format!("capacity.json says {} for {what}, and it is {}", told.amount, amount as f64 / 1e6));
            }
            if !(told.price >= 0.0 && told.price.is_finite()) {
                ledger.wrong.push(format!("the price of {what} is {}", told.price));
            }
            let left = amount - millionths(told.led_or_drawn);
            ledger.lines.push(Line { resource, of, amount, price: told.price.max(0.0), left, told });
        };
        for (k, resource) in resources.iter().enumerate() {
            if let Some(amount) = resource.capacity {
                add(k, "run", "", Whom::Run, amount);
            }
            let Some(ColumnValues::Words { codes, words }) = resource.by.as_deref().and_then(|by| columns.get(by)) else { continue };
            let team = |case: usize| words.get(codes[case] as usize).map_or("", |w| &**w);
            let mut present: Vec<&str> = (0..cases.len()).map(team).collect();
            present.sort_unstable();
            present.dedup();
            for name in present {
                let stated = resource.each.iter().find(|(team, _)| team == name).map(|(_, amount)| *amount).or(resource.others);
                add(k, "team", name, Whom::Team((0..cases.len()).map(|case| team(case) == name).collect()), stated.unwrap_or(0.0));
            }
        }
        for minimum in &policy.capacity.minimums {
            let amount = match minimum.needed {
                Needed::Amount(amount) => amount,
                Needed::Share(share) => (share * resources[minimum.resource].capacity.unwrap_or(0.0)).round(),
            };
            let counts = match &minimum.when {
                None => vec![true; cases.len()],
                Some((sql, _)) => Reread::parse(sql).map_or_else(
                    || vec![false; cases.len()],
                    |when| when.holds(columns, 0..cases.len()).into_iter().map(|h| h == Some(true)).collect(),
                ),
            };
            add(minimum.resource, "minimum", &minimum.name, Whom::Minimum(counts), amount);
        }
        ledger.wrong.extend(rest.iter().map(|l| format!("capacity.json names {} of {} {}, and the policy does not", l.resource, l.of, l.name)));
        ledger
    }

    fn takes(&self, line: &Line, policy: &Policy, menu: &Menu, case: usize, t: usize, stake: f64) -> i64 {
        let counts = match &line.of {
            Whom::Run => true,
            Whom::Team(of) | Whom::Minimum(of) => of[case],
        };
        if !counts {
            0
        } else if Some(line.resource) == self.money {
            ((menu.cost(policy, t, stake) - policy.treatments[t].complaint_cost.0 as f64) * self.per_minor).round() as i64
        } else {
            self.takes[t][line.resource]
        }
    }

    /// What the place of a treatment costs at the run's prices, and more than everything where it alone takes more than was left.
    pub(super) fn price_of_what_is_left(&self, policy: &Policy, menu: &Menu, case: usize, t: usize, stake: f64) -> f64 {
        let closes = |line: &Line| {
            let takes = self.takes(line, policy, menu, case, t, stake);
            !matches!(line.of, Whom::Minimum(_)) && takes > 0 && takes > line.left
        };
        if self.lines.iter().any(closes) { f64::INFINITY } else { self.price(policy, menu, case, t, stake) }
    }

    /// What the place of a treatment costs at the run's prices, whether it is left or not.
    pub(super) fn price(&self, policy: &Policy, menu: &Menu, case: usize, t: usize, stake: f64) -> f64 {
        let of = |line: &Line| {
            let cost = line.price * self.takes(line, policy, menu, case, t, stake) as f64;
            if matches!(line.of, Whom::Minimum(_)) { -cost } else { cost }
        };
        self.lines.iter().map(of).sum()
    }

    /// Adds what a borrower's cases take: what covers several, once, where the first of them stands.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn take(
        &self,
        policy: &Policy,
        menu: &Menu,
        range: &Range<usize>,
        picks: &[usize],
        settled: &[bool],
        stake: &dyn Fn(usize) -> f64,
        sums: &mut Sums,
    ) {
        sums.used.resize(self.lines.len(), 0);
        sums.settled.resize(self.lines.len(), 0);
        // What is settled pays first for what it shares with the others.
        for first in [true, false] {
            for (k, t) in picks.iter().enumerate().filter(|(k, _)| settled[*k] == first) {
                let covers = menu.covers(*t);
                let shared = (0..picks.len()).any(|o| picks[o] == *t && (settled[o] && !first || settled[o] == first && o < k));
                if covers && shared {
                    continue;
                }
                let at = if covers { range.start } else { range.start + k };
                for (place, line) in self.lines.iter().enumerate() {
                    let takes = self.takes(line, policy, menu, at, *t, stake(at));
                    sums.used[place] += takes;
                    sums.settled[place] += if first { takes } else { 0 };
                }
            }
        }
    }

    /// Adds what a borrower's cases are worth, and what the best for those that are not settled would be at the prices.
    pub(super) fn value(worth: f64, settled_worth: f64, best: f64, sums: &mut Sums) {
        sums.worth += worth as i64;
        sums.settled_worth += settled_worth as i64;
        sums.best += best;
    }

    /// What the whole book says of the limits, the worth and the bound.
    pub(super) fn judge(&self, policy: &Policy, told: &CapacitySummary, sums: &Sums, minor_digits: u8, tally: &mut Tally) -> CapacityCertificate {
        let mut say = |rule: &str, what: String| tally.violation(String::new(), "", rule, what);
        self.wrong.iter().for_each(|what| say("capacity", what.clone()));
        let mut not_kept = 0;
        let mut dual = sums.best + sums.settled_worth as f64;
        for (k, line) in self.lines.iter().enumerate() {
            let at = |sums: &[i64]| sums.get(k).copied().unwrap_or(0);
            let (used, settled) = (at(&sums.used), at(&sums.settled));
            let name = format!("{} of {} {}", line.told.resource, line.told.of, line.told.name);
            let minimum = matches!(line.of, Whom::Minimum(_));
            if if minimum { used < line.amount } else { used > line.amount } {
                not_kept += 1;
                say("capacity", format!("{name}: {} where there is {}", used as f64 / 1e6, line.amount as f64 / 1e6));
            }
            for (what, is, told) in [("used", used, line.told.used), ("led or drawn", settled, line.told.led_or_drawn)] {
                if is != millionths(told) {
                    say("capacity", format!("{name}: capacity.json says {told} {what}, and it is {}", is as f64 / 1e6));
                }
            }
            let step = self.step(policy, line);
            let tight = |left: i64| if step > 0 { left.div_euclid(step) * step } else { left };
            dual += line.price * if minimum { tight(settled - line.amount) } else { tight(line.amount - settled) } as f64;
        }
        let minor = 10f64.powi(i32::from(minor_digits));
        let number = |text: &str| text.parse::<f64>().map_or(f64::NAN, |x| (x * minor).round());
        let (worth, bound) = (number(&told.worth), number(&told.bound));
        if worth != sums.worth as f64 {
            say("capacity", format!("capacity.json says that all decisions gain {}, and they gain {} minor units", told.worth, sums.worth));
        }
        let slack = 1.0 + 1e-9 * dual.abs();
        if bound.is_nan() || bound + slack < dual || bound < worth {
            say("bound", format!("capacity.json says that {} is the bound, and by its prices it is {dual:.0} minor units", told.bound));
        }
        let off = (number(&told.gap) - (bound - worth)).abs();
        if !told.proved_best && (off.is_nan() || off > 2.0) {
            say("bound", format!("the gap is said to be {}, and bound less worth is {:.0} minor units", told.gap, bound - worth));
        }
        CapacityCertificate {
            limits: self.lines.len(),
            not_kept,
            worth: sums.worth,
            bound: dual.ceil() as i64,
            proved_best_by_the_run: told.proved_best,
        }
    }

    /// The greatest common divisor of what treatments can take of a line: no sum of them fills less than whole steps of it.
    fn step(&self, policy: &Policy, line: &Line) -> i64 {
        let of = |(t, treatment): (usize, &crate::decide::policy::Treatment)| {
            if Some(line.resource) != self.money {
                return self.takes[t][line.resource];
            }
            match treatment.court.is_some() || treatment.cost_share != 0.0 {
                true => self.per_minor as i64,
                false => (treatment.cost.0 as f64 * self.per_minor).round() as i64,
            }
        };
        policy.treatments.iter().enumerate().map(of).fold(0, |a, b| {
            let (mut a, mut b) = (a, b);
            while b != 0 {
                (a, b) = (b, a % b);
            }
            a
        })
    }
}
