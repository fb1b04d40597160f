//! `recoup replay`: a run made again from its manifest, and compared with what it left, to the byte.
//!
//! The run is made again in a temporary folder; the one that is replayed is only read.

use super::{Steps, score};
use crate::base::dates::Day;
use crate::base::files::{fingerprint, io_failure};
use crate::base::problem::{Problem, Problems, Result};
use crate::report::summary::{ReplayDifference, ReplaySummary};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Where the files of the run are now, where they are not where they were.
#[derive(Clone, Debug, Default)]
pub struct ReplayAsk {
    /// The project file.
    pub project: Option<PathBuf>,
    /// The model file.
    pub model: Option<PathBuf>,
    /// The policy file.
    pub policy: Option<PathBuf>,
}

/// Replays the run in a folder.
///
/// # Errors
/// `replay.no_run` where the folder holds no record of a run; `replay.gone` where a file of it is not where it was; those of [`super::score`].
pub fn replay(run: &Path, ask: &ReplayAsk, steps: Steps<'_>) -> Result<(ReplaySummary, Problems)> {
    let file = run.join("manifest.json");
    let no_run = |why: String| {
        Problem::error("replay.no_run", why).file(file.display().to_string()).help("give a folder that `recoup score --out` wrote").fail()
    };
    let text = std::fs::read_to_string(&file).map_err(|e| io_failure(&file, "read the record of the run", &e))?;
    let recorded: Value = serde_json::from_str(&text).map_err(|e| no_run(format!("the record of the run is no JSON: {e}")))?;
    let said = |pointer: &str| recorded.pointer(pointer).and_then(Value::as_str).map(String::from);
    let need = |pointer: &str| said(pointer).ok_or_else(|| no_run(format!("the record of the run does not say {}", pointer.trim_start_matches('/'))));
    if said("/command").as_deref() != Some("score") {
        return Err(no_run("this is no record of `recoup score`".into()));
    }
    let day = need("/as_of")?;
    let as_of = Day::parse_iso(&day).ok_or_else(|| no_run(format!("the record's as_of is no date: {day}")))?;
    let mut differences = Vec::new();
    let mut differ = |what: String, recorded: Option<String>, now: Option<String>| {
        if recorded != now {
            differences.push(ReplayDifference { what, recorded, now });
        }
    };
    differ("engine version".into(), said("/engine_version"), Some(env!("CARGO_PKG_VERSION").into()));
    let mut places = Vec::new();
    for (role, elsewhere) in [("project", &ask.project), ("model", &ask.model), ("policy", &ask.policy)] {
        let was = PathBuf::from(need(&format!("/{role}/path"))?);
        let place = elsewhere.clone().unwrap_or_else(|| was.clone());
        if !place.is_file() {
            return Err(Problem::error("replay.gone", format!("the {role} file of the run is not there"))
                .file(place.display().to_string())
                .help(format!("replay from the folder where the run was made, or say where it is: --{role} FILE"))
                .fail());
        }
        differ(format!("{role} file {}", place.display()), said(&format!("/{role}/fingerprint")), Some(fingerprint(&place)?));
        places.push(place);
    }
    let outputs: Vec<(String, String)> = recorded
        .pointer("/outputs")
        .and_then(Value::as_object)
        .map(|outputs| outputs.iter().map(|(name, f)| (name.clone(), f.as_str().unwrap_or_default().to_string())).collect())
        .unwrap_or_default();
    for (name, was) in &outputs {
        let path = run.join(name);
        let now = if path.is_file() { Some(fingerprint(&path)?) } else { None };
        differ(format!("{name} as it stands in the folder"), Some(was.clone()), now);
    }
    steps("making the run again");
    let scratch = tempfile::tempdir().map_err(|e| io_failure(&std::env::temp_dir(), "make a temporary folder", &e))?;
    let again = scratch.path().join("run");
    let (_, problems) = score(&places[0], &places[1], &places[2], as_of, &again, steps)?;
    let made = again.join("manifest.json");
    let text = std::fs::read_to_string(&made).map_err(|e| io_failure(&made, "read the record of the replay", &e))?;
    let made: Value = serde_json::from_str(&text).map_err(|e| Problem::error("file.json", e.to_string()).fail())?;
    let files = |of: &Value| -> Vec<(String, String)> {
        let tables = of.pointer("/tables").and_then(Value::as_array).cloned().unwrap_or_default();
        let files = tables.iter().flat_map(|t| t["files"].as_array().cloned().unwrap_or_default());
        files.map(|f| (f["path"].as_str().unwrap_or_default().to_string(), f["fingerprint"].as_str().unwrap_or_default().to_string())).collect()
    };
    let (before, after) = (files(&recorded), files(&made));
    let of = |files: &[(String, String)], path: &str| files.iter().find(|(p, _)| p == path).map(|(_, f)| f.clone());
    for (path, was) in &before {
        differ(format!("input {path}"), Some(was.clone()), of(&after, path));
    }
    for (path, now) in after.iter().filter(|(path, _)| of(&before, path).is_none()) {
        differ(format!("input {path}"), None, Some(now.clone()));
    }
    for (name, was) in &outputs {
        let now = made.pointer("/outputs").and_then(|o| o.get(name)).and_then(Value::as_str).map(String::from);
        differ(format!("{name} made again"), Some(was.clone()), now);
    }
    let summary = ReplaySummary { run: run.display().to_string(), as_of: day, identical: differences.is_empty(), files: outputs.len(), differences };
    Ok((summary, problems))
}
