//! What the project says of features: promises, the book's rates, named periods, expressions of its own.

use super::typed::bad_value;
use super::{Direction, NamedExpression, Period, PromiseRule, Rates, SubScore};
use crate::base::problem::{Problem, Problems};
use serde::Deserialize;
use std::collections::BTreeMap;

/// An expression as typed: SQL alone, or with what is known about it.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected SQL, or { sql = \"…\", meaning = \"…\", expected = \"up\", \"down\" or \"free\", sub_score = \"ability\" }")]
pub(super) enum TypedExpression {
    Sql(String),
    Described(Described),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Described {
    sql: String,
    meaning: Option<String>,
    #[serde(default)]
    expected: Direction,
    #[serde(default)]
    sub_score: SubScore,
}

/// Whether a text can name a feature: it must be writable in SQL without quotes.
fn is_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit()) && !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

pub(super) fn check(promises: PromiseRule, rates: Rates, regimes: &BTreeMap<String, Period>, problems: &mut Problems) {
    let mut need = |ok: bool, key: &str, value: String, rule: &str| {
        if !ok {
            problems.push(bad_value(key, &value, "setting out of range", rule));
        }
    };
    need((0..=60).contains(&promises.grace_days), "promises.grace_days", promises.grace_days.to_string(), "0 to 60");
    let share = promises.kept_share;
    need(share > 0.0 && share <= 1.0, "promises.kept_share", share.to_string(), "above 0, at most 1");
    for (key, rate) in [("rates.promise_kept", rates.promise_kept), ("rates.right_party", rates.right_party)] {
        if let Some(rate) = rate {
            need((0.0..=1.0).contains(&rate), key, rate.to_string(), "0 to 1");
        }
    }
    need(rates.weight > 0.0 && rates.weight.is_finite(), "rates.weight", rates.weight.to_string(), "above 0");
    for (name, period) in regimes {
        need(is_name(name), "regimes", name.clone(), "a name of letters, digits and _");
        need(period.from <= period.until, &format!("regimes.{name}.until"), period.until.to_string(), "not before `from`");
    }
}

/// Names, and that no protected column is used. What the SQL means is checked where its columns are known.
pub(super) fn check_expressions(
    typed: BTreeMap<String, TypedExpression>,
    protected: &[String],
    problems: &mut Problems,
) -> BTreeMap<String, NamedExpression> {
    let mut expressions = BTreeMap::new();
    for (name, typed) in typed {
        let expression = match typed {
            TypedExpression::Sql(sql) => NamedExpression { sql, meaning: None, expected: Direction::Free, sub_score: SubScore::Neither },
            TypedExpression::Described(Described { sql, meaning, expected, sub_score }) => NamedExpression { sql, meaning, expected, sub_score },
        };
        if !is_name(&name) {
            problems.push(bad_value("expressions", &name, "no name for a feature", "letters, digits and _, not beginning with a digit"));
        }
        if protected.iter().any(|p| p.eq_ignore_ascii_case(&name)) {
            problems.push(bad_value("expressions", &name, "the name of a protected column", "a name that nobody can take for a protected attribute"));
        }
        let mut words = expression.sql.split(|c: char| !c.is_alphanumeric() && c != '_');
        if let Some(column) = words.find(|word| protected.iter().any(|p| p.eq_ignore_ascii_case(word))) {
            problems.push(
                Problem::error("config.protected_feature", format!("`{column}` is protected and cannot be part of a feature"))
                    .column(format!("expressions.{name}"))
                    .value(expression.sql.as_str())
                    .rule("a protected attribute is for the audit alone")
                    .help("remove it from the expression"),
            );
        }
        expressions.insert(name, expression);
    }
    expressions
}
