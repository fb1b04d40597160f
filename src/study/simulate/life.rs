//! One borrower's life: who they are, what befalls them, and month by month what they pay.
//!
//! The month is the unit of truth. At its start an account in arrears has one probability of covering them within the month; a draw decides;
//! every payment falls on its 3rd to 27th day. So that probability is exactly the chance of the outcome *cure within 30 days* at the month
//! end before.

use super::random::Random;
use super::{World, first_day};
use crate::base::dates::Day;
use crate::base::schema::EVENT_KINDS;
use crate::base::units::sigmoid;

pub const PRODUCTS: &[&str] = &["card_instalment", "consumer", "auto"];
pub const INCOME_BANDS: &[&str] = &["low", "middle", "high"];
pub const REGIONS: &[&str] = &["east", "north", "south", "west"];
pub const AGE_BANDS: &[&str] = &["18-30", "31-45", "46-64", "65+"];
pub const CHANNELS: &[&str] = &["sms", "call", "letter", "visit"];

/// Log-odds that a person reached adds to clearing the arrears in that month.
const REACHED_EFFECT: f64 = 0.35;

/// Everything that happened to some borrowers, column by column.
#[derive(Default)]
pub struct Ledger {
    pub accounts: Accounts,
    pub instalments: Amounts,
    pub payments: Amounts,
    pub contacts: Contacts,
    pub events: Events,
    pub truth: Truth,
    pub open_accounts: u64,
    pub late_accounts: u64,
}

#[derive(Default)]
pub struct Accounts {
    pub id: Vec<i64>,
    pub borrower: Vec<i64>,
    pub opened_on: Vec<Day>,
    pub closed_on: Vec<Day>,
    pub product: Vec<u8>,
    pub income_band: Vec<u8>,
    pub region: Vec<u8>,
    pub age_band: Vec<u8>,
}

#[derive(Default)]
pub struct Amounts {
    pub account: Vec<i64>,
    pub day: Vec<Day>,
    pub known_on: Vec<Day>,
    pub amount: Vec<i64>,
}

#[derive(Default)]
pub struct Contacts {
    pub account: Vec<i64>,
    pub day: Vec<Day>,
    pub channel: Vec<u8>,
    pub direction: Vec<u8>,
    pub result: Vec<u8>,
}

#[derive(Default)]
pub struct Events {
    pub account: Vec<Option<i64>>,
    pub borrower: Vec<i64>,
    pub kind: Vec<u8>,
    pub from: Vec<Day>,
    pub to: Vec<Day>,
    pub known_on: Vec<Day>,
}

#[derive(Default)]
pub struct Truth {
    pub account: Vec<i64>,
    pub day: Vec<Day>,
    pub probability: Vec<f64>,
    pub ability: Vec<f64>,
    pub willingness: Vec<f64>,
    pub hardship: Vec<i64>,
}

macro_rules! append_fields {
    ($into:expr, $from:expr, $($field:ident),*) => { $($into.$field.append(&mut $from.$field);)* };
}

impl Ledger {
    /// Puts another chunk's records behind these.
    pub fn append(&mut self, other: &mut Ledger) {
        append_fields!(self.accounts, other.accounts, id, borrower, opened_on, closed_on, product, income_band, region, age_band);
        append_fields!(self.instalments, other.instalments, account, day, known_on, amount);
        append_fields!(self.payments, other.payments, account, day, known_on, amount);
        append_fields!(self.contacts, other.contacts, account, day, channel, direction, result);
        append_fields!(self.events, other.events, account, borrower, kind, from, to, known_on);
        append_fields!(self.truth, other.truth, account, day, probability, ability, willingness, hardship);
        self.open_accounts += other.open_accounts;
        self.late_accounts += other.late_accounts;
    }

    fn event(&mut self, borrower: i64, account: Option<i64>, kind: &str, from: Day, to: Day, known_on: Day) {
        let Some(place) = EVENT_KINDS.iter().position(|k| *k == kind) else { return };
        self.events.account.push(account);
        self.events.borrower.push(borrower);
        self.events.kind.push(place as u8);
        self.events.from.push(from);
        self.events.to.push(to);
        self.events.known_on.push(known_on);
    }

    fn pay(&mut self, account: i64, day: Day, amount: i64, random: &mut Random) {
        if amount > 0 {
            let late_by = if random.chance(0.15) { random.between(1, 2) } else { 0 };
            self.payments.account.push(account);
            self.payments.day.push(day);
            self.payments.known_on.push(day.plus(late_by));
            self.payments.amount.push(amount);
        }
    }

