//! JSON that a peer sent. It is read in one go, so what that may cost is bounded before.

use serde::Deserialize;
use serde_json::Deserializer;
use serde_json::de::SliceRead;

/// The longest document that is read, in bytes.
const LONGEST: usize = 1024 * 1024;
/// The most objects and lists that it may have, in each other or beside each other.
const MOST: usize = 100_000;

/// Why a document is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoJson {
    /// It is no JSON.
    Invalid,
    /// It is longer, or has more objects and lists, than is read.
    TooLarge,
}

/// The reader of a document.
///
/// # Errors
/// [`NoJson::TooLarge`]: nothing was read.
pub(crate) fn reader(text: &[u8]) -> Result<Deserializer<SliceRead<'_>>, NoJson> {
    match text.len() > LONGEST || (text.len() > MOST && brackets(text) > MOST) {
        true => Err(NoJson::TooLarge),
        false => Ok(Deserializer::from_slice(without_mark(text))),
    }
}

/// A document as this type; `None` if it is another, or is not read.
pub(crate) fn read<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Option<T> {
    let mut reader = reader(text).ok()?;
    let read = T::deserialize(&mut reader).ok()?;
    reader.end().ok().map(|()| read)
}

/// Without the byte order mark that .NET's writers put first and RFC 8259 (8.1) lets readers pass over.
fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// How many brackets open outside of its texts.
fn brackets(text: &[u8]) -> usize {
    let (mut count, mut inside, mut escaped) = (0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = inside,
            b'"' => inside = !inside,
            b'[' | b'{' => count += usize::from(!inside),
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, MOST, NoJson, reader};

    #[test]
    fn what_would_hold_the_thread_is_not_read() {
        let list = |elements: String| format!("[{elements}0]");
        for (text, read) in [
            ("[".repeat(MOST), true),
            ("[".repeat(MOST + 1), false),
            (list("[],".repeat(MOST)), false),
            (list("{\"a\":{}},".repeat(MOST / 2)), false),
            (list("{\"a\":{}},".repeat(MOST / 4)), true),
            (list("\"[[\\\"[{\",".repeat(MOST / 2)), true),
            (" ".repeat(LONGEST), true),
            (" ".repeat(LONGEST + 1), false),
        ] {
            assert_eq!(reader(text.as_bytes()).err(), (!read).then_some(NoJson::TooLarge), "{}", text.len());
        }
    }
}
