//! What there is, handed out over the whole book: who is led somewhere first, then lots, then what is worth most in all at prices.
//!
//! Holds, care, access and routes come before value: they take their places first, in that order, the larger gain first. Who finds none gets the
//! next best, as all do whose place is worth more elsewhere. Nobody who is in hardship or vulnerable gets anything firmer than they would at the same
//! prices without.

mod frontier;
mod lots;
mod notes;
mod options;
mod rows;
mod settle;
mod summary;
mod ways;

pub use frontier::{Frontier, Point};
pub use lots::{Drawn, Lot, explored, is_control};
pub use notes::notes;
pub use options::{OPEN, Offers, Options};
pub use rows::{Belongs, Of, Row, Rows};
pub use settle::{Led, Settling};
pub use summary::{CapacitySummary, FrontierSummary, LimitSummary, PointSummary};
pub use ways::Ways;

use super::allocate::{Allocation, NoChoice, allocate, within};
use super::choose::{Because, Chooser, Decided, Group};
use super::guardrail::Fired;
use crate::base::problem::{Failure, Result};
use crate::data::cases::Holds;
use frontier::Trial;
use rayon::prelude::*;
use settle::{Draw, draw, too_large};
use std::ops::Range;

/// Units valued together: fixed, so that no output depends on threads.
const CHUNK: usize = 1_024;

/// What was handed out, and what that is worth.
#[derive(Clone, Debug)]
pub struct Placed {
    /// What is limited.
    pub rows: Rows,
    /// Teams and minimums of cases.
    pub belongs: Belongs,
    /// Price of each row, as the bound is reckoned with: minor units for a millionth more.
    pub prices: Vec<f64>,
    /// Worth of a millionth more of each row: its price, or where nothing smaller than a whole place is of use, the place's worth spread over it.
    pub more: Vec<f64>,
    /// What is taken of each row, in whole millionths; for a minimum, what was given.
    pub used: Vec<f64>,
    /// Of that, by who was led somewhere or drawn by lot.
    pub settled: Vec<f64>,
    /// What all decisions are worth, in whole minor units.
    pub worth: f64,
    /// What they can be worth at most, by the prices.
    pub bound: f64,
    /// Whether a search has shown that nothing is worth more, whatever the bound says.
    pub best: bool,
    /// Decision units that took part.
    pub units: usize,
    /// Cases that would have got something else, had there been a place.
    pub without_place: u64,
    /// Of those, the ones that a hold, care, access or a route would have led there.
    pub led_without_place: u64,
    /// The lot of each case; empty where the policy draws none.
    pub lots: Vec<Lot>,
    /// What more or less of each resource would be worth.
    pub frontier: Vec<Frontier>,
}

impl Placed {
    /// What the best choice can be worth more than this one, at most, in minor units.
    pub fn gap(&self) -> f64 {
        if self.best { 0.0 } else { self.bound - self.worth }
    }
}

/// What is handed out of whatever is offered.
pub struct Handed {
    /// Treatment of each case.
    pub picks: Vec<u8>,
    /// What is allocated to open units.
    pub allocation: Allocation,
    /// The options that there were.
    pub options: Options,
    /// Of each unit what may not be exceeded in firmness, case by case.
    caps: Vec<Option<Vec<u8>>>,
    /// What the bound leaves out: of units of which not every way is written down, what their best way is worth more.
    pub beyond: f64,
}

/// Of a unit at prices, for each of its cases the treatment than which nothing may be firmer; none where anything may.
pub type Cap<'a> = dyn Fn(&Range<usize>, &[f64]) -> Option<Vec<u8>> + Sync + 'a;

