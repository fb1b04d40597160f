//! Every rule of a policy in the order in which they speak, one bit each: what it blocks, in words, by what authority.
//!
//! Holds → guardrails → care → routing → ladder → eligibility. A rule either fires for a case or does not, whatever the treatment; which treatments
//! it then blocks is fixed. So a case is two masks, and a treatment of it is vetoed where the case's mask meets the treatment's.

use super::policy::{Channel, Family, Policy, Rule, Treatment, Verified};
use crate::base::bilingual::Bilingual;
use crate::base::schema::CHANNELS;

/// One bit a rule, in the order in which rules speak.
pub type Mask = u128;

/// Rules at most.
pub const MOST_RULES: usize = Mask::BITS as usize;

/// Where in the order of deciding a rule speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Stage {
    Holds,
    Guardrails,
    Care,
    Routing,
    Ladder,
    Eligibility,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Nobody keeps a table of events, and none is declared.
    EventsUnknown,
    /// A hold of the policy, by place.
    Hold(usize),
    /// The borrower wants no electronic messages.
    OptOut,
    /// A guardrail of the policy, by place.
    Guardrail(usize),
    /// Quiet hours that leave no hour together: the places of the guardrails, as bits.
    HoursTogether(u64),
    /// Hardship or vulnerability, and no plan offered or not long ago.
    CareFirst,
    /// Hardship or vulnerability.
    CareNever,
    /// Vulnerable, and not to be spoken to by this channel of contacts.
    Accessible(u8),
    /// Never firmer than without the hardship or vulnerability: this rung.
    Softer(u32),
    /// A route of the policy, by place.
    Route(usize),
    /// A court has the claim already.
    Court,
    /// A softer step than this treatment, which is law, is open and was not tried.
    LawUntried(usize),
    /// Something softer than this treatment, which is law, is open and worth as much.
    LawWorth(usize),
    /// The rung below this treatment was not tried, or not long ago.
    Rung(usize),
    /// Something that must have been tried before this treatment was not, or not long ago.
    After(usize),
    /// No plan within the policy's terms can be paid: the place of the treatment `plan`.
    PlanPayable(usize),
    /// The treatment's own condition.
    Eligible(usize),
}

/// A rule with its bit.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its identifier.
    pub id: String,
    /// Where it speaks.
    pub stage: Stage,
    /// What it says.
    pub text: Bilingual,
    /// By what authority; none for the policy's own.
    pub authority: Option<(String, Verified)>,
    /// Treatments that it touches, as bits.
    pub touches: u32,
    /// Whether it vetoes them; else it warns.
    pub vetoes: bool,
    /// What it looks at.
    pub check: Check,
}

/// All rules of a policy.
#[derive(Clone, Debug, Default)]
pub struct RuleBook {
    /// In the order in which they speak; the k-th has the k-th bit.
    pub entries: Vec<Entry>,
    /// For each treatment, the rules that veto it.
    pub vetoes: Vec<Mask>,
    /// For each treatment, the rules that warn of it.
    pub warns: Vec<Mask>,
    /// Rungs on which a firm treatment stands, ascending, 0 first.
    pub rungs: Vec<u32>,
    /// For each treatment the rung below it, where the ladder asks for one.
    pub below: Vec<Option<u32>>,
}

/// Whether a treatment stands on the ladder.
pub fn is_firm(treatment: &Treatment) -> bool {
    treatment.rung > 0 && treatment.family != Family::Assist
}

