//! A thread that writes files behind the one that makes them. What it has not put in place yet can be waited for; what it
//! could not write is kept and tried again.

use super::LocalStore;
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
    /// Lines at the end of one.
    Append(String, Vec<u8>),
}

impl Job {
    fn path(&self) -> &str {
        let (Self::Replace(path, _) | Self::Append(path, _)) = self;
        path
    }

    fn weight(&self) -> usize {
        let (Self::Replace(path, bytes) | Self::Append(path, bytes)) = self;
        path.len() + bytes.len()
    }

    pub(crate) fn done(&self, store: &LocalStore) -> io::Result<()> {
        match self {
            Self::Replace(path, bytes) => store.write(path, bytes),
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
    /// The last job that was refused and too large to keep, by its number.
    given_up: u64,
    marked: u64,
    asleep: bool,
    over: bool,
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

    /// Hands jobs over. What was refused before comes first: it is older.
    pub(crate) fn hand_over(&self, jobs: &mut Vec<Job>) {
        let mut state = self.shared.lock();
        while state.bytes > ROOM {
            state = self.shared.progress.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let refused = std::mem::take(&mut state.refused);
        for job in refused.into_iter().chain(jobs.drain(..)) {
            state.bytes += job.weight();
            state.handed_over += 1;
            state.waiting.push_back(job);
        }
        let wake = state.asleep && !state.waiting.is_empty();
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
    let mut jobs = VecDeque::new();
    loop {
        let mut state = shared.lock();
        while state.waiting.is_empty() {
            if state.over {
                return;
            }
            state.asleep = true;
            state = shared.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.asleep = false;
        }
        std::mem::swap(&mut state.waiting, &mut jobs);
        drop(state);
        let (mut tried, mut weight, mut kept, mut given_up) = (0, 0, 0, None);
        let mut refused: Vec<Job> = Vec::new();
        for job in jobs.drain(..) {
            tried += 1;
            weight += job.weight();
            // What is written to one file stays in its order: after something that was refused the rest waits.
            let waits = refused.iter().any(|earlier| earlier.path() == job.path());
            if !waits && job.done(store).is_ok() {
                continue;
            }
            kept += job.weight();
            if kept <= KEPT {
                refused.push(job);
            } else {
                given_up = Some(tried);
            }
        }
        let mut state = shared.lock();
        state.failures += refused.len() as u64 + u64::from(given_up.is_some());
        state.given_up = given_up.map_or(state.given_up, |number| state.tried + number);
        state.refused.append(&mut refused);
        state.tried += tried;
        state.bytes = state.bytes.saturating_sub(weight);
        drop(state);
        shared.progress.notify_all();
    }
}
