//! Policies and decisions: values by hand, the optimum by brute force, vetoes that nothing buys off, and mistakes named by line.

use recoup::base::config::Declared;
use recoup::base::dates::Day;
use recoup::base::problem::Failure;
use recoup::base::units::{Bucket, Money, logit, sigmoid};
use recoup::data::cases::{Cases, Holds, Maturity, Outcomes};
use recoup::data::expressions::{ColumnValues, Columns};
use recoup::data::features::FeatureTable;
use recoup::data::history::{ContactKind, Contacts, NO_NUMBER, Portfolio};
use recoup::decide::choose::{self, Because, Decisions};
use recoup::decide::facts::Situation;
use recoup::decide::policy::{Policy, Scope};
use recoup::decide::value::ExpectedShare;
use recoup::decide::value::{cost, shares_of as shares};
use recoup::decide::words;
use std::sync::{Arc, OnceLock};

const CURRENT: &str = include_str!("../../data/policies/current.toml");

/// Shares that a model of the share gave.
pub fn expected(of: &[f64]) -> ExpectedShare<'_> {
    ExpectedShare { of, modelled: true }
}

/// What these tests decide on: nothing in force, and everything softer than law tried long ago.
pub struct World {
    pub declared: Declared,
    pub book: Portfolio,
    pub features: FeatureTable,
}

/// Borrowers of the tests are fewer.
const BORROWERS: usize = 16;

pub fn world(borrowers: usize) -> World {
    let mut book = Portfolio::default();
    book.promises.logged = true;
    let all = 3 * borrowers;
    book.contacts = Contacts {
        logged: true,
        offsets: (0..=borrowers).map(|b| 3 * b).collect(),
        contacted_on: vec![Day(19_970); all],
        known_on: vec![Day(19_970); all],
        kind: vec![ContactKind::OUTBOUND; all],
        // sms, call, letter: places in the contract's list.
        channel: (0..all).map(|k| [0, 1, 5][k % 3]).collect(),
        result: vec![1; all],
        number: vec![NO_NUMBER; all],
        account: vec![0; all],
        hour: Vec::new(),
    };
    World { declared: Declared::default(), book, features: FeatureTable::default() }
}

fn decide<'a>(policy: &'a Policy, cases: &'a Cases, share: ExpectedShare<'a>, columns: &'a Columns<'a>) -> Result<Decisions<'a>, Failure> {
    static WORLD: OnceLock<World> = OnceLock::new();
    let World { declared, book, features } = WORLD.get_or_init(|| world(BORROWERS));
    choose::decide(policy, Situation { declared, book, cases, features, columns, quadrants: &[] }, share, 2)
}

/// The first rule that vetoes a treatment for a case, and whether because something is not known.
fn veto(d: &Decisions<'_>, case: usize, name: &str) -> Option<(String, bool)> {
    words::vetoes(d, case, d.policy.place(name).unwrap()).into_iter().next().map(|v| (v.id, v.unknown))
}

/// The sections that say what must not be left unsaid, for a policy of treatments named so.
pub fn sections(treatments: &[&str]) -> String {
    let all = treatments.iter().map(|t| format!("\"{t}\"")).collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    for hold in ["dispute_open", "complaint_open", "moratorium", "deceased", "cease_contact"] {
        text += &format!("[holds.{hold}]\nallow = [\"wait\", \"human_review\"]\nrecommend = \"human_review\"\n");
    }
    text += "[holds.plan_active]\nallow = [\"wait\", \"plan\", \"human_review\"]\n";
    text += "[outreach]\nday = \"same\"\nhours = \"09:00-18:00\"\ntime_zone = \"+00:00\"\n";
    text += "[care]\noffer = [\"human_review\"]\ngentle_rung = 1\nwait_days = 30\n";
    for quadrant in ["able_willing", "willing_not_able", "able_not_willing", "unknown"] {
        text += &format!("[routing.{quadrant}]\nallow = [{all}]\n");
    }
    text += "[routing.neither]\nallow = [\"wait\"]\n";
    text += "[rights]\nobject = { en = \"write\", zh = \"写信\" }\nperson = { en = \"call\", zh = \"致电\" }\n";
    text + "[answer_within]\ndispute = 30\ncomplaint = 15\n"
}

pub fn load(text: &str) -> Result<Policy, Failure> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policy.toml");
    std::fs::write(&path, text).unwrap();
    Policy::load(&path, 2)
}

