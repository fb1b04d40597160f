//! Packs of guardrails: those that come with recoup, and a bank's own files. Software, not legal advice.

use super::Treatment;
use super::guardrail::{Guardrail, Verified};
use super::typed::Checker;
use super::typed_guardrail::{Parameter, TypedGuardrail, TypedParameter};
use crate::base::bilingual::Bilingual;
use crate::base::config::toml_problem;
use crate::base::dates::Day;
use crate::base::problem::{Problem, suggestion};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use toml::Spanned;

/// The packs that come with recoup, by name.
pub const PACKS: [(&str, &str); 5] = [
    ("cn-bank", include_str!("../../../data/packs/cn-bank.toml")),
    ("cn-card", include_str!("../../../data/packs/cn-card.toml")),
    ("us-third-party", include_str!("../../../data/packs/us-third-party.toml")),
    ("uk", include_str!("../../../data/packs/uk.toml")),
    ("eu", include_str!("../../../data/packs/eu.toml")),
];

/// Guardrails at most, of all packs together.
const MOST: usize = 64;

/// What must be recorded, offered or told. It vetoes nothing.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Duty {
    /// Its identifier.
    pub id: String,
    /// What is to be done.
    pub text: Bilingual,
    /// By what authority.
    pub authority: String,
    /// How well that is known.
    pub verified: Verified,
    /// Whether it is a right of the borrower that every letter names.
    #[serde(default)]
    pub told: bool,
}

/// A pack that a policy uses.
#[derive(Clone, Debug, PartialEq)]
pub struct Pack {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it is called.
    pub title: Bilingual,
    /// Where it holds.
    pub jurisdiction: String,
    /// The accounts that it is for, and the line of that condition in the policy; all where there is none. It also holds where that is unknown.
    pub when: Option<(String, u64)>,
    /// What it asks beside guardrails.
    pub duties: Vec<Duty>,
    /// blake3 of its text.
    pub fingerprint: String,
}

