//! The letter to a borrower: plain words, their own record, what protects them, and no inside figure.

use super::Decided;
use super::case::{REASONS, chosen_plan, hours, speaks};
use crate::base::bilingual::{Bilingual, Lang};
use crate::base::dates::Day;
use crate::data::catalogue::CATALOGUE;
use crate::data::timeline::{Timeline, kind};
use crate::decide::choose::Because;
use crate::decide::deadlines::answer_by;
use crate::decide::policy::{Family, Guardrail, Rule};
use crate::decide::reasons::lowest;
use crate::decide::rulebook::{Check, Entry};
use crate::report::letter::Letter;
use crate::report::plain;
use crate::report::plan::to_borrower;
use crate::report::words::{event, or_code};

pub(super) fn letter(d: &Decided<'_>, k: usize, lang: Lang) -> Letter {
    let policy = d.decisions.policy;
    let place = usize::from(d.decisions.chosen[k]);
    let story = d.timeline(k);
    let copy = Bilingual::new("You may ask for a copy of all the data that we hold about you.", "您可以索取我们持有的关于您的全部数据的副本。");
    let duties = policy.packs.iter().enumerate().filter(|(pack, _)| pack_speaks(d, k, *pack)).flat_map(|(_, pack)| &pack.duties);
    let duties = duties.filter(|duty| duty.told).map(|duty| sentence(&duty.text, lang));
    Letter {
        lang,
        from: d.book.project.name.clone(),
        account: d.observed.cases.account_id(k).to_string(),
        as_of: d.as_of,
        overdue: overdue(d, k, &story, lang),
        next: next(d, k, place, lang),
        why: why(d, k, place, lang),
        protections: protections(d, k, place, lang),
        help: help(d, k, place, lang),
        answers: answers(d, &story, lang),
        machine: machine(d, place, lang),
        object: sentence(&policy.rights.object, lang),
        person: sentence(&policy.rights.person, lang),
        copy: std::iter::once(copy.get(lang).to_string()).chain(duties).collect(),
    }
}

fn pack_speaks(d: &Decided<'_>, k: usize, pack: usize) -> bool {
    let guard = &d.decisions.guard;
    guard.bound.packs[pack].as_ref().is_none_or(|when| when.holds(guard.columns(), k) != Some(false))
}

/// A text with its full stop.
fn sentence(text: &Bilingual, lang: Lang) -> String {
    let said = text.get(lang).trim();
    if said.ends_with(['.', '。', '!', '?', '！', '？']) { said.to_string() } else { format!("{said}{}", lang.pick(".", "。")) }
}

/// A sentence once.
fn push(list: &mut Vec<String>, said: String) {
    if !list.contains(&said) {
        list.push(said);
    }
}

fn overdue(d: &Decided<'_>, k: usize, story: &Timeline, lang: Lang) -> String {
    let (cases, currency) = (&d.observed.cases, &d.book.project.currency.code);
    let since = story.oldest_due.unwrap_or(d.as_of.plus(-cases.dpd[k]));
    let (account, on) = (cases.account_id(k), d.as_of);
    let amount = cases.arrears[k].known().map(|_| format!("{} {currency}", cases.arrears[k].text(d.digits)));
    match (amount, lang) {
        (Some(amount), Lang::English) => {
            format!("On {on}, {amount} was overdue on your account {account}. The oldest payment that is not fully paid was due on {since}.")
        }
        (Some(amount), Lang::Chinese) => format!("截至 {on}，您的账户 {account} 逾期 {amount}。最早一笔未足额付清的款项于 {since} 到期。"),
        (None, Lang::English) => format!("On {on}, payments on your account {account} were overdue, the oldest since {since}."),
        (None, Lang::Chinese) => format!("截至 {on}，您的账户 {account} 有逾期款项，最早自 {since} 起。"),
    }
}

fn next(d: &Decided<'_>, k: usize, place: usize, lang: Lang) -> Vec<String> {
    let t = &d.decisions.policy.treatments[place];
    let mut said = vec![plain::treatment(&t.name).unwrap_or_else(|| plain::own_treatment(&t.label)).get(lang).to_string()];
    if t.name == "wait" {
        return said;
    }
    if t.signed_by.is_some() {
        let proposed = lang.pick("This is a proposal: a person decides whether it happens.", "以上为建议，是否执行由人工决定。");
        said.push(proposed.to_string());
    }
    if let Some(plan) = chosen_plan(d, k) {
        said.push(to_borrower(&plan, &d.book.project.currency.code, d.digits).get(lang).to_string());
    }
    let day = d.decisions.guard.facts(k).day;
    let span = |span: &String| span.replacen('-', lang.pick(" and ", " 至 "), 1);
    let spans = hours(d, k, place).map(|h| h.borrower.iter().map(span).collect::<Vec<_>>().join(lang.pick(", or ", "，或 ")));
    let spans = spans.filter(|spans| !spans.is_empty());
    said.push(match (spans, lang) {
        (Some(spans), Lang::English) => format!("It will be on {day} or later, between {spans} where you live."),
        (Some(spans), Lang::Chinese) => format!("时间为 {day} 或之后，您所在地 {spans}。"),
        (None, Lang::English) => format!("It will be on {day} or later."),
        (None, Lang::Chinese) => format!("时间为 {day} 或之后。"),
    });
    said
}

