use super::plan;
use crate::config::plan::{Extent, Gates, Plan};
use crate::env::MapEnv;

fn env() -> MapEnv {
    MapEnv::with_vars(&[
        ("DATABASE_URL", "postgres://app:s3cret@db:5432/app"),
        ("BROKER_URL", "sqlserver://app:s3cret@broker:1433"),
        ("ODD", "s3cret://x"),
        ("BARE", "s3cret"),
        ("EMPTY", ""),
    ])
}

fn planned(targets: &[&str]) -> Plan {
    let targets: Vec<String> = targets.iter().map(|target| (*target).to_owned()).collect();
    plan(&targets, Extent::Servers, &env()).unwrap_or_else(|refused| panic!("{refused}"))
}

fn refused(targets: &[&str]) -> String {
    let targets: Vec<String> = targets.iter().map(|target| (*target).to_owned()).collect();
    plan(&targets, Extent::Servers, &env()).err().map(|refused| refused.to_string()).unwrap_or_default()
}

#[test]
fn targets_become_checks_with_names_of_their_own() {
    let targets = [
        "tcp://cache.ns.svc:6379",
        "tcp://[::1]:80",
        "tcp://cache.ns.svc:6379",
        "tls://mail.example.com:465",
        "https://api.example.com/v1",
        "dns://db.ns?type=AAAA&server=10.0.0.10:53",
        "postgres://app:s3cret@db:5432/app?sslmode=require",
        "env:DATABASE_URL",
    ];
    let plan = planned(&targets);
    let found: Vec<(&str, &str)> = plan.checks.iter().map(|check| (check.name.as_str(), check.kind)).collect();
    let expected = [
        ("tcp-cache-ns-svc", "tcp"),
        ("tcp-1", "tcp"),
        ("tcp-cache-ns-svc-2", "tcp"),
        ("tls-mail-example-com", "tls"),
        ("http-api-example-com", "http"),
        ("dns-db-ns", "dns"),
        ("postgres-db", "postgres"),
        ("database", "postgres"),
    ];
    assert_eq!(found, expected);
    assert_eq!(plan.checks[0].gates, Gates { startup: true, ready: true, live: false });
    assert_eq!(plan.checks[1].gates, Gates { startup: false, ready: true, live: false });
}

/// libpq takes the host from a parameter, too; what is wrong with such a URL is told as of any other.
#[test]
fn a_host_may_stand_in_a_parameter_of_a_postgres_url() {
    let plan = planned(&["postgres:///app?host=db&user=app"]);
    assert_eq!((plan.checks[0].name.as_str(), plan.checks[0].kind), ("postgres-db", "postgres"));
    let plan = planned(&["postgresql+asyncpg://app:s3cret@db/app"]);
    assert_eq!((plan.checks[0].name.as_str(), plan.checks[0].kind), ("postgres-db", "postgres"));
    let plan = planned(&["postgres://app:s3cret@/app?host=/cloudsql/a:b:c"]);
    assert_eq!(plan.checks[0].kind, "postgres");
    assert!(refused(&["postgres:///app"]).contains("the host is empty"));
    assert!(refused(&["http:///app?host=db"]).contains("the host is empty"));
}

/// What the advice for a socket names is a target.
#[test]
fn a_socket_in_place_of_the_host_is_a_target() {
    for text in [
        "amqp://user:password@%2Frun%2FNAME.sock",
        "smtp://user:password@%2Frun%2FNAME.sock",
        "mysql://user:password@%2Frun%2FNAME.sock",
        "mqtt+unix:///run/mq.sock",
        "https://proxy/https://web/x",
        "http://a@web/x?to=http://b@c",
        "postgres://app:a=b@db/x?options=-c%20a=b",
    ] {
        assert_eq!(refused(&[text]), "", "{text}");
    }
}

