//! What rules look at beside the columns of a case: the contact log, events, schedules, what is on file, the hour where somebody lives.
//!
//! Only what was known at the end of `as_of`. A fact that nobody keeps is unknown, never absent: it is absent where the project declares that.

use super::policy::{ClaimOf, Count, Interruptions, LimitFrom, Outreach, Since};
use super::score::Quadrant;
use crate::base::config::Declared;
use crate::base::dates::Day;
use crate::base::schema::{CHANNELS, EVENT_KINDS, RESULTS};
use crate::base::units::Money;
use crate::base::zone::{DAY_MINUTES, Hours, Zone};
use crate::data::cases::{Cases, Holds, LEGAL_STAGES};
use crate::data::expressions::Columns;
use crate::data::features::{FeatureTable, Values};
use crate::data::history::{ContactKind, Event, NO_CODE, NO_NUMBER, Portfolio, range};
use std::ops::Range;

/// Everything that deciding looks at.
#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// What the project declares of facts that its tables do not hold.
    pub declared: &'a Declared,
    /// The book.
    pub book: &'a Portfolio,
    /// The cases.
    pub cases: &'a Cases,
    /// Their features.
    pub features: &'a FeatureTable,
    /// The columns of conditions.
    pub columns: &'a Columns<'a>,
    /// Where each case stands between can and wants.
    pub quadrants: &'a [Quadrant],
}

/// Channels of the contact log, and what stands for a try of those that it does not know: an offer, a mediator, a court.
pub const TRIED: usize = 12;

/// The first day on which each channel was tried in the present episode; [`Day::NEVER`] if it was not.
pub type Tries = [Day; TRIED];

/// The kinds of events whose names begin with one of these, as bits.
pub fn kinds(prefixes: &[&str]) -> u64 {
    EVENT_KINDS.iter().enumerate().filter(|(_, kind)| prefixes.iter().any(|p| kind.starts_with(p))).fold(0, |set, (k, _)| set | 1 << k)
}

/// Whether a place of a word is in a set; a word that the source does not say is in every set: missing facts never free.
fn may_be(set: u64, place: u8) -> bool {
    place == NO_CODE || set & (1 << place) != 0
}

/// One case, looked at.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    on: &'a Situation<'a>,
    case: usize,
    account: usize,
    borrower: usize,
    as_of: Day,
    /// What is in force, without the hardship or vulnerability that is looked away from.
    holds: Holds,
    /// The day of outreach.
    pub day: Day,
}

/// Whether somebody is in hardship, and whether vulnerable: what only ever softens.
pub fn softening() -> [Holds; 2] {
    ["hardship", "vulnerable"].map(|name| Holds::named(name).unwrap_or_default())
}

