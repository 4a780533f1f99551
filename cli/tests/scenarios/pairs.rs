//! Every ordered pair of calls that touch the same step, each pair on a step of its own: whatever the first call left, the
//! second must make of it what the reference does, or keep a promise that the reference breaks.

use crate::holds_for;
use serde_json::{Value, json};

/// The name of the table of differences.
pub const NAME: &str = "pairs";

/// The place of `finalize_outcome` among the calls. Twice on one step it leaves one outcome here and two in the reference,
/// which moves all that follow; the scenario `outcomes` is about that.
const ONE_OUTCOME: usize = 12;

fn step(index: usize, more: Value) -> Value {
    let mut step = json!({
        "step_id": format!("run/step/{index:04}"), "step_index": index, "step_type": "click", "status": "succeeded",
        "started_at": "2026-01-01T00:00:00Z",
    });
    step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    step
}

/// The calls that touch a step; `second` makes the second call of a pair say something else.
fn calls(index: usize, second: bool) -> Vec<(&'static str, Value)> {
    let n = usize::from(second);
    let one_of = |words: [&'static str; 2]| words[n];
    let png = json!({"$base64": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="});
    let ts = format!("2026-01-01T00:00:0{n}Z");
    let call = json!({"ts": ts, "request": {"model": one_of(["m", "n"])}, "response": {"text": ts}, "prompt_hash": format!("{index}-{n}")});
    let verdict = json!({"status": one_of(["passed", "failed"]), "reason": "judged"});
    vec![
        (
            "record_step",
            json!({"step": step(index, json!({"intent": one_of(["one", "two"]), "costs": {"tokens_in": n}}))}),
        ),
        (
            "record_step_iteration",
            json!({"step_id_or_index": index, "iteration": step(index, json!({"step_id": format!("run/step/{index:04}/{n}")}))}),
        ),
        ("attach_observation", json!({"step_index": index, "kind": one_of(["pre", "post"]), "png_bytes": png})),
        ("set_loop_detected", json!({"step_index": index, "value": !second})),
        (
            "attach_verifier",
            json!({"step_index": index, "status": one_of(["passed", "recoverable"]), "check": "c", "expected": n}),
        ),
        (
            "set_score",
            json!({"step_index": index, "score": 0.25, "components": {one_of(["progress", "loopiness"]): n}}),
        ),
        (
            "record_judge_decision",
            json!({"step_index": index, "judge_id": "j", "judge_type": one_of(["rule", "human"]), "verdict": verdict}),
        ),
        (
            "record_subgoal_completion",
            json!({"step_index": index, "subgoal_id": format!("g-{index}"), "completion": 0.5}),
        ),
        ("set_step_costs", json!({"step_index": index, one_of(["tokens_in", "total_usd"]): 3})),
        ("set_step_versions", json!({"step_index": index, one_of(["model", "prompt"]): "v"})),
        ("attach_env_fingerprint", json!({"step_index": index, one_of(["url_host", "dom_hash"]): "f"})),
        ("record_modelio", json!({"record": call, "step_index": index, "layer": one_of(["model", "judge"])})),
        ("finalize_outcome", json!({"scope": "step", "step_index": index, "task_class": one_of(["a", "b"])})),
        ("mark_for_eval", json!({"step_index": index, "reason": one_of(["a", "b"])})),
        (
            "declare_side_effect",
            json!({"step_index": index, "resource": "r", "action": "a", "side_effect_id": format!("se_{index}-{n}")}),
        ),
        (
            "record_event",
            json!({"event": {"ts": ts, "layer": "runner", "kind": "info", "summary": "s", "step_index": index}}),
        ),
        ("record_reasoning", json!({"step_index": index, "text": "t", "ts": ts})),
        ("append_log", json!({"step_index": index, "text": "t"})),
    ]
}

/// Calls on the ledger, each on the effect of this id.
fn effects(id: &str, index: usize) -> [(&'static str, Value); 4] {
    [
        ("declare_side_effect", json!({"step_index": index, "resource": "other", "action": "a", "side_effect_id": id})),
        ("commit_side_effect", json!({"side_effect_id": id, "observed_result": {"ok": true}})),
        ("mark_side_effect_aborted", json!({"side_effect_id": id, "reason": "late"})),
        ("abort_pending_side_effects", json!({"reason": "all"})),
    ]
}

#[test]
fn each_pair_of_calls_on_one_step_leaves_what_the_reference_leaves() {
    let mut operations = vec![(
        "open",
        json!({"run_id": "run", "client_name": "agent", "capture_mode": "full", "started_at": "2026-01-01T00:00:00Z", "debug_session_id": "dbg_1"}),
    )];
    let many = calls(0, false).len();
    for pair in 0..many * many {
        if pair == ONE_OUTCOME * many + ONE_OUTCOME {
            continue;
        }
        operations.push((
            "record_step",
            json!({"step": step(pair, json!({"verdict": {"status": "unknown", "reason": "own"}}))}),
        ));
        operations.push(calls(pair, false).swap_remove(pair / many));
        operations.push(calls(pair, true).swap_remove(pair % many));
    }
    for pair in 0..16 {
        let (id, index) = (format!("se_pair_{pair}"), 1000 + pair);
        operations.push((
            "declare_side_effect",
            json!({"step_index": index, "resource": "r", "action": "a", "side_effect_id": id}),
        ));
        operations.push(effects(&id, index)[pair / 4].clone());
        operations.push(effects(&id, index)[pair % 4].clone());
    }
    operations.push(("close", json!({})));
    let lines: Vec<String> = operations.iter().map(|(op, args)| json!({"op": op, "args": args}).to_string()).collect();
    holds_for(NAME, &lines.join("\n"));
}
