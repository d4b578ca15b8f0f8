//! The keys that every configuration knows, as they are written; what they must be is said by their types.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::cause::Cause;
use crate::config::names::{is_check_name, is_label_name};
use crate::config::node::{Error, FromNode, Keys, Reader, Typed};
use crate::config::plan::{Gate, MinPassing, SHORTEST_INTERVAL};
use crate::duration;
use crate::findings;
use crate::net::dial::{AddressPolicy, Require};
use crate::value::Value;

/// The outermost keys, but for `checks`.
#[derive(Debug, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Outer {
    /// The address and port of `serve`; `[::]` means both families.
    pub(super) listen: Option<Listen>,
    /// Defaults for every check.
    pub(super) defaults: Option<Defaults>,
    /// The server of the sidecar.
    pub(super) serve: Option<Serve>,
}

/// Defaults for every check.
#[derive(Debug, Default, Clone, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Defaults {
    /// The time from one run to the next, at least 100ms. Default: 10s.
    pub(super) interval: Option<Interval>,
    /// The deadline of one run. Default: 5s, or the interval if that is shorter.
    pub(super) timeout: Option<Time>,
    /// The number of consecutive failures after which a check is down. Default: 3.
    pub(super) failure_threshold: Option<Threshold>,
    /// The number of consecutive passes after which a check is up. Default: 1.
    pub(super) success_threshold: Option<Threshold>,
}

/// The keys that every check knows beside that of its kind.
#[derive(Debug, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Common {
    /// The name of the check, unique in the file.
    pub(super) name: Option<Name>,
    /// The time from one run to the next, at least 100ms. Default: that of `defaults`; kinds whose servers limit logins run less often while they are up.
    pub(super) interval: Option<Interval>,
    /// The deadline of one run; at most the interval.
    pub(super) timeout: Option<Time>,
    /// The number of consecutive failures after which the check is down.
    pub(super) failure_threshold: Option<Threshold>,
    /// The number of consecutive passes after which the check is up.
    pub(super) success_threshold: Option<Threshold>,
    /// The gates that wait for the check. Default: `[startup]`, and none for kinds that say so; `[]` means none.
    pub(super) gates: Option<Vec<Gate>>,
    /// The address families and their order. Default: `ipv4-first`.
    pub(super) addresses: Option<AddressPolicy>,
    /// The time limit of one connect attempt. Default: an equal share of the remaining time.
    pub(super) connect_timeout: Option<Time>,
    /// Which addresses must work. Default: `any`.
    pub(super) require: Option<Require>,
    /// How many members must pass with `require: each`: a number, a percentage such as `"50%"`, or `all`.
    pub(super) min_passing: Option<MinPassing>,
    /// Causes that only degrade the check, and do not make it down, once it has been up.
    pub(super) ready_ignores: Option<Vec<Slug>>,
    /// The runtimes whose connections pilotfish predicts: `node@20`, `go`, `python-asyncio`, … For that it measures
    /// every address of the target, one at a time: `serve` in every tenth run, `wait` once the check passes.
    pub(super) clients: Option<Vec<Runtime>>,
    /// Codes of findings that make the check fail.
    pub(super) fail_on: Option<Vec<Code>>,
    /// Labels of the info metric of the check.
    pub(super) labels: Option<BTreeMap<LabelName, LabelValue>>,
    /// Set `true` if the target runs in this pod and starts before the app. Then the check can gate startup.
    pub(super) starts_before: Option<bool>,
}

/// The server of the sidecar.
#[derive(Debug, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Serve {
    /// `full` shows hosts, causes and hints to everyone who can reach the port.
    pub(super) detail: Option<Detail>,
    /// TLS on the listener.
    pub(super) tls: Option<Tls>,
    /// The token that `/metrics`, `/status` and `?verbose` require.
    pub(super) bearer_token: Option<Value>,
    /// The address of a second listener without TLS, only for the probe paths.
    pub(super) probe_listen: Option<Listen>,
    /// How long pilotfish continues to answer after SIGTERM. Default: 5s; `0s` stops at once.
    pub(super) drain: Option<Span>,
    /// `/readyz` fails once the sidecar receives SIGTERM.
    pub(super) fail_ready_on_sigterm: Option<bool>,
}

