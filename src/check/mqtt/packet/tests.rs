use super::{Connack, DISCONNECT, Head, Introduction, Version, connack, connect, head};
use crate::secret::Secret;

fn sent(version: Version, user: Option<&str>, password: Option<&str>) -> Vec<u8> {
    let password = password.map(|text| Secret::new(text.to_owned()));
    connect(Introduction { version, client_id: "pf1", user, password: password.as_ref() }).to_vec()
}

#[test]
fn logins_are_as_the_standards_have_them() {
    // Protocol name and level; flags: clean session, user and password; keep alive; client id, user, password.
    let plain = b"\x10\x0f\0\x04MQTT\x04\x02\0\x1e\0\x03pf1";
    assert_eq!(sent(Version::V311, None, None), plain);
    let login = b"\x10\x17\0\x04MQTT\x04\xc2\0\x1e\0\x03pf1\0\x02me\0\x02pw";
    assert_eq!(sent(Version::V311, Some("me"), Some("pw")), login);
    // The session ends with the connection (property 17).
    let of_5 = b"\x10\x1d\0\x04MQTT\x05\xc2\0\x1e\x05\x11\0\0\0\0\0\x03pf1\0\x02me\0\x02pw";
    assert_eq!(sent(Version::V5, Some("me"), Some("pw")), of_5);
    assert_eq!(sent(Version::V5, None, Some("pw"))[9], 0x42, "a password alone");
    assert_eq!(sent(Version::V311, Some("me"), None)[9], 0x82, "a user alone");
    assert_eq!(DISCONNECT, mqtt_proto::v3::Packet::Disconnect.encode().expect("it is short").as_ref());
}

#[test]
fn answers_are_read() {
    let of_code = |code| Ok(Connack { code, ..Connack::default() });
    assert_eq!(connack(Version::V311, b"\0\0"), of_code(0));
    assert_eq!(connack(Version::V311, b"\0\x05"), of_code(5));
    // A code that nobody knows.
    assert_eq!(connack(Version::V311, b"\0\x63"), of_code(0x63));
    assert_eq!(connack(Version::V5, b"\0\0\0"), of_code(0));
    assert_eq!(connack(Version::V5, b"\0\x86\0"), of_code(134));
    assert_eq!(connack(Version::V5, b"\0\xf0\0"), of_code(0xf0));
    // A server that speaks 3.1.1 alone.
    assert_eq!(connack(Version::V5, b"\0\x01"), of_code(1));
    let texts = b"\0\x9d\x10\x1f\0\x04gone\x1c\0\x06b:1883";
    let expected = Connack { code: 157, text: "gone".to_owned(), server: Some("b:1883".to_owned()) };
    assert_eq!(connack(Version::V5, texts), Ok(expected));
    for broken in [&b""[..], b"\0", b"\x02\0", b"\0\0\x7f", b"\0\0\x03\x1f\0\x09", b"\0\0\x02\xff\0"] {
        for version in [Version::V311, Version::V5] {
            if version == Version::V5 || broken.len() != 3 && broken.len() < 5 {
                assert!(connack(version, broken).is_err(), "{version:?} {broken:?}");
            }
        }
    }
}

#[test]
fn what_is_no_answer_is_told_at_once() {
    for (bytes, expected) in [
        (&b""[..], Head::Incomplete),
        (b"\x20", Head::Incomplete),
        (b"\x20\x02", Head::Connack(2)),
        (b"\x20\xff", Head::Incomplete),
        (b"\x20\xff\xff\xff\x7f", Head::Connack(268_435_455)),
        (b"\x20\xff\xff\xff\xff", Head::Strange("a packet without its length")),
        (b"H", Head::Strange("it does not start like the answer to a login (CONNACK)")),
        (b"\x30\x02", Head::Strange("it does not start like the answer to a login (CONNACK)")),
        (b"\xe0\0", Head::Strange("it does not start like the answer to a login (CONNACK)")),
    ] {
        assert_eq!(head(bytes), expected, "{bytes:?}");
    }
}
