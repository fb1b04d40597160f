//! Plans: schedules worked by hand and ten thousand random ones that add up, refusals, what a plan rests on, the rule and its verifier, the command.

use super::cli::text;
use super::guardrails::{Dice, Random, altered, certificate, day_before, decided, random};
use super::replay::{folder_with_run, recoup};
use super::stories::{self, DAY};
use super::world::Book;
use recoup::base::dates::Day;
use recoup::base::units::Money;
use recoup::decide::plan::schedule::{interest, months};
use recoup::decide::plan::{Ability, Plan, PlanFacts, Refused, needed, plan_at, plan_in, plan_of};
use recoup::decide::policy::{ClaimOf, Millionths, PlanTerms, Policy};
use recoup::decide::words;
use serde_json::Value;
use std::path::Path;

fn terms() -> PlanTerms {
    PlanTerms {
        covers: ClaimOf::Balance,
        shown_days: 180,
        shown_share: Millionths(900_000),
        income_share: Millionths(250_000),
        max_months: 36,
        min_instalment: Money(5_000),
        first_due_days: 31,
        annual_rate: Millionths(0),
        discount_rate: Millionths(60_000),
        assumed_by: "test".into(),
    }
}

/// An account that owes so much, with an income, of which nothing else is known.
fn owes(amount: i64, income: i64) -> PlanFacts {
    let as_of = "2025-01-01".parse().unwrap();
    PlanFacts { as_of, amount: Some(Money(amount)), income: Some(Money(income)), paid: None, regular: None, payday: None }
}

fn instalments(plan: &Plan) -> Vec<i64> {
    plan.rows.iter().map(|row| row.instalment.0).collect()
}

#[test]
fn a_schedule_without_interest_worked_by_hand() {
    // 1,000.00 at 300.00 a month, a quarter of 1,200.00: four months, and in four months 250.00 does.
    let plan = plan_of(&terms(), &owes(100_000, 120_000)).unwrap();
    assert_eq!(instalments(&plan), [25_000; 4]);
    assert_eq!((plan.instalment, plan.last(), plan.total, plan.interest), (Money(25_000), Money(25_000), Money(100_000), Money(0)));
    let due: Vec<String> = plan.rows.iter().map(|row| row.due_on.to_string()).collect();
    assert_eq!(due, ["2025-02-01", "2025-03-01", "2025-04-01", "2025-05-01"]);
    // A cent more: 250.01 three times, and 249.98.
    let plan = plan_of(&terms(), &owes(100_001, 120_000)).unwrap();
    assert_eq!(instalments(&plan), [25_001, 25_001, 25_001, 24_998]);
    // Less than an instalment is paid at once.
    let plan = plan_of(&terms(), &owes(3_000, 120_000)).unwrap();
    assert_eq!((instalments(&plan), plan.instalment), (vec![3_000], Money(3_000)));
    // Not below what is worth collecting: 101.00 at 100.00 takes two months, but 60.00 and 41.00, not 50.50 twice.
    let least = PlanTerms { min_instalment: Money(6_000), ..terms() };
    assert_eq!(instalments(&plan_of(&least, &owes(10_100, 40_000)).unwrap()), [6_000, 4_100]);
}

#[test]
fn a_schedule_with_interest_worked_by_hand() {
    // 1 % a month on what is left. At 300.00: 710.00, 417.10, 121.27, 0: four months. At 256.28 2.54 of interest is left over in the fourth month.
    let twelve = PlanTerms { annual_rate: Millionths(120_000), ..terms() };
    let plan = plan_of(&twelve, &owes(100_000, 120_000)).unwrap();
    let rows: Vec<[i64; 4]> = plan.rows.iter().map(|r| [r.instalment.0, r.interest.0, r.principal.0, r.remaining.0]).collect();
    assert_eq!(rows, [[25_629, 1_000, 24_629, 75_371], [25_629, 754, 24_875, 50_496], [25_629, 505, 25_124, 25_372], [25_626, 254, 25_372, 0]]);
    assert_eq!((plan.interest, plan.total), (Money(2_513), Money(102_513)));
    assert_eq!(months(100_000, 25_628, twelve.annual_rate, 4), None);
}

