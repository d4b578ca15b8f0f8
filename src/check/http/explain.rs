//! Why an answer has the status it has, where its head or its body tells: who sent it, and what it is about.
//!
//! What a server writes is read here, once, and becomes a code; the hint is chosen by the code. The rows are in `rows`.

mod rows;

use hyper::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, WWW_AUTHENTICATE};

use crate::check::http::exchange::HttpResponse;
use crate::check::http::request::Request;
use crate::outcome::Detail;

use rows::{Mark, ROWS, Row};

/// How much of a body is looked at, in bytes.
const REACH: usize = 16 * 1024;

/// The explanation of an answer whose status is not wanted.
pub(super) fn explain(request: &Request, answer: &HttpResponse) -> Option<Detail> {
    let text = Text::of(answer);
    let of_no_token = |row: &&Row| !row.is_of_a_token() || !sends_another_scheme(request);
    // A login that was sent: in the body, or as user and password.
    let sends_login = sends_another_scheme(request) || (!request.body.is_empty() && !request.has_credentials());
    let of_no_login = |row: &&Row| row.code != rows::LOGIN || sends_login;
    let row = ROWS.iter().filter(of_no_token).filter(of_no_login).find(|row| row.holds(answer, &text));
    let fits = |row: &&Row| row.code != rows::BEARER && row.code != rows::BASIC || !sends_scheme_of(request, answer);
    if let Some(Row { code, product, .. }) = row.filter(fits) {
        return Some(Detail::Protocol { code, product: *product });
    }
    // Who asks for nothing but the options of a resource is told of methods, and of no host.
    let about_the_request = (400..500).contains(&answer.status) && !matches!(answer.status, 401 | 407 | 408 | 429);
    let is_options = request.method == hyper::Method::OPTIONS && about_the_request;
    let is_preflight = request.headers.contains_key("origin") && request.headers.contains_key(REQUEST_METHOD);
    is_options.then(|| {
        let code = if is_preflight { rows::PREFLIGHT } else { rows::PLAIN_OPTIONS };
        Detail::Protocol { code, product: None }
    })
}

/// The header of a preflight that names the method to come.
const REQUEST_METHOD: HeaderName = hyper::header::ACCESS_CONTROL_REQUEST_METHOD;

/// The hint of an explanation.
pub(super) fn hint(code: &str) -> Option<&'static str> {
    let own = [(rows::PLAIN_OPTIONS, rows::PLAIN_OPTIONS_HINT), (rows::PREFLIGHT, rows::PREFLIGHT_HINT)];
    let own = own.into_iter().find(|(known, _)| *known == code).map(|(_, hint)| hint);
    own.or_else(|| ROWS.iter().find(|row| row.code == code).map(|row| row.hint))
}

/// What an explanation states, for the one line that people see first.
pub(super) fn states(detail: Option<&Detail>) -> Option<&'static str> {
    let Some(Detail::Protocol { code, .. }) = detail else { return None };
    match *code {
        rows::PLAIN_OPTIONS => Some("it serves no plain OPTIONS"),
        code => ROWS.iter().find(|row| row.code == code).map(|row| row.states),
    }
}

/// Whether the code is that of a server that wants a bearer token.
pub(super) fn wants_token(code: &str) -> bool {
    code == rows::BEARER
}

/// Whether the answer says that it does not accept the origin.
pub(super) fn refuses_origin(request: &Request, answer: &HttpResponse) -> bool {
    matches!(explain(request, answer), Some(Detail::Protocol { code: rows::ORIGIN, .. }))
}

/// Whether nothing else than the preflight explains the answer.
pub(super) fn is_about_preflight(request: &Request, answer: &HttpResponse) -> bool {
    let about = [rows::PREFLIGHT, rows::PLAIN_OPTIONS];
    matches!(explain(request, answer), Some(Detail::Protocol { code, .. }) if about.contains(&code))
}

/// Whether the detail says no more than that the answer is a health document that reports something as down.
pub(crate) fn is_health_document(detail: Option<&Detail>) -> bool {
    matches!(detail, Some(Detail::Protocol { code, .. }) if *code == rows::HEALTH_DOCUMENT)
}

/// Whether the request has credentials of the scheme that is asked for: then they are the wrong ones.
fn sends_scheme_of(request: &Request, answer: &HttpResponse) -> bool {
    let sent = request.headers.get(AUTHORIZATION).and_then(scheme);
    sent.is_some() && answer.headers.get_all(WWW_AUTHENTICATE).iter().any(|value| scheme(value) == sent)
}

/// Whether the request has credentials that are no token: then the answer is about none that was sent.
fn sends_another_scheme(request: &Request) -> bool {
    request.headers.get(AUTHORIZATION).and_then(scheme).is_some_and(|scheme| scheme != "bearer")
}

fn scheme(value: &HeaderValue) -> Option<String> {
    value.to_str().ok().and_then(|text| text.split(' ').next()).map(str::to_ascii_lowercase)
}

/// A body, made fit for searching.
struct Text {
    /// In lower case, with one space for all white space.
    words: String,
    /// The same without white space; empty where it is no JSON.
    json: String,
}

impl Text {
    fn of(answer: &HttpResponse) -> Self {
        let body = if answer.packed.is_some() { &[][..] } else { &answer.body[..answer.body.len().min(REACH)] };
        let text = String::from_utf8_lossy(body).to_ascii_lowercase();
        let words = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        let json = if words.starts_with(['{', '[']) { words.replace(' ', "") } else { String::new() };
        Self { words, json }
    }
}

impl Row {
    /// Whether it is about a token that was sent.
    fn is_of_a_token(&self) -> bool {
        matches!(self.code, rows::TOKEN_EXPIRED | rows::TOKEN_REJECTED)
    }

    fn holds(&self, answer: &HttpResponse, text: &Text) -> bool {
        let of_status = self.statuses.is_empty() || self.statuses.contains(&answer.status);
        of_status && self.any.iter().any(|group| group.iter().all(|mark| mark.holds(&answer.headers, text)))
    }
}

impl Mark {
    fn holds(self, headers: &HeaderMap, text: &Text) -> bool {
        match self {
            Self::Says(wanted) => text.words.contains(wanted),
            Self::Json(wanted) => text.json.contains(wanted),
            Self::Empty => text.words.is_empty(),
            Self::Header(name, wanted) => headers
                .get_all(name)
                .iter()
                .any(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase().contains(wanted)),
        }
    }
}

#[cfg(test)]
mod tests;
