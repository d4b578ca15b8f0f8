//! The keys of `mqtt`, and their values for one run.

use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::answers::code;
use super::packet::Version;
use crate::cause::Cause;
use crate::check::login;
use crate::check::server_keys::{Server, ServerKeys, ServerRules, read};
use crate::check::tls_keys::TlsKeys;
use crate::config::node::{Keys, Node, Problem};
use crate::env::Env;
use crate::outcome::{Detail, Fault, Phase, ValueDetail};
use crate::scheme::{Discovery, Scheme};
use crate::secret::Secret;
use crate::value::{Setting, Value};

const MQTT: Scheme = Scheme::new("mqtt").port(1883).discovery(Discovery::List);
const MQTTS: Scheme = Scheme::new("mqtts").port(8883).tls().discovery(Discovery::List);

/// The URLs.
pub(super) const RULES: ServerRules = ServerRules::of(&[MQTT, MQTTS, Scheme { name: "mqtt+unix", ..MQTT }.socket()]);

/// The longest user and password that a packet takes.
const LONGEST: usize = 65_535;
/// The longest client id.
const LONGEST_ID: usize = 256;

/// The schema of all keys; `url_form` is what its URLs look like.
#[cfg(test)]
pub(super) fn schema(generator: &mut schemars::SchemaGenerator, url_form: &str) -> schemars::Schema {
    use crate::check::server_keys::{describe, schema};

    let mut schema = schema::<OwnKeys>(generator, url_form);
    let url = format!(
        "`{url_form}`, also `mqtts://` for TLS, or `mqtt+unix:///run/broker.sock` for a Unix socket; every other key \
         overrides its part of it."
    );
    describe(&mut schema, "url", url);
    let user = "Who logs in. Without a password it is sent alone, as brokers that take tokens want it.";
    describe(&mut schema, "user", user);
    schema
}

/// The keys in addition to those of the server.
#[derive(Debug, Clone, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct OwnKeys {
    /// The version of MQTT: `3.1.1` or `5`. Default: the one of the last success, at first 3.1.1; after a server that does not speak it, the next run uses the other one.
    pub(super) version: Option<Setting<Version>>,
    /// The client id, for brokers that accept certain ones only. It must not be the app's: a broker ends the connection of the client that has the same id, and forgets its session. Default: a new random one for each connection (`pf` and 20 letters and digits).
    pub(super) client_id: Option<Setting<ClientId>>,
    /// Settings of TLS. With this key (`{}` is enough), the check uses TLS whatever the scheme of the URL is.
    pub(super) tls: Option<TlsKeys>,
}

/// The keys of `mqtt`.
#[derive(Debug, Clone, Default)]
pub(super) struct MqttKeys {
    pub(super) server: ServerKeys,
    pub(super) own: OwnKeys,
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "3.1.1" => Ok(Self::V311),
            "5" | "5.0" => Ok(Self::V5),
            _ => Err("one of 3.1.1, 5".to_owned()),
        }
    }
}

/// A client id.
#[derive(Debug, Clone)]
pub(super) struct ClientId(String);

impl FromStr for ClientId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = (1..=LONGEST_ID).contains(&text.len()) && !text.contains(char::is_control);
        fits.then(|| Self(text.to_owned())).ok_or_else(|| "a client id of 1 to 256 bytes".to_owned())
    }
}

/// The version that the server is known to speak: that of the last success.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    is_5: AtomicBool,
}

impl Remembered {
    fn get(&self) -> Version {
        if self.is_5.load(Ordering::Relaxed) { Version::V5 } else { Version::V311 }
    }

    /// The next run uses this one.
    pub(super) fn set(&self, version: Version) {
        self.is_5.store(version == Version::V5, Ordering::Relaxed);
    }
}

/// Where to connect, and as whom.
#[derive(Debug)]
pub(super) struct Destination {
    pub(super) server: Server,
    pub(super) password: Option<Secret>,
    pub(super) version: Version,
}

impl MqttKeys {
    /// Reads them.
    ///
    /// # Errors
    /// Every fault at once.
    pub(super) fn read(node: &Node) -> Result<Self, Vec<Problem>> {
        let (server, own) = read::<OwnKeys>(node, &RULES)?;
        let keys = Self { server, own };
        let problem = TlsKeys::problem_in(keys.own.tls.as_ref(), node);
        problem.map_or(Ok(keys), |problem| Err(vec![problem]))
    }

    /// Resolves the keys that say where to connect, without the login.
    ///
    /// # Errors
    /// As [`ServerKeys::resolve`].
    pub(super) fn target(&self, env: &dyn Env) -> Result<Server, Fault> {
        let mut server = self.server.resolve(&RULES, self.own.tls.is_some(), env)?;
        match self.server.password(&server, env) {
            Ok(Some(password)) => server.hide_user_like(&password),
            // A user alone is a token with many brokers.
            Ok(None) => server.hide_user(),
            Err(_) => {}
        }
        Ok(server)
    }

    /// Resolves all keys; `remembered` is what the server is known to speak.
    ///
    /// # Errors
    /// As [`MqttKeys::target`] and [`ServerKeys::password`]; `password_missing` where the version needs a user.
    pub(super) fn destination(&self, remembered: &Remembered, env: &dyn Env) -> Result<Destination, Fault> {
        let server = self.target(env)?;
        let password = self.server.password(&server, env)?;
        let fixed = self.own.version.as_ref().map(|version| version.resolve("version", env)).transpose()?;
        let version = fixed.unwrap_or_else(|| remembered.get());
        if version == Version::V311 && password.is_some() && server.user.is_none() {
            let message = "a password is set, but no user, which MQTT 3.1.1 demands beside it";
            return Err(login::missing(message, code::PASSWORD_ALONE));
        }
        let user = server.user.as_deref().map(|user| ("user", user, self.server.user.as_ref()));
        let secret = password.as_ref().map(|password| ("password", password.expose(), self.server.password.as_ref()));
        for (key, text, value) in [user, secret].into_iter().flatten() {
            if text.len() > LONGEST || (key == "user" && text.contains('\0')) {
                let cause = value.map_or(Cause::UrlMalformed, Value::invalid_cause);
                let fault =
                    Fault::new(Phase::Assert, cause, format!("{key}: more than {LONGEST} bytes, or a zero byte"));
                return Err(fault.with(Detail::Value(ValueDetail::Key(key))));
            }
        }
        Ok(Destination { server, password, version })
    }

    /// The client id, where one is set.
    ///
    /// # Errors
    /// As [`Setting::resolve`].
    pub(super) fn client_id(&self, env: &dyn Env) -> Result<Option<String>, Fault> {
        let id = self.own.client_id.as_ref().map(|id| id.resolve("client_id", env)).transpose()?;
        Ok(id.map(|ClientId(id)| id))
    }

    /// Whether it is on a socket of this pod, whatever the environment is.
    pub(super) fn is_on_socket(&self) -> bool {
        self.server.is_on_socket(&RULES)
    }

    /// The settings of TLS, if the check uses TLS.
    pub(super) fn tls(&self, server: &Server) -> Option<TlsKeys> {
        server.tls.then(|| self.own.tls.clone().unwrap_or_default())
    }

    /// Every value that a run reads.
    pub(super) fn values(&self) -> Vec<&Value> {
        let version = self.own.version.as_ref().and_then(Setting::later);
        let id = self.own.client_id.as_ref().and_then(Setting::later);
        let tls = self.own.tls.iter().flat_map(TlsKeys::values);
        self.server.named().map(|(_, value)| value).chain(version).chain(id).chain(tls).collect()
    }
}

#[cfg(test)]
mod tests;
