//! A million cases, ten treatments, thirty guardrails: decided, logged, verified, each in CPU seconds; scoring excluded.
//!
//! `cargo bench --bench decide` simulates a book, trains on it, observes and scores it at its month ends until a million cases stand in memory,
//! then times each step `--rounds` times and prints medians with the machine's load. The policy is `benches/policy_of_thirty.toml`.

// A bench is there to print.
#![allow(clippy::print_stdout)]

mod measure;

use clap::Parser;
use measure::{load, own_cpu};
use recoup::base::config::Project;
use recoup::data::observe::observe;
use recoup::data::write::Format;
use recoup::decide::choose::decide;
use recoup::decide::facts::Situation;
use recoup::decide::policy::Policy;
use recoup::decide::score::score;
use recoup::decide::{log, ranked};
use recoup::model::file::Model;
use recoup::pipeline;
use recoup::study::simulate::World;
use recoup::study::verify::{Verifying, verify};
use std::path::Path;
use std::time::Instant;

#[derive(Parser)]
struct Options {
    /// Accounts of the simulated book; 670,000 give a million cases.
    #[arg(long, value_name = "N", default_value_t = 670_000)]
    accounts: u64,
    /// Rounds of each step.
    #[arg(long, value_name = "N", default_value_t = 3)]
    rounds: usize,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The median of wall and CPU seconds of a step.
fn timed<T>(rounds: usize, mut step: impl FnMut() -> T) -> (T, f64, f64) {
    let mut figures: Vec<(f64, f64)> = Vec::new();
    let mut last = None;
    for _ in 0..rounds {
        drop(last.take());
        let (began, cpu) = (Instant::now(), own_cpu());
        last = Some(step());
        figures.push((own_cpu() - cpu, began.elapsed().as_secs_f64()));
    }
    figures.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (cpu, wall) = figures[rounds / 2];
    (last.expect("a round at least"), cpu, wall)
}

fn main() {
    let Options { accounts, rounds, .. } = Options::parse();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name);
    let fail = |e: recoup::base::problem::Failure| -> ! { panic!("{e}") };
    let small = World { accounts: 20_000, reversals: true, ..World::default() };
    pipeline::simulate(&small, &at("small"), Format::Parquet, &|_| {}).unwrap_or_else(|e| fail(e));
    pipeline::train(&at("small/recoup.toml"), &at("model.json"), None, &|_| {}).unwrap_or_else(|e| fail(e));
    let world = World { accounts, reversals: true, ..World::default() };
    pipeline::simulate(&world, &at("book"), Format::Parquet, &|_| {}).unwrap_or_else(|e| fail(e));
    let project = Project::load(&at("book/recoup.toml")).unwrap_or_else(|e| fail(e));
    let digits = project.currency.minor_digits;
    let model = Model::load(&at("model.json")).unwrap_or_else(|e| fail(e));
    let policy = Policy::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/policy_of_thirty.toml"), digits).unwrap_or_else(|e| fail(e));
    let book = pipeline::read_book(project, &|_| {}).unwrap_or_else(|e| fail(e));
    let observed = observe(&book.project, &book.portfolio, &book.project.observe);
    let cases = &observed.cases;
    let scored = score(&model, &observed.features, &cases.bucket).unwrap_or_else(|e| fail(e));
    let columns = ranked::columns(cases, &observed.features, &scored, digits);
    let quadrants = scored.quadrants();
    let situation = Situation {
        declared: &book.project.declared,
        book: &book.portfolio,
        cases,
        features: &observed.features,
        columns: &columns,
        quadrants: &quadrants,
    };
    println!("{} cases, {} treatments, {} guardrails (load {})", cases.len(), policy.treatments.len(), policy.guardrails.len(), load());
    let (decisions, cpu, wall) = timed(rounds, || decide(&policy, situation, scored.expected_share(), digits).unwrap_or_else(|e| fail(e)));
    println!("decided: {cpu:.2} CPU s, {wall:.2} wall");
    let mut count = vec![0usize; policy.treatments.len()];
    decisions.chosen.iter().for_each(|c| count[usize::from(*c)] += 1);
    let named: Vec<String> = policy.treatments.iter().zip(&count).map(|(t, n)| format!("{} {n}", t.name)).collect();
    println!("  {}", named.join(", "));
    let path = at("decisions.parquet");
    let ((), cpu, wall) = timed(rounds, || log::write(&decisions, scored.expected_share(), digits, &path).unwrap_or_else(|e| fail(e)));
    let size = std::fs::metadata(&path).map_or(0, |m| m.len());
    println!("log written: {cpu:.2} CPU s, {wall:.2} wall, {:.0} MB", size as f64 / 1e6);
    let share = scored.expected_share().of;
    let ask = Verifying { policy: &policy, situation, share, minor_digits: digits, capacity: None };
    let (certificate, cpu, wall) = timed(rounds, || verify(ask, &path).unwrap_or_else(|e| fail(e)));
    println!("verified, log read: {cpu:.2} CPU s, {wall:.2} wall; {} violations of {} decisions", certificate.violations, certificate.decisions);
    for violation in certificate.first.iter().take(3) {
        println!("  {violation:?}");
    }
    println!("(load {})", load());
}
