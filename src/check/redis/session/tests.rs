//! Logins against scripted servers: what is sent, and what each answer comes to.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

use super::{Login, has_key, identify, is_sentinel, log_in, ping, say_goodbye};
use crate::check::redis::client::{Client, SessionError};
use crate::check::redis::errors::Meaning;
use crate::check::redis::role::ServerRole;
use crate::secret::Secret;

/// Runs a login and a PING against a server with these answers; what it was asked, and what came of it.
async fn against(login: Login<'_>, answers: &[&str]) -> (String, String) {
    let (ours, mut theirs) = duplex(4096);
    let mut client = Client::new(ours);
    let asking = async {
        let result = match log_in(&mut client, login).await {
            Ok(method) => ping(&mut client).await.map(|warning| match warning {
                Some(error) => format!("{method}, {}", error.code),
                None => method.to_owned(),
            }),
            Err(error) => Err(error),
        };
        drop(client);
        match result {
            Ok(text) => text,
            Err(SessionError::Refused(command, error)) => {
                let meaning = match error.meaning {
                    Meaning::Refused(refusal) => refusal.cause().slug(),
                    Meaning::LoggedIn => "logged in",
                    Meaning::Failed(cause) => cause.slug(),
                };
                format!("{command}: {} {meaning}", error.code)
            }
            Err(error) => format!("{error:?}"),
        }
    };
    let answering = async {
        let mut asked = String::new();
        for answer in answers {
            let mut bytes = [0; 256];
            let count = theirs.read(&mut bytes).await.expect("a duplex does not fail");
            asked.push_str(&words(&bytes[..count]));
            asked.push(';');
            theirs.write_all(format!("{answer}\r\n").as_bytes()).await.expect("there is room");
        }
        asked
    };
    let (result, asked) = tokio::join!(asking, answering);
    (asked, result)
}

/// The words of a command without their lengths.
fn words(command: &[u8]) -> String {
    let text = String::from_utf8_lossy(command);
    let words: Vec<&str> =
        text.split("\r\n").filter(|line| !line.is_empty() && !line.starts_with(['*', '$'])).collect();
    words.join(" ")
}

#[tokio::test]
async fn what_is_asked_and_what_comes_of_it() {
    let password = Secret::new("s3cret".to_owned());
    let nobody = Login { user: None, password: None, database: 0 };
    let default = Login { password: Some(&password), ..nobody };
    let app = Login { user: Some("app"), database: 3, ..default };
    for (login, answers, asked, result) in [
        (nobody, &["+PONG"][..], "PING;", "none"),
        (default, &["+OK", "+PONG"], "AUTH s3cret;PING;", "requirepass"),
        (app, &["+OK", "+OK", "+PONG"], "AUTH app s3cret;SELECT 3;PING;", "acl"),
        // A user without a password may be a password: it stays here.
        (Login { user: Some("s3cret"), ..nobody }, &["+PONG"], "PING;", "none"),
        (nobody, &["-NOAUTH x"], "PING;", "PING: noauth password_missing"),
        // Only PING is missing.
        (nobody, &["-ERR unknown command `PING`"], "PING;", "none, unknown_command"),
        (nobody, &["-NOPERM x"], "PING;", "none, noperm"),
        (nobody, &["-MISCONF x"], "PING;", "none, misconf"),
        (nobody, &["-MASTERDOWN x"], "PING;", "none, masterdown"),
        (nobody, &["-LOADING x"], "PING;", "PING: loading starting_up"),
        (nobody, &["-BUSY x"], "PING;", "PING: busy query_failed"),
        (default, &["-WRONGPASS x"], "AUTH s3cret;", "AUTH: wrongpass password_rejected"),
        (app, &["-ERR unknown command 'AUTH'"], "AUTH app s3cret;", "AUTH: unknown_command auth_unsupported"),
        (
            app,
            &["+OK", "-ERR DB index is out of range"],
            "AUTH app s3cret;SELECT 3;",
            "SELECT: no_database no_such_database",
        ),
        (app, &["+OK", "-NOPERM x"], "AUTH app s3cret;SELECT 3;", "SELECT: noperm logged in"),
        (default, &["+FINE"], "AUTH s3cret;", "Unexpected(\"another status in place of OK\")"),
        (default, &[":1"], "AUTH s3cret;", "Unexpected(\"an integer in place of OK\")"),
    ] {
        let came = against(login, answers).await;
        assert_eq!((came.0.as_str(), came.1.as_str()), (asked, result));
    }
}

