//! What each command found, as one plain value: `--json` prints it, the terminal lays it out, later pages show it.

use super::page::DeadlineCount;
use crate::base::config::Project;
use crate::base::dates::Day;
use crate::base::problem::Problems;
use crate::base::units::Bucket;
use crate::data::cases::{Cases, Maturity, Outcomes};
use crate::data::check::TableCount;
use crate::data::observe::Observed;
use crate::decide::places::CapacitySummary;
use crate::decide::table::ScoredTable;
use crate::model::bin::Dropped;
use crate::model::diff::Difference;
use crate::model::evaluate::SampleEvaluation;
use crate::model::file::{Estimate, Model, RoundingCost};
use crate::model::share::ShareEvaluation;
use crate::study::compare::{Comparison, PolicyResult};
use crate::study::prove::Proof;
use crate::study::rolls::{ALL, BucketFlows, CureRate, RelapseRate, RollRate, Rolls};
use crate::study::verify::Certificate;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// What `check` found.
#[derive(Debug, Serialize)]
pub struct CheckSummary {
    /// Project name.
    pub project: String,
    /// Each table's rows.
    pub tables: Vec<TableCount>,
    /// First and last day of the data; `None` if an error kept the portfolio from being built.
    pub data_from: Option<Day>,
    /// Last day of the data.
    pub data_until: Option<Day>,
    /// Whether that day was inferred from the records.
    pub data_until_inferred: bool,
    /// Accounts used.
    pub accounts: usize,
    /// Borrowers used.
    pub borrowers: usize,
    /// Errors found.
    pub errors: u64,
    /// Warnings found.
    pub warnings: u64,
    /// Notes.
    pub notes: u64,
    /// How often each code was found.
    pub by_code: BTreeMap<&'static str, u64>,
    /// What the project declares, each with the name of who says so.
    pub assumed: Vec<String>,
    /// The problems themselves.
    #[serde(skip)]
    pub problems: Problems,
}

/// What `cases` found.
#[derive(Debug, Serialize)]
pub struct CasesSummary {
    /// Project name.
    pub project: String,
    /// What *repaid* means here.
    pub outcome: String,
    /// Times an account was looked at.
    pub observations: u64,
    /// Cases: observations within the population.
    pub cases: usize,
    /// Borrowers with a case.
    pub borrowers: usize,
    /// Cases whose outcome is known.
    pub mature_cases: usize,
    /// Share of them repaid.
    pub repaid_share: Option<f64>,
    /// Observations that became no (mature) case, by reason.
    pub excluded: BTreeMap<&'static str, u64>,
    /// The same by bucket.
    pub by_bucket: Vec<BucketCount>,
    /// What became of the cases by each definition, whatever the project's own rule.
    pub outcomes: Vec<OutcomeShare>,
    /// How the episodes written ended, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub episodes_by_end: Option<BTreeMap<&'static str, u64>>,
    /// What the project declares.
    pub assumed: Vec<String>,
}

/// How many cases an outcome is known of, and of how many it holds.
#[derive(Debug, Serialize)]
pub struct OutcomeShare {
    /// The outcome.
    pub outcome: &'static str,
    /// Cases of which it is known; of a relapse, cures whose 90 days have passed.
    pub n: usize,
    /// Share of them of which it holds.
    pub share: Option<f64>,
}

