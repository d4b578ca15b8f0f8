use super::AmqpKeys;
use crate::check::amqp::login::Credential;
use crate::check::server_keys::testing::{self, assert_faults};
use crate::env::MapEnv;
use crate::outcome::Fault;

fn keys(yaml: &str) -> AmqpKeys {
    testing::keys(AmqpKeys::read, yaml)
}

/// Target, virtual host, and who logs in how.
fn resolve(yaml: &str, env: &MapEnv) -> Result<String, Fault> {
    let keys = keys(yaml);
    let destination = keys.destination(env)?;
    let login = match keys.credential(&destination, env)? {
        Credential::Plain { user, password } => format!("{user} {}", password.expose()),
        Credential::External => "external".to_owned(),
    };
    keys.queue(env)?;
    let tls = if destination.tls.is_some() { "TLS" } else { "plain" };
    Ok(format!("{} {} {login} {tls}", destination.target(), destination.vhost()))
}

#[test]
fn what_is_wrong_is_told_at_load() {
    let long = "x".repeat(256);
    assert_faults(
        AmqpKeys::read,
        &[
            ("{}", ": needs `url` or `host`"),
            ("{url: 'http://app:s3cret@mq'}", "url: the scheme is not one of amqp, amqps"),
            ("{url: 'amqp://app:s3/cret@mq/shop'}", "url: `/`, `?` or `#` is before the `@`: percent-encode"),
            ("{url: 'amqp://a,b'}", "url: expected one host, not several"),
            ("{url: 'amqp://mq/%00'}", "url: its path is not the name of a virtual host"),
            ("{url: 'amqp://mq/%zz'}", "url: "),
            ("{host: mq, user: app}", ": needs `password` beside `user`"),
            ("{host: mq, password: s3cret}", "password: needs `user` beside it"),
            ("{host: mq, auth: scram}", "auth: expected one of plain, external"),
            ("{host: mq, vhost: ''}", "vhost: expected a name of at most 255 bytes"),
            (&format!("{{host: mq, queue: {long}}}"), "queue: expected a name of at most 255 bytes"),
            ("{host: mq, tls: {cert: /c}}", "tls: `cert` needs its `key`"),
            ("{host: mq, database: shop}", "database: unknown key"),
        ],
    );
}

#[test]
fn keys_and_urls_come_to_the_same() {
    for (yaml, expected) in [
        ("{host: mq}", "amqp://mq:5672 / guest guest plain"),
        ("{host: mq, tls: {}}", "amqps://mq:5671 / guest guest TLS"),
        ("{host: mq, user: app, password: x, vhost: shop}", "amqp://app@mq:5672/shop shop app x plain"),
        ("{url: 'amqp://app:pw@mq'}", "amqp://app@mq:5672 / app pw plain"),
        ("{url: 'amqp://app:pw@mq/'}", "amqp://app@mq:5672 / app pw plain"),
        ("{url: 'amqp://app:pw@mq//'}", "amqp://app@mq:5672/%2F / app pw plain"),
        ("{url: 'amqp://app:pw@mq/%2F'}", "amqp://app@mq:5672/%2F / app pw plain"),
        ("{url: 'amqp://app:pw@mq/%2Fshop'}", "amqp://app@mq:5672/%2Fshop /shop app pw plain"),
        ("{url: 'amqp://app:pw@mq/a/b'}", "amqp://app@mq:5672/a%2Fb a/b app pw plain"),
        ("{url: 'amqp://app:pw@%2Ftmp%2Famqp.sock/shop'}", "amqp://app@/tmp/amqp.sock/shop shop app pw plain"),
        ("{url: 'amqp://app:pw@%2Ftmp%2Famqp.sock/%2Fa'}", "amqp://app@/tmp/amqp.sock/%2Fa /a app pw plain"),
        ("{url: 'amqp://app:pw@%2Ftmp%2Famqp.sock'}", "amqp://app@/tmp/amqp.sock / app pw plain"),
        ("{url: 'amqp://app:p%2Fw@mq:5673/shop', vhost: /}", "amqp://app@mq:5673/%2F / app p/w plain"),
        ("{url: 'amqps://app:pw@mq/shop'}", "amqps://app@mq:5671/shop shop app pw TLS"),
        ("{url: 'amqp://app:pw@mq/shop', tls: {verify: false}}", "amqps://app@mq:5671/shop shop app pw TLS"),
        ("{url: 'amqps://mq', tls: {cert: /c, key: /k}}", "amqps://mq:5671 / external TLS"),
        ("{url: 'amqps://mq?certfile=/c&keyfile=/k'}", "amqps://mq:5671 / external TLS"),
        ("{url: 'amqps://app:pw@mq', tls: {cert: /c, key: /k}}", "amqps://app@mq:5671 / app pw TLS"),
        (
            "{url: 'amqps://app:pw@mq?auth_mechanism=external', tls: {cert: /c, key: /k}}",
            "amqps://app@mq:5671 / external TLS",
        ),
        ("{url: 'amqps://mq', auth: plain, tls: {cert: /c, key: /k}}", "amqps://mq:5671 / guest guest TLS"),
        // A token, whose user is empty.
        ("{url: 'amqp://:pw@mq'}", "amqp://mq:5672 /  pw plain"),
    ] {
        assert_eq!(resolve(yaml, &MapEnv::default()).expect(yaml), expected, "{yaml}");
    }
}

