//! URL schemes as data: what each kind of check says of its own, and how a scheme is looked up among all of them.
//!
//! The rows stand with the kinds; the registry of checks joins them to one table, and hands it down as an argument.

/// A URL scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheme {
    /// Lower case, without `:`.
    pub name: &'static str,
    /// The port of a URL that has none; `None` where the URL must have one, or nothing can be dialled by it.
    pub default_port: Option<u16>,
    /// TLS from the first byte.
    pub tls: bool,
    /// What is done with such a URL where a variable holds it.
    pub discovery: Discovery,
    /// The family of connection URLs whose client libraries read it; see `findings::Family`.
    pub family: Option<&'static str>,
    /// `name+driver://` is read as `name://`, as SQLAlchemy writes it.
    pub takes_driver: bool,
    /// No `//` and no host follow: `listen::3000`.
    pub is_opaque: bool,
    /// A user that stands alone before the `@` may well be a password or a token: nobody is shown it.
    pub user_may_be_secret: bool,
    /// Its path is the name of a virtual host, in which a `/` is a part of the name.
    pub has_vhost: bool,
    /// Its URLs lead to a Unix socket: `redis+unix:///run/redis.sock`.
    pub is_socket: bool,
    /// HTTP clients are given it, which may send their requests to a proxy that the environment names.
    pub proxied: bool,
}

/// What discovery does with a URL in a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discovery {
    /// It is a check.
    Login,
    /// It is a web address: nothing is asked of it; commands that may dial strangers connect to it.
    Connect,
    /// It is listed: no kind speaks its protocol, and `diagnose` connects to it; or the accounts of its servers lock, or they
    /// remember who was there, so only what a person types logs in (`check`, `diagnose`), and `config discover` writes its check.
    List,
    /// Nothing: also the addresses that Kubernetes itself puts into the environment (`tcp://…`).
    None,
}

impl Scheme {
    /// A scheme without a port of its own and without TLS, of no interest to discovery.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            default_port: None,
            tls: false,
            discovery: Discovery::None,
            family: None,
            takes_driver: false,
            is_opaque: false,
            user_may_be_secret: false,
            has_vhost: false,
            is_socket: false,
            proxied: false,
        }
    }

    /// The same with a port.
    #[must_use]
    pub const fn port(self, port: u16) -> Self {
        Self { default_port: Some(port), ..self }
    }

    /// The same over TLS.
    #[must_use]
    pub const fn tls(self) -> Self {
        Self { tls: true, ..self }
    }

    /// The same, for discovery.
    #[must_use]
    pub const fn discovery(self, discovery: Discovery) -> Self {
        Self { discovery, ..self }
    }

    /// The same, of a family of connection URLs.
    #[must_use]
    pub const fn family(self, family: &'static str) -> Self {
        Self { family: Some(family), ..self }
    }

    /// The same, also with a driver's name behind it.
    #[must_use]
    pub const fn takes_driver(self) -> Self {
        Self { takes_driver: true, ..self }
    }

    /// The same, without `//` and a host.
    #[must_use]
    pub const fn opaque(self) -> Self {
        Self { is_opaque: true, ..self }
    }

    /// The same, whose user may be a secret.
    #[must_use]
    pub const fn secret_user(self) -> Self {
        Self { user_may_be_secret: true, ..self }
    }

    /// The same, whose path is the name of a virtual host.
    #[must_use]
    pub const fn vhost(self) -> Self {
        Self { has_vhost: true, ..self }
    }

    /// The same, whose URLs lead to a Unix socket.
    #[must_use]
    pub const fn socket(self) -> Self {
        Self { is_socket: true, ..self }
    }

    /// The same, which an HTTP client may send to a proxy.
    #[must_use]
    pub const fn proxied(self) -> Self {
        Self { proxied: true, ..self }
    }

    /// Whether this user of such a URL may be shown; nobody's password is `default`, which is the user of those who have a
    /// password alone.
    #[must_use]
    pub fn shows_user(&self, user: &str) -> bool {
        !self.user_may_be_secret || user == "default"
    }

    /// Whether it leads to a server that an app logs in to: a database, a cache, a broker, a mail server.
    #[must_use]
    pub const fn is_of_server(&self) -> bool {
        matches!(self.discovery, Discovery::Login | Discovery::List)
    }
}

/// Every scheme that is known. The empty table knows none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Schemes(&'static [Scheme]);

impl Schemes {
    /// The table of these rows.
    #[must_use]
    pub const fn new(rows: &'static [Scheme]) -> Self {
        Self(rows)
    }

    /// Every row.
    pub fn iter(self) -> impl Iterator<Item = &'static Scheme> {
        self.0.iter()
    }

    /// The row of exactly this scheme; capitals do not matter.
    #[must_use]
    pub fn get(self, scheme: &str) -> Option<&'static Scheme> {
        self.iter().find(|row| row.name.eq_ignore_ascii_case(scheme))
    }

    /// The row of this scheme, also in a form that one driver reads: `jdbc:mysql` and `mysql+pymysql` are `mysql`.
    #[must_use]
    pub fn stem(self, scheme: &str) -> Option<&'static Scheme> {
        self.get(scheme).or_else(|| self.get(without_jdbc(scheme).split('+').next()?))
    }
}

/// A URL, or its scheme, without the word that JDBC has before it.
#[must_use]
pub fn without_jdbc(text: &str) -> &str {
    match text.get(..5) {
        Some(word) if word.eq_ignore_ascii_case("jdbc:") => &text[5..],
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{Scheme, Schemes};

    #[test]
    fn a_user_that_may_be_a_password_is_not_shown() {
        assert!(Scheme::new("postgres").shows_user("app"));
        let secret = Scheme::new("redis").secret_user();
        assert!(!secret.shows_user("hunter2") && secret.shows_user("default"));
    }

    #[test]
    fn a_scheme_is_found_in_every_form() {
        const ROWS: &[Scheme] = &[Scheme::new("mysql"), Scheme::new("mongodb"), Scheme::new("mongodb+srv")];
        let schemes = Schemes::new(ROWS);
        let name = |found: Option<&'static Scheme>| found.map(|scheme| scheme.name);
        for (text, exact, stem) in [
            ("mysql", Some("mysql"), Some("mysql")),
            ("MySQL", Some("mysql"), Some("mysql")),
            ("mysql+pymysql", None, Some("mysql")),
            ("jdbc:mysql", None, Some("mysql")),
            ("JDBC:mysql", None, Some("mysql")),
            ("mongodb+srv", Some("mongodb+srv"), Some("mongodb+srv")),
            ("mysqlx", None, None),
            ("jdbc:", None, None),
            ("", None, None),
        ] {
            assert_eq!((name(schemes.get(text)), name(schemes.stem(text))), (exact, stem), "{text}");
        }
        assert!(Schemes::default().stem("mysql").is_none());
    }
}
