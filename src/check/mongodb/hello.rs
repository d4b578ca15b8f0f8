//! The hello: what it sends, and what the server says of itself, its replica set and the members of it.
//!
//! Source: the drivers' specification "Server Discovery and Monitoring".

use bson::raw::{RawArray, RawBsonRef, RawDocumentBuf, cstr};
use tokio::io::{AsyncRead, AsyncWrite};

use super::wire::{Reply, SessionError, Wire};
use crate::outcome::clean_text;
use crate::url::Endpoint;

/// A replica set has at most 50 members.
const MEMBERS_LIMIT: usize = 64;
/// The longest name of a replica set that is shown, in bytes.
const NAME_LIMIT: usize = 64;
/// The first version of the protocol with OP_MSG, of MongoDB 3.6.
const LEAST_WIRE_VERSION: i64 = 6;

/// What a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// No member of a replica set.
    Standalone,
    /// A router of a sharded cluster, or a load balancer in front of some.
    Mongos,
    /// It was started as a member, and nobody initiated the set.
    NotInitiated,
    Primary,
    Secondary,
    Arbiter,
    /// A member that serves nobody: it starts, recovers, rolls back or was removed.
    Recovering,
}

impl State {
    /// In words, with an article.
    pub(super) const fn in_words(self) -> &'static str {
        match self {
            Self::Standalone => "a standalone server",
            Self::Mongos => "a mongos",
            Self::NotInitiated => "in no initiated set",
            Self::Primary => "the primary",
            Self::Secondary => "a secondary",
            Self::Arbiter => "an arbiter",
            Self::Recovering => "neither primary nor secondary",
        }
    }
}

/// What a server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hello {
    pub(super) state: State,
    /// The name of its replica set.
    pub(super) set: Option<String>,
    /// The members that hold data, as they are announced to clients.
    pub(super) members: Vec<Endpoint>,
    /// The primary that it knows, as it is announced.
    pub(super) primary: Option<Endpoint>,
    /// Its own name in the set.
    pub(super) me: Option<Endpoint>,
    /// The login methods of the user that was asked for; `None` if it lists none.
    pub(super) mechanisms: Option<Vec<String>>,
}

/// What is asked for in a hello.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asked<'a> {
    /// The user, as `database.user`, whose login methods are asked for.
    pub(super) user: Option<&'a str>,
    /// There is a load balancer in front.
    pub(super) load_balanced: bool,
}

/// Says hello and reads the answer. Servers before 4.4.2 know only its older name.
///
/// # Errors
/// Every [`SessionError`].
pub(super) async fn greet<S: AsyncRead + AsyncWrite + Unpin>(
    wire: &mut Wire<S>,
    asked: Asked<'_>,
) -> Result<Hello, SessionError> {
    let reply = match wire.run(asked.command(false), "admin").await {
        Err(SessionError::Server(error)) if error.is_unknown_command() => {
            wire.run(asked.command(true), "admin").await?
        }
        reply => reply?,
    };
    Hello::read(&reply)
}

impl Asked<'_> {
    fn command(self, older: bool) -> RawDocumentBuf {
        let mut command = RawDocumentBuf::new();
        let name = if older { cstr!("isMaster") } else { cstr!("hello") };
        command.append(name, 1_i32);
        command.append(cstr!("helloOk"), true);
        if self.load_balanced {
            command.append(cstr!("loadBalanced"), true);
        }
        if let Some(user) = self.user {
            command.append(cstr!("saslSupportedMechs"), user);
        }
        command.append(cstr!("client"), client());
        command
    }
}

/// How this client names itself.
fn client() -> RawDocumentBuf {
    let part = |key: &bson::raw::CStr, value: &str| {
        let mut part = RawDocumentBuf::new();
        part.append(key, value);
        part
    };
    let mut client = RawDocumentBuf::new();
    client.append(cstr!("application"), part(cstr!("name"), "pilotfish"));
    let mut driver = part(cstr!("name"), "pilotfish");
    driver.append(cstr!("version"), env!("CARGO_PKG_VERSION"));
    client.append(cstr!("driver"), driver);
    client.append(cstr!("os"), part(cstr!("type"), "Linux"));
    client
}

impl Hello {
    /// Reads the answer.
    ///
    /// # Errors
    /// [`SessionError::Unexpected`], and [`SessionError::Limit`] for a server before 3.6.
    pub(super) fn read(reply: &Reply) -> Result<Self, SessionError> {
        if reply.number("maxWireVersion").is_none_or(|version| version < LEAST_WIRE_VERSION) {
            let text = "the server is older than MongoDB 3.6, whose protocol pilotfish does not speak";
            return Err(SessionError::Limit(super::code::TOO_OLD, text.to_owned()));
        }
        let set = reply.get_str("setName").ok().map(|name| clean_text(name, NAME_LIMIT));
        let writable = reply.is("isWritablePrimary") || reply.is("ismaster");
        let state = match () {
            () if reply.get_str("msg").is_ok_and(|text| text == "isdbgrid")
                || reply.get("serviceId").is_ok_and(|id| id.is_some()) =>
            {
                State::Mongos
            }
            () if set.is_none() && reply.is("isreplicaset") => State::NotInitiated,
            () if set.is_none() => State::Standalone,
            () if writable => State::Primary,
            // A hidden member is in no list, and serves whoever connects to it directly.
            () if reply.is("secondary") => State::Secondary,
            () if reply.is("arbiterOnly") => State::Arbiter,
            () => State::Recovering,
        };
        let mut members = endpoints(reply, "hosts")?;
        members.extend(endpoints(reply, "passives")?);
        members.truncate(MEMBERS_LIMIT);
        Ok(Self {
            state,
            set,
            members,
            primary: endpoint(reply, "primary"),
            me: endpoint(reply, "me"),
            mechanisms: reply.get_array("saslSupportedMechs").ok().map(words),
        })
    }
}

