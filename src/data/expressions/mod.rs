//! SQL conditions over columns: parsed by `sqlparser`, typed when read, evaluated with SQL's three-valued logic.
//!
//! The subset: literals, columns, `+ − * /`, comparisons, AND OR NOT, IS \[NOT\] NULL, IS \[NOT\] TRUE/FALSE, \[NOT\] IN (…), \[NOT\] BETWEEN, CASE WHEN,
//! COALESCE, NULLIF, ABS, LEAST, GREATEST. `NaN` is NULL, and so is a division by zero. Deliberately absent: anything whose meaning
//! differs between engines, so that a condition means the same wherever it is run.

mod again;
mod evaluate;
mod read;

pub use again::Reread;

use super::features::{FeatureTable, Values};
use evaluate::{Cell, column, evaluate, named, truth};
use std::borrow::Cow;

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
    Number(Cow<'a, [f64]>),
    /// Places in the words; out of range is NULL.
    Words {
        /// One a case.
        codes: Cow<'a, [u32]>,
        /// The words.
        words: Cow<'a, [Box<str>]>,
    },
    /// True or false, always known.
    Truth(Cow<'a, [bool]>),
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

    /// Adds every feature under its name.
    pub fn add_features(&mut self, features: &'a FeatureTable) {
        for column in &features.columns {
            let values = match &column.values {
                Values::Number(v) => ColumnValues::Number(Cow::Borrowed(v)),
                Values::Category { codes, levels } => ColumnValues::Words { codes: Cow::Borrowed(codes), words: Cow::Borrowed(levels) },
            };
            self.add(&column.name, values);
        }
    }

    /// The same columns, with these conditions false for every case: how it would stand without them.
    pub fn with_false(&self, names: &[&str]) -> Columns<'_> {
        let list = self.list.iter().map(|(name, values)| {
            let values = match values {
                ColumnValues::Truth(v) if names.contains(&name.as_str()) => ColumnValues::Truth(Cow::Owned(vec![false; v.len()])),
                ColumnValues::Truth(v) => ColumnValues::Truth(Cow::Borrowed(v)),
                ColumnValues::Number(v) => ColumnValues::Number(Cow::Borrowed(v)),
                ColumnValues::Words { codes, words } => ColumnValues::Words { codes: Cow::Borrowed(codes), words: Cow::Borrowed(words) },
            };
            (name.clone(), values)
        });
        Columns { list: list.collect() }
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|(n, _)| n.eq_ignore_ascii_case(name))
    }

    /// A column by its name.
    pub fn get(&self, name: &str) -> Option<&ColumnValues<'a>> {
        self.place(name).map(|place| &self.list[place].1)
    }

    /// A column of words: one code a case, out of range where it is not known, and the words.
    pub fn words(&self, name: &str) -> Option<(&[u32], &[Box<str>])> {
        match &self.list[self.place(name)?].1 {
            ColumnValues::Words { codes, words } => Some((codes, words)),
            _ => None,
        }
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

impl Expression {
    /// Reads a condition: an expression that is true, false or unknown.
    ///
    /// # Errors
    /// What is wrong and where: a syntax error, an unknown column or function (nearest named), a clash of types.
    pub fn condition(sql: &str, columns: &Columns<'_>) -> Result<Expression, BadExpression> {
        let (node, gives) = read::read(sql, columns)?;
        let expression = Expression { node, gives };
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

    /// Reads an expression that gives a number, or a condition, which gives 1, 0 or `NaN`.
    ///
    /// # Errors
    /// As [`Expression::condition`].
    pub fn number(sql: &str, columns: &Columns<'_>) -> Result<Expression, BadExpression> {
        let (node, gives) = read::read(sql, columns)?;
        if gives == Type::Text {
            let message = "this is a text, where a number is expected".to_string();
            return Err(BadExpression { line: 1, column: 1, message, help: Some("tell words apart by CASE WHEN … THEN 1 ELSE 0 END".into()) });
        }
        Ok(Expression { node, gives })
    }

    /// Its number for a case; `NaN` is NULL.
    pub fn value(&self, columns: &Columns<'_>, case: usize) -> f64 {
        match evaluate(&self.node, columns, case) {
            // What no double can hold is not computable.
            Cell::Number(x) if x.is_finite() => x,
            Cell::Truth(yes) => f64::from(u8::from(yes)),
            Cell::Number(_) | Cell::Text(_) | Cell::Null => f64::NAN,
        }
    }

    /// Whether it holds for a case: `None` if that is unknown.
    pub fn holds(&self, columns: &Columns<'_>, case: usize) -> Option<bool> {
        truth(&self.node, columns, case)
    }

    /// Whether it names a column.
    pub fn names(&self, columns: &Columns<'_>, name: &str) -> bool {
        let mut places = Vec::new();
        named(&self.node, &mut places);
        columns.place(name).is_some_and(|p| places.contains(&p))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Columns<'static> {
        let mut columns = Columns::default();
        columns.add("dpd", ColumnValues::Number(vec![5.0, 40.0, f64::NAN].into()));
        columns.add("bucket", ColumnValues::Words { codes: vec![0, 1, u32::MAX].into(), words: vec!["M1".into(), "M2".into()].into() });
        columns.add("hardship", ColumnValues::Truth(vec![true, false, false].into()));
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
            // The second reading says the same by another way.
            assert_eq!(Reread::parse(sql).unwrap().holds(&columns(), 0..3), expected, "{sql}");
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