#[test]
fn a_present_value_worked_by_hand() {
    // 1,000.00 after 31 days at 6 % a year: 1000 / 1.06^(31/365) = 995.063. Half of it after 31 and half after 59 days: 497.532 + 495.313.
    let one = plan_of(&terms(), &owes(100_000, 400_000)).unwrap();
    assert_eq!((instalments(&one), one.present_value), (vec![100_000], Money(99_506)));
    let two = plan_of(&terms(), &owes(100_000, 200_000)).unwrap();
    assert_eq!((instalments(&two), two.present_value), (vec![50_000; 2], Money(99_284)));
    let undiscounted = PlanTerms { discount_rate: Millionths(0), ..terms() };
    assert_eq!(plan_of(&undiscounted, &owes(100_000, 200_000)).unwrap().present_value, Money(100_000));
}

#[test]
fn what_can_be_paid_is_the_smaller_of_income_and_payments() {
    let payable = |income: Option<i64>, paid: Option<i64>| {
        let facts = PlanFacts { income: income.map(Money), paid: paid.map(Money), ..owes(100_000, 0) };
        Ability::of(&terms(), &facts).payable
    };
    // 0.9 × 1,000.00 / 180 × 30.4375 = 152.1875, rounded down.
    assert_eq!(payable(None, Some(100_000)), Ok(Money(15_218)));
    assert_eq!(payable(Some(400_000), Some(100_000)), Ok(Money(15_218)));
    // A quarter of 400.03 is 100.0075.
    assert_eq!(payable(Some(40_003), Some(100_000)), Ok(Money(10_000)));
    // Nothing paid, or more taken back than paid, shows nothing: the income alone tells.
    assert_eq!([payable(Some(400_000), Some(0)), payable(Some(400_000), Some(-5)), payable(Some(400_000), None)], [Ok(Money(100_000)); 3]);
    // An income of zero is a fact, whatever was paid.
    assert_eq!([payable(Some(0), Some(100_000)), payable(Some(0), None)], [Err(Refused::IncomeZero); 2]);
    assert_eq!(payable(None, Some(0)), Err(Refused::NoAbility { days: 180 }));
    assert_eq!(payable(None, None), Err(Refused::AbilityUnknown));
    // For the arrears, on top of the regular instalments.
    let arrears = PlanTerms { covers: ClaimOf::Arrears, ..terms() };
    let beside = |regular: Option<i64>| Ability::of(&arrears, &PlanFacts { regular: regular.map(Money), ..owes(100_000, 120_000) }).payable;
    assert_eq!(beside(Some(20_000)), Ok(Money(10_000)));
    assert_eq!(beside(Some(30_000)), Err(Refused::RegularTakesAll { able: Money(30_000), regular: Money(30_000) }));
    assert_eq!(beside(None), Err(Refused::RegularUnknown));
}

#[test]
fn a_plan_that_cannot_be_is_refused_with_the_reason_and_what_it_would_take() {
    let said = |terms: &PlanTerms, facts: &PlanFacts| plan_of(terms, facts).unwrap_err().words(2).en;
    // 7,320.00 at 120.00 is 61 months; in 36 it takes 203.34.
    let long = owes(732_000, 48_000);
    assert_eq!(said(&terms(), &long), "needs 61 months at 120.00, at most 36");
    assert_eq!(needed(&terms(), &long), Some(Money(20_334)));
    // 1 % of 13,000.00 is 130.00 a month.
    let twelve = PlanTerms { annual_rate: Millionths(120_000), ..terms() };
    let never = "never paid off: 120.00 a month does not cover the interest, 130.00 in the first month";
    assert_eq!(said(&twelve, &owes(1_300_000, 48_000)), never);
    // A cent above the interest: counted by a script of exact fractions.
    assert_eq!(said(&twelve, &owes(1_199_900, 48_000)), "needs 952 months at 120.00, at most 36");
    assert_eq!(said(&terms(), &owes(100_000, 16_000)), "40.00 a month is below the least instalment, 50.00");
    assert_eq!(said(&terms(), &owes(100_000, 0)), "the income is 0, so nothing can be asked of it");
    assert_eq!(said(&terms(), &owes(0, 120_000)), "nothing is left to pay off: the balance is not above 0");
    let unknown = PlanFacts { amount: None, ..owes(0, 120_000) };
    assert_eq!((said(&terms(), &unknown).as_str(), needed(&terms(), &unknown)), ("the balance is not known", None));
    assert_eq!(plan_of(&terms(), &PlanFacts { income: None, ..owes(1, 1) }), Err(Refused::AbilityUnknown));
    // What somebody offers is not held to what was shown, but to the terms.
    assert_eq!(plan_at(&terms(), &owes(732_000, 0), Money(20_334)).unwrap().rows.len(), 36);
    assert_eq!(plan_in(&terms(), &owes(100_000, 0), 8).unwrap().instalment, Money(12_500));
    assert_eq!(plan_in(&terms(), &owes(732_000, 0), 61), Err(Refused::TooLong { months: Some(61), instalment: Money(12_000), most: 36 }));
    let forever = plan_in(&terms(), &owes(732_000, 0), u32::MAX).unwrap_err();
    assert_eq!(forever.words(2).en, "needs more than 1200 months at 6.10, at most 36");
    assert_eq!(plan_at(&terms(), &owes(100_000, 0), Money(4_999)), Err(Refused::BelowLeast { instalment: Money(4_999), least: Money(5_000) }));
}

