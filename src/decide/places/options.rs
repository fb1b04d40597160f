//! What each decision unit could get, as options of an allocation: each way to treat its cases that are not settled yet.
//!
//! One covering treatment, and for each account the choice between its part of that and a treatment of its own. A unit with more ways than are worth
//! writing down gets the likely ones; what its best way is worth at prices is known all the same, so the bound stays true.

use super::rows::Rows;
use super::ways::Ways;
use crate::decide::allocate::Problem;
use crate::decide::policy::Policy;
use crate::decide::value::cost;
use std::collections::HashMap;
use std::ops::Range;

/// Ways of a unit that are written down, at most.
const MOST_WAYS: usize = 512;

/// What stands for a case that is not settled yet.
pub const OPEN: u8 = u8::MAX;

/// What there is to choose from, case by case.
pub struct Offers<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Its treatments as ways.
    pub ways: &'a Ways,
    /// What is limited.
    pub rows: &'a Rows,
    /// The cases of each decision unit.
    pub groups: &'a [Range<usize>],
    /// What is at stake, in minor units.
    pub stake: &'a (dyn Fn(usize) -> f64 + Sync),
    /// Gain before cost of each case and treatment, in whole minor units.
    pub gross: &'a [f64],
    /// Treatments that may be given by value, as bits.
    pub free: &'a [u32],
    /// The treatment that a case has already, or [`OPEN`].
    pub settled: &'a [u8],
    /// What settled cases leave of each row.
    pub left: &'a [f64],
}

/// Options of units, and what they mean.
pub struct Options {
    /// The units' options.
    pub problem: Problem,
    /// The group of each unit.
    pub group: Vec<u32>,
    /// Where each unit's picks begin in `picks`.
    first: Vec<usize>,
    /// Of each option the treatments of the unit's open cases.
    picks: Vec<u8>,
    /// Open cases of each unit.
    open: Vec<u16>,
    /// Units of which not every way is written down.
    pub abridged: Vec<u32>,
}

/// Kinds of what options take, each once.
#[derive(Default)]
struct Kinds {
    of_seat: Vec<u32>,
    of_charge: HashMap<Vec<(u16, i64, i64)>, u32>,
}

