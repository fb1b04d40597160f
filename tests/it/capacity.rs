//! What there is, handed out: small books worked by hand, lots over many borrowers, random books that the verifier checks again, and faults that it
//! must find.

use super::decide::{self, World, cases, expected, names, sections, with_x, world};
use super::guardrails::{BORROWERS, Dice, altered, certificate, day_before, decided, random, tried};
use recoup::base::dates::Day;
use recoup::base::problem::Failure;
use recoup::data::cases::{Cases, Holds};
use recoup::data::expressions::{ColumnValues, Columns};
use recoup::decide::allocate::MILLIONTHS;
use recoup::decide::choose::{self, Because, Decisions};
use recoup::decide::facts::Situation;
use recoup::decide::log;
use recoup::decide::places::{CapacitySummary, Drawn, Of, Placed};
use recoup::decide::policy::Policy;
use recoup::decide::value::ExpectedShare;
use recoup::study::verify::{Certificate, Verifying, verify};
use std::sync::OnceLock;

/// A policy of wait, sms, call (of the borrower), plan (of the account, where y > 0) and human review, with what there is.
///
/// At a share of one half, for 1,000.00 to 5,000.00 at stake, gains in minor units: sms 2,488, 4,986, 7,484, 9,982, 12,480; call 9,369, 19,238,
/// 29,106, 38,975, 48,844; plan 12,566, 27,131, 41,697, 56,263, 70,828: stake × (σ(0.1), σ(0.4), σ(0.6) − ½), less 0.10, 5.00, 20.00.
pub fn text(more: &str) -> String {
    let mut text = "name = \"small\"\nversion = \"1\"\n[reference]\ntreatment = \"wait\"\n".to_string();
    for (name, family, rung, cost, effect, rest) in [
        ("wait", "soft", 0, "0", 0.0, ""),
        ("sms", "soft", 1, "0.10", 0.1, ""),
        ("call", "soft", 2, "5.00", 0.4, "after_days = 0\nresources = { calls = 1 }"),
        ("plan", "assist", 0, "20.00", 0.6, "eligible = \"y > 0\"\nresources = { plans = 1 }"),
        ("human_review", "assist", 0, "15.00", 0.0, "resources = { reviews = 1 }"),
    ] {
        let source = if effect == 0.0 { "" } else { "source = { assumed_by = \"test\" }\n" };
        text += &format!("[[treatment]]\nname = \"{name}\"\nfamily = \"{family}\"\nrung = {rung}\ncost = \"{cost}\"\n");
        text += &format!("complaint_cost = \"0\"\neffect = {effect:.1}\n{source}{rest}\n");
    }
    text += more;
    // Whatever a test does not speak of is stated all the same.
    for name in ["calls", "plans", "reviews"].iter().filter(|name| !more.contains(&format!("[[resource]]\nname = \"{name}\""))) {
        text += &resource(name, "capacity = \"unlimited\"");
    }
    let care = ("offer = [\"human_review\"]", "offer = [\"plan\", \"human_review\"]");
    text + &sections(&["wait", "sms", "call", "plan", "human_review"]).replace(care.0, care.1)
}

/// A resource of a policy file.
pub fn resource(name: &str, of: &str) -> String {
    format!("[[resource]]\nname = \"{name}\"\n{of}\n")
}

fn policy(more: &str) -> Policy {
    decide::load(&text(more)).unwrap_or_else(|e| panic!("{e}"))
}

/// Columns of a small book: what the policy's conditions and teams look at.
pub struct Book {
    cases: Cases,
    columns: Columns<'static>,
}

/// A book of borrower, thousands at stake, holds, y and branch.
pub fn book(rows: &[(u32, i64, &str, f64, &str)]) -> Book {
    let holds = |names: &str| names.split_whitespace().fold(Holds::default(), |all, name| all.and(Holds::named(name).unwrap()));
    let cases = cases(&rows.iter().map(|r| (r.0, r.1 * 100_000, holds(r.2))).collect::<Vec<_>>());
    let mut columns = with_x(vec![0.0; rows.len()]);
    columns.add("y", ColumnValues::Number(rows.iter().map(|r| r.3).collect::<Vec<_>>().into()));
    for flag in ["hardship", "vulnerable"] {
        columns.add(flag, ColumnValues::Truth(rows.iter().map(|r| r.2.contains(flag)).collect::<Vec<_>>().into()));
    }
    let mut words: Vec<Box<str>> = Vec::new();
    let mut codes = Vec::new();
    for row in rows {
        let place = words.iter().position(|w| **w == *row.4);
        codes.push(place.unwrap_or(words.len()) as u32);
        if place.is_none() {
            words.push(row.4.into());
        }
    }
    columns.add("branch", ColumnValues::Words { codes: codes.into(), words: words.into() });
    Book { cases, columns }
}