fn why(d: &Decided<'_>, k: usize, place: usize, lang: Lang) -> Vec<String> {
    let policy = d.decisions.policy;
    let two = |en: &str, zh: &str| lang.pick(en, zh).to_string();
    let first = match d.decisions.because[k] {
        Because::Hold(rule) => plain::hold(policy.holds[usize::from(rule)].name).map_or_else(String::new, |words| words.get(lang).to_string()),
        Because::Care => plain::care().get(lang).to_string(),
        Because::Access => two("A person has to find a way to speak with you that suits you.", "需要由工作人员找到适合您的沟通方式。"),
        Because::Route(route) => match policy.routes[usize::from(route)].quadrant {
            "willing_not_able" => two("What we know of your account shows that help should come first.", "根据您账户的情况，应先提供帮助。"),
            _ => two("What we know of your account shows that this should come first.", "根据您账户的情况，应先采取这一步。"),
        },
        Because::WorthMost if policy.treatments[place].name == "wait" => {
            two("Of the steps that the rules allow, none is needed now.", "在规则允许的措施中，目前无需采取任何一项。")
        }
        Because::WorthMost => two(
            "Of the steps that the rules allow, this is the one that we expect to do most to settle what is overdue.",
            "在规则允许的措施中，我们预计这一步最有助于解决逾期。",
        ),
        Because::NothingElse => two("The rules allow nothing else now.", "规则目前不允许采取其他措施。"),
        Because::Place => two(
            "Of the steps that the rules allow, this is the one for which there is a place today.",
            "在规则允许的措施中，这是今日尚有名额的一步。",
        ),
        Because::Control => two(
            "By lot, you are among those with whom we do no more than this for now, so that we learn which of our steps help.",
            "经抽签，您目前仅接受此项安排，以便我们了解哪些措施确有帮助。",
        ),
        Because::Exploration => two(
            "By lot among the steps that the rules allow, so that we learn which of them help.",
            "在规则允许的措施中抽签选定，以便我们了解哪些措施确有帮助。",
        ),
    };
    let mut said: Vec<String> = Vec::new();
    if !first.is_empty() {
        said.push(first);
    }
    // Where a hold or care led, the record did not decide.
    if !matches!(d.decisions.because[k], Because::WorthMost | Because::Route(_)) {
        return said;
    }
    let mut looked_at: Vec<String> = Vec::new();
    for term in lowest(d.scored, k, REASONS) {
        // A two-way table looks at two things.
        for name in d.scored.model.terms()[term].bins.name.split(" × ") {
            let family = CATALOGUE.iter().find(|f| *f.name == *name).and_then(|f| plain::feature(f.family));
            push(&mut looked_at, family.unwrap_or_else(plain::own_feature).get(lang).to_string());
        }
    }
    if !looked_at.is_empty() {
        said.push(match lang {
            Lang::English => format!("In your own record, this weighed most: {}.", looked_at.join("; ")),
            Lang::Chinese => format!("在您本人的记录中，影响最大的是：{}。", looked_at.join("；")),
        });
    }
    said
}

/// A rule that looks at something sensitive is told as what they told us.
fn sensitive(g: &Guardrail) -> Option<&'static str> {
    const NAMES: [&str; 4] = ["hardship", "vulnerable", "fraud_suspect", "debt_advice"];
    match &g.rule {
        Rule::Sql(sql) => NAMES.into_iter().find(|name| sql.contains(name)),
        Rule::Hold(hold) => hold.names().find(|name| NAMES.contains(name)),
        _ => None,
    }
}

