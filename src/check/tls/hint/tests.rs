use super::hint;
use crate::cause::Cause;
use crate::check::mail::code;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault, Phase, StreamDetail, TlsDetail};

fn of(cause: Cause, detail: Detail) -> String {
    let fault = Fault::new(Phase::Tls, cause, "").with(detail);
    hint(&fault, &Evidence::default(), &Context::default()).unwrap_or_default()
}

#[test]
fn before_starttls_it_is_not_tls_that_is_not_answered() {
    for (port, at_once, expected) in [
        (587, Some(465), "(587; 465 expects TLS at once)"),
        (389, Some(636), "(389; 636 expects TLS at once)"),
        (3306, None, "(3306)"),
    ] {
        for cause in [Cause::Timeout, Cause::ConnectionClosed, Cause::ConnectReset, Cause::TlsNotTls] {
            let text = of(cause, Detail::Tls(TlsDetail::NotStarted { port, at_once }));
            assert!(text.contains("Remove `starttls`") && text.contains(expected) && text.len() <= 300, "{text}");
            assert_eq!(text.contains("`timeout`"), cause == Cause::Timeout, "{text}");
        }
    }
    let text = of(Cause::Timeout, Detail::Tls(TlsDetail::StartTlsSlow));
    assert!(text.contains("Raise `timeout`") && text.len() <= 300, "{text}");
    assert_eq!(of(Cause::Timeout, Detail::Stream(StreamDetail::Silent)), "");
}

#[test]
fn a_port_in_plain_text_may_have_starttls() {
    assert!(of(Cause::TlsNotTls, Detail::Stream(StreamDetail::Speaks("SMTP"))).contains("`starttls`"));
    for (name, port) in [("POP3", "995"), ("IMAP", "993")] {
        let text = of(Cause::TlsNotTls, Detail::Stream(StreamDetail::Speaks(name)));
        assert!(text.contains(port) && text.contains(name) && text.len() <= 300, "{text}");
    }
    assert_eq!(of(Cause::TlsNotTls, Detail::Stream(StreamDetail::Unrecognised)), "");
}

#[test]
fn a_mail_server_that_sends_this_client_away_is_a_mail_server() {
    for (cause, code, says) in [
        (Cause::ShuttingDown, code::BUSY, "asks to try again later"),
        (Cause::TooManyConnections, code::FULL, "smtpd_client_connection_count_limit"),
        (Cause::LoginRejected, code::REFUSED, "mynetworks"),
        (Cause::LoginRejected, code::NO_MAIL, "accepts no mail from anybody"),
        (Cause::TlsUnsupported, code::MASKED, "no inspect esmtp"),
    ] {
        let text = of(cause, Detail::Protocol { code, product: None });
        assert!(text.contains(says) && text.len() <= 300, "{text}");
    }
}
