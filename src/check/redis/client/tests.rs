//! Replies of every type, and peers that break the protocol.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::{Duration, sleep};

use super::{Client, DEPTH_LIMIT, ITEMS_LIMIT, REPLY_LIMIT, Reply, SessionError, command};
use crate::check::reader::ReadError;

/// A peer that answers whatever it is asked with these bytes, and hangs up.
fn peer(answer: impl Into<Vec<u8>>) -> Client<DuplexStream> {
    let (ours, mut theirs) = duplex(256);
    let answer = answer.into();
    tokio::spawn(async move {
        // The client may have had enough before the end.
        drop(theirs.write_all(&answer).await);
    });
    Client::new(ours)
}

async fn reply(answer: &str) -> Result<Reply, SessionError> {
    peer(answer).reply().await
}

#[tokio::test]
async fn every_type_of_reply() {
    let status = |text: &str| Reply::Status(text.to_owned());
    let bulk = |text: &str| Reply::Bulk(text.as_bytes().to_vec());
    for (answer, expected) in [
        ("+PONG\r\n", status("PONG")),
        ("+\r\n", status("")),
        (":-7\r\n", Reply::Integer(-7)),
        ("$4\r\na\r\nb\r\n", bulk("a\r\nb")),
        ("$0\r\n\r\n", bulk("")),
        ("$-1\r\n", Reply::Nil),
        ("*-1\r\n", Reply::Nil),
        ("*0\r\n", Reply::Array(Vec::new())),
        (
            "*3\r\n$6\r\nmaster\r\n:3129\r\n*2\r\n*0\r\n*1\r\n+x\r\n",
            Reply::Array(vec![
                bulk("master"),
                Reply::Integer(3129),
                Reply::Array(vec![Reply::Array(Vec::new()), Reply::Array(vec![status("x")])]),
            ]),
        ),
    ] {
        assert_eq!(reply(answer).await.expect(answer), expected, "{answer:?}");
    }
    let Reply::Error(error) = reply("-NOAUTH Authentication required.\r\n").await.expect("a reply") else {
        panic!("it is an error")
    };
    assert_eq!(error.code, "noauth");
}

