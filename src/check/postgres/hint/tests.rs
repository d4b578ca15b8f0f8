use super::hint;
use crate::cause::Cause;
use crate::check::postgres::sqlstate::{Link, ServerError, code};
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, FactValue, Fault, Phase, StreamDetail, TlsDetail, URL_DIALECT};

fn of(fault: &Fault) -> Option<String> {
    hint(fault, &Evidence::default(), &Context::default())
}

/// What the server said, `message (SQLSTATE)`, as the fault of a login that TLS was tried for, or of a query.
fn said(phase: Phase, text: &str) -> Fault {
    let (message, state) = text.rsplit_once(" (").unwrap();
    let error = ServerError { code: state.trim_end_matches(')').into(), message: message.into(), detail: None };
    if phase == Phase::Request { error.at_request() } else { error.at_login(Link::PlainForced) }
}

/// What to set is written as in the string that the check was given.
#[test]
fn parts_are_written_as_in_the_string_of_the_check() {
    let of = |fault: Fault, dialect: &'static str| {
        let mut evidence = Evidence::default();
        evidence.facts.learn(URL_DIALECT, (!dialect.is_empty()).then(|| FactValue::word(dialect)));
        hint(&fault, &evidence, &Context::default()).unwrap_or_default()
    };
    let missing = || Fault::new(Phase::Login, Cause::PasswordMissing, "");
    let no_database = || Fault::new(Phase::Login, Cause::NoSuchDatabase, "");
    let no_tls = || Fault::new(Phase::Tls, Cause::TlsUnsupported, "").with(Detail::Tls(TlsDetail::NotOffered));
    for (dialect, password, database, tls) in [
        ("npgsql", "Add `Password=…` to the string", "correct `Database=…`", "set `SSL Mode=Disable`"),
        ("libpq", "Add `password=…` to the string", "correct `dbname=…`", "set `sslmode=disable`"),
        ("pdo", "Add `password=…` to the string", "correct `dbname=…`", "set `sslmode=disable`"),
        ("jdbc", "Add `?user=…&password=…` to the URL", "last `/` of the URL", "set `sslmode=disable`"),
        ("sqlalchemy", "Add it to the URL (percent-encoded)", "last `/` of the URL", "set `sslmode: disable`"),
        ("", "", "last `/` of the URL", "set `sslmode: disable`"),
    ] {
        for (fault, says) in [(missing(), password), (no_database(), database), (no_tls(), tls)] {
            let text = of(fault, dialect);
            assert!(text.contains(says), "{dialect}: {text}");
        }
    }
}

/// PgBouncer whose database is away begins the login and lets its client wait.
#[test]
fn a_pooler_that_waits_for_its_database_is_no_other_protocol() {
    let of =
        |phase, detail| of(&Fault::new(phase, Cause::Timeout, "").with(Detail::Stream(detail))).unwrap_or_default();
    assert!(of(Phase::Login, StreamDetail::Stalled).contains("SHOW POOLS"));
    assert!(of(Phase::Login, StreamDetail::Silent).contains("compare the port"));
    assert!(of(Phase::Tls, StreamDetail::Silent).contains("agreed to TLS"));
    assert!(of(Phase::Request, StreamDetail::Silent).contains("pg_stat_activity"));
    assert_eq!(of(Phase::Connect, StreamDetail::Silent), "", "nothing of PostgreSQL's");
}

