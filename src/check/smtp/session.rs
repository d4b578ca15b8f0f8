//! The login over any stream (RFC 4954, RFC 4616): one AUTH, with the mechanism that the server offers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncWrite};
use zeroize::Zeroizing;

use super::login::Login;
use crate::check::mail::{Client, Reply, ReplyError};
use crate::secret::Secret;

/// What is awaited while the server judges the login.
const ANSWER: &str = "the answer to the login (AUTH)";

/// A mechanism of AUTH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mechanism {
    Plain,
    Login,
    Xoauth2,
}

impl Mechanism {
    /// The one to use of those that the server offers; `None` where none fits the credential.
    pub(super) fn choose(offered: &[String], is_token: bool) -> Option<Self> {
        let fitting: &[Self] = if is_token { &[Self::Xoauth2] } else { &[Self::Plain, Self::Login] };
        fitting.iter().copied().find(|mechanism| offered.iter().any(|word| word == mechanism.name()))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::Login => "LOGIN",
            Self::Xoauth2 => "XOAUTH2",
        }
    }

    /// The word for facts.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Login => "login",
            Self::Xoauth2 => "xoauth2",
        }
    }

    /// What no message may repeat.
    pub(super) fn secrets(self, login: &Login) -> Vec<Secret> {
        let hidden = login.hides_user.then(|| Secret::new(login.user.clone()));
        [login.secret.clone()].into_iter().chain(hidden).chain(self.lines(login)).collect()
    }

    /// The texts that are sent, each in base64.
    fn lines(self, login: &Login) -> Vec<Secret> {
        let (user, secret) = (&login.user, login.secret.expose());
        let texts = match self {
            Self::Plain => vec![Zeroizing::new(format!("\0{user}\0{secret}"))],
            Self::Login => vec![Zeroizing::new(user.clone()), Zeroizing::new(secret.to_owned())],
            Self::Xoauth2 => vec![Zeroizing::new(format!("user={user}\x01auth=Bearer {secret}\x01\x01"))],
        };
        texts.iter().map(|text| Secret::new(STANDARD.encode(text.as_bytes()))).collect()
    }
}

/// Sends the credential once; the reply that decides.
///
/// # Errors
/// Every [`ReplyError`].
pub(super) async fn log_in<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Client<S>,
    mechanism: Mechanism,
    login: &Login,
) -> Result<Reply, ReplyError> {
    let lines = mechanism.lines(login);
    let mut reply = match (mechanism, lines.as_slice()) {
        (Mechanism::Plain | Mechanism::Xoauth2, [line]) => {
            let command = Zeroizing::new(format!("AUTH {} {}\r\n", mechanism.name(), line.expose()));
            client.say(&command, ANSWER).await?
        }
        (_, lines) => {
            let mut reply = client.say(&format!("AUTH {}\r\n", mechanism.name()), ANSWER).await?;
            for line in lines {
                if reply.code != 334 {
                    return Ok(reply);
                }
                reply = client.say(&Zeroizing::new(format!("{}\r\n", line.expose())), ANSWER).await?;
            }
            reply
        }
    };
    if reply.code == 334 && mechanism == Mechanism::Xoauth2 {
        // It says why it rejects the token, and waits for an empty answer before it says so by a code.
        reply = client.say("\r\n", ANSWER).await?;
    }
    if reply.code == 334 { Err(ReplyError::Malformed("it asks for more than the login has")) } else { Ok(reply) }
}

#[cfg(test)]
mod tests;
