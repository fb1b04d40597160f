//! `recoup score --run RUN --capacity …`: a scored run answered again with other capacities, from its log, without reading or scoring anything.
//!
//! The log holds of every case and treatment what it is worth, which rules veto it, where the case is led and what was drawn by lot; that is all that
//! handing out looks at. Who is in hardship or vulnerable keeps the limit that the run's own prices set.

use super::run_record::{MovedFiles, RunRecord};
use super::{Steps, write_json};
use crate::base::config::Project;
use crate::base::dates::Day;
use crate::base::files::{FolderKind, RunFolder};
use crate::base::problem::{Failure, Problem, Problems, Result, suggestion};
use crate::data::read_back::{ReadBack, read_back};
use crate::data::write::{Format, OutColumn, OutTable};
use crate::decide::allocate::MILLIONTHS;
use crate::decide::choose::groups_of;
use crate::decide::log::team_column;
use crate::decide::places::{Belongs, CapacitySummary, Led, OPEN, Offers, Rows, Settling, Ways, hand_out_offers, placed_again};
use crate::decide::policy::{Policy, Scope};
use crate::decide::ranked::amount;
use crate::decide::value::cost;
use crate::report::summary::{WhatIfStrategy, WhatIfSummary};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

const FOLDER: FolderKind = FolderKind { name: "what-if", key: "what_if", entries: &["capacity", "moves", "manifest"] };

/// Answers a run again with other capacities, each `resource=amount`, `resource:team=amount` or `resource=unlimited`.
///
/// # Errors
/// Those of reading the run's record; `what_if.changed`, `what_if.asked`; `run.log`; `capacity.conflict`; `file.io`.
pub fn what_if(run: &Path, moved: &MovedFiles, asked: &[String], out: Option<&Path>, steps: Steps<'_>) -> Result<WhatIfSummary> {
    let folder = out.map(|out| RunFolder::begin(out, FOLDER)).transpose()?;
    let record = RunRecord::read(run, moved)?;
    let [project, _, policy_file] = &record.inputs;
    let digits = Project::load(&project.path)?.currency.minor_digits;
    let mut policy = Policy::load(&policy_file.path, digits)?;
    let changed = record.changed_packs(&policy);
    if policy_file.recorded.as_deref() != Some(policy_file.now.as_str()) || !changed.is_empty() {
        return Err(Problem::error("what_if.changed", "the policy is no longer what the run was made with")
            .file(policy_file.path.display().to_string())
            .rule("what the run's manifest records, by fingerprint")
            .help("give the policy of the run: --policy FILE; or score again")
            .fail());
    }
    let said = ask(&mut policy, asked)?;
    steps("reading the log");
    let log = Log::read(run, &policy, digits)?;
    steps("handing out");
    let (before, after) = log.again(&policy, digits)?;
    let strategies = policy.treatments.iter().enumerate().map(|(t, treatment)| {
        let of = |picks: &[u8]| picks.iter().filter(|pick| usize::from(**pick) == t).count() as u64;
        WhatIfStrategy { strategy: treatment.name.clone(), before: of(&log.chosen), after: of(&after.picks) }
    });
    let moves: Vec<usize> = (0..log.chosen.len()).filter(|case| log.chosen[*case] != after.picks[*case]).collect();
    let summary = WhatIfSummary {
        run: run.display().to_string(),
        as_of: record.as_of.to_string(),
        currency: record.said("/currency").unwrap_or_default(),
        asked: said,
        cases: log.chosen.len() as u64,
        before: amount(before).text(digits),
        more: amount(after.worth - before).text(digits),
        moved: moves.len() as u64,
        strategies: strategies.collect(),
        capacity: after.summary,
        folder: out.map(|out| out.display().to_string()),
    };
    if let Some(folder) = folder {
        let placed = |failure| folder.in_place(failure);
        let table = log.moves(&policy, &moves, &after.picks);
        table.clone().write(&folder.path("moves.csv"), Format::Csv).map_err(placed)?;
        table.write(&folder.path("moves.parquet"), Format::Parquet).map_err(placed)?;
        write_json(&summary.capacity, &folder.path("capacity.json")).map_err(placed)?;
        // What the folder is, so that a later answer may take its place.
        write_json(&serde_json::json!({ "what_if": summary.asked, "run": summary.run }), &folder.path("manifest.json")).map_err(placed)?;
        folder.finish()?;
    }
    Ok(summary)
}

