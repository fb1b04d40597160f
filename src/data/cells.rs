//! Cells to typed columns: one builder a column, fed cell by cell, that says what is wrong with a cell and goes on.
//!
//! Text becomes days, whole minor units, numbers or places in a dictionary here and nowhere else, for CSV and for Parquet alike.

use crate::base::dates::Day;
use crate::base::schema::ColumnType;
use crate::base::units::Money;
use std::sync::Arc;

pub use super::words::{Codes, NO_WORD, Words};

/// A typed column. Nulls are [`NO_WORD`], [`Day::NULL`], [`Money::NULL`] and `NaN`.
#[derive(Clone, Debug)]
pub enum Cells {
    /// Places in `base` followed by `own`.
    Words {
        /// One a row.
        codes: Codes,
        /// Words known before this table was read (the accounts' identifiers), if any.
        base: Option<Arc<Words>>,
        /// Words first seen in this table.
        own: Words,
    },
    /// Dates.
    Day(Vec<Day>),
    /// Amounts.
    Money(Vec<Money>),
    /// Numbers.
    Number(Vec<f64>),
}

impl Cells {
    /// An empty column of that type; an identifier column may start from words known before.
    pub fn new(of: ColumnType, base: Option<Arc<Words>>) -> Cells {
        match of {
            ColumnType::Id | ColumnType::Code => Cells::Words { codes: Codes::default(), base, own: Words::default() },
            ColumnType::Day => Cells::Day(Vec::new()),
            ColumnType::Amount | ColumnType::SignedAmount => Cells::Money(Vec::new()),
            ColumnType::Number => Cells::Number(Vec::new()),
        }
    }

    /// The word of a code of this column.
    pub fn word(&self, code: u32) -> Option<&str> {
        let Cells::Words { base, own, .. } = self else {
            return None;
        };
        let known = base.as_ref().map_or(0, |b| b.len());
        match (code as usize).checked_sub(known) {
            None => base.as_ref().map(|b| &*b.list()[code as usize]),
            Some(_) if code == NO_WORD => None,
            Some(place) => own.list().get(place).map(|w| &**w),
        }
    }

    /// Puts the rows of another file of the same column behind these.
    pub fn append(&mut self, other: Cells) {
        match (self, other) {
            (Cells::Words { codes, base, own }, Cells::Words { codes: more, own: words, .. }) => {
                let known = base.as_ref().map_or(0, |b| b.len()) as u32;
                let moved: Vec<u32> = match &words {
                    Words::Numbers { list, .. } => list.iter().map(|n| known + own.insert_or_find(*n)).collect(),
                    Words::Texts { list, .. } => list.iter().map(|w| known + own.insert(w)).collect(),
                };
                let place = |c: u32| if c == NO_WORD || c < known { c } else { moved[(c - known) as usize] };
                more.runs().for_each(|(code, rows)| codes.push_run(place(code), rows.len()));
            }
            (Cells::Day(v), Cells::Day(more)) => v.extend(more),
            (Cells::Money(v), Cells::Money(more)) => v.extend(more),
            (Cells::Number(v), Cells::Number(more)) => v.extend(more),
            _ => unreachable!("both come from the same plan"),
        }
    }
}

/// Why a cell is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadCell {
    /// Problem code.
    pub code: &'static str,
    /// What is wrong.
    pub message: &'static str,
    /// What was expected.
    pub rule: String,
}

/// Builds one column.
pub struct Builder {
    /// What was read so far.
    pub cells: Cells,
    of: ColumnType,
    minor_digits: u8,
    null_words: Vec<Box<[u8]>>,
    date_format: Option<String>,
    recent: [(Vec<u8>, u32); RECENT],
    short: [Option<(u128, u32)>; RECENT],
}

/// Words remembered to save look-ups. Files are sorted by account, and a column of codes has few words.
const RECENT: usize = 16;

/// Where a word is remembered.
fn slot(text: &[u8]) -> usize {
    let (first, last) = (text.first().copied().unwrap_or(0), text.last().copied().unwrap_or(0));
    (text.len() ^ usize::from(first) ^ (usize::from(last) << 2)) % RECENT
}

