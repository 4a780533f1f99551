//! Hostile names: whatever a caller calls a thing, nothing is written outside the bundle, no two things meet in one file, and
//! a name is stored as it is or refused.

use crate::support::{at, bundles, json, text};
use crate::{assert_valid, open, step};
use serde_json::json;
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use tracing_augur::{
    CaptureMode, Moment, Session,
    record::{JudgeType, MutatedAxis, Object},
    session::*,
};

/// Names from every class of trouble: paths, bytes, lengths, look-alikes, what systems reserve, our own, what shells read.
fn hostile() -> Vec<String> {
    let mut names: Vec<String> = [
        "..",
        "../x",
        r"..\x",
        "a/../../b",
        "/etc/passwd",
        r"C:\x",
        r"\\host\share",
        "%2e%2e%2f",
        "..%c0%af",
        "....//",
        ".",
        "",
        "   ",
        "~",
        "$HOME",
        "a/b",
        "nul\0inside",
        "line\nbreak",
        "carriage\rreturn",
        "tab\tstop",
        "\u{1b}[2J",
        "\u{7f}",
        "caf\u{e9}",
        "cafe\u{301}",
        "\u{202e}gnp.exe",
        "zero\u{200b}width",
        "full\u{ff0f}width",
        "division\u{2215}slash",
        "👩‍👩‍👧",
        "ı",
        "straße",
        "CON",
        "con",
        "nul.txt",
        "Aux",
        "COM1",
        "lpt9.log",
        "CONIN$",
        "trailing.",
        "trailing ",
        "a:b",
        "manifest.json",
        "incomplete",
        ".x.tmp",
        "x.tmp",
        "events.jsonl",
        ".hidden",
        "-rf",
        "--help",
        "$(x)",
        "`x`",
        "%s%n",
        "{}",
        "{0}",
        "';DROP TABLE steps",
        "<script>alert(1)</script>",
        "a*b",
        "a?b",
        "\"quoted\"",
        "pipe|d",
        "step-0",
        "step-0012",
        "run",
        "Run",
        "RUN",
        "null",
        "undefined",
        "0",
        "-1",
    ]
    .map(str::to_owned)
    .into();
    names.extend([
        "x".repeat(199),
        "x".repeat(200),
        "x".repeat(201),
        "x".repeat(4096),
        "𝒳".repeat(85),
        "/".repeat(300),
    ]);
    names
}

/// Everything below a folder, by its path from there.
fn below(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut open = vec![folder.to_owned()];
    while let Some(place) = open.pop() {
        for entry in fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path.clone());
            }
            found.insert(path.strip_prefix(folder).unwrap().to_owned());
        }
    }
    found
}

fn assert_refused(result: Result<(), SessionError>, name: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), "invalid_argument", "{name:.40?}");
    assert!(name.trim().len() < 5 || !error.to_string().contains(name), "the message quotes {name:.40?}");
}

#[test]
fn a_side_effect_is_stored_under_its_id_or_refused() {
    let (folder, session) = open("session_names_effects", CaptureMode::Full);
    let outside = below(folder.parent().unwrap());
    let mut stored = BTreeSet::new();
    for name in hostile() {
        let before = below(&folder);
        let options = EffectOptions { side_effect_id: Some(name.clone()), ..EffectOptions::default() };
        match session.declare_side_effect(0, "shop", "pay", &options) {
            Ok(id) => {
                assert_eq!(id, name);
                session.commit_side_effect(&id, &1, None).unwrap();
                let path = PathBuf::from(format!("side_effects/0000-{name}.json"));
                let effect = json(folder.join(&path));
                assert_eq!((text(&effect, "side_effect_id"), text(&effect, "status")), (name.as_str(), "committed"));
                let new: Vec<_> = below(&folder).difference(&before).cloned().collect();
                assert!(new.iter().all(|new| *new == path || new.to_str() == Some("side_effects")), "{new:?}");
                stored.insert(name);
            }
            Err(error) => {
                assert_refused(Err(error), &name);
                assert_eq!(below(&folder), before, "{name:.40?}");
            }
        }
    }
    assert!(stored.len() > 25 && stored.contains("café") && stored.contains("$(x)"), "{stored:?}");
    // A reader on a system that does not tell cases apart finds each of them.
    let folded: BTreeSet<_> = stored.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(folded.len(), stored.len());
    session.close(None).unwrap();
    let strays = below(folder.parent().unwrap());
    assert!(strays.iter().all(|path| outside.contains(path) || path.starts_with("run")), "{strays:?}");
    assert_valid(&folder);
}

