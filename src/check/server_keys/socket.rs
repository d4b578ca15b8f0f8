//! Servers on a Unix socket: `host: unix:PATH`, `host: /PATH`, or a URL whose scheme means a socket.
//!
//! The rest of the keys is read as if the server was on this machine: a kind splits the socket off before it reads them.

use super::keys::{HostProblem, ServerKeys};
use crate::cause::Cause;
use crate::config::node::{Node, Problem, Raw};
use crate::env::Env;
use crate::outcome::{Fault, Phase};
use crate::url::{SocketPath, percent_decode};
use crate::value::Value;

/// What stands for the host of a server on a socket.
const HERE: &str = "localhost";

/// What the URLs of sockets look like in a kind.
#[derive(Debug, Clone, Copy)]
pub struct SocketRules {
    /// The schemes, as in `unix://user:password@/run/NAME.sock?db=1`.
    pub schemes: &'static [&'static str],
    /// Schemes of servers elsewhere, too: without a host, as in `cache:///run/NAME.sock`, the path is that of a socket.
    pub path_alone: &'static [&'static str],
    /// The scheme of the same server over TCP.
    pub plain: &'static str,
    /// Whether the path may be the host of a URL of this scheme, with `/` as `%2F`, as the drivers of MongoDB read it.
    pub as_host: bool,
}

impl SocketRules {
    /// The socket that a URL names, and the same URL for this machine; `None` for any other URL.
    fn split(self, text: &str) -> Option<Result<(SocketPath, String), &'static str>> {
        let (scheme, rest) = text.split_once(':')?;
        if self.as_host && scheme == self.plain {
            return self.split_host(rest);
        }
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let has_no_host = || rest.split_once('/').is_some_and(|(before, _)| before.is_empty() || before.ends_with('@'));
        let is_one = self.schemes.contains(&scheme) || (self.path_alone.contains(&scheme) && has_no_host());
        is_one.then(|| {
            let (before, query) =
                rest.split_once('?').map_or((rest, String::new()), |(rest, query)| (rest, format!("?{query}")));
            if let Some((user, path, behind)) = encoded(before) {
                let path = percent_decode(path).ok_or("bad percent-encoding in the path of the socket")?;
                return Ok((SocketPath::parse(&path)?, format!("{}://{user}{HERE}{behind}{query}", self.plain)));
            }
            let at = before.find('/').ok_or("a socket needs an absolute path: unix:///run/NAME.sock")?;
            let (user, path) = before.split_at(at);
            // What is before the `@` of a path may be a part of a password.
            if path.contains('@') || !(user.is_empty() || user.ends_with('@')) {
                return Err("only user and password may precede the path of the socket, with `/` as %2F");
            }
            let path = percent_decode(path).ok_or("bad percent-encoding in the path")?;
            Ok((SocketPath::parse(&path)?, format!("{}://{user}{HERE}{query}", self.plain)))
        })
    }

    /// The same of a URL whose host is the path; `rest` is what follows its scheme.
    fn split_host(self, rest: &str) -> Option<Result<(SocketPath, String), &'static str>> {
        let rest = rest.strip_prefix("//")?;
        let (authority, after) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, host) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        if !host.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%2F")) {
            return None;
        }
        let path = percent_decode(host).ok_or("bad percent-encoding in the host");
        let path = path.and_then(|path| SocketPath::parse(&path));
        Some(path.map(|path| (path, format!("{}://{user}{HERE}{after}", self.plain))))
    }

    /// The mapping without sockets in its texts, for [`super::read`].
    ///
    /// # Errors
    /// What is wrong with the path of a socket.
    pub fn without_sockets(self, node: &Node) -> Result<Node, Vec<Problem>> {
        let Raw::Mapping(entries) = &node.raw else { return Ok(node.clone()) };
        let mut problems = Vec::new();
        let mut entries = entries.clone();
        for (key, value) in &mut entries {
            let Some(Value::Literal(text)) = value.text().and_then(|text| Value::parse(text).ok()) else { continue };
            let (key, text) = (key.text().unwrap_or_default().to_owned(), text.expose().to_owned());
            let plain = match key.as_str() {
                "host" if SocketPath::is_meant(&text) => SocketPath::parse(&text).map(|_| HERE.to_owned()),
                "url" => match self.split(&text) {
                    Some(split) => split.map(|(_, plain)| plain),
                    None => continue,
                },
                _ => continue,
            };
            match plain {
                Ok(plain) => *value = Node { span: value.span, raw: Node::scalar(&plain.replace("${", "$${")).raw },
                Err(problem) => problems.push(Problem::new(value.span, &key, problem)),
            }
        }
        let raw = Raw::Mapping(entries);
        if problems.is_empty() { Ok(Node { span: node.span, raw }) } else { Err(problems) }
    }

    /// The socket that the keys name now, and the other keys for this machine; `None` for a server elsewhere.
    ///
    /// # Errors
    /// As [`Value::resolve`]; `url_malformed`, `variable_invalid` or `file_invalid` for a path that is none.
    pub fn resolve(self, keys: &ServerKeys, env: &dyn Env) -> Result<Option<(SocketPath, ServerKeys)>, Fault> {
        if let Some(value) = &keys.host {
            let text = value.resolve(env)?;
            if !SocketPath::is_meant(text.expose()) {
                return Ok(None);
            }
            let path = SocketPath::parse(text.expose()).map_err(|problem| HostProblem(problem).fault(value))?;
            return Ok(Some((path, ServerKeys { host: Some(Value::literal(HERE)), ..keys.clone() })));
        }
        let Some(value) = &keys.url else { return Ok(None) };
        let Some(split) = self.split(value.resolve(env)?.expose()) else { return Ok(None) };
        let (path, plain) = split.map_err(|problem| {
            Fault::new(Phase::Assert, Cause::UrlMalformed, format!("the URL from {}: {problem}", value.origin()))
        })?;
        Ok(Some((path, ServerKeys { url: Some(Value::literal(&plain)), ..keys.clone() })))
    }

    /// Whether the texts of the keys name a socket, whatever the environment is.
    #[must_use]
    pub fn is_named(self, keys: &ServerKeys) -> bool {
        match (&keys.host, &keys.url) {
            (Some(Value::Literal(text)), _) => SocketPath::is_meant(text.expose()),
            (None, Some(Value::Literal(text))) => self.split(text.expose()).is_some(),
            _ => false,
        }
    }
}

