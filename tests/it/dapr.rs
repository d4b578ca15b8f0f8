//! The `dapr` kind against the real daprd of version 1.14, and against a scripted one for what others answer: a web server with
//! the answers of `pkg/api/http/healthz.go` and `metadata.go`.

mod real;

use serde_json::Value;

use crate::support::nginx::Nginx;
use crate::support::{Folder, dead_port, free_port, json, pilotfish, run};

/// Answers of Dapr 1.16, and of older ones that name no parts.
const PARTS: &str = r#"{"errorCode":"ERR_HEALTH_NOT_READY","message":"dapr is not ready: [component-reconciler grpc-api-server]","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"ERR_HEALTH_NOT_READY","domain":"dapr.io"}]}"#;
const PLACEMENT: &str = r#"{"errorCode":"ERR_HEALTH_NOT_READY","message":"dapr is not ready: [actors-placement]"}"#;
const OLD: &str = r#"{"errorCode":"ERR_HEALTH_NOT_READY","message":"dapr is not ready"}"#;
const OUTBOUND: &str = r#"{"errorCode":"ERR_OUTBOUND_HEALTH_NOT_READY","message":"dapr outbound is not ready"}"#;
const METADATA: &str = r#"{"id":"app","runtimeVersion":"1.16.1","components":[{"name":"statestore","type":"state.redis","version":"v1"},{"name":"pubsub","type":"pubsub.kafka","version":"v1"}],"actorRuntime":{"runtimeStatus":"RUNNING","hostReady":true}}"#;

/// A daprd with these answers for `/v1.0/healthz`, `/v1.0/healthz/outbound` and `/v1.0/metadata`, as nginx returns them.
fn daprd(health: &str, outbound: &str, metadata: &str) -> (Nginx, u16) {
    let port = free_port();
    let server = format!(
        "server {{ listen 127.0.0.1:{port}; default_type application/json; location = /v1.0/healthz {{ return {health}; }} \
         location = /v1.0/healthz/outbound {{ return {outbound}; }} location = /v1.0/metadata {{ return {metadata}; }} }}"
    );
    (Nginx::start(&[port], &server), port)
}

/// The one check of a report of these keys.
fn check(port: u16, outbound: bool) -> Value {
    check_of(&format!("port: {port}, outbound: {outbound}"))
}

fn check_of(keys: &str) -> Value {
    let folder = Folder::new();
    let keys = format!("checks: [{{name: dapr, gates: [], dapr: {{{keys}}}}}]");
    json(&["check", "-o", "json", "-c", &folder.write("c.yaml", keys)])["checks"][0].take()
}

#[track_caller]
fn failed(check: &Value, phase: &str, cause: &str, hint: &str) -> String {
    let failure = &check["failure"];
    assert_eq!((failure["phase"].as_str(), failure["cause"].as_str()), (Some(phase), Some(cause)), "{check:#}");
    assert!(failure["hint"].as_str().is_some_and(|text| text.contains(hint)), "{hint:?} is not in the hint: {check:#}");
    failure["message"].as_str().expect("a message").to_owned()
}

#[test]
fn a_sidecar_that_is_ready() {
    let (_nginx, port) = daprd("204", "204", "404");
    for outbound in [false, true] {
        let good = check(port, outbound);
        assert_eq!((good["result"].as_str(), good["degraded"].as_bool()), (Some("pass"), Some(false)), "{good:#}");
        assert_eq!(
            (&good["facts"]["status_code"], &good["findings"]),
            (&204.into(), &serde_json::json!([])),
            "{good:#}"
        );
        assert_eq!(good["target"], format!("dapr::{port}"));
        assert_eq!(good["tries"].as_array().map(Vec::len), Some(1), "the metadata is not asked for: {good:#}");
    }
    assert_eq!(run(pilotfish().args(["check", &format!("dapr::{port}")])).code, 0);
}

#[test]
fn what_is_not_ready_is_named() {
    let body = |text: &str| format!("500 '{text}'");
    let (_nginx, port) = daprd(&body(PARTS), &body(OUTBOUND), &format!("200 '{METADATA}'"));
    let whole = check(port, false);
    let message = failed(&whole, "assert", "health_down", "kubectl logs POD -c daprd");
    let expected = "daprd is not ready: component-reconciler, grpc-api-server; loaded components: pubsub, statestore";
    assert_eq!(message, expected);
    assert_eq!(whole["facts"]["dapr_components"], serde_json::json!(["pubsub", "statestore"]));
    assert_eq!(whole["facts"]["status_code"], 500, "of the health, not of the metadata");
    let outbound = check(port, true);
    let message = failed(&outbound, "assert", "health_down", "missing from the loaded ones");
    assert_eq!(message, "the outbound side of daprd is not ready; loaded components: pubsub, statestore");
    let wanted = check_of(&format!("port: {port}, outbound: true, components: [pubsub, cache]"));
    let message = failed(&wanted, "assert", "health_down", "missing from the loaded ones");
    assert_eq!(
        message,
        "the outbound side of daprd is not ready; not loaded: cache; loaded components: pubsub, statestore"
    );
}

#[test]
fn a_sidecar_that_tells_less() {
    let body = |text: &str| format!("500 '{text}'");
    // The API asks for a token.
    let (_nginx, port) = daprd(&body(PLACEMENT), "204", "401");
    let message = failed(&check(port, false), "assert", "health_down", "dapr-system");
    assert_eq!(message, "daprd is not ready: actors-placement");
    let unlisted = check_of(&format!("port: {port}, outbound: true, components: [pubsub]"));
    let message = failed(&unlisted, "assert", "probe_limit", "asks for a token");
    assert_eq!(message, "daprd is healthy, but does not list its components (/v1.0/metadata)");
    assert_eq!(check(port, true)["result"], "pass", "the outbound side is ready");
    let (_nginx, port) = daprd(&body(OLD), "404", "200 '{\"id\":\"app\"}'");
    let message = failed(&check(port, false), "assert", "health_down", "missing from the loaded ones");
    assert_eq!(message, "daprd is not ready; no component is loaded");
    failed(&check(port, true), "assert", "http_status", "older than 1.9");
}

#[test]
fn no_sidecar_and_another_server() {
    let none = check(dead_port(), false);
    failed(&none, "connect", "connect_refused", "dapr.io/enabled");
    assert_eq!(
        none["findings"],
        serde_json::json!([]),
        "what is missing is the sidecar, and no Service name: {none:#}"
    );
    let (_nginx, port) = daprd("500 'oops'", "302 /login", "404");
    failed(&check(port, false), "assert", "http_status", "another server may answer");
    assert_eq!(check(port, true)["failure"]["cause"], "http_redirect");
}
