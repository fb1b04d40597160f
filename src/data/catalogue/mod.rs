//! The catalogue: every feature that recoup computes, one entry and one small function each.
//!
//! A function sees a [`View`]: one account at the end of one day, and of its history only what was known by then. `NaN` is null. The table
//! below is the only place where a feature is described: `recoup features` prints it and the data dictionary is made from it.

mod account;
mod contact;
mod delinquency;
mod payment;
mod promise;
mod view;

pub use promise::{PromiseCounts, counted as promises_counted, still_open as promises_open};
pub use view::{Family, Settings, View};

use super::features::{Direction, SubScore};
use std::sync::LazyLock;

/// The windows of a feature that looks back over several.
pub const WINDOWS: [i32; 4] = [30, 90, 180, 365];

/// A feature's group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Group {
    Delinquency,
    Payment,
    Promise,
    Contact,
    Account,
    Borrower,
    Calendar,
}

impl Group {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Group::Delinquency => "delinquency",
            Group::Payment => "payment",
            Group::Promise => "promise",
            Group::Contact => "contact",
            Group::Account => "account",
            Group::Borrower => "borrower",
            Group::Calendar => "calendar",
        }
    }

    /// Whose values its features are: one person answers the telephone for all accounts.
    fn level(self) -> Level {
        match self {
            Group::Contact | Group::Borrower => Level::Borrower,
            _ => Level::Account,
        }
    }
}

/// How far a feature looks back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookback {
    /// The day alone.
    Day,
    /// The whole history.
    History,
    /// That many days up to `as_of`.
    Days(i32),
}

/// Whose value it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The account's.
    Account,
    /// The borrower's: the same for all their accounts, and computed once for them.
    Borrower,
}

impl Level {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Level::Account => "account",
            Level::Borrower => "borrower",
        }
    }
}

