//! How libpq compares the host of `sslmode=verify-full` with a certificate (its fe-secure-openssl.c and
//! fe-secure-common.c, since PostgreSQL 15).

use crate::net::tls::PeerNames;
use crate::outcome::CertificateOddity;
use crate::url::Host;

/// What libpq accepts although strict clients do not: a wildcard above one label, a host name that is an address, and the
/// first common name where no alternative name is of the host's own kind.
pub(super) fn libpq(names: &PeerNames, host: &Host) -> Option<CertificateOddity> {
    let (text, by_common_name) = match host {
        Host::Name(name) => (name.trim_end_matches('.').to_owned(), names.hosts.is_empty()),
        Host::Ip(ip) => (ip.to_string(), names.addresses.is_empty()),
    };
    // It gives up at a name with a zero byte, or an address of no known length.
    if names.is_incomplete || names.hosts.iter().any(|name| name.contains(&0)) {
        return None;
    }
    if let Some(name) = names.hosts.iter().find(|name| fits(name, text.as_bytes())) {
        return Some(CertificateOddity::loose_name(name));
    }
    let name = names.common_names.first().filter(|name| by_common_name && fits(name, text.as_bytes()))?;
    Some(CertificateOddity::common_name(name))
}

/// Equal, or `*.` before what the host has behind its first label.
fn fits(name: &[u8], host: &[u8]) -> bool {
    let behind_label = || {
        let dot = host.iter().position(|byte| *byte == b'.')?;
        Some((&host[dot..], dot))
    };
    let by_wildcard = || match (name, behind_label()) {
        ([b'*', suffix @ ..], Some((behind, label))) => {
            suffix.len() >= 2 && suffix[0] == b'.' && label > 0 && suffix.eq_ignore_ascii_case(behind)
        }
        _ => false,
    };
    name.eq_ignore_ascii_case(host) || by_wildcard()
}

#[cfg(test)]
mod tests {
    use super::libpq;
    use crate::net::tls::PeerNames;

    fn fit(hosts: &[&str], addresses: &[&str], common_names: &[&str], host: &str) -> &'static str {
        PeerNames::of(hosts, common_names, addresses).judged_by(libpq, host)
    }

    /// tests/it/postgres asks the real one.
    #[test]
    fn as_libpq_decides() {
        for (hosts, addresses, common_names, host, expected) in [
            (&[][..], &[][..], &["db.lab"][..], "db.lab", "common"),
            (&[], &[], &["DB.lab"], "db.LAB", "common"),
            (&[], &["10.9.9.9"], &["db.lab"], "db.lab", "common"),
            (&[], &[], &["db.lab", "other.lab"], "db.lab", "common"),
            (&[], &[], &["*.lab"], "db.lab", "common"),
            (&[], &[], &["127.0.0.1"], "127.0.0.1", "common"),
            (&["db.lab"], &[], &["127.0.0.1"], "127.0.0.1", "common"),
            (&["127.0.0.1"], &[], &[], "127.0.0.1", "loose"),
            (&["*.lab"], &[], &[], "db.lab", "loose"),
            (&["other.lab"], &[], &["db.lab"], "db.lab", "no"),
            (&[], &["10.9.9.9"], &["127.0.0.1"], "127.0.0.1", "no"),
            (&[], &[], &["other.lab", "db.lab"], "db.lab", "no"),
            (&[], &[], &["d*.lab", "db.lab"], "db.lab", "no"),
            (&["*.lab"], &[], &[], "a.db.lab", "no"),
            (&["*.", "*", "*lab", ""], &[], &[], "db.lab", "no"),
            (&["db.lab\0.evil"], &[], &[], "db.lab", "no"),
            (&["x\0", "*.lab"], &[], &[], "db.lab", "no"),
            (&[], &[], &[], "db.lab", "no"),
        ] {
            let got = fit(hosts, addresses, common_names, host);
            assert_eq!(got, expected, "{hosts:?} {addresses:?} {common_names:?} for {host}");
        }
    }
}
