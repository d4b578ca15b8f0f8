//! Hints that are the `tls` kind's own: they name its keys.

use super::smtp::code;
use crate::cause::Cause;
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
        (_, Some(Detail::Protocol { code: code::BUSY, .. })) => {
            "The mail server is busy or shutting down, and asks to try again later. Wait; if it stays so, read its log \
             and check its load, disk and pods."
        }
        (_, Some(Detail::Protocol { code: code::FULL, .. })) => {
            "The mail server accepts no more connections for now, of this client or of all. Close idle clients, or raise \
             its limits (Postfix: smtpd_client_connection_count_limit, smtpd_client_connection_rate_limit)."
        }
        (_, Some(Detail::Protocol { code: code::REFUSED, .. })) => {
            "The mail server accepts no mail from this address, whatever the login. Allow the pod's or the cluster's \
             egress address there (Postfix: mynetworks, a blocklist), or use the provider's submission host on port 587."
        }
        (_, Some(Detail::Protocol { code: code::NO_MAIL, .. })) => {
            "This host accepts no mail from anybody, as hosts that only send mail do. Use the host that takes mail for \
             your domain, or the provider's submission host on port 587."
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
        _ => return None,
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests;
