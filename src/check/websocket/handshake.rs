//! The upgrade of RFC 6455: the key that a request has, and whether an answer that switches protocols is right. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{CONNECTION, HeaderMap, HeaderName, HeaderValue, UPGRADE};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use ring::rand::{SecureRandom as _, SystemRandom};

/// RFC 6455, 1.3.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The header with what the client offers and the server chooses.
pub(super) const PROTOCOL: HeaderName = HeaderName::from_static("sec-websocket-protocol");
const ACCEPT: HeaderName = HeaderName::from_static("sec-websocket-accept");
const EXTENSIONS: HeaderName = HeaderName::from_static("sec-websocket-extensions");
const KEY: HeaderName = HeaderName::from_static("sec-websocket-key");
const VERSION: HeaderName = HeaderName::from_static("sec-websocket-version");

/// The key of one upgrade: 16 random bytes in base64.
pub(super) struct Key(String);

impl Key {
    /// A new one; `None` where the system gives no random numbers.
    pub(super) fn new() -> Option<Self> {
        let mut bytes = [0; 16];
        SystemRandom::new().fill(&mut bytes).ok()?;
        Some(Self(STANDARD.encode(bytes)))
    }

    /// What the server must answer.
    fn accept(&self) -> String {
        STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, format!("{}{GUID}", self.0).as_bytes()))
    }

    /// The headers that ask for the upgrade.
    pub(super) fn ask(&self, headers: &mut HeaderMap) {
        headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(VERSION, HeaderValue::from_static("13"));
        headers.insert(KEY, HeaderValue::from_str(&self.0).expect("base64 is a header's value"));
    }
}

/// What is wrong with an answer that switches protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// It switches to something else.
    OtherProtocol,
    /// It was not made for this key: an answer from a cache, or of something that only repeats headers.
    WrongAccept,
    /// It uses an extension, and none was offered.
    Extension,
    /// It chose no subprotocol of those that were offered.
    NoSubprotocol,
    /// It chose one that was not offered.
    OtherSubprotocol,
}

/// The subprotocol that the server chose.
///
/// # Errors
/// What is wrong.
pub(super) fn verify(headers: &HeaderMap, key: &Key, offered: &[String]) -> Result<Option<String>, Flaw> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let names_upgrade = |value: &HeaderValue| {
        let text = value.to_str().unwrap_or_default();
        text.split(',').any(|word| word.trim().eq_ignore_ascii_case("upgrade"))
    };
    let is_websocket = text(&UPGRADE).is_some_and(|word| word.eq_ignore_ascii_case("websocket"));
    if !is_websocket || !headers.get_all(CONNECTION).iter().any(names_upgrade) {
        return Err(Flaw::OtherProtocol);
    }
    if text(&ACCEPT) != Some(&*key.accept()) {
        return Err(Flaw::WrongAccept);
    }
    if headers.contains_key(EXTENSIONS) {
        return Err(Flaw::Extension);
    }
    match text(&PROTOCOL) {
        None if offered.is_empty() => Ok(None),
        None => Err(Flaw::NoSubprotocol),
        Some(chosen) if offered.iter().any(|one| one == chosen) => Ok(Some(chosen.to_owned())),
        Some(_) => Err(Flaw::OtherSubprotocol),
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderMap, HeaderName, HeaderValue};

    use super::{Flaw, Key, verify};

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    /// The example of RFC 6455, 1.3.
    fn key() -> Key {
        Key("dGhlIHNhbXBsZSBub25jZQ==".to_owned())
    }

    const GOOD: [(&str, &str); 3] = [
        ("upgrade", "WebSocket"),
        ("connection", "keep-alive, Upgrade"),
        ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    ];

    #[test]
    fn the_answer_belongs_to_the_key() {
        assert_eq!(verify(&map(&GOOD), &key(), &[]), Ok(None));
        for (other, flaw) in [
            (("upgrade", "h2c"), Flaw::OtherProtocol),
            (("connection", "close"), Flaw::OtherProtocol),
            (("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOO="), Flaw::WrongAccept),
            (("sec-websocket-accept", ""), Flaw::WrongAccept),
            (("sec-websocket-extensions", "permessage-deflate"), Flaw::Extension),
            (("sec-websocket-protocol", "chat"), Flaw::OtherSubprotocol),
        ] {
            let mut headers = map(&GOOD);
            headers.extend(map(&[other]));
            headers.insert(other.0, HeaderValue::from_static(other.1));
            assert_eq!(verify(&headers, &key(), &[]), Err(flaw), "{other:?}");
        }
        for (missing, _) in GOOD {
            let mut headers = map(&GOOD);
            headers.remove(missing);
            assert!(verify(&headers, &key(), &[]).is_err(), "{missing}");
        }
    }

    #[test]
    fn one_of_the_offered_subprotocols_is_chosen() {
        let offered = ["chat".to_owned(), "graphql-transport-ws".to_owned()];
        assert_eq!(verify(&map(&GOOD), &key(), &offered), Err(Flaw::NoSubprotocol));
        for (chosen, expected) in [
            ("chat", Ok(Some("chat".to_owned()))),
            (" graphql-transport-ws ", Ok(Some("graphql-transport-ws".to_owned()))),
            ("Chat", Err(Flaw::OtherSubprotocol)),
            ("chat, graphql-transport-ws", Err(Flaw::OtherSubprotocol)),
        ] {
            let mut headers = map(&GOOD);
            headers.insert("sec-websocket-protocol", HeaderValue::from_static(chosen));
            assert_eq!(verify(&headers, &key(), &offered), expected, "{chosen}");
        }
    }

    #[test]
    fn every_key_is_another_one() {
        let (one, other) = (Key::new().unwrap(), Key::new().unwrap());
        assert!(one.0 != other.0 && one.0.len() == 24);
        let mut headers = HeaderMap::new();
        one.ask(&mut headers);
        assert_eq!(headers.len(), 4);
    }
}
