//! One case laid open for an analyst.

use super::Decided;
use crate::base::bilingual::Lang;
use crate::base::dates::Day;
use crate::base::units::logit;
use crate::base::zone::Zone;
use crate::base::zone::{DAY_MINUTES, clock};
use crate::decide::change::{gain, obstacles, share_at_which, stake_at_which};
use crate::decide::choose::Because;
use crate::decide::facts::{allowed_minutes, zones_of};
use crate::decide::plan::{Plan, plan_of};
use crate::decide::policy::{Guardrail, Rule};
use crate::decide::reasons::{lowest, words as reason_words};
use crate::decide::rulebook::hold_words;
use crate::decide::score::Quadrant;
use crate::decide::words::{Veto, because, vetoes, warnings};
use crate::decide::{ranked, value};
use crate::report::explanation::{AllowedHours, Blocked, BlockedBy, Explanation, RuleLine, RunnerUp, ScorePart, TreatmentChoice, WouldChange};
use crate::report::history::{HistoryLine, PolicyDates, lines};
use crate::report::plan::in_one_line;
use crate::report::terminal_explain::said;
use crate::report::words::{or_code, quadrant};

/// Reasons that are named.
pub(super) const REASONS: usize = 3;

pub(super) fn explanation(d: &Decided<'_>, k: usize, lang: Lang) -> Explanation {
    let (cases, scored, decisions, digits) = (&d.observed.cases, d.scored, d.decisions, d.digits);
    let policy = decisions.policy;
    let chosen = &policy.treatments[usize::from(decisions.chosen[k])];
    let known = |x: f64| x.is_finite().then_some(x);
    let place = Quadrant::NAMES[scored.quadrant(k) as usize];
    let rights = [&policy.rights.object, &policy.rights.person].map(|words| words.get(lang).to_string());
    Explanation {
        lang,
        account: cases.account_id(k).to_string(),
        borrower: cases.borrower_id(k).to_string(),
        as_of: d.as_of.to_string(),
        run: d.run.clone(),
        policy: format!("{} {}", policy.name, policy.version),
        changed: d.changed.iter().map(|what| what.get(lang).to_string()).collect(),
        bucket: cases.bucket[k],
        dpd: cases.dpd[k],
        arrears: cases.arrears[k].text(digits),
        stake: cases.stake[k].text(digits),
        currency: d.book.project.currency.code.clone(),
        holds: cases.holds[k].names().collect(),
        holds_in_words: cases.holds[k].names().map(|name| hold_words(name).get(lang).to_string()).collect(),
        history: history(d, k, lang),
        score: scored.score[k].0,
        probability_repaid: scored.probability[k],
        points: scored.points[k],
        share_repaid: scored.expected_share().of[k],
        parts: parts(d, k, lang),
        reasons: lowest(scored, k, REASONS).into_iter().map(|term| said(&reason_words(scored, &d.observed.features, term, k), lang)).collect(),
        ability: known(scored.ability[k]),
        willingness: known(scored.willingness[k]),
        quadrant: place,
        quadrant_in_words: or_code(quadrant(place), place, lang),
        strategy: chosen.name.clone(),
        strategy_label: chosen.label.get(lang).to_string(),
        because: because(decisions, k, digits).get(lang).to_string(),
        signed_by: chosen.signed_by.clone(),
        expected_gain: ranked::amount(decisions.gain[k]).text(digits),
        plan: plan_line(d, k, lang),
        treatments: (0..policy.treatments.len()).map(|t| treatment(d, k, t, lang)).collect(),
        runner_up: runner_up(d, k, lang),
        would_change: would_change(d, k, lang),
        rights,
        assumed: policy.assumptions(scored.model.share().is_some()).iter().map(|sentence| said(sentence, lang)).collect(),
    }
}

/// The plan that a case would get, where its strategy is one.
pub(super) fn chosen_plan(d: &Decided<'_>, k: usize) -> Option<Plan> {
    if d.decisions.policy.treatments[usize::from(d.decisions.chosen[k])].name != "plan" {
        return None;
    }
    let (terms, facts) = d.decisions.guard.plan(k)?;
    plan_of(terms, &facts).ok()
}

fn plan_line(d: &Decided<'_>, k: usize, lang: Lang) -> Option<String> {
    let terms = d.decisions.policy.plan.as_ref()?;
    Some(in_one_line(&chosen_plan(d, k)?, terms, &d.book.project.currency.code, d.digits).get(lang).to_string())
}

