//! The nightly run: 100,000 accounts, 2.4 million instalments and 1.7 million payments from Parquet to a ranked list, in one `score`.
//!
//! `cargo bench --bench score` simulates the book, trains on it, then times the binary as a process of its own: wall and CPU seconds and peak
//! memory, the median of five runs, with the machine's load beside them. `-- --accounts N` sets another size.

// A bench is there to print.
#![allow(clippy::print_stdout)]

mod measure;

use clap::Parser;
use measure::{Run, load, median, timed};
use recoup::data::write::Format;
use recoup::pipeline;
use recoup::study::simulate::World;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const RUNS: usize = 5;

#[derive(Parser)]
struct Options {
    /// Accounts of the simulated book.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    accounts: u64,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let Options { accounts, .. } = Options::parse();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name);
    let began = Instant::now();
    let world = World { accounts, reversals: true, ..World::default() };
    let world = pipeline::simulate(&world, &at("book"), Format::Parquet, &|_| {}).unwrap_or_else(|e| panic!("{e}"));
    let simulated = began.elapsed().as_secs_f64();
    let began = Instant::now();
    pipeline::train(&at("book/recoup.toml"), &at("model.json"), None, &|_| {}).unwrap_or_else(|e| panic!("{e}"));
    let trained = began.elapsed().as_secs_f64();
    println!(
        "{accounts} accounts, {} instalments, {} payments, {} contacts",
        world.rows["instalments"], world.rows["payments"], world.rows["contacts"]
    );
    println!("simulate {simulated:.2} s, train {trained:.2} s (wall, in this process)");
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/policies/current.toml");
    let runs: Vec<Run> = (0..RUNS)
        .map(|_| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_recoup"));
            command.args(["score", "--quiet", "--as-of", "2025-12-31", "--project"]).arg(at("book/recoup.toml"));
            command.arg("--model").arg(at("model.json")).arg("--policy").arg(&policy).arg("--out").arg(at("run"));
            timed(command.current_dir(folder.path()))
        })
        .collect();
    println!(
        "score: {:.2} s wall, {:.2} CPU s, {:.0} MB peak (medians of {RUNS} runs; load {})",
        median(&runs, |r| r.wall),
        median(&runs, |r| r.cpu),
        median(&runs, |r| r.peak),
        load()
    );
}
