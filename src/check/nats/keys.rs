//! The keys of `nats`, and their values for one run.

use super::credential::{Credential, Creds};
use super::hint::code;
use super::nkey::Seed;
use super::servers::joined;
use crate::cause::Cause;
use crate::check::login;
use crate::check::server_keys::{Server, ServerKeys, ServerRules, origin_of, plain, read};
use crate::check::tls_keys::TlsKeys;
use crate::config::node::{Error, FromNode, Keys, Node, Problem, Reader};
use crate::env::Env;
use crate::findings::Reading;
use crate::outcome::{Detail, Fault, Phase, ValueDetail};
use crate::scheme::{Discovery, Scheme};
use crate::secret::Secret;
use crate::value::Value;

/// The URLs of NATS. What stands alone before the `@` is a token.
pub(super) const RULES: ServerRules = ServerRules {
    several_hosts: true,
    form: joined,
    ..ServerRules::of(&[Scheme::new("nats").port(4222).discovery(Discovery::Login).secret_user()])
};

/// The schema of all keys; `url_form` is what its URLs look like.
#[cfg(test)]
pub(super) fn schema(generator: &mut schemars::SchemaGenerator, url_form: &str) -> schemars::Schema {
    let mut schema = crate::check::server_keys::schema::<OwnKeys>(generator, url_form);
    let keys = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut).expect("a struct has keys");
    let url = keys.get_mut("url").and_then(serde_json::Value::as_object_mut).expect("a server has a URL");
    let text = format!(
        "`{url_form}`, `nats://token@host`, or several servers: `nats://a,nats://b`; every other key overrides its part of \
         it. `tls://` also means NATS over TLS here."
    );
    url.insert("description".to_owned(), text.into());
    schema
}

/// The keys in addition to those of the server.
#[derive(Debug, Clone, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct OwnKeys {
    /// A token, in place of user and password.
    pub(super) token: Option<Value>,
    /// The seed of the user's nkey (`SU…`), in place of user and password. It signs what the server asks for, and is not sent.
    pub(super) nkey: Option<Value>,
    /// A creds file (user JWT and seed), in place of user and password: its path or its text. The seed is not sent.
    pub(super) creds: Option<CredsFile>,
    /// Settings of TLS. With this key (`{}` is enough), a server without TLS fails the check. Without it, the check uses TLS if the server requires it, like clients do.
    pub(super) tls: Option<TlsKeys>,
    /// `true` starts TLS before the server says anything, for servers with `handshake_first`. Default: false.
    pub(super) tls_first: Option<bool>,
    /// `false` does not connect to the addresses that the servers of a cluster announce to their clients (at most 16 in one run, in turn; without a login). Default: true.
    pub(super) cluster: Option<bool>,
}

/// A creds file: a path, the text itself, or `{env: NAME}` and `{file: PATH}` that hold it.
#[derive(Debug, Clone)]
pub(super) struct CredsFile(Value);

/// How the text of such a file starts its parts.
const BEGIN: &str = "-----BEGIN ";

impl CredsFile {
    /// The text, and how messages name it.
    fn resolve(&self, env: &dyn Env) -> Result<(Secret, String), Fault> {
        let text = self.0.resolve(env)?;
        if text.expose().contains(BEGIN) || matches!(self.0, Value::File(_)) {
            return Ok((text, self.0.origin()));
        }
        let path = Value::File(text.expose().trim().into());
        // The path may be the secret by mistake.
        let shown = format!("the file that {} names", self.0.origin());
        let hidden = |fault: Fault| {
            let what = if fault.cause == Cause::FileMissing { "does not exist" } else { "cannot be read" };
            fault.with_message(format!("{shown} {what}"))
        };
        Ok((path.resolve(env).map_err(hidden)?, shown.clone()))
    }
}

