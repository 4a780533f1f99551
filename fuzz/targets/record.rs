//! The protocol of `augur record`: whatever the lines are, each that is not blank gets one reply, the program lives, and what
//! was opened is a valid bundle in the end.
#![no_main]

#[path = "../../cli/src"]
#[allow(dead_code)]
mod cli {
    pub(crate) mod exit;
    pub(crate) mod record;
}
mod ground;

use clap::Parser;
use cli::exit;
use ground::{empty, in_time};
use libfuzzer_sys::fuzz_target;
use std::io::Cursor;
use tracing_augur::{
    bundle::validate,
    record::{Value, parse},
};

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    record: cli::record::RecordArgs,
}

fuzz_target!(|input: &[u8]| {
    // Files that an operation names are looked for from here.
    std::env::set_current_dir(empty("base")).expect("a folder to be in");
    let out = empty("record").join("bundle");
    let command = Command::parse_from(["record".as_ref(), "--out".as_ref(), out.as_os_str()]);
    let mut replies = Vec::new();
    let ended = in_time(|| cli::record::record(&command.record, Cursor::new(input.to_vec()), &mut replies));
    assert!(ended.is_ok(), "{ended:?}");

    let asked = input.split(|byte| *byte == b'\n').filter(|line| !line.iter().all(u8::is_ascii_whitespace)).count();
    let replies = std::str::from_utf8(&replies).expect("replies are text");
    assert_eq!(replies.lines().count(), asked, "one reply for each line:\n{replies}");
    for reply in replies.lines() {
        let reply = parse(reply.as_bytes()).expect("a reply is JSON");
        let said = [reply.get("ok"), reply.get("error")];
        assert_eq!(said.iter().flatten().count(), 1, "either ok or an error: {reply}");
        let kind = reply.get("error").and_then(|error| error.get("kind")).and_then(Value::as_str);
        assert!(kind != Some("internal"), "{reply}");
    }
    if out.exists() {
        let report = validate(&out);
        assert!(report.is_valid(), "{:?}", report.problems);
    }
});
