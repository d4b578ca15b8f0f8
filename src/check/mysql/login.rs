//! The login over any stream: the response to the greeting, and what the server asks for after it.
//!
//! A proof is sent for the plugin that the server proposes and, if the user has another one, for that. The password itself
//! is sent only as the rules about clear text allow.

use tokio::io::{AsyncRead, AsyncWrite};

use super::auth::{Plugin, Trust, itself, proof};
use super::code;
use super::fields::Fields;
use super::greeting::{Greeting, SCRAMBLE};
use super::packet::{Packets, SessionError, error_in};
use super::response::Response;
use super::rsa::encrypt;
use crate::check::login::Cleartext;
use crate::net::tls::RsaPublicKey;
use crate::outcome::clean_text;
use crate::secret::Secret;

/// Who logs in, over which connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Login<'a> {
    pub(super) user: &'a str,
    pub(super) password: Option<&'a Secret>,
    pub(super) database: Option<&'a str>,
    pub(super) trust: Trust,
    pub(super) cleartext: Cleartext,
    /// The key of the server that is pinned.
    pub(super) public_key: Option<&'a RsaPublicKey>,
}

/// How many packets of a server belong to one login; MySQL needs four at most.
const ROUNDS: usize = 8;
/// The server has the password in its cache.
const FAST: &[u8] = &[1, 3];
/// The server needs the password itself.
const FULL: &[u8] = &[1, 4];

/// Logs in; returns the plugin that did it, for the facts.
///
/// # Errors
/// Every [`SessionError`].
pub(super) async fn log_in<S: AsyncRead + AsyncWrite + Unpin>(
    packets: &mut Packets<S>,
    greeting: &Greeting,
    login: Login<'_>,
) -> Result<&'static str, SessionError> {
    // Of a plugin that shows the password, or that is not known, nothing is sent before the server asks for it.
    let proposed =
        Plugin::named(&greeting.plugin).filter(|plugin| plugin.hides_password() && *plugin != Plugin::Ed25519);
    let mut plugin = proposed.unwrap_or(Plugin::Native);
    let mut scramble = greeting.scramble.clone();
    let first = proof(plugin, login.password(), &greeting.scramble);
    let response = Response {
        tls: login.trust != Trust::Plain,
        user: login.user,
        database: login.database,
        plugin: plugin.name(),
        proof: &first,
    };
    packets.send(&response.bytes(greeting)).await?;
    for _ in 0..ROUNDS {
        let packet = packets.read().await?;
        match packet.first() {
            Some(0x00) => return Ok(plugin.name()),
            Some(0xff) => {
                let error = error_in(&packet)
                    .ok_or_else(|| SessionError::Unexpected("an error without a number".to_owned()))?;
                return Err(SessionError::Server(error));
            }
            Some(0xfe) => (plugin, scramble) = login.switch(packets, &packet[1..]).await?,
            Some(1) if plugin == Plugin::CachingSha2 && *packet == *FAST => {}
            Some(1) if plugin == Plugin::CachingSha2 && *packet == *FULL => {
                login.send_itself(packets, plugin, &scramble).await?;
            }
            _ => return Err(SessionError::Unexpected("it is no step of the login".to_owned())),
        }
    }
    Err(SessionError::Unexpected("the login does not end".to_owned()))
}

impl Login<'_> {
    fn password(&self) -> &str {
        self.password.map_or("", Secret::expose)
    }

    /// Answers a server that asks for another plugin.
    async fn switch<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        packets: &mut Packets<S>,
        request: &[u8],
    ) -> Result<(Plugin, Vec<u8>), SessionError> {
        let mut fields = Fields(request);
        let name = if request.is_empty() { &b"mysql_old_password"[..] } else { fields.until_zero()? };
        let name = clean_text(&String::from_utf8_lossy(name), 64);
        let Some(plugin) = Plugin::named(&name) else {
            let text = format!("the user logs in with the plugin {name}, which pilotfish does not have");
            return Err(SessionError::Limit(code::PLUGIN, text));
        };
        // Behind twenty random bytes, a zero byte ends them.
        let scramble = fields.0.strip_suffix(b"\0").filter(|rest| rest.len() == SCRAMBLE).unwrap_or(fields.0);
        if plugin.hides_password() {
            let answer = proof(plugin, self.password(), scramble);
            // Without a password, this plugin expects the zero byte that ends it.
            let empty = plugin == Plugin::CachingSha2 && answer.is_empty();
            packets.send(if empty { b"\0" } else { &answer }).await?;
        } else {
            self.send_itself(packets, plugin, scramble).await?;
        }
        Ok((plugin, scramble.to_vec()))
    }

    /// Sends the password itself, where that is allowed, or encrypted for the key that is pinned.
    async fn send_itself<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        packets: &mut Packets<S>,
        plugin: Plugin,
        scramble: &[u8],
    ) -> Result<(), SessionError> {
        if let (Trust::Plain, Some(key), true) = (self.trust, self.public_key, plugin.takes_public_key()) {
            let encrypted = encrypt(key, &itself(self.password()), scramble);
            let unfit =
                || SessionError::Limit(code::PUBLIC_KEY, "the password does not fit `server_public_key`".to_owned());
            return packets.send(&encrypted.ok_or_else(unfit)?).await;
        }
        let limit = match (self.trust, self.cleartext) {
            (Trust::Verified, _) | (Trust::Unverified, Cleartext::Encrypted) => {
                return packets.send(&itself(self.password())).await;
            }
            (Trust::Unverified, Cleartext::Verified) => (code::CLEAR_TEXT, "over TLS that is not verified"),
            (Trust::Plain, _) => (code::CLEAR_TEXT_PLAIN, "without TLS"),
        };
        let text =
            format!("the server asks for the password itself ({}) {}, so it is not sent", plugin.name(), limit.1);
        Err(SessionError::Limit(limit.0, text))
    }
}

#[cfg(test)]
mod tests;
