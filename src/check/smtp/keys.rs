//! The keys of `smtp`, and their values for one run.

use std::str::FromStr;

use super::answers::code;
use super::login::Login;
use crate::check::login;
use crate::check::place::Place;
use crate::check::server_keys::{Server, ServerKeys, ServerRules, origin_of, read};
use crate::check::tls_keys::TlsKeys;
use crate::check::tls_mode::{Mode, TlsKey};
use crate::config::node::{Keys, Node, Problem};
use crate::env::Env;
use crate::findings::Reading;
use crate::outcome::Fault;
use crate::scheme::{Discovery, Scheme};
use crate::value::{Setting, Value};

const fn rules(schemes: &'static [Scheme]) -> ServerRules {
    ServerRules { own_targets: &["address"], ..ServerRules::of(schemes) }
}

const SMTPS: Scheme = Scheme::new("smtps").port(465).tls().discovery(Discovery::Login);

const fn smtp(port: u16) -> Scheme {
    Scheme::new("smtp").port(port).discovery(Discovery::Login)
}

/// The URLs of mail servers.
pub(super) const RULES: ServerRules = rules(&[smtp(25), SMTPS]);
/// The same where STARTTLS is asked for: as a rule that is a server to which apps hand in mail.
const SUBMISSION: ServerRules = rules(&[smtp(587), SMTPS]);

/// The keys in addition to those of the server.
#[derive(Debug, Clone, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct OwnKeys {
    /// The server as `host:port`, or `unix:PATH` for a Unix socket, in place of `host` and `port`.
    pub(super) address: Option<Setting<Place>>,
    /// How TLS starts: `none`, `starttls` or `implicit`; or a block with the settings of TLS, and this as its `mode`. Default: `implicit` for `smtps://` and port 465, `starttls` for port 587 and a block without `mode`, otherwise `none`. STARTTLS is never given up: nothing else is said before it.
    pub(super) tls: Option<TlsKey>,
    /// An OAuth 2 access token for `username`, sent as it is (XOAUTH2), in place of `password`.
    pub(super) token: Option<Value>,
    /// The name that EHLO gives. Default: `pilotfish`.
    pub(super) ehlo: Option<Setting<EhloName>>,
}

/// The keys of `smtp`.
#[derive(Debug, Clone, Default)]
pub(super) struct SmtpKeys {
    pub(super) server: ServerKeys,
    pub(super) own: OwnKeys,
}

/// The name of a client: a domain, or an address in brackets.
#[derive(Debug, Clone)]
pub(super) struct EhloName(String);

impl FromStr for EhloName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        let is_name = matches!(text.len(), 1..=255) && text.bytes().all(fits);
        is_name.then(|| Self(text.to_owned())).ok_or_else(|| "a host name, or an address in brackets".to_owned())
    }
}

/// Where to connect, and as whom.
#[derive(Debug)]
pub(super) struct Destination {
    pub(super) server: Server,
    pub(super) mode: Mode,
    /// Why nobody can log in, where a part of the credentials is missing.
    pub(super) login: Result<Option<Login>, Fault>,
}

impl SmtpKeys {
    /// Reads them.
    ///
    /// # Errors
    /// Every fault at once.
    pub(super) fn read(node: &Node) -> Result<Self, Vec<Problem>> {
        let (server, own) = read::<OwnKeys>(node, &RULES)?;
        let keys = Self { server, own };
        let problems = keys.problems(node);
        if problems.is_empty() { Ok(keys) } else { Err(problems) }
    }

    fn problems(&self, node: &Node) -> Vec<Problem> {
        let mut found = Vec::new();
        let given = |key: &str| node.get(key).is_some();
        let mut fault = |key: &str, message: &str| {
            let span = node.get(key).map_or(node.span, |value| value.span);
            found.push(Problem::new(span, key, message));
        };
        for key in ["host", "socket", "port"] {
            if given("address") && given(key) {
                fault(key, "`address` has it already: remove one of them");
            }
        }
        if given("token") && given("password") {
            fault("token", "a login has a password or a token: remove one of them");
        }
        found.extend(TlsKeys::problem_in(self.own.tls.as_ref().map(|tls| &tls.keys), node));
        found
    }

    /// Resolves the keys that say where to connect, and as whom.
    ///
    /// # Errors
    /// As [`ServerKeys::resolve`].
    pub(super) fn destination(&self, env: &dyn Env) -> Result<Destination, Fault> {
        let asked = match &self.own.tls {
            Some(key) => key.mode(env)?,
            None => None,
        };
        let rules = if asked == Some(Mode::StartTls) { &SUBMISSION } else { &RULES };
        let mut server = self.server.resolve(rules, asked == Some(Mode::Implicit), env)?;
        if let Some(address) = &self.own.address {
            server.move_to(address.resolve("address", env)?);
        }
        let mode = asked.unwrap_or(match server.endpoint().port {
            _ if server.tls => Mode::Implicit,
            465 => Mode::Implicit,
            587 => Mode::StartTls,
            _ if self.own.tls.is_some() => Mode::StartTls,
            _ => Mode::None,
        });
        let login = self.login(&mut server, env);
        Ok(Destination { server, mode, login })
    }

