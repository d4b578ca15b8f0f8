//! `dns`: a name server answers as expected. It resolves and asserts; it never connects.

mod hint;

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use hickory_resolver::proto::rr::Name;

use crate::cause::Cause;
use crate::check::{
    Care, Check, DiscoveryRule, Kind, Parsed, Prepared, Run, Runnable, ShownKeys, Subject, literal, readings,
};
use crate::config::node::{self, Keys, Node, Problem, Raw};
use crate::env::Env;
use crate::findings::TlsKeyNames;
use crate::net::attempt::Attempt;
use crate::net::resolve::{self, Budget, PORT, RECORD_LIMIT, RecordType};
use crate::outcome::{Evidence, FactKey, FactValue, Fault, Phase, Query, SERVER_TEXT_LIMIT, clean_text};
use crate::scheme::Scheme;
use crate::url::{Endpoint, Host, Url};
use crate::value::{Setting, Value};

/// The kind.
pub const KIND: Kind = Kind {
    name: "dns",
    summary: "a name server answers as expected",
    example: "{name: db.example.com, type: A, server: \"10.96.0.10:53\", expect: [10.0.0.7], min_answers: 1}",
    url_form: "dns://name?type=AAAA&server=10.0.0.10:53",
    schemes: &[Scheme::new("dns")],
    subject: Subject::Surroundings,
    shown: ShownKeys { plain: &["expect_rcode", "min_answers", "name", "server", "type"], ..ShownKeys::NONE },
    tls_keys: TlsKeyNames::NONE,
    discovery: DiscoveryRule::NONE,
    care: Care::USUAL,
    gates_by_default: true,
    target_fault,
    parse,
    from_url: |url| Arc::new(Dns::Url(url)),
    facts: &[RECORDS],
    hint: hint::hint,
    counts_unfinished: None,
    start_tls: None,
    #[cfg(test)]
    schema: |generator| generator.subschema_for::<DnsKeys>(),
};

/// The records that came, as zone files write them.
pub const RECORDS: FactKey = FactKey { name: "records", meaning: "the records that the name server gave, at most 32" };

/// How many records are shown.
const SHOWN: usize = 32;

/// The keys of a `dns` check.
#[derive(Debug, Keys)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "dns"))]
struct DnsKeys {
    /// The name to look up. A name without a final dot uses the search list of resolv.conf, unless `server` is set.
    /// With `type: PTR` it may be an address.
    name: Value,
    /// The type of the records: A (the default), AAAA, CNAME, MX, NS, PTR, SOA, SRV or TXT.
    #[serde(rename = "type")]
    record: Option<Setting<RecordType>>,
    /// The name server to query, `ip` or `ip:port`. Default: those of resolv.conf.
    server: Option<Setting<Server>>,
    /// Records that the answer must contain, in the format of zone files (`10 mail.example.com` for MX); it may
    /// contain others too. Case and final dots of names do not matter.
    #[serde(default)]
    expect: Vec<Value>,
    /// The minimum number of records, 0 to 256. Default: 1.
    min_answers: Option<Setting<Least>>,
    /// The response code that the name server must answer with: `NOERROR`, `NXDOMAIN`, `REFUSED` or `SERVFAIL`. With any
    /// but `NOERROR`, the check passes if the name does not resolve in this way, for names that must not exist or not be
    /// served. Default: `NOERROR`.
    expect_rcode: Option<Setting<Rcode>>,
}

/// A response code that may be expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rcode {
    NoError,
    NxDomain,
    Refused,
    ServFail,
}

impl Rcode {
    const ALL: [Self; 4] = [Self::NoError, Self::NxDomain, Self::Refused, Self::ServFail];

    const fn as_str(self) -> &'static str {
        match self {
            Self::NoError => "NOERROR",
            Self::NxDomain => "NXDOMAIN",
            Self::Refused => "REFUSED",
            Self::ServFail => "SERVFAIL",
        }
    }

    /// The code that a lookup ended with; `None` where no name server answered with one of these.
    fn of(found: &Result<Vec<String>, Fault>, evidence: &Evidence) -> Option<Self> {
        match found.as_ref().map_err(|fault| fault.cause) {
            Ok(_) | Err(Cause::DnsNoAddress) => Some(Self::NoError),
            Err(Cause::DnsNotFound) => Some(Self::NxDomain),
            Err(Cause::DnsRefused) => Some(Self::Refused),
            // Other errors have this cause as well.
            Err(Cause::DnsServerFailure) => {
                let is_one = |query: &Query| query.answer.as_str() == Self::ServFail.as_str();
                evidence.queries.iter().any(is_one).then_some(Self::ServFail)
            }
            Err(_) => None,
        }
    }
}

