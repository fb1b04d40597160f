//! The work lists of a run: written beside its ranked list, and asked again by `verify`, which learns from the log alone which there must be.

use crate::base::files::RunFolder;
use crate::base::problem::Result;
use crate::data::read_back::{ReadBack, read_back, read_back_csv};
use crate::data::write::Format;
use crate::decide::policy::{EVIDENCE, Family, Policy, Rule};
use crate::decide::work::{WorkList, accounts_named};
use crate::report::summary::WorkListSummary;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The folder of a run in which they lie.
const FOLDER: &str = "work";

/// The files of a list in a run's folder.
pub(super) fn files(list: &str) -> [String; 2] {
    ["csv", "parquet"].map(|extension| format!("{FOLDER}/{list}.{extension}"))
}

/// Writes the lists, all at once: they are many and small, and most of the time goes by while the disk confirms each.
///
/// # Errors
/// `file.io`, `file.parquet`.
pub(super) fn write(lists: Vec<WorkList>, folder: &RunFolder) -> Result<Vec<WorkListSummary>> {
    let mut summaries = Vec::with_capacity(lists.len());
    let written: Vec<Result<()>> = std::thread::scope(|scope| {
        let mut writers = Vec::with_capacity(2 * lists.len());
        for list in lists {
            let [csv, parquet] = files(&list.name).map(|file| (folder.path(&file), file));
            summaries.push(WorkListSummary { name: list.name, file: csv.1, rows: list.table.rows(), cases: list.cases });
            let same = list.table.clone();
            writers.push(scope.spawn(move || same.write(&csv.0, Format::Csv)));
            writers.push(scope.spawn(move || list.table.write(&parquet.0, Format::Parquet)));
        }
        writers.into_iter().map(|writer| writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    written.into_iter().collect::<Result<Vec<()>>>()?;
    Ok(summaries)
}

/// The accounts that each work list must name, by the log of a run.
pub(super) type WorkOfLog = BTreeMap<String, BTreeSet<String>>;

/// What the log of a run makes work: what was chosen and is no waiting, and what evidence alone keeps from a court or a mediator. Columns of words of the
/// log: account, treatment, what vetoed it; of numbers: whether it was chosen.
pub(super) fn lists_of_log(log: &ReadBack, policy: &Policy) -> WorkOfLog {
    let evidence: Vec<&str> = policy.guardrails.iter().filter(|g| matches!(g.rule, Rule::Evidence(_))).map(|g| g.id.as_str()).collect();
    // Few sets of rules and few treatments, many rows: each is judged once.
    let by_evidence: Vec<bool> = log.words[2].words.iter().map(|rules| rules.split(' ').all(|rule| evidence.contains(&rule))).collect();
    let firm = |name: &str| policy.place(name).is_some_and(|t| matches!(policy.treatments[t].family, Family::Formal | Family::Legal));
    let firm: Vec<bool> = log.words[1].words.iter().map(|name| firm(name)).collect();
    let mut lists = WorkOfLog::new();
    let mut add = |list: &str, row: usize| {
        if !lists.contains_key(list) {
            lists.insert(list.to_string(), BTreeSet::new());
        }
        if let Some(accounts) = lists.get_mut(list) {
            accounts.insert(log.word(0, row).to_string());
        }
    };
    let is = |marks: &[bool], column: usize, row: usize| marks.get(log.words[column].codes[row] as usize) == Some(&true);
    for row in 0..log.rows {
        if log.numbers[0][row] == 1.0 && log.word(1, row) != "wait" {
            add(log.word(1, row), row);
        }
        if is(&firm, 1, row) && is(&by_evidence, 2, row) {
            add(EVIDENCE, row);
        }
    }
    lists
}

/// Files in the folder of work lists that are not among those that the run wrote.
pub(super) fn left_over(run: &Path, written: &[String]) -> Vec<String> {
    let entries = std::fs::read_dir(run.join(FOLDER)).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| format!("{FOLDER}/{}", entry.file_name().to_string_lossy())).collect();
    names.retain(|name| !written.contains(name));
    names.sort();
    names
}

/// A violation: account, treatment, rule, what.
type Found = (String, String, &'static str, String);

/// Every list names each account that the log gives it, once, and who signs; people work from either file.
///
/// # Errors
/// `run.log`: a list that cannot be read. One that is gone is told by its fingerprint.
pub(super) fn as_logged(run: &Path, lists: &WorkOfLog, policy: &Policy) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for (list, accounts) in lists {
        let signed_by = policy.place(list).and_then(|t| policy.treatments[t].signed_by.clone()).unwrap_or_default();
        let columns: &[&str] = if list == EVIDENCE { &["account_ids"] } else { &["account_ids", "signed_by"] };
        let [csv, parquet] = files(list);
        for name in [csv, parquet] {
            let path = run.join(&name);
            if !path.is_file() {
                continue;
            }
            let table = if name.ends_with(".csv") { read_back_csv(&path, columns)? } else { read_back(&path, columns, &[], &[])? };
            let mut left: BTreeSet<&str> = accounts.iter().map(String::as_str).collect();
            for row in 0..table.rows {
                for account in accounts_named(table.word(0, row), |id| accounts.contains(id)) {
                    if !left.remove(account) {
                        let what = format!("{name} names an account that the log does not give it, or names it twice");
                        found.push((account.to_string(), list.clone(), "run", what));
                    }
                }
                if columns.len() == 2 && table.word(1, row) != signed_by {
                    let what = format!("it must be signed by {signed_by:?}, and {name} says {:?}", table.word(1, row));
                    found.push((table.word(0, row).to_string(), list.clone(), "signature", what));
                }
            }
            found.extend(left.into_iter().map(|account| (account.to_string(), list.clone(), "run", format!("{name} lacks this case"))));
        }
    }
    Ok(found)
}
