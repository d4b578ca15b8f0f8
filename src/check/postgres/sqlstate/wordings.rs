//! What poolers, proxies and providers write. Many of them have one SQLSTATE for everything, so the text decides: which
//! cause it is, what it is about, and who sent it.

use super::code;
use crate::cause::Cause;

/// A text of a product, and what it means.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wording {
    /// A part of the message, or of its detail, that nobody else writes.
    says: &'static str,
    /// The cause at a login; [`Cause::TlsUnsupported`] is a demand for TLS.
    pub(super) cause: Cause,
    /// What it is about, of those in `code`.
    pub(super) about: &'static str,
    /// Who sent it.
    pub(super) product: &'static str,
}

const fn row(says: &'static str, cause: Cause, about: &'static str, product: &'static str) -> Wording {
    Wording { says, cause, about, product }
}

const AZURE: &str = "Azure";
const CLOUD_SQL: &str = "Cloud SQL";
const COCKROACH: &str = "CockroachDB";
const NEON: &str = "Neon";
const ODYSSEY: &str = "Odyssey";
const PGBOUNCER: &str = "PgBouncer";
const PGCAT: &str = "PgCat";
const PGPOOL: &str = "Pgpool";
const RDS: &str = "RDS Proxy";
const SUPABASE: &str = "Supabase";
const YUGABYTE: &str = "YugabyteDB";

