//! What is limited: a row for each resource of the whole run, of each team, and for each minimum; and which of them a case's treatments take from.
//!
//! Amounts in whole millionths. A treatment that covers a borrower takes from the rows of the first of their cases.

use crate::base::problem::{Failure, Problem, Result};
use crate::data::expressions::{ColumnValues, Columns};
use crate::decide::allocate::{MILLIONTHS, common_divisor};
use crate::decide::policy::{Bound, Capacity, MONEY, Needed, Policy, Treatment};
use crate::decide::value::outlay;
use std::collections::{BTreeMap, HashMap};

/// Rows at most: prices are found by a matrix of rows × rows.
pub const MOST_ROWS: usize = 512;

/// What a row limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// A resource of the whole run.
    Run,
    /// A resource of a team.
    Team(String),
    /// A part of a resource that some cases get at least, by its place.
    Minimum(usize),
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The resource's place.
    pub resource: usize,
    /// What of it.
    pub of: Of,
    /// How much: at most, or for a minimum at least.
    pub amount: f64,
}

impl Row {
    /// 1 for what is limited, −1 for a minimum, which is a limit of what is not taken.
    pub fn sign(&self) -> f64 {
        if matches!(self.of, Of::Minimum(_)) { -1.0 } else { 1.0 }
    }
}

/// Teams and minimums of cases: what tells which rows they take from.
#[derive(Clone, Debug, Default)]
pub struct Belongs {
    /// Of each column that names teams, the word of each case; [`u32::MAX`] where it has none, and the words.
    pub teams: Vec<(Vec<u32>, Vec<Box<str>>)>,
    /// Minimums that each case counts for, as bits; empty where there are none.
    pub minimums: Vec<u64>,
}

impl Belongs {
    /// Of the cases of a book, by their columns.
    pub fn of(policy: &Policy, bound: &Bound, columns: &Columns<'_>, cases: usize) -> Belongs {
        let teams = policy.capacity.team_columns().into_iter().map(|by| match columns.get(by) {
            Some(ColumnValues::Words { codes, words }) => {
                let codes = codes.iter().map(|code| if (*code as usize) < words.len() { *code } else { u32::MAX }).collect();
                (codes, words.to_vec())
            }
            // Binding the policy to the book has said so.
            _ => (vec![u32::MAX; cases], Vec::new()),
        });
        let counts = |k: usize, case: usize| bound.minimums[k].as_ref().is_none_or(|when| when.holds(columns, case) == Some(true));
        let minimums = (0..cases).map(|case| (0..bound.minimums.len()).filter(|k| counts(*k, case)).fold(0u64, |set, k| set | 1 << k));
        Belongs { teams: teams.collect(), minimums: if bound.minimums.is_empty() { Vec::new() } else { minimums.collect() } }
    }
}

/// Rows, and the seats of cases in them: few of many cases differ.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// All rows.
    pub rows: Vec<Row>,
    /// Of each seat, the rows that it takes from.
    pub seats: Vec<Vec<u16>>,
    /// The seat of each case.
    pub seat: Vec<u32>,
    /// What each treatment takes of each resource; money apart.
    takes: Vec<Vec<f64>>,
    money: Option<usize>,
    /// The greatest common divisor of what treatments take of each row.
    divisors: Vec<f64>,
    /// Millionths of a unit of money in a minor unit.
    per_minor: f64,
}

