//! `recoup explain`: what a run decided, decided again and laid open: one case for an analyst or for its borrower, or everything of one person.

pub(super) mod case;
mod held;
mod letter;
mod person;

use super::day::on_day;
use super::run_record::{MovedFiles, RunRecord};
use super::score::book_model;
use super::{Book, Steps, read_book};
use crate::base::bilingual::{Bilingual, Lang};
use crate::base::config::Project;
use crate::base::dates::Day;
use crate::base::files::{refuse_input, write_whole};
use crate::base::problem::{Problem, Problems, Result, nearest, suggestion};
use crate::data::catalogue::{Family, Settings};
use crate::data::observe::Observed;
use crate::data::read_back::read_back;
use crate::data::timeline::Timeline;
use crate::decide::choose::Decisions;
use crate::decide::policy::Policy;
use crate::decide::score::Scored;
use crate::report::explanation::Explanation;
use crate::report::letter::Letter;
use crate::report::person::Person;
use std::path::{Path, PathBuf};

/// A run, decided again.
pub(super) struct Decided<'a> {
    pub(super) run: String,
    pub(super) as_of: Day,
    pub(super) changed: Vec<Bilingual>,
    pub(super) digits: u8,
    pub(super) book: &'a Book,
    pub(super) observed: &'a Observed,
    scored: &'a Scored<'a>,
    pub(super) decisions: &'a Decisions<'a>,
    /// Every file that was read.
    inputs: Vec<PathBuf>,
}

/// Explains a case, `account` or `account@as_of`, of the run in a folder, for an analyst.
///
/// # Errors
/// Those of reading the run's record; `explain.no_case` where the run has no such case; those of [`super::score`].
pub fn explain(case: &str, run: &Path, moved: &MovedFiles, lang: Lang, page: Option<&Path>, steps: Steps<'_>) -> Result<(Explanation, Problems)> {
    with_run(run, moved, false, steps, |d| {
        let k = d.case(case)?;
        let mut explanation = case::explanation(d, k, lang);
        if let Some(other) = d.decided_otherwise(k, run)? {
            explanation.changed.insert(0, other.get(lang).to_string());
        }
        d.write_page(page, || crate::report::page::explanation_page(&explanation))?;
        Ok(explanation)
    })
}

/// Explains a case to its borrower.
///
/// # Errors
/// As [`explain`].
pub fn explain_to_borrower(
    case: &str,
    run: &Path,
    moved: &MovedFiles,
    lang: Lang,
    page: Option<&Path>,
    steps: Steps<'_>,
) -> Result<(Letter, Problems)> {
    let (told, mut problems) = with_run(run, moved, false, steps, |d| {
        let k = d.case(case)?;
        // A borrower is told what was decided, never what would be now.
        if let Some(other) = d.decided_otherwise(k, run)? {
            return Err(Problem::error("explain.other_decision", other.en)
                .file(run.display().to_string())
                .value(d.changed.iter().map(|what| what.en.as_str()).collect::<Vec<_>>().join("; "))
                .help("give the files that the run was made of: --project, --model, --policy; a letter tells what was decided")
                .fail());
        }
        let letter = letter::letter(d, k, lang);
        d.write_page(page, || crate::report::page::letter_page(&letter))?;
        Ok((letter, d.changed.clone()))
    })?;
    let (letter, changed) = told;
    for what in changed {
        problems.push(Problem::note("explain.changed", what.en).help("look at it before the letter goes out: the run may have decided otherwise"));
    }
    Ok((letter, problems))
}

/// Everything that is held of a borrower, and what each of some runs decided.
///
/// # Errors
/// As [`explain`]; `explain.no_person` where the book of a run does not know the borrower.
pub fn explain_person(
    id: &str,
    runs: &[PathBuf],
    moved: &MovedFiles,
    lang: Lang,
    page: Option<&Path>,
    steps: Steps<'_>,
) -> Result<(Person, Problems)> {
    let mut person = Person { lang, borrower: id.to_string(), held: Vec::new(), runs: Vec::new() };
    let mut problems = Problems::default();
    for (k, run) in runs.iter().enumerate() {
        let (last, held) = (k + 1 == runs.len(), person.held.len());
        let (_, more) = with_run(run, moved, true, steps, |d| {
            person::add(&mut person, d)?;
            if last {
                d.write_page(page, || crate::report::page::person_page(&person))?;
            }
            Ok(())
        })?;
        // The problems of a book once, however many of its runs are shown.
        if person.held.len() > held {
            problems.append(more);
        }
    }
    Ok((person, problems))
}

