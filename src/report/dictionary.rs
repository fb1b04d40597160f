//! The catalogue for people: every feature with what it means and how it is computed, for a terminal, as JSON, and as the dictionary's section.
//!
//! Takes the catalogue and, where there is one, a project file; no table is read. So `product` and `limit` are listed although a book may
//! lack them.

use crate::base::config::{Direction, FeatureKind, Project, SubScore};
use crate::base::schema::TableKind;
use crate::data::catalogue::{CATALOGUE, Feature, Lookback};
use crate::data::observe::regime_name;
use serde::Serialize;
use std::fmt::Write;

/// Columns of a terminal that the layout keeps to.
const WIDTH: usize = 120;

/// One feature, described.
#[derive(Clone, Debug, Serialize)]
pub struct FeatureLine {
    /// Its name.
    pub name: String,
    /// The name that it shares with its sisters of other windows.
    pub family: String,
    /// Its group.
    pub group: &'static str,
    /// Its sub-score.
    pub sub_score: &'static str,
    /// Unit of its values.
    pub unit: &'static str,
    /// How far it looks back: `day`, `history` or `window`.
    pub lookback: &'static str,
    /// Days of the window, for `window`.
    pub lookback_days: Option<i32>,
    /// Expected direction towards *repaid*: `+`, `-` or `free`.
    pub expected: &'static str,
    /// Whose value it is.
    pub level: &'static str,
    /// What it means.
    pub meaning: String,
    /// How it is computed.
    pub formula: String,
    #[serde(skip)]
    family_meaning: String,
}

/// Every feature, in the order in which files and reasons list them.
#[derive(Clone, Debug, Serialize)]
pub struct FeaturesSummary {
    /// The project's name, if one was given.
    pub project: Option<String>,
    /// One entry a feature.
    pub features: Vec<FeatureLine>,
}

impl FeaturesSummary {
    /// The catalogue and, of a project, its named periods, account columns and expressions.
    pub fn of(project: Option<&Project>) -> FeaturesSummary {
        let mut features: Vec<FeatureLine> = CATALOGUE.iter().map(of_catalogue).collect();
        if let Some(project) = project {
            features.extend(project.regimes.iter().map(|(name, period)| {
                let formula = format!("1 if {} <= d <= {}, else 0", period.from, period.until);
                of_project(regime_name(name), "calendar", "0 or 1", format!("within {}", name.replace('_', " ")), formula)
            }));
        }
        features.extend(account_columns(project));
        if let Some(project) = project {
            features.extend(project.expressions.iter().map(|(name, said)| FeatureLine {
                expected: said.expected.sign(),
                sub_score: said.sub_score.name(),
                ..of_project(name.clone(), "expression", "number", said.meaning.clone().unwrap_or_else(|| said.sql.clone()), said.sql.clone())
            }));
        }
        FeaturesSummary { project: project.map(|p| p.name.clone()), features }
    }

    /// Features that share name, meaning and formula but for the window, together.
    fn families(&self) -> impl Iterator<Item = &[FeatureLine]> {
        self.features.chunk_by(|a, b| a.family == b.family && a.group == b.group)
    }
}

fn of_catalogue(feature: &Feature) -> FeatureLine {
    let (lookback, lookback_days) = match feature.lookback {
        Lookback::Day => ("day", None),
        Lookback::History => ("history", None),
        Lookback::Days(days) => ("window", Some(days)),
    };
    FeatureLine {
        name: feature.name.to_string(),
        family: feature.family.to_string(),
        group: feature.group.name(),
        sub_score: feature.sub_score.name(),
        unit: feature.unit,
        lookback,
        lookback_days,
        expected: feature.expected.sign(),
        level: feature.level.name(),
        meaning: feature.meaning.to_string(),
        formula: feature.formula.to_string(),
        family_meaning: feature.family_meaning.to_string(),
    }
}

fn of_project(name: String, group: &'static str, unit: &'static str, meaning: String, formula: String) -> FeatureLine {
    FeatureLine {
        family: name.clone(),
        name,
        group,
        sub_score: SubScore::Neither.name(),
        unit,
        lookback: "day",
        lookback_days: None,
        expected: Direction::Free.sign(),
        level: "account",
        family_meaning: meaning.clone(),
        meaning,
        formula,
    }
}

