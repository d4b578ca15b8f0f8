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
