//! The run page: the report of the day that `score` leaves in its folder.

use super::chart::{COLOURS, Chart, round_ticks};
use super::{Lang, fill};
use crate::base::bilingual::Bilingual;
use crate::base::problem::{Problem, Result};
use crate::base::units::Bucket;
use crate::data::check::TableCount;
use crate::decide::places::{CapacitySummary, FrontierSummary};
use crate::report::summary::TopCase;
use minijinja::{Value, context};
use serde::Serialize;
use std::collections::BTreeMap;

/// What the run page shows; `report.json` holds the same.
#[derive(Debug, Serialize)]
pub struct RunPage {
    /// Project name.
    pub project: String,
    /// The day.
    pub as_of: String,
    /// Version of the engine.
    pub engine_version: &'static str,
    /// The model's digest.
    pub model: String,
    /// The policy and its version.
    pub policy: String,
    /// Currency code.
    pub currency: String,
    /// Accounts looked at.
    pub observations: u64,
    /// Cases ranked.
    pub cases: u64,
    /// Observations that are no case, by reason.
    pub excluded: BTreeMap<String, u64>,
    /// What is at stake in all cases, in major units.
    pub stake: f64,
    /// Expected recovery under the recommended strategies, in major units.
    pub expected_recovery: f64,
    /// Expected gain over waiting, after costs, in major units.
    pub expected_gain: f64,
    /// Cost, in major units.
    pub cost: f64,
    /// By bucket.
    pub by_bucket: Vec<Part>,
    /// By recommended strategy, in the policy's order.
    pub by_strategy: Vec<Part>,
    /// Names of the strategies, then for each bucket of `by_bucket` the cases of each.
    pub strategies: Vec<String>,
    /// Cases by bucket and strategy.
    pub matrix: Vec<Vec<u64>>,
    /// The first cases.
    pub top: Vec<TopCase>,
    /// Rules that vetoed something, in the order in which they speak.
    pub vetoes: Vec<VetoCount>,
    /// Disputes and complaints to be answered and limitation periods that end soon: how many, and how many are late.
    pub deadlines: DeadlineCount,
    /// The first of them.
    pub due: Vec<DueLine>,
    /// Rows read, used and set aside, table by table.
    pub tables: Vec<TableCount>,
    /// Problems by code.
    pub problems: BTreeMap<String, u64>,
    /// What nobody measured.
    pub assumed: Vec<String>,
    /// What was handed out; none where the policy limits nothing.
    pub capacity: Option<CapacitySummary>,
}

/// A rule that vetoed something.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VetoCount {
    /// Its identifier.
    pub rule: String,
    /// What it says.
    pub text: Bilingual,
    /// By what authority; none for the policy's own.
    pub authority: Option<String>,
    /// Whether nobody saw its value in the primary text.
    pub unverified: bool,
    /// Cases for which it vetoed some treatment.
    pub cases: u64,
    /// Of those, for want of a fact.
    pub not_known: u64,
}

/// How many things must be done by a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeadlineCount {
    /// All that are listed.
    pub open: u64,
    /// Those whose day has passed.
    pub late: u64,
}

/// One thing that must be done by a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DueLine {
    /// The day.
    pub by: String,
    /// Days that are left; negative once it is late.
    pub days_left: i32,
    /// `dispute`, `complaint` or `limitation`.
    pub kind: &'static str,
    /// The borrower.
    pub borrower: String,
    /// The account; none where it is of the borrower as a whole.
    pub account: Option<String>,
}

/// Some of the cases.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Part {
    /// Which.
    pub name: String,
    /// Cases.
    pub n: u64,
    /// Mean probability of *repaid*.
    pub mean_probability: Option<f64>,
    /// At stake, in major units.
    pub stake: f64,
    /// Expected recovery, in major units.
    pub expected_recovery: f64,
    /// Expected gain over waiting, in major units.
    pub expected_gain: f64,
    /// Cost, in major units.
    pub cost: f64,
}

/// One case, as the parts add it up.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Bucket.
    pub bucket: Bucket,
    /// Place of the recommended strategy.
    pub strategy: usize,
    /// Probability of *repaid*.
    pub probability: f64,
    /// At stake, in major units.
    pub stake: f64,
    /// Expected recovery.
    pub expected_recovery: f64,
    /// Expected gain.
    pub expected_gain: f64,
    /// Cost.
    pub cost: f64,
}

