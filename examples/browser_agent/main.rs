//! An agent at a real browser: it signs in, searches a table and fills in a form, and leaves a bundle to look at.
//!
//! It sees nothing but screenshots and does nothing but click and type, as a person would. The site is served by this
//! program, and what decides is a set of rules about pixels, so the example needs neither a network nor a key. Once an
//! offer slides in between a look and the click: the click goes astray, the agent sees on the screen that nothing came of
//! it, looks again and clicks where the button is now.
//!
//! | file | what it holds |
//! |---|---|
//! | `agent.rs` | the loop of the agent, and everything it says through `tracing`: read this one |
//! | `policy.rs` | the orders and the rules, recorded as the model calls that they stand for |
//! | `verify.rs` | whether a step did what it was for, by what the screen shows |
//! | `vision.rs`, `regions.rs` | what a screenshot shows |
//! | `browser.rs` | Chromium behind ChromeDriver |
//! | `site.rs`, `pages.rs` | the site |
//!
//! Chromium and ChromeDriver must be there (on Debian the packages `chromium` and `chromium-driver`).
//!
//! ```text
//! AUGUR_CAPTURE_MODE=full RUST_LOG=warn cargo run -p tracing-augur --example browser_agent
//! cargo run -p tracing-augur --example contact_sheet -- augur/<run> sheet.png
//! ```
//!
//! `BROWSER_AGENT_PASSWORD` is the password of the desk, if it is to be another one; it is told to the agent in its task,
//! and must be found neither in the bundle nor in what is exported. `BROWSER_AGENT_SERVER_LOG=<file>` makes the site append
//! every form that arrives there to that file: what really was sent.
#![allow(clippy::print_stdout, reason = "how the run went is the output of this program")]

mod agent;
mod browser;
mod pages;
mod policy;
mod regions;
mod site;
mod verify;
mod vision;

use std::env;
use std::fs::OpenOptions;
use std::io;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use tracing::{Instrument, field::Empty};
use tracing_augur::run_span;

use agent::{Agent, Task};
use browser::Browser;
use site::Site;

/// Whatever keeps the agent from going on.
pub(crate) type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Failure> {
    let _augur = tracing_augur::init("browser-agent")?;

    let password = env::var("BROWSER_AGENT_PASSWORD").unwrap_or_else(|_| "Lighthouse-77".to_owned());
    let site = Site::start(&password, server_log()?)?;
    let text = format!("Sign in as ada with password={password} and pay 12.50 euros back for the late order of Turku.");
    let task = Task { url: site.url(), text, password };

    let browser = Browser::start().await?;
    let run_id = format!("browser-agent-{}", SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis());
    let run = run_span!(
        run_id,
        augur.run.tags.agent = "browser_agent",
        augur.run.task_spec.instruction = task.text,
        augur.run.status = Empty
    );
    let done = Agent::new(&browser, &task).work().instrument(run.clone()).await;
    if !matches!(done, Ok(true)) {
        run.record("augur.run.status", "failed");
    }
    // Whatever happened, no browser is left behind.
    browser.close().await?;
    if done? {
        println!("The money is on its way.");
        Ok(ExitCode::SUCCESS)
    } else {
        println!("I gave up.");
        Ok(ExitCode::FAILURE)
    }
}

/// The file that the site's log goes to, if one is wanted.
fn server_log() -> io::Result<Option<std::fs::File>> {
    env::var_os("BROWSER_AGENT_SERVER_LOG")
        .map(|path| OpenOptions::new().create(true).append(true).open(path))
        .transpose()
}