#[test]
fn logins() {
    const HBA: &str = "no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database";
    for (text, cause, says) in [
        (
            "password authentication failed for user \"app\" (28P01)",
            Cause::PasswordRejected,
            "an unknown role, a role without a password and an md5 hash",
        ),
        ("password authentication failed (08P01)", Cause::PasswordRejected, "userlist.txt"),
        ("authentication failed: username \"app\" or password … (XX000)", Cause::PasswordRejected, "pool_passwd"),
        (
            "PAM authentication failed for user \"app\" (28000)",
            Cause::PasswordRejected,
            "checks the password elsewhere",
        ),
        (&format!("{HBA} \"a\", SSL off (28000)"), Cause::LoginRejected, "Enable TLS there"),
        (&format!("{HBA} \"a\", no encryption (08P01)"), Cause::LoginRejected, "PostgreSQL rejects the pooler"),
        (&format!("{HBA} \"a\", no encryption (28000)"), Cause::LoginRejected, "Enable TLS there"),
        (&format!("{HBA} \"a\", SSL encryption (28000)"), Cause::LoginRejected, "No line in pg_hba.conf matches"),
        (&format!("{HBA} \"a \", no encryption (28000)"), Cause::LoginRejected, "ends with white space"),
        ("certificate authentication failed for user \"app\" (28000)", Cause::LoginRejected, "Its CN must be"),
        ("role \"app\" does not exist (28000)", Cause::LoginRejected, "CREATE ROLE"),
        ("permission denied to set parameter \"x\" (42501)", Cause::LoginRejected, "Remove it from the URL"),
        ("no such user (08P01)", Cause::LoginRejected, "The pooler rejected this user"),
        ("Tenant or user not found (XX000)", Cause::LoginRejected, "USER.PROJECT"),
        ("Endpoint ID is not specified (XX000)", Cause::LoginRejected, "(SNI)"),
        ("This IP address 1.2.3.4 is not allowed (XX000)", Cause::LoginRejected, "egress address"),
        ("role \"app\" is not permitted to log in (28000)", Cause::LoginRejected, "ALTER ROLE … LOGIN"),
        ("database \"x\" is not currently accepting connections (55000)", Cause::LoginRejected, "ALLOW_CONNECTIONS"),
        ("permission denied for database \"x\" (42501)", Cause::LoginRejected, "GRANT CONNECT"),
        ("unsupported startup parameter: x (08P01)", Cause::LoginRejected, "ignore_startup_parameters"),
        ("anything else (28000)", Cause::LoginRejected, "rejects this user"),
        ("database \"app \" does not exist (3D000)", Cause::NoSuchDatabase, "newline"),
        ("database \"app\" does not exist (3D000)", Cause::NoSuchDatabase, "without one it is the user's name"),
        ("no such database: x (08P01)", Cause::NoSuchDatabase, "The pooler has no such database"),
        (
            "remaining connection slots are reserved for roles with the SUPERUSER attribute (53300)",
            Cause::TooManyConnections,
            "Every connection is in use",
        ),
        ("IAM is allowed only with SSL connections (28000)", Cause::LoginRejected, "requires TLS but offered none"),
        ("Cloud SQL IAM user authentication failed for user \"app\" (28000)", Cause::PasswordRejected, "token"),
        (
            "IAM authentication failed for user app. Check the IAM token for this user and try again. (28000)",
            Cause::PasswordRejected,
            "token",
        ),
        (
            "This RDS proxy has no credentials for the role app. Check the credentials for this role and try again. (28000)",
            Cause::LoginRejected,
            "Secrets Manager",
        ),
        (
            "The password that was provided for the role app is wrong. (28P01)",
            Cause::PasswordRejected,
            "Secrets Manager",
        ),
        (
            "Feature not supported: RDS Proxy currently doesn't support the option search_path. (0A000)",
            Cause::LoginRejected,
            "Remove it",
        ),
        ("Timed-out waiting to acquire database connection (08000)", Cause::QueryFailed, "The proxy got no connection"),
        ("bouncer config error (08P01)", Cause::LoginRejected, "pgbouncer.ini"),
        ("pgbouncer cannot connect to server (08P01)", Cause::QueryFailed, "The pooler cannot connect"),
        ("client_login_timeout (server down) (08P01)", Cause::QueryFailed, "The pooler cannot connect"),
        ("database \"app\" is disabled (08P01)", Cause::LoginRejected, "Run ENABLE"),
        (
            "server login has been failing, cached error: FATAL: password authentication failed for user \"app\" \
             (server_login_retry) (08P01)",
            Cause::PasswordRejected,
            "PostgreSQL rejected the pooler's own login",
        ),
        ("unsupported startup parameter in options: geqo (08P01)", Cause::LoginRejected, "ignore_startup_parameters"),
        ("Control plane request failed (XX000)", Cause::StartingUp, "is suspended"),
        ("Couldn't connect to compute node (XX000)", Cause::StartingUp, "is suspended"),
        ("Control plane request failed: endpoint is disabled (XX000)", Cause::LoginRejected, "Enable it"),
        (
            "Your account or project has exceeded the compute time quota. Upgrade your plan to increase limits. (XX000)",
            Cause::LoginRejected,
            "quota of the plan",
        ),
        (
            "The requested endpoint could not be found, or you don't have access to it. (XX000)",
            Cause::LoginRejected,
            "Copy the host",
        ),
        (
            "This connection is trying to access this endpoint from a blocked network. (XX000)",
            Cause::LoginRejected,
            "egress",
        ),
        ("(EADDRNOTALLOWED) address not in tenant allow_list: {10, 0, 0, 1} (XX000)", Cause::LoginRejected, "egress"),
        ("Max client connections reached (XX000)", Cause::TooManyConnections, "accepts no more clients"),
        (
            "(ECHECKOUTTIMEOUT) unable to check out connection from the pool after 60000ms in Session mode (XX000)",
            Cause::QueryFailed,
            "The proxy got no connection",
        ),
        (
            "(ECIRCUITBREAKER) circuit breaker open for operation: auth_error (XX000)",
            Cause::LoginRejected,
            "failed ones",
        ),
        ("node is running secure mode, SSL connection required (08P01)", Cause::LoginRejected, "offered none"),
        ("codeParamsRoutingFailed: rejected: Invalid cluster name (08004)", Cause::LoginRejected, "the cluster"),
        (
            "codeBackendDown: unable to reach backend SQL server (08004)",
            Cause::QueryFailed,
            "The proxy got no connection",
        ),
        ("odyssey: c4fd8b3: failed to get remote server connection (08006)", Cause::QueryFailed, "The proxy got no"),
        ("pgpool is not accepting any new connections (XX000)", Cause::QueryFailed, "The pooler cannot connect"),
        (
            "Invalid Username specified. The Username should be in <username@hostname> format. (28000)",
            Cause::LoginRejected,
            "USER@SERVER",
        ),
        (
            "pg_hba.conf rejects connection for host \"1.2.3.4\", user \"a\", database \"a\", SSL encryption (28000)",
            Cause::LoginRejected,
            "`reject` line",
        ),
        ("something new (XX000)", Cause::QueryFailed, "internal error"),
        (
            "client connections exceeded (max_user_client_connections) (08P01)",
            Cause::TooManyConnections,
            "The pooler is full",
        ),
        ("no more connections allowed (max_client_conn) (08P01)", Cause::TooManyConnections, "The pooler is full"),
        ("too many connections for role \"app\" (53300)", Cause::TooManyConnections, "CONNECTION LIMIT"),
        ("sorry, too many clients already (53300)", Cause::TooManyConnections, "Every connection is in use. SELECT"),
        ("terminating connection due to administrator command (57P01)", Cause::ShuttingDown, "pg_terminate_backend"),
        ("the database system is not accepting connections (57P03)", Cause::StartingUp, "hot_standby"),
        (
            "failed to create a backend connection: executing failover on backend (XX000)",
            Cause::QueryFailed,
            "The pooler cannot connect",
        ),
        (
            "server login has been failing, cached error: connect failed (server_login_retry) (08P01)",
            Cause::QueryFailed,
            "The pooler cannot connect",
        ),
    ] {
        let fault = said(Phase::Login, text);
        assert_eq!(fault.cause, cause, "{text}");
        let hint = of(&fault).unwrap();
        assert!(hint.contains(says), "{text}: {hint}");
    }
    assert_eq!(of(&said(Phase::Login, "the database system is starting up (57P03)")), None, "as of any server");
}

