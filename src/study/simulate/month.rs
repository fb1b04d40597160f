//! One month of an account, and the truth about it.
//!
//! The month is the unit of truth. At its start an account in arrears has one probability of covering them within the month; draws decide.
//! How that stays exactly the chance of *cure within 30 days* at the month end before:
//! - Every payment is made, or at least becomes known, from the 3rd to the 28th: in the 30 days of one month end and of no other, in February
//!   too. A payment dated back into the month before counts by the day on which it became known.
//! - What is taken back within the month was paid within it: a pair that comes to nothing. What is taken back from the month before is known
//!   to whoever clears, who pays that as well; it lies outside the 30 days that counted it.
//! - Whoever does not clear pays less than the arrears in all.
//! - A re-age excludes clearing: `P = (1 − re-age) × (reach × σ(x + effect) + (1 − reach) × σ(x))`.

use super::account::Account;
use super::contacts::{Case, Promise, work};
use super::ledger::Ledger;
use super::person::Person;
use super::random::Random;
use super::track::{afterwards, end_with_arrears, go_on, incidents, maybe_write_off};
use super::{World, on, re_age};
use crate::base::dates::Day;
use crate::base::units::sigmoid;

/// Log-odds that a person reached adds to clearing the arrears in that month.
const REACHED_EFFECT: f64 = 0.35;
/// Log-odds that the amnesty adds.
const AMNESTY_EFFECT: f64 = 0.7;
/// Log-odds by calendar month: a bonus in January and December, the new year's feast, school fees, sales in November.
const SEASON: [f64; 12] = [0.25, -0.45, -0.15, 0.0, 0.0, 0.1, 0.0, -0.1, -0.3, 0.05, -0.15, 0.2];
/// Last day on which a payment is made, so that it is known by the 28th.
const LAST_DAY: i32 = 26;

/// Lives one month.
pub fn live_month(world: &World, person: &Person, account: &mut Account, month: u32, ledger: &mut Ledger, random: &mut Random) {
    account.mood = 0.8 * account.mood + 0.6 * random.swing();
    if account.written_off {
        return afterwards(account, month, ledger, random);
    }
    let hardship = person.hardship[month as usize];
    let base = 0.75 * person.ability + 0.65 * person.willingness + 0.55 * account.mood - if hardship { 1.5 } else { 0.0 }
        + if person.in_plan(month) { 0.6 } else { 0.0 }
        + SEASON[month as usize % 12];
    let arrears = account.arrears(month - 1);
    let taken_back = take_back(world, account, month, base, ledger, random);
    if arrears > 0 {
        in_arrears(world, person, account, month, (arrears, base), ledger, random);
    } else {
        in_order(world, person, account, month, base - if taken_back { 1.5 } else { 0.0 }, ledger, random);
    }
    if account.paid >= account.schedule.total {
        account.closed_on = account.last_known;
    }
}

/// A payment of the month before is taken back in the first days of this one.
fn take_back(world: &World, account: &mut Account, month: u32, base: f64, ledger: &mut Ledger, random: &mut Random) -> bool {
    let Some(amount) = account.returnable.take() else { return false };
    let taken = world.reversals && random.chance(0.006 * sigmoid(-base));
    if taken {
        let day = on(month, random.between(3, 8));
        ledger.pay(day, day.plus(random.between(0, 1)), -amount);
        account.receive(-amount);
    }
    taken
}

/// A payment that comes back within days: it moves nothing in the end. Not in the months in which the account may be closed.
fn bounce(world: &World, account: &Account, month: u32, amount: i64, base: f64, ledger: &mut Ledger, random: &mut Random) {
    let ending = account.schedule.due_by(month) == account.schedule.total;
    if world.reversals && !ending && random.chance(0.012 * sigmoid(-base)) {
        let day = on(month, random.between(3, 20));
        let back = day.plus(random.between(1, 5));
        ledger.pay(day, day, amount);
        ledger.pay(back, back.plus(random.between(0, 2)), -amount);
    }
}

