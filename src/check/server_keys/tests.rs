//! A made-up kind over the shared keys: what is read, what is refused, and what each key overrides.

use super::{Server, ServerKeys, ServerRules, read};
use crate::cause::Cause;
use crate::config::node::{Keys, parse};
use crate::env::MapEnv;
use crate::outcome::{Detail, Fault, Phase, ValueDetail};
use crate::scheme::Scheme;
use crate::secret::Secret;

const ONE: ServerRules = ServerRules {
    sockets: &["socket"],
    ..ServerRules::of(&[
        Scheme::new("cache").port(6000),
        Scheme::new("caches").port(6001).tls(),
        Scheme::new("other").port(6002),
        Scheme::new("cache+unix").port(6000).socket(),
    ])
};
const SEVERAL: ServerRules = ServerRules { several_hosts: true, ..ONE };
const SECRET_USER: ServerRules = ServerRules::of(&[Scheme::new("cache").port(6000).secret_user()]);

/// The keys of the kind itself.
#[derive(Debug, Default, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Own {
    /// The vhost.
    vhost: Option<String>,
    /// How many.
    count: u16,
}

fn keys(yaml: &str) -> (ServerKeys, Own) {
    read(&parse(yaml).unwrap(), &ONE).unwrap_or_else(|problems| panic!("{yaml}: {problems:?}"))
}

fn faults(yaml: &str, rules: &ServerRules) -> Vec<String> {
    let problems = read::<Own>(&parse(yaml).unwrap(), rules).expect_err(yaml);
    problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
}

fn resolve(yaml: &str, rules: &ServerRules, env: &MapEnv) -> Result<(Server, Option<Secret>), Fault> {
    let (keys, _) = read::<Own>(&parse(yaml).unwrap(), rules).unwrap_or_else(|problems| panic!("{yaml}: {problems:?}"));
    let server = keys.resolve(rules, false, env)?;
    let password = keys.password(&server, env)?;
    Ok((server, password))
}

fn shown((server, password): &(Server, Option<Secret>)) -> String {
    let hosts: Vec<String> = server.hosts.iter().map(ToString::to_string).collect();
    let password = password.as_ref().map_or("-", |password| password.expose());
    let user = server.user.as_deref().unwrap_or("-");
    format!("{user} {password} {} {}", hosts.join(","), server.path.as_deref().unwrap_or("-"))
}

#[test]
fn both_parts_of_a_mapping_are_read() {
    let (server, own) = keys("{url: 'cache://db', vhost: shop, password: {file: /pw}, count: 3}");
    assert_eq!((own.vhost.as_deref(), own.count), (Some("shop"), 3));
    let named: Vec<String> = server.named().map(|(key, value)| format!("{key} {}", value.origin())).collect();
    assert_eq!(named, ["url the configuration", "password the file /pw"]);
    assert_eq!(keys("{count: 1, host: {env: H}, port: {env: P}, username: x}").0.named().count(), 3);
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    for (yaml, expected) in [
        ("{count: 1}", ": needs `url` or `host`"),
        ("{host: db}", ": the key count is missing"),
        ("{count: 1, url: 'http://u:s3cret@db'}", "url: the scheme is not one of cache, caches, other"),
        ("{count: 1, url: 's3cret'}", "url: it is a bare host"),
        ("{count: 1, url: 'cache://u:s3cret@a,b'}", "url: expected one host, not several"),
        ("{count: 1, host: 'a,b'}", "host: expected one host, not several"),
        ("{count: 1, host: 'db:6000'}", "host: a port follows the host"),
        ("{count: 1, host: 'unix:run/cache.sock'}", "host: a socket needs an absolute path"),
        ("{count: 1, socket: run/cache.sock}", "socket: a socket needs an absolute path"),
        ("{count: 1, url: 'cache+unix:s3cret'}", "url: a socket needs an absolute path"),
        ("{count: 1, url: 'cache://db?socket=s3cret'}", "url: a socket needs an absolute path"),
        ("{count: 1, host: db, port: 0}", "port: expected a port from 1 to 65535"),
        ("{count: 1, host: db, user: a, username: a}", "username: is the same as `user`"),
        ("{count: 1, host: db, pasword: s3cret}", ": unknown key, did you mean password?"),
        ("{count: 1, host: db, vhots: s3cret}", ": unknown key, did you mean vhost?"),
        ("s3cret", ": expected a mapping"),
    ] {
        let faults = faults(yaml, &ONE);
        let is_right = |fault: &String| fault.starts_with(expected) || fault.contains(&expected[2..]);
        assert!(faults.len() == 1 && faults.iter().all(is_right), "{yaml}: {faults:?}");
        assert!(!faults[0].contains("s3cret"), "{faults:?}");
    }
    assert_eq!(faults("{count: x, port: x, user: a, username: b}", &ONE).len(), 4);
}

