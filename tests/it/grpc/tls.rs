//! Over TLS, and TLS on a plain port and the reverse.

use super::{check, failed, passed};
use crate::support::Folder;
use crate::support::ca::{Ca, Leaf};
use crate::support::grpc::{Options, Server};
use crate::support::nginx::Nginx;

#[test]
fn over_tls_with_http_2_agreed_on() {
    let (root, folder) = (Ca::root("gRPC root"), Folder::new());
    let pair = root.issue(&Leaf::server("localhost", &["localhost"]));
    let ca = folder.write("ca.pem", &root.pem);
    let go = Server::start(&Options { tls: Some(&pair), ..Options::default() });
    for server in [go, Server::python(Some(&pair))] {
        let port = server.port;
        let report = check(&format!("{{url: 'grpcs://localhost:{port}/shop', tls: {{ca: {ca}}}}}"));
        passed(&report);
        assert_eq!(
            (&report["facts"]["tls_alpn"], &report["target"]),
            (&"h2".into(), &format!("grpcs://localhost:{port}").into())
        );
        passed(&check(&format!("{{address: 'localhost:{port}', tls: {{ca: {ca}}}}}")));
        failed(&check(&format!("{{url: 'grpcs://localhost:{port}'}}")), "tls", "tls_untrusted", "");
        let plain = check(&format!("{{address: 'localhost:{port}'}}"));
        let cause = plain["failure"]["cause"].as_str().expect("it fails");
        assert!(matches!(cause, "tls_unsupported" | "connection_closed" | "connect_reset"), "{plain:#}");
        assert!(plain["failure"]["hint"].as_str().expect("a hint").contains("grpcs://"), "{plain:#}");
    }
}

#[test]
fn a_client_certificate_is_asked_for() {
    let (root, folder) = (Ca::root("gRPC root"), Folder::new());
    let pair = root.issue(&Leaf::server("localhost", &["localhost"]));
    let ca = folder.write("ca.pem", &root.pem);
    let server = Server::start(&Options { tls: Some(&pair), client_ca: Some(&root.pem), ..Options::default() });
    let (cert, key) = root.issue(&Leaf::client("app")).write(&folder, "app", &[]);
    let url = format!("url: 'grpcs://localhost:{}'", server.port);
    passed(&check(&format!("{{{url}, tls: {{ca: {ca}, cert: {cert}, key: {key}}}}}")));
    failed(&check(&format!("{{{url}, tls: {{ca: {ca}}}}}")), "tls", "tls_client_cert_required", "certificate");
}

#[test]
fn tls_on_a_plain_port_is_named() {
    let server = Server::go(&[]);
    let report = check(&format!("{{url: 'grpcs://localhost:{}'}}", server.port));
    failed(&report, "tls", "tls_not_tls", "Write grpc://");
}

#[test]
fn a_web_server_with_tls_that_offers_no_http_2_is_named() {
    let (root, folder) = (Ca::root("gRPC root"), Folder::new());
    let pair = root.issue(&Leaf::server("localhost", &["localhost"]));
    let ca = folder.write("ca.pem", &root.pem);
    let (_nginx, port) = Nginx::https(&pair, &[], "");
    let report = check(&format!("{{url: 'grpcs://localhost:{port}', tls: {{ca: {ca}}}}}"));
    let cause = report["failure"]["cause"].as_str().expect("it fails");
    assert!(matches!(cause, "protocol_error" | "tls_handshake_failed" | "tls_unsupported"), "{report:#}");
    assert!(report["failure"]["hint"].as_str().expect("a hint").contains("HTTP/2"), "{report:#}");
}
