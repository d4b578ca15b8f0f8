//! What is sent: the configuration's values, read now, as one request; and the same for the next hop of a redirect.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue,
    PROXY_AUTHORIZATION, USER_AGENT,
};
use hyper::{Method, Uri, Version};

use base64::Engine as _;

use crate::cause::Cause;
use crate::check::http::keys::HttpKeys;
use crate::check::http::origin::Origin;
use crate::check::http::proxy::Proxy;
use crate::env::Env;
use crate::findings::Blame;
use crate::mask::Mask;
use crate::net::attempt::Attempt;
use crate::net::io::Io;
use crate::outcome::{BrowserOrigin, Fault, Phase, RequestedPath};
use crate::secret::Secret;
use crate::url::{Host, SocketPath, Url, redacted_path};
use crate::value::Value;

/// How we name ourselves.
pub(super) const AGENT: &str = concat!("pilotfish/", env!("CARGO_PKG_VERSION"));

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Whom it goes to.
    pub(crate) origin: Origin,
    /// Where its server listens, if that is a Unix socket of this pod.
    pub(crate) socket: Option<SocketPath>,
    /// The host that the configuration names.
    pub(crate) named: Host,
    /// Path and query, as they go over the wire.
    pub(crate) target: Secret,
    /// The method.
    pub(crate) method: Method,
    /// Headers; `Host` only where the configuration sets it.
    pub(crate) headers: HeaderMap,
    /// Headers that hold what a variable or a file holds, or credentials: they stay with the origin.
    private: Vec<HeaderName>,
    /// The body.
    pub(crate) body: Bytes,
    /// What must not be shown where a peer repeats it.
    pub(crate) mask: Mask,
}

impl Request {
    /// Method and path as they may be shown: `GET /health`.
    pub(crate) fn shown(&self) -> String {
        let path = self.target.expose().split('?').next().unwrap_or_default();
        self.mask.strike(&format!("{} {}", self.method, redacted_path(path))).into_owned()
    }

    /// Whom it asks for which path, as it may be shown.
    pub(crate) fn requested(&self) -> RequestedPath {
        let path = self.target.expose().split('?').next().unwrap_or_default();
        let path = self.mask.strike(&redacted_path(path)).into_owned();
        RequestedPath { server: self.origin.endpoint.to_string(), path }
    }

