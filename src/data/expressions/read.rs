//! From SQL text to a typed tree: `sqlparser` reads, this file names what is not part of the subset and where.

use super::{BadExpression, ColumnValues, Columns, Comparison, Node, Type};
use crate::base::problem::suggestion;
use sqlparser::ast::{BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, InTarget, Spanned, UnaryOperator, Value};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

/// Characters of a condition at most, so that no condition can exhaust the stack.
const LONGEST: usize = 10_000;
/// Nested operations at most.
const DEEPEST: usize = 400;

/// Reads an expression and tells what it gives.
///
/// # Errors
/// What is wrong, and where in the text.
pub(super) fn read(sql: &str, columns: &Columns<'_>) -> Read {
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
    Reader { columns }.read(&tree, 0)
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
