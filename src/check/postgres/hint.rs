//! Hints that are PostgreSQL's own: for its logins, its queries, its TLS and its silence.

mod migrations;
mod products;
mod states;

use crate::cause::Cause;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault, Phase, StreamDetail, TlsDetail, URL_DIALECT};

use super::sqlstate::code;

const FORWARDED: &str = "PostgreSQL rejects a parameter of the URL: it is unknown or reserved for superusers. Remove \
                         it from the URL.";

/// The hint of a fault, where PostgreSQL has one of its own.
pub(crate) fn hint(fault: &Fault, evidence: &Evidence, _: &Context<'_>) -> Option<String> {
    let dialect = evidence.facts.own_text(URL_DIALECT).unwrap_or_default();
    general(fault, !dialect.is_empty()).map(|text| in_dialect(text, dialect))
}

/// A hint with the parts of a connection as they are written in the form of this client, where it has one of its own.
fn in_dialect(text: String, dialect: &str) -> String {
    /// As in a URL or as the key; in a string of Npgsql, of keywords, and of JDBC.
    const PARTS: [[&str; 4]; 6] = [
        [
            "Add it to the URL (percent-encoded)",
            "Add `Password=…` to the string",
            "Add `password=…` to the string",
            "Add `?user=…&password=…` to the URL",
        ],
        [
            "the name after the last `/` of the URL",
            "`Database=…`",
            "`dbname=…`",
            "the name after the last `/` of the URL",
        ],
        ["`sslmode: disable`", "`SSL Mode=Disable`", "`sslmode=disable`", "`sslmode=disable`"],
        ["`sslmode: require`", "`SSL Mode=Require`", "`sslmode=require`", "`sslmode=require`"],
        ["`sslmode: verify-full`", "`SSL Mode=VerifyFull`", "`sslmode=verify-full`", "`sslmode=verify-full`"],
        ["from the URL", "from the string", "from the string", "from the URL"],
    ];
    let column = match dialect {
        "npgsql" => 1,
        "libpq" | "pdo" => 2,
        "jdbc" => 3,
        _ => return text,
    };
    PARTS.iter().fold(text, |text, forms| text.replace(forms[0], forms[column]))
}

