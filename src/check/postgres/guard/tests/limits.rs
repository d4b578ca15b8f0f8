//! What is too long or too much, each beside what is just not.

use std::cell::Cell;
use std::io;

use super::{SessionError, asked, auth, column, error, logged_in, login, message, ready, row, transcript, with};
use crate::cause::Cause;
use crate::check::postgres::guard::Trust;
use crate::check::postgres::guard::dialogue::{BYTES_LIMIT, LOGIN_MESSAGES, MESSAGE_LIMIT, ROWS_LIMIT};

/// A notice that is so long in all.
fn notice(length: usize) -> Vec<u8> {
    message(b'N', &vec![b'x'; length - 5])
}

fn is_over_the_limit(session_error: &SessionError) -> bool {
    matches!(session_error, SessionError::Failed(error) if error.kind() == io::ErrorKind::FileTooLarge)
}

#[tokio::test]
async fn a_length_is_judged_before_anything_is_set_aside() {
    let huge = [b'R', 0x7f, 0xff, 0xff, 0xff];
    let ended = with(huge.to_vec(), &login(None, Trust::Plain)).await;
    assert!(matches!(ended.result, Err(SessionError::TooLong(0x8000_0000))), "{:?}", ended.result);
    assert!(ended.set_aside < 64 * 1024);
    let script = [logged_in(), vec![b'D', 0x10, 0, 0, 0]].concat();
    assert!(matches!(asked(script).await, Err(SessionError::TooLong(0x1000_0001))));
}

#[tokio::test]
async fn one_message() {
    let rest = logged_in().len();
    let ended = with([notice(MESSAGE_LIMIT - rest), logged_in()].concat(), &login(None, Trust::Plain)).await;
    ended.result.unwrap();
    let ended = with([notice(MESSAGE_LIMIT + 1), logged_in()].concat(), &login(None, Trust::Plain)).await;
    assert!(matches!(ended.result, Err(SessionError::TooLong(length)) if length == MESSAGE_LIMIT + 1));
}

#[tokio::test]
async fn all_of_a_login() {
    let rest = logged_in().len();
    let half = BYTES_LIMIT / 2;
    for (more, fits) in [(0, true), (1, false)] {
        let notices = [notice(half), notice(half - rest + more)].concat();
        let ended = with([notices, logged_in()].concat(), &login(None, Trust::Plain)).await;
        assert_eq!(ended.result.is_ok(), fits, "{:?}", ended.result);
        assert!(ended.result.err().is_none_or(|session_error| is_over_the_limit(&session_error)));
        assert!(ended.set_aside <= 192 * 1024, "{}", ended.set_aside);
    }
}

#[tokio::test]
async fn the_messages_of_a_login() {
    // A notice, Authentication, two parameters, BackendKeyData, ReadyForQuery.
    let own = 6;
    let ended = with([notice(6).repeat(LOGIN_MESSAGES - own), logged_in()].concat(), &login(None, Trust::Plain)).await;
    ended.result.unwrap();
    let ended = with([notice(6).repeat(LOGIN_MESSAGES), logged_in()].concat(), &login(None, Trust::Plain)).await;
    let Err(SessionError::Stop(Cause::TooLarge, text)) = ended.result else { panic!("{:?}", ended.result) };
    assert_eq!(text, "the server sent more than 200 messages before the end of the login");
}

/// As the login ends the count does: what comes later is another answer.
#[tokio::test]
async fn a_flood_of_tiny_messages_is_neither_kept_nor_endless() {
    let ended = with(notice(6).repeat(100_000), &login(None, Trust::Plain)).await;
    assert!(matches!(ended.result, Err(SessionError::Stop(Cause::TooLarge, _))), "{:?}", ended.result);
    assert!(ended.set_aside <= 16 * 1024, "{}", ended.set_aside);
    let answer = asked([logged_in(), notice(6).repeat(100_000)].concat()).await;
    assert!(is_over_the_limit(&answer.unwrap_err()));
    let notices = notice(6).repeat(5_000);
    let script = [logged_in(), notices, message(b'I', b""), ready()].concat();
    asked(script).await.unwrap();
}

#[tokio::test]
async fn the_rows_of_an_answer() {
    let rows = |count: usize| {
        [logged_in(), column(), row(Some("1")).repeat(count), message(b'C', b"SELECT\0"), ready()].concat()
    };
    assert_eq!(asked(rows(ROWS_LIMIT)).await.unwrap().first, Some(Some("1".into())));
    let Err(SessionError::Stop(Cause::TooLarge, text)) = asked(rows(ROWS_LIMIT + 1)).await else {
        panic!("too many rows")
    };
    assert_eq!(text, "the query gave more than 100 rows");
}

#[tokio::test]
async fn the_bytes_of_an_answer() {
    let end = [message(b'C', b"SELECT 1\0"), ready()].concat();
    let room = BYTES_LIMIT - column().len() - row(Some("")).len() - end.len();
    for (length, fits) in [(room, true), (room + 1, false)] {
        let value = "x".repeat(length);
        let answer = asked([&logged_in()[..], &column(), &row(Some(&value)), &end].concat()).await;
        assert_eq!(answer.is_ok(), fits);
        assert!(answer.err().is_none_or(|session_error| is_over_the_limit(&session_error)));
    }
}

/// One thread runs every check: what is there already may not hold it for long.
#[tokio::test]
async fn others_have_their_turn_every_32_messages() {
    let turns = Cell::new(0);
    let others = async {
        loop {
            turns.set(turns.get() + 1);
            tokio::task::yield_now().await;
        }
    };
    let script = [logged_in(), notice(6).repeat(6_400), error("57014", "enough")].concat();
    tokio::select! {
        () = others => {}
        answer = asked(script) => assert!(matches!(answer, Err(SessionError::Server(_))), "{answer:?}"),
    }
    assert!(turns.get() >= 200, "{}", turns.get());
}

#[tokio::test]
async fn tags_that_no_server_sends() {
    for tag in (0..=255).filter(|tag| !b"RENSKZ".contains(tag)) {
        let ended = with(vec![tag], &login(None, Trust::Plain)).await;
        assert!(matches!(ended.result, Err(SessionError::Unexpected(_))), "{tag}: {:?}", ended.result);
    }
    with(transcript(), &login(None, Trust::Plain)).await.result.unwrap();
    let ended = with([auth(0, b""), vec![b'A']].concat(), &login(None, Trust::Plain)).await;
    let says = "the server sent `A`, no message of a login";
    assert!(matches!(&ended.result, Err(SessionError::Unexpected(text)) if text == says), "{:?}", ended.result);
}
