use super::{hint, of_endpoint};
use crate::cause::Cause;
use crate::check::provider::of_document;
use crate::findings::Context;
use crate::outcome::{
    Detail, Evidence, Facts, Fault, HttpDetail, Phase, Redirect, RedirectPurpose, StreamDetail, assert_hint,
};

fn of(cause: Cause, phase: Phase, detail: Option<Detail>, facts: Facts) -> String {
    let fault = Fault { detail, ..Fault::new(phase, cause, "") };
    hint(&fault, &Evidence { facts, ..Evidence::default() }, &Context::default()).unwrap_or_default()
}

fn http(cause: Cause, detail: HttpDetail) -> String {
    of(cause, Phase::Request, Some(Detail::Http(detail)), Facts::default())
}

fn redirect(purpose: RedirectPurpose) -> Facts {
    Facts { redirect: Some(Redirect { to: String::new(), purpose }), ..Facts::default() }
}

#[test]
fn who_follows_redirects_is_not_told_to_follow_them() {
    let text = http(Cause::HttpRedirect, HttpDetail::TooManyRedirects);
    assert!(text.contains("a larger number") && !text.contains("follow_redirects: true"), "{text}");
}

#[test]
fn who_cannot_follow_redirects_or_log_in_is_not_told_to() {
    let fault = |cause| Fault::new(Phase::Assert, cause, "");
    for (purpose, says) in [
        (RedirectPurpose::Login, "Exempt this path"),
        (RedirectPurpose::Tls, "https://"),
        (RedirectPurpose::TlsSamePort, "X-Forwarded-Proto"),
        (RedirectPurpose::Slash, "final slash"),
        (RedirectPurpose::Elsewhere, "Write the URL"),
    ] {
        let evidence = Evidence { facts: redirect(purpose), ..Evidence::default() };
        let text = of_endpoint(&fault(Cause::HttpRedirect), &evidence, &Context::default()).unwrap_or_default();
        assert!(text.contains(says) && !text.contains("follow_redirects") && !text.contains("/health"), "{text}");
        assert_hint(&text);
    }
    for status in [401, 403, 404] {
        let evidence =
            Evidence { facts: Facts { status_code: Some(status), ..Facts::default() }, ..Evidence::default() };
        let text = of_document(&fault(Cause::HttpStatus), &evidence, &Context::default()).unwrap_or_default();
        assert!(!text.contains("/health"), "{text}");
        assert_hint(&text);
    }
}

#[test]
fn statuses_and_redirects() {
    let status = |code| Facts { status_code: Some(code), ..Facts::default() };
    for (cause, facts, says) in [
        (Cause::HttpStatus, status(404), "no such path"),
        (Cause::HttpStatus, status(401), "does not say of which kind"),
        (Cause::HttpStatus, status(408), "gave up"),
        (Cause::HttpStatus, status(411), "Content-Length"),
        (Cause::HttpStatus, status(413), "smaller `body`"),
        (Cause::HttpStatus, status(426), "WebSocket"),
        (Cause::HttpStatus, status(431), "headers of the request are too large"),
        (Cause::HttpStatus, status(451), "legal reasons"),
        (Cause::HttpStatus, status(473), "Vault"),
        (Cause::HttpStatus, status(521), "refused the connection"),
        (Cause::HttpStatus, status(522), "no connection to the origin in time"),
        (Cause::HttpStatus, status(526), "certificate"),
        (Cause::HttpStatus, status(529), "The app failed"),
        (Cause::HttpStatus, status(422), "the body or the headers"),
        (Cause::HttpStatus, status(403), "a rule blocks this client"),
        (Cause::HttpStatus, status(421), "allowed_hosts"),
        (Cause::HttpStatus, status(406), "Accept"),
        (Cause::HttpStatus, status(503), "reports that it is unavailable, or a proxy"),
        (Cause::HttpStatus, status(502), "A proxy answered"),
        (Cause::HttpStatus, status(500), "Read its log"),
        (Cause::HttpRedirect, redirect(RedirectPurpose::Tls), "https://"),
        (Cause::HttpRedirect, redirect(RedirectPurpose::TlsSamePort), "X-Forwarded-Proto"),
        (Cause::TlsNotTls, redirect(RedirectPurpose::TlsSamePort), "X-Forwarded-Proto"),
        (Cause::HttpRedirect, redirect(RedirectPurpose::Slash), "final slash"),
        (Cause::HttpRedirect, redirect(RedirectPurpose::Login), "requires a login"),
        (Cause::PermissionDenied, status(403), "do not allow"),
        (Cause::PermissionDenied, status(401), "expired"),
    ] {
        let text = of(cause, Phase::Assert, None, facts);
        assert!(text.contains(says), "{says}: {text}");
    }
    let in_a_circle = Some(Detail::Http(HttpDetail::RedirectLoop));
    let text = of(Cause::HttpRedirect, Phase::Assert, in_a_circle, redirect(RedirectPurpose::Tls));
    assert!(text.contains("in a loop"), "{text}");
    assert!(http(Cause::HttpRedirect, HttpDetail::InvalidLocation).contains("cannot be followed"));
    assert!(http(Cause::JsonMismatch, HttpDetail::PageForPeople).contains("/api/health"));
}

#[test]
fn what_is_too_large_and_by_which_key_it_may_be_larger() {
    assert!(http(Cause::TooLarge, HttpDetail::BodyTooLarge).contains("`max_response`"));
    assert!(http(Cause::ProbeLimit, HttpDetail::BodyTooLarge).contains("`body_contains`"));
    assert_eq!(of(Cause::TooLarge, Phase::Request, None, Facts::default()), "", "the headers: as of any protocol");
}

#[test]
fn ports_of_another_kind() {
    let speaks =
        |cause, name| of(cause, Phase::Tls, Some(Detail::Stream(StreamDetail::Speaks(name))), Facts::default());
    assert!(speaks(Cause::TlsNotTls, "HTTP").contains("Write http://"));
    assert!(speaks(Cause::TlsNotTls, "SMTP").contains("Compare the port"));
    assert!(speaks(Cause::ProtocolError, "HTTP/2").contains("`http_version: 2`"));
    assert_eq!(speaks(Cause::ProtocolError, "Redis"), "", "as of any protocol");
    assert!(http(Cause::TlsUnsupported, HttpDetail::WantsTls).contains("Write https://"));
}

#[test]
fn an_answer_of_http_that_breaks_off_is_known_for_one() {
    assert!(http(Cause::ProtocolError, HttpDetail::BadFraming).contains("Fix the HTTP"));
    assert!(http(Cause::ConnectionClosed, HttpDetail::BodyCut).contains("in the middle of the answer"));
    let closed = of(Cause::ConnectionClosed, Phase::Request, None, Facts::default());
    assert!(closed.contains("closed the connection before it answered"), "{closed}");
    let silent = |phase, detail| of(Cause::Timeout, phase, Some(Detail::Stream(detail)), Facts::default());
    assert!(silent(Phase::Request, StreamDetail::Stalled).contains("text/event-stream"));
    assert_eq!(silent(Phase::Request, StreamDetail::Silent), "");
    assert_eq!(silent(Phase::Tls, StreamDetail::Stalled), "", "a handshake is no answer");
}

#[test]
fn each_status_has_a_short_hint() {
    for code in 400..600 {
        let Some(text) = super::status::hint(Some(code)) else { continue };
        assert!(text.len() <= 300 && text.matches(". ").count() <= 1 && text.ends_with('.'), "{code}: {text}");
    }
}