/// Five borrowers, an account each, with 1,000.00 to 5,000.00 at stake.
fn five() -> Book {
    book(&[(0, 1, "", 0.0, "north"), (1, 2, "", 0.0, "north"), (2, 3, "", 0.0, "west"), (3, 4, "", 0.0, "south"), (4, 5, "", 0.0, "south")])
}

/// Decides a book at a share of one half and shows the decisions.
pub fn on<T>(policy: &Policy, book: &Book, show: impl Fn(&Decisions<'_>) -> T) -> Result<T, Failure> {
    static SMALL: OnceLock<World> = OnceLock::new();
    static LARGE: OnceLock<World> = OnceLock::new();
    let world = if book.cases.len() <= 16 { SMALL.get_or_init(|| world(16)) } else { LARGE.get_or_init(|| world(MANY)) };
    let World { declared, book: portfolio, features } = world;
    let share = vec![0.5; book.cases.len()];
    let situation = Situation { declared, book: portfolio, cases: &book.cases, features, columns: &book.columns, quadrants: &[] };
    Ok(show(&choose::decide(policy, situation, expected(&share), 2)?))
}

/// The names chosen and what was handed out.
fn outcome(more: &str, book: &Book) -> (String, Placed) {
    let show = |d: &Decisions<'_>| (names(d).join(" "), d.placed.clone().unwrap());
    on(&policy(more), book, show).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn two_calls_go_where_they_are_worth_most_and_the_others_get_the_next_best() {
    // Without a limit all five are called. A call is worth 6,881, 14,252, 21,622, 28,993, 36,364 more than a message: two go to the last two.
    let two = policy(&resource("calls", "capacity = 2"));
    let (why, placed, next) = on(&two, &five(), |d| {
        assert_eq!(names(d), ["sms", "sms", "sms", "call", "call"]);
        assert!(d.unlimited.iter().all(|(t, by)| usize::from(*t) == d.policy.place("call").unwrap() && *by == Because::WorthMost));
        (d.because.clone(), d.placed.clone().unwrap(), d.runner_up[0])
    })
    .unwrap();
    assert_eq!(why, [Because::Place, Because::Place, Because::Place, Because::WorthMost, Because::WorthMost]);
    // Who lost the call has it as the best of the others.
    assert_eq!(next, Some((two.place("call").unwrap() as u8, 9_369.0)));
    // 2,488 + 4,986 + 7,484 + 38,975 + 48,844; a price from 21,622 to 28,993 proves that it is the optimum.
    assert_eq!(placed.worth, 102_777.0);
    assert!(placed.gap() == 0.0 && (placed.bound - placed.worth).abs() < 1.0, "{placed:?}");
    let price = placed.prices[0] * MILLIONTHS;
    assert!((21_621.0..=28_994.0).contains(&price), "{price}");
    assert_eq!((placed.used[0], placed.settled[0]), (2.0 * MILLIONTHS, 0.0));
    assert_eq!((placed.without_place, placed.led_without_place, placed.units), (3, 0, 5));
    // No calls at all, and more than enough of them.
    let (none, placed) = outcome(&resource("calls", "capacity = 0"), &five());
    assert_eq!((none.as_str(), placed.used[0], placed.worth), ("sms sms sms sms sms", 0.0, 37_420.0));
    let (all, placed) = outcome(&resource("calls", "capacity = 5"), &five());
    assert_eq!((all.as_str(), placed.prices[0], placed.worth), ("call call call call call", 0.0, 145_532.0));
    assert_eq!(placed.without_place, 0);
    // Half a call is none.
    assert_eq!(outcome(&resource("calls", "capacity = 1.5"), &five()).0, "sms sms sms sms call");
}

#[test]
fn a_call_to_a_borrower_with_two_accounts_is_one_call() {
    // Two accounts of 2,000.00: called 2 × 19,738 − 500 = 38,976, written to 2 × 4,996 − 10 = 9,982: 28,994 more, against 21,622 of the 3,000.00.
    let (chosen, placed) = outcome(&resource("calls", "capacity = 1"), &book(&[(0, 2, "", 0.0, "a"), (0, 2, "", 0.0, "a"), (1, 3, "", 0.0, "a")]));
    assert_eq!(chosen, "call call sms");
    assert_eq!((placed.used[0], placed.worth, placed.units), (MILLIONTHS, 46_460.0, 2));
}

#[test]
fn a_treatment_of_an_account_takes_a_place_for_each() {
    // One borrower, 5,000.00 and 3,000.00, plans for both: 70,828 + 41,697. With one plan: 70,828 and a call for the rest, 29,106, is 99,934; the
    // other way round 41,697 + 48,844 = 90,541; a call for both 78,450.
    let two = book(&[(0, 5, "", 1.0, "a"), (0, 3, "", 1.0, "a")]);
    assert_eq!(outcome(&resource("plans", "capacity = 2"), &two).0, "plan plan");
    let (chosen, placed) = outcome(&resource("plans", "capacity = 1"), &two);
    assert_eq!((chosen.as_str(), placed.used[0], placed.worth), ("plan call", MILLIONTHS, 99_934.0));
    // No call either: a message for the rest, 70,828 + 7,484.
    let (chosen, placed) = outcome(&(resource("plans", "capacity = 1") + &resource("calls", "capacity = 0")), &two);
    assert_eq!((chosen.as_str(), placed.worth), ("plan sms", 78_312.0));
}

#[test]
fn each_team_hands_out_its_own() {
    // One call each in north (1,000.00, 2,000.00) and south (4,000.00, 5,000.00), none elsewhere.
    let teams = "by = \"branch\"\neach = { north = 1, south = 1 }\nothers = 0";
    let (chosen, placed) = outcome(&resource("calls", teams), &five());
    assert_eq!(chosen, "sms call sms sms call");
    assert_eq!(placed.worth, 2_488.0 + 19_238.0 + 7_484.0 + 9_982.0 + 48_844.0);
    // One of the whole run besides: to the larger alone.
    assert_eq!(outcome(&resource("calls", &format!("capacity = 1\n{teams}")), &five()).0, "sms sms sms sms call");
    // Others have one each, team by team.
    assert_eq!(outcome(&resource("calls", &teams.replace("others = 0", "others = 1")), &five()).0, "sms call call sms call");
    // What covers a borrower is their first account's team's.
    let two = book(&[(0, 2, "", 0.0, "north"), (0, 2, "", 0.0, "south")]);
    let of = |north: u32, south: u32| resource("calls", &format!("by = \"branch\"\neach = {{ north = {north}, south = {south} }}"));
    assert_eq!(outcome(&of(1, 0), &two).0, "call call");
    assert_eq!(outcome(&of(0, 1), &two).0, "sms sms");
}

#[test]
fn a_minimum_is_given_and_costs_what_it_costs() {
    // Half of two calls to those with y > 0, who is the smallest alone: 9,369 + 4,986 + 7,484 + 9,982 + 48,844.
    let mut rows = five();
    rows.columns.add("poor", ColumnValues::Truth(vec![true, false, false, false, false].into()));
    let asked = "[[minimum]]\nname = \"poor\"\nresource = \"calls\"\nwhen = \"poor\"\nshare = 0.5\n";
    let (chosen, placed) = outcome(&(resource("calls", "capacity = 2") + asked), &rows);
    assert_eq!((chosen.as_str(), placed.worth, placed.gap()), ("call sms sms sms call", 80_665.0, 0.0));
    let minimum = placed.rows.rows.iter().position(|row| row.of == Of::Minimum(0)).unwrap();
    assert_eq!((placed.rows.rows[minimum].amount, placed.used[minimum]), (MILLIONTHS, MILLIONTHS));
    // What all get anyway costs nothing.
    let (chosen, placed) = outcome(&(resource("calls", "capacity = 5") + asked.replace("0.5", "0.2").as_str()), &rows);
    assert_eq!((chosen.as_str(), placed.worth), ("call call call call call", 145_532.0));
}

#[test]
fn money_is_what_treatments_cost_without_complaints() {
    // Two calls and three messages cost 10.30. A cent less, and the smallest message, worth 2,488, is not sent.
    let (chosen, placed) = outcome(&resource("money", "capacity = 10.3"), &five());
    assert_eq!((chosen.as_str(), placed.worth, placed.used[0]), ("sms sms sms call call", 102_777.0, 10.3 * MILLIONTHS));
    let (chosen, placed) = outcome(&resource("money", "capacity = 10.29"), &five());
    assert_eq!((chosen.as_str(), placed.worth, placed.used[0]), ("wait sms sms call call", 100_289.0, 10.2 * MILLIONTHS));
    // A cost of complaints makes a call worth less, and takes no money.
    let complaints =
        text(&resource("money", "capacity = 10.3")).replace("cost = \"5.00\"\ncomplaint_cost = \"0\"", "cost = \"5.00\"\ncomplaint_cost = \"1.00\"");
    let (chosen, placed) = on(&decide::load(&complaints).unwrap(), &five(), |d| (names(d).join(" "), d.placed.clone().unwrap())).unwrap();
    assert_eq!((chosen.as_str(), placed.worth, placed.used[0]), ("sms sms sms call call", 102_577.0, 10.3 * MILLIONTHS));
}

#[test]
fn who_is_led_somewhere_takes_their_place_first_and_falls_back_where_there_is_none() {
    // One review for two disputes: both gain −1,500, so the first of the book has it; the other may only wait.
    let disputes = book(&[(0, 5, "dispute_open", 0.0, "a"), (1, 5, "dispute_open", 0.0, "a"), (2, 1, "", 0.0, "a")]);
    let of = |more: &str, book: &Book| {
        let show = |d: &Decisions<'_>| (names(d).join(" "), d.because.clone(), d.placed.clone().unwrap());
        on(&policy(more), book, show).unwrap()
    };
    let (chosen, because, placed) = of(&resource("reviews", "capacity = 1"), &disputes);
    assert_eq!(chosen, "human_review wait call");
    assert!(matches!(because[0], Because::Hold(_)) && because[1] == Because::Place, "{because:?}");
    assert_eq!((placed.without_place, placed.led_without_place, placed.settled[0]), (1, 1, MILLIONTHS));
    // One plan for who is owed help and for who would bring more by it: care comes first. The other is called, 48,844.
    let care = book(&[(0, 1, "hardship", 1.0, "a"), (1, 5, "", 1.0, "a")]);
    let (chosen, because, placed) = of(&resource("plans", "capacity = 1"), &care);
    assert_eq!((chosen.as_str(), because), ("plan call", vec![Because::Care, Because::Place]));
    assert_eq!((placed.worth, placed.led_without_place), (12_566.0 + 48_844.0, 0));
    // One plan for two who are owed help: the larger gain first; the other falls back, and gets nothing above a message.
    let two = book(&[(0, 1, "hardship", 1.0, "a"), (1, 2, "vulnerable", 1.0, "a")]);
    let (chosen, because, placed) = of(&resource("plans", "capacity = 1"), &two);
    assert!(["wait plan", "sms plan"].contains(&chosen.as_str()), "{chosen}");
    assert_eq!(because, [Because::Place, Because::Care]);
    assert_eq!((placed.without_place, placed.led_without_place), (1, 1));
}

#[test]
fn of_equals_exactly_as_many_get_it_as_there_are_places() {
    let same = book(&[(0, 2, "", 0.0, "a"), (1, 2, "", 0.0, "a"), (2, 2, "", 0.0, "a"), (3, 2, "", 0.0, "a"), (4, 2, "", 0.0, "a")]);
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| outcome(&resource("calls", "capacity = 2"), &same))
    };
    let (one, two) = (of(1), of(2));
    // Which two is not promised, only that it is the same two every time.
    assert_eq!((&one.0, one.1.worth, one.1.prices.clone()), (&two.0, two.1.worth, two.1.prices.clone()));
    assert_eq!(one.0.matches("call").count(), 2);
    assert_eq!((one.1.worth, one.1.gap()), (2.0 * 19_238.0 + 3.0 * 4_986.0, 0.0));
}

