//! A plan for a case, or why there is none: one plain value, and the sentences in which plans are told. Its layout on a terminal is in `terminal_plan`.

use super::explanation::RuleLine;
use crate::base::bilingual::{Bilingual, Lang};
use crate::base::dates::Day;
use crate::base::units::Money;
use crate::decide::plan::Plan;
use crate::decide::policy::{ClaimOf, Millionths, PlanTerms};
use serde::Serialize;

/// A plan for a case, or why there is none.
#[derive(Debug, Serialize)]
pub struct PlanSummary {
    /// The language of its sentences.
    pub lang: Lang,
    /// The account.
    pub account: String,
    /// Its borrower.
    pub borrower: String,
    /// The day.
    pub as_of: Day,
    /// The run.
    pub run: String,
    /// The policy and its version.
    pub policy: String,
    /// Inputs that are no longer what they were at the run.
    pub changed: Vec<String>,
    /// Currency of the amounts.
    pub currency: String,
    /// `balance` or `arrears`: what a plan pays off.
    pub covers: ClaimOf,
    /// How much that is; none where it is not known.
    pub amount: Option<String>,
    /// What can be paid, and what that rests on.
    pub ability: AbilityLine,
    /// What somebody offers in the place of what can be paid.
    pub asked: Option<AskedLine>,
    /// The plan; none where it is refused.
    pub plan: Option<PlanLines>,
    /// Why it is refused.
    pub refused: Option<RefusedLine>,
    /// What was offered is beyond what was shown: by how much, in words.
    pub beyond_shown: Option<String>,
    /// The plan asks more a month than what it takes the place of, in words: it ends sooner, and is no lighter.
    pub above_schedule: Option<String>,
    /// The other rules that veto a plan for this case; empty where none does.
    pub vetoes: Vec<RuleLine>,
    /// Whether the strategy of the case is the plan.
    pub recommended: bool,
    /// The borrower's other cases of the day: each is asked by itself, and they share one income.
    pub other_cases: usize,
    /// Who assumes the shares and rates.
    pub assumed: String,
}

/// What can be paid a month, and what that rests on.
#[derive(Debug, Serialize)]
pub struct AbilityLine {
    /// Monthly income; none where it is not known.
    pub income: Option<String>,
    /// The share of it that may be asked.
    pub income_share: f64,
    /// That share of it.
    pub by_income: Option<String>,
    /// Net payments of `shown_days`; none where they are not known.
    pub paid: Option<String>,
    /// The days.
    pub shown_days: i32,
    /// Of what was paid a month, the share that may be asked.
    pub shown_share: f64,
    /// `shown_share × paid / shown_days × 30.4375`, rounded down.
    pub by_payments: Option<String>,
    /// Regular instalments of the next month, by what was agreed before: taken off where the plan is for the arrears.
    pub regular: Option<String>,
    /// `income` or `payments`, whichever binds.
    pub binds: Option<&'static str>,
    /// What may be asked a month.
    pub payable: Option<String>,
    /// The same in sentences.
    pub sentences: Vec<String>,
}

/// What somebody offers.
#[derive(Debug, Serialize)]
pub struct AskedLine {
    /// An instalment.
    pub instalment: Option<String>,
    /// Months.
    pub months: Option<u32>,
}

/// A plan with its schedule.
#[derive(Debug, Serialize)]
pub struct PlanLines {
    /// Months.
    pub months: usize,
    /// Each instalment but the last.
    pub instalment: String,
    /// The last.
    pub last_instalment: String,
    /// The day of the first.
    pub first_due_on: Option<Day>,
    /// Interest in all.
    pub interest: String,
    /// Everything in all.
    pub total: String,
    /// What it is worth on the day of the case.
    pub present_value: String,
    /// Interest of a year within the plan.
    pub annual_rate: f64,
    /// The rate of a year at which later money is worth less.
    pub discount_rate: f64,
    /// In one line.
    pub in_one_line: String,
    /// The instalments.
    pub rows: Vec<PlanRow>,
}

