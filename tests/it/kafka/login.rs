//! Every way in which a login works and fails.

use super::{check, failed, passed};
use crate::support::kafka::{PASSWORD, broker};

/// A URL of the listener with a login.
fn url(user: &str, password: &str, mechanism: &str) -> String {
    format!("kafka://{user}:{password}@127.0.0.1:{}/orders?mechanism={mechanism}", broker().sasl)
}

#[test]
fn every_mechanism() {
    for (user, mechanism, method) in [
        ("app", "PLAIN", "plain"),
        ("scram", "SCRAM-SHA-512", "scram-sha-512"),
        ("scram", "scram_sha_512", "scram-sha-512"),
    ] {
        let check = check(&url(user, PASSWORD, mechanism));
        passed(&check);
        assert_eq!(check["facts"]["auth_method"], method);
        assert_eq!(check["target"], format!("kafka://{user}@127.0.0.1:{}/orders", broker().sasl));
        let offered = check["facts"]["sasl_mechanisms"].as_array().expect("a list");
        assert_eq!(offered.len(), 3, "{check:#}");
    }
    let without_topic = format!("kafka://scram256:{PASSWORD}@127.0.0.1:{}?mechanism=SCRAM-SHA-256", broker().sasl);
    passed(&check(&without_topic));
}

#[test]
fn the_mechanism_is_chosen_where_none_is_named() {
    for (user, method) in [("scram", "scram-sha-512"), ("scram256", "scram-sha-256")] {
        let check = check(&format!("kafka://{user}:{PASSWORD}@127.0.0.1:{}", broker().sasl));
        passed(&check);
        assert_eq!(check["facts"]["auth_method"], method);
    }
    // PLAIN would show the password.
    let plain = check(&format!("kafka://app:{PASSWORD}@127.0.0.1:{}", broker().sasl));
    failed(&plain, "login", "probe_limit", "`mechanism`");
    assert_eq!(plain["degraded"], true, "{plain:#}");
}

#[test]
fn a_wrong_password_and_an_unknown_user_are_told_apart_where_the_broker_does() {
    let message = failed(&check(&url("app", "wrong", "PLAIN")), "login", "password_rejected", "unknown user");
    assert_eq!(
        message,
        "the broker rejected the user or the password: Authentication failed: Invalid username or password"
    );
    let rejected = check(&url("scram", "wrong", "SCRAM-SHA-512"));
    assert!(failed(&rejected, "login", "password_rejected", "Secret").starts_with("the broker rejected the password"));
    for (user, mechanism) in [("nobody", "SCRAM-SHA-512"), ("scram256", "SCRAM-SHA-512"), ("scram", "SCRAM-SHA-256")] {
        let message = failed(&check(&url(user, PASSWORD, mechanism)), "login", "login_rejected", "--add-config");
        assert!(message.starts_with(&format!("the broker has no {mechanism} credential for the user")), "{message}");
    }
}

#[test]
fn a_login_where_none_is_wanted_and_the_reverse() {
    let broker = broker();
    for mechanism in ["PLAIN", "SCRAM-SHA-512"] {
        let target = format!("kafka://app:{PASSWORD}@127.0.0.1:{}?mechanism={mechanism}", broker.plain);
        let message = failed(&check(&target), "login", "password_not_expected", "SASL listener");
        assert!(message.ends_with("ILLEGAL_SASL_STATE"), "{message}");
    }
    let message = failed(
        &check(&format!("kafka://127.0.0.1:{}/orders", broker.sasl)),
        "login",
        "password_missing",
        "`mechanism`",
    );
    assert_eq!(
        message,
        "the listener requires a login (PLAIN, SCRAM-SHA-512, SCRAM-SHA-256), but no user and no password are set"
    );
    let message = failed(
        &check(&format!("kafka://127.0.0.1:{}", broker.controller)),
        "login",
        "protocol_error",
        "client listener",
    );
    assert!(message.contains("KRaft controller"), "{message}");
}

#[test]
fn a_mechanism_that_is_not_there() {
    let broker = broker();
    let keys = |mechanism: &str| {
        format!(
            "{{bootstrap: 'localhost:{}', user: app, password: {PASSWORD}, mechanism: {mechanism}, tls: {{verify: false}}}}",
            broker.sasl_tls
        )
    };
    let message =
        failed(&super::check_keys(&keys("SCRAM-SHA-512")), "login", "auth_unsupported", "`sasl.enabled.mechanisms`");
    assert_eq!(message, "the broker offers PLAIN, but not SCRAM-SHA-512: UNSUPPORTED_SASL_MECHANISM");
    for mechanism in ["OAUTHBEARER", "AWS_MSK_IAM", "GSSAPI"] {
        let check = super::check_keys(&keys(mechanism));
        failed(&check, "login", "probe_limit", "says nothing beyond the connection");
        assert_eq!(check["degraded"], true, "{check:#}");
    }
}

/// Other tests make the same broker complain: of requests that name their client, it complains of none.
#[test]
fn no_request_of_a_session_is_an_error_to_the_broker() {
    passed(&check(&url("scram", PASSWORD, "SCRAM-SHA-512")));
    passed(&check(&format!("kafka://127.0.0.1:{}/orders", broker().plain)));
    let log = broker().log();
    let complaints = log.lines().filter(|line| line.starts_with("WARN") || line.starts_with("ERROR"));
    let of_us: Vec<&str> = complaints.filter(|line| line.contains("clientId=pilotfish")).collect();
    assert!(of_us.is_empty(), "{of_us:#?}");
}
