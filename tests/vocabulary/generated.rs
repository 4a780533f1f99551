//! Every name of the vocabulary, said in every way. Generated from the schemas; renewed with
//! `AUGUR_RENEW=1 cargo test -p tracing-augur --lib vocabulary::augur::table`.

use tracing::{Span, field::Empty, info, info_span};

pub fn step_at_once() -> Span {
    info_span!("step",
        augur.action.coordinate_space = "viewport_css_px",
        augur.action.dispatch_backend = "zz action dispatch backend",
        augur.action.params.given = "zz action params given",
        augur.action.type = "zz action type",
        augur.branch_context.branch_id = "zz branch context branch id",
        augur.branch_context.branch_point_step_index = 38_u64,
        augur.branch_context.mutated_axis = "model",
        augur.branch_context.mutation.given = "zz branch context mutation given",
        augur.branch_context.parent_run_id = "zz branch context parent run id",
        augur.captured_versions.code_git_sha = "zz captured versions code git sha",
        augur.captured_versions.env_fingerprint_ref = "zz captured versions env fingerprint ref",
        augur.captured_versions.grounder = "zz captured versions grounder",
        augur.captured_versions.model = "zz captured versions model",
        augur.captured_versions.prompt = "zz captured versions prompt",
        augur.captured_versions.prompt_hash = "zz captured versions prompt hash",
        augur.captured_versions.tool_descriptions_hash = "zz captured versions tool descriptions hash",
        augur.costs.cache_hit_tokens = 22_u64,
        augur.costs.gpu_usd = 0.625,
        augur.costs.model_usd = 0.25,
        augur.costs.proxy_usd = 0.25,
        augur.costs.tokens_in = 15_u64,
        augur.costs.tokens_out = 16_u64,
        augur.costs.total_usd = 0.25,
        augur.step.duration_ms = 11_u64,
        augur.step.ended_at = "2026-02-03T04:05:07.000008Z",
        augur.env_fingerprint.api_shapes.given = "zz env fingerprint api shapes given",
        augur.env_fingerprint.dom_hash = "zz env fingerprint dom hash",
        "augur.env_fingerprint.extensions.0" = "zz env fingerprint extensions 0",
        augur.env_fingerprint.url_host = "zz env fingerprint url host",
        augur.env_fingerprint.url_path_template = "zz env fingerprint url path template",
        augur.env_fingerprint.viewport_hash = "zz env fingerprint viewport hash",
        augur.step.failure_class = "zz failure class",
        augur.grounding.confidence = 0.25,
        augur.grounding.coordinates.x = 0.625,
        augur.grounding.coordinates.y = 0.625,
        augur.grounding.evidence = "zz grounding evidence",
        augur.grounding.provenance = "screenshot",
        augur.grounding.provider = "zz grounding provider",
        augur.grounding.target_label = "zz grounding target label",
        augur.step.group_id = "zz group id",
        augur.step.intent = "zz intent",
        "augur.judge_decisions.0.confidence" = 0.625,
        "augur.judge_decisions.0.evidence_refs.0" = "zz judge decisions 0 evidence refs 0",
        "augur.judge_decisions.0.judge_id" = "zz judge decisions 0 judge id",
        "augur.judge_decisions.0.judge_type" = "rule",
        "augur.judge_decisions.0.judged_at" = "2026-02-03T04:05:06.000007Z",
        "augur.judge_decisions.0.verdict.evidence_refs.0" = "zz judge decisions 0 verdict evidence refs 0",
        "augur.judge_decisions.0.verdict.reason" = "zz judge decisions 0 verdict reason",
        "augur.judge_decisions.0.verdict.score" = 0.375,
        "augur.judge_decisions.0.verdict.status" = "passed",
        augur.latency.dispatch_ms = 19_u64,
        augur.latency.grounding_ms = 20_u64,
        augur.latency.planner_ms = 18_u64,
        augur.latency.recovery_ms = 19_u64,
        augur.latency.total_ms = 16_u64,
        augur.latency.verifier_ms = 19_u64,
        "augur.logs.0" = "zz logs 0",
        augur.step.loop_detected = true,
        augur.recovery_decision.attempt = 25_u64,
        augur.recovery_decision.reason = "zz recovery decision reason",
        augur.recovery_decision.type = "retry",
        augur.step.required = false,
        augur.step.started_at = "2026-02-03T04:05:06.000007Z",
        augur.step.status = "recovered",
        augur.step.type = "zz step type",
        "augur.subgoals_completed.0.completion" = 0.375,
        "augur.subgoals_completed.0.first_completed_at_step" = 44_u64,
        "augur.subgoals_completed.0.subgoal_id" = "zz subgoals completed 0 subgoal id",
        augur.verdict.comparator = "verifier",
        "augur.verdict.evidence_refs.0" = "zz verdict evidence refs 0",
        augur.verdict.reason = "zz verdict reason",
        augur.verdict.score = 0.625,
        augur.verdict.score_components.given = "zz verdict score components given",
        augur.verdict.should_stop = true,
        augur.verdict.status = "passed",
        augur.verdict.uncertainty = 0.75,
        augur.step.verdict_source = "zz verdict source",
    )
}

pub fn step_as_text() -> Span {
    info_span!("step",
        augur.action.coordinate_space = "viewport_css_px",
        augur.action.dispatch_backend = "zz action dispatch backend",
        augur.action.params.given = "zz action params given",
        augur.action.type = "zz action type",
        augur.branch_context.branch_id = "zz branch context branch id",
        augur.branch_context.branch_point_step_index = "38",
        augur.branch_context.mutated_axis = "model",
        augur.branch_context.mutation.given = "zz branch context mutation given",
        augur.branch_context.parent_run_id = "zz branch context parent run id",
        augur.captured_versions.code_git_sha = "zz captured versions code git sha",
        augur.captured_versions.env_fingerprint_ref = "zz captured versions env fingerprint ref",
        augur.captured_versions.grounder = "zz captured versions grounder",
        augur.captured_versions.model = "zz captured versions model",
        augur.captured_versions.prompt = "zz captured versions prompt",
        augur.captured_versions.prompt_hash = "zz captured versions prompt hash",
        augur.captured_versions.tool_descriptions_hash = "zz captured versions tool descriptions hash",
        augur.costs.cache_hit_tokens = "22",
        augur.costs.gpu_usd = "0.625",
        augur.costs.model_usd = "0.25",
        augur.costs.proxy_usd = "0.25",
        augur.costs.tokens_in = "15",
        augur.costs.tokens_out = "16",
        augur.costs.total_usd = "0.25",
        augur.step.duration_ms = "11",
        augur.step.ended_at = "2026-02-03T04:05:07.000008Z",
        augur.env_fingerprint.api_shapes.given = "zz env fingerprint api shapes given",
        augur.env_fingerprint.dom_hash = "zz env fingerprint dom hash",
        "augur.env_fingerprint.extensions.0" = "zz env fingerprint extensions 0",
        augur.env_fingerprint.url_host = "zz env fingerprint url host",
        augur.env_fingerprint.url_path_template = "zz env fingerprint url path template",
        augur.env_fingerprint.viewport_hash = "zz env fingerprint viewport hash",
        augur.step.failure_class = "zz failure class",
        augur.grounding.confidence = "0.25",
        augur.grounding.coordinates.x = "0.625",
        augur.grounding.coordinates.y = "0.625",
        augur.grounding.evidence = "zz grounding evidence",
        augur.grounding.provenance = "screenshot",
        augur.grounding.provider = "zz grounding provider",
        augur.grounding.target_label = "zz grounding target label",
        augur.step.group_id = "zz group id",
        augur.step.intent = "zz intent",
        "augur.judge_decisions.0.confidence" = "0.625",
        "augur.judge_decisions.0.evidence_refs.0" = "zz judge decisions 0 evidence refs 0",
        "augur.judge_decisions.0.judge_id" = "zz judge decisions 0 judge id",
        "augur.judge_decisions.0.judge_type" = "rule",
        "augur.judge_decisions.0.judged_at" = "2026-02-03T04:05:06.000007Z",
        "augur.judge_decisions.0.verdict.evidence_refs.0" = "zz judge decisions 0 verdict evidence refs 0",
        "augur.judge_decisions.0.verdict.reason" = "zz judge decisions 0 verdict reason",
        "augur.judge_decisions.0.verdict.score" = "0.375",
        "augur.judge_decisions.0.verdict.status" = "passed",
        augur.latency.dispatch_ms = "19",
        augur.latency.grounding_ms = "20",
        augur.latency.planner_ms = "18",
        augur.latency.recovery_ms = "19",
        augur.latency.total_ms = "16",
        augur.latency.verifier_ms = "19",
        "augur.logs.0" = "zz logs 0",
        augur.step.loop_detected = "true",
        augur.recovery_decision.attempt = "25",
        augur.recovery_decision.reason = "zz recovery decision reason",
        augur.recovery_decision.type = "retry",
        augur.step.required = "false",
        augur.step.started_at = "2026-02-03T04:05:06.000007Z",
        augur.step.status = "recovered",
        augur.step.type = "zz step type",
        "augur.subgoals_completed.0.completion" = "0.375",
        "augur.subgoals_completed.0.first_completed_at_step" = "44",
        "augur.subgoals_completed.0.subgoal_id" = "zz subgoals completed 0 subgoal id",
        augur.verdict.comparator = "verifier",
        "augur.verdict.evidence_refs.0" = "zz verdict evidence refs 0",
        augur.verdict.reason = "zz verdict reason",
        augur.verdict.score = "0.625",
        augur.verdict.score_components.given = "zz verdict score components given",
        augur.verdict.should_stop = "true",
        augur.verdict.status = "passed",
        augur.verdict.uncertainty = "0.75",
        augur.step.verdict_source = "zz verdict source",
    )
}

