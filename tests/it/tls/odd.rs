//! Certificates that rustls does not take: they pass where OpenSSL accepts them, with a finding, and fail where it does not.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::{check, s_server, told};
use crate::support::openssl::{AUTHORITY, OpenSsl, P521, Wanted};
use crate::support::{need, run};

const HOST: &str = "db.lab.test";
const SUBJECT: &str = "/CN=db.lab.test";
const COMMON: &str = "tls_common_name_only";
const ODD: &str = "tls_odd_certificate";
const LOOSE: &str = "tls_loose_name";
/// A version 3 certificate without names.
const V3: &str = "basicConstraints=CA:FALSE\n";
const NAMED: &str = "subjectAltName=DNS:db.lab.test\n";

/// A certificate beside the authorities of the lab, and what becomes of it.
struct Row {
    what: &'static str,
    by: &'static str,
    subject: &'static str,
    extensions: &'static str,
    key: &'static [&'static str],
    more: &'static [&'static str],
    ended: bool,
    /// `pass`, or phase, cause and the start of the message.
    told: &'static str,
    findings: &'static [&'static str],
}

fn row(
    what: &'static str,
    by: &'static str,
    extensions: &'static str,
    told: &'static str,
    findings: &'static [&'static str],
) -> Row {
    let key = crate::support::openssl::P256;
    Row { what, by, subject: SUBJECT, extensions, key, more: &[], ended: false, told, findings }
}

fn rows() -> Vec<Row> {
    let named = |subject, row: Row| Row { subject, ..row };
    vec![
        row("healthy", "root", NAMED, "pass", &[]),
        row("healthy, below an intermediate", "middle", NAMED, "pass", &[]),
        // Version 1.
        row("version 1", "root", "", "pass", &[COMMON, ODD]),
        row("version 1 below an intermediate", "middle", "", "pass", &[COMMON, ODD]),
        row("version 1 below a root of version 1", "old-root", "", "pass", &[COMMON, ODD]),
        row("version 3 below a root of version 1", "old-root", NAMED, "pass", &[]),
        row("version 1 below a root with P-521", "root-521", "", "pass", &[COMMON, ODD]),
        named("/CN=other.test", row("version 1 of another host", "root", "", "tls tls_wrong_name: ", &[])),
        row("version 1 of a stranger", "stranger", "", "tls tls_untrusted: ", &[]),
        row("version 1 of a namesake", "namesake", "", "tls tls_untrusted: \"CN=root\" is among", &[]),
        Row { ended: true, ..row("version 1, expired", "root", "", "tls tls_expired: ", &[]) },
        row("below an intermediate of version 1", "old-middle", "", "tls tls_untrusted: ", &[]),
        row("below a leaf", "leaf", "", "tls tls_untrusted: ", &[]),
        row("below a path that is too long", "deep", "", "tls tls_untrusted: ", &[]),
        // Common names.
        row("a common name", "root", V3, "pass", &[COMMON]),
        row("a common name beside an address", "root", "subjectAltName=IP:10.9.9.9\n", "pass", &[COMMON]),
        row("a common name beside a URI", "root", "subjectAltName=URI:spiffe://a/b\n", "pass", &[COMMON]),
        named("/CN=DB.lab.TEST", row("a common name in capitals", "root", V3, "pass", &[COMMON])),
        named("/CN=*.lab.test", row("a wildcard as common name", "root", V3, "pass", &[COMMON])),
        named("/CN=x.test/CN=db.lab.test", row("the second common name", "root", V3, "pass", &[COMMON])),
        row("a common name beside another name", "root", "subjectAltName=DNS:x.test\n", "tls tls_wrong_name: ", &[]),
        named("/CN=x.test", row("another common name", "root", V3, "tls tls_wrong_name: ", &[])),
        named("/CN=*.test", row("too wide a wildcard", "root", V3, "tls tls_wrong_name: ", &[])),
        // Wildcards.
        row("a part of a label", "root", "subjectAltName=DNS:d*.lab.test\n", "pass", &[LOOSE]),
        row("a wildcard for two labels", "root", "subjectAltName=DNS:*.test\n", "tls tls_wrong_name: ", &[]),
        // Authorities as servers.
        row("an authority", "root", "basicConstraints=CA:TRUE\nsubjectAltName=DNS:db.lab.test\n", "pass", &[ODD]),
        row(
            "an authority that may only sign",
            "root",
            "basicConstraints=CA:TRUE\nkeyUsage=keyCertSign\nsubjectAltName=DNS:db.lab.test\n",
            "tls tls_untrusted: the certificate of \"CN=db.lab.test\" does not allow its use for a server (key usage)",
            &[],
        ),
        row(
            "an authority for clients",
            "root",
            "basicConstraints=CA:TRUE\nextendedKeyUsage=clientAuth\nsubjectAltName=DNS:db.lab.test\n",
            "tls tls_untrusted: ",
            &[],
        ),
        row(
            "an authority with an unknown critical extension",
            "root",
            "basicConstraints=CA:TRUE\n1.2.3.4=critical,ASN1:NULL\nsubjectAltName=DNS:db.lab.test\n",
            "tls tls_untrusted: the certificate of \"CN=db.lab.test\" has an unknown critical extension",
            &[],
        ),
        // Keys and signatures that ring does not have.
        Row { key: P521, ..row("P-521", "root-521", NAMED, "pass", &[]) },
        Row { key: P521, ..row("P-521 of version 1", "root-521", "", "pass", &[COMMON, ODD]) },
        Row { more: &["-sha256"], ..row("SHA-256 by P-521", "root-521", NAMED, "pass", &[]) },
        Row { more: &["-sha384"], ..row("SHA-384 by P-521", "root-521", NAMED, "pass", &[]) },
        Row { more: &["-sha512"], ..row("SHA-512 by P-256", "root", NAMED, "pass", &[]) },
    ]
}

