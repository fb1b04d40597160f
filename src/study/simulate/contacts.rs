//! What the bank did in the past with an account in arrears: a message, calls, a letter, a visit; and what came of it.
//!
//! Whether the borrower is reached and whether they clear is drawn before, by [`super::month`]: contacts and promises bear witness to it and
//! change nothing in that month, so its truth stays exact. What was said is an omen for the next.

use super::account::Account;
use super::ledger::Ledger;
use super::on;
use super::person::Person;
use super::random::Random;
use crate::base::units::sigmoid;

/// A month in arrears, as drawn.
pub struct Case {
    pub month: u32,
    pub behind: i64,
    pub arrears: i64,
    pub reached: bool,
    pub clears: bool,
    pub lost: bool,
    pub hardship: bool,
    pub may_promise: bool,
}

/// A promise within the month: the days on which it was made and falls due, and its amount.
#[derive(Clone, Copy)]
pub struct Promise {
    pub made: i32,
    pub due: i32,
    pub amount: i64,
}

/// Works a case for a month. Gives the promise that falls due within it, if one was made.
pub fn work(person: &Person, account: &mut Account, case: &Case, ledger: &mut Ledger, random: &mut Random) -> Option<Promise> {
    let month = case.month;
    let channel = if case.behind == 1 && random.chance(0.5) { "ai_call" } else { "call" };
    let sent = if case.lost && random.chance(0.5) { "failed" } else { "delivered" };
    ledger.contact(on(month, 3), if random.chance(0.15) { "email" } else { "sms" }, sent, false);
    let promise = if case.reached { speak(person, account, case, channel, ledger, random) } else { None };
    if !case.reached {
        for day in [4, 6].into_iter().chain((case.behind >= 3).then_some(12)) {
            let result = match random.unit() {
                dice if case.lost && dice < 0.6 => "wrong_number",
                dice if !case.lost && dice < 0.05 => "third_party",
                _ => "no_answer",
            };
            ledger.contact(on(month, day), channel, result, false);
        }
    }
    if !case.lost && random.chance(0.03 + if case.hardship { 0.06 } else { 0.0 } + if case.clears { 0.02 } else { 0.0 }) {
        let channel = ["call", "app", "email"][random.weighted(&[0.6, 0.25, 0.15])];
        ledger.contact(on(month, random.between(6, 24)), channel, "reached", true);
        account.omen += 0.4;
    }
    if !case.clears {
        later(person, account, case, ledger, random);
    }
    promise
}

/// The borrower is reached: a promise, a refusal, or words.
fn speak(person: &Person, account: &mut Account, case: &Case, channel: &str, ledger: &mut Ledger, random: &mut Random) -> Option<Promise> {
    let day = random.between(4, 8);
    if random.chance(0.3) {
        ledger.contact(on(case.month, 4), channel, "no_answer", false);
    }
    let wants_to = sigmoid(-0.4 + 0.4 * person.willingness + if case.clears { 0.5 } else { 0.0 });
    if case.may_promise && random.chance(wants_to) {
        let amount = if random.chance(0.65) { case.arrears } else { random.share(case.arrears, 30, 80).max(1) };
        let promise = Promise { made: day, due: day + random.between(3, 12), amount };
        ledger.contact(on(case.month, day), channel, "promise", false);
        ledger.promise(account.id, on(case.month, promise.made), on(case.month, promise.due), amount);
        return Some(promise);
    }
    let refuses = random.chance(sigmoid(-1.6 - 0.8 * person.willingness));
    ledger.contact(on(case.month, day), channel, if refuses { "refused" } else { "reached" }, false);
    account.omen += if refuses { -0.7 } else { 0.0 };
    None
}

/// Later in a month in which nothing clears the arrears: a letter, a visit, one more call, on which some promise for the next month.
fn later(person: &Person, account: &mut Account, case: &Case, ledger: &mut Ledger, random: &mut Random) {
    let month = case.month;
    if case.behind == 3 {
        ledger.contact(on(month, 15), "letter", "delivered", false);
    }
    if case.behind >= 5 && random.chance(0.3) {
        let found = random.chance(if case.lost { 0.15 } else { 0.5 });
        ledger.contact(on(month, 18), "visit", if found { "reached" } else { "no_answer" }, false);
    }
    let answers = !case.lost && random.chance(0.3 * sigmoid(person.willingness));
    if case.may_promise && answers {
        let day = on(month, random.between(22, 26));
        let due = on(month + 1, random.between(3, 12));
        ledger.contact(day, "call", "promise", false);
        ledger.promise(account.id, day, due, if random.chance(0.7) { case.arrears } else { random.share(case.arrears, 30, 80).max(1) });
        account.promise = Some(due);
    } else if random.chance(0.25) {
        ledger.contact(on(month, random.between(20, 26)), "call", if case.lost { "wrong_number" } else { "no_answer" }, false);
    }
}
