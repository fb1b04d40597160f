//! Small accounts drawn day by day: every feature of the catalogue and every outcome, worked by hand from the definitions.
//!
//! A text of expectations has `name value` entries, apart by `;` or lines; what follows two spaces and `#` is a remark. A value is `null`,
//! a number, or a quotient written out. A name ending in `_w` stands for the lookbacks of 30 | 90 | 180 | 365 days, the last value repeated.
//! All money is in whole units; dates are of 2021 unless said otherwise.

// Their texts are laid out by hand.
#[rustfmt::skip]
mod payments;
#[rustfmt::skip]
mod agreements;
#[rustfmt::skip]
mod neighbours;

use super::world::Book;
use recoup::base::config::{Observe, Project};
use recoup::data::features::Values;
use recoup::data::observe::{Observed, observe};
use recoup::pipeline::read_book;
use std::collections::BTreeMap;

const CURE: &str = "rule = \"cure\"\nhorizon_days = 30";
const CURE_BY_STATUS: &str = "rule = \"cure_by_status\"\nhorizon_cycles = 1";

/// What holds for a lone account with no finished episode and nothing unusual.
const PLAIN: &str = "
    past_cures 0; past_cure_rate null; median_days_to_cure null; max_dpd_last_episode null; reaged_365 0; ever_90dpd 0; failed_debits_w 0
    partial_payments_w 0; months_since_30dpd null; secured null; utilisation null; instalment_to_income null; days_to_payday null
    accounts_of_borrower 1; earlier_accounts 0; other_delinquent_accounts 0; borrower_past_cures 0
";

/// No events table: of promises nothing is known.
const NO_EVENTS: &str = "promises_w null; promise_kept_rate_w null; broken_promises_w null; days_since_broken null; promise_open null";

/// An events table, but no promise of this account.
const NO_PROMISES: &str = "promises_w 0; promise_kept_rate_w null; broken_promises_w 0; days_since_broken null; promise_open 0";

/// No contacts table.
const NO_CONTACTS: &str = "
    right_party_rate_w null; days_since_right_party null; consecutive_no_answer null; inbound_w null; refusals_w null; lost_contact null
";

/// What statements never tell.
const STATEMENTS: &str = "unpaid_instalments null; first_payment_default null; payment_day_spread null; failed_debits_w null; remaining_term null";

/// A book of exactly these tables. Their text is words apart by spaces or line ends: a table's name, its head, its rows.
struct Worked(Book);

fn worked(clock: &str, rule: &str, tables: &str) -> Worked {
    let mut files: Vec<(String, String)> = Vec::new();
    let mut named = String::new();
    for word in tables.split_whitespace() {
        if word.contains(',') {
            let (_, text) = files.last_mut().unwrap();
            text.push_str(word);
            text.push('\n');
        } else {
            named.push_str(&format!("[tables.{word}]\npath = \"{word}.csv\"\n"));
            files.push((format!("{word}.csv"), String::new()));
        }
    }
    let project = format!(
        "name = \"worked\"\n[currency]\ncode = \"EUR\"\nminor_digits = 2\n[clock]\ndata_until = \"2021-12-31\"\n{clock}\n{named}\
         [rates]\npromise_kept = 0.6\nright_party = 0.3\nweight = 2\n[regimes]\nspring = {{ from = \"2021-03-01\", until = \"2021-04-30\" }}\n\
         [cases]\nobserve = \"month_end\"\n[outcome]\n{rule}\n"
    );
    files.push(("recoup.toml".to_string(), project));
    Worked(Book::with(&files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect::<Vec<_>>()))
}

impl Worked {
    /// The account as observed on that day alone.
    fn case(&self, account: &str, day: &str) -> Case {
        let book = read_book(Project::load(&self.0.project()).unwrap(), &|_| {}).unwrap();
        let seen = observe(&book.project, &book.portfolio, &Observe::Dates(vec![day.parse().unwrap()]));
        let k = (0..seen.cases.len()).find(|k| seen.cases.account_id(*k) == account).unwrap_or_else(|| panic!("{account} is no case on {day}"));
        Case { seen, k, named: format!("{account} on {day}") }
    }
}

/// One account on one day.
struct Case {
    seen: Observed,
    k: usize,
    named: String,
}

