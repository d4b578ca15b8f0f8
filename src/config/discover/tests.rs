use super::{document, plan};
use crate::config::fault::Refused;
use crate::config::plan::{Extent, Gates, Plan};
use crate::config::source::{Request, load};
use crate::env::MapEnv;

fn found(vars: &[(&str, &str)], extent: Extent) -> Result<Plan, Refused> {
    plan(Gates::default(), extent, &MapEnv::with_vars(vars))
}

const POD: &[(&str, &str)] = &[
    ("API_URL", "https://token@api.example.com/hooks/abcdef?key=s3cret"),
    ("BROKER_URL", "sqlserver://app:s3cret@broker:1433/0"),
    ("DATABASE_URL", "postgres://app:s3cret@db:5432/app"),
    ("DIRECT_URL", "postgres://app:s3cret@db:5432/app"),
    ("HOME", "/root"),
    ("KUBERNETES_PORT", "tcp://10.96.0.1:443"),
    ("KUBERNETES_SERVICE_HOST", "10.96.0.1"),
    ("POSTGRES_PORT_5432_TCP", "tcp://10.96.0.9:5432"),
    ("PROXY", "http://proxy:3128"),
    ("READY_URL", "postgresql://app:s3/cret@other/app"),
    ("SQLALCHEMY_URL", "postgresql+asyncpg://app:s3cret@db/app"),
    ("SPRING_URL", "jdbc:postgresql://db/app"),
];

#[test]
fn servers_are_checks_and_the_rest_is_listed() {
    let plan = found(POD, Extent::Servers).unwrap();
    let checks: Vec<(&str, &str)> = plan.checks.iter().map(|check| (check.name.as_str(), check.kind)).collect();
    // SQLAlchemy's form is read as the plain one.
    assert_eq!(checks, [("database", "postgres"), ("ready-url", "postgres"), ("sqlalchemy", "postgres")]);
    assert!(plan.checks.iter().all(|check| check.gates == Gates::default()));
    let listed: Vec<String> = plan.listed.iter().map(|l| format!("{} {}: {}", l.variable, l.target, l.why)).collect();
    let expected = [
        "API_URL https://api.example.com: it is a web address: write an http or peer check for it",
        "BROKER_URL sqlserver://broker:1433: this version has no sqlserver check: test its port with tcp://host:port, or its URL with diagnose",
        "DIRECT_URL postgres://db:5432: it has the same value as DATABASE_URL",
        "PROXY http://proxy:3128: it is a web address: write an http or peer check for it",
        "SPRING_URL jdbc:postgresql://…: it is a driver-specific URL: write `postgres: {host: …, user: …, password: …, database: …}`",
    ];
    assert_eq!(listed, expected);
    assert!(!listed.concat().contains("s3"));
}

/// A scheme of any server means a kind where the variable's name says so; and a form of one kind is no URL at all. Sockets
/// may be those of another container, so they are listed.
#[test]
fn the_name_of_a_variable_tells_whose_scheme_it_is() {
    const SOCKET: &str = "whose folder may not be mounted here";
    for (variable, value, expected) in [
        ("NATS_URL", "tls://app:s3cret@mq:4222", "nats nats://app@mq:4222"),
        ("BILLING_NATS_SERVERS", "tls://a:4222,tls://b:4222", "nats nats://a:4222,b:4222"),
        ("DB_DSN", "app:s3cret@tcp(db:3307)/shop?tls=true", "mysql mysql://app@db:3307/shop"),
        ("DATABASE_URL", "app:s3/cret@tcp(db)/shop", "mysql mysql://app@db:3306/shop"),
        ("REDIS_URL", "unix://:s3cret@/run/r.sock?db=1", SOCKET),
        ("cache_redis_url", "unix:/run/r.sock", SOCKET),
        ("CELERY_BROKER_URL", "redis+socket:///run/r.sock?virtual_host=2", SOCKET),
        ("DATABASE_URL", "app:s3cret@unix(/run/m.sock)/shop", SOCKET),
        ("DATABASE_URL", "mysql://app:s3cret@/shop?unix_socket=/run/m.sock", SOCKET),
        ("MONGO_URL", "mongodb://%2Frun%2Fm.sock", SOCKET),
        ("REDIS_HOST", "/run/r.sock", SOCKET),
        // Elsewhere they mean any server: Kubernetes itself sets such values.
        ("NATS_PORT", "tcp://10.0.0.7:4222", "nothing to probe"),
        ("SIGNATS_URL", "tls://mq:4222", "nothing to probe"),
        ("PEER_URL", "tls://mq:4222", "nothing to probe"),
        ("DOCKER_HOST", "unix:///var/run/docker.sock", "nothing to probe"),
        ("MAIL_FROM", "app@tcp(x", "nothing to probe"),
    ] {
        let env = MapEnv::with_vars(&[(variable, value)]);
        let told = match found(&[(variable, value)], Extent::Servers) {
            Ok(plan) => format!("{} {}", plan.checks[0].kind, plan.checks[0].check.prepare(&env).target),
            Err(refused) => refused.to_string(),
        };
        assert!(told.contains(expected) && !told.contains("s3"), "{variable}={value}: {told}");
        assert_eq!(expected == SOCKET, told.contains(SOCKET), "{variable}: {told}");
    }
    let sockets = [("DB_CONNECTION", "mysql"), ("DB_HOST", "db"), ("DB_USER", "app"), ("DB_SOCKET", "/run/m.sock")];
    assert!(found(&sockets, Extent::Servers).err().unwrap().to_string().contains(SOCKET));
}

