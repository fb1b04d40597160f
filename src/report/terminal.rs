//! Summaries laid out for a terminal. Takes a summary; gives text. Deliberately absent: colours and widths that depend on the terminal,
//! so that what is read in a log is what was seen on a screen.

use super::summary::{CasesSummary, CheckSummary, CompareSummary, DemoSummary, ReplaySummary, ScoreSummary, VerifySummary, WhatIfSummary};
use super::terminal_model::with_interval;
use crate::decide::places::{CapacitySummary, LimitSummary};
use crate::study::compare::{Movement, PolicyResult};
use crate::study::simulate::WorldSummary;
use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};
use std::fmt::Write;

/// A table with a header; columns of numbers stand to the right.
pub fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_header(header.to_vec());
    let mut numeric = vec![true; header.len()];
    for row in rows {
        for (is_number, cell) in numeric.iter_mut().zip(&row) {
            *is_number &= cell.is_empty() || cell == "-" || cell.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+' || c == '<');
        }
        table.add_row(row);
    }
    for (k, _) in numeric.iter().enumerate().filter(|(_, n)| **n) {
        if let Some(column) = table.column_mut(k) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

/// A whole number with a comma between thousands.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (k, c) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A share as a percentage with one decimal; `-` where there is none.
pub fn percent(share: Option<f64>) -> String {
    share.map_or("-".into(), |s| format!("{:.1} %", s * 100.0))
}

/// What was assumed, a line each.
pub fn assumed(out: &mut String, sentences: &[String]) {
    for sentence in sentences {
        let _ = writeln!(out, "{sentence}");
    }
}

/// What `check` found.
pub fn check(summary: &CheckSummary, problems_file: Option<&str>) -> String {
    let mut out = String::new();
    let rows = summary.tables.iter().map(|t| {
        vec![
            t.table.to_string(),
            t.files.len().to_string(),
            count(t.rows_read as u64),
            count(t.rows_used as u64),
            count(t.rows_set_aside as u64),
            t.unused_columns.join(", "),
        ]
    });
    let _ = writeln!(out, "{}", table(&["table", "files", "rows read", "rows used", "set aside", "columns not used"], rows));
    if let (Some(from), Some(until)) = (summary.data_from, summary.data_until) {
        let inferred = if summary.data_until_inferred { " (the latest record; say it in [clock] data_until if the tables cover more)" } else { "" };
        let _ = writeln!(
            out,
            "{} accounts of {} borrowers, data from {from} to {until}{inferred}",
            count(summary.accounts as u64),
            count(summary.borrowers as u64)
        );
    }
    assumed(&mut out, &summary.assumed);
    let found: Vec<String> = [(summary.errors, "errors"), (summary.warnings, "warnings"), (summary.notes, "notes")]
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{} {}", count(*n), if *n == 1 { what.trim_end_matches('s') } else { what }))
        .collect();
    let verdict = match (summary.errors, summary.warnings) {
        (0, 0) => "the tables are sound".to_string(),
        (0, _) => format!("usable: {}; rows with a warning are set aside", found.join(", ")),
        _ => format!("not usable: {}", found.join(", ")),
    };
    let _ = writeln!(out, "{verdict}");
    if let Some(file) = problems_file {
        let _ = writeln!(out, "every problem: {file}");
    }
    out
}

/// What `cases` found.
pub fn cases(summary: &CasesSummary) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{} cases of {} borrowers, {} mature, {} of those repaid ({})",
        count(summary.cases as u64),
        count(summary.borrowers as u64),
        count(summary.mature_cases as u64),
        percent(summary.repaid_share),
        summary.outcome
    );
    let rows =
        summary.by_bucket.iter().map(|b| vec![b.bucket.to_string(), count(b.cases as u64), count(b.mature_cases as u64), percent(b.repaid_share)]);
    let _ = writeln!(out, "{}", table(&["bucket", "cases", "mature", "repaid"], rows));
    let known: Vec<String> =
        summary.outcomes.iter().filter(|o| o.n > 0).map(|o| format!("{} {} of {}", o.outcome, percent(o.share), count(o.n as u64))).collect();
    if !known.is_empty() {
        let _ = writeln!(out, "by every definition: {}", known.join("; "));
    }
    if let Some(ends) = &summary.episodes_by_end {
        let ends: Vec<String> = ends.iter().map(|(end, n)| format!("{end} {}", count(*n))).collect();
        let _ = writeln!(out, "episodes by how they ended: {}", ends.join("; "));
    }
    let _ = writeln!(out, "{} observations; not a mature case:", count(summary.observations));
    if summary.excluded.is_empty() {
        let _ = writeln!(out, "  none");
    }
    for (reason, n) in &summary.excluded {
        let _ = writeln!(out, "  {reason:<18} {}", count(*n));
    }
    assumed(&mut out, &summary.assumed);
    out
}

