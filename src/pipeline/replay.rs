//! `recoup replay`: a run made again from its manifest, and compared with what it left, to the byte.
//!
//! The run is made again in a temporary folder; the one that is replayed is only read.

use super::run_record::{MovedFiles, RunRecord, table_files};
use super::{Steps, score};
use crate::base::files::{fingerprint, io_failure};
use crate::base::problem::{Problem, Problems, Result};
use crate::report::summary::{ReplayDifference, ReplaySummary};
use serde_json::Value;
use std::path::Path;

/// Replays the run in a folder.
///
/// # Errors
/// `run.no_record` where the folder holds no record of a run; `run.gone` where a file of it is not where it was; those of [`super::score`].
pub fn replay(run: &Path, moved: &MovedFiles, steps: Steps<'_>) -> Result<(ReplaySummary, Problems)> {
    let record = RunRecord::read(run, moved)?;
    let mut differences = Vec::new();
    let mut differ = |what: String, recorded: Option<String>, now: Option<String>| {
        if recorded != now {
            differences.push(ReplayDifference { what, recorded, now });
        }
    };
    differ("engine version".into(), record.said("/engine_version"), Some(env!("CARGO_PKG_VERSION").into()));
    for input in &record.inputs {
        differ(format!("{} file {}", input.role, input.path.display()), input.recorded.clone(), Some(input.now.clone()));
    }
    let outputs = record.outputs();
    for (name, was) in &outputs {
        let path = run.join(name);
        let now = if path.is_file() { Some(fingerprint(&path)?) } else { None };
        differ(format!("{name} as it stands in the folder"), Some(was.clone()), now);
    }
    steps("making the run again");
    let scratch = tempfile::tempdir().map_err(|e| io_failure(&std::env::temp_dir(), "make a temporary folder", &e))?;
    let again = scratch.path().join("run");
    let [project, model, policy] = &record.inputs;
    let (_, problems) = score(&project.path, &model.path, &policy.path, record.as_of, &again, steps)?;
    let made = again.join("manifest.json");
    let text = std::fs::read_to_string(&made).map_err(|e| io_failure(&made, "read the record of the replay", &e))?;
    let made: Value = serde_json::from_str(&text).map_err(|e| Problem::error("file.json", e.to_string()).fail())?;
    let (before, after) = (record.tables(), table_files(&made));
    let of = |files: &[(String, String)], path: &str| files.iter().find(|(p, _)| p == path).map(|(_, f)| f.clone());
    for (path, was) in &before {
        differ(format!("input {path}"), Some(was.clone()), of(&after, path));
    }
    for (path, now) in after.iter().filter(|(path, _)| of(&before, path).is_none()) {
        differ(format!("input {path}"), None, Some(now.clone()));
    }
    let (before_tables, after_tables) = (before.clone(), after.clone());
    let packs = |manifest: &Value| -> Vec<(String, String)> {
        let of = |p: &Value, key: &str| p[key].as_str().unwrap_or_default().to_string();
        let all = manifest.pointer("/packs").and_then(Value::as_array).into_iter().flatten();
        all.map(|p| (of(p, "name"), of(p, "fingerprint"))).collect()
    };
    let (before, after) = (packs(&record.manifest), packs(&made));
    for (name, was) in &before {
        differ(format!("pack {name}"), Some(was.clone()), of(&after, name));
    }
    for (name, now) in after.iter().filter(|(name, _)| of(&before, name).is_none()) {
        differ(format!("pack {name}"), None, Some(now.clone()));
    }
    // Everything else that the record says, but where its files were.
    let keys = |manifest: &Value| manifest.as_object().map_or(Vec::new(), |o| o.keys().cloned().collect());
    let mut all: Vec<String> = keys(&record.manifest).into_iter().chain(keys(&made)).collect();
    all.sort();
    all.dedup();
    for key in all.iter().filter(|key| !["outputs", "packs", "engine_version"].contains(&key.as_str())) {
        let part = |manifest: &Value| {
            let mut part = manifest.get(key).cloned();
            if let Some(object) = part.as_mut().and_then(Value::as_object_mut) {
                object.remove("path");
                // An input that differs is named above, by its fingerprint.
                if record.inputs.iter().any(|i| i.role == key && i.recorded.as_deref() != Some(i.now.as_str())) {
                    object.clear();
                }
            }
            part.map(|part| part.to_string())
        };
        let (was, now) = (part(&record.manifest), part(&made));
        if was != now && !(key == "tables" && before_tables != after_tables) {
            differ(format!("the record's {key}"), was, now);
        }
    }
    for (name, now) in made.pointer("/outputs").and_then(Value::as_object).into_iter().flatten() {
        if outputs.iter().all(|(n, _)| n != name) {
            differ(format!("{name} made again"), None, now.as_str().map(String::from));
        }
    }
    for (name, was) in &outputs {
        let now = made.pointer("/outputs").and_then(|o| o.get(name)).and_then(Value::as_str).map(String::from);
        differ(format!("{name} made again"), Some(was.clone()), now);
    }
    let (run, as_of) = (run.display().to_string(), record.as_of.to_string());
    Ok((ReplaySummary { run, as_of, identical: differences.is_empty(), files: outputs.len(), differences }, problems))
}
