//! What followed: whether an outcome is known, and each of them.

use super::Walk;
use crate::base::config::{Horizon, OutcomeRule};
use crate::base::dates::Day;
use crate::base::units::Bucket;
use crate::data::cases::{Maturity, Outcomes};
use crate::data::catalogue::View;
use crate::data::history::range;
use crate::data::path::{RELAPSE_DAYS, RELAPSE_DPD};

/// What became of a case.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    /// By the project's rule.
    pub repaid: Option<bool>,
    /// Share of the arrears paid in the window; `NaN` where there is no money or it is not mature.
    pub paid_ratio: f64,
    /// All the others.
    pub others: Outcomes,
}

const UNKNOWN: Outcome = Outcome { repaid: None, paid_ratio: f64::NAN, others: Outcomes::UNKNOWN };

impl Walk<'_> {
    pub(super) fn outcome(&self, view: &View<'_>) -> (Maturity, Outcome) {
        match (self.project.outcome.rule.horizon(), view.ledger.is_some()) {
            (Horizon::Days(days), true) => self.outcome_of_ledger(view, days),
            (Horizon::Cycles(cycles), false) => self.outcome_of_statements(view, cycles),
            _ => (Maturity::NoOutcome, UNKNOWN),
        }
    }

    fn outcome_of_ledger(&self, view: &View<'_>, horizon_days: i32) -> (Maturity, Outcome) {
        let (lag, day, ends) = (self.project.clock.posting_lag_days, view.as_of, view.as_of.plus(horizon_days));
        if ends.plus(lag) > self.book.outcomes_until {
            return (Maturity::Immature, UNKNOWN);
        }
        let (Some(ledger), Some(path)) = (view.ledger, view.path()) else { return (Maturity::NoOutcome, UNKNOWN) };
        let p = &self.book.payments;
        // Net payments that became known after as_of, made by one day and known by another.
        let paid = |made_by: Day, known_by: Day| {
            range(&p.offsets, view.account)
                .filter(|k| p.known_on[*k] > day && p.paid_on[*k] <= made_by && p.known_on[*k] <= known_by)
                .fold(0i64, |sum, k| sum.saturating_add(p.amount[k]))
        };
        let (arrears, tolerance) = (view.now.arrears, self.project.tolerance);
        let needed = arrears - tolerance.at(view.now.balance);
        let in_window = paid(ends, ends.plus(lag));
        let paid_ratio = if arrears > 0 { (in_window as f64 / arrears as f64).clamp(0.0, 1.0) } else { f64::NAN };
        // A re-age that takes days past due to 0 before payments covered the arrears: a competing outcome, never a cure.
        let reaged = ledger.schedules.list()[1..].iter().any(|s| {
            let eve = s.in_force_from.plus(-1);
            let within = s.in_force_from > day && s.in_force_from <= ends;
            within && path.dpd(eve) >= 1 && path.dpd(s.in_force_from) == 0 && paid(eve, eve) < needed
        });
        let cure = in_window >= needed && !reaged;
        let (schedules, until) = (&ledger.schedules, ends.plus(lag));
        let at_horizon = schedules.standing(self.book, view.account, schedules.in_force(ends), ends, until, tolerance);
        let cured_at_horizon = at_horizon.dpd == 0 && !reaged;
        let not_rolled = Bucket::of_dpd(path.highest(day.plus(1), ends)) <= view.bucket();
        let relapse = cure.then(|| {
            // The first day on which the payments known so far cover the arrears: days on which a payment was made or became known suffice.
            let days = range(&p.offsets, view.account).filter(|k| p.known_on[*k] > day && p.paid_on[*k] <= ends);
            let cured_on = days
                .map(|k| p.paid_on[k].max(p.known_on[k].plus(-lag)).max(day.plus(1)))
                .filter(|c| *c <= ends && paid(*c, c.plus(lag)) >= needed)
                .min();
            let cured_on = cured_on.unwrap_or(ends);
            let until = cured_on.plus(RELAPSE_DAYS);
            (until <= self.book.outcomes_until).then(|| path.highest(cured_on.plus(1), until) >= RELAPSE_DPD)
        });
        let repaid = match self.project.outcome.rule {
            OutcomeRule::PaidAtLeast { share, .. } => paid_ratio >= share,
            OutcomeRule::CuredAtHorizon { .. } => cured_at_horizon,
            OutcomeRule::NotRolled { .. } => not_rolled,
            OutcomeRule::Cure { .. } | OutcomeRule::CureByStatus { .. } => cure,
        };
        let others = Outcomes {
            cure: Some(cure),
            cured_at_horizon: Some(cured_at_horizon),
            not_rolled: Some(not_rolled),
            reaged: Some(reaged),
            relapse: relapse.flatten(),
        };
        (Maturity::Mature, Outcome { repaid: Some(repaid), paid_ratio, others })
    }

    fn outcome_of_statements(&self, view: &View<'_>, cycles: i32) -> (Maturity, Outcome) {
        let s = &self.book.statements;
        let Some(now) = view.statement() else { return (Maturity::NoOutcome, UNKNOWN) };
        let until = self.book.outcomes_until;
        let wanted = s.statement_on[now].month_index() + cycles;
        let all = range(&s.offsets, view.account);
        let Some(then) = all.clone().find(|k| s.statement_on[*k].month_index() == wanted && s.statement_on[*k] <= until) else {
            // Only once that month is over is a statement that is not there one that never came.
            let over = s.statement_on[now].plus_months(cycles).month_end() <= until;
            return (if over { Maturity::LeftTheBook } else { Maturity::Immature }, UNKNOWN);
        };
        let worst = (now + 1..=then).map(|k| s.bucket[k]).max().unwrap_or_default();
        let not_rolled = worst <= s.bucket[now];
        let repaid = if matches!(self.project.outcome.rule, OutcomeRule::NotRolled { .. }) { not_rolled } else { s.current[then] };
        let others = Outcomes { not_rolled: Some(not_rolled), ..Outcomes::UNKNOWN };
        (Maturity::Mature, Outcome { repaid: Some(repaid), paid_ratio: f64::NAN, others })
    }
}
