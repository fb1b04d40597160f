//! An account's path through arrears: days past due on every day, and its episodes, as they were known on each of those days.
//!
//! A payment counts from the day on which it was both made and known. So the path up to a day uses nothing known later, and one walk
//! serves every observation date. Takes one account's records; gives segments of constant arrears. No allocation after the first use.

use super::history::{Portfolio, range};
use super::schedule::{Schedules, Standing};
use crate::base::config::Tolerance;
use crate::base::dates::Day;

/// Days `from..` until the next segment, on which arrears stay the same and days past due grow by one a day, or stay what a statement said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// First day.
    pub from: Day,
    /// Overdue amount, zero within the tolerance.
    pub arrears: i64,
    /// Everything scheduled and known − payments known.
    pub balance: i64,
    /// Due date of the oldest unpaid instalment; [`Day::NULL`] if none is overdue beyond the tolerance.
    pub oldest_due: Day,
    /// Instalments due and not fully paid.
    pub unpaid: u32,
    /// Days past due that a statement said, before the ledger began.
    pub stated: Option<i32>,
}

/// Days past due that make a relapse.
pub const RELAPSE_DPD: i32 = 30;
/// Days after a cure within which they do.
pub const RELAPSE_DAYS: i32 = 90;

/// How an episode ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpisodeEnd {
    /// It lasts as far as the data reach.
    Open,
    /// By payment: a cure.
    Payment,
    /// By a re-age: never a cure.
    ReAge,
    /// By a write-off.
    ChargeOff,
}

/// A maximal run of days with days past due ≥ 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Episode {
    /// First day.
    pub entry: Day,
    /// First day after it; [`Day::NEVER`] while it lasts.
    pub end: Day,
    /// How it ended.
    pub how: EpisodeEnd,
}

/// An instalment on its way: the day from which it counts, its due date and its place, its amount.
#[derive(Clone, Copy, Debug)]
struct Due {
    counts_from: Day,
    due_on: Day,
    place: usize,
    amount: i64,
}

impl Due {
    fn order(&self) -> (Day, usize) {
        (self.due_on, self.place)
    }
}

/// The path of one account. Reused from account to account.
#[derive(Clone, Debug, Default)]
pub struct Path {
    /// Segments, ascending. Before the first, nothing is due.
    pub segments: Vec<Segment>,
    /// Episodes, ascending.
    pub episodes: Vec<Episode>,
    /// For each payment of the account, whether it left arrears unpaid.
    pub partial: Vec<bool>,
    due: Vec<Due>,
    paid: Vec<(Day, i64, u32)>,
    scheduled: Vec<(Day, i64)>,
}

impl Segment {
    /// The first day of this segment with days past due ≥ 1; [`Day::NEVER`] if there is none however long it lasts.
    fn late_from(&self) -> Day {
        match self.stated {
            Some(dpd) if dpd >= 1 => self.from,
            Some(_) => Day::NEVER,
            None if self.oldest_due == Day::NULL => Day::NEVER,
            // Days past due reach 1 on the day after the due date, which may lie beyond the segment.
            None => self.from.max(self.oldest_due.plus(1)),
        }
    }

    /// Days past due on a day of this segment.
    pub fn dpd(&self, day: Day) -> i32 {
        if let Some(dpd) = self.stated {
            return dpd;
        }
        if self.oldest_due == Day::NULL { 0 } else { day.since(self.oldest_due).max(0) }
    }
}

