//! A whole run until its bundle is complete, against the least that any writer of the same files would have to do: write
//! each file under a temporary name, hash it, rename it.
//!
//! Name further folders on the command line to measure there too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod workload;

use sha2::{Digest, Sha256};
use std::{
    collections::BTreeSet,
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    time::Instant,
};
use tracing::subscriber::with_default;
use tracing_augur::{CaptureMode, Durability, run_span};
use tracing_subscriber::{Registry, layer::SubscriberExt};
use workload::{Sample, end, folder, goal, places, recorder, size, step};

type Files = Vec<(PathBuf, Vec<u8>)>;

/// Seconds for the agent's part and for the whole, and what was written.
fn ours(folder: &Path, steps: u64) -> (f64, f64, Files) {
    let (layer, guard) = recorder(folder, CaptureMode::Trace, Durability::Lazy);
    let (begun, agent) = with_default(Registry::default().with(layer), || {
        let begun = Instant::now();
        let run = run_span!("whole").entered();
        for n in 0..steps {
            step(n);
        }
        drop(run);
        (begun, begun.elapsed().as_secs_f64())
    });
    end(guard);
    let whole = begun.elapsed().as_secs_f64();
    let mut files = Files::new();
    read(folder, folder, &mut files);
    (agent, whole, files)
}

fn read(root: &Path, folder: &Path, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            read(root, &path, files);
        } else {
            files.push((path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap()));
        }
    }
    files.sort();
}

fn floor(folder: &Path, files: &Files) -> f64 {
    let begun = Instant::now();
    let folders: BTreeSet<_> = files.iter().filter_map(|(path, _)| path.parent()).collect();
    for path in folders {
        fs::create_dir_all(folder.join(path)).unwrap();
    }
    for (path, bytes) in files {
        let target = folder.join(path);
        let mut temporary = target.clone().into_os_string();
        temporary.push(".tmp");
        fs::write(&temporary, bytes).unwrap();
        black_box(Sha256::digest(bytes));
        fs::rename(&temporary, &target).unwrap();
    }
    begun.elapsed().as_secs_f64()
}

fn main() {
    let (rounds, steps) = size((7, 5_000), (1, 8));
    println!(
        "A run of {steps} steps until its bundle is complete, durability `lazy`; seconds, medians of {rounds} rounds\n"
    );
    for place in places() {
        let (mut agents, mut wholes, mut floors) = (Vec::new(), Vec::new(), Vec::new());
        let mut written = (0, 0);
        // A file system may be slow where files have just been deleted, so all folders stay until the end.
        let mut folders = Vec::new();
        for _ in 0..rounds {
            let folder = [folder(Some(&place)), folder(Some(&place))];
            let (agent, whole, files) = ours(folder[0].path(), steps);
            floors.push(floor(folder[1].path(), &files));
            folders.push(folder);
            agents.push(agent);
            wholes.push(whole);
            written = (files.len(), files.iter().map(|(_, bytes)| bytes.len()).sum());
        }
        let ratio = Sample::ratio(&floors, &wholes);
        let (agents, wholes, floors) = (Sample::new(agents), Sample::new(wholes), Sample::new(floors));
        println!(
            "{}: {} files, {:.1} MB",
            place.components().next_back().map_or("?".into(), |part| part.as_os_str().to_string_lossy()),
            written.0,
            written.1 as f64 / 1e6
        );
        println!("  agent's thread {:>6.3}", agents.median());
        println!(
            "  whole          {:>6.3}   ({:.3} - {:.3}), {:.0} us a step",
            wholes.median(),
            wholes.at(0.0),
            wholes.at(1.0),
            wholes.median() * 1e6 / steps as f64
        );
        println!(
            "  floor          {:>6.3}   ({:.3} - {:.3}), {:.0} us a step",
            floors.median(),
            floors.at(0.0),
            floors.at(1.0),
            floors.median() * 1e6 / steps as f64
        );
        goal("floor / whole", ratio.median(), ratio.median() >= 0.5, ">= 0.5");
    }
}
