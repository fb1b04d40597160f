//! What a feature may see: one account at the end of one day, and of its history only what was known by then.

use crate::base::config::{Project, PromiseRule, Rates, Tolerance};
use crate::base::dates::Day;
use crate::base::units::Bucket;
use crate::data::history::{Portfolio, range};
use crate::data::path::Path;
use crate::data::schedule::{Schedules, Standing};
use std::cell::{OnceCell, RefCell};
use std::ops::Range;

/// What the project says that features depend on.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// When an amount counts as arrears.
    pub tolerance: Tolerance,
    /// Minor units in a major one.
    pub minor_units: f64,
    /// When a promise counts as kept.
    pub promises: PromiseRule,
    /// The book's rates.
    pub rates: Rates,
}

impl Settings {
    /// Those of a project.
    pub fn of(project: &Project) -> Settings {
        Settings {
            tolerance: project.tolerance,
            minor_units: 10f64.powi(i32::from(project.currency.minor_digits)),
            promises: project.promises,
            rates: project.rates,
        }
    }
}

/// An account's ledger, walked when something first asks for its path.
#[derive(Debug, Default)]
pub struct Ledger {
    /// Its schedules.
    pub schedules: Schedules,
    path: OnceCell<Path>,
}

/// One borrower with all accounts. Reused from borrower to borrower.
pub struct Family<'a> {
    /// The portfolio.
    pub book: &'a Portfolio,
    /// What the project says.
    pub settings: Settings,
    /// The borrower's place.
    pub borrower: usize,
    /// The places of their accounts.
    pub accounts: Range<usize>,
    ledgers: Vec<Ledger>,
    spare: RefCell<Vec<Path>>,
}

impl<'a> Family<'a> {
    /// Nobody yet.
    pub fn new(book: &'a Portfolio, settings: Settings) -> Family<'a> {
        Family { book, settings, borrower: 0, accounts: 0..0, ledgers: Vec::new(), spare: RefCell::default() }
    }

    /// Turns to another borrower.
    pub fn turn_to(&mut self, borrower: usize) {
        self.borrower = borrower;
        self.accounts = self.book.accounts_of[borrower]..self.book.accounts_of[borrower + 1];
        let spare = self.spare.get_mut();
        spare.extend(self.ledgers.iter_mut().filter_map(|ledger| ledger.path.take()));
        // One borrower of very many accounts must not hold their memory for the rest of the book.
        spare.truncate(64);
        self.ledgers.truncate(self.accounts.len().max(64));
        self.ledgers.resize_with(self.accounts.len().max(self.ledgers.len()), Ledger::default);
        for (ledger, account) in self.ledgers.iter_mut().zip(self.accounts.clone()) {
            ledger.schedules.read(self.book, account);
        }
    }

    /// The ledger of one of the accounts.
    pub fn ledger(&self, account: usize) -> &Ledger {
        &self.ledgers[account - self.accounts.start]
    }

    /// The path of one of the accounts.
    pub fn path(&self, account: usize) -> &Path {
        let ledger = self.ledger(account);
        ledger.path.get_or_init(|| {
            let mut path = self.spare.borrow_mut().pop().unwrap_or_default();
            path.ledger(self.book, account, &ledger.schedules, self.settings.tolerance);
            path
        })
    }

    /// One of the accounts at the end of a day.
    pub fn view(&'a self, account: usize, as_of: Day) -> View<'a> {
        let ledger = self.book.ledger_at(account, as_of).then(|| self.ledger(account));
        let now = ledger.map_or_else(Standing::default, |ledger| match ledger.path.get() {
            Some(path) => path.standing(as_of),
            None => {
                let (schedules, tolerance) = (&ledger.schedules, self.settings.tolerance);
                schedules.standing(self.book, account, schedules.in_force(as_of), as_of, as_of, tolerance)
            }
        });
        View { family: self, book: self.book, account, as_of, ledger, now, delinquent: 0 }
    }
}

/// One account at the end of one day.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The borrower with all accounts.
    pub family: &'a Family<'a>,
    /// The portfolio.
    pub book: &'a Portfolio,
    /// Account place.
    pub account: usize,
    /// Observation date.
    pub as_of: Day,
    /// Its ledger; `None` where its history on that day is one of statements.
    pub ledger: Option<&'a Ledger>,
    /// Where its ledger stands.
    pub now: Standing,
    /// How many of the borrower's open accounts are in arrears, this one included.
    pub delinquent: u32,
}

impl<'a> View<'a> {
    /// What the project says.
    pub fn settings(&self) -> &'a Settings {
        &self.family.settings
    }

