//! The three real books: counts found independently, to the case. Needs the folder that RECOUP_REAL_DATA names.

use recoup::base::config::{Observe, OutcomeRule, Project};
use recoup::data::cases::Maturity;
use recoup::data::observe::observe;
use recoup::pipeline::{CasesAsk, cases, read_book};
use std::path::{Path, PathBuf};

/// The project file of a real book, or `None`, said loudly, where the data are not there.
pub fn project(name: &str) -> Option<PathBuf> {
    let there = std::env::var("RECOUP_REAL_DATA").is_ok_and(|root| Path::new(&root).join(name).is_dir());
    if !there {
        eprintln!("\n*** NOT TESTED on the real book {name}: set RECOUP_REAL_DATA to the folder that holds it ***\n");
        return None;
    }
    Some(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("data/real/{name}.toml")))
}

fn percent(share: Option<f64>) -> String {
    format!("{:.1}", share.unwrap() * 100.0)
}

#[test]
fn card_record_counts() {
    let Some(file) = project("cc_credit_record") else { return };
    let (summary, _) = cases(&file, &CasesAsk::default(), None, &|_| {}).unwrap();
    assert_eq!((summary.cases, summary.mature_cases), (14_194, 12_533));
    assert_eq!(percent(summary.repaid_share), "66.5");
    assert_eq!((summary.excluded["immature"], summary.excluded["left_the_book"]), (1_329, 332));
    let by_bucket: Vec<(usize, String)> = summary.by_bucket.iter().map(|b| (b.mature_cases, percent(b.repaid_share))).collect();
    assert_eq!(by_bucket, [(9_750, "75.6".into()), (812, "57.4".into()), (297, "45.8".into()), (202, "38.6".into()), (1_472, "19.6".to_string())]);
}

#[test]
fn card_record_split() {
    let Some(file) = project("cc_credit_record") else { return };
    let book = read_book(Project::load(&file).unwrap(), &|_| {}).unwrap();
    let seen = observe(&book.project, &book.portfolio, &book.project.observe).cases;
    let split = book.project.split.unwrap();
    let mature = |k: &usize| seen.maturity[*k] == Maturity::Mature;
    let train: Vec<usize> = (0..seen.len()).filter(mature).filter(|k| seen.as_of[*k] <= split.train_until).collect();
    let test: Vec<usize> =
        (0..seen.len()).filter(mature).filter(|k| seen.as_of[*k] >= split.test_from && seen.as_of[*k] <= split.test_until.unwrap()).collect();
    let known: std::collections::HashSet<u32> = train.iter().map(|k| seen.borrower[*k]).collect();
    assert_eq!((train.len(), test.len(), test.iter().filter(|k| !known.contains(&seen.borrower[**k])).count()), (7_894, 3_717, 1_723));
}

#[test]
fn superlender_counts() {
    let Some(file) = project("superlender") else { return };
    let (summary, _) = cases(&file, &CasesAsk::default(), None, &|_| {}).unwrap();
    assert_eq!(summary.mature_cases, 1_693);
    assert_eq!(percent(summary.repaid_share), "74.1");
}

#[test]
fn superlender_counts_of_shorter_windows() {
    // 54.1 % within 7 days, 31.8 % within 3, of the same 1,693 cases.
    let Some(file) = project("superlender") else { return };
    let mut book = read_book(Project::load(&file).unwrap(), &|_| {}).unwrap();
    let of_14: Vec<usize> = {
        let seen = observe(&book.project, &book.portfolio, &Observe::Entry).cases;
        (0..seen.len()).filter(|k| seen.maturity[*k] == Maturity::Mature).collect()
    };
    for (days, share) in [(7, "54.1"), (3, "31.8")] {
        book.project.outcome.rule = OutcomeRule::Cure { horizon_days: days };
        let seen = observe(&book.project, &book.portfolio, &Observe::Entry).cases;
        let repaid = of_14.iter().filter(|k| seen.repaid[**k]).count();
        assert_eq!(format!("{:.1}", repaid as f64 / of_14.len() as f64 * 100.0), share);
    }
}

#[test]
fn xente_counts() {
    let Some(file) = project("xente_credit") else { return };
    let (summary, problems) = cases(&file, &CasesAsk::default(), None, &|_| {}).unwrap();
    assert_eq!((summary.cases, summary.mature_cases, summary.borrowers), (326, 326, 159));
    assert_eq!(percent(summary.repaid_share), "31.6");
    assert_eq!(problems.counts().map(|(_, code, n)| (code, n)).collect::<Vec<_>>(), [("data.duplicate_key", 3)]);
    let mut book = read_book(Project::load(&file).unwrap(), &|_| {}).unwrap();
    book.project.outcome.rule = OutcomeRule::Cure { horizon_days: 30 };
    let seen = observe(&book.project, &book.portfolio, &Observe::Entry).cases;
    let repaid = seen.repaid.iter().filter(|r| **r).count();
    assert_eq!((seen.len(), format!("{:.1}", repaid as f64 / 326.0 * 100.0)), (326, "49.4".to_string()));
}
