//! The same file of operations through `augur record`, through the reference package, and through the least that any program
//! would have to do with it: parse, scan, validate, serialise, hash and rename.
//!
//! `AUGUR_ORACLE` is the folder with `record_reference.py`, `AUGUR_PYTHON_JUDGE` a Python that has the reference package
//! (`scripts/python-judge` prints it). A folder on the command line is where everything is written.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

use sha2::{Digest, Sha256};
use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::Instant,
};
use tracing_augur::{
    record::{Object, Value, parse, write_line, write_pretty},
    redact::{Family, RedactionPolicy},
    schema::{Schema, validate},
};

const STEPS: usize = 5_000;
const EVENTS: usize = 4;
const CALL: usize = 6 * 1024;

/// The operations of a run, without the one that closes it.
fn operations(steps: usize) -> Vec<String> {
    let mut lines = vec![
        r#"{"op": "open", "args": {"run_id": "run", "client_name": "agent", "capture_mode": "full", "started_at": "2026-01-01T00:00:00Z"}}"#.to_owned(),
    ];
    let sentence = "The cart holds three items and the total is shown below the list, next to a button to check out. ";
    let prompt = sentence.repeat(CALL / sentence.len());
    for n in 0..steps {
        let time = format!("2026-01-01T{:02}:{:02}:{:02}Z", n / 3600 % 24, n / 60 % 60, n % 60);
        lines.push(format!(
            r#"{{"op": "record_step", "args": {{"step": {{"step_id": "run/step/{n:04}", "step_index": {n}, "step_type": "click", "status": "succeeded", "started_at": "{time}", "intent": "open item {n} of the list", "action": {{"type": "click", "params": {{"x": {n}, "y": 230, "button": "left"}}, "coordinate_space": "device_px"}}, "grounding": {{"provider": "vision", "target_label": "item {n}", "coordinates": {{"x": {n}, "y": 230}}, "confidence": 0.97, "provenance": "screenshot"}}, "verdict": {{"status": "passed", "reason": "the item is open"}}}}}}}}"#
        ));
        for event in 0..EVENTS {
            lines.push(format!(
                r#"{{"op": "record_event", "args": {{"event": {{"ts": "{time}", "step_index": {n}, "layer": "grounding", "kind": "observation", "summary": "candidate {event} of step {n}", "detail": {{"x": {n}, "score": 0.{event}5}}}}}}}}"#
            ));
        }
        lines.push(format!(
            r#"{{"op": "record_modelio", "args": {{"step_index": {n}, "layer": "model", "record": {{"ts": "{time}", "request": {{"model": "m-1", "messages": [{{"role": "user", "content": "{n}: {prompt}"}}]}}, "response": {{"text": "click item {n}", "usage": {{"prompt_tokens": 1400, "completion_tokens": 12}}}}}}}}}}"#
        ));
    }
    lines
}

/// What is promised to the caller, and the policy: the reference has the first one, which looks for less.
const PROCESS: &[&str] = &["--durability", "process"];
const LAZY: &[&str] = &["--durability", "lazy"];
const LAZY_V1: &[&str] = &["--durability", "lazy", "--redaction", "default-pii-v1"];

const CLOSE: &str = r#"{"op": "close"}"#;

/// A program that speaks the protocol.
#[derive(Clone)]
enum Side {
    /// With these options.
    Ours(&'static [&'static str]),
    Reference {
        python: PathBuf,
        script: PathBuf,
    },
}

impl Side {
    fn command(&self, operations: &OsStr, out: &Path) -> Command {
        match self {
            Side::Ours(options) => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_augur"));
                command.arg("record").args(*options).arg("--out").arg(out).arg(operations);
                command
            }
            Side::Reference { python, script } => {
                let mut command = Command::new(python);
                command.arg(script).arg(operations).arg(out);
                command
            }
        }
    }

    /// Seconds for a whole file.
    fn file(&self, file: &Path, out: &Path) -> f64 {
        let begun = Instant::now();
        let mut child = self.command(file.as_os_str(), out).stdout(Stdio::null()).spawn().unwrap();
        let ended = child.wait().unwrap();
        assert!(ended.success(), "{ended}");
        begun.elapsed().as_secs_f64()
    }

    /// The most memory that a run took until its end, in bytes, and the seconds between `close` and its reply.
    fn to_the_end(&self, lines: &[String], out: &Path) -> (u64, f64) {
        let mut child = self.command("-".as_ref(), out).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut input, mut replies) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        thread::scope(|scope| {
            scope.spawn(|| lines.iter().for_each(|line| writeln!(input, "{line}").unwrap()));
            lines.iter().for_each(|_| drop(reply(&mut replies)));
        });
        let most = peak(&format!("/proc/{}/status", child.id()));
        let seconds = ask_to_close(&mut input, &mut replies);
        drop(input);
        end(child);
        (most, seconds)
    }
}

