//! The scorecard beside its peers: binning, the fit with its errors, a whole scorecard from Parquet, and a million rows scored and ranked.
//!
//! `cargo bench --bench scorecard -- --data DIR` needs the tables that `benches/peers/generate_table.py --out DIR` writes: 1,000,000 rows of 35
//! features to train on, and as many to score. It times
//!
//! 1. the binning of the 35 columns, in this process, from columns in memory;
//! 2. the fit of 42 columns (30 binned numbers, 12 flags of missing values) with all standard errors, in this process, from bin codes;
//! 3. `recoup fit-table` and 4. `recoup score-table`, each a process of its own, from Parquet to its file;
//!
//! in CPU seconds, medians of the rounds, with the AUC on the hold-out; then the peers (`benches/peers/scorecard_peers.py`, one BLAS thread), and
//! the information value on the hold-out of every column under optbinning's constraints. Options follow `--`: `--data DIR`, `--rounds R`,
//! `--peers NAME,NAME…` (`all`, or none). The last line is all figures as one JSON object. `PYTHON` names the interpreter that has the peers.

// A bench is there to print.
#![allow(clippy::print_stdout)]

mod measure;

use clap::Parser;
use measure::{Run, load, median, own_cpu, timed};
use recoup::base::config::{Direction, SubScore};
use recoup::data::features::{FeatureColumn, Values};
use recoup::data::flat::{FlatAsk, FlatTable, FlatValues, read_flat};
use recoup::model::bin::{Ask, Binned, Limits, Objective, Rows, Special, Target, Trend, fit_bins};
use recoup::model::evaluate::area_under_curve;
use recoup::model::fit::{Coded, Newton, fit};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

