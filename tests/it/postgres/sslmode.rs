//! The six sslmodes beside the real psql: the same settings connect, or do not.

use serde_json::Value;

use super::{check, failed, passed, polite};
use crate::support::ca::{Ca, Leaf};
use crate::support::postgres::{Cluster, Options, PASSWORD};
use crate::support::{Folder, json};

const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// Runs every mode with every CA by psql and by pilotfish; panics where they differ.
fn compare(cluster: &Cluster, what: &str, cas: &[(&str, Option<&str>)]) {
    let mut rows = Vec::new();
    for (ca_name, ca) in cas {
        rows.extend(MODES.iter().map(|mode| (*mode, *ca_name, *ca)));
    }
    let url = |mode: &str, ca: Option<&str>| {
        let ca = ca.map(|path| format!("&sslrootcert={path}")).unwrap_or_default();
        format!("postgres://app:{PASSWORD}@127.0.0.1:{}/app?sslmode={mode}{ca}", cluster.port)
    };
    let urls: Vec<String> = rows.iter().map(|(mode, _, ca)| url(mode, *ca)).collect();
    let mut args = vec!["check", "-o", "json"];
    args.extend(urls.iter().map(String::as_str));
    let report = json(&args);
    let ours: Vec<&Value> = report["checks"].as_array().expect("the checks").iter().collect();
    let theirs: Vec<bool> = std::thread::scope(|scope| {
        let asks: Vec<_> = urls
            .iter()
            .map(|url| scope.spawn(move || cluster.psql(&format!("{url}&gssencmode=disable"), "SELECT 1").code == 0))
            .collect();
        asks.into_iter().map(|ask| ask.join().expect("psql runs")).collect()
    });
    for (((mode, ca, _), ours), theirs) in rows.iter().zip(ours).zip(theirs) {
        assert_eq!(ours["result"] == "pass", theirs, "{what}, sslmode={mode}, {ca}: psql connects: {theirs}; {ours:#}");
    }
}

struct Lab {
    folder: Folder,
    ca: Ca,
}

impl Lab {
    fn new() -> Self {
        Self { folder: Folder::new(), ca: Ca::root("lab") }
    }

    fn cluster(&self, names: &[&str]) -> Cluster {
        let pair = self.ca.issue(&Leaf::server("db", names));
        Cluster::start(&Options { tls: Some((&pair.cert, &pair.key)), ..Options::default() })
    }
}

#[test]
fn connects_where_psql_does() {
    let lab = Lab::new();
    let good = lab.folder.write("good.pem", &lab.ca.pem);
    let other = lab.folder.write("other.pem", Ca::root("other").pem);
    let cas = [("no CA", None), ("the right CA", Some(good.as_str())), ("another CA", Some(other.as_str()))];
    let with_tls = lab.cluster(&["127.0.0.1"]);
    let without = Cluster::plain();
    for kind in ["host", "hostssl", "hostnossl"] {
        let hba = format!("{kind} all all 127.0.0.1/32 scram-sha-256");
        with_tls.set_hba(&hba);
        compare(&with_tls, &format!("TLS on, {kind}"), &cas);
        without.set_hba(&hba);
        compare(&without, &format!("TLS off, {kind}"), &cas[..2]);
    }
    let other_name = lab.cluster(&["db.lab"]);
    compare(&other_name, "a certificate for another name", &cas[..2]);
}

