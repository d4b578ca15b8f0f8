//! What a peer speaks, told from the first bytes it sent. Pure; it says nothing where the bytes fit no protocol surely.

use std::fmt;

/// A protocol that can be told from a server's first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// A TLS alert or handshake record.
    Tls,
    /// An HTTP/1 status line.
    Http,
    /// An HTTP/2 SETTINGS frame.
    Http2,
    /// A PostgreSQL server's message.
    Postgres,
    /// A MySQL or MariaDB greeting, or its refusal.
    Mysql,
    /// A message of MongoDB.
    Mongodb,
    /// A Redis reply.
    Redis,
    /// An SSH banner.
    Ssh,
    /// An SMTP greeting or reply.
    Smtp,
    /// An FTP greeting or reply.
    Ftp,
    /// A greeting with `220` or `5xx` that names neither.
    SmtpOrFtp,
    /// A POP3 greeting.
    Pop3,
    /// An IMAP greeting.
    Imap,
    /// An AMQP header or frame.
    Amqp,
    /// A NATS `INFO`.
    Nats,
    /// A VNC banner.
    Vnc,
    /// The opening of an XMPP stream.
    Xmpp,
    /// An answer of a Kafka broker: nothing in its first bytes tells it.
    Kafka,
    /// A message of a directory.
    Ldap,
    /// An answer to the login at an MQTT broker.
    Mqtt,
    /// A line of memcached, or a packet of its binary protocol.
    Memcached,
}

impl Protocol {
    /// Whether a peer whose first bytes were recognised as this may speak `wanted`.
    #[must_use]
    pub fn may_be(self, wanted: Self) -> bool {
        self == wanted || (self == Self::SmtpOrFtp && matches!(wanted, Self::Smtp | Self::Ftp))
    }

