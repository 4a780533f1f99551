//! The queue between the agent's threads and the worker, bounded in bytes.
//!
//! A channel of a library is bounded in items and wakes its receiver for every one. Here a 4 MB screenshot must weigh more
//! than a field, and waking the worker costs the agent more than the push itself, so most pushes leave it asleep.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How soon the worker should see an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// Within some milliseconds.
    Soon,
    /// At once: somebody waits, or a reader should see it.
    Now,
}

/// How many items there is room for from the start: growing while an agent is in a hurry costs the agent.
pub(crate) const ROOM: usize = 1024;

/// How long the worker gathers items that are not urgent before it looks.
const GATHER: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    items: Condvar,
    room: Condvar,
    limit: usize,
}

#[derive(Debug)]
struct State<T> {
    items: VecDeque<T>,
    bytes: usize,
    /// The worker sleeps until it is woken.
    idle: bool,
    /// The worker sleeps for a moment to let items gather.
    gathering: bool,
    /// Among the items is one that should be seen at once.
    urgent: bool,
    closed: bool,
}

/// The queue is full, or the worker is gone; gives the item back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused<T>(pub(crate) T);

impl<T> Queue<T> {
    pub(crate) fn new(limit: usize) -> Self {
        let state = State {
            items: VecDeque::with_capacity(ROOM),
            bytes: 0,
            idle: false,
            gathering: false,
            urgent: false,
            closed: false,
        };
        Self { state: Mutex::new(state), items: Condvar::new(), room: Condvar::new(), limit }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an item of `weight` bytes, waiting at most `patience` for room.
    pub(crate) fn push(&self, item: T, weight: usize, urgency: Urgency, patience: Duration) -> Result<(), Refused<T>> {
        let mut state = self.lock();
        if weight > self.limit {
            return Err(Refused(item));
        }
        if state.bytes + weight > self.limit && !state.closed {
            let deadline = Instant::now() + patience;
            while state.bytes + weight > self.limit && !state.closed {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Err(Refused(item));
                }
                self.items.notify_one();
                state = self.room.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        if state.closed {
            return Err(Refused(item));
        }
        state.items.push_back(item);
        state.bytes += weight;
        state.urgent |= urgency == Urgency::Now;
        let wake = state.idle || state.gathering && self.is_due(&state);
        if wake {
            state.idle = false;
            state.gathering = false;
        }
        drop(state);
        if wake {
            self.items.notify_one();
        }
        Ok(())
    }

    /// Does something while the worker sleeps and nothing waits for it, so that it comes after everything that was ever
    /// pushed. `None` if there is work under way.
    pub(crate) fn while_idle<R>(&self, act: impl FnOnce() -> R) -> Option<R> {
        let state = self.lock();
        ((state.idle || state.gathering) && state.items.is_empty() && !state.closed).then(act)
    }

    /// Whether gathering has an end.
    fn is_due(&self, state: &State<T>) -> bool {
        state.urgent || state.closed || state.bytes > self.limit / 4
    }

    /// Takes everything there is, waiting for the first item. `None` once the queue is closed and empty.
    ///
    /// With `gather` it waits a moment even where items are there: a worker that took them one by one would fight the agent
    /// for the lock, and write a step's file for every event.
    pub(crate) fn take(&self, into: &mut VecDeque<T>, gather: bool) -> Option<()> {
        let mut state = self.lock();
        if gather && !self.is_due(&state) {
            state.gathering = true;
            state = self.items.wait_timeout(state, GATHER).unwrap_or_else(PoisonError::into_inner).0;
            state.gathering = false;
        }
        while state.items.is_empty() {
            if state.closed {
                return None;
            }
            state.idle = true;
            state = self.items.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle = false;
        }
        std::mem::swap(&mut state.items, into);
        state.bytes = 0;
        state.urgent = false;
        drop(state);
        self.room.notify_all();
        Some(())
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.items.notify_all();
        self.room.notify_all();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_full_queue_refuses_after_its_patience_and_takes_again_when_there_is_room() {
        let queue = Queue::new(10);
        queue.push("a", 8, Urgency::Soon, Duration::ZERO).unwrap();
        assert_eq!(queue.push("b", 8, Urgency::Soon, Duration::from_millis(1)), Err(Refused("b")));
        let large = queue.push("larger than the queue", 11, Urgency::Now, Duration::from_secs(9));
        assert_eq!(large, Err(Refused("larger than the queue")));
        let mut taken = VecDeque::new();
        queue.take(&mut taken, false).unwrap();
        queue.push("c", 8, Urgency::Soon, Duration::ZERO).unwrap();
        assert_eq!(taken, ["a"]);
    }

    #[test]
    fn items_of_many_threads_arrive_once_and_in_each_threads_order() {
        let queue = Arc::new(Queue::new(1 << 20));
        let threads: Vec<_> = (0..4_u32)
            .map(|thread| {
                let queue = Arc::clone(&queue);
                std::thread::spawn(move || {
                    for n in 0..1000_u32 {
                        let urgency = if n % 7 == 0 { Urgency::Now } else { Urgency::Soon };
                        queue.push((thread, n), 64, urgency, Duration::from_secs(5)).unwrap();
                    }
                })
            })
            .collect();
        let (mut seen, mut batch) = (Vec::new(), VecDeque::new());
        while seen.len() < 4000 {
            queue.take(&mut batch, true).unwrap();
            seen.extend(batch.drain(..));
        }
        for thread in threads {
            thread.join().unwrap();
        }
        for thread in 0..4 {
            let own: Vec<u32> = seen.iter().filter(|(from, _)| *from == thread).map(|(_, n)| *n).collect();
            assert_eq!(own, (0..1000).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_worker_has_nothing_to_do_while_it_sleeps_or_gathers_and_the_queue_is_empty() {
        let queue = Arc::new(Queue::new(1 << 20));
        let is_idle = || queue.while_idle(|| ()).is_some();
        assert!(!is_idle(), "nobody knows what it does before it asks");
        let worker = Arc::clone(&queue);
        let (taken, batches) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let (mut batch, mut gather) = (VecDeque::new(), false);
            while worker.take(&mut batch, gather).is_some() {
                taken.send(batch.drain(..).collect::<Vec<_>>()).unwrap();
                gather = true;
            }
        });
        for n in 0..3 {
            let deadline = Instant::now() + Duration::from_secs(9);
            while !is_idle() && Instant::now() < deadline {
                std::thread::yield_now();
            }
            // From the second round on it gathers, and is not asleep for long.
            assert!(is_idle(), "round {n}");
            queue.push(n, 1, Urgency::Now, Duration::ZERO).unwrap();
            assert_eq!(batches.recv().unwrap(), [n]);
        }
        queue.close();
        assert!(!is_idle());
    }

    #[test]
    fn a_closed_queue_gives_what_it_holds_and_then_ends() {
        let queue = Queue::new(10);
        queue.push(1, 1, Urgency::Soon, Duration::ZERO).unwrap();
        queue.close();
        assert_eq!(queue.push(2, 1, Urgency::Now, Duration::ZERO), Err(Refused(2)));
        let mut batch = VecDeque::new();
        assert!(queue.take(&mut batch, false).is_some());
        batch.clear();
        assert!(queue.take(&mut batch, false).is_none());
    }
}
