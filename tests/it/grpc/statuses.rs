//! What the health services of Go and Python say, and every code with which a call can end.

use super::{check, failed, passed};
use crate::support::grpc::Server;
use crate::support::json;

#[test]
fn services_that_serve_pass() {
    for server in [Server::go(&[]), Server::python(None)] {
        let port = server.port;
        for keys in [
            format!("{{address: '127.0.0.1:{port}'}}"),
            format!("{{address: '127.0.0.1:{port}', service: shop}}"),
            format!("{{url: 'grpc://127.0.0.1:{port}/shop'}}"),
            format!("{{url: 'http://127.0.0.1:{port}'}}"),
        ] {
            let report = check(&keys);
            passed(&report);
            let facts = &report["facts"];
            assert_eq!(
                (&facts["grpc_status"], &facts["serving_status"]),
                (&"OK".into(), &"SERVING".into()),
                "{report:#}"
            );
        }
        let report = json(&["check", "-o", "json", &format!("grpc://127.0.0.1:{port}/shop")]);
        assert_eq!(report["checks"][0]["result"], "pass", "{report:#}");
        assert_eq!(report["checks"][0]["target"], format!("grpc://127.0.0.1:{port}"), "{report:#}");
    }
}

#[test]
fn a_service_that_does_not_serve_is_named() {
    for server in [Server::go(&[]), Server::python(None)] {
        let port = server.port;
        let down = check(&format!("{{address: '127.0.0.1:{port}', service: down}}"));
        let message = failed(&down, "assert", "grpc_not_serving", "Read its log");
        assert_eq!(message, "the service \"down\" reports NOT_SERVING");
        let unknown = check(&format!("{{address: '127.0.0.1:{port}', service: shpo}}"));
        let message = failed(&unknown, "assert", "grpc_unknown_service", "Compare `service` with the names");
        assert!(message.starts_with("the server answered NOT_FOUND for the service \"shpo\""), "{message}");
    }
    let server = Server::go(&[]);
    let lost = check(&format!("{{address: '127.0.0.1:{}', service: lost}}", server.port));
    let message = failed(&lost, "assert", "grpc_unknown_service", "Compare `service`");
    assert_eq!(message, "the service \"lost\" reports SERVICE_UNKNOWN");
}

#[test]
fn a_server_without_the_health_service_is_named() {
    let server = Server::go(&["--no-health"]);
    let report = check(&format!("{{address: '127.0.0.1:{}'}}", server.port));
    let message = failed(&report, "assert", "grpc_unimplemented", "Add the health service");
    assert!(
        message.starts_with("the server answered UNIMPLEMENTED for the server as a whole: unknown service"),
        "{message}"
    );
}

#[test]
fn every_code_has_its_cause_and_the_servers_words() {
    let server = Server::go(&[]);
    for (code, phase, cause, hint) in [
        (1, "request", "query_failed", "the server's log"),
        (2, "request", "query_failed", "the server's log"),
        (3, "request", "query_failed", "the server's log"),
        (4, "request", "timeout", "Raise `timeout`"),
        (5, "assert", "grpc_unknown_service", "Compare `service`"),
        (7, "request", "permission_denied", "AuthorizationPolicy"),
        (8, "request", "query_failed", "`interval`"),
        (9, "request", "query_failed", "the server's log"),
        (12, "assert", "grpc_unimplemented", "Add the health service"),
        (13, "request", "query_failed", "the server's log"),
        (14, "assert", "grpc_not_serving", "draining"),
        (15, "request", "query_failed", "the server's log"),
        (16, "request", "permission_denied", "wants credentials"),
        (99, "request", "query_failed", "the server's log"),
    ] {
        let report = check(&format!("{{address: '127.0.0.1:{}', service: status.{code}}}", server.port));
        let message = failed(&report, phase, cause, hint);
        assert!(message.ends_with("refused: 100% of ünits"), "{message}");
    }
}

#[test]
fn metadata_prove_who_asks_and_are_never_shown() {
    let server = Server::go(&["--token", "Bearer s3same-open"]);
    let address = format!("address: '127.0.0.1:{}'", server.port);
    passed(&check(&format!("{{{address}, metadata: {{authorization: 'Bearer s3same-open', x-key: abc}}}}")));
    let log = server.log();
    assert!(log.starts_with("[pilotfish/") && log.contains(&format!("[127.0.0.1:{}] [abc]", server.port)), "{log}");
    let none = check(&format!("{{{address}}}"));
    failed(&none, "request", "permission_denied", "authorization");
    let wrong = check(&format!("{{{address}, metadata: {{authorization: 'Bearer wr0ng-0ne'}}}}"));
    let message = failed(&wrong, "request", "permission_denied", "Compare the token in `metadata`");
    assert!(message.starts_with("the server answered UNAUTHENTICATED") && message.contains("***"), "{message}");
    assert!(!wrong.to_string().contains("wr0ng"), "{wrong:#}");
    let repeated =
        check(&format!("{{{address}, service: status.13, metadata: {{authorization: 'Bearer s3same-open'}}}}"));
    assert!(!repeated.to_string().contains("s3same"), "{repeated:#}");
}