fn endpoint(reply: &Reply, key: &str) -> Option<Endpoint> {
    reply.get_str(key).ok().and_then(|text| Endpoint::parse(text).ok())
}

fn endpoints(reply: &Reply, key: &str) -> Result<Vec<Endpoint>, SessionError> {
    let Ok(array) = reply.get_array(key) else { return Ok(Vec::new()) };
    let unexpected = || SessionError::Unexpected("a member without a host or a port".to_owned());
    let one = |item: RawBsonRef<'_>| item.as_str().and_then(|text| Endpoint::parse(text).ok()).ok_or_else(unexpected);
    array.into_iter().take(MEMBERS_LIMIT).map(|item| one(item.map_err(SessionError::from)?)).collect()
}

fn words(array: &RawArray) -> Vec<String> {
    let word = |item: RawBsonRef<'_>| item.as_str().map(|word| clean_text(word, NAME_LIMIT));
    array.into_iter().take(MEMBERS_LIMIT).filter_map(|item| item.ok().and_then(word)).collect()
}

#[cfg(test)]
mod tests {
    use bson::raw::cstr;
    use bson::{RawDocumentBuf, rawdoc};

    use super::{Asked, Hello, State};
    use crate::check::mongodb::wire::Reply;

    fn read(document: RawDocumentBuf) -> Hello {
        Hello::read(&Reply::read(document.as_bytes()).expect("BSON")).expect("a hello")
    }

    #[test]
    fn a_server_says_what_it_is() {
        let set = || rawdoc! { "ok": 1, "maxWireVersion": 21, "setName": "rs0" };
        let with = |key: &bson::raw::CStr, value: bool| {
            let mut document = set();
            document.append(key, value);
            read(document).state
        };
        assert_eq!(with(cstr!("isWritablePrimary"), true), State::Primary);
        assert_eq!(with(cstr!("ismaster"), true), State::Primary);
        assert_eq!(with(cstr!("secondary"), true), State::Secondary);
        assert_eq!(with(cstr!("arbiterOnly"), true), State::Arbiter);
        assert_eq!(read(set()).state, State::Recovering);
        let alone = |document: RawDocumentBuf| read(document).state;
        assert_eq!(alone(rawdoc! { "ok": 1, "maxWireVersion": 6, "ismaster": true }), State::Standalone);
        assert_eq!(alone(rawdoc! { "ok": 1, "maxWireVersion": 6, "msg": "isdbgrid" }), State::Mongos);
        assert_eq!(alone(rawdoc! { "ok": 1, "maxWireVersion": 6, "isreplicaset": true }), State::NotInitiated);
    }

    #[test]
    fn members_are_read_as_they_are_announced() {
        let hello = read(rawdoc! {
            "ok": 1, "maxWireVersion": 21_i64, "setName": "rs0\u{1b}", "hosts": ["mongo-0.mongo:27017", "[::1]:27018"],
            "passives": ["10.0.0.7:27017"], "arbiters": ["mongo-9:27017"], "primary": "mongo-0.mongo:27017",
            "me": "nonsense", "saslSupportedMechs": ["SCRAM-SHA-256", 5, "SCRAM-SHA-1"],
        });
        let members: Vec<String> = hello.members.iter().map(ToString::to_string).collect();
        assert_eq!(members, ["mongo-0.mongo:27017", "[::1]:27018", "10.0.0.7:27017"]);
        assert_eq!(hello.primary.map(|one| one.to_string()).as_deref(), Some("mongo-0.mongo:27017"));
        assert_eq!((hello.me, hello.set.as_deref()), (None, Some("rs0 ")));
        assert_eq!(hello.mechanisms.expect("it lists some"), ["SCRAM-SHA-256", "SCRAM-SHA-1"]);
    }

    #[test]
    fn what_is_no_hello_of_this_protocol_is_told() {
        for document in [
            rawdoc! { "ok": 1 },
            rawdoc! { "ok": 1, "maxWireVersion": 5 },
            rawdoc! { "ok": 1, "maxWireVersion": 21, "hosts": ["no port"] },
            rawdoc! { "ok": 1, "maxWireVersion": 21, "hosts": [5] },
        ] {
            assert!(Hello::read(&Reply::read(document.as_bytes()).expect("BSON")).is_err(), "{document:?}");
        }
    }

    #[test]
    fn it_names_itself_and_asks_for_the_user() {
        let asked = Asked { user: Some("admin.app"), load_balanced: false };
        let command = asked.command(false);
        assert_eq!(command.get_str("saslSupportedMechs").ok(), Some("admin.app"));
        let client = command.get_document("client").expect("it names itself");
        assert_eq!(client.get_document("application").and_then(|one| one.get_str("name")).ok(), Some("pilotfish"));
        assert!(command.get("loadBalanced").is_ok_and(|one| one.is_none()));
        assert_eq!(asked.command(true).iter().next().expect("a field").expect("BSON").0.as_str(), "isMaster");
    }
}
