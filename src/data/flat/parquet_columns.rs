//! Decoded Parquet values to a column: numbers and whole numbers copied, words by the bits that stand for them.

use super::levels::Levels;
use super::parquet_values::{each_text, push_days, push_integers, push_numbers, push_words};
use super::plan::{Nulls, Reading, Wanted, bad_date, day_of};
use super::{FlatValues, Texts};
use crate::base::dates::Day;
use crate::base::problem::{Problem, Problems};
use crate::data::features::NO_LEVEL;
use polars::prelude::{DataType, PolarsResult, Series};
use std::sync::Arc;

/// A column as it is built, group of rows by group of rows.
pub(super) struct Building<'a> {
    pub(super) wanted: &'a Wanted,
    nulls: &'a Nulls,
    date_format: Option<&'a str>,
    name: &'a Arc<str>,
    /// Rows of the whole file.
    rows: usize,
    /// What it becomes, once its type is known.
    state: State,
    problems: Problems,
}

enum State {
    Unknown,
    Number(Vec<f64>),
    Words(Vec<u32>, Box<Levels>),
    Day(Vec<Day>),
    Integer(Vec<i64>),
    Text(Texts),
    /// A type that cannot be read as it was asked for; said once.
    Refused,
}

impl<'a> Building<'a> {
    pub(super) fn new(wanted: &'a Wanted, nulls: &'a Nulls, date_format: Option<&'a str>, name: &'a Arc<str>, rows: usize) -> Building<'a> {
        Building { wanted, nulls, date_format, name, rows, state: State::Unknown, problems: Problems::default() }
    }

    /// What a column of a type becomes.
    fn begin(&mut self, of: &DataType) -> State {
        let rows = self.rows;
        if let DataType::Datetime(_, Some(zone)) = of
            && zone.as_str() != "UTC"
        {
            self.problems.push(
                Problem::note("data.utc_day", format!("the times are of the zone {zone}; their days are taken in UTC"))
                    .file(self.name.clone())
                    .column(&*self.wanted.name)
                    .help("where the day of that zone is meant, export it as a date"),
            );
        }
        let days = || State::Day(Vec::with_capacity(rows));
        let words = || State::Words(Vec::with_capacity(rows), Box::default());
        match (self.wanted.reading, of) {
            (Reading::Text, of) if of.is_integer() => State::Integer(Vec::with_capacity(rows)),
            (Reading::Text, _) => {
                let mut texts = Texts::default();
                texts.reserve(rows);
                State::Text(texts)
            }
            (Reading::Words, _) => words(),
            (Reading::AsIs | Reading::Day, DataType::Date | DataType::Datetime(..)) => days(),
            (Reading::Day, DataType::String | DataType::Categorical(..) | DataType::Enum(..) | DataType::Binary | DataType::Null) => days(),
            // 20250131 is a date only where somebody says so.
            (Reading::Day, of) if of.is_integer() && self.date_format.is_some() => days(),
            (Reading::Day, of) => {
                self.problems.push(
                    Problem::error("data.wrong_type", format!("the column has type {of}, which holds no dates"))
                        .file(self.name.clone())
                        .column(&*self.wanted.name)
                        .rule("dates, times, or texts that are dates")
                        .help("cast the column to dates when exporting it; whole numbers such as 20250131 need the date format %Y%m%d"),
                );
                State::Refused
            }
            (Reading::AsIs, DataType::String | DataType::Categorical(..) | DataType::Enum(..) | DataType::Binary) => words(),
            // Room is made when it is known that the values do not come in one piece.
            (Reading::AsIs, _) => State::Number(Vec::new()),
        }
    }

    /// Adds the values of a group of rows.
    ///
    /// # Errors
    /// What polars refuses.
    pub(super) fn take(&mut self, values: Series) -> PolarsResult<()> {
        if matches!(self.state, State::Unknown) {
            self.state = self.begin(values.dtype());
        }
        let Some(values) = self.as_texts(values)? else { return Ok(()) };
        let nulls = self.nulls;
        let known = |text: &&str| !nulls.has(text.as_bytes());
        match &mut self.state {
            State::Number(numbers) => {
                let before = numbers.len();
                if before == 0 && values.len() < self.rows {
                    numbers.reserve_exact(self.rows);
                }
                push_numbers(values, numbers)?;
                if nulls.any_number() {
                    numbers[before..].iter_mut().for_each(|number| *number = nulls.or_nan(*number));
                }
            }
            State::Words(codes, levels) if *values.dtype() == DataType::String => push_words(&values, codes, levels, nulls)?,
            State::Words(codes, levels) => {
                each_text(&values, |text| codes.push(text.filter(known).map_or(NO_LEVEL, |text| levels.code(text))))?;
            }
            State::Text(texts) => each_text(&values, |text| texts.push(text.filter(known).unwrap_or("")))?,
            State::Integer(numbers) => {
                let before = numbers.len();
                if push_integers(&values, numbers)? {
                    numbers[before..].iter_mut().filter(|number| nulls.has_integer(**number)).for_each(|number| *number = i64::MIN);
                } else {
                    // Numbers beyond those that an i64 holds: texts, as they would be written.
                    let mut texts = Texts::default();
                    numbers[..before].iter().for_each(|n| texts.push(&if *n == i64::MIN { String::new() } else { n.to_string() }));
                    each_text(&values, |text| texts.push(text.filter(known).unwrap_or("")))?;
                    self.state = State::Text(texts);
                }
            }
            State::Day(days) => {
                if !push_days(&values, days)? {
                    let (name, column, format, problems) = (self.name, &self.wanted.name, self.date_format, &mut self.problems);
                    each_text(&values, |text| {
                        let text = text.filter(known);
                        let day = text.map(|text| day_of(text, format));
                        if day == Some(None) {
                            problems.push(bad_date(name, days.len() as u64 + 1, column, text.unwrap_or(""), format));
                        }
                        days.push(day.flatten().unwrap_or(Day::NULL));
                    })?;
                }
            }
            State::Unknown | State::Refused => {}
        }
        Ok(())
    }

    /// Categories, and texts that their writer calls bytes, as texts; `None` if they are none.
    fn as_texts(&mut self, values: Series) -> PolarsResult<Option<Series>> {
        match values.dtype() {
            DataType::Categorical(..) | DataType::Enum(..) => values.cast(&DataType::String).map(Some),
            DataType::Binary => {
                let texts = values.strict_cast(&DataType::String).ok().filter(|texts| texts.null_count() == values.null_count());
                if texts.is_none() && !matches!(self.state, State::Refused) {
                    self.problems.push(
                        Problem::error("data.not_utf8", "the column holds bytes that are no text")
                            .file(self.name.clone())
                            .column(&*self.wanted.name)
                            .rule("UTF-8")
                            .help("cast the column to text when exporting it, or name it among the columns to ignore"),
                    );
                    self.state = State::Refused;
                }
                Ok(texts)
            }
            _ => Ok(Some(values)),
        }
    }

    /// The values, and what is to be said of them.
    pub(super) fn finish(self) -> (FlatValues, Problems) {
        let values = match self.state {
            State::Number(numbers) => FlatValues::Number(numbers),
            State::Words(mut codes, levels) => {
                let levels = levels.sorted(&mut codes);
                FlatValues::Words { codes, levels }
            }
            State::Day(days) => FlatValues::Day(days),
            State::Integer(numbers) => FlatValues::Integer(numbers),
            State::Text(texts) => FlatValues::Text(texts),
            State::Unknown | State::Refused => FlatValues::Number(Vec::new()),
        };
        (values, self.problems)
    }
}
