//! The keys of `mongodb`, and their values for one run.

use super::code;
use super::login::EXTERNAL;
use super::parameters::{Leniency, Parameters};
use super::url::{PORT_OF_SRV, SRV, UNENCODED, UrlOddity, is_unencoded, of_url};
use super::words::{Mechanism, MechanismWord, Role};
use crate::cause::Cause;
use crate::check::login::{Cleartext, LoginRefusal};
use crate::check::scram::{LEAST_ROUNDS, Rounds};
use crate::check::server_keys::{Server, ServerKeys, ServerRules, plain, read};
use crate::check::tls_keys::TlsKeys;
use crate::config::node::{Keys, Node, Problem};
use crate::env::Env;
use crate::outcome::{Detail, Fault, Phase, ValueDetail};
use crate::scheme::{Discovery, Scheme};
use crate::secret::Secret;
use crate::url::{Endpoint, Host, Url};
use crate::value::{Setting, Value};

const PORT: u16 = 27017;
/// The name of the service in SRV records, unless a URL has another one.
const SERVICE: &str = "mongodb";
/// The database of users, unless something names another one.
const ADMIN: &str = "admin";

const fn scheme(name: &'static str) -> Scheme {
    Scheme::new(name).port(PORT).discovery(Discovery::Login)
}

/// The URLs of MongoDB.
pub(super) const RULES: ServerRules =
    ServerRules { several_hosts: true, ..ServerRules::of(&[scheme("mongodb"), scheme(SRV).tls()]) };

/// The schema of all keys; `url_form` is what its URLs look like.
#[cfg(test)]
pub(super) fn schema(generator: &mut schemars::SchemaGenerator, url_form: &str) -> schemars::Schema {
    let mut schema = crate::check::server_keys::schema::<OwnKeys>(generator, url_form);
    let keys = schema.get_mut("properties").and_then(serde_json::Value::as_object_mut).expect("a struct has keys");
    let mut describe = |key: &str, text: String| {
        let key = keys.get_mut(key).and_then(serde_json::Value::as_object_mut).expect("a server has this key");
        key.insert("description".to_owned(), text.into());
    };
    describe(
        "url",
        format!(
            "`{url_form}`, `mongodb+srv://user:password@host/database`, or `mongodb://%2Frun%2Fmongodb.sock` for a Unix \
             socket; every other key overrides its part of it."
        ),
    );
    describe(
        "host",
        "The server's name or address, several ones separated by commas, or `unix:PATH` for a Unix socket.".to_owned(),
    );
    schema
}

/// The keys in addition to those of the server.
#[derive(Debug, Clone, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct OwnKeys {
    /// The database that the app uses. Default: that of the URL. Without `auth_source`, the user is looked for in it.
    pub(super) database: Option<Value>,
    /// The database in which the user was created. Default: that of the URL (`authSource`), else `database`, else `admin`; for MONGODB-X509 and PLAIN, `$external`.
    pub(super) auth_source: Option<Value>,
    /// SCRAM-SHA-256, SCRAM-SHA-1, MONGODB-X509 (the client certificate in `tls` logs in) or PLAIN (LDAP). Default: that of the URL, else what the server lists for the user.
    pub(super) auth_mechanism: Option<Setting<MechanismWord>>,
    /// The name that the replica set must have. Default: that of the URL (`replicaSet`), else any.
    pub(super) replica_set: Option<Value>,
    /// The required role: primary, secondary or any. Default: what the `readPreference` of the URL needs, else primary in a replica set, and any for a server to which the URL leads directly.
    pub(super) role: Option<Setting<Role>>,
    /// `true` uses the server of the URL whatever it is, and no other member of its replica set. Default: that of the URL (`directConnection`). Without either, a URL with one host and no `replicaSet` leads most drivers to the members and Java's to that host: then members that this pod does not reach are a finding, no failure.
    pub(super) direct_connection: Option<bool>,
    /// Settings of TLS. With this key (`{}` is enough), the check uses TLS whatever the URL says.
    pub(super) tls: Option<TlsKeys>,
    /// verified or encrypted: the TLS that a password in clear text needs (PLAIN alone sends one). Default: verified. encrypted also accepts a certificate that is not verified, but then an attacker on the path can read the password. Without TLS, it is never sent.
    pub(super) cleartext: Option<Setting<Cleartext>>,
    /// The fewest rounds of SCRAM that the server may demand. Default: 4096, as in the drivers.
    pub(super) min_scram_iterations: Option<Setting<Rounds>>,
}

/// The keys of `mongodb`.
#[derive(Debug, Clone, Default)]
pub(super) struct MongodbKeys {
    pub(super) server: ServerKeys,
    pub(super) own: OwnKeys,
}

/// Where to connect.
#[derive(Debug)]
pub(super) struct Destination {
    pub(super) server: Server,
    pub(super) database: Option<String>,
    pub(super) parameters: Parameters,
    /// The name of SRV records, and of their service.
    pub(super) srv: Option<(Host, String)>,
    /// What only some drivers accept of the URL.
    pub(super) oddity: Option<UrlOddity>,
}

