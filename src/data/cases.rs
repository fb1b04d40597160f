//! Cases: one account in arrears on one date, with what was known then, what followed, and what must be respected.
//!
//! Plain columns of equal length, sorted by borrower, account and date. Made by `data::observe`; only read by later rooms.

use crate::base::dates::Day;
use crate::base::units::{Bucket, Money};
use std::sync::Arc;

/// What was in force for a case at the end of `as_of`, as bits. It routes; it never enters the score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holds(pub u16);

impl Holds {
    /// Every hold with its bit and its name, which is also its name as a column of conditions.
    pub const ALL: [(Holds, &'static str); 11] = [
        (Holds(1), "dispute_open"),
        (Holds(2), "complaint_open"),
        (Holds(4), "moratorium"),
        (Holds(8), "cease_contact"),
        (Holds(16), "deceased"),
        (Holds(32), "plan_active"),
        (Holds(64), "hardship"),
        (Holds(128), "vulnerable"),
        (Holds(256), "fraud_suspect"),
        (Holds(512), "opt_out"),
        (Holds(1024), "debt_advice"),
    ];

    /// The hold of that name.
    pub fn named(name: &str) -> Option<Holds> {
        Self::ALL.iter().find(|(_, n)| *n == name).map(|(hold, _)| *hold)
    }

    /// The hold that an event of a kind brings; none where it brings none.
    pub fn of_event(kind: &str) -> Option<Holds> {
        Self::named(match kind {
            "dispute" => "dispute_open",
            "complaint" => "complaint_open",
            kind if kind.starts_with("hardship") => "hardship",
            kind if kind.starts_with("vulnerable") => "vulnerable",
            kind => kind,
        })
    }

    /// Whether all bits of `other` are set.
    pub fn has(self, other: Holds) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both.
    pub fn and(self, other: Holds) -> Holds {
        Holds(self.0 | other.0)
    }

    /// The names of those set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().filter(move |(hold, _)| self.has(*hold)).map(|(_, name)| name)
    }
}

/// Stages of the legal track, as conditions name them; the event that begins each is named `legal_` and the stage.
pub const LEGAL_STAGES: [&str; 8] = ["none", "referred", "filed", "mediation", "withdrawn", "judgment", "enforcement", "closed"];

/// Whether a case's outcome is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maturity {
    /// The outcome window has passed.
    Mature,
    /// The outcome window reaches beyond `outcomes_until`.
    Immature,
    /// The account's statements end before the outcome cycle.
    LeftTheBook,
    /// The outcome rule is for the other shape of history.
    NoOutcome,
}

/// What became of a case by each definition, whatever the project's own rule; `None` where it is not known or does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcomes {
    /// Payments in the window cover the arrears.
    pub cure: Option<bool>,
    /// No days past due at the window's end, by payment.
    pub cured_at_horizon: Option<bool>,
    /// No worse bucket in the window.
    pub not_rolled: Option<bool>,
    /// Days past due ended by a re-age: a competing outcome, never a cure.
    pub reaged: Option<bool>,
    /// 30 or more days past due within 90 days after the cure.
    pub relapse: Option<bool>,
}

impl Outcomes {
    /// Nothing is known.
    pub const UNKNOWN: Outcomes = Outcomes { cure: None, cured_at_horizon: None, not_rolled: None, reaged: None, relapse: None };

    /// Each with its name.
    pub fn named(self) -> [(&'static str, Option<bool>); 5] {
        [
            ("cure", self.cure),
            ("cured_at_horizon", self.cured_at_horizon),
            ("not_rolled", self.not_rolled),
            ("reaged", self.reaged),
            ("relapse", self.relapse),
        ]
    }
}

/// The cases of a run. All columns have the same length.
#[derive(Clone, Debug, Default)]
pub struct Cases {
    /// Place of the account in the portfolio.
    pub account: Vec<u32>,
    /// Place of the borrower in the portfolio.
    pub borrower: Vec<u32>,
    /// Observation date.
    pub as_of: Vec<Day>,
    /// Days past due.
    pub dpd: Vec<i32>,
    /// Its bucket.
    pub bucket: Vec<Bucket>,
    /// Overdue amount; [`Money::NULL`] in a book without money.
    pub arrears: Vec<Money>,
    /// What is at stake in deciding: the arrears, or the declared nominal exposure.
    pub stake: Vec<Money>,
    /// What was in force.
    pub holds: Vec<Holds>,
    /// Where the claim stands before a court: a place in [`LEGAL_STAGES`].
    pub legal_stage: Vec<u8>,
    /// Outbound contacts of the borrower in the seven days up to `as_of`; `-1` where no contact log exists and none is declared.
    pub outbound_7: Vec<i32>,
    /// Whether nobody keeps a contact log and the project declares that nobody was contacted.
    pub contact_log_declared: bool,
    /// Whether the outcome is known.
    pub maturity: Vec<Maturity>,
    /// The outcome; meaningless unless mature.
    pub repaid: Vec<bool>,
    /// Share of the arrears paid in the outcome window; `NaN` unless mature and in money.
    pub paid_ratio: Vec<f64>,
    /// What became of it by every definition.
    pub outcomes: Vec<Outcomes>,
    /// Account identifiers, by place.
    pub account_ids: Arc<Vec<Box<str>>>,
    /// Borrower identifiers, by place.
    pub borrower_ids: Arc<Vec<Box<str>>>,
}

impl Cases {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.account.len()
    }

    /// Puts the cases of another chunk of the same portfolio behind these.
    pub fn append(&mut self, other: &mut Cases) {
        self.account.append(&mut other.account);
        self.borrower.append(&mut other.borrower);
        self.as_of.append(&mut other.as_of);
        self.dpd.append(&mut other.dpd);
        self.bucket.append(&mut other.bucket);
        self.arrears.append(&mut other.arrears);
        self.stake.append(&mut other.stake);
        self.holds.append(&mut other.holds);
        self.legal_stage.append(&mut other.legal_stage);
        self.outbound_7.append(&mut other.outbound_7);
        self.maturity.append(&mut other.maturity);
        self.repaid.append(&mut other.repaid);
        self.paid_ratio.append(&mut other.paid_ratio);
        self.outcomes.append(&mut other.outcomes);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.account.is_empty()
    }

    /// Identifier of a case's account.
    pub fn account_id(&self, case: usize) -> &str {
        &self.account_ids[self.account[case] as usize]
    }

    /// Identifier of a case's borrower.
    pub fn borrower_id(&self, case: usize) -> &str {
        &self.borrower_ids[self.borrower[case] as usize]
    }
}
