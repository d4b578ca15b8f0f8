//! The body of an answer: a text, or pieces that are written while they are sent.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::yield_now;

/// What is left to write, in order.
pub(super) type Pieces = Box<dyn Iterator<Item = String> + Send>;

/// What is answered, as the routes make it.
pub(super) enum Answer {
    /// All of it.
    Text(String),
    /// The first piece, and what makes the rest.
    Pieces(String, Pieces),
}

impl Answer {
    /// An answer in pieces; a text where there is only one.
    pub(super) fn in_pieces(mut pieces: impl Iterator<Item = String> + Send + 'static) -> Self {
        let first = pieces.next().unwrap_or_default();
        match pieces.next() {
            None => Self::Text(first),
            Some(second) => Self::Pieces(first, Box::new(std::iter::once(second).chain(pieces))),
        }
    }

    /// All of it.
    #[cfg(test)]
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Pieces(first, rest) => first + &rest.collect::<String>(),
        }
    }
}

/// The body that hyper sends. Each piece after the first one is made when its turn has come, with a breath before it: of many
/// long answers under way, one piece alone keeps a probe of the kubelet waiting.
pub(super) struct AnswerBody {
    first: Option<Bytes>,
    rest: Option<Pieces>,
    turns: Arc<Mutex<()>>,
    step: Step,
}

/// What the next piece waits for.
enum Step {
    /// To be asked for.
    Idle,
    /// Its turn.
    Waiting(Pin<Box<dyn Future<Output = OwnedMutexGuard<()>> + Send>>),
    /// The others, timers and sockets too, who come before it while it holds the turn.
    Breathing(OwnedMutexGuard<()>, Pin<Box<dyn Future<Output = ()> + Send>>),
}

impl AnswerBody {
    /// The body of an answer; pieces wait for one of `turns`.
    pub(super) fn new(answer: Answer, turns: Arc<Mutex<()>>) -> Self {
        let (first, rest) = match answer {
            Answer::Text(text) => (text, None),
            Answer::Pieces(first, rest) => (first, Some(rest)),
        };
        Self { first: Some(first.into()).filter(|first: &Bytes| !first.is_empty()), rest, turns, step: Step::Idle }
    }

    /// An answer without a body.
    pub(super) fn empty(turns: Arc<Mutex<()>>) -> Self {
        Self::new(Answer::Text(String::new()), turns)
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if let Some(first) = this.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        let Some(rest) = &mut this.rest else { return Poll::Ready(None) };
        loop {
            match std::mem::replace(&mut this.step, Step::Idle) {
                Step::Idle => this.step = Step::Waiting(Box::pin(Arc::clone(&this.turns).lock_owned())),
                Step::Waiting(mut turn) => {
                    let Poll::Ready(turn) = turn.as_mut().poll(cx) else {
                        this.step = Step::Waiting(turn);
                        return Poll::Pending;
                    };
                    this.step = Step::Breathing(turn, Box::pin(yield_now()));
                }
                Step::Breathing(turn, mut others) => {
                    if others.as_mut().poll(cx).is_pending() {
                        this.step = Step::Breathing(turn, others);
                        return Poll::Pending;
                    }
                    match rest.next() {
                        // It took its time all the same: the next one waits for another turn.
                        Some(piece) if piece.is_empty() => {}
                        Some(piece) => return Poll::Ready(Some(Ok(Frame::data(piece.into())))),
                        None => {
                            this.rest = None;
                            return Poll::Ready(None);
                        }
                    }
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.rest.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let first = self.first.as_ref().map_or(0, |first| first.len() as u64);
        if self.rest.is_none() { SizeHint::with_exact(first) } else { SizeHint::default() }
    }
}
