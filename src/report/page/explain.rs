//! The pages of `explain`: a case for an analyst, a letter for its borrower, everything of one person.

use super::fill;
use crate::base::bilingual::Lang;
use crate::base::problem::{Problem, Result};
use crate::report::explanation::Explanation;
use crate::report::letter::Letter;
use crate::report::person::{Person, column_words, table_words};
use crate::report::terminal_explain::{hours_line, rule_line};
use minijinja::{Value, context};
use serde::Serialize;

fn json(value: &impl Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(value).map_err(|e| Problem::error("file.json", e.to_string()).fail())
}

/// Rules and hours of every treatment in words.
fn treatment_lines(e: &Explanation) -> Vec<Value> {
    let lines = e.treatments.iter().map(|t| {
        let rules = |all: &[_]| all.iter().map(|rule| rule_line(rule, e.lang)).collect::<Vec<_>>();
        context! { vetoes => rules(&t.vetoes), warnings => rules(&t.warnings), hours => t.hours.as_ref().map(|h| hours_line(h, e.lang)) }
    });
    lines.collect()
}

/// The page of a case.
///
/// # Errors
/// `page.template`: a template that does not fit its figures, which is our own fault.
pub fn explanation_page(e: &Explanation) -> Result<String> {
    let figures = serde_json::json!({ "explanation": json(e)? });
    let context = context! { e => Value::from_serialize(&figures["explanation"]), lines => treatment_lines(e), at => "/explanation" };
    fill(include_str!("explanation.html"), e.lang, figures, context)
}

/// The page of a letter.
///
/// # Errors
/// As [`explanation_page`].
pub fn letter_page(l: &Letter) -> Result<String> {
    let parts: Vec<Value> = l.parts().into_iter().map(|(heading, sentences)| context! { heading, sentences }).collect();
    let context = context! { from => l.from, title => l.title(), parts };
    fill(include_str!("letter.html"), l.lang, serde_json::Value::Null, context)
}

/// The page of a person.
///
/// # Errors
/// As [`explanation_page`].
pub fn person_page(p: &Person) -> Result<String> {
    let figures = serde_json::json!({ "person": json(p)? });
    let held: Vec<Value> = p.held.iter().map(|held| held_tables(held, p.lang)).collect();
    let lines: Vec<Vec<Vec<Value>>> = p.runs.iter().map(|run| run.cases.iter().map(|case| treatment_lines(&case.explanation)).collect()).collect();
    let context = context! { p => Value::from_serialize(&figures["person"]), held, lines };
    fill(include_str!("person.html"), p.lang, figures, context)
}

fn held_tables(held: &crate::report::person::Held, lang: Lang) -> Value {
    let tables: Vec<Value> = held
        .tables
        .iter()
        .map(|t| {
            let columns: Vec<String> = t.columns.iter().map(|c| column_words(c, lang)).collect();
            context! { title => table_words(t.table, lang), columns, rows => t.rows }
        })
        .collect();
    context! { project => held.project, file => held.file, currency => held.currency, notes => held.notes, tables }
}