/// Some kinds are dialled only where people ask for it.
#[test]
fn servers_that_are_only_listed_are_checks_where_people_ask() {
    let pod = [("EVENTS_URL", "kafka://app:s3cret@b1:9092/orders"), ("KAFKA_BROKERS", "b2:9092")];
    let refused = found(&pod, Extent::Servers).err().unwrap().to_string();
    for target in ["EVENTS_URL (kafka://b1:9092)", "KAFKA_BROKERS (kafka://b2:9092)"] {
        assert!(refused.contains(&format!("{target}: it is not dialled without a check")), "{refused}");
    }
    for extent in [Extent::Web, Extent::Connections] {
        let plan = found(&pod, extent).unwrap();
        let checks: Vec<(&str, &str)> = plan.checks.iter().map(|check| (check.name.as_str(), check.kind)).collect();
        assert_eq!(checks, [("events", "kafka"), ("kafka", "kafka")]);
    }
    let (text, _) = document(Gates::default(), &MapEnv::with_vars(&pod)).unwrap();
    assert!(text.contains("url: {env: EVENTS_URL}") && text.contains("bootstrap: {env: KAFKA_BROKERS}"), "{text}");
    assert!(!text.contains("s3cret") && !text.contains("Found, but not probed"), "{text}");
}

#[test]
fn web_addresses_are_connected_to_only_where_strangers_may_be() {
    let plan = found(POD, Extent::Web).unwrap();
    let env = MapEnv::with_vars(POD);
    let dialled: Vec<String> =
        plan.checks.iter().flat_map(|check| check.check.prepare(&env).endpoints).map(|e| e.to_string()).collect();
    assert_eq!(dialled, ["api.example.com:443", "db:5432", "proxy:3128", "db:5432"]);
    assert_eq!(plan.checks[0].kind, "tls");
    assert_eq!(plan.checks[2].kind, "tcp");
}

#[test]
fn libpqs_variables_are_a_check() {
    let pg = [
        ("PGHOST", "db"),
        ("PGUSER", "app"),
        ("PGPASSWORD", "s3cret"),
        ("PGDATABASE", "app"),
        ("PGSSLROOTCERT", "/ca.pem"),
    ];
    let plan = found(&pg, Extent::Servers).unwrap();
    let env = MapEnv::with_vars(&pg);
    assert_eq!(plan.checks[0].name, "postgres");
    assert_eq!(plan.checks[0].check.prepare(&env).endpoints[0].to_string(), "db:5432");
    assert!(!plan.checks[0].check.prepare(&env).target.contains("s3cret"));

    let both = [&pg[..4], &[("DATABASE_URL", "postgres://app:x@db:5432/app")]].concat();
    let plan = found(&both, Extent::Servers).unwrap();
    assert_eq!(plan.checks.len(), 1);
    assert_eq!(plan.listed[0].why, "the check database already connects to the same target");

    for (vars, why) in [
        (vec![("PGHOST", "/run/postgresql"), ("PGUSER", "app")], "a local socket"),
        (vec![("PGHOST", "db")], "PGUSER is not set"),
    ] {
        assert!(found(&vars, Extent::Servers).err().unwrap().to_string().contains(why));
    }
}