    fn contact(&mut self, account: i64, day: Day, channel: &str, result: &str, inbound: bool) {
        let place = |list: &[&str], word: &str| list.iter().position(|w| *w == word).unwrap_or(0) as u8;
        self.contacts.account.push(account);
        self.contacts.day.push(day);
        self.contacts.channel.push(place(CHANNELS, channel));
        self.contacts.direction.push(u8::from(inbound));
        self.contacts.result.push(place(crate::base::schema::RESULTS, result));
    }
}

/// A borrower's traits and what befell them.
struct Person {
    borrower: i64,
    ability: f64,
    willingness: f64,
    salary_day: i32,
    income_band: u8,
    region: u8,
    age_band: u8,
    /// Months of hardship, and the first month of death if it came.
    hardship: Vec<bool>,
    died_in: Option<u32>,
    plan_from: Option<(u32, u32)>,
}

/// One account as it goes through the months.
struct Account {
    id: i64,
    first_month: u32,
    term: u32,
    instalment: i64,
    due_day: i32,
    paid: i64,
    written_off: bool,
    closed_on: Day,
}

/// Day `day` of month `month` of the world.
fn on(month: u32, day: i32) -> Day {
    first_day().plus_months(month as i32).plus(day - 1)
}

/// Lives the whole history of one borrower.
pub fn live(world: &World, borrower: u64, first_account: u64, accounts: u8, ledger: &mut Ledger) {
    let mut random = Random::of(world.seed, borrower, 1);
    let person = befall(world, borrower as i64, ledger, &mut random);
    for place in 0..u64::from(accounts) {
        let mut random = Random::of(world.seed, borrower, 2 + place);
        walk(world, &person, first_account as i64 + place as i64, ledger, &mut random);
    }
}

fn befall(world: &World, borrower: i64, ledger: &mut Ledger, random: &mut Random) -> Person {
    let (ability, willingness) = (random.normal(), random.normal());
    let end = on(world.months, 1).plus(-1);
    let noisy = ability + 0.6 * random.normal();
    let mut person = Person {
        borrower,
        ability,
        willingness,
        salary_day: [1, 5, 10, 15][random.between(0, 3) as usize],
        income_band: if noisy < -0.5 {
            0
        } else if noisy < 0.8 {
            1
        } else {
            2
        },
        region: random.between(0, 3) as u8,
        age_band: random.weighted(&[0.3, 0.4, 0.22, 0.08]) as u8,
        hardship: vec![false; world.months as usize],
        died_in: None,
        plan_from: None,
    };
    let mut month = 0;
    while month < world.months {
        if !random.chance(0.012 * sigmoid(-ability) * 2.0) {
            month += 1;
            continue;
        }
        let length = random.between(2, 8) as u32;
        let until = (month + length).min(world.months);
        person.hardship[month as usize..until as usize].fill(true);
        let cause = random.weighted(&[0.45, 0.25, 0.08, 0.12, 0.10]);
        // Half of those in hardship say so, some weeks after it began.
        if random.chance(0.5) {
            let from = on(month, random.between(1, 20));
            let known = from.plus(random.between(0, 25));
            if known <= end {
                let kind = ["hardship_income", "hardship_illness", "hardship_disaster", "hardship_family", "hardship_other"][cause];
                let to = on(until, 1).plus(-1);
                ledger.event(borrower, None, kind, from, to, known);
                if cause == 2 {
                    ledger.event(borrower, None, "moratorium", known, known.plus(60), known);
                }
                if random.chance(0.3) {
                    let from_month = month + 2;
                    let plan_until = from_month + random.between(3, 6) as u32;
                    person.plan_from = Some((from_month, plan_until));
                }
            }
        }
        month = until + 1;
    }
    if random.chance(0.00015 * f64::from(world.months) * f64::from(1 + person.age_band)) {
        let month = random.between(1, world.months as i32 - 1) as u32;
        person.died_in = Some(month);
        let day = on(month, random.between(1, 28));
        let known = day.plus(random.between(3, 40));
        if known <= end {
            ledger.event(borrower, None, "deceased", day, Day::NULL, known);
        }
    }
    if person.age_band == 3 && random.chance(0.5) {
        ledger.event(borrower, None, "vulnerable_elderly", on(0, 1), Day::NULL, on(0, 1));
    } else if random.chance(0.012) {
        ledger.event(borrower, None, "vulnerable_disabled", on(0, 1), Day::NULL, on(0, 1));
    }
    if random.chance(0.004) {
        let day = on(random.between(1, world.months as i32 - 1) as u32, random.between(1, 28));
        ledger.event(borrower, None, "cease_contact", day, Day::NULL, day);
    }
    if random.chance(0.001) {
        let day = on(random.between(1, world.months as i32 - 1) as u32, random.between(1, 28));
        ledger.event(borrower, None, "fraud_suspect", day, Day::NULL, day);
    }
    person
}

