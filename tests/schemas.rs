//! Our schemas and our validator against the published ones: the published validator has judged every record that is
//! compared here, `tests/judge/generate.py` made it.
//!
//! The one difference: where a text has to match a pattern or be a date-time, the published validator overlooks a line
//! feed at its end, because its regular expressions take `$` for "end, or before a last line feed". RFC 3339 and the
//! regular expressions of JSON Schema (ECMA-262) do not, so we refuse it. RFC 3339 also allows second 60 and year 0;
//! neither side does. What our parser refuses is not compared: lone surrogates, numbers beyond every float, nesting
//! deeper than `MAX_DEPTH`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};
use tracing_augur::{
    record::{Value, parse},
    schema::{Schema, is_date_time, is_valid, validate},
};

/// How many records of either verdict each schema is tried on, at least.
const RECORDS: usize = 2_000;
const TIMES: usize = 20_000;
/// Told with a disagreement, so that it can be had again.
const SEED: &str = "augur";
/// How many disagreements are told before the rest is counted.
const TOLD: usize = 10;

fn judge(mode: &str) -> Command {
    let python = std::env::var_os("AUGUR_PYTHON_JUDGE").map(PathBuf::from).expect(
        "AUGUR_PYTHON_JUDGE has to name a Python with the published schemas; scripts/test sets it to what \
         scripts/python-judge prints",
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judge/generate.py");
    let mut command = Command::new(python);
    command.arg("-B").arg(script).arg(mode);
    command
}

/// Every line that the judge writes, parsed. Reading to the end and a judge that succeeds are part of the test.
fn each_line(mut command: Command, mut line: impl FnMut(&Value)) {
    let mut child: Child = command.stdout(Stdio::piped()).spawn().expect("the judge's Python starts");
    for text in BufReader::new(child.stdout.take().expect("its output")).split(b'\n') {
        let text = text.expect("its output can be read");
        line(&parse(&text).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&text))));
    }
    let status = child.wait().expect("the judge ends");
    assert!(status.success(), "the judge failed ({status}); it says above what is wrong");
}

fn verdict(line: &Value) -> bool {
    line.get("valid").and_then(Value::as_bool).expect("a verdict")
}

/// The value with one line feed less at the end of every text that has one there.
fn without_last_line_feeds(value: &Value) -> Value {
    match value {
        Value::String(text) => text.strip_suffix('\n').unwrap_or(text).into(),
        Value::Array(items) => items.iter().map(without_last_line_feeds).collect::<Vec<_>>().into(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, item)| (name.clone(), without_last_line_feeds(item)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    }
}

#[derive(Default)]
struct Count {
    /// Agreed to be valid.
    valid: usize,
    /// Agreed to be broken.
    broken: usize,
    /// Valid in the published validator's eyes, broken in ours, only because of a line feed at the end of a text.
    line_feeds: usize,
    disagreements: Vec<String>,
}

impl Count {
    fn compare(&mut self, schema: Schema, record: &Value, published: bool) {
        let ours = is_valid(schema, record);
        let reasons = validate(schema, record).err().unwrap_or_default();
        assert_eq!(ours, reasons.is_empty(), "{schema}: is_valid and validate disagree about {record}");
        if ours == published {
            *(if ours { &mut self.valid } else { &mut self.broken }) += 1;
            return;
        }
        if published && is_valid(schema, &without_last_line_feeds(record)) {
            self.line_feeds += 1;
            return;
        }
        let reasons = reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        self.disagreements.push(format!("{schema}: published {published}, ours {ours} ({reasons}): {record}"));
    }
}

fn compared(schemas: &[Schema]) -> BTreeMap<&'static str, Count> {
    let mut counts = BTreeMap::<_, Count>::new();
    let mut command = judge("records");
    // Records that are valid but for a line feed do not count.
    command.args([&(RECORDS + RECORDS / 20).to_string(), SEED]).args(schemas.iter().map(|schema| schema.name()));
    each_line(command, |line| {
        let name = line.get("schema").and_then(Value::as_str).expect("the name of a schema");
        let schema = Schema::from_name(name).unwrap_or_else(|| panic!("there is no schema {name}"));
        let record = line.get("record").expect("a record");
        counts.entry(schema.name()).or_default().compare(schema, record, verdict(line));
    });
    counts
}

#[test]
fn every_record_gets_the_verdict_of_the_published_validator() {
    // Two judges at once; the schemas that contain others take longest and stand on different sides.
    let (even, odd): (Vec<_>, Vec<_>) = Schema::ALL.iter().enumerate().partition(|(index, _)| index % 2 == 0);
    let halves = [even, odd].map(|half| half.into_iter().map(|(_, &schema)| schema).collect::<Vec<_>>());
    let counts = thread::scope(|scope| {
        let workers = halves.each_ref().map(|half| scope.spawn(|| compared(half)));
        workers.into_iter().flat_map(|worker| worker.join().expect("a comparison")).collect::<BTreeMap<_, _>>()
    });
    let mut disagreements = Vec::new();
    for (name, count) in &counts {
        let Count { valid, broken, line_feeds, .. } = count;
        println!("{name:22} {valid:6} valid {broken:6} broken {line_feeds:4} told apart by a last line feed");
        disagreements.extend(&count.disagreements);
    }
    let sum = |part: fn(&Count) -> usize| counts.values().map(part).sum::<usize>();
    let (valid, broken, line_feeds) =
        (sum(|count| count.valid), sum(|count| count.broken), sum(|count| count.line_feeds));
    println!(
        "{valid} valid and {broken} broken records of {} schemas, {line_feeds} told apart by a last line feed",
        counts.len()
    );

    assert!(
        disagreements.is_empty(),
        "{} disagreements (seed {SEED}), such as\n{}",
        disagreements.len(),
        disagreements.iter().take(TOLD).map(|told| told.as_str()).collect::<Vec<_>>().join("\n")
    );
    assert_eq!(counts.len(), Schema::ALL.len());
    for (name, count) in &counts {
        assert!(count.valid.min(count.broken) >= RECORDS, "{name}: {} valid, {} broken", count.valid, count.broken);
    }
    assert!(line_feeds > 0, "the published validator minds line feeds now: the exemption has to go");
}

#[test]
fn every_date_time_gets_the_verdict_of_the_published_validator() {
    let (mut fine, mut wrong, mut line_feeds) = (0, 0, 0);
    let mut command = judge("times");
    command.args([&TIMES.to_string(), SEED]);
    each_line(command, |line| {
        let text = line.get("text").and_then(Value::as_str).expect("a text");
        let ours = is_date_time(text);
        match verdict(line) {
            true if !ours && text.strip_suffix('\n').is_some_and(is_date_time) => line_feeds += 1,
            published => assert_eq!(ours, published, "{text:?}"),
        }
        *(if ours { &mut fine } else { &mut wrong }) += 1;
    });
    println!("{fine} date-times and {wrong} other texts, {line_feeds} of them with a line feed at the end");
    assert_eq!(fine + wrong, TIMES);
    assert!(fine > TIMES / 4 && wrong > TIMES / 4 && line_feeds > 0);
}

#[test]
fn the_schema_files_say_what_the_published_ones_say_in_words_of_their_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    let output = judge("structure").arg(folder).output().expect("the judge's Python starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    println!("{}", said.trim());
    let counts = parse(said.trim().as_bytes()).expect("the counts");
    for (what, least) in [("schemas", Schema::ALL.len()), ("keywords", 900), ("descriptions", 400)] {
        let count = counts.get(what).and_then(Value::as_u64).unwrap_or(0);
        assert!(count >= least as u64, "{count} {what}");
    }
}
