//! One question to the name servers in order: connected UDP, the same server over TCP where the answer did not fit, sent
//! again once where nothing came. Each datagram, and each exchange over TCP, is recorded as one query.

use std::hash::BuildHasher as _;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RData;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, UdpSocket};
use tokio::time::{Instant, timeout_at};

use super::answer::{Answered, Question, Reply, rcode_text};
use super::budget::Budget;
use super::conf::Conf;
use super::message::written;
use super::record_type::RecordType;
use super::search::Candidate;
use crate::cause::Cause;
use crate::duration::show;
use crate::net::attempt::Attempt;
use crate::net::oserr;
use crate::order;
use crate::outcome::{Answer, Query, TryResult};

/// One query waits at most this long, whatever resolv.conf says.
const WAIT_LIMIT: Duration = Duration::from_secs(1);
/// Below this it is not worth to ask.
const WAIT_LEAST: Duration = Duration::from_millis(1);
/// A query is sent again once.
const SENDS: u32 = 2;
/// Room for a datagram; without an extension servers send 512 bytes at most.
pub(super) const DATAGRAM: usize = 4096;
/// After this many datagrams that are no answer, the server is taken for broken.
pub(super) const JUNK_LIMIT: usize = 32;

/// What the servers said of one name, all taken together.
pub(super) enum Asked {
    /// Records of the type asked for, at least one.
    Found(Vec<RData>),
    /// The name exists, without such records.
    NoData,
    /// NXDOMAIN.
    NotFound,
    /// Every server that answered answered with a failure.
    Failed(Cause, String),
    /// No server answered: asking for other names is no use.
    Silent(String),
    /// No socket could be made.
    LocalLimit(String),
}

/// One server and what is known of it.
struct Server {
    address: SocketAddr,
    socket: Option<UdpSocket>,
    sends: u32,
    /// What it did last, in words; `None` before it was asked.
    did: Option<String>,
    /// It said something that asking again will not change.
    settled: bool,
    /// It sent what is no answer.
    broken: bool,
}

/// Asks for one name.
pub(super) async fn ask(
    attempt: &mut Attempt,
    conf: &Conf,
    candidate: &Candidate,
    record: RecordType,
    budget: Budget,
) -> Asked {
    let question = Question::new(random_id(), &candidate.name, record);
    let mut servers = in_order(attempt, &conf.servers);
    let mut failed: Option<(Cause, String)> = None;
    for _ in 0..SENDS.min(conf.attempts) {
        for at in 0..servers.len() {
            let left = servers[at..].iter().filter(|server| !server.settled).count();
            let server = &mut servers[at];
            if server.settled {
                continue;
            }
            let share = budget.left() / u32::try_from(left.max(1)).unwrap_or(u32::MAX);
            let wait = conf.timeout.min(WAIT_LIMIT).min(share);
            if wait < WAIT_LEAST {
                break;
            }
            let mut log = Log { attempt, candidate, record, server: server.address };
            match one(&mut log, server, &question, wait, budget).await {
                Ok(Some(answered)) => match verdict(answered, candidate, server.address) {
                    Asked::Failed(cause, text) => {
                        server.settled = true;
                        failed = failed.or(Some((cause, text)));
                    }
                    settled => return settled,
                },
                Ok(None) => {}
                Err(text) => return Asked::LocalLimit(text),
            }
        }
    }
    let text = || format!("no name server answered for {}: {}", written(&candidate.name), deeds(&servers));
    match failed {
        Some((cause, text)) => Asked::Failed(cause, text),
        // It is there, but no name server, or a broken one: silence would send people after firewalls.
        None if servers.iter().any(|server| server.broken) => Asked::Failed(Cause::DnsServerFailure, text()),
        None => Asked::Silent(text()),
    }
}

/// The servers as resolv.conf has them, but those that did not answer last in this attempt behind the others: their
/// silence costs a second each time.
fn in_order(attempt: &mut Attempt, addresses: &[SocketAddr]) -> Vec<Server> {
    let queries = &attempt.evidence().queries;
    let dead = |address: &SocketAddr| {
        let last = queries.iter().rev().find(|query| query.server == *address);
        last.is_some_and(|query| matches!(query.answer, Answer::Timeout | Answer::Io(_) | Answer::Malformed))
    };
    let mut servers: Vec<_> = addresses.to_vec();
    order::sort_by_key(&mut servers, dead);
    servers
        .into_iter()
        .map(|address| Server { address, socket: None, sends: 0, did: None, settled: false, broken: false })
        .collect()
}

