//! What keeping a screenshot of 1 MB takes until it is in place, against writing, hashing and renaming the same bytes.
//!
//! Name further folders on the command line to measure there too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::indexing_slicing)]

mod workload;

use sha2::{Digest, Sha256};
use std::{fs, hint::black_box, path::Path, time::Instant};
use tracing_augur::{CaptureMode, Durability, Moment, Session};
use workload::{Sample, folder, goal, memory_folder, places, png, size};

const LENGTH: usize = 1_000_000;

/// Milliseconds for each picture until it is in place, and on the whole: the hashes come when the bundle is completed.
fn attached(folder: &Path, pictures: Vec<Vec<u8>>, direct: bool) -> (Vec<f64>, f64) {
    let count = pictures.len() as f64;
    let builder = Session::builder("pictures", "bench", folder.join("run"));
    let session =
        builder.capture_mode(CaptureMode::Full).durability(Durability::Process).direct(direct).open().unwrap();
    let whole = Instant::now();
    let times = pictures.into_iter().enumerate().map(|(index, picture)| {
        let begun = Instant::now();
        session.attach_observation(index as u64 + 1, Moment::Before, picture).unwrap();
        begun.elapsed().as_secs_f64() * 1e3
    });
    let times = times.collect();
    session.close(None).unwrap();
    (times, whole.elapsed().as_secs_f64() * 1e3 / count)
}

fn floor(folder: &Path, pictures: &[Vec<u8>]) -> Vec<f64> {
    let write = |(index, picture): (usize, &Vec<u8>)| {
        let begun = Instant::now();
        let temporary = folder.join("picture.tmp");
        fs::write(&temporary, picture).unwrap();
        black_box(Sha256::digest(picture));
        fs::rename(&temporary, folder.join(format!("{index:04}.png"))).unwrap();
        begun.elapsed().as_secs_f64() * 1e3
    };
    pictures.iter().enumerate().map(write).collect()
}

fn main() {
    let (rounds, count) = size((7, 40), (1, 2));
    println!("A screenshot of 1 MB until it is in place; milliseconds, medians of {rounds} rounds of {count}\n");
    let pictures: Vec<Vec<u8>> = (0..count).map(|seed| png(seed, LENGTH)).collect();
    let memory = memory_folder();
    let places = places().into_iter().chain([memory.path().to_owned()]);
    for place in places {
        let (mut waits, mut wholes, mut floors) = ([const { Vec::new() }; 2], [const { Vec::new() }; 2], Vec::new());
        let mut folders = Vec::new();
        for _ in 0..rounds {
            let folder = [(); 3].map(|()| folder(Some(&place)));
            for (way, direct) in [true, false].into_iter().enumerate() {
                let (times, whole) = attached(folder[way].path(), pictures.clone(), direct);
                waits[way].extend(times);
                wholes[way].push(whole);
            }
            floors.extend(floor(folder[2].path(), &pictures));
            folders.push(folder);
        }
        println!("{}", place.display());
        let [direct, handed] = wholes.map(Sample::new);
        let [direct_wait, wait] = waits.map(Sample::new);
        let floor = Sample::new(floors);
        for (name, sample) in [
            ("floor", &floor),
            ("direct session, until in place", &direct_wait),
            ("direct session, the bundle complete", &direct),
            ("session, until in place", &wait),
            ("session, the bundle complete", &handed),
        ] {
            println!("  {name:<36} {:>7.3}  (p10 {:.3}, p90 {:.3})", sample.median(), sample.at(0.1), sample.at(0.9));
        }
        for (name, sample) in [("direct session", &direct), ("session", &handed)] {
            let ratio = sample.median() / floor.median();
            goal(&format!("{name}, complete / floor"), ratio, ratio <= 1.3, "<= 1.3");
        }
    }
}
