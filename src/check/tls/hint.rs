//! Hints that are the `tls` kind's own: they name its keys.

use super::smtp::code;
use crate::cause::Cause;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault, StreamDetail, TlsDetail};

pub(super) fn hint(fault: &Fault, _: &Evidence, _: &Context<'_>) -> Option<String> {
    let text = match (fault.cause, &fault.detail) {
        (Cause::Timeout, Some(Detail::Tls(TlsDetail::NotStarted))) => {
            "The server does not speak the protocol of `starttls`. Remove it if the server expects TLS at once (465 \
             for SMTP); otherwise compare the port."
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
