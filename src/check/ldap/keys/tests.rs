use super::{LdapKeys, looks_like_dn};
use crate::check::server_keys::testing::{self, assert_faults};
use crate::check::tls_mode::Mode;
use crate::env::MapEnv;
use crate::outcome::Fault;

fn keys(yaml: &str) -> LdapKeys {
    testing::keys(LdapKeys::read, yaml)
}

/// Target, address, how TLS starts, the entry, and who logs in with what.
fn resolve(yaml: &str, env: &MapEnv) -> Result<String, Fault> {
    let destination = keys(yaml).destination(env)?;
    let mode = match destination.mode {
        Mode::None => "plain",
        Mode::StartTls => "starttls",
        Mode::Implicit => "implicit",
    };
    let login = destination.login.clone()?;
    let login = login.map_or_else(|| "-".to_owned(), |login| format!("{} {}", login.user, login.password.expose()));
    let dialled = destination.server.endpoints().first().map_or_else(|| "socket".to_owned(), ToString::to_string);
    Ok(format!("{} {dialled} {mode} {:?} {login}", destination.target(), destination.base.as_deref().unwrap_or("-")))
}

#[test]
fn what_is_wrong_is_told_at_load() {
    assert_faults(
        LdapKeys::read,
        &[
            ("{}", ": needs `url` or `host`"),
            ("{url: 'http://app:s3cret@dc1'}", "url: the scheme is not one of ldap, ldaps"),
            ("{url: 'ldap://a,b'}", "url: expected one host, not several"),
            ("{url: 'ldap://a ldap://b'}", "url: "),
            ("{url: 'ldapi:///'}", "url: a socket needs an absolute path"),
            ("{url: 'ldapi://dc1'}", "url: a socket needs an absolute path"),
            ("{host: dc1, tls: ssl}", "tls: expected one of none, starttls, implicit, or a mapping"),
            ("{host: dc1, tls: {cert: /c}}", "tls: `cert` needs its `key`"),
            ("{host: dc1, bases: a}", "bases: unknown key, did you mean base?"),
        ],
    );
}