/// Hands out places of offers; `cap` is asked once of every unit, when prices are known.
///
/// # Errors
/// `capacity.conflict`: minimums and limits that cannot be kept together.
pub fn hand_out_offers(offers: &Offers<'_>, cap: Option<&Cap<'_>>) -> Result<Handed> {
    let stop = |why: NoChoice| -> Failure {
        match why {
            NoChoice::Conflict(these) => rows::cannot(offers.policy, offers.rows, &these, true),
            NoChoice::NotFound(these) => rows::cannot(offers.policy, offers.rows, &these, false),
        }
    };
    let mut options = offers.options();
    let mut allocation = allocate(&options.problem, None).map_err(stop)?;
    let caps: Vec<Option<Vec<u8>>> = match cap {
        Some(cap) => offers.groups.par_iter().with_min_len(CHUNK).map(|range| cap(range, &allocation.prices)).collect(),
        None => vec![None; offers.groups.len()],
    };
    if options.prune(offers, &caps) {
        allocation = within(&options.problem, allocation.prices).map_err(stop)?;
    }
    let mut picks = offers.settled.to_vec();
    for (unit, option) in allocation.choice.iter().enumerate() {
        let range = offers.groups[options.group[unit] as usize].clone();
        let open = range.filter(|case| offers.settled[*case] == OPEN);
        open.zip(options.picks(unit, usize::from(*option))).for_each(|(case, t)| picks[case] = *t);
    }
    let price = |case: usize, t: usize| offers.price(&allocation.prices, case, t);
    let priced = |place: usize| {
        let kind = options.problem.kind[place];
        options.problem.worth[place] - options.problem.takes.of(kind).map(|(row, amount)| allocation.prices[row] * amount).sum::<f64>()
    };
    let beyond = options.abridged.iter().map(|unit| {
        let unit = *unit as usize;
        let written = options.problem.options(unit).map(priced).fold(f64::NEG_INFINITY, f64::max);
        (offers.best_at(&offers.groups[options.group[unit] as usize], price) - written).max(0.0)
    });
    let beyond = beyond.sum();
    Ok(Handed { picks, beyond, allocation, options, caps })
}

/// What was handed out where no lots are drawn anew: of offers whose worth in all is known.
pub fn placed_again(offers: &Offers<'_>, handed: &Handed, worth: f64, led_without_place: u64) -> Placed {
    let (rows, allocation, limits) = (offers.rows, &handed.allocation, offers.rows.limits());
    let of = |used: &dyn Fn(usize) -> f64| rows.rows.iter().enumerate().map(|(k, row)| row.sign() * used(k)).collect();
    let settled = |k: usize| limits[k] - offers.left[k];
    let trial = Trial::of(&handed.options.problem, allocation);
    Placed {
        used: of(&|k| settled(k) + allocation.used.get(k).copied().unwrap_or(0.0)),
        settled: of(&settled),
        belongs: Belongs::default(),
        more: trial.worth_of_more(&handed.options.problem),
        frontier: trial.frontier(offers.policy, rows),
        prices: allocation.prices.clone(),
        worth,
        bound: worth + (allocation.bound - allocation.worth) + handed.beyond,
        best: allocation.best && handed.beyond == 0.0,
        units: offers.groups.len(),
        without_place: 0,
        led_without_place,
        lots: Vec::new(),
        rows: rows.clone(),
    }
}

