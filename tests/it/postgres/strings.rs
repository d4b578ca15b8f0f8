//! Connection strings as libpq reads them, beside the real psql: keywords, `hostaddr`.

use serde_json::Value;

use super::{check, check_variable, failed, passed, polite};
use crate::support::ca::{Ca, Leaf};
use crate::support::postgres::{Cluster, Options, PASSWORD};
use crate::support::{Folder, dead_port, pilotfish, run};

/// The same text for both: whether it logs in, and as whom to which database.
#[test]
fn keyword_strings_lead_where_psql_goes() {
    let cluster = Cluster::plain();
    let odd = r"it's \ a=b 'c'";
    cluster.sql(&format!("CREATE ROLE \"odd one\" LOGIN PASSWORD '{}'", odd.replace('\'', "''")));
    cluster.sql("CREATE DATABASE \"the shop\"");
    let port = cluster.port;
    for (text, who) in [
        (format!("host=127.0.0.1 port={port} user=app password={PASSWORD} dbname=app"), Some("app|app")),
        (format!("  host = 127.0.0.1\n\tport= {port} user =app password='{PASSWORD}'dbname=app "), Some("app|app")),
        (
            format!(r"host=127.0.0.1 port={port} user='odd one' password='it\'s \\ a=b \'c\'' dbname='the shop'"),
            Some("odd one|the shop"),
        ),
        (
            format!(r"host=127.0.0.1 port={port} user=odd\ one password=it\'s\ \\\ a=b\ \'c\' dbname=the\ shop"),
            Some("odd one|the shop"),
        ),
        (format!("host=nowhere.invalid hostaddr=127.0.0.1 port={port} user=app password={PASSWORD}"), Some("app|app")),
        (format!("hostaddr=127.0.0.1 port={port} user=app password={PASSWORD} dbname=app"), Some("app|app")),
        (format!("host=127.0.0.1 host=127.0.0.1 port=1 port={port} user=app password={PASSWORD}"), Some("app|app")),
        (
            format!("host=127.0.0.1 port={port} user=app password='{PASSWORD}' options='-c search_path=x'"),
            Some("app|app"),
        ),
        (format!("host=127.0.0.1 port={port} user=app password='{PASSWORD}"), None),
        (format!("host=127.0.0.1 port={port} user=app password= dbname=app"), None),
        (format!("host=127.0.0.1,127.0.0.1 port={port} hostaddr=127.0.0.1 user=app password={PASSWORD}"), None),
    ] {
        let ran = cluster.psql(&text, "SELECT current_user, current_database()");
        assert_eq!((ran.code == 0).then(|| ran.stdout.trim()), who, "psql: {text}: {ran:?}");
        let check = check_variable(&text);
        assert_eq!(check["result"] == "pass", who.is_some(), "{text}: {check:#}");
        if let Some((user, database)) = who.and_then(|who| who.split_once('|')) {
            let shown = check["target"].as_str().expect("a target");
            let expected = format!("postgres://{user}@127.0.0.1:{port}/{database}").replace(' ', "?");
            assert_eq!(shown.replace("nowhere.invalid", "127.0.0.1"), expected, "{text}");
        }
        assert!(!check.to_string().contains(PASSWORD) && !check.to_string().contains(odd), "{check:#}");
    }
    polite(&cluster.log());
}

/// The forms that one client alone reads: each logs in, is a check in the environment, and says whose it is.
#[test]
fn forms_of_one_client_log_in_and_name_it() {
    let cluster = Cluster::plain();
    cluster.sql("CREATE ROLE odd LOGIN PASSWORD 'se;same%/x'");
    cluster.sql("CREATE ROLE raw LOGIN PASSWORD 'se;same%z@x'");
    let (port, host) = (cluster.port, "127.0.0.1");
    for (text, client) in [
        (format!("Host={host};Port={port};Database=app;Username=app;Password={PASSWORD}"), Some("npgsql")),
        (format!("host={host}; port={port}; database=app; username=odd; password='se;same%/x'"), Some("npgsql")),
        (format!("jdbc:postgresql://{host}:{port}/app?user=odd&password=se%3Bsame%25%2Fx"), Some("jdbc")),
        (format!("host={host} port={port} user=app password={PASSWORD}"), Some("libpq")),
        (format!("ecto://raw:se;same%z@x@{host}:{port}/app"), Some("ecto")),
        (format!("cockroachdb://odd:se;same%/x@{host}:{port}/app"), Some("sqlalchemy")),
        (format!("postgresql+psycopg://app:{PASSWORD}@{host}:{port}/app"), Some("sqlalchemy")),
        (format!("postgis://app:{PASSWORD}@{host}:{port}/app"), Some("dj-database-url")),
        (format!("postgres://app:{PASSWORD}@{host}:{port}/app"), None),
    ] {
        let ran = run(pilotfish().env("ConnectionStrings__Default", &text).args(["check", "-o", "json"]));
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let check = &report["checks"][0];
        passed(check);
        assert_eq!(check["facts"]["url_dialect"].as_str(), client, "{text}: {check:#}");
        assert_eq!(check["findings"], Value::Array(Vec::new()), "{text}: {check:#}");
        let target = run(pilotfish().args(["diagnose", &text]));
        assert!(target.code == 0 && !format!("{target:?}").contains("se;same"), "{text}: {target:?}");
        let shown = client.map(|client| format!("the URL has the form of {client}"));
        assert_eq!(target.stdout.contains("the URL has the form of"), shown.is_some(), "{}", target.stdout);
        assert!(shown.is_none_or(|shown| target.stdout.contains(&shown)), "{}", target.stdout);
    }
    polite(&cluster.log());
}

