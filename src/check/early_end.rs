//! Hints for a conversation that ends before the server has answered: the port has no TLS, the port wants TLS, or nothing
//! answers. Kinds whose servers do that have the texts; here is when each is right.

use crate::cause::Cause;
use crate::outcome::{Detail, Evidence, Fault, Phase, StreamDetail, TlsDetail};

/// The hints of a kind.
pub struct EarlyEnd {
    /// TLS at a port without it.
    pub no_tls: &'static str,
    /// Plain text at a port with TLS.
    pub wants_tls: &'static str,
    /// Nothing answers.
    pub silent: &'static str,
}

impl EarlyEnd {
    /// The hint for such an end.
    #[must_use]
    pub fn of(&self, phase: Phase, cause: Cause, over_tls: bool) -> Option<&'static str> {
        match (phase, cause) {
            (Phase::Tls, Cause::Timeout | Cause::ConnectionClosed | Cause::TlsNotTls) => Some(self.no_tls),
            (Phase::Connect, Cause::ConnectReset) | (Phase::Login, Cause::ConnectionClosed) if !over_tls => {
                Some(self.wants_tls)
            }
            (Phase::Login | Phase::Request, Cause::Timeout) => Some(self.silent),
            _ => None,
        }
    }

    /// The hint for a fault to which the kind gave no code of its own; `None` if the general hint is better.
    #[must_use]
    pub fn of_fault(&self, fault: &Fault, evidence: &Evidence) -> Option<&'static str> {
        let over_tls = evidence.facts.tls_version.is_some();
        match &fault.detail {
            Some(Detail::Socket(_) | Detail::Value(_) | Detail::Stream(StreamDetail::Speaks(_))) => None,
            // The handshake was reset, whichever phase that belongs to.
            Some(Detail::Tls(TlsDetail::Reset)) => self.of(Phase::Tls, Cause::ConnectionClosed, over_tls),
            Some(Detail::Tls(_)) => None,
            _ => self.of(fault.phase, fault.cause, over_tls),
        }
    }

    /// All texts, for the test that each is a good hint.
    #[cfg(test)]
    pub(crate) const fn all(&self) -> [&'static str; 3] {
        [self.no_tls, self.wants_tls, self.silent]
    }
}

#[cfg(test)]
mod tests {
    use super::EarlyEnd;
    use crate::cause::Cause;
    use crate::outcome::{Detail, Evidence, Fault, Phase, StreamDetail, TlsDetail};

    const END: EarlyEnd = EarlyEnd { no_tls: "no tls", wants_tls: "wants tls", silent: "silent" };

    #[test]
    fn each_end_has_its_hint() {
        for (phase, cause, over_tls, expected) in [
            (Phase::Tls, Cause::Timeout, false, Some("no tls")),
            (Phase::Tls, Cause::TlsNotTls, false, Some("no tls")),
            (Phase::Tls, Cause::TlsExpired, false, None),
            (Phase::Connect, Cause::ConnectReset, false, Some("wants tls")),
            (Phase::Login, Cause::ConnectionClosed, false, Some("wants tls")),
            (Phase::Login, Cause::ConnectionClosed, true, None),
            (Phase::Connect, Cause::ConnectRefused, false, None),
            (Phase::Login, Cause::Timeout, true, Some("silent")),
            (Phase::Request, Cause::Timeout, false, Some("silent")),
        ] {
            assert_eq!(END.of(phase, cause, over_tls), expected, "{phase:?} {cause:?} {over_tls}");
        }
    }

    #[test]
    fn what_is_told_better_in_general_has_none() {
        let of = |fault: Fault| END.of_fault(&fault, &Evidence::default());
        let fault = |phase, cause| Fault::new(phase, cause, "x");
        assert_eq!(of(fault(Phase::Connect, Cause::ConnectReset).with(Detail::Tls(TlsDetail::Reset))), Some("no tls"));
        assert_eq!(of(fault(Phase::Tls, Cause::TlsNotTls).with(Detail::Stream(StreamDetail::Speaks("HTTP")))), None);
        assert_eq!(of(fault(Phase::Tls, Cause::Timeout).with(Detail::Tls(TlsDetail::NotOffered))), None);
        assert_eq!(of(fault(Phase::Login, Cause::Timeout).with(Detail::Stream(StreamDetail::Silent))), Some("silent"));
    }
}
