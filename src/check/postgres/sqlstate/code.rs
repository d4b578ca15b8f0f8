//! What an error may be about beyond its SQLSTATE. Hints are chosen from these codes.

/// The server behind a pooler rejected the login that the pooler made there.
pub(in crate::check::postgres) const UPSTREAM_LOGIN: &str = "upstream_login";
/// The pooler itself rejected user and password.
pub(in crate::check::postgres) const POOLER_PASSWORD: &str = "pooler_password";
/// The server has passwords judged elsewhere: LDAP, PAM, RADIUS.
pub(in crate::check::postgres) const JUDGED_ELSEWHERE: &str = "judged_elsewhere";
/// The name of the database ends in white space.
pub(in crate::check::postgres) const NAME_ENDS_IN_SPACE: &str = "name_ends_in_space";
/// The pooler has no such database, and asked no server.
pub(in crate::check::postgres) const POOLER_DATABASE: &str = "pooler_database";
/// The connection limit of the role or the database is used up.
pub(in crate::check::postgres) const OWN_LIMIT: &str = "own_limit";
/// The pooler has no room for another client.
pub(in crate::check::postgres) const POOLER_FULL: &str = "pooler_full";
/// A standby that takes no connections.
pub(in crate::check::postgres) const COLD_STANDBY: &str = "cold_standby";
/// An administrator's command ended the session.
pub(in crate::check::postgres) const ADMIN_COMMAND: &str = "admin_command";
/// The role may not log in.
pub(in crate::check::postgres) const NO_LOGIN: &str = "no_login";
/// The role does not exist.
pub(in crate::check::postgres) const NO_ROLE: &str = "no_role";
/// No line of pg_hba.conf fits.
pub(in crate::check::postgres) const NO_RULE: &str = "no_rule";
/// No line of pg_hba.conf fits without TLS.
pub(in crate::check::postgres) const NO_PLAIN_RULE: &str = "no_plain_rule";
/// No line of pg_hba.conf fits the pooler that logged in there.
pub(in crate::check::postgres) const NO_POOLER_RULE: &str = "no_pooler_rule";
/// The client certificate is for another user.
pub(in crate::check::postgres) const OTHER_USERS_CERTIFICATE: &str = "other_users_certificate";
/// The database allows no connections.
pub(in crate::check::postgres) const DATABASE_CLOSED: &str = "database_closed";
/// The role has no right to connect to the database.
pub(in crate::check::postgres) const NO_CONNECT_RIGHT: &str = "no_connect_right";
/// A parameter of the URL went to the server, which does not take it.
pub(in crate::check::postgres) const PARAMETER: &str = "parameter";
/// The pooler does not let this user in.
pub(in crate::check::postgres) const POOLER_USER: &str = "pooler_user";
/// The pooler does not know a startup parameter.
pub(in crate::check::postgres) const POOLER_PARAMETER: &str = "pooler_parameter";
/// The proxy does not find its endpoint.
pub(in crate::check::postgres) const ENDPOINT: &str = "endpoint";
/// The pooler does not find its tenant.
pub(in crate::check::postgres) const TENANT: &str = "tenant";
/// The provider does not let this address in.
pub(in crate::check::postgres) const ADDRESS: &str = "address";
/// The server demands TLS.
pub(in crate::check::postgres) const TLS_DEMANDED: &str = "tls_demanded";
/// A statement took longer than the server allows.
pub(in crate::check::postgres) const STATEMENT_TIMEOUT: &str = "statement_timeout";
/// The pooler gets no connection to its database.
pub(in crate::check::postgres) const NO_BACKEND: &str = "no_backend";
/// The provider's proxy gets no connection to its database.
pub(in crate::check::postgres) const PROXY_BACKEND: &str = "proxy_backend";
/// The provider's proxy has no room for another client.
pub(in crate::check::postgres) const PROXY_FULL: &str = "proxy_full";
/// The provider takes no more connections in this time.
pub(in crate::check::postgres) const RATE: &str = "rate";
/// The proxy has no secret for this role.
pub(in crate::check::postgres) const PROXY_SECRET: &str = "proxy_secret";
/// The proxy has another password for this role.
pub(in crate::check::postgres) const PROXY_PASSWORD: &str = "proxy_password";
/// The proxy has another login method than the client.
pub(in crate::check::postgres) const PROXY_METHOD: &str = "proxy_method";
/// The proxy does not take a startup parameter.
pub(in crate::check::postgres) const PROXY_PARAMETER: &str = "proxy_parameter";
/// The password is a token of the provider, which it rejects.
pub(in crate::check::postgres) const TOKEN: &str = "token";
/// The provider wants the name of the server in the user.
pub(in crate::check::postgres) const USER_AT_SERVER: &str = "user_at_server";
/// The provider has used up what the account pays for.
pub(in crate::check::postgres) const QUOTA: &str = "quota";
/// The proxy blocks this user or address after failed logins.
pub(in crate::check::postgres) const BLOCKED: &str = "blocked";
/// The proxy knows no such endpoint.
pub(in crate::check::postgres) const NO_ENDPOINT: &str = "no_endpoint";
/// Somebody disabled the endpoint.
pub(in crate::check::postgres) const ENDPOINT_DISABLED: &str = "endpoint_disabled";
/// The compute of the endpoint is suspended, and did not start in time.
pub(in crate::check::postgres) const COMPUTE: &str = "compute";
/// The proxy does not find the cluster.
pub(in crate::check::postgres) const CLUSTER: &str = "cluster";
/// The node is leaving its cluster.
pub(in crate::check::postgres) const DRAINING: &str = "draining";
/// The node gets no answer from the rest of its cluster.
pub(in crate::check::postgres) const CLUSTER_SILENT: &str = "cluster_silent";
/// The pooler has no pool for this database and user.
pub(in crate::check::postgres) const NO_ROUTE: &str = "no_route";
/// The configuration of the pooler contradicts itself.
pub(in crate::check::postgres) const POOLER_CONFIG: &str = "pooler_config";
/// The pooler is out of memory.
pub(in crate::check::postgres) const POOLER_MEMORY: &str = "pooler_memory";
/// The pooler ended the query or the session after a time of its own.
pub(in crate::check::postgres) const POOLER_TIMEOUT: &str = "pooler_timeout";
/// An administrator of the pooler disabled the database there.
pub(in crate::check::postgres) const POOLER_DISABLED: &str = "pooler_disabled";
/// A line of pg_hba.conf rejects this user.
pub(in crate::check::postgres) const REJECT_RULE: &str = "reject_rule";
/// The server compares the user of the process with the role.
pub(in crate::check::postgres) const PEER: &str = "peer";
/// No `local` line of pg_hba.conf fits.
pub(in crate::check::postgres) const NO_LOCAL_RULE: &str = "no_local_rule";

