//! What a server means that sends its client away before any login, or hides STARTTLS from it: the one place that reads its
//! text for that.

use super::client::Reply;

/// What it is about: the codes of `Detail::Protocol`.
pub mod code {
    /// The server is busy or stops: RFC 5321's 421, and other temporary refusals.
    pub const BUSY: &str = "smtp_busy";
    /// The server has too many connections, of all clients or of this one.
    pub const FULL: &str = "smtp_full";
    /// The server takes no mail from this client.
    pub const REFUSED: &str = "smtp_refused";
    /// The host takes no mail from anybody.
    pub const NO_MAIL: &str = "smtp_no_mail";
    /// The server does not accept the name that EHLO gives.
    pub const BAD_NAME: &str = "smtp_bad_name";
    /// A firewall on the way overwrites the server's STARTTLS.
    pub const MASKED: &str = "smtp_masked";
}

/// What to do about it, for any check; `None` for a code that depends on the keys of the check.
#[must_use]
pub fn hint(code: &str) -> Option<&'static str> {
    Some(match code {
        code::BUSY => {
            "The mail server is busy or shutting down, and asks to try again later. Wait; if it stays so, read its log \
             and check its load, disk and pods."
        }
        code::FULL => {
            "The mail server accepts no more connections for now, of this client or of all. Close idle clients, or raise \
             its limits (Postfix: smtpd_client_connection_count_limit, smtpd_client_connection_rate_limit)."
        }
        code::REFUSED => {
            "The mail server accepts no mail from this address, whatever the login. Allow the pod's or the cluster's \
             egress address there (Postfix: mynetworks, a blocklist), or use the provider's submission host on port 587."
        }
        code::BAD_NAME => {
            "The mail server rejects the name with which this check introduces itself. Let the server accept it, or give an \
             `smtp` check the name that the app uses (`ehlo`)."
        }
        code::NO_MAIL => {
            "This host accepts no mail from anybody, as hosts that only send mail do. Use the host that takes mail for \
             your domain, or the provider's submission host on port 587."
        }
        _ => return None,
    })
}

/// Why a server sends its client away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TurnedAway {
    /// It has too many connections.
    Full,
    /// It asks to try again later.
    Busy,
    /// It is stopping.
    Stopping,
    /// It takes no mail from anybody.
    NoMail,
    /// It takes none from this client.
    ThisClient,
}

/// Words with which servers tell a full house from a stop; both are 421. Postfix, Exim and SES: "too many connections";
/// Exchange: "the maximum number of concurrent server connections has exceeded a limit"; Sendmail: "Connection rate
/// limit exceeded".
const FULL: [&str; 5] = ["too many", "concurrent", "connection limit", "rate limit", "maximum number"];

/// Words with which a server says that it stops. Exchange and Courier: "Service shutting down"; Exim: "Service not available,
/// closing transmission channel" is no such.
const STOPPING: [&str; 3] = ["shutting down", "shut down", "shutdown"];

/// Words with which a host says that it takes mail from nobody, as RFC 5321 has them for 554.
const NO_MAIL: [&str; 2] = ["no smtp service", "no mail service"];

/// Words with which a server says that it is about this client; AT&T and Comcast say so with 521, too.
const THIS_CLIENT: [&str; 6] = ["block", "blacklist", "dnsbl", "rbl", "your", " from "];

/// Words with which servers reject the name of a client. Postfix: "Helo command rejected: need fully-qualified hostname";
/// Exim: "invalid HELO/EHLO argument"; Exchange: "Invalid domain name".
const BAD_NAME: [&str; 4] = ["helo", "ehlo", "domain name", "hostname"];

/// Whether a reply to EHLO is about the name that it gave.
pub(super) fn is_about_name(reply: &Reply) -> bool {
    (500..=599).contains(&reply.code) && !matches!(reply.code, 500 | 502) && reply.says_one_of(&BAD_NAME)
}

impl TurnedAway {
    /// What a reply means in the place of a greeting or of an answer to EHLO; `None` where it is no refusal.
    pub(super) fn read(reply: &Reply) -> Option<Self> {
        // RFC 7504's 521 or the words for it, and not of this client.
        let is_no_mail = (reply.code == 521 || reply.says_one_of(&NO_MAIL)) && !reply.says_one_of(&THIS_CLIENT);
        Some(match reply.code {
            400..=499 if reply.says_one_of(&FULL) => Self::Full,
            400..=499 if reply.says_one_of(&STOPPING) => Self::Stopping,
            400..=499 => Self::Busy,
            500..=599 if is_no_mail => Self::NoMail,
            500..=599 => Self::ThisClient,
            _ => return None,
        })
    }

    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Full => code::FULL,
            Self::Busy | Self::Stopping => code::BUSY,
            Self::NoMail => code::NO_MAIL,
            Self::ThisClient => code::REFUSED,
        }
    }

    /// What the server does, in our words.
    pub(super) const fn says(self) -> &'static str {
        match self {
            Self::Full => "has too many connections",
            Self::Busy | Self::Stopping => "is busy or shutting down",
            Self::NoMail => "takes no mail from anybody",
            Self::ThisClient => "refuses this client",
        }
    }
}