#[test]
fn a_log_has_a_file_of_its_own_or_is_refused() {
    let (folder, session) = open("session_names_logs", CaptureMode::Full);
    session.append_log("of the step", Some(0), "run").unwrap();
    let mut stored = BTreeSet::from(["step-0".to_owned()]);
    for name in hostile() {
        let before = below(&folder);
        match session.append_log(&format!("this is {name}"), None, &name) {
            Ok(()) => {
                let log = fs::read_to_string(folder.join(format!("logs/{name}.log"))).unwrap();
                assert_eq!(log, format!("this is {name}\n"));
                stored.insert(name.to_lowercase());
            }
            Err(error) => {
                assert_refused(Err(error), &name);
                assert_eq!(below(&folder), before, "{name:.40?}");
            }
        }
    }
    let files: Vec<_> = fs::read_dir(folder.join("logs")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files.len(), stored.len());
    let names = files.iter().map(|name| name.to_str().unwrap());
    for name in names {
        let stem = name.split('.').next().unwrap().to_ascii_uppercase();
        assert!(!["CON", "NUL", "AUX", "PRN", "COM1", "LPT9", ""].contains(&stem.as_str()), "{name} is reserved");
    }
    session.close(None).unwrap();
    assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 1);
    assert_valid(&folder);
}

#[test]
fn there_are_so_many_logs_and_no_more() {
    let (folder, session) = open("session_names_many_logs", CaptureMode::Trace);
    let refused = (0..2000).filter(|n| session.append_log("x", None, &format!("log-{n}")).is_err()).count();
    session.append_log("again", None, "log-0").unwrap();
    session.close(None).unwrap();
    assert_eq!((refused, fs::read_dir(folder.join("logs")).unwrap().count()), (2000 - 1024, 1024));
    assert_valid(&folder);
}

/// Ids that are stored and name no file are stored as they are, byte for byte.
#[test]
fn an_id_that_names_no_file_is_never_rewritten() {
    let (folder, session) = open("session_names_ids", CaptureMode::Full);
    session.record_step(&step(0, json!({}))).unwrap();
    let names: Vec<_> = hostile().into_iter().filter(|name| !name.is_empty()).collect();
    for name in &names {
        let again = step(0, json!({"step_id": format!("run/step/0000/{name}"), "group_id": name}));
        let emitted = session.record_step_iteration(0, &again);
        assert_eq!(emitted.is_err(), name.contains('\n'), "an id is one line: {name:?}");
        session.record_subgoal_completion(0, name, 1.0).unwrap();
        let judge = JudgeOptions::default();
        session.record_judge_decision(0, name, JudgeType::Rule, &json!({"status": "passed"}), &judge).unwrap();
        let preference = json!({"preference_id": name, "preferred_action": {"type": "a"}, "alternatives": [{"action": {"type": "b"}}]});
        session.record_preference(0, &preference).unwrap();
        session.set_task_spec_id(name.as_str()).unwrap();
        session.mark_for_eval(0, "r", Some(name)).unwrap();
    }
    session.close(None).unwrap();
    assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 1);
    assert_valid(&folder);
    let stored = |place: &str, member: &str| -> BTreeSet<String> {
        let files = fs::read_dir(folder.join(place)).unwrap().map(|file| json(file.unwrap().path()));
        files.map(|record| text(&record, member).to_owned()).collect()
    };
    let told: BTreeSet<String> = names.iter().cloned().collect();
    let iterations = stored("steps/0000", "step_id");
    let one_line: BTreeSet<String> = told.iter().filter(|name| !name.contains('\n')).cloned().collect();
    assert_eq!(
        iterations
            .iter()
            .filter_map(|id| id.strip_prefix("run/step/0000/").map(str::to_owned))
            .collect::<BTreeSet<_>>(),
        one_line
    );
    assert_eq!(stored("preferences", "preference_id"), told);
    let trace = json(folder.join("trace.json"));
    for (list, member) in [("subgoals_completed", "subgoal_id"), ("judge_decisions", "judge_id")] {
        let items = at(&trace, &format!("steps.0.{list}")).as_array().unwrap();
        assert_eq!(items.iter().map(|item| text(item, member).to_owned()).collect::<BTreeSet<_>>(), told, "{list}");
    }
    assert_eq!(text(&trace, "session.task_spec_id"), names.last().unwrap());
}

