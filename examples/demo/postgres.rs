//! The part of a PostgreSQL server that a login needs: start-up, SCRAM-SHA-256 (RFC 5802), one row for every query.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::{digest, hmac, pbkdf2};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const SSL_REQUEST: u32 = 80_877_103;
const ROUNDS: NonZeroU32 = NonZeroU32::new(4096).expect("4096 is not 0");
const SALT: &[u8] = b"a demo needs no secret salt";
const NONCE: &str = "DemoServerNonce1234";

/// Runs one session until the client quits, closes the connection, or sends an invalid message.
pub(crate) async fn session(mut client: TcpStream, password: &str) -> std::io::Result<()> {
    let user = loop {
        let length = client.read_u32().await?;
        let mut packet = vec![0; (length as usize).saturating_sub(4).min(10_000)];
        client.read_exact(&mut packet).await?;
        if packet.starts_with(&SSL_REQUEST.to_be_bytes()) {
            client.write_all(b"N").await?;
            continue;
        }
        let words: Vec<&[u8]> = packet[4..].split(|byte| *byte == 0).collect();
        let user = words.chunks(2).find(|pair| pair[0] == b"user").and_then(|pair| pair.get(1));
        break String::from_utf8_lossy(user.copied().unwrap_or_default()).into_owned();
    };
    if !authenticate(&mut client, password).await? {
        let text = format!("SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user \"{user}\"\0\0");
        return send(&mut client, b'E', text.as_bytes()).await;
    }
    send(&mut client, b'R', &0_u32.to_be_bytes()).await?;
    send(&mut client, b'S', b"server_version\x0016.4 (demo)\0").await?;
    send(&mut client, b'Z', b"I").await?;
    loop {
        match receive(&mut client).await? {
            (b'Q', _) => {
                send(&mut client, b'T', b"\0\x01?column?\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\0").await?;
                send(&mut client, b'D', b"\0\x01\0\0\0\x011").await?;
                send(&mut client, b'C', b"SELECT 1\0").await?;
                send(&mut client, b'Z', b"I").await?;
            }
            _ => return Ok(()),
        }
    }
}

async fn authenticate(client: &mut TcpStream, password: &str) -> std::io::Result<bool> {
    send(client, b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0").await?;
    let (_, initial) = receive(client).await?;
    let initial = String::from_utf8_lossy(&initial).into_owned();
    let Some((_, first)) = initial.split_once(",,") else { return Ok(false) };
    let Some((_, client_nonce)) = first.split_once("r=") else { return Ok(false) };
    let challenge = format!("r={client_nonce}{NONCE},s={},i={ROUNDS}", BASE64.encode(SALT));
    send(client, b'R', &[&11_u32.to_be_bytes(), challenge.as_bytes()].concat()).await?;
    let (_, last) = receive(client).await?;
    let last = String::from_utf8_lossy(&last).into_owned();
    let Some((without_proof, proof)) = last.split_once(",p=") else { return Ok(false) };
    let message = format!("{first},{challenge},{without_proof}");

    let mut salted = [0; digest::SHA256_OUTPUT_LEN];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, SALT, password.as_bytes(), &mut salted);
    let sign = |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text);
    let client_key = sign(&salted, b"Client Key");
    let stored_key = digest::digest(&digest::SHA256, client_key.as_ref());
    let signature = sign(stored_key.as_ref(), message.as_bytes());
    let expected: Vec<u8> = client_key.as_ref().iter().zip(signature.as_ref()).map(|(key, sign)| key ^ sign).collect();
    if BASE64.decode(proof).ok() != Some(expected) {
        return Ok(false);
    }
    let server_key = sign(&salted, b"Server Key");
    let answer = format!("v={}", BASE64.encode(sign(server_key.as_ref(), message.as_bytes())));
    send(client, b'R', &[&12_u32.to_be_bytes(), answer.as_bytes()].concat()).await?;
    Ok(true)
}

async fn receive(client: &mut TcpStream) -> std::io::Result<(u8, Vec<u8>)> {
    let tag = client.read_u8().await?;
    let length = client.read_u32().await? as usize;
    let mut body = vec![0; length.saturating_sub(4).min(10_000)];
    client.read_exact(&mut body).await?;
    Ok((tag, body))
}

async fn send(client: &mut TcpStream, tag: u8, body: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(body.len() + 4).expect("our messages are short");
    client.write_all(&[&[tag][..], &length.to_be_bytes(), body].concat()).await
}
