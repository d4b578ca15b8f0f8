//! The keys of `postgres`, and what can be wrong with them before anything is dialled.

use super::migrations::MigrationsKeys;
use super::tables::Tables;
use super::url::{read_hosts, read_url};
use super::words::{ChannelBinding, Iterations, Port, RoleKey, SslMode};
use crate::check::login::Cleartext;
use crate::config::node::{Keys, LenientParse, Node, Problem, Raw, parse_leniently};
use crate::net::tls::Pem;
use crate::value::{Setting, Value};

/// The keys of `postgres`.
#[derive(Debug, Clone, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "postgres"))]
#[serde(deny_unknown_fields)]
pub(super) struct PostgresKeys {
    /// `postgres://user:password@host:port/database?sslmode=…`, or `host=… user=…` as libpq reads it. The forms of Npgsql
    /// (`Host=…;Username=…`), pgjdbc (`jdbc:postgresql://…`), PDO, Ecto, GeoDjango and CockroachDB are read too. Every other
    /// key overrides its part. Several hosts, separated by commas, are tried in order. With `hostaddr`, pilotfish connects to
    /// that address and uses the host as the name for TLS.
    pub(super) url: Option<Value>,
    /// The name or address of the server, or the folder of its Unix socket, such as `/var/run/postgresql` or
    /// `/cloudsql/PROJECT:REGION:INSTANCE`. Several, separated by commas, are tried in order.
    pub(super) host: Option<Value>,
    /// The port of the server. Default: that of the URL, else 5432.
    pub(super) port: Option<Setting<Port>>,
    /// The user.
    pub(super) user: Option<Value>,
    /// The database. Default: that of the URL, else the name of the user.
    pub(super) database: Option<Value>,
    /// The password, used as it is, without percent-encoding.
    pub(super) password: Option<Value>,
    /// disable, allow, prefer, require, verify-ca or verify-full, with the meaning that libpq gives them. Default: prefer.
    pub(super) sslmode: Option<Setting<SslMode>>,
    /// The CA for the certificate of the server: a PEM file, the PEM text itself, `system` or `builtin`. The last two
    /// require verify-full, which is then the default. Default: `system`, if sslmode verifies.
    pub(super) ca: Option<Pem>,
    /// The client certificate and its chain: a PEM file or the PEM text itself.
    pub(super) cert: Option<Pem>,
    /// The key of `cert`: a PEM file or the PEM text itself, not encrypted.
    pub(super) key: Option<Pem>,
    /// disable, prefer or require: whether the login is bound to the certificate of the server (SCRAM-SHA-256-PLUS).
    pub(super) channel_binding: Option<Setting<ChannelBinding>>,
    /// verified or encrypted: the TLS that a password in clear text needs, if the server asks for one (IAM, LDAP, PAM).
    /// Default: verified, which needs sslmode verify-full or a `ca`. encrypted also accepts sslmode require, but then an
    /// attacker on the path can read the password. Without TLS, it is never sent.
    pub(super) cleartext: Option<Setting<Cleartext>>,
    /// The fewest rounds of SCRAM that the server may ask for, 1 to 30000. Default: 4096, but 1 if the TLS is verified
    /// (sslmode verify-full, or a `ca`). If the server asks for fewer, no proof of the password is sent. PostgreSQL 16 and
    /// later may be set lower (`scram_iterations`).
    pub(super) min_scram_iterations: Option<Setting<Iterations>>,
    /// Tables that must exist, as `NAME` or `SCHEMA.NAME`, or as `{name: NAME, privileges: [select, insert]}` with what the
    /// role must be permitted. One read-only query asks for all of them.
    pub(super) tables: Option<Tables>,
    /// The migrations that must be applied, as their tool has recorded it in the database.
    pub(super) migrations: Option<MigrationsKeys>,
    /// The query to run after the login. Default: `SELECT 1`, unless `tables` or `migrations` ask something. It may return at most 100 rows and 64 KiB.
    pub(super) query: Option<Value>,
    /// The text that the first column of the first row must equal.
    pub(super) expect: Option<Value>,
    /// The required role: primary, replica or any. pilotfish uses the first host that has it.
    pub(super) role: Option<Setting<RoleKey>>,
}

impl PostgresKeys {
    /// Reads them.
    ///
    /// # Errors
    /// Every fault at once.
    pub(super) fn read(node: &Node) -> Result<Self, Vec<Problem>> {
        let LenientParse { value, whole, mut problems } = parse_leniently::<Self>(node, &[]);
        let Some(keys) = value else { return Err(problems) };
        problems.extend(keys.problems(node));
        if whole && problems.is_empty() { Ok(keys) } else { Err(problems) }
    }