/// Hands out what there is, over decisions that were taken as if nothing were short.
///
/// # Errors
/// As [`Rows::of`] and [`hand_out_offers`]; `exploration.too_large` where guardrails or capacity leave less than the policy would try.
pub(super) fn hand_out(
    chooser: &Chooser<'_, '_>,
    groups: &[Range<usize>],
    fired: &[Fired],
    decided: &mut [Decided],
    minor_digits: u8,
) -> Result<Placed> {
    let (guard, cases, ways) = (chooser.guard, chooser.cases, &chooser.ways);
    let policy = guard.policy;
    let n = policy.treatments.len();
    let belongs = Belongs::of(policy, &guard.bound, guard.columns(), cases.len());
    let rows = Rows::of(policy, &belongs, cases.len(), minor_digits)?;
    let stake = |case: usize| cases.stake[case].known().unwrap_or(0) as f64;
    let valued: Vec<Group> = groups.par_iter().with_min_len(CHUNK).map(|range| chooser.valued(range.clone())).collect();
    let gross: Vec<f64> = valued.iter().flat_map(|group| &group.gross).copied().collect();
    let is_free = |d: &Decided, t: usize| d.fired.rules & guard.rules.vetoes[t] == 0 && d.elsewhere & (1 << t) == 0;
    let free: Vec<u32> = decided.iter().map(|d| (0..n).filter(|t| is_free(d, *t)).fold(0, |set, t| set | 1 << t)).collect();
    let mut settled = vec![OPEN; cases.len()];
    let mut left = rows.limits();
    let draws = draw(cases, policy, groups, decided, &free)?;
    let settling = Settling { policy, ways, rows: &rows, stake: &stake };
    for (range, given) in groups.iter().zip(&draws).filter_map(|(range, draw)| draw.given.map(|given| (range, given))) {
        settled[range.clone()].fill(given);
        settling.take(range, &settled, &mut left);
    }
    if let Some(row) = (0..left.len()).find(|row| rows.rows[*row].sign() > 0.0 && left[*row] < 0.0) {
        return Err(too_large(policy, &rows, row, left[row]));
    }
    let led: Vec<Option<Led>> = decided.iter().map(|d| Led::of(d.because, d.chosen, d.gain())).collect();
    let led_without_place = settling.lead(groups, &led, &mut settled, &mut left);
    let offers = Offers { policy, ways, rows: &rows, groups, stake: &stake, gross: &gross, free: &free, settled: &settled, left: &left };
    let group_of = |range: &Range<usize>| groups.partition_point(|group| group.start < range.start);
    let cap = |range: &Range<usize>, prices: &[f64]| {
        chooser.cap(range.clone(), &fired[range.clone()], &valued[group_of(range)], &|case, t| offers.price(prices, case, t))
    };
    let handed = hand_out_offers(&offers, Some(&cap))?;
    let allocation = &handed.allocation;
    let mut without_place = 0;
    for (((range, group), draw), cap) in groups.iter().zip(&valued).zip(&draws).zip(&handed.caps) {
        let of = &mut decided[range.clone()];
        // What keeps them from anything firmer than others get at these prices is a rule like any other.
        if let Some(cap) = cap {
            let softened = chooser.no_firmer(&of.iter().map(|d| d.fired).collect::<Vec<_>>(), cap);
            let vetoed = |t: usize| softened.iter().any(|fired| fired.rules & guard.rules.vetoes[t] != 0);
            let elsewhere = (0..n).filter(|t| ways.covers[*t] && vetoed(*t)).fold(0u32, |set, t| set | 1 << t);
            of.iter_mut().zip(&softened).for_each(|(d, fired)| (d.fired, d.elsewhere) = (*fired, elsewhere));
        }
        for (d, case) in of.iter_mut().zip(range.clone()) {
            d.because = match draw.drawn {
                Drawn::Control => Because::Control,
                Drawn::Exploration => Because::Exploration,
                Drawn::Policy if handed.picks[case] == d.chosen => d.because,
                Drawn::Policy => {
                    without_place += 1;
                    Because::Place
                }
            };
        }
        chooser.settle(of, group, &handed.picks[range.clone()]);
    }
    let worth: f64 = decided.iter().map(|d| d.gain()).sum();
    let lots = if policy.control.is_some() || policy.exploration.is_some() {
        let price = |case: usize, t: usize| offers.price(&allocation.prices, case, t);
        let lot = |(range, draw): (&Range<usize>, &Draw)| -> Vec<Lot> {
            // What somebody who was drawn would have got from the policy, at the same prices.
            let would = || chooser.choose(range.clone(), &fired[range.clone()], &valued[group_of(range)], Holds::default(), &price);
            match draw.given {
                Some(_) => would().iter().map(|d| draw.lot(d.chosen)).collect(),
                None => range.clone().map(|case| draw.lot(handed.picks[case])).collect(),
            }
        };
        groups.iter().zip(&draws).flat_map(lot).collect()
    } else {
        Vec::new()
    };
    Ok(Placed { belongs, without_place, lots, ..placed_again(&offers, &handed, worth, led_without_place) })
}
