//! A policy file as typed, and how it is checked into what is meant: every problem with its line, and the house's rule on holds.

use super::{Family, HoldRule, Policy, Reference, Scope, Source, Treatment};
use crate::base::problem::{Problem, Problems, suggestion};
use crate::base::units::Money;
use crate::data::cases::Holds;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use toml::Spanned;

/// Each hold that vetoes, and the treatments that it leaves at most.
const HOUSE_HOLDS: [(&str, &[&str]); 6] = [
    ("dispute_open", &["wait", "human_review"]),
    ("complaint_open", &["wait", "human_review"]),
    ("moratorium", &["wait", "human_review"]),
    ("deceased", &["wait", "human_review"]),
    ("cease_contact", &["wait", "human_review"]),
    ("plan_active", &["wait", "plan", "human_review"]),
];

/// Treatments that need a named person's signature, whatever the policy says.
const SIGNED: [&str; 3] = ["visit", "mediation", "legal"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Typed {
    name: String,
    version: String,
    #[serde(default)]
    decision_unit: Option<Scope>,
    reference: TypedReference,
    treatment: Vec<Spanned<TypedTreatment>>,
    holds: BTreeMap<Spanned<String>, TypedHold>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedReference {
    treatment: Spanned<String>,
    effect: Option<f64>,
    source: Option<Source>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedTreatment {
    name: String,
    family: Family,
    rung: u32,
    cost: Spanned<String>,
    complaint_cost: Spanned<String>,
    effect: f64,
    source: Option<Source>,
    eligible: Option<Spanned<String>>,
    signed_by: Option<String>,
    scope: Option<Scope>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedHold {
    allow: Vec<Spanned<String>>,
    recommend: Option<Spanned<String>>,
}

/// Checks a policy file and keeps what is wrong with it.
pub(super) struct Checker<'a> {
    pub file: &'a Path,
    pub text: &'a str,
    pub minor_digits: u8,
    pub problems: Problems,
}

impl Checker<'_> {
    fn line(&self, place: usize) -> u64 {
        self.text[..place.min(self.text.len())].matches('\n').count() as u64 + 1
    }

    fn push(&mut self, at: usize, code: &'static str, message: String, rule: &str, help: Option<String>) {
        let mut problem = Problem::error(code, message).file(self.file.display().to_string()).row(self.line(at)).rule(rule);
        if let Some(help) = help {
            problem = problem.help(help);
        }
        self.problems.push(problem);
    }

    fn amount(&mut self, text: &Spanned<String>, what: &str) -> Money {
        match Money::parse(text.get_ref().as_bytes(), self.minor_digits) {
            Ok(money) if money.0 >= 0 => money,
            Ok(_) => {
                self.push(text.span().start, "policy.bad_value", format!("{what} {:?} is negative", text.get_ref()), "decimal >= 0", None);
                Money(0)
            }
            Err(why) => {
                self.push(
                    text.span().start,
                    "policy.bad_value",
                    format!("{what} {:?}: {}", text.get_ref(), why.message()),
                    "a decimal such as \"0.35\"",
                    None,
                );
                Money(0)
            }
        }
    }

    /// The policy that the file means; its problems are kept.
    pub(super) fn policy(&mut self, typed: Typed) -> Policy {
        let treatments: Vec<Treatment> = typed.treatment.into_iter().map(|t| self.treatment(t)).collect();
        let names: Vec<String> = treatments.iter().map(|t| t.name.clone()).collect();
        for (k, name) in names.iter().enumerate() {
            if names[..k].contains(name) {
                self.push(0, "policy.duplicate", format!("there are two treatments `{name}`"), "one of each name", None);
            }
        }
        for needed in ["wait", "human_review"] {
            if !names.iter().any(|n| n == needed) {
                self.push(
                    0,
                    "policy.missing_treatment",
                    format!("there is no treatment `{needed}`"),
                    "wait and human_review are always there",
                    Some(format!("add [[treatment]] name = \"{needed}\"")),
                );
            }
        }
        let reference = self.reference(typed.reference, &treatments);
        let holds = self.holds(typed.holds, &names);
        Policy {
            file: self.file.to_path_buf(),
            name: typed.name,
            version: typed.version,
            // Law and decency speak of the person, not of the account.
            unit: typed.decision_unit.unwrap_or(Scope::Borrower),
            reference,
            treatments,
            holds,
            fingerprint: blake3::hash(self.text.as_bytes()).to_hex().to_string(),
        }
    }

    fn treatment(&mut self, typed: Spanned<TypedTreatment>) -> Treatment {
        let at = typed.span().start;
        let t = typed.into_inner();
        let (cost, complaint_cost) = (self.amount(&t.cost, "cost"), self.amount(&t.complaint_cost, "complaint_cost"));
        if !t.effect.is_finite() || t.effect.abs() > 5.0 {
            self.push(at, "policy.bad_value", format!("the effect of `{}` is {}", t.name, t.effect), "log-odds between -5 and 5", None);
        }
        if t.name == "wait" {
            if t.effect != 0.0 || cost != Money(0) || complaint_cost != Money(0) || t.eligible.is_some() {
                self.push(
                    at,
                    "policy.wait",
                    "wait has an effect, a cost or a condition".into(),
                    "wait is what everything is measured against: effect 0, cost 0, always eligible",
                    None,
                );
            }
        } else if t.source.is_none() && t.effect != 0.0 {
            self.push(
                at,
                "policy.no_source",
                format!("the effect of `{}` has no source", t.name),
                "source = { assumed_by = \"…\" } or { measured_in = \"…\", n = …, interval = [ …, … ] }",
                Some("an effect that nobody measured is assumed by somebody: say by whom".into()),
            );
        }
        if SIGNED.contains(&t.name.as_str()) && t.signed_by.as_ref().is_none_or(|s| s.trim().is_empty()) {
            self.push(
                at,
                "policy.no_signature",
                format!("nobody signs `{}`", t.name),
                "signed_by = \"…\"",
                Some("visits, mediation and legal referral need a named person's signature".into()),
            );
        }
        let scope = t.scope.unwrap_or(if ["plan", "legal", "human_review"].contains(&t.name.as_str()) { Scope::Account } else { Scope::Borrower });
        let eligible = t.eligible.map(|sql| {
            // A text in three quotes begins on the next line when its first line is empty.
            let opens_below = self.text[sql.span().start..].starts_with("\"\"\"\n") || self.text[sql.span().start..].starts_with("'''\n");
            let line = self.line(sql.span().start) + u64::from(opens_below);
            (sql.into_inner(), line)
        });
        Treatment {
            name: t.name,
            family: t.family,
            rung: t.rung,
            cost,
            complaint_cost,
            effect: t.effect,
            source: t.source,
            eligible,
            signed_by: t.signed_by,
            scope,
        }
    }

    fn reference(&mut self, typed: TypedReference, treatments: &[Treatment]) -> Reference {
        let at = typed.treatment.span().start;
        let name = typed.treatment.into_inner();
        if name == "history" {
            if typed.effect.is_none() || typed.source.is_none() {
                self.push(
                    at,
                    "policy.reference",
                    "a history reference has no effect or source".into(),
                    "effect = log-odds of what was done in the past against wait, and its source",
                    None,
                );
            }
            return Reference { name, effect: typed.effect.unwrap_or(0.0), source: typed.source };
        }
        if typed.effect.is_some() || typed.source.is_some() {
            self.push(
                at,
                "policy.reference",
                format!("the reference `{name}` has its effect where the treatment stands"),
                "effect and source only for treatment = \"history\"",
                None,
            );
        }
        match treatments.iter().find(|t| t.name == name) {
            Some(t) => Reference { effect: t.effect, source: if name == "wait" { None } else { t.source.clone() }, name },
            None => {
                let known: Vec<&str> = treatments.iter().map(|t| t.name.as_str()).chain(["history"]).collect();
                let help = suggestion(&name, known.iter().copied());
                self.push(at, "policy.reference", format!("the reference `{name}` is no treatment"), "wait, a treatment, or history", Some(help));
                Reference { name, effect: 0.0, source: None }
            }
        }
    }

    fn holds(&mut self, typed: BTreeMap<Spanned<String>, TypedHold>, names: &[String]) -> Vec<HoldRule> {
        let all: Vec<&str> = Holds::ALL.iter().map(|(_, n)| *n).collect();
        for (required, _) in HOUSE_HOLDS {
            if !typed.keys().any(|k| k.get_ref() == required) {
                self.push(
                    0,
                    "policy.missing_hold",
                    format!("the policy says nothing about the hold `{required}`"),
                    "every hold that vetoes stands in the policy",
                    Some(format!("add [holds.{required}] allow = [\"wait\", \"human_review\"]")),
                );
            }
        }
        let mut rules = Vec::new();
        for (key, hold) in typed {
            let at = key.span().start;
            let Some((bit, name)) = Holds::ALL.into_iter().find(|(_, n)| *n == key.get_ref().as_str()) else {
                let help = suggestion(key.get_ref(), all.iter().copied());
                self.push(at, "policy.unknown_hold", format!("there is no hold `{}`", key.get_ref()), "a hold that events can set", Some(help));
                continue;
            };
            let place = |this: &mut Self, treatment: &Spanned<String>| match names.iter().position(|n| n == treatment.get_ref()) {
                Some(place) => Some(place),
                None => {
                    let help = suggestion(treatment.get_ref(), names.iter().map(String::as_str));
                    this.push(
                        treatment.span().start,
                        "policy.unknown_treatment",
                        format!("there is no treatment `{}`", treatment.get_ref()),
                        "a treatment of this policy",
                        Some(help),
                    );
                    None
                }
            };
            let allow: Vec<usize> = hold.allow.iter().filter_map(|t| place(self, t)).collect();
            let recommend = hold.recommend.as_ref().and_then(|t| place(self, t));
            if let Some((_, at_most)) = HOUSE_HOLDS.iter().find(|(n, _)| *n == name) {
                for extra in hold.allow.iter().filter(|t| !at_most.contains(&t.get_ref().as_str())) {
                    self.push(
                        extra.span().start,
                        "policy.hold_too_loose",
                        format!("`{}` is not allowed under the hold `{name}`", extra.get_ref()),
                        &format!("at most {}", at_most.join(", ")),
                        Some("a hold is the borrower's right, not a price: no policy loosens it".into()),
                    );
                }
            }
            if !allow.iter().any(|k| names[*k] == "wait") {
                self.push(at, "policy.hold_without_wait", format!("the hold `{name}` does not allow wait"), "wait is always allowed", None);
            }
            if let Some(recommend) = recommend
                && !allow.contains(&recommend)
            {
                self.push(at, "policy.hold_recommends", format!("the hold `{name}` recommends what it does not allow"), "one of `allow`", None);
            }
            rules.push(HoldRule { hold: bit, name, allow, recommend });
        }
        rules
    }
}
