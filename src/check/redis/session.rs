//! A session over any stream: log in once, select the database, send PING.

use tokio::io::{AsyncRead, AsyncWrite};

use super::client::{Client, Reply, SessionError};
use super::errors::{Meaning, ServerError};
use crate::secret::Secret;

/// The name in the server's CLIENT LIST.
const CLIENT_NAME: &str = "pilotfish";

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
    introduce(client).await?;
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

/// Sets the name of the connection. A server or a user without that command passes, too; but a server that accepts no
/// more connections answers the first command with its error.
async fn introduce<S: AsyncRead + AsyncWrite + Unpin>(client: &mut Client<S>) -> Result<(), SessionError> {
    match client.call("CLIENT", &["SETNAME", CLIENT_NAME]).await? {
        Reply::Error(error) if matches!(error.meaning, Meaning::Refused(_)) => {
            Err(SessionError::Refused("CLIENT", error))
        }
        _ => Ok(()),
    }
}

/// Sends PING. `Some` if the server answers with an error that shows that the login works.
///
/// # Errors
/// Every [`SessionError`].
pub(super) async fn ping<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Client<S>,
) -> Result<Option<ServerError>, SessionError> {
    match client.expect("PING", &[], "PONG").await {
        Ok(()) => Ok(None),
        Err(SessionError::Refused(_, error)) if error.meaning == Meaning::LoggedIn => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
