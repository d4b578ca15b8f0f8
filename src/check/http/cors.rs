//! Asks as a browser does for a page of another origin: the preflight where one is needed, then the request itself where it
//! is a GET or a HEAD. What a browser makes of the answers is in `judge`, what to do about it in `hint`.

mod hint;
mod judge;

use hyper::Method;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderName,
    HeaderValue, ORIGIN,
};

use crate::cause::Cause;
use crate::check::http::ask::{BodyUse, Exchange};
use crate::check::http::exchange::HttpResponse;
use crate::check::http::explain;
use crate::check::http::keys::HttpKeys;
use crate::check::http::page_origin::PageOrigin;
use crate::check::http::request::Request;
use crate::check::http::rules::Name;
use crate::check::http::settings::{Statuses, Verb};
use crate::check::{Run, Runnable};
use crate::config::node::Keys;
use crate::env::Env;
use crate::findings::contracts::{CORS_ORIGIN_ALLOWED, CORS_WITHOUT_VARY};
use crate::net::attempt::Attempt;
use crate::order;
use crate::outcome::{Detail, FactValue, Fault, Phase, clean_text};
use crate::value::{Setting, Value};

pub(super) use hint::{MISSING, hint};
use hint::{code, told};
use judge::{Denied, Question, check, lacks_vary};

/// Headers that a page may send without permission, whatever it usually writes there.
const SAFE: [&str; 3] = ["accept", "accept-language", "content-language"];
/// Headers that a page cannot set.
const FORBIDDEN: [&str; 6] = ["connection", "content-length", "cookie", "host", "origin", "referer"];

/// A request of a page of another origin.
#[derive(Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct CorsKeys {
    /// The origin of the page, as the browser sends it: `https://app.example.com`, without a slash at the end.
    origin: Setting<PageOrigin>,
    /// The method that the page uses. Default: `GET`. For any method but GET and HEAD only the preflight is sent.
    method: Option<Verb>,
    /// The names of the headers that the page sets, such as `authorization` and `content-type` (for JSON).
    #[serde(default)]
    headers: Vec<Name>,
    /// Whether the page sends cookies (`credentials: "include"`, `withCredentials`). Default: `false`.
    #[serde(default)]
    credentials: bool,
    /// An origin that the server must not allow, such as `https://evil.example` or `null`. If it does, that is a finding.
    refused_origin: Option<Setting<PageOrigin>>,
}

impl CorsKeys {
    /// Every value that is read at a run.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.origin.later().into_iter().chain(self.refused_origin.as_ref().and_then(Setting::later))
    }

    fn question(&self) -> Question {
        let names = self.headers.iter().map(|Name(name)| name.clone());
        let mut headers: Vec<HeaderName> = names.filter(|name| !SAFE.contains(&name.as_str())).collect();
        order::sort_by(&mut headers, |one, other| one.as_str().cmp(other.as_str()));
        headers.dedup();
        let method = self.method.as_ref().map_or(Method::GET, |verb| verb.0.clone());
        Question { method, headers, credentials: self.credentials }
    }

    /// Keys that exclude each other: each fault with the key whose place it has.
    pub(super) fn contradictions(&self, keys: &HttpKeys) -> Vec<(&'static str, &'static str)> {
        let question = self.question();
        let mut found = Vec::new();
        let mut tell = |is_wrong: bool, key, message| {
            if is_wrong {
                found.push((key, message));
            }
        };
        tell(keys.method.is_some(), "method", "`cors.method` is the method");
        tell(keys.body.is_some(), "body", "pilotfish sends no request with a body under `cors`");
        tell(keys.follow_redirects.0.is_some(), "follow_redirects", "excludes cors: browsers redirect no preflight");
        let sets_origin = keys.headers.0.iter().any(|(name, _)| *name == ORIGIN);
        tell(sets_origin, "headers", "Origin is what `cors.origin` says: remove it here");
        let forbidden = question.headers.iter().any(|name| FORBIDDEN.contains(&name.as_str()));
        tell(forbidden, "cors", "a page cannot set one of these `headers`; for cookies set `credentials`");
        let (is_asked, has_body) = (is_asked(&question.method), question.method == Method::GET);
        let why = if is_asked {
            "an answer to HEAD has no body"
        } else {
            "only GET and HEAD are sent: of other methods, only the preflight"
        };
        for (key, is_set, is_known) in [
            ("json", !keys.json.0.is_empty(), has_body),
            ("body_contains", keys.body_contains.is_some(), has_body),
            ("body_matches", keys.body_matches.is_some(), has_body),
            ("body_not_contains", keys.body_not_contains.is_some(), has_body),
            ("body_not_matches", keys.body_not_matches.is_some(), has_body),
            ("header", !keys.header.0.is_empty(), is_asked),
            ("status", keys.status != Statuses::default(), is_asked),
        ] {
            tell(is_set && !is_known, key, why);
        }
        let nothing = !is_asked && !question.needs_preflight();
        tell(
            nothing,
            "cors",
            "browsers send such a POST without a preflight, and pilotfish sends none: list the `headers` that the page \
             sets (content-type for JSON)",
        );
        found
    }
}

