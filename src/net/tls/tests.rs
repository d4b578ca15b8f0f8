//! Roots, client certificates, and why a certificate is not accepted; without a network.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::CertificateError;
use rustls::pki_types::UnixTime;

use super::certificate::{CertificateInfo, end_point_hash, sha256};
use super::certificate_error::{CertificateContext, rough_duration};
use super::roots::Roots;
use super::{Identity, Pem, RootCache};
use crate::env::{Env, MapEnv};
use crate::outcome::{Detail, Fault, TlsDetail};
use crate::url::Host;
use crate::value::Value;

struct Made {
    cert: rcgen::Certificate,
    params: CertificateParams,
    key: KeyPair,
}

fn params(common_name: &str, names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2026, 4, 1);
    params
}

fn own(common_name: &str, names: &[&str], ca: bool) -> Made {
    let mut params = params(common_name, names);
    params.is_ca = if ca { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::NoCa };
    let key = KeyPair::generate().unwrap();
    Made { cert: params.self_signed(&key).unwrap(), params, key }
}

fn below(issuer: &Made, common_name: &str, names: &[&str]) -> Made {
    let params = params(common_name, names);
    let key = KeyPair::generate().unwrap();
    let cert = params.signed_by(&key, &Issuer::from_params(&issuer.params, &issuer.key)).unwrap();
    Made { cert, params, key }
}

fn parsed(made: &Made) -> CertificateInfo {
    CertificateInfo::read(made.cert.der()).unwrap()
}

fn roots(made: &[&Made]) -> Roots {
    let pem: String = made.iter().map(|made| made.cert.pem()).collect();
    Roots::parse(pem.as_bytes(), "the file /ca.pem", true).unwrap()
}

fn told(fault: &Fault) -> String {
    format!("{}: {}", fault.cause.slug(), fault.message)
}

#[test]
fn a_certificate_is_read() {
    let made = own("db.lab", &["db.lab", "10.0.0.7", "::1"], true);
    let read = parsed(&made);
    assert_eq!(read.facts.subject, "CN=db.lab");
    assert_eq!(read.facts.issuer, "CN=db.lab");
    assert_eq!(read.facts.names, ["db.lab", "10.0.0.7", "::1"]);
    assert_eq!(read.facts.not_before, 1_767_225_600);
    assert_eq!(read.facts.not_after, 1_775_001_600);
    assert!(read.is_self_issued() && read.is_ca && read.is_v3);
    let der = made.cert.der();
    (0..der.len()).for_each(|end| assert_eq!(CertificateInfo::read(&der[..end]), None, "{end}"));
}

#[test]
fn channel_binding_hashes_as_the_signature_does() {
    let made = |algorithm| {
        let key = KeyPair::generate_for(algorithm).unwrap();
        params("db", &["db"]).self_signed(&key).unwrap()
    };
    let short = made(&rcgen::PKCS_ECDSA_P256_SHA256);
    assert_eq!(end_point_hash(short.der()).unwrap(), sha256(short.der()));
    assert_eq!(end_point_hash(made(&rcgen::PKCS_ECDSA_P384_SHA384).der()).unwrap().len(), 48);
    assert_eq!(end_point_hash(made(&rcgen::PKCS_ED25519).der()), None);
}