/// What a policy is expected to bring.
fn policy_result(out: &mut String, result: &PolicyResult, currency: &str) {
    let rows = result.strategies.iter().filter(|s| s.cases > 0).map(|s| vec![s.strategy.clone(), count(s.cases as u64), s.stake.clone()]);
    let _ = writeln!(out, "{}", table(&["strategy", "cases", &format!("at stake, {currency}")], rows));
    let _ = writeln!(
        out,
        "expected recovery {} {currency}, of which {} if all were left waiting; cost {}; expected gain {}; {} cases need a signature",
        result.expected_recovery,
        result.expected_recovery_waiting,
        result.cost,
        result.expected_gain,
        count(result.needs_signature as u64)
    );
}

/// The first cases of the ranked list.
fn top_cases(out: &mut String, summary: &ScoreSummary) {
    let rows = summary.top.iter().enumerate().map(|(k, c)| {
        vec![
            (k + 1).to_string(),
            c.account.clone(),
            c.bucket.to_string(),
            c.dpd.to_string(),
            c.stake.clone(),
            format!("{:.3}", c.probability_repaid),
            format!("{:.1}", c.points),
            c.strategy.clone(),
            c.expected_gain.clone(),
            c.reasons.first().cloned().unwrap_or_default(),
        ]
    });
    let header = ["rank", "account", "bucket", "dpd", "at stake", "probability", "points", "strategy", "gain", "first reason for a low score"];
    let _ = writeln!(out, "{}", table(&header, rows));
}

/// What `score` decided.
pub fn score(summary: &ScoreSummary) -> String {
    let mut out = String::new();
    let left: Vec<String> = summary.excluded.iter().map(|(reason, n)| format!("{} {}", count(*n), reason.replace('_', " "))).collect();
    let _ = writeln!(
        out,
        "{} cases on {} of {} accounts looked at ({}); {} rows of the tables set aside",
        count(summary.cases as u64),
        summary.as_of,
        count(summary.observations),
        if left.is_empty() { "none left out".to_string() } else { left.join(", ") },
        count(summary.rows_set_aside as u64)
    );
    if let Some(result) = &summary.result {
        policy_result(&mut out, result, &summary.currency);
    }
    if let Some(places) = &summary.capacity {
        capacity(&mut out, places, &summary.currency);
    }
    top_cases(&mut out, summary);
    assumed(&mut out, &summary.assumed);
    if summary.deadlines.open > 0 {
        let d = summary.deadlines;
        let _ = writeln!(out, "{} to be answered or seen to, {} of them late: {}/deadlines.csv", count(d.open), count(d.late), summary.folder);
    }
    let lists: Vec<String> = summary.work.iter().map(|list| format!("{} {}", list.name, count(list.rows as u64))).collect();
    if !lists.is_empty() {
        let _ = writeln!(out, "work lists of run {}, with their rows: {} ({}/work)", summary.run, lists.join(", "), summary.folder);
    }
    let _ = writeln!(
        out,
        "every case and treatment, with the rules that vetoed it: {0}/decisions.parquet; checked again by `recoup verify {0}`",
        summary.folder
    );
    let _ = writeln!(out, "ranked list: {0}/ranked.csv and {0}/ranked.parquet; record of the run: {0}/manifest.json", summary.folder);
    out
}

