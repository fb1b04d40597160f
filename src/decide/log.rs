//! The decision log: every case, every treatment: free or vetoed, by which rules, what it is worth and of what parts, chosen or not, and what would be if nothing
//! were short.
//!
//! One row a case and treatment, cases by borrower and account, treatments in the order of the policy. `gain = stake × (share_repaid −
//! share_waiting) − cost − complaint_cost` for the case alone, whoever else its treatment covers.

use super::choose::{Because, Decisions};
use super::ranked::amount;
use super::rulebook::Mask;
use super::value::{ExpectedShare, cost, discount, gross, outlay, shares};
use crate::base::problem::Result;
use crate::data::write::{OutColumn, OutTable};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Cases a row group.
const PART: usize = 1 << 16;

/// What led to the chosen treatment, and whether another account stands in the way.
pub const LED_BY: [&str; 9] = ["value", "hold", "care", "access", "routing", "nothing_else", "place", "control", "exploration"];

/// What stands in `vetoed_by` where a covering treatment is vetoed on another account alone.
pub const OTHER_ACCOUNT: &str = "other_account";

/// A share to a millionth: finer than anybody decides by, and it keeps the log small.
pub fn rounded(share: f64) -> f64 {
    (share * 1e6).round_ties_even() / 1e6
}

/// Writes the log of all decisions as Parquet.
///
/// # Errors
/// `file.io`, `file.parquet`.
pub fn write(decisions: &Decisions<'_>, share: ExpectedShare<'_>, minor_digits: u8, path: &Path) -> Result<()> {
    write_chosen(decisions, &decisions.chosen, share, minor_digits, path)
}

/// The same with other treatments marked as chosen than were: what a log looks like that must not be believed.
///
/// # Errors
/// As [`write`].
pub fn write_chosen(decisions: &Decisions<'_>, chosen: &[u8], share: ExpectedShare<'_>, minor_digits: u8, path: &Path) -> Result<()> {
    let n = decisions.guard.situation().cases.len();
    let mut sets = Sets::default();
    OutTable::write_parts(
        path,
        (0..n.div_ceil(PART)).map(|part| rows(decisions, chosen, share, minor_digits, part * PART..((part + 1) * PART).min(n), &mut sets)),
    )
}

/// Sets of rules as texts: few of the many rows differ.
#[derive(Default)]
struct Sets {
    codes: HashMap<(Mask, bool), u32>,
    words: Vec<Box<str>>,
}

impl Sets {
    /// The code of a set of rules; `u32::MAX`, which is null, for none.
    fn code(&mut self, decisions: &Decisions<'_>, mask: Mask, elsewhere: bool) -> u32 {
        if mask == 0 && !elsewhere {
            return u32::MAX;
        }
        *self.codes.entry((mask, elsewhere)).or_insert_with(|| {
            let mut ids: Vec<&str> = decisions.guard.rules.named(mask).map(|e| e.id.as_str()).collect();
            ids.dedup();
            ids.extend(elsewhere.then_some(OTHER_ACCOUNT));
            self.words.push(ids.join(" ").into());
            self.words.len() as u32 - 1
        })
    }
}

