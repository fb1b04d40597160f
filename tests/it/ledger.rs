//! Cases of small ledgers, worked by hand.

use super::world::Book;
use recoup::base::config::{Observe, Project};
use recoup::base::units::Bucket;
use recoup::data::cases::Maturity;
use recoup::data::features::Values;
use recoup::data::observe::{Observed, observe};
use recoup::pipeline::read_book;

fn observed(book: &Book, rule: Option<Observe>) -> Observed {
    let book = read_book(Project::load(&book.project()).unwrap(), &|_| {}).unwrap();
    let rule = rule.unwrap_or(book.project.observe.clone());
    observe(&book.project, &book.portfolio, &rule)
}

fn on(day: &str) -> Option<Observe> {
    Some(Observe::Dates(vec![day.parse().unwrap()]))
}

fn feature(observed: &Observed, name: &str) -> Vec<f64> {
    match &observed.features.get(name).unwrap_or_else(|| panic!("no feature {name}")).values {
        Values::Number(v) => v.clone(),
        Values::Category { .. } => panic!("{name} is a category"),
    }
}

#[test]
fn month_ends_of_the_small_book() {
    // 001: 100 due Feb 10, paid Feb 20; 100 due Mar 10, paid Apr 2. So in arrears at the end of March only, 21 days past due.
    // 002: paid on its due date. 003: 70 due Mar 1, 30 paid May 1: in arrears from March on.
    let seen = observed(&Book::with(&[]), None);
    let cases = &seen.cases;
    let rows: Vec<(String, String, i32, i64)> =
        (0..cases.len()).map(|k| (cases.account_id(k).to_string(), cases.as_of[k].to_string(), cases.dpd[k], cases.arrears[k].0)).take(5).collect();
    let row = |a: &str, d: &str, dpd, arrears| (a.to_string(), d.to_string(), dpd, arrears);
    assert_eq!(
        rows,
        [
            row("001", "2020-03-31", 21, 10_000),
            row("003", "2020-03-31", 30, 7_000),
            row("003", "2020-04-30", 60, 7_000),
            row("003", "2020-05-31", 91, 4_000),
            row("003", "2020-06-30", 121, 4_000),
        ]
    );
    // 001 pays its 100 on Apr 2, within 30 days: repaid. 003 never covers its arrears; by Apr 30 it has paid nothing.
    assert_eq!(cases.repaid[..2], [true, false]);
    assert_eq!(cases.paid_ratio[..3], [1.0, 0.0, 30.0 / 70.0]);
    // December's window ends after the data: immature.
    assert_eq!(cases.maturity.last(), Some(&Maturity::Immature));
    assert_eq!(cases.maturity.iter().filter(|m| **m == Maturity::Mature).count(), cases.len() - 1);
    assert_eq!(seen.observations, cases.len() as u64 + seen.excluded["not_in_arrears"]);
}

/// One account of a borrower of two, with a partial payment, a late posting, a reversal and two episodes.
fn busy() -> Book {
    let accounts = "account_id,borrower_id,opened_on\n1,b,2019-01-05\n2,b,2019-01-05\n";
    let instalments = "account_id,due_on,amount\n\
        1,2020-01-10,100\n1,2020-02-10,100\n1,2020-03-10,100\n1,2020-04-10,100\n1,2020-05-10,100\n\
        2,2020-03-20,40\n2,2020-06-20,40\n";
    let payments = "account_id,paid_on,known_on,amount\n\
        1,2020-01-20,2020-01-20,100\n\
        1,2020-02-10,2020-02-12,100\n\
        1,2020-03-15,2020-03-15,60\n\
        1,2020-03-25,2020-03-25,40\n\
        1,2020-03-28,2020-04-03,-40\n\
        2,2020-03-20,2020-03-20,40\n";
    Book::with(&[("accounts.csv", accounts), ("instalments.csv", instalments), ("payments.csv", payments)])
}

