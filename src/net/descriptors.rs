//! The sockets that all checks may have at once: the rest of the process's descriptors is for the server.

use std::io;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The sockets of all checks; clones share them.
#[derive(Debug, Clone)]
pub struct Sockets(Arc<Semaphore>);

impl Default for Sockets {
    fn default() -> Self {
        Self::limited(Semaphore::MAX_PERMITS)
    }
}

impl Sockets {
    /// At most so many at once.
    #[must_use]
    pub fn limited(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count)))
    }

    /// Waits until there may be one more.
    pub async fn permit(&self) -> Permit {
        Permit { _permit: Arc::clone(&self.0).acquire_owned().await.ok() }
    }

    /// One more, if it may be now.
    #[must_use]
    pub fn try_permit(&self) -> Option<Permit> {
        let permit = Arc::clone(&self.0).try_acquire_owned().ok()?;
        Some(Permit { _permit: Some(permit) })
    }
}

/// The permission for one socket.
#[derive(Debug, Default)]
pub struct Permit {
    _permit: Option<OwnedSemaphorePermit>,
}

/// A socket with its permission.
#[derive(Debug)]
pub struct Permitted<T> {
    // Closed first: fields are dropped in order.
    socket: T,
    permit: Permit,
}

impl<T> Permitted<T> {
    /// Under this permission.
    #[must_use]
    pub const fn new(socket: T, permit: Permit) -> Self {
        Self { socket, permit }
    }

    /// Closes the socket; its permission is free for another one.
    #[must_use]
    pub fn into_permit(self) -> Permit {
        drop(self.socket);
        self.permit
    }
}

impl<T> Deref for Permitted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.socket
    }
}

impl<T> DerefMut for Permitted<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.socket
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Permitted<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Permitted<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

/// One that nobody counts.
impl<T> From<T> for Permitted<T> {
    fn from(socket: T) -> Self {
        Self::new(socket, Permit::default())
    }
}

#[cfg(test)]
mod tests {
    use super::{Permitted, Sockets};

    #[tokio::test]
    async fn a_permission_lasts_as_long_as_its_socket() {
        let sockets = Sockets::limited(2);
        let one = Permitted::new("one", sockets.permit().await);
        let two = Permitted::new("two", sockets.permit().await);
        assert!(sockets.try_permit().is_none());
        let again = one.into_permit();
        assert!(sockets.try_permit().is_none(), "it goes on to another socket");
        drop(again);
        drop(two);
        assert!(sockets.try_permit().is_some());
        assert!(Sockets::default().try_permit().is_some());
    }
}
