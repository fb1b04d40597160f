//! Arguments in, exit status out: the only file that knows clap, standard error and the clock.
//!
//! Results go to standard output or files, everything else to standard error. 0: done; 1: done, with findings that the user asked to
//! hear of; 2: could not.

use clap::{Args, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use recoup::base::dates::Day;
use recoup::base::problem::{Failure, Problem, Problems, Severity, shown};
use recoup::data::write::Format;
use recoup::pipeline;
use recoup::report::page::Lang;
use recoup::report::person::person as person_report;
use recoup::report::tables::{is_problems_file, write_problems};
use recoup::report::{
    dictionary, letter, policy, reconcile, terminal, terminal_evaluation, terminal_explain, terminal_model, terminal_plan, terminal_prove,
    terminal_rolls,
};
use recoup::study::prove;
use recoup::study::rolls::Ask;
use recoup::study::simulate::{Shape, World};
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// From histories of accounts in arrears to a ranked list of cases, each with a recommended strategy and its reasons.
#[derive(Parser)]
#[command(name = "recoup", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Common {
    /// Print the summary as one JSON object on standard output.
    #[arg(long, global = true)]
    json: bool,
    /// Print nothing but errors.
    #[arg(long, global = true)]
    quiet: bool,
    /// Threads to use; all cores if absent. No output depends on it.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// File for every problem found, written if there is one.
    #[arg(long, global = true, value_name = "FILE", default_value = "problems.csv")]
    problems: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// Check, train and score the sample book, compare two sample policies, and say what was found.
    Demo {
        /// Folder for the sample book, the model and the ranked list.
        #[arg(long, value_name = "DIR", default_value = "recoup-demo")]
        out: PathBuf,
    },
    /// Say what is wrong with the tables, all at once.
    Check {
        /// The project file, recoup.toml.
        #[arg(long, value_name = "FILE")]
        project: PathBuf,
    },
    /// Count the cases, their outcomes and every exclusion; write them with their features.
    Cases {
        /// The project file, recoup.toml.
        #[arg(long, value_name = "FILE")]
        project: PathBuf,
        /// File for one row a case: .csv, .csv.gz or .parquet.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Observe on this one day instead of the project's dates.
        #[arg(long, value_name = "YYYY-MM-DD")]
        as_of: Option<Day>,
        /// Take every account whose history has begun, in arrears or not.
        #[arg(long, requires = "as_of")]
        all_accounts: bool,
        /// Write only these features, in this order.
        #[arg(long, value_name = "NAME,NAME…", value_delimiter = ',')]
        features: Option<Vec<String>>,
        /// File for one row an arrears episode, with how it ended: .csv, .csv.gz or .parquet.
        #[arg(long, value_name = "FILE")]
        episodes: Option<PathBuf>,
    },
    /// Prove on your own data that no feature knows the future, and name inputs that look like the outcome.
    Prove {
        /// The project file, recoup.toml.
        #[arg(long, value_name = "FILE")]
        project: PathBuf,
        /// Prove that there is no hindsight: cut every table at as_of, rebuild, compare; then disturb what was known later, and compare again.
        #[arg(long, required = true)]
        hindsight: bool,
        /// Cases to sample; all of them if the book has no more.
        #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
        cases: u32,
        /// Seed of the sample and of every disturbance.
        #[arg(long, value_name = "S", default_value_t = 1)]
        seed: u64,
    },
    /// Train a model of the chance that a case is repaid, test it out of time, write it as a file.
    Train {
        /// The project file, recoup.toml.
        #[arg(long, value_name = "FILE")]
        project: PathBuf,
        /// The model file to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// File for the scorecard as one flat table: .csv, .csv.gz or .parquet.
        #[arg(long, value_name = "FILE")]
        scorecard: Option<PathBuf>,
    },
    /// Judge models on cases whose outcome is known: figures with intervals beside baselines and each other, stability, audit; one page to sign.
    Evaluate {
        /// Model files: the champion, then its challengers.
        #[arg(value_name = "MODEL", required = true)]
        models: Vec<PathBuf>,
        /// The project file, recoup.toml.
        #[arg(long, value_name = "FILE")]
        project: PathBuf,
        /// Which cases: those that test, those that trained, or all whose outcome is known.
        #[arg(long, value_name = "WHICH", default_value = "test")]
        sample: SampleName,
        /// Draws of borrowers, for the intervals.
        #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(40..=10_000))]
        draws: u32,
        /// Seed of every random choice.
        #[arg(long, value_name = "S", default_value_t = 1)]
        seed: u64,
        /// Share of the cases that can be worked, for gains, lift and money captured.
        #[arg(long, value_name = "SHARE", default_value_t = 0.2, value_parser = share)]
        capacity: f64,
        /// Groups of a protected attribute with fewer cases are withheld.
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        min_group: u32,
        /// Audit the strategies of this policy too, on the last evaluated day.
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        /// Compare past runs with what came: a folder of folders that `score` wrote, or one of them.
        #[arg(long, value_name = "DIR")]
        runs: Option<PathBuf>,
        /// Write the model page: one HTML file that needs no network.
        #[arg(long, value_name = "FILE.html")]
        page: Option<PathBuf>,
        /// Language of the page.
        #[arg(long, value_name = "LANG", default_value = "en")]
        lang: Language,
        /// Write the figures as JSON.
        #[arg(long, value_name = "FILE.json")]
        out: Option<PathBuf>,
    },
    /// Train a model of the rows of any flat table, an extract from a data mart.
    FitTable {
        /// The table: .parquet, .csv or .csv.gz.
        #[arg(value_name = "FILE")]
        table: PathBuf,
        /// Column of the outcome: 1 repaid, 0 not, or a share between them.
        #[arg(long, value_name = "COLUMN")]
        outcome: String,
        /// Column of weights.
        #[arg(long, value_name = "COLUMN")]
        weight: Option<String>,
        /// Column of dates: stability by month, and what is later than what.
        #[arg(long, value_name = "COLUMN")]
        time: Option<String>,
        /// Column that tells whose row it is: folds and errors keep the rows of one borrower together.
        #[arg(long, value_name = "COLUMN")]
        borrower: Option<String>,
        /// Rows of this day or later test, the others train.
        #[arg(long, value_name = "YYYY-MM-DD", requires = "time")]
        test_from: Option<Day>,
        /// Special codes, each with a bin of its own: of one column, or of every column that holds them.
        #[arg(long, value_name = "[COLUMN=]VALUE,VALUE…", allow_hyphen_values = true)]
        special: Vec<String>,
        /// Columns of numbers that are words.
        #[arg(long, value_name = "COLUMN,COLUMN…", value_delimiter = ',')]
        category: Vec<String>,
        /// Columns that are not read, such as identifiers.
        #[arg(long, value_name = "COLUMN,COLUMN…", value_delimiter = ',')]
        ignore: Vec<String>,
        /// Columns that are for the audit alone and never a feature.
        #[arg(long, value_name = "COLUMN,COLUMN…", value_delimiter = ',')]
        protected: Vec<String>,
        /// A file with a [model] section, as in a project file.
        #[arg(long, value_name = "FILE")]
        settings: Option<PathBuf>,
        /// The model file to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// File for the scorecard as one flat table: .csv, .csv.gz or .parquet.
        #[arg(long, value_name = "FILE")]
        scorecard: Option<PathBuf>,
        #[command(flatten)]
        text: TextOptions,
    },
    /// Score and rank the rows of a flat table with a model that `fit-table` made.
    ScoreTable {
        /// The table: .parquet, .csv or .csv.gz.
        #[arg(value_name = "FILE")]
        table: PathBuf,
        /// The model file that `fit-table` wrote.
        #[arg(long, value_name = "FILE")]
        model: PathBuf,
        /// Columns that say which row it is, copied into the ranked list.
        #[arg(long, value_name = "COLUMN,COLUMN…", value_delimiter = ',')]
        id: Vec<String>,
        /// File for the ranked list: .csv, .csv.gz or .parquet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        text: TextOptions,
    },
    /// Look at a model file, or at what changed between two.
    Model {
        #[command(subcommand)]
        look: ModelCommand,
    },
    /// Rank every case of one day, each with a recommended strategy and its reasons.
    Score {
        /// The project file, recoup.toml.
        #[arg(long, value_name = "FILE", required_unless_present = "run")]
        project: Option<PathBuf>,
        /// The model file that `train` wrote.
        #[arg(long, value_name = "FILE", required_unless_present = "run")]
        model: Option<PathBuf>,
        /// The policy file.
        #[arg(long, value_name = "FILE", required_unless_present = "run")]
        policy: Option<PathBuf>,
        /// Observation date: the end of that day.
        #[arg(long, value_name = "YYYY-MM-DD", required_unless_present = "run", conflicts_with = "run")]
        as_of: Option<Day>,
        /// Folder for the ranked list; an earlier run there is replaced.
        #[arg(long, value_name = "DIR", required_unless_present = "run")]
        out: Option<PathBuf>,
        /// Answer this run again with other capacities, from its log: nothing is read or scored anew.
        #[arg(long, value_name = "RUN", requires = "capacity")]
        run: Option<PathBuf>,
        /// A capacity to answer with: calls=500, visits:north=20, letters=unlimited.
        #[arg(long, value_name = "NAME=AMOUNT", requires = "run")]
        capacity: Vec<String>,
    },
    /// Say which of two or more policies is better on the same book, and who would move.
    Compare {
        /// The project file, recoup.toml.
        #[arg(long, value_name = "FILE")]
        project: PathBuf,
        /// The model file that `train` wrote.
        #[arg(long, value_name = "FILE")]
        model: PathBuf,
        /// A policy file; give it twice or more, the one in force first.
        #[arg(long, value_name = "FILE", required = true)]
        policy: Vec<PathBuf>,
        /// Observation date: the end of that day.
        #[arg(long, value_name = "YYYY-MM-DD")]
        as_of: Day,
    },
    /// Look at a policy by itself.
    Policy {
        #[command(subcommand)]
        look: PolicyCommand,
    },
    /// Say why a case of a run was decided as it was: history, score as a sum, every treatment with its vetoes and value; or tell its borrower.
    #[command(group = clap::ArgGroup::new("whom").required(true).args(["case", "person"]))]
    Explain {
        /// The case: an account, or account@as_of.
        #[arg(value_name = "CASE")]
        case: Option<String>,
        /// Everything that is held and was decided about one borrower, instead of one case.
        #[arg(long, value_name = "ID")]
        person: Option<String>,
        /// The folder that `score` wrote; with --person once for each run.
        #[arg(long, value_name = "RUN", required = true)]
        run: Vec<PathBuf>,
        /// For whom.
        #[arg(long = "for", value_name = "WHOM", value_enum, default_value_t = Reader::Analyst, conflicts_with = "person")]
        reader: Reader,
        /// Language of the sentences.
        #[arg(long, value_name = "LANG", default_value = "en")]
        lang: Language,
        /// Write it as one HTML file that needs no network.
        #[arg(long, value_name = "FILE.html")]
        page: Option<PathBuf>,
        #[command(flatten)]
        moved: Moved,
    },
    /// Work out a plan for a case of a run: what can be paid a month and why, a schedule that adds up, its present value; or why there is none.
    Plan {
        /// The case: an account, or account@as_of.
        #[arg(value_name = "CASE")]
        case: String,
        /// The folder that `score` wrote.
        #[arg(long, value_name = "RUN")]
        run: PathBuf,
        /// An instalment that the borrower offers, instead of what was shown.
        #[arg(long, value_name = "AMOUNT", conflicts_with = "months")]
        instalment: Option<String>,
        /// Months that the borrower asks for.
        #[arg(long, value_name = "N")]
        months: Option<u32>,
        /// Language of the sentences.
        #[arg(long, value_name = "LANG", default_value = "en")]
        lang: Language,
        #[command(flatten)]
        moved: Moved,
    },
    /// Make a run again from its record and say whether it is the same to the byte, or what differs.
    Replay {
        /// The folder that `score` wrote.
        #[arg(value_name = "RUN")]
        run: PathBuf,
        #[command(flatten)]
        moved: Moved,
    },
    /// Check every decision of a run again against every rule, by another way, and write a certificate: zero violations, or which.
    Verify {
        /// The folder that `score` wrote.
        #[arg(value_name = "RUN")]
        run: PathBuf,
        #[command(flatten)]
        moved: Moved,
    },
    /// Say what a run recommended, what was done by its hand-over files, and how they differ; write the contact log of the day. Exit status 1 if
    /// something was done against a veto.
    Reconcile {
        /// The folder that `score` wrote.
        #[arg(value_name = "RUN")]
        run: PathBuf,
        /// A hand-over file: a work list with its last columns filled in, or a table with the same columns; once for each file.
        #[arg(long, value_name = "FILE", required = true)]
        done: Vec<PathBuf>,
        /// Folder for the contacts and promises of the day and for every case with how it differs.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        #[command(flatten)]
        moved: Moved,
    },
    /// Say how accounts and balances move between buckets from month end to month end, how many are cured, and how many of those relapse.
    Rolls {
        /// The project file, recoup.toml.
        #[arg(long, value_name = "FILE")]
        project: PathBuf,
        /// Split everything by product as well.
        #[arg(long, value_enum)]
        by: Option<Split>,
        /// File for one row a month, product, bucket and flow: .csv, .csv.gz or .parquet.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Only cycles that begin on this day or later.
        #[arg(long, value_name = "YYYY-MM-DD")]
        from: Option<Day>,
        /// Only cycles that end on this day or earlier.
        #[arg(long, value_name = "YYYY-MM-DD")]
        until: Option<Day>,
    },
    /// Print every feature: what it means, how it is computed, how far it looks back.
    Features {
        /// The project file, for its named periods, account columns and expressions; no table is read.
        #[arg(long, value_name = "FILE")]
        project: Option<PathBuf>,
        /// Print the tables of the data dictionary.
        #[arg(long)]
        markdown: bool,
    },
    /// Write a portfolio whose truth is known: the same seed gives the same bytes.
    Simulate {
        /// Accounts.
        #[arg(long, value_name = "N")]
        accounts: u64,
        /// Months of history.
        #[arg(long, value_name = "M", default_value_t = 24)]
        months: u32,
        /// Seed of everything random.
        #[arg(long, value_name = "S", default_value_t = 1)]
        seed: u64,
        /// Folder to write.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Format of the tables.
        #[arg(long, value_enum, default_value_t = TableFormat::Parquet)]
        format: TableFormat,
        /// What the bank keeps of each account.
        #[arg(long, value_enum, default_value_t = HistoryShape::Ledger)]
        shape: HistoryShape,
        /// No payment is ever taken back.
        #[arg(long)]
        no_reversals: bool,
    },
}

