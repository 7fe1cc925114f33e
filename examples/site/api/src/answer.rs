//! HTTP/1.1, as much of it as pages need: GET and HEAD, connections that stay open, requests without a body.

use crate::example::site::{pages, render};
use httparse::{EMPTY_HEADER, Request, Status};
use percent_encoding::percent_decode_str;

/// A request, up to the empty line, may have so many bytes, and so many headers.
const LONGEST: usize = 8 << 10;
const HEADERS: usize = 64;

/// What was made of the bytes that were received.
pub enum Asked {
    NothingYet,
    Answered {
        /// The request's, in bytes.
        length: usize,
        answer: Vec<u8>,
        /// Whether nothing more is taken from this connection.
        last: bool,
    },
}

pub fn first(received: &[u8]) -> Asked {
    let mut headers = [EMPTY_HEADER; HEADERS];
    let mut request = Request::new(&mut headers);
    match request.parse(received) {
        Ok(Status::Complete(length)) if length <= LONGEST => {
            let last = closes(&request);
            if has_body(&request) {
                return refused("413 Content Too Large", received.len());
            }
            Asked::Answered { length, answer: answer(&request, last), last }
        }
        Ok(Status::Partial) if received.len() < LONGEST => Asked::NothingYet,
        Ok(_) | Err(httparse::Error::TooManyHeaders) => {
            refused("431 Request Header Fields Too Large", received.len())
        }
        Err(_) => refused("400 Bad Request", received.len()),
    }
}

fn refused(status: &str, length: usize) -> Asked {
    let answer = response(status, "", &page(status, ""), true, true);
    Asked::Answered { length, answer, last: true }
}

fn header<'r>(request: &'r Request<'_, '_>, name: &str) -> Option<&'r [u8]> {
    let mut headers = request.headers.iter();
    headers.find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
}

/// Whether the connection ends with this request: HTTP/1.0's do by themselves.
fn closes(request: &Request<'_, '_>) -> bool {
    let asked = header(request, "connection").is_some_and(|value| {
        value.split(|&byte| byte == b',').any(|word| word.trim_ascii().eq_ignore_ascii_case(b"close"))
    });
    asked || request.version != Some(1)
}

fn has_body(request: &Request<'_, '_>) -> bool {
    let length = header(request, "content-length").is_some_and(|value| value.trim_ascii() != b"0");
    length || header(request, "transfer-encoding").is_some()
}

fn answer(request: &Request<'_, '_>, last: bool) -> Vec<u8> {
    let with_body = match request.method {
        Some("GET") => true,
        Some("HEAD") => false,
        _ => {
            let status = "405 Method Not Allowed";
            return response(status, "allow: GET, HEAD\r\n", &page(status, ""), true, last);
        }
    };
    let path = request.path.unwrap_or("/");
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let found = percent_decode_str(path.trim_start_matches('/'))
        .decode_utf8()
        .map_err(|_| pages::Failure::Missing)
        .and_then(|name| pages::read(if name.is_empty() { "index" } else { &name }));
    match found {
        Ok(markdown) => {
            let document = render::to_html(&markdown);
            let title = document.title.unwrap_or_default();
            response("200 OK", "", &page(&title, &document.html), with_body, last)
        }
        Err(failure) => {
            let status = match failure {
                pages::Failure::Missing => "404 Not Found",
                pages::Failure::Unreadable => "500 Internal Server Error",
            };
            response(status, "", &page(status, ""), with_body, last)
        }
    }
}

fn page(title: &str, body: &str) -> String {
    let title = title.replace('&', "&amp;").replace('<', "&lt;");
    format!("<!doctype html>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n{body}")
}

/// `more` is headers, each with its end of line.
fn response(status: &str, more: &str, body: &str, with_body: bool, last: bool) -> Vec<u8> {
    let connection = if last { "close" } else { "keep-alive" };
    let length = body.len();
    let mut response = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {length}\r\n\
         connection: {connection}\r\n{more}\r\n"
    );
    if with_body {
        response.push_str(body);
    }
    response.into_bytes()
}
