//! The calls of a session, one operation each: arguments by name in, the call's value out.

use super::{Args, Failure, Recorder, args::Required};
use std::{sync::Arc, time::Duration};
use tracing_augur::{
    Moment, Session,
    adapters::Adapter,
    record::Value,
    session::{
        Costs, EffectOptions, EnvFingerprint, JudgeOptions, LiveEndpoints, OutcomeOptions, OutcomeScope,
        ReasoningOptions, ScoreOptions, SessionError, StepCosts, StepRef, VerifierOptions, Versions,
    },
};

/// How long one question for commands may wait.
const POLL: Duration = Duration::from_secs(25);

/// Stands for the agent at the other end of the line.
struct Unsteered;

impl Adapter for Unsteered {
    type Raw = Value;

    fn name(&self) -> &str {
        "record"
    }

    fn on_step(&self, _: &Value) -> Option<Value> {
        None
    }
}

type Reply = Result<Value, Failure>;

/// The reply to a call that returns nothing.
fn nothing(result: Result<(), SessionError>) -> Reply {
    Ok(result.map(|()| Value::Null)?)
}

fn path(result: Result<Option<String>, SessionError>) -> Reply {
    Ok(result?.map_or(Value::Null, Value::from))
}

impl Recorder {
    pub(super) fn call(&self, session: &Session, op: &str, mut args: Args) -> Reply {
        let args = &mut args;
        match op {
            "attach_observation" => {
                let index = step_index(args)?;
                let moment = match args.text("kind")?.as_deref() {
                    Some("pre") => Moment::Before,
                    Some("post") => Moment::After,
                    _ => return Err(Failure::invalid("kind must be pre or post")),
                };
                let png = args.bytes("png_bytes", &self.base)?;
                args.end(op)?;
                Ok(session.attach_observation(index, moment, png)?.into())
            }
            "record_step"
            | "record_step_iteration"
            | "record_event"
            | "record_modelio"
            | "append_log"
            | "record_reasoning"
            | "record_preference"
            | "record_replay_fixture" => record(session, op, args),
            "attach_verifier"
            | "set_score"
            | "record_judge_decision"
            | "record_subgoal_completion"
            | "set_loop_detected"
            | "set_step_costs"
            | "set_step_versions"
            | "attach_env_fingerprint" => patch(session, op, args),
            "declare_side_effect"
            | "commit_side_effect"
            | "mark_side_effect_aborted"
            | "abort_pending_side_effects" => effect(session, op, args),
            "bind_intervention" => {
                // The adapter of an agent that speaks lines is the agent's own; nothing of it can come in here.
                let _ = (args.value("adapter"), args.float("poll_timeout")?);
                args.end(op)?;
                nothing(session.bind_intervention(Arc::new(Unsteered), POLL).map(drop))
            }
            "finalize_outcome" | "mark_for_eval" => outcome(session, op, args),
            _ => of_the_run(session, op, args),
        }
    }
}

fn step_index(args: &mut Args) -> Result<u64, Failure> {
    args.index("step_index").required("step_index")
}

fn record(session: &Session, op: &str, args: &mut Args) -> Reply {
    match op {
        "record_step" => {
            let step = args.record("step")?;
            args.end(op)?;
            nothing(match step {
                Value::Object(step) => session.record_step_object(step),
                other => session.record_step(&other),
            })
        }
        "record_step_iteration" => {
            let at = args.record("step_id_or_index")?;
            let iteration = args.record("iteration")?;
            args.end(op)?;
            let at = match (at.as_str(), at.as_u64()) {
                (Some(id), _) => StepRef::Id(id),
                (None, Some(index)) => StepRef::Index(index),
                _ => return Err(Failure::invalid("step_id_or_index must be a text or a whole number from 0 on")),
            };
            nothing(session.record_step_iteration(at, &iteration))
        }
        "record_event" => {
            let event = args.record("event")?;
            args.end(op)?;
            nothing(match event {
                Value::Object(event) => session.record_event_object(event),
                other => session.record_event(&other),
            })
        }
        "record_modelio" => {
            let record = args.record("record")?;
            let (index, layer) = (args.index("step_index")?, args.word("layer")?);
            let validate = args.truth("validate")?.unwrap_or(true);
            args.end(op)?;
            path(match record {
                Value::Object(record) if validate => session.record_modelio_object(record, index, layer),
                other if validate => session.record_modelio(&other, index, layer),
                other => session.record_modelio_unchecked(&other, index, layer),
            })
        }
        "append_log" => {
            let text = args.text("text").required("text")?;
            let (index, name) = (args.index("step_index")?, args.text("name")?);
            args.end(op)?;
            nothing(session.append_log(&text, index, name.as_deref().unwrap_or("run")))
        }
        "record_reasoning" => {
            let (index, text) = (step_index(args)?, args.text("text").required("text")?);
            let mut options = ReasoningOptions {
                tokens: args.tokens("tokens")?,
                model: args.text("model")?,
                ts: args.text("ts")?,
                ..ReasoningOptions::default()
            };
            if let Some(format) = args.word("format")? {
                options.format = format;
            }
            args.end(op)?;
            Ok(session.record_reasoning(index, &text, &options)?)
        }
        "record_preference" => {
            let (index, preference) = (step_index(args)?, args.record("preference")?);
            args.end(op)?;
            path(session.record_preference(index, &preference))
        }
        _ => {
            let (index, fixture, prior) = (step_index(args)?, args.record("fixture")?, args.list("prior_steps")?);
            args.end(op)?;
            path(session.record_replay_fixture(index, &fixture, prior.as_deref()))
        }
    }
}

