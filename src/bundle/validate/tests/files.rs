//! Files and records that are not as the format has them.

use super::Case;
use std::fs;

pub(super) fn layout() -> Vec<Case> {
    vec![
        Case {
            name: "temporary file",
            signed: false,
            cause: |sample| sample.write("steps/0003.json.tmp", b"{"),
            found: &["steps/0003.json.tmp: temporary file left behind"],
        },
        Case {
            name: "changed after signing",
            signed: false,
            cause: |sample| sample.write("AGENT.md", b"# Another bundle\n"),
            found: &["AGENT.md: content does not match its signature"],
        },
        Case {
            name: "unsigned file",
            signed: false,
            cause: |sample| sample.write("notes.txt", b"x"),
            found: &["notes.txt: not covered by manifest.signatures"],
        },
        Case {
            name: "unsigned files where others may write",
            signed: false,
            cause: |sample| {
                sample.write("crops/a.png", b"x");
                sample.write("logs/step-1.log", b"x");
                sample.write("diffs/a.json", b"{\n  \"a\": \"\\u00e9\"\n}\n");
            },
            found: &[],
        },
        Case {
            name: "signed file gone",
            signed: false,
            cause: |sample| sample.remove("AGENT.md"),
            found: &["manifest.json: signature of absent file AGENT.md"],
        },
        Case {
            name: "not a picture",
            signed: true,
            cause: |sample| sample.write("screenshots/0000_pre.png", b"JFIF"),
            found: &["screenshots/0000_pre.png: not a PNG"],
        },
        Case {
            name: "no newline at the end",
            signed: true,
            cause: |sample| sample.replace("outcomes.json", "]\n}\n", "]\n}"),
            found: &["outcomes.json: must end in exactly one newline"],
        },
        Case {
            name: "two newlines at the end",
            signed: true,
            cause: |sample| sample.replace("diagnostics/findings.json", "]\n", "]\n\n"),
            found: &["diagnostics/findings.json: must end in exactly one newline"],
        },
        Case {
            name: "keys out of order",
            signed: true,
            cause: |sample| sample.write("crops/a.json", b"{\n  \"b\": 1,\n  \"a\": 1\n}\n"),
            found: &["crops/a.json: keys not sorted"],
        },
        Case {
            name: "not indented",
            signed: true,
            cause: |sample| sample.write("outcomes.json", b"{\"outcomes\": []}\n"),
            found: &["outcomes.json: not indented by two spaces"],
        },
        Case {
            name: "escaped where it need not be",
            signed: true,
            cause: |sample| sample.replace("steps/0002.json", "é", "\\u00e9"),
            found: &[
                "steps/0002.json: is not laid out as the format has it: sorted keys, two spaces a level, one final newline",
            ],
        },
        Case {
            name: "trace out of layout",
            signed: true,
            cause: |sample| sample.replace("trace.json", "  \"steps\"", " \"steps\""),
            found: &[
                "trace.json: is not laid out as the format has it: sorted keys, two spaces a level, one final newline",
            ],
        },
        Case {
            name: "not UTF-8",
            signed: true,
            cause: |sample| sample.write("outcomes.json", b"{\n  \"outcomes\": [\"\xff\"]\n}\n"),
            found: &["outcomes.json: not valid JSON: "],
        },
        Case {
            name: "not finite",
            signed: true,
            cause: |sample| sample.replace("modelio/0000-model-0.json", "11", "NaN"),
            found: &["modelio/0000-model-0.json: not valid JSON: "],
        },
    ]
}

