//! Completes a bundle from the files in it. Closing and recovering are the same work: nothing is taken from memory but the
//! session record, and nothing grows with the length of the run.

use super::{
    agent_md::{AgentFacts, agent_md},
    fingerprint::{Algorithm, Fingerprint},
    lists, paths, references,
    replay::Fixtures,
    signatures::{self, Ahead},
};
use crate::{
    record::{Object, Timestamp, Value, parse, write_members, write_pretty},
    schema::Schema,
    store::LocalStore,
};
use std::{
    collections::BTreeSet,
    io::{self, BufWriter, Write},
};

/// Writes `trace.json`, `AGENT.md`, the schemas and, last, the manifest; then takes the `incomplete` mark away.
pub(crate) fn finish(store: &LocalStore, session: &Object, policy_id: &str, fingerprint: Algorithm) -> io::Result<()> {
    lists::fold(store)?;
    let (walked, ahead) = signatures::meanwhile(store, || write_trace(store, session, fingerprint));
    let (walked, ahead) = (walked?, ahead?);
    // Steps can leave an event of the run behind.
    ahead.put_others_in_order(store)?;
    store.write(paths::AGENT, agent_md(&walked.facts).as_bytes())?;
    for schema in Schema::ALL {
        store.write(&format!("schema/{}.schema.json", schema.name()), schema.text().as_bytes())?;
    }
    // The order in which things reach the medium is the order in which they refer to each other.
    store.sync()?;
    write_manifest(store, session, policy_id, walked, ahead)?;
    lists::sweep(store)?;
    store.sync()?;
    store.remove(paths::INCOMPLETE)?;
    store.sync()
}

/// What one pass over the steps gives.
struct Walked {
    facts: AgentFacts,
    fingerprint: Fingerprint,
    missing: BTreeSet<String>,
    step_count: u64,
    signed: signatures::Steps,
}

fn write_trace(store: &LocalStore, session: &Object, fingerprint: Algorithm) -> io::Result<Walked> {
    let mut walked = Walked {
        facts: AgentFacts::of(session),
        fingerprint: Fingerprint::new(fingerprint),
        missing: BTreeSet::new(),
        step_count: 0,
        signed: signatures::Steps::begin(store)?,
    };
    let mut fixtures = Fixtures::of(session);
    let mut file = BufWriter::with_capacity(256 * 1024, store.replace(paths::TRACE)?);
    let mut bytes = b"{\n  \"session\": ".to_vec();
    write_members(session, 1, &mut bytes);
    bytes.extend_from_slice(b",\n  \"steps\": [");
    for index in step_indexes(store)? {
        let Some((path, step)) = canonical_step(store, index, &mut walked)? else { continue };
        bytes.extend_from_slice(if walked.step_count == 0 { b"\n    " } else { b",\n    " });
        note_missing(store, &step, &mut walked.missing);
        fixtures.fail(store, index, &step, &mut walked.missing)?;
        walked.facts.step(&step, &path);
        walked.fingerprint.step(&step);
        walked.step_count += 1;
        write_members(&step, 2, &mut bytes);
        fixtures.pass(index, step);
        file.write_all(&bytes)?;
        bytes.clear();
    }
    bytes.extend_from_slice(if walked.step_count == 0 { b"]\n}\n" } else { b"\n  ]\n}\n" });
    file.write_all(&bytes)?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.commit()?;
    walked.facts.files(|path| store.exists(path));
    Ok(walked)
}

/// The indexes that have steps, ascending. Eight bytes a step is all that is held of the list.
pub(super) fn step_indexes(store: &LocalStore) -> io::Result<Vec<u64>> {
    let mut indexes: Vec<u64> = store
        .list(paths::STEPS)?
        .iter()
        .filter_map(|entry| entry.name.strip_suffix(".json").unwrap_or(&entry.name).parse().ok())
        .collect();
    indexes.sort_unstable();
    indexes.dedup();
    Ok(indexes)
}