#[test]
fn names_that_share_a_part_with_the_password_are_not_shown() {
    for (url, expected) in [
        ("amqp://s3cretuser:s3cret@mq/shop", "amqp://mq:5672/shop"),
        ("amqp://app:s3cret@mq/s3cret", "amqp://app@mq:5672/***"),
        ("amqp://app:s3cret@mq/my-s3cre", "amqp://app@mq:5672/***"),
        ("amqp://guest:guest@mq/guests", "amqp://guest@mq:5672/guests"),
        ("amqp://app:s3cret@mq/shop", "amqp://app@mq:5672/shop"),
    ] {
        let keys = keys(&format!("{{url: '{url}'}}"));
        let destination = keys.destination(&MapEnv::default()).expect(url);
        assert_eq!(destination.target(), expected);
        assert_eq!(destination.shown_vhost().is_none(), expected.ends_with('*'));
    }
}

#[test]
fn what_comes_from_elsewhere_is_judged_at_a_run() {
    let env = MapEnv::with_vars(&[
        ("LONE", "amqp://app@mq"),
        ("PATH_URL", "amqp://app:s3cret@mq/%00"),
        ("NAME", "amqp://app:s3cret@mq"),
        ("ZERO", "s3\0cret"),
    ]);
    for (yaml, message) in [
        ("{url: {env: LONE}}", "a user is set, but no password"),
        ("{url: {env: PATH_URL}}", "the URL from the variable PATH_URL: its path is not the name of a virtual host"),
        ("{host: mq, vhost: {env: NAME}}", "vhost: expected a name"),
        ("{host: mq, queue: {env: NAME}}", "queue: expected a name"),
        ("{host: mq, user: app, password: {env: ZERO}}", "the login has a zero byte"),
        ("{host: mq, auth: external}", "the login is EXTERNAL, but no client certificate is set"),
    ] {
        let fault = resolve(yaml, &env).expect_err(yaml);
        assert!(fault.message.starts_with(message) && !fault.message.contains("s3"), "{}", fault.message);
    }
}

#[test]
fn every_value_is_read_at_a_run() {
    let yaml = "{url: {env: U}, password: {file: /p}, vhost: {env: V}, queue: {env: Q}, auth: {env: A}, \
                tls: {ca: /ca.pem, server_name: {env: N}}}";
    let origins: Vec<String> = keys(yaml).values().iter().map(|value| value.origin()).collect();
    assert_eq!(
        origins,
        [
            "the variable U",
            "the file /p",
            "the variable V",
            "the variable Q",
            "the variable A",
            "the file /ca.pem",
            "the variable N"
        ]
    );
}
