use super::{MqttKeys, Remembered};
use crate::check::mqtt::packet::Version;
use crate::check::server_keys::testing::{self, assert_faults};
use crate::config::node::parse;
use crate::env::MapEnv;
use crate::outcome::Fault;

fn keys(yaml: &str) -> MqttKeys {
    testing::keys(MqttKeys::read, yaml)
}

/// Target, address, version, TLS, and who logs in with what.
fn resolve(yaml: &str, env: &MapEnv) -> Result<String, Fault> {
    let keys = keys(yaml);
    let destination = keys.destination(&Remembered::default(), env)?;
    let target = keys.target(env)?;
    let dialled = target.endpoints().first().map_or_else(|| "socket".to_owned(), ToString::to_string);
    let tls = if keys.tls(&destination.server).is_some() { "TLS" } else { "plain" };
    let user = destination.server.user.as_deref().unwrap_or("-");
    let password = destination.password.as_ref().map_or("-", |password| password.expose());
    Ok(format!("{} {dialled} {} {tls} {user} {password}", target.target(None), destination.version.word()))
}

#[test]
fn what_is_wrong_is_told_at_load() {
    let long = format!("{{host: b, client_id: {}}}", "x".repeat(300));
    assert_faults(
        MqttKeys::read,
        &[
            ("{}", ": needs `url` or `host`"),
            ("{url: 'tcp://app:s3cret@b'}", "url: the scheme is not one of mqtt, mqtts"),
            ("{url: 'mqtt://a,b'}", "url: expected one host, not several"),
            ("{host: b, version: 4}", "version: expected one of 3.1.1, 5"),
            ("{host: b, client_id: ''}", "client_id: expected a client id of 1 to 256 bytes"),
            (long.as_str(), "client_id: expected a client id of 1 to 256 bytes"),
            ("{host: b, tls: {cert: /c}}", "tls: `cert` needs its `key`"),
            ("{host: b, clientid: a}", "clientid: unknown key, did you mean client_id?"),
        ],
    );
}

#[test]
fn keys_and_urls_come_to_the_same() {
    for (yaml, expected) in [
        ("{host: b}", "mqtt://b:1883 b:1883 3.1.1 plain - -"),
        ("{host: b, tls: {}}", "mqtts://b:8883 b:8883 3.1.1 TLS - -"),
        ("{host: b, version: 5}", "mqtt://b:1883 b:1883 5 plain - -"),
        ("{host: b, version: 5.0}", "mqtt://b:1883 b:1883 5 plain - -"),
        ("{url: 'mqtts://app:p%2Fw@b:9000'}", "mqtts://app@b:9000 b:9000 3.1.1 TLS app p/w"),
        ("{url: 'mqtt://app:x@b', password: y}", "mqtt://app@b:1883 b:1883 3.1.1 plain app y"),
        // A user alone may be a token.
        ("{url: 'mqtt://s3cret@b'}", "mqtt://b:1883 b:1883 3.1.1 plain s3cret -"),
        ("{host: b, user: s3cret}", "mqtt://b:1883 b:1883 3.1.1 plain s3cret -"),
        ("{host: b, password: s3cret, version: 5}", "mqtt://b:1883 b:1883 5 plain - s3cret"),
        ("{host: 'unix:/run/mqtt.sock', user: a, password: x}", "mqtt+unix://a@/run/mqtt.sock socket 3.1.1 plain a x"),
        ("{url: 'mqtt+unix:///run/mqtt.sock'}", "mqtt+unix:///run/mqtt.sock socket 3.1.1 plain - -"),
    ] {
        assert_eq!(resolve(yaml, &MapEnv::default()).expect(yaml), expected, "{yaml}");
    }
}

#[test]
fn what_comes_from_elsewhere_is_judged_at_a_run() {
    let long = "x".repeat(70_000);
    let env = MapEnv::with_vars(&[("V", "s3cret"), ("ID", ""), ("LONG", &long), ("PW", "s3cret")]);
    for (yaml, slug, message) in [
        ("{host: b, version: {env: V}}", "variable_invalid", "version: the variable V is not one of 3.1.1, 5"),
        ("{host: b, password: {env: PW}}", "password_missing", "a password is set, but no user"),
        ("{url: 'mqtt://:s3cret@b'}", "password_missing", "a password is set, but no user"),
        ("{host: b, user: a, password: {env: LONG}}", "variable_invalid", "password: more than 65535 bytes"),
        ("{host: b, user: a, password: {env: NONE}}", "variable_missing", "the variable NONE"),
    ] {
        let fault = resolve(yaml, &env).expect_err(yaml);
        assert_eq!(fault.cause.slug(), slug, "{yaml}: {}", fault.message);
        assert!(fault.message.starts_with(message) && !fault.message.contains("s3"), "{}", fault.message);
    }
}

#[test]
fn the_version_is_that_of_the_last_success() {
    let (keys, remembered, env) = (keys("{host: b}"), Remembered::default(), MapEnv::default());
    let version = || keys.destination(&remembered, &env).unwrap().version;
    assert_eq!(version(), Version::V311);
    remembered.set(Version::V5);
    assert_eq!(version(), Version::V5);
    remembered.set(Version::V5.other());
    assert_eq!(version(), Version::V311);
    let fixed = super::MqttKeys::read(&parse("{host: b, version: '3.1.1'}").unwrap()).unwrap();
    remembered.set(Version::V5);
    assert_eq!(fixed.destination(&remembered, &env).unwrap().version, Version::V311);
}

#[test]
fn every_value_is_read_at_a_run() {
    let yaml = "{host: {env: H}, user: {env: U}, password: {file: /p}, version: {env: V}, client_id: {env: C}, \
                 tls: {ca: /ca.pem, server_name: {env: N}}}";
    let origins: Vec<String> = keys(yaml).values().iter().map(|value| value.origin()).collect();
    let expected = ["the variable H", "the variable U", "the file /p", "the variable V", "the variable C"];
    assert_eq!(origins[..5], expected);
    assert_eq!(origins[5..], ["the file /ca.pem", "the variable N"]);
}
