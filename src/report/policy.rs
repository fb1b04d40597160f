//! A policy as a person would explain it: one plain value, and its layout on a terminal.

use super::policy_capacity::{CapacityLines, capacity};
use super::terminal::{assumed, table};
use crate::base::bilingual::Bilingual;
use crate::base::dates::Day;
use crate::decide::policy::{AnswerWithin, ClaimOf, Duty, Family, Rights, Scope, Verified};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What is said wherever packs are shown.
pub const NOT_ADVICE: &str = "packs are software, not legal advice: what may be done in your country is yours to establish";

/// A policy, as a person would explain it.
#[derive(Debug, Serialize)]
pub struct PolicySummary {
    /// Its file.
    pub file: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// blake3 of the file.
    pub fingerprint: String,
    /// Whether a decision covers a borrower or an account.
    pub decides_per: &'static str,
    /// What the model's expectation stands for.
    pub reference: String,
    /// Its effect against wait, in log-odds.
    pub reference_effect: f64,
    /// Where that comes from.
    pub reference_source: String,
    /// Currency of the amounts.
    pub currency: String,
    /// The treatments, in the file's order.
    pub treatments: Vec<TreatmentLine>,
    /// The holds.
    pub holds: Vec<HoldLine>,
    /// When what is decided is done.
    pub outreach: OutreachLine,
    /// Packs of guardrails.
    pub packs: Vec<PackLine>,
    /// Guardrails of all packs, then the policy's own.
    pub guardrails: Vec<GuardrailLine>,
    /// What is owed to who is in hardship or vulnerable.
    pub care: CareLine,
    /// What ability and willingness leave.
    pub routes: Vec<RouteLine>,
    /// What a borrower is told.
    pub rights: Rights,
    /// How soon disputes and complaints are answered, in days.
    pub answer_within: AnswerWithin,
    /// What a plan may be; none where the policy leaves that to people.
    pub plan: Option<PlanLine>,
    /// What there is to hand out, and what is given by lot.
    pub capacity: CapacityLines,
    /// What packs are not.
    pub not_advice: &'static str,
    /// What nobody measured.
    pub assumed: Vec<String>,
}

/// One treatment of a policy.
#[derive(Debug, Serialize)]
pub struct TreatmentLine {
    /// Its name.
    pub name: String,
    /// Its family.
    pub family: Family,
    /// Its rung.
    pub rung: u32,
    /// Whom it covers.
    pub covers: Scope,
    /// Cost of one.
    pub cost: String,
    /// Expected cost of the complaints that it causes.
    pub complaint_cost: String,
    /// Log-odds of the share repaid against wait.
    pub effect: f64,
    /// Where that comes from.
    pub effect_source: String,
    /// Its condition; none if every case may get it.
    pub condition: Option<String>,
    /// Who signs.
    pub signed_by: Option<String>,
    /// What people call it.
    pub label: Bilingual,
    /// By what it reaches the borrower.
    pub channel: &'static str,
    /// What one takes of each resource.
    pub resources: BTreeMap<String, f64>,
    /// What a court costs and what comes of it; none where it goes to none.
    pub court: Option<String>,
    /// Share of what is at stake that it costs besides.
    pub cost_share: f64,
    /// Days until what it brings is there.
    pub takes_days: i32,
    /// What must have been tried before it.
    pub after: Vec<String>,
    /// Days since the rung below was first tried; none where it stands on the lowest, or on none.
    pub after_days: Option<i32>,
}

/// One hold of a policy.
#[derive(Debug, Serialize)]
pub struct HoldLine {
    /// The hold.
    pub hold: &'static str,
    /// The treatments that it leaves.
    pub leaves: Vec<String>,
    /// The treatment that it leads to.
    pub leads_to: Option<String>,
}

/// When what is decided is done.
#[derive(Debug, Serialize)]
pub struct OutreachLine {
    /// `same` or `next`, after the book's day.
    pub day: &'static str,
    /// Hours of the floor.
    pub hours: String,
    /// Their time zone.
    pub time_zone: String,
    /// The column that names the team of a case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
}

/// One pack of a policy.
#[derive(Debug, Serialize)]
pub struct PackLine {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is called.
    pub title: Bilingual,
    /// Where it holds.
    pub jurisdiction: String,
    /// The accounts that it is for; all where there is none.
    pub when: Option<String>,
    /// What must be recorded, offered or told.
    pub duties: Vec<Duty>,
    /// blake3 of its text.
    pub fingerprint: String,
}