    /// Its name, for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tls => "TLS",
            Self::Http => "HTTP",
            Self::Http2 => "HTTP/2",
            Self::Postgres => "PostgreSQL",
            Self::Mysql => "MySQL",
            Self::Mongodb => "MongoDB",
            Self::Redis => "Redis",
            Self::Ssh => "SSH",
            Self::Smtp => "SMTP",
            Self::Ftp => "FTP",
            Self::SmtpOrFtp => "SMTP or FTP",
            Self::Pop3 => "POP3",
            Self::Imap => "IMAP",
            Self::Amqp => "AMQP",
            Self::Nats => "NATS",
            Self::Vnc => "VNC",
            Self::Xmpp => "XMPP",
            Self::Kafka => "Kafka",
            Self::Ldap => "LDAP",
            Self::Mqtt => "MQTT",
            Self::Memcached => "memcached",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The protocol that a server's first bytes belong to.
#[must_use]
pub fn recognise(head: &[u8]) -> Option<Protocol> {
    const PREFIXES: [(&[u8], Protocol); 10] = [
        (b"HTTP/", Protocol::Http),
        (b"SSH-", Protocol::Ssh),
        (b"AMQP", Protocol::Amqp),
        (b"INFO {", Protocol::Nats),
        (b"RFB 00", Protocol::Vnc),
        (b"<stream:stream", Protocol::Xmpp),
        (b"<?xml version='1.0'?><stream:stream", Protocol::Xmpp),
        (b"* OK", Protocol::Imap),
        (b"* BYE", Protocol::Imap),
        (b"* PREAUTH", Protocol::Imap),
    ];
    if let Some((_, protocol)) = PREFIXES.iter().find(|(prefix, _)| head.starts_with(prefix)) {
        return Some(*protocol);
    }
    tls(head)
        .or_else(|| mail_or_ftp(head))
        .or_else(|| redis(head))
        .or_else(|| http2(head))
        .or_else(|| mysql(head))
        .or_else(|| mongodb(head))
        .or_else(|| postgres(head))
        .or_else(|| ldap(head))
        .or_else(|| mqtt(head))
        .or_else(|| memcached(head))
}

/// Record type alert or handshake, then version 3.x.
fn tls(head: &[u8]) -> Option<Protocol> {
    matches!(head, [0x15 | 0x16, 3, 0..=4, ..]).then_some(Protocol::Tls)
}

/// A greeting (`220`), a refusal (`421`, `554`) or an error (`500`, `502`, `503`, `530`), told apart by its words.
fn mail_or_ftp(head: &[u8]) -> Option<Protocol> {
    if !matches!(head.get(3), Some(b' ' | b'-')) {
        return None;
    }
    if !matches!(head.get(..3)?, b"220" | b"421" | b"500" | b"502" | b"503" | b"530" | b"554") {
        return None;
    }
    let words = head.to_ascii_uppercase();
    let names = |word: &[u8]| words.windows(word.len()).any(|piece| piece == word);
    Some(match () {
        () if names(b"SMTP") => Protocol::Smtp,
        () if names(b"FTP") => Protocol::Ftp,
        () => Protocol::SmtpOrFtp,
    })
}

/// RESP: `+OK`, `+PONG`, `-ERR …`, `-NOAUTH …`, `-DENIED …`; POP3 says `+OK ` and `-ERR ` too, Redis has no text behind
/// `+OK`.
fn redis(head: &[u8]) -> Option<Protocol> {
    if head.starts_with(b"+OK ") {
        return Some(Protocol::Pop3);
    }
    if head.starts_with(b"+PONG") || head.starts_with(b"+OK\r\n") {
        return Some(Protocol::Redis);
    }
    let word = head.strip_prefix(b"-")?;
    let letters = word.iter().take_while(|b| b.is_ascii_uppercase()).count();
    (letters >= 3 && word.get(letters) == Some(&b' ')).then_some(Protocol::Redis)
}

/// A server begins with a SETTINGS frame (type 4, stream 0, a multiple of six bytes); many errors are a GOAWAY (type 7).
fn http2(head: &[u8]) -> Option<Protocol> {
    let [0, high, low, kind, flags, 0, 0, 0, 0, ..] = *head else { return None };
    let length = usize::from(high) * 256 + usize::from(low);
    let settings = kind == 4 && flags <= 1 && length.is_multiple_of(6);
    let goaway = kind == 7 && flags == 0 && length >= 8;
    (settings || goaway).then_some(Protocol::Http2)
}

/// A packet with sequence number 0 that holds protocol version 10 or an error.
fn mysql(head: &[u8]) -> Option<Protocol> {
    let [_, _, 0, 0, kind, next, ..] = *head else { return None };
    let greeting = kind == 0x0a && next.is_ascii_digit();
    let refusal = kind == 0xff && head.len() >= 7;
    (greeting || refusal).then_some(Protocol::Mysql)
}

/// A header of 16 bytes: a length, two numbers of requests, and the operation, which is a message or a reply.
fn mongodb(head: &[u8]) -> Option<Protocol> {
    let [_, _, length, 0, _, _, _, _, _, _, _, _, low, high, 0, 0, ..] = *head else { return None };
    let operation = u16::from_le_bytes([low, high]);
    (length < 4 && matches!(operation, 1 | 2013)).then_some(Protocol::Mongodb)
}

/// An error with its severity first, a notice, or a request to authenticate.
fn postgres(head: &[u8]) -> Option<Protocol> {
    match *head {
        [b'E' | b'N', 0, 0, _, _, b'S', ..] => Some(Protocol::Postgres),
        [b'R', 0, 0, 0, length, 0, 0, 0, _, ..] if length >= 8 => Some(Protocol::Postgres),
        // Before version 3 a server answered what it did not understand in plain text.
        [b'E', b'F', b'A', b'T', b'A', b'L', ..] => Some(Protocol::Postgres),
        _ => None,
    }
}

/// A sequence with the number of a message (a small one, or 0 for a notice) and an operation of servers.
fn ldap(head: &[u8]) -> Option<Protocol> {
    let [0x30, length, rest @ ..] = head else { return None };
    let long = usize::from(length & 0x7f);
    let body = match length {
        0..=0x7f => rest,
        0x81..=0x84 => rest.get(long..)?,
        _ => return None,
    };
    matches!(body, [2, 1, 0..=0x7f, 0x61 | 0x64 | 0x65 | 0x73 | 0x78 | 0x79, ..]).then_some(Protocol::Ldap)
}

/// A CONNACK: whether a session is there, then a code of version 3 (nothing follows) or of 5 (properties follow).
fn mqtt(head: &[u8]) -> Option<Protocol> {
    match *head {
        [0x20, 2, 0 | 1, 0..=5] => Some(Protocol::Mqtt),
        [0x20, 3..=0x7f, 0 | 1, 0 | 0x80..=0x9f, ..] => Some(Protocol::Mqtt),
        _ => None,
    }
}

/// A line that says what was wrong with a command, the answer to `version`, or a packet: it repeats the command, has no type
/// of data, and a status.
fn memcached(head: &[u8]) -> Option<Protocol> {
    const LINES: [&[u8]; 4] = [b"ERROR\r\n", b"CLIENT_ERROR ", b"SERVER_ERROR ", b"VERSION "];
    let is_packet = matches!(*head, [0x81, 0..=0x2f, _, _, _, 0, 0, 0..=0x86, ..]);
    (is_packet || LINES.iter().any(|line| head.starts_with(line))).then_some(Protocol::Memcached)
}

#[cfg(test)]
mod tests {
    use super::recognise;

