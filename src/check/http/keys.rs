//! The keys of an HTTP check, as the configuration has them; `peer` takes the same and one more.

use serde::Deserialize;

use crate::check::http::rules::{HeaderRule, HeaderRules, Headers, JsonRules};
use crate::check::http::settings::{Follow, HttpUrl, HttpVersion, Pattern, Size, Statuses, Verb};
use crate::check::tls_keys::TlsKeys;
use crate::value::Value;

/// An HTTP request, and what its answer must be.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct HttpKeys {
    /// What to ask: `http://…` or `https://…`. Its user part becomes basic authentication.
    pub(crate) url: HttpUrl,
    /// The method; `GET` where not set.
    pub(crate) method: Option<Verb>,
    /// Headers to send, by name.
    #[serde(default)]
    pub(crate) headers: Headers,
    /// The body to send.
    pub(crate) body: Option<Value>,
    /// The statuses wanted: `200`, `"200-299"` or a list; 200-299 where not set.
    #[serde(default)]
    pub(crate) status: Statuses,
    /// What places of the JSON answer must hold: `/a/b` or `a.b.0`, to a scalar; every one must hold. Numbers are
    /// compared by value, all else letter by letter.
    #[serde(default)]
    pub(crate) json: JsonRules,
    /// A text that the body must contain.
    pub(crate) body_contains: Option<Value>,
    /// A regular expression that must match somewhere in the first 256 KiB of the body.
    pub(crate) body_matches: Option<Pattern>,
    /// Headers that the answer must have: by name, the value or `{matches: REGEX}`.
    #[serde(default)]
    pub(crate) header: HeaderRules,
    /// Follow redirects: `true` for at most 10, or how many, at most 20; off where not set. What `status` and the rest
    /// expect is then said of the last answer.
    #[serde(default)]
    pub(crate) follow_redirects: Follow,
    /// `1.1` or `2`; over TLS both are offered where not set, in clear text HTTP/1.1 is spoken. `2` in clear text begins
    /// with HTTP/2 at once.
    pub(crate) http_version: Option<HttpVersion>,
    /// How TLS is done, for `https://`.
    #[serde(default)]
    pub(crate) tls: TlsKeys,
    /// User and password; they stand above the URL's.
    pub(crate) basic_auth: Option<BasicAuth>,
    /// A bearer token; one line break at the end of a file is not part of it.
    pub(crate) bearer_token: Option<Value>,
    /// The most that is read of a body; 1MiB where not set. Where it is set, the body is read to its end also if nothing is
    /// asked of it.
    pub(crate) max_response: Option<Size>,
}

/// User and password.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct BasicAuth {
    /// The user.
    pub(crate) username: Value,
    /// The password, taken as it is.
    pub(crate) password: Value,
}

impl HttpKeys {
    /// A plain GET of this URL: what a target of the command line means.
    pub(crate) fn of_url(url: Value) -> Self {
        Self {
            url: HttpUrl(url),
            method: None,
            headers: Headers::default(),
            body: None,
            status: Statuses::default(),
            json: JsonRules::default(),
            body_contains: None,
            body_matches: None,
            header: HeaderRules::default(),
            follow_redirects: Follow::default(),
            http_version: None,
            tls: TlsKeys::default(),
            basic_auth: None,
            bearer_token: None,
            max_response: None,
        }
    }

    /// What no single key shows to be wrong: keys that exclude each other. Each with the key it is told at.
    pub(crate) fn contradictions(&self) -> Vec<(&'static str, &'static str)> {
        let mut found = Vec::new();
        let sets = |name: &str| self.headers.0.iter().any(|(known, _)| known.as_str() == name);
        let head = self.method.as_ref().is_some_and(|verb| verb.0 == hyper::Method::HEAD);
        if self.basic_auth.is_some() && self.bearer_token.is_some() {
            found.push(("bearer_token", "excludes basic_auth: a request has one Authorization"));
        }
        if sets("authorization") && (self.basic_auth.is_some() || self.bearer_token.is_some()) {
            found.push(("headers", "Authorization is set here and by basic_auth or bearer_token: keep one"));
        }
        if head && !self.json.0.is_empty() {
            found.push(("json", "an answer to HEAD has no body: use GET"));
        }
        if head && self.body_contains.is_some() {
            found.push(("body_contains", "an answer to HEAD has no body: use GET"));
        }
        if head && self.body_matches.is_some() {
            found.push(("body_matches", "an answer to HEAD has no body: use GET"));
        }
        found
    }

    /// Every value that is read at a run.
    pub(crate) fn values(&self) -> Vec<&Value> {
        let mut values = vec![&self.url.0];
        values.extend(self.headers.0.iter().map(|(_, value)| value));
        values.extend(&self.body);
        values.extend(self.json.0.iter().map(|(_, value)| value));
        values.extend(&self.body_contains);
        values.extend(self.header.0.iter().filter_map(|(_, rule)| match rule {
            HeaderRule::Equals(value) => Some(value),
            HeaderRule::Matches(_) => None,
        }));
        values.extend(self.basic_auth.iter().flat_map(|auth| [&auth.username, &auth.password]));
        values.extend(&self.bearer_token);
        values.extend(self.tls.values());
        values
    }
}
