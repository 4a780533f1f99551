//! A `rig` agent that leaves a debug bundle because of one line in `main`.
//!
//! The agent shops: it has a preamble, two tools (`search_catalogue`, `add_to_cart`) and a model behind the OpenAI
//! chat-completions API. That API is served by this program itself, from a fixed script, so the example needs neither
//! a key nor a network, and every run is the same:
//!
//! | model call | what the model does | what the tools answer |
//! |---|---|---|
//! | 1 | asks for two searches at once | both find products |
//! | 2 | puts a product into the cart by a number it made up | an error: no such product |
//! | 3 | tries again with the number the search had given | the cart |
//! | 4 | adds the second product | the cart |
//! | 5 | answers in text | |
//!
//! Everything the bundle knows about this comes from the `tracing` spans rig opens on its own. Two things decide how
//! much that is: `record_content_telemetry(true)` on the agent, without which rig keeps prompts, answers and tool
//! data to itself; and that no span of our own is open around the prompt, because rig then leaves out its run span.
//!
//! ```text
//! cargo run -p tracing-augur --example rig_agent --features otlp
//! ```
//!
//! The answer goes to stdout. `RIG_AGENT_SERVER_LOG=<file>` makes the server append every request with its response
//! to that file, one JSON object a line: what really went over the wire, to hold the bundle against.
//! `RIG_AGENT_PLANT=<value>` (a word, no blanks) slips a password into the prompt, from where the model carries it
//! into a tool call; it must be found neither in the bundle nor in what is exported. rig itself wants Rust 1.95.
#![allow(clippy::print_stdout, reason = "the answer of the agent is the output of this program")]

mod script;
mod server;
mod tools;

use std::env;
use std::error::Error;
use std::fs::OpenOptions;
use std::sync::Arc;

use rig::agent::AgentBuilder;
use rig::http_client::ReqwestClient;
use rig::providers::openai::{GPT_5_MINI, OpenAIConfig};
use rig::rig_reqwest::reqwest;

use server::ModelServer;
use tools::{AddToCart, SearchCatalogue, Shop};

const PREAMBLE: &str = "You are the shopping assistant of a small electronics shop. Look products up before you add \
                        them, add only what the customer asked for, and close with the total of the cart.";

const WISH: &str = "Please put two 1 m USB-C cables and a travel charger into my cart, for at most 45 euros in all.";

// One thread for everything the agent does: whatever observes it has no second worker to hide a stall behind.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let _augur = tracing_augur::init("rig-agent")?;

    let server = ModelServer::start(server_log()?)?;
    let shop = Arc::new(Shop::default());

    // The server is on this machine: a proxy from the environment must not get in between.
    let http = ReqwestClient::from(reqwest::Client::builder().no_proxy().build()?);
    let openai = OpenAIConfig::new("no-key-needed").with_base_url(server.base_url()).connect(http);
    let agent = AgentBuilder::new(openai.chat(GPT_5_MINI))
        .name("shopping-assistant")
        .preamble(PREAMBLE)
        .max_tokens(1024)
        .tool(SearchCatalogue(Arc::clone(&shop)))
        .tool(AddToCart(shop))
        .record_content_telemetry(true)
        .build();

    let answer = agent.prompt(wish()).max_turns(8).run().await?;
    println!("{}", answer.output());
    Ok(())
}

/// What the customer asks for, with the planted password at its end if there is one.
fn wish() -> String {
    match env::var("RIG_AGENT_PLANT") {
        Ok(secret) => format!("{WISH} Should the shop want me to sign in: my password is password={secret}"),
        Err(_) => WISH.to_owned(),
    }
}

/// The file the server's traffic is appended to, if one is wanted.
fn server_log() -> std::io::Result<Option<std::fs::File>> {
    env::var_os("RIG_AGENT_SERVER_LOG").map(|path| OpenOptions::new().create(true).append(true).open(path)).transpose()
}
