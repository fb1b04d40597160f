//! SQL conditions over columns: parsed by `sqlparser`, typed when read, evaluated with SQL's three-valued logic.
//!
//! The subset: literals, columns, `+ − * /`, comparisons, AND OR NOT, IS \[NOT\] NULL, IS \[NOT\] TRUE/FALSE, \[NOT\] IN (…), \[NOT\] BETWEEN, CASE WHEN,
//! COALESCE, NULLIF, ABS, LEAST, GREATEST. `NaN` is NULL, and so is a division by zero. Deliberately absent: anything whose meaning
//! differs between engines, so that a condition means the same wherever it is run.

use crate::base::problem::suggestion;
use sqlparser::ast::{BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, InTarget, Spanned, UnaryOperator, Value};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

/// Characters of a condition at most, so that no condition can exhaust the stack.
const LONGEST: usize = 10_000;
/// Nested operations at most.
const DEEPEST: usize = 400;

/// What an expression gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A number.
    Number,
    /// A text.
    Text,
    /// True, false or unknown.
    Truth,
    /// NULL: fits any type.
    Null,
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Type::Number => "a number",
            Type::Text => "a text",
            Type::Truth => "a condition",
            Type::Null => "NULL",
        }
    }

    fn fits(self, wanted: Type) -> bool {
        self == wanted || self == Type::Null || wanted == Type::Null
    }
}

/// Values of a column, one a case.
#[derive(Clone, Debug)]
pub enum ColumnValues<'a> {
    /// `NaN` is NULL.
    Number(std::borrow::Cow<'a, [f64]>),
    /// Places in the words; out of range is NULL.
    Words {
        /// One a case.
        codes: std::borrow::Cow<'a, [u32]>,
        /// The words.
        words: std::borrow::Cow<'a, [Box<str>]>,
    },
    /// True or false, always known.
    Truth(Vec<bool>),
}

/// The columns that a condition may name.
#[derive(Clone, Debug, Default)]
pub struct Columns<'a> {
    list: Vec<(String, ColumnValues<'a>)>,
}

impl<'a> Columns<'a> {
    /// Adds a column; one of the same name stays the first.
    pub fn add(&mut self, name: &str, values: ColumnValues<'a>) {
        if self.place(name).is_none() {
            self.list.push((name.to_string(), values));
        }
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|(n, _)| n.eq_ignore_ascii_case(name))
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.list.iter().map(|(n, _)| n.as_str())
    }
}

/// What is wrong with an expression, and where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadExpression {
    /// Line in the expression, from 1.
    pub line: u64,
    /// Column in that line, from 1.
    pub column: u64,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Number(f64),
    Text(String),
    Truth(bool),
    Null,
    Column(usize),
    Negate(Box<Node>),
    Arithmetic(char, Box<Node>, Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    Both(Box<Node>, Box<Node>),
    Either(Box<Node>, Box<Node>),
    Not(Box<Node>),
    IsNull(Box<Node>),
    IsTruth(bool, Box<Node>),
    Coalesce(Vec<Node>),
    NullIf(Box<Node>, Box<Node>),
    Absolute(Box<Node>),
    Extreme(bool, Vec<Node>),
    Case(Vec<(Node, Node)>, Box<Node>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A checked expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    node: Node,
    gives: Type,
}

/// A value of any type.
enum Cell<'a> {
    Number(f64),
    Text(&'a str),
    Truth(bool),
    Null,
}

impl Expression {
    /// Reads a condition: an expression that is true, false or unknown.
    ///
    /// # Errors
    /// What is wrong and where: a syntax error, an unknown column or function (nearest named), a clash of types.
    pub fn condition(sql: &str, columns: &Columns<'_>) -> Result<Expression, BadExpression> {
        let expression = Self::parse(sql, columns)?;
        if expression.gives.fits(Type::Truth) {
            Ok(expression)
        } else {
            Err(BadExpression {
                line: 1,
                column: 1,
                message: format!("this is {}, where a condition is expected", expression.gives.name()),
                help: None,
            })
        }
    }

    fn parse(sql: &str, columns: &Columns<'_>) -> Result<Expression, BadExpression> {
        let whole = |message: String| BadExpression { line: 1, column: 1, message, help: None };
        if sql.len() > LONGEST {
            return Err(whole(format!("the expression has {} characters; at most {LONGEST} are read", sql.len())));
        }
        if sql.trim().is_empty() {
            return Err(whole("the expression is empty".into()));
        }
        let syntax = |e: sqlparser::parser::ParserError| {
            let text = e.to_string().replace("sql parser error: ", "");
            let (message, line, column) = position_in(&text);
            BadExpression { line, column, message, help: None }
        };
        let dialect = GenericDialect {};
        let mut parser = Parser::new(&dialect).try_with_sql(sql).map_err(syntax)?;
        let tree = parser.parse_expr().map_err(syntax)?;
        let rest = parser.peek_token();
        if rest.token != Token::EOF {
            let start = rest.span.start;
            return Err(BadExpression {
                line: start.line,
                column: start.column,
                message: format!("`{}` does not belong here", rest.token),
                help: Some("one expression is expected".into()),
            });
        }
        let (node, gives) = Reader { columns }.read(&tree, 0)?;
        Ok(Expression { node, gives })
    }

    /// Whether it holds for a case: `None` if that is unknown.
    pub fn holds(&self, columns: &Columns<'_>, case: usize) -> Option<bool> {
        truth(&self.node, columns, case)
    }

    /// The columns that it names and that are NULL for a case: why it may be unknown.
    pub fn unknown_columns<'c>(&self, columns: &'c Columns<'_>, case: usize) -> Vec<&'c str> {
        let mut places = Vec::new();
        named(&self.node, &mut places);
        places.sort_unstable();
        places.dedup();
        places.into_iter().filter(|p| matches!(column(columns, *p, case), Cell::Null)).map(|p| columns.list[p].0.as_str()).collect()
    }
}

/// Splits `… at Line: 1, Column: 5` off a message of the parser.
fn position_in(text: &str) -> (String, u64, u64) {
    let Some((message, place)) = text.rsplit_once(" at Line: ") else {
        return (text.to_string(), 1, 1);
    };
    let (line, column) = place.split_once(", Column: ").unwrap_or((place, "1"));
    (message.to_string(), line.trim().parse().unwrap_or(1), column.trim().parse().unwrap_or(1))
}

struct Reader<'a> {
    columns: &'a Columns<'a>,
}