#[test]
fn why_a_chain_is_not_trusted() {
    let (root, other) = (own("Root", &[], true), own("Other", &[], true));
    let middle = {
        let mut middle = params("Middle", &[]);
        middle.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let cert = middle.signed_by(&key, &Issuer::from_params(&root.params, &root.key)).unwrap();
        Made { cert, params: middle, key }
    };
    let leaf = below(&middle, "db.lab", &["db.lab"]);
    let alone = own("db.lab", &["db.lab"], false);
    let again = own("Root", &[], true);
    let direct = below(&root, "db.lab", &["db.lab"]);
    for (chain, trusted, expected, detail) in [
        (
            vec![&alone],
            &root,
            "the certificate of \"CN=db.lab\" is self-signed and not among the roots of the file /ca.pem (only 1)",
            TlsDetail::SelfSigned,
        ),
        (
            vec![&leaf],
            &root,
            "incomplete chain or unknown issuer: the server sent only the certificate of \"CN=db.lab\", and its \
             issuer \"CN=Middle\" is not among",
            TlsDetail::IssuerNotSent { issuer: "CN=Middle".to_owned() },
        ),
        (
            vec![&leaf, &other],
            &root,
            "incomplete chain: the server sent 2 certificates, but not the issuer \"CN=Middle\" of \"CN=db.lab\"",
            TlsDetail::IssuerNotSent { issuer: "CN=Middle".to_owned() },
        ),
        (
            vec![&leaf, &middle],
            &other,
            "the chain of \"CN=db.lab\" ends with \"CN=Middle\", whose issuer \"CN=Root\" is not among",
            TlsDetail::ChainEndsAt { issuer: "CN=Root".to_owned() },
        ),
        (
            vec![&leaf, &middle, &root],
            &other,
            "the chain of \"CN=db.lab\" ends with the self-signed \"CN=Root\", which is not among",
            TlsDetail::ChainEndsAt { issuer: "CN=Root".to_owned() },
        ),
        (
            vec![&direct],
            &again,
            "\"CN=Root\" is among the roots of the file /ca.pem (only 1), but another key signed the certificate of \
             \"CN=db.lab\"",
            TlsDetail::IssuerKeyChanged,
        ),
    ] {
        let chain: Vec<CertificateInfo> = chain.into_iter().map(parsed).collect();
        let host = Host::Name("db.lab".into());
        let certificate = CertificateContext { chain: &chain, roots: &roots(&[trusted]), host: &host, now: 0 };
        let fault = certificate.explain(&CertificateError::UnknownIssuer);
        assert_eq!((fault.cause.slug(), fault.detail), ("tls_untrusted", Some(Detail::Tls(detail))));
        assert!(fault.message.starts_with(expected), "{}\n{expected}", fault.message);
    }
}

#[test]
fn dates_and_names_are_told() {
    const FROM: i64 = 1_767_225_600;
    let explain = |names: &[&str], host: &str, now: i64, error: &CertificateError| {
        let leaf = own("db.lab", names, false);
        let host = Host::parse(host).unwrap();
        let chain = [parsed(&leaf)];
        let certificate = CertificateContext { chain: &chain, roots: &roots(&[&leaf]), host: &host, now };
        let Fault { cause, message, .. } = certificate.explain(error);
        format!("{}: {message}", cause.slug())
    };
    let at = |seconds: i64| UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds.unsigned_abs()));
    let not_yet_valid = CertificateError::NotValidYetContext { time: at(0), not_before: at(FROM) };
    let name = CertificateError::NotValidForName;
    assert_eq!(
        explain(&["db.lab"], "db.lab", FROM - 40, &not_yet_valid),
        "tls_not_yet_valid: the certificate of \"CN=db.lab\" is valid from 2026-01-01T00:00:00Z, 40 s from now; the \
         time in this pod is 2025-12-31T23:59:20Z; the difference is small, so one of the two clocks may be wrong"
    );
    assert!(!explain(&["db.lab"], "db.lab", FROM - 900_000, &not_yet_valid).contains("clocks"));
    let late = CertificateError::ExpiredContext { time: at(0), not_after: at(1_775_001_600) };
    assert_eq!(
        explain(&["db.lab"], "db.lab", 1_775_001_600 + 3 * 86_400, &late),
        "tls_expired: the certificate of \"CN=db.lab\" expired 3 days ago, at 2026-04-01T00:00:00Z"
    );
    assert_eq!(
        explain(&["a.lab", "10.0.0.7"], "10.0.0.8", FROM, &name),
        "tls_wrong_name: the certificate covers \"a.lab\", \"10.0.0.7\", not \"10.0.0.8\""
    );
    assert_eq!(
        explain(&[], "other.lab", FROM, &name),
        "tls_wrong_name: the certificate has the common name \"db.lab\" and no subject alternative name, so it does not cover \"other.lab\""
    );
    assert_eq!(
        [rough_duration(5), rough_duration(600), rough_duration(9_000), rough_duration(200_000)],
        ["5 s", "10 min", "2 h", "2 days"]
    );
}

