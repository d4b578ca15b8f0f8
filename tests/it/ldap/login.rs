//! Logins that work, and every way in which a directory refuses one.

use super::{check, failed, keys, passed};
use crate::support::hostile::{Manner, here};
use crate::support::netns::Namespace;
use crate::support::slapd::{Options, POLICY, Server, policy};
use crate::support::{Folder, json, until};

#[test]
fn a_login_and_an_anonymous_one() {
    let server = Server::plain();
    let login = check(&keys(server.port, ""));
    passed(&login);
    assert_eq!(login["facts"]["auth_method"], "simple", "{login:#}");
    assert_eq!(login["target"], format!("ldap://localhost:{}", server.port));
    let anonymous = json(&["check", "-o", "json", &format!("ldap://127.0.0.1:{}", server.port)])["checks"][0].take();
    passed(&anonymous);
    assert_eq!(anonymous["facts"]["auth_method"], "anonymous");
    passed(&check(&format!("{{host: 'unix:{}', user: 'cn=app,dc=lab', password: sesame}}", server.socket())));
    let by_url = format!("ldapi://{}/dc=lab", server.socket().replace('/', "%2F"));
    passed(&json(&["check", "-o", "json", &by_url])["checks"][0]);
    // Each said goodbye.
    until("four connections have ended", || server.log().matches(" closed").count() == 4);
    assert_eq!(server.log().matches("UNBIND").count(), 4, "{}", server.log());
    assert!(!server.log().contains("connection lost"), "{}", server.log());
}

#[test]
fn a_rejected_login() {
    let server = Server::plain();
    for (from, to) in [("sesame", "wrong"), ("cn=app", "cn=nobody"), ("cn=app", "cn=bare")] {
        let rejected = check(&keys(server.port, "").replace(from, to));
        let message = failed(&rejected, "login", "password_rejected", "ldapwhoami");
        assert_eq!(message, "the directory rejected the user or the password (49 invalidCredentials)");
    }
    let dn = check(&keys(server.port, "").replace("cn=app,dc=lab", "app@lab"));
    let message = failed(&dn, "login", "login_rejected", "Write `user` as a full DN");
    assert!(message.ends_with("(34 invalidDNSyntax): invalid DN"), "{message}");
    let stated = check(&keys(server.port, "").replace("sesame", "wrong"));
    assert!(stated["failure"]["hint"].is_string() && server.rejected() == 4, "{}", server.log());
}

/// OpenLDAP takes a name with an empty password for an anonymous login, which succeeds.
#[test]
fn a_name_without_a_password_is_never_sent() {
    let (server, folder) =
        (Server::start(&Options { settings: "allow bind_anon_dn", ..Options::default() }), Folder::new());
    assert!(server.accepts(""), "the real client gets in like this");
    let before = server.log().matches("ACCEPT").count();
    let empty = folder.write("pw", "");
    for (password, cause, phase) in
        [("''", "password_missing", "login"), (&*format!("{{file: {empty}}}"), "file_invalid", "assert")]
    {
        let check = check(&keys(server.port, "").replace("sesame", password));
        failed(&check, phase, cause, "");
    }
    let check = check(&format!("{{host: 127.0.0.1, port: {}, user: 'cn=app,dc=lab'}}", server.port));
    failed(&check, "login", "password_missing", "accepted as an anonymous login");
    assert_eq!(server.log().matches("ACCEPT").count(), before, "{}", server.log());
}

#[test]
fn servers_that_want_a_name() {
    for settings in ["disallow bind_anon", "require authc"] {
        let server = Server::start(&Options { settings, ..Options::default() });
        let anonymous = check(&format!("{{host: 127.0.0.1, port: {}, base: 'dc=lab'}}", server.port));
        failed(&anonymous, "login", "password_missing", "Set `user` (a DN) and `password`");
        passed(&check(&keys(server.port, ", base: 'dc=lab'")));
    }
}

#[test]
fn servers_that_take_no_password_without_tls() {
    let server = Server::start(&Options { settings: "security simple_bind=128", ..Options::default() });
    let plain = check(&keys(server.port, ""));
    let message = failed(&plain, "login", "tls_unsupported", "Set `tls: starttls`");
    assert!(message.contains("(13 confidentialityRequired)"), "{message}");
    let server = Server::start(&Options { settings: "disallow bind_simple", ..Options::default() });
    failed(&check(&keys(server.port, "")), "login", "login_rejected", "`disallow`");
}

/// What the control of the password policy says, where the code is that of a wrong password.
#[test]
fn passwords_that_have_run_out() {
    let user = |name: &str, more: &str| {
        format!("\ndn: cn={name},dc=lab\nobjectClass: person\ncn: {name}\nsn: x\nuserPassword: sesame\n{more}\n")
    };
    let old = "pwdChangedTime: 20200101000000Z";
    let entries = policy("pwdMaxAge: 60\npwdMustChange: TRUE\npwdLockout: TRUE\npwdMaxFailure: 3")
        + &user("old", old)
        + &user("locked", "pwdAccountLockedTime: 000001010000Z")
        + &user("reset", "pwdReset: TRUE");
    let server = Server::start(&Options {
        settings: "moduleload ppolicy",
        database: POLICY,
        entries: &entries,
        ..Options::default()
    });
    for (name, hint) in
        [("old", "Set a new password"), ("locked", "delete pwdAccountLockedTime"), ("reset", "delete pwdReset")]
    {
        let check = check(&keys(server.port, "").replace("cn=app", &format!("cn={name}")));
        failed(&check, "login", "login_rejected", hint);
    }
    // A password that lets its user in twice more: each login uses one up.
    let entries = policy("pwdMaxAge: 60\npwdGraceAuthNLimit: 3") + &user("old", old);
    let server = Server::start(&Options {
        settings: "moduleload ppolicy",
        database: POLICY,
        entries: &entries,
        ..Options::default()
    });
    let check = check(&keys(server.port, "").replace("cn=app", "cn=old"));
    assert_eq!((&check["result"], &check["degraded"]), (&"pass".into(), &true.into()), "{check:#}");
    assert!(check.to_string().contains("accepts it 2 times more"), "{check:#}");
}

#[test]
fn a_password_without_tls_is_found() {
    let (pod, rest) = (Namespace::new(), Namespace::new());
    pod.cable(&rest, "eth0", &["10.7.0.7/24"], &["10.7.0.1/24"]);
    let server = Server::start(&Options { inside: Some(&rest), ..Options::default() });
    let folder = Folder::new();
    let check = |keys: &str| {
        let keys = keys.replace("localhost", "10.7.0.1");
        let config = folder.write("c.yaml", format!("checks: [{{name: directory, gates: [], ldap: {keys}}}]"));
        pod.json(&["check", "-o", "json", "-c", &config])["checks"][0].take()
    };
    let plain = check(&keys(server.port, ""));
    assert_eq!(
        (&plain["result"], &plain["findings"][0]["code"]),
        (&"pass".into(), &"cleartext_login".into()),
        "{plain:#}"
    );
    passed(&check(&format!("{{host: localhost, port: {}}}", server.port)));
}

#[test]
fn what_is_no_directory() {
    let silent = here(Manner::Nothing).port();
    failed(
        &check(&keys(silent, "").replace("localhost", "127.0.0.1")),
        "login",
        "timeout",
        "answers as a directory does",
    );
    let web = here(Manner::Says(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())).port();
    let check = check(&keys(web, "").replace("localhost", "127.0.0.1"));
    let message = failed(&check, "login", "protocol_error", "");
    assert_eq!(message, "the peer speaks HTTP, expected the answer to the bind");
}
