//! `recoup reconcile`: what a run recommended, what hand-over files say was done, and how they differ; the contact log of the day comes out of it.

use super::run_record::{MovedFiles, RunRecord};
use super::{Steps, write_json};
use crate::base::config::Project;
use crate::base::files::{FolderKind, RunFolder, fingerprint};
use crate::base::problem::{Problem, Problems, Result};
use crate::data::handover::{self, HandoverFile};
use crate::data::read_back::{ReadBack, read_back};
use crate::data::write::{Format, OutTable};
use crate::decide::policy::Policy;
use crate::report::reconcile::{ReconcileSummary, SHOWN};
use crate::report::tables::write_problems;
use crate::study::reconcile::{Run, RunCase, checked, contacts, differences, events, findings, reconcile as lay_beside};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// What `reconcile` leaves in its folder.
const FOLDER: FolderKind = FolderKind {
    name: "reconciliation",
    key: "reconciled_run",
    entries: &["contacts", "events", "differences", "problems", "reconcile", "manifest"],
};

/// Its files, before the manifest.
const WRITTEN: [&str; 6] = ["contacts.csv", "contacts.parquet", "events.csv", "differences.csv", "problems.csv", "reconcile.json"];

/// What a reconciliation was made of.
#[derive(Serialize)]
struct Manifest<'a> {
    engine_version: &'static str,
    command: &'static str,
    reconciled_run: &'a str,
    files: &'a [HandoverFile],
    outputs: BTreeMap<&'static str, String>,
}

/// Lays hand-over files beside the run in a folder, and writes what came out of it into another.
///
/// # Errors
/// Those of reading the run's record; `reconcile.changed` where the project, the policy or the run's own files are not what they were; every problem of
/// the hand-over files at once, if one of them is an error; `file.io`, `file.in_the_way`.
pub fn reconcile(
    run_folder: &Path,
    done: &[PathBuf],
    out: Option<&Path>,
    moved: &MovedFiles,
    steps: Steps<'_>,
) -> Result<(ReconcileSummary, Problems)> {
    let folder = out.map(|out| RunFolder::begin(out, FOLDER)).transpose()?;
    let record = RunRecord::read(run_folder, moved)?;
    let [project_file, _, policy_file] = &record.inputs;
    let project = Project::load(&project_file.path)?;
    let digits = project.currency.minor_digits;
    let policy = Policy::load(&policy_file.path, digits)?;
    unchanged(run_folder, &record, &policy)?;
    steps("reading the run");
    let run = the_run(run_folder, &record, &policy)?;
    steps("reading the hand-over");
    let (lines, files, mut problems) = handover::read(done, &project);
    let read = lines.len();
    steps("reconciling");
    let (deeds, found) = checked(&run, lines, &project.check.set_aside);
    problems.append(found);
    let mut problems = problems.stop_on_error()?;
    let laid = lay_beside(&run, &deeds);
    problems.append(findings(&laid.against));
    let summary = ReconcileSummary {
        run: run.id.clone(),
        run_folder: run_folder.display().to_string(),
        as_of: run.as_of,
        outreach_day: run.outreach_day(),
        policy: format!("{} {}", policy.name, policy.version),
        lines: deeds.len(),
        lines_set_aside: files.iter().map(|file| file.rows_set_aside).sum::<usize>() + read - deeds.len(),
        files,
        cases: run.cases.len(),
        by_team: laid.figures,
        against_veto: laid.against.len(),
        against: laid.against.into_iter().take(SHOWN).collect(),
        folder: out.map(|out| out.display().to_string()),
    };
    if let Some(folder) = folder {
        steps("writing");
        let lag = project.clock.posting_lag_days;
        let write = |table: OutTable, name: &str, format| table.write(&folder.path(name), format).map_err(|failure| folder.in_place(failure));
        let log = contacts(&run, &deeds, lag);
        write(log.clone(), "contacts.csv", Format::Csv)?;
        write(log, "contacts.parquet", Format::Parquet)?;
        write(events(&run, &deeds, lag, digits), "events.csv", Format::Csv)?;
        write(differences(&run, &deeds, &laid.outcomes), "differences.csv", Format::Csv)?;
        write_problems(problems.iter(), &folder.path("problems.csv"))?;
        write_json(&summary, &folder.path("reconcile.json"))?;
        let manifest = Manifest {
            engine_version: env!("CARGO_PKG_VERSION"),
            command: "reconcile",
            reconciled_run: &run.id,
            files: &summary.files,
            outputs: WRITTEN.iter().map(|name| Ok((*name, fingerprint(&folder.path(name))?))).collect::<Result<_>>()?,
        };
        write_json(&manifest, &folder.path("manifest.json"))?;
        folder.finish()?;
    }
    Ok((summary, problems))
}

