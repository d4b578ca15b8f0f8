//! What the writer of a connection URL meant, also where the URL is broken by an unencoded password.

use super::percent::{self, Bytes};
use crate::url::{Host, parse_port};

/// A URL cut where its writer meant it to be cut; nothing is decoded.
#[derive(Clone, Copy)]
pub(super) struct Intent<'a> {
    pub(super) scheme: &'a str,
    /// `None` where there is no `@`.
    pub(super) user: Option<&'a str>,
    pub(super) password: Option<&'a str>,
    /// With ports, separated by commas; may be empty.
    pub(super) hosts: &'a str,
    /// From the `/`, `?` or `#` behind the hosts to the end.
    pub(super) tail: &'a str,
}

/// A name of the query that shows that a query begins there, and no password goes on.
pub(super) const PARAMETERS: [&str; 22] = [
    "sslmode",
    "ssl",
    "channel_binding",
    "application_name",
    "options",
    "schema",
    "search_path",
    "currentSchema",
    "pgbouncer",
    "connect_timeout",
    "connection_limit",
    "pool_timeout",
    "target_session_attrs",
    "sslrootcert",
    "sslcert",
    "user",
    "password",
    "host",
    "db",
    "protocol",
    "family",
    "sslnegotiation",
];

impl<'a> Intent<'a> {
    /// Whether it has a user and no password, so that the user may well be the password: `default` is the user of a
    /// password that is set elsewhere, and a parameter may hold it.
    pub(super) fn names_user_alone(&self) -> bool {
        let elsewhere = self.param("password").is_some_and(|password| !password.is_empty());
        self.password.is_none() && !elsewhere && self.user.is_some_and(|user| !matches!(user, "" | "default"))
    }

