//! What is expected of an answer, and what is said where it is not so.
//!
//! Bodies and headers may hold secrets, and so may what the configuration expects of them: a message shows the place, and
//! of both no more than a kind, a small number or a word that is in everybody's mouth. The rest of what came is in the
//! excerpt, for `check` and `diagnose`; what is expected is in the file.

use std::time::Duration;

use hyper::header::{ALLOW, CONTENT_TYPE, HeaderName};

use crate::cause::Cause;
use crate::check::http::encoding::Packed;
use crate::check::http::exchange::HttpResponse;
use crate::check::http::explain::{self, explain};
use crate::check::http::json::NoJson;
use crate::check::http::keys::HttpKeys;
use crate::check::http::pointer::{Found, Pointer};
use crate::check::http::redirect;
use crate::check::http::request::Request;
use crate::check::http::rules::HeaderRule;
use crate::check::http::settings::{Pattern, Statuses};
use crate::check::words;
use crate::env::Env;
use crate::net::turns::slices;
use crate::outcome::{Detail, Fault, HttpDetail, Phase, bytes_of, clean_text};
use crate::secret::Secret;
use crate::slices::Slices;
use crate::value::Value;

/// How long the rules hold the thread: each place of a document is looked for from its start.
const HOLD: Duration = Duration::from_millis(2);
/// How many bytes are searched before the clock is read.
const SLICE: usize = 64 * 1024;
/// The longest piece of a body that is looked at for what servers say in their own error pages.
const PAGE_REACH: usize = 4096;
/// The longest method and path in a statement that has a reason to name, in bytes.
const SHOWN_PATH: usize = 28;
/// The longest expected text in a statement, in bytes.
const STATED: usize = 24;
/// The longest text of an answer that a message repeats.
const SHOWN: usize = 80;
/// Numbers from here on may be secrets or identify somebody: codes, telephone numbers.
const SMALL: u128 = 100_000;

/// A text that is expected, and how a message names it.
struct Text {
    text: Secret,
    shown: String,
}

impl Text {
    fn new(value: &Value, env: &dyn Env) -> Result<Self, Fault> {
        let text = value.resolve(env)?;
        let shown = match value {
            Value::Literal(text) if words::is_known(text.expose()) || is_small_number(text.expose()) => {
                format!("\"{}\"", text.expose())
            }
            Value::Literal(_) => "the configured text".to_owned(),
            Value::Env(_) | Value::File(_) | Value::Template(_) => format!("the value of {}", value.origin()),
        };
        Ok(Self { text, shown })
    }
}

/// What a header must be.
enum HeaderWanted {
    Equals(Text),
    Matches(Pattern),
}

/// All that is expected, with the values that it has now.
pub(crate) struct Wanted {
    statuses: Statuses,
    headers: Vec<(HeaderName, HeaderWanted)>,
    json: Vec<(Pointer, Text)>,
    contains: Option<Text>,
    matches: Option<Pattern>,
    not_contains: Option<Text>,
    not_matches: Option<Pattern>,
}

impl Wanted {
    /// Reads the values, before anything is sent.
    ///
    /// # Errors
    /// A value that cannot be read.
    pub(crate) fn new(keys: &HttpKeys, env: &dyn Env) -> Result<Self, Fault> {
        let header = |(name, rule): &(HeaderName, HeaderRule)| {
            let wanted = match rule {
                HeaderRule::Equals(value) => HeaderWanted::Equals(Text::new(value, env)?),
                HeaderRule::Matches(pattern) => HeaderWanted::Matches(pattern.clone()),
            };
            Ok((name.clone(), wanted))
        };
        Ok(Self {
            statuses: keys.status.clone(),
            headers: keys.header.0.iter().map(header).collect::<Result<_, Fault>>()?,
            json: keys
                .json
                .0
                .iter()
                .map(|(place, value)| Ok((place.clone(), Text::new(value, env)?)))
                .collect::<Result<_, Fault>>()?,
            contains: keys.body_contains.as_ref().map(|value| Text::new(value, env)).transpose()?,
            matches: keys.body_matches.clone(),
            not_contains: keys.body_not_contains.as_ref().map(|value| Text::new(value, env)).transpose()?,
            not_matches: keys.body_not_matches.clone(),
        })
    }

    /// Any status from 200 to 299, and nothing else.
    pub(crate) fn success() -> Self {
        let (statuses, headers, json) = (Statuses::default(), Vec::new(), Vec::new());
        Self { statuses, headers, json, contains: None, matches: None, not_contains: None, not_matches: None }
    }

