//! Logins against scripted servers: what is sent, and what comes of it.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

use super::{Mechanism, log_in};
use crate::check::mail::{Client, ReplyError};
use crate::check::smtp::login::Login;
use crate::secret::Secret;

/// Runs a login against a server with these answers; what it was asked, and the code that decided.
async fn against(mechanism: Mechanism, answers: &[&str]) -> (Vec<String>, String) {
    let (ours, mut theirs) = duplex(4096);
    let login = Login::new("app", Secret::new("s3cret".to_owned()));
    let asking = async {
        let mut client = Client::new(ours);
        let result = log_in(&mut client, mechanism, &login).await;
        drop(client);
        match result {
            Ok(reply) => reply.code.to_string(),
            Err(ReplyError::Malformed(what)) => what.to_owned(),
            Err(error) => format!("{error:?}"),
        }
    };
    let answering = async {
        let mut asked = Vec::new();
        for answer in answers {
            let mut bytes = [0; 256];
            let count = theirs.read(&mut bytes).await.expect("a duplex does not fail");
            asked.push(String::from_utf8_lossy(&bytes[..count]).trim_end().to_owned());
            theirs.write_all(format!("{answer}\r\n").as_bytes()).await.expect("there is room");
        }
        asked
    };
    let (result, asked) = tokio::join!(asking, answering);
    (asked, result)
}

#[tokio::test]
async fn what_is_sent_and_what_decides() {
    // \0app\0s3cret; app; s3cret; user=app^Aauth=Bearer s3cret^A^A.
    const PLAIN: &str = "AUTH PLAIN AGFwcABzM2NyZXQ=";
    const TOKEN: &str = "AUTH XOAUTH2 dXNlcj1hcHABYXV0aD1CZWFyZXIgczNjcmV0AQE=";
    let more = "it asks for more than the login has";
    for (mechanism, answers, asked, result) in [
        (Mechanism::Plain, &["235 ok"][..], &[PLAIN][..], "235"),
        (Mechanism::Plain, &["535 5.7.8 no"], &[PLAIN], "535"),
        (Mechanism::Plain, &["535-5.7.8 no\r\n535 5.7.8 really"], &[PLAIN], "535"),
        (Mechanism::Plain, &["334 "], &[PLAIN], more),
        (
            Mechanism::Login,
            &["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 ok"],
            &["AUTH LOGIN", "YXBw", "czNjcmV0"],
            "235",
        ),
        (Mechanism::Login, &["504 5.5.4 no"], &["AUTH LOGIN"], "504"),
        (Mechanism::Login, &["334 x", "535 no such user"], &["AUTH LOGIN", "YXBw"], "535"),
        (Mechanism::Login, &["334 x", "334 x", "334 more"], &["AUTH LOGIN", "YXBw", "czNjcmV0"], more),
        (Mechanism::Xoauth2, &["235 ok"], &[TOKEN], "235"),
        (Mechanism::Xoauth2, &["334 eyJzdGF0dXMiOiI0MDAifQ==", "535 5.7.8 no"], &[TOKEN, ""], "535"),
        (Mechanism::Xoauth2, &["334 x", "334 x"], &[TOKEN, ""], more),
    ] {
        let came = against(mechanism, answers).await;
        assert_eq!((came.0, came.1.as_str()), (asked.iter().map(|line| (*line).to_owned()).collect(), result));
    }
}

#[test]
fn the_mechanism_is_one_of_those_that_are_offered() {
    for (offered, password, token) in [
        ("PLAIN LOGIN XOAUTH2", Some("plain"), Some("xoauth2")),
        ("LOGIN PLAIN", Some("plain"), None),
        ("LOGIN CRAM-MD5", Some("login"), None),
        ("XOAUTH2 OAUTHBEARER", None, Some("xoauth2")),
        ("CRAM-MD5 PLAIN-CLIENTTOKEN", None, None),
        ("", None, None),
    ] {
        let offered: Vec<String> = offered.split_whitespace().map(str::to_owned).collect();
        let chosen = |is_token| Mechanism::choose(&offered, is_token).map(Mechanism::word);
        assert_eq!((chosen(false), chosen(true)), (password, token), "{offered:?}");
    }
}
