//! A simulated portfolio whose truth is known: the same seed gives the same bytes, whatever the number of threads.
//!
//! Takes a size and a seed; writes the tables of the data contract, a project file for them, and beside them the truth: for every account in
//! arrears at a month end, the probability with which its arrears are covered within 30 days. Deliberately absent: re-aged accounts,
//! statements.

mod life;
mod random;

use crate::base::dates::Day;
use crate::base::files::RunFolder;
use crate::base::problem::{Problem, Result};
use crate::base::schema::EVENT_KINDS;
use crate::base::units::Money;
use crate::data::write::{Format, OutColumn, OutTable};
use life::{Ledger, live};
use random::Random;
use rayon::prelude::*;
use serde::Serialize;
use std::path::Path;

/// Borrowers of a chunk. Fixed, so that no byte depends on threads.
const CHUNK: usize = 1_024;
/// Currency decimals of the simulated world.
const DIGITS: u8 = 2;

/// What to simulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct World {
    /// Accounts.
    pub accounts: u64,
    /// Months of history.
    pub months: u32,
    /// Seed of everything random.
    pub seed: u64,
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
    /// Share of accounts not closed that are in arrears, written-off ones among them; mean over the month ends of the second half.
    pub in_arrears_share: f64,
}

/// First day of every simulated history.
pub(crate) fn first_day() -> Day {
    Day(19_723) // 2024-01-01
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
    let first_account: Vec<u64> = counts
        .iter()
        .scan(1u64, |next, n| {
            let first = *next;
            *next += u64::from(*n);
            Some(first)
        })
        .collect();
    let starts: Vec<usize> = (0..counts.len()).step_by(CHUNK).collect();
    let chunks: Vec<Ledger> = starts
        .into_par_iter()
        .map(|start| {
            let mut ledger = Ledger::default();
            for borrower in start..(start + CHUNK).min(counts.len()) {
                live(world, borrower as u64 + 1, first_account[borrower], counts[borrower], &mut ledger);
            }
            ledger
        })
        .collect();
    let mut all = Ledger::default();
    chunks.into_iter().for_each(|mut chunk| all.append(&mut chunk));
    write(world, out, format, counts.len() as u64, all)
}

/// How many accounts each borrower has: one for most, two or three for some; in sum exactly as many as asked for.
fn accounts_of_borrowers(world: &World) -> Vec<u8> {
    let (mut left, mut counts) = (world.accounts, Vec::new());
    while left > 0 {
        let mut random = Random::of(world.seed, counts.len() as u64 + 1, 0);
        let dice = random.unit();
        let n: u8 = if dice < 0.80 {
            1
        } else if dice < 0.95 {
            2
        } else {
            3
        };
        let n = u64::from(n).min(left);
        counts.push(n as u8);
        left -= n;
    }
    counts
}

/// A word of a fixed list, for each row.
fn chosen(codes: Vec<u8>, words: &[&str]) -> OutColumn {
    OutColumn::Words { codes: codes.into_iter().map(u32::from).collect(), words: words.iter().map(|w| (*w).into()).collect() }
}

fn money(amounts: Vec<i64>) -> OutColumn {
    OutColumn::Money(amounts.into_iter().map(Money).collect(), DIGITS)
}

