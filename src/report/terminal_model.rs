//! Models laid out for a terminal: what training found, a model as a person wants to read it, what changed between two.

use super::summary::{FitTableSummary, ModelDiffSummary, ScoreTableSummary, TrainSummary};
use super::terminal::{assumed, count, percent, table};
use crate::base::units::MicroLogOdds;
use crate::model::bin::{Cut, Dropped, table as bin_table};
use crate::model::evaluate::{Figures, SampleEvaluation};
use crate::model::file::{Estimate, Model, Term};
use crate::model::share::ShareEvaluation;
use std::fmt::Write;

/// A figure with three decimals; `-` where there is none.
fn figure(x: Option<f64>) -> String {
    x.map_or("-".into(), |x| format!("{x:.3}"))
}

/// An AUC with its interval.
pub fn with_interval(figures: Option<&Figures>) -> String {
    match figures.map_or((None, None), |f| (f.auc, f.auc_interval)) {
        (Some(auc), Some([low, high])) => format!("{auc:.3} ({low:.3} to {high:.3})"),
        (auc, _) => figure(auc),
    }
}

fn sample_name(sample: &str) -> &str {
    match sample {
        "train" => "training cases",
        "out_of_time" => "out of time",
        "out_of_time_new_borrowers" => "out of time, borrowers not in training",
        other => other,
    }
}

/// A sample's figures, overall and per bucket, beside days past due alone.
fn evaluation(sample: &SampleEvaluation) -> String {
    let by_dpd = sample.slices.iter().any(|s| s.dpd_only.is_some());
    let rows = sample.slices.iter().map(|s| {
        let dpd = s.dpd_only.as_ref();
        let mut row = vec![s.cases.clone(), count(s.n), percent(s.repaid_share), with_interval(Some(&s.model))];
        if by_dpd {
            row.push(with_interval(dpd));
        }
        row.extend([figure(s.model.ks), figure(s.model.log_loss)]);
        if by_dpd {
            row.push(figure(dpd.and_then(|d| d.log_loss)));
        }
        row.push(figure(s.model.brier));
        row
    });
    let header: Vec<&str> = ["cases", "n", "repaid", "AUC (95 % interval)", "AUC of dpd alone", "KS", "log-loss", "log-loss of dpd alone", "Brier"]
        .into_iter()
        .filter(|h| by_dpd || !h.contains("dpd"))
        .collect();
    let mut out = format!("{}\n{}\n", sample_name(&sample.sample), table(&header, rows));
    if let Some(c) = &sample.calibration {
        let [low, high] = c.interval;
        let _ = writeln!(out, "calibration slope {:.3} ({low:.3} to {high:.3}), intercept {:.3}", c.slope, c.intercept);
    }
    out
}

fn deciles(sample: &SampleEvaluation) -> String {
    let rows =
        sample.deciles.iter().enumerate().map(|(k, d)| vec![(k + 1).to_string(), count(d.n), percent(Some(d.predicted)), percent(Some(d.observed))]);
    format!(
        "calibration, tenths of the predicted probability, {}\n{}\n",
        sample_name(&sample.sample),
        table(&["tenth", "n", "predicted", "repaid"], rows)
    )
}

fn share(evaluation: &[ShareEvaluation]) -> String {
    let rows = evaluation.iter().map(|s| {
        vec![
            sample_name(&s.sample).to_string(),
            count(s.n),
            percent(Some(s.expected)),
            percent(Some(s.observed)),
            figure(Some(s.mean_absolute_error)),
            figure(Some(s.probability_error)),
            percent(s.money_expected),
            percent(s.money_by_probability),
        ]
    });
    let header = [
        "share of arrears repaid",
        "n",
        "expected",
        "repaid",
        "mean error",
        "if the probability stood in",
        "money expected of that repaid",
        "if the probability stood in",
    ];
    format!("{}\n", table(&header, rows))
}

