//! The texts of servers, and that no secret is shown.

use super::{Meaning, ROWS, ServerError};
use crate::secret::Secret;
use crate::url::Endpoint;

/// Texts as the servers write them.
const TEXTS: &[(&str, &str, &str)] = &[
    ("NOAUTH Authentication required.", "noauth", "password_missing"),
    (
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> \
         option can be used to authenticate the client and select the RESP protocol version at the same time",
        "noauth",
        "password_missing",
    ),
    ("WRONGPASS invalid username-password pair or user is disabled.", "wrongpass", "password_rejected"),
    ("ERR invalid password", "wrongpass", "password_rejected"),
    (
        "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration \
         is correct?",
        "no_password",
        "password_not_expected",
    ),
    ("ERR Client sent AUTH, but no password is set", "no_password", "password_not_expected"),
    ("ERR wrong number of arguments for 'auth' command", "no_users", "auth_unsupported"),
    (
        "DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default \
         user. In this mode connections are only accepted from the loopback interface.",
        "protected_mode",
        "login_rejected",
    ),
    ("ERR max number of clients reached", "max_clients", "too_many_connections"),
    ("ERR max number of clients + cluster connections reached", "max_clients", "too_many_connections"),
    ("ERR DB index is out of range", "no_database", "no_such_database"),
    ("ERR invalid DB index", "no_database", "no_such_database"),
    ("ERR SELECT is not allowed in cluster mode", "cluster_database", "no_such_database"),
    ("LOADING Redis is loading the dataset in memory", "loading", "starting_up"),
    ("NOPERM this user has no permissions to run the 'ping' command", "noperm", "-"),
    ("NOPERM User app has no permissions to run the 'ping' command", "noperm", "-"),
    (
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
        "misconf",
        "-",
    ),
    ("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "masterdown", "-"),
    ("READONLY You can't write against a read only replica.", "readonly", "read_only"),
    ("CLUSTERDOWN The cluster is down", "clusterdown", "not_enough_replicas"),
    (
        "NOQUORUM 1 usable Sentinels. Not enough available Sentinels to reach the majority",
        "noquorum",
        "not_enough_replicas",
    ),
    ("ERR This instance has cluster support disabled", "not_cluster", "query_failed"),
    ("MOVED 3999 127.0.0.1:6381", "moved", "query_failed"),
    ("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", "busy", "query_failed"),
    ("ERR unknown command 'PING', with args beginning with: ", "unknown_command", "query_failed"),
    ("ERR operation not permitted", "noauth", "password_missing"),
    ("WRONGPASS invalid or missing auth token", "wrong_token", "password_rejected"),
    ("ERR invalid username-password pair", "wrongpass", "password_rejected"),
    ("ERR invalid credentials", "wrongpass", "password_rejected"),
    ("NOUPSTREAMAUTH failed", "upstream_login", "login_rejected"),
    ("ERR Client sent AUTH, but no username-password pair is set", "no_users", "auth_unsupported"),
    ("DENIED by policy", "denied", "login_rejected"),
    ("ERR max concurrent connections exceeded", "max_clients", "too_many_connections"),
    ("ERR max daily request limit exceeded. Limit: 10000, Usage: 10002.", "quota", "query_failed"),
    ("ERR max requests limit exceeded. Limit: 500000, Usage: 500000.", "quota", "query_failed"),
    ("ERR Only 0th database is supported! Selected DB: 1", "cluster_database", "no_such_database"),
    ("ERR unencrypted connection is prohibited", "wants_tls", "tls_unsupported"),
    ("LOADING Dragonfly is loading the dataset in memory", "loading", "starting_up"),
    ("LOADING KeyDB is loading the dataset in memory", "loading", "starting_up"),
    ("MASTERDOWN Link with MASTER is down", "masterdown", "-"),
    ("NOREPLICAS Not enough good replicas to write.", "noreplicas", "-"),
    ("OOM command not allowed when used memory > 'maxmemory'.", "oom", "-"),
    ("TRYAGAIN Multiple keys request during rehashing of slot", "tryagain", "-"),
    ("ASK 3999 127.0.0.1:6381", "moved", "query_failed"),
    ("CLUSTERDOWN Hash slot not served", "clusterdown", "not_enough_replicas"),
    ("UNKILLABLE Sorry the script already executed write commands against the dataset.", "unkillable", "query_failed"),
    ("ERR unsupported command 'ping'", "unknown_command", "query_failed"),
    ("no upstream host", "backend", "query_failed"),
    ("upstream failure", "backend", "query_failed"),
    ("ERR Connection refused", "backend", "query_failed"),
    ("ERR Connection timed out", "backend", "query_failed"),
    ("BUSYKEY Target key name already exists.", "other", "query_failed"),
    ("ERR something new", "other", "query_failed"),
    ("", "other", "query_failed"),
];

fn cause(error: &ServerError) -> &'static str {
    match error.meaning {
        Meaning::Refused(refusal) => refusal.cause().slug(),
        Meaning::Failed(cause) => cause.slug(),
        Meaning::LoggedIn => "-",
    }
}