/// Borrowers of a large book: of ten one in hardship and one in dispute.
const MANY: usize = 20_000;

fn many(day: i32) -> Book {
    let holds = |k: usize| ["hardship", "dispute_open", "", "", "", "", "", "", "", ""][k % 10];
    let rows: Vec<_> = (0..MANY).map(|k| (k as u32, 1 + (k % 7) as i64, holds(k), 0.0, "a")).collect();
    let mut book = book(&rows);
    book.cases.as_of.fill(Day(day));
    book
}

const LOTS: &str =
    "[control]\nshare = 0.1\nsalt = \"q4\"\nkeep = \"wait\"\n[exploration]\nshare = 0.05\nsalt = \"q4\"\namong = [\"wait\", \"sms\", \"call\"]\n";

#[test]
fn lots_fall_as_often_as_they_should_on_the_same_people_and_on_nobody_who_is_owed_help() {
    let policy = policy(&(resource("calls", "capacity = 6000") + LOTS));
    let drawn = |day: i32| {
        on(&policy, &many(day), |d| {
            let placed = d.placed.as_ref().unwrap();
            let n = d.policy.treatments.len();
            for (k, lot) in placed.lots.iter().enumerate() {
                let chances: Vec<f64> = (0..n).map(|t| d.assignment_probability(k, t)).collect();
                assert!((chances.iter().sum::<f64>() - 1.0).abs() < 1e-12 && chances[usize::from(d.chosen[k])] > 0.0, "case {k}: {chances:?}");
                assert!((0..n).all(|t| chances[t] == 0.0 || t == usize::from(lot.by_policy) || d.free(k, t)), "case {k}: {chances:?}");
                assert!(d.free(k, usize::from(d.chosen[k])), "case {k}");
                // Of ten the first two take no part.
                assert!(k % 10 > 1 || (lot.drawn == Drawn::Policy && chances[usize::from(d.chosen[k])] == 1.0), "case {k}");
                let by = match lot.drawn {
                    Drawn::Control => Because::Control,
                    Drawn::Exploration => Because::Exploration,
                    Drawn::Policy => continue,
                };
                assert_eq!(d.because[k], by);
            }
            assert!(placed.used[0] <= 6_000.0 * MILLIONTHS);
            let lots: Vec<Drawn> = placed.lots.iter().map(|lot| lot.drawn).collect();
            (lots, names(d).into_iter().map(String::from).collect::<Vec<_>>())
        })
        .unwrap()
    };
    let of = |lots: &[Drawn], which: Drawn| (0..MANY).filter(|k| lots[*k] == which).collect::<Vec<_>>();
    let (lots, chosen) = drawn(20_000);
    let (control, tried) = (of(&lots, Drawn::Control), of(&lots, Drawn::Exploration));
    // Of 16,000 who take part a tenth: five deviations are 5 √(16,000 · 0.1 · 0.9) = 190.
    assert!((control.len() as f64 - 1_600.0).abs() < 190.0, "{}", control.len());
    assert!(control.iter().all(|k| chosen[*k] == "wait"));
    // The share is of all 20,000, so of the 16,000 each has 0.0625, if not kept: 900, and 5 √(14,400 · 0.0625 · 0.9375) = 145.
    assert!((tried.len() as f64 - 900.0).abs() < 145.0, "{}", tried.len());
    for name in ["wait", "sms", "call"] {
        let n = tried.iter().filter(|k| chosen[**k] == name).count() as f64;
        // A third each: 5 √(900 · 2/9) = 71, and a third of what the 900 may vary.
        assert!((n - tried.len() as f64 / 3.0).abs() < 71.0, "{name}: {n}");
    }
    // Another day: kept are the same, tried on others.
    let (later, _) = drawn(20_030);
    assert_eq!(of(&later, Drawn::Control), control);
    let again = of(&later, Drawn::Exploration).iter().filter(|k| tried.contains(k)).count() as f64;
    // By chance 900 × 0.0625 = 56 of them, or five deviations more or less: 36.
    assert!((again - 56.0).abs() < 40.0, "{again}");
}

