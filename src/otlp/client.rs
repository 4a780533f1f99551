//! The HTTP client behind the OTLP exporters: hands each request to the export thread and judges the answer.

use super::{
    settings::{Signal, Target},
    tally::Tally,
    thread::{ExportThread, JobError},
    transport::{Answer, FINAL, Message, Taken, Transport},
};
use crate::redact::RedactionPolicy;
use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header::RETRY_AFTER};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTracePartialSuccess, ExportTraceServiceResponse};
use prost::Message as _;
use std::{fmt, sync::Arc};

/// Longest text of a collector that is shown to people, in characters.
const REMARK_LIMIT: usize = 200;

/// Sends the OTLP requests of one signal to one collector, with the headers of its [`Target`] alone.
pub(crate) struct Client {
    thread: Arc<ExportThread>,
    transport: Transport,
    target: Target,
    address: String,
    policy: RedactionPolicy,
    tally: Arc<Tally>,
}

impl Client {
    /// # Errors
    /// In words: a certificate cannot be used.
    pub(crate) fn new(
        thread: Arc<ExportThread>,
        target: &Target,
        policy: RedactionPolicy,
        tally: Arc<Tally>,
    ) -> Result<Self, String> {
        let (transport, address) = (Transport::new(target)?, target.address());
        Ok(Self { thread, transport, target: target.clone(), address, policy, tally })
    }

    fn fail(&self, cause: &str) {
        self.tally.failed_requests.add(1);
        self.tally.blame(format!("{}: {}", self.address, self.policy.scrub(cause)));
    }

    /// What the exporter is told about an answer. It never sees a body: it would log one.
    fn judge(&self, answer: Answer, sent: usize) -> Response<Bytes> {
        let status = match answer.outcome {
            Ok(taken) => match verdict(&taken) {
                Ok(partial) => {
                    self.tally.bytes.add(sent);
                    self.note_rejected(&partial);
                    StatusCode::OK
                }
                Err(cause) => {
                    self.fail(cause);
                    FINAL
                }
            },
            Err(refusal) => {
                // Jaeger and others take spans alone. Who did not ask for log records in so many words loses none.
                if refusal.is_nowhere && self.target.signal == Signal::Logs && !self.target.asked_for {
                    self.tally.decline();
                } else {
                    self.fail(&refusal.cause);
                }
                refusal.status
            }
        };
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = status;
        if let Some(wait) = answer.retry_after {
            response.headers_mut().insert(RETRY_AFTER, wait);
        }
        response
    }

    fn note_rejected(&self, partial: &ExportTracePartialSuccess) {
        let Ok(rejected @ 1..) = usize::try_from(partial.rejected_spans) else { return };
        self.tally.rejected.add(rejected);
        // Redacted before it is cut: half a secret would pass.
        let remark: String = self.policy.scrub(&partial.error_message).chars().take(REMARK_LIMIT).collect();
        let unit = self.target.signal.unit();
        self.tally.blame(format!("{}: the collector rejected {rejected} {unit}: {remark}", self.address));
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        self.tally.requests.add(1);
        // The exporter made up the address and headers of its request; only the body is taken over.
        let message = Message { headers: self.target.headers.clone(), body: request.into_body() };
        let (sent, timeout, transport) = (message.body.len(), self.target.timeout, self.transport.clone());
        let exchange = async move { tokio::time::timeout(timeout, transport.exchange(message)).await };
        let cause = match self.thread.run(exchange).await {
            Ok(Ok(Ok(answer))) => return Ok(self.judge(answer, sent)),
            Ok(Ok(Err(cause))) => cause,
            Ok(Err(_)) => format!("no answer within {} ms", timeout.as_millis()),
            Err(gone @ (JobError::Busy | JobError::Gone)) => gone.to_string(),
        };
        self.fail(&cause);
        Err(cause.into())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("target", &self.target).finish_non_exhaustive()
    }
}

/// What a collector that took the request says about what was in it; of log records it says so in the same form. `Err` if it
/// can hardly be a collector.
fn verdict(taken: &Taken) -> Result<ExportTracePartialSuccess, &'static str> {
    let Some(body) = &taken.body else { return Err("the answer is longer than 64 KiB; is this an OTLP collector?") };
    if taken.is_json {
        return Ok(ExportTracePartialSuccess::default());
    }
    match ExportTraceServiceResponse::decode(body.clone()) {
        Ok(response) => Ok(response.partial_success.unwrap_or_default()),
        Err(_) => Err("the answer is not OTLP; is this an OTLP collector?"),
    }
}
