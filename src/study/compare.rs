//! Two or more policies on the same book and the same scores: who moves where, what each is expected to bring, and the cases that move most.
//!
//! Takes decisions under each policy; gives plain figures. The difference between policies rests on their effects: where nobody measured those,
//! it is labelled assumed.

use crate::base::units::Money;
use crate::data::cases::Cases;
use crate::decide::choose::Decisions;
use crate::decide::policy::Policy;
use crate::decide::ranked::{amount, because, vetoes};
use crate::decide::value::{ExpectedShare, shares_of};
use serde::Serialize;
use std::collections::BTreeMap;

/// Cases that move, shown at most.
pub const SHOWN_MOVERS: usize = 10;

/// One policy on the book.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PolicyResult {
    /// Its name.
    pub policy: String,
    /// Its version.
    pub version: String,
    /// Its file.
    pub file: String,
    /// Cases of each strategy, in the order of the policy.
    pub strategies: Vec<StrategyCount>,
    /// Cases whose strategy needs a signature.
    pub needs_signature: usize,
    /// Sum of `stake × share repaid` under the recommended treatments.
    pub expected_recovery: String,
    /// The same if every case were left waiting.
    pub expected_recovery_waiting: String,
    /// Cost of the recommended treatments, complaints included.
    pub cost: String,
    /// What the decisions gain over waiting, costs taken off: `Σ gain`, which is `expected_recovery − expected_recovery_waiting − cost` where nothing
    /// comes late enough to be discounted.
    pub expected_gain: String,
    /// `expected_recovery_waiting + expected_gain`.
    pub net: String,
    /// What nobody measured.
    pub assumed: Vec<String>,
}

/// Cases of one strategy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StrategyCount {
    /// The strategy.
    pub strategy: String,
    /// Cases.
    pub cases: usize,
    /// Their stake.
    pub stake: String,
}

/// One policy against the first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Movement {
    /// The first policy.
    pub from: String,
    /// The other.
    pub to: String,
    /// Cases and stake by strategy under the first and strategy under the other.
    pub matrix: Vec<Move>,
    /// Cases whose strategy differs.
    pub moved: usize,
    /// Net of the other less net of the first.
    pub net_difference: String,
    /// The cases whose expected gain differs most.
    pub movers: Vec<Mover>,
}

/// A cell of the movement matrix.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Move {
    /// Strategy under the first policy.
    pub from: String,
    /// Strategy under the other.
    pub to: String,
    /// Cases.
    pub cases: usize,
    /// Their stake.
    pub stake: String,
}

/// A case that moves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Mover {
    /// `account@as_of`.
    pub case: String,
    /// Stake.
    pub stake: String,
    /// Strategy under the first policy.
    pub from: String,
    /// Strategy under the other.
    pub to: String,
    /// Expected gain under the other less that under the first.
    pub gain_difference: String,
    /// Why the first chose as it did.
    pub from_because: String,
    /// Why the other did, and what it vetoed.
    pub to_because: String,
}

/// Policies on one book.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Cases.
    pub cases: usize,
    /// Each policy.
    pub policies: Vec<PolicyResult>,
    /// Each further policy against the first.
    pub movements: Vec<Movement>,
}

