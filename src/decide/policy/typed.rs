//! A policy file as typed, and how it is checked into what is meant: every problem with its line.

use super::assignment::{TypedControl, TypedExploration};
use super::capacity::{TypedMinimum, TypedResource};
use super::pack::TypedPackUse;
use super::plan::TypedPlan;
use super::route::{TypedCare, TypedHold, TypedRoute};
use super::treatment::{TypedReference, TypedTreatment};
use super::typed_guardrail::{TypedGuardrail, TypedParameter};
use super::{AnswerWithin, Channel, Discount, Outreach, Policy, Rights, Route, Scope, Source, Treatment};
use crate::base::problem::{Problem, Problems, suggestion};
use crate::base::units::Money;
use crate::base::zone::{Hours, Zone};
use crate::data::expressions::{Columns, Expression};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Typed {
    name: String,
    version: String,
    #[serde(default)]
    decision_unit: Option<Scope>,
    #[serde(default)]
    packs: Vec<Spanned<TypedPackUse>>,
    outreach: Option<TypedOutreach>,
    #[serde(default)]
    parameters: BTreeMap<Spanned<String>, TypedParameter>,
    reference: TypedReference,
    treatment: Vec<Spanned<TypedTreatment>>,
    value: Option<TypedValue>,
    #[serde(default)]
    resource: Vec<Spanned<TypedResource>>,
    #[serde(default)]
    minimum: Vec<Spanned<TypedMinimum>>,
    control: Option<Spanned<TypedControl>>,
    exploration: Option<Spanned<TypedExploration>>,
    holds: BTreeMap<Spanned<String>, TypedHold>,
    care: Option<Spanned<TypedCare>>,
    #[serde(default)]
    routing: BTreeMap<Spanned<String>, TypedRoute>,
    rights: Option<Rights>,
    answer_within: Option<AnswerWithin>,
    plan: Option<Spanned<TypedPlan>>,
    #[serde(default)]
    guardrail: Vec<Spanned<TypedGuardrail>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedOutreach {
    day: Spanned<String>,
    hours: Spanned<String>,
    time_zone: Spanned<String>,
    team: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedValue {
    discount_rate: Spanned<f64>,
    source: Source,
}

/// Checks a file and keeps what is wrong with it.
pub(super) struct Checker<'a> {
    pub file: &'a Path,
    pub text: &'a str,
    pub minor_digits: u8,
    pub problems: &'a mut Problems,
}

impl<'a> Checker<'a> {
    pub(super) fn new(file: &'a Path, text: &'a str, minor_digits: u8, problems: &'a mut Problems) -> Checker<'a> {
        Checker { file, text, minor_digits, problems }
    }

    pub(super) fn line(&self, place: usize) -> u64 {
        self.text[..place.min(self.text.len())].matches('\n').count() as u64 + 1
    }

    /// The line of a text of SQL: one in three quotes begins on the next line when its first line is empty.
    pub(super) fn line_of_sql(&self, place: usize) -> u64 {
        let opens_below = self.text[place..].starts_with("\"\"\"\n") || self.text[place..].starts_with("'''\n");
        self.line(place) + u64::from(opens_below)
    }

    pub(super) fn push(&mut self, at: usize, code: &'static str, message: String, rule: &str, help: Option<String>) {
        let mut problem = Problem::error(code, message).file(self.file.display().to_string()).row(self.line(at)).rule(rule);
        if let Some(help) = help {
            problem = problem.help(help);
        }
        self.problems.push(problem);
    }

    pub(super) fn amount(&mut self, text: &Spanned<String>, what: &str) -> Money {
        match Money::parse(text.get_ref().as_bytes(), self.minor_digits) {
            Ok(money) if money.0 >= 0 => money,
            Ok(_) => {
                self.push(text.span().start, "policy.bad_value", format!("{what} {:?} is negative", text.get_ref()), "decimal >= 0", None);
                Money(0)
            }
            Err(why) => {
                let message = format!("{what} {:?}: {}", text.get_ref(), why.message());
                self.push(text.span().start, "policy.bad_value", message, "a decimal such as \"0.35\"", None);
                Money(0)
            }
        }
    }

    /// A word of a list, or a problem that names the nearest.
    pub(super) fn word(&mut self, at: usize, word: &str, all: &[&str], what: &str) -> Option<usize> {
        let place = all.iter().position(|w| *w == word);
        if place.is_none() {
            let help = suggestion(word, all.iter().copied());
            self.push(at, "policy.unknown_word", format!("there is no {what} `{word}`"), &format!("one of {}", all.join(", ")), Some(help));
        }
        place
    }

    /// The place of a treatment that a part of the file names.
    pub(super) fn treatment_place(&mut self, name: &Spanned<String>, names: &[String]) -> Option<usize> {
        let place = names.iter().position(|n| n == name.get_ref());
        if place.is_none() {
            let help = suggestion(name.get_ref(), names.iter().map(String::as_str));
            let message = format!("there is no treatment `{}`", name.get_ref());
            self.push(name.span().start, "policy.unknown_treatment", message, "a treatment of this policy", Some(help));
        }
        place
    }

    fn missing(&mut self, section: &str, why: &str, help: &str) {
        let message = format!("the policy has no section [{section}]: {why}");
        self.push(0, "policy.missing_section", message, "nothing that matters to a borrower has a silent default", Some(help.to_string()));
    }

    /// The policy that the file means; its problems are kept.
    pub(super) fn policy(&mut self, typed: Typed) -> Policy {
        let stand: Vec<usize> = typed.treatment.iter().map(|t| t.span().start).collect();
        let treatments = self.treatments(typed.treatment);
        let names: Vec<String> = treatments.iter().map(|t| t.name.clone()).collect();
        let reference = self.reference(typed.reference, &treatments);
        let holds = self.holds(typed.holds, &names);
        let care = match typed.care {
            Some(care) => self.care(care, &treatments),
            None => {
                self.missing(
                    "care",
                    "what is owed to who is in hardship or vulnerable",
                    "[care] offer = [\"plan\", \"human_review\"], gentle_rung = 1, wait_days = 30, never = []",
                );
                Default::default()
            }
        };
        let routes = self.routes(typed.routing, &treatments);
        self.nobody_can_get(&treatments, &routes);
        let outreach = self.outreach(typed.outreach);
        let rights = match typed.rights {
            Some(rights) if rights.object.lacks_one() || rights.person.lacks_one() => {
                self.push(0, "policy.one_language", "[rights] says something in one language alone".into(), "en and zh", None);
                rights
            }
            Some(rights) => rights,
            None => {
                self.missing(
                    "rights",
                    "how a borrower objects and asks for a person",
                    "[rights] object = { en = \"…\", zh = \"…\" }, person = { en = \"…\", zh = \"…\" }",
                );
                Rights::default()
            }
        };
        let answer_within = typed.answer_within.unwrap_or_else(|| {
            self.missing("answer_within", "how soon disputes and complaints are answered", "[answer_within] dispute = 30, complaint = 15");
            AnswerWithin::default()
        });
        if answer_within.dispute < 0 || answer_within.complaint < 0 {
            self.push(0, "policy.bad_value", "[answer_within] has negative days".into(), "days >= 0", None);
        }
        let discount = typed.value.map_or_else(Discount::default, |value| {
            let rate = *value.discount_rate.get_ref();
            if !(0.0..=1.0).contains(&rate) {
                let message = format!("the discount rate is {rate}");
                self.push(value.discount_rate.span().start, "policy.bad_value", message, "a year, from 0 to 1", None);
            }
            Discount { rate, source: Some(value.source) }
        });
        let capacity = self.capacity(typed.resource, typed.minimum, &treatments, &stand);
        let unit = typed.decision_unit.unwrap_or(Scope::Borrower);
        let control = typed.control.and_then(|control| self.control(control, &treatments, unit));
        let exploration = typed.exploration.and_then(|exploration| self.exploration(exploration, &treatments, unit));
        let plan = typed.plan.map(|plan| self.plan(plan, &treatments));
        let mut fingerprint = blake3::Hasher::new();
        fingerprint.update(self.text.as_bytes());
        let (packs, guardrails) = self.guardrails(typed.packs, typed.guardrail, typed.parameters, &treatments);
        packs.iter().for_each(|pack| {
            fingerprint.update(pack.fingerprint.as_bytes());
        });
        Policy {
            file: self.file.to_path_buf(),
            name: typed.name,
            version: typed.version,
            // Law and decency speak of the person, not of the account.
            unit,
            discount,
            capacity,
            control,
            exploration,
            reference,
            treatments,
            holds,
            packs,
            guardrails,
            care,
            routes,
            outreach,
            rights,
            answer_within,
            plan,
            fingerprint: fingerprint.finalize().to_hex().to_string(),
        }
    }

    /// Treatments that no case can ever get: left by no route, under a condition that is never true, or after what leaves no record.
    fn nobody_can_get(&mut self, treatments: &[Treatment], routes: &[Route]) {
        let file = self.file.display().to_string();
        let mut say = |name: &str, line: Option<u64>, why: &str| {
            let mut problem = Problem::error("policy.unreachable", format!("nobody can get `{name}`: {why}"))
                .file(file.clone())
                .rule("a treatment that some case can get")
                .help("mend it, or take the treatment out");
            if let Some(line) = line {
                problem = problem.row(line);
            }
            self.problems.push(problem);
        };
        for (place, t) in treatments.iter().enumerate() {
            if !routes.is_empty() && routes.iter().all(|r| !r.allow.contains(&place)) {
                say(&t.name, None, "no [routing] leaves it");
            }
            if let Some(other) = t.after.iter().map(|o| &treatments[*o]).find(|o| o.channel == Channel::NONE) {
                say(&t.name, None, &format!("`{}` must have been tried, and leaves no record", other.name));
            }
            // What can be read without any column is the same for every case.
            if let Some((sql, line)) = &t.eligible
                && let Ok(constant) = Expression::condition(sql, &Columns::default())
                && constant.holds(&Columns::default(), 0) != Some(true)
            {
                say(&t.name, Some(*line), "its condition is never true");
            }
        }
    }

    fn outreach(&mut self, typed: Option<TypedOutreach>) -> Outreach {
        let nowhere = Outreach { days_after: 0, hours: Hours { from: 0, to: 1 }, zone: Zone::Fixed(0), zone_name: String::new(), team: None };
        let Some(typed) = typed else {
            let help = "[outreach] day = \"next\", hours = \"09:00-20:00\", time_zone = \"Asia/Shanghai\"";
            self.missing("outreach", "on which day and in which hours what is decided is done", help);
            return nowhere;
        };
        let day = self.word(typed.day.span().start, typed.day.get_ref(), &["same", "next"], "day of outreach");
        let hours = Hours::parse(typed.hours.get_ref());
        if hours.is_none_or(|h| h.from >= h.to) {
            let message = format!("the hours of the floor cannot be read: {:?}", typed.hours.get_ref());
            self.push(typed.hours.span().start, "policy.bad_value", message, "hours of one day, such as \"09:00-20:00\"", None);
        }
        let zone = Zone::parse(typed.time_zone.get_ref());
        if zone.is_none() {
            let message = format!("there is no time zone {:?}", typed.time_zone.get_ref());
            let rule = "an IANA name such as \"Asia/Shanghai\", or an offset such as \"+08:00\"";
            self.push(typed.time_zone.span().start, "policy.bad_value", message, rule, None);
        }
        Outreach {
            days_after: day.unwrap_or(0) as i32,
            hours: hours.unwrap_or(nowhere.hours),
            zone: zone.unwrap_or(nowhere.zone),
            zone_name: typed.time_zone.into_inner(),
            team: typed.team.map(|team| {
                let line = self.line(team.span().start);
                (team.into_inner(), line)
            }),
        }
    }
}
