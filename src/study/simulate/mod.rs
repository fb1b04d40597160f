//! A simulated portfolio whose truth is known: the same seed gives the same bytes, whatever the number of threads.
//!
//! Takes a size, a seed and what the bank keeps; writes the tables of the data contract, a project file for them, and beside them the truth:
//! for every account in arrears at a month end, the probability with which its arrears are covered within 30 days (and it is not re-aged).
//!
//! | file | job |
//! |---|---|
//! | `person` | a borrower's hidden traits, and what befell them |
//! | `account` | one account from its opening to its end |
//! | `month` | one month of it, and the truth about it |
//! | `contacts` | the past policy's contacts, and the promises made |
//! | `re_age` | schedules, and how they are replaced |
//! | `track` | disputes, plans, the legal track, the write-off |
//! | `statements` | the month's end, and statements |
//! | `ledger` | all records, column by column |
//! | `tables`, `project` | the files |

mod random;
mod ledger;
mod person;
mod re_age;
mod track;
mod contacts;
mod account;
mod month;
mod statements;
mod tables;
mod project;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod tests;

pub use statements::Shape;

use crate::base::dates::Day;
use crate::base::files::{FolderKind, RunFolder};
use crate::base::problem::{Problem, Result};
use crate::data::write::Format;
use account::{Opening, walk};
use ledger::Ledger;
use person::befall;
use random::Random;
use rayon::prelude::*;
use serde::Serialize;
use std::path::Path;
use std::sync::LazyLock;

/// Borrowers of a chunk. Fixed, so that no byte depends on threads.
const CHUNK: usize = 1_024;

/// What to simulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct World {
    /// Accounts.
    pub accounts: u64,
    /// Months of history.
    pub months: u32,
    /// Seed of everything random.
    pub seed: u64,
    /// What the bank keeps of each account.
    pub shape: Shape,
    /// Whether payments may be taken back.
    pub reversals: bool,
}

impl Default for World {
    /// The size and shape of the sample book, with another seed.
    fn default() -> World {
        World { accounts: 2_000, months: 24, seed: 1, shape: Shape::Ledger, reversals: true }
    }
}

impl World {
    /// Last day of the data.
    fn until(&self) -> Day {
        on(self.months, 1).plus(-1)
    }

