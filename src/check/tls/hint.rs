//! Hints that are the `tls` kind's own: they name its keys.

use crate::cause::Cause;
use crate::check::mail::{self, code};
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault, StreamDetail, TlsDetail};

pub(super) fn hint(fault: &Fault, _: &Evidence, _: &Context<'_>) -> Option<String> {
    let text = match (fault.cause, &fault.detail) {
        (cause, Some(Detail::Tls(TlsDetail::NotStarted { port, at_once }))) => {
            let at_once = at_once.map_or_else(String::new, |port| format!("; {port} expects TLS at once"));
            let late = if cause == Cause::Timeout { ", or raise `timeout` if the server is slow" } else { "" };
            return Some(format!(
                "This port may expect TLS at once, or belong to another kind of server or to a proxy without an upstream. \
                 Remove `starttls`, or use the port for it ({port}{at_once}){late}."
            ));
        }
        (Cause::Timeout, Some(Detail::Tls(TlsDetail::StartTlsSlow))) => {
            "The server has started to answer and did not go on in time: it is slow, or a mail server that delays greetings \
             (postscreen_greet_wait, greet_pause) or looks up this pod's address. Raise `timeout`, or exempt this \
             address on a mail server."
        }
        (_, Some(Detail::Protocol { code: code::MASKED, .. })) => {
            "A firewall with SMTP inspection on the way hides STARTTLS from its clients. Disable that inspection for this \
             connection (Cisco ASA: no inspect esmtp), or use port 465 without `starttls`."
        }
        (Cause::TlsNotTls, Some(Detail::Stream(StreamDetail::Speaks("POP3")))) => {
            "A POP3 server answers on this port. Use its port with TLS (995) without `starttls`, or `starttls: pop3`; if \
             another server is meant, such as the one for sending mail, use its port."
        }
        (Cause::TlsNotTls, Some(Detail::Stream(StreamDetail::Speaks("IMAP")))) => {
            "An IMAP server answers on this port. Use its port with TLS (993) without `starttls`, or `starttls: imap`; if \
             another server is meant, such as the one for sending mail, use its port."
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
