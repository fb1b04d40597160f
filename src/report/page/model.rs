//! The model page: what a validator needs to sign, or not to sign.

use super::chart::{COLOURS, Chart, heat_map, round_ticks, share_ticks};
use super::{Lang, fill};
use crate::base::problem::{Problem, Result};
use crate::model::bin::Cut;
use crate::model::file::{Model, Term};
use crate::report::evaluation::EvaluationSummary;
use crate::study::evaluate::Curves;
use minijinja::{Value, context};
use serde::Serialize;

/// A feature's chart and where its figures stand.
#[derive(Serialize)]
struct TermView {
    /// Place among the model's terms.
    place: usize,
    name: String,
    meaning: String,
    svg: String,
    /// Of a two-way table: the labels of its rows and of its columns.
    axes: Option<[Vec<String>; 2]>,
    bins: usize,
}

/// The model page of the champion of an evaluation.
///
/// # Errors
/// `page.template`: a template that does not fit its figures, which is our own fault.
pub fn model_page(summary: &EvaluationSummary, model: &Model, lang: Lang) -> Result<String> {
    let json = |e: serde_json::Error| Problem::error("file.json", e.to_string()).fail();
    let mut model_json = serde_json::to_value(model).map_err(json)?;
    let figures = serde_json::json!({ "evaluation": serde_json::to_value(summary).map_err(json)?, "model": model_json.take() });
    let word = |english: &'static str, chinese: &'static str| if lang == Lang::Chinese { chinese } else { english };
    let charts = context! {
        roc => roc(summary, lang),
        gains => gains(summary, lang),
        calibration => summary.curves.iter().filter(|c| !c.calibration.is_empty() && is_model(summary, &c.name)).map(|c| (c.name.clone(), calibration(c, lang))).collect::<Vec<_>>(),
        distribution => summary.curves.first().map(|c| distribution(c, lang)),
        months => months(summary, lang),
        psi => psi(summary, lang),
        legend => summary.curves.iter().enumerate().map(|(k, c)| (c.name.clone(), COLOURS[k % COLOURS.len()])).collect::<Vec<_>>(),
    };
    let terms: Vec<TermView> = model
        .terms()
        .iter()
        .enumerate()
        .map(|(place, term)| TermView {
            place,
            name: term.bins.name.clone(),
            meaning: term.bins.meaning.clone(),
            svg: term_chart(term, word("cases (grey), weight of evidence with 95 % interval", "案件数（灰），证据权重及 95 % 区间")),
            axes: axes(term),
            bins: term.bins.bins.len(),
        })
        .collect();
    let dropped = dropped(model);
    let context = context! {
        e => Value::from_serialize(&figures["evaluation"]),
        m => Value::from_serialize(&figures["model"]),
        charts,
        terms => Value::from_serialize(&terms),
        dropped,
        champion => summary.models.first().map(|m| m.name.clone()),
    };
    fill(include_str!("model.html"), lang, figures, context)
}

fn is_model(summary: &EvaluationSummary, name: &str) -> bool {
    summary.models.iter().any(|m| m.name == name)
}

fn roc(summary: &EvaluationSummary, lang: Lang) -> String {
    let mut chart = Chart::new([0.0, 1.0], [0.0, 1.0]);
    chart.guide([0.0, 0.0], [1.0, 1.0]);
    for (place, curves) in summary.curves.iter().enumerate().rev() {
        chart.line(&curves.roc, place);
    }
    if let Some([x, y]) = summary.curves.first().and_then(|c| c.ks_at) {
        chart.guide([x, x], [x, y]);
        chart.label(x, (x + y) / 2.0, "KS");
    }
    let names = if lang == Lang::Chinese { ["未还案件占比", "已还案件占比"] } else { ["share of not repaid", "share of repaid"] };
    chart.finish("ROC", names, &share_ticks(1.0), &share_ticks(1.0))
}

