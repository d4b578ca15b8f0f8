//! What is said of a request that a browser blocks, and what to do about it.

use crate::check::http::cors::judge::{Denied, Question, slip};
use crate::outcome::{Detail, Evidence, FactKey, Fault, clean_text};

/// What the CORS settings lack.
pub(in crate::check::http) const MISSING: FactKey = FactKey {
    name: "cors_missing",
    meaning: "the entry that the CORS settings of the server lack: an origin, a method or headers",
};

/// Codes of what was observed.
pub(super) mod code {
    pub(in crate::check::http::cors) const ORIGIN: &str = "cors_origin";
    pub(in crate::check::http::cors) const ANSWER: &str = "cors_answer";
    pub(super) const SEVERAL: &str = "cors_several";
    pub(super) const ANY: &str = "cors_any";
    pub(super) const CREDENTIALS: &str = "cors_credentials";
    pub(super) const METHOD: &str = "cors_method";
    pub(super) const HEADERS: &str = "cors_headers";
    pub(super) const UNREADABLE: &str = "cors_unreadable";
    pub(super) const STATUS: &str = "cors_status";
}

/// The longest text of the server that is shown.
const SHOWN: usize = 64;

/// What was observed, after "the preflight"; the entry that is missing; and the code.
pub(super) fn told(
    denied: &Denied,
    question: &Question,
    origin: &str,
    status: u16,
) -> (String, Option<String>, &'static str) {
    let own = || Some(origin.to_owned());
    match denied {
        Denied::NoOrigin => (format!("({status}) does not allow the origin {origin}"), own(), code::ORIGIN),
        Denied::OtherOrigin(other) => {
            let other_shown = clean_text(other, SHOWN);
            let differ = slip(other, origin).map(|what| format!("; they differ in {what}")).unwrap_or_default();
            (format!("allows the origin {other_shown}, not {origin}{differ}"), own(), code::ORIGIN)
        }
        Denied::SeveralOrigins => {
            ("has Access-Control-Allow-Origin more than once, or with several origins".to_owned(), None, code::SEVERAL)
        }
        Denied::AnyWithCredentials => {
            ("allows the origin `*`, which browsers reject for requests with credentials".to_owned(), own(), code::ANY)
        }
        Denied::Credentials(said) => {
            let what = if said.is_some() { "has another value than" } else { "lacks" };
            (format!("{what} Access-Control-Allow-Credentials: true"), None, code::CREDENTIALS)
        }
        Denied::Method { any } => {
            let star = if *any { ": `*` does not count with credentials" } else { "" };
            let method = question.method.to_string();
            (format!("does not allow the method {method}{star}"), Some(method), code::METHOD)
        }
        Denied::Headers { names, any } => {
            let all: Vec<&str> = names.iter().map(hyper::header::HeaderName::as_str).collect();
            let all = all.join(", ");
            let star = match (any, question.credentials) {
                (false, _) => "",
                (true, true) => ": `*` does not count with credentials",
                (true, false) => ": `*` never covers it",
            };
            let noun = if names.len() == 1 { "header" } else { "headers" };
            (format!("does not allow the {noun} {all}{star}"), Some(all), code::HEADERS)
        }
        Denied::Unreadable(name) => (format!("has a header {name} that cannot be read"), None, code::UNREADABLE),
        Denied::Status => (format!("is answered {status}, and browsers accept only 200 to 299"), None, code::STATUS),
    }
}

/// The hint of such a fault.
pub(in crate::check::http) fn hint(fault: &Fault, evidence: &Evidence) -> Option<String> {
    let Some(Detail::Protocol { code, .. }) = fault.detail else { return None };
    let missing = clean_text(evidence.facts.own_text(MISSING).unwrap_or("it"), SHOWN);
    Some(match code {
        code::ORIGIN => format!(
            "Add `{missing}` to the origins that the server allows, exactly so: without a slash at the end (allow_origins \
             in FastAPI, `origin` in Express cors, CORS_ALLOWED_ORIGINS in Django)."
        ),
        code::ANSWER => format!(
            "The preflight passes, but the answer itself does not allow `{missing}`. Let the server send its CORS headers with \
             every answer (nginx: add_header … always), or remove the proxy that strips them."
        ),
        code::SEVERAL => "Let only one of the app and the proxies in front of it send CORS headers, and only the origin that \
                          asks: remove them from the others."
            .to_owned(),
        code::ANY => format!(
            "Replace `*` by `{missing}` in the origins that the server allows. Browsers accept `*` only without cookies; \
             remove `credentials` if the page sends none."
        ),
        code::CREDENTIALS => "Allow credentials in the CORS settings of the server (allow_credentials=True in FastAPI, \
                              `credentials: true` in Express cors), or remove `credentials` if the page sends no cookies."
            .to_owned(),
        code::METHOD => format!(
            "Add `{missing}` to the methods that the server allows, in capitals (allow_methods in FastAPI, `methods` in \
             Express cors)."
        ),
        code::HEADERS => format!(
            "Add `{missing}` by name to the headers that the server allows (allow_headers in FastAPI, `allowedHeaders` in \
             Express cors)."
        ),
        code::UNREADABLE => {
            "Fix the header in the CORS settings of the server: a list of names with commas between them.".to_owned()
        }
        code::STATUS => match evidence.facts.status_code {
            Some(401 | 407) => "The server wants a login, and browsers send a preflight without one. Run the CORS middleware \
                                before the login, or exempt OPTIONS from it."
                .to_owned(),
            Some(404 | 405 | 501) => "No CORS middleware answers OPTIONS on this path. Add it to the app (CORSMiddleware, \
                                      cors(), CorsRegistry), and let the proxies in front of it pass OPTIONS on."
                .to_owned(),
            _ => "The server refuses the preflight and does not say why. Compare origin, method and headers of `cors` with its \
                  CORS settings."
                .to_owned(),
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use hyper::Method;

    use super::{MISSING, code, hint, told};
    use crate::cause::Cause;
    use crate::check::http::cors::judge::{Denied, Question};
    use crate::outcome::{Detail, Evidence, FactValue, Fault, Phase, assert_hint};

    #[test]
    fn every_reason_is_told_with_what_to_do() {
        let question = Question { method: Method::PUT, headers: Vec::new(), credentials: true };
        let headers = |any| Denied::Headers { names: vec!["authorization".parse().unwrap()], any };
        for denied in [
            Denied::NoOrigin,
            Denied::OtherOrigin("https://a/\u{202e}\n".to_owned()),
            Denied::SeveralOrigins,
            Denied::AnyWithCredentials,
            Denied::Credentials(None),
            Denied::Credentials(Some("yes".to_owned())),
            Denied::Method { any: true },
            headers(true),
            headers(false),
            Denied::Unreadable("access-control-allow-methods".parse().unwrap()),
            Denied::Status,
        ] {
            for status in [200, 401, 404, 418] {
                let (says, missing, code) = told(&denied, &question, "https://app.example.com", status);
                assert!(!says.contains(|c: char| c.is_control() || c == '\u{202e}'), "{says}");
                for code in [code, code::ANSWER] {
                    let mut evidence = Evidence::default();
                    evidence.facts.status_code = Some(status);
                    evidence.facts.learn(MISSING, missing.clone().map(FactValue::text));
                    let detail = Detail::Protocol { code, product: None };
                    let text =
                        hint(&Fault::new(Phase::Assert, Cause::CorsDenied, says.clone()).with(detail), &evidence);
                    assert_hint(&text.expect("a hint"));
                }
            }
        }
    }
}
