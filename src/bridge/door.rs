//! What the layer, the extension trait and the guard share: the settings, the worker, and the runs that are open.

use super::{
    assembly::Assembly,
    create::{clear, create},
    run::Run,
};
use crate::{
    BundleReport, CaptureMode, Durability, FlightRecorder, Sampling, TargetFilter,
    ambient::Ambient,
    bundle::fingerprint::Algorithm,
    pipeline::{Acknowledged, Dial, Exit, Lane, Losses, Pipeline, Road, Urgency, notice},
    record::{Object, RunId, RunStatus, Timestamp, Value},
    redact::RedactionPolicy,
    retention::Retention,
};
use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};
use tracing::dispatcher::WeakDispatch;

/// How long the end of a step may hold up the agent.
pub(crate) const STEP_LIMIT: Duration = Duration::from_millis(50);

/// How many runs a report tells of.
const REMEMBERED_RUNS: usize = 64;

/// How the runs of one layer are recorded.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) root: PathBuf,
    pub(crate) client: Object,
    pub(crate) mode: CaptureMode,
    pub(crate) durability: Durability,
    pub(crate) flight_recorder: Option<FlightRecorder>,
    pub(crate) fingerprint: Algorithm,
    pub(crate) retention: Option<Retention>,
    pub(crate) sampling: Option<Sampling>,
    pub(crate) filter: Option<TargetFilter>,
    pub(crate) policy: RedactionPolicy,
    pub(crate) ambient: Ambient,
}

/// Tells the layers of a process apart.
pub(crate) type DoorNumber = u32;

static NUMBERS: AtomicU32 = AtomicU32::new(0);

/// One layer's shared state.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) number: DoorNumber,
    pub(crate) settings: Settings,
    pub(crate) pipeline: Pipeline,
    /// The runs that are open, and the latest that are over.
    runs: Mutex<VecDeque<Arc<Run>>>,
    /// The guard is gone: no run begins any more. Only changed with `runs` locked, so that no run slips through.
    closed: AtomicBool,
    /// The run of steps that have no span around them.
    implicit: Mutex<Option<Arc<Run>>>,
    keys: AtomicU64,
    pub(crate) dispatch: OnceLock<WeakDispatch>,
    /// The highest mode that anything was ever to be kept at.
    highest: AtomicU8,
    /// Some run was given another mode than that of the settings: every span in it must say which.
    pub(crate) turned: AtomicBool,
    /// Some step was marked as sensitive: what other spans say of it must be known to the exporter.
    pub(crate) hides: AtomicBool,
    /// Where runs go beside their bundles.
    pub(crate) exit: OnceLock<Arc<dyn Exit>>,
    /// The exporter behind this layer is ours, and knows what our attributes ask of it.
    #[cfg(feature = "otlp")]
    pub(crate) exports: std::sync::atomic::AtomicBool,
    /// It was said that a layer of OpenTelemetry closes spans before ours does.
    #[cfg(feature = "otlp")]
    pub(crate) late: AtomicBool,
    /// How many spans in a row OpenTelemetry did not know.
    #[cfg(feature = "otlp")]
    pub(crate) unlinked: AtomicU64,
    /// Spans that meant something but belonged to no run.
    pub(crate) homeless: AtomicU64,
    /// Runs that went well and were not kept.
    pub(crate) sampled_out: Arc<AtomicU64>,
}

impl Door {
    pub(crate) fn new(settings: Settings, pipeline: Pipeline) -> Self {
        let highest = settings.flight_recorder.map_or(settings.mode, |recorder| settings.mode.max(recorder.mode));
        Self {
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            settings,
            pipeline,
            runs: Mutex::default(),
            closed: AtomicBool::new(false),
            implicit: Mutex::default(),
            keys: AtomicU64::new(1),
            dispatch: OnceLock::new(),
            highest: AtomicU8::new(highest as u8),
            turned: AtomicBool::new(false),
            exit: OnceLock::new(),
            hides: AtomicBool::new(false),
            #[cfg(feature = "otlp")]
            exports: std::sync::atomic::AtomicBool::new(false),
            #[cfg(feature = "otlp")]
            late: AtomicBool::new(false),
            #[cfg(feature = "otlp")]
            unlinked: AtomicU64::new(0),
            homeless: AtomicU64::new(0),
            sampled_out: Arc::default(),
        }
    }

    /// Whether anybody ever asked for this mode or a higher one.
    pub(crate) fn listens_at(&self, mode: CaptureMode) -> bool {
        self.highest.load(Ordering::Relaxed) >= mode as u8
    }

    /// A run was given a mode of its own. What nobody listened to so far may now be wanted.
    pub(crate) fn turned_to(&self, mode: CaptureMode) {
        self.turned.store(true, Ordering::Relaxed);
        if self.highest.fetch_max(mode as u8, Ordering::Relaxed) < mode as u8 {
            tracing::callsite::rebuild_interest_cache();
        }
    }