/// One guardrail of a policy.
#[derive(Debug, Serialize)]
pub struct GuardrailLine {
    /// Its identifier.
    pub id: String,
    /// What it says.
    pub text: Bilingual,
    /// Its pack; none for the policy's own.
    pub pack: Option<String>,
    /// Where it holds.
    pub jurisdiction: String,
    /// By what authority.
    pub authority: String,
    /// How well that is known.
    pub verified: Verified,
    /// `vetoes` or `warns of`.
    pub does: &'static str,
    /// The treatments of the policy that it touches.
    pub treatments: Vec<String>,
    /// The name of its parameter.
    pub parameter: Option<String>,
    /// Its value.
    pub value: String,
    /// Who gave the value, where the pack leaves it open.
    pub value_by: Option<String>,
    /// Whether none of the same parameter is stricter; none where there is nothing to compare.
    pub strictest: Option<bool>,
    /// First day in force.
    pub from: Option<Day>,
    /// Last day in force.
    pub until: Option<Day>,
}

/// What a plan may be.
#[derive(Debug, Serialize)]
pub struct PlanLine {
    /// `balance` or `arrears`.
    pub covers: ClaimOf,
    /// Days whose payments show what can be paid.
    pub shown_days: i32,
    /// Of what was paid a month, the share that may be asked.
    pub shown_share: f64,
    /// Of the monthly income, the share that may be asked.
    pub income_share: f64,
    /// Months at most.
    pub max_months: u32,
    /// The least instalment.
    pub min_instalment: String,
    /// Days to the first instalment.
    pub first_due_days: i32,
    /// Interest of a year within the plan.
    pub annual_rate: f64,
    /// The rate of a year at which later money is worth less.
    pub discount_rate: f64,
    /// Who assumes that.
    pub assumed_by: String,
    /// The same in words.
    pub text: Bilingual,
}

/// What is owed to who is in hardship or vulnerable.
#[derive(Debug, Serialize)]
pub struct CareLine {
    /// Offered before anything firmer, in this order.
    pub offer: Vec<String>,
    /// Nothing above this rung before that.
    pub gentle_rung: u32,
    /// Nor before so many days have passed.
    pub wait_days: i32,
    /// Never while it lasts.
    pub never: Vec<String>,
}

/// What one place between can and wants leaves.
#[derive(Debug, Serialize)]
pub struct RouteLine {
    /// The place.
    pub quadrant: &'static str,
    /// The treatments that it leaves.
    pub leaves: Vec<String>,
    /// The first of these that is free comes first.
    pub prefers: Vec<String>,
    /// Where it leads if none of them is.
    pub leads_to: Option<String>,
}

/// Its layout on a terminal.
pub fn policy(summary: &PolicySummary) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} {}: decides per {}; {}", summary.name, summary.version, summary.decides_per, summary.file);
    let source = if summary.reference_source.is_empty() { String::new() } else { format!(", {}", summary.reference_source) };
    let _ = writeln!(
        out,
        "what the model expects is what came under `{}` ({:+} log-odds against waiting{source})",
        summary.reference, summary.reference_effect
    );
    let o = &summary.outreach;
    let day = if o.day == "same" { "on the book's own day" } else { "the day after the book's" };
    let team = o.team.as_ref().map(|column| format!("; the team of a case is its {column}")).unwrap_or_default();
    let _ = writeln!(out, "what is decided is done {day}, {} {}{team}\n", o.hours, o.time_zone);
    let _ = writeln!(
        out,
        "for each case, in this order: holds, guardrails, care, ability and willingness, the ladder, the treatment's condition; then value\n"
    );
    holds(&mut out, summary);
    guardrails(&mut out, summary);
    care_and_routes(&mut out, summary);
    treatments(&mut out, summary);
    capacity(&mut out, &summary.capacity);
    if let Some(plan) = &summary.plan {
        let _ = writeln!(out, "{} (assumed by {})", plan.text.en, plan.assumed_by);
    }
    let within = summary.answer_within;
    let _ = writeln!(out, "answered within: a dispute {} days, a complaint {} days, where its event names no date", within.dispute, within.complaint);
    let _ = writeln!(out, "to object: {}\nto ask for a person: {}", summary.rights.object.en, summary.rights.person.en);
    for pack in &summary.packs {
        let _ = writeln!(out, "\nduties of {} {} ({}):", pack.name, pack.version, pack.title.en);
        for duty in &pack.duties {
            let unverified = if duty.verified.is_verified() { "" } else { " (unverified)" };
            let _ = writeln!(out, "  {}: {} [{}{unverified}]", duty.id, duty.text.en, duty.authority);
        }
    }
    if !summary.packs.is_empty() {
        let _ = writeln!(out, "\n{}", summary.not_advice);
    }
    assumed(&mut out, &summary.assumed);
    out
}

