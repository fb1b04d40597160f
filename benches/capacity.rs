//! A million decision units, eight treatments, six resources: places handed out, in CPU seconds; deciding and scoring excluded.
//!
//! Aims: less than 3 CPU seconds, a gap of at most 0.01 % between worth and bound, less than 1 GB with what is handed out in memory.
//!
//! `cargo bench --bench capacity` makes up gains of a million units, each with one case and about seven tenths of the treatments, builds their
//! options and hands out what `benches/policy_of_eight.toml` says there is, `--rounds` times, and prints medians with the machine's load. `--large`
//! does the same with ten million, once; `--shares` lets a suit cost a share of the claim, so that it takes another amount of the money of each case.

// A bench is there to print.
#![allow(clippy::print_stdout)]

mod measure;

use clap::Parser;
use measure::{load, own_cpu, own_peak};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use recoup::base::units::sigmoid;
use recoup::decide::allocate::MILLIONTHS;
use recoup::decide::places::{Belongs, OPEN, Offers, Rows, Ways, hand_out_offers};
use recoup::decide::policy::Policy;
use std::ops::Range;
use std::path::Path;
use std::time::Instant;

/// Units that the policy's capacities are of.
const STATED_FOR: f64 = 1e6;

#[derive(Parser)]
struct Options {
    /// Decision units.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    units: usize,
    /// Rounds.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
    /// Ten million units too, once.
    #[arg(long)]
    large: bool,
    /// A suit costs a share of the claim.
    #[arg(long)]
    shares: bool,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The machine's and the work's figures of one round.
struct Round {
    cpu: f64,
    wall: f64,
}

/// A book made up: what is at stake, what each treatment gains before cost, and which are free.
struct Book {
    stake: Vec<f64>,
    gross: Vec<f64>,
    free: Vec<u32>,
}

impl Book {
    fn of(policy: &Policy, units: usize) -> Book {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(7);
        let mut part = || (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let n = policy.treatments.len();
        let mut book = Book { stake: Vec::with_capacity(units), gross: Vec::with_capacity(units * n), free: Vec::with_capacity(units) };
        let wait = policy.place("wait").expect("every policy waits");
        for _ in 0..units {
            // From 100.00 to some tens of thousands; the share repaid without anything from 5 % to 73 %.
            let stake = (10_000.0 * (3.0 * part()).exp() * (1.0 + 20.0 * part() * part())).round();
            let odds = 4.0 * part() - 3.0;
            let gain = |effect: f64| (stake * (sigmoid(odds + effect) - sigmoid(odds))).round();
            book.gross.extend(policy.treatments.iter().map(|t| gain(t.effect)));
            book.free.push((0..n).filter(|t| *t == wait || part() < 0.7).fold(0, |set, t| set | 1 << t));
            book.stake.push(stake);
        }
        book
    }
}

/// Hands out places of so many units, and prints what that took.
fn hand_out(policy: &mut Policy, units: usize, rounds: u64) {
    let stated = policy.capacity.clone();
    for resource in &mut policy.capacity.resources {
        resource.capacity = resource.capacity.map(|amount| (amount * units as f64 / STATED_FOR / MILLIONTHS).round() * MILLIONTHS);
    }
    let policy_of_so_many = &*policy;
    let book = Book::of(policy_of_so_many, units);
    let rows = Rows::of(policy_of_so_many, &Belongs::default(), units, 2).expect("capacities that fit");
    let groups: Vec<Range<usize>> = (0..units).map(|unit| unit..unit + 1).collect();
    let (settled, left, ways) = (vec![OPEN; units], rows.limits(), Ways::of(policy_of_so_many));
    let offers = Offers {
        policy: policy_of_so_many,
        ways: &ways,
        rows: &rows,
        groups: &groups,
        stake: &|case| book.stake[case],
        gross: &book.gross,
        free: &book.free,
        settled: &settled,
        left: &left,
    };
    let before = own_peak();
    println!("{units} units, {} resources, the book in memory {before:.0} MB (load {})", rows.rows.len(), load());
    let mut figures: Vec<Round> = Vec::new();
    for round in 0..rounds {
        let (began, cpu) = (Instant::now(), own_cpu());
        let handed = hand_out_offers(&offers, None).expect("what waits takes nothing");
        figures.push(Round { cpu: own_cpu() - cpu, wall: began.elapsed().as_secs_f64() });
        if round > 0 {
            continue;
        }
        let of = &handed.allocation;
        assert!(of.used.iter().zip(&left).all(|(used, limit)| used <= limit), "more is handed out than there is");
        let options = handed.options.problem.worth.len() as f64 / units as f64;
        println!("  {options:.1} options a unit, {} kinds of what they take", handed.options.problem.takes.len());
        println!("  worth {:.2}, bound {:.2}, gap {:.2e} of it", of.worth / 100.0, of.bound / 100.0, (of.bound - of.worth) / of.bound);
        for (k, row) in rows.rows.iter().enumerate() {
            let (used, limit) = (of.used[k] / MILLIONTHS, row.amount / MILLIONTHS);
            println!(
                "  {}: {used} of {limit}, one more is worth {:.4}",
                rows.name(&policy_of_so_many.capacity, k),
                of.prices[k] * MILLIONTHS / 100.0
            );
        }
    }
    figures.sort_by(|a, b| a.cpu.total_cmp(&b.cpu));
    let median = &figures[figures.len() / 2];
    println!("  handed out: {:.2} CPU s, {:.2} wall, peak {:.0} MB (load {})", median.cpu, median.wall, own_peak(), load());
    policy.capacity = stated;
}

fn main() {
    let Options { units, rounds, large, shares, .. } = Options::parse();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/policy_of_eight.toml");
    let mut policy = Policy::load(&file, 2).unwrap_or_else(|e| panic!("{e}"));
    if shares {
        for court in policy.treatments.iter_mut().filter_map(|t| t.court.as_mut()) {
            (court.court_cost_share, court.lawyer_share) = (0.02, 0.05);
        }
    }
    hand_out(&mut policy, units, rounds);
    if large {
        hand_out(&mut policy, 10_000_000, 1);
    }
}
