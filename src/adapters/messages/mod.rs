//! Logs of conversations with a model provider become steps, and whole bundles.
//!
//! Three shapes are read, alone or mixed: chat completions of OpenAI (`tool_calls`), OpenAI's Responses API (`output[]`
//! items: `message`, `reasoning`, `function_call`, `computer_call` and their outputs), and Anthropic's Messages API (blocks:
//! `text`, `thinking`, `tool_use`, `tool_result` with images).
//!
//! ```
//! use tracing_augur::{adapters::messages::steps, record::parse};
//!
//! let log = parse(br#"[{"role": "user", "content": "Open the cart."},
//!     {"role": "assistant", "content": [{"type": "text", "text": "I click the cart."},
//!         {"type": "tool_use", "id": "t1", "name": "computer", "input": {"action": "left_click", "coordinate": [4, 2]}}]}]"#)?;
//! let step = steps(log.as_array().unwrap_or_default()).next();
//! let (intent, action) = step.map(|step| (step.intent, step.action)).unwrap_or_default();
//! assert_eq!(intent, "I click the cart.");
//! assert_eq!(action["type"].as_str(), Some("left_click"));
//! # Ok::<(), tracing_augur::record::JsonError>(())
//! ```

mod bundle;
mod file;
mod picture;
mod turns;

pub use bundle::{BundleOptions, MessageLogError, Recorded, bundle_from_input, record};
pub use file::{MessageLog, Provider};
pub use picture::{Picture, PictureError};
pub use turns::{LoggedStep, steps};

use crate::{Moment, record::Object};
use std::path::{Path, PathBuf};

/// How a provider's logs are read. A log of another provider gets a type of its own that says how its tool calls are found;
/// everything else has a default.
pub trait MessageAdapter {
    /// The adapter's name: the client's name in the bundle, and the tag `adapter`.
    fn name(&self) -> &str;

    /// The tool calls of a log as steps, in the order in which they were carried out.
    fn steps<'a>(&self, log: &'a MessageLog) -> Box<dyn Iterator<Item = LoggedStep<'a>> + 'a> {
        Box::new(steps(&log.messages))
    }

    /// What found the places to act on.
    fn grounding_provider(&self) -> &str {
        if self.name().is_empty() { "model-api" } else { self.name() }
    }

    /// The picture of a step among the screenshots, if it is there: `<NNNN>_<pre or post>.png`.
    fn find_screenshot(&self, folder: &Path, step_index: u64, moment: Moment) -> Option<PathBuf> {
        let path = folder.join(format!("{step_index:04}_{}.png", moment.as_str()));
        path.is_file().then_some(path)
    }
}

/// The members of an action that a log has, as the format accepts them.
fn action(members: Object) -> Object {
    super::typed_action(members)
}
