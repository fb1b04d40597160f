//! Treatments and the reference as typed, and how they are checked: costs, sources, signatures, and the ladder that they stand on.

use super::typed::Checker;
use super::{Channel, Court, Family, Reference, Scope, Source, Treatment};
use crate::base::bilingual::Bilingual;
use crate::base::problem::suggestion;
use crate::base::units::Money;
use crate::decide::allocate::MILLIONTHS;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// Treatments that need a named person's signature, whatever the policy says.
const SIGNED: [&str; 4] = ["visit", "mediation", "small_claims", "legal"];

/// Treatments that stand for an account alone unless the policy says otherwise.
const OF_AN_ACCOUNT: [&str; 5] = ["plan", "short_term_funding", "small_claims", "legal", "human_review"];

/// Treatments whose words and channel recoup knows: name, channel, English, Chinese.
pub const KNOWN: [(&str, &str, &str, &str); 12] = [
    ("wait", "none", "wait", "等待"),
    ("sms", "sms", "text message", "短信"),
    ("call", "call", "call", "电话"),
    ("ai_call", "ai_call", "automatic call", "智能语音电话"),
    ("plan", "offer", "plan adjustment", "还款计划调整"),
    ("short_term_funding", "offer", "short-term funding", "短期资金支持"),
    ("letter", "letter", "formal letter", "正式信函"),
    ("visit", "visit", "visit", "上门"),
    ("mediation", "mediator", "mediation", "调解"),
    ("small_claims", "small_claims_court", "small claims court", "小额诉讼"),
    ("legal", "court", "legal referral", "法律诉讼"),
    ("human_review", "none", "review by a person", "人工复核"),
];

/// The name of the list of evidence to be gathered, which stands beside the work lists of treatments.
pub const EVIDENCE: &str = "evidence";

