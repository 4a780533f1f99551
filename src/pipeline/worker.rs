//! The one thread that redacts, validates and writes.

use super::{
    acknowledge::Acknowledgement,
    lane::Lane,
    loss::Loss,
    queue::{Queue, ROOM, Refused},
    road::Road,
};
use crate::{ambient::Ambient, record::Timestamp, schema};
use std::{
    cell::RefCell,
    collections::VecDeque,
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread::JoinHandle,
    time::{Duration, SystemTime},
};
use tracing::dispatcher::{Dispatch, with_default};

pub(crate) use super::queue::Urgency;

/// Work for the worker on one run.
struct Task {
    lane: Arc<Lane>,
    acknowledge: Option<Acknowledgement>,
    /// When it was handed over, where a test says what time it is.
    at: Option<SystemTime>,
    work: Work,
}

type OnRoad = Box<dyn FnOnce(&mut Road) + Send>;

enum Work {
    /// Opens the run's bundle; everything else waits behind it in the queue.
    Open(Box<dyn FnOnce() -> Result<Road, String> + Send>),
    On(OnRoad),
}

/// The queue and its worker. Dropping it writes what is queued.
pub(crate) struct Pipeline {
    queue: Arc<Queue<Task>>,
    ambient: Ambient,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").finish_non_exhaustive()
    }
}

impl Pipeline {
    /// Starts the worker. `limit` bounds what is queued, in bytes.
    pub(crate) fn start(limit: usize, ambient: Ambient) -> io::Result<Self> {
        let queue = Arc::new(Queue::new(limit));
        let worker = Arc::clone(&queue);
        let (ready, prepared) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new().name("augur-worker".into()).spawn(move || run(&worker, &ready))?;
        // Schemas take a while to compile in a debug build: better here, once, than at the end of the first step.
        let _ = prepared.recv_timeout(Duration::from_secs(2));
        Ok(Self { queue, ambient, thread: Mutex::new(Some(thread)) })
    }

    /// Hands work on a run to the worker, waiting at most `patience` for room in the queue.
    pub(crate) fn submit(
        &self,
        lane: Arc<Lane>,
        weight: usize,
        urgency: Urgency,
        patience: Duration,
        work: impl FnOnce(&mut Road) + Send + 'static,
    ) -> bool {
        self.push(lane, weight, urgency, patience, None, Work::On(Box::new(work)))
    }

    /// Opens a run on the worker: making folders must not hold up the agent. A message says why it could not be.
    pub(crate) fn open(&self, lane: &Arc<Lane>, open: impl FnOnce() -> Result<Road, String> + Send + 'static) -> bool {
        self.push(Arc::clone(lane), 1024, Urgency::Soon, Duration::from_millis(50), None, Work::Open(Box::new(open)))
    }

    /// The same, with an answer once everything that the run has queued until here is in place.
    pub(crate) fn submit_acknowledged(
        &self,
        lane: &Arc<Lane>,
        weight: usize,
        patience: Duration,
        work: impl FnOnce(&mut Road) + Send + 'static,
    ) -> Option<Acknowledgement> {
        let acknowledgement = Acknowledgement::default();
        self.push(
            Arc::clone(lane),
            weight,
            Urgency::Now,
            patience,
            Some(acknowledgement.clone()),
            Work::On(Box::new(work)),
        )
        .then_some(acknowledgement)
    }

    /// Does work on a run on the calling thread, if the worker has nothing to do, and returns its result and whether
    /// everything is in place, or, where it is not to be settled, that it will be asked later. Gives the work back otherwise.
    /// What is pushed meanwhile waits for the end of it.
    pub(crate) fn at_once<T, W>(&self, lane: &Lane, settle: bool, work: W) -> Result<Option<(T, bool)>, W>
    where
        W: FnOnce(&mut Road) -> T,
    {
        let hold = || lane.road.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(place) = self.queue.while_idle(hold) else { return Err(work) };
        let done = with_default(&Dispatch::none(), || {
            on_place(lane, place, |road| {
                Timestamp::hold(self.ambient.staged(), || {
                    let result = work(road);
                    (result, road.is_over() || !settle || road.settle())
                })
            })
        });
        for notice in NOTICES.take() {
            tracing::error!(target: "tracing_augur", "{notice}");
        }
        Ok(done)
    }