impl Path {
    /// Walks a ledger account through its schedules.
    ///
    /// FIFO by cumulated sums: with `P(t)` the payments known by `t`, the oldest unpaid instalment is the first whose cumulated amount
    /// exceeds `P(t)`. `arrears(t) = max(0, due by t − P(t))`, zero if at most the tolerance at the balance.
    pub fn ledger(&mut self, book: &Portfolio, account: usize, schedules: &Schedules, tolerance: Tolerance) {
        self.segments.clear();
        self.partial.clear();
        self.partial.resize(range(&book.payments.offsets, account).len(), false);
        // What statements said before the ledger began comes first; then the ledger alone speaks.
        let begins = self.statements_before_ledger(book, account);
        let list = schedules.list();
        for (place, schedule) in list.iter().enumerate() {
            let in_force_from = schedule.in_force_from.max(begins);
            let until = list.get(place + 1).map_or(Day::NEVER, |next| next.in_force_from.max(begins));
            self.gather(book, account, schedules, place);
            let start = self.segments.len();
            self.walk(start, (in_force_from, until), tolerance);
            if let Some(segment) = self.segments.get_mut(start).filter(|s| s.from < in_force_from) {
                segment.from = in_force_from;
            }
        }
        self.find_episodes();
        self.name_ends(book, account, schedules);
    }

    /// Lays out what statements said on the days before the ledger began, each from the day on which it was the latest known. Gives the first
    /// day of the ledger; before every day where there is nothing to put before it.
    fn statements_before_ledger(&mut self, book: &Portfolio, account: usize) -> Day {
        let s = &book.statements;
        let begins = if book.has_statements(account) { book.ledger_from(account) } else { Day(i32::MIN) };
        let mut visible: Vec<(Day, usize)> = range(&s.offsets, account).map(|k| (s.statement_on[k].max(s.known_on[k]), k)).collect();
        visible.retain(|(day, _)| *day < begins);
        visible.sort_unstable();
        let mut latest = None;
        for (day, k) in visible {
            // One that became known after a later one never was the latest.
            if latest.is_some_and(|latest| latest > k) {
                continue;
            }
            latest = Some(k);
            if self.segments.last().is_some_and(|segment| segment.from == day) {
                self.segments.pop();
            }
            self.segments.push(Segment {
                from: day,
                arrears: s.arrears[k].known().unwrap_or(0),
                balance: s.balance[k].known().unwrap_or(0),
                oldest_due: Day::NULL,
                unpaid: 0,
                stated: Some(s.dpd[k]),
            });
        }
        if latest.is_some() { begins } else { Day(i32::MIN) }
    }

    /// Lays out the records of one schedule: what counts when.
    fn gather(&mut self, book: &Portfolio, account: usize, schedules: &Schedules, place: usize) {
        self.due.clear();
        self.paid.clear();
        self.scheduled.clear();
        let (i, p) = (&book.instalments, &book.payments);
        for k in range(&i.offsets, account).filter(|k| schedules.of(*k) == place) {
            // An instalment that became known after its due date counts from then on.
            self.due.push(Due { counts_from: i.due_on[k].max(i.known_on[k]), due_on: i.due_on[k], place: k, amount: i.amount[k] });
            self.scheduled.push((i.known_on[k], i.amount[k]));
        }
        let (records, paid_from) = (range(&p.offsets, account), schedules.list()[place].paid_from);
        for k in records.clone().filter(|k| p.paid_on[*k] >= paid_from) {
            self.paid.push((p.paid_on[k].max(p.known_on[k]), p.amount[k], (k - records.start) as u32));
        }
        sort_if_needed(&mut self.due, |d| (d.counts_from, d.order()));
        sort_if_needed(&mut self.paid, |p| p.0);
        sort_if_needed(&mut self.scheduled, |s| s.0);
    }

