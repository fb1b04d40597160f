//! What a policy says of what there is: every mistake named with its line, what cannot be kept said at run time, and a run answered again by the real
//! binary.

use super::capacity::{book, on, resource, text};
use super::cli::text as utf8;
use super::decide::{COURT, load};
use super::replay::recoup;
use recoup::base::problem::Problem;
use std::path::Path;
use std::process::Output;

/// The one problem of a policy with that code, on the line where `at` begins, and that its message, rule and help hold these words.
fn said(policy: &str, code: &str, at: &str, words: &[&str]) {
    let place = policy.find(at).unwrap_or_else(|| panic!("{at:?} does not stand in the policy"));
    let line = policy[..place].matches('\n').count() as u64 + 1;
    let problems = load(policy).expect_err(code).problems;
    let full = |p: &Problem| p.to_string();
    let all = problems.iter().map(full).collect::<Vec<_>>().join("\n");
    let found: Vec<&Problem> = problems.iter().filter(|p| p.code == code && p.row == Some(line)).collect();
    assert_eq!(found.len(), 1, "{code} on line {line}: {all}");
    words.iter().for_each(|word| assert!(full(found[0]).contains(word), "{word:?}: {all}"));
}

#[test]
fn every_mistake_of_what_there_is_is_named_with_its_line() {
    let with = |name: &str, of: &str| text(&resource(name, of));
    said(&with("cals", "capacity = 2"), "policy.unused_resource", "[[resource]]\nname = \"cals\"", &["no treatment takes `cals`", "`calls`?"]);
    let unknown = text("").replace("resources = { calls = 1 }", "resources = { cals = 1 }");
    said(&unknown, "policy.unknown_resource", "[[treatment]]\nname = \"call\"", &["`call` takes `cals`", "`calls`?"]);
    let negative = text("").replace("resources = { calls = 1 }", "resources = { calls = -1 }");
    said(&negative, "policy.bad_value", "[[treatment]]\nname = \"call\"", &["`call` takes -1 of `calls`", "a number >= 0"]);
    for (bad, shown) in [("-1", "-1"), ("nan", "NaN"), ("inf", "inf"), ("0.0000001", "0.0000001"), ("\"lots\"", "\"lots\"")] {
        let capacity = format!("capacity = {bad}");
        said(&with("calls", &capacity), "policy.bad_value", &capacity, &["the capacity of `calls` is", shown, "\"unlimited\""]);
    }
    let calls = "[[resource]]\nname = \"calls\"";
    said(&with("calls", "label = { en = \"calls\", zh = \"电话\" }"), "policy.no_capacity", calls, &["how much of `calls`", "\"unlimited\""]);
    said(&with("calls", "label = { en = \"calls\", zh = \"\" }\ncapacity = 1"), "policy.one_language", calls, &["`calls`"]);
    for part in ["by = \"branch\"", "capacity = 1\neach = { north = 1 }", "capacity = 1\nothers = 1"] {
        said(&with("calls", part), "policy.teams", calls, &["`calls` is shared out by teams in part", "each = { team = number }"]);
    }
    said(&with("calls", "by = \"branch\"\neach = { north = -1 }"), "policy.bad_value", calls, &["the part of team `north` of `calls` is -1"]);
    let two = text(&(resource("calls", "capacity = 1") + &resource("calls", "capacity = 2")));
    said(&two, "policy.duplicate", "[[resource]]\nname = \"calls\"\ncapacity = 2", &["two resources `calls`"]);
    // Money is what treatments cost, and is not said twice.
    let twice = text(&resource("money", "capacity = 10")).replace("resources = { calls = 1 }", "resources = { calls = 1, money = 5 }");
    said(&twice, "policy.money", "[[resource]]\nname = \"money\"", &["a treatment says how much `money` it takes"]);
    // Minimums.
    let minimum = |of: &str| text(&(resource("calls", "capacity = 2") + "[[minimum]]\nname = \"m\"\n" + of));
    said(&minimum("resource = \"cals\"\nunits = 1\n"), "policy.unknown_word", "resource = \"cals\"", &["there is no resource `cals`", "`calls`?"]);
    let m = "[[minimum]]";
    for of in ["units = 1\nshare = 0.5\n", "", "share = 1.5\n", "share = -0.5\n", "share = nan\n", "units = -1\n", "units = nan\n"] {
        said(
            &minimum(&format!("resource = \"calls\"\n{of}")),
            "policy.bad_value",
            m,
            &["the minimum `m`", "units = a number >= 0, or share = 0 to 1"],
        );
    }
    said(&minimum("resource = \"plans\"\nshare = 0.5\n"), "policy.bad_value", m, &["`m` is a share of a capacity that nothing states"]);
    said(&minimum("resource = \"calls\"\nunits = 1\nwhem = \"TRUE\"\n"), "config.unknown_key", "whem", &["`when`?"]);
}

