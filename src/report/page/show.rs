//! Figures as a page shows them, each with the place in the JSON that it stands for.

use super::Lang;
use crate::report::chinese::chinese;
use crate::report::terminal::count;
use minijinja::value::Value;
use minijinja::{Environment, HtmlEscape};
use std::sync::Arc;

/// A number in a form: `int`, `3` or any other number of decimals, `pct` (a share as a percentage with one decimal), `signed` (three decimals with
/// their sign), `gap` (a signed share), `p` (a p value), `m2` (minor units, shown in
/// whole major units). A dash where there is none.
pub fn shown(number: Option<f64>, form: &str) -> String {
    let Some(x) = number else { return "–".into() };
    match form {
        "int" if x < 0.0 => format!("-{}", count((-x).round() as u64)),
        "int" => count(x.round() as u64),
        "pct" => format!("{:.1} %", 100.0 * x),
        "gap" => format!("{:+.1} %", 100.0 * x),
        // `m2`: minor units of a currency of two decimals, in whole major units.
        money if money.starts_with('m') => {
            let digits: i32 = money[1..].parse().unwrap_or(0);
            shown(Some(x / 10f64.powi(digits)), "int")
        }
        "p" if x < 0.0001 => "< 0.0001".into(),
        "p" => format!("{x:.4}"),
        "signed" => format!("{x:+.3}"),
        decimals => format!("{x:.*}", decimals.parse::<usize>().unwrap_or(3)),
    }
}

/// Adds the functions that templates use: `num(pointer, form)`, `measured(pointer, form)`, `t(english, chinese)`,
/// `s(sentence)` of a sentence that the engine wrote.
pub(super) fn register(environment: &mut Environment<'_>, lang: Lang, figures: serde_json::Value) {
    let figures = Arc::new(figures);
    let of = figures.clone();
    environment.add_function("num", move |pointer: String, form: String| Value::from_safe_string(element(&of, &pointer, &form)));
    environment.add_function("measured", move |pointer: String, form: String| {
        let mut html = element(&figures, &format!("{pointer}/value"), &form);
        if figures.pointer(&format!("{pointer}/interval")).is_some_and(serde_json::Value::is_array) {
            let ends = [0, 1].map(|k| element(&figures, &format!("{pointer}/interval/{k}"), &form));
            html += &format!(" <span class=\"iv\">({} {} {})</span>", ends[0], if lang == Lang::Chinese { "至" } else { "to" }, ends[1]);
        }
        Value::from_safe_string(html)
    });
    environment.add_function("t", move |english: String, chinese: String| if lang == Lang::Chinese { chinese } else { english });
    environment.add_function("s", move |sentence: String| if lang == Lang::Chinese { chinese(&sentence) } else { sentence });
    environment.add_global("zh", lang == Lang::Chinese);
}

fn element(figures: &serde_json::Value, pointer: &str, form: &str) -> String {
    let text = shown(figures.pointer(pointer).and_then(serde_json::Value::as_f64), form);
    format!("<span class=\"num\" data-json=\"{}\" data-as=\"{form}\">{}</span>", HtmlEscape(pointer), HtmlEscape(&text))
}
