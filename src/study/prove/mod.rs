//! The proof that no feature knows the future: on the user's own data, for a sample of cases, each borrower's records are cut at `as_of`, rebuilt,
//! and every feature is compared bit for bit; then what was not known yet is deleted, moved and added to, and nothing may change.
//!
//! Takes the tables as read and the portfolio made of them; gives what was compared, every leak with the record that leaked, and inputs that look
//! like the outcome: records that were written after the fact pass every test of dates. Works case by borrower and date in a fixed order, with a
//! stream of random numbers each, so nothing depends on threads. Deliberately absent: outcomes. They are of the future by definition.

mod leak;
mod seen;
mod shaped;

pub use leak::{Leak, LeakedRecord};
pub use seen::Value;
pub use shaped::{Shaped, Shapes};

use crate::base::config::{Observe, Project};
use crate::base::dates::Day;
use crate::data::catalogue::Feature;
use crate::data::cut::{Change, Slice, Target, Wanted, rebuild};
use crate::data::history::Portfolio;
use crate::data::observe::{Observed, Selection, observe_selected};
use crate::data::tables::Tables;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;
use seen::{Facts, Seen};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Accounts of a borrower on which records are invented, at most.
const INVENTED_ON: usize = 8;

/// What to prove.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// Cases to sample.
    pub cases: usize,
    /// Seed of the sample and of every disturbance.
    pub seed: u64,
}

/// One way to rebuild a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trial {
    /// The borrower alone, every record as it is.
    Alone,
    /// Nothing but what was known by the end of `as_of`.
    Cut,
    /// Half of what was not known is gone.
    Deleted,
    /// What was not known lies on other days, still not known.
    Shifted,
    /// More is there that was not known.
    Invented,
}

impl Trial {
    /// All, in the order in which they are tried.
    pub const ALL: [Trial; 5] = [Trial::Alone, Trial::Cut, Trial::Deleted, Trial::Shifted, Trial::Invented];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Trial::Alone => "alone",
            Trial::Cut => "cut",
            Trial::Deleted => "deleted",
            Trial::Shifted => "shifted",
            Trial::Invented => "invented",
        }
    }

    /// What it does, for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Trial::Alone => "each borrower rebuilt alone",
            Trial::Cut => "cut at as_of: only what was known by then",
            Trial::Deleted => "later records deleted at random",
            Trial::Shifted => "later records moved in time",
            Trial::Invented => "later records invented",
        }
    }
}

/// What one way of rebuilding gave, over all cases.
#[derive(Clone, Debug, Serialize)]
pub struct TrialCount {
    /// Which.
    pub trial: Trial,
    /// Cases rebuilt: those with at least one record changed, where the trial changes records.
    pub cases: u64,
    /// Records changed.
    pub records: u64,
    /// Values compared.
    pub comparisons: u64,
    /// Values that differ.
    pub differences: u64,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// Seed.
    pub seed: u64,
    /// Cases of the book.
    pub cases_in_book: usize,
    /// Cases sampled.
    pub cases: usize,
    /// Their borrowers.
    pub borrowers: usize,
    /// Their observation dates.
    pub dates: usize,
    /// Features compared, expressions and account columns included.
    pub features: usize,
    /// Records of those borrowers.
    pub records: usize,
    /// Values compared in all.
    pub comparisons: u64,
    /// Each way of rebuilding.
    pub trials: Vec<TrialCount>,
    /// Features that knew the future.
    pub leaks: Vec<Leak>,
    /// Inputs that look like the outcome.
    pub shapes: Shapes,
}

impl Proof {
    /// Whether nothing was found.
    pub fn passed(&self) -> bool {
        self.leaks.is_empty() && self.shapes.found.is_empty()
    }
}

/// Cases of one borrower on one date.
struct Unit {
    as_of: Day,
    borrower: Box<str>,
    /// Places in the sample.
    cases: Vec<usize>,
}

/// A value that differs.
#[derive(Clone, Debug)]
struct Difference {
    case: usize,
    feature: usize,
    trial: Trial,
    found: Value,
}

/// What one unit gave.
struct UnitResult {
    counts: Vec<TrialCount>,
    differences: Vec<Difference>,
}

/// What is the same for all cases.
struct Prover<'a> {
    /// The project, with the end of the data as the whole book has it.
    project: Project,
    book: &'a Portfolio,
    catalogue: &'a [Feature],
    slice: Slice,
    accounts_of: BTreeMap<Box<str>, Vec<Box<str>>>,
    facts: Facts,
    units: Vec<Unit>,
    seed: u64,
}

