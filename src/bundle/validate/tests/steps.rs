//! Steps, traces and manifests that do not fit together.

use super::{super::super::reader::sample::PNG, Case};
use crate::record::{Value, parse};
use std::fs;

/// The canonical step of the index that has two emissions.
const IT0: &str = "steps/0001/0c1adde0.json";
/// Its other emission.
const IT1: &str = "steps/0001/6b4da33c.json";

pub(super) fn steps() -> Vec<Case> {
    vec![
        Case {
            name: "a step out of schema",
            signed: true,
            cause: |sample| {
                for path in ["steps/0002.json", "trace.json"] {
                    sample.replace(path, "2026-01-01T00:00:05+01:00", "2026-01-01 00:00");
                }
            },
            found: &[
                "steps/0002.json: step_trace: must be a date and time by RFC 3339, such as 2026-01-31T12:00:00Z (at started_at)",
                "trace.json: step_trace: must be a date and time by RFC 3339, such as 2026-01-31T12:00:00Z (at steps/2/started_at)",
            ],
        },
        Case {
            name: "the trace tells another step",
            signed: true,
            cause: |sample| sample.replace("trace.json", "Open the shop", "Open the bank"),
            found: &["trace.json: step 0 differs from its file"],
        },
        Case {
            name: "a step whose id is two lines",
            signed: true,
            cause: |sample| {
                for path in ["steps/0000.json", "trace.json"] {
                    sample.replace(path, "run_t/step/0000\"", "run_t/step/0000/a\\nb\"");
                }
            },
            found: &["steps/0000.json: step_id does not follow <run_id>/step/<NNNN>"],
        },
        Case {
            name: "a step of another run",
            signed: true,
            cause: |sample| {
                for path in ["steps/0000.json", "trace.json"] {
                    sample.replace(path, "run_t/step/0000", "run_u/step/0000");
                }
            },
            found: &["steps/0000.json: step_id does not follow <run_id>/step/<NNNN>"],
        },
        Case {
            name: "a step copied from the parent run",
            signed: true,
            cause: |sample| {
                for path in ["steps/0000.json", "trace.json"] {
                    sample.replace(path, "run_t/step/0000", "run_u/step/0000");
                    let branch = r#"{"parent_run_id":"run_u","branch_point_step_index":1,"mutated_axis":"model"}"#;
                    let branch = parse(branch.as_bytes()).unwrap();
                    sample.change(path, |document| match document.get_mut("steps") {
                        None => drop(document.insert("branch_context".into(), branch)),
                        Some(Value::Array(steps)) => {
                            let step = steps.first_mut().and_then(Value::as_object_mut).unwrap();
                            step.insert("branch_context".into(), branch);
                        }
                        Some(_) => {}
                    });
                }
            },
            found: &[],
        },
        Case {
            name: "a step under another index",
            signed: true,
            cause: |sample| fs::rename(sample.path("steps/0002.json"), sample.path("steps/0003.json")).unwrap(),
            found: &[
                "steps/0003.json: file name and step_index differ",
                "trace.json: steps[] and steps/ hold different indexes: 2 has no file",
                "trace.json: steps[] and steps/ hold different indexes: 3 is not in steps[]",
            ],
        },
        Case {
            name: "a step gone",
            signed: true,
            cause: |sample| sample.remove("steps/0002.json"),
            found: &["trace.json: steps[] and steps/ hold different indexes: 2 has no file"],
        },
        Case {
            name: "an emission under another name",
            signed: true,
            cause: |sample| fs::rename(sample.path(IT0), sample.path("steps/0001/00000000.json")).unwrap(),
            found: &["steps/0001/00000000.json: iteration file should be named 0c1adde0.json"],
        },
        Case {
            name: "no canonical step",
            signed: true,
            cause: |sample| sample.change(IT0, |step| drop(step.remove("step_iterations"))),
            found: &["steps/0001: 0 canonical steps"],
        },
        Case {
            name: "an emission gone",
            signed: true,
            cause: |sample| sample.remove(IT1),
            found: &["steps/0001: step_iterations does not say the 1 files of the folder"],
        },
        Case {
            name: "an index with a file and a folder",
            signed: true,
            cause: |sample| sample.write("steps/0001.json", sample.read(IT0).as_bytes()),
            found: &["steps/0001: stands beside a file of the same index"],
        },
        Case {
            name: "strays among the steps",
            signed: true,
            cause: |sample| {
                sample.write("steps/3.json", b"{}\n");
                sample.write("steps/0001/deep/a.json", b"{}\n");
            },
            found: &[
                "steps/0001/deep/a.json: is no step: steps are `steps/<NNNN>.json` or `steps/<NNNN>/<short id>.json`",
                "steps/3.json: is no step: steps are `steps/<NNNN>.json` or `steps/<NNNN>/<short id>.json`",
            ],
        },
        Case {
            name: "a step cut off",
            signed: true,
            cause: |sample| sample.replace("steps/0002.json", "\n}\n", ""),
            found: &["steps/0002.json: not valid JSON: ", "steps/0002.json: 0 canonical steps"],
        },
        Case {
            name: "references to what is not there",
            signed: true,
            cause: |sample| {
                sample.remove("screenshots/0000_pre.png");
                sample.remove("events/0000.jsonl");
            },
            found: &[
                "steps/0000.json: observation_pre screenshots/0000_pre.png absent and not in missing",
                "steps/0000.json: events ref events/0000.jsonl absent",
                "trace.json: step 0: observation_pre screenshots/0000_pre.png absent and not in missing",
                "trace.json: step 0: events ref events/0000.jsonl absent",
            ],
        },
        Case {
            name: "another emission refers to what is not there",
            signed: true,
            cause: |sample| {
                sample.change(IT1, |step| {
                    drop(step.insert("observation_post".into(), "screenshots/0001_post.png".into()))
                });
            },
            found: &["steps/0001/6b4da33c.json: observation_post screenshots/0001_post.png absent and not in missing"],
        },
        Case {
            name: "a reference out of the bundle, to a file that exists",
            signed: true,
            cause: |sample| {
                let folder = sample.root().file_name().unwrap().to_str().unwrap();
                for path in ["steps/0000.json", "trace.json"] {
                    sample.replace(path, "screenshots/0000_pre.png", &format!("../{folder}/AGENT.md"));
                }
            },
            found: &["steps/0000.json: observation_pre ../", "trace.json: step 0: observation_pre ../"],
        },
    ]
}

