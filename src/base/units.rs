//! Units that must not be mixed: money in whole minor units, scores in whole micro-log-odds, probabilities on a grid,
//! arrears buckets.
//!
//! Takes and gives plain numbers in named types. Deliberately absent: arithmetic between different units.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An amount in whole minor units (cents, fen) of the project's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(pub i64);

impl Money {
    /// Marks an amount that the source does not give. Never the result of arithmetic.
    pub const NULL: Money = Money(i64::MIN);

    /// The amount, or `None` where the source gives none.
    pub fn known(self) -> Option<i64> {
        (self != Self::NULL).then_some(self.0)
    }

    /// The amount in major units, for expectations and features only. `NaN` where it is not known.
    pub fn major(self, minor_digits: u8) -> f64 {
        match self.known() {
            Some(minor) => minor as f64 / 10f64.powi(i32::from(minor_digits)),
            None => f64::NAN,
        }
    }

    /// The amount as an exact decimal text in major units, empty where it is not known.
    pub fn text(self, minor_digits: u8) -> String {
        let Some(minor) = self.known() else {
            return String::new();
        };
        let sign = if minor < 0 { "-" } else { "" };
        let digits = minor.unsigned_abs();
        let unit = 10u64.pow(u32::from(minor_digits));
        match minor_digits {
            0 => format!("{sign}{digits}"),
            n => format!("{sign}{}.{:0width$}", digits / unit, digits % unit, width = usize::from(n)),
        }
    }
}

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMoney {
    /// Not a decimal number.
    NotANumber,
    /// More decimals than the currency has.
    TooFine,
    /// Beyond what whole minor units can hold.
    TooLarge,
}

impl NotMoney {
    /// What is wrong, in words.
    pub fn message(self) -> &'static str {
        match self {
            NotMoney::NotANumber => "amount is not a number",
            NotMoney::TooFine => "amount has more decimals than the currency",
            NotMoney::TooLarge => "amount is too large",
        }
    }
}

impl Money {
    /// Reads an exact decimal such as `-12.50` or `1e+05`, without going through floating point.
    ///
    /// # Errors
    /// [`NotMoney`]: zeros beyond the currency's decimals are allowed, other digits there are not.
    pub fn parse(text: &[u8], minor_digits: u8) -> Result<Money, NotMoney> {
        let (negative, mut rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let (mut mantissa, mut digits, mut exponent, mut seen_point) = (0i128, 0u32, i32::from(minor_digits), false);
        while let [byte, tail @ ..] = rest {
            match byte {
                b'0'..=b'9' if digits < 36 => {
                    mantissa = mantissa * 10 + i128::from(byte - b'0');
                    digits += u32::from(mantissa != 0);
                    exponent -= i32::from(seen_point);
                    rest = tail;
                }
                b'0'..=b'9' => return Err(NotMoney::TooLarge),
                b'.' if !seen_point => {
                    seen_point = true;
                    rest = tail;
                }
                b'e' | b'E' => {
                    let power = std::str::from_utf8(tail).ok().and_then(|t| t.parse::<i32>().ok()).ok_or(NotMoney::NotANumber)?;
                    exponent = exponent.checked_add(power).ok_or(NotMoney::TooLarge)?;
                    rest = &[];
                }
                _ => return Err(NotMoney::NotANumber),
            }
        }
        if !text.iter().take_while(|b| !matches!(b, b'e' | b'E')).any(u8::is_ascii_digit) {
            return Err(NotMoney::NotANumber);
        }
        while exponent < 0 && mantissa != 0 {
            if mantissa % 10 != 0 {
                return Err(NotMoney::TooFine);
            }
            mantissa /= 10;
            exponent += 1;
        }
        while exponent > 0 && mantissa != 0 {
            mantissa = mantissa.checked_mul(10).ok_or(NotMoney::TooLarge)?;
            exponent -= 1;
        }
        let minor = i64::try_from(if negative { -mantissa } else { mantissa }).map_err(|_| NotMoney::TooLarge)?;
        Self::within(minor)
    }

    /// The amount that a binary floating-point number stands for: the nearest minor unit, if it is within a millionth of one.
    ///
    /// # Errors
    /// [`NotMoney`], as [`Money::parse`].
    pub fn from_f64(major: f64, minor_digits: u8) -> Result<Money, NotMoney> {
        if !major.is_finite() {
            return Err(NotMoney::NotANumber);
        }
        match Self::nearest(major, 10f64.powi(i32::from(minor_digits))) {
            (minor, true) => Ok(Money(minor as i64)),
            (minor, false) if minor.abs() >= Self::LIMIT as f64 => Err(NotMoney::TooLarge),
            _ => Err(NotMoney::TooFine),
        }
    }

    /// The nearest whole number of minor units, and whether the amount is within a millionth of it and not too large. Without a branch, so
    /// that a whole column is turned at once.
    pub fn nearest(major: f64, minor_units: f64) -> (f64, bool) {
        let scaled = major * minor_units;
        // Adding and taking away 1.5 × 2^52 leaves the nearest whole number of any amount below the limit, in two plain additions.
        const WHOLE: f64 = 6_755_399_441_055_744.0;
        let whole = (scaled + WHOLE) - WHOLE;
        (whole, (whole.abs() < Self::LIMIT as f64) & ((scaled - whole).abs() <= 1e-6 * whole.abs().max(1.0)))
    }

    /// Larger amounts are refused, so that a sum of a million of them still fits: 9.2e12 minor units.
    pub const LIMIT: i64 = i64::MAX / 1_000_000;

    /// Refuses an amount beyond [`Money::LIMIT`].
    ///
    /// # Errors
    /// [`NotMoney::TooLarge`].
    pub fn within(minor: i64) -> Result<Money, NotMoney> {
        if minor.unsigned_abs() > Self::LIMIT as u64 { Err(NotMoney::TooLarge) } else { Ok(Money(minor)) }
    }
}

/// Micro-log-odds in one log-odds unit.
pub const MICRO: f64 = 1e6;

/// A score or a part of one in whole micro-log-odds (1e-6), so that sums are exact in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MicroLogOdds(pub i64);

impl MicroLogOdds {
    /// `round_half_even(1e6 × log_odds)`.
    pub fn from_log_odds(log_odds: f64) -> Self {
        MicroLogOdds((log_odds * MICRO).round_ties_even() as i64)
    }