/// The certificate of the listener.
#[derive(Debug, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Tls {
    /// The PEM file of the chain, leaf first.
    pub(super) cert: Option<PemFile>,
    /// The PEM file of the private key.
    pub(super) key: Option<PemFile>,
}

/// Who gets details.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename_all = "lowercase"))]
pub(super) enum Detail {
    /// Everyone.
    Full,
}

impl FromNode for Detail {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        node.word(&[("full", Self::Full)])
    }
}

/// A type that is read from a text by one function, whose error says what was expected.
macro_rules! from_text {
    ($($name:ty: $read:expr;)*) => {$(
        impl FromNode for $name {
            fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
                let read: fn(&str) -> Result<$name, String> = $read;
                read(node.text("a string")?).map_err(Error::custom)
            }
        }
    )*};
}

from_text! {
    Time: |text| match duration::parse(text) {
        Ok(time) if !time.is_zero() => Ok(Self(time)),
        Ok(_) => Err("expected more than 0s".to_owned()),
        Err(expected) => Err(format!("expected {expected}")),
    };
    Interval: |text| match duration::parse(text) {
        Ok(time) if time >= SHORTEST_INTERVAL => Ok(Self(time)),
        Ok(_) => Err(format!("expected at least {}, to limit the load on the target", duration::show(SHORTEST_INTERVAL))),
        Err(expected) => Err(format!("expected {expected}")),
    };
    Span: |text| duration::parse(text).map(Self).map_err(|expected| format!("expected {expected}"));
    Listen: |text| {
        let expected = "expected an address and a port, such as \"[::]:9809\" or \"127.0.0.1:9809\"";
        text.parse().map(Self).map_err(|_| expected.to_owned())
    };
    Name: |text| is_check_name(text).map(|()| Self(text.to_owned())).map_err(str::to_owned);
    LabelName: |text| is_label_name(text).map(|()| Self(text.to_owned())).map_err(str::to_owned);
    Runtime: |text| match findings::runtime(text) {
        Some(runtime) => Ok(Self(runtime)),
        None => Err(format!("unknown runtime, {}", crate::config::node::choice(text, findings::RUNTIMES))),
    };
    Code: |text| match findings::entry(text) {
        Some(entry) => Ok(Self(entry.code)),
        None => {
            let codes: Vec<&str> = findings::FAMILIES.iter().copied().flatten().map(|entry| entry.code).collect();
            Err(format!("unknown finding, {}", crate::config::node::choice(text, &codes)))
        }
    };
    Slug: |text| match Cause::from_slug(text) {
        Some(cause) => Ok(Self(cause)),
        None => {
            let slugs: Vec<&str> = Cause::ALL.iter().map(|cause| cause.slug()).collect();
            Err(format!("unknown cause, {}", crate::config::node::choice(text, &slugs)))
        }
    };
}

/// A duration above zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time(pub(super) Duration);

/// From run to run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interval(pub(super) Duration);

/// A duration, also none at all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span(pub(super) Duration);

/// An address to listen on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listen(pub(super) SocketAddr);

/// A check's name.
#[derive(Debug, Clone)]
pub(super) struct Name(pub(super) String);

/// A label's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LabelName(pub(super) String);

/// A label's text: as it stands, since metrics show it.
#[derive(Debug, Clone)]
pub(super) struct LabelValue(pub(super) String);

/// A cause.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slug(pub(super) Cause);

/// A runtime.
#[derive(Debug, Clone, Copy)]
pub(super) struct Runtime(pub(super) &'static str);

/// The code of a finding.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code(pub(super) &'static str);

/// A PEM file's path.
#[derive(Debug, Clone)]
pub(super) struct PemFile(pub(super) PathBuf);

/// How many in a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Threshold(pub(super) u32);

impl FromNode for Threshold {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        const EXPECTED: &str = "a whole number, 1 or more";
        let number: u32 = node.number(EXPECTED)?;
        if number > 0 { Ok(Self(number)) } else { Err(Error::expected(EXPECTED)) }
    }
}