/// A stream of random numbers for a purpose.
fn stream(seed: u64, parts: &[u64]) -> Xoshiro256PlusPlus {
    let mixed = parts.iter().fold(seed, |mixed, part| (mixed ^ part).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29));
    Xoshiro256PlusPlus::seed_from_u64(mixed)
}

/// `wanted` of `n` places, without replacement, ascending (Floyd's algorithm).
fn sample(seed: u64, n: usize, wanted: usize) -> Vec<usize> {
    let mut random = stream(seed, &[]);
    let mut chosen = BTreeSet::new();
    for last in n.saturating_sub(wanted)..n {
        let place = (random.next_u64() % (last as u64 + 1)) as usize;
        if !chosen.insert(place) {
            chosen.insert(last);
        }
    }
    chosen.into_iter().collect()
}

/// Proves the features of a catalogue on a book. `tables` are those of which `book` was made.
pub fn prove(project: &Project, tables: Tables, book: &Portfolio, catalogue: &[Feature], ask: Ask) -> Proof {
    let observed = observe_selected(project, book, &project.observe, Selection { catalogue, everyone: false });
    let shapes = shaped::look(project, book, &observed);
    let places = sample(ask.seed, observed.cases.len(), ask.cases);
    let facts = Facts::of(&observed, &places, project.currency.minor_digits);
    let cases_in_book = observed.cases.len();
    let accounts_of = accounts_of(book, &observed, &places);
    drop(observed);
    let mut wanted = Wanted::default();
    for (borrower, accounts) in &accounts_of {
        wanted.borrowers.insert(borrower);
        wanted.accounts.extend(accounts.iter().map(|id| &**id));
    }
    let slice = Slice::of(project, tables, &wanted);
    let mut by_unit: BTreeMap<(Day, &str), Vec<usize>> = BTreeMap::new();
    facts.cases.iter().enumerate().for_each(|(place, case)| by_unit.entry((case.as_of, &case.borrower)).or_default().push(place));
    let units: Vec<Unit> = by_unit.into_iter().map(|((as_of, borrower), cases)| Unit { as_of, borrower: borrower.into(), cases }).collect();
    let mut whole = project.clone();
    whole.clock.data_until = Some(book.data_until);
    let prover = Prover { project: whole, book, catalogue, slice, accounts_of, facts, units, seed: ask.seed };
    let results: Vec<UnitResult> = prover.units.par_iter().map(|unit| prover.unit(unit)).collect();
    let mut trials: Vec<TrialCount> = Trial::ALL.iter().map(|trial| TrialCount::none(*trial)).collect();
    let mut differences = Vec::new();
    for result in results {
        for (sum, more) in trials.iter_mut().zip(&result.counts) {
            sum.cases += more.cases;
            sum.records += more.records;
            sum.comparisons += more.comparisons;
            sum.differences += more.differences;
        }
        differences.extend(result.differences);
    }
    Proof {
        seed: ask.seed,
        cases_in_book,
        cases: prover.facts.cases.len(),
        borrowers: prover.accounts_of.len(),
        dates: prover.units.iter().map(|unit| unit.as_of).collect::<BTreeSet<_>>().len(),
        features: prover.facts.features,
        records: prover.slice.records(),
        comparisons: trials.iter().map(|trial| trial.comparisons).sum(),
        trials,
        leaks: leak::leaks(&prover, differences),
        shapes,
    }
}

impl TrialCount {
    fn none(trial: Trial) -> TrialCount {
        TrialCount { trial, cases: 0, records: 0, comparisons: 0, differences: 0 }
    }
}

/// The borrowers of some cases with all their accounts.
fn accounts_of(book: &Portfolio, observed: &Observed, places: &[usize]) -> BTreeMap<Box<str>, Vec<Box<str>>> {
    let borrowers: BTreeSet<usize> = places.iter().map(|place| observed.cases.borrower[*place] as usize).collect();
    let accounts = |b: usize| (book.accounts_of[b]..book.accounts_of[b + 1]).map(|account| book.account_ids[account].clone()).collect();
    borrowers.into_iter().map(|b| (book.borrower_ids[b].clone(), accounts(b))).collect()
}

