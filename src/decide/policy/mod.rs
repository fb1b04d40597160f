//! The policy file: treatments with costs, effects and conditions, what the probability stands for, the holds, the guardrails and the order in
//! which they speak. Checked as a whole.
//!
//! Nothing that matters to a borrower has a silent default: costs, effects and their sources must be written. The house's rule on holds is
//! not the policy's to loosen.

mod assignment;
mod capacity;
mod guardrail;
mod pack;
mod plan;
mod route;
mod treatment;
mod typed;
mod typed_guardrail;

pub use assignment::{Control, Exploration};
pub use capacity::{Capacity, MONEY, Minimum, Needed, Resource};
pub use guardrail::{ClaimOf, Count, Guardrail, Interruptions, LimitFrom, Rule, Since, Verified};
pub use pack::{Duty, PACKS, Pack};
pub use plan::{Millionths, PlanTerms};
pub use treatment::{EVIDENCE, KNOWN};

use crate::base::bilingual::Bilingual;
use crate::base::config::toml_problem;
use crate::base::files::io_failure;
use crate::base::problem::{Problem, Problems, Result, suggestion};
use crate::base::schema::CHANNELS;
use crate::base::units::Money;
use crate::base::zone::{Hours, Zone};
use crate::data::cases::Holds;
use crate::data::expressions::{BadExpression, Columns, Expression};
use crate::decide::rulebook::{MOST_RULES, RuleBook};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
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

/// By what a treatment reaches the borrower: first the channels of the contact log, in their order, then those that no contact log knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Channel(pub u8);

impl Channel {
    /// An offer: a plan, funding.
    pub const OFFER: Channel = Channel(8);
    /// A mediator.
    pub const MEDIATOR: Channel = Channel(9);
    /// A court.
    pub const COURT: Channel = Channel(10);
    /// A court for small claims.
    pub const SMALL_CLAIMS: Channel = Channel(11);
    /// None: nobody is reached.
    pub const NONE: Channel = Channel(12);
    const BEYOND: [&'static str; 5] = ["offer", "mediator", "court", "small_claims_court", "none"];

    /// All names, in order.
    pub fn names() -> impl Iterator<Item = &'static str> {
        CHANNELS.iter().copied().chain(Self::BEYOND)
    }

    /// The channel of that name.
    pub fn named(name: &str) -> Option<Channel> {
        Self::names().position(|n| n == name).map(|place| Channel(place as u8))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::names().nth(usize::from(self.0)).unwrap_or("none")
    }

    /// Whether the contact log knows it.
    pub fn is_contact(self) -> bool {
        self < Channel::OFFER
    }
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
    /// What people call it.
    pub label: Bilingual,
    /// Its family.
    pub family: Family,
    /// Severity: 0 for wait and assistance, then up.
    pub rung: u32,
    /// By what it reaches the borrower.
    pub channel: Channel,
    /// Cost of one.
    pub cost: Money,
    /// Expected cost of the complaints that it causes.
    pub complaint_cost: Money,
    /// What one takes of each resource.
    pub resources: BTreeMap<String, f64>,
    /// Log-odds of the share repaid against wait.
    pub effect: f64,
    /// Where the effect comes from.
    pub source: Option<Source>,
    /// Its condition and the line on which that stands.
    pub eligible: Option<(String, u64)>,
    /// Places of the treatments that must have been tried before it.
    pub after: Vec<usize>,
    /// Days since the first try of the rung below and of each of `after`.
    pub after_days: i32,
    /// Who signs.
    pub signed_by: Option<String>,
    /// Whom it covers.
    pub scope: Scope,
    /// What it costs besides, as a share of what is at stake: the money and the risk of a loan that bridges, for instance.
    pub cost_share: f64,
    /// Days until what it brings is there.
    pub takes_days: i32,
    /// What a court costs and what comes of it; always there for law.
    pub court: Option<Court>,
}

/// What a claim before a court costs, and what comes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Court {
    /// The court's fee.
    pub court_cost: Money,
    /// … and of the claim.
    pub court_cost_share: f64,
    /// The lawyer's.
    pub lawyer_cost: Money,
    /// … and of the claim.
    pub lawyer_share: f64,
    /// Share that is collected of what is won over waiting.
    pub collects: f64,
    /// Where that comes from.
    pub source: Source,
}

