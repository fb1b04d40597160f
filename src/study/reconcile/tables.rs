//! What reconciling leaves: the contact log of the day in the contract's columns, promises and offers as events, and every case with how it differs.

use super::{Deed, Done, Outcome, Run};
use crate::base::dates::Day;
use crate::base::schema::{CHANNELS, DIRECTIONS};
use crate::base::units::Money;
use crate::data::write::{OutColumn, OutTable};
use crate::decide::policy::Channel;

/// The place of the channel of a contact; none where what was done is no contact.
fn channel(run: &Run<'_>, deed: &Deed) -> Option<u8> {
    match deed.done {
        Done::Nothing => None,
        Done::Channel(place) => Some(place),
        Done::Treatment(place) => Some(run.policy.treatments[place].channel).filter(|channel| channel.is_contact()).map(|channel| channel.0),
    }
}

fn text<'a, T>(rows: &'a [T], of: impl Fn(&'a T) -> &'a str) -> OutColumn {
    OutColumn::Text(rows.iter().map(|row| of(row).into()).collect())
}

/// The contacts that were made, one a line: a contact about several accounts is one contact with the person, written down for the first.
pub fn contacts<'a>(run: &'a Run<'_>, deeds: &'a [Deed], posting_lag_days: i32) -> OutTable {
    let made: Vec<(&'a Deed, u8, &'a str)> = deeds
        .iter()
        .filter_map(|deed| {
            let case = deed.cases.first()?;
            Some((deed, channel(run, deed)?, &*run.cases[*case as usize].account))
        })
        .collect();
    let direction = |deed: &Deed| DIRECTIONS[usize::from(deed.line.inbound)];
    OutTable::default()
        .with("account_id", text(&made, |(_, _, account)| account))
        .with("contacted_on", OutColumn::Day(made.iter().map(|(deed, ..)| deed.line.done_on).collect()))
        .with("known_on", OutColumn::Day(made.iter().map(|(deed, ..)| deed.line.done_on.plus(posting_lag_days)).collect()))
        .with("channel", text(&made, |(_, channel, _)| CHANNELS.get(usize::from(*channel)).copied().unwrap_or_default()))
        .with("direction", text(&made, |(deed, ..)| direction(deed)))
        .with("result", text(&made, |(deed, ..)| deed.result()))
        .with("hour", OutColumn::Integer(made.iter().map(|(deed, ..)| deed.line.hour.map_or(i64::MIN, i64::from)).collect()))
        .with("number", text(&made, |(deed, ..)| &deed.line.number))
}

/// Promises and offers of plans, one an account.
pub fn events<'a>(run: &'a Run<'_>, deeds: &'a [Deed], posting_lag_days: i32, digits: u8) -> OutTable {
    let mut all: Vec<(&'a Deed, u32, &'static str)> = Vec::new();
    for deed in deeds.iter().filter(|deed| deed.done != Done::Nothing) {
        let offered = matches!(deed.done, Done::Treatment(place) if run.policy.treatments[place].channel == Channel::OFFER);
        for case in &deed.cases {
            if deed.result() == "promise" {
                all.push((deed, *case, "promise"));
            } else if offered {
                all.push((deed, *case, "plan_offered"));
            }
        }
    }
    let case = |case: &u32| &run.cases[*case as usize];
    let due = |deed: &Deed, kind: &str| if kind == "promise" { deed.line.promise_due_on } else { Day::NULL };
    OutTable::default()
        .with("account_id", text(&all, |(_, c, _)| &*case(c).account))
        .with("borrower_id", text(&all, |(_, c, _)| &*case(c).borrower))
        .with("kind", text(&all, |(_, _, kind)| kind))
        .with("from", OutColumn::Day(all.iter().map(|(deed, ..)| deed.line.done_on).collect()))
        .with("to", OutColumn::Day(all.iter().map(|(deed, _, kind)| due(deed, kind)).collect()))
        .with("known_on", OutColumn::Day(all.iter().map(|(deed, ..)| deed.line.done_on.plus(posting_lag_days)).collect()))
        .with("amount", OutColumn::Money(all.iter().map(|(deed, ..)| deed.line.promise_amount).collect::<Vec<Money>>(), digits))
}

/// Every case of the run, in the order of its ranked list: what was recommended, what was done, and how they differ.
pub fn differences(run: &Run<'_>, deeds: &[Deed], outcomes: &[Outcome]) -> OutTable {
    let each = |of: &dyn Fn(&Deed) -> String| {
        let said = |outcome: &Outcome| {
            let mut all: Vec<String> = Vec::new();
            for k in &outcome.deeds {
                let one = of(&deeds[*k]);
                if !one.is_empty() && !all.contains(&one) {
                    all.push(one);
                }
            }
            all.join(" ").into()
        };
        OutColumn::Text(outcomes.iter().map(said).collect())
    };
    let done = |deed: &Deed| if deed.done == Done::Nothing { String::new() } else { run.name(deed.done).to_string() };
    let by_borrower = |deed: &Deed| if deed.line.inbound { " (inbound)" } else { "" };
    let last = |outcome: &Outcome| outcome.deeds.iter().map(|k| deeds[*k].line.done_on).max().unwrap_or(Day::NULL);
    OutTable::default()
        .with("account_id", text(&run.cases, |case| &case.account))
        .with("borrower_id", text(&run.cases, |case| &case.borrower))
        .with("team", text(&run.cases, |case| &case.team))
        .with("recommended", text(&run.cases, |case| &run.policy.treatments[case.strategy].name))
        .with("done", each(&|deed| format!("{}{}", done(deed), if done(deed).is_empty() { "" } else { by_borrower(deed) })))
        .with("last_done_on", OutColumn::Day(outcomes.iter().map(last).collect()))
        .with("result", each(&|deed| deed.result().to_string()))
        .with("how", text(outcomes, |outcome| outcome.how.name()))
        .with("vetoed_by", text(outcomes, |outcome| &outcome.against))
        .with("agent", each(&|deed| deed.line.agent.clone()))
        .with("why_not", each(&|deed| deed.line.why_not.clone()))
}
