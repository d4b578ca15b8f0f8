//! The coding of a body: what a server sends packed although `Accept-Encoding: identity` was asked for. nginx does with
//! `gzip_static always`, and so do servers that keep their files packed.

use std::io::Read;

use flate2::bufread::GzDecoder;
use flate2::read::{DeflateDecoder, ZlibDecoder};
use hyper::HeaderMap;
use hyper::header::CONTENT_ENCODING;

use crate::outcome::clean_text;

/// How much is unpacked before others get their turn: one thread runs every check.
const TURN: usize = 32 * 1024;
/// How many codings may lie over one another, and how many members a file of gzip may have: nobody sends more.
const MOST_CODINGS: usize = 3;
const MOST_MEMBERS: usize = 64;
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
    let names = codings(headers);
    let Some(known) = names.iter().map(|name| Coding::of(name)).collect::<Option<Vec<_>>>() else {
        return Unpacked::Packed(body, Packed::Unknown(clean_text(&names.join(", "), NAME)));
    };
    if known.len() > MOST_CODINGS {
        return Unpacked::Packed(body, Packed::Unknown(clean_text(&names.join(", "), NAME)));
    }
    let mut plain: Option<Vec<u8>> = None;
    // The last one was put on last.
    for coding in known.into_iter().rev() {
        let packed = plain.as_deref().unwrap_or(&body);
        match read(coding, packed, limit, is_start).await {
            Ok(Some(unpacked)) => plain = Some(unpacked),
            Ok(None) => return Unpacked::TooLarge,
            Err(_) => return Unpacked::Packed(body, Packed::Broken(coding.name())),
        }
    }
    Unpacked::Plain(plain.unwrap_or(body))
}

/// A coding that is unpacked here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
}

impl Coding {
    fn of(name: &str) -> Option<Self> {
        match name {
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "deflate" | "x-deflate" => Some(Self::Deflate),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }
}

/// Whether a body is said to be packed.
pub(super) fn is_packed(headers: &HeaderMap) -> bool {
    !codings(headers).is_empty()
}

/// The codings that a body is said to be in, in order; none for a body as it is.
fn codings(headers: &HeaderMap) -> Vec<String> {
    // No codings, but sent as such: what servers write there by mistake leaves the body as it is.
    const NONE: [&str; 8] = ["", "identity", "none", "utf-8", "utf8", "us-ascii", "iso-8859-1", "binary"];
    let values = headers.get_all(CONTENT_ENCODING).iter();
    let text: Vec<String> =
        values.map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_ascii_lowercase()).collect();
    let names = text.iter().flat_map(|value| value.split(',')).map(str::trim);
    names.filter(|name| !NONE.contains(name)).map(str::to_owned).collect()
}

/// Reads to the end; `None` where that is over the limit.
async fn read(coding: Coding, body: &[u8], limit: u64, is_start: bool) -> std::io::Result<Option<Vec<u8>>> {
    let mut plain = Vec::new();
    match (coding, body) {
        (Coding::Gzip, _) => return members(body, limit, is_start).await,
        // RFC 9110, 8.4.1.2: deflate is the zlib format, and some servers send it without.
        (Coding::Deflate, [first, second, ..])
            if first & 0x0f == 8 && u16::from_be_bytes([*first, *second]) % 31 == 0 =>
        {
            append(&mut ZlibDecoder::new(body), &mut plain, limit, is_start).await?;
        }
        (Coding::Deflate, _) => append(&mut DeflateDecoder::new(body), &mut plain, limit, is_start).await?,
    }
    Ok(within(plain, limit, is_start))
}

/// The members of a file of gzip, one behind the other. What stands behind the last one is no member and no part of the body, as
/// for gzip and curl.
async fn members(body: &[u8], limit: u64, is_start: bool) -> std::io::Result<Option<Vec<u8>>> {
    let mut plain = Vec::new();
    let mut rest = body;
    let mut count = 0;
    while count == 0 || rest.starts_with(&[0x1f, 0x8b]) {
        count += 1;
        if count > MOST_MEMBERS {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        let mut member = GzDecoder::new(rest);
        append(&mut member, &mut plain, limit, is_start).await?;
        if plain.len() as u64 > limit {
            break;
        }
        rest = member.into_inner();
        tokio::task::yield_now().await;
    }
    Ok(within(plain, limit, is_start))
}

/// A body within the limit, or as much of it as is enough for a start.
fn within(plain: Vec<u8>, limit: u64, is_start: bool) -> Option<Vec<u8>> {
    (is_start || plain.len() as u64 <= limit).then_some(plain)
}

/// Unpacks what comes, until the limit is passed.
async fn append(from: &mut (dyn Read + Send), plain: &mut Vec<u8>, limit: u64, is_start: bool) -> std::io::Result<()> {
    let mut chunk = vec![0; TURN];
    while plain.len() as u64 <= limit {
        match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(count) => plain.extend_from_slice(&chunk[..count]),
            Err(_) if is_start => break,
            Err(error) => return Err(error),
        }
        tokio::task::yield_now().await;
    }
    Ok(())
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
        for coding in ["br", "zstd", "compress", "gzip, br", "br, gzip", "made-up"] {
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
    async fn members_follow_one_another_and_what_is_no_member_is_ignored() {
        let plain = Unpacked::Plain(TEXT.to_vec());
        let (first, second) = TEXT.split_at(9);
        let both = [gzip(first), gzip(second)].concat();
        assert_eq!(of("gzip", &both, 100, false).await, plain, "two members");
        assert_eq!(of("gzip", &[gzip(TEXT), gzip(b"")].concat(), 100, false).await, plain, "an empty one");
        assert_eq!(of("gzip", &[gzip(TEXT), b"\0\0\0".to_vec()].concat(), 100, false).await, plain, "padding");
        assert_eq!(of("gzip", &[gzip(TEXT), b"garbage".to_vec()].concat(), 100, false).await, plain, "garbage");
        assert_eq!(of("gzip, gzip", &gzip(&gzip(TEXT)), 100, false).await, plain, "packed twice");
        let broken = Unpacked::Packed(both[..both.len() - 9].to_vec(), Packed::Broken("gzip"));
        assert_eq!(of("gzip", &both[..both.len() - 9], 100, false).await, broken, "the second one is cut");
        assert_eq!(of("gzip", &both, 12, false).await, Unpacked::TooLarge);
        let many = gzip(b"").repeat(10_000);
        assert!(matches!(of("gzip", &many, 100, false).await, Unpacked::Packed(_, Packed::Broken("gzip"))));
        let four = of("gzip, gzip, gzip, gzip", b"x", 100, false).await;
        assert!(matches!(four, Unpacked::Packed(_, Packed::Unknown(_))), "{four:?}");
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
