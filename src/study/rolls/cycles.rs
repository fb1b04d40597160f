//! One account's cycles: where it stood at one month end, where at the next, and by which flow it got there.
//!
//! Takes an account of the portfolio; gives a [`Move`] a cycle. Deliberately absent: sums, which are `tally`'s.

use crate::base::config::Tolerance;
use crate::base::dates::Day;
use crate::base::schema::EVENT_KINDS;
use crate::base::units::Bucket;
use crate::data::history::{Event, Portfolio, range};
use crate::data::path::{Episode, EpisodeEnd, Path, RELAPSE_DAYS, RELAPSE_DPD, one_cycle_before};
use crate::data::schedule::Schedules;

/// What an account did in a cycle. Every account that counts in a cycle has exactly one flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// To the next bucket.
    RollForward,
    /// Further than the next bucket: 30 days past due and 31 days later 61, a payment taken back, a statement that says so.
    Jump,
    /// In the same bucket at the end; M7+ has no next one.
    Stay,
    /// To a lower bucket that is not M0.
    RollBack,
    /// To M0 by payment, paid off and closed included.
    Cure,
    /// To a lower bucket or M0 in a cycle in which the schedule was replaced.
    ReAge,
    /// No longer there: closed other than by a cure, written off, deceased, no further statement.
    Left,
}

impl Flow {
    /// All, in the order in which they are shown.
    pub const ALL: [Flow; 7] = [Flow::RollForward, Flow::Jump, Flow::Stay, Flow::RollBack, Flow::Cure, Flow::ReAge, Flow::Left];

    /// Whether an account can take it from a bucket; a place beyond the buckets stands for several of them.
    pub(super) fn possible(self, bucket: usize) -> bool {
        match self {
            Flow::RollForward => bucket != 7,
            Flow::Jump => bucket != 6 && bucket != 7,
            Flow::RollBack => bucket > 1,
            Flow::Cure | Flow::ReAge => bucket > 0,
            Flow::Stay | Flow::Left => true,
        }
    }

    /// Whether the balance then is what moved.
    fn ends_it(self) -> bool {
        matches!(self, Flow::Cure | Flow::Left)
    }

    /// Its name in files and JSON.
    pub fn name(self) -> &'static str {
        ["roll_forward", "jump", "stay", "roll_back", "cure", "re_age", "left"][self as usize]
    }
}

/// Whether a cured account was 30 days past due again within 90 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relapse {
    Yes,
    No,
    /// The 90 days reach beyond `outcomes_until`, or the statements end within them.
    NotKnown,
}

/// One account in one cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Move {
    /// Place of the cycle.
    pub cycle: usize,
    /// Bucket at its start.
    pub from: Bucket,
    /// What happened.
    pub flow: Flow,
    /// Balance at its start, not below zero; `None` in a book without money.
    pub then: Option<i64>,
    /// The balance that moved: at the cycle's end; of an account that was cured or left, at its start, for what was paid or is gone was that.
    pub moved: Option<i64>,
    /// For a cure.
    pub relapse: Option<Relapse>,
}

/// The cycles of a run: `ends[k]..ends[k + 1]`, month end to month end.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    ends: Vec<Day>,
}

impl Calendar {
    /// The whole cycles within `[from, until]`.
    pub fn new(from: Day, until: Day) -> Calendar {
        let first = std::iter::successors(Some(from.month_end()), |day| Some(day.plus(1).month_end()));
        Calendar { ends: first.take_while(|day| *day <= until).collect() }
    }

    /// How many there are.
    pub fn cycles(&self) -> usize {
        self.ends.len().saturating_sub(1)
    }

    /// First day of the first and last day of the last; `None` without a cycle.
    pub fn span(&self) -> Option<(Day, Day)> {
        (self.cycles() > 0).then(|| (self.ends[0], self.ends[self.ends.len() - 1]))
    }

    /// The month in which a cycle's flows happened, `YYYY-MM`.
    pub fn month(&self, cycle: usize) -> String {
        self.ends[cycle + 1].date().format("%Y-%m").to_string()
    }

    /// The cycle that begins in a month.
    fn begins_in(&self, month_index: i32) -> Option<usize> {
        let place = month_index - self.ends.first()?.month_index();
        usize::try_from(place).ok().filter(|k| *k < self.cycles())
    }
}

