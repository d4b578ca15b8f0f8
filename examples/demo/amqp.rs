//! The part of an AMQP 0-9-1 broker that a login needs: start, tune, open and close. It takes any user and password.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The class and the method with which a client says goodbye.
const CLOSE: [u8; 4] = [0, 10, 0, 50];
const CLOSE_OK: [u8; 4] = [0, 10, 0, 51];
const FRAME_END: u8 = 0xce;

/// Runs one session. The virtual host that a client opens may be missing.
pub(crate) async fn session(mut client: TcpStream, has_vhost: bool) -> std::io::Result<()> {
    let mut header = [0; 8];
    client.read_exact(&mut header).await?;
    // connection.start: version 0-9, no properties, the mechanism, the language.
    send(&mut client, &[&[0, 10, 0, 10, 0, 9, 0, 0, 0, 0], &long("PLAIN")[..], &long("en_US")].concat()).await?;
    receive(&mut client).await?;
    // connection.tune: 2047 channels, frames of 128 KiB, a heartbeat after 60 s.
    send(&mut client, &[0, 10, 0, 30, 7, 255, 0, 2, 0, 0, 0, 60]).await?;
    receive(&mut client).await?;
    let open = receive(&mut client).await?;
    if has_vhost {
        // connection.open-ok, with an empty text.
        send(&mut client, &[0, 10, 0, 41, 0]).await?;
    } else {
        let name = open.get(5..5 + usize::from(*open.get(4).unwrap_or(&0))).unwrap_or_default();
        let text = format!("NOT_ALLOWED - vhost {} not found", String::from_utf8_lossy(name));
        let length = u8::try_from(text.len()).expect("our texts are short");
        // Error 530, its text, and the method that failed: connection.open.
        let body = [&CLOSE, &530_u16.to_be_bytes()[..], &[length], text.as_bytes(), &[0, 10, 0, 40]].concat();
        send(&mut client, &body).await?;
    }
    while receive(&mut client).await?.starts_with(&CLOSE) {
        send(&mut client, &CLOSE_OK).await?;
    }
    Ok(())
}

fn long(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).expect("our texts are short");
    [&length.to_be_bytes(), text.as_bytes()].concat()
}

/// The content of the next frame.
async fn receive(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut head = [0; 7];
    client.read_exact(&mut head).await?;
    let [_, _, _, length @ ..] = head;
    let mut body = vec![0; (u32::from_be_bytes(length) as usize).min(10_000)];
    client.read_exact(&mut body).await?;
    client.read_u8().await?;
    Ok(body)
}

/// A frame with a method, on channel 0.
async fn send(client: &mut TcpStream, body: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(body.len()).expect("our frames are short");
    client.write_all(&[&[1, 0, 0][..], &length.to_be_bytes(), body, &[FRAME_END]].concat()).await
}
