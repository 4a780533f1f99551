//! `kill -9` at random moments: no acknowledged step is missing, every bundle can be read, and every one is valid once it was
//! recovered.

use crate::{
    agent::{lives, record_until_cut, steps_on_disk},
    support,
};
use tracing_augur::bundle::{recover, validate};

const KILLS: usize = 200;

#[test]
fn no_acknowledged_step_is_lost_to_a_kill() {
    let root = support::bundles("killed");
    let mut acknowledged_in_all = 0;
    for (kill, life) in lives().take(KILLS).enumerate() {
        let bundle = root.join(format!("run-{kill}"));
        let acknowledged = record_until_cut(&bundle, &[], life, |child| child.kill().unwrap());
        acknowledged_in_all += acknowledged.len();
        let found = steps_on_disk(&bundle);
        for step in &acknowledged {
            assert!(found.contains(step), "kill {kill}: {step} was acknowledged and is not on disk");
        }
        recover(&bundle).unwrap_or_else(|error| panic!("kill {kill}: {error}"));
        let report = validate(&bundle);
        assert!(report.is_valid(), "kill {kill}: {:?}", report.problems);
        let trace = support::json(bundle.join("trace.json"));
        assert_eq!(support::text(&trace, "session.status"), "halted");
        assert!(
            support::at(&trace, "steps")
                .as_array()
                .unwrap()
                .iter()
                .all(|step| support::text(step, "status") != "running")
        );
        let after = steps_on_disk(&bundle);
        for step in &acknowledged {
            assert!(after.contains(step), "kill {kill}: {step} was lost by the recovery");
        }
    }
    assert!(acknowledged_in_all > KILLS, "the kills came before anything was recorded: {acknowledged_in_all}");
}
