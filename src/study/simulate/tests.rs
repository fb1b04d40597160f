//! The simulated world against the definitions: bytes, truth, consistency, and that everything occurs which features and outcomes are about.

use super::replay::{Records, records};
use super::*;
use crate::base::schema::{CHANNELS, EVENT_KINDS, RESULTS};
use crate::base::units::Money;
use std::collections::BTreeMap;

/// A ledger world of some size, and its records by account.
fn world(accounts: u64, seed: u64) -> (World, Ledger, Vec<Records>) {
    let world = World { accounts, seed, ..World::default() };
    let all = lived(&world, &accounts_of_borrowers(&world));
    let books = records(&all);
    (world, all, books)
}

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
    for shape in [Shape::Ledger, Shape::Both] {
        let world = World { accounts: 3_000, months: 12, seed: 5, shape, reversals: true };
        let one = bytes(&world, 1);
        assert!(one == bytes(&world, 2));
        assert!(one != bytes(&World { seed: 6, ..world }, 1));
        let accounts = &one.iter().find(|f| f.0 == "accounts.csv").unwrap().1;
        assert_eq!(accounts.iter().filter(|b| **b == b'\n').count(), 3_001);
    }
}

#[test]
fn the_truth_is_exact() {
    let (_, all, books) = world(20_000, 3);
    let until = World::default().until();
    let (mut n, mut cured, mut expected, mut variance) = (0u32, 0u32, 0.0, 0.0);
    // By tenth of the truth, and where anything out of the ordinary happened in the 30 days.
    let mut groups: BTreeMap<String, (u32, f64, f64, f64)> = BTreeMap::new();
    for (k, id) in all.truth.account.iter().enumerate() {
        let (day, p, book) = (all.truth.day[k], all.truth.probability[k], &books[*id as usize]);
        assert!(book.owed(day) > 0, "account {id} on {day} is in order");
        assert_eq!(day, day.month_end());
        if day.plus(30) > until {
            continue;
        }
        let outcome = book.cured(day);
        (n, cured, expected, variance) = (n + 1, cured + u32::from(outcome), expected + p, variance + p * (1.0 - p));
        let month = format!("month {}", day.date().format("%m"));
        for name in [format!("tenth {}", (p * 10.0) as u32), month, format!("re-ages {}", book.in_force(day).0)] {
            let group = groups.entry(name).or_default();
            *group = (group.0 + 1, group.1 + f64::from(u8::from(outcome)), group.2 + p, group.3 + p * (1.0 - p));
        }
    }
    assert!((f64::from(cured) - expected).abs() < 4.0 * f64::sqrt(variance), "{cured} cured of {n}, {expected} expected");
    for (name, (n, cured, expected, variance)) in groups {
        assert!((cured - expected).abs() < 4.0 * f64::sqrt(variance) + 1.0, "{name}: {cured} cured of {n}, {expected} expected");
    }
    let share = f64::from(cured) / f64::from(n);
    assert!((0.38..0.48).contains(&share), "{share} cured");
}

#[test]
fn every_case_of_a_month_end_has_its_truth() {
    let (world, all, books) = world(4_000, 8);
    let known: std::collections::HashSet<(i64, Day)> = all.truth.account.iter().copied().zip(all.truth.day.iter().copied()).collect();
    let dead: std::collections::HashSet<i64> = all
        .events
        .borrower
        .iter()
        .zip(&all.events.kind)
        .filter(|(_, kind)| EVENT_KINDS[usize::from(**kind)] == "deceased")
        .map(|(borrower, _)| *borrower)
        .collect();
    let (mut open, mut late) = (0u32, 0u32);
    for month in 2..world.months {
        let day = on(month, 1).plus(-1);
        for (k, id) in all.accounts.id.iter().enumerate() {
            let book = &books[*id as usize];
            let closed = book.closed_on.known().is_some_and(|c| c <= day);
            if book.opened_on > day || closed || book.written_off.is_some_and(|w| w <= day) || dead.contains(&all.accounts.borrower[k]) {
                continue;
            }
            assert_eq!(book.owed(day) > 0, known.contains(&(*id, day)), "account {id} on {day}");
            if month * 2 > world.months {
                (open, late) = (open + 1, late + u32::from(book.owed(day) > 0));
            }
        }
    }
    let share = f64::from(late) / f64::from(open);
    assert!((0.085..0.115).contains(&share), "{share} in arrears");
    let counted = all.counts.late as f64 / all.counts.open as f64;
    assert!((counted - share).abs() < 0.01, "{counted} in the summary, {share} here");
}

