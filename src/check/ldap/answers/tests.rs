use super::{Asked, DATA, Hold, Meaning, code, read};
use crate::check::ldap::message::{Answer, Policy};
use crate::secret::Secret;

fn answer(code: u32, text: &str) -> Answer {
    Answer { code, text: text.to_owned(), referrals: Vec::new() }
}

const BIND: Asked = Asked::Bind { anonymous: false };

/// The cause and the code of a result.
fn meaning(code: u32, text: &str, asked: Asked, is_plain: bool) -> (String, &'static str, Hold) {
    let verdict = read(&answer(code, text), Policy::default(), asked, is_plain);
    let cause = match verdict.meaning {
        Meaning::Refused(refusal) => refusal.cause().slug().to_owned(),
        Meaning::WantsTls => "tls_unsupported".to_owned(),
        Meaning::Failed(phase, cause) => {
            assert!(cause.phases().contains(&phase), "{} in {}", cause.slug(), phase.as_str());
            cause.slug().to_owned()
        }
    };
    (cause, verdict.code, verdict.hold)
}

/// As Active Directory writes it.
fn by_data(data: &str) -> String {
    format!("80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data {data}, v2580\0")
}

#[test]
fn every_code_of_active_directory_has_a_meaning() {
    use Hold::{Locked, MayLock};
    for (data, cause, code, hold) in [
        ("52e", "password_rejected", code::AD_REJECTED, MayLock),
        ("525", "login_rejected", code::NO_USER, MayLock),
        ("530", "login_rejected", code::HOURS, MayLock),
        ("531", "login_rejected", code::WORKSTATION, MayLock),
        ("532", "login_rejected", code::EXPIRED, MayLock),
        ("533", "login_rejected", code::DISABLED, MayLock),
        ("701", "login_rejected", code::ACCOUNT_EXPIRED, MayLock),
        ("773", "login_rejected", code::MUST_CHANGE, MayLock),
        ("775", "login_rejected", code::LOCKED, Locked),
        ("52f", "login_rejected", code::RESTRICTED, MayLock),
        // One that nobody knows.
        ("5ff", "password_rejected", code::REJECTED, MayLock),
    ] {
        assert_eq!(meaning(49, &by_data(data), BIND, false), (cause.to_owned(), code, hold), "{data}");
    }
    assert!(DATA.iter().all(|(data, _)| *data == data.to_ascii_lowercase()));
}

#[test]
fn results_of_a_login() {
    use Hold::{Locked, MayLock, Usual};
    let integrity = "00002028: LdapErr: DSID-0C090202, comment: The server requires binds to turn on integrity checking if \
                     SSL\\TLS are not already active on the connection, data 0, v1db1";
    for (number, text, cause, code, hold) in [
        (49, "", "password_rejected", code::REJECTED, MayLock),
        (49, "password expired!", "login_rejected", code::EXPIRED, MayLock),
        (49, "NT_STATUS_ACCOUNT_LOCKED_OUT", "login_rejected", code::LOCKED, Locked),
        (19, "Exceed password retry limit. Please try later.", "login_rejected", code::LOCKED, Locked),
        (53, "Account inactivated. Contact system administrator.", "login_rejected", code::DISABLED, MayLock),
        (53, "operation restricted", "login_rejected", code::UNWILLING, MayLock),
        (13, "TLS confidentiality required", "tls_unsupported", code::WANTS_TLS, Usual),
        (8, integrity, "tls_unsupported", code::WANTS_TLS, Usual),
        (8, "BindSimple: Transport encryption required.", "tls_unsupported", code::WANTS_TLS, Usual),
        (8, "SASL bind required", "auth_unsupported", code::TOO_WEAK, Usual),
        (7, "", "auth_unsupported", code::TOO_WEAK, Usual),
        (10, "", "login_rejected", code::REFERRAL, Usual),
        (32, "", "login_rejected", code::NO_USER, MayLock),
        (34, "invalid DN", "login_rejected", code::BAD_DN, MayLock),
        (48, "", "login_rejected", code::NO_PASSWORD_SET, MayLock),
        (50, "", "login_rejected", code::RESTRICTED, MayLock),
        (51, "", "too_many_connections", code::BUSY, Usual),
        (52, "", "shutting_down", code::UNAVAILABLE, Usual),
        (80, "", "login_rejected", code::OTHER, MayLock),
        (4_000_000_000, "", "login_rejected", code::OTHER, MayLock),
    ] {
        assert_eq!(meaning(number, text, BIND, true), (cause.to_owned(), code, hold), "{number} {text}");
    }
    // Over TLS nobody can ask for TLS.
    assert_eq!(meaning(13, "", BIND, false).0, "login_rejected");
    let anonymous = Asked::Bind { anonymous: true };
    for (number, text) in [(48, "anonymous bind disallowed"), (53, ""), (50, ""), (49, "")] {
        assert_eq!(meaning(number, text, anonymous, true).1, code::ANONYMOUS, "{number}");
    }
    assert_eq!(meaning(13, "confidentiality required", anonymous, true).1, code::WANTS_TLS);
}