    /// Where its headers say that a browser comes from; those that hold what a variable or a file holds say nothing.
    pub(crate) fn browser(&self) -> Option<BrowserOrigin> {
        let said = |name: HeaderName| {
            let text = self.headers.get(&name).filter(|_| !self.private.contains(&name))?.to_str().ok()?;
            Some(text.split(',').next().unwrap_or_default().trim().to_ascii_lowercase())
        };
        let https = match said(HeaderName::from_static("x-forwarded-proto")).as_deref() {
            Some("https") => Some(true),
            Some("http") => Some(false),
            _ => None,
        };
        let host = said(HeaderName::from_static("x-forwarded-host")).or_else(|| said(HOST));
        let host = host.map(|host| match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name.to_owned(),
            _ => host,
        });
        (host.is_some() || https.is_some()).then_some(BrowserOrigin { host, https })
    }

    /// The request that these keys mean, now; `url` is the one that [`read_url`] gave.
    ///
    /// # Errors
    /// A value that cannot be read, or cannot be sent; never with the value in it.
    pub(crate) fn new(keys: &HttpKeys, url: Url, env: &dyn Env) -> Result<Self, Fault> {
        let mut mask = Mask::default();
        url.raw_query.iter().for_each(|query| mask.add(query.expose()));
        url.hidden().iter().for_each(|text| mask.add(text.expose()));
        let origin = Origin::of(&url).map_err(|problem| malformed(&keys.url.0, problem))?;
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let mut private = Vec::new();
        if let Some(value) = authorization(keys, &url, env, &mut mask)? {
            headers.insert(AUTHORIZATION, value);
        }
        for (name, value) in &keys.headers.0 {
            let text = without_final_newline(value, value.resolve(env)?);
            let is_private = !matches!(value, Value::Literal(_)) || is_credential(name);
            if is_private {
                private.push(name.clone());
            }
            if is_private || (text.expose().len() >= 8 && !is_public(name)) {
                mask.add(text.expose());
            }
            headers.insert(name, header_value(value, name.as_str(), text.expose())?);
        }
        let body = keys.body.as_ref().map(|body| body.resolve(env)).transpose()?;
        body.iter().filter(|text| text.expose().len() >= 4).for_each(|text| mask.add_words(text.expose()));
        let method = keys.method.as_ref().map_or(Method::GET, |verb| verb.0.clone());
        let body = body.map_or_else(Bytes::new, |text| Bytes::copy_from_slice(text.expose().as_bytes()));
        Ok(Self {
            target: target(&url),
            socket: keys.socket.as_ref().map(|path| path.resolve("socket", env)).transpose()?,
            named: origin.endpoint.host.clone(),
            origin,
            method,
            headers,
            private,
            body,
            mask,
        })
    }

    /// What is sent in confidence in its headers, word by word.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        // The names of the ways to prove oneself, as HTTP has them.
        const WAYS: [&str; 4] = ["Basic", "Bearer", "Digest", "Token"];
        let private = self.headers.iter().filter(|(name, _)| self.private.contains(name) || is_credential(name));
        let words = private.flat_map(|(_, value)| value.to_str().unwrap_or_default().split_ascii_whitespace());
        words.filter(|word| !WAYS.contains(word)).map(|word| Secret::new(word.to_owned())).collect()
    }

    /// Whether its server is on a Unix socket.
    pub(super) const fn is_to_socket(&self) -> bool {
        self.socket.is_some()
    }

    /// Connects to its server: phases `resolve` and `connect`.
    ///
    /// # Errors
    /// The causes of these phases.
    pub(crate) async fn connect(&self, attempt: &mut Attempt) -> Result<Io, Fault> {
        match &self.socket {
            Some(path) => attempt.connect_unix(path).await,
            None => attempt.connect(&self.origin.endpoint).await,
        }
    }

    /// Whether it proves who we are.
    pub(crate) fn has_credentials(&self) -> bool {
        self.headers.keys().any(is_credential)
    }

    /// Turns it to another URL. Where the origin changes, all that belongs to the old one is dropped.
    pub(crate) fn turn_to(&mut self, url: &Url, to: Origin) {
        if to != self.origin {
            self.socket = None;
            for name in [&AUTHORIZATION, &HOST].into_iter().chain(&self.private) {
                self.headers.remove(name);
            }
        }
        self.target = target(url);
        self.origin = to;
    }

    /// It as a GET without a body: what 303 asks for.
    pub(crate) fn become_get(&mut self) {
        self.method = Method::GET;
        self.body = Bytes::new();
        for name in ["content-type", "content-encoding", "content-language", "content-location", "digest"] {
            self.headers.remove(name);
        }
    }

    /// It as the preflight for itself: without what proves who we are, and without the headers that a page sets. What a
    /// proxy in front of the server would add stays.
    pub(super) fn become_preflight(&mut self, of_page: &[HeaderName]) {
        self.become_get();
        self.method = Method::OPTIONS;
        let stays = |name: &&HeaderName| {
            **name == HOST || !(is_credential(name) || self.private.contains(name) || of_page.contains(name))
        };
        let gone: Vec<HeaderName> = self.headers.keys().filter(|name| !stays(name)).cloned().collect();
        gone.iter().for_each(|name| drop(self.headers.remove(name)));
    }

    /// It as it goes over the wire in this version; to a `proxy` in full form.
    ///
    /// # Errors
    /// The host or the path cannot be written in a request.
    pub(crate) fn to_wire(
        &self,
        version: Version,
        proxy: Option<&Proxy>,
    ) -> Result<hyper::Request<Full<Bytes>>, Fault> {
        let unfit =
            |_| Fault::new(Phase::Assert, Cause::UrlMalformed, "the host or the path cannot be written in a request");
        let mut headers = self.headers.clone();
        let own = self.origin.authority();
        let host = headers.remove(HOST);
        let host = host.as_ref().and_then(|host| host.to_str().ok()).unwrap_or(&own);
        let path = || Uri::builder().path_and_query(self.target.expose());
        let uri = if version == Version::HTTP_2 {
            let scheme = if self.origin.secure { "https" } else { "http" };
            path().scheme(scheme).authority(host).build().map_err(unfit)?
        } else {
            headers.insert(HOST, HeaderValue::from_str(host).map_err(|error| unfit(error.into()))?);
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
            match proxy {
                None => path().build().map_err(unfit)?,
                Some(proxy) => {
                    headers.extend(proxy.authorization().map(|login| (PROXY_AUTHORIZATION, login)));
                    path().scheme("http").authority(own.as_str()).build().map_err(unfit)?
                }
            }
        };
        // Some servers answer 411 to such a request without a length (RFC 9110, 8.6).
        if self.body.is_empty() && [Method::POST, Method::PUT, Method::PATCH].contains(&self.method) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let mut request = hyper::Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        *request.version_mut() = version;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

/// Reads the URL, now.
///
/// # Errors
/// `url_malformed` with the place and where it comes from, or why the value cannot be read.
pub(crate) fn read_url(value: &Value, env: &dyn Env) -> Result<Url, Fault> {
    let text = without_final_newline(value, value.resolve(env)?);
    Url::parse(text.expose()).map_err(|error| Blame::from(error).fault(&value.origin()))
}

fn malformed(value: &Value, problem: impl std::fmt::Display) -> Fault {
    let message = format!("the URL from {}: {problem}", value.origin());
    Fault::new(Phase::Assert, Cause::UrlMalformed, message)
}

/// Path and query for the wire: what a request line cannot hold is percent-encoded.
fn target(url: &Url) -> Secret {
    let mut out = String::with_capacity(url.path.len() + 1);
    if !url.path.starts_with('/') {
        out.push('/');
    }
    encode(&url.path, &mut out);
    if let Some(query) = &url.raw_query {
        out.push('?');
        encode(query.expose(), &mut out);
    }
    Secret::new(out)
}

fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'!' | b'$'..=b';' | b'=' | b'?'..=b'Z' | b'_' | b'a'..=b'z' | b'~' | b'[' | b']' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
}

