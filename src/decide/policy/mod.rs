//! The policy file: treatments with costs, effects and conditions, what the probability stands for, and the holds. Checked as a whole.
//!
//! Nothing that matters to a borrower has a silent default: costs, effects and their sources must be written. The house's rule on holds is
//! not the policy's to loosen.

mod typed;

use crate::base::config::toml_problem;
use crate::base::files::io_failure;
use crate::base::problem::{Problem, Problems, Result};
use crate::base::units::Money;
use crate::data::cases::Holds;
use crate::data::expressions::{Columns, Expression};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use typed::{Checker, Typed};

/// How firm a treatment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Family {
    Soft,
    Assist,
    Formal,
    Legal,
}

/// Whom one treatment covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// All cases of the borrower.
    Borrower,
    /// One case.
    Account,
}

/// Where an effect comes from.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged, deny_unknown_fields, expecting = "expected { assumed_by = \"…\" } or { measured_in = \"…\", n = …, interval = [ …, … ] }")]
pub enum Source {
    /// Nobody measured it; somebody stands for it.
    Assumed {
        /// Who.
        assumed_by: String,
    },
    /// An experiment or logged probabilities.
    Measured {
        /// What.
        measured_in: String,
        /// Cases.
        n: u64,
        /// 95 % interval of the effect.
        interval: [f64; 2],
    },
}

/// One treatment.
#[derive(Clone, Debug, PartialEq)]
pub struct Treatment {
    /// Its name.
    pub name: String,
    /// Its family.
    pub family: Family,
    /// Severity: 0 for wait and assistance, then up.
    pub rung: u32,
    /// Cost of one.
    pub cost: Money,
    /// Expected cost of the complaints that it causes.
    pub complaint_cost: Money,
    /// Log-odds of the share repaid against wait.
    pub effect: f64,
    /// Where the effect comes from.
    pub source: Option<Source>,
    /// Its condition and the line on which that stands.
    pub eligible: Option<(String, u64)>,
    /// Who signs.
    pub signed_by: Option<String>,
    /// Whom it covers.
    pub scope: Scope,
}

/// What a hold does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRule {
    /// The hold.
    pub hold: Holds,
    /// Its name.
    pub name: &'static str,
    /// Places of the treatments that it leaves.
    pub allow: Vec<usize>,
    /// Place of the treatment that it leads to.
    pub recommend: Option<usize>,
}

/// What the model's probability stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// `wait`, a treatment, or `history`.
    pub name: String,
    /// Its effect against wait.
    pub effect: f64,
    /// Where that comes from; none for wait.
    pub source: Option<Source>,
}

/// A policy, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its file.
    pub file: PathBuf,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Whether a decision covers a borrower or an account.
    pub unit: Scope,
    /// What the probability stands for.
    pub reference: Reference,
    /// Treatments, in the file's order.
    pub treatments: Vec<Treatment>,
    /// Holds.
    pub holds: Vec<HoldRule>,
    /// blake3 of the file.
    pub fingerprint: String,
}

impl Policy {
    /// Reads and checks a policy file.
    ///
    /// # Errors
    /// Every problem of the file at once, each with its line.
    pub fn load(file: &Path, minor_digits: u8) -> Result<Policy> {
        let text = std::fs::read_to_string(file).map_err(|e| io_failure(file, "read the policy file", &e))?;
        let typed: Typed = toml::from_str(&text).map_err(|e| toml_problem(file, &text, &e).fail())?;
        let mut checker = Checker { file, text: &text, minor_digits, problems: Problems::default() };
        let policy = checker.policy(typed);
        checker.problems.stop_on_error()?;
        Ok(policy)
    }

    /// The place of a treatment.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.treatments.iter().position(|t| t.name == name)
    }

    /// Reads every condition against the columns of a book.
    ///
    /// # Errors
    /// `policy.expression`: every bad condition, with the file, the line and the nearest column.
    pub fn bind(&self, columns: &Columns<'_>) -> Result<Vec<Option<Expression>>> {
        let mut problems = Problems::default();
        let mut bound = Vec::new();
        for treatment in &self.treatments {
            let Some((sql, line)) = &treatment.eligible else {
                bound.push(None);
                continue;
            };
            match Expression::condition(sql, columns) {
                Ok(expression) => bound.push(Some(expression)),
                Err(bad) => {
                    let mut problem =
                        Problem::error("policy.expression", format!("the condition of `{}` cannot be read: {}", treatment.name, bad.message))
                            .file(self.file.display().to_string())
                            .row(line + bad.line - 1)
                            .value(sql.trim())
                            .rule("a SQL condition over the case's columns");
                    if let Some(help) = bad.help {
                        problem = problem.help(help);
                    }
                    problems.push(problem);
                    bound.push(None);
                }
            }
        }
        problems.stop_on_error()?;
        Ok(bound)
    }

    /// What nobody measured, a sentence each; `share_modelled` says whether the model tells the share repaid or the probability stands in.
    pub fn assumptions(&self, share_modelled: bool) -> Vec<String> {
        let who = |what: String, source: &Option<Source>| match source {
            Some(Source::Assumed { assumed_by }) => Some(format!("assumed by {assumed_by}: {what}")),
            _ => None,
        };
        let reference = who(
            format!("what the model expects stands for {} at {:+} log-odds against wait", self.reference.name, self.reference.effect),
            &self.reference.source,
        );
        let effects = self.treatments.iter().filter_map(|t| who(format!("effect of {} = {:+} log-odds against wait", t.name, t.effect), &t.source));
        reference
            .into_iter()
            .chain(effects)
            .chain((!share_modelled).then(|| "assumed: the probability of repaid stands in for the share of arrears repaid".to_string()))
            .collect()
    }
}
