//! What was known of one account at the end of a day, as a person would tell it: dates, counts and amounts, without words.
//!
//! Takes a [`View`], which sees what was known by that day and nothing later. Deliberately absent: the policy, and how a date is said.

use super::catalogue::{PromiseCounts, View, promises_counted};
use super::history::{ContactKind, Event, range};
use crate::base::dates::Day;
use crate::base::schema::EVENT_KINDS;
use crate::base::units::Money;

/// An account's story.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// The day.
    pub as_of: Day,
    /// When it was opened, where that is known.
    pub opened_on: Option<Day>,
    /// First day of the present arrears episode.
    pub episode_from: Option<Day>,
    /// Due date of the oldest unpaid instalment.
    pub oldest_due: Option<Day>,
    /// Instalments due and not fully paid; of statements not known.
    pub unpaid: Option<u32>,
    /// Overdue amount.
    pub arrears: Money,
    /// Payments of the last year.
    pub payments: u32,
    /// Their sum, where amounts are known.
    pub paid: Option<i64>,
    /// The latest payment.
    pub last_payment: Option<(Day, Money)>,
    /// Promises; `None` without a table of events.
    pub promises: Option<PromiseCounts>,
    /// Outbound contacts of the last 30 days by place of their channel, ascending; `None` without a contact log.
    pub contacts: Option<Vec<(u8, u32)>>,
    /// Contacts of the last 30 days that the borrower made.
    pub inbound: u32,
    /// The latest day on which the borrower was reached.
    pub last_reached: Option<Day>,
    /// Hardship, vulnerability and other events in force.
    pub in_force: Vec<Event>,
    /// Disputes and complaints that are open.
    pub open_questions: Vec<Event>,
    /// The latest word on a plan.
    pub plan: Option<Event>,
    /// Re-ages known, and the latest.
    pub re_ages: (u32, Option<Day>),
    /// The latest word of the legal track.
    pub legal: Option<Event>,
}

/// The name of an event's kind.
pub fn kind(event: &Event) -> &'static str {
    EVENT_KINDS.get(usize::from(event.kind)).copied().unwrap_or("other")
}

/// Days of the window in which contacts are counted.
pub const CONTACT_DAYS: i32 = 30;

impl Timeline {
    /// The story of a view's account.
    pub fn of(view: &View<'_>) -> Timeline {
        let (book, account, as_of) = (view.book, view.account, view.as_of);
        let mut story = Timeline { as_of, opened_on: book.opened_on[account].known(), ..Timeline::default() };
        story.arrears = view.arrears().map_or(Money::NULL, Money);
        story.promises = promises_counted(view);
        story.arrears_and_payments(view);
        story.contacts(view);
        let of_both = book.account_events.of(account).iter().chain(book.borrower_events.of(view.family.borrower));
        for event in of_both.filter(|e| e.from <= as_of && e.known_on <= as_of) {
            story.event(event);
        }
        story.in_force.sort_unstable();
        story.open_questions.sort_unstable();
        let r = &book.re_ages;
        let known = || range(&r.offsets, account).filter(|k| r.known_on[*k] <= as_of);
        story.re_ages = (known().count() as u32, known().map(|k| r.from[k]).max());
        story
    }

    fn arrears_and_payments(&mut self, view: &View<'_>) {
        let (book, as_of, s) = (view.book, view.as_of, &view.book.statements);
        if let Some(path) = view.path() {
            self.episode_from = path.episodes.iter().rev().find(|e| e.entry <= as_of && e.end > as_of).map(|e| e.entry);
            self.oldest_due = path.at(as_of).and_then(|segment| segment.oldest_due.known());
            self.unpaid = Some(view.now.unpaid);
            let year: Vec<i64> = view.standing_payments(view.before(365)).map(|(_, amount)| amount).collect();
            self.payments = year.len() as u32;
            self.paid = Some(year.iter().fold(0, |sum, amount| sum.saturating_add(*amount)));
            self.last_payment = view.standing_payments(Day(i32::MIN)).next().map(|(k, amount)| (book.payments.paid_on[k], Money(amount)));
            return;
        }
        self.oldest_due = view.statement().filter(|k| s.dpd[*k] >= 1).map(|k| s.statement_on[k].plus(-s.dpd[k]));
        let late = view.statements().take_while(|k| s.dpd[*k] >= 1);
        self.episode_from = late.last().map(|k| s.statement_on[k]);
        let paid: Vec<i64> = view.cycles(365).filter_map(|(k, _)| s.amount_paid[k].known()).filter(|amount| *amount > 0).collect();
        self.payments = paid.len() as u32;
        self.paid = (!paid.is_empty()).then(|| paid.iter().fold(0i64, |sum, amount| sum.saturating_add(*amount)));
        let last = view.statements().find(|k| s.amount_paid[*k].known().is_some_and(|amount| amount > 0));
        self.last_payment = last.map(|k| (s.statement_on[k], s.amount_paid[k]));
    }

    fn contacts(&mut self, view: &View<'_>) {
        let (c, as_of) = (&view.book.contacts, view.as_of);
        let known = || range(&c.offsets, view.family.borrower).filter(|k| c.contacted_on[*k] <= as_of && c.known_on[*k] <= as_of);
        self.last_reached = known().filter(|k| c.kind[*k].is(ContactKind::RIGHT_PARTY)).map(|k| c.contacted_on[k]).max();
        let mut by_channel: Vec<(u8, u32)> = Vec::new();
        for k in known().filter(|k| c.contacted_on[*k] > view.before(CONTACT_DAYS)) {
            if !c.kind[k].is(ContactKind::OUTBOUND) {
                self.inbound += 1;
                continue;
            }
            match by_channel.iter_mut().find(|(channel, _)| *channel == c.channel[k]) {
                Some((_, n)) => *n += 1,
                None => by_channel.push((c.channel[k], 1)),
            }
        }
        by_channel.sort_unstable();
        self.contacts = c.logged.then_some(by_channel);
    }

    fn event(&mut self, event: &Event) {
        let in_force = event.to >= self.as_of;
        let later = |last: &Option<Event>| last.is_none_or(|last| *event >= last);
        match kind(event) {
            "dispute" | "complaint" if in_force => self.open_questions.push(*event),
            "dispute" | "complaint" | "promise" | "re_age" | "write_off" => {}
            k if k.starts_with("plan_") && later(&self.plan) => self.plan = Some(*event),
            k if k.starts_with("legal_") && later(&self.legal) => self.legal = Some(*event),
            k if k.starts_with("plan_") || k.starts_with("legal_") => {}
            _ if in_force => self.in_force.push(*event),
            _ => {}
        }
    }
}
