//! Which listening sockets of this pod take IPv6 alone: `IPV6_V6ONLY`, which `/proc/net/tcp6` does not show, as the kernel's
//! socket diagnostics tell it (sock_diag(7)). Nothing is dialled, so no server notices it.

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;

use std::io::Read as _;
use std::net::{Ipv6Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

const AF_NETLINK: i32 = 16;
const NETLINK_SOCK_DIAG: i32 = 4;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
/// NLM_F_REQUEST and NLM_F_DUMP.
const DUMP: u16 = 0x301;
const NLMSG_DONE: u16 = 3;
const AF_INET6: u8 = 10;
const IPPROTO_TCP: u8 = 6;
/// The state LISTEN, as a bit.
const LISTENING: u32 = 1 << 10;
const INET_DIAG_SKV6ONLY: u16 = 11;
/// Of `struct nlmsghdr`, and of what follows it in a request and in an answer.
const HEADER: usize = 16;
const REQUEST: usize = 56;
const ANSWER: usize = 72;
/// The kernel fills at most this much at a time.
const BUFFER: usize = 32 * 1024;
/// So many buffers hold thousands of sockets.
const BUFFERS: usize = 32;

/// The sockets on `::` that listen and take no IPv4, by port; `None` where the kernel does not tell.
#[must_use]
pub fn ipv6_only_listeners() -> Option<Vec<u16>> {
    let socket =
        Socket::new(Domain::from(AF_NETLINK), Type::DGRAM.nonblocking().cloexec(), Some(NETLINK_SOCK_DIAG.into()));
    let socket = socket.ok()?;
    // Without an address it goes to the kernel, which has its answer ready at once.
    socket.send(&request()).ok()?;
    let mut ports = Vec::new();
    let mut buffer = vec![0; BUFFER];
    for _ in 0..BUFFERS {
        let length = (&socket).read(&mut buffer).ok()?;
        if read_messages(&buffer[..length], &mut ports)? == Messages::Ended {
            return Some(ports);
        }
    }
    None
}

/// Whether this socket is one of them.
#[must_use]
pub fn is_among(ports: &[u16], socket: &SocketAddr) -> bool {
    socket.is_ipv6() && socket.ip().is_unspecified() && ports.contains(&socket.port())
}

/// Asks for every TCP socket of IPv6 that listens.
fn request() -> Vec<u8> {
    let length = HEADER + REQUEST;
    let mut message = Vec::with_capacity(length);
    message.extend(u32::try_from(length).unwrap_or_default().to_ne_bytes());
    message.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    message.extend(DUMP.to_ne_bytes());
    // A number of ours, and the kernel's own.
    message.extend([1_u32, 0].map(u32::to_ne_bytes).concat());
    message.extend([AF_INET6, IPPROTO_TCP, 0, 0]);
    message.extend(LISTENING.to_ne_bytes());
    message.resize(length, 0);
    message
}

#[derive(Debug, PartialEq, Eq)]
enum Messages {
    /// More will come.
    Open,
    /// That was all.
    Ended,
}

/// Takes the ports out of one buffer of answers; `None` for an error of the kernel, and for what cannot be read.
fn read_messages(mut rest: &[u8], ports: &mut Vec<u16>) -> Option<Messages> {
    while !rest.is_empty() {
        let length = usize::try_from(u32::from_ne_bytes(bytes(rest, 0)?)).ok()?;
        match u16::from_ne_bytes(bytes(rest, 4)?) {
            NLMSG_DONE => return Some(Messages::Ended),
            SOCK_DIAG_BY_FAMILY => {}
            _ => return None,
        }
        let message = rest.get(HEADER..length)?;
        let port = u16::from_be_bytes(bytes(message, 4)?);
        let address = Ipv6Addr::from(bytes::<16>(message, 8)?);
        if address.is_unspecified() && is_ipv6_only(message.get(ANSWER..)?) && !ports.contains(&port) {
            ports.push(port);
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Some(Messages::Open)
}

/// Whether the attributes of a socket say so.
fn is_ipv6_only(mut attributes: &[u8]) -> bool {
    const HEAD: usize = 4;
    while let (Some(length), Some(kind)) = (bytes(attributes, 0), bytes(attributes, 2)) {
        let length = usize::from(u16::from_ne_bytes(length));
        if u16::from_ne_bytes(kind) == INET_DIAG_SKV6ONLY {
            return attributes.get(HEAD).is_some_and(|value| *value != 0);
        }
        if length < HEAD {
            return false;
        }
        attributes = attributes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    false
}

fn bytes<const N: usize>(text: &[u8], at: usize) -> Option<[u8; N]> {
    text.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::{Messages, ipv6_only_listeners, is_among, read_messages};
    use socket2::{Domain, Protocol, Socket, Type};
    use std::net::SocketAddr;

    fn listener(address: &str, ipv6_only: bool) -> Socket {
        let socket = Socket::new(Domain::IPV6, Type::STREAM, Some(Protocol::TCP)).unwrap();
        socket.set_only_v6(ipv6_only).unwrap();
        socket.bind(&address.parse::<SocketAddr>().unwrap().into()).unwrap();
        socket.listen(1).unwrap();
        socket
    }

    #[test]
    fn the_kernel_tells_which_sockets_take_ipv6_alone() {
        let sockets = [("[::]:0", true), ("[::]:0", false), ("[::1]:0", true)].map(|(at, only)| listener(at, only));
        let ports = ipv6_only_listeners().unwrap();
        let among = sockets.map(|socket| is_among(&ports, &socket.local_addr().unwrap().as_socket().unwrap()));
        assert_eq!(among, [true, false, false]);
    }

    #[test]
    fn answers_that_are_none_are_no_answers() {
        let mut ports = Vec::new();
        assert_eq!(read_messages(&[], &mut ports), Some(Messages::Open));
        for broken in [&[1, 2, 3][..], &[0; 16], &[255; 200], &[20, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]] {
            assert_eq!(read_messages(broken, &mut ports), None, "{broken:?}");
        }
        assert_eq!(ports, [0; 0]);
    }
}