#[test]
fn each_failure_has_its_cause() {
    let lab = Lab::new();
    let good = lab.folder.write("good.pem", &lab.ca.pem);
    let other = lab.folder.write("other.pem", Ca::root("other").pem);
    let with_tls = lab.cluster(&["db.lab"]);
    let without = Cluster::plain();
    let run = |cluster: &Cluster, more: &str| check(&format!("{}?{more}", cluster.url()));
    let message = failed(&run(&without, "sslmode=require"), "tls", "tls_unsupported");
    assert!(message.contains("answered `N`"), "{message}");
    let port = without.port;
    let two_hosts = format!("postgres://app:{PASSWORD}@127.0.0.1:{port},localhost:{port}/app?sslmode=require");
    for refused in [run(&without, "sslmode=require"), run(&without, "sslmode=verify-ca"), check(&two_hosts)] {
        let hint = refused["failure"]["hint"].as_str().expect("a hint");
        assert!(hint.contains("ssl = on") && !hint.contains("1.2"), "{refused:#}");
    }
    failed(&run(&with_tls, &format!("sslmode=require&sslrootcert={other}")), "tls", "tls_untrusted");
    failed(&run(&with_tls, "sslmode=verify-ca"), "tls", "tls_untrusted");
    failed(&run(&with_tls, &format!("sslmode=verify-full&sslrootcert={good}")), "tls", "tls_wrong_name");
    failed(&run(&with_tls, &format!("sslmode=verify-full&sslrootcert={good}.missing")), "assert", "file_missing");
    let unverified = run(&with_tls, "sslmode=require");
    passed(&unverified);
    assert_eq!(unverified["facts"]["tls_verified"], false, "{unverified:#}");

    with_tls.set_hba("hostssl all all 127.0.0.1/32 scram-sha-256");
    let message = failed(&run(&with_tls, "sslmode=disable"), "login", "tls_unsupported");
    assert!(message.contains("no encryption (28000)"), "{message}");
    let message = failed(&run(&with_tls, &format!("sslmode=prefer&sslrootcert={other}")), "tls", "tls_untrusted");
    assert!(message.contains("; without: no pg_hba.conf entry"), "{message}");
    with_tls.set_hba("hostnossl all all 127.0.0.1/32 scram-sha-256");
    failed(&run(&with_tls, "sslmode=require"), "login", "login_rejected");
    with_tls.set_hba("host none all 127.0.0.1/32 scram-sha-256");
    for mode in ["allow", "prefer"] {
        let message = failed(&run(&with_tls, &format!("sslmode={mode}")), "login", "login_rejected");
        assert!(message.contains("SSL encryption") && message.contains("no encryption"), "{message}");
    }
    without.set_hba("host none all 127.0.0.1/32 scram-sha-256");
    let refused = run(&without, "sslmode=prefer");
    failed(&refused, "login", "login_rejected");
    assert!(
        refused["failure"]["hint"].as_str().is_some_and(|text| text.contains("the server offered no TLS")),
        "{refused:#}"
    );
    polite(&without.log());
}

/// The hint is of the connection that decides, whichever of the two was tried first.
#[test]
fn of_two_connections_the_hint_is_of_the_one_that_decides() {
    let lab = Lab::new();
    let with_tls = lab.cluster(&["127.0.0.1"]);
    let without = Cluster::plain();
    for (cluster, hba, mode, password, phase, cause, says) in [
        // A server without TLS: switching it on in the client helps nobody.
        (&without, "hostssl", "allow", PASSWORD, "login", "login_rejected", "the server offered no TLS"),
        (&without, "hostssl", "prefer", PASSWORD, "login", "login_rejected", "the server offered no TLS"),
        (&without, "host", "allow", "wrong", "login", "password_rejected", "Run ALTER ROLE"),
        // A rule for one kind of connection alone: the other's missing rule is no reason.
        (&with_tls, "hostssl", "allow", "wrong", "login", "password_rejected", "Run ALTER ROLE"),
        (&with_tls, "hostssl", "prefer", "wrong", "login", "password_rejected", "Run ALTER ROLE"),
        (&with_tls, "hostnossl", "prefer", "wrong", "login", "password_rejected", "Run ALTER ROLE"),
        (&with_tls, "hostnossl", "allow", "wrong", "login", "password_rejected", "Run ALTER ROLE"),
        (&with_tls, "hostssl none", "allow", PASSWORD, "login", "login_rejected", "No line in pg_hba.conf matches"),
    ] {
        let (kind, database) = hba.split_once(' ').unwrap_or((hba, "all"));
        cluster.set_hba(&format!("{kind} {database} all 127.0.0.1/32 scram-sha-256"));
        let check = check(&format!("postgres://app:{password}@127.0.0.1:{}/app?sslmode={mode}", cluster.port));
        failed(&check, phase, cause);
        let hint = check["failure"]["hint"].as_str().unwrap_or_default();
        assert!(hint.starts_with(says) || hint.contains(says), "{hba} {mode}: {check:#}");
    }
    with_tls.set_hba("hostssl all all 127.0.0.1/32 reject\nhostnossl all all 127.0.0.1/32 reject");
    let rejected = check(&format!("{}?sslmode=allow", with_tls.url()));
    failed(&rejected, "login", "login_rejected");
    assert!(rejected["failure"]["hint"].as_str().is_some_and(|hint| hint.contains("`reject` line")), "{rejected:#}");
}