fn holds(out: &mut String, summary: &PolicySummary) {
    let rows = summary.holds.iter().map(|h| vec![h.hold.to_string(), h.leaves.join(", "), h.leads_to.clone().unwrap_or_default()]);
    let _ = writeln!(out, "{}", table(&["under this hold", "only these are left", "and it leads to"], rows));
}

fn guardrails(out: &mut String, summary: &PolicySummary) {
    if summary.guardrails.is_empty() {
        let _ = writeln!(out, "no pack and no guardrail of its own: nothing but the holds stands before value\n");
        return;
    }
    for g in &summary.guardrails {
        let from = g.pack.as_ref().map_or("the policy's own".to_string(), |p| format!("pack {p}"));
        let unverified = if g.verified.is_verified() { "" } else { ", UNVERIFIED" };
        let touched = if g.treatments.is_empty() { "no treatment of this policy".to_string() } else { g.treatments.join(", ") };
        let _ = writeln!(out, "{} {} {touched}: {}", g.id, g.does, g.text.en);
        let mut said = vec![format!("{from}; {}{unverified}", g.authority)];
        if let Some(parameter) = &g.parameter {
            let strict = match g.strictest {
                Some(true) => ", the strictest of its packs",
                Some(false) => ", another pack is stricter and binds",
                None => "",
            };
            said.push(format!("{parameter} = {}{strict}", g.value));
        }
        said.extend(g.value_by.as_ref().map(|by| format!("given by {by}")));
        said.extend(g.from.map(|day| format!("from {day}")));
        said.extend(g.until.map(|day| format!("until {day}")));
        let _ = writeln!(out, "  {}", said.join("; "));
    }
    let conditional =
        summary.packs.iter().filter_map(|p| p.when.as_ref().map(|when| format!("{} only where {when}, or where that is not known", p.name)));
    for line in conditional {
        let _ = writeln!(out, "{line}");
    }
    out.push('\n');
}

fn care_and_routes(out: &mut String, summary: &PolicySummary) {
    let care = &summary.care;
    let _ = writeln!(
        out,
        "in hardship or vulnerable: {} first; nothing above rung {} until a plan was offered and {} days have passed; never {}; never anything firmer than without",
        care.offer.join(", then "),
        care.gentle_rung,
        care.wait_days,
        if care.never.is_empty() { "(nothing named)".to_string() } else { care.never.join(", ") }
    );
    let rows = summary.routes.iter().map(|r| {
        let leads = r.prefers.iter().cloned().chain(r.leads_to.clone()).collect::<Vec<_>>().join(", else ");
        vec![r.quadrant.replace('_', " "), r.leaves.join(", "), leads]
    });
    let _ = writeln!(out, "{}", table(&["shown to be", "only these are left", "and it leads to"], rows));
}

fn treatments(out: &mut String, summary: &PolicySummary) {
    let rows = summary.treatments.iter().map(|t| {
        vec![
            t.rung.to_string(),
            t.name.clone(),
            format!("{:?}", t.family).to_lowercase(),
            format!("{:?}", t.covers).to_lowercase(),
            t.channel.to_string(),
            t.cost.clone(),
            t.complaint_cost.clone(),
            format!("{:+}", t.effect),
            t.signed_by.clone().unwrap_or_default(),
        ]
    });
    let header = ["rung", "treatment", "family", "covers", "by", &format!("cost ({})", summary.currency), "complaints", "effect", "signed by"];
    let _ = writeln!(out, "{}", table(&header, rows));
    for t in &summary.treatments {
        match &t.condition {
            Some(condition) => {
                let _ = write!(out, "{}: only where {condition}", t.name);
            }
            None => {
                let _ = write!(out, "{}: for every case that nothing above forbids it to", t.name);
            }
        }
        if let Some(days) = t.after_days {
            let _ = write!(out, "; at least {days} days after the rung below was first tried in this episode");
        }
        if !t.after.is_empty() {
            let _ = write!(out, ", and {} too", t.after.join(", "));
        }
        if !t.resources.is_empty() {
            let takes: Vec<String> = t.resources.iter().map(|(name, n)| format!("{n} {name}")).collect();
            let _ = write!(out, "; takes {}", takes.join(", "));
        }
        if t.cost_share != 0.0 {
            let _ = write!(out, "; costs {} of what is at stake besides", t.cost_share);
        }
        if let Some(court) = &t.court {
            let _ = write!(out, "; {court}");
        }
        out.push('\n');
    }
    out.push('\n');
}