type Read = Result<(Node, Type), BadExpression>;

impl Reader<'_> {
    fn fail<T>(&self, at: &Expr, message: String, help: Option<String>) -> Result<T, BadExpression> {
        let start = at.span().start;
        Err(BadExpression { line: start.line.max(1), column: start.column.max(1), message, help })
    }

    fn typed(&self, expr: &Expr, wanted: Type, depth: usize) -> Result<Node, BadExpression> {
        let (node, found) = self.read(expr, depth)?;
        if found.fits(wanted) {
            Ok(node)
        } else {
            self.fail(expr, format!("`{expr}` is {}, where {} is expected", found.name(), wanted.name()), None)
        }
    }

    /// Two expressions of one type.
    fn pair(&self, a: &Expr, b: &Expr, depth: usize) -> Result<(Box<Node>, Box<Node>, Type), BadExpression> {
        let ((x, of_x), (y, of_y)) = (self.read(a, depth)?, self.read(b, depth)?);
        if !of_x.fits(of_y) {
            return self.fail(
                b,
                format!("`{a}` is {} and `{b}` is {}", of_x.name(), of_y.name()),
                Some("compare like with like; texts stand in single quotes".into()),
            );
        }
        Ok((Box::new(x), Box::new(y), if of_x == Type::Null { of_y } else { of_x }))
    }

    fn read(&self, expr: &Expr, depth: usize) -> Read {
        if depth > DEEPEST {
            return self.fail(expr, format!("operations are nested more than {DEEPEST} deep"), Some("use IN (…) or split the condition".into()));
        }
        let deeper = depth + 1;
        let boxed = |node| Box::new(node);
        match expr {
            Expr::Nested(inner) => self.read(inner, deeper),
            Expr::Identifier(name) => match self.columns.place(&name.value) {
                Some(place) => Ok((Node::Column(place), type_of(&self.columns.list[place].1))),
                None => {
                    let help = if name.quote_style == Some('"') {
                        format!("a text stands in single quotes: '{}'; {}", name.value, suggestion(&name.value, self.columns.names()))
                    } else {
                        suggestion(&name.value, self.columns.names())
                    };
                    self.fail(expr, format!("there is no column `{}`", name.value), Some(help))
                }
            },
            Expr::Value(value) => match &value.value {
                Value::Number(text, _) => match text.parse::<f64>() {
                    Ok(x) if x.is_finite() => Ok((Node::Number(x), Type::Number)),
                    _ => self.fail(expr, format!("`{text}` is not a number"), None),
                },
                Value::SingleQuotedString(text) => Ok((Node::Text(text.clone()), Type::Text)),
                Value::Boolean(b) => Ok((Node::Truth(*b), Type::Truth)),
                Value::Null => Ok((Node::Null, Type::Null)),
                _ => self.fail(expr, format!("`{expr}` is not a value that conditions know"), Some("numbers, 'texts', TRUE, FALSE, NULL".into())),
            },
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => Ok((Node::Not(boxed(self.typed(expr, Type::Truth, deeper)?)), Type::Truth)),
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => Ok((Node::Negate(boxed(self.typed(expr, Type::Number, deeper)?)), Type::Number)),
            Expr::UnaryOp { op: UnaryOperator::Plus, expr } => Ok((self.typed(expr, Type::Number, deeper)?, Type::Number)),
            Expr::BinaryOp { left, op, right } => self.binary(expr, left, op, right, deeper),
            Expr::IsNull(inner) => Ok((Node::IsNull(boxed(self.read(inner, deeper)?.0)), Type::Truth)),
            Expr::IsNotNull(inner) => Ok((Node::Not(boxed(Node::IsNull(boxed(self.read(inner, deeper)?.0)))), Type::Truth)),
            Expr::IsTrue(inner) => Ok((Node::IsTruth(true, boxed(self.typed(inner, Type::Truth, deeper)?)), Type::Truth)),
            Expr::IsFalse(inner) => Ok((Node::IsTruth(false, boxed(self.typed(inner, Type::Truth, deeper)?)), Type::Truth)),
            Expr::IsNotTrue(inner) => Ok((Node::Not(boxed(Node::IsTruth(true, boxed(self.typed(inner, Type::Truth, deeper)?)))), Type::Truth)),
            Expr::IsNotFalse(inner) => Ok((Node::Not(boxed(Node::IsTruth(false, boxed(self.typed(inner, Type::Truth, deeper)?)))), Type::Truth)),
            Expr::In { expr: value, target: InTarget::List(list), negated, global: false } => {
                let mut any = Node::Truth(false);
                for item in list {
                    let (a, b, _) = self.pair(value, item, deeper)?;
                    any = Node::Either(boxed(any), boxed(Node::Compare(Comparison::Equal, a, b)));
                }
                Ok((if *negated { Node::Not(boxed(any)) } else { any }, Type::Truth))
            }
            Expr::Between { expr: value, negated, low, high } => {
                let (a, b, of) = self.pair(value, low, deeper)?;
                let (c, d, _) = self.pair(value, high, deeper)?;
                if of == Type::Truth {
                    return self.fail(expr, "conditions have no order".into(), None);
                }
                let both = Node::Both(boxed(Node::Compare(Comparison::GreaterOrEqual, a, b)), boxed(Node::Compare(Comparison::LessOrEqual, c, d)));
                Ok((if *negated { Node::Not(boxed(both)) } else { both }, Type::Truth))
            }
            Expr::Case { operand: None, conditions, else_result, .. } => {
                let mut of = Type::Null;
                let mut whens = Vec::new();
                for when in conditions {
                    let condition = self.typed(&when.condition, Type::Truth, deeper)?;
                    let (result, found) = self.read(&when.result, deeper)?;
                    if !found.fits(of) {
                        return self.fail(&when.result, format!("this is {}, the results before are {}", found.name(), of.name()), None);
                    }
                    of = if of == Type::Null { found } else { of };
                    whens.push((condition, result));
                }
                let otherwise = match else_result {
                    Some(result) => {
                        let (node, found) = self.read(result, deeper)?;
                        if !found.fits(of) {
                            return self.fail(result, format!("this is {}, the results before are {}", found.name(), of.name()), None);
                        }
                        of = if of == Type::Null { found } else { of };
                        node
                    }
                    None => Node::Null,
                };
                Ok((Node::Case(whens, boxed(otherwise)), of))
            }
            Expr::Function(function) => self.function(expr, function, deeper),
            _ => self.fail(
                expr,
                format!("`{expr}` is not part of the conditions that recoup reads"),
                Some("see the README's list of what a condition may hold".into()),
            ),
        }
    }

    fn binary(&self, expr: &Expr, left: &Expr, op: &BinaryOperator, right: &Expr, depth: usize) -> Read {
        let boxed = |node| Box::new(node);
        let sign = match op {
            BinaryOperator::Plus => '+',
            BinaryOperator::Minus => '-',
            BinaryOperator::Multiply => '*',
            BinaryOperator::Divide => '/',
            BinaryOperator::And => {
                return Ok((Node::Both(boxed(self.typed(left, Type::Truth, depth)?), boxed(self.typed(right, Type::Truth, depth)?)), Type::Truth));
            }
            BinaryOperator::Or => {
                return Ok((Node::Either(boxed(self.typed(left, Type::Truth, depth)?), boxed(self.typed(right, Type::Truth, depth)?)), Type::Truth));
            }
            _ => {
                let comparison = match op {
                    BinaryOperator::Eq => Comparison::Equal,
                    BinaryOperator::NotEq => Comparison::NotEqual,
                    BinaryOperator::Lt => Comparison::Less,
                    BinaryOperator::LtEq => Comparison::LessOrEqual,
                    BinaryOperator::Gt => Comparison::Greater,
                    BinaryOperator::GtEq => Comparison::GreaterOrEqual,
                    _ => {
                        return self.fail(expr, format!("`{op}` is not an operator of conditions"), Some("+ - * / = <> < <= > >= AND OR NOT".into()));
                    }
                };
                let (a, b, of) = self.pair(left, right, depth)?;
                if of == Type::Truth && !matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
                    return self.fail(expr, "conditions have no order".into(), None);
                }
                return Ok((Node::Compare(comparison, a, b), Type::Truth));
            }
        };
        Ok((Node::Arithmetic(sign, boxed(self.typed(left, Type::Number, depth)?), boxed(self.typed(right, Type::Number, depth)?)), Type::Number))
    }

    fn function(&self, expr: &Expr, function: &Function, depth: usize) -> Read {
        const KNOWN: [&str; 5] = ["COALESCE", "NULLIF", "ABS", "LEAST", "GREATEST"];
        let name = function.name.to_string().to_uppercase();
        if !KNOWN.contains(&name.as_str()) {
            return self.fail(expr, format!("there is no function `{}`", function.name), Some(suggestion(&name, KNOWN)));
        }
        let mut arguments = Vec::new();
        let FunctionArguments::List(list) = &function.args else {
            return self.fail(expr, format!("{name} needs arguments"), None);
        };
        for argument in &list.args {
            match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) => arguments.push(inner),
                _ => return self.fail(expr, format!("`{argument}` is not an argument of {name}"), None),
            }
        }
        let count = arguments.len();
        let right_count = match name.as_str() {
            "ABS" => count == 1,
            "NULLIF" => count == 2,
            _ => count >= 1,
        };
        if !right_count {
            return self.fail(expr, format!("{name} does not take {count} arguments"), None);
        }
        match name.as_str() {
            "ABS" => Ok((Node::Absolute(Box::new(self.typed(arguments[0], Type::Number, depth)?)), Type::Number)),
            "NULLIF" => {
                let (a, b, of) = self.pair(arguments[0], arguments[1], depth)?;
                Ok((Node::NullIf(a, b), of))
            }
            "COALESCE" => {
                let mut of = Type::Null;
                let mut nodes = Vec::new();
                for argument in arguments {
                    let (node, found) = self.read(argument, depth)?;
                    if !found.fits(of) {
                        return self.fail(argument, format!("this is {}, the arguments before are {}", found.name(), of.name()), None);
                    }
                    of = if of == Type::Null { found } else { of };
                    nodes.push(node);
                }
                Ok((Node::Coalesce(nodes), of))
            }
            _ => {
                let nodes: Result<Vec<Node>, BadExpression> = arguments.into_iter().map(|a| self.typed(a, Type::Number, depth)).collect();
                Ok((Node::Extreme(name == "GREATEST", nodes?), Type::Number))
            }
        }
    }
}

