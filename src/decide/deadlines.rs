//! Days by which something must be done: disputes and complaints to be answered, limitation periods that end soon.
//!
//! Every account of the book, in arrears or not, has a right to its answer; limitation is of cases alone.

use super::guardrail::Guard;
use super::policy::{AnswerWithin, Rule};
use crate::base::dates::Day;
use crate::base::schema::EVENT_KINDS;
use crate::data::history::{Event, Portfolio};
use crate::data::write::{OutColumn, OutTable};
use std::collections::BTreeSet;

/// A limitation period is listed once it ends within so many days.
pub const LIMITATION_SOON: i32 = 90;

/// Something that must be done by a day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline {
    /// The day.
    pub by: Day,
    /// The borrower.
    pub borrower: String,
    /// The account; none where it is of the borrower as a whole.
    pub account: Option<String>,
    /// `dispute`, `complaint` or `limitation`.
    pub kind: &'static str,
    /// Since when it stands.
    pub since: Day,
    /// What says so: `event`, `policy`, or a guardrail's identifier.
    pub says: String,
}

/// When a dispute or a complaint must be answered: by the day that its event names, else so many days after it was known.
pub fn answer_by(event: &Event, within: AnswerWithin) -> Option<(&'static str, Day, &'static str)> {
    let (kind, days) = match EVENT_KINDS[usize::from(event.kind)] {
        "dispute" => ("dispute", within.dispute),
        "complaint" => ("complaint", within.complaint),
        _ => return None,
    };
    Some(match event.answer_by.known() {
        Some(day) => (kind, day, "event"),
        None => (kind, event.known_on.plus(days), "policy"),
    })
}

/// All deadlines at the end of a day, the nearest first.
pub fn deadlines(guard: &Guard<'_>, as_of: Day) -> Vec<Deadline> {
    let (book, within) = (guard.situation().book, guard.policy.answer_within);
    let mut all: BTreeSet<Deadline> = BTreeSet::new();
    // One that is known and begins tomorrow must be answered too.
    let open = |e: &&Event| e.known_on <= as_of && e.to >= as_of;
    for borrower in 0..book.borrowers() {
        let name = || book.borrower_ids[borrower].to_string();
        let mut add = |event: &Event, account: Option<String>| {
            if let Some((kind, by, says)) = answer_by(event, within) {
                all.insert(Deadline { by, borrower: name(), account, kind, since: event.from, says: says.into() });
            }
        };
        book.borrower_events.of(borrower).iter().filter(open).for_each(|e| add(e, None));
        for account in book.accounts_of[borrower]..book.accounts_of[borrower + 1] {
            book.account_events.of(account).iter().filter(open).for_each(|e| add(e, Some(book.account_ids[account].to_string())));
        }
    }
    limitations(guard, book, &mut all);
    all.into_iter().collect()
}

fn limitations(guard: &Guard<'_>, book: &Portfolio, all: &mut BTreeSet<Deadline>) {
    let cases = guard.situation().cases;
    for guardrail in &guard.policy.guardrails {
        let Rule::Limitation { years, from, interrupted_by } = &guardrail.rule else { continue };
        for case in 0..cases.len() {
            let facts = guard.facts(case);
            let Some((since, ends)) = facts.limitation(*years, *from, interrupted_by) else { continue };
            if ends != Day::NEVER && (0..=LIMITATION_SOON).contains(&ends.since(cases.as_of[case])) {
                all.insert(Deadline {
                    by: ends,
                    borrower: cases.borrower_id(case).to_string(),
                    account: Some(book.account_ids[cases.account[case] as usize].to_string()),
                    kind: "limitation",
                    since,
                    says: guardrail.id.clone(),
                });
            }
        }
    }
}

/// The deadlines as a table, with the days that are left at the end of a day; negative once it is late.
pub fn table(deadlines: &[Deadline], as_of: Day) -> OutTable {
    let texts = |of: &dyn Fn(&Deadline) -> String| OutColumn::Text(deadlines.iter().map(|d| of(d).into()).collect());
    OutTable::default()
        .with("by", OutColumn::Day(deadlines.iter().map(|d| d.by).collect()))
        .with("days_left", OutColumn::Integer(deadlines.iter().map(|d| i64::from(d.by.since(as_of))).collect()))
        .with("kind", texts(&|d| d.kind.into()))
        .with("borrower_id", texts(&|d| d.borrower.clone()))
        .with("account_id", texts(&|d| d.account.clone().unwrap_or_default()))
        .with("since", OutColumn::Day(deadlines.iter().map(|d| d.since).collect()))
        .with("says", texts(&|d| d.says.clone()))
}
