//! What polars decodes, a group of rows of one column, added to plain vectors: every type that a flat table may have.

use super::levels::Levels;
use super::plan::Nulls;
use crate::base::dates::Day;
use crate::data::features::NO_LEVEL;
use polars::prelude::{DataType, Float64Type, PolarsResult, Series, TimeUnit};
use std::fmt::Write;

/// Whole numbers up to this are doubles to the last digit.
const EXACT: i128 = 1 << 53;
/// Powers of ten up to this exponent are doubles to the last digit.
const EXACT_POWER: usize = 22;

/// Adds the values of a primitive column, each turned by a function, and a null in the place of each null.
macro_rules! push_each {
    ($values:expr, $into:expr, $null:expr, $turn:expr) => {
        for chunk in $values.downcast_iter() {
            let before = $into.len();
            $into.extend(chunk.values().iter().map($turn));
            if let Some(valid) = chunk.validity().filter(|valid| valid.unset_bits() > 0) {
                (!valid).true_idx_iter().for_each(|place| $into[before + place] = $null);
            }
        }
    };
}

/// Adds whole numbers of any width.
macro_rules! push_whole {
    ($values:expr, $into:expr, $null:expr, $turn:ident) => {
        match $values.dtype() {
            DataType::Int8 => push_each!($values.i8()?, $into, $null, |n| $turn!(*n)),
            DataType::Int16 => push_each!($values.i16()?, $into, $null, |n| $turn!(*n)),
            DataType::Int32 => push_each!($values.i32()?, $into, $null, |n| $turn!(*n)),
            DataType::Int64 => push_each!($values.i64()?, $into, $null, |n| $turn!(*n)),
            DataType::UInt8 => push_each!($values.u8()?, $into, $null, |n| $turn!(*n)),
            DataType::UInt16 => push_each!($values.u16()?, $into, $null, |n| $turn!(*n)),
            DataType::UInt32 => push_each!($values.u32()?, $into, $null, |n| $turn!(*n)),
            _ => push_each!($values.u64()?, $into, $null, |n| $turn!(*n)),
        }
    };
}

macro_rules! as_double {
    ($n:expr) => {
        $n as f64
    };
}

/// A whole number that an `i64` cannot hold becomes the null, and is found by that.
macro_rules! as_integer {
    ($n:expr) => {
        i64::try_from($n).unwrap_or(i64::MIN)
    };
}

/// Adds numbers, decimals or truth values; nulls are `NaN`.
pub(super) fn push_numbers(values: Series, into: &mut Vec<f64>) -> PolarsResult<()> {
    match values.dtype() {
        DataType::Float64 => {
            for array in values.take_inner::<Float64Type>().downcast_into_iter() {
                let before = into.len();
                let (_, numbers, valid) = array.into_inner();
                if into.capacity() == 0 {
                    // The whole column in one piece: taken, not copied.
                    *into = numbers.into_mut().either(|shared| shared.to_vec(), |own| own);
                } else {
                    into.extend_from_slice(&numbers);
                }
                if let Some(valid) = valid.filter(|valid| valid.unset_bits() > 0) {
                    (!&valid).true_idx_iter().for_each(|place| into[before + place] = f64::NAN);
                }
            }
        }
        DataType::Float32 => push_each!(values.f32()?, into, f64::NAN, |x| f64::from(*x)),
        DataType::Boolean => into.extend(values.bool()?.iter().map(|truth| truth.map_or(f64::NAN, |truth| f64::from(u8::from(truth))))),
        DataType::Decimal(_, scale) => {
            let scale = *scale;
            let unit = 10f64.powi(scale as i32);
            let exact = |v: &i128| scale <= EXACT_POWER && v.abs() <= EXACT;
            let mut text = String::new();
            push_each!(values.decimal()?.physical(), into, f64::NAN, |v| match exact(v) {
                true => *v as f64 / unit,
                false => {
                    write_decimal(*v, scale, &mut text);
                    text.parse().unwrap_or(f64::NAN)
                }
            });
        }
        DataType::Null => into.extend((0..values.len()).map(|_| f64::NAN)),
        _ => push_whole!(values, into, f64::NAN, as_double),
    }
    Ok(())
}

/// Adds whole numbers; a null is [`i64::MIN`]. `false`, and nothing added, if a value does not fit.
pub(super) fn push_integers(values: &Series, into: &mut Vec<i64>) -> PolarsResult<bool> {
    let before = into.len();
    push_whole!(values, into, i64::MIN, as_integer);
    let fits = into[before..].iter().filter(|n| **n == i64::MIN).count() == values.null_count();
    if !fits {
        into.truncate(before);
    }
    Ok(fits)
}

