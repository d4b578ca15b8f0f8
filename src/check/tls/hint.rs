//! Hints that are the `tls` kind's own: they name its keys.

use crate::cause::Cause;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault, StreamDetail, TlsDetail};

pub(super) fn hint(fault: &Fault, _: &Evidence, _: &Context<'_>) -> Option<String> {
    let text = match (fault.cause, &fault.detail) {
        (Cause::Timeout, Some(Detail::Tls(TlsDetail::NotStarted))) => {
            "The server does not speak the protocol of `starttls`. Remove it if the server expects TLS at once (465 \
             for SMTP); otherwise compare the port."
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
