//! What was recommended, what was done, and how they differ: the lines of hand-over files laid beside a run's log.
//!
//! A case is done as recommended, done otherwise, not done, done although waiting was recommended, or done against a veto; the worst that was done
//! counts. What the borrower did of their own accord is a contact and no deed of ours. Rates are of lines with a known result, with Wilson's interval.

mod figures;
mod lines;
mod tables;

pub use figures::{Figures, Rate};
pub use lines::{Deed, Done, checked};
pub use tables::{contacts, differences, events};

use crate::base::dates::Day;
use crate::base::problem::{Problem, Problems};
use crate::base::schema::CHANNELS;
use crate::decide::policy::Policy;
use serde::Serialize;
use std::collections::HashMap;

/// A case of the run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunCase {
    /// The account.
    pub account: Box<str>,
    /// The borrower.
    pub borrower: Box<str>,
    /// The team that it belongs to; empty where the run does not say.
    pub team: Box<str>,
    /// Place of the recommended treatment in the policy.
    pub strategy: usize,
}

/// The run whose work was done.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// Its identifier.
    pub id: String,
    /// Its day.
    pub as_of: Day,
    /// Its policy.
    pub policy: &'a Policy,
    /// Its cases, in the order of its ranked list.
    pub cases: Vec<RunCase>,
    /// What vetoed each treatment of each case, as a place in `rules`; entry `case × treatments + treatment`.
    pub vetoed_by: Vec<u32>,
    /// Sets of rules, identifiers apart by spaces.
    pub rules: Vec<Box<str>>,
}

impl Run<'_> {
    /// The day on which its work begins.
    pub fn outreach_day(&self) -> Day {
        self.as_of.plus(self.policy.outreach.days_after)
    }

    /// The rules that veto a treatment for a case.
    fn rules_of(&self, case: usize, treatment: usize) -> Option<&str> {
        let code = *self.vetoed_by.get(case * self.policy.treatments.len() + treatment)?;
        self.rules.get(code as usize).map(|rules| &**rules)
    }

    /// The rules that veto what was done; none where it was free. A channel that no treatment uses is vetoed by what vetoes every contact.
    fn veto(&self, case: usize, done: Done) -> Option<String> {
        let treatments = &self.policy.treatments;
        match done {
            Done::Nothing => None,
            Done::Treatment(place) => self.rules_of(case, place).map(String::from),
            Done::Channel(channel) => {
                let uses = |t: &usize| treatments[*t].channel.0 == channel;
                let mut of_channel = (0..treatments.len()).filter(uses).peekable();
                if of_channel.peek().is_some() {
                    let rules: Vec<Option<&str>> = of_channel.map(|t| self.rules_of(case, t)).collect();
                    return rules.iter().all(Option::is_some).then(|| rules.first().copied().flatten().unwrap_or_default().to_string());
                }
                let mut contacts = (0..treatments.len()).filter(|t| treatments[*t].channel.is_contact());
                // A treatment's own condition and its step of the ladder speak of that treatment alone.
                let of_all = |rule: &&str| *rule != "eligible" && !rule.starts_with("ladder:");
                let first: Vec<&str> = self.rules_of(case, contacts.next()?)?.split(' ').filter(of_all).collect();
                let common = contacts.fold(first, |common, t| {
                    let rules: Vec<&str> = self.rules_of(case, t).unwrap_or_default().split(' ').collect();
                    common.into_iter().filter(|rule| rules.contains(rule)).collect()
                });
                (!common.is_empty()).then(|| common.join(" "))
            }
        }
    }

    /// Whether what was done is what was recommended.
    fn as_recommended(&self, case: usize, done: Done) -> bool {
        let strategy = self.cases[case].strategy;
        match done {
            Done::Nothing => false,
            Done::Treatment(place) => place == strategy,
            Done::Channel(channel) => self.policy.treatments[strategy].channel.0 == channel,
        }
    }

    /// What was done, in a word.
    fn name(&self, done: Done) -> &str {
        match done {
            Done::Nothing => lines::NOTHING,
            Done::Treatment(place) => &self.policy.treatments[place].name,
            Done::Channel(channel) => CHANNELS.get(usize::from(channel)).copied().unwrap_or_default(),
        }
    }
}

/// How what was done differs from what was recommended, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Difference {
    NotDone,
    AsRecommended,
    Otherwise,
    WithoutRecommendation,
    AgainstVeto,
}