/// What was handed out: worth and bound, then each limit.
fn capacity(out: &mut String, places: &CapacitySummary, currency: &str) {
    let near = match places.proved_best {
        true => "no choice is worth more: a search has shown it".to_string(),
        false => format!("at most {} more is possible ({} of the bound)", places.gap, percent(Some(places.gap_share))),
    };
    let _ = writeln!(out, "\nwithin the limits all decisions gain {} {currency}, the bound is {}: {near}", places.worth, places.bound);
    let of = |l: &LimitSummary| match (l.of.as_str(), l.name.as_str()) {
        ("run", _) => "the run".to_string(),
        ("team", "") => "no team".to_string(),
        ("team", name) => format!("team {name}"),
        (_, name) => format!("at least: {name}"),
    };
    let rows = places
        .limits
        .iter()
        .map(|l| vec![l.resource.clone(), of(l), l.amount.to_string(), l.used.to_string(), l.left.to_string(), l.shadow_price.clone()]);
    let _ = writeln!(out, "{}", table(&["resource", "of", "there is", "used", "left", "one more is worth, about"], rows));
    if places.without_place > 0 {
        let led = match places.led_without_place {
            0 => String::new(),
            n => format!("; {} of them were led there by a hold, care, access or a route", count(n)),
        };
        let _ = writeln!(out, "{} cases get their next best, for want of a place{led}", count(places.without_place));
    }
    if places.control + places.exploration > 0 {
        let _ = writeln!(out, "by lot: {} kept for comparison, {} tried", count(places.control), count(places.exploration));
    }
}

/// A what-if: a scored run answered again with other capacities.
pub fn what_if(summary: &WhatIfSummary) -> String {
    let mut out = String::new();
    let asked: Vec<String> = summary.asked.iter().map(|(name, amount)| format!("{name} = {amount}")).collect();
    let _ = writeln!(out, "{} on {}, with {}", summary.run, summary.as_of, asked.join(", "));
    let _ = writeln!(
        out,
        "all decisions gain {} {} instead of {}: {}{}",
        summary.capacity.worth,
        summary.currency,
        summary.before,
        if summary.more.starts_with('-') { "" } else { "+" },
        summary.more
    );
    let _ = writeln!(out, "{} of {} cases would be treated otherwise", count(summary.moved), count(summary.cases));
    let rows = summary.strategies.iter().map(|s| vec![s.strategy.clone(), count(s.before), count(s.after)]);
    let _ = writeln!(out, "{}", table(&["strategy", "cases now", "cases then"], rows));
    capacity(&mut out, &summary.capacity, &summary.currency);
    if let Some(folder) = &summary.folder {
        let _ = writeln!(out, "who moves: {folder}/moves.csv and {folder}/moves.parquet; all limits: {folder}/capacity.json");
    }
    out
}

fn movement(out: &mut String, movement: &Movement, currency: &str) {
    let _ = writeln!(
        out,
        "\nfrom {} (rows) to {} (columns): {} cases move, net {} {currency}",
        movement.from,
        movement.to,
        count(movement.moved as u64),
        movement.net_difference
    );
    let mut columns: Vec<&str> = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    for cell in &movement.matrix {
        if !columns.contains(&cell.to.as_str()) {
            columns.push(&cell.to);
        }
        if !lines.contains(&cell.from.as_str()) {
            lines.push(&cell.from);
        }
    }
    let header: Vec<&str> = std::iter::once("").chain(columns.iter().copied()).collect();
    let rows = lines.iter().map(|from| {
        let cells = columns
            .iter()
            .map(|to| movement.matrix.iter().find(|c| c.from == **from && c.to == **to).map_or(String::new(), |c| count(c.cases as u64)));
        std::iter::once(from.to_string()).chain(cells).collect()
    });
    let _ = writeln!(out, "{}", table(&header, rows));
    let _ = writeln!(out, "cases that move most:");
    for m in movement.movers.iter().take(5) {
        let _ = writeln!(out, "  {} ({} at stake): {} -> {}, gain {}", m.case, m.stake, m.from, m.to, m.gain_difference);
        let _ = writeln!(out, "    {}: {}", movement.from, m.from_because);
        let _ = writeln!(out, "    {}: {}", movement.to, m.to_because);
    }
}

