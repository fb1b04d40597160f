//! Resources, how much of each a run has, and minimums of them: as typed, and checked.
//!
//! A resource that a treatment takes must be declared, with a capacity or as unlimited: nothing is unlimited by silence.

use super::Treatment;
use super::treatment::millionths;
use super::typed::Checker;
use crate::base::bilingual::Bilingual;
use crate::base::problem::{Problem, Problems, suggestion};
use crate::data::expressions::{ColumnValues, Columns};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// The resource that every treatment takes by itself: what it costs, complaints left out.
pub const MONEY: &str = "money";

/// A case counts for a minimum or not: one bit each.
const MOST_MINIMUMS: usize = 63;

/// One resource. Amounts in whole millionths of its unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub label: Bilingual,
    /// Of the whole run; none where that is unlimited.
    pub capacity: Option<f64>,
    /// The column of words that names teams.
    pub by: Option<String>,
    /// What each team has.
    pub each: Vec<(String, f64)>,
    /// What each team has that is not named; none where all must be named.
    pub others: Option<f64>,
    /// Where it stands in the file.
    pub line: u64,
}

/// How much a minimum asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Needed {
    /// So many millionths.
    Amount(f64),
    /// So much of the resource's capacity.
    Share(f64),
}

/// A part of a resource that some cases get at least.
#[derive(Clone, Debug, PartialEq)]
pub struct Minimum {
    /// Its name.
    pub name: String,
    /// The resource's place.
    pub resource: usize,
    /// The cases that it is for, and the line; all where there is none.
    pub when: Option<(String, u64)>,
    /// How much.
    pub needed: Needed,
}

/// What a run has to hand out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Capacity {
    /// Resources.
    pub resources: Vec<Resource>,
    /// Minimums.
    pub minimums: Vec<Minimum>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypedResource {
    name: String,
    label: Option<Bilingual>,
    capacity: Option<Spanned<TypedCapacity>>,
    by: Option<String>,
    each: Option<BTreeMap<String, f64>>,
    others: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a number, or \"unlimited\"")]