#[test]
fn every_mistake_of_lots_courts_and_shares_of_cost_is_named_with_its_line() {
    let control = |share: &str, salt: &str, keep: &str| text(&format!("[control]\nshare = {share}\nsalt = \"{salt}\"\nkeep = \"{keep}\"\n"));
    let by_lot = |text: &str, name: &str| said(text, "policy.by_lot", &format!("\"{name}\"\n[[resource]]"), &[&format!("gives `{name}` by lot")]);
    by_lot(&control("0.1", "s", "human_review"), "human_review");
    by_lot(&control("0.1", "s", "plan"), "plan");
    by_lot(&control("0.1", "s", "call").replace("after_days = 0", "after_days = 0\nsigned_by = \"head of calls\""), "call");
    said(&control("0.1", "s", "cal"), "policy.unknown_treatment", "keep = \"cal\"", &["`call`?"]);
    for share in ["1.0", "-0.1", "nan"] {
        said(&control(share, "s", "wait"), "policy.bad_value", "[control]", &["[control] share is", "from 0 to below 1"]);
    }
    said(&control("0.1", " ", "wait"), "policy.bad_value", "[control]", &["[control] has no salt"]);
    let explore = |share: &str, salt: &str, among: &str| text(&format!("[exploration]\nshare = {share}\nsalt = \"{salt}\"\namong = [{among}]\n"));
    for among in ["\"sms\"", "\"sms\", \"sms\"", ""] {
        said(&explore("0.1", "s", among), "policy.bad_value", "[exploration]", &["fewer than two treatments"]);
    }
    said(&explore("1.0", "s", "\"wait\", \"sms\""), "policy.bad_value", "[exploration]", &["[exploration] share is 1"]);
    said(&explore("0.1", "", "\"wait\", \"sms\""), "policy.bad_value", "[exploration]", &["[exploration] has no salt"]);
    said(&explore("0.1", "s", "\"wait\", \"sms\", \"plan\""), "policy.by_lot", "among", &["[exploration] gives `plan` by lot"]);
    // Law without a court; a share of the cost where a treatment covers several accounts.
    let law = "[[treatment]]\nname = \"legal\"\nfamily = \"legal\"\nrung = 6\ncost = \"80.00\"\ncomplaint_cost = \"0\"\neffect = 1.0\n\
        source = { assumed_by = \"test\" }\nafter_days = 0\nsigned_by = \"a person\"\n";
    said(&text(law), "policy.no_court", "[[treatment]]\nname = \"legal\"", &["what a court costs", "[treatment.court]"]);
    let much = COURT.replace("collects = 1.0", "collects = 1.5");
    said(
        &text(&format!("{law}{much}")),
        "policy.bad_value",
        "[[treatment]]\nname = \"legal\"",
        &["collects = [0.0, 0.0, 1.5]", "shares from 0 to 1"],
    );
    let of_borrower = format!("{law}scope = \"borrower\"\n{COURT}");
    said(&text(&of_borrower), "policy.cost_share", "[[treatment]]\nname = \"legal\"", &["`legal` covers all accounts"]);
    let sharing = text("").replace("resources = { calls = 1 }", "resources = { calls = 1 }\ncost_share = 0.1");
    said(&sharing, "policy.cost_share", "[[treatment]]\nname = \"call\"", &["`call` covers all accounts", "scope = \"account\""]);
    let share = text("").replace("resources = { plans = 1 }", "resources = { plans = 1 }\ncost_share = 1.1");
    said(&share, "policy.bad_value", "[[treatment]]\nname = \"plan\"", &["`plan` has cost_share = 1.1"]);
}

