//! The two messages of grpc.health.v1 on the wire, each in its frame. Pure.
//!
//! A request has one field and an answer one number; everything else is skipped as protobuf has it.

/// What the server says of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Health {
    /// It serves.
    Serving,
    /// It does not.
    NotServing,
    /// The server itself does not know.
    Unknown,
    /// The server has no such service.
    ServiceUnknown,
    /// A number that the protocol does not have.
    Other,
}

impl Health {
    const fn of(number: u64) -> Self {
        match number {
            0 => Self::Unknown,
            1 => Self::Serving,
            2 => Self::NotServing,
            3 => Self::ServiceUnknown,
            _ => Self::Other,
        }
    }

    /// As the protocol writes it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Serving => "SERVING",
            Self::NotServing => "NOT_SERVING",
            Self::Unknown => "UNKNOWN",
            Self::ServiceUnknown => "SERVICE_UNKNOWN",
            Self::Other => "an unknown status",
        }
    }
}

/// The frame around a message: whether it is compressed, and its length.
const PREFIX: usize = 5;
/// Field 1 with a length: `service`.
const SERVICE: u8 = 0x0a;

/// The frame of a request.
pub(super) fn request(service: &str) -> Vec<u8> {
    let mut message = Vec::new();
    if !service.is_empty() {
        message.push(SERVICE);
        let mut rest = service.len();
        while rest >= 0x80 {
            message.push(u8::try_from(rest & 0x7f).expect("seven bits are a byte") | 0x80);
            rest >>= 7;
        }
        message.push(u8::try_from(rest).expect("seven bits are a byte"));
        message.extend_from_slice(service.as_bytes());
    }
    let length = u32::try_from(message.len()).expect("a value of the configuration is not that long");
    let mut frame = Vec::with_capacity(PREFIX + message.len());
    frame.push(0);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&message);
    frame
}

/// The answer in the one frame of a body.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn read(body: &[u8]) -> Result<Health, &'static str> {
    let Some((&[is_compressed, a, b, c, d], message)) = body.split_first_chunk() else {
        return Err(if body.is_empty() { "it holds no message" } else { "its message is cut" });
    };
    let length = u32::from_be_bytes([a, b, c, d]) as usize;
    match is_compressed {
        0 if message.len() < length => Err("its message is cut"),
        0 if message.len() > length => Err("it holds more than one message"),
        0 => fields(message).ok_or("its message is not of the health protocol"),
        1 => Err("its message is compressed, although that was not offered"),
        _ => Err("it is not framed as gRPC"),
    }
}

fn fields(mut rest: &[u8]) -> Option<Health> {
    let mut health = Health::Unknown;
    while !rest.is_empty() {
        let key = number(&mut rest)?;
        match (key >> 3, key & 7) {
            (0, _) => return None,
            (1, 0) => health = Health::of(number(&mut rest)?),
            // Another kind of field under the number of the status.
            (1, _) => return None,
            (_, 0) => drop(number(&mut rest)?),
            (_, 1) => rest = rest.get(8..)?,
            (_, 2) => {
                let length = usize::try_from(number(&mut rest)?).ok()?;
                rest = rest.get(length..)?;
            }
            (_, 5) => rest = rest.get(4..)?,
            _ => return None,
        }
    }
    Some(health)
}

/// Seven bits a byte, the lowest first; the last byte has its highest bit clear.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Health, read, request};

    fn frame(message: &[u8]) -> Vec<u8> {
        let length = u32::try_from(message.len()).unwrap();
        [&[0][..], &length.to_be_bytes(), message].concat()
    }

    #[test]
    fn a_request_names_its_service() {
        assert_eq!(request(""), b"\0\0\0\0\0");
        assert_eq!(request("shop"), b"\0\0\0\0\x06\x0a\x04shop");
        let long = request(&"s".repeat(300));
        assert_eq!(long[..8], *b"\0\0\0\x01\x2f\x0a\xac\x02");
        assert_eq!(long.len(), 5 + 3 + 300);
    }

    #[test]
    fn an_answer_says_one_word() {
        for (message, health) in [
            (&b""[..], Health::Unknown),
            (b"\x08\x01", Health::Serving),
            (b"\x08\x02", Health::NotServing),
            (b"\x08\x03", Health::ServiceUnknown),
            (b"\x08\x63", Health::Other),
            (b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", Health::Other),
            // Fields that a later version may have, and the last status counts.
            (b"\x08\x02\x12\x02ok\x1d\0\0\0\0\x21\0\0\0\0\0\0\0\0\x28\x07\x08\x01", Health::Serving),
        ] {
            assert_eq!(read(&frame(message)), Ok(health), "{message:?}");
        }
    }

    #[test]
    fn what_is_no_answer_is_named() {
        for (body, says) in [
            (b"".to_vec(), "no message"),
            (b"\0\0\0".to_vec(), "cut"),
            (b"\0\0\0\0\x02\x08".to_vec(), "cut"),
            (b"\0\xff\xff\xff\xff\x08\x01".to_vec(), "cut"),
            (b"\0\0\0\0\x02\x08\x01\0\0\0\0\0".to_vec(), "more than one"),
            (b"\x01\0\0\0\x02\x08\x01".to_vec(), "compressed"),
            (b"<html></html>".to_vec(), "not framed"),
            (frame(b"\x0a\x02ok"), "not of the health protocol"),
            (frame(b"\x08"), "not of the health protocol"),
            (frame(b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "not of the health protocol"),
            (frame(b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "not of the health protocol"),
            (frame(b"\0\0"), "not of the health protocol"),
        ] {
            assert!(read(&body).unwrap_err().contains(says), "{body:?}");
        }
    }
}
