//! A second reading of conditions, by another way: column by column over the parser's own tree, without the typed tree that deciding walks case by
//! case. It is there so that one can be checked against the other.

use super::{ColumnValues, Columns};
use sqlparser::ast::{BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, InTarget, UnaryOperator, Value};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use std::ops::Range;

/// A condition, parsed.
pub struct Reread(Expr);

/// A part of a column.
enum Part<'a> {
    Number(Vec<Option<f64>>),
    Text(Vec<Option<&'a str>>),
    Truth(Vec<Option<bool>>),
    /// Nothing but NULL.
    Null(usize),
}

/// Rows that are evaluated together: what fits a cache.
const ROWS: usize = 2_048;

impl Reread {
    /// Parses a condition; none where it is not one that [`super::Expression::condition`] reads.
    pub fn parse(sql: &str) -> Option<Reread> {
        let dialect = GenericDialect {};
        Parser::new(&dialect).try_with_sql(sql).ok()?.parse_expr().ok().map(Reread)
    }

    /// Whether it holds for each of the rows; `None` where that is unknown, for all where it cannot be evaluated.
    pub fn holds(&self, columns: &Columns<'_>, rows: Range<usize>) -> Vec<Option<bool>> {
        let mut all = Vec::with_capacity(rows.len());
        let mut from = rows.start;
        while from < rows.end {
            let to = (from + ROWS).min(rows.end);
            match part(&self.0, columns, &(from..to)) {
                Some(Part::Truth(truths)) => all.extend(truths),
                _ => all.extend(std::iter::repeat_n(None, to - from)),
            }
            from = to;
        }
        all
    }
}

fn numbers(part: Part<'_>) -> Option<Vec<Option<f64>>> {
    match part {
        Part::Number(v) => Some(v),
        Part::Null(n) => Some(vec![None; n]),
        _ => None,
    }
}

fn truths(part: Part<'_>) -> Option<Vec<Option<bool>>> {
    match part {
        Part::Truth(v) => Some(v),
        Part::Null(n) => Some(vec![None; n]),
        _ => None,
    }
}

fn same<T: Copy, U>(a: Vec<Option<T>>, b: Vec<Option<T>>, of: impl Fn(T, T) -> Option<U>) -> Vec<Option<U>> {
    a.into_iter().zip(b).map(|(a, b)| of(a?, b?)).collect()
}

fn known(x: f64) -> Option<f64> {
    (!x.is_nan()).then_some(x)
}

