//! One question to the name servers in order: over connected UDP, over TCP to the same server if the answer did not fit, and
//! once more if no answer came. Each datagram, and each exchange over TCP, is recorded as one query.

use std::hash::BuildHasher as _;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RData;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpSocket, UdpSocket};
use tokio::time::{Instant, timeout_at};

use super::answer::{Question, Reply, Response, rcode_text};
use super::budget::Budget;
use super::conf::Conf;
use super::message::name_text;
use super::record_type::RecordType;
use super::search::Candidate;
use crate::cause::Cause;
use crate::duration::show;
use crate::net::attempt::Attempt;
use crate::net::buffer_budget::{BufferBudget, OWN};
use crate::net::descriptors::{Permit, Permitted};
use crate::net::oserr;
use crate::order;
use crate::outcome::{ConnectResult, DnsAnswer, Query};

/// One query waits at most this long, whatever resolv.conf says.
const MAX_WAIT: Duration = Duration::from_secs(1);
/// With less time than this, no query is sent.
const MIN_WAIT: Duration = Duration::from_millis(1);
/// How often one server is asked at most.
const SENDS: u32 = 2;
/// Room for a datagram. Without an extension, servers send 512 bytes at most.
pub(super) const DATAGRAM: usize = 4096;
/// After this many datagrams that answer nothing, the server counts as broken.
pub(super) const JUNK_LIMIT: usize = 32;

/// The answer to one question, of all servers together.
pub(super) enum LookupResult {
    /// Records of the type asked for, at least one.
    Found(Vec<RData>),
    /// The name exists, without such records.
    NoData,
    /// NXDOMAIN.
    NotFound,
    /// Every server that answered reported a failure.
    Failed(Cause, String),
    /// No server answered, so other names need not be asked for.
    Silent(String),
    /// No socket could be made.
    LocalLimit(String),
}

/// One server and what is known about it.
struct Server {
    address: SocketAddr,
    socket: Option<Permitted<UdpSocket>>,
    sends: u32,
    /// What came of the last query, as text; `None` before the first.
    last_result: Option<String>,
    /// Another query would change nothing.
    settled: bool,
    /// It sent messages that answer nothing.
    broken: bool,
}

/// Asks the servers for one name.
pub(super) async fn lookup(
    attempt: &mut Attempt,
    conf: &Conf,
    candidate: &Candidate,
    record: RecordType,
    budget: Budget,
) -> LookupResult {
    let question = Question::new(random_id(), &candidate.name, record);
    let mut servers = servers_in_order(attempt, &conf.servers);
    let mut failed: Option<(Cause, String)> = None;
    for _ in 0..SENDS.min(conf.attempts) {
        for at in 0..servers.len() {
            let permit = permit(attempt, &mut servers, at).await;
            let left = servers[at..].iter().filter(|server| !server.settled).count();
            let server = &mut servers[at];
            if server.settled {
                continue;
            }
            let share = budget.left() / u32::try_from(left.max(1)).unwrap_or(u32::MAX);
            let wait = conf.timeout.min(MAX_WAIT).min(share);
            if wait < MIN_WAIT {
                break;
            }
            let mut log = QueryLog { attempt, candidate, record, server: server.address };
            match ask_server(&mut log, server, permit, &question, wait, budget).await {
                Ok(Some(response)) => match lookup_result(response, candidate, server.address) {
                    LookupResult::Failed(cause, text) => {
                        server.settled = true;
                        failed = failed.or(Some((cause, text)));
                    }
                    settled => return settled,
                },
                Ok(None) => {}
                Err(text) => return LookupResult::LocalLimit(text),
            }
        }
    }
    let text = || format!("no name server answered for {}: {}", name_text(&candidate.name), describe_servers(&servers));
    match failed {
        Some((cause, text)) => LookupResult::Failed(cause, text),
        // It is there, but it is broken or no name server. Reporting silence would send people after firewalls.
        None if servers.iter().any(|server| server.broken) => LookupResult::Failed(Cause::DnsServerFailure, text()),
        None => LookupResult::Silent(text()),
    }
}

