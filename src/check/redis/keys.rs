//! The keys of `redis`, and their values for one run.

use super::database::Database;
use super::parameters::Parameters;
use super::role::Role;
use super::sentinel::Sentinel;
use super::sentinel_keys::SentinelKeys;
use crate::check::login;
use crate::check::server_keys::{Server, ServerKeys, ServerRules, origin_of, read};
use crate::check::tls_keys::TlsKeys;
use crate::config::node::{Keys, Node, Problem};
use crate::env::Env;
use crate::outcome::Fault;
use crate::scheme::{Discovery, Scheme};
use crate::secret::Secret;
use crate::url::Url;
use crate::value::{Setting, Value};

const PORT: u16 = 6379;

/// Most URLs have only a password; without its colon, it is in the place of the user.
const fn scheme(name: &'static str) -> Scheme {
    Scheme::new(name).port(PORT).discovery(Discovery::Login).secret_user()
}

/// The URLs of Redis. Those of sockets are as Django, Celery, Lettuce and redis-py read them.
pub(super) const RULES: ServerRules = ServerRules {
    own_targets: &["sentinel"],
    ..ServerRules::of(&[
        scheme("redis").family("redis"),
        scheme("rediss").tls().family("redis"),
        scheme("valkey"),
        scheme("valkeys").tls(),
        scheme("redis+unix").socket(),
        scheme("redis+socket").socket(),
        scheme("redis-socket").socket(),
        scheme(BORROWED).socket(),
    ])
};
/// Elsewhere it means any server on a socket.
pub(super) const BORROWED: &str = "unix";
/// The schemes that mean Redis everywhere.
pub(super) const SCHEMES: &[Scheme] = match RULES.schemes.split_last() {
    Some((_, own)) => own,
    None => &[],
};

/// The schema of all keys; `url_form` is what its URLs look like.
#[cfg(test)]
pub(super) fn schema(generator: &mut schemars::SchemaGenerator, url_form: &str) -> schemars::Schema {
    use crate::check::server_keys::{describe, schema};

    let mut schema = schema::<OwnKeys>(generator, url_form);
    let url = format!(
        "`{url_form}`, or `unix://user:password@/run/redis.sock?db=0` (also `redis+unix://`, `redis+socket://`) for a Unix \
         socket; every other key overrides its part of it."
    );
    describe(&mut schema, "url", url);
    schema
}

/// The keys in addition to those of the server.
#[derive(Debug, Clone, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct OwnKeys {
    /// The number of the database. Default: that in the URL (its path or `?db=`), else 0. Parameters of the URL that change the login count as its clients read them: `password`, `username`, `ssl_cert_reqs`, `ssl_ca_certs` and others.
    pub(super) database: Option<Setting<Database>>,
    /// The same as `database`.
    pub(super) db: Option<Setting<Database>>,
    /// Settings of TLS. With this key (`{}` is enough), the check uses TLS whatever the scheme of the URL is.
    pub(super) tls: Option<TlsKeys>,
    /// The required role: primary (or master), replica or any. With primary, a server that rejects writes fails, too. Default: any; with `sentinel`, primary.
    pub(super) role: Option<Setting<Role>>,
    /// A key that must exist in the database. The check does not read its value, and it does not count as a use of the key. With `cluster`, if another node has the slot of the key, the check also logs in to that node.
    pub(super) key_exists: Option<Value>,
    /// `true` if the server is a node of a cluster: its slots must be served, and this pod must reach the nodes that the cluster announces to its clients (at most 16 in one run, in turn; without a login, except for `key_exists`). Uncovered slots fail the check only if the cluster requires full coverage.
    pub(super) cluster: Option<bool>,
    /// Redis Sentinel, which knows the primary. `host` and `port` are then not needed, and the host in `url` is ignored.
    pub(super) sentinel: Option<SentinelKeys>,
}

/// The keys of `redis`.
#[derive(Debug, Clone, Default)]
pub(super) struct RedisKeys {
    pub(super) server: ServerKeys,
    pub(super) own: OwnKeys,
}

/// Where to connect.
#[derive(Debug)]
pub(super) struct Destination {
    pub(super) server: Server,
    /// `None` if neither a key nor the URL sets it: 0.
    pub(super) database: Option<u32>,
    /// What the parameters of the URL say.
    pub(super) parameters: Parameters,
    /// The name of the primary, if the hosts are those of its Sentinels.
    master: Option<String>,
}