/// How a text file is written.
#[derive(Args)]
struct TextOptions {
    /// Column separator of a text file: one character, or `tab`.
    #[arg(long, value_name = "CHAR", default_value = ",", value_parser = separator)]
    separator: u8,
    /// Words of a text file that mean *no value*, besides the empty text.
    #[arg(long, value_name = "WORD,WORD…", value_delimiter = ',', allow_hyphen_values = true)]
    null_words: Vec<String>,
    /// Format of dates in a text file, such as %d/%m/%Y; ISO if absent.
    #[arg(long, value_name = "FORMAT")]
    date_format: Option<String>,
}

fn separator(text: &str) -> Result<u8, String> {
    match text {
        "tab" | "\\t" => Ok(b'\t'),
        one if one.len() == 1 && one.is_ascii() => Ok(one.as_bytes()[0]),
        _ => Err("a separator is one character, or `tab`".into()),
    }
}

impl From<TextOptions> for pipeline::TextFormat {
    fn from(o: TextOptions) -> Self {
        pipeline::TextFormat { separator: o.separator, null_words: o.null_words, date_format: o.date_format }
    }
}

/// Where the files of a run are now, as typed.
#[derive(clap::Args)]
struct Moved {
    /// Where the project file is now, if not where it was.
    #[arg(long, value_name = "FILE")]
    project: Option<PathBuf>,
    /// Where the model file is now.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Where the policy file is now.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
}

