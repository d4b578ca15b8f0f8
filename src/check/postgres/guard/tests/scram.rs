//! SCRAM against a server that knows the password, or acts as if.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::{hmac, pbkdf2};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use super::{Guard, Record, SessionError, Trust, auth, error, login, ready};
use crate::check::postgres::login::{Login, log_in};
use crate::net::turns::Turns;
use crate::secret::Secret;

const SALT: &[u8] = b"salt";

/// How the server ends the exchange.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Proof,
    WrongProof,
    NoProof,
    Error,
    /// An error after its proof: as by a pooler whose own login failed.
    ProofAndError,
}

/// One message of the client: tag and body.
async fn receive(stream: &mut DuplexStream, tagged: bool) -> Vec<u8> {
    if tagged {
        assert_eq!(stream.read_u8().await.unwrap(), b'p');
    }
    let length = stream.read_u32().await.unwrap();
    let mut body = vec![0; length as usize - 4];
    stream.read_exact(&mut body).await.unwrap();
    body
}

/// Speaks SCRAM with this password and so many rounds; all that came after the challenge.
async fn serve(mut stream: DuplexStream, password: &str, rounds: u64, last: Last) -> Vec<u8> {
    receive(&mut stream, false).await;
    stream.write_all(&auth(10, b"SCRAM-SHA-256\0\0")).await.unwrap();
    let initial = String::from_utf8(receive(&mut stream, true).await).unwrap();
    let first = initial.split_once(",,").unwrap().1;
    let nonce = first.split_once("r=").unwrap().1;
    let challenge = format!("r={nonce}server,s={},i={rounds}", STANDARD.encode(SALT));
    stream.write_all(&auth(11, challenge.as_bytes())).await.unwrap();
    let mut heard = vec![0; 5];
    if stream.read_exact(&mut heard).await.is_err() {
        return Vec::new();
    }
    let mut answer = vec![0; u32::from_be_bytes([heard[1], heard[2], heard[3], heard[4]]) as usize - 4];
    stream.read_exact(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (without_proof, _) = answer.split_once(",p=").unwrap();

    let rounds = NonZeroU32::new(u32::try_from(rounds).unwrap()).unwrap();
    let mut salted = [0; 32];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, SALT, password.as_bytes(), &mut salted);
    let sign = |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text);
    let server_key = sign(&salted, b"Server Key");
    let signature = sign(server_key.as_ref(), format!("{first},{challenge},{without_proof}").as_bytes());
    let proof = auth(12, format!("v={}", STANDARD.encode(signature)).as_bytes());
    let refusal = error("28P01", "password authentication failed for user \"app\"");
    let end = match last {
        Last::Proof => [proof, auth(0, b""), ready()].concat(),
        Last::WrongProof => [auth(12, b"v=AAAA"), auth(0, b""), ready()].concat(),
        Last::NoProof => [auth(0, b""), ready()].concat(),
        Last::Error => refusal,
        Last::ProofAndError => [proof, refusal].concat(),
    };
    stream.write_all(&end).await.unwrap();
    heard.extend(answer.into_bytes());
    heard
}

/// Logs in by the password `pencil`; what it came to, and what the client sent after the challenge.
async fn exchange(password: &str, rounds: u64, last: Last) -> (Result<(), SessionError>, Record, Vec<u8>) {
    exchange_under(Trust::Plain, Some(1), password, rounds, last).await
}

/// The same over a connection of this trust, with at least so many rounds.
async fn exchange_under(
    trust: Trust,
    min_rounds: Option<u64>,
    password: &str,
    rounds: u64,
    last: Last,
) -> (Result<(), SessionError>, Record, Vec<u8>) {
    let secret = Secret::new("pencil".into());
    let login = Login { min_rounds, ..login(Some(&secret), trust) };
    let (ours, theirs) = duplex(64 * 1024);
    let password = password.to_owned();
    let server = tokio::spawn(async move { serve(theirs, &password, rounds, last).await });
    let guard = Guard::new(ours, Login::rules(&login), Turns::default());
    let result = log_in(&guard, &login).await.map(drop);
    let record = guard.record();
    drop(guard);
    (result, record, server.await.unwrap())
}

/// Rounds cost milliseconds, at once: of many logins one computes at a time, and holds its turn no longer than that.
#[tokio::test(start_paused = true)]
async fn a_proof_is_computed_when_its_turn_has_come() {
    let secret = Secret::new("pencil".into());
    let (turns, login) = (Turns::default(), Login { min_rounds: Some(1), ..login(Some(&secret), Trust::Plain) });
    let others = turns.take().await;
    let (ours, theirs) = duplex(64 * 1024);
    let server = tokio::spawn(serve(theirs, "pencil", 1, Last::Proof));
    let guard = Guard::new(ours, Login::rules(&login), turns.clone());
    let mut logging_in = Box::pin(log_in(&guard, &login));
    let waited = tokio::time::timeout(std::time::Duration::from_secs(9), logging_in.as_mut()).await;
    assert!(waited.is_err() && !guard.record().proof_sent, "it waits for its turn");
    drop(others);
    assert!(logging_in.await.is_ok());
    drop(turns.take().await);
    server.abort();
}

