//! An account's story in words: at most ten dated lines.

use super::words::{channel, event, or_code};
use crate::base::bilingual::Lang;
use crate::base::dates::Day;
use crate::base::schema::CHANNELS;
use crate::base::units::Money;
use crate::data::history::Event;
use crate::data::timeline::{CONTACT_DAYS, Timeline, kind};
use crate::decide::deadlines::answer_by;
use crate::decide::policy::AnswerWithin;
use serde::Serialize;

/// A line of a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HistoryLine {
    /// Its day: when it happened, else the day on which it is so.
    pub on: Day,
    /// What happened.
    pub text: String,
}

/// What the policy adds to a story.
#[derive(Clone, Debug, Default)]
pub struct PolicyDates {
    /// Days within which a dispute and a complaint are answered where the event names no date.
    pub answer_within: AnswerWithin,
    /// The last day of the limitation period, where the policy has a rule for one and the day is known.
    pub limitation: Option<Day>,
}

/// The story in at most ten lines.
pub fn lines(story: &Timeline, dates: &PolicyDates, currency: (&str, u8), lang: Lang) -> Vec<HistoryLine> {
    let told = Told { story, dates, currency, lang };
    let all = [
        told.opened(),
        told.arrears(),
        told.unpaid(),
        told.payments(),
        told.promises(),
        told.contacts(),
        told.in_force(),
        told.questions(),
        told.plans(),
        told.court(),
    ];
    let mut lines: Vec<HistoryLine> = all.into_iter().flatten().map(|(on, text)| HistoryLine { on, text }).collect();
    lines.sort_by_key(|line| line.on);
    lines
}

struct Told<'a> {
    story: &'a Timeline,
    dates: &'a PolicyDates,
    currency: (&'a str, u8),
    lang: Lang,
}

type Line = Option<(Day, String)>;