    fn walk(&mut self, start: usize, (in_force_from, until): (Day, Day), tolerance: Tolerance) {
        let (mut next_due, mut next_paid, mut next_scheduled) = (0, 0, 0);
        let (mut due, mut paid, mut scheduled) = (0i64, 0i64, 0i64);
        // The oldest instalment not fully paid, among `self.due` by due date, and the sum of all before it.
        let (mut settled, mut settled_sum) = (0usize, 0i64);
        loop {
            let days = [
                self.due.get(next_due).map(|d| d.counts_from),
                self.paid.get(next_paid).map(|p| p.0),
                self.scheduled.get(next_scheduled).map(|s| s.0),
            ];
            let Some(day) = days.into_iter().flatten().min().filter(|day| *day < until) else { break };
            while self.scheduled.get(next_scheduled).is_some_and(|s| s.0 == day) {
                scheduled = scheduled.saturating_add(self.scheduled[next_scheduled].1);
                next_scheduled += 1;
            }
            let mut disordered = false;
            while self.due.get(next_due).is_some_and(|d| d.counts_from == day) {
                disordered |= next_due > 0 && self.due[next_due].order() < self.due[next_due - 1].order();
                due = due.saturating_add(self.due[next_due].amount);
                next_due += 1;
            }
            if disordered {
                // An instalment known late may be older than ones counted before: FIFO goes by due date, so count anew.
                self.due[..next_due].sort_by_key(Due::order);
                (settled, settled_sum) = (0, 0);
            }
            while self.paid.get(next_paid).is_some_and(|p| p.0 == day) {
                let (_, amount, place) = self.paid[next_paid];
                let before = due.saturating_sub(paid);
                paid = paid.saturating_add(amount);
                if day >= in_force_from {
                    self.partial[place as usize] = amount > 0 && before > amount;
                }
                next_paid += 1;
            }
            while settled > 0 && settled_sum > paid {
                settled -= 1;
                settled_sum = settled_sum.saturating_sub(self.due[settled].amount);
            }
            while settled < next_due && settled_sum.saturating_add(self.due[settled].amount) <= paid {
                settled_sum = settled_sum.saturating_add(self.due[settled].amount);
                settled += 1;
            }
            let balance = scheduled.saturating_sub(paid);
            let overdue = due.saturating_sub(paid).max(0);
            let in_arrears = overdue > tolerance.at(balance) && settled < next_due;
            if day <= in_force_from {
                // The days before a schedule is in force are not its own: only the last state is kept.
                self.segments.truncate(start);
            }
            self.segments.push(Segment {
                from: day,
                arrears: if in_arrears { overdue } else { 0 },
                balance,
                oldest_due: if in_arrears { self.due[settled].due_on } else { Day::NULL },
                stated: None,
                unpaid: if in_arrears { self.due[settled..next_due].iter().filter(|d| d.amount > 0).count() as u32 } else { 0 },
            });
        }
    }

    fn find_episodes(&mut self) {
        self.episodes.clear();
        let mut open: Option<Day> = None;
        for (k, segment) in self.segments.iter().enumerate() {
            let end = self.segments.get(k + 1).map_or(Day::NEVER, |next| next.from);
            let late_from = segment.late_from();
            match open {
                Some(entry) if late_from != segment.from => {
                    self.episodes.push(Episode { entry, end: segment.from, how: EpisodeEnd::Payment });
                    open = (late_from < end).then_some(late_from);
                }
                None if late_from < end => open = Some(late_from),
                _ => {}
            }
        }
        if let Some(entry) = open {
            self.episodes.push(Episode { entry, end: Day::NEVER, how: EpisodeEnd::Open });
        }
    }

    /// Tells cures from re-ages and write-offs. Nothing begins after a write-off.
    fn name_ends(&mut self, book: &Portfolio, account: usize, schedules: &Schedules) {
        // The day on which a replaced schedule took days past due to 0. A re-age that brought no schedule replaced nothing.
        let re_aged = |e: &Episode| schedules.list()[1..].iter().any(|s| s.in_force_from == e.end);
        for episode in self.episodes.iter_mut().filter(|e| e.end != Day::NEVER) {
            if re_aged(episode) {
                episode.how = EpisodeEnd::ReAge;
            }
        }
        let written_off = book.written_off_on.get(account).copied().unwrap_or(Day::NEVER);
        self.episodes.retain(|e| e.entry < written_off);
        if let Some(last) = self.episodes.last_mut().filter(|e| written_off < e.end) {
            (last.end, last.how) = (written_off, EpisodeEnd::ChargeOff);
        }
    }