/// Reads the run in a folder, decides it again, and shows it.
pub(super) fn with_run<T>(
    run: &Path,
    moved: &MovedFiles,
    protected: bool,
    steps: Steps<'_>,
    show: impl FnOnce(&Decided<'_>) -> Result<T>,
) -> Result<(T, Problems)> {
    let record = RunRecord::read(run, moved)?;
    let as_of = record.as_of;
    let [project, model, policy] = &record.inputs;
    let model = book_model(&model.path)?;
    let project = Project { audit: protected, ..Project::load(&project.path)? };
    let digits = project.currency.minor_digits;
    let policy = Policy::load(&policy.path, digits)?;
    let book = read_book(project, steps)?;
    let mut inputs = book.inputs();
    inputs.extend(record.inputs.iter().map(|i| i.path.clone()));
    let shown = on_day(&book, &model, as_of, steps, |day| {
        let decisions = day.decide(&policy)?;
        show(&Decided {
            run: run.display().to_string(),
            as_of,
            changed: changed(&record, &book, &policy),
            digits,
            book: &book,
            observed: day.observed,
            scored: day.scored,
            decisions: &decisions,
            inputs,
        })
    })?;
    Ok((shown, book.problems))
}

/// Inputs that are no longer what they were at the run.
fn changed(record: &RunRecord, book: &Book, policy: &Policy) -> Vec<Bilingual> {
    let other = record.inputs.iter().filter(|i| i.recorded.as_deref() != Some(i.now.as_str()));
    let mut changed: Vec<Bilingual> = other
        .map(|i| {
            let zh = match i.role {
                "project" => "项目",
                "model" => "模型",
                _ => "策略",
            };
            Bilingual::new(
                format!("the {} file was changed after the run: what follows is by the file as it is now", i.role),
                format!("{zh}文件在批次之后被改动：以下按现有文件说明"),
            )
        })
        .collect();
    let packs = record.changed_packs(policy).into_iter();
    changed.extend(packs.map(|name| Bilingual::new(format!("the pack {name} was changed after the run"), format!("规则包 {name} 在批次之后被改动"))));
    let tables = record.changed_tables(&book.counts).into_iter();
    changed.extend(tables.map(|what| Bilingual::new(format!("{what} was changed after the run"), format!("{what} 在批次之后被改动"))));
    changed
}

impl Decided<'_> {
    /// What the run decided of a case, by its log, where that is not what is decided by the files as they are now.
    pub(super) fn decided_otherwise(&self, k: usize, run: &Path) -> Result<Option<Bilingual>> {
        let path = run.join("decisions.parquet");
        if !path.is_file() {
            return Ok(None);
        }
        let log = read_back(&path, &["account_id", "treatment"], &["chosen"], &[])?;
        let word = |column: usize, row: usize| log.words[column].words.get(log.words[column].codes[row] as usize).map_or("", |w| &**w);
        let account = self.observed.cases.account_id(k);
        let was = (0..log.rows).find(|row| log.numbers[0][*row] == 1.0 && word(0, *row) == account).map(|row| word(1, row));
        let policy = self.decisions.policy;
        let is = &policy.treatments[usize::from(self.decisions.chosen[k])];
        let label = |name: &str| policy.place(name).map_or(Bilingual::new(name, name), |t| policy.treatments[t].label.clone());
        Ok(was.filter(|was| *was != is.name).map(|was| {
            let was = label(was);
            Bilingual::new(
                format!("the run decided {} for this case, and by the files as they are now it is {}", was.en, is.label.en),
                format!("该批次对本案件的决定为{}，而按现有文件为{}", was.zh, is.label.zh),
            )
        }))
    }

    /// The place of a case.
    pub(super) fn case(&self, case: &str) -> Result<usize> {
        let (cases, as_of) = (&self.observed.cases, self.as_of);
        let account = match case.rsplit_once('@') {
            None => case,
            Some((account, day)) if Day::parse_iso(day) == Some(as_of) => account,
            // An identifier may hold the sign itself.
            Some(_) if (0..cases.len()).any(|k| cases.account_id(k) == case) => case,
            Some((_, day)) => {
                return Err(Problem::error("explain.other_day", "the run is of another day")
                    .value(day)
                    .rule(as_of.to_string())
                    .help("give the run of that day with --run")
                    .fail());
            }
        };
        (0..cases.len()).find(|k| cases.account_id(*k) == account).ok_or_else(|| {
            let why = "the account may be not in arrears that day, or closed; give it to the letter as ranked.csv has it";
            let help = match nearest(account, (0..cases.len()).map(|k| cases.account_id(k))) {
                Some(near) => format!("did you mean `{near}`? {why}"),
                None => why.to_string(),
            };
            Problem::error("explain.no_case", format!("`{account}` is no case of {as_of}")).value(case).help(help).fail()
        })
    }

    /// The place of a borrower in the portfolio.
    fn borrower(&self, id: &str) -> Result<usize> {
        let ids = &self.book.portfolio.borrower_ids;
        ids.iter().position(|b| **b == *id).ok_or_else(|| {
            Problem::error("explain.no_person", format!("there is no borrower `{id}`"))
                .file(self.book.project.file.display().to_string())
                .column("--person")
                .value(id)
                .help(suggestion(id, ids.iter().map(|b| &**b)))
                .fail()
        })
    }

    /// What was known of a case's account.
    fn timeline(&self, case: usize) -> Timeline {
        let mut family = Family::new(&self.book.portfolio, Settings::of(&self.book.project));
        family.turn_to(self.observed.cases.borrower[case] as usize);
        Timeline::of(&family.view(self.observed.cases.account[case] as usize, self.as_of))
    }

    fn write_page(&self, page: Option<&Path>, html: impl FnOnce() -> Result<String>) -> Result<()> {
        let Some(path) = page else { return Ok(()) };
        refuse_input(path, &self.inputs)?;
        let html = html()?;
        write_whole(path, |out| out.write_all(html.as_bytes()))
    }
}
