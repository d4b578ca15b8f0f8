//! Hints for Unix sockets: that cannot be connected to, and for conversations on them that end early. What kinds and general
//! rules say of such an end is about ports.

use crate::cause::Cause;
use crate::outcome::{Detail, Evidence, Fault, Phase, SocketDetail, StreamDetail, TlsDetail};

/// The hint for a conversation on a socket of which only the stream says how it ended.
pub(super) fn of_stream(fault: &Fault, evidence: &Evidence) -> Option<&'static str> {
    let is_on_socket = evidence.is_connected() && evidence.tries.is_empty();
    let of_stream = match &fault.detail {
        None | Some(Detail::Os(_) | Detail::Tls(TlsDetail::Reset | TlsDetail::NotStarted { .. })) => true,
        Some(Detail::Stream(detail)) => !matches!(detail, StreamDetail::GivenUp | StreamDetail::NoRoom),
        Some(_) => false,
    };
    if !is_on_socket || !of_stream {
        return None;
    }
    Some(match (fault.phase, fault.cause) {
        (Phase::Tls, Cause::Timeout | Cause::ConnectionClosed | Cause::TlsNotTls) | (_, Cause::TlsNotTls) => {
            "The server on this socket does not answer TLS, or is of another kind. Remove TLS (most servers have none on \
             sockets), or compare the socket's path with the server's configuration."
        }
        (_, Cause::Timeout) => {
            "The socket accepts connections, but the server does not answer in time: it hangs, is overloaded or of another \
             kind. Read its log and check the socket's path; raise `timeout` if it is only slow."
        }
        (_, Cause::ConnectionClosed | Cause::ConnectReset) => {
            "The server crashed, limits connections, or is of another kind. Read its log at that time, and compare the \
             socket's path with its configuration."
        }
        (_, Cause::ProtocolError) => {
            "Another kind of server is behind this socket. Compare its path with the configuration of the server: `ss -xlp` in \
             its container lists the sockets."
        }
        _ => return None,
    })
}

pub(super) const fn hint(detail: SocketDetail) -> Option<&'static str> {
    Some(match detail {
        SocketDetail::Missing => {
            "Check that the server has started and that its configuration names this path. If it runs in another container, mount \
             the volume with the socket at the same path in this one."
        }
        SocketDetail::Denied => {
            "Let the server create the socket with permissions that let the user of this container write to it, or run both \
             containers with the same `runAsUser` or `runAsGroup`."
        }
        SocketDetail::Refused => {
            "The file is there, but no server is behind it: it may be left over from one that ended. Start the server, which \
             creates the socket again."
        }
        SocketDetail::Unbound => {
            "Start the server, and compare the name with its configuration: `ss -xlp` lists the sockets. Run it in this pod, \
             because an abstract socket belongs to the network of one pod."
        }
        SocketDetail::NotSocket => {
            "Write the path of the socket itself; if this is a directory, it may be in it. `ss -xlp` in the server's container \
             lists the sockets."
        }
        SocketDetail::Full => {
            "The server does not accept connections fast enough. Check its log, and whether its process still works."
        }
        SocketDetail::Datagrams => {
            "Set the path of the socket on which the server accepts connections: `ss -xlp` in its container lists the sockets."
        }
        SocketDetail::Other => return None,
    })
}
