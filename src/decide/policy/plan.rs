//! `[plan]`: what a lower instalment may be, and how it is checked. Every share and rate is written; none has a silent default.

use super::typed::Checker;
use super::{ClaimOf, Treatment};
use crate::base::units::Money;
use serde::Deserialize;
use std::ops::RangeInclusive;
use toml::Spanned;

/// A share or a yearly rate in whole millionths, so that money is multiplied by it exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millionths(pub i64);

impl Millionths {
    /// One, or 100 %.
    pub const ONE: Millionths = Millionths(1_000_000);

    /// The share of a number; none where it has more than six decimals, or is none.
    pub fn of(share: f64) -> Option<Millionths> {
        let whole = (share * 1e6).round();
        ((share * 1e6 - whole).abs() <= 1e-6 * whole.abs().max(1.0) && whole.abs() <= 1e12).then_some(Millionths(whole as i64))
    }

    /// As a number.
    pub fn share(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// As a percentage without zeros at its end, `2.5 %`.
    pub fn percent(self) -> String {
        format!("{} %", self.0 as f64 / 1e4)
    }
}

/// What a plan may be.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanTerms {
    /// What it pays off: the balance, in the place of the schedule, or the arrears, on top of it.
    pub covers: ClaimOf,
    /// Days whose payments show what can be paid.
    pub shown_days: i32,
    /// Of what was paid a month, the share that may be asked.
    pub shown_share: Millionths,
    /// Of the monthly income, the share that may be asked.
    pub income_share: Millionths,
    /// Months at most.
    pub max_months: u32,
    /// The least instalment that is worth collecting.
    pub min_instalment: Money,
    /// Days from `as_of` to the first instalment, or to the payday that comes next after them.
    pub first_due_days: i32,
    /// Interest of a year on what is left.
    pub annual_rate: Millionths,
    /// The rate of a year at which money that comes later is worth less.
    pub discount_rate: Millionths,
    /// Who assumes these figures.
    pub assumed_by: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "expected { assumed_by = \"…\" }")]
struct TypedAssumed {
    assumed_by: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypedPlan {
    covers: Spanned<String>,
    shown_days: Spanned<i64>,
    shown_share: Spanned<f64>,
    income_share: Spanned<f64>,
    max_months: Spanned<i64>,
    min_instalment: Spanned<String>,
    first_due_days: Spanned<i64>,
    annual_rate: Spanned<f64>,
    discount_rate: Spanned<f64>,
    source: TypedAssumed,
}

impl Checker<'_> {
    pub(super) fn plan(&mut self, typed: Spanned<TypedPlan>, treatments: &[Treatment]) -> PlanTerms {
        let at = typed.span().start;
        let t = typed.into_inner();
        if treatments.iter().all(|t| t.name != "plan") {
            let message = "[plan] says what a plan may be, and there is no treatment `plan`".to_string();
            self.push(at, "policy.missing_treatment", message, "[[treatment]] name = \"plan\"", None);
        }
        let covers = match self.word(t.covers.span().start, t.covers.get_ref(), &["balance", "arrears"], "claim that a plan pays off") {
            Some(1) => ClaimOf::Arrears,
            _ => ClaimOf::Balance,
        };
        let min_instalment = self.amount(&t.min_instalment, "min_instalment");
        // What cannot be read is told already.
        if Money::parse(t.min_instalment.get_ref().as_bytes(), self.minor_digits) == Ok(Money(0)) {
            let message = "[plan] min_instalment is 0: an instalment of nothing would be a plan".to_string();
            self.push(t.min_instalment.span().start, "policy.bad_value", message, "an amount above 0", None);
        }
        if t.source.assumed_by.get_ref().trim().is_empty() {
            let help = "source = { assumed_by = \"a person or a department\" }";
            let message = "nobody is named who assumes the shares and rates of [plan]".to_string();
            self.push(t.source.assumed_by.span().start, "policy.no_source", message, "say by whom", Some(help.into()));
        }
        let above_none = Millionths(1)..=Millionths::ONE;
        let up_to_one = Millionths(0)..=Millionths::ONE;
        PlanTerms {
            covers,
            // Shorter than a month says nothing of a month.
            shown_days: self.whole(&t.shown_days, "shown_days", 28..=1_830) as i32,
            shown_share: self.millionths(&t.shown_share, "shown_share", above_none.clone()),
            income_share: self.millionths(&t.income_share, "income_share", above_none),
            max_months: self.whole(&t.max_months, "max_months", 1..=360) as u32,
            min_instalment,
            first_due_days: self.whole(&t.first_due_days, "first_due_days", 1..=92) as i32,
            annual_rate: self.millionths(&t.annual_rate, "annual_rate", up_to_one.clone()),
            discount_rate: self.millionths(&t.discount_rate, "discount_rate", up_to_one),
            assumed_by: t.source.assumed_by.into_inner(),
        }
    }

    /// A whole number within bounds; the nearest bound stands in for one that is not, and its problem is kept.
    fn whole(&mut self, typed: &Spanned<i64>, key: &str, within: RangeInclusive<i64>) -> i64 {
        let (n, least, most) = (*typed.get_ref(), *within.start(), *within.end());
        if !within.contains(&n) {
            self.push(
                typed.span().start,
                "policy.bad_value",
                format!("[plan] {key} is {n}"),
                &format!("a whole number from {least} to {most}"),
                None,
            );
        }
        n.clamp(least, most)
    }

    fn millionths(&mut self, typed: &Spanned<f64>, key: &str, within: RangeInclusive<Millionths>) -> Millionths {
        let share = *typed.get_ref();
        let found = Millionths::of(share).filter(|share| within.contains(share));
        if found.is_none() {
            let rule = if within.contains(&Millionths(0)) {
                "a rate from 0 to 1 with at most six decimals"
            } else {
                "a share above 0 and at most 1 with at most six decimals"
            };
            self.push(typed.span().start, "policy.bad_value", format!("[plan] {key} is {share}"), rule, None);
        }
        found.unwrap_or(*within.end())
    }
}