fn walk(world: &World, person: &Person, id: i64, ledger: &mut Ledger, random: &mut Random) {
    let product = random.weighted(&[0.5, 0.4, 0.1]);
    let first_month = random.between(0, (world.months as i32 / 4).max(1) - 1) as u32;
    let term = [12, 18, 24, 36][random.weighted(&[0.15, 0.2, 0.4, 0.25])];
    let size = [30_000, 60_000, 180_000][product];
    let instalment = ((f64::from(size) * (0.5 + random.unit()) * (1.0 + 0.4 * f64::from(person.income_band))) as i64 / 100) * 100;
    let mut account = Account {
        id,
        first_month,
        term,
        instalment,
        due_day: person.salary_day + random.between(2, 6),
        paid: 0,
        written_off: false,
        closed_on: Day::NULL,
    };
    let opened_on = on(first_month, random.between(1, 26));
    for k in 0..term {
        ledger.instalments.account.push(id);
        ledger.instalments.day.push(on(first_month + 1 + k, account.due_day));
        ledger.instalments.amount.push(instalment);
    }
    for month in first_month + 1..world.months {
        if account.closed_on != Day::NULL || person.died_in.is_some_and(|died| month >= died) {
            break;
        }
        live_month(world, person, &mut account, month, ledger, random);
    }
    ledger.accounts.id.push(id);
    ledger.accounts.borrower.push(person.borrower);
    ledger.accounts.opened_on.push(opened_on);
    ledger.accounts.closed_on.push(account.closed_on);
    ledger.accounts.product.push(product as u8);
    ledger.accounts.income_band.push(person.income_band);
    ledger.accounts.region.push(person.region);
    ledger.accounts.age_band.push(person.age_band);
}

impl Account {
    /// What has fallen due by the end of a month.
    fn due_by(&self, month: u32) -> i64 {
        i64::from(month.saturating_sub(self.first_month).min(self.term)) * self.instalment
    }
}

fn live_month(world: &World, person: &Person, account: &mut Account, month: u32, ledger: &mut Ledger, random: &mut Random) {
    let arrears = account.due_by(month - 1) - account.paid;
    let this_month = account.due_by(month) - account.due_by(month - 1);
    let hardship = person.hardship[month as usize];
    let in_plan = person.plan_from.is_some_and(|(from, until)| (from..until).contains(&month));
    if month * 2 > world.months {
        ledger.open_accounts += 1;
        ledger.late_accounts += u64::from(arrears > 0);
    }
    // A year's end costs money; a hard month is hard for everyone.
    let season = if month % 12 == 1 { -0.3 } else { 0.0 };
    let base = 0.9 * person.ability + 0.8 * person.willingness - if hardship { 1.5 } else { 0.0 } + if in_plan { 0.6 } else { 0.0 } + season;
    if arrears <= 0 {
        pay_in_order(person, account, month, this_month, base, ledger, random);
    } else if !account.written_off {
        pay_in_arrears(person, account, month, (arrears, this_month), (base, hardship), ledger, random);
    }
    if account.paid >= i64::from(account.term) * account.instalment {
        account.closed_on = ledger.payments.day.last().copied().unwrap_or(Day::NULL);
    }
}

/// A month that begins in order: paid on the salary day, late within the month, in part, or not at all.
fn pay_in_order(person: &Person, account: &mut Account, month: u32, due: i64, base: f64, ledger: &mut Ledger, random: &mut Random) {
    if due == 0 {
        return;
    }
    let on_time = on(month, random.between(person.salary_day.max(3), account.due_day));
    if random.chance(sigmoid(3.6 + base)) {
        ledger.pay(account.id, on_time, due, random);
        account.paid += due;
    } else if random.chance(sigmoid(0.5 + base)) {
        let late = on(month, random.between((account.due_day + 1).min(26), 26));
        ledger.pay(account.id, late, due, random);
        account.paid += due;
    } else if random.chance(0.35) {
        let part = due * i64::from(random.between(20, 80)) / 100;
        ledger.pay(account.id, on_time, part, random);
        account.paid += part;
    }
}