impl From<Moved> for pipeline::MovedFiles {
    fn from(Moved { project, model, policy }: Moved) -> Self {
        pipeline::MovedFiles { project, model, policy }
    }
}

#[derive(Subcommand)]
enum PolicyCommand {
    /// Say everything that is wrong with a policy, at once: its file, and its conditions against the columns of a project's cases.
    Check {
        /// The policy file.
        #[arg(value_name = "FILE")]
        policy: PathBuf,
        /// The project whose currency and columns it is for.
        #[arg(long, value_name = "FILE")]
        project: PathBuf,
    },
    /// Print a policy as a person would explain it.
    Show {
        /// The policy file.
        #[arg(value_name = "FILE")]
        policy: PathBuf,
        /// The project whose currency and columns it is for.
        #[arg(long, value_name = "FILE")]
        project: PathBuf,
    },
}

#[derive(Subcommand)]
enum ModelCommand {
    /// Print a model as a person wants to read it.
    Show {
        /// The model file.
        #[arg(value_name = "FILE")]
        model: PathBuf,
        /// File for the scorecard as one flat table: .csv, .csv.gz or .parquet.
        #[arg(long, value_name = "FILE")]
        scorecard: Option<PathBuf>,
    },
    /// Say what changed from one model to another. Exit status 1 if something did.
    Diff {
        /// The first model file.
        #[arg(value_name = "BEFORE")]
        before: PathBuf,
        /// The second model file.
        #[arg(value_name = "AFTER")]
        after: PathBuf,
    },
}

