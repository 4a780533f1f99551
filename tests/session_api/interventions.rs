//! An operator's commands: a session that is recorded to disk has nobody to take them from.

use crate::{assert_valid, open};
use std::{sync::Arc, time::Duration};
use tracing_augur::{CaptureMode, adapters::Adapter, record::Value};

struct Agent;

impl Adapter for Agent {
    type Raw = Value;

    fn name(&self) -> &str {
        "agent"
    }

    fn on_step(&self, _: &Value) -> Option<Value> {
        None
    }
}

#[test]
fn without_a_server_there_is_no_channel_and_a_closed_session_says_that_it_is() {
    let (folder, session) = open("session_interventions", CaptureMode::Metadata);
    let bind = || session.bind_intervention(Arc::new(Agent), Duration::from_secs(25));
    assert!(bind().unwrap().is_none());
    session.close(None).unwrap();
    assert_eq!(bind().unwrap_err().kind(), "wrong_state");
    assert_valid(&folder);
}