/// What money is discounted by that comes late.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Discount {
    /// A year; 0 where the policy does not discount.
    pub rate: f64,
    /// Where that comes from.
    pub source: Option<Source>,
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

/// What ability and willingness leave, and where they lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its name, a [`crate::decide::score::Quadrant`].
    pub quadrant: &'static str,
    /// Places of the treatments that it leaves.
    pub allow: Vec<usize>,
    /// The first of these that is free comes before all others.
    pub prefer: Vec<usize>,
    /// Where it leads if none of `prefer` is free.
    pub recommend: Option<usize>,
}

/// What is owed to who is in hardship or vulnerable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Care {
    /// Places of the treatments that are care, in the order in which they are offered.
    pub offer: Vec<usize>,
    /// Nothing above this rung before a plan was offered.
    pub gentle_rung: u32,
    /// Nor before so many days have passed since the offer.
    pub wait_days: i32,
    /// Places of the treatments that are never used while it lasts.
    pub never: Vec<usize>,
}

/// When what is decided is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outreach {
    /// Days after `as_of`: 0 or 1.
    pub days_after: i32,
    /// Hours of the floor.
    pub hours: Hours,
    /// The zone of those hours.
    pub zone: Zone,
    /// Its name.
    pub zone_name: String,
    /// The column of words that names the team that a case belongs to, and the line on which that stands.
    pub team: Option<(String, u64)>,
}

/// What a borrower is told of objecting and of asking for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rights {
    /// How to object.
    pub object: Bilingual,
    /// How to ask for a person.
    pub person: Bilingual,
}

/// Days within which a dispute or a complaint must be answered where its event names no date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerWithin {
    /// Days for a dispute.
    pub dispute: i32,
    /// Days for a complaint.
    pub complaint: i32,
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
    /// The outcome that the policy was written for, in the words of a model's file; any where it says none.
    pub outcome: Option<String>,
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
    /// Packs of guardrails.
    pub packs: Vec<Pack>,
    /// Guardrails of all packs, then the policy's own.
    pub guardrails: Vec<Guardrail>,
    /// What money is discounted by that comes late.
    pub discount: Discount,
    /// Resources, and minimums of them.
    pub capacity: Capacity,
    /// The share of borrowers that is kept for comparison.
    pub control: Option<Control>,
    /// The share of borrowers on whom other treatments are tried.
    pub exploration: Option<Exploration>,
    /// Care.
    pub care: Care,
    /// Routes by ability and willingness.
    pub routes: Vec<Route>,
    /// When what is decided is done.
    pub outreach: Outreach,
    /// What a borrower is told.
    pub rights: Rights,
    /// How soon disputes and complaints are answered.
    pub answer_within: AnswerWithin,
    /// What a plan may be; none where the policy leaves that to people.
    pub plan: Option<PlanTerms>,
    /// blake3 of the file and of every pack that it uses.
    pub fingerprint: String,
}

/// Conditions of a policy, read against the columns of a book.
#[derive(Clone, Debug, Default)]
pub struct Bound {
    /// Of each treatment.
    pub eligible: Vec<Option<Expression>>,
    /// Of each guardrail in SQL.
    pub guardrails: Vec<Option<Expression>>,
    /// Of each pack that is for some accounts alone.
    pub packs: Vec<Option<Expression>>,
    /// Of each minimum that is for some cases alone.
    pub minimums: Vec<Option<Expression>>,
}

impl Policy {
    /// Reads and checks a policy file.
    ///
    /// # Errors
    /// Every problem of the file and of its packs at once, each with its line.
    pub fn load(file: &Path, minor_digits: u8) -> Result<Policy> {
        let (policy, problems) = Policy::read(file, minor_digits)?;
        problems.stop_on_error()?;
        Ok(policy)
    }

    /// Reads a policy file and checks it together with its conditions against the columns of a book.
    ///
    /// # Errors
    /// Every problem of the file, of its packs and of all conditions at once.
    pub fn check(file: &Path, minor_digits: u8, columns: &Columns<'_>) -> Result<Policy> {
        let (policy, mut problems) = Policy::read(file, minor_digits)?;
        if let Err(failure) = policy.bind(columns) {
            failure.problems.into_iter().for_each(|p| problems.push(p));
        }
        problems.stop_on_error()?;
        Ok(policy)
    }

