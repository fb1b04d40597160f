//! Delinquency: how late, how much, how often, and how earlier episodes went.

use super::view::{View, ratio};
use crate::base::dates::Day;
use crate::base::units::Bucket;
use crate::data::history::range;
use crate::data::path::{Episode, EpisodeEnd, one_cycle_before};

/// Days past due at which a default is spoken of.
const DEFAULT_DAYS: i32 = 90;
/// Days after which a first instalment that is not covered is a first payment default.
const FIRST_PAYMENT_DAYS: i32 = 30;
/// The length of a cycle before the first statement known.
const CYCLE_DAYS: i32 = 30;

fn flag(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

pub fn dpd(v: &View<'_>, _: i32) -> f64 {
    f64::from(v.dpd())
}

pub fn bucket(v: &View<'_>, _: i32) -> f64 {
    f64::from(v.bucket().0)
}

pub fn arrears(v: &View<'_>, _: i32) -> f64 {
    v.major(v.arrears())
}

pub fn arrears_to_balance(v: &View<'_>, _: i32) -> f64 {
    ratio(v.arrears(), v.balance())
}

pub fn unpaid_instalments(v: &View<'_>, _: i32) -> f64 {
    v.ledger.map_or(f64::NAN, |_| f64::from(v.now.unpaid))
}

impl View<'_> {
    /// Episodes begun by `as_of`, latest first; one that ends later is open.
    pub fn episodes(&self) -> Vec<Episode> {
        let as_of = self.as_of;
        if let Some(path) = self.path() {
            let seen = |e: &Episode| if e.end > as_of { Episode { entry: e.entry, end: Day::NEVER, how: EpisodeEnd::Open } } else { *e };
            return path.episodes.iter().rev().filter(|e| e.entry <= as_of).map(seen).collect();
        }
        let s = &self.book.statements;
        let mut found: Vec<Episode> = Vec::new();
        // The statement after the one looked at, and whether that was late.
        let mut later: Option<(Day, bool)> = None;
        for k in self.statements() {
            let late = s.dpd[k] >= 1;
            match (late, later, found.last_mut()) {
                (true, Some((_, true)), Some(last)) => last.entry = s.statement_on[k],
                (true, Some((end, _)), _) => found.push(Episode { entry: s.statement_on[k], end, how: EpisodeEnd::Payment }),
                (true, None, _) => found.push(Episode { entry: s.statement_on[k], end: Day::NEVER, how: EpisodeEnd::Open }),
                _ => {}
            }
            later = Some((s.statement_on[k], late));
        }
        let r = &self.book.re_ages;
        for episode in found.iter_mut().filter(|e| e.how == EpisodeEnd::Payment) {
            let re_aged = |k: usize| r.known_on[k] <= as_of && (episode.entry..=episode.end).contains(&r.known_on[k]);
            if range(&r.offsets, self.account).any(re_aged) {
                episode.how = EpisodeEnd::ReAge;
            }
        }
        found
    }

    /// Highest days past due within an episode, up to `as_of`.
    pub fn highest_within(&self, episode: &Episode) -> i32 {
        match self.path() {
            Some(path) => path.highest(episode.entry, episode.end.plus(-1).min(self.as_of)),
            None => {
                let s = &self.book.statements;
                self.statements().filter(|k| (episode.entry..episode.end).contains(&s.statement_on[*k])).map(|k| s.dpd[k]).max().unwrap_or(0)
            }
        }
    }

    /// The entry day (or statement) of the episode that holds `as_of`.
    pub fn episode_began(&self) -> Option<Day> {
        match self.path() {
            Some(path) => path.episodes.iter().rev().find(|e| e.entry <= self.as_of).filter(|e| e.end > self.as_of).map(|e| e.entry),
            None => {
                let s = &self.book.statements;
                self.statements().take_while(|k| s.dpd[*k] >= 1).last().map(|k| s.statement_on[k])
            }
        }
    }

    /// Episodes that ended in payment by `as_of`.
    pub fn cures(&self) -> u32 {
        match self.path() {
            Some(path) => path.episodes.iter().filter(|e| e.end <= self.as_of && e.how == EpisodeEnd::Payment).count() as u32,
            None => self.episodes().iter().filter(|e| e.how == EpisodeEnd::Payment).count() as u32,
        }
    }

    /// Highest days past due in `(as_of − days, as_of]`; `None` where no statement lies in it.
    pub fn highest_dpd(&self, days: i32) -> Option<i32> {
        match self.path() {
            Some(path) => Some(path.highest(self.before(days).plus(1), self.as_of)),
            None => self.cycles(days).map(|(k, _)| self.book.statements.dpd[k]).max(),
        }
    }
}

pub fn days_in_episode(v: &View<'_>, _: i32) -> f64 {
    v.episode_began().map_or(0.0, |began| f64::from(v.as_of.since(began) + 1))
}

pub fn max_dpd(v: &View<'_>, days: i32) -> f64 {
    v.highest_dpd(days).map_or(f64::NAN, f64::from)
}

pub fn episodes(v: &View<'_>, days: i32) -> f64 {
    let after = v.before(days);
    match v.path() {
        Some(path) => path.episodes.iter().filter(|e| e.entry > after && e.entry <= v.as_of).count() as f64,
        None => v.episodes().iter().filter(|e| e.entry > after).count() as f64,
    }
}

