//! Work lists: what each treatment's workers do, in the order of the ranked list, with what they need for it.
//!
//! One row a unit of work: a treatment that covers the borrower is done once for all the accounts that got it, any other once an account. The last
//! columns are empty: filled in, a list is the hand-over file that `recoup reconcile` reads. Deliberately absent: waiting, which is no work.

mod calls;
mod claim;
mod letter;
mod offer;
mod window;

use super::choose::{Decisions, groups_of};
use super::facts::Facts;
use super::guardrail::Guard;
use super::policy::{Channel, EVIDENCE, Guardrail, Scope};
use super::ranked::amount;
use crate::base::units::Money;
use crate::data::cases::Holds;
use crate::data::catalogue::Settings;
use crate::data::write::{OutColumn, OutTable};
use calls::{HourRates, Spoken};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use window::Windows;

/// Columns of a work list that its workers fill in, empty when it is written.
pub const FILLED_IN: [&str; 7] = ["done", "done_on", "hour", "result", "promise_due_on", "promise_amount", "why_not"];

/// What work lists are made of beside the decisions.
#[derive(Clone, Copy)]
pub struct WorkAsk<'a> {
    /// The run's identifier.
    pub run: &'a str,
    /// The cases in the order of the ranked list.
    pub order: &'a [u32],
    /// The first reason of each, as the ranked list tells it, in its order.
    pub reason_1: &'a [Box<str>],
    /// What the project says of rates, promises and schedules.
    pub settings: Settings,
    /// Decimals of the currency.
    pub minor_digits: u8,
}

/// One work list.
pub struct WorkList {
    /// The treatment, or [`EVIDENCE`].
    pub name: String,
    /// Cases on it.
    pub cases: usize,
    /// Its rows.
    pub table: OutTable,
}

/// What is done in one go.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// The case that stands first in the ranked list.
    pub lead: u32,
    /// Its cases, by account.
    pub cases: Vec<u32>,
}

impl Unit {
    fn cases(&self) -> impl Iterator<Item = usize> + '_ {
        self.cases.iter().map(|k| *k as usize)
    }

    fn lead(&self) -> usize {
        self.lead as usize
    }
}

/// The work lists of every treatment that anybody got, in the order of the policy, then the evidence to be gathered.
pub fn lists(decisions: &Decisions<'_>, ask: WorkAsk<'_>) -> Vec<WorkList> {
    let n = decisions.chosen.len();
    let mut rank = vec![0u32; n];
    ask.order.iter().enumerate().for_each(|(r, k)| rank[*k as usize] = r as u32);
    let units = units(decisions, &rank);
    let hours = HourRates::of(decisions.guard.situation(), ask.settings.rates);
    let maker = Maker { decisions, ask, rank: &rank, hours: hours.as_ref() };
    let mut lists: Vec<WorkList> =
        units.par_iter().enumerate().filter(|(_, units)| !units.is_empty()).map(|(place, units)| maker.list(place, units)).collect();
    lists.extend(claim::evidence_list(&maker));
    lists
}

/// The units of each treatment, in the order of the ranked list.
fn units(decisions: &Decisions<'_>, rank: &[u32]) -> Vec<Vec<Unit>> {
    let (policy, cases) = (decisions.policy, decisions.guard.situation().cases);
    let wait = policy.place("wait");
    let mut units: Vec<Vec<Unit>> = vec![Vec::new(); policy.treatments.len()];
    for range in groups_of(cases.len(), |a, b| cases.borrower[a] == cases.borrower[b] && cases.as_of[a] == cases.as_of[b]) {
        let start = range.start;
        let chosen = &decisions.chosen[range];
        for (k, place) in chosen.iter().enumerate().filter(|(_, place)| Some(usize::from(**place)) != wait) {
            let covers = policy.unit == Scope::Borrower && policy.treatments[usize::from(*place)].scope == Scope::Borrower;
            if covers && chosen[..k].contains(place) {
                continue;
            }
            let of_unit = |other: &usize| *other == k || (covers && chosen[*other] == *place);
            let of_unit: Vec<u32> = (k..chosen.len()).filter(of_unit).map(|other| (start + other) as u32).collect();
            let lead = of_unit.iter().copied().min_by_key(|k| rank[*k as usize]).unwrap_or_default();
            units[usize::from(*place)].push(Unit { lead, cases: of_unit });
        }
    }
    units.iter_mut().for_each(|units| units.sort_unstable_by_key(|unit| rank[unit.lead()]));
    units
}

