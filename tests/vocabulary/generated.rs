//! Every name of the vocabulary with a value, for the test that says them in every way. Generated from the schemas; renewed with
//! `AUGUR_RENEW=1 cargo test -p tracing-augur --lib vocabulary::augur::table`.

/// Names of fields.
macro_rules! step_fields {
    ($say:ident) => { $say! {
        "augur.action.coordinate_space" = "viewport_css_px";
        "augur.action.dispatch_backend" = "zz action dispatch backend";
        "augur.action.params.given" = "zz action params given";
        "augur.action.type" = "zz action type";
        "augur.branch_context.branch_id" = "zz branch context branch id";
        "augur.branch_context.branch_point_step_index" = 38_u64;
        "augur.branch_context.mutated_axis" = "model";
        "augur.branch_context.mutation.given" = "zz branch context mutation given";
        "augur.branch_context.parent_run_id" = "zz branch context parent run id";
        "augur.captured_versions.code_git_sha" = "zz captured versions code git sha";
        "augur.captured_versions.env_fingerprint_ref" = "zz captured versions env fingerprint ref";
        "augur.captured_versions.grounder" = "zz captured versions grounder";
        "augur.captured_versions.model" = "zz captured versions model";
        "augur.captured_versions.prompt" = "zz captured versions prompt";
        "augur.captured_versions.prompt_hash" = "zz captured versions prompt hash";
        "augur.captured_versions.tool_descriptions_hash" = "zz captured versions tool descriptions hash";
        "augur.costs.cache_hit_tokens" = 22_u64;
        "augur.costs.gpu_usd" = 0.625;
        "augur.costs.model_usd" = 0.25;
        "augur.costs.proxy_usd" = 0.25;
        "augur.costs.tokens_in" = 15_u64;
        "augur.costs.tokens_out" = 16_u64;
        "augur.costs.total_usd" = 0.25;
        "augur.step.duration_ms" = 11_u64;
        "augur.step.ended_at" = "2026-02-03T04:05:07.000008Z";
        "augur.env_fingerprint.api_shapes.given" = "zz env fingerprint api shapes given";
        "augur.env_fingerprint.dom_hash" = "zz env fingerprint dom hash";
        "augur.env_fingerprint.extensions.0" = "zz env fingerprint extensions 0";
        "augur.env_fingerprint.url_host" = "zz env fingerprint url host";
        "augur.env_fingerprint.url_path_template" = "zz env fingerprint url path template";
        "augur.env_fingerprint.viewport_hash" = "zz env fingerprint viewport hash";
        "augur.step.failure_class" = "zz failure class";
        "augur.grounding.confidence" = 0.25;
        "augur.grounding.coordinates.x" = 0.625;
        "augur.grounding.coordinates.y" = 0.625;
        "augur.grounding.evidence" = "zz grounding evidence";
        "augur.grounding.provenance" = "screenshot";
        "augur.grounding.provider" = "zz grounding provider";
        "augur.grounding.target_label" = "zz grounding target label";
        "augur.step.group_id" = "zz group id";
        "augur.step.intent" = "zz intent";
        "augur.judge_decisions.0.confidence" = 0.625;
        "augur.judge_decisions.0.evidence_refs.0" = "zz judge decisions 0 evidence refs 0";
        "augur.judge_decisions.0.judge_id" = "zz judge decisions 0 judge id";
        "augur.judge_decisions.0.judge_type" = "rule";
        "augur.judge_decisions.0.judged_at" = "2026-02-03T04:05:06.000007Z";
        "augur.judge_decisions.0.verdict.evidence_refs.0" = "zz judge decisions 0 verdict evidence refs 0";
        "augur.judge_decisions.0.verdict.reason" = "zz judge decisions 0 verdict reason";
        "augur.judge_decisions.0.verdict.score" = 0.375;
        "augur.judge_decisions.0.verdict.status" = "passed";
        "augur.latency.dispatch_ms" = 19_u64;
        "augur.latency.grounding_ms" = 20_u64;
        "augur.latency.planner_ms" = 18_u64;
        "augur.latency.recovery_ms" = 19_u64;
        "augur.latency.total_ms" = 16_u64;
        "augur.latency.verifier_ms" = 19_u64;
        "augur.logs.0" = "zz logs 0";
        "augur.step.loop_detected" = true;
        "augur.recovery_decision.attempt" = 25_u64;
        "augur.recovery_decision.reason" = "zz recovery decision reason";
        "augur.recovery_decision.type" = "retry";
        "augur.step.required" = false;
        "augur.step.started_at" = "2026-02-03T04:05:06.000007Z";
        "augur.step.status" = "recovered";
        "augur.step.type" = "zz step type";
        "augur.subgoals_completed.0.completion" = 0.375;
        "augur.subgoals_completed.0.first_completed_at_step" = 44_u64;
        "augur.subgoals_completed.0.subgoal_id" = "zz subgoals completed 0 subgoal id";
        "augur.verdict.comparator" = "verifier";
        "augur.verdict.evidence_refs.0" = "zz verdict evidence refs 0";
        "augur.verdict.reason" = "zz verdict reason";
        "augur.verdict.score" = 0.625;
        "augur.verdict.score_components.given" = "zz verdict score components given";
        "augur.verdict.should_stop" = true;
        "augur.verdict.status" = "passed";
        "augur.verdict.uncertainty" = 0.75;
        "augur.step.verdict_source" = "zz verdict source";
    } };
}