fn write(world: &World, out: &Path, format: Format, borrowers: u64, all: Ledger) -> Result<WorldSummary> {
    let until = first_day().plus_months(world.months as i32).plus(-1);
    let folder = RunFolder::begin(out)?;
    let in_arrears_share = all.late_accounts as f64 / (all.open_accounts as f64).max(1.0);
    let tables = [
        (
            "accounts",
            OutTable::default()
                .with("account_id", OutColumn::Integer(all.accounts.id))
                .with("borrower_id", OutColumn::Integer(all.accounts.borrower))
                .with("opened_on", OutColumn::Day(all.accounts.opened_on))
                .with("closed_on", OutColumn::Day(all.accounts.closed_on))
                .with("product", chosen(all.accounts.product, life::PRODUCTS))
                .with("income_band", chosen(all.accounts.income_band, life::INCOME_BANDS))
                .with("region", chosen(all.accounts.region, life::REGIONS))
                .with("age_band", chosen(all.accounts.age_band, life::AGE_BANDS)),
        ),
        (
            "instalments",
            OutTable::default()
                .with("account_id", OutColumn::Integer(all.instalments.account))
                .with("due_on", OutColumn::Day(all.instalments.day))
                .with("amount", money(all.instalments.amount)),
        ),
        (
            "payments",
            OutTable::default()
                .with("account_id", OutColumn::Integer(all.payments.account))
                .with("paid_on", OutColumn::Day(all.payments.day))
                .with("known_on", OutColumn::Day(all.payments.known_on))
                .with("amount", money(all.payments.amount)),
        ),
        (
            "contacts",
            OutTable::default()
                .with("account_id", OutColumn::Integer(all.contacts.account))
                .with("contacted_on", OutColumn::Day(all.contacts.day))
                .with("channel", chosen(all.contacts.channel, life::CHANNELS))
                .with("direction", chosen(all.contacts.direction, crate::base::schema::DIRECTIONS))
                .with("result", chosen(all.contacts.result, crate::base::schema::RESULTS)),
        ),
        (
            "events",
            OutTable::default()
                .with("account_id", OutColumn::Text(all.events.account.iter().map(|a| a.map_or(String::new(), |a| a.to_string()).into()).collect()))
                .with("borrower_id", OutColumn::Integer(all.events.borrower))
                .with("kind", chosen(all.events.kind, EVENT_KINDS))
                .with("from", OutColumn::Day(all.events.from))
                .with("to", OutColumn::Day(all.events.to))
                .with("known_on", OutColumn::Day(all.events.known_on)),
        ),
        (
            "truth",
            OutTable::default()
                .with("account_id", OutColumn::Integer(all.truth.account))
                .with("as_of", OutColumn::Day(all.truth.day))
                .with("probability_repaid", OutColumn::Number(all.truth.probability))
                .with("ability", OutColumn::Number(all.truth.ability))
                .with("willingness", OutColumn::Number(all.truth.willingness))
                .with("hardship", OutColumn::Integer(all.truth.hardship)),
        ),
    ];
    let mut rows = std::collections::BTreeMap::new();
    for (name, table) in tables {
        rows.insert(name, table.rows());
        table.write(&folder.path(&format!("{name}.{}", format.extension())), format).map_err(|f| folder.in_place(f))?;
    }
    let summary = WorldSummary {
        world: *world,
        folder: out.display().to_string(),
        data_from: first_day(),
        data_until: until,
        borrowers,
        rows,
        in_arrears_share,
    };
    let project = project_file(world, until, format);
    crate::base::files::write_whole(&folder.path("recoup.toml"), |w| w.write_all(project.as_bytes())).map_err(|f| folder.in_place(f))?;
    // The folder's own record holds no place and no time, so that the same seed gives the same bytes anywhere.
    let record = WorldSummary { folder: String::new(), ..summary.clone() };
    let text = serde_json::to_string_pretty(&record).map_err(|e| Problem::error("simulate.manifest", e.to_string()))? + "\n";
    crate::base::files::write_whole(&folder.path("manifest.json"), |w| w.write_all(text.as_bytes())).map_err(|f| folder.in_place(f))?;
    folder.finish()?;
    Ok(summary)
}

