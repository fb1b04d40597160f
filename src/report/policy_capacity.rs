//! What a policy has to hand out, and what it gives by lot, as a person would explain it.

use super::terminal::table;
use crate::base::bilingual::Bilingual;
use crate::decide::allocate::MILLIONTHS;
use crate::decide::policy::{Needed, Policy, Treatment};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Resources, minimums and lots of a policy.
#[derive(Debug, Serialize)]
pub struct CapacityLines {
    /// Resources; empty where nothing is limited.
    pub resources: Vec<ResourceLine>,
    /// Minimums.
    pub minimums: Vec<MinimumLine>,
    /// The share of borrowers that is kept for comparison, and on what.
    pub control: Option<ControlLine>,
    /// The share of borrowers on whom something is tried, and what.
    pub exploration: Option<ExplorationLine>,
    /// What money is discounted by that comes late, a year.
    pub discount_rate: f64,
}

/// One resource.
#[derive(Debug, Serialize)]
pub struct ResourceLine {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub label: Bilingual,
    /// Of the whole run; none where that is unlimited.
    pub capacity: Option<f64>,
    /// The column of teams.
    pub by: Option<String>,
    /// What each team has.
    pub each: BTreeMap<String, f64>,
    /// What each other team has.
    pub others: Option<f64>,
}

/// One minimum.
#[derive(Debug, Serialize)]
pub struct MinimumLine {
    /// Its name.
    pub name: String,
    /// The resource.
    pub resource: String,
    /// For whom; all where there is none.
    pub when: Option<String>,
    /// At least so many units.
    pub units: Option<f64>,
    /// At least so much of the capacity.
    pub share: Option<f64>,
}

/// Who is kept for comparison.
#[derive(Debug, Serialize)]
pub struct ControlLine {
    /// Share of borrowers.
    pub share: f64,
    /// On what.
    pub keep: String,
    /// What the draw is made from.
    pub salt: String,
}

/// On whom something is tried.
#[derive(Debug, Serialize)]
pub struct ExplorationLine {
    /// Share of borrowers.
    pub share: f64,
    /// What.
    pub among: Vec<String>,
    /// What the draw is made from.
    pub salt: String,
}

impl CapacityLines {
    /// Of a policy.
    pub fn of(policy: &Policy) -> CapacityLines {
        let name = |place: usize| policy.treatments[place].name.clone();
        CapacityLines {
            resources: policy
                .capacity
                .resources
                .iter()
                .map(|r| ResourceLine {
                    name: r.name.clone(),
                    label: r.label.clone(),
                    capacity: r.capacity.map(|c| c / MILLIONTHS),
                    by: r.by.clone(),
                    each: r.each.iter().map(|(team, n)| (team.clone(), n / MILLIONTHS)).collect(),
                    others: r.others.map(|n| n / MILLIONTHS),
                })
                .collect(),
            minimums: policy
                .capacity
                .minimums
                .iter()
                .map(|m| MinimumLine {
                    name: m.name.clone(),
                    resource: policy.capacity.resources[m.resource].name.clone(),
                    when: m.when.as_ref().map(|(sql, _)| sql.split_whitespace().collect::<Vec<_>>().join(" ")),
                    units: if let Needed::Amount(amount) = m.needed { Some(amount / MILLIONTHS) } else { None },
                    share: if let Needed::Share(share) = m.needed { Some(share) } else { None },
                })
                .collect(),
            control: policy.control.as_ref().map(|c| ControlLine { share: c.share, keep: name(c.keep), salt: c.salt.clone() }),
            exploration: policy.exploration.as_ref().map(|e| ExplorationLine {
                share: e.share,
                among: e.among.iter().map(|t| name(*t)).collect(),
                salt: e.salt.clone(),
            }),
            discount_rate: policy.discount.rate,
        }
    }
}

/// What a court costs and what comes of it, in one line; none where a treatment goes to none.
pub fn court(treatment: &Treatment, digits: u8) -> Option<String> {
    let court = treatment.court.as_ref()?;
    Some(format!(
        "court {} and {} of the claim, lawyer {} and {} of the claim; {} of what is won is collected, after {} days",
        court.court_cost.text(digits),
        court.court_cost_share,
        court.lawyer_cost.text(digits),
        court.lawyer_share,
        court.collects,
        treatment.takes_days
    ))
}

/// Their layout on a terminal.
pub(super) fn capacity(out: &mut String, lines: &CapacityLines) {
    if lines.resources.is_empty() {
        let _ = writeln!(out, "nothing is limited: every case gets its best treatment, however many there are");
    } else {
        let rows = lines.resources.iter().map(|r| {
            let teams: Vec<String> =
                r.each.iter().map(|(team, n)| format!("{team} {n}")).chain(r.others.map(|n| format!("each other {n}"))).collect();
            let by = r.by.as_ref().map(|by| format!("by {by}: {}", teams.join(", "))).unwrap_or_default();
            vec![r.name.clone(), r.capacity.map_or("unlimited".to_string(), |c| c.to_string()), by]
        });
        let _ = writeln!(out, "{}", table(&["resource", "there is for a run", "and of that"], rows));
    }
    for m in &lines.minimums {
        let whom = m.when.as_ref().map_or("all cases".to_string(), |when| format!("cases where {when}"));
        let much = m.units.map_or_else(|| format!("{} of the capacity", m.share.unwrap_or(0.0)), |units| units.to_string());
        let _ = writeln!(out, "{}: {whom} get at least {much} of {}", m.name, m.resource);
    }
    if let Some(c) = &lines.control {
        let _ = writeln!(out, "by lot, {} of borrowers are kept on {} for comparison (salt {:?})", c.share, c.keep, c.salt);
    }
    if let Some(e) = &lines.exploration {
        let _ =
            writeln!(out, "by lot, one of {} is tried on {} of borrowers where nothing vetoes it (salt {:?})", e.among.join(", "), e.share, e.salt);
    }
    if lines.discount_rate != 0.0 {
        let _ = writeln!(out, "money that comes late is discounted at {} a year", lines.discount_rate);
    }
    out.push('\n');
}