/// Connection strings of one client are read as that client reads them; what is wrong with one names no value.
#[test]
fn a_connection_string_is_a_target() {
    for (text, target) in [
        ("Host=db;Username=app;Password=s3cret", "postgres://app@db:5432/app"),
        ("Host=db;Port=6543;Database=shop;Username=app;Password='s3;cret'", "postgres://app@db:6543/shop"),
        ("jdbc:postgresql://db/shop?user=app&password=s3cret", "postgres://app@db:5432/shop"),
        ("host=db user=app password=s3cret", "postgres://app@db:5432/app"),
        ("ecto://app:s3%cret@db/shop", "postgres://app@db:5432/shop"),
    ] {
        let plan = planned(&[text]);
        assert_eq!((plan.checks[0].name.as_str(), plan.checks[0].kind), ("postgres-db", "postgres"), "{text}");
        assert_eq!(plan.checks[0].check.prepare(&env()).target, target, "{text}");
    }
    let plan = planned(&["Server=db;Port=3306;User ID=app;Password=s3cret;Database=shop;SslMode=VerifyCA"]);
    assert_eq!((plan.checks[0].name.as_str(), plan.checks[0].kind), ("mysql-db", "mysql"));
    assert_eq!(plan.checks[0].check.prepare(&env()).target, "mysql://app@db:3306/shop");
    // A database that is the password, in either form.
    for text in ["Server=db;Port=3306;Uid=app;Pwd=s3cret/x;Database=s3cret/x", "mysql://app:s3cret%2Fx@db/s3cret%2Fx"] {
        let target = planned(&[text]).checks[0].check.prepare(&env()).target;
        assert!(target.starts_with("mysql://app@db:3306/***") && !target.contains("s3"), "{text}: {target}");
    }
    for (text, says) in [
        ("Host=db;Username=app;Password=a;s3cret", "a value with a `;` must be in quotes"),
        ("Server=db;Database=shop;User Id=app;Password=s3cret", "write `mysql: {url: {env: NAME}}`"),
        ("Host=mq;Username=guest;Password=s3cret", "no scheme"),
        ("cache:6379,password=s3cret,ssl=true", "write its URL, or a check with `redis: {host: …, password: …}`"),
        ("mysql://mysql://app:s3cret@db/x", "contains another whole URL"),
        ("amqp://app:s3cret@amqp://app:s3cret@mq", "contains another whole URL"),
        (
            "postgres://app:s3cret@postgres://app:s3cret@127.0.0.1/shop",
            "contains another whole URL, where a part of one belongs; write it once",
        ),
        ("https://app:s3cret@https://app:s3cret@web/", "contains another whole URL"),
        ("grpc://grpc://a:1", "contains another whole URL"),
        ("jdbc:postgresql://app:s3cret@db/x", "write ?user=…&password=… after the database"),
        ("jdbc:postgresql://db/x", "write ?user=…&password=… after the database"),
        ("jdbc:mysql://db/x?user=app&password=s3cret", "write mysql://user:password@host:3306/database"),
        ("redis+driver://:s3cret@cache", "write redis://user:password@host:6379/0"),
        ("jdbc:sqlserver://db;password=s3cret", "no sqlserver check"),
        ("DATABASE_URL=postgres://app:s3cret@db/x", "leave out `NAME=` before the URL"),
        ("REDIS_URL='redis://:s3cret@cache'", "leave out `NAME=` before the URL"),
        ("amqp+unix://app:s3cret@/run/mq.sock", "(amqp://user:password@%2Frun%2FNAME.sock)"),
        ("nats+unix:///run/mq.sock", "(nats://user:password@%2Frun%2FNAME.sock)"),
        ("mysql+unix:///run/s3cret.sock", "(mysql://user:password@%2Frun%2FNAME.sock)"),
        ("grpc+unix:///run/a.sock", "the URL of a grpc check cannot name a Unix socket"),
    ] {
        let refused = refused(&[text]);
        assert!(refused.contains(says) && !refused.contains("s3cret"), "{text}: {refused}");
    }
}