impl FromNode for PemFile {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        const EXPECTED: &str = "expected the path of a PEM file";
        match Value::from_node(node)? {
            Value::Literal(path) if path.expose().starts_with("-----") => Err(Error::custom(EXPECTED)),
            Value::Literal(path) => Ok(Self(path.expose().into())),
            Value::File(path) => Ok(Self(path)),
            Value::Env(_) | Value::Template(_) => Err(Error::custom(EXPECTED)),
        }
    }
}

impl FromNode for LabelValue {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        match Value::from_node(node)? {
            Value::Literal(text) => Ok(Self(text.expose().to_owned())),
            Value::Env(_) | Value::File(_) | Value::Template(_) => {
                Err(Error::custom("expected a literal string, because metrics show it to everyone"))
            }
        }
    }
}

impl FromNode for MinPassing {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        const EXPECTED: &str = "a number of members (1 or more), a percentage from \"1%\" to \"100%\", or all";
        let read = match node.typed(EXPECTED)? {
            Typed::Whole(number) => u32::try_from(number).ok().filter(|count| *count > 0).map(Self::Count),
            Typed::Text("all") => Some(Self::All),
            Typed::Text(text) => {
                let percent = text.strip_suffix('%').and_then(|number| number.parse::<u8>().ok());
                percent.filter(|percent| (1..=100).contains(percent)).map(Self::Percent)
            }
            Typed::Null | Typed::Bool(_) | Typed::Number => None,
        };
        read.ok_or_else(|| Error::expected(EXPECTED))
    }
}

#[cfg(test)]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{Code, Interval, LabelName, LabelValue, Listen, Name, PemFile, Runtime, Slug, Span, Threshold, Time};
    use crate::cause::Cause;
    use crate::config::plan::MinPassing;
    use crate::findings;

    macro_rules! schemas {
        ($($name:ident: $schema:tt;)*) => {$(
            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn inline_schema() -> bool {
                    true
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!($schema)
                }
            }
        )*};
    }

    schemas! {
        Time: {"type": "string", "pattern": "^([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$", "not": {"pattern": "^(0+(h|ms?|s))*$"}, "examples": ["500ms", "3s", "1m30s"]};
        Interval: {"type": "string", "pattern": "^([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$", "not": {"pattern": "^(0+[hms])*(0*[0-9]{1,2}ms)?$"}, "examples": ["500ms", "3s", "1m30s"]};
        Span: {"type": "string", "pattern": "^([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$", "examples": ["0s", "25s"]};
        Listen: {"type": "string", "examples": ["[::]:9809", "127.0.0.1:9809"]};
        Name: {"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", "not": {"enum": ["startup", "ready", "live"]}};
        LabelName: {"type": "string", "pattern": "^[a-zA-Z_][a-zA-Z0-9_]*$"};
        LabelValue: {"type": ["string", "number", "boolean"]};
        Threshold: {"type": "integer", "minimum": 1};
        MinPassing: {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^([1-9][0-9]?|100)%$"}, {"const": "all"}]};
        PemFile: {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": false, "required": ["file"], "properties": {"file": {"type": "string"}}}]};
    }

    /// A word of a list that the code knows.
    macro_rules! listed {
        ($($name:ident as $shown:literal: $words:expr;)*) => {$(
            impl JsonSchema for $name {
                fn schema_name() -> Cow<'static, str> {
                    $shown.into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    let words: Vec<&str> = $words;
                    json_schema!({"enum": words})
                }
            }
        )*};
    }

    listed! {
        Slug as "Cause": Cause::ALL.iter().map(|cause| cause.slug()).collect();
        Runtime as "Runtime": findings::RUNTIMES.to_vec();
        Code as "Finding": findings::FAMILIES.iter().copied().flatten().map(|entry| entry.code).collect();
    }
}
