//! A thread that writes files behind the one that makes them. What it has not put in place yet can be waited for; what it
//! could not write is kept and tried again.

use super::LocalStore;
use crate::record::Value;
use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

/// How much may wait to be written, in bytes, before whoever makes more has to wait.
const ROOM: usize = 8 * 1024 * 1024;

/// How much of what the disk refused is kept for another try, in bytes.
const KEPT: usize = 4 * 1024 * 1024;

/// A piece of writing.
#[derive(Debug)]
pub(crate) enum Job {
    /// A file as a whole.
    Replace(String, Vec<u8>),
    /// The same, still to be laid out, and what it weighs in bytes.
    Record(String, Value, usize),
    /// Lines at the end of one.
    Append(String, Vec<u8>),
}

impl Job {
    fn path(&self) -> &str {
        match self {
            Self::Replace(path, _) | Self::Record(path, ..) | Self::Append(path, _) => path,
        }
    }

    fn weight(&self) -> usize {
        match self {
            Self::Replace(path, bytes) | Self::Append(path, bytes) => path.len() + bytes.len(),
            Self::Record(path, _, weight) => path.len() + weight,
        }
    }

    pub(crate) fn done(&self, store: &LocalStore) -> io::Result<()> {
        match self {
            Self::Replace(path, bytes) => store.write(path, bytes),
            Self::Record(path, record, _) => store.write(path, &record.to_document()),
            Self::Append(path, bytes) => store.append(path, bytes),
        }
    }
}

/// The thread, as its owner sees it. It ends when this is dropped, after everything was tried.
#[derive(Debug)]
pub(crate) struct Behind {
    shared: Arc<Shared>,
    thread: Option<thread::JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    work: Condvar,
    progress: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Job>,
    /// What waits and what is being written, in bytes.
    bytes: usize,
    handed_over: u64,
    /// How many of those were tried.
    tried: u64,
    /// What the disk refused, in its order.
    refused: Vec<Job>,
    /// How often the disk refused since somebody asked.
    failures: u64,
    /// Up to which job something was refused that was too much to keep.
    given_up: u64,
    marked: u64,
    /// The thread is to try again what was refused.
    again: bool,
    asleep: bool,
    over: bool,
}

impl State {
    fn has_work(&self) -> bool {
        !self.waiting.is_empty() || self.again
    }
}

/// What was handed over since the mark before: it can be waited for.
#[derive(Debug)]
pub(crate) struct Mark {
    shared: Arc<Shared>,
    from: u64,
    upto: u64,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_until(&self, upto: u64) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        while state.tried < upto {
            state = self.progress.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state
    }
}

impl Mark {
    /// Waits until everything before the mark was tried. `false` if something of it is not in place.
    pub(crate) fn reached(&self) -> bool {
        let state = self.shared.wait_until(self.upto);
        state.refused.is_empty() && state.given_up <= self.from
    }
}

