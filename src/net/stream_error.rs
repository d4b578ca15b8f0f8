//! What is wrong with a stream: from what was seen of it to one fault. `too_large`, `connection_closed`,
//! `connect_reset` and `protocol_error` are told apart here, once, for every kind.
//!
//! Messages tell counts and the protocol that was recognised, never the peer's bytes: they go to logs too.

use std::error::Error;
use std::io;
use std::time::Duration;

use tokio::time::Instant;

use crate::cause::Cause;
use crate::duration::show;
use crate::net::io::{End, StreamStats};
use crate::net::oserr;
use crate::net::speaks::{Protocol, recognise};
use crate::outcome::{Detail, Fault, Phase, StreamDetail, TlsDetail, bytes};

/// A reset within this time is one right after the handshake. What accepts and has nobody behind it resets within a round
/// trip or two; over the farthest links that is less.
const RIGHT_AFTER: Duration = Duration::from_millis(500);

/// What was waited for on a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// In words, with its article: `an HTTP answer`, `the server's greeting`.
    pub what: &'static str,
    /// The protocol that the peer ought to speak; `None` where anything may come.
    pub protocol: Option<Protocol>,
}

/// How the waiting ended.
#[derive(Debug, Clone, Copy)]
pub enum StreamError<'a> {
    /// A read or a write failed.
    Failed(&'a io::Error),
    /// The stream ended before what was awaited was complete.
    Ended,
    /// Something else came; in words what is wrong with it, without the peer's bytes. May be empty.
    Unexpected(&'a str),
    /// Over this many bytes came, which is as much as the reader takes, and no end.
    TooLong(usize),
    /// The peer announced a message of this many bytes, more than the reader takes; none of it was read.
    Announced(u64),
}

impl<'a> StreamError<'a> {
    /// From an error of a library: the socket's error where one is at its bottom, else something unexpected.
    #[must_use]
    pub fn of(error: &'a (dyn Error + 'static)) -> Self {
        let mut layer = Some(error);
        while let Some(error) = layer {
            if let Some(io) = error.downcast_ref::<io::Error>() {
                // An io::Error may wrap another one, told by its own source alone.
                let inner = io.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>());
                return Self::Failed(inner.unwrap_or(io));
            }
            layer = error.source();
        }
        Self::Unexpected("")
    }
}

/// The fault. `seen` is what the newest stream saw, `phase` the running one.
#[must_use]
pub fn fault(phase: Phase, error: StreamError<'_>, seen: &StreamStats, awaited: Expected) -> Fault {
    let Expected { what, protocol } = awaited;
    if let Some(other) = protocol.and_then(|protocol| recognise(&seen.head).filter(|other| !other.may_be(protocol))) {
        let cause = if phase == Phase::Tls { Cause::TlsNotTls } else { Cause::ProtocolError };
        let message = format!("the peer speaks {other}, expected {what}");
        return Fault::new(phase, cause, message).with(Detail::Stream(StreamDetail::Speaks(other.as_str())));
    }
    match error {
        StreamError::Announced(count) => {
            let message = format!("the peer announced {} for {what}, more than the limit", bytes(count));
            Fault::new(phase, Cause::TooLarge, message)
        }
        StreamError::TooLong(limit) => {
            let limit = bytes(limit.try_into().unwrap_or(u64::MAX));
            Fault::new(phase, Cause::TooLarge, format!("received more than {limit} without the end of {what}"))
        }
        _ if seen.end == Some(End::GivenUp) => {
            let received = bytes(seen.received);
            let message =
                format!("received {received} without the end of {what}, then nothing while others needed the memory");
            Fault::new(phase, Cause::TooLarge, message).with(Detail::Stream(StreamDetail::GivenUp))
        }
        _ if is_over_limit(error, seen) => {
            let received = bytes(seen.received);
            let message = format!("received {received} without the end of {what}, more than the limit");
            Fault::new(phase, Cause::TooLarge, message)
        }
        StreamError::Unexpected(detail) => {
            let colon = if detail.is_empty() { "" } else { ": " };
            let message = format!("the received data ({}) is not {what}{colon}{detail}", bytes(seen.received));
            Fault::new(phase, Cause::ProtocolError, message)
        }
        StreamError::Failed(error) if oserr::is_reset(error) || seen.end == Some(End::Reset) => {
            reset(phase, seen, what)
        }
        StreamError::Failed(error) if error.kind() != io::ErrorKind::UnexpectedEof && seen.end != Some(End::Closed) => {
            let fault =
                Fault::new(phase, oserr::stream_cause(error), format!("error while waiting for {what}: {error}"));
            Fault { detail: error.raw_os_error().map(Detail::Os), ..fault }
        }
        StreamError::Failed(_) | StreamError::Ended if seen.end == Some(End::Reset) => reset(phase, seen, what),
        StreamError::Failed(_) | StreamError::Ended => {
            Fault::new(phase, Cause::ConnectionClosed, format!("the peer closed the connection {}", before(seen, what)))
        }
    }
}

