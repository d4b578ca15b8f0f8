//! A session over any stream: log in once, select the database, send PING, and ask what the check asks for.

use tokio::io::{AsyncRead, AsyncWrite};

use super::client::{Client, Reply, SessionError};
use super::errors::{ServerError, UNKNOWN_COMMAND};
use super::identity::Identity;
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

/// The last question of a session: what the server is. HELLO is the one command that tells it and that no ACL forbids; it also
/// names this client. A server that does not know it says nothing.
pub(super) async fn say_goodbye<S: AsyncRead + AsyncWrite + Unpin>(client: &mut Client<S>) -> Option<Identity> {
    let reply = client.call_and_quit("HELLO", INTRODUCTION).await;
    reply.ok().as_ref().and_then(Identity::of_hello)
}

/// The same of a server that refused what every Redis accepts. Before Redis 6 a Sentinel knows only ROLE.
pub(super) async fn is_sentinel<S: AsyncRead + AsyncWrite + Unpin>(client: &mut Client<S>) -> bool {
    let identity = match client.call("HELLO", &[]).await {
        Ok(Reply::Error(error)) if error.code == UNKNOWN_COMMAND => {
            client.call("ROLE", &[]).await.ok().as_ref().and_then(Identity::of_role)
        }
        reply => reply.ok().as_ref().and_then(Identity::of_hello),
    };
    identity.is_some_and(|identity| identity.is_sentinel)
}

/// What the server is, where the check needs its role: HELLO, else ROLE, else INFO, which an ACL may forbid.
///
/// # Errors
/// Every [`SessionError`]; that of ROLE where INFO is refused, too.
pub(super) async fn identify<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Client<S>,
) -> Result<Identity, SessionError> {
    let hello = Identity::of_hello(&client.call("HELLO", INTRODUCTION).await?).unwrap_or_default();
    if hello.role.is_some() || hello.is_sentinel {
        return Ok(hello);
    }
    let reply = client.call("ROLE", &[]).await?;
    let role = match Identity::of_role(&reply).filter(|identity| identity.role.is_some() || identity.is_sentinel) {
        None => Identity::of_info(&client.call("INFO", &["replication"]).await?),
        known => known,
    };
    match (role, reply) {
        (None, Reply::Error(error)) => Err(SessionError::Refused("ROLE", *error)),
        (role, _) => Ok(Identity { version: hello.version, ..role.unwrap_or_default() }),
    }
}

/// Whether the database has this key. It counts as no use of the key.
///
/// # Errors
/// Every [`SessionError`].
pub(super) async fn has_key<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Client<S>,
    key: &Secret,
) -> Result<bool, SessionError> {
    match client.ask("EXISTS", &[key.expose()]).await? {
        Reply::Integer(count) => Ok(count > 0),
        other => Err(SessionError::Unexpected(format!("{} in place of an integer", other.name()))),
    }
}

/// The arguments of HELLO: the protocol that is spoken already, and the name of this client.
const INTRODUCTION: &[&str] = &["2", "SETNAME", "pilotfish"];

#[cfg(test)]
mod tests;
