//! Every way in which a login works or fails.

use bson::rawdoc;

use super::{check, check_keys, failed, passed, warnings};
use crate::support::hostile::{Manner, here};
use crate::support::mongodb::scripted::{Script, Scripted, error};
use crate::support::mongodb::{Options, Server};

#[test]
fn with_the_right_password() {
    let server = Server::usual();
    let login = check(&server.url("app:sesame@", "/admin"));
    passed(&login);
    assert_eq!(
        (&login["facts"]["auth_method"], &login["facts"]["server_state"]),
        (&"scram-sha-256".into(), &"standalone".into())
    );
    assert_eq!(
        login["facts"]["server_version"].as_str().map(|version| version.starts_with("7.")),
        Some(true),
        "{login:#}"
    );
    passed(&check(&server.url("app:sesame@", "/?authMechanism=SCRAM-SHA-1")));
    passed(&check(&server.url("app:sesame@", "/shop?authSource=admin")));
    passed(&check_keys(&format!(
        "{{host: 127.0.0.1, port: {}, user: app, password: sesame, database: shop, auth_source: admin}}",
        server.port
    )));
    let log = server.log();
    assert!(!log.contains("ERROR") && !log.contains("WARN"), "{log}");
}

#[test]
fn with_a_wrong_login() {
    let server = Server::start(&Options { database: "shop", ..Options::default() });
    passed(&check(&server.url("app:sesame@", "/shop")));
    failed(&check(&server.url("app:wrong@", "/shop")), "login", "password_rejected", "db.changeUserPassword");
    failed(
        &check(&server.url("app:wrong@", "/shop?authMechanism=SCRAM-SHA-1")),
        "login",
        "password_rejected",
        "authSource",
    );
    // The user is in another database.
    for rest in ["", "/orders", "/shop?authSource=admin"] {
        let message = failed(&check(&server.url("app:sesame@", rest)), "login", "password_rejected", "db.createUser");
        assert!(message.starts_with("the server lists no login method for user app in the database "), "{message}");
    }
    failed(&check(&server.url("nobody:sesame@", "/shop")), "login", "password_rejected", "create the user");
    failed(&check(&server.url("app@", "/shop")), "login", "password_missing", "percent-encoded");
    failed(&check(&server.url("", "/shop")), "login", "password_missing", "security.authorization");
}

#[test]
fn without_a_login_where_none_is_needed() {
    let server = Scripted::start(Script { users: Vec::new(), ..Script::default() });
    let anonymous = check(&format!("mongodb://{}", server.address()));
    passed(&anonymous);
    assert_eq!(anonymous["facts"]["auth_method"], "none");
    assert_eq!(server.commands(), ["hello", "listDatabases", "buildInfo"]);
}

#[test]
fn one_login_a_run() {
    let server = Scripted::start(Script::default());
    let run = || check(&format!("mongodb://app:sesame@{}", server.address()));
    passed(&run());
    assert_eq!(server.commands(), ["hello", "saslStart", "saslContinue", "ping", "buildInfo"]);
    server.become_like(Script { older: true, ..Script::default() });
    passed(&run());
    assert_eq!(&server.commands()[5..7], ["hello", "isMaster"]);
    let before = server.commands().len();
    failed(&check(&format!("mongodb://app:wrong@{}", server.address())), "login", "password_rejected", "");
    let starts = server.commands()[before..].iter().filter(|name| *name == "saslStart").count();
    assert_eq!(starts, 1);
}

#[test]
fn the_password_itself_goes_over_verified_tls_alone() {
    let server = Server::start(&Options { plain: true, ..Options::default() });
    let plain = check(&server.url("app:sesame@", "/?authMechanism=PLAIN"));
    let message = failed(&plain, "login", "probe_limit", "tls=true");
    assert!(message.contains("not encrypted"), "{message}");
    let rejected = check(&server.url("app:sesame@", "/"));
    failed(&rejected, "login", "auth_unsupported", "authMechanism");
}

#[test]
fn on_a_socket() {
    let folder = crate::support::Folder::new();
    let path = folder.path().join("mongodb.sock").display().to_string();
    let _server = Server::start(&Options { socket: &path, ..Options::default() });
    passed(&check_keys(&format!("{{host: 'unix:{path}', user: app, password: sesame}}")));
    let host = path.replace('/', "%2F");
    let found = check(&format!("mongodb://app:sesame@{host}/admin"));
    passed(&found);
    assert_eq!(found["target"], format!("mongodb://app@{path}/admin"));
    failed(&check(&format!("mongodb://app:sesame@{host}x/admin")), "connect", "file_missing", "");
}

