//! Names and expressions of the project's own features: none takes a name that is known already, and every expression can be read.

use super::{Checker, Sieve};
use crate::base::problem::Problem;
use crate::base::schema::{CHANNELS, TableKind};
use crate::base::zone::Zone;
use crate::data::cases::Holds;
use crate::data::catalogue::CATALOGUE;
use crate::data::cells::Cells;
use crate::data::expressions::{ColumnValues, Columns, Expression};
use crate::data::observe::regime_name;
use crate::data::tables::{Purpose, Table};

/// Columns of conditions and of files that are no features.
const OTHERS: [&str; 21] = [
    "stake",
    "probability",
    "points",
    "outbound_7",
    "quadrant",
    "legal_stage",
    "bucket_group",
    "account_id",
    "borrower_id",
    "as_of",
    "bucket_name",
    "overdue",
    "holds",
    "maturity",
    "repaid",
    "paid_ratio",
    "cure",
    "cured_at_horizon",
    "not_rolled",
    "reaged",
    "relapse",
];
/// Columns of the accounts table that become features by themselves.
const OF_ACCOUNTS: [&str; 2] = ["product", "limit"];
/// Columns of the accounts table that expressions may use beside features.
const FACTS: [&str; 2] = ["income", "payday"];

impl Checker<'_> {
    /// Rates of few records are shrunk towards the book's; that nobody stated those should be known.
    pub(super) fn rates(&mut self, promises: bool, contacts: bool) {
        let rates = self.project.rates;
        for (there, stated, key, feature) in [
            (promises, rates.promise_kept.is_some(), "promise_kept", "promise_kept_rate"),
            (contacts, rates.right_party.is_some(), "right_party", "right_party_rate"),
        ] {
            if there && !stated {
                self.problems.push(
                    Problem::note("config.no_rate", format!("{feature} is shrunk towards one half, for the project does not state the book's rate"))
                        .file(self.project.file.display().to_string())
                        .column(format!("rates.{key}"))
                        .help(format!("state it: [rates] {key} = 0.6")),
                );
            }
        }
    }

    /// Words of columns that route: a time zone that nobody knows, and a channel that is none, veto without a word unless it is said here.
    pub(super) fn routing_words(&mut self, sieves: &[Sieve<'_>]) {
        let Some(accounts) = sieves.iter().find(|s| s.table.kind == TableKind::Accounts) else { return };
        let known_channels = |word: &str| word.split_whitespace().all(|channel| CHANNELS.contains(&channel));
        let known_zone = |word: &str| Zone::parse(word).is_some();
        for (column, known, message, rule) in [
            (
                "time_zone",
                &known_zone as &dyn Fn(&str) -> bool,
                "there is no such time zone, so quiet hours veto",
                "an IANA name such as Asia/Shanghai, or an offset such as +08:00".to_string(),
            ),
            (
                "accessible_channels",
                &known_channels,
                "there is no such channel of contacts, so it opens none",
                format!("words apart by spaces, of {}", CHANNELS.join(", ")),
            ),
        ] {
            let Some(Cells::Words { codes, own, .. }) = accounts.table.cells(column) else { continue };
            for (code, word) in own.list().iter().enumerate().filter(|(_, word)| !known(word)) {
                let Some(row) = codes.iter().position(|c| c as usize == code) else { continue };
                let rows = codes.iter().filter(|c| *c as usize == code).count();
                let problem = Problem::note("data.unknown_word", message)
                    .column(accounts.table.source(column))
                    .value(word.clone())
                    .rule(rule.clone())
                    .help(format!("{rows} accounts have it; mend it in the source"));
                self.problems.push(accounts.table.place(row, problem));
            }
        }
    }

    /// A feature of the project must not take the name of something that conditions and models know already.
    pub(super) fn feature_names(&mut self, accounts: Option<&Table>) {
        let planned = || accounts.into_iter().flat_map(|table| table.columns.iter().zip(&table.cells));
        let contract = |name: &str| planned().any(|(c, _)| c.purpose == Purpose::Contract && c.name == name && OF_ACCOUNTS.contains(&name));
        let known = |name: &str| {
            CATALOGUE.iter().any(|f| &*f.name == name)
                || self.project.regimes.keys().any(|period| regime_name(period) == name)
                || Holds::ALL.iter().any(|(_, n)| *n == name)
                || OTHERS.contains(&name)
                || contract(name)
        };
        let file = self.project.file.display().to_string();
        let taken = |key: String, name: &str, help: String| {
            Problem::error("config.taken_name", format!("`{name}` is already the name of something that recoup knows"))
                .file(file.clone())
                .column(key)
                .help(help)
        };
        for (column, _) in planned().filter(|(c, _)| c.purpose == Purpose::Feature && known(&c.name)) {
            let help = format!("call it otherwise: my_{0} = {{ column = \"{1}\", kind = … }}", column.name, column.source);
            self.problems.push(taken(format!("tables.accounts.features.{}", column.name), &column.name, help));
        }
        let mut columns = Columns::default();
        let number = || ColumnValues::Number(Vec::new().into());
        CATALOGUE.iter().for_each(|feature| columns.add(&feature.name, number()));
        self.project.regimes.keys().for_each(|name| columns.add(&regime_name(name), number()));
        for (column, cells) in planned() {
            if column.purpose == Purpose::Feature || OF_ACCOUNTS.contains(&&*column.name) || FACTS.contains(&&*column.name) {
                let words = || ColumnValues::Words { codes: Vec::new().into(), words: Vec::new().into() };
                columns.add(&column.name, if matches!(cells, Cells::Words { .. }) { words() } else { number() });
            }
        }
        for (name, spec) in &self.project.expressions {
            let key = format!("expressions.{name}");
            if known(name) || columns.names().any(|column| column == name) {
                self.problems.push(taken(key.clone(), name, format!("call it otherwise: my_{name} = \"…\"")));
            }
            if let Err(bad) = Expression::number(&spec.sql, &columns) {
                let place = format!("line {}, column {} of the expression", bad.line, bad.column);
                let problem =
                    Problem::error("config.bad_expression", bad.message).file(file.clone()).column(key).value(spec.sql.as_str()).rule(place);
                self.problems.push(problem.help(
                    bad.help.unwrap_or_else(|| "it may use every feature, the columns of the accounts table, and the SQL of conditions".into()),
                ));
            }
        }
    }
}
