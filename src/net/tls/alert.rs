//! What rustls says, in plain words: the alerts with which a peer says why it ends a session, and its own errors. Their
//! `Display` and `Debug` are for programmers.

use std::io;

use rustls::{AlertDescription, Error};

/// The error of rustls in the error of a stream, where there is one.
pub(super) fn tls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// `handshake_failure (40)`: the name of RFC 8446, section 6, and the number.
pub(super) fn alert_name(alert: AlertDescription) -> String {
    let number = u8::from(alert);
    let name = match alert {
        // Those whose name in the RFC is not the one in rustls, split at its capitals.
        AlertDescription::UnknownCA => "unknown_ca".to_owned(),
        AlertDescription::UnrecognisedName => "unrecognized_name".to_owned(),
        AlertDescription::UserCanceled => "user_canceled".to_owned(),
        AlertDescription::UnknownPSKIdentity => "unknown_psk_identity".to_owned(),
        known => match known.as_str() {
            Some(text) => {
                let parts = text.char_indices().map(|(at, c)| match (at, c.is_ascii_uppercase()) {
                    (0, _) | (_, false) => c.to_ascii_lowercase().to_string(),
                    _ => format!("_{}", c.to_ascii_lowercase()),
                });
                parts.collect()
            }
            None => return number.to_string(),
        },
    };
    format!("{name} ({number})")
}

/// A value of rustls, named by its variant, in words: `NoKxGroupsInCommon` is "no kx groups in common".
pub(super) fn in_words(value: &dyn std::fmt::Debug) -> String {
    let name = format!("{value:?}");
    let name = name.split(['(', ' ', '{']).next().unwrap_or_default();
    let mut words = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    words
}

/// An error of rustls in words.
pub(super) fn error_in_words(error: &Error) -> String {
    let text = match error {
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            "the peer sent a message that does not belong there"
        }
        Error::InvalidMessage(why) => return format!("the peer sent a broken TLS message: {}", in_words(why)),
        Error::PeerIncompatible(why) => return format!("the peer is not compatible: {}", in_words(why)),
        Error::PeerMisbehaved(why) => return format!("the peer broke the TLS protocol: {}", in_words(why)),
        Error::AlertReceived(alert) => return format!("the peer sent the alert {}", alert_name(*alert)),
        Error::InvalidCertificate(why) => return format!("the certificate was not accepted: {}", in_words(why)),
        Error::InconsistentKeys(_) => "the certificate and the key do not belong together",
        Error::DecryptError => "a message of the peer cannot be decrypted",
        Error::EncryptError => "a message cannot be encrypted",
        Error::PeerSentOversizedRecord => "the peer sent a record that is too long",
        Error::NoApplicationProtocol => "the peer knows none of the application protocols",
        Error::General(_) | Error::Other(_) => "the TLS library gives no reason",
        other => return in_words(other),
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{error_in_words, in_words};
    use rustls::{
        AlertDescription, CertificateError, ContentType, Error, InconsistentKeys, InvalidMessage, OtherError,
        PeerIncompatible, PeerMisbehaved,
    };

    /// Nothing of how a programmer writes it: no name of a type, no bracket, no capital within a word.
    #[test]
    fn an_error_is_told_in_words() {
        let other = || OtherError(Arc::new(webpki::Error::MaximumSignatureChecksExceeded));
        for (error, words) in [
            (Error::Other(other()), "the TLS library gives no reason"),
            (Error::General("Bad thing: X { y }".to_owned()), "the TLS library gives no reason"),
            (Error::InvalidCertificate(CertificateError::Other(other())), "the certificate was not accepted: other"),
            (Error::InvalidCertificate(CertificateError::Revoked), "the certificate was not accepted: revoked"),
            (Error::AlertReceived(AlertDescription::BadRecordMac), "the peer sent the alert bad_record_mac (20)"),
            (
                Error::InvalidMessage(InvalidMessage::InvalidContentType),
                "the peer sent a broken TLS message: invalid content type",
            ),
            (
                Error::PeerMisbehaved(PeerMisbehaved::TooManyEmptyFragments),
                "the peer broke the TLS protocol: too many empty fragments",
            ),
            (
                Error::InappropriateMessage {
                    expect_types: vec![ContentType::Handshake],
                    got_type: ContentType::Alert,
                },
                "the peer sent a message that does not belong there",
            ),
            (
                Error::InconsistentKeys(InconsistentKeys::KeyMismatch),
                "the certificate and the key do not belong together",
            ),
            (Error::BadMaxFragmentSize, "bad max fragment size"),
            (Error::FailedToGetRandomBytes, "failed to get random bytes"),
        ] {
            assert_eq!(error_in_words(&error), words, "{error:?}");
        }
    }

    #[test]
    fn no_name_of_a_type_reaches_a_message() {
        assert_eq!(in_words(&PeerIncompatible::NoKxGroupsInCommon), "no kx groups in common");
        assert_eq!(in_words(&InvalidMessage::MissingData("ServerHello")), "missing data");
        assert_eq!(in_words(&PeerMisbehaved::TooManyEmptyFragments), "too many empty fragments");
    }
}