/// Walks accounts, one after the other.
pub(super) struct Walker<'a> {
    pub book: &'a Portfolio,
    pub calendar: &'a Calendar,
    pub tolerance: Tolerance,
    pub path: Path,
    pub schedules: Schedules,
    /// Cycles without a statement at the end, of accounts that have later ones.
    pub gaps: u64,
    /// The borrower looked at last, and the first day on which one of their own events ends all accounts.
    pub borrower_gone: Option<(usize, Day)>,
}

/// A maximal run of late days or late statements.
struct Run {
    entry: Day,
    /// First day after it; [`Day::NEVER`] while it lasts.
    end: Day,
    by_re_age: bool,
}

/// When an account counts, and when its schedule was replaced.
struct Life {
    begun: Day,
    closed: Day,
    /// Written off or deceased, as known.
    gone: Day,
    re_ages: Vec<Day>,
}

impl Life {
    fn counts(&self, day: Day) -> bool {
        self.begun <= day && self.closed > day && self.gone > day
    }

    /// A run of late days, with whether a re-age ended it.
    fn run(&self, entry: Day, end: Day) -> Run {
        Run { entry, end, by_re_age: self.re_ages.iter().any(|day| (entry..=end).contains(day)) }
    }

    /// A ledger's episode as a run: the one place that knows how an episode ended.
    fn run_of(&self, episode: &Episode) -> Run {
        Run { entry: episode.entry, end: episode.end, by_re_age: episode.how == EpisodeEnd::ReAge }
    }

    /// Whether a re-age had a part in what happened to arrears in `(after, until]`: it ended a run there, or fell into one that goes on.
    fn re_aged(&self, mut runs: impl Iterator<Item = Run>, after: Day, until: Day) -> bool {
        runs.any(|run| match run.end <= until {
            true => run.end > after && run.by_re_age,
            false => self.re_ages.iter().any(|day| *day > after && *day >= run.entry && *day <= until),
        })
    }
}

/// The first day on which one of the events is known to end an account: a write-off, a death.
fn gone(events: &[Event]) -> Day {
    let ends = |event: &&Event| matches!(EVENT_KINDS[usize::from(event.kind)], "write_off" | "deceased");
    events.iter().filter(ends).map(|event| event.from.max(event.known_on)).min().unwrap_or(Day::NEVER)
}

