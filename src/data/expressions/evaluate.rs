//! A typed tree to a value, case by case, with SQL's three-valued logic.

use super::{ColumnValues, Columns, Comparison, Node};

/// A value of any type.
pub(super) enum Cell<'a> {
    Number(f64),
    Text(&'a str),
    Truth(bool),
    Null,
}

/// The value of a column for a case.
pub(super) fn column<'a>(columns: &'a Columns<'_>, place: usize, case: usize) -> Cell<'a> {
    match &columns.list[place].1 {
        ColumnValues::Number(v) if v[case].is_nan() => Cell::Null,
        ColumnValues::Number(v) => Cell::Number(v[case]),
        ColumnValues::Words { codes, words } => words.get(codes[case] as usize).map_or(Cell::Null, |w| Cell::Text(w)),
        ColumnValues::Truth(v) => Cell::Truth(v[case]),
    }
}

pub(super) fn evaluate<'a>(node: &'a Node, columns: &'a Columns<'_>, case: usize) -> Cell<'a> {
    let number = |x: f64| if x.is_nan() { Cell::Null } else { Cell::Number(x) };
    let as_number = |node: &'a Node| match evaluate(node, columns, case) {
        Cell::Number(x) => Some(x),
        _ => None,
    };
    match node {
        Node::Number(x) => Cell::Number(*x),
        Node::Text(t) => Cell::Text(t),
        Node::Truth(b) => Cell::Truth(*b),
        Node::Null => Cell::Null,
        Node::Column(place) => column(columns, *place, case),
        Node::Negate(a) => as_number(a).map_or(Cell::Null, |x| number(-x)),
        Node::Absolute(a) => as_number(a).map_or(Cell::Null, |x| number(x.abs())),
        Node::Arithmetic(sign, a, b) => match (sign, as_number(a), as_number(b)) {
            ('+', Some(x), Some(y)) => number(x + y),
            ('-', Some(x), Some(y)) => number(x - y),
            ('*', Some(x), Some(y)) => number(x * y),
            ('/', Some(x), Some(y)) if y != 0.0 => number(x / y),
            _ => Cell::Null,
        },
        Node::Coalesce(list) => list.iter().map(|n| evaluate(n, columns, case)).find(|c| !matches!(c, Cell::Null)).unwrap_or(Cell::Null),
        Node::NullIf(a, b) => match compare(Comparison::Equal, &evaluate(a, columns, case), &evaluate(b, columns, case)) {
            Some(true) => Cell::Null,
            _ => evaluate(a, columns, case),
        },
        // As in PostgreSQL and DuckDB: nulls are passed over.
        Node::Extreme(greatest, list) => {
            list.iter().filter_map(as_number).reduce(|a, b| if *greatest { a.max(b) } else { a.min(b) }).map_or(Cell::Null, Cell::Number)
        }
        Node::Case(whens, otherwise) => {
            let chosen = whens.iter().find(|(condition, _)| truth(condition, columns, case) == Some(true)).map_or(&**otherwise, |(_, result)| result);
            evaluate(chosen, columns, case)
        }
        _ => truth(node, columns, case).map_or(Cell::Null, Cell::Truth),
    }
}

/// Whether a node holds for a case; `None` if unknown.
pub(super) fn truth(node: &Node, columns: &Columns<'_>, case: usize) -> Option<bool> {
    match node {
        Node::Truth(b) => Some(*b),
        Node::Compare(how, a, b) => compare(*how, &evaluate(a, columns, case), &evaluate(b, columns, case)),
        Node::Both(a, b) => match (truth(a, columns, case), truth(b, columns, case)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        Node::Either(a, b) => match (truth(a, columns, case), truth(b, columns, case)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        Node::Not(a) => truth(a, columns, case).map(|b| !b),
        Node::IsNull(a) => Some(matches!(evaluate(a, columns, case), Cell::Null)),
        Node::IsTruth(wanted, a) => Some(truth(a, columns, case) == Some(*wanted)),
        _ => match evaluate(node, columns, case) {
            Cell::Truth(b) => Some(b),
            _ => None,
        },
    }
}

fn compare(how: Comparison, a: &Cell<'_>, b: &Cell<'_>) -> Option<bool> {
    let order = match (a, b) {
        (Cell::Number(x), Cell::Number(y)) => x.partial_cmp(y)?,
        (Cell::Text(x), Cell::Text(y)) => x.cmp(y),
        (Cell::Truth(x), Cell::Truth(y)) => x.cmp(y),
        _ => return None,
    };
    Some(match how {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    })
}

/// The places of the columns that a node names.
pub(super) fn named(node: &Node, places: &mut Vec<usize>) {
    match node {
        Node::Column(place) => places.push(*place),
        Node::Number(_) | Node::Text(_) | Node::Truth(_) | Node::Null => {}
        Node::Negate(a) | Node::Not(a) | Node::IsNull(a) | Node::IsTruth(_, a) | Node::Absolute(a) => named(a, places),
        Node::Arithmetic(_, a, b) | Node::Compare(_, a, b) | Node::Both(a, b) | Node::Either(a, b) | Node::NullIf(a, b) => {
            named(a, places);
            named(b, places);
        }
        Node::Coalesce(list) | Node::Extreme(_, list) => list.iter().for_each(|n| named(n, places)),
        Node::Case(whens, otherwise) => {
            whens.iter().for_each(|(c, r)| {
                named(c, places);
                named(r, places);
            });
            named(otherwise, places);
        }
    }
}
