//! `dapr`: the Dapr sidecar of this pod (daprd) is healthy. It asks like `http`, and reads why daprd is not ready.
//!
//! daprd answers 204 once it is ready, else 500 with the names of the parts that are missing. Its metadata lists the components
//! that are loaded. pilotfish asks for the metadata only if daprd is not ready, or if the check names components. Source:
//! `pkg/api/http/healthz.go` and `pkg/api/errors/health.go` of Dapr.

mod answer;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;
mod hint;

use std::str::FromStr;
use std::sync::Arc;

use tokio::time::{Duration, Instant, timeout_at};

use self::answer::{NotReady, components};
use self::hint::code;
use crate::cause::Cause;
use crate::check::http::keys::HttpKeys;
use crate::check::http::{self, BodyUse, Exchange};
use crate::check::{Care, Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, literal};
use crate::config::node::{self, Keys, Node};
use crate::env::Env;
use crate::findings::TlsKeyNames;
use crate::net::attempt::Attempt;
use crate::outcome::{Detail, FactKey, FactValue, Fault, Phase};
use crate::scheme::Scheme;
use crate::url::parse_port;
use crate::value::{Setting, Value};

/// What stands before the port in a target.
const TARGET: &str = "dapr::";
/// The port of daprd's HTTP API.
const PORT: u16 = 3500;
/// What the metadata may take: it explains a failure, and no more.
const ASIDE: Duration = Duration::from_secs(1);

/// The components that daprd has loaded.
const COMPONENTS: FactKey = FactKey {
    name: "dapr_components",
    meaning: "the components that daprd has loaded, where it is not ready or one is missing",
};

/// The kind.
pub const KIND: Kind = Kind {
    name: "dapr",
    summary: "the Dapr sidecar of this pod (daprd) is healthy",
    example: "{port: 3500, outbound: true, components: [statestore, pubsub]}",
    url_form: "dapr::3500",
    schemes: &[Scheme::new("dapr").opaque()],
    subject: Subject::Surroundings,
    shown: ShownKeys { plain: &["components", "outbound", "port"], ..ShownKeys::NONE },
    tls_keys: TlsKeyNames::NONE,
    discovery: DiscoveryRule::NONE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault,
    parse,
    from_url: |url| Arc::new(Dapr::Url(url)),
    facts: &[COMPONENTS],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<DaprKeys>(),
};

/// The keys of a `dapr` check.
#[derive(Debug, Default, Keys)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "dapr"))]
struct DaprKeys {
    /// The port of daprd's HTTP API in this pod. Default: 3500.
    port: Option<Setting<Port>>,
    /// `true`: the components are loaded, whether or not the app answers yet (`/v1.0/healthz/outbound`). Default: `false`, daprd
    /// is ready in every part (`/v1.0/healthz`).
    #[serde(default)]
    outbound: bool,
    /// The names of components that must be loaded. daprd reports itself as healthy without those whose manifest has
    /// `ignoreErrors: true`.
    #[serde(default)]
    components: Vec<String>,
}

/// A port, 1 to 65535.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Port(u16);

impl FromStr for Port {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parse_port(text).map(Self).map_err(|_| "a port from 1 to 65535".to_owned())
    }
}

/// A `dapr` check: from the configuration, or of a target that may come from a variable.
#[derive(Debug)]
enum Dapr {
    Keys(DaprKeys),
    Url(Value),
}

/// What is wrong with a TARGET: `dapr::3500`.
fn target_fault(text: &str) -> Option<String> {
    let Some(port) = text.strip_prefix(TARGET).filter(|port| !port.is_empty()) else {
        return Some("it has no port".to_owned());
    };
    let problems = parse(&Node::mapping(vec![("port", literal(port))])).err()?;
    problems.into_iter().next().map(|problem| problem.message)
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Dapr::Keys(node::read(node)?)))
}

