//! `recoup policy check` and `recoup policy show`: a policy by itself, without a book.

use crate::base::config::{FeatureKind, Project};
use crate::base::dates::Day;
use crate::base::problem::Result;
use crate::base::zone::clock;
use crate::data::cases::Holds;
use crate::data::catalogue::CATALOGUE;
use crate::data::expressions::{ColumnValues, Columns};
use crate::data::observe::regime_name;
use crate::decide::policy::{PlanTerms, Policy, Scope, Source};
use crate::decide::ranked::{NUMBERS, WORDS};
use crate::decide::rulebook::RuleBook;
use crate::report::plan::terms_in_words;
use crate::report::policy::{
    CareLine, GuardrailLine, HoldLine, NOT_ADVICE, OutreachLine, PackLine, PlanLine, PolicySummary, RouteLine, TreatmentLine,
};
use crate::report::policy_capacity::{CapacityLines, court};
use std::path::Path;

/// Reads a policy with the currency of a project, and its conditions against the columns that the project's cases have. No table is read.
///
/// # Errors
/// Every problem of the policy file at once; those of the project file; every condition that names what no case has.
pub fn policy_show(file: &Path, project_file: &Path) -> Result<PolicySummary> {
    let project = Project::load(project_file)?;
    let digits = project.currency.minor_digits;
    let policy = Policy::check(file, digits, &columns(&project))?;
    let source = |source: &Option<Source>| match source {
        None => String::new(),
        Some(Source::Assumed { assumed_by }) => format!("assumed by {assumed_by}"),
        Some(Source::Measured { measured_in, n, interval: [low, high] }) => format!("measured in {measured_in}, n {n}, {low:+} to {high:+}"),
    };
    let name = |place: &usize| policy.treatments[*place].name.clone();
    let rules = RuleBook::of(&policy);
    let names = |places: &[usize]| -> Vec<String> { places.iter().map(|place| policy.treatments[*place].name.clone()).collect() };
    let treatments = policy.treatments.iter().map(|t| TreatmentLine {
        name: t.name.clone(),
        family: t.family,
        rung: t.rung,
        covers: t.scope,
        cost: t.cost.text(digits),
        complaint_cost: t.complaint_cost.text(digits),
        effect: t.effect,
        effect_source: source(&t.source),
        condition: t.eligible.as_ref().map(|(sql, _)| sql.split_whitespace().collect::<Vec<_>>().join(" ")),
        signed_by: t.signed_by.clone(),
        label: t.label.clone(),
        channel: t.channel.name(),
        resources: t.resources.clone(),
        court: court(t, digits),
        cost_share: t.cost_share,
        takes_days: t.takes_days,
        after: t.after.iter().map(|place| policy.treatments[*place].name.clone()).collect(),
        after_days: rules.below.get(policy.place(&t.name).unwrap_or(0)).copied().flatten().map(|_| t.after_days),
    });
    Ok(PolicySummary {
        file: file.display().to_string(),
        name: policy.name.clone(),
        version: policy.version.clone(),
        fingerprint: policy.fingerprint.clone(),
        decides_per: if policy.unit == Scope::Borrower { "borrower" } else { "account" },
        reference: policy.reference.name.clone(),
        reference_effect: policy.reference.effect,
        reference_source: source(&policy.reference.source),
        currency: project.currency.code.clone(),
        treatments: treatments.collect(),
        holds: policy
            .holds
            .iter()
            .map(|h| HoldLine { hold: h.name, leaves: h.allow.iter().map(name).collect(), leads_to: h.recommend.as_ref().map(name) })
            .collect(),
        outreach: OutreachLine {
            day: if policy.outreach.days_after == 0 { "same" } else { "next" },
            hours: format!("{}-{}", clock(policy.outreach.hours.from), clock(policy.outreach.hours.to)),
            time_zone: policy.outreach.zone_name.clone(),
            team: policy.outreach.team.as_ref().map(|(column, _)| column.clone()),
        },
        packs: policy
            .packs
            .iter()
            .map(|p| PackLine {
                name: p.name.clone(),
                version: p.version.clone(),
                title: p.title.clone(),
                jurisdiction: p.jurisdiction.clone(),
                when: p.when.as_ref().map(|(sql, _)| sql.clone()),
                duties: p.duties.clone(),
                fingerprint: p.fingerprint.clone(),
            })
            .collect(),
        guardrails: policy
            .guardrails
            .iter()
            .map(|g| GuardrailLine {
                id: g.id.clone(),
                text: g.text.clone(),
                pack: g.pack.map(|p| policy.packs[p].name.clone()),
                jurisdiction: g.jurisdiction.clone(),
                authority: g.authority.clone(),
                verified: g.verified,
                does: if g.vetoes { "vetoes" } else { "warns of" },
                treatments: names(&g.blocks),
                parameter: g.parameter.clone(),
                value: g.value.clone(),
                value_by: g.value_by.clone(),
                strictest: policy.is_strictest(g),
                from: g.from.known(),
                until: (g.until != Day::NEVER).then_some(g.until),
            })
            .collect(),
        care: CareLine {
            offer: names(&policy.care.offer),
            gentle_rung: policy.care.gentle_rung,
            wait_days: policy.care.wait_days,
            never: names(&policy.care.never),
        },
        routes: policy
            .routes
            .iter()
            .map(|r| RouteLine { quadrant: r.quadrant, leaves: names(&r.allow), prefers: names(&r.prefer), leads_to: r.recommend.as_ref().map(name) })
            .collect(),
        rights: policy.rights.clone(),
        answer_within: policy.answer_within,
        plan: policy.plan.as_ref().map(|terms| plan_line(terms, digits)),
        capacity: CapacityLines::of(&policy),
        not_advice: NOT_ADVICE,
        assumed: policy.assumptions(true),
    })
}

fn plan_line(terms: &PlanTerms, digits: u8) -> PlanLine {
    PlanLine {
        covers: terms.covers,
        shown_days: terms.shown_days,
        shown_share: terms.shown_share.share(),
        income_share: terms.income_share.share(),
        max_months: terms.max_months,
        min_instalment: terms.min_instalment.text(digits),
        first_due_days: terms.first_due_days,
        annual_rate: terms.annual_rate.share(),
        discount_rate: terms.discount_rate.share(),
        assumed_by: terms.assumed_by.clone(),
        text: terms_in_words(terms, digits),
    }
}

/// The columns of conditions by name and kind, without a case.
fn columns(project: &Project) -> Columns<'static> {
    let mut columns = Columns::default();
    let number = || ColumnValues::Number(Vec::new().into());
    let words = || ColumnValues::Words { codes: Vec::new().into(), words: Vec::new().into() };
    NUMBERS.iter().for_each(|name| columns.add(name, number()));
    WORDS.iter().for_each(|name| columns.add(name, words()));
    Holds::ALL.iter().for_each(|(_, name)| columns.add(name, ColumnValues::Truth(Vec::new().into())));
    CATALOGUE.iter().for_each(|feature| columns.add(&feature.name, number()));
    project.regimes.keys().for_each(|name| columns.add(&regime_name(name), number()));
    columns.add("product", words());
    columns.add("limit", number());
    for (name, feature) in project.tables.iter().flat_map(|table| &table.features) {
        columns.add(name, if feature.kind == FeatureKind::Category { words() } else { number() });
    }
    project.expressions.keys().for_each(|name| columns.add(name, number()));
    columns
}