fn gains(summary: &EvaluationSummary, lang: Lang) -> String {
    let mut chart = Chart::new([0.0, 1.0], [0.0, 1.0]);
    chart.guide([0.0, 0.0], [1.0, 1.0]);
    chart.guide([summary.capacity, 0.0], [summary.capacity, 1.0]);
    for (place, curves) in summary.curves.iter().enumerate().rev() {
        chart.line(&curves.gains, place);
    }
    let names = if lang == Lang::Chinese {
        ["处理的案件占比（分数从高到低）", "其中已还案件占比"]
    } else {
        ["share of cases worked, best first", "share of the repaid among them"]
    };
    chart.finish("gains", names, &share_ticks(1.0), &share_ticks(1.0))
}

fn calibration(curves: &Curves, lang: Lang) -> String {
    let ends =
        curves.calibration.iter().flat_map(|b| [b.predicted, b.repaid_share.value.unwrap_or(0.0), b.repaid_share.interval.map_or(0.0, |i| i[1])]);
    let top = ends.fold(0.05f64, f64::max).min(1.0);
    let mut chart = Chart::new([0.0, top], [0.0, top]);
    chart.guide([0.0, 0.0], [top, top]);
    for bin in &curves.calibration {
        if let Some(value) = bin.repaid_share.value {
            chart.point(bin.predicted, value, bin.repaid_share.interval, 0);
        }
    }
    let names = if lang == Lang::Chinese { ["预测概率", "实际已还比例"] } else { ["predicted", "repaid"] };
    chart.finish("calibration", names, &share_ticks(top), &share_ticks(top))
}

fn distribution(curves: &Curves, lang: Lang) -> String {
    let total = |of: &dyn Fn(&crate::study::evaluate::Bar) -> u64| curves.distribution.iter().map(of).sum::<u64>().max(1) as f64;
    let (repaid, not) = (total(&|b| b.repaid), total(&|b| b.not_repaid));
    let shares: Vec<[f64; 2]> = curves.distribution.iter().map(|b| [b.repaid as f64 / repaid, b.not_repaid as f64 / not]).collect();
    let top = shares.iter().flatten().fold(0.01f64, |m, x| m.max(*x));
    let n = shares.len();
    let mut chart = Chart::new([0.0, n as f64], [-top, top]);
    for (k, [yes, no]) in shares.iter().enumerate() {
        chart.bar([k as f64, k as f64 + 1.0], [0.0, *yes], COLOURS[0]);
        chart.bar([k as f64, k as f64 + 1.0], [-no, 0.0], COLOURS[1]);
    }
    let ticks: Vec<(f64, String)> =
        curves.distribution.iter().enumerate().step_by(6).map(|(k, b)| (k as f64, format!("{:.0} %", 100.0 * b.from))).collect();
    let names = if lang == Lang::Chinese {
        ["还款概率", "已还（上）/ 未还（下）"]
    } else {
        ["probability of repaid", "repaid above, not repaid below"]
    };
    let heights = [-top, 0.0, top].map(|y| (y, format!("{:.0} %", 100.0 * y.abs())));
    chart.finish("score distribution", names, &ticks, &heights)
}

fn month_ticks(months: &[&str]) -> Vec<(f64, String)> {
    let step = months.len().div_ceil(5).max(1);
    months.iter().enumerate().step_by(step).map(|(k, m)| (k as f64, m.to_string())).collect()
}

fn months(summary: &EvaluationSummary, lang: Lang) -> Option<String> {
    let slices: Vec<_> = summary.evaluated.slices.iter().filter(|s| s.by == "month").collect();
    let auc = |s: &&crate::study::evaluate::Slice| s.contenders.first().map(|c| c.performance.auc).filter(|a| a.value.is_some());
    let known: Vec<f64> = slices.iter().filter_map(auc).flat_map(|a| a.value.into_iter().chain(a.interval.into_iter().flatten())).collect();
    let low = known.iter().fold(0.5f64, |m, x| m.min(*x));
    if known.is_empty() {
        return None;
    }
    let mut chart = Chart::new([-0.5, slices.len() as f64 - 0.5], [low, 1.0]);
    chart.guide([-0.5, 0.5], [slices.len() as f64, 0.5]);
    for (k, slice) in slices.iter().enumerate() {
        if let Some((value, of)) = auc(slice).and_then(|a| a.value.map(|v| (v, a))) {
            chart.point(k as f64, value, of.interval, 0);
        }
    }
    let labels: Vec<&str> = slices.iter().map(|s| s.value.as_str()).collect();
    let names = if lang == Lang::Chinese { ["月份", "AUC"] } else { ["month", "AUC"] };
    Some(chart.finish("AUC by month", names, &month_ticks(&labels), &round_ticks([low, 1.0])))
}

