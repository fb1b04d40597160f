//! A portfolio to cases: who is observed when, what was known then, what followed, and every exclusion by its reason.
//!
//! Works borrower by borrower over sorted records, in parallel over fixed chunks of borrowers, so the order of cases depends on the
//! identifiers alone.

use super::cases::{Cases, Holds, Maturity};
use super::catalogue::{BorrowerTotals, CATALOGUE, History, View};
use super::features::{Direction, FeatureColumn, FeatureTable, NO_LEVEL, SubScore, Values};
use super::history::{Event, Portfolio, range};
use super::path::Path;
use crate::base::config::{Observe, OutcomeRule, Project, Step};
use crate::base::dates::Day;
use crate::base::schema::EVENT_KINDS;
use crate::base::units::{Bucket, Money};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Borrowers of a chunk: small enough to share out, large enough to be worth it. Fixed, so that no output depends on threads.
const CHUNK: usize = 512;

/// A statement older than this at `as_of` no longer says where the account stands: one monthly cycle.
const CYCLE_DAYS: i32 = 31;

/// Cases with their features, and how many observations became none.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The cases.
    pub cases: Cases,
    /// Their features: the catalogue, then account columns.
    pub features: FeatureTable,
    /// How many times an account was looked at: cases + exclusions from the population.
    pub observations: u64,
    /// Exclusions by reason.
    pub excluded: BTreeMap<&'static str, u64>,
}

/// The days of a rule that are the same for every account; none for [`Observe::Entry`].
pub fn observation_days(rule: &Observe, book: &Portfolio) -> Vec<Day> {
    match rule {
        Observe::Dates(days) => days.clone(),
        Observe::Entry => Vec::new(),
        Observe::Step { step, from, until } => {
            let (from, until) = (from.unwrap_or(book.data_from), until.unwrap_or(book.data_until));
            let mut days = Vec::new();
            let mut day = match step {
                Step::MonthEnd => from.month_end(),
                Step::Week => from,
            };
            while day <= until {
                days.push(day);
                day = match step {
                    Step::MonthEnd => day.plus(1).month_end(),
                    Step::Week => day.plus(7),
                };
            }
            days
        }
    }
}

/// What one borrower's walk needs, reused from borrower to borrower.
struct Walk<'a> {
    project: &'a Project,
    book: &'a Portfolio,
    rule: &'a Observe,
    days: &'a [Day],
    paths: Vec<Path>,
    out: Chunk,
}

#[derive(Default)]
struct Chunk {
    cases: Cases,
    features: Vec<Vec<f64>>,
    observations: u64,
    excluded: BTreeMap<&'static str, u64>,
}

/// Observes every account by the rule.
pub fn observe(project: &Project, book: &Portfolio, rule: &Observe) -> Observed {
    let days = observation_days(rule, book);
    let starts: Vec<usize> = (0..book.borrowers()).step_by(CHUNK).collect();
    let chunks: Vec<Chunk> = starts
        .into_par_iter()
        .map(|start| {
            let out = Chunk { features: vec![Vec::new(); CATALOGUE.len()], ..Default::default() };
            let mut walk = Walk { project, book, rule, days: &days, paths: Vec::new(), out };
            for borrower in start..(start + CHUNK).min(book.borrowers()) {
                walk.borrower(borrower);
            }
            walk.out
        })
        .collect();
    let mut observed = Observed::default();
    let mut columns = vec![Vec::new(); CATALOGUE.len()];
    for mut chunk in chunks {
        observed.cases.append(&mut chunk.cases);
        observed.observations += chunk.observations;
        for (reason, n) in chunk.excluded {
            *observed.excluded.entry(reason).or_default() += n;
        }
        for (column, more) in columns.iter_mut().zip(&mut chunk.features) {
            column.append(more);
        }
    }
    observed.cases.contact_log_declared = !book.contacts.logged && project.declared.contact_log.is_some();
    observed.cases.account_ids = book.account_ids.clone();
    observed.cases.borrower_ids = book.borrower_ids.clone();
    observed.features = feature_table(book, &observed.cases, columns);
    observed
}