/// A policy of wait, sms, call (borrower), plan, legal (account) and human review, with conditions to try.
fn small(call_eligible: &str, plan_eligible: &str) -> Policy {
    let source = "source = { assumed_by = \"test\" }";
    let treatment = |name: &str, family: &str, rung: u32, cost: &str, effect: f64, more: &str| {
        let source = if name == "wait" || effect == 0.0 { "" } else { source };
        format!(
            "[[treatment]]\nname = \"{name}\"\nfamily = \"{family}\"\nrung = {rung}\ncost = \"{cost}\"\ncomplaint_cost = \"0\"\neffect = {effect:.2}\n{source}\n{more}\n"
        )
    };
    let mut text = "name = \"small\"\nversion = \"1\"\n[reference]\ntreatment = \"wait\"\n".to_string();
    text += &treatment("wait", "soft", 0, "0", 0.0, "");
    text += &treatment("sms", "soft", 1, "0.10", 0.1, "");
    text += &treatment("call", "soft", 2, "5.00", 0.4, &format!("after_days = 0\neligible = \"{call_eligible}\""));
    text += &treatment("plan", "assist", 0, "20.00", 0.6, &format!("eligible = \"{plan_eligible}\""));
    text += &treatment("legal", "legal", 6, "80.00", 1.0, "after_days = 0\nsigned_by = \"a person\"");
    text += COURT;
    text += &treatment("human_review", "assist", 0, "15.00", 0.0, "");
    text += &sections(&["wait", "sms", "call", "plan", "legal", "human_review"]);
    load(&text).unwrap_or_else(|e| panic!("{e}"))
}

/// A court that costs nothing and from which all is collected.
pub const COURT: &str = "[treatment.court]\ncourt_cost = \"0\"\ncourt_cost_share = 0.0\nlawyer_cost = \"0\"\nlawyer_share = 0.0\ncollects = 1.0\n\
    source = { assumed_by = \"the author of the test\" }\n";

/// Cases from (borrower, stake in minor units, holds).
pub fn cases(rows: &[(u32, i64, Holds)]) -> Cases {
    let n = rows.len();
    Cases {
        account: (0..n as u32).collect(),
        borrower: rows.iter().map(|r| r.0).collect(),
        as_of: vec![Day(20_000); n],
        dpd: vec![40; n],
        bucket: vec![Bucket(2); n],
        arrears: rows.iter().map(|r| Money(r.1)).collect(),
        stake: rows.iter().map(|r| Money(r.1)).collect(),
        holds: rows.iter().map(|r| r.2).collect(),
        legal_stage: vec![0; n],
        outbound_7: vec![0; n],
        contact_log_declared: false,
        maturity: vec![Maturity::Immature; n],
        repaid: vec![false; n],
        paid_ratio: vec![f64::NAN; n],
        outcomes: vec![Outcomes::UNKNOWN; n],
        account_ids: Arc::new((0..n).map(|k| format!("a{k}").into()).collect()),
        borrower_ids: Arc::new((0..n).map(|k| format!("b{k}").into()).collect()),
    }
}

pub fn with_x(values: Vec<f64>) -> Columns<'static> {
    let mut columns = Columns::default();
    columns.add("x", ColumnValues::Number(values.into()));
    columns
}

pub fn names<'a>(d: &'a Decisions<'_>) -> Vec<&'a str> {
    d.chosen.iter().map(|p| d.policy.treatments[usize::from(*p)].name.as_str()).collect()
}

#[test]
fn a_gain_worked_by_hand() {
    // Stake 1,000.00 at probability 0.5 under wait. Call: σ(0.4) = 0.598688, so 98.69 less 5.00. Legal: σ(1) = 0.731059: 231.06 less 80.00.
    let policy = small("TRUE", "x < 0");
    let book = cases(&[(0, 100_000, Holds(0))]);
    let x = with_x(vec![1.0]);
    let d = decide(&policy, &book, expected(&[0.5]), &x).unwrap();
    assert_eq!(names(&d), ["legal"]);
    assert_eq!(d.gain[0], (100_000.0 * (1.0 / (1.0 + (-1f64).exp()) - 0.5)).round() - 8_000.0);
    assert!((d.gain[0] / 100.0 - 151.06).abs() < 0.005);
    let (next, worth) = d.runner_up[0].unwrap();
    assert_eq!(policy.treatments[usize::from(next)].name, "call");
    assert!((worth / 100.0 - 93.69).abs() < 0.005);
    // A small stake is not worth a call, and at 2.00 not even a message: σ(0.1) − ½ = 0.02498, times 2.00 is 0.05.
    let small_stake = cases(&[(0, 2_000, Holds(0))]);
    let d = decide(&policy, &small_stake, expected(&[0.5]), &x).unwrap();
    assert_eq!(names(&d), ["sms"]);
    let smaller = cases(&[(0, 200, Holds(0))]);
    let d = decide(&policy, &smaller, expected(&[0.5]), &x).unwrap();
    assert_eq!((names(&d), d.gain[0]), (vec!["wait"], 0.0));
}