fn part<'a>(expr: &'a Expr, columns: &'a Columns<'_>, rows: &Range<usize>) -> Option<Part<'a>> {
    let n = rows.len();
    let read = |inner: &'a Expr| part(inner, columns, rows);
    let is = |wanted: Option<bool>, inner: &'a Expr| -> Option<Part<'a>> {
        Some(Part::Truth(truths(read(inner)?)?.into_iter().map(|t| Some(t == wanted)).collect()))
    };
    Some(match expr {
        Expr::Nested(inner) => read(inner)?,
        Expr::Identifier(name) => match &columns.list.iter().find(|(n, _)| n.eq_ignore_ascii_case(&name.value))?.1 {
            ColumnValues::Number(v) => Part::Number(v[rows.clone()].iter().map(|x| known(*x)).collect()),
            ColumnValues::Words { codes, words } => Part::Text(codes[rows.clone()].iter().map(|c| words.get(*c as usize).map(|w| &**w)).collect()),
            ColumnValues::Truth(v) => Part::Truth(v[rows.clone()].iter().map(|t| Some(*t)).collect()),
        },
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) => Part::Number(vec![Some(text.parse().ok()?); n]),
            Value::SingleQuotedString(text) => Part::Text(vec![Some(text.as_str()); n]),
            Value::Boolean(b) => Part::Truth(vec![Some(*b); n]),
            Value::Null => Part::Null(n),
            _ => return None,
        },
        Expr::UnaryOp { op, expr } => match op {
            UnaryOperator::Not => Part::Truth(truths(read(expr)?)?.into_iter().map(|t| t.map(|t| !t)).collect()),
            UnaryOperator::Minus => Part::Number(numbers(read(expr)?)?.into_iter().map(|x| x.map(|x| -x)).collect()),
            UnaryOperator::Plus => read(expr)?,
            _ => return None,
        },
        Expr::BinaryOp { left, op, right } => binary(read(left)?, op, read(right)?)?,
        Expr::IsNull(inner) => Part::Truth(nulls(&read(inner)?).into_iter().map(Some).collect()),
        Expr::IsNotNull(inner) => Part::Truth(nulls(&read(inner)?).into_iter().map(|null| Some(!null)).collect()),
        Expr::IsTrue(inner) => is(Some(true), inner)?,
        Expr::IsFalse(inner) => is(Some(false), inner)?,
        Expr::IsNotTrue(inner) => Part::Truth(truths(read(inner)?)?.into_iter().map(|t| Some(t != Some(true))).collect()),
        Expr::IsNotFalse(inner) => Part::Truth(truths(read(inner)?)?.into_iter().map(|t| Some(t != Some(false))).collect()),
        Expr::In { expr: value, target: InTarget::List(list), negated, .. } => {
            // NULL among the list leaves a miss unknown.
            let mut any = vec![Some(false); n];
            for item in list {
                let hit = truths(binary(read(value)?, &BinaryOperator::Eq, read(item)?)?)?;
                any = any.into_iter().zip(hit).map(|(a, b)| or(a, b)).collect();
            }
            Part::Truth(any.into_iter().map(|t| t.map(|t| t != *negated)).collect())
        }
        Expr::Between { expr: value, negated, low, high } => {
            let above = truths(binary(read(value)?, &BinaryOperator::GtEq, read(low)?)?)?;
            let below = truths(binary(read(value)?, &BinaryOperator::LtEq, read(high)?)?)?;
            Part::Truth(above.into_iter().zip(below).map(|(a, b)| and(a, b).map(|t| t != *negated)).collect())
        }
        Expr::Case { operand: None, conditions, else_result, .. } => {
            let mut chosen: Vec<Option<usize>> = vec![None; n];
            let mut results = Vec::new();
            for (k, when) in conditions.iter().enumerate() {
                let holds = truths(read(&when.condition)?)?;
                chosen.iter_mut().zip(holds).for_each(|(chosen, holds)| *chosen = chosen.or((holds == Some(true)).then_some(k)));
                results.push(read(&when.result)?);
            }
            let otherwise = results.len();
            results.push(match else_result {
                Some(result) => read(result)?,
                None => Part::Null(n),
            });
            let pick: Vec<usize> = chosen.into_iter().map(|c| c.unwrap_or(otherwise)).collect();
            picked(results, &pick)?
        }
        Expr::Function(function) => self::function(function, columns, rows)?,
        _ => return None,
    })
}

fn nulls(part: &Part<'_>) -> Vec<bool> {
    match part {
        Part::Number(v) => v.iter().map(Option::is_none).collect(),
        Part::Text(v) => v.iter().map(Option::is_none).collect(),
        Part::Truth(v) => v.iter().map(Option::is_none).collect(),
        Part::Null(n) => vec![true; *n],
    }
}

/// For each row the value of the part that it picks.
fn picked<'a>(parts: Vec<Part<'a>>, pick: &[usize]) -> Option<Part<'a>> {
    let first = parts.iter().find(|p| !matches!(p, Part::Null(_)));
    match first {
        None => Some(Part::Null(pick.len())),
        Some(Part::Number(_)) => {
            let all: Vec<_> = parts.into_iter().map(numbers).collect::<Option<_>>()?;
            Some(Part::Number(pick.iter().enumerate().map(|(row, k)| all[*k][row]).collect()))
        }
        Some(Part::Truth(_)) => {
            let all: Vec<_> = parts.into_iter().map(truths).collect::<Option<_>>()?;
            Some(Part::Truth(pick.iter().enumerate().map(|(row, k)| all[*k][row]).collect()))
        }
        Some(_) => Some(Part::Text(
            pick.iter()
                .enumerate()
                .map(|(row, k)| match &parts[*k] {
                    Part::Text(v) => v[row],
                    _ => None,
                })
                .collect(),
        )),
    }
}

