//! Values and what is told of them.

use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

use super::clients::Fate;
use super::intent::Intent;
use super::{Family, blame, is_plain, judge, lint};
use crate::cause::Cause;
use crate::check::SCHEMES;
use crate::finding::{Finding, Severity};
use crate::findings::{Context, Reading, entry};
use crate::outcome::{BrokenVariable, Detail, Evidence, Fault, Phase, ValueDetail, VariableFlaw};
use crate::secret::Secret;
use crate::testing::few_cases;

fn reading(key: &'static str, variable: &str, text: &str) -> Reading {
    Reading {
        key,
        variable: Some(variable.to_owned()),
        is_template: false,
        origin: format!("the variable {variable}"),
        text: Secret::new(text.to_owned()),
    }
}

fn context<'a>(readings: &'a [Reading], clients: &'a [&'static str]) -> Context<'a> {
    Context { readings, clients, schemes: SCHEMES, ..Context::default() }
}

/// The hint of a fault that a value explains; empty where none does.
fn hint(fault: &Fault, context: Context<'_>) -> String {
    super::hint(fault, context).unwrap_or_default()
}

fn of_key(fault: Fault, key: &'static str) -> Fault {
    fault.with(Detail::Value(ValueDetail::Key(key)))
}

fn of_url(text: &str, clients: &[&'static str]) -> Vec<Finding> {
    let readings = [reading("url", "DATABASE_URL", text)];
    judge(None, &Evidence::default(), context(&readings, clients))
}

fn codes(found: &[Finding]) -> Vec<&'static str> {
    found.iter().map(|finding| finding.code).collect()
}

#[test]
fn a_slash_in_the_password() {
    let found = of_url("postgres://app:hun/ter2@db:5432/shop", &[]);
    assert_eq!(codes(&found), ["url_password_unencoded"]);
    assert_eq!(
        found[0].message,
        "the variable DATABASE_URL: the password with `/` unencoded: the URL is rejected by libpq (psql, psycopg2), \
         asyncpg, dj-database-url, node-postgres (Prisma 7), postgres.js, sqlx, Prisma's engine, lib/pq (pgx before \
         5.11) and pgx; the user app is used as the host by psycopg 3; SQLAlchemy and tokio-postgres read it correctly"
    );
    assert_eq!(found[0].fix, "percent-encode the password where it is set (/ as %2F): postgres://app:***@db:5432/shop");
    // Those who were named read it as meant.
    assert!(of_url("postgres://app:hun%zzter2@db:5432/shop", &["node@20"]).len() == 1);
    assert!(of_url("postgres://app:hun^ter2@db:5432/shop", &["node@20", "libpq"]).is_empty());
}

#[test]
fn urls_that_are_right_give_nothing() {
    for text in [
        "postgres://app@db/shop",
        "postgres://app:p%2Fw@db:5432/shop?sslmode=require",
        "postgresql://app:pw@db-0.db.shop.svc.cluster.local:5432/shop",
        "postgresql+asyncpg://app:p%40w@db/shop?ssl=require",
        "postgresql+psycopg2://app:pw@db/shop",
        "postgres://app:pw@10.0.0.7:5432/shop?application_name=x&connect_timeout=5",
        "postgresql+psycopg://app:pw@db/shop?sslmode=require&application_name=x",
        "jdbc:postgresql://a:5432,b:5432/shop?user=app&password=x&sslmode=require",
        "postgres://app:pw@a:5432,b:5432/shop?target_session_attrs=read-write",
        "postgres:///shop?host=db&user=app&password=x",
        "postgres://app:pw@db",
        "postgres://app:pw@db/",
        "postgres://app:pw@DB.example/shop",
        "redis://cache:6379/0",
        "redis://cache",
        "redis://default@cache:6379",
        "rediss://default:pw@cache:6379",
        "redis://:p%2Fw@cache/1",
        "jdbc:postgresql://db:5432/shop?user=app&password=x",
        "https://example.com/@scope?x=${Y}",
        "mysql://root:a^b@db/x",
    ] {
        assert_eq!(of_url(text, &[]), [], "{text}");
    }
}

/// Cloud SQL's: no host stands behind the `@`.
#[test]
fn a_url_of_a_socket_is_right() {
    for text in ["postgresql://app:hunter2@/x?host=/cloudsql/p:r:i", "postgres:///x?host=/run/postgresql&user=app"] {
        assert!(super::lint(text, super::Family::Postgres, SCHEMES).is_none(), "{text}");
        let readings = [reading("variable", "DATABASE_URL", text)];
        assert!(judge(None, &Evidence::default(), context(&readings, &[])).is_empty(), "{text}");
    }
}

#[test]
fn a_user_whose_password_is_in_a_key_is_a_user() {
    let readings = [reading("url", "REDIS_URL", "redis://app@cache"), reading("password", "REDIS_PASSWORD", "hunter2")];
    assert!(judge(None, &Evidence::default(), context(&readings, &[])).is_empty());
    assert_eq!(codes(&judge(None, &Evidence::default(), context(&readings[..1], &[]))), ["redis_password_as_user"]);
}