#[test]
fn methods_that_pilotfish_does_not_have() {
    let server = Scripted::start(Script::default());
    for method in ["MONGODB-AWS", "GSSAPI", "MONGODB-OIDC"] {
        let check = check(&format!("mongodb://app:sesame@{}/?authMechanism={method}", server.address()));
        let message = failed(&check, "login", "probe_limit", "this method");
        assert!(message.contains(method), "{message}");
    }
    assert!(server.commands().iter().all(|command| command == "hello"), "{:?}", server.commands());
}

#[test]
fn rounds_of_scram_have_limits() {
    let server = Scripted::start(Script { rounds: 4095, ..Script::default() });
    let keys = |rest: &str| check_keys(&format!("{{url: 'mongodb://app:sesame@{}'{rest}}}", server.address()));
    failed(&keys(""), "login", "probe_limit", "min_scram_iterations");
    passed(&keys(", min_scram_iterations: 1000"));
    server.become_like(Script { rounds: 100_001, ..Script::default() });
    failed(&keys(""), "login", "probe_limit", "Lower `scramSHA256IterationCount`");
}

#[test]
fn errors_of_a_server() {
    let server = Scripted::start(Script::default());
    let with = |refuses| {
        server.become_like(Script { refuses: Some(refuses), ..Script::default() });
        check(&format!("mongodb://app:sesame@{}/shop?authSource=admin", server.address()))
    };
    for (code, name, text, cause, hint) in [
        (8000, "AtlasError", "bad auth : authentication failed", "password_rejected", "db.changeUserPassword"),
        (8000, "AtlasError", "IP 10.0.0.7 is not allowed", "login_rejected", "Network Access"),
        (91, "ShutdownInProgress", "The server is in quiesce mode", "shutting_down", "restart"),
        (334, "MechanismUnavailable", "not enabled", "auth_unsupported", "authenticationMechanisms"),
        (16500, "TooManyRequests", "Request rate is large", "too_many_connections", "request units"),
        (133, "FailedToSatisfyReadPreference", "no primary", "not_enough_replicas", "sh.status()"),
        (9999, "Odd", "sesame is odd", "query_failed", "Look up the number"),
    ] {
        let message = failed(&with(error(code, name, text)), "login", cause, hint);
        assert!(message.ends_with(&format!("({code} {name})")) && !message.contains("sesame"), "{message}");
    }
}

#[test]
fn a_server_that_closes_names_both_reasons() {
    let server = Scripted::start(Script { full: true, ..Script::default() });
    let check = check(&format!("mongodb://app:sesame@{}/shop", server.address()));
    failed(&check, "login", "connection_closed", "maxIncomingConnections");
}

#[test]
fn a_server_before_3_6_is_a_limit() {
    let server =
        Scripted::start(Script { hello: rawdoc! { "maxWireVersion": 5, "ismaster": true }, ..Script::default() });
    failed(&check(&format!("mongodb://{}", server.address())), "login", "probe_limit", "3.6");
}

#[test]
fn urls_that_drivers_read_differently() {
    let server = Scripted::start(Script::default());
    let slash = check(&format!("mongodb://app:sesame@{}?authSource=admin", server.address()));
    assert_eq!((&slash["result"], &slash["degraded"]), (&"pass".into(), &true.into()), "{slash:#}");
    assert!(warnings(&slash).contains("no `/` before its `?`"), "{slash:#}");
    server.become_like(Script { users: vec![("admin.app", "ses:ame")], ..Script::default() });
    let colon = check(&format!("mongodb://app:ses:ame@{}/?authSource=admin", server.address()));
    assert!(colon["result"] == "pass" && warnings(&colon).contains("has a `:`"), "{colon:#}");
    for login in ["app:p@s3cret", "app:pa/s3cret", "app:p?s3cret", "a@b:s3cret"] {
        let check = super::check_variable(&format!("mongodb://{login}@127.0.0.1/shop"));
        let message = failed(&check, "assert", "url_password_unencoded", "%40");
        assert!(!message.contains("s3cret"), "{message}");
    }
}

#[test]
fn a_dead_first_host_is_passed_over() {
    let (server, dead) = (Scripted::start(Script::default()), crate::support::dead_port());
    let several = check(&format!("mongodb://app:sesame@127.0.0.1:{dead},{}/?authSource=admin", server.address()));
    assert_eq!((&several["result"], &several["degraded"]), (&"pass".into(), &true.into()), "{several:#}");
    let silent = here(Manner::Nothing);
    let several =
        check_keys(&format!("{{url: 'mongodb://app:sesame@{silent},{}/?authSource=admin'}}", server.address()));
    assert_eq!(several["result"], "pass", "{several:#}");
    let none = check(&format!("mongodb://app:sesame@127.0.0.1:{dead},127.0.0.1:{}/", crate::support::dead_port()));
    failed(&none, "connect", "connect_refused", "");
}
