//! Vetoes and reasons of deciding in words, in both languages.

use super::choose::{Because, Decisions};
use super::plan::outline_of;
use super::policy::{Rule, Scope, Source, Verified};
use super::ranked::amount;
use super::rulebook::{Check, hold_words, route_words};
use crate::base::bilingual::Bilingual;

/// A rule that vetoes a treatment for a case, or warns of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Veto {
    /// The rule's identifier.
    pub id: String,
    /// What it says, and what is not known where that is why.
    pub text: Bilingual,
    /// By what authority; none for the policy's own rules.
    pub authority: Option<String>,
    /// Whether its value was seen in the primary text.
    pub verified: bool,
    /// Whether it speaks because something is not known.
    pub unknown: bool,
}

/// Every rule that vetoes a treatment for a case, in the order in which they speak; empty where it may be recommended.
pub fn vetoes(decisions: &Decisions<'_>, case: usize, treatment: usize) -> Vec<Veto> {
    let mut all = spoken(decisions, case, decisions.vetoes(case, treatment));
    if decisions.vetoed_elsewhere(case, treatment) {
        all.push(Veto {
            id: "other_account".into(),
            text: Bilingual::new("vetoed on another account of the borrower", "因借款人的另一账户被禁止"),
            authority: None,
            verified: true,
            unknown: false,
        });
    }
    all
}

/// Every rule that warns of a treatment for a case.
pub fn warnings(decisions: &Decisions<'_>, case: usize, treatment: usize) -> Vec<Veto> {
    spoken(decisions, case, decisions.warnings(case, treatment))
}

fn spoken(decisions: &Decisions<'_>, case: usize, mask: u128) -> Vec<Veto> {
    let fired = decisions.fired[case];
    let unknown = |id: u128| fired.unknown & id != 0;
    let rules = &decisions.guard.rules.entries;
    let bits = (0..rules.len()).filter(|bit| mask & (1 << bit) != 0);
    bits.map(|bit| {
        let entry = &rules[bit];
        let unknown = unknown(1 << bit);
        Veto {
            id: entry.id.clone(),
            text: if unknown { not_known(decisions, case, entry.check, &entry.text) } else { known(decisions, case, entry.check, &entry.text) },
            authority: entry.authority.as_ref().map(|(authority, _)| authority.clone()),
            verified: entry.authority.as_ref().is_none_or(|(_, verified)| *verified == Verified::Primary),
            unknown,
        }
    })
    .collect()
}

/// What a rule says of a case whose facts are known.
fn known(decisions: &Decisions<'_>, case: usize, check: Check, text: &Bilingual) -> Bilingual {
    match check {
        Check::Eligible(t) => {
            let sql = decisions.policy.treatments[t].eligible.as_ref().map_or("", |(sql, _)| sql.trim());
            let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
            Bilingual::new(format!("condition not met ({sql})"), format!("不满足条件（{sql}）"))
        }
        Check::PlanPayable(_) => refused(decisions, case, text),
        Check::Guardrail(k) => match &decisions.policy.guardrails[k].rule {
            Rule::Evidence(items) => {
                let missing = decisions.guard.facts(case).missing_evidence(items).unwrap_or_default();
                Bilingual::new(format!("{}: not on file: {}", text.en, missing.join(", ")), format!("{}：缺少 {}", text.zh, missing.join("、")))
            }
            _ => text.clone(),
        },
        _ => text.clone(),
    }
}

/// Why no plan can be paid.
fn refused(decisions: &Decisions<'_>, case: usize, text: &Bilingual) -> Bilingual {
    let refused = decisions.guard.plan(case).and_then(|(terms, facts)| outline_of(terms, &facts).err());
    match refused.map(|refused| refused.words(decisions.guard.minor_digits)) {
        Some(why) => Bilingual::new(format!("{}: {}", text.en, why.en), format!("{}：{}", text.zh, why.zh)),
        None => text.clone(),
    }
}

