//! Messages of LDAP (RFC 4511). ASN.1 is read by a library, one level at a time: nothing here descends into itself.
//!
//! LDAP allows definite lengths alone (section 5.1), which is what the library's reader for DER accepts; it takes lengths that
//! are longer than they need to be, as Active Directory writes them.

use asn1_rs::{Any, Class, FromDer as _, Header, Length, Tag, ToDer as _};
use zeroize::Zeroizing;

/// The request to start TLS.
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";
/// The control that asks the server why a password is not accepted (draft-behera-ldap-password-policy). Servers without it
/// ignore it.
const PASSWORD_POLICY: &[u8] = b"1.3.6.1.4.1.42.2.27.8.5.1";
/// No attributes of an entry.
const NO_ATTRIBUTES: &[u8] = b"1.1";
/// What every entry has.
const ANY_ENTRY: &[u8] = b"objectClass";

/// The most of a list that is read.
const LIST_LIMIT: usize = 16;

const SEQUENCE: (Class, bool, u32) = (Class::Universal, true, Tag::Sequence.0);
const INTEGER: (Class, bool, u32) = (Class::Universal, false, Tag::Integer.0);
const ENUMERATED: (Class, bool, u32) = (Class::Universal, false, Tag::Enumerated.0);
const BOOLEAN: (Class, bool, u32) = (Class::Universal, false, Tag::Boolean.0);
const OCTETS: (Class, bool, u32) = (Class::Universal, false, Tag::OctetString.0);

const fn application(tag: u32, is_constructed: bool) -> (Class, bool, u32) {
    (Class::Application, is_constructed, tag)
}

const fn context(tag: u32, is_constructed: bool) -> (Class, bool, u32) {
    (Class::ContextSpecific, is_constructed, tag)
}

/// What is asked of a server.
#[derive(Debug, Clone, Copy)]
pub(super) enum Request<'a> {
    /// A login; both are empty for an anonymous one.
    Bind { user: &'a str, password: &'a str },
    /// TLS, on this connection.
    StartTls,
    /// Whether an entry exists: no attributes of it.
    Exists { base: &'a str },
    /// Goodbye.
    Unbind,
}

impl Request<'_> {
    /// The whole message. It may hold a password.
    pub(super) fn encode(self, id: u8) -> Zeroizing<Vec<u8>> {
        let octets = |bytes: &[u8]| element(OCTETS, &[bytes]);
        let (operation, controls) = match self {
            Self::Bind { user, password } => {
                let password = element(context(0, false), &[password.as_bytes()]);
                let bind =
                    element(application(0, true), &[&element(INTEGER, &[&[3]]), &octets(user.as_bytes()), &password]);
                let control = element(SEQUENCE, &[&octets(PASSWORD_POLICY)]);
                (bind, Some(element(context(0, true), &[&control])))
            }
            Self::StartTls => (element(application(23, true), &[&element(context(0, false), &[START_TLS])]), None),
            Self::Exists { base } => {
                let parts = [
                    octets(base.as_bytes()),
                    // The entry itself, without following aliases; one entry at most, without a limit of time of the server's own.
                    element(ENUMERATED, &[&[0]]),
                    element(ENUMERATED, &[&[0]]),
                    element(INTEGER, &[&[1]]),
                    element(INTEGER, &[&[0]]),
                    element(BOOLEAN, &[&[0xff]]),
                    element(context(7, false), &[ANY_ENTRY]),
                    element(SEQUENCE, &[&octets(NO_ATTRIBUTES)]),
                ];
                let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_slice()).collect();
                (element(application(3, true), &parts), None)
            }
            Self::Unbind => (element(application(2, false), &[]), None),
        };
        let controls = controls.unwrap_or_default();
        element(SEQUENCE, &[&element(INTEGER, &[&[id]]), &operation, &controls])
    }
}

/// One element with these contents, in a buffer that is wiped and never grows.
fn element((class, is_constructed, tag): (Class, bool, u32), parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length = parts.iter().map(|part| part.len()).sum();
    let header = Header::new(class, is_constructed, Tag(tag), Length::Definite(length));
    let header = header.to_der_vec().expect("a vector takes every header");
    let mut bytes = Zeroizing::new(Vec::with_capacity(header.len() + length));
    bytes.extend_from_slice(&header);
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

/// A message of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// Which request it answers; 0 for what was not asked for.
    pub(super) id: u32,
    pub(super) content: Content,
}

/// What a server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// The answer to a login, with what its control says of the password.
    Bound(Answer, Policy),
    /// The answer to an extended request; without a request, the notice that the server is about to disconnect.
    Extended(Answer),
    /// An entry was found.
    Entry,
    /// Other servers have it: their URLs.
    Reference(Vec<String>),
    /// The search has ended.
    Done(Answer),
    /// Any other message.
    Other,
}

/// The result of an operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answer {
    /// The result code.
    pub(super) code: u32,
    /// What the server says of it; fit for nobody's eyes yet.
    pub(super) text: String,
    /// The URLs of servers that it refers to.
    pub(super) referrals: Vec<String>,
}