    /// The ledger's path.
    pub fn path(&self) -> Option<&'a Path> {
        self.ledger.map(|_| self.family.path(self.account))
    }

    /// The day before a window of that many days: a record is in the window if it is later.
    pub fn before(&self, days: i32) -> Day {
        self.as_of.plus(-days)
    }

    /// An amount in major units; `NaN` where it is not known.
    pub fn major(&self, minor: Option<i64>) -> f64 {
        minor.map_or(f64::NAN, |m| m as f64 / self.settings().minor_units)
    }

    /// Places of the statements known, latest first.
    pub fn statements(&self) -> impl Iterator<Item = usize> + use<'a> {
        let s = &self.book.statements;
        let all = range(&s.offsets, self.account);
        let last = all.start + s.statement_on[all.clone()].partition_point(|d| *d <= self.as_of);
        let as_of = self.as_of;
        (all.start..last).rev().filter(move |k| s.known_on[*k] <= as_of)
    }

    /// The latest statement known.
    pub fn statement(&self) -> Option<usize> {
        self.statements().next()
    }

    /// Each statement known and made in a window, latest first, with the one before it.
    pub fn cycles(&self, days: i32) -> impl Iterator<Item = (usize, Option<usize>)> + use<'a> {
        let (s, after) = (&self.book.statements, self.before(days));
        let mut all = self.statements().peekable();
        std::iter::from_fn(move || {
            let k = all.next()?;
            Some((k, all.peek().copied()))
        })
        .take_while(move |(k, _)| s.statement_on[*k] > after)
    }

    /// Days past due.
    pub fn dpd(&self) -> i32 {
        match self.ledger {
            Some(_) => self.now.dpd,
            None => self.statement().map_or(0, |k| self.book.statements.dpd[k]),
        }
    }

    /// The bucket: of the statement where that names one, else of the days past due.
    pub fn bucket(&self) -> Bucket {
        match self.ledger {
            Some(_) => Bucket::of_dpd(self.now.dpd),
            None => self.statement().map_or(Bucket(0), |k| self.book.statements.bucket[k]),
        }
    }

    /// Overdue amount in minor units.
    pub fn arrears(&self) -> Option<i64> {
        match self.ledger {
            Some(_) => Some(self.now.arrears),
            None => self.statement().and_then(|k| self.book.statements.arrears[k].known()),
        }
    }

    /// Outstanding amount in minor units.
    pub fn balance(&self) -> Option<i64> {
        match self.ledger {
            Some(_) => Some(self.now.balance),
            None => self.statement().and_then(|k| self.book.statements.balance[k].known()),
        }
    }

    /// Rows of the ledger's payments known and made after a day, latest first, those taken back left out: place and amount. A negative amount
    /// is a reversal that takes back no payment of its size.
    pub fn standing_rows(&self, after: Day) -> impl Iterator<Item = (usize, i64)> + use<'a> {
        let (p, as_of) = (&self.book.payments, self.as_of);
        let all = range(&p.offsets, self.account);
        let last = all.start + p.paid_on[all.clone()].partition_point(|d| *d <= as_of);
        (all.start..last)
            .rev()
            .take_while(move |k| p.paid_on[*k] > after)
            .filter(move |k| p.known_on[*k] <= as_of && p.stands(*k, as_of))
            .map(|k| (k, p.amount[k]))
    }

    /// Standing payments made after a day, latest first: place and amount.
    pub fn standing_payments(&self, after: Day) -> impl Iterator<Item = (usize, i64)> + use<'a> {
        self.standing_rows(after).filter(|(_, amount)| *amount > 0)
    }

    /// Instalments due after a day, known, and not replaced before they fell due; latest first.
    pub fn dues(&self, after: Day) -> impl Iterator<Item = usize> + use<'a> {
        let (book, as_of) = (self.book, self.as_of);
        let i = &book.instalments;
        let schedules = self.ledger.map(|ledger| &ledger.schedules);
        let all = range(&i.offsets, self.account);
        let last = all.start + i.due_on[all.clone()].partition_point(|d| *d <= as_of);
        (all.start..last)
            .rev()
            .take_while(move |k| i.due_on[*k] > after)
            .filter(move |k| i.known_on[*k] <= as_of && !schedules.is_some_and(|s| s.void(book, *k, as_of)))
    }
}

/// `a / b`; null where either is unknown or `b` is not positive.
pub fn ratio(a: Option<i64>, b: Option<i64>) -> f64 {
    match (a, b) {
        (Some(a), Some(b)) if b > 0 => a as f64 / b as f64,
        _ => f64::NAN,
    }
}

/// The sum of known amounts; `None` where none is known.
pub fn sum_known(amounts: impl Iterator<Item = Option<i64>>) -> Option<i64> {
    amounts.flatten().fold(None, |sum, amount| Some(sum.unwrap_or(0i64).saturating_add(amount)))
}