impl FromStr for Rcode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|code| code.as_str().eq_ignore_ascii_case(text));
        found.ok_or_else(|| "NOERROR, NXDOMAIN, REFUSED or SERVFAIL".to_owned())
    }
}

/// A name server's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Server(SocketAddr);

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
        let full = || text.parse().ok().filter(|address: &SocketAddr| address.port() > 0);
        let found = bare.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, PORT)).or_else(full);
        found
            .map(Self)
            .ok_or_else(|| "the address of a name server, as 10.96.0.10, 10.96.0.10:53 or [fd00::a]:53".into())
    }
}

/// The least number of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Least(usize);

impl FromStr for Least {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number| *number <= RECORD_LIMIT);
        number.map(Self).ok_or_else(|| format!("a number from 0 to {RECORD_LIMIT}"))
    }
}

/// A `dns` check: from the configuration, or of a URL that may come from a variable.
#[derive(Debug)]
enum Dns {
    DnsKeys(DnsKeys),
    Url(Value),
}

/// What is asked for and expected, now.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    name: String,
    record: RecordType,
    server: Option<SocketAddr>,
    /// Each expected record, ready to compare, and how it is named in messages: what came from a variable is not shown.
    expect: Vec<(String, String)>,
    least: usize,
    rcode: Rcode,
}

impl Check for Dns {
    fn prepare(&self, env: &dyn Env) -> Prepared {
        let wanted = self.wanted(env);
        let target = match &wanted {
            Ok(wanted) => wanted.target(),
            Err(_) => format!("dns from {}", self.main_value().origin()),
        };
        let server = wanted.as_ref().ok().and_then(|wanted| wanted.server);
        let endpoint = server.map(|server| Endpoint { host: Host::Ip(server.ip()), port: server.port() });
        Prepared::new(target, endpoint.into_iter().collect(), readings(&self.values(), env), wanted)
    }

    fn values(&self) -> Vec<&Value> {
        fn later<T>(setting: Option<&Setting<T>>) -> Option<&Value> {
            match setting? {
                Setting::Known(_) => None,
                Setting::Later(value) => Some(value),
            }
        }
        match self {
            Self::Url(url) => vec![url],
            Self::DnsKeys(keys) => {
                let settings = [
                    later(keys.record.as_ref()),
                    later(keys.server.as_ref()),
                    later(keys.min_answers.as_ref()),
                    later(keys.expect_rcode.as_ref()),
                ];
                std::iter::once(&keys.name).chain(&keys.expect).chain(settings.into_iter().flatten()).collect()
            }
        }
    }
}

impl Runnable for Wanted {
    fn run<'a>(&'a self, attempt: &'a mut Attempt) -> Run<'a> {
        let wanted = self;
        Box::pin(async move {
            attempt.enter(Phase::Resolve);
            let budget = Budget::start(attempt);
            let found = resolve::records(attempt, &wanted.name, wanted.record, wanted.server, budget).await;
            if wanted.rcode != Rcode::NoError
                && let Some(code) = Rcode::of(&found, attempt.evidence())
            {
                attempt.enter(Phase::Assert);
                return wanted.judge_code(code).map_err(|message| attempt.fault(Cause::DnsAnswerMismatch, message));
            }
            let found = match found {
                // No address is a failure to resolve; no other record is one only where records are wanted.
                Err(fault) if fault.cause == Cause::DnsNoAddress && wanted.without_records_is_an_answer() => Vec::new(),
                found => found.map_err(|fault| wanted.stating(fault))?,
            };
            let shown: Vec<String> =
                found.iter().take(SHOWN).map(|record| clean_text(record, SERVER_TEXT_LIMIT)).collect();
            attempt.facts().learn(RECORDS, Some(FactValue::List(shown)).filter(|_| !found.is_empty()));
            attempt.enter(Phase::Assert);
            wanted.judge(&found).map_err(|mismatch| {
                attempt.fault(Cause::DnsAnswerMismatch, mismatch.message).stating(mismatch.statement)
            })
        })
    }
}

impl Wanted {
    /// The name that was asked for is what a failure is about: the endpoint of this check is the name server.
    fn stating(&self, fault: Fault) -> Fault {
        let name = clean_text(&self.name, SERVER_TEXT_LIMIT);
        let statement = match fault.cause {
            Cause::DnsNotFound => format!("the name {name} does not exist"),
            Cause::DnsNoAddress => format!("{name} has no {} record", self.record.as_str()),
            Cause::DnsTimeout => format!("no name server answered for {name}"),
            _ => return fault,
        };
        fault.stating(statement)
    }
}

impl Dns {
    fn main_value(&self) -> &Value {
        match self {
            Self::DnsKeys(keys) => &keys.name,
            Self::Url(url) => url,
        }
    }