pub fn step_shown() -> Span {
    info_span!("step",
        augur.action.coordinate_space = ?"viewport_css_px",
        augur.action.dispatch_backend = ?"zz action dispatch backend",
        augur.action.params.given = ?"zz action params given",
        augur.action.type = ?"zz action type",
        augur.branch_context.branch_id = ?"zz branch context branch id",
        augur.branch_context.branch_point_step_index = ?38_u64,
        augur.branch_context.mutated_axis = ?"model",
        augur.branch_context.mutation.given = ?"zz branch context mutation given",
        augur.branch_context.parent_run_id = ?"zz branch context parent run id",
        augur.captured_versions.code_git_sha = ?"zz captured versions code git sha",
        augur.captured_versions.env_fingerprint_ref = ?"zz captured versions env fingerprint ref",
        augur.captured_versions.grounder = ?"zz captured versions grounder",
        augur.captured_versions.model = ?"zz captured versions model",
        augur.captured_versions.prompt = ?"zz captured versions prompt",
        augur.captured_versions.prompt_hash = ?"zz captured versions prompt hash",
        augur.captured_versions.tool_descriptions_hash = ?"zz captured versions tool descriptions hash",
        augur.costs.cache_hit_tokens = ?22_u64,
        augur.costs.gpu_usd = ?0.625,
        augur.costs.model_usd = ?0.25,
        augur.costs.proxy_usd = ?0.25,
        augur.costs.tokens_in = ?15_u64,
        augur.costs.tokens_out = ?16_u64,
        augur.costs.total_usd = ?0.25,
        augur.step.duration_ms = ?11_u64,
        augur.step.ended_at = ?"2026-02-03T04:05:07.000008Z",
        augur.env_fingerprint.api_shapes.given = ?"zz env fingerprint api shapes given",
        augur.env_fingerprint.dom_hash = ?"zz env fingerprint dom hash",
        "augur.env_fingerprint.extensions.0" = ?"zz env fingerprint extensions 0",
        augur.env_fingerprint.url_host = ?"zz env fingerprint url host",
        augur.env_fingerprint.url_path_template = ?"zz env fingerprint url path template",
        augur.env_fingerprint.viewport_hash = ?"zz env fingerprint viewport hash",
        augur.step.failure_class = ?"zz failure class",
        augur.grounding.confidence = ?0.25,
        augur.grounding.coordinates.x = ?0.625,
        augur.grounding.coordinates.y = ?0.625,
        augur.grounding.evidence = ?"zz grounding evidence",
        augur.grounding.provenance = ?"screenshot",
        augur.grounding.provider = ?"zz grounding provider",
        augur.grounding.target_label = ?"zz grounding target label",
        augur.step.group_id = ?"zz group id",
        augur.step.intent = ?"zz intent",
        "augur.judge_decisions.0.confidence" = ?0.625,
        "augur.judge_decisions.0.evidence_refs.0" = ?"zz judge decisions 0 evidence refs 0",
        "augur.judge_decisions.0.judge_id" = ?"zz judge decisions 0 judge id",
        "augur.judge_decisions.0.judge_type" = ?"rule",
        "augur.judge_decisions.0.judged_at" = ?"2026-02-03T04:05:06.000007Z",
        "augur.judge_decisions.0.verdict.evidence_refs.0" = ?"zz judge decisions 0 verdict evidence refs 0",
        "augur.judge_decisions.0.verdict.reason" = ?"zz judge decisions 0 verdict reason",
        "augur.judge_decisions.0.verdict.score" = ?0.375,
        "augur.judge_decisions.0.verdict.status" = ?"passed",
        augur.latency.dispatch_ms = ?19_u64,
        augur.latency.grounding_ms = ?20_u64,
        augur.latency.planner_ms = ?18_u64,
        augur.latency.recovery_ms = ?19_u64,
        augur.latency.total_ms = ?16_u64,
        augur.latency.verifier_ms = ?19_u64,
        "augur.logs.0" = ?"zz logs 0",
        augur.step.loop_detected = ?true,
        augur.recovery_decision.attempt = ?25_u64,
        augur.recovery_decision.reason = ?"zz recovery decision reason",
        augur.recovery_decision.type = ?"retry",
        augur.step.required = ?false,
        augur.step.started_at = ?"2026-02-03T04:05:06.000007Z",
        augur.step.status = ?"recovered",
        augur.step.type = ?"zz step type",
        "augur.subgoals_completed.0.completion" = ?0.375,
        "augur.subgoals_completed.0.first_completed_at_step" = ?44_u64,
        "augur.subgoals_completed.0.subgoal_id" = ?"zz subgoals completed 0 subgoal id",
        augur.verdict.comparator = ?"verifier",
        "augur.verdict.evidence_refs.0" = ?"zz verdict evidence refs 0",
        augur.verdict.reason = ?"zz verdict reason",
        augur.verdict.score = ?0.625,
        augur.verdict.score_components.given = ?"zz verdict score components given",
        augur.verdict.should_stop = ?true,
        augur.verdict.status = ?"passed",
        augur.verdict.uncertainty = ?0.75,
        augur.step.verdict_source = ?"zz verdict source",
    )
}

pub fn step_as_json() -> Span {
    info_span!("step",
        augur.action = "{\"coordinate_space\": \"viewport_css_px\", \"dispatch_backend\": \"zz action dispatch backend\", \"params\": {\"given\": \"zz action params given\"}, \"type\": \"zz action type\"}",
        augur.action.params = "{\"given\": \"zz action params given\"}",
        augur.branch_context = "{\"branch_id\": \"zz branch context branch id\", \"branch_point_step_index\": 38, \"mutated_axis\": \"model\", \"mutation\": {\"given\": \"zz branch context mutation given\"}, \"parent_run_id\": \"zz branch context parent run id\"}",
        augur.branch_context.mutation = "{\"given\": \"zz branch context mutation given\"}",
        augur.captured_versions = "{\"code_git_sha\": \"zz captured versions code git sha\", \"env_fingerprint_ref\": \"zz captured versions env fingerprint ref\", \"grounder\": \"zz captured versions grounder\", \"model\": \"zz captured versions model\", \"prompt\": \"zz captured versions prompt\", \"prompt_hash\": \"zz captured versions prompt hash\", \"tool_descriptions_hash\": \"zz captured versions tool descriptions hash\"}",
        augur.costs = "{\"cache_hit_tokens\": 22, \"gpu_usd\": 0.625, \"model_usd\": 0.25, \"proxy_usd\": 0.25, \"tokens_in\": 15, \"tokens_out\": 16, \"total_usd\": 0.25}",
        augur.env_fingerprint = "{\"api_shapes\": {\"given\": \"zz env fingerprint api shapes given\"}, \"dom_hash\": \"zz env fingerprint dom hash\", \"extensions\": [\"zz env fingerprint extensions 0\"], \"url_host\": \"zz env fingerprint url host\", \"url_path_template\": \"zz env fingerprint url path template\", \"viewport_hash\": \"zz env fingerprint viewport hash\"}",
        augur.env_fingerprint.api_shapes = "{\"given\": \"zz env fingerprint api shapes given\"}",
        augur.env_fingerprint.extensions = "[\"zz env fingerprint extensions 0\"]",
        augur.grounding = "{\"confidence\": 0.25, \"coordinates\": {\"x\": 0.625, \"y\": 0.625}, \"evidence\": \"zz grounding evidence\", \"provenance\": \"screenshot\", \"provider\": \"zz grounding provider\", \"target_label\": \"zz grounding target label\"}",
        augur.grounding.coordinates = "{\"x\": 0.625, \"y\": 0.625}",
        augur.judge_decisions = "[{\"confidence\": 0.625, \"evidence_refs\": [\"zz judge decisions 0 evidence refs 0\"], \"judge_id\": \"zz judge decisions 0 judge id\", \"judge_type\": \"rule\", \"judged_at\": \"2026-02-03T04:05:06.000007Z\", \"verdict\": {\"evidence_refs\": [\"zz judge decisions 0 verdict evidence refs 0\"], \"reason\": \"zz judge decisions 0 verdict reason\", \"score\": 0.375, \"status\": \"passed\"}}]",
        "augur.judge_decisions.0" = "{\"confidence\": 0.625, \"evidence_refs\": [\"zz judge decisions 0 evidence refs 0\"], \"judge_id\": \"zz judge decisions 0 judge id\", \"judge_type\": \"rule\", \"judged_at\": \"2026-02-03T04:05:06.000007Z\", \"verdict\": {\"evidence_refs\": [\"zz judge decisions 0 verdict evidence refs 0\"], \"reason\": \"zz judge decisions 0 verdict reason\", \"score\": 0.375, \"status\": \"passed\"}}",
        "augur.judge_decisions.0.evidence_refs" = "[\"zz judge decisions 0 evidence refs 0\"]",
        "augur.judge_decisions.0.verdict" = "{\"evidence_refs\": [\"zz judge decisions 0 verdict evidence refs 0\"], \"reason\": \"zz judge decisions 0 verdict reason\", \"score\": 0.375, \"status\": \"passed\"}",
        "augur.judge_decisions.0.verdict.evidence_refs" = "[\"zz judge decisions 0 verdict evidence refs 0\"]",
        augur.latency = "{\"dispatch_ms\": 19, \"grounding_ms\": 20, \"planner_ms\": 18, \"recovery_ms\": 19, \"total_ms\": 16, \"verifier_ms\": 19}",
        augur.logs = "[\"zz logs 0\"]",
        augur.recovery_decision = "{\"attempt\": 25, \"reason\": \"zz recovery decision reason\", \"type\": \"retry\"}",
        augur.subgoals_completed = "[{\"completion\": 0.375, \"first_completed_at_step\": 44, \"subgoal_id\": \"zz subgoals completed 0 subgoal id\"}]",
        "augur.subgoals_completed.0" = "{\"completion\": 0.375, \"first_completed_at_step\": 44, \"subgoal_id\": \"zz subgoals completed 0 subgoal id\"}",
        augur.verdict = "{\"comparator\": \"verifier\", \"evidence_refs\": [\"zz verdict evidence refs 0\"], \"reason\": \"zz verdict reason\", \"score\": 0.625, \"score_components\": {\"given\": \"zz verdict score components given\"}, \"should_stop\": true, \"status\": \"passed\", \"uncertainty\": 0.75}",
        augur.verdict.evidence_refs = "[\"zz verdict evidence refs 0\"]",
        augur.verdict.score_components = "{\"given\": \"zz verdict score components given\"}",
    )
}

