//! Hints for logins and what comes right after them.

use crate::cause::Cause;
use crate::outcome::Fault;

pub(super) fn hint(fault: &Fault, kind: &str) -> String {
    let says = |text: &str| fault.message.contains(text);
    match fault.cause {
        Cause::PasswordRejected if kind == "postgres" && says(" behind a pooler") => {
            "PostgreSQL refused the login that the pooler made there: compare the password in the pooler's userlist.txt, \
             [databases] or pool_passwd with the role's (ALTER ROLE … PASSWORD)"
        }
        Cause::PasswordRejected if kind == "postgres" && (says("(08P01)") || says("(XX000)")) => {
            "the pooler itself refused user and password: compare the Secret with the pooler's own list (PgBouncer: userlist.txt, \
             auth_query; Pgpool: pool_passwd)"
        }
        Cause::PasswordRejected if kind == "postgres" && says("(28000)") => {
            "the server has the password judged elsewhere (LDAP, PAM, RADIUS): it was refused there, or nobody answered, as the \
             server's log tells; an IAM token lasts 15 minutes"
        }
        Cause::PasswordRejected if kind == "postgres" => {
            "a bad or expired password, an unknown role, one without password and an md5 hash under a scram rule look alike: SELECT \
             rolname, rolvaliduntil, left(rolpassword, 5) FROM pg_authid tells. A volume keeps its first password: ALTER ROLE … PASSWORD sets \
             the Secret's"
        }
        Cause::LoginRejected if kind == "postgres" => rejected(fault),
        Cause::PasswordMissing => {
            "the server asks for a password and this check has none: put it into the URL (percent-encoded) or under \
             `password: {env: …}`"
        }
        Cause::NoSuchDatabase if says(" \" does not exist") => {
            "the login works, and the name ends in white space: take the newline out of the Secret (printf, not echo)"
        }
        Cause::NoSuchDatabase if says("no such database") => {
            "the pooler has no such database in its [databases], and asked no server: add it there, or correct the name after the \
             last `/` of the URL"
        }
        Cause::NoSuchDatabase => {
            "the login works, the database is missing: create it, or correct the name after the last `/` of the URL (without one \
             it is the user's; of a pooler: the dbname in its [databases])"
        }
        Cause::TooManyConnections if says("connections for role") || says("connections for database") => {
            "the login works; the CONNECTION LIMIT of this role or database is used up: lower the app's pools, or \
             ALTER ROLE (or DATABASE) … CONNECTION LIMIT"
        }
        Cause::TooManyConnections if says("client_conn") || says("max clients") => {
            "the pooler is full, the database was not asked: SHOW CLIENTS in its console shows by whom; lower their pools, or raise \
             the limit that it names"
        }
        // Said before the server looks at the password, unlike the reserved slots.
        Cause::TooManyConnections => {
            "every connection is taken: SELECT usename, count(*) FROM pg_stat_activity GROUP BY 1 \
             shows by whom; lower their pools, or raise max_connections"
        }
        Cause::StartingUp if says("not accepting connections") => {
            "it is a standby with hot_standby = off, which takes no connections: point the target at the primary, or set it on"
        }
        Cause::StartingUp => "it is starting or recovering: wait; if it lasts, read the server's log",
        Cause::ShuttingDown if says("administrator command") => {
            "the server stops, or somebody ended this session (pg_terminate_backend, a provider's suspend): its log tells which, \
             and whether the next run passes"
        }
        Cause::ShuttingDown => "it is stopping: wait for its restart; if it does not come, see kubectl get pods and the server's log",
        Cause::AuthUnsupported if says("channel binding") => {
            "channel_binding=require needs TLS and scram-sha-256: set `sslmode: require` or stricter, or leave channel_binding \
             out of the URL"
        }
        Cause::AuthUnsupported => {
            "both sides share no safe way of login: let the server store and ask for scram-sha-256 (password_encryption, then \
             ALTER ROLE … PASSWORD), or connect with verified TLS (`sslmode: verify-full`)"
        }
        Cause::ReadOnly => {
            "it answers as a replica, or its transactions are read-only by default: point the target at the primary's Service, \
             or let the failover finish"
        }
        Cause::QueryFailed => query(fault),
        other => other.info().remedy,
    }
    .to_owned()
}

