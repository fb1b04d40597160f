//! What a borrower is worth, tried over every covering treatment, and where a case is led: written again from what the policy says.

use crate::decide::policy::{Policy, Scope};

/// A case to choose for: which treatments are vetoed, what each is worth before its cost, and where it is led.
pub(super) struct Open {
    /// As bits.
    pub vetoed: u32,
    pub gross: Vec<f64>,
    /// Share repaid under each treatment.
    pub under: Vec<f64>,
    /// Where it is led, and by what.
    pub led: Option<(usize, &'static str)>,
}

fn covers(policy: &Policy, t: usize) -> bool {
    policy.unit == Scope::Account || policy.treatments[t].scope == Scope::Borrower
}

fn cost(policy: &Policy, t: usize) -> f64 {
    (policy.treatments[t].cost.0 + policy.treatments[t].complaint_cost.0) as f64
}

fn is(set: u32, t: usize) -> bool {
    set & (1 << t) != 0
}

/// Treatments that cover the borrower and are vetoed on some case.
pub(super) fn vetoed_somewhere(policy: &Policy, cases: &[Open]) -> u32 {
    (0..policy.treatments.len()).filter(|t| covers(policy, *t) && cases.iter().any(|c| is(c.vetoed, *t))).fold(0, |set, t| set | 1 << t)
}

/// Under a covering treatment, what each case gets and what all are worth; none where it may not cover them.
fn under(policy: &Policy, cases: &[Open], cover: usize) -> Option<(f64, Vec<usize>)> {
    let review = policy.place("human_review");
    let closed = vetoed_somewhere(policy, cases);
    if !covers(policy, cover) || is(closed, cover) || Some(cover) == review {
        return None;
    }
    let mut picks = Vec::new();
    let mut worth = 0.0;
    for case in cases {
        let own = |t: usize| case.gross[t] - cost(policy, t);
        let pick = match case.led {
            Some((t, _)) => t,
            None => {
                let mut best = cover;
                let mut most = case.gross[cover];
                let mut gentle: Vec<usize> = (0..policy.treatments.len()).collect();
                gentle.sort_by_key(|t| (policy.treatments[*t].rung, *t));
                for t in gentle {
                    if !covers(policy, t) && Some(t) != review && !is(case.vetoed, t) && own(t) > most {
                        (best, most) = (t, own(t));
                    }
                }
                best
            }
        };
        worth += if pick == cover && case.led.is_none() { case.gross[pick] } else { own(pick) };
        picks.push(pick);
    }
    if picks.contains(&cover) {
        worth -= cost(policy, cover);
    }
    Some((worth, picks))
}

/// The choice that is worth most, gentlest first where several are.
pub(super) fn best(policy: &Policy, cases: &[Open]) -> (f64, Vec<usize>) {
    let mut covers: Vec<usize> = (0..policy.treatments.len()).collect();
    covers.sort_by_key(|t| (policy.treatments[*t].rung, *t));
    let mut found: Option<(f64, Vec<usize>)> = None;
    for cover in covers {
        if let Some((worth, picks)) = under(policy, cases, cover)
            && found.as_ref().is_none_or(|(most, _)| worth > *most)
        {
            found = Some((worth, picks));
        }
    }
    let wait = policy.place("wait").unwrap_or(0);
    found.unwrap_or((0.0, vec![wait; cases.len()]))
}

/// What a choice is worth, whatever it is: the covering treatment's cost counts once.
pub(super) fn worth(policy: &Policy, cases: &[Open], picks: &[usize]) -> f64 {
    let mut worth = 0.0;
    let mut paid = 0u32;
    for (case, t) in cases.iter().zip(picks) {
        worth += case.gross[*t];
        if !covers(policy, *t) || policy.unit == Scope::Account || !is(paid, *t) {
            worth -= cost(policy, *t);
        }
        paid |= 1 << t;
    }
    worth
}