impl RedisKeys {
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
        let judge = |url: &Url| of_path(url.path.trim_start_matches('/')).err();
        let mut found: Vec<Problem> = self.server.problem_of_url(node, &judge).into_iter().collect();
        let span = |key: &str| node.get(key).map_or(node.span, |value| value.span);
        if self.own.database.is_some() && self.own.db.is_some() {
            found.push(Problem::new(span("db"), "db", "is the same as `database`: remove one of them"));
        }
        found.extend(TlsKeys::problem_in(self.own.tls.as_ref(), node));
        if let (Some(sentinel), Some(block)) = (&self.own.sentinel, node.get("sentinel")) {
            found.extend(sentinel.problems(block).into_iter().map(|problem| problem.under("sentinel")));
            let unfit = [
                ("host", node.get("host").is_some(), "`sentinel` names the server: remove one of them"),
                ("socket", node.get("socket").is_some(), "`sentinel` names the server: remove one of them"),
                ("port", node.get("port").is_some(), "`sentinel` names the server: remove one of them"),
                ("cluster", self.own.cluster == Some(true), "a cluster has no Sentinels: remove one of them"),
                ("role", self.own.role == Some(Setting::Known(Role::Replica)), "`sentinel` names the primary"),
            ];
            let unfit = unfit.into_iter().filter(|(_, is_set, _)| *is_set);
            found.extend(unfit.map(|(key, _, problem)| Problem::new(span(key), key, problem)));
        }
        found
    }

    /// Resolves the keys that say where to connect.
    ///
    /// # Errors
    /// As [`ServerKeys::resolve`]; `url_malformed` for a path that is no number.
    pub(super) fn destination(&self, env: &dyn Env) -> Result<Destination, Fault> {
        let mut server = self.server.resolve(&RULES, self.own.tls.is_some(), env)?;
        let parameters = Parameters::read(&server.query);
        if parameters.tls && !server.tls {
            // The target is shown as what it is.
            server = self.server.resolve(&RULES, true, env)?;
        }
        server.user = server.user.or_else(|| parameters.user.clone());
        if let Some(sentinel) = &self.own.sentinel {
            // Only the Sentinels know where it is.
            server.hosts = sentinel.resolve(env)?.addresses;
        }
        let database = match self.own.database.as_ref().or(self.own.db.as_ref()) {
            Some(number) => Some(number.resolve("database", env)?),
            None if parameters.database.is_some() => parameters.database,
            None if server.socket.is_some() && parameters.of_celery.is_some() => parameters.of_celery,
            None => {
                server.path.as_deref().map_or(Ok(None), of_path).map_err(|problem| self.server.malformed(&problem))?
            }
        };
        let master = self.own.sentinel.as_ref().map(|sentinel| sentinel.master.resolve(env)).transpose()?;
        let master = master.map(|master| master.expose().trim().to_owned());
        Ok(Destination { server, database: database.map(|Database(number)| number), parameters, master })
    }

    /// The Sentinels, if they are what is dialled first.
    ///
    /// # Errors
    /// Those of a value that cannot be resolved.
    pub(super) fn sentinel(&self, env: &dyn Env) -> Result<Option<Sentinel>, Fault> {
        self.own.sentinel.as_ref().map(|keys| keys.resolve(env)).transpose()
    }

    /// The role that the server must have.
    ///
    /// # Errors
    /// Those of a value that cannot be resolved.
    pub(super) fn role(&self, env: &dyn Env) -> Result<Role, Fault> {
        let default = if self.own.sentinel.is_some() { Role::Primary } else { Role::Any };
        self.own.role.as_ref().map_or(Ok(default), |role| role.resolve("role", env))
    }

    /// The key that must exist.
    ///
    /// # Errors
    /// Those of a value that cannot be resolved.
    pub(super) fn key_exists(&self, env: &dyn Env) -> Result<Option<Secret>, Fault> {
        self.own.key_exists.as_ref().map(|key| key.resolve(env)).transpose()
    }

    /// Resolves the password.
    ///
    /// # Errors
    /// As [`ServerKeys::password`]; `password_missing` for a user in the keys without a password. A user in the URL may
    /// be a password that lacks its colon; the server decides that.
    pub(super) fn password(&self, destination: &Destination, env: &dyn Env) -> Result<Option<Secret>, Fault> {
        let password = self.server.password(&destination.server, env)?;
        let password = password.or_else(|| destination.parameters.password.clone());
        if password.is_none() && destination.server.user.is_some() && !destination.server.user_is_of_url {
            return Err(login::missing("a user is set, but no password", "no_user_password"));
        }
        Ok(password)
    }

    /// Whether it is on a socket of this pod, whatever the environment is.
    pub(super) fn is_on_socket(&self) -> bool {
        self.server.is_on_socket(&RULES)
    }

    /// The settings of TLS, if the check uses TLS.
    pub(super) fn tls(&self, destination: &Destination) -> Option<TlsKeys> {
        let keys = || self.own.tls.clone().unwrap_or_default();
        destination.server.tls.then(|| destination.parameters.fill(keys()))
    }

    /// Whether the variables that the target comes from say by their name that it is a Sentinel.
    pub(super) fn wants_sentinel(&self) -> bool {
        let targets = [&self.server.url, &self.server.host].into_iter().flatten();
        targets.into_iter().any(|value| value.origin().to_ascii_lowercase().contains("sentinel"))
    }

    /// Every value that a run reads.
    pub(super) fn values(&self) -> Vec<&Value> {
        let settings = [&self.own.database, &self.own.db].into_iter().flatten().filter_map(Setting::later);
        let tls = self.own.tls.iter().flat_map(TlsKeys::values);
        let role = self.own.role.as_ref().and_then(Setting::later);
        let own = role.into_iter().chain(&self.own.key_exists);
        let sentinel = self.own.sentinel.iter().flat_map(SentinelKeys::values);
        let server = self.server.named().map(|(_, value)| value);
        server.chain(settings).chain(tls).chain(own).chain(sentinel).collect()
    }

    /// What stands for the target that cannot be resolved, for this reason.
    pub(super) fn blamed_origin(&self, fault: &Fault) -> String {
        let sentinel = self.own.sentinel.iter().flat_map(SentinelKeys::values).map(|value| ("addresses", value));
        let server = self.server.named();
        match &self.own.sentinel {
            None => self.server.blamed_origin(fault),
            Some(_) => origin_of(fault, sentinel.chain(server)),
        }
    }

    /// The values whose keys tell what they are.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.server.named().chain(self.own.sentinel.iter().flat_map(SentinelKeys::named))
    }
}

