//! Days: whole days since 1970-01-01, with the calendar arithmetic that definitions need.
//!
//! A `Day` carries no time zone: `as_of` is the end of that day in the lender's zone.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A calendar day, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

const EPOCH_FROM_CE: i32 = 719_163;

impl Day {
    /// Marks a date that the source does not give.
    pub const NULL: Day = Day(i32::MIN);
    /// Later than every date: "not yet".
    pub const NEVER: Day = Day(i32::MAX);

    /// The day, or `None` where the source gives none.
    pub fn known(self) -> Option<Day> {
        (self != Self::NULL).then_some(self)
    }

    /// The day of a calendar date, if it exists.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Day> {
        NaiveDate::from_ymd_opt(year, month, day).map(Day::from)
    }

    /// Reads `YYYY-MM-DD`, ignoring a time of day that may follow after `T` or a space.
    pub fn parse_iso(text: &str) -> Option<Day> {
        let bytes = text.as_bytes();
        if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' || (bytes.len() > 10 && !matches!(bytes[10], b'T' | b' ')) {
            return None;
        }
        let number =
            |range: std::ops::Range<usize>| bytes[range].iter().try_fold(0u32, |n, b| b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0')));
        Day::from_ymd(number(0..4)? as i32, number(5..7)?, number(8..10)?)
    }

    /// Reads a date in a `chrono` format such as `%d/%m/%Y`; the text must hold nothing else.
    pub fn parse_with(text: &str, format: &str) -> Option<Day> {
        NaiveDate::parse_from_str(text, format).ok().map(Day::from)
    }

    /// The calendar date. Days out of `chrono`'s range (beyond ±262,000 years) give its limits.
    pub fn date(self) -> NaiveDate {
        self.0.checked_add(EPOCH_FROM_CE).and_then(NaiveDate::from_num_days_from_ce_opt).unwrap_or(if self.0 < 0 {
            NaiveDate::MIN
        } else {
            NaiveDate::MAX
        })
    }

    /// `days` later (or earlier, if negative); saturates instead of overflowing.
    pub fn plus(self, days: i32) -> Day {
        Day(self.0.saturating_add(days))
    }

    /// Days from `earlier` to `self`, saturating.
    pub fn since(self, earlier: Day) -> i32 {
        self.0.saturating_sub(earlier.0)
    }

    /// Months since year 0: the cycle that a monthly statement belongs to.
    pub fn month_index(self) -> i32 {
        let date = self.date();
        date.year() * 12 + date.month0() as i32
    }

    /// The last day of its month.
    pub fn month_end(self) -> Day {
        let date = self.date();
        let (year, month) = if date.month() == 12 { (date.year() + 1, 1) } else { (date.year(), date.month() + 1) };
        Day::from_ymd(year, month, 1).map_or(self, |first| first.plus(-1))
    }

    /// The same day of the month `months` later, or that month's last day where it is shorter.
    pub fn plus_months(self, months: i32) -> Day {
        let date = self.date();
        let index = date.year() * 12 + date.month0() as i32 + months;
        let (year, month) = (index.div_euclid(12), index.rem_euclid(12) as u32 + 1);
        match Day::from_ymd(year, month, date.day()) {
            Some(day) => day,
            None => Day::from_ymd(year, month, 1).map_or(self, Day::month_end),
        }
    }

    /// Whole calendar months from `earlier` to `self` (negative if it is later).
    pub fn months_since(self, earlier: Day) -> i32 {
        let (to, from) = (self.date(), earlier.date());
        let months = (to.year() - from.year()) * 12 + to.month0() as i32 - from.month0() as i32;
        // A month is whole once the day is reached; a month's last day stands for a longer month's later days.
        let reached = to.day() >= from.day() || self == self.month_end();
        if reached { months } else { months - 1 }
    }

    /// Day of the month, 1–31.
    pub fn day_of_month(self) -> u32 {
        self.date().day()
    }
}

impl From<NaiveDate> for Day {
    fn from(date: NaiveDate) -> Self {
        Day(date.num_days_from_ce() - EPOCH_FROM_CE)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Day::NULL => Ok(()),
            Day::NEVER => f.write_str("never"),
            day => write!(f, "{}", day.date().format("%Y-%m-%d")),
        }
    }
}

impl std::str::FromStr for Day {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() != 10 {
            return Err(format!("{text:?} is not a date: expected YYYY-MM-DD, for example 2026-03-31"));
        }
        Day::parse_iso(text).ok_or_else(|| format!("{text:?} is not a date: expected YYYY-MM-DD, for example 2026-03-31"))
    }
}

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn reads_iso_dates_and_nothing_else() {
        assert_eq!(Day::parse_iso("1970-01-02"), Some(Day(1)));
        assert_eq!(Day::parse_iso("2019-03-31 13:33:05"), Some(day("2019-03-31")));
        for bad in ["2019-02-29", "2019-3-1", "31/03/2019", "2019-03-3x", "", "2019-03-311"] {
            assert_eq!(Day::parse_iso(bad), None, "{bad}");
        }
        assert_eq!(day("8130-05-06").to_string(), "8130-05-06");
    }

    #[test]
    fn months_are_calendar_months() {
        assert_eq!(day("2020-01-31").plus_months(1), day("2020-02-29"));
        assert_eq!(day("2020-03-31").plus_months(-1), day("2020-02-29"));
        assert_eq!(day("2020-02-29").months_since(day("2020-01-31")), 1);
        assert_eq!(day("2020-02-28").months_since(day("2020-01-31")), 0);
        assert_eq!(day("2020-01-15").months_since(day("2019-01-16")), 11);
        assert_eq!(day("2019-12-05").month_end(), day("2019-12-31"));
    }
}