/// What is left after paying so many months, by the book and not by the code under test.
fn left_after(amount: i64, instalment: i64, rate: Millionths, months: u32) -> i64 {
    let mut left = amount;
    for _ in 0..months {
        let exact = left as f64 * rate.share() / 12.0;
        // Halves, which a double may miss by a hair, are asked of the rule itself, which is worked by hand.
        let near_half = ((exact - exact.floor()) - 0.5).abs() < 1e-6;
        let interest = if near_half { interest(left, rate) } else { exact.round() as i64 };
        left = (left + interest - instalment).max(0);
    }
    left
}

#[test]
fn ten_thousand_random_schedules_add_up() {
    let mut dice = Dice(20_261_126);
    let (mut plans, mut refused, mut with_interest) = (0, 0, 0);
    for case in 0.. {
        if plans == 10_000 {
            break;
        }
        let size = [100, 10_000, 1_000_000, 100_000_000][dice.roll(4) as usize];
        let rate = Millionths([0, 0, dice.roll(400_000) as i64, 120_000][dice.roll(4) as usize]);
        let terms = PlanTerms {
            max_months: 1 + dice.roll(72) as u32,
            min_instalment: Money(1 + dice.roll(10_000) as i64),
            first_due_days: 1 + dice.roll(60) as i32,
            annual_rate: rate,
            ..terms()
        };
        let facts = PlanFacts {
            as_of: Day(18_000 + dice.roll(3_000) as i32),
            amount: Some(Money(1 + dice.roll(size) as i64)),
            income: (dice.roll(3) > 0).then(|| Money(dice.roll(2_000_000) as i64)),
            paid: Some(Money(dice.roll(size) as i64)),
            payday: (dice.roll(2) == 0).then(|| 1 + dice.roll(31) as u32),
            regular: None,
        };
        let (amount, payable) = (facts.amount.unwrap().0, Ability::of(&terms, &facts).payable);
        let plan = match plan_of(&terms, &facts) {
            Ok(plan) => plan,
            Err(_) => {
                // A refusal is right: nothing is payable, or too little, or it does not end in time.
                let pays = payable.is_ok_and(|p| p >= terms.min_instalment && left_after(amount, p.0, rate, terms.max_months) == 0);
                assert!(!pays, "case {case}: {terms:?} {facts:?}");
                refused += 1;
                continue;
            }
        };
        let payable = payable.unwrap();
        let n = plan.rows.len() as u32;
        let sum = |of: fn(&recoup::decide::plan::Row) -> Money| plan.rows.iter().map(|row| of(row).0).sum::<i64>();
        assert_eq!(sum(|r| r.principal), amount, "case {case}");
        assert_eq!((sum(|r| r.interest), sum(|r| r.instalment)), (plan.interest.0, plan.total.0), "case {case}");
        assert_eq!(plan.total.0, amount + plan.interest.0, "case {case}");
        let mut left = amount;
        for (k, row) in plan.rows.iter().enumerate() {
            assert_eq!(row.instalment.0, row.interest.0 + row.principal.0, "case {case}");
            assert_eq!((row.number as usize, row.interest.0), (k + 1, interest(left, rate)), "case {case}");
            left -= row.principal.0;
            assert_eq!(row.remaining.0, left, "case {case}");
            let last = k + 1 == plan.rows.len();
            assert!(if last { row.instalment <= plan.instalment } else { row.instalment == plan.instalment }, "case {case}");
            assert!(row.instalment > Money(0) && row.due_on >= facts.as_of.plus(terms.first_due_days), "case {case}");
            assert!(k == 0 || row.due_on > plan.rows[k - 1].due_on, "case {case}");
            let payday = facts.payday.map(|day| day.min(row.due_on.month_end().day_of_month()));
            assert!(payday.is_none_or(|day| row.due_on.day_of_month() == day), "case {case}");
        }
        assert_eq!(left, 0, "case {case}");
        assert!(plan.instalment <= payable && n <= terms.max_months, "case {case}");
        // The fewest months that what can be paid allows, and in them the lowest instalment.
        assert_eq!(left_after(amount, payable.0, rate, n), 0, "case {case}");
        assert!(n == 1 || left_after(amount, payable.0, rate, n - 1) > 0, "case {case}");
        let lower = plan.instalment.0 - 1;
        assert!(n == 1 || plan.instalment == terms.min_instalment || left_after(amount, lower, rate, n) > 0, "case {case}");
        assert!(plan.present_value <= plan.total && plan.present_value > Money(0) || amount < 100, "case {case}");
        plans += 1;
        with_interest += usize::from(plan.interest > Money(0));
    }
    assert!(plans == 10_000 && refused > 5_000 && with_interest > 3_000, "{plans} {refused} {with_interest}");
}

