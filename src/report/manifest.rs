//! The record of a run: what it was made of and what it gave. It holds no clock: the same inputs give the same bytes.

use crate::base::dates::Day;
use crate::base::files::fingerprint;
use crate::base::problem::Result;
use crate::data::check::TableCount;
use crate::study::compare::StrategyCount;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// A file that a run read, by its fingerprint.
#[derive(Serialize)]
pub struct InputRecord {
    /// Where it was.
    pub path: String,
    /// What it calls itself.
    pub name: String,
    /// blake3 of its bytes.
    pub fingerprint: String,
    /// A project's or policy's text: the configuration of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl InputRecord {
    /// The record of a file; with its text, if that is a configuration.
    ///
    /// # Errors
    /// `file.io` if it cannot be read.
    pub fn of(path: &Path, name: &str, with_text: bool) -> Result<InputRecord> {
        let text = if with_text { std::fs::read_to_string(path).ok() } else { None };
        Ok(InputRecord { path: path.display().to_string(), name: name.to_string(), fingerprint: fingerprint(path)?, text })
    }
}

/// A pack of guardrails that a run used.
#[derive(Serialize)]
pub struct PackRecord {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// blake3 of its text.
    pub fingerprint: String,
}

/// The identifier of a run, on every line of its work lists: of what it was made of, whatever it is called and wherever it lies.
pub fn run_id(inputs: [&InputRecord; 3], packs: &[PackRecord], tables: &[TableCount], as_of: Day) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut add = |text: &str| {
        hasher.update(text.as_bytes());
        hasher.update(b"\n");
    };
    inputs.iter().for_each(|input| add(&input.fingerprint));
    packs.iter().for_each(|pack| add(&pack.fingerprint));
    for table in tables {
        add(table.table);
        table.files.iter().for_each(|file| add(&file.fingerprint));
    }
    add(&as_of.to_string());
    hasher.finalize().to_hex()[..16].to_string()
}

/// What a run was made of. It holds no clock: the same inputs give the same bytes.
#[derive(Serialize)]
pub struct Manifest {
    /// The run's identifier.
    pub run: String,
    /// Version of the engine.
    pub engine_version: &'static str,
    /// What was run.
    pub command: &'static str,
    /// Observation date.
    pub as_of: Day,
    /// The project file.
    pub project: InputRecord,
    /// The model file.
    pub model: InputRecord,
    /// The policy file.
    pub policy: InputRecord,
    /// The packs of guardrails that it uses.
    pub packs: Vec<PackRecord>,
    /// Tables: files, fingerprints, rows read, used and set aside.
    pub tables: Vec<TableCount>,
    /// Accounts looked at.
    pub observations: u64,
    /// Observations that are no case, by reason.
    pub excluded: BTreeMap<String, u64>,
    /// Cases ranked.
    pub cases: usize,
    /// Cases of each strategy.
    pub strategies: Vec<StrategyCount>,
    /// Sum over cases.
    pub expected_recovery: String,
    /// The same over waiting, after costs.
    pub expected_gain: String,
    /// Sum over cases.
    pub cost: String,
    /// Currency code.
    pub currency: String,
    /// What nobody measured.
    pub assumed: Vec<String>,
    /// Files written, with their fingerprints.
    pub outputs: BTreeMap<String, String>,
}
