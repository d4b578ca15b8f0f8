//! What an error is about beyond its SQLSTATE, and who sent it.

use super::ServerError;
use super::code::{
    ADMIN_COMMAND, COLD_STANDBY, DATABASE_CLOSED, JUDGED_ELSEWHERE, NAME_ENDS_IN_SPACE, NO_CONNECT_RIGHT,
    NO_LOCAL_RULE, NO_LOGIN, NO_PLAIN_RULE, NO_POOLER_RULE, NO_ROLE, NO_RULE, OTHER_USERS_CERTIFICATE, OWN_LIMIT,
    PARAMETER, PEER, POOLER_PASSWORD, REJECT_RULE, STATEMENT_TIMEOUT, TLS_DEMANDED, UPSTREAM_LOGIN,
};
use crate::cause::Cause;

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
            ("Peer authentication failed", PEER),
            ("Ident authentication failed", PEER),
            // CockroachDB's (pkg/sql/pgwire/testdata/auth).
            ("did not map to a database role", PEER),
            ("does not correspond to any mapping", PEER),
            ("does not have login privilege", NO_LOGIN),
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
                () if self.says("host \"[local]\"") => NO_LOCAL_RULE,
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
            ("28P01", "The access token has expired. Please acquire a new token and retry.", ("token", Some("Azure"))),
            (
                "28000",
                "An error occurred while validating the access token. Please acquire a new token and retry",
                ("token", Some("Azure")),
            ),
            ("28000", "authentication rejected by configuration", ("hba_setting", Some("CockroachDB"))),
            (
                "28000",
                "no server.host_based_authentication.configuration entry for host \"10.0.0.1\", user \"app\"",
                ("hba_setting", Some("CockroachDB")),
            ),
            ("28000", "usernologin does not have login privilege", ("no_login", None)),
            ("28000", "system identity \"app\" did not map to a database role", ("peer", None)),
            (
                "28000",
                "method \"cert\" required for this user, but unusable over this connection type",
                ("hba_setting", Some("CockroachDB")),
            ),
            ("57P01", "server is not accepting clients, try another node", ("draining", Some("CockroachDB"))),
            (
                "XX000",
                "Timed out: Read RPC to 10.0.0.8:7100 timed out after 2.401s",
                ("cluster_silent", Some("YugabyteDB")),
            ),
            ("08P01", "invalid command 'SELECT 1', use SHOW HELP;", ("admin_console", Some("PgBouncer"))),
            ("08P01", "query_wait_timeout", ("no_backend", Some("PgBouncer"))),
            ("28000", "certificate authentication failed for user \"app\"", ("other_users_certificate", None)),
            ("28000", "Peer authentication failed for user \"app\"", ("peer", None)),
            (
                "28000",
                "no pg_hba.conf entry for host \"[local]\", user \"app\", database \"app\", no encryption",
                ("no_local_rule", None),
            ),
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
