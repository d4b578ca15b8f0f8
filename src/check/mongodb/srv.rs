//! `mongodb+srv`: the servers in the SRV records of a name, and the options in its TXT record.
//!
//! Source: the drivers' specification "Initial DNS Seedlist Discovery".

use super::code;
use super::fault::observed;
use super::parameters::Parameters;
use crate::cause::Cause;
use crate::net::attempt::Attempt;
use crate::net::resolve::{self, Budget, RecordType};
use crate::outcome::{Fault, Phase, clean_text};
use crate::url::{Endpoint, Host, parse_port};

/// How many servers of SRV records are used.
const SERVERS: usize = 50;

/// The servers; the options of the TXT record fill what the parameters leave open.
///
/// # Errors
/// Those of phase `resolve`, and `dns_answer_mismatch` for records that no driver accepts.
pub(super) async fn seeds(
    attempt: &mut Attempt,
    host: &Host,
    service: &str,
    parameters: &mut Parameters,
) -> Result<Vec<Endpoint>, Fault> {
    attempt.enter(Phase::Resolve);
    let host = host.to_string();
    let host = host.trim_end_matches('.');
    let name = format!("_{service}._tcp.{host}.");
    let budget = Budget::start(attempt);
    let none = |fault: Fault| match fault.cause {
        Cause::DnsNotFound | Cause::DnsNoAddress => {
            let message = format!("{name} has no SRV record: {}", fault.message);
            let statement = format!("{name} has no SRV record");
            fault.with_message(message).stating(statement).with(observed(code::NO_SRV))
        }
        _ => fault,
    };
    let found = resolve::records(attempt, &name, RecordType::Srv, None, budget).await.map_err(none)?;
    let seeds: Vec<Endpoint> = found.iter().filter_map(|text| endpoint(text)).take(SERVERS).collect();
    if seeds.is_empty() {
        let text = format!("no SRV record of {name} names a server");
        return Err(Fault::new(Phase::Resolve, Cause::DnsNoAddress, &text).stating(&text).with(observed(code::NO_SRV)));
    }
    if let Some(other) = seeds.iter().find(|seed| !is_near(&seed.host, host)) {
        let text = format!("an SRV record of {name} names {}, which is in another domain than {host}", other.host);
        return Err(mismatch(code::SRV_DOMAIN, &text));
    }
    let texts = match resolve::records(attempt, &format!("{host}."), RecordType::Txt, None, budget).await {
        Ok(texts) => texts,
        Err(fault) if matches!(fault.cause, Cause::DnsNotFound | Cause::DnsNoAddress) => Vec::new(),
        Err(fault) => return Err(fault),
    };
    match texts.as_slice() {
        [] => {}
        [text] => parameters.add_txt(&clean_text(text, 1024)).map_err(|problem| {
            mismatch(code::TXT, &format!("the TXT record of {host} is none that drivers accept: {problem}"))
        })?,
        _ => {
            let text = format!("{host} has {} TXT records, and drivers accept one", texts.len());
            return Err(mismatch(code::TXT, &text));
        }
    }
    Ok(seeds)
}

fn mismatch(code: &'static str, text: &str) -> Fault {
    Fault::new(Phase::Assert, Cause::DnsAnswerMismatch, text).stating(text).with(observed(code))
}

/// `0 0 27017 db-0.example.com`.
fn endpoint(text: &str) -> Option<Endpoint> {
    let [_, _, port, target] = text.split_whitespace().collect::<Vec<_>>().try_into().ok()?;
    Some(Endpoint { host: Host::parse(target).ok()?, port: parse_port(port).ok()? })
}

/// Whether a server is in the domain of the name: drivers refuse any other, which anybody who can change the answer could
/// name.
fn is_near(server: &Host, host: &str) -> bool {
    let domain = match host.split_once('.') {
        Some((_, domain)) if domain.contains('.') => domain,
        _ => host,
    };
    let server = server.to_string();
    server.trim_end_matches('.').strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::{endpoint, is_near};
    use crate::url::Host;

    #[test]
    fn records_name_servers_of_the_same_domain() {
        let named = |text: &str| endpoint(text).map(|endpoint| endpoint.to_string());
        assert_eq!(named("0 5 27017 db-0.example.com").as_deref(), Some("db-0.example.com:27017"));
        for text in ["", "0 5 27017", "0 5 0 db", "0 5 27017 a b", "0 5 70000 db"] {
            assert_eq!(named(text), None, "{text}");
        }
        for (server, host, expected) in [
            ("db-0.example.com", "c0.example.com", true),
            ("db-0.eu.example.com", "c0.example.com", true),
            ("db-0.example.org", "c0.example.com", false),
            ("badexample.com", "c0.example.com", false),
            ("db-0.example.com", "example.com", true),
            ("example.com", "example.com", false),
            ("db-0.mongo.shop.svc.cluster.local", "mongo.shop.svc.cluster.local", true),
        ] {
            assert_eq!(is_near(&Host::parse(server).unwrap(), host), expected, "{server} {host}");
        }
    }
}