pub fn step_declared() -> Span {
    info_span!("step",
        augur.action.coordinate_space = Empty,
        augur.action.dispatch_backend = Empty,
        augur.action.params.given = Empty,
        augur.action.type = Empty,
        augur.branch_context.branch_id = Empty,
        augur.branch_context.branch_point_step_index = Empty,
        augur.branch_context.mutated_axis = Empty,
        augur.branch_context.mutation.given = Empty,
        augur.branch_context.parent_run_id = Empty,
        augur.captured_versions.code_git_sha = Empty,
        augur.captured_versions.env_fingerprint_ref = Empty,
        augur.captured_versions.grounder = Empty,
        augur.captured_versions.model = Empty,
        augur.captured_versions.prompt = Empty,
        augur.captured_versions.prompt_hash = Empty,
        augur.captured_versions.tool_descriptions_hash = Empty,
        augur.costs.cache_hit_tokens = Empty,
        augur.costs.gpu_usd = Empty,
        augur.costs.model_usd = Empty,
        augur.costs.proxy_usd = Empty,
        augur.costs.tokens_in = Empty,
        augur.costs.tokens_out = Empty,
        augur.costs.total_usd = Empty,
        augur.step.duration_ms = Empty,
        augur.step.ended_at = Empty,
        augur.env_fingerprint.api_shapes.given = Empty,
        augur.env_fingerprint.dom_hash = Empty,
        "augur.env_fingerprint.extensions.0" = Empty,
        augur.env_fingerprint.url_host = Empty,
        augur.env_fingerprint.url_path_template = Empty,
        augur.env_fingerprint.viewport_hash = Empty,
        augur.step.failure_class = Empty,
        augur.grounding.confidence = Empty,
        augur.grounding.coordinates.x = Empty,
        augur.grounding.coordinates.y = Empty,
        augur.grounding.evidence = Empty,
        augur.grounding.provenance = Empty,
        augur.grounding.provider = Empty,
        augur.grounding.target_label = Empty,
        augur.step.group_id = Empty,
        augur.step.intent = Empty,
        "augur.judge_decisions.0.confidence" = Empty,
        "augur.judge_decisions.0.evidence_refs.0" = Empty,
        "augur.judge_decisions.0.judge_id" = Empty,
        "augur.judge_decisions.0.judge_type" = Empty,
        "augur.judge_decisions.0.judged_at" = Empty,
        "augur.judge_decisions.0.verdict.evidence_refs.0" = Empty,
        "augur.judge_decisions.0.verdict.reason" = Empty,
        "augur.judge_decisions.0.verdict.score" = Empty,
        "augur.judge_decisions.0.verdict.status" = Empty,
        augur.latency.dispatch_ms = Empty,
        augur.latency.grounding_ms = Empty,
        augur.latency.planner_ms = Empty,
        augur.latency.recovery_ms = Empty,
        augur.latency.total_ms = Empty,
        augur.latency.verifier_ms = Empty,
        "augur.logs.0" = Empty,
        augur.step.loop_detected = Empty,
        augur.recovery_decision.attempt = Empty,
        augur.recovery_decision.reason = Empty,
        augur.recovery_decision.type = Empty,
        augur.step.required = Empty,
        augur.step.started_at = Empty,
        augur.step.status = Empty,
        augur.step.type = Empty,
        "augur.subgoals_completed.0.completion" = Empty,
        "augur.subgoals_completed.0.first_completed_at_step" = Empty,
        "augur.subgoals_completed.0.subgoal_id" = Empty,
        augur.verdict.comparator = Empty,
        "augur.verdict.evidence_refs.0" = Empty,
        augur.verdict.reason = Empty,
        augur.verdict.score = Empty,
        augur.verdict.score_components.given = Empty,
        augur.verdict.should_stop = Empty,
        augur.verdict.status = Empty,
        augur.verdict.uncertainty = Empty,
        augur.step.verdict_source = Empty,
    )
}

pub fn step_late(span: &Span) {
    span.record("augur.action.coordinate_space", "viewport_css_px");
    span.record("augur.action.dispatch_backend", "zz action dispatch backend");
    span.record("augur.action.params.given", "zz action params given");
    span.record("augur.action.type", "zz action type");
    span.record("augur.branch_context.branch_id", "zz branch context branch id");
    span.record("augur.branch_context.branch_point_step_index", 38_u64);
    span.record("augur.branch_context.mutated_axis", "model");
    span.record("augur.branch_context.mutation.given", "zz branch context mutation given");
    span.record("augur.branch_context.parent_run_id", "zz branch context parent run id");
    span.record("augur.captured_versions.code_git_sha", "zz captured versions code git sha");
    span.record("augur.captured_versions.env_fingerprint_ref", "zz captured versions env fingerprint ref");
    span.record("augur.captured_versions.grounder", "zz captured versions grounder");
    span.record("augur.captured_versions.model", "zz captured versions model");
    span.record("augur.captured_versions.prompt", "zz captured versions prompt");
    span.record("augur.captured_versions.prompt_hash", "zz captured versions prompt hash");
    span.record("augur.captured_versions.tool_descriptions_hash", "zz captured versions tool descriptions hash");
    span.record("augur.costs.cache_hit_tokens", 22_u64);
    span.record("augur.costs.gpu_usd", 0.625);
    span.record("augur.costs.model_usd", 0.25);
    span.record("augur.costs.proxy_usd", 0.25);
    span.record("augur.costs.tokens_in", 15_u64);
    span.record("augur.costs.tokens_out", 16_u64);
    span.record("augur.costs.total_usd", 0.25);
    span.record("augur.step.duration_ms", 11_u64);
    span.record("augur.step.ended_at", "2026-02-03T04:05:07.000008Z");
    span.record("augur.env_fingerprint.api_shapes.given", "zz env fingerprint api shapes given");
    span.record("augur.env_fingerprint.dom_hash", "zz env fingerprint dom hash");
    span.record("augur.env_fingerprint.extensions.0", "zz env fingerprint extensions 0");
    span.record("augur.env_fingerprint.url_host", "zz env fingerprint url host");
    span.record("augur.env_fingerprint.url_path_template", "zz env fingerprint url path template");
    span.record("augur.env_fingerprint.viewport_hash", "zz env fingerprint viewport hash");
    span.record("augur.step.failure_class", "zz failure class");
    span.record("augur.grounding.confidence", 0.25);
    span.record("augur.grounding.coordinates.x", 0.625);
    span.record("augur.grounding.coordinates.y", 0.625);
    span.record("augur.grounding.evidence", "zz grounding evidence");
    span.record("augur.grounding.provenance", "screenshot");
    span.record("augur.grounding.provider", "zz grounding provider");
    span.record("augur.grounding.target_label", "zz grounding target label");
    span.record("augur.step.group_id", "zz group id");
    span.record("augur.step.intent", "zz intent");
    span.record("augur.judge_decisions.0.confidence", 0.625);
    span.record("augur.judge_decisions.0.evidence_refs.0", "zz judge decisions 0 evidence refs 0");
    span.record("augur.judge_decisions.0.judge_id", "zz judge decisions 0 judge id");
    span.record("augur.judge_decisions.0.judge_type", "rule");
    span.record("augur.judge_decisions.0.judged_at", "2026-02-03T04:05:06.000007Z");
    span.record("augur.judge_decisions.0.verdict.evidence_refs.0", "zz judge decisions 0 verdict evidence refs 0");
    span.record("augur.judge_decisions.0.verdict.reason", "zz judge decisions 0 verdict reason");
    span.record("augur.judge_decisions.0.verdict.score", 0.375);
    span.record("augur.judge_decisions.0.verdict.status", "passed");
    span.record("augur.latency.dispatch_ms", 19_u64);
    span.record("augur.latency.grounding_ms", 20_u64);
    span.record("augur.latency.planner_ms", 18_u64);
    span.record("augur.latency.recovery_ms", 19_u64);
    span.record("augur.latency.total_ms", 16_u64);
    span.record("augur.latency.verifier_ms", 19_u64);
    span.record("augur.logs.0", "zz logs 0");
    span.record("augur.step.loop_detected", true);
    span.record("augur.recovery_decision.attempt", 25_u64);
    span.record("augur.recovery_decision.reason", "zz recovery decision reason");
    span.record("augur.recovery_decision.type", "retry");
    span.record("augur.step.required", false);
    span.record("augur.step.started_at", "2026-02-03T04:05:06.000007Z");
    span.record("augur.step.status", "recovered");
    span.record("augur.step.type", "zz step type");
    span.record("augur.subgoals_completed.0.completion", 0.375);
    span.record("augur.subgoals_completed.0.first_completed_at_step", 44_u64);
    span.record("augur.subgoals_completed.0.subgoal_id", "zz subgoals completed 0 subgoal id");
    span.record("augur.verdict.comparator", "verifier");
    span.record("augur.verdict.evidence_refs.0", "zz verdict evidence refs 0");
    span.record("augur.verdict.reason", "zz verdict reason");
    span.record("augur.verdict.score", 0.625);
    span.record("augur.verdict.score_components.given", "zz verdict score components given");
    span.record("augur.verdict.should_stop", true);
    span.record("augur.verdict.status", "passed");
    span.record("augur.verdict.uncertainty", 0.75);
    span.record("augur.step.verdict_source", "zz verdict source");
}

