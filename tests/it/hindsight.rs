//! No hindsight: the path equals a slow day-by-day reading of the definitions, and whatever changes later changes no feature.

use super::world::Book;
use proptest::prelude::*;
use recoup::base::config::{Observe, Project, Tolerance};
use recoup::base::dates::Day;
use recoup::base::units::Money;
use recoup::data::history::{Instalments, Payments, Portfolio};
use recoup::data::observe::{Observed, observe};
use recoup::data::path::Path;
use recoup::data::schedule::Schedules;
use recoup::pipeline::read_book;
use std::fmt::Write;

/// Due on, known on, amount.
type Due = (i32, i32, i64);
/// Paid on, known on, amount.
type Paid = (i32, i32, i64);

fn account(due: &[Due], paid: &[Paid]) -> Portfolio {
    let (mut due, mut paid) = (due.to_vec(), paid.to_vec());
    due.sort();
    paid.sort();
    Portfolio {
        instalments: Instalments {
            offsets: vec![0, due.len()],
            due_on: due.iter().map(|d| Day(d.0)).collect(),
            known_on: due.iter().map(|d| Day(d.1)).collect(),
            amount: due.iter().map(|d| d.2).collect(),
        },
        payments: Payments {
            offsets: vec![0, paid.len()],
            paid_on: paid.iter().map(|p| Day(p.0)).collect(),
            known_on: paid.iter().map(|p| Day(p.1)).collect(),
            amount: paid.iter().map(|p| p.2).collect(),
            taken_back_on: vec![Day::NEVER; paid.len()],
        },
        ..Default::default()
    }
}

/// Days past due and arrears on a day, straight from the definitions.
fn slow(due: &[Due], paid: &[Paid], tolerance: i64, day: i32) -> (i32, i64) {
    let mut open: Vec<Due> = due.iter().filter(|d| d.0 <= day && d.1 <= day).copied().collect();
    open.sort();
    let mut left: i64 = paid.iter().filter(|p| p.0 <= day && p.1 <= day).map(|p| p.2).sum();
    let arrears = (open.iter().map(|d| d.2).sum::<i64>() - left).max(0);
    if arrears <= tolerance {
        return (0, 0);
    }
    for (due_on, _, amount) in open {
        if left < amount {
            return (day - due_on, arrears);
        }
        left -= amount;
    }
    (0, 0)
}

fn dues() -> impl Strategy<Value = Vec<Due>> {
    prop::collection::vec((0..120i32, 0..150i32, 0..50i64), 0..8)
        .prop_map(|v| v.into_iter().map(|(d, k, a)| (d, if k > 130 { k } else { 0 }, a)).collect())
}