/// Compares decisions under two or more policies on the same cases.
pub fn compare(decisions: &[Decisions<'_>], cases: &Cases, share: ExpectedShare<'_>, minor_digits: u8) -> Comparison {
    let policies: Vec<PolicyResult> = decisions.iter().map(|d| result(d, cases, share, minor_digits)).collect();
    let movements = decisions.iter().skip(1).map(|other| movement(&decisions[0], other, cases, minor_digits)).collect();
    Comparison { cases: cases.len(), policies, movements }
}

/// Names of a policy's treatments by place.
fn name(policy: &Policy, place: u8) -> &str {
    &policy.treatments[usize::from(place)].name
}

fn stake(cases: &Cases, case: usize) -> i64 {
    cases.stake[case].known().unwrap_or(0)
}

fn recovery(d: &Decisions<'_>, cases: &Cases) -> f64 {
    (0..cases.len()).map(|k| stake(cases, k) as f64 * d.share[k]).sum()
}

/// What the decisions gain over waiting: whole minor units, so that the sum is exact.
fn gain(d: &Decisions<'_>) -> f64 {
    d.gain.iter().sum()
}

fn result(d: &Decisions<'_>, cases: &Cases, share: ExpectedShare<'_>, minor_digits: u8) -> PolicyResult {
    let policy = d.policy;
    let text = |x: f64| amount(x).text(minor_digits);
    let wait = policy.place("wait").unwrap_or(0);
    let (recovered, cost) = (recovery(d, cases), d.cost.iter().sum::<f64>());
    let waiting: f64 = (0..cases.len()).map(|k| stake(cases, k) as f64 * shares_of(policy, share.of[k])[wait]).sum();
    PolicyResult {
        policy: policy.name.clone(),
        version: policy.version.clone(),
        file: policy.file.display().to_string(),
        strategies: policy
            .treatments
            .iter()
            .enumerate()
            .map(|(place, t)| {
                let chosen: Vec<usize> = (0..cases.len()).filter(|k| usize::from(d.chosen[*k]) == place).collect();
                let sum = chosen.iter().fold(0i64, |sum, k| sum.saturating_add(stake(cases, *k)));
                StrategyCount { strategy: t.name.clone(), cases: chosen.len(), stake: Money(sum).text(minor_digits) }
            })
            .collect(),
        needs_signature: d.chosen.iter().filter(|p| policy.treatments[usize::from(**p)].signed_by.is_some()).count(),
        expected_recovery: text(recovered),
        expected_recovery_waiting: text(waiting),
        cost: text(cost),
        expected_gain: text(gain(d)),
        net: text(waiting + gain(d)),
        assumed: policy.assumptions(share.modelled),
    }
}

fn movement(a: &Decisions<'_>, b: &Decisions<'_>, cases: &Cases, minor_digits: u8) -> Movement {
    let mut cells: BTreeMap<(u8, u8), (usize, i64)> = BTreeMap::new();
    for case in 0..cases.len() {
        let cell = cells.entry((a.chosen[case], b.chosen[case])).or_default();
        *cell = (cell.0 + 1, cell.1.saturating_add(stake(cases, case)));
    }
    let moved: Vec<usize> = (0..cases.len()).filter(|k| name(a.policy, a.chosen[*k]) != name(b.policy, b.chosen[*k])).collect();
    let difference = |k: usize| b.gain[k] - a.gain[k];
    let mut order = moved.clone();
    order.sort_by(|x, y| difference(*y).abs().total_cmp(&difference(*x).abs()).then_with(|| cases.account_id(*x).cmp(cases.account_id(*y))));
    let movers = order
        .into_iter()
        .take(SHOWN_MOVERS)
        .map(|k| {
            let (from, to) = (name(a.policy, a.chosen[k]), name(b.policy, b.chosen[k]));
            // What each chose and, where one vetoed the other's choice, by which rule: that is why they differ.
            let why = |d: &Decisions<'_>, others: &str| {
                let rule = vetoes(d, k).split("; ").find(|v| v.starts_with(&format!("{others}: "))).map(str::to_string);
                let own = because(d, k, minor_digits);
                rule.map_or(own.clone(), |r| format!("{own}; vetoes {r}"))
            };
            Mover {
                case: format!("{}@{}", cases.account_id(k), cases.as_of[k]),
                stake: cases.stake[k].text(minor_digits),
                from: from.to_string(),
                to: to.to_string(),
                gain_difference: amount(difference(k)).text(minor_digits),
                from_because: why(a, to),
                to_because: why(b, from),
            }
        })
        .collect();
    Movement {
        from: a.policy.name.clone(),
        to: b.policy.name.clone(),
        matrix: cells
            .into_iter()
            .map(|((from, to), (n, sum))| Move {
                from: name(a.policy, from).into(),
                to: name(b.policy, to).into(),
                cases: n,
                stake: Money(sum).text(minor_digits),
            })
            .collect(),
        moved: moved.len(),
        net_difference: amount(gain(b) - gain(a)).text(minor_digits),
        movers,
    }
}