/// Only where no client of a runtime that was named reads it.
#[test]
fn a_string_of_keywords_is_told_of_to_those_who_do_not_read_it() {
    let found = |text: &str, clients: &[&'static str], dials: bool| {
        let readings = [reading("url", "DATABASE_DSN", text)];
        let endpoints = [crate::url::Endpoint::parse("db:5432").unwrap()];
        let endpoints = if dials { &endpoints[..] } else { &[] };
        let context = Context { family: Some("postgres"), endpoints, ..context(&readings, clients) };
        judge(None, &Evidence::default(), context)
    };
    const DSN: &str = "host=db user=app password=hunter2 dbname=shop";
    for (clients, names) in [
        (&["node@22"][..], Some("node-postgres (Prisma 7), postgres.js and Prisma's engine")),
        (&["node@20", "node@24"], Some("node-postgres (Prisma 7), postgres.js and Prisma's engine")),
        (&["python-anyio"], Some("asyncpg and SQLAlchemy")),
        (&["jvm"], Some("JDBC")),
        (&["go", "jvm"], Some("JDBC")),
        (&["go"], None),
        (&["python"], None),
        (&["python-asyncio", "libpq", "psycopg3", "tokio", "curl"], None),
        (&[], None),
    ] {
        let found = found(DSN, clients, true);
        let expected = names.map(|names| {
            format!("the variable DATABASE_DSN is a string of keywords (host=… user=…), which is not read by {names}")
        });
        let messages: Vec<&String> = found.iter().map(|finding| &finding.message).collect();
        assert_eq!(messages, expected.iter().collect::<Vec<_>>(), "{clients:?}");
    }
    assert!(found(DSN, &["node@22"], false).is_empty(), "the check does not read it either");
    assert!(found("postgres://app@db/shop", &["node@22"], true).is_empty());
}

