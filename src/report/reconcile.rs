//! What `reconcile` found, and its layout on a terminal.

use super::terminal::{count, percent, table};
use crate::base::dates::Day;
use crate::data::handover::HandoverFile;
use crate::study::reconcile::{AgainstVeto, Figures, Rate};
use serde::Serialize;
use std::fmt::Write;

/// Things done against a veto that a summary shows; all stand among the problems and in `differences.csv`.
pub const SHOWN: usize = 20;

/// A run beside what was done of it.
#[derive(Debug, Serialize)]
pub struct ReconcileSummary {
    /// The run's identifier.
    pub run: String,
    /// Its folder.
    pub run_folder: String,
    /// Its day.
    pub as_of: Day,
    /// The day on which its work begins.
    pub outreach_day: Day,
    /// Its policy.
    pub policy: String,
    /// The hand-over files.
    pub files: Vec<HandoverFile>,
    /// Lines that were used.
    pub lines: usize,
    /// Lines set aside, by reading or by checking.
    pub lines_set_aside: usize,
    /// Cases of the run.
    pub cases: usize,
    /// Figures of each team and strategy.
    pub by_team: Vec<Figures>,
    /// Things done that a rule vetoes.
    pub against_veto: usize,
    /// The first of them.
    pub against: Vec<AgainstVeto>,
    /// Where the files are; none where none were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

/// `3 of 10, 30.0 % (10.8 % to 60.3 %)`.
fn rate(rate: &Rate) -> String {
    match rate.share {
        Some(_) => format!("{} of {}, {} ({} to {})", rate.count, rate.n, percent(rate.share), percent(rate.low), percent(rate.high)),
        None => "-".into(),
    }
}

/// What `reconcile` found.
pub fn reconcile(summary: &ReconcileSummary) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "run {} of {}, {}: {} lines of {} hand-over files about {} cases; {} lines set aside",
        summary.run,
        summary.as_of,
        summary.policy,
        count(summary.lines as u64),
        summary.files.len(),
        count(summary.cases as u64),
        count(summary.lines_set_aside as u64)
    );
    let rows = summary.by_team.iter().map(|f| {
        vec![
            if f.team.is_empty() { "-".into() } else { f.team.clone() },
            f.strategy.clone(),
            count(f.recommended),
            count(f.as_recommended),
            count(f.otherwise),
            count(f.not_done),
            count(f.without_recommendation),
            count(f.against_veto),
            rate(&f.reached),
            rate(&f.promised),
        ]
    });
    let header =
        ["team", "recommended", "cases", "done so", "otherwise", "not done", "unasked", "against a veto", "reached (95 %)", "promised (95 %)"];
    let _ = writeln!(out, "{}", table(&header, rows));
    if summary.against_veto > 0 {
        let _ = writeln!(out, "{} DONE AGAINST A VETO:", count(summary.against_veto as u64));
        for a in &summary.against {
            let _ = writeln!(out, "  {} {} on {} ({}, row {}): {}", a.account, a.done, a.done_on, a.file, a.row, a.rules);
        }
        if summary.against_veto > summary.against.len() {
            let _ = writeln!(out, "  and {} more", count((summary.against_veto - summary.against.len()) as u64));
        }
    }
    if let Some(folder) = &summary.folder {
        let _ = writeln!(
            out,
            "contacts of the day as the contact log has them: {folder}/contacts.csv and contacts.parquet; promises and offers: {folder}/events.csv\n\
             every case with how it differs: {folder}/differences.csv"
        );
    }
    out
}
