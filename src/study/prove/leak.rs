//! Which record leaked: for each feature that knew the future, one case is rebuilt with one change after another, until the feature changes.

use super::seen::{Seen, Value};
use super::{Difference, Prover, Trial, Unit};
use crate::base::dates::Day;
use crate::data::cut::{Change, Slice};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Records tried one by one; of more, the search halves them.
const ONE_BY_ONE: usize = 500;
/// Differences of a feature that are listed.
const LISTED: usize = 20;

/// A feature that knew the future.
#[derive(Clone, Debug, Serialize)]
pub struct Leak {
    /// Its name.
    pub feature: String,
    /// Cases of the sample in which it differs.
    pub cases: usize,
    /// The case that was looked into, `account@as_of`.
    pub case: String,
    /// The way of rebuilding in which it showed.
    pub trial: Trial,
    /// The value that the whole book gives.
    pub seen: Value,
    /// The value that this way of rebuilding gives.
    pub found: Value,
    /// The value from the past alone.
    pub past_alone: Value,
    /// The record that leaked, if one explains it.
    pub record: Option<LeakedRecord>,
    /// Why no record is named, or what to know of the one that is.
    pub note: Option<String>,
    /// The first cases and ways of rebuilding in which it differs.
    pub differences: Vec<Differing>,
}

/// One value that differs.
#[derive(Clone, Debug, Serialize)]
pub struct Differing {
    /// `account@as_of`.
    pub case: String,
    /// How it was rebuilt.
    pub trial: Trial,
    /// The whole book's value.
    pub seen: Value,
    /// The value then.
    pub found: Value,
}

/// The record that leaked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeakedRecord {
    /// Its table.
    pub table: &'static str,
    /// Its file.
    pub file: Option<String>,
    /// Its row as a spreadsheet shows it.
    pub row: Option<u64>,
    /// What of it leaked: the record, a date in it, or a record made up in its likeness.
    pub what: &'static str,
    /// The column that dates it.
    pub dated: &'static str,
    /// Day on which it happened.
    pub happened_on: Option<Day>,
    /// Day from which it was known: after `as_of`.
    pub known_on: Option<Day>,
}

/// The record that leaked, if one explains it, and what to know of it.
type Told = (Option<LeakedRecord>, Option<String>);

/// What a search found for one feature.
#[derive(Clone)]
enum Found {
    /// This change alone changes it.
    Alone(usize),
    /// It changes when this one joins those before it.
    Together(usize),
    /// No order of changes explains it.
    Nothing,
}

/// Every feature that differs, in the order of the features, each with one case looked into.
pub(super) fn leaks(prover: &Prover<'_>, differences: Vec<Difference>) -> Vec<Leak> {
    let mut by_feature: BTreeMap<usize, Vec<Difference>> = BTreeMap::new();
    differences.into_iter().for_each(|difference| by_feature.entry(difference.feature).or_default().push(difference));
    // The cut shows a leak most plainly. A borrower who differs alone, all records in place, shows that something else is wrong: that comes last.
    let rank = |difference: &Difference, all: &[Difference]| {
        let alone = all.iter().any(|other| other.case == difference.case && other.trial == Trial::Alone);
        (alone, if difference.trial == Trial::Alone { usize::MAX } else { difference.trial as usize })
    };
    let chosen: Vec<(usize, &Difference)> = by_feature
        .iter()
        .filter_map(|(feature, all)| Some((*feature, all.iter().min_by_key(|difference| (rank(difference, all), difference.case))?)))
        .collect();
    // Features that showed in the same case and way are looked into together.
    let mut groups: BTreeMap<(usize, Trial), Vec<usize>> = BTreeMap::new();
    chosen.iter().for_each(|(feature, one)| groups.entry((one.case, one.trial)).or_default().push(*feature));
    let groups: Vec<((usize, Trial), Vec<usize>)> = groups.into_iter().collect();
    let found: BTreeMap<usize, Told> = groups.par_iter().flat_map_iter(|((case, trial), features)| search(prover, *case, *trial, features)).collect();
    let leak = |(feature, one): (usize, &Difference)| {
        let all = &by_feature[&feature];
        let seen = |case: usize| prover.facts.cases[case].values[feature].clone();
        let of_cut = all.iter().find(|other| other.case == one.case && other.trial == Trial::Cut);
        let (record, note) = found.get(&feature).cloned().unwrap_or_default();
        Leak {
            feature: prover.facts.names[feature].to_string(),
            cases: all.iter().map(|difference| difference.case).collect::<BTreeSet<_>>().len(),
            case: prover.facts.case_name(one.case),
            trial: one.trial,
            seen: seen(one.case),
            found: one.found.clone(),
            past_alone: of_cut.map_or_else(|| seen(one.case), |cut| cut.found.clone()),
            record,
            note,
            differences: all
                .iter()
                .take(LISTED)
                .map(|d| Differing { case: prover.facts.case_name(d.case), trial: d.trial, seen: seen(d.case), found: d.found.clone() })
                .collect(),
        }
    };
    chosen.iter().copied().map(leak).collect()
}

