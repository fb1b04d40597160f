//! Why a decision: to an analyst, to its borrower, and of one person; every word in both languages.

use super::cli::text;
use super::replay::{folder_with_run, recoup};
use super::stories::{decided_by, folder as stories};
use recoup::base::bilingual::Bilingual;
use recoup::base::schema::{CHANNELS, EVENT_KINDS, RESULTS};
use recoup::base::units::{Money, logit};
use recoup::data::cases::{Holds, LEGAL_STAGES};
use recoup::data::catalogue::CATALOGUE;
use recoup::decide::change::{gain, obstacles, share_at_which, stake_at_which};
use recoup::decide::choose::Because;
use recoup::decide::plan::Refused;
use recoup::decide::policy::{ClaimOf, Policy};
use recoup::decide::rulebook::{RuleBook, hold_words, route_words};
use recoup::decide::score::Quadrant;
use recoup::decide::words;
use recoup::report::chinese::chinese;
use recoup::report::{plain, words as codes};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn has_chinese(text: &str) -> bool {
    text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
}

/// What is missing of a text that must be in both languages.
fn lacking(what: &str, words: Option<&Bilingual>, wrong: &mut Vec<String>) {
    match words {
        Some(w) if !w.lacks_one() && has_chinese(&w.zh) && !has_chinese(&w.en) && w.en != w.zh => {}
        found => wrong.push(format!("{what}: {found:?}")),
    }
}

fn shipped_policies() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all: Vec<PathBuf> = std::fs::read_dir(root.join("data/policies")).unwrap().map(|e| e.unwrap().path()).collect();
    all.push(stories().join("policy.toml"));
    all.sort();
    all
}

