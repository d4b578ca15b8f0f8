//! The keys of `mysql`, and their values for one run.

use super::parameters::Parameters;
use super::words::{Role, SslMode};
use super::{connection_string, dsn};
use crate::cause::Cause;
use crate::check::login::Cleartext;
use crate::check::server_keys::{Form, Server, ServerKeys, ServerRules, plain, read};
use crate::config::node::{Keys, Node, Problem};
use crate::env::Env;
use crate::mask::Mask;
use crate::net::tls::Pem;
use crate::outcome::{Detail, Fault, Phase, ValueDetail};
use crate::scheme::{Discovery, Scheme};
use crate::secret::Secret;
use crate::url::Url;
use crate::value::{Setting, Value};

const fn scheme(name: &'static str) -> Scheme {
    Scheme::new(name).port(3306).discovery(Discovery::Login)
}

/// The URLs of MySQL: `mysql2` and `trilogy` are Rails' names for the same.
pub(super) const RULES: ServerRules = ServerRules {
    // As the `mysql` client, Rails, Prisma and sqlx have it, then PyMySQL, mysqlclient and Doctrine, then mysql2 of Node.
    sockets: &["socket", "unix_socket", "socketpath"],
    form,
    ..ServerRules::of(&[
        scheme("mysql").takes_driver(),
        scheme("mariadb").takes_driver(),
        scheme("mysql2"),
        scheme("trilogy"),
    ])
};

/// What clients of Go and .NET take in place of a URL.
pub(super) fn form(text: &str) -> Option<Result<Form, &'static str>> {
    dsn::form(text).or_else(|| connection_string::form(text).map(Ok))
}

/// The schema of all keys; `url_form` is what its URLs look like.
#[cfg(test)]
pub(super) fn schema(generator: &mut schemars::SchemaGenerator, url_form: &str) -> schemars::Schema {
    use crate::check::server_keys::{describe, schema};

    let mut schema = schema::<OwnKeys>(generator, url_form);
    let url = format!(
        "`{url_form}`, with `?socket=/run/mysqld/mysqld.sock` (also `unix_socket`, `socketPath`) for a Unix socket, or a DSN \
         of Go's driver (`user:password@tcp(host:3306)/database`, `user:password@unix(PATH)/database`); every other key \
         overrides its part of it."
    );
    describe(&mut schema, "url", url);
    let socket = "The path of the server's Unix socket, such as `/run/mysqld/mysqld.sock`, in place of `host`. Clients of \
                  MySQL that take `localhost` for a socket connect to it.";
    describe(&mut schema, "socket", socket);
    schema
}

/// The keys in addition to those of the server.
#[derive(Debug, Clone, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct OwnKeys {
    /// The database. Default: that of the URL, else none.
    pub(super) database: Option<Value>,
    /// DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY, with the meaning that the `mysql` client gives them.
    /// Default: that of the URL, in any spelling of its clients; else VERIFY_CA if there is a `ca`, else PREFERRED.
    pub(super) sslmode: Option<Setting<SslMode>>,
    /// The CA for the certificate of the server: a PEM file, the PEM text itself, `system` or `builtin`. Default: `system`,
    /// if sslmode verifies.
    pub(super) ca: Option<Pem>,
    /// The client certificate and its chain: a PEM file or the PEM text itself.
    pub(super) cert: Option<Pem>,
    /// The key of `cert`: a PEM file or the PEM text itself, not encrypted.
    pub(super) key: Option<Pem>,
    /// verified or encrypted: the TLS that a password in clear text needs, if the server asks for one
    /// (caching_sha2_password, PAM, LDAP, IAM). Default: verified, which needs sslmode VERIFY_IDENTITY, or VERIFY_CA with a
    /// `ca`. encrypted also accepts sslmode REQUIRED, but then an attacker on the path can read the password. Without TLS, it
    /// is never sent.
    pub(super) cleartext: Option<Setting<Cleartext>>,
    /// The RSA key of the server: a PEM file or the PEM text itself (`public_key.pem` in its data folder). Without TLS, a password that the
    /// server asks for goes encrypted for this key, and for no other.
    pub(super) server_public_key: Option<Pem>,
    /// The query to run after the login. Default: `SELECT 1`. It may return at most 100 rows and 64 KiB.
    pub(super) query: Option<Value>,
    /// The text that the first column of the first row must equal.
    pub(super) expect: Option<Value>,
    /// The required role: primary, replica or any. A server with `read_only` or `innodb_read_only` is a replica.
    pub(super) role: Option<Setting<Role>>,
}

/// The keys of `mysql`.
#[derive(Debug, Clone, Default)]
pub(super) struct MysqlKeys {
    pub(super) server: ServerKeys,
    pub(super) own: OwnKeys,
}