impl Offers<'_> {
    fn treatments(&self) -> usize {
        self.policy.treatments.len()
    }

    /// What a treatment of a case costs, in minor units; of one that covers the unit, to the unit's first case.
    fn cost(&self, case: usize, treatment: usize) -> f64 {
        cost(&self.policy.treatments[treatment], (self.stake)(case))
    }

    /// What a treatment takes.
    pub fn charge(&self, case: usize, treatment: usize) -> Vec<(u16, f64)> {
        self.rows.charge(self.policy, self.rows.seat[case], treatment, (self.stake)(case))
    }

    /// What a treatment's place costs at prices, in minor units.
    pub fn price(&self, prices: &[f64], case: usize, treatment: usize) -> f64 {
        self.charge(case, treatment).iter().map(|(row, amount)| prices[usize::from(*row)] * amount).sum()
    }

    /// Whether a treatment alone would take more than there is; what is asked for at least never stands in the way.
    fn closed(&self, case: usize, treatment: usize) -> bool {
        self.charge(case, treatment).iter().any(|(row, amount)| *amount > 0.0 && *amount > self.left[usize::from(*row)])
    }

    fn is_free(&self, case: usize, treatment: usize) -> bool {
        self.free[case] & (1 << treatment) != 0
    }

    /// Treatments that may cover a unit, the gentlest first.
    fn covers<'s>(&'s self, range: &'s Range<usize>) -> impl Iterator<Item = usize> + 's {
        let wait = self.ways.wait;
        self.ways
            .order
            .iter()
            .copied()
            .filter(move |t| *t == wait || self.ways.covers[*t] && self.ways.by_value(*t) && range.clone().all(|case| self.is_free(case, *t)))
    }

    /// Treatments that a case may get for itself, the gentlest first.
    fn owns(&self, case: usize) -> impl Iterator<Item = usize> + '_ {
        self.ways.order.iter().copied().filter(move |t| !self.ways.covers[*t] && self.ways.by_value(*t) && self.is_free(case, *t))
    }

    /// Covering treatments that settled cases of a unit have: they cost nothing and take nothing more.
    fn paid(&self, range: &Range<usize>) -> u32 {
        let settled = range.clone().map(|case| self.settled[case]).filter(|t| *t != OPEN && self.ways.covers[usize::from(*t)]);
        settled.fold(0, |paid, t| paid | 1 << t)
    }

    /// What the best way of a unit is worth at prices of its treatments, whether it is written down or not.
    pub fn best_at(&self, range: &Range<usize>, price: impl Fn(usize, usize) -> f64) -> f64 {
        let n = self.treatments();
        let paid = self.paid(range);
        let open: Vec<usize> = range.clone().filter(|case| self.settled[*case] == OPEN).collect();
        let net = |case: usize, t: usize| self.gross[case * n + t] - self.cost(case, t) - price(case, t);
        let under = |cover: usize| {
            let once = if paid & (1 << cover) != 0 { 0.0 } else { self.cost(range.start, cover) + price(range.start, cover) };
            let part =
                |case: usize| self.owns(case).filter(|t| !self.closed(case, *t)).map(|t| net(case, t)).fold(self.gross[case * n + cover], f64::max);
            open.iter().map(|case| part(*case)).sum::<f64>() - once.max(0.0)
        };
        self.covers(range)
            .filter(|t| paid & (1 << t) != 0 || *t == self.ways.wait || !self.closed(range.start, *t))
            .map(under)
            .fold(f64::NEG_INFINITY, f64::max)
    }

    /// What a unit's cases are worth with these treatments, in whole minor units: what covers several costs once.
    pub fn worth(&self, range: &Range<usize>, picks: &[u8]) -> f64 {
        let n = self.treatments();
        let (mut worth, mut paid) = (0.0, 0u32);
        for case in range.clone() {
            let t = usize::from(picks[case]);
            worth += self.gross[case * n + t];
            if !self.ways.covers[t] {
                worth -= self.cost(case, t);
            } else if paid & (1 << t) == 0 {
                worth -= self.cost(range.start, t);
                paid |= 1 << t;
            }
        }
        worth
    }

    /// The options of every unit that has an open case.
    pub fn options(&self) -> Options {
        let mut of = Options {
            problem: Problem { limits: self.rows.tightened(self.left), ..Problem::default() },
            group: Vec::new(),
            first: Vec::new(),
            picks: Vec::new(),
            open: Vec::new(),
            abridged: Vec::new(),
        };
        let mut kinds = Kinds { of_seat: vec![u32::MAX; self.rows.seats.len() * self.treatments()], ..Kinds::default() };
        for (group, range) in self.groups.iter().enumerate() {
            let open = range.clone().filter(|case| self.settled[*case] == OPEN).count();
            if open == 0 {
                continue;
            }
            of.group.push(group as u32);
            of.first.push(of.picks.len());
            of.open.push(open.min(usize::from(u16::MAX)) as u16);
            if open == 1 {
                self.one(range, &mut of, &mut kinds)
            } else {
                self.several(range, &mut of, &mut kinds)
            }
            of.problem.offsets.push(of.problem.worth.len() as u32);
        }
        of
    }

    /// A unit with one open case.
    fn one(&self, range: &Range<usize>, of: &mut Options, kinds: &mut Kinds) {
        let n = self.treatments();
        let Some(case) = range.clone().find(|case| self.settled[*case] == OPEN) else { return };
        let paid = self.paid(range);
        for t in self.ways.order.iter().copied() {
            let waits = t == self.ways.wait;
            let covers = self.ways.covers[t];
            let open = self.ways.by_value(t) && if covers { range.clone().all(|c| self.is_free(c, t)) } else { self.is_free(case, t) };
            if !open && !waits {
                continue;
            }
            if paid & (1 << t) != 0 {
                let nothing = kinds.of(&mut of.problem, Vec::new());
                of.add(&[t as u8], self.gross[case * n + t], nothing);
                continue;
            }
            let at = self.ways.at(range, case, t);
            let kind = if self.rows.varies(self.policy, t) {
                let charge = self.charge(at, t);
                kinds.of(&mut of.problem, charge)
            } else {
                let place = self.rows.seat[at] as usize * n + t;
                if kinds.of_seat[place] == u32::MAX {
                    kinds.of_seat[place] = kinds.of(&mut of.problem, self.charge(at, t));
                }
                kinds.of_seat[place]
            };
            of.add(&[t as u8], self.gross[case * n + t] - self.cost(at, t), kind);
        }
    }

    /// A unit with several.
    fn several(&self, range: &Range<usize>, of: &mut Options, kinds: &mut Kinds) {
        let n = self.treatments();
        let open: Vec<usize> = range.clone().filter(|case| self.settled[*case] == OPEN).collect();
        let paid = self.paid(range);
        let owns: Vec<Vec<usize>> = open.iter().map(|case| self.owns(*case).collect()).collect();
        let ways = owns.iter().fold(1usize, |ways, owns| ways.saturating_mul(owns.len() + 1));
        let covers: Vec<usize> = self.covers(range).collect();
        let whole = ways.saturating_mul(covers.len()) <= MOST_WAYS;
        if !whole {
            of.abridged.push(of.group.len() as u32 - 1);
        }
        for cover in covers {
            let mut add = |picks: &[u8]| {
                let covered = picks.iter().any(|t| usize::from(*t) == cover);
                // That no account takes part in it is written down once, under waiting.
                if !covered && cover != self.ways.wait {
                    return;
                }
                let mut worth: f64 = open.iter().zip(picks).map(|(case, t)| self.gross[case * n + usize::from(*t)]).sum();
                let mut charge: Vec<(u16, f64)> = Vec::new();
                if covered && paid & (1 << cover) == 0 {
                    worth -= self.cost(range.start, cover);
                    charge.extend(self.charge(range.start, cover));
                }
                for (case, t) in open.iter().zip(picks).filter(|(_, t)| usize::from(**t) != cover) {
                    worth -= self.cost(*case, usize::from(*t));
                    charge.extend(self.charge(*case, usize::from(*t)));
                }
                let kind = kinds.of(&mut of.problem, charge);
                of.add(picks, worth, kind);
            };
            let mut picks = vec![cover as u8; open.len()];
            if whole {
                // Every combination, the first account's ways turning fastest.
                let mut turn = vec![0usize; open.len()];
                loop {
                    add(&picks);
                    let Some(k) = (0..open.len()).find(|k| turn[*k] < owns[*k].len()) else { break };
                    (0..k).for_each(|below| (turn[below], picks[below]) = (0, cover as u8));
                    picks[k] = owns[k][turn[k]] as u8;
                    turn[k] += 1;
                }
                continue;
            }
            add(&picks);
            let net = |case: usize, t: usize| self.gross[case * n + t] - self.cost(case, t);
            let best: Vec<u8> = open
                .iter()
                .zip(&owns)
                .map(|(case, owns)| {
                    let part = (self.gross[case * n + cover], cover);
                    owns.iter().map(|t| (net(*case, *t), *t)).fold(part, |best, own| if own.0 > best.0 { own } else { best }).1 as u8
                })
                .collect();
            if best != picks {
                add(&best);
            }
            for base in [picks.clone(), best] {
                for (k, owns) in owns.iter().enumerate() {
                    for t in owns.iter().map(|t| *t as u8).chain([cover as u8]).filter(|t| *t != base[k]) {
                        let mut other = base.clone();
                        other[k] = t;
                        add(&other);
                    }
                }
            }
        }
    }
}