fn patch(session: &Session, op: &str, args: &mut Args) -> Reply {
    let index = step_index(args)?;
    match op {
        "attach_verifier" => {
            let status = args.word("status").required("status")?;
            let options = VerifierOptions {
                reason: args.text("reason")?,
                check: args.text("check")?,
                expected: args.value("expected"),
                actual: args.value("actual"),
                evidence_refs: args.texts("evidence_refs")?,
            };
            args.end(op)?;
            nothing(session.attach_verifier(index, status, &options))
        }
        "set_score" => {
            let score = args.float("score").required("score")?;
            let options = ScoreOptions {
                comparator: args.word("comparator")?,
                components: args.numbers("components")?,
                should_stop: args.truth("should_stop")?,
                uncertainty: args.float("uncertainty")?,
            };
            args.end(op)?;
            nothing(session.set_score(index, score, &options))
        }
        "record_judge_decision" => {
            let (id, kind) =
                (args.text("judge_id").required("judge_id")?, args.word("judge_type").required("judge_type")?);
            let verdict = args.record("verdict")?;
            let options = JudgeOptions {
                confidence: args.float("confidence")?,
                evidence_refs: args.texts("evidence_refs")?,
                judged_at: args.text("judged_at")?,
                promote: args.truth("promote")?.unwrap_or(true),
            };
            args.end(op)?;
            nothing(session.record_judge_decision(index, &id, kind, &verdict, &options))
        }
        "record_subgoal_completion" => {
            let id = args.text("subgoal_id").required("subgoal_id")?;
            let completion = args.float("completion").required("completion")?;
            args.end(op)?;
            nothing(session.record_subgoal_completion(index, &id, completion))
        }
        "set_loop_detected" => {
            let value = args.truth("value")?.unwrap_or(true);
            args.end(op)?;
            nothing(session.set_loop_detected(index, value))
        }
        "set_step_costs" => {
            let costs = StepCosts {
                total_usd: args.usd("total_usd")?,
                model_usd: args.usd("model_usd")?,
                tokens_in: args.tokens("tokens_in")?,
                tokens_out: args.tokens("tokens_out")?,
                cache_hit_tokens: args.tokens("cache_hit_tokens")?,
            };
            args.end(op)?;
            nothing(session.set_step_costs(index, &costs))
        }
        "set_step_versions" => {
            let versions = Versions {
                model: args.text("model")?,
                prompt: args.text("prompt")?,
                prompt_hash: args.text("prompt_hash")?,
                tool_descriptions_hash: args.text("tool_descriptions_hash")?,
                code_git_sha: args.text("code_git_sha")?,
                grounder: args.text("grounder")?,
                env_fingerprint_ref: args.text("env_fingerprint_ref")?,
            };
            args.end(op)?;
            nothing(session.set_step_versions(index, &versions))
        }
        _ => {
            let seen = EnvFingerprint {
                url_host: args.text("url_host")?,
                url_path_template: args.text("url_path_template")?,
                viewport_hash: args.text("viewport_hash")?,
                dom_hash: args.text("dom_hash")?,
                api_shapes: args.text_members("api_shapes")?,
                extensions: args.texts("extensions")?,
            };
            args.end(op)?;
            nothing(session.attach_env_fingerprint(index, &seen))
        }
    }
}