#[tokio::test]
async fn what_is_no_reply() {
    for (answer, expected) in [
        ("\r\n", "does not start like a reply"),
        ("HTTP/1.1 400 Bad Request\r\n", "does not start like a reply"),
        ("%1\r\n+a\r\n+b\r\n", "does not start like a reply"),
        (":\r\n", "expected a number"),
        (":1x\r\n", "expected a number"),
        ("$x\r\n", "expected a number"),
        ("$-2\r\n", "a negative length"),
        ("*99999999999999999999\r\n", "expected a number"),
        ("$2\r\nabcd\r\n", "another length than announced"),
    ] {
        let error = reply(answer).await.expect_err(answer);
        assert!(matches!(&error, SessionError::Unexpected(text) if text.contains(expected)), "{answer:?}: {error:?}");
    }
    // Without waiting for the end of a line.
    let (ours, mut theirs) = duplex(64);
    theirs.write_all(b"E\0\0\0\x90SFATAL").await.expect("there is room");
    assert!(matches!(Client::new(ours).reply().await, Err(SessionError::Unexpected(_))));
    for answer in ["", "+PON", "$4\r\nab", "*2\r\n+a\r\n", "*1\r\n"] {
        let error = reply(answer).await.expect_err(answer);
        assert!(matches!(error, SessionError::Read(ReadError::Ended)), "{answer:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_reply_has_a_limit_whatever_it_is_made_of() {
    let announced = |count: u64| move |error: &SessionError| matches!(error, SessionError::Read(ReadError::Announced(n)) if *n == count);
    let too_long = |error: &SessionError| matches!(error, SessionError::Read(ReadError::TooLong(REPLY_LIMIT)));
    for answer in
        [format!("+{}", "a".repeat(2 * REPLY_LIMIT)), "*4000\r\n".to_owned() + &"+aaaaaaaaaaaaa\r\n".repeat(5000)]
    {
        let error = peer(answer.clone()).reply().await.err();
        let fits = error.as_ref().is_none_or(too_long);
        assert!(fits && (error.is_some() || answer.starts_with('*')), "{error:?}");
    }
    let long_items = "*900\r\n".to_owned() + &format!("+{}\r\n", "a".repeat(1000)).repeat(900);
    assert!(too_long(&peer(long_items).reply().await.expect_err("it is too long")));
    assert!(announced(2_147_483_648)(&reply("$2147483648\r\nab").await.expect_err("it is too long")));
    assert!(announced(2_147_483_647)(&reply("*2147483647\r\n").await.expect_err("it is too long")));
    // Each array is short, all of them are not.
    let wide = format!("*2\r\n{}", format!("*{}\r\n{}", ITEMS_LIMIT / 2, "+\r\n".repeat(2048)).repeat(2));
    assert!(announced(ITEMS_LIMIT / 2)(&peer(wide).reply().await.expect_err("it is too much")));
    let deep = "*1\r\n".repeat(DEPTH_LIMIT);
    assert!(peer(format!("{deep}+a\r\n")).reply().await.is_ok());
    let error = peer("*1\r\n".repeat(100_000)).reply().await.expect_err("it is too deep");
    assert!(matches!(&error, SessionError::Unexpected(text) if text.contains("nested")), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_drips_is_whole_in_the_end() {
    let (ours, mut theirs) = duplex(64);
    tokio::spawn(async move {
        for byte in b"*2\r\n$2\r\nab\r\n:12\r\n" {
            theirs.write_all(&[*byte]).await.expect("it is read");
            sleep(Duration::from_secs(1)).await;
        }
    });
    let reply = Client::new(ours).reply().await.expect("a reply");
    assert_eq!(reply, Reply::Array(vec![Reply::Bulk(b"ab".to_vec()), Reply::Integer(12)]));
}

#[tokio::test]
async fn a_command_is_one_whatever_its_arguments_hold() {
    assert_eq!(*command("PING", &[]), b"*1\r\n$4\r\nPING\r\n");
    let bytes = command("AUTH", &["app", "a b\r\nFLUSHALL\r\nü"]);
    assert_eq!(*bytes, "*3\r\n$4\r\nAUTH\r\n$3\r\napp\r\n$17\r\na b\r\nFLUSHALL\r\nü\r\n".as_bytes());
    assert!(bytes.capacity() >= bytes.len());
}

#[tokio::test]
async fn a_server_that_takes_no_connection_is_heard() {
    let (ours, mut theirs) = duplex(64);
    theirs.write_all(b"-ERR max number of clients reached\r\n").await.expect("there is room");
    drop(theirs);
    let reply = Client::new(ours).call("PING", &[]).await.expect("it is there, though PING could not be sent");
    assert!(matches!(reply, Reply::Error(error) if error.code == "max_clients"));
    let (ours, theirs) = duplex(64);
    drop(theirs);
    let error = Client::new(ours).call("PING", &[]).await.expect_err("nobody is there");
    assert!(matches!(error, SessionError::Read(ReadError::Failed(_))), "{error:?}");
}

#[tokio::test]
async fn a_status_is_expected() {
    assert!(peer("+PONG\r\n").expect("PING", &[], "PONG").await.is_ok());
    assert!(peer("$4\r\nPONG\r\n").expect("PING", &[], "PONG").await.is_ok());
    for (answer, expected) in [
        ("+OK\r\n", "another status in place of PONG"),
        (":1\r\n", "an integer in place of PONG"),
        ("$-1\r\n", "nil in place of PONG"),
        ("*0\r\n", "an array in place of PONG"),
        ("$2\r\nno\r\n", "a bulk string in place of PONG"),
    ] {
        let error = peer(answer).expect("PING", &[], "PONG").await.expect_err(answer);
        assert!(matches!(&error, SessionError::Unexpected(text) if text == expected), "{error:?}");
    }
    let error = peer("-BUSY x\r\n").expect("PING", &[], "PONG").await.expect_err("an error");
    assert!(matches!(&error, SessionError::Refused("PING", error) if error.code == "busy"), "{error:?}");
}

#[tokio::test]
async fn the_goodbye_is_sent_and_the_stream_comes_back() {
    let (ours, mut theirs) = duplex(64);
    let mut client = Client::new(ours);
    client.quit().await;
    drop(client.into_stream());
    let mut came = Vec::new();
    theirs.read_to_end(&mut came).await.expect("it ends");
    assert_eq!(came, b"*1\r\n$4\r\nQUIT\r\n");
}