/// How a policy names a pack.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields, expecting = "expected the name of a pack, or { name = \"…\", when = \"SQL\" }")]
pub(super) enum TypedPackUse {
    Name(String),
    When { name: String, when: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TypedPack {
    name: String,
    version: String,
    title: Bilingual,
    jurisdiction: String,
    #[serde(default)]
    guardrail: Vec<Spanned<TypedGuardrail>>,
    #[serde(default)]
    duty: Vec<Duty>,
}

impl Checker<'_> {
    /// The packs that the policy uses, and all guardrails: theirs, then its own.
    pub(super) fn guardrails(
        &mut self,
        uses: Vec<Spanned<TypedPackUse>>,
        own: Vec<Spanned<TypedGuardrail>>,
        parameters: BTreeMap<Spanned<String>, TypedParameter>,
        treatments: &[Treatment],
    ) -> (Vec<Pack>, Vec<Guardrail>) {
        let (mut packs, mut guardrails): (Vec<Pack>, Vec<Guardrail>) = Default::default();
        let parameters: BTreeMap<Spanned<String>, Parameter> = parameters.into_iter().map(|(id, typed)| (id, Parameter::of(typed, self))).collect();
        // Also of those that cannot be understood: their problems are told already.
        let mut ids: Vec<String> = own.iter().map(|g| g.get_ref().id().to_string()).collect();
        for used in uses {
            let at = used.span().start;
            let (name, when) = match used.into_inner() {
                TypedPackUse::Name(name) => (name, None),
                TypedPackUse::When { name, when } => (name, Some((when, self.line(at)))),
            };
            let Some((file, text)) = self.pack_text(at, &name) else { continue };
            let typed: TypedPack = match toml::from_str(&text) {
                Ok(typed) => typed,
                Err(e) => {
                    self.problems.push(toml_problem(Path::new(&file), &text, &e));
                    continue;
                }
            };
            if packs.iter().any(|p| p.name == typed.name) {
                self.push(at, "policy.duplicate", format!("the pack `{}` is named twice", typed.name), "each pack once", None);
                continue;
            }
            let place = packs.len();
            let mut checker = Checker::new(Path::new(&file), &text, self.minor_digits, self.problems);
            for duty in typed.duty.iter().filter(|d| d.text.lacks_one()) {
                checker.push(0, "policy.one_language", format!("the duty `{}` is in one language alone", duty.id), "en and zh", None);
            }
            ids.extend(typed.guardrail.iter().map(|g| g.get_ref().id().to_string()));
            for guardrail in typed.guardrail {
                let found = checker.guardrail(guardrail, Some(place), &parameters, treatments);
                guardrails.extend(found.map(|g| Guardrail { jurisdiction: typed.jurisdiction.clone(), ..g }));
            }
            packs.push(Pack {
                name: typed.name,
                version: typed.version,
                title: typed.title,
                jurisdiction: typed.jurisdiction,
                when,
                duties: typed.duty,
                fingerprint: blake3::hash(text.as_bytes()).to_hex().to_string(),
            });
        }
        guardrails.extend(own.into_iter().filter_map(|g| self.guardrail(g, None, &parameters, treatments)));
        for key in parameters.keys().filter(|k| !ids.contains(k.get_ref())) {
            let help = suggestion(key.get_ref(), ids.iter().map(String::as_str));
            self.push(
                key.span().start,
                "policy.unknown_guardrail",
                format!("there is no guardrail `{}`", key.get_ref()),
                "a guardrail of a pack that the policy uses",
                Some(help),
            );
        }
        self.twice(&guardrails);
        if guardrails.len() > MOST {
            self.push(0, "policy.too_many", format!("there are {} guardrails", guardrails.len()), &format!("at most {MOST}"), None);
        }
        (packs, guardrails)
    }

    /// The text of a pack: of one that comes with recoup, or of a file beside the policy.
    fn pack_text(&mut self, at: usize, name: &str) -> Option<(String, String)> {
        if let Some((name, text)) = PACKS.iter().find(|(n, _)| *n == name) {
            return Some((format!("pack {name}"), text.to_string()));
        }
        if !name.ends_with(".toml") {
            let known: Vec<&str> = PACKS.iter().map(|(n, _)| *n).collect();
            let help = suggestion(name, known.iter().copied());
            let rule = format!("one of {}, or a file that ends in .toml", known.join(", "));
            self.push(at, "policy.unknown_pack", format!("there is no pack `{name}`"), &rule, Some(help));
            return None;
        }
        let path = self.file.parent().unwrap_or(Path::new("")).join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => Some((path.display().to_string(), text)),
            Err(e) => {
                self.push(at, "policy.unknown_pack", format!("the pack {} cannot be read: {e}", path.display()), "a file of guardrails", None);
                None
            }
        }
    }

    /// An identifier stands twice only for a rule that took another form: its dates in force must not overlap.
    fn twice(&mut self, guardrails: &[Guardrail]) {
        for (k, later) in guardrails.iter().enumerate() {
            for earlier in guardrails[..k].iter().filter(|g| g.id == later.id) {
                let dated = |g: &Guardrail| g.from != Day::NULL || g.until != Day::NEVER;
                let overlap = earlier.from <= later.until && later.from <= earlier.until;
                let (code, message) = match (dated(earlier) && dated(later), overlap) {
                    (true, false) => continue,
                    (true, true) => ("policy.overlapping_dates", format!("two forms of the guardrail `{}` are in force at once", later.id)),
                    (false, _) => ("policy.duplicate", format!("there are two guardrails `{}`", later.id)),
                };
                self.problems.push(
                    Problem::error(code, message)
                        .file(later.file.clone())
                        .row(later.line_of_id)
                        .rule("one of each identifier, or dates in force that do not overlap")
                        .help(format!("the other stands in {}, line {}", earlier.file, earlier.line_of_id)),
                );
            }
        }
    }
}
