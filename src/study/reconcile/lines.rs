//! Lines of hand-over files checked against the run: of this run, about its cases, in words that its policy knows, on days that can be.

use super::Run;
use crate::base::dates::Day;
use crate::base::problem::{Problem, Problems, Severity, nearest, suggestion};
use crate::base::schema::{CHANNELS, RESULTS};
use crate::base::units::Money;
use crate::data::handover::{HandoverLine, at_line};
use crate::decide::policy::Channel;
use crate::decide::work::accounts_named;
use std::collections::{HashMap, HashSet};

/// The word for nothing.
pub(super) const NOTHING: &str = "nothing";

/// Names are suggested for so many accounts that are no case: to look for the nearest of a whole book takes time.
const SUGGESTED: u64 = 5;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Nothing, or nobody said.
    Nothing,
    /// A treatment of the policy, by place.
    Treatment(usize),
    /// A channel of contacts, by its place in [`CHANNELS`].
    Channel(u8),
}

/// A line that can be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    /// The line.
    pub line: HandoverLine,
    /// The cases that it is about, in the order of the line.
    pub cases: Vec<u32>,
    /// What was done.
    pub done: Done,
}

impl Deed {
    /// Whether something was done, and not by the borrower.
    pub fn is_ours(&self) -> bool {
        self.done != Done::Nothing && !self.line.inbound
    }

    /// The result in a word.
    pub fn result(&self) -> &'static str {
        self.line.result.and_then(|place| RESULTS.get(usize::from(place))).copied().unwrap_or_default()
    }
}

/// A problem of a line before it has its place.
struct Bad {
    code: &'static str,
    message: Box<str>,
    column: &'static str,
    value: Box<str>,
    rule: Box<str>,
    help: Option<Box<str>>,
}

impl Bad {
    fn new(code: &'static str, message: impl Into<String>, column: &'static str, value: impl Into<String>, rule: impl Into<String>) -> Bad {
        Bad { code, message: message.into().into(), column, value: value.into().into(), rule: rule.into().into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Bad {
        self.help = Some(help.into().into());
        self
    }
}

/// The lines that can be used, and what is wrong with the others: an error each, or a warning where the project sets such rows aside.
pub fn checked(run: &Run<'_>, lines: Vec<HandoverLine>, set_aside: &[String]) -> (Vec<Deed>, Problems) {
    let checker = Lines::of(run);
    let mut problems = Problems::default();
    let (mut deeds, mut seen) = (Vec::new(), HashSet::new());
    let mut other_runs: Vec<(HandoverLine, u64)> = Vec::new();
    for line in lines {
        // A file of another run says so in every line; it is said once.
        if line.run != run.id {
            match other_runs.iter_mut().find(|(first, _)| first.run == line.run && first.file == line.file) {
                Some((_, n)) => *n += 1,
                None => other_runs.push((line, 1)),
            }
            continue;
        }
        let found = checker.line(&line, &mut seen, problems.count(Severity::Error) < SUGGESTED);
        match found {
            Ok((cases, done)) => deeds.push(Deed { line, cases, done }),
            Err(all) => {
                for bad in all {
                    let mut problem = at_line(&line, set_aside, bad.code, bad.message.into()).column(bad.column).value(bad.value).rule(bad.rule);
                    let aside = || format!("mend the line, or set such rows aside: [check] set_aside = [\"{}\"]", bad.code).into();
                    if problem.severity == Severity::Error || bad.help.is_some() {
                        problem = problem.help(bad.help.unwrap_or_else(aside));
                    }
                    problems.push(problem);
                }
            }
        }
    }
    for (first, n) in other_runs {
        let message = format!("the hand-over is of another run, and so are {n} of its lines");
        problems.push(
            Problem::error("handover.other_run", message)
                .file(first.file.clone())
                .row(first.row)
                .column("run")
                .value(first.run.as_str())
                .rule(format!("{}, the run of {}", run.id, run.as_of))
                .help("give the folder of the run that the work lists came from"),
        );
    }
    (deeds, problems)
}

struct Lines<'a> {
    run: &'a Run<'a>,
    of_account: HashMap<&'a str, u32>,
    of_borrower: HashMap<&'a str, Vec<u32>>,
}

impl<'a> Lines<'a> {
    fn of(run: &'a Run<'a>) -> Lines<'a> {
        let mut of_borrower: HashMap<&str, Vec<u32>> = HashMap::new();
        run.cases.iter().enumerate().for_each(|(k, case)| of_borrower.entry(&case.borrower).or_default().push(k as u32));
        Lines { run, of_account: run.cases.iter().enumerate().map(|(k, case)| (&*case.account, k as u32)).collect(), of_borrower }
    }

