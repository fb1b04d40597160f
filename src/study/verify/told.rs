//! What the records tell of a case, read row by row, without the facts that deciding looks up.

use crate::base::dates::Day;
use crate::base::schema::{CHANNELS, EVENT_KINDS, RESULTS};
use crate::data::features::Values;
use crate::data::history::{ContactKind, Event, NO_NUMBER, range};
use crate::decide::facts::Situation;

/// A contact of the log.
#[derive(Clone, Copy)]
pub(super) struct Contact {
    pub on: Day,
    /// The place of its channel among the contract's words; none where the log does not say.
    pub channel: Option<u8>,
    /// The place of its result; none where the log does not say.
    pub result: Option<u8>,
    pub by_lender: bool,
    pub number: Option<u32>,
}

/// A case with the records that were known at the end of its day.
pub(super) struct Told<'a> {
    pub on: &'a Situation<'a>,
    pub case: usize,
    pub account: usize,
    pub borrower: usize,
    pub as_of: Day,
    /// The day of outreach.
    pub day: Day,
    pub contacts: Vec<Contact>,
    pub events: Vec<Event>,
    /// Whether hardship and whether vulnerability is looked away from.
    pub ignoring: [bool; 2],
}

impl<'a> Told<'a> {
    pub(super) fn of(on: &'a Situation<'a>, case: usize, days_after: i32) -> Told<'a> {
        let (cases, book) = (on.cases, on.book);
        let (account, borrower, as_of) = (cases.account[case] as usize, cases.borrower[case] as usize, cases.as_of[case]);
        let c = &book.contacts;
        let mut contacts = Vec::new();
        for k in range(&c.offsets, borrower) {
            if c.contacted_on[k] > as_of || c.known_on[k] > as_of {
                continue;
            }
            contacts.push(Contact {
                on: c.contacted_on[k],
                channel: Some(c.channel[k]).filter(|place| usize::from(*place) < CHANNELS.len()),
                result: Some(c.result[k]).filter(|place| usize::from(*place) < RESULTS.len()),
                by_lender: c.kind[k].is(ContactKind::OUTBOUND),
                number: (c.number[k] != NO_NUMBER).then_some(c.number[k]),
            });
        }
        let mut events: Vec<Event> = Vec::new();
        for event in book.borrower_events.of(borrower).iter().chain(book.account_events.of(account)) {
            if event.from.0 <= as_of.0 + days_after && event.known_on <= as_of {
                events.push(*event);
            }
        }
        events.sort();
        Told { on, case, account, borrower, as_of, day: Day(as_of.0 + days_after), contacts, events, ignoring: [false; 2] }
    }

    pub(super) fn kind(event: &Event) -> &'static str {
        EVENT_KINDS[usize::from(event.kind)]
    }

    fn in_force(&self, event: &Event) -> bool {
        event.to >= self.as_of
    }

    /// Whether a hold of that name is in force.
    pub(super) fn holds(&self, name: &str) -> bool {
        if name == "plan_active" {
            // The latest word on a plan decides.
            let begun = |e: &&Event| e.from <= self.as_of && matches!(Self::kind(e), "plan_active" | "plan_broken" | "plan_completed");
            let last = self.events.iter().rev().find(begun);
            let begins = self.events.iter().any(|e| e.from > self.as_of && Self::kind(e) == "plan_active");
            return begins || last.is_some_and(|e| Self::kind(e) == "plan_active" && self.in_force(e));
        }
        if (name == "hardship" && self.ignoring[0]) || (name == "vulnerable" && self.ignoring[1]) {
            return false;
        }
        let of_name = |kind: &str| match name {
            "dispute_open" => kind == "dispute",
            "complaint_open" => kind == "complaint",
            "hardship" => kind.starts_with("hardship_"),
            "vulnerable" => kind.starts_with("vulnerable_"),
            other => kind == other,
        };
        self.events.iter().any(|e| of_name(Self::kind(e)) && self.in_force(e))
    }

    pub(super) fn needs_care(&self) -> bool {
        self.holds("hardship") || self.holds("vulnerable")
    }

    /// The same case as it would be without hardship, without vulnerability, or without both.
    pub(super) fn without(&self, ignoring: [bool; 2]) -> Told<'a> {
        Told { contacts: self.contacts.clone(), events: self.events.clone(), ignoring, ..*self }
    }

    /// The latest plan since the latest hardship or vulnerability in force began.
    pub(super) fn plan_since_flag(&self) -> Option<Day> {
        let flag = |e: &&Event| {
            let kind = Self::kind(e);
            (kind.starts_with("hardship_") && !self.ignoring[0]) || (kind.starts_with("vulnerable_") && !self.ignoring[1])
        };
        let begun = self.events.iter().filter(flag).filter(|e| self.in_force(e)).map(|e| e.from).max()?;
        self.events.iter().filter(|e| Self::kind(e).starts_with("plan_") && e.from >= begun).map(|e| e.from).max()
    }

    /// Where the claim stands before a court: the latest word on it.
    pub(super) fn legal_stage(&self) -> &'static str {
        self.events.iter().rev().filter(|e| e.from <= self.as_of).find_map(|e| Self::kind(e).strip_prefix("legal_")).unwrap_or("none")
    }

    pub(super) fn contacts_are_known(&self) -> bool {
        self.on.book.contacts.logged || self.on.declared.contact_log.is_some()
    }

    pub(super) fn events_are_known(&self) -> bool {
        self.on.book.promises.logged || self.on.declared.events.is_some()
    }

    /// A feature of the case.
    pub(super) fn feature(&self, name: &str) -> Option<f64> {
        match &self.on.features.get(name)?.values {
            Values::Number(v) => Some(v[self.case]).filter(|x| !x.is_nan()),
            Values::Category { .. } => None,
        }
    }

    /// The first day of the present arrears.
    pub(super) fn arrears_since(&self) -> Day {
        match self.feature("days_in_episode").filter(|days| *days >= 1.0) {
            Some(days) => Day(self.as_of.0 + 1 - days as i32),
            None => Day(self.as_of.0 - self.on.cases.dpd[self.case]),
        }
    }

    /// The first day in the present arrears on which a treatment of such a channel was tried.
    pub(super) fn first_try(&self, channel: &str) -> Option<Day> {
        let since = self.arrears_since();
        let stands_for: &[&str] = match channel {
            "offer" => &["plan_offered", "plan_active", "plan_broken"],
            "mediator" => &["legal_mediation"],
            "court" | "small_claims_court" => &["legal_referred", "legal_filed"],
            "none" => return None,
            _ => {
                let place = CHANNELS.iter().position(|c| *c == channel).map(|place| place as u8);
                return self.contacts.iter().filter(|c| c.by_lender && c.channel == place && c.on >= since).map(|c| c.on).min();
            }
        };
        self.events.iter().filter(|e| stands_for.contains(&Self::kind(e)) && e.from >= since).map(|e| e.from).min()
    }
}