const PROJECT: &str = r#"
name = "plans"
[currency]
code = "CNY"
minor_digits = 2
[clock]
data_until = "2026-12-31"
[tables.accounts]
path = "accounts.csv"
[tables.instalments]
path = "instalments.csv"
[tables.payments]
path = "payments.csv"
[tables.events]
path = "events.csv"
[declared]
contact_log = { value = "none", by = "test" }
[cases]
observe = "month_end"
[outcome]
rule = "cure"
horizon_days = 30
"#;

/// The stories' policy with terms of a plan.
fn policy_with(plan: &str) -> Policy {
    altered(&[("[care]\n", &format!("{plan}\n[care]\n"))])
}

/// A section with some of its lines put otherwise.
fn section(changes: &[(&str, &str)]) -> String {
    let keys = [
        ("covers", "\"balance\""),
        ("shown_days", "180"),
        ("shown_share", "0.9"),
        ("income_share", "0.25"),
        ("max_months", "36"),
        ("min_instalment", "\"50.00\""),
        ("first_due_days", "30"),
        ("annual_rate", "0.0"),
        ("discount_rate", "0.06"),
        ("source", "{ assumed_by = \"the test\" }"),
    ];
    let value = |key: &str, value: &str| changes.iter().find(|(k, _)| *k == key).map_or(value, |(_, v)| v).to_string();
    let lines: String = keys.iter().map(|(key, v)| format!("{key} = {}\n", value(key, v))).collect();
    format!("[plan]\n{lines}")
}

