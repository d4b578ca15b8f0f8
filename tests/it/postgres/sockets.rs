//! Unix sockets, as libpq finds them.

use std::os::unix::net::UnixListener;
use std::process::Command;

use super::migrations::check as check_with;
use super::{check, encoded, failed, passed, polite};
use crate::support::postgres::{Cluster, Options, PASSWORD};
use crate::support::{Folder, json, run};

/// A URL of the socket in this folder.
fn url(folder: &str, port: u16, more: &str) -> String {
    format!("postgres://app:{PASSWORD}@/app?host={folder}&port={port}{more}")
}

#[test]
fn every_form_of_a_socket_is_read() {
    let cluster = Cluster::start(&Options { local: "scram-sha-256", ..Options::default() });
    let (folder, port) = (cluster.socket(), cluster.port);
    let whole = format!("{folder}/.s.PGSQL.{port}");
    for form in [
        url(&folder, port, ""),
        url(&encoded(&folder), port, ""),
        // libpq ignores sslmode there.
        url(&folder, port, "&sslmode=require"),
        url(&folder, port, "&sslmode=verify-full"),
        format!("postgresql://app:{PASSWORD}@{}:{port}/app", encoded(&folder)),
        format!("postgresql:///app?host={folder}&port={port}&user=app&password={PASSWORD}"),
        format!("postgresql+pg8000://app:{PASSWORD}@/app?unix_sock={whole}"),
        format!("postgres://app:{PASSWORD}@localhost/app?host={folder}&port={port}"),
        format!("host={folder} port={port} user=app password={PASSWORD} dbname=app"),
        format!("Host={folder};Port={port};Username=app;Password={PASSWORD};Database=app"),
    ] {
        let check = check_with(&form, "role: any");
        passed(&check);
        assert_eq!(check["target"], format!("postgres://app@/app?host={whole}"), "{form}");
        assert_eq!(check["facts"]["auth_method"], "scram-sha-256", "{form}");
    }
    for host in [folder.clone(), format!("unix:{folder}"), format!("unix:{whole}")] {
        let keys = Folder::new();
        let text = format!(
            "checks: [{{name: a, gates: [ready], postgres: {{host: '{host}', port: {port}, user: app, password: {PASSWORD}, \
             role: primary, tables: pg_class}}}}]"
        );
        let report = json(&["check", "-o", "json", "-c", &keys.write("c.yaml", text)]);
        passed(&report["checks"][0]);
    }
    let message = failed(&check(&url(&folder, port, "").replace(PASSWORD, "wrong")), "login", "password_rejected");
    assert!(message.contains("28P01"), "{message}");
    polite(&cluster.log());
}

/// Nobody is on the way to a socket, so that a password in clear text may go there, as those of IAM do.
#[test]
fn a_password_in_clear_text_goes_over_a_socket() {
    let cluster = Cluster::start(&Options { local: "password", ..Options::default() });
    let check = check(&url(&cluster.socket(), cluster.port, ""));
    passed(&check);
    assert_eq!(check["facts"]["auth_method"], "password");
}

#[test]
fn a_server_that_looks_at_the_user_of_the_process() {
    let cluster = Cluster::start(&Options { local: "peer", ..Options::default() });
    let refused = check(&url(&cluster.socket(), cluster.port, ""));
    let message = failed(&refused, "login", "login_rejected");
    assert!(message.contains("Peer authentication failed for user \"app\" (28000)"), "{message}");
    let hint = refused["failure"]["hint"].as_str().expect("a hint");
    assert!(hint.contains("operating system user") && hint.contains("scram-sha-256"), "{hint}");
    let own = run(Command::new("id").arg("-un")).stdout.trim().to_owned();
    cluster.sql(&format!("CREATE ROLE \"{own}\" LOGIN"));
    passed(&check(&format!("postgres://{own}@/app?host={}&port={}", cluster.socket(), cluster.port)));
}

#[test]
fn no_rule_for_sockets() {
    let cluster = Cluster::start(&Options { local: "", ..Options::default() });
    let refused = check(&url(&cluster.socket(), cluster.port, ""));
    let message = failed(&refused, "login", "login_rejected");
    assert!(message.contains("no pg_hba.conf entry for host \"[local]\""), "{message}");
    assert!(refused["failure"]["hint"].as_str().is_some_and(|hint| hint.contains("`local` line")), "{refused:#}");
}

#[test]
fn a_socket_without_a_server_has_its_cause() {
    let folder = Folder::new();
    let place = folder.path().display().to_string();
    let missing = check(&url(&place, 5432, ""));
    let message = failed(&missing, "connect", "file_missing");
    assert_eq!(message, format!("the socket {place}/.s.PGSQL.5432 does not exist"));
    drop(UnixListener::bind(folder.path().join(".s.PGSQL.5432")).expect("a socket"));
    failed(&check(&url(&place, 5432, "")), "connect", "connect_refused");
    // The next host of the list may do.
    let cluster = Cluster::plain();
    let both = format!("postgres://app:{PASSWORD}@/app?host={place},127.0.0.1&port=5432,{}", cluster.port);
    passed(&check(&both));
}
