//! How clients of old rules compare a host with a certificate that strict ones refuse: OpenSSL's and curl's.
//!
//! A strict client (RFC 9525: Go, browsers, rustls) looks at alternative names alone, and takes a wildcard for one whole
//! label above two others. A kind whose clients have other rules brings its own [`NameRule`].

use super::peer_names::PeerNames;
use crate::outcome::CertificateOddity;
use crate::url::Host;

/// What is odd about a name that a client accepts although a strict one does not; `None` where it refuses it, too.
pub type NameRule = fn(names: &PeerNames, host: &Host) -> Option<CertificateOddity>;

/// The rule of OpenSSL (`X509_check_host`), and of curl, which takes an address in a common name besides.
#[must_use]
pub fn openssl_or_curl(names: &PeerNames, host: &Host) -> Option<CertificateOddity> {
    match host {
        Host::Name(host) if names.hosts.is_empty() && !names.is_incomplete => {
            let fits = |name: &&Vec<u8>| fits_openssl(name, host);
            names.common_names.iter().find(fits).map(|name| CertificateOddity::common_name(name))
        }
        Host::Name(host) => {
            let fits = |name: &&Vec<u8>| fits_openssl(name, host);
            names.hosts.iter().find(fits).map(|name| CertificateOddity::loose_name(name))
        }
        Host::Ip(ip) => {
            let alone = names.hosts.is_empty() && names.addresses.is_empty() && !names.is_incomplete;
            let name = names.common_names.last().filter(|_| alone)?;
            (name.eq_ignore_ascii_case(ip.to_string().as_bytes())).then(|| CertificateOddity::common_name(name))
        }
    }
}

/// Equal, or a wildcard as OpenSSL takes it: at the start or the end of the first label, above two others.
fn fits_openssl(name: &[u8], host: &str) -> bool {
    let host = host.trim_end_matches('.').as_bytes();
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    let (Some((label, above)), Some((host_label, host_above))) = (split(name), split(host)) else { return false };
    let (begins, ends) = match label.split_first().zip(label.split_last()) {
        Some(((b'*', ends), _)) => (&b""[..], ends),
        Some((_, (b'*', begins))) => (begins, &b""[..]),
        _ => return false,
    };
    let is_plain = |part: &[u8]| part.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    let is_label = |part: &[u8]| !part.is_empty() && is_plain(part) && part[0] != b'-' && part.last() != Some(&b'-');
    let is_international = |part: &[u8]| part.len() >= 4 && part[..4].eq_ignore_ascii_case(b"xn--");
    let whole = begins.is_empty() && ends.is_empty();
    let valid = is_plain(begins)
        && is_plain(ends)
        && !is_international(label)
        && above.contains(&b'.')
        && above.split(|byte| *byte == b'.').all(is_label);
    let matched = host_label.len() >= begins.len() + ends.len()
        && host_label[..begins.len()].eq_ignore_ascii_case(begins)
        && host_label[host_label.len() - ends.len()..].eq_ignore_ascii_case(ends)
        && is_plain(host_label)
        && (whole || !is_international(host_label));
    valid && matched && !host_label.is_empty() && host_above.eq_ignore_ascii_case(above)
}

/// The first label, and what is above it.
fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    let dot = name.iter().position(|byte| *byte == b'.')?;
    Some((&name[..dot], &name[dot + 1..]))
}

#[cfg(test)]
mod tests {
    use super::{PeerNames, openssl_or_curl};

    fn fit(hosts: &[&str], common_names: &[&str], addresses: &[&str], host: &str) -> &'static str {
        PeerNames::of(hosts, common_names, addresses).judged_by(openssl_or_curl, host)
    }

    /// Each row was tried with OpenSSL 3.0 (`s_client -verify_hostname`, `-verify_ip`) and curl 7.88.
    #[test]
    fn as_openssl_or_curl_decide() {
        for (hosts, common_names, addresses, host, expected) in [
            (&[][..], &["db.lab"][..], &[][..], "db.lab", "common"),
            (&[], &["DB.lab"], &[], "db.LAB", "common"),
            (&[], &["db.lab"], &["10.9.9.9"], "db.lab", "common"),
            (&[], &["db.lab", "other.lab"], &[], "db.lab", "common"),
            (&[], &["other.lab", "db.lab"], &[], "db.lab", "common"),
            (&[], &["*.lab.test"], &[], "db.lab.test", "common"),
            (&[], &["127.0.0.1"], &[], "127.0.0.1", "common"),
            (&["d*.lab.test"], &[], &[], "db.lab.test", "loose"),
            (&["*b.lab.test"], &[], &[], "db.lab.test", "loose"),
            // Refused by both.
            (&["other.lab"], &["db.lab"], &[], "db.lab", "no"),
            (&[], &["other.lab"], &[], "db.lab", "no"),
            (&[], &["db.lab"], &[], "db.lab.evil", "no"),
            (&[], &["b.lab"], &[], "db.lab", "no"),
            (&["*.test"], &[], &[], "db.test", "no"),
            (&["*.lab.test"], &[], &[], "a.db.lab.test", "no"),
            (&["d*b*.lab.test"], &[], &[], "db.lab.test", "no"),
            (&["db.*.test"], &[], &[], "db.lab.test", "no"),
            (&["d*x.lab.test"], &[], &[], "dbx.lab.test", "no"),
            (&["xn--*.lab.test"], &[], &[], "xn--db.lab.test", "no"),
            (&["127.0.0.1"], &[], &[], "127.0.0.1", "no"),
            (&["db.lab"], &["127.0.0.1"], &[], "127.0.0.1", "no"),
            (&[], &["127.0.0.1"], &["10.9.9.9"], "127.0.0.1", "no"),
            (&[], &["127.0.0.1", "x"], &[], "127.0.0.1", "no"),
            (&[], &[], &[], "db.lab", "no"),
            (&["*.", "*", ".", "", "*..lab.test", "*.-a.lab.test"], &[], &[], "db.lab.test", "no"),
        ] {
            let got = fit(hosts, common_names, addresses, host);
            assert_eq!(got, expected, "{hosts:?} {common_names:?} {addresses:?} for {host}");
        }
        assert_eq!(fit(&[], &["db.lab\0.evil"], &[], "db.lab"), "no");
        assert_eq!(fit(&[], &["db\u{202e}.lab"], &[], "db.lab"), "no");
    }
}
