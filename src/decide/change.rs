//! What would change a decision: which rules stand in the way and until when, and the share and the arrears at which another treatment would win.

use super::choose::Decisions;
use super::facts::kinds;
use super::policy::{Policy, Rule};
use super::rulebook::{Check, Mask};
use super::value::{cost, discount, shares_of};
use super::words::{Veto, vetoes};
use crate::base::dates::Day;
use crate::base::units::{logit, sigmoid};

/// A rule that stands in the way of a treatment.
#[derive(Clone, Debug)]
pub struct Obstacle {
    /// The rule.
    pub veto: Veto,
    /// The first day of outreach on which it no longer does, if nothing but time passes; none where that is not plain.
    pub until: Option<Day>,
}

/// The rules that stand in the way of a treatment of a case, in the order in which they speak.
pub fn obstacles(decisions: &Decisions<'_>, case: usize, treatment: usize) -> Vec<Obstacle> {
    let mask = decisions.vetoes(case, treatment);
    let mut bits = (0..decisions.guard.rules.entries.len()).filter(|bit| mask & (1 << bit) != 0);
    let all = vetoes(decisions, case, treatment);
    all.into_iter().map(|veto| Obstacle { until: bits.next().and_then(|bit| ends(decisions, case, bit)), veto }).collect()
}

/// When a rule that fires for a case ends by itself.
fn ends(decisions: &Decisions<'_>, case: usize, bit: usize) -> Option<Day> {
    let guard = &decisions.guard;
    if decisions.fired[case].unknown & (1 as Mask) << bit != 0 {
        return None;
    }
    match guard.rules.entries[bit].check {
        Check::Hold(k) => hold_ends(decisions, case, &[decisions.policy.holds[k].name]),
        Check::CareNever => hold_ends(decisions, case, &["hardship", "vulnerable"]),
        Check::Guardrail(k) => match decisions.policy.guardrails[k].rule {
            Rule::Hold(hold) => hold_ends(decisions, case, &hold.names().collect::<Vec<_>>()),
            _ => guard.frees_on(case, bit),
        },
        _ => guard.frees_on(case, bit),
    }
}

/// The day after the last event that keeps one of these holds in force; none where one has no end.
fn hold_ends(decisions: &Decisions<'_>, case: usize, holds: &[&str]) -> Option<Day> {
    let facts = decisions.guard.facts(case);
    let as_of = decisions.guard.situation().cases.as_of[case];
    let prefixes: Vec<&str> = holds.iter().map(|hold| hold.strip_suffix("_open").unwrap_or(hold)).collect();
    let of_them = kinds(&prefixes);
    let last = facts.events().filter(|e| of_them & (1 << e.kind) != 0 && e.to >= as_of).map(|e| e.to).max()?;
    (last != Day::NEVER).then(|| last.plus(1))
}

/// Gain of a treatment over waiting for one case that bears its whole cost, in minor units and not rounded: where two are worth the same is looked
/// for between them.
pub fn gain(policy: &Policy, place: usize, share: f64, stake: f64) -> f64 {
    let shares = shares_of(policy, share);
    let wait = policy.place("wait").unwrap_or(0);
    let t = &policy.treatments[place];
    stake * (shares[place] - shares[wait]) * discount(policy, t) - cost(t, stake)
}

/// The expected share nearest to the case's own from which on `other` is worth more than `chosen`; none where no share does that.
pub fn share_at_which(policy: &Policy, chosen: usize, other: usize, share: f64, stake: f64) -> Option<f64> {
    let behind = |x: f64| gain(policy, chosen, sigmoid(x), stake) - gain(policy, other, sigmoid(x), stake);
    let own = logit(share.clamp(1e-6, 1.0 - 1e-6));
    // Between a millionth and all but a millionth, in steps of a fiftieth of a log-odds.
    let far = logit(1.0 - 1e-6);
    let walk = |way: f64| {
        let steps = ((far - way * own) * 50.0).ceil().max(0.0) as usize;
        crossing(&behind, (0..=steps).map(move |k| (own + way * k as f64 / 50.0).clamp(-far, far)))
    };
    let found = [walk(1.0), walk(-1.0)].into_iter().flatten();
    found.min_by(|a, b| (a - own).abs().total_cmp(&(b - own).abs())).map(sigmoid)
}

/// The amount at stake nearest to the case's own, in minor units, from which on `other` is worth more than `chosen`; none where no amount does.
pub fn stake_at_which(policy: &Policy, chosen: usize, other: usize, share: f64, stake: f64) -> Option<f64> {
    let behind = |x: f64| gain(policy, chosen, share, x.exp()) - gain(policy, other, share, x.exp());
    let own = stake.max(1.0).ln();
    // From one minor unit to a million times the case's own, in steps of a tenth of its logarithm.
    let up = crossing(&behind, (0..=140).map(|k| own + f64::from(k) / 10.0));
    let down = crossing(&behind, (0..=(own * 10.0).ceil() as usize).map(|k| (own - k as f64 / 10.0).max(0.0)));
    [up, down].into_iter().flatten().min_by(|a, b| (a - own).abs().total_cmp(&(b - own).abs())).map(f64::exp)
}

/// Where a function that begins at or above 0 first falls below it along a walk, by bisection.
fn crossing(f: &dyn Fn(f64) -> f64, walk: impl Iterator<Item = f64>) -> Option<f64> {
    let mut before: Option<f64> = None;
    for at in walk {
        if f(at) < 0.0 {
            // At the very start it is ahead already: nothing has to change.
            let (mut low, mut high) = (before?, at);
            for _ in 0..80 {
                let middle = 0.5 * (low + high);
                if f(middle) < 0.0 { high = middle } else { low = middle }
            }
            return Some(high);
        }
        before = Some(at);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::crossing;

    #[test]
    fn a_crossing_is_found_on_the_way_and_none_is_none() {
        let at = crossing(&|x| 2.0 - x * x, (0..40).map(|k| f64::from(k) / 10.0)).unwrap();
        assert!((at - 2.0f64.sqrt()).abs() < 1e-12);
        assert_eq!(crossing(&|x| 1.0 + x * x, (0..40).map(f64::from)), None);
        assert_eq!(crossing(&|_| -1.0, (0..40).map(f64::from)), None);
    }
}
