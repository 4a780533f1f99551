//! The real OpenTelemetry Collector and the real Jaeger: started for a test, asked over their ports, stopped with it.
//!
//! The programs are looked for in the folder that `AUGUR_PARTS_BIN` names; `scripts/test` builds them and sets it.
//! Every start takes free ports and a folder of its own, so tests may run side by side.
#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod collector;
mod jaeger;

pub(crate) use collector::{CollectedEvent, CollectedRecord, CollectedSpan, Collector, Tls};
pub(crate) use jaeger::{Jaeger, JaegerLog, JaegerSpan};

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program may take to become ready, or to stop when asked.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a condition is looked at.
const INTERVAL: Duration = Duration::from_millis(20);

/// What a program needs to be started.
struct Recipe {
    /// The program's name in the folder of the parts.
    program: &'static str,
    /// The text of its configuration.
    config: &'static str,
    /// What is put over the configuration, each in the form `yaml:KEY::KEY: VALUE`.
    overrides: Vec<String>,
    /// The variables of the configuration that take a free port each; the first one answers HTTP.
    ports: &'static [&'static str],
    /// The other variables of the configuration.
    settings: BTreeMap<String, String>,
}

/// A running program with a working folder of its own; killed on drop, and the folder removed unless the test failed.
struct Part {
    recipe: Recipe,
    program: PathBuf,
    ports: BTreeMap<&'static str, u16>,
    folder: PathBuf,
    child: Option<Child>,
}

/// Why a program did not become ready.
enum Refusal {
    /// Someone took one of the ports between the choice and the start.
    PortTaken,
    /// Anything else, told to the reader.
    Other(String),
}

impl Part {
    /// Starts a program on free ports, in a new folder, and returns once it is ready.
    fn start(recipe: Recipe) -> Part {
        let program = program_path(recipe.program);
        let folder = new_folder(recipe.program);
        fs::write(folder.join("config.yaml"), recipe.config).unwrap();
        let mut part = Part { recipe, program, ports: BTreeMap::new(), folder, child: None };
        for _ in 0..5 {
            part.ports = free_ports(part.recipe.ports);
            match part.launch() {
                Ok(()) => return part,
                Err(Refusal::PortTaken) => {}
                Err(Refusal::Other(reason)) => panic!("{reason}"),
            }
        }
        panic!("{}: five times in a row another program took one of its ports", part.recipe.program);
    }

    /// Starts the program again, on the ports that it had.
    fn start_again(&mut self) {
        assert!(self.child.is_none(), "{} is running", self.recipe.program);
        match self.launch() {
            Ok(()) => {}
            Err(Refusal::PortTaken) => panic!("{}: another program took its port", self.recipe.program),
            Err(Refusal::Other(reason)) => panic!("{reason}"),
        }
    }

    fn launch(&mut self) -> Result<(), Refusal> {
        let log_start = fs::metadata(self.log()).map_or(0, |log| log.len());
        let log = OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(self.folder.join("config.yaml"));
        for text in &self.recipe.overrides {
            command.arg("--config").arg(text);
        }
        command.envs(&self.recipe.settings);
        command.envs(self.ports.iter().map(|(name, port)| (name, port.to_string())));
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.recipe.program));
        self.child = Some(child);

        let asked = self.port(self.recipe.ports[0]);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            let said = self.said_since(log_start);
            if let Some(status) = ended {
                self.child = None;
                return Err(match said.contains("address already in use") {
                    true => Refusal::PortTaken,
                    false => Refusal::Other(self.failure(&format!("ended at its start ({status})"))),
                });
            }
            // The port may be answered by a stranger; the program says this only once its own ports are open.
            if said.contains("Everything is ready") && get(asked, "/").is_ok() {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(Refusal::Other(self.failure("was not ready in time")));
            }
            thread::sleep(INTERVAL);
        }
    }

    /// Asks the program to end, as a user's Ctrl-C would, and waits until it has: what it held is then written.
    fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let asked = Command::new("kill").arg("-TERM").arg(child.id().to_string()).status().unwrap();
        assert!(asked.success(), "{} could not be asked to end", self.recipe.program);
        let ended = until(PATIENCE, || child.try_wait().unwrap());
        match ended {
            Some(status) if status.success() => {}
            Some(status) => panic!("{}", self.failure(&format!("failed while it ended ({status})"))),
            None => {
                self.child = Some(child);
                panic!("{}", self.failure("did not end when asked"));
            }
        }
    }

    /// Ends the program at once, as a crash would.
    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    fn port(&self, name: &str) -> u16 {
        self.ports[name]
    }

    fn log(&self) -> PathBuf {
        self.folder.join("stderr.log")
    }

    fn said_since(&self, start: u64) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        let start = usize::try_from(start).unwrap();
        String::from_utf8_lossy(log.get(start..).unwrap_or_default()).into_owned()
    }

    /// A message that says what went wrong, with the end of what the program said.
    fn failure(&self, what: &str) -> String {
        let said = self.said_since(0);
        let lines: Vec<&str> = said.lines().collect();
        let tail = lines[lines.len().saturating_sub(40)..].join("\n");
        format!("{} {what}; the end of its stderr:\n{tail}", self.recipe.program)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            eprintln!("{}: what it said and wrote is in {}", self.recipe.program, self.folder.display());
        } else {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// A new empty folder for one program.
fn new_folder(program: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("tracing-augur-{program}-{}-{count}", std::process::id()));
    // A test process of an earlier boot may have had the same id.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Where a program is, or a message that says how to get it. A missing part fails the test, in CI and elsewhere.
fn program_path(program: &str) -> PathBuf {
    let remedy = match std::env::var_os("CI") {
        Some(_) => "the CI job must run the tests through scripts/test",
        None => "run the tests through scripts/test, which builds the parts once (Go is needed) and names their folder",
    };
    let Some(folder) = std::env::var_os("AUGUR_PARTS_BIN") else {
        panic!("AUGUR_PARTS_BIN is not set, so there is no {program} to test against: {remedy}");
    };
    let path = Path::new(&folder).join(program);
    assert!(
        path.is_file(),
        "AUGUR_PARTS_BIN names {}, which holds no {program}: {remedy}",
        Path::new(&folder).display()
    );
    path
}

/// A free port for each name, all different.
fn free_ports(names: &[&'static str]) -> BTreeMap<&'static str, u16> {
    let held: Vec<TcpListener> = names.iter().map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()).collect();
    names.iter().zip(&held).map(|(name, listener)| (*name, listener.local_addr().unwrap().port())).collect()
}

/// Looks until there is an answer; `None` when `limit` has passed without one.
fn until<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(answer) = look() {
            return Some(answer);
        }
        if Instant::now() > deadline {
            return None;
        }
        thread::sleep(INTERVAL);
    }
}

/// The status and body that a port of this machine answers to a GET.
fn get(port: u16, path: &str) -> std::io::Result<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    // HTTP/1.0: the answer is neither chunked nor kept open, so it ends where the stream ends.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    parse_answer(&answer)
        .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::InvalidData, "the port does not speak HTTP"))
}

fn parse_answer(answer: &[u8]) -> Option<(u16, Vec<u8>)> {
    let head_end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(answer.get(..head_end)?).ok()?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer.get(head_end + 4..)?.to_vec()))
}
