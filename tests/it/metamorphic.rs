//! What must not matter to features: where the weeks lie, names, the order of rows, the size of money, and the future.

use super::world::Book;
use recoup::base::config::{Observe, Project};
use recoup::base::dates::Day;
use recoup::data::features::Values;
use recoup::data::observe::observe;
use recoup::pipeline::read_book;
use std::collections::{BTreeMap, BTreeSet};

const ACCOUNTS: u64 = 60;
const DAYS: [&str; 4] = ["2020-09-15", "2020-11-30", "2021-01-31", "2021-03-10"];

/// A number below `below` that follows from three others by a fixed rule and looks like chance.
fn roll(a: u64, b: u64, c: u64, below: u64) -> u64 {
    let mut x = a.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ b.wrapping_mul(0xBF58_476D_1CE4_E5B9) ^ c.wrapping_mul(0x94D0_49BB_1331_11EB);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (x ^ (x >> 31)) % below
}

/// How the lively book is told.
#[derive(Clone, Copy)]
struct Told {
    days_later: i32,
    times: i64,
    account: fn(u64) -> String,
    borrower: fn(u64) -> String,
}

const PLAINLY: Told = Told { days_later: 0, times: 1, account: |a| format!("A{a:02}"), borrower: |b| format!("B{b:02}") };

/// Tables by name; the first row of each is its head.
type Tables = BTreeMap<&'static str, Vec<String>>;

