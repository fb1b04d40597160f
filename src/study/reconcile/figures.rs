//! Figures of each team and strategy: how often the work was done as recommended, and how often borrowers were reached and promised.

use super::{Deed, Difference, Outcome, Run};
use crate::study::rolls::wilson;
use serde::Serialize;
use std::collections::BTreeMap;

/// A share with its count and its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Rate {
    /// Lines of which it holds.
    pub count: u64,
    /// Lines whose result is known.
    pub n: u64,
    /// The share; none where no result is known.
    pub share: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl Rate {
    fn of(count: u64, n: u64) -> Rate {
        if n == 0 {
            return Rate::default();
        }
        let share = count as f64 / n as f64;
        let (low, high) = wilson(share, n as f64);
        Rate { count, n, share: Some(share), low: Some(low), high: Some(high) }
    }
}

/// What became of the cases of a team that got a strategy.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// The team; empty where neither the run nor a line says.
    pub team: String,
    /// What was recommended.
    pub strategy: String,
    /// Cases.
    pub recommended: u64,
    /// Done as recommended; of waiting, left alone.
    pub as_recommended: u64,
    /// Something else was done.
    pub otherwise: u64,
    /// Nothing was done.
    pub not_done: u64,
    /// Something was done although waiting was recommended.
    pub without_recommendation: u64,
    /// Something was done that a rule vetoes.
    pub against_veto: u64,
    /// Of what was done with a known result, the borrower was reached.
    pub reached: Rate,
    /// And promised to pay.
    pub promised: Rate,
}

impl Figures {
    fn add(&mut self, how: Difference) {
        self.recommended += 1;
        *match how {
            Difference::AsRecommended => &mut self.as_recommended,
            Difference::Otherwise => &mut self.otherwise,
            Difference::NotDone => &mut self.not_done,
            Difference::WithoutRecommendation => &mut self.without_recommendation,
            Difference::AgainstVeto => &mut self.against_veto,
        } += 1;
    }
}

/// The figures, by team in the order of their names, and in each by strategy in the order of the policy. A case belongs to the team that the run names;
/// where it names none, to that of its first line.
pub(super) fn figures(run: &Run<'_>, deeds: &[Deed], outcomes: &[Outcome]) -> Vec<Figures> {
    let team_of = |case: usize| {
        let of_run = &*run.cases[case].team;
        let of_lines = || outcomes[case].deeds.iter().map(|k| deeds[*k].line.team.as_str()).find(|team| !team.is_empty());
        if of_run.is_empty() { of_lines().unwrap_or_default() } else { of_run }
    };
    let mut all: BTreeMap<(&str, usize), (Figures, [u64; 3])> = BTreeMap::new();
    for (case, outcome) in outcomes.iter().enumerate() {
        let entry = all.entry((team_of(case), run.cases[case].strategy)).or_default();
        entry.0.add(outcome.how);
    }
    // A contact is of the person: it counts once, where its first account stands.
    for deed in deeds.iter().filter(|deed| deed.is_ours() && deed.line.result.is_some()) {
        let Some(case) = deed.cases.first().map(|case| *case as usize) else { continue };
        let (_, [n, reached, promised]) = all.entry((team_of(case), run.cases[case].strategy)).or_default();
        *n += 1;
        *reached += u64::from(["reached", "promise", "refused"].contains(&deed.result()));
        *promised += u64::from(deed.result() == "promise");
    }
    let told = all.into_iter().map(|((team, strategy), (figures, [n, reached, promised]))| Figures {
        team: team.to_string(),
        strategy: run.policy.treatments[strategy].name.clone(),
        reached: Rate::of(reached, n),
        promised: Rate::of(promised, n),
        ..figures
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::Rate;

    #[test]
    fn a_rate_has_wilsons_interval() {
        // 3 of 10: centre (0.3 + 3.8415 ÷ 20) ÷ 1.38415 = 0.35551, half 1.96 × √(0.021 + 0.0096) ÷ 1.38415 = 0.24776.
        let rate = Rate::of(3, 10);
        let rounded = |x: Option<f64>| (x.unwrap() * 1e4).round() / 1e4;
        assert_eq!((rounded(rate.share), rounded(rate.low), rounded(rate.high)), (0.3, 0.1078, 0.6032));
        assert_eq!(Rate::of(0, 0), Rate::default());
    }
}
