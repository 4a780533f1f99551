//! The table of every name, and the test that says them all: both are generated from the schemas, checked in, and compared here.

mod samples;

use super::{
    OURS_OF_RUNS, OURS_OF_STEPS, SENSITIVE,
    shape::{EVENT, Kind, SESSION, STEP, Shape, put},
};
use crate::{
    CaptureMode,
    capture::{Origin, gate_session, gate_step},
    record::{Object, Value},
};
use std::{fmt::Write as _, fs, path::Path};

const RENEW: &str = "AUGUR_RENEW=1 cargo test -p tracing-augur --lib vocabulary::augur::table";

/// A name of its own, because it counts when the span begins and never after.
const RUN_ID: &str = "augur.run.id";

/// What a name says something of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Step,
    Event,
    Run,
}

/// A field of ours.
struct Name {
    field: String,
    /// The path in the record. `N` is the place of an item, `<name>` a name of the user's choosing.
    path: String,
    shape: &'static Shape,
    floor: CaptureMode,
    /// How a member comes about that no field can set.
    ours: Option<&'static str>,
}

/// Every name, in the order of the record.
fn names(about: About) -> Vec<Name> {
    let (root, ours) = match about {
        About::Step => (&*STEP, OURS_OF_STEPS),
        About::Event => (&*EVENT, &[][..]),
        About::Run => (&*SESSION, OURS_OF_RUNS),
    };
    let mut names = Vec::new();
    for (member, shape) in &root.members {
        let ours = ours.iter().find(|(ours, _)| ours == member).map(|(_, how)| *how);
        walk(about, member, shape, ours, &mut names);
    }
    names
}

fn walk(about: About, path: &str, shape: &'static Shape, ours: Option<&'static str>, names: &mut Vec<Name>) {
    let (field, floor) = (field(about, path, shape), floor(about, path, shape));
    names.push(Name { field, path: path.to_owned(), shape, floor, ours });
    for (member, below) in &shape.members {
        walk(about, &format!("{path}.{member}"), below, ours, names);
    }
    if let Some(others) = &shape.others {
        walk(about, &format!("{path}.<name>"), others, ours, names);
    }
    if let Some(items) = &shape.items {
        walk(about, &format!("{path}.N"), items, ours, names);
    }
}

/// The name under which the table has a path. `augur.step.X` and `augur.X` are the same.
fn field(about: About, path: &str, shape: &Shape) -> String {
    let is_plain = !path.contains('.') && !matches!(shape.kind, Kind::Object | Kind::List);
    match about {
        About::Run if path == "run_id" => RUN_ID.to_owned(),
        About::Run => format!("augur.run.{path}"),
        About::Step if is_plain => format!("augur.step.{}", path.strip_prefix("step_").unwrap_or(path)),
        About::Step | About::Event => format!("augur.{path}"),
    }
}

/// The lowest mode at which the gate lets a path pass, of an object any member.
fn floor(about: About, path: &str, shape: &Shape) -> CaptureMode {
    if about == About::Event {
        return CaptureMode::Trace;
    }
    if !shape.members.is_empty() {
        let floors = shape.members.iter().map(|(member, below)| floor(about, &format!("{path}.{member}"), below));
        return floors.min().unwrap_or_default();
    }
    let judged: Vec<&str> = path.split('.').take(2).take_while(|part| !matches!(*part, "N" | "<name>")).collect();
    let passes = |mode: &CaptureMode| {
        let mut record = Object::new();
        put(&mut record, &judged.join("."), true.into());
        match about {
            About::Run => gate_session(&mut record, *mode),
            _ => gate_step(&mut record, *mode, Origin::Stated),
        }
        let record = Value::from(record);
        judged.iter().try_fold(&record, |at, part| at.get(part)).is_some()
    };
    // Below this no span is heard.
    CaptureMode::ALL.into_iter().filter(|mode| *mode >= CaptureMode::Metadata).find(passes).unwrap_or_default()
}

