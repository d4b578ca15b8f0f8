//! Which HTTP proxy a request goes through, where the configuration asks for one.

use std::sync::Arc;

use base64::Engine as _;
use hyper::header::HeaderValue;

use crate::cause::Cause;
use crate::check::http::origin::Origin;
use crate::config::node::{Error, FromNode, Reader};
use crate::env::Env;
use crate::findings::{self, ProxyVariables};
use crate::outcome::{Fault, Phase};
use crate::secret::Secret;
use crate::url::{Endpoint, Url};
use crate::value::Value;

/// The usual port of a proxy whose URL names none, as curl and Go have it.
const PORT: u16 = 80;
/// Which proxy a check goes through.
#[derive(Debug, Clone, Default)]
pub(crate) enum ProxyKey {
    /// None.
    #[default]
    Direct,
    /// That of the variables, as Go reads them.
    Variables,
    /// The one with this URL.
    Url(Value),
}

impl FromNode for ProxyKey {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        let value = Value::from_node(node)?;
        let Value::Literal(text) = &value else { return Ok(Self::Url(value)) };
        match text.expose() {
            "none" => Ok(Self::Direct),
            "env" => Ok(Self::Variables),
            url => Proxy::parse(url).map(|_| Self::Url(value)).map_err(Error::custom),
        }
    }
}

impl ProxyKey {
    /// What is read at each run.
    pub(crate) const fn value(&self) -> Option<&Value> {
        match self {
            Self::Url(value) => Some(value),
            Self::Direct | Self::Variables => None,
        }
    }

    /// The proxy on the way to an origin, now; `None` for the direct way.
    ///
    /// # Errors
    /// Why the URL of the proxy cannot be used, without it.
    pub(super) fn on_the_way_to(&self, origin: &Origin, env: &dyn Env) -> Result<Option<Arc<Proxy>>, Fault> {
        let value = match self {
            Self::Direct => return Ok(None),
            Self::Variables => {
                let variables = ProxyVariables::read(env);
                match findings::proxy_as_go_has_it(&variables, &origin.endpoint, origin.secure) {
                    Some(variable) => Value::Env(variable.to_owned()),
                    None => return Ok(None),
                }
            }
            Self::Url(value) => value.clone(),
        };
        let text = value.resolve(env)?;
        let proxy = Proxy::parse(text.expose().trim()).map_err(|problem| {
            Fault::new(Phase::Assert, Cause::UrlMalformed, format!("proxy: {}: {problem}", value.origin()))
        })?;
        Ok(Some(Arc::new(proxy)))
    }
}

/// A proxy, and the login there.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(super) endpoint: Endpoint,
    /// The value of `Proxy-Authorization`.
    pub(super) login: Option<Secret>,
}

impl Proxy {
    /// Variables often have no scheme: `proxy.corp:3128`.
    fn parse(text: &str) -> Result<Self, String> {
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let with_scheme = Secret::new(with_scheme);
        let url = Url::parse(with_scheme.expose()).map_err(|error| error.to_string())?;
        if url.scheme != "http" {
            return Err(
                "expected none, env, or the URL of a proxy that begins with http://: proxies over TLS and SOCKS \
                        are not supported"
                    .to_owned(),
            );
        }
        let [(host, port)] = url.hosts.as_slice() else { return Err("expected one host".to_owned()) };
        let endpoint = Endpoint { host: host.clone(), port: port.unwrap_or(PORT) };
        let login = (url.user.is_some() || url.password.is_some()).then(|| {
            let password = url.password.as_ref().map_or("", Secret::expose);
            let pair = Secret::new(format!("{}:{password}", url.user.as_deref().unwrap_or_default()));
            let encoded = Secret::new(base64::engine::general_purpose::STANDARD.encode(pair.expose()));
            Secret::new(format!("Basic {}", encoded.expose()))
        });
        Ok(Self { endpoint, login })
    }

    /// The header for the login.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::from_str(self.login.as_ref()?.expose()).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::{Proxy, ProxyKey};
    use crate::check::http::origin::Origin;
    use crate::config::node;
    use crate::env::MapEnv;
    use crate::url::Url;

    #[test]
    fn proxies_are_read_and_never_shown() {
        for (text, expected) in [
            ("http://proxy:3128", Some("proxy:3128")),
            ("proxy.corp:3128", Some("proxy.corp:3128")),
            ("http://user:s3cret@proxy", Some("proxy:80")),
            ("http://[fd00::1]:8080/", Some("[fd00::1]:8080")),
            ("https://proxy:3128", None),
            ("socks5://proxy:1080", None),
            ("http://proxy:s3cret", None),
        ] {
            let read = Proxy::parse(text);
            assert_eq!(read.as_ref().ok().map(|proxy| proxy.endpoint.to_string()).as_deref(), expected, "{text}");
            assert!(!format!("{read:?}").contains("s3cret"), "{read:?}");
        }
        let login = Proxy::parse("http://user:s3cret@proxy").unwrap().authorization().unwrap();
        assert_eq!(login.to_str().unwrap(), "Basic dXNlcjpzM2NyZXQ=");
    }

    #[test]
    fn the_way_depends_on_the_key_the_variables_and_the_host() {
        let env = MapEnv::with_vars(&[
            ("HTTP_PROXY", "http://plain:1"),
            ("HTTPS_PROXY", "secure:2"),
            ("NO_PROXY", ".svc,10.0.0.0/8"),
            ("BAD", "socks5://x:s3cret@h"),
        ]);
        for (key, url, expected) in [
            ("none", "http://api.example.com/", ""),
            ("env", "http://api.example.com/", "plain:1"),
            ("env", "https://api.example.com/", "secure:2"),
            ("env", "http://web.shop.svc/", ""),
            ("env", "http://10.1.2.3/", ""),
            ("env", "http://localhost/", ""),
            ("http://own:3", "http://web.shop.svc/", "own:3"),
            ("{env: HTTP_PROXY}", "https://web.shop.svc/", "plain:1"),
            ("{env: BAD}", "http://h/", "url_malformed"),
            ("{env: GONE}", "http://h/", "variable_missing"),
        ] {
            let key: ProxyKey = node::read(&node::parse(key).unwrap()).unwrap();
            let origin = Origin::of(&Url::parse(url).unwrap()).unwrap();
            let way = match key.on_the_way_to(&origin, &env) {
                Ok(way) => way.map_or_else(String::new, |proxy| proxy.endpoint.to_string()),
                Err(fault) => {
                    assert!(!fault.message.contains("s3cret"), "{}", fault.message);
                    fault.cause.slug().to_owned()
                }
            };
            assert_eq!(way, expected, "{key:?} {url}");
        }
        assert!(node::read::<ProxyKey>(&node::parse("https://proxy:1").unwrap()).is_err());
    }
}