#[test]
fn a_share_of_nothing_is_off_and_a_lot_for_more_than_is_free_is_refused() {
    let off = LOTS.replace("share = 0.1", "share = 0.0").replace("share = 0.05", "share = 0");
    let policy_off = policy(&off);
    assert!(policy_off.control.is_none() && policy_off.exploration.is_none());
    let chosen = |policy: &Policy| on(policy, &five(), |d| (d.chosen.clone(), d.because.clone(), d.placed.is_none())).unwrap();
    assert_eq!(chosen(&policy_off), chosen(&policy("")));
    assert!(chosen(&policy_off).2);
    // One of five is in hardship: four have a choice, which is less than nine tenths.
    let one = book(&[(0, 1, "hardship", 0.0, "a"), (1, 2, "", 0.0, "a"), (2, 3, "", 0.0, "a"), (3, 4, "", 0.0, "a"), (4, 5, "", 0.0, "a")]);
    let refused = |more: &str| on(&policy(more), &one, |_| ()).unwrap_err().problems.remove(0);
    let problem = refused("[exploration]\nshare = 0.9\nsalt = \"s\"\namong = [\"wait\", \"sms\"]\n");
    assert_eq!(
        (problem.code, problem.value.as_deref(), problem.column.as_deref()),
        ("exploration.too_large", Some("0.9"), Some("exploration.share"))
    );
    assert!(problem.rule.as_deref().unwrap().starts_with("at most 0.8000: 4 of 5 decision units"), "{problem}");
    // Exactly those who have a choice is not too many.
    on(&policy("[exploration]\nshare = 0.8\nsalt = \"s\"\namong = [\"wait\", \"sms\"]\n"), &one, |d| {
        assert_eq!(d.because.iter().filter(|b| **b == Because::Exploration).count(), 4);
    })
    .unwrap();
    // Lots take no place that is not there.
    let problem = refused(&(resource("calls", "capacity = 1") + "[control]\nshare = 0.999999\nsalt = \"s\"\nkeep = \"call\"\n"));
    assert_eq!((problem.code, problem.value.as_deref()), ("exploration.too_large", Some("3 more than calls = 1 of the run")));
}