    fn wanted(&self, env: &dyn Env) -> Result<Wanted, Fault> {
        match self {
            Self::DnsKeys(keys) => keys.wanted(env),
            Self::Url(url) => {
                let text = url.resolve(env)?;
                from_url(text.expose()).map_err(|problem| {
                    Fault::new(Phase::Assert, Cause::UrlMalformed, format!("{}: {problem}", url.origin()))
                })
            }
        }
    }
}

impl DnsKeys {
    fn wanted(&self, env: &dyn Env) -> Result<Wanted, Fault> {
        let text = self.name.resolve(env)?;
        let record = match &self.record {
            Some(record) => record.resolve("type", env)?,
            None => RecordType::A,
        };
        let name = asked_name(text.expose().trim(), record).map_err(|problem| {
            Fault::new(Phase::Assert, self.name.invalid_cause(), format!("name: {}: {problem}", self.name.origin()))
        })?;
        let server = self.server.as_ref().map(|server| server.resolve("server", env)).transpose()?;
        let least = self.min_answers.as_ref().map(|least| least.resolve("min_answers", env)).transpose()?;
        let mut expect = Vec::new();
        for value in &self.expect {
            let text = value.resolve(env)?;
            let shown = match value {
                Value::Literal(_) if record == RecordType::Txt => "the configured text".to_owned(),
                Value::Literal(text) => text.expose().to_owned(),
                Value::Env(_) | Value::File(_) | Value::Template(_) => format!("the value of {}", value.origin()),
            };
            expect.push((comparable(text.expose(), record), shown));
        }
        let least = least.map_or(1, |Least(least)| least);
        let rcode = self.expect_rcode.as_ref().map(|code| code.resolve("expect_rcode", env)).transpose()?;
        let (server, rcode) = (server.map(|Server(server)| server), rcode.unwrap_or(Rcode::NoError));
        Ok(Wanted { name, record, server, expect, least, rcode })
    }
}

/// How the records differ: with what came, and without, because that may change from run to run.
#[derive(Debug, PartialEq, Eq)]
struct Mismatch {
    message: String,
    statement: String,
}

impl Wanted {
    /// What is asked for and of whom.
    fn target(&self) -> String {
        let mut text = format!("dns://{}", self.name);
        if self.record != RecordType::A {
            text.push_str(&format!(" {}", self.record.as_str()));
        }
        if let Some(server) = self.server {
            text.push_str(&format!(" @{server}"));
        }
        text
    }

    /// Whether NODATA is for [`Self::judge`] to judge.
    fn without_records_is_an_answer(&self) -> bool {
        self.least == 0 || !matches!(self.record, RecordType::A | RecordType::Aaaa)
    }

    /// What is wrong with the code, where the name must not resolve.
    fn judge_code(&self, code: Rcode) -> Result<(), String> {
        let wanted = self.rcode;
        if code == wanted {
            return Ok(());
        }
        Err(format!("the name server answered {} for {}, expected {}", code.as_str(), self.name, wanted.as_str()))
    }

    /// What is wrong with the records.
    fn judge(&self, found: &[String]) -> Result<(), Mismatch> {
        let (kind, name) = (self.record.as_str(), &self.name);
        if found.len() < self.least {
            let records = |count: usize| format!("{count} {kind} record{}", if count == 1 { "" } else { "s" });
            return Err(Mismatch {
                message: format!("{name} has {}, expected at least {}", records(found.len()), self.least),
                statement: match found.is_empty() {
                    true => format!("{name} has no {kind} record"),
                    false => format!("{name} has fewer than {}", records(self.least)),
                },
            });
        }
        let known: Vec<_> = found.iter().map(|record| comparable(record, self.record)).collect();
        let missing: Vec<_> =
            self.expect.iter().filter(|(text, _)| !known.contains(text)).map(|(_, shown)| shown.as_str()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut came = found.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
        if came.is_empty() {
            came = "none".to_owned();
        }
        let statement = format!("the {kind} records of {name} lack {}", missing.join(", "));
        Err(Mismatch { message: format!("{statement}; received: {came}"), statement })
    }
}

/// Reads `dns://name[?type=AAAA&server=ip:53]`; problems never hold the text.
fn from_url(text: &str) -> Result<Wanted, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let [(host, None)] = &url.hosts[..] else {
        return Err("a dns URL has one name and no port: write the server as ?server=ip:port".to_owned());
    };
    if url.user.is_some() || url.password.is_some() || !matches!(url.path.as_str(), "" | "/") {
        return Err("a dns URL has no user and no path: write dns://name?type=AAAA&server=ip:port".to_owned());
    }
    if url.query.iter().any(|(key, _)| !matches!(key.as_str(), "type" | "server")) {
        return Err("a dns URL has only the parameters ?type= and &server=".to_owned());
    }
    let record = url
        .param("type")
        .map_or(Ok(RecordType::A), str::parse)
        .map_err(|expected| format!("type: expected {expected}"))?;
    let server = url.param("server").map(str::parse::<Server>).transpose();
    let server = server.map_err(|expected| format!("server: expected {expected}"))?;
    let name = asked_name(&host.to_string(), record)?;
    let server = server.map(|Server(server)| server);
    Ok(Wanted { name, record, server, expect: Vec::new(), least: 1, rcode: Rcode::NoError })
}

