//! The rules of a policy by identifier, as the log names them, and sets of them.

use crate::data::read_back::WordColumn;
use crate::decide::log::OTHER_ACCOUNT;
use crate::decide::policy::Policy;
use std::collections::HashMap;

/// The rules of a policy by identifier, in the order in which they speak.
pub(super) struct Names {
    pub(super) ids: Vec<String>,
    pub(super) place: HashMap<String, usize>,
}

pub(super) type Set = u128;

impl Names {
    pub(super) fn of(policy: &Policy) -> Names {
        let mut names = Names { ids: Vec::new(), place: HashMap::new() };
        let mut add = |id: String| {
            if !names.place.contains_key(&id) {
                names.place.insert(id.clone(), names.ids.len());
                names.ids.push(id);
            }
        };
        add("events:unknown".into());
        policy.holds.iter().for_each(|h| add(format!("hold:{}", h.name)));
        add("hold:opt_out".into());
        policy.guardrails.iter().for_each(|g| add(g.id.clone()));
        ["hours:together", "care:first", "care:never", "care:accessible", "care:softer"].iter().for_each(|id| add(id.to_string()));
        policy.routes.iter().for_each(|r| add(format!("routing:{}", r.quadrant)));
        ["ladder:court", "law:untried", "law:worth", "ladder:rung", "ladder:after"].iter().for_each(|id| add(id.to_string()));
        if policy.plan.is_some() {
            add("plan:payable".into());
        }
        ["eligible", OTHER_ACCOUNT].iter().for_each(|id| add(id.to_string()));
        names
    }

    pub(super) fn bit(&self, id: &str) -> Set {
        self.place.get(id).map_or(0, |place| 1 << place)
    }

    /// The sets that a column of the log names, by code; none for words that name no rule.
    pub(super) fn sets(&self, column: &WordColumn) -> Vec<Option<Set>> {
        let of = |text: &str| text.split(' ').try_fold(0, |set, id| self.place.get(id).map(|place| set | (1 << place)));
        column.words.iter().map(|text| of(text)).collect()
    }
}

/// The bit of each rule, looked up once.
pub(super) struct RuleBits {
    pub(super) holds: Vec<Set>,
    pub(super) guardrails: Vec<Set>,
    pub(super) routes: Vec<Set>,
    pub(super) events: Set,
    pub(super) opt_out: Set,
    pub(super) together: Set,
    pub(super) first: Set,
    pub(super) never: Set,
    pub(super) accessible: Set,
    pub(super) softer: Set,
    pub(super) court: Set,
    pub(super) law_untried: Set,
    pub(super) law_worth: Set,
    pub(super) rung: Set,
    pub(super) after: Set,
    pub(super) payable: Set,
    pub(super) eligible: Set,
    pub(super) elsewhere: Set,
}

impl RuleBits {
    pub(super) fn of(policy: &Policy, names: &Names) -> RuleBits {
        RuleBits {
            holds: policy.holds.iter().map(|h| names.bit(&format!("hold:{}", h.name))).collect(),
            guardrails: policy.guardrails.iter().map(|g| names.bit(&g.id)).collect(),
            routes: policy.routes.iter().map(|r| names.bit(&format!("routing:{}", r.quadrant))).collect(),
            events: names.bit("events:unknown"),
            opt_out: names.bit("hold:opt_out"),
            together: names.bit("hours:together"),
            first: names.bit("care:first"),
            never: names.bit("care:never"),
            accessible: names.bit("care:accessible"),
            softer: names.bit("care:softer"),
            court: names.bit("ladder:court"),
            law_untried: names.bit("law:untried"),
            law_worth: names.bit("law:worth"),
            rung: names.bit("ladder:rung"),
            after: names.bit("ladder:after"),
            payable: names.bit("plan:payable"),
            eligible: names.bit("eligible"),
            elsewhere: names.bit(OTHER_ACCOUNT),
        }
    }
}

/// The places of the bits of a set.
pub(super) fn bits(mut set: Set) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(place)
    })
}
