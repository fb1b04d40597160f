//! The explanation of a case for an analyst, on a terminal.

use super::chinese::chinese;
use super::explanation::{AllowedHours, Explanation, RuleLine, TreatmentChoice};
use super::terminal::{percent, table};
use crate::base::bilingual::Lang;
use crate::base::units::MicroLogOdds;
use std::fmt::Write;

/// The explanation for an analyst.
pub fn explanation(e: &Explanation) -> String {
    let lang = e.lang;
    let t = |en: &'static str, zh: &'static str| lang.pick(en, zh);
    let mut out = String::new();
    let _ = match lang {
        Lang::English => writeln!(out, "{} of borrower {} on {} ({})", e.account, e.borrower, e.as_of, e.run),
        Lang::Chinese => writeln!(out, "{}，借款人 {}，{}（{}）", e.account, e.borrower, e.as_of, e.run),
    };
    for changed in &e.changed {
        let _ = writeln!(out, "{}{changed}", t("note: ", "提示："));
    }
    let holds = match (e.holds_in_words.is_empty(), lang) {
        (true, _) => t("nothing in force", "无有效标记").to_string(),
        (false, Lang::English) => format!("in force: {}", e.holds_in_words.join(", ")),
        (false, Lang::Chinese) => format!("有效：{}", e.holds_in_words.join("、")),
    };
    let arrears = if e.arrears.is_empty() { t("not known", "未知").to_string() } else { format!("{} {}", e.arrears, e.currency) };
    let _ = match lang {
        Lang::English => writeln!(out, "{}, {} days past due, arrears {arrears}; {holds}\n", e.bucket.name(), e.dpd),
        Lang::Chinese => writeln!(out, "{}，逾期 {} 天，逾期金额 {arrears}；{holds}\n", e.bucket.name(), e.dpd),
    };
    let _ = writeln!(out, "{}", t("what was known", "当时已知"));
    for line in &e.history {
        let _ = writeln!(out, "  {}  {}", line.on, line.text);
    }
    score(e, &mut out);
    let signed = e.signed_by.as_ref().map_or(String::new(), |who| match lang {
        Lang::English => format!("; to be signed by {who}"),
        Lang::Chinese => format!("；须由 {who} 签署"),
    });
    let named = if lang == Lang::English { &e.strategy } else { &e.strategy_label };
    let _ = match lang {
        Lang::English => writeln!(out, "recommended: {named} ({}){signed}", e.because),
        Lang::Chinese => writeln!(out, "建议：{named}（{}）{signed}", e.because),
    };
    if let Some(plan) = &e.plan {
        let _ = writeln!(out, "{}{plan}", t("the plan: ", "计划："));
    }
    let rows = e.treatments.iter().map(|x| {
        let verdict = match (&x.veto, x.chosen) {
            (Some(why), _) => format!("{}{why}", t("vetoed: ", "禁止：")),
            (None, true) => t("recommended", "建议").to_string(),
            (None, false) if x.name == "human_review" => t("only where something leads", "仅在引导时").to_string(),
            (None, false) => t("may be", "可用").to_string(),
        };
        let named = if lang == Lang::English { &x.name } else { &x.label };
        vec![named.clone(), percent(Some(x.share_repaid)), x.gross.clone(), x.cost_in_all.clone(), x.gain.clone(), verdict]
    });
    let header =
        [t("treatment", "措施"), t("share repaid", "还款份额"), t("worth before cost", "扣成本前"), t("cost", "成本"), t("gain", "收益"), ""];
    let _ = writeln!(out, "{}", table(&header, rows));
    for x in &e.treatments {
        treatment(x, lang, &mut out);
    }
    if let Some(next) = &e.runner_up {
        let named = if lang == Lang::English { &next.name } else { &next.label };
        let _ = match lang {
            Lang::English => writeln!(out, "runner-up: {named}, gain {}, {} behind", next.gain, next.behind),
            Lang::Chinese => writeln!(out, "其次：{named}，收益 {}，相差 {}", next.gain, next.behind),
        };
    }
    let _ = writeln!(out, "{}", t("what would change the decision", "何种变化会改变决定"));
    for sentence in &e.would_change.sentences {
        let _ = writeln!(out, "  {sentence}");
    }
    let _ = writeln!(out, "{}{}", t("to object: ", "提出异议："), e.rights[0]);
    let _ = writeln!(out, "{}{}\n", t("to ask for a person: ", "要求人工："), e.rights[1]);
    for sentence in &e.assumed {
        let _ = writeln!(out, "{sentence}");
    }
    out
}