impl CasesSummary {
    /// Counts cases, outcomes and exclusions.
    pub fn of(project: &Project, observed: &Observed) -> CasesSummary {
        let cases = &observed.cases;
        let count = |wanted: &dyn Fn(usize) -> bool| {
            let chosen: Vec<usize> = (0..cases.len()).filter(|k| wanted(*k)).collect();
            let mature: Vec<usize> = chosen.iter().copied().filter(|k| cases.maturity[*k] == Maturity::Mature).collect();
            let repaid = mature.iter().filter(|k| cases.repaid[**k]).count();
            (chosen.len(), mature.len(), (!mature.is_empty()).then(|| repaid as f64 / mature.len() as f64))
        };
        let (all, mature_cases, repaid_share) = count(&|_| true);
        let mut borrowers = cases.borrower.clone();
        borrowers.dedup();
        CasesSummary {
            project: project.name.clone(),
            outcome: project.outcome.meaning(),
            observations: observed.observations,
            cases: all,
            borrowers: borrowers.len(),
            mature_cases,
            repaid_share,
            excluded: observed.excluded.clone(),
            by_bucket: (0..8)
                .map(Bucket)
                .map(|bucket| {
                    let (cases, mature_cases, repaid_share) = count(&|k| cases.bucket[k] == bucket);
                    BucketCount { bucket, cases, mature_cases, repaid_share }
                })
                .filter(|b| b.cases > 0)
                .collect(),
            outcomes: Outcomes::UNKNOWN.named().into_iter().enumerate().map(|(place, (outcome, _))| outcome_share(cases, place, outcome)).collect(),
            episodes_by_end: None,
            assumed: project.declared.sentences(project.currency.minor_digits),
        }
    }
}

fn outcome_share(cases: &Cases, place: usize, outcome: &'static str) -> OutcomeShare {
    let known = || cases.outcomes.iter().filter_map(|outcomes| outcomes.named()[place].1);
    let n = known().count();
    OutcomeShare { outcome, n, share: (n > 0).then(|| known().filter(|holds| *holds).count() as f64 / n as f64) }
}

/// Cases of one bucket.
#[derive(Debug, Serialize)]
pub struct BucketCount {
    /// The bucket.
    pub bucket: Bucket,
    /// Its cases.
    pub cases: usize,
    /// Those whose outcome is known.
    pub mature_cases: usize,
    /// Share of those repaid.
    pub repaid_share: Option<f64>,
}

/// What `train` made.
#[derive(Debug, Serialize)]
pub struct TrainSummary {
    /// Project name.
    pub project: String,
    /// The model file.
    pub model: String,
    /// What *repaid* means here.
    pub outcome: String,
    /// Training cases.
    pub train_cases: u64,
    /// Their observation dates, first and last.
    pub train_window: Option<[String; 2]>,
    /// Share of them repaid.
    pub train_repaid_share: f64,
    /// Out-of-time cases.
    pub test_cases: u64,
    /// Their observation dates.
    pub test_window: Option<[String; 2]>,
    /// AUC out of time; in training where there is no later case.
    pub auc: Option<f64>,
    /// The same of days past due alone.
    pub auc_dpd_only: Option<f64>,
    /// Features used, with information value and coefficient.
    pub features: Vec<FeatureUse>,
    /// Features not used, and why.
    pub dropped: Vec<Dropped>,
    /// Every figure.
    pub evaluation: Vec<SampleEvaluation>,
    /// The model of the share repaid: how near it came, a sample each.
    pub share: Vec<ShareEvaluation>,
    /// What whole points cost, where the project asks for them.
    pub rounding: Option<RoundingCost>,
    /// Where the fit started, how many steps it took, the gradient a case it ended at.
    pub fit: String,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// What the project declares.
    pub assumed: Vec<String>,
}

/// A feature of a model.
#[derive(Debug, Serialize)]
pub struct FeatureUse {
    /// Its name.
    pub name: String,
    /// Bins with training cases.
    pub bins: usize,
    /// Information value.
    pub information_value: f64,
    /// Coefficient of its weight of evidence.
    pub coefficient: Estimate,
}