/// Pays an amount on days `from..=to` of a month, in as many pieces as this account is used to.
fn pay(account: &mut Account, month: u32, (from, to): (i32, i32), amount: i64, ledger: &mut Ledger, random: &mut Random) {
    let (from, to) = (from.clamp(3, LAST_DAY), to.clamp(3, LAST_DAY));
    let pieces = account.pieces.min(amount.clamp(1, 4) as i32);
    let mut left = amount;
    for piece in (1..=pieces).rev() {
        let day = random.between(from, to);
        let late_by = match random.unit() {
            dice if dice < 0.85 => 0,
            dice if dice < 0.98 => random.between(1, 2),
            _ => random.between(3, 7),
        };
        let known = on(month, (day + late_by).min(28));
        let part = left / i64::from(piece);
        ledger.pay(on(month, day), known, part);
        account.last_known = account.last_known.max(known);
        left -= part;
    }
    account.receive(amount);
    account.returnable = (pieces == 1).then_some(amount);
}

/// A month that begins in order: paid by the due day, late within the month, in part, or not at all.
fn in_order(world: &World, person: &Person, account: &mut Account, month: u32, base: f64, ledger: &mut Ledger, random: &mut Random) {
    let due = account.schedule.due_by(month) - account.paid;
    account.omen = 0.0;
    if due <= 0 {
        return;
    }
    bounce(world, account, month, due, base, ledger, random);
    let by_due = (person.payday.min(account.due_day).max(3), account.due_day);
    // Some never meant to pay: their first instalment fails.
    let never = month == account.first_month + 1 && random.chance(0.02 * sigmoid(-person.willingness));
    if !never && random.chance(sigmoid(3.28 + base)) {
        if account.debit && random.chance(0.03 * sigmoid(-person.ability)) {
            ledger.fail(on(month, by_due.0), due);
        }
        return pay(account, month, by_due, due, ledger, random);
    }
    if account.debit {
        ledger.fail(on(month, account.due_day), due);
        if random.chance(0.5) {
            ledger.fail(on(month, account.due_day + 3), due);
        }
    }
    if random.chance(0.6) {
        ledger.contact(on(month, account.due_day + 2), "sms", "delivered", false);
    }
    if never {
        return;
    }
    if random.chance(sigmoid(0.25 + base)) {
        pay(account, month, (account.due_day + 1, LAST_DAY), due, ledger, random);
    } else if random.chance(0.3) {
        let part = random.share(due, 20, 80);
        pay(account, month, by_due, part, ledger, random);
    }
}

/// A month that begins in arrears: contacted by the past policy, then cleared, re-aged, paid in part, or not.
fn in_arrears(
    world: &World,
    person: &Person,
    account: &mut Account,
    month: u32,
    (arrears, base): (i64, f64),
    ledger: &mut Ledger,
    random: &mut Random,
) {
    let instalment = account.schedule.instalment.max(1);
    let behind = (arrears + instalment - 1) / instalment;
    let depth = (behind - 1).min(7) as f64;
    let (hardship, lost) = (person.hardship[month as usize], person.lost[month as usize]);
    let promised_before = account.promise.take();
    let omen = std::mem::take(&mut account.omen);
    let inclination = 1.05 + base - 0.30 * depth
        + omen
        + if arrears % instalment != 0 { 0.4 } else { 0.0 }
        + if promised_before.is_some() { 0.4 + 0.5 * person.reliability } else { 0.0 }
        - if account.disputed_until >= on(month, 1) { 0.6 } else { 0.0 }
        - if lost { 0.5 } else { 0.0 }
        + if world.amnesty().contains(&month) { AMNESTY_EFFECT } else { 0.0 }
        + account.track.effect();
    let reach = if lost { 0.03 } else { sigmoid(0.5 + 0.7 * person.willingness - 0.2 * depth) };
    let re_age_chance = re_age::chance(account, behind, hardship);
    let clears_if = [sigmoid(inclination), sigmoid(inclination + REACHED_EFFECT)];
    let truth = &mut ledger.truth;
    truth.account.push(account.id);
    truth.day.push(on(month, 1).plus(-1));
    truth.probability.push((1.0 - re_age_chance) * (reach * clears_if[1] + (1.0 - reach) * clears_if[0]));
    truth.ability.push(person.ability);
    truth.willingness.push(person.willingness);
    truth.hardship.push(i64::from(hardship));
    let reached = random.chance(reach);
    let re_aged = random.chance(re_age_chance);
    let clears = !re_aged && random.chance(clears_if[usize::from(reached)]);
    let may_promise = promised_before.is_none() && !re_aged;
    let case = Case { month, behind, arrears, reached, clears, lost, hardship, may_promise };
    let promise = work(person, account, &case, ledger, random);
    incidents(person, account, month, behind, ledger, random);
    if account.debit && !clears && random.chance(0.35) {
        ledger.fail(on(month, account.due_day), arrears);
    }
    if re_aged {
        if random.chance(0.3) {
            let part = random.share(arrears, 10, 50);
            pay(account, month, (3, 8), part, ledger, random);
        }
        return re_age::re_age(account, month, ledger, random);
    }
    bounce(world, account, month, arrears, base, ledger, random);
    let due_before = promised_before.map(|day| day.day_of_month() as i32);
    if clears {
        clear(person, account, month, (promise, due_before), ledger, random);
        if !account.by_statement() && random.chance(0.01) {
            // A re-age on paper alone: the schedule stays, and the payment counts.
            let day = on(month, random.between(5, 20));
            ledger.event(Some(account.id), "re_age", day, Day::NULL, day);
        }
        end_with_arrears(account, month, ledger);
        return;
    }
    fall_short(person, account, month, arrears, (promise, due_before), ledger, random);
    go_on(account, month, behind, ledger, random);
    maybe_write_off(account, month, behind, ledger, random);
}

