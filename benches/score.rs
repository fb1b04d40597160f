//! The nightly run: 100,000 accounts, 2.4 million instalments and 1.7 million payments from Parquet to a ranked list, in one `score`.
//!
//! `cargo bench --bench score` simulates the book, trains on it, then times the binary as a process of its own: wall and CPU seconds and peak
//! memory, the median of five runs, with the machine's load beside them. `--accounts N` sets another size.

// A bench is there to print.
#![allow(clippy::print_stdout)]

use recoup::data::write::Format;
use recoup::pipeline;
use recoup::study::simulate::World;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 5;

/// Clock ticks a second in which Linux counts CPU time for programs to read.
const TICKS: f64 = 100.0;

/// CPU seconds of all child processes waited for so far, from /proc: `cutime` and `cstime`, the 14th and 15th fields behind the name.
fn children_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("this bench reads /proc");
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    (13..=14).map(|k| fields[k].parse::<f64>().expect("a count of ticks")).sum::<f64>() / TICKS
}

/// Runs a command to its end: wall seconds, CPU seconds, peak memory in MB (looked at every two milliseconds).
fn timed(command: &mut Command) -> (f64, f64, f64) {
    let before = children_cpu();
    let began = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn().expect("the binary runs");
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = 0.0f64;
    let status = loop {
        let status = std::fs::read_to_string(&status_file).unwrap_or_default();
        let high = status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<f64>().ok());
        peak = peak.max(high.unwrap_or(0.0) / 1024.0);
        match child.try_wait().expect("the binary can be waited for") {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    assert!(status.success());
    (began.elapsed().as_secs_f64(), children_cpu() - before, peak)
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
    let world = pipeline::simulate(&World { accounts, ..World::default() }, &at("book"), Format::Parquet, &|_| {}).unwrap_or_else(|e| panic!("{e}"));
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
    let mut runs: Vec<(f64, f64, f64)> = (0..RUNS)
        .map(|_| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_recoup"));
            command.args(["score", "--quiet", "--as-of", "2025-12-31", "--project"]).arg(at("book/recoup.toml"));
            command.arg("--model").arg(at("model.json")).arg("--policy").arg(&policy).arg("--out").arg(at("run"));
            timed(command.current_dir(folder.path()))
        })
        .collect();
    let mut median = |pick: fn(&(f64, f64, f64)) -> f64| {
        runs.sort_by(|a, b| pick(a).total_cmp(&pick(b)));
        pick(&runs[RUNS / 2])
    };
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "score: {:.2} s wall, {:.2} CPU s, {:.0} MB peak (medians of {RUNS} runs; load {})",
        median(|r| r.0),
        median(|r| r.1),
        median(|r| r.2),
        load.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
    );
}