fn story_policy() -> Policy {
    Policy::load(&stories().join("policy.toml"), 2).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn every_word_exists_in_both_languages() {
    let mut wrong = Vec::new();
    for f in CATALOGUE.iter() {
        for (what, said) in [("meaning", &f.meaning), ("family", &f.family_meaning)] {
            let zh = chinese(&said.replace("in w days", "in 30 days").replace("of w days", "of 30 days"));
            lacking(&format!("{what} of {}", f.name), Some(&Bilingual::new(&**said, zh)), &mut wrong);
        }
        lacking(&format!("unit of {}", f.name), codes::unit(f.unit).as_ref(), &mut wrong);
        lacking(&format!("plain words of {}", f.name), plain::feature(f.family).as_ref(), &mut wrong);
    }
    for label in ["missing", "other", "any value", "up to 3", "above 3", "above 3 to 7"] {
        lacking(label, Some(&Bilingual::new(label, chinese(label))), &mut wrong);
        let reason = format!("days past due: 7 ({label})");
        assert!(!chinese(&reason).contains("days") && chinese(&reason).contains(&chinese(label)), "{}", chinese(&reason));
    }
    for (_, name) in Holds::ALL {
        lacking(name, Some(&hold_words(name)), &mut wrong);
        lacking(&format!("plain words of {name}"), plain::hold(name).as_ref(), &mut wrong);
    }
    for name in Quadrant::NAMES {
        lacking(name, codes::quadrant(name).as_ref(), &mut wrong);
        lacking(name, Some(&route_words(name)), &mut wrong);
    }
    type Words = fn(&str) -> Option<Bilingual>;
    let lists: [(&[&str], Words); 4] =
        [(EVENT_KINDS, codes::event), (CHANNELS, codes::channel), (RESULTS, codes::result), (&LEGAL_STAGES, codes::legal_stage)];
    for (names, of) in lists {
        names.iter().for_each(|name| lacking(name, of(name).as_ref(), &mut wrong));
    }
    for name in recoup::decide::policy::KNOWN.map(|(name, ..)| name) {
        lacking(&format!("plain words of {name}"), plain::treatment(name).as_ref(), &mut wrong);
        let strategy = chinese(name);
        lacking(&format!("name of {name}"), Some(&Bilingual::new(name, strategy)), &mut wrong);
    }
    lacking("care", Some(&plain::care()), &mut wrong);
    let (instalment, most) = (Money(12_000), 36);
    for refused in [
        Refused::AmountUnknown(ClaimOf::Balance),
        Refused::AmountUnknown(ClaimOf::Arrears),
        Refused::NothingOwed(ClaimOf::Arrears),
        Refused::AbilityUnknown,
        Refused::IncomeZero,
        Refused::NoAbility { days: 180 },
        Refused::RegularUnknown,
        Refused::RegularTakesAll { able: instalment, regular: instalment },
        Refused::BelowLeast { instalment, least: instalment },
        Refused::NeverPaid { instalment, interest: instalment },
        Refused::TooLong { months: Some(61), instalment, most },
        Refused::TooLong { months: None, instalment, most },
    ] {
        lacking(refused.code(), Some(&refused.words(2)), &mut wrong);
    }
    for (name, text) in recoup::decide::policy::PACKS {
        let pack: toml::Table = toml::from_str(text).unwrap();
        for section in ["guardrail", "duty"] {
            for rule in pack.get(section).and_then(|s| s.as_array()).into_iter().flatten() {
                let said = |lang: &str| rule["text"][lang].as_str().unwrap_or_default().to_string();
                lacking(&format!("{name} {}", rule["id"]), Some(&Bilingual::new(said("en"), said("zh"))), &mut wrong);
            }
        }
    }
    for file in shipped_policies() {
        let policy = Policy::load(&file, 2).unwrap_or_else(|e| panic!("{e}"));
        for t in &policy.treatments {
            lacking(&t.name, Some(&t.label), &mut wrong);
        }
        for entry in RuleBook::of(&policy).entries {
            lacking(&format!("{} of {}", entry.id, file.display()), Some(&entry.text), &mut wrong);
        }
        for sentence in policy.assumptions(false) {
            lacking("assumption", Some(&Bilingual::new(&*sentence, chinese(&sentence))), &mut wrong);
        }
    }
    // What is said of every story: vetoes, also those whose facts are not known, and why the chosen one was.
    decided_by(&story_policy(), |d, _| {
        let mut wrong = Vec::new();
        for k in 0..d.chosen.len() {
            lacking("because", Some(&words::because(d, k, 2)), &mut wrong);
            for t in 0..d.policy.treatments.len() {
                words::vetoes(d, k, t).iter().chain(&words::warnings(d, k, t)).for_each(|v| lacking(&v.id, Some(&v.text), &mut wrong));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_missing_word_is_found() {
    let mut wrong = Vec::new();
    lacking("nothing", None, &mut wrong);
    lacking("the same", Some(&Bilingual::new("call", "call")), &mut wrong);
    lacking("empty", Some(&Bilingual::new("call", " ")), &mut wrong);
    lacking("both Chinese", Some(&Bilingual::new("电话", "电话")), &mut wrong);
    assert_eq!(wrong.len(), 4);
}

#[test]
fn waiting_times_end_when_they_were_worked_out_to_end() {
    // By hand, from tests/stories: the first message of s31 on 11-19 and seven days; the plan of s41 offered on 11-10 and thirty; the calls
    // of s12 and s13 are of 11-20 and limited by the day; an open dispute, a small amount and a route end by no date.
    let expected = [
        ("s31", "call", "ladder:rung", Some("2026-11-26")),
        ("s41", "call", "care:first", Some("2026-12-10")),
        ("s41", "letter", "care:first", Some("2026-12-10")),
        ("s12", "call", "CN-CALL-EFFECTIVE", Some("2026-11-21")),
        ("s13", "ai_call", "CN-CALL-ATTEMPTS", Some("2026-11-21")),
        ("s30", "call", "ladder:rung", None),
        ("s03", "call", "hold:dispute_open", None),
        ("s24", "call", "BANK-MINOR", None),
        ("s12", "letter", "routing:able_willing", None),
    ];
    decided_by(&story_policy(), |d, _| {
        let cases = d.guard.situation().cases;
        for (account, treatment, rule, until) in expected {
            let k = (0..cases.len()).find(|k| cases.account_id(*k) == account).unwrap();
            let all = obstacles(d, k, d.policy.place(treatment).unwrap());
            let found = all.iter().find(|o| o.veto.id == rule).unwrap_or_else(|| panic!("{account} {treatment}: {all:?}"));
            assert_eq!(found.until.map(|day| day.to_string()).as_deref(), until, "{account} {treatment} {rule}");
        }
    });
}

#[test]
fn where_the_runner_up_would_win_the_two_are_worth_the_same() {
    decided_by(&story_policy(), |d, share_of| {
        let (mut shares, mut stakes) = (0, 0);
        let cases = d.guard.situation().cases;
        for k in (0..d.chosen.len()).filter(|k| d.because[*k] == Because::WorthMost) {
            let (chosen, next) = (usize::from(d.chosen[k]), usize::from(d.runner_up[k].unwrap().0));
            let (stake, story_share) = (cases.stake[k].0 as f64, share_of[k]);
            let behind = |share: f64, stake: f64| gain(d.policy, chosen, share, stake) - gain(d.policy, next, share, stake);
            if behind(story_share, stake) < 0.0 {
                continue;
            }
            let Some(at) = share_at_which(d.policy, chosen, next, story_share, stake) else { continue };
            assert!(behind(at, stake).abs() < 1e-3, "{}: {at} {}", cases.account_id(k), behind(at, stake));
            // On the way there it does not win.
            for step in 1..50 {
                let x = logit(story_share) + (logit(at) - logit(story_share)) * f64::from(step) / 50.0;
                assert!(behind(recoup::base::units::sigmoid(x), stake) >= -1e-6);
            }
            shares += 1;
            if let Some(at) = stake_at_which(d.policy, chosen, next, story_share, stake) {
                assert!(behind(story_share, at).abs() < 1e-3);
                stakes += 1;
            }
        }
        assert!(shares > 5 && stakes > 5, "{shares} {stakes}");
    });
}

/// The ranked list of the run, a map a case.
fn ranked(folder: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(folder.join("run/ranked.csv")).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

/// One case of each strategy, reason and set of holds.
fn one_of_each(folder: &Path) -> Vec<BTreeMap<String, String>> {
    let mut seen = std::collections::BTreeSet::new();
    let key =
        |row: &BTreeMap<String, String>| (row["strategy"].clone(), row["strategy_reason"].chars().take(12).collect::<String>(), row["holds"].clone());
    ranked(folder).into_iter().filter(|row| seen.insert(key(row))).collect()
}

fn json(folder: &Path, args: &[&str]) -> Value {
    let done = recoup(folder, &[args, &["--json"]].concat());
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

/// An amount in minor units.
fn minor(amount: &Value) -> i64 {
    Money::parse(amount.as_str().unwrap().as_bytes(), 2).unwrap().0
}

#[test]
fn a_case_is_laid_open_to_the_analyst() {
    let folder = folder_with_run();
    let rows = one_of_each(folder.path());
    assert!(rows.len() >= 8, "{}", rows.len());
    for row in &rows {
        let account = row["account_id"].as_str();
        let en = json(folder.path(), &["explain", account, "--run", "run"]);
        let zh = json(folder.path(), &["explain", account, "--run", "run", "--lang", "zh"]);
        let history = en["history"].as_array().unwrap();
        assert!((4..=10).contains(&history.len()), "{history:?}");
        assert!(history.iter().all(|line| line["on"].as_str().unwrap() <= "2025-11-30"), "what came later is not known: {history:?}");
        assert!(history.is_sorted_by_key(|line| line["on"].as_str().unwrap().to_string()));
        let treatments = en["treatments"].as_array().unwrap();
        for t in treatments {
            assert_eq!(minor(&t["gain"]), minor(&t["gross"]) - minor(&t["cost"]) - minor(&t["complaint_cost"]), "{t}");
            let vetoes = t["vetoes"].as_array().unwrap();
            assert_eq!(vetoes.is_empty(), t["veto"].is_null());
            if let Some(first) = vetoes.first() {
                assert!(t["veto"].as_str().unwrap().starts_with(first["text"].as_str().unwrap()));
            }
            assert!(vetoes.iter().all(|v| ["verified", "unverified", "policy"].contains(&v["verified"].as_str().unwrap())));
            let contact = ["sms", "call", "letter", "visit"].contains(&t["name"].as_str().unwrap());
            assert_eq!(t["hours"].is_object(), contact);
            if contact {
                assert_eq!(t["hours"]["borrower"][0], "09:00-20:00");
            }
        }
        let chosen = treatments.iter().find(|t| t["chosen"] == true).unwrap();
        if let Some(next) = en["runner_up"].as_object() {
            assert_eq!(minor(&next["behind"]), minor(&chosen["gain"]) - minor(&next["gain"]));
        }
        for blocked in en["would_change"]["vetoed"].as_array().unwrap() {
            assert!(minor(&blocked["gain"]) >= minor(&chosen["gain"]));
            assert!(!blocked["rules"].as_array().unwrap().is_empty());
        }
        // The other language says the same: same keys, same figures, other words.
        let keys = |x: &Value| x.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&en), keys(&zh));
        for same in ["score", "points", "expected_gain", "strategy", "probability_repaid"] {
            assert_eq!(en[same], zh[same]);
        }
        for sentence in
            [&zh["because"], &zh["strategy_label"], &zh["quadrant_in_words"], &zh["history"][0]["text"], &zh["would_change"]["sentences"][0]]
        {
            assert!(has_chinese(sentence.as_str().unwrap()), "{sentence}");
        }
        for part in zh["parts"].as_array().unwrap().iter().filter(|p| CATALOGUE.iter().any(|f| *f.name == *p["what"].as_str().unwrap())) {
            assert!(has_chinese(part["value"].as_str().unwrap()) && !part["value"].as_str().unwrap().contains(" ("), "{part}");
        }
    }
    let account = rows[0]["account_id"].as_str();
    let said = text(&recoup(folder.path(), &["explain", account, "--run", "run", "--lang", "zh", "--page", "zh.html"]).stdout);
    assert!(said.contains("评分为下列各项之和") && said.contains("何种变化会改变决定"), "{said}");
    let page = std::fs::read_to_string(folder.path().join("zh.html")).unwrap();
    assert!(page.contains("lang=\"zh-Hans\"") && page.contains("全部措施"));
    // The page never replaces what was read.
    let before = std::fs::read(folder.path().join("policy.toml")).unwrap();
    let over = recoup(folder.path(), &["explain", account, "--run", "run", "--page", "policy.toml"]);
    assert_eq!(over.status.code(), Some(2));
    assert_eq!(std::fs::read(folder.path().join("policy.toml")).unwrap(), before);
}

/// Words that name what a model makes.
const INSIDE: [&str; 23] = [
    "probability",
    "points",
    "score",
    "gain",
    "cost",
    "effect",
    "willing",
    "willingness",
    "able to pay",
    "ability",
    "log-odds",
    "vulnerable",
    "hardship",
    "fraud",
    "%",
    "概率",
    "评分",
    "收益",
    "成本",
    "还款意愿",
    "还款能力",
    "弱势",
    "困难",
];

#[test]
fn a_borrower_is_told_without_inside_figures() {
    let folder = folder_with_run();
    for row in one_of_each(folder.path()) {
        let account = row["account_id"].as_str();
        let inside = json(folder.path(), &["explain", account, "--run", "run"]);
        // Every figure of the model that has enough digits to be told from a date or the arrears.
        let mut figures: Vec<String> = Vec::new();
        let mut add = |figure: String| {
            if figure.chars().filter(char::is_ascii_digit).count() >= 3 && figure != inside["arrears"].as_str().unwrap() {
                figures.push(figure);
            }
        };
        for key in ["probability_repaid", "share_repaid", "points", "score", "ability", "willingness"] {
            add(inside[key].to_string());
        }
        for t in inside["treatments"].as_array().unwrap() {
            ["gain", "gross", "cost"].iter().filter(|key| t[**key] != "0.00").for_each(|key| add(t[*key].as_str().unwrap().to_string()));
            add(t["share_repaid"].to_string());
        }
        assert!(figures.len() > 10);
        for lang in ["en", "zh"] {
            let args = ["explain", account, "--run", "run", "--for", "borrower", "--lang", lang, "--page", "letter.html"];
            let said = recoup(folder.path(), &args);
            assert_eq!(said.status.code(), Some(0), "{}", text(&said.stderr));
            let said = text(&said.stdout);
            let page = std::fs::read_to_string(folder.path().join("letter.html")).unwrap();
            let (_, body) = page.split_once("<body>").unwrap();
            let letter = json(folder.path(), &args);
            for shown in [said.as_str(), body, &letter.to_string()] {
                let arrears = inside["arrears"].as_str().unwrap();
                assert!(shown.contains(arrears));
                let shown = &shown.replace(arrears, "…");
                for figure in &figures {
                    assert!(!shown.contains(figure.as_str()), "{account}: {figure} in\n{shown}");
                }
                let lower = shown.to_lowercase();
                for word in INSIDE {
                    let whole = word.bytes().all(|b| b.is_ascii_lowercase());
                    let found = if whole { lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|w| w == word) } else { lower.contains(word) };
                    assert!(!found, "{account}: {word} in\n{shown}");
                }
            }
            // The rights of the policy, the pack's right to a copy, and the part of the machine.
            let policy = Policy::load(&folder.path().join("policy.toml"), 2).unwrap();
            let own = if lang == "zh" { &policy.rights.object.zh } else { &policy.rights.object.en };
            assert!(said.contains(own.as_str()), "{said}");
            assert!(said.contains(if lang == "zh" { "借款人有权查阅、复制其个人信息" } else { "to have a copy" }), "{said}");
            assert!(said.contains(if lang == "zh" { "由程序" } else { "prepared by a program" }), "{said}");
            let signed = inside["signed_by"].as_str();
            assert_eq!(signed.is_some_and(|who| said.contains(who)), signed.is_some(), "{said}");
            let waits = said.contains(if lang == "zh" { "您现在无需回复此函" } else { "nothing is needed from you" });
            assert_eq!(waits, row["strategy"] == "wait", "{said}");
            // In time, or late and said so.
            let answers = if lang == "zh" { ["前得到答复", "我们已逾期"] } else { ["will be answered by", "We are late"] };
            let answered = answers.iter().any(|words| said.contains(words));
            assert_eq!(answered, row["holds"].contains("complaint_open") || row["holds"].contains("dispute_open"), "{said}");
        }
    }
}

#[test]
fn a_changed_policy_is_said_before_a_letter_goes_out() {
    let folder = folder_with_run();
    let policy = folder.path().join("policy.toml");
    let was = std::fs::read_to_string(&policy).unwrap();
    std::fs::write(&policy, was + "\n# a remark\n").unwrap();
    let account = ranked(folder.path())[0]["account_id"].clone();
    let done = recoup(folder.path(), &["explain", &account, "--run", "run", "--for", "borrower"]);
    assert_eq!(done.status.code(), Some(0));
    assert!(text(&done.stderr).contains("note[explain.changed]: the policy file was changed after the run"), "{}", text(&done.stderr));
    let zh = text(&recoup(folder.path(), &["explain", &account, "--run", "run", "--lang", "zh"]).stdout);
    assert!(zh.contains("策略文件在批次之后被改动"), "{zh}");
    // A policy that would decide otherwise: the analyst is told both, and no letter is written of what was not decided.
    let text_of = std::fs::read_to_string(&policy).unwrap();
    std::fs::write(&policy, text_of.replace("cost = \"120.00\"", "cost = \"120000.00\"").replace("cost = \"9.00\"", "cost = \"90000.00\"")).unwrap();
    let done = recoup(folder.path(), &["explain", &account, "--run", "run", "--for", "borrower", "--page", "letter.html"]);
    assert_eq!(done.status.code(), Some(2), "{}", text(&done.stdout));
    assert!(text(&done.stderr).contains("explain.other_decision") && !folder.path().join("letter.html").exists(), "{}", text(&done.stderr));
    let analyst = json(folder.path(), &["explain", &account, "--run", "run"]);
    assert!(analyst["changed"][0].as_str().unwrap().starts_with("the run decided "), "{}", analyst["changed"]);
}

#[test]
fn all_that_is_held_of_one_person() {
    let folder = folder_with_run();
    let score =
        ["score", "--project", "book/recoup.toml", "--model", "model.json", "--policy", "policy.toml", "--as-of", "2025-10-31", "--out", "run2"];
    assert_eq!(recoup(folder.path(), &score).status.code(), Some(0));
    let row = ranked(folder.path()).remove(0);
    let (account, person) = (row["account_id"].as_str(), row["borrower_id"].as_str());
    let all = json(folder.path(), &["explain", "--person", person, "--run", "run", "--run", "run2", "--page", "person.html"]);
    assert_eq!(all["borrower"], person);
    let held = all["held"].as_array().unwrap();
    assert_eq!(held.len(), 1, "one book of two runs is shown once");
    let records = |table: &str| -> Vec<Value> {
        let found = held[0]["tables"].as_array().unwrap().iter().find(|t| t["table"] == table);
        found.map_or(Vec::new(), |t| t["records"].as_array().unwrap().clone())
    };
    // As many as the files have.
    let in_file = |name: &str, column: &str| {
        let bytes = std::fs::read(folder.path().join(format!("book/{name}.csv.gz"))).unwrap();
        let mut reader = csv::Reader::from_reader(flate2::read::MultiGzDecoder::new(&bytes[..]));
        let rows = reader.deserialize::<BTreeMap<String, String>>().map(Result::unwrap);
        rows.filter(|row| row[column] == if column == "account_id" { account } else { person }).collect::<Vec<_>>()
    };
    let accounts = in_file("accounts", "borrower_id");
    assert_eq!(records("accounts").len(), accounts.len());
    if accounts.len() == 1 {
        for table in ["instalments", "contacts", "payments"] {
            assert_eq!(records(table).len(), in_file(table, "account_id").len(), "{table}");
        }
        // To the letter, with their places.
        let (contact, file) = (&records("contacts")[0], &in_file("contacts", "account_id")[0]);
        for column in ["contacted_on", "channel", "direction", "result"] {
            assert_eq!(contact[column], file[column].as_str(), "{column}");
        }
        assert!(contact["file"].as_str().unwrap().ends_with("contacts.csv.gz") && contact["row"].as_str().unwrap().parse::<u64>().is_ok());
    }
    assert_eq!(records("accounts")[0]["region"], accounts[0]["region"].as_str());
    assert_eq!(records("accounts")[0]["age_band"], accounts[0]["age_band"].as_str());
    assert!(held[0]["notes"][0].as_str().unwrap().contains("for the audit alone"));
    // What each run decided, from the same path as the list.
    let runs = all["runs"].as_array().unwrap();
    assert_eq!([&runs[0]["as_of"], &runs[1]["as_of"]], ["2025-11-30", "2025-10-31"]);
    let case = &runs[0]["cases"][0];
    assert_eq!(case["strategy"], row["strategy"].as_str());
    assert_eq!(case["probability_repaid"].as_f64(), row["probability_repaid"].parse().ok());
    assert!(case["features"].as_array().unwrap().len() >= CATALOGUE.len());
    let dpd = case["features"].as_array().unwrap().iter().find(|f| f["name"] == "dpd").unwrap();
    assert_eq!(dpd["value"], row["dpd"].as_str());
    let page = std::fs::read_to_string(folder.path().join("person.html")).unwrap();
    assert!(page.contains("Every feature") && page.contains("age band"));
    let zh = text(&recoup(folder.path(), &["explain", "--person", person, "--run", "run", "--lang", "zh"]).stdout);
    assert!(zh.contains("受保护属性仅为审计而持有") && zh.contains("知悉日"), "{zh}");
    // Nobody of that name; neither or both; a case of two runs.
    let nobody = recoup(folder.path(), &["explain", "--person", &format!("{person}x"), "--run", "run"]);
    assert_eq!(nobody.status.code(), Some(2));
    assert!(text(&nobody.stderr).contains("explain.no_person") && text(&nobody.stderr).contains("did you mean"), "{}", text(&nobody.stderr));
    for args in [&["explain", "--run", "run"][..], &["explain", account, "--person", person, "--run", "run"], &["explain", account]] {
        assert_eq!(recoup(folder.path(), args).status.code(), Some(2));
    }
    let twice = recoup(folder.path(), &["explain", account, "--run", "run", "--run", "run2"]);
    assert!(text(&twice.stderr).contains("explain.many_runs"), "{}", text(&twice.stderr));
}

#[test]
fn every_story_can_be_told_to_its_borrower() {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(stories()).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let score = ["score", "--project", "recoup.toml", "--model", "model.json", "--policy", "policy.toml", "--as-of", "2026-11-20", "--out", "run"];
    let done = recoup(folder.path(), &score);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    // What each must be told, and what nobody is told: that a fraud is suspected, or how a column is called.
    let told = [
        ("s03", "Your dispute of 2026-11-02 will be answered by 2026-12-02."),
        ("s04", "Your complaint of 2026-11-10 will be answered by 2026-11-25."),
        ("s01", "Because of what is on record about your situation, help comes first"),
        ("s07", "You told us that you do not want to be contacted."),
        ("s39", "A person has to look at your account first."),
        ("s38", "No electronic messages to whoever declined them."),
        ("s12", "No more than three answered calls a day"),
    ];
    for row in ranked(folder.path()) {
        let account = row["account_id"].as_str();
        for lang in ["en", "zh"] {
            let done = recoup(folder.path(), &["explain", account, "--run", "run", "--for", "borrower", "--lang", lang]);
            assert_eq!(done.status.code(), Some(0), "{account}: {}", text(&done.stderr));
            let said = text(&done.stdout);
            let lower = said.to_lowercase();
            for word in [
                "hardship",
                "vulnerable",
                "fraud",
                "promise_open",
                "not known",
                "probability",
                "score",
                "points",
                "gain",
                "困难",
                "弱势",
                "欺诈",
                "评分",
            ] {
                let whole = word.bytes().all(|b| b.is_ascii_lowercase());
                let found = if whole { lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|w| w == word) } else { lower.contains(word) };
                assert!(!found, "{account}: {word} in\n{said}");
            }
            assert_eq!(has_chinese(&said), lang == "zh", "{account}: {said}");
            for (_, sentence) in told.iter().filter(|(of, _)| *of == account && lang == "en") {
                assert!(said.contains(sentence), "{account}: {sentence} in\n{said}");
            }
        }
        let open = json(folder.path(), &["explain", account, "--run", "run"]);
        assert!(open["history"].as_array().unwrap().len() <= 10);
    }
    // Three histories by hand from the tables: s02 pays and stops; s03 disputes; s27 has a judgment. s10's limitation as its story says.
    let expected: [(&str, &[&str]); 4] = [
        (
            "s02",
            &[
                "2026-05-01 the account was opened",
                "2026-07-06 the last payment, 1500.00 CNY; 2 in a year, 3000.00 CNY in all",
                "2026-08-06 this arrears episode began; oldest unpaid due date 2026-08-05",
                "2026-11-20 4 instalments due and not fully paid, 6000.00 CNY overdue",
                "2026-11-20 no contact of ours in 30 days; last reached on 2026-08-20",
                "2026-11-20 not before a court; the limitation period ends on 2029-11-05",
            ],
        ),
        ("s03", &["2026-11-02 dispute since 2026-11-02, to be answered by 2026-12-02"]),
        ("s27", &["2025-05-10 the last payment, 2000.00 CNY; none in a year", "2026-06-15 judgment; no limitation period runs after a judgment"]),
        ("s10", &["2023-10-10 mediation; the limitation period ends on 2026-11-28"]),
    ];
    for (account, lines) in expected {
        let open = json(folder.path(), &["explain", account, "--run", "run"]);
        let found = open["history"].as_array().unwrap().iter().map(|l| format!("{} {}", l["on"].as_str().unwrap(), l["text"].as_str().unwrap()));
        let found: Vec<String> = found.collect();
        assert!(lines.iter().all(|line| found.iter().any(|f| f == line)), "{account}: {found:#?}");
        if account == "s02" {
            assert_eq!(found, lines);
        }
    }
}