/// Names of objects and lists, which come as JSON.
macro_rules! step_structures {
    ($say:ident) => { $say! {
        "augur.action" = "{\"coordinate_space\": \"viewport_css_px\", \"dispatch_backend\": \"zz action dispatch backend\", \"params\": {\"given\": \"zz action params given\"}, \"type\": \"zz action type\"}";
        "augur.action.params" = "{\"given\": \"zz action params given\"}";
        "augur.branch_context" = "{\"branch_id\": \"zz branch context branch id\", \"branch_point_step_index\": 38, \"mutated_axis\": \"model\", \"mutation\": {\"given\": \"zz branch context mutation given\"}, \"parent_run_id\": \"zz branch context parent run id\"}";
        "augur.branch_context.mutation" = "{\"given\": \"zz branch context mutation given\"}";
        "augur.captured_versions" = "{\"code_git_sha\": \"zz captured versions code git sha\", \"env_fingerprint_ref\": \"zz captured versions env fingerprint ref\", \"grounder\": \"zz captured versions grounder\", \"model\": \"zz captured versions model\", \"prompt\": \"zz captured versions prompt\", \"prompt_hash\": \"zz captured versions prompt hash\", \"tool_descriptions_hash\": \"zz captured versions tool descriptions hash\"}";
        "augur.costs" = "{\"cache_hit_tokens\": 22, \"gpu_usd\": 0.625, \"model_usd\": 0.25, \"proxy_usd\": 0.25, \"tokens_in\": 15, \"tokens_out\": 16, \"total_usd\": 0.25}";
        "augur.env_fingerprint" = "{\"api_shapes\": {\"given\": \"zz env fingerprint api shapes given\"}, \"dom_hash\": \"zz env fingerprint dom hash\", \"extensions\": [\"zz env fingerprint extensions 0\"], \"url_host\": \"zz env fingerprint url host\", \"url_path_template\": \"zz env fingerprint url path template\", \"viewport_hash\": \"zz env fingerprint viewport hash\"}";
        "augur.env_fingerprint.api_shapes" = "{\"given\": \"zz env fingerprint api shapes given\"}";
        "augur.env_fingerprint.extensions" = "[\"zz env fingerprint extensions 0\"]";
        "augur.grounding" = "{\"confidence\": 0.25, \"coordinates\": {\"x\": 0.625, \"y\": 0.625}, \"evidence\": \"zz grounding evidence\", \"provenance\": \"screenshot\", \"provider\": \"zz grounding provider\", \"target_label\": \"zz grounding target label\"}";
        "augur.grounding.coordinates" = "{\"x\": 0.625, \"y\": 0.625}";
        "augur.judge_decisions" = "[{\"confidence\": 0.625, \"evidence_refs\": [\"zz judge decisions 0 evidence refs 0\"], \"judge_id\": \"zz judge decisions 0 judge id\", \"judge_type\": \"rule\", \"judged_at\": \"2026-02-03T04:05:06.000007Z\", \"verdict\": {\"evidence_refs\": [\"zz judge decisions 0 verdict evidence refs 0\"], \"reason\": \"zz judge decisions 0 verdict reason\", \"score\": 0.375, \"status\": \"passed\"}}]";
        "augur.judge_decisions.0" = "{\"confidence\": 0.625, \"evidence_refs\": [\"zz judge decisions 0 evidence refs 0\"], \"judge_id\": \"zz judge decisions 0 judge id\", \"judge_type\": \"rule\", \"judged_at\": \"2026-02-03T04:05:06.000007Z\", \"verdict\": {\"evidence_refs\": [\"zz judge decisions 0 verdict evidence refs 0\"], \"reason\": \"zz judge decisions 0 verdict reason\", \"score\": 0.375, \"status\": \"passed\"}}";
        "augur.judge_decisions.0.evidence_refs" = "[\"zz judge decisions 0 evidence refs 0\"]";
        "augur.judge_decisions.0.verdict" = "{\"evidence_refs\": [\"zz judge decisions 0 verdict evidence refs 0\"], \"reason\": \"zz judge decisions 0 verdict reason\", \"score\": 0.375, \"status\": \"passed\"}";
        "augur.judge_decisions.0.verdict.evidence_refs" = "[\"zz judge decisions 0 verdict evidence refs 0\"]";
        "augur.latency" = "{\"dispatch_ms\": 19, \"grounding_ms\": 20, \"planner_ms\": 18, \"recovery_ms\": 19, \"total_ms\": 16, \"verifier_ms\": 19}";
        "augur.logs" = "[\"zz logs 0\"]";
        "augur.recovery_decision" = "{\"attempt\": 25, \"reason\": \"zz recovery decision reason\", \"type\": \"retry\"}";
        "augur.subgoals_completed" = "[{\"completion\": 0.375, \"first_completed_at_step\": 44, \"subgoal_id\": \"zz subgoals completed 0 subgoal id\"}]";
        "augur.subgoals_completed.0" = "{\"completion\": 0.375, \"first_completed_at_step\": 44, \"subgoal_id\": \"zz subgoals completed 0 subgoal id\"}";
        "augur.verdict" = "{\"comparator\": \"verifier\", \"evidence_refs\": [\"zz verdict evidence refs 0\"], \"reason\": \"zz verdict reason\", \"score\": 0.625, \"score_components\": {\"given\": \"zz verdict score components given\"}, \"should_stop\": true, \"status\": \"passed\", \"uncertainty\": 0.75}";
        "augur.verdict.evidence_refs" = "[\"zz verdict evidence refs 0\"]";
        "augur.verdict.score_components" = "{\"given\": \"zz verdict score components given\"}";
    } };
}

