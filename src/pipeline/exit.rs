//! The exit beside the bundle: what it is handed of a run as the run goes on, and where in a trace that was said.

use super::road::Road;
use crate::{
    CaptureMode,
    record::{Object, Value},
};
use std::{borrow::Cow, fmt, sync::Arc, time::SystemTime};

/// Where and how something was said.
#[cfg_attr(not(feature = "otlp"), allow(dead_code, reason = "only exits read these"))]
#[derive(Debug, Clone, Default)]
pub(crate) struct Scene {
    /// The trace and the span.
    pub(crate) span: Option<(u128, u64)>,
    /// The event's own name.
    pub(crate) name: Option<&'static str>,
    pub(crate) target: Option<Cow<'static, str>>,
    pub(crate) level: Option<tracing::Level>,
    pub(crate) at: Option<SystemTime>,
    /// What an event of a known convention said in its own words, as it came.
    pub(crate) said: Vec<(String, Value)>,
}

/// What is handed to an exit.
#[cfg_attr(not(feature = "otlp"), allow(dead_code, reason = "only exits read these"))]
#[derive(Debug)]
pub(crate) enum Passed<'r> {
    /// A decision event as the bundle has it, in which file, and the mode at which its own words pass.
    Event { event: &'r Object, file: String, mode: CaptureMode },
    /// A line of a log, gated and redacted as in the bundle, and in which file that is.
    Line { step: Option<u64>, text: &'r str, fields: &'r [(String, Value)], file: String },
    /// What was said of a step after its span had left. The exit gates and redacts it as it does attributes of spans.
    Late { step: u64, fields: Vec<(String, Value)>, mode: CaptureMode },
}

/// An exit that runs take beside their bundles.
pub(crate) trait Exit: fmt::Debug + Send + Sync {
    fn take(&self, run_id: &str, scene: &Scene, passed: Passed<'_>);
}

/// An exit, and the scene of what comes next.
#[derive(Debug, Clone)]
pub(super) struct Beside {
    exit: Arc<dyn Exit>,
    scene: Scene,
}

impl Road {
    /// Hands what the bundle gets of events and logs to another exit too.
    pub(crate) fn with_exit(mut self, exit: Option<Arc<dyn Exit>>) -> Self {
        self.beside = exit.map(|exit| Beside { exit, scene: Scene::default() });
        self
    }

    /// What comes next was said there. Worked out only where anybody wants to know.
    pub(crate) fn scene(&mut self, scene: impl FnOnce() -> Scene) {
        if let Some(beside) = &mut self.beside {
            beside.scene = scene();
        }
    }

    /// What comes next was said nowhere in particular.
    pub(crate) fn leave_scene(&mut self) {
        self.scene(Scene::default);
    }

    /// Takes the scene away, for what is said of nothing in it. What is returned brings it back.
    pub(super) fn take_scene(&mut self) -> Scene {
        self.beside.as_mut().map(|beside| std::mem::take(&mut beside.scene)).unwrap_or_default()
    }

    /// What comes next is ours to say, though it was heard there.
    pub(super) fn aside(&mut self) -> Scene {
        let scene = self.take_scene();
        self.scene(|| Scene { span: scene.span, ..Scene::default() });
        scene
    }

    pub(super) fn hand_on<'r>(&'r self, passed: impl FnOnce() -> Passed<'r>) {
        if let Some(Beside { exit, scene }) = &self.beside {
            let run_id = self.bundle.session().get("run_id").and_then(Value::as_str).unwrap_or_default();
            exit.take(run_id, scene, passed());
        }
    }

    /// Hands on what was said of a step after its span, which is named, had left.
    pub(crate) fn late(&mut self, step: u64, span: (u128, u64), fields: Vec<(String, Value)>, mode: CaptureMode) {
        // What is said of a sensitive step stays in the bundle.
        if self.sensitive.has(step) {
            return;
        }
        let mode = self.in_force(mode);
        if let (Some(Beside { exit, scene }), false) = (&self.beside, fields.is_empty()) {
            let run_id = self.bundle.session().get("run_id").and_then(Value::as_str).unwrap_or_default();
            let scene = Scene { span: Some(span), name: None, said: Vec::new(), ..scene.clone() };
            exit.take(run_id, &scene, Passed::Late { step, fields, mode });
        }
    }
}