    /// The segment that holds a day, if anything was known by then.
    pub fn at(&self, day: Day) -> Option<&Segment> {
        self.segments[..self.segments.partition_point(|s| s.from <= day)].last()
    }

    /// Where the account stands at the end of a day.
    pub fn standing(&self, day: Day) -> Standing {
        self.at(day).map_or_else(Standing::default, |s| Standing { arrears: s.arrears, balance: s.balance, dpd: s.dpd(day), unpaid: s.unpaid })
    }

    /// How many days of `(after, until]` have days past due ≥ 1.
    pub fn days_late(&self, after: Day, until: Day) -> i64 {
        let last = self.segments.partition_point(|s| s.from <= until);
        let mut end = until;
        let mut days = 0;
        for segment in self.segments[..last].iter().rev() {
            let late_from = segment.late_from();
            if late_from <= end {
                days += i64::from(end.since(late_from.max(after.plus(1))) + 1).max(0);
            }
            end = segment.from.plus(-1);
            if end <= after {
                break;
            }
        }
        days
    }

    /// The highest days past due in `from..=until`.
    pub fn highest(&self, from: Day, until: Day) -> i32 {
        self.peaks(from.plus(-1), until).map(|(_, dpd)| dpd).max().unwrap_or(0)
    }

    /// Days past due on a day.
    pub fn dpd(&self, day: Day) -> i32 {
        self.at(day).map_or(0, |s| s.dpd(day))
    }

    /// The latest days past due of each segment that touches `(after, until]`, latest segment first, with the last such day.
    pub fn peaks(&self, after: Day, until: Day) -> impl Iterator<Item = (Day, i32)> + '_ {
        let last = self.segments.partition_point(|s| s.from <= until);
        let mut end = until;
        self.segments[..last]
            .iter()
            .rev()
            .map(move |segment| {
                let day = end;
                end = segment.from.plus(-1);
                (day, segment.dpd(day))
            })
            .take_while(move |(day, _)| *day > after)
    }
}

fn sort_if_needed<T, K: Ord>(list: &mut [T], key: impl Fn(&T) -> K) {
    if !list.is_sorted_by_key(&key) {
        list.sort_by_key(key);
    }
}

/// Bucket one cycle (calendar month) before: month end to month end, else the same day of the month.
pub fn one_cycle_before(day: Day) -> Day {
    let before = day.plus_months(-1);
    if day == day.month_end() { before.month_end() } else { before }
}

#[cfg(test)]
mod tests {
    use super::super::history::{Instalments, Payments};
    use super::*;
    use crate::base::units::Money;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    /// One account from (due_on, amount) and (paid_on, known_on, amount).
    pub fn account(due: &[(&str, i64)], paid: &[(&str, &str, i64)]) -> Portfolio {
        let mut book = Portfolio { accounts_of: vec![0, 1], opened_on: vec![Day::NULL], closed_on: vec![Day::NEVER], ..Default::default() };
        book.instalments = Instalments {
            offsets: vec![0, due.len()],
            due_on: due.iter().map(|d| day(d.0)).collect(),
            known_on: due.iter().map(|_| day("2020-01-01")).collect(),
            amount: due.iter().map(|d| d.1).collect(),
        };
        book.payments = Payments {
            offsets: vec![0, paid.len()],
            paid_on: paid.iter().map(|p| day(p.0)).collect(),
            known_on: paid.iter().map(|p| day(p.1)).collect(),
            amount: paid.iter().map(|p| p.2).collect(),
            taken_back_on: vec![Day::NEVER; paid.len()],
        };
        book
    }

    fn walk(book: &Portfolio, tolerance: Tolerance) -> Path {
        let (mut path, mut schedules) = (Path::default(), Schedules::default());
        schedules.read(book, 0);
        path.ledger(book, 0, &schedules, tolerance);
        path
    }

