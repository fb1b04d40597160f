//! `recoup features`: the catalogue as it is printed, and the data dictionary that must say the same.

use super::cli::{recoup, text};
use super::world::{Book, PROJECT};
use recoup::data::catalogue::CATALOGUE;
use std::path::Path;

fn printed(book: &Book, args: &[&str]) -> String {
    let done = recoup(book, &[&["features"], args].concat());
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    text(&done.stdout)
}

#[test]
fn the_data_dictionary_holds_what_the_command_prints() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/DICTIONARY.md");
    let dictionary = std::fs::read_to_string(file).unwrap();
    let (_, rest) = dictionary.split_once("<!-- recoup features --markdown: begin -->\n").unwrap();
    let (section, _) = rest.split_once("<!-- recoup features --markdown: end -->").unwrap();
    let printed = printed(&Book::with(&[]), &["--markdown"]);
    assert_eq!(section, printed, "put the output of `recoup features --markdown` between the markers");
}

#[test]
fn a_terminal_shows_a_family_once_and_keeps_to_120_columns() {
    let said = printed(&Book::with(&[]), &[]);
    assert!(said.lines().all(|l| l.chars().count() <= 120), "{said}");
    assert_eq!(said.matches("max_dpd_{30,90,180,365}").count(), 1, "{said}");
    for family in CATALOGUE.chunk_by(|a, b| a.family == b.family) {
        // What stands at the beginning of a line is a name, what stands further in is its meaning.
        let wanted = if family.len() == 1 { family[0].name.to_string() } else { format!("{}_{{30,90,180,365}}", family[0].family) };
        let named = |line: &&str| line.strip_prefix("  ").is_some_and(|rest| rest.split(' ').next() == Some(&wanted));
        assert_eq!(said.lines().filter(named).count(), 1, "{wanted} in\n{said}");
    }
    assert!(said.contains("contact (of the borrower)"), "{said}");
}

#[test]
fn json_has_an_entry_a_feature_and_the_projects_own_without_reading_a_table() {
    let project = format!(
        "{PROJECT}[regimes]\namnesty = {{ from = \"2020-03-01\", until = \"2020-04-30\" }}\n\
         [expressions]\nper_month = {{ sql = \"arrears / nullif(months_on_book, 0)\", expected = \"down\", sub_score = \"ability\" }}\n"
    )
    .replace(
        "path = \"accounts.csv\"",
        "path = \"nowhere.csv\"\nprotected = [\"product\"]\nfeatures = { area = { column = \"branch\", kind = \"category\" } }",
    );
    let book = Book::with(&[("recoup.toml", &project)]);
    let json: serde_json::Value = serde_json::from_str(&printed(&book, &["--project", "recoup.toml", "--json"])).unwrap();
    let features = json["features"].as_array().unwrap();
    assert_eq!(features.len(), CATALOGUE.len() + 4);
    let named = |name: &str| features.iter().find(|f| f["name"] == name);
    let paid = named("paid_90").unwrap();
    assert_eq!((paid["family"].as_str(), paid["lookback_days"].as_i64(), paid["expected"].as_str()), (Some("paid"), Some(90), Some("+")));
    assert_eq!(paid["meaning"], "paid in 90 days");
    assert_eq!(named("regime_amnesty").unwrap()["formula"], "1 if 2020-03-01 <= d <= 2020-04-30, else 0");
    assert_eq!(named("area").unwrap()["formula"], "the accounts table's column branch");
    let own = named("per_month").unwrap();
    assert_eq!((own["formula"].as_str(), own["sub_score"].as_str()), (Some("arrears / nullif(months_on_book, 0)"), Some("ability")));
    assert!(named("limit").is_some() && named("product").is_none());
    let unknown = recoup(&book, &["features", "--project", "nowhere.toml"]);
    assert_eq!(unknown.status.code(), Some(2));
}
