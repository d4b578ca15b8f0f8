//! What an error of the server means, by its number. Only this file reads a server's text, and only where several servers
//! or states share a number.
//!
//! Numbers: the "Server Error Message Reference" of MySQL, and "MariaDB Error Codes".

use super::code;
use crate::cause::Cause;
use crate::check::login::LoginRefusal;
use crate::mask::Mask;
use crate::outcome::{Detail, Fault, Phase, clean_text};

/// An error that a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerError {
    /// The server's number.
    pub(super) code: u16,
    /// The server's sentence, cleaned.
    text: String,
}

/// What an error means for the login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The server refuses the login.
    Refused(LoginRefusal),
    /// The server refuses this account for some time, or until somebody unlocks it.
    Locked,
    /// Anything else.
    Failed(Cause),
}

use LoginRefusal::{Full, Missing, NoSuchDatabase, NotAllowed, Rejected, Starting, Stopping, Unsupported};
use Meaning::{Failed, Locked, Refused};

/// A known error: its number, the code that selects the hint, its meaning, and what it says.
pub(super) type Row = (u16, &'static str, Meaning, &'static str);

const EXPIRED: &str = "the password of this user has expired";

/// Errors of a login.
pub(super) const ROWS: &[Row] = &[
    (1045, code::REJECTED, Refused(Rejected), "the server rejected the user or the password"),
    (1698, code::SOCKET_USER, Refused(NotAllowed), "the server does not let this user log in with a password"),
    (1044, code::DATABASE_DENIED, Refused(NotAllowed), "the user may not use this database, or it does not exist"),
    (1049, code::NO_DATABASE, Refused(NoSuchDatabase), "the database does not exist"),
    (1040, code::FULL, Refused(Full), "the server has reached its maximum number of connections"),
    (1203, code::USER_FULL, Refused(Full), "the user has reached its maximum number of connections"),
    (1226, code::USER_FULL, Refused(Full), "the user has used up its limit of connections"),
    (
        1129,
        code::HOST_BLOCKED,
        Refused(NotAllowed),
        "the server blocks this pod's address after many connections without login",
    ),
    (1130, code::HOST_DENIED, Refused(NotAllowed), "the server accepts no login from this pod's address"),
    (1251, code::NO_METHOD, Refused(Unsupported), "the server does not accept the login method"),
    (1275, code::NO_METHOD, Refused(Unsupported), "the server does not accept the login method"),
    (1524, code::NO_PLUGIN, Refused(Unsupported), "the server has not loaded the login plugin of this user"),
    (1820, code::EXPIRED, Refused(NotAllowed), EXPIRED),
    (1862, code::EXPIRED, Refused(NotAllowed), EXPIRED),
    (3118, code::LOCKED, Locked, "the account is locked"),
    (4151, code::LOCKED, Locked, "the account is locked"),
    (3955, code::BLOCKED, Locked, "the account is locked after too many rejected passwords"),
    (4150, code::BLOCKED, Locked, "the account is locked after too many rejected passwords"),
    (3159, code::WANTS_TLS, Failed(Cause::TlsUnsupported), "the server accepts only connections over TLS"),
    (3032, code::OFFLINE, Refused(NotAllowed), "the server is in offline mode"),
    (1053, code::STOPPING, Refused(Stopping), "the server is shutting down"),
    (3168, code::STARTING, Refused(Starting), "the server is not ready yet"),
    (1043, code::HANDSHAKE, Failed(Cause::ProtocolError), "the server does not accept the handshake"),
    (1047, code::HANDSHAKE, Failed(Cause::ProtocolError), "the server does not know the command"),
    // ProxySQL.
    (9001, code::BACKEND, Failed(Cause::QueryFailed), "the proxy cannot reach a server behind it"),
];

/// The maximum size of the server's sentence in a message.
const SENTENCE_LIMIT: usize = 200;
/// Behind this, a syntax error quotes the query.
const NEAR: &str = " near '";

impl ServerError {
    /// An error with this number and this sentence.
    pub(super) fn new(code: u16, text: &str) -> Self {
        Self { code, text: clean_text(text, 512) }
    }