/// Puts the capacities that are asked for into the policy.
fn ask(policy: &mut Policy, asked: &[String]) -> Result<BTreeMap<String, String>> {
    let mut problems = Problems::default();
    let mut said = BTreeMap::new();
    for one in asked {
        let bad = |message: String| {
            Problem::error("what_if.asked", message)
                .column("--capacity")
                .value(one.as_str())
                .rule("resource=amount, resource:team=amount, or resource=unlimited")
        };
        let Some((name, value)) = one.split_once('=').map(|(name, value)| (name.trim(), value.trim())) else {
            problems.push(bad("this names no resource with an amount".into()));
            continue;
        };
        let number = value.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0 && *n <= 9e9).map(|n| (n * MILLIONTHS).round());
        let (resource, team) = name.split_once(':').map_or((name, None), |(resource, team)| (resource, Some(team)));
        let known: Vec<String> = policy.capacity.resources.iter().map(|r| r.name.clone()).collect();
        let Some(resource) = policy.capacity.resources.iter_mut().find(|r| r.name == resource) else {
            problems.push(bad(format!("the policy has no resource `{resource}`")).help(suggestion(resource, known.iter().map(String::as_str))));
            continue;
        };
        match (team, number, value) {
            (None, Some(number), _) => resource.capacity = Some(number),
            (None, None, "unlimited") => resource.capacity = None,
            (Some(team), Some(number), _) if resource.by.is_some() => match resource.each.iter_mut().find(|(name, _)| name == team) {
                Some((_, of)) => *of = number,
                None => {
                    let teams: Vec<String> = resource.each.iter().map(|(name, _)| name.clone()).collect();
                    let problem = bad(format!("the policy names no team `{team}` of `{}`", resource.name));
                    problems.push(problem.help(suggestion(team, teams.iter().map(String::as_str))));
                }
            },
            (Some(_), Some(_), _) => problems.push(bad(format!("`{}` is not shared out by teams", resource.name))),
            _ => problems.push(bad(format!("{value:?} is no amount"))),
        }
        said.insert(name.to_string(), value.to_string());
    }
    problems.stop_on_error()?;
    Ok(said)
}

/// What handing out looks at, from the log of a run.
struct Log {
    accounts: Vec<Box<str>>,
    days: Vec<Day>,
    groups: Vec<Range<usize>>,
    stake: Vec<f64>,
    /// Gain before cost, in whole minor units: entry `case × treatments + treatment`.
    gross: Vec<f64>,
    free: Vec<u32>,
    chosen: Vec<u8>,
    /// By which lot it was drawn.
    lots: Vec<Option<&'static str>>,
    /// What it would get if nothing were short.
    unlimited: Vec<u8>,
    led: Vec<Option<Led>>,
    belongs: Belongs,
}

/// A run answered again.
struct Again {
    picks: Vec<u8>,
    worth: f64,
    summary: CapacitySummary,
}

impl Log {
    fn read(run: &Path, policy: &Policy, digits: u8) -> Result<Log> {
        let file = run.join("decisions.parquet");
        let teams: Vec<String> = policy.capacity.team_columns().into_iter().map(team_column).collect();
        let mut words = vec!["account_id", "borrower_id", "vetoed_by", "chosen_by", "unlimited_by"];
        words.extend(teams.iter().map(String::as_str));
        let mut numbers = vec!["gain", "stake", "chosen"];
        if !policy.capacity.minimums.is_empty() {
            numbers.push("counts_for");
        }
        let log = read_back(&file, &words, &numbers, &["as_of"])?;
        let n = policy.treatments.len();
        if log.rows == 0 || log.rows % n != 0 {
            return Err(unfit(&file, "it has other treatments than the policy"));
        }
        let cases = log.rows / n;
        let minor = 10f64.powi(i32::from(digits));
        let whole = |column: usize, row: usize| (log.numbers[column][row] * minor).round();
        let word = |column: usize, row: usize| log.words[column].words.get(log.words[column].codes[row] as usize).map(|w| &**w);
        let mut of = Log {
            accounts: (0..cases).map(|case| word(0, case * n).unwrap_or_default().into()).collect(),
            days: (0..cases).map(|case| log.days[0][case * n]).collect(),
            groups: groups(&log, policy, cases),
            stake: (0..cases).map(|case| whole(1, case * n)).collect(),
            gross: Vec::with_capacity(log.rows),
            free: Vec::with_capacity(cases),
            chosen: Vec::with_capacity(cases),
            lots: Vec::with_capacity(cases),
            unlimited: Vec::with_capacity(cases),
            led: Vec::with_capacity(cases),
            belongs: Belongs::default(),
        };
        if of.stake.iter().any(|stake| !stake.is_finite()) || log.numbers[0].iter().any(|gain| !gain.is_finite()) {
            return Err(unfit(&file, "amounts are missing"));
        }
        for case in 0..cases {
            let rows = case * n..(case + 1) * n;
            of.gross.extend(rows.clone().zip(&policy.treatments).map(|(row, t)| whole(0, row) + cost(t, of.stake[case])));
            of.free.push(rows.clone().enumerate().filter(|(_, row)| word(2, *row).is_none()).fold(0, |set, (t, _)| set | 1 << t));
            let Some(chosen) = rows.clone().position(|row| log.numbers[2][row] == 1.0) else {
                return Err(unfit(&file, "it recommends nothing for a case"));
            };
            of.chosen.push(chosen as u8);
            let lot = ["control", "exploration"].into_iter().find(|lot| word(3, rows.start + chosen) == Some(lot));
            of.lots.push(lot);
            let would = rows.clone().enumerate().find_map(|(t, row)| word(4, row).map(|by| (t, by, whole(0, row))));
            of.unlimited.push(would.map_or(chosen, |(t, ..)| t) as u8);
            of.led.push(would.and_then(|(t, by, gain)| {
                let stage = ["hold", "care", "access", "routing"].iter().position(|stage| *stage == by)?;
                Some(Led { stage: stage as u8, to: t as u8, gain })
            }));
        }
        let column = |k: usize| {
            let column = &log.words[5 + k];
            ((0..cases).map(|case| column.codes[case * n]).collect(), column.words.clone())
        };
        of.belongs.teams = (0..teams.len()).map(column).collect();
        if !policy.capacity.minimums.is_empty() {
            of.belongs.minimums = (0..cases).map(|case| log.numbers[3][case * n] as u64).collect();
        }
        Ok(of)
    }