fn general(fault: &Fault, has_dialect: bool) -> Option<String> {
    if let Some(text) = products::hint(about(fault)) {
        return Some(text.to_owned());
    }
    if let Some(Detail::Protocol { code, product }) = fault.detail
        && let Some(text) = migrations::hint(code, product)
    {
        return Some(text);
    }
    let text = match fault.cause {
        Cause::PasswordMissing if has_dialect && about(fault).is_empty() => {
            "The server requires a password, and this check has none. Add it to the URL (percent-encoded) or set \
             `password: {env: …}`."
        }
        Cause::PasswordRejected => password_rejected(fault),
        Cause::LoginRejected => login_rejected(fault),
        Cause::NoSuchDatabase => no_such_database(fault),
        Cause::TooManyConnections => too_many_connections(fault),
        Cause::StartingUp if about(fault) == code::COLD_STANDBY => {
            "This standby accepts no connections (hot_standby = off). Point the target at the primary, or set \
             hot_standby = on."
        }
        Cause::ShuttingDown if about(fault) == code::ADMIN_COMMAND => {
            "The server is stopping, or someone ended this session (pg_terminate_backend, a provider's suspend). Read the \
             server's log."
        }
        Cause::AuthUnsupported => auth_unsupported(fault),
        Cause::ProbeLimit => probe_limit(fault)?,
        Cause::QueryFailed => query_failed(fault),
        Cause::MissingTable => {
            "The table does not exist for this user. Run the migrations, or check the database, search_path and capital \
             letters, which need quotes."
        }
        Cause::PermissionDenied => {
            "The login works, but the role lacks a privilege. GRANT it to this role; tables of another owner need a \
             grant for each role."
        }
        Cause::BodyMismatch => {
            "The query works but returns another value. Run it with psql as the same user and compare the result with \
             `expect`."
        }
        Cause::TlsNotTls => {
            "This port does not speak PostgreSQL with TLS. Correct the port, or set `sslmode: disable` if the server \
             has no TLS."
        }
        Cause::TlsUnsupported => tls_unsupported(fault)?,
        Cause::Timeout => timeout(fault)?,
        Cause::ConnectionClosed => closed(fault.phase)?,
        Cause::TooLarge if fault.phase == Phase::Request => {
            "The query returns more than a probe needs. Limit it to one row (LIMIT 1)."
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
        code::POOLER_PASSWORD => {
            "The pooler rejected the user or the password. Compare the Secret with the pooler's own list (PgBouncer: \
             userlist.txt, auth_query; Pgpool: pool_passwd)."
        }
        code::JUDGED_ELSEWHERE => {
            "The server checks the password elsewhere (LDAP, PAM, RADIUS), and that service rejected it or did not \
             answer: see the server's log. An IAM token expires after 15 minutes."
        }
        _ => {
            "Run ALTER ROLE … PASSWORD with the Secret's value: the database's volume keeps the password of its first start. An \
             expired one, an unknown role, a role without a password and an md5 hash under a scram rule look alike: SELECT \
             rolname, rolvaliduntil, left(rolpassword, 5) FROM pg_authid shows which."
        }
    }
}

fn login_rejected(fault: &Fault) -> &'static str {
    match about(fault) {
        code::NO_LOGIN => {
            "The role cannot log in (NOLOGIN). Run ALTER ROLE … LOGIN, or use the user that belongs to \
                           it."
        }
        code::NAME_ENDS_IN_SPACE => {
            "The database name ends with white space. Remove the newline from the Secret: use printf, not echo."
        }
        code::NO_POOLER_RULE => {
            "PostgreSQL rejects the pooler, whose address the message shows. Add a line for it to the server's \
             pg_hba.conf, or give the pooler TLS to the server (PgBouncer: server_tls_sslmode)."
        }
        code::NO_PLAIN_RULE => {
            "No line in pg_hba.conf accepts this user without TLS, and the server offered no TLS. Enable TLS there \
             (ssl = on) or in a proxy between that removes it; otherwise add a line for this user, database and pod network."
        }
        code::NO_RULE => {
            "No line in pg_hba.conf matches this user, database and client address, whatever the password. Add a line \
             for the pod network, and check that the database name has no newline."
        }
        code::NO_LOCAL_RULE => {
            "No `local` line in pg_hba.conf matches this user and database. Add one with scram-sha-256, or connect over TCP."
        }
        code::PEER => {
            "PostgreSQL compares the operating system user of this container with the role (peer, ident). Change the line \
             in pg_hba.conf to scram-sha-256, or run this container (runAsUser) with a user that pg_ident.conf maps to the role."
        }
        code::OTHER_USERS_CERTIFICATE => {
            "The client certificate is valid but belongs to another user. Its CN must be the role name, or \
             pg_ident.conf must map it to the role."
        }
        code::NO_ROLE => "The role does not exist. Run CREATE ROLE … LOGIN, or correct the user name.",
        code::DATABASE_CLOSED => "The database accepts no connections. Run ALTER DATABASE … ALLOW_CONNECTIONS true.",
        code::NO_CONNECT_RIGHT => {
            "The login works, but the role may not connect to this database. Run GRANT CONNECT ON DATABASE … TO this \
             role."
        }
        code::PARAMETER => FORWARDED,
        code::REJECT_RULE => {
            "A `reject` line in pg_hba.conf matches this user, database and client address. Remove it, or add a line that \
             accepts them above it."
        }
        code::TLS_DEMANDED => {
            "The server requires TLS but offered none on this connection. A proxy between may remove it: connect to the \
             server itself, or enable TLS in the proxy."
        }
        _ => {
            "PostgreSQL rejects this user, whatever the password. Its message and its log name the rule (pg_hba.conf, \
             an attribute of the role)."
        }
    }
}