/// The permission for a socket to a server that needs one. Nothing is held while it is waited for.
async fn permit(attempt: &mut Attempt, servers: &mut [Server], at: usize) -> Permit {
    if servers[at].settled || servers[at].socket.is_some() {
        return Permit::default();
    }
    if let Some(permit) = attempt.world().sockets.try_permit() {
        return permit;
    }
    servers.iter_mut().for_each(|server| server.socket = None);
    attempt.socket_permit().await
}

/// The servers in the order of resolv.conf, but those that did not answer the last query of this attempt come last: their
/// silence costs a second each time.
fn servers_in_order(attempt: &mut Attempt, addresses: &[SocketAddr]) -> Vec<Server> {
    let queries = &attempt.evidence().queries;
    let is_dead = |address: &SocketAddr| {
        let last = queries.iter().rev().find(|query| query.server == *address);
        last.is_some_and(|query| matches!(query.answer, DnsAnswer::Timeout | DnsAnswer::Io(_) | DnsAnswer::Malformed))
    };
    let mut servers: Vec<_> = addresses.to_vec();
    order::sort_by_key(&mut servers, is_dead);
    servers
        .into_iter()
        .map(|address| Server { address, socket: None, sends: 0, last_result: None, settled: false, broken: false })
        .collect()
}

fn lookup_result(response: Response, candidate: &Candidate, server: SocketAddr) -> LookupResult {
    let cause = match response.rcode {
        ResponseCode::NoError if response.data.is_empty() => return LookupResult::NoData,
        ResponseCode::NoError => return LookupResult::Found(response.data),
        ResponseCode::NXDomain => return LookupResult::NotFound,
        ResponseCode::Refused => Cause::DnsRefused,
        _ => Cause::DnsServerFailure,
    };
    let text = format!("{server} answered {} for {}", rcode_text(response.rcode), name_text(&candidate.name));
    LookupResult::Failed(cause, text)
}

/// What came of the queries to each server, as text.
fn describe_servers(servers: &[Server]) -> String {
    let describe = |server: &Server| Some(format!("{} {}", server.address, server.last_result.as_ref()?));
    let texts: Vec<_> = servers.iter().filter_map(describe).collect();
    if texts.is_empty() { "the time was used up before the first query".to_owned() } else { texts.join(", ") }
}

/// Records queries in the attempt's evidence.
struct QueryLog<'a> {
    attempt: &'a mut Attempt,
    candidate: &'a Candidate,
    record: RecordType,
    server: SocketAddr,
}

impl QueryLog<'_> {
    fn push(&mut self, transport: &'static str, since: Instant, answer: DnsAnswer, response: Option<&Response>) {
        let query = Query {
            host: self.attempt.host().map(str::to_owned),
            name: name_text(&self.candidate.name),
            record: self.record.as_str().to_owned(),
            server: self.server,
            transport,
            answer,
            answers: response.map_or(0, |response| response.data.len()),
            alias: response.and_then(|response| response.alias.clone()),
            chain: response.map_or_else(Vec::new, |response| response.chain.clone()),
            ttl: response.and_then(|response| response.ttl),
            suffix: self.candidate.suffix.clone(),
            duration: since.elapsed(),
        };
        self.attempt.evidence().queries.push(query);
    }
}

/// Why a server gave no answer.
enum NoAnswer {
    /// It sent nothing in time.
    Silent,
    /// It sent only messages that do not answer the question.
    Junk,
    /// The system's error, as text.
    Error(String),
}

