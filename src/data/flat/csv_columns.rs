//! Cells of a CSV file to a column, whose type is known only when its last cell was seen.

use super::plan::{Nulls, Reading, Wanted, bad_date, day_of};
use super::{FlatValues, Texts};
use crate::base::dates::Day;
use crate::base::problem::{Problem, Problems};
use crate::data::features::NO_LEVEL;
use crate::data::flat::levels::{Levels, short_bits};
use std::sync::Arc;

/// What a cell is held against besides itself.
pub(super) struct Cells<'a> {
    pub(super) nulls: Nulls,
    pub(super) date_format: Option<&'a str>,
    pub(super) name: Arc<str>,
}

/// A column as it is built, cell by cell.
pub(super) struct Building {
    pub(super) wanted: Wanted,
    state: State,
    /// Where a column that began without a type turned out to be one of words: the first cell that is no number.
    first_word: Option<(u64, String)>,
    pub(super) problems: Problems,
}

enum State {
    /// Numbers so far; whether there was one, or all were null.
    Number(Vec<f64>, bool),
    /// Words.
    Words(Vec<u32>, Levels),
    /// Texts.
    Text(Texts),
    /// Days.
    Day(Vec<Day>),
    /// Words after all, though it began with numbers, whose texts are gone: to be read again.
    Again,
}

impl Building {
    pub(super) fn new(wanted: Wanted) -> Building {
        let state = match wanted.reading {
            Reading::AsIs => State::Number(Vec::new(), false),
            Reading::Words => State::Words(Vec::new(), Levels::default()),
            Reading::Text => State::Text(Texts::default()),
            Reading::Day => State::Day(Vec::new()),
        };
        Building { wanted, state, first_word: None, problems: Problems::default() }
    }

    /// Whether the column has to be read again, as words.
    pub(super) fn again(&self) -> bool {
        matches!(self.state, State::Again)
    }

    /// Begins again, with words.
    pub(super) fn begin_again(&mut self) {
        self.state = State::Words(Vec::new(), Levels::default());
    }

    /// Adds a cell.
    pub(super) fn push(&mut self, cell: &[u8], row: u64, cells: &Cells<'_>) {
        if let State::Number(values, any) = &mut self.state {
            if cells.nulls.has(cell) {
                return values.push(f64::NAN);
            }
            if let Some(number) = number_of(cell) {
                *any = true;
                return values.push(cells.nulls.or_nan(number));
            }
            self.first_word = Some((row, String::from_utf8_lossy(cell).into_owned()));
            self.state = if *any { State::Again } else { State::Words(vec![NO_LEVEL; values.len()], Levels::default()) };
        }
        let fit = match &mut self.state {
            State::Words(codes, levels) => {
                let code = code_of(cell, levels, &cells.nulls);
                codes.push(code.unwrap_or(NO_LEVEL));
                code.is_some()
            }
            State::Text(texts) => {
                let text = if cells.nulls.has(cell) { Some("") } else { std::str::from_utf8(cell).ok() };
                texts.push(text.unwrap_or(""));
                text.is_some()
            }
            State::Day(days) => {
                let text = if cells.nulls.has(cell) { Some("") } else { std::str::from_utf8(cell).ok() };
                let day = text.and_then(|text| if text.is_empty() { Some(Day::NULL) } else { day_of(text, cells.date_format) });
                days.push(day.unwrap_or(Day::NULL));
                if let (None, Some(text)) = (day, text) {
                    self.problems.push(bad_date(&cells.name, row, &self.wanted.name, text, cells.date_format));
                }
                text.is_some()
            }
            State::Number(..) | State::Again => true,
        };
        if !fit {
            self.problems.push(
                Problem::error("data.not_utf8", "text is not UTF-8")
                    .file(cells.name.clone())
                    .row(row)
                    .column(&*self.wanted.name)
                    .value(String::from_utf8_lossy(cell))
                    .rule("UTF-8")
                    .help("save the file as CSV UTF-8"),
            );
        }
    }

    /// The values, and what looks odd about them.
    pub(super) fn finish(self, cells: &Cells<'_>, notes: &mut Problems) -> FlatValues {
        match self.state {
            State::Number(values, _) => FlatValues::Number(values),
            State::Text(texts) => FlatValues::Text(texts),
            State::Day(days) => FlatValues::Day(days),
            State::Words(mut codes, levels) => {
                let levels = levels.sorted(&mut codes);
                if let Some((row, value)) = self.first_word
                    && let Some(problem) = like_numbers(&levels)
                {
                    notes.push(problem.file(cells.name.clone()).row(row).column(&*self.wanted.name).value(value));
                }
                FlatValues::Words { codes, levels }
            }
            State::Again => FlatValues::Words { codes: Vec::new(), levels: Vec::new() },
        }
    }
}

/// The number that a cell is; one that is not a number by its own word is `NaN`.
fn number_of(cell: &[u8]) -> Option<f64> {
    // Words are told by their first letter, without trying all of them: i and n begin `inf` and `NaN`.
    let begins = |b: &u8| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'i' | b'I' | b'n' | b'N');
    let cell = cell.trim_ascii();
    cell.first().filter(|b| begins(b))?;
    std::str::from_utf8(cell).ok()?.parse().ok()
}

/// The code of a cell; `None` if it is not UTF-8.
fn code_of(cell: &[u8], levels: &mut Levels, nulls: &Nulls) -> Option<u32> {
    let bits = short_bits(cell);
    if let Some(code) = bits.and_then(|bits| levels.near(bits)) {
        return Some(code);
    }
    let code = if nulls.has(cell) { NO_LEVEL } else { levels.insert(std::str::from_utf8(cell).ok()?) };
    bits.into_iter().for_each(|bits| levels.remember(bits, code));
    Some(code)
}

/// A column of words some of which are numbers: what it may have been meant to be.
fn like_numbers(levels: &[Box<str>]) -> Option<Problem> {
    let numbers = levels.iter().filter(|level| number_of(level.as_bytes()).is_some()).count();
    let commas = levels.iter().filter(|level| level.contains(',') && number_of(level.replacen(',', ".", 1).as_bytes()).is_some()).count();
    let others = levels.len() - numbers;
    if commas > 0 && commas == others {
        return Some(
            Problem::warning("data.decimal_comma", "the numbers have decimal commas, so the column is read as words")
                .rule("a number such as -12.5 or 1e+05")
                .help("export the numbers with decimal points"),
        );
    }
    (numbers > 0).then(|| {
        Problem::warning(
            "data.mixed_column",
            format!("the column is read as words: {numbers} of its {} different values are numbers, {others} are not", levels.len()),
        )
        .rule("numbers alone, or the column named as a category")
        .help("if such a cell stands for a missing number, name it among the null words; if the column is a category, name it as one")
    })
}
