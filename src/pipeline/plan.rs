//! `recoup plan`: a plan for a case of a run, what it rests on, and what stands in its way; or other terms that somebody offers.

use super::Steps;
use super::explain::case::rule_line;
use super::explain::{Decided, with_run};
use super::run_record::MovedFiles;
use crate::base::bilingual::{Bilingual, Lang};
use crate::base::problem::{Problem, Problems, Result};
use crate::base::units::Money;
use crate::decide::plan::{Ability, Binds, Plan, PlanFacts, Refused, needed, plan_at, plan_in, plan_of};
use crate::decide::policy::{ClaimOf, PlanTerms};
use crate::decide::words::vetoes;
use crate::report::plan::{AbilityLine, AskedLine, PlanLines, PlanRow, PlanSummary, RefusedLine, in_one_line};
use std::path::Path;

/// Other terms than what can be paid: what somebody offers.
#[derive(Clone, Debug, Default)]
pub struct PlanAsk {
    /// An instalment, as typed.
    pub instalment: Option<String>,
    /// Months.
    pub months: Option<u32>,
}

/// A plan for a case, `account` or `account@as_of`, of the run in a folder.
///
/// # Errors
/// As [`super::explain()`]; `plan.no_terms` where the policy does not say what a plan may be; `plan.bad_offer`.
pub fn plan(case: &str, run: &Path, moved: &MovedFiles, lang: Lang, ask: &PlanAsk, steps: Steps<'_>) -> Result<(PlanSummary, Problems)> {
    with_run(run, moved, false, steps, |d| {
        let k = d.case(case)?;
        let policy = d.decisions.policy;
        let (Some((terms, facts)), Some(place)) = (d.decisions.guard.plan(k), policy.place("plan")) else {
            return Err(Problem::error("plan.no_terms", "the policy does not say what a plan may be")
                .file(policy.file.display().to_string())
                .rule("a section [plan]")
                .help("[plan] covers = \"balance\", shown_days = 180, shown_share = 0.9, income_share = 0.25, max_months = 36, min_instalment = \"50.00\", first_due_days = 30, annual_rate = 0.0, discount_rate = 0.06, source = { assumed_by = \"…\" }")
                .fail());
        };
        let offered = offer(ask, d.digits)?;
        let found = match offered {
            None => plan_of(terms, &facts),
            Some(Offer::Instalment(instalment)) => plan_at(terms, &facts, instalment),
            Some(Offer::Months(months)) => plan_in(terms, &facts, months),
        };
        let ability = Ability::of(terms, &facts);
        let beyond = offered.and_then(|_| found.as_ref().ok()).and_then(|plan| beyond(plan, &ability, d.digits));
        let changed = d.decided_otherwise(k, run)?.into_iter().chain(d.changed.iter().cloned());
        let cases = &d.observed.cases;
        let other_cases = (0..cases.len()).filter(|other| *other != k && cases.borrower[*other] == cases.borrower[k]).count();
        Ok(PlanSummary {
            lang,
            account: cases.account_id(k).to_string(),
            borrower: cases.borrower_id(k).to_string(),
            as_of: d.as_of,
            run: d.run.clone(),
            policy: format!("{} {}", policy.name, policy.version),
            changed: changed.map(|what| what.get(lang).to_string()).collect(),
            currency: d.book.project.currency.code.clone(),
            covers: terms.covers,
            amount: facts.amount.map(|amount| amount.text(d.digits)),
            ability: ability_line(d, terms, &facts, &ability, lang),
            asked: offered.map(|offer| match offer {
                Offer::Instalment(instalment) => AskedLine { instalment: Some(instalment.text(d.digits)), months: None },
                Offer::Months(months) => AskedLine { instalment: None, months: Some(months) },
            }),
            beyond_shown: beyond.map(|words| words.get(lang).to_string()),
            above_schedule: found
                .as_ref()
                .ok()
                .and_then(|plan| above_schedule(plan, terms, &facts, d.digits))
                .map(|words| words.get(lang).to_string()),
            refused: found.as_ref().err().map(|refused| refused_line(*refused, terms, &facts, d.digits, lang)),
            plan: found.ok().map(|plan| plan_lines(d, &plan, terms, lang)),
            vetoes: vetoes(d.decisions, k, place).iter().filter(|veto| veto.id != "plan:payable").map(|veto| rule_line(veto, lang)).collect(),
            recommended: usize::from(d.decisions.chosen[k]) == place,
            other_cases,
            assumed: assumed(terms).get(lang).to_string(),
        })
    })
}

