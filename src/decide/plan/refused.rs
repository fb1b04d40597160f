//! Why there is no plan, in words.

use crate::base::bilingual::Bilingual;
use crate::base::units::Money;
use crate::decide::policy::ClaimOf;

/// Why there is no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// What it would pay off is not known.
    AmountUnknown(ClaimOf),
    /// Nothing is left to be paid off.
    NothingOwed(ClaimOf),
    /// Neither the income nor payments are known.
    AbilityUnknown,
    /// The income is known, and is nothing.
    IncomeZero,
    /// Nothing was paid in so many days, and no income is known.
    NoAbility {
        /// The days.
        days: i32,
    },
    /// A plan on top of the regular instalments, and those are not known.
    RegularUnknown,
    /// The regular instalments leave nothing of what can be paid.
    RegularTakesAll {
        /// What can be paid a month.
        able: Money,
        /// The regular instalments of a month.
        regular: Money,
    },
    /// Less than is worth collecting.
    BelowLeast {
        /// The instalment.
        instalment: Money,
        /// The least that is worth collecting.
        least: Money,
    },
    /// The instalment never covers the interest.
    NeverPaid {
        /// The instalment.
        instalment: Money,
        /// Interest of the first month.
        interest: Money,
    },
    /// It takes too long.
    TooLong {
        /// Months that it takes; none for more than [`super::schedule::LONGEST`].
        months: Option<u32>,
        /// The instalment.
        instalment: Money,
        /// Months at most.
        most: u32,
    },
}

impl Refused {
    /// Whether it is for want of a fact.
    pub fn is_unknown(self) -> bool {
        matches!(self, Refused::AmountUnknown(_) | Refused::AbilityUnknown | Refused::RegularUnknown)
    }

    /// A word for machines.
    pub fn code(self) -> &'static str {
        match self {
            Refused::AmountUnknown(_) => "amount_unknown",
            Refused::NothingOwed(_) => "nothing_owed",
            Refused::AbilityUnknown => "ability_unknown",
            Refused::IncomeZero => "income_zero",
            Refused::NoAbility { .. } => "no_ability",
            Refused::RegularUnknown => "regular_unknown",
            Refused::RegularTakesAll { .. } => "regular_takes_all",
            Refused::BelowLeast { .. } => "below_least",
            Refused::NeverPaid { .. } => "never_paid",
            Refused::TooLong { .. } => "too_long",
        }
    }

    /// In words, amounts with so many decimals.
    pub fn words(self, digits: u8) -> Bilingual {
        let text = |amount: Money| amount.text(digits);
        let claim = |of: ClaimOf| match of {
            ClaimOf::Balance => ("the balance is", "余额"),
            ClaimOf::Arrears => ("the arrears are", "逾期金额"),
        };
        match self {
            Refused::AmountUnknown(of) => Bilingual::new(format!("{} not known", claim(of).0), format!("{}未知", claim(of).1)),
            Refused::NothingOwed(of) => {
                Bilingual::new(format!("nothing is left to pay off: {} not above 0", claim(of).0), format!("无需还清的款项：{}不大于 0", claim(of).1))
            }
            Refused::AbilityUnknown => Bilingual::new("neither the income nor payments are known", "收入与还款记录均未知"),
            Refused::IncomeZero => Bilingual::new("the income is 0, so nothing can be asked of it", "收入为 0，无可用于还款的部分"),
            Refused::NoAbility { days } => Bilingual::new(
                format!("the account shows no ability: nothing was paid in {days} days, net of reversals, and no income is known"),
                format!("账户未显示还款能力：{days} 天内净还款为零，且收入未知"),
            ),
            Refused::RegularUnknown => Bilingual::new("the regular instalments of a month are not known", "每月正常期供未知"),
            Refused::RegularTakesAll { able, regular } => Bilingual::new(
                format!("of {} that can be paid a month the regular instalments take {}", text(able), text(regular)),
                format!("每月可还 {}，而正常期供为 {}", text(able), text(regular)),
            ),
            Refused::BelowLeast { instalment, least } => Bilingual::new(
                format!("{} a month is below the least instalment, {}", text(instalment), text(least)),
                format!("每月 {} 低于最低期供 {}", text(instalment), text(least)),
            ),
            Refused::NeverPaid { instalment, interest } => Bilingual::new(
                format!("never paid off: {} a month does not cover the interest, {} in the first month", text(instalment), text(interest)),
                format!("永远无法还清：每月 {} 不足以支付利息（首月 {}）", text(instalment), text(interest)),
            ),
            Refused::TooLong { months, instalment, most } => {
                let needs = months.map_or((format!("more than {}", super::schedule::LONGEST), format!("超过 {}", super::schedule::LONGEST)), |n| {
                    (n.to_string(), format!(" {n}"))
                });
                Bilingual::new(
                    format!("needs {} months at {}, at most {most}", needs.0, text(instalment)),
                    format!("每月 {} 需{} 个月，最多 {most} 个月", text(instalment), needs.1),
                )
            }
        }
    }
}
