//! In which phases each cause is given.

use super::Cause;
use crate::outcome::Phase;

/// Anything that a standing connection can suffer.
const AFTER_CONNECT: &[Phase] = &[Phase::Tls, Phase::Login, Phase::Request, Phase::Assert];

impl Cause {
    /// The phases, in the order of an attempt; empty for what is no failure of a run.
    #[must_use]
    pub const fn phases(self) -> &'static [Phase] {
        match self {
            Self::DnsNotFound | Self::DnsNoAddress | Self::DnsTimeout | Self::DnsServerFailure | Self::DnsRefused => {
                &[Phase::Resolve]
            }
            Self::LocalLimit => &[Phase::Resolve, Phase::Connect],
            Self::ConnectRefused
            | Self::ConnectTimeout
            | Self::ConnectReset
            | Self::HostUnreachable
            | Self::NetworkUnreachable
            | Self::ConnectNotPermitted => &[Phase::Connect],
            Self::TlsUntrusted
            | Self::TlsNotYetValid
            | Self::TlsWrongName
            | Self::TlsNotTls
            | Self::TlsClientCertRequired
            | Self::TlsHandshakeFailed => &[Phase::Tls],
            Self::TlsExpired => &[Phase::Tls, Phase::Assert],
            Self::TlsUnsupported => &[Phase::Tls, Phase::Login],
            Self::PasswordRejected
            | Self::LoginRejected
            | Self::PasswordMissing
            | Self::PasswordNotExpected
            | Self::NoSuchDatabase
            | Self::TooManyConnections
            | Self::AuthUnsupported => &[Phase::Login],
            Self::StartingUp | Self::ShuttingDown => &[Phase::Login, Phase::Request],
            Self::PermissionDenied => &[Phase::Request],
            Self::QueryFailed | Self::ReadOnly => &[Phase::Login, Phase::Request, Phase::Assert],
            Self::HttpStatus
            | Self::HttpRedirect
            | Self::HealthDown
            | Self::BodyMismatch
            | Self::JsonMismatch
            | Self::HeaderMismatch
            | Self::DnsAnswerMismatch
            | Self::VariableMissing
            | Self::VariableInvalid
            | Self::UrlMalformed
            | Self::FileMissing
            | Self::FileInvalid
            | Self::SecretWhitespace
            | Self::SecretTooWeak
            | Self::UrlPasswordUnencoded
            | Self::UrlPasswordDoubled
            | Self::NotListening
            | Self::ListeningOnLoopback => &[Phase::Assert],
            Self::Timeout | Self::ConnectionClosed | Self::ProtocolError | Self::TooLarge => AFTER_CONNECT,
            Self::Stale | Self::Internal => &[],
        }
    }
}