#[test]
fn a_plan_rests_on_what_was_known_by_then() {
    // On 2026-11-20, window from 2026-05-25 on. Of a1: 200.00 on 06-01, 100.00 on 10-01 which is taken back on 11-01, 70.00 that is known only
    // on 11-25, 40.00 before the window, 30.00 of 11-10 that is taken back on 11-30: 230.00 stand. Of a2 nothing was paid. a3 agreed on another
    // schedule on 10-01: 90.00 of it fall due on 12-15, none by 12-20 of the old one.
    let files = [
        ("recoup.toml", PROJECT),
        (
            "accounts.csv",
            "account_id,borrower_id,opened_on,product,income,payday\na1,b1,2025-01-01,loan,4000.00,31\na2,b2,2025-01-01,loan,0,\na3,b3,2025-01-01,loan,,15\n",
        ),
        (
            "instalments.csv",
            "account_id,due_on,amount,known_on\na1,2026-08-01,500.00,2025-01-01\na1,2026-12-01,110.00,2025-01-01\na1,2026-12-21,120.00,2025-01-01\n\
             a2,2026-08-01,500.00,2025-01-01\na3,2026-08-01,500.00,2025-01-01\na3,2026-12-01,500.00,2025-01-01\na3,2026-11-01,90.00,2026-10-01\n\
             a3,2026-12-15,90.00,2026-10-01\na3,2027-01-15,90.00,2026-10-01\na3,2026-12-16,7.00,2026-11-21\n",
        ),
        (
            "payments.csv",
            "account_id,paid_on,known_on,amount\na1,2026-05-24,2026-05-24,40.00\na1,2026-06-01,2026-06-01,200.00\na1,2026-10-01,2026-10-01,100.00\n\
             a1,2026-11-01,2026-11-01,-100.00\na1,2026-11-10,2026-11-10,30.00\na1,2026-11-30,2026-11-30,-30.00\na1,2026-11-15,2026-11-25,70.00\n",
        ),
        ("events.csv", "account_id,borrower_id,kind,from,to\na3,,re_age,2026-10-01,\n"),
    ];
    let folder = Book::with(&files);
    let facts = |covers: &str, account: &str| {
        let policy = policy_with(&section(&[("covers", covers)]));
        stories::decided_on(
            &folder.project(),
            |_| [0.5, 50.0, 50.0],
            &policy,
            |d, _| {
                let cases = d.guard.situation().cases;
                let k = (0..cases.len()).find(|k| cases.account_id(*k) == account).unwrap_or_else(|| panic!("{account} is no case"));
                let (_, facts) = d.guard.plan(k).unwrap();
                (facts, words::vetoes(d, k, d.policy.place("plan").unwrap()).into_iter().filter(|v| v.id == "plan:payable").collect::<Vec<_>>())
            },
        )
    };
    let as_of: Day = DAY.parse().unwrap();
    let (a1, vetoes) = facts("\"balance\"", "a1");
    // Everything scheduled, 730.00, less what was paid and known: 40 + 200 + 100 − 100 + 30.
    let expected = PlanFacts {
        as_of,
        amount: Some(Money(46_000)),
        income: Some(Money(400_000)),
        paid: Some(Money(23_000)),
        regular: Some(Money(11_000)),
        payday: Some(31),
    };
    assert_eq!(a1, expected);
    // 0.9 × 230.00 / 180 × 30.4375 = 35.00 a month.
    assert_eq!(vetoes[0].text.en, "no plan within the policy's terms can be paid: 35.00 a month is below the least instalment, 50.00");
    assert!(!vetoes[0].unknown);
    let (a1, _) = facts("\"arrears\"", "a1");
    assert_eq!((a1.amount, a1.regular), (Some(Money(23_000)), Some(Money(11_000))));
    let (a2, vetoes) = facts("\"balance\"", "a2");
    assert_eq!((a2.income, a2.paid, a2.payday), (Some(Money(0)), Some(Money(0)), None));
    assert!(vetoes[0].text.en.ends_with("the income is 0, so nothing can be asked of it"), "{vetoes:?}");
    let (a3, _) = facts("\"arrears\"", "a3");
    assert_eq!((a3.regular, a3.payday, a3.income), (Some(Money(9_000)), Some(15), None));
}

const STATED: &str = r#"
name = "stated plans"
[currency]
code = "CNY"
minor_digits = 2
[clock]
data_until = "2026-12-31"
[tables.accounts]
path = "accounts.csv"
[tables.statements]
path = "statements.csv"
[declared]
contact_log = { value = "none", by = "test" }
events = { value = "none", by = "test" }
[cases]
observe = "month_end"
[outcome]
rule = "not_rolled"
horizon_cycles = 1
"#;

#[test]
fn a_book_of_statements_shows_what_its_cycles_say_was_paid() {
    // Of s1 the window begins after 05-24: 100.00 of June and 50.00 of August, none said of July; what November says is known only on 11-25. Of s2
    // no statement says what was paid, and no income is known.
    let files = [
        ("recoup.toml", STATED),
        ("accounts.csv", "account_id,borrower_id,product\ns1,b1,loan\ns2,b2,loan\n"),
        (
            "statements.csv",
            "account_id,statement_on,known_on,balance,amount_due,amount_paid,days_past_due,arrears\n\
             s1,2026-05-24,,2500.00,120.00,900.00,0,0\ns1,2026-06-24,,2400.00,120.00,100.00,0,0\ns1,2026-07-24,,2400.00,120.00,,0,0\n\
             s1,2026-08-24,,2300.00,120.00,50.00,10,70.00\ns1,2026-09-24,,2150.00,120.00,0,20,190.00\ns1,2026-10-24,,2000.00,110.00,0,50,240.00\n\
             s1,2026-11-19,2026-11-25,1970.00,10.00,30.00,70,230.00\n\
             s2,2026-09-24,,800.00,80.00,,20,80.00\ns2,2026-10-24,,800.00,80.00,,50,160.00\n",
        ),
    ];
    let folder = Book::with(&files);
    let policy = policy_with(&section(&[("covers", "\"arrears\"")]));
    let found = stories::decided_on(
        &folder.project(),
        |_| [0.5, 50.0, 50.0],
        &policy,
        |d, share| {
            let found = certificate(d, share, &policy);
            assert_eq!(found.violations, 0, "{:?}", found.first);
            let place = d.policy.place("plan").unwrap();
            let said = |k: usize| words::vetoes(d, k, place).into_iter().find(|v| v.id == "plan:payable").map(|v| (v.text.en, v.unknown));
            (0..d.chosen.len()).map(|k| (d.guard.plan(k).unwrap().1, said(k))).collect::<Vec<_>>()
        },
    );
    let as_of: Day = DAY.parse().unwrap();
    let s1 = PlanFacts { as_of, amount: Some(Money(24_000)), income: None, paid: Some(Money(15_000)), regular: Some(Money(11_000)), payday: None };
    // 0.9 × 150.00 / 180 × 30.4375 = 22.82 a month.
    let taken = "no plan within the policy's terms can be paid: of 22.82 that can be paid a month the regular instalments take 110.00";
    assert_eq!(found[0], (s1, Some((taken.to_string(), false))));
    let unknown = "no plan within the policy's terms can be paid: neither the income nor payments are known";
    assert_eq!((found[1].0.paid, found[1].1.clone()), (None, Some((unknown.to_string(), true))));
}