/// One case under investigation.
struct Inquiry<'a> {
    prover: &'a Prover<'a>,
    unit: &'a Unit,
    slice: Slice,
    trial: Trial,
    /// How many changes the trial makes.
    all: usize,
    /// Place of the case in the sample, and in its unit.
    case: usize,
    place: usize,
}

impl Inquiry<'_> {
    fn rebuilt(&self, changes: &[Change]) -> Option<Seen> {
        self.prover.observe(self.unit, &self.slice, self.trial_of(changes), changes).swap_remove(self.place)
    }

    /// Only the whole cut ends the data at `as_of`: a part of it leaves records behind that lie later.
    fn trial_of(&self, changes: &[Change]) -> Trial {
        if self.trial == Trial::Cut && changes.len() < self.all { Trial::Alone } else { self.trial }
    }

    /// Whether a feature differs from what the whole book shows once these changes are made.
    fn differs(&self, changes: &[Change], feature: usize) -> bool {
        self.prover.facts.differs(self.case, feature, self.rebuilt(changes).as_ref())
    }

    /// The first change whose arrival, after all those before it, changes a feature.
    fn by_halves(&self, changes: &[Change], feature: usize) -> Found {
        let differs = |n: usize| self.differs(&changes[..n], feature);
        if changes.is_empty() || differs(0) || !differs(changes.len()) {
            return Found::Nothing;
        }
        let (mut same, mut other) = (0, changes.len());
        while other - same > 1 {
            let middle = same + (other - same) / 2;
            if differs(middle) { other = middle } else { same = middle }
        }
        Found::Together(other - 1)
    }
}

fn search(prover: &Prover<'_>, case: usize, trial: Trial, features: &[usize]) -> Vec<(usize, Told)> {
    let Some((unit, place)) = prover.units.iter().find_map(|unit| Some((unit, unit.cases.iter().position(|other| *other == case)?))) else {
        return Vec::new();
    };
    let slice = prover.slice(unit);
    let changes = prover.changes(unit, &slice, trial);
    let inquiry = Inquiry { prover, unit, slice, trial, all: changes.len(), case, place };
    let mut found: BTreeMap<usize, Found> = BTreeMap::new();
    if changes.len() <= ONE_BY_ONE {
        for (k, change) in changes.iter().enumerate() {
            if found.len() == features.len() {
                break;
            }
            let rebuilt = inquiry.rebuilt(std::slice::from_ref(change));
            for feature in features {
                if !found.contains_key(feature) && prover.facts.differs(case, *feature, rebuilt.as_ref()) {
                    found.insert(*feature, Found::Alone(k));
                }
            }
        }
    }
    let named = |feature: &usize| {
        let outcome = found.get(feature).cloned().unwrap_or_else(|| inquiry.by_halves(&changes, *feature));
        let told = match outcome {
            Found::Alone(k) => (Some(record(&inquiry.slice, &changes[k])), None),
            Found::Together(k) => {
                let note = format!("no record alone changes it; it changes when this one is {} after {k} others", doing(trial));
                (Some(record(&inquiry.slice, &changes[k])), Some(note))
            }
            Found::Nothing if trial == Trial::Alone => {
                (None, Some("it changes when the borrower is rebuilt alone, all records in place: it depends on other borrowers, or on what the checker makes of them".into()))
            }
            Found::Nothing => (None, Some(format!("no single record explains it; {} records together do", changes.len()))),
        };
        (*feature, told)
    };
    features.iter().map(named).collect()
}

/// What a trial does to a record.
fn doing(trial: Trial) -> &'static str {
    match trial {
        Trial::Alone => "kept",
        Trial::Cut | Trial::Deleted => "left out",
        Trial::Shifted => "moved",
        Trial::Invented => "added",
    }
}

fn record(slice: &Slice, change: &Change) -> LeakedRecord {
    let name = slice.name(change);
    LeakedRecord {
        table: name.table,
        file: name.file.map(|file| file.to_string()),
        row: name.row,
        what: match change {
            Change::Gone { .. } | Change::Moved { .. } => "the record",
            Change::Blank { .. } => "this date in it",
            Change::Invented { .. } => "a record made up in its likeness",
        },
        dated: name.dated,
        happened_on: name.happened_on,
        known_on: name.known_on,
    }
}