    fn read(file: &Path, minor_digits: u8) -> Result<(Policy, Problems)> {
        let text = std::fs::read_to_string(file).map_err(|e| io_failure(file, "read the policy file", &e))?;
        let mut problems = Problems::default();
        let typed = typed_policy(file, &text, &mut problems)?;
        let policy = Checker::new(file, &text, minor_digits, &mut problems).policy(typed);
        let rules = RuleBook::of(&policy).entries.len();
        if rules > MOST_RULES {
            let message = format!("the policy has {rules} rules in all: holds, guardrails, care, routes, rungs and conditions");
            problems.push(Problem::error("policy.too_many", message).file(file.display().to_string()).rule(format!("at most {MOST_RULES}")));
        }
        Ok((policy, problems))
    }

    /// The place of a treatment.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.treatments.iter().position(|t| t.name == name)
    }

    /// Reads every condition against the columns of a book.
    ///
    /// # Errors
    /// `policy.expression`: every bad condition, with the file, the line and the nearest column.
    pub fn bind(&self, columns: &Columns<'_>) -> Result<Bound> {
        let mut problems = Problems::default();
        let mut read = |sql: &str, line: u64, file: &str, what: String| match Expression::condition(sql, columns) {
            Ok(expression) => Some(expression),
            Err(bad) => {
                problems.push(bad_condition(&bad, sql, line, file, &what));
                None
            }
        };
        let file = self.file.display().to_string();
        let condition = |c: &Option<(String, u64)>| c.as_ref().map(|(sql, line)| (sql.clone(), *line));
        let mut bound = Bound::default();
        for treatment in &self.treatments {
            let of = condition(&treatment.eligible);
            bound.eligible.push(of.and_then(|(sql, line)| read(&sql, line, &file, format!("the condition of `{}`", treatment.name))));
        }
        for guardrail in &self.guardrails {
            bound.guardrails.push(match &guardrail.rule {
                Rule::Sql(sql) => read(sql, guardrail.line, &guardrail.file, format!("the condition of the guardrail `{}`", guardrail.id)),
                _ => None,
            });
        }
        for pack in &self.packs {
            let of = condition(&pack.when);
            bound.packs.push(of.and_then(|(sql, line)| read(&sql, line, &file, format!("the condition of the pack `{}`", pack.name))));
        }
        for minimum in &self.capacity.minimums {
            let of = condition(&minimum.when);
            bound.minimums.push(of.and_then(|(sql, line)| read(&sql, line, &file, format!("the condition of the minimum `{}`", minimum.name))));
        }
        self.capacity.bind(columns, &file, &mut problems);
        if let Some((team, line)) = &self.outreach.team
            && columns.words(team).is_none()
        {
            let (words, numbers): (Vec<&str>, Vec<&str>) = columns.names().partition(|name| columns.words(name).is_some());
            let is_number = numbers.iter().any(|name| name.eq_ignore_ascii_case(team));
            let why = if is_number { "is not one of words" } else { "is no column of a case" };
            problems.push(
                Problem::error("policy.team", format!("the column of the team `{team}` {why}"))
                    .file(file)
                    .row(*line)
                    .value(team.as_str())
                    .rule("[outreach] team = a column of words, such as `product` or a category of the accounts table")
                    .help(suggestion(team, words.iter().copied())),
            );
        }
        problems.stop_on_error()?;
        Ok(bound)
    }

    /// Whether no guardrail of the policy with the same parameter is stricter; quiet hours add up, so all of them bind. None where there is
    /// nothing to compare.
    pub fn is_strictest(&self, guardrail: &Guardrail) -> Option<bool> {
        let parameter = guardrail.parameter.as_ref()?;
        let others = self.guardrails.iter().filter(|g| g.parameter.as_ref() == Some(parameter) && g.id != guardrail.id);
        let stricter = |other: &Guardrail| match (&other.rule, &guardrail.rule) {
            (Rule::ContactCount(a), Rule::ContactCount(b)) => a.most < b.most,
            (Rule::DaysSinceContact(a), Rule::DaysSinceContact(b)) => a.days > b.days,
            (Rule::DaysSinceEvent { days: a, .. }, Rule::DaysSinceEvent { days: b, .. }) => a > b,
            (Rule::ClaimLimit { most: a, .. }, Rule::ClaimLimit { most: b, .. }) => a < b,
            (Rule::Limitation { years: a, .. }, Rule::Limitation { years: b, .. }) => a < b,
            _ => false,
        };
        let mut others = others.peekable();
        others.peek()?;
        Some(!others.any(stricter))
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
        let discount = who(format!("money that comes late is discounted at {} a year", self.discount.rate), &self.discount.source);
        let courts = self.treatments.iter().filter_map(|t| {
            let court = t.court.as_ref()?;
            who(format!("of what {} wins, {} is collected", t.name, court.collects), &Some(court.source.clone()))
        });
        let effects = self.treatments.iter().filter_map(|t| who(format!("effect of {} = {:+} log-odds against wait", t.name, t.effect), &t.source));
        let plan = self.plan.as_ref().map(|p| {
            let (shown, income) = (p.shown_share.percent(), p.income_share.percent());
            format!(
                "assumed by {}: a plan asks {shown} of what was paid a month, {income} of the income, worth {} less for each year that it is late",
                p.assumed_by,
                p.discount_rate.percent()
            )
        });
        reference
            .into_iter()
            .chain(effects)
            .chain(courts)
            .chain(discount.filter(|_| self.discount.rate != 0.0))
            .chain(plan)
            .chain((!share_modelled).then(|| "assumed: the probability of repaid stands in for the share of arrears repaid".to_string()))
            .collect()
    }
}

