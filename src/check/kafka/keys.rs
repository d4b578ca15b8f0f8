//! The keys of `kafka`, and their values for one run.

use super::code;
use super::login::Login;
use super::parameters::Parameters;
use super::words::{Mechanism, MinIsr, PORT, SecurityProtocol, Servers, TopicNames};
use crate::check::login;
use crate::check::scram::Rounds;
use crate::check::server_keys::{Server, ServerKeys, ServerRules, origin_of, read};
use crate::check::texts::Texts;
use crate::check::tls_keys::TlsKeys;
use crate::config::node::{Keys, Node, Problem};
use crate::env::Env;
use crate::outcome::Fault;
use crate::scheme::{Discovery, Scheme};
use crate::secret::Secret;
use crate::url::Url;
use crate::value::{Setting, Value};

const fn scheme(name: &'static str, port: u16) -> Scheme {
    Scheme::new(name).port(port).discovery(Discovery::List)
}

/// The URLs of Kafka: `kafka+ssl` is that of Heroku.
pub(super) const RULES: ServerRules = ServerRules {
    several_hosts: true,
    own_targets: &["bootstrap"],
    ..ServerRules::of(&[
        scheme("kafka", PORT),
        scheme("kafkas", 9093).tls(),
        scheme("kafka+ssl", 9093).tls(),
        scheme("kafka+tls", 9093).tls(),
    ])
};

/// The keys in addition to those of the server.
#[derive(Debug, Clone, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct OwnKeys {
    /// The brokers to start with, as clients take `bootstrap.servers`, each as `host` or `host:port` (default 9092): a list, or one text with commas. They are tried in order, and the first one that answers is enough.
    pub(super) bootstrap: Option<Texts<Servers>>,
    /// The topics that must exist, with a leader for every partition: a list, or one text with commas. Default: the path of the URL, else none. A topic that does not exist is never created.
    pub(super) topic: Option<Texts<TopicNames>>,
    /// How many replicas of each partition of the topics must be in sync.
    pub(super) min_isr: Option<Setting<MinIsr>>,
    /// PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, as the app's `security.protocol`. Default: TLS if the URL or `tls` asks for it, a login if there is a user.
    pub(super) security_protocol: Option<Setting<SecurityProtocol>>,
    /// PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512, as the app's `sasl.mechanism`. Default: the strongest one that the broker offers; PLAIN only over TLS. With OAUTHBEARER, AWS_MSK_IAM and GSSAPI, the check ends at the connection.
    pub(super) mechanism: Option<Setting<Mechanism>>,
    /// The fewest rounds of SCRAM that the check answers. Default: 4096, over verified TLS 1.
    pub(super) min_scram_iterations: Option<Setting<Rounds>>,
    /// Settings of TLS. With this key (`{}` is enough), the check uses TLS whatever the scheme of the URL is.
    pub(super) tls: Option<TlsKeys>,
}

/// The keys of `kafka`.
#[derive(Debug, Clone, Default)]
pub(super) struct KafkaKeys {
    pub(super) server: ServerKeys,
    pub(super) own: OwnKeys,
}

/// Where to connect, and for what.
#[derive(Debug)]
pub(super) struct Destination {
    pub(super) server: Server,
    pub(super) topics: Vec<String>,
    /// Who logs in; why nobody can, where a part of it is missing.
    pub(super) credential: Result<Credential, Fault>,
    protocol: Option<SecurityProtocol>,
}

/// Who logs in how.
#[derive(Debug, Clone)]
pub(super) struct Credential {
    /// The mechanism that is named.
    pub(super) mechanism: Option<Mechanism>,
    /// `None` where nobody logs in.
    pub(super) login: Option<Login>,
}