/// The rest of what training tells, after its cases and before its file.
fn trained(out: &mut String, summary: &TrainSummary) {
    for sample in &summary.evaluation {
        let _ = writeln!(out, "\n{}", evaluation(sample).trim_end());
    }
    if let Some(sample) = summary.evaluation.get(1).or(summary.evaluation.first()) {
        let _ = writeln!(out, "\n{}", deciles(sample).trim_end());
    }
    if !summary.share.is_empty() {
        let _ = writeln!(out, "\n{}", share(&summary.share).trim_end());
    }
    let rows = summary.features.iter().map(|f| {
        let e = &f.coefficient;
        vec![
            f.name.clone(),
            f.bins.to_string(),
            format!("{:.3}", f.information_value),
            format!("{:.3}", e.value),
            format!("{:.3}", e.clustered_error.unwrap_or(e.standard_error)),
            p_value(e),
        ]
    });
    let _ = writeln!(out, "\n{}", table(&["feature", "bins", "information value", "coefficient", "error", "p"], rows));
    not_used(out, &summary.dropped);
    if let Some(cost) = &summary.rounding {
        let [before, after] = cost.auc.map(|x| x.map_or("-".into(), |x| format!("{x:.4}")));
        let [loss, lossy] = cost.log_loss.map(|x| x.map_or("-".into(), |x| format!("{x:.5}")));
        let _ = writeln!(out, "whole points cost ({}): AUC {before} to {after}, log-loss {loss} to {lossy}", sample_name(&cost.sample));
    }
    for note in &summary.notes {
        let _ = writeln!(out, "note: {note}");
    }
    assumed(out, &summary.assumed);
    let _ = writeln!(out, "fit: {}", summary.fit);
    let _ = writeln!(out, "model: {}", summary.model);
}

fn p_value(e: &Estimate) -> String {
    if e.p < 1e-4 { "<0.0001".into() } else { format!("{:.4}", e.p) }
}

/// What `train` made.
pub fn train(summary: &TrainSummary) -> String {
    let mut out = cases_line(summary);
    match &summary.test_window {
        Some([from, until]) => {
            let _ = writeln!(out, "tested on {} later cases of {from} to {until}", count(summary.test_cases));
        }
        None => {
            let _ = writeln!(out, "not tested: the project has no later mature cases; figures below are of the training cases and flatter");
        }
    }
    trained(&mut out, summary);
    out
}

fn cases_line(summary: &TrainSummary) -> String {
    let when = summary.train_window.as_ref().map_or(String::new(), |[from, until]| format!(" of {from} to {until}"));
    format!("trained on {} cases{when}, {} repaid ({})\n", count(summary.train_cases), percent(Some(summary.train_repaid_share)), summary.outcome)
}

/// What `fit-table` made.
pub fn fit_table(summary: &FitTableSummary) -> String {
    let mut out = cases_line(&summary.train);
    match summary.train.test_cases {
        0 => {
            let _ = writeln!(out, "not tested: figures below are of the training rows and flatter; hold later rows out with --time and --test-from");
        }
        n => {
            let _ = writeln!(out, "tested on {} later rows", count(n));
        }
    }
    for column in &summary.not_features {
        let _ = writeln!(out, "no feature: {column}");
    }
    trained(&mut out, &summary.train);
    out
}

/// What `score-table` ranked.
pub fn score_table(summary: &ScoreTableSummary) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} rows scored and ranked, the best chance first", count(summary.rows));
    let rows = summary
        .tenths
        .iter()
        .map(|t| vec![t.tenth.to_string(), count(t.n), format!("{:.1}", t.points[0]), format!("{:.1}", t.points[1]), percent(Some(t.probability))]);
    let _ = writeln!(out, "{}", table(&["tenth", "rows", "points from", "to", "mean probability"], rows));
    for note in &summary.notes {
        let _ = writeln!(out, "note: {note}");
    }
    let _ = writeln!(out, "ranked list: {}", summary.out);
    out
}