/// The policy of the stories with what there is: some of it by teams, some of the run, a minimum, and lots where they are asked for.
fn limited(more: &str) -> Policy {
    let takes = |name: &str, what: &str| (format!("name = \"{name}\"\nfamily"), format!("name = \"{name}\"\nresources = {{ {what} }}\nfamily"));
    let parts = [
        takes("sms", "messages = 1"),
        takes("call", "calls = 1, minutes = 9"),
        takes("plan", "minutes = 30"),
        takes("letter", "letters = 1, minutes = 2.5"),
        takes("visit", "visits = 1"),
        takes("legal", "minutes = 45"),
        takes("human_review", "reviews = 1"),
    ];
    let there = resource("messages", "capacity = 15")
        + &resource("calls", "by = \"product\"\neach = { loan = 2, card = 1 }")
        + &resource("minutes", "capacity = 200")
        + &resource("letters", "capacity = 2")
        + &resource("visits", "capacity = 1")
        + &resource("reviews", "capacity = 20")
        + &resource("money", "capacity = 900")
        + "[[minimum]]\nname = \"cards\"\nresource = \"messages\"\nwhen = \"product = 'card'\"\nunits = 2\n"
        + more;
    let mut parts: Vec<(&str, &str)> = parts.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    let holds = format!("{there}\n[holds.dispute_open]");
    parts.push(("[holds.dispute_open]", &holds));
    altered(&parts)
}

