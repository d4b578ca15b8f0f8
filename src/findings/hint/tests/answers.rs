use super::{answered, at};
use crate::cause::Cause;
use crate::outcome::{Evidence, Facts, Phase, Redirect, RedirectPurpose};

#[test]
fn who_follows_redirects_is_not_told_to_follow_them() {
    let text = answered(
        Cause::HttpRedirect,
        "302 to http://api/, after 10 redirects: as many as are followed",
        Facts::default(),
    );
    assert!(!text.contains("follow_redirects: true"), "{text}");
}

#[test]
fn answers() {
    let status = |code| Facts { status_code: Some(code), ..Facts::default() };
    let redirect = |aim| Facts { redirect: Some(Redirect { to: String::new(), purpose: aim }), ..Facts::default() };
    for (cause, message, facts, says) in [
        (Cause::HttpStatus, "", status(404), "no such path"),
        (Cause::HttpStatus, "", status(401), "or others than it got"),
        (Cause::HttpStatus, "", status(422), "body or headers"),
        (Cause::HttpStatus, "", status(403), "by a rule for client"),
        (Cause::HttpStatus, "", status(421), "allowed_hosts"),
        (Cause::HttpStatus, "", status(406), "Accept"),
        (Cause::HttpStatus, "", status(503), "says so of itself, or a proxy"),
        (Cause::HttpStatus, "", status(502), "a proxy answered"),
        (Cause::HttpStatus, "", status(500), "read its log"),
        (Cause::HttpRedirect, "", redirect(RedirectPurpose::Tls), "https://"),
        (Cause::HttpRedirect, "", redirect(RedirectPurpose::TlsSamePort), "X-Forwarded-Proto"),
        (
            Cause::TlsNotTls,
            "redirected to https://a:80: the peer speaks plain HTTP",
            redirect(RedirectPurpose::TlsSamePort),
            "X-Forwarded-Proto",
        ),
        (Cause::HttpRedirect, "", redirect(RedirectPurpose::Slash), "final slash"),
        (Cause::HttpRedirect, "", redirect(RedirectPurpose::Login), "asks for a login"),
        (
            Cause::HttpRedirect,
            "302 to http://a/, where it has been before: a loop",
            redirect(RedirectPurpose::Tls),
            "X-Forwarded-Proto",
        ),
        (Cause::HttpRedirect, "302 with a Location of the scheme ftp", Facts::default(), "cannot be followed"),
        (Cause::JsonMismatch, "answered with a page for people, not with its health", Facts::default(), "/api/health"),
        (Cause::PermissionDenied, "", status(403), "not allowed"),
        (Cause::PermissionDenied, "", status(401), "expired"),
    ] {
        let text = answered(cause, message, facts);
        assert!(text.contains(says), "{says}: {text}");
    }
}

#[test]
fn what_is_too_large_and_by_which_key_it_may_be_larger() {
    let none = Evidence::default();
    for (kind, phase, message, says) in [
        ("http", Phase::Request, "the body is over the limit of 9 bytes", "`max_response`"),
        ("http", Phase::Request, "the headers are over the limit", "compare the port"),
        ("postgres", Phase::Request, "the server announced a message of 3000000 bytes", "LIMIT 1"),
        ("postgres", Phase::Login, "the server announced a message of 1213486160 bytes", "compare the port"),
        ("tcp", Phase::Request, "70000 bytes came and no end", "compare the port"),
    ] {
        let text = at(Cause::TooLarge, phase, message, kind, "db:5432", &none);
        assert!(text.contains(says), "{kind} {message}: {text}");
    }
}

#[test]
fn an_answer_of_http_that_breaks_off_is_known_for_one() {
    for (cause, message, says) in [
        (
            Cause::ProtocolError,
            "what came (9 bytes) is not the body of the answer: its framing is broken",
            "breaks its rules",
        ),
        (
            Cause::ProtocolError,
            "what came (9 bytes) is not an HTTP answer: invalid HTTP header parsed",
            "breaks its rules",
        ),
        (
            Cause::ProtocolError,
            "what came (9 bytes) is not an HTTP answer: invalid HTTP version parsed",
            "another kind of server",
        ),
        (
            Cause::Timeout,
            "out of time after 5s; connected, 62 bytes came in 5.0s, the last 5s ago",
            "text/event-stream",
        ),
        (Cause::Timeout, "out of time after 5s; connected, then nothing came for 5s", "then nobody answers"),
        (
            Cause::ConnectionClosed,
            "the peer closed the connection after 87 bytes, before the end of the body of the answer",
            "in the midst of its answer",
        ),
    ] {
        let text = at(cause, Phase::Request, message, "http", "api:80", &Evidence::default());
        assert!(text.contains(says), "{message}: {text}");
    }
}