#[derive(Parser)]
struct Options {
    /// Folder of the generated tables.
    #[arg(long, value_name = "DIR", default_value = "peer-data")]
    data: PathBuf,
    /// Runs of which medians are taken.
    #[arg(long, value_name = "R", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Peers to run as `TASK:PEER`, or `all`.
    #[arg(long, value_name = "TASK:PEER,…", value_delimiter = ',')]
    peers: Vec<String>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Every peer, by task.
const PEERS: [(&str, &str); 8] = [
    ("binning", "optbinning"),
    ("fit", "glum"),
    ("fit", "glum-covariance"),
    ("fit", "statsmodels"),
    ("fit", "sklearn-newton"),
    ("fit", "sklearn-lbfgs"),
    ("card", "optbinning"),
    ("score", "polars"),
];

/// Settings of the card that stands beside those of the peers.
const FINE: &str =
    "[model]\nmax_bins = 20\nmin_bin_share = 0.01\n\n[model.selection]\nmin_information_value = 0\nbeyond_chance = false\nsign = false\n";

fn main() -> ExitCode {
    let options = Options::parse();
    let data = std::path::absolute(&options.data).unwrap_or_else(|e| panic!("{e}"));
    if !data.join("train.parquet").exists() {
        println!("no tables in {}: write them with `python3 benches/peers/generate_table.py --out {}`", data.display(), data.display());
        return ExitCode::FAILURE;
    }
    println!("load before: {}", load());
    let train = table(&data.join("train.parquet"));
    let hold_out = table(&data.join("score.parquet"));
    let hold_out_outcome = numbers(&table(&data.join("score_y.parquet")), "y");
    let outcome = numbers(&train, "y");
    let columns = features(&train);
    let (binning, binned) = binning(&columns, &outcome, options.rounds, (8, 0.02, 100));
    let (fine, fine_binned) = self::binning(&columns, &outcome, options.rounds, (20, 0.05, 250));
    let fit = fit_flags(&columns, &binned, &outcome, options.rounds);
    let hold_out_columns = features(&hold_out);
    let values = values_on_hold_out(&fine_binned, &hold_out_columns, &hold_out_outcome);
    drop((columns, hold_out_columns, hold_out));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let card = whole(folder.path(), &data, options.rounds, "");
    let score = scoring(folder.path(), &data, options.rounds, &hold_out_outcome);
    // As the peers do it: fine bins, every feature, whatever its sign.
    let fine_card = whole(folder.path(), &data, options.rounds, FINE);
    let fine_score = scoring(folder.path(), &data, options.rounds, &hold_out_outcome);
    println!("load after: {}", load());
    let peers: Vec<Value> = PEERS
        .iter()
        .filter(|(task, peer)| options.peers.iter().any(|p| p == "all" || *p == format!("{task}:{peer}")))
        .map(|(task, peer)| run_peer(&data, task, peer))
        .collect();
    if let Some(theirs) = peers.iter().find(|p| p["task"] == "binning").map(|p| &p["iv_holdout"]) {
        compare_values(&values, theirs);
    }
    let all = json!({ "binning_8_bins": binning, "binning_20_bins": fine, "fit_42": fit, "card": card, "score": score, "fine_card": fine_card, "fine_score": fine_score, "iv_holdout": values, "peers": peers });
    println!("{all}");
    ExitCode::SUCCESS
}

fn table(path: &Path) -> FlatTable {
    read_flat(path, &FlatAsk::default()).unwrap_or_else(|e| panic!("{e}"))
}

fn numbers(table: &FlatTable, name: &str) -> Vec<f64> {
    match table.get(name) {
        Some(FlatValues::Number(values)) => values.clone(),
        _ => panic!("no numbers {name}"),
    }
}

fn features(table: &FlatTable) -> Vec<FeatureColumn> {
    let named = table.columns.iter().filter(|c| !["account_id", "y", "p_true"].contains(&&*c.name));
    named
        .map(|c| FeatureColumn {
            name: c.name.clone(),
            meaning: c.name.clone(),
            expected: Direction::Free,
            sub_score: SubScore::Neither,
            values: match &c.values {
                FlatValues::Number(values) => Values::Number(values.clone()),
                FlatValues::Words { codes, levels } => Values::Category { codes: codes.clone(), levels: levels.clone() },
                _ => panic!("{} is neither number nor word", c.name),
            },
        })
        .collect()
}

/// Times a piece of work in this process: CPU and wall seconds of each round, medians; and what it gave at last.
fn in_process<T>(rounds: u32, work: impl Fn() -> T) -> (Value, T) {
    let mut runs = Vec::new();
    let mut last = None;
    for _ in 0..rounds {
        let (cpu, began) = (own_cpu(), Instant::now());
        last = Some(work());
        runs.push(Run { wall: began.elapsed().as_secs_f64(), cpu: own_cpu() - cpu, peak: 0.0, said: String::new() });
    }
    let figures = json!({ "cpu": rounded(median(&runs, |r| r.cpu)), "wall": rounded(median(&runs, |r| r.wall)) });
    (figures, last.expect("at least one round"))
}

fn rounded(x: f64) -> f64 {
    (x * 1e3).round() / 1e3
}

fn binning(columns: &[FeatureColumn], outcome: &[f64], rounds: u32, (max_bins, min_share, prebins): (usize, f64, usize)) -> (Value, Vec<Binned>) {
    let special = [Special { name: "-999".into(), values: vec![-999.0], words: vec![] }];
    let limits = Limits { max_bins, min_share, min_events: 10.0, prebins, objective: Objective::InformationValue };
    let coded = |name: &str| if ["n07", "n17"].contains(&name) { &special[..] } else { &[] };
    let asks: Vec<Ask<'_>> = columns.iter().map(|column| Ask { column, trend: Trend::Best, specials: coded(&column.name), by_hand: None }).collect();
    let (mut figures, binned) = in_process(rounds, || {
        fit_bins(&asks, Rows::All(outcome.len()), &Target { outcome, weight: None }, &limits).unwrap_or_else(|e| panic!("{e}")).0
    });
    let bins: usize = binned.iter().map(|b| b.bins.bins.iter().filter(|bin| bin.n > 0).count()).sum();
    let value: f64 = binned.iter().map(|b| b.bins.information_value).sum();
    figures["features"] = json!(binned.len());
    figures["bins"] = json!(bins);
    figures["sum_iv"] = json!(rounded(value));
    println!("binning, at most {max_bins} bins of at least {:.0} %: {figures}", min_share * 100.0);
    (figures, binned)
}

/// The peers' 42 columns from codes: 30 numbers, a missing value at the average, and 12 flags of missing or special values.
fn fit_flags(columns: &[FeatureColumn], binned: &[Binned], outcome: &[f64], rounds: u32) -> Value {
    let numeric: Vec<&Binned> =
        binned.iter().filter(|b| columns.iter().any(|c| c.name.as_ref() == b.bins.name && matches!(c.values, Values::Number(_)))).collect();
    let apart = |b: &Binned| -> Vec<bool> {
        b.bins.bins.iter().enumerate().map(|(k, _)| k >= b.bins.cut.bins() - 1 - usize::from(b.bins.name == "n07" || b.bins.name == "n17")).collect()
    };
    let mut flags: Vec<(String, Vec<u8>)> = Vec::new();
    for b in &numeric {
        let is = apart(b);
        if b.bins.bins.iter().zip(&is).any(|(bin, apart)| *apart && bin.n > 0) {
            flags.push((format!("{} missing", b.bins.name), b.codes.iter().map(|c| u8::from(is[usize::from(*c)])).collect()));
        }
    }
    let data = || Coded {
        n: outcome.len(),
        columns: numeric.iter().map(|b| b.codes.as_slice()).chain(flags.iter().map(|(_, codes)| codes.as_slice())).collect(),
        tables: numeric
            .iter()
            .map(|b| b.bins.bins.iter().zip(apart(b)).map(|(bin, apart)| if apart { 0.0 } else { bin.woe }).collect())
            .chain(flags.iter().map(|_| vec![0.0, 1.0]))
            .collect(),
        names: numeric.iter().map(|b| b.bins.name.as_str()).chain(flags.iter().map(|(name, _)| name.as_str())).collect(),
    };
    let newton = Newton { penalty_per_case: 1e-6, seed: 1, start: None };
    let (mut figures, found) = in_process(rounds, || fit(data(), Target { outcome, weight: None }, &newton).unwrap_or_else(|e| panic!("{e}")));
    figures["columns"] = json!(found.coefficients.len());
    figures["gradient_per_case"] = json!(found.gradient);
    figures["start"] = json!(found.start);
    println!("fit with standard errors: {figures}");
    figures
}

fn recoup(folder: &Path, command: &str) -> Command {
    let mut recoup = Command::new(env!("CARGO_BIN_EXE_recoup"));
    recoup.current_dir(folder).args([command, "--json"]);
    recoup
}

fn figures(runs: &[Run]) -> Value {
    json!({
        "cpu": rounded(median(runs, |r| r.cpu)),
        "wall": rounded(median(runs, |r| r.wall)),
        "peak_mb": median(runs, |r| r.peak).round(),
    })
}

fn whole(folder: &Path, data: &Path, rounds: u32, settings: &str) -> Value {
    std::fs::write(folder.join("settings.toml"), settings).expect("the temporary folder can be written");
    let runs: Vec<Run> = (0..rounds)
        .map(|_| {
            let mut command = recoup(folder, "fit-table");
            command.arg(data.join("train.parquet")).args(["--outcome", "y", "--ignore", "account_id", "--out", "model.json"]);
            timed(command.args(["--special", "n07=-999", "--special", "n17=-999", "--settings", "settings.toml"]))
        })
        .collect();
    let mut figures = figures(&runs);
    let said: Value = serde_json::from_str(&runs[0].said).expect("one JSON object");
    figures["features"] = json!(said["features"].as_array().map(Vec::len));
    let how = if settings.is_empty() { "as set by default" } else { "fine bins, all features" };
    println!("whole scorecard from Parquet, {how}: {figures}");
    figures
}

fn scoring(folder: &Path, data: &Path, rounds: u32, outcome: &[f64]) -> Value {
    let runs: Vec<Run> = (0..rounds)
        .map(|_| {
            let mut command = recoup(folder, "score-table");
            timed(command.arg(data.join("score.parquet")).args(["--model", "model.json", "--id", "account_id", "--out", "ranked.parquet"]))
        })
        .collect();
    let mut figures = figures(&runs);
    let ranked = table(&folder.join("ranked.parquet"));
    let (row, score) = (numbers(&ranked, "row"), numbers(&ranked, "score_micro_log_odds"));
    let repaid: Vec<bool> = row.iter().map(|r| outcome[*r as usize - 1] > 0.5).collect();
    figures["auc_hold_out"] = json!(area_under_curve(&score, &repaid));
    println!("scored and ranked: {figures}");
    figures
}

/// Information value on the hold-out of bins made in training: ½ is added to each count for the logarithm.
fn values_on_hold_out(binned: &[Binned], columns: &[FeatureColumn], outcome: &[f64]) -> Value {
    let all: f64 = outcome.iter().sum();
    let rest = outcome.len() as f64 - all;
    let of = |b: &Binned| {
        let column = columns.iter().find(|c| c.name.as_ref() == b.bins.name).expect("the hold-out has the features of training");
        let codes = b.bins.cut.codes(column, Rows::All(outcome.len()));
        let mut counts = vec![(0.0, 0.0); b.bins.bins.len()];
        for (code, y) in codes.iter().zip(outcome) {
            let (good, bad) = &mut counts[usize::from(*code)];
            *good += y;
            *bad += 1.0 - y;
        }
        counts.iter().map(|(g, b)| (g / all - b / rest) * ((g + 0.5) / (b + 0.5) * rest / all).ln()).sum::<f64>()
    };
    Value::Object(binned.iter().map(|b| (b.bins.name.clone(), json!(of(b)))).collect())
}

fn run_peer(data: &Path, task: &str, peer: &str) -> Value {
    let mut python = Command::new(std::env::var("PYTHON").unwrap_or_else(|_| "python3".into()));
    python.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/scorecard_peers.py"));
    python.args(["--task", task, "--peer", peer, "--data"]).arg(data).env("OPENBLAS_NUM_THREADS", "1").env("OMP_NUM_THREADS", "1");
    let run = timed(&mut python);
    let line = run.said.lines().last().unwrap_or_default();
    let said: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{peer} said {line:?}: {e}"));
    println!("{task} by {peer}: {} CPU s, {} s wall, AUC {} (load {})", said["cpu_seconds"], said["seconds"], said["auc"], load());
    said
}

/// Says where a column says less on the hold-out than under the peer's bins.
fn compare_values(ours: &Value, theirs: &Value) {
    let (Some(ours), Some(theirs)) = (ours.as_object(), theirs.as_object()) else { return };
    let mut below = 0;
    for (name, value) in theirs {
        let (a, b) = (ours.get(name).and_then(Value::as_f64).unwrap_or(0.0), value.as_f64().unwrap_or(0.0));
        if a < b {
            below += 1;
            println!("information value on the hold-out, {name}: {a:.6}, peer {b:.6} ({:+.6})", a - b);
        }
    }
    println!("columns that say less on the hold-out than under the peer's bins: {below} of {}", theirs.len());
}