enum TypedCapacity {
    Number(f64),
    Word(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypedMinimum {
    name: String,
    resource: Spanned<String>,
    when: Option<Spanned<String>>,
    units: Option<f64>,
    share: Option<f64>,
}

impl Resource {
    /// Whether anything of it is limited.
    pub fn is_limited(&self) -> bool {
        self.capacity.is_some() || self.by.is_some()
    }
}

impl Capacity {
    /// Whether anything is limited or asked for at least.
    pub fn binds(&self) -> bool {
        !self.minimums.is_empty() || self.resources.iter().any(Resource::is_limited)
    }

    /// The columns that name teams, each once, in the order of the resources.
    pub fn team_columns(&self) -> Vec<&str> {
        let mut columns: Vec<&str> = Vec::new();
        for by in self.resources.iter().filter_map(|r| r.by.as_deref()) {
            if !columns.contains(&by) {
                columns.push(by);
            }
        }
        columns
    }

    /// Looks teams up among the words of a book's columns.
    pub(super) fn bind(&self, columns: &Columns<'_>, file: &str, problems: &mut Problems) {
        for resource in &self.resources {
            let Some(by) = &resource.by else { continue };
            let error = |code, message: String| Problem::error(code, message).file(file).row(resource.line);
            match columns.get(by) {
                // Columns without a case have no words to look among.
                Some(ColumnValues::Words { words, .. }) if words.is_empty() => {}
                Some(ColumnValues::Words { words, .. }) => {
                    for (team, _) in resource.each.iter().filter(|(team, _)| !words.iter().any(|w| **w == **team)) {
                        let known: Vec<&str> = words.iter().map(|w| &**w).collect();
                        let problem = error("policy.no_members", format!("the team `{team}` of `{}` has no members", resource.name));
                        problems.push(problem.rule(format!("a word of the column {by} in this book")).help(suggestion(team, known.iter().copied())));
                    }
                }
                Some(_) => {
                    let problem = error("policy.expression", format!("`{}` is shared out by `{by}`, which holds no words", resource.name));
                    problems.push(problem.rule("a column of words"));
                }
                None => {
                    let known: Vec<&str> = columns.names().collect();
                    let problem = error("policy.expression", format!("`{}` is shared out by `{by}`, and there is no such column", resource.name));
                    problems.push(problem.rule("a column of words of the cases").help(suggestion(by, known.iter().copied())));
                }
            }
        }
    }
}

impl Checker<'_> {
    /// What there is; `stand` says where each treatment stands in the file.
    pub(super) fn capacity(
        &mut self,
        resources: Vec<Spanned<TypedResource>>,
        minimums: Vec<Spanned<TypedMinimum>>,
        treatments: &[Treatment],
        stand: &[usize],
    ) -> Capacity {
        let places: Vec<usize> = resources.iter().map(|r| r.span().start).collect();
        let resources: Vec<Resource> = resources.into_iter().map(|r| self.resource(r, treatments)).collect();
        for (k, resource) in resources.iter().enumerate() {
            if resources[..k].iter().any(|other| other.name == resource.name) {
                self.push(places[k], "policy.duplicate", format!("there are two resources `{}`", resource.name), "one of each name", None);
            }
        }
        let names: Vec<&str> = resources.iter().map(|r| r.name.as_str()).collect();
        for (t, at) in treatments.iter().zip(stand) {
            for name in t.resources.keys().filter(|name| !names.contains(&name.as_str())) {
                let help = if names.is_empty() {
                    format!("add [[resource]] name = \"{name}\", capacity = a number or \"unlimited\"")
                } else {
                    suggestion(name, names.iter().copied())
                };
                let message = format!("`{}` takes `{name}`, and nothing says how much of that there is", t.name);
                self.push(*at, "policy.unknown_resource", message, "a [[resource]] of that name", Some(help));
            }
        }
        if minimums.len() > MOST_MINIMUMS {
            let (at, message) = (minimums[MOST_MINIMUMS].span().start, format!("there are {} minimums", minimums.len()));
            self.push(at, "policy.too_many", message, &format!("at most {MOST_MINIMUMS}"), None);
        }
        let minimums = minimums.into_iter().filter_map(|m| self.minimum(m, &resources)).collect();
        Capacity { resources, minimums }
    }

    fn resource(&mut self, typed: Spanned<TypedResource>, treatments: &[Treatment]) -> Resource {
        let at = typed.span().start;
        let r = typed.into_inner();
        let amount = |this: &mut Self, at: usize, amount: f64, of: &str| {
            millionths(amount).unwrap_or_else(|| {
                let message = format!("{of} of `{}` is {amount}", r.name);
                this.push(at, "policy.bad_value", message, "a number >= 0 of at most six decimals, or \"unlimited\"", None);
                0.0
            })
        };
        let capacity = match r.capacity.as_ref().map(|c| (c.span().start, c.get_ref())) {
            Some((at, TypedCapacity::Number(n))) => Some(amount(self, at, *n, "the capacity")),
            Some((at, TypedCapacity::Word(word))) => {
                if word != "unlimited" {
                    self.push(at, "policy.bad_value", format!("the capacity of `{}` is {word:?}", r.name), "a number >= 0, or \"unlimited\"", None);
                }
                None
            }
            None => None,
        };
        let each: Vec<(String, f64)> =
            r.each.iter().flatten().map(|(team, n)| (team.clone(), amount(self, at, *n, &format!("the part of team `{team}`")))).collect();
        let others = r.others.map(|n| amount(self, at, n, "the part of other teams"));
        if r.capacity.is_none() && r.by.is_none() {
            let message = format!("nothing says how much of `{}` there is", r.name);
            self.push(at, "policy.no_capacity", message, "capacity = a number or \"unlimited\", or by = a column and each = { team = number }", None);
        }
        if r.by.is_some() != r.each.is_some() || (r.others.is_some() && r.by.is_none()) {
            let message = format!("`{}` is shared out by teams in part", r.name);
            self.push(
                at,
                "policy.teams",
                message,
                "by = a column of words together with each = { team = number }, and others = number if wanted",
                None,
            );
        }
        let used = r.name == MONEY || treatments.iter().any(|t| t.resources.get(&r.name).is_some_and(|n| *n > 0.0));
        if !used {
            let taken: Vec<&str> = treatments.iter().flat_map(|t| t.resources.keys().map(String::as_str)).collect();
            let help = if taken.is_empty() {
                "add resources = { … } to a treatment, or take it out".into()
            } else {
                suggestion(&r.name, taken.iter().copied())
            };
            self.push(at, "policy.unused_resource", format!("no treatment takes `{}`", r.name), "a resource that some treatment takes", Some(help));
        }
        if r.name == MONEY && treatments.iter().any(|t| t.resources.contains_key(MONEY)) {
            let message = "a treatment says how much `money` it takes".to_string();
            self.push(at, "policy.money", message, "money is what a treatment costs, complaints left out: it is not said again", None);
        }
        let label = r.label.unwrap_or_else(|| known_label(&r.name));
        if label.lacks_one() && !label.en.is_empty() | !label.zh.is_empty() {
            self.push(at, "policy.one_language", format!("the label of `{}` is in one language alone", r.name), "en and zh", None);
        }
        Resource { name: r.name, label, capacity, by: r.by, each, others, line: self.line(at) }
    }

    fn minimum(&mut self, typed: Spanned<TypedMinimum>, resources: &[Resource]) -> Option<Minimum> {
        let at = typed.span().start;
        let m = typed.into_inner();
        let names: Vec<&str> = resources.iter().map(|r| r.name.as_str()).collect();
        let place = self.word(m.resource.span().start, m.resource.get_ref(), &names, "resource");
        let needed = match (m.units, m.share) {
            (Some(units), None) => millionths(units).map(Needed::Amount),
            (None, Some(share)) => (0.0..=1.0).contains(&share).then_some(Needed::Share(share)),
            _ => None,
        };
        if needed.is_none() {
            let message = format!("how much the minimum `{}` asks for cannot be read", m.name);
            self.push(at, "policy.bad_value", message, "units = a number >= 0, or share = 0 to 1 of the resource's capacity", None);
        }
        if matches!(needed, Some(Needed::Share(_))) && place.is_some_and(|p| resources[p].capacity.is_none()) {
            let message = format!("the minimum `{}` is a share of a capacity that nothing states", m.name);
            self.push(at, "policy.bad_value", message, "units = a number, or a capacity of the whole run", None);
        }
        let when = m.when.map(|sql| {
            let line = self.line_of_sql(sql.span().start);
            (sql.into_inner(), line)
        });
        Some(Minimum { name: m.name, resource: place?, when, needed: needed? })
    }
}

/// What people call a resource that recoup knows; its own name otherwise.
fn known_label(name: &str) -> Bilingual {
    let zh = match name {
        "calls" => "电话",
        "agent_minutes" => "坐席分钟",
        "letters" => "信函",
        "visits" => "上门次数",
        "legal_slots" => "法务名额",
        "reviews" => "复核名额",
        "plans" => "还款计划名额",
        MONEY => "费用",
        _ => name,
    };
    Bilingual::new(name.replace('_', " "), zh)
}