fn payments() -> impl Strategy<Value = Vec<Paid>> {
    prop::collection::vec((0..140i32, 0..6i32, -30..80i64), 0..10).prop_map(|v| v.into_iter().map(|(d, lag, a)| (d, d + lag, a)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, rng_seed: proptest::test_runner::RngSeed::Fixed(7), failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_path_is_what_the_definitions_say_on_every_day(due in dues(), paid in payments(), tolerance in 0..20i64) {
        let book = account(&due, &paid);
        let (mut path, mut schedules, tolerated) = (Path::default(), Schedules::default(), Tolerance { amount: Money(tolerance), share: 0.0 });
        schedules.read(&book, 0);
        path.ledger(&book, 0, &schedules, tolerated);
        let mut late = Vec::new();
        for day in 0..160 {
            let (dpd, arrears) = slow(&due, &paid, tolerance, day);
            let found = (path.dpd(Day(day)), path.at(Day(day)).map_or(0, |s| s.arrears));
            prop_assert_eq!(found, (dpd, arrears), "day {}", day);
            // One look at a day gives what the walk gives.
            prop_assert_eq!(schedules.standing(&book, 0, 0, Day(day), Day(day), tolerated), path.standing(Day(day)), "day {}", day);
            late.push(dpd >= 1);
        }
        // Episodes are the maximal runs of late days.
        let entries: Vec<i32> = (0..160).filter(|d| late[*d as usize] && (*d == 0 || !late[*d as usize - 1])).collect();
        let found: Vec<i32> = path.episodes.iter().map(|e| e.entry.0).filter(|d| *d < 160).collect();
        prop_assert_eq!(found, entries);
        for e in &path.episodes {
            let inside = |d: i32| late.get(d as usize).copied().unwrap_or(true);
            prop_assert!(inside(e.entry.0) && (e.end == Day::NEVER || (inside(e.end.0 - 1) && !late.get(e.end.0 as usize).copied().unwrap_or(false))));
        }
    }
}

/// A book of some accounts with lively histories, as CSV texts, from a fixed rule.
fn lively() -> (String, String, String) {
    let (mut accounts, mut instalments, mut payments) = (
        "account_id,borrower_id,opened_on\n".to_string(),
        "account_id,due_on,amount\n".to_string(),
        "account_id,paid_on,known_on,amount\n".to_string(),
    );
    let start: Day = "2019-01-05".parse().unwrap();
    for a in 0..40i32 {
        let _ = writeln!(accounts, "{a},b{},{start}", a / 2);
        for m in 0..18 {
            let due = start.plus_months(m + 1);
            let _ = writeln!(instalments, "{a},{due},{}", 50 + a);
            // A fixed scramble decides who pays when and how much.
            let dice = (a * 7919 + m * 104_729) % 17;
            if dice > 0 {
                let paid = due.plus(dice * 3 - 20).max(start);
                let _ = writeln!(payments, "{a},{paid},{},{}", paid.plus(dice % 3), if dice % 16 == 0 { 20 } else { 50 + a });
            }
        }
    }
    (accounts, instalments, payments)
}

fn seen(files: &[(&str, &str)], day: &str) -> Observed {
    let book = Book::with(files);
    let book = read_book(Project::load(&book.project()).unwrap(), &|_| {}).unwrap();
    observe(&book.project, &book.portfolio, &Observe::Dates(vec![day.parse().unwrap()]))
}

#[test]
fn the_future_changes_no_feature() {
    let (accounts, instalments, payments) = lively();
    let day = "2020-01-31";
    let whole = seen(&[("accounts.csv", &accounts), ("instalments.csv", &instalments), ("payments.csv", &payments)], day);
    assert!(whole.cases.len() > 3, "{}", whole.cases.len());
    // Payments known later: gone, shifted, invented.
    let later = |line: &str| line.split(',').nth(2).is_some_and(|d| d > day && d.starts_with("20"));
    let without: String = payments.lines().filter(|l| !later(l)).map(|l| format!("{l}\n")).collect();
    let invented = format!("{without}0,2020-02-01,2020-02-01,999\n3,2020-01-31,2020-02-01,-50\n5,2020-11-30,2020-11-30,1\n");
    for changed in [&without, &invented] {
        let cut = seen(&[("accounts.csv", &accounts), ("instalments.csv", &instalments), ("payments.csv", changed)], day);
        assert_eq!(format!("{:?}", whole.features), format!("{:?}", cut.features));
        assert_eq!(whole.cases.dpd, cut.cases.dpd);
    }
    // What follows does change outcomes: the test can fail.
    let cut = seen(&[("accounts.csv", &accounts), ("instalments.csv", &instalments), ("payments.csv", &without)], day);
    assert_ne!(whole.cases.repaid, cut.cases.repaid);
}

#[test]
fn a_day_alone_gives_what_a_day_among_others_gives() {
    let (accounts, instalments, payments) = lively();
    let files = [("accounts.csv", accounts.as_str()), ("instalments.csv", &instalments), ("payments.csv", &payments)];
    let alone = seen(&files, "2020-01-31");
    let book = Book::with(&files);
    let book = read_book(Project::load(&book.project()).unwrap(), &|_| {}).unwrap();
    let many = observe(&book.project, &book.portfolio, &book.project.observe);
    let picked: Vec<usize> = (0..many.cases.len()).filter(|k| many.cases.as_of[*k] == "2020-01-31".parse().unwrap()).collect();
    assert_eq!(picked.iter().map(|k| many.cases.account[*k]).collect::<Vec<_>>(), alone.cases.account);
    for (a, b) in alone.features.columns.iter().zip(&many.features.columns) {
        let (recoup::data::features::Values::Number(x), recoup::data::features::Values::Number(y)) = (&a.values, &b.values) else { continue };
        let y: Vec<u64> = picked.iter().map(|k| y[*k].to_bits()).collect();
        assert_eq!(x.iter().map(|v| v.to_bits()).collect::<Vec<_>>(), y, "{}", a.name);
    }
}