fn type_of(values: &ColumnValues<'_>) -> Type {
    match values {
        ColumnValues::Number(_) => Type::Number,
        ColumnValues::Words { .. } => Type::Text,
        ColumnValues::Truth(_) => Type::Truth,
    }
}

fn column<'a>(columns: &'a Columns<'_>, place: usize, case: usize) -> Cell<'a> {
    match &columns.list[place].1 {
        ColumnValues::Number(v) if v[case].is_nan() => Cell::Null,
        ColumnValues::Number(v) => Cell::Number(v[case]),
        ColumnValues::Words { codes, words } => words.get(codes[case] as usize).map_or(Cell::Null, |w| Cell::Text(w)),
        ColumnValues::Truth(v) => Cell::Truth(v[case]),
    }
}

fn evaluate<'a>(node: &'a Node, columns: &'a Columns<'_>, case: usize) -> Cell<'a> {
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

fn truth(node: &Node, columns: &Columns<'_>, case: usize) -> Option<bool> {
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

fn named(node: &Node, places: &mut Vec<usize>) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Columns<'static> {
        let mut columns = Columns::default();
        columns.add("dpd", ColumnValues::Number(vec![5.0, 40.0, f64::NAN].into()));
        columns.add("bucket", ColumnValues::Words { codes: vec![0, 1, u32::MAX].into(), words: vec!["M1".into(), "M2".into()].into() });
        columns.add("hardship", ColumnValues::Truth(vec![true, false, false]));
        columns
    }

    fn all(sql: &str) -> [Option<bool>; 3] {
        let columns = columns();
        let condition = Expression::condition(sql, &columns).unwrap_or_else(|e| panic!("{sql}: {e:?}"));
        [0, 1, 2].map(|case| condition.holds(&columns, case))
    }

    const T: Option<bool> = Some(true);
    const F: Option<bool> = Some(false);

    #[test]
    fn three_valued_logic_as_sql_has_it() {
        for (sql, expected) in [
            ("dpd > 30", [F, T, None]),
            ("NOT dpd > 30", [T, F, None]),
            ("dpd > 30 OR hardship", [T, T, None]),
            ("dpd > 30 AND hardship", [F, F, F]),
            ("dpd > 30 AND NOT hardship", [F, T, None]),
            ("dpd IS NULL", [F, F, T]),
            ("dpd IS NOT NULL AND dpd <= 5", [T, F, F]),
            ("bucket IN ('M1', 'M3')", [T, F, None]),
            ("bucket NOT IN ('M1')", [F, T, None]),
            ("dpd IN (5, NULL)", [T, None, None]),
            ("dpd BETWEEN 5 AND 39", [T, F, None]),
            ("dpd NOT BETWEEN 5 AND 39", [F, T, None]),
            ("(dpd > 30) IS TRUE", [F, T, F]),
            ("(dpd > 30) IS NOT TRUE", [T, F, T]),
            ("coalesce(dpd, 0) = 0", [F, F, T]),
            ("dpd / 0 > 1", [None, None, None]),
            ("100 / nullif(dpd - 5, 0) > 2", [None, T, None]),
            ("greatest(dpd, 10) = 10", [T, F, T]),
            ("abs(-dpd) = least(dpd, 1000)", [T, T, None]),
            ("CASE WHEN hardship THEN 1 WHEN dpd > 30 THEN 2 END = 2", [F, T, None]),
            ("hardship = TRUE", [T, F, F]),
            ("NULL", [None, None, None]),
            ("dpd + 1 * 2 = 7", [T, F, None]),
            ("bucket <> 'M2'", [T, F, None]),
        ] {
            assert_eq!(all(sql), expected, "{sql}");
        }
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let bad = |sql: &str| Expression::condition(sql, &columns()).unwrap_err();
        let error = bad("dpd > 30\n AND hardshp");
        assert_eq!((error.line, error.column), (2, 6));
        assert_eq!(error.help.as_deref(), Some("did you mean `hardship`?"));
        for (sql, part) in [
            ("dpd > 'x'", "`dpd` is a number and `'x'` is a text"),
            ("dpd", "a number, where a condition is expected"),
            ("dpd > 30 30", "does not belong here"),
            ("dpd >", "Expected"),
            ("sqrt(dpd) > 1", "there is no function `sqrt`"),
            ("hardship < TRUE", "conditions have no order"),
            ("", "empty"),
            ("bucket = \"M1\"", "there is no column `M1`"),
            ("dpd LIKE 'x'", "not part of the conditions"),
            ("(SELECT 1) = 1", "not part of the conditions"),
            ("nullif(dpd) = 1", "does not take 1 arguments"),
        ] {
            assert!(bad(sql).message.contains(part), "{sql}: {:?}", bad(sql));
        }
    }

    #[test]
    fn depth_is_an_error_and_no_crash() {
        let deep = format!("{}dpd > 1{}", "(".repeat(2_000), ")".repeat(2_000));
        assert!(Expression::condition(&deep, &columns()).is_err());
        let long = vec!["dpd > 1"; 900].join(" OR ");
        assert!(Expression::condition(&long, &columns()).unwrap_err().message.contains("nested"));
        assert!(Expression::condition(&"x".repeat(20_000), &columns()).unwrap_err().message.contains("characters"));
    }

    #[test]
    fn the_unknown_is_named() {
        let columns = columns();
        let condition = Expression::condition("dpd > 3 AND bucket = 'M1' AND NOT hardship", &columns).unwrap();
        assert_eq!(condition.unknown_columns(&columns, 2), ["dpd", "bucket"]);
        assert!(condition.unknown_columns(&columns, 0).is_empty());
    }
}