fn ask_to_close(input: &mut ChildStdin, replies: &mut BufReader<ChildStdout>) -> f64 {
    let begun = Instant::now();
    writeln!(input, "{CLOSE}").unwrap();
    let closed = reply(replies);
    assert!(closed.contains("\"ok\""), "{closed}");
    begun.elapsed().as_secs_f64()
}

fn reply(replies: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    assert!(replies.read_line(&mut line).unwrap() > 0, "the program ended");
    line
}

fn end(mut child: Child) {
    assert!(child.wait().unwrap().success());
}

/// The peak of a process's resident memory, in bytes.
fn peak(status: &str) -> u64 {
    let text = fs::read_to_string(status).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
}

/// The least: each operation is parsed, scanned for secrets and validated, each record serialised, hashed, written under a
/// temporary name and renamed; events go to the end of their file; in the end all steps stand in one more file.
fn bare(file: &Path, out: &Path, policy: &RedactionPolicy) -> f64 {
    let begun = Instant::now();
    for folder in ["steps", "events", "modelio"] {
        fs::create_dir_all(out.join(folder)).unwrap();
    }
    let mut steps = Vec::new();
    let mut digests = Vec::new();
    let mut put = |path: String, bytes: &[u8]| {
        let (temporary, place) = (out.join(format!("{path}.tmp")), out.join(&path));
        fs::write(&temporary, bytes).unwrap();
        fs::rename(temporary, place).unwrap();
        digests.push((path, Sha256::digest(bytes)));
    };
    let mut bytes = Vec::new();
    let mut events = (0, Vec::new());
    for line in BufReader::new(File::open(file).unwrap()).lines() {
        let Ok(Value::Object(mut request)) = parse(line.unwrap().as_bytes()) else { panic!("not an object") };
        let operation = request.remove("op").unwrap();
        let Some(Value::Object(mut args)) = request.remove("args") else { continue };
        let (key, family, schema) = match operation.as_str() {
            Some("record_step") => ("step", Family::Step, Schema::Step),
            Some("record_event") => ("event", Family::Event, Schema::Event),
            Some("record_modelio") => ("record", Family::ModelCall, Schema::ModelCall),
            _ => continue,
        };
        let Some(Value::Object(mut record)) = args.remove(key) else { panic!("no {key}") };
        if key == "record" {
            record.insert("layer".into(), "model".into());
            record.insert("schema_version".into(), "0.1".into());
        }
        let index = record.get("step_index").or(args.get("step_index")).and_then(Value::as_u64).unwrap();
        policy.redact_family(family, &mut record);
        assert!(validate(schema, &record).is_ok());
        let record = Value::Object(record);
        bytes.clear();
        if key == "event" {
            write_line(&record, &mut events.1);
            events.1.push(b'\n');
            events.0 = index;
            continue;
        }
        write_pretty(&record, 0, &mut bytes);
        if key == "step" {
            put(format!("steps/{index:04}.json"), &bytes);
            steps.push(record);
        } else {
            put(format!("modelio/{index:04}-model-0.json"), &bytes);
            put(format!("events/{:04}.jsonl", events.0), &std::mem::take(&mut events.1));
        }
    }
    bytes.clear();
    write_pretty(&Object::from([("steps".to_owned(), Value::Array(steps))]).into(), 0, &mut bytes);
    put("trace.json".to_owned(), &bytes);
    digests.sort();
    let manifest = digests.iter().map(|(path, digest)| format!("{path} {digest:x}\n")).collect::<String>();
    fs::write(out.join("manifest.json"), manifest).unwrap();
    begun.elapsed().as_secs_f64()
}