impl RuleBook {
    /// The rules of a policy.
    pub fn of(policy: &Policy) -> RuleBook {
        let n = policy.treatments.len();
        let bits = |wanted: &dyn Fn(usize, &Treatment) -> bool| {
            policy.treatments.iter().enumerate().filter(|(k, t)| wanted(*k, t)).fold(0u32, |set, (k, _)| set | 1 << k)
        };
        let always = |t: &Treatment| t.name == "wait" || t.name == "human_review";
        let mut rungs: Vec<u32> = policy.treatments.iter().filter(|t| is_firm(t)).map(|t| t.rung).chain([0]).collect();
        rungs.sort_unstable();
        rungs.dedup();
        // Before law comes everything else; one court is no step towards another, whose door a claim may find closed.
        let steps_to = |t: &Treatment| {
            let lower =
                policy.treatments.iter().filter(|o| is_firm(o) && o.rung < t.rung && (t.family != Family::Legal || o.family != Family::Legal));
            lower.map(|o| o.rung).max()
        };
        let below: Vec<Option<u32>> = policy.treatments.iter().map(|t| if is_firm(t) { steps_to(t) } else { None }).collect();
        let mut entries: Vec<Entry> = Vec::new();
        let mut add = |id: String, stage, text: Bilingual, touches, check| {
            entries.push(Entry { id, stage, text, authority: None, touches, vetoes: true, check });
        };
        add(
            "events:unknown".into(),
            Stage::Holds,
            Bilingual::new(
                "nobody keeps a record of disputes, deaths or hardship, so none of them can be excluded",
                "没有争议、身故、困难等事件记录，无法排除",
            ),
            bits(&|_, t| !always(t)),
            Check::EventsUnknown,
        );
        for (k, hold) in policy.holds.iter().enumerate() {
            add(format!("hold:{}", hold.name), Stage::Holds, hold_words(hold.name), bits(&|t, _| !hold.allow.contains(&t)), Check::Hold(k));
        }
        // Whatever a policy says: a wish of the borrower is no price.
        add(
            "hold:opt_out".into(),
            Stage::Holds,
            hold_words("opt_out"),
            bits(&|_, t| ["sms", "email", "app"].contains(&t.channel.name())),
            Check::OptOut,
        );
        for (k, g) in policy.guardrails.iter().enumerate() {
            let touches = g.blocks.iter().fold(0u32, |set, t| set | 1 << t);
            let authority = Some((g.authority.clone(), g.verified));
            entries.push(Entry {
                id: g.id.clone(),
                stage: Stage::Guardrails,
                text: g.text.clone(),
                authority,
                touches,
                vetoes: g.vetoes,
                check: Check::Guardrail(k),
            });
        }
        let mut add = |id: String, stage, text: Bilingual, touches, check| {
            entries.push(Entry { id, stage, text, authority: None, touches, vetoes: true, check });
        };
        for (together, touches) in hours_together(policy) {
            let text = Bilingual::new(
                "the quiet hours of several rules together leave no hour of the floor's day",
                "多项静默时段合并后，作业时段内已无可联络时间",
            );
            add("hours:together".into(), Stage::Guardrails, text, touches, Check::HoursTogether(together));
        }
        let care = &policy.care;
        add(
            "care:first".into(),
            Stage::Care,
            Bilingual::new(
                "in hardship or vulnerable: help is offered, and given time, before anything firmer",
                "处于困难或弱势：先提供帮助并留出时间，再考虑更严厉的措施",
            ),
            bits(&|_, t| t.rung > care.gentle_rung && t.family != Family::Assist),
            Check::CareFirst,
        );
        add(
            "care:never".into(),
            Stage::Care,
            Bilingual::new("never while hardship or vulnerability lasts", "困难或弱势状态持续期间不得使用"),
            bits(&|t, _| care.never.contains(&t)),
            Check::CareNever,
        );
        for channel in 0..CHANNELS.len() {
            let touches = bits(&|_, t| t.channel == Channel(channel as u8));
            if touches != 0 {
                let text = Bilingual::new("not a channel by which this person can be spoken to", "并非该借款人可使用的沟通渠道");
                add("care:accessible".into(), Stage::Care, text, touches, Check::Accessible(channel as u8));
            }
        }
        for rung in rungs.iter().copied().filter(|r| Some(r) != rungs.last()) {
            let text = Bilingual::new(
                "hardship and vulnerability only ever soften: never firmer than without them",
                "困难与弱势只会从宽：不得比无此情形时更严厉",
            );
            add("care:softer".into(), Stage::Care, text, bits(&|_, t| t.rung > rung), Check::Softer(rung));
        }
        for (k, route) in policy.routes.iter().enumerate() {
            add(
                format!("routing:{}", route.quadrant),
                Stage::Routing,
                route_words(route.quadrant),
                bits(&|t, _| !route.allow.contains(&t)),
                Check::Route(k),
            );
        }
        add(
            "ladder:court".into(),
            Stage::Ladder,
            Bilingual::new("a court has the claim already", "该债权已在司法程序中"),
            bits(&|_, t| t.family == Family::Legal),
            Check::Court,
        );
        for (k, _) in policy.treatments.iter().enumerate().filter(|(_, t)| t.family == Family::Legal) {
            let untried = Bilingual::new(
                "law comes last: a softer step that is open was not tried in this episode",
                "诉讼为最后手段：本次逾期中尚有可用的更温和步骤未尝试",
            );
            let worth =
                Bilingual::new("law comes last: something softer that is open is worth as much", "诉讼为最后手段：可用的更温和措施价值不低于诉讼");
            add("law:untried".into(), Stage::Ladder, untried, 1 << k, Check::LawUntried(k));
            add("law:worth".into(), Stage::Ladder, worth, 1 << k, Check::LawWorth(k));
        }
        for (k, t) in policy.treatments.iter().enumerate() {
            if below[k].is_some() {
                let text = Bilingual::new(
                    format!("one step at a time: the step below was not tried, or less than {} days ago", t.after_days),
                    format!("逐级进行：下一级措施尚未尝试，或距首次尝试不足 {} 天", t.after_days),
                );
                add("ladder:rung".into(), Stage::Ladder, text, 1 << k, Check::Rung(k));
            }
            if !t.after.is_empty() {
                let names = |zh: bool| {
                    t.after.iter().map(|o| &policy.treatments[*o].label).map(|l| if zh { &l.zh } else { &l.en }.as_str()).collect::<Vec<_>>()
                };
                let text = Bilingual::new(
                    format!("before it comes {}, tried at least {} days ago", names(false).join(" and "), t.after_days),
                    format!("须先尝试{}，且距首次尝试不少于 {} 天", names(true).join("、"), t.after_days),
                );
                add("ladder:after".into(), Stage::Ladder, text, 1 << k, Check::After(k));
            }
        }
        if let Some(place) = policy.place("plan").filter(|_| policy.plan.is_some()) {
            let text = Bilingual::new("no plan within the policy's terms can be paid", "在策略条件内没有可承担的还款计划");
            add("plan:payable".into(), Stage::Eligibility, text, 1 << place, Check::PlanPayable(place));
        }
        for (k, t) in policy.treatments.iter().enumerate() {
            if let Some((sql, _)) = &t.eligible {
                let sql = sql.split_whitespace().collect::<Vec<_>>().join(" ");
                let text = Bilingual::new(format!("the policy's own condition: {sql}"), format!("策略自身条件：{sql}"));
                add("eligible".into(), Stage::Eligibility, text, 1 << k, Check::Eligible(k));
            }
        }
        let of = |vetoes: bool| -> Vec<Mask> {
            let met = |t: usize| entries.iter().enumerate().filter(move |(_, e)| e.vetoes == vetoes && e.touches & (1 << t) != 0);
            (0..n).map(|t| met(t).fold(0, |set, (bit, _)| set | (1 << (bit % MOST_RULES)))).collect()
        };
        RuleBook { vetoes: of(true), warns: of(false), entries, rungs, below }
    }

