//! Problems, written for the person who reads them: what, where, which value, which rule, what to do.
//!
//! Every step collects all its problems before it stops. Errors stop; warnings set a row aside; notes only tell.
//! Deliberately absent: printing. The binary prints; the library hands problems over.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What a problem does to the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is set aside; the reader should know.
    Note,
    /// The row is set aside and counted.
    Warning,
    /// The run stops.
    Error,
}

impl Severity {
    /// `note`, `warning` or `error`.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One thing that is wrong, in words of the person who must mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable name, `room.what`, for example `data.bad_value`.
    pub code: &'static str,
    /// What it does to the run.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: Arc<str>,
    /// File, where there is one.
    pub file: Option<Arc<str>>,
    /// Row as a spreadsheet shows it (the header is row 1), or line of a text file.
    pub row: Option<u64>,
    /// Column or key.
    pub column: Option<Arc<str>>,
    /// The value found.
    pub value: Option<Box<str>>,
    /// The rule that it breaks: what was expected.
    pub rule: Option<Arc<str>>,
    /// What to do.
    pub help: Option<Arc<str>>,
}

impl Problem {
    fn new(severity: Severity, code: &'static str, message: impl Into<Arc<str>>) -> Self {
        Problem { code, severity, message: message.into(), file: None, row: None, column: None, value: None, rule: None, help: None }
    }