/// The first row that fits counts.
const WORDINGS: &[Wording] = &[
    // RDS Proxy: "Troubleshooting for RDS Proxy", table of PostgreSQL errors, in the user guide of Amazon RDS.
    row("This RDS Proxy requires TLS connections", Cause::TlsUnsupported, code::TLS_DEMANDED, RDS),
    row("IAM is allowed only with SSL connections", Cause::TlsUnsupported, code::TLS_DEMANDED, RDS),
    row("too many competing requests", Cause::TooManyConnections, code::RATE, RDS),
    row("This RDS proxy has no credentials for the role", Cause::LoginRejected, code::PROXY_SECRET, RDS),
    row("The password that was provided for the role", Cause::PasswordRejected, code::PROXY_PASSWORD, RDS),
    row("RDS supports only IAM", Cause::AuthUnsupported, code::PROXY_METHOD, RDS),
    row("RDS Proxy currently doesn", Cause::LoginRejected, code::PROXY_PARAMETER, RDS),
    row("client connections to the proxy exceeded", Cause::TooManyConnections, code::PROXY_FULL, RDS),
    row("Rate of connection to proxy exceeded", Cause::TooManyConnections, code::RATE, RDS),
    row("Timed-out waiting to acquire database connection", Cause::QueryFailed, code::PROXY_BACKEND, RDS),
    row("RDS Proxy", Cause::QueryFailed, code::PROXY_BACKEND, RDS),
    // Cloud SQL and AlloyDB: "Cloud SQL IAM user authentication failed for user …" (cloud.google.com/sql/docs/postgres/
    // troubleshooting).
    row("IAM user authentication failed", Cause::PasswordRejected, code::TOKEN, CLOUD_SQL),
    row("IAM service account authentication failed", Cause::PasswordRejected, code::TOKEN, CLOUD_SQL),
    row("IAM authentication failed", Cause::PasswordRejected, code::TOKEN, RDS),
    row("IAM token", Cause::PasswordRejected, code::TOKEN, RDS),
    // Azure: learn.microsoft.com, "Troubleshoot connection issues to Azure Database for PostgreSQL"; single servers name
    // the user USER@SERVER, flexible ones take tokens of Entra.
    row("should be in <username@hostname> format", Cause::LoginRejected, code::USER_AT_SERVER, AZURE),
    row("access token not valid for role", Cause::PasswordRejected, code::TOKEN, AZURE),
    row("Azure AD access token", Cause::PasswordRejected, code::TOKEN, AZURE),
    // "The access token has expired", "has invalid format", "does not have a valid audience claim", "An error occurred while
    // validating the access token": darold/ora2pg #1851, Azure-Samples/rag-postgres-openai-python #161,
    // microsoft/azuredatastudio-postgresql #505, cyrilgdn/terraform-provider-postgresql #60.
    row("The access token ", Cause::PasswordRejected, code::TOKEN, AZURE),
    row("validating the access token", Cause::PasswordRejected, code::TOKEN, AZURE),
    // Supavisor: lib/supavisor/errors/*.ex at 03e5cc56; supabase/cli #4277, supabase/supabase #21166 (older words).
    row("SSL connection is required for user", Cause::TlsUnsupported, code::TLS_DEMANDED, SUPABASE),
    row("not in tenant allow_list", Cause::LoginRejected, code::ADDRESS, SUPABASE),
    row("tenant is banned", Cause::LoginRejected, code::QUOTA, SUPABASE),
    row("circuit breaker open", Cause::LoginRejected, code::BLOCKED, SUPABASE),
    row("ax client connections reached", Cause::TooManyConnections, code::PROXY_FULL, SUPABASE),
    row("max clients reached", Cause::TooManyConnections, code::PROXY_FULL, SUPABASE),
    row("max proxy connections reached", Cause::TooManyConnections, code::PROXY_FULL, SUPABASE),
    row("max pools count reached", Cause::TooManyConnections, code::PROXY_FULL, SUPABASE),
    row("unable to check out connection from the pool", Cause::QueryFailed, code::PROXY_BACKEND, SUPABASE),
    row("pool checkout failed", Cause::QueryFailed, code::PROXY_BACKEND, SUPABASE),
    row("connection to database not available", Cause::QueryFailed, code::PROXY_BACKEND, SUPABASE),
    row("connection to database closed", Cause::QueryFailed, code::PROXY_BACKEND, SUPABASE),
    row("auth_query connection failed", Cause::QueryFailed, code::PROXY_BACKEND, SUPABASE),
    row("auth_query secret check timed out", Cause::QueryFailed, code::PROXY_BACKEND, SUPABASE),
    row("authentication query failed", Cause::QueryFailed, code::PROXY_BACKEND, SUPABASE),
    row("failed to retrieve authentication secrets", Cause::QueryFailed, code::PROXY_BACKEND, SUPABASE),
    row("failed to subscribe to tenant", Cause::QueryFailed, code::PROXY_BACKEND, SUPABASE),
    row("worker processes (manager/pool) not found", Cause::QueryFailed, code::PROXY_BACKEND, SUPABASE),
    row("Invalid format for user or db_name", Cause::LoginRejected, code::TENANT, SUPABASE),
    row("enant or user not found", Cause::LoginRejected, code::TENANT, SUPABASE),
    row("tenant/user", Cause::LoginRejected, code::TENANT, SUPABASE),
    row("no tenant identifier provided", Cause::LoginRejected, code::TENANT, SUPABASE),
    // Of Azure's single servers; PgBouncer's at Azure is its own.
    row("SSL connection is required", Cause::TlsUnsupported, code::TLS_DEMANDED, AZURE),
    // Neon: proxy/src/auth/mod.rs and proxy/src/control_plane/{errors,messages}.rs at 0633cd63; neon.com/docs/connect/
    // connection-errors; "exceeded the compute time quota": PeerDB-io/peerdb #3780.
    row("connection is insecure", Cause::TlsUnsupported, code::TLS_DEMANDED, NEON),
    row("VPC endpoint", Cause::LoginRejected, code::ADDRESS, NEON),
    row("ndpoint ID is not specified", Cause::LoginRejected, code::ENDPOINT, NEON),
    row("Inconsistent project name", Cause::LoginRejected, code::ENDPOINT, NEON),
    row("could not be found, or you don't have access", Cause::LoginRejected, code::NO_ENDPOINT, NEON),
    row("This IP address", Cause::LoginRejected, code::ADDRESS, NEON),
    row("from a blocked network", Cause::LoginRejected, code::ADDRESS, NEON),
    row("exceeded the compute time quota", Cause::LoginRejected, code::QUOTA, NEON),
    row("account or project has exceeded the", Cause::LoginRejected, code::QUOTA, NEON),
    row("endpoint is disabled", Cause::LoginRejected, code::ENDPOINT_DISABLED, NEON),
    row("endpoint has been disabled", Cause::LoginRejected, code::ENDPOINT_DISABLED, NEON),
    row("Too many connections to this endpoint", Cause::TooManyConnections, code::RATE, NEON),
    row("Too many connections attempts", Cause::TooManyConnections, code::RATE, NEON),
    row("Too many database connection attempts", Cause::TooManyConnections, code::RATE, NEON),
    row("Couldn't connect to compute node", Cause::StartingUp, code::COMPUTE, NEON),
    row("Control plane request failed", Cause::StartingUp, code::COMPUTE, NEON),
    row("Console request failed", Cause::StartingUp, code::COMPUTE, NEON),
    // CockroachDB: pkg/sql/pgwire/server.go (ErrSSLRequired), pkg/ccl/sqlproxyccl (error.go, proxy_handler.go, connector.go).
    row("node is running secure mode, SSL connection", Cause::TlsUnsupported, code::TLS_DEMANDED, COCKROACH),
    row("server requires encryption", Cause::TlsUnsupported, code::TLS_DEMANDED, COCKROACH),
    // pkg/sql/pgwire/{auth,auth_methods}.go.
    row("host_based_authentication", Cause::LoginRejected, code::HBA_SETTING, COCKROACH),
    row("authentication rejected by configuration", Cause::LoginRejected, code::HBA_SETTING, COCKROACH),
    row("unusable over this connection type", Cause::LoginRejected, code::HBA_SETTING, COCKROACH),
    row("not accepting clients, try another node", Cause::ShuttingDown, code::DRAINING, COCKROACH),
    row("odeParamsRoutingFailed", Cause::LoginRejected, code::CLUSTER, COCKROACH),
    row("missing cluster identifier", Cause::LoginRejected, code::CLUSTER, COCKROACH),
    row("odeProxyRefusedConnection", Cause::LoginRejected, code::BLOCKED, COCKROACH),
    row("too many failed authentication attempts", Cause::LoginRejected, code::BLOCKED, COCKROACH),
    row("odeBackendDown", Cause::QueryFailed, code::PROXY_BACKEND, COCKROACH),
    row("unable to reach backend SQL server", Cause::QueryFailed, code::PROXY_BACKEND, COCKROACH),
    // YugabyteDB: yugabyte/yugabyte-db #1921, #1933, #5451.
    row("Timed out: Read RPC", Cause::QueryFailed, code::CLUSTER_SILENT, YUGABYTE),
    row("Timed out: Write RPC", Cause::QueryFailed, code::CLUSTER_SILENT, YUGABYTE),
    // Odyssey (sources/frontend.c), which is YugabyteDB's connection manager, too.
    row("failed to get remote server connection", Cause::QueryFailed, code::PROXY_BACKEND, ODYSSEY),
    row("SSL is required", Cause::TlsUnsupported, code::TLS_DEMANDED, ODYSSEY),
    row("route for '", Cause::LoginRejected, code::NO_ROUTE, ODYSSEY),
    // PgCat: src/errors.rs, src/client.rs.
    row("could not get connection from the pool", Cause::QueryFailed, code::PROXY_BACKEND, PGCAT),
    row("No pool configured for database", Cause::LoginRejected, code::NO_ROUTE, PGCAT),
    // Pgpool: src/protocol/child.c, src/auth/pool_auth.c, src/auth/pool_hba.c.
    row("backend authentication failed", Cause::PasswordRejected, code::UPSTREAM_LOGIN, PGPOOL),
    row("not contain an entry", Cause::LoginRejected, code::POOLER_USER, PGPOOL),
    row("no pool_hba.conf entry", Cause::LoginRejected, code::POOLER_USER, PGPOOL),
    row("pool_hba.conf rejects", Cause::LoginRejected, code::POOLER_USER, PGPOOL),
    row("backend connection", Cause::QueryFailed, code::NO_BACKEND, PGPOOL),
    row("backend nodes", Cause::QueryFailed, code::NO_BACKEND, PGPOOL),
    row("pgpool is not accepting", Cause::QueryFailed, code::NO_BACKEND, PGPOOL),
    row("unable to read data from DB node", Cause::QueryFailed, code::NO_BACKEND, PGPOOL),
    // PgBouncer: disconnect_client() in src/*.c at 13a344f2; "cannot connect to server" up to 1.20.
    row("SSL required", Cause::TlsUnsupported, code::TLS_DEMANDED, PGBOUNCER),
    // src/admin.c: its console runs commands alone.
    row("use SHOW HELP", Cause::QueryFailed, code::ADMIN_CONSOLE, PGBOUNCER),
    row("bouncer config error", Cause::LoginRejected, code::POOLER_CONFIG, PGBOUNCER),
    row("auth_ldap_options is null", Cause::LoginRejected, code::POOLER_CONFIG, PGBOUNCER),
    row("ldap is not supported by this build", Cause::LoginRejected, code::POOLER_CONFIG, PGBOUNCER),
    row("bouncer resources exhaustion", Cause::QueryFailed, code::POOLER_MEMORY, PGBOUNCER),
    row("no memory for", Cause::QueryFailed, code::POOLER_MEMORY, PGBOUNCER),
    row("cannot connect to server", Cause::QueryFailed, code::NO_BACKEND, PGBOUNCER),
    row("server login failed", Cause::QueryFailed, code::NO_BACKEND, PGBOUNCER),
    row("server login has been failing", Cause::QueryFailed, code::NO_BACKEND, PGBOUNCER),
    row("server_login_retry", Cause::QueryFailed, code::NO_BACKEND, PGBOUNCER),
    row("query_wait_timeout", Cause::QueryFailed, code::NO_BACKEND, PGBOUNCER),
    row("client_login_timeout", Cause::QueryFailed, code::NO_BACKEND, PGBOUNCER),
    row("query_timeout", Cause::QueryFailed, code::POOLER_TIMEOUT, PGBOUNCER),
    row("client_idle_timeout", Cause::QueryFailed, code::POOLER_TIMEOUT, PGBOUNCER),
    row("no such user", Cause::LoginRejected, code::POOLER_USER, PGBOUNCER),
    row("no such database:", Cause::NoSuchDatabase, code::POOLER_DATABASE, PGBOUNCER),
    row("\" is disabled", Cause::LoginRejected, code::POOLER_DISABLED, PGBOUNCER),
    row("login rejected", Cause::LoginRejected, code::POOLER_USER, PGBOUNCER),
    row("no authentication method is found", Cause::LoginRejected, code::POOLER_USER, PGBOUNCER),
    row("startup parameter", Cause::LoginRejected, code::POOLER_PARAMETER, PGBOUNCER),
    row("no more connections allowed", Cause::TooManyConnections, code::POOLER_FULL, PGBOUNCER),
    row("client connections exceeded", Cause::TooManyConnections, code::POOLER_FULL, PGBOUNCER),
    row("admin forced disconnect", Cause::ShuttingDown, code::ADMIN_COMMAND, PGBOUNCER),
    row("pooler is shutting down", Cause::ShuttingDown, "", PGBOUNCER),
];

/// The wording of a message or of its detail.
pub(super) fn of(message: &str, detail: Option<&str>) -> Option<&'static Wording> {
    let says = |text: &str| message.contains(text) || detail.is_some_and(|detail| detail.contains(text));
    WORDINGS.iter().find(|wording| says(wording.says))
}