/// .NET's variables: what is read is a check, and the rest is listed with its form.
#[test]
fn connection_strings_of_dotnet() {
    let pod = [
        ("ConnectionStrings__Broken", "Host=db;Username=app;Password=a;s3cret;Database=shop"),
        ("ConnectionStrings__Default", "Host=db;Database=shop;Username=app;Password=s3cret"),
        ("ConnectionStrings__Legacy", "Server=sql;Database=shop;User Id=app;Password=s3cret"),
        ("ConnectionStrings__MariaDbMain", "Server=my;Port=23306;User=app;Password=s3cret;Database=shop"),
        ("ConnectionStrings__Mongo", "mongodb://app:s3cret@mongo/shop"),
        ("ConnectionStrings__MySql", "Server=my;Port=3306;User ID=app;Password=s3cret;Database=shop"),
        ("ConnectionStrings__Queue", "amqp://app:s3cret@mq"),
        ("ConnectionStrings__Rabbit", "host=mq;virtualHost=/;username=app;password=s3cret"),
        ("ConnectionStrings__Redis", "cache:6379,password=s3cret,ssl=true"),
        ("Logging__LogLevel__Default", "Information"),
    ];
    let plan = found(&pod, Extent::Servers).unwrap();
    let checks: Vec<(&str, &str)> = plan.checks.iter().map(|check| (check.name.as_str(), check.kind)).collect();
    let expected = [
        ("connectionstrings-broken", "postgres"),
        ("connectionstrings-default", "postgres"),
        ("connectionstrings-mariadbmain", "mysql"),
        ("connectionstrings-mongo", "mongodb"),
        ("connectionstrings-mysql", "mysql"),
        ("connectionstrings-queue", "amqp"),
    ];
    assert_eq!(checks, expected);
    let listed: Vec<String> = plan.listed.iter().map(|l| format!("{} {}: {}", l.variable, l.target, l.why)).collect();
    let expected = [
        "ConnectionStrings__Legacy …: it may be of SQL Server or MySQL: write `mysql: {url: {env: ConnectionStrings__Legacy}}`"
            .to_owned(),
        "ConnectionStrings__Rabbit …: it is a connection string of ADO.NET (Key=Value;…), which is not read: write `amqp: \
         {host: …, user: …, password: …, vhost: …}`"
            .to_owned(),
        "ConnectionStrings__Redis …: it is a connection string of StackExchange.Redis (host:port,key=value,…), which is not \
         read: write `redis: {host: …, password: …}`"
            .to_owned(),
    ];
    assert_eq!(listed, expected);
    let (text, _) = document(Gates::default(), &MapEnv::with_vars(&pod)).unwrap();
    assert!(text.contains("url: {env: ConnectionStrings__Default}") && !text.contains("s3cret"), "{text}");
}

/// pgjdbc takes user and password from parameters; Spring's variables beside the URL go before these.
#[test]
fn a_jdbc_url_with_its_login_is_a_check() {
    let url = ("SPRING_DATASOURCE_URL", "jdbc:postgresql://db/shop?user=app&password=s3cret");
    let plan = found(&[url], Extent::Servers).unwrap();
    assert_eq!((plan.checks.len(), plan.listed.len()), (1, 0));
    let beside = [url, ("SPRING_DATASOURCE_USERNAME", "other")];
    let plan = found(&beside, Extent::Servers).unwrap();
    let target = plan.checks[0].check.prepare(&MapEnv::with_vars(&beside)).target;
    assert_eq!((plan.checks.len(), plan.listed.len(), target.as_str()), (1, 0, "postgres://other@db:5432/shop"));
}