/// Covers the arrears, mostly with what falls due this month; on a day that has to do with a promise, if there is one.
fn clear(
    person: &Person,
    account: &mut Account,
    month: u32,
    (promise, due_before): (Option<Promise>, Option<i32>),
    ledger: &mut Ledger,
    random: &mut Random,
) {
    let owed = account.arrears(month - 1);
    // A statement says no more than where the account stands at the month's end: who clears then stands in order.
    let with_current = account.by_statement() || random.chance(0.8);
    let amount = if with_current { account.schedule.due_by(month) - account.paid } else { owed };
    let word = promise.map(|p| (p.made, p.due)).or(due_before.map(|due| (3, due)));
    if let Some((made, due)) = word {
        let days = if random.chance(sigmoid(1.2 + person.reliability)) {
            (made, due)
        } else if random.chance(0.5) {
            // A day or two late, which is within the grace.
            (due + 1, due + 2)
        } else {
            (due + 4, LAST_DAY)
        };
        return pay(account, month, days, amount, ledger, random);
    }
    if random.chance(0.04) && account.re_aged_in != Some(month - 1) {
        // Paid at the end of the month before, known in this one.
        let (day, known) = (on(month - 1, random.between(22, 28)), on(month, random.between(3, 7)));
        ledger.pay(day, known, amount);
        account.last_known = known;
        account.receive(amount);
        return;
    }
    let payday = if person.payday == 31 { 1 } else { person.payday };
    let days = if random.chance(0.5) { (payday, payday + 3) } else { (3, LAST_DAY) };
    pay(account, month, days, amount, ledger, random);
}

/// Pays less than the arrears: a promise of a part kept, a promise kept in part, a part of one's own accord, or nothing.
fn fall_short(
    person: &Person,
    account: &mut Account,
    month: u32,
    arrears: i64,
    (promise, due_before): (Option<Promise>, Option<i32>),
    ledger: &mut Ledger,
    random: &mut Random,
) {
    if let Some(promise) = promise {
        let kept = random.chance(sigmoid(-0.2 + person.reliability));
        if kept && promise.amount < arrears {
            return pay(account, month, (promise.made, promise.due + 2), promise.amount, ledger, random);
        }
        if kept && random.chance(0.1) {
            let nearly = random.share(arrears, 96, 99);
            return pay(account, month, (promise.made, promise.due), nearly, ledger, random);
        }
    }
    let word = promise.map(|p| (p.made, p.due)).or(due_before.map(|due| (3, due)));
    let days = word.unwrap_or((8, LAST_DAY));
    if random.chance(sigmoid(-0.7 + 0.5 * person.willingness)) {
        let part = random.share(arrears, 10, 80);
        pay(account, month, days, part, ledger, random);
        account.omen += 0.3;
    }
}
