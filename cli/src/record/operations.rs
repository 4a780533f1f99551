//! Which operations there are, and those that open a session.

use super::{Args, Failure, Recorder, args::Required};
use tracing_augur::{
    CaptureMode, Session,
    record::{Object, Value},
    session::{BranchFrom, BranchMode, SessionBuilder},
};

/// Every operation but those that open a session.
pub(super) const CALLS: &[&str] = &[
    "abort_pending_side_effects",
    "add_tag",
    "append_log",
    "attach_env_fingerprint",
    "attach_observation",
    "attach_verifier",
    "bind_intervention",
    "clear_capture_mode",
    "close",
    "commit_side_effect",
    "declare_side_effect",
    "finalize_outcome",
    "mark_for_eval",
    "mark_side_effect_aborted",
    "record_event",
    "record_judge_decision",
    "record_modelio",
    "record_preference",
    "record_reasoning",
    "record_replay_fixture",
    "record_step",
    "record_step_iteration",
    "record_subgoal_completion",
    "set_capture_mode",
    "set_costs",
    "set_group_id",
    "set_live_endpoints",
    "set_loop_detected",
    "set_score",
    "set_status",
    "set_step_costs",
    "set_step_versions",
    "set_task_spec",
    "set_task_spec_id",
    "successful_task_cost_summary",
];

impl Recorder {
    /// Carries an operation out; `None` for one that is not known.
    pub(super) fn perform(&mut self, op: &str, args: Args) -> Result<Option<Value>, Failure> {
        if let "open" | "branch_from" | "open_orchestrator" = op {
            return self.open(op, args).map(Some);
        }
        if !CALLS.contains(&op) {
            return Ok(None);
        }
        let Some(session) = &self.session else {
            let message = "no session is open; the first operation is open, branch_from or open_orchestrator";
            return Err(Failure { kind: "wrong_state", message: message.into() });
        };
        self.call(session, op, args).map(Some)
    }

    fn open(&mut self, op: &str, mut args: Args) -> Result<Value, Failure> {
        if self.session.is_some() {
            return Err(Failure { kind: "wrong_state", message: "a session is open already".into() });
        }
        let builder = match op {
            "branch_from" => self.branch(&mut args)?,
            _ => {
                let run_id = args.text("run_id").required("run_id")?;
                let client_name = args.text("client_name").required("client_name")?;
                if op == "open" {
                    Session::builder(run_id, client_name, &self.out)
                } else {
                    Session::open_orchestrator(run_id, client_name, &self.out)
                }
            }
        };
        let builder =
            described(builder, &mut args)?.durability(self.durability).batches(true).fingerprint(self.fingerprint);
        let mut builder = builder.redaction(self.redaction.clone()).permissive(self.permissive);
        if let Some(flight_recorder) = self.flight_recorder {
            builder = builder.flight_recorder(flight_recorder);
        }
        if op == "open_orchestrator" {
            if let Some(name) = args.text("session_name")? {
                builder = builder.session_name(name);
            }
            if let Some(id) = args.text("tenant_id")? {
                builder = builder.tenant_id(id);
            }
        }
        // An orchestrator and a branch have their own ideas of where they hang.
        let context = args.object("branch_context")?;
        if let Some(context) = context.filter(|_| op == "open") {
            builder = builder.branch_context(&Value::from(context));
        }
        args.end(op)?;
        let session = builder.open()?;
        let mode = session.branch_mode().map_or(Value::Null, |mode| mode.as_str().into());
        let opened = Object::from([
            ("run_id".to_owned(), session.run_id().into()),
            ("debug_session_id".to_owned(), session.debug_session_id().into()),
            ("branch_mode".to_owned(), mode),
            ("is_orchestrator".to_owned(), session.is_orchestrator().into()),
            ("capture_logprobs".to_owned(), session.capture_logprobs().into()),
        ]);
        self.session = Some(session);
        Ok(opened.into())
    }

    fn branch(&self, args: &mut Args) -> Result<SessionBuilder, Failure> {
        let parent = args.text("parent_run_id").required("parent_run_id")?;
        let axis = args.word("mutated_axis").required("mutated_axis")?;
        let index = args.index("branch_point_step_index").required("branch_point_step_index")?;
        let mutation = args.object("mutation").required("mutation")?;
        let mut branch = BranchFrom::new(parent, index, axis, mutation);
        branch.mode = args.word::<BranchMode>("mode")?.unwrap_or_default();
        branch.parent_bundle = args.text("parent_bundle")?.map(|path| self.base.join(path));
        branch.branch_id = args.text("branch_id")?;
        branch.run_id = args.text("run_id")?;
        let client_name = args.text("client_name").required("client_name")?;
        Ok(Session::branch_from(branch, client_name, &self.out)?)
    }
}

/// What every session may be told when it is opened.
fn described(mut builder: SessionBuilder, args: &mut Args) -> Result<SessionBuilder, Failure> {
    if let Some(version) = args.text("client_version")? {
        builder = builder.client_version(version);
    }
    if let Some(sha) = args.text("client_git_sha")? {
        builder = builder.client_git_sha(sha);
    }
    if let Some(mode) = args.word::<CaptureMode>("capture_mode")? {
        builder = builder.capture_mode(mode);
    }
    if let Some(id) = args.text("debug_session_id")? {
        builder = builder.debug_session_id(id);
    }
    if let Some(time) = args.text("started_at")? {
        builder = builder.started_at(time);
    }
    for (key, value) in args.text_members("tags")?.unwrap_or_default() {
        builder = builder.tag(key, value);
    }
    if let Some(spec) = args.object("task_spec")? {
        builder = builder.task_spec(&Value::from(spec));
    }
    if let Some(id) = args.text("task_spec_id")? {
        builder = builder.task_spec_id(id);
    }
    if let Some(id) = args.text("group_id")? {
        builder = builder.group_id(id);
    }
    Ok(builder.capture_logprobs(args.truth("capture_logprobs")?.unwrap_or_default()))
}