fn rejected(fault: &Fault) -> &'static str {
    let says = |text: &str| fault.message.contains(text);
    if says("not permitted to log in") {
        return "the role is a group (NOLOGIN): ALTER ROLE … LOGIN, or use the user that belongs to it";
    }
    if says("no pg_hba.conf entry") && says(" \", ") {
        return "the database's name ends in white space: take the newline out of the Secret (printf, not echo)";
    }
    if says("no pg_hba.conf entry") && says("(08P01)") {
        return "the server refuses the pooler, whose address that is: add a line for it to the server's pg_hba.conf, or give the \
                pooler TLS towards the server (PgBouncer: server_tls_sslmode)";
    }
    let plain = says("no encryption") || says("SSL off");
    if says("no pg_hba.conf entry") && plain && !(says("SSL encryption") || says("SSL on")) {
        return "no rule of pg_hba.conf lets this user in without TLS, and the server gave none: switch it on there (ssl = on) if the \
                rule is a hostssl one, else add a line for this user, database and pod network";
    }
    if says("no pg_hba.conf entry") {
        return "no line of pg_hba.conf fits this user, database and client address, whatever the password: add one for the \
                pod network, and see that the database's name has no newline";
    }
    if says("certificate authentication failed") {
        return "the client certificate is good and for another user: its CN must be the role's name, or a map of pg_ident.conf \
                must lead to it";
    }
    if says("does not exist") {
        return "the role is not there: CREATE ROLE … LOGIN, or correct the user";
    }
    if says("not currently accepting connections") {
        return "the database itself is closed: ALTER DATABASE … ALLOW_CONNECTIONS true";
    }
    if says("permission denied for database") {
        return "the login works, the right to connect is missing: GRANT CONNECT ON DATABASE … TO this role";
    }
    if says("denied to set parameter") {
        return FORWARDED;
    }
    if ["no such user", "login rejected", "authentication method", "not contain an entry"].iter().any(|text| says(text))
    {
        return "the pooler does not let this user in, the database was not asked: see its userlist.txt, auth_query or pool_passwd, \
                and its own hba file";
    }
    if says("unsupported startup parameter") {
        return "the pooler does not know a parameter that was sent: name it in ignore_startup_parameters of pgbouncer.ini, or \
                take it out of the URL";
    }
    if says("Endpoint ID") || says("Inconsistent project name") {
        return "the proxy finds its endpoint by the TLS name (SNI): connect with TLS by its full host name, or add \
                options=endpoint%3DID to the URL";
    }
    if says("enant") {
        return "the pooler does not know this user: Supabase's takes USER.PROJECT for the user, at the host that its Connect page \
                shows";
    }
    if says("This IP address") {
        return "the provider lets only listed addresses in: add the cluster's egress address (NAT gateway) to its list";
    }
    "the server keeps this user out, whatever the password: its message and its log name the rule (pg_hba.conf, an attribute of \
     the role)"
}

const FORWARDED: &str = "a parameter of the URL went to the server, which does not know it or keeps it to superusers: take it out of the URL";

fn query(fault: &Fault) -> &'static str {
    let says = |text: &str| fault.message.contains(text);
    if says("a replica is wanted") || says("read-only ones are wanted") {
        return "it answers as a primary: point the target at the replicas' Service, or set `role: any`";
    }
    if says("(42P01)") || says("(42703)") {
        return "the table or column is not there for this user: run the migrations, or look at search_path and at capitals, which need \
                quotes";
    }
    if says("(42704)") {
        return FORWARDED;
    }
    if says("statement timeout") {
        return "the server's statement_timeout ended the query: make it cheaper (SELECT 1), or raise the limit";
    }
    if says("(53100)") {
        return "the disk of the server is full: see its volume (kubectl get pvc), enlarge it or free space there";
    }
    if says("(55P03)") {
        return "another session holds the lock: pg_locks and pg_stat_activity show which";
    }
    if ["query_wait_timeout", "server_login_retry", "client_login_timeout", "backend connection", "backend nodes"]
        .iter()
        .any(|text| says(text))
    {
        return "the pooler gets no connection to the database: it is down, refuses the pooler's login, or the pool is used up; \
                the pooler's log (SHOW POOLS, SHOW pool_nodes) tells which";
    }
    "look the code of the server's error up in its manual, and read the server's log at this time"
}