/// A term of the model: its bins as a table, then its coefficient and what is known of its stability.
fn term(term: &Term, share: Option<&[i64]>) -> String {
    let mut out = String::new();
    let b = &term.bins;
    let trend = format!("{:?}", b.trend).to_lowercase();
    let by_hand = if b.by_hand { ", fixed by hand" } else { "" };
    let _ = writeln!(out, "{} ({}): {trend}{by_hand}, information value {:.3}", b.name, b.meaning, b.information_value);
    let rows = bin_table(b).into_iter().enumerate().map(|(k, row)| {
        let known = row.n > 0;
        let mut cells = vec![
            row.label,
            count(row.n),
            percent(Some(row.share)),
            format!("{:.0}", b.bins[k].repaid),
            percent(row.repaid_share),
            if known { format!("{:+.3} ({:+.3} to {:+.3})", row.woe, row.woe_interval[0], row.woe_interval[1]) } else { "-".into() },
            format!("{:.4}", row.information_value),
            format!("{:+.1}", term.points[k]),
            format!("{:+.6}", MicroLogOdds(term.contributions[k]).log_odds()),
        ];
        cells.extend(share.map(|s| format!("{:+.6}", MicroLogOdds(s[k]).log_odds())));
        cells
    });
    let mut header = vec!["bin", "n", "share", "repaid", "rate", "WOE (95 % interval)", "IV", "points", "log-odds"];
    header.extend(share.map(|_| "log-odds of the share"));
    let _ = writeln!(out, "{}", table(&header, rows));
    let e = &term.coefficient;
    let clustered = e.clustered_error.map_or(String::new(), |c| format!(", by borrower {c:.4}"));
    let [low, high] = e.interval;
    let _ = writeln!(
        out,
        "coefficient {:.4} ({low:.4} to {high:.4}), error {:.4}{clustered}, p {}; variance inflation {:.2}",
        e.value,
        e.standard_error,
        p_value(e),
        term.vif
    );
    let csi = term.csi.map_or(String::new(), |csi| format!("stability index, first to last month: {csi:.3}; "));
    if term.order_kept.months > 0 {
        let _ = writeln!(out, "{csi}order of the bins kept in {} of {} months", term.order_kept.kept, term.order_kept.months);
    }
    let special: String = b.at_scoring.special.iter().map(|s| format!("; {s}")).collect();
    let other = b.at_scoring.other.as_ref().map_or(String::new(), |o| format!("; unseen: {o}"));
    let _ = writeln!(out, "at scoring, missing: {}{other}{special}", b.at_scoring.missing);
    out
}