impl Destination {
    /// As it may be shown.
    pub(super) fn target(&self) -> String {
        let database = self.database.map(|number| number.to_string());
        match &self.master {
            None => self.server.target(database.as_deref()),
            Some(master) => {
                let path = database.map_or_else(|| master.clone(), |database| format!("{master}/{database}"));
                let url = self.server.target(Some(&path));
                // As clients that take such URLs write it.
                url.replacen("://", "+sentinel://", 1)
            }
        }
    }
}

/// The database that a URL's path names.
fn of_path(path: &str) -> Result<Option<Database>, String> {
    if path.is_empty() {
        return Ok(None);
    }
    path.parse().map(Some).map_err(|expected: String| format!("its path is not {expected}"))
}

#[cfg(test)]
mod tests {
    use super::RedisKeys;
    use crate::check::server_keys::testing::{self, assert_faults};
    use crate::env::MapEnv;
    use crate::outcome::Fault;

    fn keys(yaml: &str) -> RedisKeys {
        testing::keys(RedisKeys::read, yaml)
    }

    /// Target, user, password, and whether TLS is used.
    fn resolve(yaml: &str, env: &MapEnv) -> Result<String, Fault> {
        let keys = keys(yaml);
        let destination = keys.destination(env)?;
        let password = keys.password(&destination, env)?.map_or_else(|| "-".to_owned(), |one| one.expose().to_owned());
        let tls = if keys.tls(&destination).is_some() { "TLS" } else { "plain" };
        Ok(format!("{} {} {password} {tls}", destination.target(), destination.server.user.as_deref().unwrap_or("-")))
    }

    #[test]
    fn what_is_wrong_is_told_at_load() {
        assert_faults(
            RedisKeys::read,
            &[
                ("{}", ": needs `url` or `host`"),
                ("{url: 'http://:s3cret@cache'}", "url: the scheme is not one of redis, rediss, valkey, valkeys"),
                ("{url: 'redis://:s3cret@:s3cret@cache'}", "url: the user and the password appear twice"),
                ("{url: 'redis://:s3/cret@cache'}", "url: the password with `/` unencoded"),
                ("{url: 'redis://a,b'}", "url: expected one host, not several"),
                ("{url: 'redis://:s3cret@cache/s3cret'}", "url: its path is not the number of a database"),
                ("{host: cache, database: -1}", "database: expected the number of a database"),
                ("{host: cache, database: 1, db: 1}", "db: is the same as `database`"),
                ("{host: cache, tls: {cert: /c}}", "tls: `cert` needs its `key`"),
                ("{host: cache, tls: true}", "tls: expected a mapping"),
                ("{host: cache, dbs: 1}", "dbs: unknown key, did you mean db?"),
                ("{host: cache, role: leader}", "role: expected one of primary, replica, any"),
                ("{host: cache, cluster: 3}", "cluster: "),
                ("{sentinel: {addresses: [s1]}}", "sentinel: the key master is missing"),
                ("{sentinel: {master: m}}", "sentinel: the key addresses is missing"),
                ("{sentinel: {master: m, addresses: []}}", "sentinel.addresses: "),
                ("{sentinel: {master: m, addresses: s1, username: x}}", "sentinel.username: needs `password`"),
                ("{sentinel: {master: m, addresses: s1, tls: {key: /k}}}", "sentinel.tls: `key` needs its `cert`"),
                ("{host: cache, sentinel: {master: m, addresses: s1}}", "host: `sentinel` names the server"),
                ("{port: 1, sentinel: {master: m, addresses: s1}}", "port: `sentinel` names the server"),
                ("{cluster: true, sentinel: {master: m, addresses: s1}}", "cluster: a cluster has no Sentinels"),
                ("{role: replica, sentinel: {master: m, addresses: s1}}", "role: `sentinel` names the primary"),
            ],
        );
    }

