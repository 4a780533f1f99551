//! How long the call that ends a step takes: when it returns only once the step's files are in place, once they are on the
//! medium too, and when nothing is promised.
//!
//! Name further folders on the command line to measure there too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod workload;

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};
use tracing::subscriber::with_default;
use tracing_augur::{CaptureMode, Durability, run_span};
use tracing_subscriber::{Registry, layer::SubscriberExt};
use workload::{Sample, end, folder, goal, open_step, places, recorder, size};

/// Milliseconds that the closing of each step took, with a pause before it.
fn closes(folder: &Path, durability: Durability, steps: u64, pause: Duration) -> Vec<f64> {
    let (layer, guard) = recorder(folder, CaptureMode::Trace, durability);
    let times = with_default(Registry::default().with(layer), || {
        let _run = run_span!("steps").entered();
        let mut times = Vec::new();
        for n in 0..steps {
            let step = open_step(n);
            if !pause.is_zero() {
                thread::sleep(pause);
            }
            let begun = Instant::now();
            drop(step);
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        times
    });
    end(guard);
    times
}

fn main() {
    let (rounds, steps) = size((5, 600), (1, 4));
    let (none, work) = (Duration::ZERO, Duration::from_millis(2));
    let ways = [
        ("back to back", Durability::Process, none),
        ("with 2 ms of work", Durability::Process, work),
        ("lazy, back to back", Durability::Lazy, none),
        ("power, with 2 ms of work", Durability::Power, work),
    ];
    println!(
        "The call that ends a step, durability `process` if not said, {} steps each; milliseconds\n",
        rounds * steps
    );
    println!("{:<44} {:>8} {:>8} {:>8} {:>8}", "", "p50", "p90", "p99", "worst");
    let mut judged = Vec::new();
    for place in places() {
        for (name, durability, pause) in ways {
            // A file system may be slow where files have just been deleted, so all folders stay until the end.
            let folders: Vec<_> = (0..rounds).map(|_| folder(Some(&place))).collect();
            let times: Vec<f64> =
                folders.iter().flat_map(|folder| closes(folder.path(), durability, steps, pause)).collect();
            let sample = Sample::new(times);
            let name = format!(
                "{}, {name}",
                place.components().next_back().map_or("?".into(), |part| part.as_os_str().to_string_lossy())
            );
            println!(
                "{name:<44} {:>8.3} {:>8.3} {:>8.3} {:>8.3}",
                sample.median(),
                sample.at(0.9),
                sample.at(0.99),
                sample.at(1.0)
            );
            if durability == Durability::Process {
                judged.push((name, sample));
            }
        }
    }
    println!();
    for (name, sample) in judged {
        goal(&format!("{name}, p50"), sample.median(), sample.median() <= 0.3, "<= 0.3 ms");
        goal(&format!("{name}, p99"), sample.at(0.99), sample.at(0.99) <= 2.0, "<= 2 ms");
    }
}
