//! OTLP over HTTP/1.1: a message is the body of a POST.

use super::{ANSWER_LIMIT, Answer, Connector, Message, Refusal, Taken, USER_AGENT, cause};
use crate::otlp::settings::Target;
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, StatusCode, Uri,
    header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER, USER_AGENT as USER_AGENT_HEADER},
};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use std::io::Write;

/// Puts requests to one address.
#[derive(Clone)]
pub(in crate::otlp) struct Http {
    client: Client<Connector, Full<Bytes>>,
    endpoint: Uri,
    gzip: bool,
}

impl Http {
    pub(super) fn new(client: Client<Connector, Full<Bytes>>, target: &Target) -> Self {
        Self { client, endpoint: target.endpoint.clone(), gzip: target.gzip }
    }

    pub(super) async fn exchange(&self, message: Message) -> Result<Answer, String> {
        let Message { mut headers, body } = message;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        headers.entry(USER_AGENT_HEADER).or_insert(HeaderValue::from_static(USER_AGENT));
        let body = match self.gzip.then(|| compressed(&body)).flatten() {
            Some(smaller) => {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                smaller
            }
            None => body,
        };
        let mut request = Request::new(Full::new(body));
        (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) =
            (Method::POST, self.endpoint.clone(), headers);
        let response = self.client.request(request).await.map_err(|error| cause(&error))?;
        let (head, mut rest) = response.into_parts();
        let retry_after = head.headers.get(RETRY_AFTER).cloned();
        if !head.status.is_success() {
            return Ok(Answer { outcome: Err(refusal(head.status)), retry_after });
        }
        let mut body = Some(Vec::new());
        while let Some(frame) = rest.frame().await {
            let frame = frame.map_err(|error| cause(&error))?;
            let Some(chunk) = frame.data_ref() else { continue };
            body = body.filter(|body| body.len() + chunk.len() <= ANSWER_LIMIT);
            let Some(body) = &mut body else { break };
            body.extend_from_slice(chunk);
        }
        Ok(Answer { outcome: Ok(Taken { body: body.map(Bytes::from), is_json: is_json(&head.headers) }), retry_after })
    }
}

fn compressed(body: &[u8]) -> Option<Bytes> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(|value| value.as_bytes().to_ascii_lowercase());
    kind.is_some_and(|kind| kind.starts_with(b"application/json"))
}

fn refusal(status: StatusCode) -> Refusal {
    let hint = match status.as_u16() {
        300..=399 => "; redirects are not followed, set the endpoint to the final address",
        401 | 403 => "; check OTEL_EXPORTER_OTLP_HEADERS",
        404 | 405 => "; is the path of the endpoint right?",
        415 => "; does it accept http/protobuf?",
        _ => "",
    };
    let cause = format!("the collector answered {}{hint}", status.as_u16());
    Refusal { cause, status, is_nowhere: matches!(status.as_u16(), 404 | 405 | 501) }
}