/// Whether the request itself is sent.
fn is_asked(method: &Method) -> bool {
    [Method::GET, Method::HEAD].contains(method)
}

/// The run, with the values that it has now.
pub(super) struct Cors {
    /// The request itself.
    exchange: Exchange,
    preflight: Exchange,
    question: Question,
    origin: PageOrigin,
    refused: Option<PageOrigin>,
}

impl Cors {
    /// Of the request that the other keys are about.
    ///
    /// # Errors
    /// A value that cannot be read.
    pub(super) fn new(keys: &CorsKeys, mut exchange: Exchange, env: &dyn Env) -> Result<Self, Fault> {
        let question = keys.question();
        let mut request = exchange.request.clone();
        request.become_preflight(&question.headers);
        let method = question.method.as_str();
        let method = HeaderValue::from_str(method).expect("a method is a token");
        request.headers.insert(ACCESS_CONTROL_REQUEST_METHOD, method);
        if !question.headers.is_empty() {
            let names: Vec<&str> = question.headers.iter().map(HeaderName::as_str).collect();
            let names = HeaderValue::from_str(&names.join(",")).expect("names are tokens");
            request.headers.insert(ACCESS_CONTROL_REQUEST_HEADERS, names);
        }
        let preflight = Exchange::of_request(&exchange, request);
        exchange.request.method = question.method.clone();
        let refused = keys.refused_origin.as_ref();
        Ok(Self {
            origin: keys.origin.resolve("origin", env)?,
            refused: refused.map(|origin| origin.resolve("refused_origin", env)).transpose()?,
            exchange,
            preflight,
            question,
        })
    }
}

impl Runnable for Cors {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let method = &self.question.method;
            if self.question.needs_preflight() {
                let (request, answer) = ask(&self.preflight, attempt, &self.origin, BodyUse::Unread).await?;
                self.judge_preflight(attempt, &request, &answer)?;
            }
            let mut depends = None;
            if is_asked(method) {
                let (request, answer) = ask(&self.exchange, attempt, &self.origin, self.exchange.body_use()).await?;
                let judged = check(&answer.headers, self.origin.as_str(), self.question.credentials);
                self.exchange.wanted.status(&request, &answer).map_err(|fault| match judged {
                    Ok(()) => fault,
                    Err(_) => {
                        let message = format!("{}; browsers report this as a CORS error", fault.message);
                        fault.with_message(message)
                    }
                })?;
                judged.map_err(|denied| self.denied(attempt, &format!("the answer to {method}"), &request, &denied))?;
                self.exchange.content(attempt, &answer).await?;
                depends = Some(lacks_vary(&answer.headers, self.origin.as_str()));
            } else {
                let note = format!("only the preflight was sent: the answer to {method} itself was not seen");
                attempt.facts().note = Some(note);
            }
            let is_static = self.judge_refused(attempt).await;
            if depends == Some(true) && !is_static {
                let message = "the answer allows the origin by name and has no `Vary: Origin`: a cache may hand it to a page of \
                               another origin, which browsers then block";
                let fix = "let the server send Vary: Origin with Access-Control-Allow-Origin";
                attempt.facts().noticed.push(CORS_WITHOUT_VARY.found(message, fix));
            }
            Ok(())
        })
    }
}

