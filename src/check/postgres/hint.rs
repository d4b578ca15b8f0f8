//! Hints that are PostgreSQL's own: for its logins, its queries, its TLS and its silence.

use crate::cause::Cause;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault, Phase, StreamDetail, TlsDetail};

use super::sqlstate::code;

const FORWARDED: &str = "a parameter of the URL went to the server, which does not know it or keeps it to superusers: take it out of the URL";

/// The hint of a fault, where PostgreSQL has one of its own.
pub(super) fn hint(fault: &Fault, _: &Evidence, _: &Context<'_>) -> Option<String> {
    let text = match fault.cause {
        Cause::PasswordRejected => password_rejected(fault),
        Cause::LoginRejected => login_rejected(fault),
        Cause::NoSuchDatabase => no_such_database(fault),
        Cause::TooManyConnections => too_many_connections(fault),
        Cause::StartingUp if about(fault) == code::COLD_STANDBY => {
            "it is a standby with hot_standby = off, which takes no connections: point the target at the primary, or set it on"
        }
        Cause::ShuttingDown if about(fault) == code::ADMIN_COMMAND => {
            "the server stops, or somebody ended this session (pg_terminate_backend, a provider's suspend): its log tells which, \
             and whether the next run passes"
        }
        Cause::AuthUnsupported => auth_unsupported(fault),
        Cause::QueryFailed => query_failed(fault),
        Cause::PermissionDenied => {
            "the login works, the right is missing: GRANT it to this role (a database owner's tables need it for each role)"
        }
        Cause::BodyMismatch => {
            "the query works and gives something else: run it with psql as the same user, and compare with `expect`"
        }
        Cause::TlsNotTls => {
            "what listens there is no PostgreSQL with TLS: correct the port, or set `sslmode: disable` where the server has none"
        }
        Cause::TlsUnsupported => tls_unsupported(fault)?,
        Cause::Timeout => timeout(fault)?,
        Cause::ConnectionClosed => closed(fault.phase)?,
        Cause::TooLarge if fault.phase == Phase::Request => {
            "the query gives more than a probe needs: let it give one row (LIMIT 1)"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// What the server's error, or we, say that it is about; empty where nothing is known beyond the cause.
fn about(fault: &Fault) -> &'static str {
    match fault.detail {
        Some(Detail::SqlState { code, .. } | Detail::Protocol { code, .. }) => code,
        _ => "",
    }
}

fn password_rejected(fault: &Fault) -> &'static str {
    match about(fault) {
        code::UPSTREAM_LOGIN => {
            "PostgreSQL refused the login that the pooler made there: compare the password in the pooler's userlist.txt, \
             [databases] or pool_passwd with the role's (ALTER ROLE … PASSWORD)"
        }
        code::POOLER_PASSWORD => {
            "the pooler itself refused user and password: compare the Secret with the pooler's own list (PgBouncer: userlist.txt, \
             auth_query; Pgpool: pool_passwd)"
        }
        code::JUDGED_ELSEWHERE => {
            "the server has the password judged elsewhere (LDAP, PAM, RADIUS): it was refused there, or nobody answered, as the \
             server's log tells; an IAM token lasts 15 minutes"
        }
        _ => {
            "a bad or expired password, an unknown role, one without password and an md5 hash under a scram rule look alike: SELECT \
             rolname, rolvaliduntil, left(rolpassword, 5) FROM pg_authid tells. A volume keeps its first password: ALTER ROLE … PASSWORD sets \
             the Secret's"
        }
    }
}

fn login_rejected(fault: &Fault) -> &'static str {
    match about(fault) {
        code::NO_LOGIN => "the role is a group (NOLOGIN): ALTER ROLE … LOGIN, or use the user that belongs to it",
        code::NAME_ENDS_IN_SPACE => {
            "the database's name ends in white space: take the newline out of the Secret (printf, not echo)"
        }
        code::NO_POOLER_RULE => {
            "the server refuses the pooler, whose address that is: add a line for it to the server's pg_hba.conf, or give the \
             pooler TLS towards the server (PgBouncer: server_tls_sslmode)"
        }
        code::NO_PLAIN_RULE => {
            "no rule of pg_hba.conf lets this user in without TLS, and the server gave none: switch it on there (ssl = on) if the \
             rule is a hostssl one, else add a line for this user, database and pod network"
        }
        code::NO_RULE => {
            "no line of pg_hba.conf fits this user, database and client address, whatever the password: add one for the \
             pod network, and see that the database's name has no newline"
        }
        code::OTHER_USERS_CERTIFICATE => {
            "the client certificate is good and for another user: its CN must be the role's name, or a map of pg_ident.conf \
             must lead to it"
        }
        code::NO_ROLE => "the role is not there: CREATE ROLE … LOGIN, or correct the user",
        code::DATABASE_CLOSED => "the database itself is closed: ALTER DATABASE … ALLOW_CONNECTIONS true",
        code::NO_CONNECT_RIGHT => {
            "the login works, the right to connect is missing: GRANT CONNECT ON DATABASE … TO this role"
        }
        code::PARAMETER => FORWARDED,
        code::POOLER_USER => {
            "the pooler does not let this user in, the database was not asked: see its userlist.txt, auth_query or pool_passwd, \
             and its own hba file"
        }
        code::POOLER_PARAMETER => {
            "the pooler does not know a parameter that was sent: name it in ignore_startup_parameters of pgbouncer.ini, or \
             take it out of the URL"
        }
        code::ENDPOINT => {
            "the proxy finds its endpoint by the TLS name (SNI): connect with TLS by its full host name, or add \
             options=endpoint%3DID to the URL"
        }
        code::TENANT => {
            "the pooler does not know this user: Supabase's takes USER.PROJECT for the user, at the host that its Connect page \
             shows"
        }
        code::ADDRESS => {
            "the provider lets only listed addresses in: add the cluster's egress address (NAT gateway) to its list"
        }
        _ => {
            "the server keeps this user out, whatever the password: its message and its log name the rule (pg_hba.conf, an attribute of \
             the role)"
        }
    }
}