impl KafkaKeys {
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
        for key in ["host", "port"] {
            if self.own.bootstrap.is_some() && node.get(key).is_some() {
                found.push(Problem::new(span(key), key, "`bootstrap` names the brokers: remove one of them"));
            }
        }
        found.extend(TlsKeys::problem_in(self.own.tls.as_ref(), node));
        if let Some(Setting::Known(protocol)) = self.own.security_protocol {
            let given = |keys: &[&str]| keys.iter().any(|key| node.get(key).is_some());
            if !protocol.tls && given(&["tls"]) {
                found.push(Problem::new(span("tls"), "tls", "`security_protocol` says that there is no TLS"));
            }
            if !protocol.login && given(&["user", "username", "password", "mechanism"]) {
                let problem =
                    "says that there is no login: set SASL_PLAINTEXT or SASL_SSL, or remove user and password";
                found.push(Problem::new(span("security_protocol"), "security_protocol", problem));
            }
        }
        if self.own.min_isr.is_some() && self.own.topic.is_none() && self.server.url.is_none() {
            found.push(Problem::new(span("min_isr"), "min_isr", "needs `topic` beside it"));
        }
        found
    }

    /// Resolves the keys that say where to connect, as whom, and for what.
    ///
    /// # Errors
    /// As [`ServerKeys::resolve`]; `url_malformed` for a path that names no topic.
    pub(super) fn destination(&self, env: &dyn Env) -> Result<Destination, Fault> {
        let own = &self.own;
        let protocol = own.security_protocol.as_ref().map(|word| word.resolve("security_protocol", env)).transpose()?;
        let mut server = self.server.resolve(&RULES, own.tls.is_some() || protocol.is_some_and(|one| one.tls), env)?;
        let parameters = Parameters::read(&server.query);
        let protocol = protocol.or(parameters.protocol);
        if !server.tls && (parameters.tls || protocol.is_some_and(|one| one.tls)) {
            // The target is shown as what it is.
            server = self.server.resolve(&RULES, true, env)?;
        }
        server.user = server.user.or_else(|| parameters.user.clone());
        if let Some(bootstrap) = &own.bootstrap {
            (server.hosts, server.socket) = (bootstrap.resolve("bootstrap", env)?, None);
        }
        let topics = match &own.topic {
            Some(topic) => topic.resolve("topic", env)?,
            None => server
                .path
                .as_deref()
                .map_or(Ok(Vec::new()), of_path)
                .map_err(|problem| self.server.malformed(&problem))?,
        };
        let credential = self.credential(&mut server, &parameters, protocol, env);
        Ok(Destination { server, topics, credential, protocol })
    }

    /// Resolves who logs in by which mechanism.
    ///
    /// # Errors
    /// As [`ServerKeys::password`]; `password_missing` where a part is missing.
    fn credential(
        &self,
        server: &mut Server,
        parameters: &Parameters,
        protocol: Option<SecurityProtocol>,
        env: &dyn Env,
    ) -> Result<Credential, Fault> {
        let mechanism = self.own.mechanism.as_ref().map(|word| word.resolve("mechanism", env)).transpose()?;
        let mechanism = mechanism.or(parameters.mechanism);
        let of = |login| Ok(Credential { mechanism, login });
        if protocol.is_some_and(|protocol| !protocol.login) {
            return of(None);
        }
        let password = self.server.password(server, env)?.or_else(|| parameters.password.clone());
        let pair = login::pair(server.user.clone(), password, [code::USER_ALONE, code::PASSWORD_ALONE]);
        match pair {
            Ok(Some((user, password))) => {
                server.hide_user_like(&password);
                let hidden_user = server.shown_user().is_none().then(|| Secret::new(user.clone()));
                of(Some(Login { user, password, hidden_user }))
            }
            // Their credentials come from elsewhere.
            _ if matches!(mechanism, Some(Mechanism::Other(_))) => of(None),
            Ok(None) if mechanism.is_some() || protocol.is_some() => {
                let message = "a login is asked for, but no user and no password are set";
                Err(login::missing(message, code::NO_CREDENTIAL))
            }
            Ok(None) => of(None),
            Err(fault) => Err(fault),
        }
    }

    /// The settings of TLS, if the check uses TLS.
    pub(super) fn tls(&self, destination: &Destination) -> Option<TlsKeys> {
        let is_off = destination.protocol.is_some_and(|protocol| !protocol.tls);
        (destination.server.tls && !is_off).then(|| self.own.tls.clone().unwrap_or_default())
    }

    /// How many replicas must be in sync.
    ///
    /// # Errors
    /// Those of a value that cannot be resolved.
    pub(super) fn min_isr(&self, env: &dyn Env) -> Result<Option<u32>, Fault> {
        let number = self.own.min_isr.as_ref().map(|number| number.resolve("min_isr", env)).transpose()?;
        Ok(number.map(|MinIsr(number)| number))
    }

    /// The fewest rounds of SCRAM.
    ///
    /// # Errors
    /// Those of a value that cannot be resolved.
    pub(super) fn min_rounds(&self, env: &dyn Env) -> Result<Option<u32>, Fault> {
        let number = self.own.min_scram_iterations.as_ref();
        let number = number.map(|number| number.resolve("min_scram_iterations", env)).transpose()?;
        Ok(number.map(|Rounds(number)| number))
    }

    /// Whether it is on a socket of this pod, whatever the environment is.
    pub(super) fn is_on_socket(&self) -> bool {
        self.own.bootstrap.is_none() && self.server.is_on_socket(&RULES)
    }

    /// The values with their keys that tell what each is.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let bootstrap = self.own.bootstrap.iter().flat_map(Texts::later).map(|value| ("host", value));
        self.server.named().chain(bootstrap)
    }

    /// What stands for the target that cannot be resolved, for this reason.
    pub(super) fn blamed_origin(&self, fault: &Fault) -> String {
        origin_of(fault, self.named())
    }

    /// Every value that a run reads.
    pub(super) fn values(&self) -> Vec<&Value> {
        let own = &self.own;
        let words = [
            own.min_isr.as_ref().and_then(Setting::later),
            own.security_protocol.as_ref().and_then(Setting::later),
            own.mechanism.as_ref().and_then(Setting::later),
            own.min_scram_iterations.as_ref().and_then(Setting::later),
        ];
        let topics = own.topic.iter().flat_map(Texts::later);
        let tls = own.tls.iter().flat_map(TlsKeys::values);
        self.named().map(|(_, value)| value).chain(topics).chain(words.into_iter().flatten()).chain(tls).collect()
    }
}