/// One instalment.
#[derive(Debug, Serialize)]
#[allow(missing_docs)]
pub struct PlanRow {
    pub number: u32,
    pub due_on: Day,
    pub instalment: String,
    pub interest: String,
    pub principal: String,
    pub remaining: String,
}

/// Why there is no plan, and what would have to be true.
#[derive(Debug, Serialize)]
pub struct RefusedLine {
    /// A word for machines.
    pub why: &'static str,
    /// In words.
    pub text: String,
    /// Whether it is for want of a fact.
    pub unknown: bool,
    /// The lowest instalment with which a plan could be had.
    pub needed_instalment: Option<String>,
    /// What would have to be true, in words.
    pub needed: Vec<String>,
}

/// A plan in one line, for an analyst.
pub fn in_one_line(plan: &Plan, terms: &PlanTerms, currency: &str, digits: u8) -> Bilingual {
    let text = |amount: Money| amount.text(digits);
    let first = plan.rows.first().map_or(Day::NULL, |row| row.due_on);
    let (count, worth, rate) = (plan.rows.len(), text(plan.present_value), terms.discount_rate.percent());
    let last = (plan.last() != plan.instalment).then(|| text(plan.last()));
    let last_zh = last.as_ref().map_or(String::new(), |last| format!("，末期 {last}"));
    let last = last.map_or(String::new(), |last| format!(" (the last {last})"));
    Bilingual::new(
        format!(
            "{count} × {} {currency}{last}, the first on {first}; worth {worth} on the day at {rate} a year, of {}",
            text(plan.instalment),
            text(plan.amount)
        ),
        format!(
            "{count} 期，每期 {} {currency}{last_zh}，首期 {first}；按年折现率 {rate} 现值 {worth}，总额 {}",
            text(plan.instalment),
            text(plan.amount)
        ),
    )
}

/// A plan as its borrower is told of it.
pub fn to_borrower(plan: &Plan, currency: &str, digits: u8) -> Bilingual {
    let text = |amount: Money| amount.text(digits);
    let first = plan.rows.first().map_or(Day::NULL, |row| row.due_on);
    let (n, instalment, total, interest) = (plan.rows.len(), text(plan.instalment), text(plan.total), text(plan.interest));
    Bilingual::new(
        format!(
            "What we propose: {n} monthly payments of at most {instalment} {currency}, the first on {first}; {total} {currency} in all, of which {interest} is interest."
        ),
        format!("我们的建议：分 {n} 个月偿还，每月不超过 {instalment} {currency}，首期 {first}；合计 {total} {currency}，其中利息 {interest}。"),
    )
}

/// The terms of a plan, as a person would explain them.
pub fn terms_in_words(terms: &PlanTerms, digits: u8) -> Bilingual {
    let (shown, income) = (terms.shown_share.percent(), terms.income_share.percent());
    let (days, most, first, least) = (terms.shown_days, terms.max_months, terms.first_due_days, terms.min_instalment.text(digits));
    let discount = terms.discount_rate.percent();
    let covers = match terms.covers {
        ClaimOf::Balance => ("the balance, in the place of the schedule", "余额（取代原计划）"),
        ClaimOf::Arrears => ("the arrears, on top of the regular instalments", "逾期金额（在正常期供之外）"),
    };
    let rate = match terms.annual_rate {
        Millionths(0) => ("no interest".to_string(), "不计息".to_string()),
        rate => (format!("{} interest a year", rate.percent()), format!("年利率 {}", rate.percent())),
    };
    Bilingual::new(
        format!(
            "a plan pays off {}: at most {shown} of what was paid a month in {days} days and {income} of the income where it is known, at least {least}, for at most \
             {most} months, the first after {first} days, {}; later money is worth {discount} less a year",
            covers.0, rate.0
        ),
        format!(
            "还款计划用于还清{}：每月不超过近 {days} 天月均已还金额的 {shown}，已知收入时不超过收入的 {income}，不低于 {least}，最多 {most} 个月，{first} 天后首期，{}；年折现率 {discount}",
            covers.1, rate.1
        ),
    )
}