/// What works for the app and not for a check made of it would accuse the pod of nothing.
#[test]
fn what_only_libpq_can_use_is_listed() {
    for url in [
        "postgresql://app:s3cret@/app?host=/cloudsql/p:r:i",
        "postgres:///app?user=app&host=%2Fvar%2Frun",
        "postgres://app@%2Frun%2Fpostgresql/app",
    ] {
        let refused = found(&[("DATABASE_URL", url)], Extent::Servers).err().unwrap().to_string();
        assert!(refused.contains("a local socket"), "{url}: {refused}");
    }
    let file = ("PGPASSFILE", "/etc/pgpass");
    for vars in [&[("PGHOST", "db"), ("PGUSER", "app"), file][..], &[("DATABASE_URL", "postgres://app@db/shop"), file]]
    {
        let refused = found(vars, Extent::Servers).err().unwrap().to_string();
        assert!(refused.contains("PGPASSFILE, which is not read"), "{refused}");
    }
    for (name, value) in [("PGHOSTADDR", "10.0.0.7"), ("PGPORT", "5432,5433")] {
        let refused = found(&[("PGHOST", "a,b"), ("PGUSER", "app"), (name, value)], Extent::Servers).err().unwrap();
        assert!(refused.to_string().contains("write one with `url`"), "{refused}");
    }
    assert!(found(&[("DATABASE_URL", "postgres://app:s3cret@db/a?x=/"), file], Extent::Servers).is_ok());
    assert!(found(&[("DATABASE_URL", "postgres://app@db/a"), ("PGPASSWORD", "x"), file], Extent::Servers).is_ok());
}

#[test]
fn a_database_url_that_is_none_is_listed() {
    for text in ["DATABASE_URL=postgres://app:s3cret@db/a", "postgre://app:s3cret@db/a", "user=app password=s3cret"] {
        let refused = found(&[("DATABASE_URL", text)], Extent::Servers).err().unwrap().to_string();
        assert!(
            refused.contains("DATABASE_URL (…): its value does not start with the scheme")
                && !refused.contains("s3cret"),
            "{refused}"
        );
    }
}

#[test]
fn a_keyword_string_of_libpq_is_found_in_any_variable() {
    let dsn = "host=db user=app password='s3 cret' dbname=shop";
    let pod = [
        ("A_DSN", dsn),
        ("B_DSN", dsn),
        ("C_DSN", "host=/run/pg user=app password=s3cret"),
        ("OPTS", "--host=x --user=y"),
    ];
    let plan = found(&pod, Extent::Servers).unwrap();
    let target = plan.checks[0].check.prepare(&MapEnv::with_vars(&pod)).target;
    assert_eq!((plan.checks.len(), target.as_str()), (1, "postgres://app@db:5432/shop"));
    let listed: Vec<String> = plan.listed.iter().map(|l| format!("{} {}: {}", l.variable, l.target, l.why)).collect();
    let expected = [
        "B_DSN postgres://app@db:5432/shop: it has the same value as A_DSN",
        "C_DSN …: a local socket, whose folder may not be mounted here: write a check",
    ];
    assert_eq!(listed, expected);
    let quoted = found(&[("A_DSN", "\"host=db user=app password=s3cret\"")], Extent::Servers).unwrap();
    assert_eq!(quoted.checks[0].kind, "postgres");
    let (text, _) =
        document(Gates::default(), &MapEnv::with_vars(&[("A_DSN", "host=db user=app"), ("PGPASSWORD", "x")])).unwrap();
    assert!(text.contains("url: {env: A_DSN}\n      password: {env: PGPASSWORD}\n"), "{text}");
}

#[test]
fn a_url_without_a_user_takes_that_of_libpq() {
    let pod = [("DATABASE_URL", "postgres://db/shop"), ("PGPASSWORD", "s3cret"), ("PGUSER", "app")];
    let plan = found(&pod, Extent::Servers).unwrap();
    assert_eq!(plan.checks[0].check.prepare(&MapEnv::with_vars(&pod)).target, "postgres://app@db:5432/shop");
}

#[test]
fn loopback_gates_no_start() {
    let gates = Gates { startup: true, ready: true, live: false };
    let env = MapEnv::with_vars(&[("A_URL", "postgres://app@localhost/a"), ("B_URL", "postgres://app@db/b")]);
    let plan = plan(gates, Extent::Servers, &env).unwrap();
    assert_eq!(plan.checks[0].gates, Gates { startup: false, ready: true, live: false });
    assert_eq!(plan.checks[1].gates, gates);
    assert!(plan.warnings[0].starts_with("a does not gate startup"));
}