impl Walker<'_> {
    /// Hands every cycle of an account to `take`, in order.
    pub fn account(&mut self, borrower: usize, account: usize, take: impl FnMut(Move)) {
        let mut life = self.life(borrower, account);
        if self.book.is_ledger(account) { self.ledger(&mut life, account, take) } else { self.statements(&life, account, take) }
    }

    fn life(&mut self, borrower: usize, account: usize) -> Life {
        let book = self.book;
        let (i, p) = (&book.instalments, &book.payments);
        let begun = book.opened_on[account].known().unwrap_or_else(|| {
            let scheduled = range(&i.offsets, account).map(|k| i.due_on[k].min(i.known_on[k]));
            scheduled.chain(range(&p.offsets, account).map(|k| p.paid_on[k])).min().unwrap_or(Day(i32::MIN + 1))
        });
        let mut life = Life { begun, closed: book.closed_on[account], gone: Day::NEVER, re_ages: Vec::new() };
        // A borrower's events are looked at once for all accounts: there may be very many of both.
        if self.borrower_gone.is_none_or(|(whose, _)| whose != borrower) {
            self.borrower_gone = Some((borrower, gone(book.borrower_events.of(borrower))));
        }
        life.gone = gone(book.account_events.of(account)).min(self.borrower_gone.map_or(Day::NEVER, |(_, day)| day));
        life.re_ages.extend(range(&book.re_ages.offsets, account).map(|k| book.re_ages.known_on[k]));
        life
    }

    fn ledger(&mut self, life: &mut Life, account: usize, mut take: impl FnMut(Move)) {
        self.schedules.read(self.book, account);
        // A re-age counts in a ledger from the day on which its schedule is in force; one that brought none replaced nothing.
        life.re_ages = self.schedules.list()[1..].iter().map(|schedule| schedule.in_force_from).collect();
        self.path.ledger(self.book, account, &self.schedules, self.tolerance);
        let path = &self.path;
        let at = |day: Day| path.at(day).map_or((0, 0), |s| (s.dpd(day), s.balance.max(0)));
        let ends = &self.calendar.ends;
        let first = ends.partition_point(|day| *day < life.begun);
        for cycle in first..self.calendar.cycles() {
            let (start, end) = (ends[cycle], ends[cycle + 1]);
            if !life.counts(start) {
                break;
            }
            let ((dpd, then), (dpd_now, now)) = (at(start), at(end));
            let (from, to) = (Bucket::of_dpd(dpd), Bucket::of_dpd(dpd_now));
            let flow = flow(from, Some(to), life, end, || life.re_aged(path.episodes.iter().map(|e| life.run_of(e)), start, end));
            let relapse = (flow == Flow::Cure).then(|| {
                // The first day of dpd 0 after the start.
                let cured = path.episodes.iter().find(|e| e.end > start).map_or(end, |e| e.end);
                let until = cured.plus(RELAPSE_DAYS);
                if until > self.book.outcomes_until {
                    Relapse::NotKnown
                } else if path.peaks(cured, until).any(|(_, dpd)| dpd >= RELAPSE_DPD) {
                    Relapse::Yes
                } else {
                    Relapse::No
                }
            });
            take(Move { cycle, from, flow, then: Some(then), moved: Some(if flow.ends_it() { then } else { now }), relapse });
        }
    }

    fn statements(&mut self, life: &Life, account: usize, mut take: impl FnMut(Move)) {
        let s = &self.book.statements;
        let all = range(&s.offsets, account);
        let balance = |k: usize| s.balance[k].known().map(|b| b.max(0));
        let month = |k: usize| s.statement_on[k].month_index();
        // Date of the first statement of the run of late ones.
        let mut entry = Day::NEVER;
        for k in all.clone() {
            let from = s.bucket[k];
            entry = if from == Bucket(0) { Day::NEVER } else { entry.min(s.statement_on[k]) };
            // Of several statements in a month the last one stands for it.
            let next = k + 1;
            if next < all.end && month(next) == month(k) {
                continue;
            }
            let (Some(cycle), true) = (self.calendar.begins_in(month(k)), life.counts(s.statement_on[k])) else { continue };
            let last_of_next = (next..all.end).take_while(|n| month(*n) == month(k) + 1).last();
            if last_of_next.is_none() && next < all.end && life.closed > self.calendar.ends[cycle + 1] && life.gone > self.calendar.ends[cycle + 1] {
                self.gaps += 1;
                continue;
            }
            let end = last_of_next.map_or(self.calendar.ends[cycle + 1], |n| s.statement_on[n]);
            let to = last_of_next.map(|n| s.bucket[n]);
            let run_end = if to == Some(Bucket(0)) { end } else { Day::NEVER };
            let flow = flow(from, to, life, end, || life.re_aged(std::iter::once(life.run(entry, run_end)), s.statement_on[k], end));
            let relapse = (flow == Flow::Cure).then(|| {
                let cured = (next..all.end).find(|n| s.bucket[*n] == Bucket(0)).map_or(end, |n| s.statement_on[n]);
                self.statement_relapse(life, account, cured)
            });
            let then = balance(k);
            let moved = if flow.ends_it() { then } else { last_of_next.and_then(balance) };
            take(Move { cycle, from, flow, then, moved, relapse });
        }
    }

    /// Whether a statement within 90 days after a cure is 30 days past due. Known once a statement covers the last of those days (the next
    /// would come after it) or the account was closed by then.
    fn statement_relapse(&self, life: &Life, account: usize, cured: Day) -> Relapse {
        let s = &self.book.statements;
        let all = range(&s.offsets, account);
        let until = cured.plus(RELAPSE_DAYS);
        let covered = all.clone().any(|k| s.statement_on[k] > one_cycle_before(until));
        if until > self.book.outcomes_until || !(covered || life.closed <= until) {
            Relapse::NotKnown
        } else if all.clone().any(|k| s.statement_on[k] > cured && s.statement_on[k] <= until && s.dpd[k] >= RELAPSE_DPD) {
            Relapse::Yes
        } else {
            Relapse::No
        }
    }
}

/// The flow from one bucket to another; `to` is `None` where nothing says where the account stands.
///
/// A cure comes before a closing, because a debt that was paid off is one; a write-off or a death comes before everything.
fn flow(from: Bucket, to: Option<Bucket>, life: &Life, end: Day, re_aged: impl FnOnce() -> bool) -> Flow {
    let Some(to) = to.filter(|_| life.gone > end) else { return Flow::Left };
    let better = to < from;
    if better && re_aged() {
        Flow::ReAge
    } else if better && to == Bucket(0) {
        Flow::Cure
    } else if life.closed <= end {
        Flow::Left
    } else if better {
        Flow::RollBack
    } else {
        match to.0 - from.0 {
            0 => Flow::Stay,
            1 => Flow::RollForward,
            _ => Flow::Jump,
        }
    }
}