    #[inline]
    pub(crate) fn now(&self) -> SystemTime {
        self.settings.ambient.now()
    }

    /// How long the end of a step may hold up the agent.
    pub(crate) fn patience(&self) -> Duration {
        self.settings.ambient.patience(STEP_LIMIT)
    }

    /// Marks a step as sensitive, for what leaves as OTLP.
    pub(crate) fn mark_sensitive(&self, run: &Run, index: u64) {
        run.mark_sensitive(index);
        self.hides.store(true, Ordering::Relaxed);
    }

    pub(crate) fn next_key(&self) -> u64 {
        self.keys.fetch_add(1, Ordering::Relaxed)
    }

    /// Opens a run. Its folder is made by the worker; what comes meanwhile waits in the queue.
    pub(crate) fn open_run(&self, asked_id: Option<Value>, started: SystemTime) -> Arc<Run> {
        let mut notes = Vec::new();
        let id = self.run_id(asked_id.as_ref(), &mut notes);
        let losses = Arc::new(Losses::default());
        let dial = Arc::new(Dial::new(
            self.settings.mode,
            self.settings.flight_recorder.map_or(CaptureMode::Off, |recorder| recorder.holds()),
        ));
        let lane = Arc::new(Lane::new(None, Arc::clone(&losses), Arc::clone(&dial), self.settings.durability));
        let run = Arc::new(Run::new(lane, id, Assembly::default()));
        {
            let mut runs = self.lock_runs();
            if runs.len() >= REMEMBERED_RUNS
                && let Some(oldest) = runs.iter().position(|run| run.is_ended())
            {
                runs.remove(oldest);
            }
            if self.closed.load(Ordering::Relaxed) {
                run.end();
                return run;
            }
            runs.push_back(Arc::clone(&run));
        }
        let (settings, opened) = (self.settings.clone(), Arc::clone(&run));
        let exit = self.exit.get().cloned();
        self.pipeline.open(&run.lane, move || {
            let policy = settings.policy.counting_apart();
            let (writer, id, folder) =
                create(&settings, &policy, &opened.asked_id, started).map_err(|error| error.to_string())?;
            if id != opened.asked_id {
                notes.push("the id was used before, so a number was added to it".to_owned());
            }
            let mut road = Road::new(writer, policy, losses, dial);
            road = road.with_flight_recorder(settings.flight_recorder).with_exit(exit);
            for note in notes {
                road.adapter_note(None, format!("run id: {note}"), Object::new());
            }
            let _ = opened.opened.set((id, folder));
            if let Some(retention) = settings.retention {
                clear(retention, settings.root);
            }
            Ok(road)
        });
        run
    }

    /// The run of steps that stand in no span of their own.
    pub(crate) fn implicit_run(&self, started: SystemTime) -> Arc<Run> {
        let mut place = self.implicit.lock().unwrap_or_else(PoisonError::into_inner);
        match place.as_ref().filter(|run| !run.is_ended()) {
            Some(run) => Arc::clone(run),
            None => Arc::clone(place.insert(self.open_run(None, started))),
        }
    }

    fn run_id(&self, asked: Option<&Value>, notes: &mut Vec<String>) -> RunId {
        let Settings { policy, ambient, .. } = &self.settings;
        let generated = |name: &str| {
            let time = Timestamp::from(ambient.now()).to_whole_seconds();
            let time: String = time.chars().filter(char::is_ascii_alphanumeric).collect();
            RunId::new(format!("{name}-{time}-{:08x}", ambient.number() as u32))
        };
        let Some(asked) = asked else {
            let name = self.settings.client.get("name").and_then(Value::as_str).unwrap_or("run");
            // An agent's name may be anything, and what is in it would stand in every id of the run.
            let named = generated(name).ok().filter(|id| policy.is_clean(id.as_str()));
            return named.or_else(|| generated("run").ok()).unwrap_or_else(|| RunId::substitute(name));
        };
        // Numbers make good ids; only their field is not a text.
        let text = asked.as_str().map_or_else(|| asked.to_string(), str::to_owned);
        match RunId::new(text.as_str()) {
            Ok(id) if policy.is_clean(&text) => id,
            refused => {
                let why = refused.err().unwrap_or(crate::record::IdError::Secret);
                notes.push(format!("{why}; a substitute is used"));
                RunId::substitute(&text)
            }
        }
    }

