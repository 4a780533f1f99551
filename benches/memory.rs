//! The largest resident memory of a process that records a run, by the length of the run.
//!
//! Each length runs in a process of its own, which this program starts from itself. Linux only: the figure is the kernel's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::indexing_slicing)]

mod workload;

use std::{fs, process::Command, time::Instant};
use tracing::subscriber::with_default;
use tracing_augur::{CaptureMode, Durability, run_span};
use tracing_subscriber::{Registry, layer::SubscriberExt};
use workload::{end, folder, goal, recorder, size, step};

/// Tells the child process how many steps to record.
const STEPS: &str = "AUGUR_BENCH_STEPS";

/// How often the agent waits for the recorder, so that nothing is dropped.
const FLUSH_EVERY: u64 = 500;

fn child(steps: u64) {
    let folder = folder(None);
    let (layer, guard) = recorder(folder.path(), CaptureMode::Trace, Durability::Lazy);
    with_default(Registry::default().with(layer), || {
        let _run = run_span!("long").entered();
        for n in 0..steps {
            step(n);
            if n % FLUSH_EVERY == 0 {
                assert!(!guard.flush().late);
            }
        }
    });
    let before = peak();
    end(guard);
    println!("{before} {}", peak());
}

/// Bytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number") * 1024
}

fn main() {
    if let Some(steps) = std::env::var(STEPS).ok().and_then(|steps| steps.parse().ok()) {
        return child(steps);
    }
    let sizes = size(&[1_000_u64, 10_000, 100_000][..], &[8, 16]);
    println!("Peak resident memory of a process that records a run, durability `lazy`; MiB\n");
    println!("{:>9} {:>14} {:>14} {:>9}", "steps", "while it runs", "in all", "seconds");
    let mut peaks = Vec::new();
    for steps in sizes {
        let begun = Instant::now();
        let output = Command::new(std::env::current_exe().unwrap()).env(STEPS, steps.to_string()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let mib: Vec<f64> =
            text.split_whitespace().map(|bytes| bytes.parse::<f64>().unwrap() / f64::from(1 << 20)).collect();
        println!("{steps:>9} {:>14.1} {:>14.1} {:>9.1}", mib[0], mib[1], begun.elapsed().as_secs_f64());
        peaks.push(mib[1]);
    }
    println!();
    let largest = peaks.iter().copied().fold(0.0, f64::max);
    goal("largest", largest, largest <= 64.0, "<= 64 MiB");
    let growth = peaks.last().unwrap() / peaks.first().unwrap();
    println!("       longest / shortest run: {growth:.2}");
}