#[test]
fn queries() {
    for (text, says) in [
        ("canceling statement due to user request (57014)", "pg_cancel_backend"),
        ("schema \"shop\" does not exist (3F000)", "The schema does not exist"),
        ("function refresh() does not exist (42883)", "CREATE EXTENSION"),
        ("type \"citext\" does not exist (42704)", "CREATE EXTENSION"),
        ("current transaction is aborted, commands ignored until end of transaction block (25P02)", "Send ROLLBACK"),
        ("out of memory (53200)", "out of memory"),
        ("terminating connection due to idle-session timeout (57P05)", "idle_session_timeout"),
        ("prepared statement \"s0\" does not exist (26000)", "max_prepared_statements"),
        ("Invoices are closed on Sundays (P0001)", "Its message says why"),
        ("could not connect to server \"x\" (08001)", "Read the log of the pooler"),
        ("invalid page in block 0 of relation base/5/16384 (XX001)", "damaged data"),
        ("deadlock detected (40P01)", "deadlock"),
        ("query_wait_timeout (08P01)", "The pooler cannot connect"),
        ("query_timeout (08P01)", "query_timeout"),
        (
            "Your account or project has exceeded the quota. Upgrade your plan to increase limits. (53000)",
            "quota of the plan",
        ),
        ("Your account or project has exceeded the compute time quota. (XX000)", "quota of the plan"),
        // Healthy twin: the app's own words, not a pooler's.
        ("column \"query_wait_timeout\" does not exist (42703)", "The column does not exist"),
        ("something new (ZZ000)", "Read the message"),
        ("could not extend file \"base/5/1\": No space left on device (53100)", "disk of the server"),
        ("canceling statement due to lock timeout (55P03)", "Another session holds the lock"),
        ("relation \"users\" does not exist (42P01)", "migrations"),
        ("column \"publickey\" does not exist (42703)", "capital letters"),
        ("canceling statement due to statement timeout (57014)", "statement_timeout"),
        ("unrecognized configuration parameter \"schema\" (42704)", "Remove it from the URL"),
        ("permission denied for table x (42501)", "GRANT it to this role"),
    ] {
        let hint = of(&said(Phase::Request, text)).unwrap();
        assert!(hint.contains(says), "{text}: {hint}");
    }
}

