//! The fields of a packet, read from its front.

/// The packet has no such field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Truncated;

/// What is left of a packet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next `count` bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Truncated> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Truncated> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// One byte.
    pub(super) fn u8(&mut self) -> Result<u8, Truncated> {
        self.array().map(|[byte]| byte)
    }

    /// Two bytes, the lowest first.
    pub(super) fn u16(&mut self) -> Result<u16, Truncated> {
        self.array().map(u16::from_le_bytes)
    }

    /// Up to the next zero byte, which is taken, too.
    pub(super) fn until_zero(&mut self) -> Result<&'a [u8], Truncated> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or(Truncated)?;
        let text = self.take(end)?;
        self.take(1)?;
        Ok(text)
    }

    /// A number of one, three, four or nine bytes, whose first byte says which.
    pub(super) fn number(&mut self) -> Result<u64, Truncated> {
        match self.u8()? {
            byte @ ..=0xfa => Ok(u64::from(byte)),
            0xfc => self.u16().map(u64::from),
            0xfd => self.array().map(|[low, middle, high]| u64::from(u32::from_le_bytes([low, middle, high, 0]))),
            0xfe => self.array().map(u64::from_le_bytes),
            // NULL, and the mark of an error.
            0xfb | 0xff => Err(Truncated),
        }
    }

    /// A text with its length before it.
    pub(super) fn text(&mut self) -> Result<&'a [u8], Truncated> {
        let length = usize::try_from(self.number()?).map_err(|_| Truncated)?;
        self.take(length)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, Truncated};

    #[test]
    fn numbers_of_every_length() {
        for (bytes, expected) in [
            (&b"\x07"[..], Ok(7)),
            (b"\xfa", Ok(250)),
            (b"\xfc\x01\x02", Ok(513)),
            (b"\xfd\x01\x02\x03", Ok(197_121)),
            (b"\xfe\x01\0\0\0\0\0\0\x80", Ok(0x8000_0000_0000_0001)),
            (b"\xfb", Err(Truncated)),
            (b"\xff", Err(Truncated)),
            (b"\xfc\x01", Err(Truncated)),
            (b"", Err(Truncated)),
        ] {
            assert_eq!(Fields(bytes).number(), expected, "{bytes:?}");
        }
    }

    #[test]
    fn texts_end_within_the_packet() {
        assert_eq!(Fields(b"\x03abcd").text(), Ok(&b"abc"[..]));
        assert_eq!(Fields(b"\x04abc").text(), Err(Truncated));
        assert_eq!(Fields(b"\xfe\xff\xff\xff\xff\xff\xff\xff\xffabc").text(), Err(Truncated));
        let mut fields = Fields(b"ab\0c");
        assert_eq!((fields.until_zero(), fields.0), (Ok(&b"ab"[..]), &b"c"[..]));
        assert_eq!(fields.until_zero(), Err(Truncated));
    }
}