impl Options {
    fn add(&mut self, picks: &[u8], worth: f64, kind: u32) {
        self.picks.extend_from_slice(picks);
        self.problem.worth.push(worth);
        self.problem.kind.push(kind);
    }

    /// Takes out what is firmer than what caps allow, one a group; whether anything was.
    pub(super) fn prune(&mut self, offers: &Offers<'_>, caps: &[Option<Vec<u8>>]) -> bool {
        let (policy, ways) = (offers.policy, offers.ways);
        let rung = |t: usize| policy.treatments[t].rung;
        let set = |fits: &dyn Fn(usize) -> bool| (0..policy.treatments.len()).filter(|t| fits(*t)).fold(0u32, |set, t| set | 1 << t);
        let covering = set(&|t| ways.covers[t]);
        let mut pruned = false;
        for unit in 0..self.group.len() {
            let group = self.group[unit] as usize;
            let Some(cap) = &caps[group] else { continue };
            let sets: Vec<u32> = cap.iter().map(|cap| set(&|t| rung(t) <= rung(usize::from(*cap)))).collect();
            // What covers all their accounts is vetoed on all where it is on one.
            let everywhere = sets.iter().fold(u32::MAX, |all, set| all & set);
            let open = offers.groups[group].clone().zip(&sets).filter(|(case, _)| offers.settled[*case] == OPEN);
            let open: Vec<u32> = open.map(|(_, set)| set & (everywhere | !covering)).collect();
            let first = self.problem.offsets[unit] as usize;
            for place in self.problem.options(unit) {
                if !self.picks(unit, place - first).iter().zip(&open).all(|(t, set)| set & (1 << t) != 0) {
                    self.problem.worth[place] = f64::NEG_INFINITY;
                    pruned = true;
                }
            }
        }
        pruned
    }

    /// The treatments that an option of a unit gives its open cases.
    pub fn picks(&self, unit: usize, option: usize) -> &[u8] {
        let open = usize::from(self.open[unit]);
        let first = self.first[unit] + option * open;
        &self.picks[first..first + open]
    }
}

impl Kinds {
    /// The kind of what several places take together.
    fn of(&mut self, problem: &mut Problem, mut charge: Vec<(u16, f64)>) -> u32 {
        charge.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        let mut parts: Vec<(u16, f64, f64)> = Vec::with_capacity(charge.len());
        for (row, amount) in charge {
            match parts.last_mut().filter(|(last, ..)| *last == row) {
                Some((_, sum, _)) => *sum += amount,
                None => parts.push((row, amount, amount)),
            }
        }
        // Whole millionths: as integers they are keys.
        let key = parts.iter().map(|(row, amount, part)| (*row, *amount as i64, *part as i64)).collect();
        *self.of_charge.entry(key).or_insert_with(|| problem.takes.add_of_parts(&parts))
    }
}