impl Case {
    /// Every feature of the run is expected once, and is as expected. Later texts override earlier ones.
    fn features(&self, shared: &[&str], own: &str) {
        let mut expected = BTreeMap::new();
        for text in shared.iter().chain([&own]) {
            let entries = entries(text);
            let names: BTreeMap<_, _> = entries.iter().cloned().collect();
            assert_eq!(names.len(), entries.len(), "{}: a name stands twice in {text}", self.named);
            expected.extend(names);
        }
        let mut wrong = Vec::new();
        for name in self.seen.features.names() {
            let Some(text) = expected.remove(name) else {
                wrong.push(format!("{name} is not expected (or there twice)"));
                continue;
            };
            match &self.seen.features.get(name).unwrap().values {
                Values::Number(v) if same(v[self.k], value(&text)) => {}
                Values::Number(v) => wrong.push(format!("{name} = {}, by hand {text} = {}", v[self.k], value(&text))),
                Values::Category { codes, levels } => {
                    let level = levels.get(codes[self.k] as usize).map_or("null", |l| &**l);
                    if level != text {
                        wrong.push(format!("{name} = {level}, by hand {text}"));
                    }
                }
            }
        }
        wrong.extend(expected.keys().map(|name| format!("{name} is not computed")));
        assert!(wrong.is_empty(), "{}:\n{}", self.named, wrong.join("\n"));
    }

    /// All six outcomes are as expected.
    fn outcomes(&self, own: &str) {
        let expected = entries(own);
        assert_eq!(expected.len(), 6, "{}: {own}", self.named);
        for (name, text) in expected {
            if name == "paid_ratio" {
                let found = self.seen.cases.paid_ratio[self.k];
                assert!(same(found, value(&text)), "{}: paid_ratio = {found}, by hand {text}", self.named);
            } else {
                let by_hand = match text.as_str() {
                    "yes" => Some(true),
                    "no" => Some(false),
                    "null" => None,
                    _ => panic!("{name} {text}"),
                };
                assert_eq!(outcome(&self.seen, self.k, &name), by_hand, "{}: {name}", self.named);
            }
        }
    }
}

fn outcome(seen: &Observed, case: usize, name: &str) -> Option<bool> {
    let outcomes = &seen.cases.outcomes[case];
    match name {
        "cure" => outcomes.cure,
        "cured_at_horizon" => outcomes.cured_at_horizon,
        "not_rolled" => outcomes.not_rolled,
        "reaged" => outcomes.reaged,
        "relapse" => outcomes.relapse,
        _ => panic!("no outcome {name}"),
    }
}

/// Names and values of a text, lookbacks spelled out.
fn entries(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in text.lines().flat_map(|line| line.split("  #").next().unwrap_or("").split(';')).map(str::trim).filter(|e| !e.is_empty()) {
        let (name, value) = entry.split_once(' ').unwrap_or_else(|| panic!("{entry} has no value"));
        match name.strip_suffix("_w") {
            None => found.push((name.to_string(), value.to_string())),
            Some(stem) => {
                let values: Vec<&str> = value.split(" | ").collect();
                for (i, days) in [30, 90, 180, 365].into_iter().enumerate() {
                    found.push((format!("{stem}_{days}"), values[i.min(values.len() - 1)].to_string()));
                }
            }
        }
    }
    found
}

/// `null`, a term, or a quotient of two.
fn value(text: &str) -> f64 {
    match text.split_once(" / ") {
        _ if text == "null" => f64::NAN,
        Some((above, below)) => term(above) / term(below),
        None => term(text),
    }
}

/// A number, `sqrt(number)` or `(a + b * c)`.
fn term(text: &str) -> f64 {
    let number = |t: &str| t.parse::<f64>().unwrap_or_else(|_| panic!("{t} is no number"));
    let inside = |head: &str| text.strip_prefix(head).and_then(|t| t.strip_suffix(')'));
    match (inside("sqrt("), inside("(")) {
        (Some(square), _) => number(square).sqrt(),
        (None, Some(sum)) => sum.split(" + ").map(|product| product.split(" * ").map(number).product::<f64>()).sum(),
        (None, None) => number(text),
    }
}

/// Equal within 1e-12 of the larger; null equals null.
fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
}