/// What somebody offers.
#[derive(Clone, Copy)]
enum Offer {
    Instalment(Money),
    Months(u32),
}

fn offer(ask: &PlanAsk, digits: u8) -> Result<Option<Offer>> {
    let bad = |what: String, value: String, rule: &str| Problem::error("plan.bad_offer", what).value(value).rule(rule).fail();
    match (&ask.instalment, ask.months) {
        (Some(typed), _) => match Money::parse(typed.as_bytes(), digits) {
            Ok(instalment) if instalment > Money(0) => Ok(Some(Offer::Instalment(instalment))),
            Ok(_) => Err(bad("an instalment of nothing never pays".into(), typed.clone(), "--instalment: an amount above 0")),
            Err(why) => Err(bad(why.message().into(), typed.clone(), "--instalment: a decimal such as 120.00")),
        },
        (None, Some(0)) => Err(bad("a plan of no months never pays".into(), "0".into(), "--months: 1 or more")),
        (None, months) => Ok(months.map(Offer::Months)),
    }
}

/// What is offered, where it is more than was shown: who offers too much breaks the plan.
fn beyond(plan: &Plan, ability: &Ability, digits: u8) -> Option<Bilingual> {
    let asked = plan.instalment.text(digits);
    match ability.payable {
        Ok(payable) if plan.instalment <= payable => None,
        Ok(payable) => {
            let payable = payable.text(digits);
            Some(Bilingual::new(format!("{asked} a month, and {payable} can be paid"), format!("每月 {asked}，而可还 {payable}")))
        }
        Err(refused) => {
            let why = refused.words(digits);
            Some(Bilingual::new(format!("{asked} a month, and {}", why.en), format!("每月 {asked}，而{}", why.zh)))
        }
    }
}

/// What a plan asks beyond the instalments in whose place it comes.
fn above_schedule(plan: &Plan, terms: &PlanTerms, facts: &PlanFacts, digits: u8) -> Option<Bilingual> {
    let regular = facts.regular.filter(|regular| terms.covers == ClaimOf::Balance && *regular > Money(0) && plan.instalment > *regular)?;
    let (asked, regular) = (plan.instalment.text(digits), regular.text(digits));
    Some(Bilingual::new(
        format!("{asked} a month is more than the {regular} that the next month asks by what was agreed before: it ends sooner, and is no lighter"),
        format!("每月 {asked} 高于原约定下月应付的 {regular}：结清更早，但并未减轻负担"),
    ))
}

fn ability_line(d: &Decided<'_>, terms: &PlanTerms, facts: &PlanFacts, ability: &Ability, lang: Lang) -> AbilityLine {
    let text = |amount: Option<Money>| amount.map(|amount| amount.text(d.digits));
    AbilityLine {
        income: text(facts.income),
        income_share: terms.income_share.share(),
        by_income: text(ability.by_income),
        paid: text(facts.paid),
        shown_days: terms.shown_days,
        shown_share: terms.shown_share.share(),
        by_payments: text(ability.by_payments),
        regular: text(facts.regular),
        binds: ability.binds.map(|binds| match binds {
            Binds::Income => "income",
            Binds::Payments => "payments",
        }),
        payable: text(ability.payable.ok()),
        sentences: ability_sentences(d, terms, facts, ability).iter().map(|said| said.get(lang).to_string()).collect(),
    }
}

