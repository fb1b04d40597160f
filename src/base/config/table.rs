//! A table of the project file as typed, and how it is checked: files, columns, codes, features, what is protected.

use super::typed::bad_value;
use super::{ExtraFeature, FeatureKind, StatusMeaning, TableSpec};
use crate::base::problem::{Problem, Problems, suggestion};
use crate::base::schema::TableKind;
use serde::Deserialize;
use std::collections::BTreeMap;

/// How CSV is written where a table does not say.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TypedRead {
    separator: Option<String>,
    null_words: Option<Vec<String>>,
    date_format: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a path or a list of paths")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected \"numeric\", \"category\", or { column = \"…\", kind = \"numeric\" }")]
enum TypedFeature {
    Kind(FeatureKind),
    Column { column: String, kind: FeatureKind },
}

/// One table as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypedTable {
    path: OneOrMore,
    separator: Option<String>,
    null_words: Option<Vec<String>>,
    date_format: Option<String>,
    #[serde(default)]
    columns: BTreeMap<String, String>,
    #[serde(default)]
    features: BTreeMap<String, TypedFeature>,
    #[serde(default)]
    protected: Vec<String>,
    #[serde(default)]
    ignored: Vec<String>,
    #[serde(default)]
    key: Vec<String>,
    #[serde(default)]
    codes: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    status: BTreeMap<String, StatusMeaning>,
}

impl TypedTable {
    pub(super) fn check(self, kind: TableKind, read: &TypedRead, problems: &mut Problems) -> TableSpec {
        let at = |key: &str| format!("tables.{}.{key}", kind.name());
        let separator = self.separator.or_else(|| read.separator.clone()).unwrap_or_else(|| ",".into());
        let separator = match separator.as_str() {
            "\\t" | "tab" => b'\t',
            text if text.len() == 1 => text.as_bytes()[0],
            text => {
                problems.push(bad_value(&at("separator"), text, "a separator is one character", "one of , ; | or \"tab\""));
                b','
            }
        };
        let known: Vec<&str> = kind.columns().iter().map(|c| c.name).collect();
        for column in self.columns.keys() {
            if !known.contains(&column.as_str()) {
                problems.push(
                    Problem::error("config.unknown_column", format!("`{column}` is not a column of {}", kind.name()))
                        .column(at("columns"))
                        .value(column.as_str())
                        .help(suggestion(column, known.iter().copied())),
                );
            }
        }
        for (column, map) in &self.codes {
            let words = kind.words(column).filter(|_| column != "bucket");
            match words {
                None => problems
                    .push(Problem::error("config.unknown_column", format!("`{column}` of {} takes no codes", kind.name())).column(at("codes"))),
                Some(words) => {
                    for ours in map.values().filter(|w| !words.contains(&w.as_str())) {
                        problems.push(
                            bad_value(&at(&format!("codes.{column}")), ours, "not a word of this column", &words.join(", "))
                                .help(suggestion(ours, words.iter().copied())),
                        );
                    }
                }
            }
        }
        if kind != TableKind::Statements && !self.status.is_empty() {
            problems.push(Problem::error("config.unknown_key", "only statements have status codes").column(at("status")));
        }
        if kind != TableKind::Accounts && !self.features.is_empty() {
            problems.push(Problem::error("config.unknown_key", "only columns of accounts become features").column(at("features")));
        }
        let features: BTreeMap<String, ExtraFeature> = self
            .features
            .into_iter()
            .map(|(name, typed)| match typed {
                TypedFeature::Kind(kind) => (name.clone(), ExtraFeature { column: name, kind }),
                TypedFeature::Column { column, kind } => (name, ExtraFeature { column, kind }),
            })
            .collect();
        // Product and limit become features by themselves.
        let mapped = ["product", "limit"].into_iter().filter_map(|ours| Some((ours, self.columns.get(ours)?)));
        let named = features.iter().map(|(name, feature)| (name.as_str(), &feature.column));
        for (name, column) in named.chain(mapped.filter(|_| kind == TableKind::Accounts)) {
            if self.protected.contains(column) {
                problems.push(
                    Problem::error("config.protected_feature", format!("`{column}` is protected and cannot be a feature"))
                        .column(at(&format!("features.{name}")))
                        .rule("a protected attribute is for the audit alone")
                        .help("remove it from `features`, or from `protected` if it is not a protected attribute"),
                );
            }
        }
        let paths = match self.path {
            OneOrMore::One(path) => vec![path],
            OneOrMore::More(paths) => paths,
        };
        TableSpec {
            kind,
            paths,
            separator,
            null_words: self.null_words.or_else(|| read.null_words.clone()).unwrap_or_default(),
            date_format: self.date_format.or_else(|| read.date_format.clone()),
            columns: self.columns,
            features,
            protected: self.protected,
            ignored: self.ignored,
            key: self.key,
            codes: self.codes,
            status: self.status,
        }
    }
}