/// A mask holds one bit a treatment.
const MOST: usize = 32;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypedReference {
    treatment: Spanned<String>,
    effect: Option<f64>,
    source: Option<Source>,
    outcome: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypedTreatment {
    name: String,
    label: Option<Bilingual>,
    family: Family,
    rung: u32,
    channel: Option<Spanned<String>>,
    cost: Spanned<String>,
    complaint_cost: Spanned<String>,
    #[serde(default)]
    resources: BTreeMap<String, f64>,
    effect: f64,
    source: Option<Source>,
    eligible: Option<Spanned<String>>,
    #[serde(default)]
    after: Vec<Spanned<String>>,
    after_days: Option<i32>,
    signed_by: Option<String>,
    scope: Option<Scope>,
    cost_share: Option<f64>,
    #[serde(default)]
    takes_days: i32,
    court: Option<TypedCourt>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedCourt {
    court_cost: Spanned<String>,
    court_cost_share: f64,
    lawyer_cost: Spanned<String>,
    lawyer_share: f64,
    collects: f64,
    source: Source,
}

impl Checker<'_> {
    /// The treatments, and every problem of theirs by itself and together.
    pub(super) fn treatments(&mut self, typed: Vec<Spanned<TypedTreatment>>) -> Vec<Treatment> {
        let names: Vec<String> = typed.iter().map(|t| t.get_ref().name.clone()).collect();
        let places: Vec<usize> = typed.iter().map(|t| t.span().start).collect();
        if names.len() > MOST {
            self.push(places[MOST], "policy.too_many", format!("there are {} treatments", names.len()), &format!("at most {MOST}"), None);
        }
        let treatments: Vec<Treatment> = typed.into_iter().map(|t| self.treatment(t, &names)).collect();
        for (k, name) in names.iter().enumerate() {
            if names[..k].contains(name) {
                self.push(places[k], "policy.duplicate", format!("there are two treatments `{name}`"), "one of each name", None);
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
        self.ladder(&treatments, &places);
        treatments
    }

    fn treatment(&mut self, typed: Spanned<TypedTreatment>, names: &[String]) -> Treatment {
        let at = typed.span().start;
        let t = typed.into_inner();
        // A treatment names its work list, which is a file beside the one of evidence to be gathered.
        let plain = !t.name.is_empty() && t.name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if !plain || t.name == EVIDENCE {
            self.push(
                at,
                "policy.bad_name",
                format!("a treatment is named {:?}", t.name),
                &format!("letters, digits, `_` and `-`, and not `{EVIDENCE}`: the name of a work list"),
                None,
            );
        }
        let known = KNOWN.iter().find(|(name, ..)| *name == t.name);
        let label = match (t.label, known) {
            (Some(label), _) => label,
            (None, Some((_, _, en, zh))) => Bilingual::new(*en, *zh),
            (None, None) => {
                let help = "label = { en = \"…\", zh = \"…\" }";
                self.push(
                    at,
                    "policy.no_label",
                    format!("recoup has no words for `{}`", t.name),
                    "what people call it, in both languages",
                    Some(help.into()),
                );
                Bilingual::default()
            }
        };
        if label.lacks_one() && !label.en.is_empty() | !label.zh.is_empty() {
            self.push(at, "policy.one_language", format!("the label of `{}` is in one language alone", t.name), "en and zh", None);
        }
        let channel = match (&t.channel, known) {
            (Some(channel), _) => {
                let all: Vec<&str> = Channel::names().collect();
                self.word(channel.span().start, channel.get_ref(), &all, "channel").map_or(Channel::NONE, |place| Channel(place as u8))
            }
            (None, Some((_, channel, ..))) => Channel::named(channel).unwrap_or(Channel::NONE),
            (None, None) => {
                let all: Vec<&str> = Channel::names().collect();
                self.push(
                    at,
                    "policy.no_channel",
                    format!("nothing says by what `{}` reaches the borrower", t.name),
                    &format!("channel = one of {}", all.join(", ")),
                    None,
                );
                Channel::NONE
            }
        };
        let (cost, complaint_cost) = (self.amount(&t.cost, "cost"), self.amount(&t.complaint_cost, "complaint_cost"));
        if !t.effect.is_finite() || t.effect.abs() > 5.0 {
            self.push(at, "policy.bad_value", format!("the effect of `{}` is {}", t.name, t.effect), "log-odds between -5 and 5", None);
        }
        for (resource, amount) in t.resources.iter().filter(|(_, a)| millionths(**a).is_none()) {
            let rule = "a number >= 0 of at most six decimals";
            self.push(at, "policy.bad_value", format!("`{}` takes {amount} of `{resource}`", t.name), rule, None);
        }
        let scope = t.scope.unwrap_or(if OF_AN_ACCOUNT.contains(&t.name.as_str()) { Scope::Account } else { Scope::Borrower });
        let court = t.court.map(|court| self.court(at, court, &t.name));
        if t.family == Family::Legal && court.is_none() {
            self.push(
                at,
                "policy.no_court",
                format!("nothing says what a court costs and what comes of it: `{}`", t.name),
                "[treatment.court] court_cost, court_cost_share, lawyer_cost, lawyer_share, collects, source; and takes_days",
                Some("law is recommended only where it is worth more than everything softer: that needs its whole cost, its time and its chance to collect".into()),
            );
        }
        let cost_share = t.cost_share.unwrap_or(0.0);
        if !(0.0..=1.0).contains(&cost_share) || t.takes_days < 0 || t.takes_days > 3_650 {
            let message = format!("`{}` has cost_share = {cost_share}, takes_days = {}", t.name, t.takes_days);
            self.push(at, "policy.bad_value", message, "cost_share from 0 to 1, takes_days from 0 to 3650", None);
        }
        if (cost_share != 0.0 || court.is_some()) && scope == Scope::Borrower {
            let message = format!("`{}` covers all accounts of a borrower, and part of its cost is a share of one account's arrears", t.name);
            self.push(at, "policy.cost_share", message, "scope = \"account\", or no share", None);
        }
        if t.name == "wait" {
            if t.effect != 0.0 || cost != Money(0) || complaint_cost != Money(0) || t.eligible.is_some() || t.rung != 0 {
                self.push(
                    at,
                    "policy.wait",
                    "wait has an effect, a cost, a condition or a rung".into(),
                    "wait is what everything is measured against: effect 0, cost 0, rung 0, always eligible",
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
        self.source(at, &t.source, t.effect, &t.name);
        if SIGNED.contains(&t.name.as_str()) | (t.family == Family::Legal) && t.signed_by.as_ref().is_none_or(|s| s.trim().is_empty()) {
            self.push(
                at,
                "policy.no_signature",
                format!("nobody signs `{}`", t.name),
                "signed_by = \"…\"",
                Some("visits, mediation and legal referral need a named person's signature".into()),
            );
        }
        let eligible = t.eligible.map(|sql| {
            let line = self.line_of_sql(sql.span().start);
            (sql.into_inner(), line)
        });
        let climbs = t.rung >= 2 && t.family != Family::Assist;
        if climbs && t.after_days.is_none_or(|days| days < 0) {
            self.push(
                at,
                "policy.no_waiting_time",
                format!("nothing says how long the rung below `{}` is given", t.name),
                "after_days = days >= 0, for every treatment of rung 2 or more that is no assistance",
                Some("one rung at a time: the days since the rung below was first tried".into()),
            );
        }
        let after = t.after.iter().filter_map(|name| self.treatment_place(name, names)).collect();
        Treatment {
            name: t.name,
            label,
            family: t.family,
            rung: t.rung,
            channel,
            cost,
            complaint_cost,
            resources: t.resources,
            effect: t.effect,
            source: t.source,
            eligible,
            after,
            after_days: t.after_days.unwrap_or(0).max(0),
            signed_by: t.signed_by,
            scope,
            cost_share,
            takes_days: t.takes_days,
            court,
        }
    }

    fn court(&mut self, at: usize, typed: TypedCourt, name: &str) -> Court {
        let shares = [typed.court_cost_share, typed.lawyer_share, typed.collects];
        if shares.iter().any(|share| !(0.0..=1.0).contains(share)) {
            let message = format!("[treatment.court] of `{name}` has court_cost_share, lawyer_share, collects = {shares:?}");
            self.push(at, "policy.bad_value", message, "shares from 0 to 1", None);
        }
        self.source(at, &Some(typed.source.clone()), typed.collects, "collects");
        Court {
            court_cost: self.amount(&typed.court_cost, "court_cost"),
            court_cost_share: typed.court_cost_share,
            lawyer_cost: self.amount(&typed.lawyer_cost, "lawyer_cost"),
            lawyer_share: typed.lawyer_share,
            collects: typed.collects,
            source: typed.source,
        }
    }

    /// What is said to be measured must be able to have been.
    fn source(&mut self, at: usize, source: &Option<Source>, effect: f64, name: &str) {
        match source {
            Some(Source::Assumed { assumed_by }) if assumed_by.trim().is_empty() => {
                self.push(
                    at,
                    "policy.no_source",
                    format!("nobody is named who assumes the effect of `{name}`"),
                    "assumed_by = \"a person or a department\"",
                    None,
                );
            }
            Some(Source::Measured { measured_in, n, interval: [low, high] })
                if measured_in.trim().is_empty() || *n == 0 || !(low <= &effect && &effect <= high) =>
            {
                let message =
                    format!("the effect of `{name}`, {effect:+}, cannot have been measured in {n} cases with the interval {low:+} to {high:+}");
                self.push(at, "policy.bad_value", message, "where it was measured, n > 0, and the effect within its interval", None);
            }
            _ => {}
        }
    }

    /// The ladder: assistance at its foot, law at its head, no circle, no rung that nobody can reach.
    fn ladder(&mut self, treatments: &[Treatment], places: &[usize]) {
        let firm = |t: &&Treatment| t.family != Family::Assist && t.rung > 0;
        let highest = treatments.iter().filter(|t| t.family != Family::Legal).map(|t| t.rung).max().unwrap_or(0);
        for (k, t) in treatments.iter().enumerate() {
            let at = places[k];
            if t.family == Family::Assist && t.rung != 0 {
                self.push(at, "policy.assist_rung", format!("`{}` is assistance on rung {}", t.name, t.rung), "assistance stands on rung 0", None);
            }
            if t.family != Family::Assist && t.rung == 0 && t.name != "wait" {
                let message = format!("`{}` is no assistance and stands on rung 0", t.name);
                self.push(at, "policy.rung", message, "rung 1 or more: only wait and assistance stand on rung 0", None);
            }
            if t.family == Family::Legal && t.rung <= highest {
                let message = format!("`{}` is law on rung {}, and something else stands on rung {highest}", t.name, t.rung);
                self.push(at, "policy.law_not_last", message, "law comes last: a rung above everything else", None);
            }
            // The rung below must hold something whose try can be seen.
            let below = treatments.iter().filter(firm).map(|o| o.rung).filter(|r| *r < t.rung).max();
            if let Some(below) = below.filter(|_| firm(&t) && t.rung >= 2)
                && treatments.iter().filter(firm).filter(|o| o.rung == below).all(|o| o.channel == Channel::NONE)
            {
                let message = format!("nobody can get `{}`: no try of rung {below} leaves a record", t.name);
                self.push(at, "policy.unreachable", message, "a channel for something on the rung below", None);
            }
            if let Some(other) = t.after.iter().find(|o| treatments.get(**o).is_some_and(|o| o.rung > t.rung && o.family != Family::Assist)) {
                let message = format!("`{}` comes after `{}`, which stands on a higher rung", t.name, treatments[*other].name);
                self.push(at, "policy.ladder_order", message, "what must have been tried stands on the same or a lower rung", None);
            }
        }
        // A circle: following `after` from a treatment leads back to it.
        for (k, t) in treatments.iter().enumerate() {
            let (mut open, mut seen) = (t.after.clone(), vec![false; treatments.len()]);
            while let Some(next) = open.pop() {
                if next == k {
                    let message = format!("the ladder runs in a circle: `{}` must have been tried before `{}`", t.name, t.name);
                    self.push(places[k], "policy.circular_ladder", message, "`after` leads down, never back", None);
                    break;
                }
                if !std::mem::replace(&mut seen[next], true) {
                    open.extend(&treatments[next].after);
                }
            }
        }
    }

    pub(super) fn reference(&mut self, typed: TypedReference, treatments: &[Treatment]) -> Reference {
        let at = typed.treatment.span().start;
        let name = typed.treatment.into_inner();
        let outcome = typed.outcome;
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
            return Reference { name, effect: typed.effect.unwrap_or(0.0), source: typed.source, outcome };
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
            Some(t) => Reference { effect: t.effect, source: if name == "wait" { None } else { t.source.clone() }, name, outcome },
            None => {
                let known: Vec<&str> = treatments.iter().map(|t| t.name.as_str()).chain(["history"]).collect();
                let help = suggestion(&name, known.iter().copied());
                self.push(at, "policy.reference", format!("the reference `{name}` is no treatment"), "wait, a treatment, or history", Some(help));
                Reference { name, effect: 0.0, source: None, outcome }
            }
        }
    }
}

/// An amount of a resource in whole millionths; none where it is negative, not a number, or finer than that.
pub(super) fn millionths(amount: f64) -> Option<f64> {
    let whole = (amount * MILLIONTHS).round();
    let fits = amount.is_finite() && amount >= 0.0 && whole <= 9e15 && (whole / MILLIONTHS - amount).abs() <= 1e-9 * amount.max(1e-3);
    fits.then_some(whole)
}