/// Sends one datagram to one server, and asks over TCP if the answer did not fit. `None`: no answer; `server` says why.
///
/// # Errors
/// Why no socket could be made.
async fn ask_server(
    log: &mut QueryLog<'_>,
    server: &mut Server,
    permit: Permit,
    question: &Question,
    wait: Duration,
    budget: Budget,
) -> Result<Option<Response>, String> {
    let since = Instant::now();
    server.sends += 1;
    let socket = match server.socket.take() {
        Some(socket) => Ok(socket),
        None => connected(server.address).await.map(|socket| Permitted::new(socket, permit)),
    };
    let reply = match socket {
        Ok(socket) => {
            let reply = over_udp(&socket, question, since + wait).await;
            server.socket = Some(socket);
            reply
        }
        Err(error) if is_local(&error) => return Err(error_text(&error)),
        Err(error) => UdpReply::NoAnswer(NoAnswer::Error(error_text(&error))),
    };
    match reply {
        UdpReply::Answer(response) => return Ok(Some(record_answer(log, "udp", since, response))),
        UdpReply::NoAnswer(why) => {
            record_no_answer(log, server, "udp", since, wait, why);
            return Ok(None);
        }
        UdpReply::Truncated => log.push("udp", since, DnsAnswer::Truncated, None),
    }
    // The permission of the datagrams' socket goes on to this one.
    let _permit = server.socket.take().map(Permitted::into_permit);
    let since = Instant::now();
    let wait = wait.max(MIN_WAIT).min(budget.left());
    let buffers = log.attempt.world().buffers.clone();
    // TCP itself repeats what is lost.
    server.settled = true;
    let why = match timeout_at(since + wait, over_tcp(server.address, question, &buffers)).await {
        Ok(Ok(Reply::Answer(response))) => return Ok(Some(record_answer(log, "tcp", since, response))),
        Ok(Ok(Reply::Truncated | Reply::Junk)) => NoAnswer::Junk,
        Ok(Err(error)) if is_local(&error) => return Err(error_text(&error)),
        Ok(Err(error)) => NoAnswer::Error(error_text(&error)),
        Err(_) => NoAnswer::Silent,
    };
    record_no_answer(log, server, "tcp", since, wait, why);
    Ok(None)
}

fn record_answer(log: &mut QueryLog<'_>, transport: &'static str, since: Instant, response: Response) -> Response {
    log.push(transport, since, DnsAnswer::Rcode(rcode_text(response.rcode)), Some(&response));
    response
}

/// Records a query without an answer, and the reason at its server.
fn record_no_answer(
    log: &mut QueryLog<'_>,
    server: &mut Server,
    transport: &'static str,
    since: Instant,
    wait: Duration,
    why: NoAnswer,
) {
    let prefix = if transport == "tcp" { "truncated its answer, and over TCP: " } else { "" };
    let (answer, text) = match why {
        NoAnswer::Silent => {
            let again = if server.sends > 1 { ", 2 queries" } else { "" };
            (DnsAnswer::Timeout, format!("{prefix}no answer for {}{again}", show(wait)))
        }
        NoAnswer::Junk => {
            server.broken = true;
            (DnsAnswer::Malformed, format!("{prefix}sent no valid answer"))
        }
        NoAnswer::Error(text) => {
            server.settled = true;
            (DnsAnswer::Io(text.clone()), format!("{prefix}{text}"))
        }
    };
    server.last_result = Some(text);
    log.push(transport, since, answer, None);
}

/// What one datagram to a server led to.
enum UdpReply {
    Answer(Response),
    /// The answer did not fit into a datagram.
    Truncated,
    NoAnswer(NoAnswer),
}

/// A socket that receives only what comes from this server, its ICMP errors included.
pub(super) async fn connected(server: SocketAddr) -> io::Result<UdpSocket> {
    let any = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
    socket.connect(server).await?;
    Ok(socket)
}

async fn over_udp(socket: &UdpSocket, question: &Question, until: Instant) -> UdpReply {
    if let Err(error) = socket.send(&question.to_bytes()).await {
        return UdpReply::NoAnswer(NoAnswer::Error(error_text(&error)));
    }
    let mut buffer = vec![0; DATAGRAM];
    for junk in 0..JUNK_LIMIT {
        match timeout_at(until, socket.recv(&mut buffer)).await {
            Err(_) if junk > 0 => break,
            Err(_) => return UdpReply::NoAnswer(NoAnswer::Silent),
            Ok(Err(error)) => return UdpReply::NoAnswer(NoAnswer::Error(error_text(&error))),
            Ok(Ok(length)) => match question.read(&buffer[..length]) {
                Reply::Answer(response) => return UdpReply::Answer(response),
                Reply::Truncated => return UdpReply::Truncated,
                // It may be forged, and the real answer may still come.
                Reply::Junk => {}
            },
        }
    }
    UdpReply::NoAnswer(NoAnswer::Junk)
}