#[test]
fn each_error_has_its_code_and_its_cause() {
    for (text, code, slug) in TEXTS {
        let error = ServerError::read(text);
        assert_eq!((error.code, cause(&error)), (*code, *slug), "{text}");
    }
    for (_, _, code, ..) in ROWS {
        assert!(TEXTS.iter().any(|(_, known, _)| known == code), "{code}");
    }
}

#[test]
fn a_known_error_has_our_words_and_the_servers() {
    for (text, code, _) in TEXTS.iter().filter(|(_, code, _)| *code != "other") {
        let error = ServerError::read(text);
        let says = error.says().expect(text);
        assert!(says.starts_with("the ") || says.starts_with("a "), "{code}: {says}");
        assert!(says.len() < 120 && !says.ends_with('.'), "{code}: {says}");
        let message = error.message("PING", &[]);
        assert!(message.starts_with(&format!("{says}: ")) && !message.ends_with('.'), "{message}");
    }
    for (text, message) in [
        ("ERR some\tthing new", "the server answered PING with an error: ERR some thing new"),
        ("", "the server answered PING with an error"),
        (
            "WRONGPASS invalid or missing auth token",
            "the server rejected the token: WRONGPASS invalid or missing auth token",
        ),
    ] {
        assert_eq!(ServerError::read(text).message("PING", &[]), message);
    }
}

#[test]
fn a_refusal_of_auth_needs_no_known_word() {
    for text in [
        "ERR Authentication failed",
        "ERR auth failed: LDAP",
        "UNAUTHORIZED",
        "ERR unauthorized",
        "ERR access denied for app",
        "ERR Authentication failure",
    ] {
        let error = ServerError::read(text).of_auth();
        assert_eq!((error.code, cause(&error)), ("wrongpass", "password_rejected"), "{text}");
    }
    let error = ServerError::read("ERR something new").of_auth();
    assert_eq!((error.code, cause(&error)), ("other", "query_failed"));
    assert_eq!(error.message("AUTH", &[]), "the server answered AUTH with an error: ERR something new");
}

#[test]
fn no_error_shows_the_password() {
    let password = Secret::new("s3cret".to_owned());
    let unknown = ServerError::read("ERR unknown command 'AUTH', with args beginning with: 'app' 's3cret' ").of_auth();
    assert_eq!((unknown.code, cause(&unknown)), ("unknown_command", "auth_unsupported"));
    for text in [
        "ERR s3cret is wrong",
        "ERR unknown command 'AUTH', with args beginning with: 's3cret'",
        "s3cret",
        "WRONGPASS s3cret",
        // A part of it, and one in capitals.
        "ERR bad: 's3cr",
        "ERR bad S3CRET",
    ] {
        for error in [ServerError::read(text), ServerError::read(text).of_auth()] {
            let message = error.message("AUTH", &[&password]);
            assert!(!message.to_ascii_lowercase().contains("s3"), "{message}");
            assert!(!format!("{error:?}").contains("s3"), "{error:?}");
        }
    }
    let masked = ServerError::read("ERR no user app with s3cret here").message("AUTH", &[&password]);
    assert_eq!(masked, "the server answered AUTH with an error: ERR no user app with *** here");
    let hidden = ServerError::read("ERR bad: 's3cr").message("AUTH", &[&password]);
    assert_eq!(hidden, "the server answered AUTH with an error: the server's text repeats the secret");
    // A gap would show a short password.
    let short = Secret::new("xy".to_owned());
    assert_eq!(
        ServerError::read("ERR xy").message("AUTH", &[&short]),
        "the server answered AUTH with an error: the server's text repeats the secret"
    );
    // The texts of the server itself are no place for a gap.
    for (secret, text, expected) in [
        ("disabled", "WRONGPASS invalid username-password pair or user is disabled.", "WRONGPASS"),
        ("u", "WRONGPASS invalid username-password pair or user is disabled.", "WRONGPASS"),
        ("other", "WRONGPASS invalid username-password pair.", "WRONGPASS invalid username-password pair"),
    ] {
        let message = ServerError::read(text).message("AUTH", &[&Secret::new(secret.to_owned())]);
        assert_eq!(message, format!("the server rejected the user or the password: {expected}"), "{secret}");
    }
}

#[test]
fn the_node_that_has_the_slot() {
    let asked: Endpoint = "cache:6380".parse().expect("an endpoint");
    for (text, expected) in [
        ("MOVED 3999 127.0.0.1:6381", "127.0.0.1:6381"),
        ("MOVED 3999 node-2.cache:7000", "node-2.cache:7000"),
        ("MOVED 3999 ::1:7000", "[::1]:7000"),
        ("MOVED 3999 :7000", "cache:7000"),
        ("MOVED 3999 ?:7000", "cache:7000"),
        ("MOVED 3999 127.0.0.1:0", ""),
        ("MOVED 3999 127.0.0.1", ""),
        ("MOVED 3999", ""),
        ("ASK 3999 127.0.0.1:6381", ""),
        ("ERR MOVED 1 a:1", ""),
    ] {
        let found = ServerError::read(text).owner(&asked).map(|owner| owner.to_string());
        assert_eq!(found.unwrap_or_default(), expected, "{text}");
    }
}
