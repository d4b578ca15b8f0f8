//! What Active Directory and others answer, from scripted servers.

use super::{check, failed, keys};
use crate::support::hostile::{Manner, here};

/// An element of BER.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    // As Active Directory writes lengths.
    let length = u32::try_from(content.len()).expect("it is short").to_be_bytes();
    [&[tag, 0x84][..], &length, content].concat()
}

/// A message with a result: of which request, the tag of its operation, the code, the server's text.
fn result(id: u8, operation: u8, code: u8, text: &str) -> Vec<u8> {
    let parts = [vec![0x0a, 1, code], element(4, b""), element(4, text.as_bytes())].concat();
    element(0x30, &[vec![2, 1, id], element(operation, &parts)].concat())
}

const BIND: u8 = 0x61;
const EXTENDED: u8 = 0x78;

/// A login at a server that answers the first request so.
fn login(answer: Vec<u8>, more: &str) -> serde_json::Value {
    let peer = here(Manner::Says(answer));
    check(&keys(peer.port(), more).replace("localhost", "127.0.0.1"))
}

#[test]
fn active_directory_says_why() {
    for (data, cause, hint) in [
        ("52e", "password_rejected", "data 52e"),
        ("525", "login_rejected", "Get-ADUser"),
        ("530", "login_rejected", "logon hours"),
        ("531", "login_rejected", "userWorkstations"),
        ("532", "login_rejected", "PasswordNeverExpires"),
        ("533", "login_rejected", "Enable-ADAccount"),
        ("701", "login_rejected", "Set-ADAccountExpiration"),
        ("773", "login_rejected", "ChangePasswordAtLogon"),
        ("775", "login_rejected", "Unlock-ADAccount"),
    ] {
        let text =
            format!("80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data {data}, v2580\0");
        let message = failed(&login(result(1, BIND, 49, &text), ""), "login", cause, hint);
        assert!(message.contains(&format!("(49 invalidCredentials): 80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data {data}")), "{message}");
    }
}

#[test]
fn results_that_no_test_server_gives() {
    let integrity = "00002028: LdapErr: DSID-0C090202, comment: The server requires binds to turn on integrity checking if \
                     SSL\\TLS are not already active on the connection, data 0, v1db1";
    for (answer, cause, hint) in [
        (result(1, BIND, 8, integrity), "tls_unsupported", "Set `tls: starttls`"),
        (result(1, BIND, 8, "SASL bind required"), "auth_unsupported", "SASL"),
        (result(1, BIND, 19, "Exceed password retry limit. Please try later."), "login_rejected", "30 min"),
        (result(1, BIND, 53, "Account inactivated. Contact system administrator."), "login_rejected", "Enable it"),
        (result(1, BIND, 10, ""), "login_rejected", "Point the target"),
        (result(1, BIND, 51, ""), "too_many_connections", "overloaded"),
        (result(1, BIND, 52, ""), "shutting_down", "load balancer"),
        (result(0, EXTENDED, 52, ""), "shutting_down", "load balancer"),
        (result(0, EXTENDED, 2, "Error: unknown"), "protocol_error", "RFC 4511"),
        (result(1, BIND, 80, "bad: sesame"), "login_rejected", "RFC 4511"),
        (result(2, BIND, 0, ""), "protocol_error", ""),
        (result(1, EXTENDED, 0, ""), "protocol_error", ""),
    ] {
        let message = failed(&login(answer, ""), "login", cause, hint);
        assert!(!message.contains("sesame"), "{message}");
    }
}

/// What is behind the consent to TLS would be taken for something that came over TLS.
#[test]
fn nothing_may_follow_the_consent_to_tls() {
    let both = [result(1, EXTENDED, 0, ""), result(1, BIND, 0, "")].concat();
    let message = failed(&login(both, ", tls: {mode: starttls, verify: false}"), "tls", "protocol_error", "");
    assert_eq!(message, "the server accepts TLS, but continues in plain text");
    for (code, cause) in [(52, "tls_unsupported"), (1, "tls_unsupported")] {
        failed(&login(result(1, EXTENDED, code, ""), ", tls: starttls"), "tls", cause, "certificate");
    }
    failed(&login(result(1, EXTENDED, 51, ""), ", tls: starttls"), "login", "too_many_connections", "");
}