/// The record that has all of it.
pub const STEP_RECORD: &str = "{\"action\": {\"coordinate_space\": \"viewport_css_px\", \"dispatch_backend\": \"zz action dispatch backend\", \"params\": {\"given\": \"zz action params given\"}, \"type\": \"zz action type\"}, \"branch_context\": {\"branch_id\": \"zz branch context branch id\", \"branch_point_step_index\": 38, \"mutated_axis\": \"model\", \"mutation\": {\"given\": \"zz branch context mutation given\"}, \"parent_run_id\": \"zz branch context parent run id\"}, \"captured_versions\": {\"code_git_sha\": \"zz captured versions code git sha\", \"env_fingerprint_ref\": \"zz captured versions env fingerprint ref\", \"grounder\": \"zz captured versions grounder\", \"model\": \"zz captured versions model\", \"prompt\": \"zz captured versions prompt\", \"prompt_hash\": \"zz captured versions prompt hash\", \"tool_descriptions_hash\": \"zz captured versions tool descriptions hash\"}, \"costs\": {\"cache_hit_tokens\": 22, \"gpu_usd\": 0.625, \"model_usd\": 0.25, \"proxy_usd\": 0.25, \"tokens_in\": 15, \"tokens_out\": 16, \"total_usd\": 0.25}, \"duration_ms\": 11, \"ended_at\": \"2026-02-03T04:05:07.000008Z\", \"env_fingerprint\": {\"api_shapes\": {\"given\": \"zz env fingerprint api shapes given\"}, \"dom_hash\": \"zz env fingerprint dom hash\", \"extensions\": [\"zz env fingerprint extensions 0\"], \"url_host\": \"zz env fingerprint url host\", \"url_path_template\": \"zz env fingerprint url path template\", \"viewport_hash\": \"zz env fingerprint viewport hash\"}, \"failure_class\": \"zz failure class\", \"grounding\": {\"confidence\": 0.25, \"coordinates\": {\"x\": 0.625, \"y\": 0.625}, \"evidence\": \"zz grounding evidence\", \"provenance\": \"screenshot\", \"provider\": \"zz grounding provider\", \"target_label\": \"zz grounding target label\"}, \"group_id\": \"zz group id\", \"intent\": \"zz intent\", \"judge_decisions\": [{\"confidence\": 0.625, \"evidence_refs\": [\"zz judge decisions 0 evidence refs 0\"], \"judge_id\": \"zz judge decisions 0 judge id\", \"judge_type\": \"rule\", \"judged_at\": \"2026-02-03T04:05:06.000007Z\", \"verdict\": {\"evidence_refs\": [\"zz judge decisions 0 verdict evidence refs 0\"], \"reason\": \"zz judge decisions 0 verdict reason\", \"score\": 0.375, \"status\": \"passed\"}}], \"latency\": {\"dispatch_ms\": 19, \"grounding_ms\": 20, \"planner_ms\": 18, \"recovery_ms\": 19, \"total_ms\": 16, \"verifier_ms\": 19}, \"logs\": [\"zz logs 0\"], \"loop_detected\": true, \"recovery_decision\": {\"attempt\": 25, \"reason\": \"zz recovery decision reason\", \"type\": \"retry\"}, \"required\": false, \"started_at\": \"2026-02-03T04:05:06.000007Z\", \"status\": \"recovered\", \"step_type\": \"zz step type\", \"subgoals_completed\": [{\"completion\": 0.375, \"first_completed_at_step\": 44, \"subgoal_id\": \"zz subgoals completed 0 subgoal id\"}], \"verdict\": {\"comparator\": \"verifier\", \"evidence_refs\": [\"zz verdict evidence refs 0\"], \"reason\": \"zz verdict reason\", \"score\": 0.625, \"score_components\": {\"given\": \"zz verdict score components given\"}, \"should_stop\": true, \"status\": \"passed\", \"uncertainty\": 0.75}, \"verdict_source\": \"zz verdict source\"}";