pub(super) fn manifest() -> Vec<Case> {
    vec![
        Case {
            name: "manifest out of schema",
            signed: true,
            cause: |sample| sample.replace("manifest.json", "\"trace.json\",\n  \"traj", "\"trace.js\",\n  \"traj"),
            found: &[r#"manifest.json: manifest: must be "trace.json" (at trace)"#],
        },
        Case {
            name: "manifest and session disagree",
            signed: true,
            cause: |sample| {
                sample.replace("manifest.json", "\"full\"", "\"trace\"");
                sample.replace("manifest.json", "0.25", "0.5");
            },
            found: &[
                "manifest.json: `capture_mode` differs from the session record",
                "manifest.json: `costs` differs from the session record",
            ],
        },
        Case {
            name: "session out of schema",
            signed: true,
            cause: |sample| {
                sample.replace(
                    "trace.json",
                    "\"status\": \"failed\",\n    \"tags\"",
                    "\"status\": \"done\",\n    \"tags\"",
                )
            },
            found: &[
                r#"trace.json: debug_session: must be one of "running", "succeeded", "failed", "cancelled", "halted" (at session/status)"#,
            ],
        },
        Case {
            name: "counts and fingerprint of other steps",
            signed: true,
            cause: |sample| {
                sample.replace("manifest.json", "\"step_count\": 3", "\"step_count\": 4");
                sample.replace("manifest.json", "\"cua_v1:", "\"cua_v1:0");
            },
            found: &[
                "manifest.json: step_count is not the 3 steps of the trace",
                "manifest.json: trajectory_fingerprint is not that of the steps",
            ],
        },
        Case {
            name: "a later version",
            signed: true,
            cause: |sample| {
                sample.replace("manifest.json", "\"schema_version\": \"0.1\"", "\"schema_version\": \"0.10\"")
            },
            found: &["manifest.json: the schema version is not 0.1, the one that is known here"],
        },
        Case {
            name: "missing that is there",
            signed: true,
            cause: |sample| sample.write("screenshots/0000_post.png", PNG),
            found: &["manifest.json: `missing` lists screenshots/0000_post.png, which is there"],
        },
        Case {
            name: "a signature that is none, and two in disorder",
            signed: false,
            cause: |sample| {
                sample.replace("manifest.json", "\"AGENT.md\": \"", "\"AGENT.md\": \"x");
                let text = sample.read("manifest.json");
                let line = text.lines().find(|line| line.contains("\"trace.json\": \"")).unwrap().to_owned();
                let text = text.replace(&format!(",\n{line}"), "");
                let text = text.replace("\"signatures\": {\n", &format!("\"signatures\": {{\n{line},\n"));
                sample.write("manifest.json", text.as_bytes());
            },
            found: &[
                "manifest.json: manifest: must be a SHA-256 in lower-case hex (at signatures/AGENT.md)",
                "manifest.json: keys not sorted",
                "AGENT.md: content does not match its signature",
            ],
        },
        Case {
            name: "manifest cut off",
            signed: false,
            cause: |sample| sample.write("manifest.json", b"{\n  \"run_id\": \"run_t\",\n"),
            found: &["manifest.json: not valid JSON: expected the name of a member"],
        },
        Case {
            name: "trace gone",
            signed: true,
            cause: |sample| sample.remove("trace.json"),
            found: &["trace.json: absent"],
        },
        Case {
            name: "trace of another form",
            signed: true,
            cause: |sample| {
                sample.change("trace.json", |trace| {
                    trace.insert("more".into(), Value::Null);
                    trace.remove("session");
                });
            },
            found: &[
                "trace.json: trace: unknown member \"more\" (at <root>)",
                "trace.json: trace: member \"session\" is missing (at <root>)",
            ],
        },
    ]
}
