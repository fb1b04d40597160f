//! What is offered with a plan: its instalments, its schedule, what it comes to and what that is worth today.

use super::{Maker, Unit};
use crate::base::dates::Day;
use crate::base::units::Money;
use crate::data::write::{OutColumn, OutTable};
use crate::decide::plan::{Plan, plan_of};

/// The columns of plans, where the policy states their terms. A plan is of one account: every unit has one case.
pub(super) fn columns(maker: &Maker<'_>, table: OutTable, units: &[Unit]) -> OutTable {
    if maker.decisions.policy.plan.is_none() {
        return table;
    }
    let digits = maker.ask.minor_digits;
    let plan = |unit: &Unit| maker.decisions.guard.plan(unit.lead()).and_then(|(terms, facts)| plan_of(terms, &facts).ok());
    let plans: Vec<Option<Plan>> = units.iter().map(plan).collect();
    let money = |of: &dyn Fn(&Plan) -> Money| OutColumn::Money(plans.iter().map(|p| p.as_ref().map_or(Money::NULL, of)).collect(), digits);
    let day = |of: &dyn Fn(&Plan) -> Option<Day>| OutColumn::Day(plans.iter().map(|p| p.as_ref().and_then(of).unwrap_or(Day::NULL)).collect());
    let schedule = |plan: &Plan| {
        let rows: Vec<String> = plan.rows.iter().map(|row| format!("{} {}", row.due_on, row.instalment.text(digits))).collect();
        rows.join("; ")
    };
    table
        .with("plan_instalments", OutColumn::Integer(plans.iter().map(|p| p.as_ref().map_or(0, |p| p.rows.len() as i64)).collect()))
        .with("plan_instalment", money(&|p| p.instalment))
        .with("plan_last_instalment", money(&|p| p.last()))
        .with("plan_first_due_on", day(&|p| p.rows.first().map(|row| row.due_on)))
        .with("plan_last_due_on", day(&|p| p.rows.last().map(|row| row.due_on)))
        .with("plan_total", money(&|p| p.total))
        .with("plan_present_value", money(&|p| p.present_value))
        .with("plan_schedule", OutColumn::Text(plans.iter().map(|p| p.as_ref().map_or(String::new(), schedule).into()).collect()))
}