    #[test]
    fn keys_and_urls_come_to_the_same() {
        for (yaml, expected) in [
            ("{host: cache}", "redis://cache:6379 - - plain"),
            ("{host: cache, tls: {}}", "rediss://cache:6379 - - TLS"),
            ("{host: cache, username: app, password: x, db: 3}", "redis://app@cache:6379/3 app x plain"),
            ("{url: 'redis://:pw@cache/2'}", "redis://cache:6379/2 - pw plain"),
            ("{url: 'redis://pw@cache'}", "redis://cache:6379 pw - plain"),
            ("{url: 'redis://default:pw@cache'}", "redis://default@cache:6379 default pw plain"),
            ("{url: 'rediss://cache:7000/2', database: 0}", "rediss://cache:7000/0 - - TLS"),
            ("{url: 'valkey://cache', tls: {verify: false}}", "valkeys://cache:6379 - - TLS"),
            ("{url: 'redis://cache/1?password=pw&db=2'}", "redis://cache:6379/2 - pw plain"),
            ("{url: 'redis://cache?username=app&password=pw'}", "redis://app@cache:6379 app pw plain"),
            ("{url: 'redis://:pw@cache/1?password=other&db=x'}", "redis://cache:6379/1 - pw plain"),
            ("{url: 'redis://cache?tls=true'}", "rediss://cache:6379 - - TLS"),
            ("{url: 'rediss://cache?ssl=false&pool_size=3'}", "rediss://cache:6379 - - TLS"),
            (
                "{url: 'redis://cache?password=pw&db=2', password: x, db: 0, user: me}",
                "redis://me@cache:6379/0 me x plain",
            ),
            ("{sentinel: {master: m, addresses: 's1,s2:1'}}", "redis+sentinel://s1:26379,s2:1/m - - plain"),
            (
                "{url: 'rediss://app:pw@ignored/2', sentinel: {master: m, addresses: [s1]}}",
                "rediss+sentinel://s1:26379/m/2 app pw TLS",
            ),
            ("{url: 'valkeys://cache', password: 'p%40w'}", "valkeys://cache:6379 - p%40w TLS"),
        ] {
            assert_eq!(resolve(yaml, &MapEnv::default()).expect(yaml), expected, "{yaml}");
        }
    }

    #[test]
    fn what_comes_from_elsewhere_is_judged_at_a_run() {
        let env = MapEnv::with_vars(&[
            ("PATH_URL", "redis://:s3cret@cache/s3cret"),
            ("DB", "s3cret"),
            ("SENTINELS", "redis+sentinel://:s3cret@cache"),
        ]);
        for (yaml, message) in [
            ("{url: {env: PATH_URL}}", "the URL from the variable PATH_URL: its path is not the number of a database"),
            ("{url: {env: SENTINELS}}", "the URL from the variable SENTINELS: the scheme is not one of redis"),
            ("{host: cache, db: {env: DB}}", "database: the variable DB is not the number"),
            ("{host: cache, user: app}", "a user is set, but no password"),
        ] {
            let fault = resolve(yaml, &env).expect_err(yaml);
            assert!(fault.message.starts_with(message) && !fault.message.contains("s3"), "{}", fault.message);
        }
    }

    #[test]
    fn every_value_is_read_at_a_run() {
        let yaml = "{url: {env: U}, password: {file: /p}, db: {env: D}, tls: {ca: /ca.pem, server_name: {env: N}}}";
        let keys = keys(yaml);
        let origins: Vec<String> = keys.values().iter().map(|value| value.origin()).collect();
        assert_eq!(origins, ["the variable U", "the file /p", "the variable D", "the file /ca.pem", "the variable N"]);
        let yaml = "{role: {env: R}, key_exists: {env: K}, sentinel: {master: {env: M}, addresses: [s1, {env: A}], \
                    password: {file: /s}, tls: {ca: /ca.pem}}}";
        let keys = self::keys(yaml);
        let origins: Vec<String> = keys.values().iter().map(|value| value.origin()).collect();
        let expected =
            ["the variable R", "the variable K", "the variable M", "the variable A", "the file /s", "the file /ca.pem"];
        assert_eq!(origins, expected);
        let fault = keys.destination(&MapEnv::with_vars(&[("M", "m")])).expect_err("A is not set");
        assert_eq!(keys.blamed_origin(&fault), "the variable A");
    }
}
