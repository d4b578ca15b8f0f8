//! Hints for logins.

use crate::cause::Cause;
use crate::outcome::Fault;

pub(super) fn hint(fault: &Fault, kind: &str) -> String {
    match fault.cause {
        Cause::PasswordRejected if kind == "postgres" => "the server was reached and refused this user and password (an unknown \
             user looks the same): compare the Secret with what the server stores; a database on an existing volume keeps its first \
             password, so ALTER ROLE … PASSWORD there"
            .to_owned(),
        Cause::LoginRejected if kind == "postgres" => "pg_hba.conf or the role's attributes keep this user out, whatever the password: \
             add a line for this user, database and pod network, or ALTER ROLE … LOGIN"
            .to_owned(),
        Cause::PasswordMissing => "the server asks for a password and this check has none: put it into the URL (percent-encoded) or \
             under `password: {env: …}`"
            .to_owned(),
        Cause::NoSuchDatabase => "user and password are right, the database is missing: create it, or correct the name after the last \
             `/` of the URL"
            .to_owned(),
        Cause::TooManyConnections => "user and password are right, but every connection is taken: lower the pools of its clients or \
             raise max_connections; SELECT usename, count(*) FROM pg_stat_activity GROUP BY 1 shows whose they are"
            .to_owned(),
        Cause::StartingUp => "it is starting or recovering: wait; if it lasts, read the server's log".to_owned(),
        Cause::ShuttingDown => "it is stopping: wait for its restart; if it does not come, kubectl get pods and the server's log".to_owned(),
        Cause::AuthUnsupported => "both sides share no safe way of login: let the server store and ask for scram-sha-256, or connect \
             with verified TLS (`sslmode: verify-full`)"
            .to_owned(),
        Cause::ReadOnly => "it answers as a replica: point the target at the primary's Service, or let the failover finish".to_owned(),
        other => other.info().remedy.to_owned(),
    }
}