    #[test]
    fn tells_protocols_by_their_first_bytes() {
        for (head, name) in [
            (&b"HTTP/1.1 400 Bad Request\r\n"[..], "HTTP"),
            (b"\0\0\x12\x04\0\0\0\0\0\0\x03", "HTTP/2"),
            (b"\0\0\x08\x07\0\0\0\0\0\0\0\0\0", "HTTP/2"),
            (b"SSH-2.0-OpenSSH_9.2p1", "SSH"),
            (b"220 mail.example.com ESMTP Postfix\r\n", "SMTP"),
            (b"220-FTP server ready\r\n", "FTP"),
            (b"220 hello\r\n", "SMTP or FTP"),
            (b"+PONG\r\n", "Redis"),
            (b"-NOAUTH Authentication required.\r\n", "Redis"),
            (b"-ERR unknown command", "Redis"),
            (b"+OK POP3 ready", "POP3"),
            (b"E\0\0\0\x90SERROR\0", "PostgreSQL"),
            (b"R\0\0\0\x08\0\0\0\0", "PostgreSQL"),
            (b"R\0\0\0\x17\0\0\0\nSCRAM-SHA-256\0\0", "PostgreSQL"),
            (b"\x4a\0\0\0\x0a8.0.36\0", "MySQL"),
            (b"\x45\0\0\0\xffj\x04Host is blocked", "MySQL"),
            (b"\x4a\x01\0\0\x07\0\0\0\x01\0\0\0\xdd\x07\0\0\0\0\0\0", "MongoDB"),
            (b"\x4a\x01\0\0\x07\0\0\0\x01\0\0\0\x01\0\0\0\x08\0\0\0", "MongoDB"),
            (b"\x15\x03\x01\0\x02\x02F", "TLS"),
            (b"\x16\x03\x03\0\x7a", "TLS"),
            (b"AMQP\0\0\x09\x01", "AMQP"),
            (b"INFO {\"server_id\":\"N\"}", "NATS"),
            (b"* OK IMAP4rev1", "IMAP"),
            (b"<?xml version='1.0'?><stream:stream id='x'", "XMPP"),
            (b"RFB 003.008\n", "VNC"),
            (b"\x20\x02\0\x05", "MQTT"),
            (b"\x20\x03\0\x87\0", "MQTT"),
            (b"ERROR\r\nERROR\r\n", "memcached"),
            (b"CLIENT_ERROR unauthenticated\r\n", "memcached"),
            (b"\x81\x20\0\0\0\0\0\x81\0\0\0\x0f", "memcached"),
            (b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0", "LDAP"),
            (b"\x30\x84\0\0\0\x42\x02\x01\0\x78\x84", "LDAP"),
        ] {
            assert_eq!(recognise(head).unwrap().to_string(), name, "{head:?}");
        }
    }

    #[test]
    fn says_nothing_of_what_fits_nothing() {
        for head in [
            &b""[..],
            b"<?xml version='1.0'?><html>",
            b"N",
            b"S",
            b"E",
            b"ERROR: bad\r\n",
            b"\x81\x05hello",
            b"hello",
            b"200 ok",
            b"-1",
            b"-x ",
            b"220",
            b"\x15\x02",
            b"0",
            b"0\x0c\x02\x01\x01\x60",
            b" \x02hi",
            b" hello",
            b"\0\0\0\0\0\0\0\0\0",
        ] {
            assert_eq!(recognise(head), None, "{head:?}");
        }
    }

    #[test]
    fn no_prefix_of_anything_makes_it_panic() {
        for length in 0..64 {
            for byte in 0..=255 {
                drop(recognise(&vec![byte; length]).map(|p| p.to_string()));
            }
        }
    }
}
