//! A session that is open, over any stream: whether a queue exists.

use tokio::io::{AsyncRead, AsyncWrite};

use super::fields::Fields;
use super::frames::{CHANNEL_OPEN, CHANNEL_OPEN_OK, Frames, QUEUE_DECLARE, QUEUE_DECLARE_OK, SessionError, method};

/// The channel of this client.
const CHANNEL: u16 = 1;
/// RESOURCE_LOCKED.
const LOCKED: u16 = 405;
/// Declares nothing: only asks whether it exists.
const PASSIVE: u8 = 1;

/// A queue that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Queue {
    /// So many messages are ready, and so many consumers take them.
    Open { messages: u32, consumers: u32 },
    /// Another connection has it for itself.
    Exclusive,
}

/// Asks for a queue with a passive declaration, which creates and changes nothing, but counts as a use of the queue.
///
/// # Errors
/// Every [`SessionError`].
pub(super) async fn queue<S: AsyncRead + AsyncWrite + Unpin>(
    frames: &mut Frames<S>,
    name: &str,
) -> Result<Queue, SessionError> {
    frames.call(CHANNEL, &method(CHANNEL_OPEN, 1).short(""), CHANNEL_OPEN_OK).await?;
    let declare = method(QUEUE_DECLARE, name.len() + 8).bytes(&[0; 2]).short(name).bytes(&[PASSIVE]).long(&[]);
    match frames.call(CHANNEL, &declare, QUEUE_DECLARE_OK).await {
        Ok(answer) => {
            let mut fields = Fields(&answer);
            fields.short()?;
            Ok(Queue::Open { messages: fields.u32()?, consumers: fields.u32()? })
        }
        Err(SessionError::ChannelClosed(close)) => {
            frames.confirm_channel_close(CHANNEL).await?;
            if close.code == LOCKED { Ok(Queue::Exclusive) } else { Err(SessionError::ChannelClosed(close)) }
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