/// Run ids are refused or kept; the ids made of them are theirs.
#[test]
fn a_run_is_named_as_its_caller_says_or_not_at_all() {
    let root = bundles("session_names_runs");
    for (number, name) in hostile().into_iter().enumerate() {
        let folder = root.join(format!("at-{number}"));
        match Session::builder(&name, "agent", &folder).capture_mode(CaptureMode::Metadata).open() {
            Ok(session) => {
                let id = format!("{name}/step/0000");
                session.record_step(&step(0, json!({"step_id": id}))).unwrap();
                let manifest = session.close(None).unwrap();
                assert_eq!(text(&manifest, "run_id"), name);
                assert_eq!(text(&json(folder.join("steps/0000.json")), "step_id"), id);
                assert_valid(&folder);
            }
            Err(error) => {
                assert_refused(Err(error), &name);
                assert!(!folder.exists(), "{name:.40?}");
            }
        }
    }
    assert!(fs::read_dir(&root).unwrap().all(|entry| entry.unwrap().file_name().to_str().unwrap().starts_with("at-")));
}

#[test]
fn a_recording_is_named_by_plain_letters_only() {
    let root = tempfile::tempdir().unwrap();
    for name in hostile().into_iter().map(|name| format!("dbg_{name}")) {
        let builder = Session::builder("run", "agent", root.path().join("run")).debug_session_id(&name);
        let plain =
            name.len() > 4 && name[4..].bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
        if !plain {
            assert_refused(builder.open().map(drop), &name);
        }
    }
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn a_generated_id_has_sixteen_digits() {
    let (folder, session) = open("session_names_generated", CaptureMode::Metadata);
    let effect = session.declare_side_effect(0, "r", "a", &EffectOptions::default()).unwrap();
    let recording = session.debug_session_id().to_owned();
    session.close(None).unwrap();
    for (id, prefix) in [(effect, "se_"), (recording, "dbg_")] {
        let digits = id.strip_prefix(prefix).unwrap();
        assert!(digits.len() == 16 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{id}");
    }
    assert_valid(&folder);
}

/// Told apart by case only, two effects would be one file on some systems.
#[test]
fn an_effect_that_differs_by_its_case_only_is_refused_at_the_same_step() {
    let (folder, session) = open("session_names_case", CaptureMode::Metadata);
    let declare = |index, id: &str| {
        let options = EffectOptions { side_effect_id: Some(id.to_owned()), ..EffectOptions::default() };
        session.declare_side_effect(index, "r", "a", &options)
    };
    declare(0, "Pay").unwrap();
    assert_refused(declare(0, "pay").map(drop), "pay");
    declare(1, "pay").unwrap();
    // Declared anew at another step and back, an effect is in nobody's way but others'.
    declare(2, "Pay").unwrap();
    declare(0, "Pay").unwrap();
    assert_refused(declare(1, "PAY").map(drop), "PAY");
    session.abort_pending_side_effects("r").unwrap();
    session.close(None).unwrap();
    assert_eq!(fs::read_dir(folder.join("side_effects")).unwrap().count(), 2);
    assert_valid(&folder);
}

/// A path in a record is a word like any other: nobody goes there.
#[test]
fn a_path_in_a_record_leads_nowhere() {
    let root = bundles("session_names_paths");
    let (parent, child) = (root.join("run"), root.join("child"));
    let secret = root.join("outside.png");
    fs::write(&secret, crate::support::PIXEL).unwrap();
    let session = Session::builder("run", "agent", &parent).capture_mode(CaptureMode::Full).open().unwrap();
    let paths = ["screenshots/../../outside.png", "../outside.png", "/etc/passwd", "screenshots/../../../made.png"];
    for (index, path) in (0..).zip(paths) {
        let more = json!({"observation_pre": path, "status": "failed", "action": {"type": "a"}});
        session.record_step(&step(index, more)).unwrap();
        session.record_replay_fixture(index, &json!({"observation": path}), Some(&[])).unwrap();
    }
    session.close(None).unwrap();
    let mut branch = BranchFrom::new("run", 9, MutatedAxis::Prompt, Object::new());
    (branch.parent_bundle, branch.run_id) = (Some(parent.clone()), Some("child".to_owned()));
    if let Ok(session) = Session::branch_from(branch, "agent", &child).unwrap().capture_mode(CaptureMode::Full).open() {
        session.close(None).unwrap();
    }
    for bundle in [&parent, &child] {
        let pictures = fs::read_dir(bundle.join("screenshots")).map_or(0, Iterator::count);
        assert_eq!(pictures, 0, "nothing was copied from outside");
    }
    let names: BTreeSet<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| ["run", "child", "outside.png"].contains(&name.to_str().unwrap())), "{names:?}");
}

#[test]
fn a_picture_goes_to_the_place_of_its_step_whatever_else_is_said() {
    let (folder, session) = open("session_names_pictures", CaptureMode::Full);
    let path = session.attach_observation(12_345, Moment::After, crate::support::PIXEL.to_vec()).unwrap();
    session.close(None).unwrap();
    assert_eq!(path, "screenshots/12345_post.png");
    assert_eq!(fs::read_dir(folder.join("screenshots")).unwrap().count(), 1);
    assert_valid(&folder);
}