pub fn step_in_events() {
    info!(augur.action.coordinate_space = "viewport_css_px");
    info!(augur.action.dispatch_backend = "zz action dispatch backend");
    info!(augur.action.params.given = "zz action params given");
    info!(augur.action.type = "zz action type");
    info!(augur.branch_context.branch_id = "zz branch context branch id");
    info!(augur.branch_context.branch_point_step_index = 38_u64);
    info!(augur.branch_context.mutated_axis = "model");
    info!(augur.branch_context.mutation.given = "zz branch context mutation given");
    info!(augur.branch_context.parent_run_id = "zz branch context parent run id");
    info!(augur.captured_versions.code_git_sha = "zz captured versions code git sha");
    info!(augur.captured_versions.env_fingerprint_ref = "zz captured versions env fingerprint ref");
    info!(augur.captured_versions.grounder = "zz captured versions grounder");
    info!(augur.captured_versions.model = "zz captured versions model");
    info!(augur.captured_versions.prompt = "zz captured versions prompt");
    info!(augur.captured_versions.prompt_hash = "zz captured versions prompt hash");
    info!(augur.captured_versions.tool_descriptions_hash = "zz captured versions tool descriptions hash");
    info!(augur.costs.cache_hit_tokens = 22_u64);
    info!(augur.costs.gpu_usd = 0.625);
    info!(augur.costs.model_usd = 0.25);
    info!(augur.costs.proxy_usd = 0.25);
    info!(augur.costs.tokens_in = 15_u64);
    info!(augur.costs.tokens_out = 16_u64);
    info!(augur.costs.total_usd = 0.25);
    info!(augur.step.duration_ms = 11_u64);
    info!(augur.step.ended_at = "2026-02-03T04:05:07.000008Z");
    info!(augur.env_fingerprint.api_shapes.given = "zz env fingerprint api shapes given");
    info!(augur.env_fingerprint.dom_hash = "zz env fingerprint dom hash");
    info!("augur.env_fingerprint.extensions.0" = "zz env fingerprint extensions 0");
    info!(augur.env_fingerprint.url_host = "zz env fingerprint url host");
    info!(augur.env_fingerprint.url_path_template = "zz env fingerprint url path template");
    info!(augur.env_fingerprint.viewport_hash = "zz env fingerprint viewport hash");
    info!(augur.step.failure_class = "zz failure class");
    info!(augur.grounding.confidence = 0.25);
    info!(augur.grounding.coordinates.x = 0.625);
    info!(augur.grounding.coordinates.y = 0.625);
    info!(augur.grounding.evidence = "zz grounding evidence");
    info!(augur.grounding.provenance = "screenshot");
    info!(augur.grounding.provider = "zz grounding provider");
    info!(augur.grounding.target_label = "zz grounding target label");
    info!(augur.step.group_id = "zz group id");
    info!(augur.step.intent = "zz intent");
    info!("augur.judge_decisions.0.confidence" = 0.625);
    info!("augur.judge_decisions.0.evidence_refs.0" = "zz judge decisions 0 evidence refs 0");
    info!("augur.judge_decisions.0.judge_id" = "zz judge decisions 0 judge id");
    info!("augur.judge_decisions.0.judge_type" = "rule");
    info!("augur.judge_decisions.0.judged_at" = "2026-02-03T04:05:06.000007Z");
    info!("augur.judge_decisions.0.verdict.evidence_refs.0" = "zz judge decisions 0 verdict evidence refs 0");
    info!("augur.judge_decisions.0.verdict.reason" = "zz judge decisions 0 verdict reason");
    info!("augur.judge_decisions.0.verdict.score" = 0.375);
    info!("augur.judge_decisions.0.verdict.status" = "passed");
    info!(augur.latency.dispatch_ms = 19_u64);
    info!(augur.latency.grounding_ms = 20_u64);
    info!(augur.latency.planner_ms = 18_u64);
    info!(augur.latency.recovery_ms = 19_u64);
    info!(augur.latency.total_ms = 16_u64);
    info!(augur.latency.verifier_ms = 19_u64);
    info!("augur.logs.0" = "zz logs 0");
    info!(augur.step.loop_detected = true);
    info!(augur.recovery_decision.attempt = 25_u64);
    info!(augur.recovery_decision.reason = "zz recovery decision reason");
    info!(augur.recovery_decision.type = "retry");
    info!(augur.step.required = false);
    info!(augur.step.started_at = "2026-02-03T04:05:06.000007Z");
    info!(augur.step.status = "recovered");
    info!(augur.step.type = "zz step type");
    info!("augur.subgoals_completed.0.completion" = 0.375);
    info!("augur.subgoals_completed.0.first_completed_at_step" = 44_u64);
    info!("augur.subgoals_completed.0.subgoal_id" = "zz subgoals completed 0 subgoal id");
    info!(augur.verdict.comparator = "verifier");
    info!("augur.verdict.evidence_refs.0" = "zz verdict evidence refs 0");
    info!(augur.verdict.reason = "zz verdict reason");
    info!(augur.verdict.score = 0.625);
    info!(augur.verdict.score_components.given = "zz verdict score components given");
    info!(augur.verdict.should_stop = true);
    info!(augur.verdict.status = "passed");
    info!(augur.verdict.uncertainty = 0.75);
    info!(augur.step.verdict_source = "zz verdict source");
}

/// Names of fields, and what they say as JSON.
pub const STEP_FIELDS: &[(&str, &str)] = &[
    ("augur.action.coordinate_space", "\"viewport_css_px\""),
    ("augur.action.dispatch_backend", "\"zz action dispatch backend\""),
    ("augur.action.params.given", "\"zz action params given\""),
    ("augur.action.type", "\"zz action type\""),
    ("augur.branch_context.branch_id", "\"zz branch context branch id\""),
    ("augur.branch_context.branch_point_step_index", "38"),
    ("augur.branch_context.mutated_axis", "\"model\""),
    ("augur.branch_context.mutation.given", "\"zz branch context mutation given\""),
    ("augur.branch_context.parent_run_id", "\"zz branch context parent run id\""),
    ("augur.captured_versions.code_git_sha", "\"zz captured versions code git sha\""),
    ("augur.captured_versions.env_fingerprint_ref", "\"zz captured versions env fingerprint ref\""),
    ("augur.captured_versions.grounder", "\"zz captured versions grounder\""),
    ("augur.captured_versions.model", "\"zz captured versions model\""),
    ("augur.captured_versions.prompt", "\"zz captured versions prompt\""),
    ("augur.captured_versions.prompt_hash", "\"zz captured versions prompt hash\""),
    ("augur.captured_versions.tool_descriptions_hash", "\"zz captured versions tool descriptions hash\""),
    ("augur.costs.cache_hit_tokens", "22"),
    ("augur.costs.gpu_usd", "0.625"),
    ("augur.costs.model_usd", "0.25"),
    ("augur.costs.proxy_usd", "0.25"),
    ("augur.costs.tokens_in", "15"),
    ("augur.costs.tokens_out", "16"),
    ("augur.costs.total_usd", "0.25"),
    ("augur.step.duration_ms", "11"),
    ("augur.step.ended_at", "\"2026-02-03T04:05:07.000008Z\""),
    ("augur.env_fingerprint.api_shapes.given", "\"zz env fingerprint api shapes given\""),
    ("augur.env_fingerprint.dom_hash", "\"zz env fingerprint dom hash\""),
    ("augur.env_fingerprint.extensions.0", "\"zz env fingerprint extensions 0\""),
    ("augur.env_fingerprint.url_host", "\"zz env fingerprint url host\""),
    ("augur.env_fingerprint.url_path_template", "\"zz env fingerprint url path template\""),
    ("augur.env_fingerprint.viewport_hash", "\"zz env fingerprint viewport hash\""),
    ("augur.step.failure_class", "\"zz failure class\""),
    ("augur.grounding.confidence", "0.25"),
    ("augur.grounding.coordinates.x", "0.625"),
    ("augur.grounding.coordinates.y", "0.625"),
    ("augur.grounding.evidence", "\"zz grounding evidence\""),
    ("augur.grounding.provenance", "\"screenshot\""),
    ("augur.grounding.provider", "\"zz grounding provider\""),
    ("augur.grounding.target_label", "\"zz grounding target label\""),
    ("augur.step.group_id", "\"zz group id\""),
    ("augur.step.intent", "\"zz intent\""),
    ("augur.judge_decisions.0.confidence", "0.625"),
    ("augur.judge_decisions.0.evidence_refs.0", "\"zz judge decisions 0 evidence refs 0\""),
    ("augur.judge_decisions.0.judge_id", "\"zz judge decisions 0 judge id\""),
    ("augur.judge_decisions.0.judge_type", "\"rule\""),
    ("augur.judge_decisions.0.judged_at", "\"2026-02-03T04:05:06.000007Z\""),
    ("augur.judge_decisions.0.verdict.evidence_refs.0", "\"zz judge decisions 0 verdict evidence refs 0\""),
    ("augur.judge_decisions.0.verdict.reason", "\"zz judge decisions 0 verdict reason\""),
    ("augur.judge_decisions.0.verdict.score", "0.375"),
    ("augur.judge_decisions.0.verdict.status", "\"passed\""),
    ("augur.latency.dispatch_ms", "19"),
    ("augur.latency.grounding_ms", "20"),
    ("augur.latency.planner_ms", "18"),
    ("augur.latency.recovery_ms", "19"),
    ("augur.latency.total_ms", "16"),
    ("augur.latency.verifier_ms", "19"),
    ("augur.logs.0", "\"zz logs 0\""),
    ("augur.step.loop_detected", "true"),
    ("augur.recovery_decision.attempt", "25"),
    ("augur.recovery_decision.reason", "\"zz recovery decision reason\""),
    ("augur.recovery_decision.type", "\"retry\""),
    ("augur.step.required", "false"),
    ("augur.step.started_at", "\"2026-02-03T04:05:06.000007Z\""),
    ("augur.step.status", "\"recovered\""),
    ("augur.step.type", "\"zz step type\""),
    ("augur.subgoals_completed.0.completion", "0.375"),
    ("augur.subgoals_completed.0.first_completed_at_step", "44"),
    ("augur.subgoals_completed.0.subgoal_id", "\"zz subgoals completed 0 subgoal id\""),
    ("augur.verdict.comparator", "\"verifier\""),
    ("augur.verdict.evidence_refs.0", "\"zz verdict evidence refs 0\""),
    ("augur.verdict.reason", "\"zz verdict reason\""),
    ("augur.verdict.score", "0.625"),
    ("augur.verdict.score_components.given", "\"zz verdict score components given\""),
    ("augur.verdict.should_stop", "true"),
    ("augur.verdict.status", "\"passed\""),
    ("augur.verdict.uncertainty", "0.75"),
    ("augur.step.verdict_source", "\"zz verdict source\""),
];