/// Where to connect, and what is to be the case there.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) server: Server,
    pub(super) user: String,
    pub(super) password: Option<Secret>,
    pub(super) database: Option<String>,
    pub(super) sslmode: SslMode,
    pub(super) ca: Option<Pem>,
    pub(super) identity: Option<(Pem, Pem)>,
    pub(super) cleartext: Cleartext,
    pub(super) server_public_key: Option<Pem>,
    pub(super) role: Role,
    pub(super) query: Option<Secret>,
    pub(super) expect: Option<Secret>,
}

/// What a target shows.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) server: Server,
    database: Option<String>,
    parameters: Parameters,
}

impl MysqlKeys {
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
        let given = |key: &str| node.get(key).is_some();
        let mut found: Vec<(&str, &str)> = Vec::new();
        let names_user = match &self.server.url {
            Some(Value::Literal(text)) => match Url::parse(&plain(text.expose(), &RULES)) {
                Ok(url) => url.user.is_some_and(|user| !user.is_empty()) || Parameters::read(&url.query).user.is_some(),
                // Reported already.
                Err(_) => true,
            },
            Some(_) => true,
            None => false,
        };
        if !names_user && !given("user") && !given("username") {
            found.push(match given("url") {
                true => ("url", "names no user, and there is no key `user`"),
                false => ("", "needs `user` beside `host`"),
            });
        }
        match (given("cert"), given("key")) {
            (true, false) => found.push(("cert", "needs `key` beside it")),
            (false, true) => found.push(("key", "needs `cert` beside it")),
            _ => {}
        }
        let place = |path: &str| node.get(path).map_or(node.span, |value| value.span);
        found.into_iter().map(|(path, message)| Problem::new(place(path), path, message)).collect()
    }

    /// Resolves the keys that say where to connect.
    ///
    /// # Errors
    /// As [`ServerKeys::resolve`].
    pub(super) fn target(&self, env: &dyn Env) -> Result<Target, Fault> {
        let mut server = self.server.resolve(&RULES, false, env)?;
        let parameters = Parameters::read(&server.query);
        server.user = server.user.or_else(|| parameters.user.clone());
        let database = match &self.own.database {
            Some(value) => Some(value.resolve(env)?.expose().to_owned()),
            None => server.path.clone(),
        };
        for (key, name) in [("user", &server.user), ("database", &database)] {
            // A server repeats the name in its answer: a URL in its place would show a password.
            if name.as_ref().is_some_and(|name| name.contains("://") || name.contains('\0')) {
                let value = if key == "user" { self.server.user.as_ref() } else { self.own.database.as_ref() };
                let cause = value.map_or(Cause::UrlMalformed, Value::invalid_cause);
                let fault = Fault::new(Phase::Assert, cause, format!("{key}: expected a name"));
                return Err(fault.with(Detail::Value(ValueDetail::Key(key))));
            }
        }
        Ok(Target { server, database: database.filter(|name| !name.is_empty()), parameters })
    }

    /// Resolves all keys.
    ///
    /// # Errors
    /// As [`ServerKeys::resolve`] and [`Value::resolve`]; `probe_limit` where nothing says who logs in.
    pub(super) fn settings(&self, env: &dyn Env) -> Result<Settings, Fault> {
        let Target { server, database, parameters } = self.target(env)?;
        let own = &self.own;
        let Some(user) = server.user.clone() else {
            let fault =
                Fault::new(Phase::Assert, Cause::ProbeLimit, "no user: the URL names none, and there is no key `user`");
            return Err(fault.with(Detail::Value(ValueDetail::NoUser)));
        };
        let password = self.server.password(&server, env)?.or_else(|| parameters.password.clone());
        if password.as_ref().is_some_and(|password| password.expose().contains('\0')) {
            return Err(Fault::new(Phase::Assert, Cause::ProbeLimit, "the password has a zero byte, which ends it"));
        }
        let ca = own.ca.clone().or_else(|| parameters.ca());
        let chosen = own.sslmode.as_ref().map(|mode| mode.resolve("sslmode", env)).transpose()?.or(parameters.sslmode);
        let identity = own.cert.clone().zip(own.key.clone()).or_else(|| parameters.identity());
        let text = |value: &Option<Value>| value.as_ref().map(|value| value.resolve(env)).transpose();
        Ok(Settings {
            user,
            password,
            database,
            sslmode: chosen.unwrap_or(if ca.is_some() { SslMode::VerifyCa } else { SslMode::Preferred }),
            ca,
            identity,
            cleartext: own
                .cleartext
                .as_ref()
                .map(|word| word.resolve("cleartext", env))
                .transpose()?
                .unwrap_or_default(),
            role: own.role.as_ref().map(|role| role.resolve("role", env)).transpose()?.unwrap_or_default(),
            server_public_key: own.server_public_key.clone(),
            query: text(&own.query)?,
            expect: text(&own.expect)?,
            server,
        })
    }

    /// Every value that a run reads.
    pub(super) fn values(&self) -> Vec<&Value> {
        let own = &self.own;
        let texts = [&own.database, &own.query, &own.expect].into_iter().flatten();
        let files = [&own.ca, &own.cert, &own.key, &own.server_public_key].into_iter().flatten().map(Pem::value);
        let words = [
            own.sslmode.as_ref().and_then(Setting::later),
            own.cleartext.as_ref().and_then(Setting::later),
            own.role.as_ref().and_then(Setting::later),
        ];
        self.server
            .named()
            .map(|(_, value)| value)
            .chain(texts)
            .chain(files)
            .chain(words.into_iter().flatten())
            .collect()
    }
}