impl FromNode for CredsFile {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        Ok(Self(match Value::from_node(node)? {
            // A path in the configuration becomes a file value, so that a change of the file is seen.
            Value::Literal(text) if text.expose().starts_with(['/', '.']) => Value::File(text.expose().trim().into()),
            // Anything else may be a part of such a file, which nobody is shown.
            Value::Literal(text) if !text.expose().contains(BEGIN) => {
                return Err(Error::custom("expected the path of a creds file, such as /etc/app.creds, or its text"));
            }
            value => value,
        }))
    }
}

#[cfg(test)]
impl schemars::JsonSchema for CredsFile {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Value::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Value::json_schema(generator)
    }
}

/// The keys of `nats`.
#[derive(Debug, Clone, Default)]
pub(super) struct NatsKeys {
    pub(super) server: ServerKeys,
    pub(super) own: OwnKeys,
}

/// The values of one run; the files of CA and client certificate are read before connecting.
pub(super) struct Settings {
    pub(super) server: Server,
    pub(super) credential: Credential,
    /// What TLS is made with, where it is used.
    pub(super) tls: TlsKeys,
    /// Whether a server without TLS fails the check.
    pub(super) wants_tls: bool,
    pub(super) tls_first: bool,
    /// Whether announced addresses are connected to.
    pub(super) cluster: bool,
}

