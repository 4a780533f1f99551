//! A stand-in for the OpenAI API on a port of its own: `POST /v1/chat/completions`, answered from the script.

use std::convert::Infallible;
use std::fs::File;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::script;

/// The server. It runs on its own thread, as a service would run elsewhere, until the program ends.
pub(crate) struct ModelServer {
    address: SocketAddr,
}

impl ModelServer {
    /// Listens on a free port of the loopback interface; requests and responses are appended to `log`.
    pub(crate) fn start(log: Option<File>) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        thread::Builder::new().name("model-server".to_owned()).spawn(move || runtime.block_on(serve(listener, log)))?;
        Ok(Self { address })
    }

    /// What an OpenAI client takes as its base URL.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

async fn serve(listener: std::net::TcpListener, log: Option<File>) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let log = Arc::new(log);
    loop {
        let (stream, _) = listener.accept().await?;
        let log = Arc::clone(&log);
        let service = service_fn(move |request| respond(request, Arc::clone(&log)));
        // A connection that breaks off is the client's to notice.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn respond(request: Request<Incoming>, log: Arc<Option<File>>) -> Result<Response<Full<Bytes>>, Infallible> {
    let known = request.method() == Method::POST && request.uri().path() == "/v1/chat/completions";
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let (status, response) = match script::reply(&request) {
        _ if !known => (StatusCode::NOT_FOUND, refusal("unknown request URL")),
        Ok(response) => (StatusCode::OK, response),
        Err(off_script) => (StatusCode::BAD_REQUEST, refusal(&off_script.to_string())),
    };
    Ok(match write_log(&log, &request, status, &response) {
        Ok(()) => message(status, &response),
        Err(error) => message(StatusCode::INTERNAL_SERVER_ERROR, &refusal(&error.to_string())),
    })
}

/// An error in the form the API gives its errors.
fn refusal(message: &str) -> Value {
    json!({"error": {"message": message, "type": "invalid_request_error", "param": null, "code": null}})
}

fn message(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body.to_string()));
    *response.status_mut() = status;
    let request_id = body.get("id").and_then(Value::as_str).and_then(|id| format!("req_{id}").parse().ok());
    response.headers_mut().extend(request_id.map(|id| (hyper::header::HeaderName::from_static("x-request-id"), id)));
    response
        .headers_mut()
        .insert(hyper::header::CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    response
}

/// Appends one line before the response leaves, so that a client that has its answer finds it in the log.
fn write_log(log: &Option<File>, request: &Value, status: StatusCode, response: &Value) -> io::Result<()> {
    let Some(mut file) = log.as_ref() else { return Ok(()) };
    let line = json!({"request": request, "status": status.as_u16(), "response": response});
    file.write_all(format!("{line}\n").as_bytes())
}
