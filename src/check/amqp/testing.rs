//! What brokers say, for tests.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use super::fields::{Built, field};
use super::frames::{Frames, MethodId, method};

/// A frame with a method.
pub(super) fn frame(channel: u16, method: &Built) -> Vec<u8> {
    let content = &method.0;
    let size = u32::try_from(content.len()).expect("it is small");
    [&[1][..], &channel.to_be_bytes(), &size.to_be_bytes(), content, &[0xce]].concat()
}

/// How a broker starts, with these mechanisms.
pub(super) fn start(mechanisms: &str) -> Vec<u8> {
    let mut properties = Vec::new();
    field(&mut properties, "product", b'S', b"RabbitMQ");
    field(&mut properties, "version", b'S', b"3.10.8");
    let start = method((10, 10), 256).bytes(&[0, 9]).long(&properties);
    frame(0, &start.long(mechanisms.as_bytes()).long(b"en_US"))
}

/// The limits that it proposes.
pub(super) fn tune() -> Vec<u8> {
    frame(0, &method((10, 30), 8).bytes(&[7, 255, 0, 2, 0, 0, 0, 60]))
}

/// It closes the connection, or a channel.
pub(super) fn closes(channel: u16, code: u16, text: &str) -> Vec<u8> {
    let id: MethodId = if channel == 0 { (10, 50) } else { (20, 40) };
    frame(channel, &method(id, 256).bytes(&code.to_be_bytes()).short(text).bytes(&[0; 4]))
}

/// A client of a broker that says this and ends, and the other end of its stream.
pub(super) async fn broker(says: &[&[u8]]) -> (Frames<DuplexStream>, DuplexStream) {
    let (ours, mut theirs) = duplex(64 * 1024);
    theirs.write_all(&says.concat()).await.expect("there is room");
    theirs.shutdown().await.expect("it ends");
    (Frames::new(ours), theirs)
}

/// All that a client has sent.
pub(super) async fn sent(frames: Frames<DuplexStream>, mut theirs: DuplexStream) -> Vec<u8> {
    drop(frames.into_stream());
    let mut sent = Vec::new();
    theirs.read_to_end(&mut sent).await.expect("it ends");
    sent
}