#[test]
fn nothing_found_says_what_to_do_and_what_was_seen() {
    let text = found(&[("API_URL", "https://api.example.com/x"), ("PATH", "/bin")], Extent::Servers)
        .err()
        .unwrap()
        .to_string();
    assert!(text.contains("pilotfish check postgres://") && text.contains("DATABASE_URL"), "{text}");
    assert!(text.contains("found but not probed: API_URL (https://api.example.com)"), "{text}");
    assert!(found(&[], Extent::Web).is_err());
}

#[test]
fn a_url_in_quotes_is_a_check_that_says_so() {
    for value in ["\"postgres://app:s3cret@db/app\"", " 'postgres://app:s3cret@db/app'"] {
        let plan = found(&[("DATABASE_URL", value)], Extent::Servers).unwrap();
        assert_eq!((plan.checks[0].name.as_str(), plan.checks[0].kind), ("database", "postgres"));
    }
    let plan = found(&[POD[2], ("BROKER_URL", "\"sqlserver://app:s3cret@broker:1433\"")], Extent::Servers).unwrap();
    assert_eq!(plan.listed[0].target, "\"sqlserver://…");
}

#[test]
fn odd_values_are_passed_over() {
    let odd =
        [("A", "://"), ("B", "postgres://"), ("C", "://x"), ("D", "https://[s3cret"), ("E", " "), ("F", "x://y\u{0}")];
    assert!(found(&odd, Extent::Web).is_err());
}

#[test]
fn the_document_names_variables_and_no_value_and_can_be_read() {
    let pg = [("PGHOST", "pg.s3cret"), ("PGUSER", "s3cret"), ("PGPASSWORD", "s3cret"), ("PGSSLROOTCERT", "/s3cret")];
    let env = MapEnv::with_vars(&[POD, &pg[..]].concat());
    let gates = Gates { startup: true, ready: true, live: false };
    let (text, warnings) = document(gates, &env).unwrap();
    assert!(!text.contains("s3") && !text.contains("5432"), "{text}");
    assert!(warnings.is_empty());
    for part in [
        "  # from the variable DATABASE_URL\n  - name: database\n    postgres:\n      url: {env: DATABASE_URL}\n    gates: [startup, ready]\n",
        "  # from the variables PGHOST, PGUSER, PGPASSWORD, PGSSLROOTCERT\n  - name: postgres\n",
        "      ca: {env: PGSSLROOTCERT}\n",
        "# BROKER_URL: this version has no sqlserver check: test its port with tcp://host:port, or its URL with diagnose\n",
        "# API_URL: it is a web address",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let env = env.with_file("/discovered.yaml", text.as_bytes());
    let request = Request { file: Some("/discovered.yaml"), ..Request::default() };
    let plan = load(request, &env).unwrap_or_else(|refused| panic!("{refused}\n{text}"));
    assert_eq!(plan.checks.len(), 4);
    assert!(plan.checks.iter().all(|check| check.gates == gates));
}

/// What browsers are told is no dependency of the pod.
#[test]
fn addresses_for_browsers_are_left_alone() {
    let pod = [
        ("ALLOWED_ORIGINS", "http://localhost:3000"),
        ("API_URL", "http://backend-api:8000"),
        ("ADMIN_ORIGIN", "http://backend-api:8000"),
        ("BETTER_AUTH_URL", "https://app.example.com"),
        ("GF_SERVER_ROOT_URL", "https://app.example.com/grafana"),
        ("NEXT_PUBLIC_API_URL", "http://localhost:8000"),
        ("OAUTH_REDIRECT_URI", "https://app.example.com/callback"),
        ("VITE_API_URL", "http://localhost:8000/api"),
    ];
    let plan = found(&pod, Extent::Web).unwrap();
    assert_eq!(plan.checks.iter().map(|check| &*check.name).collect::<Vec<_>>(), ["api"]);
    assert_eq!(plan.listed.len(), 7, "{:?}", plan.listed);
}

#[test]
fn a_url_without_a_password_takes_that_of_libpq() {
    let pod = [("DATABASE_URL", "postgres://app@db/shop"), ("PGPASSWORD", "s3cret"), ("B_URL", "postgres://b:x@db/b")];
    let (text, _) = document(Gates::default(), &MapEnv::with_vars(&pod)).unwrap();
    let part = "  # from the variable DATABASE_URL, which has no password, and the libpq variables PGPASSWORD\n  - name: database\n    \
                postgres:\n      url: {env: DATABASE_URL}\n      password: {env: PGPASSWORD}\n";
    assert!(text.contains(part), "{text}");
    assert_eq!(text.matches("password:").count(), 1, "{text}");
    let env = MapEnv::with_vars(&pod).with_file("/discovered.yaml", text.as_bytes());
    assert_eq!(load(Request { file: Some("/discovered.yaml"), ..Request::default() }, &env).unwrap().checks.len(), 2);
}

/// The accounts of a directory lock: nothing that starts by itself logs in there.
#[test]
fn what_locks_is_logged_in_to_only_on_demand() {
    let login = [("LDAP_BIND_DN", "cn=app,dc=lab"), ("LDAP_BIND_PASSWORD", "s3cret")];
    let cache = ("REDIS_URL", "redis://cache");
    for (own, target) in [(("LDAP_URL", "ldap://dc1"), "ldap://dc1"), (("LDAP_HOST", "dc1"), "ldap://dc1:389")] {
        let vars = [&[own, cache][..], &login].concat();
        let plan = found(&vars, Extent::Servers).unwrap();
        assert_eq!(plan.checks.iter().map(|check| check.kind).collect::<Vec<_>>(), ["redis"]);
        let listed: Vec<&str> = plan.listed.iter().map(|listed| listed.target.as_str()).collect();
        assert_eq!(listed, [target]);
        assert!(plan.listed[0].why.contains("not dialled without a check"), "{}", plan.listed[0].why);
        let plan = found(&vars, Extent::Web).unwrap();
        let mut kinds: Vec<&str> = plan.checks.iter().map(|check| check.kind).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["ldap", "redis"]);
        assert_eq!(plan.listed.len(), 0);
    }
    let (text, _) = document(Gates::default(), &MapEnv::with_vars(&[cache, ("LDAP_URL", "ldaps://dc1")])).unwrap();
    assert!(text.contains("ldap:\n      url: {env: LDAP_URL}") && !text.contains("s3cret"), "{text}");
}