/// All that a run needs.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) destination: Destination,
    pub(super) password: Option<Secret>,
    /// As a key says.
    source: Option<String>,
    pub(super) mechanism: Option<MechanismWord>,
    pub(super) set: Option<String>,
    pub(super) role: Option<Role>,
    pub(super) direct: Option<bool>,
    pub(super) tls: Option<TlsKeys>,
    pub(super) cleartext: Cleartext,
    pub(super) least_rounds: u32,
}

impl MongodbKeys {
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
        let span = |key: &str| node.get(key).map_or(node.span, |value| value.span);
        if let Some(Value::Literal(text)) = &self.server.url
            && let Ok(url) = Url::parse(text.expose())
        {
            let problem = is_unencoded(text.expose()).then_some(UNENCODED).or(of_url(&url).err());
            found.extend(problem.map(|problem| Problem::new(span("url"), "url", problem)));
        }
        found.extend(TlsKeys::problem_in(self.own.tls.as_ref(), node));
        found
    }

    /// Resolves the keys that say where to connect.
    ///
    /// # Errors
    /// As [`ServerKeys::resolve`]; `url_malformed` for what no driver accepts.
    pub(super) fn destination(&self, env: &dyn Env) -> Result<Destination, Fault> {
        let given = self.server.url.as_ref().map(|value| value.resolve(env)).transpose()?;
        let given = given.as_ref().map_or("", Secret::expose);
        if is_unencoded(given) {
            let message = format!("the URL from {}: {UNENCODED}", self.server.origin());
            return Err(Fault::new(Phase::Assert, Cause::UrlPasswordUnencoded, message));
        }
        let mut server = self.server.resolve(&RULES, false, env)?;
        if let Ok(Some(password)) = self.server.password(&server, env) {
            server.hide_user_like(&password);
        }
        let text = &plain(given, &RULES);
        let url = Url::parse(text).ok();
        let malformed = |problem: &str| self.server.malformed(problem);
        if let Some(url) = &url {
            let with_code = |problem: &'static str| match problem {
                PORT_OF_SRV => malformed(problem).with(Detail::Protocol { code: code::SRV_PORT, product: None }),
                problem => malformed(problem),
            };
            of_url(url).map_err(with_code)?;
        }
        let parameters = Parameters::read(&server.query).map_err(malformed)?;
        let by_srv = url.as_ref().is_some_and(|url| url.scheme == SRV) && self.server.host.is_none();
        let host = server.hosts.first().map(|endpoint| endpoint.host.clone()).filter(|_| by_srv);
        let database = match &self.own.database {
            Some(value) => Some(name("database", value, env)?),
            // `shop.orders` names a collection, too.
            None => server.path.as_deref().and_then(|path| path.split('.').next()).map(str::to_owned),
        };
        let service = || parameters.service.clone().unwrap_or_else(|| SERVICE.to_owned());
        Ok(Destination {
            srv: host.map(|host| (host, service())),
            oddity: url.as_ref().and_then(|url| UrlOddity::of(text, url)),
            database: database.filter(|name| !name.is_empty()),
            parameters,
            server,
        })
    }

    /// Resolves all keys.
    ///
    /// # Errors
    /// As [`ServerKeys::resolve`] and [`Value::resolve`]; `password_missing` for a user without one, and
    /// `tls_client_cert_required` for a login by certificate without one.
    pub(super) fn settings(&self, env: &dyn Env) -> Result<Settings, Fault> {
        let destination = self.destination(env)?;
        let own = &self.own;
        let parameters = &destination.parameters;
        let password = self.server.password(&destination.server, env)?;
        let mechanism = own.auth_mechanism.as_ref().map(|word| word.resolve("auth_mechanism", env)).transpose()?;
        let mechanism = mechanism.or(parameters.mechanism);
        let text = |key, value: &Option<Value>| value.as_ref().map(|value| name(key, value, env)).transpose();
        let tls = match (&own.tls, parameters.tls) {
            (Some(keys), _) => Some(keys.clone()),
            (None, Some(false)) => None,
            (None, wanted) => {
                let wanted = wanted == Some(true) || destination.srv.is_some() || parameters.implies_tls();
                wanted.then(TlsKeys::default)
            }
        };
        let tls = tls.map(|keys| parameters.fill(keys));
        if mechanism == Some(MechanismWord::Spoken(Mechanism::X509))
            && tls.as_ref().is_none_or(|tls| tls.cert.is_none())
        {
            let message = "MONGODB-X509 logs in by a client certificate over TLS, and none is set";
            let fault = Fault::new(Phase::Tls, Cause::TlsClientCertRequired, message).stating(message);
            return Err(fault.with(Detail::Protocol { code: code::X509_WITHOUT_CERT, product: None }));
        }
        if parameters.has_encrypted_key && own.tls.as_ref().is_none_or(|tls| tls.key.is_none()) {
            let message = "the key of the client certificate is encrypted (tlsCertificateKeyFilePassword), which pilotfish does not read";
            let fault = Fault::new(Phase::Assert, Cause::ProbeLimit, message);
            return Err(fault.with(Detail::Protocol { code: code::ENCRYPTED_KEY, product: None }));
        }
        let needs_password = match mechanism {
            None | Some(MechanismWord::Spoken(Mechanism::Sha1 | Mechanism::Sha256 | Mechanism::Plain)) => true,
            Some(MechanismWord::Spoken(Mechanism::X509) | MechanismWord::NotSpoken(_)) => false,
        };
        if destination.server.user.is_some() && password.is_none() && needs_password {
            let fault = LoginRefusal::Missing.fault("a user is set, but no password");
            return Err(fault.with(Detail::Protocol { code: code::NO_PASSWORD, product: None }));
        }
        let least = own.min_scram_iterations.as_ref().map(|rounds| rounds.resolve("min_scram_iterations", env));
        let cleartext = own.cleartext.as_ref().map(|word| word.resolve("cleartext", env)).transpose()?;
        Ok(Settings {
            source: text("auth_source", &own.auth_source)?,
            set: text("replica_set", &own.replica_set)?.or_else(|| parameters.set.clone()),
            role: own.role.as_ref().map(|role| role.resolve("role", env)).transpose()?.or(parameters.role),
            direct: own.direct_connection.or(parameters.direct),
            least_rounds: least.transpose()?.map_or(LEAST_ROUNDS, |Rounds(rounds)| rounds),
            cleartext: cleartext.unwrap_or_default(),
            tls,
            mechanism,
            password,
            destination,
        })
    }

    /// Whether it is on a socket of this pod, whatever the environment is.
    pub(super) fn is_on_socket(&self) -> bool {
        self.server.is_on_socket(&RULES)
    }

    /// Every value that a run reads.
    pub(super) fn values(&self) -> Vec<&Value> {
        let own = &self.own;
        let texts = [&own.database, &own.auth_source, &own.replica_set].into_iter().flatten();
        let words = [
            own.auth_mechanism.as_ref().and_then(Setting::later),
            own.role.as_ref().and_then(Setting::later),
            own.cleartext.as_ref().and_then(Setting::later),
            own.min_scram_iterations.as_ref().and_then(Setting::later),
        ];
        let server = self.server.named().map(|(_, value)| value);
        server.chain(texts).chain(words.into_iter().flatten()).chain(own.tls.iter().flat_map(TlsKeys::values)).collect()
    }
}

