//! What can be paid a month: by the income where it is known, and by what the account showed it can pay; the smaller of the two.
//!
//! By income: `income_share × income`. Shown: `shown_share × net payments of shown_days / shown_days × 30.4375`, the days of an average month.
//! Both in whole minor units, rounded down: never more than was shown. A history shorter than the days shows less, never more.

use super::facts::PlanFacts;
use super::refused::Refused;
use crate::base::units::Money;
use crate::decide::policy::{ClaimOf, Millionths, PlanTerms};

/// Which of the two binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binds {
    /// The income.
    Income,
    /// What was paid.
    Payments,
}

/// What can be paid, and what that rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ability {
    /// By the income; none where it is not known.
    pub by_income: Option<Money>,
    /// By what was paid; none where that is not known.
    pub by_payments: Option<Money>,
    /// Which of the two binds; none where neither shows anything.
    pub binds: Option<Binds>,
    /// What may be asked a month, the regular instalments taken off where a plan comes on top of them.
    pub payable: Result<Money, Refused>,
}

impl Ability {
    /// The ability of an account.
    pub fn of(terms: &PlanTerms, facts: &PlanFacts) -> Ability {
        let by_income = facts.income.map(|income| part(income, terms.income_share));
        let by_payments = facts.paid.map(|paid| a_month(paid, terms));
        let able = match (facts.income, facts.paid) {
            // A known income of nothing is a fact, whatever was paid.
            (Some(income), _) if income <= Money(0) => Err(Refused::IncomeZero),
            (Some(_), Some(paid)) if paid > Money(0) && by_payments < by_income => Ok((Binds::Payments, by_payments)),
            (Some(_), _) => Ok((Binds::Income, by_income)),
            (None, Some(paid)) if paid > Money(0) => Ok((Binds::Payments, by_payments)),
            (None, Some(_)) => Err(Refused::NoAbility { days: terms.shown_days }),
            (None, None) => Err(Refused::AbilityUnknown),
        };
        let binds = able.ok().map(|(binds, _)| binds);
        let payable = able.and_then(|(_, able)| {
            let able = able.ok_or(Refused::AbilityUnknown)?;
            match (terms.covers, facts.regular) {
                (ClaimOf::Balance, _) => Ok(able),
                (ClaimOf::Arrears, None) => Err(Refused::RegularUnknown),
                (ClaimOf::Arrears, Some(regular)) if regular >= able => Err(Refused::RegularTakesAll { able, regular }),
                (ClaimOf::Arrears, Some(regular)) => Ok(Money(able.0 - regular.0)),
            }
        });
        Ability { by_income, by_payments, binds, payable }
    }
}

/// A share of an amount, rounded down; nothing of what is negative.
fn part(amount: Money, share: Millionths) -> Money {
    down(i128::from(amount.0.max(0)) * i128::from(share.0), i128::from(Millionths::ONE.0))
}

/// Of net payments of so many days, the share of a month.
fn a_month(paid: Money, terms: &PlanTerms) -> Money {
    // 30.4375 days are 365.25 / 12.
    let month = i128::from(paid.0.max(0)) * i128::from(terms.shown_share.0) * 304_375;
    down(month, i128::from(Millionths::ONE.0) * i128::from(terms.shown_days) * 10_000)
}

fn down(product: i128, by: i128) -> Money {
    Money(i64::try_from(product / by).unwrap_or(i64::MAX))
}