fn parts(d: &Decided<'_>, k: usize, lang: Lang) -> Vec<ScorePart> {
    let scored = d.scored;
    let part = |what: &str, label: String, value: String, contribution, mean_contribution| ScorePart {
        what: what.into(),
        label,
        value,
        contribution,
        mean_contribution,
    };
    let mut parts = vec![part("base", lang.pick("base", "基准").into(), String::new(), scored.model.base(), None)];
    for (t, term) in scored.model.terms().iter().enumerate() {
        let value = said(&reason_words(scored, &d.observed.features, t, k), lang);
        parts.push(part(&term.bins.name, said(&term.bins.meaning, lang), value, scored.contribution(t, k), Some(term.mean_contribution)));
    }
    let bucket = d.observed.cases.bucket[k].name().to_string();
    parts.push(part("bucket group", lang.pick("bucket group", "账龄组").into(), bucket, scored.bucket_contribution(k), None));
    parts
}

fn treatment(d: &Decided<'_>, k: usize, place: usize, lang: Lang) -> TreatmentChoice {
    let (decisions, digits) = (d.decisions, d.digits);
    let policy = decisions.policy;
    let t = &policy.treatments[place];
    let shares = value::shares_of(policy, d.scored.expected_share().of[k]);
    let (stake, wait) = (stake(d, k), policy.place("wait").unwrap_or(0));
    let all = vetoes(decisions, k, place);
    TreatmentChoice {
        name: t.name.clone(),
        label: t.label.get(lang).to_string(),
        veto: one_line(&all, lang),
        vetoes: all.iter().map(|v| rule_line(v, lang)).collect(),
        warnings: warnings(decisions, k, place).iter().map(|v| rule_line(v, lang)).collect(),
        share_repaid: shares[place],
        gain: ranked::amount(gain(policy, place, d.scored.expected_share().of[k], stake)).text(digits),
        gross: ranked::amount(value::gross(stake, shares[place], shares[wait], value::discount(policy, t))).text(digits),
        cost: ranked::amount(value::outlay(t, stake)).text(digits),
        cost_in_all: ranked::amount(value::cost(t, stake)).text(digits),
        complaint_cost: t.complaint_cost.text(digits),
        signed_by: t.signed_by.clone(),
        hours: hours(d, k, place),
        chosen: usize::from(decisions.chosen[k]) == place,
    }
}

/// What is at stake, in minor units.
fn stake(d: &Decided<'_>, k: usize) -> f64 {
    d.observed.cases.stake[k].known().unwrap_or(0) as f64
}

/// The first rule that vetoes, and how many more.
fn one_line(all: &[Veto], lang: Lang) -> Option<String> {
    let first = all.first()?;
    let named = if first.authority.is_some() { format!(" [{}]", first.id) } else { String::new() };
    let more = match (all.len() - 1, lang) {
        (0, _) => String::new(),
        (more, Lang::English) => format!(" (and {more} more)"),
        (more, Lang::Chinese) => format!("（另有 {more} 条）"),
    };
    Some(format!("{}{named}{more}", first.text.get(lang)))
}

pub(in crate::pipeline) fn rule_line(v: &Veto, lang: Lang) -> RuleLine {
    let verified = match (&v.authority, v.verified) {
        (None, _) => "policy",
        (_, true) => "verified",
        (_, false) => "unverified",
    };
    RuleLine { id: v.id.clone(), text: v.text.get(lang).to_string(), authority: v.authority.clone(), verified, unknown: v.unknown }
}

/// Whether a guardrail is in force for a case on the day of outreach, and its pack for the account or for nobody knows whom.
pub(super) fn speaks(d: &Decided<'_>, k: usize, guardrail: &Guardrail) -> bool {
    let guard = &d.decisions.guard;
    let of_pack = guardrail.pack.and_then(|pack| guard.bound.packs[pack].as_ref());
    (guardrail.from..=guardrail.until).contains(&guard.facts(k).day) && of_pack.is_none_or(|when| when.holds(guard.columns(), k) != Some(false))
}