/// Sixty accounts of forty borrowers with everything that the tables can say. Amounts are whole units; at most one reversal an account.
fn lively(told: Told) -> Tables {
    let mut tables: Tables = BTreeMap::from(
        [
            ("accounts", "account_id,borrower_id,opened_on,closed_on,product,limit,income,payday,secured"),
            ("instalments", "account_id,due_on,amount,known_on"),
            ("payments", "account_id,paid_on,amount,known_on,result"),
            ("contacts", "account_id,contacted_on,channel,direction,result,known_on"),
            ("events", "account_id,kind,from,to,amount,known_on"),
        ]
        .map(|(name, head)| (name, vec![head.to_string()])),
    );
    let start = Day::from_ymd(2020, 1, 5).unwrap();
    let day = |n: u64| start.plus(n as i32 + told.days_later).to_string();
    let money = |n: u64| (n as i64 * told.times).to_string();
    let some = |when: bool, text: String| if when { text } else { String::new() };
    for a in 0..ACCOUNTS {
        let (name, b, opened, amount) = ((told.account)(a), a * 2 / 3, roll(a, 0, 1, 120), 50 + 10 * roll(a, 0, 2, 20));
        let mut put = |table: &'static str, rest: String| tables.get_mut(table).unwrap().push(format!("{name},{rest}"));
        let closed = some(a % 13 == 4, day(opened + 230));
        let (limit, income) = (some(a % 5 != 0, money(1000 + 100 * (a % 7))), some(b % 4 != 0, money(1500 + 50 * b)));
        let (payday, secured) = (some(b % 3 != 0, (1 + (7 * b) % 31).to_string()), ["yes", "no", ""][(a % 3) as usize]);
        let product = ["loan", "card"][(a % 2) as usize];
        put("accounts", format!("{},{},{closed},{product},{limit},{income},{payday},{secured}", (told.borrower)(b), day(opened)));
        let mut reversed = false;
        for k in 0..12 {
            let (due, j) = (opened + 20 + 30 * k, roll(a, k, 4, 50));
            put("instalments", format!("{},{},", day(due), money(amount)));
            if a % 11 == 0 && k == 3 {
                put("instalments", format!("{},{},", day(due), money(20)));
            }
            let paid = |on: u64, amount: u64, result: &str| {
                let known = some(roll(a, k, 6, 3) == 0, day(on + 1 + roll(a, k, 5, 4)));
                format!("{},{},{known},{result}", day(on), money(amount))
            };
            match roll(a, k, 3, 10) {
                0..=3 => put("payments", paid(due - j % 3, amount, "")),
                4 | 5 => put("payments", paid(due + 1 + j, amount, "")),
                6 => put("payments", paid(due + j % 5, amount * 4 / 10, "")),
                7 => {
                    put("payments", paid(due + 3, amount / 2, ""));
                    put("payments", paid(due + 20, amount / 2, ""));
                }
                9 if !reversed => {
                    reversed = true;
                    put("payments", format!("{},{},,", day(due), money(amount)));
                    put("payments", format!("{},-{},{},", day(due + 5), money(amount), day(due + 5 + j)));
                }
                9 => put("payments", paid(due + 15, amount * 2, "")),
                _ => {}
            }
            if roll(a, k, 7, 6) == 0 {
                put("payments", paid(due + 2, amount, "failed"));
            }
            if k % 4 == 3 && roll(a, k, 8, 3) == 0 {
                put("payments", paid(due + 25, amount * 2, ""));
            }
            if roll(a, k, 9, 3) == 0 {
                let from = due + roll(a, k, 10, 10);
                let (to, promised) = (some(j % 2 != 0, day(from + j % 6)), some(roll(a, k, 11, 2) != 0, money(amount)));
                put("events", format!("promise,{},{to},{promised},{}", day(from), some(j % 3 == 0, day(from + 2))));
            }
        }
        // Re-ages: once, twice, and without instalments. Their instalments are known with them.
        if a % 5 == 2 {
            let known = opened + 200;
            put("events", format!("re_age,{},,,{}", day(known - 2), day(known)));
            (1..=6).for_each(|j| put("instalments", format!("{},{},{}", day(known + 30 * j), money(amount * 8 / 10), day(known))));
        }
        if a % 10 == 2 {
            let known = opened + 320;
            put("events", format!("re_age,{},,,{}", day(known), day(known)));
            (1..=6).for_each(|j| put("instalments", format!("{},{},{}", day(known + 30 * j), money(amount * 6 / 10), day(known))));
        }
        if a % 5 == 3 {
            put("events", format!("re_age,{},,,", day(opened + 250)));
        }
        if a % 20 == 7 {
            put("events", format!("write_off,{},,,{}", day(opened + 300), day(opened + 305)));
        }
        for k in 0..24 {
            let on = opened + 40 + 15 * k + roll(a, k, 12, 10);
            let channel = ["call", "ai_call", "visit", "sms", "letter", "email", "app", ""][roll(a, k, 13, 8) as usize];
            let direction = ["inbound", "", "outbound", "outbound", "outbound", "outbound"][roll(a, k, 14, 6) as usize];
            let results = ["reached", "no_answer", "third_party", "wrong_number", "refused", "promise", "delivered", "failed", ""];
            let result = results[roll(a, k, 15, 9) as usize];
            put("contacts", format!("{},{channel},{direction},{result},{}", day(on), some(roll(a, k, 16, 4) == 0, day(on + 1))));
        }
    }
    tables
}

/// What was observed, by account, place of the day, and feature. Categories stand as the place of their level.
struct Seen {
    features: BTreeMap<(String, usize, String), f64>,
    outcomes: BTreeMap<(String, usize), [f64; 6]>,
    excluded: BTreeMap<&'static str, u64>,
}

