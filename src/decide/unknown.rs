//! What should be known of a day's decisions: rules that vetoed because a fact is missing, rules that were not in force on that day, and treatments
//! that nobody could get.

use super::choose::Decisions;
use super::words::vetoes;
use crate::base::dates::Day;
use crate::base::problem::{Problem, Problems};
use std::collections::BTreeMap;

/// A note for each rule that spoke for want of a fact, with the number of cases, for each that was not in force, and for each treatment that was
/// free for no case.
pub fn notes(decisions: &Decisions<'_>) -> Problems {
    let mut notes = Problems::default();
    let n = decisions.fired.len();
    // Its name, not its path: a run made again elsewhere says the same.
    let file = format!("policy {} {}", decisions.policy.name, decisions.policy.version);
    for (bit, entry) in decisions.guard.rules.entries.iter().enumerate() {
        let unknown = |k: &usize| decisions.fired[*k].unknown & (1 << bit) != 0;
        let cases = (0..n).filter(unknown).count();
        let Some(first) = (0..n).find(unknown).filter(|_| entry.touches != 0) else { continue };
        let of = (entry.touches.trailing_zeros()) as usize;
        let said = vetoes(decisions, first, of).into_iter().find(|v| v.id == entry.id && v.unknown);
        let what = said.map_or_else(|| entry.text.en.clone(), |v| v.text.en);
        let touched: Vec<&str> =
            decisions.policy.treatments.iter().enumerate().filter(|(t, _)| entry.touches & (1 << t) != 0).map(|(_, t)| t.name.as_str()).collect();
        notes.push(
            Problem::note("decide.not_known", format!("{}: not known for {cases} of {n} cases, so it speaks as if it were true", entry.id))
                .file(file.clone())
                .value(what)
                .rule(format!("{} {}", if entry.vetoes { "vetoes" } else { "warns of" }, touched.join(", ")))
                .help("bring the fact in, or declare what is assumed, by name: [declared] contact_log, time_zone, events, evidence"),
        );
    }
    for guardrail in &decisions.policy.guardrails {
        let day = |k: usize| decisions.guard.facts(k).day;
        let Some(k) = (0..n).find(|k| !(guardrail.from..=guardrail.until).contains(&day(*k))).filter(|_| !guardrail.blocks.is_empty()) else {
            continue;
        };
        // Another form of the same rule may hold on that day.
        let another = decisions.policy.guardrails.iter().any(|g| g.id == guardrail.id && (g.from..=g.until).contains(&day(k)));
        if !another {
            let from = guardrail.from.known().map(|d| format!("from {d}"));
            let until = (guardrail.until != Day::NEVER).then(|| format!("until {}", guardrail.until));
            let dates: Vec<String> = from.into_iter().chain(until).collect();
            notes.push(
                Problem::note("decide.not_in_force", format!("{}: not in force on {}, so it does not speak", guardrail.id, day(k)))
                    .file(file.clone())
                    .value(guardrail.text.en.clone())
                    .rule(dates.join(" "))
                    .help("a book of other days than the pack was made for: what held then is not in it"),
            );
        }
    }
    for (t, treatment) in decisions.policy.treatments.iter().enumerate() {
        if (0..n).any(|k| decisions.free(k, t)) {
            continue;
        }
        let mut by: BTreeMap<String, usize> = BTreeMap::new();
        for first in (0..n).filter_map(|k| vetoes(decisions, k, t).into_iter().next()) {
            *by.entry(first.id).or_default() += 1;
        }
        let mut by: Vec<(String, usize)> = by.into_iter().collect();
        by.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let most: Vec<String> = by.iter().take(3).map(|(id, n)| format!("{id} {n}")).collect();
        notes.push(
            Problem::note("decide.nobody_can_get", format!("`{}` may be recommended for none of {n} cases", treatment.name))
                .file(file.clone())
                .value(most.join(", "))
                .help("if that is not meant, look at the rules that speak first, with the number of cases"),
        );
    }
    notes
}
