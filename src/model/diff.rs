//! What changed between two models: where they come from, their settings, features, bins, coefficients, calibration and figures.

use super::bin::Cut;
use super::file::{Model, Term};
use serde::Serialize;
use serde_json::Value;

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Part of the model.
    pub part: &'static str,
    /// What.
    pub what: String,
    /// In the first model; `None` where it has none.
    pub before: Option<String>,
    /// In the second.
    pub after: Option<String>,
}

/// Everything that differs, part by part.
pub fn diff(a: &Model, b: &Model) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut values = |part: &'static str, a: Option<Value>, b: Option<Value>| {
        compare(part, "", a.as_ref(), b.as_ref(), &mut found);
    };
    let json = |value: serde_json::Result<Value>| value.ok();
    values("made by", Some(Value::from(a.engine_version())), Some(Value::from(b.engine_version())));
    values("cases", json(serde_json::to_value(a.provenance())), json(serde_json::to_value(b.provenance())));
    values("settings", json(serde_json::to_value(a.settings())), json(serde_json::to_value(b.settings())));
    features(a, b, &mut found);
    let mut line = |part, what: &str, before: String, after: String| {
        if before != after {
            found.push(Difference { part, what: what.to_string(), before: Some(before), after: Some(after) });
        }
    };
    line("score", "base, points", format!("{:.1}", a.points().start), format!("{:.1}", b.points().start));
    let calibration = |m: &Model| format!("slope {:.4}, intercept {:.4}", m.calibration().slope, m.calibration().intercept);
    line("calibration", "line", calibration(a), calibration(b));
    let method = |m: &Model| format!("{:?}, {} steps", m.calibration().method, m.calibration().steps.len()).to_lowercase();
    line("calibration", "method", method(a), method(b));
    let groups = |m: &Model| m.bucket_groups().iter().map(|g| format!("{} {:.1}", g.name, g.points)).collect::<Vec<_>>().join(", ");
    line("calibration", "bucket groups, points", groups(a), groups(b));
    let share = |m: &Model| m.share().map_or("none".into(), |s| format!("{} cases, mean share {:.4}", s.cases, s.mean_share));
    line("share repaid", "model", share(a), share(b));
    let names: Vec<&String> = a.evaluation().iter().map(|s| &s.sample).collect();
    let more = b.evaluation().iter().map(|s| &s.sample).filter(|name| !names.contains(name));
    for name in names.iter().copied().chain(more) {
        let figures = |m: &Model| {
            let sample = m.evaluation().iter().find(|s| s.sample == *name)?;
            let all = sample.slices.first()?;
            let auc = all.model.auc.map_or("-".into(), |auc| format!("{auc:.4}"));
            let interval = all.model.auc_interval.map_or(String::new(), |[low, high]| format!(" ({low:.4} to {high:.4})"));
            let loss = all.model.log_loss.map_or("-".into(), |loss| format!("{loss:.5}"));
            Some(format!("n {}, AUC {auc}{interval}, log-loss {loss}", all.n))
        };
        let (before, after) = (figures(a), figures(b));
        if before != after {
            found.push(Difference { part: "figures", what: name.clone(), before, after });
        }
    }
    found
}

/// Walks two JSON values side by side and tells the leaves that differ.
fn compare(part: &'static str, path: &str, a: Option<&Value>, b: Option<&Value>, found: &mut Vec<Difference>) {
    if a == b {
        return;
    }
    if let (Some(Value::Object(x)), Some(Value::Object(y))) = (a, b) {
        let mut keys: Vec<&String> = x.keys().chain(y.keys()).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            compare(part, &below, x.get(key), y.get(key), found);
        }
        return;
    }
    let text = |value: Option<&Value>| value.filter(|v| !v.is_null()).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_string));
    let what = if path.is_empty() { "version".to_string() } else { path.to_string() };
    found.push(Difference { part, what, before: text(a), after: text(b) });
}

fn features(a: &Model, b: &Model, found: &mut Vec<Difference>) {
    let of = |m: &Model, name: &str| m.terms().iter().find(|t| t.bins.name == *name).cloned();
    let shown = |term: &Term| format!("information value {:.4}, coefficient {:.3}", term.bins.information_value, term.coefficient.value);
    for term in a.terms() {
        let name = &term.bins.name;
        let Some(other) = of(b, name) else {
            let why = b.dropped().iter().find(|d| d.feature == *name).map(|d| format!("dropped: {}", d.reason));
            found.push(Difference { part: "features", what: name.clone(), before: Some(shown(term)), after: why });
            continue;
        };
        let cuts = (cut(&term.bins.cut), cut(&other.bins.cut));
        if cuts.0 != cuts.1 {
            found.push(Difference { part: "bins", what: name.clone(), before: Some(cuts.0), after: Some(cuts.1) });
        }
        let (x, y) = (&term.coefficient, &other.coefficient);
        // How far they are apart in errors of their difference, as if the two were independent.
        let error = |e: &super::file::Estimate| e.clustered_error.unwrap_or(e.standard_error);
        let apart = (y.value - x.value) / error(x).hypot(error(y));
        // Below a millionth of an error they differ by the order of sums alone.
        if apart.abs() > 1e-6 {
            found.push(Difference {
                part: "coefficients",
                what: name.clone(),
                before: Some(format!("{:.4}", x.value)),
                after: Some(format!("{:.4} ({apart:+.1} errors)", y.value)),
            });
        }
        let points = |t: &Term| t.points.iter().map(|p| format!("{p}")).collect::<Vec<_>>().join(" ");
        if term.contributions != other.contributions {
            found.push(Difference { part: "points", what: name.clone(), before: Some(points(term)), after: Some(points(&other)) });
        }
    }
    for term in b.terms().iter().filter(|t| of(a, &t.bins.name).is_none()) {
        let name = &term.bins.name;
        let why = a.dropped().iter().find(|d| d.feature == *name).map(|d| format!("dropped: {}", d.reason));
        found.push(Difference { part: "features", what: name.clone(), before: why, after: Some(shown(term)) });
    }
}

/// A cut in one line.
fn cut(of: &Cut) -> String {
    let (of, specials) = match of {
        Cut::Number { edges, specials } => (edges.iter().map(|e| e.0.to_string()).collect::<Vec<_>>().join(", "), specials),
        Cut::Category { groups, specials } => (groups.iter().map(|g| format!("[{}]", g.join(", "))).collect::<Vec<_>>().join(" "), specials),
        Cut::Pair { cuts, .. } => return format!("{} × {}", cut(&cuts[0]), cut(&cuts[1])),
    };
    let special: Vec<&str> = specials.iter().map(|s| s.name.as_str()).collect();
    if special.is_empty() { of } else { format!("{of}; special: {}", special.join(", ")) }
}