/// What to split by, as typed.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Split {
    Product,
}

/// A shape of history, as typed.
#[derive(Clone, Copy, clap::ValueEnum)]
enum HistoryShape {
    Ledger,
    Statements,
    Both,
}

/// A format of tables, as typed.
#[derive(Clone, Copy, clap::ValueEnum)]
enum TableFormat {
    Csv,
    #[value(name = "csv.gz")]
    CsvGz,
    Parquet,
}

/// Which cases are evaluated, as typed.
#[derive(Clone, Copy, clap::ValueEnum)]
enum SampleName {
    Test,
    Train,
    All,
}

/// For whom something is explained, as typed.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Reader {
    Analyst,
    Borrower,
}

/// A language of pages, as typed.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Language {
    En,
    Zh,
}

impl From<Language> for Lang {
    fn from(language: Language) -> Lang {
        match language {
            Language::En => Lang::English,
            Language::Zh => Lang::Chinese,
        }
    }
}

/// A share above 0 and below 1.
fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(x) if x > 0.0 && x < 1.0 => Ok(x),
        _ => Err("a share above 0 and below 1, such as 0.2".into()),
    }
}

/// What a command did.
struct Done {
    findings: bool,
}

fn main() -> ExitCode {
    recoup::base::guard::silence_guarded_panics();
    let cli = Cli::parse();
    if let Some(threads) = cli.common.threads
        && rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build_global().is_err()
    {
        say(&Problem::error("threads", "the thread pool cannot be made").to_string());
        return ExitCode::from(2);
    }
    let console = Console::new(&cli.common);
    match run(cli.command, &console) {
        Ok(Done { findings: false }) => ExitCode::SUCCESS,
        Ok(Done { findings: true }) => ExitCode::from(1),
        Err(failure) => {
            console.finish();
            console.failure(failure);
            ExitCode::from(2)
        }
    }
}

