//! The listening sockets of this pod, as the kernel's socket diagnostics tell them (sock_diag(7)): at once, where
//! `/proc/net/tcp` walks through the table of all connections, which takes the kernel milliseconds on a large machine; and with
//! `IPV6_V6ONLY`, which it does not show. Nothing is dialled, so no server notices it.

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzz;

use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

const AF_NETLINK: i32 = 16;
const NETLINK_SOCK_DIAG: i32 = 4;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
/// NLM_F_REQUEST and NLM_F_DUMP.
const DUMP: u16 = 0x301;
const NLMSG_DONE: u16 = 3;
const AF_INET: u8 = 2;
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

/// A TCP socket that listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Listener {
    address: SocketAddr,
    ipv6_only: bool,
}

/// Every TCP socket that listens in this network namespace; `None` where the kernel does not tell.
#[must_use]
pub fn listeners() -> Option<Vec<SocketAddr>> {
    let mut all = of_family(AF_INET)?;
    // A kernel without IPv6 has none of these.
    all.extend(of_family(AF_INET6).unwrap_or_default());
    Some(all.iter().map(|one| SocketAddr::new(one.address.ip().to_canonical(), one.address.port())).collect())
}

/// The ports of those on `::` that take no IPv4; `None` where the kernel does not tell.
#[must_use]
pub fn ipv6_only_listeners() -> Option<Vec<u16>> {
    let mut all = of_family(AF_INET6)?;
    all.retain(|one| one.ipv6_only && one.address.ip().is_unspecified());
    Some(all.iter().map(|one| one.address.port()).collect())
}

fn of_family(family: u8) -> Option<Vec<Listener>> {
    let socket =
        Socket::new(Domain::from(AF_NETLINK), Type::DGRAM.nonblocking().cloexec(), Some(NETLINK_SOCK_DIAG.into()));
    let socket = socket.ok()?;
    // Without an address it goes to the kernel, which has its answer ready at once.
    socket.send(&request(family)).ok()?;
    let mut found = Vec::new();
    let mut buffer = vec![0; BUFFER];
    for _ in 0..BUFFERS {
        let length = (&socket).read(&mut buffer).ok()?;
        if read_messages(&buffer[..length], &mut found)? == Messages::Ended {
            return Some(found);
        }
    }
    None
}

/// Whether this socket is one of them.
#[must_use]
pub fn is_among(ports: &[u16], socket: &SocketAddr) -> bool {
    socket.is_ipv6() && socket.ip().is_unspecified() && ports.contains(&socket.port())
}

/// Asks for every TCP socket of this family that listens.
fn request(family: u8) -> Vec<u8> {
    let length = HEADER + REQUEST;
    let mut message = Vec::with_capacity(length);
    message.extend(u32::try_from(length).unwrap_or_default().to_ne_bytes());
    message.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    message.extend(DUMP.to_ne_bytes());
    // A number of ours, and the kernel's own.
    message.extend([1_u32, 0].map(u32::to_ne_bytes).concat());
    message.extend([family, IPPROTO_TCP, 0, 0]);
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

/// Takes the sockets out of one buffer of answers; `None` for an error of the kernel, and for what cannot be read.
fn read_messages(mut rest: &[u8], found: &mut Vec<Listener>) -> Option<Messages> {
    while !rest.is_empty() {
        let length = usize::try_from(u32::from_ne_bytes(bytes(rest, 0)?)).ok()?;
        match u16::from_ne_bytes(bytes(rest, 4)?) {
            NLMSG_DONE => return Some(Messages::Ended),
            SOCK_DIAG_BY_FAMILY => {}
            _ => return None,
        }
        let message = rest.get(HEADER..length)?;
        let port = u16::from_be_bytes(bytes(message, 4)?);
        let ip: IpAddr = match *message.first()? {
            AF_INET => Ipv4Addr::from(bytes::<4>(message, 8)?).into(),
            AF_INET6 => Ipv6Addr::from(bytes::<16>(message, 8)?).into(),
            _ => return None,
        };
        let ipv6_only = is_ipv6_only(message.get(ANSWER..)?);
        found.push(Listener { address: SocketAddr::new(ip, port), ipv6_only });
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
    use super::{Messages, ipv6_only_listeners, is_among, listeners, read_messages};
    use crate::env::{Env as _, MapEnv, ProcessEnv};
    use crate::pod;
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
    fn the_kernel_tells_every_socket_that_its_file_shows() {
        let sockets =
            [("[::]:0", true), ("[::1]:0", true), ("[::ffff:127.0.0.1]:0", false)].map(|(at, only)| listener(at, only));
        let told = listeners().unwrap();
        let mut env = MapEnv::default();
        for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
            env = env.with_file(file, &ProcessEnv.start_of(file.as_ref()).unwrap());
        }
        let shown = pod::listeners(&env).unwrap();
        for socket in sockets {
            let address = socket.local_addr().unwrap().as_socket().unwrap();
            let address = SocketAddr::new(address.ip().to_canonical(), address.port());
            assert!(told.contains(&address) && shown.contains(&address), "{address}");
        }
    }

    #[test]
    fn answers_that_are_none_are_no_answers() {
        let mut found = Vec::new();
        assert_eq!(read_messages(&[], &mut found), Some(Messages::Open));
        for broken in [&[1, 2, 3][..], &[0; 16], &[255; 200], &[20, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]] {
            assert_eq!(read_messages(broken, &mut found), None, "{broken:?}");
        }
        assert_eq!(found, []);
    }
}
