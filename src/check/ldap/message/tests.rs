use proptest::prelude::{any, prop_assert, proptest};

use super::{Answer, Content, Head, Message, Policy, Request, element, head, read};
use crate::testing::few_cases;

fn encoded(request: Request<'_>) -> Vec<u8> {
    request.encode(1).to_vec()
}

/// The message without its header, as it is read.
fn body(bytes: &[u8]) -> Result<Message, &'static str> {
    let Head::Length(length) = head(bytes) else { panic!("{:?}", head(bytes)) };
    read(&bytes[bytes.len() - usize::try_from(length).expect("it is short")..])
}

/// What `ldapwhoami` and `ldapsearch` of OpenLDAP send, but for the control.
#[test]
fn requests_are_as_the_standard_has_them() {
    let bind = encoded(Request::Bind { user: "cn=a", password: "pw" });
    let control = b"\xa0\x1d\x30\x1b\x04\x191.3.6.1.4.1.42.2.27.8.5.1";
    let expected = [&b"\x30\x31\x02\x01\x01\x60\x0d\x02\x01\x03\x04\x04cn=a\x80\x02pw"[..], control].concat();
    assert_eq!(bind, expected);
    assert_eq!(encoded(Request::Unbind), b"\x30\x05\x02\x01\x01\x42\0");
    let start = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
    assert_eq!(encoded(Request::StartTls), start);
    let search = encoded(Request::Exists { base: "" });
    let expected = b"\x30\x2a\x02\x01\x01\x63\x25\x04\0\x0a\x01\0\x0a\x01\0\x02\x01\x01\x02\x01\0\x01\x01\xff\x87\x0bobjectClass\x30\x05\x04\x031.1";
    assert_eq!(search, expected);
}

#[test]
fn a_long_name_has_a_long_length() {
    let user = "x".repeat(300);
    let bind = encoded(Request::Bind { user: &user, password: "pw" });
    assert_eq!(bind[..4], [0x30, 0x82, 1, 0x5d]);
    assert!(bind.windows(300).any(|part| part == user.as_bytes()));
}

#[test]
fn answers_are_read() {
    let refused = b"\x30\x0f\x02\x01\x01\x61\x0a\x0a\x01\x31\x04\0\x04\x03bad";
    let answer = Answer { code: 49, text: "bad".to_owned(), referrals: Vec::new() };
    let expected = Message { id: 1, content: Content::Bound(answer, Policy::default()) };
    assert_eq!(body(refused), Ok(expected));
    // As Active Directory writes lengths.
    let long = b"\x30\x84\0\0\0\x10\x02\x01\x01\x61\x84\0\0\0\x07\x0a\x01\0\x04\0\x04\0";
    assert_eq!(body(long).map(|message| message.content), Ok(Content::Bound(Answer::default(), Policy::default())));
    let referral = b"\x30\x18\x02\x01\x02\x65\x13\x0a\x01\x0a\x04\0\x04\0\xa3\x0a\x04\x08ldap://b";
    let Ok(Message { id: 2, content: Content::Done(answer) }) = body(referral) else { panic!("no end of a search") };
    assert_eq!((answer.code, answer.referrals), (10, vec!["ldap://b".to_owned()]));
    let notice = b"\x30\x24\x02\x01\0\x78\x1f\x0a\x01\x34\x04\0\x04\0\x8a\x161.3.6.1.4.1.1466.20036";
    let Ok(Message { id: 0, content: Content::Extended(answer) }) = body(notice) else { panic!("no notice") };
    assert_eq!(answer.code, 52);
    let reference = b"\x30\x0f\x02\x01\x02\x73\x0a\x04\x08ldap://b";
    assert_eq!(body(reference).map(|message| message.content), Ok(Content::Reference(vec!["ldap://b".to_owned()])));
}