fn no_such_database(fault: &Fault) -> &'static str {
    match about(fault) {
        code::NAME_ENDS_IN_SPACE => {
            "The login works, but the database name ends with white space. Remove the newline from the Secret: use \
             printf, not echo."
        }
        code::POOLER_DATABASE => {
            "The pooler has no such database in its [databases] and did not ask a server. Add it there, or correct \
             the name after the last `/` of the URL."
        }
        _ => {
            "The login works, but the database does not exist. Create the database, or correct the name after the last `/` of \
             the URL (without one it is the user's name; behind a pooler, check the dbname in its [databases])."
        }
    }
}

fn too_many_connections(fault: &Fault) -> &'static str {
    match about(fault) {
        code::OWN_LIMIT => {
            "The login works, but the CONNECTION LIMIT of this role or database is reached. Lower the pools of the \
             app, or raise it with ALTER ROLE (or DATABASE) … CONNECTION LIMIT."
        }
        // Said before the server looks at the password, unlike the reserved slots.
        _ => {
            "Every connection is in use. SELECT usename, count(*) FROM pg_stat_activity GROUP BY 1 shows by whom; \
             lower their pools, or raise max_connections."
        }
    }
}

fn auth_unsupported(fault: &Fault) -> &'static str {
    match about(fault) {
        code::UNBOUND_PLAIN => {
            "channel_binding=require needs TLS, which this connection does not have. Enable TLS on the server and set \
             `sslmode: require` or stricter, or remove channel_binding from the URL."
        }
        code::UNBOUND_METHOD => {
            "channel_binding=require needs a login by scram-sha-256. Store and require scram-sha-256 on the server \
             (password_encryption, ALTER ROLE … PASSWORD, pg_hba.conf), or remove channel_binding from the URL."
        }
        code::UNBOUND_NOT_OFFERED => {
            "The server offers SCRAM without channel binding, as poolers and proxies that end TLS themselves do. Connect \
             to PostgreSQL directly, or set channel_binding=prefer and protect the login with `sslmode: verify-full`."
        }
        code::UNBOUND_CERTIFICATE => {
            "A login cannot be bound to a certificate whose signature names no hash, such as Ed25519. Reissue it with \
             EC P-256 or RSA and SHA-256, or set channel_binding=prefer."
        }
        _ => {
            "Client and server share no login method. Store and require scram-sha-256 on the server \
             (password_encryption, then ALTER ROLE … PASSWORD)."
        }
    }
}

/// What to set where the app may well log in.
fn probe_limit(fault: &Fault) -> Option<&'static str> {
    Some(match about(fault) {
        code::CLEAR_TEXT_UNVERIFIED => {
            "The app may log in, but pilotfish sends a password in clear text (IAM, LDAP, PAM) over verified TLS only. \
             Set `sslmode: verify-full` and `ca`; where that is not possible, set `cleartext: encrypted`."
        }
        code::CLEAR_TEXT_PLAIN => {
            "The app may log in, but pilotfish never sends a password in clear text without TLS. Set `sslmode: \
             verify-full` and `ca`, or require scram-sha-256 on the server."
        }
        code::KERBEROS => {
            "The app may log in with its Kerberos ticket: this check then shows only that the server answers. For a \
             login, give the check a role that pg_hba.conf accepts with scram-sha-256."
        }
        code::MECHANISM => {
            "The app may log in by another mechanism (such as OAUTHBEARER): this check then shows only that the server \
             answers. For a login, give the check a role that pg_hba.conf accepts with scram-sha-256."
        }
        code::ROUNDS => {
            "The app may log in, but pilotfish computes no more rounds. Lower scram_iterations on the server and set the \
             password again, or give the check a role of its own."
        }
        code::FEW_ROUNDS => {
            "A password can be guessed fast from a proof of few rounds, so none goes to a server that is not verified. \
             Set `sslmode: verify-full` and `ca`, or set `min_scram_iterations` to the scram_iterations of the server."
        }
        code::PASSFILE => {
            "The app may take the password from its passfile, which pilotfish does not read. Set `password: {file: …}` or \
             `password: {env: …}`."
        }
        code::INVISIBLE => {
            "The password has only invisible characters, which is rarely intended. Set another one, or require \
             scram-sha-256 on the server."
        }
        _ => return None,
    })
}

