//! What a stream remembers, how it takes turns, and how it parts.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::{ClosingSockets, End, Io, READ_LIMIT};
use crate::net::buffer_budget::{BufferBudget, OWN, TOTAL};

/// Connected sockets, ours as dialling makes them.
async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let dialling = TcpSocket::new_v4().unwrap().connect(listener.local_addr().unwrap());
    let (ours, theirs) = tokio::join!(dialling, listener.accept());
    let ours = ours.unwrap();
    SockRef::from(&ours).set_linger(Some(Duration::ZERO)).unwrap();
    (ours, theirs.unwrap().0)
}

#[tokio::test]
async fn remembers_the_first_bytes_the_counts_and_the_end() {
    let (far, near) = tokio::io::duplex(8);
    let mut io = Io::over(near);
    let wire = io.monitor();
    let peer = async {
        let mut far = far;
        far.write_all(&[b'a'; 100]).await.unwrap();
        far.read_exact(&mut [0; 3]).await.unwrap();
    };
    let ours = async {
        io.read_exact(&mut [0; 100]).await.unwrap();
        io.write_all(b"abc").await.unwrap();
        assert_eq!(io.read(&mut [0; 1]).await.unwrap(), 0);
    };
    tokio::join!(peer, ours);
    let seen = wire.seen();
    assert_eq!((seen.head.len(), seen.received, seen.sent, seen.end), (64, 100, 3, Some(End::Closed)));
    assert!(seen.opened.is_some() && seen.last.is_some());
}

#[tokio::test]
async fn more_than_the_limit_is_an_error() {
    let mut io = Io::over(tokio::io::join(tokio::io::repeat(b'x'), tokio::io::sink()));
    let error = tokio::io::copy(&mut io, &mut tokio::io::sink()).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::FileTooLarge);
    let seen = io.monitor().seen();
    assert_eq!(seen.end, Some(End::OverLimit));
    assert!((READ_LIMIT..READ_LIMIT + 64 * 1024).contains(&seen.received));
}

/// A peer that always has more must not keep a timer of the same thread from firing.
#[tokio::test]
async fn a_flood_leaves_others_their_turn() {
    let mut io = Io::over(tokio::io::join(tokio::io::repeat(b'x'), tokio::io::sink()));
    io.set_limit(u64::MAX);
    let mut nowhere = tokio::io::sink();
    let flood = tokio::io::copy(&mut io, &mut nowhere);
    let others = async { tokio::time::sleep(Duration::from_millis(20)).await };
    tokio::select! {
        biased;
        _ = flood => panic!("it never ends"),
        () = others => {}
    }
}

/// What the other side of a dropped stream sees: an end, or a reset.
async fn parting(ours: Io, mut theirs: TcpStream) -> Result<usize, std::io::ErrorKind> {
    drop(ours);
    while theirs.read(&mut [0; 64]).await.map_err(|error| error.kind())? > 0 {}
    Ok(0)
}

#[tokio::test]
async fn a_stream_without_a_shutdown_is_aborted() {
    let (ours, theirs) = pair().await;
    let closing = ClosingSockets::default();
    assert_eq!(parting(Io::tcp(ours, closing.clone()), theirs).await, Err(std::io::ErrorKind::ConnectionReset));
    let (ours, theirs) = pair().await;
    let mut io = Io::tcp(ours, closing.clone());
    io.write_all(b"half a request").await.unwrap();
    assert_eq!(parting(io, theirs).await, Err(std::io::ErrorKind::ConnectionReset));
    let (ours, theirs) = pair().await;
    let mut io = Io::tcp(ours, closing.clone());
    io.shutdown().await.unwrap();
    assert_eq!(
        parting(io, theirs).await,
        Err(std::io::ErrorKind::ConnectionReset),
        "a shutdown before anything was sent"
    );
    assert!(closing.pop().is_none());
}

#[tokio::test]
async fn after_a_shutdown_the_socket_waits_for_the_peer() {
    let (ours, mut theirs) = pair().await;
    let closing = ClosingSockets::default();
    let mut io = Io::tcp(ours, closing.clone());
    io.write_all(b"bye").await.unwrap();
    io.shutdown().await.unwrap();
    drop(io);
    theirs.read_exact(&mut [0; 3]).await.unwrap();
    let mut waiting = closing.pop().unwrap();
    assert_eq!(SockRef::from(&*waiting).linger().unwrap(), None);
    drop(theirs);
    assert_eq!(waiting.read(&mut [0; 1]).await.unwrap(), 0, "the peer closed first");
}