#[test]
fn what_a_book_cannot_keep_is_said_with_what_stands_against_it() {
    let of = |more: &str| {
        let text = text(more);
        let five =
            book(&[(0, 1, "", 1.0, "north"), (1, 2, "", 0.0, "north"), (2, 3, "", 0.0, "west"), (3, 4, "", 0.0, "south"), (4, 5, "", 1.0, "south")]);
        let problem = on(&load(&text).unwrap_or_else(|e| panic!("{e}")), &five, |_| ()).unwrap_err().problems.remove(0);
        let line = problem.row.map(|row| text.lines().nth(row as usize - 1).unwrap().to_string());
        (problem, line)
    };
    // Two calls at least to those with y > 0, and one call in all; the money and the plans have nothing to do with it.
    let minimum = |units: u32| format!("[[minimum]]\nname = \"poor\"\nresource = \"calls\"\nwhen = \"y > 0\"\nunits = {units}\n");
    let (problem, _) =
        of(&(resource("calls", "capacity = 1") + &resource("money", "capacity = 100") + &resource("plans", "capacity = 3") + &minimum(2)));
    assert_eq!(problem.code, "capacity.conflict");
    assert_eq!(problem.value.as_deref(), Some("calls = 1 of the run; the minimum `poor`: at least 2 of calls"));
    assert!(problem.rule.as_deref().unwrap().starts_with("each of these is needed for the conflict"), "{problem}");
    // Three calls to two people: that alone cannot be.
    let (problem, _) = of(&minimum(3));
    assert_eq!((problem.code, problem.value.as_deref()), ("capacity.conflict", Some("the minimum `poor`: at least 3 of calls")));
    assert!(problem.rule.as_deref().unwrap().starts_with("what the cases that a rule leaves free can take"), "{problem}");
    // Money for one call where two must be made.
    let (problem, _) = of(&(resource("calls", "capacity = 4") + &resource("money", "capacity = 9.99") + &minimum(2)));
    assert_eq!(problem.value.as_deref(), Some("money = 9.99 of the run; the minimum `poor`: at least 2 of calls"));
    // A team of which nothing is said; one that has nobody; a column that is none, and one of numbers.
    let (problem, line) = of(&resource("calls", "by = \"branch\"\neach = { north = 1, south = 1 }"));
    assert_eq!((problem.code, problem.value.as_deref()), ("capacity.team_without", Some("west (1 cases)")));
    assert_eq!(line.as_deref(), Some("[[resource]]"));
    let (problem, line) = of(&resource("calls", "by = \"branch\"\neach = { nroth = 1, south = 1 }\nothers = 1"));
    assert!(problem.code == "policy.no_members" && problem.to_string().contains("`north`?"), "{problem}");
    assert_eq!(line.as_deref(), Some("[[resource]]"));
    let (problem, _) = of(&resource("calls", "by = \"brunch\"\neach = { north = 1 }\nothers = 1"));
    assert!(problem.code == "policy.expression" && problem.to_string().contains("`branch`?"), "{problem}");
    let (problem, _) = of(&resource("calls", "by = \"y\"\neach = { north = 1 }\nothers = 1"));
    assert!(problem.code == "policy.expression" && problem.message.contains("which holds no words"), "{problem}");
    let (problem, line) = of("[[minimum]]\nname = \"m\"\nresource = \"calls\"\nwhen = \"z > 0\"\nunits = 0\n");
    assert_eq!((problem.code, line.as_deref()), ("policy.expression", Some("when = \"z > 0\"")));
}

fn home(file: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file).display().to_string()
}

