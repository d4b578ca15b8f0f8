//! `icmp`: a host answers an echo request. It sends through the kernel's ping sockets, without privileges.

mod hint;

use std::sync::Arc;

use crate::cause::Cause;
use crate::check::{
    Care, Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, literal, readings,
};
use crate::config::node::{self, Keys, Node};
use crate::env::Env;
use crate::findings::TlsKeyNames;
use crate::net::attempt::Attempt;
use crate::outcome::{Fault, Phase};
use crate::scheme::Scheme;
use crate::url::{Host, Url};
use crate::value::{Setting, Value};

/// The kind.
pub const KIND: Kind = Kind {
    name: "icmp",
    summary: "a host answers an echo request (ping)",
    example: "{host: gateway.example.com}",
    url_form: "icmp://host",
    schemes: &[Scheme::new("icmp")],
    subject: Subject::Surroundings,
    shown: ShownKeys { plain: &["host"], ..ShownKeys::NONE },
    tls_keys: TlsKeyNames::NONE,
    discovery: DiscoveryRule::NONE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault,
    parse,
    from_url: |url| Arc::new(Icmp::Url(url)),
    facts: &[],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<IcmpKeys>(),
};

/// What stands before the host in a target.
const TARGET: &str = "icmp://";

/// The keys of an `icmp` check.
#[derive(Debug, Keys)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "icmp"))]
struct IcmpKeys {
    /// The name or the address of the host.
    host: Setting<Host>,
}

/// An `icmp` check: from the configuration, or of a target that may come from a variable.
#[derive(Debug)]
enum Icmp {
    Keys(IcmpKeys),
    Url(Value),
}

/// The host of a target: nothing else may be in it.
fn host_of(text: &str) -> Result<Host, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let plain = url.user.is_none() && url.password.is_none() && url.raw_query.is_none();
    match url.hosts.as_slice() {
        [(host, None)] if url.scheme == "icmp" && plain && matches!(url.path.as_str(), "" | "/") => Ok(host.clone()),
        _ => Err("it has more than a host".to_owned()),
    }
}

fn target_fault(text: &str) -> Option<String> {
    let host = match host_of(text) {
        Ok(host) => host,
        Err(problem) => return Some(problem),
    };
    let problems = parse(&Node::mapping(vec![("host", literal(&host.to_string()))])).err()?;
    problems.into_iter().next().map(|problem| problem.message)
}

fn parse(node: &Node) -> Parsed {
    Ok(Arc::new(Icmp::Keys(node::read(node)?)))
}

impl Icmp {
    fn resolve(&self, env: &dyn Env) -> Result<IcmpRun, Fault> {
        let host = match self {
            Self::Keys(keys) => keys.host.resolve("host", env)?,
            Self::Url(value) => host_of(value.resolve(env)?.expose()).map_err(|problem| {
                let message = format!("{} is not {TARGET}HOST: {problem}", value.origin());
                Fault::new(Phase::Assert, Cause::UrlMalformed, message)
            })?,
        };
        Ok(IcmpRun { host })
    }

    fn value(&self) -> Option<&Value> {
        match self {
            Self::Keys(keys) => keys.host.later(),
            Self::Url(value) => Some(value),
        }
    }
}

/// Whom to ask, in one run.
#[derive(Debug)]
struct IcmpRun {
    host: Host,
}

impl Check for Icmp {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let run = self.resolve(env);
        let target = match (&run, self.value()) {
            (Ok(IcmpRun { host: Host::Ip(std::net::IpAddr::V6(ip)) }), _) => format!("{TARGET}[{ip}]"),
            (Ok(run), _) => format!("{TARGET}{}", run.host),
            (Err(_), Some(value)) => value.origin(),
            (Err(_), None) => TARGET.to_owned(),
        };
        Prepared::new(target, Vec::new(), readings(&self.values(), env), run)
    }

    fn values(&self) -> Vec<&Value> {
        self.value().into_iter().collect()
    }
}

impl Runnable for IcmpRun {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        Box::pin(async move {
            let result = attempt.ping(&self.host).await;
            attempt.leave();
            result.map_err(|fault| self.stating(fault))
        })
    }
}

impl IcmpRun {
    /// What did not answer is a host, without a port.
    fn stating(&self, fault: Fault) -> Fault {
        let statement = match fault.cause {
            Cause::ConnectTimeout => format!("{} does not answer echo requests", self.host),
            Cause::HostUnreachable => format!("{} is unreachable", self.host),
            Cause::NetworkUnreachable => format!("there is no route to {}", self.host),
            Cause::ConnectNotPermitted => format!("a local policy forbids echo requests to {}", self.host),
            _ => return fault,
        };
        fault.stating(statement)
    }
}

#[cfg(test)]
mod tests {
    use super::{KIND, target_fault};
    use crate::config::node::parse;
    use crate::env::MapEnv;
    use crate::value::Value;

    #[test]
    fn a_target_is_a_host_and_nothing_else() {
        for text in ["icmp://gateway", "icmp://10.0.0.7/", "icmp://[fd00::7]"] {
            assert_eq!(target_fault(text), None, "{text}");
        }
        for text in ["icmp://", "icmp://a:7", "icmp://s3@a", "icmp://a,b", "icmp://a/x", "icmp://a?s3", "ping://a"] {
            let fault = target_fault(text).expect(text);
            assert!(!fault.contains("s3"), "{fault}");
        }
    }

    #[test]
    fn the_host_is_what_is_shown() {
        let env = MapEnv::with_vars(&[("H", "fd00::7"), ("U", "icmp://gateway"), ("BAD", "s3cret host")]);
        let shown = |yaml: &str| {
            let prepared = (KIND.parse)(&parse(yaml).unwrap()).expect(yaml).prepare(&env);
            (prepared.target, prepared.run.err().map(|fault| fault.cause.slug()))
        };
        assert_eq!(shown("{host: gateway}"), ("icmp://gateway".to_owned(), None));
        assert_eq!(shown("{host: {env: H}}"), ("icmp://[fd00::7]".to_owned(), None));
        assert_eq!(shown("{host: {env: BAD}}"), ("the variable BAD".to_owned(), Some("variable_invalid")));
        let of_url = |name: &str| (KIND.from_url)(Value::Env(name.to_owned())).prepare(&env).target;
        assert_eq!((of_url("U").as_str(), of_url("BAD").as_str()), ("icmp://gateway", "the variable BAD"));
        let problems = (KIND.parse)(&parse("{host: 's3cret host'}").unwrap()).err().expect("no host");
        assert!(problems[0].message.starts_with("expected") && !problems[0].message.contains("s3"), "{problems:?}");
        assert_eq!((KIND.parse)(&parse("{host: {env: H}}").unwrap()).expect("a check").values().len(), 1);
    }
}
