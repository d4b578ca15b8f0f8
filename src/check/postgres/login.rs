//! Logging in: what the server asks for is looked at before anything is answered.

use fallible_iterator::FallibleIterator as _;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{SCRAM_SHA_256, SCRAM_SHA_256_PLUS};
use postgres_protocol::message::backend::{AuthenticationSaslBody, Message};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncRead, AsyncWrite};

use super::scram::{Binding, MAX_ROUNDS, Scram, Wrong};
use super::session::{Halt, Session, broken};
use super::words::ChannelBinding;
use crate::cause::Cause;
use crate::secret::Secret;

/// Who logs in, and how far the connection can be trusted.
#[derive(Debug)]
pub(super) struct Login<'a> {
    pub(super) user: &'a str,
    pub(super) database: &'a str,
    pub(super) application_name: &'a str,
    /// Settings of the session, as libpq's `options` has them.
    pub(super) options: Option<&'a str>,
    pub(super) password: Option<&'a Secret>,
    pub(super) channel_binding: ChannelBinding,
    pub(super) trust: Trust,
    /// Whether a certificate of ours was shown to the server.
    pub(super) certificate: bool,
    /// The hash of the server's certificate.
    pub(super) end_point: Option<Vec<u8>>,
}

/// What protects a password on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// Nothing.
    Plain,
    /// TLS with somebody.
    Unverified,
    /// TLS with the server that was meant.
    Verified,
}

/// Logs in, to the point where queries can be sent; gives the method that the server chose.
pub(super) async fn log_in<S: AsyncRead + AsyncWrite + Unpin>(
    session: &mut Session<S>,
    login: &Login<'_>,
) -> Result<&'static str, Halt> {
    let mut parameters = vec![("user", login.user), ("database", login.database)];
    // Nothing else: a pooler refuses what it does not know.
    parameters.extend([("application_name", login.application_name), ("client_encoding", "UTF8")]);
    parameters.extend(login.options.map(|options| ("options", options)));
    session.send(|out| frontend::startup_message(parameters, out)).await?;
    let method = match session.next().await? {
        Message::AuthenticationOk => {
            login.without_binding("no proof at all")?;
            session.until_ready().await?;
            return Ok(if login.certificate { "cert" } else { "trust" });
        }
        Message::AuthenticationCleartextPassword => clear_text(session, login).await?,
        Message::AuthenticationMd5Password(body) => {
            let password = login.password()?;
            login.without_binding("md5")?;
            let hash = Secret::new(md5_hash(login.user.as_bytes(), password.expose().as_bytes(), body.salt()));
            send_password(session, &hash).await?;
            "md5"
        }
        Message::AuthenticationSasl(body) => scram(session, login, &body).await?,
        Message::AuthenticationGss | Message::AuthenticationKerberosV5 | Message::AuthenticationSspi => {
            return Err(unsupported("the server asks for GSSAPI, Kerberos or SSPI, which pilotfish does not have"));
        }
        Message::AuthenticationScmCredential => {
            return Err(unsupported("the server asks for the credentials of a local socket"));
        }
        _ => return Err(broken("the server did not answer the start of the login")),
    };
    match session.next().await? {
        Message::AuthenticationOk => session.until_ready().await.map(|()| method),
        _ => Err(broken("the login did not end as it must")),
    }
}

async fn clear_text<S: AsyncRead + AsyncWrite + Unpin>(
    session: &mut Session<S>,
    login: &Login<'_>,
) -> Result<&'static str, Halt> {
    let password = login.password()?;
    login.without_binding("the password in clear text")?;
    let why = match login.trust {
        Trust::Verified => None,
        Trust::Unverified => Some("the server's certificate was not verified"),
        Trust::Plain => Some("the connection is not encrypted"),
    };
    if let Some(why) = why {
        let text = format!("the server asks for the password in clear text, and {why}: it was not sent");
        return Err(unsupported(&text));
    }
    send_password(session, password).await?;
    Ok("password")
}

