//! Where something leads: holds, care for who is in hardship or vulnerable, and routes by ability and willingness. The house's rules on holds
//! and on escalation are not the policy's to loosen.

use super::typed::Checker;
use super::{Care, Family, HoldRule, Route, Treatment};
use crate::base::problem::suggestion;
use crate::data::cases::Holds;
use crate::decide::score::Quadrant;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// Each hold that vetoes, and the treatments that it leaves at most.
const HOUSE_HOLDS: [(&str, &[&str]); 6] = [
    ("dispute_open", &["wait", "human_review"]),
    ("complaint_open", &["wait", "human_review"]),
    ("moratorium", &["wait", "human_review"]),
    ("deceased", &["wait", "human_review"]),
    ("cease_contact", &["wait", "human_review"]),
    ("plan_active", &["wait", "plan", "human_review"]),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypedHold {
    allow: Vec<Spanned<String>>,
    recommend: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypedRoute {
    allow: Vec<Spanned<String>>,
    #[serde(default)]
    prefer: Vec<Spanned<String>>,
    recommend: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypedCare {
    offer: Vec<Spanned<String>>,
    gentle_rung: u32,
    wait_days: i32,
    #[serde(default)]
    never: Vec<Spanned<String>>,
}

impl Checker<'_> {
    fn places(&mut self, list: &[Spanned<String>], names: &[String]) -> Vec<usize> {
        list.iter().filter_map(|name| self.treatment_place(name, names)).collect()
    }

    pub(super) fn holds(&mut self, typed: BTreeMap<Spanned<String>, TypedHold>, names: &[String]) -> Vec<HoldRule> {
        let all: Vec<&str> = Holds::ALL.iter().map(|(_, n)| *n).collect();
        for (required, _) in HOUSE_HOLDS {
            if !typed.keys().any(|k| k.get_ref() == required) {
                self.push(
                    0,
                    "policy.missing_hold",
                    format!("the policy says nothing about the hold `{required}`"),
                    "every hold that vetoes stands in the policy",
                    Some(format!("add [holds.{required}] allow = [\"wait\", \"human_review\"]")),
                );
            }
        }
        let mut rules = Vec::new();
        for (key, hold) in typed {
            let at = key.span().start;
            let Some((bit, name)) = Holds::ALL.into_iter().find(|(_, n)| *n == key.get_ref().as_str()) else {
                let help = suggestion(key.get_ref(), all.iter().copied());
                self.push(at, "policy.unknown_hold", format!("there is no hold `{}`", key.get_ref()), "a hold that events can set", Some(help));
                continue;
            };
            let allow = self.places(&hold.allow, names);
            let recommend = hold.recommend.as_ref().and_then(|t| self.treatment_place(t, names));
            if let Some((_, at_most)) = HOUSE_HOLDS.iter().find(|(n, _)| *n == name) {
                for extra in hold.allow.iter().filter(|t| !at_most.contains(&t.get_ref().as_str())) {
                    self.push(
                        extra.span().start,
                        "policy.hold_too_loose",
                        format!("`{}` is not allowed under the hold `{name}`", extra.get_ref()),
                        &format!("at most {}", at_most.join(", ")),
                        Some("a hold is the borrower's right, not a price: no policy loosens it".into()),
                    );
                }
            }
            if !allow.iter().any(|k| names[*k] == "wait") {
                self.push(at, "policy.hold_without_wait", format!("the hold `{name}` does not allow wait"), "wait is always allowed", None);
            }
            if recommend.is_some_and(|place| !allow.contains(&place)) {
                self.push(at, "policy.hold_recommends", format!("the hold `{name}` recommends what it does not allow"), "one of `allow`", None);
            }
            rules.push(HoldRule { hold: bit, name, allow, recommend });
        }
        rules
    }

    pub(super) fn care(&mut self, typed: Spanned<TypedCare>, treatments: &[Treatment]) -> Care {
        let at = typed.span().start;
        let typed = typed.into_inner();
        let names: Vec<String> = treatments.iter().map(|t| t.name.clone()).collect();
        let offer = self.places(&typed.offer, &names);
        if offer.is_empty() {
            self.push(at, "policy.care", "[care] offers nothing".into(), "offer = one or more treatments of assistance", None);
        }
        self.only_assistance(at, &offer, treatments, "[care] offer");
        if typed.wait_days < 1 {
            self.push(at, "policy.bad_value", format!("[care] wait_days is {}", typed.wait_days), "at least one day: help needs time", None);
        }
        let firm = |t: &&Treatment| matches!(t.family, Family::Formal | Family::Legal);
        if let Some(firm) = treatments.iter().filter(firm).find(|t| t.rung <= typed.gentle_rung) {
            let message = format!("[care] gentle_rung {} lets `{}` pass before help was offered", typed.gentle_rung, firm.name);
            self.push(at, "policy.care_too_loose", message, "below everything formal and legal", None);
        }
        let never = self.places(&typed.never, &names);
        if never.iter().any(|p| names[*p] == "wait") {
            self.push(at, "policy.care", "[care] never forbids waiting".into(), "wait is always allowed", None);
        }
        Care { offer, gentle_rung: typed.gentle_rung, wait_days: typed.wait_days.max(0), never }
    }

    /// What comes before all else may only soften.
    fn only_assistance(&mut self, at: usize, list: &[usize], treatments: &[Treatment], what: &str) {
        for place in list.iter().filter(|p| treatments[**p].family != Family::Assist) {
            let message = format!("{what} names `{}`, which is no assistance", treatments[*place].name);
            self.push(at, "policy.not_assistance", message, "treatments of the family assist", None);
        }
    }

    pub(super) fn routes(&mut self, typed: BTreeMap<Spanned<String>, TypedRoute>, treatments: &[Treatment]) -> Vec<Route> {
        let names: Vec<String> = treatments.iter().map(|t| t.name.clone()).collect();
        let quadrants = &Quadrant::NAMES;
        for name in quadrants[..4].iter().filter(|name| !typed.keys().any(|k| k.get_ref() == *name)) {
            self.push(
                0,
                "policy.missing_section",
                format!("the policy has no section [routing.{name}]: what ability and willingness leave"),
                "nothing that matters to a borrower has a silent default",
                Some(format!("[routing.{name}] allow = [ … ], and prefer = [ … ] or recommend = \"…\"")),
            );
        }
        let mut routes = Vec::new();
        for (key, route) in typed {
            let at = key.span().start;
            let Some(place) = self.word(at, key.get_ref(), quadrants, "quadrant") else { continue };
            let quadrant = quadrants[place];
            let (allow, prefer) = (self.places(&route.allow, &names), self.places(&route.prefer, &names));
            let recommend = route.recommend.as_ref().and_then(|t| self.treatment_place(t, &names));
            if !allow.iter().any(|k| names[*k] == "wait") {
                self.push(at, "policy.hold_without_wait", format!("[routing.{quadrant}] does not allow wait"), "wait is always allowed", None);
            }
            if prefer.iter().chain(&recommend).any(|place| !allow.contains(place)) {
                self.push(at, "policy.hold_recommends", format!("[routing.{quadrant}] leads to what it does not allow"), "some of `allow`", None);
            }
            self.only_assistance(at, &prefer, treatments, &format!("[routing.{quadrant}] prefer"));
            if let Some(place) = recommend {
                self.only_assistance(at, &[place], treatments, &format!("[routing.{quadrant}] recommend"));
            }
            if quadrant == "neither" {
                for firm in allow.iter().filter(|p| matches!(treatments[**p].family, Family::Formal | Family::Legal)) {
                    let message = format!("[routing.neither] allows `{}`", treatments[*firm].name);
                    let rule = "nothing formal or legal for who is shown neither able nor willing: a person looks first";
                    self.push(at, "policy.route_too_firm", message, rule, None);
                }
            }
            routes.push(Route { quadrant, allow, prefer, recommend });
        }
        // Of whom too little is known gets what everybody may get, unless the policy says more: missing facts never free.
        if !routes.iter().any(|r| r.quadrant == Quadrant::Unknown.name()) {
            let allow = (0..treatments.len()).filter(|t| routes.iter().all(|r| r.allow.contains(t))).collect();
            routes.push(Route { quadrant: Quadrant::Unknown.name(), allow, prefer: Vec::new(), recommend: None });
        }
        routes
    }
}