/// Names of fields, and what they say as JSON.
pub const STEP_STRUCTURES: &[(&str, &str)] = &[
    ("augur.action", "{\"coordinate_space\": \"viewport_css_px\", \"dispatch_backend\": \"zz action dispatch backend\", \"params\": {\"given\": \"zz action params given\"}, \"type\": \"zz action type\"}"),
    ("augur.action.params", "{\"given\": \"zz action params given\"}"),
    ("augur.branch_context", "{\"branch_id\": \"zz branch context branch id\", \"branch_point_step_index\": 38, \"mutated_axis\": \"model\", \"mutation\": {\"given\": \"zz branch context mutation given\"}, \"parent_run_id\": \"zz branch context parent run id\"}"),
    ("augur.branch_context.mutation", "{\"given\": \"zz branch context mutation given\"}"),
    ("augur.captured_versions", "{\"code_git_sha\": \"zz captured versions code git sha\", \"env_fingerprint_ref\": \"zz captured versions env fingerprint ref\", \"grounder\": \"zz captured versions grounder\", \"model\": \"zz captured versions model\", \"prompt\": \"zz captured versions prompt\", \"prompt_hash\": \"zz captured versions prompt hash\", \"tool_descriptions_hash\": \"zz captured versions tool descriptions hash\"}"),
    ("augur.costs", "{\"cache_hit_tokens\": 22, \"gpu_usd\": 0.625, \"model_usd\": 0.25, \"proxy_usd\": 0.25, \"tokens_in\": 15, \"tokens_out\": 16, \"total_usd\": 0.25}"),
    ("augur.env_fingerprint", "{\"api_shapes\": {\"given\": \"zz env fingerprint api shapes given\"}, \"dom_hash\": \"zz env fingerprint dom hash\", \"extensions\": [\"zz env fingerprint extensions 0\"], \"url_host\": \"zz env fingerprint url host\", \"url_path_template\": \"zz env fingerprint url path template\", \"viewport_hash\": \"zz env fingerprint viewport hash\"}"),
    ("augur.env_fingerprint.api_shapes", "{\"given\": \"zz env fingerprint api shapes given\"}"),
    ("augur.env_fingerprint.extensions", "[\"zz env fingerprint extensions 0\"]"),
    ("augur.grounding", "{\"confidence\": 0.25, \"coordinates\": {\"x\": 0.625, \"y\": 0.625}, \"evidence\": \"zz grounding evidence\", \"provenance\": \"screenshot\", \"provider\": \"zz grounding provider\", \"target_label\": \"zz grounding target label\"}"),
    ("augur.grounding.coordinates", "{\"x\": 0.625, \"y\": 0.625}"),
    ("augur.judge_decisions", "[{\"confidence\": 0.625, \"evidence_refs\": [\"zz judge decisions 0 evidence refs 0\"], \"judge_id\": \"zz judge decisions 0 judge id\", \"judge_type\": \"rule\", \"judged_at\": \"2026-02-03T04:05:06.000007Z\", \"verdict\": {\"evidence_refs\": [\"zz judge decisions 0 verdict evidence refs 0\"], \"reason\": \"zz judge decisions 0 verdict reason\", \"score\": 0.375, \"status\": \"passed\"}}]"),
    ("augur.judge_decisions.0", "{\"confidence\": 0.625, \"evidence_refs\": [\"zz judge decisions 0 evidence refs 0\"], \"judge_id\": \"zz judge decisions 0 judge id\", \"judge_type\": \"rule\", \"judged_at\": \"2026-02-03T04:05:06.000007Z\", \"verdict\": {\"evidence_refs\": [\"zz judge decisions 0 verdict evidence refs 0\"], \"reason\": \"zz judge decisions 0 verdict reason\", \"score\": 0.375, \"status\": \"passed\"}}"),
    ("augur.judge_decisions.0.evidence_refs", "[\"zz judge decisions 0 evidence refs 0\"]"),
    ("augur.judge_decisions.0.verdict", "{\"evidence_refs\": [\"zz judge decisions 0 verdict evidence refs 0\"], \"reason\": \"zz judge decisions 0 verdict reason\", \"score\": 0.375, \"status\": \"passed\"}"),
    ("augur.judge_decisions.0.verdict.evidence_refs", "[\"zz judge decisions 0 verdict evidence refs 0\"]"),
    ("augur.latency", "{\"dispatch_ms\": 19, \"grounding_ms\": 20, \"planner_ms\": 18, \"recovery_ms\": 19, \"total_ms\": 16, \"verifier_ms\": 19}"),
    ("augur.logs", "[\"zz logs 0\"]"),
    ("augur.recovery_decision", "{\"attempt\": 25, \"reason\": \"zz recovery decision reason\", \"type\": \"retry\"}"),
    ("augur.subgoals_completed", "[{\"completion\": 0.375, \"first_completed_at_step\": 44, \"subgoal_id\": \"zz subgoals completed 0 subgoal id\"}]"),
    ("augur.subgoals_completed.0", "{\"completion\": 0.375, \"first_completed_at_step\": 44, \"subgoal_id\": \"zz subgoals completed 0 subgoal id\"}"),
    ("augur.verdict", "{\"comparator\": \"verifier\", \"evidence_refs\": [\"zz verdict evidence refs 0\"], \"reason\": \"zz verdict reason\", \"score\": 0.625, \"score_components\": {\"given\": \"zz verdict score components given\"}, \"should_stop\": true, \"status\": \"passed\", \"uncertainty\": 0.75}"),
    ("augur.verdict.evidence_refs", "[\"zz verdict evidence refs 0\"]"),
    ("augur.verdict.score_components", "{\"given\": \"zz verdict score components given\"}"),
];

/// The record that has all of it.
pub const STEP_RECORD: &str = "{\"action\": {\"coordinate_space\": \"viewport_css_px\", \"dispatch_backend\": \"zz action dispatch backend\", \"params\": {\"given\": \"zz action params given\"}, \"type\": \"zz action type\"}, \"branch_context\": {\"branch_id\": \"zz branch context branch id\", \"branch_point_step_index\": 38, \"mutated_axis\": \"model\", \"mutation\": {\"given\": \"zz branch context mutation given\"}, \"parent_run_id\": \"zz branch context parent run id\"}, \"captured_versions\": {\"code_git_sha\": \"zz captured versions code git sha\", \"env_fingerprint_ref\": \"zz captured versions env fingerprint ref\", \"grounder\": \"zz captured versions grounder\", \"model\": \"zz captured versions model\", \"prompt\": \"zz captured versions prompt\", \"prompt_hash\": \"zz captured versions prompt hash\", \"tool_descriptions_hash\": \"zz captured versions tool descriptions hash\"}, \"costs\": {\"cache_hit_tokens\": 22, \"gpu_usd\": 0.625, \"model_usd\": 0.25, \"proxy_usd\": 0.25, \"tokens_in\": 15, \"tokens_out\": 16, \"total_usd\": 0.25}, \"duration_ms\": 11, \"ended_at\": \"2026-02-03T04:05:07.000008Z\", \"env_fingerprint\": {\"api_shapes\": {\"given\": \"zz env fingerprint api shapes given\"}, \"dom_hash\": \"zz env fingerprint dom hash\", \"extensions\": [\"zz env fingerprint extensions 0\"], \"url_host\": \"zz env fingerprint url host\", \"url_path_template\": \"zz env fingerprint url path template\", \"viewport_hash\": \"zz env fingerprint viewport hash\"}, \"failure_class\": \"zz failure class\", \"grounding\": {\"confidence\": 0.25, \"coordinates\": {\"x\": 0.625, \"y\": 0.625}, \"evidence\": \"zz grounding evidence\", \"provenance\": \"screenshot\", \"provider\": \"zz grounding provider\", \"target_label\": \"zz grounding target label\"}, \"group_id\": \"zz group id\", \"intent\": \"zz intent\", \"judge_decisions\": [{\"confidence\": 0.625, \"evidence_refs\": [\"zz judge decisions 0 evidence refs 0\"], \"judge_id\": \"zz judge decisions 0 judge id\", \"judge_type\": \"rule\", \"judged_at\": \"2026-02-03T04:05:06.000007Z\", \"verdict\": {\"evidence_refs\": [\"zz judge decisions 0 verdict evidence refs 0\"], \"reason\": \"zz judge decisions 0 verdict reason\", \"score\": 0.375, \"status\": \"passed\"}}], \"latency\": {\"dispatch_ms\": 19, \"grounding_ms\": 20, \"planner_ms\": 18, \"recovery_ms\": 19, \"total_ms\": 16, \"verifier_ms\": 19}, \"logs\": [\"zz logs 0\"], \"loop_detected\": true, \"recovery_decision\": {\"attempt\": 25, \"reason\": \"zz recovery decision reason\", \"type\": \"retry\"}, \"required\": false, \"started_at\": \"2026-02-03T04:05:06.000007Z\", \"status\": \"recovered\", \"step_type\": \"zz step type\", \"subgoals_completed\": [{\"completion\": 0.375, \"first_completed_at_step\": 44, \"subgoal_id\": \"zz subgoals completed 0 subgoal id\"}], \"verdict\": {\"comparator\": \"verifier\", \"evidence_refs\": [\"zz verdict evidence refs 0\"], \"reason\": \"zz verdict reason\", \"score\": 0.625, \"score_components\": {\"given\": \"zz verdict score components given\"}, \"should_stop\": true, \"status\": \"passed\", \"uncertainty\": 0.75}, \"verdict_source\": \"zz verdict source\"}";

