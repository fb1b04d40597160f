//! What the benches share: a process timed from outside, medians, the machine's load.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Clock ticks a second in which Linux counts CPU time for programs to read.
const TICKS: f64 = 100.0;

/// One process from its start to its end.
#[derive(Default)]
#[allow(dead_code, reason = "not every bench runs processes")]
pub struct Run {
    /// Wall seconds.
    pub wall: f64,
    /// CPU seconds of all its threads, user and system.
    pub cpu: f64,
    /// Peak memory in MB.
    #[allow(dead_code, reason = "not every bench reads it")]
    pub peak: f64,
    /// What it printed on standard output.
    #[allow(dead_code, reason = "not every bench reads it")]
    pub said: String,
}

/// CPU seconds of all child processes waited for so far, from /proc: `cutime` and `cstime`, the 14th and 15th fields behind the name.
#[allow(dead_code, reason = "not every bench runs processes")]
fn children_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("this bench reads /proc");
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    (13..=14).map(|k| fields[k].parse::<f64>().expect("a count of ticks")).sum::<f64>() / TICKS
}

/// CPU seconds of this process so far, user and system, of all its threads: the 12th and 13th fields behind the name.
#[allow(dead_code, reason = "not every bench reads it")]
pub fn own_cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("this bench reads /proc");
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    (11..=12).map(|k| fields[k].parse::<f64>().expect("a count of ticks")).sum::<f64>() / TICKS
}

/// Peak memory of this process so far, in MB.
#[allow(dead_code, reason = "not every bench reads it")]
pub fn own_peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("this bench reads /proc");
    let high = status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<f64>().ok());
    high.expect("a peak") / 1024.0
}

/// Runs a command to its end; its memory is looked at every two milliseconds. It must succeed, and print no more than a pipe holds (64 kB).
#[allow(dead_code, reason = "not every bench runs processes")]
pub fn timed(command: &mut Command) -> Run {
    let before = children_cpu();
    let began = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn().expect("the program runs");
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = 0.0f64;
    let status = loop {
        let status = std::fs::read_to_string(&status_file).unwrap_or_default();
        let high = status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<f64>().ok());
        peak = peak.max(high.unwrap_or(0.0) / 1024.0);
        match child.try_wait().expect("the program can be waited for") {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    let (wall, cpu) = (began.elapsed().as_secs_f64(), children_cpu() - before);
    assert!(status.success(), "{command:?} ended with {status}");
    let said = child.stdout.take().and_then(|out| std::io::read_to_string(out).ok()).expect("what it printed is text");
    Run { wall, cpu, peak, said }
}

/// The median of a figure over runs.
#[allow(dead_code, reason = "not every bench runs processes")]
pub fn median(runs: &[Run], figure: impl Fn(&Run) -> f64) -> f64 {
    let mut figures: Vec<f64> = runs.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The machine's load averages of 1, 5 and 15 minutes.
pub fn load() -> String {
    std::fs::read_to_string("/proc/loadavg").unwrap_or_default().split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}