    /// The rules of a mask, in the order in which they speak.
    pub fn named(&self, mask: Mask) -> impl Iterator<Item = &Entry> {
        self.entries.iter().enumerate().filter(move |(bit, _)| mask & (1 << bit) != 0).map(|(_, entry)| entry)
    }

    /// The bits of the rules that look at such things.
    pub fn mask_of(&self, wanted: impl Fn(&Check) -> bool) -> Mask {
        self.entries.iter().enumerate().filter(|(_, e)| wanted(&e.check)).fold(0, |set, (bit, _)| set | 1 << bit)
    }
}

/// Sets of two and more quiet hours that touch the same treatments, with those.
fn hours_together(policy: &Policy) -> Vec<(u64, u32)> {
    let mut sets: Vec<(u64, u32)> = Vec::new();
    for t in 0..policy.treatments.len() {
        let quiet = policy.guardrails.iter().enumerate().filter(|(_, g)| g.vetoes && matches!(g.rule, Rule::QuietHours(_)) && g.blocks.contains(&t));
        let set = quiet.fold(0u64, |set, (k, _)| set | 1 << k);
        if set.count_ones() >= 2 {
            match sets.iter_mut().find(|(other, _)| *other == set) {
                Some((_, touches)) => *touches |= 1 << t,
                None => sets.push((set, 1 << t)),
            }
        }
    }
    sets
}

/// A hold in words.
pub fn hold_words(name: &str) -> Bilingual {
    let (en, zh) = match name {
        "dispute_open" => ("a dispute is open", "有未解决的争议"),
        "complaint_open" => ("a complaint is open", "有未处理完的投诉"),
        "moratorium" => ("a moratorium is in force", "处于暂缓期"),
        "cease_contact" => ("the borrower asked not to be contacted", "借款人要求停止联络"),
        "deceased" => ("the borrower has died", "借款人已身故"),
        "plan_active" => ("a plan is agreed and kept", "还款计划正在履行"),
        "hardship" => ("a hardship is known", "已知存在困难"),
        "vulnerable" => ("the borrower is vulnerable", "借款人属于弱势人群"),
        "fraud_suspect" => ("a fraud is suspected", "疑似欺诈"),
        "opt_out" => ("the borrower wants no electronic messages", "借款人拒绝电子信息"),
        "debt_advice" => ("the borrower is taking debt advice", "借款人正在寻求债务咨询"),
        other => return Bilingual::new(other.replace('_', " "), other),
    };
    Bilingual::new(en, zh)
}

/// A route in words.
pub fn route_words(quadrant: &str) -> Bilingual {
    let (en, zh) = match quadrant {
        "able_willing" => ("shown able and willing to pay: a reminder is enough", "显示有能力且愿意还款：提醒即可"),
        "willing_not_able" => ("shown willing and not able to pay: help comes first", "显示愿意但无力还款：帮助优先"),
        "able_not_willing" => ("shown able and not willing to pay", "显示有能力但不愿还款"),
        "neither" => ("shown neither able nor willing: a person looks first", "显示既无能力也无意愿：先由人工复核"),
        _ => ("too little is known of ability and willingness", "对还款能力与意愿所知甚少"),
    };
    Bilingual::new(en, zh)
}