async fn send_password<S: AsyncRead + AsyncWrite + Unpin>(
    session: &mut Session<S>,
    password: &Secret,
) -> Result<(), Halt> {
    session.proof_sent = true;
    session.send(|out| frontend::password_message(password.expose().as_bytes(), out)).await
}

/// SCRAM-SHA-256, RFC 5802 and 7677, with channel binding where both sides have it.
async fn scram<S: AsyncRead + AsyncWrite + Unpin>(
    session: &mut Session<S>,
    login: &Login<'_>,
    body: &AuthenticationSaslBody,
) -> Result<&'static str, Halt> {
    let password = login.password()?;
    let offered: Vec<String> =
        body.mechanisms().map(|name| Ok(name.to_owned())).collect().map_err(|error| broken(&error.to_string()))?;
    let (binding, mechanism, method) = login.mechanism(&offered)?;
    let (scram, first) = Scram::begin(binding);
    session.send(|out| frontend::sasl_initial_response(mechanism, first.as_bytes(), out)).await?;
    let Message::AuthenticationSaslContinue(body) = session.next().await? else {
        return Err(broken("the server did not continue the SCRAM exchange"));
    };
    let (answer, proof) = scram.answer(body.data(), password).map_err(|wrong| match wrong {
        Wrong::Malformed => broken("the server's SCRAM challenge is malformed"),
        Wrong::Rounds(rounds) => {
            unsupported(&format!("the server demands {rounds} rounds of SCRAM, at most {MAX_ROUNDS} are done"))
        }
    })?;
    session.proof_sent = true;
    session.send(|out| frontend::sasl_response(answer.as_bytes(), out)).await?;
    let Message::AuthenticationSaslFinal(body) = session.next().await? else {
        return Err(broken("the server did not end the SCRAM exchange"));
    };
    if !proof.is_given(body.data()) {
        return Err(broken("the server could not prove that it knows the password's hash"));
    }
    session.proven = true;
    Ok(method)
}

impl Login<'_> {
    fn password(&self) -> Result<&Secret, Halt> {
        self.password.ok_or_else(|| {
            Halt::Stop(Cause::PasswordMissing, format!("the server wants a password for {:?}, none is set", self.user))
        })
    }

    /// A method that cannot be tied to the server's certificate.
    fn without_binding(&self, method: &str) -> Result<(), Halt> {
        if self.channel_binding == ChannelBinding::Require {
            return Err(unsupported(&format!("channel binding is required, and the server asks for {method}")));
        }
        Ok(())
    }

    fn mechanism(&self, offered: &[String]) -> Result<(Binding, &'static str, &'static str), Halt> {
        let offers = |name: &str| offered.iter().any(|offered| offered == name);
        let end_point = self.end_point.clone().filter(|_| self.channel_binding != ChannelBinding::Disable);
        if let (Some(end_point), true) = (&end_point, offers(SCRAM_SHA_256_PLUS)) {
            return Ok((Binding::EndPoint(end_point.clone()), SCRAM_SHA_256_PLUS, "scram-sha-256-plus"));
        }
        if self.channel_binding == ChannelBinding::Require {
            let why = match (self.trust, &end_point) {
                (Trust::Plain, _) => "the connection is not encrypted",
                (_, None) => "the server's certificate has no hash that it could be tied to",
                (_, Some(_)) => "the server does not offer SCRAM-SHA-256-PLUS",
            };
            return Err(unsupported(&format!("channel binding is required, but {why}")));
        }
        if !offers(SCRAM_SHA_256) {
            return Err(unsupported("the server offers no SASL mechanism that pilotfish has (SCRAM-SHA-256)"));
        }
        let binding = if end_point.is_some() { Binding::Unrequested } else { Binding::Unsupported };
        Ok((binding, SCRAM_SHA_256, "scram-sha-256"))
    }
}

fn unsupported(text: &str) -> Halt {
    Halt::Stop(Cause::AuthUnsupported, text.to_owned())
}