/// Observes tables on days; accounts go by the name that `original` gives them.
fn seen(tables: &Tables, days: &[Day], until: Day, original: fn(&str) -> String) -> Seen {
    let named: String = tables.keys().map(|name| format!("[tables.{name}]\npath = \"{name}.csv\"\n")).collect();
    let project = format!(
        "name = \"lively\"\n[currency]\ncode = \"EUR\"\nminor_digits = 2\n[clock]\ndata_until = \"{until}\"\n{named}\
         [regimes]\nautumn = {{ from = \"2020-10-01\", until = \"2020-12-31\" }}\n\
         [cases]\nobserve = \"month_end\"\n[outcome]\nrule = \"cure\"\nhorizon_days = 30\n"
    );
    let mut files = vec![("recoup.toml".to_string(), project)];
    files.extend(tables.iter().map(|(name, rows)| (format!("{name}.csv"), rows.join("\n") + "\n")));
    let book = Book::with(&files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>());
    let book = read_book(Project::load(&book.project()).unwrap(), &|_| {}).unwrap();
    let observed = observe(&book.project, &book.portfolio, &Observe::Dates(days.to_vec()));
    let mut seen = Seen { features: BTreeMap::new(), outcomes: BTreeMap::new(), excluded: observed.excluded };
    let cases = &observed.cases;
    for k in 0..cases.len() {
        let key = (original(cases.account_id(k)), days.iter().position(|d| *d == cases.as_of[k]).unwrap());
        for column in &observed.features.columns {
            let value = match &column.values {
                Values::Number(v) => v[k],
                Values::Category { codes, levels } => levels.get(codes[k] as usize).map_or(f64::NAN, |_| f64::from(codes[k])),
            };
            seen.features.insert((key.0.clone(), key.1, column.name.to_string()), value);
        }
        let number = |told: Option<bool>| told.map_or(f64::NAN, |yes| f64::from(u8::from(yes)));
        let o = &cases.outcomes[k];
        let all = [cases.paid_ratio[k], number(o.cure), number(o.cured_at_horizon), number(o.not_rolled), number(o.reaged), number(o.relapse)];
        seen.outcomes.insert(key, all);
    }
    seen
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn days() -> Vec<Day> {
    DAYS.iter().map(|d| day(d)).collect()
}

fn until() -> Day {
    day("2021-09-30")
}

/// The lively book as it is, on all days or on one.
fn plain(on: &[Day]) -> Seen {
    seen(&lively(PLAINLY), on, until(), str::to_string)
}

fn same(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance * a.abs().max(b.abs())
}

/// The same cases with the same features, but for those that `factor` gives none (they are passed over) or another factor.
fn assert_features(a: &Seen, b: &Seen, tolerance: f64, factor: impl Fn(&str) -> Option<f64>) {
    assert_eq!(a.features.keys().collect::<Vec<_>>(), b.features.keys().collect::<Vec<_>>());
    let wrong: Vec<String> = a
        .features
        .iter()
        .zip(b.features.values())
        .filter_map(|((key, x), y)| factor(&key.2).filter(|f| !same(x * f, *y, tolerance)).map(|f| format!("{key:?}: {x} times {f} is not {y}")))
        .collect();
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(30)].join("\n"));
}

fn differing_outcomes(a: &Seen, b: &Seen) -> usize {
    assert_eq!(a.outcomes.keys().collect::<Vec<_>>(), b.outcomes.keys().collect::<Vec<_>>());
    a.outcomes.values().zip(b.outcomes.values()).filter(|(x, y)| !x.iter().zip(*y).all(|(x, y)| same(*x, *y, 1e-12))).count()
}

#[test]
fn the_book_is_lively() {
    let seen = plain(&days());
    assert!(seen.outcomes.len() > 100, "{} cases", seen.outcomes.len());
    let mut values: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    for ((_, _, name), value) in &seen.features {
        values.entry(name).or_default().insert(value.to_bits());
    }
    let quiet: Vec<_> = values.iter().filter(|(_, v)| v.len() < 2).collect();
    assert!(quiet.is_empty(), "never change: {quiet:?}");
    for outcome in 1..6 {
        let found: BTreeSet<u64> = seen.outcomes.values().map(|o| o[outcome]).filter(|x| !x.is_nan()).map(f64::to_bits).collect();
        assert_eq!(found.len(), 2, "outcome {outcome}");
    }
}

