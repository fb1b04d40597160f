//! Plain words for borrowers: what was looked at, what happens next, what protects them. No figure of a model, and what is sensitive only as
//! something that they told us.

use crate::base::bilingual::Bilingual;

fn find(table: &[(&str, &str, &str)], code: &str) -> Option<Bilingual> {
    table.iter().find(|(name, ..)| *name == code).map(|(_, en, zh)| Bilingual::new(*en, *zh))
}

/// What a family of features looks at, to follow "we looked at".
pub fn feature(family: &str) -> Option<Bilingual> {
    find(FEATURES, family)
}

/// The same of a feature of the bank's own.
pub fn own_feature() -> Bilingual {
    Bilingual::new("other facts in your record with us", "您在我们这里的其他记录")
}

/// What a treatment is for the person to whom it happens; none for the bank's own.
pub fn treatment(name: &str) -> Option<Bilingual> {
    find(TREATMENTS, name)
}

/// What a treatment of the bank's own is: its label.
pub fn own_treatment(label: &Bilingual) -> Bilingual {
    Bilingual::new(format!("The next step is: {}.", label.en), format!("下一步是：{}。", label.zh))
}

/// What a hold means for the person for whom it was set.
pub fn hold(name: &str) -> Option<Bilingual> {
    find(HOLDS, name)
}

/// What hardship or vulnerability means for the person whom it concerns.
pub fn care() -> Bilingual {
    Bilingual::new(
        "Because of what is on record about your situation, help comes first, and nothing firmer is done before it was offered and given time.",
        "鉴于您告知我们的情况，我们会先提供帮助并留出时间，在此之前不会采取更严厉的措施。",
    )
}

const FEATURES: &[(&str, &str, &str)] = &[
    ("dpd", "how long a payment has been overdue", "款项已逾期多久"),
    ("bucket", "how long a payment has been overdue", "款项已逾期多久"),
    ("arrears", "how much is overdue", "逾期金额有多少"),
    ("arrears_to_balance", "how much of what you owe is overdue", "欠款中有多少已逾期"),
    ("unpaid_instalments", "how many instalments are unpaid", "有多少期尚未付清"),
    ("days_in_episode", "how long the account has been behind", "账户已拖欠多久"),
    ("max_dpd", "how late payments were in recent months", "近几个月付款最晚拖了多久"),
    ("episodes", "how often payments were late in recent months", "近几个月逾期了几次"),
    ("days_in_arrears", "how long payments were late in recent months", "近几个月逾期了多少时间"),
    ("months_since_30dpd", "how long ago a payment was last a month late", "距上次逾期满一个月有多久"),
    ("first_payment_default", "whether the first instalment was paid", "首期是否已付"),
    ("bucket_change_1c", "whether the delay grew since last month", "与上月相比拖欠是否加重"),
    ("past_cures", "whether earlier delays were paid", "以前的逾期是否还清"),
    ("past_cure_rate", "whether earlier delays were paid", "以前的逾期是否还清"),
    ("median_days_to_cure", "how long earlier delays lasted", "以前的逾期持续多久"),
    ("max_dpd_last_episode", "how late the last delay was", "上一次逾期有多久"),
    ("ever_90dpd", "whether a payment was ever three months late", "是否曾逾期满三个月"),
    ("reaged_365", "whether your schedule was changed in the past year", "过去一年还款安排是否有变更"),
    ("shadow_dpd", "how long a payment has been overdue by your first schedule", "按原还款安排已逾期多久"),
    ("days_since_payment", "how long ago you last paid", "距上次还款有多久"),
    ("payments", "how often you paid in recent months", "近几个月还款了几次"),
    ("paid", "how much was paid in recent months", "近几个月还了多少"),
    ("paid_to_due", "how much of what fell due was paid in recent months", "近几个月到期款项还了多少"),
    ("on_time_rate", "how often you paid on time in recent months", "近几个月是否按时还款"),
    ("last_payment_to_due", "how much of an instalment your last payment covered", "上次还款占一期的多少"),
    ("partial_payments", "whether payments covered only a part in recent months", "近几个月是否只还了一部分"),
    ("payment_variation", "how even your payments were in recent months", "近几个月还款金额是否稳定"),
    ("payment_day_spread", "on which days of the month you paid", "每月在哪几天还款"),
    ("failed_debits", "whether debits from your bank account failed in recent months", "近几个月扣款是否失败"),
    ("paid_in_episode_to_arrears", "how much was paid since the account fell behind", "账户拖欠以来还了多少"),
    ("promises", "what you said about when you would pay", "您对还款时间的说明"),
    ("promise_kept_rate", "whether you paid when you said you would", "是否按约定时间还款"),
    ("broken_promises", "whether you paid when you said you would", "是否按约定时间还款"),
    ("days_since_broken", "whether you paid when you said you would", "是否按约定时间还款"),
    ("promise_open", "whether there is a day on which you said you would pay", "是否有约定的还款日尚未到期"),
    ("right_party_rate", "whether we could reach you in recent months", "近几个月是否能联系到您"),
    ("days_since_right_party", "how long ago we last spoke with you", "距上次与您沟通有多久"),
    ("consecutive_no_answer", "whether we could reach you lately", "最近是否能联系到您"),
    ("inbound", "whether you got in touch with us", "您是否主动联系过我们"),
    ("refusals", "what was said when we spoke with you", "与您沟通的情况"),
    ("lost_contact", "whether the telephone number that we have is right", "我们留存的电话号码是否正确"),
    ("balance", "how much is still to be paid in all", "总共还有多少未还"),
    ("utilisation", "how much of your limit is used", "额度用了多少"),
    ("months_on_book", "how long you have had the account", "账户开立了多久"),
    ("remaining_term", "how long the agreement still runs", "合同还有多久到期"),
    ("secured", "whether the account is secured", "账户是否有抵押"),
    ("instalment_to_income", "how large an instalment is beside your income", "每期还款占收入的多少"),
    ("other_delinquent_accounts", "whether other accounts of yours are overdue", "您的其他账户是否逾期"),
    ("accounts_of_borrower", "which accounts you have with us", "您在我们这里有哪些账户"),
    ("earlier_accounts", "which accounts you had with us before", "您以前在我们这里有过哪些账户"),
    ("total_exposure", "how much is still to be paid on all your accounts", "您全部账户还有多少未还"),
    ("borrower_past_cures", "whether earlier delays on your accounts were paid", "您名下账户以前的逾期是否还清"),
    ("borrower_max_dpd_365", "how late payments on your accounts were in the past year", "过去一年您名下账户的付款最晚拖了多久"),
    ("day_of_month", "the day of the month", "当月的日期"),
    ("month", "the time of the year", "所处的月份"),
    ("days_to_payday", "when your income comes", "您的收入何时到账"),
];