fn is_over_limit(error: StreamError<'_>, seen: &StreamStats) -> bool {
    let by_error = matches!(error, StreamError::Failed(error) if error.kind() == io::ErrorKind::FileTooLarge);
    by_error || seen.end == Some(End::OverLimit)
}

/// A reset right after the connection was established, before the peer's first byte, belongs to the connection: nobody
/// answers behind what accepted it. Any other one belongs to the phase: the peer was there, or had time to look at what it
/// got.
fn reset(phase: Phase, seen: &StreamStats, what: &str) -> Fault {
    let message = format!("the peer reset the connection {}", before(seen, what));
    let fault = match is_right_after_connect(seen) {
        true => Fault::new(Phase::Connect, Cause::ConnectReset, message),
        false => Fault::new(phase, Cause::ConnectionClosed, message),
    };
    fault.with(if phase == Phase::Tls { Detail::Tls(TlsDetail::Reset) } else { Detail::Os(oserr::ECONNRESET) })
}

fn is_right_after_connect(seen: &StreamStats) -> bool {
    let open_for = seen.opened.zip(seen.ended).map_or(Duration::ZERO, |(from, to)| to.saturating_duration_since(from));
    seen.received == 0 && !seen.had_answer && open_for <= RIGHT_AFTER
}

fn before(seen: &StreamStats, what: &str) -> String {
    match (seen.received, seen.sent) {
        (0, 0) => format!("before anything was sent; expected {what}"),
        (0, sent) => format!("without an answer to our {}; expected {what}", bytes(sent)),
        (received, _) => format!("after {}, before the end of {what}", bytes(received)),
    }
}

/// How a stream is silent, typed: for the detail of a timeout.
#[must_use]
pub fn how_silent(seen: &StreamStats) -> Detail {
    Detail::Stream(if seen.received == 0 { StreamDetail::Silent } else { StreamDetail::Stalled })
}

/// How a stream is silent: for the message of a timeout.
#[must_use]
pub fn silence(seen: &StreamStats, now: Instant) -> String {
    let since = |moment: Option<Instant>| moment.map_or_else(String::new, |at| show(now.saturating_duration_since(at)));
    if seen.received == 0 {
        return format!("connected, then received nothing for {}", since(seen.opened));
    }
    format!("connected, received {} in {}, the last {} ago", bytes(seen.received), since(seen.opened), since(seen.last))
}

#[cfg(test)]
mod tests {
    use super::{Expected, StreamError, fault, silence};
    use crate::net::io::{End, StreamStats};
    use crate::net::speaks::Protocol;
    use crate::outcome::Phase;
    use std::io;
    use std::time::Duration;
    use tokio::time::Instant;

    const HTTP: Expected = Expected { what: "an HTTP answer", protocol: Some(Protocol::Http) };

    fn seen(head: &[u8], sent: u64, end: Option<End>) -> StreamStats {
        StreamStats { head: head.to_vec(), received: head.len() as u64, sent, end, ..StreamStats::default() }
    }

    #[test]
    fn tells_the_troubles_apart() {
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        let pipe = io::Error::from(io::ErrorKind::BrokenPipe);
        let eof = io::Error::from(io::ErrorKind::UnexpectedEof);
        let large = io::Error::from(io::ErrorKind::FileTooLarge);
        let unreachable = io::Error::from_raw_os_error(113);
        for (error, seen, expected) in [
            (
                StreamError::Ended,
                seen(b"", 9, Some(End::Closed)),
                "request connection_closed: the peer closed the connection without an answer to our 9 bytes; expected \
                 an HTTP answer",
            ),
            (
                StreamError::Ended,
                seen(b"", 0, None),
                "request connection_closed: the peer closed the connection before anything was sent; expected an HTTP \
                 answer",
            ),
            (
                StreamError::Failed(&eof),
                seen(b"HTTP/1", 9, Some(End::Closed)),
                "request connection_closed: the peer closed the connection after 6 bytes, before the end of an HTTP answer",
            ),
            (
                StreamError::Failed(&reset),
                seen(b"", 9, Some(End::Reset)),
                "connect connect_reset: the peer reset the connection without an answer to our 9 bytes; expected an \
                 HTTP answer",
            ),
            (
                StreamError::Failed(&pipe),
                seen(b"H", 9, None),
                "request connection_closed: the peer reset the connection after 1 byte, before the end of an HTTP answer",
            ),
            (
                StreamError::Failed(&large),
                seen(b"HTTP/1.1", 9, None),
                "request too_large: received 8 bytes without the end of an HTTP answer, more than the limit",
            ),
            (
                StreamError::Ended,
                seen(b"SSH-2.0-x", 9, Some(End::Closed)),
                "request protocol_error: the peer speaks SSH, expected an HTTP answer",
            ),
            (
                StreamError::TooLong(4),
                seen(b"HTTP/1.1", 9, None),
                "request too_large: received more than 4 bytes without the end of an HTTP answer",
            ),
            (
                StreamError::Announced(70_000),
                seen(b"HTTP/1.1", 9, None),
                "request too_large: the peer announced 70000 bytes for an HTTP answer, more than the limit",
            ),
            (
                StreamError::Announced(70_000),
                seen(b"SSH-2.0-x", 9, None),
                "request protocol_error: the peer speaks SSH, expected an HTTP answer",
            ),
            (
                StreamError::Unexpected(""),
                seen(b"x", 9, None),
                "request protocol_error: the received data (1 byte) is not an HTTP answer",
            ),
            (
                StreamError::Unexpected("no version"),
                seen(b"HTTP/", 9, Some(End::Closed)),
                "request protocol_error: the received data (5 bytes) is not an HTTP answer: no version",
            ),
            (
                StreamError::Failed(&unreachable),
                seen(b"", 9, None),
                "request connection_closed: error while waiting for an HTTP answer: No route to host (os error 113)",
            ),
        ] {
            let fault = fault(Phase::Request, error, &seen, HTTP);
            assert_eq!(format!("{} {}: {}", fault.phase.as_str(), fault.cause.slug(), fault.message), expected);
        }
    }

