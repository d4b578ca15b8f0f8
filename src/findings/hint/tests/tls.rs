use super::{SHOP, at};
use crate::cause::Cause;
use crate::findings::hint::general_hint;
use crate::findings::testing::{query, with_queries};
use crate::findings::{Context, TlsKeyNames};
use crate::outcome::{Certificate, Detail, Evidence, Facts, Fault, Phase, StreamDetail, TlsDetail};

fn tls(cause: Cause, detail: TlsDetail) -> Fault {
    Fault::new(Phase::Tls, cause, "").with(Detail::Tls(detail))
}

fn wrong_name(names: &[&str]) -> Fault {
    wrong_name_for("", names)
}

fn wrong_name_for(expected: &str, names: &[&str]) -> Fault {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    tls(Cause::TlsWrongName, TlsDetail::WrongName { names, expected: expected.to_owned() })
}

#[test]
fn what_the_handshake_showed_decides() {
    use TlsDetail as D;
    let issuer = || "CN=root".to_owned();
    let (subject, end) = (|| "CN=old".to_owned(), 1_633_010_399);
    let root = |of_system| D::RootExpired { subject: subject(), at: end, of_system };
    let middle = |issuer_is_trusted| D::IntermediateExpired { subject: subject(), at: end, issuer_is_trusted };
    for (fault, says) in [
        (tls(Cause::TlsUntrusted, D::SelfSigned), "self-signed"),
        (tls(Cause::TlsUntrusted, D::IssuerNotSent { issuer: issuer() }), "fullchain.pem"),
        (tls(Cause::TlsUntrusted, D::ChainEndsAt { issuer: issuer() }), "The chain ends in CN=root"),
        (tls(Cause::TlsUntrusted, D::NotForServers), "serverAuth"),
        (tls(Cause::TlsUntrusted, D::BreaksConstraints), "openssl verify"),
        (tls(Cause::TlsUntrusted, D::IssuerKeyChanged), "the current certificate of the authority"),
        (tls(Cause::TlsUntrusted, D::NoCertificate), "sent no certificate"),
        (tls(Cause::TlsUntrusted, D::AuthorityAsServer), "may only sign others"),
        (tls(Cause::TlsUntrusted, D::CriticalExtension), "critical extension"),
        (tls(Cause::TlsUntrusted, D::Malformed), "no certificate that can be read"),
        (tls(Cause::TlsExpired, root(false)), "CN=old in `ca` expired on 2021-09-30. Mount its current certificate"),
        (tls(Cause::TlsExpired, root(true)), "Update the trust store of this image (ca-certificates)"),
        (tls(Cause::TlsExpired, middle(true)), "Get the current one from its authority"),
        (tls(Cause::TlsExpired, middle(false)), "Remove it from the chain (fullchain.pem), and update the trust store"),
        (Fault::new(Phase::Tls, Cause::TlsExpired, ""), "Renew the certificate"),
        (tls(Cause::ProbeLimit, D::Malformed), "The app's TLS stack may read this certificate"),
        (tls(Cause::ProbeLimit, D::UnsupportedSignature), "SHA-256"),
        (tls(Cause::ProbeLimit, D::UnsupportedKey), "a client certificate of its own"),
        (tls(Cause::ProbeLimit, D::NothingInCommon), "AES-GCM"),
        (tls(Cause::ProbeLimit, D::OldVersion), "ssl_protocols TLSv1.2"),
        (tls(Cause::TlsHandshakeFailed, D::KeyNotProven), "do not belong together"),
        (tls(Cause::TlsHandshakeFailed, D::BreaksConstraints), "each once and without the root"),
        (tls(Cause::TlsUnsupported, D::NotOffered), "offers no TLS"),
        (tls(Cause::TlsUnsupported, D::StartTlsNotOffered), "offers no STARTTLS here"),
        (tls(Cause::TlsUnsupported, D::StartTlsRefused { temporary: true }), "cannot read its certificate or key"),
        (tls(Cause::TlsUnsupported, D::StartTlsRefused { temporary: false }), "rejects the command"),
        // A server that agrees on no protocol is not told to allow newer TLS.
        (tls(Cause::TlsUnsupported, D::NoSharedProtocol), "`alpn`"),
        (Fault::new(Phase::Tls, Cause::TlsUnsupported, ""), "on both sides"),
        (tls(Cause::TlsHandshakeFailed, D::Alert(D::UNRECOGNIZED_NAME)), "`server_name`"),
        (tls(Cause::TlsHandshakeFailed, D::Alert(D::NO_APPLICATION_PROTOCOL)), "`http_version`"),
        (tls(Cause::TlsHandshakeFailed, D::Alert(40)), "with an alert"),
        (tls(Cause::ConnectReset, D::Reset), "or a server without TLS"),
    ] {
        let text = at(&fault, "a:1", &Evidence::default());
        assert!(text.contains(says), "{fault:?}: {text}");
        // An expired root is nothing that the server's own certificate could heal.
        assert!(!text.contains("Renew") || !matches!(fault.detail, Some(Detail::Tls(_))), "{fault:?}: {text}");
    }
    let plain = Fault::new(Phase::Tls, Cause::TlsNotTls, "");
    let of = |detail| at(&plain.clone().with(Detail::Stream(detail)), "a:1", &Evidence::default());
    assert!(of(StreamDetail::Speaks("SMTP")).contains("plain text"));
    assert!(of(StreamDetail::Unrecognised).starts_with("Compare the port"));
}

