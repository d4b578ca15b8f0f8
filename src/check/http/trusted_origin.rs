//! Whether Better Auth trusts an origin: its own check, asked by a sign-out without a session, which changes nothing.
//!
//! Better Auth compares the origin of a POST that has a cookie: 403 `INVALID_ORIGIN` or `MISSING_OR_NULL_ORIGIN`
//! (`packages/better-auth/src/api/middlewares/origin-check.ts`).

use std::sync::Arc;

use hyper::Method;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, COOKIE, HeaderValue, ORIGIN};
use serde_json::Value as Json;

use crate::cause::Cause;
use crate::check::http::ask::{BodyUse, Exchange, try_prepare};
use crate::check::http::exchange::HttpResponse;
use crate::check::http::expect::Wanted;
use crate::check::http::json;
use crate::check::http::keys::HttpKeys;
use crate::check::http::page_origin::PageOrigin;
use crate::check::{Prepared, Run, Runnable};
use crate::env::Env;
use crate::net::attempt::Attempt;
use crate::outcome::{Detail, Evidence, FactValue, Fault, Phase};
use crate::secret::Secret;
use crate::value::Setting;

use super::cors::MISSING;

/// The path of Better Auth where the configuration has none.
const PATH: &str = "/api/auth";
/// Keys about a request that this one replaces.
pub(super) const EXCLUDED: [&str; 11] = [
    "cors",
    "method",
    "body",
    "status",
    "json",
    "body_contains",
    "body_matches",
    "body_not_contains",
    "body_not_matches",
    "header",
    "follow_redirects",
];
/// The code of an origin that is not trusted.
const UNTRUSTED: &str = "better_auth_origin";
/// The code of an answer that Better Auth did not give.
const ELSEWHERE: &str = "better_auth_elsewhere";

/// Resolves the keys.
pub(super) fn prepare(keys: &Arc<HttpKeys>, origin: &Setting<PageOrigin>, env: &dyn Env) -> Prepared {
    try_prepare(keys, env, |mut exchange| {
        let origin = origin.resolve("trusted_origin", env)?;
        let request = &mut exchange.request;
        let base = request.target.expose().split('?').next().unwrap_or_default().trim_end_matches('/');
        let base = if base.is_empty() { PATH } else { base };
        request.target = Secret::new(format!("{base}/sign-out"));
        request.method = Method::POST;
        request.body = Bytes::from_static(b"{}");
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request.headers.insert(COOKIE, HeaderValue::from_static("x=1"));
        request.headers.insert(ORIGIN, origin.header());
        exchange.wanted = Wanted::success();
        Ok(TrustedOrigin { exchange, origin })
    })
}

/// The question, with the values of one run.
struct TrustedOrigin {
    exchange: Exchange,
    origin: PageOrigin,
}

impl Runnable for TrustedOrigin {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let (request, answer) = self.exchange.ask(attempt, BodyUse::Expected).await?;
            let code = text(&answer, "code");
            if answer.status == 403 && matches!(code.as_deref(), Some("INVALID_ORIGIN" | "MISSING_OR_NULL_ORIGIN")) {
                attempt.facts().learn(MISSING, Some(FactValue::text(self.origin.to_string())));
                let message = format!("Better Auth does not trust the origin {}", self.origin);
                let fault = Fault::new(Phase::Assert, Cause::OriginRejected, message.clone());
                return Err(fault.stating(message).with(Detail::Protocol { code: UNTRUSTED, product: None }));
            }
            let elsewhere = Detail::Protocol { code: ELSEWHERE, product: None };
            self.exchange.wanted.status(&request, &answer).map_err(|fault| match answer.status {
                404 | 405 => fault.with(elsewhere.clone()),
                _ => fault,
            })?;
            let is_sign_out = json::read::<Json>(&answer.body).is_some_and(|body| body["success"] == true);
            if !is_sign_out {
                let message = "the answer is not that of Better Auth: `success` is not true";
                let fault = Fault::new(Phase::Assert, Cause::JsonMismatch, message).stating(message);
                return Err(fault.with(elsewhere));
            }
            Ok(())
        })
    }
}

/// A text of the answer.
fn text(answer: &HttpResponse, key: &str) -> Option<String> {
    let body: Json = json::read(&answer.body)?;
    body[key].as_str().map(str::to_owned)
}

/// What to do about an origin that is not trusted.
pub(super) fn hint(fault: &Fault, evidence: &Evidence) -> Option<String> {
    let Some(Detail::Protocol { code: code @ (UNTRUSTED | ELSEWHERE), .. }) = fault.detail else { return None };
    if code == ELSEWHERE {
        let text = "Write the base URL of Better Auth into `url`, as this pod reaches it: http://host:3000/api/auth, or with the \
                    `basePath` that the app sets.";
        return Some(text.to_owned());
    }
    let origin = evidence.facts.own_text(MISSING).unwrap_or("it");
    Some(match origin {
        "null" => {
            "Open the page over http:// or https://: pages of files and sandboxed frames send the origin `null`, which \
                   Better Auth never trusts."
                .to_owned()
        }
        _ => format!(
            "Add `{origin}` to `trustedOrigins` or BETTER_AUTH_TRUSTED_ORIGINS (commas, no spaces). Better Auth trusts the \
             origin of its base URL (BETTER_AUTH_URL) by itself: check that one, too."
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::{ELSEWHERE, MISSING, UNTRUSTED, hint};
    use crate::cause::Cause;
    use crate::outcome::{Detail, Evidence, FactValue, Fault, Phase, assert_hint};

    #[test]
    fn every_refusal_has_a_hint() {
        for (code, origin) in [(UNTRUSTED, "https://app.example.com"), (UNTRUSTED, "null"), (ELSEWHERE, "x")] {
            let mut evidence = Evidence::default();
            evidence.facts.learn(MISSING, Some(FactValue::text(origin.to_owned())));
            let fault = Fault::new(Phase::Assert, Cause::OriginRejected, "x");
            let text = hint(&fault.with(Detail::Protocol { code, product: None }), &evidence).expect("a hint");
            assert_hint(&text);
        }
    }
}