/// Account, rung, treatment and reason of every case.
fn told(d: &Decisions<'_>) -> Vec<(String, u32, u8, Because)> {
    let cases = d.guard.situation().cases;
    (0..cases.len())
        .map(|k| (cases.account_id(k).to_string(), d.policy.treatments[usize::from(d.chosen[k])].rung, d.chosen[k], d.because[k]))
        .collect()
}

/// Borrowers whose first account is a card, whom value decides on, and to whom a message may be sent.
fn cards_open(d: &Decisions<'_>) -> usize {
    let (cases, sms) = (d.guard.situation().cases, d.policy.place("sms").unwrap());
    let (codes, words) = d.guard.situation().columns.words("product").unwrap();
    let first = |k: usize| k == 0 || cases.borrower[k - 1] != cases.borrower[k];
    let open = |k: usize| {
        let mine = || (0..cases.len()).filter(|o| cases.borrower[*o] == cases.borrower[k]);
        let led = |by: Because| matches!(by, Because::Hold(_) | Because::Care | Because::Access | Because::Route(_));
        mine().all(|o| d.free(o, sms)) && mine().any(|o| !led(d.unlimited[o].1) || d.because[o] == Because::Place)
    };
    (0..cases.len()).filter(|k| first(*k) && &*words[codes[*k] as usize] == "card" && open(*k)).count()
}

#[test]
fn random_books_keep_every_limit_veto_and_minimum_and_the_verifier_agrees() {
    let lots = "[control]\nshare = 0.1\nsalt = \"t\"\nkeep = \"wait\"\n[exploration]\nshare = 0.03\nsalt = \"t\"\namong = [\"wait\", \"sms\"]\n";
    let (mut short, mut drawn, mut best, mut asked, mut conflicts, mut gap, mut bound) = (0, 0, 0, 0, 0, 0.0, 0.0);
    for (policy, seeds) in [(limited(""), 1_000..1_025), (limited(lots), 2_000..2_015)] {
        for seed in seeds {
            let found = tried(&random(seed), &policy, |d, share| {
                (0..d.chosen.len()).for_each(|k| assert!(d.free(k, usize::from(d.chosen[k])), "seed {seed}, case {k}"));
                let placed = d.placed.as_ref().unwrap();
                for (row, used) in placed.rows.rows.iter().zip(&placed.used) {
                    assert!(row.sign() * used <= row.sign() * row.amount, "seed {seed}: {row:?} {used}");
                }
                // Calls of a team, counted again: one a borrower, where their first account stands.
                let (cases, call) = (d.guard.situation().cases, d.policy.place("call").unwrap() as u8);
                let (codes, words) = d.guard.situation().columns.words("product").unwrap();
                let mut calls = std::collections::BTreeMap::new();
                let mut first = 0;
                for k in 0..cases.len() {
                    first = if cases.borrower[k] == cases.borrower[first] { first } else { k };
                    if d.chosen[k] == call {
                        calls.entry(&*words[codes[first] as usize]).or_insert_with(std::collections::BTreeSet::new).insert(cases.borrower[k]);
                    }
                }
                for (team, of) in &calls {
                    assert!(of.len() <= if *team == "loan" { 2 } else { 1 }, "seed {seed}: {team} {of:?}");
                }
                assert!(placed.bound >= placed.worth && placed.worth == d.gain.iter().sum::<f64>(), "seed {seed}");
                let found = certificate(d, share, &policy);
                assert_eq!((found.violations, found.recommended_and_vetoed), (0, 0), "seed {seed}: {:?}", found.first);
                let again = found.capacity.unwrap();
                assert_eq!((again.limits, again.not_kept, again.worth), (9, 0, placed.worth as i64), "seed {seed}");
                let minimum = placed.rows.rows.iter().position(|row| row.sign() < 0.0).unwrap();
                (placed.without_place, d.because.clone(), placed.best, placed.gap(), placed.bound, placed.prices[minimum] > 0.0)
            });
            let (without, because, proved, of_gap, of_bound, minimum) = match found {
                Ok(found) => found,
                Err(failure) => {
                    // Fewer than two whom a message may be sent to for a card: counted again where nothing is asked for.
                    assert_eq!(
                        (failure.problems[0].code, failure.problems[0].value.as_deref()),
                        ("capacity.conflict", Some("the minimum `cards`: at least 2 of messages"))
                    );
                    let mut without = policy.clone();
                    without.capacity.minimums.clear();
                    assert!(decided(&random(seed), &without, |d, _| cards_open(d)) < 2, "seed {seed}");
                    conflicts += 1;
                    continue;
                }
            };
            short += without;
            drawn += because.iter().filter(|b| matches!(b, Because::Control | Because::Exploration)).count();
            best += usize::from(proved);
            asked += usize::from(minimum);
            (gap, bound) = (gap + of_gap, bound + of_bound);
        }
    }
    eprintln!(
        "40 books: {short} cases without a place, {drawn} drawn, {best} proved best, {asked} with a minimum that has a price, {conflicts} in conflict, gap {gap:.0} of {bound:.0} minor units"
    );
    // Books in which nothing is short would prove nothing.
    assert!(short > 400 && drawn > 20 && conflicts < 10, "{short} {drawn} {conflicts}");
    assert!(gap <= 0.02 * bound, "{gap} {bound}");
}