#[test]
fn whole_weeks_later_all_but_the_calendar_is_the_same() {
    let told = Told { days_later: 63, ..PLAINLY };
    let moved = seen(&lively(told), &days().iter().map(|d| d.plus(63)).collect::<Vec<_>>(), until().plus(63), str::to_string);
    let a = plain(&days());
    // These look at months and days of the month, which differ in length and place.
    let calendar = ["day_of_month", "month", "days_to_payday", "payment_day_spread", "remaining_term", "bucket_change_1c"];
    let calendar = |name: &str| calendar.contains(&name) || name.starts_with("months_") || name.starts_with("regime_");
    assert_features(&a, &moved, 0.0, |name| (!calendar(name)).then_some(1.0));
    assert_eq!(differing_outcomes(&a, &moved), 0);
}

#[test]
fn names_change_nothing() {
    let a = plain(&days());
    let longer = Told { account: |a| format!("account-{a:03}"), borrower: |b| format!("person-{b:03}"), ..PLAINLY };
    let backwards = Told { account: |a| format!("{:02}", 99 - a), borrower: |b| format!("{:02}", 99 - b), ..PLAINLY };
    let longer = seen(&lively(longer), &days(), until(), |name| format!("A{}", &name[name.len() - 2..]));
    let backwards = seen(&lively(backwards), &days(), until(), |name| format!("A{:02}", 99 - name.parse::<u64>().unwrap()));
    for b in [longer, backwards] {
        assert_features(&a, &b, 0.0, |_| Some(1.0));
        assert_eq!(differing_outcomes(&a, &b), 0);
        assert_eq!(a.excluded, b.excluded);
    }
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let a = plain(&days());
    for seed in 1..4 {
        let mut tables = lively(PLAINLY);
        for rows in tables.values_mut() {
            let head = rows.remove(0);
            let mut drawn: Vec<(u64, String)> = rows.drain(..).enumerate().map(|(i, row)| (roll(seed, i as u64, 99, u64::MAX), row)).collect();
            drawn.sort();
            rows.push(head);
            rows.extend(drawn.into_iter().map(|(_, row)| row));
        }
        let b = seen(&tables, &days(), until(), str::to_string);
        assert_features(&a, &b, 0.0, |_| Some(1.0));
        assert_eq!(differing_outcomes(&a, &b), 0);
    }
}

#[test]
fn seven_times_the_money_is_seven_times_the_money_alone() {
    let a = plain(&days());
    let b = seen(&lively(Told { times: 7, ..PLAINLY }), &days(), until(), str::to_string);
    let money = ["arrears", "balance", "limit", "total_exposure", "paid_30", "paid_90", "paid_180", "paid_365"];
    assert_features(&a, &b, 1e-12, |name| Some(if money.contains(&name) { 7.0 } else { 1.0 }));
    assert_eq!(differing_outcomes(&a, &b), 0);
}

fn cell<'a>(head: &str, row: &'a str, name: &str) -> Option<&'a str> {
    head.split(',').position(|column| column == name).and_then(|i| row.split(',').nth(i)).filter(|text| !text.is_empty())
}

/// The day from which a row is known; rows of accounts, and instalments of the agreement, are known from the start.
fn known(head: &str, row: &str) -> Option<Day> {
    ["known_on", "paid_on", "contacted_on", "from"].iter().find_map(|name| cell(head, row, name)).map(day)
}

/// Tables with every row that is known after a day changed, or left out.
fn changed_after(last: Day, change: impl Fn(&str, &str) -> Option<String>) -> Tables {
    let mut tables = lively(PLAINLY);
    for rows in tables.values_mut() {
        let head = rows.remove(0);
        let kept: Vec<String> =
            rows.drain(..).filter_map(|row| if known(&head, &row).is_some_and(|day| day > last) { change(&head, &row) } else { Some(row) }).collect();
        rows.push(head);
        rows.extend(kept);
    }
    tables
}

