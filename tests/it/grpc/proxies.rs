//! nginx in front of the server, as it is right, and as it is often wrong.

use super::{check, failed, passed};
use crate::support::grpc::Server;
use crate::support::nginx::Nginx;
use crate::support::{dead_port, free_port};

/// nginx with HTTP/2 without TLS, and this location.
fn nginx(location: &str) -> (Nginx, u16) {
    let port = free_port();
    (Nginx::start(&[port], &format!("server {{ listen 127.0.0.1:{port} http2; location / {{ {location} }} }}")), port)
}

#[test]
fn a_proxy_that_passes_grpc_on_is_no_hindrance() {
    let server = Server::go(&[]);
    let (_nginx, port) = nginx(&format!("grpc_pass grpc://127.0.0.1:{};", server.port));
    passed(&check(&format!("{{address: '127.0.0.1:{port}', service: shop}}")));
    let unknown = check(&format!("{{address: '127.0.0.1:{port}', service: nope}}"));
    failed(&unknown, "assert", "grpc_unknown_service", "Compare `service`");
}

#[test]
fn a_proxy_without_its_server_is_named() {
    let (_nginx, port) = nginx(&format!("grpc_pass grpc://127.0.0.1:{};", dead_port()));
    let report = check(&format!("{{address: '127.0.0.1:{port}'}}"));
    let message = failed(&report, "assert", "http_status", "does not reach the gRPC server");
    assert_eq!(message, "HTTP status 502 (text/html) instead of a gRPC answer");
}

#[test]
fn a_proxy_that_speaks_http_1_to_the_server_is_named() {
    let server = Server::go(&[]);
    let (_nginx, port) = nginx(&format!("proxy_pass http://127.0.0.1:{};", server.port));
    let report = check(&format!("{{address: '127.0.0.1:{port}'}}"));
    failed(&report, "request", "protocol_error", "grpc_pass");
}

#[test]
fn a_web_server_of_http_2_is_named() {
    let (_nginx, port) = nginx("return 404;");
    let report = check(&format!("{{address: '127.0.0.1:{port}'}}"));
    failed(&report, "assert", "http_status", "Pass the path /grpc.health.v1.Health/");
    let (_nginx, port) = nginx("default_type text/html; return 200 '<html>hello</html>';");
    let report = check(&format!("{{address: '127.0.0.1:{port}'}}"));
    let message = failed(&report, "assert", "protocol_error", "does not speak gRPC");
    assert_eq!(message, "the answer (text/html) is not a gRPC answer");
}

#[test]
fn an_http_1_server_or_proxy_is_named() {
    let port = free_port();
    let _nginx =
        Nginx::start(&[port], &format!("server {{ listen 127.0.0.1:{port}; location / {{ return 200 ok; }} }}"));
    let report = check(&format!("{{address: '127.0.0.1:{port}'}}"));
    failed(&report, "request", "protocol_error", "gRPC needs HTTP/2 all the way");
    let report = check(&format!("{{url: 'grpcs://127.0.0.1:{port}'}}"));
    failed(&report, "tls", "tls_not_tls", "speaks plain HTTP/1");
}