/// The file as typed. A key that nobody knows is told, its line is left out, and the rest is read on; so is a part whose values cannot be read, and
/// then what the parts mean together is not asked, for one of them is missing.
fn typed_policy(file: &Path, text: &str, problems: &mut Problems) -> Result<Typed> {
    let mut text = text.to_string();
    let mut whole = true;
    loop {
        let error = match toml::from_str(&text) {
            Ok(typed) if whole => return Ok(typed),
            Ok(_) => break,
            Err(error) => error,
        };
        problems.push(toml_problem(file, &text, &error));
        let Some(at) = error.span().map(|span| span.start) else { break };
        let line = line_around(&text, at);
        let entry = toml::from_str::<toml::Table>(&text[line.clone()]).is_ok_and(|table| !table.is_empty());
        let left_out = if error.message().starts_with("unknown field") && entry {
            line
        } else {
            whole = false;
            part_around(&text, at)
        };
        // Blanks in its place keep every other line where it is.
        if text[left_out.clone()].trim().is_empty() {
            break;
        }
        let blank: String = text[left_out.clone()].bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect();
        text.replace_range(left_out, &blank);
    }
    std::mem::take(problems).stop_on_error()?;
    Err(Problem::error("config.unreadable", "the policy file cannot be read").file(file.display().to_string()).fail())
}

/// The line that a place lies on.
fn line_around(text: &str, at: usize) -> Range<usize> {
    let start = text[..at].rfind('\n').map_or(0, |at| at + 1);
    start..text[at..].find('\n').map_or(text.len(), |more| at + more)
}

/// The table that a place lies in: from its `[head]` to the next one.
fn part_around(text: &str, at: usize) -> Range<usize> {
    let heads = || text.match_indices("\n[").map(|(place, _)| place + 1).chain(text.starts_with('[').then_some(0));
    let start = heads().filter(|head| *head <= at).max().unwrap_or(0);
    start..heads().filter(|head| *head > at).min().unwrap_or(text.len())
}

fn bad_condition(bad: &BadExpression, sql: &str, line: u64, file: &str, what: &str) -> Problem {
    let mut problem = Problem::error("policy.expression", format!("{what} cannot be read: {}", bad.message))
        .file(file)
        .row(line + bad.line - 1)
        .value(sql.trim())
        .rule("a SQL condition over the case's columns");
    if let Some(help) = &bad.help {
        problem = problem.help(help.clone());
    }
    problem
}
