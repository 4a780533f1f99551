//! The way to a collector: one HTTP client, over HTTP/1.1 or as gRPC, with TLS or without.

#[cfg(feature = "otlp-grpc")]
mod grpc;
mod http1;
#[cfg(feature = "otlp-tls")]
mod tls;

use super::settings::{Protocol, Target};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use std::{error::Error, time::Duration};

/// Longest answer that is read, in bytes. A collector answers with a few.
const ANSWER_LIMIT: usize = 64 * 1024;
/// What the exporter is told when trying again would not help: it takes any other failure for a reason to.
pub(super) const FINAL: StatusCode = StatusCode::BAD_REQUEST;
const USER_AGENT: &str = concat!("tracing-augur/", env!("CARGO_PKG_VERSION"));

#[cfg(feature = "otlp-tls")]
type Connector = hyper_rustls::HttpsConnector<HttpConnector>;
#[cfg(not(feature = "otlp-tls"))]
type Connector = HttpConnector;

/// A request, encoded.
pub(super) struct Message {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// What a collector answered.
pub(super) struct Answer {
    pub(super) outcome: Result<Taken, Refusal>,
    /// When it wants to be asked again.
    pub(super) retry_after: Option<HeaderValue>,
}

/// It took the request.
pub(super) struct Taken {
    /// `None` if it is too long.
    pub(super) body: Option<Bytes>,
    /// Some answer in JSON whatever they were sent, and say nothing in it.
    pub(super) is_json: bool,
}

/// It did not take the request.
pub(super) struct Refusal {
    /// In words of ours: a collector may echo a token in its own.
    pub(super) cause: String,
    /// What the exporter is told.
    pub(super) status: StatusCode,
    /// There is nothing at the address that takes this kind of thing.
    pub(super) is_nowhere: bool,
}

/// Sends requests to one address. It takes nothing else from the environment: no proxy (a collector is next door; one that is
/// not is reached through a collector that is), no redirects, no cookies.
#[derive(Clone)]
pub(super) enum Transport {
    Http(http1::Http),
    #[cfg(feature = "otlp-grpc")]
    Grpc(grpc::Grpc),
}

impl Transport {
    /// # Errors
    /// In words: a certificate cannot be used.
    pub(super) fn new(target: &Target) -> Result<Self, String> {
        let connector = connector(target)?;
        let mut builder = Client::builder(hyper_util::rt::TokioExecutor::new());
        builder.pool_timer(hyper_util::rt::TokioTimer::new()).timer(hyper_util::rt::TokioTimer::new());
        builder.pool_max_idle_per_host(1).pool_idle_timeout(Duration::from_secs(60));
        match target.protocol {
            Protocol::Http => Ok(Self::Http(http1::Http::new(builder.build(connector), target))),
            #[cfg(feature = "otlp-grpc")]
            Protocol::Grpc => Ok(Self::Grpc(grpc::Grpc::new(builder.http2_only(true).build(connector), target))),
        }
    }

    /// Puts a request, in the runtime of the export thread.
    ///
    /// # Errors
    /// In words: no answer came.
    pub(super) async fn exchange(&self, message: Message) -> Result<Answer, String> {
        match self {
            Self::Http(http) => http.exchange(message).await,
            #[cfg(feature = "otlp-grpc")]
            Self::Grpc(grpc) => grpc.exchange(message).await,
        }
    }
}

#[cfg(feature = "otlp-tls")]
fn connector(target: &Target) -> Result<Connector, String> {
    let config = tls::client_config(target).map_err(|error| error.to_string())?;
    let builder = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(config).https_or_http();
    let tcp = tcp();
    Ok(match target.protocol {
        Protocol::Http => builder.enable_http1().wrap_connector(tcp),
        #[cfg(feature = "otlp-grpc")]
        Protocol::Grpc => builder.enable_http2().wrap_connector(tcp),
    })
}

#[cfg(not(feature = "otlp-tls"))]
fn connector(_: &Target) -> Result<Connector, String> {
    Ok(tcp())
}

fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp
}

/// Why no answer came: the innermost reason, which names no address and quotes nothing.
fn cause(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    if std::ptr::addr_eq(innermost, error) { "the request failed".to_owned() } else { innermost.to_string() }
}
