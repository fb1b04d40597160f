//! One account from its opening to its end: what kind it is, its schedule, and the walk through the months.
//!
//! What is paid is counted as the bank knows it at each month end, under the schedule in force: a re-age begins a new count.

use super::ledger::{Ledger, NO_WORD};
use super::month::live_month;
use super::person::Person;
use super::random::Random;
use super::re_age::Schedule;
use super::statements::{Shape, close_month};
use super::track::Track;
use super::{World, on};
use crate::base::dates::Day;
use crate::base::units::Money;

pub const PRODUCTS: &[&str] = &["card_instalment", "consumer", "auto"];
const CARD: usize = 0;
const AUTO: usize = 2;
/// Terms in months, and how frequent they are: 25 in the mean.
const TERMS: [u32; 5] = [6, 12, 18, 24, 36];
const TERM_WEIGHTS: [f64; 5] = [0.03, 0.11, 0.18, 0.36, 0.32];

/// What the bank holds of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Records {
    /// Instalments and payments.
    Ledger,
    /// Month-end statements alone.
    Statements,
    /// Statements until the account moved to the ledger, at the first month end from this one on at which it was in order.
    MovesFrom(u32),
}

/// One account as it goes through the months.
pub struct Account {
    pub id: i64,
    pub records: Records,
    pub first_month: u32,
    pub due_day: i32,
    pub schedule: Schedule,
    /// Paid under the schedule in force, as known at the last month end looked at.
    pub paid: i64,
    /// Received in the month being lived, net of reversals.
    pub received: i64,
    /// A lasting swing of the account's fortunes.
    pub mood: f64,
    /// Into how many payments each amount is split.
    pub pieces: i32,
    /// Whether instalments are collected by direct debit.
    pub debit: bool,
    /// Log-odds that what was seen of the borrower in the month before adds: words on the telephone, a part paid.
    pub omen: f64,
    /// When a promise falls due that is open across the month end.
    pub promise: Option<Day>,
    /// The day on which the last of its payments became known.
    pub last_known: Day,
    /// The last payment of the month before, if it still stands and may be taken back.
    pub returnable: Option<i64>,
    pub re_ages: u8,
    pub re_aged_in: Option<u32>,
    pub disputed_until: Day,
    pub track: Track,
    pub written_off: bool,
    pub closed_on: Day,
}

impl Account {
    /// What is overdue at the end of a month; negative if paid in advance.
    pub fn arrears(&self, month: u32) -> i64 {
        self.schedule.due_by(month) - self.paid
    }

    /// Whether only statements are written for it now.
    pub fn by_statement(&self) -> bool {
        self.records != Records::Ledger
    }

    /// Counts an amount as received.
    pub fn receive(&mut self, amount: i64) {
        self.paid += amount;
        self.received += amount;
    }
}

/// Lives an account from its first month. Gives the month in which it was closed, if it was.
pub fn walk(world: &World, person: &Person, id: i64, opening: Opening, ledger: &mut Ledger, random: &mut Random) -> Option<u32> {
    let product = random.weighted(&[0.5, 0.4, 0.1]);
    let term = opening.term.unwrap_or(TERMS[random.weighted(&TERM_WEIGHTS)]);
    let size = [30_000, 60_000, 180_000][product];
    let instalment = ((f64::from(size) * (0.5 + random.unit()) * (1.0 + 0.4 * f64::from(person.income_band))) as i64 / 100) * 100;
    let first_month = opening.month;
    let mut account = Account {
        id,
        records: records(world, first_month, random),
        first_month,
        // After a salary on a month's last day comes an instalment early in the month.
        due_day: if person.payday == 31 { 2 } else { person.payday } + random.between(2, 6),
        schedule: Schedule::even(first_month, term, instalment * i64::from(term)),
        paid: 0,
        received: 0,
        mood: random.swing(),
        pieces: [1, 2, 3, 4][random.weighted(&[0.91, 0.05, 0.03, 0.01])],
        debit: random.chance(0.55),
        omen: 0.0,
        promise: None,
        last_known: Day::NULL,
        returnable: None,
        re_ages: 0,
        re_aged_in: None,
        disputed_until: Day::NULL,
        track: Track::default(),
        written_off: false,
        closed_on: Day::NULL,
    };
    let opened_on = on(first_month, random.between(1, 26));
    account.schedule.write(account.due_day, Day::NULL, 0, ledger);
    let mut closed_in = None;
    for month in first_month..world.months {
        if month > first_month && !person.dead(month) {
            live_month(world, person, &mut account, month, ledger, random);
        }
        close_month(world, &mut account, month, ledger, random);
        if account.closed_on != Day::NULL {
            closed_in = Some(month);
            break;
        }
    }
    let limit = if product == CARD { random.share(instalment * i64::from(term), 100, 220) / 100_000 * 100_000 } else { Money::NULL.0 };
    let secured = match product {
        AUTO => 1,
        _ if random.chance(0.05) => NO_WORD,
        CARD => 0,
        _ => u8::from(random.chance(0.1)),
    };
    let accounts = &mut ledger.accounts;
    accounts.id.push(id);
    accounts.borrower.push(person.borrower);
    accounts.opened_on.push(opened_on);
    accounts.closed_on.push(account.closed_on);
    accounts.product.push(product as u8);
    accounts.limit.push(limit);
    accounts.secured.push(secured);
    accounts.income.push(person.income);
    accounts.payday.push(if person.payday_known { f64::from(person.payday) } else { f64::NAN });
    accounts.income_band.push(person.income_band);
    accounts.region.push(person.region);
    accounts.age_band.push(person.age_band);
    ledger.end_account(id, account.records == Records::Ledger, world.until());
    closed_in
}

/// When an account is opened, and its term where that is no matter of chance.
#[derive(Clone, Copy)]
pub struct Opening {
    pub month: u32,
    pub term: Option<u32>,
}

impl Opening {
    /// Accounts begin in the first quarter of the history.
    pub fn early(world: &World, random: &mut Random) -> Opening {
        Opening { month: random.between(0, (world.months as i32 / 4).max(1) - 1) as u32, term: None }
    }
}

fn records(world: &World, first_month: u32, random: &mut Random) -> Records {
    match world.shape {
        Shape::Ledger => Records::Ledger,
        Shape::Statements => Records::Statements,
        Shape::Both => match random.weighted(&[0.4, 0.25, 0.35]) {
            0 => Records::Ledger,
            1 => Records::Statements,
            _ => Records::MovesFrom((first_month + random.between(3, 9) as u32).min(world.months * 2 / 3)),
        },
    }
}