pub fn run_at_once() -> Span {
    info_span!("run",
        augur.run.artifact_root = "zz artifact root",
        augur.run.branch_context.branch_id = "zz branch context branch id",
        augur.run.branch_context.branch_point_step_index = 38_u64,
        augur.run.branch_context.mutated_axis = "model",
        augur.run.branch_context.mutation.given = "zz branch context mutation given",
        augur.run.branch_context.parent_run_id = "zz branch context parent run id",
        augur.run.client.git_sha = "zz client git sha",
        augur.run.client.name = "zz client name",
        augur.run.client.version = "zz client version",
        augur.run.costs.cache_hit_tokens = 22_u64,
        augur.run.costs.gpu_usd = 0.625,
        augur.run.costs.model_usd = 0.25,
        augur.run.costs.proxy_usd = 0.25,
        augur.run.costs.tokens_in = 15_u64,
        augur.run.costs.tokens_out = 16_u64,
        augur.run.costs.total_usd = 0.25,
        augur.run.ended_at = "2026-02-03T04:05:07.000008Z",
        augur.run.live.reasoning_url = "zz live reasoning url",
        augur.run.live.status_url = "zz live status url",
        augur.run.live.video_url = "zz live video url",
        augur.run.started_at = "2026-02-03T04:05:06.000007Z",
        augur.run.status = "cancelled",
        augur.run.tags.given = "zz tags given",
        augur.run.task_spec.env_id = "zz task spec env id",
        augur.run.task_spec.instruction = "zz task spec instruction",
        augur.run.task_spec.max_duration_s = 24_u64,
        augur.run.task_spec.max_steps = 19_u64,
        "augur.run.task_spec.prohibited_actions.0" = "zz task spec prohibited actions 0",
        augur.run.task_spec.reset_state_id = "zz task spec reset state id",
        "augur.run.task_spec.subgoals.0.description" = "zz task spec subgoals 0 description",
        "augur.run.task_spec.subgoals.0.parent_subgoal_id" = "zz task spec subgoals 0 parent subgoal id",
        "augur.run.task_spec.subgoals.0.subgoal_id" = "zz task spec subgoals 0 subgoal id",
        "augur.run.task_spec.subgoals.0.weight" = 0.5,
        "augur.run.task_spec.success_conditions.0.description" = "zz task spec success conditions 0 description",
        "augur.run.task_spec.success_conditions.0.kind" = "zz task spec success conditions 0 kind",
        "augur.run.task_spec.success_conditions.0.params.given" = "zz task spec success conditions 0 params given",
        augur.run.task_spec.task_class = "zz task spec task class",
        augur.run.task_spec.task_seed = 19_u64,
        augur.run.task_spec.task_spec_id = "zz task spec task spec id",
        augur.run.task_spec_id = "zz task spec id",
        augur.run.trace_uri = "zz trace uri",
    )
}

pub fn run_as_text() -> Span {
    info_span!("run",
        augur.run.artifact_root = "zz artifact root",
        augur.run.branch_context.branch_id = "zz branch context branch id",
        augur.run.branch_context.branch_point_step_index = "38",
        augur.run.branch_context.mutated_axis = "model",
        augur.run.branch_context.mutation.given = "zz branch context mutation given",
        augur.run.branch_context.parent_run_id = "zz branch context parent run id",
        augur.run.client.git_sha = "zz client git sha",
        augur.run.client.name = "zz client name",
        augur.run.client.version = "zz client version",
        augur.run.costs.cache_hit_tokens = "22",
        augur.run.costs.gpu_usd = "0.625",
        augur.run.costs.model_usd = "0.25",
        augur.run.costs.proxy_usd = "0.25",
        augur.run.costs.tokens_in = "15",
        augur.run.costs.tokens_out = "16",
        augur.run.costs.total_usd = "0.25",
        augur.run.ended_at = "2026-02-03T04:05:07.000008Z",
        augur.run.live.reasoning_url = "zz live reasoning url",
        augur.run.live.status_url = "zz live status url",
        augur.run.live.video_url = "zz live video url",
        augur.run.started_at = "2026-02-03T04:05:06.000007Z",
        augur.run.status = "cancelled",
        augur.run.tags.given = "zz tags given",
        augur.run.task_spec.env_id = "zz task spec env id",
        augur.run.task_spec.instruction = "zz task spec instruction",
        augur.run.task_spec.max_duration_s = "24",
        augur.run.task_spec.max_steps = "19",
        "augur.run.task_spec.prohibited_actions.0" = "zz task spec prohibited actions 0",
        augur.run.task_spec.reset_state_id = "zz task spec reset state id",
        "augur.run.task_spec.subgoals.0.description" = "zz task spec subgoals 0 description",
        "augur.run.task_spec.subgoals.0.parent_subgoal_id" = "zz task spec subgoals 0 parent subgoal id",
        "augur.run.task_spec.subgoals.0.subgoal_id" = "zz task spec subgoals 0 subgoal id",
        "augur.run.task_spec.subgoals.0.weight" = "0.5",
        "augur.run.task_spec.success_conditions.0.description" = "zz task spec success conditions 0 description",
        "augur.run.task_spec.success_conditions.0.kind" = "zz task spec success conditions 0 kind",
        "augur.run.task_spec.success_conditions.0.params.given" = "zz task spec success conditions 0 params given",
        augur.run.task_spec.task_class = "zz task spec task class",
        augur.run.task_spec.task_seed = "19",
        augur.run.task_spec.task_spec_id = "zz task spec task spec id",
        augur.run.task_spec_id = "zz task spec id",
        augur.run.trace_uri = "zz trace uri",
    )
}

pub fn run_shown() -> Span {
    info_span!("run",
        augur.run.artifact_root = ?"zz artifact root",
        augur.run.branch_context.branch_id = ?"zz branch context branch id",
        augur.run.branch_context.branch_point_step_index = ?38_u64,
        augur.run.branch_context.mutated_axis = ?"model",
        augur.run.branch_context.mutation.given = ?"zz branch context mutation given",
        augur.run.branch_context.parent_run_id = ?"zz branch context parent run id",
        augur.run.client.git_sha = ?"zz client git sha",
        augur.run.client.name = ?"zz client name",
        augur.run.client.version = ?"zz client version",
        augur.run.costs.cache_hit_tokens = ?22_u64,
        augur.run.costs.gpu_usd = ?0.625,
        augur.run.costs.model_usd = ?0.25,
        augur.run.costs.proxy_usd = ?0.25,
        augur.run.costs.tokens_in = ?15_u64,
        augur.run.costs.tokens_out = ?16_u64,
        augur.run.costs.total_usd = ?0.25,
        augur.run.ended_at = ?"2026-02-03T04:05:07.000008Z",
        augur.run.live.reasoning_url = ?"zz live reasoning url",
        augur.run.live.status_url = ?"zz live status url",
        augur.run.live.video_url = ?"zz live video url",
        augur.run.started_at = ?"2026-02-03T04:05:06.000007Z",
        augur.run.status = ?"cancelled",
        augur.run.tags.given = ?"zz tags given",
        augur.run.task_spec.env_id = ?"zz task spec env id",
        augur.run.task_spec.instruction = ?"zz task spec instruction",
        augur.run.task_spec.max_duration_s = ?24_u64,
        augur.run.task_spec.max_steps = ?19_u64,
        "augur.run.task_spec.prohibited_actions.0" = ?"zz task spec prohibited actions 0",
        augur.run.task_spec.reset_state_id = ?"zz task spec reset state id",
        "augur.run.task_spec.subgoals.0.description" = ?"zz task spec subgoals 0 description",
        "augur.run.task_spec.subgoals.0.parent_subgoal_id" = ?"zz task spec subgoals 0 parent subgoal id",
        "augur.run.task_spec.subgoals.0.subgoal_id" = ?"zz task spec subgoals 0 subgoal id",
        "augur.run.task_spec.subgoals.0.weight" = ?0.5,
        "augur.run.task_spec.success_conditions.0.description" = ?"zz task spec success conditions 0 description",
        "augur.run.task_spec.success_conditions.0.kind" = ?"zz task spec success conditions 0 kind",
        "augur.run.task_spec.success_conditions.0.params.given" = ?"zz task spec success conditions 0 params given",
        augur.run.task_spec.task_class = ?"zz task spec task class",
        augur.run.task_spec.task_seed = ?19_u64,
        augur.run.task_spec.task_spec_id = ?"zz task spec task spec id",
        augur.run.task_spec_id = ?"zz task spec id",
        augur.run.trace_uri = ?"zz trace uri",
    )
}

pub fn run_as_json() -> Span {
    info_span!("run",
        augur.run.branch_context = "{\"branch_id\": \"zz branch context branch id\", \"branch_point_step_index\": 38, \"mutated_axis\": \"model\", \"mutation\": {\"given\": \"zz branch context mutation given\"}, \"parent_run_id\": \"zz branch context parent run id\"}",
        augur.run.branch_context.mutation = "{\"given\": \"zz branch context mutation given\"}",
        augur.run.client = "{\"git_sha\": \"zz client git sha\", \"name\": \"zz client name\", \"version\": \"zz client version\"}",
        augur.run.costs = "{\"cache_hit_tokens\": 22, \"gpu_usd\": 0.625, \"model_usd\": 0.25, \"proxy_usd\": 0.25, \"tokens_in\": 15, \"tokens_out\": 16, \"total_usd\": 0.25}",
        augur.run.live = "{\"reasoning_url\": \"zz live reasoning url\", \"status_url\": \"zz live status url\", \"video_url\": \"zz live video url\"}",
        augur.run.tags = "{\"given\": \"zz tags given\"}",
        augur.run.task_spec = "{\"env_id\": \"zz task spec env id\", \"instruction\": \"zz task spec instruction\", \"max_duration_s\": 24, \"max_steps\": 19, \"prohibited_actions\": [\"zz task spec prohibited actions 0\"], \"reset_state_id\": \"zz task spec reset state id\", \"subgoals\": [{\"description\": \"zz task spec subgoals 0 description\", \"parent_subgoal_id\": \"zz task spec subgoals 0 parent subgoal id\", \"subgoal_id\": \"zz task spec subgoals 0 subgoal id\", \"weight\": 0.5}], \"success_conditions\": [{\"description\": \"zz task spec success conditions 0 description\", \"kind\": \"zz task spec success conditions 0 kind\", \"params\": {\"given\": \"zz task spec success conditions 0 params given\"}}], \"task_class\": \"zz task spec task class\", \"task_seed\": 19, \"task_spec_id\": \"zz task spec task spec id\"}",
        augur.run.task_spec.prohibited_actions = "[\"zz task spec prohibited actions 0\"]",
        augur.run.task_spec.subgoals = "[{\"description\": \"zz task spec subgoals 0 description\", \"parent_subgoal_id\": \"zz task spec subgoals 0 parent subgoal id\", \"subgoal_id\": \"zz task spec subgoals 0 subgoal id\", \"weight\": 0.5}]",
        "augur.run.task_spec.subgoals.0" = "{\"description\": \"zz task spec subgoals 0 description\", \"parent_subgoal_id\": \"zz task spec subgoals 0 parent subgoal id\", \"subgoal_id\": \"zz task spec subgoals 0 subgoal id\", \"weight\": 0.5}",
        augur.run.task_spec.success_conditions = "[{\"description\": \"zz task spec success conditions 0 description\", \"kind\": \"zz task spec success conditions 0 kind\", \"params\": {\"given\": \"zz task spec success conditions 0 params given\"}}]",
        "augur.run.task_spec.success_conditions.0" = "{\"description\": \"zz task spec success conditions 0 description\", \"kind\": \"zz task spec success conditions 0 kind\", \"params\": {\"given\": \"zz task spec success conditions 0 params given\"}}",
        "augur.run.task_spec.success_conditions.0.params" = "{\"given\": \"zz task spec success conditions 0 params given\"}",
    )
}