/// The name to ask for; an address becomes its reverse name.
fn asked_name(text: &str, record: RecordType) -> Result<String, &'static str> {
    match Host::parse(text) {
        Ok(Host::Ip(ip)) if record == RecordType::Ptr => Ok(Name::from(ip).to_ascii()),
        Ok(Host::Ip(_)) => Err("an address has only PTR records: set the type to PTR, or write a name"),
        Ok(Host::Name(name)) => Ok(name),
        Err(problem) => Err(problem),
    }
}

/// A record as it is compared: addresses in their one form, names without case and final dot, TXT as it is.
fn comparable(text: &str, record: RecordType) -> String {
    match record {
        RecordType::A | RecordType::Aaaa => {
            text.trim().parse::<IpAddr>().map_or_else(|_| text.trim().to_owned(), |ip| ip.to_string())
        }
        RecordType::Txt => text.to_owned(),
        RecordType::Cname | RecordType::Mx | RecordType::Ns | RecordType::Ptr | RecordType::Soa | RecordType::Srv => {
            let word = |word: &str| word.trim_end_matches('.').to_ascii_lowercase();
            text.split_ascii_whitespace().map(word).collect::<Vec<_>>().join(" ")
        }
    }
}

/// What is wrong with a TARGET: its parts are read as keys.
fn target_fault(text: &str) -> Option<String> {
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => return Some(error.to_string()),
    };
    let name = literal(&url.hosts[0].0.to_string());
    let parts = url.query.iter().map(|(key, value)| (key.as_str(), literal(value.expose())));
    let problems = parse(&Node::mapping(std::iter::once(("name", name)).chain(parts).collect())).err()?;
    // A key that is not known may be anything, so it is not repeated.
    problems.first().map(|problem| match problem.message.starts_with("unknown key") {
        true => problem.message.clone(),
        false => format!("{}: {}", problem.path, problem.message),
    })
}

fn parse(node: &Node) -> Parsed {
    let keys: DnsKeys = node::read(node)?;
    let problems = literal_problems(&keys, node);
    if problems.is_empty() { Ok(Arc::new(Dns::DnsKeys(keys))) } else { Err(problems) }
}

/// What can be seen to be wrong at load: literals that can never work.
fn literal_problems(keys: &DnsKeys, node: &Node) -> Vec<Problem> {
    let record = match &keys.record {
        None => RecordType::A,
        Some(Setting::Known(record)) => *record,
        Some(Setting::Later(_)) => return Vec::new(),
    };
    let mut problems = Vec::new();
    if let Value::Literal(text) = &keys.name
        && let Err(message) = asked_name(text.expose().trim(), record)
    {
        problems.push(Problem::new(node.get("name").unwrap_or(node).span, "name", message));
    }
    if matches!(keys.expect_rcode, Some(Setting::Known(code)) if code != Rcode::NoError) {
        let of_records = ["expect", "min_answers"].into_iter().filter_map(|key| Some((key, node.get(key)?)));
        problems.extend(of_records.map(|(key, value)| {
            Problem::new(value.span, key, "an answer with this `expect_rcode` has no records: remove one of the two")
        }));
    }
    let items = node.get("expect").map_or(&[][..], |list| match &list.raw {
        Raw::Sequence(items) => items,
        Raw::Scalar { .. } | Raw::Mapping(_) | Raw::Faulty => &[],
    });
    for (index, (value, item)) in keys.expect.iter().zip(items).enumerate() {
        let Value::Literal(text) = value else { continue };
        let fits = match (record, text.expose().trim().parse::<IpAddr>()) {
            (RecordType::A, parsed) => parsed.is_ok_and(|ip| ip.is_ipv4()),
            (RecordType::Aaaa, parsed) => parsed.is_ok_and(|ip| ip.is_ipv6()),
            _ => true,
        };
        if !fits {
            let version = if record == RecordType::A { "IPv4" } else { "IPv6" };
            let message = format!("expected an {version} address, because the type is {}", record.as_str());
            problems.push(Problem::new(item.span, &format!("expect[{index}]"), message));
        }
    }
    problems
}

#[cfg(test)]
mod tests;
