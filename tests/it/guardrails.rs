//! Guardrails over random books: no vetoed treatment is ever chosen, hardship only softens, contacts never allow more, a stricter pack never allows
//! more; and a fault planted in deciding is caught by the verifier.

use super::stories::{self, DAY};
use super::world::Book;
use recoup::base::dates::Day;
use recoup::base::problem::Failure;
use recoup::decide::choose::Decisions;
use recoup::decide::log;
use recoup::decide::places::CapacitySummary;
use recoup::decide::policy::{Policy, Rule};
use recoup::decide::rulebook::Check;
use recoup::study::verify::{Certificate, Verifying, verify};
use std::path::{Path, PathBuf};

const PROJECT: &str = r#"
name = "random"
[currency]
code = "CNY"
minor_digits = 2
[clock]
data_until = "2026-11-20"
[tables.accounts]
path = "accounts.csv"
[tables.instalments]
path = "instalments.csv"
[tables.payments]
path = "payments.csv"
[tables.contacts]
path = "contacts.csv"
[tables.events]
path = "events.csv"
[rates]
promise_kept = 0.5
right_party = 0.5
[cases]
observe = "month_end"
[outcome]
rule = "cure"
horizon_days = 30
"#;

/// A stream of numbers fixed by its seed.
#[derive(Clone)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    pub fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.roll(list.len() as u64) as usize]
    }
}

/// Tables of a random book, as texts.
#[derive(Clone)]
pub struct Random {
    pub accounts: String,
    pub instalments: String,
    pub payments: String,
    contacts: String,
    pub events: String,
    seed: u64,
}

pub fn day_before(days: u64) -> Day {
    DAY.parse::<Day>().unwrap().plus(-(days as i32))
}

pub const BORROWERS: u64 = 40;

pub fn random(seed: u64) -> Random {
    let mut dice = Dice(seed);
    let mut book = Random {
        accounts: "account_id,borrower_id,opened_on,product,time_zone,evidence,accessible_channels\n".into(),
        instalments: "account_id,due_on,amount\n".into(),
        payments: "account_id,paid_on,amount\n".into(),
        contacts: "account_id,contacted_on,channel,direction,result,number\n".into(),
        events: "account_id,borrower_id,kind,from,to,answer_by\n".into(),
        seed,
    };
    let mut account = 0;
    for borrower in 0..BORROWERS {
        let zone = dice.pick(&["", "Asia/Shanghai", "Asia/Shanghai", "America/Sao_Paulo", "Europe/London", "Mars/Olympus"]);
        for _ in 0..1 + dice.roll(3) {
            let evidence = dice.pick(&["contract statement", "contract", "", "statement contract"]);
            let accessible = dice.pick(&["", "", "", "sms letter", "letter"]);
            let product = dice.pick(&["loan", "card"]);
            book.accounts += &format!("a{account},b{borrower},2022-01-01,{product},{zone},{evidence},{accessible}\n");
            let behind = 1 + dice.roll(900);
            let amount = [40, 600, 3_000, 30_000][dice.roll(4) as usize];
            for k in 0..1 + dice.roll(4) {
                book.instalments += &format!("a{account},{},{amount}.00\n", day_before(behind.saturating_sub(30 * k)));
            }
            if dice.roll(3) == 0 {
                book.payments += &format!("a{account},{},{}.00\n", day_before(dice.roll(200)), 1 + amount / 3);
            }
            for _ in 0..dice.roll(9) {
                book.contacts += &contact(&mut dice, account);
            }
            if dice.roll(2) == 0 {
                book.events += &event(&mut dice, account, borrower);
            }
            account += 1;
        }
    }
    book
}

fn contact(dice: &mut Dice, account: u64) -> String {
    let days = [0, dice.roll(3), dice.roll(10), dice.roll(120)][dice.roll(4) as usize];
    let channel = dice.pick(&["sms", "call", "call", "ai_call", "letter", "visit", "email", ""]);
    let direction = dice.pick(&["outbound", "outbound", "outbound", "", "inbound"]);
    let result = dice.pick(&["reached", "no_answer", "promise", "refused", "delivered", "wrong_number", ""]);
    format!("a{account},{},{channel},{direction},{result},{}\n", day_before(days), dice.pick(&["n1", "n2", ""]))
}

const KINDS: [&str; 17] = [
    "hardship_illness",
    "hardship_income",
    "vulnerable_elderly",
    "vulnerable_disabled",
    "dispute",
    "complaint",
    "moratorium",
    "cease_contact",
    "plan_offered",
    "plan_active",
    "plan_broken",
    "opt_out",
    "debt_advice",
    "legal_filed",
    "legal_judgment",
    "legal_mediation",
    "fraud_suspect",
];

