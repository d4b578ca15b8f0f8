//! Logins against servers that are written here, from the specifications.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bson::raw::{RawDocument, RawDocumentBuf};
use bson::{Binary, rawdoc, spec::BinarySubtype};
use ring::{digest, hmac};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use super::{Login, digest as mongo_digest, log_in};
use crate::check::mongodb::wire::{SessionError, Wire};
use crate::check::mongodb::words::Mechanism;
use crate::check::scram::ScramError;
use crate::net::turns::{Turns, slices};
use crate::secret::Secret;
use crate::slices::Slices;

/// Reads one command.
async fn command(stream: &mut DuplexStream) -> (u32, RawDocumentBuf) {
    let length = stream.read_u32_le().await.expect("a length") as usize;
    let mut rest = vec![0; length - 4];
    stream.read_exact(&mut rest).await.expect("a message");
    let request = u32::from_le_bytes(rest[..4].try_into().expect("four bytes"));
    (request, RawDocumentBuf::from_bytes(rest[17..].to_vec()).expect("BSON"))
}

async fn answer(stream: &mut DuplexStream, request: u32, document: &RawDocument) {
    let length = u32::try_from(21 + document.as_bytes().len()).expect("it is short");
    let parts: [&[u8]; 7] = [
        &length.to_le_bytes(),
        &7_u32.to_le_bytes(),
        &request.to_le_bytes(),
        &2013_u32.to_le_bytes(),
        &0_u32.to_le_bytes(),
        &[0],
        document.as_bytes(),
    ];
    stream.write_all(&parts.concat()).await.expect("the client reads");
}

fn binary(text: &str) -> Binary {
    Binary { subtype: BinarySubtype::Generic, bytes: text.as_bytes().to_vec() }
}

fn payload(command: &RawDocument) -> String {
    String::from_utf8(command.get_binary("payload").expect("a payload").bytes.to_vec()).expect("text")
}

/// A server that knows SCRAM-SHA-256 and the password `sesame`; before 4.4, it waits for an empty message at the end.
async fn serve(mut stream: DuplexStream, rounds: u32, older: bool) {
    let (request, start) = command(&mut stream).await;
    assert_eq!((start.get_str("mechanism").ok(), start.get_str("$db").ok()), (Some("SCRAM-SHA-256"), Some("users")));
    let bare = payload(&start).strip_prefix("n,,").expect("no channel binding").to_owned();
    let nonce = bare.rsplit_once("r=").expect("a nonce").1.to_owned();
    let challenge = format!("r={nonce}srv,s={},i={rounds}", STANDARD.encode("salt"));
    answer(
        &mut stream,
        request,
        &rawdoc! { "ok": 1, "conversationId": 3, "done": false, "payload": binary(&challenge) },
    )
    .await;
    let (request, next) = command(&mut stream).await;
    assert_eq!(next.get_i32("conversationId").ok(), Some(3));
    let text = payload(&next);
    let (without_proof, proof) = text.split_once(",p=").expect("a proof");
    let mut salted = [0; 32];
    let rounds = std::num::NonZeroU32::new(rounds).expect("some");
    ring::pbkdf2::derive(ring::pbkdf2::PBKDF2_HMAC_SHA256, rounds, b"salt", b"sesame", &mut salted);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &salted);
    let client_key = hmac::sign(&key, b"Client Key");
    let stored = digest::digest(&digest::SHA256, client_key.as_ref());
    let signed = format!("{bare},{challenge},{without_proof}");
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, stored.as_ref()), signed.as_bytes());
    let expected: Vec<u8> = client_key.as_ref().iter().zip(signature.as_ref()).map(|(a, b)| a ^ b).collect();
    if proof != STANDARD.encode(expected) {
        let error =
            rawdoc! { "ok": 0, "code": 18, "codeName": "AuthenticationFailed", "errmsg": "Authentication failed." };
        return answer(&mut stream, request, &error).await;
    }
    let server_key = hmac::sign(&key, b"Server Key");
    let server = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, server_key.as_ref()), signed.as_bytes());
    let last = format!("v={}", STANDARD.encode(server));
    answer(&mut stream, request, &rawdoc! { "ok": 1, "conversationId": 3, "done": !older, "payload": binary(&last) })
        .await;
    if older {
        let (request, empty) = command(&mut stream).await;
        assert_eq!(payload(&empty), "");
        answer(&mut stream, request, &rawdoc! { "ok": 1, "conversationId": 3, "done": true, "payload": binary("") })
            .await;
    }
}

async fn try_with(password: &str, rounds: u32, older: bool) -> Result<(), SessionError> {
    let (client, server) = duplex(4096);
    let task = tokio::spawn(serve(server, rounds, older));
    let secret = Secret::new(password.to_owned());
    let login = Login { user: Some("a,b"), password: Some(&secret), source: "users", least_rounds: 4096 };
    let mut wire = Wire::new(client);
    let result = log_in(&mut wire, Mechanism::Sha256, login, &Turns::default(), Slices::unlimited()).await;
    if result.is_ok() {
        task.await.expect("the server saw what it expects");
    }
    result
}

#[tokio::test]
async fn a_login_works_with_current_and_older_servers() {
    for older in [false, true] {
        assert!(try_with("sesame", 4096, older).await.is_ok(), "{older}");
    }
    assert!(matches!(try_with("wrong", 4096, false).await, Err(SessionError::Server(error)) if error.code == Some(18)));
    assert!(matches!(try_with("sesame", 4095, false).await, Err(SessionError::Scram(ScramError::FewRounds(4095, _)))));
}

#[tokio::test]
async fn a_certificate_and_plain_send_what_they_must() {
    let (client, mut server) = duplex(4096);
    let task = tokio::spawn(async move {
        let (request, by_certificate) = command(&mut server).await;
        assert_eq!(by_certificate.get_str("mechanism").ok(), Some("MONGODB-X509"));
        assert_eq!(by_certificate.get_str("$db").ok(), Some("$external"));
        assert!(by_certificate.get("user").is_ok_and(|user| user.is_none()));
        answer(&mut server, request, &rawdoc! { "ok": 1 }).await;
        let (request, plain) = command(&mut server).await;
        assert_eq!(payload(&plain), "\0app\0sesame");
        answer(&mut server, request, &rawdoc! { "ok": 1, "conversationId": 1, "done": true, "payload": binary("") })
            .await;
    });
    let secret = Secret::new("sesame".to_owned());
    let mut wire = Wire::new(client);
    let by_certificate = Login { user: None, password: None, source: "$external", least_rounds: 4096 };
    let (turns, slices) = (Turns::default(), || slices(std::time::Duration::from_millis(2)));
    log_in(&mut wire, Mechanism::X509, by_certificate, &turns, slices()).await.expect("a login");
    let plain = Login { user: Some("app"), password: Some(&secret), ..by_certificate };
    log_in(&mut wire, Mechanism::Plain, plain, &turns, slices()).await.expect("a login");
    task.await.expect("the server saw what it expects");
}

/// The example of the drivers' specification.
#[test]
fn the_password_of_sha_1_is_hashed_with_the_user() {
    assert_eq!(*mongo_digest("user", "pencil"), "1c33006ec1ffd90f9cadcbcc0e118200");
}