impl Rows {
    /// The rows of a policy, and the seats of cases.
    ///
    /// # Errors
    /// `capacity.team_without`: a case's team of which nothing says how much there is; `capacity.too_many`.
    pub fn of(policy: &Policy, belongs: &Belongs, cases: usize, minor_digits: u8) -> Result<Rows> {
        let capacity = &policy.capacity;
        let mut rows = Rows {
            takes: policy
                .treatments
                .iter()
                .map(|t| capacity.resources.iter().map(|r| t.resources.get(&r.name).map_or(0.0, |n| (n * MILLIONTHS).round())).collect())
                .collect(),
            money: capacity.resources.iter().position(|r| r.name == MONEY),
            per_minor: MILLIONTHS / 10f64.powi(i32::from(minor_digits)),
            ..Rows::default()
        };
        let columns = capacity.team_columns();
        // Of each resource the row of the run, and of each word of its column the row of that team.
        let mut of_run: Vec<Option<u16>> = Vec::new();
        let mut of_team: Vec<BTreeMap<u32, u16>> = Vec::new();
        for (k, resource) in capacity.resources.iter().enumerate() {
            of_run.push(resource.capacity.map(|amount| rows.add(k, Of::Run, amount)));
            let mut teams = BTreeMap::new();
            if let Some(column) = resource.by.as_deref().and_then(|by| columns.iter().position(|c| *c == by)) {
                let (codes, words) = &belongs.teams[column];
                let mut present: Vec<u32> = codes.clone();
                present.sort_unstable();
                present.dedup();
                let mut without: Vec<String> = Vec::new();
                for code in present {
                    let name = words.get(code as usize).map_or("", |w| &**w);
                    let stated = resource.each.iter().find(|(team, _)| team == name).map(|(_, n)| *n).or(resource.others);
                    match stated {
                        Some(amount) => drop(teams.insert(code, rows.add(k, Of::Team(name.to_string()), amount))),
                        None => {
                            let n = codes.iter().filter(|c| **c == code).count();
                            without.push(format!("{} ({n} cases)", if name.is_empty() { "no team" } else { name }));
                        }
                    }
                }
                if !without.is_empty() {
                    return Err(Problem::error("capacity.team_without", format!("nothing says how much of `{}` these teams have", resource.name))
                        .file(policy.file.display().to_string())
                        .row(resource.line)
                        .value(without.join(", "))
                        .rule("each = { team = number } for every team, or others = number")
                        .help("others = 0 gives them none")
                        .fail());
                }
            }
            of_team.push(teams);
        }
        let of_minimum: Vec<u16> = capacity
            .minimums
            .iter()
            .enumerate()
            .map(|(k, minimum)| {
                let amount = match minimum.needed {
                    Needed::Amount(amount) => amount,
                    Needed::Share(share) => (share * capacity.resources[minimum.resource].capacity.unwrap_or(0.0)).round(),
                };
                rows.add(minimum.resource, Of::Minimum(k), amount)
            })
            .collect();
        if rows.rows.len() > MOST_ROWS {
            return Err(Problem::error("capacity.too_many", format!("resources, teams and minimums make {} limits", rows.rows.len()))
                .file(policy.file.display().to_string())
                .rule(format!("at most {MOST_ROWS}"))
                .help("share out by a coarser column, or state resources of the whole run")
                .fail());
        }
        let whole_minor_units = |t: &Treatment| t.cost_share != 0.0 || t.court.is_some();
        rows.divisors = rows
            .rows
            .iter()
            .map(|row| {
                let of = |(t, treatment): (usize, &Treatment)| match Some(row.resource) == rows.money {
                    true if whole_minor_units(treatment) => rows.per_minor,
                    true => (outlay(treatment, 0.0) * rows.per_minor).round(),
                    false => rows.takes[t][row.resource],
                };
                policy.treatments.iter().enumerate().map(of).fold(0.0, common_divisor)
            })
            .collect();
        let mut known: HashMap<(Vec<u32>, u64), u32> = HashMap::new();
        for case in 0..cases {
            let key = (belongs.teams.iter().map(|(codes, _)| codes[case]).collect::<Vec<u32>>(), belongs.minimums.get(case).copied().unwrap_or(0));
            let seat = *known.entry(key).or_insert_with_key(|(codes, minimums)| {
                let mut of: Vec<u16> = Vec::new();
                for (k, resource) in capacity.resources.iter().enumerate() {
                    of.extend(of_run[k]);
                    let column = resource.by.as_deref().and_then(|by| columns.iter().position(|c| *c == by));
                    of.extend(column.and_then(|column| of_team[k].get(&codes[column])));
                }
                of.extend(of_minimum.iter().enumerate().filter(|(k, _)| minimums & (1 << k) != 0).map(|(_, row)| *row));
                of.sort_unstable();
                rows.seats.push(of);
                rows.seats.len() as u32 - 1
            });
            rows.seat.push(seat);
        }
        Ok(rows)
    }

