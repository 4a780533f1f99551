//! What a session keeps at which mode.

use super::Sign::{self, File, Member, Text};
use tracing_augur::CaptureMode::{self, *};

const STEP: &str = "steps/#.json";
const SESSION: &str = "trace.json";

/// What stands once for the run.
pub(super) const RUN: &[(CaptureMode, &[Sign])] = &[
    (
        Off,
        &[
            File("manifest.json"),
            File("trace.json"),
            Text("client"),
            Text("client-version"),
            Text("tag"),
            Member(SESSION, "session.costs.total_usd"),
            Member(SESSION, "session.status"),
            Member(SESSION, "session.started_at"),
            Member(SESSION, "session.branch_context.parent_run_id"),
        ],
    ),
    (Trace, &[Text("mutation"), Text("opened-with"), Text("task-class"), Text("subgoal-text")]),
];

/// What is said of the run under a mode.
pub(super) const SAID_OF_THE_RUN: &[(CaptureMode, &[Sign])] =
    &[(Off, &[Text("late-tag")]), (Trace, &[Text("event-run"), Text("log-run")]), (ModelIo, &[Text("run-prompt")])];

/// What is said last of the run stands; what the mode keeps back replaces nothing.
pub(super) const LAST_OF_THE_RUN: &[(CaptureMode, &[Sign])] = &[
    (Metadata, &[Text("outcome-class")]),
    (Trace, &[Text("outcome-reason"), Text("instruction")]),
    (Video, &[Text("status-url"), Text("video-url"), Text("reasoning-url")]),
];

/// What is said of a step.
pub(super) const OF_A_STEP: &[(CaptureMode, &[Sign])] = &[
    (
        Metadata,
        &[
            File(STEP),
            Member(STEP, "step_id"),
            Member(STEP, "step_index"),
            Text("step-type"),
            Member(STEP, "required"),
            Member(STEP, "status"),
            Text("failure-class"),
            Member(STEP, "started_at"),
            Member(STEP, "ended_at"),
            Member(STEP, "duration_ms"),
            Member(STEP, "costs.tokens_in"),
            Member(STEP, "costs.tokens_out"),
            Member(STEP, "latency.planner_ms"),
            Text("action-type"),
            Text("group"),
            Member(STEP, "branch_context.parent_run_id"),
            Member(STEP, "branch_context.branch_id"),
            Member(STEP, "loop_detected"),
            Text("step-outcome-class"),
            Text("eval-reason"),
            Text("eval-cluster"),
            Text("resource"),
            Text("effect-action"),
            Text("idempotency"),
            Text("compensation"),
            Text("abort-reason"),
            Text("iteration-type"),
        ],
    ),
    (
        Trace,
        &[
            Text("step-mutation"),
            Text("intent"),
            Text("param"),
            Member(STEP, "action.coordinate_space"),
            Text("grounding-provider"),
            Text("target-label"),
            Text("grounding-evidence"),
            Member(STEP, "grounding.coordinates.x"),
            Member(STEP, "grounding.confidence"),
            Member(STEP, "grounding.provenance"),
            Member(STEP, "verdict.status"),
            Member(STEP, "verdict.score"),
            Text("verdict-reason"),
            Text("component"),
            Text("evidence-ref"),
            Text("judge"),
            Text("judge-reason"),
            Member(STEP, "verdict_source"),
            Text("recovery-reason"),
            Member(STEP, "recovery_decision.type"),
            Text("version-prompt"),
            Text("version-grounder"),
            Text("called-model"),
            Text("host"),
            Text("extension"),
            Text("subgoal"),
            Text("step-outcome-reason"),
            Text("observed"),
            Text("event-planner"),
            Text("event-grounding"),
            Text("event-model"),
            Text("event-verifier"),
            Text("event-step_recovery"),
            Text("event-routing"),
            Text("event-runner"),
            Text("event-adapter"),
            Text("event-detail-planner"),
            Text("log-step"),
            Member(STEP, "events"),
            Member(STEP, "logs"),
            Text("preferred"),
            Text("alternative"),
            Text("preference-notes"),
            Text("beside-intent"),
            Text("iteration-intent"),
        ],
    ),
    (
        Screenshots,
        &[
            File("screenshots/#_pre.png"),
            File("screenshots/#_post.png"),
            Member(STEP, "observation_pre"),
            Member(STEP, "observation_post"),
        ],
    ),
    (
        ModelIo,
        &[
            File("modelio/#-model-0.json"),
            Text("system"),
            Text("prompt"),
            Text("tool-definition"),
            Text("answer"),
            Text("tool-argument"),
            Text("reasoning"),
            Text("unchecked-answer"),
        ],
    ),
    (
        Dispatch,
        &[
            Text("backend"),
            Text("iteration-backend"),
            Text("preferred-backend"),
            Text("alternative-backend"),
            Text("event-dispatch"),
            Text("event-detail-dispatch"),
        ],
    ),
    (
        Replay,
        &[
            File("replay/#_fixture.json"),
            File("replay/#.prior.json"),
            Text("fixture-task"),
            Text("prior-intent"),
            Text("expected-param"),
        ],
    ),
];