fn score(e: &Explanation, out: &mut String) {
    let lang = e.lang;
    let t = |en: &'static str, zh: &'static str| lang.pick(en, zh);
    let level = |x: Option<f64>| x.map_or(t("unknown", "未知").to_string(), |x| format!("{x:.0}"));
    let (p, share) = (percent(Some(e.probability_repaid)), percent(Some(e.share_repaid)));
    let (ability, willingness, where_it_stands) = (level(e.ability), level(e.willingness), &e.quadrant_in_words);
    let _ = match lang {
        Lang::English => writeln!(
            out,
            "\nprobability of repaid {p}, {} points, expected share {share}; ability {ability}, willingness {willingness}: {where_it_stands}\n",
            e.points
        ),
        Lang::Chinese => {
            writeln!(out, "\n还款概率 {p}，{} 分，预期还款份额 {share}；还款能力 {ability}，还款意愿 {willingness}：{where_it_stands}\n", e.points)
        }
    };
    let log_odds = |micro: i64| format!("{:+.6}", MicroLogOdds(micro).log_odds());
    let rows = e.parts.iter().map(|p| {
        let beside = p.mean_contribution.map_or(String::new(), |mean| log_odds(p.contribution - mean));
        let what = if lang == Lang::English { p.what.clone() } else { p.label.clone() };
        vec![what, p.value.clone(), log_odds(p.contribution), beside]
    });
    let total = vec![t("score", "评分").to_string(), String::new(), log_odds(e.score), String::new()];
    let header = [t("the score is the sum of", "评分为下列各项之和"), "", t("log-odds", "对数几率"), t("beside the average", "与平均之差")];
    let _ = writeln!(out, "{}", table(&header, rows.chain([total])));
}

/// Every rule that speaks of a treatment, and its hours.
fn treatment(x: &TreatmentChoice, lang: Lang, out: &mut String) {
    if x.vetoes.is_empty() && x.warnings.is_empty() && x.hours.is_none() {
        return;
    }
    let named = if lang == Lang::English { &x.name } else { &x.label };
    let _ = writeln!(out, "{named}");
    for (kind, rules) in [(lang.pick("vetoed", "禁止"), &x.vetoes), (lang.pick("warning", "提示"), &x.warnings)] {
        for rule in rules {
            let _ = writeln!(out, "  {kind}{}{}", lang.pick(": ", "："), rule_line(rule, lang));
        }
    }
    if let Some(hours) = &x.hours {
        let _ = writeln!(out, "  {}", hours_line(hours, lang));
    }
}

/// A rule with its identifier and authority.
pub fn rule_line(rule: &RuleLine, lang: Lang) -> String {
    let unverified = rule.verified == "unverified";
    let authority = rule.authority.as_ref().map_or(String::new(), |authority| format!(", {authority}"));
    let unverified = if unverified { lang.pick(", unverified", "，未经核实") } else { "" };
    format!("{} [{}{authority}{unverified}]", rule.text, rule.id)
}

/// Hours in words.
pub fn hours_line(hours: &AllowedHours, lang: Lang) -> String {
    let list = |all: &[String]| if all.is_empty() { lang.pick("never", "无").to_string() } else { all.join(", ") };
    let (theirs, ours) = (list(&hours.borrower), list(&hours.floor));
    match lang {
        Lang::English => {
            format!("on {}: {theirs} where the borrower lives ({}), {ours} on the floor ({})", hours.on, hours.borrower_zone, hours.floor_zone)
        }
        Lang::Chinese => format!("{}：借款人当地（{}）{theirs}，作业地（{}）{ours}", hours.on, hours.borrower_zone, hours.floor_zone),
    }
}

/// A sentence of the engine in a language.
pub fn said(sentence: &str, lang: Lang) -> String {
    if lang == Lang::Chinese { chinese(sentence) } else { sentence.to_string() }
}
