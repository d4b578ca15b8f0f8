//! Entry points for fuzzing: answers with any head and body, and places in a document.

use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use super::cookie::cookies;
use super::cors::judged;
use super::encoding::{Unpacked, unpack};
use super::exchange::HttpResponse;
use super::explain::{explain, hint, is_health_document, states};
use super::keys::HttpKeys;
use super::pointer::Pointer;
use super::redirect;
use super::request::Request;
use crate::env::MapEnv;
use crate::outcome::Detail;
use crate::slices::at_once;
use crate::url::Url;
use crate::value::Value;

/// The most that comes out of a body.
const LIMIT: u64 = 64 * 1024;

/// An answer: the status in three digits, a header on each further line, an empty line, the body.
pub(crate) fn response(bytes: &[u8]) -> HttpResponse {
    let mut headers = HeaderMap::new();
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let status = lines.next().and_then(|line| std::str::from_utf8(line).ok()?.trim().parse().ok());
    let mut read = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
    for line in lines {
        read += line.len() + 1;
        if line.is_empty() {
            break;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) =
            (HeaderName::from_bytes(&line[..colon]), HeaderValue::from_bytes(line[colon + 1..].trim_ascii()));
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    let body = bytes.get(read..).unwrap_or_default().to_vec();
    HttpResponse { status: status.unwrap_or(200), headers, trailers: HeaderMap::new(), body, packed: None }
}

pub(crate) fn answer(bytes: &[u8]) {
    let mut answer = response(bytes);
    for is_start in [true, false] {
        match at_once(unpack(&answer.headers, answer.body.clone(), LIMIT, is_start)) {
            Unpacked::Plain(plain) if is_start => assert!(plain.len() as u64 <= LIMIT.max(answer.body.len() as u64)),
            Unpacked::Plain(plain) => answer.body = plain,
            Unpacked::Packed(..) | Unpacked::TooLarge => {}
        }
    }
    cookies(&answer.headers);
    for credentials in [true, false] {
        for says in judged(&answer, "https://a.example", credentials) {
            assert!(!says.contains(|c: char| c.is_control()), "{says}");
        }
    }
    for url in ["http://user:sesame@api.lab:8080/a/b?c=d", "https://[fd00::1]/"] {
        let Ok(url) = Url::parse(url) else { continue };
        let keys = HttpKeys::of_url(Value::literal("http://api.lab/"));
        let Ok(request) = Request::new(&keys, url, &MapEnv::default()) else { continue };
        let detail = explain(&request, &answer);
        states(detail.as_ref());
        is_health_document(detail.as_ref());
        if let Some(Detail::Protocol { code, .. }) = detail {
            hint(code);
        }
        match redirect::location(&request, &answer) {
            Some(Ok(next)) => {
                let shown = redirect::shown(&request, &next);
                assert!(!shown.contains(|c: char| c.is_control()), "{shown}");
            }
            Some(Err(problem)) => assert!(!problem.contains(|c: char| c.is_control()), "{problem}"),
            None => {}
        }
        redirect::fact(&request, &answer);
    }
}

/// A line with a place, then a document.
pub(crate) fn pointer(bytes: &[u8]) {
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (place, document) = bytes.split_at(at);
    let Ok(pointer) = Pointer::parse(&String::from_utf8_lossy(place)) else { return };
    assert_eq!(Pointer::parse(&pointer.to_string()).as_ref(), Ok(&pointer), "shown, it is the same place");
    if let Ok(Some(found)) = pointer.find(document) {
        found.equals("true");
        found.equals("1e3");
    }
}
