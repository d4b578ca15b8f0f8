//! The messages of a session: which versions the broker speaks, the login, and what it knows of its cluster.
//!
//! Source: the message schemas of Apache Kafka (`clients/src/main/resources/common/message`). Only versions from before the
//! "flexible" ones are used: brokers since 1.0 speak all of them.

use std::ops::RangeInclusive;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use super::client::{Api, Client, SessionError};
use super::cluster::{Broker, Metadata, Partition, Topic};
use super::fields::{Fields, Message};
use crate::outcome::clean_text;
use crate::url::{Endpoint, Host};

/// The most brokers of a cluster; the largest ones have a few hundred.
const BROKERS: usize = 1024;
/// How many mechanisms of a broker are remembered, and the longest name.
const MECHANISMS: usize = 16;
const LONGEST_NAME: usize = 32;
/// The versions of `Metadata` that are written here: since 4, a request can say that it creates no topic.
const METADATA: RangeInclusive<i16> = 4..=8;

/// Which versions of its requests a broker speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Versions(Vec<(i16, RangeInclusive<i16>)>);

/// How the requests of a session are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaks {
    /// In this version.
    Version(i16),
    /// Not at all.
    Nothing,
    /// Only in versions that are not written here.
    Others,
}

impl Versions {
    fn common(&self, api: Api, ours: RangeInclusive<i16>) -> Speaks {
        let Some((_, theirs)) = self.0.iter().find(|(key, _)| *key == api as i16) else { return Speaks::Nothing };
        let highest = *ours.end().min(theirs.end());
        if highest >= *ours.start().max(theirs.start()) { Speaks::Version(highest) } else { Speaks::Others }
    }

    /// The version of the request for metadata.
    pub(super) fn metadata(&self) -> Speaks {
        self.common(Api::Metadata, METADATA)
    }

    /// The version of the messages of a login, where the broker takes a login in such messages.
    pub(super) fn login(&self) -> Speaks {
        match self.common(Api::SaslHandshake, 1..=1) {
            Speaks::Version(_) => self.common(Api::SaslAuthenticate, 0..=1),
            other => other,
        }
    }
}

/// Asks which versions the broker speaks.
///
/// # Errors
/// Every [`SessionError`].
pub(super) async fn versions<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Client<S>,
) -> Result<Versions, SessionError> {
    let answer = client.call(Api::Versions, 0, &Message::default()).await?;
    let mut fields = Fields(&answer);
    if fields.i16()? != 0 {
        return Err(SessionError::Unexpected("the broker does not tell which versions it speaks"));
    }
    let mut all = Vec::new();
    for _ in 0..fields.count(6)? {
        all.push((fields.i16()?, fields.i16()?..=fields.i16()?));
    }
    Ok(Versions(all))
}

/// What the broker says of a mechanism.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Handshake {
    /// The number of the error; 0 where the login may start.
    pub(super) error: i16,
    /// The mechanisms that it offers.
    pub(super) offered: Vec<String>,
}

/// Names the mechanism of the login.
///
/// # Errors
/// Every [`SessionError`].
pub(super) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Client<S>,
    mechanism: &str,
) -> Result<Handshake, SessionError> {
    let answer = client.call(Api::SaslHandshake, 1, &Message::default().text(mechanism)).await?;
    let mut fields = Fields(&answer);
    let error = fields.i16()?;
    let mut offered = Vec::new();
    for _ in 0..fields.count(2)?.min(MECHANISMS) {
        let name = fields.text()?.unwrap_or_default();
        let fits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if (1..=LONGEST_NAME).contains(&name.len()) && name.iter().all(fits) {
            offered.push(String::from_utf8_lossy(name).into_owned());
        }
    }
    Ok(Handshake { error, offered })
}

/// The answer to a step of the login.
pub(super) struct Step {
    /// The number of the error; 0 where the login goes on.
    pub(super) error: i16,
    /// The broker's own sentence, which may repeat what it got.
    pub(super) says: String,
    /// What the mechanism needs.
    pub(super) bytes: Vec<u8>,
}

/// Sends a step of the login.
///
/// # Errors
/// Every [`SessionError`].
pub(super) async fn authenticate<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Client<S>,
    version: i16,
    bytes: &[u8],
) -> Result<Step, SessionError> {
    let body = Message::with_room(bytes.len() + 4).bytes(bytes);
    let answer = client.call(Api::SaslAuthenticate, version, &body).await?;
    let mut fields = Fields(&answer);
    let error = fields.i16()?;
    let says = String::from_utf8_lossy(fields.text()?.unwrap_or_default()).into_owned();
    Ok(Step { error, says, bytes: fields.bytes()?.unwrap_or_default().to_vec() })
}

/// Asks for the brokers and for these topics, by name: never for all of them, and never so that one is created.
///
/// # Errors
/// Every [`SessionError`].
pub(super) async fn metadata<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Client<S>,
    version: i16,
    topics: &[String],
) -> Result<Bytes, SessionError> {
    let count = i32::try_from(topics.len()).unwrap_or(i32::MAX);
    let body = topics.iter().fold(Message::default().i32(count), |body, topic| body.text(topic)).boolean(false);
    // Neither what may be done with the cluster nor with the topics.
    let body = if version >= 8 { body.boolean(false).boolean(false) } else { body };
    client.call(Api::Metadata, version, &body).await
}

