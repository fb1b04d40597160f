//! Guardrails as data: what each blocks, by what rule, with what parameter, by what authority, from when to when.

use crate::base::bilingual::Bilingual;
use crate::base::dates::Day;
use crate::base::units::Money;
use crate::base::zone::Hours;
use crate::data::cases::Holds;
use serde::{Deserialize, Serialize};

/// How well the value of a rule is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verified {
    /// Seen in the primary text.
    Primary,
    /// Seen quoted by others alone.
    SecondHand,
    /// Nobody looked it up.
    Memory,
}

impl Verified {
    /// Whether it was seen in the primary text; else it is shown as *unverified*.
    pub fn is_verified(self) -> bool {
        self == Verified::Primary
    }
}

/// A set of places in a list of words of the contract.
pub type Places = u64;

/// Contacts of the lender in the last days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Channels that count.
    pub channels: Places,
    /// Results that count.
    pub results: Places,
    /// Days, the day of outreach included.
    pub days: i32,
    /// So many are the most.
    pub most: u32,
    /// Whether each number counts for itself.
    pub per_number: bool,
}

/// Days since the latest contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// Channels that count.
    pub channels: Places,
    /// Results that count.
    pub results: Places,
    /// Whether only the lender's own count.
    pub outbound: bool,
    /// Days that must have passed.
    pub days: i32,
}

/// What a claim is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimOf {
    /// The amount overdue.
    Arrears,
    /// The balance outstanding.
    Balance,
}

/// Where a limitation period begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitFrom {
    /// The due date of the oldest unpaid instalment.
    OldestUnpaid,
    /// The due date of the last instalment.
    LastInstalment,
}

/// What makes a limitation period begin again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interruptions {
    /// A payment.
    pub payment: bool,
    /// A promise to pay.
    pub promise: bool,
    /// A plan offered or agreed.
    pub plan: bool,
    /// A demand that reached the borrower.
    pub demand: bool,
    /// A filing with a court.
    pub filing: bool,
}

/// What a guardrail looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// A condition: blocks where it is true or unknown.
    Sql(String),
    /// Quiet hours where the borrower lives.
    QuietHours(Hours),
    /// Contacts in a period.
    ContactCount(Count),
    /// Days since a contact.
    DaysSinceContact(Since),
    /// Days since an event began.
    DaysSinceEvent {
        /// Kinds that count.
        kinds: Places,
        /// Days that must have passed.
        days: i32,
    },
    /// A hold in force.
    Hold(Holds),
    /// A claim larger than the line.
    ClaimLimit {
        /// What the claim is.
        of: ClaimOf,
        /// The line.
        most: Money,
    },
    /// A limitation period that is over.
    Limitation {
        /// Its years.
        years: i32,
        /// Its beginning.
        from: LimitFrom,
        /// What makes it begin again.
        interrupted_by: Interruptions,
    },
    /// Something that is not on file.
    Evidence(Vec<String>),
}

/// A guardrail, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Guardrail {
    /// Its identifier.
    pub id: String,
    /// What it says.
    pub text: Bilingual,
    /// Where it holds; empty for the bank's own.
    pub jurisdiction: String,
    /// By what authority.
    pub authority: String,
    /// How well that is known.
    pub verified: Verified,
    /// Whether it vetoes; else it warns.
    pub vetoes: bool,
    /// The name of its parameter, under which packs are compared.
    pub parameter: Option<String>,
    /// Places of the treatments that it blocks.
    pub blocks: Vec<usize>,
    /// First day in force; [`Day::NULL`] since ever.
    pub from: Day,
    /// Last day in force; [`Day::NEVER`] while it is.
    pub until: Day,
    /// What it looks at.
    pub rule: Rule,
    /// Its parameter's value in words.
    pub value: String,
    /// Who gave the value, where the pack leaves it to the policy.
    pub value_by: Option<String>,
    /// Place of its pack among the policy's; none for the policy's own.
    pub pack: Option<usize>,
    /// Where it stands.
    pub file: String,
    /// The line of its condition, or of itself.
    pub line: u64,
    /// The line on which it begins.
    pub line_of_id: u64,
}

/// The value of a rule's parameter in words; empty where it has none.
pub(super) fn value(rule: &Rule, digits: u8) -> String {
    match rule {
        Rule::QuietHours(hours) => format!("{}-{}", crate::base::zone::clock(hours.from), crate::base::zone::clock(hours.to)),
        Rule::ContactCount(count) => format!("{} in {} d", count.most, count.days),
        Rule::DaysSinceContact(since) => format!("{} d", since.days),
        Rule::DaysSinceEvent { days, .. } => format!("{days} d"),
        Rule::ClaimLimit { most, .. } => most.text(digits),
        Rule::Limitation { years, .. } => format!("{years} y"),
        Rule::Evidence(items) => items.join(", "),
        Rule::Sql(sql) => sql.split_whitespace().collect::<Vec<_>>().join(" "),
        Rule::Hold(hold) => hold.names().collect::<Vec<_>>().join(" "),
    }
}