/// The path of a socket, percent-encoded in the place of the host, as `ldapi://%2Frun%2FNAME/dc=lab` has it: what is before
/// it, the path, and what is behind it.
fn encoded(text: &str) -> Option<(&str, &str, &str)> {
    let (authority, behind) = text.split_at(text.find('/').unwrap_or(text.len()));
    let (user, path) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    path.get(..3).filter(|start| start.eq_ignore_ascii_case("%2f")).map(|_| (user, path, behind))
}

#[cfg(test)]
mod tests {
    use super::SocketRules;
    use crate::check::server_keys::ServerKeys;
    use crate::config::node::parse;
    use crate::env::MapEnv;
    use crate::value::Value;

    const RULES: SocketRules =
        SocketRules { schemes: &["unix", "cache+unix"], path_alone: &["bin"], plain: "cache", as_host: false };

    #[test]
    fn a_url_of_a_socket_is_taken_apart() {
        for (text, path, plain) in [
            ("unix:///run/c.sock", "/run/c.sock", "cache://localhost"),
            ("unix:/run/c.sock?db=2", "/run/c.sock", "cache://localhost?db=2"),
            ("cache+unix://app:p%2Fw@/run/a%20b.sock?db=2", "/run/a b.sock", "cache://app:p%2Fw@localhost?db=2"),
            ("unix://:s3cret@/run/c.sock", "/run/c.sock", "cache://:s3cret@localhost"),
            ("unix://%2Frun%2Fc.sock", "/run/c.sock", "cache://localhost"),
            ("bin:///run/c.sock", "/run/c.sock", "cache://localhost"),
            ("bin://app:p%2Fw@/run/c.sock?x=1", "/run/c.sock", "cache://app:p%2Fw@localhost?x=1"),
            ("unix://app:p%2Fw@%2frun%2fa%20b/1?x=/y", "/run/a b", "cache://app:p%2Fw@localhost/1?x=/y"),
        ] {
            let (found, rest) = RULES.split(text).expect(text).expect(text);
            assert_eq!((found.to_string().as_str(), rest.as_str()), (path, plain));
        }
        for text in [
            "unix:",
            "unix://",
            "unix://host/run/c.sock",
            "unix://:s3/cret@/run/c.sock",
            "unix:///%zz",
            "unix:///",
            "unix://%2F",
            "unix://%2f%zz",
        ] {
            let problem = RULES.split(text).expect(text).expect_err(text);
            assert!(!problem.contains("s3"), "{problem}");
        }
        for text in [
            "bin://db",
            "bin://app:x@db/1",
            "bin:",
            "cache://db",
            "cache://%2Frun%2Fc.sock",
            "redis://unix/x",
            "/run/c.sock",
            "",
        ] {
            assert!(RULES.split(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_path_may_be_the_host_where_clients_read_it_so() {
        const RULES: SocketRules = SocketRules { schemes: &[], path_alone: &[], plain: "store", as_host: true };
        for (text, path, plain) in [
            ("store://%2Frun%2Fs.sock", "/run/s.sock", "store://localhost"),
            ("store://app:p%2Fw@%2frun%2Fs.sock/shop?x=1", "/run/s.sock", "store://app:p%2Fw@localhost/shop?x=1"),
        ] {
            let (found, rest) = RULES.split(text).expect(text).expect(text);
            assert_eq!((found.to_string().as_str(), rest.as_str()), (path, plain));
        }
        assert!(RULES.split("store://%2Frun%2Fs%zz").is_some_and(|split| split.is_err()));
        for text in ["store://db/%2Frun", "store:%2Frun", "other://%2Frun", "store://app:%2F@db", ""] {
            assert!(RULES.split(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_socket_may_come_from_anywhere() {
        let env = MapEnv::with_vars(&[
            ("HOST", "/run/h.sock"),
            ("URL", "unix:///run/u.sock?db=1"),
            ("BAD", "unix:s3cret"),
            ("TCP", "db"),
        ]);
        let value = |name: &str| Some(Value::Env(name.to_owned()));
        let resolve = |keys: ServerKeys| {
            let found = RULES.resolve(&keys, &env);
            found.map(|found| found.map(|(path, _)| path.to_string()))
        };
        let host = |name| ServerKeys { host: value(name), url: value("URL"), ..ServerKeys::default() };
        assert_eq!(resolve(host("HOST")).unwrap().as_deref(), Some("/run/h.sock"));
        assert_eq!(resolve(host("TCP")).unwrap(), None, "the host overrides the URL");
        let url = |name: &str| ServerKeys { url: value(name), ..ServerKeys::default() };
        assert_eq!(resolve(url("URL")).unwrap().as_deref(), Some("/run/u.sock"));
        for (keys, slug) in
            [(host("BAD"), "variable_invalid"), (url("BAD"), "url_malformed"), (url("NONE"), "variable_missing")]
        {
            let fault = resolve(keys).expect_err(slug);
            assert_eq!(fault.cause.slug(), slug);
            assert!(!fault.message.contains("s3"), "{}", fault.message);
        }
        assert!(
            !RULES.is_named(&url("URL"))
                && RULES.is_named(&ServerKeys { host: Some(Value::literal("unix:/x")), ..url("URL") })
        );
    }

    #[test]
    fn a_mapping_is_read_without_its_sockets() {
        let text = |yaml: &str, key: &str| {
            let node = RULES.without_sockets(&parse(yaml).unwrap()).map_err(|problems| problems[0].message.clone())?;
            Ok::<_, String>(node.get(key).and_then(|value| value.text().map(str::to_owned)))
        };
        assert_eq!(text("{host: 'unix:/run/c.sock'}", "host").unwrap().as_deref(), Some("localhost"));
        assert_eq!(text("{url: 'unix:///run/c.sock?db=1'}", "url").unwrap().as_deref(), Some("cache://localhost?db=1"));
        for yaml in ["{host: db}", "{host: {env: HOST}}", "{host: 'unix:${DIR}/c.sock'}", "x"] {
            let node = parse(yaml).unwrap();
            assert_eq!(format!("{:?}", RULES.without_sockets(&node).unwrap()), format!("{node:?}"), "{yaml}");
        }
        assert!(text("{host: 'unix:run/c.sock'}", "host").is_err() && text("{url: 'unix:s3cret'}", "url").is_err());
    }
}