/// Milliseconds that the reference's validator takes, its start not counted.
fn reference_validates(python: &Path, bundle: &Path) -> f64 {
    let program = "import sys, time\nfrom augur_sdk.validation import validate_bundle\nbegun = time.perf_counter()\n\
                   issues = validate_bundle(sys.argv[1])\nprint((time.perf_counter() - begun) * 1000, len(issues))";
    let output = Command::new(python).args(["-c", program]).arg(bundle).stderr(Stdio::inherit()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (milliseconds, issues) = text.trim().split_once(' ').expect("the reference validates");
    assert_eq!(issues, "0");
    milliseconds.parse().unwrap()
}

fn we_validate(bundle: &Path) -> f64 {
    let begun = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_augur")).arg("validate").arg(bundle).stdout(Stdio::null()).status();
    assert!(status.unwrap().success());
    begun.elapsed().as_secs_f64() * 1000.0
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn told(what: &str, value: f64, unit: &str, met: bool, goal: &str) {
    println!("{what:<64} {value:>8.2}{unit}  goal {goal}: {}", if met { "met" } else { "MISSED" });
}

fn setting(name: &str) -> PathBuf {
    std::env::var_os(name).map(PathBuf::from).unwrap_or_else(|| panic!("{name} is not set; see the head of this file"))
}

fn main() {
    let place = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let scratch = tempfile::tempdir_in(place.unwrap_or_else(|| "/dev/shm".to_owned())).unwrap();
    let python = setting("AUGUR_PYTHON_JUDGE");
    let reference =
        Side::Reference { python: python.clone(), script: setting("AUGUR_ORACLE").join("record_reference.py") };
    let out = |name: &str| scratch.path().join(name);
    let fresh = |name: &str| {
        let _ = fs::remove_dir_all(out(name));
        out(name)
    };
    let file = |name: &str, steps: usize| {
        let path = out(name);
        let mut lines = operations(steps);
        lines.push(CLOSE.to_owned());
        fs::write(&path, lines.join("\n")).unwrap();
        path
    };
    let large = file("large.jsonl", STEPS);

    let (v1, v2) = (RedactionPolicy::default_pii_v1(), RedactionPolicy::default_pii_v2());
    // In turns, so that a machine that slows down slows all of them.
    let mut seconds: [Vec<f64>; 6] = Default::default();
    for round in 0..5 {
        seconds[0].push(bare(&large, &fresh("floor"), &v2));
        seconds[1].push(bare(&large, &fresh("floor-v1"), &v1));
        seconds[2].push(Side::Ours(PROCESS).file(&large, &fresh("ours")));
        seconds[3].push(Side::Ours(LAZY).file(&large, &fresh("lazy")));
        seconds[4].push(Side::Ours(LAZY_V1).file(&large, &fresh("lazy-v1")));
        if round % 2 == 0 {
            seconds[5].push(reference.file(&large, &fresh("theirs")));
        }
    }
    let [floor, floor_v1, process, lazy, lazy_v1, theirs] = seconds.map(median);
    println!("{STEPS} steps with {EVENTS} events and a model call of {CALL} bytes each, seconds:");
    println!("process {process:.2}, lazy {lazy:.2}, bare loop {floor:.2}");
    println!("with the reference's policy: lazy {lazy_v1:.2}, bare loop {floor_v1:.2}, reference {theirs:.2}");
    for (what, ours, bare) in
        [("process", process, floor), ("lazy", lazy, floor), ("lazy, the reference's policy", lazy_v1, floor_v1)]
    {
        let (to_theirs, to_bare) = (theirs / ours, bare / ours);
        told(&format!("steps a second, to the reference: {what}"), to_theirs, "×", to_theirs >= 20.0, "≥ 20");
        told(&format!("steps a second, to the bare loop: {what}"), to_bare, "", to_bare >= 0.6, "≥ 0.6");
    }

    let (few, many) = (operations(STEPS / 5), operations(2 * STEPS));
    let ends = |side: &Side| {
        let (small, _) = side.to_the_end(&few, &fresh("few"));
        let (large, close) = side.to_the_end(&many, &fresh("many"));
        ((large as f64 - small as f64) / (many.len() - few.len()) as f64 * (EVENTS + 2) as f64 / 1024.0, close)
    };
    let ((our_growth, our_close), (their_growth, their_close)) = (ends(&Side::Ours(PROCESS)), ends(&reference));
    told("memory for each further step", our_growth, " KiB", our_growth < 0.25, "flat");
    println!("{:<64} {their_growth:>8.2} KiB", "the reference's");
    let [ours, theirs] = [our_close, their_close].map(|seconds| seconds * 1000.0);
    println!("closing {} steps: {ours:.0} ms, reference {theirs:.0} ms", 2 * STEPS);
    told("close, of the reference's", ours / theirs * 100.0, " %", ours / theirs <= 0.05, "≤ 5 %");

    let bundle = out("ours");
    let ours = median((0..5).map(|_| we_validate(&bundle)).collect());
    let other = reference_validates(&python, &bundle);
    println!("validating {STEPS} steps: {ours:.0} ms with the program's start, reference {other:.0} ms without");
    told("validation, to the reference", other / ours, "×", other / ours >= 40.0, "≥ 40");
}
