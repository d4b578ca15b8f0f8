use super::{Auth, MemcachedKeys, Servers};
use crate::config::node::parse;
use crate::env::MapEnv;
use crate::outcome::Fault;

fn faults(yaml: &str) -> Vec<String> {
    let problems = MemcachedKeys::read(&parse(yaml).unwrap()).expect_err(yaml);
    problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
}

/// Target, who logs in how, and whether TLS is used.
fn resolve(yaml: &str, env: &MapEnv) -> Result<String, Fault> {
    let keys = MemcachedKeys::read(&parse(yaml).unwrap()).unwrap_or_else(|problems| panic!("{yaml}: {problems:?}"));
    let run = keys.settings(keys.destination(env)?, env)?;
    let login = run.credential.map(|login| format!("{}:{}", login.user, login.password.expose()));
    let tls = if run.tls.is_some() { "TLS" } else { "plain" };
    Ok(format!("{} {} {tls}", run.destination.server.target(None), login.unwrap_or_else(|| "-".to_owned())))
}

#[test]
fn what_is_wrong_is_told_at_load() {
    for (yaml, expected) in [
        ("{}", ": needs `url` or `host` or `servers`"),
        ("{url: 'http://app:s3cret@b'}", "url: the scheme is not one of memcached, memcache, "),
        ("{servers: []}", "servers: expected at least one entry"),
        ("{servers: 'memcached://app:s3cret@b'}", "servers: "),
        ("{servers: a, host: b}", "host: `servers` names the servers"),
        ("{servers: a, port: 1}", "port: `servers` names the servers"),
        ("{servers: a, socket: /run/m.sock}", "socket: `servers` names the servers"),
        ("{servers: ['/run/m.sock']}", "servers[0]: expected hosts, because a Unix socket is set with `socket`"),
        ("{servers: 'a, unix:/run/m.sock'}", "servers: expected hosts, because a Unix socket is set with `socket`"),
        ("{servers: [a, '@m']}", "servers[1]: expected hosts, because a Unix socket is set with `socket`"),
        ("{host: a, auth: plain}", "auth: expected one of sasl, text"),
        ("{host: a, tls: {cert: /c}}", "tls: `cert` needs its `key`"),
        ("{host: a, database: 1}", "database: unknown key"),
        ("{url: 'memcached+unix:s3cret'}", "url: "),
    ] {
        let faults = faults(yaml);
        assert!(faults.len() == 1 && faults[0].starts_with(expected), "{yaml}: {faults:?}");
        assert!(!faults[0].contains("s3"), "{faults:?}");
    }
}

#[test]
fn servers_are_read_as_clients_write_them() {
    let env = MapEnv::with_vars(&[("LIST", "a,b:1"), ("PASSWORD", "s3cret")]);
    for (yaml, expected) in [
        ("{url: 'memcached://cache'}", "memcached://cache:11211 - plain"),
        ("{url: 'memcache://app:pw@a:1,b'}", "memcache://app@a:1,b:11211 app:pw plain"),
        ("{url: 'memcache+tls://a'}", "memcache+tls://a:11211 - TLS"),
        ("{url: 'memcached://a', tls: {}}", "memcached+tls://a:11211 - TLS"),
        ("{host: 'a,b', port: 1}", "memcached://a:1,b:1 - plain"),
        (
            "{servers: {env: LIST}, user: app, password: {env: PASSWORD}}",
            "memcached://app@a:11211,b:1 app:s3cret plain",
        ),
        ("{servers: ['a:1:50', '::1']}", "memcached://a:1,[::1]:11211 - plain"),
        ("{host: 'unix:/run/m.sock'}", "memcached+unix:///run/m.sock - plain"),
        ("{url: 'memcached:///run/m.sock?weight=3'}", "memcached+unix:///run/m.sock - plain"),
        ("{url: 'memcache+unix:///run/m.sock'}", "memcached+unix:///run/m.sock - plain"),
        ("{url: 'memcached://app:pw@/run/m.sock'}", "memcached+unix://app@/run/m.sock app:pw plain"),
        // The same text for both: a token.
        ("{url: 'memcached://s3cret:s3cret@a'}", "memcached://a:11211 s3cret:s3cret plain"),
    ] {
        assert_eq!(resolve(yaml, &env).map_err(|fault| fault.message).as_deref(), Ok(expected), "{yaml}");
    }
    for (yaml, slug) in [
        ("{url: 'memcached://s3cret@a'}", "password_missing"),
        ("{url: 'memcached://:s3cret@a'}", "password_missing"),
        ("{servers: {env: NONE}}", "variable_missing"),
    ] {
        let fault = resolve(yaml, &env).expect_err(yaml);
        assert_eq!(fault.cause.slug(), slug);
        assert!(!fault.message.contains("s3"), "{}", fault.message);
    }
}

#[test]
fn parameters_count_where_no_key_says_otherwise() {
    let run = |yaml: &str| {
        let keys = MemcachedKeys::read(&parse(yaml).unwrap()).unwrap();
        let env = MapEnv::default();
        keys.settings(keys.destination(&env).unwrap(), &env).unwrap()
    };
    let of_url = run("{url: 'memcache+tls://a?verify_mode=none&ca_path=/ca.pem&cert_path=/c.pem&key_path=/k.pem'}");
    let tls = of_url.tls.expect("it is asked for");
    assert!(!tls.verify && of_url.auth.is_none());
    let origins: Vec<String> = tls.values().iter().map(|value| value.origin()).collect();
    assert_eq!(origins, ["the file /ca.pem", "the file /c.pem", "the file /k.pem"]);
    assert_eq!(run("{url: 'memcache://a?protocol=ascii'}").auth, Some(Auth::Text));
    assert_eq!(run("{url: 'memcache://a?protocol=ascii', auth: sasl}").auth, Some(Auth::Sasl));
    let neither = run("{url: 'memcache://a?protocol=binary&timeout=10&verify_mode=peer', tls: {}}");
    assert!(neither.auth.is_none() && neither.tls.is_some_and(|tls| tls.verify && tls.ca.is_none()));
}

#[test]
fn a_weight_is_no_part_of_an_address() {
    for (text, expected) in [
        ("a:1:50,b:2:0", Ok("a:1 b:2")),
        ("a;b:2", Ok("a:11211 b:2")),
        ("a  b", Ok("a:11211 b:11211")),
        ("[::1]:2:7", Ok("[::1]:2")),
        ("a:1 1", Ok("a:1")),
        ("a:1 1 b:2 5, c 3", Ok("a:1 b:2 c:11211")),
        ("1 a:1", Err(())),
        ("a:1, 5", Err(())),
        ("::1", Ok("[::1]:11211")),
        ("a:1:x", Err(())),
        ("a:x:1", Err(())),
        ("", Err(())),
    ] {
        let read = text.parse::<Servers>().map_err(|_| ());
        let read = read.map(|all| all.into_iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" "));
        assert_eq!(read.as_deref(), expected.as_ref().copied().map_err(|()| &()), "{text}");
    }
}