fn no_such_database(fault: &Fault) -> &'static str {
    match about(fault) {
        code::NAME_ENDS_IN_SPACE => {
            "the login works, and the name ends in white space: take the newline out of the Secret (printf, not echo)"
        }
        code::POOLER_DATABASE => {
            "the pooler has no such database in its [databases], and asked no server: add it there, or correct the name after the \
             last `/` of the URL"
        }
        _ => {
            "the login works, the database is missing: create it, or correct the name after the last `/` of the URL (without one \
             it is the user's; of a pooler: the dbname in its [databases])"
        }
    }
}

fn too_many_connections(fault: &Fault) -> &'static str {
    match about(fault) {
        code::OWN_LIMIT => {
            "the login works; the CONNECTION LIMIT of this role or database is used up: lower the app's pools, or \
             ALTER ROLE (or DATABASE) … CONNECTION LIMIT"
        }
        code::POOLER_FULL => {
            "the pooler is full, the database was not asked: SHOW CLIENTS in its console shows by whom; lower their pools, or raise \
             the limit that it names"
        }
        // Said before the server looks at the password, unlike the reserved slots.
        _ => {
            "every connection is taken: SELECT usename, count(*) FROM pg_stat_activity GROUP BY 1 \
             shows by whom; lower their pools, or raise max_connections"
        }
    }
}

fn auth_unsupported(fault: &Fault) -> &'static str {
    match about(fault) {
        code::CHANNEL_BINDING => {
            "channel_binding=require needs TLS and scram-sha-256: set `sslmode: require` or stricter, or leave channel_binding \
             out of the URL"
        }
        _ => {
            "both sides share no safe way of login: let the server store and ask for scram-sha-256 (password_encryption, then \
             ALTER ROLE … PASSWORD), or connect with verified TLS (`sslmode: verify-full`)"
        }
    }
}

