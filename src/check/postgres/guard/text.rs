//! The texts in a server's messages. After a `SET client_encoding` in a query they may hold any bytes, and the client
//! takes UTF-8 alone.

use bytes::BytesMut;

/// Where the body of a message begins, behind tag and length.
pub(super) const BODY: usize = 5;

/// The texts of a body that holds these many, each with a zero byte behind it, and nothing else.
pub(super) fn texts<const COUNT: usize>(body: &[u8]) -> Option<[&[u8]; COUNT]> {
    let mut pieces = body.strip_suffix(b"\0")?.split(|byte| *byte == 0);
    let mut texts: [&[u8]; COUNT] = [&[]; COUNT];
    for text in &mut texts {
        *text = pieces.next()?;
    }
    pieces.next().is_none().then_some(texts)
}

/// A RowDescription whose columns' names are ASCII, byte for byte: nobody reads them.
pub(super) fn plain_names(mut message: BytesMut) -> BytesMut {
    /// What stands behind a name: table, column, type, its length, its modifier, format.
    const BEHIND: usize = 18;
    let mut rest = message.get_mut(BODY + 2..).unwrap_or_default();
    while let Some(end) = rest.iter().position(|byte| *byte == 0) {
        let (name, more) = rest.split_at_mut(end + 1);
        name.iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'?');
        rest = more.get_mut(BEHIND..).unwrap_or_default();
    }
    message
}

/// A DataRow whose first value is UTF-8: what is none is replaced.
pub(super) fn readable_value(message: BytesMut) -> BytesMut {
    /// The count of columns, then the length of the first value.
    const VALUE: usize = BODY + 6;
    let Some((head, rest)) = message.split_at_checked(VALUE) else { return message };
    let length = u32::from_be_bytes([head[7], head[8], head[9], head[10]]);
    let Some((value, more)) = usize::try_from(length).ok().and_then(|length| rest.split_at_checked(length)) else {
        return message;
    };
    if std::str::from_utf8(value).is_ok() {
        return message;
    }
    let value = String::from_utf8_lossy(value);
    let total = VALUE - 1 + value.len() + more.len();
    let (Ok(total), Ok(length)) = (u32::try_from(total), u32::try_from(value.len())) else { return message };
    let columns = &head[BODY..BODY + 2];
    let parts = [b"D", &total.to_be_bytes()[..], columns, &length.to_be_bytes(), value.as_bytes(), more];
    BytesMut::from(&*parts.concat())
}

#[cfg(test)]
mod tests {
    use super::{plain_names, readable_value, texts};

    #[test]
    fn as_many_texts_as_there_must_be() {
        assert_eq!(texts(b"a\0b\0"), Some([&b"a"[..], b"b"]));
        assert_eq!(texts(b"\0\0"), Some([&b""[..], b""]));
        for body in [&b""[..], b"a\0", b"a\0b", b"a\0b\0c\0"] {
            assert_eq!(texts::<2>(body), None, "{body:?}");
        }
    }

    #[test]
    fn names_of_columns_become_ascii() {
        let behind = b"\xff\0\xff\0\xff\0\xff\0\xff\0\xff\0\xff\0\xff\0\xff\xff";
        let with = |one: &[u8], other: &[u8]| [b"T\0\0\0\x30\0\x02", one, b"\0", behind, other, b"\0", behind].concat();
        assert_eq!(plain_names(with(b"a\xe9", b"\xff").as_slice().into()), with(b"a?", b"?"));
        assert_eq!(plain_names(b"T\0\0\0\x08\0\x01\xe9\0"[..].into()), &b"T\0\0\0\x08\0\x01?\0"[..]);
        for cut in 0..with(b"a", b"b").len() {
            assert_eq!(plain_names(with(b"a", b"b")[..cut].into()).len(), cut);
        }
    }

    #[test]
    fn a_value_becomes_utf_8() {
        let row = b"D\0\0\0\x11\0\x02\0\0\0\x02a\xe9\0\0\0\x01\xe9";
        assert_eq!(
            readable_value(row[..].into()),
            "D\0\0\0\x13\0\x02\0\0\0\x04a\u{fffd}\0\0\0\x01"
                .as_bytes()
                .to_vec()
                .into_iter()
                .chain([0xe9])
                .collect::<Vec<u8>>()
        );
        for same in
            [&b"D\0\0\0\x06\0\0"[..], b"D\0\0\0\x0a\0\x01\xff\xff\xff\xff", b"D\0\0\0\x0b\0\x01\0\0\0\x01a", b"D\0"]
        {
            assert_eq!(readable_value(same.into()), same);
        }
    }
}
