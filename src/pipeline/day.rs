//! One day of a book, observed and scored: what every command that decides looks at.

use super::{Book, Steps, no_cases};
use crate::base::config::{Observe, Project};
use crate::base::dates::Day;
use crate::base::problem::{Problem, Result};
use crate::data::catalogue::Settings;
use crate::data::observe::{Observed, observe};
use crate::data::write::OutTable;
use crate::decide::choose::{Decisions, decide};
use crate::decide::facts::Situation;
use crate::decide::policy::Policy;
use crate::decide::ranked;
use crate::decide::score::{Scored, score as score_cases};
use crate::decide::work::{WorkAsk, WorkList, lists};
use crate::model::file::Model;

/// A book scored on one day.
#[derive(Clone, Copy)]
pub(super) struct ScoredDay<'a> {
    pub observed: &'a Observed,
    pub scored: &'a Scored<'a>,
    pub situation: Situation<'a>,
    /// Decimals of the currency.
    pub digits: u8,
}

impl<'a> ScoredDay<'a> {
    /// The decisions of the day under a policy.
    pub(super) fn decide(&self, policy: &'a Policy) -> Result<Decisions<'a>> {
        decide(policy, self.situation, self.scored.expected_share(), self.digits)
    }

    /// The work lists of the day's decisions, in the order of the ranked list and with its reasons.
    pub(super) fn work_lists(&self, decisions: &Decisions<'_>, order: &[u32], list: &OutTable, project: &Project, run: &str) -> Vec<WorkList> {
        let reason_1 = list.texts("reason_1").unwrap_or_default();
        let settings = Settings::of(project);
        lists(decisions, WorkAsk { run, order, reason_1, settings, minor_digits: self.digits })
    }
}

/// Observes and scores a book on one day, and goes on with that.
///
/// # Errors
/// As [`observe_at`]; `score.missing_feature`, `score.wrong_type`; those of what follows.
pub(super) fn on_day<T>(book: &Book, model: &Model, as_of: Day, steps: Steps<'_>, then: impl FnOnce(ScoredDay<'_>) -> Result<T>) -> Result<T> {
    let digits = book.project.currency.minor_digits;
    steps("observing the accounts");
    let observed = observe_at(book, as_of)?;
    steps("scoring");
    let scored = score_cases(model, &observed.features, &observed.cases.bucket)?;
    let columns = ranked::columns(&observed.cases, &observed.features, &scored, digits);
    let quadrants = scored.quadrants();
    let situation = Situation {
        declared: &book.project.declared,
        book: &book.portfolio,
        cases: &observed.cases,
        features: &observed.features,
        columns: &columns,
        quadrants: &quadrants,
    };
    then(ScoredDay { observed: &observed, scored: &scored, situation, digits })
}

/// Observes the book at `as_of` alone.
fn observe_at(book: &Book, as_of: Day) -> Result<Observed> {
    let portfolio = &book.portfolio;
    if as_of < portfolio.data_from || as_of > portfolio.data_until {
        return Err(Problem::error("score.as_of_outside", "as_of lies outside the data")
            .value(as_of.to_string())
            .rule(format!("{} to {}", portfolio.data_from, portfolio.data_until))
            .help(if as_of > portfolio.data_until {
                "if the tables cover that day although nothing happened on it, say so in the project: [clock] data_until"
            } else {
                "give a day that the tables cover"
            })
            .fail());
    }
    let observed = observe(&book.project, portfolio, &Observe::Dates(vec![as_of]));
    if observed.cases.is_empty() {
        return Err(no_cases(&book.project, &observed));
    }
    let without_stake = observed.cases.stake.iter().filter(|s| s.known().is_none()).count();
    if without_stake > 0 {
        return Err(Problem::error("score.no_stake", "cases have no amount overdue, so no treatment can be valued")
            .file(book.project.file.display().to_string())
            .value(format!("{without_stake} of {} cases", observed.cases.len()))
            .rule("an arrears column, or a declared exposure")
            .help("for a book without money: [declared] nominal_exposure = { value = \"1000.00\", by = \"…\" }")
            .fail());
    }
    Ok(observed)
}