fn run(command: Command, console: &Console) -> Result<Done, Failure> {
    let steps = |step: &str| console.step(step);
    match command {
        Command::Demo { out } => {
            let summary = pipeline::demo(&out, &steps)?;
            console.result(&summary, || terminal::demo(&summary))?;
            Ok(Done { findings: false })
        }
        Command::Check { project } => {
            let summary = pipeline::check(&project, &steps)?;
            let kept = console.problems(&summary.problems)?;
            console.result(&summary, || terminal::check(&summary, kept.as_deref()))?;
            Ok(Done { findings: summary.errors + summary.warnings > 0 })
        }
        Command::Cases { project, out, as_of, all_accounts, features, episodes } => {
            let ask = pipeline::CasesAsk { as_of, all_accounts, features, episodes };
            let (summary, problems) = pipeline::cases(&project, &ask, out.as_deref(), &steps)?;
            console.problems(&problems)?;
            console.result(&summary, || terminal::cases(&summary))?;
            Ok(Done { findings: false })
        }
        // clap requires the flag: hindsight is the one thing that can be proved so far.
        Command::Prove { project, hindsight: _, cases, seed } => {
            let ask = prove::Ask { cases: cases as usize, seed };
            let (summary, problems) = pipeline::prove(&project, ask, &steps)?;
            console.problems(&problems)?;
            console.result(&summary, || terminal_prove::prove(&summary))?;
            Ok(Done { findings: !summary.passed })
        }
        Command::Train { project, out, scorecard } => {
            let (summary, problems) = pipeline::train(&project, &out, scorecard.as_deref(), &steps)?;
            console.problems(&problems)?;
            console.result(&summary, || terminal_model::train(&summary))?;
            Ok(Done { findings: false })
        }
        Command::Evaluate { models, project, sample, draws, seed, capacity, min_group, policy, runs, page, lang, out } => {
            let sample = match sample {
                SampleName::Test => pipeline::Sample::Test,
                SampleName::Train => pipeline::Sample::Train,
                SampleName::All => pipeline::Sample::All,
            };
            let (draws, min_group) = (draws as usize, min_group as usize);
            let ask = pipeline::EvaluateAsk { models, sample, draws, seed, capacity, min_group, policy, runs };
            let pages = pipeline::EvaluatePages { page, lang: lang.into(), out };
            let (summary, problems) = pipeline::evaluate_to(&project, &ask, &pages, &steps)?;
            console.problems(&problems)?;
            console.result(&summary, || terminal_evaluation::evaluation(&summary))?;
            Ok(Done { findings: false })
        }
        Command::FitTable {
            table,
            outcome,
            weight,
            time,
            borrower,
            test_from,
            special,
            category,
            ignore,
            protected,
            settings,
            out,
            scorecard,
            text,
        } => {
            let ask = pipeline::FitTableAsk { outcome, weight, time, borrower, test_from, special, category, ignore, protected, settings };
            let (summary, problems) = pipeline::fit_table(&table, &ask, &text.into(), &out, scorecard.as_deref(), &steps)?;
            console.problems(&problems)?;
            console.result(&summary, || terminal_model::fit_table(&summary))?;
            Ok(Done { findings: false })
        }
        Command::ScoreTable { table, model, id, out, text } => {
            let (summary, problems) = pipeline::score_table(&table, &model, &id, &text.into(), &out, &steps)?;
            console.problems(&problems)?;
            console.result(&summary, || terminal_model::score_table(&summary))?;
            Ok(Done { findings: false })
        }
        Command::Model { look: ModelCommand::Show { model, scorecard } } => {
            let model = pipeline::model_show(&model, scorecard.as_deref())?;
            console.result(&model, || terminal_model::model(&model))?;
            Ok(Done { findings: false })
        }
        Command::Model { look: ModelCommand::Diff { before, after } } => {
            let summary = pipeline::model_diff(&before, &after)?;
            console.result(&summary, || terminal_model::diff(&summary))?;
            Ok(Done { findings: !summary.differences.is_empty() })
        }
        Command::Score { run: Some(run), capacity, project, model, policy, out, .. } => {
            let summary = pipeline::what_if(&run, &pipeline::MovedFiles { project, model, policy }, &capacity, out.as_deref(), &steps)?;
            console.result(&summary, || terminal::what_if(&summary))?;
            Ok(Done { findings: false })
        }
        Command::Score { capacity, .. } if !capacity.is_empty() => {
            Err(Problem::error("score.arguments", "--capacity answers a scored run again, and no run is named")
                .column("--capacity")
                .rule("score --run RUN --capacity NAME=AMOUNT")
                .help("to score anew with another capacity, change it in the policy")
                .fail())
        }
        Command::Score { project: Some(project), model: Some(model), policy: Some(policy), as_of: Some(as_of), out: Some(out), .. } => {
            let (summary, problems) = pipeline::score(&project, &model, &policy, as_of, &out, &steps)?;
            // The run's folder holds every problem already.
            console.show(&problems, &out.join("problems.csv"));
            console.result(&summary, || terminal::score(&summary))?;
            Ok(Done { findings: false })
        }
        // The command line has asked for them all.
        Command::Score { .. } => Err(Problem::error("score.arguments", "project, model, policy, as-of and out are needed").fail()),
        Command::Compare { project, model, policy, as_of } => {
            let (summary, problems) = pipeline::compare(&project, &model, &policy, as_of, &steps)?;
            console.problems(&problems)?;
            console.result(&summary, || terminal::compare(&summary))?;
            Ok(Done { findings: false })
        }
        Command::Policy { look: PolicyCommand::Check { policy, project } } => {
            let summary = pipeline::policy_show(&policy, &project)?;
            let sound = format!(
                "{} {}: sound; {} treatments, {} holds, {} guardrails\n",
                summary.name,
                summary.version,
                summary.treatments.len(),
                summary.holds.len(),
                summary.guardrails.len()
            );
            console.result(&summary, || sound)?;
            Ok(Done { findings: false })
        }
        Command::Policy { look: PolicyCommand::Show { policy, project } } => {
            let summary = pipeline::policy_show(&policy, &project)?;
            console.result(&summary, || policy::policy(&summary))?;
            Ok(Done { findings: false })
        }
        Command::Explain { case, person, run, reader, lang, page, moved } => {
            let (moved, lang, page) = (moved.into(), lang.into(), page.as_deref());
            // clap requires exactly one of the two, and at least one run.
            let Some(case) = case else {
                let id = person.unwrap_or_default();
                let (held, problems) = pipeline::explain_person(&id, &run, &moved, lang, page, &steps)?;
                console.problems(&problems)?;
                console.result(&held, || person_report(&held))?;
                return Ok(Done { findings: false });
            };
            let [run] = run.as_slice() else {
                return Err(Problem::error("explain.many_runs", "a case is explained by one run").rule("--run once").fail());
            };
            match reader {
                Reader::Analyst => {
                    let (explained, problems) = pipeline::explain(&case, run, &moved, lang, page, &steps)?;
                    console.problems(&problems)?;
                    console.result(&explained, || terminal_explain::explanation(&explained))?;
                }
                Reader::Borrower => {
                    let (told, problems) = pipeline::explain_to_borrower(&case, run, &moved, lang, page, &steps)?;
                    console.problems(&problems)?;
                    console.result(&told, || letter::letter(&told))?;
                }
            }
            Ok(Done { findings: false })
        }
        Command::Plan { case, run, instalment, months, lang, moved } => {
            let ask = pipeline::PlanAsk { instalment, months };
            let (summary, problems) = pipeline::plan(&case, &run, &moved.into(), lang.into(), &ask, &steps)?;
            console.problems(&problems)?;
            console.result(&summary, || terminal_plan::plan(&summary))?;
            Ok(Done { findings: false })
        }
        Command::Replay { run, moved } => {
            let (summary, problems) = pipeline::replay(&run, &moved.into(), &steps)?;
            console.problems(&problems)?;
            console.result(&summary, || terminal::replay(&summary))?;
            Ok(Done { findings: !summary.identical })
        }
        Command::Verify { run, moved } => {
            let (summary, problems) = pipeline::verify(&run, &moved.into(), &steps)?;
            console.problems(&problems)?;
            console.result(&summary, || terminal::verify(&summary))?;
            Ok(Done { findings: !summary.holds })
        }
        Command::Reconcile { run, done, out, moved } => {
            let (summary, problems) = pipeline::reconcile(&run, &done, out.as_deref(), &moved.into(), &steps)?;
            console.problems(&problems)?;
            console.result(&summary, || reconcile::reconcile(&summary))?;
            Ok(Done { findings: summary.against_veto > 0 })
        }
        Command::Rolls { project, by, out, from, until } => {
            let ask = Ask { by_product: by.is_some(), from, until };
            let (summary, problems) = pipeline::rolls(&project, &ask, out.as_deref(), &steps)?;
            console.problems(&problems)?;
            console.result(&summary, || terminal_rolls::rolls(&summary))?;
            Ok(Done { findings: false })
        }
        Command::Features { project, markdown } => {
            let summary = pipeline::features(project.as_deref())?;
            console.result(&summary, || if markdown { dictionary::markdown(&summary) } else { dictionary::terminal(&summary) })?;
            Ok(Done { findings: false })
        }
        Command::Simulate { accounts, months, seed, out, format, shape, no_reversals } => {
            let format = match format {
                TableFormat::Csv => Format::Csv,
                TableFormat::CsvGz => Format::CsvGz,
                TableFormat::Parquet => Format::Parquet,
            };
            let shape = match shape {
                HistoryShape::Ledger => Shape::Ledger,
                HistoryShape::Statements => Shape::Statements,
                HistoryShape::Both => Shape::Both,
            };
            let world = World { accounts, months, seed, shape, reversals: !no_reversals };
            let summary = pipeline::simulate(&world, &out, format, &steps)?;
            console.result(&summary, || terminal::simulate(&summary))?;
            Ok(Done { findings: false })
        }
    }
}