#[test]
fn the_records_agree_with_one_another() {
    let (world, all, books) = world(4_000, 7);
    assert_eq!(all.accounts.id, (1..=4_000).collect::<Vec<i64>>());
    for (id, book) in books.iter().enumerate().skip(1) {
        let end = world.until();
        assert!(book.payments.iter().all(|p| p.0 > book.opened_on && p.1 >= p.0 && p.1 <= end), "account {id}");
        // Nobody pays more than was agreed; who has paid all is closed on the day on which the bank knew it.
        let left = book.balance(end);
        assert!(left >= 0, "account {id}: {left}");
        let closed = if left == 0 { book.payments.iter().map(|p| p.1).max().unwrap() } else { Day::NULL };
        assert_eq!(book.closed_on, closed, "account {id}");
        // What is taken back was paid before.
        for (k, back) in book.payments.iter().enumerate().filter(|(_, p)| p.2 < 0) {
            assert!(book.payments[..k].iter().any(|p| p.2 == -back.2 && p.0 < back.0), "account {id}");
        }
        // A re-age spreads what was left.
        for (v, (known, from)) in book.re_ages.iter().enumerate() {
            let spread: i64 = book.instalments.iter().filter(|i| i.3 == v + 1).map(|i| i.2).sum();
            if spread == 0 {
                continue; // on paper alone
            }
            let before = known.plus(-1);
            let paid_late: i64 = book.payments.iter().filter(|p| p.0 < *from && p.1 > before).map(|p| p.2).sum();
            assert_eq!(spread, book.balance(before) - paid_late, "account {id}");
            assert!(book.instalments.iter().filter(|i| i.3 == v + 1).all(|i| i.1 == *known && i.0 > *known));
        }
    }
    // Rows stand by account and date, events by borrower and date.
    for amounts in [&all.instalments, &all.payments] {
        assert!((1..amounts.day.len()).all(|k| (amounts.account[k - 1], amounts.day[k - 1]) <= (amounts.account[k], amounts.day[k])));
    }
    let (c, e) = (&all.contacts, &all.events);
    assert!((1..c.day.len()).all(|k| (c.account[k - 1], c.day[k - 1]) <= (c.account[k], c.day[k])));
    assert!((1..e.from.len()).all(|k| (e.borrower[k - 1], e.from[k - 1]) <= (e.borrower[k], e.from[k])));
    assert!((0..e.from.len()).all(|k| e.from[k] <= e.known_on[k] && e.known_on[k] <= world.until()));
}

#[test]
fn nothing_is_taken_back_in_a_world_without_reversals() {
    let world = World { accounts: 2_000, reversals: false, ..World::default() };
    let all = lived(&world, &accounts_of_borrowers(&world));
    assert!(all.payments.amount.iter().all(|a| *a > 0));
}

#[test]
fn statements_say_where_the_account_stands() {
    let world = World { accounts: 8_000, seed: 4, shape: Shape::Both, ..World::default() };
    let all = lived(&world, &accounts_of_borrowers(&world));
    let s = &all.statements;
    assert!((1..s.day.len()).all(|k| (s.account[k - 1], s.day[k - 1]) < (s.account[k], s.day[k])));
    let in_ledger: std::collections::HashSet<i64> = all.payments.account.iter().chain(&all.instalments.account).copied().collect();
    let in_statements: std::collections::HashSet<i64> = s.account.iter().copied().collect();
    let both: Vec<i64> = in_ledger.intersection(&in_statements).copied().collect();
    assert!(both.len() > 1_000 && in_ledger.len() - both.len() > 1_500 && in_statements.len() - both.len() > 1_000);
    let books = records(&all);
    for k in 0..s.day.len() {
        assert_eq!(s.day[k], s.day[k].month_end());
        assert!(s.known_on[k] >= s.day[k] && (s.days_past_due[k] > 0) == (s.arrears[k] > 0) && s.balance[k] >= s.arrears[k]);
        let same_account = k > 0 && s.account[k - 1] == s.account[k];
        // Without a re-age, what is paid is what the balance falls by.
        if same_account {
            assert!(s.balance[k] == s.balance[k - 1] - s.amount_paid[k], "account {} on {}", s.account[k], s.day[k]);
        }
        // The ledger begins after the last statement, in order, with the balance that it says.
        let last = s.account.get(k + 1) != Some(&s.account[k]);
        let book = &books[s.account[k] as usize];
        if last && in_ledger.contains(&s.account[k]) {
            assert_eq!((s.days_past_due[k], book.balance(s.day[k].plus(1))), (0, s.balance[k]), "account {}", s.account[k]);
            assert!(book.instalments.iter().all(|i| i.0 > s.day[k]) && book.payments.iter().all(|p| p.0 > s.day[k]));
        }
    }
    assert!(s.known_on.iter().zip(&s.day).filter(|(known, day)| known > day).count() > 500);
    // In a world of statements who covers their arrears stands in order at the next month end, and who does not and is not re-aged, does not.
    let re_aged: std::collections::HashSet<(i64, i32)> = (0..all.events.kind.len())
        .filter(|k| EVENT_KINDS[usize::from(all.events.kind[*k])] == "re_age")
        .filter_map(|k| Some((all.events.account[k]?, all.events.known_on[k].month_index())))
        .collect();
    let status: BTreeMap<(i64, i32), i64> = (0..s.day.len()).map(|k| ((s.account[k], s.day[k].month_index()), s.days_past_due[k])).collect();
    let (mut expected, mut variance, mut current) = (0.0, 0.0, 0.0);
    for k in 0..all.truth.day.len() {
        let (account, month, p) = (all.truth.account[k], all.truth.day[k].month_index(), all.truth.probability[k]);
        if let (true, Some(next)) = (status.contains_key(&(account, month)), status.get(&(account, month + 1))) {
            expected += p;
            variance += p * (1.0 - p);
            current += f64::from(u8::from(*next == 0 && !re_aged.contains(&(account, month + 1))));
        }
    }
    assert!(expected > 500.0 && f64::abs(current - expected) < 4.0 * f64::sqrt(variance), "{current} current, {expected} expected");
}