fn query_failed(fault: &Fault) -> &'static str {
    let state = match &fault.detail {
        Some(Detail::SqlState { state, .. }) => state.as_str(),
        _ => "",
    };
    match (about(fault), state) {
        (code::OTHER_ROLE, _) => {
            "it answers as a primary: point the target at the replicas' Service, or set `role: any`"
        }
        (code::PARAMETER, _) => FORWARDED,
        (code::STATEMENT_TIMEOUT, _) => {
            "the server's statement_timeout ended the query: make it cheaper (SELECT 1), or raise the limit"
        }
        (code::NO_BACKEND, _) => {
            "the pooler gets no connection to the database: it is down, refuses the pooler's login, or the pool is used up; \
             the pooler's log (SHOW POOLS, SHOW pool_nodes) tells which"
        }
        (_, "42P01" | "42703") => {
            "the table or column is not there for this user: run the migrations, or look at search_path and at capitals, which need \
             quotes"
        }
        (_, "53100") => {
            "the disk of the server is full: see its volume (kubectl get pvc), enlarge it or free space there"
        }
        (_, "55P03") => "another session holds the lock: pg_locks and pg_stat_activity show which",
        _ => "look the code of the server's error up in its manual, and read the server's log at this time",
    }
}

/// Of the server's word on TLS alone: what is wrong with its certificates is no matter of PostgreSQL.
fn tls_unsupported(fault: &Fault) -> Option<&'static str> {
    match &fault.detail {
        Some(Detail::Tls(TlsDetail::NotOffered)) => Some(
            "switch TLS on in the server (ssl = on, a certificate), or set `sslmode: disable` where the network is trusted",
        ),
        // Which of both it is does not show while TLS is off.
        Some(Detail::SqlState { code: code::NO_PLAIN_RULE, .. }) => Some(
            "no rule of pg_hba.conf lets this user in without TLS: set `sslmode: require` or stricter if the rule is a hostssl \
             one, else add a line for this user, database and pod network",
        ),
        Some(Detail::SqlState { .. }) => Some(
            "the server demands TLS and `sslmode` keeps it off: set `sslmode: verify-full` with its `ca` (or \
             `require`, which verifies nothing)",
        ),
        _ => None,
    }
}

/// The port accepts, and then nothing comes: which silence it is depends on who should have spoken.
fn timeout(fault: &Fault) -> Option<&'static str> {
    let began = fault.detail == Some(Detail::Stream(StreamDetail::Stalled));
    match fault.phase {
        Phase::Tls => Some(
            "the server agreed to TLS, then nothing came: it hangs (its log), or full-sized packets are lost on the way (MTU: \
             ping -M do -s 1400 to it shows)",
        ),
        Phase::Login if began => Some(
            "it answers as PostgreSQL and then hangs: so does a pooler that gets no connection to its database (its log, SHOW \
             POOLS), else read the server's log",
        ),
        Phase::Login => Some(
            "the port accepts and does not answer as PostgreSQL: Redis or an HTTP server stays silent like this (compare the \
             port), else server or pooler hang: read their log",
        ),
        Phase::Request => Some(
            "the login works and no answer comes: a lock or a slow query (pg_stat_activity shows which), or a pooler without a \
             free connection (SHOW POOLS)",
        ),
        Phase::Resolve | Phase::Connect | Phase::Assert => None,
    }
}

fn closed(phase: Phase) -> Option<&'static str> {
    match phase {
        Phase::Request => Some(
            "the session ended in the midst of the query: the server crashed or was killed (its log, kubectl describe pod), or a \
             proxy between cut it",
        ),
        Phase::Login => Some(
            "it hung up before the login was done: no PostgreSQL (compare the port), a proxy without a backend, or a crash; the \
             log of what listens there says which",
        ),
        Phase::Resolve | Phase::Connect | Phase::Tls | Phase::Assert => None,
    }
}

#[cfg(test)]
mod tests;