/// When a contact may be made: the floor's hours less every quiet hour; none where it is no contact, or nobody knows the zone.
pub(super) fn hours(d: &Decided<'_>, k: usize, place: usize) -> Option<AllowedHours> {
    let (guard, policy) = (&d.decisions.guard, d.decisions.policy);
    if !policy.treatments[place].channel.is_contact() {
        return None;
    }
    let (facts, outreach) = (guard.facts(k), &policy.outreach);
    let mut zones = zones_of(guard.situation(), &facts.zone_codes())?;
    let word = d.book.portfolio.time_zone.of(d.observed.cases.account[k] as usize);
    let declared = d.book.project.declared.time_zone.as_ref().map(|a| a.value.as_str());
    // By the clock of this account's own zone, in hours that are free in all zones of the person.
    if let Some(own) = word.and_then(Zone::parse) {
        zones.retain(|zone| *zone != own);
        zones.insert(0, own);
    }
    let zone = *zones.first()?;
    let rules = policy.guardrails.iter().filter(|g| g.vetoes && g.blocks.contains(&place) && speaks(d, k, g));
    let quiet: Vec<_> = rules.filter_map(|g| if let Rule::QuietHours(hours) = g.rule { Some(hours) } else { None }).collect();
    let minutes = allowed_minutes(outreach, &zones, facts.day, &quiet);
    let ahead = zone.minutes_ahead(facts.day) - outreach.zone.minutes_ahead(facts.day);
    let on_floor: Vec<u32> = minutes.iter().map(|m| (*m as i32 - ahead).rem_euclid(DAY_MINUTES as i32) as u32).collect();
    Some(AllowedHours {
        on: facts.day,
        borrower: spans(&minutes),
        borrower_zone: word.or(declared).unwrap_or_default().to_string(),
        floor: spans(&on_floor),
        floor_zone: outreach.zone_name.clone(),
    })
}

/// Minutes in a row as spans, `09:00-20:00`.
fn spans(minutes: &[u32]) -> Vec<String> {
    let mut spans: Vec<(u32, u32)> = Vec::new();
    for minute in minutes {
        match spans.last_mut() {
            Some((_, end)) if *end == *minute => *end = minute + 1,
            _ => spans.push((*minute, minute + 1)),
        }
    }
    spans.into_iter().map(|(from, to)| format!("{}-{}", clock(from), clock(to))).collect()
}

fn history(d: &Decided<'_>, k: usize, lang: Lang) -> Vec<HistoryLine> {
    let policy = d.decisions.policy;
    let facts = d.decisions.guard.facts(k);
    let limitation = policy.guardrails.iter().filter(|g| speaks(d, k, g)).find_map(|g| match &g.rule {
        Rule::Limitation { years, from, interrupted_by } => facts.limitation(*years, *from, interrupted_by).map(|(_, last)| last),
        _ => None,
    });
    let dates = PolicyDates { answer_within: policy.answer_within, limitation };
    lines(&d.timeline(k), &dates, (&d.book.project.currency.code, d.digits), lang)
}

fn runner_up(d: &Decided<'_>, k: usize, lang: Lang) -> Option<RunnerUp> {
    let policy = d.decisions.policy;
    let (place, worth) = d.decisions.runner_up[k]?;
    let t = &policy.treatments[usize::from(place)];
    let own = gain(policy, usize::from(d.decisions.chosen[k]), d.scored.expected_share().of[k], stake(d, k));
    // As shown, so that the two and their difference agree to the last digit.
    let (own, worth) = (ranked::amount(own), ranked::amount(worth));
    let behind = crate::base::units::Money(own.0 - worth.0);
    Some(RunnerUp { name: t.name.clone(), label: t.label.get(lang).to_string(), gain: worth.text(d.digits), behind: behind.text(d.digits) })
}

