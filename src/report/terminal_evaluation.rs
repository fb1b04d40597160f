//! What `evaluate` found, laid out for a terminal: the overall figures, the slices, and what a reader must know.

use super::evaluation::EvaluationSummary;
use super::terminal::{assumed, count, percent, table};
use crate::study::evaluate::{Measured, Slice};
use std::fmt::Write;

/// A figure with three decimals and its interval.
fn figure(m: &Measured) -> String {
    match (m.value, m.interval) {
        (Some(value), Some([low, high])) => format!("{value:.3} ({low:.3} to {high:.3})"),
        (Some(value), None) => format!("{value:.3}"),
        (None, _) => "-".into(),
    }
}

fn share(m: &Measured) -> String {
    match (m.value, m.interval) {
        (Some(value), Some([low, high])) => format!("{:.1} % ({:.1} to {:.1})", 100.0 * value, 100.0 * low, 100.0 * high),
        (value, _) => percent(value),
    }
}

/// What `evaluate` found.
pub fn evaluation(summary: &EvaluationSummary) -> String {
    let mut out = String::new();
    let [from, until] = summary.window;
    let _ = writeln!(
        out,
        "{}: {} cases of {} borrowers, {from} to {until}; {} repaid\n{}; {} observed cases of these dates are not mature yet",
        summary.project,
        count(summary.cases as u64),
        count(summary.borrowers),
        share(&summary.evaluated.overall.repaid_share),
        summary.sample,
        count(summary.immature as u64)
    );
    let _ = writeln!(out, "event: {}; intervals: 95 %, {} draws of borrowers, seed {}", summary.outcome, summary.draws, summary.seed);
    for note in &summary.notes {
        let _ = writeln!(out, "note: {note}");
    }
    let overall = &summary.evaluated.overall;
    let rows = overall.contenders.iter().map(|c| {
        let p = &c.performance;
        vec![
            c.name.clone(),
            figure(&p.auc),
            figure(&p.ks),
            figure(&p.log_loss),
            figure(&p.brier),
            figure(&p.calibration_slope),
            figure(&p.expected_calibration_error),
        ]
    });
    let _ = writeln!(out, "\n{}", table(&["all cases", "AUC", "KS", "log-loss", "Brier", "calibration slope", "calibration error"], rows));
    let worked = format!("first {:.0} % of cases", 100.0 * summary.capacity);
    let rows = overall.contenders.iter().map(|c| {
        let p = &c.performance;
        vec![c.name.clone(), share(&p.gain_at_capacity), figure(&p.lift_at_capacity), share(&p.money_at_capacity), figure(&p.gini)]
    });
    let _ = writeln!(out, "{}", table(&[&worked, "of the repaid", "lift", "of the money", "Gini"], rows));
    let rows = overall.differences.iter().filter(|d| ["auc", "log_loss", "money_at_capacity"].contains(&d.figure)).map(|d| {
        let shown = match d.difference.interval {
            Some([low, high]) => format!("{low:+.4} to {high:+.4}"),
            None => "-".into(),
        };
        vec![d.figure.to_string(), d.of.clone(), d.beside.clone(), format!("{:+.4}", d.difference.value.unwrap_or(0.0)), shown]
    });
    let _ = writeln!(out, "{}", table(&["figure", "of", "less", "difference", "paired 95 % interval"], rows));
    for by in ["bucket", "product", "month"] {
        let slices: Vec<&Slice> = summary.evaluated.slices.iter().filter(|s| s.by == by).collect();
        if slices.len() > 1 || by == "month" {
            let _ = writeln!(out, "{}", slice_table(by, &slices));
        }
    }
    for model in &summary.models {
        if let Some(p) = &model.permutation {
            let verdict = match p.passed {
                Some(true) => "as chance does",
                Some(false) => "NOT as chance does",
                None => "no model could be trained on shuffled outcomes, or there are no training cases",
            };
            let _ = writeln!(
                out,
                "{}: AUC within months {}; on outcomes shuffled within months {}; trained anew on such: {} ({} models): {verdict}",
                model.name,
                p.auc_within_month.map_or("-".into(), |a| format!("{a:.3}")),
                figure(&p.shuffled),
                figure(&p.retrained_auc),
                p.retrained
            );
        }
        if let Some(all) = model.money.last() {
            let _ = writeln!(
                out,
                "{}: money repaid of money expected, {}: {}",
                model.name,
                if all.month == "all" { "all months" } else { &all.month },
                share(&all.ratio)
            );
        }
    }
    for run in &summary.runs {
        let what = match (&run.money, &run.note) {
            (Some(money), _) => format!("{} matured cases, repaid of expected recovery {}", count(run.matured as u64), share(&money.ratio)),
            (None, note) => note.clone().unwrap_or_default(),
        };
        let _ = writeln!(out, "run of {} ({}): {what}", run.as_of, run.folder);
    }
    audit(&mut out, summary);
    assumed(&mut out, &summary.assumed);
    out
}

fn slice_table(by: &str, slices: &[&Slice]) -> String {
    let rows = slices.iter().map(|s| {
        let champion = s.contenders.first().map(|c| &c.performance);
        vec![
            s.value.clone(),
            count(s.n),
            share(&s.repaid_share),
            champion.map_or("-".into(), |p| figure(&p.auc)),
            champion.map_or("-".into(), |p| share(&p.calibration_gap)),
            s.note.clone().unwrap_or_default(),
        ]
    });
    table(&[by, "n", "repaid", "AUC", "predicted less repaid", ""], rows)
}

fn audit(out: &mut String, summary: &EvaluationSummary) {
    let audit = &summary.audit;
    if let Some(note) = &audit.note {
        let _ = writeln!(out, "audit: {note}");
        return;
    }
    for attribute in &audit.attributes {
        let groups: Vec<&Slice> = audit.groups.iter().filter(|s| s.by == *attribute).collect();
        let _ = writeln!(out, "{}", slice_table(&format!("audit: {attribute}"), &groups));
    }
    for held in audit.withheld.iter().filter(|w| w.groups > 0) {
        let _ = writeln!(
            out,
            "audit: {} groups of {} with {} cases are withheld: fewer than {} each",
            held.groups, held.attribute, held.cases, audit.min_group
        );
    }
    for found in &audit.gaps_found {
        let _ = writeln!(out, "audit: {found}");
    }
}