/// What webpki reports and rustls has no value for is told by webpki's own.
#[test]
fn what_is_wrong_with_a_certificate_has_a_detail() {
    let (leaf, authority) = (own("db.lab", &["db.lab"], false), own("db.lab", &["db.lab"], true));
    let of = |leaf: &Made, host: &str, error: &CertificateError| {
        let chain = [parsed(leaf)];
        let host = Host::parse(host).unwrap();
        let certificate = CertificateContext { chain: &chain, roots: &roots(&[leaf]), host: &host, now: 0 };
        let fault = certificate.explain(error);
        (fault.cause.slug(), fault.detail)
    };
    let webpki = |error: webpki::Error| CertificateError::Other(rustls::OtherError(Arc::new(error)));
    let typed = |cause, detail| (cause, Some(Detail::Tls(detail)));
    for (leaf, error, expected) in [
        (
            &leaf,
            webpki(webpki::Error::UnsupportedCriticalExtension),
            typed("tls_untrusted", TlsDetail::CriticalExtension),
        ),
        (&leaf, CertificateError::UnhandledCriticalExtension, typed("tls_untrusted", TlsDetail::CriticalExtension)),
        (&leaf, webpki(webpki::Error::NameConstraintViolation), typed("tls_untrusted", TlsDetail::BreaksConstraints)),
        (&leaf, webpki(webpki::Error::PathLenConstraintViolated), typed("tls_untrusted", TlsDetail::BreaksConstraints)),
        (&leaf, webpki(webpki::Error::EndEntityUsedAsCa), typed("tls_untrusted", TlsDetail::BreaksConstraints)),
        (
            &leaf,
            webpki(webpki::Error::MaximumPathBuildCallsExceeded),
            typed("tls_handshake_failed", TlsDetail::BreaksConstraints),
        ),
        (&leaf, CertificateError::InvalidPurpose, typed("tls_untrusted", TlsDetail::NotForServers)),
        (&authority, CertificateError::InvalidPurpose, typed("tls_untrusted", TlsDetail::AuthorityAsServer)),
        (&leaf, CertificateError::BadEncoding, typed("probe_limit", TlsDetail::Malformed)),
        (&leaf, webpki(webpki::Error::InvalidSerialNumber), typed("probe_limit", TlsDetail::Malformed)),
        (
            &leaf,
            CertificateError::ApplicationVerificationFailure,
            typed("tls_handshake_failed", TlsDetail::KeyNotProven),
        ),
    ] {
        assert_eq!(of(leaf, "db.lab", &error), expected, "{error:?}");
    }
    let names = vec!["db.lab".to_owned()];
    let wrong = typed("tls_wrong_name", TlsDetail::WrongName { names, expected: "other.lab".to_owned() });
    assert_eq!(of(&leaf, "other.lab", &CertificateError::NotValidForName), wrong);
}

/// What expired decides what to do: the server's own certificate, one above it, or a root.
#[test]
fn what_expired_is_told_apart() {
    const END: i64 = 1_775_001_600;
    let error = CertificateError::ExpiredContext {
        time: UnixTime::since_unix_epoch(std::time::Duration::from_secs(0)),
        not_after: UnixTime::since_unix_epoch(std::time::Duration::from_secs(END.unsigned_abs())),
    };
    let ending = |mut made: Made, at: i64| {
        made.params.not_after = date_time_ymd(1970, 1, 1) + std::time::Duration::from_secs(at.unsigned_abs());
        made
    };
    let signed = |mut made: Made, by: Option<&Made>| {
        made.cert = match by {
            Some(by) => made.params.signed_by(&made.key, &Issuer::from_params(&by.params, &by.key)).unwrap(),
            None => made.params.self_signed(&made.key).unwrap(),
        };
        made
    };
    let root = |name: &str, at: i64| signed(ending(own(name, &[], true), at), None);
    let middle = |name: &str, by: &Made, at: i64| signed(ending(own(name, &[], true), at), Some(by));
    let (current, old) = (root("Current Root", END + 900), root("Old Root", END));
    let (renewable, cross) = (middle("Middle", &current, END), middle("Current Root", &old, END));
    let leaf = |by: &Made| signed(ending(own("db.lab", &["db.lab"], false), END + 500), Some(by));
    let ended_leaf = signed(ending(own("db.lab", &["db.lab"], false), END), Some(&current));
    let middle_valid = |issuer_is_trusted| TlsDetail::IntermediateExpired {
        subject: if issuer_is_trusted { "CN=Middle".to_owned() } else { "CN=Current Root".to_owned() },
        at: END,
        issuer_is_trusted,
    };
    let of_root = TlsDetail::RootExpired { subject: "CN=Old Root".to_owned(), at: END, of_system: false };
    for (chain, trusted, detail) in [
        (vec![&ended_leaf], &current, None),
        (vec![&ended_leaf, &renewable], &current, None),
        (vec![&leaf(&renewable), &renewable], &current, Some(middle_valid(true))),
        // The cross-signed certificate of a root that this pod does not know, below a root that has ended.
        (vec![&leaf(&current), &cross], &old, Some(middle_valid(false))),
        (vec![&leaf(&old)], &old, Some(of_root.clone())),
        (vec![&leaf(&old), &old], &old, Some(of_root)),
    ] {
        let chain: Vec<CertificateInfo> = chain.into_iter().map(parsed).collect();
        let host = Host::Name("db.lab".into());
        let context = CertificateContext { chain: &chain, roots: &roots(&[trusted]), host: &host, now: END + 60 };
        let fault = context.explain(&error);
        assert_eq!((fault.cause.slug(), fault.detail), ("tls_expired", detail.map(Detail::Tls)), "{}", fault.message);
    }
}

