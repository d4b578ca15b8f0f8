//! Who may see what: pure but for reading the token's file. Names and verdicts are for everyone; hosts, causes and hints
//! are for this pod, for whoever has the token, or for all where the configuration says so.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hyper::header::{self, HeaderMap};
use hyper::http::uri::{Authority, Uri};

use crate::env::Env;
use crate::secret::Secret;
use crate::value::Value;

/// The two ends of a connection, IPv4 as IPv4.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    pub(super) peer: IpAddr,
    pub(super) local: IpAddr,
}

/// What one request may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Access {
    /// Hosts, causes and hints.
    pub(super) detail: bool,
    /// Names and verdicts beyond the bare answer.
    pub(super) names: bool,
    /// What the token guards.
    pub(super) guarded: bool,
}

impl Access {
    /// `token`: `None` where none is configured, else whether the right one was presented. `trusted`: the caller is in
    /// this pod, or everyone is trusted.
    pub(super) fn new(token: Option<bool>, trusted: bool) -> Self {
        let detail = trusted || token == Some(true);
        Self { detail, names: detail || token.is_none(), guarded: token != Some(false) }
    }
}

/// The one bearer token of a request.
pub(super) fn presented(headers: &HeaderMap) -> Option<&[u8]> {
    let value = only(headers, &header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

/// Whether it is the token that is wanted, in a time that tells nothing of where they differ. One that cannot be used
/// matches nothing.
pub(super) fn token_matches(presented: &[u8], token: &Value, env: &dyn Env) -> bool {
    wanted(token, env).is_ok_and(|wanted| same(presented, trimmed(&wanted)))
}

/// The token, now.
///
/// # Errors
/// Why it cannot be used.
pub(super) fn wanted(token: &Value, env: &dyn Env) -> Result<Secret, String> {
    let wanted = token.resolve(env).map_err(|fault| fault.message)?;
    match trimmed(&wanted).is_empty() {
        true => Err(format!("{} is empty", token.origin())),
        false => Ok(wanted),
    }
}

fn trimmed(token: &Secret) -> &[u8] {
    token.expose().trim_end_matches(['\r', '\n']).as_bytes()
}

fn same(left: &[u8], right: &[u8]) -> bool {
    let differing = left.iter().zip(right).fold(0, |seen, (a, b)| black_box(seen | (a ^ b)));
    left.len() == right.len() && differing == 0
}

/// Whether a request surely comes from this pod itself: both ends are loopback, it asks for loopback by name, and no
/// proxy has had it in hand. The mesh's 127.0.0.6 speaks for anyone, so only the one address of each family counts.
pub(super) fn from_this_pod(caller: Caller, uri: &Uri, headers: &HeaderMap) -> bool {
    let loopback = |ip: IpAddr| ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST;
    let forwarded = |name: &str| name == "forwarded" || name.starts_with("x-forwarded-");
    let host = only(headers, &header::HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    loopback(caller.peer)
        && loopback(caller.local)
        && host.is_some_and(|host| is_loopback_host(&host))
        && uri.authority().is_none_or(is_loopback_host)
        && !headers.keys().any(|name| forwarded(name.as_str()))
}

fn is_loopback_host(authority: &Authority) -> bool {
    let host = authority.host();
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    !authority.as_str().contains('@')
        && (host.eq_ignore_ascii_case("localhost") || literal.is_ok_and(|ip| ip.to_canonical().is_loopback()))
}

/// The value of a header that is there once; a second one is a trick, or a proxy's doing.
fn only<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a header::HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderMap, HeaderName, HeaderValue};
    use hyper::http::uri::Uri;

    use super::{Access, Caller, from_this_pod, presented, token_matches, wanted};
    use crate::env::MapEnv;
    use crate::value::Value;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
        }
        map
    }

    fn trusted(peer: &str, local: &str, uri: &str, pairs: &[(&str, &str)]) -> bool {
        let caller = Caller { peer: peer.parse().unwrap(), local: local.parse().unwrap() };
        from_this_pod(caller, &uri.parse::<Uri>().unwrap(), &headers(pairs))
    }

    #[test]
    fn loopback_asking_for_loopback_is_this_pod() {
        for host in ["localhost", "LOCALHOST:9809", "127.0.0.1", "127.0.0.1:9809", "[::1]:9809", "[::1]"] {
            assert!(trusted("127.0.0.1", "127.0.0.1", "/status", &[("host", host)]), "{host}");
        }
        assert!(trusted("::1", "::1", "/", &[("host", "[::1]")]));
        assert!(trusted("127.0.0.1", "127.0.0.1", "http://localhost:9809/", &[("host", "localhost:9809")]));
    }

    #[test]
    fn anything_else_is_not() {
        let local = [("host", "localhost")];
        assert!(!trusted("10.0.0.5", "10.0.0.9", "/", &local), "the node");
        assert!(!trusted("127.0.0.6", "127.0.0.1", "/", &local), "a mesh");
        assert!(!trusted("127.0.0.1", "10.0.0.9", "/", &local), "one end is not loopback");
        let strangers =
            ["evil.example", "10.0.0.9:9809", "localhost.evil.example", "127.0.0.1.evil.example", "a@localhost", ""];
        for host in strangers {
            assert!(!trusted("127.0.0.1", "127.0.0.1", "/", &[("host", host)]), "{host}");
        }
        assert!(!trusted("127.0.0.1", "127.0.0.1", "/", &[]), "no host");
        assert!(!trusted("127.0.0.1", "127.0.0.1", "/", &[("host", "localhost"), ("host", "localhost")]), "two hosts");
        assert!(!trusted("127.0.0.1", "127.0.0.1", "http://evil.example/", &local), "another one in the request line");
        for name in ["forwarded", "x-forwarded-for", "X-Forwarded-Proto", "x-forwarded-client-cert"] {
            assert!(!trusted("127.0.0.1", "127.0.0.1", "/", &[("host", "localhost"), (name, "x")]), "{name}");
        }
    }

    #[test]
    fn the_token_is_compared_whole_and_read_anew() {
        let token = Value::File("/token".into());
        let env = MapEnv::default().with_file("/token", b"s3cret\r\n");
        let given = |text: &str| {
            let headers = headers(&[("authorization", text)]);
            presented(&headers).is_some_and(|presented| token_matches(presented, &token, &env))
        };
        assert!(given("Bearer s3cret") && given("bearer s3cret"));
        for wrong in ["Bearer s3cre", "Bearer s3crett", "Bearer ", "Basic s3cret", "s3cret", "", "Bearer s3creT"] {
            assert!(!given(wrong), "{wrong}");
        }
        let two = headers(&[("authorization", "Bearer s3cret"), ("authorization", "Bearer s3cret")]);
        assert_eq!(presented(&two), None);
        let rotated = MapEnv::default().with_file("/token", b"new");
        assert!(token_matches(b"new", &token, &rotated) && !token_matches(b"s3cret", &token, &rotated));
        let empty = MapEnv::default().with_file("/token", b"\n");
        for (env, why) in [(empty, "the file /token is empty"), (MapEnv::default(), "the file /token does not exist")] {
            assert!(!token_matches(b"", &token, &env) && !token_matches(b"s", &token, &env));
            assert_eq!(wanted(&token, &env).map(|_| ()), Err(why.to_owned()));
        }
    }

    #[test]
    fn the_rule_of_detail() {
        let access = |token, trusted| Access::new(token, trusted);
        assert_eq!(access(None, false), Access { detail: false, names: true, guarded: true });
        assert_eq!(access(None, true), Access { detail: true, names: true, guarded: true });
        assert_eq!(access(Some(false), false), Access { detail: false, names: false, guarded: false });
        assert_eq!(access(Some(false), true), Access { detail: true, names: true, guarded: false });
        assert_eq!(access(Some(true), false), Access { detail: true, names: true, guarded: true });
    }
}