fn canonical_step(store: &LocalStore, index: u64, walked: &mut Walked) -> io::Result<Option<(String, Object)>> {
    let flat = paths::step(index);
    match store.read(&flat) {
        Ok(bytes) => {
            walked.signed.sign(&flat, &bytes)?;
            let Ok(Value::Object(mut step)) = parse(&bytes) else { return Ok(None) };
            if references::settle(store, &flat, &mut step)? {
                walked.signed.spoil();
            }
            return Ok(Some((flat, step)));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => walked.signed.spoil(),
        Err(error) => return Err(error),
    }
    let folder = paths::step_folder(index);
    let mut canonical = None;
    for entry in store.list(&folder)? {
        let path = format!("{folder}/{}", entry.name);
        let Some(mut step) = read_object(store, &path)? else { continue };
        references::settle(store, &path, &mut step)?;
        if step.contains_key("step_iterations") {
            canonical = Some((path, step));
        } else {
            note_missing(store, &step, &mut walked.missing);
        }
    }
    Ok(canonical)
}

fn read_object(store: &LocalStore, path: &str) -> io::Result<Option<Object>> {
    Ok(match parse(&store.read(path)?) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    })
}

/// A picture that a step names and that is not there is said to be missing, so that no reader looks for it in vain.
fn note_missing(store: &LocalStore, step: &Object, missing: &mut BTreeSet<String>) {
    for key in ["observation_pre", "observation_post"] {
        if let Some(path) = step.get(key).and_then(Value::as_str)
            && path.starts_with("screenshots/")
            && !store.exists(path)
        {
            missing.insert(path.to_owned());
        }
    }
}

fn write_manifest(
    store: &LocalStore,
    session: &Object,
    policy_id: &str,
    walked: Walked,
    signed: Ahead,
) -> io::Result<()> {
    let mut manifest = Object::new();
    for key in ["run_id", "debug_session_id", "client", "capture_mode", "costs"] {
        if let Some(value) = session.get(key) {
            manifest.insert(key.to_owned(), value.clone());
        }
    }
    let redaction =
        Object::from([("policy_id".to_owned(), policy_id.into()), ("applied".to_owned(), Value::Bool(true))]);
    for (key, value) in [
        ("schema_version", Value::from(crate::SCHEMA_VERSION)),
        ("bundle_format", "augur-bundle".into()),
        ("created_at", Timestamp::now().to_whole_seconds().into()),
        ("redaction", redaction.into()),
        ("trace", paths::TRACE.into()),
        ("step_count", walked.step_count.into()),
        ("paths", paths::manifest_paths(|path| store.exists(path))),
        // Sorts where the signatures stand, and is replaced by them while they are computed.
        ("signatures", Value::Null),
    ] {
        manifest.insert(key.to_owned(), value);
    }
    if !walked.missing.is_empty() {
        manifest
            .insert("missing".into(), Value::Array(walked.missing.iter().map(|path| path.as_str().into()).collect()));
    }
    if walked.step_count > 0 {
        manifest.insert("trajectory_fingerprint".into(), walked.fingerprint.finish().into());
    }
    let mut signed = Some((signed, walked.signed));
    let mut file = BufWriter::with_capacity(64 * 1024, store.replace(paths::MANIFEST)?);
    file.write_all(b"{")?;
    for (position, (key, value)) in manifest.iter().enumerate() {
        let mut bytes = if position == 0 { b"\n  ".to_vec() } else { b",\n  ".to_vec() };
        write_pretty(&key.as_str().into(), 1, &mut bytes);
        bytes.extend_from_slice(b": ");
        if key == "signatures" {
            file.write_all(&bytes)?;
            if let Some((signed, steps)) = signed.take() {
                signed.write(store, steps, &mut file)?;
            }
        } else {
            write_pretty(value, 1, &mut bytes);
            file.write_all(&bytes)?;
        }
    }
    file.write_all(b"\n}\n")?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.commit()
}
