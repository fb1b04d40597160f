//! Borrowers made up one by one, each with a story, and the right decision written beside each by hand: `tests/stories/README.md`.

use recoup::base::config::{Observe, Project};
use recoup::base::problem::Failure;
use recoup::data::observe::observe;
use recoup::decide::choose::{Decisions, decide};
use recoup::decide::facts::Situation;
use recoup::decide::policy::Policy;
use recoup::decide::score::score;
use recoup::decide::{ranked, words};
use recoup::model::file::Model;
use recoup::pipeline::read_book;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The day on which the stories are decided.
pub const DAY: &str = "2026-11-20";

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories")
}

/// A row of `expected.csv`.
struct Story {
    numbers: [f64; 3],
    strategy: String,
    vetoed: Vec<(String, String)>,
}

fn stories() -> BTreeMap<String, Story> {
    let mut reader = csv::Reader::from_path(folder().join("expected.csv")).unwrap();
    let rows = reader.records().map(Result::unwrap);
    rows.map(|row| {
        let number = |k: usize| row[k].parse().unwrap_or(f64::NAN);
        let vetoed = row[5].split_whitespace().map(|v| v.split_once(':').unwrap()).map(|(t, rule)| (t.to_string(), rule.to_string()));
        (row[0].to_string(), Story { numbers: [number(1), number(2), number(3)], strategy: row[4].to_string(), vetoed: vetoed.collect() })
    })
    .collect()
}

/// Decides the book of the stories with the shares, abilities and willingness that the stories name, and shows the decisions.
pub fn decided_by<T>(policy: &Policy, show: impl Fn(&Decisions<'_>, &[f64]) -> T) -> T {
    let stories = stories();
    decided_on(&folder().join("recoup.toml"), |account| stories[account].numbers, policy, show)
}

/// Decides a book on the day of the stories by a policy, with the share, ability and willingness of each account given, and shows the decisions
/// and the shares.
pub fn decided_on<T>(project: &Path, numbers: impl Fn(&str) -> [f64; 3], policy: &Policy, show: impl Fn(&Decisions<'_>, &[f64]) -> T) -> T {
    tried_on(project, numbers, policy, show).unwrap_or_else(|e| panic!("{e}"))
}

/// The same where it may be that nothing can be decided.
pub fn tried_on<T>(
    project: &Path,
    numbers: impl Fn(&str) -> [f64; 3],
    policy: &Policy,
    show: impl Fn(&Decisions<'_>, &[f64]) -> T,
) -> Result<T, Failure> {
    let model = Model::load(&folder().join("model.json")).unwrap();
    let book = read_book(Project::load(project).unwrap(), &|_| {}).unwrap_or_else(|e| panic!("{e}"));
    let observed = observe(&book.project, &book.portfolio, &Observe::Dates(vec![DAY.parse().unwrap()]));
    let cases = &observed.cases;
    let mut scored = score(&model, &observed.features, &cases.bucket).unwrap();
    let of = |which: usize| -> Vec<f64> { (0..cases.len()).map(|k| numbers(cases.account_id(k))[which]).collect() };
    (scored.share, scored.ability, scored.willingness) = (Some(of(0)), of(1), of(2));
    let columns = ranked::columns(cases, &observed.features, &scored, 2);
    let quadrants = scored.quadrants();
    let situation = Situation {
        declared: &book.project.declared,
        book: &book.portfolio,
        cases,
        features: &observed.features,
        columns: &columns,
        quadrants: &quadrants,
    };
    let share = scored.expected_share();
    Ok(show(&decide(policy, situation, share, 2)?, share.of))
}

#[test]
fn every_story_ends_as_it_should() {
    let stories = stories();
    assert!(stories.len() >= 40);
    let policy = Policy::load(&folder().join("policy.toml"), 2).unwrap_or_else(|e| panic!("{e}"));
    decided_by(&policy, |d, _| {
        let cases = d.guard.situation().cases;
        let mut wrong = Vec::new();
        for k in 0..cases.len() {
            let account = cases.account_id(k);
            let story = &stories[account];
            let chosen = &d.policy.treatments[usize::from(d.chosen[k])].name;
            if *chosen != story.strategy {
                let all: Vec<String> = (0..d.policy.treatments.len())
                    .map(|t| {
                        let rules: Vec<String> = words::vetoes(d, k, t).into_iter().map(|v| v.id).collect();
                        format!("{}: {}", d.policy.treatments[t].name, rules.join(" "))
                    })
                    .collect();
                wrong.push(format!("{account}: {chosen}, not {} ({:?})\n    {}", story.strategy, d.because[k], all.join("\n    ")));
            }
            for (treatment, rule) in &story.vetoed {
                let place = d.policy.place(treatment).unwrap();
                let ids: Vec<String> = words::vetoes(d, k, place).into_iter().map(|v| v.id).collect();
                if !ids.contains(rule) {
                    wrong.push(format!("{account}: {treatment} is not vetoed by {rule}, but by {}", ids.join(" ")));
                }
            }
            // The one warning of the book.
            let warned = (0..d.policy.treatments.len()).any(|t| d.warnings(k, t) != 0);
            if warned != (account == "s11") {
                wrong.push(format!("{account}: warned {warned}"));
            }
        }
        let absent: Vec<&str> = stories.iter().filter(|(_, s)| s.strategy == "no case").map(|(a, _)| a.as_str()).collect();
        assert!(absent.iter().all(|a| (0..cases.len()).all(|k| cases.account_id(k) != *a)), "{absent:?}");
        assert_eq!(cases.len() + absent.len(), stories.len());
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}
