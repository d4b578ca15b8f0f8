use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

use super::{Client, Found, SessionError};
use crate::check::ldap::message::Answer;
use crate::check::reader::ReadError;

/// What a client makes of a server that says this and ends, and what it sent.
async fn exists(says: &[u8]) -> (String, Vec<u8>) {
    let (ours, mut theirs) = duplex(256 * 1024);
    theirs.write_all(says).await.expect("there is room");
    theirs.shutdown().await.expect("it ends");
    let mut client = Client::new(ours);
    let found = match client.exists("dc=lab").await {
        Ok(Found { answer: Answer { code, .. }, entry, elsewhere }) => format!("{code} {entry} {elsewhere:?}"),
        Err(SessionError::Read(ReadError::Ended)) => "ended".to_owned(),
        Err(SessionError::Read(ReadError::Announced(length))) => format!("{length} announced"),
        Err(SessionError::Unexpected(what)) => what.to_owned(),
        Err(error) => format!("{error:?}"),
    };
    client.unbind().await;
    drop(client);
    let mut sent = Vec::new();
    theirs.read_to_end(&mut sent).await.expect("it is read");
    (found, sent)
}

const ENTRY: &[u8] = b"\x30\x0f\x02\x01\x01\x64\x0a\x04\x06dc=lab\x30\0";
const DONE: &[u8] = b"\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\0\x04\0\x04\0";
const REFERENCE: &[u8] = b"\x30\x0f\x02\x01\x01\x73\x0a\x04\x08ldap://b";

#[tokio::test]
async fn a_search_ends_with_its_result() {
    let done = DONE.to_vec();
    for (says, expected) in [
        ([ENTRY, DONE].concat(), "0 true []"),
        (done.clone(), "0 false []"),
        ([REFERENCE, DONE].concat(), r#"0 false ["ldap://b"]"#),
        ([ENTRY, ENTRY].concat(), "ended"),
        (ENTRY.repeat(100), "the search for one entry does not end"),
        (b"\x30\x0c\x02\x01\x07\x65\x07\x0a\x01\0\x04\0\x04\0".to_vec(), "it answers another request"),
        (b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0".to_vec(), "it is no answer to a search"),
        (b"\x30\x84\x7f\xff\xff\xff".to_vec(), "2147483647 announced"),
        (b"HTTP/1.1 400".to_vec(), "it does not start like an LDAP message"),
        (Vec::new(), "ended"),
    ] {
        assert_eq!(exists(&says).await.0, expected, "{says:?}");
    }
    let (_, sent) = exists(&done).await;
    assert!(sent.ends_with(b"\x30\x05\x02\x01\x02\x42\0"), "it says goodbye: {sent:?}");
}

#[tokio::test]
async fn a_server_that_is_about_to_disconnect_says_why() {
    let notice = b"\x30\x24\x02\x01\0\x78\x1f\x0a\x01\x34\x04\0\x04\0\x8a\x161.3.6.1.4.1.1466.20036";
    let (found, _) = exists(notice).await;
    assert!(found.starts_with("Notice(Answer { code: 52"), "{found}");
}