#[test]
fn the_same_book_gives_the_same_with_one_thread_and_with_two() {
    let policy = limited("");
    for seed in 1_100..1_104 {
        let of = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let show = |d: &Decisions<'_>, _: &[f64]| {
                let summary = CapacitySummary::of(d.policy, d.placed.as_ref().unwrap(), 2);
                (told(d), serde_json::to_string(&summary).unwrap())
            };
            pool.install(|| decided(&random(seed), &policy, show))
        };
        assert_eq!(of(1), of(2), "seed {seed}");
    }
}

#[test]
fn who_is_flagged_alone_never_gets_anything_firmer_whatever_is_short() {
    let policy = limited("");
    let (mut softer, mut same) = (0, 0);
    for seed in 1_200..1_204 {
        let before = random(seed);
        let was = decided(&before, &policy, |d, _| told(d));
        let mut dice = Dice(seed);
        for borrower in (0..BORROWERS).step_by(4) {
            let mut after = before.clone();
            let kind = dice.pick(&["hardship_illness", "vulnerable_elderly"]);
            after.events += &format!(",b{borrower},{kind},{},,\n", day_before(dice.roll(90)));
            let mine: Vec<&str> =
                before.accounts.lines().filter(|l| l.contains(&format!(",b{borrower},"))).filter_map(|l| l.split(',').next()).collect();
            let is = decided(&after, &policy, |d, share| {
                let found = certificate(d, share, &policy);
                assert_eq!(found.violations, 0, "seed {seed}, b{borrower}: {:?}", found.first);
                told(d)
            });
            for (was, is) in was.iter().zip(&is).filter(|(was, _)| mine.contains(&was.0.as_str())) {
                assert_eq!(was.0, is.0);
                assert!(is.1 <= was.1, "seed {seed}, {}: {is:?} with the flag, {was:?} without", is.0);
                if is.1 < was.1 { softer += 1 } else { same += 1 }
            }
        }
    }
    assert!(softer > 5 && same > 20, "{softer} {same}");
}

