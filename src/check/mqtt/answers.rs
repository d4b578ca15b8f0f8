//! What the codes of a CONNACK mean (MQTT 3.1.1, section 3.2.2.3; MQTT 5, section 3.2.2.2).

use super::packet::Connack;
use crate::cause::Cause;
use crate::check::login::LoginRefusal;
use crate::mask;
use crate::outcome::clean_text;
use crate::secret::Secret;

/// What a failure is about: the codes of `Detail::Protocol`.
pub(super) mod code {
    macro_rules! codes {
        ($($name:ident = $text:literal;)+) => {
            $(pub(in crate::check::mqtt) const $name: &str = $text;)+
            /// All of them, for the tests of the hints.
            #[cfg(test)]
            pub(in crate::check::mqtt) const ALL: &[&str] = &[$($name),+];
        };
    }

    codes! {
        REJECTED = "mqtt_rejected";
        NOT_AUTHORISED = "mqtt_not_authorised";
        NO_CREDENTIALS = "mqtt_no_credentials";
        CERTIFICATE = "mqtt_certificate";
        CLIENT_ID = "mqtt_client_id";
        VERSION = "mqtt_version";
        UNAVAILABLE = "mqtt_unavailable";
        BUSY = "mqtt_busy";
        QUOTA = "mqtt_quota";
        RATE = "mqtt_rate";
        BANNED = "mqtt_banned";
        METHOD = "mqtt_method";
        MOVED = "mqtt_moved";
        OTHER = "mqtt_other";
        PASSWORD_ALONE = "mqtt_password_alone";
        PORT_WANTS_TLS = "mqtt_port_wants_tls";
    }
}

/// What a code means for the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The server refuses the login.
    Refused(LoginRefusal),
    /// It does not speak this version.
    OtherVersion,
    /// Any other failure of the login.
    Failed(Cause),
}

/// A code, classified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    /// The code that selects the hint.
    pub(super) code: &'static str,
    pub(super) meaning: Meaning,
    /// What it means, in our words.
    pub(super) says: &'static str,
}

/// What the login had to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// Nothing.
    Nothing,
    /// A client certificate alone.
    Certificate,
    /// A user or a password.
    Credentials,
}

use LoginRefusal::{Full, Missing, NotAllowed, Rejected, Stopping, Unsupported};
use Meaning::{Failed, OtherVersion, Refused};

const fn verdict(code: &'static str, meaning: Meaning, says: &'static str) -> Verdict {
    Verdict { code, meaning, says }
}

const WRONG: Verdict = verdict(code::REJECTED, Refused(Rejected), "the broker rejected the user or the password");
/// Mosquitto and others give this code for a wrong password, too.
const NOT_AUTHORISED: Verdict =
    verdict(code::NOT_AUTHORISED, Refused(Rejected), "the broker does not authorise this user and password");
const NOTHING: Verdict =
    verdict(code::NO_CREDENTIALS, Refused(Missing), "the broker demands a login, and no user and password are set");
const CERTIFICATE: Verdict =
    verdict(code::CERTIFICATE, Refused(NotAllowed), "the broker does not authorise this client certificate");
const VERSION: Verdict = verdict(code::VERSION, OtherVersion, "the broker does not speak this version of MQTT");
const CLIENT_ID: Verdict =
    verdict(code::CLIENT_ID, Refused(NotAllowed), "the broker does not accept the client id of this check");
const UNAVAILABLE: Verdict = verdict(code::UNAVAILABLE, Refused(Stopping), "the broker is not available for now");
const MOVED: &str = "the broker sends its clients to another server";

/// The codes of both versions, their names, and what they mean.
const ROWS: &[(u8, &str, Verdict)] = &[
    (1, "unacceptable protocol version", VERSION),
    (2, "identifier rejected", CLIENT_ID),
    (3, "server unavailable", UNAVAILABLE),
    (4, "bad user name or password", WRONG),
    (5, "not authorized", NOT_AUTHORISED),
    (132, "unsupported protocol version", VERSION),
    (133, "client identifier not valid", CLIENT_ID),
    (134, "bad user name or password", WRONG),
    (135, "not authorized", NOT_AUTHORISED),
    (136, "server unavailable", UNAVAILABLE),
    (137, "server busy", verdict(code::BUSY, Refused(Full), "the broker is too busy for another client")),
    (138, "banned", verdict(code::BANNED, Refused(NotAllowed), "the broker has banned this client")),
    (
        140,
        "bad authentication method",
        verdict(
            code::METHOD,
            Refused(Unsupported),
            "the broker demands an enhanced authentication in place of a password",
        ),
    ),
    (151, "quota exceeded", verdict(code::QUOTA, Refused(Full), "the broker's quota for connections is used up")),
    (156, "use another server", verdict(code::MOVED, Refused(NotAllowed), MOVED)),
    (157, "server moved", verdict(code::MOVED, Refused(NotAllowed), MOVED)),
    (
        159,
        "connection rate exceeded",
        verdict(code::RATE, Refused(Full), "the broker limits how often clients may connect"),
    ),
];

/// What a code means for a login that showed this.
pub(super) fn read(code: u8, shown: Shown) -> Verdict {
    let row = ROWS.iter().find(|row| row.0 == code);
    let otherwise = verdict(code::OTHER, Failed(Cause::QueryFailed), "the broker refuses the login with another code");
    let found = row.map_or(otherwise, |row| row.2);
    match (found.meaning, shown) {
        (Refused(Rejected), Shown::Nothing) => NOTHING,
        (Refused(Rejected), Shown::Certificate) => CERTIFICATE,
        _ => found,
    }
}

/// The most of the server's text in a message.
const SENTENCE_LIMIT: usize = 160;
/// The most of a text that is searched for secrets; a longer one is cut before.
const SEARCH_LIMIT: usize = 1024;

impl Verdict {
    /// The message: what it means, the code, and the server's texts where they hold no part of these secrets.
    pub(super) fn message(&self, answer: &Connack, secrets: &[Secret]) -> String {
        let name = ROWS.iter().find(|row| row.0 == answer.code).map(|row| format!(" {}", row.1));
        let code = format!("{}{}", answer.code, name.unwrap_or_default());
        let shown = |text: &str| {
            let is_known = self.code != code::OTHER;
            let text = mask::sentence(&clean_text(text, SEARCH_LIMIT), is_known, secrets.iter());
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            clean_text(&text, SENTENCE_LIMIT).trim_end_matches('.').to_owned()
        };
        let texts = [
            Some(shown(&answer.text)),
            answer
                .server
                .as_deref()
                .map(shown)
                .filter(|server| !server.is_empty())
                .map(|server| format!("it names {server}")),
        ];
        let texts: Vec<String> = texts.into_iter().flatten().filter(|text| !text.is_empty()).collect();
        let colon = if texts.is_empty() { "" } else { ": " };
        format!("{} ({code}){colon}{}", self.says, texts.join("; "))
    }
}

#[cfg(test)]
mod tests;