/// Reads the answer to [`metadata`].
///
/// # Errors
/// [`SessionError::Unexpected`].
pub(super) fn read_metadata(answer: &[u8], version: i16) -> Result<Metadata, SessionError> {
    let mut fields = Fields(answer);
    fields.i32()?;
    let mut brokers = Vec::new();
    for _ in 0..fields.count(12)? {
        if brokers.len() == BROKERS {
            return Err(SessionError::Unexpected("it names more brokers than a cluster has"));
        }
        brokers.push(read_broker(&mut fields)?);
    }
    let cluster_id = fields.text()?.map(|id| clean_text(&String::from_utf8_lossy(id), 64));
    let controller = fields.i32()?;
    let mut topics = Vec::new();
    for _ in 0..fields.count(9)? {
        topics.push(read_topic(&mut fields, version)?);
    }
    Ok(Metadata { brokers, cluster_id, has_controller: controller >= 0, topics })
}

fn read_broker(fields: &mut Fields<'_>) -> Result<Broker, SessionError> {
    let id = fields.i32()?;
    let host = std::str::from_utf8(fields.text()?.unwrap_or_default()).ok().and_then(|text| Host::parse(text).ok());
    let port = u16::try_from(fields.i32()?).ok().filter(|port| *port > 0);
    fields.text()?;
    let (Some(host), Some(port)) = (host, port) else {
        return Err(SessionError::Unexpected("the address of a broker is no host and port"));
    };
    Ok(Broker { id, endpoint: Endpoint { host, port }, is_needed: false })
}

fn read_topic(fields: &mut Fields<'_>, version: i16) -> Result<Topic, SessionError> {
    let error = fields.i16()?;
    let name = String::from_utf8_lossy(fields.text()?.unwrap_or_default()).into_owned();
    fields.boolean()?;
    let mut partitions = Vec::new();
    for _ in 0..fields.count(18)? {
        let (error, index, leader) = (fields.i16()?, fields.i32()?, fields.i32()?);
        if version >= 7 {
            fields.i32()?;
        }
        fields.numbers()?;
        let in_sync = u32::try_from(fields.numbers()?).unwrap_or(u32::MAX);
        if version >= 5 {
            fields.numbers()?;
        }
        partitions.push(Partition { error, index, leader, in_sync });
    }
    if version >= 8 {
        fields.i32()?;
    }
    Ok(Topic { error, name, partitions })
}

#[cfg(test)]
mod tests {
    use super::{Speaks, Versions, read_metadata};
    use crate::check::kafka::fields::Message;

    fn versions(metadata: Option<(i16, i16)>, login: Option<(i16, i16)>) -> Versions {
        let one = |key, range: Option<(i16, i16)>| range.map(|(low, high)| (key, low..=high));
        Versions([one(3, metadata), one(17, login), one(36, login)].into_iter().flatten().collect())
    }

    #[test]
    fn the_newest_version_that_both_speak() {
        for (theirs, expected) in [
            (Some((0, 13)), Speaks::Version(8)),
            (Some((0, 5)), Speaks::Version(5)),
            (Some((0, 3)), Speaks::Others),
            (Some((9, 14)), Speaks::Others),
            (None, Speaks::Nothing),
        ] {
            assert_eq!(versions(theirs, None).metadata(), expected, "{theirs:?}");
        }
        for (theirs, expected) in [
            (Some((0, 2)), Speaks::Version(1)),
            (Some((0, 1)), Speaks::Version(1)),
            (Some((0, 0)), Speaks::Others),
            (None, Speaks::Nothing),
        ] {
            assert_eq!(versions(None, theirs).login(), expected, "{theirs:?}");
        }
    }

    /// A cluster of one broker with one topic of two partitions, the second without a leader.
    fn answer(version: i16) -> Message {
        let text = Message::default().i32(0).i32(1).i32(7).text("broker-0.kafka").i32(9092).i16(-1).text("abc").i32(-1);
        let text = text.i32(1).i16(0).text("orders").boolean(false).i32(2);
        let partition = |text: Message, index: i32, leader: i32, in_sync: i32| {
            let text = text.i16(if leader < 0 { 5 } else { 0 }).i32(index).i32(leader);
            let text = if version >= 7 { text.i32(3) } else { text };
            let text = text.i32(2).i32(7).i32(8).i32(in_sync);
            let text = (0..in_sync).fold(text, Message::i32);
            if version >= 5 { text.i32(1).i32(8) } else { text }
        };
        let text = partition(partition(text, 0, 7, 1), 1, -1, 0);
        if version >= 8 { text.i32(0).i32(0) } else { text }
    }

    #[test]
    fn every_version_is_read_to_the_same() {
        for version in 4..=8 {
            let message = answer(version);
            let read = read_metadata(message.as_slice(), version).expect("it is whole");
            assert_eq!(read.brokers[0].endpoint.to_string(), "broker-0.kafka:9092");
            assert_eq!((read.cluster_id.as_deref(), read.has_controller), (Some("abc"), false));
            let partitions: Vec<(i32, i32, u32)> =
                read.topics[0].partitions.iter().map(|one| (one.index, one.leader, one.in_sync)).collect();
            assert_eq!((&*read.topics[0].name, partitions), ("orders", vec![(0, 7, 1), (1, -1, 0)]), "{version}");
            for length in 0..message.as_slice().len() - if version >= 8 { 4 } else { 0 } {
                assert!(read_metadata(&message.as_slice()[..length], version).is_err(), "{length}");
            }
        }
    }

    #[test]
    fn addresses_that_are_none_are_refused() {
        for (host, port) in [("", 9092), ("a b", 9092), ("kafka://x", 9092), ("b", 0), ("b", 70_000), ("b", -1)] {
            let text = Message::default().i32(0).i32(1).i32(7).text(host).i32(port).i16(-1).i16(-1).i32(1).i32(0);
            assert!(read_metadata(text.as_slice(), 4).is_err(), "{host}:{port}");
        }
    }
}