fn rows(decisions: &Decisions<'_>, chosen: &[u8], share: ExpectedShare<'_>, digits: u8, range: std::ops::Range<usize>, sets: &mut Sets) -> OutTable {
    let policy = decisions.policy;
    let cases = decisions.guard.situation().cases;
    let n = policy.treatments.len();
    let wait = policy.place("wait").unwrap_or(0);
    let all = range.len() * n;
    let case_of = || range.clone().flat_map(|case| std::iter::repeat_n(case, n));
    let place_of = || (0..all).map(|row| row % n);
    let (mut vetoed, mut unknown, mut warned) = (Vec::with_capacity(all), Vec::with_capacity(all), Vec::with_capacity(all));
    let discounts: Vec<f64> = policy.treatments.iter().map(|t| discount(policy, t)).collect();
    let mut spent = Vec::with_capacity(all);
    let (mut under, mut waiting, mut gain) = (Vec::with_capacity(all), Vec::with_capacity(all), Vec::with_capacity(all));
    let (mut would, mut chance) = (Vec::with_capacity(all), Vec::with_capacity(all));
    let (mut led, mut of_case) = (Vec::with_capacity(all), Vec::with_capacity(n));
    for case in range.clone() {
        of_case.clear();
        shares(policy, share.of[case], &mut of_case);
        let stake = cases.stake[case].known().unwrap_or(0) as f64;
        for (place, t) in policy.treatments.iter().enumerate() {
            let vetoes = decisions.vetoes(case, place);
            vetoed.push(sets.code(decisions, vetoes, decisions.vetoed_elsewhere(case, place)));
            unknown.push(sets.code(decisions, vetoes & decisions.fired[case].unknown, false));
            warned.push(sets.code(decisions, decisions.warnings(case, place), false));
            under.push(rounded(of_case[place]));
            waiting.push(rounded(of_case[wait]));
            spent.push(amount(outlay(t, stake)));
            gain.push(amount(gross(stake, of_case[place], of_case[wait], discounts[place]) - cost(t, stake)));
            let (unlimited, because) = decisions.unlimited[case];
            would.push(if usize::from(unlimited) == place { led_by(because) } else { u32::MAX });
            chance.push(decisions.assignment_probability(case, place));
            led.push(if usize::from(chosen[case]) == place { led_by(decisions.because[case]) } else { u32::MAX });
        }
    }
    let words = |list: &[&str]| Arc::new(list.iter().map(|w| Box::from(*w)).collect::<Vec<Box<str>>>());
    let names: Vec<&str> = policy.treatments.iter().map(|t| t.name.as_str()).collect();
    let rules = Arc::new(sets.words.clone());
    let set = |codes| OutColumn::Words { codes, words: rules.clone() };
    let mut table = OutTable::default()
        .with("account_id", OutColumn::Words { codes: case_of().map(|c| cases.account[c]).collect(), words: cases.account_ids.clone() })
        .with("borrower_id", OutColumn::Words { codes: case_of().map(|c| cases.borrower[c]).collect(), words: cases.borrower_ids.clone() })
        .with("as_of", OutColumn::Day(case_of().map(|c| cases.as_of[c]).collect()))
        .with("treatment", OutColumn::Words { codes: place_of().map(|p| p as u32).collect(), words: words(&names) })
        .with("vetoed_by", set(vetoed))
        .with("not_known", set(unknown))
        .with("warned_by", set(warned))
        .with("stake", OutColumn::Money(case_of().map(|c| cases.stake[c]).collect(), digits))
        .with("share_repaid", OutColumn::Number(under))
        .with("share_waiting", OutColumn::Number(waiting))
        .with("discount", OutColumn::Number(place_of().map(|p| discounts[p]).collect()))
        .with("cost", OutColumn::Money(spent, digits))
        .with("complaint_cost", OutColumn::Money(place_of().map(|p| policy.treatments[p].complaint_cost).collect(), digits))
        .with("gain", OutColumn::Money(gain, digits))
        .with("chosen", OutColumn::Integer(led.iter().map(|code| i64::from(*code != u32::MAX)).collect()))
        .with("chosen_by", OutColumn::Words { codes: led, words: words(&LED_BY) })
        .with("unlimited_by", OutColumn::Words { codes: would, words: words(&LED_BY) })
        .with("assignment_probability", OutColumn::Number(chance));
    if let Some(placed) = &decisions.placed {
        let belongs = &placed.belongs;
        for (column, (codes, names)) in policy.capacity.team_columns().iter().zip(&belongs.teams) {
            let codes = case_of().map(|c| codes[c]).collect();
            table = table.with(&team_column(column), OutColumn::Words { codes, words: Arc::new(names.clone()) });
        }
        if !belongs.minimums.is_empty() {
            table = table.with("counts_for", OutColumn::Integer(case_of().map(|c| belongs.minimums[c] as i64).collect()));
        }
    }
    table
}

/// The column of the log that holds the words of a column by which teams are told.
pub fn team_column(column: &str) -> String {
    format!("team:{column}")
}

fn led_by(because: Because) -> u32 {
    match because {
        Because::WorthMost => 0,
        Because::Hold(_) => 1,
        Because::Care => 2,
        Because::Access => 3,
        Because::Route(_) => 4,
        Because::NothingElse => 5,
        Because::Place => 6,
        Because::Control => 7,
        Because::Exploration => 8,
    }
}
