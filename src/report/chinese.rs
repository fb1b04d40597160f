//! Sentences of the engine in Simplified Chinese, for pages and terminals: patterns whose `{}` stand for names and numbers, which may be sentences themselves.
//!
//! A sentence that no pattern fits stays as it is: a feature of the project's own, a name, a policy's words.

/// English and Chinese; the k-th `{}` of one is the k-th of the other.
const PATTERNS: &[(&str, &str)] = &[
    // Samples, stability, baselines.
    ("the project's test cases, later than every training case", "项目的测试案件，均晚于训练案件"),
    ("the project's training cases: a model trained on them has seen their outcomes", "项目的训练案件：以其训练的模型已见过结果"),
    ("all cases whose outcome is known: the project names no split", "结果已知的全部案件：项目未划分训练与测试"),
    ("all cases whose outcome is known, training cases included", "结果已知的全部案件，含训练案件"),
    ("the project's training cases", "项目的训练案件"),
    ("the cases of the first month, {}", "首月（{}）的案件"),
    ("days past due alone: fewer rank higher", "仅看逾期天数：越少越靠前"),
    ("days since the last payment alone: fewer rank higher, never paid last", "仅看距上次还款天数：越少越靠前，从未还款排最后"),
    ("arrears alone: smaller rank higher; for money captured, larger come first", "仅看逾期金额：越小越靠前；计算金额占比时大额优先"),
    // Notes of an evaluation.
    ("the amounts repaid are not known of every case, so no figure is in money", "并非每个案件都有还款金额，因此没有金额类指标"),
    ("no baseline `{}`: the book knows no {} of any case", "没有基准“{}”：账簿中没有任何案件的 {}"),
    ("{} was trained with another project, {}, and is judged on this one", "{} 由另一项目（{}）训练，此处在本项目上评估"),
    ("{} predicts another outcome than this project's: {}", "{} 预测的结果与本项目不同：{}"),
    (
        "{} of {} cases lie within the dates that {} was trained on: on them its figures flatter",
        "{} / {} 个案件落在 {} 的训练日期内：这些案件上的指标偏乐观",
    ),
    (
        "ALARM: {} has an AUC of {}; from {} on look for a feature that knows the outcome (recoup prove --hindsight)",
        "警报：{} 的 AUC 为 {}；达到 {} 即应查找泄漏结果的特征（recoup prove --hindsight）",
    ),
    (
        "ALARM: models trained on shuffled outcomes rank shuffled later outcomes otherwise than chance: something leaks into {}",
        "警报：在打乱结果上训练的模型对打乱的后续结果排序异于随机：{} 存在泄漏",
    ),
    ("all cases: {}", "全部案件：{}"),
    ("every case has the same outcome ({}): nothing can be told apart", "所有案件结果相同（{}）：无法区分"),
    (
        "{} repaid and {} not repaid cases of {} borrowers: fewer than {} of one of them give no interval",
        "{} 个已还、{} 个未还案件，{} 位借款人：任一少于 {} 则不给区间",
    ),
    ("the scores of {} do not differ between repaid and not repaid", "{} 的分数在已还与未还之间没有差别"),
    ("not repaid", "未还"),
    ("repaid", "已还"),
    // Audit and runs.
    (
        "the project names no protected column of its accounts ([tables.accounts] protected), so nothing can be said of groups",
        "项目未指定账户的受保护列（[tables.accounts] protected），因此无法比较各组",
    ),
    (
        "{}: predicted too high beside the other cases: predicted less repaid is {} ({} to {}), over all cases {}",
        "{}：相对其他案件预测偏高：预测减实际 {}（{} 至 {}），全部案件 {}",
    ),
    (
        "{}: predicted too low beside the other cases: predicted less repaid is {} ({} to {}), over all cases {}",
        "{}：相对其他案件预测偏低：预测减实际 {}（{} 至 {}），全部案件 {}",
    ),
    ("its ranked.csv is not the one that its manifest records: it was changed after the run", "ranked.csv 与清单记录不符：批次之后被改动"),
    ("another run of the same day is counted already", "同日的另一批次已计入"),
    ("it is a run of another project, {}", "属于另一项目：{}"),
    ("the tables cover {} to {} only", "数据仅覆盖 {} 至 {}"),
    ("none of its cases has a known outcome in money yet", "尚无案件有已知的金额结果"),
    // Notes of a model.
    (
        "{}: contradicts its expected direction: information value {} rising, as expected, {} falling; if that makes sense, set its trend in [model.trends]",
        "{}：与预期方向相反：按预期上升时信息值 {}，下降时 {}；若合理，请在 [model.trends] 中设定",
    ),
    (
        "{}: contradicts its expected direction: information value {} falling, as expected, {} rising; if that makes sense, set its trend in [model.trends]",
        "{}：与预期方向相反：按预期下降时信息值 {}，上升时 {}；若合理，请在 [model.trends] 中设定",
    ),
    (
        "{}: its coefficient is negative, so beside the others it works against its own bins' rates",
        "{}：系数为负，与其他特征并用时与自身各箱比例相反",
    ),
    ("{}: its rate of repaid runs against the expected direction", "{}：已还比例与预期方向相反"),
    (
        "{}: cases moved between its bins from the first to the last training month, stability index {}",
        "{}：从首个到最后一个训练月，案件在各箱间移动，稳定性指数 {}",
    ),
    ("{}: its bins keep their order in {} of {} training months only", "{}：仅在 {} / {} 个训练月保持各箱排序"),
    ("out of time the calibration slope {} (95 % interval {} to {}) lies outside {} to {}", "跨时间校准斜率 {}（95 % 区间 {} 至 {}）超出 {} 至 {}"),
    (
        "out of time the calibration slope {} (95 % interval {} to {}) is not shown to lie within {} to {}",
        "跨时间校准斜率 {}（95 % 区间 {} 至 {}）未能证明落在 {} 至 {} 内",
    ),
    ("no model of the share repaid, the probability stands in for it: {}", "没有还款份额模型，以概率代替：{}"),
    // Why features were not used.
    ("{}; not by itself, but in the two-way table {}", "{}；未单独使用，但用于交互表 {}"),
    ("its information value is {}, below {}", "信息值 {}，低于 {}"),
    ("its information value is {}, and chance alone gives up to {}", "信息值 {}，而偶然即可达到 {}"),
    ("beside the others its coefficient is {}: it works against its own bins", "与其他特征并用时系数为 {}：与自身各箱相反"),
    ("beside the others it adds a likelihood ratio of {}, below {} ({})", "与其他特征并用时似然比增量 {}，低于 {}（{}）"),
    (
        "the others tell it: variance inflation {}, above {}; nearest is {}, correlation {}",
        "其他特征已能说明：方差膨胀 {}，高于 {}；最接近的是 {}，相关 {}",
    ),
    ("the others tell it: variance inflation {}, above {}", "其他特征已能说明：方差膨胀 {}，高于 {}"),
    ("without bound", "无界"),
    (
        "stability index {} between the first and the last training month is above {} (chance alone gives up to {})",
        "首末训练月之间的稳定性指数 {} 高于 {}（偶然可达 {}）",
    ),
    ("it has no value in any training case", "所有训练案件均无取值"),
    ("it has the same value in every training case", "所有训练案件取值相同"),
    ("all training cases fall into one bin", "所有训练案件落入同一箱"),
    ("the training cases span {} months, and a month seen once is a date, not a season", "训练案件跨 {} 个月，只见过一次的月份是日期而非季节"),
    // Outcomes and populations.
    ("payments within {} days cover the arrears", "{} 天内还款覆盖逾期金额"),
    ("payments within {} days reach {} of the arrears", "{} 天内还款达到逾期金额的 {}"),
    ("no days past due {} days later, by payment", "{} 天后因还款而不再逾期"),
    ("no worse bucket within {} days", "{} 天内账龄未恶化"),
    ("no worse bucket within {} cycles", "{} 个账期内账龄未恶化"),
    ("the statement {} cycles later has a current status", "{} 个账期后的账单为正常状态"),
    ("days past due >= {}, arrears >= {}, open, not deceased, not written off", "逾期天数 >= {}，逾期金额 >= {}，未结清、未身故、未核销"),
    ("on the first day of each arrears episode", "于每次逾期的首日"),
    ("at each month end", "于每个月末"),
    ("each week", "每周"),
    ("on {} dates", "于 {} 个日期"),
    ("immature", "未成熟"),
    ("left_the_book", "已离开账簿"),
    ("not_in_arrears", "未逾期"),
    ("closed", "已结清"),
    ("stale_statement", "账单过期"),
    ("below_min_dpd", "低于最小逾期天数"),
    ("below_min_arrears", "低于最小逾期金额"),
    ("deceased", "身故"),
    ("written_off", "已核销"),
    ("not_open_yet", "尚未开户"),
    ("no_outcome_for_this_history", "该类历史没有此结果"),
    // What nobody measured.
    ("assumed by {}: contact log = {}", "{} 假定：联络记录 = {}"),
    ("assumed by {}: events = {}", "{} 假定：事件 = {}"),
    ("assumed by {}: evidence = {}", "{} 假定：存档证据 = {}"),
    ("assumed by {}: time zone = {}", "{} 假定：时区 = {}"),
    ("assumed by {}: nominal exposure = {} a case", "{} 假定：每案名义敞口 = {}"),
    ("assumed by {}: effect of {} = {} log-odds against wait", "{} 假定：{} 相对等待的效果 = {}（对数几率）"),
    ("assumed by {}: of what {} wins, {} is collected", "{} 假定：{} 所胜得的金额中 {} 可收回"),
    ("assumed by {}: money that comes late is discounted at {} a year", "{} 假定：延迟到账的资金按年 {} 折现"),
    (
        "assumed by {}: a plan asks {} of what was paid a month, {} of the income, worth {} less for each year that it is late",
        "{} 假定：还款计划要求月均已还金额的 {}、收入的 {}，每迟一年折现 {}",
    ),
    ("assumed by {}: what the model expects stands for {} at {} log-odds against wait", "{} 假定：模型预期代表 {}，相对等待 {}（对数几率）"),
    ("assumed: the probability of repaid stands in for the share of arrears repaid", "假定：以还款概率代替逾期还款份额"),
    ("linfa-logistic on {} cases, then {} Newton steps on {} cases", "linfa-logistic，{} 个案件，再于 {} 步牛顿法，{} 个案件"),
    ("linfa-logistic on {} cases", "linfa-logistic，{} 个案件"),
    // Sub-scores, strategies.
    ("ability", "还款能力"),
    ("willingness", "还款意愿"),
    ("neither", "均不属于"),
    ("wait", "等待"),
    ("sms", "短信"),
    ("call", "电话"),
    ("ai_call", "智能语音电话"),
    ("short_term_funding", "短期资金支持"),
    ("small_claims", "小额诉讼"),
    ("plan", "还款计划"),
    ("letter", "信函"),
    ("visit", "上门"),
    ("mediation", "调解"),
    ("legal", "法律"),
    ("human_review", "人工复核"),
    // Bins.
    ("missing", "缺失"),
    ("other", "其他"),
    ("any value", "任意值"),
    ("up to {}", "不超过 {}"),
    ("above {} to {}", "高于 {} 至 {}"),
    ("above {}", "高于 {}"),
    // Features.
    ("days past due", "逾期天数"),
    ("arrears bucket", "账龄阶段"),
    ("amount overdue", "逾期金额"),
    ("share of the balance that is overdue", "逾期占余额比例"),
    ("instalments due and not fully paid", "到期未足额的期数"),
    ("days since this arrears episode began, counting its first", "本次逾期已持续天数（含首日）"),
    ("most days past due in {} days", "{} 天内最大逾期天数"),
    ("arrears episodes begun in {} days", "{} 天内新发生的逾期次数"),
    ("days in arrears in {} days", "{} 天内处于逾期的天数"),
    ("months since last {} or more days past due", "距上次逾期 {} 天以上的月数"),
    ("the first instalment was not covered within {} days", "首期在 {} 天内未还足"),
    ("buckets moved since the month before", "较上月移动的账龄阶段数"),
    ("earlier episodes that ended in payment", "以往因还款结束的逾期次数"),
    ("share of earlier episodes that ended in payment", "以往逾期中因还款结束的比例"),
    ("median length of earlier episodes that ended in payment", "以往因还款结束的逾期的中位天数"),
    ("most days past due of the last ended episode", "上一次逾期的最大逾期天数"),
    ("ever {} or more days past due", "曾逾期 {} 天以上"),
    ("re-ages in a year", "一年内展期次数"),
    ("days past due on the original schedule", "按原计划的逾期天数"),
    ("days since the last payment", "距上次还款天数"),
    ("payments in {} days that left arrears unpaid", "{} 天内未还清逾期的还款次数"),
    ("payments in {} days", "{} 天内还款次数"),
    ("paid in {} days as a share of what fell due", "{} 天内还款占应还比例"),
    ("paid in {} days", "{} 天内还款金额"),
    ("share of the instalments of {} days paid by their due date", "{} 天内按期还款的期数比例"),
    ("last payment as a share of the latest instalment", "上次还款占最近一期的比例"),
    ("variation of the payments of {} days", "{} 天内还款金额的波动"),
    ("spread of the payment day within the month in a year", "一年内还款日在月内的离散度"),
    ("debits that bounced or were reversed in {} days", "{} 天内扣款失败或冲正次数"),
    ("paid in this episode as a share of the arrears", "本次逾期中已还占逾期比例"),
    ("promises to pay made in {} days", "{} 天内承诺还款次数"),
    ("share of the promises of {} days that were kept", "{} 天内承诺履行比例"),
    ("promises broken in {} days", "{} 天内失信承诺次数"),
    ("days since a promise was broken", "距上次失信承诺天数"),
    ("a promise to pay is open", "有未到期的还款承诺"),
    ("share of the attempts of {} days that reached the borrower", "{} 天内联络到本人的比例"),
    ("days since the borrower was reached", "距上次联络到本人天数"),
    ("attempts in a row that did not reach the borrower", "连续未联络到本人的次数"),
    ("times the borrower got in touch in {} days", "{} 天内本人主动联络次数"),
    ("refusals in {} days", "{} 天内拒绝次数"),
    ("the number was wrong and the borrower not reached since", "号码错误且此后未联络到本人"),
    ("balance outstanding", "未还余额"),
    ("share of the limit that is used", "额度使用率"),
    ("months since the account was opened", "开户月数"),
    ("months to the last instalment", "距最后一期月数"),
    ("the account is secured", "有抵押"),
    ("instalment as a share of monthly income", "月供占月收入比例"),
    ("other accounts of the borrower in arrears", "本人其他逾期账户数"),
    ("open accounts of the borrower", "本人未结清账户数"),
    ("closed accounts of the borrower", "本人已结清账户数"),
    ("balance of all the borrower's open accounts", "本人全部未结清账户余额"),
    ("earlier episodes of all the borrower's accounts that ended in payment", "本人全部账户以往因还款结束的逾期次数"),
    ("most days past due of any of the borrower's accounts in a year", "一年内本人任一账户的最大逾期天数"),
    ("day of the month", "月内日期"),
    ("month of the year", "月份"),
    ("days to the next payday", "距下次发薪天数"),
    ("product", "产品"),
    ("limit", "额度"),
    ("{}, together with {}", "{}，与 {} 合看"),
    ("{} × {}", "{} × {}"),
    // Reasons of a case: what it is, its value, its bin.
    ("{}: not known", "{}：未知"),
    ("{}: {} ({})", "{}：{}（{}）"),
    ("{}: {}", "{}：{}"),
    // Last: what stands within a period may be the name of a reason.
    ("within {}", "处于 {} 期间"),
];