#[tokio::test]
async fn a_sentinel_is_known_by_its_own_word() {
    const SENTINEL: &str = "*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$4\r\nmode\r\n$8\r\nsentinel\r\n";
    const ALONE: &str = "*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n";
    const ROLE: &str = "*2\r\n$8\r\nsentinel\r\n*1\r\n$8\r\nmymaster\r\n";
    const UNKNOWN: &str = "-ERR unknown command 'HELLO'\r\n";
    for (answers, at_the_end, at_once) in [
        (&[SENTINEL][..], true, true),
        (&[ALONE], false, false),
        (&[UNKNOWN, ROLE], false, true),
        (&[UNKNOWN, "*3\r\n$6\r\nmaster\r\n:1\r\n*0\r\n"], false, false),
        (&[UNKNOWN, UNKNOWN], false, false),
        (&["-NOAUTH HELLO must be called with the client already authenticated\r\n"], false, false),
        (&["+sentinel\r\n"], false, false),
        (&["%1\r\n"], false, false),
        (&[], false, false),
    ] {
        for (thorough, expected) in [(false, at_the_end), (true, at_once)] {
            let (ours, mut theirs) = duplex(4096);
            theirs.write_all(answers.concat().as_bytes()).await.expect("there is room");
            theirs.shutdown().await.expect("it ends");
            let mut client = Client::new(ours);
            let found = match thorough {
                true => is_sentinel(&mut client).await,
                false => say_goodbye(&mut client).await.is_some_and(|identity| identity.is_sentinel),
            };
            assert_eq!(found, expected, "{answers:?}, {thorough}");
        }
    }
}

/// What comes of a question to a server with these answers.
async fn asked<T>(
    answers: &[&str],
    question: impl AsyncFnOnce(&mut Client<tokio::io::DuplexStream>) -> T,
) -> (T, String) {
    let (ours, mut theirs) = duplex(4096);
    theirs.write_all(answers.concat().as_bytes()).await.expect("there is room");
    theirs.shutdown().await.expect("it ends");
    let mut client = Client::new(ours);
    let result = question(&mut client).await;
    drop(client);
    let mut came = Vec::new();
    theirs.read_to_end(&mut came).await.expect("it ends");
    (result, words(&came))
}

#[tokio::test]
async fn the_role_comes_from_the_first_command_that_tells_it() {
    const HELLO: &str = "*4\r\n$7\r\nversion\r\n$5\r\n7.2.4\r\n$4\r\nrole\r\n$7\r\nreplica\r\n";
    const UNKNOWN: &str = "-ERR unknown command\r\n";
    const DENIED: &str = "-NOPERM x\r\n";
    const ROLE: &str = "*2\r\n$5\r\nslave\r\n:1\r\n";
    const INFO: &str = "$13\r\nrole:master\r\n\r\n";
    let replica = Some(ServerRole::Replica);
    let hello = "HELLO 2 SETNAME pilotfish";
    for (answers, role, sent) in [
        (&[HELLO][..], Ok(replica), hello.to_owned()),
        (&[UNKNOWN, ROLE], Ok(replica), format!("{hello} ROLE")),
        (&[UNKNOWN, DENIED, INFO], Ok(Some(ServerRole::Primary)), format!("{hello} ROLE INFO replication")),
        (&[UNKNOWN, DENIED, DENIED], Err("noperm"), format!("{hello} ROLE INFO replication")),
        (&[UNKNOWN, UNKNOWN, UNKNOWN], Err("unknown_command"), format!("{hello} ROLE INFO replication")),
        (&[UNKNOWN, "+x\r\n", "+x\r\n"], Ok(None), format!("{hello} ROLE INFO replication")),
    ] {
        let (result, came) = asked(answers, identify).await;
        let result = match result {
            Ok(identity) => Ok(identity.role),
            Err(SessionError::Refused("ROLE", error)) => Err(error.code),
            Err(error) => panic!("{answers:?}: {error:?}"),
        };
        assert_eq!((result, came), (role, sent), "{answers:?}");
    }
    assert!(matches!(asked(&[UNKNOWN], identify).await.0, Err(SessionError::Read(_))), "it hung up");
}

#[tokio::test]
async fn a_key_is_asked_for_without_its_value() {
    let key = Secret::new("a b".to_owned());
    for (answer, expected) in
        [(":1\r\n", Some(true)), (":0\r\n", Some(false)), ("+OK\r\n", None), ("-MOVED 1 a:1\r\n", None)]
    {
        let (result, came) = asked(&[answer], async |client| has_key(client, &key).await).await;
        assert_eq!((result.ok(), came.as_str()), (expected, "EXISTS a b"), "{answer}");
    }
}