fn json(done: &Output) -> serde_json::Value {
    assert_eq!(done.status.code(), Some(0), "{}", utf8(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

#[test]
fn a_run_answered_again_says_what_scoring_again_would() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let (project, model) = (home("data/sample/recoup.toml"), home("models/sample.json"));
    let current = std::fs::read_to_string(home("data/policies/current.toml")).unwrap();
    let asked = [("calls", 25, 5), ("letters", 12, 2), ("money", 2_400, 700)];
    let policy = |name: &str, what: &[(&str, u32, u32)]| {
        let put = |text: String, (resource, from, to): &(&str, u32, u32)| {
            let from = format!("name = \"{resource}\"\ncapacity = {from}\n");
            assert!(text.contains(&from), "{from}");
            text.replace(&from, &format!("name = \"{resource}\"\ncapacity = {to}\n"))
        };
        std::fs::write(here.join(name), what.iter().fold(current.clone(), put)).unwrap();
    };
    let score = |policy: &str, out: &str| {
        json(&recoup(here, &["score", "--project", &project, "--model", &model, "--policy", policy, "--as-of", "2025-12-31", "--out", out, "--json"]))
    };
    policy("own.toml", &[]);
    let own = score("own.toml", "run");
    let again = |asked: &[String]| {
        let mut args = vec!["score", "--run", "run", "--json"];
        asked.iter().for_each(|one| args.extend(["--capacity", one]));
        json(&recoup(here, &args))
    };
    let before = std::fs::read(here.join("run/decisions.parquet")).unwrap();
    // With the run's own capacities, the run's own answer.
    let same = again(&["calls=25".into(), "money=2400".into()]);
    assert_eq!((same["moved"].as_u64(), same["more"].as_str()), (Some(0), Some("0.00")), "{same}");
    assert_eq!(same["before"], own["capacity"]["worth"]);
    for part in ["worth", "bound", "limits", "proved_best", "led_without_place"] {
        assert_eq!(same["capacity"][part], own["capacity"][part], "{part}");
    }
    // With others, what scoring with a policy that states them gives.
    for n in 1..=asked.len() {
        policy("other.toml", &asked[..n]);
        let other = score("other.toml", "other");
        let words: Vec<String> = asked[..n].iter().map(|(resource, _, to)| format!("{resource}={to}")).collect();
        let then = again(&words);
        assert_eq!(then["capacity"]["worth"], other["capacity"]["worth"], "{words:?}");
        for strategy in other["result"]["strategies"].as_array().unwrap() {
            let same = then["strategies"].as_array().unwrap().iter().find(|s| s["strategy"] == strategy["strategy"]).unwrap();
            assert_eq!(same["after"], strategy["cases"], "{words:?}: {same} {strategy}");
        }
        let used = |of: &serde_json::Value| of["capacity"]["limits"].as_array().unwrap().iter().map(|l| l["used"].clone()).collect::<Vec<_>>();
        assert_eq!(used(&then), used(&other), "{words:?}");
        assert!(then["moved"].as_u64().unwrap() > 0 && then["more"].as_str().unwrap().starts_with('-'), "{then}");
    }
    // No limit is a capacity too; and nothing of the run is touched.
    let free = again(&["calls=unlimited".into(), "agent_minutes=unlimited".into(), "money=unlimited".into()]);
    assert!(!free["more"].as_str().unwrap().starts_with('-'), "{free}");
    assert_eq!(std::fs::read(here.join("run/decisions.parquet")).unwrap(), before);
    for (asked, words) in [
        ("cals=5", &["the policy has no resource `cals`", "`calls`?"][..]),
        ("calls", &["names no resource with an amount", "resource=amount"]),
        ("calls=-1", &["\"-1\" is no amount"]),
        ("calls=nan", &["\"nan\" is no amount"]),
        ("calls=many", &["\"many\" is no amount"]),
        ("calls:north=3", &["`calls` is not shared out by teams"]),
    ] {
        let done = recoup(here, &["score", "--run", "run", "--capacity", asked]);
        let said = utf8(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{asked}: {said}");
        assert!(said.contains("what_if.asked") && words.iter().all(|word| said.contains(word)), "{asked}: {said}");
    }
    // A policy that is no longer the run's.
    std::fs::write(here.join("own.toml"), format!("{current}\n# a remark\n")).unwrap();
    let done = recoup(here, &["score", "--run", "run", "--capacity", "calls=5"]);
    assert!(done.status.code() == Some(2) && utf8(&done.stderr).contains("what_if.changed"), "{}", utf8(&done.stderr));
}
