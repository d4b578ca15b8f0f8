//! What an error is about beyond its SQLSTATE, and who sent it: the one place that reads the texts of servers, poolers
//! and proxies for it. Hints are chosen from the codes.

use super::ServerError;
use crate::cause::Cause;

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

/// No server's error: the login must be tied to the server's certificate, and cannot be.
pub(in crate::check::postgres) const CHANNEL_BINDING: &str = "channel_binding";
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
/// No server's error: the server wants a password, which is in a file that libpq reads.
pub(in crate::check::postgres) const PASSFILE: &str = "passfile";
/// No server's error: a password of invisible characters, which pilotfish has in a form for SCRAM alone.
pub(in crate::check::postgres) const INVISIBLE: &str = "invisible";

impl ServerError {
    /// Who sent it, where it is known not to be the server.
    pub(super) fn product(&self) -> Option<&'static str> {
        self.wording().map(|wording| wording.product)
    }

    /// What it is about, as a failure of this cause; empty where SQLSTATE and cause say all.
    pub(super) fn about(&self, cause: Cause) -> &'static str {
        match (self.wording(), cause) {
            // PgBouncer hands on why its own login failed.
            (Some(_), Cause::PasswordRejected) if self.says("server_login_retry") => return UPSTREAM_LOGIN,
            (Some(wording), _) => return wording.about,
            (None, _) => {}
        }
        match cause {
            Cause::PasswordRejected if matches!(self.code.as_str(), "08P01" | "XX000") => POOLER_PASSWORD,
            Cause::PasswordRejected if self.code == "28000" => JUDGED_ELSEWHERE,
            Cause::NoSuchDatabase if self.says(" \" does not exist") => NAME_ENDS_IN_SPACE,
            Cause::TooManyConnections if self.says("connections for role") || self.says("connections for database") => {
                OWN_LIMIT
            }
            Cause::StartingUp if self.says("not accepting connections") => COLD_STANDBY,
            Cause::ShuttingDown if self.says("administrator command") => ADMIN_COMMAND,
            Cause::TlsUnsupported if self.says("no pg_hba.conf entry") => NO_PLAIN_RULE,
            Cause::TlsUnsupported => TLS_DEMANDED,
            Cause::LoginRejected => self.about_rejected(),
            Cause::QueryFailed => self.about_query(),
            _ => "",
        }
    }

    fn about_rejected(&self) -> &'static str {
        const TEXTS: &[(&str, &str)] = &[
            ("not permitted to log in", NO_LOGIN),
            ("certificate authentication failed", OTHER_USERS_CERTIFICATE),
            ("does not exist", NO_ROLE),
            ("not currently accepting connections", DATABASE_CLOSED),
            ("permission denied for database", NO_CONNECT_RIGHT),
            // CockroachDB's.
            ("CONNECT privilege", NO_CONNECT_RIGHT),
            ("denied to set parameter", PARAMETER),
            ("pg_hba.conf rejects", REJECT_RULE),
        ];
        if self.says("no pg_hba.conf entry") {
            let plain = self.says("no encryption") || self.says("SSL off");
            return match () {
                () if self.says(" \", ") => NAME_ENDS_IN_SPACE,
                () if self.code == "08P01" => NO_POOLER_RULE,
                () if plain => NO_PLAIN_RULE,
                () => NO_RULE,
            };
        }
        TEXTS.iter().find(|(text, _)| self.says(text)).map_or("", |(_, code)| *code)
    }

    fn about_query(&self) -> &'static str {
        match self.code.as_str() {
            "42704" | "22023" | "55P02" if self.says("parameter") => PARAMETER,
            _ if self.says("statement timeout") => STATEMENT_TIMEOUT,
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Link, ServerError};
    use crate::outcome::Detail;

    /// Code and product of an error at a login.
    fn at_login(code: &str, message: &str, detail: Option<&str>) -> (&'static str, Option<&'static str>) {
        let error = ServerError { code: code.into(), message: message.into(), detail: detail.map(str::to_owned) };
        let Some(Detail::SqlState { state, code: about, product }) = error.at_login(Link::PlainForced).detail else {
            panic!("{code} {message}")
        };
        assert_eq!(state.as_str(), code);
        (about, product)
    }

    #[test]
    fn errors_say_what_they_are_about_and_who_sent_them() {
        for (code, message, expected) in [
            ("28P01", "password authentication failed for user \"app\"", ("", None)),
            ("08P01", "password authentication failed", ("pooler_password", None)),
            ("28000", "LDAP authentication failed for user \"app\"", ("judged_elsewhere", None)),
            ("53300", "sorry, too many clients already", ("", None)),
            ("53300", "too many connections for role \"app\"", ("own_limit", None)),
            ("08P01", "no more connections allowed (max_client_conn)", ("pooler_full", Some("PgBouncer"))),
            ("XX000", "MaxClientsInSessionMode: max clients reached", ("proxy_full", Some("Supabase"))),
            ("XX000", "Too many connections to this endpoint", ("rate", Some("Neon"))),
            ("XX000", "Tenant or user not found", ("tenant", Some("Supabase"))),
            ("XX000", "Endpoint ID is not specified. Either please upgrade", ("endpoint", Some("Neon"))),
            (
                "28000",
                "SSL connection is required. Please specify SSL options and retry.",
                ("tls_demanded", Some("Azure")),
            ),
            ("28000", "This RDS proxy has no credentials for the role app", ("proxy_secret", Some("RDS Proxy"))),
            ("08P01", "query_wait_timeout", ("no_backend", Some("PgBouncer"))),
            ("28000", "certificate authentication failed for user \"app\"", ("other_users_certificate", None)),
        ] {
            assert_eq!(at_login(code, message, None), expected, "{code} {message}");
        }
        let unknown = Some("pool_passwd file does not contain an entry for \"ghost\"");
        assert_eq!(at_login("XX000", "SCRAM authentication failed", unknown), ("pooler_user", Some("Pgpool")));
    }

    #[test]
    fn rules_of_pg_hba_are_told_apart() {
        let of = |code: &str, rest: &str| {
            at_login(code, &format!("no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", {rest}"), None).0
        };
        assert_eq!(of("28000", "database \"a\", SSL encryption"), "no_rule");
        assert_eq!(of("28000", "database \"a\", no encryption"), "no_plain_rule");
        assert_eq!(of("28000", "database \"a\", SSL off"), "no_plain_rule");
        assert_eq!(of("28000", "database \"a \", no encryption"), "name_ends_in_space");
        assert_eq!(of("08P01", "database \"a\", no encryption"), "no_pooler_rule");
    }
}
