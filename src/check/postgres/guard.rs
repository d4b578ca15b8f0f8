//! The guard around the stream of a session. tokio-postgres answers whatever a server asks for and has no limits; the
//! guard reads every message before the client does, and decides whether the client may see it. It speaks SCRAM itself.
//!
//! The client gets one message at a time: that it asks for the next one shows that it accepted the last one. The guard
//! ends the conversation with a [`SessionError`] and gives the client an error in its place.

mod dialogue;
mod rules;
mod scram;
mod sent;
mod text;

use std::convert::Infallible;
use std::future::{Future, Ready};
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};

use super::session_error::SessionError;
use crate::net::turns::Turns;
use dialogue::{Act, Dialogue};
pub(super) use dialogue::{Parameters, Record};
pub(super) use rules::{Password, Rules, Trust};
use scram::Scram;
use sent::Sent;

/// How many messages are read before others get their turn: one thread runs every check.
const TURN: usize = 32;
/// How much room a read has at least: a whole login fits.
const ROOM: usize = 4096;
/// Terminate, the goodbye.
const TERMINATE: &[u8] = b"X\0\0\0\x04";
/// CopyFail: the server waits for data, and its error about that comes back.
const COPY_FAIL: &[u8] = b"f\0\0\0\x20a probe has no data to copy\0";

/// A handle on a guarded stream; the client has one and the session has one.
pub(super) struct Guard<S>(Arc<Mutex<Inner<S>>>);

struct Inner<S> {
    stream: S,
    dialogue: Dialogue,
    sent: Sent,
    /// What came and was not judged yet.
    inbox: BytesMut,
    /// The rest of the message that the client reads.
    outbox: BytesMut,
    /// The rest of an answer that the guard gives in the client's place.
    reply: BytesMut,
    scram: Scram,
    turns: Turns,
    /// Who reads while no query is under way.
    idle: Option<Waker>,
    session_error: Option<SessionError>,
    /// Messages read since others had their turn.
    turn: usize,
}

impl<S> Clone for Guard<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> Guard<S> {
    /// A guard around a stream on which nothing was said yet.
    pub(super) fn new(stream: S, rules: Rules, turns: Turns) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            stream,
            dialogue: Dialogue::new(rules),
            sent: Sent::default(),
            inbox: BytesMut::new(),
            outbox: BytesMut::new(),
            reply: BytesMut::new(),
            scram: Scram::None,
            turns,
            idle: None,
            session_error: None,
            turn: 0,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Inner<S>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the guard saw so far.
    pub(super) fn record(&self) -> Record {
        self.lock().dialogue.record.clone()
    }

    /// Why the client got an error: what the guard or the stream ended, else what the client itself did not accept.
    pub(super) fn session_error(&self, error: &tokio_postgres::Error) -> SessionError {
        let mut inner = self.lock();
        inner.session_error.take().unwrap_or_else(|| inner.dialogue.rejected(error))
    }