    /// Whoever accepts and has nobody behind it resets at once. What resets later had time to look at what it got, and a
    /// peer that has answered before was there.
    #[test]
    fn a_reset_belongs_to_the_connection_only_right_after_it() {
        let opened = Instant::now();
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        let of = |after_ms: u64, sent: u64, received: &[u8], had_answer: bool| {
            let ended = Some(opened + Duration::from_millis(after_ms));
            let seen =
                StreamStats { opened: Some(opened), ended, had_answer, ..seen(received, sent, Some(End::Reset)) };
            let fault = fault(Phase::Request, StreamError::Failed(&reset), &seen, HTTP);
            format!("{} {}", fault.phase.as_str(), fault.cause.slug())
        };
        let (connect, request) = ("connect connect_reset", "request connection_closed");
        for (after_ms, sent, received, had_answer, expected) in [
            (1, 60, &b""[..], false, connect),
            (1, 0, b"", false, connect),
            (320, 60, b"", false, connect),
            (1_200, 60, b"", false, request),
            (1_200, 0, b"", false, request),
            (30_000, 60, b"", false, request),
            (1, 60, b"HTTP", false, request),
            // Behind a handshake, or behind the consent to TLS.
            (1, 60, b"", true, request),
            (1, 0, b"", true, request),
        ] {
            let got = of(after_ms, sent, received, had_answer);
            assert_eq!(got, expected, "{sent} bytes sent, {received:?} received, reset after {after_ms} ms");
        }
    }

    #[test]
    fn a_plain_text_peer_in_the_tls_phase_is_not_tls() {
        let awaited = Expected { what: "a TLS handshake", protocol: Some(Protocol::Tls) };
        let fault = fault(Phase::Tls, StreamError::Unexpected(""), &seen(b"HTTP/1.1 400", 200, None), awaited);
        assert_eq!(fault.cause.slug(), "tls_not_tls");
        assert_eq!(fault.message, "the peer speaks HTTP, expected a TLS handshake");
    }

    #[test]
    fn a_greeting_that_mail_and_ftp_share_is_no_other_protocol() {
        let awaited = Expected { what: "the SMTP greeting", protocol: Some(Protocol::Smtp) };
        let fault = fault(Phase::Login, StreamError::TooLong(9), &seen(b"220 hello hello", 0, None), awaited);
        assert_eq!(fault.message, "received more than 9 bytes without the end of the SMTP greeting");
    }

    #[test]
    fn finds_the_socket_under_a_library() {
        let wrapped = io::Error::other(io::Error::from(io::ErrorKind::ConnectionReset));
        assert!(
            matches!(StreamError::of(&wrapped), StreamError::Failed(e) if e.kind() == io::ErrorKind::ConnectionReset)
        );
        assert!(matches!(StreamError::of(&std::fmt::Error), StreamError::Unexpected("")));
    }

    #[test]
    fn silence_in_words() {
        let now = Instant::now() + Duration::from_secs(60);
        let ago = |ms: u64| Some(now - Duration::from_millis(ms));
        let mute = StreamStats { opened: ago(4_900), ..StreamStats::default() };
        assert_eq!(silence(&mute, now), "connected, then received nothing for 4.9s");
        let drip = StreamStats { opened: ago(4_900), received: 5, last: ago(300), ..StreamStats::default() };
        assert_eq!(silence(&drip, now), "connected, received 5 bytes in 4.9s, the last 300ms ago");
    }
}