impl Destination {
    /// As it may be shown.
    pub(super) fn target(&self) -> String {
        let topics = self.topics.join(",");
        self.server.target(Some(&*topics).filter(|topics| !topics.is_empty()))
    }
}

/// The topics that a URL's path names.
fn of_path(path: &str) -> Result<Vec<String>, String> {
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let names: Result<TopicNames, _> = path.trim_end_matches('/').parse();
    names.map(|names| names.into_iter().collect()).map_err(|expected| format!("its path is not {}", expected.text))
}

#[cfg(test)]
mod tests {
    use super::{Credential, KafkaKeys};
    use crate::check::kafka::words::Mechanism;
    use crate::check::server_keys::testing::{self, assert_faults};
    use crate::env::MapEnv;
    use crate::outcome::Fault;

    fn keys(yaml: &str) -> KafkaKeys {
        testing::keys(KafkaKeys::read, yaml)
    }

    /// Target, who logs in how, and whether TLS is used.
    fn resolve(yaml: &str, env: &MapEnv) -> Result<String, Fault> {
        let keys = keys(yaml);
        let destination = keys.destination(env)?;
        let Credential { mechanism, login } = destination.credential.clone()?;
        let login = login.map_or_else(|| "-".to_owned(), |login| format!("{}:{}", login.user, login.password.expose()));
        let tls = if keys.tls(&destination).is_some() { "TLS" } else { "plain" };
        Ok(format!("{} {login} {} {tls}", destination.target(), mechanism.map_or("-", Mechanism::name)))
    }

    #[test]
    fn what_is_wrong_is_told_at_load() {
        assert_faults(
            KafkaKeys::read,
            &[
                ("{}", ": needs `url` or `host` or `bootstrap`"),
                ("{url: 'http://app:s3cret@b'}", "url: the scheme is not one of kafka, kafkas, kafka+ssl, kafka+tls"),
                ("{url: 'kafka://b/a/s3cret'}", "url: its path is not the name of a topic"),
                ("{bootstrap: []}", "bootstrap: expected at least one entry"),
                ("{bootstrap: 'kafka://app:s3cret@b'}", "bootstrap: "),
                ("{bootstrap: b, host: b}", "host: `bootstrap` names the brokers"),
                ("{bootstrap: b, port: 1}", "port: `bootstrap` names the brokers"),
                ("{bootstrap: b, topic: 'a b'}", "topic: expected the name of a topic"),
                ("{bootstrap: b, topic: a, min_isr: 0}", "min_isr: expected a number from 1"),
                ("{bootstrap: b, min_isr: 2}", "min_isr: needs `topic`"),
                ("{bootstrap: b, mechanism: MD5}", "mechanism: expected one of PLAIN"),
                ("{bootstrap: b, security_protocol: TLS}", "security_protocol: expected one of PLAINTEXT"),
                ("{bootstrap: b, security_protocol: PLAINTEXT, tls: {}}", "tls: `security_protocol` says"),
                (
                    "{bootstrap: b, security_protocol: SSL, user: a, password: s3cret}",
                    "security_protocol: says that there is no",
                ),
                (
                    "{bootstrap: b, min_scram_iterations: 40000}",
                    "min_scram_iterations: expected a number from 1 to 30000",
                ),
                ("{bootstrap: b, tls: {cert: /c}}", "tls: `cert` needs its `key`"),
                ("{bootstrap: b, topics: a}", "topics: unknown key, did you mean topic?"),
            ],
        );
    }

