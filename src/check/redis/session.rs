//! A session over any stream: log in once, select the database, send PING.

use tokio::io::{AsyncRead, AsyncWrite};

use super::client::{Client, Reply, SessionError};
use super::errors::{ServerError, UNKNOWN_COMMAND};
use crate::secret::Secret;

/// Who logs in, and to which database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Login<'a> {
    pub(super) user: Option<&'a str>,
    /// Without a password, no AUTH is sent: a user alone may be a password, which the server would log as a name.
    pub(super) password: Option<&'a Secret>,
    pub(super) database: u32,
}

/// Logs in and selects the database; returns the login method, for the facts.
///
/// # Errors
/// Every [`SessionError`].
pub(super) async fn log_in<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Client<S>,
    login: Login<'_>,
) -> Result<&'static str, SessionError> {
    let method = authenticate(client, login).await?;
    // Every session starts in database 0, and not every user may SELECT.
    if login.database != 0 {
        client.expect("SELECT", &[&login.database.to_string()], "OK").await?;
    }
    Ok(method)
}

async fn authenticate<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Client<S>,
    login: Login<'_>,
) -> Result<&'static str, SessionError> {
    let Some(password) = login.password else { return Ok("none") };
    let (method, arguments) = match login.user {
        Some(user) => ("acl", &[user, password.expose()][..]),
        None => ("requirepass", &[password.expose()][..]),
    };
    match client.expect("AUTH", arguments, "OK").await {
        Ok(()) => Ok(method),
        Err(SessionError::Refused(command, error)) => Err(SessionError::Refused(command, error.of_auth())),
        Err(error) => Err(error),
    }
}

/// Sends PING. `Some` if the server answers with an error that shows that the login works, or that only PING is missing
/// (`rename-command`, a proxy): no app needs it.
///
/// # Errors
/// Every [`SessionError`].
pub(super) async fn ping<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Client<S>,
) -> Result<Option<ServerError>, SessionError> {
    match client.expect("PING", &[], "PONG").await {
        Ok(()) => Ok(None),
        Err(SessionError::Refused(_, error)) if error.shows_a_working_login() => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

/// Whether a server that answered PING is a Sentinel, which knows no keys; then the session is over. HELLO is the one command
/// that tells it and that no ACL forbids. A server that does not know it is none.
pub(super) async fn ends_as_sentinel<S: AsyncRead + AsyncWrite + Unpin>(client: &mut Client<S>) -> bool {
    matches!(client.call_and_quit("HELLO").await, Ok(reply) if says_sentinel(&reply))
}

/// The same of a server that refused what every Redis accepts. Before Redis 6 a Sentinel knows only ROLE.
pub(super) async fn is_sentinel<S: AsyncRead + AsyncWrite + Unpin>(client: &mut Client<S>) -> bool {
    match client.call("HELLO", &[]).await {
        Ok(Reply::Error(error)) if error.code == UNKNOWN_COMMAND => {
            matches!(client.call("ROLE", &[]).await, Ok(reply) if says_sentinel(&reply))
        }
        Ok(reply) => says_sentinel(&reply),
        Err(_) => false,
    }
}

/// HELLO has a list of names and values, ROLE starts with the role.
fn says_sentinel(reply: &Reply) -> bool {
    let Reply::Array(items) = reply else { return false };
    let is = |item: &Reply, text: &str| matches!(item, Reply::Bulk(bytes) if bytes == text.as_bytes());
    items.first().is_some_and(|first| is(first, SENTINEL))
        || items.chunks_exact(2).any(|pair| is(&pair[0], "mode") && is(&pair[1], SENTINEL))
}

const SENTINEL: &str = "sentinel";

#[cfg(test)]
mod tests;
