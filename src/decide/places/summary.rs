//! What was handed out, told: worth and bound, each limit with what is used, left and one more is worth, and the frontier. What `capacity.json` holds.

use super::rows::{Of, Row};
use super::{Drawn, Frontier, Lot, Placed};
use crate::base::bilingual::Bilingual;
use crate::decide::allocate::MILLIONTHS;
use crate::decide::policy::{Policy, Scope};
use crate::decide::ranked::amount;
use serde::{Deserialize, Serialize};

/// What was handed out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CapacitySummary {
    /// `borrower` or `account`: what one place is for.
    pub decision_unit: String,
    /// Decision units.
    pub units: usize,
    /// What all decisions are expected to gain over waiting.
    pub worth: String,
    /// What they could gain at most, by the shadow prices: no choice within the limits is worth more.
    pub bound: String,
    /// What the best choice can gain more than this one, at most: bound less worth, or nothing where a search has shown that this is the best.
    pub gap: String,
    /// The same as a share of the bound.
    pub gap_share: f64,
    /// Whether a search has shown that nothing is worth more.
    pub proved_best: bool,
    /// Cases that would have got something else, had there been a place.
    pub without_place: u64,
    /// Of those, the ones that a hold, care, access or a route leads there.
    pub led_without_place: u64,
    /// Cases kept for comparison by lot.
    pub control: u64,
    /// Cases on which something is tried by lot.
    pub exploration: u64,
    /// Each limit and each minimum.
    pub limits: Vec<LimitSummary>,
    /// What more or less of each resource would be worth.
    pub frontier: Vec<FrontierSummary>,
}

/// A limit, or a minimum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitSummary {
    /// The resource.
    pub resource: String,
    /// What people call it.
    pub label: Bilingual,
    /// `run`, `team` or `minimum`.
    pub of: String,
    /// The team, or the minimum's name; empty for the run, and for cases without a team.
    pub name: String,
    /// At most so much, or at least for a minimum.
    pub amount: f64,
    /// What is used; for a minimum, what is given.
    pub used: f64,
    /// Of that, what went to who is led somewhere or drawn by lot, before anything was weighed.
    pub led_or_drawn: f64,
    /// What is left; for a minimum, what is given beyond it.
    pub left: f64,
    /// Worth of one more unit; for a minimum, cost of one unit more asked for.
    pub shadow_price: String,
    /// The same in minor units for a millionth of a unit, as it was reckoned with: the bound can be made again from it.
    pub price: f64,
}

/// What capacities of a resource are worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrontierSummary {
    /// The resource.
    pub resource: String,
    /// What people call it.
    pub label: Bilingual,
    /// By capacity, ascending.
    pub points: Vec<PointSummary>,
}

/// One capacity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointSummary {
    /// All of it in the run: the capacity of the whole, or the sum of the teams'.
    pub capacity: f64,
    /// What all decisions can gain at most.
    pub at_most: String,
    /// The same in major units.
    pub at_most_number: f64,
}

/// Units of a resource.
fn units(millionths: f64) -> f64 {
    // One rounding of a whole number of millionths.
    millionths / MILLIONTHS
}

impl LimitSummary {
    fn of(policy: &Policy, row: &Row, placed: &Placed, k: usize, digits: u8) -> LimitSummary {
        let (used, settled) = (placed.used[k], placed.settled[k]);
        let resource = &policy.capacity.resources[row.resource];
        let (of, name) = match &row.of {
            Of::Run => ("run", String::new()),
            Of::Team(team) => ("team", team.clone()),
            Of::Minimum(k) => ("minimum", policy.capacity.minimums[*k].name.clone()),
        };
        LimitSummary {
            resource: resource.name.clone(),
            label: resource.label.clone(),
            of: of.to_string(),
            name,
            amount: units(row.amount),
            used: units(used),
            led_or_drawn: units(settled),
            left: units(row.sign() * (row.amount - used)),
            shadow_price: amount(placed.more[k] * MILLIONTHS).text(digits),
            price: placed.prices[k],
        }
    }
}

impl CapacitySummary {
    /// Of what was handed out.
    pub fn of(policy: &Policy, placed: &Placed, minor_digits: u8) -> CapacitySummary {
        let money = |x: f64| amount(x).text(minor_digits);
        let drawn = |which: Drawn| placed.lots.iter().filter(|lot: &&Lot| lot.drawn == which).count() as u64;
        CapacitySummary {
            decision_unit: if policy.unit == Scope::Borrower { "borrower" } else { "account" }.to_string(),
            units: placed.units,
            worth: money(placed.worth),
            // Upwards, but for what rounding added: a bound that is rounded down is none.
            bound: money((placed.bound - 1e-4).ceil().max(placed.worth)),
            gap: money((placed.gap() - 1e-4).ceil().max(0.0)),
            gap_share: if placed.bound > 0.0 { (placed.gap() / placed.bound).max(0.0) } else { 0.0 },
            proved_best: placed.best,
            without_place: placed.without_place,
            led_without_place: placed.led_without_place,
            control: drawn(Drawn::Control),
            exploration: drawn(Drawn::Exploration),
            limits: limits(policy, placed, minor_digits),
            frontier: placed.frontier.iter().map(|f| frontier(policy, placed, f, minor_digits)).collect(),
        }
    }
}

/// Each limit and each minimum.
fn limits(policy: &Policy, placed: &Placed, digits: u8) -> Vec<LimitSummary> {
    placed.rows.rows.iter().enumerate().map(|(k, row)| LimitSummary::of(policy, row, placed, k, digits)).collect()
}

fn frontier(policy: &Policy, placed: &Placed, of: &Frontier, digits: u8) -> FrontierSummary {
    let resource = &policy.capacity.resources[of.resource];
    let rows = || placed.rows.rows.iter().filter(|row| row.resource == of.resource);
    let run: f64 = rows().filter(|row| row.of == Of::Run).map(|row| row.amount).sum();
    let teams: f64 = rows().filter(|row| matches!(row.of, Of::Team(_))).map(|row| row.amount).sum();
    let stated = if resource.capacity.is_some() { run } else { teams };
    let points = of.points.iter().map(|point| {
        let most = placed.bound + point.more;
        PointSummary {
            capacity: units((stated * point.share).round()),
            at_most: amount(most).text(digits),
            at_most_number: most / 10f64.powi(i32::from(digits)),
        }
    });
    FrontierSummary { resource: resource.name.clone(), label: resource.label.clone(), points: points.collect() }
}
