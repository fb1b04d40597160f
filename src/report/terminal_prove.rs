//! What `prove` found, laid out for a terminal: what was compared, then PASS or the leaks, then inputs that look like the outcome.

use super::summary::ProveSummary;
use super::terminal::{count, table};
use crate::study::prove::{Leak, LeakedRecord};
use std::fmt::Write;

/// Leaks and columns shown; all of them are in `--json`.
const SHOWN: usize = 5;

/// What `prove` found.
pub fn prove(summary: &ProveSummary) -> String {
    let (mut out, proof) = (String::new(), &summary.proof);
    let _ = writeln!(
        out,
        "{} of {} cases (seed {}) of {} borrowers on {} dates; {} features and {} records of theirs",
        count(proof.cases as u64),
        count(proof.cases_in_book as u64),
        proof.seed,
        count(proof.borrowers as u64),
        count(proof.dates as u64),
        count(proof.features as u64),
        count(proof.records as u64)
    );
    let rows = proof
        .trials
        .iter()
        .map(|t| vec![t.trial.meaning().to_string(), count(t.cases), count(t.records), count(t.comparisons), count(t.differences)]);
    let _ = writeln!(out, "{}", table(&["rebuilt", "cases", "records changed", "values compared", "that differ"], rows));
    if proof.leaks.is_empty() {
        let verdict = if summary.proof.shapes.found.is_empty() { "PASS" } else { "NO LEAK, but see the inputs below" };
        let _ = writeln!(out, "{verdict}: {} values compared bit for bit, none knows the future", count(proof.comparisons));
    } else {
        let _ = writeln!(out, "LEAKS: {} features change with what was not known at as_of", proof.leaks.len());
        proof.leaks.iter().take(SHOWN).for_each(|leak| show(&mut out, leak));
        if proof.leaks.len() > SHOWN {
            let more: Vec<&str> = proof.leaks[SHOWN..].iter().map(|leak| leak.feature.as_str()).collect();
            let _ = writeln!(out, "  and in --json: {}", more.join(", "));
        }
    }
    let shapes = &proof.shapes;
    match &shapes.not_looked_at {
        Some(why) => {
            let _ = writeln!(out, "not looked at: inputs that look like the outcome; {why}");
        }
        None if shapes.found.is_empty() => {
            let _ = write!(
                out,
                "no input looks like the outcome: {} columns over {} mature cases, none with an AUC over 0.95 alone",
                count(shapes.columns as u64),
                count(shapes.mature_cases as u64)
            );
            match &shapes.closest {
                Some(closest) => writeln!(out, " (the highest is {:.3}, `{}`)", closest.auc, closest.column),
                None => writeln!(out),
            }
            .unwrap_or_default();
        }
        None => {
            let _ = writeln!(
                out,
                "OUTCOME-SHAPED: {} of {} columns separate repaid from not repaid alone",
                shapes.found.len(),
                count(shapes.columns as u64)
            );
            // What the source holds comes first: what is computed from it only follows.
            let mut found: Vec<_> = shapes.found.iter().collect();
            found.sort_by_key(|shaped| shaped.of == "feature");
            for shaped in found.iter().take(SHOWN) {
                let (n, repaid) = (count(shaped.n as u64), count(shaped.repaid as u64));
                let _ = writeln!(out, "  {} `{}`: AUC {:.4} over {n} mature cases, {repaid} of them repaid", shaped.of, shaped.column, shaped.auc);
                let _ = writeln!(out, "    {}", shaped.advice);
            }
            if shapes.found.len() > SHOWN {
                let more: Vec<&str> = found[SHOWN..].iter().map(|shaped| shaped.column.as_str()).collect();
                let _ = writeln!(out, "  and in --json: {}", more.join(", "));
            }
        }
    }
    if summary.rows_set_aside > 0 {
        let _ = writeln!(out, "{} rows were set aside by the checks: nothing is proved of them", count(summary.rows_set_aside as u64));
    }
    for sentence in &summary.assumed {
        let _ = writeln!(out, "{sentence}");
    }
    out
}

fn show(out: &mut String, leak: &Leak) {
    let _ = writeln!(out, "  `{}` in {} cases, for example {}", leak.feature, count(leak.cases as u64), leak.case);
    let _ =
        writeln!(out, "    the whole book gives {}, the past alone {}; {} it is {}", leak.seen, leak.past_alone, leak.trial.meaning(), leak.found);
    if let Some(record) = &leak.record {
        let _ = writeln!(out, "    leaked: {}", named(record));
    }
    if let Some(note) = &leak.note {
        let _ = writeln!(out, "    {note}");
    }
}

/// `payments.csv, row 7 (the record; paid_on 2020-03-30, known 2020-04-02)`.
fn named(record: &LeakedRecord) -> String {
    let place = match (&record.file, record.row) {
        (Some(file), Some(row)) => format!("{file}, row {row}"),
        _ => record.table.to_string(),
    };
    let day = |day: Option<crate::base::dates::Day>| day.map_or("not given".into(), |day| day.to_string());
    format!("{place} ({}; {} {}, known {})", record.what, record.dated, day(record.happened_on), day(record.known_on))
}