#[test]
fn everything_occurs_that_features_and_outcomes_are_about() {
    let (world, all, books) = world(20_000, 7);
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |name: &str, n: usize| *found.entry(name.to_string()).or_default() += n;
    // Wishes of electronic silence and debt advice route alone: no feature and no outcome is about them, and the world has none.
    let routing = ["opt_out", "debt_advice"];
    let kinds = EVENT_KINDS.iter().enumerate().filter(|(_, kind)| !routing.contains(kind));
    kinds.for_each(|(k, kind)| count(kind, all.events.kind.iter().filter(|e| usize::from(**e) == k).count()));
    let c = &all.contacts;
    for (k, word) in RESULTS.iter().enumerate() {
        count(&format!("contact {word}"), c.result.iter().filter(|r| usize::from(**r) == k).count());
    }
    for word in CHANNELS.iter().filter(|w| **w != "other") {
        count(&format!("channel {word}"), c.channel.iter().filter(|r| ledger::CHANNELS[usize::from(**r)] == *word).count());
    }
    count("inbound", c.direction.iter().filter(|d| **d == 1).count());
    let p = &all.payments;
    count("failed debits", p.failed.iter().filter(|f| **f == 1).count());
    count("reversals", p.amount.iter().filter(|a| **a < 0).count());
    count("known in a later month", (0..p.day.len()).filter(|k| p.known_on[*k].month_index() > p.day[*k].month_index()).count());
    let reversed_later =
        |b: &Records| b.payments.iter().any(|r| r.2 < 0 && b.payments.iter().any(|p| p.2 == -r.2 && p.0.month_index() < r.0.month_index()));
    count("reversed in a later month", books.iter().filter(|b| reversed_later(b)).count());
    let versions = |b: &Records| (1..=b.re_ages.len()).filter(|v| b.instalments.iter().any(|i| i.3 == *v)).count();
    count("re-aged twice", books.iter().filter(|b| versions(b) >= 2).count());
    count("re-aged on paper alone", books.iter().filter(|b| versions(b) < b.re_ages.len()).count());
    count("no limit", all.accounts.limit.iter().filter(|l| **l == Money::NULL.0).count());
    count("limit", all.accounts.limit.iter().filter(|l| **l > 0).count());
    (0..2u8).for_each(|word| count(&format!("secured {word}"), all.accounts.secured.iter().filter(|s| **s == word).count()));
    count("no income", all.accounts.income.iter().filter(|i| **i == Money::NULL.0).count());
    count("no payday", all.accounts.payday.iter().filter(|p| p.is_nan()).count());
    for k in 1..all.accounts.id.len() {
        let (closed, opened) = (all.accounts.closed_on[k - 1], all.accounts.opened_on[k]);
        let follows = all.accounts.borrower[k] == all.accounts.borrower[k - 1] && closed != Day::NULL && closed < opened;
        count("opened after an earlier account was closed", usize::from(follows));
    }
    for (k, id) in all.truth.account.iter().enumerate().filter(|(k, _)| all.truth.day[*k].plus(120) <= world.until()) {
        let (day, book) = (all.truth.day[k], &books[*id as usize]);
        let (cured, re_aged) = (book.cured(day), book.re_aged(day, 30));
        count("mature cases", 1);
        count("re-aged within 30 days", usize::from(re_aged));
        count("paid in part", usize::from(!cured && !re_aged && book.received(day, 30) > 0));
        count("cured but late again at the horizon", usize::from(cured && book.dpd(day.plus(30)) > 0));
        if cured {
            let cure = (1..=30).find(|n| book.received(day, *n) >= book.owed(day)).unwrap();
            count("relapse", usize::from((1..=90).any(|n| book.dpd(day.plus(cure + n)) >= 30)));
        }
        count("over 90 days", usize::from(book.dpd(day) > 90));
    }
    for book in books.iter().skip(1).filter(|b| !b.instalments.is_empty()) {
        let (first, _, amount, _) = book.instalments[0];
        let late = first.plus(30) <= world.until() && book.payments.iter().filter(|p| p.0 <= first.plus(30)).map(|p| p.2).sum::<i64>() < amount;
        count("first payment default", usize::from(late));
        count("written off in arrears", usize::from(book.written_off.is_some_and(|w| book.dpd(w) > 0)));
    }
    let e = &all.events;
    let promise = EVENT_KINDS.iter().position(|k| *k == "promise").unwrap();
    for k in (0..e.kind.len()).filter(|k| usize::from(e.kind[*k]) == promise) {
        let book = &books[e.account[k].unwrap() as usize];
        let paid = |until: Day| book.payments.iter().filter(|p| p.0 >= e.from[k] && p.0 <= until).map(|p| p.2).sum::<i64>() as f64;
        let (by_due, in_grace, enough) = (paid(e.to[k]), paid(e.to[k].plus(3)), 0.95 * e.amount[k] as f64);
        let part = e.amount[k] < book.owed(e.from[k]);
        let name = match (by_due >= enough, in_grace >= enough, in_grace > 0.0) {
            (true, ..) => "kept in time",
            (_, true, _) => "kept a day or two late",
            (_, _, true) => "kept in part",
            _ => "broken",
        };
        count(&format!("promise {name}"), 1);
        count("promise of a part", usize::from(part));
        count("promise open at a month end", usize::from(e.from[k].month_end() < e.to[k]));
    }
    let rare = ["deceased", "fraud_suspect", "legal_withdrawn", "vulnerable_other", "moratorium", "plan_broken", "plan_completed"];
    let few: Vec<_> = found.iter().filter(|(name, n)| **n < if rare.contains(&name.as_str()) { 10 } else { 40 }).collect();
    assert!(few.is_empty(), "{few:?}");
}

