//! Parameters of Redis URLs that change the login, and that some clients ignore or reject. Parameters of pools and timeouts
//! are not judged.
//!
//! redis-py passes a parameter that it does not know to the connection (`TypeError`), go-redis rejects the URL, node-redis,
//! Jedis and redis-rs ignore the query.

use super::intent::Intent;
use super::rows::PARAMETER;
use crate::finding::{Finding, Severity};

/// The words of a boolean.
const BOOLEANS: [&str; 12] = ["0", "1", "f", "false", "n", "no", "off", "on", "t", "true", "y", "yes"];
/// The words of `ssl_cert_reqs`: those of redis-py, and those of Celery.
const REQUIREMENTS: [&str; 6] = ["none", "optional", "required", "cert_none", "cert_optional", "cert_required"];

/// What is told of a URL of Redis.
pub(super) fn judge(intent: &Intent<'_>, origin: &str) -> Vec<Finding> {
    // Another form (`redis+socket`, `redis-sentinel`) is read by one client alone.
    if !matches!(intent.scheme, "redis" | "rediss" | "valkey" | "valkeys") || intent.hosts.is_empty() {
        return Vec::new();
    }
    let over_tls = matches!(intent.scheme, "rediss" | "valkeys");
    let mut found = Vec::new();
    for (name, value) in intent.query() {
        if let Some((what, fix, severity)) = told(name, &value.to_ascii_lowercase(), intent, over_tls) {
            let finding = PARAMETER.found(format!("{origin} has the parameter `{name}`: {what}"), fix);
            found.push(Finding { severity, ..finding });
        }
    }
    found
}

/// What becomes of it, the fix, and how bad it is; `None` for a parameter that nobody misses.
fn told(
    name: &str,
    value: &str,
    intent: &Intent<'_>,
    over_tls: bool,
) -> Option<(&'static str, &'static str, Severity)> {
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    Some(match name {
        "password" if intent.password.is_some_and(|password| !password.is_empty()) => (
            "the URL also has a password before the `@`, which is the one that is used",
            "remove the parameter",
            Severity::Info,
        ),
        "password" | "username" | "user" => (
            "redis-py, ioredis and Vert.x read such a parameter; node-redis, Lettuce, Jedis and redis-rs ignore it, and \
             go-redis rejects the URL",
            "write USER:PASSWORD before the host, percent-encoded, which every client reads: redis://USER:PASSWORD@HOST",
            Severity::Info,
        ),
        "db" | "database" if !is_number => (
            "its value is not a number, so clients reject the URL or ignore the parameter",
            "write the number of the database at the end of the URL: redis://HOST:6379/0",
            Severity::Warning,
        ),
        "db" | "database" if !matches!(intent.database(), "") && intent.database() != value => (
            "the path of the URL names another database: redis-py and go-redis use the parameter, ioredis and others the path",
            "name the database in one place, at the end of the URL",
            Severity::Warning,
        ),
        "db" | "database" if intent.database().is_empty() && value != "0" => (
            "node-redis, Jedis and redis-rs ignore it and use database 0",
            "write the number at the end of the URL, which every client reads: redis://HOST:6379/NUMBER",
            Severity::Info,
        ),
        "ssl" | "tls" | "skip_verify" | "ssl_check_hostname" if !BOOLEANS.contains(&value) => (
            "its value is neither true nor false, so the setting has no effect or the client rejects the URL",
            "write true or false",
            Severity::Warning,
        ),
        "ssl" | "tls" if !over_tls && matches!(value, "1" | "t" | "true" | "y" | "yes" | "on") => (
            "only ioredis (`tls`) and ServiceStack (`ssl`) start TLS because of it; other clients ignore it and connect without \
             TLS, or reject the URL",
            "write rediss:// in place of redis://, which every client reads",
            Severity::Warning,
        ),
        "ssl_cert_reqs" if !REQUIREMENTS.contains(&value) => (
            "its value is not one of none, optional and required, so redis-py and Celery reject it",
            "write ssl_cert_reqs=required, or none to verify nothing",
            Severity::Warning,
        ),
        "ssl_cert_reqs" if !over_tls => (
            "without rediss:// redis-py rejects it (TypeError), and only Celery starts TLS because of it",
            "write rediss:// if the server has TLS; otherwise remove the parameter",
            Severity::Warning,
        ),
        "ssl_cert_reqs" if value.starts_with("cert_") => (
            "Celery reads this form, but redis-py rejects it",
            "write none, optional or required, which both read",
            Severity::Info,
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::finding::Severity;
    use crate::findings::urls::intent::Intent;

    fn found(url: &str) -> Vec<(Severity, String)> {
        let intent = Intent::of(url).expect(url);
        judge(&intent, "the URL").into_iter().map(|one| (one.severity, one.message + &one.fix)).collect()
    }

    #[test]
    fn what_only_some_clients_read_is_told() {
        for (url, severity, part) in [
            ("redis://cache?password=s3cret", Severity::Info, "go-redis rejects"),
            ("redis://cache?username=app", Severity::Info, "Jedis"),
            ("redis://:pw@cache?password=s3cret", Severity::Info, "before the `@`"),
            ("redis://cache?db=s3cret", Severity::Warning, "not a number"),
            ("redis://cache/1?db=2", Severity::Warning, "another database"),
            ("redis://cache?db=2", Severity::Info, "use database 0"),
            ("redis://cache?ssl=true", Severity::Warning, "write rediss://"),
            ("redis://cache?tls=1", Severity::Warning, "write rediss://"),
            ("rediss://cache?tls=s3cret", Severity::Warning, "true or false"),
            ("rediss://cache?ssl_cert_reqs=s3cret", Severity::Warning, "one of none"),
            ("redis://cache?ssl_cert_reqs=none", Severity::Warning, "TypeError"),
            ("rediss://cache?ssl_cert_reqs=CERT_NONE", Severity::Info, "Celery reads"),
        ] {
            let found = found(url);
            assert!(found.len() == 1 && found[0].0 == severity && found[0].1.contains(part), "{url}: {found:?}");
            assert!(!found[0].1.contains("s3"), "{found:?}");
        }
    }

    #[test]
    fn what_every_client_reads_or_nobody_misses_is_not() {
        for url in [
            "rediss://cache/0?ssl_cert_reqs=required",
            "rediss://cache?ssl_cert_reqs=none&ssl_check_hostname=false&ssl_ca_certs=/ca.pem",
            "redis://cache/2?db=2",
            "redis://cache?db=0",
            "redis://cache?protocol=3&dial_timeout=5s&pool_size=10&family=6&timeout=2s&clientName=app",
            "rediss://cache?ssl=true",
            "redis://cache?tls=false",
            "redis://:pw@cache/1",
            "redis+socket:///run/redis.sock?password=s3cret",
            "redis+sentinel://cache?password=s3cret",
        ] {
            assert!(found(url).is_empty(), "{url}");
        }
    }
}
