//! What else happens to an account in trouble: disputes, complaints, plans, the legal track, the write-off and what follows it.

use super::account::Account;
use super::ledger::Ledger;
use super::on;
use super::person::Person;
use super::random::Random;
use crate::base::dates::Day;

/// Where an account stands on the legal track.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    #[default]
    None,
    Referred,
    Filed,
    Mediation,
    Judgment,
    Enforcement,
    Closed,
}

/// The legal stage, and whether a statement has shown the write-off.
#[derive(Clone, Copy, Debug, Default)]
pub struct Track {
    pub stage: Stage,
    shown_written_off: bool,
}

impl Track {
    /// Whether the legal track has begun and not ended.
    pub fn begun(&self) -> bool {
        !matches!(self.stage, Stage::None | Stage::Closed)
    }

    /// Log-odds that the stage adds to covering the arrears.
    pub fn effect(&self) -> f64 {
        match self.stage {
            Stage::Referred | Stage::Filed => 0.2,
            Stage::Mediation => 0.6,
            Stage::Enforcement => 0.5,
            Stage::None | Stage::Judgment | Stage::Closed => 0.0,
        }
    }

    /// Whether statements have ended: the one of the write-off's month was the last.
    pub fn off_statements(&self) -> bool {
        self.shown_written_off
    }

    /// Notes that a statement showed the write-off.
    pub fn note_written_off(&mut self, written_off: bool) {
        self.shown_written_off |= written_off;
    }
}

/// Disputes, complaints and plans of a month in arrears.
pub fn incidents(person: &Person, account: &mut Account, month: u32, behind: i64, ledger: &mut Ledger, random: &mut Random) {
    let id = Some(account.id);
    if random.chance(0.008) {
        let day = on(month, random.between(6, 20));
        account.disputed_until = day.plus(random.between(15, 60));
        ledger.event(id, "dispute", day, account.disputed_until, day);
    }
    if random.chance(0.006) {
        let day = on(month, random.between(6, 20));
        ledger.event(id, "complaint", day, day.plus(random.between(5, 30)), day);
    }
    if let Some((from, until)) = person.plan {
        if month == from {
            ledger.event(id, "plan_offered", on(month, 2), on(month, 9), on(month, 2));
            ledger.event(id, "plan_active", on(month, 10), Day::NULL, on(month, 10));
        } else if month == until {
            let kind = if behind > 2 { "plan_broken" } else { "plan_completed" };
            ledger.event(id, kind, on(month, 2), Day::NULL, on(month, 2));
        }
    }
}

/// One month on the legal track, for an account that stays behind.
pub fn go_on(account: &mut Account, month: u32, behind: i64, ledger: &mut Ledger, random: &mut Random) {
    let (next, kind) = match account.track.stage {
        Stage::None if behind >= 5 && random.chance(0.3) => (Stage::Referred, "legal_referred"),
        Stage::Referred => (Stage::Filed, "legal_filed"),
        Stage::Filed if random.chance(0.4) => (Stage::Mediation, "legal_mediation"),
        Stage::Filed | Stage::Mediation => (Stage::Judgment, "legal_judgment"),
        Stage::Judgment => (Stage::Enforcement, "legal_enforcement"),
        Stage::Enforcement if account.written_off => (Stage::Closed, "legal_closed"),
        Stage::None | Stage::Enforcement | Stage::Closed => return,
    };
    // A court has its own pace.
    if account.track.stage == Stage::None || random.chance(0.55) {
        account.track.stage = next;
        ledger.event(Some(account.id), kind, on(month, 16), Day::NULL, on(month, 16));
    }
}

/// The legal track ends with the arrears: withdrawn before a judgment, closed after it.
pub fn end_with_arrears(account: &mut Account, month: u32, ledger: &mut Ledger) {
    if account.track.begun() {
        let judged = matches!(account.track.stage, Stage::Judgment | Stage::Enforcement);
        ledger.event(Some(account.id), if judged { "legal_closed" } else { "legal_withdrawn" }, on(month, 28), Day::NULL, on(month, 28));
        account.track.stage = Stage::None;
    }
}

/// Seven instalments behind, an account is sooner or later written off, at the end of a month.
pub fn maybe_write_off(account: &mut Account, month: u32, behind: i64, ledger: &mut Ledger, random: &mut Random) {
    if behind >= 7 && random.chance(0.4) {
        account.written_off = true;
        ledger.event(Some(account.id), "write_off", on(month, 28), Day::NULL, on(month, 28));
    }
}

/// A month after the write-off: the court goes on, and enforcement brings in a little.
pub fn afterwards(account: &mut Account, month: u32, ledger: &mut Ledger, random: &mut Random) {
    if account.track.stage == Stage::Enforcement && random.chance(0.25) {
        let amount = random.share(account.arrears(month - 1), 5, 25);
        let day = on(month, random.between(3, 26));
        ledger.pay(day, day, amount);
        account.receive(amount);
    }
    go_on(account, month, 7, ledger, random);
}
