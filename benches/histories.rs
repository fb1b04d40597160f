//! A million histories: the simulated book written, its features beside DuckDB and Polars, and the whole catalogue of features and outcomes.
//!
//! `cargo bench --bench histories` writes a book of 1,000,000 accounts and 24 months, in which no payment is taken back, then times each program
//! as a process of its own, from its start to its end, reading and writing included: wall and CPU seconds and peak memory, medians of the rounds.
//!
//! 1. `recoup simulate` of that book, once.
//! 2. Twelve features of every account at the book's last day by recoup, DuckDB and Polars (`benches/peers`), taking turns, with one thread and
//!    with two. The three files must agree to 1e-9, but for accounts with a re-aged schedule, which the peers leave out.
//! 3. All features and outcomes of all cases at the twelve month ends of the last year; the same for books of 10,000 and 100,000 accounts.
//!
//! Options follow `--`: `--accounts N`, `--rounds R`, `--skip-peers`, `--keep DIR`. The last line is all figures as one JSON object.

// A bench is there to print.
#![allow(clippy::print_stdout)]

mod measure;

use clap::Parser;
use measure::{Run, load, median, timed};
use recoup::base::dates::Day;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

const FEATURES: &str = "arrears,dpd,days_since_payment,payments_90,payments_365,paid_90,paid_365,paid_to_due_90,paid_to_due_365,inbound_90,\
    refusals_365,days_since_right_party";

#[derive(Parser)]
struct Options {
    /// Accounts of the largest book.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    accounts: u64,
    /// Runs of which medians are taken.
    #[arg(long, value_name = "R", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Neither DuckDB nor Polars.
    #[arg(long)]
    skip_peers: bool,
    /// Work in this folder, and leave it; a temporary one if absent.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// The binary, run in a folder.
fn recoup(folder: &Path, command: &str) -> Command {
    let mut recoup = Command::new(env!("CARGO_BIN_EXE_recoup"));
    recoup.current_dir(folder).args([command, "--quiet", "--json"]);
    recoup
}

/// A script of `benches/peers`, run in a folder.
fn script(folder: &Path, name: &str) -> Command {
    let mut python = Command::new("python3");
    python.current_dir(folder).arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers").join(name));
    python
}

/// What a process printed, as JSON.
fn said(run: &Run) -> Value {
    serde_json::from_str(&run.said).expect("one JSON object")
}

fn seconds(value: &Value) -> f64 {
    value.as_f64().expect("a number of seconds")
}

fn rounded(x: f64) -> f64 {
    (x * 1e3).round() / 1e3
}

/// The medians of some runs.
fn figures(runs: &[Run]) -> Value {
    let figure = |pick: fn(&Run) -> f64| rounded(median(runs, pick));
    json!({ "wall": figure(|r| r.wall), "cpu": figure(|r| r.cpu), "peak_mb": figure(|r| r.peak) as u64 })
}

/// A book that `recoup simulate` wrote.
struct Book {
    folder: PathBuf,
    last_day: String,
    figures: Value,
}

/// Writes a book, and beside its project file a second one, `year.toml`, that observes the month ends of the last year.
fn simulate(folder: &Path, accounts: u64) -> Book {
    let book = folder.join(format!("book-{accounts}"));
    let run = timed(recoup(folder, "simulate").args(["--no-reversals", "--accounts", &accounts.to_string(), "--out"]).arg(&book));
    let world = said(&run);
    let last_day: Day = world["data_until"].as_str().and_then(Day::parse_iso).expect("the last day");
    let dates: Vec<String> = (0..12).rev().map(|months| format!("\"{}\"", last_day.plus_months(-months).month_end())).collect();
    let observed = format!("observe = \"dates\"\ndates = [{}]", dates.join(", "));
    let project = std::fs::read_to_string(book.join("recoup.toml")).expect("the book's project file");
    let mut lines: Vec<&str> = project.lines().filter(|line| !line.starts_with("from = ")).collect();
    *lines.iter_mut().find(|line| line.starts_with("observe = ")).expect("the project file says when to observe") = &observed;
    std::fs::write(book.join("year.toml"), lines.join("\n")).expect("a second project file");
    let mut figures = figures(&[run]);
    figures["rows"] = world["rows"].clone();
    figures["load"] = json!(load());
    Book { folder: book, last_day: last_day.to_string(), figures }
}

/// The peers whose Python package is there; says which are not.
fn peers_found() -> Vec<&'static str> {
    let there = |package: &&str| {
        let status = Command::new("python3").args(["-c", &format!("import {package}")]).stderr(Stdio::null()).status();
        let found = status.as_ref().is_ok_and(|s| s.success());
        if !found {
            println!("  {package} is not measured: {}", if status.is_ok() { "python3 cannot import it" } else { "there is no python3" });
        }
        found
    };
    ["duckdb", "polars"].into_iter().filter(there).collect()
}

