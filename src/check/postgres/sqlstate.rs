//! What a server's error means: SQLSTATE, and the texts of servers that use one code for all, to a cause and a code.
//!
//! The texts are read here, in `about` and in `wordings`, and nowhere else.

mod about;
pub(super) mod code;
mod wordings;

use crate::cause::Cause;
use crate::outcome::{Detail, Fault, Phase, SERVER_TEXT_LIMIT, SqlState, clean_text};

use wordings::Wording;

/// A server's ErrorResponse: the parts that are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerError {
    /// The SQLSTATE, five characters.
    pub(super) code: String,
    /// The primary message, cleaned and cut.
    pub(super) message: String,
    /// The detail, cleaned and cut. Of a query's error it may hold rows: shown only for logins.
    pub(super) detail: Option<String>,
}

/// How the connection stands on which an error came: the same text means different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// Plain text by our choice: TLS was not asked for.
    Plain,
    /// Plain text because the server has no TLS or refused it.
    PlainForced,
    /// TLS.
    Tls,
}

impl ServerError {
    /// Reads the body of an ErrorResponse: a letter and a text for each field, a zero byte behind all. A broken field ends
    /// the reading, what came before it counts.
    pub(super) fn read(mut fields: &[u8]) -> Self {
        let mut error = Self { code: String::new(), message: String::new(), detail: None };
        while let Some((kind, rest)) = fields.split_first().filter(|(kind, _)| **kind != 0)
            && let Some(end) = rest.iter().position(|byte| *byte == 0)
        {
            let text = || clean_text(&String::from_utf8_lossy(&rest[..end]), SERVER_TEXT_LIMIT);
            match kind {
                b'C' => error.code = clean_text(&text(), 8),
                b'M' => error.message = text(),
                b'D' => error.detail = Some(text()),
                _ => {}
            }
            fields = &rest[end + 1..];
        }
        error
    }

    /// The fault that it is while logging in.
    pub(super) fn at_login(&self, link: Link) -> Fault {
        let cause = self.login_cause(link);
        // Whenever the wish for a certificate comes, it belongs to the handshake.
        let phase = if cause == Cause::TlsClientCertRequired { Phase::Tls } else { Phase::Login };
        let detail = self.detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
        Fault::new(phase, cause, format!("{}{detail} ({})", self.message, self.code)).with(self.typed(cause))
    }

    /// The fault that it is once logged in.
    pub(super) fn at_request(&self) -> Fault {
        let cause = match self.code.as_str() {
            "42501" => Cause::PermissionDenied,
            "42P01" => Cause::MissingTable,
            "25006" => Cause::ReadOnly,
            "57P01" | "57P02" => Cause::ShuttingDown,
            "57P03" => self.not_now(),
            "53300" => Cause::TooManyConnections,
            _ => Cause::QueryFailed,
        };
        let phase = if cause == Cause::MissingTable { Phase::Assert } else { Phase::Request };
        let fault = Fault::new(phase, cause, format!("{} ({})", self.message, self.code)).with(self.typed(cause));
        match self.table().filter(|_| cause == Cause::MissingTable) {
            Some(table) => fault.stating(format!("the table {table} does not exist")),
            None => fault,
        }
    }