fn event(dice: &mut Dice, account: u64, borrower: u64) -> String {
    let from = dice.roll(150);
    let to = if dice.roll(4) == 0 { day_before(dice.roll(from + 1)).to_string() } else { String::new() };
    let whose = if dice.roll(2) == 0 { format!("a{account},") } else { format!(",b{borrower}") };
    format!("{whose},{},{},{to},\n", dice.pick(&KINDS), day_before(from))
}

fn home(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn policy() -> Policy {
    Policy::load(&home("tests/stories/policy.toml"), 2).unwrap()
}

/// Decides a random book by a policy and shows what was decided; shares, abilities and willingness come from the account's place.
pub fn decided<T>(random: &Random, policy: &Policy, show: impl Fn(&Decisions<'_>, &[f64]) -> T) -> T {
    tried(random, policy, show).unwrap_or_else(|e| panic!("{e}"))
}

/// The same where it may be that nothing can be decided.
pub fn tried<T>(random: &Random, policy: &Policy, show: impl Fn(&Decisions<'_>, &[f64]) -> T) -> Result<T, Failure> {
    let files = [
        ("recoup.toml", PROJECT),
        ("accounts.csv", &random.accounts),
        ("instalments.csv", &random.instalments),
        ("payments.csv", &random.payments),
        ("contacts.csv", &random.contacts),
        ("events.csv", &random.events),
    ];
    // The same for an account whatever else is in the book.
    let numbers = |account: &str| {
        let account: u64 = account[1..].parse().unwrap();
        let of = |what: u64| {
            let mut dice = Dice(random.seed ^ (account * 7_919 + what * 104_729));
            dice.roll(1_000);
            dice.roll(1_000) as f64
        };
        let known = |x: f64| if x < 100.0 { f64::NAN } else { x / 10.0 };
        [of(1) / 1_000.0, known(of(2)), known(of(3))]
    };
    let folder = Book::with(&files);
    stories::tried_on(&folder.project(), numbers, policy, show)
}

/// The certificate of decisions, by a policy that need not be the one that decided.
pub fn certificate(d: &Decisions<'_>, share: &[f64], by: &Policy) -> Certificate {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("decisions.parquet");
    let expected = recoup::decide::value::ExpectedShare { of: share, modelled: true };
    log::write(d, expected, 2, &path).unwrap();
    let capacity = d.placed.as_ref().map(|placed| CapacitySummary::of(d.policy, placed, 2));
    verify(Verifying { policy: by, situation: *d.guard.situation(), share, minor_digits: 2, capacity: capacity.as_ref() }, &path).unwrap()
}

/// Account, rung chosen, free treatments and rules fired of every case.
fn shown(d: &Decisions<'_>) -> Vec<(String, u32, Vec<bool>, u128)> {
    let cases = d.guard.situation().cases;
    let line = |k: usize| {
        let free = (0..d.policy.treatments.len()).map(|t| d.free(k, t)).collect();
        (cases.account_id(k).to_string(), d.policy.treatments[usize::from(d.chosen[k])].rung, free, d.fired[k].rules)
    };
    (0..cases.len()).map(line).collect()
}

#[test]
fn nothing_vetoed_is_ever_chosen_and_the_verifier_agrees() {
    let policy = policy();
    let (mut cases, mut chosen) = (0, vec![0; policy.treatments.len()]);
    for seed in 0..40 {
        decided(&random(seed), &policy, |d, share| {
            for k in 0..d.chosen.len() {
                let place = usize::from(d.chosen[k]);
                assert_eq!(d.vetoes(k, place), 0, "seed {seed}, case {k}");
                assert!(d.free(k, place), "seed {seed}, case {k}");
            }
            let c = certificate(d, share, &policy);
            assert_eq!(c.violations, 0, "seed {seed}: {:?}", c.first);
            (d.chosen.len(), d.chosen.clone())
        })
        .1
        .into_iter()
        .for_each(|place| {
            cases += 1;
            chosen[usize::from(place)] += 1;
        });
    }
    // A test over books in which nothing happens would prove nothing.
    assert!(cases > 2_000 && chosen.iter().filter(|n| **n > 0).count() >= 9, "{cases} {chosen:?}");
}

#[test]
fn hardship_and_vulnerability_never_raise_the_rung() {
    let policy = policy();
    let (mut softer, mut same) = (0, 0);
    for seed in 100..130 {
        let before = random(seed);
        let mut dice = Dice(seed);
        let mut after = before.clone();
        let mut flagged = Vec::new();
        for borrower in 0..BORROWERS {
            let kind = dice.pick(&["hardship_illness", "hardship_family", "vulnerable_elderly", "vulnerable_disabled"]);
            if dice.roll(2) == 0 {
                after.events += &format!(",b{borrower},{kind},{},,\n", day_before(dice.roll(90)));
                flagged.push(borrower);
            }
        }
        let was = decided(&before, &policy, |d, _| shown(d));
        let is = decided(&after, &policy, |d, share| {
            assert_eq!(certificate(d, share, &policy).violations, 0);
            shown(d)
        });
        assert_eq!(was.len(), is.len());
        for (was, is) in was.iter().zip(&is) {
            assert_eq!(was.0, is.0);
            assert!(is.1 <= was.1, "seed {seed}, {}: rung {} with the flag, {} without", is.0, is.1, was.1);
            if is.1 < was.1 {
                softer += 1;
            } else {
                same += 1;
            }
        }
    }
    assert!(softer > 100 && same > 100, "{softer} {same}");
}

#[test]
fn a_contact_never_allows_more_by_a_count_or_a_quiet_period() {
    let us = "packs = [\"cn-bank\", \"us-third-party\", ";
    let policy = altered(&[("packs = [\"cn-bank\", ", us)]);
    let mut more = 0;
    for seed in 200..225 {
        let before = random(seed);
        let mut after = before.clone();
        let mut dice = Dice(seed);
        (0..30).for_each(|k| after.contacts += &contact(&mut dice, k));
        let of_contacts = |d: &Decisions<'_>| {
            d.guard.rules.mask_of(|check| match check {
                Check::Guardrail(k) => matches!(d.policy.guardrails[*k].rule, Rule::ContactCount(_) | Rule::DaysSinceContact(_)),
                _ => false,
            })
        };
        let was = decided(&before, &policy, |d, _| (shown(d), of_contacts(d)));
        let is = decided(&after, &policy, |d, _| shown(d));
        for (was_case, is) in was.0.iter().zip(&is) {
            let (before, after) = (was_case.3 & was.1, is.3 & was.1);
            assert_eq!(before & !after, 0, "seed {seed}, {}", is.0);
            more += (after & !before).count_ones();
        }
    }
    assert!(more > 50, "{more}");
}

/// The policy of the stories with parts of its text put otherwise.
pub fn altered(parts: &[(&str, &str)]) -> Policy {
    let mut text = std::fs::read_to_string(home("tests/stories/policy.toml")).unwrap();
    for (from, to) in parts {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    std::fs::write(&file, text).unwrap();
    Policy::load(&file, 2).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn several_packs_never_allow_what_one_of_them_does_not() {
    let one = policy();
    let mut fewer = 0;
    for pack in ["us-third-party", "uk", "eu"] {
        let two = altered(&[("packs = [\"cn-bank\", ", &format!("packs = [\"cn-bank\", \"{pack}\", "))]);
        let alone = altered(&[
            ("packs = [\"cn-bank\", { name = \"cn-card\", when = \"product = 'card'\" }]", &format!("packs = [\"{pack}\"]")),
            ("[parameters.CN-SMALL-CLAIMS]\nvalue = \"54323.00\"", "#"),
            ("by = \"", "# \""),
        ]);
        for seed in 300..308 {
            let book = random(seed);
            let free = |policy: &Policy| decided(&book, policy, |d, _| shown(d));
            let (both, first, second) = (free(&two), free(&one), free(&alone));
            for ((both, first), second) in both.iter().zip(&first).zip(&second) {
                for t in 0..both.2.len() {
                    // Softening depends on what would be chosen: rules, not choices, are compared.
                    let softer = both.1 != first.1 || both.1 != second.1;
                    assert!(softer || !both.2[t] || (first.2[t] && second.2[t]), "{pack}, seed {seed}, {}", both.0);
                    fewer += usize::from(first.2[t] && !both.2[t]);
                }
            }
        }
    }
    assert!(fewer > 50, "{fewer}");
}

#[test]
fn a_fault_planted_in_deciding_is_caught() {
    let right = policy();
    let guardrail = |p: &mut Policy, id: &str, change: &dyn Fn(&mut Rule)| {
        let g = p.guardrails.iter_mut().find(|g| g.id == id).unwrap();
        change(&mut g.rule);
    };
    type Plant<'a> = (&'a str, Box<dyn Fn(&mut Policy) + 'a>);
    let faults: Vec<Plant<'_>> = vec![
        (
            "CN-CALL-EFFECTIVE",
            Box::new(|p| {
                guardrail(p, "CN-CALL-EFFECTIVE", &|r| {
                    if let Rule::ContactCount(c) = r {
                        c.most += 1
                    }
                })
            }),
        ),
        (
            "CN-CALL-ATTEMPTS",
            Box::new(|p| {
                guardrail(p, "CN-CALL-ATTEMPTS", &|r| {
                    if let Rule::ContactCount(c) = r {
                        c.per_number = false
                    }
                })
            }),
        ),
        (
            "CN-HOURS",
            Box::new(|p| {
                guardrail(p, "CN-HOURS", &|r| {
                    if let Rule::QuietHours(h) = r {
                        h.from += 60
                    }
                })
            }),
        ),
        (
            "CN-SMALL-CLAIMS",
            Box::new(|p| {
                guardrail(p, "CN-SMALL-CLAIMS", &|r| {
                    if let Rule::ClaimLimit { most, .. } = r {
                        most.0 += 1
                    }
                })
            }),
        ),
        (
            "BANK-EVIDENCE",
            Box::new(|p| {
                guardrail(p, "BANK-EVIDENCE", &|r| {
                    if let Rule::Evidence(items) = r {
                        items.pop();
                    }
                })
            }),
        ),
        ("BANK-MINOR", Box::new(|p| guardrail(p, "BANK-MINOR", &|r| *r = Rule::Sql("arrears < 50".into())))),
        (
            "hold:dispute_open",
            Box::new(|p| {
                let all = (0..p.treatments.len()).collect();
                p.holds.iter_mut().find(|h| h.name == "dispute_open").unwrap().allow = all;
            }),
        ),
        ("care:first", Box::new(|p| p.care.wait_days = 0)),
        ("care:never", Box::new(|p| p.care.never.clear())),
        (
            "routing:able_willing",
            Box::new(|p| {
                let all = (0..p.treatments.len()).collect();
                p.routes.iter_mut().find(|r| r.quadrant == "able_willing").unwrap().allow = all;
            }),
        ),
        ("ladder:rung", Box::new(|p| p.treatments.iter_mut().for_each(|t| t.after_days = 0))),
        ("ladder:after", Box::new(|p| p.treatments.iter_mut().for_each(|t| t.after.clear()))),
        ("eligible", Box::new(|p| p.treatments.iter_mut().for_each(|t| t.eligible = None))),
    ];
    for (rule, plant) in &faults {
        let mut faulty = right.clone();
        plant(&mut faulty);
        let disagree = |c: &Certificate| c.by_rule.iter().find(|r| r.rule == *rule).unwrap().disagree;
        let found = stories::decided_by(&faulty, |d, share| certificate(d, share, &right));
        assert!(found.violations > 0 && disagree(&found) > 0, "{rule}: {found:?}");
    }
    // What the policy forbids, recommended all the same; and a worse choice than could be.
    stories::decided_by(&right, |d, share| {
        let honest = certificate(d, share, &right);
        assert_eq!((honest.violations, honest.recommended_and_vetoed), (0, 0), "{:?}", honest.first);
    });
    let worse = stories::decided_by(&right, |d, share| {
        let (wait, legal) = (d.policy.place("wait").unwrap() as u8, d.policy.place("legal").unwrap() as u8);
        let with = |place: u8| {
            let mut chosen = d.chosen.clone();
            chosen.iter_mut().for_each(|c| *c = place);
            chosen
        };
        [with(wait), with(legal)].map(|chosen| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("log.parquet");
            let expected = recoup::decide::value::ExpectedShare { of: share, modelled: true };
            log::write_chosen(d, &chosen, expected, 2, &path).unwrap();
            let capacity = d.placed.as_ref().map(|placed| CapacitySummary::of(d.policy, placed, 2));
            verify(Verifying { policy: &right, situation: *d.guard.situation(), share, minor_digits: 2, capacity: capacity.as_ref() }, &path).unwrap()
        })
    });
    assert!(
        worse[0].violations > 0 && worse[0].recommended_and_vetoed == 0 && worse[0].first.iter().any(|v| v.rule == "choice"),
        "{:?}",
        worse[0].first
    );
    assert!(worse[1].recommended_and_vetoed > 20);
}

/// Two accounts of one person, 200 days late, on which everything was tried long ago, with these accounts' further columns and events.
fn person(first: &str, second: &str, second_is_late: bool, events: &str) -> Random {
    let due = |account: &str, days: u64| format!("{account},{},5000.00\n", day_before(days));
    let tried: String =
        ["sms", "call", "letter", "visit"].iter().map(|channel| format!("a0,{},{channel},outbound,delivered,\n", day_before(150))).collect();
    Random {
        accounts: format!(
            "account_id,borrower_id,opened_on,product,time_zone,evidence,accessible_channels\na0,b0,2022-01-01,loan,{first}\na1,b0,2022-01-01,loan,{second}\n"
        ),
        instalments: "account_id,due_on,amount\n".to_string() + &due("a0", 200) + &due("a1", if second_is_late { 200 } else { 0 }),
        payments: "account_id,paid_on,amount\n".into(),
        contacts: "account_id,contacted_on,channel,direction,result,number\n".to_string() + &tried,
        events: "account_id,borrower_id,kind,from,to,answer_by\n".to_string() + events,
        seed: 7,
    }
}

/// The treatments that are free for the first account, other than wait and review by a person.
fn free_for_a0(random: &Random, policy: &Policy) -> Vec<String> {
    decided(random, policy, |d, share| {
        let cases = d.guard.situation().cases;
        if cases.is_empty() {
            return Vec::new();
        }
        let found = certificate(d, share, policy);
        assert_eq!(found.violations, 0, "{:?}", found.first);
        let Some(k) = (0..cases.len()).find(|k| cases.account_id(*k) == "a0") else { return Vec::new() };
        let free = d.policy.treatments.iter().enumerate().filter(|(t, x)| d.free(k, *t) && !["wait", "human_review"].contains(&x.name.as_str()));
        free.map(|(_, t)| t.name.clone()).collect()
    })
}

#[test]
fn what_is_of_a_person_holds_on_all_their_accounts_from_the_day_of_outreach_on() {
    let tomorrow = altered(&[("day = \"same\"", "day = \"next\"")]);
    let plain = "Asia/Shanghai,contract statement,";
    let free = |events: &str, policy: &Policy| free_for_a0(&person(plain, plain, false, events), policy);
    assert!(free("", &tomorrow).contains(&"sms".to_string()), "{:?}", free("", &tomorrow));
    // Written down for the other account, which is not even late.
    for kind in ["deceased", "cease_contact", "complaint", "moratorium"] {
        assert_eq!(free(&format!("a1,,{kind},{},,\n", day_before(20)), &tomorrow), [""; 0], "{kind}");
    }
    let ill = free(&format!("a1,,hardship_illness,{},,\n", day_before(20)), &tomorrow);
    assert!(!ill.iter().any(|t| ["call", "letter", "visit"].contains(&t.as_str())), "{ill:?}");
    // A dispute is of the account that it names.
    assert!(free(&format!("a1,,dispute,{},,\n", day_before(20)), &tomorrow).contains(&"sms".to_string()));
    // Known today and in force from tomorrow, when the list is worked.
    let day: Day = DAY.parse().unwrap();
    let begins = |kind: &str| {
        // Known when it was written down, which is today: the table names the day from which it holds.
        let mut book = person(plain, plain, false, "");
        book.events = format!("account_id,borrower_id,kind,from,to,answer_by,known_on\n,b0,{kind},{},,,{day}\n", day.plus(1));
        book
    };
    for kind in ["dispute", "moratorium", "cease_contact"] {
        let done = free_for_a0(&begins(kind), &tomorrow);
        assert_eq!(done, [""; 0], "{kind}");
        // Worked on the book's own day, it has not begun.
        assert!(free_for_a0(&begins(kind), &policy()).contains(&"sms".to_string()), "{kind}");
    }
    // No electronic messages, whatever the policy says; an end before the beginning is none.
    let out = free(
        &format!(",b0,opt_out,{},,\n", day_before(20)),
        &altered(&[("id = \"BANK-OPT-OUT\"", "id = \"BANK-OTHER\""), ("hold = \"opt_out\"", "hold = \"debt_advice\"")]),
    );
    assert!(!out.contains(&"sms".to_string()), "{out:?}");
    assert_eq!(free(&format!(",b0,dispute,{},{},\n", day_before(5), day_before(9)), &tomorrow), [""; 0]);
    // Zones of the two accounts that share no hour of the floor's day, one that nobody knows, channels named for the other account.
    let zones = |first: &str, second: &str| free_for_a0(&person(first, second, false, ""), &tomorrow);
    assert!(zones(plain, "Europe/London,contract,").contains(&"sms".to_string()));
    assert!(!zones(plain, "America/Sao_Paulo,contract,").contains(&"sms".to_string()));
    assert!(!zones(plain, "Mars/Olympus,contract,").contains(&"sms".to_string()));
    let deaf = person(plain, "Asia/Shanghai,contract,sms letter", false, &format!(",b0,vulnerable_disabled,{},,\n", day_before(60)));
    assert!(!free_for_a0(&deaf, &tomorrow).contains(&"call".to_string()));
}