    fn line(&self, line: &HandoverLine, seen: &mut HashSet<String>, suggest: bool) -> Result<(Vec<u32>, Done), Vec<Bad>> {
        let mut bad = Vec::new();
        // A line without its place: the same to the letter twice is one deed written down twice.
        let letters = format!("{:?}", HandoverLine { file: "".into(), row: 0, ..line.clone() });
        if !seen.insert(letters) {
            bad.push(
                Bad::new("handover.duplicate", "another line is the same to the letter", "", "", "one line a deed")
                    .help("if both were done, tell them apart by their hour or number; else take one out"),
            );
        }
        let mut keep = |found: Result<(), Bad>| bad.extend(found.err());
        let cases = self.cases(line, suggest).unwrap_or_else(|why| {
            keep(Err(why));
            Vec::new()
        });
        keep(self.strategy(line, &cases));
        let done = self.done(line).unwrap_or_else(|why| {
            keep(Err(why));
            Done::Nothing
        });
        let said_nothing = done == Done::Nothing;
        if said_nothing && (line.done_on != Day::NULL || line.result.is_some()) && ["", NOTHING, "wait"].contains(&line.done.as_str()) {
            let rule = "nothing was done, or what was done: a treatment or a channel";
            keep(Err(Bad::new("handover.nothing_done", "the line says when or with what result, and not what was done", "done", &line.done, rule)));
        }
        if !said_nothing {
            keep(self.when(line));
            keep(self.promise(line, done, &cases));
        }
        if bad.is_empty() { Ok((cases, done)) } else { Err(bad) }
    }

    /// The cases that a line is about.
    fn cases(&self, line: &HandoverLine, suggest: bool) -> Result<Vec<u32>, Bad> {
        if line.accounts.is_empty() {
            let Some(all) = self.of_borrower.get(line.borrower.as_str()) else {
                let rule = "an account or a borrower of the run";
                if line.borrower.is_empty() {
                    return Err(Bad::new("handover.no_case", "the line names neither an account nor a borrower", "account_id", "", rule));
                }
                return Err(Bad::new("handover.no_case", "no case of the run has this borrower", "borrower_id", &line.borrower, rule));
            };
            let of_strategy = |case: &u32| line.strategy.is_empty() || self.strategy_of(*case) == line.strategy;
            let some: Vec<u32> = all.iter().copied().filter(of_strategy).collect();
            return Ok(if some.is_empty() { all.clone() } else { some });
        }
        let mut cases = Vec::new();
        for account in accounts_named(&line.accounts, |id| self.of_account.contains_key(id)) {
            let Some(case) = self.of_account.get(account) else {
                let near = if suggest { nearest(account, self.of_account.keys().copied().collect::<std::collections::BTreeSet<_>>()) } else { None };
                let bad =
                    Bad::new("handover.no_case", "the account is no case of the run", "account_id", account, "an account of the run's ranked list");
                return Err(match near {
                    Some(near) => bad.help(format!("did you mean `{near}`? identifiers are compared to the letter")),
                    None => bad,
                });
            };
            let owner = &*self.run.cases[*case as usize].borrower;
            if !line.borrower.is_empty() && line.borrower != owner {
                let message = format!("the account {account} is of another borrower");
                return Err(Bad::new("handover.other_borrower", message, "borrower_id", &line.borrower, owner));
            }
            cases.push(*case);
        }
        Ok(cases)
    }

