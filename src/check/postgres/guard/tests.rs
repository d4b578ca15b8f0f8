//! Logins and queries over a pipe, to servers that say anything.

mod limits;
mod scram;

use std::io;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

use super::super::login::{Login, log_in};
use super::super::session::QueryResult;
use super::super::sqlstate::code;
use super::super::words::ChannelBinding;
use super::{Guard, Record, SessionError, Trust};
use crate::cause::Cause;
use crate::check::login::Cleartext;
use crate::net::turns::Turns;
use crate::secret::Secret;

/// A message of the server: tag, length, body.
fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[tag][..], &length.to_be_bytes(), body].concat()
}

fn auth(code: u32, rest: &[u8]) -> Vec<u8> {
    message(b'R', &[&code.to_be_bytes()[..], rest].concat())
}

fn parameter(name: &str, value: &str) -> Vec<u8> {
    message(b'S', format!("{name}\0{value}\0").as_bytes())
}

fn ready() -> Vec<u8> {
    message(b'Z', b"I")
}

fn error(code: &str, text: &str) -> Vec<u8> {
    message(b'E', format!("SFATAL\0VFATAL\0C{code}\0M{text}\0\0").as_bytes())
}

fn row(value: Option<&str>) -> Vec<u8> {
    let mut body = vec![0, 1];
    match value {
        None => body.extend((-1_i32).to_be_bytes()),
        Some(text) => {
            body.extend(u32::try_from(text.len()).unwrap().to_be_bytes());
            body.extend(text.as_bytes());
        }
    }
    message(b'D', &body)
}

/// A login without a proof.
fn logged_in() -> Vec<u8> {
    [
        message(b'N', b"SNOTICE\0Mhello\0\0"),
        auth(0, b""),
        parameter("server_version", "16.4 (Debian 16.4-1)"),
        parameter("in_hot_standby", "off"),
        message(b'K', &[0; 8]),
        ready(),
    ]
    .concat()
}

/// A description of one column.
fn column() -> Vec<u8> {
    message(b'T', &[&[0, 1][..], b"n\0", &[0; 18]].concat())
}

/// The same, and the answer to one query.
fn transcript() -> Vec<u8> {
    let rows = [row(Some("42")), row(Some("43"))].concat();
    [logged_in(), column(), rows, message(b'C', b"SELECT 2\0"), ready()].concat()
}

fn login(password: Option<&Secret>, trust: Trust) -> Login<'_> {
    Login {
        user: "app",
        database: "shop",
        application_name: "pilotfish",
        options: None,
        password,
        passfile: false,
        channel_binding: ChannelBinding::Prefer,
        cleartext: Cleartext::Verified,
        // The tests count few for speed.
        min_rounds: Some(1),
        trust,
        certificate: false,
        end_point: None,
    }
}

/// What came of a login.
struct Ended {
    result: Result<(), SessionError>,
    record: Record,
    set_aside: usize,
    heard: Vec<u8>,
}

/// Logs in to a server that says this, whatever it is told, and closes.
async fn with(script: Vec<u8>, login: &Login<'_>) -> Ended {
    let (ours, mut theirs) = duplex(64 * 1024);
    let server = tokio::spawn(async move {
        // A client that has heard enough is gone: both may fail.
        drop(theirs.write_all(&script).await);
        drop(theirs.shutdown().await);
        let mut heard = Vec::new();
        drop(theirs.read_to_end(&mut heard).await);
        heard
    });
    let guard = Guard::new(ours, login.rules(), Turns::default());
    let result = log_in(&guard, login).await.map(drop);
    let (record, set_aside) = (guard.record(), guard.lock().inbox.capacity());
    drop(guard);
    Ended { result, record, set_aside, heard: server.await.unwrap() }
}