/// What the control of a login's answer says of the password.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Policy {
    /// Why the login is refused or restricted.
    pub(super) error: Option<u32>,
    /// The password has expired: how many logins are left.
    pub(super) grace_logins: Option<u32>,
}

impl Policy {
    /// Whether a login that was accepted allows no more than a change of the password.
    pub(super) const fn restricts(self) -> bool {
        matches!(self.error, Some(0..=2))
    }
}

/// How far the bytes go that have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// The header has not ended yet.
    Incomplete,
    /// The length of the message behind its header.
    Length(u64),
    /// No message of LDAP starts like this.
    Strange(&'static str),
}

/// The longest header of a message: a tag, and a length that takes eight bytes.
const HEAD_LIMIT: usize = 10;

/// What the first bytes of a message say.
pub(super) fn head(bytes: &[u8]) -> Head {
    if bytes.first().is_some_and(|first| *first != 0x30) {
        return Head::Strange("it does not start like an LDAP message");
    }
    match Header::from_der(bytes) {
        Ok((_, header)) => match header.length() {
            Length::Definite(length) => Head::Length(u64::try_from(length).unwrap_or(u64::MAX)),
            Length::Indefinite => Head::Strange("a message without its length"),
        },
        Err(asn1_rs::Err::Incomplete(_)) if bytes.len() < HEAD_LIMIT => Head::Incomplete,
        Err(_) => Head::Strange("a message without its length"),
    }
}

/// Reads what is behind the header of a message.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(bytes: &[u8]) -> Result<Message, &'static str> {
    let (rest, id) = next(bytes)?;
    let id = id.as_u32().map_err(|_| "a message without its number")?;
    let (rest, operation) = next(rest)?;
    if operation.class() != Class::Application {
        return Err("a message without an operation");
    }
    let content = match operation.tag().0 {
        1 => Content::Bound(answer(operation.data)?, policy(rest)),
        4 => Content::Entry,
        5 => Content::Done(answer(operation.data)?),
        19 => Content::Reference(texts(operation.data)?),
        24 => Content::Extended(answer(operation.data)?),
        _ => Content::Other,
    };
    Ok(Message { id, content })
}

/// The next element, and what is behind it.
fn next(bytes: &[u8]) -> Result<(&[u8], Any<'_>), &'static str> {
    Any::from_der(bytes).map_err(|_| "an element of a message is broken")
}

fn answer(bytes: &[u8]) -> Result<Answer, &'static str> {
    let (rest, code) = next(bytes)?;
    let code = code.as_enumerated().map_err(|_| "a result without its code")?.0;
    let (rest, _matched) = next(rest)?;
    let (rest, text) = next(rest)?;
    let text = String::from_utf8_lossy(text.data).into_owned();
    let mut referrals = Vec::new();
    if let Ok((_, more)) = next(rest)
        && (more.class(), more.tag().0) == (Class::ContextSpecific, 3)
    {
        referrals = texts(more.data)?;
    }
    Ok(Answer { code, text, referrals })
}

/// The first texts of a list.
fn texts(mut bytes: &[u8]) -> Result<Vec<String>, &'static str> {
    let mut found = Vec::new();
    while !bytes.is_empty() && found.len() < LIST_LIMIT {
        let (rest, text) = next(bytes)?;
        found.push(String::from_utf8_lossy(text.data).into_owned());
        bytes = rest;
    }
    Ok(found)
}

/// What the controls behind an operation say of the password. A control that cannot be read says nothing.
fn policy(bytes: &[u8]) -> Policy {
    let Ok((_, controls)) = next(bytes) else { return Policy::default() };
    let mut rest = controls.data;
    for _ in 0..LIST_LIMIT {
        let Ok((behind, control)) = next(rest) else { break };
        if let Some(found) = policy_of(control.data) {
            return found;
        }
        rest = behind;
    }
    Policy::default()
}

/// A control: its name, whether it is critical, and its value.
fn policy_of(control: &[u8]) -> Option<Policy> {
    let (mut rest, name) = next(control).ok()?;
    if name.data != PASSWORD_POLICY {
        return None;
    }
    let value = loop {
        let (behind, element) = next(rest).ok()?;
        if element.tag() == Tag::OctetString {
            break element;
        }
        rest = behind;
    };
    let (_, value) = next(value.data).ok()?;
    let mut policy = Policy::default();
    let mut rest = value.data;
    while let Ok((behind, element)) = next(rest) {
        match element.tag().0 {
            // A choice: seconds until it expires (0), or logins that are left (1).
            0 => {
                let left = next(element.data).ok().filter(|(_, choice)| choice.tag().0 == 1);
                policy.grace_logins = left.and_then(|(_, choice)| number(choice.data));
            }
            1 => policy.error = number(element.data),
            _ => {}
        }
        rest = behind;
    }
    Some(policy)
}

/// A number whose tag does not say that it is one.
fn number(bytes: &[u8]) -> Option<u32> {
    (1..=4).contains(&bytes.len()).then(|| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

#[cfg(test)]
mod tests;
