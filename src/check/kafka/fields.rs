//! The fields of a message, read from its front or written to its end: numbers with the highest byte first, and lengths before
//! texts, bytes and lists.
//!
//! Source: Kafka's protocol guide, "Protocol Primitive Types"; the forms that messages had before their "flexible" versions.

use zeroize::Zeroizing;

/// The message has no such field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Truncated;

/// What is left of a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Truncated> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Truncated> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    /// One byte that is 0 or 1.
    pub(super) fn boolean(&mut self) -> Result<bool, Truncated> {
        self.array().map(|[byte]| byte != 0)
    }

    /// Two bytes.
    pub(super) fn i16(&mut self) -> Result<i16, Truncated> {
        self.array().map(i16::from_be_bytes)
    }

    /// Four bytes.
    pub(super) fn i32(&mut self) -> Result<i32, Truncated> {
        self.array().map(i32::from_be_bytes)
    }

    /// A text; -1 as its length means that there is none.
    pub(super) fn text(&mut self) -> Result<Option<&'a [u8]>, Truncated> {
        match self.i16()? {
            -1 => Ok(None),
            length => self.take(usize::try_from(length).map_err(|_| Truncated)?).map(Some),
        }
    }

    /// Bytes; -1 as their length means that there are none.
    pub(super) fn bytes(&mut self) -> Result<Option<&'a [u8]>, Truncated> {
        match self.i32()? {
            -1 => Ok(None),
            length => self.take(usize::try_from(length).map_err(|_| Truncated)?).map(Some),
        }
    }

    /// How many entries of a list follow, each of at least so many bytes; -1 means that there is no list.
    pub(super) fn count(&mut self, least: usize) -> Result<usize, Truncated> {
        let count = self.i32()?;
        if count == -1 {
            return Ok(0);
        }
        let count = usize::try_from(count).map_err(|_| Truncated)?;
        // More than could follow.
        if count > self.0.len() / least.max(1) { Err(Truncated) } else { Ok(count) }
    }

    /// Skips a list of numbers of four bytes; how many there were.
    pub(super) fn numbers(&mut self) -> Result<usize, Truncated> {
        let count = self.count(4)?;
        self.take(4 * count)?;
        Ok(count)
    }
}

/// A message that is being written; it may contain a password.
#[derive(Default)]
pub(super) struct Message(Zeroizing<Vec<u8>>);

impl Message {
    /// One with room for so many bytes: a growing vector leaves copies that are not wiped.
    pub(super) fn with_room(count: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(count)))
    }

    pub(super) fn i16(mut self, number: i16) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub(super) fn i32(mut self, number: i32) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    pub(super) fn boolean(mut self, yes: bool) -> Self {
        self.0.push(u8::from(yes));
        self
    }

    /// A text; what is longer than a length can say is cut.
    pub(super) fn text(self, text: &str) -> Self {
        let text = &text[..text.floor_char_boundary(usize::try_from(i16::MAX).unwrap_or(0))];
        let mut message = self.i16(i16::try_from(text.len()).unwrap_or(i16::MAX));
        message.0.extend_from_slice(text.as_bytes());
        message
    }

    pub(super) fn bytes(self, bytes: &[u8]) -> Self {
        let mut message = self.i32(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
        message.0.extend_from_slice(bytes);
        message
    }

    /// What was written.
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, Message, Truncated};

    #[test]
    fn what_is_written_is_read() {
        let message = Message::default().i16(-2).i32(7).boolean(true).text("topic").bytes(b"ab").i32(2).i32(1).i32(2);
        let mut fields = Fields(message.as_slice());
        assert_eq!((fields.i16(), fields.i32(), fields.boolean()), (Ok(-2), Ok(7), Ok(true)));
        assert_eq!((fields.text(), fields.bytes()), (Ok(Some(&b"topic"[..])), Ok(Some(&b"ab"[..]))));
        assert_eq!((fields.numbers(), fields.0.len(), fields.i16()), (Ok(2), 0, Err(Truncated)));
        assert_eq!(Message::default().text(&"ä".repeat(20_000)).as_slice().len(), 2 + 32_766);
    }

    #[test]
    fn no_length_leads_beyond_the_message() {
        for bytes in [&b"\x00\x03ab"[..], b"\xff\xfe", b"\x7f\xff", b"\x00"] {
            assert_eq!(Fields(bytes).text(), Err(Truncated), "{bytes:?}");
        }
        for bytes in [&b"\x7f\xff\xff\xff"[..], b"\xff\xff\xff\xfe", b"\x00\x00\x00\x02\0\0\0\0", b"\0\0"] {
            assert_eq!(Fields(bytes).count(4), Err(Truncated), "{bytes:?}");
            assert_eq!(Fields(bytes).numbers(), Err(Truncated), "{bytes:?}");
        }
        assert_eq!((Fields(b"\xff\xff").text(), Fields(b"\xff\xff\xff\xff").bytes()), (Ok(None), Ok(None)));
        assert_eq!(Fields(b"\xff\xff\xff\xff").count(9), Ok(0));
    }
}