    /// Resolves who logs in.
    ///
    /// # Errors
    /// As [`ServerKeys::password`]; `password_missing` where a part is missing.
    fn login(&self, server: &mut Server, env: &dyn Env) -> Result<Option<Login>, Fault> {
        let token = self.own.token.as_ref().map(|token| token.resolve(env)).transpose()?;
        let is_token = token.is_some();
        let secret = match token {
            Some(token) => Some(token),
            None => self.server.password(server, env)?,
        };
        let pair = login::pair(server.user.clone(), secret, [code::USER_ALONE, code::PASSWORD_ALONE])?;
        Ok(pair.map(|(user, secret)| {
            server.hide_user_like(&secret);
            Login { user, secret, is_token, hides_user: server.shown_user().is_none() }
        }))
    }

    /// The name that EHLO gives.
    ///
    /// # Errors
    /// As [`Setting::resolve`].
    pub(super) fn ehlo(&self, env: &dyn Env) -> Result<String, Fault> {
        let name = self.own.ehlo.as_ref().map(|name| name.resolve("ehlo", env)).transpose()?;
        Ok(name.map_or_else(|| "pilotfish".to_owned(), |EhloName(name)| name))
    }

    /// Whether it is on a socket of this pod, whatever the environment is.
    pub(super) fn is_on_socket(&self) -> bool {
        match &self.own.address {
            Some(address) => matches!(address, Setting::Known(Place::Socket(_))),
            None => self.server.is_on_socket(&RULES),
        }
    }

    /// The settings of TLS.
    pub(super) fn tls(&self) -> TlsKeys {
        self.own.tls.as_ref().map(|key| key.keys.clone()).unwrap_or_default()
    }

    /// The values with their keys that tell what each is.
    fn named(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let address = self.own.address.as_ref().and_then(Setting::later).map(|value| ("host", value));
        let token = self.own.token.as_ref().map(|value| ("password", value));
        self.server.named().chain(address).chain(token)
    }

    /// What stands for the target that cannot be resolved, for this reason.
    pub(super) fn blamed_origin(&self, fault: &Fault) -> String {
        origin_of(fault, self.named())
    }

    /// What a run reads, for findings.
    pub(super) fn readings(&self, env: &dyn Env) -> Vec<Reading> {
        self.named().flat_map(|(key, value)| Reading::all(key, value, env)).collect()
    }

    /// Every value that a run reads.
    pub(super) fn values(&self) -> Vec<&Value> {
        let ehlo = self.own.ehlo.as_ref().and_then(Setting::later);
        let tls = self.own.tls.iter().flat_map(TlsKey::values);
        self.named().map(|(_, value)| value).chain(ehlo).chain(tls).collect()
    }
}

impl Destination {
    /// As it may be shown.
    pub(super) fn target(&self) -> String {
        self.server.target(None)
    }
}

#[cfg(test)]
mod tests {
    use super::SmtpKeys;
    use crate::check::server_keys::testing::{self, assert_faults};
    use crate::check::tls_mode::Mode;
    use crate::env::MapEnv;
    use crate::outcome::Fault;

    fn keys(yaml: &str) -> SmtpKeys {
        testing::keys(SmtpKeys::read, yaml)
    }

    /// Target, address, how TLS starts, and who logs in with what.
    fn resolve(yaml: &str, env: &MapEnv) -> Result<String, Fault> {
        let destination = keys(yaml).destination(env)?;
        let mode = match destination.mode {
            Mode::None => "plain",
            Mode::StartTls => "starttls",
            Mode::Implicit => "implicit",
        };
        let login = destination.login.clone()?.map_or_else(
            || "-".to_owned(),
            |login| format!("{} {}{}", login.user, login.secret.expose(), if login.is_token { " token" } else { "" }),
        );
        Ok(format!("{} {} {mode} {login}", destination.target(), destination.server.endpoint()))
    }

    #[test]
    fn what_is_wrong_is_told_at_load() {
        assert_faults(
            SmtpKeys::read,
            &[
                ("{}", ": needs `url` or `host` or `address`"),
                ("{url: 'http://app:s3cret@mail'}", "url: the scheme is not one of smtp, smtps"),
                ("{url: 'smtp://a,b'}", "url: expected one host, not several"),
                ("{address: mail}", "address: "),
                ("{address: 'mail:25', host: mail}", "host: `address` has it already"),
                ("{address: 'mail:25', port: 25}", "port: `address` has it already"),
                ("{host: mail, tls: ssl}", "tls: expected one of none, starttls, implicit, or a mapping"),
                ("{host: mail, tls: true}", "tls: expected one of none, starttls, implicit, or a mapping"),
                ("{host: mail, tls: {mode: s3cret}}", "tls.mode: expected one of none, starttls, implicit"),
                ("{host: mail, tls: {cert: /c}}", "tls: `cert` needs its `key`"),
                ("{host: mail, tls: {sa: /c}}", "tls.sa: unknown key, did you mean ca?"),
                ("{host: mail, ehlo: 'a b'}", "ehlo: expected a host name"),
                ("{host: mail, ehlo: \"a\\r\\nQUIT\"}", "ehlo: expected a host name"),
                ("{host: mail, user: a, password: s3cret, token: s3cret}", "token: a login has a password or a token"),
                ("{host: mail, user: a, username: a}", "username: is the same as `user`"),
                ("{host: mail, elho: a}", "elho: unknown key, did you mean ehlo?"),
            ],
        );
    }