pub(super) fn records() -> Vec<Case> {
    vec![
        Case {
            name: "records of all families out of schema",
            signed: true,
            cause: |sample| {
                sample.replace("modelio/0000-model-0.json", "\"m-1\"", "7");
                sample.replace("side_effects/0002-se_1.json", "committed", "done");
                sample.replace("outcomes.json", "session", "world");
                sample.replace("eval_candidates.json", "2026-01-01T00:00:12Z", "today");
                sample.replace("replay/0002_fixture.json", "\"fixture_id\"", "\"fixture\"");
                sample.replace("replay/0002.prior.json", "passed", "fine");
                sample.replace("preferences/0000.json", "\"click\"", "null");
                sample.replace("diagnostics/findings.json", "cua.no", "No");
                sample.replace("events/0000.jsonl", "decision", "guess");
                sample.replace("events/reasoning.jsonl", "\"adapter_inferred\"", "\"x\"");
            },
            found: &[
                r#"diagnostics/findings.json[0]: diagnostic_finding: must match the pattern ^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$ (at rule_id)"#,
                "eval_candidates.json[0]: eval_candidate: must be a date and time by RFC 3339, such as 2026-01-31T12:00:00Z (at tagged_at)",
                r#"events/0000.jsonl:1: decision_event: must be one of "decision", "observation", "error", "info", "metric" (at kind)"#,
                r#"events/reasoning.jsonl:1: reasoning_trace: must be one of "adapter_inferred", "claude_extended_thinking", "openai_reasoning_summary" (at format)"#,
                "modelio/0000-model-0.json: modelio: must be of type string (at request/model)",
                r#"outcomes.json[0]: outcome_record: must be one of "step", "session" (at scope)"#,
                "preferences/0000.json: preference: must be of type string (at preferred_action/type)",
                r#"replay/0002.prior.json: prior_steps: must be one of "passed", "failed", "recoverable", "skipped", "unknown" (at 0/verdict/status)"#,
                r#"replay/0002_fixture.json: replay_fixture: member "fixture_id" is missing (at <root>)"#,
                r#"replay/0002_fixture.json: replay_fixture: unknown member "fixture" (at <root>)"#,
                r#"side_effects/0002-se_1.json: side_effect: must be one of "intent_only", "committed", "aborted" (at status)"#,
            ],
        },
        Case {
            name: "names that do not say what is in the file",
            signed: true,
            cause: |sample| {
                let rename = |from: &str, to: &str| fs::rename(sample.path(from), sample.path(to)).unwrap();
                rename("modelio/0000-model-0.json", "modelio/0000-judge-0.json");
                rename("modelio/run-planner-0.json", "modelio/planner-0.json");
                rename("side_effects/0002-se_1.json", "side_effects/0003-se_1.json");
            },
            found: &[
                "modelio/0000-judge-0.json: name does not follow <NNNN|run>-<layer>-<seq>.json",
                "modelio/planner-0.json: name does not follow <NNNN|run>-<layer>-<seq>.json",
                "side_effects/0003-se_1.json: name does not follow <NNNN>-<side_effect_id>.json",
            ],
        },
        Case {
            name: "lists of another form",
            signed: true,
            cause: |sample| {
                sample.document("outcomes.json", "[]");
                sample.document("eval_candidates.json", r#"{"candidates":[],"more":1}"#);
                sample.document("diagnostics/findings.json", "{}");
            },
            found: &[
                "diagnostics/findings.json: must be a list of records",
                "eval_candidates.json: must be an object with the list `candidates` alone",
                "outcomes.json: must be an object with the list `outcomes` alone",
            ],
        },
        Case {
            name: "an event in another step's file",
            signed: true,
            cause: |sample| {
                sample.replace("events/0000.jsonl", "\"step_index\": 0", "\"step_index\": 2");
                sample.replace("events/run.jsonl", "\"summary\"", "\"step_index\": 0, \"summary\"");
            },
            found: &[
                "events/0000.jsonl:1: belongs in events/0002.jsonl",
                "events/run.jsonl:1: belongs in events/0000.jsonl",
            ],
        },
        Case {
            name: "lines out of layout",
            signed: true,
            cause: |sample| {
                sample.replace("events/run.jsonl", "}\n", "}");
                sample.replace("events/0000.jsonl", "}\n", "}\n\n");
                sample.replace(
                    "events/reasoning.jsonl",
                    "\"step_index\": 0, \"text\": \"hm\"",
                    "\"text\": \"hm\", \"step_index\":0",
                );
            },
            found: &[
                "events/0000.jsonl:2: not valid JSON: ",
                "events/reasoning.jsonl:1: keys not sorted",
                "events/run.jsonl: last line has no newline",
            ],
        },
    ]
}
