//! The share of borrowers that is kept for comparison, and the share on whom other treatments are tried: as typed, and checked.
//!
//! Both are off unless the policy turns them on.

use super::typed::Checker;
use super::{Family, Scope, Treatment};
use serde::Deserialize;
use toml::Spanned;

/// The share of borrowers that is kept on waiting or on a standard treatment, so that the policy's worth can be measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// Of all borrowers, 0 to 1.
    pub share: f64,
    /// What the draw is made from, with the borrower: the same salt keeps the same borrowers.
    pub salt: String,
    /// Place of the treatment that they get where it is free; they wait where it is not.
    pub keep: usize,
}

/// The share of borrowers on whom another treatment is tried than the one that is worth most, within the guardrails.
#[derive(Clone, Debug, PartialEq)]
pub struct Exploration {
    /// Of all borrowers of a run, 0 to 1.
    pub share: f64,
    /// What the draw is made from, with the borrower and the day.
    pub salt: String,
    /// Places of the treatments that are tried, each with the same chance where it is free.
    pub among: Vec<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypedControl {
    share: f64,
    salt: String,
    keep: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypedExploration {
    share: f64,
    salt: String,
    among: Vec<Spanned<String>>,
}

impl Checker<'_> {
    fn draw(&mut self, at: usize, section: &str, share: f64, salt: &str) {
        if !(0.0..1.0).contains(&share) {
            self.push(at, "policy.bad_value", format!("[{section}] share is {share}"), "a share of all borrowers, from 0 to below 1", None);
        }
        if salt.trim().is_empty() {
            let help = "name what is measured, such as salt = \"2026-q4\"; another salt draws other borrowers";
            self.push(at, "policy.bad_value", format!("[{section}] has no salt"), "a text", Some(help.into()));
        }
    }

    /// The place of a treatment that a borrower may be given by lot: one that covers them all, that nobody signs and that is no law.
    fn by_lot(&mut self, name: &Spanned<String>, section: &str, treatments: &[Treatment], unit: Scope) -> Option<usize> {
        let names: Vec<String> = treatments.iter().map(|t| t.name.clone()).collect();
        let place = self.treatment_place(name, &names)?;
        let t = &treatments[place];
        let covers = unit == Scope::Account || t.scope == Scope::Borrower;
        if !covers || t.signed_by.is_some() || t.family == Family::Legal || t.name == "human_review" {
            let message = format!("[{section}] gives `{}` by lot", t.name);
            let rule = "a treatment that covers the whole decision unit and that nobody signs; no law, no human review";
            self.push(name.span().start, "policy.by_lot", message, rule, None);
            return None;
        }
        Some(place)
    }

    pub(super) fn control(&mut self, typed: Spanned<TypedControl>, treatments: &[Treatment], unit: Scope) -> Option<Control> {
        let at = typed.span().start;
        let typed = typed.into_inner();
        self.draw(at, "control", typed.share, &typed.salt);
        let keep = self.by_lot(&typed.keep, "control", treatments, unit)?;
        (typed.share > 0.0).then_some(Control { share: typed.share, salt: typed.salt, keep })
    }

    pub(super) fn exploration(&mut self, typed: Spanned<TypedExploration>, treatments: &[Treatment], unit: Scope) -> Option<Exploration> {
        let at = typed.span().start;
        let typed = typed.into_inner();
        self.draw(at, "exploration", typed.share, &typed.salt);
        let mut among: Vec<usize> = typed.among.iter().filter_map(|name| self.by_lot(name, "exploration", treatments, unit)).collect();
        among.sort_unstable();
        among.dedup();
        if among.len() < 2 {
            let message = "[exploration] has fewer than two treatments to try".to_string();
            self.push(at, "policy.bad_value", message, "among = two treatments or more", None);
        }
        (typed.share > 0.0).then_some(Exploration { share: typed.share, salt: typed.salt, among })
    }
}