    /// The table that the query names, as the message quotes it in any language.
    fn table(&self) -> Option<&str> {
        const LONGEST: usize = 63;
        let name = self.message.split(['"', '«', '»', '„', '“']).nth(1)?.trim();
        let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '$'));
        (plain && (1..=LONGEST).contains(&name.len())).then_some(name)
    }

    /// What it says as a failure of this cause, typed.
    fn typed(&self, cause: Cause) -> Detail {
        Detail::SqlState { state: SqlState::new(&self.code), code: self.about(cause), product: self.product() }
    }

    /// Whether the server behind a pooler refused the login that the pooler made there: a server names the user of this
    /// login, and before it has `proven` that it knows the password. PgBouncer's own refusals name no user.
    pub(super) fn of_upstream(&self, user: &str, proven: bool) -> bool {
        // Pgpool hands nothing on but that.
        if self.says("backend authentication failed") {
            return true;
        }
        let named = self.message.strip_prefix("password authentication failed for user \"");
        // Some gateways cut a part off the user, as in `app@server`; a newline in it came back as a space.
        let user = clean_text(user, SERVER_TEXT_LIMIT);
        named.is_some_and(|named| proven || self.code == "08P01" || !user.starts_with(named.trim_end_matches('"')))
    }

    /// Whether it takes the request for TLS (1234.5679) for a version of the protocol: servers and poolers that know no TLS.
    pub(super) fn takes_request_for_protocol(&self) -> bool {
        self.says("1234.5679") || self.says("80877103")
    }

    fn says(&self, text: &str) -> bool {
        self.message.contains(text)
    }

    /// What a pooler, a proxy or a provider says in words of its own; under the codes that they use, since a table or a
    /// function of the app may be named like that.
    fn wording(&self) -> Option<&'static Wording> {
        const CLASSES: [&str; 8] = ["08", "0A", "28", "3D", "53", "57", "58", "XX"];
        let theirs = self.code.is_empty() || CLASSES.iter().any(|class| self.code.starts_with(class));
        wordings::of(&self.message, self.detail.as_deref()).filter(|_| theirs)
    }

    fn login_cause(&self, link: Link) -> Cause {
        // PgBouncer hands on why its own login failed.
        if self.says("server_login_retry") && self.says("password authentication failed") {
            return Cause::PasswordRejected;
        }
        match self.wording().map(|wording| wording.cause) {
            Some(Cause::TlsUnsupported) => return demands_tls(link),
            Some(cause) => return cause,
            None => {}
        }
        match self.code.as_str() {
            "28P01" => Cause::PasswordRejected,
            "28000" if self.says("requires a valid client certificate") => Cause::TlsClientCertRequired,
            // No rule fits a name that ends in a newline, with TLS or without.
            "28000" if self.says(" \", no enc") || self.says(" \", SSL off") => Cause::LoginRejected,
            "28000" if self.says("no encryption") || self.says("SSL off") => demands_tls(link),
            "3D000" => Cause::NoSuchDatabase,
            "53300" => Cause::TooManyConnections,
            "57P01" | "57P02" => Cause::ShuttingDown,
            "57P03" => self.not_now(),
            // No right to connect; and a database that allows no connections.
            "42501" | "55000" => Cause::LoginRejected,
            "25006" => Cause::ReadOnly,
            // Who was asked in the server's stead refused the password, under the code of a missing rule.
            "28000" if ["LDAP", "PAM", "RADIUS"].iter().any(|by| self.message.starts_with(by)) => {
                Cause::PasswordRejected
            }
            code if code.starts_with("28") => Cause::LoginRejected,
            _ => self.pooler_cause(),
        }
    }

    /// PostgreSQL's own texts, which poolers such as PgBouncer before 1.21 hand on under one code (08P01).
    fn pooler_cause(&self) -> Cause {
        const TEXTS: &[(&str, Cause)] = &[
            ("certificate authentication failed", Cause::LoginRejected),
            ("authentication failed", Cause::PasswordRejected),
            ("too many connections for", Cause::TooManyConnections),
            // It is not there, or may not log in.
            ("role \"", Cause::LoginRejected),
            ("\" does not exist", Cause::NoSuchDatabase),
            ("not currently accepting connections", Cause::LoginRejected),
            ("no pg_hba.conf entry", Cause::LoginRejected),
            ("pg_hba.conf rejects", Cause::LoginRejected),
            ("too many clients", Cause::TooManyConnections),
            ("remaining connection slots", Cause::TooManyConnections),
            ("starting up", Cause::StartingUp),
            ("shutting down", Cause::ShuttingDown),
        ];
        TEXTS.iter().find(|(text, _)| self.says(text)).map_or(Cause::QueryFailed, |(_, cause)| *cause)
    }

    /// 57P03, cannot connect now: the text says in which direction it goes.
    fn not_now(&self) -> Cause {
        if self.says("shutting down") { Cause::ShuttingDown } else { Cause::StartingUp }
    }
}

