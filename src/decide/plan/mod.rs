//! Plan adjustment: a lower instalment that the account showed it can pay, for as many months as it takes and the policy allows, as a schedule that
//! adds up to the minor unit, and its present value. Pure: takes terms and facts, gives a plan or why there is none.
//!
//! Deliberately absent: forgiving a part, stepped instalments, and what the borrower's other accounts take of the same income.

pub mod ability;
pub mod facts;
pub mod refused;
pub mod schedule;

pub use ability::{Ability, Binds};
pub use facts::PlanFacts;
pub use refused::Refused;
pub use schedule::Row;

use super::policy::PlanTerms;
use crate::base::units::Money;
use schedule::{DueDays, LONGEST, interest, least_instalment, months, present_value, rows};

/// What a plan comes down to, before its rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outline {
    /// What it pays off.
    pub amount: Money,
    /// What may be asked a month.
    pub payable: Money,
    /// The fewest months in which that pays it.
    pub months: u32,
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What it pays off: `Σ principal`.
    pub amount: Money,
    /// Each instalment but the last, which is not larger.
    pub instalment: Money,
    /// The instalments.
    pub rows: Vec<Row>,
    /// `Σ interest`.
    pub interest: Money,
    /// `Σ instalment = amount + interest`.
    pub total: Money,
    /// What the instalments are worth on the day of the case.
    pub present_value: Money,
}

impl Plan {
    /// The last instalment.
    pub fn last(&self) -> Money {
        self.rows.last().map_or(self.instalment, |row| row.instalment)
    }
}

/// Whether a plan can be had, without its rows: what deciding asks of every case.
///
/// # Errors
/// Why there is none.
pub fn outline_of(terms: &PlanTerms, facts: &PlanFacts) -> Result<Outline, Refused> {
    let amount = owed(terms, facts)?;
    let payable = Ability::of(terms, facts).payable?;
    let months = months_within(terms, amount, payable)?;
    Ok(Outline { amount, payable, months })
}

/// The plan that what can be paid allows: the fewest months, and in them the lowest instalment that still pays.
///
/// # Errors
/// Why there is none.
pub fn plan_of(terms: &PlanTerms, facts: &PlanFacts) -> Result<Plan, Refused> {
    let Outline { amount, payable, months } = outline_of(terms, facts)?;
    let even = Money(least_instalment(amount.0, months, terms.annual_rate));
    Ok(written(terms, facts, amount, even.max(terms.min_instalment).min(payable), months))
}

/// The plan with an instalment that somebody offers, whatever was shown.
///
/// # Errors
/// Why there is none: what was shown is not asked.
pub fn plan_at(terms: &PlanTerms, facts: &PlanFacts, instalment: Money) -> Result<Plan, Refused> {
    let amount = owed(terms, facts)?;
    let months = months_within(terms, amount, instalment)?;
    Ok(written(terms, facts, amount, instalment, months))
}

/// The plan over so many months that somebody asks for, whatever was shown: the lowest instalment that pays in them.
///
/// # Errors
/// As [`plan_at`].
pub fn plan_in(terms: &PlanTerms, facts: &PlanFacts, months: u32) -> Result<Plan, Refused> {
    let amount = owed(terms, facts)?;
    let instalment = Money(least_instalment(amount.0, months.min(LONGEST), terms.annual_rate));
    if months > terms.max_months {
        let months = (months <= LONGEST).then_some(months);
        return Err(Refused::TooLong { months, instalment, most: terms.max_months });
    }
    plan_at(terms, facts, instalment)
}

/// The lowest instalment with which a plan can be had; none where it is not known what is owed.
pub fn needed(terms: &PlanTerms, facts: &PlanFacts) -> Option<Money> {
    let amount = owed(terms, facts).ok()?;
    Some(Money(least_instalment(amount.0, terms.max_months, terms.annual_rate)).max(terms.min_instalment))
}

fn owed(terms: &PlanTerms, facts: &PlanFacts) -> Result<Money, Refused> {
    match facts.amount {
        None => Err(Refused::AmountUnknown(terms.covers)),
        Some(amount) if amount <= Money(0) => Err(Refused::NothingOwed(terms.covers)),
        Some(amount) => Ok(amount),
    }
}

/// The months that an instalment takes, if the terms allow the two.
fn months_within(terms: &PlanTerms, amount: Money, instalment: Money) -> Result<u32, Refused> {
    if instalment < terms.min_instalment {
        return Err(Refused::BelowLeast { instalment, least: terms.min_instalment });
    }
    if let Some(months) = months(amount.0, instalment.0, terms.annual_rate, terms.max_months) {
        return Ok(months);
    }
    let first = Money(interest(amount.0, terms.annual_rate));
    if instalment <= first {
        return Err(Refused::NeverPaid { instalment, interest: first });
    }
    let months = months(amount.0, instalment.0, terms.annual_rate, LONGEST);
    Err(Refused::TooLong { months, instalment, most: terms.max_months })
}

fn written(terms: &PlanTerms, facts: &PlanFacts, amount: Money, instalment: Money, months: u32) -> Plan {
    let due = DueDays::from(facts.as_of.plus(terms.first_due_days), facts.payday);
    let rows = rows(amount.0, instalment.0, months, terms.annual_rate, due);
    let sum = |of: &dyn Fn(&Row) -> Money| Money(rows.iter().fold(0i64, |sum, row| sum.saturating_add(of(row).0)));
    Plan {
        amount,
        // One instalment that pays it all is itself the last.
        instalment: rows.first().map_or(instalment, |row| row.instalment),
        interest: sum(&|row| row.interest),
        total: sum(&|row| row.instalment),
        present_value: present_value(&rows, facts.as_of, terms.discount_rate),
        rows,
    }
}
