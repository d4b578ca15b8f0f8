//! Names of private endpoints whose private DNS zone is not asked here: the public zone answers in its place, with the
//! address at which the provider may let nobody in.

use std::net::{IpAddr, Ipv4Addr};

use super::host_class::written;
use super::provider::{PrivateZone, private_zone};
use crate::cause::Cause;
use crate::outcome::{Evidence, Fault, Phase, Query};

/// A name that leads through a private zone to public addresses.
pub(super) struct PublicAnswer<'a> {
    /// The name of the check, without its final dot.
    pub(super) name: &'a str,
    /// The zone that it leads through.
    pub(super) zone: PrivateZone<'a>,
    /// The first of the addresses.
    pub(super) address: IpAddr,
}

/// The public answer for this name, where all that is known of it is public. Of IPv6 nothing is told: there endpoints within a
/// network have global addresses, too.
pub(super) fn public_answer<'a>(name: &str, evidence: &'a Evidence) -> Option<PublicAnswer<'a>> {
    let name = name.trim_end_matches('.');
    let is_hit = |query: &&Query| query.record == "A" && query.answers > 0 && written(query) == name;
    let hit = evidence.queries.iter().find(is_hit)?;
    let way = std::iter::once(hit.name.trim_end_matches('.')).chain(hit.chain.iter().map(String::as_str));
    let zone = way.filter_map(private_zone).find(|one| one.zone.starts_with("privatelink."))?;
    let of_name = evidence.resolved.iter().filter(|one| one.family == 4 && one.name.trim_end_matches('.') == name);
    let mut addresses = of_name.flat_map(|one| &one.addresses).copied();
    let address = addresses.next().filter(|ip| is_public(*ip))?;
    addresses.all(is_public).then(|| PublicAnswer { name: written(hit), zone, address })
}

/// Whether a fault is one that a provider's public address gives to those who should come by the private one: it drops or
/// ends the connection, or forbids the request.
pub(super) fn turns_away(fault: &Fault, evidence: &Evidence) -> bool {
    match fault.cause {
        Cause::ConnectTimeout | Cause::ConnectRefused | Cause::HostUnreachable => true,
        Cause::ConnectReset | Cause::ConnectionClosed => matches!(fault.phase, Phase::Connect | Phase::Tls),
        Cause::HttpStatus => evidence.facts.status_code == Some(403),
        _ => false,
    }
}

fn is_public(ip: IpAddr) -> bool {
    let IpAddr::V4(ip) = ip.to_canonical() else { return false };
    let shared = ip.octets()[0] == 100 && (64..128).contains(&ip.octets()[1]);
    !(ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip == Ipv4Addr::UNSPECIFIED || shared)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{public_answer, turns_away};
    use crate::cause::Cause;
    use crate::findings::testing::{query, with_queries};
    use crate::outcome::{Evidence, Facts, Fault, Phase, Query, Resolved};

    fn evidence(hit: Query, addresses: &[&str]) -> Evidence {
        let name = hit.name.trim_end_matches('.').to_owned();
        let addresses: Vec<IpAddr> = addresses.iter().map(|ip| ip.parse().unwrap()).collect();
        let family = if addresses[0].is_ipv4() { 4 } else { 6 };
        Evidence { resolved: vec![Resolved { name, family, addresses }], ..with_queries(vec![hit]) }
    }

    fn zone(name: &str, chain: &[&str], addresses: &[&str]) -> Option<String> {
        let record = if addresses[0].contains(':') { "AAAA" } else { "A" };
        let hit = query(&format!("{name}."), record, "NOERROR", addresses.len()).chain(chain);
        public_answer(name, &evidence(hit, addresses)).map(|found| found.zone.zone.to_owned())
    }

    #[test]
    fn a_way_through_a_private_zone_that_ends_at_a_public_address() {
        for (name, chain, expected) in [
            (
                "shop.blob.core.windows.net",
                &["shop.privatelink.blob.core.windows.net", "blob.ams07prdstr02a.store.core.windows.net"][..],
                "privatelink.blob.core.windows.net",
            ),
            (
                "shop.postgres.database.azure.com",
                &["shop.privatelink.postgres.database.azure.com", "gw.westeurope.postgres.database.azure.com"],
                "privatelink.postgres.database.azure.com",
            ),
            (
                "shop.vault.azure.net",
                &["shop.privatelink.vaultcore.azure.net", "data-prod-weu.vaultcore.azure.net", "x.trafficmanager.net"],
                "privatelink.vaultcore.azure.net",
            ),
            (
                "shop.redis.cache.windows.net",
                &["shop.privatelink.redis.cache.windows.net"],
                "privatelink.redis.cache.windows.net",
            ),
            ("shop.privatelink.blob.core.windows.net", &[], "privatelink.blob.core.windows.net"),
        ] {
            assert_eq!(zone(name, chain, &["20.60.1.7"]).as_deref(), Some(expected), "{name}");
        }
    }

    #[test]
    fn public_endpoints_and_private_answers_are_as_meant() {
        let blob = ["shop.privatelink.blob.core.windows.net"];
        let plain = ["blob.ams07prdstr02a.store.core.windows.net"];
        for (name, chain, addresses) in [
            ("shop.blob.core.windows.net", &blob[..], &["10.4.0.7"][..]),
            ("shop.blob.core.windows.net", &blob, &["172.16.0.7"]),
            ("shop.blob.core.windows.net", &blob, &["100.64.0.7"]),
            ("shop.blob.core.windows.net", &blob, &["20.60.1.7", "10.4.0.7"]),
            ("shop.blob.core.windows.net", &blob, &["2603:1020::7"]),
            ("shop.blob.core.windows.net", &plain, &["20.60.1.7"]),
            ("shop.blob.core.windows.net", &[], &["20.60.1.7"]),
            ("vpce-0a1b.vpce-svc-4e5f.eu-west-1.vpce.amazonaws.com", &[], &["3.5.1.7"]),
            ("privatelink.example.com", &[], &["20.60.1.7"]),
        ] {
            assert_eq!(zone(name, chain, addresses), None, "{name} {chain:?} {addresses:?}");
        }
    }

    #[test]
    fn what_the_public_address_says_to_those_outside() {
        let with_status =
            |status| Evidence { facts: Facts { status_code: status, ..Facts::default() }, ..Evidence::default() };
        for (phase, cause, status, expected) in [
            (Phase::Connect, Cause::ConnectTimeout, None, true),
            (Phase::Connect, Cause::ConnectRefused, None, true),
            (Phase::Tls, Cause::ConnectReset, None, true),
            (Phase::Assert, Cause::HttpStatus, Some(403), true),
            (Phase::Assert, Cause::HttpStatus, Some(404), false),
            (Phase::Login, Cause::PasswordRejected, None, false),
            (Phase::Request, Cause::ConnectionClosed, None, false),
            (Phase::Connect, Cause::NetworkUnreachable, None, false),
        ] {
            let fault = Fault::new(phase, cause, "");
            assert_eq!(turns_away(&fault, &with_status(status)), expected, "{phase:?} {cause:?} {status:?}");
        }
    }
}