/// The server refuses plain text: that TLS is off here is the cause only where TLS was not tried.
const fn demands_tls(link: Link) -> Cause {
    match link {
        Link::Plain => Cause::TlsUnsupported,
        Link::PlainForced | Link::Tls => Cause::LoginRejected,
    }
}

#[cfg(test)]
mod tests {
    use super::{Link, ServerError};
    use crate::outcome::Phase;

    fn error(code: &str, message: &str) -> ServerError {
        ServerError { code: code.into(), message: message.into(), detail: None }
    }

    #[test]
    fn login_errors() {
        for (code, message, slug) in [
            ("28P01", "password authentication failed for user \"app\"", "password_rejected"),
            (
                "28000",
                "no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a\", no encryption",
                "tls_unsupported",
            ),
            (
                "28000",
                "no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a\", SSL encryption",
                "login_rejected",
            ),
            (
                "28000",
                "no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a \", no encryption",
                "login_rejected",
            ),
            ("28000", "connection requires a valid client certificate", "tls_client_cert_required"),
            ("28000", "role \"app\" is not permitted to log in", "login_rejected"),
            ("3D000", "database \"x\" does not exist", "no_such_database"),
            ("53300", "too many connections for role \"app\"", "too_many_connections"),
            ("53300", "sorry, too many clients already", "too_many_connections"),
            ("57P03", "the database system is starting up", "starting_up"),
            ("57P03", "the database system is not accepting connections", "starting_up"),
            ("57P03", "the database system is shutting down", "shutting_down"),
            ("57P01", "terminating connection due to administrator command", "shutting_down"),
            ("55000", "database \"x\" is not currently accepting connections", "login_rejected"),
            ("42501", "permission denied for database \"app\"", "login_rejected"),
            ("08P01", "password authentication failed", "password_rejected"),
            ("08P01", "SASL authentication failed", "password_rejected"),
            ("08P01", "no such database: x", "no_such_database"),
            ("08P01", "unsupported startup parameter: x", "login_rejected"),
            ("08P01", "no more connections allowed (max_client_conn)", "too_many_connections"),
            ("08P01", "query_wait_timeout", "query_failed"),
            ("08P01", "SSL required", "tls_unsupported"),
            ("08P01", "database \"x\" does not exist", "no_such_database"),
            ("08P01", "role \"x\" does not exist", "login_rejected"),
            ("08P01", "role \"x\" is not permitted to log in", "login_rejected"),
            ("08P01", "database \"x\" is not currently accepting connections", "login_rejected"),
            ("08P01", "too many connections for role \"app\"", "too_many_connections"),
            ("08P01", "the database system is starting up", "starting_up"),
            ("XX000", "connection is insecure (try using `sslmode=require`)", "tls_unsupported"),
            ("XX000", "Too many connections to this endpoint", "too_many_connections"),
            ("XX000", "authentication failed", "password_rejected"),
            ("28000", "PAM authentication failed for user \"app\"", "password_rejected"),
            ("XX000", "Tenant or user not found", "login_rejected"),
            ("XX000", "(ENOTFOUND) tenant/user postgres.x not found", "login_rejected"),
            ("XX000", "MaxClientsInSessionMode: max clients reached", "too_many_connections"),
            ("28000", "SSL connection is required. Please specify SSL options and retry.", "tls_unsupported"),
            ("XX000", "anything else", "query_failed"),
        ] {
            let fault = error(code, message).at_login(Link::Plain);
            assert_eq!(fault.cause.slug(), slug, "{code} {message}");
            assert_eq!(fault.message, format!("{message} ({code})"));
        }
    }

