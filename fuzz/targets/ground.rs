//! What the targets stand on: a folder in memory, a bundle to break, and a limit on the processor's time.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// How much of the processor's time one input may take.
const LIMIT: Duration = Duration::from_secs(1);

/// An empty folder of this process under the name, in `TMPDIR`.
#[allow(dead_code)]
pub fn empty(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("augur-fuzz-{}", std::process::id())).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder to fuzz in");
    folder
}

/// Every file below a folder, by its path from there.
#[allow(dead_code)]
pub fn files(folder: &Path) -> Vec<String> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                found.push(path.strip_prefix(root).expect("below the root").to_str().expect("plain names").to_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}

/// Does the work; more than a second of the processor's time for it is a hang.
#[allow(dead_code)]
pub fn in_time<T>(work: impl FnOnce() -> T) -> T {
    let begun = processor_time();
    let result = work();
    let taken = processor_time() - begun;
    assert!(taken < LIMIT, "one input took {taken:?} of the processor's time");
    result
}

fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes to the place that it is given and keeps no reference to it.
    let told = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(told, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