#[test]
fn names_of_certificates() {
    let of = |target: &str, names: &[&str]| at(&wrong_name(names), target, &Evidence::default());
    for (text, says) in [
        (of("a.b.example.com:1", &["*.example.com"]), "*.example.com covers one label"),
        (
            of("10.0.0.7:1", &["db.example.com"]),
            "The URL has an address, but the certificate has names (db.example.com)",
        ),
        (of("db:1", &["db.example.com"]), "(db.example.com), set `server_name` to it, or issue one"),
        (of("db:1", &[]), "as a subject alternative name"),
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
    let short = query(&format!("db.{SHOP}."), "A", "NOERROR", 1).suffix(SHOP);
    let text = at(&wrong_name(&[&format!("*.{SHOP}")]), "db:1", &with_queries(vec![short]));
    assert!(text.starts_with(&format!("The certificate covers db.{SHOP}, the full name of db. ")), "{text}");
    let alias = query(&format!("db.{SHOP}."), "A", "NOERROR", 1).suffix(SHOP).alias("pg.example.com");
    let text = at(&wrong_name(&["*.example.com"]), "db:1", &with_queries(vec![alias]));
    assert!(text.contains("db is an alias (ExternalName, CNAME) of pg.example.com"), "{text}");
    assert!(text.ends_with("or set `server_name: pg.example.com`."), "{text}");
}

/// With `server_name`, that is the name that did not match, whatever was dialled.
#[test]
fn the_name_that_was_expected_is_blamed() {
    let of = |target: &str, expected: &str, names: &[&str]| {
        at(&wrong_name_for(expected, names), target, &Evidence::default())
    };
    for (text, says) in [
        (of("10.0.0.7:1", "db.prod.example.com", &["db.example.com"]), "expects the name db.prod.example.com"),
        (of("[fd00::7]:1", "db.prod.example.com", &["db.example.com"]), "if db.prod.example.com is right, fd00::7 is"),
        (of("db:1", "pg.example.com", &["*.example.org"]), "Set `server_name` to a name that it covers"),
        (of("db:1", "pg.example.com", &["db"]), "The certificate covers db, but this check expects pg.example.com."),
        (of("10.0.0.7:1", "10.0.0.7", &["db.example.com"]), "The URL has an address"),
        (of("db.:1", "db", &["db.example.com"]), "Use a name that the certificate covers"),
    ] {
        assert!(text.contains(says) && text.len() <= 300, "{says}: {text}");
    }
}

#[test]
fn a_mesh_is_known_by_its_certificate() {
    let leaf = Certificate {
        subject: String::new(),
        issuer: String::new(),
        names: vec!["spiffe://cluster.local/ns/a/sa/b".to_owned()],
        not_before: 0,
        not_after: 1,
    };
    let evidence = Evidence { facts: Facts { certificates: vec![leaf], ..Facts::default() }, ..Evidence::default() };
    assert!(at(&wrong_name(&[]), "a:1", &evidence).starts_with("A service mesh proxy"));
    let other = tls(Cause::ProbeLimit, TlsDetail::UnsupportedSignature);
    assert!(!at(&other, "a:1", &evidence).contains("mesh"));
}

/// What is said of a key is where it stands in that kind of check.
#[test]
fn keys_of_tls_are_named_as_the_kind_has_them() {
    let in_url = TlsKeyNames { has_server_name: false, ca_in_url: Some("sslrootcert"), ..TlsKeyNames::BESIDE };
    let untrusted = || tls(Cause::TlsUntrusted, TlsDetail::SelfSigned);
    let wanted = || Fault::new(Phase::Tls, Cause::TlsClientCertRequired, "");
    for (tls_keys, fault, says) in [
        (TlsKeyNames::BLOCK, untrusted(), "as `tls.ca`"),
        (TlsKeyNames::BESIDE, untrusted(), "as `ca`"),
        (in_url, untrusted(), "as `ca` (in a URL: sslrootcert)"),
        (TlsKeyNames::BLOCK, wanted(), "as `tls.cert` and `tls.key`"),
        (TlsKeyNames::BLOCK, wrong_name(&["a"]), "set `tls.server_name` to it"),
        (in_url, wrong_name(&["a"]), "(a), or issue one"),
    ] {
        let text = general_hint(&fault, &Evidence::default(), &Context { tls_keys, ..Context::default() });
        assert!(text.contains(says), "{says}: {text}");
    }
    let context = Context { tls_keys: in_url, ..Context::default() };
    assert!(!general_hint(&wrong_name(&["a"]), &Evidence::default(), &context).contains("server_name"));
}
