//! Alerts, with which a peer says why it ends a session.

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

#[cfg(test)]
mod tests {
    use super::in_words;
    use rustls::{InvalidMessage, PeerIncompatible, PeerMisbehaved};

    #[test]
    fn no_name_of_a_type_reaches_a_message() {
        assert_eq!(in_words(&PeerIncompatible::NoKxGroupsInCommon), "no kx groups in common");
        assert_eq!(in_words(&InvalidMessage::MissingData("ServerHello")), "missing data");
        assert_eq!(in_words(&PeerMisbehaved::TooManyEmptyFragments), "too many empty fragments");
    }
}
