//! `kafka`: a session with the first broker that answers, with the pod's own login, then whether the topics are there and
//! whether this pod reaches the brokers at the addresses that they announce.
//!
//! It produces and consumes nothing, joins no group, and never creates a topic: it asks for topics by name, in versions of the
//! request that say so.

mod client;
mod cluster;
mod code;
mod discovery;
mod errors;
mod facts;
mod fault;
mod fields;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod hint;
mod keys;
mod login;
mod memory;
mod messages;
mod parameters;
mod run;
mod words;

use std::sync::Arc;

use crate::check::server_keys::ServerKeys;
use crate::check::tls_keys::PEM_KEYS;
use crate::check::{Care, Check, Kind, Parsed, Prepared, ShownKeys, Subject, fault_of_url};
use crate::config::node::Node;
use crate::env::Env;
use crate::findings::{Reading, TlsKeyNames};
use crate::outcome::{AUTH_METHOD, Fault};
use crate::value::Value;

use facts::{BROKERS, CLUSTER_ID, MECHANISMS};
use keys::{Destination, KafkaKeys, RULES};
use memory::Memory;
use run::KafkaRun;

/// The form of its URLs.
const URL_FORM: &str = "kafka://user:password@host:9092,host:9092/topic";

/// The kind.
pub const KIND: Kind = Kind {
    name: "kafka",
    summary: "logs in to Kafka, and checks topics, leaders, in-sync replicas and the addresses that the brokers announce",
    example: "{bootstrap: [\"kafka-0:9092\", \"kafka-1:9092\"], topic: orders, min_isr: 2, security_protocol: SASL_SSL, \
              mechanism: SCRAM-SHA-512, user: app, password: {file: /etc/secrets/kafka}}",
    url_form: URL_FORM,
    schemes: RULES.schemes,
    subject: Subject::Server,
    shown: ShownKeys {
        plain: &[
            "bootstrap",
            "host",
            "mechanism",
            "min_isr",
            "min_scram_iterations",
            "port",
            "security_protocol",
            "server_name",
            "socket",
            "topic",
            "user",
            "username",
            "verify",
        ],
        urls: &["url"],
        paths: PEM_KEYS,
        ..ShownKeys::NONE
    },
    tls_keys: TlsKeyNames::BLOCK,
    discovery: discovery::RULE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault: |text| fault_of_url(parse, text),
    parse,
    from_url: |url| Arc::new(Kafka::new(KafkaKeys { server: ServerKeys::of_url(url), ..KafkaKeys::default() })),
    facts: &[AUTH_METHOD, MECHANISMS, BROKERS, CLUSTER_ID],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| crate::check::server_keys::schema::<keys::OwnKeys>(generator, URL_FORM),
};

/// A configured check.
#[derive(Debug)]
struct Kafka {
    keys: KafkaKeys,
    memory: Arc<Memory>,
}

impl Kafka {
    fn new(keys: KafkaKeys) -> Self {
        Self { keys, memory: Arc::default() }
    }

    fn resolve(&self, destination: Destination, env: &dyn Env) -> Result<KafkaRun, Fault> {
        Ok(KafkaRun {
            credential: destination.credential.clone()?,
            tls: self.keys.tls(&destination),
            min_isr: self.keys.min_isr(env)?,
            min_rounds: self.keys.min_rounds(env)?,
            memory: Arc::clone(&self.memory),
            destination,
        })
    }
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Kafka::new(KafkaKeys::read(node)?)))
}

impl Check for Kafka {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let destination = self.keys.destination(env);
        let readings = self.keys.named().flat_map(|(key, value)| Reading::all(key, value, env)).collect();
        Prepared::new(
            destination.as_ref().map_or_else(|fault| self.keys.blamed_origin(fault), Destination::target),
            destination.as_ref().map(|destination| destination.server.endpoints()).unwrap_or_default(),
            readings,
            destination.and_then(|destination| self.resolve(destination, env)),
        )
    }

    fn stays_in_pod(&self) -> bool {
        self.keys.is_on_socket()
    }

    fn values(&self) -> Vec<&Value> {
        self.keys.values()
    }
}
