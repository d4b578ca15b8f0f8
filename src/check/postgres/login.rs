//! Logging in with tokio-postgres, under the guard's eyes.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::config::{Config, SslMode, SslNegotiation};

use super::guard::{Guard, HandOver, Password, Rules, Trust};
use super::session::Session;
use super::session_error::{SessionError, zero_byte};
use super::words::ChannelBinding;
use crate::check::login::Cleartext;
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
    /// Where there is none, it is in a file that libpq reads.
    pub(super) passfile: bool,
    pub(super) channel_binding: ChannelBinding,
    pub(super) cleartext: Cleartext,
    /// The fewest rounds of SCRAM; by the trust where there is none.
    pub(super) min_rounds: Option<u64>,
    pub(super) trust: Trust,
    /// Whether a certificate of ours was shown to the server.
    pub(super) certificate: bool,
    /// The hash of the server's certificate.
    pub(super) end_point: Option<Vec<u8>>,
}

/// Logs in over a guarded stream, to the point where queries can be sent.
pub(super) async fn log_in<S: AsyncRead + AsyncWrite + Unpin>(
    guard: &Guard<S>,
    login: &Login<'_>,
) -> Result<Session<S>, SessionError> {
    if [login.user, login.database, login.application_name, login.options.unwrap_or_default()].concat().contains('\0') {
        return Err(zero_byte());
    }
    let connected = login.config().connect_raw(guard.clone(), HandOver).await;
    let (client, connection) = connected.map_err(|error| guard.session_error(&error))?;
    Ok(Session::new(guard.clone(), client, connection))
}

/// Whether SASLprep leaves nothing of a password: soft hyphens and the like alone.
fn vanishes(password: &str) -> bool {
    !password.is_empty() && stringprep::saslprep(password).is_ok_and(|prepared| prepared.is_empty())
}

impl Login<'_> {
    /// What the guard has to know of it.
    pub(super) fn rules(&self) -> Rules {
        Rules {
            user: self.user.to_owned(),
            password: match self.password.map(Secret::expose) {
                None if self.passfile => Password::InFile,
                None => Password::Missing,
                Some(password) if password.contains('\0') => Password::WithZeroByte,
                Some(password) if vanishes(password) => Password::Vanishing,
                Some(_) => Password::Set,
            },
            secret: self.password.cloned(),
            channel_binding: self.channel_binding,
            cleartext: self.cleartext,
            min_rounds: self.min_rounds,
            trust: self.trust,
            certificate: self.certificate,
            end_point: self.end_point.clone(),
        }
    }

    /// Nothing but what every pooler takes: one refuses parameters that it does not know.
    fn config(&self) -> Config {
        let mut config = Config::new();
        // Without a user it would ask the operating system for one.
        config.user(self.user).dbname(self.database).application_name(self.application_name);
        if let Some(options) = self.options {
            config.options(options);
        }
        if let Some(password) = self.password {
            config.password(password.expose());
        }
        match self.trust {
            Trust::Plain | Trust::Local => config.ssl_mode(SslMode::Disable),
            // It was set up already: the stream is handed over as it is.
            Trust::Unverified | Trust::Verified => {
                config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct)
            }
        };
        config
    }
}