    /// The stream, once the client has let go of it.
    fn into_inner(self) -> Inner<S> {
        let inner = Arc::into_inner(self.0).expect("the client is gone");
        inner.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stream, as it is.
    pub(super) fn into_stream(self) -> S {
        self.into_inner().stream
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Guard<S> {
    /// Says goodbye, so that the server's log stays clean, and gives the stream back. That the peer is gone already is no
    /// fault; amid an unfinished message of ours a goodbye would be none.
    pub(super) async fn terminate(self) -> S {
        let Inner { mut stream, sent, .. } = self.into_inner();
        if sent.is_between() {
            let goodbye = async {
                stream.write_all(TERMINATE).await?;
                stream.flush().await
            };
            drop(goodbye.await);
        }
        stream
    }

    /// Reads the one message that may come in place of the answer to the request for TLS: an error, whose first byte was
    /// read already.
    pub(super) async fn refusal(stream: S, first: u8) -> SessionError {
        let guard = Self::new(stream, Rules::default(), Turns::default());
        guard.lock().inbox.extend_from_slice(&[first]);
        let (mut room, error) = ([0], "an invalid answer to the request for TLS");
        match std::future::poll_fn(|cx| guard.lock().poll_deliver(cx, &mut ReadBuf::new(&mut room))).await {
            Err(session_error) => session_error,
            Ok(()) => super::session_error::broken(error),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Inner<S> {
    /// Hands the next piece of a message to the client.
    fn poll_deliver(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<(), SessionError>> {
        loop {
            if !self.outbox.is_empty() {
                let count = self.outbox.len().min(buf.remaining());
                buf.put_slice(&self.outbox.split_to(count));
                return Poll::Ready(Ok(()));
            }
            if let Some(proof) = ready!(self.scram.poll_proof(cx))? {
                self.dialogue.record.proof_sent = true;
                self.reply = proof;
            }
            ready!(self.poll_reply(cx))?;
            if self.dialogue.is_idle() {
                // What comes between two queries counts as the next one's answer.
                self.idle = Some(cx.waker().clone());
                return Poll::Pending;
            }
            let message = ready!(self.poll_message(cx))?;
            match self.dialogue.judge(message)? {
                Act::Deliver(message) => self.outbox = message,
                Act::Drop => {}
                Act::Begin { is_bound } => self.reply = self.scram.begin(&self.dialogue.rules, is_bound)?,
                Act::Prove(challenge) => self.scram.challenge(&self.dialogue.rules, challenge, &self.turns)?,
                Act::Judge(last) => {
                    self.scram.judge(&last)?;
                    self.dialogue.record.proven = true;
                }
                Act::RefuseData if self.sent.is_between() => self.reply = BytesMut::from(COPY_FAIL),
                Act::RefuseData => return Poll::Ready(Err(dialogue::not_in_an_answer())),
            }
        }
    }

    /// Reads one whole message; its tag and its declared length are judged before anything is set aside for it.
    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<BytesMut, SessionError>> {
        if self.turn == TURN {
            self.turn = 0;
            // It wakes this task behind everything else that is ready.
            ready!(pin!(tokio::task::yield_now()).poll(cx));
        }
        loop {
            let length = self.dialogue.announced(&self.inbox)?;
            if let Some(length) = length.filter(|length| *length <= self.inbox.len()) {
                self.turn += 1;
                self.dialogue.count(length);
                return Poll::Ready(Ok(self.inbox.split_to(length)));
            }
            self.inbox.reserve(ROOM);
            let read = ready!(pin!(self.stream.read_buf(&mut self.inbox)).poll(cx)).map_err(SessionError::Failed)?;
            if read == 0 {
                return Poll::Ready(Err(SessionError::Failed(io::ErrorKind::UnexpectedEof.into())));
            }
        }
    }

    fn poll_reply(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), SessionError>> {
        while !self.reply.is_empty() {
            let written =
                ready!(Pin::new(&mut self.stream).poll_write(cx, &self.reply)).map_err(SessionError::Failed)?;
            if written == 0 {
                return Poll::Ready(Err(SessionError::Failed(io::ErrorKind::WriteZero.into())));
            }
            self.reply.advance(written);
            if self.reply.is_empty() {
                ready!(Pin::new(&mut self.stream).poll_flush(cx)).map_err(SessionError::Failed)?;
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Keeps the reason; the client gets an error without one.
    fn stop(&mut self, session_error: SessionError) -> io::Error {
        self.session_error.get_or_insert(session_error);
        io::Error::other("the guard ended the conversation")
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Guard<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.lock();
        let result = ready!(inner.poll_deliver(cx, buf));
        Poll::Ready(result.map_err(|session_error| inner.stop(session_error)))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let inner = &mut *self.lock();
        let result = ready!(Pin::new(&mut inner.stream).poll_write(cx, buf));
        if let Ok(written) = result {
            inner.sent.advance(&buf[..written], |tag| inner.dialogue.sent(tag));
            if let Some(waker) = inner.idle.take_if(|_| !inner.dialogue.is_idle()) {
                waker.wake();
            }
        }
        Poll::Ready(result.map_err(|error| inner.stop(SessionError::Failed(error))))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.lock();
        let result = ready!(Pin::new(&mut inner.stream).poll_flush(cx));
        Poll::Ready(result.map_err(|error| inner.stop(SessionError::Failed(error))))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut inner = self.lock();
        let result = ready!(Pin::new(&mut inner.stream).poll_shutdown(cx));
        Poll::Ready(result.map_err(|error| inner.stop(SessionError::Failed(error))))
    }
}

/// TLS is set up before the client gets the stream; this hands it over.
pub(super) struct HandOver;

impl<S: AsyncRead + AsyncWrite + Unpin> TlsConnect<Guard<S>> for HandOver {
    type Stream = Guard<S>;
    type Error = Infallible;
    type Future = Ready<Result<Guard<S>, Infallible>>;

    fn connect(self, stream: Guard<S>) -> Self::Future {
        std::future::ready(Ok(stream))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Guard<S> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

#[cfg(test)]
mod tests;