    /// Whether anything is said of the body.
    pub(crate) const fn says_of_the_body(&self) -> bool {
        !self.json.is_empty() || self.contains.is_some() || self.matches.is_some() || self.excludes()
    }

    /// Whether the body must lack something.
    const fn excludes(&self) -> bool {
        self.not_contains.is_some() || self.not_matches.is_some()
    }

    /// The status, or why it is another one.
    ///
    /// # Errors
    /// `http_status`, `http_redirect`, `permission_denied`, and what nginx and others say of TLS in a status.
    pub(crate) fn status(&self, request: &Request, answer: &HttpResponse) -> Result<(), Fault> {
        let status = answer.status;
        if self.statuses.contains(status) {
            return Ok(());
        }
        if let Some(fault) = tls_in_a_status(request, answer) {
            return Err(fault);
        }
        let assert = |cause, message: String| Err(Fault::new(Phase::Assert, cause, message));
        let allowed = if status == 405 { allowed(answer) } else { Vec::new() };
        let explained = |fault: Fault| {
            let detail = explain(request, answer);
            let states = match (explain::states(detail.as_ref()), allowed.first()) {
                (None, Some(_)) => Some(format!("it allows {}", allowed.join(", "))),
                (states, _) => states.map(str::to_owned),
            };
            let detail = detail.or_else(|| allowed.first().map(|method| Detail::Http(HttpDetail::Allows(method))));
            Err(Fault { detail, ..fault }.stating(statement(request, status, states.as_deref())))
        };
        match redirect::location(request, answer) {
            Some(Ok(next)) => {
                let to = redirect::shown(request, &next);
                let states = redirect::fact(request, answer).map(|fact| redirect::states(fact.purpose));
                let fault = assert(Cause::HttpRedirect, format!("{status} to {to}, and redirects are not followed"));
                return fault.map_err(|fault: Fault| fault.stating(statement(request, status, states)));
            }
            Some(Err(problem)) => {
                let fault = assert(Cause::HttpRedirect, format!("{status} with {problem}"));
                let states = Some("a redirect that cannot be followed");
                return fault.map_err(|fault| {
                    fault.with(Detail::Http(HttpDetail::InvalidLocation)).stating(statement(request, status, states))
                });
            }
            None => {}
        }
        if matches!(status, 401 | 403) && request.has_credentials() {
            let message = format!("{status} with the configured credentials, expected {}", self.statuses);
            return explained(Fault::new(Phase::Request, Cause::PermissionDenied, message));
        }
        explained(Fault::new(Phase::Assert, Cause::HttpStatus, format!("{status}, expected {}", self.statuses)))
    }

    /// Headers and body.
    ///
    /// # Errors
    /// `header_mismatch`, `json_mismatch`, `body_mismatch`: the first that does not hold; `probe_limit` for an expression that
    /// takes too many steps.
    pub(crate) async fn content(&self, answer: &HttpResponse) -> Result<(), Fault> {
        let mut slices = slices(HOLD);
        for (name, wanted) in &self.headers {
            header(answer, name, wanted).await?;
            slices.pause().await;
        }
        for (place, wanted) in &self.json {
            json(answer, place, wanted)?;
            slices.pause().await;
        }
        let fault = |wanted: String| {
            let fault = Fault::new(Phase::Assert, Cause::BodyMismatch, format!("{} {wanted}", body_in_words(answer)));
            let what = if answer.body.is_empty() { "an empty body" } else { "the body" };
            Err(fault.stating(format!("{what} {wanted}")))
        };
        if let Some(wanted) = &self.contains
            && !contains(&answer.body, wanted.text.expose().as_bytes(), &mut slices).await
        {
            return fault(format!("does not contain {}", wanted.shown));
        }
        slices.pause().await;
        if let Some(pattern) = &self.matches
            && !matches(pattern, answer).await?
        {
            return fault("does not match the configured expression".to_owned());
        }
        // What cannot be read lacks everything.
        if self.excludes() && answer.packed.is_some() {
            return fault("cannot be searched for what it must not contain".to_owned());
        }
        if let Some(unwanted) = &self.not_contains
            && contains(&answer.body, unwanted.text.expose().as_bytes(), &mut slices).await
        {
            return fault(format!("contains {}, which it must not", unwanted.shown));
        }
        slices.pause().await;
        if let Some(pattern) = &self.not_matches
            && matches(pattern, answer).await?
        {
            return fault("matches the expression that it must not match".to_owned());
        }
        Ok(())
    }
}

