//! OTLP as gRPC: a message is a unary call over HTTP/2.

use super::{ANSWER_LIMIT, Answer, Connector, FINAL, Message, Refusal, Taken, USER_AGENT, cause};
use crate::otlp::settings::{Signal, Target};
use bytes::{Buf, BufMut, Bytes};
use http::{HeaderValue, StatusCode, Uri, header::USER_AGENT as USER_AGENT_HEADER, uri::PathAndQuery};
use hyper_util::client::legacy::Client;
use std::error::Error;
use tonic::{
    Code, Request, Status,
    codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::MetadataMap,
};

/// Makes calls at one address.
#[derive(Clone)]
pub(in crate::otlp) struct Grpc {
    client: Client<Connector, tonic::body::Body>,
    origin: Uri,
    path: PathAndQuery,
    gzip: bool,
}

impl Grpc {
    pub(super) fn new(client: Client<Connector, tonic::body::Body>, target: &Target) -> Self {
        let path = match target.signal {
            Signal::Traces => "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            Signal::Logs => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        };
        // The path of an address has no meaning here.
        let mut origin = target.endpoint.clone().into_parts();
        origin.path_and_query = Some(PathAndQuery::from_static("/"));
        let origin = Uri::from_parts(origin).unwrap_or_else(|_| target.endpoint.clone());
        Self { client, origin, path: PathAndQuery::from_static(path), gzip: target.gzip }
    }

    pub(super) async fn exchange(&self, message: Message) -> Result<Answer, String> {
        let Message { mut headers, body } = message;
        headers.entry(USER_AGENT_HEADER).or_insert(HeaderValue::from_static(USER_AGENT));
        let mut request = Request::new(body);
        *request.metadata_mut() = MetadataMap::from_headers(headers);
        let mut call = tonic::client::Grpc::with_origin(self.client.clone(), self.origin.clone())
            .max_decoding_message_size(ANSWER_LIMIT)
            .accept_compressed(CompressionEncoding::Gzip);
        if self.gzip {
            call = call.send_compressed(CompressionEncoding::Gzip);
        }
        let outcome = match call.unary(request, self.path.clone(), Encoded).await {
            Ok(response) => Ok(Taken { body: Some(response.into_inner()), is_json: false }),
            // Nobody answered: what tonic reports is what the client below it said.
            Err(status) if status.source().is_some() => return Err(status.source().map(cause).unwrap_or_default()),
            Err(status) if is_too_long(&status) => Ok(Taken { body: None, is_json: false }),
            Err(status) => Err(refusal(&status)),
        };
        Ok(Answer { outcome, retry_after: None })
    }
}

/// tonic says in the same way that an answer is longer than we read.
fn is_too_long(status: &Status) -> bool {
    status.code() == Code::OutOfRange && status.message().starts_with("Error, decoded message length too large")
}

fn refusal(status: &Status) -> Refusal {
    let hint = match status.code() {
        Code::Unauthenticated | Code::PermissionDenied => "; check OTEL_EXPORTER_OTLP_HEADERS",
        Code::Unimplemented => "; does it accept OTLP as gRPC?",
        Code::Internal | Code::Unknown => "; does it speak gRPC?",
        _ => "",
    };
    // Which of them are worth another try, the specification of OTLP says. One that is out of room says when to come again.
    let again = match status.code() {
        Code::Cancelled | Code::DeadlineExceeded | Code::Aborted => true,
        Code::OutOfRange | Code::Unavailable | Code::DataLoss => true,
        Code::ResourceExhausted => !status.details().is_empty(),
        _ => false,
    };
    Refusal {
        cause: format!("the collector answered {:?}{hint}", status.code()),
        status: if again { StatusCode::SERVICE_UNAVAILABLE } else { FINAL },
        is_nowhere: status.code() == Code::Unimplemented,
    }
}

/// Messages are encoded already, and answers are decoded elsewhere.
#[derive(Debug, Clone, Copy)]
struct Encoded;

impl Codec for Encoded {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(message);
        Ok(())
    }
}

impl Decoder for Encoded {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_tried_again_and_nothing_of_the_collectors_text_is_shown() {
        let busy = Status::with_details(Code::ResourceExhausted, "canary", Bytes::from_static(b"in a second"));
        for (status, cause, again, nowhere) in [
            (Status::new(Code::Unavailable, "canary"), "the collector answered Unavailable", true, false),
            (Status::new(Code::OutOfRange, "canary"), "the collector answered OutOfRange", true, false),
            (Status::new(Code::ResourceExhausted, "canary"), "the collector answered ResourceExhausted", false, false),
            (busy, "the collector answered ResourceExhausted", true, false),
            (
                Status::new(Code::Unauthenticated, "canary"),
                "the collector answered Unauthenticated; check OTEL_EXPORTER_OTLP_HEADERS",
                false,
                false,
            ),
            (
                Status::new(Code::Unimplemented, "canary"),
                "the collector answered Unimplemented; does it accept OTLP as gRPC?",
                false,
                true,
            ),
            (Status::new(Code::InvalidArgument, "canary"), "the collector answered InvalidArgument", false, false),
        ] {
            let refusal = refusal(&status);
            assert_eq!(refusal.cause, cause);
            assert_eq!((refusal.status != FINAL, refusal.is_nowhere), (again, nowhere), "{cause}");
        }
    }
}