/// Logs in without a password, asks, and says goodbye; what the answer came to, and all that was sent.
async fn told(script: Vec<u8>) -> (Result<QueryResult, SessionError>, Vec<u8>) {
    let (ours, mut theirs) = duplex(64 * 1024);
    let server = tokio::spawn(async move {
        drop(theirs.write_all(&script).await);
        drop(theirs.shutdown().await);
        let mut heard = Vec::new();
        drop(theirs.read_to_end(&mut heard).await);
        heard
    });
    let login = login(None, Trust::Plain);
    let guard = Guard::new(ours, login.rules(), Turns::default());
    let session = log_in(&guard, &login).await;
    drop(guard);
    let answer = match session {
        Err(session_error) => Err(session_error),
        Ok(mut session) => {
            let answer = session.query("SELECT 42").await;
            drop(session.terminate().await);
            answer
        }
    };
    (answer, server.await.unwrap())
}

async fn asked(script: Vec<u8>) -> Result<QueryResult, SessionError> {
    told(script).await.0
}

#[tokio::test]
async fn a_login_and_a_query() {
    assert_eq!(asked(transcript()).await.unwrap(), QueryResult { first: Some(Some("42".into())) });
    let ended = with(transcript(), &login(None, Trust::Plain)).await;
    ended.result.unwrap();
    assert_eq!(ended.record.method, Some("trust"));
    assert_eq!(ended.record.parameters.server_version.as_deref(), Some("16.4"));
    assert_eq!(ended.record.parameters.in_hot_standby, Some(false));
    let sent = String::from_utf8_lossy(&ended.heard);
    let start = "client_encoding\0UTF8\0user\0app\0database\0shop\0application_name\0pilotfish\0\0";
    assert!(sent.ends_with(start), "nothing but what every pooler takes: {sent:?}");
}

