//! What each command found, as one plain value: `--json` prints it, the terminal lays it out, later pages show it.

use crate::base::dates::Day;
use crate::base::problem::Problems;
use crate::base::units::Bucket;
use crate::data::check::TableCount;
use serde::Serialize;
use std::collections::BTreeMap;

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
    /// What the project declares.
    pub assumed: Vec<String>,
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
