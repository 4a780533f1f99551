//! The ways in which a process can end, and what is left of its run. Each case runs this very program again as the agent.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

mod support;

use std::{
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};
use support::{at, bundles, json, text};
use tracing_augur::{CaptureMode, Config, Durability, bundle::recover, run_span, step_span};

const ROLE: &str = "AUGUR_TEST_EXIT";

/// The agent: two steps that are over, one that is not, and then whatever its role says.
fn agent(role: &str, root: &Path) {
    let durability = if role.starts_with("lazy ") { Durability::Lazy } else { Durability::Process };
    let config = Config::new("agent").with_root(root).with_capture_mode(CaptureMode::Trace).with_console(false);
    let guard = config.with_durability(durability).init().unwrap();
    #[cfg(feature = "signals")]
    guard.end_on_signals().unwrap();
    let _run = run_span!("run").entered();
    for _ in 0..2 {
        step_span!("click", augur.verdict.status = "passed").in_scope(|| {});
    }
    let _open = step_span!("type").entered();
    // That a step has begun reaches the disk within moments, and nobody waits for it.
    guard.flush();
    match role.trim_start_matches("lazy ") {
        "returns" => {}
        "exits by the guard" => guard.exit(3),
        "exits" => std::process::exit(3),
        "panics" => panic!("the agent gave up"),
        "aborts" => std::process::abort(),
        "waits" => {
            println!("ready");
            std::thread::sleep(Duration::from_secs(60));
        }
        other => panic!("no role {other}"),
    }
}

fn start(role: &str, root: &Path) -> Child {
    let this = std::env::current_exe().unwrap();
    Command::new(this)
        .args(["--exact", "a_process_may_end_in_any_way_and_its_run_is_told_apart", "--nocapture"])
        .env(ROLE, role)
        .env("AUGUR_TEST_EXIT_ROOT", root)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Lets the agent run and, with a signal, ends it once it waits.
fn ended(role: &str, signal: Option<&str>, root: &Path) -> ExitStatus {
    use std::io::{BufRead, BufReader};
    let mut agent = start(role, root);
    if let Some(signal) = signal {
        let lines = BufReader::new(agent.stdout.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|line| line.ends_with("ready")), "{role} never got ready");
        let sent = Command::new("kill").args([&format!("-{signal}"), &agent.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
    let begun = Instant::now();
    loop {
        if let Some(status) = agent.try_wait().unwrap() {
            return status;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{role}: the process does not end");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// How a process ends, and what is then found: its exit code or signal, whether the bundle is complete without recovery, and
/// the state of the run and of the step that was under way.
struct Case {
    role: &'static str,
    signal: Option<&'static str>,
    code: Option<i32>,
    by: Option<i32>,
    complete: bool,
    run: &'static str,
    open_step: &'static str,
}

const CASES: &[Case] = &[
    Case {
        role: "returns",
        signal: None,
        code: Some(0),
        by: None,
        complete: true,
        run: "succeeded",
        open_step: "succeeded",
    },
    Case {
        role: "panics",
        signal: None,
        code: Some(101),
        by: None,
        complete: true,
        run: "halted",
        open_step: "failed",
    },
    Case {
        role: "exits by the guard",
        signal: None,
        code: Some(3),
        by: None,
        complete: true,
        run: "halted",
        open_step: "failed",
    },
    Case { role: "exits", signal: None, code: Some(3), by: None, complete: false, run: "halted", open_step: "failed" },
    Case { role: "aborts", signal: None, code: None, by: Some(6), complete: false, run: "halted", open_step: "failed" },
    Case {
        role: "waits",
        signal: Some("KILL"),
        code: None,
        by: Some(9),
        complete: false,
        run: "halted",
        open_step: "failed",
    },
    #[cfg(feature = "signals")]
    Case {
        role: "waits",
        signal: Some("TERM"),
        code: None,
        by: Some(15),
        complete: true,
        run: "halted",
        open_step: "failed",
    },
    #[cfg(feature = "signals")]
    Case {
        role: "waits",
        signal: Some("INT"),
        code: None,
        by: Some(2),
        complete: true,
        run: "halted",
        open_step: "failed",
    },
    #[cfg(feature = "signals")]
    Case {
        role: "lazy waits",
        signal: Some("HUP"),
        code: None,
        by: Some(1),
        complete: true,
        run: "halted",
        open_step: "failed",
    },
    Case {
        role: "lazy exits by the guard",
        signal: None,
        code: Some(3),
        by: None,
        complete: true,
        run: "halted",
        open_step: "failed",
    },
];

#[test]
fn a_process_may_end_in_any_way_and_its_run_is_told_apart() {
    if let (Ok(role), Some(root)) = (std::env::var(ROLE), std::env::var_os("AUGUR_TEST_EXIT_ROOT")) {
        return agent(&role, Path::new(&root));
    }
    let root = bundles("exits");
    for (number, case) in CASES.iter().enumerate() {
        let Case { role, signal, .. } = case;
        let told = format!("{role} {}", signal.unwrap_or_default());
        let root = root.join(number.to_string());
        let status = ended(role, *signal, &root);
        assert_eq!((status.code(), status.signal()), (case.code, case.by), "{told}");
        let folders: Vec<_> = std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
        let [bundle] = folders.as_slice() else { panic!("{told}: {folders:?}") };
        assert_eq!(!bundle.join("incomplete").exists(), case.complete, "{told}");
        assert_eq!(recover(bundle).unwrap().already_complete, case.complete, "{told}");
        let trace = json(bundle.join("trace.json"));
        assert_eq!(text(&trace, "session.status"), case.run, "{told}");
        let states: Vec<_> = (0..3).map(|step| text(&trace, &format!("steps.{step}.status"))).collect();
        assert_eq!(states, ["succeeded", "succeeded", case.open_step], "{told}");
        assert_eq!(at(&trace, "steps").as_array().unwrap().len(), 3, "{told}");
    }
}
