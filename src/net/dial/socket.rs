//! One non-blocking connect over socket2, and what its errors mean.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::TcpStream;

use crate::net::oserr;
use crate::outcome::ConnectResult;

const EINPROGRESS: i32 = 115;

/// Connects; dropped before it is done, it sends no further SYN. `may_meet_itself`: the port is one that the kernel gives
/// to outgoing connections.
pub(in crate::net) async fn connect(address: SocketAddr, may_meet_itself: bool) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM.nonblocking().cloexec(), Some(Protocol::TCP))?;
    socket.set_tcp_nodelay(true)?;
    // Until something is sent it is closed abortively: no TIME_WAIT of ours, whenever we stop.
    socket.set_linger(Some(Duration::ZERO))?;
    match socket.connect(&address.into()) {
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(EINPROGRESS) => {}
        Err(error) => return Err(error),
    }
    let stream = TcpStream::from_std(socket.into())?;
    stream.writable().await?;
    if let Some(error) = SockRef::from(&stream).take_error()? {
        return Err(error);
    }
    if may_meet_itself && stream.local_addr()? == address {
        // Both SYNs met in the middle: nobody listens there, we were given the very port that we dial.
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    Ok(stream)
}

/// The result of a try that failed so.
pub(in crate::net) fn result(address: SocketAddr, error: &io::Error) -> ConnectResult {
    let result = oserr::try_result(error);
    if result == ConnectResult::LocalLimit && error.kind() == io::ErrorKind::AddrNotAvailable && !has_source(address) {
        return ConnectResult::NetworkUnreachable;
    }
    result
}

/// Whether this pod has any address to reach that one from. A pod without IPv6 gets the same error as one that is out
/// of ports; a datagram socket, which needs no port of theirs and sends nothing here, tells them apart.
fn has_source(address: SocketAddr) -> bool {
    address.is_ipv4() || source(address).is_some()
}

/// The address that the kernel would send from, `None` where no route leads there. Nothing is sent: a datagram socket
/// is connected, as resolver libraries do it to sort addresses.
pub(in crate::net) fn source(address: SocketAddr) -> Option<IpAddr> {
    let any: IpAddr = if address.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect(address).ok()?;
    Some(socket.local_addr().ok()?.ip())
}
