use super::{Credential, Greeting, greet, log_in, open};
use crate::check::amqp::frames::{SessionError, method};
use crate::check::amqp::testing::{broker, closes, frame, sent, start, tune};
use crate::check::reader::ReadError;
use crate::secret::Secret;

fn plain() -> Credential {
    Credential::Plain { user: "app".to_owned(), password: Secret::new("s3cret".to_owned()) }
}

fn open_ok() -> Vec<u8> {
    frame(0, &method((10, 41), 1).bytes(&[0]))
}

/// What a whole login comes to, and what was sent for it.
async fn logged_in(says: &[&[u8]], credential: &Credential) -> (String, Vec<u8>) {
    let (mut frames, theirs) = broker(says).await;
    let result = async {
        let greeting = greet(&mut frames).await?;
        let limits = log_in(&mut frames, &greeting, credential).await?;
        open(&mut frames, limits, "shop").await
    }
    .await;
    let word = match result {
        Ok(()) => frames.blocked().map_or_else(|| "open".to_owned(), |why| format!("open, blocked: {why}")),
        Err(SessionError::Closed(close)) => close.message("closed", false, [].into_iter()),
        Err(SessionError::Read(ReadError::Ended)) => "ended".to_owned(),
        Err(error) => format!("{error:?}"),
    };
    (word, sent(frames, theirs).await)
}

#[tokio::test]
async fn a_login_sends_what_the_protocol_says() {
    let (word, sent) = logged_in(&[&start("AMQPLAIN PLAIN"), &tune(), &open_ok()], &plain()).await;
    assert_eq!(word, "open");
    assert_eq!(&sent[..8], b"AMQP\0\0\x09\x01");
    let text = String::from_utf8_lossy(&sent);
    for part in [
        "\u{f}connection_nameS\0\0\0\u{9}pilotfish",
        "\u{1c}authentication_failure_closet\u{1}",
        "\u{5}PLAIN\0\0\0\u{b}\0app\0s3cret",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text:?}");
    }
    // The server's own limits, without heartbeats; then the virtual host.
    let rest = [
        frame(0, &method((10, 31), 8).bytes(&[7, 255, 0, 2, 0, 0, 0, 0])),
        frame(0, &method((10, 40), 8).short("shop").short("").bytes(&[0])),
    ]
    .concat();
    assert!(sent.ends_with(&rest), "{sent:?}");
}

#[tokio::test]
async fn a_certificate_logs_in_with_an_empty_answer() {
    let (word, sent) = logged_in(&[&start("EXTERNAL"), &tune(), &open_ok()], &Credential::External).await;
    let text = String::from_utf8_lossy(&sent).into_owned();
    assert!(word == "open" && text.contains("\u{8}EXTERNAL\0\0\0\0\u{5}en_US"), "{word} {text:?}");
}

#[tokio::test]
async fn what_ends_a_login_is_told_apart() {
    let blocked = frame(0, &method((10, 60), 16).short("low on memory"));
    let heartbeat = [8, 0, 0, 0, 0, 0, 0, 0xce];
    let odd = frame(0, &method((10, 20), 8).long(b"more?"));
    for (says, expected) in [
        (vec![&start("PLAIN")[..], &closes(0, 403, "ACCESS_REFUSED - no")], "closed: 403 no"),
        (
            vec![&start("PLAIN"), &tune(), &closes(0, 530, "NOT_ALLOWED - vhost shop not found")],
            "closed: 530 vhost shop not found",
        ),
        (vec![&closes(0, 320, "CONNECTION_FORCED - bye")], "closed: 320 bye"),
        (vec![&start("EXTERNAL")], r#"Mechanisms(["EXTERNAL"])"#),
        (vec![&start("")], "Mechanisms([])"),
        (vec![&start("PLAIN"), &odd], r#"Unexpected("it is another method")"#),
        (vec![&start("PLAIN"), &tune()], "ended"),
        (vec![&start("PLAIN")], "ended"),
        (vec![], "ended"),
        (vec![b"AMQP\x03\x01\0\0"], "Version([3, 1, 0, 0])"),
        (vec![b"AMQ!"], "ended"),
        (vec![b"AMQ!12345"], r#"Unexpected("it does not start like a frame")"#),
        (vec![b"HTTP/1.1 400"], r#"Unexpected("it does not start like a frame")"#),
        (vec![b"\x01\0\0\0\x01\0\x01"], "Read(Announced(65537))"),
        (vec![b"\x01\0\0\0\0\0\x04\0\x0a\0\x0a!"], r#"Unexpected("a frame has another length than announced")"#),
        (vec![b"\x01\0\0\0\0\0\x02\0\x0a\xce"], r#"Unexpected("a method ends too early")"#),
        (vec![&tune()], r#"Unexpected("it does not start with connection.start")"#),
        (vec![&start("PLAIN"), &heartbeat, &tune(), &heartbeat, &blocked, &open_ok()], "open, blocked: low on memory"),
        (vec![&start("PLAIN"), &heartbeat.repeat(65)], r#"Unexpected("heartbeats without end")"#),
    ] {
        assert_eq!(logged_in(&says, &plain()).await.0, expected);
    }
}

#[tokio::test]
async fn a_broker_introduces_itself() {
    let (mut frames, _theirs) = broker(&[&start("AMQPLAIN PLAIN EXTERNAL")]).await;
    let greeting = greet(&mut frames).await.expect("it is one");
    let mechanisms = ["AMQPLAIN", "PLAIN", "EXTERNAL"].map(str::to_owned).to_vec();
    assert_eq!(greeting, Greeting { version: Some("RabbitMQ 3.10.8".to_owned()), mechanisms });
}
