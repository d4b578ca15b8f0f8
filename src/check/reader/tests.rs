//! Peers that drip, flood, announce too much or end early.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, ReadBuf, duplex};
use tokio::time::{sleep, timeout};

use super::{CHUNK, ReadError, Reader};
use crate::net::stream_error::StreamError;

/// A peer that sends these pieces, a moment apart, and ends.
fn peer(pieces: &'static [&'static [u8]]) -> Reader<DuplexStream> {
    let (ours, mut theirs) = duplex(64);
    tokio::spawn(async move {
        for piece in pieces {
            theirs.write_all(piece).await.expect("the reader is there");
            sleep(Duration::from_secs(1)).await;
        }
    });
    Reader::new(ours)
}

/// A peer that repeats one byte without end and never waits.
struct Endless(u8);

impl AsyncRead for Endless {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        buf.initialize_unfilled().fill(self.0);
        buf.set_filled(buf.capacity());
        Poll::Ready(Ok(()))
    }
}

/// A peer whose stream is broken.
struct Broken;

impl AsyncRead for Broken {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_ends_with_or_without_a_carriage_return() {
    let mut reader = peer(&[b"one\r\ntwo\n\nthr\ree\r\nrest"]);
    for line in [&b"one"[..], b"two", b"", b"thr\ree"] {
        assert_eq!(reader.line(64).await.expect("a line"), line);
    }
    assert!(!reader.is_drained(), "the rest was read along");
    assert!(matches!(reader.line(64).await, Err(ReadError::Ended)));
}

#[tokio::test(start_paused = true)]
async fn bytes_that_drip_make_whole_lines_and_frames() {
    let mut reader = peer(&[b"+", b"O", b"K", b"\r", b"\n", b"\0", b"\0\x03a", b"b", b"c"]);
    assert_eq!(reader.line(3).await.expect("a line"), "+OK");
    let length =
        u32::from_be_bytes([&[0], &reader.array::<3>().await.expect("a header")[..]].concat().try_into().unwrap());
    assert_eq!(reader.body(length.into(), 3).await.expect("a body"), "abc");
    assert!(reader.is_drained());
    assert!(matches!(reader.array::<1>().await, Err(ReadError::Ended)));
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_waited_for() {
    let (ours, _theirs) = duplex(64);
    let mut reader = Reader::new(ours);
    assert!(timeout(Duration::from_secs(60), reader.line(64)).await.is_err(), "the deadline is the caller's");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_ends_in_the_middle() {
    assert!(matches!(peer(&[b"+PON"]).line(64).await, Err(ReadError::Ended)));
    assert!(matches!(peer(&[b"\0\0"]).array::<4>().await, Err(ReadError::Ended)));
    assert!(matches!(peer(&[b"abc"]).body(4, 64).await, Err(ReadError::Ended)));
    assert!(matches!(peer(&[]).line(64).await, Err(ReadError::Ended)));
}

#[tokio::test]
async fn a_line_has_a_limit() {
    for (limit, fits) in [(4, false), (5, true)] {
        let mut reader = peer(&[b"12345\r\n"]);
        assert_eq!(reader.line(limit).await.is_ok(), fits, "{limit}");
    }
    let mut endless = Reader::new(Endless(b'a'));
    assert!(matches!(endless.line(10_000).await, Err(ReadError::TooLong(10_000))));
    assert!(endless.unread.len() <= 10_000 + CHUNK + 2, "{}", endless.unread.len());
}

#[tokio::test]
async fn a_length_over_the_limit_is_refused_before_anything_is_read() {
    for announced in [17, u64::from(u32::MAX), u64::MAX] {
        let mut reader = Reader::new(Endless(b'a'));
        let refused = reader.body(announced, 16).await;
        assert!(matches!(refused, Err(ReadError::Announced(count)) if count == announced));
        assert_eq!(reader.unread.capacity(), 0, "no room is made for what was announced");
    }
    let mut reader = Reader::new(Endless(b'a'));
    assert_eq!(reader.body(16, 16).await.expect("a body"), "a".repeat(16));
    assert_eq!(reader.body(0, 16).await.expect("an empty body"), "");
}

#[tokio::test]
async fn memory_grows_with_what_came() {
    let (ours, mut theirs) = duplex(64);
    let mut reader = Reader::new(ours);
    theirs.write_all(b"abc").await.expect("there is room");
    let wait = timeout(Duration::from_millis(10), reader.body(1 << 20, 1 << 20)).await;
    assert!(wait.is_err());
    assert!(reader.unread.capacity() <= 2 * CHUNK, "{}", reader.unread.capacity());
}

#[tokio::test]
async fn what_is_sent_arrives_and_errors_are_those_of_the_stream() {
    let (ours, mut theirs) = duplex(64);
    let mut reader = Reader::new(ours);
    reader.send(b"PING\r\n").await.expect("there is room");
    let mut came = [0; 6];
    theirs.read_exact(&mut came).await.expect("it was sent");
    assert_eq!(&came, b"PING\r\n");
    drop(theirs);
    assert!(matches!(reader.send(b"QUIT\r\n").await, Err(ReadError::Failed(_))));
    let failed = Reader::new(Broken).line(1).await.expect_err("it is broken");
    assert!(
        matches!(failed.as_stream_error(), StreamError::Failed(error) if error.kind() == io::ErrorKind::ConnectionReset)
    );
    assert!(matches!(ReadError::Ended.as_stream_error(), StreamError::Ended));
    assert!(matches!(ReadError::Announced(7).as_stream_error(), StreamError::Announced(7)));
    assert!(matches!(ReadError::TooLong(7).as_stream_error(), StreamError::TooLong(7)));
}