    fn add(&mut self, resource: usize, of: Of, amount: f64) -> u16 {
        self.rows.push(Row { resource, of, amount });
        // More rows than fit are refused before any is used.
        (self.rows.len() - 1).min(usize::from(u16::MAX)) as u16
    }

    /// Limits as the allocation takes them: negative for a minimum.
    pub fn limits(&self) -> Vec<f64> {
        self.rows.iter().map(|row| row.sign() * row.amount).collect()
    }

    /// Limits lowered to what amounts can add up to: no choice that keeps them is lost.
    pub fn tightened(&self, limits: &[f64]) -> Vec<f64> {
        let tight = |(limit, divisor): (&f64, &f64)| if *divisor > 0.0 { (limit / divisor).floor() * divisor } else { *limit };
        limits.iter().zip(&self.divisors).map(tight).collect()
    }

    /// Whether what a treatment takes depends on how much is at stake.
    pub fn varies(&self, policy: &Policy, treatment: usize) -> bool {
        let t = &policy.treatments[treatment];
        self.money.is_some() && (t.cost_share != 0.0 || t.court.is_some())
    }

    /// What a treatment takes from a seat's rows, for a case with so much at stake (minor units); rows ascending.
    pub fn charge(&self, policy: &Policy, seat: u32, treatment: usize, stake: f64) -> Vec<(u16, f64)> {
        let of = |row: &u16| {
            let row = &self.rows[usize::from(*row)];
            let amount = match Some(row.resource) == self.money {
                true => (outlay(&policy.treatments[treatment], stake) * self.per_minor).round(),
                false => self.takes[treatment][row.resource],
            };
            row.sign() * amount
        };
        self.seats[seat as usize].iter().map(|row| (*row, of(row))).filter(|(_, amount)| *amount != 0.0).collect()
    }

    /// What a row limits, in words.
    pub fn name(&self, capacity: &Capacity, row: usize) -> String {
        let row = &self.rows[row];
        let resource = &capacity.resources[row.resource].name;
        let amount = row.amount / MILLIONTHS;
        match &row.of {
            Of::Run => format!("{resource} = {amount} of the run"),
            Of::Team(team) if team.is_empty() => format!("{resource} = {amount} of cases without a team"),
            Of::Team(team) => format!("{resource} = {amount} of the team {team}"),
            Of::Minimum(k) => format!("the minimum `{}`: at least {amount} of {resource}", capacity.minimums[*k].name),
        }
    }
}

/// What stops a run whose limits cannot be kept.
pub(super) fn cannot(policy: &Policy, rows: &Rows, these: &[usize], proved: bool) -> Failure {
    let names: Vec<String> = these.iter().map(|row| rows.name(&policy.capacity, *row)).collect();
    let message = match proved {
        true => "minimums and capacities contradict each other: whatever is done, these cannot be kept together",
        false => "no way was found to keep these minimums and capacities together",
    };
    Problem::error("capacity.conflict", message)
        .file(policy.file.display().to_string())
        .value(names.join("; "))
        .rule(if these.len() == 1 {
            "what the cases that a rule leaves free can take"
        } else {
            "each of these is needed for the conflict: without any one of them the rest can be kept"
        })
        .help("lower a minimum, or raise a capacity; what holds and guardrails leave is not for sale")
        .fail()
}