pub fn run_declared() -> Span {
    info_span!("run",
        augur.run.artifact_root = Empty,
        augur.run.branch_context.branch_id = Empty,
        augur.run.branch_context.branch_point_step_index = Empty,
        augur.run.branch_context.mutated_axis = Empty,
        augur.run.branch_context.mutation.given = Empty,
        augur.run.branch_context.parent_run_id = Empty,
        augur.run.client.git_sha = Empty,
        augur.run.client.name = Empty,
        augur.run.client.version = Empty,
        augur.run.costs.cache_hit_tokens = Empty,
        augur.run.costs.gpu_usd = Empty,
        augur.run.costs.model_usd = Empty,
        augur.run.costs.proxy_usd = Empty,
        augur.run.costs.tokens_in = Empty,
        augur.run.costs.tokens_out = Empty,
        augur.run.costs.total_usd = Empty,
        augur.run.ended_at = Empty,
        augur.run.live.reasoning_url = Empty,
        augur.run.live.status_url = Empty,
        augur.run.live.video_url = Empty,
        augur.run.started_at = Empty,
        augur.run.status = Empty,
        augur.run.tags.given = Empty,
        augur.run.task_spec.env_id = Empty,
        augur.run.task_spec.instruction = Empty,
        augur.run.task_spec.max_duration_s = Empty,
        augur.run.task_spec.max_steps = Empty,
        "augur.run.task_spec.prohibited_actions.0" = Empty,
        augur.run.task_spec.reset_state_id = Empty,
        "augur.run.task_spec.subgoals.0.description" = Empty,
        "augur.run.task_spec.subgoals.0.parent_subgoal_id" = Empty,
        "augur.run.task_spec.subgoals.0.subgoal_id" = Empty,
        "augur.run.task_spec.subgoals.0.weight" = Empty,
        "augur.run.task_spec.success_conditions.0.description" = Empty,
        "augur.run.task_spec.success_conditions.0.kind" = Empty,
        "augur.run.task_spec.success_conditions.0.params.given" = Empty,
        augur.run.task_spec.task_class = Empty,
        augur.run.task_spec.task_seed = Empty,
        augur.run.task_spec.task_spec_id = Empty,
        augur.run.task_spec_id = Empty,
        augur.run.trace_uri = Empty,
    )
}

pub fn run_late(span: &Span) {
    span.record("augur.run.artifact_root", "zz artifact root");
    span.record("augur.run.branch_context.branch_id", "zz branch context branch id");
    span.record("augur.run.branch_context.branch_point_step_index", 38_u64);
    span.record("augur.run.branch_context.mutated_axis", "model");
    span.record("augur.run.branch_context.mutation.given", "zz branch context mutation given");
    span.record("augur.run.branch_context.parent_run_id", "zz branch context parent run id");
    span.record("augur.run.client.git_sha", "zz client git sha");
    span.record("augur.run.client.name", "zz client name");
    span.record("augur.run.client.version", "zz client version");
    span.record("augur.run.costs.cache_hit_tokens", 22_u64);
    span.record("augur.run.costs.gpu_usd", 0.625);
    span.record("augur.run.costs.model_usd", 0.25);
    span.record("augur.run.costs.proxy_usd", 0.25);
    span.record("augur.run.costs.tokens_in", 15_u64);
    span.record("augur.run.costs.tokens_out", 16_u64);
    span.record("augur.run.costs.total_usd", 0.25);
    span.record("augur.run.ended_at", "2026-02-03T04:05:07.000008Z");
    span.record("augur.run.live.reasoning_url", "zz live reasoning url");
    span.record("augur.run.live.status_url", "zz live status url");
    span.record("augur.run.live.video_url", "zz live video url");
    span.record("augur.run.started_at", "2026-02-03T04:05:06.000007Z");
    span.record("augur.run.status", "cancelled");
    span.record("augur.run.tags.given", "zz tags given");
    span.record("augur.run.task_spec.env_id", "zz task spec env id");
    span.record("augur.run.task_spec.instruction", "zz task spec instruction");
    span.record("augur.run.task_spec.max_duration_s", 24_u64);
    span.record("augur.run.task_spec.max_steps", 19_u64);
    span.record("augur.run.task_spec.prohibited_actions.0", "zz task spec prohibited actions 0");
    span.record("augur.run.task_spec.reset_state_id", "zz task spec reset state id");
    span.record("augur.run.task_spec.subgoals.0.description", "zz task spec subgoals 0 description");
    span.record("augur.run.task_spec.subgoals.0.parent_subgoal_id", "zz task spec subgoals 0 parent subgoal id");
    span.record("augur.run.task_spec.subgoals.0.subgoal_id", "zz task spec subgoals 0 subgoal id");
    span.record("augur.run.task_spec.subgoals.0.weight", 0.5);
    span.record("augur.run.task_spec.success_conditions.0.description", "zz task spec success conditions 0 description");
    span.record("augur.run.task_spec.success_conditions.0.kind", "zz task spec success conditions 0 kind");
    span.record("augur.run.task_spec.success_conditions.0.params.given", "zz task spec success conditions 0 params given");
    span.record("augur.run.task_spec.task_class", "zz task spec task class");
    span.record("augur.run.task_spec.task_seed", 19_u64);
    span.record("augur.run.task_spec.task_spec_id", "zz task spec task spec id");
    span.record("augur.run.task_spec_id", "zz task spec id");
    span.record("augur.run.trace_uri", "zz trace uri");
}

pub fn run_in_events() {
    info!(augur.run.artifact_root = "zz artifact root");
    info!(augur.run.branch_context.branch_id = "zz branch context branch id");
    info!(augur.run.branch_context.branch_point_step_index = 38_u64);
    info!(augur.run.branch_context.mutated_axis = "model");
    info!(augur.run.branch_context.mutation.given = "zz branch context mutation given");
    info!(augur.run.branch_context.parent_run_id = "zz branch context parent run id");
    info!(augur.run.client.git_sha = "zz client git sha");
    info!(augur.run.client.name = "zz client name");
    info!(augur.run.client.version = "zz client version");
    info!(augur.run.costs.cache_hit_tokens = 22_u64);
    info!(augur.run.costs.gpu_usd = 0.625);
    info!(augur.run.costs.model_usd = 0.25);
    info!(augur.run.costs.proxy_usd = 0.25);
    info!(augur.run.costs.tokens_in = 15_u64);
    info!(augur.run.costs.tokens_out = 16_u64);
    info!(augur.run.costs.total_usd = 0.25);
    info!(augur.run.ended_at = "2026-02-03T04:05:07.000008Z");
    info!(augur.run.live.reasoning_url = "zz live reasoning url");
    info!(augur.run.live.status_url = "zz live status url");
    info!(augur.run.live.video_url = "zz live video url");
    info!(augur.run.started_at = "2026-02-03T04:05:06.000007Z");
    info!(augur.run.status = "cancelled");
    info!(augur.run.tags.given = "zz tags given");
    info!(augur.run.task_spec.env_id = "zz task spec env id");
    info!(augur.run.task_spec.instruction = "zz task spec instruction");
    info!(augur.run.task_spec.max_duration_s = 24_u64);
    info!(augur.run.task_spec.max_steps = 19_u64);
    info!("augur.run.task_spec.prohibited_actions.0" = "zz task spec prohibited actions 0");
    info!(augur.run.task_spec.reset_state_id = "zz task spec reset state id");
    info!("augur.run.task_spec.subgoals.0.description" = "zz task spec subgoals 0 description");
    info!("augur.run.task_spec.subgoals.0.parent_subgoal_id" = "zz task spec subgoals 0 parent subgoal id");
    info!("augur.run.task_spec.subgoals.0.subgoal_id" = "zz task spec subgoals 0 subgoal id");
    info!("augur.run.task_spec.subgoals.0.weight" = 0.5);
    info!("augur.run.task_spec.success_conditions.0.description" = "zz task spec success conditions 0 description");
    info!("augur.run.task_spec.success_conditions.0.kind" = "zz task spec success conditions 0 kind");
    info!("augur.run.task_spec.success_conditions.0.params.given" = "zz task spec success conditions 0 params given");
    info!(augur.run.task_spec.task_class = "zz task spec task class");
    info!(augur.run.task_spec.task_seed = 19_u64);
    info!(augur.run.task_spec.task_spec_id = "zz task spec task spec id");
    info!(augur.run.task_spec_id = "zz task spec id");
    info!(augur.run.trace_uri = "zz trace uri");
}