/// A random book with incomes, paydays, payments that were taken back, and instalments to come.
fn random_with_incomes(seed: u64) -> Random {
    let mut dice = Dice(seed ^ 0x5eed);
    let mut book = random(seed);
    let mut lines = book.accounts.lines();
    let mut accounts = format!("{},income,payday\n", lines.next().unwrap());
    for line in lines {
        let income = ["", "0", "400.00", "2500.00", "9000.00"][dice.roll(5) as usize];
        accounts += &format!("{line},{income},{}\n", ["", "1", "15", "31"][dice.roll(4) as usize]);
        let account = line.split(',').next().unwrap();
        for _ in 0..dice.roll(6) {
            let (days, amount) = (1 + dice.roll(300), 20 + dice.roll(900));
            book.payments += &format!("{account},{},{amount}.00\n", day_before(days));
            if dice.roll(4) == 0 {
                book.payments += &format!("{account},{},-{amount}.00\n", day_before(dice.roll(days)));
            }
        }
        for k in 0..dice.roll(4) {
            let due = DAY.parse::<Day>().unwrap().plus((5 + 30 * k + dice.roll(20)) as i32);
            book.instalments += &format!("{account},{due},{}.00\n", 30 + dice.roll(300));
        }
    }
    book.accounts = accounts;
    book
}

#[test]
fn the_verifier_agrees_on_random_books_and_finds_what_was_decided_otherwise() {
    let (mut vetoed, mut free, mut unknown, mut chosen) = (0, 0, 0, 0);
    let variants = [
        section(&[]),
        section(&[("covers", "\"arrears\""), ("min_instalment", "\"20.00\"")]),
        section(&[("annual_rate", "0.24"), ("max_months", "12")]),
        section(&[("covers", "\"arrears\""), ("annual_rate", "0.12"), ("shown_days", "90"), ("income_share", "0.333333")]),
    ];
    for (k, terms) in variants.iter().enumerate() {
        let policy = policy_with(terms);
        for seed in 0..10 {
            let (v, f, u, c) = decided(&random_with_incomes(700 + seed + 10 * k as u64), &policy, |d, share| {
                let found = certificate(d, share, &policy);
                assert_eq!(found.violations, 0, "seed {seed}: {:?}", found.first);
                let rule = found.by_rule.iter().find(|r| r.rule == "plan:payable").unwrap();
                let place = d.policy.place("plan").unwrap();
                let here = d.chosen.iter().filter(|c| usize::from(**c) == place).count();
                for k in (0..d.chosen.len()).filter(|k| usize::from(d.chosen[*k]) == place) {
                    let (terms, facts) = d.guard.plan(k).unwrap();
                    assert!(plan_of(terms, &facts).is_ok());
                }
                (rule.vetoes, d.chosen.len() as u64 - rule.vetoes, rule.not_known, here)
            });
            (vetoed, free, unknown, chosen) = (vetoed + v, free + f, unknown + u, chosen + c);
        }
    }
    assert!(vetoed > 500 && free > 300 && chosen > 50, "{vetoed} {free} {unknown} {chosen}");
    // Decided with other terms than those of the policy.
    let right = policy_with(&section(&[]));
    type Plant = fn(&mut PlanTerms);
    let faults: [Plant; 6] = [
        |t| t.max_months *= 4,
        |t| t.shown_share = Millionths(450_000),
        |t| t.income_share = Millionths(900_000),
        |t| t.min_instalment = Money(20_000),
        |t| t.covers = ClaimOf::Arrears,
        |t| t.shown_days = 60,
    ];
    for (k, fault) in faults.iter().enumerate() {
        let mut wrong = right.clone();
        fault(wrong.plan.as_mut().unwrap());
        let disagree: u64 = (0..3)
            .map(|seed| {
                decided(&random_with_incomes(900 + seed), &wrong, |d, share| {
                    certificate(d, share, &right).by_rule.iter().find(|r| r.rule == "plan:payable").unwrap().disagree
                })
            })
            .sum();
        assert!(disagree > 0, "fault {k}");
    }
}