impl NatsKeys {
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
        found.extend(TlsKeys::problem_in(self.own.tls.as_ref(), node));
        let given = ["password", "token", "nkey", "creds"].into_iter().filter(|key| node.get(key).is_some());
        for (second, key) in given.enumerate() {
            if second > 0 {
                let span = node.get(key).map_or(node.span, |value| value.span);
                let problem = "a login has a password, a token, an nkey or a creds file: keep one of them";
                found.push(Problem::new(span, key, problem));
            }
        }
        found
    }

    /// Resolves the keys that say where to connect.
    ///
    /// # Errors
    /// As [`ServerKeys::resolve`].
    pub(super) fn server(&self, env: &dyn Env) -> Result<Server, Fault> {
        let tls = self.own.tls.is_some() || self.own.tls_first == Some(true);
        let mut server = self.server.resolve(&RULES, tls, env)?;
        // What has a password beside it is a user, and no token.
        if let Ok(Some(password)) = self.server.password(&server, env) {
            server.show_user();
            server.hide_user_like(&password);
        }
        Ok(server)
    }

    /// The rest of the values.
    ///
    /// # Errors
    /// Those of a value that cannot be resolved; `file_invalid` or `variable_invalid` for a seed or a creds file that is none;
    /// `password_missing` where a part of the login is missing.
    pub(super) fn settings(&self, server: Server, env: &dyn Env) -> Result<Settings, Fault> {
        let credential = self.credential(&server, env)?;
        Ok(Settings {
            credential,
            tls: self.own.tls.clone().unwrap_or_default(),
            wants_tls: server.tls,
            tls_first: self.own.tls_first == Some(true),
            cluster: self.own.cluster != Some(false),
            server,
        })
    }

    fn credential(&self, server: &Server, env: &dyn Env) -> Result<Credential, Fault> {
        let invalid = |key: &'static str, value: &Value, origin: &str, problem: &str| {
            let fault = Fault::new(Phase::Assert, value.invalid_cause(), format!("{key}: {origin}: {problem}"));
            fault.with(Detail::Value(ValueDetail::Key(key)))
        };
        if let Some(creds) = &self.own.creds {
            let (text, origin) = creds.resolve(env)?;
            let read = Creds::read(text.expose());
            return read.map(Credential::Jwt).map_err(|problem| {
                let fault = invalid("creds", &creds.0, &origin, problem);
                if origin.starts_with("the file") { Fault { cause: Cause::FileInvalid, ..fault } } else { fault }
            });
        }
        if let Some(value) = &self.own.nkey {
            let seed = Seed::read(value.resolve(env)?.expose());
            return seed.map(Credential::Nkey).map_err(|problem| invalid("nkey", value, &value.origin(), problem));
        }
        if let Some(value) = &self.own.token {
            return Ok(Credential::Token(value.resolve(env)?));
        }
        let pair = match (server.user.clone(), self.server.password(server, env)?) {
            (Some(token), None) if server.user_is_of_url => return Ok(Credential::Token(Secret::new(token))),
            (user, password) => login::pair(user, password, [code::USER_ALONE, code::PASSWORD_ALONE])?,
        };
        Ok(pair.map_or(Credential::None, |(user, password)| Credential::Password { user, password }))
    }

    /// The values whose keys tell what they are.
    fn named(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let token = self.own.token.as_ref().map(|value| ("password", value));
        self.server.named().chain(token)
    }

    /// What stands for the target that cannot be resolved, for this reason.
    pub(super) fn blamed_origin(&self, fault: &Fault) -> String {
        origin_of(fault, self.named())
    }

    /// What a run reads, for findings; a list of URLs as one URL.
    pub(super) fn readings(&self, env: &dyn Env) -> Vec<Reading> {
        let all = self.named().flat_map(|(key, value)| Reading::all(key, value, env));
        let as_one = |mut reading: Reading| {
            if reading.key == "url" {
                reading.text = Secret::new(plain(reading.text.expose(), &RULES).to_string());
            }
            reading
        };
        all.map(as_one).collect()
    }

    /// Every value that a run reads.
    pub(super) fn values(&self) -> Vec<&Value> {
        let own = [self.own.nkey.as_ref(), self.own.creds.as_ref().map(|creds| &creds.0)].into_iter().flatten();
        let tls = self.own.tls.iter().flat_map(TlsKeys::values);
        self.named().map(|(_, value)| value).chain(own).chain(tls).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Credential, NatsKeys};
    use crate::check::server_keys::testing::{self, assert_faults};
    use crate::env::MapEnv;
    use crate::outcome::Fault;

    const SEED: &str = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";

    fn keys(yaml: &str) -> NatsKeys {
        testing::keys(NatsKeys::read, yaml)
    }

    /// Target, servers, whether TLS is asked for, and who logs in with what.
    fn resolve(yaml: &str, env: &MapEnv) -> Result<String, Fault> {
        let keys = keys(yaml);
        let server = keys.server(env)?;
        let hosts: Vec<String> = server.hosts.iter().map(ToString::to_string).collect();
        let settings = keys.settings(server, env)?;
        let who = match &settings.credential {
            Credential::Password { user, password } => format!("{user} {}", password.expose()),
            Credential::Token(token) => token.expose().to_owned(),
            other => other.method().to_owned(),
        };
        let tls = match (settings.tls_first, settings.wants_tls) {
            (true, true) => "first",
            (false, true) => "TLS",
            (_, false) => "plain",
        };
        Ok(format!("{} {} {tls} {who}", settings.server.target(None), hosts.join(",")))
    }

    #[test]
    fn what_is_wrong_is_told_at_load() {
        assert_faults(
            NatsKeys::read,
            &[
                ("{}", ": needs `url` or `host`"),
                ("{url: 'http://app:s3cret@mq'}", "url: the scheme is not one of nats"),
                ("{url: 'nats://a:s3cret@a,nats://b:s3cret@b'}", "url: its servers have different logins"),
                ("{host: mq, tls: {cert: /c}}", "tls: `cert` needs its `key`"),
                ("{host: mq, tls: true}", "tls: expected a mapping"),
                (
                    "{host: mq, token: s3cret, nkey: s3cret}",
                    "nkey: a login has a password, a token, an nkey or a creds",
                ),
                ("{host: mq, user: a, password: s3cret, creds: /c}", "creds: a login has a password"),
                ("{host: mq, tls_frst: true}", "tls_frst: unknown key, did you mean tls_first?"),
                ("{host: mq, cluster: 3}", "cluster: "),
                ("{host: mq, creds: s3cret.e30.s3}", "creds: expected the path of a creds file"),
            ],
        );
    }

    #[test]
    fn keys_and_urls_come_to_the_same() {
        let env = MapEnv::with_vars(&[("LIST", "nats://u:p@a,nats://u:p@b:1"), ("TLS", "tls://a"), ("SEED", SEED)]);
        for (yaml, expected) in [
            ("{host: mq}", "nats://mq:4222 mq:4222 plain none"),
            ("{host: 'a,b', port: 1}", "nats://a:1,b:1 a:1,b:1 plain none"),
            ("{host: mq, tls: {}}", "nats://mq:4222 mq:4222 TLS none"),
            ("{host: mq, tls_first: true}", "nats://mq:4222 mq:4222 first none"),
            ("{host: mq, user: app, password: x}", "nats://app@mq:4222 mq:4222 plain app x"),
            ("{url: 'nats://app:p%40w@mq'}", "nats://app@mq:4222 mq:4222 plain app p@w"),
            ("{url: 'nats://s3cret-a:s3cret-a@mq'}", "nats://mq:4222 mq:4222 plain s3cret-a s3cret-a"),
            ("{url: 'nats://tok@mq'}", "nats://mq:4222 mq:4222 plain tok"),
            ("{url: 'nats://tok@mq', token: other}", "nats://mq:4222 mq:4222 plain other"),
            ("{url: 'nats://mq', nkey: {env: SEED}}", "nats://mq:4222 mq:4222 plain nkey"),
            ("{url: 'nats://a:1,nats://b'}", "nats://a:1,b:4222 a:1,b:4222 plain none"),
            ("{url: {env: LIST}}", "nats://u@a:4222,b:1 a:4222,b:1 plain u p"),
            ("{url: {env: TLS}}", "nats://a:4222 a:4222 TLS none"),
            ("{url: 'tls://a'}", "nats://a:4222 a:4222 TLS none"),
        ] {
            assert_eq!(resolve(yaml, &env).expect(yaml), expected, "{yaml}");
        }
    }

    #[test]
    fn what_comes_from_elsewhere_is_judged_at_a_run() {
        let env = MapEnv::with_vars(&[("LIST", "nats://a:s3@a,nats://b:s3@b"), ("X", "s3cret")]).with_file("/x", b"s3");
        for (yaml, slug, message) in [
            (
                "{url: {env: LIST}}",
                "url_malformed",
                "the URL from the variable LIST: its servers have different logins",
            ),
            ("{host: mq, nkey: {env: X}}", "variable_invalid", "nkey: the variable X: it is not the seed of an nkey"),
            ("{host: mq, nkey: {file: /x}}", "file_invalid", "nkey: the file /x: it is not the seed of an nkey"),
            ("{host: mq, creds: /x}", "file_invalid", "creds: the file /x: it is not a creds file"),
            ("{host: mq, creds: {env: X}}", "file_missing", "the file that the variable X names does not exist"),
            ("{host: mq, creds: /nowhere}", "file_missing", "the file /nowhere does not exist"),
            ("{host: mq, user: app}", "password_missing", "a user is set, but no password"),
            ("{host: mq, password: {env: X}}", "password_missing", "a password is set, but no user"),
        ] {
            let fault = resolve(yaml, &env).expect_err(yaml);
            assert_eq!(fault.cause.slug(), slug, "{yaml}: {}", fault.message);
            assert!(fault.message.starts_with(message) && !fault.message.contains("s3"), "{}", fault.message);
        }
    }

    #[test]
    fn every_value_is_read_at_a_run() {
        let yaml = "{url: {env: U}, token: {env: T}, tls: {ca: /ca.pem}}";
        let origins = |yaml| keys(yaml).values().iter().map(|value| value.origin()).collect::<Vec<_>>();
        assert_eq!(origins(yaml), ["the variable U", "the variable T", "the file /ca.pem"]);
        assert_eq!(origins("{host: {env: H}, creds: /c}"), ["the variable H", "the file /c"]);
        assert_eq!(origins("{host: {env: H}, nkey: {file: /n}}"), ["the variable H", "the file /n"]);
    }
}