/// Names of fields.
macro_rules! run_fields {
    ($say:ident) => { $say! {
        "augur.run.artifact_root" = "zz artifact root";
        "augur.run.branch_context.branch_id" = "zz branch context branch id";
        "augur.run.branch_context.branch_point_step_index" = 38_u64;
        "augur.run.branch_context.mutated_axis" = "model";
        "augur.run.branch_context.mutation.given" = "zz branch context mutation given";
        "augur.run.branch_context.parent_run_id" = "zz branch context parent run id";
        "augur.run.client.git_sha" = "zz client git sha";
        "augur.run.client.name" = "zz client name";
        "augur.run.client.version" = "zz client version";
        "augur.run.costs.cache_hit_tokens" = 22_u64;
        "augur.run.costs.gpu_usd" = 0.625;
        "augur.run.costs.model_usd" = 0.25;
        "augur.run.costs.proxy_usd" = 0.25;
        "augur.run.costs.tokens_in" = 15_u64;
        "augur.run.costs.tokens_out" = 16_u64;
        "augur.run.costs.total_usd" = 0.25;
        "augur.run.ended_at" = "2026-02-03T04:05:07.000008Z";
        "augur.run.live.reasoning_url" = "zz live reasoning url";
        "augur.run.live.status_url" = "zz live status url";
        "augur.run.live.video_url" = "zz live video url";
        "augur.run.started_at" = "2026-02-03T04:05:06.000007Z";
        "augur.run.status" = "cancelled";
        "augur.run.tags.given" = "zz tags given";
        "augur.run.task_spec.env_id" = "zz task spec env id";
        "augur.run.task_spec.instruction" = "zz task spec instruction";
        "augur.run.task_spec.max_duration_s" = 24_u64;
        "augur.run.task_spec.max_steps" = 19_u64;
        "augur.run.task_spec.prohibited_actions.0" = "zz task spec prohibited actions 0";
        "augur.run.task_spec.reset_state_id" = "zz task spec reset state id";
        "augur.run.task_spec.subgoals.0.description" = "zz task spec subgoals 0 description";
        "augur.run.task_spec.subgoals.0.parent_subgoal_id" = "zz task spec subgoals 0 parent subgoal id";
        "augur.run.task_spec.subgoals.0.subgoal_id" = "zz task spec subgoals 0 subgoal id";
        "augur.run.task_spec.subgoals.0.weight" = 0.5;
        "augur.run.task_spec.success_conditions.0.description" = "zz task spec success conditions 0 description";
        "augur.run.task_spec.success_conditions.0.kind" = "zz task spec success conditions 0 kind";
        "augur.run.task_spec.success_conditions.0.params.given" = "zz task spec success conditions 0 params given";
        "augur.run.task_spec.task_class" = "zz task spec task class";
        "augur.run.task_spec.task_seed" = 19_u64;
        "augur.run.task_spec.task_spec_id" = "zz task spec task spec id";
        "augur.run.task_spec_id" = "zz task spec id";
        "augur.run.trace_uri" = "zz trace uri";
    } };
}