#[test]
fn every_feature_of_a_busy_account_on_one_day() {
    // As known on Apr 15: paid 100 + 100 + 60 + 40 − 40 = 260 of 400 due; 140 overdue, 40 of it since Mar 10: 36 days past due.
    let seen = observed(&busy(), on("2020-04-15"));
    assert_eq!(seen.cases.len(), 1);
    assert_eq!((seen.cases.dpd[0], seen.cases.arrears[0].0, seen.cases.bucket[0]), (36, 14_000, Bucket(2)));
    let expected = [
        ("dpd", 36.0),
        ("bucket", 2.0),
        ("arrears", 140.0),
        ("balance", 240.0), // 500 scheduled − 260
        ("arrears_to_balance", 140.0 / 240.0),
        ("unpaid_instalments", 2.0), // March in part, April whole
        // Episodes as known: Jan 11–20, Feb 11 (posted on the 12th), Mar 11–25, and from Apr 3, when the reversal was known.
        ("days_in_episode", 13.0), // Apr 3 … Apr 15
        ("episodes_365", 4.0),
        ("past_cures", 3.0),
        ("past_cure_rate", 1.0),
        ("max_dpd_365", 36.0),
        ("months_since_30dpd", 0.0),  // Apr 9 was day 30
        ("bucket_change_1c", 1.0),    // Mar 15: 5 days past due, M1
        ("days_since_payment", 31.0), // Mar 15: the payment of Mar 25 was taken back
        ("payments_90", 3.0),         // Jan 20 (86 days ago), Feb 10 and Mar 15, without the one taken back
        ("paid_to_due_365", 260.0 / 400.0),
        ("on_time_rate_365", 0.25),    // February alone: posted late but paid on the day
        ("partial_payments_365", 1.0), // 60 on Mar 15
        ("months_on_book", 15.0),
        ("day_of_month", 15.0),
        ("other_delinquent_accounts", 0.0),
        ("borrower_past_cures", 3.0),
        ("borrower_max_dpd_365", 36.0),
    ];
    for (name, value) in expected {
        assert_eq!(feature(&seen, name), [value], "{name}");
    }
    // 90 days: (Jan 16, Apr 15] holds the payments of Jan 20, Feb 10 and Mar 15 and the dues of Feb, Mar and Apr.
    assert_eq!(feature(&seen, "paid_to_due_90"), [260.0 / 300.0]);
}

#[test]
fn a_record_known_later_changes_no_earlier_feature() {
    // On Apr 2 the reversal of Mar 28 was not known: the account was in order.
    assert!(observed(&busy(), on("2020-04-02")).cases.is_empty());
    assert_eq!(observed(&busy(), on("2020-04-03")).cases.len(), 1);
    // On Feb 11 the payment of Feb 10 was not yet posted; it counts in the outcome of that day, once.
    let seen = observed(&busy(), on("2020-02-11"));
    assert_eq!((seen.cases.dpd[0], seen.cases.repaid[0], seen.cases.paid_ratio[0]), (1, true, 1.0));
}

#[test]
fn entry_cases_are_the_first_days_of_episodes() {
    let seen = observed(&busy(), Some(Observe::Entry));
    let rows: Vec<(String, String, i32)> =
        (0..seen.cases.len()).map(|k| (seen.cases.account_id(k).into(), seen.cases.as_of[k].to_string(), seen.cases.dpd[k])).collect();
    let row = |a: &str, d: &str, dpd| (a.to_string(), d.to_string(), dpd);
    assert_eq!(
        rows,
        [
            row("1", "2020-01-11", 1),
            row("1", "2020-02-11", 1),
            row("1", "2020-03-11", 1),
            row("1", "2020-04-03", 24), // the reversal reopens March, due 24 days before
            row("2", "2020-06-21", 1),
        ]
    );
}

#[test]
fn the_borrowers_other_accounts_count() {
    let seen = observed(&busy(), on("2020-07-01"));
    assert_eq!(feature(&seen, "other_delinquent_accounts"), [1.0, 1.0]);
    assert_eq!(feature(&seen, "borrower_past_cures"), [3.0, 3.0]);
    assert_eq!(feature(&seen, "past_cures"), [3.0, 0.0]);
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let reversed = |text: &str| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines[1..].reverse();
        lines.join("\n")
    };
    let (accounts, instalments, payments) = (super::world::ACCOUNTS, super::world::INSTALMENTS, super::world::PAYMENTS);
    let a = observed(&Book::with(&[]), None);
    let b = observed(
        &Book::with(&[("accounts.csv", &reversed(accounts)), ("instalments.csv", &reversed(instalments)), ("payments.csv", &reversed(payments))]),
        None,
    );
    assert_eq!(format!("{:?}", a.features), format!("{:?}", b.features));
    assert_eq!(format!("{:?}", a.cases), format!("{:?}", b.cases));
}