#[test]
fn a_variable_without_a_usable_url_is_a_check_that_fails() {
    let plan = planned(&["env:NOT_SET", "env:EMPTY", "env:BROKER_URL", "env:ODD", "env:BARE"]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let world = std::sync::Arc::new(crate::net::World::new(std::sync::Arc::new(env())));
    let expected = ["variable_missing", "variable_missing", "probe_limit", "probe_limit", "probe_limit"];
    for (check, expected) in plan.checks.iter().zip(expected) {
        let outcome = runtime.block_on(crate::probe::probe(check, &world, crate::probe::Depth::Full));
        let failure = outcome.failure.unwrap();
        assert_eq!(failure.cause.slug(), expected, "{}", check.name);
        assert!(!format!("{}{}{}", failure.message, failure.hint, outcome.target).contains("s3cret"));
    }
}

#[test]
fn what_is_wrong_with_the_value_of_a_variable() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (value, cause, says) in [
        ("\"postgres://app:s3cret@db/x\"", "url_malformed", "it is in quotes"),
        ("cG9zdGdyZXM6Ly9hcHA6cHdAZGIvc2hvcA==", "url_malformed", "it is still base64"),
        ("db:5432/shop", "probe_limit", "a bare host and port"),
        ("cache:6379,password=s3cret,ssl=True", "probe_limit", "StackExchange"),
        ("app:s3cret@db:5432/shop", "url_malformed", "no scheme://"),
        ("null", "url_malformed", "a value that is not there"),
        (" postgres://app:s3cret@db/x", "secret_whitespace", "white space at its start"),
        ("redis://:s3cret@:s3cret@cache", "url_password_doubled", "twice"),
        ("redis://:s3/cret@cache", "url_password_unencoded", "the URL is rejected by redis-py"),
        (
            "jdbc:postgresql://app:s3cret@db/x",
            "url_password_unencoded",
            "JDBC does not support a user and password before an `@`",
        ),
        ("jdbc:postgresql://db?user=app&password=s3cret", "url_malformed", "No suitable driver"),
        (
            "postgresql+asyncpg://app:s3@cret/@db/x",
            "url_password_unencoded",
            "another host or port is used by SQLAlchemy",
        ),
    ] {
        let env = MapEnv::with_vars(&[("U", value)]);
        let plan = plan(&["env:U".to_owned()], Extent::Servers, &env).unwrap_or_else(|refused| panic!("{refused}"));
        let world = std::sync::Arc::new(crate::net::World::new(std::sync::Arc::new(env)));
        let outcome = runtime.block_on(crate::probe::probe(&plan.checks[0], &world, crate::probe::Depth::Full));
        let failure = outcome.failure.unwrap();
        assert!(failure.cause.slug() == cause && failure.message.contains(says), "{value}: {failure:?}");
        assert!(!format!("{failure:?}{:?}", outcome.findings).contains("s3"), "{value}: {failure:?}");
    }
}

/// What one driver alone reads, and what goes to a socket, may well be right: nobody is told to correct it.
#[test]
fn a_url_that_is_not_for_us_is_not_accused() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (value, says) in [
        ("jdbc:postgresql://db/x", "a driver-specific URL"),
        ("redis+sentinel://:s3cret@s1:26379,s2:26379/main/0", "a driver-specific URL"),
        ("jdbc:mysql://db/x?user=app&password=s3cret", "a driver-specific URL"),
        ("prisma+postgres://accelerate.example/?api_key=s3cret", "a driver-specific URL"),
        ("prisma://accelerate.prisma-data.net/?api_key=s3cret", "unknown scheme"),
        ("libsql://app.turso.io?authToken=s3cret", "unknown scheme"),
        ("file:./s3cret.db", "is not file:/PATH"),
        ("file:///s3cret.db?mode=ro", "is not file:/PATH"),
        ("sqlite::memory:", "this version has no sqlite check"),
        ("sqlite:///s3cret.db", "this version has no sqlite check"),
        ("sqlserver://app:s3cret@broker:1433", "this version has no sqlserver check"),
        ("Server=db;Database=app;User Id=app;Password=s3cret", "write `mysql: {url: {env: U}}`"),
        ("Host=mq;Username=guest;Password=s3cret", "a connection string of ADO.NET"),
        ("postgresql://app:s3cret@[fe80::1%25eth0]/x", "has a zone"),
        ("https://bücher.example/?key=s3cret", "letters outside ASCII"),
        ("postgresql://app:s3cret@db/x?service=main", "pg_service.conf"),
    ] {
        let env = MapEnv::with_vars(&[("U", value)]);
        let plan = plan(&["env:U".to_owned()], Extent::Servers, &env).unwrap_or_else(|refused| panic!("{refused}"));
        let world = std::sync::Arc::new(crate::net::World::new(std::sync::Arc::new(env)));
        let outcome = runtime.block_on(crate::probe::probe(&plan.checks[0], &world, crate::probe::Depth::Full));
        let failure = outcome.failure.unwrap();
        assert!(failure.message.contains(says), "{value}: {failure:?}");
        assert_eq!((failure.cause.slug(), failure.phase.as_str()), ("probe_limit", "assert"), "{value}");
        assert!(failure.hint.starts_with("The value may be correct for the app"), "{value}: {failure:?}");
        assert!(!format!("{failure:?}{:?}", outcome.findings).contains("s3"), "{value}: {failure:?}");
        assert_eq!(outcome.findings, [], "{value}");
    }
}

/// What is wrong for every client is said of the value, and is no limit of ours.
#[test]
fn a_slip_of_the_pen_is_no_limit() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (value, cause) in [
        ("postgress://app@db/x", "url_malformed"),
        ("postgre://app@db/x", "url_malformed"),
        ("DATABASE_URL=postgres://app@db/x", "url_malformed"),
        // Apps join a bare address with a user and a password of their own.
        ("db:5432", "probe_limit"),
        ("db", "probe_limit"),
    ] {
        let env = MapEnv::with_vars(&[("U", value)]);
        let plan = plan(&["env:U".to_owned()], Extent::Servers, &env).unwrap_or_else(|refused| panic!("{refused}"));
        let world = std::sync::Arc::new(crate::net::World::new(std::sync::Arc::new(env)));
        let outcome = runtime.block_on(crate::probe::probe(&plan.checks[0], &world, crate::probe::Depth::Full));
        assert_eq!(outcome.failure.unwrap().cause.slug(), cause, "{value}");
    }
}

