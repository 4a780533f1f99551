//! Makes the folder of a run, and clears away the folders of runs that are not kept.

use super::door::Settings;
use crate::{
    Durability,
    bundle::{self, BundleWriter, OpenError, SessionHeader},
    record::{Object, RunId, Timestamp},
    redact::{Family, RedactionPolicy},
    retention::Retention,
};
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Removes what is not kept, on a thread of its own: that may take a while, and steps wait for the worker. What is left when
/// the process ends before it is done is for the next run.
pub(super) fn clear(retention: Retention, root: PathBuf) {
    let work = move || {
        let nobody = tracing::Dispatch::none();
        tracing::dispatcher::with_default(&nobody, || retention.apply(&root, SystemTime::now()))
    };
    let _ = std::thread::Builder::new().name("augur-retention".into()).spawn(work);
}

/// Makes the folder of a run, numbering the id if it was used before, in whatever case: the bundle may be carried to a file
/// system that does not tell cases apart.
pub(super) fn create(
    settings: &Settings,
    policy: &RedactionPolicy,
    asked: &RunId,
    started: SystemTime,
) -> Result<(BundleWriter, RunId, PathBuf), OpenError> {
    let mut taken = None;
    let mut client = Object::from([("client".to_owned(), settings.client.clone().into())]);
    policy.redact_family(Family::Session, &mut client);
    let client = client.remove("client").and_then(|client| client.as_object().cloned()).unwrap_or_default();
    let mut number = 1;
    loop {
        let id = if number == 1 { asked.clone() } else { asked.numbered(number) };
        number += 1;
        let name = id.folder_name();
        // Most ids are new, and a look is cheaper than a list of what may be thousands of runs.
        let is_taken = match &taken {
            None => is_there(&settings.root, &name),
            Some(names) => HashSet::contains(names, &name.to_lowercase()),
        };
        if is_taken {
            taken.get_or_insert_with(|| names(&settings.root));
            continue;
        }
        let folder = settings.root.join(name);
        let said = settings.ambient.place(&folder).or_else(|| policy.safe_path(&folder));
        let header = SessionHeader {
            run_id: id.clone(),
            debug_session_id: settings.ambient.debug_session_id(),
            client: client.clone(),
            capture_mode: settings.mode,
            started_at: Timestamp::from(started).to_string(),
            policy_id: policy.id().to_owned(),
            fingerprint: settings.fingerprint,
            tags: Object::new(),
            extra: said.map(|place| bundle::places(&place)).unwrap_or_default(),
        };
        match BundleWriter::create(&folder, &header) {
            Ok(mut writer) => {
                if settings.durability == Durability::Power {
                    writer.keep_through_power_cuts();
                }
                return Ok((writer, id, folder));
            }
            // Another process was quicker with this name.
            Err(OpenError::NotEmpty { .. }) if number < 10_000 => {}
            Err(error) => return Err(error),
        }
    }
}

fn is_there(root: &Path, name: &str) -> bool {
    let mut entries = fs::read_dir(root).into_iter().flatten().flatten();
    entries.any(|entry| entry.file_name().to_str().is_some_and(|there| there.eq_ignore_ascii_case(name)))
}

fn names(root: &Path) -> HashSet<String> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).map(|name| name.to_lowercase()).collect()
}