/// Files that can change.
#[derive(Default)]
struct Disk(Mutex<MapEnv>);

impl Disk {
    fn put(&self, path: &str, text: &str) {
        self.0.lock().unwrap().files.insert(path.into(), text.as_bytes().to_vec());
    }
}

impl Env for Disk {
    fn var(&self, name: &str) -> Option<String> {
        self.0.lock().unwrap().var(name)
    }

    fn vars(&self) -> Vec<(String, String)> {
        self.0.lock().unwrap().vars()
    }

    fn file(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        self.0.lock().unwrap().file(path)
    }
}

fn file(path: &str) -> Pem {
    Pem::new(Value::literal(path))
}

#[test]
fn roots_are_kept_until_their_file_changes() {
    let disk = Disk::default();
    let (first, second) = (own("First", &[], true), own("Second", &[], true));
    disk.put("/ca.pem", &first.cert.pem());
    let cache = RootCache::default();
    let one = cache.get(Some(&file("/ca.pem")), &disk).unwrap();
    assert!(Arc::ptr_eq(&one, &cache.get(Some(&file("/ca.pem")), &disk).unwrap()));
    disk.put("/ca.pem", &second.cert.pem());
    let other = cache.get(Some(&file("/ca.pem")), &disk).unwrap();
    assert!(other.contains(second.cert.der()) && !other.contains(first.cert.der()));
    assert!(other.has_subject(&parsed(&second).subject));
}

#[test]
fn a_settled_file_is_known_without_reading_it() {
    let path = std::env::temp_dir().join(format!("pilotfish-roots-{}.pem", std::process::id()));
    std::fs::write(&path, own("First", &[], true).cert.pem()).unwrap();
    let env = crate::env::ProcessEnv;
    assert_eq!(env.stamp(&path), None, "it has only just changed");
    assert_eq!(env.stamp(Path::new("/nowhere")), None);
    std::fs::remove_file(&path).unwrap();
    let settled = env.stamp(Path::new("/proc/self/exe")).or_else(|| env.stamp(Path::new("/etc/passwd")));
    assert!(settled.is_some());
}

#[test]
fn where_roots_come_from() {
    let ca = own("Own", &[], true);
    let env = MapEnv::with_vars(&[("CA_TEXT", &ca.cert.pem()), ("CA_PATH", "/s3cret"), ("WORD", "builtin")]);
    let env = env.with_file("/s3cret", ca.cert.pem().as_bytes());
    let cache = RootCache::default();
    for pem in [Value::literal(&ca.cert.pem()), Value::Env("CA_TEXT".into()), Value::Env("CA_PATH".into())] {
        assert!(cache.get(Some(&Pem::new(pem)), &env).unwrap().contains(ca.cert.der()));
    }
    let builtin = cache.get(Some(&Pem::new(Value::Env("WORD".into()))), &env).unwrap();
    assert!(builtin.describe().ends_with("roots of the built-in bundle"));
    assert!(Arc::ptr_eq(&builtin, &cache.get(None, &env).unwrap()), "no bundle of the system: built in");
    let bundle = MapEnv::default().with_file("/etc/ssl/cert.pem", ca.cert.pem().as_bytes());
    assert!(cache.get(None, &bundle).unwrap().contains(ca.cert.der()));
    assert!(cache.get(Some(&file("system")), &bundle).unwrap().contains(ca.cert.der()));
    assert_eq!(
        told(&cache.get(Some(&file("system")), &env).unwrap_err()).split(',').next().unwrap(),
        "file_missing: no bundle of system roots: not found in SSL_CERT_FILE"
    );
    let missing = MapEnv::with_vars(&[("SSL_CERT_FILE", "/nope")]);
    assert!(
        told(&cache.get(None, &missing).unwrap_err())
            .starts_with("file_missing: the file /nope (SSL_CERT_FILE) does not exist")
    );
}