/// The address is dialled, and nobody is asked for the name; the certificate must have the name.
#[test]
fn hostaddr_is_dialled_and_the_host_is_the_name_of_its_certificate() {
    let ca = Ca::root("lab");
    let pair = ca.issue(&Leaf::server("db", &["db.lab"]));
    let tls = Some((pair.cert.as_str(), pair.key.as_str()));
    let cluster = Cluster::start(&Options { tls, ..Options::default() });
    let folder = Folder::new();
    let root = folder.write("ca.pem", &ca.pem);
    let url = |host: &str, more: &str| {
        format!("postgres://app:{PASSWORD}@{host}:{}/app?sslrootcert={root}&{more}", cluster.port)
    };
    let right = url("db.lab", "sslmode=verify-full&hostaddr=127.0.0.1");
    assert_eq!(cluster.psql(&right, "SELECT 1").code, 0, "as libpq has it");
    let check = self::check(&right);
    passed(&check);
    assert_eq!(check["queries"], Value::Array(Vec::new()), "{check:#}");
    assert_eq!(check["tries"][0]["address"], format!("127.0.0.1:{}", cluster.port));
    assert_eq!(check["target"], format!("postgres://app@db.lab:{}/app", cluster.port));
    failed(&self::check(&url("other.lab", "sslmode=verify-full&hostaddr=127.0.0.1")), "tls", "tls_wrong_name");
    failed(&self::check(&url("127.0.0.1", "sslmode=verify-full")), "tls", "tls_wrong_name");
    // The name leads nowhere, and the address that nothing listens on is what fails.
    let dead = format!("postgres://app:x@db.lab:{}/app?hostaddr=127.0.0.1", dead_port());
    failed(&self::check(&dead), "connect", "connect_refused");
    let without_name =
        format!("hostaddr=127.0.0.1 port={} user=app sslmode=verify-full sslrootcert={root}", cluster.port);
    assert_ne!(cluster.psql(&without_name, "SELECT 1").code, 0, "libpq has no name to compare");
    let message = failed(&check_variable(&without_name), "assert", "url_malformed");
    assert!(message.contains("sslmode=verify-full needs the host name"), "{message}");
}

#[test]
fn discovery_finds_a_keyword_string() {
    let cluster = Cluster::plain();
    let dsn = format!("host=127.0.0.1 port={} user=app password={PASSWORD} dbname=app", cluster.port);
    let ran = run(pilotfish().env("SHOP_DSN", &dsn).args(["check", "-o", "json"]));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    assert_eq!((ran.code, report["checks"][0]["kind"].as_str()), (0, Some("postgres")), "{ran:?}");
    assert!(!format!("{ran:?}").contains(PASSWORD), "{ran:?}");
}

#[test]
fn encryption_by_gssapi_is_a_limit_where_nothing_else_will_do() {
    let cluster = Cluster::plain();
    let url = |mode: &str| format!("{}?gssencmode={mode}", cluster.url());
    let message = failed(&check(&url("require")), "login", "probe_limit");
    assert!(message.starts_with("gssencmode=require asks for encryption by GSSAPI"), "{message}");
    ["disable", "prefer"].iter().for_each(|mode| passed(&check(&url(mode))));
}

#[test]
fn a_password_in_a_passfile_is_a_limit() {
    let cluster = Cluster::plain();
    let url = format!("postgres://app@127.0.0.1:{}/app?passfile=/etc/pgpass", cluster.port);
    failed(&check(&url), "login", "probe_limit");
    failed(&check(&url.replace("passfile=/etc/pgpass", "passfile=")), "login", "password_missing");
}
