//! The project file of a simulated world: the last third of its months tests.

use super::ledger::Counts;
use super::{Shape, World, first_day, on};
use crate::data::write::Format;

/// The rates of this world, its named period, and an expression: sections for the end of a project file.
fn further_sections(world: &World, counts: &Counts) -> String {
    let rate = |part: u64, all: u64| if all == 0 { 0.5 } else { (part as f64 / all as f64 * 100.0).round() / 100.0 };
    let months = world.amnesty();
    // Announced and ended on a 20th: exactly the month ends whose 30 days lie in the amnesty's months fall between.
    let (from, until) = (on(months.start - 1, 20), on(months.end - 1, 20));
    format!(
        r#"
# The book's rates, towards which an account's own are shrunk: counted over the whole history.
[rates]
promise_kept = {:.2}
right_party = {:.2}
weight = 2

[regimes]
# Who cleared their arrears then was let off the default interest.
amnesty = {{ from = "{from}", until = "{until}" }}

[expressions]
arrears_to_income = "arrears / nullif(income, 0)"
"#,
        rate(counts.kept, counts.decided),
        rate(counts.right_party, counts.attempts),
    )
}

/// A project file for the folder.
pub fn project_file(world: &World, counts: &Counts, format: Format) -> String {
    let e = format.extension();
    let months = world.months as i32;
    // Two thirds of the months train, but no more than leave a month end to test on whose 30 days end within the data.
    let training = (months * 2 / 3).min(months - 3);
    let train_until = first_day().plus_months(training).plus(-1);
    let test_from = first_day().plus_months(training + 2).plus(-1);
    let history: &[&str] = match world.shape {
        Shape::Ledger => &["instalments", "payments"],
        Shape::Statements => &["statements"],
        Shape::Both => &["instalments", "payments", "statements"],
    };
    let tables: String = history.iter().chain(&["contacts", "events"]).map(|name| format!("[tables.{name}]\npath = \"{name}.{e}\"\n\n")).collect();
    let outcome = match world.shape {
        // A world of statements alone has no days to count.
        Shape::Statements => "rule = \"cure_by_status\"\nhorizon_cycles = 1",
        Shape::Ledger | Shape::Both => "rule = \"cure\"\nhorizon_days = 30",
    };
    let text = format!(
        r#"# A simulated book ({} accounts, {months} months, seed {}): nobody in it is real. Made by `recoup simulate`.
name = "simulated"

[currency]
code = "CNY"
minor_digits = 2

[clock]
data_until = "{}"

[tables.accounts]
path = "accounts.{e}"
protected = ["age_band"]
features = {{ income_band = "category", region = "category" }}

{tables}[declared]
# Everybody in this world lives by one clock.
time_zone = {{ value = "Asia/Shanghai", by = "recoup simulate" }}

[cases]
observe = "month_end"
# Half a year of history before the first case.
from = "{}"

[outcome]
{outcome}

[split]
train_until = "{train_until}"
test_from = "{test_from}"
"#,
        world.accounts,
        world.seed,
        world.until(),
        first_day().plus_months((months / 4).clamp(1, 6)).plus(-1),
    );
    text + &further_sections(world, counts)
}
