//! A plan for a case, or why there is none, on a terminal.

use super::plan::PlanSummary;
use super::terminal::table;
use super::terminal_explain::rule_line;
use crate::base::bilingual::Lang;
use crate::decide::policy::ClaimOf;
use std::fmt::Write;

/// The plan, what it rests on, and what stands in its way.
pub fn plan(p: &PlanSummary) -> String {
    let lang = p.lang;
    let t = |en: &'static str, zh: &'static str| lang.pick(en, zh);
    let mut out = String::new();
    let _ = match lang {
        Lang::English => writeln!(out, "a plan for {} of borrower {} on {} ({})", p.account, p.borrower, p.as_of, p.run),
        Lang::Chinese => writeln!(out, "{}（借款人 {}）的还款计划，{}（{}）", p.account, p.borrower, p.as_of, p.run),
    };
    for changed in &p.changed {
        let _ = writeln!(out, "{}{changed}", t("note: ", "提示："));
    }
    let claim = match p.covers {
        ClaimOf::Balance => t("the balance", "余额"),
        ClaimOf::Arrears => t("the arrears", "逾期金额"),
    };
    let amount = p.amount.as_ref().map_or(t("not known", "未知").to_string(), |amount| format!("{amount} {}", p.currency));
    let _ = writeln!(out, "{}{claim}{}{amount}\n", t("to pay off: ", "待还清："), t(", ", "，"));
    let _ = writeln!(out, "{}", t("what can be paid a month", "每月可还"));
    for sentence in &p.ability.sentences {
        let _ = writeln!(out, "  {sentence}");
    }
    out.push('\n');
    if let Some(asked) = &p.asked {
        let offer = match (&asked.instalment, asked.months, lang) {
            (Some(instalment), _, Lang::English) => format!("offered: {instalment} {} a month", p.currency),
            (Some(instalment), _, Lang::Chinese) => format!("提出：每月 {instalment} {}", p.currency),
            (None, months, Lang::English) => format!("offered: {} months", months.unwrap_or_default()),
            (None, months, Lang::Chinese) => format!("提出：{} 个月", months.unwrap_or_default()),
        };
        let _ = writeln!(out, "{offer}");
    }
    if let Some(beyond) = &p.beyond_shown {
        let _ = writeln!(out, "{}{beyond}", t("beyond what was shown: ", "超出已显示的能力："));
    }
    schedule(p, &mut out);
    standing(p, &mut out);
    let _ = writeln!(out, "{}", p.assumed);
    out
}

fn schedule(p: &PlanSummary, out: &mut String) {
    let t = |en: &'static str, zh: &'static str| p.lang.pick(en, zh);
    if let Some(plan) = &p.plan {
        let rows = plan.rows.iter().map(|r| {
            vec![r.number.to_string(), r.due_on.to_string(), r.instalment.clone(), r.interest.clone(), r.principal.clone(), r.remaining.clone()]
        });
        let amount = p.amount.clone().unwrap_or_default();
        let total = vec![String::new(), t("in all", "合计").to_string(), plan.total.clone(), plan.interest.clone(), amount, String::new()];
        let header = ["", t("due on", "到期日"), t("instalment", "期供"), t("interest", "利息"), t("pays off", "还本"), t("left", "剩余")];
        let _ = writeln!(out, "{}", table(&header, rows.chain([total])));
        let _ = writeln!(out, "{}", plan.in_one_line);
        if let Some(above) = &p.above_schedule {
            let _ = writeln!(out, "{}{above}", t("note: ", "提示："));
        }
    }
    if let Some(refused) = &p.refused {
        let _ = writeln!(out, "{}{}", t("no plan: ", "没有可行的计划："), refused.text);
        for needed in &refused.needed {
            let _ = writeln!(out, "  {needed}");
        }
    }
}

/// Whether the case may get a plan at all.
fn standing(p: &PlanSummary, out: &mut String) {
    let (lang, t) = (p.lang, |en: &'static str, zh: &'static str| p.lang.pick(en, zh));
    out.push('\n');
    for rule in &p.vetoes {
        let _ = writeln!(out, "{}{}", t("a plan is vetoed for this case: ", "本案件禁止还款计划："), rule_line(rule, lang));
    }
    let stands = match (p.recommended, p.vetoes.is_empty()) {
        (true, _) => t("the plan is the recommended strategy of this case", "还款计划是本案件的建议策略"),
        (false, true) => {
            t("no other rule vetoes a plan for this case, and it is not its strategy", "没有其他规则禁止本案件的还款计划，但其并非建议策略")
        }
        (false, false) => t("nobody may offer it while that stands", "上述规则有效期间，任何人不得提出该计划"),
    };
    let _ = writeln!(out, "{stands}");
    if p.other_cases > 0 {
        let _ = match lang {
            Lang::English => {
                writeln!(out, "the borrower has {} more in arrears that day: each is looked at by itself, and they share one income", p.other_cases)
            }
            Lang::Chinese => writeln!(out, "该借款人当日另有 {} 个逾期账户：各自单独测算，但共用同一收入", p.other_cases),
        };
    }
}