#[test]
fn a_fault_in_what_was_handed_out_is_a_violation() {
    let policy = limited("");
    decided(&random(1_001), &policy, |d, share| {
        let placed = d.placed.as_ref().unwrap();
        let honest = CapacitySummary::of(d.policy, placed, 2);
        let check = |chosen: &[u8], capacity: Option<&CapacitySummary>| -> Certificate {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("log.parquet");
            log::write_chosen(d, chosen, ExpectedShare { of: share, modelled: true }, 2, &path).unwrap();
            verify(Verifying { policy: &policy, situation: *d.guard.situation(), share, minor_digits: 2, capacity }, &path).unwrap()
        };
        assert_eq!(check(&d.chosen, Some(&honest)).violations, 0);
        type Plant<'a> = (&'a str, &'a str, Box<dyn Fn(&mut CapacitySummary) + 'a>);
        let tight = (0..honest.limits.len()).filter(|k| honest.limits[*k].of != "minimum").max_by(|a, b| {
            let worth = |k: usize| honest.limits[k].price * (honest.limits[k].amount - honest.limits[k].led_or_drawn);
            worth(*a).total_cmp(&worth(*b))
        });
        let tight = tight.unwrap();
        assert!(honest.limits[tight].price > 0.0);
        let less = |text: &str, by: f64| format!("{:.2}", text.parse::<f64>().unwrap() - by);
        let faults: Vec<Plant<'_>> = vec![
            ("price nothing", "bound", Box::new(|c| c.limits[tight].price = 0.0)),
            ("price tenfold", "bound", Box::new(|c| c.limits[tight].price *= 10.0)),
            ("price below nothing", "capacity", Box::new(|c| c.limits[tight].price = -1.0)),
            ("bound", "bound", Box::new(|c| (c.bound, c.gap) = (c.worth.clone(), "0.00".into()))),
            ("bound below worth", "bound", Box::new(|c| c.bound = less(&c.worth, 1.0))),
            ("gap", "bound", Box::new(|c| (c.proved_best, c.gap) = (false, less(&c.gap, -5.0)))),
            ("used", "capacity", Box::new(|c| c.limits[tight].used -= 1.0)),
            ("led", "capacity", Box::new(|c| c.limits[tight].led_or_drawn += 1.0)),
            ("amount", "capacity", Box::new(|c| c.limits[tight].amount += 1.0)),
            ("worth", "capacity", Box::new(|c| c.worth = less(&c.worth, 0.01))),
            ("a limit is not named", "capacity", Box::new(|c| drop(c.limits.remove(tight)))),
            ("a limit that is none", "capacity", Box::new(|c| c.limits.push(c.limits[0].clone()))),
        ];
        for (name, rule, plant) in &faults {
            let mut told = honest.clone();
            plant(&mut told);
            // Where bound and worth are one, the bound as it should be is no fault.
            if *name == "bound" && told.bound == honest.bound {
                continue;
            }
            let found = check(&d.chosen, Some(&told));
            assert!(found.violations > 0 && found.first.iter().any(|v| v.rule == *rule), "{name}: {:?}", found.first);
        }
        assert!(check(&d.chosen, None).violations > 0);
        // One more call than there is: who would be called were there a place.
        let call = d.policy.place("call").unwrap() as u8;
        let cases = d.guard.situation().cases;
        let whole = |k: usize| (0..cases.len()).filter(|o| cases.borrower[*o] == cases.borrower[k]).collect::<Vec<_>>();
        let more = (0..cases.len()).find(|k| d.because[*k] == Because::Place && d.free(*k, usize::from(call)) && d.chosen[*k] != call).unwrap();
        let mut chosen = d.chosen.clone();
        whole(more).into_iter().for_each(|k| chosen[k] = call);
        let found = check(&chosen, Some(&honest));
        assert!(found.first.iter().any(|v| v.rule == "capacity" && v.what.contains("where there is")), "{:?}", found.first);
        assert!(found.capacity.unwrap().not_kept > 0);
        // One call less: nothing is exceeded, and what was handed out is not what the run says.
        if let Some(fewer) = (0..cases.len()).find(|k| d.chosen[*k] == call) {
            let mut chosen = d.chosen.clone();
            let wait = d.policy.place("wait").unwrap() as u8;
            whole(fewer).into_iter().filter(|k| d.chosen[*k] == call).for_each(|k| chosen[k] = wait);
            assert!(check(&chosen, Some(&honest)).violations > 0);
        }
    });
}

#[test]
fn a_lot_that_was_not_drawn_is_a_violation() {
    let policy = limited("[control]\nshare = 0.3\nsalt = \"t\"\nkeep = \"wait\"\n");
    decided(&random(2_001), &policy, |d, share| {
        let capacity = CapacitySummary::of(d.policy, d.placed.as_ref().unwrap(), 2);
        let of_lots = |chosen: &[u8]| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("log.parquet");
            log::write_chosen(d, chosen, ExpectedShare { of: share, modelled: true }, 2, &path).unwrap();
            let of = Verifying { policy: &policy, situation: *d.guard.situation(), share, minor_digits: 2, capacity: Some(&capacity) };
            verify(of, &path).unwrap().first.iter().filter(|v| v.rule == "lot").count()
        };
        assert_eq!(of_lots(&d.chosen), 0);
        // Who is kept for comparison is written to all the same.
        let sms = d.policy.place("sms").unwrap();
        let kept = (0..d.chosen.len()).find(|k| d.because[*k] == Because::Control && d.free(*k, sms)).unwrap();
        let mut chosen = d.chosen.clone();
        chosen[kept] = sms as u8;
        assert!(of_lots(&chosen) > 0);
    });
    // Kept by another salt than the policy's: others are kept than the lot falls on.
    let other = limited("[control]\nshare = 0.3\nsalt = \"u\"\nkeep = \"wait\"\n");
    let found = decided(&random(2_001), &other, |d, share| certificate(d, share, &policy));
    assert!(found.first.iter().any(|v| v.rule == "lot" && v.what.contains("the lot did not fall on its borrower")), "{:?}", found.first);
    assert!(found.first.iter().any(|v| v.rule == "lot" && v.what.contains("the lot keeps its borrower")), "{:?}", found.first);
}