    #[test]
    fn keys_and_urls_come_to_the_same() {
        for (yaml, expected) in [
            ("{host: b}", "kafka://b:9092 - - plain"),
            ("{bootstrap: 'b1, b2:9094'}", "kafka://b1:9092,b2:9094 - - plain"),
            ("{bootstrap: [b1, 'b2:1'], topic: [orders, pay]}", "kafka://b1:9092,b2:1/orders,pay - - plain"),
            ("{url: 'kafka://b1,b2:9094/orders'}", "kafka://b1:9092,b2:9094/orders - - plain"),
            ("{url: 'kafka://b/orders', topic: pay}", "kafka://b:9092/pay - - plain"),
            ("{url: 'kafkas://b'}", "kafkas://b:9093 - - TLS"),
            ("{url: 'kafka+ssl://b1:9096,b2:9096'}", "kafka+ssl://b1:9096,b2:9096 - - TLS"),
            ("{host: b, tls: {}}", "kafkas://b:9093 - - TLS"),
            ("{bootstrap: b, tls: {}}", "kafkas://b:9092 - - TLS"),
            ("{bootstrap: b, security_protocol: ssl}", "kafkas://b:9092 - - TLS"),
            ("{bootstrap: b, user: app, password: x}", "kafka://app@b:9092 app:x - plain"),
            (
                "{bootstrap: b, security_protocol: SASL_SSL, username: app, password: x, mechanism: SCRAM-SHA-512}",
                "kafkas://app@b:9092 app:x SCRAM-SHA-512 TLS",
            ),
            ("{url: 'kafka://app:p%2Fw@b?sasl.mechanism=PLAIN'}", "kafka://app@b:9092 app:p/w PLAIN plain"),
            ("{url: 'kafka://b?security.protocol=SSL'}", "kafkas://b:9093 - - TLS"),
            ("{url: 'kafkas://app:x@b', security_protocol: SASL_PLAINTEXT}", "kafkas://app@b:9093 app:x - plain"),
            ("{url: 'kafka://app:x@b', security_protocol: PLAINTEXT}", "kafka://app@b:9092 - - plain"),
            ("{bootstrap: b, mechanism: OAUTHBEARER}", "kafka://b:9092 - OAUTHBEARER plain"),
            (
                "{bootstrap: b, user: s3cret-token, password: s3cret-token}",
                "kafka://b:9092 s3cret-token:s3cret-token - plain",
            ),
        ] {
            assert_eq!(resolve(yaml, &MapEnv::default()).expect(yaml), expected, "{yaml}");
        }
    }

    #[test]
    fn what_comes_from_elsewhere_is_judged_at_a_run() {
        let env =
            MapEnv::with_vars(&[("BROKERS", "kafka://app:s3cret@b"), ("URL", "kafka://b/s3/cret"), ("X", "s3cret x")]);
        for (yaml, slug, message) in [
            ("{bootstrap: {env: BROKERS}}", "variable_invalid", "bootstrap: the variable BROKERS is not"),
            (
                "{url: {env: URL}}",
                "url_malformed",
                "the URL from the variable URL: its path is not the name of a topic",
            ),
            ("{bootstrap: b, topic: {env: X}}", "variable_invalid", "topic: the variable X is not the name of a topic"),
            (
                "{bootstrap: b, mechanism: {env: X}}",
                "variable_invalid",
                "mechanism: the variable X is not one of PLAIN",
            ),
            ("{bootstrap: b, user: app}", "password_missing", "a user is set, but no password"),
            ("{bootstrap: b, password: {env: X}}", "password_missing", "a password is set, but no user"),
            ("{bootstrap: b, mechanism: PLAIN}", "password_missing", "a login is asked for"),
            ("{bootstrap: b, security_protocol: SASL_SSL}", "password_missing", "a login is asked for"),
        ] {
            let fault = resolve(yaml, &env).expect_err(yaml);
            assert_eq!(fault.cause.slug(), slug, "{yaml}: {}", fault.message);
            assert!(fault.message.starts_with(message) && !fault.message.contains("s3"), "{}", fault.message);
        }
    }

    #[test]
    fn every_value_is_read_at_a_run() {
        let yaml = "{bootstrap: [b, {env: B}], topic: {env: T}, min_isr: {env: I}, mechanism: {env: M}, user: {env: U}, \
                    password: {file: /p}, security_protocol: {env: S}, min_scram_iterations: {env: R}, tls: {ca: /ca.pem}}";
        let keys = keys(yaml);
        let origins: Vec<String> = keys.values().iter().map(|value| value.origin()).collect();
        for origin in ["B", "T", "I", "M", "U", "S", "R"].map(|name| format!("the variable {name}")) {
            assert!(origins.contains(&origin), "{origin}: {origins:?}");
        }
        assert!(origins.contains(&"the file /p".to_owned()) && origins.contains(&"the file /ca.pem".to_owned()));
        let fault = keys.destination(&MapEnv::with_vars(&[("S", "SSL"), ("U", "app")])).expect_err("B is not set");
        assert_eq!(keys.blamed_origin(&fault), "the variable B");
    }
}