/// The authorities that issue; `ca.pem` has those that are trusted.
fn lab() -> OpenSsl {
    let lab = OpenSsl::new();
    lab.root(Wanted::new("root", "/CN=root", AUTHORITY));
    lab.root(Wanted::new("old-root", "/CN=old-root", ""));
    lab.root(Wanted { key: P521, more: &["-sha512"], ..Wanted::new("root-521", "/CN=root-521", AUTHORITY) });
    lab.root(Wanted::new("stranger", "/CN=stranger", AUTHORITY));
    lab.root(Wanted::new("namesake", "/CN=root", AUTHORITY));
    lab.issue("root", Wanted::new("middle", "/CN=middle", AUTHORITY));
    lab.issue("root", Wanted::new("old-middle", "/CN=old-middle", ""));
    lab.issue("root", Wanted::new("leaf", "/CN=leaf", V3));
    lab.issue("root", Wanted::new("short", "/CN=short", "basicConstraints=critical,CA:TRUE,pathlen:0\n"));
    lab.issue("short", Wanted::new("deep", "/CN=deep", AUTHORITY));
    lab.folder.write("ca.pem", ["root", "old-root", "root-521"].map(|name| lab.pem(name)).concat());
    lab
}

/// Whether the real OpenSSL accepts what the server on this port shows.
fn openssl_accepts(ca: &str, port: u16) -> bool {
    let mut command = Command::new(need("openssl", "openssl"));
    let at = format!("127.0.0.1:{port}");
    command.args(["s_client", "-connect", &at, "-CAfile", ca, "-verify_hostname", HOST, "-verify_return_error"]);
    run(command.stdin(Stdio::null())).code == 0
}

fn codes(report: &Value) -> Vec<&str> {
    let mut codes: Vec<&str> =
        report["findings"].as_array().expect("findings").iter().filter_map(|one| one["code"].as_str()).collect();
    codes.retain(|code| code.starts_with("tls_"));
    codes.sort_unstable();
    codes
}