#[test]
fn a_ca_that_cannot_be_read_is_named() {
    let good = own("Own", &[], true);
    let broken = good.cert.pem().replace("MII", "AAA");
    let key = good.key.serialize_pem();
    let env = MapEnv::with_vars(&[("CA_PATH", "s3cret")])
        .with_file("/empty", b"")
        .with_file("/text", b"s3cret")
        .with_file("/der", good.cert.der())
        .with_file("/key", key.as_bytes())
        .with_file("/half", format!("{}{broken}", good.cert.pem()).as_bytes());
    for (pem, expected) in [
        (file("/nope"), "file_missing: the file /nope does not exist: check whether its volume is mounted"),
        (file("/empty"), "file_invalid: the file /empty is empty"),
        (file("/text"), "file_invalid: the file /text is not PEM: it must contain -----BEGIN CERTIFICATE-----"),
        (
            file("/der"),
            "file_invalid: the file /der is DER: convert it to PEM with openssl, so that it contains -----BEGIN CERTIFICATE-----",
        ),
        (file("/key"), "file_invalid: the file /key is PEM, but contains no -----BEGIN CERTIFICATE-----"),
        (file("/half"), "file_invalid: certificate 2 in the file /half is damaged: copy the CA again"),
        (
            Pem::new(Value::Env("CA_PATH".into())),
            "file_missing: the file that the variable CA_PATH names does not exist: check whether its volume is mounted",
        ),
    ] {
        let fault = RootCache::default().get(Some(&pem), &env).unwrap_err();
        assert_eq!(told(&fault), expected);
    }
}

#[test]
fn a_client_certificate_that_cannot_be_used_is_named() {
    let (one, other) = (own("one", &[], false), own("other", &[], false));
    let key = one.key.serialize_pem();
    let env = MapEnv::default()
        .with_file("/cert", one.cert.pem().as_bytes())
        .with_file("/key", key.as_bytes())
        .with_file("/other", other.key.serialize_pem().as_bytes())
        .with_file("/encrypted", key.replace("PRIVATE", "ENCRYPTED PRIVATE").as_bytes())
        .with_file("/broken", key.replace("MIG", "MIH").as_bytes());
    let read = |cert: &str, key: &str| Identity::read(&file(cert), &file(key), &env).map(|_| ());
    assert_eq!(read("/cert", "/key"), Ok(()));
    for (cert, pem, expected) in [
        ("/cert", "/nope", "file_missing: the file /nope does not exist: check whether its volume is mounted"),
        ("/key", "/key", "file_invalid: the file /key is PEM, but contains no -----BEGIN CERTIFICATE-----"),
        ("/cert", "/cert", "file_invalid: the file /cert is PEM, but contains no -----BEGIN PRIVATE KEY-----"),
        (
            "/cert",
            "/other",
            "file_invalid: the private key in the file /other does not belong to the first certificate in the file /cert",
        ),
        ("/cert", "/broken", "file_invalid: the private key in the file /broken is damaged: copy it again"),
    ] {
        let fault = read(cert, pem).unwrap_err();
        assert_eq!(told(&fault), expected);
    }
    let encrypted = read("/cert", "/encrypted").unwrap_err();
    assert!(encrypted.message.contains("contains an encrypted key"), "{encrypted:?}");
    let identity = Identity::read(&file("/cert"), &file("/key"), &env).unwrap();
    let secret: BTreeSet<&str> = key.lines().filter(|line| !line.starts_with('-')).collect();
    assert!(secret.iter().all(|line| !format!("{identity:?}").contains(line)));
}
