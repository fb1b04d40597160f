//! The schedule of a plan: how many months an instalment takes, the least that takes as many, and the rows, which add up to the minor unit.
//!
//! Interest of a month is `left × annual_rate / 12`, to the nearest minor unit, halves to the even one; an instalment pays the interest first and
//! lowers what is left by the rest. All in whole minor units: no floating point. Months of a plan are months, whatever their days.

use crate::base::dates::Day;
use crate::base::units::Money;
use crate::decide::policy::Millionths;

/// Months beyond which nobody counts on.
pub const LONGEST: u32 = 1_200;

/// One instalment of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The first is 1.
    pub number: u32,
    /// When it is due.
    pub due_on: Day,
    /// What is due: `interest + principal`.
    pub instalment: Money,
    /// Of it, interest.
    pub interest: Money,
    /// Of it, what lowers the amount.
    pub principal: Money,
    /// What is left after it.
    pub remaining: Money,
}

/// Interest of a month on what is left, which is not negative.
pub fn interest(left: i64, annual_rate: Millionths) -> i64 {
    const YEAR: i64 = 12 * Millionths::ONE.0;
    let (whole, rest) = match left.checked_mul(annual_rate.0) {
        Some(product) => (product / YEAR, product % YEAR),
        // A rate of at most one leaves less than was there.
        None => {
            let (product, year) = (i128::from(left) * i128::from(annual_rate.0), i128::from(YEAR));
            ((product / year) as i64, (product % year) as i64)
        }
    };
    match (2 * rest).cmp(&YEAR) {
        std::cmp::Ordering::Less => whole,
        std::cmp::Ordering::Equal => whole + whole % 2,
        std::cmp::Ordering::Greater => whole + 1,
    }
}

/// Months in which an instalment pays an amount, interest included; none where that takes more than `most`, or never ends.
pub fn months(amount: i64, instalment: i64, annual_rate: Millionths, most: u32) -> Option<u32> {
    if instalment <= 0 {
        return None;
    }
    if annual_rate == Millionths(0) {
        let months = amount / instalment + i64::from(amount % instalment != 0);
        return u32::try_from(months).ok().filter(|n| *n <= most);
    }
    let mut left = amount;
    for n in 1..=most {
        let owed = left.saturating_add(interest(left, annual_rate));
        if owed <= instalment {
            return Some(n);
        }
        // What is not lower after a month never will be: interest grows with what is left.
        if owed - instalment >= left {
            return None;
        }
        left = owed - instalment;
    }
    None
}

/// The least instalment that pays an amount in so many months: the one with which the last is most like the others.
pub fn least_instalment(amount: i64, in_months: u32, annual_rate: Millionths) -> i64 {
    // All at once in the first month pays it; a larger instalment never takes longer.
    let (mut low, mut high) = (1, amount.saturating_add(interest(amount, annual_rate)).max(1));
    while low < high {
        let middle = low + (high - low) / 2;
        if months(amount, middle, annual_rate, in_months).is_some() {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    high
}

/// The rows of a plan: equal instalments, the last one what is left. `Σ principal` is the amount; what remains at the end is 0.
pub fn rows(amount: i64, instalment: i64, in_months: u32, annual_rate: Millionths, due: DueDays) -> Vec<Row> {
    let mut left = amount;
    let mut rows = Vec::with_capacity(in_months as usize);
    for number in 1..=in_months {
        let interest = interest(left, annual_rate);
        let paid = left.saturating_add(interest).min(instalment);
        left -= paid - interest;
        rows.push(Row {
            number,
            due_on: due.of(number),
            instalment: Money(paid),
            interest: Money(interest),
            principal: Money(paid - interest),
            remaining: Money(left),
        });
    }
    rows
}

/// When the instalments of a plan fall due: on the payday of each month where that is known, else on the same day of each month; on the last day
/// of a month that is too short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueDays {
    first: Day,
    payday: Option<u32>,
}

impl DueDays {
    /// The first not before a day.
    pub fn from(day: Day, payday: Option<u32>) -> DueDays {
        let Some(payday) = payday else { return DueDays { first: day, payday: None } };
        let this_month = on(payday, day);
        let first = if this_month >= day { this_month } else { on(payday, day.month_end().plus(1)) };
        DueDays { first, payday: Some(payday) }
    }

    /// The day of the n-th, the first being 1.
    pub fn of(self, number: u32) -> Day {
        let later = number.saturating_sub(1) as i32;
        match self.payday {
            // Counted from the first, so that a short month does not pull the later ones back.
            None => self.first.plus_months(later),
            Some(payday) => on(payday, self.first.plus_months(later)),
        }
    }
}

/// A day of the month, in the month of another day.
fn on(day_of_month: u32, month_of: Day) -> Day {
    let end = month_of.month_end();
    end.plus(day_of_month.min(end.day_of_month()) as i32 - end.day_of_month() as i32)
}

/// `Σ instalment / (1 + discount_rate)^(days from as_of / 365)`, rounded once, at the end.
pub fn present_value(rows: &[Row], as_of: Day, discount_rate: Millionths) -> Money {
    let factor = 1.0 + discount_rate.share();
    let worth = |row: &Row| row.instalment.0 as f64 / factor.powf(f64::from(row.due_on.since(as_of)) / 365.0);
    Money(rows.iter().map(worth).sum::<f64>().round_ties_even() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn interest_is_rounded_to_the_even_minor_unit() {
        // 12 % a year is 1 % a month: 0.5, 1.5 and 2.5 minor units.
        let of = |left| interest(left, Millionths(120_000));
        assert_eq!([of(50), of(150), of(250), of(151), of(249), of(0)], [0, 2, 2, 2, 2, 0]);
        assert_eq!(interest(i64::MAX, Millionths::ONE), i64::MAX / 12 + 1);
    }

    #[test]
    fn months_end_where_the_amount_does_and_where_the_interest_eats_the_instalment() {
        let year = Millionths(120_000);
        assert_eq!(months(100_000, 10_000, Millionths(0), 36), Some(10));
        assert_eq!(months(100_001, 10_000, Millionths(0), 36), Some(11));
        assert_eq!(months(100_001, 10_000, Millionths(0), 10), None);
        // 1 % of 1,000.00 is 10.00.
        assert_eq!(months(100_000, 1_000, year, LONGEST), None);
        assert_eq!(months(100_000, 101_000, year, LONGEST), Some(1));
        assert_eq!(months(100_000, 100_999, year, LONGEST), Some(2));
        assert_eq!(months(1, 0, year, LONGEST), None);
    }

    #[test]
    fn due_days_follow_the_payday_and_end_with_the_month() {
        let of = |due: DueDays| [1, 2, 3].map(|n| due.of(n).to_string());
        assert_eq!(of(DueDays::from(day("2026-01-31"), None)), ["2026-01-31", "2026-02-28", "2026-03-31"]);
        assert_eq!(of(DueDays::from(day("2026-01-10"), Some(31))), ["2026-01-31", "2026-02-28", "2026-03-31"]);
        assert_eq!(of(DueDays::from(day("2027-12-16"), Some(15))), ["2028-01-15", "2028-02-15", "2028-03-15"]);
        // The payday itself is not too early, and the 30th of a February is its last day.
        assert_eq!(of(DueDays::from(day("2028-02-29"), Some(30))), ["2028-02-29", "2028-03-30", "2028-04-30"]);
    }
}
