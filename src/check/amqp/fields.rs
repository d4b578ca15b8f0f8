//! The types of fields in AMQP 0-9-1: numbers, strings and tables. What a peer announces is never allocated.
//!
//! Source: "4.2.5 Payload" of the AMQP 0-9-1 specification, and RabbitMQ's "AMQP 0-9-1 Errata" for the types in tables.

use zeroize::Zeroizing;

/// A method ends before its fields do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Truncated;

/// The fields that are not read yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Truncated> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Truncated> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Truncated)?;
        self.0 = rest;
        Ok(*taken)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Truncated> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Truncated> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Truncated> {
        self.array().map(u32::from_be_bytes)
    }

    /// A string of at most 255 bytes.
    pub(super) fn short(&mut self) -> Result<&'a [u8], Truncated> {
        let length = self.u8()?;
        self.take(usize::from(length))
    }

    /// A string of any length, or a table.
    pub(super) fn long(&mut self) -> Result<&'a [u8], Truncated> {
        let length = self.u32()?;
        self.take(usize::try_from(length).map_err(|_| Truncated)?)
    }

    /// The texts in the first level of a table, whose fields are all that is left. A type that is not known ends the search.
    pub(super) fn texts(mut self) -> Vec<(&'a [u8], &'a [u8])> {
        let mut texts = Vec::new();
        while let Ok(name) = self.short() {
            let Ok(kind) = self.u8() else { break };
            let value = match kind {
                b'S' => self.long().inspect(|text| texts.push((name, *text))),
                b'F' | b'A' | b'x' => self.long(),
                b't' | b'b' | b'B' => self.take(1),
                b's' | b'u' | b'U' => self.take(2),
                b'I' | b'i' | b'f' => self.take(4),
                b'D' => self.take(5),
                b'l' | b'L' | b'd' | b'T' => self.take(8),
                b'V' => self.take(0),
                _ => Err(Truncated),
            };
            if value.is_err() {
                break;
            }
        }
        texts
    }
}

/// A method that is built: its fields may contain a password.
pub(super) struct Built(pub(super) Zeroizing<Vec<u8>>);

impl Built {
    /// A method of a class, without fields; room for this many bytes of them.
    pub(super) fn method(class: u16, method: u16, room: usize) -> Self {
        // Allocate enough at once: a growing vector leaves copies that are not wiped.
        let mut bytes = Zeroizing::new(Vec::with_capacity(room + 4));
        bytes.extend_from_slice(&class.to_be_bytes());
        bytes.extend_from_slice(&method.to_be_bytes());
        Self(bytes)
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// A string of at most 255 bytes; whoever sends a longer one has checked that before.
    pub(super) fn short(mut self, text: &str) -> Self {
        let bytes = &text.as_bytes()[..text.len().min(usize::from(u8::MAX))];
        self.0.push(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
        self.bytes(bytes)
    }

    /// A string of any length, or a table.
    pub(super) fn long(self, bytes: &[u8]) -> Self {
        // Values of a configuration are far shorter.
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.bytes(&length.to_be_bytes()).bytes(bytes)
    }
}

/// A field of a table that is built: a name, and its value with the type before it.
pub(super) fn field(table: &mut Vec<u8>, name: &str, kind: u8, value: &[u8]) {
    table.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
    table.extend_from_slice(name.as_bytes());
    table.push(kind);
    if matches!(kind, b'S' | b'F') {
        table.extend_from_slice(&u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
    }
    table.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::{Built, Fields, Truncated, field};

    #[test]
    fn the_texts_of_a_table_are_found_among_other_types() {
        let mut table = Vec::new();
        let mut inner = Vec::new();
        field(&mut inner, "basic.nack", b't', &[1]);
        field(&mut table, "capabilities", b'F', &inner);
        field(&mut table, "product", b'S', b"RabbitMQ");
        for (kind, size) in [(b'B', 1), (b's', 2), (b'I', 4), (b'D', 5), (b'T', 8), (b'V', 0)] {
            field(&mut table, "x", kind, &vec![7; size]);
        }
        field(&mut table, "version", b'S', b"3.10.8");
        let whole = Fields(&table).texts();
        assert_eq!(whole, [(&b"product"[..], &b"RabbitMQ"[..]), (b"version", b"3.10.8")]);
        for cut in 0..table.len() {
            assert!(Fields(&table[..cut]).texts().len() <= 2);
        }
        field(&mut table, "odd", b'?', b"");
        field(&mut table, "behind", b'S', b"lost");
        assert_eq!(Fields(&table).texts().len(), 2);
    }

    #[test]
    fn a_length_beyond_the_end_is_an_error() {
        assert_eq!(Fields(&[255, 255, 255, 255, 1]).long(), Err(Truncated));
        assert_eq!(Fields(&[2, 1]).short(), Err(Truncated));
        assert_eq!((Fields(&[1]).u16(), Fields(&[0, 1, 2]).u32()), (Err(Truncated), Err(Truncated)));
    }

    #[test]
    fn a_method_is_built_as_it_is_read() {
        let built = Built::method(10, 40, 64).short("shop").long(b"x").bytes(&[0]);
        let mut fields = Fields(&built.0);
        assert_eq!((fields.u16(), fields.u16()), (Ok(10), Ok(40)));
        assert_eq!((fields.short(), fields.long(), fields.u8()), (Ok(&b"shop"[..]), Ok(&b"x"[..]), Ok(0)));
        assert_eq!(Built::method(10, 40, 0).short(&"ü".repeat(200)).0[4], 255);
    }
}
