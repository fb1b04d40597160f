//! What a borrower is worth, tried over every covering treatment, and where a case is led: written again from what the policy says.

use crate::decide::policy::{Policy, Scope};

/// A case to choose for: which treatments are vetoed, what each is worth before its cost, and where it is led.
pub(super) struct Open {
    /// As bits.
    pub vetoed: u32,
    pub gross: Vec<f64>,
    /// The same from its parts, not rounded.
    pub by_parts: Vec<f64>,
    /// What each costs, complaints included.
    pub cost: Vec<f64>,
    /// Share repaid under each treatment.
    pub under: Vec<f64>,
    /// Where it is led, and by what.
    pub led: Option<(usize, &'static str)>,
}

/// What a place costs: of a case of the borrower, counted from the first, and a treatment; minor units.
pub(super) type Price<'a> = &'a dyn Fn(usize, usize) -> f64;

/// What is the same for every borrower under a policy.
pub(super) struct Menu {
    /// Treatments from the gentlest.
    gentle: Vec<usize>,
    /// Whether each covers all cases of a borrower.
    covers: Vec<bool>,
    /// What a unit of money that each brings is worth today.
    today: Vec<f64>,
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
            today: policy.treatments.iter().map(|t| (f64::from(t.takes_days) / 365.0 * (1.0 + policy.discount.rate).ln()).exp().recip()).collect(),
            review: policy.place("human_review"),
            wait: policy.place("wait").unwrap_or(0),
            single,
        }
    }

    /// What a treatment brings more than waiting, today.
    pub(super) fn gross(&self, t: usize, stake: f64, more: f64) -> f64 {
        stake * more * self.today[t]
    }

    /// What a unit of money that a treatment brings is worth today.
    pub(super) fn today(&self, t: usize) -> f64 {
        self.today[t]
    }

    /// What a treatment costs in all: its own, of complaints, of court and lawyer, and what is a share of the stake.
    pub(super) fn cost(&self, policy: &Policy, t: usize, stake: f64) -> f64 {
        let t = &policy.treatments[t];
        let mut fixed = t.cost.0 + t.complaint_cost.0;
        let mut share = t.cost_share;
        if let Some(court) = &t.court {
            fixed += court.court_cost.0 + court.lawyer_cost.0;
            share += court.court_cost_share + court.lawyer_share;
        }
        fixed as f64 + (share * stake).round_ties_even()
    }

    /// Whether a treatment covers all cases of a borrower.
    pub(super) fn covers(&self, t: usize) -> bool {
        self.covers[t]
    }

    /// The place of waiting.
    pub(super) fn wait(&self) -> usize {
        self.wait
    }

    /// Treatments that cover the borrower and are vetoed on some case.
    pub(super) fn vetoed_somewhere(&self, cases: &[Open]) -> u32 {
        self.covering(cases.iter().fold(0, |all, case| all | case.vetoed))
    }

    /// Those of a set that cover the borrower.
    pub(super) fn covering(&self, set: u32) -> u32 {
        (0..self.covers.len()).filter(|t| self.covers[*t] && is(set, *t)).fold(0, |set, t| set | 1 << t)
    }

    /// Under a covering treatment, what each case gets and what all are worth; places cost what they cost on the day.
    fn under(&self, cases: &[Open], cover: usize, price: Price<'_>) -> (f64, Vec<usize>) {
        let mut picks = Vec::with_capacity(cases.len());
        let mut worth = 0.0;
        let mut paid = 0u32;
        for (k, case) in cases.iter().enumerate() {
            let own = |t: usize| case.gross[t] - case.cost[t] - price(k, t);
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
                    worth += most;
                    best
                }
            };
            paid |= if case.led.is_some() { 1 << pick } else { 0 };
            picks.push(pick);
        }
        let covered = picks.iter().zip(cases).any(|(pick, case)| *pick == cover && case.led.is_none());
        if covered && !is(paid, cover) {
            worth -= cases[0].cost[cover] + price(0, cover);
        }
        (worth, picks)
    }

    /// The choice that is worth most, gentlest first where several are.
    pub(super) fn best(&self, cases: &[Open], price: Price<'_>) -> (f64, Vec<usize>) {
        let closed = self.vetoed_somewhere(cases);
        let mut found: Option<(f64, Vec<usize>)> = None;
        for cover in self.gentle.iter().copied().filter(|t| self.covers[*t] && !is(closed, *t) && Some(*t) != self.review) {
            let (worth, picks) = self.under(cases, cover, price);
            if found.as_ref().is_none_or(|(most, _)| worth > *most) {
                found = Some((worth, picks));
            }
        }
        found.unwrap_or_else(|| (0.0, cases.iter().map(|case| case.led.map_or(self.wait, |(t, _)| t)).collect()))
    }

    /// What a choice is worth, whatever it is: the covering treatment's cost counts once.
    pub(super) fn worth(&self, cases: &[Open], picks: &[usize]) -> f64 {
        self.worth_of(&cases.iter().collect::<Vec<_>>(), picks)
    }

    /// The same of some of a borrower's cases.
    pub(super) fn worth_of(&self, cases: &[&Open], picks: &[usize]) -> f64 {
        let mut worth = 0.0;
        let mut paid = 0u32;
        for (case, t) in cases.iter().zip(picks) {
            worth += case.gross[*t];
            if !self.covers[*t] || self.single || !is(paid, *t) {
                worth -= case.cost[*t];
            }
            paid |= 1 << t;
        }
        worth
    }
}