#[tokio::test]
async fn both_sides_prove_that_they_know_the_password() {
    let (result, record, heard) = exchange("pencil", 4096, Last::Proof).await;
    result.unwrap();
    assert_eq!((record.method, record.proof_sent, record.proven), (Some("scram-sha-256"), true, true));
    assert!(heard.starts_with(b"p\0\0"));
}

#[tokio::test]
async fn a_server_that_does_not_know_it_is_not_believed() {
    for (password, last, says) in [
        ("other", Last::Proof, "the server could not prove that it knows the password's hash"),
        ("pencil", Last::WrongProof, "the server could not prove that it knows the password's hash"),
        ("pencil", Last::NoProof, "the server did not end the SCRAM exchange"),
    ] {
        let (result, record, _) = exchange(password, 1, last).await;
        assert!(matches!(&result, Err(SessionError::Unexpected(text)) if text == says), "{says}: {result:?}");
        assert!(record.proof_sent && !record.proven);
    }
}

/// Who refused is told apart by that.
#[tokio::test]
async fn whether_the_server_proved_itself_before_it_refused() {
    for (last, proven) in [(Last::Error, false), (Last::ProofAndError, true)] {
        let (result, record, _) = exchange("pencil", 1, last).await;
        assert!(matches!(&result, Err(SessionError::Server(error)) if error.code == "28P01"), "{result:?}");
        assert_eq!((record.proof_sent, record.proven), (true, proven));
    }
}

/// A round cannot be interrupted: the client never sees a challenge of too many.
#[tokio::test]
async fn rounds_are_capped() {
    let (result, ..) = exchange("pencil", 30_000, Last::Proof).await;
    result.unwrap();
    for rounds in [30_001, 100_000, 4_000_000_000, 99_999_999_999] {
        let (result, record, heard) = exchange("pencil", rounds, Last::Proof).await;
        let Err(SessionError::Limit { text, .. }) = result else { panic!("{rounds}: {result:?}") };
        assert_eq!(text, format!("the server demands {rounds} rounds of SCRAM, at most 30000 are done"));
        assert!(!record.proof_sent && heard.is_empty());
    }
}

/// A proof of few rounds is cheap to guess the password from: it goes to nobody who may be anybody.
#[tokio::test]
async fn too_few_rounds_get_no_proof() {
    for (trust, min_rounds, rounds, least) in [
        (Trust::Plain, None, 1, 4096),
        (Trust::Plain, None, 4095, 4096),
        (Trust::Unverified, None, 2, 4096),
        (Trust::Unverified, Some(10_000), 4096, 10_000),
        (Trust::Verified, Some(4096), 1, 4096),
        (Trust::Plain, Some(2), 1, 2),
    ] {
        let (result, record, heard) = exchange_under(trust, min_rounds, "pencil", rounds, Last::Proof).await;
        let Err(SessionError::Limit { code: "few_rounds", text }) = result else { panic!("{rounds}: {result:?}") };
        let says =
            format!("the server demands {rounds} rounds of SCRAM, at least {least} are required: no proof was sent");
        assert_eq!(text, says);
        assert!(!record.proof_sent && heard.is_empty());
    }
    for (trust, min_rounds, rounds) in [
        (Trust::Plain, None, 4096),
        (Trust::Unverified, None, 5000),
        (Trust::Verified, None, 1),
        (Trust::Plain, Some(1), 1),
        (Trust::Unverified, Some(1000), 1000),
    ] {
        exchange_under(trust, min_rounds, "pencil", rounds, Last::Proof).await.0.unwrap();
    }
}

#[tokio::test]
async fn a_challenge_that_is_none() {
    let secret = Secret::new("pencil".into());
    let login = login(Some(&secret), Trust::Plain);
    for challenge in [
        "",
        "\u{e9}",
        "r=other,s=AAAA,i=4096",
        "s=AAAA,r=x,i=1",
        "r=NONCE,s=*,i=1",
        "r=NONCE,s=AAAA,i=0",
        "r=NONCE,s=AAAA,i=-1",
        "r=NONCE,s=AAAA,i=",
        "r=NONCE,s=AAAA",
        "r=NONCE,s=AAAA,l=1,i=1",
    ] {
        let (ours, mut theirs) = duplex(64 * 1024);
        let server = tokio::spawn(async move {
            receive(&mut theirs, false).await;
            theirs.write_all(&auth(10, b"SCRAM-SHA-256\0\0")).await.unwrap();
            let initial = String::from_utf8(receive(&mut theirs, true).await).unwrap();
            let nonce = initial.split_once("r=").unwrap().1;
            theirs.write_all(&auth(11, challenge.replace("NONCE", nonce).as_bytes())).await.unwrap();
            let mut heard = Vec::new();
            theirs.read_to_end(&mut heard).await.unwrap();
            heard
        });
        let guard = Guard::new(ours, Login::rules(&login), Turns::default());
        let result = log_in(&guard, &login).await.map(drop);
        let says = "the server's SCRAM challenge is malformed";
        assert!(matches!(&result, Err(SessionError::Unexpected(text)) if text == says), "{challenge}: {result:?}");
        assert!(!guard.record().proof_sent);
        drop(guard);
        assert!(server.await.unwrap().is_empty(), "{challenge}");
    }
}