#[test]
fn the_reference_says_what_the_probability_stands_for() {
    let policy = load(CURRENT).unwrap();
    let found = shares(&policy, 0.5);
    // The probability stands for history at +0.25: waiting is worth less, and a treatment of +0.35 a little more.
    assert!((found[policy.place("wait").unwrap()] - sigmoid(-0.25)).abs() < 1e-15);
    assert!((found[policy.place("call").unwrap()] - sigmoid(0.10)).abs() < 1e-15);
    assert!((logit(shares(&policy, 0.0)[0]) - (logit(1e-6) - 0.25)).abs() < 1e-6);
}

#[test]
fn an_unknown_or_false_condition_is_never_recommended() {
    let policy = small("x > 10", "x / 0 > 1");
    let book = cases(&[(0, 100_000, Holds(0)), (1, 100_000, Holds(0)), (2, 100_000, Holds(0))]);
    let x = with_x(vec![11.0, 5.0, f64::NAN]);
    let d = decide(&policy, &book, expected(&[0.9; 3]), &x).unwrap();
    let eligible = |unknown: bool| Some(("eligible".to_string(), unknown));
    assert_eq!([0, 1, 2].map(|k| veto(&d, k, "call")), [None, eligible(false), eligible(true)]);
    assert!((0..3).all(|k| veto(&d, k, "plan") == eligible(true)));
    assert_eq!(names(&d), ["call", "sms", "sms"]);
}

#[test]
fn holds_veto_whatever_it_is_worth_and_lead_where_the_policy_says() {
    let policy = small("TRUE", "TRUE");
    let (dispute, plan) = (Holds::named("dispute_open").unwrap(), Holds::named("plan_active").unwrap());
    let hardship = Holds::named("hardship").unwrap();
    let book = cases(&[(0, 10_000_000, dispute), (1, 10_000_000, plan), (2, 10_000_000, hardship), (3, 10_000_000, dispute.and(plan))]);
    let x = with_x(vec![1.0; 4]);
    let d = decide(&policy, &book, expected(&[0.5; 4]), &x).unwrap();
    assert_eq!(names(&d), ["human_review", "plan", "human_review", "human_review"]);
    assert!(matches!(d.because[0], Because::Hold(_)));
    for case in [0, 1, 3] {
        assert!(veto(&d, case, "legal").unwrap().0.starts_with("hold:"));
    }
}

#[test]
fn a_treatment_of_the_borrower_is_vetoed_if_vetoed_on_one_account_and_paid_once() {
    let policy = small("x > 0", "x < 0");
    // Two accounts of one borrower, too small for legal; the call is false on one of them.
    let book = cases(&[(7, 30_000, Holds(0)), (7, 30_000, Holds(0))]);
    let on_one = with_x(vec![1.0, 0.0]);
    let d = decide(&policy, &book, expected(&[0.5; 2]), &on_one).unwrap();
    assert_eq!(names(&d), ["sms", "sms"]);
    assert_eq!(veto(&d, 0, "call"), Some(("other_account".into(), false)));
    let on_both = with_x(vec![1.0, 1.0]);
    let d = decide(&policy, &book, expected(&[0.5; 2]), &on_both).unwrap();
    assert_eq!((names(&d), d.cost.clone()), (vec!["call", "call"], vec![500.0, 0.0]));
}

/// The best a borrower can get, over every way of choosing.
fn brute_force(policy: &Policy, d: &Decisions<'_>, book: &Cases, probability: &[f64]) -> f64 {
    let (n, t) = (book.len(), policy.treatments.len());
    let wait = policy.place("wait").unwrap();
    let stake = |k: usize| book.stake[k].0 as f64;
    // Whole minor units, half to even.
    let gross = |k: usize, p: usize| {
        let s = shares(policy, probability[k]);
        (stake(k) * (s[p] - s[wait])).round_ties_even()
    };
    let free = |k: usize, p: usize| d.free(k, p);
    let mut best = f64::NEG_INFINITY;
    for cover in (0..t).filter(|p| policy.treatments[*p].scope == Scope::Borrower && (0..n).all(|k| free(k, *p))) {
        let own: Vec<usize> =
            (0..t).filter(|p| policy.treatments[*p].scope == Scope::Account && policy.treatments[*p].name != "human_review").chain([cover]).collect();
        for mut way in 0..own.len().pow(n as u32) {
            let (mut total, mut covered, mut allowed) = (0.0, false, true);
            for k in 0..n {
                let p = own[way % own.len()];
                way /= own.len();
                allowed &= free(k, p);
                total += gross(k, p) - if p == cover { 0.0 } else { cost(&policy.treatments[p], stake(k)) };
                covered |= p == cover;
            }
            if allowed {
                best = best.max(total - if covered { cost(&policy.treatments[cover], stake(0)) } else { 0.0 });
            }
        }
    }
    best
}

