//! How well models tell cases apart that they have not seen, with two-way tables and without, beside LightGBM, optbinning and one-hot logistic.
//!
//! `cargo bench --bench discrimination -- --table FILE.parquet` needs a row a case, a column `outcome` of 0 and 1 (1 = repaid) and, where cases of
//! one borrower belong together, a column `group`. It cross-validates by group, `--repeats` times with other folds, trains with the settings of
//! `--settings FILE` (a `[model]` section), writes every case's held-out log-odds beside its fold, and lets
//! `benches/peers/discrimination.py` train the peers on the same folds and compare, with paired intervals by group. `PYTHON` names the interpreter
//! that has the peers.

// A bench is there to print.
#![allow(clippy::print_stdout)]

use clap::Parser;
use recoup::base::config::{Direction, ModelSettings, SubScore, model_settings};
use recoup::data::features::{FeatureColumn, FeatureTable, Values};
use recoup::data::flat::{FlatAsk, FlatValues, read_flat};
use recoup::model::bin::Rows;
use recoup::model::calibrate::fold_of;
use recoup::model::encode::encode;
use recoup::model::evaluate::area_under_curve;
use recoup::model::file::Provenance;
use recoup::model::train::{TrainingInput, train};
use std::error::Error;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

#[derive(Parser)]
struct Options {
    /// A row a case: `outcome`, maybe `group`, and features.
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// How often the folds are drawn.
    #[arg(long, value_name = "R", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..))]
    repeats: u64,
    /// Folds.
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = clap::value_parser!(u64).range(2..20))]
    folds: u64,
    /// Settings of training.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Peers, or `none`.
    #[arg(long, value_name = "NAME,…", default_value = "lightgbm,optbinning,onehot")]
    peers: String,
    /// Where the held-out log-odds go.
    #[arg(long, value_name = "FILE", default_value = "discrimination.csv")]
    out: PathBuf,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

struct Table {
    features: FeatureTable,
    outcome: Vec<f64>,
    group: Vec<u32>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let Some(file) = options.table.clone() else {
        println!("nothing to do: name a table with `-- --table FILE.parquet`");
        return Ok(());
    };
    let table = read(&file)?;
    let settings = options.settings.as_deref().map_or_else(|| Ok(ModelSettings::default()), model_settings)?;
    let mut additive = settings.clone();
    additive.interactions.most = 0;
    let mut csv = String::from("row,repeat,fold,recoup,recoup_additive\n");
    let repaid: Vec<bool> = table.outcome.iter().map(|y| *y > 0.5).collect();
    for repeat in 0..options.repeats {
        let fold: Vec<u8> = table.group.iter().map(|g| fold_of(*g, 1_000 + repeat, options.folds as usize)).collect();
        let (full, tables) = held_out(&table, &fold, options.folds as u8, &settings)?;
        let (plain, _) = held_out(&table, &fold, options.folds as u8, &additive)?;
        let auc = |score: &[f64]| area_under_curve(score, &repaid).unwrap_or(f64::NAN);
        println!("repeat {repeat}: AUC {:.4} with {tables:.1} two-way tables a fold, {:.4} without", auc(&full), auc(&plain));
        for row in 0..fold.len() {
            writeln!(csv, "{row},{repeat},{},{},{}", fold[row], full[row], plain[row])?;
        }
    }
    std::fs::write(&options.out, csv)?;
    if options.peers != "none" {
        let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/discrimination.py");
        let mut command = Command::new(python);
        command.arg(script).arg("--table").arg(&file).arg("--ours").arg(&options.out);
        let status = command.args(["--peers", &options.peers]).arg("--out").arg(options.out.with_extension("json")).status()?;
        if !status.success() {
            return Err("the peers failed".into());
        }
    }
    Ok(())
}

fn read(file: &std::path::Path) -> Result<Table, Box<dyn Error>> {
    let ask = FlatAsk { categories: &[], ignore: &[], only: None, text: &[], dates: &[], null_words: &[], separator: b',', date_format: None };
    let mut flat = read_flat(file, &ask)?;
    let Some(FlatValues::Number(outcome)) = flat.take("outcome") else { return Err("the table has no numeric column `outcome`".into()) };
    let group = match flat.take("group") {
        Some(FlatValues::Number(group)) => group.into_iter().map(|g| g as u32).collect(),
        Some(FlatValues::Words { codes, .. }) => codes,
        _ => (0..outcome.len() as u32).collect(),
    };
    let columns = flat.columns.into_iter().filter_map(|column| {
        let values = match column.values {
            FlatValues::Number(values) => Values::Number(values),
            FlatValues::Words { codes, levels } => Values::Category { codes, levels },
            _ => return None,
        };
        Some(FeatureColumn { meaning: column.name.clone(), name: column.name, expected: Direction::Free, sub_score: SubScore::Neither, values })
    });
    Ok(Table { features: FeatureTable { columns: columns.collect() }, outcome, group })
}

/// Log-odds of each case from the model that did not see its fold, and how many two-way tables those models have on average.
fn held_out(table: &Table, fold: &[u8], folds: u8, settings: &ModelSettings) -> Result<(Vec<f64>, f64), Box<dyn Error>> {
    let mut score = vec![0.0; fold.len()];
    let mut tables = 0;
    for held in 0..folds {
        let (test, rest): (Vec<u32>, Vec<u32>) = (0..fold.len() as u32).partition(|k| fold[*k as usize] == held);
        let model = train(&TrainingInput {
            features: &table.features,
            outcome: &table.outcome,
            weight: None,
            borrower: Some(&table.group),
            month: None,
            arrears: None,
            train: &rest,
            test: &[],
            settings,
            withheld: Vec::new(),
            provenance: Provenance { trained_on: recoup::model::file::TrainedOn::Table, ..Provenance::default() },
        })?;
        tables += model.interactions().len();
        let columns: Vec<&FeatureColumn> = table.features.columns.iter().collect();
        let bins: Vec<_> = model.terms().iter().map(|t| &t.bins).collect();
        let design = encode(&columns, &bins, Rows::Some(&test))?;
        for (row, of) in test.iter().zip(model.scores(&design, None)) {
            score[*row as usize] = of.log_odds();
        }
    }
    Ok((score, tables as f64 / f64::from(folds)))
}
