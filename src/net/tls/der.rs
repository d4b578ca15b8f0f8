//! DER (X.690), as far as certificates need it. Nothing is copied, and whatever is malformed ends the reading.

use crate::timestamp::unix_seconds;

/// What an element is: class, form and number in one byte. Certificates have no number over 30.
pub(super) mod tag {
    pub(in super::super) const BOOLEAN: u8 = 0x01;
    pub(in super::super) const INTEGER: u8 = 0x02;
    pub(in super::super) const OCTETS: u8 = 0x04;
    pub(in super::super) const OID: u8 = 0x06;
    pub(in super::super) const UTC_TIME: u8 = 0x17;
    pub(in super::super) const TIME: u8 = 0x18;
    pub(in super::super) const SEQUENCE: u8 = 0x30;

    /// A field by its number, explicit or with elements in it.
    pub(in super::super) const fn field(number: u8) -> u8 {
        0xa0 | number
    }

    /// A field by its number, whose own type is implied.
    pub(in super::super) const fn implied(number: u8) -> u8 {
        0x80 | number
    }
}

/// One element.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'a> {
    /// What it is.
    pub(super) tag: u8,
    /// What is in it.
    pub(super) body: &'a [u8],
    /// Both with the length between.
    pub(super) whole: &'a [u8],
}

/// Elements, one behind the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    pub(super) const fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next element, which must be this.
    pub(super) fn expect(&mut self, tag: u8) -> Option<Element<'a>> {
        self.next().filter(|element| element.tag == tag)
    }

    /// The next element, where it is this.
    pub(super) fn accept(&mut self, tag: u8) -> Option<Element<'a>> {
        let mut after = *self;
        let element = after.expect(tag)?;
        *self = after;
        Some(element)
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (&[tag, first], rest) = self.0.split_first_chunk()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            // No certificate is longer than three bytes can say.
            0x81..=0x83 => {
                let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                (length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
            }
            _ => return None,
        };
        let (body, rest) = rest.split_at_checked(length)?;
        let whole = &self.0[..self.0.len() - rest.len()];
        self.0 = rest;
        Some(Element { tag, body, whole })
    }
}

impl<'a> Element<'a> {
    /// The elements in it.
    pub(super) const fn elements(&self) -> Elements<'a> {
        Elements(self.body)
    }

    /// An object identifier with its dots; `None` where it is none.
    pub(super) fn oid(&self) -> Option<String> {
        let mut arcs = Vec::new();
        let mut arc = 0_u64;
        for byte in self.body {
            arc = arc.checked_mul(128)? + u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                arcs.push(arc);
                arc = 0;
            }
        }
        // The first two share a number.
        let first = *arcs.first()?;
        let root = (first / 40).min(2);
        let mut text = format!("{root}.{}", first - root * 40);
        arcs[1..].iter().for_each(|arc| text.push_str(&format!(".{arc}")));
        (self.tag == tag::OID && self.body.last()? & 0x80 == 0).then_some(text)
    }

    /// A moment as RFC 5280, section 4.1.2.5, has it, in seconds since 1970.
    pub(super) fn time(&self) -> Option<i64> {
        let digits = self.body.strip_suffix(b"Z").filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
        let mut pairs = digits.chunks_exact(2).map(|pair| i64::from(pair[0] - b'0') * 10 + i64::from(pair[1] - b'0'));
        let year = match (self.tag, digits.len()) {
            (tag::UTC_TIME, 12) => pairs.next().map(|year| if year < 50 { 2000 + year } else { 1900 + year })?,
            (tag::TIME, 14) => pairs.next()? * 100 + pairs.next()?,
            _ => return None,
        };
        let (month, day) = (pairs.next()?, pairs.next()?);
        let (hour, minute, second) = (pairs.next()?, pairs.next()?, pairs.next()?);
        let right = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
        right.then(|| unix_seconds(year, month, day) + hour * 3_600 + minute * 60 + second)
    }
}

#[cfg(test)]
mod tests {
    use super::{Element, Elements, tag};

    fn only(bytes: &[u8]) -> Option<Element<'_>> {
        Elements::of(bytes).next()
    }

    #[test]
    fn lengths_short_and_long() {
        let long = [&[tag::OCTETS, 0x82, 1, 0][..], &[7; 256]].concat();
        assert_eq!(only(&long).unwrap().body.len(), 256);
        assert_eq!(only(&[tag::OCTETS, 0x81, 1, 9, 8]).unwrap().whole, [tag::OCTETS, 0x81, 1, 9]);
        for wrong in [
            &[][..],
            &[tag::OCTETS],
            &[tag::OCTETS, 1],
            &[tag::OCTETS, 0x80, 0, 0],
            &[tag::OCTETS, 0x81],
            &[tag::OCTETS, 0x83, 0xff, 0xff, 0xff, 0],
            &[tag::OCTETS, 0x84, 0, 0, 0, 1, 0],
            &[tag::OCTETS, 0xff, 1],
        ] {
            assert!(only(wrong).is_none(), "{wrong:?}");
        }
    }

    #[test]
    fn optional_elements_are_taken_only_where_they_are() {
        let mut elements = Elements::of(&[tag::BOOLEAN, 1, 0xff, tag::INTEGER, 1, 3]);
        assert!(elements.accept(tag::INTEGER).is_none());
        assert_eq!(elements.accept(tag::BOOLEAN).unwrap().body, [0xff]);
        assert_eq!(elements.expect(tag::INTEGER).unwrap().body, [3]);
        assert!(elements.next().is_none());
    }

    #[test]
    fn object_identifiers() {
        let oid = |body: &[u8]| Element { tag: tag::OID, body, whole: body }.oid();
        assert_eq!(oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]).unwrap(), "1.2.840.113549.1.1.11");
        assert_eq!(oid(&[0x55, 4, 3]).unwrap(), "2.5.4.3");
        assert_eq!(oid(&[0x88, 0x37, 3]).unwrap(), "2.999.3");
        for wrong in [&[][..], &[0x2a, 0x86], &[0xff; 20]] {
            assert_eq!(oid(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn moments() {
        let time = |tag, text: &str| Element { tag, body: text.as_bytes(), whole: &[] }.time();
        assert_eq!(time(tag::UTC_TIME, "261120090000Z"), Some(1_795_165_200));
        assert_eq!(time(tag::UTC_TIME, "500101000000Z"), Some(-631_152_000));
        assert_eq!(time(tag::TIME, "20000229235959Z"), Some(951_868_799));
        assert_eq!(time(tag::TIME, "99991231235959Z"), Some(253_402_300_799));
        for wrong in ["", "Z", "261120090000", "2611200900Z", "261320090000Z", "26112009000xZ", "2611200900000Z"] {
            assert_eq!(time(tag::UTC_TIME, wrong), None, "{wrong}");
            assert_eq!(time(tag::TIME, wrong), None, "{wrong}");
        }
    }
}