/// The twelve features by every engine with so many threads, and whether the files agree.
fn shared_features(folder: &Path, book: &Book, threads: u32, rounds: u32, peers: &[&str]) -> Value {
    let file = |engine: &str| format!("{engine}-{threads}.parquet");
    let threads_given = ["--threads".to_string(), threads.to_string()];
    let (mut ours, mut theirs): (Vec<Run>, Vec<Vec<Run>>) = (Vec::new(), peers.iter().map(|_| Vec::new()).collect());
    for _ in 0..rounds {
        let mut command = recoup(folder, "cases");
        command
            .args(["--all-accounts", "--features", FEATURES, "--as-of", &book.last_day, "--out", &file("recoup"), "--project"])
            .arg(book.folder.join("recoup.toml"));
        ours.push(timed(command.args(&threads_given)));
        for (peer, runs) in peers.iter().zip(&mut theirs) {
            let mut command = script(folder, &format!("features_{peer}.py"));
            let mut run = timed(command.arg(&book.folder).args([&book.last_day, &file(peer)]).args(&threads_given));
            // Its own count, so that the end of the interpreter is not held against it.
            run.cpu = seconds(&said(&run)["cpu_seconds_process"]);
            runs.push(run);
        }
    }
    let mut block = json!({ "threads": threads, "recoup": figures(&ours) });
    block["recoup"]["rows"] = said(&ours[0])["cases"].clone();
    for (peer, runs) in peers.iter().zip(&theirs) {
        block[*peer] = figures(runs);
        block[*peer]["cpu_without_imports"] = json!(median(runs, |r| seconds(&said(r)["cpu_seconds"])));
        (block[*peer]["rows"], block[*peer]["version"]) = (said(&runs[0])["rows"].clone(), said(&runs[0])["version"].clone());
    }
    let fastest = |figure: &str| peers.iter().map(|peer| seconds(&block[*peer][figure])).min_by(f64::total_cmp);
    let ratio = |figure: &str| fastest(figure).map(|peer| rounded(peer / seconds(&block["recoup"]["cpu"])));
    (block["ratio"], block["ratio_without_imports"]) = (json!(ratio("cpu")), json!(ratio("cpu_without_imports")));
    block["equal"] = if peers.contains(&"polars") {
        let mut compare = script(folder, "compare.py");
        compare.args(peers.iter().map(|peer| file(peer))).arg(file("recoup"));
        compare.arg("--re-aged").arg(book.folder.join("events.parquet")).arg(file("recoup"));
        json!(compare.status().is_ok_and(|s| s.success()))
    } else {
        println!("  The files are not compared: that takes Polars.");
        Value::Null
    };
    block["load"] = json!(load());
    block
}

