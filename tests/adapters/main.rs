//! Adapters: agents and providers with words and logs of their own, and the bundles that come of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod driver;
mod mantis;
mod message_bundles;
mod messages;
mod response;
mod scope;
#[path = "../support/mod.rs"]
mod support;

use std::path::Path;
use tracing_augur::{
    CaptureMode, Session, bundle,
    record::{Value, parse},
};

fn value(json: &str) -> Value {
    parse(json.as_bytes()).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn session(folder: &Path, run_id: &str) -> Session {
    Session::builder(run_id, "agent", folder).capture_mode(CaptureMode::Full).open().unwrap()
}

/// Fails unless the bundle is complete and follows the format.
fn assert_valid(folder: &Path) {
    let judged = bundle::validate(folder);
    assert!(judged.is_valid(), "{}: {:?}", folder.display(), judged.problems);
}

/// [`support::PIXEL`] in base64, as logs hold pictures.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";