fn protection(d: &Decided<'_>, entry: &Entry, lang: Lang) -> Option<String> {
    let policy = d.decisions.policy;
    let words = match entry.check {
        Check::EventsUnknown => Bilingual::new(
            "We cannot rule out that something protects you, so a person has to look first.",
            "我们无法排除您受到某种保护的可能，因此须先由人工查看。",
        ),
        Check::Hold(k) => plain::hold(policy.holds[k].name)?,
        Check::OptOut => plain::hold("opt_out")?,
        Check::Guardrail(k) => match sensitive(&policy.guardrails[k]) {
            Some(name) => plain::hold(name)?,
            None => entry.text.clone(),
        },
        Check::HoursTogether(_) => entry.text.clone(),
        Check::CareFirst | Check::CareNever | Check::Softer(_) => plain::care(),
        Check::Accessible(_) => {
            Bilingual::new("We speak to you only in the ways that suit you, as you told us.", "我们只以您告知我们的、适合您的方式与您沟通。")
        }
        Check::LawUntried(_) | Check::LawWorth(_) => {
            Bilingual::new("We go to court only when everything gentler has been tried.", "只有在所有更温和的措施都已尝试之后，我们才会诉诸法院。")
        }
        // How the account stands and what was tried is no protection.
        Check::Route(_) | Check::Court | Check::Rung(_) | Check::After(_) | Check::PlanPayable(_) | Check::Eligible(_) => return None,
    };
    Some(sentence(&words, lang))
}

fn protections(d: &Decided<'_>, k: usize, place: usize, lang: Lang) -> Vec<String> {
    let (decisions, policy) = (d.decisions, d.decisions.policy);
    let all = (0..policy.treatments.len()).fold(0, |all, t| all | decisions.vetoes(k, t));
    let mut said = Vec::new();
    for entry in decisions.guard.rules.named(all) {
        if let Some(words) = protection(d, entry, lang) {
            push(&mut said, words);
        }
    }
    // The hours and limits that bind what comes next.
    let binds = |g: &&Guardrail| g.vetoes && g.blocks.contains(&place) && speaks(d, k, g);
    for g in
        policy.guardrails.iter().filter(binds).filter(|g| matches!(g.rule, Rule::QuietHours(_) | Rule::ContactCount(_) | Rule::DaysSinceContact(_)))
    {
        push(&mut said, sentence(&g.text, lang));
    }
    said
}

fn help(d: &Decided<'_>, k: usize, place: usize, lang: Lang) -> Vec<String> {
    let policy = d.decisions.policy;
    let mut said = Vec::new();
    if let Some(day) = d.decisions.guard.facts(k).care_offered() {
        said.push(match lang {
            Lang::English => format!("We offered you a plan on {day}."),
            Lang::Chinese => format!("我们已于 {day} 向您提供还款计划。"),
        });
    }
    let others = policy.treatments.iter().enumerate().filter(|(at, t)| t.family == Family::Assist && t.name != "human_review" && *at != place);
    let labels: Vec<&str> = others.map(|(_, t)| t.label.get(lang)).collect();
    if !labels.is_empty() {
        said.push(match lang {
            Lang::English => format!("If paying is hard for you, tell us. You can ask us about: {}.", labels.join(", ")),
            Lang::Chinese => format!("如果暂时无法还款，请告知我们。您可以向我们询问：{}。", labels.join("、")),
        });
    }
    said
}

fn answers(d: &Decided<'_>, story: &Timeline, lang: Lang) -> Vec<String> {
    let within = d.decisions.policy.answer_within;
    let one = |e: &crate::data::history::Event| {
        let (_, by, _): (_, Day, _) = answer_by(e, within)?;
        let name = or_code(event(kind(e)), kind(e), lang);
        Some(match (by < d.as_of, lang) {
            (false, Lang::English) => format!("Your {name} of {} will be answered by {by}.", e.from),
            (false, Lang::Chinese) => format!("您于 {} 提出的{name}，将于 {by} 前得到答复。", e.from),
            (true, Lang::English) => format!("Your {name} of {} was to be answered by {by}. We are late, and a person is seeing to it.", e.from),
            (true, Lang::Chinese) => format!("您于 {} 提出的{name}本应于 {by} 前答复。我们已逾期，正由人工处理。", e.from),
        })
    };
    story.open_questions.iter().filter_map(one).collect()
}

fn machine(d: &Decided<'_>, place: usize, lang: Lang) -> Vec<String> {
    let t = &d.decisions.policy.treatments[place];
    let two = |en: &str, zh: &str| lang.pick(en, zh).to_string();
    let prepared = two(
        "This was prepared by a program, from your record with us and by rules that people wrote.",
        "此内容由程序根据您在我们这里的记录、按照人工制定的规则准备。",
    );
    let person = match (&t.signed_by, t.name.as_str()) {
        (Some(who), _) if lang == Lang::English => format!("A person ({who}) decides: without their signature it does not happen."),
        (Some(who), _) => format!("由人工（{who}）决定：未经其签署，不会执行。"),
        (None, "human_review") => two("A person decides what happens after that.", "之后如何处理由人工决定。"),
        (None, _) => two("You can have a person look at it again.", "您可以要求由人工重新查看。"),
    };
    vec![prepared, person]
}