/// Asks for a page of this origin.
async fn ask(
    exchange: &Exchange,
    attempt: &mut Attempt,
    origin: &PageOrigin,
    body: BodyUse,
) -> Result<(Request, HttpResponse), Fault> {
    exchange.ask_with(attempt, body, &[(ORIGIN, origin.header())]).await
}

impl Cors {
    fn judge_preflight(&self, attempt: &mut Attempt, request: &Request, answer: &HttpResponse) -> Result<(), Fault> {
        let Err(denied) = self.question.preflight(answer.status, &answer.headers, self.origin.as_str()) else {
            return Ok(());
        };
        let is_ok = (200..300).contains(&answer.status);
        // An answer of CORS middleware lists what it allows, also where it refuses.
        let is_of_middleware = answer.headers.contains_key(ACCESS_CONTROL_ALLOW_METHODS)
            || explain::refuses_origin(request, answer)
            || !matches!(denied, Denied::NoOrigin | Denied::Status);
        if is_ok || is_of_middleware {
            return Err(self.denied(attempt, "the preflight", request, &denied));
        }
        let is_of_cors = matches!(answer.status, 401 | 405 | 407 | 501) || explain::is_about_preflight(request, answer);
        match self.preflight.wanted.status(request, answer) {
            Err(fault) if !is_of_cors => {
                let message = format!("the preflight: {}", fault.message);
                Err(fault.with_message(message))
            }
            Err(_) | Ok(()) => Err(self.denied(attempt, "the preflight", request, &Denied::Status)),
        }
    }

    /// The fault of a request that a browser blocks.
    fn denied(&self, attempt: &mut Attempt, what: &str, request: &Request, denied: &Denied) -> Fault {
        let status = attempt.facts().status_code.unwrap_or_default();
        let (says, missing, code) = told(denied, &self.question, self.origin.as_str(), status);
        let says = clean_text(&request.mask.strike(&says), SAYS);
        attempt.facts().learn(MISSING, missing.map(FactValue::text));
        let fault = Fault::new(Phase::Assert, Cause::CorsDenied, format!("{what} {says}"));
        let code = if code == code::ORIGIN && !what.ends_with("preflight") && self.question.needs_preflight() {
            code::ANSWER
        } else {
            code
        };
        fault.stating(format!("{what} {says}")).with(Detail::Protocol { code, product: None })
    }

    /// Asks for a page of the origin that must be refused; whether the answer names our origin to that one, too. What was
    /// learnt of the check itself stays.
    async fn judge_refused(&self, attempt: &mut Attempt) -> bool {
        let Some(refused) = &self.refused else { return false };
        let learnt = attempt.facts().clone();
        let exchange = if is_asked(&self.question.method) { &self.exchange } else { &self.preflight };
        let answer = ask(exchange, attempt, refused, BodyUse::Unread).await;
        *attempt.facts() = learnt;
        // Whoever hangs up refuses.
        let Ok((_, answer)) = answer else { return false };
        if check(&answer.headers, refused.as_str(), false).is_ok() {
            let with = match check(&answer.headers, refused.as_str(), true) {
                Ok(()) => ", with credentials: its pages can act as the user who is logged in",
                Err(_) => "",
            };
            let message = format!("the server allows the origin {refused}, which it must refuse{with}");
            let fix =
                "let the server compare the origin with a list of exact origins, in place of `*`, a pattern or an echo";
            attempt.facts().noticed.push(CORS_ORIGIN_ALLOWED.found(message, fix));
        }
        check(&answer.headers, self.origin.as_str(), false).is_ok()
    }
}

/// For fuzzing: what is said of an answer to a preflight, and to the request itself.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn judged(answer: &HttpResponse, origin: &str, credentials: bool) -> Vec<String> {
    let question = Question { method: Method::PUT, headers: vec![hyper::header::AUTHORIZATION], credentials };
    lacks_vary(&answer.headers, origin);
    let of_preflight = question.preflight(answer.status, &answer.headers, origin);
    let both = [of_preflight, check(&answer.headers, origin, credentials)];
    let denied = both.into_iter().filter_map(Result::err);
    denied.map(|denied| clean_text(&told(&denied, &question, origin, answer.status).0, SAYS)).collect()
}

/// The longest statement, in bytes.
const SAYS: usize = 160;