#[test]
fn as_far_as_the_connection_where_that_is_wanted() {
    let plan = found(POD, Extent::Connections).unwrap();
    let env = MapEnv::with_vars(POD);
    let mut seen = Vec::new();
    for check in &plan.checks {
        seen.push((
            check.name.as_str(),
            check.kind,
            check.check.prepare(&env).target,
            check.check.stops_short().is_some(),
        ));
    }
    let expected = [
        ("api", "tls", "https://api.example.com".to_owned(), true),
        ("broker", "sqlserver", "sqlserver://broker:1433".to_owned(), true),
        ("database", "postgres", "postgres://app@db:5432/app".to_owned(), false),
        ("proxy", "tcp", "http://proxy:3128".to_owned(), true),
        ("ready-url", "postgres", "the variable READY_URL".to_owned(), false),
        ("spring", "postgres", "jdbc:postgresql://db".to_owned(), true),
        ("sqlalchemy", "postgres", "postgres://app@db:5432/app".to_owned(), false),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_variable_that_nothing_can_refer_to_is_left_out_of_the_document() {
    let odd = [("A.B-URL", "postgres://app:s3cret@db/a"), ("X\nchecks: []\n", "postgres://app:s3cret@db/b")];
    assert!(document(Gates::default(), &MapEnv::with_vars(&odd)).is_err());
    let both = [&odd[..], &[("GOOD_URL", "postgres://app:s3cret@db/c")]].concat();
    let (text, _) = document(Gates::default(), &MapEnv::with_vars(&both)).unwrap();
    assert_eq!(text.lines().filter(|line| line.starts_with("checks:")).count(), 1, "{text}");
    assert_eq!(text.matches("- name: ").count(), 1, "{text}");
    assert!(text.contains("# A.B-URL: a configuration cannot refer to this name"), "{text}");
}

/// A string of another library in the variable of another server is none of libpq's.
#[test]
fn only_a_string_of_its_own_variable_is_read_as_one() {
    let why = |variable: &str, value: &str| {
        let vars = [(variable, value), ("CACHE_URL", "redis://cache:6379"), ("PGPASSFILE", "/secrets/pgpass")];
        let plan = found(&vars, Extent::Servers).unwrap();
        assert_eq!(plan.checks[0].kind, "redis");
        plan.listed.iter().find(|listed| listed.variable == variable).map(|listed| listed.why.clone())
    };
    for value in ["host=cache,port=6379", "password=s3cret,host=cache", "user=x password=s3cret"] {
        let why = why("REDIS_URL", value).unwrap();
        assert!(!why.contains("PGPASSFILE") && !why.contains("s3cret"), "{why}");
    }
    assert_eq!(why("REDIS_URL", "redis://other:6379"), None);
    for (variable, value) in [("DATABASE_URL", "postgres://app@db/x"), ("A_DSN", "host=db user=app")] {
        assert!(why(variable, value).is_some_and(|why| why.contains("PGPASSFILE")), "{variable}");
    }
}

#[test]
fn connections_by_parts_are_checks() {
    let check = |vars: &[(&str, &str)]| {
        let plan = found(vars, Extent::Servers).map_err(|refused| refused.to_string())?;
        assert!(plan.listed.is_empty(), "{:?}", plan.listed);
        let env = MapEnv::with_vars(vars);
        let [check] = &plan.checks[..] else { panic!("{} checks", plan.checks.len()) };
        Ok::<_, String>(format!("{} {}", check.kind, check.check.prepare(&env).target))
    };
    let app = |host: &'static str, more: &[(&'static str, &'static str)]| {
        [&[(host, "db"), ("DB_USER", "app"), ("DB_PASSWORD", "s3cret"), ("DB_NAME", "shop")], more].concat()
    };
    for (vars, expected) in [
        (app("DB_HOST", &[("DB_PORT", "5432")]), "postgres postgres://app@db:5432/shop"),
        (app("DB_HOST", &[("DB_PORT", "3306")]), "mysql mysql://app@db:3306/shop"),
        (app("DB_HOST", &[("DB_CONNECTION", "pgsql")]), "postgres postgres://app@db:5432/shop"),
        (app("DB_HOST", &[("DB_CONNECTION", "mysql"), ("DB_PORT", "5432")]), "mysql mysql://app@db:5432/shop"),
        (app("DB_HOST", &[("DB_ENGINE", "django.db.backends.postgresql")]), "postgres postgres://app@db:5432/shop"),
        (
            app("DB_HOST", &[("DB_PORT", "tcp://10.0.0.1:5432"), ("DB_TYPE", "mariadb")]),
            "mysql mysql://app@db:3306/shop",
        ),
        (
            vec![
                ("POSTGRES_HOST", "db"),
                ("POSTGRES_USER", "app"),
                ("POSTGRES_PASSWORD", "s3cret"),
                ("POSTGRES_DB", "shop"),
            ],
            "postgres postgres://app@db:5432/shop",
        ),
        (vec![("REDIS_HOST", "cache"), ("REDIS_PASSWORD", "s3cret")], "redis redis://cache:6379"),
        (
            vec![
                ("SPRING_DATASOURCE_URL", "jdbc:postgresql://db:5432/shop"),
                ("SPRING_DATASOURCE_USERNAME", "app"),
                ("SPRING_DATASOURCE_PASSWORD", "s3cret"),
            ],
            "postgres postgres://app@db:5432/shop",
        ),
    ] {
        assert_eq!(check(&vars).as_deref(), Ok(expected), "{vars:?}");
    }
    for vars in [
        app("DB_HOST", &[]),
        app("DB_HOST", &[("DB_CONNECTION", "sqlite")]),
        vec![("REDIS_PORT", "tcp://10.0.0.1:6379")],
    ] {
        assert!(check(&vars).is_err(), "{vars:?}");
    }
}

/// Nothing that looks like a connection by parts is left out without its reason.
#[test]
fn hosts_that_no_kind_takes_are_listed() {
    const UNCLEAR: &str = "the kind of database is not clear: write a check";
    const SERVER: &str = "the kind of server is not clear: write a check";
    const TLS: &str = "a variable beside it asks for TLS";
    let told = |vars: &[(&str, &str)]| match found(vars, Extent::Web) {
        Ok(plan) => {
            let env = MapEnv::with_vars(vars);
            let checks = plan.checks.iter().map(|check| check.check.prepare(&env).target);
            let listed = plan.listed.iter().map(|listed| format!("{}: {}", listed.variable, listed.why));
            checks.chain(listed).collect::<Vec<_>>().join("; ")
        }
        Err(refused) => refused.to_string(),
    };
    for (vars, expected) in [
        (&[("DB_HOST", "db"), ("DB_USER", "app"), ("DB_PASSWORD", "s3cret"), ("DB_NAME", "shop")][..], UNCLEAR),
        (&[("DB_HOST", "db"), ("DB_PORT", "6543"), ("DB_USER", "app")], UNCLEAR),
        (&[("DATABASE_HOST", "db")], UNCLEAR),
        (&[("DATABASE_HOST", "db"), ("DATABASE_PORT", "5432"), ("DATABASE_USER", "app")], "postgres://app@db:5432"),
        (&[("SEARCH_HOST", "es"), ("SEARCH_PORT", "9200")], SERVER),
        (&[("USER_SERVICE_HOST", "users"), ("USER_SERVICE_PORT", "80")], SERVER),
        (&[("CACHE_HOSTNAME", "c"), ("CACHE_PASSWORD", "s3cret")], SERVER),
        (&[("SPRING_DATA_REDIS_HOST", "cache"), ("SPRING_DATA_REDIS_PORT", "6380")], "redis://cache:6380"),
        (&[("SPRING_REDIS_HOST", "cache"), ("SPRING_REDIS_SSL", "true")], TLS),
        (&[("REDIS_HOST", "cache"), ("REDIS_PASSWORD", "null")], "redis://cache:6379"),
        (&[("REDIS_SOCKET", "/run/r.sock")], "REDIS_SOCKET (redis): a local socket"),
        (&[("MYSQL_UNIX_SOCKET", "/run/m.sock")], "there is no variable with its user"),
        (&[("MYSQL_UNIX_SOCKET", "/run/m.sock"), ("MYSQL_USER", "app")], "MYSQL_UNIX_SOCKET (mysql): a local socket"),
        (&[("MEMCACHE_HOST", "cache")], "memcached://cache:11211"),
        (
            &[("REDIS_HOST", "cache"), ("CACHE_HOST", "cache"), ("CACHE_PORT", "6379")],
            "redis://cache:6379; CACHE_HOST: the check redis already connects to the same host",
        ),
    ] {
        let told = told(vars);
        assert!(told.contains(expected) && !told.contains("s3"), "{vars:?}: {told}");
    }
    for (vars, expected) in [
        (&[("DATABASE_URL", "")][..], "DATABASE_URL (…): it is empty"),
        (&[("POSTGRES_HOST", "")], "POSTGRES_HOST (…): it is empty"),
        (&[("KAFKA_BROKERS", "")], "KAFKA_BROKERS (…): it is empty"),
        (&[("EMAIL_HOST", ""), ("DB_HOST", "")], "DB_HOST (…): it is empty"),
        (&[("SEARCH_HOST", ""), ("SEARCH_PORT", "9200")], "SEARCH_HOST (…): it is empty"),
        (&[("SMTP_HOST", "mail"), ("EMAIL_HOST", "other")], "EMAIL_HOST: a check is made of the first host"),
        (&[("REDIS_HOST", "cache"), ("REDIS_URL", "")], "REDIS_URL: it is empty"),
    ] {
        let told = told(vars);
        assert!(told.contains(expected), "{vars:?}: {told}");
    }
    // The app's own address, what Kubernetes sets, and what is no connection.
    for vars in [
        &[("SERVER_HOST", "0.0.0.0"), ("SERVER_PORT", "8080")][..],
        &[("API_SERVICE_HOST", "10.0.0.9"), ("API_SERVICE_PORT", "80"), ("API_PORT", "tcp://10.0.0.9:80")],
        &[("SEARCH_HOST", "es")],
        &[("SEARCH_HOST", ""), ("PORT", ""), ("NAME", "")],
        &[("HOST", "a"), ("PORT", "80"), ("HOSTNAME", "pod-1")],
        &[("REDIS_HOST", "cache"), ("REDIS_PORT", "6379")],
        &[("DB_HOST", "db"), ("DB_PORT", "3306"), ("DB_USER", "app")],
        &[("VITE_API_HOST", "a"), ("VITE_API_PORT", "80")],
    ] {
        let told = told(vars);
        for words in ["not clear", "same host", "it is empty", "first host"] {
            assert!(!told.contains(words), "{vars:?}: {told}");
        }
    }
}