fn verdict(answered: Answered, candidate: &Candidate, server: SocketAddr) -> Asked {
    let cause = match answered.rcode {
        ResponseCode::NoError if answered.data.is_empty() => return Asked::NoData,
        ResponseCode::NoError => return Asked::Found(answered.data),
        ResponseCode::NXDomain => return Asked::NotFound,
        ResponseCode::Refused => Cause::DnsRefused,
        _ => Cause::DnsServerFailure,
    };
    let text = format!("{server} answered {} for {}", rcode_text(answered.rcode), written(&candidate.name));
    Asked::Failed(cause, text)
}

/// What each server did, in words.
fn deeds(servers: &[Server]) -> String {
    let did = |server: &Server| Some(format!("{} {}", server.address, server.did.as_ref()?));
    let deeds: Vec<_> = servers.iter().filter_map(did).collect();
    if deeds.is_empty() { "no time was left to ask".to_owned() } else { deeds.join(", ") }
}

/// Writes queries down.
struct Log<'a> {
    attempt: &'a mut Attempt,
    candidate: &'a Candidate,
    record: RecordType,
    server: SocketAddr,
}

impl Log<'_> {
    fn query(&mut self, transport: &'static str, since: Instant, answer: Answer, answered: Option<&Answered>) {
        let query = Query {
            host: self.attempt.host().map(str::to_owned),
            name: written(&self.candidate.name),
            record: self.record.as_str().to_owned(),
            server: self.server,
            transport,
            answer,
            answers: answered.map_or(0, |answered| answered.data.len()),
            alias: answered.and_then(|answered| answered.alias.clone()),
            ttl: answered.and_then(|answered| answered.ttl),
            suffix: self.candidate.suffix.clone(),
            duration: since.elapsed(),
        };
        self.attempt.evidence().queries.push(query);
    }
}

/// One datagram to one server, and TCP where the answer did not fit. `None`: no answer; `server` says why.
///
/// # Errors
/// Why no socket could be made.
async fn one(
    log: &mut Log<'_>,
    server: &mut Server,
    question: &Question,
    wait: Duration,
    budget: Budget,
) -> Result<Option<Answered>, String> {
    let since = Instant::now();
    server.sends += 1;
    let heard = match server.socket.take() {
        Some(socket) => Ok(socket),
        None => connected(server.address).await,
    };
    let heard = match heard {
        Ok(socket) => {
            let heard = over_udp(&socket, question, since + wait).await;
            server.socket = Some(socket);
            heard
        }
        Err(error) if is_local(&error) => return Err(plain(&error)),
        Err(error) => Heard::Error(plain(&error)),
    };
    if !matches!(heard, Heard::Truncated) {
        return Ok(note(log, server, "udp", since, wait, heard));
    }
    log.query("udp", since, Answer::Truncated, None);
    let since = Instant::now();
    let wait = wait.max(WAIT_LEAST).min(budget.left());
    let heard = match timeout_at(since + wait, over_tcp(server.address, question)).await {
        Ok(Ok(heard)) => heard,
        Ok(Err(error)) if is_local(&error) => return Err(plain(&error)),
        Ok(Err(error)) => Heard::Error(plain(&error)),
        Err(_) => Heard::Nothing,
    };
    // TCP repeats by itself what is lost.
    server.settled = true;
    Ok(note(log, server, "tcp", since, wait, heard))
}

/// Writes the query down, and what the server did.
fn note(
    log: &mut Log<'_>,
    server: &mut Server,
    transport: &'static str,
    since: Instant,
    wait: Duration,
    heard: Heard,
) -> Option<Answered> {
    let what = if transport == "tcp" { "cut its answer short, and over TCP: " } else { "" };
    let (answer, did) = match heard {
        Heard::Answer(answered) => {
            log.query(transport, since, Answer::Rcode(rcode_text(answered.rcode)), Some(&answered));
            return Some(answered);
        }
        Heard::Nothing => {
            let again = if server.sends > 1 { ", asked twice" } else { "" };
            (Answer::Timeout, format!("{what}silent for {}{again}", show(wait)))
        }
        Heard::Junk | Heard::Truncated => {
            server.broken = true;
            (Answer::Malformed, format!("{what}sent no valid answer"))
        }
        Heard::Error(text) => {
            server.settled = true;
            (Answer::Io(text.clone()), format!("{what}{text}"))
        }
    };
    server.did = Some(did);
    log.query(transport, since, answer, None);
    None
}

/// What came back.
enum Heard {
    Answer(Answered),
    Truncated,
    Nothing,
    Junk,
    Error(String),
}

/// A socket that hears of nothing but this server, ICMP included.
pub(super) async fn connected(server: SocketAddr) -> io::Result<UdpSocket> {
    let any = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
    socket.connect(server).await?;
    Ok(socket)
}