/// Names of objects and lists, which come as JSON.
macro_rules! run_structures {
    ($say:ident) => { $say! {
        "augur.run.branch_context" = "{\"branch_id\": \"zz branch context branch id\", \"branch_point_step_index\": 38, \"mutated_axis\": \"model\", \"mutation\": {\"given\": \"zz branch context mutation given\"}, \"parent_run_id\": \"zz branch context parent run id\"}";
        "augur.run.branch_context.mutation" = "{\"given\": \"zz branch context mutation given\"}";
        "augur.run.client" = "{\"git_sha\": \"zz client git sha\", \"name\": \"zz client name\", \"version\": \"zz client version\"}";
        "augur.run.costs" = "{\"cache_hit_tokens\": 22, \"gpu_usd\": 0.625, \"model_usd\": 0.25, \"proxy_usd\": 0.25, \"tokens_in\": 15, \"tokens_out\": 16, \"total_usd\": 0.25}";
        "augur.run.live" = "{\"reasoning_url\": \"zz live reasoning url\", \"status_url\": \"zz live status url\", \"video_url\": \"zz live video url\"}";
        "augur.run.tags" = "{\"given\": \"zz tags given\"}";
        "augur.run.task_spec" = "{\"env_id\": \"zz task spec env id\", \"instruction\": \"zz task spec instruction\", \"max_duration_s\": 24, \"max_steps\": 19, \"prohibited_actions\": [\"zz task spec prohibited actions 0\"], \"reset_state_id\": \"zz task spec reset state id\", \"subgoals\": [{\"description\": \"zz task spec subgoals 0 description\", \"parent_subgoal_id\": \"zz task spec subgoals 0 parent subgoal id\", \"subgoal_id\": \"zz task spec subgoals 0 subgoal id\", \"weight\": 0.5}], \"success_conditions\": [{\"description\": \"zz task spec success conditions 0 description\", \"kind\": \"zz task spec success conditions 0 kind\", \"params\": {\"given\": \"zz task spec success conditions 0 params given\"}}], \"task_class\": \"zz task spec task class\", \"task_seed\": 19, \"task_spec_id\": \"zz task spec task spec id\"}";
        "augur.run.task_spec.prohibited_actions" = "[\"zz task spec prohibited actions 0\"]";
        "augur.run.task_spec.subgoals" = "[{\"description\": \"zz task spec subgoals 0 description\", \"parent_subgoal_id\": \"zz task spec subgoals 0 parent subgoal id\", \"subgoal_id\": \"zz task spec subgoals 0 subgoal id\", \"weight\": 0.5}]";
        "augur.run.task_spec.subgoals.0" = "{\"description\": \"zz task spec subgoals 0 description\", \"parent_subgoal_id\": \"zz task spec subgoals 0 parent subgoal id\", \"subgoal_id\": \"zz task spec subgoals 0 subgoal id\", \"weight\": 0.5}";
        "augur.run.task_spec.success_conditions" = "[{\"description\": \"zz task spec success conditions 0 description\", \"kind\": \"zz task spec success conditions 0 kind\", \"params\": {\"given\": \"zz task spec success conditions 0 params given\"}}]";
        "augur.run.task_spec.success_conditions.0" = "{\"description\": \"zz task spec success conditions 0 description\", \"kind\": \"zz task spec success conditions 0 kind\", \"params\": {\"given\": \"zz task spec success conditions 0 params given\"}}";
        "augur.run.task_spec.success_conditions.0.params" = "{\"given\": \"zz task spec success conditions 0 params given\"}";
    } };
}

