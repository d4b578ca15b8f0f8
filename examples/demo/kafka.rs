//! The part of a Kafka broker that clients start with: which versions it speaks, and the brokers and topics of its cluster.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const METADATA: i16 = 3;
const API_VERSIONS: i16 = 18;
/// The version of the metadata that it speaks.
const VERSION: i16 = 4;
/// Of its only broker.
const ID: i32 = 1;

/// Runs one session. `announced` is where clients are sent.
pub(crate) async fn session(mut client: TcpStream, announced: (&str, u16)) -> std::io::Result<()> {
    loop {
        let length = client.read_u32().await?;
        let mut request = vec![0; (length as usize).min(10_000)];
        client.read_exact(&mut request).await?;
        let Some((&[key_high, key_low, _, _, ref number @ ..], rest)) = request.split_first_chunk::<8>() else {
            return Ok(());
        };
        let answer = match i16::from_be_bytes([key_high, key_low]) {
            API_VERSIONS => versions(),
            METADATA => metadata(announced, rest),
            _ => return Ok(()),
        };
        let length = u32::try_from(answer.len() + number.len()).expect("our answers are short");
        client.write_all(&[&length.to_be_bytes(), &number[..], &answer].concat()).await?;
    }
}

/// No error, two kinds of requests.
fn versions() -> Vec<u8> {
    let range = |key: i16, version: i16| [key, version, version].map(i16::to_be_bytes).concat();
    [&[0, 0, 0, 0, 0, 2][..], &range(METADATA, VERSION), &range(API_VERSIONS, 0)].concat()
}

/// One broker, and the topic that was asked for, with one partition.
fn metadata((host, port): (&str, u16), request: &[u8]) -> Vec<u8> {
    let id = ID.to_be_bytes();
    let one = 1_i32.to_be_bytes();
    let none = (-1_i16).to_be_bytes();
    // No delay; the broker, which is in no rack; a cluster without an id; its controller.
    let broker = [&[0; 4][..], &one, &id, &text(host), &i32::from(port).to_be_bytes(), &none, &none, &id].concat();
    // No errors, not internal; the leader, the replicas, and those in sync.
    let partition = [&one[..], &[0; 2], &[0; 4], &id, &one, &id, &one, &id].concat();
    let topic = topic(request)
        .map_or_else(|| vec![0; 4], |topic| [&one[..], &[0; 2], &text(&topic), &[0], &partition].concat());
    [broker, topic].concat()
}

/// The first topic of a request, behind the name of the client and the number of topics.
fn topic(request: &[u8]) -> Option<String> {
    let (client, rest) = request.split_first_chunk::<2>()?;
    let rest = rest.get(usize::from(u16::from_be_bytes(*client)) + 4..)?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    String::from_utf8(rest.get(..usize::from(u16::from_be_bytes(*length)))?.to_vec()).ok()
}

fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("our texts are short");
    [&length.to_be_bytes(), text.as_bytes()].concat()
}