/// Whether an expression matches somewhere in the body.
async fn matches(Pattern(expression): &Pattern, answer: &HttpResponse) -> Result<bool, Fault> {
    expression.matches(&answer.body).await.map_err(|costly| costly.fault(&body_in_words(answer)))
}

/// `GET /health answered 403: the app rejects this Host`. Where a reason is known, a long path is cut for it.
fn statement(request: &Request, status: u16, states: Option<&str>) -> String {
    match states {
        Some(states) => format!("{} answered {status}: {states}", clean_text(&request.shown(), SHOWN_PATH)),
        None => format!("{} answered {status}", request.shown()),
    }
}

/// The methods that an answer allows, of those that everybody knows; those that a probe would use come first.
fn allowed(answer: &HttpResponse) -> Vec<&'static str> {
    const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"];
    let values = answer.headers.get_all(ALLOW).iter().filter_map(|value| value.to_str().ok());
    let named: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    METHODS.into_iter().filter(|known| named.iter().any(|name| name.eq_ignore_ascii_case(known))).collect()
}

async fn header(answer: &HttpResponse, name: &HeaderName, wanted: &HeaderWanted) -> Result<(), Fault> {
    let values = answer.headers.get_all(name).iter().map(hyper::header::HeaderValue::as_bytes);
    let (holds, expected) = match wanted {
        HeaderWanted::Equals(text) => {
            let mut texts = values.map(String::from_utf8_lossy);
            (texts.any(|value| value.trim() == text.text.expose().trim()), format!("expected {}", text.shown))
        }
        HeaderWanted::Matches(Pattern(expression)) => {
            let mut holds = false;
            for value in values {
                let found = expression.matches(value).await;
                holds = holds || found.map_err(|costly| costly.fault(&format!("the header {name}")))?;
            }
            (holds, "expected a match of the configured expression".to_owned())
        }
    };
    if holds {
        return Ok(());
    }
    let stated = match answer.headers.contains_key(name) {
        false => format!("header {name} is missing"),
        true => format!("header {name} has another value"),
    };
    let got = match answer.headers.get(name) {
        None => "it is missing".to_owned(),
        Some(value) if is_public(name) => {
            format!("got \"{}\"", clean_text(&String::from_utf8_lossy(value.as_bytes()), SHOWN))
        }
        Some(_) => "got another value".to_owned(),
    };
    Err(Fault::new(Phase::Assert, Cause::HeaderMismatch, format!("header {name}: {expected}, {got}")).stating(stated))
}

/// Headers that hold no secret by their meaning.
pub(crate) fn is_public(name: &HeaderName) -> bool {
    const PUBLIC: [&str; 9] = [
        "allow",
        "cache-control",
        "content-encoding",
        "content-language",
        "content-length",
        "content-type",
        "server",
        "strict-transport-security",
        "vary",
    ];
    PUBLIC.contains(&name.as_str())
}

fn json(answer: &HttpResponse, place: &Pointer, wanted: &Text) -> Result<(), Fault> {
    let fault = |message: String, got: &str| {
        let stated = format!("{place} is {got}, not {}", clean_text(&wanted.shown, STATED));
        Err(Fault::new(Phase::Assert, Cause::JsonMismatch, message).stating(stated))
    };
    let found = match place.find(&answer.body) {
        Ok(found) => found,
        Err(NoJson::TooLarge) => {
            let message = format!("{} is larger than the JSON that pilotfish reads", body_in_words(answer));
            let fault = Fault::new(Phase::Assert, Cause::ProbeLimit, message);
            return Err(fault.with(Detail::Http(HttpDetail::BodyTooLarge)));
        }
        Err(NoJson::Invalid) => return Err(no_json(answer, place, wanted)),
    };
    match found {
        Some(found) if found.equals(wanted.text.expose()) => Ok(()),
        Some(found) => {
            let got = in_short(&found);
            let stable = if matches!(found, Found::Integer(_)) { "another number" } else { got.as_str() };
            fault(format!("{place}: expected {}, got {got}", wanted.shown), stable)
        }
        None => {
            fault(format!("{place}: expected {}, and there is no such place in the document", wanted.shown), "missing")
        }
    }
}

/// The answer is another thing than JSON.
fn no_json(answer: &HttpResponse, place: &Pointer, wanted: &Text) -> Fault {
    let message = format!("{place}: expected {}, but {} is no JSON", wanted.shown, body_in_words(answer));
    let is_page = answer.packed.is_none() && answer.body.trim_ascii_start().starts_with(b"<");
    let fault = Fault::new(Phase::Assert, Cause::JsonMismatch, message);
    match is_page {
        true => fault.with(Detail::Http(HttpDetail::PageForPeople)).stating("a page for people answers"),
        false => fault.stating("the answer is no JSON"),
    }
}

