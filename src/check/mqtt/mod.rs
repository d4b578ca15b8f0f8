//! `mqtt`: a fresh login with the pod's own credentials, and DISCONNECT. Nothing is published, subscribed to or left behind.
//!
//! A broker ends the connection of a client whose id another one gives, so the client id is new and random for each
//! connection. Each run logs in once: a server that does not speak the version is tried with the other one in the next run.

mod answers;
mod discovery;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod hint;
mod keys;
mod packet;
mod run;

use std::sync::Arc;

use crate::check::server_keys::{Server, ServerKeys};
use crate::check::tls_keys::PEM_KEYS;
use crate::check::{Care, Check, Kind, Parsed, Prepared, ShownKeys, Subject, fault_of_url};
use crate::config::node::Node;
use crate::env::Env;
use crate::findings::{Reading, TlsKeyNames};
use crate::outcome::AUTH_METHOD;
use crate::value::Value;

use keys::{MqttKeys, RULES, Remembered};
use run::{MQTT_VERSION, MqttRun};

/// The form of its URLs.
const URL_FORM: &str = "mqtt://user:password@host:1883";

/// The kind.
pub const KIND: Kind = Kind {
    name: "mqtt",
    summary: "logs in to an MQTT broker with the pod's own credentials; publishes nothing",
    example: "{url: \"mqtts://broker:8883\", user: app, password: {file: /etc/secrets/mqtt}, version: \"5\"}",
    url_form: URL_FORM,
    schemes: RULES.schemes,
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &["client_id", "host", "port", "server_name", "socket", "user", "username", "verify", "version"],
        urls: &["url"],
        paths: PEM_KEYS,
        ..ShownKeys::NONE
    },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: discovery::RULE,
    counts_unfinished: None,
    start_tls: None,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault: |text| fault_of_url(parse, text),
    parse,
    from_url: |url| Arc::new(Mqtt::new(MqttKeys { server: ServerKeys::of_url(url), ..MqttKeys::default() })),
    facts: &[MQTT_VERSION, AUTH_METHOD],
    hint: hint::hint,
    #[cfg(test)]
    schema: |generator| keys::schema(generator, URL_FORM),
};

/// A configured check.
#[derive(Debug)]
struct Mqtt {
    keys: MqttKeys,
    remembered: Arc<Remembered>,
}

impl Mqtt {
    fn new(keys: MqttKeys) -> Self {
        Self { keys, remembered: Arc::default() }
    }

    fn resolve(&self, env: &dyn Env) -> Result<MqttRun, crate::outcome::Fault> {
        let destination = self.keys.destination(&self.remembered, env)?;
        let (client_id, tls) = (self.keys.client_id(env)?, self.keys.tls(&destination.server));
        Ok(MqttRun { destination, client_id, tls, remembered: Arc::clone(&self.remembered) })
    }
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Mqtt::new(MqttKeys::read(node)?)))
}

impl Check for Mqtt {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let target = self.keys.target(env);
        Prepared::new(
            target.as_ref().map_or_else(|fault| self.keys.server.blamed_origin(fault), |server| server.target(None)),
            target.as_ref().map(Server::endpoints).unwrap_or_default(),
            self.keys.server.named().flat_map(|(key, value)| Reading::all(key, value, env)).collect(),
            self.resolve(env),
        )
    }

    fn stays_in_pod(&self) -> bool {
        self.keys.is_on_socket()
    }

    fn warnings(&self) -> Vec<(&'static str, &'static str)> {
        let text =
            "it must not be the app's client id: the broker would end the app's connection and forget its session";
        if self.keys.own.client_id.is_some() { vec![("client_id", text)] } else { Vec::new() }
    }

    fn values(&self) -> Vec<&Value> {
        self.keys.values()
    }
}
