//! What the settings ask of the bins of each feature, and the candidates that come of it.

use super::TrainingInput;
use crate::base::config::{Direction, ModelSettings, SpecialValue, SubScore, TrendRule};
use crate::base::problem::Result;
use crate::data::features::FeatureColumn;
use crate::model::bin::{Ask, Binned, Dropped, Limits, OrderKept, Rows, Special, Target, Trend, fit_bins};
use crate::model::interaction::axes;
use crate::model::select::Candidate;

pub(super) fn limits(settings: &ModelSettings) -> Limits {
    Limits {
        max_bins: settings.max_bins,
        min_share: settings.min_bin_share,
        min_events: settings.min_bin_events,
        prebins: settings.prebins,
        objective: settings.objective,
    }
}

fn trend(rule: TrendRule) -> Trend {
    match rule {
        TrendRule::Up => Trend::Up,
        TrendRule::Down => Trend::Down,
        TrendRule::Peak => Trend::Peak,
        TrendRule::Valley => Trend::Valley,
        TrendRule::Expected | TrendRule::Best => Trend::Best,
        TrendRule::Free => Trend::Free,
    }
}

/// The named special codes of a feature.
fn specials(settings: &ModelSettings, feature: &str) -> Vec<Special> {
    let named = settings.special.get(feature).into_iter().flatten();
    named
        .map(|(name, values)| Special {
            name: name.clone(),
            values: values.iter().filter_map(|v| if let SpecialValue::Number(x) = v { Some(*x) } else { None }).collect(),
            words: values.iter().filter_map(|v| if let SpecialValue::Word(w) = v { Some(w.clone()) } else { None }).collect(),
        })
        .collect()
}

pub(super) fn bin(columns: &[&FeatureColumn], input: &TrainingInput<'_>, target: &Target<'_>) -> Result<(Vec<Candidate>, Vec<Dropped>)> {
    let settings = input.settings;
    let special: Vec<Vec<Special>> = columns.iter().map(|c| specials(settings, &c.name)).collect();
    let asks = asks(columns, &special, settings);
    let (binned, dropped) = fit_bins(&asks, Rows::of(input.train, input.outcome.len()), target, &limits(settings))?;
    let candidate = |binned: Binned| {
        let column = columns.iter().find(|c| *c.name == *binned.bins.name);
        Candidate {
            expected: column.map_or(Direction::Free, |c| c.expected),
            sub_score: column.map_or(SubScore::Neither, |c| c.sub_score),
            vif: 1.0,
            csi: None,
            order_kept: OrderKept::default(),
            binned,
        }
    };
    Ok((binned.into_iter().map(candidate).collect(), dropped))
}

/// The features cut finely, for two-way tables.
pub(super) fn fine(
    columns: &[&FeatureColumn],
    input: &TrainingInput<'_>,
    target: &Target<'_>,
    value_of: impl Fn(&str) -> f64,
) -> Result<Vec<Binned>> {
    let special: Vec<Vec<Special>> = columns.iter().map(|c| specials(input.settings, &c.name)).collect();
    axes(&asks(columns, &special, input.settings), Rows::of(input.train, input.outcome.len()), target, value_of)
}

fn asks<'a>(columns: &[&'a FeatureColumn], special: &'a [Vec<Special>], settings: &'a ModelSettings) -> Vec<Ask<'a>> {
    columns
        .iter()
        .zip(special)
        .map(|(column, specials)| Ask {
            column,
            trend: trend(settings.trend_of(&column.name, column.expected)),
            specials,
            by_hand: settings.bins.get(&*column.name),
        })
        .collect()
}