    /// The score in log-odds.
    pub fn log_odds(self) -> f64 {
        self.0 as f64 / MICRO
    }

    /// The probability that this score stands for: `1 / (1 + exp(−score × 1e-6))`, snapped to 1e-9 so that engines whose
    /// `exp` differs in the last bit still agree.
    pub fn probability(self) -> f64 {
        snap(sigmoid(self.log_odds()))
    }
}

/// `1 / (1 + exp(−x))`, stable for large |x|.
pub fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// `ln(p / (1 − p))`.
pub fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

/// The nearest multiple of 1e-9.
pub fn snap(p: f64) -> f64 {
    (p * 1e9).round_ties_even() / 1e9
}

/// Class of days past due: M0 (0), M1 (1–30), M2 (31–60), M3 (61–90), M4 (91–120), M5 (121–150), M6 (151–180), M7+ (over 180).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket(pub u8);

impl Bucket {
    /// The names in order, as files and pages show them.
    pub const NAMES: [&'static str; 8] = ["M0", "M1", "M2", "M3", "M4", "M5", "M6", "M7+"];

    /// The bucket of a number of days past due.
    pub fn of_dpd(dpd: i32) -> Self {
        match dpd {
            ..=0 => Bucket(0),
            1..=180 => Bucket(((dpd - 1) / 30 + 1) as u8),
            _ => Bucket(7),
        }
    }

    /// Its lower bound in days past due: what a status code is worth where the source gives no days.
    pub fn lower_dpd(self) -> i32 {
        match self.0 {
            0 => 0,
            k => 30 * (i32::from(k) - 1) + 1,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::NAMES[usize::from(self.0.min(7))]
    }

    /// The bucket of that name; `M7` is accepted for `M7+`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = if text == "M7" { "M7+" } else { text };
        Self::NAMES.iter().position(|n| *n == text).map(|k| Bucket(k as u8))
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Bucket {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Bucket {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Bucket::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("{text:?} is not a bucket: expected one of {}", Bucket::NAMES.join(", "))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_thirty_days() {
        let at: Vec<u8> = [0, 1, 30, 31, 60, 61, 180, 181, 5000].iter().map(|d| Bucket::of_dpd(*d).0).collect();
        assert_eq!(at, [0, 1, 1, 2, 2, 3, 6, 7, 7]);
        for k in 0..8 {
            assert_eq!(Bucket::of_dpd(Bucket(k).lower_dpd()), Bucket(k));
        }
    }

    #[test]
    fn money_prints_exactly() {
        assert_eq!(Money(-5).text(2), "-0.05");
        assert_eq!(Money(123_456).text(2), "1234.56");
        assert_eq!(Money(7).text(0), "7");
        assert_eq!(Money::NULL.text(2), "");
    }

    #[test]
    fn amounts_are_read_exactly() {
        let read = |t: &str| Money::parse(t.as_bytes(), 2);
        for (text, minor) in
            [("12.50", 1250), ("-12.5", -1250), ("1e+05", 10_000_000), ("23100.0", 2_310_000), ("0.10000", 10), (".5", 50), ("7", 700), ("0", 0)]
        {
            assert_eq!(read(text), Ok(Money(minor)), "{text}");
        }
        for text in ["12O.50", "", "-", ".", "1,000", "1.2.3", "NaN", "e5", "1e"] {
            assert_eq!(read(text), Err(NotMoney::NotANumber), "{text}");
        }
        assert_eq!(read("0.001"), Err(NotMoney::TooFine));
        assert_eq!(read("99999999999999"), Err(NotMoney::TooLarge));
        assert_eq!(read("1e99"), Err(NotMoney::TooLarge));
        assert_eq!(Money::from_f64(0.1 + 0.2, 2), Ok(Money(30)));
        assert_eq!(Money::from_f64(0.123, 2), Err(NotMoney::TooFine));
    }

    #[test]
    fn probability_comes_from_the_whole_number() {
        assert_eq!(MicroLogOdds(0).probability(), 0.5);
        assert_eq!(MicroLogOdds::from_log_odds(0.000_000_5).0, 0);
        assert_eq!(MicroLogOdds::from_log_odds(0.000_001_5).0, 2);
        assert_eq!(MicroLogOdds(1_000_000).probability(), 0.731_058_579);
    }
}
