//! The HTTP client behind the OTLP exporter: hands each request to the export thread and judges the answer.
//!
//! It sends to one address and takes nothing else from the environment: no proxy (a collector is next door; one that is not
//! is reached through a collector that is), no redirects, no cookies, and the headers of [`Settings`] alone.

use super::{
    settings::Settings,
    tally::Tally,
    thread::{ExportThread, JobError},
};
use crate::redact::RedactionPolicy;
use async_trait::async_trait;
use bytes::Bytes;
use http::{
    HeaderMap, Request, Response, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER},
};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message;
use std::{error::Error, fmt, sync::Arc, time::Duration};

/// Longest answer that is read, in bytes. A collector answers with a few.
const ANSWER_LIMIT: usize = 64 * 1024;
/// Longest text of a collector that is shown to people, in characters.
const REMARK_LIMIT: usize = 200;
/// What the exporter is told when trying again would not help: it takes any other failure for a reason to.
const FINAL: StatusCode = StatusCode::BAD_REQUEST;

/// Sends OTLP requests to one collector.
pub(crate) struct Client {
    thread: Arc<ExportThread>,
    http: reqwest::Client,
    settings: Settings,
    address: String,
    policy: RedactionPolicy,
    tally: Arc<Tally>,
}

/// What came back, as far as it matters.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    /// `None` if it is too long.
    body: Option<Vec<u8>>,
}

impl Client {
    /// # Errors
    /// The HTTP client cannot be built.
    pub(crate) fn new(
        thread: Arc<ExportThread>,
        settings: &Settings,
        policy: RedactionPolicy,
        tally: Arc<Tally>,
    ) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(settings.timeout)
            .timeout(settings.timeout)
            .pool_max_idle_per_host(1)
            .user_agent(concat!("tracing-augur/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { thread, http, settings: settings.clone(), address: settings.address(), policy, tally })
    }

    /// The exporter made up the address and headers of its request; only what describes the body is taken over.
    fn request(&self, request: Request<Bytes>) -> reqwest::RequestBuilder {
        let mut headers = self.settings.headers.clone();
        for name in [CONTENT_TYPE, CONTENT_ENCODING] {
            if let Some(value) = request.headers().get(&name) {
                headers.insert(name, value.clone());
            }
        }
        self.http.post(self.settings.endpoint.clone()).headers(headers).body(request.into_body())
    }

    fn fail(&self, cause: &str) {
        self.tally.failed_requests.add(1);
        self.tally.blame(format!("{}: {}", self.address, self.policy.scrub(cause)));
    }

    /// What the exporter is told about an answer. It never sees a body: it would log one.
    fn judge(&self, answer: &Answer, sent: usize) -> Response<Bytes> {
        let status = if !answer.status.is_success() {
            self.fail(&refusal(answer.status));
            answer.status
        } else {
            match verdict(answer) {
                Ok(partial) => {
                    self.tally.bytes.add(sent);
                    self.note_rejected(partial);
                    StatusCode::OK
                }
                Err(cause) => {
                    self.fail(cause);
                    FINAL
                }
            }
        };
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = status;
        if let Some(wait) = answer.headers.get(RETRY_AFTER) {
            response.headers_mut().insert(RETRY_AFTER, wait.clone());
        }
        response
    }

    fn note_rejected(&self, partial: ExportTracePartialSuccess) {
        let Ok(rejected @ 1..) = usize::try_from(partial.rejected_spans) else { return };
        self.tally.rejected.add(rejected);
        // Redacted before it is cut: half a secret would pass.
        let remark: String = self.policy.scrub(&partial.error_message).chars().take(REMARK_LIMIT).collect();
        self.tally.blame(format!("{}: the collector rejected {rejected} spans: {remark}", self.address));
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        self.tally.requests.add(1);
        let sent = request.body().len();
        let cause = match self.thread.run(exchange(self.request(request))).await {
            Ok(Ok(answer)) => return Ok(self.judge(&answer, sent)),
            Ok(Err(error)) => cause(&error, self.settings.timeout),
            Err(gone @ (JobError::Busy | JobError::Gone)) => gone.to_string(),
        };
        self.fail(&cause);
        Err(cause.into())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("settings", &self.settings).finish_non_exhaustive()
    }
}

async fn exchange(request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
    let mut response = request.send().await?;
    let mut body = Some(Vec::new());
    // The text of a refusal is for nobody; a collector may echo a token in it.
    while response.status().is_success()
        && let Some(chunk) = response.chunk().await?
    {
        body = body.filter(|body| body.len() + chunk.len() <= ANSWER_LIMIT);
        let Some(body) = &mut body else { break };
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status: response.status(), headers: response.headers().clone(), body })
}

/// What a collector that took the request says about the spans in it. `Err` if it can hardly be a collector.
fn verdict(answer: &Answer) -> Result<ExportTracePartialSuccess, &'static str> {
    let Some(body) = &answer.body else { return Err("the answer is longer than 64 KiB; is this an OTLP collector?") };
    let content_type = answer.headers.get(CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase());
    // Some answer in JSON whatever they were sent, and say nothing in it.
    if content_type.is_some_and(|kind| kind.starts_with(b"application/json")) {
        return Ok(ExportTracePartialSuccess::default());
    }
    match ExportTraceServiceResponse::decode(body.as_slice()) {
        Ok(response) => Ok(response.partial_success.unwrap_or_default()),
        Err(_) => Err("the answer is not OTLP; is this an OTLP collector?"),
    }
}

fn refusal(status: StatusCode) -> String {
    let hint = match status.as_u16() {
        300..=399 => "; redirects are not followed, set the endpoint to the final address",
        401 | 403 => "; check OTEL_EXPORTER_OTLP_HEADERS",
        404 | 405 => "; is the path of the endpoint right?",
        415 => "; does it accept http/protobuf?",
        _ => "",
    };
    format!("the collector answered {}{hint}", status.as_u16())
}

/// Why no answer came: the innermost reason, which names no address and quotes nothing.
fn cause(error: &reqwest::Error, timeout: Duration) -> String {
    if error.is_timeout() {
        let what = if error.is_connect() { "connection" } else { "answer" };
        return format!("no {what} within {} ms", timeout.as_millis());
    }
    let mut innermost: &dyn Error = error;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    if std::ptr::addr_eq(innermost, error) { "the request failed".to_owned() } else { innermost.to_string() }
}