async fn over_udp(socket: &UdpSocket, question: &Question, until: Instant) -> Heard {
    if let Err(error) = socket.send(&question.to_bytes()).await {
        return Heard::Error(plain(&error));
    }
    let mut buffer = vec![0; DATAGRAM];
    for junk in 0..JUNK_LIMIT {
        match timeout_at(until, socket.recv(&mut buffer)).await {
            Err(_) if junk > 0 => return Heard::Junk,
            Err(_) => return Heard::Nothing,
            Ok(Err(error)) => return Heard::Error(plain(&error)),
            Ok(Ok(length)) => match question.read(&buffer[..length]) {
                Reply::Answer(answered) => return Heard::Answer(answered),
                Reply::Truncated => return Heard::Truncated,
                // It may be forged: the real answer may still come.
                Reply::Junk => {}
            },
        }
    }
    Heard::Junk
}

async fn over_tcp(server: SocketAddr, question: &Question) -> io::Result<Heard> {
    let socket = if server.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    let mut stream = socket.connect(server).await?;
    // The answer is whole when we close, and there is no goodbye in DNS: leave no TIME_WAIT behind.
    stream.set_zero_linger()?;
    stream.set_nodelay(true)?;
    over_stream(&mut stream, question).await
}

/// RFC 1035, 4.2.2: each message behind its length in two bytes.
async fn over_stream(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), question: &Question) -> io::Result<Heard> {
    let message = question.to_bytes();
    let length = u16::try_from(message.len()).expect("a question is short").to_be_bytes();
    stream.write_all(&[&length, &message[..]].concat()).await?;
    let mut answer = vec![0; stream.read_u16().await?.into()];
    stream.read_exact(&mut answer).await?;
    Ok(match question.read(&answer) {
        Reply::Answer(answered) => Heard::Answer(answered),
        Reply::Truncated | Reply::Junk => Heard::Junk,
    })
}

/// Whether no server could be asked now. "Address not available" is about one server: an IPv6 one in a pod without IPv6;
/// "address in use" is what a socket without a wish for a port gets when none is left.
fn is_local(error: &io::Error) -> bool {
    let kind = error.kind();
    let limit = oserr::try_result(error) == TryResult::LocalLimit;
    (limit && kind != io::ErrorKind::AddrNotAvailable) || kind == io::ErrorKind::AddrInUse
}

/// The system's text without the number, lower case.
fn plain(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return "closed the connection".to_owned();
    }
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// Hard to guess: the keys of std's hash come from the system's random source and change with each one made.
pub(super) fn random_id() -> u16 {
    let [high, low, ..] = std::hash::RandomState::new().hash_one(Instant::now()).to_be_bytes();
    u16::from_be_bytes([high, low])
}

#[cfg(test)]
mod tests {
    use hickory_resolver::proto::rr::Name;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::{Heard, Question, RecordType, over_stream, random_id};

    /// What a TCP server's bytes are taken for; it closes behind them.
    async fn heard(bytes: &[u8]) -> std::io::Result<Heard> {
        let question = Question::new(7, &Name::from_ascii("db.lab.").expect("a name"), RecordType::A);
        let (mut ours, mut theirs) = duplex(8);
        let server = async {
            let length = theirs.read_u16().await.expect("the length comes first");
            theirs.read_exact(&mut vec![0; length.into()]).await.expect("then the question");
            theirs.write_all(bytes).await.expect("we read to the end");
            drop(theirs);
        };
        tokio::join!(over_stream(&mut ours, &question), server).0
    }

    #[tokio::test]
    async fn over_tcp_each_message_stands_behind_its_length() {
        let question = Question::new(7, &Name::from_ascii("db.lab.").expect("a name"), RecordType::A).to_bytes();
        let mut answer = question.clone();
        answer[2] |= 0x80;
        let length = u16::try_from(answer.len()).expect("short").to_be_bytes();
        let whole = [&length, &answer[..]].concat();
        assert!(matches!(heard(&whole).await, Ok(Heard::Answer(answered)) if answered.data.is_empty()));
        assert!(heard(&whole[..whole.len() - 1]).await.is_err(), "closed too early");
        assert!(heard(b"").await.is_err());
        assert!(matches!(heard(b"\0\0").await, Ok(Heard::Junk)));
        assert!(matches!(heard(b"\0\x05HTTP/").await, Ok(Heard::Junk)));
    }

    #[test]
    fn ids_differ() {
        let ids: std::collections::BTreeSet<u16> = (0..100).map(|_| random_id()).collect();
        assert!(ids.len() > 90, "{ids:?}");
    }
}
