//! What should be known of a run's capacities before its lists are worked: what there is none of, teams without a case, places that were missing for
//! who is led somewhere.

use super::Placed;
use super::rows::Of;
use crate::base::problem::{Problem, Problems};
use crate::decide::policy::{MONEY, Policy};

/// The notes.
pub fn notes(policy: &Policy, placed: &Placed) -> Problems {
    let mut notes = Problems::default();
    // No path: a run that is made again elsewhere says the same.
    let file = format!("policy {} {}", policy.name, policy.version);
    for row in placed.rows.rows.iter().filter(|row| row.amount == 0.0 && !matches!(row.of, Of::Minimum(_))) {
        let resource = &policy.capacity.resources[row.resource];
        let takes = |t: &&crate::decide::policy::Treatment| {
            if resource.name == MONEY { t.cost.0 > 0 } else { t.resources.get(&resource.name).is_some_and(|n| *n > 0.0) }
        };
        let who = match &row.of {
            Of::Team(team) if team.is_empty() => " for cases without a team".to_string(),
            Of::Team(team) => format!(" for the team `{team}`"),
            _ => String::new(),
        };
        let names: Vec<&str> = policy.treatments.iter().filter(takes).map(|t| t.name.as_str()).collect();
        let message = format!("there is no `{}`{who} in this run: nobody there gets {}", resource.name, names.join(", "));
        notes.push(Problem::note("capacity.none", message).file(file.clone()).row(resource.line).help("if that is not meant, raise the capacity"));
    }
    for resource in &policy.capacity.resources {
        let here = |team: &str| placed.rows.rows.iter().any(|row| matches!(&row.of, Of::Team(name) if name == team));
        for (team, _) in resource.each.iter().filter(|(team, _)| !here(team)) {
            let message = format!("the team `{team}` of `{}` has no case today", resource.name);
            notes.push(Problem::note("capacity.no_case", message).file(file.clone()).row(resource.line).help("what it has is left unused"));
        }
    }
    if placed.led_without_place > 0 {
        let message = format!("{} cases are led somewhere by a hold, care, access or a route, and there was no place", placed.led_without_place);
        let problem =
            Problem::warning("capacity.led_without_place", message).file(file).rule("holds, care, access and routes take their places first");
        notes.push(problem.help("raise what their treatments take; until then they get the next best of what the rules leave"));
    }
    notes
}