/// No server's error: the login must be tied to the server's certificate, and the connection has no TLS.
pub(in crate::check::postgres) const UNBOUND_PLAIN: &str = "unbound_plain";
/// No server's error: the same, and the server asks for a method that cannot be tied to anything.
pub(in crate::check::postgres) const UNBOUND_METHOD: &str = "unbound_method";
/// No server's error: the same, and the server offers SCRAM without it.
pub(in crate::check::postgres) const UNBOUND_NOT_OFFERED: &str = "unbound_not_offered";
/// No server's error: the same, and the certificate's signature names no hash.
pub(in crate::check::postgres) const UNBOUND_CERTIFICATE: &str = "unbound_certificate";
/// The database is the pooler's own console, which runs no SQL.
pub(in crate::check::postgres) const ADMIN_CONSOLE: &str = "admin_console";
/// No line of CockroachDB's setting for logins accepts this user and address.
pub(in crate::check::postgres) const HBA_SETTING: &str = "hba_setting";
/// No server's error: the server is in another role than the one that is wanted.
pub(in crate::check::postgres) const OTHER_ROLE: &str = "other_role";

/// No server's error: the server asks for the password in clear text, and the connection is not encrypted.
pub(in crate::check::postgres) const CLEAR_TEXT_PLAIN: &str = "clear_text_plain";
/// No server's error: the server asks for the password in clear text, and its certificate is not verified.
pub(in crate::check::postgres) const CLEAR_TEXT_UNVERIFIED: &str = "clear_text_unverified";
/// No server's error: the server asks for GSSAPI, Kerberos or SSPI.
pub(in crate::check::postgres) const KERBEROS: &str = "kerberos";
/// No server's error: pilotfish has none of the SASL mechanisms that the server offers.
pub(in crate::check::postgres) const MECHANISM: &str = "mechanism";
/// No server's error: the server demands more rounds of SCRAM than pilotfish computes.
pub(in crate::check::postgres) const ROUNDS: &str = "rounds";
/// No server's error: the server demands so few rounds of SCRAM that the proof would give the password away.
pub(in crate::check::postgres) const FEW_ROUNDS: &str = "few_rounds";
/// No server's error: the server wants a password, which is in a file that libpq reads.
pub(in crate::check::postgres) const PASSFILE: &str = "passfile";
/// No server's error: a password of invisible characters, which pilotfish has in a form for SCRAM alone.
pub(in crate::check::postgres) const INVISIBLE: &str = "invisible";
/// No server's error: a table that must exist is not there.
pub(in crate::check::postgres) const TABLE_MISSING: &str = "table_missing";
/// No server's error: the same, and one of that name is in another schema, or differs in capitals.
pub(in crate::check::postgres) const TABLE_ELSEWHERE: &str = "table_elsewhere";
/// No server's error: the table in which a tool records its migrations is not there.
pub(in crate::check::postgres) const MIGRATION_TABLE_MISSING: &str = "migration_table_missing";
/// No server's error: the same, and one of that name is in another schema.
pub(in crate::check::postgres) const MIGRATION_TABLE_ELSEWHERE: &str = "migration_table_elsewhere";
/// No server's error: another tool made the table.
pub(in crate::check::postgres) const OTHER_TOOL: &str = "other_tool";
/// No server's error: the migration is not applied.
pub(in crate::check::postgres) const MIGRATION_BEHIND: &str = "migration_behind";
/// No server's error: the same, and the tool's lock is held.
pub(in crate::check::postgres) const MIGRATION_LOCKED: &str = "migration_locked";
/// No server's error: the database is at another revision, and nobody knows whether it is an older one.
pub(in crate::check::postgres) const MIGRATION_UNKNOWN: &str = "migration_unknown";
/// No server's error: a migration failed.
pub(in crate::check::postgres) const MIGRATION_FAILED: &str = "migration_failed";
/// No server's error: the migration was applied and rolled back.
pub(in crate::check::postgres) const MIGRATION_UNDONE: &str = "migration_undone";
