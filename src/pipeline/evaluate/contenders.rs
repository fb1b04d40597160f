//! The models and the baselines as what ranks cases.

use crate::base::config::{Direction, SubScore};
use crate::base::problem::Result;
use crate::data::cases::Cases;
use crate::data::features::{FeatureColumn, Values};
use crate::data::observe::Observed;
use crate::decide::score::Scored;
use crate::model::bin::{Ask, Limits, Objective, Rows, Target, Trend, fit_bins};
use crate::model::evaluate::pick;
use crate::study::evaluate::Contender;

/// A ranking by one fact.
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) meaning: &'static str,
    /// The feature that holds it.
    pub(super) feature: &'static str,
    /// Whether money is captured by more of it first: otherwise in the order of the chance to repay.
    most_first: bool,
}

/// A baseline and its ranking of the evaluated cases.
type FactContender = (Fact, Contender);

/// The baselines.
pub(super) const FACTS: [Fact; 3] = [
    Fact { name: "dpd", meaning: "days past due alone: fewer rank higher", feature: "dpd", most_first: false },
    Fact {
        name: "days_since_payment",
        meaning: "days since the last payment alone: fewer rank higher, never paid last",
        feature: "days_since_payment",
        most_first: false,
    },
    Fact {
        name: "arrears_rank",
        meaning: "arrears alone: smaller rank higher; for money captured, larger come first",
        feature: "arrears",
        most_first: true,
    },
];

/// Expected share × what is at stake, in minor units; `NaN` where nobody knows what is.
pub(super) fn expected_recovery(of: &Scored<'_>, cases: &Cases, row: u32) -> f64 {
    let k = row as usize;
    cases.stake[k].known().map_or(f64::NAN, |stake| stake as f64 * of.expected_share().of[k])
}

/// A model on the evaluated cases. Money is captured in the order of expected recovery: expected share × what is at stake.
pub(super) fn of_model(name: &str, scored: &Scored<'_>, cases: &Cases, rows: &[u32]) -> Contender {
    // A case without an amount at stake comes last.
    let expected = |r: &u32| Some(expected_recovery(scored, cases, *r)).filter(|x| !x.is_nan()).unwrap_or(0.0);
    Contender {
        name: name.to_string(),
        baseline: false,
        score: rows.iter().map(|r| scored.score[*r as usize].log_odds()).collect(),
        probability: pick(&scored.probability, rows),
        money_order: rows.iter().map(expected).collect(),
    }
}

/// The baselines that the book has a fact for, and why others are missing. Probabilities are the shares repaid of the bins of `train`.
pub(super) fn baselines(observed: &Observed, rows: &[u32], train: &[u32]) -> Result<(Vec<FactContender>, Vec<String>)> {
    let (mut found, mut notes) = (Vec::new(), Vec::new());
    let cases = &observed.cases;
    for fact in FACTS {
        let values: Vec<f64> = match (fact.feature, observed.features.get(fact.feature).map(|c| &c.values)) {
            ("dpd", _) => cases.dpd.iter().map(|d| f64::from(*d)).collect(),
            (_, Some(Values::Number(values))) => values.clone(),
            _ => Vec::new(),
        };
        if rows.iter().all(|r| values.get(*r as usize).is_none_or(|x| x.is_nan())) {
            notes.push(format!("no baseline `{}`: the book knows no {} of any case", fact.name, fact.feature.replace('_', " ")));
            continue;
        }
        let score: Vec<f64> = rows.iter().map(|r| values[*r as usize]).map(|x| if x.is_nan() { f64::NEG_INFINITY } else { -x }).collect();
        let money_order = score.iter().map(|x| if fact.most_first && x.is_finite() { -x } else { *x }).collect();
        let probability = probabilities(&fact, values, cases, rows, train)?;
        let contender = Contender { name: fact.name.into(), baseline: true, score, probability, money_order };
        found.push((fact, contender));
    }
    Ok((found, notes))
}

/// The share repaid of each case's bin in training; empty without training cases of both outcomes.
fn probabilities(fact: &Fact, values: Vec<f64>, cases: &Cases, rows: &[u32], train: &[u32]) -> Result<Vec<f64>> {
    let outcome: Vec<f64> = train.iter().map(|r| f64::from(u8::from(cases.repaid[*r as usize]))).collect();
    let repaid: f64 = outcome.iter().sum();
    if repaid <= 0.0 || repaid >= outcome.len() as f64 {
        return Ok(Vec::new());
    }
    let column = FeatureColumn {
        name: fact.name.into(),
        meaning: fact.meaning.into(),
        expected: Direction::Down,
        sub_score: SubScore::Neither,
        values: Values::Number(values),
    };
    let limits = Limits { max_bins: 8, min_share: 0.02, min_events: 10.0, prebins: 100, objective: Objective::InformationValue };
    let ask = Ask { column: &column, trend: Trend::Free, specials: &[], by_hand: None };
    let (binned, _) = fit_bins(&[ask], Rows::Some(train), &Target { outcome: &outcome, weight: None }, &limits)?;
    let book = repaid / outcome.len() as f64;
    let Some(bins) = binned.first().map(|b| &b.bins) else { return Ok(vec![book; rows.len()]) };
    let codes = bins.cut.codes(&column, Rows::Some(rows));
    // Half a case of each outcome beside what was seen, so that no bin is certain.
    let rate = |code: &u8| {
        let bin = &bins.bins[usize::from(*code)];
        (bin.repaid + book) / (bin.weight + 1.0)
    };
    Ok(codes.iter().map(rate).collect())
}

/// The amount that each case repaid in its window, in minor units; empty unless it is known of all.
pub(super) fn paid_amounts(cases: &Cases, rows: &[u32]) -> Vec<f64> {
    let of = |r: &u32| {
        let k = *r as usize;
        let share = cases.paid_ratio[k];
        cases.arrears[k].known().filter(|_| share.is_finite()).map(|arrears| (arrears as f64 * share).round())
    };
    rows.iter().map(of).collect::<Option<Vec<f64>>>().unwrap_or_default()
}
