//! The gate of the OTLP exit: what a real collector gets of the spans whose bundle `spans` looks at.

use super::{
    real_parts::Collector,
    spans::{TURNS, Turns, assert_column, assert_upgraded, config, modes, run, run_with_a_failure},
    spans_table::{RUN, Row, TABLE},
};
use tracing_augur::CaptureMode;

fn by_otlp(row: &Row) -> Option<CaptureMode> {
    row.2
}

/// Everything that a collector was sent by a run.
fn sent(test: &str, mode: CaptureMode, turns: Turns<'_>) -> String {
    let mut collector = Collector::start();
    run(config(test, mode).with_otlp_endpoint(collector.http_endpoint()), turns);
    // In order: what it had accepted is then in its file.
    collector.stop();
    assert!(!collector.traces().is_empty());
    String::from_utf8_lossy(&collector.raw_bytes()).into_owned()
}

#[test]
fn every_cell_of_what_leaves_as_otlp_is_as_the_table_has_it() {
    for mode in CaptureMode::ALL {
        let sent = sent("gate_otlp", mode, &[]);
        assert_column("OTLP", &sent, TABLE, by_otlp, &[mode]);
        assert_column("OTLP", &sent, RUN, by_otlp, &[mode]);
    }
}

#[test]
fn a_mode_that_is_set_moves_the_gate_of_otlp_as_well() {
    for (base, turns) in TURNS {
        let sent = sent("gate_otlp_turned", *base, turns);
        assert_column("OTLP", &sent, TABLE, by_otlp, &modes(*base, turns));
    }
}

#[test]
fn the_first_failure_turns_the_mode_up_for_the_spans_after_it() {
    let mut collector = Collector::start();
    let config = config("gate_otlp_upgraded", CaptureMode::Metadata);
    run_with_a_failure(config.with_otlp_endpoint(collector.http_endpoint()));
    collector.stop();
    assert_upgraded("OTLP", &String::from_utf8_lossy(&collector.raw_bytes()));
}