    fn row(&self) -> Option<&'static Row> {
        ROWS.iter().find(|(code, ..)| *code == self.code)
    }

    /// Whether the account is locked.
    pub(super) fn is_locked(&self) -> bool {
        matches!(self.row(), Some((_, _, Locked, _)))
    }

    /// Whether the server has no such system variable.
    pub(super) const fn is_unknown_variable(&self) -> bool {
        self.code == 1193
    }

    /// Whether the server counts the connection as one without a handshake.
    pub(super) const fn breaks_handshake(&self) -> bool {
        self.code == 1043
    }

    /// The fault that it is while logging in, with or without a password, over TLS or not.
    pub(super) fn at_login(&self, mask: &Mask, has_password: bool, plain: bool) -> Fault {
        let (code, meaning, says) = match self.row() {
            Some((1045, ..)) if !has_password => {
                (code::NO_PASSWORD, Refused(Missing), "the server requires a password, and none is set")
            }
            Some((1045, _, meaning, says)) if plain => (code::REJECTED_IN_PLAIN, *meaning, *says),
            Some((_, code, meaning, says)) => (*code, *meaning, *says),
            None => (code::OTHER, Failed(Cause::QueryFailed), "the server answered the login with an error"),
        };
        let message = self.message(says, code != code::OTHER, mask);
        let fault = match meaning {
            Refused(refusal) => refusal.fault(message),
            Locked => NotAllowed.fault(message).stating(says),
            Failed(cause) => Fault::new(Phase::Login, cause, message).stating(says),
        };
        let fault = match meaning {
            // The user alone says less than why.
            Refused(NotAllowed) => fault.stating(says),
            _ => fault,
        };
        fault.with(Detail::Protocol { code, product: None })
    }

    /// The fault that it is once logged in.
    pub(super) fn at_request(&self, mask: &Mask) -> Fault {
        let (phase, cause, says) = match self.code {
            1142 | 1143 | 1044 | 1227 | 1370 => {
                (Phase::Request, Cause::PermissionDenied, "the login works, but the user may not do this")
            }
            1146 => (Phase::Assert, Cause::MissingTable, "a table that the query names does not exist"),
            1290 | 1792 | 1836 | 3100 => (Phase::Request, Cause::ReadOnly, "the server is read-only"),
            1053 | 1927 => (Phase::Request, Cause::ShuttingDown, "the server ended the session"),
            // MariaDB lets such a user log in, and do nothing more.
            1820 => (Phase::Login, Cause::LoginRejected, EXPIRED),
            1046 => (Phase::Request, Cause::QueryFailed, "no database is selected"),
            _ => (Phase::Request, Cause::QueryFailed, "the server answered the query with an error"),
        };
        let fault = Fault::new(phase, cause, self.message(says, cause != Cause::QueryFailed, mask));
        let fault = match self.table().filter(|_| cause == Cause::MissingTable) {
            Some(table) => fault.stating(format!("the table {table} does not exist")),
            None => fault,
        };
        let (fault, code) = match self.code {
            1820 => (fault.stating(says), code::EXPIRED),
            _ => (fault, code::OTHER),
        };
        fault.with(Detail::Protocol { code, product: None })
    }

    /// The table that the message names: `Table 'shop.jobs' doesn't exist`.
    fn table(&self) -> Option<&str> {
        let name = self.text.split('\'').nth(1)?;
        let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '$'));
        (plain && (1..=129).contains(&name.len())).then_some(name)
    }

    /// What it means, then the server's sentence without secrets, and its number.
    fn message(&self, says: &str, is_known: bool, mask: &Mask) -> String {
        // The quoted part of the query may hold a secret.
        let text = self.text.split(NEAR).next().unwrap_or_default();
        let text = clean_text(&mask.quote(text, is_known), SENTENCE_LIMIT);
        match text.trim_end_matches('.') {
            "" => format!("{says} ({})", self.code),
            text => format!("{says}: {text} ({})", self.code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ServerError;
    use crate::mask::Mask;
    use crate::outcome::Phase;

    #[test]
    fn every_way_in_which_a_login_is_refused() {
        for (code, text, slug) in [
            (1045, "Access denied for user 'app'@'10.0.0.7' (using password: YES)", "password_rejected"),
            (1698, "Access denied for user 'root'@'localhost'", "login_rejected"),
            (1044, "Access denied for user 'app'@'%' to database 'shop'", "login_rejected"),
            (1049, "Unknown database 'shop'", "no_such_database"),
            (1040, "Too many connections", "too_many_connections"),
            (1203, "User app already has more than 'max_user_connections' active connections", "too_many_connections"),
            (1226, "User 'app' has exceeded the 'max_user_connections' resource", "too_many_connections"),
            (1129, "Host '10.0.0.7' is blocked because of many connection errors", "login_rejected"),
            (1130, "Host '10.0.0.7' is not allowed to connect to this MariaDB server", "login_rejected"),
            (1251, "Client does not support authentication protocol requested by server", "auth_unsupported"),
            (1524, "Plugin 'mysql_native_password' is not loaded", "auth_unsupported"),
            (1862, "Your password has expired", "login_rejected"),
            (3118, "Access denied for user 'app'@'%'. Account is locked.", "login_rejected"),
            (3955, "Access denied for user 'app'@'%'. Account is blocked for 1 day(s)", "login_rejected"),
            (4150, "User is blocked because of too many credential errors", "login_rejected"),
            (4151, "Access denied, this account is locked", "login_rejected"),
            (3159, "Connections using insecure transport are prohibited", "tls_unsupported"),
            (1053, "Server shutdown in progress", "shutting_down"),
            (3168, "Server isn't available", "starting_up"),
            (1105, "Unknown error", "query_failed"),
        ] {
            let error = ServerError::new(code, text);
            let fault = error.at_login(&Mask::default(), true, false);
            assert_eq!((fault.cause.slug(), fault.phase), (slug, Phase::Login), "{code}");
            assert!(fault.message.ends_with(&format!("{} ({code})", text.trim_end_matches('.'))), "{}", fault.message);
            assert_eq!(error.is_locked(), [3118, 3955, 4150, 4151].contains(&code), "{code}");
        }
        let denied = ServerError::new(1045, "Access denied for user 'app'@'10.0.0.7' (using password: NO)");
        assert_eq!(denied.at_login(&Mask::default(), false, true).cause.slug(), "password_missing");
    }

    #[test]
    fn errors_of_a_query() {
        for (code, text, cause, phase) in [
            (1146, "Table 'shop.jobs' doesn't exist", "missing_table", Phase::Assert),
            (1142, "SELECT command denied to user 'app'@'%' for table 'jobs'", "permission_denied", Phase::Request),
            (1290, "The MariaDB server is running with the --read-only option", "read_only", Phase::Request),
            (1064, "You have an error in your SQL syntax", "query_failed", Phase::Request),
            (1820, "You must SET PASSWORD before executing this statement", "login_rejected", Phase::Login),
        ] {
            let fault = ServerError::new(code, text).at_request(&Mask::default());
            assert_eq!((fault.cause.slug(), fault.phase), (cause, phase), "{code}");
        }
        let fault = ServerError::new(1146, "Table 'shop.jobs' doesn't exist").at_request(&Mask::default());
        assert_eq!(fault.statement.as_deref(), Some("the table shop.jobs does not exist"));
    }

    #[test]
    fn no_secret_and_no_part_of_the_query_is_shown() {
        let mut mask = Mask::default();
        mask.add("sesame");
        let error = ServerError::new(1045, "Access denied for sesame\u{1b}[0m");
        assert!(!error.at_login(&mask, true, false).message.contains("sesame"));
        let denied = ServerError::new(1045, "Access denied for user 'app'@'localhost' (using password: YES)");
        for secret in ["Access", "password", "denied", "a", "localhost"] {
            let mut mask = Mask::default();
            mask.add(secret);
            let message = denied.at_login(&mask, true, false).message;
            assert_eq!(message, "the server rejected the user or the password (1045)", "{secret}");
        }
        let text = "You have an error in your SQL syntax; check the manual for the right syntax to use near 'SELCT s3cret' at \
                    line 1";
        let message = ServerError::new(1064, text).at_request(&mask).message;
        assert!(message.contains("SQL syntax") && !message.contains("s3cret"), "{message}");
    }
}