#[tokio::test]
async fn a_server_that_closes_at_any_byte() {
    let whole = transcript();
    for cut in 0..whole.len() {
        match asked(whole[..cut].to_vec()).await {
            Err(SessionError::Failed(error)) => {
                assert!(
                    matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe),
                    "{cut}: {error}"
                );
            }
            other => panic!("cut at {cut}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn any_byte_may_be_wrong() {
    let whole = transcript();
    for at in 0..whole.len() {
        for value in [0, 0x7f, 0xff] {
            let mut script = whole.clone();
            script[at] = value;
            // Whatever it comes to: no panic, no endless wait, no large allocation.
            drop(asked(script).await);
        }
    }
}

#[tokio::test]
async fn what_is_no_login_is_unexpected() {
    for script in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        b"-ERR unknown command\r\n",
        b"220 mail ESMTP\r\n",
        b"\x15\x03\x01\0\x02\x02\x46",
    ] {
        let ended = with(script.to_vec(), &login(None, Trust::Plain)).await;
        assert!(matches!(ended.result, Err(SessionError::Unexpected(_))), "{script:?}: {:?}", ended.result);
    }
    for script in
        [message(b'Z', b"I"), auth(99, b""), auth(11, b"x"), message(b'R', b"\0"), [b'R', 0, 0, 0, 3].to_vec()]
    {
        let ended = with(script, &login(None, Trust::Plain)).await;
        assert!(matches!(ended.result, Err(SessionError::Unexpected(_))), "{:?}", ended.result);
    }
}

#[tokio::test]
async fn errors_come_with_code_and_text() {
    let ended = with(error("53300", "sorry, too many\u{1b}[31m clients"), &login(None, Trust::Plain)).await;
    let Err(SessionError::Server(error)) = ended.result else { panic!("{:?}", ended.result) };
    assert_eq!((error.code.as_str(), error.message.as_str()), ("53300", "sorry, too many [31m clients"));
}

#[tokio::test]
async fn a_password_in_clear_text_needs_verified_tls() {
    let secret = Secret::new("s3cret".into());
    for (trust, why) in [(Trust::Plain, "not encrypted"), (Trust::Unverified, "not verified")] {
        let ended = with(auth(3, b""), &login(Some(&secret), trust)).await;
        let Err(SessionError::Limit { text, .. }) = ended.result else { panic!("{:?}", ended.result) };
        assert!(text.contains(why), "{text}");
        assert!(!ended.record.proof_sent && !String::from_utf8_lossy(&ended.heard).contains("s3cret"));
    }
    let script = [auth(3, b""), auth(0, b""), ready()].concat();
    for (trust, cleartext) in [
        (Trust::Verified, Cleartext::Verified),
        (Trust::Verified, Cleartext::Encrypted),
        (Trust::Unverified, Cleartext::Encrypted),
    ] {
        let login = Login { cleartext, ..login(Some(&secret), trust) };
        let ended = with(script.clone(), &login).await;
        ended.result.unwrap();
        assert_eq!(ended.record.method, Some("password"));
        assert!(ended.record.proof_sent && ended.heard.ends_with(b"p\0\0\0\x0bs3cret\0"));
    }
    let without_tls = Login { cleartext: Cleartext::Encrypted, ..login(Some(&secret), Trust::Plain) };
    let ended = with(script, &without_tls).await;
    assert!(matches!(ended.result, Err(SessionError::Limit { .. })), "{:?}", ended.result);
    assert!(!ended.record.proof_sent && !String::from_utf8_lossy(&ended.heard).contains("s3cret"));
}

#[tokio::test]
async fn what_cannot_be_answered_is_said() {
    let secret = Secret::new("s3cret".into());
    let sasl = |names: &str| auth(10, format!("{names}\0").as_bytes());
    let bomb = [sasl("SCRAM-SHA-256\0"), auth(11, b"r=abc,s=AAAA,i=4000000000")].concat();
    for (script, password, cause, says) in [
        (auth(5, b"salt"), None, Cause::PasswordMissing, "requires a password for \"app\""),
        (sasl("SCRAM-SHA-256\0"), None, Cause::PasswordMissing, "none is set"),
        (auth(3, b""), None, Cause::PasswordMissing, "none is set"),
        (auth(6, b""), None, Cause::AuthUnsupported, "local socket"),
        (sasl("SCRAM-SHA-256-PLUS\0"), Some(&secret), Cause::AuthUnsupported, "cannot be tied"),
        (auth(7, b""), None, Cause::ProbeLimit, "GSSAPI"),
        (auth(9, b""), None, Cause::ProbeLimit, "SSPI"),
        (auth(2, b""), None, Cause::ProbeLimit, "Kerberos"),
        (sasl("OAUTHBEARER\0"), None, Cause::ProbeLimit, "no SASL mechanism"),
        (sasl("SCRAM-SHA-512\0OAUTHBEARER\0"), Some(&secret), Cause::ProbeLimit, "no SASL mechanism"),
        (bomb, Some(&secret), Cause::ProbeLimit, "4000000000 rounds"),
    ] {
        let ended = with(script, &login(password, Trust::Plain)).await;
        let (found, text) = match ended.result {
            Err(SessionError::Stop(found, text)) => (found, text),
            Err(SessionError::Limit { text, .. }) => (Cause::ProbeLimit, text),
            other => panic!("{says}: {other:?}"),
        };
        assert_eq!(found, cause, "{text}");
        assert!(text.contains(says) && !ended.record.proof_sent, "{text}");
    }
}

#[tokio::test]
async fn required_channel_binding_accepts_no_other_way() {
    let secret = Secret::new("s3cret".into());
    let both = auth(10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");
    let scram = auth(10, b"SCRAM-SHA-256\0\0");
    for (script, trust, end_point, says, about) in [
        (auth(0, b""), Trust::Verified, Some(vec![1]), "no proof at all", code::UNBOUND_METHOD),
        (auth(3, b""), Trust::Verified, Some(vec![1]), "clear text", code::UNBOUND_METHOD),
        (auth(5, b"salt"), Trust::Verified, Some(vec![1]), "md5", code::UNBOUND_METHOD),
        (scram.clone(), Trust::Plain, None, "not encrypted", code::UNBOUND_PLAIN),
        (scram, Trust::Verified, Some(vec![1]), "does not offer SCRAM-SHA-256-PLUS", code::UNBOUND_NOT_OFFERED),
        (both, Trust::Verified, None, "no hash", code::UNBOUND_CERTIFICATE),
    ] {
        let login = Login { channel_binding: ChannelBinding::Require, end_point, ..login(Some(&secret), trust) };
        let ended = with(script, &login).await;
        let Err(SessionError::Unbound { code, text }) = ended.result else { panic!("{says}: {:?}", ended.result) };
        assert_eq!(code, about, "{text}");
        assert!(text.contains(says) && !ended.record.proof_sent, "{text}");
    }
}

#[tokio::test]
async fn the_first_message_of_scram_tells_what_both_sides_can() {
    let secret = Secret::new("s3cret".into());
    let both = auth(10, b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0");
    let scram = auth(10, b"SCRAM-SHA-256\0\0");
    for (script, end_point, binding, says) in [
        (
            both.clone(),
            Some(vec![1]),
            ChannelBinding::Prefer,
            "SCRAM-SHA-256-PLUS\0\0\0\0=p=tls-server-end-point,,n=,r=",
        ),
        (both.clone(), Some(vec![1]), ChannelBinding::Disable, "SCRAM-SHA-256\0\0\0\0(n,,n=,r="),
        (both, None, ChannelBinding::Prefer, "SCRAM-SHA-256\0\0\0\0(n,,n=,r="),
        (scram, Some(vec![1]), ChannelBinding::Prefer, "SCRAM-SHA-256\0\0\0\0(y,,n=,r="),
    ] {
        let login = Login { channel_binding: binding, end_point, ..login(Some(&secret), Trust::Verified) };
        let ended = with(script, &login).await;
        assert!(matches!(ended.result, Err(SessionError::Failed(_))), "{:?}", ended.result);
        assert!(!ended.record.proof_sent, "the first message holds no proof");
        let heard = String::from_utf8_lossy(&ended.heard).into_owned();
        assert!(heard.contains(says), "{says:?}: {heard:?}");
    }
}

#[tokio::test]
async fn a_server_that_cannot_prove_itself_is_not_believed() {
    let secret = Secret::new("s3cret".into());
    // The nonce does not continue ours: the challenge is refused before a proof.
    let script = [auth(10, b"SCRAM-SHA-256\0\0"), auth(11, b"r=abc,s=QSXCR+Q6sek8bf92,i=4096")].concat();
    let ended = with(script, &login(Some(&secret), Trust::Plain)).await;
    assert!(
        matches!(&ended.result, Err(SessionError::Unexpected(text)) if text.contains("malformed")),
        "{:?}",
        ended.result
    );
    assert!(!ended.record.proof_sent);
}

#[tokio::test]
async fn nulls_and_no_rows_are_told_apart() {
    let answer =
        |rows: &[Vec<u8>]| [&[auth(0, b""), ready()], rows, &[message(b'C', b"SELECT 0\0"), ready()]].concat().concat();
    assert_eq!(asked(answer(&[column()])).await.unwrap().first, None);
    assert_eq!(asked(answer(&[column(), row(None)])).await.unwrap().first, Some(None));
    let without_columns = [message(b'T', &[0, 0]), message(b'D', &[0, 0])];
    assert_eq!(asked(answer(&without_columns)).await.unwrap().first, Some(None));
}

/// After `SET client_encoding = 'SQL_ASCII'` a database in SQL_ASCII sends what was stored.
#[tokio::test]
async fn a_value_need_not_be_utf_8() {
    let name = message(b'T', &[&[0, 1][..], b"\xe9\0", &[0; 18]].concat());
    let value = message(b'D', b"\0\x01\0\0\0\x02a\xe9");
    let script = [logged_in(), name, value, message(b'C', b"SELECT 1\0"), ready()].concat();
    assert_eq!(asked(script).await.unwrap().first, Some(Some("a\u{fffd}".into())));
}

#[tokio::test]
async fn copies_are_drained_or_refused() {
    let data = [message(b'H', &[0, 0, 0]), message(b'd', b"1\n"), message(b'c', b"")].concat();
    let script = [logged_in(), data, message(b'C', b"COPY 1\0"), ready()].concat();
    let (answer, heard) = told(script).await;
    assert_eq!(answer.unwrap(), QueryResult { first: None });
    assert!(heard.ends_with(b"Q\0\0\0\x0eSELECT 42\0X\0\0\0\x04"), "{heard:?}");
    let (answer, heard) = told([logged_in(), message(b'G', &[0, 0, 0]), error("57014", "no data")].concat()).await;
    assert!(matches!(&answer, Err(SessionError::Server(error)) if error.code == "57014"), "{answer:?}");
    let end = b"SELECT 42\0f\0\0\0\x20a probe has no data to copy\0X\0\0\0\x04";
    assert!(heard.ends_with(end), "{heard:?}");
}

#[tokio::test]
async fn what_belongs_into_no_answer() {
    for (message, says) in [
        (message(b'R', &[0; 4]), "an unexpected message in the answer to the query"),
        (message(b't', &[0; 2]), "an unexpected message in the answer to the query"),
        (message(b'S', b"x"), "unexpected EOF"),
        (message(b'C', b"x"), "unexpected EOF"),
        (message(b'c', b"x"), "invalid message length: expected buffer to be empty"),
        (message(b'x', b""), "unknown message tag `120`"),
        (b"x".to_vec(), "unknown message tag `120`"),
        (vec![b'C', 0, 0, 0, 3], "a message has an impossible length"),
    ] {
        // The connection reads ahead of the client, but not far.
        let more = super::tests::message(b'C', b"SELECT 1\0").repeat(8);
        let session_error = asked([logged_in(), message, more].concat()).await.unwrap_err();
        assert!(matches!(&session_error, SessionError::Unexpected(text) if text == says), "{says}: {session_error:?}");
    }
    // What comes unasked belongs to every answer.
    let notified = message(b'A', b"\0\0\0\x01channel\0payload\0");
    let unasked = [notified, message(b'N', b"no field"), parameter("in_hot_standby", "on")].concat();
    let script = [logged_in(), unasked, message(b'I', b""), ready()].concat();
    assert_eq!(asked(script).await.unwrap(), QueryResult { first: None });
}

#[tokio::test]
async fn zero_bytes_cannot_be_sent() {
    let secret = Secret::new("s3\0cret".into());
    for login in [
        Login { user: "a\0b", ..login(None, Trust::Plain) },
        Login { database: "a\0b", ..login(None, Trust::Plain) },
        Login { options: Some("a\0b"), ..login(None, Trust::Plain) },
        login(Some(&secret), Trust::Verified),
    ] {
        let ended = with(auth(3, b""), &login).await;
        assert!(matches!(ended.result, Err(SessionError::Stop(Cause::VariableInvalid, _))), "{:?}", ended.result);
        assert!(!ended.record.proof_sent);
    }
}

#[tokio::test]
async fn an_error_in_place_of_the_answer_to_the_request_for_tls() {
    let error = error("53300", "sorry, too many clients");
    let session_error = Guard::refusal(tokio::io::join(&error[1..], tokio::io::sink()), b'E').await;
    assert!(matches!(&session_error, SessionError::Server(error) if error.code == "53300"), "{session_error:?}");
    let session_error = Guard::refusal(tokio::io::join(&b"\0\0\0"[..], tokio::io::sink()), b'E').await;
    assert!(
        matches!(&session_error, SessionError::Failed(error) if error.kind() == io::ErrorKind::UnexpectedEof),
        "{session_error:?}"
    );
}
