//! The data contract: the six tables, the columns that recoup knows in each, and their types.
//!
//! The README's data contract says the same in words. Deliberately absent: a bank's own names, which the project file maps.

use serde::Deserialize;

/// One of the six tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum TableKind {
    Accounts,
    Instalments,
    Payments,
    Statements,
    Contacts,
    Events,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// An identifier: text, kept to the letter (leading zeros too).
    Id,
    /// A date.
    Day,
    /// A decimal amount, at least zero.
    Amount,
    /// A decimal amount of either sign.
    SignedAmount,
    /// A number.
    Number,
    /// A word from a list, possibly through the project's map of codes.
    Code,
}

/// A column that recoup knows.
#[derive(Clone, Copy, Debug)]
pub struct ColumnSpec {
    /// Our name for it.
    pub name: &'static str,
    /// Its type.
    pub of: ColumnType,
    /// Whether every row must have a value.
    pub required: bool,
}

const fn must(name: &'static str, of: ColumnType) -> ColumnSpec {
    ColumnSpec { name, of, required: true }
}

const fn may(name: &'static str, of: ColumnType) -> ColumnSpec {
    ColumnSpec { name, of, required: false }
}

use ColumnType::*;

const ACCOUNTS: &[ColumnSpec] = &[
    must("account_id", Id),
    may("borrower_id", Id),
    may("opened_on", Day),
    may("closed_on", Day),
    may("product", Code),
    may("limit", Amount),
    may("secured", Code),
    may("income", Amount),
    may("payday", Number),
    may("time_zone", Code),
    may("evidence", Code),
    may("accessible_channels", Code),
    may("language", Code),
];
const INSTALMENTS: &[ColumnSpec] = &[must("account_id", Id), must("due_on", Day), must("amount", Amount), may("known_on", Day)];
const PAYMENTS: &[ColumnSpec] =
    &[must("account_id", Id), must("paid_on", Day), must("amount", SignedAmount), may("known_on", Day), may("payment_id", Id), may("result", Code)];
const STATEMENTS: &[ColumnSpec] = &[
    must("account_id", Id),
    must("statement_on", Day),
    may("known_on", Day),
    may("status", Code),
    may("bucket", Code),
    may("days_past_due", Number),
    may("balance", SignedAmount),
    may("amount_due", Amount),
    may("amount_paid", SignedAmount),
    may("arrears", Amount),
];
const CONTACTS: &[ColumnSpec] = &[
    must("account_id", Id),
    must("contacted_on", Day),
    may("known_on", Day),
    may("channel", Code),
    may("direction", Code),
    may("result", Code),
    may("number", Code),
    may("hour", Number),
];
const EVENTS: &[ColumnSpec] = &[
    may("account_id", Id),
    may("borrower_id", Id),
    must("kind", Code),
    must("from", Day),
    may("to", Day),
    may("known_on", Day),
    may("amount", Amount),
    may("source", Code),
    may("answer_by", Day),
];

/// Whether an account is secured.
pub const YES_NO: &[&str] = &["no", "yes"];
/// Whether a payment moved money, or was a direct debit that bounced.
pub const PAYMENT_RESULTS: &[&str] = &["paid", "failed"];
/// Channels of a contact.
pub const CHANNELS: &[&str] = &["sms", "call", "ai_call", "email", "app", "letter", "visit", "other"];
/// Directions of a contact.
pub const DIRECTIONS: &[&str] = &["outbound", "inbound"];
/// Results of a contact.
pub const RESULTS: &[&str] = &["reached", "no_answer", "third_party", "wrong_number", "refused", "promise", "delivered", "failed"];
/// Kinds of an event. `cured` kinds of the legal track and of plans are told apart by the suffix.
pub const EVENT_KINDS: &[&str] = &[
    "hardship_income",
    "hardship_illness",
    "hardship_disaster",
    "hardship_family",
    "hardship_other",
    "vulnerable_elderly",
    "vulnerable_disabled",
    "vulnerable_other",
    "dispute",
    "complaint",
    "moratorium",
    "cease_contact",
    "deceased",
    "fraud_suspect",
    "plan_offered",
    "plan_active",
    "plan_broken",
    "plan_completed",
    "re_age",
    "promise",
    "write_off",
    "legal_referred",
    "legal_filed",
    "legal_mediation",
    "legal_withdrawn",
    "legal_judgment",
    "legal_enforcement",
    "legal_closed",
    "opt_out",
    "debt_advice",
];

impl TableKind {
    /// All six, in the order in which they are read and shown.
    pub const ALL: [TableKind; 6] =
        [TableKind::Accounts, TableKind::Instalments, TableKind::Payments, TableKind::Statements, TableKind::Contacts, TableKind::Events];

    /// Its name in the project file.
    pub fn name(self) -> &'static str {
        match self {
            TableKind::Accounts => "accounts",
            TableKind::Instalments => "instalments",
            TableKind::Payments => "payments",
            TableKind::Statements => "statements",
            TableKind::Contacts => "contacts",
            TableKind::Events => "events",
        }
    }

    /// The columns that recoup knows in it.
    pub fn columns(self) -> &'static [ColumnSpec] {
        match self {
            TableKind::Accounts => ACCOUNTS,
            TableKind::Instalments => INSTALMENTS,
            TableKind::Payments => PAYMENTS,
            TableKind::Statements => STATEMENTS,
            TableKind::Contacts => CONTACTS,
            TableKind::Events => EVENTS,
        }
    }

    /// The words that a code column may hold, once mapped; `None` if any word will do.
    pub fn words(self, column: &str) -> Option<&'static [&'static str]> {
        match (self, column) {
            (TableKind::Accounts, "secured") => Some(YES_NO),
            (TableKind::Payments, "result") => Some(PAYMENT_RESULTS),
            (TableKind::Contacts, "channel") => Some(CHANNELS),
            (TableKind::Contacts, "direction") => Some(DIRECTIONS),
            (TableKind::Contacts, "result") => Some(RESULTS),
            (TableKind::Events, "kind") => Some(EVENT_KINDS),
            (TableKind::Statements, "bucket") => Some(&super::units::Bucket::NAMES),
            _ => None,
        }
    }
}
