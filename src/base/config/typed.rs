//! The project file as typed, and how it is checked into what is meant. Every problem of the file is found before any is reported.

use super::table::{TypedRead, TypedTable};
use super::{
    Assumed, CheckSettings, Clock, Currency, Declared, Horizon, ModelSettings, Observe, Outcome, OutcomeRule, Period, Population, Project,
    PromiseRule, Rates, Split, Step, TableSpec, Tolerance, features,
};
use crate::base::dates::Day;
use crate::base::problem::{Problem, Problems, suggestion};
use crate::base::schema::TableKind;
use crate::base::units::{Bucket, Money};
use crate::base::zone::Zone;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Typed {
    name: String,
    root: Option<String>,
    currency: Currency,
    #[serde(default)]
    clock: Clock,
    #[serde(default)]
    read: TypedRead,
    tables: TypedTables,
    #[serde(default)]
    arrears: TypedTolerance,
    #[serde(default)]
    population: TypedPopulation,
    cases: TypedCases,
    outcome: TypedOutcome,
    split: Option<Split>,
    #[serde(default)]
    model: ModelSettings,
    #[serde(default)]
    declared: TypedDeclared,
    #[serde(default)]
    check: CheckSettings,
    #[serde(default)]
    promises: PromiseRule,
    #[serde(default)]
    rates: Rates,
    #[serde(default)]
    regimes: BTreeMap<String, Period>,
    #[serde(default)]
    expressions: BTreeMap<String, features::TypedExpression>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedTables {
    accounts: Option<TypedTable>,
    instalments: Option<TypedTable>,
    payments: Option<TypedTable>,
    statements: Option<TypedTable>,
    contacts: Option<TypedTable>,
    events: Option<TypedTable>,
}

/// An amount in a TOML file: `"12.50"` or `12`.
#[derive(Clone, Deserialize)]
#[serde(untagged, expecting = "expected an amount such as \"12.50\"")]
enum TypedAmount {
    Whole(i64),
    Float(f64),
    Text(String),
}

impl TypedAmount {
    fn money(&self, key: &str, minor_digits: u8, problems: &mut Problems) -> Money {
        let text = match self {
            TypedAmount::Whole(n) => n.to_string(),
            TypedAmount::Float(x) => x.to_string(),
            TypedAmount::Text(t) => t.clone(),
        };
        match Money::parse(text.as_bytes(), minor_digits) {
            Ok(money) if money.0 >= 0 => money,
            found => {
                let what = found.err().map_or("the amount is negative", |why| why.message());
                problems.push(bad_value(key, &text, what, "a decimal >= 0 with at most the currency's decimals"));
                Money(0)
            }
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TypedTolerance {
    tolerance_amount: Option<TypedAmount>,
    tolerance_share: f64,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TypedPopulation {
    min_dpd: Option<i32>,
    min_bucket: Option<Bucket>,
    min_arrears: Option<TypedAmount>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum TypedObserve {
    Entry,
    MonthEnd,
    Week,
    Dates,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedCases {
    observe: TypedObserve,
    #[serde(default)]
    dates: Vec<Day>,
    from: Option<Day>,
    until: Option<Day>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum TypedRule {
    Cure,
    PaidAtLeast,
    CuredAtHorizon,
    NotRolled,
    CureByStatus,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedOutcome {
    rule: TypedRule,
    horizon_days: Option<i32>,
    horizon_cycles: Option<i32>,
    share: Option<f64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TypedDeclared {
    contact_log: Option<Assumed<String>>,
    time_zone: Option<Assumed<String>>,
    events: Option<Assumed<String>>,
    evidence: Option<Assumed<String>>,
    nominal_exposure: Option<Assumed<TypedAmount>>,
}

/// A setting whose value breaks its rule.
pub(super) fn bad_value(key: &str, value: &str, message: &str, rule: &str) -> Problem {
    Problem::error("config.bad_value", message).column(key).value(value).rule(rule)
}

/// Turns an error of the TOML reader into a problem with the line and, for an unknown key, the nearest one.
pub fn toml_problem(file: &Path, text: &str, error: &toml::de::Error) -> Problem {
    let message = error.message().to_string();
    let unknown = message.starts_with("unknown field");
    let code = if unknown { "config.unknown_key" } else { "config.unreadable" };
    let mut problem = Problem::error(code, message.clone()).file(file.display().to_string());
    if let Some(span) = error.span() {
        let before = &text[..span.start.min(text.len())];
        problem = problem.row(before.matches('\n').count() as u64 + 1);
        if let Some(line) = text.lines().nth(before.matches('\n').count()) {
            problem = problem.value(line.trim());
        }
    }
    if unknown {
        // The message reads: unknown field `x`, expected one of `a`, `b`
        let mut words = message.split('`').skip(1).step_by(2);
        if let Some(found) = words.next() {
            let known: Vec<&str> = words.collect();
            problem = problem.help(suggestion(found, known.iter().copied()));
        }
    }
    problem
}

/// Replaces a leading `$NAME` or `${NAME}` by that environment variable.
fn expand(root: &str, problems: &mut Problems) -> String {
    let Some(rest) = root.strip_prefix('$') else {
        return root.to_string();
    };
    let (name, tail) = match rest.strip_prefix('{').and_then(|r| r.split_once('}')) {
        Some((name, tail)) => (name, tail),
        None => rest.split_at(rest.find('/').unwrap_or(rest.len())),
    };
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => format!("{value}{tail}"),
        _ => {
            problems.push(
                Problem::error("config.unset_variable", format!("`root` names the environment variable {name}, which is not set"))
                    .column("root")
                    .value(root)
                    .help(format!("set it to the folder that holds the tables: export {name}=/path/to/folder")),
            );
            root.to_string()
        }
    }
}

impl Typed {
    pub(super) fn check(self, file: &Path, problems: &mut Problems) -> Project {
        let digits = self.currency.minor_digits;
        if digits > 4 {
            problems.push(bad_value("currency.minor_digits", &digits.to_string(), "too many decimals", "0 to 4"));
        }
        let base = file.parent().unwrap_or(Path::new("."));
        let root = base.join(self.root.as_deref().map_or(String::new(), |r| expand(r, problems)));
        if !(0..=366).contains(&self.clock.posting_lag_days) {
            problems.push(bad_value("clock.posting_lag_days", &self.clock.posting_lag_days.to_string(), "posting lag out of range", "0 to 366"));
        }
        if let (Some(outcomes), Some(data)) = (self.clock.outcomes_until, self.clock.data_until)
            && outcomes > data
        {
            problems.push(bad_value(
                "clock.outcomes_until",
                &outcomes.to_string(),
                "outcomes cannot be trusted beyond the data",
                "at most clock.data_until",
            ));
        }
        let TypedTables { accounts, instalments, payments, statements, contacts, events } = self.tables;
        let tables: Vec<TableSpec> = TableKind::ALL
            .into_iter()
            .zip([accounts, instalments, payments, statements, contacts, events])
            .filter_map(|(kind, table)| Some(table?.check(kind, &self.read, problems)))
            .collect();
        let has = |kind| tables.iter().any(|t| t.kind == kind);
        if !has(TableKind::Accounts) {
            problems.push(
                Problem::error("config.no_accounts", "the project names no accounts table")
                    .column("tables.accounts")
                    .help("every account needs a row: add [tables.accounts]"),
            );
        }
        let ledger = has(TableKind::Instalments) && has(TableKind::Payments);
        if has(TableKind::Instalments) != has(TableKind::Payments) {
            problems.push(
                Problem::error("config.half_a_ledger", "a ledger needs both instalments and payments")
                    .column("tables")
                    .help("name the missing table, or leave both out and give statements"),
            );
        } else if !ledger && !has(TableKind::Statements) {
            problems.push(
                Problem::error("config.no_history", "the project names no history")
                    .column("tables")
                    .rule("instalments and payments, or statements")
                    .help("add [tables.instalments] and [tables.payments], or [tables.statements]"),
            );
        }
        let population = Population {
            min_dpd: match (self.population.min_dpd, self.population.min_bucket) {
                (Some(dpd), None) => dpd,
                (None, Some(bucket)) => bucket.lower_dpd(),
                // 1: the definition of arrears.
                (None, None) => 1,
                (Some(_), Some(_)) => {
                    problems.push(
                        Problem::error("config.contradiction", "both min_dpd and min_bucket are given").column("population").help("keep one of them"),
                    );
                    1
                }
            },
            min_arrears: self.population.min_arrears.map_or(Money(0), |a| a.money("population.min_arrears", digits, problems)),
        };
        if population.min_dpd < 1 {
            problems.push(bad_value(
                "population.min_dpd",
                &population.min_dpd.to_string(),
                "a case is an account in arrears",
                "at least 1 day (bucket M1)",
            ));
        }
        let (stepped, listed) =
            (matches!(self.cases.observe, TypedObserve::MonthEnd | TypedObserve::Week), matches!(self.cases.observe, TypedObserve::Dates));
        for (key, given, applies, with) in [
            ("cases.dates", !self.cases.dates.is_empty(), listed, "observe = \"dates\""),
            ("cases.from", self.cases.from.is_some(), stepped, "observe = \"month_end\" or \"week\""),
            ("cases.until", self.cases.until.is_some(), stepped, "observe = \"month_end\" or \"week\""),
        ] {
            if given && !applies {
                problems.push(
                    Problem::error("config.contradiction", format!("`{key}` says nothing here"))
                        .column(key)
                        .rule(format!("only with {with}"))
                        .help("remove it, or change cases.observe"),
                );
            }
        }
        let observe = match self.cases.observe {
            TypedObserve::Entry => Observe::Entry,
            TypedObserve::MonthEnd => Observe::Step { step: Step::MonthEnd, from: self.cases.from, until: self.cases.until },
            TypedObserve::Week => Observe::Step { step: Step::Week, from: self.cases.from, until: self.cases.until },
            TypedObserve::Dates => {
                let mut dates = self.cases.dates.clone();
                dates.sort();
                dates.dedup();
                if dates.is_empty() {
                    problems.push(bad_value("cases.dates", "[]", "observe = \"dates\" needs dates", "a list such as [\"2026-01-31\"]"));
                }
                Observe::Dates(dates)
            }
        };
        let outcome = self.outcome.check(problems);
        let in_cycles = matches!(outcome.rule.horizon(), Horizon::Cycles(_));
        if in_cycles && !has(TableKind::Statements) {
            let rule = "a rule with horizon_days for a ledger, such as cure";
            problems.push(bad_value("outcome.rule", outcome.name(), "a horizon in cycles needs statements", rule));
        }
        if !in_cycles && !ledger {
            let rule = "cure_by_status, or not_rolled with horizon_cycles, for statements";
            problems.push(bad_value("outcome.rule", outcome.name(), "this rule needs instalments and payments", rule));
        }
        if let Some(split) = self.split {
            check_split(split, outcome, problems);
        }
        let protected: Vec<String> = tables.iter().flat_map(|t| t.protected.clone()).collect();
        self.model.check(&protected, problems);
        if !(0.0..=1.0).contains(&self.arrears.tolerance_share) {
            problems.push(bad_value("arrears.tolerance_share", &self.arrears.tolerance_share.to_string(), "a share of the balance", "0 to 1"));
        }
        let declared = self.declared.check(digits, problems);
        features::check(self.promises, self.rates, &self.regimes, problems);
        let expressions = features::check_expressions(self.expressions, &protected, problems);
        Project {
            file: file.to_path_buf(),
            name: self.name,
            root,
            currency: self.currency,
            clock: self.clock,
            tables,
            tolerance: Tolerance {
                amount: self.arrears.tolerance_amount.map_or(Money(0), |a| a.money("arrears.tolerance_amount", digits, problems)),
                share: self.arrears.tolerance_share,
            },
            population,
            observe,
            outcome,
            split: self.split,
            model: self.model,
            declared,
            check: self.check,
            promises: self.promises,
            rates: self.rates,
            regimes: self.regimes,
            expressions,
            audit: false,
        }
    }
}

fn check_split(split: Split, outcome: Outcome, problems: &mut Problems) {
    let window_ends = match outcome.rule.horizon() {
        Horizon::Days(days) => split.train_until.plus(days),
        Horizon::Cycles(cycles) => split.train_until.plus_months(cycles),
    };
    if window_ends >= split.test_from {
        problems.push(
            bad_value(
                "split.test_from",
                &split.test_from.to_string(),
                "testing starts before the last training outcome is known",
                "later than train_until + horizon",
            )
            .help(format!("the last training outcome window ends on {window_ends}: start testing after it")),
        );
    }
    if split.test_until.is_some_and(|until| until < split.test_from) {
        problems.push(bad_value(
            "split.test_until",
            &split.test_until.unwrap_or(Day::NULL).to_string(),
            "testing ends before it starts",
            "not before test_from",
        ));
    }
}

impl TypedOutcome {
    fn check(&self, problems: &mut Problems) -> Outcome {
        let mut horizon = |key: &str, value: Option<i32>, other: Option<i32>, most: i32| {
            if other.is_some() {
                problems.push(
                    Problem::error("config.contradiction", "this outcome rule has another horizon").column("outcome").rule(format!("only {key}")),
                );
            }
            match value {
                Some(n) if (1..=most).contains(&n) => n,
                Some(n) => {
                    problems.push(bad_value(&format!("outcome.{key}"), &n.to_string(), "horizon out of range", &format!("1 to {most}")));
                    1
                }
                None => {
                    problems.push(
                        Problem::error("config.missing_key", format!("the outcome has no {key}"))
                            .column(format!("outcome.{key}"))
                            .help("say how long a borrower has to repay: there is no default"),
                    );
                    1
                }
            }
        };
        let rule = match self.rule {
            TypedRule::Cure => OutcomeRule::Cure { horizon_days: horizon("horizon_days", self.horizon_days, self.horizon_cycles, 1_000) },
            TypedRule::PaidAtLeast => OutcomeRule::PaidAtLeast {
                horizon_days: horizon("horizon_days", self.horizon_days, self.horizon_cycles, 1_000),
                share: self.share.unwrap_or(f64::NAN),
            },
            TypedRule::CuredAtHorizon => {
                OutcomeRule::CuredAtHorizon { horizon_days: horizon("horizon_days", self.horizon_days, self.horizon_cycles, 1_000) }
            }
            TypedRule::NotRolled if self.horizon_cycles.is_some() => {
                OutcomeRule::NotRolled { horizon: Horizon::Cycles(horizon("horizon_cycles", self.horizon_cycles, self.horizon_days, 60)) }
            }
            TypedRule::NotRolled => {
                OutcomeRule::NotRolled { horizon: Horizon::Days(horizon("horizon_days", self.horizon_days, self.horizon_cycles, 1_000)) }
            }
            TypedRule::CureByStatus => {
                OutcomeRule::CureByStatus { horizon_cycles: horizon("horizon_cycles", self.horizon_cycles, self.horizon_days, 60) }
            }
        };
        if let OutcomeRule::PaidAtLeast { share, .. } = rule
            && !(share > 0.0 && share <= 1.0)
        {
            problems.push(bad_value(
                "outcome.share",
                &self.share.map_or("absent".into(), |s| s.to_string()),
                "paid_at_least needs a share",
                "above 0, at most 1",
            ));
        }
        Outcome { rule }
    }
}

impl TypedDeclared {
    fn check(self, digits: u8, problems: &mut Problems) -> Declared {
        for (key, declared, only, message) in [
            ("declared.contact_log", &self.contact_log, "none", "only the absence of contacts can be declared"),
            ("declared.events", &self.events, "none", "only the absence of events can be declared"),
            ("declared.evidence", &self.evidence, "complete", "only that all evidence is on file can be declared"),
        ] {
            if let Some(a) = declared.as_ref().filter(|a| a.value != only) {
                problems.push(bad_value(key, &a.value, message, &format!("\"{only}\"")));
            }
        }
        if let Some(a) = self.time_zone.as_ref().filter(|a| Zone::parse(&a.value).is_none()) {
            problems.push(bad_value(
                "declared.time_zone",
                &a.value,
                "this is no time zone",
                "an IANA name such as \"Asia/Shanghai\", or an offset such as \"+08:00\"",
            ));
        }
        let nominal_exposure = self.nominal_exposure.map(|a| {
            let value = a.value.money("declared.nominal_exposure", digits, problems);
            if value.0 <= 0 {
                problems.push(bad_value("declared.nominal_exposure", &value.text(digits), "an exposure must be positive", "above 0"));
            }
            Assumed { value, by: a.by }
        });
        let declared =
            Declared { contact_log: self.contact_log, time_zone: self.time_zone, events: self.events, evidence: self.evidence, nominal_exposure };
        let words = [&declared.contact_log, &declared.time_zone, &declared.events, &declared.evidence];
        let by = words.into_iter().flatten().map(|a| &a.by).chain(declared.nominal_exposure.as_ref().map(|a| &a.by));
        if by.into_iter().any(|by| by.trim().is_empty()) {
            problems.push(
                Problem::error("config.bad_value", "a declaration needs the name of who says so")
                    .column("declared")
                    .rule("by = \"a person or a department\""),
            );
        }
        declared
    }
}