/// The control that `slapo-ppolicy` answers with.
fn with_control(value: &[u8]) -> Vec<u8> {
    let octets = |bytes: &[u8]| element(super::OCTETS, &[bytes]);
    let control = element(super::SEQUENCE, &[&octets(super::PASSWORD_POLICY), &octets(value)]);
    let parts: [&[u8]; 3] =
        [b"\x02\x01\x01", b"\x61\x07\x0a\x01\x31\x04\0\x04\0", &element(super::context(0, true), &[&control])];
    element(super::SEQUENCE, &parts).to_vec()
}

#[test]
fn a_control_says_what_is_wrong_with_the_password() {
    for (value, expected) in [
        (&b"\x30\x03\x81\x01\x01"[..], Policy { error: Some(1), grace_logins: None }),
        (b"\x30\x05\xa0\x03\x81\x01\x02", Policy { error: None, grace_logins: Some(2) }),
        (b"\x30\x05\xa0\x03\x80\x01\x02", Policy::default()),
        (b"\x30\x08\xa0\x03\x81\x01\x02\x81\x01\x02", Policy { error: Some(2), grace_logins: Some(2) }),
        (b"\x30\0", Policy::default()),
        (b"", Policy::default()),
        (b"\x30\x84\xff\xff\xff\xff", Policy::default()),
    ] {
        let Ok(Message { content: Content::Bound(_, policy), .. }) = body(&with_control(value)) else {
            panic!("{value:?}")
        };
        assert_eq!(policy, expected, "{value:?}");
    }
}

#[test]
fn what_is_no_message_is_told_at_once() {
    for (bytes, expected) in [
        (&b"H"[..], Head::Strange("it does not start like an LDAP message")),
        (b"", Head::Incomplete),
        (b"\x30", Head::Incomplete),
        (b"\x30\x84\0\0", Head::Incomplete),
        (b"\x30\x80", Head::Strange("a message without its length")),
        (b"\x30\xff", Head::Strange("a message without its length")),
        (b"\x30\x90\0\0\0\0\0\0\0\0", Head::Strange("a message without its length")),
        (b"\x30\x84\xff\xff\xff\xff", Head::Length(0xffff_ffff)),
        (b"\x30\x05", Head::Length(5)),
    ] {
        assert_eq!(head(bytes), expected, "{bytes:?}");
    }
    for bytes in [
        &b"\x30\0"[..],
        b"\x30\x03\x02\x01\x01",
        b"\x30\x05\x02\x01\x01\x61\0",
        b"\x30\x05\x02\x01\x01\x04\0",
        b"\x30\x05\x04\x01\x01\x61\0",
        b"\x30\x07\x02\x01\x01\x61\x84\xff\xff",
        b"\x30\x09\x02\x04\xff\xff\xff\xff\x61\x05\x0a",
    ] {
        assert!(body(bytes).is_err(), "{bytes:?}");
    }
}

/// However deep elements are nested, none is descended into.
#[test]
fn a_nest_of_elements_is_one_element() {
    let mut nest = Vec::new();
    for _ in 0..10_000 {
        nest = element(super::SEQUENCE, &[&nest]).to_vec();
    }
    let parts: [&[u8]; 2] = [b"\x02\x01\x01", &element(super::application(1, true), &[&nest])];
    let message = element(super::SEQUENCE, &parts);
    assert!(body(&message).is_err());
}

proptest! {
    #![proptest_config(few_cases())]

    /// Whatever stands in the place of one byte of a real answer, it is read or refused.
    #[test]
    fn a_byte_that_is_wrong_breaks_nothing(at in 0_usize..64, byte in any::<u8>(), cut in 0_usize..64) {
        let mut bytes = with_control(b"\x30\x08\xa0\x03\x81\x01\x02\x81\x01\x02");
        let end = bytes.len() - cut % bytes.len();
        let place = at % bytes.len();
        bytes[place] = byte;
        bytes.truncate(end.max(2));
        if let Ok(Message { content: Content::Bound(answer, _), .. }) = read(&bytes[2..]) {
            prop_assert!(answer.text.len() <= 64 && answer.referrals.len() <= 16);
        }
        prop_assert!(head(&bytes) != Head::Length(u64::MAX));
    }
}