impl Target {
    /// As it may be shown.
    pub(super) fn shown(&self) -> String {
        self.server.target(self.database.as_deref())
    }
}

impl Settings {
    /// What no message may repeat.
    pub(super) fn mask(&self) -> Mask {
        let mut mask = Mask::default();
        let secrets = [&self.password, &self.expect].into_iter().flatten();
        secrets.for_each(|secret| mask.add(secret.expose()));
        mask
    }
}

#[cfg(test)]
mod tests {
    use super::MysqlKeys;
    use crate::config::node::parse;
    use crate::env::MapEnv;

    fn faults(yaml: &str) -> Vec<String> {
        let problems = MysqlKeys::read(&parse(yaml).unwrap()).expect_err(yaml);
        problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
    }

    fn keys(yaml: &str) -> MysqlKeys {
        MysqlKeys::read(&parse(yaml).unwrap()).unwrap_or_else(|problems| panic!("{yaml}: {problems:?}"))
    }

    /// Target, password and mode.
    fn resolved(yaml: &str) -> String {
        let (keys, env) = (keys(yaml), MapEnv::with_vars(&[("URL", "mysql://app:s%40cret@db/shop")]));
        let target = keys.target(&env).expect(yaml).shown();
        let settings = keys.settings(&env).expect(yaml);
        let password = settings.password.as_ref().map_or("-", |password| password.expose());
        format!("{target} {password} {:?}", settings.sslmode)
    }

    #[test]
    fn all_that_is_wrong_is_reported_at_once() {
        for (yaml, expected) in [
            ("{}", ": needs `url` or `host`"),
            ("{host: db}", ": needs `user` beside `host`"),
            ("{url: 'mysql://db/shop'}", "url: names no user"),
            ("{url: 'postgres://app@db/shop'}", "url: the scheme is not one of mysql"),
            ("{url: 'mysql://app@a,b/shop'}", "url: expected one host"),
            ("{host: db, user: app, sslmode: require}", "sslmode: "),
            ("{host: db, user: app, cert: /c.pem}", "cert: needs `key`"),
            ("{host: db, user: app, role: master}", "role: "),
            ("{host: db, user: app, pasword: x}", "pasword: "),
        ] {
            let faults = faults(yaml);
            assert!(faults.iter().any(|fault| fault.starts_with(expected)), "{yaml}: {faults:?}");
        }
    }

    #[test]
    fn the_url_and_the_keys_over_it() {
        for (yaml, expected) in [
            ("{url: {env: URL}}", "mysql://app@db:3306/shop s@cret Preferred"),
            ("{url: {env: URL}, password: 'p%40w', database: other}", "mysql://app@db:3306/other p%40w Preferred"),
            ("{url: 'mariadb://app:pw@db:3307'}", "mariadb://app@db:3307 pw Preferred"),
            ("{url: 'mysql2://app:pw@db/shop?ssl_mode=required'}", "mysql2://app@db:3306/shop pw Required"),
            ("{url: 'mysql+pymysql://app:pw@db/shop?charset=utf8mb4'}", "mysql://app@db:3306/shop pw Preferred"),
            (
                "{url: 'mysql://app:pw@db/shop?ssl-mode=REQUIRED', sslmode: disabled}",
                "mysql://app@db:3306/shop pw Disabled",
            ),
            ("{host: db, user: app, ca: /ca.pem}", "mysql://app@db:3306 - VerifyCa"),
            ("{host: db, username: app, ca: /ca.pem, sslmode: REQUIRED}", "mysql://app@db:3306 - Required"),
        ] {
            assert_eq!(resolved(yaml), expected, "{yaml}");
        }
    }

    #[test]
    fn a_url_from_a_variable_without_a_user_is_a_limit() {
        let env = MapEnv::with_vars(&[("URL", "mysql://db/shop")]);
        let fault = keys("{url: {env: URL}}").settings(&env).expect_err("no user");
        assert_eq!(fault.cause.slug(), "probe_limit");
    }

    #[test]
    fn every_value_is_read_at_a_run() {
        let keys = keys(
            "{url: {env: U}, password: {file: /p}, sslmode: {env: M}, ca: /ca.pem, query: {env: Q}, role: {env: R}}",
        );
        let origins: Vec<String> = keys.values().iter().map(|value| value.origin()).collect();
        for origin in
            ["the variable U", "the file /p", "the variable M", "the file /ca.pem", "the variable Q", "the variable R"]
        {
            assert!(origins.iter().any(|known| known == origin), "{origin}: {origins:?}");
        }
    }
}