    /// What the run's decisions gain, and what it would be now.
    fn again(&self, policy: &Policy, digits: u8) -> Result<(f64, Again)> {
        let (cases, ways) = (self.chosen.len(), Ways::of(policy));
        let rows = Rows::of(policy, &self.belongs, cases, digits)?;
        let stake = |case: usize| self.stake[case];
        let drawn = self.chosen.iter().zip(&self.lots).map(|(chosen, lot)| if lot.is_some() { *chosen } else { OPEN });
        let (mut settled, mut left): (Vec<u8>, _) = (drawn.collect(), rows.limits());
        let settling = Settling { policy, ways: &ways, rows: &rows, stake: &stake };
        self.groups.iter().for_each(|range| settling.take(range, &settled, &mut left));
        let led_without_place = settling.lead(&self.groups, &self.led, &mut settled, &mut left);
        let offers = Offers {
            policy,
            ways: &ways,
            rows: &rows,
            groups: &self.groups,
            stake: &stake,
            gross: &self.gross,
            free: &self.free,
            settled: &settled,
            left: &left,
        };
        let handed = hand_out_offers(&offers, None)?;
        let worth = |picks: &[u8]| self.groups.iter().map(|range| offers.worth(range, picks)).sum::<f64>();
        let after = worth(&handed.picks);
        let placed = placed_again(&offers, &handed, after, led_without_place);
        let mut summary = CapacitySummary::of(policy, &placed, digits);
        let by = |lot: &str| self.lots.iter().filter(|l| **l == Some(lot)).count() as u64;
        (summary.control, summary.exploration) = (by("control"), by("exploration"));
        let lost = |case: &usize| self.lots[*case].is_none() && handed.picks[*case] != self.unlimited[*case];
        summary.without_place = (0..cases).filter(lost).count() as u64;
        Ok((worth(&self.chosen), Again { picks: handed.picks, worth: after, summary }))
    }

    /// Who would be treated otherwise.
    fn moves(&self, policy: &Policy, moves: &[usize], picks: &[u8]) -> OutTable {
        let names: Arc<Vec<Box<str>>> = Arc::new(policy.treatments.iter().map(|t| t.name.as_str().into()).collect());
        let of = |picks: &[u8]| OutColumn::Words { codes: moves.iter().map(|case| u32::from(picks[*case])).collect(), words: names.clone() };
        OutTable::default()
            .with("account_id", OutColumn::Text(moves.iter().map(|case| self.accounts[*case].clone()).collect()))
            .with("as_of", OutColumn::Day(moves.iter().map(|case| self.days[*case]).collect()))
            .with("strategy", of(&self.chosen))
            .with("strategy_then", of(picks))
    }
}

/// Cases decided together: those of a borrower on a day.
fn groups(log: &ReadBack, policy: &Policy, cases: usize) -> Vec<Range<usize>> {
    let n = policy.treatments.len();
    let same = |a: usize, b: usize| {
        policy.unit == Scope::Borrower && log.words[1].codes[a * n] == log.words[1].codes[b * n] && log.days[0][a * n] == log.days[0][b * n]
    };
    groups_of(cases, same)
}

fn unfit(file: &Path, why: &str) -> Failure {
    Problem::error("run.log", format!("the log cannot be answered again: {why}"))
        .file(file.display().to_string())
        .help("make the run again: it was cut short, changed, or made by an earlier version")
        .fail()
}
