//! Words of codes in both languages: kinds of events, channels, results, places between can and wants, stages before a court, units.
//!
//! Each function gives none for a code that it does not know; a test walks over all of the contract's.

use crate::base::bilingual::{Bilingual, Lang};

fn find(table: &[(&str, &str, &str)], code: &str) -> Option<Bilingual> {
    table.iter().find(|(name, ..)| *name == code).map(|(_, en, zh)| Bilingual::new(*en, *zh))
}

/// A kind of event, as an analyst reads it.
pub fn event(kind: &str) -> Option<Bilingual> {
    find(EVENTS, kind)
}

/// A channel of the contact log.
pub fn channel(name: &str) -> Option<Bilingual> {
    find(CHANNELS, name)
}

/// A result of a contact.
pub fn result(name: &str) -> Option<Bilingual> {
    find(RESULTS, name)
}

/// Where a case stands between can and wants.
pub fn quadrant(name: &str) -> Option<Bilingual> {
    find(QUADRANTS, name)
}

/// A stage of the legal track.
pub fn legal_stage(name: &str) -> Option<Bilingual> {
    find(STAGES, name)
}

/// A unit of a feature.
pub fn unit(name: &str) -> Option<Bilingual> {
    find(UNITS, name)
}

/// Words in a language, or the code itself where there are none.
pub fn or_code(words: Option<Bilingual>, code: &str, lang: Lang) -> String {
    words.map_or_else(|| code.replace('_', " "), |words| words.get(lang).to_string())
}

const EVENTS: &[(&str, &str, &str)] = &[
    ("hardship_income", "hardship: loss of income", "困难：收入减少"),
    ("hardship_illness", "hardship: illness", "困难：疾病"),
    ("hardship_disaster", "hardship: disaster", "困难：灾害"),
    ("hardship_family", "hardship: family", "困难：家庭变故"),
    ("hardship_other", "hardship", "困难：其他"),
    ("vulnerable_elderly", "vulnerable: elderly", "弱势：高龄"),
    ("vulnerable_disabled", "vulnerable: disabled", "弱势：残障"),
    ("vulnerable_other", "vulnerable", "弱势：其他"),
    ("dispute", "dispute", "争议"),
    ("complaint", "complaint", "投诉"),
    ("moratorium", "moratorium", "暂缓期"),
    ("cease_contact", "wish not to be contacted", "要求停止联络"),
    ("deceased", "death", "身故"),
    ("fraud_suspect", "suspicion of fraud", "疑似欺诈"),
    ("plan_offered", "plan offered", "已提供还款计划"),
    ("plan_active", "plan agreed", "还款计划已达成"),
    ("plan_broken", "plan broken", "还款计划未履行"),
    ("plan_completed", "plan completed", "还款计划已完成"),
    ("re_age", "re-age", "展期"),
    ("promise", "promise to pay", "承诺还款"),
    ("write_off", "write-off", "核销"),
    ("legal_referred", "referred to legal", "已移交法务"),
    ("legal_filed", "claim filed", "已起诉"),
    ("legal_mediation", "mediation", "调解"),
    ("legal_withdrawn", "claim withdrawn", "已撤诉"),
    ("legal_judgment", "judgment", "已判决"),
    ("legal_enforcement", "enforcement", "强制执行"),
    ("legal_closed", "legal track closed", "司法程序已结束"),
    ("opt_out", "wish for no electronic messages", "拒绝电子信息"),
    ("debt_advice", "debt advice", "债务咨询"),
];

const CHANNELS: &[(&str, &str, &str)] = &[
    ("sms", "text message", "短信"),
    ("call", "call", "电话"),
    ("ai_call", "automatic call", "智能语音电话"),
    ("email", "email", "电子邮件"),
    ("app", "app message", "应用内消息"),
    ("letter", "letter", "信函"),
    ("visit", "visit", "上门"),
    ("other", "other channel", "其他渠道"),
];

const RESULTS: &[(&str, &str, &str)] = &[
    ("reached", "reached", "联络到本人"),
    ("no_answer", "no answer", "无人接听"),
    ("third_party", "somebody else", "他人接听"),
    ("wrong_number", "wrong number", "号码错误"),
    ("refused", "refused", "拒绝"),
    ("promise", "promised to pay", "承诺还款"),
    ("delivered", "delivered", "已送达"),
    ("failed", "failed", "未送达"),
];

const QUADRANTS: &[(&str, &str, &str)] = &[
    ("able_willing", "able and willing", "有能力且愿意"),
    ("willing_not_able", "willing, not able", "愿意但无力"),
    ("able_not_willing", "able, not willing", "有能力但不愿"),
    ("neither", "neither able nor willing", "既无能力也无意愿"),
    ("unknown", "too little known of ability or willingness", "能力或意愿所知甚少"),
];

const STAGES: &[(&str, &str, &str)] = &[
    ("none", "not before a court", "未进入司法程序"),
    ("referred", "referred to legal", "已移交法务"),
    ("filed", "claim filed", "已起诉"),
    ("mediation", "in mediation", "调解中"),
    ("withdrawn", "claim withdrawn", "已撤诉"),
    ("judgment", "judgment", "已判决"),
    ("enforcement", "in enforcement", "强制执行中"),
    ("closed", "closed", "司法程序已结束"),
];

const UNITS: &[(&str, &str, &str)] = &[
    ("days", "days", "天"),
    ("bucket 0-7", "bucket 0-7", "账龄阶段 0-7"),
    ("money", "money", "金额"),
    ("share", "share", "比例"),
    ("count", "count", "次数"),
    ("0 or 1", "0 or 1", "0 或 1"),
    ("months", "months", "个月"),
    ("buckets", "buckets", "个账龄阶段"),
    ("ratio", "ratio", "比值"),
    ("day", "day", "日"),
    ("month", "month", "月"),
];
