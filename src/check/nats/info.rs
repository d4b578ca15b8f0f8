//! INFO: what a server says of itself.

use serde::Deserialize;

use crate::outcome::clean_text;
use crate::url::Endpoint;

/// The longest version that is shown.
const VERSION_LIMIT: usize = 32;
/// How many announced addresses are read.
const MOST: usize = 256;

/// INFO, as it is on the wire.
#[derive(Debug, Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Wire {
    version: String,
    tls_required: bool,
    tls_available: bool,
    nonce: String,
    connect_urls: Vec<String>,
    ldm: bool,
}

/// What a server says of itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Info {
    /// Its version; empty where it says none.
    pub(super) version: String,
    /// Whether it accepts only clients that start TLS.
    pub(super) requires_tls: bool,
    /// Whether clients may start TLS.
    pub(super) offers_tls: bool,
    /// What an nkey is to sign; empty where the server takes none.
    pub(super) nonce: String,
    /// The addresses of the servers of its cluster, as it announces them to clients.
    pub(super) announced: Vec<Endpoint>,
    /// It lets no client in any more, and closes the connections that there are (lame duck mode).
    pub(super) is_leaving: bool,
}

impl Info {
    /// Reads it.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        // A list would be read as a struct, too.
        let wire: Wire = serde_json::from_slice(json).ok().filter(|_| json.starts_with(b"{"))?;
        let announced = wire.connect_urls.iter().take(MOST).filter_map(|text| Endpoint::parse(text).ok());
        Some(Self {
            version: clean_text(&wire.version, VERSION_LIMIT),
            requires_tls: wire.tls_required,
            offers_tls: wire.tls_required || wire.tls_available,
            nonce: wire.nonce,
            announced: announced.collect(),
            is_leaving: wire.ldm,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Info;

    #[test]
    fn what_counts_is_read_and_the_rest_is_ignored() {
        let text = r#"{"server_id":"N","version":"2.15.3","proto":1,"host":"0.0.0.0","port":4222,"headers":true,
            "auth_required":true,"tls_required":true,"max_payload":1048576,"nonce":"abc","ldm":true,"xkey":{"a":[1]},
            "connect_urls":["10.0.0.1:4222","[fd00::1]:4222","no port","nats-2.nats:4222",""]}"#;
        let info = Info::read(text.as_bytes()).expect("INFO");
        let urls: Vec<String> = info.announced.iter().map(ToString::to_string).collect();
        assert_eq!(urls, ["10.0.0.1:4222", "[fd00::1]:4222", "nats-2.nats:4222"]);
        assert!(info.requires_tls && info.offers_tls && info.is_leaving);
        assert_eq!((info.version.as_str(), info.nonce.as_str()), ("2.15.3", "abc"));
        assert_eq!(Info::read(b"{}"), Some(Info::default()));
        assert!(Info::read(br#"{"tls_available":true}"#).is_some_and(|info| info.offers_tls && !info.requires_tls));
        for text in ["", "[]", "{", r#"{"ldm":1}"#, r#"{"connect_urls":"a:1"}"#, "null"] {
            assert_eq!(Info::read(text.as_bytes()), None, "{text}");
        }
    }
}