fn type_of(shape: &Shape) -> String {
    let words = match &shape.kind {
        Kind::Text => "text".to_owned(),
        Kind::Time => "time (RFC 3339)".to_owned(),
        Kind::Word(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Kind::Number(bounds) => bounds.told("number"),
        Kind::Integer(bounds) => bounds.told("whole number"),
        Kind::Bool => "`true`, `false`".to_owned(),
        Kind::Object => "object".to_owned(),
        Kind::List => "list".to_owned(),
        Kind::Any => "anything".to_owned(),
    };
    if shape.nullable && shape.kind != Kind::Any { format!("{words}, or null") } else { words }
}

fn rows(about: About) -> String {
    let mut text = "| field | type | from | meaning |\n|---|---|---|---|\n".to_owned();
    for name in names(about).iter().filter(|name| name.ours.is_none() || name.field == RUN_ID) {
        let (kind, meaning) = (type_of(name.shape), meaning(name));
        writeln!(text, "| `{}` | {kind} | `{}` | {meaning} |", name.field, name.floor).unwrap();
    }
    text.trim_end().to_owned()
}

fn meaning(name: &Name) -> String {
    let last = name.path.rsplit('.').next().unwrap_or_default();
    match name.shape.meaning.as_str() {
        "" if last == "N" => "One item of it.".to_owned(),
        "" if last == "<name>" => "A member under a name of yours.".to_owned(),
        meaning => meaning.replace('|', r"\|"),
    }
}

/// The page of the documentation.
fn page() -> String {
    let mut ours = String::from("| path | how it comes about |\n|---|---|\n");
    for (about, record) in [(About::Step, "step"), (About::Run, "session")] {
        for name in names(about).iter().filter(|name| !name.path.contains('.')) {
            if let Some(how) = name.ours.filter(|_| name.field != RUN_ID) {
                writeln!(ours, "| `{}` of a {record} | {how} |", name.path).unwrap();
            }
        }
    }
    include_str!("page.md")
        .replace("{{step}}", &rows(About::Step))
        .replace("{{event}}", &rows(About::Event))
        .replace("{{run}}", &rows(About::Run))
        .replace("{{ours}}", ours.trim_end())
}

fn check(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("AUGUR_RENEW").is_some() {
        fs::write(&file, text).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert!(there == text, "{path} is not what the schemas say; renew it with `{RENEW}`");
}

#[test]
fn the_documented_table_is_what_the_schemas_say() {
    check("src/vocabulary.md", &page());
}

#[test]
fn the_test_that_says_every_name_is_what_the_schemas_say() {
    check("tests/vocabulary/generated.rs", &samples::source());
}

#[test]
fn every_path_of_the_schemas_has_a_name_that_leads_to_it() {
    for about in [About::Step, About::Run] {
        let root = if about == About::Step { &*STEP } else { &*SESSION };
        let all = names(about);
        assert!(all.len() > root.members.len());
        for name in all.iter().filter(|name| name.ours.is_none()) {
            let field = samples::concrete(&name.field);
            let rest = field.strip_prefix("augur.").unwrap();
            let path = match about {
                About::Run => rest.strip_prefix("run.").unwrap().to_owned(),
                _ => super::step_path(rest).into_owned(),
            };
            assert_eq!(path, samples::concrete(&name.path));
            assert!(root.at(&path).is_some_and(|found| found.shape.kind == name.shape.kind), "{field}");
        }
    }
    assert!(STEP.at(SENSITIVE).is_none(), "a member of that name would be taken for the mark");
}

#[cfg(feature = "otlp")]
#[test]
fn a_name_leaves_as_otlp_at_the_mode_at_which_the_bundle_has_it() {
    for about in [About::Step, About::Event, About::Run] {
        for name in names(about).iter().filter(|name| name.ours.is_none()) {
            // Where it comes as one text, what a branch changed is not told from the rest of it.
            let is_mixed = name.field == "augur.run.branch_context";
            // Which step it is about may be known of every event that leaves.
            if !is_mixed && name.field != "augur.step_index" {
                assert_eq!(crate::capture::attribute_floor(&name.field), name.floor, "{}", name.field);
            }
        }
    }
}