#[test]
fn keys_and_urls_come_to_the_same() {
    for (yaml, expected) in [
        ("{host: dc1}", r#"ldap://dc1:389 dc1:389 plain "-" -"#),
        ("{host: dc1, tls: starttls}", r#"ldap://dc1:389 dc1:389 starttls "-" -"#),
        ("{host: dc1, tls: implicit}", r#"ldaps://dc1:636 dc1:636 implicit "-" -"#),
        ("{host: dc1, port: 636}", r#"ldap://dc1:636 dc1:636 implicit "-" -"#),
        ("{host: dc1, port: 3269}", r#"ldap://dc1:3269 dc1:3269 implicit "-" -"#),
        ("{host: dc1, port: 636, tls: none}", r#"ldap://dc1:636 dc1:636 plain "-" -"#),
        ("{host: dc1, tls: {ca: /ca.pem}}", r#"ldap://dc1:389 dc1:389 starttls "-" -"#),
        ("{url: 'ldaps://dc1', tls: {ca: /ca.pem}}", r#"ldaps://dc1:636 dc1:636 implicit "-" -"#),
        ("{url: 'ldap://dc1/dc=a,dc=b'}", r#"ldap://dc1:389/dc=a,dc=b dc1:389 plain "dc=a,dc=b" -"#),
        (
            "{url: 'ldap://dc1/ou=a%20b,dc=b??sub?(uid=x)'}",
            r#"ldap://dc1:389/ou=a b,dc=b dc1:389 plain "ou=a b,dc=b" -"#,
        ),
        (
            "{url: 'ldap://dc1/dc=a', base: 'dc=b', user: 'cn=x,dc=b', password: 'p%40w'}",
            r#"ldap://dc1:389/dc=b dc1:389 plain "dc=b" cn=x,dc=b p%40w"#,
        ),
        ("{url: 'ldap://cn=x,dc=b:p%40w@dc1'}", r#"ldap://dc1:389 dc1:389 plain "-" cn=x,dc=b p@w"#),
        ("{url: 'ldapi://%2Frun%2Fldapi/dc=a'}", r#"ldapi:///run/ldapi/dc=a socket plain "dc=a" -"#),
        ("{host: 'unix:/run/ldapi'}", r#"ldapi:///run/ldapi socket plain "-" -"#),
        ("{host: /run/ldapi, tls: starttls}", r#"ldapi:///run/ldapi socket starttls "-" -"#),
        // What is no DN is not shown: it may be anything.
        ("{host: dc1, base: s3cret}", r#"ldap://dc1:389 dc1:389 plain "s3cret" -"#),
        (
            "{host: dc1, base: 'dc=s3cret', user: u, password: xs3cretx}",
            r#"ldap://dc1:389 dc1:389 plain "dc=s3cret" u xs3cretx"#,
        ),
        ("{host: dc1, base: ''}", r#"ldap://dc1:389 dc1:389 plain "" -"#),
    ] {
        assert_eq!(resolve(yaml, &MapEnv::default()).expect(yaml), expected, "{yaml}");
    }
}

#[test]
fn a_list_of_urls_is_more_than_is_read() {
    let env = MapEnv::with_vars(&[("LIST", "ldap://a ldaps://b"), ("WHITE", "ldap://a x"), ("END", "ldap://a\n")]);
    for (name, slug) in [("LIST", "probe_limit"), ("WHITE", "url_malformed"), ("END", "secret_whitespace")] {
        let fault = resolve(&format!("{{url: {{env: {name}}}}}"), &env).expect_err(name);
        assert_eq!(fault.cause.slug(), slug, "{}", fault.message);
    }
}

/// A directory accepts a DN with an empty password as an anonymous login.
#[test]
fn a_dn_without_its_password_is_never_sent() {
    let env = MapEnv::with_vars(&[("EMPTY", ""), ("PASSWORD", "s3cret")]).with_file("/pw", b"");
    for (yaml, slug, message) in [
        ("{host: dc1, user: 'cn=x'}", "password_missing", "a user is set, but no password"),
        ("{host: dc1, user: 'cn=x', password: ''}", "password_missing", "a user is set, but no password"),
        ("{host: dc1, user: 'cn=x', password: {env: EMPTY}}", "variable_missing", "the variable EMPTY"),
        ("{host: dc1, user: 'cn=x', password: {file: /pw}}", "file_invalid", "the file /pw is empty"),
        ("{url: 'ldap://cn=x:@dc1'}", "password_missing", "a user is set, but no password"),
        ("{url: 'ldap://cn=x@dc1'}", "password_missing", "a user is set, but no password"),
        ("{host: dc1, password: {env: PASSWORD}}", "password_missing", "a password is set, but no user"),
    ] {
        let fault = resolve(yaml, &env).expect_err(yaml);
        assert_eq!(fault.cause.slug(), slug, "{yaml}: {}", fault.message);
        assert!(fault.message.starts_with(message) && !fault.message.contains("s3"), "{}", fault.message);
    }
}

#[test]
fn every_value_is_read_at_a_run() {
    let yaml = "{host: {env: H}, user: {env: U}, password: {file: /p}, base: {env: B}, \
                 tls: {mode: {env: M}, ca: /ca.pem, server_name: {env: N}}}";
    let origins: Vec<String> = keys(yaml).values().iter().map(|value| value.origin()).collect();
    let variables = ["H", "U"].map(|name| format!("the variable {name}"));
    assert_eq!(origins[..2], variables);
    let rest = ["the file /p", "the variable B", "the variable M", "the file /ca.pem", "the variable N"];
    assert_eq!(origins[2..], rest);
}

#[test]
fn what_a_dn_looks_like() {
    for dn in ["dc=a", "ou=a b,dc=c", "CN=Users,DC=corp,DC=example", "2.5.4.3=x", "cn=a, dc=b", "uid=ä,dc=b"] {
        assert!(looks_like_dn(dn), "{dn}");
    }
    for text in ["", "s3cret", "a=", "=a", "dc=a,,dc=b", "a/b=c", "dc=a\n", "dc=a/b", "dc=a#b", "kAn4rY7x/Qz8wVu#J5tRb"]
    {
        assert!(!looks_like_dn(text), "{text}");
    }
    assert!(!looks_like_dn(&format!("cn={}", "x".repeat(300))));
}
