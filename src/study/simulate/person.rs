//! A borrower: hidden traits that last, and what befell them, before any of their accounts is looked at.
//!
//! Ability and willingness drive everything that is seen of a borrower: payments, promises, who can be reached. Deliberately absent:
//! accounts, which [`super::account`] walks one by one.

use super::ledger::Ledger;
use super::random::Random;
use super::{World, on};
use crate::base::dates::Day;
use crate::base::units::{Money, sigmoid};

pub const INCOME_BANDS: &[&str] = &["low", "middle", "high"];
pub const REGIONS: &[&str] = &["east", "north", "south", "west"];
pub const AGE_BANDS: &[&str] = &["18-30", "31-45", "46-64", "65+"];

/// A borrower's traits and what befell them.
pub struct Person {
    pub borrower: i64,
    pub ability: f64,
    pub willingness: f64,
    /// Log-odds by which they keep their word, beyond the average.
    pub reliability: f64,
    /// Day of the month on which the salary comes; 31 is the month's last.
    pub payday: i32,
    /// Whether the bank knows that day.
    pub payday_known: bool,
    /// Income a month; [`Money::NULL`] where the bank does not know it.
    pub income: i64,
    pub income_band: u8,
    pub region: u8,
    pub age_band: u8,
    /// Months of hardship, and months in which nobody finds them under the number on file.
    pub hardship: Vec<bool>,
    pub lost: Vec<bool>,
    /// The first month of death if it came.
    pub died_in: Option<u32>,
    pub plan: Option<(u32, u32)>,
}

impl Person {
    /// Whether a plan of lower instalments holds in a month.
    pub fn in_plan(&self, month: u32) -> bool {
        self.plan.is_some_and(|(from, until)| (from..until).contains(&month))
    }

    /// Whether they have died by a month.
    pub fn dead(&self, month: u32) -> bool {
        self.died_in.is_some_and(|died| month >= died)
    }
}

/// Draws a borrower.
pub fn befall(world: &World, borrower: i64, ledger: &mut Ledger, random: &mut Random) -> Person {
    let (ability, willingness) = (random.normal(), random.normal());
    let noisy = ability + 0.6 * random.normal();
    let yuan = (6_500.0 * (1.0 + 0.3 * noisy).max(0.3)) as i64 / 100 * 100;
    let mut person = Person {
        borrower,
        ability,
        willingness,
        reliability: 0.8 * willingness + 0.4 * random.normal(),
        payday: [1, 5, 10, 15, 31][random.weighted(&[0.2, 0.25, 0.25, 0.2, 0.1])],
        payday_known: random.chance(0.85),
        income: if random.chance(0.92) { yuan * 100 } else { Money::NULL.0 },
        income_band: if noisy < -0.5 { 0 } else { 1 + u8::from(noisy >= 0.8) },
        region: random.between(0, 3) as u8,
        age_band: random.weighted(&[0.3, 0.4, 0.22, 0.08]) as u8,
        hardship: vec![false; world.months as usize],
        lost: vec![false; world.months as usize],
        died_in: None,
        plan: None,
    };
    hardships(world, &mut person, ledger, random);
    // Numbers change: more often with those who do not want to be found.
    let mut month = 0;
    while month < world.months {
        if random.chance(0.012 * sigmoid(-1.2 * willingness) * 2.0) {
            let until = (month + random.between(2, 12) as u32).min(world.months);
            person.lost[month as usize..until as usize].fill(true);
            month = until;
        }
        month += 1;
    }
    circumstances(world, &mut person, ledger, random);
    person
}

fn hardships(world: &World, person: &mut Person, ledger: &mut Ledger, random: &mut Random) {
    let mut month = 0;
    while month < world.months {
        if !random.chance(0.012 * sigmoid(-person.ability) * 2.0) {
            month += 1;
            continue;
        }
        let until = (month + random.between(2, 8) as u32).min(world.months);
        person.hardship[month as usize..until as usize].fill(true);
        let cause = random.weighted(&[0.45, 0.25, 0.08, 0.12, 0.10]);
        // Half of those in hardship say so, some weeks after it began.
        if random.chance(0.5) {
            let from = on(month, random.between(1, 20));
            let known = from.plus(random.between(0, 25));
            let kind = ["hardship_income", "hardship_illness", "hardship_disaster", "hardship_family", "hardship_other"][cause];
            ledger.event(None, kind, from, on(until, 1).plus(-1), known);
            if cause == 2 {
                ledger.event(None, "moratorium", known, known.plus(60), known);
            }
            if random.chance(0.6) {
                person.plan = Some((month + 2, month + 2 + random.between(3, 6) as u32));
            }
        }
        month = until + 1;
    }
}

/// Death, vulnerability, a wish not to be contacted, a suspicion of fraud.
fn circumstances(world: &World, person: &mut Person, ledger: &mut Ledger, random: &mut Random) {
    let some_day = |random: &mut Random| on(random.between(1, world.months as i32 - 1) as u32, random.between(1, 28));
    if random.chance(0.00015 * f64::from(world.months) * f64::from(1 + person.age_band)) {
        let day = some_day(random);
        person.died_in = Some(day.months_since(on(0, 1)) as u32);
        ledger.event(None, "deceased", day, Day::NULL, day.plus(random.between(3, 40)));
    }
    if person.age_band == 3 && random.chance(0.5) {
        ledger.event(None, "vulnerable_elderly", on(0, 1), Day::NULL, on(0, 1));
    } else if random.chance(0.012) {
        ledger.event(None, "vulnerable_disabled", on(0, 1), Day::NULL, on(0, 1));
    } else if random.chance(0.006) {
        let day = some_day(random);
        ledger.event(None, "vulnerable_other", day, Day::NULL, day.plus(random.between(0, 30)));
    }
    if random.chance(0.004) {
        let day = some_day(random);
        ledger.event(None, "cease_contact", day, Day::NULL, day);
    }
    if random.chance(0.001) {
        let day = some_day(random);
        ledger.event(None, "fraud_suspect", day, Day::NULL, day);
    }
}