#[test]
fn what_openssl_accepts_passes_and_what_it_refuses_fails() {
    let lab = lab();
    let ca = lab.folder.path().join("ca.pem").to_str().expect("UTF-8").to_owned();
    let chain = lab
        .folder
        .write("chain.pem", ["middle", "old-middle", "leaf", "deep", "short"].map(|name| lab.pem(name)).concat());
    let keys = format!("ca: \"{ca}\", server_name: {HOST}");
    let mut faults = Vec::new();
    for (index, row) in rows().into_iter().enumerate() {
        let name = format!("server{index}");
        let Row { what, by, subject, extensions, key, more, ended, told: expected, findings } = row;
        lab.issue(by, Wanted { name: &name, subject, key, extensions, more, ended });
        let only_its_own = ["middle", "old-middle", "leaf", "deep"].contains(&by);
        let sent = if only_its_own { chain.clone() } else { ca.clone() };
        for version in ["-tls1_2", "-tls1_3"] {
            // Before version 1.3 the server itself has no use for such a certificate.
            if version == "-tls1_2" && what.ends_with("may only sign") {
                continue;
            }
            let (_files, _server, port) = s_server(&lab.pair(&name), &[version, "-cert_chain", &sent]);
            let report = check(port, &keys);
            let told = told(&report);
            if openssl_accepts(&ca, port) != (expected == "pass") {
                faults.push(format!("{what}, {version}: OpenSSL decides otherwise"));
            }
            if !told.starts_with(expected) || codes(&report) != findings {
                faults.push(format!("{what}, {version}: {told} with {:?}", codes(&report)));
            }
            let unverified = check(port, "verify: false");
            if super::told(&unverified) != "pass" || codes(&unverified) != ["tls_not_verified"] {
                faults.push(format!("{what}, {version}, unverified: {}", super::told(&unverified)));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// A certificate of version 1 that is configured itself is trusted after its dates and its common name.
#[test]
fn a_self_signed_certificate_of_version_1_that_is_configured() {
    let lab = OpenSsl::new();
    lab.root(Wanted::new("own", SUBJECT, ""));
    lab.root(Wanted { key: P521, ..Wanted::new("long", SUBJECT, "") });
    lab.root(Wanted { ended: true, ..Wanted::new("ended", SUBJECT, "") });
    lab.root(Wanted::new("other", "/CN=other.test", ""));
    for (name, expected) in
        [("own", "pass"), ("long", "pass"), ("ended", "tls tls_expired: "), ("other", "tls tls_wrong_name: ")]
    {
        let (_files, _server, port) = s_server(&lab.pair(name), &[]);
        let ca = lab.folder.write("ca.pem", lab.pem(name));
        let report = check(port, &format!("ca: \"{ca}\", server_name: {HOST}"));
        assert!(told(&report).starts_with(expected), "{name}: {}", told(&report));
    }
}

/// curl alone accepts an address as common name; for an address OpenSSL looks at alternative names only.
#[test]
fn an_address_as_common_name_passes_as_with_curl() {
    let lab = lab();
    lab.issue("root", Wanted::new("address", "/CN=127.0.0.1", V3));
    lab.issue("root", Wanted::new("elsewhere", "/CN=127.0.0.1", "subjectAltName=IP:10.9.9.9\n"));
    let ca = lab.folder.path().join("ca.pem").to_str().expect("UTF-8").to_owned();
    for (name, accepted) in [("address", true), ("elsewhere", false)] {
        let (_files, _server, port) = s_server(&lab.pair(name), &["-www"]);
        let mut curl = Command::new(need("curl", "curl"));
        let url = format!("https://127.0.0.1:{port}/");
        assert_eq!(run(curl.args(["-sS", "-o", "/dev/null", "--cacert", &ca, &url])).code == 0, accepted, "{name}");
        let report = check(port, &format!("ca: \"{ca}\""));
        assert_eq!(told(&report) == "pass", accepted, "{name}: {report:#}");
        assert_eq!(codes(&report), if accepted { vec![COMMON] } else { vec![] });
    }
}