/// Standard error is the last resort: if it is gone too, there is nobody to tell.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Where words go.
struct Console<'a> {
    common: &'a Common,
    bar: Option<ProgressBar>,
}

impl<'a> Console<'a> {
    fn new(common: &'a Common) -> Console<'a> {
        // Steps are shown on a terminal only, and only by work that lasts longer than a second.
        let bar = (!common.quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::hidden();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
                bar.set_style(style);
            }
            let later = bar.clone();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_secs(1));
                if !later.is_finished() {
                    later.set_draw_target(ProgressDrawTarget::stderr());
                    later.enable_steady_tick(Duration::from_millis(100));
                }
            });
            bar
        });
        Console { common, bar }
    }

    fn step(&self, step: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(step.to_string());
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Shows problems and writes them all to the problems file. A file of an earlier run never outlives its problems.
    fn problems(&self, problems: &Problems) -> Result<Option<String>, Failure> {
        self.finish();
        let path = &self.common.problems;
        if problems.is_empty() {
            if is_problems_file(path) {
                write_problems(std::iter::empty(), path)?;
            }
            return Ok(None);
        }
        self.refuse_other_file(path)?;
        write_problems(problems.iter(), path)?;
        self.show(problems, path);
        Ok(Some(path.display().to_string()))
    }

    /// The list of problems is written over an earlier one, never over somebody else's file.
    fn refuse_other_file(&self, path: &Path) -> Result<(), Failure> {
        if !path.exists() || is_problems_file(path) {
            return Ok(());
        }
        Err(Problem::error("file.in_the_way", "the file for problems exists and is no earlier list of them")
            .file(path.display().to_string())
            .help("give another --problems, or move what is there away")
            .fail())
    }

    /// Shows the first problems of each code and says where all are.
    fn show(&self, problems: &Problems, kept_in: &Path) {
        self.finish();
        if !self.common.quiet && !problems.is_empty() {
            say(&shown(problems.iter(), Some(&kept_in.display().to_string())));
        }
    }

    /// Prints a summary to standard output. A reader that went away (a broken pipe) is no failure of ours.
    fn result(&self, summary: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
        self.finish();
        let written = if self.common.json {
            let json = serde_json::to_string(summary).map_err(|e| Problem::error("output.json", e.to_string()).fail())?;
            writeln!(std::io::stdout().lock(), "{json}")
        } else if self.common.quiet {
            Ok(())
        } else {
            write!(std::io::stdout().lock(), "{}", text())
        };
        match written.and_then(|()| std::io::stdout().flush()) {
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Problem::error("file.io", format!("cannot write to standard output: {e}")).help("free some space, or write elsewhere").fail())
            }
            _ => Ok(()),
        }
    }

    fn failure(&self, failure: Failure) {
        let many = failure.problems.len() > recoup::base::problem::SHOWN_PER_CODE;
        let path: &Path = &self.common.problems;
        let kept = (many && self.refuse_other_file(path).is_ok() && write_problems(failure.problems.iter(), path).is_ok())
            .then(|| path.display().to_string());
        let errors_first = failure.problems.iter().filter(|p| p.severity == Severity::Error || !self.common.quiet);
        say(&shown(errors_first, kept.as_deref()));
    }
}
