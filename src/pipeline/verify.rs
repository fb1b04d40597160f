//! `recoup verify`: every decision of a run checked again against every rule, by another way, and a certificate of it.

use super::day::on_day;
use super::run_record::{MovedFiles, RunRecord};
use super::score::{CAPACITY, WRITTEN, book_model};
use super::work::{self, WorkOfLog};
use super::{Steps, read_book, write_json};
use crate::base::config::Project;
use crate::base::files::{fingerprint, io_failure};
use crate::base::problem::{Problem, Problems, Result};
use crate::data::read_back::{ReadBack, read_back, read_back_csv};
use crate::decide::places::CapacitySummary;
use crate::decide::policy::Policy;
use crate::report::summary::VerifySummary;
use crate::study::verify::{Certificate, SHOWN, Verifying, Violation, verify as verify_decisions};
use std::collections::HashMap;
use std::path::Path;

/// The log that a run leaves.
const LOG: &str = "decisions.parquet";
/// The certificate.
const CERTIFICATE: &str = "certificate.json";

/// Verifies the run in a folder and writes its certificate there.
///
/// # Errors
/// Those of reading the run's record; `verify.changed` where an input is no longer what the run was made of; `run.log`; those of [`super::score`].
pub fn verify(run: &Path, moved: &MovedFiles, steps: Steps<'_>) -> Result<(VerifySummary, Problems)> {
    let record = RunRecord::read(run, moved)?;
    // An earlier certificate must not outlive a run that can no longer be verified.
    let earlier = run.join(CERTIFICATE);
    if earlier.is_file() {
        std::fs::remove_file(&earlier).map_err(|e| io_failure(&earlier, "take the earlier certificate away", &e))?;
    }
    let as_of = record.as_of;
    let [project_file, model_file, policy_file] = &record.inputs;
    let mut changed: Vec<String> =
        record.inputs.iter().filter(|i| i.recorded.as_deref() != Some(i.now.as_str())).map(|i| format!("the {} file", i.role)).collect();
    let model = book_model(&model_file.path)?;
    let project = Project::load(&project_file.path)?;
    let digits = project.currency.minor_digits;
    let policy = Policy::load(&policy_file.path, digits)?;
    changed.extend(record.changed_packs(&policy).into_iter().map(|name| format!("the pack {name}")));
    let book = read_book(project, steps)?;
    changed.extend(record.changed_tables(&book.counts));
    if !changed.is_empty() {
        return Err(Problem::error("verify.changed", "the run was made of something else than what is there now")
            .file(run.display().to_string())
            .value(changed.join(", "))
            .rule("what the run's manifest records, by fingerprint")
            .help("verify with the files of the run: --project, --model, --policy; `recoup replay` says what differs")
            .fail());
    }
    let log = run.join(LOG);
    let capacity = capacity_of(run)?;
    let mut certificate = on_day(&book, &model, as_of, steps, |day| {
        steps("verifying");
        let share = day.scored.expected_share().of;
        verify_decisions(Verifying { policy: &policy, situation: day.situation, share, minor_digits: digits, capacity: capacity.as_ref() }, &log)
    })?;
    let log_read = read_back(&log, &["account_id", "treatment", "vetoed_by"], &["chosen"], &[])?;
    ranked_as_logged(run, &log_read, &policy, &mut certificate)?;
    let lists = work::lists_of_log(&log_read, &policy);
    as_recorded(run, &record, &lists, &mut certificate)?;
    for (account, treatment, rule, what) in work::as_logged(run, &lists, &policy)? {
        violation(&mut certificate, &account, &treatment, rule, what);
    }
    let summary = VerifySummary {
        run: run.display().to_string(),
        as_of: as_of.to_string(),
        policy: format!("{} {}", policy.name, policy.version),
        policy_fingerprint: policy.fingerprint.clone(),
        log_fingerprint: fingerprint(&log)?,
        engine_version: env!("CARGO_PKG_VERSION"),
        holds: certificate.violations == 0,
        certificate,
        assumed: book.project.declared.sentences(digits),
    };
    write_json(&summary, &run.join(CERTIFICATE))?;
    Ok((summary, book.problems))
}

