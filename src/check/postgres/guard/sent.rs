//! What the client sends, by the headers of its messages.

/// Where the client's side of the conversation stands.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// The startup message went out: it alone has no tag.
    started: bool,
    /// How many bytes of the next header are known, and the length in it as far as it is.
    known: usize,
    length: u32,
    /// Bytes of the message that are still to come.
    rest: usize,
}

impl Sent {
    /// Whether a new message may begin.
    pub(super) const fn is_between(&self) -> bool {
        self.known == 0 && self.rest == 0
    }

    /// Goes on by what was sent; tells each message's tag as it begins.
    pub(super) fn advance(&mut self, mut bytes: &[u8], mut begins: impl FnMut(u8)) {
        while let Some((first, more)) = bytes.split_first() {
            if self.rest > 0 {
                let count = self.rest.min(bytes.len());
                self.rest -= count;
                bytes = &bytes[count..];
                continue;
            }
            if self.started && self.known == 0 {
                begins(*first);
            } else {
                self.length = self.length << 8 | u32::from(*first);
            }
            self.known += 1;
            bytes = more;
            if self.known == 4 + usize::from(self.started) {
                // The length counts itself.
                self.rest = usize::try_from(self.length).map_or(usize::MAX, |length| length.saturating_sub(4));
                (self.started, self.known, self.length) = (true, 0, 0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sent;

    #[test]
    fn tags_are_told_whatever_the_pieces_are() {
        let messages = b"\0\0\0\x09\0\x03\0\0pp\0\0\0\x06pwQ\0\0\0\x04X\0\0\0\x04";
        for piece in 1..=messages.len() {
            let (mut sent, mut tags) = (Sent::default(), Vec::new());
            for part in messages.chunks(piece) {
                sent.advance(part, |tag| tags.push(tag));
            }
            assert_eq!(tags, b"pQX", "in pieces of {piece}");
            assert!(sent.is_between());
            sent.advance(b"Q\0", |_| {});
            assert!(!sent.is_between());
        }
    }
}