    fn strategy_of(&self, case: u32) -> &str {
        &self.run.policy.treatments[self.run.cases[case as usize].strategy].name
    }

    fn strategy(&self, line: &HandoverLine, cases: &[u32]) -> Result<(), Bad> {
        match cases.iter().map(|case| self.strategy_of(*case)).find(|is| !line.strategy.is_empty() && *is != line.strategy) {
            Some(is) => {
                let message = "the run recommended something else for this case";
                Err(Bad::new("handover.other_strategy", message, "strategy", &line.strategy, is)
                    .help("`strategy` is what the run recommended; what was done instead stands in `done`"))
            }
            None => Ok(()),
        }
    }

    fn done(&self, line: &HandoverLine) -> Result<Done, Bad> {
        let policy = self.run.policy;
        let word = line.done.as_str();
        if ["", NOTHING, "wait"].contains(&word) {
            return Ok(Done::Nothing);
        }
        if let Some(place) = policy.place(word) {
            return Ok(Done::Treatment(place));
        }
        if let Some(place) = CHANNELS.iter().position(|channel| *channel == word) {
            return Ok(Done::Channel(place as u8));
        }
        let treatments = policy.treatments.iter().map(|t| t.name.as_str());
        let known: Vec<&str> = std::iter::once(NOTHING).chain(treatments.filter(|t| *t != "wait")).chain(CHANNELS.iter().copied()).collect();
        let message = format!("`{word}` is no treatment of the policy and no channel");
        Err(Bad::new("handover.bad_word", message, "done", word, known.join(", ")).help(suggestion(word, known.iter().copied())))
    }

    fn when(&self, line: &HandoverLine) -> Result<(), Bad> {
        let first = self.run.outreach_day();
        match line.done_on.known() {
            None => Err(Bad::new("handover.no_day", "the line does not say on which day it was done", "done_on", "", "a date as YYYY-MM-DD")),
            Some(day) if day < first => {
                let rule = format!("not before {first}, the day on which the run's work begins");
                Err(Bad::new("handover.too_early", "it was done before the run's work began", "done_on", day.to_string(), rule))
            }
            Some(_) => Ok(()),
        }
    }

    /// What was promised has its day and its account: tomorrow it leaves the borrower in peace until then, or counts as broken.
    fn promise(&self, line: &HandoverLine, done: Done, cases: &[u32]) -> Result<(), Bad> {
        let promised = line.result.and_then(|place| RESULTS.get(usize::from(place))) == Some(&"promise");
        let offered = matches!(done, Done::Treatment(place) if self.run.policy.treatments[place].channel == Channel::OFFER);
        if !promised && !offered && (line.promise_due_on != Day::NULL || line.promise_amount != Money::NULL) {
            let rule = "an amount and a day with the result `promise`, or with an offer";
            return Err(Bad::new("handover.no_promise", "the line has a promise, and its result is none", "result", "", rule));
        }
        if !promised {
            return Ok(());
        }
        match line.promise_due_on.known() {
            None => {
                Err(Bad::new("handover.no_promise_day", "a promise does not say when it falls due", "promise_due_on", "", "a date as YYYY-MM-DD"))
            }
            Some(due) if due < line.done_on => {
                let message = "a promise falls due before it was made";
                Err(Bad::new("handover.promise_too_early", message, "promise_due_on", due.to_string(), format!("not before {}", line.done_on)))
            }
            Some(_) if cases.len() > 1 => {
                Err(Bad::new("handover.promise_of_many", "a promise names several accounts", "account_ids", &line.accounts, "one account a promise")
                    .help("give a line for each account with what was promised for it"))
            }
            Some(_) => Ok(()),
        }
    }
}