    /// The months of the amnesty: who clears their arrears then is let off the default interest, and more do.
    fn amnesty(&self) -> std::ops::Range<u32> {
        self.months / 2..self.months / 2 + 2
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorldSummary {
    /// What was asked for.
    #[serde(flatten)]
    pub world: World,
    /// Folder.
    pub folder: String,
    /// First and last day of the history.
    pub data_from: Day,
    /// Last day.
    pub data_until: Day,
    /// Borrowers.
    pub borrowers: u64,
    /// Rows of each table.
    pub rows: std::collections::BTreeMap<&'static str, usize>,
    /// Share of accounts neither closed nor written off that are in arrears; mean over the month ends of the second half.
    pub in_arrears_share: f64,
}

/// What a simulated world leaves in its folder.
const FOLDER: FolderKind = FolderKind {
    name: "simulated book",
    key: "data_until",
    entries: &["accounts", "instalments", "payments", "statements", "contacts", "events", "truth", "recoup", "manifest"],
};

/// First day of every simulated history.
pub(crate) fn first_day() -> Day {
    Day(19_723) // 2024-01-01
}

/// First days of the months: as many as the longest history and the longest schedule behind it need.
static MONTHS: LazyLock<Vec<Day>> = LazyLock::new(|| (0..320).map(|month| first_day().plus_months(month)).collect());

/// Day `day` of month `month` of the world.
fn on(month: u32, day: i32) -> Day {
    MONTHS.get(month as usize).copied().unwrap_or_else(|| first_day().plus_months(month as i32)).plus(day - 1)
}

/// Simulates a world into a folder, whole or not at all.
///
/// # Errors
/// `simulate.size` for a size out of range; `file.io` if the folder cannot be written.
pub fn simulate(world: &World, out: &Path, format: Format) -> Result<WorldSummary> {
    if !(1..=50_000_000).contains(&world.accounts) || !(6..=240).contains(&world.months) {
        return Err(Problem::error("simulate.size", "the world is too small or too large")
            .value(format!("{} accounts, {} months", world.accounts, world.months))
            .rule("1 to 50,000,000 accounts, 6 to 240 months")
            .fail());
    }
    let counts = accounts_of_borrowers(world);
    write(world, out, format, counts.len() as u64, lived(world, &counts))
}

/// All that happens in a world, in chunks of borrowers.
fn lived(world: &World, counts: &[u8]) -> Ledger {
    let first_account: Vec<u64> = counts
        .iter()
        .scan(1u64, |next, n| {
            let first = *next;
            *next += u64::from(*n);
            Some(first)
        })
        .collect();
    let starts: Vec<usize> = (0..counts.len()).step_by(CHUNK).collect();
    let chunks = starts
        .into_par_iter()
        .map(|start| {
            let mut ledger = Ledger::default();
            for borrower in start..(start + CHUNK).min(counts.len()) {
                live(world, borrower as u64 + 1, first_account[borrower], counts[borrower], &mut ledger);
            }
            ledger
        })
        .collect();
    Ledger::of_chunks(chunks)
}

/// Lives the whole history of one borrower. Of those with several accounts, half take up the second when a short first one is paid off.
fn live(world: &World, borrower: u64, first_account: u64, accounts: u8, ledger: &mut Ledger) {
    let mut random = Random::of(world.seed, borrower, 1);
    let person = befall(world, borrower as i64, ledger, &mut random);
    let in_sequence = accounts > 1 && random.chance(0.5);
    let mut closed_in = None;
    for place in 0..u64::from(accounts) {
        let mut random = Random::of(world.seed, borrower, 2 + place);
        let mut opening = Opening::early(world, &mut random);
        if in_sequence && place == 0 {
            opening.term = Some(6);
        } else if let Some(month) = closed_in.take().filter(|month: &u32| month + 4 < world.months) {
            opening.month = month + 1;
        }
        closed_in = walk(world, &person, (first_account + place) as i64, opening, ledger, &mut random).filter(|_| in_sequence && place == 0);
    }
    ledger.end_borrower(person.borrower, world.until());
}

/// How many accounts each borrower has: one for most, two or three for some; in sum exactly as many as asked for.
fn accounts_of_borrowers(world: &World) -> Vec<u8> {
    let (mut left, mut counts) = (world.accounts, Vec::new());
    while left > 0 {
        let mut random = Random::of(world.seed, counts.len() as u64 + 1, 0);
        let n = (random.weighted(&[0.80, 0.15, 0.05]) as u64 + 1).min(left);
        counts.push(n as u8);
        left -= n;
    }
    counts
}

fn write(world: &World, out: &Path, format: Format, borrowers: u64, all: Ledger) -> Result<WorldSummary> {
    let folder = RunFolder::begin(out, FOLDER)?;
    let counts = all.counts;
    let mut rows = std::collections::BTreeMap::new();
    for (name, table) in tables::tables(world, all) {
        let table = table();
        rows.insert(name, table.rows());
        table.write(&folder.path(&format!("{name}.{}", format.extension())), format).map_err(|f| folder.in_place(f))?;
    }
    let summary = WorldSummary {
        world: *world,
        folder: out.display().to_string(),
        data_from: first_day(),
        data_until: world.until(),
        borrowers,
        rows,
        in_arrears_share: counts.late as f64 / (counts.open as f64).max(1.0),
    };
    let project = project::project_file(world, &counts, format);
    crate::base::files::write_whole(&folder.path("recoup.toml"), |w| w.write_all(project.as_bytes())).map_err(|f| folder.in_place(f))?;
    // The folder's own record holds no place and no time, so that the same seed gives the same bytes anywhere.
    let record = WorldSummary { folder: String::new(), ..summary.clone() };
    let text = serde_json::to_string_pretty(&record).map_err(|e| Problem::error("simulate.manifest", e.to_string()))? + "\n";
    crate::base::files::write_whole(&folder.path("manifest.json"), |w| w.write_all(text.as_bytes())).map_err(|f| folder.in_place(f))?;
    folder.finish()?;
    Ok(summary)
}