fn is_small_number(text: &str) -> bool {
    text.parse::<i128>().is_ok_and(|number| number.unsigned_abs() < SMALL)
}

/// A value as a message may show it.
fn in_short(found: &Found) -> String {
    match found {
        Found::Null => "null".to_owned(),
        Found::Bool(value) => value.to_string(),
        Found::Integer(value) if value.unsigned_abs() < SMALL => value.to_string(),
        Found::Integer(_) | Found::Float(_) => "another number".to_owned(),
        Found::Text(text) if text.is_empty() => "an empty text".to_owned(),
        Found::Text(text) if words::is_known(text) => format!("\"{}\"", clean_text(text, SHOWN)),
        Found::Text(_) => "another text".to_owned(),
        Found::List => "a list".to_owned(),
        Found::Object => "an object".to_owned(),
    }
}

/// The body as a message may name it: what it is and how long.
pub(crate) fn body_in_words(answer: &HttpResponse) -> String {
    let text = |name| answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = clean_text(text(CONTENT_TYPE).split(';').next().unwrap_or_default().trim(), SHOWN);
    let encoded = match &answer.packed {
        None => String::new(),
        Some(Packed::Unknown(name)) => format!(", sent as {name}, which is not unpacked"),
        Some(Packed::Broken(name)) => format!(", sent as {name}, which cannot be unpacked"),
    };
    let length = bytes_of(&answer.body);
    match media.as_str() {
        _ if answer.body.is_empty() => "an empty body".to_owned(),
        "" => format!("the body ({length}{encoded})"),
        media => format!("the body ({length} of {media}{encoded})"),
    }
}

/// Servers tell of TLS in the page of a status: nginx, Go, Apache httpd, Tomcat.
fn tls_in_a_status(request: &Request, answer: &HttpResponse) -> Option<Fault> {
    let status = answer.status;
    if !matches!(status, 400 | 495 | 496 | 497) {
        return None;
    }
    let start = &answer.body[..answer.body.len().min(PAGE_REACH)];
    let says = |text: &str| start.windows(text.len()).any(|part| part == text.as_bytes());
    let fault = |cause, message: String| Some(Fault::new(Phase::Tls, cause, message));
    if request.origin.secure {
        if status == 496 || says("No required SSL certificate was sent") {
            return fault(Cause::TlsClientCertRequired, format!("{status}: the server requires a client certificate"));
        }
        if status == 495 || says("The SSL certificate error") {
            let message = format!("{status}: the server does not accept the client certificate that was sent");
            return fault(Cause::TlsClientCertRequired, message);
        }
        return None;
    }
    let wants_tls = status == 497
        || says("plain HTTP request was sent to HTTPS port")
        || says("Client sent an HTTP request to an HTTPS server")
        || says("speaking plain HTTP to an SSL-enabled server port")
        || says("This combination of host and port requires TLS");
    let message = || format!("{status}: the server reports that the port requires TLS, but the request was plain HTTP");
    let wants_tls = wants_tls.then(|| fault(Cause::TlsUnsupported, message())).flatten();
    wants_tls.map(|fault| fault.with(Detail::Http(HttpDetail::WantsTls)))
}

/// Whether the bytes are somewhere inside, in time that grows with both lengths and not with their product (Knuth, Morris and
/// Pratt).
async fn contains(body: &[u8], wanted: &[u8], slices: &mut Slices) -> bool {
    if wanted.len() > body.len() {
        return false;
    }
    // Of each start of what is wanted: how long the longest shorter start is that it ends with.
    let mut shorter = vec![0; wanted.len()];
    let further = |shorter: &[usize], mut matched: usize, byte: u8| {
        while matched > 0 && wanted[matched] != byte {
            matched = shorter[matched - 1];
        }
        matched + usize::from(wanted[matched] == byte)
    };
    let mut matched = 0;
    for (at, &byte) in wanted.iter().enumerate().skip(1) {
        matched = further(&shorter, matched, byte);
        shorter[at] = matched;
    }
    matched = 0;
    for part in body.chunks(SLICE) {
        for &byte in part {
            if matched < wanted.len() {
                matched = further(&shorter, matched, byte);
            }
        }
        slices.pause().await;
    }
    matched == wanted.len()
}

#[cfg(test)]
mod tests;
