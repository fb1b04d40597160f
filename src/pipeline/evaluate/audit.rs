//! The audit by protected attribute: groups, mean points, gaps, and the strategies recommended to each.

use super::EvaluateAsk;
use crate::base::dates::Day;
use crate::base::problem::Result;
use crate::data::cases::Cases;
use crate::decide::policy::Policy;
use crate::decide::score::Scored;
use crate::model::evaluate::pick;
use crate::model::file::Model;
use crate::pipeline::Book;
use crate::pipeline::day::on_day;
use crate::report::evaluation::{Audit, GroupPoints, Withheld};
use crate::study::evaluate::{Dimension, Slice, bands, mean_by_borrower, strategy_shares};
use std::collections::BTreeSet;

/// Days whose strategies are audited, at most: the latest.
const MOST_DAYS: usize = 12;
/// Before the names of protected attributes, so that none is taken for a bucket, a product or a month.
const AUDIT: &str = "audit:";

/// The protected attributes of the evaluated cases as dimensions, and what of them is withheld.
pub(super) fn audited(book: &Book, cases: &Cases, rows: &[u32], least: usize) -> (Vec<Dimension>, Vec<Withheld>) {
    let accounts = pick(&cases.account, rows);
    let of = |column: &crate::data::history::AccountColumn| {
        let (groups, [n, of_cases]) = bands(&column.name, &column.values, &accounts, least);
        let attribute = groups.by.clone();
        (Dimension { by: format!("{AUDIT}{attribute}"), ..groups }, Withheld { attribute, groups: n, cases: of_cases })
    };
    book.portfolio.protected.iter().map(of).unzip()
}

/// Takes the audited groups out of the slices.
pub(super) fn extract_audit(slices: &mut Vec<Slice>) -> Vec<Slice> {
    let (groups, rest): (Vec<Slice>, Vec<Slice>) = std::mem::take(slices).into_iter().partition(|s| s.by.starts_with(AUDIT));
    *slices = rest;
    groups.into_iter().map(|s| Slice { by: s.by[AUDIT.len()..].to_string(), ..s }).collect()
}

/// The audit: each group's figures, mean points, gaps found, and the strategies of the last evaluated days where a policy is given.
#[allow(clippy::too_many_arguments)]
pub(super) fn audit(
    book: &Book,
    champion: &Model,
    ask: &EvaluateAsk,
    policy: Option<&Policy>,
    overall: &Slice,
    groups: Vec<Slice>,
    withheld: Vec<Withheld>,
    dimensions: &[Dimension],
    scored: &Scored<'_>,
    cases: &Cases,
    rows: &[u32],
) -> Result<Audit> {
    let attributes: Vec<String> = dimensions.iter().map(|d| d.by[AUDIT.len()..].to_string()).collect();
    if attributes.is_empty() {
        let note = "the project names no protected column of its accounts ([tables.accounts] protected), so nothing can be said of groups";
        return Ok(Audit { note: Some(note.into()), min_group: ask.min_group, ..Audit::default() });
    }
    let mut points = Vec::new();
    for (dimension, attribute) in dimensions.iter().zip(&attributes) {
        for (code, value) in dimension.values.iter().enumerate() {
            let members: Vec<u32> = rows.iter().zip(&dimension.codes).filter(|(_, c)| **c as usize == code).map(|(r, _)| *r).collect();
            let mean_points = mean_by_borrower(&pick(&scored.points, &members), &pick(&cases.borrower, &members));
            points.push(GroupPoints { attribute: attribute.clone(), value: value.clone(), mean_points });
        }
    }
    let gap = |s: &Slice| s.contenders.first().map(|c| c.performance.calibration_gap);
    let of_all = gap(overall).and_then(|g| g.value).unwrap_or(0.0);
    // A group that is all there is of its attribute has nothing to differ from.
    let gaps_found = groups
        .iter()
        .filter(|s| groups.iter().filter(|other| other.by == s.by).count() > 1)
        .filter_map(|s| {
            let (value, [low, high]) = gap(s).and_then(|g| g.value.zip(g.interval))?;
            let way = if low > of_all { "too high" } else { "too low" };
            let percent = |x: f64| format!("{:+.1} %", 100.0 * x);
            let told = format!(
                "{} {}: predicted {way} beside the other cases: predicted less repaid is {} ({} to {}), over all cases {}",
                s.by,
                s.value,
                percent(value),
                percent(low),
                percent(high),
                percent(of_all)
            );
            (low > of_all || high < of_all).then_some(told)
        })
        .collect();
    let (mut strategies, mut strategies_of, mut strategies_withheld) = (Vec::new(), None, Vec::new());
    if let Some(policy) = policy {
        let days: BTreeSet<Day> = rows.iter().map(|r| cases.as_of[*r as usize]).collect();
        let days: Vec<Day> = days.into_iter().rev().take(MOST_DAYS).collect();
        let (mut account, mut borrower, mut chosen) = (Vec::new(), Vec::new(), Vec::new());
        for day in &days {
            // A strategy is a decision of one day.
            on_day(book, champion, *day, &|_| {}, |day| {
                let cases = &day.observed.cases;
                chosen.extend(day.decide(policy)?.chosen);
                account.extend_from_slice(&cases.account);
                borrower.extend_from_slice(&cases.borrower);
                Ok(())
            })?;
        }
        let names: Vec<String> = policy.treatments.iter().map(|t| t.name.clone()).collect();
        for column in &book.portfolio.protected {
            let (groups, [n, of_cases]) = bands(&column.name, &column.values, &account, ask.min_group);
            strategies_withheld.push(Withheld { attribute: groups.by.clone(), groups: n, cases: of_cases });
            strategies.extend(strategy_shares(&groups, &chosen, &names, &borrower));
        }
        let until = days.first().map_or(String::new(), Day::to_string);
        strategies_of =
            Some(format!("{} {}, all {} cases of {} evaluated days until {until}", policy.name, policy.version, account.len(), days.len()));
    }
    Ok(Audit {
        attributes,
        note: None,
        min_group: ask.min_group,
        groups,
        points,
        withheld,
        gaps_found,
        strategies_of,
        strategies_withheld,
        strategies,
    })
}