    /// A problem that stops the run.
    pub fn error(code: &'static str, message: impl Into<Arc<str>>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    /// A problem that sets its row aside.
    pub fn warning(code: &'static str, message: impl Into<Arc<str>>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    /// Something to know.
    pub fn note(code: &'static str, message: impl Into<Arc<str>>) -> Self {
        Self::new(Severity::Note, code, message)
    }

    /// Names the file.
    pub fn file(mut self, file: impl Into<Arc<str>>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Names the row (or line).
    pub fn row(mut self, row: u64) -> Self {
        self.row = Some(row);
        self
    }

    /// Names the column (or key).
    pub fn column(mut self, column: impl Into<Arc<str>>) -> Self {
        self.column = Some(column.into());
        self
    }

    /// Shows the value found.
    pub fn value(mut self, value: impl Into<Box<str>>) -> Self {
        self.value = Some(value.into());
        self
    }

    /// States what was expected.
    pub fn rule(mut self, rule: impl Into<Arc<str>>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<Arc<str>>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// This one problem as a failure.
    pub fn fail(self) -> Failure {
        Failure { problems: vec![self], kept_in: None }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]: {}", self.severity.name(), self.code, self.message)?;
        let mut place = Vec::new();
        if let Some(file) = &self.file {
            place.push(file.to_string());
        }
        if let Some(row) = self.row {
            let is_text = self.file.as_deref().is_some_and(|f| f.ends_with(".toml"));
            place.push(format!("{} {row}", if is_text { "line" } else { "row" }));
        }
        if let Some(column) = &self.column {
            place.push(format!("column {column}"));
        }
        if !place.is_empty() {
            write!(f, "\n  where: {}", place.join(", "))?;
        }
        if let Some(value) = &self.value {
            write!(f, "\n  value: {value:?}")?;
        }
        if let Some(rule) = &self.rule {
            write!(f, "\n  rule:  {rule}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help:  {help}")?;
        }
        Ok(())
    }
}

/// How many problems of one code are kept in full; further ones are counted and said.
pub const KEPT_PER_CODE: u64 = 1_000_000;

/// The problems of one step, in the order in which they were found, with exact counts.
#[derive(Clone, Debug, Default)]
pub struct Problems {
    list: Vec<Problem>,
    counts: BTreeMap<(Severity, &'static str), u64>,
}

impl Problems {
    /// Adds one.
    pub fn push(&mut self, problem: Problem) {
        let count = self.counts.entry((problem.severity, problem.code)).or_default();
        *count += 1;
        if *count <= KEPT_PER_CODE {
            self.list.push(problem);
        }
    }

    /// Adds all of another step.
    pub fn append(&mut self, other: Problems) {
        for (key, n) in other.counts {
            *self.counts.entry(key).or_default() += n;
        }
        self.list.extend(other.list);
    }

    /// The problems kept, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.list.iter()
    }

    /// Exact count of each code, errors first.
    pub fn counts(&self) -> impl Iterator<Item = (Severity, &'static str, u64)> + '_ {
        self.counts.iter().rev().map(|((severity, code), n)| (*severity, *code, *n))
    }

    /// How many of that severity there are.
    pub fn count(&self, severity: Severity) -> u64 {
        self.counts.iter().filter(|((s, _), _)| *s == severity).map(|(_, n)| n).sum()
    }

    /// Whether there are none at all.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Goes on if no problem is an error.
    ///
    /// # Errors
    /// All problems, if one of them is an error.
    pub fn stop_on_error(self) -> Result<Problems> {
        if self.count(Severity::Error) > 0 { Err(Failure { problems: self.list, kept_in: None }) } else { Ok(self) }
    }
}

impl From<Vec<Problem>> for Problems {
    fn from(list: Vec<Problem>) -> Self {
        let mut problems = Problems::default();
        list.into_iter().for_each(|p| problems.push(p));
        problems
    }
}

/// Why a command could not be carried out: at least one problem.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", shown(.problems, .kept_in.as_deref()))]
pub struct Failure {
    /// What is wrong, all of it.
    pub problems: Vec<Problem>,
    /// The file that holds every problem, once one was written.
    pub kept_in: Option<String>,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        problem.fail()
    }
}

/// The result of every fallible function in the library.
pub type Result<T> = std::result::Result<T, Failure>;

/// How many problems of one code are shown on a screen.
pub const SHOWN_PER_CODE: usize = 5;

/// The problems as a screen shows them: errors first, the first five of each code, then how many more and where they are.
pub fn shown<'a>(problems: impl IntoIterator<Item = &'a Problem>, kept_in: Option<&str>) -> String {
    let mut groups: Vec<((Severity, &str), Vec<&Problem>)> = Vec::new();
    for problem in problems {
        let key = (problem.severity, problem.code);
        match groups.iter_mut().find(|(k, _)| *k == key) {
            Some((_, group)) => group.push(problem),
            None => groups.push((key, vec![problem])),
        }
    }
    groups.sort_by_key(|((severity, _), _)| std::cmp::Reverse(*severity));
    let mut parts = Vec::new();
    for ((_, code), group) in groups {
        parts.extend(group.iter().take(SHOWN_PER_CODE).map(|p| p.to_string()));
        if group.len() > SHOWN_PER_CODE {
            let more = group.len() - SHOWN_PER_CODE;
            parts.push(match kept_in {
                Some(file) => format!("  {more} more [{code}] in {file}"),
                None => format!("  {more} more [{code}]"),
            });
        }
    }
    parts.join("\n")
}

/// The candidate most like `word`, if one is near enough to have been meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .map(|c| (strsim::jaro_winkler(&lower, &c.to_lowercase()), c))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, c)| c)
}

/// "did you mean `x`?" where one is near, else the list of what there is.
pub fn suggestion<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(word, candidates.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let all: Vec<&str> = candidates.into_iter().take(40).collect();
            format!("there are: {}", all.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_five_of_a_code_and_says_where_the_rest_is() {
        let list: Vec<Problem> = (2..20).map(|r| Problem::warning("data.orphan", "no such account").file("p.csv").row(r)).collect();
        let text = shown(&list, Some("problems.csv"));
        assert_eq!(text.matches("warning[data.orphan]").count(), 5);
        assert!(text.ends_with("13 more [data.orphan] in problems.csv"), "{text}");
    }

    #[test]
    fn suggests_only_what_is_near() {
        assert_eq!(nearest("acount_id", ["account_id", "due_on"]), Some("account_id"));
        assert_eq!(nearest("zzz", ["account_id", "due_on"]), None);
    }
}
