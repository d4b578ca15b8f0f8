//! How an attempt says goodbye, and what it waits for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use super::{Attempt, AttemptOptions, FAREWELL_BYTES};
use crate::cause::Cause;
use crate::env::MapEnv;
use crate::net::World;
use crate::net::buffer_budget::TOTAL;
use crate::net::descriptors::Sockets;
use crate::net::io::Io;
use crate::net::options::DialRules;
use crate::net::resolve::search::Walk;
use crate::outcome::{Detail, Phase, StreamDetail};
use crate::url::{Endpoint, Host};

fn attempt(world: World) -> Attempt {
    let options = AttemptOptions {
        rules: DialRules::default(),
        deadline: Instant::now() + Duration::from_secs(5),
        walk: Walk::Full,
        pinned: None,
    };
    Attempt::new(Arc::new(world), options)
}

fn world() -> World {
    World::new(Arc::new(MapEnv::default()))
}

async fn endless() -> (TcpStream, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    let peer = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        while stream.write_all(&[b'x'; 65_536]).await.is_ok() {}
    });
    (TcpSocket::new_v4().unwrap().connect(address).await.unwrap(), peer)
}

/// 198 MB came in the 100 ms of one.
#[tokio::test]
async fn an_endless_goodbye_is_cut_by_its_bytes() {
    let mut attempt = attempt(world());
    let (stream, peer) = endless().await;
    let mut io = attempt.take_socket(stream.into());
    io.write_all(b"?").await.unwrap();
    let wire = io.monitor();
    attempt.abandon(io).await;
    let heard = wire.seen().received;
    assert!((FAREWELL_BYTES..=FAREWELL_BYTES + 1024).contains(&heard), "{heard} bytes");
    timeout(Duration::from_secs(20), peer).await.expect("the connection is aborted").unwrap();
    // The limit is that of the attempt: a second peer has no more to say.
    let (stream, peer) = endless().await;
    let mut io = attempt.take_socket(stream.into());
    io.write_all(b"?").await.unwrap();
    attempt.close(io).await;
    assert_eq!(attempt.farewell_left, 0);
    timeout(Duration::from_secs(20), peer).await.expect("the connection is aborted").unwrap();
}

#[tokio::test]
async fn a_short_goodbye_is_heard_to_its_end() {
    let mut attempt = attempt(world());
    let (far, near) = tokio::io::duplex(1024);
    let mut io = Io::over(near);
    io.write_all(b"QUIT").await.unwrap();
    let wire = io.monitor();
    let peer = async {
        let mut far = far;
        far.read_exact(&mut [0; 4]).await.unwrap();
        far.write_all(b"221 bye").await.unwrap();
    };
    tokio::join!(attempt.abandon(io), peer);
    assert_eq!(wire.seen().received, 7);
    assert_eq!(attempt.farewell_left, FAREWELL_BYTES - 7);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_memory_until_the_end_says_so() {
    let world = world();
    let mut held = vec![world.buffers.reserve(TOTAL).await];
    for _ in 0..8 {
        held.push(world.buffers.reserve(128 * 1024).await);
    }
    let buffers = world.buffers.clone();
    let mut attempt = attempt(world);
    attempt.enter(Phase::Request);
    let (mut far, near) = tokio::io::duplex(1 << 20);
    far.write_all(&[0; 100_000]).await.unwrap();
    let mut io = Io::over(near).within(Some(buffers));
    attempt.take_stream(&io);
    let mut bytes = [0; 1024];
    let waited = timeout(Duration::from_secs(5), async { while io.read(&mut bytes).await.is_ok() {} }).await;
    assert!(waited.is_err());
    let fault = attempt.deadline_fault();
    assert_eq!((fault.cause, fault.phase), (Cause::LocalLimit, Phase::Request));
    assert_eq!(fault.detail, Some(Detail::Stream(StreamDetail::NoRoom)));
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_descriptor_until_the_end_says_so() {
    let sockets = Sockets::limited(1);
    let permit = sockets.permit().await;
    let mut attempt = attempt(world().with_sockets(sockets));
    let endpoint = Endpoint { host: Host::Ip([127, 0, 0, 1].into()), port: 9 };
    assert!(timeout(Duration::from_secs(5), attempt.connect(&endpoint)).await.is_err());
    let fault = attempt.deadline_fault();
    assert_eq!((fault.cause, fault.phase, fault.detail), (Cause::LocalLimit, Phase::Connect, Some(Detail::Os(24))));
    drop(permit);
}