    /// Cuts a URL; `None` where it has no scheme, or nothing in it could be a host.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let (scheme, body) = text.split_once("://")?;
        let query = body.match_indices('?').find(|(at, _)| begins_with_a_parameter(&body[at + 1..]));
        let limit = query.map_or(body.len(), |(at, _)| at);
        let cut = |at: usize| -> (&'a str, &'a str) {
            let end = body[at..].find(['/', '?', '#']).map_or(body.len(), |end| at + end);
            (&body[at..end], &body[end..])
        };
        let at_signs = body[..limit].match_indices('@').map(|(at, _)| at).collect::<Vec<_>>();
        // No host behind the `@`: a parameter names a socket (Cloud SQL).
        let last_host = body.rfind("host=");
        let of_socket =
            |tail: &str| tail.starts_with('/') && last_host.is_some_and(|host| host >= body.len() - tail.len());
        // No host holds an `@`, so no piece between two of them is looked through twice.
        let piece = |at: usize| body[at + 1..].split(['/', '?', '#', '@']).next().unwrap_or_default();
        let found = at_signs.iter().rev().find(|&&at| {
            let next = body[at + 1 + piece(at).len()..].chars().next();
            let (hosts, tail) = if next == Some('@') { return false } else { cut(at + 1) };
            plausible(hosts) || (hosts.is_empty() && of_socket(tail))
        });
        let Some(&at) = found else {
            let (hosts, tail) = cut(0);
            let bare = at_signs.is_empty() && (hosts.is_empty() || plausible(hosts));
            return bare.then_some(Self { scheme, user: None, password: None, hosts, tail });
        };
        let (hosts, tail) = cut(at + 1);
        let (user, password) = match body[..at].split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (&body[..at], None),
        };
        Some(Self { scheme, user: Some(user), password, hosts, tail })
    }

    /// The password that is meant: the one that is known from elsewhere; else without its escapes, where all are whole.
    pub(super) fn meant(&self, known: Option<&str>) -> Bytes {
        let raw = self.password.unwrap_or_default();
        match known {
            Some(known) => Bytes::new(known.as_bytes().to_vec()),
            None => percent::strict(raw).unwrap_or_else(|| Bytes::new(raw.as_bytes().to_vec())),
        }
    }

    /// The user, without escapes where all are whole.
    pub(super) fn meant_user(&self) -> Bytes {
        let raw = self.user.unwrap_or_default();
        percent::strict(raw).unwrap_or_else(|| Bytes::new(raw.as_bytes().to_vec()))
    }

    /// The only host and its port; `None` where there are several, or none.
    pub(super) fn host(&self) -> Option<(Host, Option<u16>)> {
        host_and_port(self.hosts)
    }

    /// The path without its `/`, as written.
    pub(super) fn database(&self) -> &'a str {
        let path = self.tail.split(['?', '#']).next().unwrap_or_default();
        path.strip_prefix('/').unwrap_or(path)
    }

    /// The query's pairs, as written.
    pub(super) fn query(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let query = self.tail.split('#').next().unwrap_or_default().split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    /// A parameter of the query, as written.
    pub(super) fn param(&self, name: &str) -> Option<&'a str> {
        self.query().filter(|(key, _)| *key == name).map(|(_, value)| value).last()
    }

    /// Whether the password stands in it twice: `P@:P` or `P@user:P` where one `P` belongs.
    pub(super) fn doubled(&self) -> Option<&'a str> {
        let (user, password) = (self.user?, self.password?);
        password.match_indices('@').find_map(|(at, _)| {
            let (left, right) = (&password[..at], &password[at + 1..]);
            let again = right.strip_prefix(user).unwrap_or(right).strip_prefix(':').unwrap_or(right);
            (!left.is_empty() && (again == left || right == left)).then_some(left)
        })
    }

    /// The right form with everything encoded, for a client to read.
    pub(super) fn encoded(&self, known: Option<&str>) -> zeroize::Zeroizing<String> {
        let user = percent::encode(&self.meant_user());
        let password = percent::encode(&self.meant(known));
        let colon = if self.password.is_some() { ":" } else { "" };
        let at = if self.user.is_some() { "@" } else { "" };
        let Self { scheme, hosts, tail, .. } = self;
        zeroize::Zeroizing::new(format!("{scheme}://{}{colon}{}{at}{hosts}{tail}", *user, *password))
    }

    /// The right form for people: the password and what could hide one are `***`.
    pub(super) fn shown(&self) -> String {
        let user = match (self.user, self.password) {
            (None, _) => String::new(),
            // Without a colon the user may well be the password.
            (Some(_), None) => "***@".to_owned(),
            (Some(_), Some(_)) => format!("{}:***@", self.shown_user().unwrap_or_else(|| "***".to_owned())),
        };
        let database = self.database();
        let path = match database {
            "" => String::new(),
            name if name.len() <= 20 && name.chars().all(is_plain) => format!("/{name}"),
            _ => "/***".to_owned(),
        };
        format!("{}://{user}{}{path}", self.scheme, self.shown_hosts())
    }

    /// The hosts, cut where there are many.
    pub(super) fn shown_hosts(&self) -> String {
        const SHOWN: usize = 256;
        let end = self.hosts.floor_char_boundary(SHOWN);
        let cut = if end < self.hosts.len() { "…" } else { "" };
        format!("{}{cut}", &self.hosts[..end])
    }

    /// The user as it may be shown, encoded. Of Redis only the usual one: most have a password alone, and where its colon
    /// is missing the first piece of it stands in the user's place.
    pub(super) fn shown_user(&self) -> Option<String> {
        let user = self.user?;
        self.password?;
        if self.scheme.starts_with("redis") && !matches!(user, "" | "default") {
            return None;
        }
        let encoded = percent::encode(&percent::strict(user).unwrap_or_else(|| Bytes::new(user.as_bytes().to_vec())));
        (encoded.len() <= 63).then(|| encoded.to_string())
    }
}

