//! A certificate above the server's own that expired: renewing the server's would heal nothing.

use super::{check, s_server, told};
use crate::support::openssl::{AUTHORITY, OpenSsl, Wanted};
use crate::support::{pilotfish, run};

const NAMED: &str = "subjectAltName=DNS:db.lab.test,IP:127.0.0.1\n";
const LEAF: Wanted<'_> = Wanted::new("leaf", "/CN=db.lab.test", NAMED);

fn hint(report: &serde_json::Value) -> &str {
    report["failure"]["hint"].as_str().unwrap_or_default()
}

/// As with DST Root CA X3: a root that pods do not know yet, cross-signed by one that they still trust and that has ended.
#[test]
fn an_old_cross_signed_chain_is_not_healed_by_a_new_certificate() {
    let lab = OpenSsl::new();
    lab.root(Wanted { ended: true, ..Wanted::new("old", "/CN=Old Root", AUTHORITY) });
    lab.root(Wanted::new("new", "/CN=New Root", AUTHORITY));
    lab.issue("new", LEAF);
    // The same key and name, signed by the old root.
    lab.cross_sign("old", "new", Wanted { ended: true, ..Wanted::new("cross", "/CN=New Root", AUTHORITY) });
    let sent = lab.folder.write("sent.pem", lab.pem("cross"));
    let (_files, _server, port) = s_server(&lab.pair("leaf"), &["-cert_chain", &sent]);
    let ca = |name: &str| lab.folder.write("ca.pem", lab.pem(name));
    let report = check(port, &format!("ca: \"{}\"", ca("old")));
    let told_of = told(&report);
    assert!(
        told_of.starts_with("tls tls_expired: the intermediate certificate of \"CN=New Root\" expired"),
        "{told_of}"
    );
    assert!(hint(&report).contains("sends an old chain: CN=New Root expired on 2021-09-30"), "{report:#}");
    assert!(hint(&report).contains("update the trust store here") && !hint(&report).contains("Renew"), "{report:#}");
    let line = &report["failure"];
    assert!(!line.to_string().contains("kubectl get certificate"), "{line}");
    // The healthy twin: whoever knows the new root needs no cross-signed one.
    assert_eq!(told(&check(port, &format!("ca: \"{}\"", ca("new")))), "pass");
}

#[test]
fn an_intermediate_that_expired_is_got_anew() {
    let lab = OpenSsl::new();
    lab.root(Wanted::new("root", "/CN=Lab Root", AUTHORITY));
    lab.issue("root", Wanted { ended: true, ..Wanted::new("middle", "/CN=Lab Middle", AUTHORITY) });
    lab.issue("middle", LEAF);
    let sent = lab.folder.write("sent.pem", lab.pem("middle"));
    let ca = lab.folder.write("ca.pem", lab.pem("root"));
    let (_files, _server, port) = s_server(&lab.pair("leaf"), &["-cert_chain", &sent]);
    let report = check(port, &format!("ca: \"{ca}\""));
    let told_of = told(&report);
    let expected = "tls tls_expired: the intermediate certificate of \"CN=Lab Middle\" expired";
    assert!(told_of.starts_with(expected), "{report:#}");
    assert!(hint(&report).contains("Get the current one from its authority"), "{report:#}");
    // The server's own: that one is renewed.
    lab.issue("root", Wanted { ended: true, ..LEAF });
    let (_files, _server, port) = s_server(&lab.pair("leaf"), &[]);
    let report = check(port, &format!("ca: \"{ca}\""));
    assert!(hint(&report).starts_with("Renew the certificate"), "{report:#}");
}

/// The bundle of the image is old: nobody mounts a CA for that.
#[test]
fn a_root_of_the_system_that_expired() {
    let lab = OpenSsl::new();
    lab.root(Wanted { ended: true, ..Wanted::new("old", "/CN=Old Root", AUTHORITY) });
    lab.issue("old", LEAF);
    let bundle = lab.folder.write("bundle.crt", lab.pem("old"));
    let (_files, _server, port) = s_server(&lab.pair("leaf"), &[]);
    let target = format!("tls://127.0.0.1:{port}");
    let ran = run(pilotfish().args(["check", "-o", "json", &target]).env("SSL_CERT_FILE", &bundle));
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("a report");
    let report = &report["checks"][0];
    assert!(told(report).starts_with("tls tls_expired: the root \"CN=Old Root\" of the file "), "{report:#}");
    assert!(hint(report).contains("Update the trust store of this image (ca-certificates)"), "{report:#}");
}
