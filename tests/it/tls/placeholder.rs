//! What an ingress controller shows where no Ingress covers the host, behind a real nginx; and what cert-manager serves
//! until a certificate is issued.

use super::{check, s_server, told};
use crate::support::nginx::Nginx;
use crate::support::openssl::{AUTHORITY, OpenSsl, P521, Wanted};

fn hint(report: &serde_json::Value) -> &str {
    report["failure"]["hint"].as_str().unwrap_or_default()
}

#[test]
fn nobody_is_told_to_trust_a_placeholder() {
    let lab = OpenSsl::new();
    let subject = "/O=Acme Co/CN=Kubernetes Ingress Controller Fake Certificate";
    lab.root(Wanted::new("fake", subject, "subjectAltName=DNS:ingress.local\n"));
    let (_nginx, port) = Nginx::https(&lab.pair("fake"), &[], "");
    for (ca, cause) in [
        ("ca: builtin".to_owned(), "tls_untrusted"),
        (format!("ca: \"{}\"", lab.folder.write("ca.pem", lab.pem("fake"))), "tls_wrong_name"),
    ] {
        let report = check(port, &format!("{ca}, server_name: shop.example.com"));
        assert_eq!(report["failure"]["cause"], cause, "{report:#}");
        let hint = hint(&report);
        assert!(hint.contains("kubectl get ingress,secret -A") && !hint.contains("`ca`"), "{hint}");
    }
    // cert-manager signs its temporary certificates with a throw-away authority that has a key of P-521.
    lab.root(Wanted { key: P521, more: &["-sha512"], ..Wanted::new("temporary", "/CN=cert-manager.local", AUTHORITY) });
    let names = "subjectAltName=DNS:shop.example.com\n";
    lab.issue("temporary", Wanted { more: &["-sha512"], ..Wanted::new("leaf", "/serialNumber=1234567890", names) });
    let (_files, _server, port) = s_server(&lab.pair("leaf"), &[]);
    let report = check(port, "ca: builtin, server_name: shop.example.com");
    assert!(told(&report).starts_with("tls tls_untrusted: "), "{report:#}");
    assert!(hint(&report).starts_with("This is cert-manager's temporary certificate"), "{report:#}");
}