/// Whether a text begins with `sslmode=`, or is such a name alone.
fn begins_with_a_parameter(text: &str) -> bool {
    PARAMETERS.iter().any(|name| text.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~".contains(c)
}

/// Whether a text can be a list of hosts.
fn plausible(text: &str) -> bool {
    text.split(',').all(|one| host_and_port(one).is_some())
}

fn host_and_port(text: &str) -> Option<(Host, Option<u16>)> {
    let colon = text.rfind(':').filter(|colon| !text[*colon..].contains(']'));
    let (host, port) = colon.map_or((text, ""), |colon| (&text[..colon], &text[colon + 1..]));
    if host.contains(':') && !host.starts_with('[') {
        return None;
    }
    let port = if port.is_empty() { None } else { Some(parse_port(port).ok()?) };
    Some((Host::parse(host).ok()?, port))
}

#[cfg(test)]
mod tests {
    use super::Intent;

    fn cut(text: &str) -> String {
        Intent::of(text).map_or_else(
            || "nothing".to_owned(),
            |it| format!("{}|{}|{}|{}", it.user.unwrap_or("-"), it.password.unwrap_or("-"), it.hosts, it.tail),
        )
    }

    #[test]
    fn cuts_as_the_writer_meant() {
        for (text, expected) in [
            ("postgres://app:pw@db:5432/shop?x=1", "app|pw|db:5432|/shop?x=1"),
            ("postgres://app:a/b@db/shop", "app|a/b|db|/shop"),
            ("postgres://app:a@b@db/shop", "app|a@b|db|/shop"),
            ("postgres://app:a?b@db/shop", "app|a?b|db|/shop"),
            ("postgres://app:a#b@db/shop", "app|a#b|db|/shop"),
            ("postgres://app:p@x/s3cret@db/x", "app|p@x/s3cret|db|/x"),
            ("postgres://app:a/b@db/x?user=me@corp", "app|a/b|db|/x?user=me@corp"),
            ("postgres://app:a@db/x?sslmode=require&user=me@corp", "app|a|db|/x?sslmode=require&user=me@corp"),
            ("redis://:pw@cache:6379/0", "|pw|cache:6379|/0"),
            ("redis://pw@cache", "pw|-|cache|"),
            ("redis://cache", "-|-|cache|"),
            ("postgres:///shop?host=db", "-|-||/shop?host=db"),
            ("postgres://app:pw@/shop?host=/cloudsql/a:b:c", "app|pw||/shop?host=/cloudsql/a:b:c"),
            ("postgres://app:pw@a:1,b:2/x", "app|pw|a:1,b:2|/x"),
            ("postgres://app:pw@[::1]:5432/x", "app|pw|[::1]:5432|/x"),
            ("postgres://app:pw@$(HOST)/x", "nothing"),
            ("s3cret", "nothing"),
        ] {
            assert_eq!(cut(text), expected, "{text}");
        }
    }

    #[test]
    fn a_password_that_stands_there_twice() {
        let doubled = |text| Intent::of(text).is_some_and(|intent| intent.doubled().is_some());
        for text in [
            "redis://:pw@:pw@cache:6379/0",
            "redis://default:pw@:pw@cache",
            "redis://default:pw@default:pw@cache",
            "postgres://app:pw@app:pw@db/x",
            "redis://:a/b@:a/b@cache",
            "redis://:pw@pw@cache",
        ] {
            assert!(doubled(text), "{text}");
        }
        for text in ["redis://:pw@cache", "redis://:@:@cache", "postgres://app:a@b@db/x", "redis://cache/pw"] {
            assert!(!doubled(text), "{text}");
        }
    }

    #[test]
    fn what_is_shown_holds_no_password() {
        for (text, expected) in [
            ("postgres://app:hun/ter2@db:5432/shop?password=hunter2", "postgres://app:***@db:5432/shop"),
            ("redis://hunter2@cache", "redis://***@cache"),
            ("redis://:hunter2@cache/0", "redis://:***@cache/0"),
            ("postgres://me@corp:hunter2@db/x", "postgres://me%40corp:***@db/x"),
        ] {
            assert_eq!(Intent::of(text).unwrap().shown(), expected, "{text}");
        }
    }
}