#[tokio::test]
async fn a_stream_that_the_peer_closed_ends_in_order() {
    let (ours, mut theirs) = pair().await;
    let closing = ClosingSockets::default();
    let mut io = Io::tcp(ours, closing.clone());
    io.write_all(b"x").await.unwrap();
    theirs.shutdown().await.unwrap();
    assert_eq!(io.read(&mut [0; 1]).await.unwrap(), 0);
    assert_eq!(parting(io, theirs).await, Ok(0));
    assert!(closing.pop().is_none());
}

/// A stream whose budget is taken; what holds it.
async fn short(stream: tokio::io::DuplexStream) -> (Io, Vec<crate::net::buffer_budget::Reservation>) {
    let buffers = BufferBudget::default();
    let mut held = vec![buffers.reserve(TOTAL).await];
    for _ in 0..8 {
        held.push(buffers.reserve(128 * 1024).await);
    }
    (Io::over(stream).within(Some(buffers)), held)
}

#[tokio::test(start_paused = true)]
async fn beyond_its_own_a_stream_waits_for_memory_that_it_can_have_whole() {
    let (mut far, near) = tokio::io::duplex(1 << 20);
    let (mut io, held) = short(near).await;
    let wire = io.monitor();
    far.write_all(&[0; 100_000]).await.unwrap();
    let mut bytes = vec![0; 4096];
    let mut read = 0;
    while read < OWN as usize {
        read += io.read(&mut bytes).await.unwrap();
    }
    assert!(!wire.waits_for_room() && !wire.has_room());
    let more = tokio::time::timeout(Duration::from_secs(5), io.read(&mut bytes)).await;
    assert!(more.is_err() && wire.waits_for_room());
    drop(held);
    while read < 100_000 {
        read += io.read(&mut bytes).await.unwrap();
    }
    assert!(wire.has_room() && !wire.waits_for_room());
    wire.set_unbuffered();
    assert!(!wire.has_room());
}

#[tokio::test(start_paused = true)]
async fn what_takes_little_or_is_not_buffered_waits_for_nothing() {
    let (mut far, near) = tokio::io::duplex(1 << 20);
    let (mut io, _held) = short(near).await;
    let wire = io.monitor();
    far.write_all(&[0; 100_000]).await.unwrap();
    io.read_exact(&mut vec![0; 10_000]).await.unwrap();
    wire.set_rest(1 << 20);
    io.read_exact(&mut vec![0; 16_000]).await.unwrap();
    wire.set_unbuffered();
    io.read_exact(&mut vec![0; 74_000]).await.unwrap();
    assert!(!wire.has_room());
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_of_much_is_given_up_where_others_need_the_memory() {
    let buffers = BufferBudget::default();
    let (mut far, near) = tokio::io::duplex(1 << 20);
    let mut io = Io::over(near).within(Some(buffers.clone()));
    let wire = io.monitor();
    wire.set_rest(TOTAL);
    far.write_all(&[0; 100_000]).await.unwrap();
    for _ in 0..100 {
        io.read_exact(&mut [0; 1000]).await.unwrap();
    }
    assert!(wire.has_room());
    let mut end = [0];
    let (error, room) = tokio::join!(
        async {
            let error = io.read(&mut end).await.unwrap_err();
            wire.set_unbuffered();
            error
        },
        buffers.reserve(1 << 20)
    );
    assert_eq!((error.kind(), wire.seen().end), (std::io::ErrorKind::FileTooLarge, Some(End::GivenUp)));
    drop(room);
}

/// A stream whose reads fail with an alert, as those of rustls do.
struct Alerted;

impl AsyncRead for Alerted {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired);
        Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, alert)))
    }
}

impl AsyncWrite for Alerted {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// HTTP/2 keeps only the words of an error: a missing client certificate was reported as broken framing.
#[tokio::test]
async fn an_alert_is_remembered_with_the_stream() {
    let mut io = Io::over(Alerted);
    let monitor = io.monitor();
    assert!(monitor.tls_error().is_none());
    drop(io.read(&mut [0; 8]).await.unwrap_err());
    let error = monitor.tls_error().unwrap();
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).unwrap();
    assert!(matches!(inner, rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired)));
    let (far, near) = tokio::io::duplex(8);
    drop(far);
    let mut io = Io::over(near);
    assert_eq!(io.read(&mut [0; 8]).await.unwrap(), 0);
    assert!(io.monitor().tls_error().is_none(), "an end is no error of TLS");
}
