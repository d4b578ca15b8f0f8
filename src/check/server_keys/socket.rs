//! URLs of servers on a Unix socket, which clients write in four ways: with a scheme of its own
//! (`redis+unix://user:password@/run/NAME.sock?db=1`), with the path as the host (`mongodb://%2Frun%2FNAME.sock/db`), in a
//! parameter (`mysql://user:password@localhost/db?socket=/run/NAME.sock`), and in that without any host.

use zeroize::Zeroizing;

use super::form::Form;
use super::keys::ServerRules;
use crate::secret::Secret;
use crate::url::{SocketPath, percent_decode};

/// What stands for the host of a server on a socket.
pub(super) const HERE: &str = "localhost";

/// The same as a URL of one of the kind's schemes, where a text is none; `None` for any other text.
pub(super) fn form_of(text: &str, rules: &ServerRules) -> Option<Result<Form, &'static str>> {
    let form = match (rules.form)(text) {
        Some(Ok(form)) => form,
        Some(Err(problem)) => return Some(Err(problem)),
        None => return of_socket(text, rules),
    };
    Some(match of_socket(&form.url, rules) {
        Some(Ok(here)) => Ok(Form { tls: form.tls, ..here }),
        Some(Err(problem)) => Err(problem),
        None => Ok(form),
    })
}

/// The same of a URL that leads to a socket.
fn of_socket(text: &str, rules: &ServerRules) -> Option<Result<Form, &'static str>> {
    let (scheme, rest) = text.split_once(':')?;
    if rules.schemes.iter().any(|known| known.is_socket && known.name == scheme) {
        // A socket has no TLS in its scheme, and no driver.
        let plain = rules.schemes.first().map_or(scheme, |plain| plain.name);
        return Some(by_scheme(rest.strip_prefix("//").unwrap_or(rest), plain));
    }
    let rest = rest.strip_prefix("//")?;
    let (authority, after) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (user, host) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    if host.is_empty() && names_socket(after, rules.sockets) {
        return Some(Ok(here(format!("{scheme}://{user}{HERE}{after}"), None)));
    }
    let is_tls = || rules.schemes.iter().any(|known| known.tls && known.name == scheme);
    if is_encoded(host) && !is_tls() {
        let path = decoded(host);
        return Some(path.map(|path| here(format!("{scheme}://{user}{HERE}{after}"), Some(path))));
    }
    None
}

/// The socket that a parameter of a URL names.
pub(super) fn of_query(query: &[(String, Secret)], rules: &ServerRules) -> Option<Result<SocketPath, &'static str>> {
    let is_one = |name: &str| is_parameter(name, rules.sockets);
    let (_, path) = query.iter().rev().find(|(name, path)| is_one(name) && !path.expose().is_empty())?;
    Some(SocketPath::parse(path.expose()))
}

/// Of a URL whose scheme means a socket; `rest` is what follows the scheme.
fn by_scheme(rest: &str, plain: &str) -> Result<Form, &'static str> {
    let (before, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    let (authority, behind) = before.split_at(before.find('/').unwrap_or(before.len()));
    let (user, host) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    if is_encoded(host) {
        return Ok(here(format!("{plain}://{user}{HERE}{behind}{query}"), Some(decoded(host)?)));
    }
    if behind.is_empty() {
        return Err("a socket needs an absolute path: unix:///run/NAME.sock");
    }
    // What is before the `@` of a path may be a part of a password.
    if behind.contains('@') || !host.is_empty() {
        return Err("only user and password may precede the path of the socket, with `/` as %2F");
    }
    Ok(here(format!("{plain}://{user}{HERE}{query}"), Some(decoded(behind)?)))
}

fn here(url: String, socket: Option<SocketPath>) -> Form {
    Form { url: Zeroizing::new(url), tls: false, socket }
}

fn is_encoded(host: &str) -> bool {
    host.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%2F"))
}

fn decoded(path: &str) -> Result<SocketPath, &'static str> {
    SocketPath::parse(&percent_decode(path).ok_or("bad percent-encoding in the path of the socket")?)
}

fn names_socket(after: &str, sockets: &[&str]) -> bool {
    let query = after.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|pair| is_parameter(pair.split('=').next().unwrap_or_default(), sockets))
}

fn is_parameter(name: &str, sockets: &[&str]) -> bool {
    sockets.contains(&name.to_ascii_lowercase().replace('-', "_").as_str())
}

#[cfg(test)]
mod tests {
    use super::form_of;
    use crate::check::server_keys::ServerRules;
    use crate::scheme::Scheme;

    const RULES: ServerRules = ServerRules {
        sockets: &["socket", "unix_socket"],
        ..ServerRules::of(&[
            Scheme::new("cache").port(1),
            Scheme::new("cache+unix").port(1).socket(),
            Scheme::new("unix").port(1).socket(),
        ])
    };

    #[test]
    fn a_url_of_a_socket_is_taken_apart() {
        for (text, path, plain) in [
            ("unix:///run/c.sock", "/run/c.sock", "cache://localhost"),
            ("unix:/run/c.sock?db=2", "/run/c.sock", "cache://localhost?db=2"),
            ("cache+unix://app:p%2Fw@/run/a%20b.sock?db=2", "/run/a b.sock", "cache://app:p%2Fw@localhost?db=2"),
            ("unix://:s3cret@/run/c.sock", "/run/c.sock", "cache://:s3cret@localhost"),
            ("unix://%2Frun%2Fc.sock", "/run/c.sock", "cache://localhost"),
            ("unix://app:p%2Fw@%2frun%2fa%20b/1?x=/y", "/run/a b", "cache://app:p%2Fw@localhost/1?x=/y"),
            ("cache://%2Frun%2Fs.sock", "/run/s.sock", "cache://localhost"),
            ("cache://app:p%2Fw@%2frun%2Fs.sock/shop?x=1", "/run/s.sock", "cache://app:p%2Fw@localhost/shop?x=1"),
            ("cache+d://@%2Frun%2Fs.sock", "/run/s.sock", "cache+d://@localhost"),
            ("cache://app:x@/shop?socket=/run/c.sock", "-", "cache://app:x@localhost/shop?socket=/run/c.sock"),
            ("cache:///?x=1&Unix-Socket=/run/c", "-", "cache://localhost/?x=1&Unix-Socket=/run/c"),
        ] {
            let form = form_of(text, &RULES).expect(text).expect(text);
            let found = form.socket.map_or_else(|| "-".to_owned(), |path| path.to_string());
            assert_eq!((found.as_str(), form.url.as_str()), (path, plain));
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
            "cache://%2Frun%2Fs%zz",
        ] {
            let problem = form_of(text, &RULES).expect(text).expect_err(text);
            assert!(!problem.contains("s3"), "{problem}");
        }
        for text in [
            "cache://db",
            "cache://db/?socket=/run/c",
            "cache://db/%2Frun",
            "cache:%2Frun",
            "cache:///x",
            "cache://app:%2F@db",
            "/run/c.sock",
            "",
        ] {
            assert!(form_of(text, &RULES).is_none(), "{text}");
        }
    }
}