/// One feature of the catalogue.
#[derive(Clone, Debug)]
pub struct Feature {
    /// Its name.
    pub name: Box<str>,
    /// The name that it shares with its sisters of other windows; its own where it has none.
    pub family: &'static str,
    /// Its group in DEFINITIONS.
    pub group: Group,
    /// Its sub-score.
    pub sub_score: SubScore,
    /// Unit of its values.
    pub unit: &'static str,
    /// How far it looks back.
    pub lookback: Lookback,
    /// Expected direction towards *repaid*.
    pub expected: Direction,
    /// Whose value it is.
    pub level: Level,
    /// What it means, in one line.
    pub meaning: Box<str>,
    /// The same of its family: a window is `w` days.
    pub family_meaning: Box<str>,
    /// How it is computed.
    pub formula: &'static str,
    /// Computes it; the second argument is the window in days, 0 if it has none.
    pub compute: fn(&View<'_>, i32) -> f64,
}

impl Feature {
    /// Its value for an account on a day.
    pub fn value(&self, view: &View<'_>) -> f64 {
        let days = if let Lookback::Days(days) = self.lookback { days } else { 0 };
        (self.compute)(view, days)
    }
}

/// How an entry of the table looks back.
enum Back {
    Day,
    History,
    Year,
    /// One feature for each of [`WINDOWS`]; `{w}` in the meaning is the number of days.
    Each,
}

/// An entry of the table.
struct Entry {
    name: &'static str,
    group: Group,
    sub_score: SubScore,
    unit: &'static str,
    back: Back,
    expected: Direction,
    meaning: &'static str,
    formula: &'static str,
    compute: fn(&View<'_>, i32) -> f64,
}

use Back::{Day, Each, History, Year};
use Direction::{Down, Free, Up};
use SubScore::{Ability, Neither, Willingness};

macro_rules! entries {
    ($($group:ident { $($name:literal, $sub:ident, $unit:literal, $back:ident, $expected:ident, $compute:path: $meaning:literal, $formula:literal;)* })*) => {
        &[$($(Entry {
            name: $name, group: Group::$group, sub_score: $sub, unit: $unit, back: $back, expected: $expected, meaning: $meaning,
            formula: $formula, compute: $compute,
        }),*),*]
    };
}

// Name, sub-score, unit, look-back, expected direction, function: meaning, formula. `d` is as_of, a window is (d - w, d]; records count if they
// happened and were known by d; a *standing* payment is one that no reversal known by d takes back.
const ENTRIES: &[Entry] = entries![
    Delinquency {
        "dpd", Neither, "days", Day, Down, delinquency::dpd: "days past due",
            "d - due date of the oldest instalment with an unpaid part, payments going to the oldest first; 0 within the tolerance";
        "bucket", Neither, "bucket 0-7", Day, Down, delinquency::bucket: "arrears bucket",
            "0 for dpd 0, 1 for 1-30, ... 6 for 151-180, 7 above";
        "arrears", Ability, "money", Day, Down, delinquency::arrears: "amount overdue",
            "max(0, instalments due by d - payments known by d)";
        "arrears_to_balance", Ability, "share", Day, Down, delinquency::arrears_to_balance: "share of the balance that is overdue",
            "arrears / balance; null if the balance is not positive";
        "unpaid_instalments", Ability, "count", Day, Down, delinquency::unpaid_instalments: "instalments due and not fully paid",
            "instalments due by d that the payments do not cover, oldest first";
        "days_in_episode", Neither, "days", History, Down, delinquency::days_in_episode: "days since this arrears episode began, counting its first",
            "d - entry + 1 of the run of days with dpd >= 1 that holds d; 0 if none does";
        "max_dpd", Neither, "days", Each, Down, delinquency::max_dpd: "most days past due in {w} days",
            "max of dpd over the days of the window, as known on each of them";
        "episodes", Neither, "count", Each, Free, delinquency::episodes: "arrears episodes begun in {w} days",
            "episodes whose first day is in the window";
        "days_in_arrears", Neither, "days", Each, Down, delinquency::days_in_arrears: "days in arrears in {w} days",
            "days of the window with dpd >= 1; of statements the days of the cycles that end late";
        "months_since_30dpd", Neither, "months", History, Up, delinquency::months_since_30dpd: "months since last 30 or more days past due",
            "whole months from the last day with dpd >= 30 to d; null if there was none";
        "first_payment_default", Neither, "0 or 1", History, Down, delinquency::first_payment_default: "the first instalment was not covered within 30 days",
            "1 if payments made by the first due date + 30 fall short of that day's instalments; null while that is open";
        "bucket_change_1c", Neither, "buckets", Day, Down, delinquency::bucket_change: "buckets moved since the month before",
            "bucket at d - bucket one cycle before; null if the history began later";
        "past_cures", Willingness, "count", History, Free, delinquency::past_cures: "earlier episodes that ended in payment",
            "episodes ended by payment by d";
        "past_cure_rate", Willingness, "share", History, Up, delinquency::past_cure_rate: "share of earlier episodes that ended in payment",
            "past_cures / episodes ended by d by payment, re-age or write-off; null if none ended";
        "median_days_to_cure", Neither, "days", History, Down, delinquency::median_days_to_cure: "median length of earlier episodes that ended in payment",
            "median of end - entry over episodes ended by payment; null if there is none";
        "max_dpd_last_episode", Neither, "days", History, Down, delinquency::max_dpd_last_episode: "most days past due of the last ended episode",
            "max of dpd within the latest episode that ended by d; null if none did";
        "ever_90dpd", Neither, "0 or 1", History, Down, delinquency::ever_90dpd: "ever 90 or more days past due",
            "1 if dpd >= 90 on any day up to d";
        "reaged_365", Neither, "count", Year, Down, delinquency::reaged: "re-ages in a year",
            "re-ages that became known in the window";
        "shadow_dpd", Neither, "days", Day, Down, delinquency::shadow_dpd: "days past due on the original schedule",
            "dpd as if no re-age had replaced the schedule; of statements dpd, null after a re-age";
    }
    Payment {
        "days_since_payment", Willingness, "days", History, Down, payment::days_since_payment: "days since the last payment",
            "d - day of the latest standing payment; of statements the latest cycle with one; null if there was none";
        "payments", Neither, "count", Each, Up, payment::payments: "payments in {w} days",
            "standing payments made in the window; of statements cycles with one";
        "paid", Neither, "money", Each, Up, payment::paid: "paid in {w} days",
            "sum of the standing payments made in the window, less reversals that take back no payment of their size";
        "paid_to_due", Neither, "share", Each, Up, payment::paid_to_due: "paid in {w} days as a share of what fell due",
            "paid_w / instalments due in the window, without those that a re-age had replaced before; of statements paid in the cycles / asked by the statement before each; null if none was due";
        "on_time_rate", Willingness, "share", Each, Up, payment::on_time_rate: "share of the instalments of {w} days paid by their due date",
            "share of the window's instalments with payments made by the due date >= instalments due by then; null if none was due";
        "last_payment_to_due", Willingness, "share", History, Up, payment::last_payment_to_due: "last payment as a share of the latest instalment",
            "amount of the latest standing payment / amount of the latest instalment due; null if either is missing";
        "partial_payments", Willingness, "count", Each, Up, payment::partial_payments: "payments in {w} days that left arrears unpaid",
            "standing payments of the window smaller than what was overdue on the day from which they counted";
        "payment_variation", Ability, "ratio", Each, Free, payment::payment_variation: "variation of the payments of {w} days",
            "population standard deviation / mean of the standing payments; null if fewer than two";
        "payment_day_spread", Neither, "days", Year, Free, payment::payment_day_spread: "spread of the payment day within the month in a year",
            "population standard deviation of the day of month of standing payments; null if fewer than two";
        "failed_debits", Ability, "count", Each, Down, payment::failed_debits: "debits that bounced or were reversed in {w} days",
            "reversals and failed payments dated in the window";
        "paid_in_episode_to_arrears", Willingness, "share", History, Up, payment::paid_in_episode_to_arrears: "paid in this episode as a share of the arrears",
            "standing payments made since the episode's first day / arrears; null outside an episode";
    }
    Promise {
        "promises", Willingness, "count", Each, Free, promise::made: "promises to pay made in {w} days",
            "promises whose day is in the window; null without a table of events";
        "promise_kept_rate", Willingness, "share", Each, Up, promise::kept_rate: "share of the promises of {w} days that were kept",
            "(kept + weight x book's rate) / (kept + broken + weight) over promises made in the window; null if none is decided";
        "broken_promises", Willingness, "count", Each, Down, promise::broken: "promises broken in {w} days",
            "promises whose due date + grace lies in the window and whose net payments since they were made fell short";
        "days_since_broken", Willingness, "days", History, Down, promise::days_since_broken: "days since a promise was broken",
            "d - latest due date + grace of a broken promise; null if there is none";
        "promise_open", Willingness, "0 or 1", Day, Free, promise::open: "a promise to pay is open",
            "1 if a promise is neither kept nor overdue";
    }
    Contact {
        "right_party_rate", Willingness, "share", Each, Up, contact::right_party_rate: "share of the attempts of {w} days that reached the borrower",
            "(attempts with right party + weight x book's rate) / (attempts + weight); calls and visits; null if there was no attempt";
        "days_since_right_party", Willingness, "days", History, Down, contact::days_since_right_party: "days since the borrower was reached",
            "d - latest day on which the borrower was reached, either way; null if there was none";
        "consecutive_no_answer", Willingness, "count", History, Down, contact::consecutive_no_answer: "attempts in a row that did not reach the borrower",
            "attempts on days after the latest on which the borrower was reached";
        "inbound", Willingness, "count", Each, Up, contact::inbound: "times the borrower got in touch in {w} days",
            "inbound contacts in the window";
        "refusals", Willingness, "count", Each, Down, contact::refusals: "refusals in {w} days",
            "contacts with the result refused in the window";
        "lost_contact", Willingness, "0 or 1", History, Down, contact::lost_contact: "the number was wrong and the borrower not reached since",
            "1 if a wrong number lies on a day after the latest on which the borrower was reached";
    }
    Account {
        "balance", Ability, "money", Day, Free, account::balance: "balance outstanding",
            "everything scheduled and known - payments known; of statements the balance";
        "utilisation", Ability, "share", Day, Down, account::utilisation: "share of the limit that is used",
            "balance / limit; null without a limit";
        "months_on_book", Neither, "months", History, Up, account::months_on_book: "months since the account was opened",
            "whole months since opened_on, else since the first statement";
        "remaining_term", Ability, "months", Day, Free, account::remaining_term: "months to the last instalment",
            "whole months from d to the last due date of the schedule in force; 0 when past";
        "secured", Neither, "0 or 1", Day, Free, account::secured: "the account is secured",
            "the accounts table's column secured";
        "instalment_to_income", Ability, "share", Day, Down, account::instalment_to_income: "instalment as a share of monthly income",
            "next instalment, else the latest, / income; where a column income is given";
        "other_delinquent_accounts", Ability, "count", Day, Down, account::other_delinquent_accounts: "other accounts of the borrower in arrears",
            "other open accounts of the borrower with dpd >= 1";
    }
    Borrower {
        "accounts_of_borrower", Neither, "count", Day, Free, account::accounts_of_borrower: "open accounts of the borrower",
            "the borrower's accounts begun and not closed by d";
        "earlier_accounts", Neither, "count", History, Free, account::earlier_accounts: "closed accounts of the borrower",
            "the borrower's accounts begun and closed by d";
        "total_exposure", Ability, "money", Day, Free, account::total_exposure: "balance of all the borrower's open accounts",
            "sum of max(0, balance) over open accounts";
        "borrower_past_cures", Willingness, "count", History, Free, account::borrower_past_cures: "earlier episodes of all the borrower's accounts that ended in payment",
            "past_cures summed over all the borrower's accounts";
        "borrower_max_dpd_365", Neither, "days", Year, Down, account::borrower_max_dpd: "most days past due of any of the borrower's accounts in a year",
            "max of max_dpd_365 over all the borrower's accounts";
    }
    Calendar {
        "day_of_month", Neither, "day", Day, Free, account::day_of_month: "day of the month", "day of the month of d";
        "month", Neither, "month", Day, Free, account::month: "month of the year", "month of d, 1-12";
        "days_to_payday", Neither, "days", Day, Free, account::days_to_payday: "days to the next payday",
            "days from d to the next day that is the account's payday; 0 on it; null where it is not known";
    }
];

/// Every feature, in the order in which files and reasons list them.
pub static CATALOGUE: LazyLock<Vec<Feature>> = LazyLock::new(|| ENTRIES.iter().flat_map(Entry::features).collect());

impl Entry {
    fn features(&self) -> Vec<Feature> {
        let with = |name: String, lookback: Lookback, meaning: String| Feature {
            name: name.into(),
            family: self.name,
            group: self.group,
            sub_score: self.sub_score,
            unit: self.unit,
            lookback,
            expected: self.expected,
            level: self.group.level(),
            meaning: meaning.into(),
            family_meaning: self.meaning.replace("{w}", "w").into(),
            formula: self.formula,
            compute: self.compute,
        };
        let plain = |lookback| vec![with(self.name.into(), lookback, self.meaning.into())];
        match self.back {
            Day => plain(Lookback::Day),
            History => plain(Lookback::History),
            Year => plain(Lookback::Days(365)),
            Each => {
                let each = |w: &i32| with(format!("{}_{w}", self.name), Lookback::Days(*w), self.meaning.replace("{w}", &w.to_string()));
                WINDOWS.iter().map(each).collect()
            }
        }
    }
}