#[test]
fn what_is_found_in_urls() {
    let all: &[(&str, &[&'static str], &[&str])] = &[
        ("redis://:pw@:pw@cache:6379/0", &[], &["redis_double_password"]),
        ("postgres://app:pw@app:pw@db/x", &[], &["url_password_doubled"]),
        ("redis://hunter2@cache:6379", &[], &["redis_password_as_user"]),
        ("postgres://me@corp:pw@db/x", &[], &["url_password_unencoded"]),
        ("postgres://app:pw@db/x?channel_binding=require&sslmode=require", &[], &["url_parameter_forwarded"]),
        ("postgres://app:pw@db/x?schema=public", &[], &["url_parameter_forwarded"]),
        ("postgres://app:pw@db/x?schema=public", &["go"], &["url_parameter_forwarded"]),
        ("postgres://app:pw@db/x?schema=public", &["node@22"], &["url_parameter_forwarded"]),
        ("postgres://app:pw@db/x?search_path=x", &["go"], &[]),
        ("postgres://app:pw@db/x?search_path=x", &["libpq"], &["url_parameter_forwarded"]),
        ("postgres://app:pw@db/x?search_path=x", &[], &["url_parameter_forwarded"]),
        ("postgres://app:pw@db/x?search_path=x", &["node@22"], &["url_parameter_forwarded"]),
        ("postgres://app:pw@db/x?currentSchema=x", &[], &["url_parameter_forwarded"]),
        ("postgres://app:pw@db/x?sslmode=no-verify", &[], &["url_parameter_forwarded"]),
        ("postgres://app:pw@db/x?sslmode=no-verify", &["node@22"], &[]),
        ("postgres://app:pw@db/x?pgbouncer=true&connection_limit=1", &["node@22"], &["url_parameter_forwarded"; 2]),
        ("jdbc:postgresql://db:5432/shop?user=app&password=x&currentSchema=shop", &[], &[]),
        ("postgres://app:pw@db/shop&sslmode=require", &[], &["url_misread"]),
        ("postgres://app:pw@db/shop sslmode=require", &[], &["url_misread"]),
        ("postgres://app:pw@db/shop? sslmode=require", &[], &["url_misread"]),
        ("http://a:8000,http://b:8000", &[], &["url_misread"]),
        ("redis://a:6379,redis://b:6379", &[], &["url_misread"]),
        ("postgres://app:pw@db/x?sslmode=verify-full", &["tokio"], &["url_parameter_forwarded"]),
        ("postgres://app:pw@db/x?sslmode=require", &["tokio"], &[]),
        ("postgresql+psycopg://app:pw@db/x?schema=public", &[], &["url_parameter_forwarded"]),
        ("postgresql+asyncpg://app:pw@db/x?application_name=x", &[], &["url_parameter_forwarded"]),
        ("postgres://app:pw@ep-a.eu.aws.neon.tech/x?sslmode=require&channel_binding=require", &["libpq"], &[]),
        (
            "postgres://app:pw@ep-a.eu.aws.neon.tech/x?sslmode=require&schema=public",
            &["libpq"],
            &["url_parameter_forwarded"],
        ),
        ("postgres://app:pw@ep-a.eu.aws.neon.tech/x", &["go"], &[]),
        ("postgres://app:pw@ep-a.eu.aws.neon.tech/x", &["node"], &["neon_needs_tls"]),
        ("postgresql+asyncpg://app:pw@db/x?sslmode=require", &[], &["url_parameter_forwarded"]),
        ("postgres://app:pw@db/x", &["python"], &["sqlalchemy_postgres_scheme"]),
        ("postgres://app:pw@ep-a-b-1.eu.aws.neon.tech/x?sslmode=disable", &[], &["neon_needs_tls"]),
        ("postgres://app:pw@ep-a-b-1-pooler.eu.aws.neon.tech/x?sslmode=require", &[], &[]),
        ("postgres://app:pw@ep-a-b-1-pooler.eu.aws.neon.tech/x?sslmode=require&options=endpoint%3Dep-a-b-1", &[], &[]),
        (
            "postgres://app:pw@ep-a-b-1.eu.aws.neon.tech/x?sslmode=require&options=endpoint%3Dep-other",
            &[],
            &["neon_endpoint_mismatch"],
        ),
        // The URL of one client is judged for that client, whatever runtime is named.
        ("ecto://app:pw@db/x?sslmode=require", &[], &["url_parameter_forwarded"]),
        ("ecto://app:pw@db/x?sslmode=require", &["node@22"], &["url_parameter_forwarded"]),
        ("ecto://app:pw@db/x?search_path=x&options=y", &[], &["url_parameter_forwarded"; 2]),
        ("ecto://app:a/b@db/x", &[], &["url_password_unencoded"]),
        ("ecto://app:a@b%zz c@db/x?ssl=true&pool_size=5&timeout=1000", &["python"], &[]),
        ("ecto://app:pw@[fd00::1]:5432/shop", &[], &[]),
        ("postgis://app:pw@db/x?schema=public", &[], &["url_parameter_forwarded"]),
        ("postgis://app:a@b@db/x?sslmode=require", &[], &[]),
        ("postgis://app:a#b@db/x", &[], &["url_password_unencoded"]),
        ("cockroachdb://app:a/b%@db/x?sslmode=verify-full", &[], &[]),
        ("cockroachdb://app:a@b@db/x", &[], &["url_password_unencoded"]),
        ("cockroachdb+asyncpg://app:pw@db/x?sslmode=require", &[], &["url_parameter_forwarded"]),
        // The password stands twice for every kind of server; a whole URL belongs nowhere in another.
        ("mysql://app:pw@app:pw@db/x", &[], &["url_password_doubled"]),
        ("amqp://app:pw@:pw@mq/x", &[], &["url_password_doubled"]),
        ("amqp://app:pw@amqp://app:pw@mq/x", &[], &["url_misread"]),
        ("mysql://mysql://app:pw@db/x", &[], &["url_misread"]),
        ("https://https://api.example/x", &[], &["url_misread"]),
        ("mysql://app:pw@db/x", &[], &[]),
        ("amqp://me@corp:pw@mq/x", &[], &[]),
        ("jdbc:postgresql://app:pw@db/x", &[], &["url_password_unencoded"]),
        ("jdbc:postgresql://db?user=app&password=pw", &[], &["url_misread"]),
        ("postgres://app:pw@db/my%20shop", &[], &["url_misread"]),
        // postgres.js takes the `[` for the host.
        ("postgres://app:pw@[fd00::1]:5432/shop", &[], &["url_misread"]),
        ("postgres://app:pw@[fd00::1]:5432/shop", &["go", "libpq"], &[]),
    ];
    for (text, clients, expected) in all {
        assert_eq!(codes(&of_url(text, clients)), *expected, "{text}");
    }
}

#[test]
fn values_of_the_kind_env() {
    for (name, text, expected) in [
        ("DATABASE_URL", "postgres://app:pw@db/x\n", "secret_trailing_newline"),
        ("DATABASE_URL", "\"postgres://app:pw@db/x\"", "env_quoted"),
        ("DATABASE_URL", "cG9zdGdyZXM6Ly9hcHA6cHdAZGIvc2hvcA==", "env_base64_twice"),
        ("DATABASE_URL", "postgres://app:$(DB_PASSWORD)@db/x", "env_placeholder"),
        ("DATABASE_URL", "postgres://app:changeme@db/x", "env_placeholder"),
        ("DATABASE_URL", "postgres://postgres:[YOUR-PASSWORD]@db/x", "env_placeholder"),
        ("API_KEY", "your-api-key", "env_placeholder"),
        ("REDIS_PORT", "tcp://10.96.0.7:6379", "env_service_link"),
        ("BETTER_AUTH_SECRET", "hunter2\n", "secret_trailing_newline"),
        ("BETTER_AUTH_SECRET", "better-auth-secret-12345678901234567890", "secret_default"),
        ("BETTER_AUTH_SECRET", "eighteen-characters", "jwt_secret_short"),
        ("NEXT_PUBLIC_AUTH_SECRET", "0123456789abcdef0123456789abcdef", "secret_public_prefix"),
        ("BETTER_AUTH_SECRET", "0123456789abcdef0123456789abcdef", ""),
        ("APP_TITLE", "your-app ", ""),
        ("TLS_KEY", "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n", ""),
        ("LOG_LEVEL", "\"info\"", ""),
        ("REDIS_PORT", "6379", ""),
        ("DB_PASSWORD", "a\"b'c$(x)", ""),
        ("GITHUB_OAUTH_SECRET", "eighteen-characters", ""),
        ("DATABASE_URL", "\u{feff}postgres://app:pw@db/x", "secret_trailing_newline"),
        // Spring fills these in by itself; the others are texts in which it is meant.
        ("SPRING_DATASOURCE_URL", "jdbc:postgresql://${DB_HOST}:5432/x", ""),
        ("DB_URL", "jdbc:postgresql://${DB_HOST}:5432/x", ""),
        ("LOG_FORMAT", "${LEVEL} {{ .Message }}", ""),
        ("API_URL", "http://${API_HOST}:8000", "env_placeholder"),
        ("DB_HOST", "${DB_HOST}", "env_placeholder"),
        ("DB_HOST", "$(DB_HOST) x", "env_placeholder"),
        // Nobody resolved it.
        ("DB_PASSWORD", "vault:secret/data/cred#X", "env_placeholder"),
        ("DATABASE_URL", "op://shop/db/url", "env_placeholder"),
        ("API_KEY", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:k-AbCdEf", "env_placeholder"),
        ("DB_PASSWORD", "ENC[AES256_GCM,data:aGk=,iv:x,tag:y,type:str]", "env_placeholder"),
        ("DB_PASSWORD", "<path:secret/data/db#pw>", "env_placeholder"),
        ("DB_PASSWORD", "<no value>", "env_placeholder"),
        ("DATABASE_URL", "postgres://app:<no value>@db/x", "env_placeholder"),
        ("DB_PASSWORD", "null", "env_placeholder"),
        ("DB_PASSWORD", "undefined", "env_placeholder"),
        ("API_URL", "http://undefined:8000", "env_placeholder"),
        ("API_KEY", "TODO", "env_placeholder"),
        ("DB_PASSWORD", "#{x}#", "env_placeholder"),
        ("DB_PASSWORD", "$DB_PASSWORD", "env_placeholder"),
        ("DATABASE_URL", "postgres://app:$DB_PASSWORD@db/x", "env_placeholder"),
        ("DB_PASSWORD", "%DB_PW%", "env_placeholder"),
        ("OPENAI_API_KEY", "sk-...", "env_placeholder"),
        ("OPENAI_API_KEY", "sk-xxxxxxxxxxxxxxxx", "env_placeholder"),
        ("OPENAI_API_KEY", "sk-your-key-here", "env_placeholder"),
        ("DB_PASSWORD", "********", "env_placeholder"),
        ("DB_PASSWORD", "${{ secrets.DB_PASSWORD }}", "env_placeholder"),
        ("DB_PASSWORD", "projects/12/secrets/db/versions/latest", "env_placeholder"),
        ("DB_PASSWORD", "@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/db/)", "env_placeholder"),
        ("DB_PASSWORD", "ref+vault://secret/db#/password", "env_placeholder"),
        ("DB_PASSWORD", "{\"password\":\"hunter2\",\"username\":\"app\"}", "env_json_secret"),
        ("DATABASE_URL", "{\"host\":\"db\",\"password\":\"hunter2\",\"username\":\"app\"}", "env_json_secret"),
        ("DATABASE_URL", "“postgres://app:pw@db/x”", "env_quoted"),
        ("DB_PASSWORD", "‘hunter2’", "env_quoted"),
        ("DATABASE_URL", "postgres://app:‘hunter2’@db/x", "env_quoted"),
        ("DB_PASSWORD", "aHVudGVyMmh1bnRlcjIK", "env_base64_twice"),
        ("DB_PASSWORD", "YUhWdWRHVnlNbWgxYm5SbGNqST0=", "env_base64_twice"),
        ("TLS_KEY", "-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----", "env_pem_damaged"),
        ("TLS_KEY", "-----BEGIN PRIVATE KEY----- MIIE vQIB -----END PRIVATE KEY-----", "env_pem_damaged"),
        ("TLS_KEY", "\"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\"", "env_pem_damaged"),
        // What may well be meant.
        ("DB_PASSWORD", "$ecret-Word", ""),
        ("DB_PASSWORD", "$2b$10$N9qo8uLOickgx2ZMRZoMye", ""),
        ("DB_PASSWORD", "null-and-void-7", ""),
        ("DB_PASSWORD", "TODOs-are-4-ever", ""),
        ("CACHE_DRIVER", "null", ""),
        ("GOOGLE_APPLICATION_CREDENTIALS_JSON", "{\"type\":\"service_account\",\"private_key\":\"x\"}", ""),
        ("GOOGLE_CREDENTIALS", "{\"type\":\"service_account\",\"private_key\":\"x\"}", ""),
        ("VCAP_SERVICES", "{\"postgres\":[{\"credentials\":{\"password\":\"hunter2\"}}]}", ""),
        ("DB_SECRET", "{\"password\":\"hunter2\",\"username\":\"app\"}", ""),
        ("DB_SECRET_ARN", "arn:aws:secretsmanager:eu-central-1:123456789012:secret:k-AbCdEf", ""),
        ("DB_PASSWORD", "jFcdCCB5fGPyBqbeT0pQ9A==", ""),
        ("DB_PASSWORD", "aHVudGVyMmh1bnRlcjI=", ""),
        ("OPENAI_API_KEY", "sk-proj-9fK2mWq7Zx41LbT0aYcD", ""),
        ("APP_TITLE", "“Shop”", ""),
        ("TLS_KEY_BASE64", "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCng=", ""),
        ("KAFKA_BROKERS", "kafka://a:9092,kafka://b:9092", ""),
        ("NATS_URL", "nats://a:4222,nats://b:4222", ""),
    ] {
        let readings = [reading("variable", name, text)];
        let found = judge(None, &Evidence::default(), context(&readings, &[]));
        assert_eq!(codes(&found).first().copied().unwrap_or_default(), expected, "{name}={text:?}: {found:?}");
    }
}

/// What each client makes of it stands in the message already.
#[test]
fn of_a_variable_the_hint_says_which_and_what_to_do() {
    for (text, cause, expected) in [
        (
            "postgres://app:pa/ss@db/x",
            Cause::UrlPasswordUnencoded,
            "the variable DATABASE_URL: percent-encode the password where it is set (/ as %2F): postgres://app:***@db/x",
        ),
        (
            "postgres://app:${DB_PASSWORD}@db/x",
            Cause::UrlMalformed,
            "the variable DATABASE_URL still contains ${DB_PASSWORD}",
        ),
    ] {
        let blame = super::lint(text, super::Family::Postgres, SCHEMES).expect("it is wrong");
        assert_eq!(blame.cause, cause, "{}", blame.message);
        let readings = [reading("variable", "DATABASE_URL", text)];
        let broken = BrokenVariable { name: "DATABASE_URL".to_owned(), flaw: None };
        let fault = Fault::new(Phase::Assert, cause, format!("DATABASE_URL: {}", blame.message));
        let fault = fault.with(Detail::Value(ValueDetail::Variables(vec![broken])));
        let hint = hint(&fault, context(&readings, &[]));
        assert!(hint.starts_with(expected), "{hint}");
        // So that the report does not say it a second time.
        let found = judge(Some(&fault), &Evidence::default(), context(&readings, &[]));
        assert!(found.iter().all(|finding| hint.ends_with(&finding.fix)), "{hint}: {found:?}");
    }
}

/// What is only worth knowing, or concerns other clients, does not take the place of the cause's own fix.
#[test]
fn a_finding_about_other_clients_explains_no_fault() {
    for url in [
        "postgres://app:pw@/x?host=/cloudsql/p:r:i&schema=public",
        "postgres://app:pw@d b/x?schema=public&sslmode=no-verify",
    ] {
        for clients in [&[][..], &["libpq"], &["go"]] {
            let readings = [reading("url", "DATABASE_URL", url)];
            for cause in [Cause::UrlMalformed, Cause::PasswordRejected, Cause::NoSuchDatabase, Cause::TlsUntrusted] {
                let fault = Fault::new(Phase::Assert, cause, "no");
                assert_eq!(hint(&fault, context(&readings, clients)), "", "{url} {clients:?}");
            }
        }
    }
    let readings = [reading("url", "DATABASE_URL", "postgres://app:pw@db/shop&sslmode=require")];
    let fault = Fault::new(Phase::Login, Cause::NoSuchDatabase, "no");
    assert!(hint(&fault, context(&readings, &[])).contains("no `?` before `sslmode`"));
    // Of a kind that does not name the key of its URL.
    let malformed = Fault::new(Phase::Assert, Cause::UrlMalformed, "no");
    for (text, says) in [("http://a:8000,http://b:8000", "several URLs"), ("{\"password\":\"hunter2\"}", "JSON object")]
    {
        let readings = [reading("", "X", text)];
        assert!(hint(&malformed, context(&readings, &[])).contains(says), "{text}");
    }
}

#[test]
fn what_keeps_the_place_of_a_password_is_not_to_be_encoded() {
    let readings = [reading("url", "DATABASE_URL", "postgres://app:<password>@db/x")];
    let rejected = Fault::new(Phase::Login, Cause::PasswordRejected, "no");
    let found = judge(Some(&rejected), &Evidence::default(), context(&readings, &[]));
    assert_eq!(codes(&found), ["env_placeholder"]);
}

/// The Secret that the app has may have made the server's password too.
#[test]
fn quotes_and_spaces_of_a_password_may_be_the_servers() {
    let of = |text: &str| {
        let readings = [reading("variable", "POSTGRES_PASSWORD", text)];
        judge(None, &Evidence::default(), context(&readings, &[])).remove(0)
    };
    for text in ["\"hunter2\"", "hunter2 ", " hunter2"] {
        let found = of(text);
        assert_eq!(found.severity, Severity::Warning, "{text:?}");
        assert!(found.fix.contains("unless the other side stores the same"), "{}", found.fix);
    }
    assert_eq!(of("hunter2\n").severity, Severity::Error);
}

/// A value that works is not accused; one that does not is explained.
#[test]
fn a_password_beside_the_url_is_judged_once_it_was_rejected() {
    let readings = [reading("password", "DB_PASSWORD", "hunter2\n")];
    let rejected = Fault::new(Phase::Login, Cause::PasswordRejected, "no");
    let refused = Fault::new(Phase::Connect, Cause::ConnectRefused, "no");
    let of = |fault: Option<&Fault>| codes(&judge(fault, &Evidence::default(), context(&readings, &[])));
    assert_eq!(of(Some(&rejected)), ["secret_trailing_newline"]);
    assert!(of(None).is_empty() && of(Some(&refused)).is_empty());
    let hint = hint(&rejected, context(&readings, &[]));
    assert!(hint.starts_with("the variable DB_PASSWORD has a newline at its end; "), "{hint}");
}

/// A URL whose protocol is not spoken is connected to, and its password is sent to nobody.
#[test]
fn a_value_that_nobody_logged_in_with_is_not_proven() {
    let of = |text: &str, phase: Phase| {
        let readings = [reading("url", "REDIS_URL", text)];
        let phases = vec![(phase, std::time::Duration::ZERO)];
        codes(&judge(None, &Evidence { phases, ..Evidence::default() }, context(&readings, &[])))
    };
    for text in ["redis://:$(REDIS_PASSWORD)@cache", "redis://:changeme@cache", "mysql://app:${PW}@db/x"] {
        assert_eq!(of(text, Phase::Connect), ["env_placeholder"], "{text}");
        assert!(of(text, Phase::Login).is_empty(), "{text}");
    }
    assert!(of("redis://:hunter2@cache", Phase::Connect).is_empty());
}

/// What explains a rejected password is told, and nothing else is.
#[test]
fn what_a_rejected_password_may_come_of() {
    let rejected = Fault::new(Phase::Login, Cause::PasswordRejected, "no");
    let usual = "";
    for (key, text, code, told) in [
        ("password", "\"hunter2\"", "env_quoted", "the variable X is in quotes"),
        ("password", "czNjcmV0LWh1bnRlcjI=", "env_base64_twice", "the variable X is base64 of plain text"),
        ("password", "jFcdCCB5fGPyBqbe", "", usual),
        (
            "url",
            "postgres://app:czNjcmV0LWh1bnRlcjI=@db/x",
            "env_base64_twice",
            "the password in the variable X is base64 of plain text",
        ),
        ("password", "hunter%2F2", "", "the variable X is percent-encoded, but `password` is used unchanged"),
        ("password", "hunter%zz", "", usual),
        (
            "url",
            "postgres://app:hun%41ter@db/x",
            "url_password_unencoded",
            "the password in the variable X has a `%` and two hex digits",
        ),
        ("url", "postgres://app:hun%2Fter@db/x", "", usual),
        // What was sent is what was meant: other clients would have sent something else.
        ("url", "postgres://app:hun@ter@db/x", "url_password_unencoded", usual),
        ("url", "postgres://user:password@host:5432/dbname", "env_placeholder", "the variable X is a placeholder"),
    ] {
        let readings = [reading(key, "X", text)];
        let context = context(&readings, &[]);
        let found = judge(Some(&rejected), &Evidence::default(), context);
        assert_eq!(codes(&found).first().copied().unwrap_or_default(), code, "{text}: {found:?}");
        let hint = hint(&rejected, context);
        assert!(hint.starts_with(told) && hint.is_empty() == told.is_empty(), "{text}: {hint}");
        assert!(!hint.contains("hun") && !hint.contains("41"), "{hint}");
    }
}

/// The fault names a key: what is wrong with another one is no help.
#[test]
fn a_value_that_breaks_a_rule_is_explained_by_itself() {
    let of = |key: &'static str, text: &str| {
        let readings = [reading(key, "DB_PORT", text), reading("password", "DB_PASSWORD", "hunter2\n")];
        let fault =
            Fault::new(Phase::Assert, Cause::VariableInvalid, "port: the variable DB_PORT holds something else");
        hint(&of_key(fault, "port"), context(&readings, &[]))
    };
    assert!(of("port", "tcp://10.96.0.7:5432").starts_with("the variable DB_PORT is the value that Kubernetes sets"));
    assert!(of("", "tcp://10.96.0.7:5432").starts_with("the variable DB_PORT is the value that Kubernetes sets"));
    assert!(of("port", "5432\n").starts_with("the variable DB_PORT has a newline at its end"));
    assert_eq!(of("port", "many"), "");
}

/// What is no PEM is not so because of the newline at its end.
#[test]
fn a_file_of_certificates_may_end_in_a_newline() {
    let readings = [Reading { origin: "the file /ca".to_owned(), ..reading("", "X", "host-1\n") }];
    let of = |detail| {
        let fault = Fault::new(Phase::Tls, Cause::FileInvalid, "").with(Detail::Value(detail));
        codes(&judge(Some(&fault), &Evidence::default(), context(&readings, &[])))
    };
    assert!(of(ValueDetail::NotPem).is_empty());
    assert_eq!(of(ValueDetail::Key("host")), ["secret_trailing_newline"]);
}

/// A template is told of by the variable in it that is wrong.
#[test]
fn the_parts_of_a_template() {
    let env = crate::env::MapEnv::with_vars(&[("PW", "hunter2\n"), ("REDIS_PORT", "tcp://10.96.0.7:6379")]);
    let value = |text: &str| crate::value::Value::parse(text).unwrap();
    let url = Reading::all("url", &value("postgres://app:${PW}@db/x"), &env);
    let fault = Fault::new(Phase::Assert, Cause::SecretWhitespace, "no");
    let found = judge(Some(&fault), &Evidence::default(), context(&url, &[]));
    assert_eq!(codes(&found), ["secret_trailing_newline"], "{found:?}");
    assert!(found[0].message.starts_with("the variable PW "), "{found:?}");
    let address = Reading::all("", &value("redis:${REDIS_PORT}"), &env);
    let fault = Fault::new(Phase::Assert, Cause::VariableInvalid, "address: the template with REDIS_PORT");
    let found = judge(Some(&fault), &Evidence::default(), context(&address, &[]));
    assert_eq!(codes(&found), ["env_service_link"], "{found:?}");
}

#[test]
fn a_host_that_is_the_user() {
    let readings = [reading("host", "PGHOST", "app"), reading("user", "PGUSER", "app")];
    let endpoints = [crate::url::Endpoint::parse("app:12").unwrap()];
    let fault = Fault::new(Phase::Resolve, Cause::DnsNotFound, "no");
    let context = Context { endpoints: &endpoints, ..context(&readings, &[]) };
    assert_eq!(codes(&judge(Some(&fault), &Evidence::default(), context)), ["url_host_is_user"]);
    assert!(hint(&fault, context).contains("percent-encoded"));
    assert!(judge(None, &Evidence::default(), context).is_empty());
}

/// A variable whose name begins like another's is not that one.
#[test]
fn of_several_variables_the_first_that_is_broken_is_explained() {
    let readings =
        [reading(Reading::VARIABLE, "DB_URL", "'x'"), reading(Reading::VARIABLE, "DB", "postgres://a:b@c/d\n")];
    let broken = |name: &str| BrokenVariable { name: name.to_owned(), flaw: None };
    let fault = Fault::new(Phase::Assert, Cause::VariableInvalid, "")
        .with(Detail::Value(ValueDetail::Variables(vec![broken("DB"), broken("DB_URL")])));
    let told = hint(&fault, context(&readings, &[]));
    assert!(told.starts_with("the variable DB has a newline at its end; "), "{told}");
}

#[test]
fn variables_that_a_mounted_file_has_overtaken() {
    let differs = |name: &str, flaw| BrokenVariable { name: name.to_owned(), flaw };
    let file = || Some(VariableFlaw::DiffersFrom("the file /secrets/pw".to_owned()));
    let of = |cause| {
        let broken = vec![differs("PORT", None), differs("PW", file())];
        let fault = Fault::new(Phase::Assert, cause, "").with(Detail::Value(ValueDetail::Variables(broken)));
        judge(Some(&fault), &Evidence::default(), context(&[], &[]))
    };
    let found = of(Cause::VariableInvalid);
    assert_eq!(codes(&found), ["secret_stale_env"]);
    assert_eq!(found[0].message, "the variable PW and the file /secrets/pw differ");
    // What comes from a file is read anew each time.
    assert!(of(Cause::FileInvalid).is_empty());
}

#[test]
fn the_variables_of_a_pod() {
    let variables = [
        reading("variable", "DATABASE_URL", "postgres://app:a/b@db/x"),
        reading("variable", "REDIS_URL", "redis://:hunter2@cache"),
        reading("variable", "REDIS_PASSWORD", "hunter2"),
        reading("variable", "REDIS_PORT", "tcp://10.96.0.7:6379"),
        reading("variable", "PS1", "$(WHOAMI) "),
        // Kubernetes' own, and one that stands where the app's own would.
        reading("variable", "CACHE_PORT", "tcp://10.96.0.8:6379"),
        reading("variable", "QUEUE_PORT", "tcp://10.96.0.9:6379"),
        reading("variable", "QUEUE_HOST", "queue"),
    ];
    let found: Vec<(String, &str)> =
        super::judge_variables(&variables, SCHEMES).into_iter().map(|(name, finding)| (name, finding.code)).collect();
    let expected = [
        ("DATABASE_URL", "url_password_unencoded"),
        ("QUEUE_PORT", "env_service_link"),
        ("REDIS_URL", "redis_double_password"),
    ];
    assert_eq!(found, expected.map(|(name, code)| (name.to_owned(), code)));
}

#[test]
fn every_code_has_a_row() {
    for row in super::CODES {
        assert_eq!(entry(row.code), Some(row));
        assert!(!row.meaning.ends_with('.') && !row.remedy.ends_with('.'), "{}", row.code);
    }
}

/// A password that is right and encoded: no finding, whatever it is and whoever asks.
#[test]
fn an_encoded_password_gives_no_finding() {
    let marks = "/?#@:%&=+$,;![]{}|\\^`\"'<> ~*()äß漢";
    for (index, mark) in marks.chars().enumerate() {
        for other in marks.chars().skip(index) {
            let password = format!("{mark}a{other}{mark}41{other}{mark}");
            let encoded = super::percent::encode(password.as_bytes());
            for text in [
                format!("postgres://app:{}@db:5432/shop?sslmode=require", *encoded),
                format!("redis://:{}@cache:6379/0", *encoded),
            ] {
                assert_eq!(of_url(&text, &[]), [], "{text}");
                let readings = [reading("variable", "DATABASE_URL", &text)];
                assert_eq!(judge(None, &Evidence::default(), context(&readings, &[])), [], "{text}");
                assert_eq!(super::blame(&text, false, SCHEMES), None);
            }
        }
    }
}

/// Nothing that is told holds four letters of the password that stand together.
#[test]
fn nothing_is_told_of_a_password() {
    let canary = "kAn4rY7xQz8wVuJ5tRb";
    for mark in ["/", "#", "?", "@", "%zz", "%", " ", "[", "^", "@:", ":", "\n", "://", "@x/"] {
        for at in [0, 2, canary.len() / 2, canary.len()] {
            let password = format!("{}{mark}{}", &canary[..at], &canary[at..]);
            for text in [
                format!("postgres://app:{password}@db:5432/shop"),
                format!("postgres://{password}@db:5432/shop"),
                format!("postgresql+asyncpg://app:{password}@db/shop?sslmode={password}"),
                format!("redis://:{password}@:{password}@cache/0"),
                format!("redis://{password}@cache/{password}"),
                format!("jdbc:postgresql://app:{password}@db/x?password={password}"),
                password.clone(),
            ] {
                // What stands before a colon is the user, who is shown.
                if mark.contains(':') && text.starts_with(&format!("postgres://{password}@")) {
                    continue;
                }
                let fault = Fault::new(Phase::Login, Cause::PasswordRejected, "no");
                let readings = [reading("url", "DATABASE_URL", &text), reading("password", "PW", &password)];
                let listed =
                    [reading(Reading::VARIABLE, "DATABASE_URL", &text), reading(Reading::VARIABLE, "PW", &password)];
                for readings in [&readings, &listed] {
                    let found = judge(Some(&fault), &Evidence::default(), context(readings, &[]));
                    let told = format!("{found:?} {:?}", super::blame(&text, true, SCHEMES));
                    for part in canary.as_bytes().windows(4) {
                        let part = std::str::from_utf8(part).unwrap();
                        assert!(!told.contains(part), "{text}: {told}");
                    }
                }
            }
        }
    }
}

/// node-postgres takes sslmode=require for verify-full: told from the certificate that was seen, and from nothing else.
#[test]
fn what_node_postgres_makes_of_sslmode() {
    let certificate = |issuer: &str| crate::outcome::Certificate {
        subject: "CN=db".to_owned(),
        issuer: issuer.to_owned(),
        names: vec!["db".to_owned()],
        not_before: 0,
        not_after: i64::MAX,
    };
    let of = |url: &str, issuer: Option<&str>, clients: &[&'static str]| {
        let readings = [reading("url", "DATABASE_URL", url)];
        let mut evidence = Evidence::default();
        evidence.facts.certificates = issuer.map(certificate).into_iter().collect();
        evidence.facts.learn(crate::outcome::AUTH_METHOD, Some(crate::outcome::FactValue::word("scram-sha-256")));
        let found = judge(None, &evidence, context(&readings, clients));
        found.iter().map(|finding| (finding.code, finding.severity)).collect::<Vec<_>>()
    };
    let (info, warning) = (crate::finding::Severity::Info, crate::finding::Severity::Warning);
    let public = "postgres://app:pw@db.example.com/x?sslmode=require";
    let inside = "postgres://app:pw@db/x?sslmode=require";
    assert_eq!(of(public, Some("CN=db"), &[]), [("sslmode_node_postgres", info)]);
    assert_eq!(of(public, Some("CN=Authority"), &[]), []);
    assert_eq!(of(inside, Some("CN=Authority"), &["node@20"]), [("sslmode_node_postgres", warning)]);
    assert_eq!(of(inside, Some("CN=Authority"), &["go"]), []);
    assert_eq!(of(&format!("{inside}&sslrootcert=/ca.pem"), Some("CN=Authority"), &[]), []);
    assert_eq!(of("postgres://app:pw@db/x?sslmode=prefer", None, &["node@22"]), [("sslmode_node_postgres", warning)]);
    assert_eq!(of("postgres://app:pw@db/x", None, &[]), []);
    assert_eq!(of("postgres://app:pw@db/x?sslmode=verify-full", Some("CN=db"), &[]), []);
}

/// Neon's proxy drops the parameters that a client forwards: its usual URL is no reason for a warning.
#[test]
fn what_neon_passes_over_is_no_warning() {
    let url = |host: &str| format!("postgres://app:pw@{host}/x?sslmode=require&channel_binding=require&schema=x");
    let of = |host: &str, clients: &[&'static str]| {
        let found = of_url(&url(host), clients);
        let told = found.iter().all(|finding| finding.message.contains("which Neon ignores"));
        (found.iter().map(|finding| finding.severity).min().unwrap(), told)
    };
    let (info, warning) = (crate::finding::Severity::Info, crate::finding::Severity::Warning);
    assert_eq!(of("ep-a-b-1-pooler.eu.aws.neon.tech", &["go"]), (info, true));
    assert_eq!(of("ep-a-b-1-pooler.eu.aws.neon.tech", &[]), (info, true));
    assert_eq!(of("db.example", &["go"]), (warning, false));
}

#[test]
fn no_value_takes_long_to_judge() {
    for piece in [
        "?", "@", "@/", ":@", "h,", "h:1,", "?a=", "&", "%", "$(", "${", "{{", "#", "a:b@", "/", "://", "[", ";a=b",
        "[::1],", "\u{e9}",
    ] {
        for (scheme, length) in [
            ("postgres://", 8000),
            ("redis://", 8000),
            ("jdbc:postgresql://", 8000),
            ("", 8000),
            ("redis://h", 200_000),
        ] {
            let text = format!("{scheme}{}", piece.repeat(length / piece.len()));
            let started = crate::slices::cpu_time_of_this_thread();
            for family in Family::ALL {
                drop(lint(&text, family, SCHEMES));
            }
            drop(blame(&text, true, SCHEMES));
            let env = crate::env::MapEnv::with_vars(&[("URL", &text)]);
            let value = crate::value::Value::Env("URL".into());
            let readings = Reading::all("url", &value, &env);
            let found = judge(None, &Evidence::default(), context(&readings, &[]));
            assert!(found.iter().all(|one| one.message.len() + one.fix.len() < 4096), "{piece} {found:?}");
            let took = crate::slices::cpu_time_of_this_thread() - started;
            assert!(took < std::time::Duration::from_millis(500), "{scheme} {piece}: {took:?}");
        }
    }
}

proptest! {
    #![proptest_config(few_cases())]

    /// Nobody has to ask the clients one by one.
    #[test]
    fn every_client_reads_a_plain_url_as_it_is_meant(
        scheme in "postgres|postgresql", user in "[A-Za-z0-9-]{1,12}", password in "[A-Za-z0-9-]{1,20}",
        host in "[a-z]([a-z0-9]|-[a-z0-9]){0,9}(\\.[a-z](-?[a-z0-9]){0,9}){0,2}", port in "|:1|:5432|:65535", database in "[A-Za-z0-9-]{1,12}",
    ) {
        let text = format!("{scheme}://{user}:{password}@{host}{port}/{database}");
        prop_assert!(is_plain(&text), "{text}");
        let Some(intent) = Intent::of(&text) else { panic!("{text}") };
        for client in Family::Postgres.clients(&scheme) {
            prop_assert_eq!(client.fate(&text, &intent, None), Fate::Right, "{} {:?}", &text, client);
        }
    }
}

#[test]
fn what_is_not_plain_is_asked_of_every_client() {
    for text in [
        "postgres://app:p%2Fw@db/shop",
        "postgres://app:p_w@db/shop",
        "postgres://app:pw@db:0/shop",
        "postgres://app:pw@db:99999/shop",
        "postgres://app:pw@DB/shop",
        "postgres://app:pw@db.0/shop",
        "postgres://app:pw@xn--db/shop",
        "postgres://app:pw@127.0.0.1/shop",
        "postgres://app:pw@[::1]/shop",
        "postgres://app:pw@db/shop?sslmode=require",
        "postgres://app@db/shop",
        "postgres://db/shop",
        "postgres+asyncpg://app:pw@db/shop",
        "redis://app:pw@db/0",
    ] {
        assert!(!is_plain(text), "{text}");
    }
}