impl Dapr {
    fn port(&self, env: &dyn Env) -> Result<u16, Fault> {
        match self {
            Self::Keys(keys) => {
                let port = keys.port.as_ref().map(|port| port.resolve("port", env)).transpose()?;
                Ok(port.map_or(PORT, |Port(port)| port))
            }
            Self::Url(value) => {
                let text = value.resolve(env)?;
                let port = text.expose().strip_prefix(TARGET).and_then(|port| port.parse::<Port>().ok());
                port.map(|Port(port)| port).ok_or_else(|| {
                    let message = format!("{} is not {TARGET}PORT", value.origin());
                    Fault::new(Phase::Assert, Cause::UrlMalformed, message)
                })
            }
        }
    }

    /// The components that must be loaded.
    fn components(&self) -> &[String] {
        match self {
            Self::Keys(keys) => &keys.components,
            Self::Url(_) => &[],
        }
    }

    fn path(&self) -> &'static str {
        match self {
            Self::Keys(DaprKeys { outbound: true, .. }) => "healthz/outbound",
            Self::Keys(_) | Self::Url(_) => "healthz",
        }
    }
}

/// The request for a path of the API.
fn keys_of(port: u16, path: &str) -> Arc<HttpKeys> {
    Arc::new(HttpKeys::of_url(Value::literal(&format!("http://127.0.0.1:{port}/v1.0/{path}"))))
}

impl Check for Dapr {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let port = match self.port(env) {
            Ok(port) => port,
            Err(fault) => {
                let target = match self {
                    Self::Url(value) => value.origin(),
                    Self::Keys(_) => TARGET.to_owned(),
                };
                return Prepared::new(target, Vec::new(), Vec::new(), Err::<DaprRun, Fault>(fault));
            }
        };
        let prepared = http::prepare(&keys_of(port, self.path()), env, |exchange| {
            let wanted = self.components().to_vec();
            DaprRun { exchange, port, wanted }
        });
        Prepared { target: format!("{TARGET}{port}"), readings: Vec::new(), ..prepared }
    }

    fn values(&self) -> Vec<&Value> {
        match self {
            Self::Keys(keys) => keys.port.as_ref().and_then(Setting::later).into_iter().collect(),
            Self::Url(value) => vec![value],
        }
    }
}

/// A request for daprd's health, with the values of one run.
struct DaprRun {
    exchange: Exchange,
    port: u16,
    /// The components that must be loaded.
    wanted: Vec<String>,
}

impl Runnable for DaprRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let answer = self.exchange.ask(attempt, BodyUse::Health).await;
            let (request, response) = answer.map_err(|fault| self.absent(fault))?;
            let Err(fault) = self.exchange.wanted.status(&request, &response) else {
                return self.complete(attempt).await;
            };
            let Some(why) = NotReady::read(&response.body).filter(|_| response.status == 500) else {
                return Err(fault);
            };
            let loaded = self.loaded(attempt).await;
            let parts = if why.parts.is_empty() { String::new() } else { format!(": {}", why.parts.join(", ")) };
            let what = if why.outbound { "the outbound side of daprd" } else { "daprd" };
            let known = known(loaded.as_deref());
            let missing = loaded.as_deref().map(|names| self.missing(names)).unwrap_or_default();
            let missing =
                if missing.is_empty() { String::new() } else { format!("; not loaded: {}", missing.join(", ")) };
            let code = match (&loaded, why.names_components()) {
                (_, true) => code::COMPONENTS,
                (Some(names), false) if names.is_empty() => code::COMPONENTS,
                (Some(_) | None, false) if why.outbound => code::COMPONENTS,
                (Some(_) | None, false) => code::PARTS,
            };
            attempt.facts().learn(COMPONENTS, loaded.filter(|names| !names.is_empty()).map(FactValue::List));
            let fault =
                Fault::new(Phase::Assert, Cause::HealthDown, format!("{what} is not ready{parts}{missing}{known}"));
            Err(fault
                .stating(format!("{what} is not ready{parts}{missing}"))
                .with(Detail::Protocol { code, product: None }))
        })
    }
}

