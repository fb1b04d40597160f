//! An account's path through arrears: days past due on every day, and its episodes, as they were known on each of those days.
//!
//! A payment counts from the day on which it was both made and known. So the path up to a day uses nothing known later, and one walk
//! serves every observation date. Takes one account's records; gives segments of constant arrears. No allocation after the first use.

use super::history::{Portfolio, range};
use crate::base::config::Tolerance;
use crate::base::dates::Day;
use crate::base::units::Bucket;

/// Days `from..` until the next segment, on which arrears stay the same and days past due grow by one a day.
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
}

/// A maximal run of days with days past due ≥ 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Episode {
    /// First day.
    pub entry: Day,
    /// First day after it; [`Day::NEVER`] while it lasts.
    pub end: Day,
    /// Whether a re-age ended it, and no payment did.
    pub re_aged: bool,
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
    due: Vec<(Day, Day, i64)>,
    paid: Vec<(Day, i64, u32)>,
    scheduled: Vec<(Day, i64)>,
}

impl Segment {
    /// Days past due on a day of this segment.
    pub fn dpd(&self, day: Day) -> i32 {
        if self.oldest_due == Day::NULL { 0 } else { day.since(self.oldest_due).max(0) }
    }
}

impl Path {
    /// Walks a ledger account.
    ///
    /// FIFO by cumulated sums: with `P(t)` the payments known by `t`, the oldest unpaid instalment is the first whose cumulated amount
    /// exceeds `P(t)`. `arrears(t) = max(0, due by t − P(t))`, zero if at most the tolerance at the balance.
    pub fn ledger(&mut self, book: &Portfolio, account: usize, tolerance: Tolerance) {
        self.segments.clear();
        self.episodes.clear();
        self.partial.clear();
        self.due.clear();
        self.paid.clear();
        self.scheduled.clear();
        let (instalments, payments) = (&book.instalments, &book.payments);
        for k in range(&instalments.offsets, account) {
            // An instalment that became known after its due date counts from then on.
            let counts_from = instalments.due_on[k].max(instalments.known_on[k]);
            self.due.push((counts_from, instalments.due_on[k], instalments.amount[k]));
            self.scheduled.push((instalments.known_on[k], instalments.amount[k]));
        }
        let records = range(&payments.offsets, account);
        for k in records.clone() {
            self.paid.push((payments.paid_on[k].max(payments.known_on[k]), payments.amount[k], (k - records.start) as u32));
        }
        self.partial.resize(records.len(), false);
        sort_if_needed(&mut self.due, |d| (d.0, d.1));
        sort_if_needed(&mut self.paid, |p| p.0);
        sort_if_needed(&mut self.scheduled, |s| s.0);
        self.walk(tolerance);
        self.find_episodes();
    }

    fn walk(&mut self, tolerance: Tolerance) {
        let (mut next_due, mut next_paid, mut next_scheduled) = (0, 0, 0);
        let (mut due, mut paid, mut scheduled) = (0i64, 0i64, 0i64);
        // The oldest instalment not fully paid, among `self.due` by due date, and the sum of all before it.
        let (mut settled, mut settled_sum) = (0usize, 0i64);
        loop {
            let days = [self.due.get(next_due).map(|d| d.0), self.paid.get(next_paid).map(|p| p.0), self.scheduled.get(next_scheduled).map(|s| s.0)];
            let Some(day) = days.into_iter().flatten().min() else { break };
            while self.scheduled.get(next_scheduled).is_some_and(|s| s.0 == day) {
                scheduled = scheduled.saturating_add(self.scheduled[next_scheduled].1);
                next_scheduled += 1;
            }
            let mut disordered = false;
            while self.due.get(next_due).is_some_and(|d| d.0 == day) {
                disordered |= next_due > 0 && self.due[next_due].1 < self.due[next_due - 1].1;
                due = due.saturating_add(self.due[next_due].2);
                next_due += 1;
            }
            if disordered {
                // An instalment known late may be older than ones counted before: FIFO goes by due date, so count anew.
                self.due[..next_due].sort_by_key(|d| (d.1, d.0));
                (settled, settled_sum) = (0, 0);
            }
            while self.paid.get(next_paid).is_some_and(|p| p.0 == day) {
                let (_, amount, place) = self.paid[next_paid];
                let before = due.saturating_sub(paid);
                paid = paid.saturating_add(amount);
                self.partial[place as usize] = amount > 0 && before > amount;
                next_paid += 1;
            }
            while settled > 0 && settled_sum > paid {
                settled -= 1;
                settled_sum = settled_sum.saturating_sub(self.due[settled].2);
            }
            while settled < next_due && settled_sum.saturating_add(self.due[settled].2) <= paid {
                settled_sum = settled_sum.saturating_add(self.due[settled].2);
                settled += 1;
            }
            let balance = scheduled.saturating_sub(paid);
            let overdue = due.saturating_sub(paid).max(0);
            let in_arrears = overdue > tolerance.at(balance) && settled < next_due;
            self.segments.push(Segment {
                from: day,
                arrears: if in_arrears { overdue } else { 0 },
                balance,
                oldest_due: if in_arrears { self.due[settled].1 } else { Day::NULL },
                unpaid: if in_arrears { (next_due - settled) as u32 } else { 0 },
            });
        }
    }

    fn find_episodes(&mut self) {
        let mut open: Option<Day> = None;
        for (k, segment) in self.segments.iter().enumerate() {
            let end = self.segments.get(k + 1).map_or(Day::NEVER, |next| next.from);
            // Days past due reach 1 on the day after the due date, which may lie beyond the segment.
            let late_from = if segment.oldest_due == Day::NULL { Day::NEVER } else { segment.from.max(segment.oldest_due.plus(1)) };
            match open {
                Some(entry) if late_from != segment.from => {
                    self.episodes.push(Episode { entry, end: segment.from, re_aged: false });
                    open = (late_from < end).then_some(late_from);
                }
                None if late_from < end => open = Some(late_from),
                _ => {}
            }
        }
        if let Some(entry) = open {
            self.episodes.push(Episode { entry, end: Day::NEVER, re_aged: false });
        }
    }

    /// The segment that holds a day, if anything was known by then.
    pub fn at(&self, day: Day) -> Option<&Segment> {
        self.segments[..self.segments.partition_point(|s| s.from <= day)].last()
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

/// The bucket of a number of days past due, as a whole number.
pub fn bucket_number(dpd: i32) -> f64 {
    f64::from(Bucket::of_dpd(dpd).0)
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
            reversed_on: vec![Day::NEVER; paid.len()],
        };
        book
    }

    fn walk(book: &Portfolio, tolerance: Tolerance) -> Path {
        let mut path = Path::default();
        path.ledger(book, 0, tolerance);
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
        assert_eq!(path.episodes, [Episode { entry: day("2020-02-10"), end: Day::NEVER, re_aged: false }]);
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