impl Difference {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Difference::NotDone => "not_done",
            Difference::AsRecommended => "as_recommended",
            Difference::Otherwise => "otherwise",
            Difference::WithoutRecommendation => "without_recommendation",
            Difference::AgainstVeto => "against_veto",
        }
    }
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// How it differs.
    pub how: Difference,
    /// Places of the lines about it, those that say that nothing was done too.
    pub deeds: Vec<usize>,
    /// The rules that what was done went against; empty if none.
    pub against: String,
}

/// Something that was done against a veto.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AgainstVeto {
    /// The account.
    pub account: String,
    /// Its team.
    pub team: String,
    /// What was recommended.
    pub recommended: String,
    /// What was done.
    pub done: String,
    /// When.
    pub done_on: Day,
    /// The rules that veto it, by the run's log.
    pub rules: String,
    /// The file that says so.
    pub file: String,
    /// Its row.
    pub row: u64,
}

/// A run beside what was done of it.
#[derive(Clone, Debug)]
pub struct Reconciled {
    /// One a case of the run.
    pub outcomes: Vec<Outcome>,
    /// Everything done against a veto, in the order of the lines.
    pub against: Vec<AgainstVeto>,
    /// Figures of each team and strategy.
    pub figures: Vec<Figures>,
}

/// Lays the deeds beside the run.
pub fn reconcile(run: &Run<'_>, deeds: &[Deed]) -> Reconciled {
    let wait = run.policy.place("wait");
    let mut of_case: HashMap<u32, Vec<usize>> = HashMap::new();
    for (k, deed) in deeds.iter().enumerate() {
        deed.cases.iter().for_each(|case| of_case.entry(*case).or_default().push(k));
    }
    let mut outcomes = Vec::with_capacity(run.cases.len());
    let mut against: Vec<(usize, AgainstVeto)> = Vec::new();
    for (case, is) in run.cases.iter().enumerate() {
        let about = of_case.remove(&(case as u32)).unwrap_or_default();
        let waiting = Some(is.strategy) == wait;
        // To leave somebody alone whom nobody should approach is what was recommended.
        let mut how = if waiting { Difference::AsRecommended } else { Difference::NotDone };
        let mut rules = String::new();
        for k in about.iter().copied().filter(|k| deeds[*k].is_ours()) {
            let deed = &deeds[k];
            let this = match run.veto(case, deed.done) {
                Some(vetoes) => {
                    let found = AgainstVeto {
                        account: is.account.to_string(),
                        team: is.team.to_string(),
                        recommended: run.policy.treatments[is.strategy].name.clone(),
                        done: run.name(deed.done).to_string(),
                        done_on: deed.line.done_on,
                        rules: vetoes.clone(),
                        file: deed.line.file.to_string(),
                        row: deed.line.row,
                    };
                    against.push((k, found));
                    if rules.is_empty() {
                        rules = vetoes;
                    }
                    Difference::AgainstVeto
                }
                None if waiting => Difference::WithoutRecommendation,
                None if run.as_recommended(case, deed.done) => Difference::AsRecommended,
                None => Difference::Otherwise,
            };
            // What was recommended and was done is done, whatever else was beside it, unless that was forbidden.
            how = match (how, this) {
                (Difference::AsRecommended, Difference::Otherwise) => how,
                (Difference::Otherwise, Difference::AsRecommended) => this,
                _ => how.max(this),
            };
        }
        outcomes.push(Outcome { how, deeds: about, against: rules });
    }
    against.sort_by_key(|(line, _)| *line);
    let figures = figures::figures(run, deeds, &outcomes);
    Reconciled { outcomes, against: against.into_iter().map(|(_, found)| found).collect(), figures }
}

/// Everything that was done against a veto, as problems that name the line and the rules.
pub fn findings(against: &[AgainstVeto]) -> Problems {
    let mut problems = Problems::default();
    for found in against {
        let message = format!("{} was done on account {} although the run's rules veto it", found.done, found.account);
        problems.push(
            Problem::note("reconcile.against_veto", message)
                .file(found.file.as_str())
                .row(found.row)
                .column("done")
                .value(found.done.as_str())
                .rule(found.rules.as_str())
                .help(format!("recommended was {}; `recoup explain {}` says what each rule is", found.recommended, found.account)),
        );
    }
    problems
}