    /// What does not go together. A key that is there but faulty is told elsewhere: it counts as given. Texts of the file
    /// are judged here, what comes from elsewhere at each run.
    fn problems(&self, node: &Node) -> Vec<Problem> {
        let given = |key: &str| node.get(key).is_some();
        let mut found: Vec<(&str, String)> = Vec::new();
        match &self.url {
            Some(Value::Literal(text)) => match read_url(text.expose()) {
                Err(blame) => found.push(("url", blame.message)),
                Ok(url) if !url.names_user() && !given("user") => {
                    found.push(("url", "names no user, and there is no key `user`".to_owned()));
                }
                Ok(url) if url.hosts.is_empty() && !given("host") => {
                    found.push(("url", "names no host, and there is no key `host`".to_owned()));
                }
                Ok(_) => {}
            },
            Some(_) => {}
            None if given("url") => {}
            None if !given("host") => found.push(("", "needs `url`, or `host` and `user`".to_owned())),
            None if !given("user") => found.push(("", "needs `user` beside `host`".to_owned())),
            None => {}
        }
        if let Some(Value::Literal(text)) = &self.host
            && let Err(problem) = read_hosts(text.expose())
        {
            found.push(("host", problem.to_owned()));
        }
        if matches!(node.get("tables").map(|node| &node.raw), Some(Raw::Sequence(tables)) if tables.is_empty()) {
            found.push(("tables", "expected at least one table".to_owned()));
        }
        match (given("cert"), given("key")) {
            (true, false) => found.push(("cert", "needs `key` beside it".to_owned())),
            (false, true) => found.push(("key", "needs `cert` beside it".to_owned())),
            _ => {}
        }
        if let Some(Setting::Known(mode)) = &self.sslmode
            && *mode != SslMode::VerifyFull
            && self.ca.as_ref().is_some_and(is_public)
        {
            found.push(("sslmode", PUBLIC_CA.to_owned()));
        }
        let place = |path: &str| node.get(path).map_or(node.span, |value| value.span);
        let block = self.migrations.iter().zip(node.get("migrations"));
        let of_block = block.flat_map(|(keys, node)| keys.problems(node)).map(|problem| problem.under("migrations"));
        found.into_iter().map(|(path, message)| Problem::new(place(path), path, message)).chain(of_block).collect()
    }

    /// Every value that is read at a run.
    pub(super) fn values(&self) -> Vec<&Value> {
        let texts = [&self.url, &self.host, &self.user, &self.database, &self.password, &self.query, &self.expect];
        let words = [
            later(&self.port),
            later(&self.sslmode),
            later(&self.channel_binding),
            later(&self.cleartext),
            later(&self.min_scram_iterations),
            later(&self.role),
        ];
        let files = [&self.ca, &self.cert, &self.key].into_iter().flatten().map(Pem::value);
        let migrations = self.migrations.iter().flat_map(MigrationsKeys::values);
        texts.into_iter().flatten().chain(files).chain(words.into_iter().flatten()).chain(migrations).collect()
    }

    /// The texts with their keys: what says whether a text is a password.
    pub(super) fn named(&self) -> [(&'static str, Option<&Value>); 6] {
        [
            ("url", self.url.as_ref()),
            ("host", self.host.as_ref()),
            ("port", later(&self.port)),
            ("user", self.user.as_ref()),
            ("database", self.database.as_ref()),
            ("password", self.password.as_ref()),
        ]
    }
}

fn later<T>(setting: &Option<Setting<T>>) -> Option<&Value> {
    match setting {
        Some(Setting::Later(value)) => Some(value),
        Some(Setting::Known(_)) | None => None,
    }
}

/// What is wrong with a lesser mode and public CAs.
pub(super) const PUBLIC_CA: &str = "the system's or the built-in CAs go with sslmode verify-full alone";

/// Whether it is the word for CAs that anybody can get a certificate of.
pub(super) fn is_public(ca: &Pem) -> bool {
    matches!(ca.value(), Value::Literal(text) if matches!(text.expose().trim(), "system" | "builtin"))
}

#[cfg(test)]
mod tests {
    use super::PostgresKeys;
    use crate::check::Check as _;
    use crate::check::postgres::{KIND, Postgres};
    use crate::config::node::parse;
    use crate::env::MapEnv;

