//! The keys of an HTTP check, as the configuration has them; `peer` takes the same and one more.

use crate::check::http::proxy::ProxyKey;
use crate::check::http::rules::{HeaderRule, HeaderRules, Headers, JsonRules};
use crate::check::http::settings::{Follow, HttpUrl, HttpVersion, Pattern, Size, Statuses, Verb};
use crate::check::tls_keys::TlsKeys;
use crate::config::node::Keys;
use crate::url::SocketPath;
use crate::value::{Setting, Value};

/// An HTTP request, and what the answer must contain.
#[derive(Debug, Clone, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct HttpKeys {
    /// The URL to request: `http://…` or `https://…`. Its user part becomes basic authentication.
    pub(crate) url: HttpUrl,
    /// `unix:PATH` if the server listens on a Unix socket: the check connects there, and `url` has the path and the Host. A redirect to another host leads there over the network.
    pub(crate) socket: Option<Setting<SocketPath>>,
    /// The method. Default: `GET`.
    pub(crate) method: Option<Verb>,
    /// Headers to send, by name.
    #[serde(default)]
    pub(crate) headers: Headers,
    /// The body to send.
    pub(crate) body: Option<Value>,
    /// The expected statuses: `200`, `"200-299"` or a list. Default: `"200-299"`.
    #[serde(default)]
    pub(crate) status: Statuses,
    /// Expected values in the JSON answer: a path (`/a/b/0`, `a.b.0` or `$.a.b[0]`) and its scalar value. All must match.
    /// Numbers are compared by value, everything else exactly.
    #[serde(default)]
    pub(crate) json: JsonRules,
    /// A text that the body must contain.
    pub(crate) body_contains: Option<Value>,
    /// A regular expression, at most 256 bytes, that must match somewhere in the body.
    pub(crate) body_matches: Option<Pattern>,
    /// A text that the body must not contain.
    pub(crate) body_not_contains: Option<Value>,
    /// A regular expression, at most 256 bytes, that must match nowhere in the body.
    pub(crate) body_not_matches: Option<Pattern>,
    /// Headers that the answer must have: the name, and the value or `{matches: REGEX}`.
    #[serde(default)]
    pub(crate) header: HeaderRules,
    /// Whether to follow redirects: `true` for at most 10, or a number up to 20. Default: `false`. `status` and the other
    /// expectations then apply to the last answer.
    #[serde(default)]
    pub(crate) follow_redirects: Follow,
    /// `1.1` or `2`. Default: both are offered over TLS, and HTTP/1.1 is used without TLS. With `2` and no TLS, the
    /// connection starts as HTTP/2 without an upgrade.
    pub(crate) http_version: Option<HttpVersion>,
    /// The HTTP proxy to go through: `none` (the default), `env` (that of `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, read as
    /// Go does) or its URL, `http://user:password@proxy:3128`.
    #[serde(default)]
    pub(crate) proxy: ProxyKey,
    /// TLS settings, for `https://`.
    #[serde(default)]
    pub(crate) tls: TlsKeys,
    /// User and password. They override those in the URL.
    pub(crate) basic_auth: Option<BasicAuth>,
    /// A bearer token. One line break at the end of a file is ignored.
    pub(crate) bearer_token: Option<Value>,
    /// The maximum size of a body. Default: `1MiB`. If it is set, the check reads the body to its end even if nothing in the
    /// body is checked.
    pub(crate) max_response: Option<Size>,
}

/// User and password.
#[derive(Debug, Clone, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct BasicAuth {
    /// The user.
    pub(crate) username: Value,
    /// The password, used as it is.
    pub(crate) password: Value,
}

impl HttpKeys {
    /// A plain GET of this URL: what a target of the command line means.
    pub(crate) fn of_url(url: Value) -> Self {
        Self {
            url: HttpUrl(url),
            socket: None,
            method: None,
            headers: Headers::default(),
            body: None,
            status: Statuses::default(),
            json: JsonRules::default(),
            body_contains: None,
            body_matches: None,
            body_not_contains: None,
            body_not_matches: None,
            header: HeaderRules::default(),
            follow_redirects: Follow::default(),
            http_version: None,
            proxy: ProxyKey::default(),
            tls: TlsKeys::default(),
            basic_auth: None,
            bearer_token: None,
            max_response: None,
        }
    }

    /// Keys that exclude each other: each fault with the key whose place it has.
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
        let of_the_body = [
            ("json", !self.json.0.is_empty()),
            ("body_contains", self.body_contains.is_some()),
            ("body_matches", self.body_matches.is_some()),
            ("body_not_contains", self.body_not_contains.is_some()),
            ("body_not_matches", self.body_not_matches.is_some()),
        ];
        let written = of_the_body.into_iter().filter(|(_, is_set)| head && *is_set);
        found.extend(written.map(|(key, _)| (key, "an answer to HEAD has no body: use GET")));
        found
    }

    /// Whether it asks on a socket of this pod, whatever the environment is.
    pub(crate) const fn is_on_socket(&self) -> bool {
        matches!(self.socket, Some(Setting::Known(_))) && self.follow_redirects.0.is_none()
    }

    /// Every value that is read at a run.
    pub(crate) fn values(&self) -> Vec<&Value> {
        let mut values = vec![&self.url.0];
        values.extend(self.socket.as_ref().and_then(Setting::later));
        values.extend(self.headers.0.iter().map(|(_, value)| value));
        values.extend(&self.body);
        values.extend(self.json.0.iter().map(|(_, value)| value));
        values.extend(&self.body_contains);
        values.extend(&self.body_not_contains);
        values.extend(self.header.0.iter().filter_map(|(_, rule)| match rule {
            HeaderRule::Equals(value) => Some(value),
            HeaderRule::Matches(_) => None,
        }));
        values.extend(self.basic_auth.iter().flat_map(|auth| [&auth.username, &auth.password]));
        values.extend(&self.bearer_token);
        values.extend(self.proxy.value());
        values.extend(self.tls.values());
        values
    }
}
