//! What a server may ask for in a login: judged before the client sees it and could answer.

use crate::cause::Cause;
use crate::check::login::Cleartext;
use crate::check::postgres::session_error::{SessionError, broken, limit, unsupported, zero_byte};
use crate::check::postgres::sqlstate::code;
use crate::check::postgres::words::{ChannelBinding, MAX_ROUNDS};
use crate::secret::Secret;

/// Of a challenge of SCRAM.
pub(super) const MALFORMED: &str = "the server's SCRAM challenge is malformed";

/// The fewest without verified TLS, unless a check says otherwise: PostgreSQL's default. Whoever asks for fewer may be
/// anybody, and could try passwords on our proof a thousand times as fast.
const MIN_ROUNDS: u64 = 4_096;
pub(super) const SCRAM_SHA_256: &str = "SCRAM-SHA-256";
pub(super) const SCRAM_SHA_256_PLUS: &str = "SCRAM-SHA-256-PLUS";

/// What protects a password on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::check::postgres) enum Trust {
    /// Nothing.
    #[default]
    Plain,
    /// A socket of this pod: nobody is on the way.
    Local,
    /// TLS with somebody.
    Unverified,
    /// TLS with the server that was meant.
    Verified,
}

/// What the guard has to know of the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::check::postgres) enum Password {
    /// None is set.
    #[default]
    Missing,
    /// None is set: it is in a file that libpq reads.
    InFile,
    /// It can be sent by every method.
    Set,
    /// There is a zero byte in it, so that it cannot be sent as it is.
    WithZeroByte,
    /// SASLprep leaves nothing of it.
    Vanishing,
}

/// Who logs in, and how far the connection can be trusted.
#[derive(Debug, Default)]
pub(in crate::check::postgres) struct Rules {
    pub(in crate::check::postgres) user: String,
    pub(in crate::check::postgres) password: Password,
    /// The password itself, for SCRAM.
    pub(in crate::check::postgres) secret: Option<Secret>,
    pub(in crate::check::postgres) channel_binding: ChannelBinding,
    pub(in crate::check::postgres) cleartext: Cleartext,
    /// The fewest rounds of SCRAM; by the trust where there is none.
    pub(in crate::check::postgres) min_rounds: Option<u64>,
    pub(in crate::check::postgres) trust: Trust,
    /// Whether a certificate of ours was shown to the server.
    pub(in crate::check::postgres) certificate: bool,
    /// The hash of the server's certificate.
    pub(in crate::check::postgres) end_point: Option<Vec<u8>>,
}