/// Every feature and outcome of every case of a year, written.
fn whole_catalogue(folder: &Path, book: &Book, rounds: u32) -> Value {
    let mut command = recoup(folder, "cases");
    command.args(["--out", "cases.parquet", "--project"]).arg(book.folder.join("year.toml"));
    let runs: Vec<Run> = (0..rounds).map(|_| timed(&mut command)).collect();
    let summary = said(&runs[0]);
    let mut block = figures(&runs);
    (block["observations"], block["cases"]) = (summary["observations"].clone(), summary["cases"].clone());
    block["cpu_microseconds_per_case"] = json!(rounded(median(&runs, |r| r.cpu) * 1e6 / seconds(&summary["cases"])));
    block["load"] = json!(load());
    block
}

/// A table of blocks: a line each, and a column for every figure, with the heading it has.
fn table(lines: &[(&str, &Value)], columns: &[(&str, &str)]) {
    let cell = |value: &Value| if value.is_null() { "-".to_string() } else { value.to_string().trim_matches('"').to_string() };
    println!("  {:<12}{}", "", columns.iter().map(|(_, heading)| format!("{heading:>19}")).collect::<String>());
    for (name, block) in lines {
        println!("  {name:<12}{}", columns.iter().map(|(column, _)| format!("{:>19}", cell(&block[*column]))).collect::<String>());
    }
    println!();
}

const MEASURED: [(&str, &str); 3] = [("wall", "wall s"), ("cpu", "CPU s"), ("peak_mb", "peak MB")];

fn main() -> ExitCode {
    let Options { accounts, rounds, skip_peers, keep, .. } = Options::parse();
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let folder = keep.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(folder).expect("the folder");
    let folder = &folder.canonicalize().expect("the folder's path");

    println!("1. recoup simulate: {accounts} accounts, 24 months (load before {})", load());
    let book = simulate(folder, accounts);
    let rows = book.figures["rows"].as_object().expect("rows of each table");
    println!("  rows: {}", rows.iter().map(|(name, n)| format!("{name} {n}")).collect::<Vec<_>>().join(", "));
    table(&[("recoup", &book.figures)], &[&MEASURED[..], &[("load", "load")]].concat());

    let peers = if skip_peers { Vec::new() } else { peers_found() };
    let mut shared = Vec::new();
    for threads in [1, 2] {
        println!("2. Twelve features of every account on {}: --threads {threads}, medians of {rounds} (load before {})", book.last_day, load());
        let block = shared_features(folder, &book, threads, rounds, &peers);
        let lines: Vec<(&str, &Value)> = ["recoup"].iter().chain(&peers).map(|name| (*name, &block[*name])).collect();
        table(&lines, &[&MEASURED[..], &[("cpu_without_imports", "CPU s w/o imports"), ("rows", "rows"), ("version", "version")]].concat());
        table(&[("", &block)], &[("ratio", "peers/ours"), ("ratio_without_imports", "w/o imports/ours"), ("equal", "equal"), ("load", "load after")]);
        shared.push(block);
    }

    println!("3. All features and outcomes of all cases of twelve month ends, medians of {rounds} (load before {})", load());
    let mut whole = Vec::new();
    for size in [10_000, 100_000].into_iter().filter(|size| *size < accounts) {
        whole.push((size.to_string(), whole_catalogue(folder, &simulate(folder, size), rounds)));
    }
    whole.push((accounts.to_string(), whole_catalogue(folder, &book, rounds)));
    let lines: Vec<(&str, &Value)> = whole.iter().map(|(size, block)| (size.as_str(), block)).collect();
    let per_case = ("cpu_microseconds_per_case", "CPU us/case");
    table(&lines, &[&MEASURED[..], &[("observations", "observations"), ("cases", "cases"), per_case, ("load", "load")]].concat());

    let equal = shared.iter().all(|block| block["equal"] != json!(false));
    let whole: serde_json::Map<String, Value> = whole.into_iter().collect();
    println!("{}", json!({ "accounts": accounts, "rounds": rounds, "simulate": book.figures, "shared_features": shared, "whole_catalogue": whole }));
    if equal { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
