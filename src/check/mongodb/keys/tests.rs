//! What the keys and URLs mean, and what is wrong with them.

use super::MongodbKeys;
use crate::config::node::parse;
use crate::env::MapEnv;

fn faults(yaml: &str) -> Vec<String> {
    let problems = MongodbKeys::read(&parse(yaml).unwrap()).expect_err(yaml);
    problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
}

fn keys(yaml: &str) -> MongodbKeys {
    MongodbKeys::read(&parse(yaml).unwrap()).unwrap_or_else(|problems| panic!("{yaml}: {problems:?}"))
}

/// Target, password, database of the user, and whether TLS is used.
fn resolved(yaml: &str) -> String {
    let (keys, env) = (keys(yaml), MapEnv::with_vars(&[("URL", "mongodb://app:s%40cret@a,b:27018/shop")]));
    let settings = keys.settings(&env).expect(yaml);
    let password = settings.password.as_ref().map_or("-", |password| password.expose());
    let tls = if settings.tls.is_some() { "TLS" } else { "plain" };
    let source = settings.source(&settings.destination.parameters);
    format!("{} {password} {source} {tls}", settings.destination.target())
}

#[test]
fn the_url_and_the_keys_over_it() {
    for (yaml, expected) in [
        ("{url: {env: URL}}", "mongodb://app@a:27017,b:27018/shop s@cret shop plain"),
        (
            "{url: {env: URL}, password: 'p%40w', auth_source: admin}",
            "mongodb://app@a:27017,b:27018/shop p%40w admin plain",
        ),
        ("{url: 'mongodb://app:pw@db/shop?authSource=users&tls=true'}", "mongodb://app@db:27017/shop pw users TLS"),
        ("{url: 'mongodb://app:pw@db'}", "mongodb://app@db:27017 pw admin plain"),
        ("{url: 'mongodb://app:pw@db/shop.orders'}", "mongodb://app@db:27017/shop pw shop plain"),
        ("{url: 'mongodb://app:pw@db/?ssl=true'}", "mongodb://app@db:27017 pw admin TLS"),
        ("{url: 'mongodb://app:pw@db/shop?authMechanism=PLAIN'}", "mongodb://app@db:27017/shop pw $external plain"),
        ("{url: 'mongodb+srv://app:pw@c0.example.com/shop'}", "mongodb+srv://app@c0.example.com/shop pw shop TLS"),
        ("{url: 'mongodb+srv://app:pw@c0.example.com/?tls=false'}", "mongodb+srv://app@c0.example.com pw admin plain"),
        (
            "{host: 'a,b', user: app, password: pw, database: shop, tls: {}}",
            "mongodb://app@a:27017,b:27017/shop pw shop TLS",
        ),
        ("{host: db}", "mongodb://db:27017 - admin plain"),
        ("{url: 'mongodb://app:pw@%2Frun%2Fmongodb.sock/shop'}", "mongodb://app@/run/mongodb.sock/shop pw shop plain"),
        ("{host: 'unix:/run/mongodb.sock', user: app, password: pw}", "mongodb://app@/run/mongodb.sock pw admin plain"),
    ] {
        assert_eq!(resolved(yaml), expected, "{yaml}");
    }
}

#[test]
fn all_that_is_wrong_is_reported_at_once() {
    for (yaml, expected) in [
        ("{}", ": needs `url` or `host`"),
        ("{url: 'postgres://app@db/shop'}", "url: the scheme is not one of mongodb, mongodb+srv"),
        ("{url: 'mongodb+srv://c0.example.com:27017/shop'}", "url: a mongodb+srv URL has no port"),
        ("{url: 'mongodb+srv://a.example.com,b.example.com/shop'}", "url: a mongodb+srv URL has one host"),
        ("{url: 'mongodb+srv://10.0.0.7/shop'}", "url: a mongodb+srv URL needs a name"),
        ("{url: 'mongodb://a,b/?directConnection=true'}", "url: `directConnection=true` needs one host"),
        ("{url: 'mongodb://db/?tls=true&ssl=false'}", "url: its `tls` and `ssl` contradict"),
        ("{url: 'mongodb://app:p@ss/word@db/shop'}", "url: "),
        ("{url: 'mongodb://app:p@ss@db/shop'}", "url: user or password has a character that is not percent-encoded"),
        ("{host: db, role: replica}", "role: "),
        ("{host: db, auth_mechanism: hunter2}", "auth_mechanism: "),
        ("{host: db, tls: {cert: /c.pem}}", "tls: `cert` needs its `key`"),
        ("{host: db, min_scram_iterations: 0}", "min_scram_iterations: "),
        ("{host: db, pasword: x}", "pasword: "),
    ] {
        let faults = faults(yaml);
        assert!(faults.iter().any(|fault| fault.starts_with(expected)), "{yaml}: {faults:?}");
    }
}

#[test]
fn a_login_that_cannot_be_made_is_told_before_connecting() {
    let env = MapEnv::with_vars(&[("URL", "mongodb+srv://c0.example.com:27017/shop")]);
    for (yaml, slug) in [
        ("{url: {env: URL}}", "url_malformed"),
        ("{url: 'mongodb://app@db/shop'}", "password_missing"),
        ("{url: 'mongodb://db/?authMechanism=MONGODB-X509&tls=true'}", "tls_client_cert_required"),
        ("{url: 'mongodb://db/?tls=true&tlsCertificateKeyFile=/c.pem&tlsCertificateKeyFilePassword=x'}", "probe_limit"),
        ("{host: db, database: 'mongodb://app:s3cret@db'}", "variable_invalid"),
    ] {
        let fault = keys(yaml).settings(&env).expect_err(yaml);
        assert_eq!(fault.cause.slug(), slug, "{yaml}");
        assert!(!fault.message.contains("s3cret"), "{}", fault.message);
    }
}

#[test]
fn every_value_is_read_at_a_run() {
    let keys = keys(
        "{url: {env: U}, password: {file: /p}, auth_source: {env: S}, replica_set: {env: R}, role: {env: O}, tls: {ca: /ca.pem}}",
    );
    let origins: Vec<String> = keys.values().iter().map(|value| value.origin()).collect();
    for origin in
        ["the variable U", "the file /p", "the variable S", "the variable R", "the variable O", "the file /ca.pem"]
    {
        assert!(origins.iter().any(|known| known == origin), "{origin}: {origins:?}");
    }
}
