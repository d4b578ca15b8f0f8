use super::at;
use crate::cause::Cause;
use crate::outcome::{Evidence, Phase};

fn login(cause: Cause, message: &str) -> String {
    at(cause, Phase::Login, message, "postgres", "db:5432", &Evidence::default())
}

/// PgBouncer whose database is away begins the login and lets its client wait.
#[test]
fn a_pooler_that_waits_for_its_database_is_no_other_protocol() {
    let of = |message: &str| at(Cause::Timeout, Phase::Login, message, "postgres", "db:1", &Evidence::default());
    assert!(of("out of time after 5s; connected, 173 bytes came in 5s, the last 5.0s ago").contains("SHOW POOLS"));
    assert!(of("out of time after 5s; connected, then nothing came for 5s").contains("compare the port"));
}

/// With TLS and without it there was no rule: TLS is no remedy.
#[test]
fn without_a_rule_for_tls_either_tls_is_not_advised() {
    let both = "with TLS: no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a\", SSL encryption (28000); \
                without: no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a\", no encryption (28000)";
    assert!(login(Cause::LoginRejected, both).starts_with("no line of pg_hba.conf"));
}

#[test]
fn logins() {
    for (cause, message, says) in [
        (
            Cause::PasswordRejected,
            "password authentication failed for user \"app\" (28P01)",
            "an unknown role, one without password and an md5 hash",
        ),
        (Cause::PasswordRejected, "password authentication failed (08P01)", "userlist.txt"),
        (
            Cause::PasswordRejected,
            "password authentication failed for user \"app\" (28P01), said by the server behind a pooler",
            "PostgreSQL refused the login that the pooler made",
        ),
        (
            Cause::LoginRejected,
            "no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a\", SSL off (28000)",
            "switch it on there",
        ),
        (
            Cause::LoginRejected,
            "no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a\", no encryption (08P01)",
            "the server refuses the pooler",
        ),
        (Cause::LoginRejected, "role \"app\" does not exist (28000)", "CREATE ROLE"),
        (Cause::LoginRejected, "permission denied to set parameter \"x\" (42501)", "take it out of the URL"),
        (Cause::LoginRejected, "no such user (08P01)", "the pooler does not let this user in"),
        (Cause::PasswordRejected, "authentication failed: username \"app\" or password … (XX000)", "pool_passwd"),
        (Cause::PasswordRejected, "PAM authentication failed for user \"app\" (28000)", "judged elsewhere"),
        (
            Cause::QueryFailed,
            "failed to create a backend connection: executing failover on backend (XX000)",
            "the pooler gets no connection",
        ),
        (Cause::LoginRejected, "Tenant or user not found (XX000)", "USER.PROJECT"),
        (
            Cause::TooManyConnections,
            "remaining connection slots are reserved for roles with the SUPERUSER attribute (53300)",
            "every connection is taken",
        ),
        (
            Cause::TooManyConnections,
            "client connections exceeded (max_user_client_connections) (08P01)",
            "the pooler is full",
        ),
        (Cause::ShuttingDown, "terminating connection due to administrator command (57P01)", "pg_terminate_backend"),
        (Cause::QueryFailed, "canceling statement due to user request (57014)", "look the code"),
        (
            Cause::QueryFailed,
            "could not extend file \"base/5/1\": No space left on device (53100)",
            "disk of the server",
        ),
        (Cause::QueryFailed, "canceling statement due to lock timeout (55P03)", "another session holds the lock"),
        (
            Cause::QueryFailed,
            "server login has been failing, cached error: connect failed (server_login_retry) (08P01)",
            "the pooler gets no connection",
        ),
        (
            Cause::LoginRejected,
            "no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a\", no encryption (28000)",
            "switch it on there",
        ),
        (
            Cause::LoginRejected,
            "no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a\", SSL encryption (28000)",
            "no line of pg_hba.conf",
        ),
        (
            Cause::LoginRejected,
            "no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a \", no encryption (28000)",
            "ends in white space",
        ),
        (Cause::LoginRejected, "role \"app\" is not permitted to log in (28000)", "ALTER ROLE … LOGIN"),
        (Cause::LoginRejected, "database \"x\" is not currently accepting connections (55000)", "ALLOW_CONNECTIONS"),
        (Cause::LoginRejected, "permission denied for database \"x\" (42501)", "GRANT CONNECT"),
        (Cause::LoginRejected, "unsupported startup parameter: x (08P01)", "ignore_startup_parameters"),
        (Cause::NoSuchDatabase, "database \"app \" does not exist (3D000)", "newline"),
        (Cause::NoSuchDatabase, "database \"app\" does not exist (3D000)", "without one it is the user's"),
        (Cause::TooManyConnections, "too many connections for role \"app\" (53300)", "CONNECTION LIMIT"),
        (Cause::NoSuchDatabase, "no such database: x (08P01)", "the pooler has no such database"),
        (Cause::TooManyConnections, "no more connections allowed (max_client_conn) (08P01)", "the pooler is full"),
        (Cause::TooManyConnections, "sorry, too many clients already (53300)", "every connection is taken: SELECT"),
        (Cause::StartingUp, "the database system is not accepting connections (57P03)", "hot_standby"),
        (Cause::QueryFailed, "it is a primary (not in recovery), a replica is wanted", "the replicas' Service"),
        (Cause::QueryFailed, "relation \"users\" does not exist (42P01)", "migrations"),
        (Cause::QueryFailed, "column \"publickey\" does not exist (42703)", "capitals"),
        (Cause::QueryFailed, "canceling statement due to statement timeout (57014)", "statement_timeout"),
        (Cause::QueryFailed, "unrecognized configuration parameter \"schema\" (42704)", "take it out of the URL"),
    ] {
        let text = login(cause, message);
        assert!(text.contains(says), "{message}: {text}");
    }
}
