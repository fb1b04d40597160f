//! The best of what was not vetoed: for each borrower, one treatment that covers all cases, or one for an account alone, whichever is worth most.
//!
//! Exactly optimal for a borrower: with the covering treatment fixed, each account switches to a treatment of its own where that is worth more
//! than its part; the best covering treatment is taken. Deliberately absent: capacity.

use super::guardrail::{Verdict, verdicts};
use super::policy::{Policy, Scope};
use super::value::{ExpectedShare, cost, shares};
use crate::base::problem::Result;
use crate::data::cases::Cases;
use crate::data::expressions::{Columns, Expression};

/// Why a treatment was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// It is worth most of those eligible.
    WorthMost,
    /// A hold leads to it: the place of its rule in the policy.
    Hold(u8),
    /// Nothing else may be recommended.
    NothingElse,
}

/// Decisions on all cases under one policy.
pub struct Decisions<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Its conditions.
    pub conditions: Vec<Option<Expression>>,
    /// Verdicts: entry `case × treatments + treatment`.
    pub verdicts: Vec<Verdict>,
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

/// One borrower's cases, valued.
struct Group<'a> {
    policy: &'a Policy,
    /// Gain before cost: entry `(case − first) × treatments + treatment`.
    gross: Vec<f64>,
    shares: Vec<f64>,
}

/// Decides every case.
///
/// # Errors
/// `policy.expression`: conditions that the columns do not bear.
pub fn decide<'a>(policy: &'a Policy, cases: &Cases, share: ExpectedShare<'_>, columns: &Columns<'_>) -> Result<Decisions<'a>> {
    let conditions = policy.bind(columns)?;
    let n = cases.len();
    let mut decisions = Decisions {
        verdicts: verdicts(policy, &conditions, cases, columns),
        policy,
        conditions,
        chosen: vec![0; n],
        because: vec![Because::NothingElse; n],
        gain: vec![0.0; n],
        cost: vec![0.0; n],
        share: vec![0.0; n],
        runner_up: vec![None; n],
    };
    let mut start = 0;
    while start < n {
        let same = |k: usize| policy.unit == Scope::Borrower && cases.borrower[k] == cases.borrower[start] && cases.as_of[k] == cases.as_of[start];
        let end = (start + 1..n).find(|k| !same(*k)).unwrap_or(n);
        decide_group(&mut decisions, cases, share, start..end);
        start = end;
    }
    Ok(decisions)
}

fn decide_group(decisions: &mut Decisions<'_>, cases: &Cases, share: ExpectedShare<'_>, range: std::ops::Range<usize>) {
    let policy = decisions.policy;
    let treatments = policy.treatments.len();
    let wait = policy.place("wait").unwrap_or(0);
    let mut group = Group { policy, gross: Vec::new(), shares: Vec::new() };
    for case in range.clone() {
        let shares = shares(policy, share.of[case]);
        let stake = cases.stake[case].known().unwrap_or(0) as f64;
        group.gross.extend(shares.iter().map(|s| stake * (s - shares[wait])));
        group.shares.extend(shares);
    }
    // One treatment covers all the borrower's cases: vetoed on one, vetoed on all.
    for place in (0..treatments).filter(|p| group.scope(*p) == Scope::Borrower) {
        if range.clone().any(|case| decisions.verdicts[case * treatments + place] != Verdict::Free) {
            for case in range.clone() {
                let verdict = &mut decisions.verdicts[case * treatments + place];
                if *verdict == Verdict::Free {
                    *verdict = Verdict::OnAnotherAccount;
                }
            }
        }
    }
    let free = |case: usize, place: usize| decisions.verdicts[case * treatments + place] == Verdict::Free;
    let routed: Vec<Option<(usize, u8)>> = range
        .clone()
        .map(|case| {
            let rule = policy.holds.iter().position(|r| cases.holds[case].has(r.hold) && r.recommend.is_some_and(|p| free(case, p)))?;
            Some((policy.holds[rule].recommend?, rule as u8))
        })
        .collect();
    let order = group.order();
    // For each covering treatment, what the borrower is worth if each account takes the better of its part and a treatment of its own.
    let mut best: Option<(f64, usize, Vec<usize>)> = None;
    for cover in order.iter().copied().filter(|p| group.scope(*p) == Scope::Borrower && range.clone().all(|case| free(case, *p))) {
        let mut picks = Vec::with_capacity(range.len());
        let (mut total, mut covered) = (0.0, false);
        for (k, case) in range.clone().enumerate() {
            let mut pick = cover;
            let mut worth = group.gross[k * treatments + cover];
            if let Some((place, _)) = routed[k] {
                pick = place;
                worth = group.net(k, place);
            } else {
                for own in order.iter().copied().filter(|p| group.scope(*p) == Scope::Account && group.by_value(*p) && free(case, *p)) {
                    if group.net(k, own) > worth {
                        (pick, worth) = (own, group.net(k, own));
                    }
                }
            }
            covered |= pick == cover;
            total += worth;
            picks.push(pick);
        }
        if covered {
            total -= cost(&policy.treatments[cover]);
        }
        if best.as_ref().is_none_or(|(most, ..)| total > *most) {
            best = Some((total, cover, picks));
        }
    }
    let (cover, picks) = best.map_or((wait, vec![wait; range.len()]), |(_, cover, picks)| (cover, picks));
    let mut cost_paid = false;
    for (k, case) in range.enumerate() {
        let pick = picks[k];
        let pays = pick != cover || !std::mem::replace(&mut cost_paid, true);
        let runner_up = order
            .iter()
            .copied()
            .filter(|p| *p != pick && group.by_value(*p) && decisions.verdicts[case * treatments + p] == Verdict::Free)
            .map(|p| (p as u8, group.net(k, p)))
            .reduce(|a, b| if b.1 > a.1 { b } else { a });
        decisions.because[case] = match (routed[k], runner_up) {
            (Some((_, rule)), _) => Because::Hold(rule),
            (None, None) => Because::NothingElse,
            (None, Some(_)) => Because::WorthMost,
        };
        decisions.chosen[case] = pick as u8;
        decisions.cost[case] = if pays { cost(&policy.treatments[pick]) } else { 0.0 };
        decisions.gain[case] = group.gross[k * treatments + pick] - decisions.cost[case];
        decisions.share[case] = group.shares[k * treatments + pick];
        decisions.runner_up[case] = runner_up;
    }
}

impl Group<'_> {
    /// With the account as decision unit every treatment covers one case.
    fn scope(&self, place: usize) -> Scope {
        if self.policy.unit == Scope::Account { Scope::Borrower } else { self.policy.treatments[place].scope }
    }

    /// Human review is where a hold leads, never what pays best.
    fn by_value(&self, place: usize) -> bool {
        self.policy.treatments[place].name != "human_review"
    }

    /// Gain for one case that bears the whole cost.
    fn net(&self, k: usize, place: usize) -> f64 {
        self.gross[k * self.policy.treatments.len() + place] - cost(&self.policy.treatments[place])
    }

    /// Places from the gentlest: of two that are worth the same the lower rung is taken, then the first in the file.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.policy.treatments.len()).filter(|p| self.by_value(*p) || self.scope(*p) == Scope::Account).collect();
        order.sort_by_key(|p| (self.policy.treatments[*p].rung, *p));
        order
    }
}