impl TrainSummary {
    /// The summary of a model written to a file.
    pub fn of(model: &Model, file: &Path) -> TrainSummary {
        let from = model.provenance();
        let sample = model.evaluation().get(1).or(model.evaluation().first());
        let all = sample.and_then(|s| s.slices.first());
        TrainSummary {
            project: from.project.clone(),
            model: file.display().to_string(),
            outcome: from.outcome_meaning.clone(),
            train_cases: from.train_cases,
            train_window: from.train_window.clone(),
            train_repaid_share: from.train_repaid_share,
            test_cases: from.test_cases,
            test_window: from.test_window.clone(),
            auc: all.and_then(|s| s.model.auc),
            auc_dpd_only: all.and_then(|s| s.dpd_only.as_ref()?.auc),
            features: model
                .terms()
                .iter()
                .map(|t| FeatureUse {
                    name: t.bins.name.clone(),
                    bins: t.bins.bins.iter().filter(|b| b.n > 0).count(),
                    information_value: t.bins.information_value,
                    coefficient: t.coefficient,
                })
                .collect(),
            dropped: model.dropped().to_vec(),
            evaluation: model.evaluation().to_vec(),
            share: model.share().map_or(Vec::new(), |s| s.evaluation.clone()),
            rounding: model.points().rounding.clone(),
            fit: model.fit().sentence(),
            notes: model.notes().to_vec(),
            assumed: from.assumed.clone(),
        }
    }
}

/// What `fit-table` made.
#[derive(Debug, Serialize)]
pub struct FitTableSummary {
    /// As `train`.
    #[serde(flatten)]
    pub train: TrainSummary,
    /// Columns that cannot be a feature, and why.
    pub not_features: Vec<String>,
}

/// What `score-table` ranked.
#[derive(Debug, Serialize)]
pub struct ScoreTableSummary {
    /// Rows.
    pub rows: u64,
    /// The ranked list.
    pub out: String,
    /// The model file.
    pub model: String,
    /// Tenths of the rows, the best chance first.
    pub tenths: Vec<Tenth>,
    /// What a reader should know of the model.
    pub notes: Vec<String>,
}

/// A tenth of the ranked rows.
#[derive(Debug, Serialize)]
pub struct Tenth {
    /// From 1.
    pub tenth: usize,
    /// Rows.
    pub n: u64,
    /// Points of the first and the last of them.
    pub points: [f64; 2],
    /// Mean probability.
    pub probability: f64,
}

impl ScoreTableSummary {
    /// The summary of a scored table.
    pub fn of(model: &Model, model_file: &Path, out: &Path, scored: &ScoredTable) -> ScoreTableSummary {
        let n = scored.order.len();
        let tenths = (0..10)
            .map(|k| &scored.order[n * k / 10..n * (k + 1) / 10])
            .enumerate()
            .filter_map(|(k, rows)| {
                let (first, last) = (*rows.first()? as usize, *rows.last()? as usize);
                let probability = rows.iter().map(|r| scored.probability[*r as usize]).sum::<f64>() / rows.len() as f64;
                Some(Tenth { tenth: k + 1, n: rows.len() as u64, points: [scored.points[first], scored.points[last]], probability })
            })
            .collect();
        let notes = model.calibration_note().map(String::from).into_iter().collect();
        ScoreTableSummary { rows: n as u64, out: out.display().to_string(), model: model_file.display().to_string(), tenths, notes }
    }
}