fn psi(summary: &EvaluationSummary, lang: Lang) -> Option<String> {
    let model = summary.models.first()?;
    let points: Vec<[f64; 2]> = model.score_stability.iter().enumerate().filter_map(|(k, m)| Some([k as f64, m.psi?])).collect();
    if points.is_empty() {
        return None;
    }
    let top = points.iter().fold(0.3f64, |m, p| m.max(p[1]));
    let mut chart = Chart::new([-0.5, model.score_stability.len() as f64 - 0.5], [0.0, top]);
    for level in [0.1, 0.25] {
        chart.guide([-0.5, level], [model.score_stability.len() as f64, level]);
    }
    chart.line(&points, 0);
    points.iter().for_each(|[x, y]| chart.point(*x, *y, None, 0));
    let labels: Vec<&str> = model.score_stability.iter().map(|m| m.month.as_str()).collect();
    let names = if lang == Lang::Chinese { ["月份", "稳定性指数 PSI"] } else { ["month", "stability index of the score"] };
    Some(chart.finish("PSI by month", names, &month_ticks(&labels), &round_ticks([0.0, top])))
}

fn term_chart(term: &Term, title: &str) -> String {
    let bins = &term.bins.bins;
    if let Cut::Pair { cuts, .. } = &term.bins.cut {
        let values: Vec<f64> = term.contributions.iter().map(|c| *c as f64).collect();
        return heat_map(cuts[0].bins(), cuts[1].bins(), &values, &term.bins.name);
    }
    let used = || bins.iter().filter(|b| b.n > 0);
    let ends = || used().flat_map(|b| b.woe_interval).filter(|x| x.is_finite());
    let (low, high) = ends().fold((-0.1f64, 0.1f64), |(l, h), x| (l.min(x), h.max(x)));
    let (low, high) = (low.max(-4.0), high.min(4.0));
    let most = used().map(|b| b.n).max().unwrap_or(1) as f64;
    let mut chart = Chart::new([0.5, bins.len() as f64 + 0.5], [low, high]);
    for (k, bin) in bins.iter().enumerate() {
        let x = (k + 1) as f64;
        chart.bar([x - 0.4, x + 0.4], [low, low + (high - low) * 0.6 * bin.n as f64 / most], "#d9d9d9");
    }
    chart.guide([0.5, 0.0], [bins.len() as f64 + 0.5, 0.0]);
    for (k, bin) in bins.iter().enumerate().filter(|(_, b)| b.n > 0) {
        chart.point((k + 1) as f64, bin.woe, Some(bin.woe_interval), 0);
    }
    let ticks: Vec<(f64, String)> = (1..=bins.len()).step_by(bins.len().div_ceil(16)).map(|k| (k as f64, k.to_string())).collect();
    chart.finish(title, [title, "WOE"], &ticks, &round_ticks([low, high]))
}

/// The labels of the rows and columns of a two-way table.
fn axes(term: &Term) -> Option<[Vec<String>; 2]> {
    let Cut::Pair { cuts, .. } = &term.bins.cut else { return None };
    let columns = cuts[1].bins();
    let part = |label: &str, place: usize| label.split(" × ").nth(place).unwrap_or_default().to_string();
    let rows = term.bins.bins.iter().step_by(columns).map(|b| part(&b.label, 0)).collect();
    Some([rows, term.bins.bins.iter().take(columns).map(|b| part(&b.label, 1)).collect()])
}

/// Features that are not used, a line a reason.
fn dropped(model: &Model) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = Vec::new();
    for d in model.dropped() {
        match lines.iter_mut().find(|(reason, _)| *reason == d.reason) {
            Some((_, features)) => {
                features.push_str(", ");
                features.push_str(&d.feature);
            }
            None => lines.push((d.reason.clone(), d.feature.clone())),
        }
    }
    lines
}