#[test]
fn holds_and_exclusions_follow_the_events() {
    let project = super::world::PROJECT.replace("[cases]", "[tables.events]\npath = \"events.csv\"\n[cases]");
    let events = "account_id,borrower_id,kind,from,to,known_on\n\
        003,,dispute,2020-04-10,2020-05-10,2020-04-12\n\
        ,b2,hardship_illness,2020-05-20,,2020-05-20\n\
        003,,plan_active,2020-06-01,,2020-06-01\n\
        003,,plan_broken,2020-07-15,,2020-07-15\n\
        003,,write_off,2020-09-10,,2020-09-10\n";
    let seen = observed(&Book::with(&[("recoup.toml", &project), ("events.csv", events)]), None);
    let names: Vec<(String, String)> = (0..seen.cases.len())
        .filter(|k| seen.cases.account_id(*k) == "003")
        .map(|k| (seen.cases.as_of[k].to_string(), seen.cases.holds[k].names().collect::<Vec<_>>().join(" ")))
        .collect();
    let row = |d: &str, n: &str| (d.to_string(), n.to_string());
    assert_eq!(
        names,
        [
            row("2020-03-31", ""),
            row("2020-04-30", "dispute_open"),
            row("2020-05-31", "hardship"),
            row("2020-06-30", "plan_active hardship"),
            row("2020-07-31", "hardship"),
            row("2020-08-31", "hardship"),
        ]
    );
    assert_eq!(seen.excluded["written_off"], 4);
}

#[test]
fn every_episode_says_how_it_ended() {
    // Account 1 as above. Account 2: 40 due Mar 20 paid; 40 due Jun 20 not paid, written off on Jul 10. Account 3: 50 due Feb 1 not paid,
    // re-aged on Mar 5 to 50 due Apr 20, paid Apr 25.
    let accounts = "account_id,borrower_id,opened_on\n1,b,2019-01-05\n2,b,2019-01-05\n3,c,2019-01-05\n";
    let extra = Book::with(&[
        ("accounts.csv", accounts),
        (
            "instalments.csv",
            "account_id,due_on,amount,known_on\n2,2020-06-20,40,\n3,2020-02-01,50,\n3,2020-04-20,50,2020-03-05\n1,2020-01-10,100,\n1,2020-05-10,1,\n",
        ),
        ("payments.csv", "account_id,paid_on,amount\n3,2020-04-25,50\n1,2020-01-20,100\n"),
        ("events.csv", "account_id,kind,from\n2,write_off,2020-07-10\n3,re_age,2020-03-05\n"),
        ("recoup.toml", &super::world::PROJECT.replace("[cases]", "[tables.events]\npath = \"events.csv\"\n[cases]")),
    ]);
    let book = read_book(Project::load(&extra.project()).unwrap(), &|_| {}).unwrap();
    let found: Vec<(u32, String, String, &str, i32)> = recoup::data::episodes::episodes(&book.project, &book.portfolio)
        .iter()
        .map(|e| (e.account + 1, e.episode.entry.to_string(), e.episode.end.to_string(), e.episode.how.name(), e.max_dpd))
        .collect();
    let row = |a, entry: &str, end: &str, how, most| (a, entry.to_string(), end.to_string(), how, most);
    assert_eq!(
        found,
        [
            row(1, "2020-01-11", "2020-01-20", "payment", 9),
            row(1, "2020-05-11", "never", "open", 235), // May 10 to Dec 31
            row(2, "2020-06-21", "2020-07-10", "charge_off", 19),
            row(3, "2020-02-02", "2020-03-05", "re_age", 32),
            row(3, "2020-04-21", "2020-04-25", "payment", 4),
        ]
    );
}