impl Told<'_> {
    fn zh(&self) -> bool {
        self.lang == Lang::Chinese
    }

    fn money(&self, amount: Money) -> String {
        format!("{} {}", amount.text(self.currency.1), self.currency.0)
    }

    /// Sentences of one line.
    fn joined(&self, parts: &[String]) -> String {
        parts.join(self.lang.pick("; ", "；"))
    }

    fn opened(&self) -> Line {
        self.story.opened_on.map(|day| (day, self.lang.pick("the account was opened", "开户").into()))
    }

    fn arrears(&self) -> Line {
        let from = self.story.episode_from.or(self.story.oldest_due)?;
        let begun = self.lang.pick("this arrears episode began", "本次逾期开始").to_string();
        let due =
            self.story.oldest_due.map(|day| if self.zh() { format!("最早未付一期到期日 {day}") } else { format!("oldest unpaid due date {day}") });
        Some((from, self.joined(&[Some(begun), due].into_iter().flatten().collect::<Vec<_>>())))
    }

    fn unpaid(&self) -> Line {
        let story = self.story;
        let amount = story.arrears.known().map(|_| self.money(story.arrears));
        let text = match (story.unpaid, amount, self.zh()) {
            (Some(1), Some(amount), false) => format!("1 instalment due and not fully paid, {amount} overdue"),
            (Some(n), Some(amount), false) => format!("{n} instalments due and not fully paid, {amount} overdue"),
            (Some(n), Some(amount), true) => format!("{n} 期到期未足额，逾期 {amount}"),
            (_, Some(amount), false) => format!("{amount} overdue"),
            (_, Some(amount), true) => format!("逾期 {amount}"),
            (_, None, false) => "the amount overdue is not known".into(),
            (_, None, true) => "逾期金额未知".into(),
        };
        Some((story.as_of, text))
    }

    fn payments(&self) -> Line {
        let story = self.story;
        let Some((on, amount)) = story.last_payment else {
            return Some((story.as_of, self.lang.pick("no payment is on record", "没有还款记录").into()));
        };
        let sum = story.paid.filter(|_| story.payments > 0).map(|sum| self.money(Money(sum)));
        let text = match (sum, self.zh()) {
            (Some(sum), false) => format!("the last payment, {}; {} in a year, {sum} in all", self.money(amount), story.payments),
            (Some(sum), true) => format!("最近一次还款 {}；一年内 {} 次，共 {sum}", self.money(amount), story.payments),
            (None, false) => format!("the last payment, {}; none in a year", self.money(amount)),
            (None, true) => format!("最近一次还款 {}；一年内没有还款", self.money(amount)),
        };
        Some((on, text))
    }

    fn promises(&self) -> Line {
        let p = self.story.promises.filter(|p| p.made > 0)?;
        let text = if self.zh() {
            format!("最近一次承诺还款；共承诺 {} 次：履行 {}，失信 {}，未到期 {}", p.made, p.kept, p.broken, p.open)
        } else {
            format!("the last promise to pay; {} in all: {} kept, {} broken, {} open", p.made, p.kept, p.broken, p.open)
        };
        Some((p.last_on.unwrap_or(self.story.as_of), text))
    }

    fn contacts(&self) -> Line {
        let story = self.story;
        let by_channel = story.contacts.as_ref().map(|by_channel| {
            let one = |(place, n): &(u8, u32)| {
                let name = CHANNELS.get(usize::from(*place)).copied().unwrap_or("other");
                format!("{} {n}", or_code(channel(name), name, self.lang))
            };
            let list: Vec<String> = by_channel.iter().map(one).collect();
            match (list.is_empty(), self.zh()) {
                (true, false) => format!("no contact of ours in {CONTACT_DAYS} days"),
                (true, true) => format!("{CONTACT_DAYS} 天内没有主动联络"),
                (false, false) => format!("contacts of ours in {CONTACT_DAYS} days: {}", list.join(", ")),
                (false, true) => format!("{CONTACT_DAYS} 天内主动联络：{}", list.join("、")),
            }
        });
        let by_channel = by_channel.unwrap_or_else(|| self.lang.pick("nobody keeps a contact log", "没有联络记录").into());
        let inbound = (story.inbound > 0).then(|| {
            if self.zh() { format!("本人主动联络 {} 次", story.inbound) } else { format!("the borrower got in touch {} times", story.inbound) }
        });
        let reached = match (story.last_reached, self.zh()) {
            (Some(day), false) => format!("last reached on {day}"),
            (Some(day), true) => format!("最近一次联络到本人 {day}"),
            (None, false) => "never reached".into(),
            (None, true) => "从未联络到本人".into(),
        };
        // Without a log nobody knows.
        let reached = story.contacts.is_some().then_some(reached);
        Some((story.as_of, self.joined(&[Some(by_channel), inbound, reached].into_iter().flatten().collect::<Vec<_>>())))
    }

    /// An event with its dates.
    fn dated(&self, e: &Event) -> String {
        let name = or_code(event(kind(e)), kind(e), self.lang);
        let until = (e.to != Day::NEVER).then_some(e.to);
        match (until, self.zh()) {
            (Some(to), false) => format!("{name} from {} to {to}", e.from),
            (Some(to), true) => format!("{name}，{} 至 {to}", e.from),
            (None, false) => format!("{name} since {}", e.from),
            (None, true) => format!("{name}，自 {} 起", e.from),
        }
    }

    fn in_force(&self) -> Line {
        let first = self.story.in_force.iter().map(|e| e.from).max()?;
        let all: Vec<String> = self.story.in_force.iter().map(|e| self.dated(e)).collect();
        Some((first, format!("{}{}", self.lang.pick("in force: ", "有效："), self.joined(&all))))
    }

    fn questions(&self) -> Line {
        let first = self.story.open_questions.iter().map(|e| e.from).max()?;
        let one = |e: &Event| {
            let Some((_, by, _)) = answer_by(e, self.dates.answer_within) else { return self.dated(e) };
            if self.zh() { format!("{}，应于 {by} 前答复", self.dated(e)) } else { format!("{}, to be answered by {by}", self.dated(e)) }
        };
        let all: Vec<String> = self.story.open_questions.iter().map(one).collect();
        Some((first, self.joined(&all)))
    }

    fn plans(&self) -> Line {
        let story = self.story;
        let plan = story.plan.as_ref().map(|e| (e.from, or_code(event(kind(e)), kind(e), self.lang)));
        let re_aged = story.re_ages.1.map(|day| {
            let n = story.re_ages.0;
            (day, if self.zh() { format!("展期 {n} 次，最近 {day}") } else { format!("re-aged {n} times, last on {day}") })
        });
        let on = plan.iter().chain(&re_aged).map(|(day, _)| *day).max()?;
        let parts: Vec<String> = [plan, re_aged].into_iter().flatten().map(|(_, text)| text).collect();
        Some((on, self.joined(&parts)))
    }

    fn court(&self) -> Line {
        let story = self.story;
        let stage = story.legal.as_ref().map(|e| (e.from, or_code(event(kind(e)), kind(e), self.lang)));
        let limit = self.dates.limitation.map(|day| match (day == Day::NEVER, self.zh()) {
            (true, false) => "no limitation period runs after a judgment".to_string(),
            (true, true) => "判决后不再计算诉讼时效".to_string(),
            (false, false) => format!("the limitation period ends on {day}"),
            (false, true) => format!("诉讼时效至 {day}"),
        });
        let none = self.lang.pick("not before a court", "未进入司法程序").to_string();
        let (on, stage) = stage.unwrap_or((story.as_of, none));
        Some((on, self.joined(&[Some(stage), limit].into_iter().flatten().collect::<Vec<_>>())))
    }
}
