use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

use super::{ANSWER_LIMIT, Client, FIRST_VERSION, MECHANISMS, SessionError, Speech, Wants};
use crate::check::memcached::keys::Credential;
use crate::secret::Secret;

/// A packet of the binary protocol.
fn packet(command: u8, status: u8, body: &str) -> Vec<u8> {
    let mut bytes = vec![0x81, command, 0, 0, 0, 0, 0, status, 0, 0, 0, u8::try_from(body.len()).expect("short")];
    bytes.extend_from_slice(&[0; 12]);
    bytes.extend_from_slice(body.as_bytes());
    bytes
}

/// What a whole session with a login comes to, and what it sent.
async fn told(speech: Speech, says: &[u8]) -> (Result<Option<String>, String>, Vec<u8>) {
    let (stream, mut server) = duplex(64 * 1024);
    server.write_all(says).await.expect("it fits");
    server.shutdown().await.expect("it is open");
    let mut client = Client::new(stream, speech);
    let login = Credential { user: "app".to_owned(), password: Secret::new("ses ame".to_owned()), hidden_user: None };
    let session = async {
        match client.open().await? {
            Wants::Nothing => {}
            Wants::Text => client.log_in_by_text(&login).await?,
            Wants::Sasl(_) => client.log_in_by_sasl(&login).await?,
        }
        client.version().await
    };
    let result = session.await.map_err(|error| match error {
        SessionError::Refused(error) => error.code.to_owned(),
        SessionError::Read(error) => format!("{error:?}"),
        SessionError::Unexpected(what) => what.to_owned(),
    });
    client.quit().await;
    drop(client);
    let mut sent = Vec::new();
    server.read_to_end(&mut sent).await.expect("all of it");
    (result, sent)
}

#[tokio::test]
async fn a_login_is_sent_only_to_a_server_that_asks_for_it() {
    let version = Ok(Some("1.6.18".to_owned()));
    let open = b"VERSION 1.6.18\r\n";
    let (result, sent) = told(Speech::Text, open).await;
    assert_eq!((result, &sent[..24], &sent[24..]), (version.clone(), &FIRST_VERSION[..], &b"quit\r\n"[..]));
    let asks = b"CLIENT_ERROR unauthenticated\r\nSTORED\r\nVERSION 1.6.18\r\n";
    let (result, sent) = told(Speech::Text, asks).await;
    assert_eq!(result, version);
    assert!(sent[24..].starts_with(b"set pilotfish 0 0 11\r\napp ses ame\r\nversion\r\n"), "{sent:?}");

    let unknown = [packet(0x20, 0x81, "Unknown command"), packet(0x0b, 0, "1.6.18")].concat();
    let (result, sent) = told(Speech::Binary, &unknown).await;
    assert_eq!((result, &sent[..24], sent[25], sent[49]), (version.clone(), &MECHANISMS[..], 0x0b, 0x07));
    assert_eq!(sent.len(), 72);
    let asks =
        [packet(0x20, 0, "CRAM-MD5 PLAIN"), packet(0x21, 0, "Authenticated"), packet(0x0b, 0, "1.6.18")].concat();
    let (result, sent) = told(Speech::Binary, &asks).await;
    assert_eq!(result, version);
    assert_eq!(&sent[24..48], b"\x80\x21\0\x05\0\0\0\0\0\0\0\x11\0\0\0\0\0\0\0\0\0\0\0\0");
    assert_eq!(&sent[48..65], b"PLAIN\0app\0ses ame");
}

#[tokio::test]
async fn a_server_of_the_text_protocol_is_known_in_the_same_session() {
    let only_text = b"ERROR\r\nVERSION 1.6.18\r\n";
    let (result, sent) = told(Speech::Binary, only_text).await;
    assert_eq!((result, &sent[24..]), (Ok(Some("1.6.18".to_owned())), &b"version\r\nquit\r\n"[..]));
    let (result, sent) = told(Speech::Binary, b"CLIENT_ERROR unauthenticated\r\nSTORED\r\nVERSION x\r\n").await;
    assert_eq!(result, Ok(Some("x".to_owned())));
    assert!(sent[24..].starts_with(b"set pilotfish 0 0 11\r\n"));
}

#[tokio::test]
async fn whatever_a_server_says_has_a_meaning() {
    for (speech, says, expected) in [
        (Speech::Text, &b"ERROR Too many open connections\r\n"[..], "max_connections"),
        (Speech::Binary, b"ERROR Too many open connections\r\n", "max_connections"),
        (Speech::Binary, b"CLIENT_ERROR unauthenticated\r\nCLIENT_ERROR authentication failure\r\n", "rejected"),
        (Speech::Text, b"ERROR\r\n", "other"),
        (Speech::Text, b"SERVER_ERROR Host is down\r\n", "other"),
        (Speech::Text, b"HTTP/1.1 400 Bad Request\r\n", "it is no answer of memcached"),
        (Speech::Text, b"-ERR unknown command\r\n", "it does not start like an answer"),
        (Speech::Text, b"CLIENT_ERROR unauthenticated\r\n", "Ended"),
        (Speech::Text, b"VERSION 1", "Ended"),
        (Speech::Text, b"", "Ended"),
    ] {
        assert_eq!(told(speech, says).await.0, Err(expected.to_owned()), "{:?}", String::from_utf8_lossy(says));
    }
    let rejected = [packet(0x20, 0, "PLAIN"), packet(0x21, 0x20, "Auth failure.")].concat();
    assert_eq!(told(Speech::Binary, &rejected).await.0, Err("rejected".to_owned()));
    let odd = packet(0x20, 0, "PLAIN sesame \u{1b}[31m SCRAM-SHA-256");
    let (stream, mut server) = duplex(64 * 1024);
    server.write_all(&odd).await.expect("it fits");
    let names = Client::new(stream, Speech::Binary).open().await.expect("it is valid");
    assert_eq!(names, Wants::Sasl(vec!["PLAIN".to_owned(), "SCRAM-SHA-256".to_owned()]));
    let mut huge = packet(0x20, 0, "");
    huge[8] = 0x7f;
    assert_eq!(told(Speech::Binary, &huge).await.0, Err(format!("Announced({})", 0x7f00_0000)));
    let endless = [b'A'; ANSWER_LIMIT + 4096];
    assert_eq!(told(Speech::Text, &endless).await.0, Err(format!("TooLong({ANSWER_LIMIT})")));
    let odd = [packet(0x20, 0x81, ""), packet(0x0b, 0, "\u{1b}[31m")].concat();
    assert_eq!(told(Speech::Binary, &odd).await.0, Ok(None), "a version is shown only if it looks like one");
}