fn query_failed(fault: &Fault) -> &'static str {
    let state = match &fault.detail {
        Some(Detail::SqlState { state, .. }) => state.as_str(),
        _ => "",
    };
    match (about(fault), state) {
        (code::OTHER_ROLE, _) => {
            "The server is a primary. Point the target at the Service of the replicas, or set `role: any`."
        }
        (code::PARAMETER, _) => FORWARDED,
        (code::STATEMENT_TIMEOUT, _) => {
            "The statement_timeout of the server ended the query. Use a cheaper query (SELECT 1), or raise the limit."
        }
        (_, state) => {
            states::hint(state).unwrap_or("Read the message of the server, and its log and the pooler's at this time.")
        }
    }
}

/// Of the server's word on TLS alone: what is wrong with its certificates is no matter of PostgreSQL.
fn tls_unsupported(fault: &Fault) -> Option<&'static str> {
    match &fault.detail {
        Some(Detail::Tls(TlsDetail::NotOffered)) => Some(
            "Enable TLS on the server (ssl = on and a certificate), or set `sslmode: disable` if you trust the \
             network.",
        ),
        // Which of both it is does not show while TLS is off.
        Some(Detail::SqlState { code: code::NO_PLAIN_RULE, .. }) => Some(
            "No line in pg_hba.conf accepts this user without TLS. Set `sslmode: require` or stricter if the line is \
             a hostssl one, or add a line for this user, database and pod network.",
        ),
        Some(Detail::SqlState { .. }) => Some(
            "The server requires TLS, but `sslmode` disables it. Set `sslmode: verify-full` with its `ca` (or \
             `require`, which verifies nothing).",
        ),
        _ => None,
    }
}

/// The port accepts, and then nothing comes: which silence it is depends on who should have spoken.
fn timeout(fault: &Fault) -> Option<&'static str> {
    let began = fault.detail == Some(Detail::Stream(StreamDetail::Stalled));
    match fault.phase {
        Phase::Tls => Some(
            "The server agreed to TLS, then sent nothing. It hangs (see its log), or the network drops full-sized \
             packets (MTU: ping -M do -s 1400 to it shows).",
        ),
        Phase::Login if began => Some(
            "The peer answers like PostgreSQL and then hangs. A pooler without a connection to its database does that \
             (its log, SHOW POOLS); otherwise read the server's log.",
        ),
        Phase::Login => Some(
            "The port accepts connections but does not answer like PostgreSQL: Redis or an HTTP server stays silent \
             like this (compare the port). Otherwise the server or pooler hangs: read its log.",
        ),
        Phase::Request => Some(
            "The login works, but the query gets no answer. A lock or a slow query holds it (see pg_stat_activity), \
             or the pooler has no free connection (SHOW POOLS).",
        ),
        Phase::Resolve | Phase::Connect | Phase::Assert => None,
    }
}

fn closed(phase: Phase) -> Option<&'static str> {
    match phase {
        Phase::Request => Some(
            "The session ended during the query. The server crashed or was killed (its log, kubectl describe pod), or \
             a proxy closed the connection.",
        ),
        Phase::Login => Some(
            "The peer closed the connection before the login was complete: it is not PostgreSQL (compare the port), a \
             proxy has no backend, or it crashed. Read the log of what listens there.",
        ),
        Phase::Resolve | Phase::Connect | Phase::Tls | Phase::Assert => None,
    }
}

#[cfg(test)]
mod tests;
