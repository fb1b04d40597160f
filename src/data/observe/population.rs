//! Who is looked at when, who of them is a case, and what was in force for them.

use super::Walk;
use crate::base::config::Observe;
use crate::base::dates::Day;
use crate::base::schema::EVENT_KINDS;
use crate::data::cases::{Holds, LEGAL_STAGES};
use crate::data::catalogue::{Family, View};
use crate::data::history::{ContactKind, Event, range};
use crate::data::path::Path;

/// A statement older than this at `as_of` no longer says where the account stands: one monthly cycle.
const CYCLE_DAYS: i32 = 31;

fn kind(event: &Event) -> &'static str {
    EVENT_KINDS[usize::from(event.kind)]
}

/// Events that had begun and were known by a day, taken together: what is in force, the latest word on a plan, whether somebody died.
#[derive(Clone, Copy, Default)]
pub(super) struct InForce<'e> {
    holds: Holds,
    plan: Option<(&'e Event, bool)>,
    legal: Option<(&'e Event, u8)>,
    deceased: bool,
}

impl<'e> InForce<'e> {
    /// These and further events. A borrower's come first and are taken once for all accounts: there may be very many of both.
    pub(super) fn with(mut self, events: &'e [Event], as_of: Day) -> Self {
        for event in events.iter().filter(|e| e.from <= as_of && e.known_on <= as_of) {
            let in_force = event.to >= as_of;
            match kind(event) {
                "plan_active" | "plan_broken" | "plan_completed" => {
                    // The latest word on a plan decides whether it is active.
                    if self.plan.is_none_or(|(last, _)| event >= last) {
                        self.plan = Some((event, in_force && kind(event) == "plan_active"));
                    }
                }
                k if k.starts_with("legal_") => {
                    // The latest word on the claim says where it stands.
                    let stage = LEGAL_STAGES.iter().position(|stage| Some(*stage) == k.strip_prefix("legal_"));
                    if self.legal.is_none_or(|(last, _)| event >= last) {
                        self.legal = Some((event, stage.unwrap_or(0) as u8));
                    }
                }
                k => {
                    self.deceased |= k == "deceased";
                    if let (true, Some(hold)) = (in_force, Holds::of_event(k)) {
                        self.holds = self.holds.and(hold);
                    }
                }
            }
        }
        self
    }
}

impl Walk<'_> {
    /// The days on which an account is observed, with the statement that is looked at, if its history on that day is one of statements.
    pub(super) fn days_of(&self, family: &Family<'_>, account: usize) -> Vec<(Day, Option<usize>)> {
        let (book, ledger) = (self.book, self.book.is_ledger(account));
        let statements = book.has_statements(account);
        let mut days = Vec::new();
        if statements || !ledger {
            days = self.days_of_statements(account);
        }
        if ledger {
            days.retain(|(day, _)| !book.ledger_at(account, *day));
            match self.rule {
                Observe::Entry => {
                    let entries = self.entries(family.path(account)).into_iter();
                    days.extend(entries.filter(|day| book.ledger_at(account, *day)).map(|day| (day, None)));
                }
                _ => {
                    if self.days.len() > 1 {
                        // One walk of the path serves many days; one day alone is cheaper looked at by itself.
                        family.path(account);
                    }
                    let seen = self.days.iter().filter(|day| book.begun(account, **day) && (!statements || book.ledger_at(account, **day)));
                    days.extend(seen.map(|day| (*day, None)));
                }
            }
            if statements {
                days.sort_unstable();
            }
        }
        days
    }

    /// The first day of each episode with enough days past due: they may fall within an episode, so look day by day from the first day on
    /// which they can have been reached.
    fn entries(&self, path: &Path) -> Vec<Day> {
        let (wait, until) = (self.project.population.min_dpd - 1, self.book.data_until);
        let reached = |e: &crate::data::path::Episode| {
            let mut day = e.entry;
            while day < e.end && day <= until {
                let dpd = path.dpd(day);
                if dpd > wait {
                    return Some(day);
                }
                day = day.plus(wait + 1 - dpd);
            }
            None
        };
        path.episodes.iter().filter_map(reached).collect()
    }

    fn days_of_statements(&self, account: usize) -> Vec<(Day, Option<usize>)> {
        let s = &self.book.statements;
        let all = range(&s.offsets, account);
        let least = self.project.population.min_dpd;
        match self.rule {
            Observe::Entry => {
                // The statement before it, of those that were known when it became known.
                let before = |k: usize| (all.start..k).rev().find(|j| s.known_on[*j] <= s.known_on[k]);
                let enters = |k: &usize| s.dpd[*k] >= least && before(*k).is_none_or(|j| s.dpd[j] < least);
                all.clone().filter(enters).map(|k| (s.known_on[k], Some(k))).collect()
            }
            _ => {
                // A statement is looked at once: by the first observation date that knows it.
                let mut last = None;
                let mut days = Vec::new();
                for day in self.days {
                    let latest = all.clone().rev().find(|k| s.statement_on[*k] <= *day && s.known_on[*k] <= *day);
                    if latest.is_some() && latest != last {
                        days.push((*day, latest));
                    }
                    last = latest;
                }
                days
            }
        }
    }

    /// Why an observation is no case, if it is none.
    pub(super) fn outside_population(&self, view: &View<'_>, statement: Option<usize>, of_borrower: InForce<'_>) -> Option<&'static str> {
        let (population, day) = (self.project.population, view.as_of);
        let dpd = view.dpd();
        if statement.is_some_and(|k| day.since(self.book.statements.statement_on[k]) > CYCLE_DAYS) {
            return Some("stale_statement");
        }
        if dpd < 1 {
            return Some("not_in_arrears");
        }
        if dpd < population.min_dpd {
            return Some("below_min_dpd");
        }
        if view.arrears().is_some_and(|a| a < population.min_arrears.0) {
            return Some("below_min_arrears");
        }
        if self.book.closed(view.account, day) {
            return Some("closed");
        }
        if of_borrower.with(self.book.account_events.of(view.account), day).deceased {
            return Some("deceased");
        }
        (self.book.written_off_on[view.account] <= day).then_some("written_off")
    }

    /// What is in force, and where the claim stands before a court.
    pub(super) fn holds(&self, view: &View<'_>, of_borrower: InForce<'_>) -> (Holds, u8) {
        let all = of_borrower.with(self.book.account_events.of(view.account), view.as_of);
        let legal = all.legal.map_or(0, |(_, stage)| stage);
        match (all.plan, Holds::named("plan_active")) {
            (Some((_, true)), Some(hold)) => (all.holds.and(hold), legal),
            _ => (all.holds, legal),
        }
    }

    /// Outbound contacts of the borrower in `(as_of − 7, as_of]`; −1 where nobody keeps or declares a log.
    pub(super) fn outbound_7(&self, borrower: usize, day: Day) -> i32 {
        let c = &self.book.contacts;
        if !c.logged {
            return if self.project.declared.contact_log.is_some() { 0 } else { -1 };
        }
        let all = range(&c.offsets, borrower);
        let first = all.start + c.contacted_on[all.clone()].partition_point(|d| *d <= day.plus(-7));
        (first..all.end).take_while(|k| c.contacted_on[*k] <= day).filter(|k| c.known_on[*k] <= day && c.kind[*k].is(ContactKind::OUTBOUND)).count()
            as i32
    }
}
