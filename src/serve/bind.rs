//! Taking a port: dual stack where the kernel has IPv6, IPv4 alone where it has not. It answers nothing.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

/// How many connections may wait to be accepted; the kernel may cut it (`net.core.somaxconn`).
const BACKLOG: i32 = 1024;

/// Why nothing can be served.
#[derive(Debug)]
pub enum BindError {
    /// The address cannot be listened on.
    Listen {
        /// The key of the configuration.
        key: &'static str,
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate or its key cannot be used; a whole sentence without any content of either.
    Tls(String),
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, address, source) = match self {
            Self::Tls(text) => return f.write_str(text),
            Self::Listen { key, address, source } => (key, address, source),
        };
        write!(f, "cannot listen on {address}: ")?;
        match source.kind() {
            io::ErrorKind::AddrInUse => write!(f, "the port is in use; set `{key}` to a free one"),
            io::ErrorKind::AddrNotAvailable => {
                write!(f, "this host does not have that address; set `{key}` to \"[::]:{}\"", address.port())
            }
            io::ErrorKind::PermissionDenied => write!(f, "not permitted; set `{key}` to a port above 1023"),
            _ => write!(f, "{source}; it is the address of `{key}`"),
        }
    }
}

impl std::error::Error for BindError {}

/// A listener on this address, and the address with the port that was taken. `[::]` takes IPv4 as well, and falls back
/// to `0.0.0.0` where the kernel has no IPv6.
pub(super) fn listen(key: &'static str, address: SocketAddr) -> Result<(TcpListener, SocketAddr), BindError> {
    open(address, |domain| Socket::new(domain, Type::STREAM, Some(Protocol::TCP))).map_err(|source| BindError::Listen {
        key,
        address,
        source,
    })
}

fn open(
    address: SocketAddr,
    new_socket: impl Fn(Domain) -> io::Result<Socket>,
) -> io::Result<(TcpListener, SocketAddr)> {
    let any = address.is_ipv6() && address.ip().is_unspecified();
    match take(address, &new_socket) {
        Err(error) if any && error.kind() != io::ErrorKind::AddrInUse => {
            // No IPv6: the socket's family or the address itself is refused. Where IPv4 fails too, that error counts.
            take(SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port())), &new_socket)
        }
        result => result,
    }
}

fn take(
    address: SocketAddr,
    new_socket: &impl Fn(Domain) -> io::Result<Socket>,
) -> io::Result<(TcpListener, SocketAddr)> {
    let socket = new_socket(Domain::for_address(address))?;
    if address.is_ipv6() {
        // Whatever `net.ipv6.bindv6only` says.
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    // A restart must not wait for the old connections' TIME_WAIT; on Linux it never shares a live port.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let listener = TcpListener::from_std(socket.into())?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::SocketAddr;

    use socket2::{Domain, Protocol, Socket, Type};
    use tokio::net::TcpSocket;

    use super::{listen, open};

    #[tokio::test]
    async fn a_kernel_without_ipv6_gets_an_ipv4_listener() {
        let refused = 97; // EAFNOSUPPORT, which a kernel started with ipv6.disable=1 says
        let (_, address) = open("[::]:0".parse().unwrap(), |domain| match domain {
            Domain::IPV6 => Err(io::Error::from_raw_os_error(refused)),
            other => Socket::new(other, Type::STREAM, Some(Protocol::TCP)),
        })
        .unwrap();
        assert!(address.is_ipv4() && address.ip().is_unspecified(), "{address}");
    }

    #[tokio::test]
    async fn the_unspecified_address_takes_both_families() {
        let (listener, address) = listen("listen", "[::]:0".parse().unwrap()).unwrap();
        for host in ["127.0.0.1", "[::1]"] {
            let dialled: SocketAddr = format!("{host}:{}", address.port()).parse().unwrap();
            let socket = if dialled.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
            let (connected, accepted) = tokio::join!(socket.unwrap().connect(dialled), listener.accept());
            connected.unwrap();
            accepted.unwrap();
        }
    }

    #[tokio::test]
    async fn a_taken_port_is_named_with_its_key() {
        let (_listener, address) = listen("listen", "127.0.0.1:0".parse().unwrap()).unwrap();
        let error = listen("listen", address).unwrap_err().to_string();
        assert_eq!(error, format!("cannot listen on {address}: the port is in use; set `listen` to a free one"));
        let any = listen("listen", format!("[::]:{}", address.port()).parse().unwrap()).unwrap_err().to_string();
        assert!(any.contains("the port is in use"), "{any}");
    }

    #[tokio::test]
    async fn an_address_of_another_host_is_named_with_the_remedy() {
        let error = listen("serve.probe_listen", "192.0.2.1:8080".parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains("192.0.2.1:8080: this host does not have that address"), "{error}");
        assert!(error.contains("set `serve.probe_listen` to \"[::]:8080\""), "{error}");
    }
}
