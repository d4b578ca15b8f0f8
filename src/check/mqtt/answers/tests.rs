use super::{Meaning, ROWS, Shown, code, read};
use crate::check::mqtt::packet::Connack;
use crate::secret::Secret;

fn cause(number: u8, shown: Shown) -> (&'static str, &'static str) {
    let verdict = read(number, shown);
    let cause = match verdict.meaning {
        Meaning::Refused(refusal) => refusal.cause().slug(),
        Meaning::OtherVersion => "version",
        Meaning::Failed(cause) => cause.slug(),
    };
    (cause, verdict.code)
}

#[test]
fn both_versions_say_the_same() {
    for (of_3, of_5, slug, code) in [
        (1, 132, "version", code::VERSION),
        (2, 133, "login_rejected", code::CLIENT_ID),
        (3, 136, "shutting_down", code::UNAVAILABLE),
        (4, 134, "password_rejected", code::REJECTED),
        (5, 135, "password_rejected", code::NOT_AUTHORISED),
    ] {
        for number in [of_3, of_5] {
            assert_eq!(cause(number, Shown::Credentials), (slug, code), "{number}");
        }
    }
    for (number, slug, code) in [
        (137, "too_many_connections", code::BUSY),
        (138, "login_rejected", code::BANNED),
        (140, "auth_unsupported", code::METHOD),
        (151, "too_many_connections", code::QUOTA),
        (156, "login_rejected", code::MOVED),
        (157, "login_rejected", code::MOVED),
        (159, "too_many_connections", code::RATE),
        (128, "query_failed", code::OTHER),
        (255, "query_failed", code::OTHER),
        (6, "query_failed", code::OTHER),
    ] {
        assert_eq!(cause(number, Shown::Credentials), (slug, code), "{number}");
    }
}

#[test]
fn who_showed_nothing_is_told_so() {
    for number in [4, 5, 134, 135] {
        assert_eq!(cause(number, Shown::Nothing), ("password_missing", code::NO_CREDENTIALS), "{number}");
        assert_eq!(cause(number, Shown::Certificate), ("login_rejected", code::CERTIFICATE), "{number}");
    }
    assert_eq!(cause(133, Shown::Nothing).1, code::CLIENT_ID);
    assert!(ROWS.is_sorted_by_key(|row| row.0));
}

#[test]
fn a_message_shows_the_servers_text_and_no_secret() {
    let secret = [Secret::new("sesame".to_owned())];
    let message = |code: u8, text: &str, server: Option<&str>| {
        let answer = Connack { code, text: text.to_owned(), server: server.map(str::to_owned) };
        read(code, Shown::Credentials).message(&answer, &secret)
    };
    assert_eq!(message(134, "", None), "the broker rejected the user or the password (134 bad user name or password)");
    let shown = message(157, "gone.", Some("b:1883"));
    assert_eq!(shown, "the broker sends its clients to another server (157 server moved): gone; it names b:1883");
    assert_eq!(
        message(200, "no sesame\r\nhere", None),
        "the broker refuses the login with another code (200): no *** here"
    );
    assert!(message(200, &"x".repeat(5_000), None).len() < 300);
}
