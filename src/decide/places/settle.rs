//! What is settled before anything is optimised: who is drawn by lot, and who is led somewhere by a hold, care, access or a route.

use super::OPEN;
use super::lots::{Drawn, Lot, explored, is_control};
use super::rows::Rows;
use super::ways::Ways;
use crate::base::problem::{Failure, Problem, Result};
use crate::data::cases::Cases;
use crate::decide::allocate::MILLIONTHS;
use crate::decide::choose::{Because, Decided};
use crate::decide::facts::softening;
use crate::decide::policy::Policy;
use std::ops::Range;

/// The lot of a decision unit.
pub(super) struct Draw {
    pub drawn: Drawn,
    /// What the lot gives; none where the policy decides.
    pub given: Option<u8>,
    control: f64,
    explore: f64,
    among: u32,
    keep: u8,
}

impl Draw {
    /// The lot of one of its cases, which the policy would give this.
    pub fn lot(&self, by_policy: u8) -> Lot {
        Lot { drawn: self.drawn, control: self.control, explore: self.explore, keep: self.keep, among: self.among, by_policy }
    }
}

/// Draws for every decision unit.
///
/// # Errors
/// `exploration.too_large`: guardrails leave fewer borrowers a choice than the policy wants to try something on.
pub(super) fn draw(cases: &Cases, policy: &Policy, groups: &[Range<usize>], decided: &[Decided], free: &[u32]) -> Result<Vec<Draw>> {
    let wait = policy.place("wait").unwrap_or(0);
    let flags = softening();
    let everywhere = |range: &Range<usize>, t: usize| range.clone().all(|case| free[case] & (1 << t) != 0);
    let none = || Draw { drawn: Drawn::Policy, given: None, control: 0.0, explore: 0.0, among: 0, keep: wait as u8 };
    if policy.control.is_none() && policy.exploration.is_none() {
        return Ok(groups.iter().map(|_| none()).collect());
    }
    let mut draws: Vec<Draw> = groups
        .iter()
        .map(|range| {
            let mut draw = none();
            let of = &decided[range.clone()];
            let kept_out = of.iter().any(|d| {
                flags.iter().any(|flag| d.fired.holds.has(*flag)) || matches!(d.because, Because::Hold(_) | Because::Care | Because::Access)
            });
            if kept_out {
                return draw;
            }
            if let Some(control) = &policy.control {
                draw.control = control.share;
                draw.keep = if everywhere(range, control.keep) { control.keep } else { wait } as u8;
            }
            if let Some(exploration) = &policy.exploration
                && !of.iter().any(|d| matches!(d.because, Because::Route(_)))
            {
                let open = exploration.among.iter().filter(|t| everywhere(range, **t)).fold(0u32, |set, t| set | 1 << t);
                draw.among = if open.count_ones() >= 2 { open } else { 0 };
            }
            draw
        })
        .collect();
    let open = draws.iter().filter(|d| d.among != 0).count();
    if let Some(exploration) = &policy.exploration {
        let chance = if open == 0 { f64::INFINITY } else { exploration.share * groups.len() as f64 / open as f64 };
        if chance > 1.0 {
            let left = open as f64 / groups.len().max(1) as f64;
            return Err(Problem::error("exploration.too_large", "the policy wants to try treatments on more borrowers than have a choice")
                .file(policy.file.display().to_string())
                .column("exploration.share")
                .value(exploration.share.to_string())
                .rule(format!(
                    "at most {left:.4}: {open} of {} decision units have two or more of [exploration] among that nothing vetoes",
                    groups.len()
                ))
                .help("lower the share, or name treatments that more cases may get; guardrails are not for sale")
                .fail());
        }
        draws.iter_mut().filter(|d| d.among != 0).for_each(|d| d.explore = chance);
    }
    for (range, draw) in groups.iter().zip(&mut draws) {
        let borrower = cases.borrower_id(range.start);
        if draw.control > 0.0 && is_control(policy, borrower) {
            (draw.drawn, draw.given) = (Drawn::Control, Some(draw.keep));
        } else if draw.among != 0
            && let Some(t) = explored(policy, borrower, cases.as_of[range.start], draw.explore, draw.among)
        {
            (draw.drawn, draw.given) = (Drawn::Exploration, Some(t as u8));
        }
    }
    Ok(draws)
}