#[test]
fn a_variable_may_hold_a_keyword_string_of_libpq() {
    let dsn = "host=db port=6432 user=app password='s3 cret' dbname=shop sslmode=disable TimeZone=UTC";
    let env = MapEnv::with_vars(&[("DATABASE_DSN", dsn)]);
    let plan = plan(&["env:DATABASE_DSN".to_owned()], Extent::Servers, &env).unwrap_or_else(|error| panic!("{error}"));
    let check = &plan.checks[0];
    let prepared = check.check.prepare(&env);
    assert_eq!((check.kind, prepared.target.as_str()), ("postgres", "postgres://app@db:6432/shop"));
    assert_eq!(prepared.endpoints.iter().map(ToString::to_string).collect::<Vec<_>>(), ["db:6432"]);
}

#[test]
fn a_bad_target_is_named_by_its_position_and_never_repeated() {
    for (target, right) in [
        ("s3cret", "no scheme"),
        ("db:5432", "target 2 \"db:5432\": no scheme: write tcp://host:port"),
        ("db.internal", "target 2 \"db.internal\": no scheme"),
        ("postgers://app:s3cret@db/x", "unknown scheme \"postgers\", did you mean"),
        ("postgers://app:s3cret@db/x", "did you mean postgres://?"),
        ("s3cret://x", "unknown scheme (known: tcp"),
        ("sqlserver://app:s3cret@broker:1433", "this version has no sqlserver check"),
        ("listen::s3cret", "expected listen::3000"),
        ("listen:3000", "expected listen::3000"),
        ("unix:s3cret", "a socket needs an absolute path: unix:/run/NAME.sock"),
        ("unix://:s3cret@/run/a", "a socket needs an absolute path"),
        ("tcp://s3cret", "expected tcp://host:port"),
        ("tcp://s3cret:99999", "65535"),
        ("tcp://app:s3cret@h:1", "nothing may precede the host or follow the port; expected tcp://host:port"),
        ("tls://h:1/s3cret", "nothing may precede the host or follow the port; expected tls://host:port"),
        ("tls://s3cret", "expected tls://host:port"),
        ("postgres://app:s3/cret@db/x", "percent-encode the password"),
        ("postgres://app:s3cret@db/x?sslmode=s3cret", "expected postgres://"),
        ("postgres://app:s3cret@db/x\n", "newline at the end"),
        ("http://", "the host is empty"),
        ("http:///s3cret", "the host is empty"),
        ("dns://db?type=s3cret", "expected dns://"),
        ("dns://db?s3cret=1", "expected dns://"),
        ("env:s3cret-", "env:DATABASE_URL"),
        ("env:", "env:DATABASE_URL"),
        ("", "no scheme"),
    ] {
        let text = refused(&["tcp://h:1", target]);
        assert!(text.starts_with("target 2: ") || text.starts_with("target 2 \""), "{target}: {text}");
        assert!(text.contains(right), "{target}: {text}");
        assert!(!text.contains("s3"), "{target}: {text}");
        assert_eq!(text.lines().count(), 1, "{target}: {text}");
    }
    assert_eq!(refused(&["x", "tcp://h:1", "y"]).lines().count(), 2);
}

#[test]
fn what_is_wrong_with_a_typed_url_is_no_fault_of_the_configuration() {
    let targets = ["postgres://app:pa/s3cret@db/x", "dns://db.lab?type=A"].map(str::to_owned);
    let checks = |targets: &[String]| {
        plan(targets, Extent::Web, &env()).map(|plan| plan.checks).map_err(|error| error.to_string())
    };
    let prepared = checks(&targets[..1]).unwrap()[0].check.prepare(&env());
    let message = prepared.run.err().map(|fault| fault.message).unwrap_or_default();
    assert!(message.contains("from the command line") && !message.contains("the configuration"), "{message}");
    assert!(
        prepared.readings.iter().all(|reading| reading.origin == "the command line"),
        "{:?}",
        prepared.readings.len()
    );
    assert!(!prepared.target.contains("the configuration"), "{}", prepared.target);
    let own = checks(&targets[1..]).unwrap()[0].check.prepare(&env());
    assert!(own.run.is_ok() && own.target.contains("db.lab"), "what is right stays as it is: {}", own.target);
}
