//! What a reader must know of models before any figure, and what calls them.

use super::contenders::FACTS;
use crate::base::dates::Day;
use crate::data::cases::Cases;
use crate::model::file::Model;
use crate::pipeline::Book;
use crate::study::evaluate::Slice;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// An AUC from here on is an alarm for leakage: nobody tells repayment so well.
const ALARM: f64 = 0.98;

/// A name for each model: its file's, told apart by a number where two are alike.
pub(super) fn names(files: &[PathBuf]) -> Vec<String> {
    // No model may take the name of a baseline.
    let mut taken: BTreeSet<String> = FACTS.iter().map(|fact| fact.name.to_string()).collect();
    let mut names = Vec::new();
    for file in files {
        let stem = file.file_stem().map_or_else(|| file.display().to_string(), |s| s.to_string_lossy().into_owned());
        let own = (1..).map(|k| if k == 1 { stem.clone() } else { format!("{stem} ({k})") }).find(|name| !taken.contains(name));
        let own = own.unwrap_or(stem);
        taken.insert(own.clone());
        names.push(own);
    }
    names
}

pub(super) fn within_training(model: &Model, cases: &Cases, rows: &[u32]) -> usize {
    let window = model.provenance().train_window.as_ref();
    let Some((from, until)) = window.and_then(|[a, b]| Some((Day::parse_iso(a)?, Day::parse_iso(b)?))) else { return 0 };
    rows.iter().filter(|r| (from..=until).contains(&cases.as_of[**r as usize])).count()
}

/// What a reader must know of the models before any figure.
pub(super) fn notes(book: &Book, models: &[Model], names: &[String], cases: &Cases, rows: &[u32]) -> Vec<String> {
    let mut notes = Vec::new();
    let outcome = book.project.outcome.meaning();
    for (model, name) in models.iter().zip(names) {
        let from = model.provenance();
        if from.project != book.project.name {
            notes.push(format!("{name} was trained with another project, {}, and is judged on this one", from.project));
        }
        if from.outcome_meaning != outcome {
            notes.push(format!("{name} predicts another outcome than this project's: {}", from.outcome_meaning));
        }
        let seen = within_training(model, cases, rows);
        if seen > 0 {
            notes.push(format!("{seen} of {} cases lie within the dates that {name} was trained on: on them its figures flatter", rows.len()));
        }
    }
    notes
}

pub(super) fn alarms(overall: &Slice, names: &[String]) -> Vec<String> {
    let auc = |name: &String| overall.contenders.iter().find(|c| c.name == *name).and_then(|c| c.performance.auc.value);
    let too_good = names.iter().filter_map(|name| auc(name).filter(|a| *a >= ALARM).map(|a| (name, a)));
    let mut notes: Vec<String> = too_good
        .map(|(name, auc)| {
            format!("ALARM: {name} has an AUC of {auc:.3}; from {ALARM} on look for a feature that knows the outcome (recoup prove --hindsight)")
        })
        .collect();
    notes.extend(overall.note.iter().map(|note| format!("all cases: {note}")));
    notes
}
