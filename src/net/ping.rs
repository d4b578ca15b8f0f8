//! Echo requests over the kernel's ping sockets, which need no privilege: the system only has to allow this group to open
//! them (`net.ipv4.ping_group_range`). The kernel writes identifier and checksum, and hands over the replies to this socket
//! alone.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::cause::Cause;
use crate::net::attempt::Attempt;
use crate::net::dial::{self, Opening};
use crate::outcome::{Detail, Fault, Phase};
use crate::random;
use crate::url::{Endpoint, Host};

/// An echo has no port.
const NO_PORT: u16 = 0;
/// Type numbers of echo requests and replies (RFC 792, RFC 4443).
const V4: (u8, u8) = (8, 0);
const V6: (u8, u8) = (128, 129);
/// Type, code, checksum, identifier and number.
const HEADER: usize = 8;
/// What comes back unchanged.
const PAYLOAD: usize = 16;
/// When a request is sent again: a single packet may be lost. A late reply to the first one counts, too.
const AGAIN: Duration = Duration::from_millis(300);
/// How many requests are sent to an address.
const MOST: u8 = 3;
/// What a system answers that does not allow ping sockets to this group, or has none.
const EPERM: i32 = 1;
const EACCES: i32 = 13;
const EPROTONOSUPPORT: i32 = 93;

/// What is observed where the system gives no ping socket.
pub const NO_PING_SOCKET: &str = "no_ping_socket";

impl Attempt {
    /// Resolves and sends echo requests to one address after another, until one answers: phases `resolve` and `connect`.
    ///
    /// # Errors
    /// The causes of those phases; `probe_limit` where the system gives no ping socket to this process.
    pub async fn ping(&mut self, host: &Host) -> Result<(), Fault> {
        self.forget_stream();
        let permit = self.socket_permit().await;
        match socket(Domain::IPV4) {
            Err(error) if matches!(error.raw_os_error(), Some(EPERM | EACCES | EPROTONOSUPPORT)) => {
                let message = format!("the system gives no ping socket to this process: {error}");
                let fault = Fault::new(Phase::Connect, Cause::ProbeLimit, message);
                let statement = "the system does not allow ping sockets to this process";
                return Err(fault.stating(statement).with(Detail::Protocol { code: NO_PING_SOCKET, product: None }));
            }
            // What else is wrong shows where an address is tried.
            Err(_) | Ok(_) => drop(permit),
        }
        let endpoint = Endpoint { host: host.clone(), port: NO_PORT };
        dial::reach(self, &endpoint, &Echo).await.map(drop)
    }
}

/// An address is reached once it answers an echo request.
struct Echo;

impl Opening for Echo {
    type Opened = ();

    async fn open(&self, address: SocketAddr) -> io::Result<()> {
        let ip = address.ip();
        let socket = socket(Domain::for_address(address))?;
        // Without this, the kernel keeps to itself that a router or the host is not reachable.
        match ip {
            IpAddr::V4(_) => setsockopt(&socket, sockopt::Ipv4RecvErr, &true)?,
            IpAddr::V6(_) => setsockopt(&socket, sockopt::Ipv6RecvErr, &true)?,
        }
        socket.connect(&address.into())?;
        exchange(&UdpSocket::from_std(socket.into())?, ip).await
    }
}

fn socket(domain: Domain) -> io::Result<Socket> {
    let protocol = if domain == Domain::IPV4 { Protocol::ICMPV4 } else { Protocol::ICMPV6 };
    Socket::new(domain, Type::DGRAM.nonblocking().cloexec(), Some(protocol))
}

/// Sends requests until one is answered; the caller ends it.
async fn exchange(socket: &UdpSocket, ip: IpAddr) -> io::Result<()> {
    let payload = random::bytes::<PAYLOAD>()?;
    for number in 1..MOST {
        socket.send(&request(ip, number, &payload)).await?;
        if let Ok(answered) = timeout(AGAIN, reply(socket, ip, &payload)).await {
            return answered;
        }
    }
    socket.send(&request(ip, MOST, &payload)).await?;
    reply(socket, ip, &payload).await
}

/// Waits for a reply to any of the requests.
async fn reply(socket: &UdpSocket, ip: IpAddr, payload: &[u8; PAYLOAD]) -> io::Result<()> {
    let mut packet = [0; HEADER + PAYLOAD];
    loop {
        let length = socket.recv(&mut packet).await?;
        if is_reply(&packet[..length], ip, payload) {
            return Ok(());
        }
    }
}

fn request(ip: IpAddr, number: u8, payload: &[u8; PAYLOAD]) -> Vec<u8> {
    let (kind, _) = if ip.is_ipv4() { V4 } else { V6 };
    let mut packet = vec![kind, 0, 0, 0, 0, 0, 0, number];
    packet.extend_from_slice(payload);
    packet
}

fn is_reply(packet: &[u8], ip: IpAddr, payload: &[u8; PAYLOAD]) -> bool {
    let (_, kind) = if ip.is_ipv4() { V4 } else { V6 };
    let Some((header, rest)) = packet.split_at_checked(HEADER) else { return false };
    header[0] == kind && header[1] == 0 && rest == payload
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{is_reply, request};

    #[test]
    fn only_what_was_sent_is_a_reply() {
        let payload = *b"0123456789abcdef";
        for (ip, kinds) in [("10.0.0.7", [8, 0]), ("fd00::7", [128, 129])] {
            let ip: IpAddr = ip.parse().unwrap();
            let mut packet = request(ip, 3, &payload);
            assert_eq!((packet[0], packet[7], packet.len()), (kinds[0], 3, 24));
            assert!(!is_reply(&packet, ip, &payload), "our own request");
            packet[0] = kinds[1];
            // The kernel writes the identifier.
            packet[4] = 7;
            assert!(is_reply(&packet, ip, &payload));
            assert!(!is_reply(&packet[..23], ip, &payload) && !is_reply(&packet[..3], ip, &payload));
            packet[1] = 1;
            assert!(!is_reply(&packet, ip, &payload));
            packet[1] = 0;
            packet[20] ^= 1;
            assert!(!is_reply(&packet, ip, &payload), "another payload");
        }
    }
}
