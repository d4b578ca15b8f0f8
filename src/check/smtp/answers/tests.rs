//! The answers of servers to a login, and that no secret is shown.

use tokio::io::{AsyncWriteExt as _, duplex};

use super::{Answer, Meaning, ROWS, read};
use crate::check::mail::{Client, Reply};
use crate::secret::Secret;

/// Answers as servers write them: the text, the code of the hint, the cause, and whether the credential is held back.
const ANSWERS: &[(&str, &str, &str, bool)] = &[
    ("535 Incorrect authentication data", "rejected", "password_rejected", true),
    ("535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", "rejected", "password_rejected", true),
    (
        "535-5.7.8 Username and Password not accepted. For more information, go to\r\n535 5.7.8 https://support.example x",
        "rejected",
        "password_rejected",
        true,
    ),
    ("535 5.7.3 Authentication unsuccessful [X.PROD.OUTLOOK.COM]", "rejected", "password_rejected", true),
    ("535 Authentication Credentials Invalid", "rejected", "password_rejected", true),
    ("421 4.7.0 Too many login attempts", "throttled", "too_many_connections", false),
    ("421 4.3.2 Service not available", "throttled", "too_many_connections", false),
    ("454 4.7.0 Too many login attempts, please try again later.", "throttled", "too_many_connections", false),
    (
        "454 4.7.0 Temporary authentication failure: Connection lost to authentication server",
        "cannot_judge",
        "too_many_connections",
        false,
    ),
    ("435 Unable to authenticate at present", "cannot_judge", "too_many_connections", false),
    ("451 4.7.0 Temporary server error. Please try again later", "throttled", "too_many_connections", false),
    ("451 4.3.0 Temporary lookup failure", "cannot_judge", "too_many_connections", false),
    ("451 5.7.3 STARTTLS is required to send mail", "wants_tls", "tls_unsupported", false),
    ("432 4.7.12 A password transition is needed", "disabled", "login_rejected", true),
    ("530 5.7.0 Must issue a STARTTLS command first", "wants_tls", "tls_unsupported", false),
    ("538 5.7.11 Encryption required for requested authentication mechanism", "wants_tls", "tls_unsupported", false),
    (
        "534-5.7.9 Application-specific password required. For more information, go to\r\n534 5.7.9 https://x",
        "app_password",
        "login_rejected",
        true,
    ),
    (
        "534-5.7.14 <https://accounts.example/> Please log in via your web browser\r\n534 5.7.14 x",
        "browser",
        "login_rejected",
        true,
    ),
    ("534 5.7.9 Authentication mechanism is too weak", "too_weak", "auth_unsupported", true),
    (
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.",
        "switched_off",
        "login_rejected",
        true,
    ),
    (
        "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
        "switched_off",
        "login_rejected",
        true,
    ),
    ("535 5.7.139 Authentication unsuccessful, account is locked", "locked", "login_rejected", true),
    ("535 5.7.1 Too many failed logins", "locked", "login_rejected", true),
    ("525 5.7.13 User Account Disabled", "disabled", "login_rejected", true),
    ("535 5.7.8 Password expired", "disabled", "login_rejected", true),
    ("503 5.5.1 Error: authentication not enabled", "unsupported", "auth_unsupported", false),
    ("503 AUTH command used when not advertised", "unsupported", "auth_unsupported", false),
    ("504 5.5.4 Unrecognized authentication type", "unsupported", "auth_unsupported", false),
    ("502 5.5.1 not implemented", "unsupported", "auth_unsupported", false),
    ("500 5.5.6 Authentication Exchange line is too long", "unsupported", "auth_unsupported", false),
    ("554 5.7.1 Access denied", "other", "login_rejected", true),
    ("550 what", "other", "login_rejected", true),
    ("250 ok", "strange", "protocol_error", false),
    ("199 ok", "strange", "protocol_error", false),
];

async fn reply(text: &str) -> Reply {
    let (ours, mut theirs) = duplex(16 * 1024);
    theirs.write_all(format!("{text}\r\n").as_bytes()).await.expect("there is room");
    Client::new(ours).reply().await.expect(text)
}

fn cause(answer: Answer) -> &'static str {
    match answer.meaning {
        Meaning::Refused(refusal) => refusal.cause().slug(),
        Meaning::WantsTls => "tls_unsupported",
        Meaning::Strange => "protocol_error",
    }
}

#[tokio::test]
async fn each_answer_has_its_code_and_its_cause() {
    for (text, code, slug, holds) in ANSWERS {
        let answer = read(&reply(text).await, true);
        assert_eq!(
            (answer.code, cause(answer), answer.holds),
            (format!("smtp_{code}").as_str(), *slug, *holds),
            "{text}"
        );
    }
    for row in ROWS {
        assert!(ANSWERS.iter().any(|(_, known, ..)| row.2 == format!("smtp_{known}")), "{}", row.2);
    }
}

#[tokio::test]
async fn a_temporary_answer_never_blames_the_password() {
    for code in 400..=499 {
        let answer = read(&reply(&format!("{code} 4.7.0 invalid password, authentication failed")).await, true);
        assert_ne!(cause(answer), "password_rejected", "{code}");
        assert!(code == 432 || (cause(answer), answer.holds) == ("too_many_connections", false), "{code}");
    }
}

#[tokio::test]
async fn over_tls_nobody_asks_for_tls() {
    for text in ["530 5.7.0 Must issue a STARTTLS command first", "538 5.7.11 Encryption required", "451 starttls"] {
        assert_ne!(cause(read(&reply(text).await, false)), "tls_unsupported", "{text}");
    }
}

#[tokio::test]
async fn a_message_has_our_words_and_the_servers() {
    for (text, message) in [
        (
            "535 Incorrect authentication data.",
            "the SMTP server rejected the user or the password: 535 Incorrect authentication data",
        ),
        (
            "534-5.7.9 Application-specific password required.\r\n534 5.7.9 x",
            "the SMTP server requires an app password for this account: 534 5.7.9 Application-specific password \
             required. 5.7.9 x",
        ),
    ] {
        let reply = reply(text).await;
        assert_eq!(read(&reply, true).message(&reply, &[]), message);
    }
}

#[tokio::test]
async fn no_message_shows_the_password() {
    let password = Secret::new("s3cret-word".to_owned());
    let line = Secret::new("AGFwcABzM2NyZXQtd29yZA==".to_owned());
    let secrets = [password, line];
    for text in [
        "535 s3cret-word is wrong",
        "535 bad: s3cr",
        "535 bad: S3CRET-W",
        "500 unknown: AUTH PLAIN AGFwcABzM2NyZXQtd29yZA==",
        "500 unknown: AUTH PLAIN AGFwcABzM2Ny",
        "500 unknown: auth plain agfwcabzm2ny",
    ] {
        let reply = reply(text).await;
        let message = read(&reply, true).message(&reply, &secrets).to_ascii_lowercase();
        assert!(!message.contains("s3cr") && !message.contains("agfw"), "{message}");
    }
    let reply = reply("535 5.7.8 no").await;
    assert!(read(&reply, true).message(&reply, &secrets).ends_with("535 5.7.8 no"));
}
