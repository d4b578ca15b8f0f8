//! The coding of a body: what a server sends packed although `Accept-Encoding: identity` was asked for. nginx does with
//! `gzip_static always`, and so do servers that keep their files packed.

use std::io::Read;

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use hyper::HeaderMap;
use hyper::header::CONTENT_ENCODING;

use crate::outcome::clean_text;

/// How much is unpacked before others get their turn: one thread runs every check.
const TURN: usize = 32 * 1024;
/// How much of the name of a coding is shown, in bytes.
const NAME: usize = 20;

/// A body that is still packed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Packed {
    /// In a coding that is not unpacked here: its name.
    Unknown(String),
    /// It says that it is in this coding, and is not.
    Broken(&'static str),
}

/// What comes of a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unpacked {
    /// The body as it was meant.
    Plain(Vec<u8>),
    /// It stays as it came.
    Packed(Vec<u8>, Packed),
    /// Unpacked, it is over the limit.
    TooLarge,
}

/// Unpacks a body of which at most `limit` bytes may come out. A body that is only the start of one gives what it has.
pub(super) async fn unpack(headers: &HeaderMap, body: Vec<u8>, limit: u64, is_start: bool) -> Unpacked {
    if body.is_empty() {
        return Unpacked::Plain(body);
    }
    let name = match coding(headers) {
        None => return Unpacked::Plain(body),
        Some(coding) if matches!(coding.as_str(), "gzip" | "x-gzip") => "gzip",
        Some(coding) if coding == "deflate" => "deflate",
        Some(other) => return Unpacked::Packed(body, Packed::Unknown(clean_text(&other, NAME))),
    };
    match read(decoder(name, &body), limit, is_start).await {
        Ok(Some(plain)) => Unpacked::Plain(plain),
        Ok(None) => Unpacked::TooLarge,
        Err(_) => Unpacked::Packed(body, Packed::Broken(name)),
    }
}

/// Whether a body is said to be packed.
pub(super) fn is_packed(headers: &HeaderMap) -> bool {
    coding(headers).is_some()
}

/// The codings that a body is said to be in, in order; `None` for a body as it is.
fn coding(headers: &HeaderMap) -> Option<String> {
    // No codings, but sent as such: what servers write there by mistake leaves the body as it is.
    const NONE: [&str; 8] = ["", "identity", "none", "utf-8", "utf8", "us-ascii", "iso-8859-1", "binary"];
    let values = headers.get_all(CONTENT_ENCODING).iter();
    let text: Vec<String> =
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_ascii_lowercase()).collect();
    let names = text.iter().flat_map(|value| value.split(',')).map(str::trim);
    let names: Vec<&str> = names.filter(|name| !NONE.contains(name)).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn decoder<'a>(name: &str, body: &'a [u8]) -> Box<dyn Read + Send + 'a> {
    match (name, body) {
        // Its first member alone: thousands of empty ones would take long, and nobody sends two.
        ("gzip", _) => Box::new(GzDecoder::new(body)),
        // RFC 9110, 8.4.1.2: deflate is the zlib format, and some servers send it without.
        (_, [first, second, ..]) if first & 0x0f == 8 && u16::from_be_bytes([*first, *second]) % 31 == 0 => {
            Box::new(ZlibDecoder::new(body))
        }
        (_, _) => Box::new(DeflateDecoder::new(body)),
    }
}

/// Reads to the end; `None` where that is over the limit.
async fn read(mut from: Box<dyn Read + Send + '_>, limit: u64, is_start: bool) -> std::io::Result<Option<Vec<u8>>> {
    let mut plain = Vec::new();
    let mut chunk = vec![0; TURN];
    loop {
        match from.read(&mut chunk) {
            Ok(0) => return Ok(Some(plain)),
            Ok(count) => plain.extend_from_slice(&chunk[..count]),
            Err(_) if is_start => return Ok(Some(plain)),
            Err(error) => return Err(error),
        }
        if plain.len() as u64 > limit {
            return Ok(is_start.then_some(plain));
        }
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use hyper::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

    use super::{Packed, Unpacked, unpack};

    const TEXT: &[u8] = br#"{"status":"DOWN"}"#;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    async fn of(coding: &'static str, body: &[u8], limit: u64, is_start: bool) -> Unpacked {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding));
        unpack(&headers, body.to_vec(), limit, is_start).await
    }

    #[tokio::test]
    async fn gzip_and_deflate_are_unpacked() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(TEXT).unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(TEXT).unwrap();
        let plain = Unpacked::Plain(TEXT.to_vec());
        assert_eq!(of("gzip", &gzip(TEXT), 100, false).await, plain);
        assert_eq!(of("X-GZIP", &gzip(TEXT), 100, false).await, plain);
        assert_eq!(of("identity, gzip", &gzip(TEXT), 100, false).await, plain);
        assert_eq!(of("deflate", &zlib.finish().unwrap(), 100, false).await, plain);
        assert_eq!(of("deflate", &raw.finish().unwrap(), 100, false).await, plain);
        for none in ["identity", "", "utf-8"] {
            assert_eq!(of(none, TEXT, 100, false).await, plain, "{none}");
        }
        assert_eq!(of("br", b"", 100, false).await, Unpacked::Plain(Vec::new()), "an empty body is in no coding");
    }

    #[tokio::test]
    async fn what_cannot_be_unpacked_stays_as_it_is() {
        for coding in ["br", "zstd", "compress", "gzip, br", "made-up"] {
            let unknown = Packed::Unknown(coding.to_owned());
            assert_eq!(of(coding, b"xyz", 100, false).await, Unpacked::Packed(b"xyz".to_vec(), unknown), "{coding}");
        }
        let packed = gzip(TEXT);
        for broken in [TEXT, &packed[..packed.len() - 3], &packed[..5]] {
            let expected = Unpacked::Packed(broken.to_vec(), Packed::Broken("gzip"));
            assert_eq!(of("gzip", broken, 100, false).await, expected);
        }
        assert_eq!(of("gzip", &packed[..packed.len() - 3], 100, true).await, Unpacked::Plain(TEXT.to_vec()), "a start");
    }

    #[tokio::test]
    async fn a_small_body_may_be_a_large_one() {
        let bomb = gzip(&vec![b' '; 20_000_000]);
        assert!(bomb.len() < 100_000);
        assert_eq!(of("gzip", &bomb, 1_000_000, false).await, Unpacked::TooLarge);
        let Unpacked::Plain(start) = of("gzip", &bomb, 1_000_000, true).await else { panic!("a start is enough") };
        assert!(start.len() < 1_100_000);
    }
}