fn would_change(d: &Decided<'_>, k: usize, lang: Lang) -> WouldChange {
    let (decisions, digits) = (d.decisions, d.digits);
    let policy = decisions.policy;
    let (chosen, share, stake) = (usize::from(decisions.chosen[k]), d.scored.expected_share().of[k], stake(d, k));
    let worth = |place: usize| gain(policy, place, share, stake);
    let review = policy.place("human_review");
    let better = (0..policy.treatments.len())
        .filter(|place| *place != chosen && Some(*place) != review && !decisions.free(k, *place) && worth(*place) > worth(chosen));
    let vetoed: Vec<Blocked> = better
        .map(|place| {
            let rules: Vec<BlockedBy> = obstacles(decisions, k, place)
                .into_iter()
                .map(|o| BlockedBy { id: o.veto.id, text: o.veto.text.get(lang).to_string(), until: o.until })
                .collect();
            let free_on = rules.iter().map(|r| r.until).collect::<Option<Vec<Day>>>().and_then(|days| days.into_iter().max());
            Blocked {
                name: policy.treatments[place].name.clone(),
                label: policy.treatments[place].label.get(lang).to_string(),
                gain: ranked::amount(worth(place)).text(digits),
                rules,
                free_on,
            }
        })
        .collect();
    let by_value = decisions.because[k] == Because::WorthMost;
    let next = decisions.runner_up[k].filter(|_| by_value).map(|(place, _)| usize::from(place));
    let at_share = next.and_then(|next| share_at_which(policy, chosen, next, share, stake));
    let at_stake = next.and_then(|next| stake_at_which(policy, chosen, next, share, stake));
    let mut sentences: Vec<String> = vetoed.iter().map(|blocked| blocked_sentence(blocked, lang)).collect();
    if vetoed.is_empty() {
        sentences.push(lang.pick("nothing that is worth more is vetoed", "没有收益更高而被禁止的措施").into());
    }
    if let Some(next) = next.filter(|next| worth(*next) > worth(chosen)) {
        // The borrower's accounts are decided together: for this one alone it is ahead already.
        let label = policy.treatments[next].label.get(lang);
        sentences.push(match lang {
            Lang::English => format!("for this account alone {label} is worth more: all accounts of the borrower were decided together"),
            Lang::Chinese => format!("仅就本账户而言，{label}收益更高：借款人的全部账户是一并决定的"),
        });
    } else if let Some(next) = next {
        let label = policy.treatments[next].label.get(lang);
        let money = at_stake.map(|x| (x > stake, format!("{} {}", ranked::amount(x).text(digits), d.book.project.currency.code)));
        sentences.push(turn_sentence(label, at_share.map(|x| (logit(x) > logit(share.clamp(1e-6, 1.0 - 1e-6)), share_text(x))), lang, true));
        sentences.push(turn_sentence(label, money, lang, false));
    } else if !by_value {
        sentences.push(
            lang.pick(
                "not value decided, but what is said above: while it lasts, no figure changes it",
                "决定并非取决于收益，而取决于上述原因：其持续期间，任何数值都不会改变决定",
            )
            .into(),
        );
    }
    WouldChange {
        by_value,
        vetoed,
        share_repaid: at_share.map(|x| (x * 1e6).round() / 1e6),
        stake: at_stake.map(|x| ranked::amount(x).text(digits)),
        sentences,
    }
}

/// A share as a percentage, with as many decimals as tell it from none and all.
fn share_text(share: f64) -> String {
    let decimals = if (0.001..0.999).contains(&share) { 1 } else { 4 };
    format!("{:.decimals$} %", share * 100.0)
}

fn blocked_sentence(b: &Blocked, lang: Lang) -> String {
    let until = |r: &BlockedBy| match (r.until, lang) {
        (Some(day), Lang::English) => format!("{} (no longer on {day})", r.text),
        (Some(day), Lang::Chinese) => format!("{}（{day} 起不再适用）", r.text),
        (None, _) => r.text.clone(),
    };
    let rules: Vec<String> = b.rules.iter().map(until).collect();
    match lang {
        Lang::English => {
            let free = b.free_on.map_or(String::new(), |day| format!("; free on {day} if nothing else happens"));
            format!("{} would be worth {}; in its way: {}{free}", b.label, b.gain, rules.join("; "))
        }
        Lang::Chinese => {
            let free = b.free_on.map_or(String::new(), |day| format!("；若无其他变化，{day} 起可用"));
            format!("{}收益为 {}；受阻于：{}{free}", b.label, b.gain, rules.join("；"))
        }
    }
}

/// From which share, or amount, on the runner-up wins.
fn turn_sentence(label: &str, at: Option<(bool, String)>, lang: Lang, share: bool) -> String {
    let what = match (lang, share) {
        (Lang::English, true) => "expected share",
        (Lang::English, false) => "amount at stake",
        (Lang::Chinese, true) => "预期还款份额",
        (Lang::Chinese, false) => "涉及金额",
    };
    match (at, lang) {
        (Some((above, at)), Lang::English) => {
            format!("with an {what} {} {at} {label} would be worth more, if nothing else changed", if above { "above" } else { "below" })
        }
        (Some((above, at)), Lang::Chinese) => {
            format!("若其他条件不变，{what}{} {at} 时，{label}收益更高", if above { "高于" } else { "低于" })
        }
        (None, Lang::English) => format!("no {what} makes {label} worth more"),
        (None, Lang::Chinese) => format!("任何{what}都不会使{label}收益更高"),
    }
}
