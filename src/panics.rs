//! Panics of the agent: what happened and where is noted in the run before the stack unwinds, for a process that aborts never
//! comes to that.

use crate::{
    CaptureMode,
    bridge::panicked_in,
    pipeline::Road,
    record::{EventKind, EventLayer, Object, Timestamp, Value},
};
use std::{
    cell::RefCell,
    panic::{self, PanicHookInfo},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, SystemTime},
};
use tracing::dispatcher;

/// How long a panic waits until it is noted.
const PATIENCE: Duration = Duration::from_millis(100);

/// How much of a panic's message is kept, in bytes.
const LONGEST: usize = 8 * 1024;

/// Threads of ours have names that begin like this. What goes wrong on them is ours to count.
const OUR_THREADS: &str = "augur-";

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// A panic, as its hook saw it. Without `Debug`: no policy has seen the message yet.
#[derive(Clone)]
pub(crate) struct Panic {
    pub(crate) message: String,
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    thread: Option<String>,
    pub(crate) at: SystemTime,
}

thread_local! {
    static LATEST: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// Notes where the agent panics from here on, in the run and the step around it: file, line, column, and the message,
/// redacted. [`init`](crate::init) does this by itself; call it beside a [`layer`](crate::layer) in a subscriber of your own.
///
/// It puts a hook in front of the one that is there, which is called as before. A panic waits for its note, for 100 ms at most.
/// Calling this again does nothing, and neither does it while the thread panics.
pub fn record_panics() {
    if thread::panicking() || INSTALLED.swap(true, Ordering::AcqRel) {
        return;
    }
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        note(info);
        previous(info);
    }));
}

/// The panic that unwinds this thread, if the hook saw it. Asked while it unwinds.
pub(crate) fn latest() -> Option<Panic> {
    LATEST.try_with(|latest| latest.try_borrow_mut().ok()?.take()).ok()?
}

/// Runs inside the hook, where a panic ends the process and where any lock may be held by this very thread. So what needs a
/// lock is done on another one, and that is not waited for for long.
fn note(info: &PanicHookInfo<'_>) {
    let thread = thread::current();
    if thread.name().is_some_and(|name| name.starts_with(OUR_THREADS)) {
        return;
    }
    let happened = Panic::read(info, thread.name());
    let _ = LATEST.try_with(|latest| latest.try_borrow_mut().map(|mut latest| *latest = Some(happened.clone())));
    let current = dispatcher::get_default(|dispatch| Some((dispatch.current_span().id().cloned()?, dispatch.clone())));
    let Some((id, dispatch)) = current else { return };
    let (done, noted) = mpsc::sync_channel(1);
    let work = move || {
        // What the subscriber does here must not come back to it.
        dispatcher::with_default(&tracing::Dispatch::none(), || panicked_in(&dispatch, &id, &Arc::new(happened)));
        let _ = done.try_send(());
    };
    if thread::Builder::new().name(format!("{OUR_THREADS}panic")).spawn(work).is_ok() {
        let _ = noted.recv_timeout(PATIENCE);
    }
}

impl Panic {
    fn read(info: &PanicHookInfo<'_>, thread: Option<&str>) -> Self {
        let payload = info.payload();
        let text =
            payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let text = text.unwrap_or("the panic has no text");
        let mut end = text.len().min(LONGEST);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let location = info.location();
        Self {
            message: text.get(..end).unwrap_or_default().to_owned(),
            file: location.map_or("unknown", |location| location.file()).to_owned(),
            line: location.map_or(0, |location| location.line()),
            column: location.map_or(0, |location| location.column()),
            thread: thread.map(str::to_owned),
            at: SystemTime::now(),
        }
    }

    /// Says it in the events of a run, at a step if it happened in one. Of a sensitive step only the place is told.
    pub(crate) fn tell(&self, road: &mut Road, step: Option<u64>, at: SystemTime, mode: CaptureMode) {
        let Self { message, file, line, column, thread, .. } = self;
        let mut summary = format!("panicked at {file}:{line}:{column}");
        let mut detail = Object::from([
            ("exception.type".to_owned(), Value::from("panic")),
            ("code.file.path".to_owned(), file.as_str().into()),
            ("code.line.number".to_owned(), line.to_owned().into()),
            ("code.column.number".to_owned(), column.to_owned().into()),
        ]);
        detail.extend(thread.as_deref().map(|thread| ("thread.name".to_owned(), thread.into())));
        if !step.is_some_and(|index| road.is_sensitive(index)) {
            summary.push_str(": ");
            summary.push_str(message);
            detail.insert("exception.message".to_owned(), message.as_str().into());
        }
        let mut event = Object::from([
            ("ts".to_owned(), Timestamp::from(at).to_string().into()),
            ("layer".to_owned(), EventLayer::Runner.into()),
            ("kind".to_owned(), EventKind::Error.into()),
            ("summary".to_owned(), summary.into()),
            ("detail".to_owned(), detail.into()),
        ]);
        event.extend(step.map(|index| ("step_index".to_owned(), index.into())));
        road.event(event, EventLayer::Runner, mode);
    }
}