/// Sentences within sentences go no deeper than this.
const DEEPEST: usize = 3;

/// A sentence in Chinese, or as it is.
pub fn chinese(sentence: &str) -> String {
    translated(sentence, DEEPEST)
}

fn translated(sentence: &str, depth: usize) -> String {
    for (english, chinese) in PATTERNS {
        let Some(parts) = fits(english, sentence) else { continue };
        let mut out = String::new();
        let mut pieces = chinese.split("{}");
        out.push_str(pieces.next().unwrap_or_default());
        for (piece, part) in pieces.zip(parts) {
            out.push_str(&if depth > 0 { translated(part, depth - 1) } else { part.to_string() });
            out.push_str(piece);
        }
        return out;
    }
    sentence.to_string()
}

/// What stands at each `{}` of a pattern, if the sentence fits it; each is as short as can be, none is empty.
fn fits<'a>(pattern: &str, sentence: &'a str) -> Option<Vec<&'a str>> {
    let literals: Vec<&str> = pattern.split("{}").collect();
    let (first, last) = (literals[0], literals[literals.len() - 1]);
    if literals.len() == 1 {
        return (sentence == pattern).then(Vec::new);
    }
    let mut rest = sentence.strip_prefix(first)?.strip_suffix(last)?;
    let mut parts = Vec::new();
    for literal in &literals[1..literals.len() - 1] {
        let at = rest.find(literal).filter(|at| *at > 0)?;
        parts.push(&rest[..at]);
        rest = &rest[at + literal.len()..];
    }
    if rest.is_empty() {
        return None;
    }
    parts.push(rest);
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_a_pattern_have_as_many_parts() {
        for (english, chinese) in PATTERNS {
            assert_eq!(english.matches("{}").count(), chinese.matches("{}").count(), "{english}");
            let of = |text: &str| text.split("{}").collect::<Vec<_>>().join("7");
            // No earlier pattern takes a sentence from a later one.
            assert_eq!(translated(&of(english), 0), of(chinese), "{english}");
        }
    }

    #[test]
    fn sentences_within_sentences_are_translated_and_names_stay() {
        assert_eq!(chinese("paid in 90 days: 0 (up to 0)"), "90 天内还款金额：0（不超过 0）");
        assert_eq!(chinese("branch: north"), "branch：north");
        assert_eq!(chinese("within amnesty: 0 (up to 0)"), "处于 amnesty 期间：0（不超过 0）");
        assert_eq!(
            chinese("all cases: every case has the same outcome (repaid): nothing can be told apart"),
            "全部案件：所有案件结果相同（已还）：无法区分"
        );
        assert_eq!(chinese("my own words"), "my own words");
    }
}
