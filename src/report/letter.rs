//! The explanation for a borrower: a letter in plain words, without any figure of a model, that says what happens, why, and what they can do.

use crate::base::bilingual::Lang;
use crate::base::dates::Day;
use serde::Serialize;
use std::fmt::Write;

/// A letter. Every sentence of it is ready to be read.
#[derive(Debug, Serialize)]
pub struct Letter {
    /// Its language.
    pub lang: Lang,
    /// Who writes.
    pub from: String,
    /// The account that it is about.
    pub account: String,
    /// The day that it speaks of.
    pub as_of: Day,
    /// What is overdue, and since when.
    pub overdue: String,
    /// What happens next.
    pub next: Vec<String>,
    /// Why.
    pub why: Vec<String>,
    /// What protects them.
    pub protections: Vec<String>,
    /// What help there is.
    pub help: Vec<String>,
    /// When questions of theirs are answered.
    pub answers: Vec<String>,
    /// What a program did, and what a person.
    pub machine: Vec<String>,
    /// How to object.
    pub object: String,
    /// How to ask for a person.
    pub person: String,
    /// What they may ask to see.
    pub copy: Vec<String>,
}

impl Letter {
    /// Its parts with their headings, those without a sentence left out.
    pub fn parts(&self) -> Vec<(&'static str, Vec<String>)> {
        let t = |en: &'static str, zh: &'static str| self.lang.pick(en, zh);
        let one = |sentence: &String| vec![sentence.clone()];
        let all = [
            (t("What is overdue", "逾期情况"), one(&self.overdue)),
            (t("What happens next", "接下来会发生什么"), self.next.clone()),
            (t("Why", "原因"), self.why.clone()),
            (t("What protects you now", "目前对您的保护"), self.protections.clone()),
            (t("What help there is", "可以获得的帮助"), self.help.clone()),
            (t("When you get an answer", "何时得到答复"), self.answers.clone()),
            (t("What a program did, and what a person", "程序与人工各自的作用"), self.machine.clone()),
            (t("How to object", "如何提出异议"), one(&self.object)),
            (t("How to ask for a person", "如何要求人工服务"), one(&self.person)),
            (t("What you may ask to see", "您可以要求查看的内容"), self.copy.clone()),
        ];
        all.into_iter().filter(|(_, sentences)| !sentences.is_empty()).collect()
    }

    /// The first line.
    pub fn title(&self) -> String {
        match self.lang {
            Lang::English => format!("About your account {}, {}", self.account, self.as_of),
            Lang::Chinese => format!("关于您的账户 {}，{}", self.account, self.as_of),
        }
    }
}

/// The letter as text.
pub fn letter(l: &Letter) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}\n{}", l.from, l.title());
    for (heading, sentences) in l.parts() {
        let _ = writeln!(out, "\n{heading}");
        for sentence in sentences {
            let _ = writeln!(out, "  {sentence}");
        }
    }
    out
}