fn feature_table(book: &Portfolio, cases: &Cases, columns: Vec<Vec<f64>>) -> FeatureTable {
    let mut table = FeatureTable::default();
    for (feature, values) in CATALOGUE.iter().zip(columns) {
        table.columns.push(FeatureColumn {
            name: feature.name.into(),
            meaning: feature.meaning.into(),
            expected: feature.expected,
            sub_score: feature.sub_score,
            values: Values::Number(values),
        });
    }
    for column in &book.account_columns {
        let of = |account: &u32| *account as usize;
        let values = match &column.values {
            Values::Number(v) => Values::Number(cases.account.iter().map(|a| v[of(a)]).collect()),
            Values::Category { codes, levels } => Values::Category {
                codes: cases.account.iter().map(|a| codes.get(of(a)).copied().unwrap_or(NO_LEVEL)).collect(),
                levels: levels.clone(),
            },
        };
        table.columns.push(FeatureColumn {
            name: column.name.clone(),
            meaning: column.name.replace('_', " ").into(),
            expected: Direction::Free,
            sub_score: if &*column.name == "limit" { SubScore::Ability } else { SubScore::Neither },
            values,
        });
    }
    table
}

impl<'a> Walk<'a> {
    fn exclude(&mut self, reason: &'static str) {
        *self.out.excluded.entry(reason).or_default() += 1;
    }

    fn borrower(&mut self, borrower: usize) {
        let book = self.book;
        let accounts = book.accounts_of[borrower]..book.accounts_of[borrower + 1];
        // One look at a date costs a sum; a path costs a walk. Most accounts of a book are in order.
        if let [day] = self.days
            && accounts.clone().all(|a| book.is_ledger(a) && plainly_in_order(book, a, *day))
        {
            for _ in accounts.filter(|a| !before_history(book, *a, *day)) {
                self.out.observations += 1;
                self.exclude("not_in_arrears");
            }
            return;
        }
        let mut paths = std::mem::take(&mut self.paths);
        paths.resize_with(accounts.len().max(paths.len()), Path::default);
        for (path, account) in paths.iter_mut().zip(accounts.clone()) {
            path.ledger(book, account, self.project.tolerance);
            let re_aged: Vec<Day> = range(&book.event_offsets, borrower)
                .map(|k| &book.events[k])
                .filter(|e| e.account == Some(account as u32) && EVENT_KINDS[usize::from(e.kind)] == "re_age")
                .map(|e| e.from.max(e.known_on))
                .collect();
            for episode in path.episodes.iter_mut().filter(|e| e.end != Day::NEVER) {
                episode.re_aged = re_aged.iter().any(|day| (episode.entry..=episode.end).contains(day));
            }
        }
        let mut totals: HashMap<Day, BorrowerTotals> = HashMap::new();
        for account in accounts.clone() {
            let path = &paths[account - accounts.start];
            for (day, statement) in self.days_of(account, path) {
                self.out.observations += 1;
                let mut view = self.view(account, day, path);
                if let Some(reason) = self.outside_population(&view, borrower, statement) {
                    self.exclude(reason);
                    continue;
                }
                view.borrower = *totals.entry(day).or_insert_with(|| {
                    let mut all = BorrowerTotals::default();
                    for other in accounts.clone() {
                        let view = self.view(other, day, &paths[other - accounts.start]);
                        all.delinquent += u32::from(view.dpd(day) >= 1);
                        all.cures += view.cures();
                        all.max_dpd_365 = all.max_dpd_365.max(view.max_dpd(365));
                    }
                    all
                });
                self.case(&view, borrower);
            }
        }
        self.paths = paths;
    }