impl Rules {
    /// The server lets us in at once; the name of the method, as of all below.
    pub(super) fn without_password(&self) -> Result<&'static str, SessionError> {
        self.without_binding("no proof at all")?;
        Ok(if self.certificate { "cert" } else { "trust" })
    }

    /// It asks for the password itself.
    pub(super) fn clear_text(&self) -> Result<&'static str, SessionError> {
        self.has_password()?;
        self.without_binding("the password in clear text")?;
        let (code, why) = match (self.trust, self.cleartext) {
            (Trust::Verified | Trust::Local, _) | (Trust::Unverified, Cleartext::Encrypted) => {
                if self.password == Password::WithZeroByte {
                    return Err(zero_byte());
                }
                self.outside_scram()?;
                return Ok("password");
            }
            (Trust::Unverified, Cleartext::Verified) => {
                (code::CLEAR_TEXT_UNVERIFIED, "the server's certificate was not verified")
            }
            (Trust::Plain, _) => (code::CLEAR_TEXT_PLAIN, "the connection is not encrypted"),
        };
        Err(limit(code, format!("the server asks for the password in clear text, and {why}: it was not sent")))
    }

    /// It asks for the password's hash by MD5.
    pub(super) fn md5(&self) -> Result<&'static str, SessionError> {
        self.has_password()?;
        self.without_binding("md5")?;
        self.outside_scram()?;
        Ok("md5")
    }

    /// It offers these mechanisms of SASL: whether the one that is taken is tied to the server's certificate.
    pub(super) fn scram(&self, mut names: &[u8]) -> Result<bool, SessionError> {
        let mut offered = Vec::new();
        // Each name has a zero byte behind it, and the list another one.
        while names != b"\0" {
            let end = names.iter().position(|byte| *byte == 0).ok_or_else(|| broken("unexpected EOF"))?;
            if end == 0 {
                return Err(broken("invalid message length: expected to be at end of iterator for sasl"));
            }
            offered.push(std::str::from_utf8(&names[..end]).map_err(|error| broken(&error.to_string()))?);
            names = &names[end + 1..];
        }
        let offers = |name| offered.contains(&name);
        if !offers(SCRAM_SHA_256) && !offers(SCRAM_SHA_256_PLUS) {
            let text = "the server offers no SASL mechanism that pilotfish has (SCRAM-SHA-256)";
            return Err(limit(code::MECHANISM, text));
        }
        self.has_password()?;
        if self.can_bind() && offers(SCRAM_SHA_256_PLUS) {
            return Ok(true);
        }
        if self.channel_binding == ChannelBinding::Require {
            let (code, why) = match (self.trust, self.can_bind()) {
                (Trust::Plain | Trust::Local, _) => (code::UNBOUND_PLAIN, "the connection is not encrypted"),
                (_, false) => {
                    (code::UNBOUND_CERTIFICATE, "the server's certificate has no hash that it could be tied to")
                }
                (_, true) => (code::UNBOUND_NOT_OFFERED, "the server does not offer SCRAM-SHA-256-PLUS"),
            };
            return Err(SessionError::Unbound { code, text: format!("channel binding is required, but {why}") });
        }
        if !offers(SCRAM_SHA_256) {
            return Err(unsupported(
                "the server offers SCRAM-SHA-256-PLUS alone, and the login cannot be tied to its certificate",
            ));
        }
        Ok(false)
    }

    /// Its challenge, RFC 5802: nonce, salt and rounds, which are all that is judged here.
    pub(super) fn challenge(&self, challenge: &[u8]) -> Result<(), SessionError> {
        let mut parts = std::str::from_utf8(challenge).unwrap_or_default().split(',').skip(2);
        let rounds = parts.next().and_then(|part| part.strip_prefix("i="));
        let rounds: u64 = rounds.and_then(|rounds| rounds.parse().ok()).ok_or_else(|| broken(MALFORMED))?;
        let least = self.min_rounds.unwrap_or(match self.trust {
            Trust::Verified | Trust::Local => 1,
            Trust::Plain | Trust::Unverified => MIN_ROUNDS,
        });
        match rounds {
            0 => Err(broken(MALFORMED)),
            _ if rounds < least => {
                let text = format!(
                    "the server demands {rounds} rounds of SCRAM, at least {least} are required: no proof was sent"
                );
                Err(limit(code::FEW_ROUNDS, text))
            }
            1..=MAX_ROUNDS => Ok(()),
            _ => {
                let text = format!("the server demands {rounds} rounds of SCRAM, at most {MAX_ROUNDS} are done");
                Err(limit(code::ROUNDS, text))
            }
        }
    }

    fn has_password(&self) -> Result<(), SessionError> {
        match self.password {
            Password::Set | Password::WithZeroByte | Password::Vanishing => Ok(()),
            Password::InFile => {
                let text =
                    format!("the server requires a password for {:?}, but pilotfish does not read passfile", self.user);
                Err(limit(code::PASSFILE, text))
            }
            Password::Missing => {
                let text = format!("the server requires a password for {:?}, but none is set", self.user);
                Err(SessionError::Stop(Cause::PasswordMissing, text))
            }
        }
    }

    fn outside_scram(&self) -> Result<(), SessionError> {
        if self.password == Password::Vanishing {
            let text = "a password of nothing but invisible characters is sent by SCRAM alone";
            return Err(limit(code::INVISIBLE, text));
        }
        Ok(())
    }

    /// A method that cannot be tied to the server's certificate.
    fn without_binding(&self, method: &str) -> Result<(), SessionError> {
        if self.channel_binding == ChannelBinding::Require {
            return Err(SessionError::Unbound {
                code: code::UNBOUND_METHOD,
                text: format!("channel binding is required, and the server asks for {method}"),
            });
        }
        Ok(())
    }

    pub(super) fn can_bind(&self) -> bool {
        self.channel_binding != ChannelBinding::Disable && self.end_point.is_some()
    }
}