/// Whether a guardrail may speak of a case on the day of outreach: it is in force, and its pack is not known to be for others.
pub(super) fn speaks(guard: &Guard<'_>, guardrail: &Guardrail, case: usize, facts: &Facts<'_>) -> bool {
    let for_others = |pack: usize| guard.bound.packs[pack].as_ref().is_some_and(|when| when.holds(guard.columns(), case) == Some(false));
    (guardrail.from..=guardrail.until).contains(&facts.day) && !guardrail.pack.is_some_and(for_others)
}

/// The accounts that a cell of `account_ids` names: one whose identifier is the whole cell, else each of its words.
pub fn accounts_named(cell: &str, known: impl Fn(&str) -> bool) -> Vec<&str> {
    if known(cell) { vec![cell] } else { cell.split_whitespace().collect() }
}

/// What the lists of one run share.
pub(super) struct Maker<'a> {
    decisions: &'a Decisions<'a>,
    ask: WorkAsk<'a>,
    rank: &'a [u32],
    hours: Option<&'a HourRates>,
}

impl Maker<'_> {
    fn list(&self, place: usize, units: &[Unit]) -> WorkList {
        let treatment = &self.decisions.policy.treatments[place];
        let mut table = self
            .common(units, self.same(units, &treatment.name))
            .with("signed_by", self.same(units, treatment.signed_by.as_deref().unwrap_or_default()));
        let windows = Windows::of(&self.decisions.guard, place, units);
        table = windows.columns(table);
        if ["call", "ai_call", "visit", "sms", "email", "app"].contains(&treatment.channel.name()) {
            let spoken: Vec<Spoken> = units.par_iter().enumerate().map(|(row, unit)| Spoken::of(self, unit, windows.whole_hours(row))).collect();
            table = calls::columns(table, &spoken, self.ask.minor_digits);
        } else if treatment.channel.name() == "letter" {
            table = letter::columns(self, table, units);
        } else if [Channel::MEDIATOR, Channel::COURT, Channel::SMALL_CLAIMS].contains(&treatment.channel) {
            table = claim::columns(self, table, units, place);
        } else if treatment.name == "plan" {
            table = offer::columns(self, table, units);
        }
        for column in FILLED_IN {
            table = table.with(column, self.same(units, ""));
        }
        WorkList { name: treatment.name.clone(), cases: units.iter().map(|unit| unit.cases.len()).sum(), table }
    }

    /// The columns of every list.
    fn common(&self, units: &[Unit], strategy: OutColumn) -> OutTable {
        let (decisions, digits) = (self.decisions, self.ask.minor_digits);
        let (book, cases) = (decisions.guard.situation().book, decisions.guard.situation().cases);
        let sum = |of: &dyn Fn(usize) -> i64| {
            OutColumn::Money(units.iter().map(|unit| Money(unit.cases().fold(0, |sum: i64, k| sum.saturating_add(of(k))))).collect(), digits)
        };
        let whole = |of: &dyn Fn(&Unit) -> i64| OutColumn::Integer(units.iter().map(of).collect());
        let mut table = OutTable::default()
            .with("run", self.same(units, self.ask.run))
            .with("order", OutColumn::Integer((1..=units.len() as i64).collect()))
            .with(
                "borrower_id",
                OutColumn::Words { codes: units.iter().map(|unit| cases.borrower[unit.lead()]).collect(), words: cases.borrower_ids.clone() },
            )
            .with("account_ids", self.account_ids(units));
        if let Some((codes, words)) = self.team() {
            table = table.with("team", self.first_of(units, |k| codes[k], words));
        }
        let account = |k: usize| cases.account[k] as usize;
        let reason = |k: usize| self.ask.reason_1.get(self.rank[k] as usize).cloned().unwrap_or_default();
        let language = |k: usize| book.language.codes.get(account(k)).copied().unwrap_or(u32::MAX);
        table
            .with("language", self.first_of(units, language, &book.language.words))
            .with("as_of", OutColumn::Day(units.iter().map(|unit| cases.as_of[unit.lead()]).collect()))
            .with("strategy", strategy)
            .with("arrears", sum(&|k| cases.stake[k].known().unwrap_or(0)))
            .with("dpd", whole(&|unit| unit.cases().map(|k| i64::from(cases.dpd[k])).max().unwrap_or(0)))
            .with("expected_gain", sum(&|k| amount(decisions.gain[k]).0))
            .with("reason_1", OutColumn::Text(units.iter().map(|unit| reason(unit.lead())).collect()))
            .with("holds", self.holds(units))
    }

    fn team(&self) -> Option<(&[u32], &[Box<str>])> {
        let (name, _) = self.decisions.policy.outreach.team.as_ref()?;
        self.decisions.guard.columns().words(name)
    }

    /// The same text in every row.
    fn same(&self, units: &[Unit], text: &str) -> OutColumn {
        let code = if text.is_empty() { u32::MAX } else { 0 };
        OutColumn::Words { codes: vec![code; units.len()], words: Arc::new(vec![text.into()]) }
    }

    /// Of each unit the first word that one of its cases has.
    fn first_of(&self, units: &[Unit], code: impl Fn(usize) -> u32, words: &[Box<str>]) -> OutColumn {
        let known = |unit: &Unit| unit.cases().map(&code).find(|code| (*code as usize) < words.len()).unwrap_or(u32::MAX);
        OutColumn::Words { codes: units.iter().map(known).collect(), words: Arc::new(words.to_vec()) }
    }

    fn account_ids(&self, units: &[Unit]) -> OutColumn {
        let cases = self.decisions.guard.situation().cases;
        if units.iter().all(|unit| unit.cases.len() == 1) {
            return OutColumn::Words { codes: units.iter().map(|unit| cases.account[unit.lead()]).collect(), words: cases.account_ids.clone() };
        }
        let joined = |unit: &Unit| unit.cases().map(|k| cases.account_id(k)).collect::<Vec<_>>().join(" ").into();
        OutColumn::Text(units.iter().map(joined).collect())
    }

    /// What is in force for one of the cases on the day of outreach.
    fn holds(&self, units: &[Unit]) -> OutColumn {
        let of = |unit: &Unit| unit.cases().fold(Holds::default(), |all, k| all.and(self.decisions.fired[k].holds));
        worded(units.iter().map(|unit| of(unit).0), |bits| Holds(bits).names().collect::<Vec<_>>().join(" "))
    }
}

/// A column of few distinct values, each put into words once.
fn worded<K: Ord + Copy>(keys: impl Iterator<Item = K>, say: impl Fn(K) -> String) -> OutColumn {
    let mut known: BTreeMap<K, u32> = BTreeMap::new();
    let mut words: Vec<Box<str>> = Vec::new();
    let mut codes = Vec::new();
    for key in keys {
        codes.push(*known.entry(key).or_insert_with(|| {
            let said = say(key);
            if said.is_empty() {
                return u32::MAX;
            }
            words.push(said.into());
            words.len() as u32 - 1
        }));
    }
    OutColumn::Words { codes, words: Arc::new(words) }
}

#[cfg(test)]
mod tests {
    use super::accounts_named;

    #[test]
    fn a_cell_names_an_account_with_a_blank_or_several() {
        let known = |id: &str| ["a 1", "b", "c"].contains(&id);
        assert_eq!(accounts_named("a 1", known), ["a 1"]);
        assert_eq!(accounts_named("b c", known), ["b", "c"]);
        assert_eq!(accounts_named("nobody", known), ["nobody"]);
    }
}