impl<'a> Facts<'a> {
    /// The facts of a case, for an outreach so many days after `as_of`, as they would be without some hardship or vulnerability.
    pub fn of(on: &'a Situation<'a>, case: usize, outreach: &Outreach, ignoring: Holds) -> Facts<'a> {
        let as_of = on.cases.as_of[case];
        let mut facts = Facts {
            on,
            case,
            account: on.cases.account[case] as usize,
            borrower: on.cases.borrower[case] as usize,
            as_of,
            holds: on.cases.holds[case],
            day: as_of.plus(outreach.days_after),
        };
        if facts.day > as_of {
            let begins = facts.events().filter(|e| e.from > as_of).filter_map(|e| Holds::of_event(EVENT_KINDS[usize::from(e.kind)]));
            facts.holds = begins.fold(facts.holds, Holds::and);
        }
        facts.holds = Holds(facts.holds.0 & !ignoring.0);
        facts
    }

    /// What is in force: at the end of `as_of`, or known by then and beginning by the day of outreach.
    pub fn holds(&self) -> Holds {
        self.holds
    }

    /// Whether contacts are known: a log is kept, or it is declared that nobody was contacted.
    pub fn contacts_known(&self) -> bool {
        self.on.book.contacts.logged || self.on.declared.contact_log.is_some()
    }

    /// Whether events are known: a table of them is kept, or it is declared that there are none.
    pub fn events_known(&self) -> bool {
        self.on.book.promises.logged || self.on.declared.events.is_some()
    }

    /// Contacts with the person, known, made after a day.
    fn contacts(&self, after: Day) -> impl Iterator<Item = usize> + use<'a> {
        let (c, as_of) = (&self.on.book.contacts, self.as_of);
        let all = range(&c.offsets, self.borrower);
        let days = &c.contacted_on[all.clone()];
        let first = all.start + days.partition_point(|d| *d <= after);
        let last = all.start + days.partition_point(|d| *d <= as_of);
        (first..last).filter(move |k| c.known_on[*k] <= as_of)
    }

    /// Events of the account and of the borrower that were known and begin by the day of outreach.
    pub fn events(&self) -> impl Iterator<Item = &'a Event> + use<'a> {
        let (as_of, day) = (self.as_of, self.day);
        let of_both = self.on.book.account_events.of(self.account).iter().chain(self.on.book.borrower_events.of(self.borrower));
        of_both.filter(move |e| e.from <= day && e.known_on <= as_of)
    }

    /// Whether one more contact would be more than a limit allows; none where nobody knows.
    pub fn too_many(&self, count: &Count) -> Option<bool> {
        if !self.contacts_known() {
            return None;
        }
        let c = &self.on.book.contacts;
        let counted = self
            .contacts(self.day.plus(-count.days))
            .filter(|k| c.kind[*k].is(ContactKind::OUTBOUND) && may_be(count.channels, c.channel[*k]) && may_be(count.results, c.result[*k]));
        if !count.per_number {
            return Some(counted.count() as u32 >= count.most);
        }
        // A contact whose number is not known may have been to any of them.
        let (mut any, mut of_number): (u32, Vec<(u32, u32)>) = (0, Vec::new());
        for k in counted {
            match c.number[k] {
                NO_NUMBER => any += 1,
                number => match of_number.iter_mut().find(|(n, _)| *n == number) {
                    Some((_, n)) => *n += 1,
                    None => of_number.push((number, 1)),
                },
            }
        }
        Some(any + of_number.iter().map(|(_, n)| *n).max().unwrap_or(0) >= count.most)
    }

    /// Whether too few days have passed since the latest such contact; none where nobody knows.
    pub fn too_soon(&self, since: &Since) -> Option<bool> {
        let c = &self.on.book.contacts;
        self.contacts_known().then(|| {
            self.contacts(self.day.plus(-since.days)).any(|k| {
                (!since.outbound || c.kind[k].is(ContactKind::OUTBOUND)) && may_be(since.channels, c.channel[k]) && may_be(since.results, c.result[k])
            })
        })
    }

    /// Whether too few days have passed since the latest such event began; none where nobody knows.
    pub fn too_soon_after(&self, kinds: u64, days: i32) -> Option<bool> {
        self.events_known().then(|| self.events().any(|e| kinds & (1 << e.kind) != 0 && self.day.since(e.from) < days))
    }

    /// The claim; none where it is not known.
    pub fn claim(&self, of: ClaimOf, minor_units: f64) -> Option<Money> {
        match of {
            ClaimOf::Arrears => self.on.cases.arrears[self.case].known().map(Money),
            ClaimOf::Balance => self.feature("balance").map(|balance| Money((balance * minor_units).round() as i64)),
        }
    }

    fn feature(&self, name: &str) -> Option<f64> {
        match self.on.features.get(name).map(|c| &c.values) {
            Some(Values::Number(v)) if !v[self.case].is_nan() => Some(v[self.case]),
            _ => None,
        }
    }

    /// Items of a list that are not on file; none where nobody knows what is.
    pub fn missing_evidence<'i>(&self, items: &'i [String]) -> Option<Vec<&'i str>> {
        match self.on.book.evidence.of(self.account) {
            Some(on_file) => Some(items.iter().map(String::as_str).filter(|item| !on_file.split_whitespace().any(|w| w == *item)).collect()),
            None => self.on.declared.evidence.is_some().then(Vec::new),
        }
    }

    /// Where the claim stands before a court.
    pub fn legal_stage(&self) -> &'static str {
        LEGAL_STAGES[usize::from(self.on.cases.legal_stage[self.case])]
    }

    /// The day from which the limitation period runs and its last day; none where they cannot be known, [`Day::NEVER`] once there is a judgment.
    ///
    /// The period begins at `from` and begins again with each interruption that came before it was over.
    pub fn limitation(&self, years: i32, from: LimitFrom, by: &Interruptions) -> Option<(Day, Day)> {
        if matches!(self.legal_stage(), "judgment" | "enforcement") {
            return Some((Day::NEVER, Day::NEVER));
        }
        let (book, account, as_of) = (self.on.book, self.account, self.as_of);
        if !book.ledger_at(account, as_of) {
            return None;
        }
        let i = &book.instalments;
        let begins = match from {
            LimitFrom::OldestUnpaid => as_of.plus(-self.on.cases.dpd[self.case]),
            LimitFrom::LastInstalment => range(&i.offsets, account).filter(|k| i.known_on[*k] <= as_of).map(|k| i.due_on[k]).max()?,
        };
        let mut days: Vec<Day> = Vec::new();
        if by.payment {
            let p = &book.payments;
            let counts = |k: &usize| p.paid_on[*k] <= as_of && p.known_on[*k] <= as_of && p.amount[*k] > 0 && p.stands(*k, as_of);
            days.extend(range(&p.offsets, account).filter(counts).map(|k| p.paid_on[k]));
        }
        if by.promise {
            let p = &book.promises;
            days.extend(range(&p.offsets, account).filter(|k| p.made_on[*k] <= as_of && p.known_on[*k] <= as_of).map(|k| p.made_on[k]));
        }
        let (agreed, filed) = (kinds(&["plan_active"]), kinds(&["legal_filed"]));
        let of_events = if by.plan { agreed } else { 0 } | if by.filing { filed } else { 0 };
        days.extend(self.events().filter(|e| of_events & (1 << e.kind) != 0).map(|e| e.from));
        if by.demand {
            // A demand that is not known to have reached anybody makes nothing begin again.
            let c = &book.contacts;
            let reached = |k: &usize| {
                let result = RESULTS.get(usize::from(c.result[*k])).copied().unwrap_or_default();
                c.kind[*k].is(ContactKind::OUTBOUND) && matches!(result, "reached" | "promise" | "refused" | "delivered")
            };
            days.extend(self.contacts(Day(i32::MIN)).filter(reached).map(|k| c.contacted_on[k]));
        }
        let latest = days.iter().copied().max().unwrap_or(begins);
        let mut clock = begins;
        // No period of years is shorter than 365 days each: order and calendar are asked only where they may matter.
        if latest.since(begins) <= 365 * years {
            clock = clock.max(latest);
        } else {
            days.sort_unstable();
            for day in days {
                if day.since(clock) > 365 * years && day > clock.plus_months(12 * years) {
                    break;
                }
                clock = clock.max(day);
            }
        }
        Some((clock, clock.plus_months(12 * years)))
    }

    /// The first day of the present arrears episode.
    pub fn episode_begins(&self) -> Day {
        match self.feature("days_in_episode") {
            Some(days) if days >= 1.0 => self.as_of.plus(1 - days as i32),
            _ => self.as_of.plus(-self.on.cases.dpd[self.case]),
        }
    }

    /// The first try of each channel in the present episode: outbound contacts of the person, offers, mediation, the courts.
    pub fn tries(&self) -> Tries {
        let begins = self.episode_begins();
        let mut tries = [Day::NEVER; TRIED];
        let c = &self.on.book.contacts;
        for k in self.contacts(begins.plus(-1)) {
            let channel = usize::from(c.channel[k]);
            if channel < CHANNELS.len() && c.kind[k].is(ContactKind::OUTBOUND) {
                tries[channel] = tries[channel].min(c.contacted_on[k]);
            }
        }
        for event in self.events().filter(|e| e.from >= begins) {
            let places: Range<usize> = match EVENT_KINDS[usize::from(event.kind)] {
                "plan_offered" | "plan_active" | "plan_broken" => 8..9,
                "legal_mediation" => 9..10,
                "legal_referred" | "legal_filed" => 10..12,
                _ => continue,
            };
            tries[places].iter_mut().for_each(|day| *day = event.from.min(*day));
        }
        tries
    }

    /// Whether hardship or vulnerability is in force.
    pub fn needs_care(&self) -> bool {
        softening().into_iter().any(|flag| self.holds().has(flag))
    }

    /// The latest day on which a plan was offered or agreed since the latest hardship or vulnerability in force began; none if it was not.
    pub fn care_offered(&self) -> Option<Day> {
        let [hardship, vulnerable] = softening().map(|flag| self.holds().has(flag));
        let (of_hardship, of_vulnerable, plans) = (kinds(&["hardship"]), kinds(&["vulnerable"]), kinds(&["plan_"]));
        let flags = if hardship { of_hardship } else { 0 } | if vulnerable { of_vulnerable } else { 0 };
        let begins = self.events().filter(|e| flags & (1 << e.kind) != 0 && e.to >= self.as_of).map(|e| e.from).max()?;
        self.events().filter(|e| plans & (1 << e.kind) != 0 && e.from >= begins).map(|e| e.from).max()
    }

    /// Whether the borrower is vulnerable and is known to be spoken to by other channels than this one.
    pub fn not_accessible(&self, channel: u8) -> bool {
        let vulnerable = self.holds().has(softening()[1]);
        let (book, named) = (self.on.book, &self.on.book.accessible_channels);
        if !vulnerable || named.codes.is_empty() {
            return false;
        }
        // Written down for one account, it is of the person.
        let mut accounts = book.accounts_of[self.borrower]..book.accounts_of[self.borrower + 1];
        let lacks = |named: &str| !named.split_whitespace().any(|word| Some(&word) == CHANNELS.get(usize::from(channel)));
        accounts.any(|account| named.of(account).is_some_and(lacks))
    }

    /// Where the case stands between can and wants.
    pub fn quadrant(&self) -> Quadrant {
        self.on.quadrants.get(self.case).copied().unwrap_or(Quadrant::Unknown)
    }

    /// The zones in which the person may be: those of all their accounts, as codes; one beyond all words stands for the declared one.
    pub fn zone_codes(&self) -> Vec<u32> {
        let (book, zones) = (self.on.book, &self.on.book.time_zone);
        let accounts = book.accounts_of.get(self.borrower).zip(book.accounts_of.get(self.borrower + 1)).map_or(0..0, |(from, to)| *from..*to);
        let mut codes: Vec<u32> = accounts.filter_map(|account| zones.of(account).map(|_| zones.codes[account])).collect();
        codes.sort_unstable();
        codes.dedup();
        if codes.is_empty() {
            codes.push(u32::MAX);
        }
        codes
    }
}

