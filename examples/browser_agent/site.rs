//! The order desk as a web server on a port of its own, so that the example needs no network.

use std::convert::Infallible;
use std::fs::File;
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;

use crate::pages;

/// What a browser shows to prove that it has signed in.
const TICKET: &str = "desk=open";

/// The running site. It ends with the program.
pub(crate) struct Site {
    address: SocketAddr,
}

/// What the requests share.
struct Desk {
    password: String,
    /// Numbers of the orders that were refunded.
    refunds: Mutex<Vec<u32>>,
    log: Option<File>,
}

impl Site {
    /// Listens on a free port of the loopback interface. Every form that arrives is appended to `log`.
    pub(crate) fn start(password: &str, log: Option<File>) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let desk = Arc::new(Desk { password: password.to_owned(), refunds: Mutex::default(), log });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        thread::Builder::new().name("order-desk".to_owned()).spawn(move || runtime.block_on(serve(listener, desk)))?;
        Ok(Self { address })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }
}

async fn serve(listener: std::net::TcpListener, desk: Arc<Desk>) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let desk = Arc::clone(&desk);
        let service = service_fn(move |request| answer(request, Arc::clone(&desk)));
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn answer(request: Request<Incoming>, desk: Arc<Desk>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let form = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let form = String::from_utf8_lossy(&form);
    let path = head.uri.path();
    if head.method == "POST" && desk.note(path, &form).is_err() {
        return Ok(empty(StatusCode::INTERNAL_SERVER_ERROR));
    }
    let signed_in = head.headers.get(COOKIE).is_some_and(|cookie| cookie.as_bytes() == TICKET.as_bytes());
    let order = path.strip_prefix("/refund/").and_then(|number| number.parse().ok()).and_then(order);
    Ok(match (head.method.as_str(), path, order) {
        ("GET", "/", _) => html(pages::log_in(false)),
        ("POST", "/sign-in", _) if desk.admits(&form) => {
            let mut response = see_other("/orders");
            response.headers_mut().insert(SET_COOKIE, hyper::header::HeaderValue::from_static(TICKET));
            response
        }
        ("POST", "/sign-in", _) => html(pages::log_in(true)),
        _ if !signed_in => see_other("/"),
        ("GET", "/orders", _) => html(pages::orders(town(head.uri.query()))),
        ("GET", _, Some(order)) => html(pages::refund(order)),
        ("POST", _, Some(order)) => html(pages::refunded(order, desk.refund(order.0))),
        _ => empty(StatusCode::NOT_FOUND),
    })
}

impl Desk {
    fn admits(&self, form: &str) -> bool {
        field(form, "name") == Some("ada") && field(form, "password") == Some(&self.password)
    }

    /// Notes a refund and returns the number of its receipt.
    fn refund(&self, order: u32) -> usize {
        let mut refunds = self.refunds.lock().unwrap_or_else(PoisonError::into_inner);
        refunds.push(order);
        refunds.len()
    }

    fn note(&self, path: &str, form: &str) -> io::Result<()> {
        let Some(mut log) = self.log.as_ref() else { return Ok(()) };
        writeln!(log, "{}", json!({"path": path, "form": form}))
    }
}

fn order(number: u32) -> Option<&'static pages::Order> {
    pages::ORDERS.iter().find(|order| order.0 == number)
}

/// A field of a form in `text/plain`: one `name=value` a line.
fn field<'a>(form: &'a str, name: &str) -> Option<&'a str> {
    form.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
}

fn town(query: Option<&str>) -> &str {
    query.and_then(|query| query.strip_prefix("town=")).unwrap_or_default()
}

fn html(page: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(page));
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

fn see_other(path: &'static str) -> Response<Full<Bytes>> {
    let mut response = empty(StatusCode::SEE_OTHER);
    response.headers_mut().insert(LOCATION, hyper::header::HeaderValue::from_static(path));
    response
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
