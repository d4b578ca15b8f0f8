//! hickory's whole resolver, in a process of its own inside a namespace.

use std::net::IpAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts, ServerOrderingStrategy};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use serde_json::Value;

use super::records;

/// The variable that names the folder of the order.
pub(super) const ROLE: &str = "PILOTFISH_TEST_HICKORY";

/// Not a test: the process of hickory's resolver, inside a namespace. Without its variable it has nothing to do.
#[test]
#[expect(clippy::disallowed_methods, reason = "how the process is told from the tests beside it")]
fn hickory_process() {
    let Ok(folder) = std::env::var(ROLE) else { return };
    let folder = std::path::PathBuf::from(folder);
    let order = std::fs::read_to_string(folder.join("order")).expect("the order");
    let order: Value = serde_json::from_str(&order).expect("the order is JSON");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let results = runtime.block_on(async {
        let resolver = resolver(&order);
        let lookup = |name: &Value| {
            let (resolver, name, record) = (resolver.clone(), text(&name[0]), text(&name[1]));
            tokio::spawn(async move { their_result(&resolver, &name, record.parse().expect("a record type")).await })
        };
        let lookups: Vec<_> = order["names"].as_array().expect("a list").iter().map(lookup).collect();
        let mut results = Vec::new();
        for lookup in lookups {
            results.push(lookup.await.expect("no lookup panics"));
        }
        results
    });
    std::fs::write(folder.join("results"), serde_json::json!(results).to_string()).expect("the test's folder is there");
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// hickory's resolver with its defaults, but for its cache, its hosts file, and the race of two servers at once, whose
/// winner depends on time.
fn resolver(order: &Value) -> TokioResolver {
    let list = |key: &str| order[key].as_array().expect("a list").iter().map(text).collect::<Vec<_>>();
    let servers =
        list("servers").into_iter().map(|ip| NameServerConfig::udp_and_tcp(ip.parse::<IpAddr>().expect("an address")));
    let search = list("search").iter().map(|suffix| Name::from_ascii(suffix).expect("a name")).collect();
    let config = ResolverConfig::from_parts(None, search, servers.collect());
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    let options: &mut ResolverOpts = builder.options_mut();
    options.ndots = order["ndots"].as_u64().and_then(|ndots| ndots.try_into().ok()).expect("a number");
    options.timeout = Duration::from_millis(order["timeout"].as_u64().expect("a number"));
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options.num_concurrent_reqs = 1;
    options.server_ordering_strategy = ServerOrderingStrategy::UserProvidedOrder;
    builder.build().expect("a resolver")
}

/// What hickory reports, in the words of [`NAMES`].
async fn their_result(resolver: &TokioResolver, name: &str, record: RecordType) -> String {
    match resolver.lookup(name, record).await {
        Ok(lookup) => {
            let of_type = lookup.answers().iter().filter(|answer| answer.record_type() == record);
            records(of_type.map(|answer| zone_text(&answer.data)))
        }
        Err(NetError::Dns(DnsError::NoRecordsFound(none))) => match none.response_code {
            ResponseCode::NXDomain => "NXDOMAIN".to_owned(),
            ResponseCode::NoError => "NODATA".to_owned(),
            other => format!("no records and {other}"),
        },
        Err(NetError::Dns(DnsError::ResponseCode(ResponseCode::FormErr))) => "FORMERR".to_owned(),
        Err(NetError::Dns(DnsError::ResponseCode(ResponseCode::ServFail))) => "SERVFAIL".to_owned(),
        Err(NetError::Dns(DnsError::ResponseCode(ResponseCode::Refused))) => "REFUSED".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// Record data as zone files write it, with names in lower case and without their final dot.
fn zone_text(data: &RData) -> String {
    let name = |name: &Name| {
        let byte = |byte: &u8| match byte.to_ascii_lowercase() {
            letter @ (b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'*') => char::from(letter).to_string(),
            printable @ b'!'..=b'~' => format!("\\{}", char::from(printable)),
            other => format!("\\{other:03}"),
        };
        name.iter().map(|label| label.iter().map(byte).collect::<String>()).collect::<Vec<_>>().join(".")
    };
    match data {
        RData::CNAME(alias) => name(alias),
        RData::NS(server) => name(server),
        RData::PTR(host) => name(host),
        RData::MX(mx) => format!("{} {}", mx.preference, name(&mx.exchange)),
        RData::SRV(srv) => format!("{} {} {} {}", srv.priority, srv.weight, srv.port, name(&srv.target)),
        RData::SOA(soa) => {
            let numbers = [soa.refresh, soa.retry, soa.expire].map(|number| number.to_string()).join(" ");
            format!("{} {} {} {numbers} {}", name(&soa.mname), name(&soa.rname), soa.serial, soa.minimum)
        }
        other => other.to_string(),
    }
}
