//! The entry that must exist.

use super::{check, failed, keys, passed};
use crate::support::slapd::{Options, Server};

fn base(server: &Server, dn: &str) -> serde_json::Value {
    check(&keys(server.port, &format!(", base: '{dn}'")))
}

#[test]
fn an_entry_exists() {
    let server = Server::plain();
    for dn in ["dc=lab", "ou=people,dc=lab", "OU=People, DC=Lab", ""] {
        passed(&base(&server, dn));
    }
    let shown = base(&server, "ou=people,dc=lab");
    assert_eq!(shown["target"], format!("ldap://localhost:{}/ou=people,dc=lab", server.port));
    assert!(shown["phases"]["request"].is_number(), "{shown:#}");
    passed(&check(&format!("{{url: 'ldap://127.0.0.1:{}/ou=people,dc=lab??sub?(uid=x)'}}", server.port)));
    assert!(server.log().contains("attr=1.1"), "no attribute is asked for: {}", server.log());
}

/// A directory gives the same answer for what is not there and for what is not shown.
#[test]
fn an_entry_is_not_there_or_not_shown() {
    let server = Server::plain();
    for dn in ["ou=nothing,dc=lab", "ou=hidden,dc=lab"] {
        let check = base(&server, dn);
        let message = failed(&check, "assert", "not_found_on_server", "grant the user the right to read it");
        assert!(message.contains("has no entry at `base`, or does not show it"), "{message}");
    }
    failed(&base(&server, "ou=closed,dc=lab"), "request", "permission_denied", "right to read");
    failed(&base(&server, "people"), "request", "query_failed", "Write `base` as a DN");
    let other = base(&server, "dc=other");
    failed(&other, "assert", "not_found_on_server", "Compare `base` with the suffixes");
}

#[test]
fn an_entry_of_another_server() {
    let server = Server::start(&Options { settings: "referral ldap://other.lab", ..Options::default() });
    let check = base(&server, "dc=other");
    let message = failed(&check, "assert", "not_found_on_server", "Point the target at the server");
    assert_eq!(message, "another server has the entry that `base` names (10 referral); it names other.lab");
    // It is not followed.
    assert_eq!(check["queries"].as_array().map_or(0, Vec::len), 0, "{check:#}");
}
