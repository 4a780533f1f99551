//! The browser: a headless Chromium behind ChromeDriver, with hands and an eye and nothing else. What a page consists of
//! cannot be asked here.

use std::env;
use std::io::{self, BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use fantoccini::actions::{InputSource, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tempfile::TempDir;

use crate::Failure;

/// What Chromium is started with. One pixel of the screenshot is one pixel of the page, so that what the eye finds is where
/// the hand clicks.
const ARGUMENTS: &[&str] = &[
    "--headless=new",
    "--window-size=800,660",
    "--force-device-scale-factor=1",
    "--hide-scrollbars",
    "--disable-gpu",
    // Shared memory is scarce in containers.
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
];

/// A browser with one empty page.
pub(crate) struct Browser {
    client: Client,
    // Ends with the browser; dropped last.
    _driver: Driver,
}

impl Browser {
    /// Starts ChromeDriver (the program that `CHROMEDRIVER` names, else `chromedriver`), which starts Chromium.
    pub(crate) async fn start() -> Result<Self, Failure> {
        let driver = Driver::start()?;
        let mut arguments = ARGUMENTS.to_vec();
        if is_root() {
            // Chromium refuses to run as root otherwise. All it will see is the site of this example.
            arguments.push("--no-sandbox");
        }
        let wanted = json!({"browserName": "chrome", "goog:chromeOptions": {"args": arguments}});
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(serde_json::from_value::<Capabilities>(wanted)?);
        let client = builder.connect(&format!("http://127.0.0.1:{}", driver.port)).await?;
        Ok(Self { client, _driver: driver })
    }

    pub(crate) async fn open(&self, url: &str) -> Result<(), Failure> {
        Ok(self.client.goto(url).await?)
    }

    /// What is on the screen, as PNG.
    pub(crate) async fn screenshot(&self) -> Result<Vec<u8>, Failure> {
        Ok(self.client.screenshot().await?)
    }

    /// Moves the mouse to a pixel of the screenshot and clicks.
    pub(crate) async fn click(&self, x: u32, y: u32) -> Result<(), Failure> {
        let mouse = MouseActions::new("mouse".to_owned())
            .then(PointerAction::MoveTo { duration: None, x: x.into(), y: y.into() })
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        Ok(self.client.perform_actions(mouse).await?)
    }

    /// Presses and releases the keys of a text, wherever the keyboard goes.
    pub(crate) async fn press(&self, keys: &str) -> Result<(), Failure> {
        let keyboard = keys.chars().fold(KeyActions::new("keyboard".to_owned()), |keyboard, value| {
            keyboard.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        Ok(self.client.perform_actions(keyboard).await?)
    }

    /// Ends the browser.
    pub(crate) async fn close(self) -> Result<(), Failure> {
        Ok(self.client.close().await?)
    }
}

/// ChromeDriver on a port that it chose itself; killed on drop.
struct Driver {
    child: Child,
    port: u16,
    /// Where it and Chromium keep what they need for a while; removed on drop.
    _files: TempDir,
    // What it says from time to time needs somebody at the other end of the pipe.
    _said: BufReader<ChildStdout>,
}

impl Driver {
    fn start() -> Result<Self, Failure> {
        let program = env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
        let files = tempfile::tempdir()?;
        let mut child = Command::new(&program)
            .arg("--port=0")
            .env("TMPDIR", files.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{program}: {error} (Debian has it in `chromium-driver`)"))?;
        let mut said = BufReader::new(child.stdout.take().ok_or("ChromeDriver has no output")?);
        let port = announced_port(&mut said);
        let driver = Self { child, port: port.unwrap_or_default(), _files: files, _said: said };
        port.map(|_| driver).ok_or_else(|| "ChromeDriver did not say which port it listens on".into())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The port in `ChromeDriver was started successfully on port 38567.`
fn announced_port(said: &mut impl BufRead) -> Option<u16> {
    said.lines()
        .map_while(io::Result::ok)
        .find_map(|line| line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok())
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|answer| answer.stdout.trim_ascii() == b"0")
}