    #[test]
    fn payments_go_to_the_oldest_instalment_first() {
        // 100 due on Jan 10 and Feb 10. 40 paid on Jan 15, 60 on Feb 5 (cure), 30 on Feb 20, 70 on Mar 1 (cure).
        let book = account(
            &[("2020-01-10", 100), ("2020-02-10", 100)],
            &[("2020-01-15", "2020-01-15", 40), ("2020-02-05", "2020-02-05", 60), ("2020-02-20", "2020-02-20", 30), ("2020-03-01", "2020-03-01", 70)],
        );
        let path = walk(&book, Tolerance::default());
        for (on, dpd, arrears) in [
            ("2020-01-09", 0, 0),
            ("2020-01-10", 0, 100),
            ("2020-01-11", 1, 100),
            ("2020-01-15", 5, 60),
            ("2020-02-04", 25, 60),
            ("2020-02-05", 0, 0),
            ("2020-02-10", 0, 100),
            ("2020-02-11", 1, 100),
            ("2020-02-29", 19, 70),
            ("2020-03-01", 0, 0),
        ] {
            assert_eq!((path.dpd(day(on)), path.at(day(on)).unwrap().arrears), (dpd, arrears), "{on}");
        }
        let episodes: Vec<(String, String)> = path.episodes.iter().map(|e| (e.entry.to_string(), e.end.to_string())).collect();
        assert_eq!(episodes, [("2020-01-11".into(), "2020-02-05".into()), ("2020-02-11".into(), "2020-03-01".to_string())]);
        assert_eq!(path.partial, [true, false, true, false]);
        assert_eq!(path.at(day("2020-01-20")).unwrap().balance, 160);
    }

    #[test]
    fn a_payment_counts_from_the_day_it_is_known_and_a_reversal_reopens() {
        let book = account(
            &[("2020-01-10", 100)],
            &[("2020-01-10", "2020-01-13", 100), ("2020-01-20", "2020-01-20", -100), ("2020-02-01", "2020-02-01", 100)],
        );
        let path = walk(&book, Tolerance::default());
        assert_eq!(
            ["2020-01-12", "2020-01-13", "2020-01-19", "2020-01-20", "2020-01-31", "2020-02-01"].map(|d| path.dpd(day(d))),
            [2, 0, 0, 10, 21, 0]
        );
        assert_eq!(path.episodes.len(), 2);
        assert_eq!(path.peaks(day("2020-01-13"), day("2020-01-31")).map(|p| p.1).max(), Some(21));
        assert_eq!(path.peaks(day("2020-01-11"), day("2020-01-15")).map(|p| p.1).max(), Some(2));
    }

    #[test]
    fn small_arrears_are_none_and_an_unpaid_account_never_ends_its_episode() {
        let book = account(&[("2020-01-10", 1_000), ("2020-02-10", 1_000)], &[("2020-01-10", "2020-01-10", 990)]);
        let path = walk(&book, Tolerance { amount: Money(10), share: 0.0 });
        assert_eq!(path.dpd(day("2020-02-01")), 0);
        // From Feb 10 on 1,010 are overdue, the oldest part since Jan 10.
        assert_eq!(path.dpd(day("2020-02-10")), 31);
        assert_eq!(path.episodes, [Episode { entry: day("2020-02-10"), end: Day::NEVER, how: EpisodeEnd::Open }]);
        assert_eq!(path.at(day("2020-02-10")).unwrap().unpaid, 2);
    }

    #[test]
    fn an_instalment_known_late_takes_its_place_by_due_date() {
        let mut book = account(&[("2020-01-10", 100), ("2020-02-10", 100)], &[("2020-02-11", "2020-02-11", 100)]);
        book.instalments.known_on[0] = day("2020-02-20");
        let path = walk(&book, Tolerance::default());
        assert_eq!(path.dpd(day("2020-02-15")), 0);
        // Known from Feb 20: the payment belongs to the older one, so the one of Feb 10 is now unpaid.
        assert_eq!(path.dpd(day("2020-02-20")), 10);
    }
}