/// What the run says of its capacities; none where it says nothing.
fn capacity_of(run: &Path) -> Result<Option<CapacitySummary>> {
    let file = run.join(CAPACITY);
    if !file.is_file() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&file).map_err(|e| io_failure(&file, "read what was handed out", &e))?;
    serde_json::from_str(&text).map(Some).map_err(|e| {
        Problem::error("run.log", format!("what was handed out cannot be read: {e}"))
            .file(file.display().to_string())
            .help("make the run again: it was cut short or changed")
            .fail()
    })
}

fn violation(certificate: &mut Certificate, case: &str, treatment: &str, rule: &str, what: String) {
    certificate.violations += 1;
    if certificate.first.len() < SHOWN {
        certificate.first.push(Violation { case: case.to_string(), treatment: treatment.to_string(), rule: rule.to_string(), what });
    }
}

/// What the run's record says of it: every file that a run leaves is the one that it wrote, and what it holds of its inputs and counts is so.
fn as_recorded(run: &Path, record: &RunRecord, lists: &WorkOfLog, certificate: &mut Certificate) -> Result<()> {
    let recorded = record.outputs();
    let limits = certificate.capacity.is_some().then_some(CAPACITY);
    let written: Vec<String> =
        WRITTEN.iter().copied().chain(limits).map(|name| name.to_string()).chain(lists.keys().flat_map(|list| work::files(list))).collect();
    for (name, _) in recorded.iter().filter(|(name, _)| !written.contains(name)) {
        violation(certificate, "", "", "run", format!("{name}: the run's record names it, and the log gives no reason for it"));
    }
    for name in work::left_over(run, &written) {
        violation(certificate, "", "", "run", format!("{name}: a work list that the run did not write"));
    }
    for name in &written {
        let path = run.join(name);
        let was = recorded.iter().find(|(n, _)| n == name).map(|(_, fingerprint)| fingerprint.as_str());
        let now = if path.is_file() { Some(fingerprint(&path)?) } else { None };
        let what = match (was, &now) {
            (None, _) => "the run's record does not name it",
            (_, None) => "it is gone",
            (Some(was), Some(now)) if was != now => "it is not what the run wrote",
            _ => continue,
        };
        violation(certificate, "", "", "run", format!("{name}: {what}"));
    }
    for input in &record.inputs {
        let text = record.said(&format!("/{}/text", input.role));
        if text.is_some_and(|text| std::fs::read_to_string(&input.path).ok().as_deref() != Some(text.as_str())) {
            violation(certificate, "", "", "run", format!("the run's record holds another text than the {} file's", input.role));
        }
    }
    if record.manifest.get("cases").and_then(serde_json::Value::as_u64) != Some(certificate.cases) {
        violation(certificate, "", "", "run", "the run's record counts other cases".into());
    }
    Ok(())
}

/// The list that people work from names what the log says was chosen, and who signs it.
fn ranked_as_logged(run: &Path, log: &ReadBack, policy: &Policy, certificate: &mut Certificate) -> Result<()> {
    let chosen = (0..log.rows).filter(|row| log.numbers[0][*row] == 1.0);
    let logged: HashMap<String, String> = chosen.map(|row| (word(log, 0, row), word(log, 1, row))).collect();
    let columns = ["account_id", "strategy", "needs_signature_of"];
    // The list is there twice; people work from either.
    for (name, list) in [
        ("ranked.parquet", read_back(&run.join("ranked.parquet"), &columns, &[], &[])?),
        ("ranked.csv", read_back_csv(&run.join("ranked.csv"), &columns)?),
    ] {
        list_as_logged(name, &list, logged.clone(), policy, certificate);
    }
    Ok(())
}

fn word(table: &ReadBack, column: usize, row: usize) -> String {
    table.word(column, row).to_string()
}

fn list_as_logged(name: &str, list: &ReadBack, mut logged: HashMap<String, String>, policy: &Policy, certificate: &mut Certificate) {
    for row in 0..list.rows {
        let (account, strategy, signs) = (word(list, 0, row), word(list, 1, row), word(list, 2, row));
        if logged.remove(&account).as_ref() != Some(&strategy) {
            violation(certificate, &account, &strategy, "run", format!("{name} does not name what the log says was chosen"));
        }
        let must = policy.place(&strategy).and_then(|t| policy.treatments[t].signed_by.clone()).unwrap_or_default();
        if signs != must {
            violation(certificate, &account, &strategy, "signature", format!("it must be signed by {must:?}, and {name} says {signs:?}"));
        }
    }
    for (account, strategy) in logged {
        violation(certificate, &account, &strategy, "run", format!("{name} lacks this case"));
    }
}
