//! The nightly run: 100,000 accounts, 2.4 million instalments and 1.7 million payments from Parquet to a ranked list, in one `score`.
//!
//! `cargo bench --bench score` simulates the book, trains on it, then times the binary as a process of its own: wall and CPU seconds and peak
//! memory, the median of five runs, with the machine's load beside them. `--accounts N` sets another size.

// A bench is there to print.
#![allow(clippy::print_stdout)]

use nix::sys::resource::{UsageWho, getrusage};
use recoup::data::write::Format;
use recoup::pipeline;
use recoup::study::simulate::World;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const RUNS: usize = 5;

/// CPU seconds of all child processes so far, and the peak memory of the largest in MB.
fn children() -> (f64, f64) {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system tells what its processes used");
    let seconds = |t: nix::sys::time::TimeVal| t.tv_sec() as f64 + t.tv_usec() as f64 / 1e6;
    (seconds(usage.user_time()) + seconds(usage.system_time()), usage.max_rss() as f64 / 1024.0)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let accounts = arguments
        .iter()
        .position(|a| a == "--accounts")
        .and_then(|k| arguments.get(k + 1))
        .map_or(100_000, |n| n.parse().expect("--accounts takes a number"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let at = |name: &str| folder.path().join(name);
    let began = Instant::now();
    let world = pipeline::simulate(&World { accounts, months: 24, seed: 1 }, &at("book"), Format::Parquet, &|_| {}).unwrap_or_else(|e| panic!("{e}"));
    let simulated = began.elapsed().as_secs_f64();
    let began = Instant::now();
    pipeline::train(&at("book/recoup.toml"), &at("model.json"), &|_| {}).unwrap_or_else(|e| panic!("{e}"));
    let trained = began.elapsed().as_secs_f64();
    println!(
        "{accounts} accounts, {} instalments, {} payments, {} contacts",
        world.rows["instalments"], world.rows["payments"], world.rows["contacts"]
    );
    println!("simulate {simulated:.2} s, train {trained:.2} s (wall, in this process)");
    let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/policies/current.toml");
    let mut runs: Vec<(f64, f64)> = (0..RUNS)
        .map(|_| {
            let (before, _) = children();
            let began = Instant::now();
            let status = Command::new(env!("CARGO_BIN_EXE_recoup"))
                .args(["score", "--quiet", "--as-of", "2025-12-31", "--project"])
                .arg(at("book/recoup.toml"))
                .arg("--model")
                .arg(at("model.json"))
                .arg("--policy")
                .arg(&policy)
                .arg("--out")
                .arg(at("run"))
                .current_dir(folder.path())
                .stdout(Stdio::null())
                .status()
                .expect("the binary runs");
            assert!(status.success());
            (began.elapsed().as_secs_f64(), children().0 - before)
        })
        .collect();
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let (mut wall, mut cpu): (Vec<f64>, Vec<f64>) = runs.drain(..).unzip();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "score: {:.2} s wall, {:.2} CPU s, {:.0} MB peak (medians of {RUNS} runs; load {})",
        median(&mut wall),
        median(&mut cpu),
        children().1,
        load.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
    );
}
