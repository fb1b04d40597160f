//! Arguments in, exit status out.
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// x
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}
#[derive(Subcommand)]
enum Command {
    Check { #[arg(long)] project: PathBuf },
    Cases { #[arg(long)] project: PathBuf, #[arg(long)] out: Option<PathBuf> },
}
fn main() {
    let steps = |s: &str| eprintln!("{s}");
    match Cli::parse().command {
        Command::Check { project } => match recoup::pipeline::check(&project, &steps) {
            Ok(s) => { println!("{}", serde_json::to_string_pretty(&s).unwrap()); println!("{}", recoup::base::problem::shown(s.problems.iter(), None)); }
            Err(e) => println!("{e}"),
        },
        Command::Cases { project, out } => match recoup::pipeline::cases(&project, out.as_deref(), &steps) {
            Ok((s, _)) => println!("{}", serde_json::to_string_pretty(&s).unwrap()),
            Err(e) => println!("{e}"),
        },
    }
}