fn and(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    if a == Some(false) || b == Some(false) { Some(false) } else { Some(a? && b?) }
}

fn or(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    if a == Some(true) || b == Some(true) { Some(true) } else { Some(a? || b?) }
}

fn binary<'a>(left: Part<'a>, op: &BinaryOperator, right: Part<'a>) -> Option<Part<'a>> {
    use BinaryOperator::*;
    let arithmetic = |of: fn(f64, f64) -> Option<f64>, left, right| Some(Part::Number(same(numbers(left)?, numbers(right)?, of)));
    match op {
        And | Or => {
            let both = if *op == And { and } else { or };
            return Some(Part::Truth(truths(left)?.into_iter().zip(truths(right)?).map(|(a, b)| both(a, b)).collect()));
        }
        Plus => return arithmetic(|a, b| known(a + b), left, right),
        Minus => return arithmetic(|a, b| known(a - b), left, right),
        Multiply => return arithmetic(|a, b| known(a * b), left, right),
        Divide => return arithmetic(|a, b| if b == 0.0 { None } else { known(a / b) }, left, right),
        _ => {}
    }
    let holds: fn(std::cmp::Ordering) -> bool = match op {
        Eq => std::cmp::Ordering::is_eq,
        NotEq => std::cmp::Ordering::is_ne,
        Lt => std::cmp::Ordering::is_lt,
        LtEq => std::cmp::Ordering::is_le,
        Gt => std::cmp::Ordering::is_gt,
        GtEq => std::cmp::Ordering::is_ge,
        _ => return None,
    };
    Some(Part::Truth(match (left, right) {
        (Part::Text(a), Part::Text(b)) => same(a, b, |a, b| Some(holds(a.cmp(b)))),
        (Part::Truth(a), Part::Truth(b)) => same(a, b, |a, b| Some(holds(a.cmp(&b)))),
        (Part::Number(a), Part::Number(b)) => same(a, b, |a, b| a.partial_cmp(&b).map(holds)),
        (Part::Null(n), _) | (_, Part::Null(n)) => vec![None; n],
        _ => return None,
    }))
}

fn function<'a>(function: &'a Function, columns: &'a Columns<'_>, rows: &Range<usize>) -> Option<Part<'a>> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let mut parts = Vec::new();
    for argument in &list.args {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) = argument else { return None };
        parts.push(part(inner, columns, rows)?);
    }
    let name = function.name.to_string().to_lowercase();
    let n = rows.len();
    match name.as_str() {
        "abs" => Some(Part::Number(numbers(parts.pop()?)?.into_iter().map(|x| x.map(f64::abs)).collect())),
        "coalesce" => {
            let null: Vec<Vec<bool>> = parts.iter().map(nulls).collect();
            let pick: Vec<usize> = (0..n).map(|row| (0..parts.len()).find(|k| !null[*k][row]).unwrap_or(0)).collect();
            picked(parts, &pick)
        }
        "nullif" => {
            let (b, a) = (parts.pop()?, parts.pop()?);
            let copy = match &a {
                Part::Number(v) => Part::Number(v.clone()),
                Part::Text(v) => Part::Text(v.clone()),
                Part::Truth(v) => Part::Truth(v.clone()),
                Part::Null(n) => Part::Null(*n),
            };
            let equal = truths(binary(copy, &BinaryOperator::Eq, b)?)?;
            let pick: Vec<usize> = equal.into_iter().map(|e| usize::from(e == Some(true))).collect();
            picked(vec![a, Part::Null(n)], &pick)
        }
        "least" | "greatest" => {
            let all: Vec<_> = parts.into_iter().map(numbers).collect::<Option<_>>()?;
            let better = |a: f64, b: f64| if name == "least" { a.min(b) } else { a.max(b) };
            Some(Part::Number((0..n).map(|row| all.iter().filter_map(|v| v[row]).reduce(better)).collect()))
        }
        _ => None,
    }
}
