//! TLS, logins by certificate, and what TLS is worth for a password in clear text.

use super::{check, check_keys, failed, passed};
use crate::support::Folder;
use crate::support::ca::{Ca, Leaf};
use crate::support::mongodb::scripted::{Script, Scripted};
use crate::support::mongodb::{Options, Server};

#[test]
fn over_tls() {
    let (ca, folder) = (Ca::root("db root"), Folder::new());
    let pair = ca.issue(&Leaf::server("db", &["localhost"]));
    let server = Server::start(&Options { tls: Some(&pair), ..Options::default() });
    let (root, other) = (folder.write("ca.pem", &ca.pem), folder.write("other.pem", Ca::root("other").pem));
    let url = |host: &str, query: &str| format!("mongodb://app:sesame@{host}:{}/?{query}", server.port);
    passed(&check(&url("localhost", &format!("tls=true&tlsCAFile={root}"))));
    passed(&check(&url("localhost", &format!("tlsCAFile={root}"))));
    passed(&check_keys(&format!("{{url: '{}', tls: {{ca: {root}}}}}", url("localhost", "authSource=admin"))));
    assert_eq!(
        check(&url("127.0.0.1", &format!("tls=true&tlsCAFile={root}&tlsAllowInvalidHostnames=true")))["result"],
        "pass"
    );
    assert_eq!(check(&url("127.0.0.1", "tls=true&tlsInsecure=true"))["result"], "pass");
    failed(&check(&url("localhost", &format!("tls=true&tlsCAFile={other}"))), "tls", "tls_untrusted", "");
    failed(&check(&url("127.0.0.1", &format!("tls=true&tlsCAFile={root}"))), "tls", "tls_wrong_name", "");
    failed(&check(&url("localhost", "tls=true&tlsCAFile=/nowhere/ca.pem")), "assert", "file_missing", "");
    let wrong = url("localhost", &format!("tls=true&tlsCAFile={root}")).replace("sesame", "wrong");
    failed(&check(&wrong), "login", "password_rejected", "");
    // TLS was not asked for.
    failed(&check(&url("localhost", "authSource=admin")), "login", "connection_closed", "tls=true");
}

#[test]
fn a_server_without_tls() {
    // FerretDB takes the handshake for the start of a long message, MongoDB knows it and closes.
    let server = Server::usual();
    failed(&check(&server.url("app:sesame@", "/?tls=true")), "tls", "timeout", "remove `tls=true`");
    let closing = Scripted::start(Script { full: true, ..Script::default() });
    let closed = check(&format!("mongodb://app:sesame@{}/?tls=true", closing.address()));
    failed(&closed, "tls", "connection_closed", "Remove `tls=true`");
}

#[test]
fn with_a_client_certificate() {
    let (ca, folder) = (Ca::root("db root"), Folder::new());
    let pair = ca.issue(&Leaf::server("db", &["localhost"]));
    let server = Server::start(&Options { tls: Some(&pair), client_ca: Some(&ca.pem), ..Options::default() });
    let root = folder.write("ca.pem", &ca.pem);
    let (cert, key) = ca.issue(&Leaf::client("app")).write(&folder, "app", &[]);
    let url = format!("mongodb://app:sesame@localhost:{}/admin", server.port);
    passed(&check_keys(&format!("{{url: '{url}', tls: {{ca: {root}, cert: {cert}, key: {key}}}}}")));
    failed(&check_keys(&format!("{{url: '{url}', tls: {{ca: {root}}}}}")), "tls", "tls_client_cert_required", "");
}

#[test]
fn a_certificate_is_a_login() {
    let (ca, folder) = (Ca::root("db root"), Folder::new());
    let pair = ca.issue(&Leaf::server("db", &["localhost"]));
    let script = Script { users: vec![("$external.CN=app", ""), ("$external.app", "sesame")], ..Script::default() };
    let server = Scripted::over_tls(script.clone(), &pair, &ca);
    let client = ca.issue(&Leaf::client("app"));
    let (root, both) =
        (folder.write("ca.pem", &ca.pem), folder.write("both.pem", format!("{}{}", client.cert, client.key)));
    let query = format!("tls=true&tlsCAFile={root}&tlsCertificateKeyFile={both}");
    let url = |login: &str, rest: &str| format!("mongodb://{login}localhost:{}/?{query}{rest}", server.port);
    let found = check(&url("", "&authMechanism=MONGODB-X509"));
    passed(&found);
    assert_eq!(found["facts"]["auth_method"], "x509");
    assert_eq!(server.commands(), ["hello", "authenticate", "ping", "buildInfo"]);
    let bare = format!("mongodb://localhost:{}/?tls=true&tlsCAFile={root}&authMechanism=MONGODB-X509", server.port);
    failed(&check(&bare), "tls", "tls_client_cert_required", "tlsCertificateKeyFile");
    // The password itself.
    passed(&check(&url("app:sesame@", "&authMechanism=PLAIN")));
    let unverified = check(&url("app:sesame@", "&authMechanism=PLAIN&tlsInsecure=true"));
    failed(&unverified, "login", "probe_limit", "cleartext: encrypted");
    let encrypted =
        format!("{{url: '{}', cleartext: encrypted}}", url("app:sesame@", "&authMechanism=PLAIN&tlsInsecure=true"));
    assert_eq!(check_keys(&encrypted)["result"], "pass");
    server.become_like(Script { users: vec![("$external.CN=other", "")], ..script });
    failed(&check(&url("", "&authMechanism=MONGODB-X509")), "login", "login_rejected", "$external");
}