#[test]
fn results_of_the_other_requests() {
    let bind_first = "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must \
                      be completed on the connection., data 0, v4563";
    for (asked, number, text, cause, code) in [
        (Asked::Search, 32, "", "not_found_on_server", code::NO_BASE),
        (Asked::Search, 10, "", "not_found_on_server", code::REFERRAL),
        (Asked::Search, 50, "", "permission_denied", code::NO_RIGHT),
        (Asked::Search, 34, "invalid DN", "query_failed", code::BAD_BASE),
        (Asked::Search, 1, bind_first, "password_missing", code::ANONYMOUS),
        (Asked::Search, 8, "authentication required", "password_missing", code::ANONYMOUS),
        (Asked::Search, 53, "authentication required", "password_missing", code::ANONYMOUS),
        (Asked::Search, 13, "", "tls_unsupported", code::WANTS_TLS),
        (Asked::Search, 3, "", "query_failed", code::LIMIT),
        (Asked::Search, 4, "", "query_failed", code::LIMIT),
        (Asked::Search, 11, "", "query_failed", code::LIMIT),
        (Asked::Search, 51, "", "query_failed", code::BUSY),
        (Asked::Search, 52, "", "shutting_down", code::UNAVAILABLE),
        (Asked::Search, 1, "", "query_failed", code::OTHER),
        (Asked::StartTls, 2, "unsupported extended operation", "tls_unsupported", code::NO_STARTTLS),
        (Asked::StartTls, 52, "", "tls_unsupported", code::NO_STARTTLS),
        (Asked::StartTls, 51, "", "too_many_connections", code::BUSY),
        (Asked::Nothing, 52, "", "shutting_down", code::UNAVAILABLE),
        (Asked::Nothing, 8, "", "tls_unsupported", code::WANTS_TLS),
        (Asked::Nothing, 2, "", "protocol_error", code::OTHER),
    ] {
        let (said, found, _) = meaning(number, text, asked, true);
        assert_eq!((said.as_str(), found), (cause, code), "{asked:?} {number} {text}");
    }
}

#[test]
fn the_control_says_more_than_the_code() {
    let of = |error| read(&answer(49, ""), Policy { error, grace_logins: None }, BIND, true).code;
    assert_eq!(
        [of(Some(0)), of(Some(1)), of(Some(2)), of(Some(9)), of(None)],
        [code::EXPIRED, code::LOCKED, code::MUST_CHANGE, code::REJECTED, code::REJECTED]
    );
}

#[test]
fn a_message_shows_the_servers_text_and_no_secret() {
    let verdict = |code| read(&answer(code, ""), Policy::default(), BIND, true);
    let secret = [Secret::new("sesame".to_owned())];
    for (code, text, expected) in [
        (49, "", "the directory rejected the user or the password (49 invalidCredentials)"),
        (34, "invalid DN.", "the directory does not accept this user as a DN (34 invalidDNSyntax): invalid DN"),
        (80, "bad pw sesame here", "the directory refuses the login with another error (80 other): bad pw *** here"),
        (
            80,
            "sesa me",
            "the directory refuses the login with another error (80 other): the server's text repeats the secret",
        ),
        (49, "wrong sesame", "the directory rejected the user or the password (49 invalidCredentials)"),
        (123, "a\r\nb\0", "the directory refuses the login with another error (123): a b"),
    ] {
        assert_eq!(verdict(code).message(&answer(code, text), &secret), expected, "{text}");
    }
    let long = verdict(80).message(&answer(80, &"x".repeat(5_000)), &secret);
    assert!(long.len() < 300, "{}", long.len());
}
