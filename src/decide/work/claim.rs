//! What somebody needs who takes a claim to a mediator or a court: the claim, where it stands, until when it may be brought, what is on file and what is
//! not. Beside it the list of cases that only missing evidence keeps from there.

use super::{EVIDENCE, Maker, Unit, WorkList, speaks};
use crate::base::dates::Day;
use crate::base::units::Money;
use crate::data::write::{OutColumn, OutTable};
use crate::decide::policy::{ClaimOf, Family, Rule};
use crate::decide::rulebook::{Check, Mask};

/// Stands where nobody keeps what is on file.
const NOT_KNOWN: &str = "not known";

/// The claim of a case.
struct Claim {
    amount: Money,
    stage: &'static str,
    /// The last day of the shortest limitation period in force.
    last_day: Day,
    on_file: String,
    missing: String,
}

impl Claim {
    /// The claim before the court or mediator of a treatment; before any, where none is named.
    fn of(maker: &Maker<'_>, case: usize, place: Option<usize>) -> Claim {
        let guard = &maker.decisions.guard;
        let (facts, situation) = (guard.facts(case), guard.situation());
        let minor_units = 10f64.powi(i32::from(maker.ask.minor_digits));
        let in_force = || guard.policy.guardrails.iter().filter(|g| speaks(guard, g, case, &facts));
        let of = in_force().filter(|g| place.is_none_or(|place| g.blocks.contains(&place))).find_map(|g| match g.rule {
            Rule::ClaimLimit { of, .. } => Some(of),
            _ => None,
        });
        let last_days = in_force().filter_map(|g| match &g.rule {
            Rule::Limitation { years, from, interrupted_by } => facts.limitation(*years, *from, interrupted_by).map(|(_, last)| last),
            _ => None,
        });
        let mut missing: Vec<&str> = Vec::new();
        let mut known = true;
        for g in in_force() {
            let Rule::Evidence(items) = &g.rule else { continue };
            match facts.missing_evidence(items) {
                Some(more) => more.into_iter().for_each(|item| {
                    if !missing.contains(&item) {
                        missing.push(item);
                    }
                }),
                None => known = false,
            }
        }
        Claim {
            amount: facts.claim(of.unwrap_or(ClaimOf::Arrears), minor_units).unwrap_or(Money::NULL),
            stage: facts.legal_stage(),
            last_day: last_days.filter(|day| *day != Day::NEVER).min().unwrap_or(Day::NULL),
            on_file: situation.book.evidence.of(situation.cases.account[case] as usize).unwrap_or_default().to_string(),
            missing: if known { missing.join(" ") } else { NOT_KNOWN.into() },
        }
    }
}

/// The columns of claims, one a row.
fn claims(table: OutTable, claims: &[Claim], digits: u8) -> OutTable {
    let texts = |of: &dyn Fn(&Claim) -> &str| OutColumn::Text(claims.iter().map(|c| of(c).into()).collect());
    table
        .with("claim", OutColumn::Money(claims.iter().map(|c| c.amount).collect(), digits))
        .with("legal_stage", texts(&|c| c.stage))
        .with("limitation_last_day", OutColumn::Day(claims.iter().map(|c| c.last_day).collect()))
        .with("evidence", texts(&|c| &c.on_file))
        .with("evidence_missing", texts(&|c| &c.missing))
}

/// The columns of a list of claims; a unit of several accounts brings them together, by the least that is so for each.
pub(super) fn columns(maker: &Maker<'_>, table: OutTable, units: &[Unit], place: usize) -> OutTable {
    let of_unit = |unit: &Unit| {
        let mut all: Vec<Claim> = unit.cases().map(|case| Claim::of(maker, case, Some(place))).collect();
        if all.len() == 1
            && let Some(one) = all.pop()
        {
            return one;
        }
        let cases = maker.decisions.guard.situation().cases;
        let named = |of: &dyn Fn(&Claim) -> &str| {
            let said = unit.cases().zip(&all).filter(|(_, claim)| !of(claim).is_empty());
            said.map(|(case, claim)| format!("{}: {}", cases.account_id(case), of(claim))).collect::<Vec<_>>().join("; ")
        };
        let amount = all.iter().try_fold(0i64, |sum, claim| claim.amount.known().map(|amount| sum.saturating_add(amount)));
        Claim {
            amount: amount.map_or(Money::NULL, Money),
            stage: all.iter().map(|claim| claim.stage).find(|stage| *stage != "none").unwrap_or("none"),
            last_day: all.iter().filter_map(|claim| claim.last_day.known()).min().unwrap_or(Day::NULL),
            on_file: named(&|claim| &claim.on_file),
            missing: named(&|claim| &claim.missing),
        }
    };
    let all: Vec<Claim> = units.iter().map(of_unit).collect();
    claims(table, &all, maker.ask.minor_digits)
}

/// Cases that a formal or legal treatment is kept from by evidence rules alone, in the order of the ranked list: what is to be gathered. None where
/// there is no such case.
pub(super) fn evidence_list(maker: &Maker<'_>) -> Option<WorkList> {
    let (decisions, policy) = (maker.decisions, maker.decisions.policy);
    let of_evidence = |check: &Check| matches!(check, Check::Guardrail(k) if matches!(policy.guardrails[*k].rule, Rule::Evidence(_)));
    let evidence: Mask = decisions.guard.rules.mask_of(of_evidence);
    let kept_from = |case: usize, place: usize| {
        let vetoes = decisions.vetoes(case, place);
        vetoes != 0 && vetoes & !evidence == 0 && decisions.elsewhere[case] & (1 << place) == 0
    };
    let firm: Vec<usize> = (0..policy.treatments.len()).filter(|t| matches!(policy.treatments[*t].family, Family::Formal | Family::Legal)).collect();
    let mut units: Vec<Unit> = Vec::new();
    let mut kept: Vec<Box<str>> = Vec::new();
    for case in maker.ask.order {
        let from: Vec<&str> = firm.iter().filter(|t| kept_from(*case as usize, **t)).map(|t| policy.treatments[*t].name.as_str()).collect();
        if !from.is_empty() {
            units.push(Unit { lead: *case, cases: vec![*case] });
            kept.push(from.join(" ").into());
        }
    }
    if units.is_empty() {
        return None;
    }
    let strategy = units.iter().map(|unit| u32::from(decisions.chosen[unit.lead()])).collect();
    let names = std::sync::Arc::new(policy.treatments.iter().map(|t| t.name.as_str().into()).collect());
    let all: Vec<Claim> = units.iter().map(|unit| Claim::of(maker, unit.lead(), None)).collect();
    let table = maker.common(&units, OutColumn::Words { codes: strategy, words: names }).with("kept_from", OutColumn::Text(kept));
    Some(WorkList { name: EVIDENCE.into(), cases: units.len(), table: claims(table, &all, maker.ask.minor_digits) })
}
