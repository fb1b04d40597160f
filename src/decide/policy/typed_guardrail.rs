//! A guardrail as typed, and how it is checked: each built-in with the keys that it needs, values that a policy may only make stricter.

use super::guardrail::{ClaimOf, Count, Guardrail, Interruptions, LimitFrom, Places, Rule, Since, Verified, value};
use super::typed::Checker;
use super::{Channel, Family, Treatment};
use crate::base::bilingual::Bilingual;
use crate::base::dates::Day;
use crate::base::problem::{Problem, suggestion};
use crate::base::schema::{CHANNELS, EVENT_KINDS, RESULTS};
use crate::base::units::Money;
use crate::base::zone::Hours;
use crate::data::cases::Holds;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypedParameter {
    value: Spanned<toml::Value>,
    by: String,
}

/// A value that the policy gives a guardrail, with the place where it does.
pub(super) struct Parameter {
    value: toml::Value,
    by: String,
    file: String,
    line: u64,
}

impl Parameter {
    pub(super) fn of(typed: TypedParameter, checker: &Checker<'_>) -> Parameter {
        let line = checker.line(typed.value.span().start);
        Parameter { value: typed.value.into_inner(), by: typed.by, file: checker.file.display().to_string(), line }
    }

    fn problem(&self, code: &'static str, message: String, rule: &str) -> Problem {
        Problem::error(code, message).file(self.file.clone()).row(self.line).rule(rule)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum TypedSeverity {
    Veto,
    Warning,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TypedBlocks {
    channels: Vec<String>,
    families: Vec<Family>,
    treatments: Vec<String>,
    all: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedInForce {
    from: Option<Day>,
    until: Option<Day>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypedGuardrail {
    id: String,
    text: Bilingual,
    #[serde(default)]
    jurisdiction: String,
    authority: String,
    verified: Verified,
    severity: TypedSeverity,
    parameter: Option<String>,
    blocks: TypedBlocks,
    in_force: Option<TypedInForce>,
    rule: Spanned<TypedRule>,
}

impl TypedGuardrail {
    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedRule {
    sql: Option<Spanned<String>>,
    built_in: Option<String>,
    quiet: Option<String>,
    channels: Option<Vec<String>>,
    results: Option<Vec<String>>,
    days: Option<i32>,
    most: Option<toml::Value>,
    per: Option<String>,
    direction: Option<String>,
    kinds: Option<Vec<String>>,
    hold: Option<String>,
    of: Option<String>,
    years: Option<i32>,
    from: Option<String>,
    interrupted_by: Option<Vec<String>>,
    items: Option<Vec<String>>,
}

/// Each built-in with the keys that it needs; `results` and `most` of some may be left out.
const BUILT_INS: [(&str, &[&str], &[&str]); 8] = [
    ("quiet_hours", &["quiet"], &[]),
    ("contact_count", &["channels", "days", "most", "per"], &["results"]),
    ("days_since_contact", &["channels", "direction", "days"], &["results"]),
    ("days_since_event", &["kinds", "days"], &[]),
    ("hold", &["hold"], &[]),
    ("claim_limit", &["of"], &["most"]),
    ("limitation", &["years", "from", "interrupted_by"], &[]),
    ("evidence", &["items"], &[]),
];

const INTERRUPTIONS: [&str; 5] = ["payment", "promise", "plan", "demand", "filing"];

impl TypedRule {
    /// The keys that are given, beside `built_in`.
    fn keys(&self) -> Vec<&'static str> {
        let given = [
            ("quiet", self.quiet.is_some()),
            ("channels", self.channels.is_some()),
            ("results", self.results.is_some()),
            ("days", self.days.is_some()),
            ("most", self.most.is_some()),
            ("per", self.per.is_some()),
            ("direction", self.direction.is_some()),
            ("kinds", self.kinds.is_some()),
            ("hold", self.hold.is_some()),
            ("of", self.of.is_some()),
            ("years", self.years.is_some()),
            ("from", self.from.is_some()),
            ("interrupted_by", self.interrupted_by.is_some()),
            ("items", self.items.is_some()),
        ];
        given.into_iter().filter(|(_, is)| *is).map(|(key, _)| key).collect()
    }
}

impl Checker<'_> {
    /// A guardrail; none where it cannot be understood. Its problems are kept.
    pub(super) fn guardrail(
        &mut self,
        typed: Spanned<TypedGuardrail>,
        pack: Option<usize>,
        parameters: &BTreeMap<Spanned<String>, Parameter>,
        treatments: &[Treatment],
    ) -> Option<Guardrail> {
        let at = typed.span().start;
        let g = typed.into_inner();
        let reserved = ["eligible", "other_account"].contains(&g.id.as_str()) || g.id.contains(':');
        if g.id.trim().is_empty() || g.id.contains(char::is_whitespace) || reserved {
            let rule = "a word without spaces and without a colon, and not `eligible` or `other_account`: those are the engine's own";
            self.push(at, "policy.bad_id", format!("a guardrail cannot be called {:?}", g.id), rule, None);
        }
        if g.text.lacks_one() {
            self.push(
                at,
                "policy.one_language",
                format!("the guardrail `{}` is in one language alone", g.id),
                "text = { en = \"…\", zh = \"…\" }",
                None,
            );
        }
        if g.authority.trim().is_empty() {
            self.push(at, "policy.no_authority", format!("nothing says by what authority `{}` holds", g.id), "authority = \"…\"", None);
        }
        let blocks = self.blocks(at, &g.id, &g.blocks, treatments);
        if blocks.is_empty() && pack.is_none() {
            self.push(
                at,
                "policy.blocks_nothing",
                format!("the guardrail `{}` blocks no treatment of the policy", g.id),
                "channels, families, treatments, or all = true",
                None,
            );
        }
        let (from, until) = g.in_force.map_or((Day::NULL, Day::NEVER), |f| (f.from.unwrap_or(Day::NULL), f.until.unwrap_or(Day::NEVER)));
        if from > until {
            self.push(at, "policy.bad_value", format!("`{}` is in force from {from} until {until}", g.id), "from <= until", None);
        }
        let parameter = parameters.iter().find(|(id, _)| id.get_ref() == &g.id).map(|(_, p)| p);
        if let Some(p) = parameter.filter(|p| p.by.trim().is_empty()) {
            let message = format!("nobody is named who gives the value of `{}`", g.id);
            self.problems.push(p.problem("policy.bad_value", message, "by = \"a person or a department\""));
        }
        let rule_at = g.rule.span().start;
        let line = g.rule.get_ref().sql.as_ref().map_or_else(|| self.line(at), |sql| self.line_of_sql(sql.span().start));
        let typed = g.rule.into_inner();
        if pack.is_some() && blocks.is_empty() && parameter.is_none() && typed.built_in.as_deref() == Some("claim_limit") && typed.most.is_none() {
            // A line that no treatment of the policy meets need not be drawn.
            return None;
        }
        let rule = self.rule(rule_at, &g.id, typed, parameter)?;
        Some(Guardrail {
            value: value(&rule, self.minor_digits),
            value_by: parameter.map(|p| p.by.clone()),
            id: g.id,
            text: g.text,
            jurisdiction: g.jurisdiction,
            authority: g.authority,
            verified: g.verified,
            vetoes: matches!(g.severity, TypedSeverity::Veto),
            parameter: g.parameter,
            blocks,
            from,
            until,
            rule,
            pack,
            file: self.file.display().to_string(),
            line,
            line_of_id: self.line(at),
        })
    }

    /// The treatments that a guardrail blocks, by place. It blocks neither waiting nor a person's look.
    fn blocks(&mut self, at: usize, id: &str, typed: &TypedBlocks, treatments: &[Treatment]) -> Vec<usize> {
        let all: Vec<&str> = Channel::names().collect();
        let channels: Vec<Channel> =
            typed.channels.iter().filter_map(|c| self.word(at, c, &all, "channel")).map(|place| Channel(place as u8)).collect();
        // A pack names the treatments that recoup knows; a policy may have none of them.
        for name in &typed.treatments {
            let known = treatments.iter().any(|t| t.name == *name) || super::treatment::KNOWN.iter().any(|(n, ..)| n == name);
            if !known {
                let help = suggestion(name, treatments.iter().map(|t| t.name.as_str()));
                self.push(
                    at,
                    "policy.unknown_treatment",
                    format!("the guardrail `{id}` blocks `{name}`, which is no treatment"),
                    "a treatment of this policy",
                    Some(help),
                );
            }
        }
        let blocked =
            |t: &Treatment| typed.all || channels.contains(&t.channel) || typed.families.contains(&t.family) || typed.treatments.contains(&t.name);
        let always = |t: &Treatment| t.name == "wait" || t.name == "human_review";
        (0..treatments.len()).filter(|k| blocked(&treatments[*k]) && !always(&treatments[*k])).collect()
    }

    fn set(&mut self, at: usize, words: &Option<Vec<String>>, all: &[&str], what: &str) -> Places {
        let Some(words) = words else { return Places::MAX };
        words.iter().filter_map(|w| self.word(at, w, all, what)).fold(0, |set, place| set | 1 << place)
    }

    fn rule(&mut self, at: usize, id: &str, typed: TypedRule, parameter: Option<&Parameter>) -> Option<Rule> {
        let given = typed.keys();
        let Some(built_in) = &typed.built_in else {
            let Some(sql) = typed.sql.filter(|_| given.is_empty()) else {
                self.push(
                    at,
                    "policy.rule",
                    format!("the rule of `{id}` is neither SQL nor a built-in"),
                    "{ sql = \"…\" } or { built_in = \"…\", … }",
                    None,
                );
                return None;
            };
            return Some(Rule::Sql(sql.into_inner()));
        };
        let names: Vec<&str> = BUILT_INS.iter().map(|(name, ..)| *name).collect();
        let place = self.word(at, built_in, &names, "built-in")?;
        let (name, needs, may) = BUILT_INS[place];
        let missing: Vec<&str> = needs.iter().copied().filter(|key| !given.contains(key)).collect();
        let odd: Vec<&str> = given.iter().copied().filter(|key| !needs.contains(key) && !may.contains(key)).collect();
        if !missing.is_empty() || !odd.is_empty() || typed.sql.is_some() {
            let said = |what: &str, keys: &[&str]| if keys.is_empty() { String::new() } else { format!(" {what} {}", keys.join(", ")) };
            let message = format!("the built-in {name} of `{id}`{}{}", said("lacks", &missing), said("has no", &odd));
            let may = if may.is_empty() { String::new() } else { format!(", and may have {}", may.join(", ")) };
            self.push(at, "policy.rule", message, &format!("{name} needs {}{may}", needs.join(", ")), None);
            return None;
        }
        let empty = [("channels", &typed.channels), ("results", &typed.results), ("kinds", &typed.kinds), ("items", &typed.items)];
        if let Some((key, _)) = empty.into_iter().find(|(_, list)| list.as_ref().is_some_and(Vec::is_empty)) {
            self.push(at, "policy.rule", format!("`{key}` of `{id}` is empty, so it would never speak"), "one word or more", None);
        }
        let days = typed.days.unwrap_or(0);
        if typed.days.is_some_and(|d| d < 1) || typed.years.is_some_and(|y| y < 1) {
            self.push(at, "policy.bad_value", format!("`{id}` has a period of less than one"), "at least 1", None);
        }
        let rule = match name {
            "quiet_hours" => {
                let text = typed.quiet.unwrap_or_default();
                let hours = Hours::parse(&text);
                if hours.is_none() {
                    self.push(
                        at,
                        "policy.bad_value",
                        format!("the quiet hours of `{id}` cannot be read: {text:?}"),
                        "hours such as \"22:00-08:00\"",
                        None,
                    );
                }
                Rule::QuietHours(hours?)
            }
            "contact_count" => {
                let most = typed.most.as_ref().and_then(toml::Value::as_integer).and_then(|n| u32::try_from(n).ok());
                if most.is_none() {
                    self.push(at, "policy.bad_value", format!("`most` of `{id}` is no whole number"), "a whole number >= 0", None);
                }
                let per = self.word(at, typed.per.as_deref().unwrap_or_default(), &["person", "number"], "`per`")?;
                Rule::ContactCount(Count {
                    channels: self.set(at, &typed.channels, CHANNELS, "channel of contacts"),
                    results: self.set(at, &typed.results, RESULTS, "result"),
                    days,
                    most: most?,
                    per_number: per == 1,
                })
            }
            "days_since_contact" => {
                let outbound = self.word(at, typed.direction.as_deref().unwrap_or_default(), &["any", "outbound"], "direction")?;
                Rule::DaysSinceContact(Since {
                    channels: self.set(at, &typed.channels, CHANNELS, "channel of contacts"),
                    results: self.set(at, &typed.results, RESULTS, "result"),
                    outbound: outbound == 1,
                    days,
                })
            }
            "days_since_event" => Rule::DaysSinceEvent { kinds: self.set(at, &typed.kinds, EVENT_KINDS, "kind of event"), days },
            "hold" => {
                let all: Vec<&str> = Holds::ALL.iter().map(|(_, n)| *n).collect();
                let place = self.word(at, typed.hold.as_deref().unwrap_or_default(), &all, "hold")?;
                Rule::Hold(Holds::ALL[place].0)
            }
            "claim_limit" => {
                let of = self.word(at, typed.of.as_deref().unwrap_or_default(), &["arrears", "balance"], "`of`")?;
                let of = if of == 0 { ClaimOf::Arrears } else { ClaimOf::Balance };
                let Some(most) = typed.most.as_ref().and_then(|m| m.as_str().map(String::from)) else {
                    if parameter.is_none() {
                        self.push(
                            at,
                            "policy.missing_parameter",
                            format!("the line of `{id}` depends on the place and must be given"),
                            &format!("[parameters.{id}] value = \"…\", by = \"…\""),
                            Some("in the policy file; a line that nobody gives would be a silent default".into()),
                        );
                        return None;
                    }
                    return self.with_parameter(id, Rule::ClaimLimit { of, most: Money(i64::MAX) }, parameter);
                };
                let most = self.amount(&Spanned::new(at..at, most), "most");
                Rule::ClaimLimit { of, most }
            }
            "limitation" => {
                let from = self.word(at, typed.from.as_deref().unwrap_or_default(), &["oldest_unpaid", "last_instalment"], "`from`")?;
                let by = self.set(at, &typed.interrupted_by, &INTERRUPTIONS, "interruption");
                let has = |place: usize| by & (1 << place) != 0;
                Rule::Limitation {
                    years: typed.years.unwrap_or(1),
                    from: if from == 0 { LimitFrom::OldestUnpaid } else { LimitFrom::LastInstalment },
                    interrupted_by: Interruptions { payment: has(0), promise: has(1), plan: has(2), demand: has(3), filing: has(4) },
                }
            }
            _ => Rule::Evidence(typed.items.unwrap_or_default()),
        };
        self.with_parameter(id, rule, parameter)
    }

    /// The rule with the value that the policy gives; it may only be stricter than the pack's own.
    fn with_parameter(&mut self, id: &str, rule: Rule, parameter: Option<&Parameter>) -> Option<Rule> {
        let Some(p) = parameter else { return Some(rule) };
        let whole = p.value.as_integer().and_then(|n| i32::try_from(n).ok()).filter(|n| *n >= 0);
        let (stricter, had) = match (rule, whole) {
            (Rule::ClaimLimit { of, most }, _) => match p.value.as_str().map(|text| Money::parse(text.as_bytes(), self.minor_digits)) {
                Some(Ok(given)) if given.0 >= 0 => ((given <= most).then_some(Rule::ClaimLimit { of, most: given }), most.text(self.minor_digits)),
                _ => {
                    let message = format!("the value of `{id}` is no amount");
                    self.problems.push(p.problem("policy.bad_value", message, "a decimal in quotes, such as \"54323.00\""));
                    return None;
                }
            },
            (Rule::ContactCount(count), Some(n)) => {
                ((n as u32 <= count.most).then_some(Rule::ContactCount(Count { most: n as u32, ..count })), count.most.to_string())
            }
            (Rule::DaysSinceContact(since), Some(n)) => {
                ((n >= since.days).then_some(Rule::DaysSinceContact(Since { days: n, ..since })), since.days.to_string())
            }
            (Rule::DaysSinceEvent { kinds, days }, Some(n)) => ((n >= days).then_some(Rule::DaysSinceEvent { kinds, days: n }), days.to_string()),
            (Rule::Limitation { years, from, interrupted_by }, Some(n)) => {
                ((1..=years).contains(&n).then_some(Rule::Limitation { years: n, from, interrupted_by }), years.to_string())
            }
            _ => {
                let message = format!("`{id}` takes no such value");
                self.problems.push(p.problem("policy.bad_value", message, "a whole number, or an amount in quotes, for rules that have one"));
                return None;
            }
        };
        if stricter.is_none() {
            let message = format!("the value that the policy gives `{id}`, {}, is looser than the pack's, {had}", p.value);
            self.problems.push(p.problem("policy.looser", message, "a policy may be stricter than a pack, never looser"));
        }
        stricter
    }
}
