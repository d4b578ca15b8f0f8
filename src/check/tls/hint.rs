//! Hints that are the `tls` kind's own: they name its keys.

use crate::cause::Cause;
use crate::check::mail::{self, code};
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault, StreamDetail, TlsDetail};

pub(super) fn hint(fault: &Fault, _: &Evidence, _: &Context<'_>) -> Option<String> {
    let text = match (fault.cause, &fault.detail) {
        (Cause::Timeout, Some(Detail::Tls(TlsDetail::NotStarted))) => {
            "The server said nothing before TLS: it expects TLS at once (465 for SMTP), greets late, or is another kind \
             of server. Remove `starttls` for the first and raise `timeout` for the second; otherwise compare the port."
        }
        (Cause::Timeout, Some(Detail::Tls(TlsDetail::StartTlsSlow))) => {
            "The server has started to answer and did not go on in time: mail servers delay greetings on purpose \
             (postscreen_greet_wait, greet_pause) or look up this pod's address. Raise `timeout`, or exempt the pod's \
             address on the server."
        }
        (_, Some(Detail::Protocol { code: code::MASKED, .. })) => {
            "A firewall with SMTP inspection on the way hides STARTTLS from its clients. Disable that inspection for this \
             connection (Cisco ASA: no inspect esmtp), or use port 465 without `starttls`."
        }
        (Cause::TlsNotTls, Some(Detail::Stream(StreamDetail::Speaks("POP3")))) => {
            "A POP3 server answers on this port. Use its port with TLS (995) without `starttls`; for sending mail, use the \
             port of the SMTP server (587 with `starttls: smtp`, or 465)."
        }
        (Cause::TlsNotTls, Some(Detail::Stream(StreamDetail::Speaks("IMAP")))) => {
            "An IMAP server answers on this port. Use its port with TLS (993) without `starttls`; for sending mail, use the \
             port of the SMTP server (587 with `starttls: smtp`, or 465)."
        }
        (Cause::TlsNotTls, detail) if *detail != Some(Detail::Stream(StreamDetail::Unrecognised)) => {
            "This port speaks plain text. Use the TLS port of the server, `starttls` if its protocol has it, or a \
             check without TLS (http, tcp)."
        }
        (_, Some(Detail::Protocol { code, .. })) => mail::hint(code)?,
        _ => return None,
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests;
