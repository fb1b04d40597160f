//! Everything that is held of one borrower, and what runs decided of them.

use super::explanation::Explanation;
use super::terminal::table;
use crate::base::bilingual::Lang;
use crate::base::dates::Day;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A borrower laid open.
#[derive(Debug, Serialize)]
pub struct Person {
    /// The language of its sentences.
    pub lang: Lang,
    /// The borrower.
    pub borrower: String,
    /// What is held, a project each.
    pub held: Vec<Held>,
    /// What each run knew and decided.
    pub runs: Vec<PersonRun>,
}

/// What a project's tables hold of a borrower.
#[derive(Debug, Serialize)]
pub struct Held {
    /// The project.
    pub project: String,
    /// Its file.
    pub file: String,
    /// Currency of its amounts.
    pub currency: String,
    /// The tables, in the order of the data contract; those without a record are left out.
    pub tables: Vec<HeldTable>,
    /// Sentences on what these tables do not show.
    pub notes: Vec<String>,
}

/// Records of one table.
#[derive(Debug)]
pub struct HeldTable {
    /// Its name.
    pub table: &'static str,
    /// Its columns.
    pub columns: Vec<String>,
    /// Its records, a value a column; empty where it is not known.
    pub rows: Vec<Vec<String>>,
}

impl Serialize for HeldTable {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Records<'a> {
            table: &'a str,
            records: Vec<BTreeMap<&'a str, &'a str>>,
        }
        let records = self.rows.iter().map(|row| self.columns.iter().map(String::as_str).zip(row.iter().map(String::as_str)).collect()).collect();
        Records { table: self.table, records }.serialize(s)
    }
}

/// What a run knew and decided of a borrower.
#[derive(Debug, Serialize)]
pub struct PersonRun {
    /// Its folder.
    pub run: String,
    /// Its day.
    pub as_of: Day,
    /// Accounts of the borrower that were a case, with all that was decided.
    pub cases: Vec<PersonCase>,
    /// Accounts that were none: nothing was scored or decided of them.
    pub no_case: Vec<String>,
}

/// A case of a borrower: its explanation, and every feature.
#[derive(Debug, Serialize)]
pub struct PersonCase {
    /// What was decided and why.
    #[serde(flatten)]
    pub explanation: Explanation,
    /// Every feature of the day.
    pub features: Vec<FeatureValue>,
}

/// A feature's value.
#[derive(Debug, Serialize)]
pub struct FeatureValue {
    /// Its name.
    pub name: String,
    /// What it means.
    pub meaning: String,
    /// Its value; none where it is not known.
    pub value: Option<String>,
    /// Its unit; none for the project's own.
    pub unit: Option<String>,
}

/// What a table of the contract is called.
pub fn table_words(name: &str, lang: Lang) -> String {
    let zh = match name {
        "accounts" => "账户",
        "protected" => "受保护属性",
        "instalments" => "期供",
        "payments" => "还款",
        "failed_debits" => "扣款失败",
        "statements" => "账单",
        "promises" => "承诺还款",
        "re_ages" => "展期",
        "contacts" => "联络",
        "events" => "事件",
        other => other,
    };
    lang.pick(&name.replace('_', " "), zh).to_string()
}

/// What a column is called.
pub fn column_words(name: &str, lang: Lang) -> String {
    let zh = COLUMNS.iter().find(|(column, _)| *column == name).map_or(name, |(_, zh)| zh);
    lang.pick(&name.replace('_', " "), zh).to_string()
}

/// Columns of the tables, in Chinese.
pub const COLUMNS: &[(&str, &str)] = &[
    ("account_id", "账户"),
    ("opened_on", "开户日"),
    ("closed_on", "结清日"),
    ("secured", "有抵押"),
    ("income", "月收入"),
    ("payday", "发薪日"),
    ("limit", "额度"),
    ("time_zone", "时区"),
    ("evidence", "存档证据"),
    ("accessible_channels", "可用沟通渠道"),
    ("language", "语言"),
    ("written_off_on", "核销日"),
    ("due_on", "到期日"),
    ("amount", "金额"),
    ("known_on", "知悉日"),
    ("paid_on", "还款日"),
    ("taken_back_on", "冲正日"),
    ("failed_on", "失败日"),
    ("statement_on", "账单日"),
    ("days_past_due", "逾期天数"),
    ("bucket", "账龄阶段"),
    ("current", "正常"),
    ("balance", "余额"),
    ("amount_due", "应还金额"),
    ("amount_paid", "已还金额"),
    ("arrears", "逾期金额"),
    ("made_on", "承诺日"),
    ("from", "开始日"),
    ("to", "结束日"),
    ("answer_by", "答复期限"),
    ("contacted_on", "联络日"),
    ("channel", "渠道"),
    ("direction", "方向"),
    ("result", "结果"),
    ("number", "号码代号"),
    ("hour", "时段（小时）"),
    ("kind", "类型"),
    ("column", "列"),
    ("value", "值"),
    ("product", "产品"),
];

/// The person as text.
pub fn person(p: &Person) -> String {
    let lang = p.lang;
    let t = |en: &'static str, zh: &'static str| lang.pick(en, zh);
    let mut out = String::new();
    let _ = writeln!(out, "{} {}", t("all that is held and was decided about borrower", "关于该借款人所持有和所决定的全部内容："), p.borrower);
    for held in &p.held {
        let _ = writeln!(out, "\n{} ({})", held.project, held.file);
        for x in &held.tables {
            let header: Vec<String> = x.columns.iter().map(|c| column_words(c, lang)).collect();
            let header: Vec<&str> = header.iter().map(String::as_str).collect();
            let _ = writeln!(out, "\n{}\n{}", table_words(x.table, lang), table(&header, x.rows.iter().cloned()));
        }
        for note in &held.notes {
            let _ = writeln!(out, "{note}");
        }
    }
    for run in &p.runs {
        let _ = writeln!(out, "\n{} {} ({})", t("decided on", "决定日"), run.as_of, run.run);
        if !run.no_case.is_empty() {
            let _ = writeln!(
                out,
                "{}{}",
                t("no case that day, so nothing was scored or decided: ", "当日不是案件，未评分也未决定："),
                run.no_case.join(", ")
            );
        }
        for case in &run.cases {
            let _ = writeln!(out, "\n{}", super::terminal_explain::explanation(&case.explanation));
            let rows = case.features.iter().map(|f| {
                let value = f.value.clone().unwrap_or_else(|| t("not known", "未知").into());
                vec![f.name.clone(), f.meaning.clone(), value, f.unit.clone().unwrap_or_default()]
            });
            let _ = writeln!(out, "{}", table(&[t("feature", "特征"), t("meaning", "含义"), t("value", "值"), t("unit", "单位")], rows));
        }
    }
    out
}