/// Lots alone take more than there is.
pub(super) fn too_large(policy: &Policy, rows: &Rows, row: usize, left: f64) -> Failure {
    Problem::error("exploration.too_large", "what is given by lot takes more than there is")
        .file(policy.file.display().to_string())
        .value(format!("{} more than {}", -left / MILLIONTHS, rows.name(&policy.capacity, row)))
        .rule("[control] keep and [exploration] among within the capacities")
        .help("lower the share, or leave out the treatment that takes this resource")
        .fail()
}

/// What settling looks at.
pub struct Settling<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Its treatments as ways.
    pub ways: &'a Ways,
    /// What is limited.
    pub rows: &'a Rows,
    /// What is at stake, in minor units.
    pub stake: &'a (dyn Fn(usize) -> f64 + Sync),
}

impl Settling<'_> {
    fn charge(&self, range: &Range<usize>, case: usize, treatment: usize) -> Vec<(u16, f64)> {
        let at = self.ways.at(range, case, treatment);
        self.rows.charge(self.policy, self.rows.seat[at], treatment, (self.stake)(at))
    }

    /// Takes what a unit's settled cases need.
    pub fn take(&self, range: &Range<usize>, settled: &[u8], left: &mut [f64]) {
        let mut paid = 0u32;
        for case in range.clone().filter(|case| settled[*case] != OPEN) {
            let t = usize::from(settled[case]);
            if self.ways.covers[t] && paid & (1 << t) != 0 {
                continue;
            }
            paid |= if self.ways.covers[t] { 1 << t } else { 0 };
            self.charge(range, case, t).iter().for_each(|(row, amount)| left[usize::from(*row)] -= amount);
        }
    }

    /// Gives who is led somewhere their places, as long as there are any: holds first, then care, access, routes; of each the larger gain first.
    /// How many found none: they stay open.
    pub fn lead(&self, groups: &[Range<usize>], led: &[Option<Led>], settled: &mut [u8], left: &mut [f64]) -> u64 {
        let mut order: Vec<(Led, usize, usize)> = Vec::new();
        for (group, range) in groups.iter().enumerate() {
            order.extend(range.clone().filter(|case| settled[*case] == OPEN).filter_map(|case| led[case].map(|led| (led, case, group))));
        }
        order.sort_by(|(a, x, _), (b, y, _)| a.stage.cmp(&b.stage).then(b.gain.total_cmp(&a.gain)).then(x.cmp(y)));
        let mut without = 0;
        for (led, case, group) in order {
            let range = &groups[group];
            let t = usize::from(led.to);
            let has = self.ways.covers[t] && range.clone().any(|c| usize::from(settled[c]) == t);
            let charge = if has { Vec::new() } else { self.charge(range, case, t) };
            let fits = |(row, amount): &(u16, f64)| *amount <= 0.0 || *amount <= left[usize::from(*row)];
            if charge.iter().all(fits) {
                charge.iter().for_each(|(row, amount)| left[usize::from(*row)] -= amount);
                settled[case] = t as u8;
            } else {
                without += 1;
            }
        }
        without
    }
}

/// Where a case is led before value is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Led {
    /// 0 by a hold, 1 by care, 2 by access, 3 by a route.
    pub stage: u8,
    /// The treatment.
    pub to: u8,
    /// What it gains over waiting, in minor units.
    pub gain: f64,
}

impl Led {
    /// Where a case is led; none where value decides.
    pub fn of(because: Because, to: u8, gain: f64) -> Option<Led> {
        let stage = match because {
            Because::Hold(_) => 0,
            Because::Care => 1,
            Because::Access => 2,
            Because::Route(_) => 3,
            _ => return None,
        };
        Some(Led { stage, to, gain })
    }
}
