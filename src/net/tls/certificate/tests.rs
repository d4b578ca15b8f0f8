//! What is read of certificates that no healthy peer sends.

use std::time::Duration;

use x509_parser::asn1_rs::Oid;

use super::{CertificateInfo, dotted, end_point_hash, name_text, public_key};
use crate::net::tls::test_certificates::{all, healthy};
use crate::slices::cpu_time_of_this_thread;

/// Subject, names and end of what is read, each cut; `unreadable` where nothing is.
fn summary(certificate: &[u8]) -> String {
    let Some(CertificateInfo { facts, is_v3, is_ca, .. }) = CertificateInfo::read(certificate) else {
        return "unreadable".to_owned();
    };
    let cut = |text: &str| match text.char_indices().nth(24) {
        Some((at, _)) => format!("{}~{}", &text[..at], text.len()),
        None => text.to_owned(),
    };
    let mut names: Vec<String> = facts.names.iter().map(|name| cut(name)).collect();
    if names.len() > 3 {
        names.splice(2.., [format!("+{}", facts.names.len() - 2)]);
    }
    let version = if is_v3 { "" } else { " not v3" };
    let ca = if is_ca { " CA" } else { "" };
    format!("{} [{}] {}{version}{ca}", cut(&facts.subject), names.join(" "), facts.not_after)
}

#[test]
fn an_odd_certificate_is_unreadable_at_worst() {
    for case in all() {
        let read = summary(&case.odd);
        match case.reads.strip_suffix('~') {
            Some(start) => assert!(read.starts_with(start), "{}: {read}", case.what),
            None => assert_eq!(read, case.reads, "{}", case.what),
        }
        assert_ne!(summary(&case.twin), "unreadable", "the twin of {}", case.what);
    }
}

#[test]
fn an_odd_certificate_costs_bounded_time() {
    const LIMIT: Duration = Duration::from_millis(50);
    for case in all() {
        let started = cpu_time_of_this_thread();
        let _ = CertificateInfo::read(&case.odd);
        let took = cpu_time_of_this_thread() - started;
        assert!(took < LIMIT, "{}: {} bytes took {took:?}", case.what, case.odd.len());
    }
}

#[test]
fn no_byte_breaks_the_reader() {
    let whole = healthy();
    for end in 0..whole.len() {
        assert_eq!(CertificateInfo::read(&whole[..end]), None, "{end}");
    }
    for at in 0..whole.len() {
        for value in [0x00, 0x01, 0x1f, 0x30, 0x7f, 0x80, 0x84, 0x89, 0xa0, 0xff, whole[at] ^ 1, whole[at] ^ 0x20] {
            let mut changed = whole.clone();
            changed[at] = value;
            // Whatever is read: no panic, and nothing that could not be shown.
            let read = summary(&changed);
            assert!(!read.contains(char::is_control), "{at} {value}: {read:?}");
            let (_, _, _) = (public_key(&changed), end_point_hash(&changed), name_text(&changed));
        }
    }
}

#[test]
fn object_identifiers() {
    let oid = |bytes: &'static [u8]| dotted(&Oid::new(bytes.into()));
    assert_eq!(oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]).unwrap(), "1.2.840.113549.1.1.11");
    assert_eq!(oid(&[0x55, 4, 3]).unwrap(), "2.5.4.3");
    assert_eq!(oid(&[0x88, 0x37, 3]).unwrap(), "2.999.3");
    for wrong in [&[][..], &[0x2a, 0x86], &[0xff; 20], &[1; 65]] {
        assert_eq!(oid(wrong), None, "{wrong:?}");
    }
}