#[test]
fn what_is_wrong_with_the_terms_of_a_plan_is_said_at_once_with_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let base = std::fs::read_to_string(root.join("tests/stories/policy.toml")).unwrap();
    let check = |text: String| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.toml");
        std::fs::write(&file, text).unwrap();
        Policy::load(&file, 2).map_err(|e| e.to_string())
    };
    assert!(check(format!("{base}\n{}", section(&[]))).is_ok());
    let bad = section(&[
        ("covers", "\"balances\""),
        ("shown_days", "7"),
        ("shown_share", "1.2"),
        ("income_share", "0.12345678"),
        ("max_months", "0"),
        ("min_instalment", "\"0\""),
        ("first_due_days", "400"),
        ("annual_rate", "-0.1"),
        ("discount_rate", "6"),
        ("source", "{ assumed_by = \" \" }"),
    ]);
    let policy = format!("{base}\n{bad}");
    let said = check(policy.clone()).unwrap_err();
    for part in ["there is no claim that a plan pays off `balances`", "did you mean `balance`", "nobody is named who assumes the shares"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let listed = {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.toml");
        std::fs::write(&file, &policy).unwrap();
        let failure = Policy::load(&file, 2).unwrap_err();
        failure.problems.iter().map(|p| (p.message.to_string(), p.row)).collect::<Vec<_>>()
    };
    for part in [
        "shown_days is 7",
        "shown_share is 1.2",
        "income_share is 0.12345678",
        "max_months is 0",
        "min_instalment is 0",
        "first_due_days is 400",
        "annual_rate is -0.1",
        "discount_rate is 6",
    ] {
        let key = part.split(' ').next().unwrap();
        let line = policy[..policy.find(&format!("\n{key} = ")).unwrap()].matches('\n').count() as u64 + 2;
        assert!(listed.iter().any(|(message, row)| message.contains(part) && *row == Some(line)), "{part} on line {line}: {listed:?}");
    }
    // A key left out has no default; one that nobody knows is named.
    let without = section(&[]).replace("discount_rate = 0.06\n", "");
    assert!(check(format!("{base}\n{without}")).unwrap_err().contains("missing field `discount_rate`"));
    let typo = section(&[]).replace("discount_rate", "discount_rat");
    assert!(check(format!("{base}\n{typo}")).unwrap_err().contains("did you mean `discount_rate`"));
    // Terms of a plan in a policy that has none to offer.
    let statuses = std::fs::read_to_string(root.join("data/policies/statuses.toml")).unwrap();
    if !statuses.contains("name = \"plan\"") {
        assert!(check(format!("{statuses}\n{}", section(&[]))).unwrap_err().contains("there is no treatment `plan`"));
    }
}

fn minor(value: &Value) -> i64 {
    Money::parse(value.as_str().unwrap().as_bytes(), 2).unwrap().0
}

