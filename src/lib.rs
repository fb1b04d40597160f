//! recoup: a repayment-risk scoring engine. It reads the histories of accounts in arrears, learns how likely each is to repay, and gives
//! a ranked list of cases, each with a recommended strategy and its reasons.
//!
//! # The story
//! Training: `read → check → observe → features → bin → select → fit → pair → calibrate → evaluate → model file`.
//! Judging: `read → check → observe → features → score → evaluate → page`.
//! Scoring: `read → check → observe → features → score → reasons → decide → rank → write`.
//! Deciding: `holds → guardrails → care → ability and willingness → ladder → condition → value`; verifying asks all of it again by another way.
//! The first four steps are one function that both use; there is no second path from a table to a feature.
//!
//! # The floor plan, in reading order
//! A room uses only rooms above it; `tests/it/house.rs` reads the `use crate::` lines and names a file that reaches upward.
//!
//! | file | job |
//! |---|---|
//! | `main.rs` | arguments in, exit status out; knows clap, stderr and the clock, alone |
//! | **`base`** | **words and numbers** |
//! | `base::units` | money in minor units, whole micro-log-odds, probabilities, buckets |
//! | `base::dates` | days and calendar months |
//! | `base::zone` | time zones and hours of the day |
//! | `base::bilingual` | the same words in English and in Simplified Chinese |
//! | `base::problem` | problems in words of the person who must mend them |
//! | `base::schema` | the six tables, their columns and words |
//! | `base::config` | the project file, checked into what is meant |
//! | `base::files` | files and folders that appear whole or not at all |
//! | `base::guard` | panics of libraries, kept from becoming ours |
//! | **`data`** | **files to cases** |
//! | `data::words` | the words of a column and one code a row, held as runs |
//! | `data::cells` | text, numbers and dates of a file to typed columns |
//! | `data::read_csv`, `data::read_parquet` | one file to columns, with the row of every bad cell |
//! | `data::parquet_guard` | sizes of a damaged Parquet file, found before they are believed |
//! | `data::tables` | the project's files found, planned, read |
//! | `data::check` | what is wrong, all at once; the only way to a portfolio |
//! | `data::build` | checked tables to a portfolio |
//! | `data::history` | the portfolio: records by account, sorted by date |
//! | `data::schedule` | an account's schedules: the original one and those that re-ages put in its place |
//! | `data::path` | one account's days past due, day by day, as they were known |
//! | `data::catalogue` | every feature: one entry, one small function |
//! | `data::timeline` | what was known of one account, as a person would tell it: dates, counts, amounts |
//! | `data::episodes` | every arrears episode, with how it ended |
//! | `data::features` | feature values, column by column |
//! | `data::cases` | cases, column by column |
//! | `data::observe` | who is observed when, what was known, what followed |
//! | `data::cut` | the raw records of a few borrowers, cut at a day or disturbed after it |
//! | `data::expressions` | SQL conditions over columns |
//! | `data::write` | tables to CSV and Parquet |
//! | `data::read_back` | columns of a log that recoup wrote |
//! | `data::handover` | hand-over files: what was done of a run's work, line by line |
//! | `data::flat` | any flat table, a row a case, to columns |
//! | **`model`** | **cases to a model** |
//! | `model::bin` | the best bins under constraints, exactly; weights of evidence |
//! | `model::encode` | features to one-byte bin codes |
//! | `model::fit` | the logistic fit, its errors, its folds, its penalty; knows linfa, alone |
//! | `model::interaction` | two-way tables, each earned on borrowers that it did not see |
//! | `model::select` | which features stay, each drop with its reason |
//! | `model::calibrate` | Platt and isotonic, on cases that the fit did not see |
//! | `model::evaluate` | AUC, KS, log-loss, Brier, calibration slope, beside the baseline |
//! | `model::share` | the share of arrears repaid, beside the probability |
//! | `model::sub_score` | ability and willingness as places in the training book |
//! | `model::train` | the steps above in order |
//! | `model::file` | the model file: readable, versioned, checked on load |
//! | `model::card`, `model::diff` | the scorecard as one flat table; what changed between two models |
//! | **`decide`** | **a model to an action** |
//! | `decide::score` | the score as a sum of whole numbers |
//! | `decide::reasons` | its lowest terms, in words |
//! | `decide::policy` | treatments, conditions, costs, effects, holds, guardrails and their packs, care, routes, terms of a plan |
//! | `decide::plan` | plan adjustment: what can be paid a month, a schedule that adds up, its present value, or why there is none |
//! | `decide::rulebook` | every rule of a policy in the order in which they speak, one bit each |
//! | `decide::facts` | what rules look at beside columns: contacts, events, schedules, evidence, the hour where somebody lives |
//! | `decide::guardrail` | which rules fire for which cases |
//! | `decide::value` | what a treatment is worth |
//! | `decide::allocate` | places handed out: prices, a bound, a choice within limits; numbers alone |
//! | `decide::places` | capacity, minimums, lots over the whole book |
//! | `decide::choose` | where a case is led, and the best of what was not vetoed |
//! | `decide::words` | vetoes and reasons in words |
//! | `decide::log` | every case and treatment, with the rules that vetoed it and what it is worth |
//! | `decide::deadlines` | disputes and complaints to be answered, limitation periods that end |
//! | `decide::unknown` | rules that spoke for want of a fact, treatments that nobody could get |
//! | `decide::ranked` | the ranked list |
//! | `decide::work` | work lists: what each treatment's workers do, in order, with what they need |
//! | `decide::change` | what would change a decision: which rules stand in the way until when, where another treatment would win |
//! | `decide::table` | the rows of a flat table, scored and ranked |
//! | **`study`** | **questions** |
//! | `study::simulate` | a world whose truth is known |
//! | `study::sample` | the sample book, carried in the binary |
//! | `study::compare` | two policies on the same book |
//! | `study::rolls` | how accounts and balances move between buckets, cures and relapses |
//! | `study::evaluate` | models beside baselines and each other: intervals by borrower, stability, permutations, audit |
//! | `study::verify` | every decision of a run checked again by another way |
//! | `study::reconcile` | what was recommended, what was done, and how they differ |
//! | `study::prove` | no feature knows the future, and no input looks like the outcome |
//! | **`report`** | **results for people** |
//! | `report::summary` | what each command found |
//! | `report::plan` | a plan for a case, or why there is none, and what would have to be true |
//! | `report::policy`, `report::policy_capacity` | a policy as a person would explain it; what it has to hand out |
//! | `report::tables` | the cases and the problems as tables |
//! | `report::dictionary` | the catalogue of features, described |
//! | `report::evaluation` | what `evaluate` found |
//! | `report::chinese`, `report::words`, `report::plain` | sentences of the engine in Chinese; words of codes in both languages; plain words for borrowers |
//! | `report::history` | an account's story in at most ten dated lines |
//! | `report::explanation`, `report::letter`, `report::person` | why a case was decided as it was; the same to its borrower; everything of one person |
//! | `report::page` | the model page and the report of the day: templates, charts, figures that name their place |
//! | `report::reconcile` | what `reconcile` found |
//! | `report::manifest` | the record of a run |
//! | `report::terminal`, `report::terminal_model`, `report::terminal_rolls`, `report::terminal_prove`, `report::terminal_evaluation`, `report::terminal_explain`, `report::terminal_plan` | summaries laid out |
//! | **`pipeline`** | **one straight-line function a command** |

pub mod base;
pub mod data;
pub mod model;
pub mod decide;
pub mod study;
pub mod report;
pub mod pipeline;