/// The record that has all of it.
pub const RUN_RECORD: &str = "{\"artifact_root\": \"zz artifact root\", \"branch_context\": {\"branch_id\": \"zz branch context branch id\", \"branch_point_step_index\": 38, \"mutated_axis\": \"model\", \"mutation\": {\"given\": \"zz branch context mutation given\"}, \"parent_run_id\": \"zz branch context parent run id\"}, \"client\": {\"git_sha\": \"zz client git sha\", \"name\": \"zz client name\", \"version\": \"zz client version\"}, \"costs\": {\"cache_hit_tokens\": 22, \"gpu_usd\": 0.625, \"model_usd\": 0.25, \"proxy_usd\": 0.25, \"tokens_in\": 15, \"tokens_out\": 16, \"total_usd\": 0.25}, \"ended_at\": \"2026-02-03T04:05:07.000008Z\", \"live\": {\"reasoning_url\": \"zz live reasoning url\", \"status_url\": \"zz live status url\", \"video_url\": \"zz live video url\"}, \"started_at\": \"2026-02-03T04:05:06.000007Z\", \"status\": \"cancelled\", \"tags\": {\"given\": \"zz tags given\"}, \"task_spec\": {\"env_id\": \"zz task spec env id\", \"instruction\": \"zz task spec instruction\", \"max_duration_s\": 24, \"max_steps\": 19, \"prohibited_actions\": [\"zz task spec prohibited actions 0\"], \"reset_state_id\": \"zz task spec reset state id\", \"subgoals\": [{\"description\": \"zz task spec subgoals 0 description\", \"parent_subgoal_id\": \"zz task spec subgoals 0 parent subgoal id\", \"subgoal_id\": \"zz task spec subgoals 0 subgoal id\", \"weight\": 0.5}], \"success_conditions\": [{\"description\": \"zz task spec success conditions 0 description\", \"kind\": \"zz task spec success conditions 0 kind\", \"params\": {\"given\": \"zz task spec success conditions 0 params given\"}}], \"task_class\": \"zz task spec task class\", \"task_seed\": 19, \"task_spec_id\": \"zz task spec task spec id\"}, \"task_spec_id\": \"zz task spec id\", \"trace_uri\": \"zz trace uri\"}";

/// Names of fields.
macro_rules! event_fields {
    ($say:ident) => { $say! {
        "augur.detail.given" = "zz detail given";
        "augur.kind" = "decision";
        "augur.layer" = "planner";
        "augur.summary" = "zz summary";
        "augur.ts" = "2026-02-03T04:05:06.000007Z";
    } };
}

/// The record that has all of it.
pub const EVENT_RECORD: &str = "{\"detail\": {\"given\": \"zz detail given\"}, \"kind\": \"decision\", \"layer\": \"planner\", \"step_index\": 10, \"summary\": \"zz summary\", \"ts\": \"2026-02-03T04:05:06.000007Z\"}";

pub(super) use {event_fields, run_fields, run_structures, step_fields, step_structures};