#[test]
fn the_choice_is_the_optimum_of_every_borrower() {
    let mut state = 12_345u64;
    let mut dice = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let policy = small("x > 1", "x > 2");
    let (mut legal, mut mixed) = (0, 0);
    for _ in 0..2_000 {
        let n = 1 + dice(4) as usize;
        let book = cases(&(0..n).map(|_| (1, dice(80_000) as i64, Holds(0))).collect::<Vec<_>>());
        let probability: Vec<f64> = (0..n).map(|_| dice(1_000) as f64 / 1_000.0).collect();
        let columns = with_x((0..n).map(|_| dice(6) as f64).collect());
        let d = decide(&policy, &book, expected(&probability), &columns).unwrap();
        let total: f64 = d.gain.iter().sum();
        assert!((total - brute_force(&policy, &d, &book, &probability)).abs() < 1e-6, "{:?}", names(&d));
        for (k, p) in d.chosen.iter().enumerate() {
            assert!(d.free(k, usize::from(*p)));
        }
        legal += usize::from(names(&d).contains(&"legal"));
        mixed += usize::from(d.chosen.iter().any(|p| *p != d.chosen[0]));
    }
    assert!(legal > 100 && mixed > 100, "{legal} {mixed}");
}

#[test]
fn the_sample_policies_are_sound_and_mistakes_are_named_by_line() {
    load(CURRENT).unwrap();
    load(include_str!("../../data/policies/challenger.toml")).unwrap();
    let said = |from: &str, to: &str| load(&CURRENT.replacen(from, to, 1)).unwrap_err().to_string();
    let line = |part: &str| CURRENT[..CURRENT.find(part).unwrap()].matches('\n').count() + 1;
    let text = said("complaint_cost = \"0.05\"", "complaint_costs = \"0.05\"");
    assert!(text.contains("config.unknown_key") && text.contains("did you mean `complaint_cost`?"), "{text}");
    let text = said("cost = \"6.50\"", "cost = \"6,50\"");
    assert!(text.contains("policy.bad_value") && text.contains(&format!("line {}", line("cost = \"6.50\""))), "{text}");
    let text = said("signed_by = \"head of field collections\"\n", "");
    assert!(text.contains("policy.no_signature") && text.contains("`visit`"), "{text}");
    let text = said("effect = 0.12\nsource = { assumed_by = \"sample policy author\" }", "effect = 0.12");
    assert!(text.contains("policy.no_source") && text.contains("`sms`"), "{text}");
    let text = said("[holds.moratorium]\nallow = [\"wait\", \"human_review\"]\n", "");
    assert!(text.contains("policy.missing_hold") && text.contains("moratorium"), "{text}");
    let text = said("[holds.moratorium]\nallow = [\"wait\", \"human_review\"]", "[holds.moratorium]\nallow = [\"wait\", \"sms\"]");
    assert!(text.contains("policy.hold_too_loose") && text.contains("no policy loosens it"), "{text}");
    let text = said("recommend = \"human_review\"", "recommend = \"humanreview\"");
    assert!(text.contains("did you mean `human_review`?"), "{text}");
    let text = said("name = \"wait\"", "name = \"waiting\"");
    assert!(text.contains("policy.missing_treatment"), "{text}");
    assert!(said("name = \"letter\"", "name = \"visit\"").contains("policy.duplicate"));
    assert!(said("treatment = \"history\"", "treatment = \"historic\"").contains("policy.reference"));
    // A condition is read against the columns of the book: the file, the line, the nearest column.
    let policy = load(&CURRENT.replace("dpd > 30 AND NOT vulnerable", "dpd > 30 AND NOT vulnerabel")).unwrap();
    let mut columns = with_x(vec![1.0]);
    for name in ["dpd", "outbound_7", "payments_90", "arrears"] {
        columns.add(name, ColumnValues::Number(vec![1.0].into()));
    }
    for name in ["vulnerable", "hardship"] {
        columns.add(name, ColumnValues::Truth(vec![false].into()));
    }
    let text = policy.bind(&columns).unwrap_err().to_string();
    let wanted = format!("line {}", line("eligible = \"dpd > 30 AND NOT vulnerable\""));
    assert!(
        text.contains("policy.expression") && text.contains("policy.toml") && text.contains(&wanted) && text.contains("did you mean `vulnerable`?"),
        "{text}"
    );
}