/// The zones of codes of [`Facts::zone_codes`]; none where nobody knows one of them, or nobody can read it.
pub fn zones_of(on: &Situation<'_>, codes: &[u32]) -> Option<Vec<Zone>> {
    let of = |code: &u32| match on.book.time_zone.words.get(*code as usize) {
        Some(word) => Zone::parse(word),
        None => on.declared.time_zone.as_ref().and_then(|a| Zone::parse(&a.value)),
    };
    codes.iter().map(of).collect()
}

/// The minutes of the floor's day, as minutes of the day in the first zone, that none of the quiet hours takes in any of the zones.
pub fn allowed_minutes(outreach: &Outreach, zones: &[Zone], day: Day, quiet: &[Hours]) -> Vec<u32> {
    let floor = outreach.zone.minutes_ahead(day);
    let ahead: Vec<i32> = zones.iter().map(|zone| zone.minutes_ahead(day) - floor).collect();
    let Some(first) = ahead.first() else { return Vec::new() };
    let local = |minute: u32, ahead: i32| (minute as i32 + ahead).rem_euclid(DAY_MINUTES as i32) as u32;
    let is_quiet = |minute: u32| ahead.iter().any(|ahead| quiet.iter().any(|hours| hours.holds(local(minute, *ahead))));
    outreach.hours.minutes().filter(|minute| !is_quiet(*minute)).map(|minute| local(minute, *first)).collect()
}