/// A model as a person wants to read it.
pub fn model(model: &Model) -> String {
    let mut out = String::new();
    let p = model.provenance();
    let window = |w: &Option<[String; 2]>| w.as_ref().map_or(String::new(), |[from, until]| format!(", {from} to {until}"));
    let _ = writeln!(out, "model of the chance that a case is repaid: {}", p.outcome_meaning);
    let _ = writeln!(out, "trained by recoup {} for `{}`, scores with `{}`", model.engine_version(), p.project, p.trained_on.command());
    let _ = writeln!(out, "digest {}", model.digest());
    let borrowers = p.train_borrowers.map_or(String::new(), |n| format!(" of {} borrowers", count(n)));
    let _ = writeln!(out, "\npopulation: {}; observed {}", p.population, p.observed);
    let repaid = percent(Some(p.train_repaid_share));
    let _ = writeln!(out, "training: {} cases{borrowers}{}, {repaid} repaid", count(p.train_cases), window(&p.train_window));
    if p.test_cases > 0 {
        let _ = writeln!(out, "testing: {} later cases{}", count(p.test_cases), window(&p.test_window));
    }
    if let Some(weight) = &p.weight {
        let _ = writeln!(out, "weights: column {weight}");
    }
    if !p.excluded.is_empty() {
        let left: Vec<String> = p.excluded.iter().map(|(reason, n)| format!("{} {}", reason.replace('_', " "), count(*n))).collect();
        let _ = writeln!(out, "not a case: {}", left.join(", "));
    }
    if !p.protected.is_empty() {
        let _ = writeln!(out, "protected, never a feature: {}", p.protected.join(", "));
    }
    for input in &p.inputs {
        let _ = writeln!(out, "input: {} {} ({} rows, blake3 {})", input.table, input.path, count(input.rows), input.fingerprint);
    }
    assumed(&mut out, &p.assumed);
    for note in model.notes() {
        let _ = writeln!(out, "note: {note}");
    }
    for sample in model.evaluation() {
        let _ = writeln!(out, "\n{}", evaluation(sample).trim_end());
    }
    if let Some(sample) = model.evaluation().get(1).or(model.evaluation().first()) {
        let _ = writeln!(out, "\n{}", deciles(sample).trim_end());
    }
    let scale = model.points();
    let _ = writeln!(
        out,
        "\npoints: {} at odds of {} to 1, {} double the odds; every case starts at {:.1}",
        scale.base_points, scale.base_odds, scale.pdo, scale.start
    );
    let c = model.calibration();
    let _ = writeln!(
        out,
        "calibration: {} on {}, slope {:.4}, intercept {:.4}",
        format!("{:?}", c.method).to_lowercase(),
        c.fitted_on,
        c.slope,
        c.intercept
    );
    let e = model.intercept();
    let _ = writeln!(out, "intercept {:.4} ({:.4} to {:.4}), before calibration", e.value, e.interval[0], e.interval[1]);
    let _ = writeln!(out, "fit: {}; log-likelihood {:.3}", model.fit().sentence(), model.fit().log_likelihood);
    // The cells of a two-way table are in the file, on the model page and in the flat scorecard; here they would fill screens.
    for (t, of) in model.terms().iter().enumerate().filter(|(_, t)| !matches!(t.bins.cut, Cut::Pair { .. })) {
        let _ = writeln!(out, "\n{}", term(of, model.share().map(|s| s.contributions[t].as_slice())).trim_end());
    }
    if !model.bucket_groups().is_empty() {
        let rows =
            model.bucket_groups().iter().zip(&c.group_cases).map(|(g, n)| {
                vec![g.name.clone(), count(*n), format!("{:+.1}", g.points), format!("{:+.6}", MicroLogOdds(g.contribution).log_odds())]
            });
        let _ = writeln!(out, "\n{}", table(&["bucket group", "n", "points", "log-odds"], rows));
    }
    if let Some(s) = model.share() {
        let cases = count(s.cases);
        let _ = writeln!(out, "\nshare of arrears repaid, a model of its own on the same bins: {cases} cases, mean {}", percent(Some(s.mean_share)));
        let rows = model.terms().iter().zip(&s.coefficients).map(|(t, e)| {
            vec![t.bins.name.clone(), format!("{:.4}", e.value), format!("{:.4}", e.clustered_error.unwrap_or(e.standard_error)), p_value(e)]
        });
        let _ = writeln!(out, "{}", table(&["feature", "coefficient", "error", "p"], rows));
        let _ = writeln!(out, "{}", share(&s.evaluation).trim_end());
    }
    for scale in model.sub_scores() {
        let _ = writeln!(out, "{}: {} (unknown with fewer than {} of them)", scale.name.name(), scale.features.join(", "), scale.min_known);
    }
    let _ = writeln!(out);
    for found in model.interactions() {
        let _ = writeln!(
            out,
            "two-way table {} × {}: raises the held-out log-likelihood by {:.5} (error {:.5}) a case, best of {} pairs",
            found.features[0], found.features[1], found.held_out_gain, found.standard_error, found.pairs_tried
        );
    }
    for round in model.selection().iter().filter(|r| !r.dropped.is_empty()) {
        let _ = writeln!(
            out,
            "elimination: {} features, log-likelihood {:.3}, then without {}",
            round.features,
            round.log_likelihood,
            round.dropped.join(", ")
        );
    }
    not_used(&mut out, model.dropped());
    out
}

/// Features that are not used, a line a reason; reasons that differ in a figure alone share theirs.
fn not_used(out: &mut String, dropped: &[Dropped]) {
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for d in dropped {
        let (reason, shown) = match d.reason.strip_prefix(WEAK).and_then(|rest| rest.split_once(", ")) {
            Some((value, bound)) if bound.starts_with("below") => (format!("{WEAK}{bound}"), format!("{} {value}", d.feature)),
            _ => (d.reason.clone(), d.feature.clone()),
        };
        match lines.iter_mut().find(|(r, _)| *r == reason) {
            Some((_, features)) => features.push(shown),
            None => lines.push((reason, vec![shown])),
        }
    }
    for (reason, features) in lines {
        let _ = writeln!(out, "not used ({reason}): {}", features.join(", "));
    }
}

/// How the reason of a feature that says too little begins.
const WEAK: &str = "its information value is ";

/// What changed between two models.
pub fn diff(summary: &ModelDiffSummary) -> String {
    let mut out = format!("{} beside {}\n", summary.before, summary.after);
    if summary.differences.is_empty() {
        let _ = writeln!(out, "the two models are the same");
        return out;
    }
    let mut part = "";
    for d in &summary.differences {
        if d.part != part {
            part = d.part;
            let _ = writeln!(out, "\n{part}");
        }
        let shown = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".into());
        let _ = writeln!(out, "  {}: {} → {}", d.what, shown(&d.before), shown(&d.after));
    }
    out
}