    fn push(
        &self,
        lane: Arc<Lane>,
        weight: usize,
        urgency: Urgency,
        patience: Duration,
        acknowledge: Option<Acknowledgement>,
        work: Work,
    ) -> bool {
        let task = Task { lane, acknowledge, at: self.ambient.staged(), work };
        match self.queue.push(task, weight + size_of::<Task>() + 64, urgency, patience) {
            Ok(()) => true,
            Err(Refused(task)) => {
                task.lane.losses.count(Loss::QueueFull);
                false
            }
        }
    }

    /// Ends the worker once the queue is empty, waiting for it at most `deadline`. `true` if it is gone.
    pub(crate) fn stop(&self, deadline: Duration) -> bool {
        self.queue.close();
        let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() else { return true };
        let begun = std::time::Instant::now();
        while !thread.is_finished() {
            if begun.elapsed() >= deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        thread.join().is_ok()
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        self.queue.close();
    }
}

fn run(queue: &Queue<Task>, ready: &mpsc::SyncSender<()>) {
    let nobody = Dispatch::none();
    with_default(&nobody, schema::prepare);
    let _ = ready.try_send(());
    // As large as the queue's own, with which it changes places.
    let mut batch = VecDeque::with_capacity(ROOM);
    let mut gather = false;
    while queue.take(&mut batch, gather).is_some() {
        // What this thread does must not come back to it as telemetry.
        let notices = with_default(&nobody, || work_off(&mut batch));
        for notice in notices {
            tracing::error!(target: "tracing_augur", "{notice}");
        }
        gather = true;
    }
}

thread_local! {
    static NOTICES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Says something to the user from within work on a run. It is logged once the work is done: nothing is traced meanwhile.
pub(crate) fn notice(text: String) {
    NOTICES.with_borrow_mut(|notices| notices.push(text));
}

/// Works the batch off and returns what the user should hear of it.
fn work_off(batch: &mut VecDeque<Task>) -> Vec<String> {
    let mut touched: Vec<Arc<Lane>> = Vec::new();
    for Task { lane, acknowledge, at, work } in batch.drain(..) {
        let done = Timestamp::hold(at, || match work {
            Work::Open(open) => match catch_unwind(AssertUnwindSafe(open)) {
                Ok(Ok(road)) => {
                    *lane.road.lock().unwrap_or_else(PoisonError::into_inner) = Some(road);
                    None
                }
                Ok(Err(notice)) => {
                    lane.refuse(notice.clone());
                    self::notice(notice);
                    None
                }
                Err(_) => {
                    lane.losses.count(Loss::Internal);
                    None
                }
            },
            Work::On(work) => on_road(&lane, |road| {
                work(road);
                acknowledge.is_some().then(|| road.is_over() || road.settle())
            }),
        });
        match acknowledge {
            Some(acknowledge) => acknowledge.give(done == Some(Some(true))),
            None if !touched.iter().any(|known| Arc::ptr_eq(known, &lane)) => touched.push(lane),
            None => {}
        }
    }
    for lane in touched {
        if lane.is_open() {
            on_road(&lane, Road::flush);
        }
    }
    NOTICES.take()
}

/// Works on a run's road. A run that is over, or a panic of ours, loses this piece of work and nothing else.
fn on_road<T>(lane: &Lane, work: impl FnOnce(&mut Road) -> T) -> Option<T> {
    on_place(lane, lane.road.lock().unwrap_or_else(PoisonError::into_inner), work)
}

fn on_place<T>(lane: &Lane, mut place: MutexGuard<'_, Option<Road>>, work: impl FnOnce(&mut Road) -> T) -> Option<T> {
    let Some(road) = place.as_mut() else {
        lane.losses.count(if lane.refusal().is_some() { Loss::Unwritten } else { Loss::AfterEnd });
        return None;
    };
    let result = catch_unwind(AssertUnwindSafe(|| work(road)));
    if road.is_over() {
        *place = None;
    }
    result.map_err(|_| lane.losses.count(Loss::Internal)).ok()
}