#[test]
fn what_the_kind_found_itself() {
    let own = |cause, code| {
        of(&Fault::new(Phase::Login, cause, "").with(Detail::Protocol { code, product: None })).unwrap_or_default()
    };
    assert!(own(Cause::QueryFailed, code::OTHER_ROLE).contains("the Service of the replicas"));
    for (about, says) in [
        (code::UNBOUND_PLAIN, "needs TLS"),
        (code::UNBOUND_METHOD, "scram-sha-256 on the server"),
        (code::UNBOUND_NOT_OFFERED, "poolers and proxies"),
        (code::UNBOUND_CERTIFICATE, "Ed25519"),
    ] {
        assert!(own(Cause::AuthUnsupported, about).contains(says), "{about}");
    }
    assert!(own(Cause::AuthUnsupported, "").contains("share no login method"));
    let upstream = said(Phase::Login, "password authentication failed for user \"app\" (28P01)");
    let Some(Detail::SqlState { state, product, .. }) = upstream.detail else { panic!("{upstream:?}") };
    let upstream = upstream.with(Detail::SqlState { state, code: code::UPSTREAM_LOGIN, product });
    assert!(of(&upstream).unwrap().starts_with("PostgreSQL rejected the pooler's own login"));
}

/// Healthy twin: what the handshake itself showed is no word of PostgreSQL's.
#[test]
fn tls_that_is_missing_or_demanded() {
    let of = |fault: Fault| of(&fault).unwrap_or_default();
    let tls = |detail| Fault::new(Phase::Tls, Cause::TlsUnsupported, "").with(Detail::Tls(detail));
    assert!(of(tls(TlsDetail::NotOffered)).contains("ssl = on"));
    assert_eq!(of(tls(TlsDetail::Alert(70))), "", "an old version of TLS is no reason to switch it on");
    assert_eq!(of(tls(TlsDetail::NoSharedProtocol)), "");
    let demanded = |message: &str| {
        let error = ServerError { code: "28000".into(), message: message.into(), detail: None };
        error.at_login(Link::Plain)
    };
    for demand in [
        "SSL connection is required",
        "This RDS Proxy requires TLS connections",
        "IAM is allowed only with SSL connections",
        "node is running secure mode, SSL connection required",
        "server requires encryption",
    ] {
        assert!(of(demanded(demand)).contains("sslmode: verify-full"), "{demand}");
    }
    let entry = "no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a\", no encryption";
    assert!(of(demanded(entry)).contains("without TLS. Set `sslmode: require`"));
    assert_eq!(of(Fault::new(Phase::Tls, Cause::TlsUntrusted, "").with(Detail::Tls(TlsDetail::SelfSigned))), "");
}

#[test]
fn too_much_and_too_early_an_end() {
    let of = |cause, phase| of(&Fault::new(phase, cause, "")).unwrap_or_default();
    assert!(of(Cause::TooLarge, Phase::Request).contains("LIMIT 1"));
    assert_eq!(of(Cause::TooLarge, Phase::Login), "");
    assert!(of(Cause::ConnectionClosed, Phase::Request).contains("during the query"));
    assert!(of(Cause::ConnectionClosed, Phase::Login).contains("before the login was complete"));
    assert_eq!(of(Cause::ConnectionClosed, Phase::Tls), "");
}