#[test]
fn every_key_overrides_its_part_of_the_url() {
    let url = "url: 'cache://app:p%2Fw@db:7/a%20b?x=1', count: 1";
    for (yaml, expected) in [
        (format!("{{{url}}}"), "app p/w db:7 a b"),
        (format!("{{{url}, host: other}}"), "app p/w other:7 a b"),
        (format!("{{{url}, port: 8}}"), "app p/w db:8 a b"),
        (format!("{{{url}, user: root}}"), "root p/w db:7 a b"),
        (format!("{{{url}, username: root}}"), "root p/w db:7 a b"),
        (format!("{{{url}, password: 'p%2Fw'}}"), "app p%2Fw db:7 a b"),
        (format!("{{{url}, user: '', password: ''}}"), "- - db:7 a b"),
        ("{count: 1, url: 'cache://db'}".to_owned(), "- - db:6000 -"),
        ("{count: 1, url: 'cache://:pw@db/'}".to_owned(), "- pw db:6000 -"),
        ("{count: 1, url: 'caches://db'}".to_owned(), "- - db:6001 -"),
        ("{count: 1, host: '::1'}".to_owned(), "- - [::1]:6000 -"),
    ] {
        let server = resolve(&yaml, &ONE, &MapEnv::default()).expect(&yaml);
        assert_eq!(shown(&server), expected, "{yaml}");
    }
    let server = resolve("{count: 1, url: 'cache://a,b:7', port: 8}", &SEVERAL, &MapEnv::default()).unwrap();
    assert_eq!(shown(&server), "- - a:8,b:8 -");
    let server = resolve("{count: 1, host: 'a,b'}", &SEVERAL, &MapEnv::default()).unwrap();
    assert_eq!(shown(&server), "- - a:6000,b:6000 -");
}

#[test]
fn tls_is_asked_for_by_the_scheme_or_by_a_key() {
    for (url, by_key, tls, target) in [
        ("cache://db", false, false, "cache://db:6000"),
        ("cache://db", true, true, "caches://db:6001"),
        ("cache://db:7", true, true, "caches://db:7"),
        ("caches://db", false, true, "caches://db:6001"),
        ("other://db", true, true, "other://db:6002"),
    ] {
        let (keys, _) = keys(&format!("{{count: 1, url: '{url}'}}"));
        let server = keys.resolve(&ONE, by_key, &MapEnv::default()).unwrap();
        assert_eq!((server.tls, server.target(None).as_str()), (tls, target), "{url}");
    }
}

#[test]
fn a_target_shows_no_secret() {
    let target =
        |yaml: &str, rules: &ServerRules| resolve(yaml, rules, &MapEnv::default()).unwrap().0.target(Some("0"));
    let url = "{count: 1, url: 'cache://app:s3cret@db/s3cret?s3cret=s3cret'}";
    assert_eq!(target(url, &ONE), "cache://app@db:6000/0");
    assert_eq!(target(url, &SECRET_USER), "cache://db:6000/0");
    assert_eq!(target("{count: 1, url: 'cache://default:s3cret@db'}", &SECRET_USER), "cache://default@db:6000/0");
    assert_eq!(target("{count: 1, host: db, user: app}", &SECRET_USER), "cache://app@db:6000/0");
}