    fn faults(yaml: &str) -> Vec<String> {
        let problems = PostgresKeys::read(&parse(yaml).unwrap()).expect_err(yaml);
        problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
    }

    #[test]
    fn the_example_is_right_and_every_value_is_told() {
        let keys = PostgresKeys::read(&parse(KIND.example).unwrap()).unwrap();
        let origins: Vec<String> = keys.values().iter().map(|value| value.origin()).collect();
        for origin in ["the variable DATABASE_URL", "the file /etc/secrets/pw", "the file /etc/ca.pem"] {
            assert!(origins.iter().any(|known| known == origin), "{origin}: {origins:?}");
        }
        let keys = PostgresKeys::read(&parse("{url: {env: U}, sslmode: {env: M}, port: {file: /p}}").unwrap()).unwrap();
        assert_eq!(keys.values().len(), 3);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        for (yaml, expected) in [
            ("{}", ": needs `url`, or `host` and `user`"),
            ("{user: app}", ": needs `url`, or `host` and `user`"),
            ("{host: db}", ": needs `user` beside `host`"),
            ("{url: 'postgres://db/app'}", "url: names no user"),
            ("{url: 'mysql://u:s3cret@db/app'}", "url: the scheme is neither"),
            (
                "{url: 'postgres://u:s3/cret@db/app'}",
                "url: the password with `/` unencoded: the URL is rejected by libpq",
            ),
            ("{host: 'db:5432', user: app}", "host: "),
            ("{host: 'unix:run/postgresql', user: app}", "host: a socket needs"),
            ("{host: db, user: app, tables: []}", "tables: expected at least one table"),
            ("{host: db, user: app, tables: [a.b.c]}", "tables[0]: expected a table: NAME or SCHEMA.NAME"),
            (
                "{host: db, user: app, migrations: {tool: alembic, head: heads}}",
                "migrations.head: expected the id of the newest",
            ),
            ("{host: db, user: app, migrations: {head: a}}", "migrations: "),
            ("{host: db, user: app, migrations: {tool: sqlx}}", "migrations.tool: "),
            ("{host: db, user: app, cert: /c.pem}", "cert: needs `key`"),
            ("{host: db, user: app, key: /k.pem}", "key: needs `cert`"),
            ("{host: db, user: app, ca: system, sslmode: require}", "sslmode: the system's or the built-in CAs"),
            ("{host: db, user: app, port: 70000}", "port: "),
            ("{host: db, user: app, role: master}", "role: "),
            ("{host: db, user: app, cleartext: plain}", "cleartext: "),
            ("{host: db, user: app, min_scram_iterations: 0}", "min_scram_iterations: "),
            ("{host: db, user: app, min_scram_iterations: 30001}", "min_scram_iterations: "),
            ("{host: db, user: app, min_scram_iterations: few}", "min_scram_iterations: "),
        ] {
            let faults = faults(yaml);
            assert!(faults.len() == 1 && faults[0].starts_with(expected), "{yaml}: {faults:?}");
            assert!(!faults[0].contains("s3"), "{faults:?}");
        }
        let many = faults("{hots: db, port: x, sslmode: verify, cert: /c.pem}");
        assert_eq!(many.len(), 5, "{many:?}");
        assert!(many[0].contains("host"), "{many:?}");
    }

    #[test]
    fn what_it_dials_is_shown_without_secrets() {
        let shown = |yaml: &str, env: &MapEnv| {
            let check = Postgres { keys: PostgresKeys::read(&parse(yaml).unwrap()).unwrap() };
            let prepared = check.prepare(env);
            let endpoints: Vec<String> = prepared.endpoints.iter().map(ToString::to_string).collect();
            (prepared.target, endpoints.join(" "))
        };
        let env = MapEnv::with_vars(&[("URL", "postgres://app:s3cret@a,b:1/shop?sslmode=require"), ("BAD", "s3cret")]);
        let both = |target: &str, endpoints: &str| (target.to_owned(), endpoints.to_owned());
        assert_eq!(shown("{url: {env: URL}}", &env), both("postgres://app@a:5432,b:1/shop", "a:5432 b:1"));
        assert_eq!(shown("{host: db, user: app}", &env), both("postgres://app@db:5432/app", "db:5432"));
        assert_eq!(shown("{url: {env: BAD}}", &env), both("the variable BAD", ""));
        assert_eq!(shown("{host: {env: NONE}, user: app}", &env), both("the variable NONE", ""));
    }
}