    /// Hands work on a run to the worker. A full queue holds up the agent no longer than the end of a step may.
    pub(crate) fn submit(
        &self,
        run: Arc<Run>,
        weight: usize,
        work: impl FnOnce(&mut Assembly, &mut Road) + Send + 'static,
    ) {
        // A reader should see that a step has begun, or a kill would leave no trace of what was under way.
        let urgency = match run.lane.durability() {
            Durability::Process | Durability::Power => Urgency::Now,
            Durability::Lazy => Urgency::Soon,
        };
        let lane = Arc::clone(&run.lane);
        self.pipeline.submit(lane, weight, urgency, Duration::ZERO, move |road| on(&run, road, work));
    }

    /// The same at the end of a step: returns when its files are in place, or after 50 ms.
    pub(crate) fn submit_and_wait(
        &self,
        run: Arc<Run>,
        weight: usize,
        work: impl FnOnce(&mut Assembly, &mut Road) + Send + 'static,
    ) {
        let lane = Arc::clone(&run.lane);
        if lane.durability() == Durability::Lazy {
            self.pipeline.submit(lane, weight, Urgency::Soon, self.patience(), move |road| on(&run, road, work));
            return;
        }
        let shared = Arc::clone(&run);
        let acknowledgement =
            self.pipeline.submit_acknowledged(&lane, weight, self.patience(), move |road| on(&shared, road, work));
        let outcome = acknowledgement.map_or(Acknowledged::Pending, |answer| answer.wait(Some(self.patience())));
        if lane.waited(outcome) && !run.is_ended() {
            self.pipeline.submit(lane, 0, Urgency::Soon, Duration::ZERO, |road| {
                road.adapter_error(
                    None,
                    "the disk was too slow three steps in a row; the agent no longer waits for it".to_owned(),
                    Object::new(),
                );
            });
        }
    }

    /// Ends a run, if nobody did before.
    pub(crate) fn end_run(&self, run: &Arc<Run>, status: Option<RunStatus>, at: SystemTime) {
        if !run.end() {
            return;
        }
        let (lane, ended) = (Arc::clone(&run.lane), Arc::clone(run));
        let (sampling, sampled_out) = (self.settings.sampling, Arc::clone(&self.sampled_out));
        self.submit_and_wait(Arc::clone(run), 64, move |assembly, road| {
            let status = assembly.end(road, status);
            let went_well = status == RunStatus::Succeeded && !assembly.has_failed();
            if went_well && sampling.is_some_and(|sampling| !sampling.keeps(ended.id().as_str())) {
                match road.discard() {
                    Ok(()) => {
                        ended.sample_out();
                        sampled_out.fetch_add(1, Ordering::Relaxed);
                        return;
                    }
                    Err(error) => notice(format!("a bundle that was not to be kept could not be removed: {error}")),
                }
            }
            if let Err(error) = road.finish(status, lane.durability(), at.into()) {
                notice(format!("the bundle could not be completed: {error}; `augur recover` will complete it"));
            }
        });
    }

    /// Ends every run that is still open: their spans outlived the guard.
    pub(crate) fn end_all(&self, status: RunStatus) {
        if let Some(run) = self.implicit.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.end_run(&run, None, self.now());
        }
        let runs: Vec<_> = {
            let runs = self.lock_runs();
            self.closed.store(true, Ordering::Relaxed);
            runs.iter().cloned().collect()
        };
        for run in runs {
            self.end_run(&run, Some(status), self.now());
        }
    }

    /// Waits until everything that was queued is in place. `false` if the time ran out first.
    pub(crate) fn flush(&self, limit: Duration) -> bool {
        let begun = Instant::now();
        let runs: Vec<_> = self.lock_runs().iter().filter(|run| !run.is_ended()).cloned().collect();
        runs.iter().all(|run| {
            let left = limit.saturating_sub(begun.elapsed());
            let answer = self.pipeline.submit_acknowledged(&run.lane, 0, left, |_| {});
            answer
                .is_some_and(|answer| answer.wait(Some(limit.saturating_sub(begun.elapsed()))) != Acknowledged::Pending)
        })
    }

    /// What became of the runs.
    pub(crate) fn report(&self) -> Vec<BundleReport> {
        let report = |run: &Arc<Run>| BundleReport {
            run_id: run.id().to_string(),
            folder: run.opened.get().filter(|_| !run.is_sampled_out()).map(|(_, folder)| folder.clone()),
            sampled_out: run.is_sampled_out(),
            complete: run.is_ended() && run.opened.get().is_some() && !run.lane.is_open(),
            refusal: run.lane.refusal().map(str::to_owned),
            lost: run.lane.losses.occurred(),
        };
        self.lock_runs().iter().map(report).collect()
    }

    fn lock_runs(&self) -> MutexGuard<'_, VecDeque<Arc<Run>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn on(run: &Run, road: &mut Road, work: impl FnOnce(&mut Assembly, &mut Road)) {
    work(&mut run.assembly.lock().unwrap_or_else(PoisonError::into_inner), road);
}