/// The end of a message: which components are loaded.
fn known(loaded: Option<&[String]>) -> String {
    match loaded {
        None => String::new(),
        Some([]) => "; no component is loaded".to_owned(),
        Some(names) => format!("; loaded components: {}", names.join(", ")),
    }
}

impl DaprRun {
    /// The components that must be loaded and are not among these.
    fn missing(&self, loaded: &[String]) -> Vec<&str> {
        self.wanted.iter().map(String::as_str).filter(|name| loaded.iter().all(|known| known != name)).collect()
    }

    /// That a daprd that is healthy has loaded what it must.
    async fn complete(&self, attempt: &mut Attempt) -> Result<(), Fault> {
        if self.wanted.is_empty() {
            return Ok(());
        }
        let Some(loaded) = self.loaded(attempt).await else {
            let message = "daprd is healthy, but does not list its components (/v1.0/metadata)";
            return Err(Fault::new(Phase::Assert, Cause::ProbeLimit, message)
                .with(Detail::Protocol { code: code::METADATA, product: None }));
        };
        let missing = self.missing(&loaded);
        if missing.is_empty() {
            return Ok(());
        }
        let stated = format!("daprd has not loaded {}", missing.join(", "));
        let fault = Fault::new(Phase::Assert, Cause::HealthDown, format!("{stated}{}", known(Some(&loaded))));
        attempt.facts().learn(COMPONENTS, Some(loaded).filter(|names| !names.is_empty()).map(FactValue::List));
        Err(fault.stating(stated).with(Detail::Protocol { code: code::MISSING, product: None }))
    }

    /// The same fault where nothing listens: what is missing is the sidecar.
    fn absent(&self, fault: Fault) -> Fault {
        if fault.cause != Cause::ConnectRefused {
            return fault;
        }
        let detail = Detail::Protocol { code: code::ABSENT, product: None };
        fault.stating(format!("no daprd listens on port {}", self.port)).with(detail)
    }

    /// The components that daprd has loaded; `None` where it does not tell. What was learnt of the health stays.
    async fn loaded(&self, attempt: &mut Attempt) -> Option<Vec<String>> {
        let learnt = attempt.facts().clone();
        let until = attempt.deadline().min(Instant::now() + ASIDE);
        let keys = keys_of(self.port, "metadata");
        let exchange = http::exchange_of(&keys, attempt.env()).ok()?;
        let answer = timeout_at(until, exchange.ask(attempt, BodyUse::Health)).await;
        *attempt.facts() = learnt;
        let (_, response) = answer.ok()?.ok()?;
        if response.status == 200 { components(&response.body) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::{KIND, target_fault};
    use crate::config::node::parse;
    use crate::env::MapEnv;
    use crate::value::Value;

    #[test]
    fn the_sidecar_is_in_this_pod() {
        let env = MapEnv::with_vars(&[("P", "3501"), ("U", "dapr::3502"), ("BAD", "s3cret")]);
        let shown = |yaml: &str| {
            let prepared = (KIND.parse)(&parse(yaml).unwrap()).expect(yaml).prepare(&env);
            let dialled: Vec<String> = prepared.endpoints.iter().map(ToString::to_string).collect();
            format!("{} {}", prepared.target, dialled.join(","))
        };
        assert_eq!(shown("{}"), "dapr::3500 127.0.0.1:3500");
        assert_eq!(shown("{port: {env: P}, outbound: true}"), "dapr::3501 127.0.0.1:3501");
        assert_eq!(shown("{port: {env: BAD}}"), "dapr:: ");
        let target = |name: &str| (KIND.from_url)(Value::Env(name.to_owned())).prepare(&env).target;
        assert_eq!((target("U").as_str(), target("BAD").as_str()), ("dapr::3502", "the variable BAD"));
        assert_eq!(target_fault("dapr::3500"), None);
        for text in ["dapr:", "dapr::", "dapr::x", "dapr://localhost:3500"] {
            assert!(target_fault(text).is_some(), "{text}");
        }
    }
}