/// The `Authorization` that the keys or the URL's user part mean.
fn authorization(keys: &HttpKeys, url: &Url, env: &dyn Env, mask: &mut Mask) -> Result<Option<HeaderValue>, Fault> {
    if let Some(token) = &keys.bearer_token {
        let text = without_final_newline(token, token.resolve(env)?);
        mask.add(text.expose());
        return header_value(token, "bearer_token", &format!("Bearer {}", text.expose())).map(Some);
    }
    let (user, password) = match &keys.basic_auth {
        Some(auth) => {
            let user = auth.username.resolve(env)?;
            if user.expose().contains(':') {
                let message = format!("basic_auth.username: {} holds a `:`", auth.username.origin());
                return Err(Fault::new(Phase::Assert, auth.username.invalid_cause(), message));
            }
            (user, auth.password.resolve(env)?)
        }
        None if url.user.is_some() || url.password.is_some() => (
            Secret::new(url.user.clone().unwrap_or_default()),
            url.password.clone().unwrap_or_else(|| Secret::new(String::new())),
        ),
        None => return Ok(None),
    };
    let pair = Secret::new(format!("{}:{}", user.expose(), password.expose()));
    let encoded = Secret::new(base64::engine::general_purpose::STANDARD.encode(pair.expose()));
    mask.add(password.expose());
    mask.add(encoded.expose());
    header_value(&keys.url.0, "basic_auth", &format!("Basic {}", encoded.expose())).map(Some)
}

/// One line break at the end of a file is the editor's, not the value's.
pub(crate) fn without_final_newline(value: &Value, text: Secret) -> Secret {
    if !matches!(value, Value::File(_)) {
        return text;
    }
    let bare = text.expose().strip_suffix('\n').map(|rest| rest.strip_suffix('\r').unwrap_or(rest));
    bare.map(|bare| Secret::new(bare.to_owned())).unwrap_or(text)
}

/// A header's value; what would end the line, and begin another header, is refused.
fn header_value(from: &Value, name: &str, text: &str) -> Result<HeaderValue, Fault> {
    let refused = |_| {
        let message = format!("{name}: {} holds a line break or another control character", from.origin());
        Fault::new(Phase::Assert, from.invalid_cause(), message)
    };
    let mut value = HeaderValue::from_bytes(text.as_bytes()).map_err(refused)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Headers that prove who we are, by their name.
fn is_credential(name: &HeaderName) -> bool {
    const WORDS: [&str; 8] = ["apikey", "auth", "authorization", "cookie", "key", "password", "secret", "token"];
    name.as_str().split(['-', '_']).any(|word| WORDS.contains(&word))
}

/// Headers whose value everybody may see.
fn is_public(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("accept") || matches!(name, "content-type" | "host" | "origin" | "referer" | "user-agent")
}

#[cfg(test)]
mod tests;
