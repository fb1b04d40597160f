//! What somebody needs who speaks to a borrower: the best hour, when they were last reached, what they promised, how often nobody answered.
//!
//! The best hour is the allowed hour with the highest chance to reach the borrower: of their own calls at that hour, `(reached + w × book) ÷ (calls + w)`,
//! where the book's rate of the hour is drawn in the same way towards that of all hours, and `w` is the project's weight of rates. Ties go to the
//! earlier hour. A machine's calls count like a person's; visits and messages say nothing of when a telephone is answered.

use super::{Maker, Unit};
use crate::base::config::Rates;
use crate::base::dates::Day;
use crate::base::schema::CHANNELS;
use crate::base::units::Money;
use crate::data::catalogue::{Family, promises_open};
use crate::data::features::Values;
use crate::data::history::{ContactKind, Contacts, NO_HOUR, range};
use crate::data::write::{OutColumn, OutTable};
use crate::decide::facts::Situation;

/// The book's rates of reaching somebody, hour by hour.
pub(super) struct HourRates {
    of: [f64; 24],
    weight: f64,
}

impl HourRates {
    /// The rates of the book, by what was known at the end of the day; none where no hour of any call is known.
    pub(super) fn of(on: &Situation<'_>, rates: Rates) -> Option<HourRates> {
        let c = &on.book.contacts;
        let as_of = *on.cases.as_of.first()?;
        let mut of_hour = [(0u32, 0u32); 24];
        for k in (0..c.hour.len()).filter(|k| known(c, *k, as_of)) {
            count(c, k, &mut of_hour);
        }
        let (reached, calls) = of_hour.iter().fold((0, 0), |(reached, calls), (r, n)| (reached + r, calls + n));
        if calls == 0 {
            return None;
        }
        let all = f64::from(reached) / f64::from(calls);
        Some(HourRates { of: of_hour.map(|(r, n)| rates.shrink(r, n, Some(all))), weight: rates.weight })
    }

    /// The best of some hours for who was called so often at each.
    fn best(&self, own: &[(u32, u32); 24], hours: u32) -> Option<u8> {
        let rates = Rates { weight: self.weight, ..Rates::default() };
        let mut best: Option<(u8, f64)> = None;
        for hour in (0..24u8).filter(|hour| hours & (1 << hour) != 0) {
            let (reached, calls) = own[usize::from(hour)];
            let rate = rates.shrink(reached, calls, Some(self.of[usize::from(hour)]));
            if best.is_none_or(|(_, most)| rate > most) {
                best = Some((hour, rate));
            }
        }
        best.map(|(hour, _)| hour)
    }
}

fn known(c: &Contacts, k: usize, as_of: Day) -> bool {
    c.contacted_on[k] <= as_of && c.known_on[k] <= as_of
}

/// Counts a contact whose hour is known, if it is a try to call the borrower.
fn count(c: &Contacts, k: usize, of_hour: &mut [(u32, u32); 24]) {
    let is_call = CHANNELS.get(usize::from(c.channel[k])).is_some_and(|channel| ["call", "ai_call"].contains(channel));
    let hour = c.hour.get(k).copied().unwrap_or(NO_HOUR);
    if let Some((reached, calls)) = of_hour.get_mut(usize::from(hour)).filter(|_| is_call && c.kind[k].is(ContactKind::ATTEMPT)) {
        *calls += 1;
        *reached += u32::from(c.kind[k].is(ContactKind::RIGHT_PARTY));
    }
}

/// What is told of a borrower who is to be spoken to.
pub(super) struct Spoken {
    best_hour: Option<u8>,
    last_reached: Day,
    /// The open promise that falls due first.
    promise: Option<(Day, Money)>,
    no_answer: Option<u32>,
}