#[test]
fn what_cannot_be_resolved_is_a_fault_without_the_text() {
    let env = MapEnv::with_vars(&[
        ("URL", "cache://app:s3/cret@db"),
        ("TWICE", "redis://:s3cret@:s3cret@db"),
        ("HOST", "s3cret:1"),
        ("PORT", "s3cret"),
    ])
    .with_file("/empty", b"");
    for (yaml, slug, message) in [
        ("url: {env: NONE}", "variable_missing", "the variable NONE is not set or empty"),
        ("url: {env: URL}", "url_malformed", "the URL from the variable URL: `/`, `?` or `#` is before the `@`"),
        ("url: {env: TWICE}", "url_password_doubled", "the URL from the variable TWICE: the user and the password"),
        ("host: {env: HOST}", "variable_invalid", "host: a port follows the host"),
        ("host: db, port: {env: PORT}", "variable_invalid", "port: the variable PORT is not"),
        ("host: db, user: {env: TWICE}", "variable_invalid", "user: expected a name, not a URL"),
        ("host: db, password: {file: /empty}", "file_invalid", "the file /empty is empty"),
    ] {
        let fault = resolve(&format!("{{count: 1, {yaml}}}"), &ONE, &env).expect_err(yaml);
        assert_eq!(fault.cause.slug(), slug, "{yaml}: {}", fault.message);
        assert!(fault.message.starts_with(message) && !fault.message.contains("s3"), "{}", fault.message);
    }
    assert_eq!(keys("{count: 1, url: {env: URL}}").0.origin(), "the variable URL");
    assert_eq!(keys("{count: 1, host: db}").0.origin(), "the configuration");
    let keys = keys("{count: 1, host: {env: HOST}, port: {env: PORT}, user: {env: USER}}").0;
    let of = |detail| {
        let fault = Fault::new(Phase::Assert, Cause::VariableInvalid, "").with(Detail::Value(detail));
        keys.blamed_origin(&fault)
    };
    assert_eq!(of(ValueDetail::Key("port")), "the variable PORT");
    assert_eq!(of(ValueDetail::Unset("USER".to_owned())), "the variable USER");
    assert_eq!(of(ValueDetail::Key("host")), "the variable HOST");
    assert_eq!(of(ValueDetail::Socket), "the variable HOST");
}

#[test]
fn the_schema_has_the_keys_of_both() {
    let mut generator = schemars::SchemaGenerator::default();
    let schema = super::schema::<Own>(&mut generator, "cache://host:6000");
    let schema = schema.to_value();
    let keys: Vec<&String> = schema["properties"].as_object().expect("a struct has keys").keys().collect();
    assert_eq!(keys, ["url", "host", "socket", "port", "user", "username", "password", "vhost", "count"]);
    assert_eq!(
        schema["properties"]["url"]["description"],
        "`cache://host:6000`; every other key overrides its part of it."
    );
    assert_eq!(
        (schema["additionalProperties"].clone(), &schema["required"]),
        (false.into(), &serde_json::json!(["count"]))
    );
}

#[test]
fn a_socket_may_come_from_anywhere() {
    let env = MapEnv::with_vars(&[
        ("HOST", "/run/h.sock"),
        ("URL", "cache+unix://app:s3cret@/run/u.sock?x=1"),
        ("BAD", "cache+unix:s3cret"),
        ("TCP", "db"),
    ]);
    for (yaml, expected) in [
        ("url: {env: URL}, host: {env: HOST}", "cache+unix://app@/run/h.sock/1"),
        ("url: {env: URL}, host: {env: TCP}", "cache://app@db:6000/1"),
        ("url: {env: URL}", "cache+unix://app@/run/u.sock/1"),
        ("url: {env: URL}, socket: '@abstract', user: root", "cache+unix://root@@abstract/1"),
        ("host: db, socket: {env: HOST}", "cache+unix:///run/h.sock/1"),
        ("socket: 'unix:/run/s.sock'", "cache+unix:///run/s.sock/1"),
        ("url: 'cache://app@db/x?socket=/run/p.sock'", "cache+unix://app@/run/p.sock/1"),
        ("url: 'cache://app@db/x?socket=/run/p.sock', host: other", "cache://app@other:6000/1"),
        ("url: 'cache://app@db/x?socket='", "cache://app@db:6000/1"),
    ] {
        let (server, _) = resolve(&format!("{{count: 1, {yaml}}}"), &ONE, &env).expect(yaml);
        assert_eq!(server.target(Some("1")), expected, "{yaml}");
        assert_eq!((server.endpoints().is_empty(), server.hosts.len()), (server.socket.is_some(), 1), "{yaml}");
    }
    for (yaml, slug) in [
        ("host: 'unix:${TCP}'", "variable_invalid"),
        ("socket: {env: TCP}", "variable_invalid"),
        ("url: {env: BAD}", "url_malformed"),
        ("socket: {env: NONE}", "variable_missing"),
    ] {
        let fault = resolve(&format!("{{count: 1, {yaml}}}"), &ONE, &env).expect_err(yaml);
        assert_eq!(fault.cause.slug(), slug, "{yaml}");
        assert!(!fault.message.contains("s3"), "{}", fault.message);
    }
    for (yaml, on_socket) in [
        ("socket: {env: HOST}", true),
        ("host: /run/h.sock", true),
        ("url: 'cache+unix:/run/h.sock'", true),
        ("url: 'cache://db?socket=/run/h.sock'", true),
        ("url: {env: URL}", false),
        ("host: db, url: 'cache+unix:/run/h.sock'", false),
    ] {
        assert_eq!(keys(&format!("{{count: 1, {yaml}}}")).0.is_on_socket(&ONE), on_socket, "{yaml}");
    }
}
