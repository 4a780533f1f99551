//! The one thread that does network work: a small runtime of its own, which nobody else can block and which no
//! subscriber hears.

use opentelemetry::Context;
use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::{mpsc, oneshot},
};

/// Jobs that may wait or run at a time. Whoever asks for one normally awaits it, so this is far off.
const MOST_JOBS: usize = 64;

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A thread named `augur-export`. It ends when this handle is dropped; what still runs then is cancelled.
pub(crate) struct ExportThread {
    jobs: mpsc::UnboundedSender<Job>,
    in_flight: Arc<AtomicUsize>,
}

/// Why a job did not run to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JobError {
    /// Too many jobs wait already.
    #[error("the export thread has too much to do")]
    Busy,
    /// The thread ended, or the job did not survive.
    #[error("the export thread gave up on the job")]
    Gone,
}

impl ExportThread {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system refused a thread, or the handles that its event loop needs.
    pub(crate) fn start() -> io::Result<Self> {
        // A name look-up blocks, so the runtime hands it to a second thread.
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .thread_name("augur-resolve")
            .max_blocking_threads(2)
            .thread_keep_alive(Duration::from_secs(2))
            .build()?;
        let (jobs, inbox) = mpsc::unbounded_channel();
        std::thread::Builder::new().name("augur-export".to_owned()).spawn(move || serve(runtime, inbox))?;
        Ok(Self { jobs, in_flight: Arc::default() })
    }

    /// Runs `work` on the thread; the answer can be awaited in any runtime, or in none.
    pub(crate) fn run<T, W>(&self, work: W) -> impl Future<Output = Result<T, JobError>> + Send + use<T, W>
    where
        T: Send + 'static,
        W: Future<Output = T> + Send + 'static,
    {
        let (answer, wait) = oneshot::channel();
        let started = self.spawn(async move {
            // Nobody may be waiting any more, which is nobody's fault.
            let _ = answer.send(work.await);
        });
        async move {
            started?;
            wait.await.map_err(|_| JobError::Gone)
        }
    }

    fn spawn(&self, job: impl Future<Output = ()> + Send + 'static) -> Result<(), JobError> {
        let place = Place::take(&self.in_flight)?;
        let job = Box::pin(async move {
            let _place = place;
            job.await;
        });
        self.jobs.send(job).map_err(|_| JobError::Gone)
    }
}

impl fmt::Debug for ExportThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportThread").field("in_flight", &self.in_flight).finish_non_exhaustive()
    }
}

/// One of the places for jobs, given back however the job ends.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(in_flight: &Arc<AtomicUsize>) -> Result<Self, JobError> {
        let place = Self(Arc::clone(in_flight));
        if in_flight.fetch_add(1, Ordering::AcqRel) < MOST_JOBS { Ok(place) } else { Err(JobError::Busy) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn serve(runtime: Runtime, mut inbox: mpsc::UnboundedReceiver<Job>) {
    // Our own traffic must not become telemetry: the first line keeps OpenTelemetry out, the second `tracing`. `none()` is
    // not a new subscriber, so call sites elsewhere keep their cached interest.
    let _suppressed = Context::enter_telemetry_suppressed_scope();
    let _unheard = tracing::dispatcher::set_default(&tracing::Dispatch::none());
    runtime.block_on(async {
        while let Some(job) = inbox.recv().await {
            tokio::spawn(job);
        }
    });
    // A name look-up that hangs must not keep the thread.
    runtime.shutdown_background();
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use std::{sync::mpsc as channel, time::Instant};

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn work_runs_on_the_named_thread_where_telemetry_is_suppressed() {
        let thread = ExportThread::start().unwrap();
        let seen = wait(thread.run(async {
            (std::thread::current().name().map(str::to_owned), Context::is_current_telemetry_suppressed())
        }));
        assert_eq!(seen, Ok((Some("augur-export".to_owned()), true)));
    }

    #[test]
    fn an_answer_can_be_awaited_without_a_runtime() {
        let thread = ExportThread::start().unwrap();
        let answer = futures_executor_block_on(thread.run(async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            7
        }));
        assert_eq!(answer, Ok(7));
    }

    /// What the batch thread does: parks until woken, with no runtime around.
    fn futures_executor_block_on<T>(future: impl Future<Output = T>) -> T {
        struct Unpark(std::thread::Thread);
        impl std::task::Wake for Unpark {
            fn wake(self: Arc<Self>) {
                self.0.unpark();
            }
        }
        let waker = Arc::new(Unpark(std::thread::current())).into();
        let mut context = std::task::Context::from_waker(&waker);
        let mut future = std::pin::pin!(future);
        loop {
            match future.as_mut().poll(&mut context) {
                std::task::Poll::Ready(value) => return value,
                std::task::Poll::Pending => std::thread::park(),
            }
        }
    }

    #[test]
    fn a_job_that_panics_takes_only_itself_along() {
        let thread = ExportThread::start().unwrap();
        // More of them than there are places, so each must have given its own back.
        for _ in 0..=MOST_JOBS {
            assert_eq!(wait(thread.run(async { panic!("planned") })), Err::<(), _>(JobError::Gone));
        }
        assert_eq!(wait(thread.run(async { 1 })), Ok(1));
    }

    #[test]
    fn jobs_beyond_the_limit_are_refused_and_dropping_the_handle_cancels_the_rest() {
        let thread = ExportThread::start().unwrap();
        let (ended, end) = channel::channel::<()>();
        let waiting: Vec<_> = (0..MOST_JOBS)
            .map(|_| {
                let ended = ended.clone();
                thread.run(async move {
                    let _ended = ended;
                    std::future::pending::<()>().await;
                })
            })
            .collect();
        drop(ended);
        assert_eq!(wait(thread.run(async {})), Err(JobError::Busy));
        let started = Instant::now();
        drop(thread);
        // Every job's end of the channel is dropped when the thread lets go of the jobs.
        assert_eq!(end.recv_timeout(Duration::from_secs(5)), Err(channel::RecvTimeoutError::Disconnected));
        assert!(started.elapsed() < Duration::from_secs(1));
        for job in waiting {
            assert_eq!(wait(job), Err(JobError::Gone));
        }
    }
}