    #[test]
    fn servers_that_do_not_know_the_request_for_tls() {
        for (code, message, expected) in [
            ("0A000", "unsupported frontend protocol 1234.5679: server supports 1.0 to 3.0", true),
            ("0A000", "unsupported frontend protocol 1234.5679: server supports 3.0 to 3.0", true),
            ("08P01", "Unsupported startup message: 80877103", true),
            ("0A000", "unsupported frontend protocol 3.2: server supports 3.0 to 3.0", false),
            ("53300", "sorry, too many clients already", false),
        ] {
            assert_eq!(error(code, message).takes_request_for_protocol(), expected, "{message}");
        }
    }

    #[test]
    fn no_encryption_is_a_refusal_where_tls_was_tried() {
        let error =
            error("28000", "no pg_hba.conf entry for host \"1.2.3.4\", user \"a\", database \"a\", no encryption");
        assert_eq!(error.at_login(Link::PlainForced).cause.slug(), "login_rejected");
    }

    #[test]
    fn a_server_behind_a_pooler_is_known_by_what_it_says() {
        for (code, named, proven, upstream) in [
            ("28P01", "app", false, false),
            ("28P01", "app", true, true),
            ("08P01", "app", false, true),
            ("28P01", "pooler", false, true),
            // A gateway takes the server's name away.
            ("28P01", "ap", false, false),
        ] {
            let error = error(code, &format!("password authentication failed for user \"{named}\""));
            assert_eq!(error.of_upstream("app", proven), upstream, "{code} {named} {proven}");
        }
        assert!(!error("28P01", "password authentication failed for user \"app \"").of_upstream("app\n", false));
        assert!(error("XX000", "backend authentication failed").of_upstream("app", false));
        assert!(!error("08P01", "password authentication failed").of_upstream("app", true));
    }

    #[test]
    fn a_user_that_pgpool_does_not_know() {
        let mut error = error("XX000", "SCRAM authentication failed");
        assert_eq!(error.at_login(Link::Plain).cause.slug(), "password_rejected");
        error.detail = Some("pool_passwd file does not contain an entry for \"ghost\"".into());
        assert_eq!(error.at_login(Link::Plain).cause.slug(), "login_rejected");
    }

    #[test]
    fn request_errors_and_phases() {
        for (code, slug) in [
            ("42501", "permission_denied"),
            ("25006", "read_only"),
            ("57P01", "shutting_down"),
            ("57014", "query_failed"),
            ("3F000", "query_failed"),
        ] {
            let fault = error(code, "m").at_request();
            assert_eq!((fault.cause.slug(), fault.phase), (slug, Phase::Request), "{code}");
        }
        let fault = error("42P01", "relation \"users\" does not exist").at_request();
        assert_eq!((fault.cause.slug(), fault.phase), ("missing_table", Phase::Assert));
        assert_eq!(fault.statement.as_deref(), Some("the table users does not exist"));
        for (message, table) in [
            ("relation \"public.order_items\" does not exist", Some("public.order_items")),
            ("Relation »users« existiert nicht", Some("users")),
            ("relation \"a b; drop\" does not exist", None),
            ("relation does not exist", None),
        ] {
            assert_eq!(error("42P01", message).table(), table, "{message}");
        }
        assert_eq!(error("42703", "column \"users\" does not exist").at_request().statement, None);
        let wants_cert = error("28000", "connection requires a valid client certificate");
        assert_eq!(wants_cert.at_login(Link::Tls).phase, Phase::Tls);
    }

    #[test]
    fn a_query_error_shows_no_row() {
        let mut error = error("23505", "duplicate key value");
        error.detail = Some("Key (email)=(a@b) already exists.".into());
        assert_eq!(error.at_request().message, "duplicate key value (23505)");
    }
}