impl Behind {
    /// Starts the thread.
    pub(crate) fn start(store: LocalStore) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let its = Arc::clone(&shared);
        let thread = thread::Builder::new().name("augur-files".into()).spawn(move || run(&store, &its))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Hands jobs over. What was refused before is tried again first: it is older.
    pub(crate) fn hand_over(&self, jobs: &mut Vec<Job>) {
        let mut state = self.shared.lock();
        while state.bytes > ROOM {
            state = self.shared.progress.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if !state.refused.is_empty() && !state.again {
            // Another try counts like a job, so that it can be waited for.
            state.again = true;
            state.handed_over += 1;
        }
        state.handed_over += jobs.len() as u64;
        state.bytes += jobs.iter().map(Job::weight).sum::<usize>();
        state.waiting.extend(jobs.drain(..));
        let wake = state.asleep && state.has_work();
        state.asleep &= !wake;
        drop(state);
        if wake {
            self.shared.work.notify_one();
        }
    }

    /// Marks what was handed over until now.
    pub(crate) fn mark(&self) -> Mark {
        let mut state = self.shared.lock();
        let upto = state.handed_over;
        Mark { shared: Arc::clone(&self.shared), from: std::mem::replace(&mut state.marked, upto), upto }
    }

    /// Waits until everything was tried, and once more what was refused before.
    pub(crate) fn catch_up(&self, jobs: &mut Vec<Job>) {
        self.hand_over(jobs);
        let upto = self.shared.lock().handed_over;
        drop(self.shared.wait_until(upto));
    }

    /// How often the disk refused since this was asked last.
    pub(crate) fn failures(&self) -> u64 {
        std::mem::take(&mut self.shared.lock().failures)
    }
}

impl Drop for Behind {
    fn drop(&mut self) {
        self.shared.lock().over = true;
        self.shared.work.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(store: &LocalStore, shared: &Shared) {
    loop {
        let mut state = shared.lock();
        while !state.has_work() {
            if state.over {
                return;
            }
            state.asleep = true;
            state = shared.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.asleep = false;
        }
        let waiting = std::mem::take(&mut state.waiting);
        let older = std::mem::take(&mut state.refused);
        let tried = waiting.len() as u64 + u64::from(std::mem::take(&mut state.again));
        drop(state);
        let weight: usize = waiting.iter().map(Job::weight).sum();
        let refused = try_all(store, older.into_iter().chain(waiting));
        let mut state = shared.lock();
        state.tried += tried;
        state.bytes = state.bytes.saturating_sub(weight);
        state.failures += refused.len() as u64;
        let mut kept = 0;
        for job in refused {
            kept += job.weight();
            if kept <= KEPT {
                state.refused.push(job);
            } else {
                state.given_up = state.tried;
            }
        }
        drop(state);
        shared.progress.notify_all();
    }
}

/// Does what can be done and returns the rest. What is written to one file stays in its order.
fn try_all(store: &LocalStore, jobs: impl Iterator<Item = Job>) -> Vec<Job> {
    let mut refused: Vec<Job> = Vec::new();
    for job in jobs {
        let waits = refused.iter().any(|earlier| earlier.path() == job.path());
        if waits || job.done(store).is_err() {
            refused.push(job);
        }
    }
    refused
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs;

    fn replace(path: &str, text: &str) -> Job {
        Job::Replace(path.to_owned(), text.into())
    }

    fn append(path: &str, text: &str) -> Job {
        Job::Append(path.to_owned(), text.into())
    }

    fn at(folder: &tempfile::TempDir) -> (LocalStore, Behind) {
        let store = LocalStore::open(folder.path()).unwrap();
        (store.clone(), Behind::start(store).unwrap())
    }

    #[test]
    fn what_was_handed_over_is_in_place_once_its_mark_is_reached() {
        let folder = tempfile::tempdir().unwrap();
        let (store, behind) = at(&folder);
        for round in 0..50 {
            let path = format!("steps/{round}.json");
            behind.hand_over(&mut vec![replace(&path, "old"), replace(&path, "new"), append("events", "x")]);
            assert!(behind.mark().reached());
            assert_eq!(store.read(&path).unwrap(), b"new");
            assert_eq!(store.read("events").unwrap().len(), round + 1);
        }
        behind.hand_over(&mut vec![replace("last", "l")]);
        drop(behind);
        assert_eq!(store.read("last").unwrap(), b"l");
    }

    #[test]
    fn what_the_disk_refused_is_tried_again_in_its_order_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let (store, behind) = at(&folder);
        fs::create_dir_all(folder.path().join("steps/0.json")).unwrap();
        fs::create_dir_all(folder.path().join("events")).unwrap();
        behind.hand_over(&mut vec![
            replace("steps/0.json", "old"),
            append("events", "1"),
            replace("other", "o"),
            append("events", "2"),
        ]);
        assert!(!behind.mark().reached());
        assert_eq!((behind.failures(), behind.failures()), (3, 0));
        assert_eq!(store.read("other").unwrap(), b"o");
        fs::remove_dir(folder.path().join("events")).unwrap();
        behind.hand_over(&mut vec![append("events", "3")]);
        assert!(!behind.mark().reached());
        assert_eq!(store.read("events").unwrap(), b"123");
        fs::remove_dir(folder.path().join("steps/0.json")).unwrap();
        behind.hand_over(&mut vec![replace("steps/0.json", "new")]);
        assert!(behind.mark().reached());
        assert_eq!((store.read("steps/0.json").unwrap(), behind.failures()), (b"new".to_vec(), 1));
    }

    #[test]
    fn what_is_too_much_to_keep_is_missed_by_its_own_mark_and_no_later_one() {
        let folder = tempfile::tempdir().unwrap();
        let (_, behind) = at(&folder);
        fs::create_dir_all(folder.path().join("large")).unwrap();
        behind.hand_over(&mut vec![replace("large", &"x".repeat(KEPT))]);
        let first = behind.mark();
        assert!(!first.reached());
        behind.hand_over(&mut vec![replace("small", "s")]);
        assert!(behind.mark().reached());
        assert!(!first.reached(), "it will never be in place");
    }

    #[test]
    fn whoever_makes_more_than_there_is_room_for_waits_and_everything_arrives() {
        let folder = tempfile::tempdir().unwrap();
        let (store, behind) = at(&folder);
        let text = "x".repeat(ROOM / 4);
        for n in 0..16 {
            behind.hand_over(&mut vec![replace(&n.to_string(), &text)]);
        }
        assert!(behind.mark().reached());
        assert!((0..16).all(|n| store.read(&n.to_string()).unwrap().len() == text.len()));
    }
}