/// What `replay` found.
pub fn replay(summary: &ReplaySummary) -> String {
    let mut out = String::new();
    if summary.identical {
        let _ = writeln!(
            out,
            "{}, {}: the same to the byte: every input is what it was, all {} files came out alike",
            summary.run, summary.as_of, summary.files
        );
        return out;
    }
    let _ = writeln!(out, "{}, {}: not the same", summary.run, summary.as_of);
    let short = |text: &Option<String>| text.as_ref().map_or("-".to_string(), |t| t.chars().take(12).collect());
    let rows = summary.differences.iter().map(|d| vec![d.what.clone(), short(&d.recorded), short(&d.now)]);
    let _ = writeln!(out, "{}", table(&["what differs", "in the record", "now"], rows));
    out
}

/// What `verify` found.
pub fn verify(summary: &VerifySummary) -> String {
    let (mut out, c) = (String::new(), &summary.certificate);
    let verdict = if summary.holds { "zero violations".to_string() } else { format!("{} VIOLATIONS", count(c.violations)) };
    let _ = writeln!(
        out,
        "{}, {}: {verdict}; {} decisions ({} cases × {} treatments) against {} rules of {}, checked again by another way",
        summary.run,
        summary.as_of,
        count(c.decisions),
        count(c.cases),
        c.treatments,
        c.rules,
        summary.policy
    );
    let spoke = c.by_rule.iter().filter(|r| r.vetoes > 0 || r.disagree > 0);
    let rows = spoke.map(|r| vec![r.rule.clone(), count(r.vetoes), count(r.not_known), count(r.disagree)]);
    let _ = writeln!(out, "{}", table(&["rule", "vetoes", "of them not known", "not as the log says"], rows));
    let silent: Vec<&str> = c.by_rule.iter().filter(|r| r.vetoes == 0 && r.disagree == 0).map(|r| r.rule.as_str()).collect();
    if !silent.is_empty() {
        let _ = writeln!(out, "asked, and vetoed nothing: {}", silent.join(", "));
    }
    if let Some(places) = &c.capacity {
        let kept = if places.not_kept == 0 { "all kept".to_string() } else { format!("{} NOT KEPT", count(places.not_kept)) };
        let proved = if places.proved_best_by_the_run { "; the run says that a search has shown its choice to be the best" } else { "" };
        let _ = writeln!(
            out,
            "{} limits and minimums, {kept}; the decisions gain {} minor units, and by the prices nothing gains more than {}{proved}",
            places.limits, places.worth, places.bound
        );
    }
    for v in c.first.iter().take(10) {
        let _ = writeln!(out, "  {} {} {}: {}", v.case, v.treatment, v.rule, v.what);
    }
    let _ = writeln!(out, "certificate: {}/certificate.json", summary.run);
    assumed(&mut out, &summary.assumed);
    out
}