impl Prover<'_> {
    /// The records of a unit's borrower.
    fn slice(&self, unit: &Unit) -> Slice {
        let mut wanted = Wanted::default();
        if let Some(accounts) = self.accounts_of.get(&unit.borrower) {
            wanted.accounts.extend(accounts.iter().map(|id| &**id));
        }
        wanted.borrowers.insert(&unit.borrower);
        self.slice.narrow(&self.project, &wanted)
    }

    /// What a trial does to a unit's records. The same whenever it is asked.
    fn changes(&self, unit: &Unit, slice: &Slice, trial: Trial) -> Vec<Change> {
        let (project, until) = (&self.project, self.book.data_until);
        let place = self.units.binary_search_by(|other| (other.as_of, &other.borrower).cmp(&(unit.as_of, &unit.borrower))).unwrap_or_default();
        let mut random = stream(self.seed, &[place as u64 + 1, trial as u64]);
        let draw = &mut |below: u64| random.next_u64() % below.max(1);
        match trial {
            Trial::Alone => Vec::new(),
            Trial::Cut => slice.cut(project, unit.as_of),
            Trial::Deleted => slice.deleted(project, unit.as_of, draw),
            Trial::Shifted => slice.shifted(project, unit.as_of, until, draw),
            Trial::Invented => {
                let mut changes = Vec::new();
                // On every account of the borrower: what becomes of another account later must not change this one now.
                for account in self.accounts_of.get(&unit.borrower).into_iter().flatten().take(INVENTED_ON) {
                    let target = Target { account, borrower: &unit.borrower, as_of: unit.as_of, until };
                    changes.extend(slice.invented(project, target, draw));
                }
                changes
            }
        }
    }

    /// Everything observed of a unit's cases once its records are changed, in the order of its cases.
    fn observe(&self, unit: &Unit, slice: &Slice, trial: Trial, changes: &[Change]) -> Vec<Option<Seen>> {
        let cut_project;
        let project = if trial == Trial::Cut {
            let mut project = self.project.clone();
            (project.clock.data_until, project.clock.outcomes_until) = (Some(unit.as_of), None);
            cut_project = project;
            &cut_project
        } else {
            &self.project
        };
        let Some(book) = rebuild(project, slice.changed(changes)) else { return vec![None; unit.cases.len()] };
        let selection = Selection { catalogue: self.catalogue, everyone: false };
        // Where the history itself says who is observed when, that must not know the future either.
        let rule = if matches!(project.observe, Observe::Entry) { Observe::Entry } else { Observe::Dates(vec![unit.as_of]) };
        let observed = observe_selected(project, &book, &rule, selection);
        let place = |case: &usize| {
            let account = &self.facts.cases[*case].account;
            (0..observed.cases.len()).find(|k| observed.cases.as_of[*k] == unit.as_of && observed.cases.account_id(*k) == &**account)
        };
        unit.cases.iter().map(|case| place(case).map(|k| self.facts.values(&observed, k))).collect()
    }

    fn unit(&self, unit: &Unit) -> UnitResult {
        let slice = self.slice(unit);
        let mut result = UnitResult { counts: Vec::new(), differences: Vec::new() };
        for trial in Trial::ALL {
            let changes = self.changes(unit, &slice, trial);
            let mut count = TrialCount::none(trial);
            // Where nothing lies in the future there is nothing to disturb.
            if !changes.is_empty() || matches!(trial, Trial::Alone | Trial::Cut) {
                count.cases = unit.cases.len() as u64;
                count.records = changes.len() as u64;
                for (case, found) in unit.cases.iter().zip(self.observe(unit, &slice, trial, &changes)) {
                    count.comparisons += self.facts.names.len() as u64;
                    let differing = self.facts.differing(*case, found.as_ref());
                    count.differences += differing.len() as u64;
                    result.differences.extend(differing.into_iter().map(|(feature, found)| Difference { case: *case, feature, trial, found }));
                }
            }
            result.counts.push(count);
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_distinct_ascending_and_the_same_for_a_seed() {
        let chosen = sample(7, 1_000, 50);
        assert!(chosen.len() == 50 && chosen.windows(2).all(|w| w[0] < w[1]) && chosen[49] < 1_000);
        assert_eq!(chosen, sample(7, 1_000, 50));
        assert_ne!(chosen, sample(8, 1_000, 50));
        assert_eq!(sample(1, 3, 200), [0, 1, 2]);
    }
}