pub fn days_in_arrears(v: &View<'_>, days: i32) -> f64 {
    let after = v.before(days);
    match v.path() {
        // Days past due are 1 or more within episodes; those of a write-off go on.
        Some(path) => path.days_late(after, v.as_of) as f64,
        None => {
            let s = &v.book.statements;
            let late = v.cycles(days).filter(|(k, _)| s.dpd[*k] >= 1);
            f64::from(
                late.map(|(k, previous)| {
                    let begins = previous.map_or(s.statement_on[k].plus(-CYCLE_DAYS), |p| s.statement_on[p]);
                    s.statement_on[k].since(begins.max(after))
                })
                .sum::<i32>(),
            )
        }
    }
}

pub fn months_since_30dpd(v: &View<'_>, _: i32) -> f64 {
    let last = match v.path() {
        Some(path) => path.peaks(Day(i32::MIN + 1), v.as_of).find(|(_, dpd)| *dpd >= 30).map(|(day, _)| day),
        None => {
            let s = &v.book.statements;
            v.statements().find(|k| s.dpd[*k] >= 30).map(|k| s.statement_on[k])
        }
    };
    last.map_or(f64::NAN, |day| f64::from(v.as_of.months_since(day)))
}

pub fn first_payment_default(v: &View<'_>, _: i32) -> f64 {
    let Some(ledger) = v.ledger else { return f64::NAN };
    let (i, p) = (&v.book.instalments, &v.book.payments);
    let mut original = range(&i.offsets, v.account).filter(|k| ledger.schedules.of(*k) == 0 && i.known_on[*k] <= v.as_of);
    let Some(first) = original.next() else { return f64::NAN };
    let amount = original.take_while(|k| i.due_on[*k] == i.due_on[first]).fold(i.amount[first], |sum, k| sum.saturating_add(i.amount[k]));
    let until = i.due_on[first].plus(FIRST_PAYMENT_DAYS);
    let paid = range(&p.offsets, v.account)
        .take_while(|k| p.paid_on[*k] <= until.min(v.as_of))
        .filter(|k| p.known_on[*k] <= v.as_of)
        .fold(0i64, |sum, k| sum.saturating_add(p.amount[k]));
    if paid >= amount {
        0.0
    } else if v.as_of >= until {
        1.0
    } else {
        f64::NAN
    }
}

pub fn bucket_change(v: &View<'_>, _: i32) -> f64 {
    match v.path() {
        Some(path) => {
            let before = one_cycle_before(v.as_of);
            if path.segments.first().is_none_or(|s| s.from > before) {
                f64::NAN
            } else {
                f64::from(v.bucket().0) - f64::from(Bucket::of_dpd(path.dpd(before)).0)
            }
        }
        None => {
            let s = &v.book.statements;
            let mut known = v.statements();
            match (known.next(), known.next()) {
                (Some(now), Some(before)) if s.statement_on[now].month_index() - s.statement_on[before].month_index() == 1 => {
                    f64::from(s.bucket[now].0) - f64::from(s.bucket[before].0)
                }
                _ => f64::NAN,
            }
        }
    }
}

pub fn past_cures(v: &View<'_>, _: i32) -> f64 {
    f64::from(v.cures())
}

pub fn past_cure_rate(v: &View<'_>, _: i32) -> f64 {
    let ended = v.episodes().iter().filter(|e| e.how != EpisodeEnd::Open).count();
    if ended == 0 { f64::NAN } else { f64::from(v.cures()) / ended as f64 }
}

pub fn median_days_to_cure(v: &View<'_>, _: i32) -> f64 {
    let mut days: Vec<i32> = v.episodes().iter().filter(|e| e.how == EpisodeEnd::Payment).map(|e| e.end.since(e.entry)).collect();
    days.sort_unstable();
    match days.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => f64::from(days[n / 2]),
        n => f64::midpoint(f64::from(days[n / 2 - 1]), f64::from(days[n / 2])),
    }
}

pub fn max_dpd_last_episode(v: &View<'_>, _: i32) -> f64 {
    let last = v.episodes().into_iter().find(|e| e.how != EpisodeEnd::Open);
    last.map_or(f64::NAN, |last| f64::from(v.highest_within(&last)))
}

pub fn ever_90dpd(v: &View<'_>, _: i32) -> f64 {
    flag(match v.path() {
        Some(path) => path.peaks(Day(i32::MIN + 1), v.as_of).any(|(_, dpd)| dpd >= DEFAULT_DAYS),
        None => v.statements().any(|k| v.book.statements.dpd[k] >= DEFAULT_DAYS),
    })
}

pub fn reaged(v: &View<'_>, days: i32) -> f64 {
    let (r, after) = (&v.book.re_ages, v.before(days));
    range(&r.offsets, v.account).filter(|k| r.known_on[*k] > after && r.known_on[*k] <= v.as_of).count() as f64
}

pub fn shadow_dpd(v: &View<'_>, _: i32) -> f64 {
    let Some(ledger) = v.ledger else {
        let re_aged = reaged(v, i32::MAX) > 0.0;
        return if re_aged { f64::NAN } else { f64::from(v.dpd()) };
    };
    if ledger.schedules.in_force(v.as_of) == 0 {
        return f64::from(v.now.dpd);
    }
    f64::from(ledger.schedules.standing(v.book, v.account, 0, v.as_of, v.as_of, v.settings().tolerance).dpd)
}