/// What a rule says of a case whose facts are not known: what is missing.
fn not_known(decisions: &Decisions<'_>, case: usize, check: Check, text: &Bilingual) -> Bilingual {
    let bound = &decisions.guard.bound;
    let of_condition = |condition: &Option<crate::data::expressions::Expression>| {
        condition.as_ref().map_or(Vec::new(), |c| c.unknown_columns(decisions.guard.columns(), case)).join(", ")
    };
    let missing = |what: &str, zh: &str| Bilingual::new(format!("{}: {what} not known", text.en), format!("{}：{zh}未知", text.zh));
    match check {
        Check::Eligible(t) => {
            let names = of_condition(&bound.eligible[t]);
            Bilingual::new(format!("condition unknown ({names} not known)"), format!("条件未知（{names} 未知）"))
        }
        Check::EventsUnknown => text.clone(),
        Check::PlanPayable(_) => refused(decisions, case, text),
        Check::Rung(_) | Check::After(_) => missing("the contact log is", "联络记录"),
        Check::Guardrail(k) => match &decisions.policy.guardrails[k].rule {
            Rule::Sql(_) => {
                let names = of_condition(&bound.guardrails[k]);
                missing(&names, &names)
            }
            Rule::QuietHours(_) => missing("the time zone is", "时区"),
            Rule::ContactCount(_) | Rule::DaysSinceContact(_) => missing("the contact log is", "联络记录"),
            Rule::DaysSinceEvent { .. } | Rule::Hold(_) => missing("events are", "事件记录"),
            Rule::ClaimLimit { .. } => missing("the claim is", "债权金额"),
            Rule::Limitation { .. } => missing("the due dates are", "到期日"),
            Rule::Evidence(_) => missing("what is on file is", "存档证据"),
        },
        _ => text.clone(),
    }
}

/// Why the strategy was chosen, in one line.
pub fn because(decisions: &Decisions<'_>, case: usize, minor_digits: u8) -> Bilingual {
    let policy = decisions.policy;
    let chosen = &policy.treatments[usize::from(decisions.chosen[case])];
    let assumed = matches!(chosen.source, Some(Source::Assumed { .. }));
    let gain = amount(decisions.gain[case]).text(minor_digits);
    let leads = |why: Bilingual| {
        Bilingual::new(
            format!("{}: the policy leads such cases to {}", why.en, chosen.name),
            format!("{}：策略将此类案件引向{}", why.zh, chosen.label.zh),
        )
    };
    let would = &policy.treatments[usize::from(decisions.unlimited[case].0)];
    match (decisions.because[case], decisions.runner_up[case]) {
        (Because::Place, _) => Bilingual::new(
            format!("next best: the places for {} are worth more elsewhere; {gain} over waiting", would.name),
            format!("次优方案：{}的名额用于其他案件价值更高；较等待多 {gain}", would.label.zh),
        ),
        (Because::Control, _) => Bilingual::new(
            format!("kept for comparison by lot (by value it would be {})", would.name),
            format!("抽签保留作对照（按价值应为{}）", would.label.zh),
        ),
        (Because::Exploration, _) => Bilingual::new(
            format!("tried by lot among what the rules leave (by value it would be {})", would.name),
            format!("在规则允许范围内抽签尝试（按价值应为{}）", would.label.zh),
        ),
        (Because::Hold(rule), _) => leads(hold_words(policy.holds[usize::from(rule)].name)),
        (Because::Care, _) => leads(Bilingual::new("in hardship or vulnerable, and no help was offered yet", "处于困难或弱势，且尚未提供帮助")),
        (Because::Access, _) => leads(Bilingual::new("no channel is left by which this person can be spoken to", "没有该借款人可使用的沟通渠道")),
        (Because::Route(route), _) => leads(route_words(policy.routes[usize::from(route)].quadrant)),
        (Because::WorthMost, Some((next, worth))) => {
            let next = &policy.treatments[usize::from(next)];
            let alone = worth > decisions.gain[case];
            let worth = amount(worth).text(minor_digits);
            if alone && chosen.scope == Scope::Borrower {
                // What is best for one account need not be best for all that one treatment covers.
                Bilingual::new(
                    format!("most expected gain over all the borrower's accounts: {gain} of it here (for this account alone {} {worth})", next.name),
                    format!("就借款人全部账户而言预期收益最高：其中本账户 {gain}（仅就本账户为{} {worth}）", next.label.zh),
                )
            } else if chosen.name == "wait" {
                Bilingual::new(
                    format!("no eligible treatment is worth its cost (next {} {worth})", next.name),
                    format!("没有可用措施值得其成本（其次 {} {worth}）", next.label.zh),
                )
            } else {
                Bilingual::new(
                    format!("most expected gain: {gain} over waiting (next {} {worth}){}", next.name, if assumed { ", effect assumed" } else { "" }),
                    format!("预期收益最高：较等待多 {gain}（其次 {} {worth}）{}", next.label.zh, if assumed { "，效果为假定" } else { "" }),
                )
            }
        }
        _ => Bilingual::new("nothing else may be recommended", "没有其他可推荐的措施"),
    }
}
