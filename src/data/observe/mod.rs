//! A portfolio to cases: who is observed when, what was known then, what followed, and every exclusion by its reason.
//!
//! Works borrower by borrower over sorted records, in parallel over fixed chunks of borrowers, so the order of cases depends on the
//! identifiers alone.

mod outcome;
mod population;
mod table;

pub use table::regime_name;

use super::cases::{Cases, Maturity};
use super::catalogue::{CATALOGUE, Family, Feature, Level, Settings, View};
use super::features::FeatureTable;
use super::history::Portfolio;
use crate::base::config::{Observe, Project, Step};
use crate::base::dates::Day;
use crate::base::units::Money;
use population::InForce;
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Cases with their features, and how many observations became none.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The cases.
    pub cases: Cases,
    /// Their features: the catalogue, the project's periods, account columns, the project's expressions.
    pub features: FeatureTable,
    /// How many times an account was looked at: cases + exclusions from the population.
    pub observations: u64,
    /// Exclusions by reason.
    pub excluded: BTreeMap<&'static str, u64>,
}

/// What to observe.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// The features to compute.
    pub catalogue: &'a [Feature],
    /// Every account whose history has begun, in arrears or not; else the population's cases.
    pub everyone: bool,
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

/// What one chunk's walk needs.
struct Walk<'a> {
    project: &'a Project,
    book: &'a Portfolio,
    rule: &'a Observe,
    days: &'a [Day],
    selection: Selection<'a>,
    out: Chunk,
}

#[derive(Default)]
struct Chunk {
    cases: Cases,
    features: Vec<Vec<f64>>,
    observations: u64,
    excluded: BTreeMap<&'static str, u64>,
}

/// What is the same for all accounts of a borrower on one day.
struct FamilyDay {
    /// Open accounts in arrears.
    delinquent: u32,
    /// Features of the borrower, in the order of the catalogue.
    values: Vec<f64>,
    /// Outbound contacts of seven days; −1 where nobody keeps or declares a log.
    outbound_7: i32,
}

/// Observes every account by the rule, with all features.
pub fn observe(project: &Project, book: &Portfolio, rule: &Observe) -> Observed {
    observe_selected(project, book, rule, Selection { catalogue: &CATALOGUE, everyone: false })
}

/// Observes accounts by the rule.
pub fn observe_selected(project: &Project, book: &Portfolio, rule: &Observe, selection: Selection<'_>) -> Observed {
    let days = observation_days(rule, book);
    let chunks: Vec<Chunk> = book
        .chunks()
        .into_par_iter()
        .map(|borrowers| {
            let out = Chunk { features: vec![Vec::new(); selection.catalogue.len()], ..Default::default() };
            let mut walk = Walk { project, book, rule, days: &days, selection, out };
            let mut family = Family::new(book, Settings::of(project));
            for borrower in borrowers {
                family.turn_to(borrower);
                walk.borrower(&family);
            }
            walk.out
        })
        .collect();
    let mut observed = Observed::default();
    let total: usize = chunks.iter().map(|chunk| chunk.cases.len()).sum();
    let mut columns: Vec<Vec<f64>> = selection.catalogue.iter().map(|_| Vec::with_capacity(total)).collect();
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
    observed.features = table::feature_table(project, book, &observed.cases, selection.catalogue, columns);
    observed
}

impl Walk<'_> {
    fn exclude(&mut self, reason: &'static str) {
        *self.out.excluded.entry(reason).or_default() += 1;
    }

    fn borrower(&mut self, family: &Family<'_>) {
        let mut by_day: HashMap<Day, FamilyDay> = HashMap::new();
        let mut events_by_day: HashMap<Day, InForce<'_>> = HashMap::new();
        let events = self.book.borrower_events.of(family.borrower);
        for account in family.accounts.clone() {
            for (day, statement) in self.days_of(family, account) {
                self.out.observations += 1;
                let mut view = family.view(account, day);
                let in_force = match events {
                    [] => InForce::default(),
                    events => *events_by_day.entry(day).or_insert_with(|| InForce::default().with(events, day)),
                };
                if !self.selection.everyone
                    && let Some(reason) = self.outside_population(&view, statement, in_force)
                {
                    self.exclude(reason);
                    continue;
                }
                let of_day = || family_day(&view, self.selection.catalogue, self.outbound_7(family.borrower, day));
                let of_one;
                // A borrower of one account is looked at once a day anyway.
                let of_family = if family.accounts.len() == 1 {
                    of_one = of_day();
                    &of_one
                } else {
                    &*by_day.entry(day).or_insert_with(of_day)
                };
                let outbound_7 = of_family.outbound_7;
                view.delinquent = of_family.delinquent;
                let mut of_borrower = of_family.values.iter();
                for (column, feature) in self.out.features.iter_mut().zip(self.selection.catalogue) {
                    column.push(match feature.level {
                        Level::Borrower => of_borrower.next().copied().unwrap_or(f64::NAN),
                        Level::Account => feature.value(&view),
                    });
                }
                self.case(&view, in_force, outbound_7);
            }
        }
    }

    fn case(&mut self, view: &View<'_>, of_borrower: InForce<'_>, outbound_7: i32) {
        let (day, account, borrower) = (view.as_of, view.account, view.family.borrower);
        let arrears = view.arrears().map_or(Money::NULL, Money);
        let (maturity, outcome) = self.outcome(view);
        let nominal = self.project.declared.nominal_exposure.as_ref().map(|a| a.value);
        match maturity {
            Maturity::Mature => {}
            Maturity::Immature => self.exclude("immature"),
            Maturity::LeftTheBook => self.exclude("left_the_book"),
            Maturity::NoOutcome => self.exclude("no_outcome_for_this_history"),
        }
        let (holds, legal_stage) = self.holds(view, of_borrower);
        let cases = &mut self.out.cases;
        cases.account.push(account as u32);
        cases.borrower.push(borrower as u32);
        cases.as_of.push(day);
        cases.dpd.push(view.dpd());
        cases.bucket.push(view.bucket());
        cases.arrears.push(arrears);
        cases.stake.push(if arrears == Money::NULL { nominal.unwrap_or(Money::NULL) } else { arrears });
        cases.holds.push(holds);
        cases.legal_stage.push(legal_stage);
        cases.outbound_7.push(outbound_7);
        cases.maturity.push(maturity);
        cases.repaid.push(outcome.repaid == Some(true));
        cases.paid_ratio.push(outcome.paid_ratio);
        cases.outcomes.push(outcome.others);
    }
}

fn family_day(view: &View<'_>, catalogue: &[Feature], outbound_7: i32) -> FamilyDay {
    let open = view.family.accounts.clone().filter(|account| !view.book.closed(*account, view.as_of));
    let dpd = |account: usize| if account == view.account { view.dpd() } else { view.family.view(account, view.as_of).dpd() };
    FamilyDay {
        delinquent: open.filter(|account| dpd(*account) >= 1).count() as u32,
        values: catalogue.iter().filter(|feature| feature.level == Level::Borrower).map(|feature| feature.value(view)).collect(),
        outbound_7,
    }
}