fn effect(session: &Session, op: &str, args: &mut Args) -> Reply {
    if op == "abort_pending_side_effects" {
        let reason = args.text("reason").required("reason")?;
        args.end(op)?;
        let ids = session.abort_pending_side_effects(&reason)?;
        return Ok(ids.into_iter().map(Value::from).collect::<Vec<_>>().into());
    }
    if op == "declare_side_effect" {
        let index = step_index(args)?;
        let (resource, action) = (args.text("resource").required("resource")?, args.text("action").required("action")?);
        let mut options = EffectOptions {
            idempotency_key: args.text("idempotency_key")?,
            compensation_handle: args.text("compensation_handle")?,
            side_effect_id: args.text("side_effect_id")?,
            declared_at: args.text("declared_at")?,
            ..EffectOptions::default()
        };
        if let Some(reversibility) = args.word("reversibility")? {
            options.reversibility = reversibility;
        }
        if let Some(provenance) = args.word("provenance")? {
            options.provenance = provenance;
        }
        args.end(op)?;
        return Ok(session.declare_side_effect(index, &resource, &action, &options)?.into());
    }
    let id = args.text("side_effect_id").required("side_effect_id")?;
    if op == "commit_side_effect" {
        let (result, at) = (args.value("observed_result"), args.text("committed_at")?);
        args.end(op)?;
        return nothing(session.commit_side_effect(&id, &result, at.as_deref()));
    }
    let (reason, at) = (args.text("reason").required("reason")?, args.text("aborted_at")?);
    args.end(op)?;
    nothing(session.mark_side_effect_aborted(&id, &reason, at.as_deref()))
}

fn outcome(session: &Session, op: &str, args: &mut Args) -> Reply {
    if op == "mark_for_eval" {
        let (index, reason) = (step_index(args)?, args.text("reason").required("reason")?);
        let cluster = args.text("candidate_cluster_id")?;
        args.end(op)?;
        return nothing(session.mark_for_eval(index, &reason, cluster.as_deref()));
    }
    let (scope, index) = (args.text("scope")?, args.index("step_index")?);
    let scope = match (scope.as_deref(), index) {
        (None | Some("session"), _) => OutcomeScope::Session,
        (Some("step"), Some(index)) => OutcomeScope::Step(index),
        (Some("step"), None) => return Err(super::args::missing("step_index")),
        _ => return Err(Failure::invalid("scope must be step or session")),
    };
    let options = OutcomeOptions {
        verdict: args.object("verdict")?,
        task_class: args.text("task_class")?,
        cost_summary: args.object("cost_summary")?,
    };
    args.end(op)?;
    Ok(session.finalize_outcome(scope, &options)?)
}

fn of_the_run(session: &Session, op: &str, args: &mut Args) -> Reply {
    match op {
        "set_costs" => {
            let costs = Costs {
                total_usd: args.usd("total_usd")?,
                model_usd: args.usd("model_usd")?,
                gpu_usd: args.usd("gpu_usd")?,
                proxy_usd: args.usd("proxy_usd")?,
                tokens_in: args.tokens("tokens_in")?,
                tokens_out: args.tokens("tokens_out")?,
                cache_hit_tokens: args.tokens("cache_hit_tokens")?,
            };
            args.end(op)?;
            nothing(session.set_costs(&costs))
        }
        "successful_task_cost_summary" => {
            args.end(op)?;
            Ok(session.successful_task_cost_summary()?.unwrap_or_default())
        }
        "set_live_endpoints" => {
            let endpoints = LiveEndpoints {
                status_url: args.text("status_url")?,
                video_url: args.text("video_url")?,
                reasoning_url: args.text("reasoning_url")?,
            };
            args.end(op)?;
            nothing(session.set_live_endpoints(&endpoints))
        }
        "set_task_spec" => {
            let spec = args.record("spec")?;
            args.end(op)?;
            nothing(session.set_task_spec(&spec))
        }
        "set_task_spec_id" => {
            let id = args.text("task_spec_id")?;
            args.end(op)?;
            nothing(session.set_task_spec_id(id.as_deref()))
        }
        "set_group_id" => {
            let id = args.text("group_id")?;
            args.end(op)?;
            nothing(session.set_group_id(id.as_deref()))
        }
        "set_capture_mode" => {
            let mode = args.word("mode").required("mode")?;
            args.end(op)?;
            nothing(session.set_capture_mode(mode))
        }
        "clear_capture_mode" => {
            args.end(op)?;
            nothing(session.clear_capture_mode())
        }
        "set_status" => {
            let status = args.word("status").required("status")?;
            args.end(op)?;
            nothing(session.set_status(status))
        }
        "add_tag" => {
            let (key, value) = (args.text("key").required("key")?, args.text("value").required("value")?);
            args.end(op)?;
            nothing(session.add_tag(&key, &value))
        }
        _ => {
            let status = args.word("status")?;
            args.end(op)?;
            Ok(session.close(status)?)
        }
    }
}