/// A month that begins in arrears: contacted by the past policy, then cleared, paid in part, or not.
fn pay_in_arrears(
    person: &Person,
    account: &mut Account,
    month: u32,
    (arrears, this_month): (i64, i64),
    (base, hardship): (f64, bool),
    ledger: &mut Ledger,
    random: &mut Random,
) {
    let behind = (arrears + account.instalment - 1) / account.instalment;
    let depth = (behind - 1).min(7) as f64;
    let partly = f64::from(u8::from(arrears % account.instalment != 0));
    let inclination = 1.3 + 1.1 * base - 0.3 * depth + 0.5 * partly;
    let reach = sigmoid(0.5 + 0.7 * person.willingness - 0.2 * depth);
    let probability = reach * sigmoid(inclination + REACHED_EFFECT) + (1.0 - reach) * sigmoid(inclination);
    ledger.truth.account.push(account.id);
    ledger.truth.day.push(on(month, 1).plus(-1));
    ledger.truth.probability.push(probability);
    ledger.truth.ability.push(person.ability);
    ledger.truth.willingness.push(person.willingness);
    ledger.truth.hardship.push(i64::from(hardship));
    let reached = random.chance(reach);
    let promised = contacts(account, month, behind, reached, ledger, random);
    incidents(person, account, month, behind, ledger, random);
    let clears = random.chance(sigmoid(inclination + if reached { REACHED_EFFECT } else { 0.0 }));
    let day = random.between(8, 26);
    if promised {
        // A promise falls due within the month; who does not clear breaks it.
        let made = on(month, 5);
        ledger.event(person.borrower, Some(account.id), "promise", made, on(month, 27), made);
    }
    if clears {
        let with_current = if random.chance(0.8) { this_month } else { 0 };
        ledger.pay(account.id, on(month, day), arrears + with_current, random);
        account.paid += arrears + with_current;
    } else if random.chance(sigmoid(-0.8 + 0.5 * person.willingness)) {
        let part = arrears * i64::from(random.between(10, 80)) / 100;
        ledger.pay(account.id, on(month, day), part, random);
        account.paid += part;
    }
    if behind >= 7 && random.chance(0.6) {
        account.written_off = true;
        ledger.event(person.borrower, Some(account.id), "write_off", on(month, 28), Day::NULL, on(month, 28));
    }
}

/// What the bank did in the past: a message, then calls, then a letter, then a visit. Returns whether a promise was made.
fn contacts(account: &Account, month: u32, behind: i64, reached: bool, ledger: &mut Ledger, random: &mut Random) -> bool {
    ledger.contact(account.id, on(month, 3), "sms", "delivered", false);
    if !reached {
        for day in [4, 6].into_iter().chain((behind >= 3).then_some(12)) {
            ledger.contact(account.id, on(month, day), "call", "no_answer", false);
        }
    }
    let promised = reached && random.chance(0.4);
    if reached {
        let result = if promised {
            "promise"
        } else if random.chance(0.15) {
            "refused"
        } else {
            "reached"
        };
        ledger.contact(account.id, on(month, 5), "call", result, false);
    }
    if random.chance(0.04) {
        ledger.contact(account.id, on(month, random.between(6, 20)), "call", "reached", true);
    }
    if behind == 3 {
        ledger.contact(account.id, on(month, 15), "letter", "delivered", false);
    }
    if behind >= 5 && random.chance(0.3) {
        ledger.contact(account.id, on(month, 18), "visit", if random.chance(0.5) { "reached" } else { "no_answer" }, false);
    }
    promised
}

/// Disputes, complaints, plans and the legal track.
fn incidents(person: &Person, account: &Account, month: u32, behind: i64, ledger: &mut Ledger, random: &mut Random) {
    let (who, id) = (person.borrower, Some(account.id));
    if random.chance(0.006) {
        let day = on(month, random.between(6, 20));
        ledger.event(who, id, "dispute", day, day.plus(random.between(15, 60)), day);
    }
    if random.chance(0.004) {
        let day = on(month, random.between(6, 20));
        ledger.event(who, id, "complaint", day, day.plus(random.between(5, 30)), day);
    }
    if let Some((from, until)) = person.plan_from {
        if month == from {
            ledger.event(who, id, "plan_offered", on(month, 2), on(month, 9), on(month, 2));
            ledger.event(who, id, "plan_active", on(month, 10), Day::NULL, on(month, 10));
        } else if month == until {
            let kind = if behind > 2 { "plan_broken" } else { "plan_completed" };
            ledger.event(who, id, kind, on(month, 2), Day::NULL, on(month, 2));
        }
    }
    let legal = match behind {
        6 => Some("legal_referred"),
        7 => Some("legal_filed"),
        _ => None,
    };
    if let Some(kind) = legal
        && random.chance(0.3)
    {
        ledger.event(who, id, kind, on(month, 16), Day::NULL, on(month, 16));
    }
}
