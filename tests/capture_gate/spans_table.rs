//! What of the spans of a run is kept, and what of them leaves as OTLP, at which mode.

use tracing_augur::CaptureMode::{self, *};

/// From which mode on a marker is found in the bundle, and in what a collector gets; `None` where it never is.
pub(super) type Row = (&'static str, Option<CaptureMode>, Option<CaptureMode>);

/// What is said in a phase. Below `metadata` there is no bundle, so its column begins there.
pub(super) const TABLE: &[Row] = &[
    // The user's own: always, as OTLP; no bundle has a place for the fields of spans that are no records.
    ("own-span", None, Some(Off)),
    ("own-field", None, Some(Off)),
    ("own-field-of-a-step", None, Some(Off)),
    ("log", Some(Trace), Some(Off)),
    ("log-field", Some(Trace), Some(Off)),
    ("warning", Some(Trace), Some(Off)),
    // A step, as its owner states it.
    ("step-type", Some(Metadata), Some(Off)), // the type is the span's name too
    ("failure-class", Some(Metadata), Some(Metadata)),
    ("action-type", Some(Metadata), Some(Metadata)),
    ("group", Some(Metadata), Some(Metadata)),
    ("parent-run", Some(Metadata), Some(Metadata)),
    ("whole-action-type", Some(Metadata), Some(Metadata)),
    ("member-action-type", Some(Metadata), Some(Metadata)),
    ("mutation", Some(Trace), Some(Trace)),
    ("whole-mutation", Some(Trace), Some(Trace)),
    ("intent", Some(Trace), Some(Trace)),
    ("param", Some(Trace), Some(Trace)),
    ("whole-param", Some(Trace), Some(Trace)),
    ("member-param", Some(Trace), Some(Trace)),
    ("grounding-provider", Some(Trace), Some(Trace)),
    ("target-label", Some(Trace), Some(Trace)),
    ("verdict-reason", Some(Trace), Some(Trace)),
    ("recovery-reason", Some(Trace), Some(Trace)),
    ("version-prompt", Some(Trace), Some(Trace)),
    ("host", Some(Trace), Some(Trace)),
    ("judge", Some(Trace), Some(Trace)),
    ("judge-reason", Some(Trace), Some(Trace)),
    ("subgoal", Some(Trace), Some(Trace)),
    ("no-schema-has-it", Some(Trace), Some(Trace)),
    ("late-verdict-reason", Some(Trace), Some(Trace)),
    ("said-in-an-event", Some(Trace), Some(Trace)),
    ("backend", Some(Dispatch), Some(Dispatch)),
    ("whole-backend", Some(Dispatch), Some(Dispatch)),
    ("member-backend", Some(Dispatch), Some(Dispatch)),
    // Decision events.
    ("event-planner", Some(Trace), Some(Trace)),
    ("event-grounding", Some(Trace), Some(Trace)),
    ("event-model", Some(Trace), Some(Trace)),
    ("event-verifier", Some(Trace), Some(Trace)),
    ("event-step_recovery", Some(Trace), Some(Trace)),
    ("event-routing", Some(Trace), Some(Trace)),
    ("event-runner", Some(Trace), Some(Trace)),
    ("event-adapter", Some(Trace), Some(Trace)),
    ("event-field", Some(Trace), Some(Trace)),
    ("event-dispatch", Some(Dispatch), Some(Dispatch)),
    // A model call that its owner hands over as a whole does not leave as OTLP.
    ("call-prompt", Some(ModelIo), None),
    ("call-answer", Some(ModelIo), None),
    // What dialects have in their telemetry: names always leave and are kept as versions or in events.
    ("model-name", Some(Trace), Some(Off)),
    ("tool-name", Some(Metadata), Some(Off)),
    ("agent-name", Some(Trace), Some(Off)),
    ("evaluation-label", Some(Trace), Some(Off)),
    // The texts of prompts, models and tools.
    ("system", Some(ModelIo), Some(ModelIo)),
    ("prompt", Some(ModelIo), Some(ModelIo)),
    ("answer", Some(ModelIo), Some(ModelIo)),
    ("thought", Some(ModelIo), Some(ModelIo)),
    ("asked-argument", Some(ModelIo), Some(ModelIo)),
    ("tool-definition", Some(ModelIo), Some(ModelIo)),
    ("argument", Some(ModelIo), Some(ModelIo)),
    ("bare-argument", Some(ModelIo), Some(ModelIo)),
    ("result", Some(Dispatch), Some(ModelIo)),
    ("bare-result", Some(Dispatch), Some(ModelIo)),
    ("agent-prompt", Some(ModelIo), Some(ModelIo)),
    ("agent-answer", Some(ModelIo), Some(ModelIo)),
    ("query", Some(ModelIo), Some(ModelIo)),
    ("document", None, Some(ModelIo)),
    ("guardrail-output", Some(ModelIo), Some(ModelIo)),
    ("judged-output", Some(ModelIo), Some(ModelIo)),
    ("explanation", Some(ModelIo), Some(ModelIo)),
    ("flat-prompt", Some(ModelIo), Some(ModelIo)),
    ("flat-answer", Some(ModelIo), Some(ModelIo)),
    ("openinference-prompt", Some(ModelIo), Some(ModelIo)),
    ("openinference-answer", Some(ModelIo), Some(ModelIo)),
    ("message-of-its-own-field", None, Some(ModelIo)),
    ("chain-input", None, Some(ModelIo)),
    // The same in events.
    ("prompt-in-a-log", Some(ModelIo), Some(ModelIo)),
    ("prompt-in-a-warning", Some(ModelIo), Some(ModelIo)),
    ("details-prompt", Some(ModelIo), Some(ModelIo)),
    ("user-message", Some(ModelIo), Some(ModelIo)),
    ("codex-prompt", Some(ModelIo), Some(ModelIo)),
];

/// What is said once, of the run.
pub(super) const RUN: &[Row] = &[
    ("run-tag", Some(Metadata), Some(Metadata)),
    ("late-run-tag", Some(Metadata), Some(Metadata)),
    ("instruction", Some(Trace), Some(Trace)),
    ("unknown-of-the-run", Some(Trace), Some(Trace)),
    ("video-url", Some(Video), Some(Video)),
    ("status-url", Some(Video), Some(Video)),
];
