//! What a reader of a model should know: contradicted expectations, shifts, lost orders, a calibration that does not hold.

use crate::base::config::{Direction, ModelSettings, TrendRule};
use crate::model::bin::{OrderKept, Trend};
use crate::model::evaluate::SampleEvaluation;
use crate::model::file::{CALIBRATION_NOTE, Term};
use crate::model::select::Candidate;

/// A stability index above this is a shift, by custom; it is told.
const SHIFT: f64 = 0.25;

/// That a feature says more against its expected direction than with it.
pub(super) fn contrary_note(candidate: &Candidate, settings: &ModelSettings) -> Option<String> {
    let bins = &candidate.binned.bins;
    let against = bins.against.filter(|against| *against > bins.information_value && *against >= settings.selection.min_information_value)?;
    let way = if settings.trend_of(&bins.name, candidate.expected) == TrendRule::Up { ["rising", "falling"] } else { ["falling", "rising"] };
    Some(format!(
        "{}: contradicts its expected direction: information value {:.3} {}, as expected, {against:.3} {}; if that makes sense, set its trend in [model.trends]",
        bins.name, bins.information_value, way[0], way[1]
    ))
}

/// What a reader should know of a feature.
pub(super) fn term_notes(term: &Term, months_known: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let name = &term.bins.name;
    if term.coefficient.value < 0.0 {
        notes.push(format!("{name}: its coefficient is negative, so beside the others it works against its own bins' rates"));
    }
    let found = term.bins.trend;
    let contradicts = matches!((term.expected, found), (Direction::Up, Trend::Down) | (Direction::Down, Trend::Up));
    if contradicts {
        notes.push(format!("{name}: its rate of repaid runs against the expected direction"));
    }
    let OrderKept { kept, months } = term.order_kept;
    if let Some(csi) = term.csi.filter(|csi| *csi > SHIFT) {
        notes.push(format!("{name}: cases moved between its bins from the first to the last training month, stability index {csi:.2}"));
    }
    if months_known && months >= 2 && 2 * kept <= months {
        notes.push(format!("{name}: its bins keep their order in {kept} of {months} training months only"));
    }
    notes
}

/// Whether the calibration slope out of time lies where it should.
pub(super) fn slope_note(evaluation: &[SampleEvaluation], range: [f64; 2]) -> Option<String> {
    let found = evaluation.iter().find(|s| s.sample == "out_of_time")?.calibration.as_ref()?;
    let ([low, high], [least, most]) = (found.interval, range);
    if low >= least && high <= most {
        return None;
    }
    let verdict = if high < least || low > most { "lies outside" } else { "is not shown to lie within" };
    Some(format!("{CALIBRATION_NOTE} {:.2} (95 % interval {low:.2} to {high:.2}) {verdict} {least} to {most}", found.slope))
}
