//! What is compared: every feature of a case, and what else a decision looks at, as values that are the same to the bit or are not.

use crate::base::dates::Day;
use crate::data::features::Values;
use crate::data::observe::Observed;
use serde::{Serialize, Serializer};
use std::fmt;

/// One value of a case.
#[derive(Clone, Debug)]
pub enum Value {
    /// A number; `NaN` is null.
    Number(f64),
    /// A word, if there is one.
    Word(Option<Box<str>>),
    /// The account was no case on that day, or had nothing to observe.
    Missing,
}

impl PartialEq for Value {
    /// The same bits; one null is as good as another.
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Number(a), Value::Number(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
            (Value::Word(a), Value::Word(b)) => a == b,
            (Value::Missing, Value::Missing) => true,
            _ => false,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(x) if x.is_nan() => f.write_str("null"),
            Value::Number(x) => write!(f, "{x}"),
            Value::Word(word) => f.write_str(word.as_deref().unwrap_or("null")),
            Value::Missing => f.write_str("no case"),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Number(x) if x.is_nan() => s.serialize_none(),
            Value::Number(x) => s.serialize_f64(*x),
            Value::Word(None) => s.serialize_none(),
            other => s.collect_str(other),
        }
    }
}

/// Everything seen of a case, in the order of [`Facts::names`].
pub(super) type Seen = Vec<Value>;

/// A case of the sample, as the whole book shows it.
pub(super) struct SampledCase {
    pub account: Box<str>,
    pub borrower: Box<str>,
    pub as_of: Day,
    pub values: Seen,
}

/// The sample, as the whole book shows it.
pub(super) struct Facts {
    /// Names of what is compared: the features, then what else a decision looks at.
    pub names: Vec<Box<str>>,
    /// How many of them are features.
    pub features: usize,
    pub cases: Vec<SampledCase>,
    /// Currency decimals.
    minor_digits: u8,
}

/// What is compared besides features, as the cases' own table calls it.
const OTHERS: [&str; 6] = ["days_past_due", "bucket_name", "overdue", "holds", "outbound_7", "the case itself"];

impl Facts {
    pub fn of(observed: &Observed, places: &[usize], minor_digits: u8) -> Facts {
        let names: Vec<Box<str>> = observed.features.names().chain(OTHERS).map(Box::from).collect();
        let mut facts = Facts { features: names.len() - OTHERS.len(), names, cases: Vec::new(), minor_digits };
        for place in places {
            let case = SampledCase {
                account: observed.cases.account_id(*place).into(),
                borrower: observed.cases.borrower_id(*place).into(),
                as_of: observed.cases.as_of[*place],
                values: facts.values(observed, *place),
            };
            facts.cases.push(case);
        }
        facts
    }

    /// Everything seen of a case.
    pub fn values(&self, observed: &Observed, place: usize) -> Seen {
        let of = |(feature, name): (usize, &str)| {
            let columns = &observed.features.columns;
            // Columns stand in the same order, unless one could not be made.
            let column = columns.get(feature).filter(|column| &*column.name == name).or_else(|| observed.features.get(name));
            match column.map(|column| &column.values) {
                Some(Values::Number(v)) => Value::Number(v[place]),
                Some(Values::Category { codes, levels }) => Value::Word(levels.get(codes[place] as usize).cloned()),
                None => Value::Missing,
            }
        };
        let cases = &observed.cases;
        let word = |text: String| Value::Word(Some(text.into()));
        let others = [
            Value::Number(f64::from(cases.dpd[place])),
            word(cases.bucket[place].to_string()),
            word(cases.arrears[place].text(self.minor_digits)),
            word(cases.holds[place].names().collect::<Vec<_>>().join(" ")),
            Value::Number(f64::from(cases.outbound_7[place])),
            word("a case".into()),
        ];
        self.names[..self.features].iter().map(|name| &**name).enumerate().map(of).chain(others).collect()
    }

    /// Places and values of what differs from the whole book's; of a case that is none any more that alone.
    pub fn differing(&self, case: usize, found: Option<&Seen>) -> Vec<(usize, Value)> {
        let places = 0..self.names.len();
        places.filter(|place| self.differs(case, *place, found)).map(|place| (place, value(found, place))).collect()
    }

    /// Whether one value differs.
    pub fn differs(&self, case: usize, place: usize, found: Option<&Seen>) -> bool {
        match found {
            Some(found) => found[place] != self.cases[case].values[place],
            None => place + 1 == self.names.len(),
        }
    }

    /// `account@as_of`.
    pub fn case_name(&self, case: usize) -> String {
        let case = &self.cases[case];
        format!("{}@{}", case.account, case.as_of)
    }
}

/// One value of what was found.
pub(super) fn value(found: Option<&Seen>, place: usize) -> Value {
    found.map_or(Value::Missing, |found| found[place].clone())
}