impl RunPage {
    /// Adds up the cases by bucket and by strategy.
    pub fn add_up(&mut self, lines: impl Iterator<Item = Line>) {
        let blank = |name: &String| Part { name: name.clone(), ..Part::default() };
        self.by_strategy = self.strategies.iter().map(blank).collect();
        self.by_bucket = Bucket::NAMES.iter().map(|n| blank(&n.to_string())).collect();
        self.matrix = vec![vec![0; self.strategies.len()]; self.by_bucket.len()];
        for line in lines {
            let bucket = usize::from(line.bucket.0);
            self.by_bucket[bucket].add(line);
            self.by_strategy[line.strategy].add(line);
            self.matrix[bucket][line.strategy] += 1;
            self.stake += line.stake;
            self.expected_recovery += line.expected_recovery;
            self.expected_gain += line.expected_gain;
            self.cost += line.cost;
        }
        let kept: Vec<bool> = self.by_bucket.iter().map(|p| p.n > 0).collect();
        let mut place = kept.iter();
        self.matrix.retain(|_| place.next().copied().unwrap_or(false));
        self.by_bucket.retain(|p| p.n > 0);
        for part in self.by_bucket.iter_mut().chain(&mut self.by_strategy) {
            part.settle();
        }
        let cents = |x: &mut f64| *x = (*x * 100.0).round() / 100.0 + 0.0;
        [&mut self.stake, &mut self.expected_recovery, &mut self.expected_gain, &mut self.cost].into_iter().for_each(cents);
    }
}

impl Part {
    fn add(&mut self, line: Line) {
        self.n += 1;
        self.mean_probability = Some(self.mean_probability.unwrap_or(0.0) + line.probability);
        self.stake += line.stake;
        self.expected_recovery += line.expected_recovery;
        self.expected_gain += line.expected_gain;
        self.cost += line.cost;
    }

    /// Sums to means and rounded amounts.
    fn settle(&mut self) {
        self.mean_probability = self.mean_probability.map(|sum| (sum / self.n as f64 * 1e6).round() / 1e6);
        for amount in [&mut self.stake, &mut self.expected_recovery, &mut self.expected_gain, &mut self.cost] {
            *amount = (*amount * 100.0).round() / 100.0 + 0.0;
        }
    }
}

/// The run page.
///
/// # Errors
/// `page.template`: a template that does not fit its figures, which is our own fault.
pub fn run_page(page: &RunPage, lang: Lang) -> Result<String> {
    let json = serde_json::to_value(page).map_err(|e| Problem::error("file.json", e.to_string()).fail())?;
    let figures = serde_json::json!({ "run": json });
    let names = if lang == Lang::Chinese { ["账龄阶段", "案件数"] } else { ["bucket", "cases"] };
    let context = context! {
        r => Value::from_serialize(&figures["run"]),
        buckets => bars(page, names),
        frontiers => frontiers(page, lang),
    };
    fill(include_str!("run.html"), lang, figures, context)
}

/// Cases by bucket, a bar each.
fn bars(page: &RunPage, names: [&str; 2]) -> String {
    let top = page.by_bucket.iter().map(|p| p.n).max().unwrap_or(1) as f64;
    let mut chart = Chart::new([0.5, page.by_bucket.len() as f64 + 0.5], [0.0, top]);
    for (k, part) in page.by_bucket.iter().enumerate() {
        chart.bar([k as f64 + 0.6, k as f64 + 1.4], [0.0, part.n as f64], COLOURS[0]);
    }
    let ticks: Vec<(f64, String)> = page.by_bucket.iter().enumerate().map(|(k, p)| ((k + 1) as f64, p.name.clone())).collect();
    chart.finish("cases by bucket", names, &ticks, &round_ticks([0.0, top]))
}

/// What each resource is worth at other capacities, a chart each: the line is what can be gained at most, the point what is gained.
fn frontiers(page: &RunPage, lang: Lang) -> Vec<String> {
    let Some(capacity) = &page.capacity else { return Vec::new() };
    let gained: f64 = capacity.worth.parse().unwrap_or(f64::NAN);
    let chart = |of: &FrontierSummary| {
        let points: Vec<[f64; 2]> = of.points.iter().map(|p| [p.capacity, p.at_most_number]).collect();
        let range = |k: usize| points.iter().map(|p| p[k]).fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)]);
        let (x, mut y) = (range(0), range(1));
        y = [y[0].min(gained), y[1].max(gained)];
        // What hardly moves is a level line, not the noise of the last digits.
        let least = 0.02 * y[1].abs().max(1.0);
        if y[1] - y[0] < least {
            y = [y[0] - least, y[1] + least];
        }
        let mut chart = Chart::new(x, y);
        chart.line(&points, 0);
        let limits = capacity.limits.iter().filter(|l| l.resource == of.resource && l.of != "minimum");
        let (run, teams): (Vec<_>, Vec<_>) = limits.partition(|l| l.of == "run");
        let stated: f64 = if run.is_empty() { teams.iter().map(|l| l.amount).sum() } else { run.iter().map(|l| l.amount).sum() };
        chart.point(stated, gained, None, 1);
        let names = [of.label.get(lang), lang.pick("net gain, at most", "净增量上限")];
        chart.finish(of.label.get(lang), names, &round_ticks(x), &round_ticks(y))
    };
    capacity.frontier.iter().map(chart).collect()
}