fn ability_sentences(d: &Decided<'_>, terms: &PlanTerms, facts: &PlanFacts, ability: &Ability) -> Vec<Bilingual> {
    let text = |amount: Money| amount.text(d.digits);
    let (share, days, shown) = (terms.income_share.percent(), terms.shown_days, terms.shown_share.percent());
    let mut said = vec![match (facts.income, ability.by_income) {
        (Some(income), Some(by)) => Bilingual::new(
            format!("income {} a month: {share} of it is {}", text(income), text(by)),
            format!("月收入 {}：其 {share} 为 {}", text(income), text(by)),
        ),
        _ => Bilingual::new("the income is not known", "收入未知"),
    }];
    said.push(match (facts.paid, ability.by_payments) {
        (Some(paid), Some(by)) => Bilingual::new(
            format!("paid in {days} days, net of reversals: {}; {shown} × {} / {days} × 30.4375 = {} a month", text(paid), text(paid), text(by)),
            format!("{days} 天内净还款 {}：{shown} × {} / {days} × 30.4375 = 每月 {}", text(paid), text(paid), text(by)),
        ),
        _ => Bilingual::new("payments are not known", "还款记录未知"),
    });
    if let (ClaimOf::Arrears, Some(regular)) = (terms.covers, facts.regular) {
        said.push(Bilingual::new(
            format!("the regular instalments of the next month, {}, come first", text(regular)),
            format!("未来一个月的正常期供 {} 优先", text(regular)),
        ));
    }
    said.push(match (ability.payable, ability.binds) {
        (Ok(payable), Some(Binds::Income)) => {
            Bilingual::new(format!("payable: {}; the income binds", text(payable)), format!("可还：{}；以收入为限", text(payable)))
        }
        (Ok(payable), _) => {
            Bilingual::new(format!("payable: {}; what was paid binds", text(payable)), format!("可还：{}；以已显示的还款为限", text(payable)))
        }
        (Err(refused), _) => refused.words(d.digits),
    });
    said
}

fn plan_lines(d: &Decided<'_>, plan: &Plan, terms: &PlanTerms, lang: Lang) -> PlanLines {
    let text = |amount: Money| amount.text(d.digits);
    PlanLines {
        months: plan.rows.len(),
        instalment: text(plan.instalment),
        last_instalment: text(plan.last()),
        first_due_on: plan.rows.first().map(|row| row.due_on),
        interest: text(plan.interest),
        total: text(plan.total),
        present_value: text(plan.present_value),
        annual_rate: terms.annual_rate.share(),
        discount_rate: terms.discount_rate.share(),
        in_one_line: in_one_line(plan, terms, &d.book.project.currency.code, d.digits).get(lang).to_string(),
        rows: plan
            .rows
            .iter()
            .map(|row| PlanRow {
                number: row.number,
                due_on: row.due_on,
                instalment: text(row.instalment),
                interest: text(row.interest),
                principal: text(row.principal),
                remaining: text(row.remaining),
            })
            .collect(),
    }
}

fn refused_line(refused: Refused, terms: &PlanTerms, facts: &PlanFacts, digits: u8, lang: Lang) -> RefusedLine {
    let needed_instalment = needed(terms, facts).map(|least| least.text(digits));
    let mut said: Vec<Bilingual> = Vec::new();
    if let Some(least) = &needed_instalment {
        let most = terms.max_months;
        said.push(Bilingual::new(
            format!("a plan can be had from {least} a month on: that pays it in at most {most} months"),
            format!("每月不少于 {least} 方可成立：可在最多 {most} 个月内还清"),
        ));
    }
    if matches!(refused, Refused::IncomeZero | Refused::NoAbility { .. } | Refused::AbilityUnknown) {
        let (share, shown, days) = (terms.income_share.percent(), terms.shown_share.percent(), terms.shown_days);
        said.push(Bilingual::new(
            format!("that would be {share} of an income, or {shown} of the payments of {days} days"),
            format!("该金额应为收入的 {share}，或 {days} 天还款的 {shown}"),
        ));
    }
    RefusedLine {
        why: refused.code(),
        text: refused.words(digits).get(lang).to_string(),
        unknown: refused.is_unknown(),
        needed_instalment,
        needed: said.iter().map(|words| words.get(lang).to_string()).collect(),
    }
}

fn assumed(terms: &PlanTerms) -> Bilingual {
    let by = &terms.assumed_by;
    let (income, shown, rate, discount) =
        (terms.income_share.percent(), terms.shown_share.percent(), terms.annual_rate.percent(), terms.discount_rate.percent());
    Bilingual::new(
        format!("assumed by {by}: {income} of the income, {shown} of what was paid, interest {rate} and discount {discount} a year"),
        format!("{by} 假定：收入的 {income}、已还金额的 {shown}，年利率 {rate}，年折现率 {discount}"),
    )
}