    #[test]
    fn keys_and_urls_come_to_the_same() {
        for (yaml, expected) in [
            ("{address: 'mail:1025'}", "smtp://mail:1025 mail:1025 plain -"),
            ("{address: 'mail:587'}", "smtp://mail:587 mail:587 starttls -"),
            ("{address: 'mail:465'}", "smtp://mail:465 mail:465 implicit -"),
            ("{address: 'mail:465', tls: none}", "smtp://mail:465 mail:465 plain -"),
            ("{address: 'mail:587', tls: implicit}", "smtps://mail:587 mail:587 implicit -"),
            ("{address: 'mail:25', tls: {ca: /ca.pem}}", "smtp://mail:25 mail:25 starttls -"),
            ("{address: 'mail:25', tls: {mode: implicit, verify: false}}", "smtps://mail:25 mail:25 implicit -"),
            ("{host: mail}", "smtp://mail:25 mail:25 plain -"),
            ("{host: mail, tls: starttls}", "smtp://mail:587 mail:587 starttls -"),
            ("{host: mail, tls: implicit}", "smtps://mail:465 mail:465 implicit -"),
            ("{host: mail, port: 587, user: app, password: x}", "smtp://app@mail:587 mail:587 starttls app x"),
            ("{url: 'smtp://mail'}", "smtp://mail:25 mail:25 plain -"),
            ("{url: 'smtps://mail'}", "smtps://mail:465 mail:465 implicit -"),
            ("{url: 'smtps://mail:2465'}", "smtps://mail:2465 mail:2465 implicit -"),
            ("{url: 'smtp://mail', tls: starttls}", "smtp://mail:587 mail:587 starttls -"),
            (
                "{url: 'smtp://app%40example.com:p%2Fw@mail:587'}",
                "smtp://app%40example.com@mail:587 mail:587 starttls app@example.com p/w",
            ),
            ("{url: 'smtp://app:x@mail:25', password: y}", "smtp://app@mail:25 mail:25 plain app y"),
            ("{host: mail, username: app, token: t}", "smtp://app@mail:25 mail:25 plain app t token"),
            // One token for both, as some providers have it.
            (
                "{url: 'smtp://s3cret-token:s3cret-token@mail'}",
                "smtp://mail:25 mail:25 plain s3cret-token s3cret-token",
            ),
            (
                "{host: mail, user: s3cret-token, password: s3cret-token}",
                "smtp://mail:25 mail:25 plain s3cret-token s3cret-token",
            ),
        ] {
            assert_eq!(resolve(yaml, &MapEnv::default()).expect(yaml), expected, "{yaml}");
        }
    }

    #[test]
    fn what_comes_from_elsewhere_is_judged_at_a_run() {
        let env = MapEnv::with_vars(&[("MODE", "s3cret"), ("ADDRESS", "s3cret"), ("PASSWORD", "s3cret")]);
        for (yaml, slug, message) in [
            ("{host: mail, tls: {mode: {env: MODE}}}", "variable_invalid", "tls: the variable MODE is not one of none"),
            ("{address: {env: ADDRESS}}", "variable_invalid", "address: the variable ADDRESS is not"),
            ("{host: mail, password: {env: PASSWORD}}", "password_missing", "a password is set, but no user"),
            ("{url: 'smtp://:s3cret@mail'}", "password_missing", "a password is set, but no user"),
            ("{url: 'smtp://app@mail'}", "password_missing", "a user is set, but no password"),
            ("{host: mail, user: app}", "password_missing", "a user is set, but no password"),
            ("{host: mail, user: app, token: {env: NONE}}", "variable_missing", "the variable NONE"),
        ] {
            let fault = resolve(yaml, &env).expect_err(yaml);
            assert_eq!(fault.cause.slug(), slug, "{yaml}: {}", fault.message);
            assert!(fault.message.starts_with(message) && !fault.message.contains("s3"), "{}", fault.message);
        }
    }

    #[test]
    fn every_value_is_read_at_a_run() {
        let yaml = "{address: {env: A}, username: {env: U}, token: {file: /t}, ehlo: {env: E}, \
                     tls: {mode: {env: M}, ca: /ca.pem, server_name: {env: N}}}";
        let keys = keys(yaml);
        let origins: Vec<String> = keys.values().iter().map(|value| value.origin()).collect();
        let expected = ["the variable U", "the variable A", "the file /t", "the variable E", "the variable M"];
        assert_eq!(origins[..5], expected);
        assert_eq!(origins[5..], ["the file /ca.pem", "the variable N"]);
        assert_eq!(keys.ehlo(&MapEnv::with_vars(&[("E", "pod.example")])).unwrap(), "pod.example");
    }
}