/// A project file for the folder: the last third of the months tests.
fn project_file(world: &World, until: Day, format: Format) -> String {
    let e = format.extension();
    let months = world.months as i32;
    // Two thirds of the months train, but no more than leave a month end to test on whose 30 days end within the data.
    let training = (months * 2 / 3).min(months - 3);
    let train_until = first_day().plus_months(training).plus(-1);
    let test_from = first_day().plus_months(training + 2).plus(-1);
    format!(
        r#"# A simulated book ({} accounts, {months} months, seed {}): nobody in it is real. Made by `recoup simulate`.
name = "simulated"

[currency]
code = "CNY"
minor_digits = 2

[clock]
data_until = "{until}"

[tables.accounts]
path = "accounts.{e}"
protected = ["age_band"]
features = {{ income_band = "category", region = "category" }}

[tables.instalments]
path = "instalments.{e}"

[tables.payments]
path = "payments.{e}"

[tables.contacts]
path = "contacts.{e}"

[tables.events]
path = "events.{e}"

[cases]
observe = "month_end"
# Half a year of history before the first case.
from = "{}"

[outcome]
rule = "cure"
horizon_days = 30

[split]
train_until = "{train_until}"
test_from = "{test_from}"
"#,
        world.accounts,
        world.seed,
        first_day().plus_months((months / 4).clamp(1, 6)).plus(-1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(world: &World, threads: usize) -> Vec<(String, Vec<u8>)> {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("w");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| simulate(world, &out, Format::Csv)).unwrap();
        let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(&out)
            .unwrap()
            .flatten()
            .map(|e| (e.file_name().to_string_lossy().into_owned(), std::fs::read(e.path()).unwrap()))
            .collect();
        files.sort();
        files
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_with_any_threads() {
        let world = World { accounts: 3_000, months: 12, seed: 5 };
        let one = bytes(&world, 1);
        assert!(one == bytes(&world, 3));
        assert!(one != bytes(&World { seed: 6, ..world }, 1));
        let accounts = &one.iter().find(|f| f.0 == "accounts.csv").unwrap().1;
        assert_eq!(accounts.iter().filter(|b| **b == b'\n').count(), 3_001);
    }

    #[test]
    fn the_world_holds_what_a_bank_knows() {
        let world = World { accounts: 2_000, months: 24, seed: 7 };
        let mut all = Ledger::default();
        let mut account = 1;
        for (place, n) in accounts_of_borrowers(&world).into_iter().enumerate() {
            live(&world, place as u64 + 1, account, n, &mut all);
            account += u64::from(n);
        }
        assert_eq!(all.accounts.id, (1..=2_000).collect::<Vec<i64>>());
        // Every kind of event but those of re-ages and of the end of the legal track, which nobody lives through here.
        let absent: Vec<&str> = (0..EVENT_KINDS.len()).filter(|k| !all.events.kind.contains(&(*k as u8))).map(|k| EVENT_KINDS[k]).collect();
        let never = ["vulnerable_other", "re_age", "legal_mediation", "legal_withdrawn", "legal_judgment", "legal_enforcement", "legal_closed"];
        assert_eq!(absent, never);
        // Nobody pays before the opening, nor more than was agreed; who has paid all is closed on the day of the last payment.
        let mut owed = vec![0i64; 2_001];
        let mut paid = vec![(0i64, Day::NULL); 2_001];
        for (id, amount) in all.instalments.account.iter().zip(&all.instalments.amount) {
            owed[*id as usize] += amount;
        }
        for (k, id) in all.payments.account.iter().enumerate() {
            let (id, day) = (*id as usize, all.payments.day[k]);
            assert!(day >= all.accounts.opened_on[id - 1] && all.payments.known_on[k] >= day);
            paid[id] = (paid[id].0 + all.payments.amount[k], day.max(paid[id].1));
        }
        for id in 1..=2_000usize {
            assert!(paid[id].0 <= owed[id]);
            assert_eq!(all.accounts.closed_on[id - 1], if paid[id].0 == owed[id] { paid[id].1 } else { Day::NULL });
        }
        let share = all.late_accounts as f64 / all.open_accounts as f64;
        assert!((0.08..0.12).contains(&share), "{share}");
    }

    #[test]
    fn test_cases_of_every_length_of_history_can_mature() {
        let folder = tempfile::tempdir().unwrap();
        for months in [6, 7, 8, 9, 13, 24] {
            let out = folder.path().join(months.to_string());
            let summary = simulate(&World { accounts: 20, months, seed: 1 }, &out, Format::Csv).unwrap();
            let split = crate::base::config::Project::load(&out.join("recoup.toml")).unwrap().split.unwrap();
            assert!(split.test_from.plus(30) <= summary.data_until, "{months} months");
        }
    }

    #[test]
    fn sizes_out_of_range_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for world in [World { accounts: 0, months: 24, seed: 1 }, World { accounts: 10, months: 2, seed: 1 }] {
            assert!(simulate(&world, &folder.path().join("x"), Format::Csv).unwrap_err().to_string().contains("simulate.size"));
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
