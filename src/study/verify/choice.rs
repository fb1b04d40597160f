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

/// What is the same for every borrower under a policy.
pub(super) struct Menu {
    /// Treatments from the gentlest.
    gentle: Vec<usize>,
    /// Whether each covers all cases of a borrower.
    covers: Vec<bool>,
    /// What one costs, complaints included.
    cost: Vec<f64>,
    review: Option<usize>,
    wait: usize,
    /// Whether each account is decided by itself.
    single: bool,
}

fn is(set: u32, t: usize) -> bool {
    set & (1 << t) != 0
}

impl Menu {
    pub(super) fn of(policy: &Policy) -> Menu {
        let single = policy.unit == Scope::Account;
        let mut gentle: Vec<usize> = (0..policy.treatments.len()).collect();
        gentle.sort_by_key(|t| (policy.treatments[*t].rung, *t));
        Menu {
            gentle,
            covers: policy.treatments.iter().map(|t| single || t.scope == Scope::Borrower).collect(),
            cost: policy.treatments.iter().map(|t| (t.cost.0 + t.complaint_cost.0) as f64).collect(),
            review: policy.place("human_review"),
            wait: policy.place("wait").unwrap_or(0),
            single,
        }
    }

    /// Treatments that cover the borrower and are vetoed on some case.
    pub(super) fn vetoed_somewhere(&self, cases: &[Open]) -> u32 {
        let vetoed = cases.iter().fold(0, |all, case| all | case.vetoed);
        (0..self.covers.len()).filter(|t| self.covers[*t] && is(vetoed, *t)).fold(0, |set, t| set | 1 << t)
    }

    /// Under a covering treatment, what each case gets and what all are worth.
    fn under(&self, cases: &[Open], cover: usize) -> (f64, Vec<usize>) {
        let mut picks = Vec::with_capacity(cases.len());
        let mut worth = 0.0;
        for case in cases {
            let own = |t: usize| case.gross[t] - self.cost[t];
            let pick = match case.led {
                Some((t, _)) => t,
                None => {
                    let mut best = cover;
                    let mut most = case.gross[cover];
                    for t in self.gentle.iter().copied() {
                        if !self.covers[t] && Some(t) != self.review && !is(case.vetoed, t) && own(t) > most {
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
            worth -= self.cost[cover];
        }
        (worth, picks)
    }

    /// The choice that is worth most, gentlest first where several are.
    pub(super) fn best(&self, cases: &[Open]) -> (f64, Vec<usize>) {
        let closed = self.vetoed_somewhere(cases);
        let mut found: Option<(f64, Vec<usize>)> = None;
        for cover in self.gentle.iter().copied().filter(|t| self.covers[*t] && !is(closed, *t) && Some(*t) != self.review) {
            let (worth, picks) = self.under(cases, cover);
            if found.as_ref().is_none_or(|(most, _)| worth > *most) {
                found = Some((worth, picks));
            }
        }
        found.unwrap_or((0.0, vec![self.wait; cases.len()]))
    }

    /// What a choice is worth, whatever it is: the covering treatment's cost counts once.
    pub(super) fn worth(&self, cases: &[Open], picks: &[usize]) -> f64 {
        let mut worth = 0.0;
        let mut paid = 0u32;
        for (case, t) in cases.iter().zip(picks) {
            worth += case.gross[*t];
            if !self.covers[*t] || self.single || !is(paid, *t) {
                worth -= self.cost[*t];
            }
            paid |= 1 << t;
        }
        worth
    }
}