    fn view<'v>(&self, account: usize, as_of: Day, path: &'v Path) -> View<'v>
    where
        'a: 'v,
    {
        let history = if self.book.is_ledger(account) { History::Ledger(path) } else { History::Statements };
        View { book: self.book, account, as_of, history, borrower: BorrowerTotals::default(), minor_digits: self.project.currency.minor_digits }
    }

    /// The days on which an account is observed, with the statement that is looked at.
    fn days_of(&self, account: usize, path: &Path) -> Vec<(Day, Option<usize>)> {
        let book = self.book;
        if book.is_ledger(account) {
            return match self.rule {
                Observe::Entry => {
                    let wait = self.project.population.min_dpd - 1;
                    let reached = |e: &super::path::Episode| {
                        // The first day of the episode with enough days past due: days past due may fall within it, so look day by day
                        // from the first day on which they can have been reached.
                        let mut day = e.entry;
                        while day < e.end && day <= book.data_until {
                            let dpd = path.dpd(day);
                            if dpd > wait {
                                return Some(day);
                            }
                            day = day.plus(wait + 1 - dpd);
                        }
                        None
                    };
                    path.episodes.iter().filter_map(reached).filter(|day| *day <= book.data_until).map(|day| (day, None)).collect()
                }
                _ => self.days.iter().filter(|day| !before_history(book, account, **day)).map(|day| (*day, None)).collect(),
            };
        }
        let s = &book.statements;
        let all = range(&s.offsets, account);
        match self.rule {
            Observe::Entry => all
                .clone()
                .filter(|k| s.dpd[*k] >= self.project.population.min_dpd && (*k == all.start || s.dpd[*k - 1] < self.project.population.min_dpd))
                .map(|k| (s.known_on[k], Some(k)))
                .collect(),
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
    fn outside_population(&self, view: &View<'_>, borrower: usize, statement: Option<usize>) -> Option<&'static str> {
        let (population, day) = (self.project.population, view.as_of);
        let dpd = view.dpd(day);
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
        if self.book.closed_on[view.account] <= day {
            return Some("closed");
        }
        let is = |kind: &str, event: &Event| EVENT_KINDS[usize::from(event.kind)] == kind;
        let known = || self.events(borrower, view.account, day);
        if known().any(|e| is("deceased", e)) {
            return Some("deceased");
        }
        known().any(|e| is("write_off", e)).then_some("written_off")
    }

    /// Events of an account or its borrower that had begun and were known by a day.
    fn events(&self, borrower: usize, account: usize, day: Day) -> impl Iterator<Item = &'a Event> + use<'a> {
        let book = self.book;
        range(&book.event_offsets, borrower)
            .map(|k| &book.events[k])
            .filter(move |e| e.from <= day && e.known_on <= day && e.account.is_none_or(|a| a as usize == account))
    }

    fn holds(&self, borrower: usize, account: usize, day: Day) -> Holds {
        let mut holds = Holds::default();
        let mut plan = false;
        for event in self.events(borrower, account, day) {
            let kind = EVENT_KINDS[usize::from(event.kind)];
            let in_force = event.to >= day;
            let named = match kind {
                "dispute" => "dispute_open",
                "complaint" => "complaint_open",
                "plan_broken" | "plan_completed" => {
                    plan = false;
                    continue;
                }
                "plan_active" => {
                    plan = in_force;
                    continue;
                }
                k if k.starts_with("hardship") => "hardship",
                k if k.starts_with("vulnerable") => "vulnerable",
                other => other,
            };
            if let (true, Some(hold)) = (in_force, Holds::named(named)) {
                holds = holds.and(hold);
            }
        }
        match (plan, Holds::named("plan_active")) {
            (true, Some(hold)) => holds.and(hold),
            _ => holds,
        }
    }

    /// Outbound contacts of all the borrower's accounts in `(day − 7, day]`; −1 where nobody keeps or declares a log.
    fn outbound_7(&self, borrower: usize, day: Day) -> i32 {
        let c = &self.book.contacts;
        if !c.logged {
            return if self.project.declared.contact_log.is_some() { 0 } else { -1 };
        }
        (self.book.accounts_of[borrower]..self.book.accounts_of[borrower + 1])
            .map(|account| {
                let all = range(&c.offsets, account);
                let first = all.start + c.contacted_on[all.clone()].partition_point(|d| *d <= day.plus(-7));
                (first..all.end).take_while(|k| c.contacted_on[*k] <= day).filter(|k| c.known_on[*k] <= day && c.outbound[*k]).count() as i32
            })
            .sum()
    }

    fn case(&mut self, view: &View<'_>, borrower: usize) {
        let (day, account) = (view.as_of, view.account);
        let dpd = view.dpd(day);
        let arrears = view.arrears().map_or(Money::NULL, Money);
        let (maturity, repaid, paid_ratio) = self.outcome(view);
        let nominal = self.project.declared.nominal_exposure.as_ref().map(|a| a.value);
        let (holds, outbound_7) = (self.holds(borrower, account, day), self.outbound_7(borrower, day));
        let bucket = match view.history {
            History::Statements => view.statement().map_or(Bucket::of_dpd(dpd), |k| self.book.statements.bucket[k]),
            History::Ledger(_) => Bucket::of_dpd(dpd),
        };
        let values: Vec<f64> = CATALOGUE.iter().map(|feature| (feature.compute)(view)).collect();
        for (column, value) in self.out.features.iter_mut().zip(values) {
            column.push(value);
        }
        match maturity {
            Maturity::Mature => {}
            Maturity::Immature => self.exclude("immature"),
            Maturity::LeftTheBook => self.exclude("left_the_book"),
            Maturity::NoOutcome => self.exclude("no_outcome_for_this_history"),
        }
        let cases = &mut self.out.cases;
        cases.account.push(account as u32);
        cases.borrower.push(borrower as u32);
        cases.as_of.push(day);
        cases.dpd.push(dpd);
        cases.bucket.push(bucket);
        cases.arrears.push(arrears);
        cases.stake.push(if arrears == Money::NULL { nominal.unwrap_or(Money::NULL) } else { arrears });
        cases.holds.push(holds);
        cases.outbound_7.push(outbound_7);
        cases.maturity.push(maturity);
        cases.repaid.push(repaid);
        cases.paid_ratio.push(paid_ratio);
    }

    /// Maturity, whether repaid, and the share of arrears paid (`NaN` where there is no money).
    fn outcome(&self, view: &View<'_>) -> (Maturity, bool, f64) {
        let lag = self.project.clock.posting_lag_days;
        let (horizon_days, needed_share) = match self.project.outcome.rule {
            OutcomeRule::CureByStatus { horizon_cycles } => return self.outcome_by_status(view, horizon_cycles),
            OutcomeRule::Cure { horizon_days } => (horizon_days, None),
            OutcomeRule::PaidAtLeast { horizon_days, share } => (horizon_days, Some(share)),
        };
        if !self.book.is_ledger(view.account) {
            return (Maturity::NoOutcome, false, f64::NAN);
        }
        let (day, ends) = (view.as_of, view.as_of.plus(horizon_days));
        if ends.plus(lag) > self.book.outcomes_until {
            return (Maturity::Immature, false, f64::NAN);
        }
        let p = &self.book.payments;
        let paid = range(&p.offsets, view.account)
            .filter(|k| p.known_on[*k] > day && p.paid_on[*k] <= ends && p.known_on[*k] <= ends.plus(lag))
            .fold(0i64, |sum, k| sum.saturating_add(p.amount[k]));
        let arrears = view.arrears().unwrap_or(0);
        let ratio = if arrears > 0 { (paid as f64 / arrears as f64).clamp(0.0, 1.0) } else { f64::NAN };
        let tolerance = self.project.tolerance.at(view.balance().unwrap_or(0));
        let repaid = match needed_share {
            None => paid >= arrears - tolerance,
            Some(share) => ratio >= share,
        };
        (Maturity::Mature, repaid, ratio)
    }

    fn outcome_by_status(&self, view: &View<'_>, cycles: i32) -> (Maturity, bool, f64) {
        let s = &self.book.statements;
        let ledger = self.book.is_ledger(view.account);
        let Some(now) = view.statement().filter(|_| !ledger) else { return (Maturity::NoOutcome, false, f64::NAN) };
        let wanted = s.statement_on[now].month_index() + cycles;
        let found =
            range(&s.offsets, view.account).find(|k| s.statement_on[*k].month_index() == wanted && s.statement_on[*k] <= self.book.outcomes_until);
        match found {
            Some(k) => (Maturity::Mature, s.current[k], f64::NAN),
            // Only once that month is over is a statement that is not there one that never came.
            None if s.statement_on[now].plus_months(cycles).month_end() <= self.book.outcomes_until => (Maturity::LeftTheBook, false, f64::NAN),
            None => (Maturity::Immature, false, f64::NAN),
        }
    }
}

/// Whether nothing of a ledger account had begun by a day.
fn before_history(book: &Portfolio, account: usize, day: Day) -> bool {
    let i = &book.instalments;
    let opened = book.opened_on[account].known();
    let first = || range(&i.offsets, account).map(|k| i.due_on[k].min(i.known_on[k])).min();
    opened.or_else(first).is_none_or(|begun| begun > day)
}

/// Whether a ledger account owes nothing on a day: instalments counted by then ≤ payments counted by then.
fn plainly_in_order(book: &Portfolio, account: usize, day: Day) -> bool {
    let (i, p) = (&book.instalments, &book.payments);
    let due = range(&i.offsets, account)
        .take_while(|k| i.due_on[*k] <= day)
        .filter(|k| i.known_on[*k] <= day)
        .fold(0i64, |sum, k| sum.saturating_add(i.amount[k]));
    let paid = range(&p.offsets, account)
        .take_while(|k| p.paid_on[*k] <= day)
        .filter(|k| p.known_on[*k] <= day)
        .fold(0i64, |sum, k| sum.saturating_add(p.amount[k]));
    due <= paid
}