/// A name, which a server may repeat: a URL in its place would show a password.
fn name(key: &'static str, value: &Value, env: &dyn Env) -> Result<String, Fault> {
    let name = value.resolve(env)?.expose().to_owned();
    if name.contains("://") || name.contains('\0') {
        let fault = Fault::new(Phase::Assert, value.invalid_cause(), format!("{key}: expected a name"));
        return Err(fault.with(Detail::Value(ValueDetail::Key(key))));
    }
    Ok(name)
}

impl Destination {
    /// As it may be shown.
    pub(super) fn target(&self) -> String {
        let target = self.server.target(self.database.as_deref());
        if self.srv.is_some() { target.replacen(&format!(":{PORT}"), "", 1) } else { target }
    }

    /// What is dialled, as far as the URL says.
    pub(super) fn endpoints(&self) -> Vec<Endpoint> {
        if self.srv.is_some() { Vec::new() } else { self.server.endpoints() }
    }
}

impl Settings {
    /// Where the user is, with what a TXT record adds.
    pub(super) fn source(&self, parameters: &Parameters) -> String {
        let named = self.source.clone().or_else(|| parameters.source.clone());
        let is_external = matches!(self.mechanism, Some(MechanismWord::Spoken(mechanism)) if mechanism.is_external());
        let usual = || match (is_external, &self.destination.database) {
            (true, _) => EXTERNAL.to_owned(),
            (false, Some(database)) => database.clone(),
            (false, None) => ADMIN.to_owned(),
        };
        named.unwrap_or_else(usual)
    }

    /// The user.
    pub(super) fn user(&self) -> Option<&str> {
        self.destination.server.user.as_deref()
    }

    /// Whether anybody logs in.
    pub(super) fn logs_in(&self) -> bool {
        let by_itself = !matches!(
            self.mechanism,
            None | Some(MechanismWord::Spoken(Mechanism::Sha1 | Mechanism::Sha256 | Mechanism::Plain))
        );
        self.user().is_some() || by_itself
    }

    /// What of the name in a certificate is verified.
    pub(super) fn ignores_name(&self) -> bool {
        self.destination.parameters.leniency == Leniency::Name
    }
}

#[cfg(test)]
mod tests;
