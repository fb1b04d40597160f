//! The record that `score` leaves in its folder, read again: what the run was made of, and where that is now.

use crate::base::dates::Day;
use crate::base::files::{fingerprint, io_failure};
use crate::base::problem::{Problem, Result};
use crate::data::check::TableCount;
use crate::decide::policy::Policy;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Where the files of a run are now, where they are not where they were.
#[derive(Clone, Debug, Default)]
pub struct MovedFiles {
    /// The project file.
    pub project: Option<PathBuf>,
    /// The model file.
    pub model: Option<PathBuf>,
    /// The policy file.
    pub policy: Option<PathBuf>,
}

/// An input of a run: where it is, and whether it is what it was.
pub(super) struct RunInput {
    pub(super) role: &'static str,
    pub(super) path: PathBuf,
    pub(super) recorded: Option<String>,
    pub(super) now: String,
}

/// The record of a run.
pub(super) struct RunRecord {
    pub(super) manifest: Value,
    pub(super) as_of: Day,
    /// Project, model, policy.
    pub(super) inputs: [RunInput; 3],
}

impl RunRecord {
    /// Reads the record of the run in a folder.
    ///
    /// # Errors
    /// `run.no_record` where the folder holds none; `run.gone` where a file of it is not where it was.
    pub(super) fn read(run: &Path, moved: &MovedFiles) -> Result<RunRecord> {
        let file = run.join("manifest.json");
        let none = |why: String| {
            Problem::error("run.no_record", why).file(file.display().to_string()).help("give a folder that `recoup score --out` wrote").fail()
        };
        let text = std::fs::read_to_string(&file).map_err(|e| io_failure(&file, "read the record of the run", &e))?;
        let manifest: Value = serde_json::from_str(&text).map_err(|e| none(format!("the record of the run is no JSON: {e}")))?;
        let said = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str).map(String::from);
        let need =
            |pointer: &str| said(pointer).ok_or_else(|| none(format!("the record of the run does not say {}", pointer.trim_start_matches('/'))));
        if said("/command").as_deref() != Some("score") {
            return Err(none("this is no record of `recoup score`".into()));
        }
        let day = need("/as_of")?;
        let as_of = Day::parse_iso(&day).ok_or_else(|| none(format!("the record's as_of is no date: {day}")))?;
        let input = |role: &'static str, elsewhere: &Option<PathBuf>| -> Result<RunInput> {
            let was = PathBuf::from(need(&format!("/{role}/path"))?);
            let path = elsewhere.clone().unwrap_or(was);
            if !path.is_file() {
                return Err(Problem::error("run.gone", format!("the {role} file of the run is not there"))
                    .file(path.display().to_string())
                    .help(format!("work from the folder where the run was made, or say where it is: --{role} FILE"))
                    .fail());
            }
            Ok(RunInput { role, recorded: said(&format!("/{role}/fingerprint")), now: fingerprint(&path)?, path })
        };
        let inputs = [input("project", &moved.project)?, input("model", &moved.model)?, input("policy", &moved.policy)?];
        Ok(RunRecord { as_of, inputs, manifest })
    }

    /// A text of the record.
    pub(super) fn said(&self, pointer: &str) -> Option<String> {
        self.manifest.pointer(pointer).and_then(Value::as_str).map(String::from)
    }

    /// Files that the run left, with their fingerprints.
    pub(super) fn outputs(&self) -> Vec<(String, String)> {
        let outputs = self.manifest.pointer("/outputs").and_then(Value::as_object);
        outputs.into_iter().flatten().map(|(name, f)| (name.clone(), f.as_str().unwrap_or_default().to_string())).collect()
    }

    /// Names of packs of guardrails that are not what the run used.
    pub(super) fn changed_packs(&self, policy: &Policy) -> Vec<String> {
        let recorded: Vec<(&str, &str)> = self
            .manifest
            .pointer("/packs")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|p| (p["name"].as_str().unwrap_or_default(), p["fingerprint"].as_str().unwrap_or_default()))
            .collect();
        let now = policy.packs.iter().filter(|p| !recorded.contains(&(p.name.as_str(), p.fingerprint.as_str())));
        let gone = recorded.iter().filter(|(name, _)| policy.packs.iter().all(|p| p.name != *name)).map(|(name, _)| *name);
        now.map(|p| p.name.as_str()).chain(gone).map(String::from).collect()
    }

    /// Files of tables that are not what the run read.
    pub(super) fn changed_tables(&self, counts: &[TableCount]) -> Vec<String> {
        let recorded = self.tables();
        let now = counts.iter().flat_map(|t| &t.files).map(|f| (f.path.to_string(), f.fingerprint.clone()));
        now.filter(|file| !recorded.contains(file)).map(|(path, _)| path).collect()
    }

    /// Files of tables that the run read, with their fingerprints.
    pub(super) fn tables(&self) -> Vec<(String, String)> {
        table_files(&self.manifest)
    }
}

/// Files of tables in a record, with their fingerprints.
pub(super) fn table_files(manifest: &Value) -> Vec<(String, String)> {
    let tables = manifest.pointer("/tables").and_then(Value::as_array);
    let files = tables.into_iter().flatten().filter_map(|t| t["files"].as_array()).flatten();
    files.map(|f| (f["path"].as_str().unwrap_or_default().to_string(), f["fingerprint"].as_str().unwrap_or_default().to_string())).collect()
}