/// `product` and `limit`, unless the project withholds them, and the columns that it names.
fn account_columns(project: Option<&Project>) -> Vec<FeatureLine> {
    let spec = project.and_then(|p| p.table(TableKind::Accounts));
    let mut lines = Vec::new();
    for (name, unit, sub_score) in [("product", "word", SubScore::Neither), ("limit", "money", SubScore::Ability)] {
        let mapped = spec.and_then(|s| s.columns.get(name));
        let withheld = spec.is_some_and(|s| s.protected.iter().chain(&s.ignored).any(|column| column == name));
        if mapped.is_some() || !withheld {
            let formula = format!("the accounts table's column {}, if it has one", mapped.map_or(name, String::as_str));
            lines.push(FeatureLine { sub_score: sub_score.name(), ..of_project(name.into(), "account column", unit, name.into(), formula) });
        }
    }
    for (name, feature) in spec.iter().flat_map(|s| &s.features) {
        let unit = match feature.kind {
            FeatureKind::Numeric => "number",
            FeatureKind::Category => "word",
        };
        let formula = format!("the accounts table's column {}", feature.column);
        lines.push(of_project(name.clone(), "account column", unit, name.replace('_', " "), formula));
    }
    lines
}

/// A family's name with its windows: `paid_{30,90,180,365}`.
fn shared_name(family: &[FeatureLine]) -> String {
    match family {
        [only] => only.name.clone(),
        sisters => {
            let windows: Vec<String> = sisters.iter().filter_map(|f| f.lookback_days).map(|days| days.to_string()).collect();
            format!("{}_{{{}}}", sisters[0].family, windows.join(","))
        }
    }
}

/// How far a family looks back, in words.
fn back(family: &[FeatureLine]) -> String {
    match (family, family[0].lookback_days) {
        ([_], Some(days)) => format!("{days} days"),
        (_, Some(_)) => "w days".into(),
        _ => family[0].lookback.into(),
    }
}

fn meaning(family: &[FeatureLine]) -> &str {
    if family.len() == 1 { &family[0].meaning } else { &family[0].family_meaning }
}

/// Text in lines of at most [`WIDTH`] columns, each indented.
fn wrapped(out: &mut String, text: &str, indent: usize) {
    let mut used = WIDTH;
    for word in text.split_whitespace() {
        let long = word.chars().count();
        if used + 1 + long > WIDTH {
            let _ = write!(out, "{}{:indent$}{word}", if used == WIDTH && out.ends_with('\n') { "" } else { "\n" }, "");
            used = indent + long;
        } else {
            let _ = write!(out, " {word}");
            used += 1 + long;
        }
    }
    out.push('\n');
}

/// Laid out for a terminal: two or three lines a family, group by group.
pub fn terminal(summary: &FeaturesSummary) -> String {
    let mut out = String::new();
    let mut group = "";
    let _ = writeln!(out, "{} features; + more is better for the chance to be repaid, - worse; d is the observation date", summary.features.len());
    for family in summary.families() {
        let first = &family[0];
        if first.group != group {
            group = first.group;
            let level = format!("{group} (of the {})", first.level);
            let _ = writeln!(out, "\n{level:<36}{:<13}{:<12}{:<12}expected", "sub-score", "unit", "looks back");
        }
        let _ = writeln!(out, "  {:<34}{:<13}{:<12}{:<12}{}", shared_name(family), first.sub_score, first.unit, back(family), first.expected);
        let said = if meaning(family) == first.formula { first.formula.clone() } else { format!("{}: {}", meaning(family), first.formula) };
        wrapped(&mut out, &said, 6);
    }
    out
}

/// The section of the data dictionary: one table a group.
pub fn markdown(summary: &FeaturesSummary) -> String {
    let mut out = String::new();
    let mut group = "";
    for family in summary.families() {
        let first = &family[0];
        if first.group != group {
            group = first.group;
            let _ = writeln!(out, "\n### {} (of the {})", group, first.level);
            out.push_str("| feature | sub-score | unit | looks back | expected | meaning | how it is computed |\n|---|---|---|---|---|---|---|\n");
        }
        let cells = [&shared_name(family), first.sub_score, first.unit, &back(family), first.expected, meaning(family), &first.formula];
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out
}