/// Adds dates, or the dates of times; `false`, and nothing added, if the column has neither.
pub(super) fn push_days(values: &Series, into: &mut Vec<Day>) -> PolarsResult<bool> {
    let a_day = match values.dtype() {
        DataType::Date => {
            push_each!(values.to_physical_repr().i32()?, into, Day::NULL, |day| Day(*day));
            return Ok(true);
        }
        DataType::Datetime(unit, _) => ticks(*unit),
        _ => return Ok(false),
    };
    push_each!(values.to_physical_repr().i64()?, into, Day::NULL, |time| day_of_time(*time, a_day));
    Ok(true)
}

/// Ticks a day.
fn ticks(unit: TimeUnit) -> i64 {
    86_400
        * match unit {
            TimeUnit::Milliseconds => 1_000,
            TimeUnit::Microseconds => 1_000_000,
            TimeUnit::Nanoseconds => 1_000_000_000,
        }
}

/// The day of a time; one beyond all calendars is the last or first of them.
fn day_of_time(time: i64, a_day: i64) -> Day {
    Day(time.div_euclid(a_day).clamp(i64::from(i32::MIN) + 1, i64::from(i32::MAX) - 1) as i32)
}

/// Adds the codes of texts. A text's view, 128 bits, holds all of a short text and the place of a long one.
pub(super) fn push_words(values: &Series, codes: &mut Vec<u32>, levels: &mut Levels, nulls: &Nulls) -> PolarsResult<()> {
    let texts = values.str()?;
    for (chunk, valid) in texts.downcast_iter().zip(texts.iter_validities()) {
        // The place of a long text means another text in another chunk.
        levels.forget();
        let views = chunk.views();
        let mut code_at = |place: usize| {
            let bits = views[place].as_u128();
            levels.near(bits).unwrap_or_else(|| {
                let text = chunk.get(place).filter(|text| !nulls.has(text.as_bytes()));
                let code = text.map_or(NO_LEVEL, |text| levels.insert(text));
                levels.remember(bits, code);
                code
            })
        };
        match valid.filter(|valid| valid.unset_bits() > 0) {
            None => codes.extend((0..views.len()).map(code_at)),
            // A null's view may be anything: it is not looked at.
            Some(valid) => codes.extend(valid.iter().enumerate().map(|(place, known)| if known { code_at(place) } else { NO_LEVEL })),
        }
    }
    Ok(())
}

/// Every value as it would be written, `None` where it is null.
pub(super) fn each_text(values: &Series, mut see: impl FnMut(Option<&str>)) -> PolarsResult<()> {
    let mut text = String::new();
    macro_rules! shown {
        ($iter:expr, $write:expr) => {
            for value in $iter {
                text.clear();
                see(value.map(|value| {
                    let _ = $write(value, &mut text);
                    text.as_str()
                }));
            }
        };
    }
    macro_rules! plainly {
        ($iter:expr) => {
            shown!($iter, |value, text: &mut String| write!(text, "{value}"))
        };
    }
    match values.dtype() {
        DataType::String => values.str()?.iter().for_each(see),
        DataType::Null => (0..values.len()).for_each(|_| see(None)),
        DataType::Boolean => plainly!(values.bool()?.iter()),
        DataType::Float32 => plainly!(values.f32()?.iter().map(|x| x.filter(|x| !x.is_nan()))),
        DataType::Float64 => plainly!(values.f64()?.iter().map(|x| x.filter(|x| !x.is_nan()))),
        DataType::Date | DataType::Datetime(..) => {
            let mut days = Vec::with_capacity(values.len());
            push_days(values, &mut days)?;
            plainly!(days.into_iter().map(Day::known));
        }
        DataType::Decimal(_, scale) => {
            shown!(values.decimal()?.physical().iter(), |value, text: &mut String| write_decimal(value, *scale, text));
        }
        DataType::UInt64 => plainly!(values.u64()?.iter()),
        _ => plainly!(values.cast(&DataType::Int64)?.i64()?.iter()),
    }
    Ok(())
}

/// Writes a decimal of so many places, instead of what stood there.
fn write_decimal(value: i128, scale: usize, text: &mut String) {
    text.clear();
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    text.push_str(if value < 0 { "-" } else { "" });
    text.push_str(whole);
    if scale > 0 {
        text.push('.');
        text.push_str(part);
    }
}
