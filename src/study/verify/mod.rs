//! Every decision of a run checked again, against every rule, by another way than it was decided by.
//!
//! Reads the log that the run left and, for each case and treatment, asks each rule of the policy again from the raw records: rules are written here
//! from their text (`rules`, `told`), conditions are evaluated by another evaluator ([`Reread`]), the choice is tried over every covering treatment
//! (`choice`). What is shared is what a rule *is*: the policy as it was read, the records as they were checked, the scores.

mod capacity;
mod certificate;
mod choice;
mod conditions;
mod hours;
mod names;
mod plan;
mod rules;
mod told;

pub use capacity::CapacityCertificate;
pub use certificate::{Certificate, RuleCount, SHOWN, Violation};

use crate::base::dates::Day;
use crate::base::problem::Result;
use crate::data::read_back::{ReadBack, read_back};
use crate::decide::facts::Situation;
use crate::decide::places::{CapacitySummary, is_control};
use crate::decide::policy::{Family, Policy, Rule, Scope};
use capacity::Ledger;
use certificate::Tally;
use choice::{Menu, Open, Price};
use conditions::Conditions;
use hours::{ZoneDay, zones};
use names::{Names, RuleBits, Set, bits};
use rayon::prelude::*;
use rules::Says;
use std::ops::Range;
use std::path::Path;
use told::Told;

/// What is verified: the run's policy and book, with the scores.
#[derive(Clone, Copy)]
pub struct Verifying<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The book, its cases and their columns.
    pub situation: Situation<'a>,
    /// Share of the arrears that each case is expected to repay under the policy's reference.
    pub share: &'a [f64],
    /// Decimals of the currency.
    pub minor_digits: u8,
    /// What the run says of its capacities; none where it says nothing.
    pub capacity: Option<&'a CapacitySummary>,
}

/// Borrowers looked at together.
const CHUNK: usize = 512;

/// What was found on one treatment of a case: the rules that veto it, and of those the ones for want of a fact.
#[derive(Clone, Copy, Default)]
struct Found {
    vetoes: Set,
    unknown: Set,
    /// The rules that warn of it.
    warns: Set,
}

/// Columns of the log, by their places as they are read.
const WORDS: [&str; 7] = ["account_id", "treatment", "vetoed_by", "not_known", "chosen_by", "warned_by", "unlimited_by"];
const NUMBERS: [&str; 9] =
    ["gain", "chosen", "share_repaid", "share_waiting", "stake", "cost", "complaint_cost", "discount", "assignment_probability"];

/// What leads a case before value is asked, as the log names it.
const LED: [&str; 4] = ["hold", "care", "access", "routing"];
/// Lots, as the log names them.
const LOTS: [&str; 2] = ["control", "exploration"];

struct Verifier<'a> {
    of: Verifying<'a>,
    names: Names,
    bits: RuleBits,
    menu: Menu,
    /// What quiet hours leave, and of each case which of these.
    zones: (Vec<ZoneDay>, Vec<u32>),
    conditions: Conditions,
    /// As they are without hardship, without vulnerability, without both.
    without: [Conditions; 3],
    log: &'a ReadBack,
    ledger: Option<Ledger>,
    vetoed: Vec<Option<Set>>,
    unknown: Vec<Option<Set>>,
    warned: Vec<Option<Set>>,
    /// The code of each treatment's name in the log.
    names_in_log: Vec<Option<u32>>,
}

/// Checks the log of a run.
///
/// # Errors
/// `file.io`, `run.log` where the log cannot be read.
pub fn verify(of: Verifying<'_>, log: &Path) -> Result<Certificate> {
    let log = read_back(log, &WORDS, &NUMBERS, &["as_of"])?;
    let names = Names::of(of.policy);
    let n = of.situation.cases.len();
    let conditions = Conditions::of(of.policy, of.situation.columns, n, &[], None);
    let flags: [&[&str]; 3] = [&["hardship"], &["vulnerable"], &["hardship", "vulnerable"]];
    let without = flags.map(|flags| Conditions::of(of.policy, &of.situation.columns.with_false(flags), n, flags, Some(&conditions)));
    let verifier = Verifier {
        conditions,
        without,
        vetoed: names.sets(&log.words[2]),
        unknown: names.sets(&log.words[3]),
        warned: names.sets(&log.words[5]),
        names_in_log: of.policy.treatments.iter().map(|t| log.words[1].words.iter().position(|w| **w == *t.name).map(|k| k as u32)).collect(),
        bits: RuleBits::of(of.policy, &names),
        menu: Menu::of(of.policy),
        zones: zones(&of),
        names,
        log: &log,
        ledger: of.capacity.map(|told| Ledger::of(of.policy, of.situation.columns, of.situation.cases, told, of.minor_digits)),
        of,
    };
    Ok(verifier.certificate())
}