/// What changed between two models.
#[derive(Debug, Serialize)]
pub struct ModelDiffSummary {
    /// The first model file.
    pub before: String,
    /// The second.
    pub after: String,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// What `score` decided.
#[derive(Debug, Serialize)]
pub struct ScoreSummary {
    /// The run's identifier, on every line of its work lists.
    pub run: String,
    /// Project name.
    pub project: String,
    /// The day.
    pub as_of: Day,
    /// Where the ranked list is.
    pub folder: String,
    /// Currency code.
    pub currency: String,
    /// Accounts looked at.
    pub observations: u64,
    /// Cases ranked.
    pub cases: usize,
    /// Observations that are no case, by reason.
    pub excluded: BTreeMap<String, u64>,
    /// Disputes, complaints and limitation periods that must be seen to.
    pub deadlines: DeadlineCount,
    /// Rows of the tables set aside.
    pub rows_set_aside: usize,
    /// Strategies and what they are expected to bring.
    pub result: Option<PolicyResult>,
    /// The work lists.
    pub work: Vec<WorkListSummary>,
    /// The first ten cases.
    pub top: Vec<TopCase>,
    /// What was handed out; none where the policy limits nothing.
    pub capacity: Option<CapacitySummary>,
    /// What is assumed.
    pub assumed: Vec<String>,
}

/// A scored run answered again with other capacities.
#[derive(Debug, Serialize)]
pub struct WhatIfSummary {
    /// The run's folder.
    pub run: String,
    /// Its day.
    pub as_of: String,
    /// Currency code.
    pub currency: String,
    /// Capacities that were asked for, by resource or resource and team.
    pub asked: BTreeMap<String, String>,
    /// Cases.
    pub cases: u64,
    /// What the run's decisions gain.
    pub before: String,
    /// What the new ones gain more.
    pub more: String,
    /// Cases that would be treated otherwise.
    pub moved: u64,
    /// Cases of each strategy before and after.
    pub strategies: Vec<WhatIfStrategy>,
    /// What is handed out then.
    pub capacity: CapacitySummary,
    /// Where it was written; none where it was not.
    pub folder: Option<String>,
}

/// Cases of one strategy before and after.
#[derive(Debug, Serialize)]
pub struct WhatIfStrategy {
    /// The strategy.
    pub strategy: String,
    /// Cases of the run.
    pub before: u64,
    /// Cases then.
    pub after: u64,
}

/// A work list of a run.
#[derive(Debug, Serialize)]
pub struct WorkListSummary {
    /// The treatment, or `evidence`: what is to be gathered.
    pub name: String,
    /// Its file in the run's folder; the same as Parquet lies beside it.
    pub file: String,
    /// Its rows: what is done in one go.
    pub rows: usize,
    /// Cases on it.
    pub cases: usize,
}

/// One of the first cases.
#[derive(Debug, Serialize)]
pub struct TopCase {
    /// Account.
    pub account: String,
    /// Bucket.
    pub bucket: Bucket,
    /// Days past due.
    pub dpd: i32,
    /// Amount at stake.
    pub stake: String,
    /// Calibrated probability.
    pub probability_repaid: f64,
    /// Points.
    pub points: f64,
    /// Recommended strategy.
    pub strategy: String,
    /// Expected gain over waiting.
    pub expected_gain: String,
    /// Reasons for a low score, at most three.
    pub reasons: Vec<String>,
}

/// What `compare` found.
#[derive(Debug, Serialize)]
pub struct CompareSummary {
    /// Project name.
    pub project: String,
    /// The day.
    pub as_of: Day,
    /// Currency code.
    pub currency: String,
    /// What the project declares.
    pub declared: Vec<String>,
    /// The comparison.
    #[serde(flatten)]
    pub comparison: Comparison,
}

/// What `rolls` found.
#[derive(Debug, Serialize)]
pub struct RollsSummary {
    /// Project name.
    pub project: String,
    /// Currency code.
    pub currency: String,
    /// Start of the first cycle.
    pub from: Day,
    /// End of the last.
    pub until: Day,
    /// Cycles, month end to month end.
    pub cycles: usize,
    /// Accounts that counted in one.
    pub accounts: u64,
    /// Their borrowers.
    pub borrowers: u64,
    /// Whether any balance is known; else everything is by count only.
    pub has_balance: bool,
    /// Roll rates over all cycles and products.
    pub roll_rate: Vec<RollRate>,
    /// Every flow out of every bucket, over all cycles and products.
    pub by_bucket: Vec<BucketFlows>,
    /// The same month by month.
    pub by_month: Vec<BucketFlows>,
    /// The same product by product, over all cycles.
    pub by_product: Vec<BucketFlows>,
    /// The same by product and month.
    pub by_product_and_month: Vec<BucketFlows>,
    /// Cure rates: overall, by month, by product, by product and month.
    pub cure: Vec<CureRate>,
    /// Relapse rates in the same order.
    pub relapse: Vec<RelapseRate>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// What the project declares.
    pub assumed: Vec<String>,
    /// The long table, if one was written.
    pub file: Option<String>,
}

impl RollsSummary {
    /// The summary of a book's flows.
    pub fn of(project: &Project, rolls: Rolls, file: Option<&Path>) -> RollsSummary {
        let roll_rate = rolls.roll_rates();
        let (whole, split): (Vec<_>, Vec<_>) = rolls.flows.into_iter().partition(|f| f.product == ALL);
        let (by_bucket, by_month) = whole.into_iter().partition(|f| f.month == ALL);
        let (by_product, by_product_and_month) = split.into_iter().partition(|f| f.month == ALL);
        RollsSummary {
            project: project.name.clone(),
            currency: project.currency.code.clone(),
            from: rolls.span.0,
            until: rolls.span.1,
            cycles: rolls.cycles,
            accounts: rolls.accounts,
            borrowers: rolls.borrowers,
            has_balance: rolls.has_balance,
            roll_rate,
            by_bucket,
            by_month,
            by_product,
            by_product_and_month,
            cure: rolls.cure,
            relapse: rolls.relapse,
            notes: rolls.notes,
            assumed: project.declared.sentences(project.currency.minor_digits),
            file: file.map(|f| f.display().to_string()),
        }
    }
}

/// What `prove` found.
#[derive(Debug, Serialize)]
pub struct ProveSummary {
    /// Project name.
    pub project: String,
    /// Whether nothing was found: no feature knew the future, no input looks like the outcome.
    pub passed: bool,
    /// The proof.
    #[serde(flatten)]
    pub proof: Proof,
    /// Rows of the tables set aside: nothing is proved of them.
    pub rows_set_aside: usize,
    /// What the project declares.
    pub assumed: Vec<String>,
}

/// What `replay` found.
#[derive(Debug, Serialize)]
pub struct ReplaySummary {
    /// The run's folder.
    pub run: String,
    /// Its day.
    pub as_of: String,
    /// Whether every input is what it was and every file came out the same, to the byte.
    pub identical: bool,
    /// Files that were compared.
    pub files: usize,
    /// What differs.
    pub differences: Vec<ReplayDifference>,
}

/// A file or a version that differs.
#[derive(Debug, Serialize)]
pub struct ReplayDifference {
    /// What it is.
    pub what: String,
    /// Its fingerprint or version in the record; none if the record has none.
    pub recorded: Option<String>,
    /// Now; none if it is not there.
    pub now: Option<String>,
}

/// What `verify` found: the certificate of a run.
#[derive(Debug, Serialize)]
pub struct VerifySummary {
    /// The run's folder.
    pub run: String,
    /// Its day.
    pub as_of: String,
    /// The policy.
    pub policy: String,
    /// blake3 of the policy and its packs.
    pub policy_fingerprint: String,
    /// blake3 of the decision log.
    pub log_fingerprint: String,
    /// Version of the engine that verified.
    pub engine_version: &'static str,
    /// Whether nothing is as it should not be.
    pub holds: bool,
    /// What was found.
    #[serde(flatten)]
    pub certificate: Certificate,
    /// What the project declares.
    pub assumed: Vec<String>,
}

/// What `demo` did.
#[derive(Debug, Serialize)]
pub struct DemoSummary {
    /// Where everything is.
    pub folder: String,
    /// The sample book.
    pub check: CheckSummary,
    /// The model.
    pub train: TrainSummary,
    /// The ranked list.
    pub score: ScoreSummary,
    /// The list's certificate.
    pub verify: VerifySummary,
    /// The two policies.
    pub compare: CompareSummary,
}