#[test]
fn the_command_prints_a_plan_or_why_there_is_none() {
    let folder = folder_with_run();
    let at = folder.path();
    let json = |args: &[&str]| -> Value {
        let done = recoup(at, &[&["plan"][..], args, &["--run", "run", "--json"]].concat());
        assert_eq!(done.status.code(), Some(0), "{args:?}: {}", text(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    };
    let ranked = std::fs::read(at.join("run/ranked.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(&ranked[..]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|h| h == name).unwrap();
    let (mut planned, mut refused, mut chosen) = (None, None, None);
    for row in &rows {
        let account = row[column("account_id")].to_string();
        // Every case of the list can be asked; a handful is enough here.
        if planned.is_some() && refused.is_some() && (chosen.is_some() || &row[column("strategy")] != "plan") {
            continue;
        }
        let found = json(&[&account]);
        assert_eq!(found["recommended"], &row[column("strategy")] == "plan");
        assert_eq!(found["plan"].is_null(), !found["refused"].is_null());
        let regular = found["ability"]["regular"].as_str().map_or(0, |_| minor(&found["ability"]["regular"]));
        let above = !found["plan"].is_null() && regular > 0 && minor(&found["plan"]["instalment"]) > regular;
        assert_eq!(found["above_schedule"].is_null(), !above, "{found}");
        if found["recommended"] == true {
            assert!(!found["plan"].is_null() && found["vetoes"].as_array().unwrap().is_empty(), "{found}");
            chosen = Some(account.clone());
        }
        if found["plan"].is_null() { refused = refused.or(Some(account)) } else { planned = planned.or(Some(account)) }
    }
    let planned = planned.unwrap();
    let found = json(&[&format!("{planned}@2025-11-30")]);
    let plan = &found["plan"];
    let rows = plan["rows"].as_array().unwrap();
    let sum = |name: &str| rows.iter().map(|row| minor(&row[name])).sum::<i64>();
    assert_eq!((sum("principal"), sum("instalment")), (minor(&found["amount"]), minor(&plan["total"])));
    assert!(minor(&plan["instalment"]) <= minor(&found["ability"]["payable"]) && plan["months"].as_u64().unwrap() <= 36);
    let said = text(&recoup(at, &["plan", &planned, "--run", "run"]).stdout);
    for part in ["what can be paid a month", "due on", "payable: ", "at 6 % a year", "assumed by sample policy author"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = text(&recoup(at, &["plan", &planned, "--run", "run", "--lang", "zh"]).stdout);
    for part in ["每月可还", "到期日", "现值", "sample policy author 假定"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // What somebody offers: twice what was shown is beyond it, and said so; over as many months it is not.
    let payable = minor(&found["ability"]["payable"]);
    let twice = Money(2 * payable).text(2);
    let offered = json(&[&planned, "--instalment", &twice]);
    assert!(offered["beyond_shown"].as_str().unwrap().contains("can be paid") || minor(&found["amount"]) <= payable, "{offered}");
    let months = plan["months"].to_string();
    let same = json(&[&planned, "--months", &months]);
    assert_eq!((&same["beyond_shown"], &same["plan"]["rows"].as_array().unwrap().len()), (&Value::Null, &rows.len()));
    let long = json(&[&planned, "--months", "37"]);
    assert_eq!(long["refused"]["why"], "too_long");
    let little = json(&[&planned, "--instalment", "1.00"]);
    assert_eq!(little["refused"]["why"], "below_least");
    // A refusal is told with what it would take.
    if let Some(refused) = refused {
        let said = text(&recoup(at, &["plan", &refused, "--run", "run"]).stdout);
        assert!(said.contains("no plan: ") && said.contains("a plan can be had from "), "{said}");
    }
    // The strategy of a case in one line, and to its borrower.
    if let Some(account) = chosen {
        let explained: Value = serde_json::from_slice(&recoup(at, &["explain", &account, "--run", "run", "--json"]).stdout).unwrap();
        assert_eq!(explained["plan"], json(&[&account])["plan"]["in_one_line"]);
        let letter = text(&recoup(at, &["explain", &account, "--run", "run", "--for", "borrower"]).stdout);
        assert!(letter.contains("What we propose: "), "{letter}");
    }
    for (args, code) in [
        (vec!["plan", &planned, "--run", "run", "--instalment", "abc"], "plan.bad_offer"),
        (vec!["plan", &planned, "--run", "run", "--months", "0"], "plan.bad_offer"),
        (vec!["plan", "nobody", "--run", "run"], "explain.no_case"),
    ] {
        let done = recoup(at, &args);
        assert!(done.status.code() == Some(2) && text(&done.stderr).contains(code), "{code}: {}", text(&done.stderr));
    }
    // A policy that leaves plans to people says nothing of them.
    let policy = std::fs::read_to_string(at.join("policy.toml")).unwrap();
    std::fs::write(at.join("without.toml"), &policy[..policy.find("[plan]").unwrap()]).unwrap();
    let done = recoup(at, &["plan", &planned, "--run", "run", "--policy", "without.toml"]);
    assert!(done.status.code() == Some(2) && text(&done.stderr).contains("plan.no_terms"), "{}", text(&done.stderr));
    let show = text(&recoup(at, &["policy", "show", "policy.toml", "--project", "book/recoup.toml"]).stdout);
    assert!(show.contains("a plan pays off the balance, in the place of the schedule: at most 90 % of what was paid a month"), "{show}");
}