const TREATMENTS: &[(&str, &str, &str)] = &[
    (
        "wait",
        "We take no further step now, and nothing is needed from you in answer to this letter. What is overdue stays due.",
        "我们目前不采取进一步措施，您现在无需回复此函。逾期款项仍应偿还。",
    ),
    ("sms", "We will send you a text message about what is overdue.", "我们会就逾期款项给您发送短信。"),
    ("call", "One of our staff will call you about what is overdue.", "我们的工作人员会就逾期款项给您致电。"),
    ("ai_call", "You will get an automatic call about what is overdue.", "您会接到关于逾期款项的智能语音电话。"),
    ("plan", "We will offer you another repayment plan, which you may take or decline.", "我们会向您提供调整后的还款计划，您可以接受或拒绝。"),
    (
        "short_term_funding",
        "We will offer you money for a short time to bridge the gap, which you may take or decline.",
        "我们会向您提供短期资金支持，您可以接受或拒绝。",
    ),
    ("letter", "You will get a formal letter from us about what is overdue.", "您会收到我们关于逾期款项的正式信函。"),
    ("visit", "Our staff will come to see you about what is overdue.", "我们的工作人员会就逾期款项上门与您沟通。"),
    ("mediation", "We will propose that a mediator helps you and us to agree.", "我们会建议由调解人协助双方达成一致。"),
    ("small_claims", "We will ask a court for small claims to decide.", "我们会请求法院按小额诉讼程序处理。"),
    ("legal", "We will hand the matter to our lawyers, who may go to court.", "我们会将此事移交法务处理，可能提起诉讼。"),
    ("human_review", "A person will look at your account before anything else happens.", "在采取任何其他措施之前，会先由工作人员查看您的账户。"),
];

const HOLDS: &[(&str, &str, &str)] = &[
    (
        "dispute_open",
        "You told us that something is not right. Until it is answered, nobody asks you to pay.",
        "您告知我们账务有误。在答复之前，我们不会向您催收。",
    ),
    ("complaint_open", "You complained to us. Until it is answered, nobody asks you to pay.", "您向我们提出了投诉。在答复之前，我们不会向您催收。"),
    ("moratorium", "A pause is in force for you. While it lasts, nobody asks you to pay.", "您正处于暂缓期。在此期间，我们不会向您催收。"),
    ("cease_contact", "You told us that you do not want to be contacted. We keep to that.", "您要求我们停止联络，我们会遵守。"),
    ("deceased", "We were told of a death. Nobody is asked to pay before a person has looked.", "我们已获悉身故消息。在人工查看之前，不会催收。"),
    (
        "plan_active",
        "You keep to the plan that you agreed with us. While you do, we ask for nothing more.",
        "您正在履行与我们约定的还款计划。在此期间，我们不会有更多要求。",
    ),
    (
        "hardship",
        "Because of what is on record about your situation, help comes first, and nothing firmer is done before it was offered and given time.",
        "鉴于您告知我们的情况，我们会先提供帮助并留出时间，在此之前不会采取更严厉的措施。",
    ),
    (
        "vulnerable",
        "Because of what is on record about your situation, help comes first, and nothing firmer is done before it was offered and given time.",
        "鉴于您告知我们的情况，我们会先提供帮助并留出时间，在此之前不会采取更严厉的措施。",
    ),
    ("fraud_suspect", "A person has to look at your account first.", "需要先由工作人员查看您的账户。"),
    ("opt_out", "You told us that you want no electronic messages. We keep to that.", "您告知我们不接收电子信息，我们会遵守。"),
    (
        "debt_advice",
        "You told us that you are taking advice on your debts. We give you time for it.",
        "您告知我们正在寻求债务咨询，我们会为此留出时间。",
    ),
];
