//! Pages: one self-contained HTML file each, without script and without network, in English or Simplified Chinese.
//!
//! Every figure stands in an element that names the place in the JSON that it was taken from (`data-json`, beside `data-as` for its form), so that a
//! test can compare each with the JSON. Templates are `*.html` beside this file; charts are drawn in `chart`.

mod chart;
mod explain;
mod model;
mod run;
mod show;

pub use crate::base::bilingual::Lang;
pub use explain::{explanation_page, letter_page, person_page};
pub use model::model_page;
pub use run::{DeadlineCount, DueLine, Line, Part, RunPage, VetoCount, run_page};
pub use show::shown;

use crate::base::problem::{Problem, Result};
use minijinja::{Environment, Value};

/// Fills a template; `figures` are the JSON documents that its figures come from, by name.
fn fill(template: &'static str, lang: Lang, figures: serde_json::Value, context: Value) -> Result<String> {
    let failed = |e: minijinja::Error| Problem::error("page.template", format!("the page cannot be made: {e:#}")).fail();
    let mut environment = Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Chainable);
    show::register(&mut environment, lang, figures);
    environment.add_template("head.html", include_str!("head.html")).map_err(failed)?;
    environment.add_template("macros.html", include_str!("macros.html")).map_err(failed)?;
    environment.add_template("case.html", include_str!("case.html")).map_err(failed)?;
    environment.add_template("page.html", template).map_err(failed)?;
    environment.get_template("page.html").and_then(|page| page.render(context)).map_err(failed)
}