impl Verifier<'_> {
    fn certificate(&self) -> Certificate {
        let (policy, cases) = (self.of.policy, self.of.situation.cases);
        let rules = self.names.ids.len();
        let new = || Tally { vetoes: vec![0; rules], unknown: vec![0; rules], disagree: vec![0; rules], ..Tally::default() };
        let mut total = new();
        if self.log.rows != cases.len() * policy.treatments.len() {
            total.violation(
                String::new(),
                "",
                "log",
                format!("the log has {} rows, not {} cases × {} treatments", self.log.rows, cases.len(), policy.treatments.len()),
            );
        } else {
            let groups = self.groups();
            let parts: Vec<Tally> = groups
                .par_chunks(CHUNK)
                .map(|groups| {
                    let mut tally = new();
                    groups.iter().for_each(|range| self.borrower(range.clone(), &mut tally));
                    tally
                })
                .collect();
            parts.into_iter().for_each(|part| total.add(part));
        }
        let limits = policy.capacity.binds() || policy.control.is_some() || policy.exploration.is_some();
        if limits != self.ledger.is_some() {
            let what =
                if limits { "the policy limits what there is, and the run says nothing of it" } else { "the run limits what the policy does not" };
            total.violation(String::new(), "", "capacity", what.into());
        }
        let capacity = self.ledger.as_ref().zip(self.of.capacity).map(|(ledger, told)| {
            let sums = std::mem::take(&mut total.places);
            ledger.judge(policy, told, &sums, self.of.minor_digits, &mut total)
        });
        let by_rule = self.names.ids.iter().enumerate().map(|(k, id)| RuleCount {
            rule: id.clone(),
            vetoes: total.vetoes[k],
            not_known: total.unknown[k],
            disagree: total.disagree[k],
        });
        Certificate {
            cases: cases.len() as u64,
            treatments: policy.treatments.len(),
            decisions: (cases.len() * policy.treatments.len()) as u64,
            rules,
            recommended_and_vetoed: total.chosen_vetoed,
            violations: total.violations,
            by_rule: by_rule.collect(),
            capacity,
            first: total.first,
        }
    }

    /// Cases decided together: those of a borrower on a day.
    fn groups(&self) -> Vec<Range<usize>> {
        let cases = self.of.situation.cases;
        let mut groups: Vec<Range<usize>> = Vec::new();
        for k in 0..cases.len() {
            match groups.last_mut() {
                Some(last)
                    if self.of.policy.unit == Scope::Borrower
                        && cases.borrower[last.start] == cases.borrower[k]
                        && cases.as_of[last.start] == cases.as_of[k] =>
                {
                    last.end = k + 1;
                }
                _ => groups.push(k..k + 1),
            }
        }
        groups
    }

    fn borrower(&self, range: Range<usize>, tally: &mut Tally) {
        let policy = self.of.policy;
        let told: Vec<Told<'_>> = range.clone().map(|case| Told::of(&self.of.situation, case, policy.outreach.days_after)).collect();
        let mut found: Vec<Vec<Found>> = told.iter().map(|t| self.rules(t, &self.conditions)).collect();
        let free = |_: usize, _: usize| 0.0;
        if let Some(cap) = self.cap(&told, &free) {
            self.no_firmer(&mut found, &cap);
        }
        self.law(&told, &mut found);
        // As it would be if nothing were short.
        let open = self.open(&told, &found);
        let (_, unlimited) = self.menu.best(&open, &free);
        let stake = |case: usize| self.of.situation.cases.stake[case].known().unwrap_or(0) as f64;
        // What covers several cases takes its place at the first.
        let at = |k: usize, t: usize| if self.menu.covers(t) { range.start } else { range.start + k };
        // What is open at the day's prices is looked at anew only where they make a difference.
        let mut softened: Option<Vec<Open>> = None;
        if let Some(ledger) = &self.ledger {
            let price = |k: usize, t: usize| ledger.price(policy, &self.menu, at(k, t), t, stake(at(k, t)));
            if let Some(cap) = self.cap(&told, &price) {
                self.no_firmer(&mut found, &cap);
                softened = Some(self.open(&told, &found));
            }
        }
        let elsewhere = self.menu.vetoed_somewhere(softened.as_deref().unwrap_or(&open));
        let mut chosen = Vec::new();
        for (k, told) in told.iter().enumerate() {
            chosen.push(self.case(told, &found[k], elsewhere, (&open[k], unlimited[k]), tally));
        }
        let Some(chosen) = chosen.into_iter().collect::<Option<Vec<(usize, &str)>>>() else { return };
        let picks: Vec<usize> = chosen.iter().map(|(t, _)| *t).collect();
        let Some(ledger) = &self.ledger else {
            let (is, could) = (self.menu.worth(&open, &picks), self.menu.worth(&open, &unlimited));
            if is + 0.5 < could {
                let what = format!("the borrower's cases are worth {is:.0} minor units as they are and could be worth {could:.0}");
                tally.violation(self.name(told[0].case), &policy.treatments[picks[0]].name, "choice", what);
            }
            return;
        };
        self.lots(&told, &open, &chosen, elsewhere, &found, tally);
        let settled: Vec<bool> = chosen.iter().map(|(_, by)| LED.contains(by) || LOTS.contains(by)).collect();
        ledger.take(policy, &self.menu, &range, &picks, &settled, &stake, &mut tally.places);
        let mut then = softened.unwrap_or(open);
        for (k, open) in then.iter_mut().enumerate() {
            open.led = settled[k].then_some((picks[k], "settled"));
        }
        let price = |k: usize, t: usize| ledger.price_of_what_is_left(policy, &self.menu, at(k, t), t, stake(at(k, t)));
        let best = if settled.iter().all(|settled| *settled) { 0.0 } else { self.menu.best(&then, &price).0 };
        let worth = self.menu.worth(&then, &picks);
        let (of_settled, settled_picks): (Vec<&Open>, Vec<usize>) =
            then.iter().zip(&picks).zip(&settled).filter(|(_, s)| **s).map(|((o, p), _)| (o, *p)).unzip();
        Ledger::value(worth, self.menu.worth_of(&of_settled, &settled_picks), best, &mut tally.places);
    }

    /// The rungs than which nothing may be firmer, at prices; none where nobody is in hardship or vulnerable.
    fn cap(&self, told: &[Told<'_>], price: Price<'_>) -> Option<Vec<u32>> {
        let [hardship, vulnerable] = ["hardship", "vulnerable"].map(|name| told.iter().any(|t| t.holds(name)));
        if !hardship && !vulnerable {
            return None;
        }
        // As it would be without either, then with one of them alone: never firmer than any of these.
        let mut cap = self.rungs_without(told, [true, true], &self.without[2], None, price);
        if hardship && vulnerable {
            let of_one = [([true, false], &self.without[0]), ([false, true], &self.without[1])];
            let both = of_one.map(|(ignoring, conditions)| self.rungs_without(told, ignoring, conditions, Some(&cap), price));
            cap = both[0].iter().zip(&both[1]).map(|(a, b)| *a.min(b)).collect();
        }
        Some(cap)
    }

    /// Who was drawn by lot could be, and got what the lot gives; who was drawn for comparison is left out of it by nobody.
    fn lots(&self, told: &[Told<'_>], open: &[Open], chosen: &[(usize, &str)], elsewhere: u32, found: &[Vec<Found>], tally: &mut Tally) {
        let policy = self.of.policy;
        let protected = told.iter().any(Told::needs_care) || open.iter().any(|o| matches!(o.led, Some((_, "hold" | "care" | "access"))));
        let routed = open.iter().any(|o| matches!(o.led, Some((_, "routing"))));
        let free = |t: usize| elsewhere & (1 << t) == 0 && found.iter().all(|found| found[t].vetoes == 0);
        let borrower = self.of.situation.cases.borrower_id(told[0].case);
        let kept = !protected && policy.control.is_some() && is_control(policy, borrower);
        for (k, (t, by)) in chosen.iter().enumerate() {
            let wrong = match *by {
                "control" if !kept => Some("it is kept for comparison, and the lot did not fall on its borrower"),
                "control" if policy.control.as_ref().is_some_and(|c| *t != if free(c.keep) { c.keep } else { self.menu.wait() }) => {
                    Some("it is kept for comparison with another treatment than the policy keeps")
                }
                "exploration" if protected || routed => Some("it is tried on somebody who takes no part in that"),
                "exploration" if policy.exploration.as_ref().is_none_or(|e| !e.among.contains(t)) || !free(*t) => {
                    Some("it is tried, and the policy does not try it here")
                }
                by if kept && by != "control" => Some("the lot keeps its borrower for comparison"),
                _ => None,
            };
            if let Some(what) = wrong {
                tally.violation(self.name(told[k].case), &policy.treatments[*t].name, "lot", what.into());
            }
        }
    }

    /// The rungs that a borrower's cases would get without some of what only softens.
    fn rungs_without(&self, told: &[Told<'_>], ignoring: [bool; 2], conditions: &Conditions, cap: Option<&[u32]>, price: Price<'_>) -> Vec<u32> {
        let told: Vec<Told<'_>> = told.iter().map(|t| t.without(ignoring)).collect();
        let mut found: Vec<Vec<Found>> = told.iter().map(|t| self.rules(t, conditions)).collect();
        if let Some(cap) = cap {
            self.no_firmer(&mut found, cap);
        }
        self.law(&told, &mut found);
        let (_, picks) = self.menu.best(&self.open(&told, &found), price);
        picks.into_iter().map(|pick| self.of.policy.treatments[pick].rung).collect()
    }

    fn no_firmer(&self, found: &mut [Vec<Found>], cap: &[u32]) {
        for (found, cap) in found.iter_mut().zip(cap) {
            for (_, found) in found.iter_mut().enumerate().filter(|(t, _)| self.of.policy.treatments[*t].rung > *cap) {
                found.vetoes |= self.bits.softer;
            }
        }
    }

    fn name(&self, case: usize) -> String {
        format!("{}@{}", self.of.situation.cases.account_id(case), self.of.situation.cases.as_of[case])
    }

    /// One case's rows of the log beside what was found. Gives the treatment that was chosen, if exactly one was.
    fn case(&self, told: &Told<'_>, found: &[Found], elsewhere: u32, (open, unlimited): (&Open, usize), tally: &mut Tally) -> Option<(usize, &str)> {
        let (policy, log) = (self.of.policy, self.log);
        let n = policy.treatments.len();
        let mut chosen = Vec::new();
        for (t, treatment) in policy.treatments.iter().enumerate() {
            let row = told.case * n + t;
            let word = |column: usize| log.words[column].words.get(log.words[column].codes[row] as usize).map_or("", |w| &**w);
            let first = told.case * n;
            let of_case =
                if t == 0 { word(0) == self.of.situation.cases.account_id(told.case) } else { log.words[0].codes[row] == log.words[0].codes[first] };
            if !of_case || Some(log.words[1].codes[row]) != self.names_in_log[t] || log.days[0][row] != told.as_of {
                tally.violation(
                    self.name(told.case),
                    &treatment.name,
                    "log",
                    format!("row {} of the log is of {} and {}", row + 1, word(0), word(1)),
                );
                return None;
            }
            let set = |sets: &[Option<Set>], column: usize| match log.words[column].codes[row] {
                u32::MAX => Some(0),
                code => sets.get(code as usize).copied().flatten(),
            };
            let (Some(logged), Some(logged_unknown), Some(warned)) = (set(&self.vetoed, 2), set(&self.unknown, 3), set(&self.warned, 5)) else {
                tally.violation(
                    self.name(told.case),
                    &treatment.name,
                    "log",
                    format!("the log names a rule that the policy does not have: {}", word(2)),
                );
                continue;
            };
            let mut vetoes = found[t].vetoes;
            if vetoes == 0 && elsewhere & (1 << t) != 0 {
                vetoes = self.bits.elsewhere;
            }
            tally.count(vetoes, found[t].unknown);
            for rule in bits((vetoes ^ logged) | (found[t].unknown ^ logged_unknown)) {
                tally.disagree[rule] += 1;
                let what = match (vetoes & (1 << rule) != 0, logged & (1 << rule) != 0) {
                    (true, false) => "it vetoes this, and the log says it does not",
                    (false, true) => "the log says it vetoes this, and it does not",
                    _ => "whether its facts are known is not as the log says",
                };
                tally.violation(self.name(told.case), &treatment.name, &self.names.ids[rule], what.into());
            }
            for rule in bits(warned ^ found[t].warns) {
                tally.disagree[rule] += 1;
                tally.violation(
                    self.name(told.case),
                    &treatment.name,
                    &self.names.ids[rule],
                    "whether it warns of this is not as the log says".into(),
                );
            }
            self.parts(told, t, row, open, tally);
            let cost = open.cost[t];
            let gain = log.numbers[0][row] * 10f64.powi(i32::from(self.of.minor_digits));
            // The log holds whole minor units.
            if (gain - (open.by_parts[t] - cost)).abs() > 0.51 || gain.is_nan() {
                let what = format!("the log says {gain:.0} minor units, and its parts give {:.2}", open.by_parts[t] - cost);
                tally.violation(self.name(told.case), &treatment.name, "value", what);
            }
            if log.numbers[1][row] == 1.0 {
                chosen.push(t);
                if vetoes != 0 {
                    tally.chosen_vetoed += 1;
                }
            }
        }
        match chosen[..] {
            [one] => {
                let by = log.words[4].words.get(log.words[4].codes[told.case * n + one] as usize).map_or("", |w| &**w);
                let free = |t: usize| found[t].vetoes == 0 && elsewhere & (1 << t) == 0;
                let others = (0..n).any(|t| t != one && Some(t) != policy.place("human_review") && free(t));
                let value = if others { "value" } else { "nothing_else" };
                let unlimited_by = open.led.map_or(value, |(_, by)| by);
                let says = (0..n).find_map(|t| log.words[6].words.get(log.words[6].codes[told.case * n + t] as usize).map(|by| (t, &**by)));
                // That nothing else was open is said of what was open in the end.
                if says.is_none_or(|(t, by)| t != unlimited || (by != unlimited_by && LED.contains(&unlimited_by))) {
                    let what = format!(
                        "if nothing were short it would be {} by {unlimited_by}, and the log says {says:?}",
                        policy.treatments[unlimited].name
                    );
                    tally.violation(self.name(told.case), &policy.treatments[one].name, "choice", what);
                }
                let given = self.ledger.is_some() && (LOTS.contains(&by) || by == "place" && one != unlimited);
                if !given && (by != unlimited_by || one != unlimited) {
                    let what = format!("the log says that {by} led here, and {unlimited_by} leads to {}", policy.treatments[unlimited].name);
                    tally.violation(self.name(told.case), &policy.treatments[one].name, "choice", what);
                }
                let chances = &log.numbers[8][told.case * n..(told.case + 1) * n];
                let sum: f64 = chances.iter().sum();
                if sum.is_nan() || (sum - 1.0).abs() > 1e-9 || chances[one] <= 0.0 || chances.iter().any(|p| *p < 0.0) {
                    let what = format!("its chances of treatments add up to {sum}, with {} for what it got", chances[one]);
                    tally.violation(self.name(told.case), &policy.treatments[one].name, "chance", what);
                }
                Some((one, by))
            }
            _ => {
                tally.violation(self.name(told.case), "", "choice", format!("{} treatments are recommended, not one", chosen.len()));
                None
            }
        }
    }

    /// What a treatment's value is made of, beside what the log says it is.
    fn parts(&self, told: &Told<'_>, t: usize, row: usize, open: &Open, tally: &mut Tally) {
        let treatment = &self.of.policy.treatments[t];
        let minor = 10f64.powi(i32::from(self.of.minor_digits));
        let wait = self.of.policy.place("wait").unwrap_or(0);
        let stake = self.of.situation.cases.stake[told.case].known().map_or(f64::NAN, |m| m as f64);
        let is = [
            ("share_repaid", 2, open.under[t], 1.1e-6),
            ("share_waiting", 3, open.under[wait], 1.1e-6),
            ("stake", 4, stake / minor, 0.001),
            ("cost", 5, (open.cost[t] - treatment.complaint_cost.0 as f64) / minor, 0.001),
            ("complaint_cost", 6, treatment.complaint_cost.0 as f64 / minor, 0.001),
            ("discount", 7, self.menu.today(t), 1e-9),
        ];
        for (name, column, should, within) in is {
            let logged = self.log.numbers[column][row];
            if (logged - should).abs() > within || logged.is_nan() != should.is_nan() {
                let what = format!("the log says {name} = {logged}, and it is {should}");
                tally.violation(self.name(told.case), &treatment.name, "value", what);
            }
        }
    }

    /// What the log says that a treatment brings over waiting, in whole minor units.
    fn logged_gain(&self, case: usize, t: usize) -> f64 {
        let gain = self.log.numbers[0][case * self.of.policy.treatments.len() + t] * 10f64.powi(i32::from(self.of.minor_digits));
        if gain.is_finite() { gain.round() } else { 0.0 }
    }

    /// Law is vetoed while something softer that is open was not tried in this episode, or is worth as much.
    fn law(&self, told: &[Told<'_>], found: &mut [Vec<Found>]) {
        let policy = self.of.policy;
        let law = |t: usize| policy.treatments[t].family == Family::Legal;
        let laws: Vec<usize> = (0..policy.treatments.len()).filter(|t| law(*t)).collect();
        // Mostly something stands in its way already.
        if !found.iter().any(|found| laws.iter().any(|t| found[*t].vetoes == 0)) {
            return;
        }
        let vetoed: Vec<u32> = found.iter().map(|f| (0..f.len()).filter(|t| f[*t].vetoes != 0).fold(0, |set, t| set | 1 << t)).collect();
        let elsewhere = self.menu.covering(vetoed.iter().fold(0, |all, set| all | set));
        for (k, told) in told.iter().enumerate() {
            let free = |t: usize| (vetoed[k] | elsewhere) & (1 << t) == 0;
            let softer: Vec<usize> =
                (0..policy.treatments.len()).filter(|t| !law(*t) && policy.treatments[*t].name != "human_review" && free(*t)).collect();
            for t in laws.iter().copied().filter(|t| free(*t)) {
                if softer.iter().any(|other| self.logged_gain(told.case, *other) >= self.logged_gain(told.case, t)) {
                    found[k][t].vetoes |= self.bits.law_worth;
                }
                // One try of anything on a rung is a try of that step.
                let firm = |other: &usize| policy.treatments[*other].rung > 0 && policy.treatments[*other].family != Family::Assist;
                let records = |other: &usize| policy.treatments[*other].channel.name() != "none";
                let untried = |other: &usize| {
                    let rung = policy.treatments[*other].rung;
                    let beside = (0..policy.treatments.len()).filter(|o| firm(o) && policy.treatments[*o].rung == rung);
                    firm(other) && records(other) && beside.map(|o| told.first_try(policy.treatments[o].channel.name())).all(|day| day.is_none())
                };
                if softer.iter().any(untried) {
                    found[k][t].vetoes |= self.bits.law_untried;
                }
            }
        }
    }

    /// The cases of a borrower to choose for.
    fn open(&self, told: &[Told<'_>], found: &[Vec<Found>]) -> Vec<Open> {
        let policy = self.of.policy;
        let wait = policy.place("wait").unwrap_or(0);
        let mut open: Vec<Open> = told
            .iter()
            .zip(found)
            .map(|(told, found)| {
                let share = self.of.share[told.case].clamp(1e-6, 1.0 - 1e-6);
                let odds = |effect: f64| share / (1.0 - share) * (effect - policy.reference.effect).exp();
                let won = |t: usize| odds(policy.treatments[t].effect) / (1.0 + odds(policy.treatments[t].effect));
                let under = |t: usize| match &policy.treatments[t].court {
                    Some(court) => won(wait) * (1.0 - court.collects) + won(t) * court.collects,
                    None => won(t),
                };
                let stake = self.of.situation.cases.stake[told.case].known().unwrap_or(0) as f64;
                let under: Vec<f64> = (0..found.len()).map(under).collect();
                Open {
                    vetoed: (0..found.len()).filter(|t| found[*t].vetoes != 0).fold(0, |set, t| set | 1 << t),
                    // What is chosen is chosen by whole minor units; that those of the log are right is checked row by row.
                    gross: (0..found.len()).map(|t| self.logged_gain(told.case, t) + self.menu.cost(policy, t, stake)).collect(),
                    by_parts: (0..found.len()).map(|t| self.menu.gross(t, stake, under[t] - under[wait])).collect(),
                    cost: (0..found.len()).map(|t| self.menu.cost(policy, t, stake)).collect(),
                    under,
                    led: None,
                }
            })
            .collect();
        let elsewhere = self.menu.vetoed_somewhere(&open);
        for (k, told) in told.iter().enumerate() {
            let free = |t: usize| open[k].vetoed & (1 << t) == 0 && elsewhere & (1 << t) == 0;
            open[k].led = self.led(told, &found[k], &free);
        }
        open
    }

    /// Where a case is led: by a hold, by care, to a person who finds a channel, by ability and willingness; in that order.
    fn led(&self, told: &Told<'_>, found: &[Found], free: &dyn Fn(usize) -> bool) -> Option<(usize, &'static str)> {
        let policy = self.of.policy;
        for hold in policy.holds.iter().filter(|h| told.holds(h.name)) {
            if let Some(place) = hold.recommend.filter(|p| free(*p)) {
                return Some((place, "hold"));
            }
        }
        let flagged = told.needs_care();
        if flagged
            && told.plan_since_flag().is_none()
            && let Some(place) = policy.care.offer.iter().copied().find(|p| free(*p))
        {
            return Some((place, "care"));
        }
        let accessible = self.bits.accessible;
        if flagged && found.iter().any(|f| f.vetoes & accessible != 0) {
            let contact = |t: &usize| policy.treatments[*t].channel.is_contact();
            let only_channel = (0..found.len()).filter(contact).any(|t| found[t].vetoes == accessible);
            if only_channel && !(0..found.len()).filter(contact).any(free) {
                return policy.place("human_review").filter(|p| free(*p)).map(|place| (place, "access"));
            }
        }
        let route = policy.routes.iter().find(|r| r.quadrant == self.quadrant(told.case))?;
        route.prefer.iter().chain(&route.recommend).copied().find(|p| free(*p)).map(|place| (place, "routing"))
    }

    fn quadrant(&self, case: usize) -> &'static str {
        self.of.situation.quadrants.get(case).map_or("unknown", |q| q.name())
    }

    /// Every rule asked of every treatment of a case.
    fn rules(&self, told: &Told<'_>, conditions: &Conditions) -> Vec<Found> {
        let policy = self.of.policy;
        let n = policy.treatments.len();
        let mut found = vec![Found::default(); n];
        let bits = &self.bits;
        let mut speak = |says: Says, bit: Set, touched: &dyn Fn(usize) -> bool| {
            if says == Says::No {
                return;
            }
            for (_, found) in found.iter_mut().enumerate().filter(|(t, _)| touched(*t)) {
                found.vetoes |= bit;
                found.unknown |= if says == Says::Unknown { bit } else { 0 };
            }
        };
        let is_always = |t: usize| ["wait", "human_review"].contains(&policy.treatments[t].name.as_str());
        if !told.events_are_known() {
            speak(Says::Unknown, bits.events, &|t| !is_always(t));
        }
        for (hold, bit) in policy.holds.iter().zip(&bits.holds).filter(|(h, _)| told.holds(h.name)) {
            speak(Says::Yes, *bit, &|t| !hold.allow.contains(&t));
        }
        if told.holds("opt_out") {
            speak(Says::Yes, bits.opt_out, &|t| ["sms", "email", "app"].contains(&policy.treatments[t].channel.name()));
        }
        let zone = &self.zones.0[self.zones.1[told.case] as usize];
        let mut warnings: Vec<(usize, Set)> = Vec::new();
        for (k, guardrail) in policy.guardrails.iter().enumerate() {
            let in_force = guardrail.from <= told.day && told.day <= guardrail.until;
            let not_for = guardrail.pack.and_then(|p| conditions.packs[p].as_ref()).is_some_and(|c| c[told.case] == Some(false));
            if !in_force || not_for {
                continue;
            }
            let says = self.guardrail(k, told, conditions, zone);
            if guardrail.vetoes {
                speak(says, bits.guardrails[k], &|t| guardrail.blocks.contains(&t));
            } else if says != Says::No {
                warnings.extend(guardrail.blocks.iter().map(|t| (*t, bits.guardrails[k])));
            }
        }
        speak(Says::Yes, bits.together, &|t| zone.together & (1 << t) != 0);
        if told.needs_care() {
            let offered = told.plan_since_flag();
            if offered.is_none_or(|day| told.day.0 - day.0 < policy.care.wait_days) {
                speak(Says::Yes, bits.first, &|t| {
                    policy.treatments[t].rung > policy.care.gentle_rung && policy.treatments[t].family != Family::Assist
                });
            }
            speak(Says::Yes, bits.never, &|t| policy.care.never.contains(&t));
            if told.holds("vulnerable") {
                let book = self.of.situation.book;
                for account in book.accounts_of[told.borrower]..book.accounts_of[told.borrower + 1] {
                    let Some(named) = book.accessible_channels.of(account) else { continue };
                    let named: Vec<&str> = named.split_whitespace().collect();
                    speak(Says::Yes, bits.accessible, &|t| {
                        let channel = policy.treatments[t].channel;
                        channel.is_contact() && !named.contains(&channel.name())
                    });
                }
            }
        }
        if let Some((route, bit)) = policy.routes.iter().zip(&bits.routes).find(|(r, _)| r.quadrant == self.quadrant(told.case)) {
            speak(Says::Yes, *bit, &|t| !route.allow.contains(&t));
        }
        if ["referred", "filed", "judgment", "enforcement"].contains(&told.legal_stage()) {
            speak(Says::Yes, bits.court, &|t| policy.treatments[t].family == Family::Legal);
        }
        let tried: Vec<Option<Day>> = policy.treatments.iter().map(|t| told.first_try(t.channel.name())).collect();
        for t in 0..n {
            speak(self.rung(told, t, &tried), bits.rung, &|other| other == t);
            if !policy.treatments[t].after.is_empty() {
                speak(self.after(told, t, &tried), bits.after, &|other| other == t);
            }
            if let Some(condition) = &conditions.eligible[t] {
                let says = condition[told.case].map_or(Says::Unknown, |holds| (!holds).into());
                speak(says, bits.eligible, &|other| other == t);
            }
        }
        if let Some(terms) = &policy.plan {
            speak(plan::none_payable(told, terms, 10f64.powi(i32::from(self.of.minor_digits))), bits.payable, &|t| {
                policy.treatments[t].name == "plan"
            });
        }
        for (t, rule) in warnings {
            found[t].warns |= rule;
        }
        found
    }

    fn guardrail(&self, k: usize, told: &Told<'_>, conditions: &Conditions, zone: &ZoneDay) -> Says {
        let policy = self.of.policy;
        match &policy.guardrails[k].rule {
            Rule::Sql(_) => conditions.guardrails[k].as_ref().and_then(|c| c[told.case]).map_or(Says::Unknown, Says::from),
            Rule::QuietHours(_) if zone.known => (zone.closed & (1 << k) != 0).into(),
            Rule::QuietHours(_) => Says::Unknown,
            Rule::ContactCount(rule) => rules::contact_count(told, rule),
            Rule::DaysSinceContact(rule) => rules::days_since_contact(told, rule),
            Rule::DaysSinceEvent { kinds, days } => rules::days_since_event(told, *kinds, *days),
            Rule::Hold(hold) if told.events_are_known() => hold.names().any(|name| told.holds(name)).into(),
            Rule::Hold(_) => Says::Unknown,
            Rule::ClaimLimit { of, most } => rules::claim_limit(told, *of, most.0, 10f64.powi(i32::from(self.of.minor_digits))),
            Rule::Limitation { years, from, interrupted_by } => rules::limitation(told, *years, *from, interrupted_by),
            Rule::Evidence(items) => rules::evidence(told, items),
        }
    }

    /// One rung at a time: the next lower rung (before law, the highest that is no law), or a higher one, was tried long enough ago.
    fn rung(&self, told: &Told<'_>, t: usize, tried: &[Option<Day>]) -> Says {
        let policy = self.of.policy;
        let this = &policy.treatments[t];
        let firm = |k: &usize| policy.treatments[*k].family != Family::Assist && policy.treatments[*k].rung > 0;
        if !firm(&t) {
            return Says::No;
        }
        let lower = (0..policy.treatments.len()).filter(firm).filter(|k| {
            let other = &policy.treatments[*k];
            other.rung < this.rung && !(this.family == Family::Legal && other.family == Family::Legal)
        });
        let Some(next) = lower.map(|k| policy.treatments[k].rung).max() else { return Says::No };
        if !told.contacts_are_known() {
            return Says::Unknown;
        }
        let climbed = (0..policy.treatments.len()).filter(firm).filter(|k| policy.treatments[*k].rung >= next);
        let first = climbed.filter_map(|k| tried[k]).min();
        first.is_none_or(|day| told.day.0 - day.0 < this.after_days).into()
    }

    fn after(&self, told: &Told<'_>, t: usize, tried: &[Option<Day>]) -> Says {
        let policy = self.of.policy;
        if !told.contacts_are_known() {
            return Says::Unknown;
        }
        let this = &policy.treatments[t];
        let long_ago = |k: &usize| tried[*k].is_some_and(|day| told.day.0 - day.0 >= this.after_days);
        (!this.after.iter().all(long_ago)).into()
    }
}
