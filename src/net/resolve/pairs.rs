//! The race of libc's two questions. Where the node's address translation drops the second of two packets, A and AAAA
//! sent at once from one socket lose an answer, and from two sockets they do not. After a run that had both answered, this
//! asks in pairs.
//!
//! What it must not do: become part of a run. It shows what an app would meet, and costs up to 72 datagrams.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::proto::rr::Name;
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::answer::{Question, Reply};
use super::exchange::{DATAGRAM, JUNK_LIMIT, connected, random_id};
use super::record_type::RecordType;
use crate::net::attempt::Attempt;
use crate::net::descriptors::Sockets;
use crate::outcome::{DnsAnswer, Pairs, Query};

/// Pairs from one socket, and how many of them must lose an answer before pairs from two sockets follow.
const TOGETHER: u32 = 12;
const LOSSES: u32 = 3;
/// Pairs from two sockets: if packets are lost anyway, one of these shows it.
const APART: u32 = 24;
/// An answer that takes longer counts as lost.
const WAIT: Duration = Duration::from_secs(1);

/// Asks in pairs for a name that had both its questions answered. The result is in the attempt's evidence.
pub async fn ask_in_pairs(attempt: &mut Attempt) {
    let Some((name, server)) = answered_for_both(&attempt.evidence().queries) else { return };
    let sockets = attempt.world().sockets.clone();
    let last = attempt.deadline() - WAIT;
    let mut pairs = Pairs { server, together: 0, together_lost: 0, apart: 0, apart_lost: 0 };
    while pairs.together < TOGETHER && pairs.together_lost < LOSSES && Instant::now() < last {
        let Some(is_answered) = ask_pair(&sockets, &name, server, false).await else { return };
        pairs.together += 1;
        pairs.together_lost += u32::from(!is_answered);
    }
    while pairs.together_lost == LOSSES && pairs.apart < APART && pairs.apart_lost == 0 && Instant::now() < last {
        let Some(is_answered) = ask_pair(&sockets, &name, server, true).await else { return };
        pairs.apart += 1;
        pairs.apart_lost += u32::from(!is_answered);
    }
    attempt.evidence().pairs = Some(pairs);
}

/// A name and a server that answered for both families over UDP.
fn answered_for_both(queries: &[Query]) -> Option<(Name, SocketAddr)> {
    let answered = |query: &&Query| query.transport == "udp" && matches!(query.answer, DnsAnswer::Rcode(_));
    let of = |record| queries.iter().filter(answered).filter(move |query| query.record == record);
    let same = |a: &&Query| of(RecordType::Aaaa.as_str()).any(|aaaa| (&aaaa.name, aaaa.server) == (&a.name, a.server));
    let query = of(RecordType::A.as_str()).rev().find(same)?;
    Some((Name::from_ascii(&query.name).ok()?, query.server))
}

/// Whether both questions, sent at once, are answered. `None` where no socket can be made or used.
async fn ask_pair(sockets: &Sockets, name: &Name, server: SocketAddr, apart: bool) -> Option<bool> {
    let _permits = (sockets.try_permit()?, sockets.try_permit()?);
    let [a, aaaa] = [RecordType::A, RecordType::Aaaa].map(|record| Question::new(random_id(), name, record));
    let one = connected(server).await.ok()?;
    let other = if apart { Some(connected(server).await.ok()?) } else { None };
    one.send(&a.to_bytes()).await.ok()?;
    other.as_ref().unwrap_or(&one).send(&aaaa.to_bytes()).await.ok()?;
    let until = Instant::now() + WAIT;
    Some(match other {
        None => all_answered(&one, vec![&a, &aaaa], until).await,
        Some(other) => all_answered(&one, vec![&a], until).await && all_answered(&other, vec![&aaaa], until).await,
    })
}

/// Whether every question is answered in time.
async fn all_answered(socket: &UdpSocket, mut open: Vec<&Question>, until: Instant) -> bool {
    let mut buffer = vec![0; DATAGRAM];
    for _ in 0..JUNK_LIMIT {
        let Ok(Ok(length)) = timeout_at(until, socket.recv(&mut buffer)).await else { return false };
        open.retain(|question| matches!(question.read(&buffer[..length]), Reply::Junk));
        if open.is_empty() {
            return true;
        }
    }
    false
}