impl Spoken {
    pub(super) fn of(maker: &Maker<'_>, unit: &Unit, hours: u32) -> Spoken {
        let on = maker.decisions.guard.situation();
        let (c, as_of) = (&on.book.contacts, on.cases.as_of[unit.lead()]);
        let borrower = on.cases.borrower[unit.lead()] as usize;
        let mut own = [(0, 0); 24];
        let (mut last_reached, mut no_answer) = (Day::NULL, 0);
        for k in range(&c.offsets, borrower).filter(|k| known(c, *k, as_of)) {
            count(c, k, &mut own);
            if c.kind[k].is(ContactKind::RIGHT_PARTY) && c.contacted_on[k] > last_reached {
                (last_reached, no_answer) = (c.contacted_on[k], 0);
            }
            no_answer += u32::from(c.kind[k].is(ContactKind::ATTEMPT) && c.contacted_on[k] > last_reached);
        }
        Spoken {
            best_hour: maker.hours.and_then(|book| book.best(&own, hours)),
            last_reached,
            promise: open_promise(maker, unit, on),
            no_answer: c.logged.then_some(no_answer),
        }
    }
}

/// The first open promise of a unit's accounts; the feature tells who has one, so that nobody else's payments are looked through again.
fn open_promise(maker: &Maker<'_>, unit: &Unit, on: &Situation<'_>) -> Option<(Day, Money)> {
    let Some(Values::Number(open)) = on.features.get("promise_open").map(|c| &c.values) else { return None };
    if !unit.cases().any(|k| open[k] == 1.0) {
        return None;
    }
    let mut family = Family::new(on.book, maker.ask.settings);
    family.turn_to(on.cases.borrower[unit.lead()] as usize);
    let promises = unit.cases().flat_map(|k| promises_open(&family.view(on.cases.account[k] as usize, on.cases.as_of[k])));
    promises.min()
}

pub(super) fn columns(table: OutTable, spoken: &[Spoken], digits: u8) -> OutTable {
    let whole = |of: &dyn Fn(&Spoken) -> Option<i64>| OutColumn::Integer(spoken.iter().map(|s| of(s).unwrap_or(i64::MIN)).collect());
    table
        .with("best_hour", whole(&|s| s.best_hour.map(i64::from)))
        .with("last_reached_on", OutColumn::Day(spoken.iter().map(|s| s.last_reached).collect()))
        .with("open_promise_due_on", OutColumn::Day(spoken.iter().map(|s| s.promise.map_or(Day::NULL, |(due, _)| due)).collect()))
        .with("open_promise_amount", OutColumn::Money(spoken.iter().map(|s| s.promise.map_or(Money::NULL, |(_, amount)| amount)).collect(), digits))
        .with("consecutive_no_answer", whole(&|s| s.no_answer.map(i64::from)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_hour_is_drawn_towards_the_books_and_ties_go_to_the_earlier() {
        // The book reaches a quarter at 10 and half at 18, w = 2. Twice called at 10 and once reached: (1 + 2 × 0.25) ÷ 4 = 0.375 against 0.5.
        let mut of = [0.25; 24];
        of[18] = 0.5;
        let book = HourRates { of, weight: 2.0 };
        let mut own = [(0, 0); 24];
        own[10] = (1, 2);
        let all = (9..20).fold(0, |set, hour| set | 1 << hour);
        assert_eq!(book.best(&own, all), Some(18));
        // Reached both times: (2 + 0.5) ÷ 4 = 0.625.
        own[10] = (2, 2);
        assert_eq!(book.best(&own, all), Some(10));
        // Twice reached of four at 10, the same half: the earlier of the two. (2 + 0.5) ÷ 6 = 0.417 is less; 3 of 4: 3.5 ÷ 6 = 0.583.
        own[10] = (2, 4);
        assert_eq!(book.best(&own, all), Some(18));
        assert_eq!(HourRates { of: [0.5; 24], weight: 2.0 }.best(&[(0, 0); 24], all), Some(9));
        assert_eq!(book.best(&own, 0), None);
    }
}