/// What `compare` found.
pub fn compare(summary: &CompareSummary) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} policies on {} cases of {}", summary.comparison.policies.len(), count(summary.comparison.cases as u64), summary.as_of);
    let rows = summary.comparison.policies.iter().map(|p| {
        vec![
            format!("{} {}", p.policy, p.version),
            p.expected_recovery.clone(),
            p.cost.clone(),
            p.net.clone(),
            p.expected_gain.clone(),
            count(p.needs_signature as u64),
        ]
    });
    let money = |what: &str| format!("{what}, {}", summary.currency);
    let header = ["policy".to_string(), money("expected recovery"), money("cost"), money("net"), money("gain over waiting"), "to sign".into()];
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let _ = writeln!(out, "{}", table(&header, rows));
    for m in &summary.comparison.movements {
        movement(&mut out, m, &summary.currency);
    }
    let _ = writeln!(out, "\nthe difference rests on these:");
    assumed(&mut out, &summary.declared);
    let mut sentences: Vec<(&str, Vec<&str>)> = Vec::new();
    for policy in &summary.comparison.policies {
        for sentence in &policy.assumed {
            match sentences.iter_mut().find(|(s, _)| s == sentence) {
                Some((_, policies)) => policies.push(&policy.policy),
                None => sentences.push((sentence, vec![&policy.policy])),
            }
        }
    }
    for (sentence, policies) in sentences {
        let everywhere = policies.len() == summary.comparison.policies.len();
        let _ = writeln!(out, "  {sentence}{}", if everywhere { String::new() } else { format!(" ({} only)", policies.join(", ")) });
    }
    out
}

/// What `simulate` wrote.
pub fn simulate(summary: &WorldSummary) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{} accounts of {} borrowers, {} to {}; {} in arrears at a month end, written-off ones not counted; seed {}",
        count(summary.world.accounts),
        count(summary.borrowers),
        summary.data_from,
        summary.data_until,
        percent(Some(summary.in_arrears_share)),
        summary.world.seed
    );
    let rows = summary.rows.iter().map(|(name, n)| vec![name.to_string(), count(*n as u64)]);
    let _ = writeln!(out, "{}", table(&["table", "rows"], rows));
    let _ = writeln!(out, "project file: {}/recoup.toml", summary.folder);
    out
}

/// What `demo` found: the book, the model beside its baseline, the top cases, the movement, where the files are.
pub fn demo(summary: &DemoSummary) -> String {
    let mut out = String::new();
    let (book, model, list) = (&summary.check, &summary.train, &summary.score);
    let rows: usize = book.tables.iter().map(|t| t.rows_read).sum();
    let _ = writeln!(
        out,
        "1. The sample book: {} accounts of {} borrowers, {} rows read, {} set aside. Nobody in it is real.",
        count(book.accounts as u64),
        count(book.borrowers as u64),
        count(rows as u64),
        count(book.warnings + book.errors)
    );
    let _ = writeln!(out, "\n2. A model of the chance that a case is repaid ({}), trained on {} cases:", model.outcome, count(model.train_cases));
    for sample in model.evaluation.iter().filter(|s| s.sample != "train") {
        if let Some(all) = sample.slices.first() {
            let who = if sample.sample == "out_of_time" { "later cases" } else { "later cases of borrowers never seen" };
            let _ = writeln!(
                out,
                "   {} {who}: AUC {}, days past due alone {}",
                count(all.n),
                with_interval(Some(&all.model)),
                with_interval(all.dpd_only.as_ref())
            );
        }
    }
    let _ = writeln!(
        out,
        "\n3. {} cases on {}, ranked by what the recommended strategy is expected to gain under the policy in force:",
        count(list.cases as u64),
        list.as_of
    );
    top_cases(&mut out, list);
    if let Some(result) = &list.result {
        policy_result(&mut out, result, &list.currency);
    }
    let certificate = &summary.verify.certificate;
    let _ = writeln!(
        out,
        "   checked again by another way: {} of {} decisions against {} rules violate one",
        count(certificate.violations),
        count(certificate.decisions),
        certificate.rules
    );
    let _ = writeln!(out, "\n4. The policy in force beside a challenger:");
    for m in &summary.compare.comparison.movements {
        movement(&mut out, m, &summary.compare.currency);
    }
    let _ = writeln!(
        out,
        "\nThe gains rest on effects that the author of the sample policies assumed; nobody measured them. `recoup compare` lists each."
    );
    let folder = &summary.folder;
    let _ = writeln!(out, "\nPages, for any browser: {folder}/model.html (is the model any good?), {folder}/run/report.html (the report of the day)");
    let _ = writeln!(out, "Files: {folder}/book (tables and recoup.toml), {folder}/policies, {folder}/model.json, {folder}/run/ranked.csv");
    out
}
