//! `evaluate` at scale: two models and three baselines on 1,000,000 cases of 400,000 borrowers, 200 draws, overall and by bucket, product and month.
//!
//! `cargo bench --bench evaluation -- --cases N --draws D --rounds R`. The cases are drawn with a fixed seed: log-odds of a borrower and a month, two
//! models that see them with more and less noise, baselines that see still less, amounts repaid. Times the figures with their intervals
//! ([`recoup::study::evaluate::evaluate`]), the curves, and the permutations of outcomes beside the scores, in CPU seconds, medians of the rounds. The
//! last line is all figures as one JSON object.

// A bench is there to print.
#![allow(clippy::print_stdout)]

mod measure;

use clap::Parser;
use measure::{Run, load, median, own_cpu};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use recoup::study::evaluate::{Cases, Contender, Dimension, Shuffle, curves, evaluate, permutation};
use serde_json::json;
use std::time::Instant;

#[derive(Parser)]
struct Options {
    /// Cases.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    cases: usize,
    /// Draws of borrowers.
    #[arg(long, value_name = "D", default_value_t = 200)]
    draws: usize,
    /// Rounds of which medians are taken.
    #[arg(long, value_name = "R", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let options = Options::parse();
    let mut random = Xoshiro256PlusPlus::seed_from_u64(20261126);
    let mut unit = move || (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    let n = options.cases;
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let borrower: Vec<u32> = (0..n).map(|k| (k * 2 / 5) as u32).collect();
    let of_borrower: Vec<f64> = (0..=n * 2 / 5).map(|_| 2.0 * (unit() + unit() + unit() - 1.5)).collect();
    let truth: Vec<f64> = borrower.iter().map(|b| of_borrower[*b as usize] + 2.0 * (unit() + unit() + unit() - 1.5)).collect();
    let repaid: Vec<bool> = truth.iter().map(|x| unit() < sigmoid(*x)).collect();
    let paid: Vec<f64> = repaid.iter().map(|r| if *r { (unit() * 1e6).round() } else { 0.0 }).collect();
    let mut contender = |name: &str, baseline: bool, noise: f64, steps: f64| {
        let score: Vec<f64> = truth.iter().map(|x| ((x + noise * (unit() - 0.5)) * steps).round() / steps).collect();
        Contender {
            name: name.into(),
            baseline,
            probability: score.iter().map(|x| sigmoid(*x)).collect(),
            money_order: score.iter().map(|x| (sigmoid(*x) * unit() * 1e6).round()).collect(),
            score,
        }
    };
    let contenders = [
        contender("champion", false, 2.0, 1e6),
        contender("challenger", false, 3.0, 1e6),
        contender("dpd", true, 6.0, 30.0),
        contender("days_since_payment", true, 8.0, 30.0),
        contender("arrears_rank", true, 8.0, 1e4),
    ];
    let mut dimension = |by: &str, of: usize| Dimension {
        by: by.into(),
        codes: (0..n).map(|_| (unit() * of as f64) as u32).collect(),
        values: (0..of).map(|k| format!("{by} {k}")).collect(),
    };
    let dimensions = [dimension("bucket", 8), dimension("product", 5), dimension("month", 12)];
    let cases = Cases {
        repaid: &repaid,
        borrower: &borrower,
        paid: &paid,
        dimensions: &dimensions,
        contenders: &contenders,
        draws: options.draws,
        seed: 1,
        capacity: 0.2,
    };
    println!("load before: {}", load());
    let time = |what: &dyn Fn()| {
        let (before, began) = (own_cpu(), Instant::now());
        what();
        Run { cpu: own_cpu() - before, wall: began.elapsed().as_secs_f64(), ..Run::default() }
    };
    let figures: Vec<Run> = (0..options.rounds).map(|_| time(&|| assert!(evaluate(&cases).overall.n as usize == n))).collect();
    let drawn: Vec<Run> = (0..options.rounds).map(|_| time(&|| assert!(!curves(&cases, &contenders[0]).roc.is_empty()))).collect();
    let shuffle = || {
        let of = Shuffle {
            score: &contenders[0].score,
            repaid: &repaid,
            month: &dimensions[2].codes,
            retrain: None,
            shuffles: 200,
            retrained: 0,
            seed: 1,
        };
        assert!(permutation(&of).is_ok_and(|p| p.shuffles == 200));
    };
    let shuffled: Vec<Run> = (0..options.rounds).map(|_| time(&shuffle)).collect();
    let cpu = |runs: &[Run]| (median(runs, |r| r.cpu) * 100.0).round() / 100.0;
    let wall = |runs: &[Run]| (median(runs, |r| r.wall) * 100.0).round() / 100.0;
    println!("load after: {}", load());
    println!(
        "{}",
        json!({
            "cases": n, "draws": options.draws,
            "figures": { "cpu": cpu(&figures), "wall": wall(&figures) },
            "curves": { "cpu": cpu(&drawn), "wall": wall(&drawn) },
            "shuffles_200": { "cpu": cpu(&shuffled), "wall": wall(&shuffled) },
        })
    );
}