#[test]
fn the_amnesty_is_a_month_in_which_more_is_paid() {
    let (world, all, _) = world(10_000, 9);
    let mean = |in_it: bool| {
        let chosen: Vec<f64> = (0..all.truth.day.len())
            .filter(|k| world.amnesty().contains(&((all.truth.day[*k].plus(1).month_index() - first_day().month_index()) as u32)) == in_it)
            .map(|k| all.truth.probability[k])
            .collect();
        chosen.iter().sum::<f64>() / chosen.len() as f64
    };
    assert!(mean(true) > mean(false) + 0.04, "{} and {}", mean(true), mean(false));
}

#[test]
fn test_cases_of_every_length_of_history_can_mature() {
    let folder = tempfile::tempdir().unwrap();
    for (months, shape) in [6, 7, 8, 9, 13, 24].map(|m| (m, Shape::Ledger)).into_iter().chain([(6, Shape::Statements), (24, Shape::Both)]) {
        let out = folder.path().join(format!("{months}{shape:?}"));
        let world = World { accounts: 20, months, shape, ..World::default() };
        let summary = simulate(&world, &out, Format::Csv).unwrap();
        let split = crate::base::config::Project::load(&out.join("recoup.toml")).unwrap().split.unwrap();
        assert!(split.test_from.plus(30) <= summary.data_until, "{months} months");
    }
}

#[test]
fn the_further_sections_are_toml_that_says_the_worlds_rates() {
    let (world, all, _) = world(2_000, 7);
    let text = project::project_file(&world, &all.counts, Format::Csv);
    let parsed: toml::Table = text.parse().unwrap();
    let rate = |name: &str| parsed["rates"][name].as_float().unwrap();
    assert!((0.3..0.7).contains(&rate("promise_kept")) && (0.2..0.6).contains(&rate("right_party")), "{text}");
    assert_eq!(parsed["regimes"]["amnesty"]["from"].as_str(), Some("2024-12-20"));
    assert_eq!(parsed["regimes"]["amnesty"]["until"].as_str(), Some("2025-02-20"));
    assert_eq!(parsed["expressions"]["arrears_to_income"].as_str(), Some("arrears / nullif(income, 0)"));
}

#[test]
fn sizes_out_of_range_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for world in [World { accounts: 0, ..World::default() }, World { accounts: 10, months: 2, ..World::default() }] {
        assert!(simulate(&world, &folder.path().join("x"), Format::Csv).unwrap_err().to_string().contains("simulate.size"));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