/// Names of fields, and what they say as JSON.
pub const RUN_FIELDS: &[(&str, &str)] = &[
    ("augur.run.artifact_root", "\"zz artifact root\""),
    ("augur.run.branch_context.branch_id", "\"zz branch context branch id\""),
    ("augur.run.branch_context.branch_point_step_index", "38"),
    ("augur.run.branch_context.mutated_axis", "\"model\""),
    ("augur.run.branch_context.mutation.given", "\"zz branch context mutation given\""),
    ("augur.run.branch_context.parent_run_id", "\"zz branch context parent run id\""),
    ("augur.run.client.git_sha", "\"zz client git sha\""),
    ("augur.run.client.name", "\"zz client name\""),
    ("augur.run.client.version", "\"zz client version\""),
    ("augur.run.costs.cache_hit_tokens", "22"),
    ("augur.run.costs.gpu_usd", "0.625"),
    ("augur.run.costs.model_usd", "0.25"),
    ("augur.run.costs.proxy_usd", "0.25"),
    ("augur.run.costs.tokens_in", "15"),
    ("augur.run.costs.tokens_out", "16"),
    ("augur.run.costs.total_usd", "0.25"),
    ("augur.run.ended_at", "\"2026-02-03T04:05:07.000008Z\""),
    ("augur.run.live.reasoning_url", "\"zz live reasoning url\""),
    ("augur.run.live.status_url", "\"zz live status url\""),
    ("augur.run.live.video_url", "\"zz live video url\""),
    ("augur.run.started_at", "\"2026-02-03T04:05:06.000007Z\""),
    ("augur.run.status", "\"cancelled\""),
    ("augur.run.tags.given", "\"zz tags given\""),
    ("augur.run.task_spec.env_id", "\"zz task spec env id\""),
    ("augur.run.task_spec.instruction", "\"zz task spec instruction\""),
    ("augur.run.task_spec.max_duration_s", "24"),
    ("augur.run.task_spec.max_steps", "19"),
    ("augur.run.task_spec.prohibited_actions.0", "\"zz task spec prohibited actions 0\""),
    ("augur.run.task_spec.reset_state_id", "\"zz task spec reset state id\""),
    ("augur.run.task_spec.subgoals.0.description", "\"zz task spec subgoals 0 description\""),
    ("augur.run.task_spec.subgoals.0.parent_subgoal_id", "\"zz task spec subgoals 0 parent subgoal id\""),
    ("augur.run.task_spec.subgoals.0.subgoal_id", "\"zz task spec subgoals 0 subgoal id\""),
    ("augur.run.task_spec.subgoals.0.weight", "0.5"),
    ("augur.run.task_spec.success_conditions.0.description", "\"zz task spec success conditions 0 description\""),
    ("augur.run.task_spec.success_conditions.0.kind", "\"zz task spec success conditions 0 kind\""),
    ("augur.run.task_spec.success_conditions.0.params.given", "\"zz task spec success conditions 0 params given\""),
    ("augur.run.task_spec.task_class", "\"zz task spec task class\""),
    ("augur.run.task_spec.task_seed", "19"),
    ("augur.run.task_spec.task_spec_id", "\"zz task spec task spec id\""),
    ("augur.run.task_spec_id", "\"zz task spec id\""),
    ("augur.run.trace_uri", "\"zz trace uri\""),
];

/// Names of fields, and what they say as JSON.
pub const RUN_STRUCTURES: &[(&str, &str)] = &[
    ("augur.run.branch_context", "{\"branch_id\": \"zz branch context branch id\", \"branch_point_step_index\": 38, \"mutated_axis\": \"model\", \"mutation\": {\"given\": \"zz branch context mutation given\"}, \"parent_run_id\": \"zz branch context parent run id\"}"),
    ("augur.run.branch_context.mutation", "{\"given\": \"zz branch context mutation given\"}"),
    ("augur.run.client", "{\"git_sha\": \"zz client git sha\", \"name\": \"zz client name\", \"version\": \"zz client version\"}"),
    ("augur.run.costs", "{\"cache_hit_tokens\": 22, \"gpu_usd\": 0.625, \"model_usd\": 0.25, \"proxy_usd\": 0.25, \"tokens_in\": 15, \"tokens_out\": 16, \"total_usd\": 0.25}"),
    ("augur.run.live", "{\"reasoning_url\": \"zz live reasoning url\", \"status_url\": \"zz live status url\", \"video_url\": \"zz live video url\"}"),
    ("augur.run.tags", "{\"given\": \"zz tags given\"}"),
    ("augur.run.task_spec", "{\"env_id\": \"zz task spec env id\", \"instruction\": \"zz task spec instruction\", \"max_duration_s\": 24, \"max_steps\": 19, \"prohibited_actions\": [\"zz task spec prohibited actions 0\"], \"reset_state_id\": \"zz task spec reset state id\", \"subgoals\": [{\"description\": \"zz task spec subgoals 0 description\", \"parent_subgoal_id\": \"zz task spec subgoals 0 parent subgoal id\", \"subgoal_id\": \"zz task spec subgoals 0 subgoal id\", \"weight\": 0.5}], \"success_conditions\": [{\"description\": \"zz task spec success conditions 0 description\", \"kind\": \"zz task spec success conditions 0 kind\", \"params\": {\"given\": \"zz task spec success conditions 0 params given\"}}], \"task_class\": \"zz task spec task class\", \"task_seed\": 19, \"task_spec_id\": \"zz task spec task spec id\"}"),
    ("augur.run.task_spec.prohibited_actions", "[\"zz task spec prohibited actions 0\"]"),
    ("augur.run.task_spec.subgoals", "[{\"description\": \"zz task spec subgoals 0 description\", \"parent_subgoal_id\": \"zz task spec subgoals 0 parent subgoal id\", \"subgoal_id\": \"zz task spec subgoals 0 subgoal id\", \"weight\": 0.5}]"),
    ("augur.run.task_spec.subgoals.0", "{\"description\": \"zz task spec subgoals 0 description\", \"parent_subgoal_id\": \"zz task spec subgoals 0 parent subgoal id\", \"subgoal_id\": \"zz task spec subgoals 0 subgoal id\", \"weight\": 0.5}"),
    ("augur.run.task_spec.success_conditions", "[{\"description\": \"zz task spec success conditions 0 description\", \"kind\": \"zz task spec success conditions 0 kind\", \"params\": {\"given\": \"zz task spec success conditions 0 params given\"}}]"),
    ("augur.run.task_spec.success_conditions.0", "{\"description\": \"zz task spec success conditions 0 description\", \"kind\": \"zz task spec success conditions 0 kind\", \"params\": {\"given\": \"zz task spec success conditions 0 params given\"}}"),
    ("augur.run.task_spec.success_conditions.0.params", "{\"given\": \"zz task spec success conditions 0 params given\"}"),
];

/// The record that has all of it.
pub const RUN_RECORD: &str = "{\"artifact_root\": \"zz artifact root\", \"branch_context\": {\"branch_id\": \"zz branch context branch id\", \"branch_point_step_index\": 38, \"mutated_axis\": \"model\", \"mutation\": {\"given\": \"zz branch context mutation given\"}, \"parent_run_id\": \"zz branch context parent run id\"}, \"client\": {\"git_sha\": \"zz client git sha\", \"name\": \"zz client name\", \"version\": \"zz client version\"}, \"costs\": {\"cache_hit_tokens\": 22, \"gpu_usd\": 0.625, \"model_usd\": 0.25, \"proxy_usd\": 0.25, \"tokens_in\": 15, \"tokens_out\": 16, \"total_usd\": 0.25}, \"ended_at\": \"2026-02-03T04:05:07.000008Z\", \"live\": {\"reasoning_url\": \"zz live reasoning url\", \"status_url\": \"zz live status url\", \"video_url\": \"zz live video url\"}, \"started_at\": \"2026-02-03T04:05:06.000007Z\", \"status\": \"cancelled\", \"tags\": {\"given\": \"zz tags given\"}, \"task_spec\": {\"env_id\": \"zz task spec env id\", \"instruction\": \"zz task spec instruction\", \"max_duration_s\": 24, \"max_steps\": 19, \"prohibited_actions\": [\"zz task spec prohibited actions 0\"], \"reset_state_id\": \"zz task spec reset state id\", \"subgoals\": [{\"description\": \"zz task spec subgoals 0 description\", \"parent_subgoal_id\": \"zz task spec subgoals 0 parent subgoal id\", \"subgoal_id\": \"zz task spec subgoals 0 subgoal id\", \"weight\": 0.5}], \"success_conditions\": [{\"description\": \"zz task spec success conditions 0 description\", \"kind\": \"zz task spec success conditions 0 kind\", \"params\": {\"given\": \"zz task spec success conditions 0 params given\"}}], \"task_class\": \"zz task spec task class\", \"task_seed\": 19, \"task_spec_id\": \"zz task spec task spec id\"}, \"task_spec_id\": \"zz task spec id\", \"trace_uri\": \"zz trace uri\"}";

pub fn event() {
    info!(
        augur.detail.given = "zz detail given",
        augur.kind = "decision",
        augur.layer = "planner",
        augur.summary = "zz summary",
        augur.ts = "2026-02-03T04:05:06.000007Z",
    );
}

pub fn event_as_text() {
    info!(
        augur.detail.given = "zz detail given",
        augur.kind = "decision",
        augur.layer = "planner",
        augur.summary = "zz summary",
        augur.ts = "2026-02-03T04:05:06.000007Z",
    );
}

/// Names of fields, and what they say as JSON.
pub const EVENT_FIELDS: &[(&str, &str)] = &[
    ("augur.detail.given", "\"zz detail given\""),
    ("augur.kind", "\"decision\""),
    ("augur.layer", "\"planner\""),
    ("augur.summary", "\"zz summary\""),
    ("augur.ts", "\"2026-02-03T04:05:06.000007Z\""),
];

/// The record that has all of it.
pub const EVENT_RECORD: &str = "{\"detail\": {\"given\": \"zz detail given\"}, \"kind\": \"decision\", \"layer\": \"planner\", \"step_index\": 10, \"summary\": \"zz summary\", \"ts\": \"2026-02-03T04:05:06.000007Z\"}";