/// Where the bits of a short word are remembered.
fn short_slot(bits: u128) -> usize {
    let mixed = (bits as u64 ^ (bits >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 60) as usize % RECENT
}

impl Builder {
    /// A builder for a column of that type.
    pub fn new(of: ColumnType, base: Option<Arc<Words>>, minor_digits: u8, null_words: &[String], date_format: Option<&str>) -> Builder {
        Builder {
            cells: Cells::new(of, base),
            of,
            minor_digits,
            null_words: null_words.iter().map(|w| w.as_bytes().into()).collect(),
            date_format: date_format.map(str::to_string),
            recent: std::array::from_fn(|_| (Vec::new(), NO_WORD)),
            short: [None; RECENT],
        }
    }

    /// Makes room for that many rows.
    pub fn reserve(&mut self, rows: usize) {
        match &mut self.cells {
            Cells::Words { .. } => {}
            Cells::Day(v) => v.reserve(rows),
            Cells::Money(v) => v.reserve(rows),
            Cells::Number(v) => v.reserve(rows),
        }
    }

    /// Adds a null.
    pub fn push_null(&mut self) {
        match &mut self.cells {
            Cells::Words { codes, .. } => codes.push(NO_WORD),
            Cells::Day(v) => v.push(Day::NULL),
            Cells::Money(v) => v.push(Money::NULL),
            Cells::Number(v) => v.push(f64::NAN),
        }
    }

    /// Adds a cell given as text; the empty text and the null words are null.
    ///
    /// # Errors
    /// [`BadCell`]; a null then stands in its place, so that rows stay aligned.
    pub fn push_text(&mut self, text: &[u8]) -> Result<(), BadCell> {
        if text.is_empty() || self.null_words.iter().any(|w| **w == *text) {
            self.push_null();
            return Ok(());
        }
        match &mut self.cells {
            Cells::Words { codes, .. } => {
                let remembered = &self.recent[slot(text)];
                if remembered.0 == text {
                    codes.push(remembered.1);
                    return Ok(());
                }
                match std::str::from_utf8(text) {
                    Ok(word) => {
                        let code = self.code_of(word);
                        self.push_code(code);
                        let remembered = &mut self.recent[slot(text)];
                        remembered.0.clear();
                        remembered.0.extend_from_slice(text);
                        remembered.1 = code;
                        Ok(())
                    }
                    Err(_) => {
                        codes.push(NO_WORD);
                        Err(BadCell { code: "data.not_utf8", message: "text is not UTF-8", rule: "UTF-8".into() })
                    }
                }
            }
            Cells::Day(v) => {
                let trimmed = std::str::from_utf8(text).unwrap_or("").trim();
                let day = match &self.date_format {
                    None => Day::parse_iso(trimmed),
                    Some(format) => Day::parse_with(trimmed, format),
                };
                v.push(day.unwrap_or(Day::NULL));
                day.map(|_| ()).ok_or_else(|| self.bad_date())
            }
            Cells::Money(_) => {
                let amount = Money::parse(text.trim_ascii(), self.minor_digits);
                self.push_money(amount)
            }
            Cells::Number(v) => {
                let number = std::str::from_utf8(text).ok().and_then(|t| t.trim().parse::<f64>().ok()).filter(|x| !x.is_nan());
                v.push(number.unwrap_or(f64::NAN));
                number.map(|_| ()).ok_or(BadCell { code: "data.bad_value", message: "not a number", rule: "a number such as -12.5 or 1e+05".into() })
            }
        }
    }

    /// Adds a short word to a column of words, in that many rows, by the bits that stand for it and for no other, if it was added before.
    pub fn push_remembered(&mut self, bits: u128, rows: usize) -> bool {
        let (Cells::Words { codes, .. }, Some((known, code))) = (&mut self.cells, self.short[short_slot(bits)]) else { return false };
        if known == bits {
            codes.push_run(code, rows);
        }
        known == bits
    }

    /// Remembers the bits that stand for the word that was added last.
    pub fn remember(&mut self, bits: u128) {
        if let Cells::Words { codes, .. } = &self.cells {
            self.short[short_slot(bits)] = codes.last().map(|code| (bits, code));
        }
    }

    /// Adds a whole number to a column of words, in as many rows as it stands: an identifier that a file holds as a number. `None` is null.
    fn push_identifier(&mut self, value: Option<i64>, rows: usize) {
        let Cells::Words { codes, base, own } = &mut self.cells else { return };
        let known = base.as_ref().map_or(0, |b| b.len()) as u32;
        let before = codes.last().unwrap_or(NO_WORD);
        let code = match value {
            None => NO_WORD,
            Some(number) => match base.as_ref().and_then(|b| b.place_of_number(number, before)) {
                Some(place) => place,
                None => known + own.insert_or_find(number),
            },
        };
        codes.push_run(code, rows);
    }

    /// Adds whole numbers to a column of words. Files are mostly sorted by account, so the same number stands in many rows.
    pub fn push_identifiers(&mut self, values: &[i64]) {
        values.chunk_by(|a, b| a == b).for_each(|same| self.push_identifier(Some(same[0]), same.len()));
    }

    /// The same, some of them null.
    pub fn push_identifiers_or_null(&mut self, values: impl Iterator<Item = Option<i64>>) {
        values.for_each(|value| self.push_identifier(value, 1));
    }

    /// Adds days, all of them known.
    pub fn push_days(&mut self, values: &[i32]) {
        if let Cells::Day(v) = &mut self.cells {
            v.extend(values.iter().map(|day| Day(*day)));
        }
    }

    /// Adds days of which those at some places are null.
    pub fn push_days_but(&mut self, values: &[i32], nulls: impl Iterator<Item = usize>) {
        if let Cells::Day(v) = &mut self.cells {
            let before = v.len();
            v.extend(values.iter().map(|day| Day(*day)));
            nulls.for_each(|place| v[before + place] = Day::NULL);
        }
    }

    /// Adds amounts in major units, all or none of them: none if one of them is no amount, so that it can be found one by one.
    pub fn push_amounts(&mut self, values: &[f64]) -> bool {
        let signed = self.of == ColumnType::SignedAmount;
        let unit = 10f64.powi(i32::from(self.minor_digits));
        let Cells::Money(v) = &mut self.cells else { return false };
        let before = v.len();
        let mut good = true;
        v.extend(values.iter().map(|major| {
            let (minor, sound) = Money::nearest(*major, unit);
            good &= sound & (signed | (minor >= 0.0));
            Money(minor as i64)
        }));
        if !good {
            v.truncate(before);
        }
        good
    }

    /// Adds a whole number, as Parquet gives it.
    ///
    /// # Errors
    /// As [`Builder::push_text`].
    pub fn push_integer(&mut self, value: i64, text: &mut String) -> Result<(), BadCell> {
        match &mut self.cells {
            Cells::Money(_) => {
                let amount = value.checked_mul(10i64.pow(u32::from(self.minor_digits)));
                self.push_money(amount.map_or(Err(crate::base::units::NotMoney::TooLarge), Money::within))
            }
            Cells::Number(v) => {
                v.push(value as f64);
                Ok(())
            }
            Cells::Words { .. } | Cells::Day(_) => {
                use std::fmt::Write;
                text.clear();
                let _ = write!(text, "{value}");
                self.push_text(text.as_bytes())
            }
        }
    }

    /// Adds a floating-point number, as Parquet gives it. Identifiers that a tool turned into doubles become whole numbers again.
    ///
    /// # Errors
    /// As [`Builder::push_text`].
    pub fn push_float(&mut self, value: f64, text: &mut String) -> Result<(), BadCell> {
        match &mut self.cells {
            _ if value.is_nan() => {
                self.push_null();
                Ok(())
            }
            Cells::Money(_) => {
                let amount = Money::from_f64(value, self.minor_digits);
                self.push_money(amount)
            }
            Cells::Number(v) => {
                v.push(value);
                Ok(())
            }
            Cells::Words { .. } | Cells::Day(_) => {
                use std::fmt::Write;
                text.clear();
                let _ = write!(text, "{value}");
                self.push_text(text.as_bytes())
            }
        }
    }

    /// Adds a day, as Parquet gives it.
    ///
    /// # Errors
    /// If the column is not one of dates.
    pub fn push_day(&mut self, day: Day) -> Result<(), BadCell> {
        match &mut self.cells {
            Cells::Day(v) => {
                v.push(day);
                Ok(())
            }
            Cells::Words { .. } => self.push_text(day.to_string().as_bytes()),
            _ => {
                self.push_null();
                Err(BadCell { code: "data.bad_value", message: "a date where a number is expected", rule: "a number".into() })
            }
        }
    }

    /// The code of a word, new or known.
    pub fn code_of(&mut self, word: &str) -> u32 {
        let Cells::Words { base, own, .. } = &mut self.cells else {
            return NO_WORD;
        };
        let known = base.as_ref().map_or(0, |b| b.len()) as u32;
        match base.as_ref().and_then(|b| b.place(word)) {
            Some(place) => place,
            None => known + own.insert(word),
        }
    }

    /// Adds a word by its code.
    pub fn push_code(&mut self, code: u32) {
        if let Cells::Words { codes, .. } = &mut self.cells {
            codes.push(code);
        }
    }

    fn push_money(&mut self, amount: Result<Money, crate::base::units::NotMoney>) -> Result<(), BadCell> {
        let signed = self.of == ColumnType::SignedAmount;
        let (value, outcome) = match amount {
            Ok(money) if money.0 < 0 && !signed => {
                (Money::NULL, Err(BadCell { code: "data.bad_value", message: "amount is negative", rule: "decimal >= 0".into() }))
            }
            Ok(money) => (money, Ok(())),
            Err(why) => {
                let sign = if signed { "decimal" } else { "decimal >= 0" };
                let largest = Money(Money::LIMIT).text(self.minor_digits);
                let rule = format!("{sign}, at most {} decimals, at most {largest}", self.minor_digits);
                (Money::NULL, Err(BadCell { code: "data.bad_value", message: why.message(), rule }))
            }
        };
        if let Cells::Money(v) = &mut self.cells {
            v.push(value);
        }
        outcome
    }

    fn bad_date(&self) -> BadCell {
        let format = self.date_format.as_deref().unwrap_or("YYYY-MM-DD");
        BadCell { code: "data.bad_value", message: "not a date", rule: format!("a date as {format}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_become_what_their_column_says() {
        let mut ids = Builder::new(ColumnType::Id, None, 2, &["NA".into()], None);
        for text in ["007", "007", "NA", "7", ""] {
            ids.push_text(text.as_bytes()).unwrap();
        }
        let Cells::Words { codes, own, .. } = &ids.cells else { panic!() };
        assert_eq!(codes.iter().collect::<Vec<_>>(), [0, 0, NO_WORD, 1, NO_WORD]);
        assert_eq!(own.list().iter().map(|w| &**w).collect::<Vec<_>>(), ["007", "7"]);
        assert_eq!(ids.push_text(&[0xff, 0x41]).unwrap_err().code, "data.not_utf8");

        let mut days = Builder::new(ColumnType::Day, None, 2, &[], Some("%d/%m/%Y"));
        days.push_text(b"31/12/2019").unwrap();
        assert!(days.push_text(b"2019-12-31").is_err());
        let Cells::Day(v) = &days.cells else { panic!() };
        assert_eq!(v, &["2019-12-31".parse::<Day>().unwrap(), Day::NULL]);

        let mut amounts = Builder::new(ColumnType::Amount, None, 2, &[], None);
        assert!(amounts.push_text(b" 12.50 ").is_ok());
        assert_eq!(amounts.push_text(b"-1").unwrap_err().message, "amount is negative");
        assert!(matches!(&amounts.cells, Cells::Money(v) if v == &[Money(1250), Money::NULL]));
    }

    #[test]
    fn identifiers_that_are_numbers_are_the_words_that_they_are_written_as() {
        let ids = |values: &[Option<i64>]| {
            let mut ids = Builder::new(ColumnType::Id, None, 2, &[], None);
            ids.push_identifiers_or_null(values.iter().copied());
            ids.cells
        };
        let Cells::Words { codes, own, .. } = ids(&[Some(5), Some(5), Some(9), None, Some(7), Some(9), Some(-1)]) else { panic!() };
        assert_eq!(codes.iter().collect::<Vec<_>>(), [0, 0, 1, NO_WORD, 2, 1, 3]);
        assert_eq!(own.list().iter().map(|w| &**w).collect::<Vec<_>>(), ["5", "9", "7", "-1"]);
        assert_eq!([own.place("7"), own.place("007"), own.place("x"), own.place("-1")], [Some(2), None, None, Some(3)]);
        // Another table names the same accounts as numbers or as text, and one that is no number.
        let base = Arc::new(own);
        let mut other = Builder::new(ColumnType::Id, Some(base.clone()), 2, &[], None);
        other.push_identifiers(&[9, 4, 5]);
        ["7", "A7", "9", "4"].iter().for_each(|t| other.push_text(t.as_bytes()).unwrap());
        let Cells::Words { codes, .. } = &other.cells else { panic!() };
        assert_eq!(codes.iter().collect::<Vec<_>>(), [1, 4, 0, 2, 5, 1, 4]);
        assert_eq!([other.cells.word(4), other.cells.word(5), other.cells.word(0)], [Some("4"), Some("A7"), Some("5")]);
    }

    #[test]
    fn a_table_continues_the_words_of_another() {
        let mut accounts = Builder::new(ColumnType::Id, None, 2, &[], None);
        ["a", "b"].iter().for_each(|t| accounts.push_text(t.as_bytes()).unwrap());
        let Cells::Words { own, .. } = accounts.cells else { panic!() };
        let base = Arc::new(own);
        let part = |texts: &[&str]| {
            let mut b = Builder::new(ColumnType::Id, Some(base.clone()), 2, &[], None);
            texts.iter().for_each(|t| b.push_text(t.as_bytes()).unwrap());
            b.cells
        };
        let mut all = part(&["b", "x"]);
        all.append(part(&["y", "x", "a"]));
        let Cells::Words { codes, .. } = &all else { panic!() };
        assert_eq!(codes.iter().collect::<Vec<_>>(), [1, 2, 3, 2, 0]);
        assert_eq!(all.word(3), Some("y"));
        assert_eq!(all.word(1), Some("b"));
    }
}