/// The files of the run by which the work is judged.
const JUDGED_BY: [&str; 2] = ["ranked.parquet", "decisions.parquet"];

/// Work is judged by what the run decided: its policy, its project and its own files must be what they were.
fn unchanged(run: &Path, record: &RunRecord, policy: &Policy) -> Result<()> {
    let inputs = record.inputs.iter().filter(|i| i.role != "model" && i.recorded.as_deref() != Some(i.now.as_str()));
    let mut changed: Vec<String> = inputs.map(|i| format!("the {} file", i.role)).collect();
    changed.extend(record.changed_packs(policy).into_iter().map(|name| format!("the pack {name}")));
    let outputs = record.outputs();
    for name in JUDGED_BY {
        let was = outputs.iter().find(|(n, _)| n == name).map(|(_, fingerprint)| fingerprint);
        let path = run.join(name);
        if !path.is_file() || Some(&fingerprint(&path)?) != was {
            changed.push(name.to_string());
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    Err(Problem::error("reconcile.changed", "the run is not what it was when its work was handed out")
        .file(run.display().to_string())
        .value(changed.join(", "))
        .rule("what the run's manifest records, by fingerprint")
        .help("reconcile with the files of the run: --project, --policy; `recoup replay` says what differs")
        .fail())
}

/// The run as its own files tell it.
fn the_run<'p>(folder: &Path, record: &RunRecord, policy: &'p Policy) -> Result<Run<'p>> {
    let id = record.said("/run").ok_or_else(|| {
        Problem::error("run.no_record", "the record of the run does not say its identifier")
            .file(folder.join("manifest.json").display().to_string())
            .help("the run was made by an earlier version, without work lists: make it again")
            .fail()
    })?;
    let mut columns = vec!["account_id", "borrower_id", "strategy"];
    columns.extend(policy.outreach.team.as_ref().map(|_| "team"));
    let list = read_back(&folder.join(JUDGED_BY[0]), &columns, &[], &[])?;
    let log = read_back(&folder.join(JUDGED_BY[1]), &["account_id", "treatment", "vetoed_by"], &["chosen"], &[])?;
    let unknown = |what: &str| {
        let why = format!("the run names {what:?}, and its policy knows no such treatment");
        Problem::error("run.log", why).file(folder.display().to_string()).help("give the policy of the run: --policy").fail()
    };
    let cases = (0..list.rows)
        .map(|row| {
            let strategy = list.word(2, row);
            Ok(RunCase {
                account: list.word(0, row).into(),
                borrower: list.word(1, row).into(),
                team: if columns.len() > 3 { list.word(3, row).into() } else { "".into() },
                strategy: policy.place(strategy).ok_or_else(|| unknown(strategy))?,
            })
        })
        .collect::<Result<Vec<RunCase>>>()?;
    let vetoed_by = vetoes(&log, &cases, policy.treatments.len(), |name| policy.place(name).ok_or_else(|| unknown(name)))?;
    let rules = log.words.into_iter().nth(2).map(|column| column.words).unwrap_or_default();
    Ok(Run { id, as_of: record.as_of, policy, cases, vetoed_by, rules })
}

/// What vetoed each treatment of each case, by the log.
fn vetoes(log: &ReadBack, cases: &[RunCase], treatments: usize, place: impl Fn(&str) -> Result<usize>) -> Result<Vec<u32>> {
    let of_account: HashMap<&str, usize> = cases.iter().enumerate().map(|(k, case)| (&*case.account, k)).collect();
    // Words of a log's column are few, or stand once for many rows.
    let case_of: Vec<Option<usize>> = log.words[0].words.iter().map(|account| of_account.get(&**account).copied()).collect();
    let place_of = log.words[1].words.iter().map(|name| place(name)).collect::<Result<Vec<usize>>>()?;
    let mut vetoed_by = vec![u32::MAX; cases.len() * treatments];
    for row in 0..log.rows {
        let case = case_of.get(log.words[0].codes[row] as usize).copied().flatten();
        let treatment = place_of.get(log.words[1].codes[row] as usize);
        if let (Some(case), Some(treatment)) = (case, treatment) {
            vetoed_by[case * treatments + treatment] = log.words[2].codes[row];
        }
    }
    Ok(vetoed_by)
}