async fn over_tcp(server: SocketAddr, question: &Question, buffers: &BufferBudget) -> io::Result<Reply> {
    let socket = if server.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    let mut stream = socket.connect(server).await?;
    // The answer is complete when we close, and DNS has no end message: leave no TIME_WAIT behind.
    stream.set_zero_linger()?;
    stream.set_nodelay(true)?;
    over_stream(&mut stream, question, buffers).await
}

/// Each message follows its length in two bytes (RFC 1035, section 4.2.2).
async fn over_stream(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    question: &Question,
    buffers: &BufferBudget,
) -> io::Result<Reply> {
    let message = question.to_bytes();
    let length = u16::try_from(message.len()).expect("a question is short").to_be_bytes();
    stream.write_all(&[&length, &message[..]].concat()).await?;
    let length = stream.read_u16().await?;
    // A server that is silent in the middle holds it for a second at most.
    let _room = if u64::from(length) > OWN { Some(buffers.reserve(length.into()).await) } else { None };
    let mut answer = vec![0; length.into()];
    stream.read_exact(&mut answer).await?;
    Ok(question.read(&answer))
}

/// Whether the error keeps every server from being asked. "Address not available" is about one server, for example an IPv6
/// one in a pod without IPv6. "Address in use" means that no free port is left.
fn is_local(error: &io::Error) -> bool {
    let kind = error.kind();
    let limit = oserr::try_result(error) == ConnectResult::LocalLimit;
    (limit && kind != io::ErrorKind::AddrNotAvailable) || kind == io::ErrorKind::AddrInUse
}

/// The system's text in lower case, without the number.
fn error_text(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return "closed the connection".to_owned();
    }
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// An id that is hard to guess: the keys of std's hash come from the system's random source and differ each time.
pub(super) fn random_id() -> u16 {
    let [high, low, ..] = std::hash::RandomState::new().hash_one(Instant::now()).to_be_bytes();
    u16::from_be_bytes([high, low])
}

#[cfg(test)]
mod tests {
    use hickory_resolver::proto::rr::Name;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::{Question, RecordType, Reply, over_stream, random_id};

    /// What these bytes of a TCP server, which closes after them, mean.
    async fn reply_to(bytes: &[u8]) -> std::io::Result<Reply> {
        let question = Question::new(7, &Name::from_ascii("db.lab.").expect("a name"), RecordType::A);
        let (mut ours, mut theirs) = duplex(8);
        let server = async {
            let length = theirs.read_u16().await.expect("the length comes first");
            theirs.read_exact(&mut vec![0; length.into()]).await.expect("then the question");
            theirs.write_all(bytes).await.expect("we read to the end");
            drop(theirs);
        };
        let buffers = crate::net::buffer_budget::BufferBudget::default();
        tokio::join!(over_stream(&mut ours, &question, &buffers), server).0
    }

    #[tokio::test]
    async fn over_tcp_each_message_stands_behind_its_length() {
        let question = Question::new(7, &Name::from_ascii("db.lab.").expect("a name"), RecordType::A).to_bytes();
        let mut answer = question.clone();
        answer[2] |= 0x80;
        let length = u16::try_from(answer.len()).expect("short").to_be_bytes();
        let whole = [&length, &answer[..]].concat();
        assert!(matches!(reply_to(&whole).await, Ok(Reply::Answer(response)) if response.data.is_empty()));
        assert!(reply_to(&whole[..whole.len() - 1]).await.is_err(), "closed too early");
        assert!(reply_to(b"").await.is_err());
        assert!(matches!(reply_to(b"\0\0").await, Ok(Reply::Junk)));
        assert!(matches!(reply_to(b"\0\x05HTTP/").await, Ok(Reply::Junk)));
    }

    #[test]
    fn ids_differ() {
        let ids: std::collections::BTreeSet<u16> = (0..100).map(|_| random_id()).collect();
        assert!(ids.len() > 90, "{ids:?}");
    }
}