#[test]
fn without_the_future_features_are_the_same_and_nothing_is_repaid() {
    for on in days() {
        let (a, b) = (plain(&[on]), seen(&changed_after(on, |_, _| None), &[on], until(), str::to_string));
        assert_features(&a, &b, 0.0, |_| Some(1.0));
        assert_eq!(a.excluded, b.excluded);
        assert!(differing_outcomes(&a, &b) > 5, "{on}");
        for (key, outcome) in &b.outcomes {
            assert_eq!(outcome[..3], [0.0, 0.0, 0.0], "{key:?}");
        }
    }
}

#[test]
fn an_invented_future_changes_outcomes_alone() {
    for on in days() {
        let mut tables = lively(PLAINLY);
        let after = |n: i32| on.plus(n).to_string();
        for a in 0..ACCOUNTS {
            let mut put = |table: &'static str, rest: String| tables.get_mut(table).unwrap().push(format!("{},{rest}", (PLAINLY.account)(a)));
            // Some of it happened before and becomes known after.
            put("payments", format!("{},5000,,", after(5)));
            put("payments", format!("{},77,{},", after(-3), after(1)));
            put("payments", format!("{},-77,{},", after(1), after(2)));
            put("contacts", format!("{},call,outbound,refused,", after(1)));
            put("contacts", format!("{},call,inbound,reached,{}", after(-1), after(1)));
            put("events", format!("re_age,{},,,{}", after(-1), after(3)));
            put("events", format!("promise,{},,50,{}", after(-2), after(1)));
            put("events", format!("write_off,{},,,{}", after(-1), after(40)));
            put("instalments", format!("{},33,{}", after(20), after(3)));
            put("instalments", format!("{},44,{}", after(-5), after(4)));
        }
        let (a, b) = (plain(&[on]), seen(&tables, &[on], until(), str::to_string));
        assert_features(&a, &b, 0.0, |_| Some(1.0));
        assert_eq!(a.excluded, b.excluded);
        assert!(differing_outcomes(&a, &b) > 5, "{on}");
    }
}

#[test]
fn a_later_known_future_changes_outcomes_alone() {
    for on in days() {
        let later = |head: &str, row: &str| {
            let moved = known(head, row)?.plus(25).to_string();
            let column = head.split(',').position(|column| column == "known_on")?;
            Some(row.split(',').enumerate().map(|(i, text)| if i == column { &*moved } else { text }).collect::<Vec<_>>().join(","))
        };
        let (a, b) = (plain(&[on]), seen(&changed_after(on, later), &[on], until(), str::to_string));
        assert_features(&a, &b, 0.0, |_| Some(1.0));
        assert_eq!(a.excluded, b.excluded);
        assert!(differing_outcomes(&a, &b) > 5, "{on}");
    }
}

/// Two payments of one size, two reversals of that size; the earlier reversal becomes known last.
#[test]
fn a_reversal_known_later_does_not_change_which_payment_an_earlier_known_one_took_back() {
    let rows = |text: &str| text.split_whitespace().map(str::to_string).collect::<Vec<_>>();
    let tables = |reversals: &str| -> Tables {
        BTreeMap::from([
            ("accounts", rows("account_id,borrower_id,opened_on 1,b,2020-01-02")),
            ("instalments", rows("account_id,due_on,amount 1,2020-01-10,100 1,2020-02-10,100 1,2020-03-10,100")),
            ("payments", rows(&format!("account_id,paid_on,amount,known_on 1,2020-01-10,100, 1,2020-02-10,100, {reversals}"))),
        ])
    };
    let on = [day("2020-03-31")];
    let a = seen(&tables("1,2020-02-20,-100,"), &on, until(), str::to_string);
    let b = seen(&tables("1,2020-02-20,-100, 1,2020-02-15,-100,2020-04-20"), &on, until(), str::to_string);
    assert_features(&a, &b, 0.0, |_| Some(1.0));
}
