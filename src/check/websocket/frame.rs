//! Frames of RFC 6455: what a client sends, and the messages of a server, each with its limits.
//!
//! A server may send control frames at any moment, also between the fragments of a message. It must not mask what it sends,
//! and may set no bit that an extension would give a meaning, since none is offered.

use bytes::Bytes;
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::check::reader::{ReadError, Reader};

/// The most that is read of one message, in bytes.
pub(super) const MESSAGE: usize = 64 * 1024;
/// How many fragments a message may have.
const FRAGMENTS: usize = 256;
/// How many pings and pongs may come before a message ends.
const CONTROLS: usize = 64;
/// The longest content of a control frame.
const CONTROL: usize = 125;

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// What a server sends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    /// A whole message, text or binary.
    Message(Vec<u8>),
    /// The end of the session.
    Close(Close),
}

/// Why a server ends the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Close {
    /// `None` where it gives none.
    pub(super) code: Option<u16>,
    /// In its own words.
    pub(super) reason: String,
}

impl Close {
    /// Whether nothing is wrong: a normal end, or one without a code.
    pub(super) const fn is_good(&self) -> bool {
        matches!(self.code, None | Some(1000 | 1001 | 1005))
    }
}

/// Why no message came.
#[derive(Debug)]
pub(super) enum FrameError {
    /// The stream.
    Read(ReadError),
    /// What breaks the protocol, in words.
    Broken(&'static str),
}

impl From<ReadError> for FrameError {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// One frame of a server.
struct Frame {
    is_last: bool,
    opcode: u8,
    content: Bytes,
}

/// The next frame; its content has at most `limit` bytes.
async fn frame<S: AsyncRead + Unpin>(reader: &mut Reader<S>, limit: usize) -> Result<Frame, FrameError> {
    let [first, second] = reader.array().await?;
    let (is_last, opcode) = (first & 0x80 != 0, first & 0x0f);
    if first & 0x70 != 0 {
        return Err(FrameError::Broken("a frame uses an extension that was not offered"));
    }
    if second & 0x80 != 0 {
        return Err(FrameError::Broken("a frame is masked, which only clients do"));
    }
    let is_control = match opcode {
        CONTINUATION | TEXT | BINARY => false,
        CLOSE | PING | PONG => true,
        _ => return Err(FrameError::Broken("a frame has an unknown type")),
    };
    let length = match second & 0x7f {
        126 => u64::from(u16::from_be_bytes(reader.array().await?)),
        127 => u64::from_be_bytes(reader.array().await?),
        short => u64::from(short),
    };
    if is_control && (!is_last || length > CONTROL as u64) {
        return Err(FrameError::Broken("a control frame is fragmented or too long"));
    }
    let content = reader.body(length, if is_control { CONTROL } else { limit }).await?;
    Ok(Frame { is_last, opcode, content })
}

/// The next message, or the end of the session. Pings are answered.
///
/// # Errors
/// What breaks the protocol or a limit, and the stream's own.
pub(super) async fn incoming<S: AsyncRead + AsyncWrite + Unpin>(
    reader: &mut Reader<S>,
) -> Result<Incoming, FrameError> {
    let mut message: Option<Vec<u8>> = None;
    let (mut fragments, mut controls) = (0, 0);
    loop {
        let so_far = message.as_ref().map_or(0, Vec::len);
        let Frame { is_last, opcode, content } = frame(reader, MESSAGE - so_far).await?;
        match opcode {
            CLOSE => return closing(&content).map(Incoming::Close),
            PING | PONG => {
                controls += 1;
                if controls > CONTROLS {
                    return Err(FrameError::Broken("pings come without an end"));
                }
                if opcode == PING {
                    reader.send(&outgoing(PONG, &content)).await?;
                }
                continue;
            }
            CONTINUATION => match &mut message {
                Some(message) => message.extend_from_slice(&content),
                None => return Err(FrameError::Broken("a fragment has no start")),
            },
            _ if message.is_some() => return Err(FrameError::Broken("a message starts inside another one")),
            _ => message = Some(content.to_vec()),
        }
        fragments += 1;
        if fragments > FRAGMENTS {
            return Err(FrameError::Broken("a message has too many fragments"));
        }
        if is_last && let Some(message) = message {
            return Ok(Incoming::Message(message));
        }
    }
}

fn closing(content: &[u8]) -> Result<Close, FrameError> {
    match content.split_first_chunk() {
        Some((code, reason)) => {
            let reason = String::from_utf8_lossy(reason).into_owned();
            Ok(Close { code: Some(u16::from_be_bytes(*code)), reason })
        }
        None if content.is_empty() => Ok(Close { code: None, reason: String::new() }),
        None => Err(FrameError::Broken("the close frame is cut")),
    }
}

/// A close frame with the code of a normal end.
pub(super) fn goodbye() -> Vec<u8> {
    outgoing(CLOSE, &1000_u16.to_be_bytes())
}

/// A frame of a client with this short content, under a mask that nobody can predict: caches in between take no part of it for
/// an answer of HTTP.
fn outgoing(opcode: u8, content: &[u8]) -> Vec<u8> {
    let mut mask = [0; 4];
    // Without random numbers the mask hides nothing, as what is sent here need not be hidden.
    SystemRandom::new().fill(&mut mask).unwrap_or_default();
    let length = u8::try_from(content.len().min(CONTROL)).expect("a control frame is short");
    let masked = content.iter().take(CONTROL).zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    [0x80 | opcode, 0x80 | length].into_iter().chain(mask).chain(masked).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use tokio::io::join;

    use super::{Close, FrameError, Incoming, goodbye, incoming};
    use crate::check::reader::{ReadError, Reader};
    use crate::slices::at_once;

    /// What comes of these bytes, and what is sent back.
    fn read(bytes: &[u8]) -> (Result<Incoming, FrameError>, Vec<u8>) {
        let mut sent = Vec::new();
        let result = {
            let mut reader = Reader::new(join(Cursor::new(bytes.to_vec()), &mut sent));
            at_once(incoming(&mut reader))
        };
        (result, sent)
    }

    #[test]
    fn messages_come_whole_or_in_fragments_with_pings_between() {
        for (bytes, message) in [
            (&b"\x81\x02hi"[..], &b"hi"[..]),
            (b"\x82\x00", b""),
            (b"\x01\x01h\x80\x01i", b"hi"),
            (b"\x01\x01h\x8a\x00\x00\x00\x80\x01i", b"hi"),
            (b"\x81\x7e\x00\x02hi", b"hi"),
            (b"\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x02hi", b"hi"),
        ] {
            assert_eq!(read(bytes).0.unwrap(), Incoming::Message(message.to_vec()), "{bytes:?}");
        }
        let (message, sent) = read(b"\x89\x01?\x81\x02hi");
        assert_eq!(message.unwrap(), Incoming::Message(b"hi".to_vec()));
        assert_eq!((sent[0], sent[1], sent[6] ^ sent[2]), (0x8a, 0x81, b'?'));
    }

    #[test]
    fn a_close_has_a_code_and_a_reason() {
        for (bytes, code, reason, is_good) in [
            (&b"\x88\x00"[..], None, "", true),
            (b"\x88\x02\x03\xe8", Some(1000), "", true),
            (b"\x88\x07\x03\xf0bad\xff\xff", Some(1008), "bad\u{fffd}\u{fffd}", false),
        ] {
            let close = Close { code, reason: reason.to_owned() };
            assert_eq!(close.is_good(), is_good);
            assert_eq!(read(bytes).0.unwrap(), Incoming::Close(close), "{bytes:?}");
        }
        let goodbye = goodbye();
        assert_eq!((goodbye.len(), goodbye[0], goodbye[1]), (8, 0x88, 0x82));
    }

    #[test]
    fn what_breaks_the_protocol_is_named() {
        let many = b"\x01\x00".iter().chain(b"\x00\x00".repeat(300).iter()).copied().collect::<Vec<u8>>();
        let pings = b"\x89\x00".repeat(100);
        for (bytes, says) in [
            (&b"\x81\x82mask??"[..], "masked"),
            (b"\xc1\x00", "extension"),
            (b"\x83\x00", "unknown type"),
            (b"\x09\x00", "control frame"),
            (b"\x89\x7e\x00\x7e", "control frame"),
            (b"\x80\x00", "no start"),
            (b"\x01\x01h\x81\x00", "inside another"),
            (b"\x88\x01\x03", "cut"),
            (&many, "too many fragments"),
            (&pings, "without an end"),
        ] {
            match read(bytes).0 {
                Err(FrameError::Broken(problem)) => assert!(problem.contains(says), "{problem}"),
                other => panic!("{bytes:?}: {other:?}"),
            }
        }
        for bytes in [&b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff"[..], b"\x82\x7f\0\0\0\0\0\x01\0\x01"] {
            assert!(matches!(read(bytes).0, Err(FrameError::Read(ReadError::Announced(_)))), "{bytes:?}");
        }
        for bytes in [&b""[..], b"\x81", b"\x81\x02h", b"\x81\x7e\x00", b"\x01\x01h"] {
            assert!(matches!(read(bytes).0, Err(FrameError::Read(ReadError::Ended))), "{bytes:?}");
        }
    }
}
